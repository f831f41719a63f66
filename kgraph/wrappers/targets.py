"""What a model is trained to give for targets in scikit-learn's forms, and what its outputs say in these forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import numpy as np
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from kgraph import losses, ops, tree
from kgraph.compile.losses import is_sparse
from kgraph.utils import to_categorical

Form = Literal["column", "index", "one_hot"]


class Numbers:
    """Targets that are numbers: ``(n,)`` or ``(n, columns)``.

    Attributes:
        kind: as ``sklearn.utils.multiclass.type_of_target`` calls it.
        columns: how many numbers belong to a sample.
        units: how many outputs a model for them has.

    Raises:
        ValueError: they are in a sparse matrix.
    """

    def __init__(self, y: np.ndarray) -> None:
        if not isinstance(y, np.ndarray):
            raise ValueError(f"numbers to predict must be an array, not a sparse {type(y).__name__}")
        self.kind: str = type_of_target(y)
        self.is_flat = y.ndim == 1
        self.dtype = np.result_type(y.dtype, np.float32)
        self.columns = self.units = 1 if self.is_flat else y.shape[1]

    def default_loss(self, units: int) -> str:
        """The loss of a model that names none."""
        return "mean_squared_error"

    def suit(self, loss: Any, units: int) -> None:
        """Any model: its loss compares what it gives with the numbers as they are."""

    def encode(self, y: np.ndarray) -> np.ndarray:
        """What the model is to give: ``(n, columns)``."""
        return y.reshape(len(y), -1)

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """What the model's outputs predict, in the shape and float dtype that targets have."""
        numbers = outputs.astype(self.dtype, copy=False)
        return numbers[:, 0] if self.is_flat and numbers.shape[1:] == (1,) else numbers


class Labels:
    """Targets that are one of several classes each: ``(n,)``, of numbers or strings.

    Args:
        y: the labels.
        classes: all that there are; those in ``y`` where not given.

    Attributes:
        kind, columns, units: as of ``Numbers``.
        classes: sorted.
        form: what the model is trained with: 0 or 1 in a column, the index of the class, or a one-hot row.

    Raises:
        ValueError: there are fewer than two classes.
    """

    columns = 1

    def __init__(self, y: np.ndarray, classes: Any = None) -> None:
        self._encoder = LabelEncoder().fit(y if classes is None else classes)
        self.classes: np.ndarray = self._encoder.classes_
        if len(self.classes) < 2:
            raise ValueError(f"a classifier is trained on at least two classes, and y has only one class: {y[0]}")
        self.kind = "binary" if len(self.classes) == 2 else "multiclass"
        self.units = 1 if self.kind == "binary" else len(self.classes)
        self.form: Form = "one_hot"

    def default_loss(self, units: int) -> str:
        """The loss of a model that names none."""
        return "binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"

    def suit(self, loss: Any, units: int) -> None:
        """Takes the form that a model with this loss and so many outputs is trained with.

        Raises:
            ValueError: the model has not the outputs for the classes.
        """
        count = len(self.classes)
        if units not in (count, self.units):
            wanted = "1 or 2" if self.units == 1 else count
            raise ValueError(f"y has {count} classes, for which a model has {wanted} outputs; this one has {units}")
        self.form = "column" if units == 1 else "index" if is_sparse(losses.get(_only(loss))) else "one_hot"

    def encode(self, y: np.ndarray) -> np.ndarray:
        """What the model is to give for each sample.

        Raises:
            ValueError: a label is none of the classes.
        """
        return _FORMS[self.form](self._encoder.transform(column_or_1d(y)), len(self.classes))

    def shares(self, outputs: np.ndarray, are_logits: bool = False) -> np.ndarray:
        """The probability of each class: ``(n, classes)``, of outputs ``(n, classes)`` or ``(n, 1)``."""
        if outputs.shape[1] > 1:
            return np.asarray(ops.softmax(outputs)) if are_logits else outputs
        second = np.asarray(ops.sigmoid(outputs)) if are_logits else outputs
        return np.hstack([1 - second, second])

    def decode(self, shares: np.ndarray) -> np.ndarray:
        """The class of the largest share: ``(n,)``."""
        return self.classes[shares.argmax(axis=1)]


_FORMS: Final[Mapping[Form, Callable[[np.ndarray, int], np.ndarray]]] = {
    "column": lambda indices, classes: indices.reshape(-1, 1),
    "index": lambda indices, classes: indices,
    "one_hot": lambda indices, classes: np.asarray(to_categorical(indices, classes)),
}


class LabelSets:
    """Targets that say of each of several labels whether a sample has it: 0 or 1, ``(n, labels)``, dense or sparse.

    Attributes:
        kind, columns, units: as of ``Numbers``.
        classes: the numbers of the labels.
    """

    kind = "multilabel-indicator"

    def __init__(self, y: Any) -> None:
        self.columns = self.units = y.shape[1]
        self.classes = np.arange(self.columns)

    def default_loss(self, units: int) -> str:
        """The loss of a model that names none."""
        return "binary_crossentropy"

    def suit(self, loss: Any, units: int) -> None:
        """Raises a ``ValueError`` where a model has not an output for each label."""
        if units != self.units:
            raise ValueError(f"y has {self.units} labels, for which a model has as many outputs; this one has {units}")

    def encode(self, y: Any) -> np.ndarray:
        """What the model is to give for each sample.

        Raises:
            ValueError: ``y`` has another number of labels.
        """
        if y.ndim != 2 or y.shape[1] != self.columns:
            raise ValueError(f"y has shape {y.shape}, but a column for each of {self.columns} labels is expected")
        return y.toarray() if hasattr(y, "toarray") else y

    def shares(self, outputs: np.ndarray, are_logits: bool = False) -> np.ndarray:
        """The probability of each label: ``(n, labels)``."""
        return np.asarray(ops.sigmoid(outputs)) if are_logits else outputs

    def decode(self, shares: np.ndarray) -> np.ndarray:
        """1 for each label that is more probable than not: ``(n, labels)``."""
        return (shares > 0.5).astype(np.int64)


Target = Numbers | Labels | LabelSets


def class_target(y: Any, weights: np.ndarray | None = None, classes: Any = None) -> Labels | LabelSets:
    """The target of a classifier.

    Args:
        y: in a form that ``sklearn.utils.multiclass.type_of_target`` knows.
        weights: of the samples.
        classes: all labels, where ``y`` may lack some.

    Raises:
        ValueError: ``y`` are no classes, only one of them has a weight, or a sample has several that are more than 0
            or 1.
    """
    check_classification_targets(y)
    kind = type_of_target(y)
    if kind == "multiclass-multioutput":
        raise ValueError("y has several columns of classes, and a classifier here takes one, or columns of 0 and 1")
    if kind == LabelSets.kind:
        return LabelSets(y)
    labels = column_or_1d(y, warn=True)
    if classes is None and weights is not None and len(np.unique(labels[weights != 0])) < 2:
        raise ValueError("a classifier is trained on at least two classes, and only one class has sample weights")
    return Labels(labels, classes)


def gives_logits(loss: Any) -> bool:
    """Whether a model with this loss gives logits in place of probabilities."""
    loss = _only(loss)
    return isinstance(loss, losses.Loss) and bool(loss.get_config().get("from_logits"))


def _only(loss: Any) -> Any:
    """The loss of a model's only output, which may stand in a list or dict."""
    is_nested = isinstance(loss, (list, tuple, dict)) and "class_name" not in loss
    return tree.flatten(loss)[0] if is_nested else loss
