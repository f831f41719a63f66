"""Trainings that draw the same random numbers each time, and leave everybody else's as they were."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from kgraph.random.seeds import global_seed_generator
from kgraph.utils import set_random_seed

#: The generators belong to the process: one training at a time may seed them.
_one_at_a_time: Final = threading.RLock()


@contextmanager
def drawing_from(random_state: np.random.RandomState | None) -> Iterator[None]:
    """Inside, initial weights, orders of samples and dropout follow from the next number of ``random_state``.

    Args:
        random_state: where the seed is drawn from; ``None`` leaves all as it is.
    """
    if random_state is None:
        yield
        return
    seed = int(random_state.randint(2**31 - 1))
    with _one_at_a_time, _generators_kept():
        set_random_seed(seed)
        yield


@contextmanager
def _generators_kept() -> Iterator[None]:
    """Gives Python's, numpy's and kgraph's global generators the states back that they have now."""
    ours = global_seed_generator()
    seed, state = ours.seed, ours.state.numpy()
    python, numpy_state = random.getstate(), _numpy_state()
    try:
        yield
    finally:
        ours.restart(seed)
        ours.state.assign(state)
        random.setstate(python)
        np.random.set_state(numpy_state)


def _numpy_state() -> dict[str, Any]:
    return np.random.get_state(legacy=False)
