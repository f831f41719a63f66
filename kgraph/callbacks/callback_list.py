"""Several callbacks called as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kgraph.callbacks.callback import Callback, Logs
from kgraph.callbacks.history import History
from kgraph.tree import flatten


class CallbackList(Callback):
    """Calls each callback in turn, each with a dict of logs of its own.

    Args:
        callbacks: a callback, or any nesting of lists of them.
        add_history: whether to add a ``History`` where there is none.
        model: given to each.
        params: ``verbose``, ``epochs``, ``steps``: given to each as ``params``.

    Raises:
        TypeError: one of them is no ``Callback``.
    """

    def __init__(
        self,
        callbacks: Callback | Sequence[Any] | None = None,
        add_history: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Callback] = flatten([] if callbacks is None else callbacks)
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks must be instances of Callback, but one is {callback!r}")
        if add_history and not any(isinstance(callback, History) for callback in self.callbacks):
            self.callbacks.append(History())
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    @property
    def history(self) -> History | None:
        """The first ``History`` among the callbacks."""
        return next((callback for callback in self.callbacks if isinstance(callback, History)), None)

    @property
    def has_batch_hooks(self) -> bool:
        """Whether a callback wants to be called at every training step. If none does, many steps may run at once."""
        return self._implements_train_batch_hooks()

    @property
    def has_test_batch_hooks(self) -> bool:
        """The same for the batches of an evaluation."""
        return self._implements_test_batch_hooks()

    @property
    def has_predict_batch_hooks(self) -> bool:
        """The same for the batches of a prediction."""
        return self._implements_predict_batch_hooks()

    def append(self, callback: Callback) -> None:
        self.callbacks.append(callback)

    def __iter__(self) -> Iterator[Callback]:
        return iter(self.callbacks)

    def __len__(self) -> int:
        return len(self.callbacks)

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_begin(dict(logs or {}))

    def on_train_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_end(dict(logs or {}))

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, dict(logs or {}))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, dict(logs or {}))

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch, dict(logs or {}))

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, dict(logs or {}))

    def on_test_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_test_begin(dict(logs or {}))

    def on_test_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_test_end(dict(logs or {}))

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_test_batch_begin(batch, dict(logs or {}))

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_test_batch_end(batch, dict(logs or {}))

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_begin(dict(logs or {}))

    def on_predict_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_end(dict(logs or {}))

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_batch_begin(batch, dict(logs or {}))

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_batch_end(batch, dict(logs or {}))

    def _implements_train_batch_hooks(self) -> bool:
        return any(callback._implements_train_batch_hooks() for callback in self.callbacks)

    def _implements_test_batch_hooks(self) -> bool:
        return any(callback._implements_test_batch_hooks() for callback in self.callbacks)

    def _implements_predict_batch_hooks(self) -> bool:
        return any(callback._implements_predict_batch_hooks() for callback in self.callbacks)
