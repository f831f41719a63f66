"""The trace of a profile, as the viewers of Chrome and Perfetto read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from two_outputs import batch, two_outputs

import kgraph as keras
from kgraph.profiling import Profile

STEPS = 5


def train(events: int = 50_000) -> Profile:
    model = two_outputs()
    x, y, weights = batch(32)
    model.train_on_batch(x, y, weights)
    with keras.profile(events=events) as profile:
        for _ in range(STEPS):
            model.train_on_batch(x, y, weights)
    return profile


def saved(profile: Profile, folder: Path) -> dict[str, Any]:
    profile.save(folder / "trace.json")
    return json.loads((folder / "trace.json").read_text(encoding="utf-8"))


def test_each_task_is_an_event_with_a_beginning_and_no_negative_duration(tmp_path: Path) -> None:
    profile = train()
    trace = saved(profile, tmp_path)
    tasks = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert len(tasks) == sum(len(record.measured.events) for record in profile.records) > 0
    for event in tasks:
        assert event.keys() == {"ph", "name", "cat", "ts", "dur", "pid", "tid", "args"}
        assert event["dur"] >= 0 and 0 <= event["ts"] <= profile.taken.wall_ns / 1e3 - event["dur"]
    assert [event["ts"] for event in tasks] == sorted(event["ts"] for event in tasks)


def test_tasks_of_one_thread_do_not_overlap(tmp_path: Path) -> None:
    tasks = [event for event in saved(train(), tmp_path)["traceEvents"] if event["ph"] == "X"]
    for thread in {event["tid"] for event in tasks}:
        row = [event for event in tasks if event["tid"] == thread]
        for before, after in zip(row, row[1:], strict=False):
            assert before["ts"] + before["dur"] <= after["ts"] + 1e-3


def test_names_are_nodes_categories_layers_and_arguments_tell_the_kernel(tmp_path: Path) -> None:
    profile = train()
    tasks = [event for event in saved(profile, tmp_path)["traceEvents"] if event["ph"] == "X"]
    works = {work.node.name: work for record in profile.records for work in record.works}
    for event in tasks:
        work = works[event["name"]]
        assert event["cat"] == work.layer
        assert (event["args"]["kernel"], event["args"]["shape"]) == (work.kernel, str(work.node.type))
        assert event["args"]["program"].startswith("train (left[32, 4, 3]")
    assert {"shared", "score", "total"} <= {event["cat"] for event in tasks}
    seen = {event["name"] for event in tasks} | {name for event in tasks for name in event["args"].get("then", ())}
    assert seen == works.keys()


def test_every_thread_has_a_name(tmp_path: Path) -> None:
    events = saved(train(), tmp_path)["traceEvents"]
    named = {event["tid"] for event in events if event["name"] == "thread_name"}
    assert named == {event["tid"] for event in events if event["ph"] == "X"} and 0 in named
    assert [event["args"]["name"] for event in events if event["name"] == "process_name"] == ["kgraph"]


def test_tasks_without_room_are_counted_and_do_not_change_the_table(tmp_path: Path) -> None:
    few = train(events=3)
    trace = saved(few, tmp_path)
    assert len([event for event in trace["traceEvents"] if event["ph"] == "X"]) == 3 * len(few.records)
    assert trace["otherData"]["lost_tasks"] == sum(record.measured.lost for record in few.records) > 0
    assert sum(few.table(top=None, peak=False).column("share")) == pytest.approx(1)
