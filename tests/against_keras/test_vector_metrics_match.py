"""Metrics with several numbers come out of ``fit``, ``evaluate`` and single batches as Keras's do."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both_models, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)).astype("float32")
Y = np.eye(3, dtype="float32")[RNG.integers(3, size=24)]


def classifier(side):
    model = side.Sequential([side.Input((4,)), side.layers.Dense(3, activation="softmax")])
    watched = [side.metrics.F1Score(), side.metrics.Precision(thresholds=[0.2, 0.4]), "accuracy"]
    model.compile("sgd", "categorical_crossentropy", metrics=watched)
    return model


def test_metrics_of_several_numbers_are_arrays_of_the_same_values():
    ours, theirs = both_models(classifier)
    histories = [
        model.fit(X, Y, batch_size=8, shuffle=False, epochs=2, validation_data=(X, Y), verbose=0).history
        for model in (ours, theirs)
    ]
    assert set(histories[0]) == set(histories[1])
    for name, values in histories[1].items():
        assert [np.shape(value) for value in histories[0][name]] == [np.shape(value) for value in values]
        assert_same(list(histories[0][name]), [np.asarray(value) for value in values], rtol=1e-4)
    results = [model.evaluate(X, Y, batch_size=8, verbose=0, return_dict=True) for model in (ours, theirs)]
    assert list(map(np.shape, results[0].values())) == [np.shape(results[1][name]) for name in results[0]]
    batch = [model.train_on_batch(X, Y, return_dict=True)["f1_score"] for model in (ours, theirs)]
    assert_same(batch[0], np.asarray(batch[1]), rtol=1e-4)


def test_a_model_without_an_optimizer_is_evaluated_and_not_trained():
    """Keras ends in an AttributeError, this project says what is missing."""
    for side, error in ((kgraph, RuntimeError), (keras, AttributeError)):
        assert side.optimizers.get(None) is None
        model = side.Sequential([side.Input((4,)), side.layers.Dense(3)])
        model.compile(None, "mse")
        assert model.evaluate(X, Y, verbose=0) > 0
        with pytest.raises(error):
            model.fit(X, Y, verbose=0)
