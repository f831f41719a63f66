"""`Model`: functional, or subclassed with a `call` of its own."""

from __future__ import annotations

import inspect
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kgraph import tree
from kgraph.data import numeric_array
from kgraph.files import replacing
from kgraph.layers.calls import Arguments, choose_by_phase, scratch_call
from kgraph.layers.input_layer import Input
from kgraph.layers.layer import Layer, tree_of_shapes
from kgraph.layers.scopes import layer_scope
from kgraph.layers.tracking import unique
from kgraph.models.config import NETWORK_KEYS, network_config, network_from_config
from kgraph.models.network import Network
from kgraph.models.summary import summarise
from kgraph.models.training import TrainingModel
from kgraph.names import auto_name
from kgraph.registry import Config, ConfigWarning, CustomObjectScope, deserialize_shared, serialize_shared
from kgraph.tensor import Tensor, as_array
from kgraph.trace import current_trace


class Model(TrainingModel):
    """A model.

    ``Model(inputs, outputs)`` is the functional form: the layers between symbolic tensors. A subclass may instead set
    layers in ``__init__`` and write ``call``; its inputs are then known from its first data.

    Args:
        inputs, outputs: symbolic tensors, or lists or dicts of them.
        name: of the model.
    """

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None, **kwargs: Any) -> None:
        if (inputs is None) != (outputs is None):
            raise TypeError("a functional model takes both inputs and outputs")
        if name is None and inputs is not None and type(self) is Model:
            name = auto_name("functional")
        super().__init__(name=name, **kwargs)
        self._adopt(None)
        if inputs is not None:
            self._network = Network(inputs, outputs)
            self.built = True
        self._symbolic: Any = None

    #: ``get_config`` here is for functional models; the arguments of other classes are kept.
    _writes_config = False

    @property
    def is_functional(self) -> bool:
        """Whether the model is the calls between symbolic inputs and outputs."""
        return self._network is not None

    @classmethod
    def takes_network(cls) -> bool:
        """Whether the class is made as ``cls(inputs, outputs, name)``."""
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        kinds = {parameter.kind for parameter in parameters}
        by_place = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        takes_all = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD} <= kinds
        return takes_all or by_place == ["inputs", "outputs", "name"]

    @property
    def _joins_phases(self) -> bool:  # type: ignore[override]
        """A functional model leaves the phases to its layers; a ``call`` of the user's is traced for both."""
        return not self._runs_network

    @property
    def _runs_network(self) -> bool:
        """Whether the calls between inputs and outputs are all that the model does, with no ``call`` of the user's."""
        return self._network is not None and type(self).call is Model.call

    def build(self, input_shape: Any = None) -> None:
        """Builds the layers of a model with a ``call`` of its own, by tracing it for inputs of ``input_shape``.

        Args:
            input_shape: with the batch axis; a list or dict of shapes for several inputs.
        """
        if input_shape is None or self._is_described():
            return
        self._take_inputs(_inputs_of_shapes(input_shape))

    def _take_inputs(self, inputs: Any) -> None:
        """Makes ``inputs`` those of the model, once its ``call`` has accepted them."""
        scratch_call(self, (inputs,), {})
        self._symbolic = inputs

    def _build_for(self, arguments: Arguments) -> None:
        """A call builds the layers of this model anyway: only a ``build`` of the user's runs before it."""
        if type(self).build is Model.build:
            self.built = True
        else:
            super()._build_for(arguments)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The outputs for ``inputs``."""
        if self._network is None:
            kind = type(self).__name__
            raise NotImplementedError(f"model {self.name}: {kind} has neither inputs and outputs nor a `call`")
        if mask is not None:
            for tensor, one in zip(tree.flatten(inputs), tree.flatten(mask), strict=True):
                tensor._keras_mask = one
        return self._network.replay(inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The masks that travelled to the outputs stay on them."""
        return None

    # What compile asks

    @property
    def symbolic_inputs(self) -> list[Tensor]:
        """The symbolic inputs, in order."""
        if self._network is not None:
            return self._network.flat_inputs
        return tree.flatten(self._symbolic) if self._symbolic is not None else []

    def describe(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Traces the model on ``inputs`` and gives its outputs, in order."""
        trace = current_trace()
        assert trace is not None
        if self._network is not None and self._runs_network:
            # In the trace's memo: a loss or target made of a tensor inside the model means that tensor.
            return tree.flatten(self._network.replay(list(inputs), trace.memo))
        packed = tree.pack_like(self.input, list(inputs))
        with layer_scope(self):
            if self._takes_training:
                outputs = choose_by_phase(trace, lambda: self.call(packed, training=trace.training))
            else:
                outputs = self.call(packed)
        self.built = True
        self._structure = tree.map_structure(lambda output: None, outputs)
        return tree.flatten(outputs)

    @property
    def output_structure(self) -> Any:
        """The outputs' structure, with something at each leaf."""
        return self._network.outputs if self._network is not None and self._runs_network else self._structure

    @property
    def output_names(self) -> list[str]:
        if self._network is not None and self._runs_network:
            return self._network.output_names
        if isinstance(self._structure, Mapping):
            return list(self._structure)
        count = len(tree.flatten([self._structure]))
        return [f"output_{index + 1}" for index in range(count)]

    @property
    def input_names(self) -> list[str]:
        return [tensor.name for tensor in self.symbolic_inputs]

    def _is_described(self) -> bool:
        return self._network is not None or self._symbolic is not None

    def _describe_inputs(self, x: Any) -> None:
        """Makes symbolic inputs like the data ``x``, with any number of samples."""
        if isinstance(x, Mapping):
            self._take_inputs({name: _input_like(array, name) for name, array in x.items()})
        elif isinstance(x, (list, tuple)) and any(isinstance(part, np.ndarray) for part in x):
            self._take_inputs([_input_like(array, f"input_{index + 1}") for index, array in enumerate(x)])
        else:
            self._take_inputs(_input_like(x, "input_1"))

    # What users see

    @property
    def inputs(self) -> list[Tensor]:
        return self.symbolic_inputs

    @property
    def outputs(self) -> list[Tensor]:
        return [] if self._network is None else self._network.flat_outputs

    @property
    def input(self) -> Any:
        return self._network.inputs if self._network is not None else self._symbolic

    @property
    def output(self) -> Any:
        return None if self._network is None else self._network.outputs

    @property
    def input_shape(self) -> Any:
        return tree.map_structure(lambda tensor: tensor.shape, self.input)

    @property
    def output_shape(self) -> Any:
        return tree.map_structure(lambda tensor: tensor.shape, self.output)

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside the model: by depth for a functional one, else as they were set."""
        return self.layers_inside

    def _sublayers(self) -> list[Any]:
        inside = [] if self._network is None else list(self._network.layers)
        return unique(inside + super()._sublayers())

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or at that place.

        Raises:
            ValueError: there is none; the message lists the names.
        """
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"model {self.name} has {len(self.layers)} layers; there is none at {index}")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self.layers)
        raise ValueError(f"model {self.name} has no layer {name!r}; it has {names}")

    def summary(self, line_length: int | None = None, print_fn: Any = None, **kwargs: Any) -> None:
        """Prints the layers, their output shapes and their numbers of parameters.

        Args:
            line_length: of the table, in characters.
            print_fn: takes the text; ``print`` where not given.
        """
        (print_fn or print)(summarise(self, line_length))

    def _repr_html_(self) -> str | None:
        """The layers as a picture in a notebook; ``None``, for which it prints text, where they are not known."""
        from kgraph.models.picture import model_cell

        return model_cell(self)

    # Configs

    def get_config(self) -> Config:
        """What makes an equal model, without its weights: for a functional model its layers and their calls.

        Raises:
            NotImplementedError: a class with a ``call`` of its own was made with arguments that are not plain data.
            TypeError: a call was given something that no config can describe.
        """
        if self._network is None or not self.takes_network():
            return super().get_config()
        return {"name": self.name, "trainable": self.trainable, **network_config(self._network)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The model that ``get_config`` describes, with new weights.

        Args:
            config: of a functional model, or the arguments of the class.
            custom_objects: name to class or function, beside those registered.
        """
        with CustomObjectScope(custom_objects):
            if not cls.takes_network() or any(key not in config for key in NETWORK_KEYS):
                return super().from_config(config)
            inputs, outputs = network_from_config(config)
        rest = {name: value for name, value in config.items() if name not in NETWORK_KEYS}
        return super().from_config({"inputs": inputs, "outputs": outputs, **rest})

    def get_build_config(self) -> Config | None:
        """The shapes of the inputs of a model with a ``call`` of its own, with their dtypes."""
        if self.is_functional or self._symbolic is None:
            return super().get_build_config()
        dtypes = tree.map_structure(lambda tensor: tensor.dtype, self._symbolic)
        return {"input_shape": self.input_shape, "input_dtype": dtypes}

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        """Builds the layers from what ``get_build_config`` said; a warning tells where that cannot be done."""
        try:
            if "input_dtype" in config:
                inputs = _inputs_of_shapes(tree_of_shapes(tuple, config["input_shape"]))
                self._take_inputs(tree.map_structure(_of_dtype, inputs, config["input_dtype"]))
            else:
                super().build_from_config(config)
                # Shapes alone do not say what the data are: the first of them will.
                self._symbolic = None
        except (TypeError, ValueError) as error:
            warnings.warn(f"model {self.name} is not built: {error}", ConfigWarning, stacklevel=2)

    def _config_naming(self) -> Config | None:
        """Keras calls a functional model by the name of a class of its own."""
        if type(self) is not Model or not self.is_functional:
            return None
        return {"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional"}

    def to_json(self, **kwargs: Any) -> str:
        """The model without its weights, as JSON that ``model_from_json`` reads, here and in Keras.

        Args:
            kwargs: for ``json.dumps``.
        """
        return json.dumps(serialize_shared(self), **kwargs)

    # Weights in files

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Writes all weights to a ``.npz`` file, by their paths: beside it first, then renamed into place.

        Raises:
            ValueError: the file has another suffix, or exists and may not be overwritten.
        """
        path = _npz_path(filepath)
        if not overwrite and os.path.exists(path):
            raise ValueError(f"{path} exists; pass overwrite=True to replace it")
        arrays = {f"{index}:{weight.path}": weight.numpy() for index, weight in enumerate(self.weights)}
        with replacing(path) as temporary:
            np.savez(temporary, **arrays)  # type: ignore[arg-type]

    def load_weights(self, filepath: str | os.PathLike[str]) -> None:
        """Reads the weights that ``save_weights`` wrote for a model of the same layers.

        Raises:
            ValueError: the file's weights do not fit, in number or shape; the model's are as they were.
        """
        # Here, so that importing the package does not load what numpy itself loads for archives only.
        from zipfile import BadZipFile

        path = _npz_path(filepath)
        try:
            with np.load(path, allow_pickle=False) as arrays:
                by_place = {int(name.split(":", 1)[0]): arrays[name] for name in arrays.files}
        except (ValueError, AttributeError, EOFError, BadZipFile):
            raise ValueError(f"{path} is no file that save_weights has written") from None
        try:
            self.set_weights([by_place[place] for place in sorted(by_place)])
        except ValueError as error:
            raise ValueError(f"the weights in {path} are those of another model: {error}") from None


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model that ``to_json`` wrote, here or in Keras, with new weights.

    Args:
        json_string: the text.
        custom_objects: name to class or function, beside those registered.

    Raises:
        ValueError: it names a class or function that is not known.
    """
    return deserialize_shared(json.loads(json_string), custom_objects)


def _of_dtype(tensor: Tensor, dtype: str) -> Tensor:
    """An input like ``tensor``, of another dtype."""
    return Input(batch_shape=tensor.shape, dtype=dtype, name=tensor.name)


def _inputs_of_shapes(shapes: Any) -> Any:
    """An input for each shape in ``shapes``."""
    if isinstance(shapes, Mapping):
        return {name: Input(batch_shape=shape, name=name) for name, shape in shapes.items()}
    if all(dim is None or isinstance(dim, int) for dim in shapes):
        return Input(batch_shape=shapes, name="input_1")
    return [Input(batch_shape=shape, name=f"input_{index + 1}") for index, shape in enumerate(shapes)]


def _npz_path(filepath: str | os.PathLike[str]) -> str:
    path = os.fspath(filepath)
    if not path.endswith(".npz"):
        raise ValueError(f"weights are written to .npz files, not {path!r}")
    return path


def _input_like(data: Any, name: str) -> Tensor:
    """An input that takes arrays like ``data``: any number of samples, ints as they are, all else the default float.

    Raises:
        ValueError, TypeError: ``data`` say nothing of the inputs: they are no array of numbers, or have no samples.
    """
    array = numeric_array(f"input {name!r}", data)
    if not array.size or not array.ndim:
        raise ValueError(f"input {name!r} of a model that is not built must have samples, but has shape {array.shape}")
    dtype = as_array(data).dtype.name if array.dtype.kind in "iu" else "bool" if array.dtype.kind == "b" else None
    return Input(array.shape[1:] if array.ndim > 1 else (1,), dtype=dtype, name=name)
