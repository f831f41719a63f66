"""How fast single kernels are, beside numpy: any op of the registry, at any shapes.

    python bench/kernels.py                                         a table of products and of ops bound by memory
    python bench/kernels.py matmul:128x784,784x512 "sum:4096x1024;axes=[0]"
    python bench/kernels.py --threads 4 --dtype f64 dense:128x784,784x512,512;activation=\\"relu\\"

A case is an op, the shapes of its operands (``-`` for a scalar), and its attributes as JSON. Kernel and numpy take
turns, in samples of a few calls; medians are shown. Products are in GFLOP/s, and as a share of what the registers alone
can do (``fma_peak.c``, where there is a C compiler), all else in GB/s of operands and result.

numpy's products are OpenBLAS's, on as many threads. Variables that would make OpenBLAS choose kernels for another
processor are removed first, or the comparison would not be fair.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

#: Variables by which OpenBLAS can be held to kernels that do not fit the processor.
CRIPPLING: Final = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
#: A sample takes at least this long, so that the clock does not matter.
SAMPLE_SECONDS: Final = 3e-4
#: After so long without work all threads are asleep.
PAUSE_SECONDS: Final = 0.1
PRODUCTS: Final = (
    "32x64x64 128x784x512 128x512x512 512x512x512 256x1024x4096 2048x2048x2048 256x4096x4096 128x512x10 "
    "32x64x1 1x512x512 4096x4096x1 1x4096x4096"
)
OTHERS: Final = (
    'dense:128x784,784x512,512;activation="relu"',
    "matmul_nt_relu_grad:128x512,512x512,128x512",
    "matmul:64x128x64,64x64x128",
    "relu:128x512",
    "exp:1024x1024",
    "add:1024x1024,1024x1024",
    "sum:1024x1024;axes=[0]",
    "softmax:128x1000",
    "layer_norm:2048x128,128,128;epsilon=0.001",
    "layer_norm_grad:2048x128,128,2048x128;epsilon=0.001",
    "column_moments:128x784x32",
)


@dataclass(frozen=True)
class Case:
    """An op, the shapes of its operands, and its attributes."""

    op: str
    shapes: tuple[tuple[int, ...], ...]
    attrs: dict[str, Any]

    @classmethod
    def parse(cls, text: str) -> Case:
        name, _, rest = text.partition(":")
        shapes, *attrs = rest.split(";")
        sizes = [() if shape == "-" else tuple(map(int, shape.split("x"))) for shape in shapes.split(",")]
        pairs = (attr.partition("=") for attr in attrs)
        return cls(name, tuple(sizes), {key: json.loads(value) for key, _, value in pairs})

    def __str__(self) -> str:
        shapes = ", ".join("x".join(map(str, shape)) or "-" for shape in self.shapes)
        return f"{self.op} {shapes} {json.dumps(self.attrs)[1:-1]}".strip()


@dataclass(frozen=True)
class Measured:
    """Medians in seconds, and what one call does: multiply-adds count two."""

    kernel: float
    numpy: float
    flops: int
    bytes: int


def product_cases() -> list[Case]:
    """Every product of the table, in each of its three forms."""
    cases = []
    for sizes in PRODUCTS.split():
        m, k, n = map(int, sizes.split("x"))
        for name, a, b in (("matmul", (m, k), (k, n)), ("matmul_tn", (k, m), (k, n)), ("matmul_nt", (m, k), (n, k))):
            cases.append(Case(name, (a, b), {}))
    return cases


#: The axis of the first operand over which an op sums products.
CONTRACTED: Final[Mapping[str, int]] = {
    "matmul": -1,
    "matmul_tn": -2,
    "matmul_nt": -1,
    "dense": -1,
    "matmul_nt_relu_grad": -1,
}


def draw_operands(case: Case, dtype: str) -> list[Any]:
    """Arrays of the case's shapes: floats in [-1, 1), ints 0 and 1, of ``dtype`` where the op leaves that open."""
    import numpy as np

    from kgraph.op import find_op
    from kgraph.types import DTYPES

    rng = np.random.default_rng(0)
    op = find_op(case.op)
    arrays = []
    for index, shape in enumerate(case.shapes):
        declared = op.operands[min(index, len(op.operands) - 1)].dtype
        chosen = DTYPES[{"T": dtype, "R": dtype, "A": dtype, "I": "i64"}.get(declared, declared)]
        is_float = np.dtype(chosen).kind == "f"
        arrays.append((rng.uniform(-1, 1, shape) if is_float else rng.integers(0, 2, shape)).astype(chosen))
    return arrays


def numpy_call(case: Case, operands: list[Any], result: Any, attrs: dict[str, Any]) -> Callable[[], object]:
    """What numpy does instead; its products write into an array that is there, as the kernel does."""
    import numpy as np

    from kgraph.op import find_op

    if case.op.startswith("matmul") and len(operands) == 2:
        a, b = operands
        left = a.swapaxes(-1, -2) if case.op == "matmul_tn" else a
        right = b.swapaxes(-1, -2) if case.op == "matmul_nt" else b
        return lambda: np.matmul(left, right, out=result)
    reference = find_op(case.op).reference
    if reference is None:
        raise SystemExit(f"{case.op} has no reference in numpy to compare with")
    return lambda: reference(*operands, **attrs)


def measure(case: Case, dtype: str, seconds: float) -> Measured:
    """Medians of the kernel and of numpy, which take turns for ``seconds``, and at least five each."""
    import numpy as np

    import kgraph.opset  # noqa: F401  (registers the ops)
    from kgraph._ops import Executable
    from kgraph.op import find_op
    from kgraph.types import type_of

    operands, op = draw_operands(case, dtype), find_op(case.op)
    attrs = op.bind_attrs(case.attrs)
    types = [type_of(array) for array in operands]
    result_type = op.result_type(types, attrs)
    if op.lower is None:
        raise SystemExit(f"{case.op} computes nothing: it has no kernel")
    call = op.lower(types, result_type, attrs)
    result = np.empty(result_type.known_shape, result_type.numpy_dtype)
    places = [(slot, 0) for slot in range(len(operands) + 1)]
    executable = Executable(len(places), [(call.kernel, places, call.ints, call.floats, call.work, call.grain)])
    for slot, array in enumerate([*operands, result]):
        executable.bind(slot, array)
    kernel, numpy = take_turns(executable.run, numpy_call(case, operands, np.empty_like(result), attrs), seconds)
    depth = case.shapes[0][CONTRACTED[case.op]] if case.op in CONTRACTED else 0
    return Measured(kernel, numpy, 2 * depth * result.size, sum(array.nbytes for array in [*operands, result]))


def take_turns(first: Callable[[], object], second: Callable[[], object], seconds: float) -> tuple[float, float]:
    """The median time of a call of each.

    Where both have threads, a turn is several samples, after a pause in which the other's threads go to sleep and a
    call that wakes its own: threads that wait for work in a loop would take the cores from those that have some.
    """
    is_threaded = os.environ["KGRAPH_NUM_THREADS"] != "1"
    calls = [max(1, int(SAMPLE_SECONDS / time_of(run, 3))) for run in (first, second)]
    samples: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(samples[0]) < 5:
        for run, count, times in zip((first, second), calls, samples, strict=True):
            if is_threaded:
                time.sleep(PAUSE_SECONDS)
                time_of(run, count)
            times.extend(time_of(run, count) for _ in range(10 if is_threaded else 1))
    return statistics.median(samples[0]), statistics.median(samples[1])


def time_of(run: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls


def fma_peak() -> float | None:
    """GFLOP/s of one core's registers, or ``None`` without a compiler."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "fma_peak"
        source = Path(__file__).with_name("fma_peak.c")
        built = subprocess.run([compiler, "-O2", "-march=native", str(source), "-o", str(program)], capture_output=True)
        if built.returncode:
            return None
        return float(subprocess.run([str(program)], capture_output=True, check=True, text=True).stdout)


def row_of(case: Case, measured: Measured, peak: float | None) -> str:
    amount, unit = (measured.flops, "GFLOP/s") if measured.flops else (measured.bytes, "GB/s")
    rate, beside = amount / measured.kernel / 1e9, amount / measured.numpy / 1e9
    share = f"{100 * rate / peak:7.0f} %" if peak and measured.flops else ""
    return (
        f"{str(case)[:56]:56}{1e6 * measured.kernel:11.2f}{rate:9.1f}{beside:9.1f} {unit:8}"
        f"{measured.numpy / measured.kernel:7.2f}{share}"
    )


def start_anew(threads: int) -> None:
    """Starts this script again with the threads set and without what would cripple numpy, unless that is done."""
    wanted = {"OPENBLAS_NUM_THREADS": str(threads), "KGRAPH_NUM_THREADS": str(threads)}
    removed = [name for name in CRIPPLING if name in os.environ]
    if not removed and all(os.environ.get(name) == value for name, value in wanted.items()):
        return
    if removed:
        print(f"without {' and '.join(removed)}, which hold OpenBLAS to kernels for another processor", flush=True)
    kept = {name: value for name, value in os.environ.items() if name not in CRIPPLING}
    os.execve(sys.executable, [sys.executable, *sys.argv], kept | wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="OP:SHAPE,SHAPE[;ATTRIBUTE=JSON]")
    parser.add_argument("--seconds", type=float, default=0.5, help="to spend on each case")
    parser.add_argument("--threads", type=int, default=1, help="for both")
    parser.add_argument("--dtype", default="f32", help="where the op leaves it open")
    arguments = parser.parse_args()
    start_anew(arguments.threads)
    from kgraph._ops import isa

    cases = [Case.parse(text) for text in arguments.cases or OTHERS]
    if not arguments.cases:
        cases = product_cases() + cases
    single = fma_peak() if arguments.dtype == "f32" else None
    peak = single and single * arguments.threads
    print(f"{isa()}, {arguments.threads} thread(s), {arguments.dtype}; registers alone: {single or '?'} GFLOP/s a core")
    print(f"{'':56}{'median, µs':>11}{'kgraph':>9}{'numpy':>9} {'':8}{'ratio':>7}{'of peak' if peak else '':>9}")
    best = 0.0
    for case in cases:
        measured = measure(case, arguments.dtype, arguments.seconds)
        best = max(best, measured.flops / measured.kernel / 1e9)
        print(row_of(case, measured, peak), flush=True)
    if best:
        print(f"the fastest product: {best:.1f} GFLOP/s")


if __name__ == "__main__":
    main()
