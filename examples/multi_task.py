"""Several tasks on one trunk, where each sample has the answers to some of them only.

A weight of 0 keeps a missing answer out of the loss of its output; what stands in its place does not matter. Here a
third of the images have no digit, and another third no ink.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import kgraph as keras


def build(pixels):
    image = keras.Input((pixels,), name="image")
    trunk = keras.layers.Dense(64, activation="relu", name="trunk")(image)
    digit = keras.layers.Dense(10, activation="softmax", name="digit")(trunk)
    ink = keras.layers.Dense(1, name="ink")(trunk)
    return keras.Model(image, {"digit": digit, "ink": ink})


def main():
    keras.utils.set_random_seed(6)
    images, digits = load_digits(return_X_y=True)
    images = images.astype("float32") / 16
    ink = images.mean(axis=1, keepdims=True)
    train, test = train_test_split(np.arange(len(images)), test_size=0.25, random_state=0)

    known = {"digit": np.arange(len(train)) % 3 != 0, "ink": np.arange(len(train)) % 3 != 1}
    answers = {
        "digit": np.where(known["digit"], digits[train], 0),
        "ink": np.where(known["ink"][:, None], ink[train], 0.0).astype("float32"),
    }
    model = build(images.shape[1])
    model.compile(
        "adam",
        loss={"digit": "sparse_categorical_crossentropy", "ink": "mse"},
        loss_weights={"digit": 1.0, "ink": 20.0},
        metrics={"digit": ["accuracy"], "ink": ["mae"]},
    )
    model.fit(
        images[train],
        answers,
        sample_weight={name: mask.astype("float32") for name, mask in known.items()},
        epochs=50,
        verbose=0,
    )
    unseen = {"digit": digits[test], "ink": ink[test]}
    results = model.evaluate(images[test], unseen, return_dict=True, verbose=0)
    print(f"mean error of the ink: {results['ink_mae']:.3f}")
    print(f"accuracy of the digits: {results['digit_accuracy']:.3f}")


if __name__ == "__main__":
    main()
