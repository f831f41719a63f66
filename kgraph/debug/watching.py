"""Values of nodes over the epochs of a training."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Final

from kgraph.callbacks.callback import Callback, Logs
from kgraph.debug.statistics import Statistics
from kgraph.tables import Column, Table


def _number(value: Any) -> str:
    return f"{value:.6g}"


_COLUMNS: Final = (
    Column("epoch", "epoch"),
    Column("node", "node", left=True),
    *(Column(name, name, _number) for name in ("min", "max", "mean")),
    *(Column(name, title) for name, title in (("nan", "NaN"), ("infinite", "infinite"), ("zeros", "zeros"))),
    Column("size", "values"),
)


class Watch(Callback):
    """What ``watch`` makes.

    Attributes:
        patterns: of the nodes that are watched.
        history: for each of them, by name, its ``Statistics`` after each epoch.
        epochs: the numbers of these epochs; the first is 0.
    """

    def __init__(self, patterns: tuple[str, ...], data: Any = None) -> None:
        super().__init__()
        self.patterns = patterns
        self.data = data
        self.history: dict[str, list[Statistics]] = {}
        self.epochs: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.history, self.epochs = {}, []
        names = [node.name for node in self.model.make_train_function().graph.nodes]
        for pattern in self.patterns:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise ValueError(f"no node of the training step matches {pattern!r}; print(model.graph) lists them")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        function = self.model.make_train_function()
        if self.data is not None:
            values = function.trace(self.model._batch_feeds(function, "trained", *self.data))
        else:
            values = function.trace(self.model._latest_steps.last_feeds())
        self.epochs.append(epoch)
        for name, value in values.items():
            if any(fnmatchcase(name, pattern) for pattern in self.patterns):
                self.history.setdefault(name, []).append(Statistics.of(value))

    def table(self) -> Table:
        """A row for each epoch and node."""
        rows = [
            (epoch + 1, name, seen.min, seen.max, seen.mean, seen.nan, seen.infinite, seen.zeros, seen.size)
            for name, history in self.history.items()
            for epoch, seen in zip(self.epochs, history, strict=True)
        ]
        return Table(f"watched: {', '.join(self.patterns)}", _COLUMNS, rows)

    def __str__(self) -> str:
        return str(self.table())


def watch(*patterns: str, data: Any = None) -> Watch:
    """A callback that records statistics of the values of some nodes after each epoch::

        watched = kgraph.debug.watch("dense_1/*", "grad/dense_1/*")
        model.fit(x, y, epochs=3, callbacks=[watched])
        print(watched)

    The nodes are those of a training step, which is run once more for them, without changing anything.

    Args:
        patterns: of names of nodes, as in a shell.
        data: ``(x, y)`` or ``(x, y, sample_weight)``, the batch that values are of; the last batch of the epoch where
            not given.

    Raises:
        TypeError: no pattern is given, or ``data`` is something else.
        ValueError: when training begins: a pattern matches no node.
    """
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        raise TypeError("watch takes the names of nodes, or patterns of them, such as 'dense_1/*'")
    if data is not None and not (isinstance(data, (tuple, list)) and len(data) in (2, 3)):
        raise TypeError(f"data must be (x, y) or (x, y, sample_weight), not a {type(data).__name__}{_length(data)}")
    return Watch(patterns, data)


def _length(data: Any) -> str:
    return f" of {len(data)}" if isinstance(data, (tuple, list)) else ""
