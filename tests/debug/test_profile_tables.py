"""The tables of a profile: every row is a share of one whole."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from two_outputs import batch, two_outputs

import kgraph as keras
from kgraph.profiling import Profile
from kgraph.profiling.report import GATHERING, OUTSIDE
from kgraph.tables import Column, Table, folded

BYS = ("node", "op", "layer")


class Sleeper(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        time.sleep(0.03)


@pytest.fixture(scope="module")
def taken() -> Profile:
    """Training with a callback that sleeps, evaluation and prediction."""
    model = two_outputs()
    x, y, weights = batch(64)
    with keras.profile() as profile:
        model.fit(x, y, sample_weight=weights, batch_size=24, epochs=2, verbose=0, callbacks=[Sleeper()])
        model.evaluate(x, y, verbose=0)
        model.predict(x, verbose=0)
    return profile


def total(table: Table, column: str) -> float:
    return sum(float(cell) for cell in table.column(column) if isinstance(cell, (int, float)))


@pytest.mark.parametrize("by", BYS)
@pytest.mark.parametrize("top", [None, 40, 3, 0])
def test_times_add_up_to_the_time_of_the_block_and_shares_to_one(taken: Profile, by: str, top: int | None) -> None:
    table = taken.table(by, top, peak=False)
    assert total(table, "time_ms") == pytest.approx(taken.taken.wall_ns / 1e6)
    assert total(table, "share") == pytest.approx(1)


def test_rows_stand_in_the_order_of_their_times_before_what_no_kernel_did(taken: Profile) -> None:
    *kernels, gathering, outside = taken.table(top=None, peak=False)
    times = [row["time_ms"] for row in kernels]
    assert times == sorted(times, reverse=True) and len(times) > 40
    assert (gathering["node"], outside["node"]) == (GATHERING, OUTSIDE)


def test_every_layer_output_and_function_is_there(taken: Profile) -> None:
    layers = taken.table("layer", top=None, peak=False).column("layer")
    computing = {"shared", "mask", "score", "drop", "total", "loss/score", "loss/total", "metrics/total_mae"}
    assert computing <= set(layers)
    nodes = {str(node) for node in taken.table(top=None, peak=False).column("node")}
    assert {node.split(": ")[0] for node in nodes} >= {"train", "test", "predict"}
    assert any("grad/shared" in node for node in nodes) and any("update/shared" in node for node in nodes)


def test_time_that_passes_in_callbacks_is_outside_of_native_code(taken: Profile) -> None:
    outside = next(row for row in taken.table(peak=False) if row["node"] == OUTSIDE)
    assert outside["time_ms"] >= 60 and outside["calls"] is None


def test_calls_are_those_of_each_run(taken: Profile) -> None:
    table = taken.table("layer", top=None, peak=False)
    runs = {function: 0 for function in ("train", "test", "predict")}
    for record in taken.records:
        runs[record.function] = runs.get(record.function, 0) + record.measured.runs
    assert (runs["train"], runs["test"], runs["predict"]) == (2 * 3, 2, 2)
    assert total(table, "calls") == sum(len(record.works) * record.measured.runs for record in taken.records)


def test_rates_are_those_of_the_arithmetic_and_the_bytes_of_a_product() -> None:
    a = np.ones((256, 256), np.float32)
    keras.ops.matmul(a, a)
    with keras.profile() as profile:
        for _ in range(5):
            keras.ops.matmul(a, a)
    row = next(row for row in profile.table("op") if row["op"] == "matmul")
    assert row["calls"] == 5
    assert row["gflops"] * row["time_ms"] * 1e6 == pytest.approx(5 * 2 * 256**3)
    assert row["gbytes"] * row["time_ms"] * 1e6 == pytest.approx(5 * 3 * 4 * 256**2)
    assert row["us_a_call"] * 5 == pytest.approx(row["time_ms"] * 1e3)
    assert 0 < row["of_peak"] < 3


def test_the_cost_of_measuring_is_measured_and_printed(taken: Profile) -> None:
    cost = taken.cost
    assert cost.tasks == sum(len(record.measured.events) + record.measured.lost for record in taken.records)
    assert 0 < cost.ns_a_task < 20_000 and 0 <= cost.ns_a_link < 20_000 and cost.around_ns > 0
    assert cost.total_ns == cost.tasks * cost.ns_a_task + cost.links * cost.ns_a_link
    assert f"measuring took {cost.total_ns / 1e6:.2f} ms" in str(taken.table(peak=False))


def test_the_peak_is_printed_only_where_it_was_asked_for(taken: Profile) -> None:
    with_peak, without = taken.table(), taken.table(peak=False)
    assert "peak: " in str(with_peak) and "peak" not in str(without)
    assert total(with_peak, "of_peak") > 0
    with pytest.raises(KeyError, match="no column 'of_peak'; there are node, time_ms"):
        without.column("of_peak")


@pytest.mark.parametrize("by", BYS)
def test_no_line_is_wider_than_a_terminal(taken: Profile, by: str) -> None:
    lines = f"{taken.table(by)}\n{taken.phases()}".splitlines()
    assert max(map(len, lines)) <= 120


def test_a_word_that_is_no_grouping_is_refused(taken: Profile) -> None:
    with pytest.raises(ValueError, match="by must be one of node, op, layer, not 'file'"):
        taken.table("file")


def test_a_number_of_rows_below_zero_is_refused(taken: Profile) -> None:
    with pytest.raises(ValueError, match="top must be a number of rows or None, not -1"):
        taken.table(top=-1)


def test_a_long_name_gives_way_to_dots_that_every_terminal_can_print() -> None:
    table = Table("", [Column("name", "name", left=True)], [("head" + "x" * 200 + "tail",)])
    last = str(table).splitlines()[-1]
    assert len(last) == 120 and last.startswith("head") and last.endswith("tail") and "..." in last
    assert last.isascii()
    assert [folded("abcdefgh", width) for width in (0, 1, 2, 3, 4, 6, 8)] == [
        *("", ".", "..", "...", "...h", "a...gh", "abcdefgh")
    ]


def test_a_trace_that_cannot_be_written_names_the_file_that_was_asked_for(taken: Profile, tmp_path: Path) -> None:
    wanted = tmp_path / "nowhere" / "trace.json"
    with pytest.raises(FileNotFoundError) as failed:
        taken.save(wanted)
    assert failed.value.filename == str(wanted)


def test_phases_are_the_runs_of_all_programs_cut_in_time(taken: Profile) -> None:
    phases = taken.phases()
    gathering = next(row for row in taken.table(peak=False) if row["node"] == GATHERING)
    native_ms = taken.taken.native_ns / 1e6
    assert total(phases, "wall_ms") + gathering["time_ms"] == pytest.approx(native_ms)
    assert total(phases, "busy_ms") == pytest.approx(taken.taken.busy_ns / 1e6)
    assert all(0 <= share <= 1 for share in phases.column("idle"))
    assert total(phases, "kernels") == sum(len(record.works) for record in taken.records)


def test_tables_are_frames_and_html_too(taken: Profile) -> None:
    pytest.importorskip("pandas")
    frame = taken.to_pandas("layer")
    assert frame["share"].sum() == pytest.approx(1) and len(frame) == len(taken.table("layer", top=None))
    html = taken._repr_html_()
    assert html.count("<tr>") == len(taken.table()) + 1 and "measuring took" in html


def test_a_block_in_which_nothing_runs_is_all_outside() -> None:
    with keras.profile() as profile:
        pass
    table = profile.table(peak=False)
    assert [row["share"] for row in table] == [0, 1] and "0 runs of 0 programs" in str(table)
    assert len(profile.phases()) == 0
