"""Calls of ``ops`` on single numbers and on rows of them; see ``ops_cases``."""

from __future__ import annotations

import numpy as np
from ops_cases import BOOLS, CUBE, DIVISORS, INTS, LABELS, OTHERS, ROW, STRANGE, UNIT, A, B

HOLES = np.where(BOOLS, A, np.float32(np.nan))
HOLES[1] = np.nan
SORTED = np.sort(ROW)
SHIFTS = np.abs(DIVISORS)
COUNTS = np.array([1, 4, 0, 1, 1, 2], "int32")

ELEMENTS = [
    *[(name, (A,), {}) for name in ("cbrt", "trunc", "fabs", "signbit", "sinc", "deg2rad", "rad2deg", "erfc", "i0")],
    *[(name, (INTS,), {}) for name in ("cbrt", "trunc", "fabs", "signbit", "sinc", "deg2rad", "i0")],
    *[(name, (STRANGE,), {}) for name in ("signbit", "trunc", "isposinf", "isneginf", "sinc", "cbrt")],
    ("erfinv", (UNIT,), {}),
    ("trunc", (BOOLS,), {}),
    *[(name, (A, B), {}) for name in ("fmod", "fmax", "fmin", "logaddexp2", "nextafter")],
    *[(name, (STRANGE, ROW), {}) for name in ("fmax", "fmin", "heaviside")],
    ("fmod", (INTS, DIVISORS), {}),
    ("heaviside", (A, 0.5), {}),
    ("heaviside", (INTS, ROW), {}),
    ("ldexp", (A, INTS), {}),
    ("allclose", (A, A + 1e-6), {}),
    ("allclose", (A, B), {"atol": 1.0}),
    ("select", ([BOOLS, OTHERS], [A, B]), {"default": 7.0}),
    ("select", ([BOOLS], [INTS]), {}),
    *[(name, (A,), {}) for name in ("real", "imag", "conj", "conjugate", "angle", "isreal")],
    ("angle", (INTS,), {}),
    ("saturate_cast", (STRANGE[1:], "int32"), {}),
    ("saturate_cast", (BOOLS, "float32"), {}),
    ("array", (A,), {}),
    ("copy", (A,), {}),
]

WHOLE = [
    *[(name, (INTS, DIVISORS), {}) for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "gcd", "lcm")],
    *[(name, (BOOLS, OTHERS), {}) for name in ("bitwise_and", "bitwise_or", "bitwise_xor")],
    *[
        (name, (INTS, SHIFTS), {})
        for name in ("left_shift", "right_shift", "bitwise_left_shift", "bitwise_right_shift")
    ],
    ("bitwise_not", (INTS,), {}),
    ("bitwise_not", (BOOLS,), {}),
    ("bitwise_invert", (INTS,), {}),
    ("bitwise_and", (INTS, 3), {}),
    ("power", (INTS, SHIFTS), {}),
    ("power", (INTS, 3), {}),
]

STATISTICS = [
    *[
        (name, (HOLES,), options)
        for name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nanmedian")
        for options in ({}, {"axis": 0}, {"axis": 1, "keepdims": True})
    ],
    *[(name, (HOLES,), {"axis": axis}) for name in ("nanargmax", "nanargmin") for axis in (0, 1)],
    *[(name, (INTS,), {"axis": 1}) for name in ("nansum", "nanmean", "nanmax", "nanargmin", "median", "ptp")],
    *[(name, (HOLES,), {"axis": axis}) for name in ("nancumsum", "nancumprod") for axis in (0, 1)],
    *[("ptp", (CUBE,), options) for options in ({}, {"axis": 1}, {"axis": -1, "keepdims": True})],
    *[("median", (CUBE,), options) for options in ({}, {"axis": 1}, {"axis": (0, 2)}, {"axis": -1, "keepdims": True})],
    ("median", (HOLES,), {"axis": 1}),
    *[
        ("quantile", (CUBE, 0.3), {"axis": 1, "method": method})
        for method in ("linear", "lower", "higher", "midpoint", "nearest")
    ],
    ("quantile", (CUBE, np.array([0.1, 0.5, 0.9], "float32")), {"axis": -1}),
    ("quantile", (A, np.array([0.25, 1.0], "float32")), {"keepdims": True}),
    ("percentile", (A, 30.0), {"axis": 0}),
    ("nanquantile", (HOLES, 0.4), {"axis": 0}),
    ("nanpercentile", (HOLES, np.array([20.0, 70.0], "float32")), {"axis": 1}),
    ("corrcoef", (A,), {}),
    *[("correlate", (A[0], B[1, :3]), {"mode": mode}) for mode in ("valid", "same", "full")],
    *[("correlate", (A[0, :2], B[1]), {"mode": mode}) for mode in ("valid", "same", "full")],
    ("correlate", (INTS[0], DIVISORS[0]), {}),
    ("diff", (A,), {}),
    ("diff", (A,), {"n": 2, "axis": 0}),
    ("trapezoid", (A,), {}),
    ("trapezoid", (A,), {"axis": 0, "dx": 0.5}),
    ("trapezoid", (A, SORTED), {}),
]

PLACES = [
    *[("searchsorted", (SORTED, A), {"side": side}) for side in ("left", "right")],
    ("searchsorted", (np.array([1, 1, 2, 5], "int32"), INTS[0]), {"side": "right"}),
    ("digitize", (A, SORTED), {}),
    ("digitize", (A, SORTED[::-1].copy()), {}),
    ("bincount", (COUNTS,), {}),
    ("bincount", (COUNTS,), {"minlength": 8}),
    ("bincount", (COUNTS,), {"weights": np.arange(6, dtype="float32"), "minlength": 6}),
    ("bincount", (SHIFTS,), {"minlength": 9}),
    ("histogram", (A.ravel(),), {"bins": 4}),
    ("histogram", (A.ravel(),), {"bins": 3, "range": (-1.0, 2.0)}),
    ("isin", (INTS, LABELS), {}),
    ("isin", (INTS, LABELS), {"invert": True}),
    ("unravel_index", (LABELS, (2, 3)), {}),
    ("argpartition", (np.sort(A), 2), {}),
]

CASES = [*ELEMENTS, *WHOLE, *STATISTICS, *PLACES]
