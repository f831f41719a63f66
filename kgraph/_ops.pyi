from collections.abc import Sequence

import numpy as np

#: Kernel, operands as (slot, byte offset) with the output last, ints, floats, work, grain; and the weight of a task.
Instruction = (
    tuple[str, Sequence[tuple[int, int]], Sequence[int], Sequence[float], int, int]
    | tuple[str, Sequence[tuple[int, int]], Sequence[int], Sequence[float], int, int, float]
)

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
    def __init__(self, slots: int, instructions: Sequence[Instruction], links: Sequence[int] | None = None) -> None: ...
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
