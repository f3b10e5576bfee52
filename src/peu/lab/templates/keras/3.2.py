# %%
def build_decoder():
    decoder_inputs = Input((2,))
    x = layers.Dense(7 * 7 * 32)(decoder_inputs)
    x = layers.Reshape((7, 7, 32))(x)
    x = layers.Conv2DTranspose(32, (3, 3), strides=2, activation="relu", padding="same")(x)
    x = layers.Conv2DTranspose(16, (3, 3), strides=2, activation="relu", padding="same")(x)
    # fr: Un filtre pour le gris ; sigmoïde, partie de l'intensité moyenne (2.2).
    # en: One filter for grey; sigmoid, started at the mean intensity (2.2).
    mean = X_train.mean()
    start = tf.keras.initializers.Constant(np.log(mean / (1 - mean)))
    outputs = layers.Conv2D(
        1, (3, 3), activation="sigmoid", padding="same", bias_initializer=start
    )(x)
    return Model(decoder_inputs, outputs, name="decoder")


decoder = build_decoder()
decoder.summary()
print("3.2", decoder.count_params())
