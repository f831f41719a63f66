"""Names and configs: registration, scopes, vocabularies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kgraph import activations, constraints, initializers, regularizers
from kgraph.registry import (
    Configurable,
    Vocabulary,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)


@register_keras_serializable("mine")
class Halves(initializers.Initializer):
    def __init__(self, factor: float = 0.5) -> None:
        self.factor = factor

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return np.full(shape, self.factor, dtype or "float32")


@register_keras_serializable()
def cube(x: Any) -> Any:
    return x * x * x


class Unregistered(Configurable):
    pass


def test_a_registered_class_is_found_by_its_full_name_and_by_its_config() -> None:
    assert get_registered_name(Halves) == "mine>Halves"
    assert get_registered_object("mine>Halves") is Halves
    config = initializers.serialize(Halves(0.25))
    assert config["registered_name"] == "mine>Halves"
    assert config["config"] == {"factor": 0.25}
    assert initializers.deserialize(config).factor == 0.25
    assert initializers.get("mine>Halves").factor == 0.5


def test_a_registered_function_is_found_by_its_config() -> None:
    config = activations.serialize(cube)
    assert (config["class_name"], config["config"]) == ("function", "Custom>cube")
    assert activations.deserialize(config) is cube


def test_a_scope_names_objects_inside_it_alone() -> None:
    with custom_object_scope({"Anything": Unregistered}):
        assert get_custom_objects() == {"Anything": Unregistered}
        assert isinstance(initializers.deserialize({"class_name": "Anything", "config": {}}), Unregistered)
    with pytest.raises(ValueError, match="unknown initializer 'Anything'"):
        initializers.deserialize({"class_name": "Anything", "config": {}})


def test_custom_objects_come_before_the_library_s_own() -> None:
    config = serialize_keras_object(initializers.Zeros())
    assert isinstance(deserialize_keras_object(config, {"Zeros": Halves}), Halves)
    assert isinstance(deserialize_keras_object(config), initializers.Zeros)


def test_a_config_that_names_nothing_known_says_how_to_make_it_known() -> None:
    config = serialize_keras_object(Unregistered())
    with pytest.raises(ValueError, match="register_keras_serializable"):
        deserialize_keras_object(config)


def test_no_config_imports_a_module() -> None:
    config = {"module": "os", "class_name": "function", "config": "getcwd", "registered_name": "getcwd"}
    with pytest.raises(ValueError, match="'getcwd' of module 'os' is not known here"):
        deserialize_keras_object(config)


def test_nested_values_survive_a_config() -> None:
    value = {"a": [1, 2.5, None, True, "x"], "b": (1, 2), "c": regularizers.L1(0.5)}
    back = deserialize_keras_object(serialize_keras_object(value))
    assert (back["a"], back["b"], back["c"].l1) == (value["a"], value["b"], 0.5)
    array = np.arange(3, dtype=np.int32)
    again = deserialize_keras_object(serialize_keras_object(array))
    np.testing.assert_array_equal(again, array)
    assert again.dtype == array.dtype


def test_what_no_config_can_describe_is_refused() -> None:
    with pytest.raises(TypeError, match="lambda"):
        serialize_keras_object(lambda x: x)
    with pytest.raises(TypeError, match="get_config"):
        serialize_keras_object(object())

    class Forgetful(Configurable):
        def __init__(self, size: int) -> None:
            self.double = 2 * size

    with pytest.raises(TypeError, match="Forgetful needs a get_config: it keeps no attribute 'size'"):
        Forgetful(2).get_config()
    with pytest.raises(ValueError, match="no get_config"):
        register_keras_serializable()(type("Bare", (), {}))


def test_a_vocabulary_finds_members_by_name_snake_case_and_alias() -> None:
    vocabulary = Vocabulary("thing", "keras.things", (Halves,), aliases={"half": Halves})
    found = [vocabulary.get(name) for name in ("Halves", "halves", "half", Halves, Halves())]
    assert all(isinstance(one, Halves) for one in found)
    assert vocabulary.get(None) is None
    with pytest.raises(ValueError, match="unknown thing 'third'; known are Halves, half, halves"):
        vocabulary.get("third")
    with pytest.raises(ValueError, match="5 is no thing"):
        vocabulary.get(5)


BUILT_IN = [
    initializers.Zeros(),
    initializers.Ones(),
    initializers.Constant(3.0),
    initializers.RandomNormal(0.0, 0.1, seed=1),
    initializers.RandomUniform(-1.0, 1.0, seed=1),
    initializers.TruncatedNormal(0.0, 0.1, seed=1),
    initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=1),
    *(
        getattr(initializers, name)(seed=1)
        for name in ("GlorotUniform", "GlorotNormal", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform")
    ),
    regularizers.L1(0.1),
    regularizers.L2(0.1),
    regularizers.L1L2(0.1, 0.2),
    constraints.MaxNorm(3.0, axis=1),
    constraints.NonNeg(),
    constraints.UnitNorm(axis=[0, 1]),
    constraints.MinMaxNorm(0.5, 2.0, 0.5),
]


@pytest.mark.parametrize("built_in", BUILT_IN, ids=[type(one).__name__ for one in BUILT_IN])
def test_a_config_makes_an_equal_object(built_in: Any) -> None:
    config = serialize_keras_object(built_in)
    assert config["module"] in ("keras.initializers", "keras.regularizers", "keras.constraints")
    assert config["registered_name"] is None
    again = deserialize_keras_object(config)
    assert type(again) is type(built_in)
    assert again.get_config() == built_in.get_config()
    x = np.float32([[1, -2, 3], [0.5, 4, -1]])
    arguments = ((2, 3),) if isinstance(built_in, initializers.Initializer) else (x,)
    np.testing.assert_array_equal(again(*arguments), built_in(*arguments))


def test_the_configs_are_those_of_keras() -> None:
    assert serialize_keras_object(initializers.GlorotUniform()) == {
        "module": "keras.initializers",
        "class_name": "GlorotUniform",
        "config": {"seed": None},
        "registered_name": None,
    }
    assert regularizers.L2(0.5).get_config() == {"l2": 0.5}
    assert activations.serialize(activations.relu) == "relu"
    assert initializers.deserialize({"class_name": "Ones", "config": {}}).get_config() == {}
