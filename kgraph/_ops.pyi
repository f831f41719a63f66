from collections.abc import Sequence

import numpy as np

#: Kernel, operands as (slot, byte offset) with the output last, ints, floats, work, grain.
Instruction = tuple[str, Sequence[tuple[int, int]], Sequence[int], Sequence[float], int, int]

class KernelFault(Exception):
    instruction: int
    position: int
    value: float
    step: int
    def __init__(self, instruction: int, position: int, value: float, step: int = 0) -> None: ...

def kernel_names() -> list[str]: ...
def isa() -> str: ...
def supported_isas() -> list[str]: ...
def set_num_threads(threads: int) -> None: ...
def num_threads() -> int: ...

class Executable:
    def __init__(self, slots: int, instructions: list[Instruction], joins: Sequence[bool] | None = None) -> None: ...
    def bind(self, slot: int, array: np.ndarray) -> None: ...
    def run(self) -> None: ...
    def run_steps(
        self,
        sources: list[np.ndarray],
        slots: list[int],
        order: np.ndarray | None,
        first: int,
        batch: int,
        steps: int,
        results: np.ndarray,
        columns: list[tuple[int, int, str]],
    ) -> int: ...
