"""A layer that does not learn: no gradient reaches it. Where the path ends, and the values once it does not."""

import numpy as np

import kgraph as keras
from kgraph import layers, ops
from kgraph.datasets import digits

(images, names), _ = digits.load_data()
images = images.reshape(-1, 64) / 16.0


class Bits(layers.Layer):
    """1 where its input is above 0, else 0: a code that can be stored in bits."""

    def call(self, x):
        return ops.cast(x > 0, "float32")


class BitsWithSlope(layers.Layer):
    """The same values, with the gradient of a sigmoid."""

    def call(self, x):
        slope = ops.sigmoid(x)
        return slope + ops.stop_gradient(ops.cast(x > 0, "float32") - slope)


def make_model(bits):
    keras.utils.set_random_seed(0)
    pixels = keras.Input((64,), name="pixels")
    code = bits(layers.Dense(16, name="encoder")(pixels))
    model = keras.Model(pixels, layers.Dense(10, activation="softmax", name="digit")(code), name="coder")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(model, **options):
    """The accuracy, and how far the kernel of the encoder has moved."""
    kernel = model.get_layer("encoder").kernel
    before = kernel.numpy()
    accuracy = model.fit(images, names, epochs=4, verbose=0, **options).history["accuracy"][-1]
    print(f"accuracy {accuracy:.2f}; the encoder's kernel has moved by {np.abs(kernel.numpy() - before).max():.3f}")


model = make_model(Bits(name="bits"))
train(model)
graph = model.train_function.graph

print("\n-- its gradients, and what is updated")
graph.show("grad/*", "update/*/value")
try:
    graph.show("grad/encoder/*")
except ValueError as error:
    print(f"ValueError: {error}")

print("\n-- what is computed from the kernel")
graph.show("encoder", "bits", sources=True)

print("\n-- with a slope")
watched = keras.debug.watch("grad/encoder/kernel")
train(make_model(BitsWithSlope(name="bits")), callbacks=[watched])
print(watched)
