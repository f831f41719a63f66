"""`Sequential`: a stack of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kgraph.layers.calls import Arguments, shape_of
from kgraph.layers.input_layer import Input, InputCall, InputLayer
from kgraph.layers.input_spec import InputError
from kgraph.layers.layer import Layer
from kgraph.models.model import Model, _input_like
from kgraph.models.network import Network
from kgraph.provenance import made_at
from kgraph.registry import Config, deserialize_keras_object, serialize_keras_object
from kgraph.tensor import Tensor


class Sequential(Model):
    """Layers one after the other.

    Without an ``Input`` at its start the stack is built at its first data, or by ``build(input_shape)``.

    Args:
        layers: to begin with.
        name: of the model.
    """

    def __init__(self, layers: Sequence[Any] | None = None, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self._stack: list[Layer] = []
        for layer in layers or ():
            self.add(layer)

    @property
    def is_functional(self) -> bool:
        """Not in configs: a stack has its own."""
        return False

    def get_config(self) -> Config:
        """The layers, and what the arguments of every layer are."""
        config = {**Layer.get_config(self), "layers": [serialize_keras_object(layer) for layer in self._stack]}
        if self._network is not None:
            config["build_input_shape"] = self.input_shape
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The stack that ``get_config`` describes, with new weights."""
        layers = deserialize_keras_object(config["layers"], custom_objects)
        model = cls(layers, name=config["name"], trainable=config.get("trainable", True))
        if config.get("build_input_shape"):
            model.build(config["build_input_shape"])
        return model

    def get_build_config(self) -> Config | None:
        """The shape of the input, where it is known."""
        return None if self._network is None else {"input_shape": self.input_shape}

    def add(self, layer: Any) -> None:
        """Puts ``layer`` (or an ``Input``) at the end.

        Raises:
            TypeError: it is no layer.
            ValueError: its name is taken, or an input comes after the start.
        """
        if isinstance(layer, Tensor) and layer.call is not None:
            layer = getattr(layer.call, "layer", layer)
        if not isinstance(layer, Layer):
            raise TypeError(f"model {self.name} takes layers, not {type(layer).__name__}")
        if any(layer.name == known.name for known in self._stack):
            raise ValueError(f"model {self.name} already has a layer called {layer.name!r}")
        if isinstance(layer, InputLayer) and self._stack:
            raise ValueError(f"input {layer.name} must be the first of model {self.name}")
        stack = [*self._stack, layer]
        if not self._stack and not isinstance(layer, InputLayer) and layer.batch_input_shape is not None:
            stack.insert(0, _input_layer(layer.batch_input_shape, f"{layer.name}_input"))
        self._restack(stack)

    def pop(self) -> Layer:
        """Takes the last layer off and gives it."""
        self._require_layers()
        layer = self._stack[-1]
        self._restack(self._stack[:-1])
        return layer

    def build(self, input_shape: Any = None) -> None:
        """Builds the stack for inputs of ``input_shape`` (with the batch axis)."""
        if self._network is None and input_shape is not None and self._stack:
            self._restack([_input_layer(tuple(input_shape), f"{self.name}_input"), *self._stack])

    def _build_for(self, arguments: Arguments) -> None:
        """Builds the stack at its first call, for any number of samples."""
        shape = shape_of(arguments.first)
        if not shape:
            raise InputError(f"takes one tensor or array with samples on its first axis, not {arguments.first!r}")
        self._require_layers()
        self.build((None, *shape[1:]))

    def _restack(self, stack: list[Layer]) -> None:
        """Takes ``stack``, if its layers fit each other; what was compiled for another goes."""
        network = _connected(stack)
        self._stack, self._network = stack, network
        self.built = network is not None
        self._adopt(None)

    def _require_layers(self) -> None:
        if not self.layers:
            raise ValueError(f"model {self.name} has no layers: add some")

    def _describe_inputs(self, x: Any) -> None:
        self._require_layers()
        lists_arrays = isinstance(x, (list, tuple)) and any(isinstance(part, np.ndarray) for part in x)
        arrays = list(x.values()) if isinstance(x, dict) else x if lists_arrays else [x]
        if len(arrays) != 1:
            raise ValueError(f"model {self.name} takes one array, not {len(arrays)}")
        example = _input_like(arrays[0], f"{self.name}_input")
        self._restack([_layer_of(example), *self._stack])

    @property
    def layers(self) -> list[Layer]:
        """The stack, without its input."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]


def _input_layer(batch_shape: tuple[int | None, ...], name: str) -> InputLayer:
    return _layer_of(Input(batch_shape=batch_shape, name=name))


def _layer_of(example: Tensor) -> InputLayer:
    assert isinstance(example.call, InputCall)
    return example.call.layer


def _connected(stack: Sequence[Layer]) -> Network | None:
    """The functional form of ``stack``, where it knows its input."""
    if len(stack) < 2 or not isinstance(stack[0], InputLayer):
        return None
    tensor: Any = stack[0].output
    for layer in stack[1:]:
        # A layer that was called on this tensor before need not be called again.
        earlier = layer._first_call
        known = earlier is not None and earlier.args[:1] == (tensor,)
        with made_at(layer._source):
            tensor = earlier.result if earlier is not None and known else layer(tensor)
    return Network(stack[0].output, tensor)
