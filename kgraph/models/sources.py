"""The data of `fit`, `evaluate` and `predict` as sources of batches for a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from kgraph.data import (
    ArraySource,
    Samples,
    Source,
    StreamSource,
    check_sample_counts,
    is_stream,
    open_stream,
    split_validation,
    unpack_x_y_sample_weight,
)
from kgraph.models.feeding import feed_inputs
from kgraph.models.stepping import SteppingModel, only_known
from kgraph.runtime.function import Function

Phase = Literal["train", "test", "predict"]

#: What a model is, once it is given data for a phase; a prediction needs no compile, so that nothing has to be said.
_PURPOSES: Final[Mapping[str, str]] = {"train": "trained", "test": "evaluated"}


class Data(NamedTuple):
    """What a caller passes: arrays of any kind, or a stream as ``x`` alone."""

    x: Any
    y: Any = None
    sample_weight: Any = None


class Batching(NamedTuple):
    """How data become batches: samples in one (32 where not given), batches in a pass, and the order."""

    size: int | None = None
    steps: int | None = None
    shuffle: bool | str = False


class Pass(NamedTuple):
    """What a pass over data runs: a function, on the batches of a source."""

    phase: Phase
    function: Function
    source: Source


def open_pass(model: SteppingModel, phase: Phase, data: Data, batching: Batching, class_weight: Any = None) -> Pass:
    """The pass of ``phase`` over ``data``.

    Raises:
        RuntimeError: the model is not compiled.
        ValueError, TypeError: data do not fit; the message names the input or output.
    """
    if is_stream(data.x):
        return _stream_pass(model, phase, data, batching, class_weight)
    model._prepare_for(data.x, _PURPOSES.get(phase))
    return array_pass(model, phase, _samples(model, phase, data), batching, class_weight)


def open_training(
    model: SteppingModel, data: Data, batching: Batching, class_weight: Any, held_out: float
) -> tuple[Pass, dict[str, Samples] | None]:
    """The pass of training, and the samples that are held out for validation: that fraction at the end.

    Raises:
        RuntimeError, ValueError, TypeError: as ``open_pass``; or nothing can be held out of a stream.
    """
    if not held_out:
        return open_pass(model, "train", data, batching, class_weight), None
    if is_stream(data.x):
        raise ValueError(
            f"validation_split holds out the last samples of arrays, but x gives batches ({type(data.x).__name__}): "
            "pass others like it as validation_data"
        )
    model._prepare_for(data.x, _PURPOSES["train"])
    kept, rest = split_validation(_samples(model, "train", data), held_out)
    return array_pass(model, "train", kept, batching, class_weight), rest


def array_pass(
    model: SteppingModel, phase: Phase, samples: Mapping[str, Samples], batching: Batching, class_weight: Any = None
) -> Pass:
    """The pass of ``phase`` over checked ``samples``, by placeholder.

    Raises:
        ValueError: a number in ``batching`` is none, or an input that takes batches of one size gets others.
    """
    if class_weight is not None:
        samples = model._weighed(_PURPOSES[phase], samples, class_weight)
    function = _function(model, phase)
    count = check_sample_counts(data=samples)
    size = _batch_size(model, count, batching.size, batching.steps)
    source = ArraySource(only_known(function, samples), count, size, batching.shuffle, batching.steps)
    return Pass(phase, function, source)


def _samples(model: SteppingModel, phase: Phase, data: Data) -> dict[str, Samples]:
    if phase == "predict":
        return feed_inputs(model._network, model.symbolic_inputs, data.x)
    return model._feeds(_PURPOSES[phase], *data)


def _batch_size(model: SteppingModel, count: int, given: int | None, steps: int | None) -> int:
    fixed = {tensor.name: tensor.type.shape[0] for tensor in model.symbolic_inputs if tensor.type.shape}
    sizes = {name: size for name, size in fixed.items() if isinstance(size, int)}
    usual = 32 if steps is None else max(-(-count // steps), 1)
    size = whole_number("batch_size", next(iter(sizes.values()), usual) if given is None else given, 1)
    for name, wanted in sizes.items():
        if size != wanted or count % wanted:
            raise ValueError(
                f"input {name!r} takes batches of {wanted}, but is given {count} samples in batches of {size}"
            )
    return size


def _stream_pass(model: SteppingModel, phase: Phase, data: Data, batching: Batching, class_weight: Any) -> Pass:
    for what, value in (("y", data.y), ("sample_weight", data.sample_weight)):
        if value is not None:
            kind = type(data.x).__name__
            raise ValueError(f"x gives batches ({kind}), so {what} must come in them and not beside them: (x, y, ...)")
    stream = open_stream(data.x, bool(batching.shuffle))
    try:
        first = None if model._is_described() else unpack_x_y_sample_weight(stream.peek())[0]
        model._prepare_for(first, _PURPOSES.get(phase))
        function = _function(model, phase)
    except BaseException:
        stream.close()
        raise
    return Pass(phase, function, StreamSource(stream, _prepare(model, phase, function, class_weight), batching.steps))


def _prepare(
    model: SteppingModel, phase: Phase, function: Function, class_weight: Any
) -> Callable[[Any, Any, Any], dict[str, np.ndarray]]:
    """What makes arrays for the placeholders of ``function`` of one batch."""
    if phase == "predict":
        return lambda x, y, sample_weight: model._batch_inputs(x)
    purpose = _PURPOSES[phase]
    return lambda x, y, weight: model._batch_feeds(function, purpose, x, y, weight, class_weight)


def _function(model: SteppingModel, phase: Phase) -> Function:
    make = {
        "train": model.make_train_function,
        "test": model.make_test_function,
        "predict": model.make_predict_function,
    }
    return make[phase]()


def whole_number(what: str, given: Any, least: int) -> int:
    """``given``, once it is an int of at least ``least``.

    Raises:
        ValueError: it is not; the message calls it ``what``.
    """
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < least:
        raise ValueError(f"{what} must be an int of at least {least}, not {given!r}")
    return int(given)
