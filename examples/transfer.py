"""Transfer: what was learned of the digits 0 to 4 is frozen, and carries a head that learns 5 to 9 from few images.

In the end all layers are trained a little more.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import kgraph as keras

FEW = 25


def load_split():
    images, digits = load_digits(return_X_y=True)
    old = digits < 5
    old_images, old_digits = images[old] / 16.0, digits[old]
    return old_images, old_digits, *train_test_split(
        images[~old] / 16.0, digits[~old] - 5, train_size=FEW, stratify=digits[~old], random_state=0
    )


def make_base(pixels):
    return keras.Sequential(
        [keras.Input((pixels,)), keras.layers.Dense(128, activation="relu"), keras.layers.Dense(64, activation="relu")],
        name="base",
    )


def with_head(base, learning_rate):
    inputs = keras.Input(base.input_shape[1:])
    model = keras.Model(inputs, keras.layers.Dense(5, activation="softmax", name="head")(base(inputs)))
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main():
    keras.utils.set_random_seed(10)
    old_images, old_digits, x_train, x_test, y_train, y_test = load_split()
    base = make_base(old_images.shape[1])
    with_head(base, 1e-3).fit(old_images, old_digits, epochs=20, verbose=0)

    base.trainable = False
    before = [weight.copy() for weight in base.get_weights()]
    model = with_head(base, 1e-2)
    model.fit(x_train, y_train, epochs=60, verbose=0)
    _, frozen = model.evaluate(x_test, y_test, verbose=0)
    is_kept = all(np.array_equal(*pair) for pair in zip(before, base.get_weights(), strict=True))
    print(f"the frozen layers are as they were: {is_kept}")
    print(f"weights that are trained: {len(model.trainable_weights)} of {len(model.weights)}")
    print(f"accuracy on the new digits, from {FEW} images: {frozen:.3f}")

    base.trainable = True
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=40, verbose=0)
    _, tuned = model.evaluate(x_test, y_test, verbose=0)
    print(f"accuracy after fine tuning of all layers: {tuned:.3f}")


if __name__ == "__main__":
    main()
