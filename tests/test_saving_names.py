"""The public names of registration, settings, dtype policies and nested structures."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import kgraph as keras
from kgraph import config, dtype_policies, layers, saving, tree, utils
from kgraph.progress import verbosity


@pytest.mark.parametrize("name", saving.__all__)
def test_a_name_of_saving_is_also_one_of_utils(name: str) -> None:
    assert getattr(utils, name) is getattr(saving, name)


def test_versions_are_told() -> None:
    assert keras.version() == keras.__version__


def test_a_name_scope_stands_before_paths_and_nodes() -> None:
    with keras.name_scope("outer"), keras.backend.name_scope("inner"):
        assert keras.Variable(0.0, name="v").path == "outer/inner/v"

    class Scoped(layers.Layer):
        def call(self, inputs: Any) -> Any:
            with keras.name_scope("inside"):
                return keras.ops.exp(inputs)

    inputs = keras.Input((2,))
    model = keras.Model(inputs, Scoped(name="scoped")(inputs))
    assert "%scoped/inside/exp" in str(model.graph)


# --- settings --------------------------------------------------------------------------------------------------------


def test_the_backend_is_named() -> None:
    assert config.backend() == "kgraph"


def test_the_place_of_channels_can_be_set() -> None:
    assert config.image_data_format() == "channels_last"
    try:
        config.set_image_data_format("channels_first")
        assert keras.backend.image_data_format() == "channels_first"
    finally:
        config.set_image_data_format("channels_last")
    with pytest.raises(ValueError, match="must be one of 'channels_first', 'channels_last', not 'last'"):
        config.set_image_data_format("last")


def test_without_interactive_logging_auto_is_a_line_an_epoch() -> None:
    assert config.is_interactive_logging_enabled()
    assert verbosity("auto") == 1
    config.disable_interactive_logging()
    try:
        assert [verbosity(verbose) for verbose in ("auto", 0, 1, 2)] == [2, 0, 1, 2]
    finally:
        config.enable_interactive_logging()
    assert verbosity("auto") == 1


def test_filtering_of_tracebacks_is_remembered() -> None:
    config.disable_traceback_filtering()
    assert not config.is_traceback_filtering_enabled()
    config.enable_traceback_filtering()
    assert config.is_traceback_filtering_enabled()


def test_the_dtype_policy_is_that_of_layers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # A policy that was set once holds on, whatever the default float becomes; none was before.
    monkeypatch.setattr(dtype_policies._defaults, "policy", None)
    assert config.dtype_policy() == keras.DTypePolicy("float32")
    config.set_dtype_policy(keras.DTypePolicy("float64"))
    assert layers.Dense(2).dtype == keras.DTypePolicy().compute_dtype == "float64"
    assert (config.floatx(), keras.Input((2,)).dtype) == ("float32", "float32")
    assert layers.Dense(2)(np.ones((1, 2))).dtype == "float64"
    for wrong in ("mixed_float16", "int32", None):
        with pytest.raises(ValueError, match=f"must be one of 'float32', 'float64', not {wrong!r}"):
            config.set_dtype_policy(wrong)


def test_a_dtype_policy_is_found_by_name_config_and_itself() -> None:
    policy = dtype_policies.get("float64")
    same = (policy, dtype_policies.get(dtype_policies.serialize(policy)), dtype_policies.get(np.float64))
    assert set(same) == {policy}
    assert (policy.variable_dtype, repr(policy)) == ("float64", '<DTypePolicy "float64">')
    with pytest.raises(TypeError, match="mixed_bfloat16"):
        dtype_policies.get("mixed_bfloat16")
    with pytest.raises(ValueError, match="describes no dtype policy"):
        dtype_policies.deserialize(layers.serialize(layers.Flatten()))


# --- nested structures -----------------------------------------------------------------------------------------------

Point = namedtuple("Point", "x y")
NESTED = {"b": [1, (2, 3)], "a": Point(4, {"c": 5})}


def test_structures_are_taken_apart_and_put_together() -> None:
    assert tree.flatten(NESTED) == [1, 2, 3, 4, 5]
    assert tree.pack_sequence_as(NESTED, [1, 2, 3, 4, 5]) == NESTED
    assert tree.map_structure(lambda a, b: a + b, NESTED, NESTED)["a"] == Point(8, {"c": 10})
    with pytest.raises(ValueError, match="the structure has 5 leaves, but 2 values were given"):
        tree.pack_sequence_as(NESTED, [1, 2])


def test_leaves_are_told_with_their_paths() -> None:
    assert tree.flatten_with_path(NESTED)[1:4] == [(("b", 1, 0), 2), (("b", 1, 1), 3), (("a", 0), 4)]
    assert tree.flatten_with_path(7) == [((), 7)]


def test_lists_become_tuples() -> None:
    assert tree.lists_to_tuples(NESTED) == {"b": (1, (2, 3)), "a": Point(4, {"c": 5})}


def test_containers_are_told_from_leaves() -> None:
    assert [tree.is_nested(value) for value in ([], (), {}, "ab", None, np.ones(2))] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"b": [1, (2, 3)], "a": 4}, "differ at a"),
        ({"b": [1, [2, 3]], "a": Point(4, {"c": 5})}, "differ at b/1"),
        ({"b": [1], "a": Point(4, {"c": 5})}, "differ at b: one has 2 items, the other 1"),
        ({"b": [1, (2, 3)]}, r"differ: one has keys \['b', 'a'\], the other \['b'\]"),
    ],
)
def test_structures_that_differ_are_told_where(other: Any, message: str) -> None:
    tree.assert_same_structure(NESTED, tree.map_structure(str, NESTED))
    with pytest.raises(ValueError, match=message):
        tree.assert_same_structure(NESTED, other)
