"""The tensor that users hold, and the one way to apply an op to anything.

``apply`` looks at where it is called. Inside a trace it emits a node. Outside one, on a symbolic tensor, it records the
call, to be replayed when a model is lowered. On arrays alone it runs the op at once and gives an array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from kgraph import config, dims
from kgraph.broadcasting import broadcast_shapes, promote, shape_text
from kgraph.builder import Value
from kgraph.dimension import Dimension
from kgraph.dims import Dim, Shape
from kgraph.op import SYMBOLIC_KINDS, OpError, find_op
from kgraph.opset.leaves import encode_value
from kgraph.provenance import made_at, user_line
from kgraph.runtime import eager
from kgraph.slicing import plan_slice
from kgraph.trace import Trace, current_trace
from kgraph.types import DTYPES, TensorType, short_dtype, type_of


class Operators:
    """Python's operators on tensors and variables."""

    __slots__ = ()
    __array_ufunc__: ClassVar[None] = None

    def __add__(self, other: Any) -> Any:
        return binary("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return binary("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return binary("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return binary("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return binary("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return binary("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return binary("div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return binary("div", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return binary("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return binary("floor_divide", other, self)

    def __mod__(self, other: Any) -> Any:
        return binary("mod", self, other)

    def __rmod__(self, other: Any) -> Any:
        return binary("mod", other, self)

    def __pow__(self, other: Any) -> Any:
        return apply("square", self) if isinstance(other, (int, float)) and other == 2 else binary("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return binary("pow", other, self)

    def __matmul__(self, other: Any) -> Any:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return matmul(other, self)

    def __lt__(self, other: Any) -> Any:
        return binary("less", self, other)

    def __le__(self, other: Any) -> Any:
        return binary("less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return binary("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return binary("greater_equal", self, other)

    def __and__(self, other: Any) -> Any:
        return binary("logical_and", self, other)

    def __or__(self, other: Any) -> Any:
        return binary("logical_or", self, other)

    def __xor__(self, other: Any) -> Any:
        return binary("logical_xor", self, other)

    def __invert__(self) -> Any:
        return apply("logical_not", self)

    def __neg__(self) -> Any:
        return apply("neg", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return apply("abs", self)

    def __getitem__(self, key: Any) -> Any:
        return take_slice(self, key)


class Tensor(Operators):
    """A symbolic tensor: a node of a graph being described, or the recorded result of a call.

    Attributes:
        type: dtype and shape with symbols.
        value: the builder's value, where the tensor belongs to a graph.
        call: the recorded call, where it does not yet.
        _keras_mask: a bool tensor (or ``None``) that says which timesteps count.
    """

    __slots__ = ("__weakref__", "_keras_mask", "_name", "call", "type", "value")

    def __init__(
        self, type: TensorType, name: str = "", value: Value | None = None, call: RecordedCall | None = None
    ) -> None:
        self.type = type
        self.value = value
        self.call = call
        self._name = name
        self._keras_mask: Tensor | None = None

    @property
    def name(self) -> str:
        return self._name if self.value is None else self.value.name

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape, ``None`` where a dimension is not known yet."""
        return tuple(dim if isinstance(dim, int) else None for dim in self.type.shape)

    @property
    def dtype(self) -> str:
        return DTYPES[self.type.dtype]

    @property
    def ndim(self) -> int:
        return self.type.rank

    def __repr__(self) -> str:
        shape = ", ".join("?" if dim is None else str(dim) for dim in self.shape)
        shape += "," if len(self.shape) == 1 else ""
        return f'Tensor("{self.name}:0", shape=({shape}), dtype={self.dtype})'

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} has no value yet, so it cannot steer an `if`; use ops.where or ops.cond")

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError(f"{self!r} has no value yet, so numpy cannot take it; use kgraph.ops")

    def __len__(self) -> int:
        if not self.type.shape or not isinstance(self.type.shape[0], int):
            raise TypeError(f"the length of {self!r} is not known")
        return self.type.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(len(self))])


class RecordedCall:
    """A call on symbolic tensors, kept to be replayed when a model is lowered.

    Attributes:
        inputs: the symbolic tensors among its arguments.
        outputs: the tensors it gave, in order.
        source: ``file:line`` of the call.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    source: str

    def __init__(self) -> None:
        self.source = user_line()

    def replay(self, memo: dict[Tensor, Tensor]) -> None:
        """Makes the call again with ``memo`` in place of its inputs, and puts its outputs into ``memo``."""
        raise NotImplementedError


class OpCall(RecordedCall):
    """An op applied to at least one recorded tensor."""

    def __init__(self, op: str, operands: Sequence[Any], attrs: Mapping[str, Any]) -> None:
        super().__init__()
        self.op = op
        self.operands = tuple(operands)
        self.attrs = dict(attrs)
        self.inputs = tuple(operand for operand in operands if isinstance(operand, Tensor))
        declared = find_op(op)
        result = declared.result_type([operand_type(operand) for operand in operands], declared.bind_attrs(attrs))
        self.outputs = (Tensor(result, op, call=self),)

    def replay(self, memo: dict[Tensor, Tensor]) -> None:
        operands = [memo.get(o, o) if isinstance(o, Tensor) else o for o in self.operands]
        attrs = self.attrs
        if _has_symbols(self.op, attrs):
            attrs = find_op(self.op).substitute(attrs, _symbols_now(memo))
        with scope("ops"):
            memo[self.outputs[0]] = apply(self.op, *operands, **attrs)


def _symbols_now(memo: Mapping[Tensor, Tensor]) -> dict[str, Dim]:
    """What the symbols of recorded tensors are where they are replayed: a model may be called on other dimensions."""
    pairs = ((a, b) for was, now in memo.items() for a, b in zip(was.type.shape, now.type.shape, strict=True))
    return {was: now for was, now in pairs if isinstance(was, str) and was.isidentifier()}


def is_symbolic(value: Any) -> bool:
    """Whether ``value`` has no number yet: a tensor, or an unknown dimension."""
    return isinstance(value, (Tensor, Dimension))


def apply(op: str, *operands: Any, **attrs: Any) -> Any:
    """Applies the op called ``op`` to tensors, variables and arrays of types that fit its signature.

    Returns:
        A ``Tensor`` inside a trace, or where an operand or a dimension among the attributes is symbolic; else an array.
    """
    trace = current_trace()
    if trace is not None:
        return wrap(trace.emit(op, [lower(trace, operand) for operand in operands], attrs))
    if any(map(is_symbolic, operands)) or _has_symbols(op, attrs):
        return OpCall(op, operands, attrs).outputs[0]
    return eager.apply(op, [as_array(operand) for operand in operands], attrs)


def _has_symbols(op: str, attrs: Mapping[str, Any]) -> bool:
    """Whether an attribute that may hold symbols does, e.g. the shape of a ``full``."""
    symbolic = [attrs.get(a.name) for a in find_op(op).attributes if a.kind in SYMBOLIC_KINDS]
    return any(isinstance(dim, str) for found in symbolic for dim in (found if isinstance(found, list) else [found]))


def wrap(value: Value) -> Tensor:
    return Tensor(value.type, value=value)


def named(x: Any, stem: str) -> Any:
    """``x``, its node called ``stem``, if it was made in the current scope; anything else is left alone."""
    trace = current_trace()
    if trace is not None and isinstance(x, Tensor) and x.value is not None and not x.value.op_is_leaf:
        scope_name, _, _ = x.value.name.rpartition("/")
        if scope_name == trace.builder.scope_name:
            trace.builder.rename(x.value, "/".join(part for part in (scope_name, stem) if part))
    return x


def lower(trace: Trace, operand: Any) -> Value:
    """The value of ``operand`` in ``trace``: emits constants, reads variables, replays recorded calls."""
    if isinstance(operand, Tensor):
        return _lower_tensor(trace, operand)
    if isinstance(operand, Dimension):
        return trace.emit("size", (), {"of": operand.expression, "dtype": "i32"})
    if hasattr(operand, "leaf_op"):
        return trace.read(operand)
    array = as_array(operand)
    return trace.builder.constant(encode_value(array), type_of(array))


def _lower_tensor(trace: Trace, tensor: Tensor) -> Value:
    if tensor.value is None:
        tensor = replay([tensor], trace.memo)[0]
    assert tensor.value is not None
    if tensor.value.builder is not trace.builder:
        raise ValueError(f"{tensor!r} belongs to another graph ({tensor.value.builder.name})")
    return tensor.value


@contextmanager
def scope(name: str, absolute: bool = False) -> Iterator[None]:
    """Puts ``name`` before the names of nodes made inside; outside a trace it does nothing."""
    trace = current_trace()
    if trace is None:
        yield
    else:
        with trace.builder.scope(name, absolute):
            yield


def replay(outputs: Sequence[Tensor], memo: dict[Tensor, Tensor]) -> list[Tensor]:
    """Makes every call that ``outputs`` came from again, where ``memo`` does not have it, and gives their values."""
    for call in calls_behind(outputs, memo):
        with made_at(call.source):
            call.replay(memo)
    return [memo.get(output, output) for output in outputs]


def calls_behind(outputs: Sequence[Tensor], known: Mapping[Tensor, Any]) -> list[RecordedCall]:
    """The recorded calls that ``outputs`` depend on, first to last, not looking behind ``known``."""
    ordered: dict[RecordedCall, None] = {}
    pending = [tensor.call for tensor in reversed(outputs) if tensor.call is not None and tensor not in known]
    while pending:
        call = pending[-1]
        missing = [
            tensor.call
            for tensor in call.inputs
            if tensor.call is not None and tensor not in known and tensor.call not in ordered
        ]
        if missing and call not in ordered:
            pending.extend(reversed(missing))
        else:
            ordered[pending.pop()] = None
    return list(ordered)


def operand_type(operand: Any) -> TensorType:
    """The type of a tensor, variable, array or number."""
    if isinstance(operand, Dimension):
        return TensorType("i32", ())
    found = getattr(operand, "type", None)
    return found if isinstance(found, TensorType) else type_of(as_array(operand))


def as_array(value: Any, dtype: str | None = None) -> np.ndarray:
    """``value`` as an array of a dtype that graphs have; Python floats take the default float, ints are int32.

    Raises:
        TypeError: the value is not numeric.
    """
    if hasattr(value, "leaf_op"):
        value = value.numpy()
    array = np.asarray(value)
    if dtype is not None:
        return np.asarray(array, dtype=DTYPES[dtype])
    if array.dtype.name in DTYPES.values() and isinstance(value, (np.ndarray, np.generic)):
        return array
    if array.dtype.kind == "f":
        return array.astype(config.floatx())
    if array.dtype.kind in "iu":
        return array.astype("int64" if array.dtype.itemsize == 8 and isinstance(value, np.ndarray) else "int32")
    if array.dtype.kind == "b":
        return array
    raise TypeError(f"{type(value).__name__} of dtype {array.dtype} is not a tensor")


def cast(x: Any, dtype: str) -> Any:
    """``x`` as ``dtype`` (a short name); nothing where it is so already."""
    return x if operand_type(x).dtype == dtype else apply("cast", x, dtype=dtype)


def full_like(x: Any, number: float | bool) -> Any:
    """``number`` in the type of ``x``."""
    given = operand_type(x)
    return apply("full", shape=list(given.shape), value=number, dtype=given.dtype)


#: Ops whose operands must be floats, or bools, whatever was given.
_FLOAT_OPS = ("div", "div_no_nan", "atan2")
_BOOL_OPS = ("logical_and", "logical_or", "logical_xor")


def binary(op: str, a: Any, b: Any) -> Any:
    """``op`` of ``a`` and ``b`` with their dtypes promoted and their shapes broadcast.

    A Python number takes the dtype of the other operand, where that can hold it.

    Raises:
        ValueError: the shapes do not broadcast.
    """
    dtype = common_dtype(op, a, b)
    types = [operand_type(operand) for operand in (a, b)]
    try:
        shape = broadcast_shapes(types[0].shape, types[1].shape)
    except ValueError as error:
        raise OpError(f"{op}: {error}") from None
    return apply(op, *(spread(operand, dtype, shape) for operand in (a, b)))


def common_dtype(op: str, a: Any, b: Any) -> str:
    """The dtype in which ``op`` takes ``a`` and ``b``. Python numbers yield to the dtype of the other operand."""
    if op in _BOOL_OPS:
        return "bool"
    strong = [operand_type(x).dtype for x in (a, b) if not isinstance(x, (int, float, bool, Dimension))]
    weak = [_weak_dtype(x) for x in (a, b) if isinstance(x, (int, float))]
    dtype = promote(strong) if strong else promote([*weak, "i32"])
    if any(x in ("f32", "f64") for x in weak) and not dtype.startswith("f"):
        dtype = short_dtype(config.floatx())
    if dtype == "bool" and weak and op not in ("equal", "not_equal"):
        dtype = promote([dtype, *weak])
    if op in _FLOAT_OPS and not dtype.startswith("f"):
        dtype = short_dtype(config.floatx())
    return "i32" if dtype == "bool" and op in _ARITHMETIC else dtype


_ARITHMETIC = ("add", "sub", "mul", "pow", "mod", "floor_divide", "maximum", "minimum")


def _weak_dtype(number: int | float) -> str:
    if isinstance(number, bool):
        return "bool"
    return short_dtype(config.floatx()) if isinstance(number, float) else "i32"


def spread(operand: Any, dtype: str, shape: Shape) -> Any:
    """``operand`` as ``dtype``, broadcast to ``shape``."""
    if isinstance(operand, (int, float, bool, np.generic)) and (shape or current_trace() is not None):
        number = _plain(operand, dtype)
        return named(apply("full", shape=list(shape), value=number, dtype=dtype), f"{number:g}".replace("+", ""))
    operand = cast(operand, dtype) if not isinstance(operand, (int, float, bool)) else as_array(operand, dtype)
    given = operand_type(operand).shape
    if given == shape:
        return operand
    padded = (1,) * (len(shape) - len(given)) + tuple(given)
    claimed = tuple(want if have != 1 else 1 for have, want in zip(padded, shape, strict=True))
    if claimed != padded:
        operand = apply("claim", operand, shape=list(claimed[len(shape) - len(given) :]))
    return operand if claimed == shape and len(given) == len(shape) else apply("broadcast", operand, shape=list(shape))


def _plain(number: Any, dtype: str) -> Any:
    number = number.item() if isinstance(number, np.generic) else number
    convert: Callable[[Any], Any] = float if dtype.startswith("f") else bool if dtype == "bool" else int
    return convert(number)


def take_slice(x: Any, key: Any) -> Any:
    """``x[key]`` for ints, slices, ``None`` and ``...``."""
    if not is_symbolic(x) and current_trace() is None:
        return as_array(x)[key]
    shape = operand_type(x).shape
    plan = plan_slice(shape, key)
    if tuple(plan.shape) != shape or any(step != 1 for step in plan.step):
        x = apply("slice", x, begin=plan.begin, shape=plan.shape, step=plan.step)
    return x if plan.result == plan.shape else apply("reshape", x, shape=plan.result)


def matmul(a: Any, b: Any) -> Any:
    """``a @ b`` by numpy's rule: vectors gain an axis and lose it again, leading axes broadcast.

    Shapes ``(..., m, k) @ (..., k, n) -> (..., m, n)``. A matrix on the right of a higher rank is applied row by row.

    Raises:
        ValueError: the inner dimensions differ, or an operand is a scalar.
    """
    dtype = common_dtype("mul", a, b)
    dtype = dtype if dtype.startswith("f") else short_dtype(config.floatx())
    a, b = cast(a, dtype), cast(b, dtype)
    a_shape, b_shape = operand_type(a).shape, operand_type(b).shape
    if not a_shape or not b_shape:
        raise OpError(f"matmul: takes no scalars: {shape_text(a_shape)} @ {shape_text(b_shape)}")
    if len(a_shape) == 1:
        row = matmul(apply("reshape", a, shape=[1, *a_shape]), b)
        shape = operand_type(row).shape
        kept = shape[:-2] + shape[-1:] if len(b_shape) > 1 else shape[:-1]
        return apply("reshape", row, shape=list(kept))
    if len(b_shape) == 1:
        column = matmul(a, apply("reshape", b, shape=[*b_shape, 1]))
        return apply("reshape", column, shape=list(operand_type(column).shape[:-1]))
    if len(b_shape) == 2 and len(a_shape) > 2:
        rows = apply("reshape", a, shape=[dims.product(a_shape[:-1]), a_shape[-1]])
        return apply("reshape", apply("matmul", rows, b), shape=[*a_shape[:-1], b_shape[-1]])
    batch = broadcast_shapes(a_shape[:-2], b_shape[:-2])
    return apply("matmul", spread(a, dtype, batch + a_shape[-2:]), spread(b, dtype, batch + b_shape[-2:]))
