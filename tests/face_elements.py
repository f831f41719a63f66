"""Elementwise functions and comparisons."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from face_case import Case, bools, case, floats, ints, sigmoid

from kgraph import ops


def erf(x: np.ndarray) -> np.ndarray:
    return np.vectorize(math.erf)(x)


def unary(name: str, expected: Any, low: float = -2.0, high: float = 2.0) -> list[Case]:
    """On floats, and on ints, which become floats."""
    face = getattr(ops, name)
    whole = ints(7, low=math.ceil(low), high=math.floor(high) + 1)
    return [
        case(name, face, expected, floats(3, 4, low=low, high=high), dtype="float32"),
        case(f"{name} of ints", face, lambda x: expected(x.astype(np.float32)), whole, dtype="float32"),
    ]


ELEMENTWISE = [
    *unary("exp", np.exp),
    *unary("exp2", np.exp2),
    *unary("expm1", np.expm1),
    *unary("log", np.log, low=0.5),
    *unary("log1p", np.log1p, low=0.0),
    *unary("log2", np.log2, low=0.5),
    *unary("log10", np.log10, low=0.5),
    *unary("sqrt", np.sqrt, low=0.0),
    *unary("rsqrt", lambda x: 1 / np.sqrt(x), low=0.5),
    *unary("reciprocal", lambda x: 1 / x, low=0.5),
    *unary("sin", np.sin),
    *unary("cos", np.cos),
    *unary("tan", np.tan, low=-1.0, high=1.0),
    *unary("arcsin", np.arcsin, low=-1.0, high=1.0),
    *unary("arccos", np.arccos, low=-1.0, high=1.0),
    *unary("arctan", np.arctan),
    *unary("sinh", np.sinh),
    *unary("cosh", np.cosh),
    *unary("tanh", np.tanh),
    *unary("arcsinh", np.arcsinh),
    *unary("arccosh", np.arccosh, low=1.0, high=4.0),
    *unary("arctanh", np.arctanh, low=-0.9, high=0.9),
    *unary("erf", erf),
    *unary("floor", np.floor),
    *unary("ceil", np.ceil),
    *unary("sigmoid", sigmoid),
    *unary("softplus", lambda x: np.log1p(np.exp(x))),
    *unary("softsign", lambda x: x / (1 + np.abs(x))),
    *unary("relu", lambda x: np.maximum(x, 0)),
    *unary("relu6", lambda x: np.clip(x, 0, 6), high=9.0),
    *unary("leaky_relu", lambda x: np.where(x > 0, x, 0.2 * x)),
    *unary("elu", lambda x: np.where(x > 0, x, np.expm1(x))),
    *unary("celu", lambda x: np.where(x > 0, x, np.expm1(x))),
    *unary("selu", lambda x: 1.05070098 * np.where(x > 0, x, 1.67326324 * np.expm1(x))),
    *unary("silu", lambda x: x * sigmoid(x)),
    *unary("swish", lambda x: x * sigmoid(x)),
    *unary("hard_sigmoid", lambda x: np.clip(x / 6 + 0.5, 0, 1), low=-5.0, high=5.0),
    *unary("hard_silu", lambda x: x * np.clip(x / 6 + 0.5, 0, 1), low=-5.0, high=5.0),
    *unary("hard_swish", lambda x: x * np.clip(x / 6 + 0.5, 0, 1), low=-5.0, high=5.0),
    *unary("hard_tanh", lambda x: np.clip(x, -1, 1)),
    *unary("tanh_shrink", lambda x: x - np.tanh(x)),
    *unary("log_sigmoid", lambda x: np.log(sigmoid(x))),
    *unary("soft_shrink", lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)),
    *unary("hard_shrink", lambda x: np.where(np.abs(x) > 0.5, x, 0)),
    *unary("squareplus", lambda x: (x + np.sqrt(x * x + 4)) / 2),
    *unary("sparse_plus", lambda x: np.where(x > 1, x, np.clip(x + 1, 0, 2) ** 2 / 4)),
    *unary("sparse_sigmoid", lambda x: np.clip((x + 1) / 2, 0, 1)),
    *unary("gelu", lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))),
    case("gelu by erf", lambda x: ops.gelu(x, False), lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2))), floats(9)),
    case("elu with alpha", lambda x: ops.elu(x, 0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x)), floats(9)),
    case("celu with alpha", lambda x: ops.celu(x, 2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x / 2)), floats(9)),
    case("threshold", lambda x: ops.threshold(x, 0.3, 7.0), lambda x: np.where(x > np.float32(0.3), x, 7), floats(9)),
    case("leaky_relu of slope", lambda x: ops.leaky_relu(x, 0.5), lambda x: np.where(x > 0, x, 0.5 * x), floats(9)),
    *(
        case(f"{name} of {array.dtype}", getattr(ops, name), expected, array, dtype=array.dtype.name)
        for name, expected in (
            ("negative", np.negative),
            ("absolute", np.abs),
            ("abs", np.abs),
            ("sign", np.sign),
            ("square", np.square),
            ("round", np.round),
        )
        for array in (floats(3, 4), ints(3, 4))
    ),
    case("square of bools", ops.square, lambda x: x.astype(np.int32), bools(5), dtype="int32"),
    case("round to decimals", lambda x: ops.round(x, 1), lambda x: np.round(x, 1), floats(9)),
    *(
        case(f"{name} of {a.dtype} {a.shape} and {b.dtype} {b.shape}", getattr(ops, name), expected, a, b, dtype=dtype)
        for name, expected in (
            ("add", np.add),
            ("subtract", np.subtract),
            ("multiply", np.multiply),
            ("maximum", np.maximum),
            ("minimum", np.minimum),
            ("floor_divide", np.floor_divide),
            ("mod", np.mod),
        )
        for a, b, dtype in (
            (floats(3, 4), floats(4, low=0.5), "float32"),
            (floats(3, 1), ints(1, 4, low=1), "float32"),
            (ints(3, 4), ints(3, 4, low=1), "int32"),
            (ints(2, 3, 1).astype(np.int64), ints(4, low=1), "int64"),
            (floats(3, 1).astype(np.float64), floats(4, low=0.5), "float64"),
        )
    ),
    *(
        case(f"{name} of ints", getattr(ops, name), np.true_divide, ints(3, 4), ints(4, low=1), dtype="float32")
        for name in ("divide", "true_divide")
    ),
    case(
        "divide_no_nan",
        ops.divide_no_nan,
        lambda a, b: np.divide(a, b, out=np.zeros_like(a), where=b != 0),
        floats(4),
        np.array([1, 0, 2, 0], np.float32),
        dtype="float32",
    ),
    case("power", ops.power, np.power, floats(3, 4, low=0.1), floats(4), dtype="float32"),
    case("power of 2", lambda x: ops.power(x, 2), np.square, floats(3, 4), dtype="float32"),
    case("power of 2 on ints", lambda x: ops.power(x, 2.0), np.square, ints(5), dtype="float32"),
    case("power of a number", lambda x: ops.power(2.0, x), lambda x: 2.0**x, floats(5), dtype="float32"),
    case("arctan2", ops.arctan2, np.arctan2, floats(3, 4), floats(3, 4)),
    case("hypot", ops.hypot, np.hypot, floats(3, 4), floats(4)),
    case("logaddexp", ops.logaddexp, np.logaddexp, floats(3, 4, low=-50, high=50), floats(4, low=-50, high=50)),
    case("clip", lambda x: ops.clip(x, -0.5, 1), lambda x: np.clip(x, -0.5, 1), floats(3, 4), dtype="float32"),
    case("clip of ints", lambda x: ops.clip(x, -1, 2), lambda x: np.clip(x, -1, 2), ints(9), dtype="int32"),
    case(
        "clip of ints by a float", lambda x: ops.clip(x, 0.5, 2), lambda x: np.clip(x, 0.5, 2), ints(9), dtype="float32"
    ),
    case("clip from below", lambda x: ops.clip(x, 0.0), lambda x: np.maximum(x, 0), floats(9)),
    case("clip by tensors", ops.clip, np.clip, floats(3, 4), floats(4, low=-1, high=0), floats(4, low=0, high=1)),
    case(
        "nan_to_num",
        lambda x: ops.nan_to_num(x, 3.0, posinf=5.0),
        lambda x: np.nan_to_num(x, nan=3.0, posinf=5.0),
        np.array([1, np.nan, np.inf, -np.inf], np.float32),
    ),
]

COMPARISONS = [
    *(
        case(f"{name} of {a.dtype} and {b.dtype}", getattr(ops, name), getattr(np, name), a, b, dtype="bool")
        for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
        for a, b in ((floats(3, 4), floats(4)), (ints(3, 4), ints(3, 1)), (ints(9), floats(9)))
    ),
    *(
        case(f"{name} of {a.dtype}", getattr(ops, name), getattr(np, name), a, b, dtype="bool")
        for name in ("logical_and", "logical_or", "logical_xor")
        for a, b in ((bools(3, 4), bools(4)), (ints(3, 4, low=0, high=2), ints(4, low=0, high=2)))
    ),
    case("logical_not", ops.logical_not, np.logical_not, ints(9, low=0, high=2), dtype="bool"),
    *(
        case(
            name,
            getattr(ops, name),
            getattr(np, name),
            np.array([1, np.nan, np.inf, -np.inf], np.float32),
            dtype="bool",
        )
        for name in ("isnan", "isinf", "isfinite")
    ),
    case(
        "isclose",
        ops.isclose,
        np.isclose,
        np.float32([1, 2, np.inf, np.nan]),
        np.float32([1 + 1e-7, 3, np.inf, np.nan]),
    ),
    case("where", ops.where, np.where, bools(3, 1), floats(3, 4), floats(4), dtype="float32"),
    case(
        "where with numbers", lambda c: ops.where(c, 1.0, 0), lambda c: c.astype(np.float32), bools(5), dtype="float32"
    ),
    case("where promotes", ops.where, np.where, bools(4), ints(4), floats(4), dtype="float32"),
]
