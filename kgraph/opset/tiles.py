"""How a matrix product is cut into tasks: tiles of the result, by the sizes of the product alone."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Final, NamedTuple

from kgraph.instructions import Tiling
from kgraph.op import Call
from kgraph.types import TensorType

#: Tasks that a large product makes: enough that up to 16 threads finish together.
_TASKS: Final = 32
#: Rows of a tile, at most: what reads a packed panel of B, which each tile packs for itself.
_MOST_ROWS: Final = 512
#: Tiles are a multiple of these, so that nearly all vectors and blocks of the kernel are full; see csrc/kinds/matmul.h.
_ROW_STEP: Final = 28
_COLUMN_STEP: Final = 32
#: The same for a product with a vector, which is bound by reading the matrix: along its rows, so much at a time.
_VECTOR_STEP: Final = 512
#: Multiplications and additions in one task, below which handing it out costs more than it gains: for products that
#: read each element at least ``_REUSE`` times, and in proportion for those that read it less often.
_TASK_FLOPS: Final = 1 << 20
#: Multiply-adds that writing an element, and reading what goes into it at its end, takes the time of.
_STORE: Final = 24
_REUSE: Final = 16
#: And in a task that is so narrow already that only its rows can become fewer.
_NARROW_FLOPS: Final = 1 << 24
#: Wide tiles: a panel of the kernel across, and no more rows than leave a tile in the second cache; of sums so long at
#: most, which are still short beside what comes next.
_MOST_COLUMNS: Final = 512
_MOST_WIDE_ROWS: Final = 84
_WIDE_ROW_STEP: Final = 28
_DEEP: Final = 1024


class Tiles(NamedTuple):
    """Tiles of ``rows`` by ``columns``, ``grain`` of them in a task."""

    rows: int
    columns: int
    grain: int


def product_tiles(m: int, n: int, k: int) -> Tiles:
    """The tiles of an ``m`` by ``n`` result that is summed over ``k``.

    Tall rather than wide, since rows share what is packed of the right operand. They depend on nothing but the sizes:
    not on the number of threads, nor on the instruction set.
    """
    row_step = _ROW_STEP if n > 1 else _VECTOR_STEP
    column_step = _COLUMN_STEP if m > 1 else _VECTOR_STEP
    least = max(1, _TASK_FLOPS * min(m, n, _REUSE) // _REUSE)
    area = max(m * n // _TASKS, least // (2 * (k + _STORE)))
    rows = _round_up(_even_part(m, _MOST_ROWS), row_step)
    columns = _round_up(area // rows, column_step)
    if columns >= n:
        columns = n
        rows = min(rows, _round_up(area // max(1, n), row_step))
    if columns == column_step:
        narrow = max(area, _NARROW_FLOPS // (2 * (k + _STORE)))
        rows = min(rows, _round_up(narrow // columns, row_step))
    rows = max(1, min(m, rows if n == 1 else _even_part(m, rows, row_step // 2)))
    columns = max(1, columns)
    grain = max(1, least // (2 * rows * columns * (k + _STORE)))
    return Tiles(rows, columns, grain)


def wide_tiles(m: int, n: int, k: int) -> Tiles:
    """The same, wide rather than tall: what comes next to each element finds long rows in cache.

    Narrow results, and those of a long sum, have the tiles of ``product_tiles``: what comes next is little there.
    """
    if n < _MOST_COLUMNS // 4 or m < 2 * _WIDE_ROW_STEP or k > _DEEP:
        return product_tiles(m, n, k)
    columns = _even_part(n, _MOST_COLUMNS, _COLUMN_STEP)
    area = max(m * n // _TASKS, _TASK_FLOPS // (2 * (k + _STORE)))
    rows = _even_part(m, min(_MOST_WIDE_ROWS, _round_up(area // columns, _WIDE_ROW_STEP)), _WIDE_ROW_STEP // 2)
    return Tiles(rows, columns, 1)


def product_call(
    kernel: str, output: TensorType, k: int, *ints: int, tiles_of: Callable[[int, int, int], Tiles] = product_tiles
) -> Call:
    """The call of a product's kernel: a unit is a tile, through all matrices of the result."""
    *batch, m, n = output.known_shape
    tiles = tiles_of(m, n, k)
    sizes = (m, n, k, tiles.rows, tiles.columns)
    weight = max(1.0, 2 * tiles.rows * tiles.columns * (k + _STORE) * tiles.grain / _TASK_FLOPS)
    tiling = Tiling(m, n, tiles.rows, tiles.columns)
    units, alone = prod(batch) * tiling.tiles, None if batch else tiling
    return Call(f"{kernel}_{output.dtype}", units, tiles.grain, (*sizes, *ints), weight=weight, tiling=alone)


def _even_part(number: int, most: int, step: int = 1) -> int:
    """The size of as few equal parts as none exceeds ``most``, rounded up to ``step``."""
    return _round_up(-(-number // max(1, -(-number // most))), step)


def _round_up(number: int, step: int) -> int:
    return max(1, -(-number // step)) * step
