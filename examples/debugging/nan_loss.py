"""A loss that becomes NaN after some epochs: the node that made it, the step again, and the fix."""

import kgraph as keras
from kgraph import layers, ops
from kgraph.datasets import digits

(images, names), _ = digits.load_data()
images, is_even = images.reshape(-1, 64) / 16.0, (names % 2 == 0).astype("float32")[:, None]


def crossentropy(target, probability):
    return -ops.mean(target * ops.log(probability) + (1.0 - target) * ops.log(1.0 - probability), axis=-1)


def clipped_crossentropy(target, probability):
    return crossentropy(target, ops.clip(probability, 1e-7, 1.0 - 1e-7))


def make_model(loss):
    keras.utils.set_random_seed(0)
    pixels = keras.Input((64,), name="pixels")
    hidden = layers.Dense(32, activation="relu", name="hidden")(pixels)
    model = keras.Model(pixels, layers.Dense(1, activation="sigmoid", name="even")(hidden), name="is_it_even")
    model.compile(keras.optimizers.Adam(0.01), loss)
    return model


def losses(model):
    return ", ".join(f"{loss:.5f}" for loss in model.fit(images, is_even, epochs=8, verbose=0).history["loss"])


print(f"the loss of each epoch: {losses(make_model(crossentropy))}")

print("\n-- with check_values")
try:
    with keras.debug.check_values():
        losses(make_model(crossentropy))
except ArithmeticError as error:
    print(error)
    bundle = error.bundle

print("\n-- the step again, from the bundle alone")
print(f"the same node: {keras.debug.replay(bundle).node}")

print("\n-- with probabilities kept away from 0 and 1")
with keras.debug.check_values():
    print(f"the loss of each epoch: {losses(make_model(clipped_crossentropy))}")
