"""From what a caller passes to ``fit`` to arrays that fit the placeholders.

Every function names the input, target or weights that it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from kgraph import config
from kgraph.broadcasting import shape_text
from kgraph.tree import flatten, map_structure
from kgraph.types import DTYPES, INTS, TensorType

Structure = TypeVar("Structure")


def standardize(
    names: Sequence[str], types: Mapping[str, TensorType], data: Any, what: str = "input"
) -> dict[str, np.ndarray]:
    """The arrays for the placeholders ``names``, C-contiguous and of the placeholders' dtypes.

    Args:
        names: of the placeholders, in order.
        types: by name; a dimension that is a symbol takes any size.
        data: an array (or nested lists of numbers) where there is one placeholder, a list of them in the order of
            ``names``, or a dict by name. Where a placeholder has rank 2, ``(n,)`` becomes ``(n, 1)``, and where it has
            rank 1, ``(n, 1)`` becomes ``(n,)``.
        what: the word for a placeholder in messages.

    Raises:
        ValueError: the number of arrays, a name, a rank or a known dimension differs, or a number does not fit an
            integer placeholder (NaN, 2.5).
        TypeError: an array does not hold numbers.
    """
    given = by_name(names, data, what)
    missing = [name for name in names if given.get(name) is None]
    if missing:
        raise ValueError(f"no data for {what} {missing[0]!r}; the model has {_listing(names, what)}")
    return {name: _fitted(f"{what} {name!r}", types[name], given[name], adapt=True) for name in names}


def standardize_weights(
    names: Sequence[str], types: Mapping[str, TensorType], data: Any, what: str = "sample weight"
) -> dict[str, np.ndarray]:
    """Like ``standardize``, for weights: those that are absent or ``None`` are left out, and ranks must be exact."""
    given = by_name(names, data, what)
    wanted = [name for name in names if given.get(name) is not None]
    return {name: _fitted(f"{what} {name!r}", types[name], given[name], adapt=False) for name in wanted}


def by_name(names: Sequence[str], data: Any, what: str) -> Mapping[str, Any]:
    """``data`` as a mapping from names to what was given for them; empty where it is ``None``.

    Raises:
        ValueError: a name is unknown, or the number of arrays differs.
    """
    if data is None:
        return {}
    if isinstance(data, Mapping):
        unknown = [name for name in data if name not in names]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no {what} of the model, which has {_listing(names, what)}")
        return data
    if isinstance(data, (list, tuple)) and (len(names) != 1 or _lists_items(data)):
        if len(data) != len(names):
            raise ValueError(f"{_count(len(data), 'array')} given, but the model has {_listing(names, what)}")
        return dict(zip(names, data, strict=True))
    if len(names) != 1:
        raise ValueError(f"one array given, but the model has {_listing(names, what)}; pass a list or a dict")
    return {names[0]: data}


def _lists_items(data: Sequence[Any]) -> bool:
    """Whether a list has an item for each placeholder, rather than being one array written as a list."""
    return any(item is None or isinstance(item, Mapping) or getattr(item, "ndim", 0) > 0 for item in data)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _listing(names: Sequence[str], what: str) -> str:
    return f"{_count(len(names), what)} ({', '.join(names)})" if names else f"no {what}s"


def _fitted(label: str, type: TensorType, value: Any, adapt: bool) -> np.ndarray:
    """``value`` in the shape and dtype of ``type``."""
    array = numeric_array(label, value)
    shaped = _adapted(array, type) if adapt else array
    fits = shaped.ndim == type.rank and all(
        not isinstance(want, int) or want == have for want, have in zip(type.shape, shaped.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{label} expects shape {shape_text(type.shape)} but got {array.shape}")
    return _converted(label, shaped, type)


def numeric_array(label: str, value: Any) -> np.ndarray:
    """``value`` as an array; ``label`` says whose it is.

    Raises:
        ValueError: lists in it differ in length.
        TypeError: it does not hold numbers or bools.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{label} is no array: its lists differ in length") from None
    if array.dtype.kind not in "buif":
        raise TypeError(f"{label} must hold numbers or bools, but has dtype {array.dtype}")
    return array


def _adapted(array: np.ndarray, type: TensorType) -> np.ndarray:
    """``array`` with a last axis of 1 added or removed, between ranks 1 and 2."""
    if array.ndim == 1 and type.rank == 2:
        return array[:, np.newaxis]
    if array.ndim == 2 and type.rank == 1 and array.shape[1] == 1:
        return array[:, 0]
    return array


def _converted(label: str, array: np.ndarray, type: TensorType) -> np.ndarray:
    """``array`` in the dtype of ``type``; numbers stay what they are where that is an integer dtype."""
    if array.dtype.kind == "f" and not type.is_float:
        _refuse(label, array, np.isnan(array), type)
    if type.dtype in INTS and array.dtype != type.numpy_dtype:
        limits = np.iinfo(type.numpy_dtype)
        outside = (array < limits.min) | (array > limits.max)
        # 2**63 rounds to itself as a float, so that comparing with the limit as a float lets it through.
        fraction = (array != np.trunc(array)) | (array >= 2.0**63) if array.dtype.kind == "f" else False
        _refuse(label, array, outside | fraction, type)
    with np.errstate(over="ignore"):
        return np.require(array, type.numpy_dtype, ["C", "A"])


def _refuse(label: str, array: np.ndarray, refused: np.ndarray, type: TensorType) -> None:
    if refused.any():
        position = np.argwhere(refused)[0]
        value = array[tuple(position)].item()
        raise ValueError(f"{label} is {DTYPES[type.dtype]}, but sample {position[0]} holds {value!r}")


def check_sample_counts(**groups: Mapping[str, np.ndarray] | None) -> int:
    """The number of samples that all arrays of all groups have.

    Args:
        groups: ``input=``, ``target=``, ``sample_weight=``: arrays by name.

    Raises:
        ValueError: two arrays differ, or there is none.
    """
    counts = {
        f"{group.replace('_', ' ')} {name!r}": array.shape[0]
        for group, arrays in groups.items()
        for name, array in (arrays or {}).items()
    }
    if not counts:
        raise ValueError("no arrays were given, so there are no samples")
    first, samples = next(iter(counts.items()))
    for label, count in counts.items():
        if count != samples:
            raise ValueError(f"{first} has {_count(samples, 'sample')}, but {label} has {count}")
    return samples


def split_validation(arrays: Structure, fraction: float) -> tuple[Structure, Structure]:
    """``arrays`` without their last samples, and those last samples: ``fraction`` of all, in the order given.

    Args:
        arrays: any nesting of lists and dicts, with arrays of equal lengths (or ``None``, which stays) as leaves.

    Raises:
        ValueError: ``fraction`` is not between 0 and 1, or one of the two parts would have no samples.
    """
    if not isinstance(fraction, (int, float)) or not 0 < fraction < 1:
        raise ValueError(f"validation_split must lie between 0 and 1, but is {fraction!r}")
    samples = next(len(array) for array in flatten(arrays) if array is not None)
    kept = int(samples * (1 - fraction))
    if not 0 < kept < samples:
        part = "training" if kept == 0 else "validation"
        raise ValueError(f"validation_split={fraction} of {_count(samples, 'sample')} leaves none for {part}")

    def part_of(window: slice) -> Structure:
        return map_structure(lambda array: None if array is None else array[window], arrays)

    return part_of(slice(kept)), part_of(slice(kept, None))


def epoch_order(samples: int, shuffle: bool) -> np.ndarray | None:
    """The order of the samples in an epoch, int64 ``(samples,)``, or ``None`` for the order given.

    Drawn from numpy's global generator, which ``set_random_seed`` seeds.
    """
    return np.random.permutation(samples).astype(np.int64, copy=False) if shuffle else None


def class_weights_by_output(names: Sequence[str], class_weight: Any) -> dict[str, Mapping[int, float]]:
    """The class weights of each output that has some.

    Args:
        names: of the outputs.
        class_weight: a dict of class to weight where there is one output, else a list of such dicts (or ``None``) in
            the order of ``names``, or a dict of them by name.

    Raises:
        ValueError: the list's length or a name is wrong, or one dict was given for several outputs.
        TypeError: weights of an output are not a dict.
    """
    if class_weight is None:
        return {}
    if isinstance(class_weight, Mapping) and not any(isinstance(key, str) for key in class_weight):
        if len(names) != 1:
            raise ValueError(f"one class_weight given, but the model has {_listing(names, 'output')}; name its output")
        class_weight = {names[0]: class_weight}
    given = by_name(names, class_weight, "output")
    chosen = {name: given[name] for name in names if given.get(name) is not None}
    for name, weights in chosen.items():
        if not isinstance(weights, Mapping):
            raise TypeError(f"class_weight of output {name!r} must be a dict of class to weight, not {weights!r}")
    return chosen


def class_weights_to_sample_weights(y: np.ndarray, class_weight: Mapping[int, float], output_name: str) -> np.ndarray:
    """The weight of each sample's class, ``(n,)`` in the default float dtype.

    Args:
        y: integer labels ``(n,)`` or ``(n, 1)``, or one row of class shares ``(n, classes)``, whose largest counts.
        class_weight: class to weight.
        output_name: for messages.

    Raises:
        ValueError: ``y`` has another rank or holds something else than integers, or a class has no weight.
    """
    present, which = np.unique(_labels(np.asarray(y), output_name), return_inverse=True)
    unweighted = [int(label) for label in present if int(label) not in class_weight]
    if unweighted:
        raise ValueError(
            f"class_weight of output {output_name!r} has no weight for class {unweighted[0]}, which is in the data; "
            f"it has {', '.join(map(str, class_weight)) or 'none'}"
        )
    weights = np.array([class_weight[int(label)] for label in present], config.floatx())
    return weights[which.reshape(-1)]


def _labels(y: np.ndarray, output_name: str) -> np.ndarray:
    if y.ndim == 2 and y.shape[1] > 1:
        return y.argmax(axis=1)
    if y.ndim not in (1, 2):
        raise ValueError(
            f"class_weight of output {output_name!r} needs targets of shape (n,), (n, 1) or (n, classes), not {y.shape}"
        )
    labels = y.reshape(-1)
    if labels.dtype.kind == "f" and not (odd := np.trunc(labels) == labels).all():
        raise ValueError(f"class_weight of output {output_name!r} needs integer labels, not {labels[~odd][0]}")
    return labels
