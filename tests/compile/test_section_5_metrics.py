"""Compile, section 5: metrics."""

from __future__ import annotations

import formulas
import numpy as np
import pytest
from formulas import RULES, objective
from small_models import kernel, linear, masked_inputs, numbers, still, twin

import kgraph as keras
from kgraph import layers, metrics, ops
from kgraph.compile.metrics import collect_metrics


def mean_pred(y_true, y_pred):
    """The example of Keras 2's documentation: it reduces the samples too."""
    return ops.mean(y_pred)


def largest_error(y_true, y_pred):
    return ops.max(ops.abs(y_true - y_pred), axis=-1)


# --- 5.1 to 5.3: which metrics, and what they are called --------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, [[], []]),
        ([], [[], []]),
        (["mae"], [["mae"], ["mae"]]),
        (("mae", "mse"), [["mae", "mse"], ["mae", "mse"]]),
        ([["mae"], ["mse", "acc"]], [["mae"], ["mse", "acc"]]),
        ([["mae"], None], [["mae"], []]),
        ([["mae"], "mse"], [["mae"], ["mse"]]),
        ([[], ["mse"]], [[], ["mse"]]),
        ({"b": "mae"}, [[], ["mae"]]),
        ({"a": ["mae", "mse"], "b": None}, [["mae", "mse"], []]),
    ],
)
def test_row_5_1_collect_metrics_yields_one_list_per_output(given, expected):
    assert collect_metrics(given, ["a", "b"]) == expected
    model = twin()
    model.compile("sgd", "mse", metrics=given, weighted_metrics=given)
    assert model.nested_metrics == expected
    assert model.nested_weighted_metrics == expected


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"c": "mae"}, ValueError, "'c'.*a, b"),
        ([["mae"]], ValueError, "2 outputs"),
        ([["mae"], ["mae"], ["mae"]], ValueError, "2 outputs"),
        ("mae", TypeError, "list or a dict"),
    ],
)
@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
def test_row_5_1_metrics_that_do_not_fit_are_refused(given, error, message, argument):
    with pytest.raises(error, match=f"^{argument}.*{message}"):
        twin().compile("sgd", "mse", **{argument: given})


def test_row_5_1_an_instance_for_every_output_keeps_a_state_for_each(rng):
    model = twin("sigmoid")
    model.compile(still(), "binary_crossentropy", metrics=[metrics.BinaryAccuracy(name="hits")])
    x, y = numbers(rng, 6, 3), [rng.integers(2, size=(6, 1)), rng.integers(2, size=(6, 2))]
    expected = [np.mean((p > 0.5) == target) for p, target in zip(model.predict(x, verbose=0), y, strict=True)]
    np.testing.assert_allclose(model.test_on_batch(x, y)[3:], expected, rtol=1e-6)
    assert model.metrics_names[3:] == ["a_hits", "b_hits"]
    assert len(model.metrics) == 2


def test_row_5_1_an_unknown_metric_is_refused():
    with pytest.raises(ValueError, match="unknown metric 'acuracy'"):
        linear().compile("sgd", "mse", metrics=["acuracy"])


#: Units, activation, loss, and the accuracy and cross-entropy that the words mean.
MEANINGS = {
    "binary by the last dimension": (1, "sigmoid", "mse", "binary"),
    "binary by the loss": (3, "sigmoid", "binary_crossentropy", "binary"),
    "binary by an instance": (3, "sigmoid", keras.losses.BinaryCrossentropy(), "binary"),
    "sparse by the loss": (3, "softmax", "sparse_categorical_crossentropy", "sparse"),
    "sparse by an instance": (3, "softmax", keras.losses.SparseCategoricalCrossentropy(), "sparse"),
    "categorical": (3, "softmax", "categorical_crossentropy", "categorical"),
    "categorical by the last dimension": (3, "softmax", "mse", "categorical"),
}


@pytest.mark.parametrize("kind", MEANINGS)
@pytest.mark.parametrize("words", [("accuracy", "crossentropy"), ("acc", "ce")])
def test_row_5_2_accuracy_and_crossentropy_mean(kind, words, rng):
    units, activation, loss, meaning = MEANINGS[kind]
    model = linear(units, activation=activation)
    model.compile(still(), loss, metrics=list(words))
    x, labels = numbers(rng, 8, 3), rng.integers(max(units, 2), size=8)
    rows = np.eye(3)[labels]
    y = {"binary": rows if units > 1 else labels[:, None], "sparse": labels, "categorical": rows}
    p = np.float64(model.predict(x, verbose=0))
    of_binary = np.mean((p > 0.5) == y["binary"]), formulas.binary_crossentropy(y["binary"], p).mean()
    of_classes = np.mean(p.argmax(-1) == labels), None
    if units > 1:
        of_classes = np.mean(p.argmax(-1) == labels), formulas.sparse_categorical_crossentropy(labels, p).mean()
    expected = of_binary if meaning == "binary" else of_classes
    np.testing.assert_allclose(model.test_on_batch(x, y[meaning])[1:], expected, rtol=1e-5)


def test_row_5_2_each_output_has_its_own_meaning():
    inputs = keras.Input((3,), name="x")
    outputs = [layers.Dense(units, name=name) for name, units in (("a", 1), ("b", 4), ("c", 4))]
    model = keras.Model(inputs, [layer(inputs) for layer in outputs])
    losses = ["mse", "sparse_categorical_crossentropy", "categorical_crossentropy"]
    model.compile("sgd", losses, metrics=["acc"])
    assert model.metrics_names[-3:] == ["a_acc", "b_acc", "c_acc"]
    dump = str(model.graph)
    parts = {name: dump.split(f"# metrics/{name}_acc")[1].split("\n\n")[0] for name in "abc"}
    assert "argmax" not in parts["a"]
    assert parts["b"].count("= argmax") == 1
    assert parts["c"].count("= argmax") == 2


def named_metrics():
    """Metrics as users give them, and how they are named. Made when asked for: a new instance takes a name."""
    return {
        "as written": (["acc", "accuracy", "MAE", "mae"], ["acc", "accuracy", "MAE", "mae"]),
        "functions": (
            [metrics.mean_absolute_error, mean_pred, largest_error],
            ["mean_absolute_error", "mean_pred", "largest_error"],
        ),
        "a lambda": ([lambda y, p: ops.mean(p, axis=-1)], ["<lambda>"]),
        "instances": ([metrics.AUC(), metrics.Precision(name="p")], ["auc", "p"]),
        "classes by name": (["AUC", "auc"], ["AUC", "auc"]),
        "a class": ([metrics.Recall], ["recall"]),
        "configs": (
            [metrics.serialize(metrics.mean_absolute_error), metrics.serialize(metrics.Recall(name="r"))],
            ["mean_absolute_error", "r"],
        ),
        "clashes": (["acc", "acc", "acc"], ["acc", "acc_1", "acc_2"]),
        "a clash with the loss": ([metrics.AUC(name="loss")], ["loss_1"]),
    }


@pytest.mark.parametrize("kind", list(named_metrics()))
def test_row_5_3_metrics_are_named(kind):
    given, names = named_metrics()[kind]
    model = linear(activation="sigmoid")
    model.compile("sgd", "binary_crossentropy", metrics=given)
    assert model.metrics_names == ["loss", *names]


def test_row_5_3_weighted_metrics_come_after_the_plain_ones_of_their_output():
    model = linear(activation="sigmoid")
    model.compile("sgd", "mse", metrics=["mae", "acc"], weighted_metrics=["mae", metrics.AUC(name="area"), mean_pred])
    assert model.metrics_names == ["loss", "mae", "acc", "weighted_mae", "weighted_area", "weighted_mean_pred"]


def test_row_5_3_several_outputs_put_their_name_before_all():
    model = twin()
    model.compile("sgd", "mse", metrics={"a": ["mae", "mae"], "b": mean_pred}, weighted_metrics=["acc"])
    assert model.metrics_names == [
        "loss", "a_loss", "b_loss", "a_mae", "a_mae_1", "a_weighted_acc", "b_mean_pred", "b_weighted_acc",
    ]  # fmt: skip


def test_row_5_3_metrics_tensors_are_the_nodes_of_the_names():
    model = twin()
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    assert len(model.metrics_tensors) == len(model.metrics_names) - 1
    for name, tensor in zip(model.metrics_names[1:], model.metrics_tensors, strict=True):
        assert model.graph.outputs[name] == tensor.name
        assert model.graph[tensor.name].type.shape == ()
    assert [tensor.name for tensor in model.metrics_tensors[:3]] == [
        "loss/a/value",
        "loss/b/value",
        "metrics/a_mae/value",
    ]


# --- 5.4 and 5.5: values over an epoch --------------------------------------------------------------------------------


def test_row_5_4_a_function_is_a_stateless_node_averaged_by_samples(rng):
    model = linear(2)
    model.compile(still(), "mse", metrics=["mae", mean_pred, largest_error])
    assert not model.graph.leaves("state")
    assert model.metrics == []
    x, y = numbers(rng, 10, 3), numbers(rng, 10, 2)
    p = x @ kernel(model)
    expected = [formulas.mse(y, p).mean(), formulas.mae(y, p).mean(), p.mean(), np.abs(y - p).max(-1).mean()]
    np.testing.assert_allclose(model.evaluate(x, y, batch_size=4, verbose=0), expected, rtol=1e-5)
    history = model.fit(x, y, batch_size=4, verbose=0).history
    np.testing.assert_allclose([history[name][0] for name in model.metrics_names], expected, rtol=1e-5)


def binary_data(rng, n=50):
    x = numbers(rng, n, 3)
    y = (rng.random(n) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype("float32")
    return x, y, rng.random(n).astype("float32") * (rng.random(n) > 0.2)


EXACT = {"precision": formulas.precision, "recall": formulas.recall, "auc": formulas.auc}


def exact_metrics() -> list[keras.Metric]:
    return [metrics.Precision(), metrics.Recall(), metrics.AUC()]


@pytest.mark.parametrize("epochs", [1, 3])
def test_row_5_4_stateful_metrics_are_exact_over_each_epoch(epochs, rng):
    model = linear(activation="sigmoid")
    model.compile(still(), "binary_crossentropy", metrics=exact_metrics())
    x, y, _ = binary_data(rng)
    p = np.float64(model.predict(x, verbose=0))[:, 0]
    expected = [formula(y, p, np.ones(50)) for formula in EXACT.values()]
    history = model.fit(x, y, batch_size=16, epochs=epochs, verbose=0, validation_data=(x[:21], y[:21])).history
    validated = [formula(y[:21], p[:21], np.ones(21)) for formula in EXACT.values()]
    for epoch in range(epochs):
        np.testing.assert_allclose([history[name][epoch] for name in EXACT], expected, rtol=1e-5)
        np.testing.assert_allclose([history[f"val_{name}"][epoch] for name in EXACT], validated, rtol=1e-5)
    for batch_size in (7, 50, 64):
        np.testing.assert_allclose(model.evaluate(x, y, batch_size=batch_size, verbose=0)[1:], expected, rtol=1e-5)


def test_row_5_4_metric_state_lies_in_graph_variables_updated_by_train_and_test():
    model = linear(activation="sigmoid")
    model.compile("sgd", "mse", metrics=[metrics.Precision()])
    for make in (model.make_train_function, model.make_test_function, model.make_predict_function):
        make()
    states = {node.name for node in model.graph.leaves("state")}
    assert states == {"precision/true_positives", "precision/false_positives"}
    assert states <= set(model.train_function.graph.updates)
    assert states == set(model.test_function.graph.updates)
    assert not model.predict_function.graph.updates


def test_row_5_4_a_metric_of_the_users_keeps_its_state(rng):
    class Count(keras.Metric):
        def __init__(self, name="count", **kwargs):
            super().__init__(name=name, **kwargs)
            self.count = self.add_variable(name="seen")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.count.assign_add(ops.cast(ops.shape(y_pred)[0], "float32"))

        def result(self):
            return self.count.value

    model = linear()
    model.compile(still(), "mse", metrics=[Count()])
    x, y = numbers(rng, 10, 3), numbers(rng, 10, 1)
    assert model.fit(x, y, batch_size=4, epochs=2, verbose=0).history["count"] == [10, 10]
    assert model.evaluate(x[:7], y[:7], batch_size=4, verbose=0)[1] == 7
    assert model.train_on_batch(x[:3], y[:3])[1] == 3


def test_row_5_4_a_metric_with_a_value_for_each_sample_is_refused():
    class Latest(metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
            self.latest = ops.mean(y_pred, axis=-1)

        def result(self):
            return self.latest

    with pytest.raises(ValueError, match=r"metric latest gives a value of shape \(None,\); .* as many numbers"):
        linear().compile("sgd", "mse", metrics=[Latest(name="latest")])


def epoch_value(rule: str, losses: np.ndarray, mask, w, batches: list[slice]) -> float:
    """What an epoch reports of a function: batch values averaged by samples, or one weighted mean over all."""
    if rule != "keras2":
        return objective("weighted_mean", losses, mask, w)
    parts = [
        objective(rule, losses[s], None if mask is None else mask[s], None if w is None else w[s]) * len(losses[s])
        for s in batches
    ]
    return sum(parts) / len(losses)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_row_5_5_functions_divide_by_the_rule_and_plain_ones_see_the_mask_alone(rule, masked, weighted, rng):
    model = linear(2, 4, mask_rank=2 if masked else 0)
    model.compile(still(), "mse", metrics=["mae"], weighted_metrics=["mae"], weighting=rule)
    mask = rng.random((10, 4)) > 0.4 if masked else None
    x = masked_inputs(rng, np.ones((10, 4), bool) if mask is None else mask)
    y, w = numbers(rng, 10, 4, 2), rng.random(10) * (rng.random(10) > 0.3) if weighted else None
    losses = formulas.mae(y, x @ kernel(model))
    batches = [slice(0, 4), slice(4, 8), slice(8, 10)]
    expected = [epoch_value(rule, losses, mask, None, batches), epoch_value(rule, losses, mask, w, batches)]
    np.testing.assert_allclose(model.evaluate(x, y, sample_weight=w, batch_size=4, verbose=0)[1:], expected, rtol=1e-5)
    history = model.fit(x, y, sample_weight=w, batch_size=4, shuffle=False, verbose=0).history
    np.testing.assert_allclose([history["mae"][0], history["weighted_mae"][0]], expected, rtol=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_row_5_5_a_metric_instance_weighs_by_its_own_rule(rule, rng):
    model = linear(activation="sigmoid")
    model.compile(still(), "mse", metrics=exact_metrics(), weighted_metrics=exact_metrics(), weighting=rule)
    x, y, w = binary_data(rng)
    p = np.float64(model.predict(x, verbose=0))[:, 0]
    expected = [formula(y, p, v) for v in (np.ones(50), w) for formula in EXACT.values()]
    np.testing.assert_allclose(model.evaluate(x, y, sample_weight=w, batch_size=16, verbose=0)[1:], expected, rtol=1e-5)
    history = model.fit(x, y, sample_weight=w, batch_size=16, verbose=0).history
    np.testing.assert_allclose([history[name][0] for name in model.metrics_names[1:]], expected, rtol=1e-5)


@pytest.mark.parametrize("temporal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_row_5_5_a_metric_instance_of_sequences_sees_mask_and_weights(temporal, masked, rng):
    model = linear(1, 4, activation="sigmoid", mask_rank=2 if masked else 0)
    mode = "temporal" if temporal else None
    model.compile(
        still(),
        "mse",
        metrics=[metrics.Precision(), metrics.MeanAbsoluteError(name="mae")],
        weighted_metrics=[metrics.Precision(), metrics.MeanAbsoluteError(name="mae")],
        sample_weight_mode=mode,
    )
    mask = rng.random((9, 4)) > 0.4 if masked else np.ones((9, 4), bool)
    x, y = masked_inputs(rng, mask), rng.integers(2, size=(9, 4, 1))
    x[..., 1:] -= 3
    w = rng.random((9, 4) if temporal else 9)
    p = np.float64(model.predict(x, verbose=0))[..., 0]
    losses = np.abs(y[..., 0] - p)
    counts = mask.astype("float64")
    weights = counts * (w if temporal else w[:, None])
    expected = [
        value
        for factors in (counts, weights)
        for value in (formulas.precision(y[..., 0], p, factors), np.sum(losses * factors) / factors.sum())
    ]
    np.testing.assert_allclose(model.evaluate(x, y, sample_weight=w, batch_size=4, verbose=0)[1:], expected, rtol=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_row_5_5_a_function_that_reduces_the_samples_too_may_be_weighted(rule, rng):
    """Each sample then has the batch's value."""
    model = linear()
    model.compile(still(), "mse", metrics=[mean_pred], weighted_metrics=[mean_pred], weighting=rule)
    x, y, w = numbers(rng, 4, 3), numbers(rng, 4, 1), np.array([1.0, 0.0, 3.0, 0.5])
    whole = np.mean(x @ kernel(model))
    expected = [whole, whole * w.mean() / 0.75 if rule == "keras2" else whole]
    np.testing.assert_allclose(model.test_on_batch(x, y, sample_weight=w)[1:], expected, rtol=1e-5)


def test_row_5_5_accuracy_under_weights(rng):
    model = linear(activation="sigmoid")
    model.compile(still(), "binary_crossentropy", metrics=["acc"], weighted_metrics=["acc"])
    x, y, w = binary_data(rng)
    hits = (np.float64(model.predict(x, verbose=0))[:, 0] > 0.5) == y
    expected = [hits.mean(), objective("keras2", hits, w=w)]
    np.testing.assert_allclose(model.test_on_batch(x, y, sample_weight=w)[1:], expected, rtol=1e-5)


def test_row_5_5_a_metric_that_takes_no_weights_may_be_plain_but_not_weighted(rng):
    """A mask it can read from the predictions, as in Keras 3."""

    class Total(keras.Metric):
        def __init__(self, name="total"):
            super().__init__(name=name)
            self.total = self.add_variable(name="total")

        def update_state(self, y_true, y_pred):
            self.total.assign_add(ops.sum(y_pred))

        def result(self):
            return self.total.value

    model = linear(2, 4, mask_rank=2)
    model.compile(still(), "mse", metrics=[Total()])
    x, y = numbers(rng, 3, 4, 3), numbers(rng, 3, 4, 2)
    assert model.test_on_batch(x, y)[1] == pytest.approx(np.sum(x @ kernel(model)), rel=1e-4)
    with pytest.raises(TypeError, match="metric total of output out .*sample_weight"):
        model.compile("sgd", "mse", weighted_metrics=[Total()])


# --- 5.6 --------------------------------------------------------------------------------------------------------------


def test_row_5_6_one_batch_returns_the_values_of_that_batch_alone(rng):
    model = linear(activation="sigmoid")
    model.compile(still(), "binary_crossentropy", metrics=["acc", *exact_metrics()])
    x, y, _ = binary_data(rng)
    p = np.float64(model.predict(x, verbose=0))[:, 0]
    model.fit(x, y, verbose=0)
    for call in (model.train_on_batch, model.test_on_batch):
        for s in (slice(0, 20), slice(20, 50), slice(0, 20)):
            exact = [formula(y[s], p[s], np.ones(len(y[s]))) for formula in EXACT.values()]
            loss = formulas.binary_crossentropy(y[s, None], p[s, None]).mean()
            values = call(x[s], y[s])
            np.testing.assert_allclose(values, [loss, np.mean((p[s] > 0.5) == y[s]), *exact], rtol=1e-5)
            assert call(x[s], y[s], return_dict=True) == dict(zip(model.metrics_names, values, strict=True))


def test_row_5_6_a_single_value_is_a_scalar(rng):
    model = linear()
    model.compile(still(), "mse")
    x, y = numbers(rng, 4, 3), numbers(rng, 4, 1)
    value = model.train_on_batch(x, y)
    assert isinstance(value, float)
    assert isinstance(model.test_on_batch(x, y), float)
    assert model.test_on_batch(x, y, return_dict=True) == {"loss": pytest.approx(value)}


def test_row_5_6_values_are_those_before_the_step(rng):
    model = linear()
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    x, y = numbers(rng, 4, 3), numbers(rng, 4, 1)
    before = model.test_on_batch(x, y)
    np.testing.assert_allclose(model.train_on_batch(x, y), before, rtol=1e-6)
    assert model.test_on_batch(x, y)[0] < before[0]
