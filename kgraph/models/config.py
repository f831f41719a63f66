"""A functional model's calls in Keras's format: one entry a layer or op, with the calls that were made of it.

An argument that is a tensor is written as where it comes from: ``[name of the entry, number of the call, number of the
output]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kgraph import tree
from kgraph.layers.calls import LayerCall, symbolic_leaves
from kgraph.layers.input_layer import InputCall, InputLayer
from kgraph.models.network import Network
from kgraph.models.op_config import free_name, needed_calls, op_entry, op_of
from kgraph.registry import Config, deserialize_keras_object, serialize_keras_object
from kgraph.tensor import RecordedCall, Tensor

NETWORK_KEYS: Final = ("layers", "input_layers", "output_layers")
_TENSOR: Final = "__keras_tensor__"
#: Entry, call, output.
_Place = tuple[str, int, int]


def network_config(network: Network) -> Config:
    """The entries of ``network``, and where its inputs and outputs come from.

    Raises:
        TypeError: a call was given something that no config can describe.
    """
    writer = _Writer(network)
    return {
        "layers": list(writer.entries.values()),
        "input_layers": tree.map_structure(writer.end, network.inputs),
        "output_layers": tree.map_structure(writer.end, network.outputs),
    }


def network_from_config(config: Mapping[str, Any]) -> tuple[Any, Any]:
    """The inputs and outputs that ``network_config`` described, of new layers.

    Raises:
        ValueError: an entry is not known, or the calls do not fit together.
    """
    reader = _Reader(config["layers"])
    return _map_ends(reader.end, config["input_layers"]), _map_ends(reader.end, config["output_layers"])


def _is_functional(owner: Any) -> bool:
    return getattr(owner, "is_functional", False)


class _Writer:
    """Writes calls, first to last.

    Attributes:
        entries: by name, in the order of their first calls.
    """

    def __init__(self, network: Network) -> None:
        self.entries: dict[str, Config] = {}
        self._places: dict[Tensor, _Place] = {}
        self._owners: dict[str, Any] = {}
        self._taken = {layer.name for layer in network.layers}
        for tensor in network.flat_inputs:
            if not isinstance(tensor.call, InputCall):
                self._write_stand_in(tensor)
        for call in needed_calls(network.calls, network.flat_outputs):
            self._write_call(call)

    def _write_stand_in(self, tensor: Tensor) -> None:
        """An input in place of what came before the model."""
        layer = InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype, name=free_name(tensor.name, self._taken))
        self._add(layer.name, layer, serialize_keras_object(layer))
        self._places[tensor] = (layer.name, 0, 0)

    def _write_call(self, call: RecordedCall) -> None:
        if isinstance(call, InputCall):
            self._add(call.layer.name, call.layer, serialize_keras_object(call.layer))
            self._places[call.outputs[0]] = (call.layer.name, 0, 0)
            return
        if isinstance(call, LayerCall):
            name, args, kwargs = call.layer.name, list(call.args), call.kwargs
            if name not in self.entries:
                self._add(name, call.layer, serialize_keras_object(call.layer))
        else:
            entry, args = op_entry(call, self._taken)
            name, kwargs = entry["config"]["name"], {}
            self._add(name, call, entry)
        nodes = self.entries[name]["inbound_nodes"]
        self._places.update({tensor: (name, len(nodes), index) for index, tensor in enumerate(call.outputs)})
        written = tree.map_structure(self._argument, [args, kwargs])
        nodes.append(dict(zip(("args", "kwargs"), serialize_keras_object(written), strict=True)))

    def _add(self, name: str, owner: Any, config: Config) -> None:
        self._owners[name] = owner
        self.entries[name] = {**config, "name": name, "inbound_nodes": []}

    def _argument(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        place = {"shape": leaf.shape, "dtype": leaf.dtype, "keras_history": list(self._places[leaf])}
        return {"class_name": _TENSOR, "config": place}

    def end(self, tensor: Tensor) -> list[Any]:
        """Where an input or output comes from; a functional model counts its own definition as its first call."""
        name, call, output = self._places[tensor]
        return [name, call + _is_functional(self._owners[name]), output]


class _Missing(LookupError):
    """A tensor that no call has given yet."""


class _Reader:
    """Makes the layers of all entries, then their calls, as soon as what they take is there."""

    def __init__(self, entries: list[Config]) -> None:
        self._owners: dict[str, Any] = {entry["name"]: _owner(entry) for entry in entries}
        self._results: dict[str, list[list[Tensor]]] = {
            name: [[owner.output]] if isinstance(owner, InputLayer) else [] for name, owner in self._owners.items()
        }
        pending = {entry["name"]: list(entry["inbound_nodes"]) for entry in entries}
        while any(pending.values()):
            if not sum(self._make_calls(name, calls) for name, calls in pending.items()):
                stuck = ", ".join(name for name, calls in pending.items() if calls)
                raise ValueError(f"the calls of {stuck} take what no call of the model's config gives")

    def _make_calls(self, name: str, calls: list[Any]) -> int:
        """Makes the first of ``calls`` whose arguments are there, takes them out, and says how many they were."""
        made = 0
        while calls:
            try:
                args, kwargs = self._argument(calls[0]["args"]), self._argument(calls[0]["kwargs"])
            except _Missing:
                break
            self._results[name].append(symbolic_leaves(self._owners[name](*args, **kwargs)))
            del calls[0]
            made += 1
        return made

    def _argument(self, value: Any) -> Any:
        """An argument, with tensors in place of where they come from."""
        if isinstance(value, (list, tuple)):
            return [self._argument(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if value.get("class_name") == _TENSOR:
            return self._tensor(*value["config"]["keras_history"])
        if "class_name" in value:
            return deserialize_keras_object(value)
        return {key: self._argument(item) for key, item in value.items()}

    def _tensor(self, name: str, call: int, output: int) -> Tensor:
        if name not in self._results:
            raise ValueError(f"the model's config has no layer {name!r}; it has {', '.join(self._results)}")
        if call >= len(self._results[name]):
            raise _Missing
        return self._results[name][call][output]

    def end(self, name: str, call: int, output: int) -> Tensor:
        """The tensor that is an input or output of the model."""
        return self._tensor(name, call - _is_functional(self._owners.get(name)), output)


def _owner(entry: Config) -> Callable[..., Any]:
    """What an entry's calls are made of: a layer, or a function for an op."""
    return op_of(entry) or deserialize_keras_object(entry)


def _map_ends(function: Callable[..., Any], ends: Any) -> Any:
    """``function(name, call, output)`` of every place in nested lists and dicts."""
    if isinstance(ends, Mapping):
        return {key: _map_ends(function, value) for key, value in ends.items()}
    if len(ends) == 3 and isinstance(ends[0], str):
        return function(*ends)
    return [_map_ends(function, value) for value in ends]
