"""How masks come into a call of a layer and go out of it."""

from __future__ import annotations

import warnings
from typing import Any, Protocol

from kgraph import tree
from kgraph.layers.calls import Arguments
from kgraph.provenance import user_level
from kgraph.tensor import Tensor


class Masking(Protocol):
    """What this module asks of a layer."""

    name: str
    supports_masking: bool
    _takes_mask: bool

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any: ...


def masks_of(structure: Any) -> Any:
    """The mask of each tensor in ``structure``, or ``None`` where none has one."""
    masks = tree.map_structure(lambda leaf: getattr(leaf, "_keras_mask", None), structure)
    return masks if any(mask is not None for mask in tree.flatten(masks)) else None


def pass_masks(arguments: Arguments) -> None:
    """Gives ``call`` the masks of its tensors: ``mask`` where one argument holds tensors, else ``<argument>_mask``."""
    tensors = arguments.tensors
    for name, value in tensors.items():
        taken = "mask" if len(tensors) == 1 else f"{name}_mask"
        if arguments.takes(taken) and taken not in arguments and masks_of(value) is not None:
            arguments.put(taken, masks_of(value))


def previous_mask(arguments: Arguments) -> Any:
    """The mask that ``compute_mask`` is told: the one passed to ``call``, else that of the inputs."""
    return arguments["mask"] if "mask" in arguments else masks_of(arguments.first)


def set_masks(layer: Masking, outputs: Any, inputs: Any, previous: Any) -> None:
    """Puts masks on those of ``outputs`` that ``call`` gave none."""
    unmasked = [output for output in tree.flatten(outputs) if isinstance(output, Tensor)]
    if not unmasked or all(output._keras_mask is not None for output in unmasked):
        return
    if not layer.supports_masking:
        if previous is not None and not layer._takes_mask:
            _warn_of_loss(layer)
        return
    mask = layer.compute_mask(inputs, previous)
    masks = tree.flatten(mask) if isinstance(mask, (list, tuple, dict)) else [mask] * len(unmasked)
    for output, one in zip(unmasked, masks, strict=False):
        if output._keras_mask is None:
            output._keras_mask = one


def _warn_of_loss(layer: Any) -> None:
    """Warns, once a layer, that the mask of its inputs ends here."""
    if not getattr(layer, "_warned_of_mask", False):
        layer._warned_of_mask = True
        warnings.warn(
            f"layer {layer.name} ({type(layer).__name__}) was given a masked input but does not support masking: "
            "what follows sees no mask",
            stacklevel=user_level(),
        )
