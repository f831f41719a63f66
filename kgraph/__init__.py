"""kgraph: the Keras API, lowered by ``Model.compile`` into a small tensor graph that a person can read.

``import kgraph as keras`` runs ordinary Keras 3 code on the CPU. ``print(model.graph)`` shows what compile built.
"""

from kgraph import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    datasets,
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
)
from kgraph.autodiff import gradients
from kgraph.backend import name_scope
from kgraph.dtype_policies import DTypePolicy
from kgraph.initializers import Initializer
from kgraph.ir import Graph
from kgraph.layers.input_layer import Input, InputLayer
from kgraph.layers.input_spec import InputSpec
from kgraph.layers.layer import Layer
from kgraph.losses import Loss
from kgraph.metrics import Metric
from kgraph.models import Model, Sequential
from kgraph.optimizers import Optimizer
from kgraph.regularizers import Regularizer
from kgraph.tensor import Tensor as KerasTensor
from kgraph.variable import Variable
from kgraph.version import __version__, version

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
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
    "version",
]
