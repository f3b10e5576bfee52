# %%
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tensorflow.keras import Input, Model, layers

tf.keras.utils.set_random_seed(123)
(X_train, y_train), (X_test, y_test) = tf.keras.datasets.mnist.load_data()
X_train = X_train.reshape(len(X_train), 28, 28, 1).astype("float32") / 255
X_test = X_test.reshape(len(X_test), 28, 28, 1).astype("float32") / 255


# %%
class Sampling(layers.Layer):
    # fr: Le coefficient du sujet (1) suppose des pixels bruités de variance 392 : voir 3.4.
    # en: The sheet's coefficient (1) supposes pixels with noise of variance 392: see 3.4.
    def __init__(self, coeff):
        super().__init__()
        self.coeff = coeff

    def call(self, inputs):
        mu, log_var = inputs
        epsilon = tf.random.normal(shape=tf.shape(mu))
        z = mu + tf.exp(0.5 * log_var) * epsilon
        kl_loss = -0.5 * tf.reduce_sum(1 + log_var - tf.square(mu) - tf.exp(log_var), axis=1)
        self.add_loss(self.coeff * tf.reduce_mean(kl_loss))
        return z


def build_encoder(coeff):
    encoder_inputs = Input((28, 28, 1))
    x = layers.Conv2D(32, (3, 3), activation="relu", padding="same")(encoder_inputs)
    x = layers.MaxPooling2D((3, 3), strides=2, padding="same")(x)
    x = layers.Conv2D(32, (3, 3), activation="relu", padding="same")(x)
    x = layers.MaxPooling2D((3, 3), strides=2, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(16)(x)
    mu = layers.Dense(2, name="mu")(x)
    log_var = layers.Dense(2, name="log_var")(x)
    z = Sampling(coeff)([mu, log_var])
    return Model(encoder_inputs, [z, mu, log_var], name="encoder")


encoder = build_encoder(coeff=1)
encoder.summary()
print("3.1", encoder.count_params())

# %%
z, mu, log_var = encoder.predict(X_test[:1], verbose=0)
print("3.1", "z", z, "mu", mu, "log_var", log_var)
