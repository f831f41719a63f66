"""Where the parameters of ``KerasClassifier`` and ``KerasRegressor`` go."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="scikit-learn is not installed: pip install kgraph[sklearn]")

from networks import classifier, regressor, stack
from sklearn.base import clone

import kgraph as keras
from kgraph.wrappers import KerasClassifier, KerasRegressor


def compiles_itself(meta, compile_kwargs):
    model = classifier(meta)
    model.compile(loss="sparse_categorical_crossentropy", **compile_kwargs)
    return model


def of_old(hidden=3, optimizer="rmsprop"):
    model = stack((4,), 3, "softmax", hidden)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_arguments_of_the_function_go_by_their_names_or_with_a_prefix(iris):
    for given in ({"hidden": 5}, {"model__hidden": 5}):
        assert KerasClassifier(classifier, **given).fit(*iris).model_.layers[0].units == 5


def test_parameters_are_read_set_and_cloned():
    estimator = KerasClassifier(classifier, hidden=5, optimizer__learning_rate=0.5)
    assert estimator.get_params()["hidden"] == 5
    other = clone(estimator).set_params(hidden=6, activation="tanh", fit__shuffle="batch", epochs=3)
    assert other.get_params() == {
        **estimator.get_params(), "hidden": 6, "activation": "tanh", "fit__shuffle": "batch", "epochs": 3,
    }  # fmt: skip
    assert estimator.get_params()["hidden"] == 5
    assert "hidden=6" in repr(other) and "learning_rate=0.5" in repr(other)


def test_a_parameter_that_nothing_takes_is_refused(iris):
    with pytest.raises(ValueError, match="Invalid parameter 'depth' for estimator"):
        KerasClassifier(classifier).set_params(depth=2)
    with pytest.raises(TypeError, match="classifier, which makes the model, has no argument 'depth'; its arg"):
        KerasClassifier(classifier, depth=2).fit(*iris)
    with pytest.raises(TypeError, match="has no argument 'speed'"):
        KerasClassifier(classifier, optimizer__speed=2).fit(*iris)
    with pytest.raises(TypeError, match="'hidden' is an argument of no function: model sequential"):
        KerasClassifier(stack((4,), 3), hidden=2).fit(*iris)


def test_the_optimizer_takes_arguments_and_is_never_shared(iris):
    given = keras.optimizers.SGD(0.1, momentum=0.9)
    first, second = (KerasClassifier(classifier, optimizer=given).fit(*iris) for _ in range(2))
    assert not given.built and first.model_.optimizer is not second.model_.optimizer
    changed = KerasClassifier(classifier, optimizer=given, optimizer__learning_rate=0.5).fit(*iris).model_.optimizer
    assert (float(changed.learning_rate), changed.momentum) == (0.5, 0.9)
    by_default = KerasClassifier(classifier, optimizer__rho=0.5).fit(*iris).model_.optimizer
    assert (type(by_default), by_default.rho) == (keras.optimizers.RMSprop, 0.5)


def test_a_function_that_compiles_is_given_what_it_asks_for(iris):
    estimator = KerasClassifier(compiles_itself, optimizer="sgd", optimizer__learning_rate=0.25, metrics=["accuracy"])
    estimator.fit(*iris)
    assert float(estimator.model_.optimizer.learning_rate) == 0.25
    assert set(estimator.history_) == {"loss", "accuracy"}
    assert type(KerasClassifier(compiles_itself).fit(*iris).model_.optimizer) is keras.optimizers.RMSprop


def test_functions_of_older_code_get_the_optimizer_by_name(iris):
    estimator = KerasClassifier(build_fn=of_old, optimizer="adam", hidden=2, epochs=2).fit(*iris)
    assert type(estimator.model_.optimizer) is keras.optimizers.Adam
    assert estimator.model_.layers[0].units == 2
    assert len(estimator.history_["accuracy"]) == 2


def test_settings_that_a_compiled_model_would_not_heed_are_refused(iris):
    with pytest.raises(ValueError, match="is compiled already, so that loss would do nothing"):
        KerasClassifier(of_old, loss="mse").fit(*iris)


@pytest.mark.parametrize("model", [None, "dense", 3])
def test_an_estimator_without_a_model_says_what_it_needs(iris, model):
    with pytest.raises(ValueError, match="KerasClassifier needs a model=: a function that gives one, or a Model, not"):
        KerasClassifier(model).fit(*iris)


def test_a_function_that_gives_no_model_is_refused(iris):
    with pytest.raises(TypeError, match="dict must give a model, not dict"):
        KerasClassifier(dict).fit(*iris)


def test_meta_says_what_is_known_of_the_data(iris):
    pandas = pytest.importorskip("pandas")
    seen = {}

    def build(meta):
        seen.update(meta)
        return classifier(meta)

    X, y = iris
    KerasClassifier(build).fit(pandas.DataFrame(X, columns=list("abcd")), y)
    classes, names = seen.pop("classes_"), seen.pop("feature_names_in_")
    assert (classes.tolist(), names.tolist()) == ([0, 1, 2], list("abcd"))
    assert seen == {
        "X_shape_": (150, 4), "X_dtype_": np.dtype("float64"), "n_features_in_": 4, "target_type_": "multiclass",
        "n_outputs_": 1, "n_outputs_expected_": 3, "n_classes_": 3,
    }  # fmt: skip


def test_arguments_of_fit_and_predict_go_there(numbers):
    X, y = numbers
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append(self.params["steps"])

        def on_predict_batch_end(self, batch, logs=None):
            seen.append("predicted")

    watch = Watch()
    given = {"callbacks": [watch], "predict__callbacks": [watch], "predict__batch_size": 75}
    estimator = KerasRegressor(regressor, batch_size=50, **given).fit(X, y, epochs=2)
    estimator.predict(X)
    assert seen == [3, "predicted", "predicted"]
    assert len(estimator.history_["loss"]) == 2


def test_validation_data_have_the_targets_of_scikit_learn(two_kinds):
    X, y = two_kinds
    estimator = KerasClassifier(classifier, metrics=["accuracy"]).fit(X, y, validation_data=(X[:20], y[:20]))
    assert estimator.history_["val_accuracy"] == [pytest.approx(estimator.score(X[:20], y[:20]))]
    split = KerasClassifier(classifier, validation_split=0.2, epochs=3).fit(X, y)
    assert len(split.history_["val_loss"]) == 3


def test_numbers_in_a_sparse_matrix_are_refused(numbers):
    sparse = pytest.importorskip("scipy.sparse")
    X, y = numbers
    with pytest.raises(ValueError, match="numbers to predict must be an array, not a sparse csr_array"):
        KerasRegressor(regressor).fit(X, sparse.csr_array(y[:, None]))


def test_numbers_are_predicted_in_their_shape(numbers):
    X, y = numbers
    fast = {"epochs": 60, "optimizer": "adam", "optimizer__learning_rate": 0.05, "random_state": 0}
    for targets in (y, y[:, None], np.stack([y, -y], axis=1), y.astype("float32")):
        estimator = KerasRegressor(regressor, **fast).fit(X, targets)
        predicted = estimator.predict(X)
        assert (predicted.shape, predicted.dtype) == (targets.shape, targets.dtype)
        assert estimator.score(X, targets) > 0.9
