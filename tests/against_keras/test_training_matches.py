"""``fit``, ``evaluate`` and ``predict`` with ``weighting="keras3"`` give Keras 3's numbers, epoch by epoch."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both_models, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(31)
X = RNG.normal(size=(50, 6)).astype("float32")
BINARY = (X[:, :1] + X[:, 1:2] > 0).astype("float32")
LABELS = np.argmax(X[:, :3], 1).astype("int32")
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
REAL = (X @ RNG.normal(size=(6, 2))).astype("float32")
WEIGHTS = RNG.uniform(0, 2, 50).astype("float32")
TOKENS = np.where(np.arange(5) < RNG.integers(1, 6, (50, 1)), RNG.integers(1, 9, (50, 5)), 0).astype("int32")
STEP_LABELS = (TOKENS % 3).astype("int32")
STEP_WEIGHTS = RNG.uniform(0.1, 2, (50, 5)).astype("float32")
EPOCHS = {"epochs": 4, "batch_size": 16, "shuffle": False, "verbose": 0}


def compiled(side, model, **arguments):
    model.compile(**arguments, **({"weighting": "keras3"} if side is kgraph else {}))
    return model


def dense(side, outputs, activation):
    return side.Sequential(
        [side.Input((6,)), side.layers.Dense(8, activation="tanh"), side.layers.Dense(outputs, activation=activation)]
    )


def binary(side):
    return compiled(
        side,
        dense(side, 1, "sigmoid"),
        optimizer=side.optimizers.Adam(0.02),
        loss="binary_crossentropy",
        metrics=["accuracy", side.metrics.AUC(name="auc"), side.metrics.Precision(name="precision")],
    )


def sparse(side):
    return compiled(
        side,
        dense(side, 3, None),
        optimizer=side.optimizers.RMSprop(0.01),
        loss=side.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy", side.metrics.SparseTopKCategoricalAccuracy(k=2, name="top2")],
    )


def categorical(side):
    return compiled(
        side,
        dense(side, 3, "softmax"),
        optimizer=side.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        loss=side.losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", "mse"],
    )


def regression(side):
    model = side.Sequential(
        [
            side.Input((6,)),
            side.layers.Dense(8, activation="relu", kernel_regularizer="l2"),
            side.layers.BatchNormalization(momentum=0.8),
            side.layers.Dense(2, kernel_constraint="max_norm"),
        ]
    )
    return compiled(side, model, optimizer=side.optimizers.SGD(0.02, clipnorm=1.0), loss="mse", metrics=["mae"])


#: model, target
MODELS = {
    "binary": (binary, BINARY),
    "sparse": (sparse, LABELS),
    "categorical": (categorical, ONE_HOT),
    "regression": (regression, REAL),
}


def assert_same_history(ours, theirs, rename=None):
    mine, other = ours.history, theirs.history
    names = {(rename or {}).get(name, name): values for name, values in other.items()}
    assert mine.keys() == names.keys()
    for name, values in names.items():
        np.testing.assert_allclose(mine[name], values, rtol=5e-4, atol=5e-5, err_msg=name)


@pytest.mark.parametrize("case", MODELS)
def test_the_history_of_fit_is_that_of_keras(case):
    make, target = MODELS[case]
    ours, theirs = both_models(make)
    assert_same_history(*(model.fit(X, target, **EPOCHS) for model in (ours, theirs)))
    assert_same(ours.get_weights(), theirs.get_weights(), rtol=2e-3, atol=2e-4)
    assert_same(ours.predict(X, verbose=0), theirs.predict(X, verbose=0), rtol=2e-3, atol=2e-4)
    mine, other = (model.evaluate(X, target, batch_size=7, verbose=0, return_dict=True) for model in (ours, theirs))
    assert mine == pytest.approx(other, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("case", MODELS)
def test_validation_and_its_split_are_those_of_keras(case):
    make, target = MODELS[case]
    ours, theirs = both_models(make)
    assert_same_history(*(model.fit(X, target, validation_split=0.3, **EPOCHS) for model in (ours, theirs)))
    ours, theirs = both_models(make)
    held_out = (X[::2], target[::2])
    assert_same_history(
        *(model.fit(X, target, validation_data=held_out, validation_freq=2, **EPOCHS) for model in (ours, theirs))
    )


@pytest.mark.parametrize("case", MODELS)
def test_sample_weights_count_as_in_keras(case):
    make, target = MODELS[case]
    ours, theirs = both_models(make)
    assert_same_history(*(model.fit(X, target, sample_weight=WEIGHTS, **EPOCHS) for model in (ours, theirs)))
    mine, other = (
        model.evaluate(X, target, sample_weight=WEIGHTS, verbose=0, return_dict=True) for model in (ours, theirs)
    )
    assert mine == pytest.approx(other, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("case", ["binary", "sparse", "categorical"])
def test_class_weights_count_as_in_keras(case):
    make, target = MODELS[case]
    ours, theirs = both_models(make)
    by_class = {0: 0.5, 1: 2.0, 2: 1.5}
    assert_same_history(*(model.fit(X, target, class_weight=by_class, **EPOCHS) for model in (ours, theirs)))


@pytest.mark.parametrize("case", MODELS)
def test_one_batch_gives_what_it_gives_in_keras(case):
    make, target = MODELS[case]
    ours, theirs = both_models(make)
    for start in (0, 16, 32):
        rows = slice(start, start + 16)
        mine = ours.test_on_batch(X[rows], target[rows], WEIGHTS[rows])
        theirs.reset_metrics()
        other = theirs.test_on_batch(X[rows], target[rows], WEIGHTS[rows])
        assert_same(mine, [float(value) for value in other], rtol=1e-4, atol=1e-5)


def weighted_metrics(side):
    return compiled(
        side,
        dense(side, 1, "sigmoid"),
        optimizer=side.optimizers.SGD(0.1),
        loss="binary_crossentropy",
        weighted_metrics=[
            side.metrics.BinaryAccuracy(name="accuracy"),
            side.metrics.AUC(name="auc"),
            side.metrics.Recall(name="recall"),
            "mae",
        ],
    )


def test_weighted_metrics_are_those_of_keras():
    ours, theirs = both_models(weighted_metrics)
    rename = {name: f"weighted_{name}" for name in ("accuracy", "auc", "recall", "mae")}
    fitted = [model.fit(X, BINARY, sample_weight=WEIGHTS, **EPOCHS) for model in (ours, theirs)]
    assert_same_history(*fitted, rename=rename)


def tagger(side, mode=None):
    tokens = side.Input((5,), dtype="int32")
    x = side.layers.Embedding(9, 4, mask_zero=True)(tokens)
    x = side.layers.Dense(6, activation="tanh")(x)
    model = side.Model(tokens, side.layers.Dense(3, activation="softmax")(x))
    extra = {"weighting": "keras3", "sample_weight_mode": mode} if side is kgraph else {}
    model.compile(side.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", **extra)
    return model


@pytest.mark.parametrize("mode", [None, "temporal"])
def test_a_masked_sequence_model_trains_as_in_keras(mode):
    ours, theirs = both_models(lambda side: tagger(side, mode))
    weights = STEP_WEIGHTS if mode else None
    assert_same_history(*(m.fit(TOKENS, STEP_LABELS, sample_weight=weights, **EPOCHS) for m in (ours, theirs)))
    assert_same(ours.predict(TOKENS, verbose=0), theirs.predict(TOKENS, verbose=0), rtol=1e-3, atol=1e-4)


def two_outputs(side):
    inputs = side.Input((6,), name="features")
    x = side.layers.Dense(8, activation="relu")(inputs)
    first = side.layers.Dense(2, name="real")(x)
    second = side.layers.Dense(1, activation="sigmoid", name="yes")(x)
    return compiled(
        side,
        side.Model(inputs, [first, second]),
        optimizer=side.optimizers.Adam(0.01),
        loss=["mse", "binary_crossentropy"],
        loss_weights=[0.3, 2.0],
        metrics=[["mae"], ["accuracy"]],
    )


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_a_model_of_two_outputs_trains_as_in_keras(weighted):
    ours, theirs = both_models(two_outputs)
    weights = [WEIGHTS, WEIGHTS[::-1].copy()] if weighted else None
    fitted = [model.fit(X, [REAL, BINARY], sample_weight=weights, **EPOCHS) for model in (ours, theirs)]
    assert_same_history(*fitted)
    options = {"sample_weight": weights, "verbose": 0, "return_dict": True}
    mine, other = (model.evaluate(X, [REAL, BINARY], **options) for model in (ours, theirs))
    assert mine == pytest.approx(other, rel=1e-3, abs=1e-4)
    assert_same(ours.predict(X, verbose=0), theirs.predict(X, verbose=0), rtol=1e-3, atol=1e-4)


def named_outputs(side):
    inputs = {"a": side.Input((6,), name="a"), "b": side.Input((6,), name="b")}
    x = side.layers.Concatenate()([inputs["a"], inputs["b"]])
    outputs = {"real": side.layers.Dense(2, name="real")(x), "yes": side.layers.Dense(1, name="yes")(x)}
    return compiled(
        side,
        side.Model(inputs, outputs),
        optimizer=side.optimizers.SGD(0.01),
        loss={"real": "mse", "yes": side.losses.BinaryCrossentropy(from_logits=True)},
        loss_weights={"real": 0.5, "yes": 1.5},
        metrics={"yes": ["mae"]},
    )


def test_inputs_and_outputs_by_name_train_as_in_keras():
    ours, theirs = both_models(named_outputs)
    x, y = {"a": X, "b": X[:, ::-1].copy()}, {"real": REAL, "yes": BINARY}
    assert_same_history(*(model.fit(x, y, **EPOCHS) for model in (ours, theirs)))
    mine, other = (model.predict(x, verbose=0) for model in (ours, theirs))
    assert mine.keys() == other.keys()
    assert_same([mine[name] for name in mine], [other[name] for name in mine], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight", "sum_over_batch_size"])
def test_a_loss_with_a_reduction_of_its_own_keeps_it_as_in_keras(reduction):
    def make(side):
        return compiled(
            side,
            dense(side, 2, None),
            optimizer=side.optimizers.SGD(0.002),
            loss=side.losses.MeanSquaredError(reduction=reduction),
        )

    ours, theirs = both_models(make)
    assert_same_history(*(model.fit(X, REAL, sample_weight=WEIGHTS, **EPOCHS) for model in (ours, theirs)))


def test_custom_losses_and_metrics_over_ops_train_as_in_keras():
    def make(side):
        ops = side.ops

        def pinball(y_true, y_pred):
            error = y_true - y_pred
            return ops.mean(ops.maximum(0.7 * error, -0.3 * error), axis=-1)

        def largest(y_true, y_pred):
            return ops.max(ops.abs(y_true - y_pred), axis=-1)

        model = dense(side, 2, None)
        return compiled(side, model, optimizer=side.optimizers.Adam(0.01), loss=pinball, metrics=[largest])

    ours, theirs = both_models(make)
    assert_same_history(*(model.fit(X, REAL, **EPOCHS) for model in (ours, theirs)))


@pytest.mark.parametrize("side", [kgraph, keras], ids=["kgraph", "keras"])
def test_early_stopping_stops_where_it_does_in_keras(side):
    model = binary(side)
    stop = side.callbacks.EarlyStopping(monitor="loss", min_delta=10.0, patience=2, restore_best_weights=True)
    history = model.fit(X, BINARY, callbacks=[stop], **{**EPOCHS, "epochs": 20})
    assert len(history.history["loss"]) == 3
    assert stop.stopped_epoch == 2


def two_heads(side):
    x = side.Input((X.shape[1],))
    model = side.Model(x, {name: side.layers.Dense(1, name=name)(x) for name in ("a", "b")})
    return compiled(side, model, optimizer="sgd", loss={"a": "mse", "b": "mae"})


def test_one_array_of_weights_counts_for_every_output_as_in_keras():
    target = {"a": X[:, :1], "b": X[:, 1:2]}
    ours, theirs = both_models(two_heads)
    assert_same_history(*(model.fit(X, target, sample_weight=WEIGHTS, **EPOCHS) for model in (ours, theirs)))
    results = [m.evaluate(X, target, sample_weight=WEIGHTS, verbose=0, return_dict=True) for m in (ours, theirs)]
    assert results[0] == pytest.approx(results[1], rel=1e-3, abs=1e-4)
