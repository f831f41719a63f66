"""What all estimators around a model share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from kgraph.callbacks import History
from kgraph.models import Model
from kgraph.wrappers.randomness import drawing_from
from kgraph.wrappers.targets import Target

#: What samples may be: tables, sparse ones too, and arrays of more axes.
_SAMPLES: Final[Mapping[str, Any]] = {"accept_sparse": "csr", "allow_nd": True}


class ModelEstimator(BaseEstimator):
    """An estimator around a model. Subclasses say what model, trained how, for which targets.

    Attributes:
        model_: the trained model.
        n_features_in_: the size of the samples' second axis.
        feature_names_in_: the names of the columns, where samples were a frame.
    """

    model_: Model
    warm_start: bool = False
    random_state: Any = None
    #: Whether targets are converted to numbers.
    _numeric_targets: ClassVar[bool] = True
    _target: Target
    _random: np.random.RandomState | None

    # For subclasses

    def _make_target(self, y: Any, weights: np.ndarray | None, classes: Any) -> Target:
        raise NotImplementedError

    def _make_model(self, X: Any, y: Any) -> Model:
        """The model to train, compiled, for targets ``y`` that ``_target`` was made of."""
        raise NotImplementedError

    def _weights(self, y: Any, sample_weight: np.ndarray | None) -> np.ndarray | None:
        """The weights of samples, with whatever else gives them some."""
        return sample_weight

    def _predict_arguments(self) -> Mapping[str, Any]:
        return {"verbose": 0}

    # Training

    def _goes_on(self) -> bool:
        """Whether ``fit`` goes on from the weights of an earlier one."""
        return self.warm_start and self.__sklearn_is_fitted__()

    def _train(
        self, X: Any, y: Any, sample_weight: Any, arguments: Mapping[str, Any], anew: bool, classes: Any = None
    ) -> History:
        """Trains a new model, or ``model_`` further.

        Raises:
            ValueError: data do not fit each other, or what the model was trained on before.
        """
        X, y = validate_data(self, X, y, reset=anew, multi_output=True, y_numeric=self._numeric_targets, **_SAMPLES)
        weights = self._weights(y, None if sample_weight is None else _checked_weights(sample_weight, X))
        if anew:
            # Until there is a model for the new targets there is none.
            self.__dict__.pop("model_", None)
            self._target = self._make_target(y, weights, classes)
            self._random = None if self.random_state is None else check_random_state(self.random_state)
        with drawing_from(self._random):
            if anew:
                self.model_ = self._make_model(X, y)
            given = {**arguments, **self._validation(arguments.get("validation_data"))}
            return self.model_.fit(X, self._target.encode(y), sample_weight=weights, **given)

    def _validation(self, data: Any) -> dict[str, Any]:
        """Samples and targets to validate with, as the model takes them."""
        if data is None:
            return {}
        X, y, *weights = data
        X, y = validate_data(self, X, y, reset=False, multi_output=True, y_numeric=self._numeric_targets, **_SAMPLES)
        return {"validation_data": (X, self._target.encode(y), *weights)}

    # Asking

    def _outputs(self, X: Any) -> Any:
        """What the model gives for ``X``.

        Raises:
            NotFittedError: it is not trained.
            ValueError: ``X`` is not like the samples that it was trained on.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, **_SAMPLES)
        return self.model_.predict(X, **self._predict_arguments())

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        tags.non_deterministic = self.random_state is None
        return tags


def _checked_weights(sample_weight: Any, X: Any) -> np.ndarray:
    """The weights of the samples ``X``: ``(n,)``.

    Raises:
        ValueError: they have another shape, or are all zero.
    """
    weights = column_or_1d(check_array(sample_weight, ensure_2d=False, input_name="sample_weight"))
    check_consistent_length(weights, X)
    if not weights.any():
        raise ValueError("sample_weight is zero for every sample")
    return weights
