"""Every script of ``bench/`` runs, and the harness refuses what would make its figures worthless."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import soak
from harness.agreement import Disagreement, check_losses
from harness.environment import worker_environment
from harness.figures import QUESTIONS, number, spread
from harness.peers import KGRAPH, PEERS
from harness.report import BEGIN, END, publish, ratios, report
from harness.session import Session, Unavailable, WorkerFailed
from harness.sizes import package_mb
from harness.workloads import WORKLOADS

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / "bench"
HERE = str(ROOT)

#: Arguments with which each script is done in a moment; kgraph alone.
TINY = {
    "suite.py": ["--quick", "--peers", KGRAPH, "--workloads", "small,two-heads"],
    "compare.py": [HERE, HERE, "--quick", "--workloads", "small"],
    "soak.py": ["--predicts", "400", "--steps", "100"],
    "busy_core.py": ["--quick", "--workloads", "middle", "--limit", "1000"],
    "step_overhead.py": ["--seconds", "0.02"],
    "kernels.py": ["--seconds", "0.01", "matmul:8x16,16x8", "exp:64"],
}


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(BENCH / script), *arguments], capture_output=True, text=True)


def test_every_script_is_run_here() -> None:
    assert {path.name for path in BENCH.glob("*.py")} == set(TINY)


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted(set(TINY) - {"suite.py"}))
def test_a_script_runs_and_prints_its_figures(script: str) -> None:
    done = run(script, *TINY[script])
    assert done.returncode == 0, done.stderr
    assert any(character.isdigit() for character in done.stdout)


@pytest.mark.slow
def test_the_suite_measures_every_figure_and_shows_it_again(tmp_path: Path) -> None:
    done = run("suite.py", *TINY["suite.py"], "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))
    for outcome in results["workloads"].values():
        figures = outcome["peers"][KGRAPH]
        assert set(figures) == {*QUESTIONS, "first_step_ms", "memory_mb"}
        assert all(value > 0 for samples in figures.values() for value in samples)
        assert outcome["sgemm"][KGRAPH][0] > 0
    assert results["import_ms"][KGRAPH][0] > 0
    assert done.stdout.strip() == report(results).strip()


def test_a_peer_that_cannot_do_a_workload_says_why() -> None:
    with pytest.raises(Unavailable, match="sklearn|MLPClassifier"):
        Session("train", "sklearn", "two-heads")


def test_a_worker_that_breaks_down_shows_what_it_printed() -> None:
    with pytest.raises(WorkerFailed, match="KeyError: 'no-such-peer'"):
        Session("train", "no-such-peer", "small")


def test_a_build_in_another_tree_is_the_one_that_is_measured(tmp_path: Path) -> None:
    (tmp_path / "kgraph.py").write_text("raise ImportError('the other tree')", encoding="utf-8")
    with pytest.raises(Unavailable, match="the other tree"):
        Session("train", KGRAPH, "small", tree=tmp_path)


def test_compare_says_what_it_cannot_find() -> None:
    done = run("compare.py", "no-such-revision", HERE)
    assert done.returncode == 1
    assert "'no-such-revision' is neither a folder nor a git revision" in done.stderr


def test_an_unknown_workload_is_answered_with_those_that_there_are() -> None:
    done = run("suite.py", "--workloads", "huge")
    assert done.returncode == 2
    assert f"no workload huge; there are {', '.join(WORKLOADS)}" in done.stderr


def test_peers_whose_losses_agree_and_fall_pass() -> None:
    check_losses({"a": [0.7, 0.6, 0.5, 0.4], "b": [0.701, 0.6, 0.499, 0.4]})


def test_a_peer_that_does_not_train_is_named() -> None:
    with pytest.raises(Disagreement, match="b does not train"):
        check_losses({"a": [0.7, 0.6, 0.5, 0.4], "b": [0.7, 0.7, 0.7, 0.7]})


def test_a_peer_whose_loss_is_not_a_number_is_named() -> None:
    with pytest.raises(Disagreement, match="b does not train"):
        check_losses({"a": [0.7, 0.6, 0.5, 0.4], "b": [0.7, 0.6, float("nan"), float("nan")]})


def test_a_peer_that_trains_something_else_is_named_with_the_step() -> None:
    with pytest.raises(Disagreement, match="c has a loss of 0.55 in step 2, the median peer 0.5"):
        check_losses({"a": [0.7, 0.6, 0.5, 0.4], "b": [0.7, 0.6, 0.5, 0.4], "c": [0.7, 0.6, 0.55, 0.4]})


def test_memory_that_grows_after_the_first_tenth_is_growth() -> None:
    assert soak.growth([30.0, 40.0, *[40.0] * 18]) == 0.0
    assert soak.growth([40.0 + step for step in range(20)]) == 18.0


def test_workers_run_without_variables_that_tune_a_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = worker_environment(PEERS["keras-jax"].environment, tmp_path)
    assert "OPENBLAS_CORETYPE" not in environment and "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["LANG"] == "C.UTF-8" and environment["KERAS_BACKEND"] == "jax"


def test_the_operations_of_a_step_are_those_of_its_products() -> None:
    forward = 2 * 32 * (20 * 64 + 64 * 64 + 64 * 1)
    assert WORKLOADS["small"].flops() == 3 * forward - 2 * 32 * 20 * 64


@pytest.mark.parametrize("name", ["small", "two-heads"])
def test_data_fit_their_workload(name: str) -> None:
    workload = WORKLOADS[name]
    batches = workload.data().batches(workload.batch)
    assert len(batches) == workload.epoch_steps
    assert all(len(batch.x) == workload.batch for batch in batches)
    assert len(batches[0].targets) == len(workload.heads)
    assert len(batches[0].weights) == (len(workload.heads) if workload.weighted else 0)


def test_a_spread_is_the_median_and_the_quartiles() -> None:
    found = spread([5.0, 1.0, 2.0, 4.0, 3.0])
    assert (found.median, found.low, found.high) == (3.0, 2.0, 4.0)
    assert [number(value) for value in (0.1234, 1.234, 12.34, 1234.5)] == ["0.123", "1.23", "12.3", "1,234"]


def test_ratios_are_multiples_of_the_time_of_kgraph() -> None:
    samples = {KGRAPH: {"step_us": [2.0, 2.0, 2.0]}, "jax": {"step_us": [8.0, 8.0, 9.0]}, "torch": {}}
    assert ratios(samples, "step_us") == {"jax": 4.0}


def test_tables_replace_the_ones_between_the_marks_only(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    publish("new", readme)
    publish("newer", readme)
    assert readme.read_text(encoding="utf-8") == f"before\n{BEGIN}\n\nnewer\n{END}\nafter\n"


def test_the_readme_of_the_benchmarks_has_the_marks_and_names_every_script() -> None:
    text = (BENCH / "README.md").read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)
    assert all(f"[{script}]({script})" in text for script in TINY)


def test_sources_of_the_build_do_not_count_as_installed(tmp_path: Path) -> None:
    tag = sys.implementation.cache_tag
    for name in ("a.py", f"a.{tag}.pyc", f"_ops.{tag}-linux.so", "_ops.pyx", "gemm.c", "_ops.cpython-27-linux.so"):
        (tmp_path / name).write_bytes(bytes(2**20))
    assert package_mb(tmp_path) == 3.0
