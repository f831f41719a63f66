"""Products of tensors, softmax and cross-entropies."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
from face_case import case, floats, ints, probabilities, sigmoid, softmax, sparsemax

from kgraph import ops


def ctc(target: np.ndarray, logits: np.ndarray, counts: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """One path at a time: those that spell the labels, runs of one label once and zeros not at all."""
    totals = np.zeros(len(target))
    for row, shares in enumerate(softmax(logits.astype(np.float64))):
        for path in product(range(logits.shape[-1]), repeat=steps[row]):
            if [label for label, _ in groupby(path) if label] == list(target[row, : counts[row]]):
                totals[row] += np.prod(shares[np.arange(steps[row]), path])
    return -np.log(totals)


PRODUCTS = [
    *(
        case(f"matmul {a.shape} {b.shape}", ops.matmul, np.matmul, a, b, known=...)
        for a, b in (
            (floats(3, 4), floats(4, 5)),
            (floats(4), floats(4, 5)),
            (floats(3, 4), floats(4)),
            (floats(4), floats(4)),
            (floats(2, 3, 4), floats(4, 5)),
            (floats(2, 3, 4), floats(2, 4, 5)),
            (floats(2, 1, 3, 4), floats(6, 4, 5)),
        )
    ),
    case("matmul with symbols", ops.matmul, np.matmul, floats(3, 4), floats(4, 5), known=(-1, 0)),
    *(
        case(f"dot {a.shape} {b.shape}", ops.dot, np.dot, a, b)
        for a, b in (
            (floats(4), floats(4)),
            (floats(3, 4), floats(4, 5)),
            (floats(2, 3, 4), floats(4)),
            (floats(2, 3, 4), floats(6, 4, 5)),
            (floats(), floats(3)),
        )
    ),
    case("inner", ops.inner, np.inner, floats(2, 3), floats(4, 3)),
    case("outer", ops.outer, np.outer, floats(3), floats(4)),
    case("vdot", ops.vdot, np.vdot, floats(3, 2), floats(3, 2)),
    case("tensordot", ops.tensordot, np.tensordot, floats(2, 3, 4), floats(3, 4, 5)),
    case(
        "tensordot of 1",
        lambda a, b: ops.tensordot(a, b, 1),
        lambda a, b: np.tensordot(a, b, 1),
        floats(2, 3),
        floats(3, 4),
    ),
    case(
        "tensordot of none",
        lambda a, b: ops.tensordot(a, b, 0),
        lambda a, b: np.tensordot(a, b, 0),
        floats(2),
        floats(3),
    ),
    case(
        "tensordot along axes",
        lambda a, b: ops.tensordot(a, b, ((0, -1), (2, 0))),
        lambda a, b: np.tensordot(a, b, ((0, -1), (2, 0))),
        floats(2, 3, 4),
        floats(4, 5, 2),
    ),
    case("dot of ints", ops.dot, np.dot, ints(3, 4), ints(4, 5), dtype="int32"),
    *(
        case(f"einsum {text}", lambda *x, t=text: ops.einsum(t, *x), lambda *x, t=text: np.einsum(t, *x), *arrays)
        for text, *arrays in (
            ("ij,jk->ik", floats(3, 4), floats(4, 5)),
            ("ij,jk", floats(3, 4), floats(4, 5)),
            ("bij,bjk->bik", floats(2, 3, 4), floats(2, 4, 5)),
            ("bqhd,bkhd->bhqk", floats(2, 3, 4, 5), floats(2, 6, 4, 5)),
            ("...d,de->...e", floats(2, 3, 4), floats(4, 5)),
            ("...ij,...jk->...ik", floats(2, 1, 3, 4), floats(6, 4, 5)),
            ("ij->ji", floats(3, 4)),
            ("ij->", floats(3, 4)),
            ("ij->j", floats(3, 4)),
            ("ii->i", floats(3, 3)),
            ("ii", floats(3, 3)),
            ("i,j->ij", floats(3), floats(4)),
            ("ij,ij->i", floats(3, 4), floats(3, 4)),
            ("ij,kl->il", floats(3, 4), floats(5, 6)),
            ("ij,jk,kl->il", floats(3, 4), floats(4, 5), floats(5, 2)),
            ("bi,ij,bj->b", floats(2, 3), floats(3, 4), floats(2, 4)),
            ("ij,jk->ik", ints(3, 4), ints(4, 5)),
        )
    ),
]


def crossentropy(target: np.ndarray, output: np.ndarray) -> np.ndarray:
    return -(target * np.log(output / output.sum(-1, keepdims=True))).sum(-1)


NETWORKS = [
    *(
        case(f"softmax {axis}", lambda x, a=axis: ops.softmax(x, a), lambda x, a=axis: softmax(x, a), floats(2, 3, 4))
        for axis in (-1, 1, 0, (0, 2), (1, 2))
    ),
    case("log_softmax", lambda x: ops.log_softmax(x, 0), lambda x: np.log(softmax(x, 0)), floats(3, 4)),
    case("glu", ops.glu, lambda x: x[:, :2] * sigmoid(x[:, 2:]), floats(3, 4), known=1),
    case("glu along axis 0", lambda x: ops.glu(x, 0), lambda x: x[:2] * sigmoid(x[2:]), floats(4, 3), known=0),
    case("sparsemax", ops.sparsemax, sparsemax, floats(5, 4)),
    case("sparsemax of ties", ops.sparsemax, sparsemax, ints(9, 3, low=0, high=2)),
    case("sparsemax along axis 1", lambda x: ops.sparsemax(x, 1), lambda x: sparsemax(x, 1), floats(2, 5, 3)),
    *(
        case(
            f"normalize by norm {o}",
            lambda x, o=o: ops.normalize(x, 1, o),
            lambda x, o=o: x / np.linalg.norm(x, o, 1, keepdims=True),
            floats(3, 4),
        )
        for o in (1, 2, 3)
    ),
    case("normalize zeros", ops.normalize, lambda x: x, np.zeros((2, 3), np.float32)),
    case(
        "ctc_loss",
        ops.ctc_loss,
        ctc,
        np.array([[1, 2, 0], [2, 2, 0], [1, 0, 0]]),
        floats(3, 4, 3),
        np.array([2, 2, 1]),
        np.array([4, 4, 2]),
        known=((), 2, (), ()),
    ),
    case(
        "binary_crossentropy",
        ops.binary_crossentropy,
        lambda t, p: -(t * np.log(p) + (1 - t) * np.log(1 - p)),
        ints(3, 4, low=0, high=2),
        probabilities(3, 4),
        dtype="float32",
    ),
    case(
        "binary_crossentropy from logits",
        lambda t, x: ops.binary_crossentropy(t, x, True),
        lambda t, x: np.log1p(np.exp(x)) - t * x,
        probabilities(3, 4),
        floats(3, 4),
    ),
    case(
        "categorical_crossentropy", ops.categorical_crossentropy, crossentropy, probabilities(3, 4), probabilities(3, 4)
    ),
    case(
        "categorical_crossentropy along an axis",
        lambda t, p: ops.categorical_crossentropy(t, p, axis=1),
        lambda t, p: crossentropy(np.moveaxis(t, 1, -1), np.moveaxis(p, 1, -1)),
        probabilities(3, 4, 2),
        probabilities(3, 4, 2),
    ),
    case(
        "categorical_crossentropy from logits",
        lambda t, x: ops.categorical_crossentropy(t, x, from_logits=True),
        lambda t, x: crossentropy(t, softmax(x)),
        probabilities(3, 4),
        floats(3, 4),
    ),
    *(
        case(
            f"sparse_categorical_crossentropy of {labels.dtype} {labels.shape}",
            ops.sparse_categorical_crossentropy,
            lambda t, p: crossentropy(np.eye(4)[t.astype(int).ravel()].reshape(p.shape), p),
            labels,
            output,
            known=(..., -1),
        )
        for labels, output in (
            (ints(3, low=0, high=4), probabilities(3, 4)),
            (ints(3, 1, low=0, high=4).astype(np.int64), probabilities(3, 4)),
            (ints(3, 2, low=0, high=4).astype(np.float32), probabilities(3, 2, 4)),
        )
    ),
    case(
        "sparse_categorical_crossentropy from logits",
        lambda t, x: ops.sparse_categorical_crossentropy(t, x, from_logits=True),
        lambda t, x: crossentropy(np.eye(4)[t], softmax(x)),
        ints(3, low=0, high=4),
        floats(3, 4),
        known=((), -1),
    ),
]
