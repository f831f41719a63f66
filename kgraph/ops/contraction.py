"""Products of tensors: each is a sum over labelled axes, done by one matrix product where there is one in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from kgraph import dims
from kgraph.dims import Dim, Shape
from kgraph.ops.elementwise import multiply, subtract
from kgraph.ops.operands import TensorLike, as_number, axis_of, claim_shape, rank_of, shape_of, to_shape
from kgraph.ops.reductions import sum as reduce_sum
from kgraph.ops.shaping import moveaxis, ravel, stack, transpose
from kgraph.tensor import apply, cast, common_dtype, operand_type, take_slice
from kgraph.tensor import matmul as matrix_product

#: One label (a letter, or a digit for what ``...`` covers) an axis.
Labels: TypeAlias = str

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS: Final = "0123456789"


def matmul(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``(..., m, k) @ (..., k, n) -> (..., m, n)``, leading axes broadcast; vectors gain an axis and lose it again."""
    return matrix_product(x1, x2)


def dot(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The sum over the last axis of ``x1`` and the last but one of ``x2`` (its only one); a product with a scalar."""
    if not rank_of(x1) or not rank_of(x2):
        return multiply(x1, x2)
    return tensordot(x1, x2, ((-1,), (-2 if rank_of(x2) > 1 else -1,)))


def inner(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The sum over the last axes of both; a product with a scalar."""
    if not rank_of(x1) or not rank_of(x2):
        return multiply(x1, x2)
    return tensordot(x1, x2, ((-1,), (-1,)))


def outer(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1[i] * x2[j]`` for the elements of both in C order."""
    left, right = ravel(x1), ravel(x2)
    return multiply(to_shape(left, [*shape_of(left), 1]), to_shape(right, [1, *shape_of(right)]))


def vdot(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The sum of the products of all elements."""
    return dot(ravel(x1), ravel(x2))


def kron(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """Each element of ``x1`` times all of ``x2``, in its place; the one of fewer dimensions gains leading ones."""
    rank = max(rank_of(x1), rank_of(x2))
    ones: list[Dim] = [1] * rank
    pairs = [[*ones[rank_of(x) :], *shape_of(x)] for x in (x1, x2)]
    left = to_shape(x1, [size for dim in pairs[0] for size in (dim, 1)])
    right = to_shape(x2, [size for dim in pairs[1] for size in (1, dim)])
    return to_shape(multiply(left, right), [dims.multiply(a, b) for a, b in zip(*pairs, strict=True)])


def cross(
    x1: TensorLike, x2: TensorLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> TensorLike:
    """The vector at right angles to two vectors of 3, as long as the area between them.

    Args:
        x1: vectors along ``axisa``; those of 2 elements have 0 as the third.
        x2: vectors along ``axisb``, likewise.
        axisa: see ``x1``.
        axisb: see ``x2``.
        axisc: where the vectors of the result lie; those of two vectors of 2 are their third element alone.
        axis: all three axes, where given.

    Raises:
        ValueError: a vector does not have 2 or 3 elements.
    """
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    left, right = moveaxis(x1, axisa, 0), moveaxis(x2, axisb, 0)
    sizes = shape_of(left)[0], shape_of(right)[0]
    if not {*sizes} <= {2, 3}:
        raise ValueError(f"ops.cross: vectors have 2 or 3 elements, not {sizes[0]} and {sizes[1]}")
    a, b = ([take_slice(x, i) for i in range(int(size))] for x, size in zip((left, right), sizes, strict=True))
    third = subtract(multiply(a[0], b[1]), multiply(a[1], b[0]))
    if sizes == (2, 2):
        return third
    a, b = ([*x, multiply(x[0], 0)] if len(x) == 2 else x for x in (a, b))
    first, second = (subtract(multiply(a[i], b[j]), multiply(a[j], b[i])) for i, j in ((1, 2), (2, 0)))
    return stack([first, second, third], axisc)


def tensordot(x1: TensorLike, x2: TensorLike, axes: int | Sequence[int | Sequence[int]] = 2) -> TensorLike:
    """The sum over pairs of axes, which the result loses.

    Args:
        x1: the first tensor; its other axes come first.
        x2: the second tensor.
        axes: how many last axes of ``x1`` and first axes of ``x2``, or two lists of axes.

    Raises:
        ValueError: the lists differ in length, or paired axes in size.
    """
    ranks = rank_of(x1), rank_of(x2)
    if isinstance(axes, int):
        pairs = [(ranks[0] - axes + i, i) for i in range(axes)]
    else:
        first, second = (list(one) if isinstance(one, Iterable) else [one] for one in axes)
        if len(first) != len(second):
            raise ValueError(f"ops.tensordot: axes must name as many axes of x1 as of x2, not {first} and {second}")
        pairs = list(zip(first, second, strict=True))
    left = list(_LETTERS[: ranks[0]])
    right = list(_LETTERS[ranks[0] : ranks[0] + ranks[1]])
    for i, j in pairs:
        right[axis_of("tensordot", ranks[1], j)] = left[axis_of("tensordot", ranks[0], i)]
    kept = "".join(label for label in left + right if (label in left) != (label in right))
    return _contract("tensordot", [x1, x2], ["".join(left), "".join(right)], kept)


def einsum(subscripts: str, *operands: TensorLike) -> TensorLike:
    """The sum of products that ``subscripts`` describe, e.g. ``"bij,bjk->bik"`` or ``"...d,de->...e"``.

    Raises:
        ValueError: the subscripts do not fit the operands.
    """
    inputs, output = _parse(subscripts, [rank_of(x) for x in operands])
    return _contract("einsum", list(operands), inputs, output)


def _parse(subscripts: str, ranks: Sequence[int]) -> tuple[list[Labels], Labels]:
    """The labels of each operand and of the result; digits, from the last axis on, stand for what ``...`` covers."""
    text = subscripts.replace(" ", "").replace("...", ".")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise ValueError(f"ops.einsum: {subscripts!r} names {len(terms)} operands, but {len(ranks)} were given")
    inputs = []
    for index, (term, rank) in enumerate(zip(terms, ranks, strict=True)):
        covered = rank - len(term.replace(".", ""))
        if covered < 0 or (covered and "." not in term):
            raise ValueError(f"ops.einsum: {term!r} does not fit operand {index}, which has {rank} dimensions")
        inputs.append(term.replace(".", _digits(covered)))
    widest = max((label for term in inputs for label in term if label.isdigit()), default="")
    digits = _digits(int(widest) + 1) if widest else ""
    counts = Counter("".join(inputs))
    implied = digits + "".join(sorted(label for label in counts if counts[label] == 1 and label.isalpha()))
    output = right.replace(".", digits) if arrow else implied
    wrong = [label for label in output if label not in counts or output.count(label) > 1]
    if wrong:
        raise ValueError(f"ops.einsum: {wrong[0]!r} must stand once in the result of {subscripts!r}, and in an operand")
    return inputs, output


def _digits(count: int) -> str:
    return _DIGITS[:count][::-1]


def _contract(function: str, xs: list[TensorLike], labels: list[Labels], output: Labels) -> TensorLike:
    """The sum over all labels that ``output`` lacks; operands meet from left to right."""
    xs, labels = _with_single_labels(xs, labels)
    xs = _agreeing(function, xs, labels)
    x, held = xs[0], labels[0]
    for index in range(1, len(xs)):
        wanted = set(output).union(*labels[index + 1 :])
        x, held = _pair(x, held, xs[index], labels[index], wanted)
    return _arrange(*_sum_out(x, held, set(output)), output)


def _with_single_labels(xs: list[TensorLike], labels: list[Labels]) -> tuple[list[TensorLike], list[Labels]]:
    """Operands in which a label stands twice are replaced by their diagonals."""
    pairs = [(as_number(x), held) for x, held in zip(xs, labels, strict=True)]
    for index, (x, held) in enumerate(pairs):
        while twice := next((label for label in held if held.count(label) > 1), None):
            first, second = held.index(twice), held.rindex(twice)
            shape = shape_of(x)
            size, dtype = [shape[first], shape[second]], operand_type(x).dtype
            rows, columns = (apply("iota", shape=size, axis=axis, dtype="i32") for axis in (0, 1))
            on_diagonal = cast(apply("equal", rows, columns), dtype)
            mask_shape = [dim if i in (first, second) else 1 for i, dim in enumerate(shape)]
            x = reduce_sum(multiply(x, to_shape(on_diagonal, mask_shape)), axis=second)
            held = held[:second] + held[second + 1 :]
        pairs[index] = (x, held)
    return [x for x, _ in pairs], [held for _, held in pairs]


def _agreeing(function: str, xs: list[TensorLike], labels: list[Labels]) -> list[TensorLike]:
    """``xs`` with one dimension for each letter, known where any operand knows it.

    Raises:
        ValueError: two operands disagree.
    """
    known: dict[str, Dim] = {}
    for index, (x, held) in enumerate(zip(xs, labels, strict=True)):
        for label, dim in zip(held, shape_of(x), strict=True):
            before = known.get(label, dim)
            if label.isdigit() and 1 in (before, dim):
                known[label] = dim if before == 1 else before
                continue
            if isinstance(before, int) and isinstance(dim, int) and before != dim:
                text = f"an axis is {before} in the operands before, but {dim} in operand {index}"
                raise ValueError(f"ops.{function}: {text} of shape {shape_of(x)}")
            known[label] = dim if isinstance(dim, int) else before
    return [claim_shape(x, _claimed(held, shape_of(x), known)) for x, held in zip(xs, labels, strict=True)]


def _claimed(held: Labels, shape: Shape, known: Mapping[str, Dim]) -> list[Dim]:
    """The known dimensions; a 1 among those that ``...`` covers stays, to be broadcast."""
    pairs = zip(held, shape, strict=True)
    return [dim if dim == 1 and label.isdigit() else known[label] for label, dim in pairs]


def _sum_out(x: TensorLike, held: Labels, wanted: set[str]) -> tuple[TensorLike, Labels]:
    """``x`` summed over the labels that nobody wants."""
    axes = [i for i, label in enumerate(held) if label not in wanted]
    if not axes:
        return x, held
    return reduce_sum(x, axis=axes), "".join(label for label in held if label in wanted)


def _arrange(x: TensorLike, held: Labels, output: Labels) -> TensorLike:
    return transpose(x, [held.index(label) for label in output])


def _pair(a: TensorLike, a_held: Labels, b: TensorLike, b_held: Labels, wanted: set[str]) -> tuple[TensorLike, Labels]:
    """The product of two operands, summed over the labels that neither the result nor a later operand wants."""
    a, a_held = _sum_out(a, a_held, wanted | set(b_held))
    b, b_held = _sum_out(b, b_held, wanted | set(a_held))
    shared = [label for label in a_held if label in b_held]
    dtype = common_dtype("mul", a, b)
    summed = "".join(label for label in shared if label not in wanted)
    alike = all(shape_of(a)[a_held.index(label)] == shape_of(b)[b_held.index(label)] for label in shared)
    if not summed or not dtype.startswith("f") or not alike:
        return _multiply_and_sum(a, a_held, b, b_held, wanted)
    batch = "".join(label for label in shared if label in wanted)
    rows = "".join(label for label in a_held if label not in b_held)
    columns = "".join(label for label in b_held if label not in a_held)
    left = _stacked(cast(a, dtype), a_held, batch, rows, summed)
    right = _stacked(cast(b, dtype), b_held, batch, summed, columns)
    sizes = {**dict(zip(a_held, shape_of(a), strict=True)), **dict(zip(b_held, shape_of(b), strict=True))}
    held = batch + rows + columns
    return to_shape(apply("matmul", left, right), [sizes[label] for label in held]), held


def _stacked(x: TensorLike, held: Labels, batch: Labels, rows: Labels, columns: Labels) -> TensorLike:
    """``x`` as a matrix, or a stack of matrices where there are batch labels."""
    sizes = dict(zip(held, shape_of(x), strict=True))
    groups = [*([batch] if batch else []), rows, columns]
    shape = [dims.product(tuple(sizes[label] for label in group)) for group in groups]
    return to_shape(_arrange(x, held, batch + rows + columns), shape)


def _multiply_and_sum(
    a: TensorLike, a_held: Labels, b: TensorLike, b_held: Labels, wanted: set[str]
) -> tuple[TensorLike, Labels]:
    held = a_held + "".join(label for label in b_held if label not in a_held)
    spread_out = []
    for x, own in ((a, a_held), (b, b_held)):
        order = "".join(label for label in held if label in own)
        x = _arrange(x, own, order)
        sizes = dict(zip(order, shape_of(x), strict=True))
        spread_out.append(to_shape(x, [sizes.get(label, 1) for label in held]))
    return _sum_out(multiply(*spread_out), held, wanted)
