"""The last steps of a training, kept so that they can be run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from kgraph.runtime.errors import NodeError
from kgraph.runtime.evaluation import NonFiniteError
from kgraph.runtime.function import Function
from kgraph.runtime.guarded import GuardedFunction
from kgraph.runtime.storage import Storage

#: Steps between two copies of the variables: a copy takes a good part of the time of a step.
STEPS_PER_COPY: Final = 16

#: Gives what a step was fed.
Feeds = Callable[[], Mapping[str, np.ndarray]]


class Recorder:
    """Keeps what it takes to run the last steps again: the variables every few steps, and what each step was fed.

    Args:
        function: of the training steps.
    """

    def __init__(self, function: Function) -> None:
        self._function = function
        self._before: dict[str, np.ndarray] = {}
        self._since: list[Feeds] = []
        self._first = 0

    def begin(self, batch: int) -> None:
        """Called before each step, with its number in the epoch."""
        if batch == 0 or not self._before or len(self._since) >= STEPS_PER_COPY:
            self._before = {name: storage.array.copy() for name, storage in self._function.variables.items()}
            self._since, self._first = [], batch

    def end(self, feeds: Feeds) -> None:
        """Called after each step, with what gives its feeds."""
        self._since.append(feeds)

    def cause(self) -> NonFiniteError | None:
        """Runs the steps that are kept, on copies of the variables, up to the first NaN or infinity in one of them.

        Returns:
            What was found, with the batch of the epoch; ``None`` if nothing was, as where something else than the steps
            has changed the variables.
        """
        copies = {name: Storage(array) for name, array in self._before.items()}
        function = GuardedFunction(self._function.graph, copies)
        for number, feeds in enumerate(self._since):
            try:
                function(feeds())
            except NonFiniteError as error:
                error.batch = self._first + number
                return error
            except NodeError:
                return None
        return None
