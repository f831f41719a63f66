"""Which outputs and losses go with which classes."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="scikit-learn is not installed: pip install kgraph[sklearn]")

from networks import classifier, stack

import kgraph as keras
from kgraph.wrappers import KerasClassifier

FAST = {"epochs": 40, "batch_size": 64, "optimizer": "adam", "optimizer__learning_rate": 0.05, "random_state": 0}


def outputs(units, last=None):
    """Makes a model with so many outputs, whatever the data are."""
    return lambda meta: stack(meta["X_shape_"][1:], units, last)


@pytest.mark.parametrize(
    ("units", "last", "loss"),
    [
        (1, "sigmoid", None),
        (1, "sigmoid", "binary_crossentropy"),
        (1, None, keras.losses.BinaryCrossentropy(from_logits=True)),
        (2, "softmax", None),
        (2, "softmax", "sparse_categorical_crossentropy"),
        (2, "softmax", "categorical_crossentropy"),
        (2, None, keras.losses.CategoricalCrossentropy(from_logits=True)),
    ],
)
def test_two_classes_take_one_output_or_two(two_kinds, units, last, loss):
    X, y = two_kinds
    model = KerasClassifier(outputs(units, last), loss=loss, **FAST).fit(X, y)
    assert model.classes_.tolist() == ["versicolor", "virginica"]
    assert model.score(X, y) > 0.9
    shares = model.predict_proba(X)
    assert shares.shape == (100, 2) and shares.min() >= 0
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert (model.predict(X) == model.classes_[shares.argmax(axis=1)]).all()


@pytest.mark.parametrize("loss", [None, "categorical_crossentropy", ["kl_divergence"], keras.losses.CategoricalHinge()])
def test_targets_take_the_form_that_the_loss_wants(iris, loss):
    X, y = iris
    assert KerasClassifier(outputs(3, "softmax"), loss=loss, **FAST).fit(X, y).score(X, y) > 0.9


def test_logits_become_probabilities(iris):
    X, y = iris
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = KerasClassifier(outputs(3), loss=loss, random_state=0).fit(X, y)
    logits = model.model_.predict(X, verbose=0)
    np.testing.assert_allclose(model.predict_proba(X), np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), 1e-5)


def test_each_of_several_labels_has_a_probability(iris):
    sparse = pytest.importorskip("scipy.sparse")
    X, y = iris
    labels = np.stack([y == 0, y > 0, X[:, 0] > 0], axis=1).astype(int)
    model = KerasClassifier(classifier, **FAST).fit(X, labels)
    assert model.target_type_ == "multilabel-indicator"
    assert model.predict_proba(X).shape == model.predict(X).shape == (150, 3)
    assert model.score(X, labels) > 0.8
    same = KerasClassifier(classifier, **FAST).fit(X, sparse.csr_array(labels))
    assert (same.predict_proba(X) == model.predict_proba(X)).all()


def test_a_model_with_other_outputs_than_classes_is_refused(iris):
    X, y = iris
    with pytest.raises(ValueError, match="y has 3 classes, for which a model has 3 outputs; this one has 2"):
        KerasClassifier(outputs(2, "softmax")).fit(X, y)
    with pytest.raises(ValueError, match="y has 2 labels, for which a model has as many outputs; this one has 3"):
        KerasClassifier(outputs(3, "sigmoid")).fit(X, np.stack([y == 0, y > 0], axis=1).astype(int))


def test_a_model_of_several_outputs_is_refused(iris):
    def build(meta):
        x = keras.Input((4,))
        return keras.Model(x, [keras.layers.Dense(3)(x), keras.layers.Dense(3)(x)])

    with pytest.raises(ValueError, match=r"one output of shape \(samples, units\), unlike model functional"):
        KerasClassifier(build, loss="mse").fit(*iris)


def test_what_are_no_classes_is_refused(iris):
    X, y = iris
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        KerasClassifier(classifier).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="several columns of classes"):
        KerasClassifier(classifier).fit(X, np.stack([y, y], axis=1))
    with pytest.raises(ValueError, match="only one class: 1"):
        KerasClassifier(classifier).fit(X[y == 1], y[y == 1])
    with pytest.raises(ValueError, match="only one class has sample weights"):
        KerasClassifier(classifier).fit(X, y, sample_weight=y == 1)


def test_class_weights_are_by_label_and_multiply_sample_weights(two_kinds):
    X, y = two_kinds
    weights = np.linspace(0.5, 1.5, len(y))
    by_class = KerasClassifier(classifier, class_weight={"virginica": 3.0}, **FAST).fit(X, y, sample_weight=weights)
    by_sample = KerasClassifier(classifier, **FAST).fit(X, y, sample_weight=np.where(y == "virginica", 3, 1) * weights)
    assert (by_class.predict_proba(X) == by_sample.predict_proba(X)).all()
    few = np.flatnonzero(y == "virginica")[:5]
    kept = np.concatenate([np.flatnonzero(y == "versicolor"), few])
    balanced = KerasClassifier(classifier, class_weight="balanced", **FAST).fit(X[kept], y[kept])
    assert (balanced.predict(X[few]) == "virginica").mean() > 0.7


def test_a_sequential_model_without_input_learns_it_from_the_data(iris):
    X, y = iris
    model = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3, activation="softmax")])
    assert KerasClassifier(model, **FAST).fit(X, y).score(X, y) > 0.9


def test_samples_may_be_images_and_sparse_tables(iris):
    sparse = pytest.importorskip("scipy.sparse")
    X, y = iris
    flat = KerasClassifier(classifier, **FAST).fit(X, y).predict_proba(X)
    image = KerasClassifier(classifier, **FAST).fit(X.reshape(-1, 2, 2), y).predict_proba(X.reshape(-1, 2, 2))
    table = KerasClassifier(classifier, **FAST).fit(sparse.csc_array(X), y).predict_proba(sparse.coo_array(X))
    assert (image == flat).all()
    assert (table == flat).all()
