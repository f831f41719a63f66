"""What an op is, and the language in which one is declared.

An op is declared once, by a signature that is its arity, dtype rule, shape rule and error text together::

    define("matmul(a: T[*b,m,k], b: T[*b,k,n]) -> T[*b,m,n]", "`a @ b` over the last two axes.", ...)

Grammar of a signature::

    signature ::= NAME '(' [operands] [';' attributes] ')' '->' result
    operand   ::= ['*'] NAME ':' DTYPE '[' dims ']'            a leading '*' takes one or more
    dims      ::= '' | dim (',' dim)*         dim ::= INT | NAME | '*' NAME       '*' takes any number
    attribute ::= NAME ':' KIND ['=' JSON]
    result    ::= DTYPE '[' dims ']' | DTYPE '[?]' | '?'       '?' is what ``infer=`` gives

A DTYPE is a short dtype, or a variable: ``T`` any float, ``I`` any int, ``R`` any number, ``A`` anything. A variable or
dimension that stands twice must agree, and the error says who disagrees: ``matmul: k is 8 in a but 64 in b``. The names
``_`` and ``*_`` match anything and bind nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from kgraph.dims import Dim, Shape, parse_dim, substitute
from kgraph.instructions import Tiling
from kgraph.types import DTYPES, FLOATS, INTS, TensorType

#: JSON values, which is all that an attribute may be.
Attrs = Mapping[str, Any]
#: ``infer(inputs, attrs)`` gives the result's type, or its shape where the signature names the dtype.
Infer = Callable[[Sequence[TensorType], Attrs], TensorType | Shape]
#: A gradient rule emits the adjoint of one operand; see ``kgraph.autodiff.GradContext`` for what ``g`` offers.
GradRule = Callable[[Any], Any]

#: ``leaf``: a placeholder, variable or constant. ``view``: the same memory under another type. ``choice``: resolved
#: before anything runs. ``compute``: a kernel makes the value.
Role = Literal["leaf", "view", "choice", "compute"]

_DTYPE_VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "T": FLOATS,
    "I": INTS,
    "R": FLOATS + INTS,
    "A": tuple(DTYPES),
}


class OpError(ValueError):
    """Operands or attributes that do not fit an op's signature."""


class Operand(NamedTuple):
    """One operand of a signature; ``dims`` holds ints, names, and ``*names`` that take any number of dimensions."""

    name: str
    dtype: str
    dims: tuple[int | str, ...]
    variadic: bool = False


class Attribute(NamedTuple):
    """One attribute of a signature. ``kind`` is a key of ``ATTRIBUTE_KINDS``."""

    name: str
    kind: str
    required: bool = True
    default: Any = None


class Call(NamedTuple):
    """How a node of known shapes runs: a kernel by name, its numbers, and its work.

    The kernel is called on ranges of ``[0, work)`` of at most ``grain`` units each; ranges are independent tasks. A
    task should take a few microseconds, or its ``weight`` times as much: the number of tasks decides whether other
    threads are asked to help.

    What comes next element by element may be done range by range where a unit makes the element of the result at its
    own place (``by_element``; elementwise ops always do), and tile by tile where it makes a tile of one matrix, which
    ``tiling`` describes.
    """

    kernel: str
    work: int
    grain: int
    ints: tuple[int, ...] = ()
    floats: tuple[float, ...] = ()
    weight: float = 1.0
    by_element: bool = False
    tiling: Tiling | None = None


Lower = Callable[[Sequence[TensorType], TensorType, Attrs], Call]
#: The operations on numbers that make a result of known type once.
Flops = Callable[[Sequence[TensorType], TensorType, Attrs], int]


class Draw(NamedTuple):
    """A random test operand: floats (``dtype="T"``), ints or bools of ``shape``, in ``[low, high)``.

    ``whole`` floats have no fraction. ``diagonal`` is added to the diagonals of the last two axes.
    """

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    dtype: str = "T"
    whole: bool = False
    diagonal: float = 0.0

    def array(self, rng: np.random.Generator, dtype: str) -> np.ndarray:
        """The operand, as ``dtype`` where the draw leaves it open."""
        chosen = dtype if self.dtype == "T" else self.dtype
        values: np.ndarray | float
        if chosen == "bool":
            values = rng.random(self.shape) < 0.5
        elif self.whole or chosen in INTS:
            values = rng.integers(int(self.low), int(self.high), self.shape)
        else:
            values = rng.uniform(self.low, self.high, self.shape)
        if self.diagonal:
            values = values + self.diagonal * np.eye(self.shape[-2], self.shape[-1])
        return np.asarray(values, DTYPES[chosen])


class Sample(NamedTuple):
    """Operands and attributes on which an op is tested against its reference."""

    draws: tuple[Draw, ...]
    attrs: dict[str, Any]


def draw(
    *shape: int,
    low: float = -2.0,
    high: float = 2.0,
    dtype: str = "T",
    whole: bool = False,
    diagonal: float = 0.0,
) -> Draw:
    return Draw(shape, low, high, dtype, whole, diagonal)


def sample(*draws: Draw, **attrs: Any) -> Sample:
    return Sample(draws, attrs)


class Op(NamedTuple):
    """A declared op. Made by ``define``; found by ``find_op``."""

    name: str
    doc: str
    signature: str
    operands: tuple[Operand, ...]
    attributes: tuple[Attribute, ...]
    result_dtype: str
    result_dims: tuple[int | str, ...] | None
    role: Role
    infer: Infer | None
    grad: tuple[GradRule | None, ...]
    reference: Callable[..., Any] | None
    samples: tuple[Sample, ...]
    lower: Lower | None
    fault: str | None
    flops: Flops | None

    @property
    def is_elementwise(self) -> bool:
        """Whether an element of the result depends on the operands' elements at its own place alone, and on scalars."""
        given = {operand.dims for operand in self.operands}
        same: tuple[int | str, ...] = ("*s",)
        return self.role == "compute" and self.result_dims == same and same in given and given <= {same, ()}

    def bind_attrs(self, attrs: Attrs) -> dict[str, Any]:
        """``attrs`` in the order of the signature, defaults filled in.

        Raises:
            OpError: an attribute is missing, unknown, or not of its kind.
        """
        known = {attribute.name for attribute in self.attributes}
        unknown = [name for name in attrs if name not in known]
        if unknown:
            raise OpError(f"{self.name}: no attribute {unknown[0]!r}; it has {', '.join(sorted(known)) or 'none'}")
        bound = {}
        for attribute in self.attributes:
            if attribute.name not in attrs and attribute.required:
                raise OpError(f"{self.name}: attribute {attribute.name!r} is missing")
            value = attrs.get(attribute.name, attribute.default)
            if not ATTRIBUTE_KINDS[attribute.kind](value):
                raise OpError(f"{self.name}: {attribute.name} must be {attribute.kind}, not {value!r}")
            bound[attribute.name] = value
        return bound

    def substitute(self, attrs: Attrs, bindings: Mapping[str, Dim]) -> dict[str, Any]:
        """``attrs`` with the symbols in ``bindings`` replaced, in the attributes that may hold some."""
        replaced = dict(attrs)
        for attribute in self.attributes:
            if attribute.kind in SYMBOLIC_KINDS and attribute.name in attrs:
                value = attrs[attribute.name]
                is_shape = isinstance(value, list)
                dims = [substitute(dim, bindings) for dim in (value if is_shape else [value])]
                replaced[attribute.name] = dims if is_shape else dims[0]
        return replaced

    def result_type(self, inputs: Sequence[TensorType], attrs: Attrs) -> TensorType:
        """The type of the result, by the signature and ``infer``.

        Raises:
            OpError: the operands do not fit; the message names those that disagree.
        """
        match = _Match(self, inputs)
        if self.infer is None:
            assert self.result_dims is not None
            return TensorType(match.dtype(self.result_dtype), match.shape(self.result_dims))
        try:
            inferred = self.infer(inputs, attrs)
        except OpError as error:
            raise OpError(f"{self.name}: {error}") from None
        if isinstance(inferred, TensorType):
            return inferred
        return TensorType(match.dtype(self.result_dtype), tuple(inferred))

    def grad_rule(self, index: int) -> GradRule | None:
        """The rule of the operand at ``index``; a variadic operand's rule serves all that it takes."""
        return self.grad[min(index, len(self.grad) - 1)] if self.grad else None


class _Match:
    """The dtype variables and dimensions that operands bind, each with the operand that bound it first."""

    def __init__(self, op: Op, inputs: Sequence[TensorType]) -> None:
        self.op = op
        self.dtypes: dict[str, tuple[str, str]] = {}
        self.dims: dict[str, tuple[Dim, str]] = {}
        self.groups: dict[str, tuple[Shape, str]] = {}
        for operand, name, given in self._pair(inputs):
            self._match_dtype(operand, name, given.dtype)
            self._match_shape(operand, name, given)

    def dtype(self, variable: str) -> str:
        return self.dtypes[variable][0] if variable in self.dtypes else variable

    def shape(self, pattern: tuple[int | str, ...]) -> Shape:
        shape: list[Dim] = []
        for dim in pattern:
            if isinstance(dim, int):
                shape.append(dim)
            elif dim.startswith("*"):
                shape.extend(self.groups[dim][0])
            else:
                shape.append(self.dims[dim][0])
        return tuple(shape)

    def _fail(self, text: str) -> OpError:
        return OpError(f"{self.op.name}: {text}")

    def _pair(self, inputs: Sequence[TensorType]) -> list[tuple[Operand, str, TensorType]]:
        operands = self.op.operands
        if operands and operands[-1].variadic:
            fixed = len(operands) - 1
            if len(inputs) <= fixed:
                raise self._fail(f"takes at least {fixed + 1} operands, not {len(inputs)}")
            rest = [(operands[-1], f"{operands[-1].name}[{i}]", given) for i, given in enumerate(inputs[fixed:])]
        elif len(inputs) != len(operands):
            names = ", ".join(operand.name for operand in operands) or "no operands"
            raise self._fail(f"takes {names}; {len(inputs)} operands were given")
        else:
            fixed, rest = len(operands), []
        paired = zip(operands[:fixed], inputs[:fixed], strict=True)
        return [(operand, operand.name, given) for operand, given in paired] + rest

    def _match_dtype(self, operand: Operand, name: str, given: str) -> None:
        allowed = _DTYPE_VARIABLES.get(operand.dtype, (operand.dtype,))
        if given not in allowed:
            raise self._fail(f"{name} must be {' or '.join(allowed)}, not {given}")
        bound, by = self.dtypes.setdefault(operand.dtype, (given, name))
        if bound != given:
            raise self._fail(f"dtype is {bound} in {by} but {given} in {name}")

    def _match_shape(self, operand: Operand, name: str, given: TensorType) -> None:
        stars = [i for i, dim in enumerate(operand.dims) if isinstance(dim, str) and dim.startswith("*")]
        least = len(operand.dims) - len(stars)
        if given.rank < least or (given.rank != least and not stars):
            bound = "at least " if stars else ""
            raise self._fail(f"{name} must have {bound}{least} dimensions, not {given.rank}: {given}")
        if not stars:
            self._match_dims(operand.dims, name, given.shape)
            return
        before, after = stars[0], len(operand.dims) - stars[0] - 1
        end = given.rank - after
        self._match_dims(operand.dims[:before], name, given.shape[:before])
        self._match_group(str(operand.dims[before]), name, given.shape[before:end])
        self._match_dims(operand.dims[before + 1 :], name, given.shape[end:])

    def _match_dims(self, pattern: tuple[int | str, ...], name: str, given: Shape) -> None:
        for dim, value in zip(pattern, given, strict=True):
            if isinstance(dim, int):
                if dim != value:
                    raise self._fail(f"a dimension of {name} must be {dim}, not {value}")
                continue
            if dim == "_":
                continue
            bound, by = self.dims.setdefault(dim, (value, name))
            if bound != value:
                raise self._fail(f"{dim} is {bound} in {by} but {value} in {name}")

    def _match_group(self, group: str, name: str, given: Shape) -> None:
        if group == "*_":
            return
        bound, by = self.groups.setdefault(group, (given, name))
        if bound != given:
            raise self._fail(f"shape is {_brackets(bound)} in {by} but {_brackets(given)} in {name}")


def _brackets(shape: Shape) -> str:
    return f"[{','.join(map(str, shape))}]"


def _is_dim(value: Any) -> bool:
    if isinstance(value, str):
        try:
            return parse_dim(value) == value
        except ValueError:
            return False
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


#: What an attribute of each kind may be.
ATTRIBUTE_KINDS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "int": _is_int,
    "ints": lambda value: isinstance(value, list) and all(map(_is_int, value)),
    "float": _is_number,
    "floats": lambda value: isinstance(value, list) and all(map(_is_number, value)),
    "number": lambda value: isinstance(value, (int, float)),
    "bool": lambda value: isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "dim": _is_dim,
    "shape": lambda value: isinstance(value, list) and all(map(_is_dim, value)),
    "dtype": lambda value: value in DTYPES,
    "json": lambda value: True,
}

#: Attribute kinds that may hold symbols, which binding replaces by numbers.
SYMBOLIC_KINDS: Final = ("dim", "shape")

_REGISTRY: dict[str, Op] = {}

_SIGNATURE = re.compile(r"(\w+)\(([^;]*?)(?:;(.*))?\)\s*->\s*(.+)")
_OPERAND = re.compile(r"(\*?)(\w+)\s*:\s*(\w+)\[([^\]]*)\]")
_ATTRIBUTE = re.compile(r"(\w+)\s*:\s*(\w+)(?:\s*=\s*(\[[^\]]*\]|[^,\s]+))?")
_RESULT = re.compile(r"(\w+)\[([^\]]*)\]")


def define(
    signature: str,
    doc: str,
    *,
    grad: tuple[GradRule | None, ...] = (),
    reference: Callable[..., Any] | None = None,
    samples: tuple[Sample, ...] = (),
    infer: Infer | None = None,
    lower: Lower | None = None,
    role: Role = "compute",
    fault: str | None = None,
    flops: Flops | None = None,
) -> Op:
    """Declares an op and registers it under the signature's name.

    Args:
        signature: see the module's docstring.
        doc: one sentence or formula for the op's page.
        grad: one rule per operand; ``flat`` where the slope is zero, ``None`` where no derivative is known.
        reference: the op in numpy, on arrays and attributes.
        samples: operands on which tests compare the kernel with ``reference`` and gradients with finite differences.
        infer: the result's shape (or type) where the signature cannot say it.
        lower: the kernel call for known types; needed by the ops that compute.
        role: see ``Role``.
        fault: for kernels that may refuse a value, the sentence that says why, over ``{value}``, ``{position}`` and
            the attributes.
        flops: what a result costs, where that is not one operation an element; see ``kgraph.costs``.
    """
    match = _SIGNATURE.fullmatch(signature)
    if match is None:
        raise ValueError(f"{signature!r} is not a signature")
    name, operands, attributes, result = match.groups()
    if name in _REGISTRY:
        raise ValueError(f"op {name!r} is declared twice")
    result_dtype, result_dims = _parse_result(result.strip())
    if (result_dims is None) != (infer is not None):
        raise ValueError(f"{name}: give infer= exactly where the result is '?'")
    if (role == "compute") != (lower is not None):
        raise ValueError(f"{name}: give lower= exactly where a kernel makes the value")
    op = Op(
        name=name,
        doc=doc,
        signature=signature,
        operands=tuple(_parse_operand(found) for found in _OPERAND.findall(operands)),
        attributes=tuple(_parse_attribute(found) for found in _ATTRIBUTE.findall(attributes or "")),
        result_dtype=result_dtype,
        result_dims=result_dims,
        role=role,
        infer=infer,
        grad=grad,
        reference=reference,
        samples=samples,
        lower=lower,
        fault=fault,
        flops=flops,
    )
    _REGISTRY[name] = op
    return op


def _parse_operand(found: tuple[str, str, str, str]) -> Operand:
    star, name, dtype, dims = found
    return Operand(name, dtype, _parse_dims(dims), variadic=bool(star))


def _parse_attribute(found: tuple[str, str, str]) -> Attribute:
    name, kind, default = found
    if kind not in ATTRIBUTE_KINDS:
        raise ValueError(f"{kind!r} is not a kind of attribute")
    if not default:
        return Attribute(name, kind)
    return Attribute(name, kind, required=False, default=json.loads(default))


def _parse_dims(text: str) -> tuple[int | str, ...]:
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _parse_result(text: str) -> tuple[str, tuple[int | str, ...] | None]:
    if text == "?":
        return "?", None
    match = _RESULT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a result")
    dtype, dims = match.groups()
    return dtype, None if dims == "?" else _parse_dims(dims)


def flat(g: Any) -> None:
    """The gradient rule of an operand in which the result is flat wherever it has a slope: its adjoint is zero.

    An operand without any rule is one whose derivative is not known; differentiating through it is an error.
    """


def find_op(name: str) -> Op:
    """The op of that name.

    Raises:
        OpError: no op has it.
    """
    if name not in _REGISTRY:
        raise OpError(f"no op is named {name!r}")
    return _REGISTRY[name]


def all_ops() -> list[Op]:
    """Every declared op, by name."""
    return [_REGISTRY[name] for name in sorted(_REGISTRY)]
