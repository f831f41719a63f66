"""The estimators under the names that Keras 3 gives them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="scikit-learn is not installed: pip install kgraph[sklearn]")

from networks import compiled, stack
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import kgraph as keras
from kgraph.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

QUIET = {"epochs": 20, "verbose": 0}
NUMBERS = {"loss": "mse", "last": None}


def test_the_function_is_given_the_data_as_the_model_sees_them(two_kinds):
    X, y = two_kinds
    seen = {}

    def build(X, y, hidden):
        seen.update(X=X, y=y, hidden=hidden)
        return compiled(X, y, hidden=hidden)

    estimator = SKLearnClassifier(build, model_kwargs={"hidden": 5}, fit_kwargs=QUIET).fit(X, y)
    assert seen["hidden"] == 5 and seen["X"].shape == (100, 4)
    assert (seen["y"] == np.stack([y == "versicolor", y == "virginica"], axis=1)).all()
    assert estimator.score(X, y) > 0.9
    assert estimator.decision_function(X).shape == (100, 2)
    assert (estimator.classes_[estimator.decision_function(X).argmax(axis=1)] == estimator.predict(X)).all()


def test_arguments_of_fit_win_over_those_of_the_estimator_and_change_nothing(numbers):
    estimator = SKLearnRegressor(compiled, model_kwargs=NUMBERS, fit_kwargs=QUIET)
    assert len(estimator.fit(*numbers, epochs=2).history_.history["loss"]) == 2
    assert estimator.fit_kwargs == QUIET
    assert len(estimator.fit(*numbers).history_.epoch) == 20
    assert clone(estimator).get_params() == estimator.get_params()


def test_numbers_are_predicted_in_their_shape(numbers):
    X, y = numbers
    for targets in (y, np.stack([y, -y], axis=1)):
        estimator = SKLearnRegressor(compiled, model_kwargs=NUMBERS, fit_kwargs=QUIET).fit(X, targets)
        assert estimator.predict(X).shape == targets.shape
        assert estimator.score(X, targets) > 0.8


def test_a_transformer_is_a_step_of_a_pipeline(iris):
    X, y = iris
    transformer = SKLearnTransformer(compiled, model_kwargs=NUMBERS, fit_kwargs=QUIET)
    pipeline = make_pipeline(transformer, LogisticRegression()).fit(X, y)
    assert pipeline.score(X, y) > 0.8
    again = pickle.loads(pickle.dumps(pipeline))
    assert (again[0].transform(X) == pipeline[0].transform(X)).all()


@pytest.mark.parametrize("model", [stack((4,), 3), lambda X, y: stack((4,), 3), lambda X, y: None])
def test_what_is_no_compiled_model_is_refused(iris, model):
    with pytest.raises(RuntimeError, match="SKLearnClassifier takes a model that is compiled with a loss, unlike"):
        SKLearnClassifier(model).fit(*iris)


def test_several_labels_are_refused(iris):
    X, y = iris
    with pytest.raises(ValueError, match="takes binary and multiclass targets, not multilabel-indicator ones"):
        SKLearnClassifier(compiled).fit(X, np.stack([y == 0, y > 0], axis=1).astype(int))


def test_a_given_model_is_cloned_by_every_fit(iris):
    model = stack((4,), 3, "softmax")
    model.compile("adam", "categorical_crossentropy")
    keras.utils.set_random_seed(0)
    first = SKLearnClassifier(model, fit_kwargs=QUIET).fit(*iris).model_
    assert first is not model and first.layers[0] is not model.layers[0]
    assert not model.optimizer.built
