"""What the executable measures of its own runs."""

from __future__ import annotations

import numpy as np
import pytest

import kgraph as keras
from kgraph import config
from kgraph._ops import Executable
from kgraph.instructions import Measured

SIZE = 100_000


def chain_of_two() -> Executable:
    """Slot 1 becomes -(slot 0), then its square."""
    size = (SIZE, 4096)
    steps = [("neg_f32", [(0, 0), (1, 0)], (), (), *size), ("mul_f32", [(1, 0), (1, 0), (1, 0)], (), (), *size)]
    executable = Executable(2, steps, [0, 2])
    executable.bind(0, np.ones(SIZE, np.float32))
    executable.bind(1, np.zeros(SIZE, np.float32))
    return executable


def measured(executable: Executable, runs: int, events: int = 10_000) -> Measured:
    executable.start_profile(events)
    for _ in range(runs):
        executable.run()
    profile = executable.stop_profile()
    assert profile is not None
    return profile


def test_every_instruction_of_a_chain_is_timed_apart() -> None:
    profile = measured(chain_of_two(), runs=5)
    assert profile.runs == 5
    assert (profile.busy_ns > 0).all() and (profile.tasks >= 5).all()
    assert profile.phases == [range(0, 2)]
    assert profile.busy_ns.sum() <= config.num_threads() * profile.wall_ns


def test_events_are_the_tasks_in_time_and_those_without_room_are_counted() -> None:
    whole = measured(chain_of_two(), runs=3)
    instruction, thread, begin, end = whole.events.T
    assert whole.lost == 0 and (instruction == 0).all() and (thread >= 0).all() and (begin <= end).all()
    few = measured(chain_of_two(), runs=3, events=1)
    assert len(few.events) == 1 and few.lost == len(whole.events) - 1


def test_what_is_not_asked_for_is_not_measured() -> None:
    executable = chain_of_two()
    executable.run()
    assert executable.stop_profile() is None
    with pytest.raises(ValueError, match="events is -1"):
        executable.start_profile(-1)


def test_an_update_is_made_tile_by_tile_right_after_its_gradient() -> None:
    model = keras.Sequential([keras.Input((300,), name="x"), keras.layers.Dense(600, name="wide")])
    model.compile("sgd", "mse")
    model.train_on_batch(np.zeros((32, 300), np.float32), np.zeros((32, 600), np.float32))
    feeds = {"x": np.zeros((32, 300), np.float32), "wide_target": np.zeros((32, 600), np.float32)}
    nodes = [each.node.name for each in model.train_function.program(feeds).instructions]
    assert nodes.index("update/wide/kernel/value") == nodes.index("grad/wide/kernel") + 1
