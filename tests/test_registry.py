"""Names and configs: registration, scopes, vocabularies."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import kgraph
from kgraph import activations, constraints, initializers, layers, regularizers
from kgraph.registry import (
    Configurable,
    Vocabulary,
    custom_object_scope,
    deserialize_keras_object,
    deserialize_shared,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    home_of,
    in_safe_mode,
    register_keras_serializable,
    safe_mode_scope,
    serialize_keras_object,
    serialize_shared,
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
    value = {"a": [1, 2.5, None, True, "x", b"y", slice(1, None), ...], "b": (1, 2), "c": regularizers.L1(0.5)}
    back = deserialize_keras_object(json.loads(json.dumps(serialize_keras_object(value))))
    assert (back["a"], back["c"].l1) == (value["a"], 0.5)
    assert back["b"] == [1, 2], "JSON has no tuples"
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
        "config": {"seed": None, "input_axes": None, "output_axes": None},
        "registered_name": None,
    }
    assert regularizers.L2(0.5).get_config() == {"l2": 0.5}
    assert activations.serialize(activations.relu) == "relu"
    assert initializers.deserialize({"class_name": "Ones", "config": {}}).get_config() == {}


# --- names, wherever they come from ----------------------------------------------------------------------------------


def test_what_is_put_into_the_custom_objects_is_known_from_then_on() -> None:
    get_custom_objects()["thirds"] = Halves
    get_custom_objects().update({"fourths": Halves})
    try:
        assert isinstance(initializers.get("thirds"), Halves)
        assert isinstance(initializers.get("fourths"), Halves)
    finally:
        del get_custom_objects()["thirds"], get_custom_objects()["fourths"]
    with pytest.raises(ValueError, match="unknown initializer 'thirds'"):
        initializers.get("thirds")


def test_scopes_add_to_each_other_and_can_be_entered_again() -> None:
    inner = custom_object_scope({"inner": Halves})
    with custom_object_scope({"outer": Halves}):
        for _ in range(2):
            with inner:
                assert get_registered_object("outer") is get_registered_object("inner") is Halves
            assert get_registered_object("inner") is None
    assert get_registered_object("outer") is None


def test_module_objects_are_looked_at_last() -> None:
    assert get_registered_object("mine>Halves", module_objects={"mine>Halves": 1, "other": 2}) is Halves
    assert get_registered_object("other", module_objects={"other": 2}) == 2


FUNCTIONS = ["relu", "mean_squared_error", "Custom>cube"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_found_by_name_as_keras_writes_it(name: str) -> None:
    config = {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    assert serialize_keras_object(deserialize_keras_object(config)) == config


def test_a_class_of_the_main_program_has_no_module_in_its_config() -> None:
    mine = type("Mine", (Configurable,), {"__module__": "__main__"})
    assert serialize_keras_object(mine())["module"] is None


NAMED = """
import sys, types
package = types.ModuleType("kgraph")
package.__path__ = [{path!r}]
sys.modules["kgraph"] = package
from kgraph.registry import deserialize_keras_object, home_of, serialize_keras_object
assert not any(name in sys.modules for name in ("kgraph.losses", "kgraph.layers", "kgraph.models"))
made = deserialize_keras_object({config})
assert serialize_keras_object(made)["module"] == {module!r}, serialize_keras_object(made)
"""


@pytest.mark.parametrize(
    ("module", "class_name", "config"),
    [
        ("keras.losses", "MeanSquaredError", {}),
        ("keras.optimizers", "Adam", {}),
        ("keras.optimizers.schedules", "PiecewiseConstantDecay", {"boundaries": [3], "values": [0.5, 0.25]}),
        ("keras.layers", "Dense", {"units": 2}),
        ("keras.metrics", "AUC", {}),
        ("keras", "Sequential", {"name": "stack", "layers": []}),
        ("keras.regularizers", "L2", {}),
        ("keras.initializers", "Zeros", {}),
        ("keras.constraints", "NonNeg", {}),
        ("keras.random", "SeedGenerator", {"seed": 1}),
        ("keras", "DTypePolicy", {"name": "float64"}),
    ],
)
def test_a_module_that_nobody_has_imported_yet_is_found(module: str, class_name: str, config: Any) -> None:
    described = {"module": module, "class_name": class_name, "config": config, "registered_name": None}
    program = NAMED.format(path=kgraph.__path__[0], config=described, module=module)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_only_modules_of_this_library_are_imported() -> None:
    for module in ("kgraph.debugger", "keras.src.os", "kgraph", "antigravity"):
        with pytest.raises(ValueError, match="is not known here"):
            deserialize_keras_object({"module": module, "class_name": "Popen", "config": {}, "registered_name": None})
    assert "antigravity" not in sys.modules


def test_a_class_of_the_library_knows_its_module_in_keras() -> None:
    assert home_of(layers.Dense) == "keras.layers"
    assert home_of(kgraph.Model) == "keras"
    assert home_of(Unregistered) is home_of({}) is home_of(print) is None


# --- objects that stand in several places ----------------------------------------------------------------------------


def test_a_shared_object_stays_one_object() -> None:
    shared, alone = regularizers.L1(0.5), regularizers.L2(0.5)
    config = json.loads(json.dumps(serialize_shared({"a": [shared, alone], "b": shared})))
    assert config["a"][0]["shared_object_id"] == config["b"]["shared_object_id"] == 1
    assert "shared_object_id" not in config["a"][1]
    back = deserialize_shared(config)
    assert back["a"][0] is back["b"]
    apart = deserialize_keras_object(config)
    assert apart["a"][0] is not apart["b"]


def test_equal_objects_are_not_shared_ones() -> None:
    assert "shared_object_id" not in str(serialize_shared([regularizers.L1(0.5) for _ in range(50)]))


# --- bytecode --------------------------------------------------------------------------------------------------------


def test_who_reads_a_config_says_whether_bytecode_is_trusted() -> None:
    config = layers.serialize(layers.Lambda(lambda x: x * 2.0))
    with pytest.raises(ValueError, match="safe_mode=False"):
        deserialize_keras_object(config)
    assert deserialize_keras_object(config, safe_mode=False)(np.float32([1.5])) == 3.0
    with safe_mode_scope(True), pytest.raises(ValueError, match="safe_mode=False"):
        deserialize_keras_object(config, safe_mode=False)
    assert in_safe_mode() is None


def test_bytecode_can_be_trusted_for_good() -> None:
    program = (
        "from kgraph import config, layers\n"
        "saved = layers.serialize(layers.Lambda(lambda x: x * 2))\n"
        "config.enable_unsafe_deserialization()\n"
        "import numpy\nassert layers.deserialize(saved)(numpy.ones(1)) == 2\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
