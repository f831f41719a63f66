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
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    random,
    regularizers,
    utils,
)
from kgraph.autodiff import gradients
from kgraph.initializers import Initializer
from kgraph.ir import Graph
from kgraph.layers.input_layer import Input, InputLayer
from kgraph.layers.layer import Layer
from kgraph.losses import Loss
from kgraph.metrics import Metric
from kgraph.models import Model, Sequential
from kgraph.optimizers import Optimizer
from kgraph.regularizers import Regularizer
from kgraph.tensor import Tensor as KerasTensor
from kgraph.variable import Variable
from kgraph.version import __version__

__all__ = [
    "Graph",
    "Initializer",
    "Input",
    "InputLayer",
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
    "gradients",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "utils",
]
