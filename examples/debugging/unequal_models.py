"""Two models that should be equal and differ: the first node whose values part, and why."""

import numpy as np

import kgraph as keras
from kgraph import layers
from kgraph.datasets import digits

(images, names), _ = digits.load_data()
images = images.reshape(-1, 64) / 16.0


def make_model(name, **options):
    keras.utils.set_random_seed(0)
    pixels = keras.Input((64,), name="pixels")
    hidden = layers.Dense(32, name="hidden")(pixels)
    hidden = layers.Activation("relu", name="relu")(layers.BatchNormalization(name="norm", **options)(hidden))
    return keras.Model(pixels, layers.Dense(10, activation="softmax", name="digit")(hidden), name=name)


trained = make_model("trained")
trained.compile("adam", "sparse_categorical_crossentropy")
trained.fit(images, names, epochs=3, verbose=0)
rebuilt = make_model("rebuilt", epsilon=1e-5)
rebuilt.set_weights(trained.get_weights())

apart = np.abs(trained.predict(images, verbose=0) - rebuilt.predict(images, verbose=0)).max()
print(f"the same weights, and probabilities differ by {apart:.4f}")

print("\n-- side by side")
values = trained.predict_function.trace(images[:32])
first, second = (model.predict_function.graph for model in (trained, rebuilt))
print(keras.debug.compare(first, second, values))

print("\n-- what differs in the graphs")
print(keras.debug.diff(first, second))

# The same from a shell: kgraph compare trained.kg rebuilt.kg --feeds batch.npz
first.save("trained.kg")
second.save("rebuilt.kg")
np.savez("batch.npz", **values)
