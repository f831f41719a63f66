"""Cases drawn from the op registry: every op, on each of its samples, in every dtype that its signature admits.

As a script it runs all kernels on the instruction set of ``KGRAPH_ISA`` and writes their results, case after case::

    KGRAPH_ISA=portable python tests/op_cases.py results.npy
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

import kgraph.opset  # noqa: F401  (registers the ops)
from kgraph._ops import Executable
from kgraph.op import Call, Op, Sample, all_ops
from kgraph.types import DTYPES, FLOATS, INTS, TensorType, type_of

#: The dtypes that a signature's variables stand for, said once more so that a change there is noticed here.
ADMITTED = {"T": FLOATS, "I": INTS, "R": FLOATS + INTS, "A": tuple(DTYPES)}
#: Bytes around and under a result, which kernels must leave alone or write over.
GUARD, CANARY = 64, 0xA5


@dataclass(frozen=True, eq=False)
class Case:
    """An op on one of its samples, with a dtype for each operand."""

    op: Op
    sample: Sample
    number: int
    dtypes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"{self.op.name} sample {self.number} ({', '.join(self.dtypes)}) {self.sample}"

    @property
    def rng(self) -> np.random.Generator:
        """A generator that gives the same numbers in every process."""
        return np.random.default_rng(zlib.crc32(f"{self.op.name} {self.number} {self.dtypes}".encode()))

    @cached_property
    def operands(self) -> tuple[np.ndarray, ...]:
        """The operands, read-only."""
        rng = self.rng
        drawn = tuple(draw.array(rng, dtype) for draw, dtype in zip(self.sample.draws, self.dtypes, strict=True))
        for array in drawn:
            array.flags.writeable = False
        return drawn

    @cached_property
    def attrs(self) -> dict[str, Any]:
        return self.op.bind_attrs(self.sample.attrs)

    @property
    def types(self) -> list[TensorType]:
        return [type_of(array) for array in self.operands]

    @cached_property
    def result_type(self) -> TensorType:
        return self.op.result_type(self.types, self.attrs)

    @property
    def call(self) -> Call:
        assert self.op.lower is not None
        return self.op.lower(self.types, self.result_type, self.attrs)

    @cached_property
    def expected(self) -> np.ndarray:
        """The reference's result in double precision, from the very operands."""
        return self.reference([widened(array) for array in self.operands])

    @cached_property
    def result(self) -> np.ndarray:
        """What the kernel makes of the operands."""
        return run_kernel(self, self.operands)

    def reference(self, operands: Sequence[np.ndarray]) -> np.ndarray:
        assert self.op.reference is not None
        with np.errstate(all="ignore"):
            return np.asarray(self.op.reference(*operands, **self.attrs))


def widened(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype == np.float32 else array


def cases_of(op: Op) -> list[Case]:
    """Each sample in every dtype that the signature admits. A draw of a set dtype keeps it, unless another int fits."""
    return [
        Case(op, sample, number, dtypes)
        for number, sample in enumerate(op.samples)
        for dtypes in _dtypes_of(op, sample)
    ]


def declared_dtypes(op: Op, sample: Sample) -> list[str]:
    """The dtype or dtype variable that the signature gives to each draw of ``sample``."""
    rest = len(sample.draws) - len(op.operands)
    return [operand.dtype for operand in op.operands] + [op.operands[-1].dtype for _ in range(rest)]


def _dtypes_of(op: Op, sample: Sample) -> Iterator[tuple[str, ...]]:
    declared = declared_dtypes(op, sample)
    choices: dict[str, tuple[str, ...]] = {}
    for name, draw in zip(declared, sample.draws, strict=True):
        free = draw.dtype == "T" or name == "I"
        choices[name] = ADMITTED.get(name, (name,)) if free else (draw.dtype,)
    for chosen in product(*choices.values()):
        dtype_of = dict(zip(choices, chosen, strict=True))
        yield tuple(dtype_of[name] for name in declared)


OPS = all_ops()
COMPUTING = [op for op in OPS if op.role == "compute"]
CASES = {op.name: cases_of(op) for op in OPS}


def run_call(
    call: Call, operands: Sequence[np.ndarray], result: TensorType, grain: int = 0, in_place: int | None = None
) -> np.ndarray:
    """Runs one kernel on arrays, in tasks of ``grain`` units (0: as the op says).

    The result lies among guard bytes, or with ``in_place`` in the place of that operand.

    Raises:
        AssertionError: bytes beside the result were written.
        KernelFault: the kernel refused a value.
    """
    operands = [np.ascontiguousarray(array).reshape(array.shape) for array in operands]
    shape, dtype = result.known_shape, result.numpy_dtype
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    memory = np.full(size + 2 * GUARD, CANARY, np.uint8)
    output = memory[GUARD : GUARD + size].view(dtype).reshape(shape)
    if in_place is not None:
        output.view(operands[in_place].dtype)[...] = operands[in_place]
        operands[in_place] = output
    places = [(slot, 0) for slot in range(len(operands) + 1)]
    instruction = (call.kernel, places, call.ints, call.floats, call.work, grain or call.grain)
    executable = Executable(len(places), [instruction])
    for slot, array in enumerate([*operands, output]):
        executable.bind(slot, array)
    executable.run()
    beside = np.concatenate([memory[:GUARD], memory[GUARD + size :]])
    assert (beside == CANARY).all(), f"{call} wrote beside its result"
    return output


def run_kernel(case: Case, operands: Sequence[np.ndarray], grain: int = 0, in_place: int | None = None) -> np.ndarray:
    """Runs the kernel of ``case`` on arrays of its types; see ``run_call``."""
    return run_call(case.call, operands, case.result_type, grain, in_place)


def main(path: str) -> None:
    results = [case.result.tobytes() for op in COMPUTING for case in CASES[op.name]]
    np.save(path, np.frombuffer(b"".join(results), np.uint8))


if __name__ == "__main__":
    main(sys.argv[1])
