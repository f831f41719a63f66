"""Reductions and running totals."""

from __future__ import annotations

import numpy as np
from face_case import bools, case, floats, ints

from kgraph import ops

REDUCTIONS = [
    *(
        case(
            f"{name} axis={axis} keepdims={keepdims}",
            lambda x, name=name, axis=axis, keepdims=keepdims: getattr(ops, name)(x, axis=axis, keepdims=keepdims),
            lambda x, name=name, axis=axis, keepdims=keepdims: getattr(np, name)(x, axis=axis, keepdims=keepdims),
            floats(2, 3, 4),
            dtype="float32",
        )
        for name in ("sum", "mean", "var", "std", "max", "min", "amax", "amin", "prod")
        for axis in (None, 0, -1, (0, 2), (-1, 1))
        for keepdims in (False, True)
    ),
    *(
        case(
            f"{name} axis={axis}",
            lambda x, name=name, axis=axis: getattr(ops, name)(x, axis=axis),
            lambda x, name=name, axis=axis: getattr(np, name)(x, axis=axis),
            bools(2, 3, 4),
            dtype=dtype,
        )
        for name, dtype in (("any", "bool"), ("all", "bool"), ("count_nonzero", "int32"), ("sum", "int32"))
        for axis in (None, 1, (0, -1))
    ),
    case("mean of ints", ops.mean, np.mean, ints(3, 4), dtype="float32"),
    case("sum of ints", ops.sum, np.sum, ints(3, 4), dtype="int32"),
    case(
        "max with an initial", lambda x: ops.max(x, 1, initial=1.0), lambda x: np.max(x, 1, initial=1.0), floats(3, 4)
    ),
    case(
        "min with an initial", lambda x: ops.min(x, 1, initial=-1.0), lambda x: np.min(x, 1, initial=-1.0), floats(3, 4)
    ),
    *(
        case(
            f"{name} axis={axis} keepdims={keepdims}",
            lambda x, name=name, axis=axis, keepdims=keepdims: getattr(ops, name)(x, axis, keepdims),
            lambda x, name=name, axis=axis, keepdims=keepdims: getattr(np, name)(x, axis, keepdims=keepdims),
            floats(3, 4, 5),
            dtype="int32",
        )
        for name in ("argmax", "argmin")
        for axis in (None, 0, -2)
        for keepdims in (False, True)
    ),
    case("logsumexp", lambda x: ops.logsumexp(x, 1), lambda x: np.log(np.exp(x).sum(1)), floats(3, 4)),
    *(
        case(f"norm {ord}", lambda x, o=ord: ops.norm(x, o, 1), lambda x, o=ord: np.linalg.norm(x, o, 1), floats(3, 4))
        for ord in (None, 1, 2, 3, 0, np.inf, -np.inf)
    ),
    case("norm over all", ops.norm, np.linalg.norm, floats(3, 4)),
    case("norm fro", lambda x: ops.norm(x, "fro", (0, 1)), lambda x: np.linalg.norm(x, "fro", (0, 1)), floats(3, 4)),
    case(
        "average",
        lambda x, w: ops.average(x, 1, w),
        lambda x, w: np.average(x, 1, w),
        floats(3, 4),
        floats(4, low=0.5),
        known=...,
    ),
    case("average without weights", lambda x: ops.average(x, 1), lambda x: np.average(x, 1), floats(3, 4)),
    *(
        case(
            f"{name} axis={axis}",
            lambda x, name=name, axis=axis: getattr(ops, name)(x, axis),
            lambda x, name=name, axis=axis: getattr(np, name)(x, axis),
            floats(3, 4),
        )
        for name in ("cumsum", "cumprod")
        for axis in (None, 0, -1)
    ),
    case(
        "cumsum as a dtype", lambda x: ops.cumsum(x, 0, "float64"), lambda x: np.cumsum(x, 0), ints(5), dtype="float64"
    ),
]
