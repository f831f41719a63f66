"""The base of all callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Logs = Mapping[str, Any]

_TRAIN_BATCH_HOOKS: Final = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
_TEST_BATCH_HOOKS: Final = ("on_test_batch_begin", "on_test_batch_end")
_PREDICT_BATCH_HOOKS: Final = ("on_predict_batch_begin", "on_predict_batch_end")


class Callback:
    """Code that runs at points of ``fit``, ``evaluate`` and ``predict``. Subclasses override the points they need.

    A callback stops the training by ``self.model.stop_training = True``. ``logs`` is empty where something begins.
    After a batch it holds the loss and metrics so far, after a predicted one its ``outputs``; after an epoch also the
    loss and metrics of the validation data, as ``val_...``. The callbacks of a list share it: what one adds, those
    after it see.

    Attributes:
        model: the model that is trained, evaluated or used.
        params: ``verbose``, ``epochs`` and ``steps`` of the loop.
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self.model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before each epoch; the first is 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After each epoch and its validation."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """The older name of ``on_train_batch_begin``."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """The older name of ``on_train_batch_end``."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before each training step."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After each training step."""
        self.on_batch_end(batch, logs=logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before an evaluation, of which validation is one."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before each batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After each batch of an evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before each batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After each batch of a prediction."""

    def _implements_train_batch_hooks(self) -> bool:
        """Whether training has to stop between steps for this callback."""
        return self._overrides(_TRAIN_BATCH_HOOKS)

    def _implements_test_batch_hooks(self) -> bool:
        return self._overrides(_TEST_BATCH_HOOKS)

    def _implements_predict_batch_hooks(self) -> bool:
        return self._overrides(_PREDICT_BATCH_HOOKS)

    def _overrides(self, hooks: tuple[str, ...]) -> bool:
        """Whether the class, or an attribute of this object, replaces one of ``hooks``."""
        for hook in hooks:
            found = getattr(self, hook)
            if getattr(found, "__func__", found) is not getattr(Callback, hook):
                return True
        return False
