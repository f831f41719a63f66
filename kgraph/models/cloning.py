"""`clone_model`: the same architecture with new layers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from kgraph import tree
from kgraph.layers.calls import LayerCall, symbolic_leaves
from kgraph.layers.input_layer import Input, InputCall
from kgraph.layers.lambda_layer import Lambda
from kgraph.layers.layer import Layer
from kgraph.models.model import Model
from kgraph.models.network import Network
from kgraph.models.sequential import Sequential
from kgraph.registry import deserialize_keras_object, serialize_keras_object
from kgraph.tensor import Tensor

Clone = Callable[[Any], Any]
Call = Callable[..., Any]


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Clone | None = None,
    call_function: Call | None = None,
    recursive: bool = False,
) -> Any:
    """A model of the same architecture, compiled as ``model`` is, with new layers and new weights.

    Args:
        model: functional, ``Sequential``, or of a class whose ``get_config`` describes it.
        input_tensors: symbolic tensors to build upon, nested as the model's inputs; new inputs where not given.
        clone_function: ``layer -> layer``, asked once for each layer but inputs; by ``get_config`` where not given.
        call_function: ``(layer, *args, **kwargs) -> outputs``, which calls the new layers of functional models.
        recursive: whether the layers of models inside are cloned one by one, instead of the models as a whole.

    Raises:
        ValueError: an argument does not go with this kind of model, or the inputs do not fit.
    """
    return _Cloning(clone_function or _like, call_function, recursive).clone(
        model, input_tensors, by_config=clone_function is None
    )


def _like(layer: Any) -> Any:
    if isinstance(layer, Lambda):
        # A config holds the code of a lambda, but not what its global names mean.
        return copy.deepcopy(layer)
    return type(layer).from_config(layer.get_config())


class _Cloning:
    """One run of ``clone_model``: a layer that stands in several places is cloned once."""

    def __init__(self, clone_function: Clone, call_function: Call | None, recursive: bool) -> None:
        self._clone_function = clone_function
        self._call_function = call_function
        self._recursive = recursive
        self._clones: dict[Any, Any] = {}

    def clone(self, model: Any, input_tensors: Any, by_config: bool) -> Any:
        """The clone of the outermost model."""
        kind = type(model).__name__
        if not isinstance(model, Model):
            raise ValueError(f"clone_model takes a model, not {kind}")
        if isinstance(model, Sequential):
            if self._call_function is not None:
                raise ValueError(f"model {model.name} is Sequential, whose layers no call_function can call")
            return self._sequential(model, input_tensors)
        if model.is_functional:
            return self._functional(model, input_tensors)
        if input_tensors is not None or self._call_function is not None or not by_config:
            raise ValueError(
                f"model {model.name} ({kind}) has a `call` of its own: it is cloned by its get_config alone, without "
                "input_tensors, clone_function and call_function"
            )
        return deserialize_keras_object(serialize_keras_object(model), {kind: type(model)})

    def _layer(self, layer: Layer) -> Any:
        if layer not in self._clones:
            self._clones[layer] = self._new_layer(layer)
        return self._clones[layer]

    def _new_layer(self, layer: Layer) -> Any:
        if self._recursive and isinstance(layer, Sequential):
            return self._sequential(layer, None)
        if self._recursive and isinstance(layer, Model) and layer.is_functional:
            return self._functional(layer, None)
        return self._clone_function(layer)

    def _sequential(self, model: Sequential, input_tensors: Any) -> Any:
        stack: list[Any] = [self._layer(layer) for layer in model.layers]
        tensors = tree.flatten(input_tensors) if input_tensors is not None else []
        if len(tensors) > 1 or not all(isinstance(tensor, Tensor) for tensor in tensors):
            raise ValueError(f"model {model.name} takes one symbolic tensor as input_tensors, not {input_tensors!r}")
        known = tensors or model.inputs
        if known:
            stack.insert(0, _input_like(known[0], model.inputs[0].name if model.inputs else None))
        return _compiled_like(model, Sequential(stack, name=model.name, trainable=model.trainable))

    def _functional(self, model: Any, input_tensors: Any) -> Any:
        network: Network = model._network
        if input_tensors is None:
            input_tensors = tree.map_structure(lambda tensor: _input_like(tensor, tensor.name), network.inputs)
        tensors = tree.flatten(input_tensors)
        if not all(isinstance(tensor, Tensor) for tensor in tensors):
            raise ValueError(f"model {model.name}: input_tensors must be symbolic tensors, not {input_tensors!r}")
        memo = dict(zip(network.flat_inputs, network.match_inputs(input_tensors), strict=True))
        for call in network.calls:
            self._call_again(call, memo)
        outputs = tree.map_structure(lambda tensor: memo[tensor], network.outputs)
        kind = type(model) if type(model).takes_network() else Model
        return _compiled_like(model, kind(input_tensors, outputs, name=model.name))

    def _call_again(self, call: Any, memo: dict[Tensor, Tensor]) -> None:
        if isinstance(call, InputCall):
            return
        if not isinstance(call, LayerCall):
            call.replay(memo)
            return
        args, kwargs = tree.map_structure(
            lambda leaf: memo[leaf] if isinstance(leaf, Tensor) else leaf, [list(call.args), call.kwargs]
        )
        layer = self._layer(call.layer)
        given = layer(*args, **kwargs) if self._call_function is None else self._call_function(layer, *args, **kwargs)
        memo.update(zip(call.outputs, symbolic_leaves(given), strict=True))


def _input_like(tensor: Tensor, name: str | None) -> Tensor:
    return Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=name)


def _compiled_like(model: Any, clone: Any) -> Any:
    if model.compiled:
        clone.compile_from_config(model.get_compile_config())
    return clone
