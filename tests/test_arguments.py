"""Arguments that nobody can mean are refused by name, with the value that was given; numpy's numbers are numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kgraph import arguments, callbacks, initializers, layers, losses, metrics, optimizers, regularizers
from kgraph.optimizers import schedules


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_an_int_of_numpy_is_an_int(value: Any) -> None:
    assert arguments.is_int(value) and arguments.is_number(value)
    assert arguments.positive_int("n", value) == 3
    assert type(arguments.positive_int("n", value)) is int
    assert type(arguments.one_axis(value)) is int
    assert arguments.some_axes((value, 1)) == [3, 1]
    assert arguments.ints("n", value) == (3,)


@pytest.mark.parametrize("value", [True, 2.5, "3", None, np.array([3]), np.array(2.5)])
def test_what_is_no_int_is_refused_as_one(value: Any) -> None:
    assert not arguments.is_int(value)
    with pytest.raises(ValueError, match="n must be a positive int, not"):
        arguments.positive_int("n", value)
    with pytest.raises(TypeError, match="axis must be an int, not"):
        arguments.one_axis(value)


def test_a_word_is_equal_to_one_that_is_known_and_of_its_kind() -> None:
    assert arguments.one_of("mode", "min", ("min", None)) == "min"
    assert arguments.one_of("mode", None, ("min", None)) is None
    for strange in ("mid", ["min"], np.array(["min", "max"]), 1):
        with pytest.raises(ValueError, match="mode must be one of 'min', None, not "):
            arguments.one_of("mode", strange, ("min", None))


def test_numbers_of_numpy_are_taken_where_numbers_are() -> None:
    assert layers.Dropout(np.float32(0.5)).rate == 0.5
    assert layers.ReLU(np.float64(2.0)).max_value == 2.0
    assert layers.Reshape((np.int64(3), -1)).target_shape == (3, -1)
    assert optimizers.SGD(np.float32(0.5), momentum=np.float32(0.25)).momentum == 0.25
    assert optimizers.Adam(gradient_accumulation_steps=np.int64(3)).gradient_accumulation_steps == 3
    assert metrics.Precision(np.float32(0.25)).thresholds == [0.25]
    drawn = [initializers.RandomNormal(seed=seed)((3,)) for seed in (7, np.int64(7))]
    np.testing.assert_array_equal(*drawn)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: layers.BatchNormalization(axis=1.5), "axis must be an int, not 1.5"),
    (lambda: layers.GroupNormalization(2, axis="last"), "axis must be an int, not 'last'"),
    (lambda: layers.Concatenate(axis=0.5), "axis must be an int, not 0.5"),
    (lambda: layers.Softmax("last"), "axis must be an int or a list or tuple of ints, not 'last'"),
    (lambda: layers.LayerNormalization(epsilon="small"), "epsilon must be a number, not 'small'"),
    (lambda: layers.ELU("1"), "alpha must be a number, not '1'"),
    (lambda: layers.PReLU(shared_axes=1.5), "shared_axes must be an int or a list or tuple of ints, not 1.5"),
    (lambda: layers.Permute(1.5), "dims must be an int or a list or tuple of ints, not 1.5"),
    (lambda: layers.Reshape("33"), "target_shape must be an int or a list or tuple of ints, not '33'"),
    (lambda: layers.Lambda("x + 1", name="double"), "layer double: function must be one, not 'x \\+ 1'"),
    (lambda: layers.Input(10, name="x"), "input x: a shape is written like \\(3,\\), not 10"),
    (lambda: layers.Dense(2, name=7), "the name of a layer must be a str without '/', not 7"),
    (lambda: layers.EinsumDense(7, 2), "equation must be like .*, not 7"),
    (lambda: regularizers.L2("strong"), "l2 must be a number, not 'strong'"),
    (lambda: initializers.VarianceScaling("1"), "scale must be a number, not '1'"),
    (lambda: optimizers.Adam("fast"), "learning_rate must be a number or a schedule, not 'fast'"),
    (lambda: optimizers.SGD(momentum="much"), "SGD: momentum must be a number, not 'much'"),
    (lambda: optimizers.Adam(clipnorm="1"), "clipnorm must be a number, not '1'"),
    (lambda: optimizers.Adam(clipnorm=float("nan")), "clipnorm must be positive, not nan"),
    (lambda: optimizers.LossScaleOptimizer("sgd"), "inner_optimizer must be an Optimizer, not 'sgd'"),
    (lambda: optimizers.SGD(name="s").apply_gradients([]), "optimizer s: there are no gradients to apply"),
    (lambda: schedules.CosineDecay(0.1, "10"), "CosineDecay: decay_steps must be a number, not '10'"),
    (lambda: metrics.Recall("half"), "thresholds must be from 0 to 1, not 'h'"),
    (lambda: metrics.PrecisionAtRecall("half"), "recall must be a number, not 'half'"),
    (lambda: metrics.MeanIoU(2.5), "num_classes must be a positive int, not 2.5"),
    (lambda: metrics.IoU(3, [0.5]), "target_class_ids must be an int or a list or tuple of ints"),
    (lambda: metrics.Mean(dtype="float16"), "dtype float16 is not supported"),
    (lambda: losses.CategoricalGeneralizedCrossEntropy("half"), "q must be a number, not 'half'"),
    (lambda: callbacks.EarlyStopping(min_delta="small"), "EarlyStopping: min_delta must be a number, not 'small'"),
    (lambda: callbacks.ModelCheckpoint("a.npz", save_weights_only=True, save_freq=0), "ModelCheckpoint: save_freq"),
]


@pytest.mark.parametrize(("act", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_wrong_argument_is_named_with_what_was_given(act: Callable[[], Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        act()
