"""Models as configs and JSON, and back: functional, `Sequential`, subclassed; clones."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from model_cases import FEATURES, classifier, features, regression, values

import kgraph as keras
from kgraph import layers, ops
from kgraph.models import clone_model, model_from_json
from kgraph.registry import ConfigWarning, register_keras_serializable

RNG = np.random.default_rng(3)


def same_outputs(one: Any, other: Any, x: Any) -> None:
    """Both give the same for ``x``, once they have the same weights."""
    other.set_weights(one.get_weights())
    mine, theirs = (keras.tree.flatten(model.predict(x, verbose=0)) for model in (one, other))
    assert len(mine) == len(theirs)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def several_ends() -> keras.Model:
    """Inputs and outputs in dicts, a layer called twice, a call with arguments."""
    a, b = keras.Input((4,), name="a"), keras.Input((4,), dtype="int32", name="b")
    shared = layers.Dense(3, activation="relu", kernel_regularizer="l2", name="shared")
    tokens = layers.Flatten()(layers.Embedding(10, 2)(b))
    x = layers.Concatenate(axis=-1)([shared(a), shared(layers.Dense(4)(tokens))])
    return keras.Model({"a": a, "b": b}, {"x": layers.Dropout(0.5, seed=1)(x, training=False), "y": layers.Dense(1)(x)})


def nested() -> keras.Model:
    """A functional model and a stack inside, the first called on what it gave; an output in a list."""
    inside_input = keras.Input((4,))
    inside = keras.Model(inside_input, [layers.Dense(4)(inside_input), layers.Activation("tanh")(inside_input)])
    stack = keras.Sequential([keras.Input((4,)), layers.Dense(2), layers.BatchNormalization()])
    inputs = keras.Input((4,))
    first, second = inside(inputs)
    return keras.Model(inputs, [inside(first)[0], stack(second), [stack(first)]])


def with_ops() -> keras.Model:
    """Ops between layers: with Keras's counterparts, with operands that are spread, and others."""
    inputs = keras.Input((4,))
    x = layers.Dense(4)(inputs)
    scaled = 2 / (1 + ops.exp(-x)) - 1
    centred = scaled - ops.mean(scaled, axis=-1, keepdims=True)
    column = ops.reshape(centred[:, :2], (-1, 2, 1)) * ops.ones((1, 1, 3))
    return keras.Model(inputs, [centred, layers.Flatten()(column), ops.maximum(x, np.float32([0, 1, 0, 1]))])


def masked() -> keras.Model:
    """A mask that is handed on by name."""
    tokens = keras.Input((5,), dtype="int32")
    x = layers.Embedding(7, 3, mask_zero=True)(tokens)
    return keras.Model(tokens, ops.where(x._keras_mask, 1.0, 0.0))


def from_the_middle() -> keras.Model:
    """A model whose input is what a layer gave."""
    inputs = keras.Input((4,))
    middle = layers.Dense(4, name="middle")(inputs)
    return keras.Model(middle, layers.Dense(2)(middle))


X = RNG.normal(size=(6, 4)).astype("float32")
FUNCTIONAL: dict[str, tuple[Callable[[], keras.Model], Any]] = {
    "several ends": (several_ends, {"a": X, "b": RNG.integers(0, 10, (6, 4))}),
    "nested": (nested, X),
    "ops": (with_ops, X),
    "masks": (masked, RNG.integers(0, 2, (6, 5))),
    "from the middle": (from_the_middle, X),
}


@pytest.mark.parametrize("case", FUNCTIONAL)
def test_a_functional_model_comes_back_from_json(case: str) -> None:
    make, x = FUNCTIONAL[case]
    model = make()
    again = model_from_json(model.to_json())
    assert type(again) is keras.Model
    assert again.input_names == model.input_names
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in model.weights]
    assert json.loads(again.to_json()) == json.loads(model.to_json())
    same_outputs(model, again, x)


@pytest.mark.parametrize("case", FUNCTIONAL)
def test_a_functional_model_can_be_cloned(case: str) -> None:
    make, x = FUNCTIONAL[case]
    model = make()
    for recursive in (False, True):
        clone = clone_model(model, recursive=recursive)
        assert not set(clone.weights) & set(model.weights)
        assert clone.name == model.name
        same_outputs(model, clone, x)


def test_a_stack_comes_back_from_its_config_built_or_not() -> None:
    built = keras.Sequential([layers.Dense(3, activation="relu"), layers.Dense(2)], name="stack")
    loose = type(built).from_config(built.get_config())
    assert (loose.name, loose.built, len(loose.layers)) == ("stack", False, 2)
    built.build((None, 4))
    again = model_from_json(built.to_json())
    assert again.built
    assert again.get_config() == built.get_config()
    same_outputs(built, again, X)


def test_a_frozen_model_is_still_frozen() -> None:
    model = nested()
    model.trainable = False
    assert model_from_json(model.to_json()).trainable_weights == []


def test_a_layer_shared_by_two_models_inside_stays_shared() -> None:
    shared = layers.Dense(4)
    stacks = [keras.Sequential([keras.Input((4,)), shared, layers.Dense(units)]) for units in (2, 3)]
    inputs = keras.Input((4,))
    model = keras.Model(inputs, [stack(inputs) for stack in stacks])
    again = model_from_json(model.to_json())
    assert len(again.weights) == len(model.weights) == 6


# --- models with a `call` of their own -------------------------------------------------------------------------------


@register_keras_serializable("tests")
class Tower(keras.Model):
    """Described by its arguments, which are plain data."""

    def __init__(self, units: int, rate: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden, self.drop, self.last = layers.Dense(units), layers.Dropout(rate), layers.Dense(1)

    def call(self, inputs: Any, training: Any = None) -> Any:
        return self.last(self.drop(self.hidden(inputs), training=training))


class Words(keras.Model):
    """Takes ints, in a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.last = layers.Embedding(9, 2), layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        return self.last(ops.mean(self.table(inputs["tokens"]), axis=1)) + inputs["bias"]


class Extended(keras.Model):
    """A functional model with a method."""

    def doubled(self, x: Any) -> Any:
        return 2 * self.predict(x, verbose=0)


def test_a_subclassed_model_is_described_by_its_arguments() -> None:
    model = Tower(5, rate=0.1, name="tower")
    assert {key: model.get_config()[key] for key in ("units", "rate", "name")} == dict(units=5, rate=0.1, name="tower")
    model.predict(X, verbose=0)
    again = model_from_json(model.to_json())
    assert isinstance(again, Tower)
    assert again.built
    same_outputs(model, again, X)
    same_outputs(model, clone_model(model), X)


def test_a_subclassed_model_is_built_again_for_the_dtypes_that_it_met() -> None:
    model = Words()
    x = {"tokens": RNG.integers(0, 9, (6, 3)), "bias": X[:, :1]}
    model.predict(x, verbose=0)
    again = model_from_json(model.to_json(), {"Words": Words})
    assert {name: tensor.dtype for name, tensor in again.input.items()} == {"tokens": "int64", "bias": "float32"}
    same_outputs(model, again, x)


def test_a_subclass_of_functional_models_is_found_among_custom_objects() -> None:
    inputs = keras.Input((4,))
    model = Extended(inputs, layers.Dense(2)(inputs))
    with pytest.raises(ValueError, match="'Extended' of module .* is not known here"):
        model_from_json(model.to_json())
    again = model_from_json(model.to_json(), custom_objects={"Extended": Extended})
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.doubled(X), 2 * model.predict(X, verbose=0))
    assert isinstance(clone_model(model), Extended)


def test_a_model_that_cannot_be_described_says_why() -> None:
    class Holder(keras.Model):
        def __init__(self, layer: Any) -> None:
            super().__init__()
            self.layer = layer

    with pytest.raises(NotImplementedError, match="write Holder.get_config"):
        Holder(layers.Dense(1)).get_config()


def test_a_config_whose_calls_lead_nowhere_names_the_layers() -> None:
    config = nested().get_config()
    entry = config["layers"][-1]
    entry["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = [entry["name"], 7, 0]
    with pytest.raises(ValueError, match=f"the calls of {entry['name']} take what no call"):
        keras.Model.from_config(config)
    entry["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = ["nobody", 0, 0]
    with pytest.raises(ValueError, match="has no layer 'nobody'"):
        keras.Model.from_config(config)


def test_an_op_that_is_not_here_is_named() -> None:
    config = with_ops().get_config()
    entry = next(entry for entry in config["layers"] if entry["class_name"] == "Exp")
    entry["class_name"] = "Psinh"
    with pytest.raises(ValueError, match="op 'exp' is Keras's Psinh, which is not among kgraph.ops"):
        keras.Model.from_config(config)


# --- how a model was compiled ----------------------------------------------------------------------------------------


def test_a_compiled_model_comes_back_compiled() -> None:
    model = regression(
        [keras.metrics.MeanSquaredError(name="squares"), "mae"],
        loss=keras.losses.MeanAbsoluteError(),
        optimizer=keras.optimizers.SGD(0.25, momentum=0.5),
        weighting="keras3",
        run_eagerly=False,
    )
    again = model_from_json(model.to_json())
    assert again.compiled
    assert again.get_compile_config() == model.get_compile_config()
    assert again.metrics_names == model.metrics_names
    again.set_weights(model.get_weights())
    for one in (model, again):
        one.fit(features(), values(), shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], again.get_weights()[0])


@pytest.mark.parametrize("weighting", ["keras2", "keras3", "weighted_mean"])
def test_the_rule_of_weights_and_masks_is_part_of_a_model(weighting: str) -> None:
    model = regression(["mae"], weighting=weighting)
    assert model_from_json(model.to_json()).get_compile_config()["weighting"] == weighting
    assert clone_model(model).get_compile_config()["weighting"] == weighting


def test_a_model_that_keras_wrote_weighs_as_keras_3_does() -> None:
    written = json.loads(regression(["mae"]).to_json())
    assert written.pop("weighting") == "keras2" and "weighting" not in written["compile_config"]
    assert model_from_json(json.dumps(written)).get_compile_config()["weighting"] == "keras3"


def test_what_is_not_compiled_has_an_empty_compile_config() -> None:
    assert nested().get_compile_config() == {}
    assert not model_from_json(nested().to_json()).compiled


def test_a_stack_without_inputs_is_compiled_at_its_first_data() -> None:
    model = keras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    again = model_from_json(model.to_json())
    assert np.isfinite(again.train_on_batch(X, X[:, :1]))


def test_a_clone_is_compiled_as_the_model_was() -> None:
    for model in (regression(["mae"]), classifier()):
        assert clone_model(model).get_compile_config() == model.get_compile_config()


def test_settings_that_cannot_be_described_are_left_out_with_a_warning() -> None:
    model = regression(loss=lambda y, p: ops.mean(ops.square(y - p), axis=-1))
    with pytest.raises(TypeError, match="lambda"):
        model.get_compile_config()
    with pytest.warns(ConfigWarning, match="the config of regression leaves out how it was compiled: a lambda"):
        text = model.to_json()
    assert not model_from_json(text).compiled


def test_a_class_with_a_compile_of_its_own_is_asked_for_both_methods() -> None:
    class Particular(keras.Model):
        def compile(self, speed: float = 1.0) -> None:  # type: ignore[override]
            super().compile(keras.optimizers.SGD(speed), "mse")

    inputs = keras.Input((FEATURES,))
    model = Particular(inputs, layers.Dense(1)(inputs))
    model.compile(speed=2.0)
    with pytest.warns(UserWarning, match="Particular has a `compile` of its own"):
        again = model_from_json(model.to_json(), {"Particular": Particular})
    assert not again.compiled


# --- the arguments of clone_model ------------------------------------------------------------------------------------


def test_a_clone_function_chooses_the_layers() -> None:
    def wider(layer: Any) -> Any:
        config = layer.get_config()
        if config["name"] == "hidden":
            config["units"] *= 2
        return type(layer).from_config(config)

    clone = clone_model(regression(), clone_function=wider)
    assert clone.get_layer("hidden").units == 16
    assert clone.get_layer("value").kernel.shape == (16, 1)


def test_a_clone_function_may_keep_the_layers() -> None:
    model = regression()
    clone = clone_model(model, clone_function=lambda layer: layer)
    assert clone.weights == model.weights


def test_a_call_function_may_put_layers_between() -> None:
    def then_drop(layer: Any, *args: Any, **kwargs: Any) -> Any:
        given = layer(*args, **kwargs)
        return layers.Dropout(0.5)(given) if isinstance(layer, layers.Dense) else given

    clone = clone_model(regression(), call_function=then_drop)
    assert [type(layer).__name__ for layer in clone.layers].count("Dropout") == 3


def test_a_recursive_clone_asks_for_the_layers_of_models_inside() -> None:
    seen: list[str] = []

    def noting(layer: Any) -> Any:
        seen.append(type(layer).__name__)
        return type(layer).from_config(layer.get_config())

    clone_model(nested(), clone_function=noting)
    assert sorted(seen) == ["Model", "Sequential"]
    seen.clear()
    clone_model(nested(), clone_function=noting, recursive=True)
    assert sorted(seen) == ["Activation", "BatchNormalization", "Dense", "Dense"]


def test_a_clone_may_stand_on_given_tensors() -> None:
    x = keras.Input((FEATURES,), name="another")
    clone = clone_model(regression(), input_tensors=x)
    assert clone.input_names == ["another"]
    stack = keras.Sequential([keras.Input((FEATURES,), name="first"), layers.Dense(1)])
    assert clone_model(stack, input_tensors=[keras.Input((FEATURES,))]).input_shape == (None, FEATURES)


def test_a_lambda_in_a_clone_still_knows_its_global_names() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda t: t * FEATURES + RNG.integers(1))])
    same_outputs(model, clone_model(model), X)


def test_arguments_that_a_kind_of_model_does_not_take_are_refused() -> None:
    with pytest.raises(ValueError, match="is Sequential, whose layers no call_function can call"):
        clone_model(classifier(), call_function=lambda layer, x: layer(x))
    with pytest.raises(ValueError, match=r"\(Tower\) has a `call` of its own"):
        clone_model(Tower(2), clone_function=lambda layer: layer)
    with pytest.raises(ValueError, match="input_tensors must be symbolic tensors"):
        clone_model(regression(), input_tensors=X)
    with pytest.raises(ValueError, match="takes one symbolic tensor"):
        clone_model(classifier(), input_tensors=[X, X])
    with pytest.raises(ValueError, match="clone_model takes a model, not Dense"):
        clone_model(layers.Dense(2))


# --- layers in configs -----------------------------------------------------------------------------------------------


class Pair(layers.Layer):
    """Built from two shapes; takes neither name nor dtype."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.units = units

    def build(self, left_shape: Any, right_shape: Any) -> None:
        self.a = self.add_weight((left_shape[-1], self.units), name="a")
        self.b = self.add_weight((right_shape[-1], self.units), name="b")

    def call(self, left: Any, right: Any) -> Any:
        return left @ self.a + right @ self.b


def test_a_layer_is_built_from_its_config() -> None:
    for layer, x in ((layers.Dense(3), (X,)), (Pair(2), (X, X[:, :2])), (layers.Add(), ([X, X],))):
        layer(*x)
        saved = json.loads(json.dumps(layers.serialize(layer)))
        again = layers.deserialize(saved, {"Pair": Pair})
        assert again.built
        assert [weight.shape for weight in again.weights] == [weight.shape for weight in layer.weights]
    assert "build_config" not in layers.serialize(layers.Dense(3))


def test_a_class_is_told_only_what_it_takes() -> None:
    assert Pair(3).get_config() == {"units": 3}
    assert Pair.from_config(Pair(3).get_config()).units == 3


def test_a_dtype_policy_of_a_config_becomes_a_dtype() -> None:
    config = layers.Dense(2, dtype="float64").get_config()
    assert config["dtype"]["config"] == {"name": "float64"}
    assert layers.Dense.from_config(config).dtype == "float64"


def test_reading_a_config_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model_from_json(nested().to_json())
