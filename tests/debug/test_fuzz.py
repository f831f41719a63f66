"""Broken graphs and bundles: refused in words, in little memory and time. ``fuzzing.py`` does more of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import fuzzing
import pytest
from planted import BATCH, PLANTED, make_data

import kgraph as keras
from kgraph import Graph
from kgraph.runtime.evaluation import NonFiniteError
from kgraph.text import GraphSyntaxError

SECONDS = {"parse": 4, "replay": 7}

#: Lines that ask for far more than there is, or that a careless reader would take for ever over.
HOSTILE = {
    "a nest of brackets": "%c: f32[] = const(){value: " + "[" * 100_000 + "}",
    "a nest of parentheses": "%x: f32[" + "(" * 500 + "N" + ")" * 500 + "] = input()",
    "a nest in a layer": "layer a = " + '{"a": ' * 100_000,
    "a product of sums": "%x: f32[" + "*".join(["(A+B+C)"] * 30) + "] = input()",
    "a sum of many symbols": "%x: f32[" + "+".join(f"A{i}" for i in range(3000)) + "] = input()",
    "a number of many digits": "%x: f32[" + "9" * 100_000 + "] = input()",
    "a value of many digits": "%c: f32[] = const(){value: " + "9" * 100_000 + "}",
    "a large constant of three bytes": '%c: f32[99999999999] = const(){value: {"base64": "AAAA"}}',
    "a constant larger than memory": '%c: f32[4294967296,4294967296,4] = const(){value: {"base64": ""}}',
    "an offset beyond all ints": "%y: f32[2] = full(){value: 1.0, shape: [" + "9" * 40 + "]}",
    "quotes without end": "%" + '"' * 50_000 + ": f32[] = input()",
    "backslashes": '%a: f32[] = add("' + "\\" * 50_001 + ")",
    "operands without an end": "%a: f32[] = add(" + "%a" * 50_000,
    "remarks of remarks": "%a: f32[] = input(" + "  # " * 20_000,
    "equals signs": "%a: f32[]" + " = = " * 20_000,
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_is_refused_at_once_with_its_number(line: str) -> None:
    begin = time.perf_counter()
    with pytest.raises(GraphSyntaxError) as caught:
        Graph.parse(f"graph hostile\n\n{line}\n")
    assert caught.value.line == 3
    assert len(str(caught.value)) < 1000
    assert time.perf_counter() - begin < 5


def test_a_type_larger_than_memory_takes_none() -> None:
    graph = Graph.parse("%x: f32[99999999999] = input()\n%y: f32[99999999999] = log(%x)\noutput y = %y\n")
    assert graph["y"].type.shape == (99999999999,)


@pytest.mark.slow
@pytest.mark.parametrize("kind", fuzzing.ONE)
def test_what_is_broken_at_random_is_refused_or_runs(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KGRAPH_BUNDLES", str(tmp_path))
    case, data = PLANTED["NaN in a metric only"], make_data()
    with keras.debug.check_values(), pytest.raises(NonFiniteError) as caught:
        case.make().fit(data.x, data.y, batch_size=BATCH, sample_weight=data.weights, shuffle=False, verbose=0)
    assert caught.value.bundle is not None
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, fuzzing.__file__, kind, str(SECONDS[kind]), caught.value.bundle]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-4000:]
    words = run.stdout.split()
    counts = {what: int(count) for count, what in zip(words[::2], words[1::2], strict=True)}
    assert counts.pop("refused") > 20 and sum(counts.values()) > 2, run.stdout
