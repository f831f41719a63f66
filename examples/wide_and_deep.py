"""Wide and deep: a linear model on crossed categories beside a deep one on numbers, added before the sigmoid.

The data are 569 tumours, each with 30 measurements. The wide part gets two measurements cut into quarters and crossed,
one column for each of the 16 pairs; the deep part gets all measurements.
"""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

import kgraph as keras


def quarters(column):
    return np.digitize(column, np.quantile(column, [0.25, 0.5, 0.75]))


def load_features():
    tumours, benign = load_breast_cancer(return_X_y=True)
    crossed = keras.utils.to_categorical(4 * quarters(tumours[:, 20]) + quarters(tumours[:, 27]), num_classes=16)
    return crossed, tumours.astype("float32"), benign.astype("float32")


def build(crosses, measured):
    wide = keras.Input((crosses,), name="crossed")
    deep = keras.Input((measured.shape[1],), name="measured")
    scale = keras.layers.Normalization()
    scale.adapt(measured)
    x = keras.layers.Dense(32, activation="relu")(scale(deep))
    x = keras.layers.Dropout(0.3)(x)
    x = keras.layers.Dense(16, activation="relu")(x)
    logit = keras.layers.Add()([keras.layers.Dense(1, use_bias=False)(wide), keras.layers.Dense(1)(x)])
    return keras.Model([wide, deep], keras.layers.Activation("sigmoid", name="benign")(logit))


def main():
    keras.utils.set_random_seed(2)
    crossed, measured, benign = load_features()
    train, test = train_test_split(np.arange(len(benign)), test_size=0.3, stratify=benign, random_state=0)
    model = build(crossed.shape[1], measured[train])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="auc")])
    model.fit(
        [crossed[train], measured[train]],
        benign[train],
        epochs=100,
        validation_split=0.15,
        callbacks=[keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)],
        verbose=0,
    )
    results = model.evaluate([crossed[test], measured[test]], benign[test], return_dict=True, verbose=0)
    print(f"area under the curve: {results['auc']:.3f}")
    print(f"accuracy on tumours it never saw: {results['accuracy']:.3f}")


if __name__ == "__main__":
    main()
