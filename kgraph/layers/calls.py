"""Calls of layers on symbolic tensors: recorded first, replayed in each trace."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from kgraph import tree
from kgraph.builder import Builder
from kgraph.tensor import RecordedCall, Tensor, lower, wrap
from kgraph.trace import Trace
from kgraph.types import TensorType


class LayerCall(RecordedCall):
    """``layer(*args, **kwargs)``, kept with its arguments.

    Attributes:
        layer: who was called.
        args, kwargs: the arguments, symbolic tensors among them.
        result: the outputs in the structure that the layer gave; ``None`` where it gave ``None``.
    """

    def __init__(self, layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any) -> None:
        super().__init__()
        self.layer = layer
        self.args = args
        self.kwargs = dict(kwargs)
        self.inputs = tuple(symbolic_leaves((args, self.kwargs)))
        self.result = tree.map_structure(lambda given: None if given is None else self._output(given), result)
        self.outputs = tuple(symbolic_leaves(self.result))

    def _output(self, given: Any) -> Tensor:
        output = Tensor(given.type, self.layer.name, call=self)
        if given._keras_mask is not None:
            output._keras_mask = MaskOf(output, given._keras_mask.type).outputs[0]
        return output

    def replay(self, memo: dict[Tensor, Tensor]) -> None:
        args, kwargs = tree.map_structure(lambda leaf: _recall(leaf, memo), [list(self.args), self.kwargs])
        outputs = symbolic_leaves(self.layer(*args, **kwargs))
        memo.update(zip(self.outputs, outputs, strict=True))


class MaskOf(RecordedCall):
    """The mask of a recorded tensor, itself a recorded tensor."""

    def __init__(self, tensor: Tensor, mask_type: TensorType) -> None:
        super().__init__()
        self.tensor = tensor
        self.inputs = (tensor,)
        self.outputs = (Tensor(mask_type, f"{tensor.name}_mask", call=self),)

    def replay(self, memo: dict[Tensor, Tensor]) -> None:
        mask = memo[self.tensor]._keras_mask
        if mask is not None:
            memo[self.outputs[0]] = mask


def _recall(leaf: Any, memo: Mapping[Tensor, Tensor]) -> Any:
    return memo.get(leaf, leaf) if isinstance(leaf, Tensor) else leaf


def symbolic_leaves(structure: Any) -> list[Tensor]:
    """The symbolic tensors in ``structure``, in order."""
    return [leaf for leaf in tree.flatten(structure) if isinstance(leaf, Tensor)]


def scratch_call(call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """What ``call`` gives for tensors of the same types, in a trace of its own: the shape rules, with nothing kept."""
    trace = Trace(Builder("scratch"), training=False)
    stand_ins: dict[Tensor, Tensor] = {}

    def stand_in(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        if leaf not in stand_ins:
            stand_ins[leaf] = wrap(trace.builder.leaf("input", leaf.name or "input", leaf.type))
            if leaf._keras_mask is not None:
                stand_ins[leaf]._keras_mask = stand_in(leaf._keras_mask)
        return stand_ins[leaf]

    with trace.active():
        args, kwargs = tree.map_structure(stand_in, [list(args), dict(kwargs)])
        return call(*args, **kwargs)


def choose_by_phase(trace: Trace, describe: Callable[[], Any]) -> Any:
    """``describe()`` traced for both phases: ``phase`` nodes join its tensors (and their masks) where they differ."""

    def join(train: Any, test: Any) -> Any:
        if not isinstance(train, Tensor) or not isinstance(test, Tensor):
            return train
        joined = wrap(trace.choose(lower(trace, train), lower(trace, test)))
        masks = train._keras_mask, test._keras_mask
        if masks[0] is not None and masks[1] is not None:
            joined._keras_mask = join(*masks)
        return joined

    return trace.by_phase(describe, lambda train, test: tree.map_structure(join, train, test))


class Arguments:
    """The arguments of one call of a layer, by the names that its ``call`` gives them.

    Raises:
        TypeError: they do not fit the signature of ``call``.
    """

    def __init__(self, layer: Any, args: Any, kwargs: Mapping[str, Any]) -> None:
        self._signature = signature_of(type(layer).call)
        try:
            self._bound = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"layer {layer.name} ({type(layer).__name__}): `call`: {error}") from None

    def __contains__(self, name: str) -> bool:
        return self._bound.arguments.get(name) is not None

    def __getitem__(self, name: str) -> Any:
        return self._bound.arguments[name]

    def takes(self, name: str) -> bool:
        """Whether ``call`` has a parameter of that name."""
        return name in self._signature.parameters

    def put(self, name: str, value: Any) -> None:
        self._bound.arguments[name] = value

    def pop(self, name: str) -> Any:
        """Takes the argument away, and gives it (``None`` where it was not given)."""
        return self._bound.arguments.pop(name, None)

    @property
    def first(self) -> Any:
        """The inputs: the first argument, ``None`` where there is none."""
        return next(iter(self.by_name.values()), None)

    @property
    def by_name(self) -> dict[str, Any]:
        """Every argument, those of ``*args`` and ``**kwargs`` one by one."""
        named: dict[str, Any] = {}
        for name, value in self._bound.arguments.items():
            kind = self._signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_KEYWORD:
                named.update(value)
            elif kind is inspect.Parameter.VAR_POSITIONAL:
                named.update({f"{name}_{index}": item for index, item in enumerate(value)})
            else:
                named[name] = value
        return named

    @property
    def tensors(self) -> dict[str, Any]:
        """The arguments that hold tensors."""
        return {name: value for name, value in self.by_name.items() if symbolic_leaves(value)}

    def shapes(self) -> dict[str, Any]:
        """The shapes of the arguments that hold tensors, as ``<name>_shape``."""
        return {f"{name}_shape": tree.map_structure(shape_of, value) for name, value in self.tensors.items()}

    def call(self, function: Callable[..., Any]) -> Any:
        """``function`` of these arguments."""
        return function(*self._bound.args, **self._bound.kwargs)


def shape_of(leaf: Any) -> tuple[int | None, ...] | None:
    """The shape that ``build`` is told of a tensor; ``None`` for anything else."""
    return getattr(leaf, "shape", None)


@lru_cache(maxsize=1024)
def signature_of(method: Callable[..., Any]) -> inspect.Signature:
    """The signature of an unbound method, without ``self``."""
    signature = inspect.signature(method)
    return signature.replace(parameters=list(signature.parameters.values())[1:])
