"""kgraph: the Keras API, lowered by ``Model.compile`` into a small tensor graph that a person can read.

``import kgraph as keras`` runs ordinary Keras 3 code on the CPU. ``print(model.graph)`` shows what compile built.

Each part is imported when it is first asked for: a program that only predicts reads neither optimizers nor callbacks.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

# Eager, so that a build that does not fit this Python or processor is told of at once.
from kgraph import _ops as _ops
from kgraph.version import __version__, version

if TYPE_CHECKING:
    from kgraph import (
        activations,
        backend,
        callbacks,
        config,
        constraints,
        datasets,
        debug,
        dtype_policies,
        initializers,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        preprocessing,
        random,
        regularizers,
        saving,
        tree,
        utils,
        wrappers,
    )
    from kgraph.autodiff import gradients
    from kgraph.backend import name_scope
    from kgraph.dtype_policies import DTypePolicy
    from kgraph.initializers import Initializer
    from kgraph.ir import Graph
    from kgraph.layers import Input, InputLayer, InputSpec, Layer
    from kgraph.losses import Loss
    from kgraph.metrics import Metric
    from kgraph.models import Model, Sequential
    from kgraph.optimizers import Optimizer
    from kgraph.profiling import profile
    from kgraph.regularizers import Regularizer
    from kgraph.tensor import Tensor as KerasTensor
    from kgraph.variable import Variable

__all__ = [
    "DTypePolicy",
    "Graph",
    "Initializer",
    "Input",
    "InputLayer",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Variable",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "debug",
    "dtype_policies",
    "gradients",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "preprocessing",
    "profile",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
    "version",
    "wrappers",
]

#: Where the names that are no modules come from, and what they are called there.
_FROM = {
    "DTypePolicy": "dtype_policies.DTypePolicy",
    "Graph": "ir.Graph",
    "Initializer": "initializers.Initializer",
    "Input": "layers.Input",
    "InputLayer": "layers.InputLayer",
    "InputSpec": "layers.InputSpec",
    "KerasTensor": "tensor.Tensor",
    "Layer": "layers.Layer",
    "Loss": "losses.Loss",
    "Metric": "metrics.Metric",
    "Model": "models.Model",
    "Optimizer": "optimizers.Optimizer",
    "Regularizer": "regularizers.Regularizer",
    "Sequential": "models.Sequential",
    "Variable": "variable.Variable",
    "gradients": "autodiff.gradients",
    "name_scope": "backend.name_scope",
    "profile": "profiling.profile",
}


def __getattr__(name: str) -> Any:
    if name in _FROM:
        module, _, own_name = _FROM[name].partition(".")
        found = getattr(_import_module(f"kgraph.{module}"), own_name)
    elif name in __all__:
        found = _import_module(f"kgraph.{name}")
    else:
        raise AttributeError(f"module 'kgraph' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
