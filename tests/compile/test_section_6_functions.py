"""Compile, section 6: the functions, made late."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from small_models import kernel, linear, numbers, ops_of, scopes_of, twin

import kgraph as keras
from kgraph import layers, metrics


def deep() -> keras.Model:
    """Dropout and batch normalization between two ``Dense``."""
    inputs = keras.Input((3,), name="x")
    x = layers.Dense(4, name="hidden", kernel_regularizer="l2")(inputs)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = layers.BatchNormalization(name="norm")(x)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="out")(x))


def compiled_deep() -> keras.Model:
    model = deep()
    model.compile("adam", "binary_crossentropy", metrics=["acc", metrics.AUC()], weighted_metrics=["mae"])
    return model


def functions(model: keras.Model) -> list[object]:
    return [model.train_function, model.test_function, model.predict_function]


def data(rng, n=10):
    return numbers(rng, n, 3), rng.integers(2, size=n)


def test_row_6_1_functions_are_made_at_their_first_use_and_kept(rng):
    model, (x, y) = compiled_deep(), data(rng)
    assert functions(model) == [None, None, None]
    model.train_on_batch(x, y)
    train = model.train_function
    assert [function is None for function in functions(model)] == [False, True, True]
    model.test_on_batch(x, y)
    test = model.test_function
    assert model.predict_function is None
    model.predict(x, verbose=0)
    predict = model.predict_function
    model.fit(x, y, batch_size=4, verbose=0)
    model.train_on_batch(x[:3], y[:3])
    model.evaluate(x, y, batch_size=3, verbose=0)
    model.predict_on_batch(x)
    assert functions(model) == [train, test, predict]


def test_row_6_1_compile_again_resets_the_functions_and_keeps_the_weights(rng):
    model, (x, y) = compiled_deep(), data(rng)
    model.fit(x, y, verbose=0)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    before = model.get_weights()
    model.compile("sgd", "mse")
    assert functions(model) == [None, None, None]
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert isinstance(model.train_on_batch(x, y), float)


def test_row_6_1_functions_made_before_training_see_the_trained_weights(rng):
    model = linear()
    x, y = numbers(rng, 6, 3), numbers(rng, 6, 1)
    model.compile("adam", "mse")
    model.predict(x, verbose=0)
    model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=3, verbose=0)
    expected = x @ kernel(model)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(np.mean((y - expected) ** 2), rel=1e-5)
    model.set_weights([np.ones((3, 1))])
    np.testing.assert_allclose(model.predict(x, verbose=0), x.sum(1, keepdims=True), rtol=1e-5, atol=1e-6)


def test_row_6_1_two_models_that_share_layers_train_in_turn(rng):
    """As adversarial pairs do: each function trains what its model collected, and both see every change."""
    noise, sample = keras.Input((2,), name="noise"), keras.Input((3,), name="sample")
    maker = keras.Model(noise, layers.Dense(3, use_bias=False, name="maker")(noise))
    judge = keras.Model(sample, layers.Dense(1, use_bias=False, name="judge")(sample))
    judge.compile(keras.optimizers.SGD(0.1), "mse")
    judge.trainable = False
    both = keras.Model(noise, judge(maker(noise)))
    both.compile(keras.optimizers.SGD(0.1), "mse")
    z, one = numbers(rng, 5, 2), np.ones((5, 1))
    m, j = maker.get_weights()[0].astype("float64"), judge.get_weights()[0].astype("float64")
    with pytest.warns(UserWarning, match="judge"):
        judge.train_on_batch(z @ m, 0 * one)
    for turn in range(3):
        if turn:
            judge.train_on_batch(z @ m, 0 * one)
        x = z @ m
        j = j - 0.1 * 2 / 5 * x.T @ (x @ j)
        both.train_on_batch(z, one)
        m = m - 0.1 * 2 / 5 * z.T @ (z @ m @ j - one) @ j.T
        np.testing.assert_allclose(judge.get_weights()[0], j, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(maker.get_weights()[0], m, rtol=1e-4, atol=1e-6)


def test_row_6_2_the_train_graph_has_all(rng):
    model = compiled_deep()
    graph = model.make_train_function().graph
    assert {"loss", "metrics", "grad", "update", "hidden", "out", "penalty"} <= scopes_of(graph)
    assert list(graph.outputs) == model.metrics_names
    trained = {weight.path for weight in model.trainable_weights}
    assert trained == {"hidden/kernel", "hidden/bias", "norm/gamma", "norm/beta", "out/kernel", "out/bias"}
    assert trained <= set(graph.updates)
    assert {"norm/moving_mean", "norm/moving_variance"} <= set(graph.updates)
    assert any(name.startswith("auc/") for name in graph.updates)
    assert "dropout" in ops_of(graph)
    assert "phase" not in ops_of(graph)


def test_row_6_2_the_test_graph_has_no_gradients_and_no_optimizer():
    model = compiled_deep()
    graph = model.make_test_function().graph
    assert list(graph.outputs) == model.metrics_names
    assert not {"grad", "update"} & scopes_of(graph)
    assert all(name.startswith("auc/") for name in graph.updates)
    assert not {"dropout", "phase", "next_state"} & ops_of(graph)
    assert not any("batch_mean" in node.name or node.name.startswith("adam") for node in graph.nodes)
    assert {node.op for node in graph.nodes if node.name in ("out_target", "out_sample_weights")} == {
        "target",
        "sample_weight",
    }


def test_row_6_2_the_predict_graph_has_no_targets_weights_or_loss():
    graph = compiled_deep().make_predict_function().graph
    assert list(graph.outputs) == ["prediction/out"]
    assert not graph.leaves("target", "sample_weight")
    assert scopes_of(graph) <= {"hidden", "norm", "out"}
    assert not graph.updates
    assert "loss" not in str(graph)
    assert "dropout" not in str(graph)


def test_row_6_2_all_three_are_prunings_of_one_graph():
    """What a function's graph has in common with the model's is the same node; the rest is gradients and updates."""
    model = compiled_deep()
    whole = model.graph
    for function in (model.make_train_function(), model.make_test_function(), model.make_predict_function()):
        for node in function.graph.nodes:
            if node.name.split("/")[0] in ("grad", "update", "adam"):
                continue
            assert node.name in whole
            assert node.type == whole[node.name].type


def test_row_6_2_batch_statistics_and_dropout_seeds_move_in_training_alone(rng):
    model, (x, y) = compiled_deep(), data(rng)
    norm = model.get_layer("norm")
    before = norm.get_weights()
    model.evaluate(x, y, verbose=0)
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))
    for now, then in zip(norm.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    seeds = model.get_layer("dropout").variables
    assert len(seeds) == 1
    seed = seeds[0].numpy()
    model.train_on_batch(x, y)
    assert (seeds[0].numpy() != seed).any()
    assert all((now != then).any() for now, then in zip(norm.get_weights(), before, strict=True))


def test_row_6_2_batch_statistics_follow_their_formula(rng):
    inputs = keras.Input((3,), name="x")
    norm = layers.BatchNormalization(momentum=0.9, epsilon=0.01, name="out")
    model = keras.Model(inputs, norm(inputs))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    x, y = numbers(rng, 6, 3), numbers(rng, 6, 3)
    in_training = (x - x.mean(0)) / np.sqrt(x.var(0) + 0.01)
    assert model.train_on_batch(x, y) == pytest.approx(np.mean((y - in_training) ** 2), rel=1e-4)
    mean, variance = 0.1 * x.mean(0), 0.9 + 0.1 * x.var(0)
    np.testing.assert_allclose(norm.get_weights()[2:], [mean, variance], rtol=1e-4, atol=1e-6)
    in_test = (x - mean) / np.sqrt(variance + 0.01)
    assert model.test_on_batch(x, y) == pytest.approx(np.mean((y - in_test) ** 2), rel=1e-4)


def test_row_6_2_a_model_with_nothing_to_train_still_steps(rng):
    model, (x, y) = deep(), data(rng)
    for layer in model.layers:
        layer.trainable = False
    model.compile("adam", "mse", metrics=["mae"])
    before = model.get_weights()
    assert model._collected_trainable_weights == []
    model.fit(x, y, verbose=0)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_row_6_3_trainable_weights_are_collected_at_compile_in_the_order_of_layers():
    model = deep()
    model.get_layer("norm").trainable = False
    assert model._collected_trainable_weights == []
    model.compile("sgd", "mse")
    collected = [weight.path for weight in model._collected_trainable_weights]
    assert collected == ["hidden/kernel", "hidden/bias", "out/kernel", "out/bias"]
    model.get_layer("hidden").trainable = False
    assert [weight.path for weight in model._collected_trainable_weights] == collected


def test_row_6_3_layers_made_out_of_order_are_collected_in_topological_order():
    late, early = layers.Dense(1, name="late"), layers.Dense(2, name="early")
    inputs = keras.Input((3,))
    model = keras.Model(inputs, late(early(inputs)))
    model.compile("sgd", "mse")
    assert [weight.path.split("/")[0] for weight in model._collected_trainable_weights] == ["early"] * 2 + ["late"] * 2


@pytest.mark.parametrize("made_before", [False, True])
def test_row_6_3_a_change_of_trainable_warns_once_and_takes_effect_when_compiled_again(made_before, rng):
    model = twin()
    model.compile("sgd", "mse")
    x, y = numbers(rng, 4, 3), [numbers(rng, 4, 1), numbers(rng, 4, 2)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if made_before:
            model.train_on_batch(x, y)
        model.get_layer("a").trainable = False
        model.evaluate(x, y, verbose=0)
        model.predict(x, verbose=0)
    before = kernel(model, "a")
    with pytest.warns(UserWarning, match="trainable.* of a has changed") as caught:
        model.fit(x, y, verbose=0)
    assert len(caught) == 1
    assert (kernel(model, "a") != before).any(), "what is trained is what was trainable at compile"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.train_on_batch(x, y)
        model.fit(x, y, verbose=0)
        before = kernel(model, "a")
        model.compile("sgd", "mse")
        model.fit(x, y, verbose=0)
    np.testing.assert_array_equal(kernel(model, "a"), before)


def test_row_6_3_the_warning_names_all_layers_that_differ_and_no_others(rng):
    model, (x, y) = compiled_deep(), data(rng)
    model.get_layer("hidden").trainable = False
    model.get_layer("norm").trainable = False
    with pytest.warns(UserWarning, match="of hidden, norm has changed"):
        model.train_on_batch(x, y)


def test_row_6_3_a_layer_made_trainable_after_compile_is_not_trained(rng):
    model = twin()
    model.get_layer("b").trainable = False
    model.compile("sgd", "mse")
    model.get_layer("b").trainable = True
    before = kernel(model, "b")
    with pytest.warns(UserWarning, match="of b has changed"):
        model.train_on_batch(numbers(rng, 4, 3), [numbers(rng, 4, 1), numbers(rng, 4, 2)])
    np.testing.assert_array_equal(kernel(model, "b"), before)


@pytest.mark.parametrize("method", ["fit", "train_on_batch", "evaluate", "test_on_batch"])
@pytest.mark.parametrize("known", [True, False])
def test_row_6_4_an_uncompiled_model_says_what_to_call(method, known, rng):
    model = linear() if known else keras.Sequential([layers.Dense(1)])
    with pytest.raises(RuntimeError, match=r"model.compile\(optimizer, loss"):
        getattr(model, method)(numbers(rng, 4, 3), numbers(rng, 4, 1))


def test_row_6_4_predict_works_uncompiled(rng):
    model, x = linear(), numbers(rng, 5, 3)
    np.testing.assert_allclose(model.predict(x, batch_size=2, verbose=0), x @ kernel(model), rtol=1e-5)
    np.testing.assert_allclose(model.predict_on_batch(x), x @ kernel(model), rtol=1e-5)
    model.compile("sgd", "mse")
    assert model.predict_function is None
    np.testing.assert_allclose(model.predict(x, verbose=0), x @ kernel(model), rtol=1e-5)


def test_row_6_5_a_sequential_without_input_compiles_at_its_first_batch(rng):
    model = keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(1, name="out")])
    model.compile("sgd", "mse", metrics=["mae"])
    assert model.total_loss is None
    assert model.targets == []
    with pytest.raises(RuntimeError, match="not known yet"):
        _ = model.graph
    x, y = numbers(rng, 8, 3), numbers(rng, 8, 1)
    history = model.fit(x, y, batch_size=3, epochs=2, verbose=0).history
    assert list(history) == ["loss", "mae"]
    assert [target.name for target in model.targets] == ["out_target"]
    assert model.total_loss.name == "loss/out/value"
    assert model.layers[0].get_weights()[0].shape == (3, 4)


@pytest.mark.parametrize("first", ["train_on_batch", "test_on_batch", "evaluate"])
def test_row_6_5_every_first_use_compiles(first, rng):
    model = keras.Sequential([layers.Dense(1, name="out")])
    model.compile("sgd", "mse")
    getattr(model, first)(numbers(rng, 4, 3), numbers(rng, 4, 1))
    assert model.targets[0].name == "out_target"


def test_row_6_5_predict_first_and_compile_later_keep_the_weights(rng):
    model, x = keras.Sequential([layers.Dense(1, use_bias=False)]), numbers(rng, 4, 3)
    before = model.predict(x, verbose=0)
    model.compile("sgd", "mse")
    assert model.total_loss is not None
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)


def test_row_6_5_arguments_that_do_not_fit_are_refused_at_the_first_batch(rng):
    model = keras.Sequential([layers.Dense(1, name="out")])
    model.compile("sgd", {"other": "mse"})
    with pytest.raises(ValueError, match="'other'.*out"):
        model.fit(numbers(rng, 4, 3), numbers(rng, 4, 1), verbose=0)


def test_row_6_5_a_subclass_with_a_call_of_its_own_compiles_at_its_first_batch(rng):
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = layers.Dense(4, activation="tanh")
            self.out = layers.Dense(1)

        def call(self, inputs):
            return self.out(self.hidden(inputs))

    model = Net()
    model.compile("sgd", "mse")
    assert model.total_loss is None
    x, y = numbers(rng, 6, 3), numbers(rng, 6, 1)
    assert len(model.fit(x, y, verbose=0).history["loss"]) == 1
    assert model.total_loss is not None
    assert len(model._collected_trainable_weights) == 4
