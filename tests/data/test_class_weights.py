"""The weights of classes as weights of samples."""

from __future__ import annotations

import numpy as np
import pytest

from kgraph import config
from kgraph.data import class_weights_by_output, class_weights_to_sample_weights


@pytest.mark.parametrize(
    "y",
    [
        np.array([0, 2, 1, 2]),
        np.array([[0], [2], [1], [2]]),
        np.array([0.0, 2.0, 1.0, 2.0], np.float32),
        np.eye(3)[[0, 2, 1, 2]],
    ],
)
def test_each_sample_gets_the_weight_of_its_class(y: np.ndarray) -> None:
    weights = class_weights_to_sample_weights(y, {0: 1.0, 1: 0.5, 2: 4}, "out")
    assert weights.dtype == config.floatx()
    assert weights.tolist() == [1.0, 4.0, 0.5, 4.0]


def test_no_samples_have_no_weights() -> None:
    assert class_weights_to_sample_weights(np.empty(0, int), {0: 1.0}, "out").shape == (0,)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([0, 3]), "class_weight of output 'out' has no weight for class 3, which is in the data; it has 0, 1"),
        (np.array([0.0, 0.5]), "needs integer labels, not 0.5"),
        (np.array([0.0, np.nan]), "needs integer labels, not nan"),
        (np.zeros((2, 3, 4)), r"not \(2, 3, 4\)"),
    ],
)
def test_labels_without_a_weight_are_refused(y: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        class_weights_to_sample_weights(y, {0: 1.0, 1: 2.0}, "out")


def test_class_weights_go_to_outputs_by_list_and_by_name() -> None:
    weights = {0: 1.0, 1: 2.0}
    assert class_weights_by_output(["out"], weights) == {"out": weights}
    assert class_weights_by_output(["out"], [weights]) == {"out": weights}
    assert class_weights_by_output(["out"], None) == {}
    assert class_weights_by_output(["a", "b"], [None, weights]) == {"b": weights}
    assert class_weights_by_output(["a", "b"], {"a": weights}) == {"a": weights}


def test_class_weights_of_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match="name its output"):
        class_weights_by_output(["a", "b"], {0: 1.0})
    with pytest.raises(ValueError, match="'c' is no output of the model"):
        class_weights_by_output(["a", "b"], {"c": {0: 1.0}})
    with pytest.raises(TypeError, match="class_weight of output 'a' must be a dict"):
        class_weights_by_output(["a"], [[1.0, 2.0]])
