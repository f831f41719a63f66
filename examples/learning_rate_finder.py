"""A callback of one's own: the learning rate grows at every batch until the loss explodes, and a good one is found."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import kgraph as keras


class LearningRateFinder(keras.callbacks.Callback):
    """Multiplies the learning rate after each batch, and stops where the smoothed loss is four times its best.

    Args:
        start: the first learning rate.
        factor: from one batch to the next.
        smoothing: how much of the smoothed loss stays at each batch.
    """

    def __init__(self, start=1e-6, factor=1.15, smoothing=0.9):
        super().__init__()
        self.start, self.factor, self.smoothing = start, factor, smoothing
        self.rates, self.losses = [], []

    def on_train_begin(self, logs=None):
        self.average, self.seen, self.total = 0.0, 0, 0.0
        self.model.optimizer.learning_rate = self.start

    def on_train_batch_end(self, batch, logs=None):
        # The logs are means since the epoch began: what the batch alone gave is found again.
        self.seen, before = self.seen + 1, self.total
        self.total = logs["loss"] * self.seen
        self.average = self.smoothing * self.average + (1 - self.smoothing) * (self.total - before)
        rate = float(self.model.optimizer.learning_rate)
        self.rates.append(rate)
        self.losses.append(self.average / (1 - self.smoothing**self.seen))
        if not self.losses[-1] < 4 * min(self.losses):
            self.model.stop_training = True
        self.model.optimizer.learning_rate = rate * self.factor

    @property
    def suggestion(self):
        """A tenth of where the loss was lowest."""
        return self.rates[int(np.argmin(self.losses))] / 10


def build(pixels):
    model = keras.Sequential([
        keras.Input((pixels,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main():
    keras.utils.set_random_seed(8)
    images, digits = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(images / 16.0, digits, test_size=0.25, random_state=0)
    finder = LearningRateFinder()
    build(images.shape[1]).fit(np.tile(x_train, (4, 1)), np.tile(y_train, 4), callbacks=[finder], verbose=0)
    print(f"rates tried: {finder.rates[0]:.0e} to {finder.rates[-1]:.0e}")
    print(f"rate found: {finder.suggestion:.4f}")
    model = build(images.shape[1])
    model.optimizer.learning_rate = finder.suggestion
    model.fit(x_train, y_train, epochs=10, verbose=0)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"accuracy after ten epochs: {accuracy:.3f}")


if __name__ == "__main__":
    main()
