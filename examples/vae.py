"""A variational autoencoder: a custom layer draws the code at random, and adds its part of the loss by ``add_loss``."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import kgraph as keras

ops = keras.ops


class Sampling(keras.layers.Layer):
    """Draws a code from the normal distribution that the encoder says, and keeps that near the standard one.

    Args:
        weight: of the Kullback-Leibler divergence in the loss.
    """

    def __init__(self, weight=1.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs):
        mean, log_variance = inputs
        divergence = 0.5 * ops.sum(ops.square(mean) + ops.exp(log_variance) - log_variance - 1.0, axis=-1)
        self.add_loss(self.weight * ops.mean(divergence))
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}


def build(pixels, code_size):
    image = keras.Input((pixels,), name="image")
    x = keras.layers.Dense(64, activation="relu")(image)
    mean = keras.layers.Dense(code_size, name="mean")(x)
    log_variance = keras.layers.Dense(code_size, name="log_variance", kernel_initializer="zeros")(x)
    code = Sampling(weight=1.0 / pixels, seed=5, name="code")([mean, log_variance])
    decoder = keras.Sequential(
        [
            keras.Input((code_size,)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(pixels, activation="sigmoid"),
        ],
        name="decoder",
    )
    return decoder, keras.Model(image, decoder(code), name="vae")


def main():
    keras.utils.set_random_seed(5)
    images = load_digits().data.astype("float32") / 16
    train, test = train_test_split(images, test_size=0.25, random_state=0)
    decoder, vae = build(images.shape[1], code_size=6)
    vae.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy")
    history = vae.fit(train, train, epochs=40, batch_size=64, validation_data=(test, test), verbose=0)
    drawn = decoder.predict(np.random.default_rng(5).normal(size=(500, 6)).astype("float32"), verbose=0)
    mean = train.mean(axis=0, keepdims=True).clip(1e-3, 1 - 1e-3)
    without_model = -np.mean(test * np.log(mean) + (1 - test) * np.log(1 - mean))
    print(f"loss of the mean image: {without_model:.3f}")
    print(f"loss on images it never saw: {history.history['val_loss'][-1]:.3f}")
    print(f"mean of 500 images made of noise, off the mean image by: {np.abs(drawn.mean(axis=0) - mean).mean():.3f}")


if __name__ == "__main__":
    main()
