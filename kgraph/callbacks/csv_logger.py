"""The logs of every epoch as rows of a CSV file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, TextIO

import numpy as np

from kgraph.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes a row an epoch: ``epoch``, then the logs of the first epoch in the order of the alphabet.

    Where the first epoch had no validation, columns for it are there all the same; what an epoch does not have is
    ``NA``. An array is written as ``"[1, 2]"``. Each row is in the file when its epoch has ended.

    Args:
        filename: of the file.
        separator: between the columns, one character.
        append: whether rows are added to a file that is there; the line of names is written where it is empty.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self._file: TextIO | None = None
        self._writer: Any = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._close()
        self.keys = None
        self._file = open(self.filename, "a" if self.append else "w", newline="")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = _columns(logs)
            self._begin(["epoch", *self.keys])
        self._writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        assert self._file is not None
        self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def _begin(self, names: list[str]) -> None:
        from csv import writer

        assert self._file is not None
        self._writer = writer(self._file, delimiter=self.sep)
        if self._file.tell() == 0:
            self._writer.writerow(names)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._writer = None


def _columns(logs: Logs) -> list[str]:
    names = sorted(logs)
    return names if any(name.startswith("val_") for name in names) else names + [f"val_{name}" for name in names]


def _cell(value: Any) -> Any:
    is_scalar = isinstance(value, np.ndarray) and value.ndim == 0
    if isinstance(value, str) or not isinstance(value, Iterable) or is_scalar:
        return value
    return f'"[{", ".join(map(str, value))}]"'
