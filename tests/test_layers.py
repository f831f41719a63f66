"""The layers, against numpy: on arrays, and as graphs in both phases."""

from __future__ import annotations

import json

import numpy as np
import pytest
from layer_graphs import Traced

from kgraph import config, layers, ops, regularizers
from kgraph.runtime import NodeError

RNG = np.random.default_rng(11)
FEATURES = RNG.normal(size=(5, 8)).astype("float32")
SEQUENCE = RNG.normal(size=(4, 3, 6)).astype("float32")


def paths(layer):
    return [weight.path for weight in layer.weights]


# --- Dense -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [FEATURES, SEQUENCE, RNG.normal(size=(2, 3, 4, 5)).astype("float32")])
def test_dense_is_a_matrix_product_over_the_last_axis(x):
    layer = layers.Dense(7, activation="relu", bias_initializer="ones")
    expected = np.maximum(x @ layer_kernel(layer, x) + 1, 0)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-5)


def layer_kernel(layer, x):
    layer.build(x.shape)
    return layer.kernel.numpy()


def test_dense_keeps_kernel_then_bias():
    layer = layers.Dense(3, name="head")
    layer(FEATURES)
    assert paths(layer) == ["head/kernel", "head/bias"]
    assert [weight.shape for weight in layer.weights] == [(8, 3), (3,)]
    assert layer.count_params() == 27


def test_dense_without_bias_has_a_kernel_alone():
    layer = layers.Dense(3, use_bias=False)
    np.testing.assert_allclose(layer(FEATURES), FEATURES @ layer.kernel.numpy(), rtol=1e-5, atol=1e-6)
    assert len(layer.weights) == 1


def test_dense_reads_well_in_a_dump():
    features = layers.Input((8,), name="features")
    text = str(Traced([features], [layers.Dense(12, activation="relu", name="dense")(features)]).graph)
    for line in (
        'layer dense = {"class_name": "Dense", "units": 12, "activation": "relu"}',
        "%dense/matmul: f32[N,12] = matmul(%features, %dense/kernel)",
        "%dense/bias_rows: f32[N,12] = broadcast(%dense/bias)",
        "%dense/add: f32[N,12] = add(%dense/matmul, %dense/bias_rows)",
        "%dense/relu: f32[N,12] = relu(%dense/add)",
    ):
        assert line in text


def test_dense_on_an_unknown_number_of_timesteps():
    x = layers.Input((None, 6), name="x")
    layer = layers.Dense(2)
    traced = Traced([x], [layer(x)])
    (result,) = traced.run(False, x=SEQUENCE)
    np.testing.assert_allclose(result, SEQUENCE @ layer.kernel.numpy(), rtol=1e-5, atol=1e-6)


def test_dense_on_ints_and_float64_computes_in_its_own_dtype():
    layer = layers.Dense(2)
    assert layer(np.ones((3, 4), "int32")).dtype == np.float32
    assert layer(np.ones((3, 4), "float64")).dtype == np.float32
    assert layers.Dense(2, dtype="float64")(np.ones((3, 4), "float32")).dtype == np.float64


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Dense(0), "units must be a positive int, not 0"),
        (lambda: layers.Dense(2.5), "units must be a positive int, not 2.5"),
        (lambda: layers.Dense(3, name="d")(layers.Input((None,))), r"layer d \(Dense\): the last dimension .* known"),
        (lambda: layers.Dense(3, name="d")(np.zeros(4, "f")), r"layer d \(Dense\): .* 2 dimensions, not 1: \(4,\)"),
        (lambda: layers.Dense(3, activation="rleu"), "unknown activation 'rleu'"),
    ],
)
def test_dense_says_what_it_cannot_take(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_dense_refuses_another_last_dimension_once_built():
    layer = layers.Dense(3, name="dense_1")
    layer(FEATURES)
    with pytest.raises(
        ValueError, match=r"^layer dense_1 \(Dense\): expects inputs whose last dimension is 8, not 7$"
    ):
        layer(FEATURES[:, :7])


# --- Activation ------------------------------------------------------------------------------------------------------


def test_activation_takes_a_name_or_a_function():
    np.testing.assert_allclose(layers.Activation("tanh")(FEATURES), np.tanh(FEATURES), rtol=1e-5)
    np.testing.assert_allclose(layers.Activation(lambda x: x * 2)(FEATURES), FEATURES * 2)


# --- Dropout ---------------------------------------------------------------------------------------------------------


def test_dropout_passes_inputs_on_outside_of_training():
    np.testing.assert_array_equal(layers.Dropout(0.5)(FEATURES), FEATURES)


def test_dropout_drops_a_share_and_scales_the_rest():
    ones = np.ones((400, 50), "float32")
    dropped = layers.Dropout(0.25, seed=3)(ones, training=True)
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((dropped == 0).mean() - 0.25) < 0.01


def test_dropout_drops_anew_at_each_call_and_the_same_for_the_same_seed():
    first, second = layers.Dropout(0.5, seed=3), layers.Dropout(0.5, seed=3)
    once = first(FEATURES, training=True)
    assert (once != first(FEATURES, training=True)).any()
    np.testing.assert_array_equal(once, second(FEATURES, training=True))


def test_dropout_with_a_noise_shape_drops_whole_features():
    ones = np.ones((6, 9, 20), "float32")
    dropped = layers.Dropout(0.5, noise_shape=(None, 1, None), seed=1)(ones, training=True)
    assert (dropped == dropped[:, :1]).all()
    assert 0.2 < (dropped == 0).mean() < 0.8


def test_dropout_is_in_the_training_phase_alone():
    x = layers.Input((8,), name="x")
    layer = layers.Dropout(0.5, seed=2)
    traced = Traced([x], [layer(x)])
    np.testing.assert_array_equal(traced.run(False, x=FEATURES)[0], FEATURES)
    before = layer.seed_generator.state.numpy()
    assert (traced.run(True, x=FEATURES)[0] == 0).any()
    assert (layer.seed_generator.state.numpy() != before).any()


def test_dropout_keeps_its_seed_among_the_variables_but_not_among_the_weights():
    layer = layers.Dropout(0.5, name="drop")
    assert [variable.path for variable in layer.variables] == ["drop/seed_generator_state"]
    assert layer.weights == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Dropout(1.5, name="d"), "layer d: rate must be a number from 0 to 1, not 1.5"),
        (lambda: layers.Dropout(0.5, noise_shape=(0, 1), name="d"), "noise_shape must hold sizes or None"),
        (
            lambda: layers.Dropout(0.5, noise_shape=(None, 1), name="d")(SEQUENCE, training=True),
            r"layer d \(Dropout\): noise_shape \(None, 1\) must have as many dimensions as the inputs, 3",
        ),
    ],
)
def test_dropout_says_what_it_cannot_take(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- Flatten and Reshape ---------------------------------------------------------------------------------------------


def test_flatten_makes_vectors():
    np.testing.assert_array_equal(layers.Flatten()(SEQUENCE), SEQUENCE.reshape(4, 18))
    assert layers.Flatten()(np.zeros(3, "f")).shape == (3, 1)
    assert layers.Flatten()(layers.Input((3, 4))).shape == (None, 12)
    assert layers.Flatten()(layers.Input((None, 4))).shape == (None, None)


def test_flatten_moves_first_channels_to_the_end():
    flat = layers.Flatten(data_format="channels_first")(SEQUENCE)
    np.testing.assert_array_equal(flat, SEQUENCE.transpose(0, 2, 1).reshape(4, 18))


@pytest.mark.parametrize("target", [(18,), (2, 9), (-1, 2), (3, -1, 2), (6, 3)])
def test_reshape_keeps_the_order_of_elements(target):
    np.testing.assert_array_equal(layers.Reshape(target)(SEQUENCE), SEQUENCE.reshape(4, *target))


def test_reshape_finds_what_is_left_of_an_unknown_dimension():
    x = layers.Input((None, 6), name="x")
    y = layers.Reshape((-1, 2))(x)
    assert y.shape == (None, None, 2)
    np.testing.assert_array_equal(Traced([x], [y]).run(False, x=SEQUENCE)[0], SEQUENCE.reshape(4, -1, 2))


def test_reshape_checks_an_unknown_dimension_when_data_come():
    x = layers.Input((None,), name="x")
    traced = Traced([x], [layers.Reshape((2, 3))(x)])
    np.testing.assert_array_equal(traced.run(False, x=np.ones((4, 6), "f"))[0], np.ones((4, 2, 3)))
    with pytest.raises(ValueError, match="7"):
        traced.run(False, x=np.ones((4, 7), "f"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Reshape((2, -1, -1)), "at most one -1"),
        (
            lambda: layers.Reshape((4, -1), name="r")(SEQUENCE),
            r"layer r \(Reshape\): cannot reshape samples of .* \(3, 6\) to \(4, -1\): 18 .* are not a multiple of 4",
        ),
        (
            lambda: layers.Reshape((4, 4), name="r")(SEQUENCE),
            r"cannot reshape samples of shape \(3, 6\) to \(4, 4\): 18 elements are not 16",
        ),
        (lambda: layers.Flatten(data_format="first"), "data_format must be"),
        (lambda: layers.Flatten(name="f")(np.float32(1)), r"layer f \(Flatten\): .* at least 1 dimensions, not 0"),
    ],
)
def test_reshaping_says_what_does_not_fit(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- Embedding -------------------------------------------------------------------------------------------------------

TOKENS = np.array([[1, 2, 0], [4, 0, 0]])


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64"])
def test_embedding_gives_a_row_for_each_index(dtype):
    layer = layers.Embedding(5, 3)
    result = layer(TOKENS.astype(dtype))
    np.testing.assert_array_equal(result, layer.embeddings.numpy()[TOKENS])
    assert np.abs(layer.embeddings.numpy()).max() <= 0.05


def test_embedding_takes_its_first_values():
    values = RNG.normal(size=(5, 3)).astype("float32")
    np.testing.assert_array_equal(layers.Embedding(5, 3, weights=[values])(TOKENS), values[TOKENS])


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (np.array([[0, 5]]), r"layer words \(%words/gather, made at .*\): index 5 at position 1 is outside \[0, 5\)"),
        (np.array([[-1]]), "layer words .* -1 at position 0"),
        (np.array([[1.5]], "float32"), r"layer words \(%words/class_index, made at .*\): label 1.5 at position 0"),
        (np.array([[np.nan]], "float32"), "layer words .*nan at position 0"),
        (np.array([[7.0]], "float32"), "layer words .* 7 at position 0"),
    ],
)
def test_embedding_refuses_what_is_no_index(tokens, message):
    with pytest.raises(NodeError, match=message):
        layers.Embedding(5, 3, name="words")(tokens)


def test_embedding_masks_zero():
    x = layers.Input((None,), name="x")
    masked = layers.Embedding(5, 3, mask_zero=True)(x)
    np.testing.assert_array_equal(Traced([x], [masked._keras_mask]).run(False, x=TOKENS.astype("f"))[0], TOKENS != 0)
    assert layers.Embedding(5, 3)(x)._keras_mask is None


# --- Masking ---------------------------------------------------------------------------------------------------------

PADDED = SEQUENCE.copy()
PADDED[0, 1:] = 9.0
PADDED[2, 0, :5] = 9.0
KEPT = ~(PADDED == 9).all(-1)


def test_masking_masks_timesteps_whose_features_all_have_the_value():
    x = layers.Input((3, 6), name="x")
    y = layers.Masking(9.0)(x)
    values, mask = Traced([x], [y, y._keras_mask]).run(False, x=PADDED)
    np.testing.assert_array_equal(mask, KEPT)
    np.testing.assert_array_equal(values, PADDED * KEPT[..., None])


def test_masks_pass_through_dense_and_dropout_and_end_at_flatten():
    x = layers.Input((3, 6), name="x")
    passed = layers.Dropout(0.5)(layers.Dense(2)(layers.Masking()(x)))
    assert passed._keras_mask is not None
    with pytest.warns(UserWarning, match=r"layer end \(Flatten\) .* does not support masking"):
        assert layers.Flatten(name="end")(passed)._keras_mask is None


# --- merges ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "function"), [(layers.Add(), np.add), (layers.Multiply(), np.multiply)], ids=["add", "multiply"]
)
def test_merges_broadcast_after_their_batch_axis(layer, function):
    vector = SEQUENCE[:, 0]
    np.testing.assert_allclose(layer([SEQUENCE, SEQUENCE, SEQUENCE]), function(function(SEQUENCE, SEQUENCE), SEQUENCE))
    mixed = type(layer)()([SEQUENCE, vector])
    np.testing.assert_allclose(mixed, function(SEQUENCE, vector[:, None]))


def test_merges_have_functional_forms():
    a, b = SEQUENCE, SEQUENCE[::-1].copy()
    np.testing.assert_array_equal(layers.add([a, b]), a + b)
    np.testing.assert_array_equal(layers.multiply([a, b]), a * b)
    np.testing.assert_array_equal(layers.concatenate([a, b], axis=1), np.concatenate([a, b], 1))


@pytest.mark.parametrize("axis", [-1, 1, 2, 0])
def test_concatenate_joins_along_its_axis(axis):
    joined = layers.Concatenate(axis=axis)([SEQUENCE, SEQUENCE * 2])
    np.testing.assert_array_equal(joined, np.concatenate([SEQUENCE, SEQUENCE * 2], axis))


def test_concatenate_on_symbolic_timesteps():
    x, y = layers.Input((None, 6), name="x"), layers.Input((2, 6), name="y")
    joined = layers.Concatenate(axis=1)([x, y])
    assert joined.shape == (None, None, 6)
    (result,) = Traced([x, y], [joined]).run(False, x=SEQUENCE, y=SEQUENCE[:, :2].copy())
    np.testing.assert_array_equal(result, np.concatenate([SEQUENCE, SEQUENCE[:, :2]], 1))


@pytest.mark.parametrize("merge", [layers.Add, layers.Multiply])
def test_merged_masks_keep_what_any_input_keeps(merge):
    x, y = layers.Input((3, 6), name="x"), layers.Input((3, 6), name="y")
    masked = [layers.Masking(9.0)(x), layers.Masking(9.0)(y)]
    mask = merge()(masked)._keras_mask
    other = np.flip(PADDED, 1).copy()
    np.testing.assert_array_equal(
        Traced([x, y], [mask]).run(False, x=PADDED, y=other)[0], KEPT | ~(other == 9).all(-1)
    )
    assert merge()([masked[0], y])._keras_mask is None


def test_concatenated_masks_follow_the_axis():
    x, y = layers.Input((3, 6), name="x"), layers.Input((3, 6), name="y")
    pair = [layers.Masking(9.0)(x), y]
    along_time = layers.Concatenate(axis=1)(pair)._keras_mask
    along_features = layers.Concatenate()(pair)._keras_mask
    time, features = Traced([x, y], [along_time, along_features]).run(False, x=PADDED, y=SEQUENCE)
    np.testing.assert_array_equal(time, np.concatenate([KEPT, np.ones((4, 3), bool)], 1))
    np.testing.assert_array_equal(features, np.ones((4, 3), bool))
    assert layers.Concatenate()([x, y])._keras_mask is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Add(name="m")(FEATURES), r"layer m \(Add\): takes a list of tensors"),
        (lambda: layers.Concatenate(name="m")(FEATURES), r"layer m \(Concatenate\): takes a list of tensors"),
        (
            lambda: layers.Add(name="m")([SEQUENCE, SEQUENCE[:, :2]]),
            r"layer m \(Add\): inputs do not broadcast: input 0 is \(4, 3, 6\), input 1 is \(4, 2, 6\)",
        ),
        (lambda: layers.Add(name="m")([SEQUENCE, SEQUENCE[:2]]), r"different batch sizes: \(4, 3, 6\), \(2, 3, 6\)"),
        (
            lambda: layers.Concatenate(name="m")([SEQUENCE, SEQUENCE[:, :2]]),
            r"may differ along axis -1 alone, but input 0 is \(4, 3, 6\), input 1 is \(4, 2, 6\)",
        ),
        (
            lambda: layers.Concatenate(name="m")([layers.Input((None, 6)), layers.Input((5,))]),
            r"input 0 is \(None, None, 6\), input 1 is \(None, 5\)",
        ),
        (lambda: layers.Concatenate(axis=3, name="m")([SEQUENCE]), "have no axis 3"),
    ],
)
def test_merges_say_what_does_not_fit(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- BatchNormalization ----------------------------------------------------------------------------------------------


def normalised(x, axes, epsilon=1e-3):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


@pytest.mark.parametrize(("axis", "axes"), [(-1, (0, 1)), (2, (0, 1)), (1, (0, 2)), (-2, (0, 2))])
def test_batch_normalization_takes_mean_and_variance_out(axis, axes):
    layer = layers.BatchNormalization(axis=axis, momentum=0.9)
    np.testing.assert_allclose(layer(SEQUENCE, training=True), normalised(SEQUENCE, axes), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.1 * SEQUENCE.mean(axes), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.9 + 0.1 * SEQUENCE.var(axes), rtol=1e-5)


def test_batch_normalization_uses_its_averages_outside_of_training():
    layer = layers.BatchNormalization()
    layer.build((None, 8))
    layer.set_weights([np.full(8, 2.0), np.full(8, 3.0), np.full(8, 0.5), np.full(8, 4.0)])
    expected = (FEATURES - 0.5) / np.sqrt(4 + 1e-3) * 2 + 3
    np.testing.assert_allclose(layer(FEATURES), expected, rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), np.full(8, 0.5))


def test_batch_normalization_orders_its_weights_as_keras_does():
    layer = layers.BatchNormalization(name="bn")
    layer.build((None, 8))
    assert paths(layer) == ["bn/gamma", "bn/beta", "bn/moving_mean", "bn/moving_variance"]
    assert [weight.name for weight in layer.trainable_weights] == ["gamma", "beta"]
    bare = layers.BatchNormalization(center=False, scale=False)
    bare.build((None, 8))
    assert [weight.name for weight in bare.weights] == ["moving_mean", "moving_variance"]


def test_batch_normalization_in_both_phases_of_one_graph():
    x = layers.Input((8,), name="x")
    layer = layers.BatchNormalization(momentum=0.5)
    traced = Traced([x], [layer(x)])
    np.testing.assert_allclose(traced.run(False, x=FEATURES)[0], FEATURES / np.sqrt(1.001), rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), np.zeros(8))
    np.testing.assert_allclose(traced.run(True, x=FEATURES)[0], normalised(FEATURES, 0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.5 * FEATURES.mean(0), rtol=1e-4, atol=1e-6)


def test_a_frozen_batch_normalization_uses_its_averages_in_training_too():
    x = layers.Input((8,), name="x")
    layer = layers.BatchNormalization()
    y = layer(x)
    layer.trainable = False
    traced = Traced([x], [y])
    assert not traced.graph.updates
    np.testing.assert_allclose(traced.run(True, x=FEATURES)[0], FEATURES / np.sqrt(1.001), rtol=1e-5)
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == 4


def test_batch_normalization_does_not_count_masked_timesteps():
    layer = layers.BatchNormalization(momentum=0.0)
    layer(PADDED, training=True, mask=KEPT)
    np.testing.assert_allclose(layer.moving_mean.numpy(), PADDED[KEPT].mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), PADDED[KEPT].var(0), rtol=1e-4, atol=1e-5)


def test_batch_normalization_sees_the_mask_of_its_input():
    x = layers.Input((3, 6), name="x")
    layer = layers.BatchNormalization(momentum=0.0)
    y = layer(layers.Masking(9.0)(x))
    assert y._keras_mask is not None
    Traced([x], [y]).run(True, x=PADDED)
    np.testing.assert_allclose(layer.moving_mean.numpy(), PADDED[KEPT].mean(0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.BatchNormalization(name="b")(layers.Input((3, None))), r"layer b .*axis 2 .* must be known"),
        (lambda: layers.BatchNormalization(synchronized=True), "several machines"),
        (
            lambda: layers.BatchNormalization(name="b")(SEQUENCE, training=True, mask=np.ones(4, bool)),
            r"layer b \(BatchNormalization\): the mask must have 2 dimensions",
        ),
        (lambda: layers.BatchNormalization(axis=3, name="b")(FEATURES), r"layer b .* at least 4 dimensions, not 2"),
    ],
)
def test_batch_normalization_says_what_it_cannot_take(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- Lambda ----------------------------------------------------------------------------------------------------------


def doubled(x, by=2.0):
    return x * by


def test_lambda_is_its_function_with_its_arguments():
    np.testing.assert_array_equal(layers.Lambda(doubled, arguments={"by": 3.0})(FEATURES), FEATURES * 3)
    np.testing.assert_allclose(layers.Lambda(lambda x: ops.exp(x))(FEATURES), np.exp(FEATURES), rtol=1e-5)


def test_lambda_is_told_phase_and_mask():
    def halves(x, training=None):
        return x * 0.5 if training else x

    x = layers.Input((8,), name="x")
    traced = Traced([x], [layers.Lambda(halves)(x)])
    np.testing.assert_array_equal(traced.run(True, x=FEATURES)[0], FEATURES / 2)
    np.testing.assert_array_equal(traced.run(False, x=FEATURES)[0], FEATURES)
    kept = layers.Lambda(lambda x, mask: x * ops.cast(mask, "float32")[..., None])(SEQUENCE, mask=KEPT)
    np.testing.assert_array_equal(kept, SEQUENCE * KEPT[..., None])


def test_lambda_knows_its_output_shape():
    assert layers.Lambda(lambda x: ops.sum(x, -1)).compute_output_shape((None, 3, 4)) == (None, 3)
    assert layers.Lambda(doubled, output_shape=(7,)).compute_output_shape((5, 3)) == (5, 7)
    assert layers.Lambda(doubled, output_shape=lambda s: s[:1]).compute_output_shape((5, 3)) == (5,)


def test_lambda_gives_the_mask_that_it_is_told():
    x = layers.Input((3, 6), name="x")
    y = layers.Lambda(doubled, mask=lambda inputs, mask: ops.any(inputs > 0, axis=-1))(x)
    np.testing.assert_array_equal(Traced([x], [y._keras_mask]).run(False, x=SEQUENCE)[0], (SEQUENCE > 0).any(-1))


def test_a_lambda_is_saved_by_its_bytecode_and_loaded_only_when_trusted():
    scale = 3.0
    saved = json.loads(json.dumps(layers.Lambda(lambda x, y=1.0: ops.relu(x) * scale + y).get_config()))
    with pytest.raises(ValueError, match="safe_mode=False"):
        layers.Lambda.from_config(saved)
    loaded = layers.Lambda.from_config(saved, safe_mode=False)
    np.testing.assert_allclose(loaded(FEATURES), np.maximum(FEATURES, 0) * 3 + 1, rtol=1e-6)


def test_a_named_function_of_a_lambda_is_found_among_custom_objects():
    saved = layers.Lambda(doubled, arguments={"by": 4.0}).get_config()
    loaded = layers.Lambda.from_config(saved, custom_objects={"doubled": doubled})
    np.testing.assert_array_equal(loaded(FEATURES), FEATURES * 4)


# --- configurations --------------------------------------------------------------------------------------------------

EXAMPLES = [
    layers.Dense(4, "relu", kernel_initializer="he_normal", kernel_regularizer="l2", bias_constraint="non_neg"),
    layers.Dense(4, use_bias=False, activity_regularizer=regularizers.L1(0.3), trainable=False, dtype="float64"),
    layers.Activation("softmax"),
    layers.Dropout(0.3, noise_shape=(None, 1), seed=5),
    layers.Flatten(),
    layers.Reshape((2, -1)),
    layers.Embedding(5, 3, mask_zero=True, embeddings_regularizer="l1"),
    layers.Masking(-1.0),
    layers.Concatenate(axis=1),
    layers.Add(),
    layers.Multiply(),
    layers.BatchNormalization(axis=1, momentum=0.5, epsilon=0.1, center=False, gamma_constraint="max_norm"),
    layers.InputLayer((3, None), dtype="int32"),
]


@pytest.mark.parametrize("layer", EXAMPLES, ids=lambda layer: type(layer).__name__)
def test_a_config_makes_an_equal_layer(layer):
    settings = layer.get_config()
    again = type(layer).from_config(settings)
    assert again.get_config() == settings
    assert again.name == layer.name


@pytest.mark.parametrize("layer", EXAMPLES, ids=lambda layer: type(layer).__name__)
def test_serialised_layers_go_through_json(layer):
    saved = json.loads(json.dumps(layers.serialize(layer)))
    assert saved["module"] == "keras.layers"
    assert saved["class_name"] == type(layer).__name__
    assert saved["registered_name"] is None
    again = layers.deserialize(saved)
    assert json.loads(json.dumps(layers.serialize(again))) == saved


def test_keras_dtype_policies_are_read():
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float64"}, "registered_name": None}
    assert layers.Dense.from_config({"units": 2, "dtype": policy}).dtype == "float64"
    with pytest.raises(TypeError, match="mixed_float16"):
        layers.Dense(2, dtype="mixed_float16")


def test_layers_take_the_default_float():
    config.set_floatx("float64")
    try:
        assert layers.Dense(2)(np.ones((3, 4), "float32")).dtype == np.float64
    finally:
        config.set_floatx("float32")


def test_dumps_show_what_is_not_at_its_default():
    def shown(layer):
        return layer._dump_config()

    assert shown(layers.BatchNormalization()) == {"class_name": "BatchNormalization"}
    assert shown(layers.Dropout(0.25)) == {"class_name": "Dropout", "rate": 0.25}
    assert shown(layers.Reshape((2, -1))) == {"class_name": "Reshape", "target_shape": [2, -1]}
    assert shown(layers.Lambda(doubled)) == {"class_name": "Lambda", "function": "doubled"}
    assert shown(layers.Dense(3, kernel_initializer="he_normal", kernel_regularizer=regularizers.L2(0.5))) == {
        "class_name": "Dense",
        "units": 3,
        "kernel_initializer": "HeNormal",
        "kernel_regularizer": "L2(l2=0.5)",
    }
