"""One seed for everything that draws random numbers."""

from __future__ import annotations

import random

import numpy as np

from kgraph.random import set_global_seed


def set_random_seed(seed: int) -> None:
    """Seeds Python's ``random``, numpy's global generator, and kgraph's: from then on, draws are the same each time.

    Raises:
        TypeError: ``seed`` is not an int.
        ValueError: numpy takes no such seed: it is negative, or needs more than 32 bits.
    """
    set_global_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
