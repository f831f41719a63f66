"""Saving the model while it is trained."""

from __future__ import annotations

import os
from typing import Any, Final

from kgraph.callbacks.callback import Logs
from kgraph.callbacks.monitor import Monitor
from kgraph.callbacks.saving import Saving

#: What file names end with, by ``save_weights_only``.
_SUFFIX: Final = {True: ".npz", False: ".keras"}


class ModelCheckpoint(Saving):
    """Saves the model, or its weights, at the end of every epoch or every so many steps.

    Args:
        filepath: ends with ``.npz`` for weights and with ``.keras`` for whole models. ``{epoch}``, ``{batch}`` and
            names of logs are filled in with their formats, as in ``"at-{epoch:02d}-{val_loss:.2f}.npz"``. Its directory
            is made where needed.
        monitor: the entry of the logs that says which model is best.
        verbose: 1 says what is done.
        save_best_only: whether to save only when the value is better than at every save before; where the logs do not
            have it, all are saved, with a warning.
        save_weights_only: ``model.save_weights`` instead of ``model.save``.
        mode: ``"min"`` or ``"max"`` is better, or ``"auto"``.
        save_freq: ``"epoch"``, or a number of training steps.
        initial_value_threshold: the best value so far, to go on from an earlier training.

    Raises:
        ValueError: another suffix, mode or frequency; or, when training begins, a model that cannot be saved whole.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(save_freq)
        self._monitor = Monitor(monitor, mode, 0.0, "ModelCheckpoint")
        self.monitor = monitor
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.best = initial_value_threshold
        suffix = _SUFFIX[bool(save_weights_only)]
        if not self.filepath.endswith(suffix):
            given = f"save_weights_only={bool(save_weights_only)}"
            raise ValueError(f"ModelCheckpoint: with {given} the file's name must end with {suffix}: {self.filepath}")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if not self.save_weights_only and not hasattr(self.model, "save"):
            reason = "this model can save its weights only"
            raise ValueError(f"ModelCheckpoint: {reason}: pass save_weights_only=True and a path that ends with .npz")
        if self.save_best_only:
            self._monitor.settle_mode(self.model)

    def _save(self, epoch: int, batch: int | None, logs: Logs | None) -> None:
        at_batch = {} if batch is None else {"batch": batch + 1}
        path = self._path({**(logs or {}), **at_batch, "epoch": epoch + 1})
        if self.save_best_only and not self._is_best(epoch, logs):
            return
        if self.verbose:
            print(f"ModelCheckpoint: epoch {epoch + 1}: saving to {path}")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path)

    def _is_best(self, epoch: int, logs: Logs | None) -> bool:
        value = self._monitor.value(logs)
        if value is None:
            return True
        is_best = self._monitor.is_better(value, self.best)
        if self.verbose:
            verdict = "improved from" if is_best else "did not improve from"
            print(f"ModelCheckpoint: epoch {epoch + 1}: {self.monitor} {verdict} {self.best} with {value}")
        if is_best:
            self.best = value
        return is_best

    def _path(self, names: dict[str, Any]) -> str:
        try:
            return self.filepath.format(**names)
        except KeyError as error:
            known = ", ".join(names)
            raise KeyError(f"ModelCheckpoint: {self.filepath} asks for {error}, but there are only {known}") from None
