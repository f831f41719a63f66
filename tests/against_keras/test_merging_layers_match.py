"""The merging layers give Keras's values, gradients and masks."""

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
from sides import assert_same, both, give_weights, keras, kgraph

pytestmark = pytest.mark.keras

STEPS, ROW, FLAT = normal(4, 5, 6), normal(4, 1, 6), normal(4, 6)
OTHER = STEPS[::-1] * 2
WIDE = normal(4, 7, 6)
IMAGE = normal(4, 3, 6, 2)

CASES = {
    "subtract": Case("Subtract", {}, [STEPS, OTHER]),
    "subtract what broadcasts": Case("Subtract", {}, [ROW, STEPS]),
    "subtract fewer dimensions": Case("Subtract", {}, [STEPS, FLAT]),
    "average": Case("Average", {}, [STEPS, OTHER, STEPS + 1]),
    "average of fewer dimensions": Case("Average", {}, [FLAT, STEPS]),
    "maximum": Case("Maximum", {}, [STEPS, OTHER, -STEPS]),
    "maximum of what broadcasts": Case("Maximum", {}, [ROW, STEPS]),
    "minimum": Case("Minimum", {}, [STEPS, OTHER, -STEPS]),
    "minimum of fewer dimensions": Case("Minimum", {}, [STEPS, FLAT]),
    "dot of vectors": Case("Dot", {"axes": 1}, [FLAT, FLAT[::-1]]),
    "dot of steps": Case("Dot", {"axes": 2}, [STEPS, WIDE]),
    "dot of the first axes": Case("Dot", {"axes": (1, 1)}, [STEPS, OTHER]),
    "dot of different axes": Case("Dot", {"axes": [2, 1]}, [STEPS, normal(4, 6, 3)]),
    "dot counted from the end": Case("Dot", {"axes": -1}, [FLAT, STEPS]),
    "dot of images": Case("Dot", {"axes": (2, -1)}, [IMAGE, STEPS]),
    "dot of steps with a vector": Case("Dot", {"axes": (2, 1)}, [STEPS, FLAT]),
    "cosine": Case("Dot", {"axes": -1, "normalize": True}, [FLAT, FLAT[::-1]]),
    "cosine of steps": Case("Dot", {"axes": (2, 2), "normalize": True}, [STEPS, WIDE]),
}
TRAINED = ("subtract fewer dimensions", "average", "maximum", "minimum", "dot of images", "cosine of steps")


@pytest.mark.parametrize("case", CASES)
def test_a_merging_layer_gives_what_it_gives_in_keras(case):
    check_outputs(CASES[case], phases=(False,))


@pytest.mark.parametrize("case", CASES)
def test_a_merging_layer_describes_itself_as_in_keras(case):
    check_description(CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_a_merging_layer_is_made_from_configs_of_either_side(case):
    check_configs_of_the_other_side(CASES[case])


@pytest.mark.parametrize("case", TRAINED)
def test_training_through_a_merging_layer_moves_weights_as_in_keras(case):
    check_training(CASES[case])


@pytest.mark.parametrize("function", ["subtract", "average", "maximum", "minimum", "dot"])
def test_the_functional_forms_are_those_of_keras(function):
    ours, theirs = (getattr(side.layers, function)([STEPS, OTHER]) for side in (kgraph, keras))
    assert_same(ours, theirs)


TOKENS = np.array([[3, 1, 0, 0], [2, 2, 5, 0], [4, 0, 1, 1], [1, 2, 3, 4]], "int32")
LATER = np.array([[1, 0, 2, 0], [0, 2, 5, 1], [4, 4, 1, 0], [1, 2, 0, 4]], "int32")
THIRD = np.array([[0, 0, 2, 0], [0, 0, 0, 1], [0, 4, 1, 0], [1, 0, 0, 4]], "int32")


@pytest.mark.parametrize("masked", [(True, True, True), (True, False, True), (False, True, True)])
@pytest.mark.parametrize("layer", ["Average", "Maximum", "Minimum", "Multiply"])
def test_merges_of_masked_inputs_give_keras_values_and_masks(layer, masked):
    def model(side):
        inputs = [side.Input((4,), dtype="int32") for _ in masked]
        vectors = [
            side.layers.Embedding(6, 3, mask_zero=flag, name=f"words_{index}")(tokens)
            for index, (tokens, flag) in enumerate(zip(inputs, masked, strict=True))
        ]
        merged = getattr(side.layers, layer)()(vectors)
        return side.Model(inputs, [merged, MaskReader.of(side)(merged)])

    ours, theirs = both(model)
    give_weights(ours, theirs)
    data = [TOKENS, LATER, THIRD]
    assert_same(ours.predict_on_batch(data), theirs.predict_on_batch(data))


class MaskReader:
    """A layer that gives the mask of its inputs as numbers, 2 where there is none."""

    @staticmethod
    def of(side):
        class Reader(side.layers.Layer):
            def call(self, inputs, mask=None):
                ones = side.ops.ones_like(inputs[..., 0])
                return 2 * ones if mask is None else side.ops.cast(mask, "float32") * ones

            def compute_output_shape(self, input_shape):
                return input_shape[:-1]

        return Reader()


@pytest.mark.parametrize("layer", ["Subtract", "Dot"])
def test_what_takes_two_inputs_refuses_three_and_one_in_both(layer):
    options = {"axes": 1} if layer == "Dot" else {}
    for side in (kgraph, keras):
        for count in (1, 3):
            with pytest.raises(ValueError, match=r"2 inputs"):
                getattr(side.layers, layer)(**options)([FLAT] * count)


@pytest.mark.parametrize(("axes", "error"), [("1", TypeError), ((1, 2, 3), ValueError)])
def test_dot_refuses_the_same_axes(axes, error):
    for side in (kgraph, keras):
        with pytest.raises(error, match="axes"):
            side.layers.Dot(axes=axes)


def test_dot_refuses_axes_of_other_sizes_in_both():
    for side in (kgraph, keras):
        with pytest.raises(ValueError, match="5"):
            side.layers.Dot(axes=1)([STEPS, WIDE])
