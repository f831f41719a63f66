"""kgraph and Keras, side by side. Files that import this are skipped where Keras 3 is not installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
# Most of the time goes into compiling what then runs once.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
keras = pytest.importorskip("keras", "3.5", reason="Keras 3 is not installed: `make test-keras` installs it")

import kgraph  # noqa: E402  (after the skip)

#: What float32 allows, of values around 1.
TOLERANCE = {"rtol": 2e-5, "atol": 2e-6}


def arrays(result: Any) -> list[np.ndarray]:
    """The arrays in a result of either side, in order."""
    if isinstance(result, dict):
        return [array for value in result.values() for array in arrays(value)]
    if isinstance(result, (list, tuple)):
        return [array for value in result for array in arrays(value)]
    return [np.asarray(result if isinstance(result, (np.ndarray, float, int)) else keras_array(result))]


def keras_array(tensor: Any) -> np.ndarray:
    """A tensor or variable of either side as an array."""
    return tensor.numpy() if isinstance(tensor, kgraph.Variable) else keras.ops.convert_to_numpy(tensor)


def assert_same(ours: Any, theirs: Any, **tolerance: float) -> None:
    """Both have the same arrays: number, shapes, and values to float32's accuracy."""
    mine, keras_own = arrays(ours), arrays(theirs)
    assert len(mine) == len(keras_own)
    for one, other in zip(mine, keras_own, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, **{**TOLERANCE, **tolerance})


def begin_names_anew(side: Any) -> None:
    """Automatic names of ``side`` count from the start again."""
    if side is kgraph:
        kgraph.utils.clear_session()
    else:
        # A search for garbage among all that JAX holds takes longer than most tests.
        keras.utils.clear_session(free_memory=False)


def both(make: Callable[[Any], Any]) -> tuple[Any, Any]:
    """``make(kgraph)`` and ``make(keras)``, each with automatic names that start anew."""
    made = []
    for side in (kgraph, keras):
        begin_names_anew(side)
        made.append(make(side))
    return made[0], made[1]


def both_models(make: Callable[[Any], Any]) -> tuple[Any, Any]:
    """The same model on both sides, with the same weights."""
    ours, theirs = both(make)
    give_weights(ours, theirs)
    return ours, theirs


def give_weights(ours: Any, theirs: Any, seed: int = 0) -> None:
    """New weights for both, the same for each; all above 0, since some are variances."""
    rng = np.random.default_rng(seed)
    weights = [rng.uniform(0.1, 0.9, weight.shape).astype("float32") for weight in theirs.get_weights()]
    centred = [w - 0.5 if w.ndim > 1 else w for w in weights]
    theirs.set_weights(centred)
    ours.set_weights(centred)
