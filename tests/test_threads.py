"""Several threads at once: those of the pool, and Python's own. `make test-sanitize` runs these under TSan too."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from random_graphs import RandomGraph

import kgraph as keras
from kgraph import config, threads
from kgraph._ops import Executable, KernelFault
from kgraph.ir import Graph
from kgraph.runtime import Function, Storage
from kgraph.runtime.phases import Access, Extent, Link, find_links

pytestmark = pytest.mark.threads

SIZE = 10_000
RUNS = 50
#: Rows that make a random graph large enough for the pool.
ROWS = 40_000
COUNTS = (1, 2, 3, 4, 8)
LINUX = sys.platform == "linux"
#: Long enough for a machine that does a hundred other things, short enough to end a test that hangs.
PATIENCE = 120


@pytest.fixture(autouse=True)
def _same_number_of_threads_afterwards() -> Iterator[None]:
    before = config.num_threads()
    yield
    config.set_num_threads(before)


def accumulate(ones: np.ndarray, total: np.ndarray, grain: int = 100) -> Executable:
    """Each run adds ``ones`` to ``total`` in place, in enough tasks for the pool."""
    executable = Executable(2, [("add_f32", [(0, 0), (1, 0), (1, 0)], (), (), SIZE, grain)])
    executable.bind(0, ones)
    executable.bind(1, total)
    return executable


def repeat(run: Callable[[], object]) -> None:
    for _ in range(RUNS):
        run()


def run_together(runs: Sequence[Callable[[], object]]) -> None:
    together = [threading.Thread(target=repeat, args=(run,), daemon=True) for run in runs]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "threads wait for each other"


def run_script(script: str, **environment: str) -> str:
    """What a Python of its own prints for ``script``."""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def dense_model(width: int = 256) -> keras.Model:
    """A model whose training step is large enough for the pool, the same each time."""
    keras.utils.set_random_seed(7)
    hidden = [keras.layers.Dense(width, activation="relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((64,)), *hidden, keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def dense_data(rows: int = 256) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.normal(size=(rows, 64)).astype(np.float32), rng.integers(0, 10, rows)


def os_threads() -> int:
    return len(os.listdir("/proc/self/task"))


# --- the same results ------------------------------------------------------------------------------------------------


def random_case(seed: int, rows: int) -> tuple[Graph, dict[str, np.ndarray], dict[str, Storage]]:
    rng = np.random.default_rng(seed)
    graph = RandomGraph(rng).make(40)
    feeds, variables = (
        {node.name: rng.uniform(-1, 1, node.type.substitute({"N": rows}).known_shape) for node in graph.leaves(*ops)}
        for ops in (("input",), ("param", "state"))
    )
    return graph, feeds, {name: Storage(value) for name, value in variables.items()}


@pytest.mark.parametrize("seed", range(10))
def test_runs_of_a_random_graph_are_the_same_to_the_last_bit(seed: int) -> None:
    seen = []
    for count in COUNTS:
        config.set_num_threads(count)
        graph, feeds, variables = random_case(seed, ROWS)
        function = Function(graph, variables)
        results = [function(feeds) for _ in range(2)]
        seen.append(
            [value.tobytes() for result in results for value in result.values()]
            + [storage.array.tobytes() for storage in variables.values()]
        )
    assert all(each == seen[0] for each in seen)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("ordered", [True, False])
def test_steps_of_a_random_graph_are_the_same_to_the_last_bit(seed: int, ordered: bool) -> None:
    steps = 3
    order = np.random.default_rng(seed).permutation(steps * ROWS) if ordered else None
    seen = []
    for count in COUNTS:
        config.set_num_threads(count)
        graph, feeds, variables = random_case(seed, steps * ROWS)
        silent = Graph(graph.name, graph.nodes, {}, graph.updates)
        Function(silent, variables).run_steps(feeds, order, 0, ROWS, steps)
        seen.append([storage.array.tobytes() for storage in variables.values()])
    assert all(each == seen[0] for each in seen)


def test_training_is_the_same_to_the_last_bit() -> None:
    seen = []
    for count in COUNTS:
        config.set_num_threads(count)
        model = dense_model()
        history = model.fit(*dense_data(), batch_size=64, epochs=2, verbose=0)
        seen.append((history.history, [weight.tobytes() for weight in model.get_weights()]))
    assert all(each == seen[0] for each in seen)


# --- Python threads --------------------------------------------------------------------------------------------------


def test_runs_of_one_executable_follow_one_another() -> None:
    total = np.zeros(SIZE, np.float32)
    executable = accumulate(np.ones(SIZE, np.float32), total)
    run_together([executable.run] * 4)
    np.testing.assert_array_equal(total, 4 * RUNS)


@pytest.mark.parametrize("count", COUNTS)
def test_executables_run_side_by_side_on_what_they_share_for_reading(count: int) -> None:
    config.set_num_threads(count)
    ones = np.ones(SIZE, np.float32)
    totals = [np.zeros(SIZE, np.float32) for _ in range(4)]
    run_together([accumulate(ones, total).run for total in totals])
    for total in totals:
        np.testing.assert_array_equal(total, RUNS)


def test_binding_waits_for_the_run_that_is_under_way() -> None:
    first, second = np.zeros(SIZE, np.float32), np.zeros(SIZE, np.float32)
    executable = accumulate(np.ones(SIZE, np.float32), first)

    def rebind() -> None:
        executable.bind(1, second)
        executable.bind(1, first)

    run_together([executable.run, rebind])
    for total in (first, second):
        assert (total == total[0]).all(), "a run wrote to two arrays"
    assert first[0] + second[0] == RUNS


@pytest.mark.parametrize("callers", [2, 8])
def test_threads_that_predict_with_one_model_at_once_get_their_own_results(callers: int) -> None:
    config.set_num_threads(4)
    model = dense_model()
    inputs = [dense_data()[0] * (1 + index) for index in range(callers)]
    expected = [model.predict(each, batch_size=256, verbose=0) for each in inputs]
    wrong: list[int] = []

    def predict(index: int) -> None:
        if not np.array_equal(model.predict(inputs[index], batch_size=256, verbose=0), expected[index]):
            wrong.append(index)

    run_together([lambda index=index: predict(index) for index in range(callers)])
    assert not wrong


def test_the_number_of_threads_may_change_while_programs_run() -> None:
    totals = [np.zeros(SIZE, np.float32) for _ in range(2)]
    ones = np.ones(SIZE, np.float32)
    counts = iter(COUNTS * RUNS)
    run_together([*(accumulate(ones, total).run for total in totals), lambda: config.set_num_threads(next(counts))])
    for total in totals:
        np.testing.assert_array_equal(total, RUNS)


# --- faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("bad", [(9_999, 57, 4_321), (0,), (150, 100, 199)])
def test_of_many_faults_the_one_at_the_lowest_position_is_reported(count: int, bad: tuple[int, ...]) -> None:
    config.set_num_threads(count)
    indices = np.arange(SIZE)
    indices[list(bad)] = [SIZE + position for position in bad]
    after = np.zeros(SIZE, np.float32)
    gather = ("gather_b4_i64", [(0, 0), (1, 0), (2, 0)], (SIZE, 1), (), SIZE, 100)
    executable = Executable(4, [gather, ("neg_f32", [(0, 0), (3, 0)], (), (), SIZE, 100)])
    for slot, array in enumerate((np.ones(SIZE, np.float32), indices, np.zeros(SIZE, np.float32), after)):
        executable.bind(slot, array)
    for _ in range(RUNS):
        with pytest.raises(KernelFault) as caught:
            executable.run()
        assert (caught.value.instruction, caught.value.position) == (0, min(bad))
        assert caught.value.value == SIZE + min(bad)
    assert not after.any(), "an instruction ran after the one that failed"


def test_rows_that_several_threads_gather_are_those_of_the_order() -> None:
    """Each step adds its batch to itself: long rows, so that gathering is shared too."""
    rows, width, batch = 256, 3000, 64
    source = np.random.default_rng(0).normal(size=(rows, width)).astype(np.float32)
    staging, doubled = np.zeros((batch, width), np.float32), np.zeros((batch, width), np.float32)
    size = batch * width
    executable = Executable(2, [("add_f32", [(0, 0), (0, 0), (1, 0)], (), (), size, 1000)])
    executable.bind(0, staging)
    executable.bind(1, doubled)
    order = np.random.default_rng(1).permutation(rows)
    for count in COUNTS:
        config.set_num_threads(count)
        for first in range(0, rows, batch):
            executable.run_steps([source], [0], order, first, batch, 1, np.empty((1, 0)), [])
            np.testing.assert_array_equal(doubled, 2 * source[order[first : first + batch]])


# --- phases ----------------------------------------------------------------------------------------------------------


def access(reads: str, write: str, alone: bool = False) -> Access:
    """Of letters, each of which stands for eight bytes of slot 0."""
    extents = [Extent(0, 8 * ord(letter), 8 * ord(letter) + 8) for letter in reads + write]
    return Access(tuple(extents[:-1]), extents[-1], alone)


@pytest.mark.parametrize(
    ("second", "joins"),
    [
        (access("a", "c"), True),
        (access("b", "c"), False),
        (access("c", "a"), False),
        (access("c", "b"), False),
        (access("a", "c", alone=True), False),
    ],
)
def test_an_instruction_joins_those_that_neither_need_nor_overwrite_anything_of_it(second: Access, joins: bool) -> None:
    first = access("a", "b")
    assert find_links([first, second]) == [False, joins]
    assert find_links([first, access("x", "y"), second]) == [False, True, joins]


def test_nothing_joins_an_instruction_that_may_fault() -> None:
    assert find_links([access("a", "b", alone=True), access("a", "c"), access("a", "d")]) == [False, False, True]


def elements(reads: str, write: str, alone: bool = False) -> Access:
    """As ``access``, of an instruction that goes through two elements one by one."""
    plain = access(reads, write, alone)
    return Access(plain.reads, plain.write, alone, elements=2)


@pytest.mark.parametrize(
    ("second", "link"),
    [
        (elements("b", "c"), Link.FOLLOWS),
        (elements("b", "b"), Link.FOLLOWS),
        (elements("c", "a"), Link.FOLLOWS),
        (access("b", "c"), Link.BEGINS),
        (access("x", "y"), Link.JOINS),
        (elements("b", "c", alone=True), Link.BEGINS),
        (Access((Extent(0, 8 * ord("b") + 4, 8 * ord("c")),), Extent(0, 0, 8), alone=False, elements=2), Link.BEGINS),
    ],
)
def test_an_instruction_follows_one_that_it_shares_memory_with_element_by_element(second: Access, link: Link) -> None:
    assert find_links([elements("a", "b"), second]) == [Link.BEGINS, link]


def test_a_chain_in_a_phase_stays_clear_of_the_other_chains() -> None:
    first, second = elements("a", "b"), Access((Extent(1, 0, 8),), Extent(1, 8, 16), alone=False, elements=3)
    onwards = Access((second.write,), first.write, alone=False, elements=3)
    assert find_links([first, second]) == [Link.BEGINS, Link.JOINS]
    # A chain stays whole: where its end cannot join, it begins a phase.
    assert find_links([first, second, onwards]) == [Link.BEGINS, Link.BEGINS, Link.FOLLOWS]


def test_an_elementwise_instruction_follows_a_tiled_one_that_makes_as_many_elements() -> None:
    product = Access((Extent(1, 0, 96),), Extent(0, 0, 24), alone=False, elements=6, follows=False)
    update = Access((Extent(0, 0, 24), Extent(2, 0, 24)), Extent(2, 0, 24), alone=False, elements=6)
    assert find_links([product, update, product]) == [Link.BEGINS, Link.FOLLOWS, Link.BEGINS]


def test_extents_of_other_slots_and_neighbours_do_not_meet() -> None:
    assert not Extent(0, 0, 8).meets(Extent(0, 8, 16))
    assert not Extent(0, 0, 8).meets(Extent(1, 0, 8))
    assert Extent(0, 0, 9).meets(Extent(0, 8, 16))


def test_joins_must_match_the_instructions() -> None:
    with pytest.raises(ValueError, match="links has 2 entries for 1 instructions"):
        Executable(2, [("neg_f32", [(0, 0), (1, 0)], (), (), 1, 1)], [False, True])


# --- the pool --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not LINUX, reason="counts threads in /proc")
def test_workers_start_with_the_first_program_that_needs_them_and_follow_the_setting() -> None:
    config.set_num_threads(1)
    large = accumulate(np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32))
    small = accumulate(np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32), grain=SIZE)
    large.run()
    alone = os_threads()
    for count in (3, 8, 2, 1):
        config.set_num_threads(count)
        before = os_threads()
        small.run()
        assert os_threads() == before, "a small program started or stopped workers"
        large.run()
        assert os_threads() == alone + count - 1


def test_a_pool_without_work_sleeps() -> None:
    config.set_num_threads(4)
    accumulate(np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32)).run()
    time.sleep(0.1)
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.03


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_trains_and_predicts() -> None:
    config.set_num_threads(4)
    x, y = dense_data()
    model = dense_model()
    model.fit(x, y, batch_size=64, verbose=0)
    weights = model.get_weights()
    child = os.fork()
    if not child:
        status = 1
        try:
            model.fit(x, y, batch_size=64, verbose=0, shuffle=False)
            status = 0 if np.isfinite(model.predict(x, verbose=0)).all() and (not LINUX or os_threads() == 4) else 2
        finally:
            os._exit(status)
    for _ in range(10 * PATIENCE):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.1)
    else:
        os.kill(child, 9)
        pytest.fail("the child hangs")
    assert os.waitstatus_to_exitcode(status) == 0
    assert all(map(np.array_equal, model.get_weights(), weights))
    model.fit(x, y, batch_size=64, verbose=0)


_ADDER = f"""
import threading, time
import numpy as np
from kgraph._ops import Executable, set_num_threads
set_num_threads(4)
total = np.zeros({SIZE}, np.float32)
executable = Executable(2, [("add_f32", [(0, 0), (1, 0), (1, 0)], (), (), {SIZE}, 100)])
executable.bind(0, np.ones({SIZE}, np.float32))
executable.bind(1, total)
"""


def test_a_process_ends_while_a_program_runs() -> None:
    forever = "def run():\n    while True: executable.run()\n"
    assert run_script(f"{_ADDER}{forever}threading.Thread(target=run, daemon=True).start(); time.sleep(0.1)") == ""


@pytest.mark.skipif(not LINUX or "san.so" in os.environ.get("LD_PRELOAD", ""), reason="limits the address space")
def test_programs_run_where_no_thread_can_be_started() -> None:
    limit = """
import os, resource
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * os.sysconf("SC_PAGE_SIZE") + (1 << 20), hard))
before = len(os.listdir("/proc/self/task"))
for _ in range(3): executable.run()
print((total == 3).all(), len(os.listdir("/proc/self/task")) - before)
"""
    assert run_script(_ADDER + limit) == "True 0"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="binds a process to a core")
def test_steps_end_while_another_process_has_a_core() -> None:
    config.set_num_threads(len(os.sched_getaffinity(0)))
    model, data = dense_model(), dense_data()
    core = min(os.sched_getaffinity(0))
    busy = f"import os\nos.sched_setaffinity(0, {{{core}}})\nprint(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", busy], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        began = time.monotonic()
        model.fit(*data, batch_size=64, epochs=10, verbose=0)
        took = time.monotonic() - began
        other.kill()
    assert took < PATIENCE


# --- how many --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, -1, 257])
def test_a_number_of_threads_that_makes_no_sense_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match=f"between 1 and 256, not {value}"):
        config.set_num_threads(value)


def test_the_number_that_was_set_is_told() -> None:
    config.set_num_threads(3)
    assert config.num_threads() == 3


_TELL = "from kgraph import config; print(config.num_threads())"


def test_the_environment_names_a_number() -> None:
    assert run_script(_TELL, KGRAPH_NUM_THREADS="5") == "5"


@pytest.mark.parametrize("value", ["0", "many", "-2", "1.5"])
def test_the_environment_must_name_a_number(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGRAPH_NUM_THREADS", value)
    with pytest.raises(ValueError, match=f"KGRAPH_NUM_THREADS must be a whole number of at least 1, not '{value}'"):
        threads.default_num_threads()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="binds a process to a core")
def test_no_more_threads_than_cores_to_run_on() -> None:
    one = f"import os; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}}); "
    assert run_script(one + _TELL, KGRAPH_NUM_THREADS="") == "1"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_two_threads_of_a_core_count_once(tmp_path: Path) -> None:
    for cpu in range(4):
        write(tmp_path / f"cpu{cpu}" / "topology" / "thread_siblings_list", f"{cpu % 2},{cpu % 2 + 2}\n")
    assert threads.count_cores({0, 1, 2, 3}, str(tmp_path)) == 2
    assert threads.count_cores({0, 2}, str(tmp_path)) == 1
    assert threads.count_cores({7, 8, 9}, str(tmp_path)) == 3


@pytest.mark.parametrize(
    ("limits", "granted"),
    [
        ({}, threads.MOST_BY_DEFAULT),
        ({"cpu.max": "max 100000"}, threads.MOST_BY_DEFAULT),
        ({"a/b/cpu.max": "300000 100000"}, 3),
        ({"a/b/cpu.max": "max 100000", "a/cpu.max": "180000 100000"}, 2),
        ({"a/b/cpu.max": "10000 100000"}, 1),
        ({"cpu,cpuacct/c/cpu.cfs_quota_us": "400000", "cpu,cpuacct/c/cpu.cfs_period_us": "100000"}, 4),
        ({"cpu,cpuacct/cpu.cfs_quota_us": "-1", "cpu,cpuacct/cpu.cfs_period_us": "100000"}, threads.MOST_BY_DEFAULT),
    ],
)
def test_the_time_that_a_control_group_grants(tmp_path: Path, limits: dict[str, str], granted: int) -> None:
    membership = tmp_path / "membership"
    write(membership, "4:memory:/c\n3:cpu,cpuacct:/c\n0::/a/b\n")
    for name, text in limits.items():
        write(tmp_path / "groups" / name, text + "\n")
    assert threads.count_granted(str(tmp_path / "groups"), str(membership)) == granted
