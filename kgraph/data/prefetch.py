"""Reading ahead on a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from threading import Condition, Thread
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")

#: How long the main thread waits before it looks at signals, in seconds.
_PATIENCE: Final = 0.1
#: How long a reader that is closed is waited for. One that hangs in the code it runs ends when that code returns.
_FAREWELL: Final = 0.3


class Reader:
    """A thread that reads ahead, one iterable after the other, so that what it runs is only ever met by one thread.

    The thread starts with the first ``read`` and ends with ``close``.
    """

    def __init__(self, ahead: int) -> None:
        """
        Args:
            ahead: how many items it may hold that nobody has taken yet; with 0 there is no thread, and items are read
                as they are taken.
        """
        self.ahead = ahead
        self._tasks: deque[_Task[object] | None] = deque()
        self._wake = Condition()
        self._thread: Thread | None = None
        self._latest: _Task[object] | None = None

    def read(self, items: Iterable[Item], most: int | None = None) -> Iterator[Item]:
        """The ``items``, at most ``most`` of them; no more are taken out of an iterator than that.

        What ``items`` raises is raised here, after those that came before it. To close this iterator stops the reading;
        what has been read by then is dropped.
        """
        wanted = islice(items, most)
        if self.ahead == 0:
            yield from wanted
            return
        task = _Task(wanted, self.ahead)
        self._submit(task)
        try:
            yield from task.results()
        finally:
            task.stop()

    def close(self) -> None:
        """Ends the thread."""
        if self._thread is not None:
            if self._latest is not None:
                self._latest.stop()
            self._submit(None)
            self._thread.join(_FAREWELL)
            self._thread = self._latest = None

    def _submit(self, task: _Task[Item] | None) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._work, name="kgraph-reader", daemon=True)
            self._thread.start()
        self._latest = task  # type: ignore[assignment]
        with self._wake:
            self._tasks.append(self._latest)
            self._wake.notify()

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._tasks)
                task = self._tasks.popleft()
            if task is None:
                return
            task.run()
            # What it holds would otherwise live until the next one comes.
            del task


class _Task(Generic[Item]):
    """The reading of one iterable."""

    def __init__(self, items: Iterator[Item], ahead: int) -> None:
        self._items = items
        self._ahead = ahead
        self._ready: deque[Item] = deque()
        self._changed = Condition()
        self._error: BaseException | None = None
        self._is_read = False
        self._is_stopped = False

    def run(self) -> None:
        """Reads, on the thread."""
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:
            self._error = error
        finally:
            with self._changed:
                self._is_read = True
                self._changed.notify()

    def _put(self, item: Item) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or len(self._ready) < self._ahead)
            self._ready.append(item)
            self._changed.notify()
            return not self._is_stopped

    def results(self) -> Iterator[Item]:
        """What was read, where it is used."""
        while True:
            with self._changed:
                while not self._ready and not self._is_read:
                    self._changed.wait(_PATIENCE)
                if not self._ready:
                    break
                taken, self._ready = self._ready, deque()
                self._changed.notify()
            while taken:
                yield taken.popleft()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Lets the reading end with the item it is at."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()
