"""Whether all peers did the same work."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

#: How far the loss of a peer may lie from the median of those that begin with the same weights.
TOLERANCE = 0.02
#: Peers that choose initial weights by themselves need only learn.
OWN_START = frozenset({"sklearn"})
#: The losses at each end that are averaged.
ENDS = 2


class Disagreement(Exception):
    """A peer does not train, or trains something else."""


def check_losses(losses: Mapping[str, Sequence[float]]) -> None:
    """Compares the losses of the first steps.

    Raises:
        Disagreement: those of one peer do not fall, or lie apart from the others'.
    """
    for peer, values in losses.items():
        first, last = statistics.fmean(values[:ENDS]), statistics.fmean(values[-ENDS:])
        if not last < first:
            raise Disagreement(f"{peer} does not train: its loss goes from {first:.4g} to {last:.4g} in {len(values)}")
    alike = {peer: values for peer, values in losses.items() if peer not in OWN_START}
    for step, values in enumerate(zip(*alike.values(), strict=True)):
        wanted = statistics.median(values)
        for peer, value in zip(alike, values, strict=True):
            if not abs(value - wanted) <= TOLERANCE * abs(wanted):
                raise Disagreement(f"{peer} has a loss of {value:.6g} in step {step}, the median peer {wanted:.6g}")
