"""Connectionist temporal classification (Graves et al. 2006): labels of sequences whose alignment is not known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kgraph.dims import Shape
from kgraph.op import Attrs, Call, Lower, OpError, Sample, define, draw, sample
from kgraph.opset.layout import grain_of, width
from kgraph.types import TensorType

#: What a kernel finds in ``csrc/scratch.h``, and the rows there that are not one step's.
_SCRATCH_BYTES: Final = 1 << 20
_OTHER_ROWS: Final = 5
#: Elements of work for each state and step.
_STATE_WORK: Final = 16

_FAULT: Final = "{value:.0f} at position {position} is no class, no such length, or fewer steps than the labels need"


def _checked_blank(inputs: Sequence[TensorType], attrs: Attrs) -> None:
    classes = inputs[1].shape[-1]
    if attrs["blank"] < 0 or (isinstance(classes, int) and attrs["blank"] >= classes):
        raise OpError(f"blank must be a class in [0, {classes}), not {attrs['blank']}")


def _loss_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    _checked_blank(inputs, attrs)
    return inputs[1].shape[:1]


def _grad_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    _checked_blank(inputs, attrs)
    return inputs[1].shape


def _steps_in_memory(steps: int, labels: int, dtype: str) -> int:
    """How many steps' rows a kernel keeps at a time: all, or the root of their number, from which it makes the rest.

    Raises:
        OpError: there is no room for so many.
    """
    rows = _SCRATCH_BYTES // (width(dtype) * (2 * labels + 5)) - _OTHER_ROWS
    if steps + 1 <= rows:
        return max(1, steps)
    block = math.isqrt(steps - 1) + 1
    if block + -(-steps // block) > rows:
        raise OpError(f"sequences of {steps} steps and {labels} labels are too long")
    return block


def _lower(kernel: str) -> Lower:
    """A unit of work is a sequence."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        sequences, steps, classes = inputs[1].known_shape
        labels = inputs[0].known_shape[1]
        ints = (steps, classes, labels, attrs["blank"], _steps_in_memory(steps, labels, output.dtype))
        grain = grain_of(_STATE_WORK * steps * (2 * labels + 1))
        return Call(f"{kernel}_{output.dtype}", sequences, grain, ints)

    return lower


# --- the reference: probabilities of all alignments, forwards and backwards, which short sequences leave above 0 ------


def _forwards(states: list[int], probabilities: np.ndarray) -> np.ndarray:
    """The total weight of all ways to each state, up to and with each step."""
    rows = np.zeros((len(probabilities), len(states)), probabilities.dtype)
    for step, row in enumerate(probabilities):
        for place, state in enumerate(states):
            skips = place > 1 and place % 2 == 1 and state != states[place - 2]
            ways = rows[step - 1, place - 2 if skips else max(place - 1, 0) : place + 1].sum() if step else place < 2
            rows[step, place] = ways * row[state]
    return rows


def _of_sequence(labels: np.ndarray, log_probs: np.ndarray, blank: int) -> tuple[float, np.ndarray]:
    """The loss, and its slopes."""
    states = [blank, *(state for label in labels for state in (int(label), blank))]
    slopes = np.zeros_like(log_probs)
    if not len(log_probs):
        return 0.0, slopes
    probabilities = np.exp(log_probs.astype(np.longdouble))
    forwards = _forwards(states, probabilities)
    backwards = _forwards(states[::-1], probabilities[::-1])[::-1, ::-1]
    total = forwards[-1, -2:].sum()
    for place, state in enumerate(states):
        slopes[:, state] -= (forwards[:, place] * backwards[:, place] / probabilities[:, state] / total).astype(float)
    return float(-np.log(total)), slopes


def _loss(
    target: np.ndarray, log_probs: np.ndarray, target_length: np.ndarray, output_length: np.ndarray, *, blank: int
) -> np.ndarray:
    sequences = zip(target, log_probs, target_length, output_length, strict=True)
    losses = [_of_sequence(labels[:count], rows[:steps], blank)[0] for labels, rows, count, steps in sequences]
    return np.array(losses, log_probs.dtype)


def _loss_grad(
    target: np.ndarray,
    log_probs: np.ndarray,
    target_length: np.ndarray,
    output_length: np.ndarray,
    dy: np.ndarray,
    *,
    blank: int,
) -> np.ndarray:
    slopes = np.zeros_like(log_probs)
    for row, (count, steps) in enumerate(zip(target_length, output_length, strict=True)):
        slopes[row, :steps] = dy[row] * _of_sequence(target[row, :count], log_probs[row, :steps], blank)[1]
    return slopes


def _samples(grad: bool) -> tuple[Sample, ...]:
    """Sequences with room for all their labels: of many classes, with repeated labels, with the blank as last class."""

    def of(n: int, steps: int, classes: int, labels: int, lowest: int, highest: int, blank: int) -> Sample:
        target = draw(n, labels, low=lowest, high=highest, dtype="i32")
        log_probs = draw(n, steps, classes, low=-4, high=0)
        target_length = draw(n, low=0, high=labels + 1, dtype="i32")
        output_length = draw(n, low=2 * labels - 1, high=steps + 1, dtype="i32")
        rest = (draw(n),) if grad else ()
        return sample(target, log_probs, target_length, output_length, *rest, blank=blank)

    return (
        of(4, 12, 7, 4, 1, 7, 0),
        of(5, 9, 3, 4, 1, 3, 0),
        of(3, 20, 4, 5, 0, 3, 3),
        of(1, 1, 1, 1, 0, 1, 0),
        of(0, 4, 3, 2, 1, 3, 0),
    )


def _grad(g: Any) -> Any:
    return g.ctc_loss_grad(*g.inputs, g.dy, **g.attrs)


define(
    "ctc_loss(target: i32[n,l], log_probs: T[n,t,c], target_length: i32[n], output_length: i32[n]; blank: int) -> T[?]",
    "`-log(sum(exp(a)))` over all alignments of a sequence's labels with its steps, where `a` adds up `log_probs` "
    "along one. Of each row of `target` and `log_probs` the first so many count; labels that need more are refused.",
    infer=_loss_type,
    lower=_lower("ctc_loss"),
    grad=(None, _grad, None, None),
    reference=_loss,
    fault=_FAULT,
    samples=_samples(grad=False),
)
define(
    "ctc_loss_grad(target: i32[n,l], log_probs: T[n,t,c], target_length: i32[n], output_length: i32[n], dy: T[n]; "
    "blank: int) -> T[?]",
    "The gradient of `ctc_loss` in `log_probs`: minus the share of alignments that have a class at a step.",
    infer=_grad_type,
    lower=_lower("ctc_loss_grad"),
    reference=_loss_grad,
    fault=_FAULT,
    samples=_samples(grad=True),
)
