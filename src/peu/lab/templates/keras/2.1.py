# %%
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tensorflow.keras import Input, Model
from tensorflow.keras.layers import Conv2D, Conv2DTranspose, MaxPooling2D

# fr: Des graines pour le bruit et pour les poids : le sujet n'en fixe pas ici.
# en: Seeds for the noise and the weights: the sheet sets none here.
np.random.seed(123)
tf.keras.utils.set_random_seed(123)

# %%
(X_train, y_train), (X_test, y_test) = tf.keras.datasets.mnist.load_data()
X_train = X_train.reshape(len(X_train), 28, 28, 1).astype("float32") / 255
X_test = X_test.reshape(len(X_test), 28, 28, 1).astype("float32") / 255
print("2.1", X_train.shape, X_test.shape, len(np.unique(y_train)), "classes")

# %%
X_train_noise = X_train + 0.2 * np.random.normal(loc=0.0, scale=1.0, size=X_train.shape)
X_test_noise = X_test + 0.4 * np.random.normal(loc=0.0, scale=1.0, size=X_test.shape)
print("2.1", X_train_noise.min(), X_train_noise.max())
X_train_noise = np.clip(X_train_noise, 0.0, 1.0)
X_test_noise = np.clip(X_test_noise, 0.0, 1.0)
print("2.1", X_train_noise.min(), X_train_noise.max())


# %%
def show(*rows):
    plt.figure(figsize=(6, 1.3 * len(rows)))
    for number, images in enumerate(rows):
        for i in range(5):
            plt.subplot(len(rows), 5, 5 * number + i + 1)
            plt.imshow(images[i].reshape(28, 28), cmap="gray", vmin=0, vmax=1)
            plt.axis("off")
    plt.show()


show(X_train, X_train_noise, X_test, X_test_noise)
