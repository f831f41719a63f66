"""Steps after the first allocate nothing: neither the C that runs them, nor the Python around them."""

from __future__ import annotations

import ctypes
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

import kgraph as keras

STEPS = 1_000
BATCH = 64
SOURCES = 4


class _Mallinfo2(ctypes.Structure):
    """What glibc tells of its heap; ``uordblks`` and ``hblkhd`` are the bytes in use."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
    ]


def _find_mallinfo2() -> Callable[[], _Mallinfo2] | None:
    found = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if found is not None:
        found.restype = _Mallinfo2
    return found


_mallinfo2 = _find_mallinfo2()


def heap_bytes() -> int:
    assert _mallinfo2 is not None
    info = _mallinfo2()
    return info.uordblks + info.hblkhd


@pytest.fixture(params=[16, 256], ids=["one thread", "pool"])
def run_steps(request: pytest.FixtureRequest) -> Callable[[int], None]:
    """Trains so many steps in one call; the model is one for the calling thread alone, or for the pool."""
    width = request.param
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(width, activation="relu"), keras.layers.Dense(10)])
    model.compile("adam", "mse", metrics=["mae"])
    rng = np.random.default_rng(0)
    rows = BATCH * SOURCES
    x, y = rng.normal(size=(rows, 64)).astype(np.float32), rng.normal(size=(rows, 10)).astype(np.float32)
    model.fit(x, y, batch_size=BATCH, verbose=0)
    function = model.train_function
    sources = dict(zip((node.name for node in function.graph.leaves("input", "target")), (x, y), strict=True))
    order = np.tile(np.arange(rows), STEPS // SOURCES)

    def run(steps: int) -> None:
        function.run_steps(sources, order, 0, BATCH, steps)

    return run


@pytest.mark.skipif(_mallinfo2 is None or not heap_bytes(), reason="asks glibc's malloc")
def test_thousands_of_steps_leave_the_heap_as_it_was(run_steps: Callable[[int], None]) -> None:
    run_steps(STEPS)
    before = heap_bytes()
    for _ in range(3):
        run_steps(STEPS)
    assert heap_bytes() - before < STEPS


def test_python_allocates_as_much_for_a_thousand_steps_as_for_ten(run_steps: Callable[[int], None]) -> None:
    peaks = []
    tracemalloc.start()
    try:
        for steps in (10, STEPS, 10, STEPS):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            run_steps(steps)
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    results = 8 * 2 * (STEPS - 10)
    assert peaks[3] - peaks[2] <= results + 256
