"""An event file."""

from __future__ import annotations

import os
import time
from itertools import count
from typing import Final

from kgraph.callbacks.tensorboard.events import event, first_event
from kgraph.callbacks.tensorboard.records import record

#: Tells apart the files that one process opens in one second.
_numbers: Final = count()


class EventWriter:
    """Writes the values of steps to a new file that TensorBoard finds.

    Args:
        directory: of the file; made where needed.
    """

    def __init__(self, directory: str) -> None:
        os.makedirs(directory, exist_ok=True)
        now = time.time()
        name = f"events.out.tfevents.{int(now):010}.{os.uname().nodename}.{os.getpid()}.{next(_numbers)}.v2"
        self._file = open(os.path.join(directory, name), "xb")
        self._file.write(record(first_event(now)))

    def write(self, step: int, *values: bytes) -> None:
        """Writes ``values`` (see ``events``) of ``step``."""
        now = time.time()
        for value in values:
            self._file.write(record(event(now, step, value)))

    def flush(self) -> None:
        """Shows readers all that was written."""
        self._file.flush()

    def close(self) -> None:
        self._file.close()
