"""A metric of one's own: Matthews's correlation of labels and predictions, gathered over batches.

``update_state`` counts, ``result`` computes over ``keras.ops``; both become part of the training graph.
"""

from sklearn.datasets import load_breast_cancer
from sklearn.metrics import matthews_corrcoef
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import kgraph as keras

ops = keras.ops


class MatthewsCorrelation(keras.metrics.Metric):
    """From -1 (always wrong) over 0 (chance) to 1 (always right), also where one class is rare."""

    def __init__(self, threshold=0.5, name="matthews", **kwargs):
        super().__init__(name=name, **kwargs)
        self.threshold = threshold
        self.counts = self.add_weight(shape=(2, 2), initializer="zeros", name="counts")

    def update_state(self, y_true, y_pred, sample_weight=None):
        actual = ops.reshape(ops.cast(y_true, self.dtype), (-1,))
        predicted = ops.reshape(ops.cast(y_pred > self.threshold, self.dtype), (-1,))
        weights = ops.ones_like(actual) if sample_weight is None else ops.reshape(sample_weight, (-1,))
        actual = ops.stack([1.0 - actual, actual]) * weights
        predicted = ops.stack([1.0 - predicted, predicted], axis=1)
        self.counts.assign_add(ops.matmul(actual, predicted))

    def result(self):
        rows, columns = ops.sum(self.counts, axis=1), ops.sum(self.counts, axis=0)
        above = self.counts[0, 0] * self.counts[1, 1] - self.counts[0, 1] * self.counts[1, 0]
        return above / (ops.sqrt(ops.prod(rows) * ops.prod(columns)) + keras.config.epsilon())

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


def main():
    keras.utils.set_random_seed(9)
    tumours, benign = load_breast_cancer(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(
        StandardScaler().fit_transform(tumours), benign, test_size=0.3, stratify=benign, random_state=0
    )
    model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=[MatthewsCorrelation()])
    history = model.fit(x_train, y_train, epochs=30, validation_data=(x_test, y_test), verbose=0)
    curve = history.history["matthews"]
    print(f"in training: {curve[0]:.3f} after the first epoch, {curve[-1]:.3f} after the last")
    judged = matthews_corrcoef(y_test, model.predict(x_test, verbose=0)[:, 0] > 0.5)
    print(f"by scikit-learn: {judged:.3f}")
    print(f"by this metric: {history.history['val_matthews'][-1]:.3f}")


if __name__ == "__main__":
    main()
