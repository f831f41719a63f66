"""Training that is slower than it should be: where the time goes."""

import kgraph as keras
from kgraph import layers
from kgraph.datasets import digits

(images, names), _ = digits.load_data()
images, is_even = images.reshape(-1, 64) / 16.0, (names % 2 == 0).astype("float32")[:, None]


def profile(metric):
    keras.utils.set_random_seed(0)
    pixels = keras.Input((64,), name="pixels")
    hidden = layers.Dense(128, activation="relu", name="hidden")(pixels)
    model = keras.Model(pixels, layers.Dense(1, activation="sigmoid", name="even")(hidden), name="is_it_even")
    model.compile("adam", "binary_crossentropy", metrics=[metric])
    model.fit(images, is_even, verbose=0)
    with keras.profile() as taken:
        model.fit(images, is_even, epochs=20, verbose=0)
    return taken


slow = profile(keras.metrics.AUC(num_thresholds=20_000, name="auc"))
print(slow.table(by="layer", top=2))

print("\n-- node by node")
print(slow.table(top=2))
slow.save("trace.json")

print("\n-- with the 200 thresholds that AUC has where none are asked for")
print(profile(keras.metrics.AUC(name="auc")).table(by="layer", top=2))
