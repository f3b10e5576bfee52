# %%
MAPPING = 15
trained = {}
for coeff in [1, 0.01, 0.001, 0.0001]:
    vae, encoder, decoder = build_vae(coeff)
    vae.compile(
        optimizer=tf.keras.optimizers.Adam(learning_rate=0.001),
        loss=tf.keras.losses.MeanSquaredError(),
        metrics=["mse"],
    )
    history = vae.fit(
        X_train,
        X_train,
        epochs=MAPPING,
        batch_size=128,
        validation_data=(X_test, X_test),
        verbose=0,
    )
    plt.plot(history.history["loss"], label=f"train loss, coeff {coeff}")
    plt.plot(history.history["val_loss"], "--", label=f"val loss, coeff {coeff}")
    trained[coeff] = encoder, decoder
    # fr: Ce que le terme KL ajoute à l'erreur : coeff x KL.
    # en: What the KL term adds to the error: coeff x KL.
    loss, mse = (history.history[name][-1] for name in ["loss", "mse"])
    print("3.4", "coeff", coeff, "MSE", mse, "KL", (loss - mse) / coeff)
plt.yscale("log")
plt.legend()
plt.show()


# %%
def show(*rows):
    plt.figure(figsize=(6, 1.3 * len(rows)))
    for number, images in enumerate(rows):
        for i in range(5):
            plt.subplot(len(rows), 5, 5 * number + i + 1)
            plt.imshow(images[i].reshape(28, 28), cmap="gray", vmin=0, vmax=1)
            plt.axis("off")
    plt.show()


# fr: Les 5 premières images de test, et dessous ce qu'en fait chaque coefficient.
# en: The first 5 test images, and below what each coefficient makes of them.
decoded = [
    decoder.predict(encoder.predict(X_test[:5], verbose=0)[1], verbose=0)
    for encoder, decoder in trained.values()
]
show(X_test, *decoded)

# %%
# fr: x vers la droite, y vers le haut, de -3 à 3 ; une grille par coefficient.
# en: x to the right, y upwards, from -3 to 3; a grid for each coefficient.
values = np.linspace(-3, 3, 10)
for coeff, (_, decoder) in trained.items():
    codes = np.array([[x, y] for y in values[::-1] for x in values])
    images = decoder.predict(codes, verbose=0).reshape(10, 10, 28, 28)
    plt.imshow(
        images.swapaxes(1, 2).reshape(280, 280), cmap="gray", extent=(-3.33, 3.33, -3.33, 3.33)
    )
    plt.title(f"coeff {coeff}")
    plt.xlabel("x")
    plt.ylabel("y")
    plt.show()
    print("3.4", "coeff", coeff, "spread", images.std(axis=(0, 1)).mean())

# %%
# fr: Les codes des images de test, un point par image.
# en: The codes of the test images, a dot for each.
mu = trained[0.0001][0].predict(X_test, verbose=0)[1]
plt.scatter(mu[:, 0], mu[:, 1], c=y_test, cmap="tab10", s=2)
plt.colorbar()
plt.show()
