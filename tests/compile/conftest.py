from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import kgraph as keras


@pytest.fixture(autouse=True)
def same_weights_and_names_each_time() -> None:
    keras.utils.set_random_seed(7)
    keras.utils.clear_session()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def double() -> Iterator[None]:
    """Everything in float64, for gradients by differences."""
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")
