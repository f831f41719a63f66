"""scikit-learn's own checks of estimators."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("sklearn", "1.6", reason="scikit-learn is not installed: pip install kgraph[sklearn]")

from networks import classifier, compiled, regressor
from sklearn.utils.estimator_checks import parametrize_with_checks

import kgraph as keras
from kgraph.wrappers import (
    KerasClassifier,
    KerasRegressor,
    SKLearnClassifier,
    SKLearnRegressor,
    SKLearnTransformer,
)

#: Each step sees all samples, and weighs them as their repetition would: what scikit-learn means by sample weights.
PARAMETERS = {
    "epochs": 60,
    "batch_size": 512,
    "optimizer": "adam",
    "optimizer__learning_rate": 0.05,
    "compile__weighting": "weighted_mean",
    "random_state": 0,
}
#: Keras's wrappers have no `random_state`: here the function that makes the model seeds the generators.
SEEDED = {"seed": 0, "weighting": "weighted_mean"}
FITTING = {"epochs": 5, "batch_size": 512, "verbose": 0}
NUMBERS = {**SEEDED, "loss": "mse", "last": None}

ESTIMATORS = [
    KerasClassifier(classifier, **PARAMETERS),
    KerasRegressor(regressor, **PARAMETERS),
    SKLearnClassifier(compiled, model_kwargs=SEEDED, fit_kwargs=FITTING),
    SKLearnRegressor(compiled, model_kwargs=NUMBERS, fit_kwargs=FITTING),
    SKLearnTransformer(compiled, model_kwargs=NUMBERS, fit_kwargs=FITTING),
]
_TWO_COLUMNS = "as in Keras, decision_function gives a column for each class, of two classes too"
FAILING = {"SKLearnClassifier": dict.fromkeys(("check_classifiers_train", "check_classifiers_classes"), _TWO_COLUMNS)}
#: Checks that compare seven digits after many steps, which float32 has not.
IN_FLOAT64 = {"check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data"}


@pytest.fixture
def floatx():
    """The default float, which tests may set."""
    before = keras.config.floatx()
    yield keras.config
    keras.config.set_floatx(before)


CHECKS = parametrize_with_checks(
    ESTIMATORS, expected_failed_checks=lambda estimator: FAILING.get(type(estimator).__name__, {})
)


def name_of(given):
    """scikit-learn's name of an estimator or a check, without addresses: the same in every process."""
    return re.sub(r"at0x[0-9a-f]+", "", CHECKS.kwargs["ids"](given))


@pytest.mark.parametrize(*CHECKS.args, **{**CHECKS.kwargs, "ids": name_of})
def test_an_estimator_does_what_scikit_learn_checks(estimator, check, floatx):
    if check.func.__name__ in IN_FLOAT64:
        floatx.set_floatx("float64")
    check(estimator)
