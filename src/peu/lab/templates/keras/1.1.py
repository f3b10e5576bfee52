# %%
import os
import random
import time

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tensorflow.keras import Input, Model
from tensorflow.keras.layers import Convolution2D, Dense, Dropout, Flatten, MaxPooling2D

# fr: `random.shuffle` n'utilise pas la graine de NumPy : il lui faut la sienne.
# fr: La troisième fixe les poids de départ des réseaux.
# en: `random.shuffle` does not use NumPy's seed: it needs its own.
# en: The third fixes the initial weights of the networks.
np.random.seed(123)
random.seed(123)
tf.keras.utils.set_random_seed(123)

# %%
DATA_PATH = "Data"
SIZE = 224
categories = ["accordion", "anchor", "barrel", "binocular"]
num_classes = len(categories)

data = []
for c, category in enumerate(categories):
    # fr: `os.walk` donne les fichiers dans l'ordre du disque : on les trie.
    # en: `os.walk` gives files in the order of the disk: sort them.
    images = sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(os.path.join(DATA_PATH, category))
        for name in names
        if os.path.splitext(name)[1].lower() in [".jpg", ".png", ".jpeg"]
    )
    for path in images:
        image = tf.keras.utils.load_img(path, target_size=(SIZE, SIZE))
        data.append({"x": np.array(image), "y": c})

random.shuffle(data)
idx_train = int(0.7 * len(data))
train, test = data[:idx_train], data[idx_train:]

X_train, y_train = np.array([t["x"] for t in train]), np.array([t["y"] for t in train])
X_test, y_test = np.array([t["x"] for t in test]), np.array([t["y"] for t in test])
X_train = X_train.astype("float32") / 255.0
X_test = X_test.astype("float32") / 255.0
Y_train = tf.keras.utils.to_categorical(y_train, num_classes)
Y_test = tf.keras.utils.to_categorical(y_test, num_classes)

print("X_train", X_train.shape, "y_train", y_train.shape, "Y_train", Y_train.shape)
print("1.1", y_train[0], "->", Y_train[0])

# %%
# fr: Trois images de chaque classe.
# en: Three images of each class.
plt.figure(figsize=(6, 2 * num_classes))
for c, category in enumerate(categories):
    for i, x in enumerate(X_train[y_train == c][:3]):
        plt.subplot(num_classes, 3, 3 * c + i + 1)
        plt.imshow(x)
        plt.title(category)
        plt.axis("off")
plt.show()
