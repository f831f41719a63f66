"""The calls between a functional model's inputs and outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from kgraph import tree
from kgraph.layers.calls import LayerCall
from kgraph.layers.input_layer import InputCall
from kgraph.layers.layer import Layer
from kgraph.tensor import RecordedCall, Tensor, calls_behind, replay


class Network:
    """Inputs, outputs, and the calls that lead from one to the other.

    Attributes:
        inputs, outputs: symbolic tensors, in the structure they were given in.
        flat_inputs, flat_outputs: the same, in order.
        input_names, output_names: one each. An output is called by its key in a dict, else by its layer.
        calls: those that lead from inputs to outputs, first to last, after those of inputs that no output depends on.
        layers: by depth, inputs first; layers of equal depth in the order in which the outputs reach them. As in Keras
            the outputs of a dict are taken by their sorted keys for that, so that lists of weights fit.

    Raises:
        ValueError: an input is no symbolic tensor or given twice, an output depends on an input that is not given, or
            two layers share a name.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.flat_inputs = [_checked_input(tensor) for tensor in tree.flatten(inputs)]
        self.flat_outputs = [_checked_output(tensor) for tensor in tree.flatten(outputs)]
        self.input_names = [tensor.name for tensor in self.flat_inputs]
        _check_unique_names(self.input_names, "inputs")
        self.calls = _calls_between(self.flat_inputs, self.flat_outputs)
        self._check_connected(self.calls)
        self.layers = _by_depth(self.calls, _by_key(outputs))
        _check_unique_names([layer.name for layer in self.layers], "layers")
        self.output_names = _output_names(outputs, self.flat_outputs)

    def _check_connected(self, calls: Sequence[RecordedCall]) -> None:
        given = {tensor.call for tensor in self.flat_inputs}
        for call in calls:
            if isinstance(call, InputCall) and call not in given:
                raise ValueError(
                    f"the outputs depend on input {call.layer.name}, which is not among the model's inputs "
                    f"({', '.join(t.name for t in self.flat_inputs)})"
                )

    def __getstate__(self) -> dict[str, Any]:
        # Every call after those it takes its arguments from: read in this order, none leads deep into the others.
        history = calls_behind([*self.flat_inputs, *self.flat_outputs], {})
        firsts = [call for call in history if isinstance(call, LayerCall) and call.layer._first_call is call]
        return {"history": history, "firsts": firsts, "attributes": dict(self.__dict__)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state["attributes"])
        for call in state["firsts"]:
            call.layer._first_call = call

    def replay(self, inputs: Any, memo: dict[Tensor, Tensor] | None = None) -> Any:
        """The outputs for ``inputs`` (tensors of a trace), in their structure; masks of the inputs travel along.

        What every recorded tensor on the way became is put into ``memo``.
        """
        memo = {} if memo is None else memo
        memo.update(zip(self.flat_inputs, self.match_inputs(inputs), strict=True))
        return tree.pack_like(self.outputs, replay(self.flat_outputs, memo))

    def match_inputs(self, inputs: Any) -> list[Any]:
        """``inputs`` in the order of ``flat_inputs``: nested as the model's are, a list in order, or a dict by name.

        Raises:
            ValueError: their number or names differ.
        """
        if isinstance(inputs, dict):
            keys = list(self.inputs) if isinstance(self.inputs, dict) else self.input_names
            missing = [key for key in keys if key not in inputs]
            if missing:
                raise ValueError(f"input {missing[0]!r} is missing; the inputs are {', '.join(keys)}")
            return tree.flatten([inputs[key] for key in keys])
        flat = tree.flatten(inputs)
        if len(flat) != len(self.flat_inputs):
            names = ", ".join(self.input_names)
            raise ValueError(f"{len(flat)} inputs were given for {len(self.flat_inputs)} ({names})")
        return flat


def _checked_input(tensor: Any) -> Tensor:
    if not isinstance(tensor, Tensor) or tensor.call is None:
        raise ValueError(f"a model's inputs are what kgraph.Input or layers give, not {tensor!r}")
    return tensor


def _checked_output(tensor: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        kind = type(tensor).__name__
        raise ValueError(f"a model's outputs are what layers or kgraph.ops give for its inputs, not {kind}")
    return tensor


def _calls_between(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[RecordedCall]:
    """The calls behind ``outputs``, not looking behind inputs that a layer gave, and those of inputs not among them."""
    halfway = {tensor: None for tensor in inputs if not isinstance(tensor.call, InputCall)}
    calls = calls_behind(outputs, halfway)
    entries = (tensor.call for tensor in inputs if tensor not in halfway)
    return [call for call in entries if call is not None and call not in calls] + calls


def _by_depth(calls: Sequence[RecordedCall], outputs: Sequence[Tensor]) -> list[Layer]:
    """The layers of ``calls`` by how far from an output their farthest call is."""
    depth: dict[RecordedCall, int] = {}
    layer_depth: dict[Any, int] = {}
    for call in reversed(calls):
        owner = getattr(call, "layer", call)
        depth[call] = max(depth.get(call, 0), layer_depth.get(owner, 0))
        layer_depth[owner] = depth[call]
        for tensor in call.inputs:
            if tensor.call is not None:
                depth[tensor.call] = max(depth.get(tensor.call, 0), depth[call] + 1)
    order = _visit_order(outputs)
    layers = [owner for owner in layer_depth if isinstance(owner, Layer)]
    return sorted(layers, key=lambda layer: (-layer_depth[layer], order.get(layer, -1)))


def _by_key(outputs: Any) -> list[Tensor]:
    """The tensors of ``outputs``, those of a dict in the order of their sorted keys."""
    if isinstance(outputs, Mapping):
        outputs = [outputs[key] for key in sorted(outputs)]
    if isinstance(outputs, (list, tuple)):
        return [tensor for part in outputs for tensor in _by_key(part)]
    return [outputs]


def _visit_order(outputs: Sequence[Tensor]) -> dict[Any, int]:
    """When a walk from the outputs, last call first, comes to each layer."""
    order: dict[Any, int] = {}
    pending = [tensor.call for tensor in reversed(outputs)]
    seen: set[RecordedCall] = set()
    while pending:
        call = pending.pop()
        if call is None or call in seen:
            continue
        seen.add(call)
        order.setdefault(getattr(call, "layer", call), len(order))
        pending.extend(tensor.call for tensor in reversed(call.inputs))
    return order


def _check_unique_names(names: Sequence[str], what: str) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"{count} {what} of the model are called {name!r}; give each a name of its own")


def _output_names(outputs: Any, flat_outputs: Sequence[Tensor]) -> list[str]:
    if isinstance(outputs, dict) and len(outputs) == len(flat_outputs):
        return list(outputs)
    names: list[str] = []
    for tensor in flat_outputs:
        owner = tensor.call.layer if isinstance(tensor.call, (LayerCall, InputCall)) else tensor
        name, count = owner.name, 0
        while name in names:
            count += 1
            name = f"{owner.name}_{count}"
        names.append(name)
    return names
