"""The loss of sequences that are not aligned with their labels."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from op_cases import CASES, run_call
from tracing import run_traced

from kgraph import losses, ops
from kgraph.autodiff import gradients
from kgraph.op import OpError
from kgraph.opset.ctc import _steps_in_memory
from kgraph.runtime import NodeError

RNG = np.random.default_rng(5)


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def by_hand(labels, logits, blank=0):
    """``-log`` of the probability of every path that spells ``labels``, one path at a time."""
    probabilities = np.exp(log_softmax(logits))
    total = 0.0
    for path in product(range(logits.shape[1]), repeat=len(logits)):
        if [label for label, _ in groupby(path) if label != blank] == list(labels):
            total += np.prod(probabilities[np.arange(len(path)), path])
    return -np.log(total)


@pytest.mark.parametrize("labels", [[], [1], [2, 1], [1, 1], [2, 2, 1], [1, 2, 1, 2, 1]])
def test_the_loss_adds_up_every_path_that_spells_the_labels(labels):
    logits = RNG.normal(size=(5, 3))
    padded = np.array([labels + [0] * (5 - len(labels))])
    np.testing.assert_allclose(losses.ctc(padded, logits[None]), [by_hand(labels, logits)], rtol=1e-12)


def test_the_blank_may_be_any_class_and_what_follows_a_row_is_not_looked_at():
    logits = RNG.normal(size=(2, 4, 3))
    target = np.array([[0, 1, -7], [1, 99, 99]])
    value = ops.ctc_loss(target, logits, np.array([2, 1]), np.array([4, 3]), mask_index=2)
    expected = [by_hand([0, 1], logits[0], blank=2), by_hand([1], logits[1, :3], blank=2)]
    np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_steps_beyond_the_length_of_a_sequence_have_no_slope():
    logits = RNG.normal(size=(2, 6, 4))

    def loss(x):
        return ops.sum(ops.ctc_loss(np.array([[1, 2], [3, 0]]), x, np.array([2, 1]), np.array([6, 3])))

    _, _, graph = run_traced(loss, logits)
    slope = gradients(graph, graph.outputs["result"], ["x0"]).run({"x0": logits})["grad/x0"]
    assert (slope[1, 3:] == 0).all() and (slope[1, :3] != 0).any()
    np.testing.assert_allclose(slope.sum(-1), 0, atol=1e-12)


@pytest.mark.parametrize("block", [1, 2, 3, 5])
def test_rows_that_are_made_again_block_by_block_give_the_same_gradient(block):
    for case in CASES["ctc_loss_grad"]:
        *ints, _ = case.call.ints
        result = run_call(case.call._replace(ints=(*ints, block)), case.operands, case.result_type)
        np.testing.assert_array_equal(result, case.result)


def test_as_many_steps_are_kept_as_memory_holds_and_no_sequence_is_too_long_for_it_unsaid():
    assert _steps_in_memory(300, 20, "f32") == 300
    assert _steps_in_memory(3000, 200, "f32") == 55
    with pytest.raises(OpError, match="sequences of 100000 steps and 5000 labels are too long"):
        _steps_in_memory(100_000, 5000, "f32")


def test_a_long_sequence_is_trained_on_in_blocks_of_steps():
    """The slopes of a sequence twice as long as memory holds sum to 0, and follow the loss."""
    logits = RNG.normal(size=(1, 900, 5))
    labels = RNG.integers(1, 5, (1, 200))
    assert _steps_in_memory(900, 200, "f64") < 900
    value, _, graph = run_traced(losses.CTC(), labels, logits)
    slope = gradients(graph, graph.outputs["result"], ["x1"]).run({"x0": labels, "x1": logits})["grad/x1"]
    np.testing.assert_allclose(slope.sum(-1), 0, atol=1e-12)
    direction = RNG.normal(size=logits.shape)
    ahead, behind = (float(losses.CTC()(labels, logits + step * direction)) for step in (1e-5, -1e-5))
    assert (ahead - behind) / 2e-5 == pytest.approx((slope * direction).sum(), rel=1e-6)


def test_what_cannot_be_spelled_or_is_no_class_is_refused():
    logits = np.zeros((2, 3, 4), np.float32)
    with pytest.raises(NodeError, match="3 at position 1 is .* fewer steps than the labels need"):
        losses.ctc([[1, 2, 3], [1, 1, 2]], logits)
    with pytest.raises(NodeError, match="label 4 at position 2 is not a class"):
        losses.ctc([[1, 2], [4, 0]], logits)
    with pytest.raises(NodeError, match="5 at position 1"):
        ops.ctc_loss(np.ones((2, 1), int), logits, np.array([1, 1]), np.array([3, 5]))


def test_tensors_of_other_shapes_are_refused():
    logits = np.zeros((2, 3, 4), np.float32)
    with pytest.raises(ValueError, match=r"must have shapes \(n, labels\).*not \(2,\) and \(2, 3, 4\)"):
        losses.ctc([1, 2], logits)
    with pytest.raises(ValueError, match="3 sequences of labels or lengths meet 2 sequences of outputs"):
        losses.ctc(np.ones((3, 1)), logits)
    with pytest.raises(ValueError, match=r"ops.ctc_loss: shapes must be .* not \(2, 1\), \(2, 3, 4\), \(\), \(2,\)"):
        ops.ctc_loss(np.ones((2, 1)), logits, 1, np.array([3, 3]))


def test_an_impossible_prediction_is_infinitely_wrong_without_nan_in_its_slopes():
    log_probs = np.array([[[0.0, -np.inf], [0.0, -np.inf]]])

    def loss(x):
        return ops.sum(ops.ctc_loss(np.array([[1]]), x, np.array([1]), np.array([2])))

    value, _, graph = run_traced(loss, log_probs)
    slope = gradients(graph, graph.outputs["result"], ["x0"]).run({"x0": log_probs})["grad/x0"]
    assert value == np.inf
    assert not np.isnan(slope).any()
