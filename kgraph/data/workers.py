"""Batches made by several workers, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

#: How long workers are waited for that are still at a batch nobody wants any more, in seconds.
_FAREWELL: Final = 0.3


def made_by_workers(dataset: Any, numbers: Iterable[int], workers: int, processes: bool, ahead: int) -> Iterator[Any]:
    """``dataset[number]`` for each of ``numbers``, in their order.

    Args:
        dataset: what gives batches by number.
        numbers: of the batches.
        workers: how many make batches at the same time.
        processes: whether they are processes rather than threads.
        ahead: how many batches may be made, or be in the making, that nobody has taken yet.
    """
    executor = _executor(dataset, workers, processes)
    make = _make_batch if processes else dataset.__getitem__
    pending: deque[Future[Any]] = deque()
    try:
        for number in numbers:
            if len(pending) >= max(ahead, 1):
                yield pending.popleft().result()
            pending.append(executor.submit(make, number))
        while pending:
            yield pending.popleft().result()
    finally:
        _dismiss(executor, pending)


def _executor(dataset: Any, workers: int, processes: bool) -> Executor:
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    if processes:
        return ProcessPoolExecutor(workers, initializer=_receive, initargs=(dataset,))
    return ThreadPoolExecutor(workers, thread_name_prefix="kgraph-worker")


def _dismiss(executor: Executor, pending: Iterable[Future[Any]]) -> None:
    from concurrent.futures import wait

    at_work = [future for future in pending if not future.cancel()]
    hanging = wait(at_work, _FAREWELL).not_done
    executor.shutdown(wait=not hanging, cancel_futures=True)


# In a worker process

_received: list[Any] = []


def _receive(dataset: Any) -> None:
    import signal

    # Ctrl-C reaches every process of the terminal; the one that trains ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _received[:] = [dataset]


def _make_batch(number: int) -> Any:
    return _received[0][number]
