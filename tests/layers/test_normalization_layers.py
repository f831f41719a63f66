"""The layers that normalise, against their formulas in double precision."""

from __future__ import annotations

import json

import numpy as np
import pytest

import kgraph
from kgraph import layers, ops

RNG = np.random.default_rng(41)
FLAT = RNG.normal(3, 2, (5, 6)).astype("float32")
STEPS = RNG.normal(-1, 2, (4, 5, 6)).astype("float32")
IMAGES = RNG.normal(1, 3, (3, 4, 5, 8)).astype("float32")
CLOSE = {"rtol": 2e-5, "atol": 2e-5}


def normalised(x, axis, epsilon):
    x = x.astype("float64")
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon)


def by_groups(x, groups, epsilon):
    """Channels last."""
    split = x.reshape(*x.shape[:-1], groups, -1)
    axes = (*range(1, x.ndim - 1), x.ndim)
    return normalised(split, axes, epsilon).reshape(x.shape)


def weighted(layer, data):
    """The layer built, its weights no longer what they began with."""
    layer.build(data.shape)
    layer.set_weights([RNG.uniform(0.5, 1.5, weight.shape) for weight in layer.weights])
    return layer


def differences(layer, data, probe, step=1e-3):
    """The slopes of ``sum(probe * layer(data))`` along some directions, by differences in double precision."""
    directions = np.random.default_rng(3).normal(size=(4, *data.shape))
    slopes = []
    for direction in directions:
        above, below = (layer(data + sign * step * direction, training=True) for sign in (1, -1))
        slopes.append(np.vdot(probe, above - below) / (2 * step))
    return directions, np.array(slopes)


# --- layer, RMS and unit normalisation -------------------------------------------------------------------------------


@pytest.mark.parametrize(("axis", "data"), [(-1, FLAT), (1, STEPS), ([1, 2], STEPS), ((-1, -3), IMAGES)], ids=str)
def test_layer_normalization_takes_mean_and_variance_over_its_axes(axis, data):
    layer = weighted(layers.LayerNormalization(axis, epsilon=1e-2), data)
    axes = sorted(one % data.ndim for one in np.ravel(axis))
    shape = [size if place in axes else 1 for place, size in enumerate(data.shape)]
    gamma, beta = (weight.numpy().reshape(shape) for weight in layer.weights)
    assert layer.gamma.shape == tuple(data.shape[one] for one in axes)
    np.testing.assert_allclose(layer(data), normalised(data, tuple(axes), 1e-2) * gamma + beta, **CLOSE)


def test_layer_normalization_is_as_accurate_far_from_zero_as_float32_allows():
    data = (RNG.normal(size=(3, 2000)) + 3000).astype("float32")
    result = layers.LayerNormalization(epsilon=1e-6)(data)
    np.testing.assert_allclose(result, normalised(data, -1, 1e-6), atol=2 * np.spacing(np.float32(3000)))


def test_without_scale_and_center_there_are_no_weights():
    layer = layers.LayerNormalization(scale=False, center=False)
    np.testing.assert_allclose(layer(FLAT), normalised(FLAT, -1, 1e-3), **CLOSE)
    assert layer.weights == []


def test_rms_scaling_divides_by_the_deviation_and_has_a_gamma_alone():
    layer = layers.LayerNormalization(rms_scaling=True)
    np.testing.assert_allclose(layer(FLAT), FLAT / np.sqrt(FLAT.var(-1, keepdims=True) + 1e-3), **CLOSE)
    assert [weight.name for weight in layer.weights] == ["gamma"]


@pytest.mark.parametrize(("axis", "over"), [(-1, 2), ([1, 2], (1, 2))])
def test_rms_normalization_divides_by_the_root_of_the_mean_of_squares(axis, over):
    layer = weighted(layers.RMSNormalization(axis), STEPS)
    scaled = STEPS / np.sqrt(np.square(STEPS).mean(over, keepdims=True) + 1e-6)
    np.testing.assert_allclose(layer(STEPS), scaled * layer.scale.numpy(), **CLOSE)


def test_unit_normalization_gives_length_1_and_leaves_zeros():
    data = np.concatenate([STEPS, np.zeros_like(STEPS[:1])])
    result = layers.UnitNormalization((1, 2))(data)
    lengths = np.sqrt(np.square(result).sum((1, 2)))
    np.testing.assert_allclose(lengths, [1, 1, 1, 1, 0], rtol=1e-6)


# --- groups ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [1, 2, 4, 8, -1])
@pytest.mark.parametrize("rank", [2, 3, 4])
def test_group_normalization_takes_the_moments_of_groups_of_channels(groups, rank):
    data = IMAGES.reshape(3, *{2: (-1,), 3: (-1, 8), 4: (4, 5, 8)}[rank])
    layer = weighted(layers.GroupNormalization(groups), data)
    gamma, beta = (weight.numpy() for weight in layer.weights)
    number = data.shape[-1] if groups == -1 else groups
    expected = by_groups(data, number, 1e-3) * gamma + beta
    np.testing.assert_allclose(layer(data), expected, rtol=1e-4, atol=1e-4)


def test_group_normalization_finds_its_channels_along_another_axis():
    first = np.moveaxis(IMAGES, -1, 1)
    result = layers.GroupNormalization(2, axis=1)(first)
    np.testing.assert_allclose(result, np.moveaxis(by_groups(IMAGES, 2, 1e-3), -1, 1), **CLOSE)


def test_group_normalization_takes_images_of_unknown_size():
    inputs = layers.Input((None, None, 8))
    model = kgraph.Model(inputs, layers.GroupNormalization(4)(inputs))
    np.testing.assert_allclose(model.predict(IMAGES, verbose=0), by_groups(IMAGES, 4, 1e-3), **CLOSE)


# --- gradients -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.LayerNormalization([1, 2], dtype="float64"),
        lambda: layers.RMSNormalization(dtype="float64"),
        lambda: layers.UnitNormalization(dtype="float64"),
        lambda: layers.GroupNormalization(2, dtype="float64"),
        lambda: layers.BatchNormalization(dtype="float64"),
        lambda: layers.BatchNormalization(axis=1, dtype="float64"),
    ],
    ids=["layer", "rms", "unit", "group", "batch", "batch of another axis"],
)
def test_the_adjoint_of_the_inputs_is_what_differences_say(make):
    """A weight that is added to the inputs moves, in a step of plain descent, along the adjoint of the inputs."""
    data, layer = RNG.normal(1, 2, (3, 4, 6)), make()
    probe = RNG.normal(size=data.shape)
    directions, slopes = differences(layer, data, probe)
    found = data - _after_a_step(layer, data, probe)
    np.testing.assert_allclose([np.vdot(found, direction) for direction in directions], slopes, rtol=1e-4, atol=1e-6)


class _Held(layers.Layer):
    """A weight in place of the inputs."""

    def __init__(self, value):
        super().__init__(dtype="float64")
        self.value = value

    def build(self, input_shape):
        self.weight = self.add_weight(shape=self.value.shape, initializer="zeros", name="held")
        self.weight.assign(self.value)

    def call(self, inputs):
        return ops.zeros_like(inputs) + self.weight


def _after_a_step(layer, data, probe):
    inputs = layers.Input(batch_shape=data.shape, dtype="float64")
    held = _Held(data)
    weighted_outputs = layers.Lambda(lambda y: y * probe, dtype="float64")(layer(held(inputs)))
    model = kgraph.Model(inputs, weighted_outputs)
    model.compile(kgraph.optimizers.SGD(1.0), loss=lambda t, y: ops.sum(y, (1, 2)) * len(data))
    model.train_on_batch(data, data)
    return held.weight.numpy()


# --- batch normalisation ---------------------------------------------------------------------------------------------


def test_a_tall_batch_is_cut_into_parts_and_gives_the_same():
    """So large that ``split_columns`` cuts it, and ``fuse_norm`` fuses its gradient; both can be left out."""
    data = RNG.normal(5, 2, (64, 16, 16, 8)).astype("float32")
    results = []
    for disabled in ((), ("split_columns", "fuse_norm")):
        kgraph.utils.set_random_seed(0)
        model = kgraph.Sequential([
            layers.Input((16, 16, 8)), layers.Dense(8), layers.BatchNormalization(momentum=0.5), layers.Dense(1)
        ])  # fmt: skip
        model.compile("sgd", loss="mse")
        loss = _with_passes_disabled(disabled, lambda model=model: model.train_on_batch(data, data[..., :1]))
        results.append([np.float32(loss), *model.get_weights()])
    for split, whole in zip(*results, strict=True):
        np.testing.assert_allclose(split, whole, rtol=1e-5, atol=1e-6)


def _with_passes_disabled(names, act):
    before = kgraph.config.disabled_passes()
    kgraph.config.disable_passes(*names)
    try:
        return act()
    finally:
        kgraph.config.disable_passes(*before)


@pytest.mark.threads
def test_results_do_not_depend_on_the_number_of_threads():
    data = RNG.normal(5, 2, (4096, 64)).astype("float32")
    before, results = kgraph.config.num_threads(), []
    try:
        for threads in (1, 4):
            kgraph.config.set_num_threads(threads)
            kgraph.utils.set_random_seed(0)
            model = kgraph.Sequential([
                layers.Input((64,)), layers.Dense(64), layers.BatchNormalization(), layers.LayerNormalization(),
                layers.RMSNormalization(), layers.Dense(1),
            ])  # fmt: skip
            model.compile("sgd", loss="mse")
            for _ in range(3):
                model.train_on_batch(data, data[:, :1])
            results.append(model.get_weights())
    finally:
        kgraph.config.set_num_threads(before)
    for one, four in zip(*results, strict=True):
        assert one.tobytes() == four.tobytes()


def test_masked_timesteps_may_hold_anything_and_do_not_count():
    mask = np.array([[True, True, False], [True, False, False]])
    data = np.where(mask[..., None], RNG.normal(2, 3, (2, 3, 4)), np.nan).astype("float32")
    layer = layers.BatchNormalization(momentum=0.0)
    result = layer(data, training=True, mask=mask)
    kept = data[mask]
    np.testing.assert_allclose(layer.moving_mean.numpy(), kept.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), kept.var(0), rtol=1e-5)
    np.testing.assert_allclose(result[mask], normalised(kept, 0, 1e-3), rtol=1e-4, atol=1e-4)


# --- spectral normalisation ------------------------------------------------------------------------------------------


def test_spectral_normalization_divides_the_kernel_by_its_largest_singular_value():
    layer = layers.SpectralNormalization(layers.Dense(5), power_iterations=60)
    layer.build((None, 6))
    before = layer.layer.kernel.numpy()
    result = layer(FLAT, training=True)
    largest = np.linalg.svd(before, compute_uv=False)[0]
    np.testing.assert_allclose(layer.layer.kernel.numpy(), before / largest, rtol=1e-4)
    np.testing.assert_allclose(result, FLAT @ (before / largest), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(layer.vector_u.numpy()), 1, rtol=1e-5)


def test_spectral_normalization_leaves_the_kernel_alone_outside_of_training_and_where_it_is_zero():
    layer = layers.SpectralNormalization(layers.Dense(3, kernel_initializer="zeros"))
    layer(FLAT)
    before = layer.get_weights()
    np.testing.assert_array_equal(layer(FLAT, training=True), np.zeros((5, 3)))
    for weight, was in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, was)


def test_spectral_normalization_takes_embeddings():
    layer = layers.SpectralNormalization(layers.Embedding(7, 3), power_iterations=30)
    index = np.array([[0, 6], [2, 2]])
    result = layer(index, training=True)
    np.testing.assert_allclose(np.linalg.svd(layer.layer.embeddings.numpy())[1][0], 1, rtol=1e-4)
    np.testing.assert_array_equal(result, layer.layer.embeddings.numpy()[index])


# --- normalisation of features ---------------------------------------------------------------------------------------


class Numbered:
    """Batches by number, as a ``PyDataset`` gives them."""

    def __init__(self, *batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index % len(self)], "labels"


@pytest.mark.parametrize(
    "data",
    [STEPS, [STEPS[:1], STEPS[1:]], ((part, "labels") for part in np.split(STEPS, 2)), Numbered(STEPS[:3], STEPS[3:])],
    ids=["array", "list of batches", "generator of tuples", "batches by number"],
)
def test_normalization_adapts_to_arrays_and_to_batches(data):
    layer = layers.Normalization()
    layer.adapt(data)
    np.testing.assert_allclose(layer.get_weights()[0], STEPS.mean((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(layer.get_weights()[1], STEPS.var((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(layer(STEPS), normalised(STEPS, (0, 1), 0), **CLOSE)


@pytest.mark.parametrize(("axis", "over"), [(None, (0, 1, 2)), (1, (0, 2)), ((1, 2), 0), ((2, -2), 0), (0, (1, 2))])
def test_normalization_keeps_the_axes_that_it_is_told(axis, over):
    layer = layers.Normalization(axis)
    layer.adapt(STEPS)
    np.testing.assert_allclose(layer(STEPS), normalised(STEPS, over, 0), **CLOSE)


def test_normalization_of_features_far_apart_adds_up_in_double_precision():
    data = (RNG.normal(size=(20_000, 2)) * [1, 1e-3] + [0, 1e3]).astype("float32")
    layer = layers.Normalization()
    layer.adapt(data)
    expected = data.astype("float64")
    np.testing.assert_allclose(layer.get_weights()[1], expected.var(0), rtol=1e-6)


def test_normalization_takes_given_moments_and_turns_itself_around():
    mean, variance = np.arange(6.0), np.arange(6.0) + 0.25
    layer, back = (layers.Normalization(mean=mean, variance=variance, invert=invert) for invert in (False, True))
    result = layer(STEPS)
    np.testing.assert_allclose(result, (STEPS - mean) / np.sqrt(variance), **CLOSE)
    np.testing.assert_allclose(back(result), STEPS, **CLOSE)
    assert layer.weights == []
    again = layers.deserialize(json.loads(json.dumps(layers.serialize(layer))))
    np.testing.assert_array_equal(again(STEPS), result)


def test_a_model_uses_what_its_normalization_adapts_to_later():
    inputs = layers.Input((6,))
    model = kgraph.Model(inputs, layers.Normalization(name="norm")(inputs))
    np.testing.assert_allclose(model.predict(FLAT, verbose=0), FLAT, rtol=1e-6)
    model.get_layer("norm").adapt(FLAT)
    np.testing.assert_allclose(model.predict(FLAT, verbose=0), normalised(FLAT, 0, 0), **CLOSE)


def test_normalization_takes_whole_numbers():
    data = np.array([[1, 2], [3, 6]])
    layer = layers.Normalization()
    layer.adapt(data)
    np.testing.assert_allclose(layer(data), [[-1, -1], [1, 1]])


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: layers.LayerNormalization("last"), "axis must be an int or a list or tuple of ints, not 'last'"),
        (lambda: layers.LayerNormalization(2)(FLAT), "axis 2 does not exist in inputs of 2 dimensions"),
        (lambda: layers.LayerNormalization([1, -1])(FLAT), "names an axis of the inputs twice"),
        (lambda: layers.LayerNormalization()(layers.Input((None,))), "axis 1 of the inputs must be known"),
        (lambda: layers.UnitNormalization(3)(FLAT), "axis 3 does not exist in inputs of 2 dimensions"),
        (lambda: layers.GroupNormalization(0), "groups must be a positive int, or -1"),
        (lambda: layers.GroupNormalization(4)(FLAT), "the number of channels, 6, must be a multiple of groups, 4"),
        (lambda: layers.GroupNormalization(1, axis=0)(FLAT), "the channels cannot lie along the first axis"),
        (lambda: layers.BatchNormalization(synchronized=True), "synchronized=True needs several machines"),
        (lambda: layers.SpectralNormalization(layers.Dense(2), 0), "power_iterations must be a positive int, not 0"),
        (lambda: layers.SpectralNormalization(layers.Flatten())(STEPS), "has neither kernel nor embeddings"),
        (lambda: layers.Normalization(mean=1.0), "mean and variance are given together, but variance is missing"),
        (lambda: layers.Normalization(mean=[1.0, 2.0], variance=[1.0]), "mean and variance must have one shape"),
        (lambda: layers.Normalization(mean=[[1.0]], variance=[[1.0]]), r"mean has shape \(1, 1\), but axis \(-1,\)"),
        (lambda: layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0])(FLAT), "do not broadcast to"),
        (lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(FLAT), "there is nothing to adapt"),
        (lambda: layers.Normalization().adapt([]), "adapt was given no data"),
        (lambda: layers.Normalization().adapt([FLAT, FLAT[:, :3]]), r"data of shape \(None, 6\), not \(5, 3\)"),
        (lambda: ops.layer_normalization(FLAT, gamma=FLAT[0, :3]), r"gamma must have the shape of axis \[1\], \[6\]"),
        (lambda: ops.batch_normalization(FLAT, FLAT[0, :3], FLAT[0], -1), r"mean must have shape \[6\], not \[3\]"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_layers_say_what_they_cannot_take(act, message):
    with pytest.raises((TypeError, ValueError), match=message):
        act()


def test_adapt_takes_no_single_number():
    with pytest.raises(TypeError, match="adapt takes an array or an iterable of batches, not float"):
        layers.Normalization().adapt(3.0)
