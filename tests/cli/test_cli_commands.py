"""The commands of the command line, run as users run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import kgraph as keras
from kgraph import Graph
from kgraph.cli import COMMANDS, main

GRAPH = """graph f
layer a = {"class_name": "Dense", "units": 1}

# placeholders
%x: f32[N,3] = input()

# parameters
%a/kernel: f32[3,1] = param()

# a
%a/matmul: f32[N,1] = matmul(%x, %a/kernel)  # at model.py:4
%a/log: f32[N,1] = log(%a/matmul)  # at model.py:5

# results
output y = %a/log
"""


class Ran(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with graphs and feeds, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("a.kg").write_text(GRAPH)
    Path("b.kg").write_text(GRAPH.replace("log", "exp"))
    Path("broken.kg").write_text(GRAPH.replace("matmul(%x", "matmul(%nothing"))
    x = np.arange(6, dtype="float32").reshape(2, 3)
    np.savez("feeds.npz", **{"x": x, "a/kernel": np.ones((3, 1), "float32")})
    np.savez("zeros.npz", **{"x": x, "a/kernel": np.zeros((3, 1), "float32")})
    np.savez("less.npz", x=x)
    np.save("one.npy", x)
    Path("text.npz").write_text("no zip file")
    return tmp_path


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> object:
    def run_command(*arguments: str) -> Ran:
        try:
            status = main(arguments)
        except SystemExit as asked:
            status = asked.code
        return Ran(status, *capsys.readouterr())

    return run_command


def in_a_process(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kgraph", *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


# --- all commands ----------------------------------------------------------------------------------------------------


def test_without_a_command_usage_is_shown_and_the_status_is_2(run) -> None:
    ran = run()
    assert ran.status == 2 and "usage: kgraph" in ran.err and "Traceback" not in ran.err


def test_an_unknown_command_is_bad_usage(run) -> None:
    ran = run("shwo")
    assert ran.status == 2 and "invalid choice: 'shwo'" in ran.err


def test_help_lists_every_command_and_the_exit_statuses(run) -> None:
    ran = run("--help")
    assert ran.status == 0 and "exit status: 0" in ran.out
    assert all(f"  {command.name} " in ran.out and command.summary in " ".join(ran.out.split()) for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_help_of_a_command_shows_examples_that_are_valid_usage(run, command) -> None:
    ran = run(command.name, "--help")
    assert ran.status == 0 and "examples:" in ran.out
    for example in command.examples:
        assert example in ran.out and example.startswith(f"kgraph {command.name}")


def test_the_version_is_that_of_the_package(run) -> None:
    import kgraph

    assert run("--version").out == f"kgraph {kgraph.__version__}\n"


def test_the_console_script_is_the_same_command_line() -> None:
    text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.scripts]\nkgraph = "kgraph.cli:main"\n' in text


def test_the_module_runs_as_a_program(here: Path) -> None:
    ran = in_a_process("diff", "a.kg", "b.kg")
    assert ran.returncode == 1 and "- %a/log" in ran.stdout and not ran.stderr
    ran = in_a_process("show", "nowhere.kg")
    assert ran.returncode == 2 and ran.stderr == "kgraph show: nowhere.kg: No such file or directory\n"


def test_a_reader_that_stops_early_gets_no_traceback(here: Path) -> None:
    lines = ["graph long", "%n0: f32[] = input()", *(f"%n{i}: f32[] = neg(%n{i - 1})" for i in range(1, 20000))]
    Path("long.kg").write_text("\n".join(lines) + "\n")
    command = f"{sys.executable} -m kgraph show long.kg | head -1"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert ran.stdout == "graph long\n" and not ran.stderr


@pytest.mark.parametrize("command", ["show", "run", "html"])
def test_a_graph_that_goes_wrong_is_named_with_its_line(run, command: str) -> None:
    rest = {"show": [], "run": ["--feeds", "feeds.npz"], "html": ["-o", "out.html"]}[command]
    ran = run(command, "broken.kg", *rest)
    assert ran.status == 2 and not ran.out
    assert ran.err == f"kgraph {command}: broken.kg, line 11: %a/matmul: its input %nothing does not stand before it\n"


def test_a_file_of_bytes_is_no_graph(run) -> None:
    ran = run("show", "feeds.npz")
    assert (ran.status, ran.out) == (2, "") and ran.err == "kgraph show: feeds.npz is not a graph: it is not text\n"


# --- show ------------------------------------------------------------------------------------------------------------


def test_show_prints_a_dump_that_parses(run) -> None:
    ran = run("show", "a.kg")
    assert (ran.status, ran.err) == (0, "")
    assert Graph.parse(ran.out) == Graph.load("a.kg")


def test_show_takes_patterns_and_shows_lines_of_code(run) -> None:
    ran = run("show", "a.kg", "a/l*", "--sources")
    assert [line for line in ran.out.splitlines() if line.startswith("%")] == [
        "%a/log: f32[N,1] = log(%a/matmul)  # at model.py:5"
    ]


def test_show_says_which_sections_there_are_where_nothing_matches(run) -> None:
    ran = run("show", "a.kg", "b/*")
    assert ran.status == 2
    assert ran.err == "kgraph show: no node of f matches 'b/*'; its sections are placeholders, parameters, a\n"


def test_show_reads_standard_input(here: Path) -> None:
    assert in_a_process("show", "-", input=GRAPH).stdout == str(Graph.load("a.kg"))


def test_show_writes_graphviz(run) -> None:
    assert run("show", "a.kg", "--dot").out == Graph.load("a.kg").to_dot()


# --- diff ------------------------------------------------------------------------------------------------------------


def test_diff_of_equal_graphs_is_0(run) -> None:
    assert run("diff", "a.kg", "a.kg") == Ran(0, "f and f do not differ\n", "")


def test_diff_of_other_graphs_is_1_and_says_what_differs(run) -> None:
    ran = run("diff", "a.kg", "b.kg")
    assert ran.status == 1 and "+ %a/exp: f32[N,1] = exp(%a/matmul)" in ran.out.splitlines()
    assert run("diff", "--quiet", "a.kg", "b.kg") == Ran(1, "", "")


def test_diff_of_what_is_not_there_is_2(run) -> None:
    assert run("diff", "a.kg", "c.kg") == Ran(2, "", "kgraph diff: c.kg: No such file or directory\n")


# --- run -------------------------------------------------------------------------------------------------------------


def test_run_prints_the_results_and_writes_them(run) -> None:
    ran = run("run", "a.kg", "--feeds", "feeds.npz", "--out", "out.npz")
    assert ran.status == 0 and not ran.err
    expected = np.log(np.array([[3.0], [12.0]], "float32"))
    name, _, value = ran.out.strip().partition(" [[")
    assert name == "y: float32[2, 1]" and value == str(expected.tolist())[2:]
    with np.load("out.npz") as written:
        np.testing.assert_allclose(written["y"], expected, rtol=1e-6)


def test_run_says_which_result_is_not_finite_and_gives_1(run) -> None:
    ran = run("run", "a.kg", "--feeds", "zeros.npz")
    assert ran.status == 1 and ran.err == "kgraph run: not finite: y\n" and "-inf" in ran.out


@pytest.mark.parametrize(
    ("feeds", "reason"),
    [
        ("less.npz", "f needs a value for the variables a/kernel"),
        ("one.npy", "one.npy holds one array without a name; save the feeds with numpy.savez(path, name=...)"),
        ("text.npz", "text.npz is not an .npz file of plain arrays: "),
        ("nowhere.npz", "nowhere.npz: No such file or directory"),
    ],
)
def test_run_refuses_feeds_that_do_not_fit(run, feeds: str, reason: str) -> None:
    ran = run("run", "a.kg", "--feeds", feeds)
    assert ran.status == 2 and not ran.out and ran.err.startswith(f"kgraph run: {reason}")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("seed", range(40))
def test_run_survives_feeds_with_bytes_turned(run, here: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(Path("feeds.npz").read_bytes())
    for place in rng.integers(0, len(data), 4):
        data[place] ^= 1 << rng.integers(8)
    Path("turned.npz").write_bytes(data)
    assert run("run", "a.kg", "--feeds", "turned.npz").status in (0, 1, 2)


def test_run_writes_a_result_of_any_name(run, here: Path) -> None:
    Path("named.kg").write_text(GRAPH.replace("output y", "output file"))
    assert run("run", "named.kg", "--feeds", "feeds.npz", "--out", "out.npz").status == 0
    with np.load("out.npz") as written:
        assert written.files == ["file"]


def test_run_does_not_unpickle(run, here: Path) -> None:
    np.savez("pickled.npz", x=np.array([{"a": 1}], dtype=object))
    ran = run("run", "a.kg", "--feeds", "pickled.npz")
    assert ran.status == 2 and "pickled.npz is not an .npz file of plain arrays" in ran.err


# --- html ------------------------------------------------------------------------------------------------------------


def test_html_writes_a_page_that_needs_nothing_else(run) -> None:
    assert run("html", "a.kg", "-o", "a.html") == Ran(0, "", "")
    page = Path("a.html").read_text(encoding="utf-8")
    assert "<html" in page and "a/matmul" in page and "http" not in page.replace("http://www.w3.org/", "")


# --- compare, replay -------------------------------------------------------------------------------------------------


def test_compare_of_graphs_whose_values_are_alike_is_0(run) -> None:
    ran = run("compare", "a.kg", "a.kg", "--feeds", "feeds.npz")
    assert (ran.status, ran.err) == (0, "") and "their values are alike" in ran.out


def test_compare_names_the_first_node_whose_values_part_and_is_1(run, here: Path) -> None:
    Path("c.kg").write_text(GRAPH.replace("= log(", "= exp("))
    ran = run("compare", "a.kg", "c.kg", "--feeds", "feeds.npz")
    assert ran.status == 1 and "they part at %a/log: " in ran.out
    assert run("compare", "a.kg", "c.kg", "--feeds", "feeds.npz", "--rtol", "1e9").status == 0


def test_compare_of_feeds_that_do_not_fit_is_2(run) -> None:
    ran = run("compare", "a.kg", "b.kg", "--feeds", "less.npz")
    assert ran == Ran(2, "", "kgraph compare: f needs a value for the variables a/kernel\n")


@pytest.fixture
def bundle(here: Path) -> str:
    """What a step on a NaN saves."""
    model = keras.Sequential([keras.Input((3,), name="x"), keras.layers.Dense(1, name="risk")])
    model.compile("sgd", "mse")
    with keras.debug.check_values(), pytest.raises(ArithmeticError) as caught:
        model.fit(np.full((2, 3), np.nan, "float32"), np.zeros((2, 1), "float32"), verbose=0)
    return str(caught.value.bundle)


def test_replay_reports_the_node_and_is_1(run, bundle: str) -> None:
    ran = run("replay", bundle)
    assert ran.status == 1 and not ran.err and "%x" in ran.out


def test_replay_of_no_bundle_is_2(run, here: Path) -> None:
    ran = run("replay", "nowhere")
    assert ran.status == 2 and not ran.out and "nowhere" in ran.err and ran.err.count("\n") == 1


# --- profile, demo ---------------------------------------------------------------------------------------------------

SCRIPT = """
import sys
import numpy as np
import helper
import kgraph as keras

model = keras.Sequential([keras.Input((3,), name="x"), keras.layers.Dense(2, name="wide")])
model.predict(np.ones((5, 3), "float32"), verbose=0)
print("arguments", sys.argv[1:], helper.NAME, __name__)
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def script(here: Path) -> str:
    folder = here / "scripts"
    folder.mkdir()
    (folder / "helper.py").write_text("NAME = 'beside'\n")
    (folder / "train.py").write_text(SCRIPT)
    return os.path.join("scripts", "train.py")


def test_profile_runs_a_script_like_python_does_and_prints_where_time_went(run, script: str) -> None:
    argv, path = list(sys.argv), list(sys.path)
    ran = run("profile", "--by", "layer", "--trace", "trace.json", script, "0", "--epochs=3")
    assert ran.status == 0
    assert "arguments ['0', '--epochs=3'] beside __main__" in ran.out
    assert any(line.split()[:1] == ["wide"] for line in ran.out.splitlines()), ran.out
    assert json.loads(Path("trace.json").read_text())["traceEvents"]
    assert (sys.argv, sys.path) == (argv, path)


def test_profile_gives_the_status_of_the_script(run, script: str) -> None:
    assert run("profile", script, "3").status == 3


def test_an_error_of_the_script_shows_its_traceback_and_gives_1(run, script: str) -> None:
    ran = run("profile", script, "no number")
    assert ran.status == 1
    assert "train.py" in ran.err and ran.err.endswith(
        "ValueError: invalid literal for int() with base 10: 'no number'\n"
    )


def test_profile_of_no_file_is_bad_input(run) -> None:
    assert run("profile", "nowhere.py") == Ran(2, "", "kgraph profile: nowhere.py: there is no such file\n")


def test_demo_trains_and_shows_the_graph(run, here: Path) -> None:
    ran = run("demo", "--epochs", "1", "--out", "made")
    assert ran.status == 0 and "of the images that it never saw are named right" in ran.out
    assert "%loss/digit/value: f32[]" in ran.out
    graph = Graph.load(here / "made" / "train.kg")
    assert "update/hidden/kernel/value" in graph


def test_demo_without_epochs_is_bad_usage(run) -> None:
    assert run("demo", "--epochs", "0") == Ran(2, "", "kgraph demo: --epochs is 0; it must be at least 1\n")
