"""The base of callbacks that save."""

from __future__ import annotations

from kgraph.arguments import is_int
from kgraph.callbacks.callback import Callback, Logs


class Saving(Callback):
    """Saves at the end of every epoch, or every so many training steps. Subclasses write ``_save``.

    Args:
        save_freq: ``"epoch"``, or a number of training steps.

    Raises:
        ValueError: it is neither.
    """

    def __init__(self, save_freq: str | int) -> None:
        super().__init__()
        if save_freq != "epoch" and not (is_int(save_freq) and int(save_freq) > 0):
            owner = type(self).__name__
            raise ValueError(f'{owner}: save_freq must be "epoch" or a number of steps, not {save_freq!r}')
        self.save_freq = save_freq
        self._epoch = 0
        self._steps_unsaved = 0

    def _save(self, epoch: int, batch: int | None, logs: Logs | None) -> None:
        """Saves.

        Args:
            epoch: the one that has ended, or is under way; the first is 0.
            batch: the one after which it is, the first being 0; ``None`` after an epoch.
            logs: of the epoch or batch.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `_save`")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, None, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            return
        self._steps_unsaved += 1
        if self._steps_unsaved >= int(self.save_freq):
            self._steps_unsaved = 0
            self._save(self._epoch, batch, logs)

    def _implements_train_batch_hooks(self) -> bool:
        return self.save_freq != "epoch"
