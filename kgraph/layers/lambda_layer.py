"""Lambda: a function as a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from kgraph import tree
from kgraph.layers.function_code import function_config, function_from_config
from kgraph.layers.layer import Layer, tree_of_shapes
from kgraph.registry import deserialize_keras_object, in_safe_mode, serialize_keras_object


class Lambda(Layer):
    """``function(inputs, **arguments)``, a function over ``kgraph.ops``.

    A function that takes ``training`` is traced for both phases; one that takes ``mask`` is given the inputs' mask.

    Args:
        function: the function. One with a name can be saved by it, once registered; a ``lambda`` only by its bytecode.
        output_shape: for ``compute_output_shape``: the shape without the batch axis (or several, as the outputs are
            nested), or a function of the input shape; found by tracing where not given.
        mask: the mask of the output, or a function of the inputs and their mask that gives it.
        arguments: further arguments of the function.

    Raises:
        TypeError: ``function`` cannot be called.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(f"layer {self.name}: function must be one, not {function!r}")
        self.function = function
        self.arguments = dict(arguments or {})
        self.mask = mask
        self.supports_masking = mask is not None
        self._output_shape = output_shape
        taken = signature(function).parameters
        self._takes_training = "training" in taken
        self._takes_mask = "mask" in taken

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        given = dict(self.arguments)
        if self._takes_mask:
            given["mask"] = mask
        if self._takes_training:
            given["training"] = training
        return self.function(inputs, **given)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        batch = tree.flatten(input_shape)[0]
        return tree_of_shapes(lambda shape: (batch, *shape), self._output_shape)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "function": function_config(self.function)}
        if self._output_shape is not None:
            config["output_shape"] = _config_of(self._output_shape)
        if self.mask is not None:
            config["mask"] = _config_of(self.mask)
        return {**config, "arguments": serialize_keras_object(self.arguments)}

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None, safe_mode: bool | None = None
    ) -> Lambda:
        """The layer that ``get_config`` describes.

        Args:
            config: as ``get_config`` gives it.
            custom_objects: name to class or function, beside those registered.
            safe_mode: whether bytecode is refused; where not given, as the code around says, and refused where it
                does not.

        Raises:
            ValueError: the function is a ``lambda``, and ``safe_mode`` is on.
        """
        made = dict(config)
        trusted = (in_safe_mode() if safe_mode is None else safe_mode) is False
        for name in ("function", "output_shape", "mask"):
            if name in made:
                made[name] = function_from_config(made[name], trusted, custom_objects)
        made["arguments"] = deserialize_keras_object(made.get("arguments"), custom_objects)
        return cls(**made)


def _config_of(value: Any) -> Any:
    return function_config(value) if callable(value) else serialize_keras_object(value)
