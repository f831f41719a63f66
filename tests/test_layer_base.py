"""The base of layers: custom layers as Keras users write them, calls, weights, masks, losses and errors."""

from __future__ import annotations

import random

import numpy as np
import pytest
from layer_graphs import Traced

from kgraph import dtype_policies, layers, ops
from kgraph.layers import InputSpec, Layer
from kgraph.names import reset_names
from kgraph.random import SeedGenerator

RNG = np.random.default_rng(12)
X = RNG.normal(size=(5, 4)).astype("float32")
Y = RNG.normal(size=(5, 4)).astype("float32")
SEQUENCE = RNG.normal(size=(4, 3, 6)).astype("float32")


class Linear(Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")
        super().build(input_shape)

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Block(Layer):
    """Sublayers made in `__init__`, with no `build`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = Linear(3, name="first")
        self.rest = [Linear(2, name="second")]
        self.by_name = {"third": Linear(1, name="third")}

    def call(self, inputs):
        return self.by_name["third"](self.rest[0](ops.relu(self.first(inputs))))


class BuiltBlock(Layer):
    """A sublayer made and built in `build`."""

    def build(self, input_shape):
        self.inner = Linear(2, name="inner")
        self.inner.build(input_shape)
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs):
        return self.inner(inputs) * self.scale


class Counter(Layer):
    """State made in `__init__`, assigned in `call`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.total = self.add_weight(shape=(4,), initializer="zeros", trainable=False, name="total")

    def call(self, inputs):
        self.total.assign_add(ops.sum(inputs, axis=0))
        return self.total + 0.0


class Noise(Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = SeedGenerator(1)

    def call(self, inputs, training=False):
        if training:
            return inputs * 2.0
        return inputs


# --- custom layers ---------------------------------------------------------------------------------------------------


def test_a_custom_layer_runs_on_arrays_and_as_a_graph():
    layer = Linear(3, name="linear")
    expected = layer(X)
    assert layer.built
    np.testing.assert_allclose(expected, X @ layer.w.numpy(), rtol=1e-5)
    x = layers.Input((4,), name="x")
    np.testing.assert_allclose(Traced([x], [layer(x)]).run(False, x=X)[0], expected)
    assert [weight.path for weight in layer.weights] == ["linear/w", "linear/b"]


def test_sublayers_build_themselves_under_the_name_of_the_outer_one():
    block = Block(name="block")
    result = block(X)
    hidden = np.maximum(X @ block.first.w.numpy(), 0)
    expected = hidden @ block.rest[0].w.numpy() @ block.by_name["third"].w.numpy()
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-7)
    assert [weight.path for weight in block.weights] == [
        f"block/{inner}/{weight}" for inner in ("first", "second", "third") for weight in ("w", "b")
    ]


def test_a_sublayer_built_by_hand_has_the_same_path():
    block = BuiltBlock(name="block")
    block(X)
    assert [weight.path for weight in block.weights] == ["block/scale", "block/inner/w", "block/inner/b"]
    assert block.inner.built


def test_nodes_of_sublayers_stand_under_the_outer_scope():
    x = layers.Input((4,), name="x")
    graph = Traced([x], [Block(name="block")(x)]).graph
    assert graph["block/first/matmul"].inputs == ("x", "block/first/w")
    assert list(graph.layers) == ["block", "block/first", "block/second", "block/third"]


def test_layers_appended_to_a_list_later_count_too():
    block = Block()
    block.rest.append(Linear(1))
    block(X)
    assert len(block.layers_inside) == 4


def test_build_shares_its_name_with_subclasses_that_call_super():
    class Wider(Linear):
        def build(self, input_shape):
            super().build(input_shape)
            self.extra = self.add_weight(shape=(2,), name="extra")

        def call(self, inputs):
            return super().call(inputs) + ops.sum(self.extra)

    layer = Wider(3, name="wider")
    layer(X)
    assert [weight.path for weight in layer.weights] == ["wider/w", "wider/b", "wider/extra"]


def test_weights_made_in_init_have_the_layer_in_their_path():
    layer = Counter(name="counter")
    assert [weight.path for weight in layer.weights] == ["counter/total"]
    np.testing.assert_allclose(layer(X), X.sum(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer(X), 2 * X.sum(0), rtol=1e-5, atol=1e-6)


def test_state_assigned_in_a_call_is_an_update_of_the_graph():
    x = layers.Input((4,), name="x")
    layer = Counter(name="counter")
    traced = Traced([x], [layer(x)])
    assert list(traced.graph.updates) == ["counter/total"]
    traced.run(True, x=X)
    np.testing.assert_allclose(layer.total.numpy(), X.sum(0), rtol=1e-5, atol=1e-6)


def test_a_layer_without_super_init_is_told_so():
    class Careless(Layer):
        def __init__(self):
            self.units = 3

        def call(self, inputs):
            return inputs

    with pytest.raises(RuntimeError, match=r"Careless.__init__ does not call super\(\).__init__\(\)"):
        Careless()(X)


# --- arguments -------------------------------------------------------------------------------------------------------


class Attention(Layer):
    """Several arguments of `call`, and their shapes in `build`."""

    def build(self, query_shape, value_shape):
        self.shapes = [query_shape, value_shape]
        self.w = self.add_weight(shape=(query_shape[-1], value_shape[-1]), initializer="ones", name="w")

    def call(self, query, value, scale=1.0):
        return ops.matmul(query, self.w) * value * scale


def test_build_is_told_the_shape_of_each_argument():
    layer = Attention()
    result = layer(X, value=Y, scale=2.0)
    assert layer.shapes == [(5, 4), (5, 4)]
    np.testing.assert_allclose(result, X.sum(1, keepdims=True) * Y * 2, rtol=1e-4, atol=1e-5)


def test_tensors_may_come_by_keyword():
    x, y = layers.Input((4,), name="x"), layers.Input((4,), name="y")
    layer = Attention()
    result = Traced([x, y], [layer(query=x, value=y)]).run(False, x=X, y=Y)[0]
    np.testing.assert_allclose(result, X.sum(1, keepdims=True) * Y, rtol=1e-4, atol=1e-5)
    assert layer.input is x


def test_lists_and_dicts_of_tensors_go_in_and_out():
    class Swap(Layer):
        def call(self, inputs):
            return {"a": inputs["b"] * 1.0, "pair": [inputs["a"], None]}

    x, y = layers.Input((4,), name="x"), layers.Input((4,), name="y")
    out = Swap()({"a": x, "b": y})
    assert out["pair"][1] is None
    results = Traced([x, y], [out["a"], out["pair"][0]]).run(False, x=X, y=Y)
    np.testing.assert_array_equal(results[0], Y)
    np.testing.assert_array_equal(results[1], X)
    eager = Swap()({"a": X, "b": Y})
    np.testing.assert_array_equal(eager["a"], Y)
    assert eager["pair"][1] is None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Linear(2, name="l")(), TypeError, r"layer l \(Linear\): `call`: missing .* argument: 'inputs'"),
        (lambda: Linear(2, name="l")(X, colour="red"), TypeError, r"layer l \(Linear\): .*keyword argument 'colour'"),
        (lambda: Linear(2, name="l")([1.0, 2.0]), ValueError, r"layer l .* takes tensors or arrays .*, not float 1.0"),
        (lambda: Linear(2, colour="red"), TypeError, "Linear has no argument 'colour'"),
        (lambda: Linear(2, name="a/b"), ValueError, "must be a str without '/'"),
        (lambda: Layer(name="bare")(X), NotImplementedError, "layer bare: Layer has no `call`"),
        (lambda: Linear(2, name="l")(layers.Input((None,))), ValueError, r"layer l: weight w needs known dimensions"),
        (lambda: Linear(2).add_weight(shape=(1,), colour="red"), TypeError, "add_weight has no argument 'colour'"),
    ],
)
def test_bad_calls_say_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_call_that_returns_nothing_is_an_error():
    class Forgetful(Layer):
        def call(self, inputs):
            ops.relu(inputs)

    with pytest.raises(ValueError, match=r"layer f \(Forgetful\): `call` gave None; it must return its output"):
        Forgetful(name="f")(X)
    with pytest.raises(ValueError, match="gave None"):
        Forgetful(name="f")(layers.Input((4,)))


def test_errors_inside_a_layer_name_the_innermost_layer():
    class Outer(Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = layers.Dense(2, name="inner")

        def call(self, inputs):
            return self.inner(ops.sum(inputs, axis=1))

    with pytest.raises(ValueError, match=r"^layer inner \(Dense\): expects inputs of at least 2 dimensions"):
        Outer(name="outer")(X)


def test_errors_of_ops_name_the_layer():
    bad = layers.Lambda(lambda x: ops.matmul(x, np.ones((3, 2), "float32")), name="product")
    with pytest.raises(ValueError, match=r"^layer product \(Lambda\): matmul: k is 4 in a but 3 in b"):
        bad(X)


def test_input_specs_are_checked_before_the_call():
    class Strict(Layer):
        def __init__(self, spec, **kwargs):
            super().__init__(**kwargs)
            self.input_spec = spec

        def call(self, inputs):
            return ops.relu(inputs) if not isinstance(inputs, list) else inputs[0] + inputs[1]

    cases = [
        (InputSpec(ndim=3), X, "expects inputs of 3 dimensions, not 2"),
        (InputSpec(max_ndim=1), X, "at most 1 dimensions, not 2"),
        (InputSpec(shape=(None, 3)), X, "whose dimension 1 is 3, not 4"),
        (InputSpec(axes={5: 3}), X, "an axis 5"),
        (InputSpec(dtype="int32"), X, "of dtype int32, not float32"),
        ([InputSpec(ndim=2), InputSpec(ndim=3)], [X, Y], "input 1: expects inputs of 3 dimensions"),
        ([InputSpec(ndim=2)], [X, Y], "expects 1 inputs, not 2"),
    ]
    for spec, given, message in cases:
        with pytest.raises(ValueError, match=message):
            Strict(spec)(given)
    np.testing.assert_array_equal(Strict(InputSpec(shape=(None, 4), dtype="float32"))(X), np.maximum(X, 0))


# --- phases and masks ------------------------------------------------------------------------------------------------


def test_a_call_with_training_is_traced_for_both_phases():
    x = layers.Input((4,), name="x")
    traced = Traced([x], [Noise()(x)])
    np.testing.assert_array_equal(traced.run(True, x=X)[0], 2 * X)
    np.testing.assert_array_equal(traced.run(False, x=X)[0], X)


def test_training_given_in_the_call_wins_and_reaches_sublayers():
    class Outer(Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Noise()

        def call(self, inputs):
            return self.inner(inputs)

    x = layers.Input((4,), name="x")
    forced = Traced([x], [Noise()(x, training=True), Outer()(x, training=True), Outer()(x)])
    for result, expected in zip(forced.run(False, x=X), [2 * X, 2 * X, X], strict=True):
        np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(Outer()(X, training=True), 2 * X)
    np.testing.assert_array_equal(Outer()(X), X)


def test_a_layer_that_gives_its_input_back_leaves_the_inputs_mask_alone():
    class Same(Layer):
        def call(self, inputs):
            return inputs

        def compute_mask(self, inputs, mask=None):
            return ops.any(inputs > 0, axis=-1)

    x = layers.Input((3, 6), name="x")
    y = Same()(x)
    assert x._keras_mask is None
    np.testing.assert_array_equal(Traced([x], [y._keras_mask]).run(False, x=SEQUENCE)[0], (SEQUENCE > 0).any(-1))


def test_a_call_that_takes_a_mask_is_given_that_of_its_input():
    class MaskedSum(Layer):
        def call(self, inputs, mask=None):
            if mask is None:
                return ops.sum(inputs, axis=1)
            return ops.sum(inputs * ops.cast(mask, "float32")[..., None], axis=1)

    x = layers.Input((3, 6), name="x")
    padded = SEQUENCE.copy()
    padded[:, 2] = 0
    (result,) = Traced([x], [MaskedSum()(layers.Masking()(x))]).run(False, x=padded)
    np.testing.assert_allclose(result, padded.sum(1), rtol=1e-5, atol=1e-6)
    kept = np.array([[True, False, True]] * 4)
    np.testing.assert_allclose(MaskedSum()(SEQUENCE, mask=kept), SEQUENCE[:, [0, 2]].sum(1), rtol=1e-5, atol=1e-6)


def test_several_arguments_have_masks_of_their_own():
    seen = {}

    class Pair(Layer):
        def call(self, query, value, query_mask=None, value_mask=None):
            seen.update(query=query_mask is not None, value=value_mask is not None)
            return query + value

    x, y = layers.Input((3, 6), name="x"), layers.Input((3, 6), name="y")
    Pair()(x, layers.Masking()(y))
    assert seen == {"query": False, "value": True}


def test_masks_made_inside_a_layer_come_out_of_it_in_both_phases():
    class Words(Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.embedding = layers.Embedding(5, 2, mask_zero=True)

        def call(self, inputs, training=None):
            return layers.Dropout(0.5, seed=1)(self.embedding(inputs)) if training else self.embedding(inputs)

    x = layers.Input((None,), name="x", dtype="int32")
    tokens = np.array([[1, 0], [0, 2]], "int32")
    y = Words()(x)
    np.testing.assert_array_equal(Traced([x], [y._keras_mask]).run(True, x=tokens)[0], tokens != 0)


# --- weights ---------------------------------------------------------------------------------------------------------


def test_trainable_reaches_all_inside():
    block = Block()
    block(X)
    assert len(block.trainable_weights) == 6
    block.trainable = False
    assert block.trainable_weights == []
    assert len(block.non_trainable_weights) == 6
    block.trainable = True
    block.first.trainable = False
    assert len(block.trainable_weights) == 4


def test_trainable_weights_come_before_others():
    class Mixed(Layer):
        def build(self, input_shape):
            self.add_weight(shape=(1,), name="statistic", trainable=False)
            self.add_weight(shape=(1,), name="weight")

        def call(self, inputs):
            return inputs

    layer = Mixed()
    layer(X)
    assert [weight.name for weight in layer.weights] == ["weight", "statistic"]


def test_set_weights_changes_all_or_nothing():
    layer = Linear(2, name="linear")
    layer(X)
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"weight linear/b has shape \(2,\), not \(3,\)"):
        layer.set_weights([np.zeros((4, 2)), np.zeros(3)])
    with pytest.raises(ValueError, match="layer linear has 2 weights, but 1 values were given"):
        layer.set_weights([np.zeros((4, 2))])
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    layer.set_weights([np.ones((4, 2)), np.ones(2)])
    np.testing.assert_allclose(layer(X), X.sum(1, keepdims=True) + np.ones(2), rtol=1e-5, atol=1e-6)


def test_seeds_are_variables_but_no_weights():
    layer = Noise()
    assert len(layer.variables) == 1
    assert layer.weights == []


def test_a_shared_layer_has_one_set_of_weights():
    x, y = layers.Input((4,), name="x"), layers.Input((4,), name="y")
    shared = Linear(2, name="shared")
    traced = Traced([x, y], [shared(x), shared(y)])
    assert list(traced.variables) == ["shared/w", "shared/b"]
    assert list(traced.graph.layers) == ["shared"]


# --- losses ----------------------------------------------------------------------------------------------------------


def test_added_losses_are_scalars_of_the_layers_scope():
    class Penalty(Layer):
        def call(self, inputs):
            self.add_loss(ops.square(inputs))
            return inputs * 1.0

    x = layers.Input((4,), name="x")
    traced = Traced([x], [Penalty(name="penalty")(x)])
    assert traced.losses == ["penalty"]
    np.testing.assert_allclose(traced.run(True, x=X)[1], (X**2).mean(), rtol=1e-5)
    layer = Penalty()
    layer(X)
    np.testing.assert_allclose(layer.losses, [(X**2).mean()], rtol=1e-5)


def test_activity_penalties_are_divided_by_the_number_of_samples():
    x = layers.Input((4,), name="x")
    layer = layers.Dense(3, activity_regularizer="l2")
    traced = Traced([x], [layer(x)])
    output, loss = traced.run(True, x=X)
    np.testing.assert_allclose(loss, 0.01 * (output**2).sum() / len(X), rtol=1e-5)


def test_losses_hold_the_penalties_of_trained_weights():
    layer = layers.Dense(3, kernel_regularizer="l1")
    layer(X)
    np.testing.assert_allclose(layer.losses, [0.01 * np.abs(layer.kernel.numpy()).sum()], rtol=1e-5)
    layer.trainable = False
    assert layer.losses == []


# --- names, shapes, configurations -----------------------------------------------------------------------------------


def test_layers_are_named_by_class_and_count():
    reset_names()
    assert [layers.Dense(1).name, layers.Dense(1).name, layers.BatchNormalization().name] == [
        "dense",
        "dense_1",
        "batch_normalization",
    ]


def test_output_shapes_are_found_by_tracing():
    assert Linear(3).compute_output_shape((None, 4)) == (None, 3)
    assert layers.Dense(3).compute_output_shape((None, 5, 4)) == (None, 5, 3)
    assert layers.Concatenate().compute_output_shape([(None, 3), (None, 4)]) == (None, 7)


def test_input_and_output_are_those_of_the_first_symbolic_call():
    x = layers.Input((4,), name="x")
    layer = Linear(3, name="linear")
    with pytest.raises(AttributeError, match="layer linear has no output"):
        _ = layer.output
    y = layer(x)
    layer(y[:, :1] * np.ones(4, "float32"))
    assert layer.input is x
    assert layer.output is y


def test_a_custom_config_makes_an_equal_layer():
    layer = Linear(3, name="linear", dtype="float64", trainable=False)
    again = Linear.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert (again.units, again.dtype, again.trainable) == (3, "float64", False)


def test_a_class_without_get_config_is_described_by_its_plain_arguments():
    class Scale(Layer):
        def __init__(self, factor, *, shift=0.0, function=None, **kwargs):
            super().__init__(**kwargs)
            self.factor, self.shift, self.function = factor, shift, function

        def call(self, inputs):
            return inputs * self.factor + self.shift

    layer = Scale(2.0, shift=1.0, name="scale")
    assert layer.get_config() == {
        "factor": 2.0,
        "shift": 1.0,
        "name": "scale",
        "trainable": True,
        "dtype": dtype_policies.serialize(dtype_policies.get("float32")),
    }
    np.testing.assert_allclose(Scale.from_config(layer.get_config())(X), 2 * X + 1, rtol=1e-6)
    with pytest.raises(NotImplementedError, match="write Scale.get_config"):
        Scale(2.0, function=np.sin).get_config()
    np.testing.assert_allclose(Scale(2.0, function=np.sin)(X), 2 * X)


def test_looking_at_a_layer_draws_no_random_numbers():
    class Fresh(layers.Dense):
        def __init__(self, units, kernel_initializer="glorot_normal", **kwargs):
            super().__init__(units, kernel_initializer=kernel_initializer, **kwargs)

    layer = Fresh(2)
    before = random.getstate()
    layer._dump_config()
    assert random.getstate() == before


def test_a_dump_survives_a_layer_that_cannot_describe_itself():
    class Shy(Layer):
        def call(self, inputs):
            return inputs * 1.0

        def get_config(self):
            raise ValueError("no")

    x = layers.Input((4,), name="x")
    assert dict(Traced([x], [Shy(name="shy")(x)]).graph.layers) == {"shy": {"class_name": "Shy"}}


def test_first_layers_may_name_the_shape_of_the_inputs():
    assert layers.Dense(2, input_shape=(8,)).batch_input_shape == (None, 8)
    assert layers.Dense(2, input_dim=8).batch_input_shape == (None, 8)
    assert layers.Dense(2, batch_input_shape=(3, 8)).batch_input_shape == (3, 8)
    assert layers.Dense(2).batch_input_shape is None
