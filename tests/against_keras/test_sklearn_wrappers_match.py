"""Keras's estimators for scikit-learn, beside ours of the same names."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from sides import assert_same, keras, kgraph

pytestmark = pytest.mark.keras

pytest.importorskip("sklearn", "1.6", reason="scikit-learn is not installed: `make test-keras` installs it")

from sklearn.base import clone  # noqa: E402  (after the skip)
from sklearn.datasets import load_iris  # noqa: E402

NAMES = ("SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer")
#: What each answers with.
ANSWERS = {
    "SKLearnClassifier": ("predict", "decision_function"),
    "SKLearnRegressor": ("predict",),
    "SKLearnTransformer": ("transform",),
}
FIT = {"epochs": 2, "batch_size": 50, "shuffle": False, "verbose": 0}


def network(side):
    """A function that makes the same model with the same weights on either side, for any targets."""

    def build(X, y, loss):
        model = side.Sequential([side.Input(X.shape[1:]), side.layers.Dense(y.shape[1], name="out")])
        rng = np.random.default_rng(0)
        model.set_weights([rng.normal(size=weight.shape).astype("float32") for weight in model.get_weights()])
        model.compile(side.optimizers.SGD(0.1), loss)
        return model

    return build


def estimators(name, **kwargs):
    """One of each side."""
    return [getattr(side.wrappers, name)(network(side), model_kwargs={"loss": "mse"}, **kwargs) for side in SIDES]


SIDES = (kgraph, keras)


@pytest.mark.parametrize("name", NAMES)
def test_estimators_take_the_arguments_of_keras(name):
    ours, theirs = (inspect.signature(getattr(side.wrappers, name)).parameters for side in SIDES)
    assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in theirs.values()]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_keras_is_there(name):
    ours, theirs = (dir(getattr(side.wrappers, name)) for side in SIDES)
    public = {attribute for attribute in theirs if not attribute.startswith("_")}
    # Of a History Keras's `epoch_` asks for a key, which fails.
    assert public - set(ours) <= {"epoch_"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kinds", [2, 3])
def test_the_same_data_and_weights_give_the_same_answers(name, kinds):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < kinds] / 4 - 1, y[y < kinds]
    ours, theirs = (estimator.fit(X, y, **FIT) for estimator in estimators(name))
    for answer in ANSWERS[name]:
        assert_same(*(np.asarray(getattr(fitted, answer)(X)) for fitted in (ours, theirs)), atol=1e-5)
    assert_same(ours.history_.history, theirs.history_.history)


def test_labels_are_found_by_name_alike():
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    ours, theirs = (estimator.fit(X, names, **FIT) for estimator in estimators("SKLearnClassifier"))
    assert (ours.predict(X) == theirs.predict(X)).all()
    assert (ours.classes_ == theirs.classes_).all()


@pytest.mark.parametrize("name", NAMES)
def test_models_that_are_not_compiled_are_refused_alike(name):
    X, y = load_iris(return_X_y=True)
    for side in SIDES:
        with pytest.raises(RuntimeError, match="compiled"):
            getattr(side.wrappers, name)(side.Sequential([side.Input((4,)), side.layers.Dense(3)])).fit(X, y)


def test_ours_keep_and_never_change_the_arguments_of_fit():
    """On purpose: scikit-learn's `clone` copies all parameters, and `fit` changes none."""
    ours, theirs = estimators("SKLearnRegressor", fit_kwargs={"verbose": 0})
    X, y = np.ones((4, 2)), np.ones(4)
    assert [clone(one).fit_kwargs for one in (ours, theirs)] == [{"verbose": 0}, None]
    assert ours.fit(X, y, epochs=2).fit_kwargs == {"verbose": 0}
    assert theirs.fit(X, y, epochs=2).fit_kwargs == {"verbose": 0, "epochs": 2}


def test_ours_take_targets_of_several_columns():
    """On purpose: Keras says that it takes these, and refuses them."""
    ours, theirs = estimators("SKLearnRegressor", fit_kwargs={"verbose": 0})
    X, y = np.ones((4, 2)), np.ones((4, 3))
    assert ours.fit(X, y).predict(X).shape == (4, 3)
    with pytest.raises(ValueError, match="1d array"):
        theirs.fit(X, y)
