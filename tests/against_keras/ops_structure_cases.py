"""Calls of ``ops`` that build, part, join and factor tensors, or call functions on their parts; see ``ops_cases``."""

from __future__ import annotations

import numpy as np
from ops_cases import BOOLS, CUBE, INTS, LABELS, RNG, ROW, A, B

VECTORS = RNG.normal(size=(4, 3)).astype("float32")
SQUARE = RNG.normal(size=(4, 4)).astype("float32")
SQUARES = RNG.normal(size=(2, 3, 3)).astype("float32")
DEFINITE = np.matmul(SQUARES, SQUARES.transpose(0, 2, 1)) + np.eye(3, dtype="float32")
TALL = RNG.normal(size=(2, 5, 3)).astype("float32")
HEADS = RNG.normal(size=(2, 4, 2, 3)).astype("float32")
SOURCE = RNG.normal(size=(2, 5, 2, 3)).astype("float32")
SINGLE = SOURCE[:, :, :1]
PAIRS = np.array([[0, 1], [2, 3], [0, 1]], "int32")
IDS = np.array([2, 0, 2], "int32")

MATRICES = [
    ("diag", (ROW,), {}),
    ("diag", (ROW,), {"k": -2}),
    ("diag", (A,), {"k": 1}),
    ("diagflat", (A[:2, :2],), {"k": 1}),
    ("diagonal", (CUBE,), {}),
    ("diagonal", (CUBE,), {"offset": -1, "axis1": 1, "axis2": 2}),
    ("diagonal", (CUBE,), {"offset": 2, "axis1": 2, "axis2": 0}),
    ("trace", (CUBE,), {"offset": 1, "axis1": 1, "axis2": 2}),
    ("trace", (INTS,), {}),
    ("tri", (3,), {}),
    ("tri", (3, 4), {"k": 1, "dtype": "int32"}),
    ("vander", (ROW,), {}),
    ("vander", (LABELS,), {"N": 2, "increasing": True}),
    ("kron", (A[:2], VECTORS[:, :2]), {}),
    ("kron", (ROW, A), {}),
    ("cross", (VECTORS, VECTORS[::-1].copy()), {}),
    ("cross", (VECTORS, VECTORS[:, :2].copy()), {}),
    ("cross", (VECTORS[:, :2].copy(), VECTORS[:, 1:].copy()), {}),
    ("cross", (VECTORS.T.copy(), VECTORS), {"axisa": 0, "axisc": 0}),
    ("empty_like", (INTS * 0,), {}),
    ("logspace", (0.0, 2.0), {"num": 5}),
    ("logspace", (ROW, 1.0), {"num": 3, "base": 2.0, "axis": 1}),
    ("geomspace", (1.0, 100.0), {"num": 5}),
    ("geomspace", (-2.0, -0.5), {"num": 4, "endpoint": False}),
    ("meshgrid", (ROW, LABELS), {}),
    ("meshgrid", (ROW, LABELS, ROW[:2]), {"indexing": "ij"}),
    *[(name, (5,), {}) for name in ("bartlett", "blackman", "hamming", "hanning")],
    ("kaiser", (6, 8.6), {}),
    ("hanning", (1,), {}),
]

FACTORS = [
    ("norm", (SQUARE,), {"ord": 1}),
    *[("norm", (CUBE,), {"ord": order, "axis": (-1, 1)}) for order in (1, -1, np.inf, -np.inf)],
    ("norm", (CUBE,), {"ord": np.inf, "axis": (0, 2), "keepdims": True}),
    ("cholesky", (DEFINITE,), {}),
    ("cholesky", (DEFINITE,), {"upper": True}),
    ("cholesky_inverse", (np.tril(DEFINITE[0]),), {}),
    ("cholesky_inverse", (np.triu(DEFINITE[0]),), {"upper": True}),
    ("det", (SQUARES,), {}),
    ("inv", (SQUARES,), {}),
    ("slogdet", (SQUARES,), {}),
    ("logdet", (DEFINITE,), {}),
    ("solve", (SQUARES, TALL[:, :3]), {}),
    ("solve", (SQUARE, ROW), {}),
    ("solve_triangular", (DEFINITE, TALL[:, :3]), {}),
    ("solve_triangular", (SQUARE, A.T.copy()), {"lower": True}),
    ("lu_factor", (SQUARE,), {}),
    ("lu_factor", (SQUARES,), {}),
    ("qr", (TALL,), {}),
    ("qr", (TALL.transpose(0, 2, 1).copy(),), {}),
    ("qr", (TALL,), {"mode": "complete"}),
    ("qr", (SQUARE,), {}),
]

PARTS = [
    ("append", (A, B), {}),
    ("append", (A, B), {"axis": 1}),
    ("dstack", ([A, B],), {}),
    ("dstack", ([ROW, ROW],), {}),
    ("array_split", (A, 3), {"axis": 1}),
    ("vsplit", (A, 3), {}),
    ("hsplit", (A, 2), {}),
    ("hsplit", (ROW, [1]), {}),
    ("dsplit", (CUBE, 2), {}),
    ("fliplr", (A,), {}),
    ("flipud", (A,), {}),
    *[("rot90", (CUBE,), {"k": k, "axes": (1, 2)}) for k in (0, 1, 2, -1)],
    ("rearrange", (CUBE, "b h w -> w (b h)"), {}),
    ("rearrange", (CUBE, "b h (a w) -> a b w h"), {"a": 2}),
    ("scatter", (PAIRS, ROW[:3].copy(), (3, 4)), {}),
    ("scatter", (IDS[:, None].copy(), A, (4, 4)), {}),
    ("scatter_update", (A, PAIRS[:2], ROW[:2]), {}),
    ("scatter_update", (A, PAIRS[:2], ROW[:2]), {"reduction": "add"}),
    *[("scatter_update", (A, PAIRS, ROW[:3]), {"reduction": way}) for way in ("add", "max", "min", "mul")],
    ("scatter_update", (INTS, PAIRS[:2], LABELS[:2]), {}),
    ("scatter_update", (A, IDS[:2, None].copy(), B[:2]), {}),
    *[
        (f"segment_{name}", (x, IDS), {"num_segments": 4})
        for name in ("sum", "max", "min", "prod")
        for x in (A, INTS)
    ],
    ("slice", (A, [1, 0], [-1, 3]), {}),
    ("slice", (A, PAIRS[0], [2, 2]), {}),
    ("slice", (A, PAIRS[1], [2, 2]), {}),
    ("slice_update", (A, [1, 2], B[:2, :2].copy()), {}),
    ("slice_update", (A, [0, 3], B[:, :2].copy()), {}),
    ("slice_update", (A, PAIRS[0], B[:2, :2].copy()), {}),
]

ATTENTION = [
    ("dot_product_attention", (HEADS, SOURCE, SOURCE), {}),
    ("dot_product_attention", (HEADS, SOURCE, SOURCE), {"is_causal": True, "scale": 0.3}),
    ("dot_product_attention", (HEADS, SOURCE, SOURCE), {"mask": SOURCE[:, None, :4, 0, :1] > 0}),
    ("dot_product_attention", (HEADS, SOURCE, SOURCE), {"bias": SOURCE[:, None, :, 0, 0].copy()}),
    ("dot_product_attention", (HEADS, SINGLE, SINGLE), {}),
]

CONTROL = [
    ("cond", (BOOLS[0, 0], lambda: A, lambda: B), {}),
    ("switch", (1, [lambda x: x, lambda x: x * 2.0, lambda x: -x], A), {}),
    ("switch", (np.int32(7), [lambda x: x, lambda x: x * 2.0], A), {}),
    ("fori_loop", (2, 5, lambda i, x: x * 0.5 + i, A), {}),
    ("while_loop", (lambda i, x: i < 3, lambda i, x: (i + 1, x * 0.5), (0, A)), {}),
    ("while_loop", (lambda x: x < 100, lambda x: x * 2, 3), {"maximum_iterations": 2}),
    ("scan", (lambda c, x: (c * 0.5 + x, c - x), ROW, A), {}),
    ("scan", (lambda c, x: (c * 0.5 + x, c - x), ROW, A), {"reverse": True}),
    ("scan", (lambda c, x: (c * 2.0, c), ROW), {"length": 3}),
    ("map", (lambda x: x * x[0], A), {}),
    ("vectorized_map", (lambda pair: pair[0] - pair[1], (A, B)), {}),
    ("associative_scan", (lambda a, b: a + b, A), {}),
    ("associative_scan", (lambda a, b: a * b + 0.0, CUBE), {"reverse": True, "axis": 2}),
]

CASES = [*MATRICES, *FACTORS, *PARTS, *ATTENTION, *CONTROL]
