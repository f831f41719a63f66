"""A trace: a graph while Python code that describes it runs.

A trace wraps a builder with what plain emission cannot know: which value a variable has *now* (after assignments made
earlier in the same code), whether the code describes training, inference or both, and which losses layers added on the
way. It works on builder values; ``kgraph.tensor`` gives users an object around them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from kgraph.builder import Builder, Value
from kgraph.types import TensorType

Result = TypeVar("Result")


class TracedVariable(Protocol):
    """What a trace asks of a variable."""

    @property
    def path(self) -> str: ...
    @property
    def type(self) -> TensorType: ...
    @property
    def leaf_op(self) -> str:
        """``"param"`` or ``"state"``."""
        ...


_current: ContextVar[Trace | None] = ContextVar("kgraph_trace", default=None)


def current_trace() -> Trace | None:
    """The trace that code on this thread is describing, or ``None``."""
    return _current.get()


@contextmanager
def no_trace() -> Iterator[None]:
    """Inside, ops on arrays run at once, also where the code around is being traced."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


class Trace:
    """One graph being described.

    Attributes:
        builder: where the nodes go.
        training: ``True`` or ``False`` while code for one phase is traced, ``None`` while it stands for both.
        losses: what layers added to the loss so far, by the scope that added it.
        memo: for ``kgraph.tensor``: recorded tensors that are already lowered into this trace.
    """

    def __init__(self, builder: Builder, training: bool | None = None) -> None:
        self.builder = builder
        self.training = training
        self.losses: list[tuple[str, Value]] = []
        self.memo: dict[Any, Any] = {}
        self.leaves: dict[TracedVariable, Value] = {}
        self._now: dict[TracedVariable, Value] = {}
        self._reusable: dict[tuple[Any, ...], Value] | None = None
        self._emitted: dict[tuple[Any, ...], Value] = {}

    @contextmanager
    def active(self) -> Iterator[Trace]:
        """Makes this the current trace inside the block."""
        token = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(token)

    @contextmanager
    def phase(self, training: bool | None) -> Iterator[None]:
        """Inside, code is traced for one phase; ``None`` changes nothing."""
        outer = self.training
        self.training = outer if training is None else training
        try:
            yield
        finally:
            self.training = outer

    def emit(self, op: str, inputs: Sequence[Value], attrs: Mapping[str, Any], stem: str | None = None) -> Value:
        """A node; while the second of two phases is traced, what the first phase made is used again."""
        key = (op, tuple(inputs), json.dumps(dict(attrs), sort_keys=True))
        if self._reusable is not None and key in self._reusable:
            return self._reusable[key]
        value = self.builder.emit(op, inputs, attrs, stem)
        self._emitted[key] = value
        return value

    def leaf(self, variable: TracedVariable) -> Value:
        """The variable's node, which holds its value from before the graph runs."""
        if variable not in self.leaves:
            self.leaves[variable] = self.builder.leaf(variable.leaf_op, variable.path, variable.type)
        return self.leaves[variable]

    def read(self, variable: TracedVariable) -> Value:
        """The variable's value at this point of the code."""
        return self._now.get(variable) or self.leaf(variable)

    def assign(self, variable: TracedVariable, value: Value) -> None:
        """Makes ``value`` what later reads see, and what the variable holds when the graph has run."""
        self.leaf(variable)
        self._now[variable] = value

    def add_loss(self, value: Value) -> None:
        """Adds a scalar to the total loss, under the current scope."""
        self.losses.append((self.builder.scope_name, value))

    def by_phase(self, describe: Callable[[], Result], merge: Callable[[Result, Result], Result]) -> Result:
        """Traces ``describe`` for training and for inference, and joins what differs with ``phase`` nodes.

        Assignments and losses are joined here; ``merge`` joins the two results, by ``choose`` on their values.
        """
        now, losses, emitted, reusable = self._now, self.losses, self._emitted, self._reusable
        train, train_now, train_losses = self._describe(True, describe, now)
        self._reusable = self._emitted
        test, test_now, test_losses = self._describe(False, describe, now)
        self._reusable, self._emitted = reusable, emitted
        self._now = dict(now)
        for variable in {**train_now, **test_now}:
            leaf = now.get(variable) or self.leaf(variable)
            self._now[variable] = self.choose(train_now.get(variable, leaf), test_now.get(variable, leaf))
        self.losses = losses + self._merge_losses(train_losses, test_losses)
        return merge(train, test)

    def _describe(
        self, training: bool, describe: Callable[[], Result], now: dict[TracedVariable, Value]
    ) -> tuple[Result, dict[TracedVariable, Value], list[tuple[str, Value]]]:
        self._now, self.losses, self._emitted = dict(now), [], dict(self._emitted)
        with self.phase(training):
            result = describe()
        return result, self._now, self.losses

    def apart(self, describe: Callable[[], Result]) -> tuple[Result, dict[TracedVariable, Value]]:
        """What ``describe`` gives, and what it assigned, which this takes back."""
        before, self._now = self._now, dict(self._now)
        try:
            result = describe()
            return result, {variable: now for variable, now in self._now.items() if before.get(variable) is not now}
        finally:
            self._now = before

    def choose(self, train: Value, test: Value) -> Value:
        """``train`` in training and ``test`` otherwise."""
        return train if train is test else self.builder.emit("phase", (train, test), {})

    def _merge_losses(
        self, train: list[tuple[str, Value]], test: list[tuple[str, Value]]
    ) -> list[tuple[str, Value]]:
        """Joins losses pairwise; one that only one phase adds is 0 in the other."""
        merged = []
        for index in range(max(len(train), len(test))):
            scope, value = (train[index:] or test[index:])[0]
            zero_attrs = {"shape": list(value.type.shape), "value": 0.0, "dtype": value.type.dtype}
            pair = [
                found[index][1] if index < len(found) else self.builder.emit("full", (), zero_attrs)
                for found in (train, test)
            ]
            merged.append((scope, self.choose(*pair)))
        return merged

    def apply_updates(self) -> None:
        """Turns the assignments traced so far into updates of the graph."""
        for variable, value in self._now.items():
            self.builder.update(self.leaves[variable], value)
