"""Calls of ``ops``, the same for both sides: ``(name, arguments, options)``."""

from __future__ import annotations

import numpy as np

RNG = np.random.default_rng(29)
A = RNG.normal(0, 2, (3, 4)).astype("float32")
B = RNG.normal(0, 2, (3, 4)).astype("float32")
ROW = RNG.normal(size=(4,)).astype("float32")
CUBE = RNG.normal(size=(2, 3, 4)).astype("float32")
POSITIVE = RNG.uniform(0.1, 3, (3, 4)).astype("float32")
UNIT = RNG.uniform(-0.99, 0.99, (3, 4)).astype("float32")
PROBABILITIES = RNG.dirichlet(np.ones(4), 3).astype("float32")
INTS = RNG.integers(-5, 6, (3, 4)).astype("int32")
DIVISORS = np.array([[1, 2, 3, 4], [-1, -2, -3, 5], [2, 7, -4, 3]], "int32")
BOOLS, OTHERS = INTS > 0, DIVISORS > 1
LABELS = np.array([3, 0, 1], "int32")
STRANGE = np.array([[np.nan, np.inf, -np.inf, 0.0], [1, -1, 0.5, 2.5], [1.5, -0.5, -0.0, -2.5]], "float32")
ONES_INSIDE = RNG.normal(size=(3, 1, 4, 1)).astype("float32")

UNARY = [
    *[
        (name, (A,), {})
        for name in (
            "abs", "absolute", "arctan", "arcsinh", "ceil", "cos", "cosh", "erf", "exp", "exp2", "expm1", "floor",
            "negative", "reciprocal", "round", "sign", "sin", "sinh", "square", "tan", "tanh",
        )
    ],
    *[(name, (POSITIVE,), {}) for name in ("log", "log10", "log1p", "log2", "rsqrt", "sqrt")],
    *[(name, (UNIT,), {}) for name in ("arccos", "arcsin", "arctanh")],
    ("arccosh", (POSITIVE + 1,), {}),
    *[(name, (STRANGE,), {}) for name in ("isfinite", "isinf", "isnan", "nan_to_num", "sign", "round", "relu", "abs")],
    ("nan_to_num", (STRANGE,), {"nan": 1.0, "posinf": 2.0, "neginf": 3.0}),
    ("round", (A,), {"decimals": 1}),
    ("clip", (A, -1.0, 0.5), {}),
    ("clip", (INTS, -2, 3), {}),
    *[(name, (INTS,), {}) for name in ("abs", "negative", "sign", "square", "exp", "sqrt")],
    ("logical_not", (BOOLS,), {}),
    ("cast", (A, "int32"), {}),
    ("cast", (INTS, "bool"), {}),
    ("cast", (BOOLS, "float32"), {}),
]  # fmt: skip

BINARY = [
    *[
        (name, pair, {})
        for name in ("add", "subtract", "multiply", "divide", "true_divide", "maximum", "minimum", "divide_no_nan")
        for pair in ((A, B), (A, ROW), (A, 2.0), (3.0, A))
    ],
    *[(name, (A, B), {}) for name in ("arctan2", "hypot", "logaddexp", "floor_divide", "mod")],
    *[(name, (INTS, DIVISORS), {}) for name in ("add", "subtract", "multiply", "divide", "floor_divide", "mod")],
    *[(name, (INTS, A), {}) for name in ("add", "multiply", "maximum")],
    *[(name, (INTS, 0.5), {}) for name in ("add", "multiply")],
    ("divide_no_nan", (A, np.array([0, 1, 0, 2], "float32")), {}),
    ("power", (POSITIVE, A), {}),
    ("power", (A, 2), {}),
    ("power", (INTS, 2), {}),
    *[
        (name, pair, {})
        for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
        for pair in ((INTS, DIVISORS), (A, ROW), (A, 0.0), (STRANGE, 0.0))
    ],
    *[(name, (BOOLS, OTHERS), {}) for name in ("logical_and", "logical_or", "logical_xor")],
    ("logical_and", (A, INTS), {}),
    ("isclose", (A, A + 1e-6), {}),
    ("isclose", (A, B), {"rtol": 0.5, "atol": 1.0}),
    ("where", (BOOLS, A, B), {}),
    ("where", (BOOLS, A, 0.0), {}),
    ("where", (BOOLS, INTS, A), {}),
]

REDUCTIONS = [
    *[
        (name, (CUBE,), options)
        for name in ("sum", "mean", "prod", "max", "min", "var", "std", "amax", "amin", "logsumexp")
        for options in ({}, {"axis": 1}, {"axis": (0, -1)}, {"axis": -1, "keepdims": True})
    ],
    *[
        (name, (BOOLS,), options)
        for name in ("any", "all")
        for options in ({}, {"axis": 0}, {"axis": 1, "keepdims": True})
    ],
    *[(name, (INTS,), {"axis": 1}) for name in ("sum", "mean", "prod", "max", "min", "var", "count_nonzero")],
    *[(name, (BOOLS,), {}) for name in ("sum", "mean")],
    *[
        (name, (INTS,), options)
        for name in ("argmax", "argmin")
        for options in ({}, {"axis": 0}, {"axis": -1, "keepdims": True})
    ],
    ("max", (A,), {"axis": 1, "initial": 0.5}),
    ("average", (A,), {"axis": 1, "weights": ROW}),
    ("average", (A,), {"weights": POSITIVE}),
    ("average", (A,), {"axis": 0}),
    *[("norm", (A,), {"ord": order, "axis": 1}) for order in (None, 1, 2, 3, np.inf, -np.inf, 0)],
    ("norm", (A,), {}),
    ("norm", (A,), {"ord": "fro"}),
    ("norm", (CUBE,), {"axis": (1, 2), "keepdims": True}),
    ("cumsum", (A,), {}),
    ("cumsum", (A,), {"axis": 1}),
    ("cumprod", (A,), {"axis": 0}),
    ("cumsum", (INTS,), {"axis": -1}),
    ("moments", (CUBE,), {"axes": [0, 1]}),
    ("moments", (CUBE,), {"axes": [1], "keepdims": True}),
]

SHAPES = [
    ("reshape", (CUBE, (4, -1)), {}),
    ("reshape", (CUBE, (-1,)), {}),
    ("ravel", (CUBE,), {}),
    ("transpose", (CUBE,), {}),
    ("transpose", (CUBE,), {"axes": (1, 0, 2)}),
    ("swapaxes", (CUBE, 0, -1), {}),
    ("moveaxis", (CUBE, 0, -1), {}),
    ("moveaxis", (CUBE, (0, 1), (-1, 0)), {}),
    ("expand_dims", (A, 0), {}),
    ("expand_dims", (A, -1), {}),
    ("expand_dims", (A, (0, 2)), {}),
    ("squeeze", (ONES_INSIDE,), {}),
    ("squeeze", (ONES_INSIDE,), {"axis": 1}),
    ("broadcast_to", (ROW, (3, 4)), {}),
    ("flip", (CUBE,), {}),
    ("flip", (CUBE,), {"axis": 1}),
    ("roll", (A, 2), {}),
    ("roll", (A, -1), {"axis": 1}),
    ("repeat", (A, 2), {"axis": 1}),
    ("repeat", (A, 3), {}),
    ("tile", (A, (2, 1)), {}),
    ("tile", (A, 2), {}),
    ("pad", (A, ((1, 0), (2, 3))), {}),
    ("pad", (A, 1), {"constant_values": 5.0}),
    ("pad", (A, ((1, 1), (1, 1))), {"mode": "reflect"}),
    ("pad", (A, ((1, 1), (1, 1))), {"mode": "symmetric"}),
    ("concatenate", ([A, B],), {}),
    ("concatenate", ([A, B],), {"axis": -1}),
    ("concatenate", ([A, INTS],), {"axis": 0}),
    ("stack", ([A, B],), {}),
    ("stack", ([A, B],), {"axis": -1}),
    ("hstack", ([A, B],), {}),
    ("vstack", ([A, B],), {}),
    ("split", (A, 2), {"axis": 1}),
    ("split", (A, [1, 3]), {"axis": 1}),
    ("unstack", (A,), {"axis": 1}),
    ("slice", (A, (1, 0), (2, 3)), {}),
    ("shape", (CUBE,), {}),
    ("size", (CUBE,), {}),
    ("ndim", (CUBE,), {}),
]

INDEXING = [
    ("take", (A, LABELS), {}),
    ("take", (A, np.array([0, -1, 2], "int32")), {"axis": 0}),
    ("take", (A, np.array([[3, 1], [0, -1]], "int32")), {"axis": 1}),
    ("take_along_axis", (A, np.array([[1, 0], [3, 2], [0, 0]], "int32")), {"axis": 1}),
    ("one_hot", (LABELS, 4), {}),
    ("one_hot", (np.array([0, -1, 7], "int32"), 4), {}),
    ("one_hot", (LABELS, 4), {"axis": 0, "dtype": "int32"}),
    ("multi_hot", (np.array([[0, 2], [1, 1]], "int32"), 4), {}),
    ("multi_hot", (LABELS, 5), {}),
    ("sort", (A,), {}),
    ("sort", (A,), {"axis": 0}),
    ("argsort", (A,), {}),
    ("argsort", (A,), {"axis": 0}),
    ("top_k", (A, 2), {}),
    ("in_top_k", (LABELS, A, 2), {}),
]

CREATION = [
    ("zeros", ((2, 3),), {}),
    ("ones", ((2, 3),), {"dtype": "int32"}),
    ("full", ((2, 3), 7.5), {}),
    ("zeros_like", (INTS,), {}),
    ("ones_like", (A,), {"dtype": "bool"}),
    ("full_like", (A, 3.0), {}),
    ("eye", (3,), {}),
    ("eye", (3, 4), {"k": 1}),
    ("identity", (3,), {}),
    ("arange", (5,), {}),
    ("arange", (1, 9, 2), {}),
    ("arange", (0.0, 2.0, 0.5), {}),
    ("linspace", (0.0, 1.0), {"num": 7}),
    ("linspace", (0.0, 1.0), {"num": 4, "endpoint": False}),
    ("tril", (A,), {}),
    ("triu", (A,), {"k": 1}),
]

MATRICES = [
    ("matmul", (A, B.T), {}),
    ("matmul", (CUBE, ROW), {}),
    ("matmul", (CUBE, CUBE.transpose(0, 2, 1)), {}),
    ("matmul", (ROW, ROW), {}),
    ("dot", (A, B.T), {}),
    ("dot", (CUBE, ROW), {}),
    ("dot", (A, 2.0), {}),
    ("inner", (A, B), {}),
    ("outer", (ROW, ROW), {}),
    ("vdot", (A, B), {}),
    ("tensordot", (A, B.T), {"axes": 1}),
    ("tensordot", (CUBE, CUBE), {"axes": [[1, 2], [1, 2]]}),
    ("einsum", ("ij,kj->ik", A, B), {}),
    ("einsum", ("bij,bkj->bik", CUBE, CUBE), {}),
    ("einsum", ("...j,j->...", CUBE, ROW), {}),
    ("einsum", ("ij->ji", A), {}),
    ("einsum", ("ij->", A), {}),
]

NEURAL = [
    *[
        (name, (A,), {})
        for name in (
            "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "sigmoid", "log_sigmoid", "hard_sigmoid",
            "silu", "swish", "hard_silu", "hard_swish", "hard_tanh", "softplus", "softsign", "tanh_shrink", "softmax",
            "log_softmax", "glu", "hard_shrink", "soft_shrink", "sparse_plus", "sparse_sigmoid", "squareplus",
            "layer_normalization", "rms_normalization",
        )
    ],
    ("gelu", (A,), {"approximate": False}),
    ("leaky_relu", (A,), {"negative_slope": 0.5}),
    ("celu", (A,), {"alpha": 0.5}),
    ("glu", (A,), {"axis": 1}),
    ("threshold", (A, 0.3, 7.0), {}),
    ("layer_normalization", (A, ROW, ROW), {"epsilon": 0.1}),
    ("rms_normalization", (CUBE,), {"axis": 1}),
    ("batch_normalization", (A, ROW, POSITIVE[0]), {"axis": -1, "offset": ROW, "scale": POSITIVE[1]}),
    ("softmax", (CUBE,), {"axis": 1}),
    ("softmax", (CUBE,), {"axis": (1, 2)}),
    ("log_softmax", (CUBE,), {"axis": 0}),
    ("normalize", (A,), {}),
    ("normalize", (A,), {"axis": 0, "order": 1}),
    ("binary_crossentropy", (BOOLS.astype("float32"), PROBABILITIES), {}),
    ("binary_crossentropy", (BOOLS.astype("float32"), A), {"from_logits": True}),
    ("categorical_crossentropy", (PROBABILITIES[::-1], PROBABILITIES), {}),
    ("categorical_crossentropy", (PROBABILITIES, A), {"from_logits": True}),
    ("sparse_categorical_crossentropy", (LABELS, PROBABILITIES), {}),
    ("sparse_categorical_crossentropy", (LABELS, A), {"from_logits": True}),
]  # fmt: skip

CASES = [*UNARY, *BINARY, *REDUCTIONS, *SHAPES, *INDEXING, *CREATION, *MATRICES, *NEURAL]
