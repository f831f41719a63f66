"""Shapes, new tensors, and elements by index."""

from __future__ import annotations

import numpy as np
from face_case import case, floats, ints

from kgraph import ops

SHAPES = [
    case("reshape", lambda x: ops.reshape(x, (2, 6)), lambda x: x.reshape(2, 6), floats(3, 4), known=...),
    case("reshape with -1", lambda x: ops.reshape(x, (-1, 2)), lambda x: x.reshape(-1, 2), floats(3, 4), known=-1),
    case(
        "reshape to what only data allow", lambda x: ops.reshape(x, (-1, 3)), lambda x: x.reshape(-1, 3), floats(3, 4)
    ),
    case("reshape to a claim", lambda x: ops.reshape(x, (2, 6)), lambda x: x.reshape(2, 6), floats(3, 4)),
    case(
        "reshape by dimensions",
        lambda x: ops.reshape(x, (ops.shape(x)[1], ops.shape(x)[0], 1)),
        lambda x: x.reshape(4, 3, 1),
        floats(3, 4),
    ),
    case("ravel", ops.ravel, np.ravel, floats(3, 4)),
    case("transpose", ops.transpose, np.transpose, floats(2, 3, 4)),
    case("transpose axes", lambda x: ops.transpose(x, (1, 2, 0)), lambda x: x.transpose(1, 2, 0), floats(2, 3, 4)),
    case("swapaxes", lambda x: ops.swapaxes(x, 0, -1), lambda x: np.swapaxes(x, 0, -1), floats(2, 3, 4)),
    case("moveaxis", lambda x: ops.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, 0, -1), floats(2, 3, 4)),
    case(
        "moveaxis of two",
        lambda x: ops.moveaxis(x, (0, 2), (2, 1)),
        lambda x: np.moveaxis(x, (0, 2), (2, 1)),
        floats(2, 3, 4),
    ),
    case("expand_dims", lambda x: ops.expand_dims(x, -1), lambda x: x[..., None], floats(3, 4)),
    case("expand_dims at two", lambda x: ops.expand_dims(x, (0, 2)), lambda x: x[None, :, None], floats(3, 4)),
    case("squeeze", ops.squeeze, np.squeeze, floats(3, 1, 4, 1)),
    case("squeeze axis", lambda x: ops.squeeze(x, 1), lambda x: np.squeeze(x, 1), floats(3, 1, 4, 1)),
    case(
        "broadcast_to", lambda x: ops.broadcast_to(x, (2, 3, 4)), lambda x: np.broadcast_to(x, (2, 3, 4)), floats(3, 1)
    ),
    case("flip", ops.flip, np.flip, floats(3, 4)),
    case("flip axis", lambda x: ops.flip(x, -1), lambda x: np.flip(x, -1), floats(3, 4)),
    case("roll", lambda x: ops.roll(x, 2), lambda x: np.roll(x, 2), floats(3, 4)),
    case("roll axis", lambda x: ops.roll(x, -1, 1), lambda x: np.roll(x, -1, 1), floats(3, 4)),
    case("roll axes", lambda x: ops.roll(x, (1, 2), (0, 1)), lambda x: np.roll(x, (1, 2), (0, 1)), floats(3, 4)),
    case("tile", lambda x: ops.tile(x, (2, 3)), lambda x: np.tile(x, (2, 3)), floats(3, 4)),
    case("tile in front", lambda x: ops.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3)), floats(3, 4)),
    case("tile the last", lambda x: ops.tile(x, 2), lambda x: np.tile(x, 2), floats(3, 4)),
    case("repeat", lambda x: ops.repeat(x, 2), lambda x: np.repeat(x, 2), floats(3, 4)),
    case("repeat axis", lambda x: ops.repeat(x, 3, 1), lambda x: np.repeat(x, 3, 1), floats(3, 4)),
    case(
        "repeat each",
        lambda x: ops.repeat(x, [2, 0, 1], 0),
        lambda x: np.repeat(x, [2, 0, 1], 0),
        floats(3, 4),
        known=...,
    ),
    case("pad", lambda x: ops.pad(x, ((1, 2), (0, 3))), lambda x: np.pad(x, ((1, 2), (0, 3))), floats(3, 4)),
    case(
        "pad all", lambda x: ops.pad(x, 1, constant_values=7), lambda x: np.pad(x, 1, constant_values=7), floats(3, 4)
    ),
    case("pad pairs", lambda x: ops.pad(x, (1, 2)), lambda x: np.pad(x, (1, 2)), floats(3, 4)),
    *(
        case(f"pad {mode}", lambda x, m=mode: ops.pad(x, 2, m), lambda x, m=mode: np.pad(x, 2, m), floats(3, 4))
        for mode in ("reflect", "symmetric")
    ),
    case(
        "concatenate",
        lambda a, b: ops.concatenate([a, b], -1),
        lambda a, b: np.concatenate([a, b], -1),
        floats(3, 4),
        floats(3, 2),
    ),
    case(
        "concatenate promotes",
        lambda a, b: ops.concatenate([a, b]),
        lambda a, b: np.float32([*a, *b]),
        floats(3),
        ints(2),
        dtype="float32",
    ),
    case("stack", lambda a, b: ops.stack([a, b], 1), lambda a, b: np.stack([a, b], 1), floats(3, 4), floats(3, 4)),
    case("vstack", lambda a, b: ops.vstack([a, b]), lambda a, b: np.vstack([a, b]), floats(4), floats(4)),
    case("hstack", lambda a, b: ops.hstack([a, b]), lambda a, b: np.hstack([a, b]), floats(2, 4), floats(2, 1)),
    case("split", lambda x: ops.split(x, 2, 1), lambda x: np.split(x, 2, 1), floats(3, 4), known=-1),
    case("split at", lambda x: ops.split(x, [1, 3], 1), lambda x: np.split(x, [1, 3], 1), floats(3, 4)),
    case("unstack", lambda x: ops.unstack(x, axis=1), lambda x: [x[:, i] for i in range(3)], floats(2, 3), known=-1),
    case(
        "unstack of a number",
        lambda x: ops.unstack(x, 3, 1),
        lambda x: [x[:, i] for i in range(3)],
        floats(2, 3),
        known=-1,
    ),
    case("slice", lambda x: ops.slice(x, (1, 0), (2, 3)), lambda x: x[1:3, :3], floats(3, 4)),
    case("get_item", lambda x: ops.get_item(x, (slice(None), -1)), lambda x: x[:, -1], floats(3, 4)),
]

CREATION = [
    case("zeros", lambda: ops.zeros((2, 3)), lambda: np.zeros((2, 3)), dtype="float32"),
    case("ones", lambda: ops.ones((2, 3), "int32"), lambda: np.ones((2, 3)), dtype="int32"),
    case("empty", lambda: ops.empty(3, bool), lambda: np.zeros(3, bool), dtype="bool"),
    case("full", lambda: ops.full((2,), 1.5), lambda: np.full((2,), 1.5), dtype="float32"),
    case("full of a tensor", lambda x: ops.full((2, 3), x), lambda x: np.full((2, 3), x), floats(3)),
    case("zeros_like", ops.zeros_like, np.zeros_like, ints(3, 4), dtype="int32"),
    case("ones_like", lambda x: ops.ones_like(x, "float64"), np.ones_like, ints(3, 4), dtype="float64"),
    case("full_like", lambda x: ops.full_like(x, 2), lambda x: np.full_like(x, 2), floats(3, 4), dtype="float32"),
    case("arange", lambda: ops.arange(5), lambda: np.arange(5), dtype="int32"),
    case("arange by steps", lambda: ops.arange(1, 9, 3), lambda: np.arange(1, 9, 3), dtype="int32"),
    case("arange down", lambda: ops.arange(4, 0, -1), lambda: np.arange(4, 0, -1), dtype="int32"),
    case("arange of floats", lambda: ops.arange(0.0, 1.0, 0.3), lambda: np.arange(0.0, 1.0, 0.3), dtype="float32"),
    case("arange as a dtype", lambda: ops.arange(3, dtype="float64"), lambda: np.arange(3), dtype="float64"),
    case("arange of a dimension", lambda x: ops.arange(1, ops.shape(x)[0], 2), lambda x: np.arange(1, 6, 2), floats(6)),
    case("linspace", lambda: ops.linspace(0, 1, 5), lambda: np.linspace(0, 1, 5), dtype="float32"),
    case("linspace without its end", lambda: ops.linspace(0, 1, 5, False), lambda: np.linspace(0, 1, 5, False)),
    case(
        "linspace of tensors",
        lambda a, b: ops.linspace(a, b, 4, axis=1),
        lambda a, b: np.linspace(a, b, 4, axis=1),
        floats(3),
        floats(3),
    ),
    case("eye", lambda: ops.eye(3, 4, 1), lambda: np.eye(3, 4, 1), dtype="float32"),
    case("identity", lambda: ops.identity(3), lambda: np.identity(3)),
    *(
        case(
            f"{name} {k}",
            lambda x, n=name, k=k: getattr(ops, n)(x, k),
            lambda x, n=name, k=k: getattr(np, n)(x, k),
            floats(2, 3, 4),
        )
        for name in ("tril", "triu")
        for k in (-1, 0, 1)
    ),
]

INDICES = [
    case("take", ops.take, np.take, floats(3, 4), ints(2, 2, low=0, high=12)),
    case(
        "take axis",
        lambda x, i: ops.take(x, i, 1),
        lambda x, i: np.take(x, i, 1),
        floats(3, 4, 2),
        ints(2, 5, low=0, high=4),
    ),
    case(
        "take first axis",
        lambda x, i: ops.take(x, i, 0),
        lambda x, i: np.take(x, i, 0),
        floats(3, 4),
        ints(5, low=-3, high=3),
    ),
    case("take one", lambda x: ops.take(x, -1, -1), lambda x: x[..., -1], floats(3, 4)),
    case(
        "take_along_axis",
        lambda x, i: ops.take_along_axis(x, i, 1),
        lambda x, i: np.take_along_axis(x, i.astype(int), 1),
        floats(3, 4),
        ints(3, 2, low=-4, high=4),
    ),
    case(
        "take_along_axis that broadcasts",
        lambda x, i: ops.take_along_axis(x, i, 1),
        lambda x, i: np.take_along_axis(x, i.astype(int), 1),
        floats(3, 4),
        ints(1, 2, low=0, high=4),
    ),
    case("one_hot", lambda x: ops.one_hot(x, 5), lambda x: np.eye(5)[x], ints(2, 3, low=0), dtype="float32"),
    case(
        "one_hot of a dtype",
        lambda x: ops.one_hot(x, 5, 0, "int32"),
        lambda x: np.eye(5)[x].transpose(2, 0, 1),
        ints(2, 3, low=0),
        dtype="int32",
    ),
    case("multi_hot", lambda x: ops.multi_hot(x, 5), lambda x: np.eye(5)[x].max(1), ints(4, 2, low=0)),
    *(
        case(
            f"{n} {a}",
            lambda x, n=n, a=a: getattr(ops, n)(x, a),
            lambda x, n=n, a=a: getattr(np, n)(x, a),
            floats(3, 4),
        )
        for n in ("sort", "argsort")
        for a in (-1, 0, None)
    ),
    case(
        "top_k",
        lambda x: ops.top_k(x, 2),
        lambda x: (-np.sort(-x, -1)[:, :2], np.argsort(-x, -1)[:, :2]),
        floats(3, 5),
        known=-1,
    ),
    case(
        "in_top_k",
        lambda t, p: ops.in_top_k(t, p, 1),
        lambda t, p: p.argmax(1) == t,
        ints(6, low=0, high=3),
        floats(6, 3),
        known=((), -1),
    ),
]

CORE = [
    case(
        "cast",
        lambda x: ops.cast(x, "int32"),
        lambda x: x.astype(np.int32),
        floats(3, 4, low=-9, high=9),
        dtype="int32",
    ),
    case("convert_to_tensor", lambda x: ops.convert_to_tensor(x, "float64"), lambda x: x, ints(3), dtype="float64"),
    case("stop_gradient", ops.stop_gradient, lambda x: x, floats(3)),
    case(
        "cond", lambda x: ops.cond(ops.sum(x) > 0, lambda: x, lambda: -x), lambda x: x if x.sum() > 0 else -x, floats(3)
    ),
    case("an unknown dimension as a number", lambda x: ops.sum(x) / ops.shape(x)[0], lambda x: x.sum() / 5, floats(5)),
]
