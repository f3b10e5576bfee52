# %%
TUNED = 10
scaled_train, scaled_test = preprocess(255.0 * X_train), preprocess(255.0 * X_test)
for layer in VGG.layers:
    layer.trainable = False
model2 = Model(input_tensor, MLP(VGG.output))
model2.compile(loss="categorical_crossentropy", metrics=["accuracy"])
# fr: Sans nouvel apprentissage : exactement le résultat de 1.5.
# en: Without further training: exactly the result of 1.5.
print("1.6", model2.evaluate(scaled_test, Y_test, verbose=0))

# %%
# fr: Le témoin : le même MLP, autant d'epochs de plus, VGG16 gelé.
# en: The control: the same MLP, as many more epochs, VGG16 frozen.
control = tf.keras.models.clone_model(MLP)
control.set_weights(MLP.get_weights())
train_it(control, 0.0001, TUNED, feature_train, Y_train, (feature_test, Y_test))
print("1.6", "frozen", control.evaluate(feature_test, Y_test, verbose=0))

# %%
# fr: On dégèle le bloc 5, et on apprend dix fois moins vite pour ne pas le détruire.
# en: Unfreeze block 5, and learn ten times slower so as not to destroy it.
for layer in VGG.layers:
    layer.trainable = layer.name.startswith("block5")
model2.summary()
curves(train_it(model2, 0.0001, TUNED, scaled_train, Y_train, (scaled_test, Y_test)))
print("1.6", "fine-tuned", model2.evaluate(scaled_test, Y_test, verbose=0))
