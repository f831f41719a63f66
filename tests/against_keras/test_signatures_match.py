"""Public names take Keras's arguments, in its order, with its defaults."""

from __future__ import annotations

import inspect
import types
from operator import attrgetter

import pytest
from sides import keras, kgraph

pytestmark = pytest.mark.keras

MODULES = (
    "activations", "callbacks", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics",
    "models", "ops", "optimizers", "optimizers.schedules", "preprocessing.sequence", "random", "regularizers",
    "saving", "utils",
)  # fmt: skip

#: Arguments of Keras that kgraph does not have, by what they are for.
ABSENT = {
    "sparse", "ragged",  # sparse and ragged tensors
    "lora_rank", "lora_alpha", "quantization_config", "gptq_unpacked_column_size",  # adapters and quantised weights
    "renorm", "renorm_clipping", "renorm_momentum",  # batch renormalisation
    "tensor", "input_tensor", "optional",  # inputs that stand on other backends' tensors
    "allow_last_axis_squeeze", "name", "free_memory", "module_objects",
}  # fmt: skip

#: ``module.name`` -> arguments with another default, and why.
OTHER_DEFAULTS = {
    # "auto" leaves the reduction to the model's `weighting`, and is "sum_over_batch_size" outside of a model.
    **{f"losses.{name}": {"reduction"} for name in kgraph.losses.__all__ if name[0].isupper()},
    "optimizers.Optimizer": {"learning_rate"},  # 0.001, which Keras leaves to each optimizer
    "layers.InputSpec": {"axes"},
    "ops.arange": {"step"},
    "ops.clip": {"x_min", "x_max"},
    "ops.multi_hot": {"num_classes"},
}


def shared_names():
    for module in MODULES:
        ours, theirs = attrgetter(module)(kgraph), attrgetter(module)(keras)
        for name in getattr(ours, "__all__", dir(ours)):
            mine, other = getattr(ours, name), getattr(theirs, name, None)
            if not name.startswith("_") and callable(mine) and other is not None:
                yield f"{module}.{name}", mine, other


def named_arguments(function):
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind not in variadic}


#: Some of Keras's take anything: there is nothing to compare with.
CASES = {path: (mine, other) for path, mine, other in shared_names() if named_arguments(other)}


@pytest.mark.parametrize("path", CASES)
def test_a_public_name_takes_the_arguments_of_keras_in_its_order(path):
    mine, theirs = (named_arguments(side) for side in CASES[path])
    shared = [name for name in theirs if name in mine]
    assert list(mine) == shared
    assert set(theirs) - set(mine) <= ABSENT
    differing = {name for name in shared if mine[name] != theirs[name]}
    assert differing <= OTHER_DEFAULTS.get(path, set())


def test_the_table_of_other_defaults_names_only_what_is_there():
    assert {path for path in OTHER_DEFAULTS if path not in CASES} <= {"losses.LossFunctionWrapper"}


@pytest.mark.parametrize("module", MODULES)
def test_most_names_of_a_module_are_keras_names(module):
    """What kgraph has and Keras has not is little, and said here."""
    ours, theirs = attrgetter(module)(kgraph), attrgetter(module)(keras)
    names = {
        name
        for name in getattr(ours, "__all__", ())
        if not isinstance(getattr(ours, name), types.ModuleType) and not hasattr(theirs, name)
    }
    extra = {"layers": {"get"}, "losses": {"LossFunctionWrapper"}, "ops": {"is_keras_tensor"}}
    assert names <= extra.get(module, set()) | {"set_global_seed"}
