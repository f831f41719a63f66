"""Functions of single numbers that are seldom met, statistics, and places among other numbers."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from face_case import Case, bools, case, floats, ints
from face_elements import erf, unary

from kgraph import ops


def erfinv(x: np.ndarray) -> np.ndarray:
    return np.vectorize(lambda one: NormalDist().inv_cdf((float(one) + 1) / 2) / math.sqrt(2))(x)


HOLES = np.array([[1, np.nan, 3, -2], [np.nan, np.nan, np.nan, np.nan], [0.5, 4, np.nan, 9]], np.float32)
ENDS = np.array([1, np.nan, np.inf, -np.inf, 0.0, -0.0], np.float32)
SHIFTS = ints(3, 4, low=0, high=6)

NUMBERS = [
    *unary("cbrt", np.cbrt),
    *unary("erfc", lambda x: 1 - erf(x)),
    *unary("erfinv", erfinv, low=-0.9, high=0.9),
    *unary("i0", np.i0),
    *unary("sinc", np.sinc),
    *unary("deg2rad", np.deg2rad, low=-360.0, high=360.0),
    *unary("rad2deg", np.rad2deg),
    *unary("fabs", np.fabs),
    *unary("angle", lambda x: np.where(x < 0, np.pi, 0)),
    *(
        case(f"{name} of {x.dtype} {x.ndim}", getattr(ops, name), getattr(np, name), x)
        for name in ("trunc", "signbit", "isposinf", "isneginf", "isreal", "real", "imag", "conj", "conjugate")
        for x in (floats(3, 4), ENDS)
    ),
    case("trunc of ints", ops.trunc, np.trunc, ints(5), dtype="int32"),
    case("signbit of ints", ops.signbit, np.signbit, ints(5)),
    *(
        case(f"{name} of {a.dtype}", getattr(ops, name), getattr(np, name), a, b, dtype=a.dtype.name)
        for name in ("fmod", "fmax", "fmin")
        for a, b in ((floats(3, 4), floats(4, low=0.5)), (ints(3, 4), ints(4, low=1)), (HOLES, floats(4)))
    ),
    case("heaviside", ops.heaviside, np.heaviside, np.float32([-2, 0, 3, np.nan]), floats(4)),
    case("ldexp", ops.ldexp, np.ldexp, floats(3, 4), ints(4)),
    case("nextafter", ops.nextafter, np.nextafter, floats(9), floats(9)),
    case("logaddexp2", ops.logaddexp2, np.logaddexp2, floats(3, 4, low=-50, high=50), floats(4, low=-50, high=50)),
    case("power of ints", ops.power, np.power, ints(3, 4), SHIFTS, dtype="int32"),
    case("power to negative ints", lambda x: ops.power(x, -1), lambda x: np.trunc(1 / x), ints(6, low=1)),
    case(
        "select",
        lambda a, b, x, y: ops.select([a, b], [x, y], 3),
        lambda a, b, x, y: np.select([a, b], [x, y], 3),
        *(bools(3, 4), bools(3, 4), floats(3, 4), ints(3, 4)),
        dtype="float32",
    ),
    case("allclose", ops.allclose, np.allclose, floats(5), floats(5), dtype="bool"),
    case("saturate_cast", lambda x: ops.saturate_cast(x, "int32"), lambda x: np.clip(x, -(2.0**31), 2**31 - 1),
         np.array([2**40, -(2**40), 7], np.int64), dtype="int32"),
    case("array", lambda x: ops.array(x, "float64"), lambda x: x, ints(3), dtype="float64"),
    case("copy", ops.copy, np.copy, floats(3)),
]  # fmt: skip

WHOLE = [
    *(
        case(f"{name} of {a.dtype}", getattr(ops, name), getattr(np, name), a, b, dtype=a.dtype.name)
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor")
        for a, b in ((ints(3, 4), ints(4)), (bools(3, 4), bools(4)))
    ),
    *(
        case(name, getattr(ops, name), function, ints(3, 4), SHIFTS, dtype="int32")
        for name, function in (
            ("left_shift", np.left_shift),
            ("bitwise_left_shift", np.left_shift),
            ("right_shift", np.right_shift),
            ("bitwise_right_shift", np.right_shift),
            ("gcd", np.gcd),
            ("lcm", np.lcm),
        )
    ),
    *(
        case(f"{name} of {x.dtype}", getattr(ops, name), np.invert, x, dtype=x.dtype.name)
        for name in ("bitwise_not", "bitwise_invert")
        for x in (ints(5), bools(5))
    ),
]


def reductions_with_holes(name: str) -> list[Case]:
    face, expected = getattr(ops, name), getattr(np, name)
    full = HOLES[[0, 2]]
    return [
        case(name, face, expected, full),
        case(f"{name} axis", lambda x: face(x, 0), lambda x: expected(x, 0), full),
        case(
            f"{name} keepdims", lambda x: face(x, 1, keepdims=True), lambda x: expected(x, 1, keepdims=True), full
        ),
    ]


def fold_of_nothing(x: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(x).all(1), np.nan, np.nan_to_num(x, nan=-np.inf).max(1))


STATISTICS = [
    *(
        one
        for name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nanmedian")
        for one in reductions_with_holes(name)
    ),
    case("nanmax of nothing", lambda x: ops.nanmax(x, 1), fold_of_nothing, HOLES),
    case("nanargmax", lambda x: ops.nanargmax(x, 1), lambda x: np.array([2, -1, 3]), HOLES, dtype="int32"),
    case("nanargmin", lambda x: ops.nanargmin(x, 1), lambda x: np.array([3, -1, 0]), HOLES, dtype="int32"),
    case("nanargmax of ints", lambda x: ops.nanargmax(x, 1), lambda x: x.argmax(1), ints(3, 4)),
    case("nancumsum", lambda x: ops.nancumsum(x, 0), lambda x: np.nancumsum(x, 0), HOLES),
    case("nancumprod", lambda x: ops.nancumprod(x, 1), lambda x: np.nancumprod(x, 1), HOLES),
    case("ptp", lambda x: ops.ptp(x, 1), lambda x: np.ptp(x, 1), floats(3, 4)),
    case("median", ops.median, np.median, floats(3, 4), dtype="float32"),
    case("median axes", lambda x: ops.median(x, (0, 2)), lambda x: np.median(x, (0, 2)), floats(3, 4, 2)),
    case("median of ints", lambda x: ops.median(x, 1), lambda x: np.median(x, 1), ints(3, 4), dtype="float32"),
    *(
        case(
            f"quantile {method}",
            lambda x, m=method: ops.quantile(x, 0.35, 1, m),
            lambda x, m=method: np.quantile(x, np.float32(0.35), 1, method=m),
            floats(3, 6),
        )
        for method in ("linear", "lower", "higher", "midpoint", "nearest")
    ),
    case(
        "quantile of several",
        lambda x: ops.quantile(x, [0.1, 0.9], 0, keepdims=True),
        lambda x: np.quantile(x, [0.1, 0.9], 0, keepdims=True),
        floats(5, 3),
    ),
    case("percentile", lambda x: ops.percentile(x, 40.0, 1), lambda x: np.percentile(x, 40.0, 1), floats(3, 4)),
    case("nanquantile", lambda x: ops.nanquantile(x, 0.3, 1), lambda x: np.nanquantile(x, 0.3, 1), HOLES[[0, 2]]),
    case("nanpercentile", lambda x: ops.nanpercentile(x, 70.0), lambda x: np.nanpercentile(x, 70.0), HOLES[[0, 2]]),
    case("corrcoef", ops.corrcoef, np.corrcoef, floats(3, 6)),
    *(
        case(
            f"correlate {mode} {len(a)} {len(b)}",
            lambda a, b, m=mode: ops.correlate(a, b, m),
            lambda a, b, m=mode: np.correlate(a, b, m),
            *(a, b),
            known=...,
        )
        for mode in ("valid", "same", "full")
        for a, b in ((floats(6), floats(3)), (floats(2), floats(5)), (floats(4), floats(4)))
    ),
    case("diff", lambda x: ops.diff(x, 2, 0), lambda x: np.diff(x, 2, 0), floats(5, 3)),
    case("trapezoid", lambda y: ops.trapezoid(y, dx=0.5), lambda y: 0.25 * (y[:, :-1] + y[:, 1:]).sum(1), floats(3, 4)),
    case(
        "trapezoid at places",
        lambda y, x: ops.trapezoid(y, x, axis=0),
        lambda y, x: (0.5 * (y[:-1] + y[1:]) * np.diff(x)[:, None]).sum(0),
        floats(4, 3),
        np.float32([0, 1, 3, 4]),
    ),
]

EDGES = np.float32([-1, 0, 0.5, 2])
PLACES = [
    *(
        case(
            f"searchsorted {side}",
            lambda e, x, s=side: ops.searchsorted(e, x, s),
            lambda e, x, s=side: np.searchsorted(e, x, s),
            EDGES,
            np.float32([[0, 1], [-3, 5]]),
            dtype="int32",
        )
        for side in ("left", "right")
    ),
    case("digitize", ops.digitize, np.digitize, floats(3, 4), EDGES, dtype="int32"),
    case("digitize downwards", ops.digitize, np.digitize, floats(9), EDGES[::-1].copy()),
    case("bincount", lambda x: ops.bincount(x, minlength=9), lambda x: np.bincount(x, minlength=9), SHIFTS[0]),
    case(
        "bincount of weights",
        lambda x, w: ops.bincount(x, w, 9),
        lambda x, w: np.bincount(x, w, 9),
        SHIFTS[0],
        floats(4),
        dtype="float32",
    ),
    case(
        "bincount of rows",
        lambda x: ops.bincount(x, minlength=9),
        lambda x: np.stack([np.bincount(row, minlength=9) for row in x]),
        SHIFTS,
        known=0,
    ),
    case("histogram", lambda x: ops.histogram(x, 4), lambda x: np.histogram(x, 4), floats(30)),
    case(
        "histogram within", lambda x: ops.histogram(x, 3, (-1, 1)), lambda x: np.histogram(x, 3, (-1, 1)), floats(30)
    ),
    case("histogram of one number", lambda x: ops.histogram(x, 2), lambda x: np.histogram(x, 2), floats(1)),
    case("isin", ops.isin, np.isin, ints(3, 4), ints(3), dtype="bool"),
    case("isin inverted", lambda x, y: ops.isin(x, y, invert=True), lambda x, y: ~np.isin(x, y), ints(9), ints(3)),
    case("argpartition", lambda x: ops.argpartition(x, 2, 0), lambda x: np.argsort(x, 0), floats(5, 2)),
    case(
        "unravel_index",
        lambda x: ops.unravel_index(x, (3, 4)),
        lambda x: np.unravel_index(x % 12, (3, 4)),
        ints(6, low=-12, high=12),
    ),
]


WINDOWS = [
    *(
        case(f"{name} of {n}", lambda o=name, n=n: getattr(ops, o)(n), lambda o=name, n=n: getattr(np, o)(n))
        for name in ("bartlett", "blackman", "hamming", "hanning")
        for n in (0, 1, 2, 7)
    ),
    case("kaiser", lambda: ops.kaiser(6, 8.6), lambda: np.kaiser(6, 8.6), dtype="float32"),
]
