"""Softmax: shares that sum to 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kgraph import ops
from kgraph.arguments import some_axes
from kgraph.layers.input_spec import InputError
from kgraph.layers.same_shape import SameShape
from kgraph.tensor import operand_type, spread

#: In place of a masked input: its exponential is 0 beside that of any input that counts.
_LEAST: Final = -1e9


class Softmax(SameShape):
    """``exp(x) / sum(exp(x))`` along ``axis``, or over several axes at once.

    Elements that a mask leaves out are 0 and do not count in the sum. The mask, ``call``'s second argument or that of
    the inputs, broadcasts to the inputs: each of its dimensions is 1 or the inputs' own. Numbers in it above 1/2 keep.

    Args:
        axis: an int, or several.

    Raises:
        TypeError: ``axis`` is not made of ints.
        ValueError: when called, the mask does not broadcast to the inputs.
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = some_axes(axis)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        axes = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        if mask is None:
            return ops.softmax(inputs, axes)
        kept = _mask_for(inputs, mask)
        shares = ops.softmax(ops.where(kept, inputs, _LEAST), axes)
        return ops.where(kept, shares, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def _mask_for(inputs: Any, mask: Any) -> Any:
    """``mask`` as bools in the shape of ``inputs``."""
    wanted, given = operand_type(inputs).shape, operand_type(mask).shape
    pairs = zip(reversed(given), reversed(wanted), strict=False)
    fits = all(have in (1, want) or isinstance(have, str) or isinstance(want, str) for have, want in pairs)
    if not fits or len(given) > len(wanted):
        raise InputError(f"the mask must broadcast to inputs {inputs.shape}, but its shape is {mask.shape}")
    kept = mask if operand_type(mask).dtype == "bool" else ops.greater(mask, 0.5)
    return spread(kept, "bool", wanted)
