"""EinsumDense: a product with a kernel over any axes, said as an einsum equation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from kgraph import activations, initializers, ops
from kgraph.layers.input_spec import InputError, InputSpec
from kgraph.layers.layer import Layer

_EQUATION: Final = re.compile(r"(\.{3})?([a-zA-Z]+)(\.{3})?,([a-zA-Z]+)->(\.{3})?([a-zA-Z]+)(\.{3})?")

Dims = tuple[int | None, ...]


class Equation(NamedTuple):
    """An equation such as ``abc,cd->abd``, taken apart.

    Attributes:
        inputs, kernel, outputs: the labels of each, without ``...``.
        elides_left, elides_right: whether inputs and outputs begin, or end, with ``...``.
    """

    inputs: str
    kernel: str
    outputs: str
    elides_left: bool
    elides_right: bool

    @classmethod
    def parse(cls, text: str) -> Equation:
        """The parts of ``text``.

        Raises:
            ValueError: it is no equation of inputs and one kernel, or a label of the outputs or of the kernel comes
                from nowhere.
        """
        match = _EQUATION.fullmatch(str(text).replace(" ", ""))
        if match is None or match[1] != match[5] or match[3] != match[7] or (match[1] and match[3]):
            raise ValueError(f"equation must be like 'ab,bc->ac', '...b,bc->...c' or 'ab...,bc->ac...', not {text!r}")
        parsed = cls(match[2], match[4], match[6], bool(match[1]), bool(match[3]))
        for label in parsed.outputs + parsed.kernel:
            places = sum(label in part for part in (parsed.inputs, parsed.kernel, parsed.outputs))
            if places < 2:
                raise ValueError(f"equation {text!r}: {label!r} must also stand in another part")
        return parsed

    def output_shape(self, input_shape: Sequence[int | None], partial: Dims) -> Dims:
        """The whole shape of the outputs: the batch, what ``...`` covers, ``partial``; ``None`` filled in from inputs.

        Raises:
            InputError: the inputs have too few axes, ``partial`` another number than the outputs need, or a label
                another size in it than in the inputs.
        """
        elided = len(input_shape) - len(self.inputs)
        if elided < 0 or (elided and not self.elides_left and not self.elides_right):
            raise InputError(f"{self.inputs!r} does not name the axes of inputs of shape {tuple(input_shape)}")
        before = input_shape[: max(elided, 1)] if self.elides_left else input_shape[:1]
        after = input_shape[len(self.inputs) :] if self.elides_right else ()
        shape = (*before, *partial, *after)
        if len(shape) != elided + len(self.outputs):
            wanted = len(self.outputs) + elided - len(before) - len(after)
            raise InputError(f"output_shape {partial} must have {wanted} entries: no batch, and not what '...' covers")
        known = self._sizes(self.inputs, input_shape)
        named = self._sizes(self.outputs, shape)
        for label, size in named.items():
            given = known.get(label)
            if size is not None and given is not None and size != given:
                raise InputError(f"axis {label!r} is {given} in the inputs, but {size} in output_shape {partial}")
        filled = {label: known.get(label) if size is None else size for label, size in named.items()}
        start = elided if self.elides_left else 0
        return (*shape[:start], *filled.values(), *shape[start + len(filled) :])

    def sizes(self, input_shape: Sequence[int | None], output_shape: Dims) -> dict[str, int | None]:
        """The size of each label, by whole shapes of inputs and outputs."""
        return {**self._sizes(self.inputs, input_shape), **self._sizes(self.outputs, output_shape)}

    def _sizes(self, labels: str, shape: Sequence[int | None]) -> dict[str, int | None]:
        start = len(shape) - len(labels) if self.elides_left else 0
        return dict(zip(labels, shape[start:], strict=False))


class EinsumDense(Layer):
    """``activation(einsum(equation, inputs, kernel) + bias)``.

    Weights ``kernel``, whose axes are those of the equation's second part, and ``bias`` where there are ``bias_axes``.

    Args:
        equation: inputs, kernel and outputs, e.g. ``"abc,cd->abd"``; inputs and outputs may both begin or both end with
            ``...``.
        output_shape: of the outputs, without the batch and without what ``...`` covers; ``None`` for a size that the
            inputs say.
        activation: a name or function; none where not given.
        bias_axes: the labels of the outputs that the bias has, e.g. ``"d"``; no bias where not given.
        kernel_initializer, bias_initializer: how the weights begin. An initializer that scales with the number of
            inputs counts the axes that are summed over, and as outputs the others.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        kernel_constraint, bias_constraint: projections of the weights after each update.

    Raises:
        ValueError: the equation is not that, or ``bias_axes`` are not among its outputs; or, when called, the inputs do
            not fit the equation, or a size of the kernel is unknown.
    """

    kernel_initializer: Any

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.equation = equation
        self._parts = Equation.parse(equation)
        self.partial_output_shape: Dims = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.bias_axes = bias_axes
        strange = [label for label in str(bias_axes or "") if label not in self._parts.outputs]
        if strange:
            raise ValueError(f"bias_axes {bias_axes!r}: {strange[0]!r} is not in the outputs, {self._parts.outputs!r}")
        self.activation = activations.get(activation)
        self._keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape: Any) -> None:
        sizes = self._parts.sizes(input_shape, self.compute_output_shape(input_shape))
        kernel_shape: list[Any] = [sizes[label] for label in self._parts.kernel]
        self.kernel = self._add_weight_with_options("kernel", kernel_shape, self._kernel_filler())
        self.bias = None
        if self.bias_axes:
            self.bias = self._add_weight_with_options("bias", self._bias_shape(sizes, len(input_shape)))
        self.input_spec = InputSpec(ndim=len(input_shape))

    def _bias_shape(self, sizes: Mapping[str, int | None], rank: int) -> list[Any]:
        """From the first axis of the bias on: its sizes, and 1 for other axes, those that ``...`` covers among them."""
        axes = self.bias_axes or ""
        labels = self._parts.outputs[min(map(self._parts.outputs.index, axes)) :]
        elided = rank - len(self._parts.inputs) if self._parts.elides_right else 0
        return [sizes[label] if label in axes else 1 for label in labels] + [1] * elided

    def _kernel_filler(self) -> Any:
        """The kernel's initializer; one that scales with inputs and outputs fills a matrix of them, turned into it."""
        if not isinstance(self.kernel_initializer, initializers.VarianceScaling):
            return self.kernel_initializer
        kernel = self._parts.kernel
        summed = [axis for axis, label in enumerate(kernel) if label not in self._parts.outputs]
        kept = [axis for axis, label in enumerate(kernel) if label in self._parts.outputs]
        return _from_matrix(self.kernel_initializer, summed, kept)

    def call(self, inputs: Any) -> Any:
        x = ops.einsum(self.equation, inputs, self.kernel)
        return self.activation(x if self.bias is None else ops.add(x, self.bias))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self._parts.output_shape(input_shape, self.partial_output_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "equation": self.equation,
            "output_shape": self.partial_output_shape,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            **self._config_of_options("kernel", "bias"),
        }


def _from_matrix(initializer: Callable[..., Any], inputs: list[int], outputs: list[int]) -> Callable[..., Any]:
    """An initializer of tensors whose axes are so many inputs and outputs, by one of matrices ``(inputs, outputs)``."""
    order = inputs + outputs

    def fill(shape: Sequence[int], dtype: Any = None) -> Any:
        rows, columns = (math.prod(shape[axis] for axis in axes) for axes in (inputs, outputs))
        matrix = initializer((rows, columns), dtype)
        apart = ops.reshape(matrix, [shape[axis] for axis in order])
        return ops.transpose(apart, [order.index(axis) for axis in range(len(order))])

    return fill
