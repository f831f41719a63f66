"""EinsumDense, Rescaling, Identity, ActivityRegularization, TimeDistributed and Wrapper do what they do in Keras."""

from __future__ import annotations

import numpy as np
import pytest
from layer_sides import (
    Case,
    check_configs_of_the_other_side,
    check_description,
    check_outputs,
    check_training,
    normal,
)
from sides import assert_same, both, both_models, give_weights, keras, kgraph

pytestmark = pytest.mark.keras

FLAT, STEPS, IMAGES = normal(4, 6), normal(4, 5, 6), normal(3, 4, 5, 2)


def einsum(equation, output_shape, data, **options):
    return Case("EinsumDense", {"equation": equation, "output_shape": output_shape, **options}, data)


def distributed(make, data, **options):
    return Case(lambda side: side.layers.TimeDistributed(make(side), name="layer", **options), {}, data)


EINSUM = {
    "einsum of flat": einsum("ab,bc->ac", 3, FLAT, bias_axes="c", activation="relu"),
    "einsum without bias": einsum("ab,bc->ac", (3,), FLAT),
    "einsum of steps": einsum("abc,cd->abd", (5, 3), STEPS, bias_axes="d"),
    "einsum to heads": einsum("abc,cde->abde", (5, 2, 3), STEPS, bias_axes="de"),
    "einsum from heads": einsum("abcd,cde->abe", (4, 7), IMAGES, bias_axes="e"),
    "einsum along the steps": einsum("abc,bd->adc", (2, 6), STEPS, bias_axes="d"),
    "einsum of one kernel a step": einsum("abc,bcd->abd", (5, 2), STEPS, bias_axes="bd"),
    "einsum of any leading axes": einsum("...x,xy->...y", 3, STEPS, bias_axes="y"),
    "einsum of any trailing axes": einsum("ab...,bc->ac...", 3, IMAGES, bias_axes="c"),
    "einsum of scales": einsum("abc,c->abc", (5, 6), STEPS, bias_axes="b"),
}
DISTRIBUTED = {
    "time distributed": distributed(lambda side: side.layers.Dense(3, activation="tanh"), STEPS),
    "time distributed images": distributed(lambda side: side.layers.Flatten(), IMAGES),
    "time distributed wrapper": distributed(lambda side: side.layers.TimeDistributed(side.layers.Dense(2)), IMAGES),
    "time distributed normalization": distributed(lambda side: side.layers.BatchNormalization(momentum=0.5), STEPS),
}
OTHER = {
    "rescaling": Case("Rescaling", {"scale": 1 / 255, "offset": -0.5}, IMAGES),
    "rescaling of ints": Case("Rescaling", {"scale": 2.0}, np.arange(12, dtype="int32").reshape(3, 4)),
    "rescaling of channels": Case("Rescaling", {"scale": [0.5, 2.0], "offset": [1.0, 0.0]}, IMAGES),
    "identity": Case("Identity", {}, STEPS),
    "activity regularization": Case("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, STEPS),
}
CASES = {**EINSUM, **DISTRIBUTED, **OTHER}
TRAINED = ("einsum to heads", "einsum of one kernel a step", "einsum of any trailing axes", "rescaling of channels",
           "activity regularization", "time distributed", "time distributed normalization")  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_core_layer_gives_what_it_gives_in_keras(case):
    check_outputs(CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_a_core_layer_describes_itself_as_in_keras(case):
    check_description(CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_a_core_layer_is_made_from_configs_of_either_side(case):
    check_configs_of_the_other_side(CASES[case])


@pytest.mark.parametrize("case", TRAINED)
def test_training_through_a_core_layer_moves_weights_as_in_keras(case):
    check_training(CASES[case])


def test_a_kernel_of_many_axes_begins_as_spread_as_in_keras():
    """Fans are products of the axes that are summed over, and of the others."""
    for options in ({"equation": "abc,cde->abde", "output_shape": (5, 20, 30)},
                    {"equation": "abcd,cde->abe", "output_shape": (4, 40)}):  # fmt: skip
        spreads = []
        for side in (kgraph, keras):
            layer = side.layers.EinsumDense(**options)
            layer.build((None, 5, 60) if "cde->abde" in options["equation"] else (None, 4, 30, 20))
            spreads.append(np.abs(np.asarray(layer.get_weights()[0])).max())
        np.testing.assert_allclose(*spreads, rtol=0.01)


def test_sizes_that_the_inputs_say_are_known_where_keras_leaves_them_open():
    """Keras 3 gives ``None`` for a ``None`` of ``output_shape``, though the inputs say it."""
    shapes = [
        side.layers.EinsumDense("abc,cd->abd", output_shape=(None, 3)).compute_output_shape((None, 5, 6))
        for side in (kgraph, keras)
    ]
    assert shapes == [(None, 5, 3), (None, None, 3)]


def test_axes_before_an_ellipsis_keep_their_order_which_keras_reverses():
    """Of three axes or more: Keras 3 inserts each before those already there."""
    shapes = [
        side.layers.EinsumDense("...x,xy->...y", output_shape=2).compute_output_shape((None, 3, 4, 5))
        for side in (kgraph, keras)
    ]
    assert shapes == [(None, 3, 4, 2), (None, 4, 3, 2)]


@pytest.mark.parametrize(
    "options",
    [
        {"equation": "ab,bc", "output_shape": 3},
        {"equation": "abd,bc->ac", "output_shape": 3},
        {"equation": "ab,bc->acd", "output_shape": (3, 2)},
        {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "d"},
        {"equation": "ab,bc->cb", "output_shape": 5},
    ],
)
def test_both_refuse_equations_that_do_not_fit(options):
    for side in (kgraph, keras):
        with pytest.raises((ValueError, IndexError)):
            side.layers.EinsumDense(**options).build((None, 6))


def test_the_penalty_of_activity_regularization_is_that_of_keras():
    penalties = []
    for side in (kgraph, keras):
        layer = side.layers.ActivityRegularization(l1=0.1, l2=0.2)
        layer(STEPS)
        penalties.append(float(sum(layer.losses)))
    np.testing.assert_allclose(*penalties, rtol=1e-5)


def test_a_time_distributed_layer_on_an_unknown_number_of_steps_gives_the_same():
    def model(side):
        inputs = side.Input((None, 6))
        return side.Model(inputs, side.layers.TimeDistributed(side.layers.Dense(2))(inputs))

    ours, theirs = both_models(model)
    assert ours.output_shape == theirs.output_shape == (None, None, 2)
    for steps in (5, 3):
        assert_same(ours.predict_on_batch(STEPS[:, :steps]), theirs.predict_on_batch(STEPS[:, :steps]))


def test_a_time_distributed_model_trains_as_in_keras():
    def model(side):
        inner = side.Sequential([side.Input((5, 2)), side.layers.Dense(3, "relu"), side.layers.Flatten()])
        inputs = side.Input((4, 5, 2))
        outputs = side.layers.Dense(1)(side.layers.Flatten()(side.layers.TimeDistributed(inner)(inputs)))
        made = side.Model(inputs, outputs)
        made.compile(side.optimizers.SGD(0.1), loss="mse")
        return made

    ours, theirs = both(model)
    give_weights(ours, theirs)
    target = np.ones((3, 1), "float32")
    for made in (ours, theirs):
        made.train_on_batch(IMAGES, target)
    assert_same(ours.get_weights(), theirs.get_weights(), rtol=1e-4, atol=1e-5)


def test_a_mask_goes_through_a_time_distributed_layer_and_into_it_as_in_keras():
    def counting(side):
        class Counting(side.layers.Layer):
            """What the mask keeps, where there is one."""

            def call(self, inputs, mask=None):
                return inputs if mask is None else inputs * side.ops.cast(side.ops.expand_dims(mask, -1), "float32")

            def compute_output_shape(self, input_shape):
                return input_shape

        return Counting()

    mask = np.array([[1, 1, 0, 0, 1]] * 4, bool)
    mask[0] = False
    ours, theirs = (side.layers.TimeDistributed(counting(side))(STEPS, mask=mask) for side in (kgraph, keras))
    assert_same(ours, theirs)
    np.testing.assert_array_equal(ours, STEPS * mask[..., None])


def test_the_penalty_on_activity_inside_a_time_distributed_layer_counts_which_keras_loses():
    """Keras 3 runs ``call`` of the layer inside, past what adds its penalty; here it counts, over the timesteps."""
    penalties = []
    for side in (kgraph, keras):
        layer = side.layers.TimeDistributed(side.layers.Dense(2, "linear", False, "ones", activity_regularizer="l2"))
        layer(STEPS)
        penalties.append(float(sum(layer.losses)))
    expected = 0.01 * 2 * np.square(STEPS.sum(-1)).sum() / STEPS[..., 0].size
    np.testing.assert_allclose(penalties, [expected, 0], rtol=1e-5)


@pytest.mark.parametrize("layer", ["Wrapper", "TimeDistributed"])
def test_wrappers_hold_layers_alone_in_both(layer):
    for side in (kgraph, keras):
        with pytest.raises(ValueError, match="layer"):
            getattr(side.layers, layer)(2)


def test_a_wrapper_of_ones_own_has_the_weights_of_its_layer():
    def model(side):
        class Twice(side.layers.Wrapper):
            def call(self, inputs):
                return 2 * self.layer(inputs)

            def compute_output_shape(self, input_shape):
                return self.layer.compute_output_shape(input_shape)

        inputs = side.Input((6,))
        return side.Model(inputs, Twice(side.layers.Dense(3))(inputs))

    ours, theirs = both_models(model)
    assert [w.path.split("/", 1)[1] for w in ours.weights] == [w.path.split("/", 1)[1] for w in theirs.weights]
    assert_same(ours.predict_on_batch(FLAT), theirs.predict_on_batch(FLAT))
