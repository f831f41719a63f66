"""Data that ship in scikit-learn, scaled."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(scope="session")
def iris():
    """150 flowers of 3 kinds, 4 features."""
    datasets = pytest.importorskip("sklearn.datasets")
    X, y = datasets.load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    return ((X - X.mean(axis=0)) / X.std(axis=0))[order], y[order]


@pytest.fixture(scope="session")
def two_kinds(iris):
    """100 flowers, labelled by name."""
    X, y = iris
    return X[y > 0], np.array(["setosa", "versicolor", "virginica"])[y[y > 0]]


@pytest.fixture(scope="session")
def numbers(iris):
    """A number for each flower, which follows from its features."""
    X, _ = iris
    return X, X @ np.array([1.0, -2.0, 0.5, 0.0]) + 3.0
