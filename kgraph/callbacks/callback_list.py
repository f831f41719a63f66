"""Several callbacks called as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kgraph.callbacks.callback import Callback, Logs
from kgraph.callbacks.history import History
from kgraph.callbacks.progbar_logger import ProgbarLogger
from kgraph.tree import flatten


class CallbackList(Callback):
    """Calls each callback in turn. In one call they share one dict of logs, which is not the caller's.

    Args:
        callbacks: a callback, another ``CallbackList``, or any nesting of lists of them.
        add_history: whether to add a ``History`` where there is none.
        add_progbar: whether to add a ``ProgbarLogger`` where there is none.
        model: given to each.
        params: ``verbose``, ``epochs``, ``steps``: given to each as ``params``.

    Raises:
        TypeError: one of them is no ``Callback``.
    """

    def __init__(
        self,
        callbacks: Callback | Sequence[Any] | None = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Callback] = []
        for callback in flatten([] if callbacks is None else callbacks):
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks must be instances of Callback, but one is {callback!r}")
            self.callbacks += callback.callbacks if isinstance(callback, CallbackList) else [callback]
        for wanted, kind in ((add_history, History), (add_progbar, ProgbarLogger)):
            if wanted and self._first(kind) is None:
                self.callbacks.append(kind())
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    def _first(self, kind: type[Callback]) -> Any:
        return next((callback for callback in self.callbacks if isinstance(callback, kind)), None)

    @property
    def history(self) -> History | None:
        """The first ``History`` among the callbacks."""
        found: History | None = self._first(History)
        return found

    @property
    def has_progbar(self) -> bool:
        """Whether one of the callbacks shows the progress, so that nobody else has to."""
        return self._first(ProgbarLogger) is not None

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

    def _call(self, hook: str, logs: Logs | None, *epoch: int) -> None:
        shared = dict(logs or {})
        for callback in self.callbacks:
            getattr(callback, hook)(*epoch, shared)

    def _call_for_batch(self, hook: str, batch: int, logs: Logs | None) -> None:
        """As Keras calls hooks of batches: ``logs`` by name."""
        shared = dict(logs or {})
        for callback in self.callbacks:
            getattr(callback, hook)(batch, logs=shared)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._call("on_train_begin", logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._call("on_train_end", logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._call("on_epoch_begin", logs, epoch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._call("on_epoch_end", logs, epoch)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_for_batch("on_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_for_batch("on_batch_end", batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_for_batch("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_for_batch("on_train_batch_end", batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._call("on_test_begin", logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._call("on_test_end", logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_for_batch("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_for_batch("on_test_batch_end", batch, logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._call("on_predict_begin", logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._call("on_predict_end", logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._call_for_batch("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._call_for_batch("on_predict_batch_end", batch, logs)

    def _implements_train_batch_hooks(self) -> bool:
        return any(callback._implements_train_batch_hooks() for callback in self.callbacks)

    def _implements_test_batch_hooks(self) -> bool:
        return any(callback._implements_test_batch_hooks() for callback in self.callbacks)

    def _implements_predict_batch_hooks(self) -> bool:
        return any(callback._implements_predict_batch_hooks() for callback in self.callbacks)
