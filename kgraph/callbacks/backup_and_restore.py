"""Going on with a training that was cut short."""

from __future__ import annotations

import os
from typing import Final

from kgraph.callbacks.callback import Logs
from kgraph.callbacks.saving import Saving

_FILE: Final = "latest.npz"


class BackupAndRestore(Saving):
    """Keeps the state of a training in a file; the next ``fit`` with the same directory goes on from there.

    The state is every variable that a step of training reads or changes (weights, optimizer slots, ``iterations``,
    the learning rate, the states of dropout layers and other seeds), the global generators of kgraph, numpy and
    Python, from which the order of samples is drawn, and the number of the epoch. The file is replaced as a whole: a
    process that is killed while it writes leaves the old one.

    With ``save_freq="epoch"`` the epoch that was cut short begins anew, and a training that was killed at any moment
    ends with the same weights, to the bit, as one that was not. With a number of steps the weights and slots are newer
    than the start of that epoch, but it begins anew all the same, in an order of its own: no step is lost, and the
    samples of the steps before the backup are seen once more.

    Not in the file is what other callbacks remember (the epochs an ``EarlyStopping`` has waited, the ``History`` so
    far), nor where in their data a generator or a training with ``steps_per_epoch`` are. Callbacks that change weights
    or the learning rate after an epoch belong before this one in the list; one that takes back its change when the
    next epoch begins (``SwapEMAWeights``) belongs behind it.

    Args:
        backup_dir: of the file, ``latest.npz``; made where needed, and of use for one training at a time.
        save_freq: ``"epoch"``, or a number of training steps.
        double_checkpoint: whether the state before the latest is kept too (``latest.npz.bkp``), to go on from where the
            latest cannot be read.
        delete_checkpoint: whether the files go when the training has come to its end.

    Raises:
        ValueError: there is no ``backup_dir``, another ``save_freq``; or, when training begins, the file is of a model
            with other variables.
        OSError: when training begins: the file cannot be read, and there is none before it.
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__(save_freq)
        if not backup_dir:
            raise ValueError(f"BackupAndRestore: backup_dir must name a directory, not {backup_dir!r}")
        self.backup_dir = os.fspath(backup_dir)
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._latest = os.path.join(self.backup_dir, _FILE)
        self._previous = f"{self._latest}.bkp"

    def on_train_begin(self, logs: Logs | None = None) -> None:
        position = self._restore()
        if position is not None:
            self.model._initial_epoch = position["epoch"]

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint:
            self._delete()

    def _save(self, epoch: int, batch: int | None, logs: Logs | None) -> None:
        from kgraph.callbacks.training_state import write_state

        position = {"epoch": epoch + 1, "batch": 0} if batch is None else {"epoch": epoch, "batch": batch + 1}
        write_state(self._latest, self.model, position, self._previous if self.double_checkpoint else None)

    def _restore(self) -> dict[str, int] | None:
        """Goes back to the latest state that can be read, and gives its position; ``None`` where there is none."""
        from kgraph.callbacks.training_state import read_state

        has_previous = os.path.exists(self._previous)
        if os.path.exists(self._latest):
            try:
                return read_state(self._latest, self.model)
            except OSError:
                if not has_previous:
                    raise
        return read_state(self._previous, self.model) if has_previous else None

    def _delete(self) -> None:
        """Removes the files, also those that a killed process left half written, and the directory if it is empty."""
        if not os.path.isdir(self.backup_dir):
            return
        for name in os.listdir(self.backup_dir):
            if name in (_FILE, f"{_FILE}.bkp") or name.startswith(f".{_FILE}."):
                os.unlink(os.path.join(self.backup_dir, name))
        if not os.listdir(self.backup_dir):
            os.rmdir(self.backup_dir)
