"""Dumps of every stage in which functions and programs are made."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from two_outputs import SAMPLES, batch, two_outputs

import kgraph as keras
from kgraph import Graph, ops
from kgraph.costs import bytes_moved, flops
from kgraph.names import reset_names
from kgraph.stages import observers


@pytest.fixture
def dumped(tmp_path: Path) -> Path:
    """What one step of training, of evaluation, and one prediction write."""
    reset_names()
    x, y, weights = batch()
    with keras.debug.dump_to(tmp_path):
        model = two_outputs()
        model.train_on_batch(x, y, sample_weight=weights)
        model.test_on_batch(x, y, sample_weight=weights)
        model.predict_on_batch(x)
    return tmp_path


def stages(folder: Path) -> list[str]:
    return [path.name for path in sorted(folder.iterdir())]


def test_each_function_and_each_program_has_a_numbered_folder(dumped: Path) -> None:
    assert [path.name for path in sorted(dumped.iterdir())] == [
        "01-train",
        f"02-train-{SAMPLES}",
        "03-test",
        f"04-test-{SAMPLES}",
        "05-predict",
        f"06-predict-{SAMPLES}",
    ]


def test_each_stage_of_a_function_is_a_numbered_file(dumped: Path) -> None:
    assert stages(dumped / "01-train") == [
        "01-compiled.kg",
        "02-resolve_phase.kg",
        "03-keep.kg",
        "04-gradients.kg",
        "05-optimizer.kg",
        "06-keep.kg",
        "07-cse.kg",
        "08-fold.kg",
        "09-dead_code.kg",
    ]


def test_each_pass_of_a_program_is_a_numbered_file_and_the_last_is_the_schedule(dumped: Path) -> None:
    names = stages(dumped / f"02-train-{SAMPLES}")
    assert [name[:2] for name in names] == [f"{number:02}" for number in range(1, len(names) + 1)]
    passes = [name[3:-3] for name in names]
    assert passes[:3] == ["ones_for", "dead_code", "bind"]
    assert passes.index("fold") < passes.index("fuse_dense") < passes.index("scheduled") == len(passes) - 1


def test_every_file_parses_and_gives_the_same_text_again(dumped: Path) -> None:
    files = sorted(dumped.glob("*/*.kg"))
    assert len(files) > 40
    for path in files:
        graph = Graph.load(path)
        assert Graph.parse(str(graph)) == graph
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
        assert [line.partition("  # ")[0] for line in lines] == str(graph).splitlines(), path


def test_the_first_line_says_what_was_made_of_which_shapes_by_which_stage(dumped: Path) -> None:
    (path,) = dumped.glob("02-*/*-fuse_dense.kg")
    heading = path.read_text(encoding="utf-8").partition("\n")[0]
    assert heading.startswith("# train for ") and heading.endswith(": fuse_dense")
    assert "left[6,4,3]" in heading and "total_sample_weights[6]" in heading


def test_passes_keep_the_lines_of_code_and_the_files_show_them(dumped: Path) -> None:
    for path in dumped.glob("01-train/*.kg"):
        graph = Graph.load(path)
        assert graph["shared/matmul"].source.startswith(f"tests{os.sep}debug{os.sep}two_outputs.py:"), path


def test_the_schedule_says_kernel_places_bytes_and_flops_of_what_runs(dumped: Path) -> None:
    (path,) = dumped.glob("02-*/*-scheduled.kg")
    graph = Graph.load(path)
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("%total/add: ")]
    node = graph["total/add"]
    assert node.op == "dense" and len(lines) == 1
    form = r".*  # dense_f32\(arena\+\d+, %total/kernel, %total/bias\) -> arena\+\d+, (\d+) bytes, (\d+) FLOPs"
    found = re.fullmatch(form, lines[0])
    assert found is not None, lines
    assert (int(found[1]), int(found[2])) == (bytes_moved(node, graph), flops(node, graph))
    assert int(found[2]) == 2 * SAMPLES * 40 + 2 * SAMPLES


def test_the_schedule_is_in_the_order_of_running_and_computes_the_same(dumped: Path) -> None:
    reset_names()
    model = two_outputs()
    x, y, weights = batch()
    feeds = {**x, **{f"{name}_target": y[name] for name in y}, **{f"{n}_sample_weights": weights[n] for n in weights}}
    program = model.make_train_function().program(feeds)
    (path,) = dumped.glob("02-*/*-scheduled.kg")
    scheduled = Graph.load(path)
    run = [node.name for node in program.plan.order]
    assert [node.name for node in scheduled.nodes if node.name in set(run)] == run
    leaves = scheduled.leaves("param", "state")
    feeds |= {leaf.name: np.ones(leaf.type.known_shape, leaf.type.numpy_dtype) for leaf in leaves}
    results = scheduled.run(feeds)
    (before,) = dumped.glob("01-train/*-dead_code.kg")
    expected = Graph.load(before).run(feeds)
    assert results.keys() == expected.keys()
    for name, value in results.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-5, atol=1e-6, err_msg=name)


def test_nothing_is_written_after_the_block_or_after_none(dumped: Path, tmp_path: Path) -> None:
    before = sorted(dumped.rglob("*"))
    two_outputs().predict_on_batch(batch()[0])
    assert keras.debug.dump_to(tmp_path / "more") is not None
    assert keras.debug.dump_to(None) is None
    two_outputs().predict_on_batch(batch()[0])
    assert sorted(dumped.rglob("*")) == before and not observers


def test_a_block_inside_another_writes_elsewhere_and_then_the_outer_goes_on(tmp_path: Path) -> None:
    with keras.debug.dump_to(tmp_path / "outer"):
        with keras.debug.dump_to(tmp_path / "inner"):
            two_outputs().make_train_function()
        two_outputs().make_test_function()
    assert [path.name for path in (tmp_path / "outer").iterdir()] == ["01-test"]
    assert [path.name for path in (tmp_path / "inner").iterdir()] == ["01-train"]


def test_folders_of_an_earlier_run_stay(tmp_path: Path) -> None:
    for _ in range(2):
        with keras.debug.dump_to(tmp_path):
            two_outputs().make_train_function()
    assert stages(tmp_path / "01-train") == stages(tmp_path / "02-train")


def test_ops_on_arrays_are_not_functions_to_look_at(tmp_path: Path) -> None:
    with keras.debug.dump_to(tmp_path):
        ops.add(np.ones((3, 7), np.float32), np.ones((3, 7), np.float32))
    assert not list(tmp_path.iterdir())


def test_names_that_are_no_file_names_are_made_into_some(tmp_path: Path) -> None:
    graph = Graph.parse('graph "a b/../c"\n%x: f32[2] = input()\n%y: f32[2] = neg(%x)\noutput y = %y\n')
    with keras.debug.dump_to(tmp_path):
        graph.run({"x": np.ones(2, np.float32)})
    assert [path.name for path in tmp_path.iterdir()] == ["01-a_b_.._c-2"]


def test_the_environment_asks_for_dumps_too(tmp_path: Path) -> None:
    program = (
        "import numpy as np, kgraph as keras\n"
        "model = keras.Sequential([keras.Input((3,), name='x'), keras.layers.Dense(2, name='d')])\n"
        "model.predict(np.ones((5, 3), 'float32'), verbose=0)\n"
    )
    environment = {**os.environ, "KGRAPH_DUMP": str(tmp_path / "dir")}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert [path.name for path in sorted((tmp_path / "dir").iterdir())] == ["01-predict", "02-predict-5"]
