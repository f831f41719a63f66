"""Matrices and their factors, parts put together and replaced, loops and choices."""

from __future__ import annotations

from typing import Any

import numpy as np
from face_case import bools, case, floats, ints, softmax

from kgraph import ops

VECTORS = floats(4, 3)
SQUARES = floats(2, 3, 3) + 3 * np.eye(3, dtype=np.float32)
DEFINITE = np.matmul(SQUARES, SQUARES.transpose(0, 2, 1))
IDS = np.array([2, 0, 2], np.int32)
PAIRS = np.array([[0, 1], [2, 3], [0, 1]], np.int32)

DIAGONALS = [
    *(case(f"diag {k}", lambda x, k=k: ops.diag(x, k), lambda x, k=k: np.diag(x, k), floats(3)) for k in (-1, 0, 2)),
    case("diag of a matrix", ops.diag, np.diag, floats(3, 4), known=...),
    case("diagflat", lambda x: ops.diagflat(x, 1), lambda x: np.diagflat(x, 1), floats(2, 2)),
    *(
        case(
            f"diagonal {k}",
            lambda x, k=k: ops.diagonal(x, k, 2, 0),
            lambda x, k=k: np.diagonal(x, k, 2, 0),
            floats(2, 3, 4),
            known=...,
        )
        for k in (-2, 0, 1)
    ),
    case("trace", lambda x: ops.trace(x, 1, 1, 2), lambda x: np.trace(x, 1, 1, 2), floats(2, 3, 4), known=...),
    case("tri", lambda: ops.tri(3, 4, 1), lambda: np.tri(3, 4, 1), dtype="float32"),
    case("vander", lambda x: ops.vander(x, 4), lambda x: np.vander(x, 4), floats(3)),
    case("vander of ints", lambda x: ops.vander(x, 3, True), lambda x: np.vander(x, 3, True), ints(3), dtype="int32"),
    case("empty_like", ops.empty_like, np.zeros_like, ints(3, 4), dtype="int32"),
    case("logspace", lambda: ops.logspace(0, 2, 5), lambda: np.logspace(0, 2, 5), dtype="float32"),
    case("geomspace", lambda x: ops.geomspace(x, 8.0, 4), lambda x: np.geomspace(x, 8.0, 4), floats(3, low=0.5)),
    case("meshgrid", lambda a, b: ops.meshgrid(a, b), lambda a, b: np.meshgrid(a, b), floats(3), ints(4)),
    case(
        "meshgrid in order",
        lambda a, b, c: ops.meshgrid(a, b, c, indexing="ij"),
        lambda a, b, c: np.meshgrid(a, b, c, indexing="ij"),
        *(floats(3), ints(4), floats(2)),
    ),
]

FACTORS = [
    case("kron", ops.kron, np.kron, floats(2, 3), floats(4, 2)),
    case("kron of a vector", ops.kron, np.kron, floats(3), floats(4, 2)),
    case("cross", ops.cross, np.cross, VECTORS, floats(4, 3), known=-1),
    case(
        "cross of axes",
        lambda a, b: ops.cross(a, b, axisa=0, axisc=0),
        lambda a, b: np.cross(a, b, axisa=0, axisc=0),
        VECTORS.T.copy(),
        floats(4, 3),
        known=(0, -1),
    ),
    *(
        case(
            f"norm of matrices {order}",
            lambda x, o=order: ops.norm(x, o, (2, 0)),
            lambda x, o=order: np.linalg.norm(x, o, (2, 0)),
            floats(2, 3, 4),
        )
        for order in (1, -1, np.inf, -np.inf, "fro")
    ),
    case("cholesky", ops.cholesky, np.linalg.cholesky, DEFINITE),
    case(
        "cholesky upper",
        lambda x: ops.cholesky(x, upper=True),
        lambda x: np.linalg.cholesky(x).transpose(0, 2, 1),
        DEFINITE,
    ),
    case("cholesky_inverse", ops.cholesky_inverse, lambda x: np.linalg.inv(x @ x.T), np.tril(SQUARES[0])),
    case("det", ops.det, np.linalg.det, SQUARES[:, ::-1].copy()),
    case("inv", ops.inv, np.linalg.inv, SQUARES[:, ::-1].copy()),
    case("slogdet", ops.slogdet, lambda x: tuple(np.linalg.slogdet(x)), SQUARES[:, [1, 0, 2]].copy()),
    case("logdet", ops.logdet, lambda x: np.linalg.slogdet(x)[1], DEFINITE),
    case("solve", ops.solve, np.linalg.solve, SQUARES, floats(2, 3, 5)),
    case("solve of a vector", ops.solve, np.linalg.solve, SQUARES[0], floats(3)),
    case(
        "solve_triangular",
        ops.solve_triangular,
        lambda a, b: np.linalg.solve(np.triu(a), b),
        *(SQUARES, floats(2, 3, 2)),
    ),
    case("lu_factor", lambda x: ops.lu_factor(x)[0], lambda x: packed(x), SQUARES[0] + 0, known=...),
    case("qr", lambda x: ops.qr(x), lambda x: tuple(np.linalg.qr(x)), floats(2, 5, 3), known=...),
]


def packed(x: np.ndarray) -> np.ndarray:
    """The factors of a matrix whose largest elements stand on the diagonal."""
    x = x.astype(np.float64)
    for j in range(len(x)):
        x[j + 1 :, j] /= x[j, j]
        x[j + 1 :, j + 1 :] -= np.outer(x[j + 1 :, j], x[j, j + 1 :])
    return x


PARTS = [
    case("append", lambda a, b: ops.append(a, b), lambda a, b: np.append(a, b), floats(3, 4), floats(2)),
    case("append axis", lambda a, b: ops.append(a, b, 0), lambda a, b: np.append(a, b, 0), floats(3, 4), floats(2, 4)),
    case("dstack", lambda a, b: ops.dstack([a, b]), lambda a, b: np.dstack([a, b]), floats(3, 4), floats(3, 4)),
    case("dstack of vectors", lambda a, b: ops.dstack([a, b]), lambda a, b: np.dstack([a, b]), floats(3), floats(3)),
    case("array_split", lambda x: ops.array_split(x, 3, 1), lambda x: np.array_split(x, 3, 1), floats(2, 5), known=1),
    case("vsplit", lambda x: ops.vsplit(x, 2), lambda x: np.vsplit(x, 2), floats(4, 3), known=0),
    case("hsplit", lambda x: ops.hsplit(x, 2), lambda x: np.hsplit(x, 2), floats(3, 4), known=1),
    case("dsplit", lambda x: ops.dsplit(x, 2), lambda x: np.dsplit(x, 2), floats(2, 3, 4), known=2),
    case("fliplr", ops.fliplr, np.fliplr, floats(3, 4)),
    case("flipud", ops.flipud, np.flipud, floats(3, 4)),
    *(
        case(f"rot90 {k}", lambda x, k=k: ops.rot90(x, k), lambda x, k=k: np.rot90(x, k), floats(3, 4))
        for k in range(4)
    ),
    case(
        "rearrange",
        lambda x: ops.rearrange(x, "b (h d) t -> t (b d) h", h=2),
        lambda x: x.reshape(3, 2, 2, 5).transpose(3, 0, 2, 1).reshape(5, 6, 2),
        floats(3, 4, 5),
    ),
    case(
        "rearrange the last axes",
        lambda x: ops.rearrange(x, "... a b -> ... b a 1"),
        lambda x: x.swapaxes(-1, -2)[..., None],
        floats(2, 3, 4),
    ),
]


def added(shape: tuple[int, ...], pairs: np.ndarray, values: np.ndarray) -> np.ndarray:
    out = np.zeros(shape, values.dtype)
    np.add.at(out, tuple(pairs.T), values)
    return out


def replaced(x: np.ndarray, pairs: np.ndarray, values: np.ndarray, by: Any = None) -> np.ndarray:
    out = x.copy()
    for pair, value in zip(pairs, values, strict=True):
        place = tuple(pair)
        out[place] = value if by is None else by(out[place], value)
    return out


def by_segment(function: Any, nothing: float) -> Any:
    def reference(x: np.ndarray, ids: np.ndarray) -> np.ndarray:
        none = np.full_like(x[0], nothing)
        return np.stack([function(x[ids == i]) if (ids == i).any() else none for i in range(4)])

    return reference


SCATTERING = [
    case(
        "scatter",
        lambda i, v: ops.scatter(i, v, (3, 4)),
        lambda i, v: added((3, 4), i, v),
        *(PAIRS, floats(3)),
        known=-1,
    ),
    case(
        "scatter of rows",
        lambda i, v: ops.scatter(i, v, (4, 2)),
        lambda i, v: added((4, 2), i, v),
        IDS[:, None].copy(),
        floats(3, 2),
        known=-1,
    ),
    case("scatter_update", ops.scatter_update, replaced, floats(3, 4), PAIRS - [[0, 4]] * 3, floats(3), known=-1),
    *(
        case(
            f"scatter_update {name}",
            lambda x, i, v, n=name: ops.scatter_update(x, i, v, n),
            lambda x, i, v, f=function: replaced(x, i, v, f),
            *(floats(3, 4), PAIRS, floats(3)),
            known=-1,
        )
        for name, function in (("add", np.add), ("mul", np.multiply), ("max", np.maximum), ("min", np.minimum))
    ),
    case(
        "scatter_update of rows",
        ops.scatter_update,
        replaced,
        *(floats(3, 4), IDS[:, None].copy(), floats(3, 4)),
        known=-1,
    ),
    *(
        case(
            f"segment_{name}",
            lambda x, i, n=name: getattr(ops, f"segment_{n}")(x, i, 4),
            by_segment(function, nothing),
            floats(3, 2),
            IDS,
            dtype="float32",
        )
        for name, function, nothing in (
            ("sum", lambda x: x.sum(0), 0),
            ("max", lambda x: x.max(0), -np.inf),
            ("min", lambda x: x.min(0), np.inf),
            ("prod", lambda x: x.prod(0), 1),
        )
    ),
    case(
        "slice of the rest", lambda x: ops.slice(x, (1, 0), (-1, 3)), lambda x: x[1:, :3], floats(3, 4)
    ),
    case(
        "slice at a tensor, moved back",
        lambda x, s: ops.slice(x, s, (2, 2)),
        lambda x, s: x[1:, 1:3],
        *(floats(3, 4), np.array([2, 1], np.int32)),
    ),
    case(
        "slice_update",
        lambda x, y: ops.slice_update(x, (1, 2), y),
        lambda x, y: np.block([[x[:1]], [x[1:, :2], y]]),
        floats(3, 4),
        floats(2, 2),
        known=...,
    ),
    case(
        "slice_update at a tensor, moved back",
        lambda x, s, y: ops.slice_update(x, s, y),
        lambda x, s, y: np.block([[x[:1]], [x[1:, :2], y]]),
        *(floats(3, 4), np.array([1, 9], np.int32), floats(2, 2)),
        known=...,
    ),
]


def attend(q: np.ndarray, k: np.ndarray, v: np.ndarray, keep: Any) -> np.ndarray:
    logits = np.einsum("bthd,bshd->bhts", q, k) / np.sqrt(q.shape[-1])
    return np.einsum("bhts,bshd->bthd", softmax(np.where(keep, logits, -1e30)), v)


def shifted_dot(a: Any, b: Any, by: float) -> Any:
    return ops.sum(a * b) + by


QUERY, KEY = floats(2, 4, 2, 3), floats(2, 5, 2, 3)
CONTROL = [
    case("dot_product_attention", ops.dot_product_attention, lambda q, k, v: attend(q, k, v, True), QUERY, KEY, KEY,
         known=-1),
    case(
        "dot_product_attention that is causal and masked",
        lambda q, k, v, m: ops.dot_product_attention(q, k, v, mask=m, is_causal=True),
        lambda q, k, v, m: attend(q, k, v, m & np.tri(4, 5, dtype=bool)),
        *(QUERY, KEY, KEY, np.array([True, False, True, True, False])[None, None, None]),
        known=-1,
    ),
    case(
        "switch",
        lambda i, x: ops.switch(i, [lambda x: x, lambda x: -x, lambda x: x * 2], x),
        lambda i, x: x * 2,
        np.array(7, np.int32),
        floats(3),
    ),
    case("fori_loop", lambda x: ops.fori_loop(1, 4, lambda i, y: y * 2 + i, x), lambda x: x * 8 + 11, floats(3)),
    case(
        "while_loop",
        lambda x: ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * 2), (0, x))[1],
        lambda x: x * 8,
        floats(3),
    ),
    case(
        "scan",
        lambda x: ops.scan(lambda c, row: (c + row, (c, row)), ops.zeros(2), x),
        lambda x: (x.sum(0), (np.cumsum(x, 0) - x, x)),
        floats(3, 2),
        known=0,
    ),
    case(
        "scan in reverse",
        lambda x: ops.scan(lambda c, row: (c + row, c), ops.zeros(2), x, reverse=True)[1],
        lambda x: np.cumsum(x[::-1], 0)[::-1] - x,
        floats(3, 2),
        known=0,
    ),
    case("map", lambda x: ops.map(lambda row: row * row[0], x), lambda x: x * x[:, :1], floats(3, 2), known=0),
    case(
        "vectorized_map",
        lambda a, b: ops.vectorized_map(lambda pair: pair[0] @ pair[1], (a, b)),
        lambda a, b: (a * b).sum(1),
        floats(3, 2),
        floats(3, 2),
        known=0,
    ),
    *(
        case(
            f"associative_scan {n}",
            lambda x: ops.associative_scan(ops.multiply, x, axis=1),
            lambda x: np.cumprod(x, 1),
            floats(2, n),
            known=1,
        )
        for n in (1, 2, 5, 8)
    ),
    case(
        "associative_scan in reverse",
        lambda x: ops.associative_scan(ops.add, x, reverse=True),
        lambda x: np.cumsum(x[::-1], 0)[::-1],
        floats(5, 2),
        known=0,
    ),
    case(
        "vectorize",
        lambda x, y: ops.vectorize(lambda a, b: ops.where(a > b, a, b * 2))(x, y),
        lambda x, y: np.where(x > y, x, y * 2),
        *(floats(2, 1), floats(3)),
        known=...,
    ),
    case(
        "vectorize of rows",
        lambda x, y: ops.vectorize(shifted_dot, excluded=[2], signature="(n),(n)->()")(x, y, 1.0),
        lambda x, y: (x * y).sum(-1) + 1,
        *(floats(2, 3), floats(3)),
        known=...,
    ),
    case(
        "cond of bools",
        lambda c, x: ops.cond(c, lambda: x, lambda: -x),
        lambda c, x: x if c else -x,
        *(bools(), floats(3)),
    ),
]  # fmt: skip
