"""scikit-learn's own tools, around networks."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="scikit-learn is not installed: pip install kgraph[sklearn]")

from networks import classifier, regressor
from sklearn import config_context
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingRegressor, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kgraph.wrappers import KerasClassifier, KerasRegressor

FAST = {"epochs": 25, "optimizer": "adam", "optimizer__learning_rate": 0.05, "random_state": 0}


def test_a_grid_searches_over_all_parameters_in_other_processes_too(iris):
    X, y = iris
    grid = {
        "kerasclassifier__hidden": [1, 8],
        "kerasclassifier__epochs": [1, 25],
        "kerasclassifier__optimizer__learning_rate": [0.05],
    }
    pipeline = make_pipeline(StandardScaler(), KerasClassifier(classifier, **{**FAST, "optimizer": "adam"}))
    found = [GridSearchCV(pipeline, grid, cv=2, n_jobs=jobs, error_score="raise").fit(X, y) for jobs in (1, 2)]
    assert found[0].best_params_["kerasclassifier__epochs"] == 25
    assert found[0].best_estimator_[-1].model_.layers[0].units == found[0].best_params_["kerasclassifier__hidden"]
    assert found[0].score(X, y) > 0.9
    assert (found[0].cv_results_["mean_test_score"] == found[1].cv_results_["mean_test_score"]).all()
    assert (found[0].predict_proba(X) == found[1].predict_proba(X)).all()


def test_cross_validation_scores_probabilities_and_numbers(two_kinds, numbers):
    assert cross_val_score(KerasClassifier(classifier, **FAST), *two_kinds, cv=3, scoring="roc_auc").min() > 0.9
    assert cross_val_score(KerasRegressor(regressor, **FAST), *numbers, cv=3).min() > 0.8


def test_probabilities_are_calibrated(two_kinds):
    X, y = two_kinds
    calibrated = CalibratedClassifierCV(KerasClassifier(classifier, **FAST), cv=2).fit(X, y)
    assert calibrated.score(X, y) > 0.9


def test_networks_vote_and_are_bagged(two_kinds, numbers):
    voters = [("network", KerasClassifier(classifier, **FAST)), ("line", LogisticRegression())]
    assert VotingClassifier(voters, voting="soft").fit(*two_kinds).score(*two_kinds) > 0.9
    bag = BaggingRegressor(KerasRegressor(regressor, **FAST), n_estimators=2, random_state=0).fit(*numbers)
    assert bag.score(*numbers) > 0.8


def test_targets_are_transformed_around_a_network(numbers):
    X, y = numbers
    scaled = TransformedTargetRegressor(KerasRegressor(regressor, **FAST), transformer=StandardScaler())
    assert scaled.fit(X, 1000 * y).score(X, 1000 * y) > 0.9


def test_sample_weights_are_routed(two_kinds):
    X, y = two_kinds
    weights = np.where(y == "virginica", 1.0, 1e-6)
    with config_context(enable_metadata_routing=True):
        estimator = KerasClassifier(classifier, **FAST).set_fit_request(sample_weight=True)
        estimator.set_score_request(sample_weight=False)
        results = cross_validate(estimator, X, y, cv=2, params={"sample_weight": weights}, return_estimator=True)
    assert all((fitted.predict(X) == "virginica").mean() > 0.8 for fitted in results["estimator"])


def test_a_fitted_estimator_is_pickled_with_its_training(iris):
    X, y = iris
    fitted = KerasClassifier(classifier, hidden=5, **FAST, metrics=["accuracy"]).fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict_proba(X) == fitted.predict_proba(X)).all()
    assert again.history_ == fitted.history_ and again.get_params() == fitted.get_params()
    for estimator in (fitted, again):
        estimator.partial_fit(X, y)
    assert (again.predict_proba(X) == fitted.predict_proba(X)).all()


def test_names_of_features_are_kept_and_compared(iris):
    pandas = pytest.importorskip("pandas")
    X, y = iris
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    fitted = KerasClassifier(classifier, random_state=0).fit(frame, y)
    assert fitted.feature_names_in_.tolist() == ["a", "b", "c", "d"] and fitted.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(frame.rename(columns={"a": "z"}))
