"""Laws of the whole vocabulary: float64 stays float64, and a batch may have one sample, or none.

What is pickled and copied goes on as the original does.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from vocabulary_cases import (
    BASES,
    LAYERS,
    LOSS_DATA,
    LOSSES,
    METRIC_DATA,
    METRICS,
    NAN_WHERE_EMPTY,
    ONE_HOT,
    OPTIMIZERS,
    OPTIONS,
    SAMPLES,
    SHARES,
    make_loss,
    make_metric,
    make_optimizer,
)

import kgraph
from kgraph import config, layers
from kgraph.layers import Input


@pytest.fixture(autouse=True)
def in_float64() -> Iterator[None]:
    config.set_floatx("float64")
    yield
    config.set_floatx("float32")


def listed(data: Any) -> list[np.ndarray]:
    return data if isinstance(data, list) else [data]


def some(data: Any, count: int) -> Any:
    return [array[:count] for array in data] if isinstance(data, list) else data[:count]


def model_of(name: str) -> tuple[kgraph.Model, Any]:
    """A compiled model around a layer, and its data."""
    make, data = LAYERS[name]
    inputs = [Input(x.shape[1:], dtype="int32" if x.dtype.kind == "i" else None) for x in listed(data)]
    outputs = make()(inputs if isinstance(data, list) else inputs[0])
    model = kgraph.Model(inputs, layers.Dense(1)(layers.Flatten()(outputs)))
    model.compile("adam", "mse")
    return model, data


def model_with(loss: Any, predictions: np.ndarray, **options: Any) -> kgraph.Model:
    """A compiled model that gives its inputs on until it is trained."""
    x, width = Input(predictions.shape[1:]), predictions.shape[-1]
    model = kgraph.Model(x, layers.EinsumDense("...a,ab->...b", width, kernel_initializer="identity")(x))
    model.compile(**{"optimizer": "sgd", **options}, loss=loss)
    return model


def assert_all_float64(model: kgraph.Model) -> None:
    assert not [line for line in str(model.graph).splitlines() if "f32" in line]
    assert not [variable.path for variable in model.variables if variable.dtype == "float32"]


def assert_finite(model: kgraph.Model) -> None:
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def assert_copies_go_on_alike(model: kgraph.Model, *batch: Any) -> None:
    copies = [model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    losses = [each.train_on_batch(*batch) for each in copies]
    assert losses[0] == losses[1] == losses[2]
    for weight, *others in zip(*(each.get_weights() for each in copies), strict=True):
        for other in others:
            np.testing.assert_array_equal(weight, other)


# --- layers ----------------------------------------------------------------------------------------------------------


def test_every_layer_has_a_case() -> None:
    assert set(LAYERS) == {name for name in layers.__all__ if name[0].isupper()} - BASES


@pytest.mark.filterwarnings("ignore:layer flatten")
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_trains_in_float64_on_many_samples_and_on_one(name: str) -> None:
    model, data = model_of(name)
    assert_all_float64(model)
    for count in (SAMPLES, 1):
        assert np.isfinite(model.train_on_batch(some(data, count), np.ones((count, 1))))
    assert_finite(model)
    assert_copies_go_on_alike(model, data, np.ones((SAMPLES, 1)))


@pytest.mark.filterwarnings("ignore:layer flatten")
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_nothing_for_no_samples(name: str) -> None:
    model, data = model_of(name)
    predicted = model.predict_on_batch(some(data, 0))
    assert (predicted.shape, predicted.dtype) == ((0, 1), np.float64)
    layer = model.layers[-3]
    assert type(layer).__name__ == name
    layer(some(data, 0), training=True)
    assert_finite(model)


# --- losses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_trains_in_float64_on_many_samples_and_on_one(name: str) -> None:
    target, prediction = LOSS_DATA.get(name, (ONE_HOT, SHARES))
    loss = make_loss(name)
    assert loss(target, prediction).dtype == np.float64
    model = model_with(loss, prediction)
    assert_all_float64(model)
    for count in (SAMPLES, 1):
        assert np.isfinite(model.train_on_batch(prediction[:count], target[:count]))
    assert_finite(model)
    assert pickle.loads(pickle.dumps(loss))(target, prediction) == loss(target, prediction)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_of_no_samples_has_no_values_and_sums_to_zero(name: str) -> None:
    target, prediction = LOSS_DATA.get(name, (ONE_HOT, SHARES))
    axis = {"axis": -1} if name in ("Dice", "Tversky") else {}
    assert make_loss(name, reduction="none", **axis)(target[:0], prediction[:0]).shape == (0,)
    assert make_loss(name, reduction="sum", **axis)(target[:0], prediction[:0]) == 0


# --- metrics ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_counts_in_float64_one_sample_after_the_other(name: str) -> None:
    data = METRIC_DATA.get(name, (ONE_HOT, SHARES))
    one_by_one, at_once = make_metric(name), make_metric(name)
    for place in range(SAMPLES):
        one_by_one.update_state(*(array[place : place + 1] for array in data))
    result = np.asarray(at_once(*data))
    assert result.dtype == np.float64
    np.testing.assert_allclose(one_by_one.result(), result, rtol=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_a_batch_without_samples_leaves_a_metric_as_it_is(name: str) -> None:
    data = METRIC_DATA.get(name, (ONE_HOT, SHARES))
    metric, nothing = make_metric(name), [array[:0] for array in data]
    assert np.isfinite(metric(*nothing)).all() or name in NAN_WHERE_EMPTY
    result = np.asarray(metric(*data))
    np.testing.assert_array_equal(metric(*nothing), result)
    copied = copy.deepcopy(metric)
    metric.reset_state()
    for again in (copied, pickle.loads(pickle.dumps(copied))):
        np.testing.assert_array_equal(again.result(), result)


@pytest.mark.parametrize("name", [name for name in METRICS if len(METRIC_DATA.get(name, (0, SHARES))) == 2])
def test_a_compiled_metric_has_no_float32(name: str) -> None:
    target, prediction = METRIC_DATA.get(name, (ONE_HOT, SHARES))
    if prediction.ndim == 1:
        prediction = prediction[:, None].astype("float64")
    sparse = target.ndim == 1 and prediction.shape[1] > 1
    loss = "sparse_categorical_crossentropy" if sparse else "mse"
    model = model_with(loss, prediction, metrics=[make_metric(name)])
    assert_all_float64(model)
    model.train_on_batch(prediction, target)
    model.train_on_batch(prediction[:1], target[:1])


# --- optimizers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_steps_in_float64(name: str, options: str) -> None:
    optimizer = make_optimizer(name, options)
    model = model_with("mse", SHARES, optimizer=optimizer)
    if name != "LossScaleOptimizer":
        # The scale itself is a float32, as in Keras.
        assert_all_float64(model)
        assert all(variable.dtype in ("float64", "int64", "int32") for variable in optimizer.variables)
    for count in (SAMPLES, 1, SAMPLES):
        assert np.isfinite(model.train_on_batch(SHARES[:count], ONE_HOT[:count]))
    assert_finite(model)
    assert_copies_go_on_alike(model, SHARES, ONE_HOT)
