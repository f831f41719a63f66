"""`Sequential`: a stack of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import tree
from kgraph.layers.input_layer import Input, InputLayer
from kgraph.layers.layer import Layer
from kgraph.models.model import Model, _input_like
from kgraph.models.network import Network
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
        if not self._stack and not isinstance(layer, InputLayer) and layer.batch_input_shape is not None:
            self._stack.append(_input_layer(layer.batch_input_shape, f"{layer.name}_input"))
        self._stack.append(layer)
        self._connect()

    def pop(self) -> Layer:
        """Takes the last layer off and gives it."""
        if not self._stack:
            raise ValueError(f"model {self.name} has no layers")
        layer = self._stack.pop()
        self._connect()
        return layer

    def build(self, input_shape: Any = None) -> None:
        """Builds the stack for inputs of ``input_shape`` (with the batch axis)."""
        if self._network is None and input_shape is not None and self._stack:
            self._stack.insert(0, _input_layer(tuple(input_shape), f"{self.name}_input"))
            self._connect()

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The output of the last layer."""
        if self._network is not None:
            return super().call(inputs, training, mask)
        for layer in self._stack:
            inputs = layer(inputs)
        return inputs

    def _connect(self) -> None:
        """Makes the functional form, once the input is known; what was compiled for another stack goes."""
        self._network = None
        if self._stack and isinstance(self._stack[0], InputLayer) and len(self._stack) > 1:
            tensor = self._stack[0].output
            for layer in self._stack[1:]:
                tensor = layer(tensor)
            self._network = Network(self._stack[0].output, tensor)
            self.built = True
        self._take(None)

    def _describe_inputs(self, x: Any) -> None:
        if not self._stack:
            raise ValueError(f"model {self.name} has no layers")
        (array,) = tree.flatten(list(x.values())) if isinstance(x, dict) else [x]
        example = _input_like(array, f"{self.name}_input")
        self._stack.insert(0, getattr(example.call, "layer", None) or _input_layer((), self.name))
        self._connect()

    @property
    def layers(self) -> list[Layer]:
        """The stack, without its input."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]


def _input_layer(batch_shape: tuple[int | None, ...], name: str) -> InputLayer:
    tensor = Input(batch_shape=batch_shape, name=name)
    assert tensor.call is not None
    return tensor.call.layer  # type: ignore[attr-defined]
