"""Stacks of layers."""

from __future__ import annotations

import numpy as np
import pytest
from model_cases import features, values

import kgraph as keras
from kgraph import layers


def test_a_stack_with_an_input_is_built_at_once() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(1)])
    assert model.built and len(model.weights) == 4
    assert (model.input_shape, model.output_shape) == ((None, 4), (None, 1))
    assert [type(layer) for layer in model.layers] == [layers.Dense, layers.Dense]


@pytest.mark.parametrize("shape", [{"input_shape": (4,)}, {"input_dim": 4}])
def test_a_first_layer_may_name_the_shape_of_the_input(shape: dict[str, object]) -> None:
    model = keras.Sequential([layers.Dense(3, **shape), layers.Dense(1)])
    assert [weight.shape for weight in model.weights] == [(4, 3), (3,), (3, 1), (1,)]


def test_a_stack_without_an_input_is_built_and_compiled_at_its_first_data() -> None:
    model = keras.Sequential()
    model.add(layers.Dense(3))
    model.add(layers.Dense(1))
    model.compile("sgd", "mse")
    assert model.weights == [] and not model.built
    model.fit(features(), values(), verbose=0)
    assert len(model.weights) == 4 and model.metrics_names == ["loss"]


def test_a_stack_without_an_input_takes_any_batch_after_its_first_call_on_an_array() -> None:
    model = keras.Sequential([layers.Dense(3), layers.Dense(1)])
    called = model(features(6))
    np.testing.assert_allclose(model.predict(features(10), batch_size=4, verbose=0)[:6].shape, called.shape)
    assert model.input_shape == (None, 4)


def test_build_takes_a_shape_and_does_nothing_the_second_time() -> None:
    model = keras.Sequential([layers.Dense(3), layers.Dense(1)])
    model.build((None, 4))
    weights = model.weights
    model.build((None, 4))
    assert model.weights == weights and len(weights) == 4


def test_integers_stay_integers_on_their_way_to_an_embedding() -> None:
    model = keras.Sequential([layers.Embedding(5, 1), layers.Flatten()])
    model.predict(np.array([[0, 4]]), verbose=0)
    assert model.inputs[0].dtype == "int64"
    with pytest.raises(ValueError, match="is int64, but sample 0 holds 0.5"):
        model.predict(np.array([[0.5, 1.0]]), verbose=0)


def test_one_array_in_a_list_is_that_array() -> None:
    model = keras.Sequential([layers.Dense(1)])
    assert model.predict([features()], verbose=0).shape == (10, 1)


def test_layers_can_be_added_and_taken_off() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="a"), layers.Dense(1, name="b")])
    assert model.pop().name == "b"
    assert model.output_shape == (None, 3)
    model.add(layers.Dense(2, name="c"))
    model.compile("sgd", "mse")
    model.fit(features(), np.zeros((10, 2)), verbose=0)
    assert [layer.name for layer in model.layers] == ["a", "c"]


def test_a_layer_of_a_growing_stack_has_one_output() -> None:
    model = keras.Sequential([keras.Input((4,))])
    for units in (5, 6, 7):
        model.add(layers.Dense(units))
    first = keras.Model(model.input, model.layers[0].output)
    assert first.predict(features(), verbose=0).shape == (10, 5)


def test_a_layer_that_does_not_fit_leaves_the_stack_as_it_was() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    narrow = layers.Dense(1)
    narrow.build((None, 7))
    with pytest.raises(ValueError, match="last dimension is 7, not 3"):
        model.add(narrow)
    assert len(model.layers) == 1
    model.add(layers.Dense(1))
    assert model.output_shape == (None, 1)


def test_stacks_and_models_are_layers_of_stacks() -> None:
    inputs = keras.Input((3,))
    model = keras.Sequential(
        [
            keras.Sequential([layers.Dense(3), layers.Dropout(0.2)], name="inner"),
            keras.Model(inputs, layers.Dense(2)(inputs)),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    model.fit(features(), values(), verbose=0)
    assert [weight.shape for weight in model.weights] == [(4, 3), (3,), (3, 2), (2,), (2, 1), (1,)]


def test_an_empty_stack_says_so() -> None:
    model = keras.Sequential(name="empty")
    model.compile("sgd", "mse")
    model.summary(print_fn=lambda text: None)
    for use in (lambda: model.fit(features(), values()), lambda: model.predict(features()), lambda: model(features())):
        with pytest.raises(ValueError, match="model empty has no layers: add some"):
            use()
    with pytest.raises(ValueError, match="has no layers"):
        model.pop()


def test_only_layers_of_different_names_can_be_added() -> None:
    with pytest.raises(TypeError, match="takes layers, not int"):
        keras.Sequential([3])
    with pytest.raises(ValueError, match="already has a layer called 'x'"):
        keras.Sequential([layers.Dense(1, name="x"), layers.Dense(1, name="x")])
    with pytest.raises(ValueError, match="must be the first"):
        keras.Sequential([layers.Dense(1), keras.Input((3,), name="late")])


@pytest.mark.parametrize(
    "garbage", ["abc", None, 3, object(), [], [[1, 2], [3]], {}, [None], np.zeros((0, 4)), np.array(["a", "b"])]
)
def test_data_that_are_none_do_not_settle_the_input(garbage: object) -> None:
    model = keras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises((ValueError, TypeError)):
        model.fit(garbage, values(), verbose=0)
    model.fit(features(), values(), verbose=0)
    assert model.predict(features(), verbose=0).shape == (10, 1)
