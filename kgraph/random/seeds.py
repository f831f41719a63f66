"""Where random numbers begin: states ``(seed, counter)``, and the generators that count."""

from __future__ import annotations

import random
from typing import Any, Final

import numpy as np

from kgraph.registry import Vocabulary
from kgraph.tensor import apply
from kgraph.variable import Variable

_LARGEST_DEFAULT: Final = 2**31 - 1


class SeedGenerator:
    """A source of states, each other than all before. Its own state is a variable, so that graphs advance it too.

    Args:
        seed: an int; one drawn from Python's ``random`` where not given.
        name: the generator's name, which its state is called after.

    Raises:
        TypeError: ``seed`` is not an int.
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        self.seed = make_default_seed() if seed is None else _checked(seed)
        self.name = name or "seed_generator"
        self.state = Variable(initial_state(self.seed), dtype="int64", trainable=False, name=f"{self.name}_state")

    def next(self, ordered: bool = True) -> Any:
        """The state now, int64 ``[seed, counter]``; the counter goes on."""
        state = self.state.value
        self.state.assign(apply("next_state", state))
        return state

    def restart(self, seed: int) -> None:
        """Goes back to the first state of ``seed``."""
        self.seed = _checked(seed)
        self.state.assign(initial_state(self.seed))

    def get_config(self) -> dict[str, Any]:
        """``{"seed": ...}``."""
        return {"seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """A generator at the first state of the config's seed."""
        return cls(**config)


Vocabulary("seed generator", "keras.random", (SeedGenerator,))


def make_default_seed() -> int:
    """A seed from Python's ``random``, so that seeding that settles it."""
    return random.randint(1, _LARGEST_DEFAULT)


def initial_state(seed: int) -> np.ndarray:
    """The first state of ``seed``."""
    return np.array([seed, 0], dtype=np.int64)


def state_of(seed: int | SeedGenerator | None) -> Any:
    """The state to draw from: a generator's next, always the same for an int, the global generator's for ``None``."""
    if seed is None:
        return _global.next()
    return seed.next() if isinstance(seed, SeedGenerator) else initial_state(_checked(seed))


def set_global_seed(seed: int) -> None:
    """Restarts the generator that draws without a seed use."""
    _global.restart(seed)


def global_seed_generator() -> SeedGenerator:
    """The generator that draws without a seed use."""
    return _global


def _checked(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"a seed is an int, a SeedGenerator or None, not {seed!r}")
    return int(seed)


_global: Final = SeedGenerator(name="global_seed_generator")
