# %%
input_tensor = Input(shape=(SIZE, SIZE, 3))
VGG = tf.keras.applications.VGG16(weights="imagenet", include_top=True, input_tensor=input_tensor)
VGG.summary()
print("1.5", len(VGG.layers), "layers", VGG.count_params(), "parameters")

# %%
input_tensor = Input(shape=(SIZE, SIZE, 3))
VGG = tf.keras.applications.VGG16(weights="imagenet", include_top=False, input_tensor=input_tensor)
# fr: VGG16 a appris sur du bleu, vert, rouge de 0 à 255, moyennes retirées, pas sur des pixels / 255.
# en: VGG16 learnt from blue, green, red of 0 to 255 less their means, not from pixels / 255.
preprocess = tf.keras.applications.vgg16.preprocess_input
feature_train = VGG.predict(preprocess(255.0 * X_train), verbose=0)
feature_test = VGG.predict(preprocess(255.0 * X_test), verbose=0)
sheet_train, sheet_test = VGG.predict(X_train, verbose=0), VGG.predict(X_test, verbose=0)
print("1.5", feature_train.shape)

# %%
HEAD = 20


def make_head(features):
    inputs = Input(features)
    x = Dense(100, activation="relu")(Flatten()(inputs))
    return Model(inputs, Dense(num_classes, activation="softmax")(x))


MLP = make_head(feature_train.shape[1:])
MLP.summary()
curves(train_it(MLP, 0.001, HEAD, feature_train, Y_train, (feature_test, Y_test)))
print("1.5", "preprocess_input", MLP.evaluate(feature_test, Y_test, verbose=0))

as_written = make_head(sheet_train.shape[1:])
train_it(as_written, 0.001, HEAD, sheet_train, Y_train, (sheet_test, Y_test))
print("1.5", "pixels / 255", as_written.evaluate(sheet_test, Y_test, verbose=0))
