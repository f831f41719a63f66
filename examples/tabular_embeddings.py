"""A table with categories: each category gets an embedding, which meets the numbers in one network.

The data are 442 patients: sex and decade of age are categories, eight measurements are numbers, and the progression of
diabetes after a year is to be foretold.
"""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

import kgraph as keras


def load_table():
    table, progression = load_diabetes(return_X_y=True, scaled=False)
    columns = {
        "sex": table[:, 1].astype("int32") - 1,
        "decade": (table[:, 0] // 10).astype("int32"),
        "measured": ((table[:, 2:] - table[:, 2:].mean(axis=0)) / table[:, 2:].std(axis=0)).astype("float32"),
    }
    return columns, progression.astype("float32")


def build(categories, measurements):
    inputs = {name: keras.Input((), name=name, dtype="int32") for name in categories}
    inputs["measured"] = keras.Input((measurements,), name="measured")
    embedded = [
        keras.layers.Embedding(count, 3, name=f"embed_{name}")(inputs[name]) for name, count in categories.items()
    ]
    x = keras.layers.Concatenate()([*embedded, inputs["measured"]])
    x = keras.layers.Dense(16, activation="relu", kernel_regularizer="l2")(x)
    progression = keras.layers.Dense(1, bias_initializer=keras.initializers.Constant(150.0), name="progression")(x)
    return keras.Model(inputs, progression)


def main():
    keras.utils.set_random_seed(1)
    columns, progression = load_table()
    train, test = train_test_split(np.arange(len(progression)), test_size=0.25, random_state=0)
    model = build({"sex": 2, "decade": 8}, measurements=8)
    model.compile(keras.optimizers.Adam(0.02), "mse", metrics=["mae"])
    model.fit(
        {name: column[train] for name, column in columns.items()},
        progression[train],
        epochs=60,
        callbacks=[keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=5)],
        verbose=0,
    )
    _, error = model.evaluate({name: column[test] for name, column in columns.items()}, progression[test], verbose=0)
    guessed = np.abs(progression[test] - progression[train].mean()).mean()
    print(f"mean error of a guess without a model: {guessed:.1f}")
    print(f"mean error for patients it never saw: {error:.1f}")


if __name__ == "__main__":
    main()
