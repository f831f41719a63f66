"""A siamese network: both images of a pair go through the same layers, and the distance of what comes out is learned.

The contrastive loss pulls pairs of one digit together and pushes pairs of two digits apart. It is an ordinary function
over ``keras.ops``.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import kgraph as keras

ops = keras.ops
MARGIN = 1.0


def contrastive(is_same, distance):
    apart = ops.square(ops.maximum(MARGIN - distance, 0.0))
    return ops.mean(is_same * ops.square(distance) + (1.0 - is_same) * apart, axis=-1)


def draw_pairs(images, digits, count, rng):
    """Pairs of images, half of them of one digit; and 1 for these, 0 for the others."""
    left = rng.integers(len(images), size=count)
    is_same = np.arange(count) % 2
    right = np.array([
        rng.choice(np.flatnonzero((digits == digits[index]) == bool(same)))
        for index, same in zip(left, is_same, strict=True)
    ])  # fmt: skip
    return [images[left], images[right]], is_same.astype("float32").reshape(-1, 1)


def build(pixels):
    image = keras.Input((pixels,))
    x = keras.layers.Dense(64, activation="relu")(image)
    x = keras.layers.Dropout(0.1)(x)
    x = keras.layers.Dense(16)(x)
    embed = keras.Model(image, keras.layers.UnitNormalization()(x), name="embed")

    left, right = keras.Input((pixels,), name="left"), keras.Input((pixels,), name="right")
    difference = keras.layers.Subtract()([embed(left), embed(right)])
    distance = keras.layers.Lambda(
        lambda d: ops.sqrt(ops.sum(ops.square(d), axis=-1, keepdims=True) + 1e-6),
        output_shape=(1,),
        name="distance",
    )(difference)
    return keras.Model([left, right], distance)


def main():
    keras.utils.set_random_seed(4)
    rng = np.random.default_rng(4)
    images, digits = load_digits(return_X_y=True)
    parts = train_test_split(images.astype("float32") / 16, digits, test_size=0.3, random_state=0)
    x_train, x_test, y_train, y_test = parts
    pairs, is_same = draw_pairs(x_train, y_train, 6000, rng)
    model = build(images.shape[1])
    model.compile(keras.optimizers.Adam(2e-3), contrastive)
    model.fit(pairs, is_same, epochs=15, batch_size=64, verbose=0)
    pairs, is_same = draw_pairs(x_test, y_test, 1000, rng)
    distance = model.predict(pairs, verbose=0)
    print(f"distance of two images of one digit: {distance[is_same == 1].mean():.2f}")
    print(f"distance of images of two digits: {distance[is_same == 0].mean():.2f}")
    print(f"pairs told apart rightly: {np.mean((distance < MARGIN / 2) == is_same):.3f}")


if __name__ == "__main__":
    main()
