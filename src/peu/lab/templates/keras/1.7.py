# %%
TEST_IMAGE = "test.jpg"
# fr: Charger et redimensionner, comme à l'apprentissage.
# en: Load and resize, as in training.
image = tf.keras.utils.load_img(TEST_IMAGE, target_size=(SIZE, SIZE))
x = np.array(image).astype("float32")
print("1.7", x.shape, x.min(), x.max())

# %%
# fr: Mettre à l'échelle, puis ajouter la dimension du lot : un réseau attend (n, hauteur, largeur, 3).
# en: Scale, then add the batch dimension: a network expects (n, height, width, 3).
x = preprocess(x)
x = np.expand_dims(x, axis=0)
print("1.7", x.shape)

# %%
# fr: Prédire, et prendre la classe la plus probable.
# en: Predict, and take the most probable class.
probabilities = model2.predict(x, verbose=0)[0]
found = int(np.argmax(probabilities))
print("1.7", dict(zip(categories, probabilities.round(3), strict=True)))
print("1.7", categories[found], probabilities[found])
plt.imshow(image)
plt.title(f"{categories[found]} {probabilities[found]:.2f}")
plt.axis("off")
plt.show()
