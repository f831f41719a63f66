"""Training on from where a model is, and from the same random numbers."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="scikit-learn is not installed: pip install kgraph[sklearn]")

from networks import classifier, regressor, stack
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import kgraph as keras
from kgraph.wrappers import KerasClassifier, KerasRegressor, SKLearnTransformer


def same_bits(one, other):
    """Whether two trained estimators have the very same weights."""
    pairs = zip(one.model_.get_weights(), other.model_.get_weights(), strict=True)
    return all(a.tobytes() == b.tobytes() for a, b in pairs)


def drawing(**parameters):
    """An estimator that draws at every turn."""
    return KerasClassifier(classifier, dropout=0.3, epochs=3, batch_size=16, **parameters)


def test_the_same_random_state_gives_the_same_bits(iris):
    first = drawing(random_state=7).fit(*iris)
    np.random.seed(99)
    assert same_bits(first, drawing(random_state=7).fit(*iris))
    assert same_bits(first, first.fit(*iris)) and same_bits(first, clone(first).fit(*iris))
    assert same_bits(first, drawing(random_state=np.random.RandomState(7)).fit(*iris))
    assert not same_bits(first, drawing(random_state=8).fit(*iris))


def test_without_a_random_state_the_global_generators_decide(iris):
    fitted = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        fitted += [drawing().fit(*iris), drawing().fit(*iris)]
    assert same_bits(fitted[0], fitted[2]) and not same_bits(fitted[0], fitted[1])


def test_a_random_state_leaves_the_global_generators_as_they_were(iris):
    def drawn():
        return random.random(), np.random.random(), np.asarray(keras.random.uniform((3,))).tolist()

    keras.utils.set_random_seed(3)
    expected = drawn()
    keras.utils.set_random_seed(3)
    drawing(random_state=7).fit(*iris)
    assert drawn() == expected


@pytest.mark.threads
def test_trainings_on_several_threads_draw_what_each_would_alone(iris):
    def trained(seed):
        return drawing(random_state=seed).fit(*iris)

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(trained, range(3)))
    assert all(same_bits(one, trained(seed)) for seed, one in enumerate(together))


@pytest.mark.parametrize("kind", [KerasClassifier, KerasRegressor])
def test_partial_fits_and_warm_starts_go_on_where_training_stopped(iris, kind):
    settings = {"optimizer": "adam", "shuffle": False, "random_state": 0}
    network = classifier if kind is KerasClassifier else regressor
    whole = kind(network, epochs=2, **settings).fit(*iris)
    partly = kind(network, epochs=9, **settings).partial_fit(*iris).partial_fit(*iris)
    warm = kind(network, warm_start=True, **settings).fit(*iris).fit(*iris)
    for other in (partly, warm):
        assert same_bits(whole, other)
        assert other.history_ == whole.history_
    assert len(kind(network, epochs=2, **settings).fit(*iris).fit(*iris).history_["loss"]) == 2


def test_a_partial_fit_may_begin_without_all_classes(iris):
    X, y = iris
    estimator = KerasClassifier(classifier, random_state=0)
    estimator.partial_fit(X[y < 2], y[y < 2], classes=[2, 1, 0]).partial_fit(X[y == 2], y[y == 2])
    assert estimator.predict_proba(X).shape == (150, 3)
    with pytest.raises(ValueError, match="previously unseen labels"):
        estimator.partial_fit(X, y + 1)


def test_after_a_fit_that_fails_there_is_no_model_of_other_targets(iris):
    X, y = iris
    estimator = KerasClassifier(stack((4,), 3, "softmax"), random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="y has 2 classes"):
        estimator.fit(X, y > 0)
    with pytest.raises(NotFittedError):
        estimator.predict(X)


def test_each_fit_trains_a_clone_of_a_given_model(iris):
    model = stack((4,), 3, "softmax")
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    fitted = KerasClassifier(model, random_state=0).fit(*iris)
    assert fitted.model_ is not model and fitted.model_.optimizer is not model.optimizer
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def test_a_warm_start_trains_the_given_model_itself(numbers):
    X, y = numbers
    model = stack((4,), 1)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    expected = model.predict(X, verbose=0)
    for estimator in (KerasRegressor(model, warm_start=True), SKLearnTransformer(model, warm_start=True)):
        fitted = estimator.fit(X, y)
        assert fitted.model_ is model
    assert (fitted.transform(X) == expected).all()
