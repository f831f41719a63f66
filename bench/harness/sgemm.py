"""The machine's own peak: float32 products of square matrices, by several libraries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.timing import median_seconds

SIZE = 2048


def _matrices() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return rng.standard_normal((SIZE, SIZE), np.float32), rng.standard_normal((SIZE, SIZE), np.float32)


def _numpy() -> Callable[[], object]:
    a, b = _matrices()
    out = np.empty_like(a)
    return lambda: np.matmul(a, b, out=out)


def _torch() -> Callable[[], object]:
    import torch

    a, b = (torch.from_numpy(matrix) for matrix in _matrices())
    out = torch.empty_like(a)
    return lambda: torch.mm(a, b, out=out)


def _kgraph() -> Callable[[], object]:
    from kgraph import ops

    a, b = _matrices()
    return lambda: ops.matmul(a, b)


PRODUCTS = {"numpy": _numpy, "torch": _torch, "kgraph": _kgraph}


def gflops(product: Callable[[], object], seconds: float) -> float:
    """GFLOP/s of a product that one of ``PRODUCTS`` made."""
    return 2e-9 * SIZE**3 / median_seconds(product, seconds)
