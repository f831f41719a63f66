"""Sparse matrices of scipy."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from data_cases import WEIGHTS, X, Y, assert_same, fitted, regression

import kgraph as keras
from kgraph import layers

sparse = pytest.importorskip("scipy.sparse")


@pytest.mark.parametrize("make", ["csr_matrix", "csc_matrix", "coo_matrix", "csr_array", "lil_matrix"])
@pytest.mark.parametrize("shuffle", [False, True, "batch"])
def test_matrices_train_as_dense_ones_do(small_chunks: None, make: str, shuffle: Any) -> None:
    thin = np.where(X > 0.5, X, 0)
    matrix = getattr(sparse, make)(thin)
    ours = fitted(matrix, Y, shuffle=shuffle, sample_weight=WEIGHTS)
    assert_same(ours, fitted(thin, Y, shuffle=shuffle, sample_weight=WEIGHTS))
    assert ours.evaluate(matrix, Y, verbose=0) == pytest.approx(ours.evaluate(thin, Y, verbose=0), rel=1e-12)
    np.testing.assert_array_equal(ours.predict(matrix, verbose=0), ours.predict(thin, verbose=0))
    assert ours.train_on_batch(matrix[:8] if make != "coo_matrix" else matrix.tocsr()[:8], Y[:8]) > 0


def test_a_batch_at_a_time_is_made_dense_never_the_whole() -> None:
    matrix = sparse.random(10_000, 2_000, density=1e-4, format="csr", dtype="float32", random_state=0)
    model = keras.Sequential([keras.Input((2_000,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    targets = np.zeros((10_000, 1), "float32")
    model.fit(matrix[:64], targets[:64], verbose=0)
    tracemalloc.start()
    model.fit(matrix, targets, verbose=0)
    model.predict(matrix, verbose=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000 * 2_000 * 4 / 4


def test_targets_may_be_sparse_too() -> None:
    one_hot = sparse.csr_matrix(Y)
    assert_same(fitted(X, one_hot, shuffle=True), fitted(X, Y, shuffle=True))


def test_a_wrong_number_of_columns_is_refused() -> None:
    with pytest.raises(ValueError, match=r"input 'features' expects shape \(None, 5\) but got \(70, 4\)"):
        regression().fit(sparse.csr_matrix(X[:, :4]), Y, verbose=0)
