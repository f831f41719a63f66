"""Few positives among many negatives: class weights make the network find them, at the price of false alarms."""

import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

import kgraph as keras


def load_samples():
    samples, labels = make_classification(
        4000, 12, n_informative=5, weights=[0.95], class_sep=0.8, flip_y=0.02, random_state=0
    )
    return train_test_split(samples.astype("float32"), labels, test_size=0.4, stratify=labels, random_state=0)


def build(features):
    initial = keras.initializers.Constant(np.log(0.05 / 0.95))
    model = keras.Sequential([
        keras.Input((features,)),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(1, activation="sigmoid", bias_initializer=initial),
    ])  # fmt: skip
    model.compile(
        keras.optimizers.Adam(5e-3),
        "binary_crossentropy",
        metrics=[keras.metrics.Precision(name="precision"), keras.metrics.Recall(name="recall")],
    )
    return model


def main():
    x_train, x_test, y_train, y_test = load_samples()
    shares = np.bincount(y_train) / len(y_train)
    print(f"share of positives: {shares[1]:.3f}")
    balanced = {label: 0.5 / share for label, share in enumerate(shares)}
    for title, class_weight in (("without", None), ("with", balanced)):
        keras.utils.set_random_seed(7)
        model = build(x_train.shape[1])
        model.fit(x_train, y_train, epochs=15, batch_size=64, class_weight=class_weight, verbose=0)
        results = model.evaluate(x_test, y_test, return_dict=True, verbose=0)
        print(f"precision {title} class weights: {results['precision']:.3f}")
        print(f"recall {title} class weights: {results['recall']:.3f}")


if __name__ == "__main__":
    main()
