# %%
data_augmentation = tf.keras.Sequential([tf.keras.layers.RandomFlip("vertical")])

plt.figure(figsize=(10, 4))
for i in range(5):
    augmented_img = data_augmentation(tf.expand_dims(X_train[0], 0), training=True)
    plt.subplot(1, 5, i + 1)
    plt.imshow(augmented_img[0])
    plt.axis("off")
plt.show()

# %%
VARIED = 40


def varied(augmentation):
    # fr: `fit` transforme, `predict` non : avec Keras 3, `training=True` n'y change rien.
    # en: `fit` augments, `predict` does not: with Keras 3 `training=True` makes no difference.
    inputs = Input(shape)
    return Model(inputs, build(**changed)(augmentation(inputs)))


policies = {
    "vertical": [tf.keras.layers.RandomFlip("vertical")],
    "horizontal": [tf.keras.layers.RandomFlip("horizontal")],
    "mirror, turn, zoom": [
        tf.keras.layers.RandomFlip("horizontal"),
        tf.keras.layers.RandomRotation(0.05),
        tf.keras.layers.RandomZoom(0.1),
    ],
}
for name, layers in policies.items():
    network = varied(tf.keras.Sequential(layers))
    found = train_it(
        network,
        rate,
        VARIED,
        X_train[:kept],
        Y_train[:kept],
        (X_train[kept:], Y_train[kept:]),
    )
    print("1.4", name, found.history["accuracy"][-1], found.history["val_accuracy"][-1])
