"""Losses as classes: constructors made of functions, configs, names."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from kgraph import losses
from kgraph.losses.vocabulary import ALIASES

T = np.float32([[0, 1, 0], [1, 0, 0]])
P = np.float32([[0.2, 0.7, 0.1], [0.3, 0.3, 0.4]])
BASES = ("Loss", "LossFunctionWrapper")
CLASSES = [getattr(losses, name) for name in losses.__all__ if name[0].isupper() and name not in BASES]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_signature_of_a_class_names_its_options_and_then_those_of_every_loss(cls):
    parameters = inspect.signature(cls).parameters
    assert {"reduction", "name", "dtype"} <= set(parameters)
    assert all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters.values())
    options = [name for name in parameters if name not in ("reduction", "name", "dtype")]
    taken = list(inspect.signature(cls().fn).parameters)
    assert set(options) <= set(taken[2:])
    assert all(getattr(cls(), name) == parameters[name].default for name in options)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_config_makes_an_equal_loss_of_every_class(cls):
    loss = cls(name="mine", reduction="sum")
    config = losses.serialize(loss)
    again = losses.deserialize(config)
    assert type(again) is cls
    assert (losses.serialize(again), again.name, again.reduction) == (config, "mine", "sum")


def test_options_are_given_by_position_or_name_and_become_attributes():
    assert losses.Tversky(0.3, 0.7).beta == losses.Tversky(beta=0.7).beta == 0.7
    assert losses.Huber(0.5).get_config() == {"name": "huber_loss", "delta": 0.5}
    assert losses.Dice("sum", "overlap", (1, 2)).get_config() == {"name": "overlap", "reduction": "sum", "axis": [1, 2]}


def test_options_reach_the_function():
    np.testing.assert_allclose(losses.Huber(0.1)(T, P), losses.huber(T, P, 0.1).mean())
    np.testing.assert_allclose(losses.Dice(axis=-1, reduction=None)(T, P), losses.dice(T, P, axis=-1))


def test_an_argument_that_a_class_does_not_take_is_refused_with_those_it_takes():
    with pytest.raises(TypeError, match=r"Huber: got an unexpected keyword argument 'detla'; it takes \(delta: "):
        losses.Huber(detla=2)
    with pytest.raises(TypeError, match=r"Poisson: too many positional arguments; it takes \(reduction: "):
        losses.Poisson("sum", "p", None, 1)


def test_a_class_can_be_subclassed_with_a_constructor_of_its_own():
    class Steep(losses.Huber):
        def __init__(self, scale: float) -> None:
            super().__init__(delta=2 * scale, name="steep")

    assert list(inspect.signature(Steep).parameters) == ["scale"]
    assert (Steep(3).delta, Steep(3).name) == (6, "steep")


def test_the_dtype_of_a_loss_is_that_of_its_computation():
    exact = losses.MeanAbsolutePercentageError(dtype="float64")(T, P)
    assert exact.dtype == "float64"
    assert losses.MeanAbsolutePercentageError()(T, P).dtype == "float32"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cosine_proximity", "cosine_similarity"),
        ("kullback_leibler_divergence", "kl_divergence"),
        ("kld", "kl_divergence"),
        ("logcosh", "log_cosh"),
        ("huber_loss", "huber"),
        ("mape", "mean_absolute_percentage_error"),
        ("MSLE", "mean_squared_logarithmic_error"),
    ],
)
def test_old_and_short_names_mean_the_functions_of_today(old, new):
    assert losses.get(old) is getattr(losses, new) is ALIASES[old]


@pytest.mark.parametrize("name", [name for name in losses.__all__ if name[0].islower()])
def test_a_function_by_name_is_that_function(name):
    if name in ("get", "serialize", "deserialize"):
        return
    assert losses.get(name) is getattr(losses, name)
    assert losses.deserialize(losses.serialize(getattr(losses, name))) is getattr(losses, name)
