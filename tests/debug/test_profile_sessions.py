"""What a profile takes: programs made before and inside its block, in any thread, and blocks in blocks."""

from __future__ import annotations

import gc
from threading import Thread

import numpy as np
import pytest

import kgraph as keras
from kgraph.profiling import Profile
from kgraph.runtime import profiling

ROWS = np.ones((8, 3), np.float32)


def model() -> keras.Model:
    built = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")])
    built.compile("sgd", "mse")
    return built


def runs(profile: Profile, function: str = "predict") -> int:
    return sum(record.measured.runs for record in profile.records if record.function == function)


def test_programs_that_were_there_before_are_measured_and_those_made_inside_too() -> None:
    old = model()
    old.predict_on_batch(ROWS)
    with keras.profile() as profile:
        old.predict_on_batch(ROWS)
        new = model()
        new.predict_on_batch(ROWS)
        new.predict_on_batch(ROWS[:4])
    assert runs(profile) == 3
    assert len([record for record in profile.records if record.function == "predict"]) == 3


def test_programs_that_ran_and_are_gone_are_in_the_profile() -> None:
    with keras.profile() as profile:
        model().predict_on_batch(ROWS)
        gc.collect()
    assert runs(profile) == 1


def test_what_runs_before_and_after_the_block_is_not_measured() -> None:
    one = model()
    one.predict_on_batch(ROWS)
    with keras.profile() as profile:
        one.predict_on_batch(ROWS)
    one.predict_on_batch(ROWS)
    program = one.predict_function.program({one.inputs[0].name: ROWS})
    assert runs(profile) == 1 and program.stop_profile() is None


def test_a_block_inside_a_block_is_part_of_both() -> None:
    one = model()
    with keras.profile() as outer:
        one.predict_on_batch(ROWS)
        with keras.profile() as inner:
            one.predict_on_batch(ROWS)
            one.predict_on_batch(ROWS)
        one.predict_on_batch(ROWS)
    assert runs(inner) == 2 and runs(outer) == 4
    assert inner.taken.wall_ns < outer.taken.wall_ns
    (record,) = (record for record in outer.records if record.function == "predict")
    assert len(record.measured.events) + record.measured.lost >= 4


def test_blocks_may_end_in_the_order_in_which_they_began() -> None:
    one, first, second = model(), Profile(), Profile()
    first.__enter__()
    one.predict_on_batch(ROWS)
    second.__enter__()
    one.predict_on_batch(ROWS)
    first.__exit__(None, None, None)
    one.predict_on_batch(ROWS)
    second.__exit__(None, None, None)
    assert runs(first) == 2 and runs(second) == 2


def test_a_profile_that_is_used_again_starts_over() -> None:
    one, profile = model(), keras.profile()
    for count in (3, 1):
        with profile:
            for _ in range(count):
                one.predict_on_batch(ROWS)
        assert runs(profile) == count
        assert profile.cost.tasks >= count


def test_an_exception_ends_the_profile_and_goes_on() -> None:
    one, profile = model(), keras.profile()
    with pytest.raises(KeyError, match="mine"), profile:
        one.predict_on_batch(ROWS)
        raise KeyError("mine")
    assert runs(profile) == 1 and "outside of native code" in str(profile.table(peak=False))
    with keras.profile() as other:
        pass
    assert not other.records


def test_a_profile_can_be_asked_only_when_its_block_has_ended() -> None:
    with keras.profile() as profile:
        asked = (profile.table, profile.phases, profile.to_pandas, profile._repr_html_)
        for ask in (*asked, lambda: profile.save("unused"), lambda: profile.cost, lambda: profile.records):
            with pytest.raises(RuntimeError, match="still being taken"):
                ask()
        assert repr(profile) == "<Profile, being taken>"
        with pytest.raises(RuntimeError, match="needs a profile of its own"), profile:
            pass
    assert "0 runs of 0 programs" in repr(profile)


def test_a_negative_number_of_events_is_refused() -> None:
    with pytest.raises(ValueError, match="events is -1"):
        keras.profile(events=-1)


@pytest.mark.threads
def test_threads_that_run_and_make_programs_meanwhile_are_all_counted() -> None:
    def work(count: int) -> None:
        one = model()
        for size in range(1, count + 1):
            one.predict_on_batch(ROWS[:size])

    with keras.profile() as outer:
        threads = [Thread(target=work, args=(8,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            with keras.profile() as inner:
                keras.ops.add(ROWS, ROWS)
            assert inner.records
        for thread in threads:
            thread.join()
    assert runs(outer) == 4 * 8


def test_nothing_is_held_when_no_profile_is_taken() -> None:
    with keras.profile():
        model().predict_on_batch(ROWS)
    assert not profiling._measured and not profiling._collectors
