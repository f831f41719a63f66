"""Reading ahead on a thread."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator
from itertools import count

import pytest
from data_cases import assert_no_threads_left

from kgraph.data.prefetch import Reader


@pytest.fixture(params=[0, 1, 3])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    made = Reader(request.param)
    yield made
    made.close()


def wait_until_idle(seen: list[int]) -> None:
    """Waits until nothing is added to ``seen`` any more."""
    before = -1
    while before != len(seen):
        before = len(seen)
        time.sleep(0.03)


def counted(seen: list[int]) -> Iterator[int]:
    for number in count():
        seen.append(number)
        yield number


def test_items_come_in_order_and_all(reader: Reader) -> None:
    assert list(reader.read(range(100))) == list(range(100))
    assert list(reader.read(iter("abc"))) == ["a", "b", "c"]
    assert list(reader.read([])) == []


def test_no_more_is_taken_than_wanted(reader: Reader) -> None:
    seen: list[int] = []
    source = counted(seen)
    assert list(reader.read(source, 4)) == [0, 1, 2, 3]
    wait_until_idle(seen)
    assert len(seen) == 4
    assert list(reader.read(source, 2)) == [4, 5]


def test_no_more_is_held_than_allowed() -> None:
    reader, seen = Reader(3), list[int]()
    items = reader.read(counted(seen))
    next(items)
    wait_until_idle(seen)
    # Those of the first hand-over, which are at most 3, those that wait, and the one that has no place yet.
    assert len(seen) <= 3 + 3 + 1
    reader.close()


def test_an_error_comes_after_what_was_read_before_it(reader: Reader) -> None:
    def broken() -> Iterator[int]:
        yield from range(5)
        raise KeyError("five")

    items = reader.read(broken())
    assert [next(items) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(KeyError, match="five"):
        next(items)
    assert list(reader.read(range(3))) == [0, 1, 2]


def test_closing_the_items_stops_the_reading_and_the_next_can_begin(reader: Reader) -> None:
    seen: list[int] = []
    items = reader.read(counted(seen))
    next(items)
    items.close()  # type: ignore[attr-defined]
    wait_until_idle(seen)
    assert len(seen) <= 8
    assert list(reader.read(range(3))) == [0, 1, 2]


def test_all_is_read_by_one_thread() -> None:
    reader = Reader(2)
    threads: set[int] = set()

    def watched() -> Iterator[int]:
        for number in range(20):
            threads.add(threading.get_ident())
            yield number

    for _ in range(3):
        list(reader.read(watched()))
    assert len(threads) == 1 and threading.get_ident() not in threads
    reader.close()


def test_closing_ends_a_thread_that_nobody_takes_from() -> None:
    reader = Reader(1)
    items = reader.read(count())
    next(items)
    reader.close()
    assert_no_threads_left()


def test_closing_does_not_wait_for_what_hangs() -> None:
    awake = threading.Event()

    def hanging() -> Iterator[int]:
        yield 1
        awake.wait(20)
        yield 2

    reader = Reader(2)
    items = reader.read(hanging())
    assert next(items) == 1
    begin = time.perf_counter()
    reader.close()
    assert time.perf_counter() - begin < 3
    awake.set()
    assert_no_threads_left()


def test_there_is_no_thread_before_it_is_needed() -> None:
    Reader(2).close()
    assert not [thread for thread in threading.enumerate() if thread.name == "kgraph-reader"]


def test_what_was_read_is_not_kept() -> None:
    class Item:
        pass

    reader = Reader(2)
    items = reader.read(Item() for _ in range(6))
    seen = [weakref.ref(item) for item in items]
    assert len(seen) == 6
    time.sleep(0.05)
    assert [reference() for reference in seen] == [None] * 6
    reader.close()
