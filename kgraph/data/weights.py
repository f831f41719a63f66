"""Sample weights from the weights of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kgraph import config
from kgraph.data.rows import Rows, Samples
from kgraph.data.standardize import by_name, listing


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
            raise ValueError(f"one class_weight given, but the model has {listing(names, 'output')}; name its output")
        class_weight = {names[0]: class_weight}
    given = by_name(names, class_weight, "output")
    chosen = {name: given[name] for name in names if given.get(name) is not None}
    for name, weights in chosen.items():
        if not isinstance(weights, Mapping):
            raise TypeError(f"class_weight of output {name!r} must be a dict of class to weight, not {weights!r}")
    return chosen


def class_weights_to_sample_weights(y: Samples, class_weight: Mapping[int, float], output_name: str) -> Samples:
    """The weight of each sample's class, ``(n,)`` in the default float dtype; read with ``y`` where ``y`` is ``Rows``.

    Args:
        y: integer labels ``(n,)`` or ``(n, 1)``, or one row of class shares ``(n, classes)``, whose largest counts.
        class_weight: class to weight.
        output_name: for messages.

    Raises:
        ValueError: ``y`` has another rank or holds something else than integers, or a class has no weight.
    """
    if isinstance(y, Rows):
        return y.mapped((), np.dtype(config.floatx()), lambda part, rows: _weights_of(part, class_weight, output_name))
    return _weights_of(np.asarray(y), class_weight, output_name)


def _weights_of(y: np.ndarray, class_weight: Mapping[int, float], output_name: str) -> np.ndarray:
    present, which = np.unique(_labels(y, output_name), return_inverse=True)
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
