# %%
# fr: Un cinquième des images d'apprentissage choisit ; celles de test n'ont pas à choisir.
# en: A fifth of the training images chooses; the test images must not.
kept = int(0.8 * len(X_train))
TRIED = 20
PUSHED = 100


def build(layers=2, filters=32, dropout=0.0):
    inputs = x = Input(shape)
    for layer in range(layers):
        x = Convolution2D(filters * 2**layer, (3, 3), activation="relu", padding="same")(x)
        x = MaxPooling2D(pool_size=(3, 3), strides=2, padding="same")(x)
    x = Flatten()(x)
    x = Dense(100, activation="relu")(x)
    x = Dropout(dropout)(x)
    return Model(inputs, Dense(num_classes, activation="softmax")(x))


def train_it(network, rate, epochs, x, y, validation):
    network.compile(
        optimizer=tf.keras.optimizers.Adam(learning_rate=rate),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return network.fit(x, y, epochs=epochs, batch_size=32, validation_data=validation, verbose=0)


# %%
tried = {
    "1.2": ({}, 0.001),
    "rate 0.0003": ({}, 0.0003),
    "rate 0.003": ({}, 0.003),
    "3 layers": ({"layers": 3}, 0.001),
    "16 filters": ({"filters": 16}, 0.001),
    "dropout 0.5": ({"dropout": 0.5}, 0.001),
}
scores = {}
for name, (changed, rate) in tried.items():
    found = train_it(
        build(**changed),
        rate,
        TRIED,
        X_train[:kept],
        Y_train[:kept],
        (X_train[kept:], Y_train[kept:]),
    )
    scores[name] = found.history["val_accuracy"][-1]
    print("1.3", name, scores[name])

# %%
# fr: La meilleure configuration, poussée plus loin.
# en: The best configuration, pushed further.
best = max(scores, key=scores.get)
changed, rate = tried[best]
pushed = build(**changed)
curves(train_it(pushed, rate, PUSHED, X_train, Y_train, (X_test, Y_test)))
print("1.3", best, pushed.evaluate(X_test, Y_test, verbose=0))
