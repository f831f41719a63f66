"""Data that metrics are tested on, and metrics taken over batches in both ways: on arrays, and as graphs."""

from __future__ import annotations

import numpy as np
from tracing import run_traced

from kgraph.losses.reduction import with_mask

RNG = np.random.default_rng(11)
N = 40
BINARY = (RNG.random(N) < 0.4).astype("float32")
SCORES = np.clip(RNG.normal(0.35 + 0.3 * BINARY, 0.2), 0, 1).astype("float32")
WEIGHTS = RNG.uniform(0, 2, N).astype("float32")
LABELS = RNG.integers(0, 5, N)
CLASSES = RNG.uniform(0.01, 1, (N, 5)).astype("float32")
REAL = RNG.normal(size=(N, 3)).astype("float32")
GUESS = RNG.normal(size=(N, 3)).astype("float32")
MULTI = (RNG.random((N, 3)) < 0.5).astype("float32")
MULTI_SCORES = RNG.random((N, 3)).astype("float32")
ONE_HOT = np.eye(5, dtype="float32")[LABELS]


def both_ways(metric, *batches, mask=None):
    """The result after all of ``batches`` on arrays, once it is known that a graph gives the same, batch by batch."""
    metric.reset_state()
    for batch in batches:
        prediction = batch[1] if mask is None else with_mask(np.asarray(batch[1]), mask)
        on_arrays = metric(batch[0], prediction, *batch[2:])
    metric.reset_state()
    for batch in batches:
        # The last tensor carries the mask: the prediction.
        target, prediction, *weights = batch
        in_graph, updates, _ = run_traced(
            lambda t, *rest: metric(t, rest[-1], *rest[:-1]), target, *weights, prediction, mask=mask
        )
        for variable, value in updates.items():
            variable.assign(value)
    assert on_arrays.dtype == in_graph.dtype == (metric.dtype if metric.dtype.startswith("float") else "float32")
    np.testing.assert_allclose(on_arrays, in_graph, rtol=1e-6)
    return on_arrays


def halves(*arrays):
    return tuple(x[: N // 2] for x in arrays), tuple(x[N // 2 :] for x in arrays)


def confusion(target, score, threshold, weights=None):
    weights = np.ones(target.shape) if weights is None else weights
    positive, true = score > threshold, target != 0
    return [(weights * hit).sum() for hit in (positive & true, positive & ~true, ~positive & ~true, ~positive & true)]
