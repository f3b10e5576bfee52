# %%
shape = X_train[0].shape
EPOCHS = 20


def CNN(shape):
    inputs = Input(shape)
    x = Convolution2D(32, (3, 3), activation="relu", padding="same")(inputs)
    x = MaxPooling2D(pool_size=(3, 3), strides=2, padding="same")(x)
    x = Convolution2D(64, (3, 3), activation="relu", padding="same")(x)
    x = MaxPooling2D(pool_size=(3, 3), strides=2, padding="same")(x)
    x = Flatten()(x)
    x = Dense(100, activation="relu")(x)
    outputs = Dense(num_classes, activation="softmax")(x)
    return Model(inputs, outputs)


model = CNN(shape)
model.summary()

# %%
# fr: Le nombre de paramètres, par le calcul : (3 x 3 x canaux + 1) x filtres, (entrées + 1) x unités.
# en: The number of parameters by calculation: (3 x 3 x channels + 1) x filters, (inputs + 1) x units.
side = -(-SIZE // 4)
counted = [
    (3 * 3 * 3 + 1) * 32,
    (3 * 3 * 32 + 1) * 64,
    (side * side * 64 + 1) * 100,
    (100 + 1) * num_classes,
]
print("1.2", counted, sum(counted), model.count_params())


# %%
def curves(history):
    for number, name in enumerate(["loss", "accuracy"], start=1):
        plt.subplot(1, 2, number)
        plt.plot(history.history[name], label="train " + name)
        plt.plot(history.history["val_" + name], "--", label="test " + name)
        plt.xlabel("epoch")
        plt.legend()
    plt.show()


model.compile(
    optimizer=tf.keras.optimizers.Adam(learning_rate=0.001),
    loss="categorical_crossentropy",
    metrics=["accuracy"],
)
start = time.time()
history = model.fit(
    X_train, Y_train, epochs=EPOCHS, batch_size=32, validation_data=(X_test, Y_test)
)
print("1.2", time.time() - start, "s", model.evaluate(X_test, Y_test, verbose=0))
curves(history)
