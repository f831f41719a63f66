"""Models made of symbolic tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from model_cases import assert_same_weights, features, values

import kgraph as keras
from kgraph import layers, ops


def names(model: keras.Model) -> list[str]:
    return [layer.name for layer in model.layers]


def paths(model: keras.Model) -> list[str]:
    return [weight.path for weight in model.weights]


def two_by_two(inputs_as: str = "list", outputs_as: str = "list") -> keras.Model:
    left, right = keras.Input((4,), name="left"), keras.Input((2,), name="right")
    both = layers.Concatenate(name="both")([left, right])
    wide, narrow = layers.Dense(2, name="wide")(both), layers.Dense(1, name="narrow")(left)
    inputs: Any = [left, right] if inputs_as == "list" else {"l": left, "r": right}
    outputs: Any = [wide, narrow] if outputs_as == "list" else {"w": wide, "n": narrow}
    return keras.Model(inputs, outputs)


class TestSeveralInputsAndOutputs:
    x = features()
    y = values()

    def test_lists_are_taken_in_order_and_given_back_as_a_list(self) -> None:
        model = two_by_two()
        model.compile("sgd", "mse")
        model.fit([self.x, self.x[:, :2]], [self.x[:, :2], self.y], verbose=0)
        wide, narrow = model.predict([self.x, self.x[:, :2]], verbose=0)
        assert wide.shape == (10, 2) and narrow.shape == (10, 1)
        kernel, bias = (weight.numpy() for weight in model.get_layer("narrow").weights)
        np.testing.assert_allclose(narrow, self.x @ kernel + bias, rtol=1e-5)

    def test_dicts_are_taken_by_name_in_any_order_and_given_back_as_a_dict(self) -> None:
        model = two_by_two("dict", "dict")
        model.compile("sgd", {"w": "mse", "n": "mae"})
        model.fit({"r": self.x[:, :2], "l": self.x}, {"n": self.y, "w": self.x[:, :2]}, verbose=0)
        predicted = model.predict({"l": self.x, "r": self.x[:, :2]}, verbose=0)
        assert {name: array.shape for name, array in predicted.items()} == {"w": (10, 2), "n": (10, 1)}
        called = model({"r": self.x[:, :2], "l": self.x})
        np.testing.assert_allclose(called["w"], predicted["w"], rtol=1e-5)

    def test_a_model_of_lists_takes_dicts_by_the_names_of_inputs_and_outputs(self) -> None:
        model = two_by_two()
        model.compile("sgd", "mse")
        by_name = model.predict({"right": self.x[:, :2], "left": self.x}, verbose=0)
        for ours, theirs in zip(by_name, model.predict([self.x, self.x[:, :2]], verbose=0), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        model.fit({"left": self.x, "right": self.x[:, :2]}, {"wide": self.x[:, :2], "narrow": self.y}, verbose=0)

    def test_metrics_names_tell_the_outputs(self) -> None:
        model = two_by_two()
        model.compile("sgd", "mse", metrics=["mae"])
        assert model.metrics_names == ["loss", "wide_loss", "narrow_loss", "wide_mae", "narrow_mae"]

    def test_an_input_that_no_output_depends_on_is_fed_and_ignored(self) -> None:
        used, unused = keras.Input((4,), name="used"), keras.Input((3,), name="unused")
        model = keras.Model([used, unused], layers.Dense(1)(used))
        model.compile("sgd", "mse")
        model.fit([self.x, np.zeros((10, 3))], self.y, verbose=0)
        assert model.predict([self.x, np.zeros((10, 3))], verbose=0).shape == (10, 1)
        assert model([self.x, np.zeros((10, 3))]).shape == (10, 1)

    def test_inputs_and_outputs_may_be_nested(self) -> None:
        a, b, c = keras.Input((4,), name="a"), keras.Input((2,), name="b"), keras.Input((1,), name="c")
        all_three = layers.Concatenate()([a, b, c])
        model = keras.Model([[a, b], c], {"pair": [all_three, layers.Dense(2)(a)], "one": c * 2})
        predicted = model.predict([[self.x, self.x[:, :2]], self.y], verbose=0)
        np.testing.assert_array_equal(predicted["pair"][0], np.hstack([self.x, self.x[:, :2], self.y]))
        np.testing.assert_allclose(predicted["one"], 2 * self.y)
        np.testing.assert_array_equal(model.predict([self.x, self.x[:, :2], self.y], verbose=0)["one"], 2 * self.y)

    def test_an_input_can_be_an_output(self) -> None:
        inputs = keras.Input((4,))
        model = keras.Model(inputs, [inputs, layers.Dense(1)(inputs)])
        same, _ = model.predict(self.x, verbose=0)
        np.testing.assert_array_equal(same, self.x)

    def test_one_tensor_can_be_two_outputs(self) -> None:
        inputs = keras.Input((4,))
        output = layers.Dense(1, name="value")(inputs)
        model = keras.Model(inputs, [output, output])
        model.compile("sgd", "mse")
        model.fit(self.x, [self.y, self.y], verbose=0)
        assert model.metrics_names == ["loss", "value_loss", "value_1_loss"]


class TestStructure:
    def test_a_shared_layer_has_one_set_of_weights_and_gradients_from_every_use(self) -> None:
        a, b = keras.Input((4,)), keras.Input((4,))
        dense = layers.Dense(1, use_bias=False)
        model = keras.Model([a, b], layers.Add()([dense(a), dense(b)]))
        model.compile(keras.optimizers.SGD(0.1), "mse")
        x, y = features(), values()
        before = model.get_weights()[0]
        model.train_on_batch([x, 2 * x], y)
        gradient = 2 * (3 * x).T @ (3 * x @ before - y) / 10
        np.testing.assert_allclose(model.get_weights()[0], before - 0.1 * gradient, rtol=1e-4, atol=1e-6)
        assert len(model.weights) == 1

    def test_layers_stand_by_depth_as_in_keras(self) -> None:
        a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
        deep = layers.Dense(3, name="deep_2")(layers.Dense(3, name="deep_1")(a))
        shallow = layers.Dense(3, name="shallow")(b)
        model = keras.Model([a, b], layers.Add(name="sum")([shallow, deep]))
        assert names(model) == ["a", "b", "deep_1", "shallow", "deep_2", "sum"]
        kernels = [path for path in paths(model) if path.endswith("kernel")]
        assert kernels == ["deep_1/kernel", "shallow/kernel", "deep_2/kernel"]

    def test_weights_are_listed_layer_by_layer_and_get_weights_follows(self) -> None:
        inputs = keras.Input((4,))
        x = layers.BatchNormalization(name="norm")(inputs)
        model = keras.Model(inputs, layers.Dense(1, name="dense")(x))
        expected = ["norm/gamma", "norm/beta", "norm/moving_mean", "norm/moving_variance", "dense/kernel", "dense/bias"]
        assert paths(model) == expected
        assert [array.shape for array in model.get_weights()] == [(4,), (4,), (4,), (4,), (4, 1), (1,)]
        assert [weight.path for weight in model.non_trainable_weights] == ["norm/moving_mean", "norm/moving_variance"]

    def test_a_model_is_a_layer_of_another_and_may_be_called_twice(self) -> None:
        inner_input = keras.Input((4,))
        inner = keras.Model(inner_input, layers.Dense(4, name="dense")(inner_input), name="inner")
        inputs = keras.Input((4,))
        model = keras.Model(inputs, layers.Dense(1, name="dense")(inner(inner(inputs))))
        kernel, bias, last_kernel, last_bias = model.get_weights()
        x = features()
        expected = ((x @ kernel + bias) @ kernel + bias) @ last_kernel + last_bias
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)
        model.compile("sgd", "mse")
        model.fit(x, values(), verbose=0)
        assert_same_weights(inner.get_weights(), model.get_weights()[:2])

    def test_an_unbuilt_sequential_is_built_when_it_is_called_in_a_functional_model(self) -> None:
        stack = keras.Sequential([layers.Dense(5, name="first"), layers.Dropout(0.5), layers.Dense(2, name="second")])
        inputs = keras.Input((4,))
        model = keras.Model(inputs, stack(inputs))
        model.compile("sgd", "mse")
        model.fit(features(), np.zeros((10, 2)), verbose=0)
        assert stack.built and len(stack.weights) == 4
        np.testing.assert_array_equal(stack.predict(features(7), verbose=0), model.predict(features(7), verbose=0))

    def test_a_model_can_begin_and_end_inside_another(self) -> None:
        inputs = keras.Input((4,))
        hidden = layers.Dense(3, name="hidden")(inputs)
        model = keras.Model(inputs, layers.Dense(1, name="last")(hidden))
        head = keras.Model(model.input, model.get_layer("hidden").output)
        tail = keras.Model(model.get_layer("hidden").output, model.output)
        x = features()
        np.testing.assert_allclose(
            tail.predict(head.predict(x, verbose=0), verbose=0), model.predict(x, verbose=0), rtol=1e-5
        )
        assert names(tail) == ["last"]

    def test_get_layer_finds_by_name_and_by_place_and_says_what_there_is(self) -> None:
        model = two_by_two()
        assert model.get_layer("wide") is model.get_layer(index=names(model).index("wide"))
        with pytest.raises(ValueError, match="no layer 'none'; it has left, right, both, wide, narrow"):
            model.get_layer("none")
        with pytest.raises(ValueError, match="has 5 layers; there is none at 7"):
            model.get_layer(index=7)

    def test_an_output_that_depends_on_another_input_is_refused(self) -> None:
        a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
        with pytest.raises(ValueError, match="depend on input b, which is not among the model's inputs"):
            keras.Model(a, layers.Add()([a, b]))

    def test_two_layers_of_one_name_are_refused(self) -> None:
        inputs = keras.Input((4,))
        x = layers.Dense(3, name="same")(inputs)
        with pytest.raises(ValueError, match="2 layers of the model are called 'same'"):
            keras.Model(inputs, layers.Dense(3, name="same")(x))

    def test_an_input_given_twice_is_refused(self) -> None:
        inputs = keras.Input((4,), name="a")
        with pytest.raises(ValueError, match="2 inputs of the model are called 'a'"):
            keras.Model([inputs, inputs], layers.Dense(1)(inputs))

    @pytest.mark.parametrize("wrong", [3, "x", None, np.zeros((2, 2))])
    def test_what_is_no_tensor_is_no_output(self, wrong: Any) -> None:
        with pytest.raises((ValueError, TypeError), match="output"):
            keras.Model(keras.Input((4,)), wrong)


class TestSymbolicArithmetic:
    x = np.abs(features()) + 0.5

    def applied(self, function: Any) -> np.ndarray:
        inputs = keras.Input((4,))
        return keras.Model(inputs, function(inputs)).predict(self.x, verbose=0)

    @pytest.mark.parametrize(
        "function",
        [
            lambda x: x * 2 + 1,
            lambda x: -x,
            lambda x: 1 - x,
            lambda x: 2 / (x + 1),
            lambda x: x**2,
            lambda x: x - x * x,
            lambda x: x[:, 1:],
            lambda x: x[:, ::-1],
            lambda x: x[:, 0],
            lambda x: x[..., None],
            lambda x: abs(x - 1),
            lambda x: x @ np.arange(8, dtype="float32").reshape(4, 2),
        ],
        ids=lambda function: "",
    )
    def test_operators_and_slices_do_what_they_do_in_numpy(self, function: Any) -> None:
        np.testing.assert_allclose(self.applied(function), function(self.x), rtol=1e-5, atol=1e-6)

    def test_comparisons_give_bools(self) -> None:
        np.testing.assert_array_equal(self.applied(lambda x: x > 1.0), self.x > 1.0)

    def test_ops_take_symbolic_tensors(self) -> None:
        result = self.applied(lambda x: ops.concatenate([ops.mean(x, axis=-1, keepdims=True), ops.exp(x)], axis=1))
        expected = np.concatenate([self.x.mean(axis=-1, keepdims=True), np.exp(self.x)], axis=1)
        np.testing.assert_allclose(result, expected, rtol=1e-5)

    def test_gradients_go_through_operators(self) -> None:
        inputs = keras.Input((4,))
        hidden = layers.Dense(2, use_bias=False)(inputs)
        model = keras.Model(inputs, hidden[:, 1:] * 3 - hidden[:, :1])
        model.compile(keras.optimizers.SGD(0.01), "mse")
        x, y, kernel = features(), values(), model.get_weights()[0]
        model.train_on_batch(x, y)
        residual = x @ (3 * kernel[:, 1:] - kernel[:, :1]) - y
        step = 0.01 * 2 * x.T @ residual / 10
        np.testing.assert_allclose(
            model.get_weights()[0], kernel - np.concatenate([-step, 3 * step], axis=1), rtol=1e-4, atol=1e-6
        )

    def test_a_symbolic_tensor_cannot_steer_an_if_and_numpy_cannot_take_it(self) -> None:
        inputs = keras.Input((4,))
        with pytest.raises(TypeError, match="has no value yet"):
            bool(inputs > 0)
        with pytest.raises(TypeError, match="use kgraph.ops"):
            np.asarray(inputs)
        with pytest.raises(TypeError, match="Tensor"):
            np.exp(inputs)


class TestLambdaAndUnknownSizes:
    def test_a_lambda_layer_is_a_function(self) -> None:
        x = features()
        inputs = keras.Input((4,))
        model = keras.Model(inputs, layers.Lambda(lambda t: ops.sum(t * t, axis=-1, keepdims=True))(inputs))
        np.testing.assert_allclose(model.predict(x, verbose=0)[:, 0], (x * x).sum(axis=1), rtol=1e-5)

    def test_dimensions_that_vary_are_bound_at_each_batch(self) -> None:
        inputs = keras.Input((None, 4))
        model = keras.Model(inputs, layers.Dense(2)(inputs))
        model.compile("sgd", "mse")
        for steps in (3, 5, 3):
            x = np.ones((6, steps, 4), "float32")
            model.fit(x, np.zeros((6, steps, 2)), batch_size=4, verbose=0)
            assert model.predict(x, verbose=0).shape == (6, steps, 2)
        assert model.output_shape == (None, None, 2)

    def test_a_batch_size_of_the_input_is_that_of_the_steps(self) -> None:
        inputs = keras.Input((4,), batch_size=5, name="five")
        model = keras.Model(inputs, layers.Dense(1)(inputs))
        model.compile("sgd", "mse")
        model.fit(features(), values(), verbose=0)
        assert model.predict(features(), verbose=0).shape == (10, 1)
        with pytest.raises(
            ValueError, match="input 'five' takes batches of 5, but is given 10 samples in batches of 4"
        ):
            model.fit(features(), values(), batch_size=4, verbose=0)
        with pytest.raises(ValueError, match="takes batches of 5, but is given 7 samples"):
            model.predict(features(7), verbose=0)


class TestCallsOnArrays:
    def test_a_model_called_on_arrays_gives_arrays_and_takes_training(self) -> None:
        inputs = keras.Input((4,))
        model = keras.Model(inputs, layers.Dropout(0.5)(inputs))
        x = np.ones((50, 4), "float32")
        np.testing.assert_array_equal(model(x), x)
        assert set(np.unique(model(x, training=True))) == {0.0, 2.0}

    def test_a_layer_called_on_an_array_builds_itself(self) -> None:
        dense = layers.Dense(3)
        result = dense(features())
        np.testing.assert_allclose(result, features() @ dense.kernel.numpy(), rtol=1e-5)
        assert isinstance(result, np.ndarray) and dense.built

    def test_a_call_in_training_updates_statistics_and_one_without_does_not(self) -> None:
        inputs = keras.Input((4,))
        model = keras.Model(inputs, layers.BatchNormalization()(inputs))
        before = model.get_weights()
        model(features())
        model.predict(features(), verbose=0)
        assert_same_weights(model.get_weights(), before)
        model(features(), training=True)
        assert not np.array_equal(model.get_weights()[2], before[2])


class TestSummary:
    def test_summary_tells_layers_shapes_and_parameters(self) -> None:
        inputs = keras.Input((4,), name="features")
        hidden = layers.Dense(1234, name="hidden")(inputs)
        model = keras.Model(inputs, layers.Dense(2, name="last", trainable=False)(hidden), name="shown")
        lines: list[str] = []
        model.summary(print_fn=lines.append)
        text = "\n".join(lines)
        assert text.splitlines() == [
            'Model "shown"',
            "-" * 43,
            "Layer (type)           Output shape  Params",
            "-" * 43,
            "features (InputLayer)  (None, 4)     0",
            "hidden (Dense)         (None, 1234)  6,170",
            "last (Dense)           (None, 2)     2,470",
            "-" * 43,
            "Parameters: 8,640 (33.75 KB)",
            "Trainable: 6,170 (24.10 KB)",
            "Not trainable: 2,470 (9.65 KB)",
        ]

    def test_summary_of_a_model_with_branches_says_what_is_connected(self, capsys: pytest.CaptureFixture[str]) -> None:
        two_by_two().summary()
        rows = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert ["both", "(Concatenate)", "(None,", "6)", "0", "left,", "right"] in rows


class TestTrainable:
    def test_a_frozen_layer_keeps_its_weights(self) -> None:
        inputs = keras.Input((4,))
        frozen = layers.Dense(3, trainable=False)
        model = keras.Model(inputs, layers.Dense(1)(frozen(inputs)))
        model.compile("sgd", "mse")
        before = model.get_weights()
        model.fit(features(), values(), verbose=0)
        after = model.get_weights()
        assert_same_weights(after[:2], before[:2])
        assert not np.array_equal(after[2], before[2])
        assert len(model.trainable_weights) == len(model.non_trainable_weights) == 2

    def test_freezing_a_model_freezes_all_inside(self) -> None:
        model = two_by_two()
        model.trainable = False
        assert model.trainable_weights == [] and len(model.non_trainable_weights) == 4
        assert not model.get_layer("wide").trainable


class TestWeightFiles:
    def test_weights_come_back_from_a_file(self, tmp_path: Any) -> None:
        model, other = two_by_two(), two_by_two()
        model.save_weights(tmp_path / "w.npz")
        other.load_weights(tmp_path / "w.npz")
        assert_same_weights(other.get_weights(), model.get_weights())

    def test_a_file_of_another_model_changes_nothing_and_says_which_weight_differs(self, tmp_path: Any) -> None:
        model = two_by_two()
        inputs = keras.Input((4,))
        other = keras.Model(inputs, [layers.Dense(5, name="x")(inputs), layers.Dense(1, name="y")(inputs)])
        other.save_weights(tmp_path / "w.npz")
        before = model.get_weights()
        with pytest.raises(ValueError, match=r"w.npz are those of another model: .*wide/kernel has shape \(6, 2\)"):
            model.load_weights(tmp_path / "w.npz")
        assert_same_weights(model.get_weights(), before)

    @pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
    def test_a_file_that_is_no_weights_is_refused(self, tmp_path: Any, content: bytes) -> None:
        (tmp_path / "w.npz").write_bytes(content)
        with pytest.raises(ValueError, match="w.npz is no file that save_weights has written"):
            two_by_two().load_weights(tmp_path / "w.npz")

    def test_a_failed_save_leaves_the_old_file(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        model = two_by_two()
        path = tmp_path / "w.npz"
        model.save_weights(path)
        before = path.read_bytes()

        def full_disk(file: Any, **arrays: Any) -> None:
            raise OSError("no space left")

        monkeypatch.setattr(np, "savez", full_disk)
        with pytest.raises(OSError, match="no space"):
            model.save_weights(path)
        assert path.read_bytes() == before
        assert [found.name for found in tmp_path.iterdir()] == ["w.npz"]

    def test_an_existing_file_is_kept_if_asked(self, tmp_path: Any) -> None:
        two_by_two().save_weights(tmp_path / "w.npz")
        with pytest.raises(ValueError, match="exists"):
            two_by_two().save_weights(tmp_path / "w.npz", overwrite=False)


def test_the_unknown_dimension_of_an_input_with_a_foreign_name_is_a_symbol_that_a_dump_can_parse() -> None:
    inputs = keras.Input((None, 2), name="größe")
    graph = keras.Model(inputs, keras.layers.Dense(3)(inputs)).graph
    assert str(type(graph).parse(str(graph))) == str(graph)
