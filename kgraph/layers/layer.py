"""The base of all layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np

from kgraph import dtype_policies, regularizers, tree
from kgraph.dimension import symbolic_shape
from kgraph.layers.auto_config import plain_arguments, takes_argument
from kgraph.layers.calls import Arguments, LayerCall, choose_by_phase, scratch_call, signature_of, symbolic_leaves
from kgraph.layers.describe import telling_config
from kgraph.layers.input_spec import InputError, check_inputs
from kgraph.layers.masks import pass_masks, previous_mask, set_masks
from kgraph.layers.on_arrays import run_on_arrays
from kgraph.layers.scopes import layer_scope, scoped_build
from kgraph.layers.weights import Weighted
from kgraph.names import auto_name, snake_case
from kgraph.provenance import user_line
from kgraph.tensor import Tensor, apply, cast, lower, named, operand_type, wrap
from kgraph.trace import Trace, current_trace
from kgraph.types import TensorType, short_dtype
from kgraph.variable import Variable

#: Arguments by which a first layer may name the shape of the inputs, and what they say of it.
_INPUT_SHAPES: Final[Mapping[str, Callable[[Any], tuple[int | None, ...]]]] = {
    "input_shape": lambda shape: (None, *shape),
    "input_dim": lambda dim: (None, dim),
    "batch_input_shape": tuple,
}


class Layer(Weighted):
    """A piece of a model: weights, and a ``call`` that describes what it computes.

    Subclasses write ``build(input_shape)``, which makes weights by ``add_weight``, and ``call(inputs, ...)`` over
    ``kgraph.ops``. A ``call`` that takes ``training`` is traced for both phases; one that takes ``mask`` is given the
    mask of its inputs.

    Args:
        trainable: whether the weights made trainable are trained.
        dtype: of the weights, and of float inputs, which are cast to it; the default float where not given.
        name: unique in a model; made from the class's name where not given.
        activity_regularizer: a penalty on the output, over the number of samples.
        autocast: whether float inputs of another dtype are cast.

    Attributes:
        built: whether the weights are there.
        input_spec: an ``InputSpec`` (or a structure of them) that inputs must meet; set by ``__init__`` or ``build``.
        supports_masking: whether ``compute_mask`` is asked for the mask of the output; where not, masks end here.

    Raises:
        TypeError: an argument is not known.
    """

    #: Containers of layers leave the two phases to the layers inside.
    _joins_phases: ClassVar[bool] = True
    #: Whether a class has a ``get_config`` of its own; the arguments of others are kept.
    _writes_config: ClassVar[bool] = False
    input_spec: Any = None
    #: Where the user's code made the layer.
    _source: str

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "get_config" in vars(cls) and "_writes_config" not in vars(cls):
            cls._writes_config = True
        if "build" in vars(cls):
            cls.build = scoped_build(cls.build)  # type: ignore[method-assign]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        layer = super().__new__(cls)
        layer._source = user_line()
        if not cls._writes_config:
            layer.__dict__["_kept_arguments"] = plain_arguments(cls, args, kwargs)
        return layer

    def __init__(
        self,
        *,
        trainable: bool = True,
        dtype: Any = None,
        name: str | None = None,
        activity_regularizer: Any = None,
        autocast: bool = True,
        **kwargs: Any,
    ) -> None:
        shapes = [_INPUT_SHAPES[key](kwargs.pop(key)) for key in list(kwargs) if key in _INPUT_SHAPES]
        if kwargs:
            raise TypeError(f"{type(self).__name__} has no argument {', '.join(map(repr, kwargs))}")
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ValueError(f"the name of a layer must be a str without '/', not {name!r}")
        self.name = name or auto_name(snake_case(type(self).__name__))
        self.dtype = dtype_policies.get(dtype).name
        self.autocast = autocast
        self.built = False
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.batch_input_shape = shapes[0] if shapes else None
        self.supports_masking = type(self).compute_mask is not Layer.compute_mask
        self._trainable = bool(trainable)
        taken = signature_of(type(self).call).parameters
        self._takes_training, self._takes_mask = "training" in taken, "mask" in taken
        self._build_config: dict[str, Any] | None = None
        self._first_call: LayerCall | None = None
        self._losses: list[Any] = []

    # What a subclass writes

    def build(self, input_shape: Any) -> None:
        """Makes the weights. Called once, before the first ``call``.

        A ``build`` of several parameters is told the shapes of the arguments of ``call``, as ``<argument>_shape``.
        """

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes, over ``kgraph.ops``."""
        raise NotImplementedError(f"layer {self.name}: {type(self).__name__} has no `call`")

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the output; that of the input where a layer that supports masking says nothing else."""
        return previous_mask

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer (without its weights).

        Raises:
            NotImplementedError: a class without ``get_config`` was made with arguments that are not plain data.
        """
        policy = dtype_policies.serialize(self.dtype_policy)
        settings: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": policy}
        if self.activity_regularizer is not None:
            settings["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return settings if self._writes_config else self._described_by_arguments(settings)

    def _described_by_arguments(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """``settings``, as far as the class takes them, and the arguments that the layer was made with."""
        arguments, kind = self.__dict__.get("_kept_arguments"), type(self)
        if arguments is None:
            raise NotImplementedError(
                f"layer {self.name} ({kind.__name__}) was made with arguments that are not plain data; "
                f"write {kind.__name__}.get_config"
            )
        return {**arguments, **{name: value for name, value in settings.items() if takes_argument(kind, name)}}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """The layer that ``get_config`` describes."""
        given = dict(config)
        if isinstance(given.get("dtype"), Mapping):
            given["dtype"] = dtype_policies.get(given["dtype"]).name
        return cls(**given)

    def get_build_config(self) -> dict[str, Any] | None:
        """What ``build`` was told: ``{"input_shape": ...}``, or ``{"shapes_dict": ...}`` where it takes several shapes.

        Returns:
            ``None`` where nothing was built.
        """
        return self._build_config

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        """Makes the weights from what ``get_build_config`` said."""
        if "input_shape" in config:
            self.build(tree_of_shapes(tuple, config["input_shape"]))
        elif "shapes_dict" in config:
            self.build(**{name: tree_of_shapes(tuple, shape) for name, shape in config["shapes_dict"].items()})

    @property
    def mixes_samples(self) -> bool:
        """Whether what the layer gives for a sample in training depends on the others of the batch."""
        return False

    @property
    def layers_inside(self) -> list[Layer]:
        """The layers directly inside this one, in the order they were set."""
        return [layer for layer in self._inside if isinstance(layer, Layer)]

    def __getstate__(self) -> dict[str, Any]:
        # Recorded calls belong to the model that they are part of, which brings them back.
        return {**super().__getstate__(), "_first_call": None, "_losses": []}

    # Losses

    def add_loss(self, loss: Any) -> None:
        """Adds a scalar (or a tensor, which is averaged) to the total loss; called inside ``call``."""
        trace = current_trace()
        if trace is None:
            raise RuntimeError(f"layer {self.name}: add_loss is called inside `call`")
        for part in tree.flatten(loss):
            if operand_type(part).shape:
                part = apply("mean", part, axes=list(range(operand_type(part).rank)))
            trace.add_loss(lower(trace, part))

    @property
    def losses(self) -> list[Any]:
        """What the latest call on arrays added to the loss, then the penalties of the trained weights as they are."""
        penalised = [weight for weight in self.trainable_weights if weight.regularizer is not None]
        return [*self._losses, *(weight.regularizer(weight) for weight in penalised if weight.regularizer is not None)]

    # Calls

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if "_losses" not in self.__dict__:
            kind = type(self).__name__
            raise RuntimeError(f"{kind}.__init__ does not call super().__init__(); it must, before anything else")
        if current_trace() is not None:
            return self._call_in_trace(args, kwargs)
        if symbolic_leaves((args, kwargs)):
            call = LayerCall(self, args, kwargs, scratch_call(self, args, kwargs))
            self._first_call = self._first_call or call
            return call.result
        return self._call_on_arrays(args, kwargs)

    def _call_in_trace(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        trace = current_trace()
        assert trace is not None
        training = kwargs.pop("training", None)
        with trace.builder.scope(self.name), layer_scope(self), trace.phase(training):
            args, kwargs = tree.map_structure(lambda leaf: self._take(trace, leaf), [list(args), kwargs])
            arguments = Arguments(self, args, kwargs)
            given = arguments.pop("training") if arguments.takes("training") else None
            pass_masks(arguments)
            self._check_and_build(arguments)
            trace.builder.layers.setdefault(trace.builder.scope_name, self._dump_config())
            with trace.phase(given):
                outputs = self._describe(trace, arguments)
            set_masks(self, outputs, arguments.first, previous_mask(arguments))
            self._penalise_activity(outputs)
        return outputs

    def _take(self, trace: Trace, leaf: Any) -> Any:
        """A tensor lowered into the trace, its mask with it, floats in the layer's dtype; anything else as it is."""
        if isinstance(leaf, Variable):
            leaf = wrap(trace.read(leaf))
        if not isinstance(leaf, Tensor):
            return leaf
        taken = leaf
        if leaf.value is None:
            taken = wrap(lower(trace, leaf))
            known = trace.memo.get(leaf)
            taken._keras_mask = known._keras_mask if known is not None else None
        wanted = short_dtype(self.dtype)
        if self.autocast and taken.type.is_float and wanted.startswith("f") and taken.type.dtype != wanted:
            mask, taken = taken._keras_mask, cast(taken, wanted)
            taken._keras_mask = mask
        return taken

    def _check_and_build(self, arguments: Arguments) -> None:
        inputs = arguments.first
        leaves = [leaf for leaf in tree.flatten(inputs) if leaf is not None]
        strange = [leaf for leaf in leaves if not isinstance(leaf, (Tensor, np.ndarray, np.generic))]
        if leaves and len(strange) == len(leaves):
            raise InputError(f"takes tensors or arrays as inputs, not {type(strange[0]).__name__} {strange[0]!r}")
        if self.input_spec is not None:
            check_inputs(self.input_spec, inputs)
        if not self.built:
            self._build_for(arguments)

    def _build_for(self, arguments: Arguments) -> None:
        shapes = arguments.shapes()
        wanted = signature_of(type(self).build).parameters
        if len(wanted) > 1:
            self.build(**{name: shapes[name] for name in wanted if name in shapes})
        else:
            self.build(*list(shapes.values())[: len(wanted)] or [None] * len(wanted))
        self.built = True

    def _note_build(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Remembers the shapes that ``build`` is told."""
        shapes = [*args, *kwargs.values()]
        if len(kwargs) > 1:
            self._build_config = {"shapes_dict": dict(kwargs)}
        else:
            self._build_config = {"input_shape": shapes[0]} if shapes and shapes[0] is not None else None

    def _describe(self, trace: Trace, arguments: Arguments) -> Any:
        """Traces ``call``, for both phases where it depends on ``training`` and none has been chosen."""
        inputs = set(symbolic_leaves(arguments.by_name))

        def call() -> Any:
            if self._takes_training:
                arguments.put("training", trace.training)
            outputs = arguments.call(self.call)
            arguments.pop("training")
            if outputs is None:
                raise InputError("`call` gave None; it must return its output")
            return tree.map_structure(lambda leaf: _as_output(trace, leaf, inputs), outputs)

        if self._takes_training and trace.training is None and self._joins_phases:
            return choose_by_phase(trace, call)
        return call()

    def _penalise_activity(self, outputs: Any) -> None:
        if self.activity_regularizer is None:
            return
        for output in symbolic_leaves(outputs):
            penalty = self.activity_regularizer(output)
            if output.ndim:
                penalty = penalty / apply("size", of=output.type.shape[0], dtype=operand_type(penalty).dtype)
            self.add_loss(named(penalty, "activity"))

    def _dump_config(self) -> dict[str, Any]:
        """What the dump's ``layer`` line shows."""
        try:
            settings = self.get_config()
        except Exception:  # a reader's line is not worth a failure: what cannot be described is left out
            settings = {}
        return telling_config(type(self).__name__, type(self).__init__, settings)

    def _call_on_arrays(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        training = bool(kwargs.pop("training", False))
        outputs, self._losses = run_on_arrays(self, self.name, args, kwargs, training)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output for inputs of ``input_shape``, ``None`` where unknown."""
        stand_in = tree_of_shapes(lambda shape: symbolic(shape, self.dtype, self.name), input_shape)
        return tree.map_structure(lambda output: output.shape, scratch_call(self, (stand_in,), {}))

    def _called(self, wanted: str) -> LayerCall:
        if self._first_call is None:
            raise AttributeError(f"layer {self.name} has no {wanted}: it was not called on a symbolic tensor yet")
        return self._first_call

    @property
    def input(self) -> Any:
        """What the layer was called on, the first time that this was symbolic."""
        call = self._called("input")
        return next(iter((*call.args, *call.kwargs.values())))

    @property
    def output(self) -> Any:
        """What that call gave."""
        return self._called("output").result

    @property
    def compute_dtype(self) -> str:
        """The dtype that float inputs are cast to."""
        return self.dtype

    variable_dtype = compute_dtype

    @property
    def dtype_policy(self) -> dtype_policies.DTypePolicy:
        """The policy that ``dtype`` is the name of."""
        return dtype_policies.DTypePolicy(self.dtype)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


Layer.build = scoped_build(Layer.build)  # type: ignore[method-assign]


def symbolic(shape: Sequence[int | None], dtype: Any, name: str) -> Tensor:
    """A symbolic tensor of ``shape`` where ``None`` becomes ``N`` for the first axis, else a symbol of its own."""
    return Tensor(TensorType(short_dtype(dtype), symbolic_shape(shape, name)), name)


def tree_of_shapes(function: Callable[[Any], Any], shapes: Any) -> Any:
    """``function`` of every shape in nested lists and dicts of shapes; a shape is a tuple of ints and ``None``."""
    if isinstance(shapes, dict):
        return {key: tree_of_shapes(function, shape) for key, shape in shapes.items()}
    if all(dim is None or isinstance(dim, int) for dim in shapes):
        return function(shapes)
    return [tree_of_shapes(function, shape) for shape in shapes]


def _as_output(trace: Trace, leaf: Any, inputs: set[Tensor]) -> Any:
    """An output lowered into the trace; an input given back becomes another tensor, which can have another mask."""
    if leaf is None:
        return None
    output = wrap(lower(trace, leaf))
    output._keras_mask = leaf._keras_mask if isinstance(leaf, Tensor) and leaf not in inputs else None
    return output
