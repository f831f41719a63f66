"""A denoising autoencoder: sixteen numbers per image are enough to draw it again, without the noise.

The encoder and decoder are models of their own, and layers of the model that is trained.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import kgraph as keras


def build(pixels, code_size):
    image = keras.Input((pixels,), name="image")
    noisy = keras.layers.GaussianNoise(0.2)(image)
    x = keras.layers.Dense(64)(noisy)
    x = keras.layers.LeakyReLU(negative_slope=0.1)(x)
    encoder = keras.Model(image, keras.layers.Dense(code_size, name="code")(x), name="encoder")

    code = keras.Input((code_size,))
    x = keras.layers.Dense(64)(code)
    x = keras.layers.LeakyReLU(negative_slope=0.1)(x)
    decoder = keras.Model(code, keras.layers.Dense(pixels, activation="sigmoid")(x), name="decoder")
    return encoder, keras.Model(image, decoder(encoder(image)), name="autoencoder")


def main():
    keras.utils.set_random_seed(3)
    images = load_digits().data.astype("float32") / 16
    train, test = train_test_split(images, test_size=0.25, random_state=0)
    encoder, autoencoder = build(images.shape[1], code_size=16)
    autoencoder.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["mse"])
    history = autoencoder.fit(train, train, epochs=40, batch_size=64, validation_data=(test, test), verbose=0)
    codes = encoder.predict(test, verbose=0)
    print(f"loss: {history.history['loss'][0]:.3f} in the first epoch, {history.history['loss'][-1]:.3f} in the last")
    print(f"an image of {images.shape[1]} pixels is a code of {codes.shape[1]} numbers")
    print(f"squared error of the mean image: {np.mean((test - train.mean(axis=0)) ** 2):.4f}")
    print(f"squared error of images drawn again: {history.history['val_mse'][-1]:.4f}")


if __name__ == "__main__":
    main()
