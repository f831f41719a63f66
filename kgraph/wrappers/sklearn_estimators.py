"""The estimators that Keras 3 has, with its names and arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, TransformerMixin

from kgraph.models import Model
from kgraph.wrappers.building import model_like
from kgraph.wrappers.classifying import Classifying
from kgraph.wrappers.estimator import ModelEstimator
from kgraph.wrappers.targets import Labels, Numbers, Target


class SKLearnEstimator(ModelEstimator):
    """An estimator around a compiled model, or a function that makes one.

    Args:
        model: a compiled ``Model``, or a function ``model(X=, y=, **model_kwargs)`` that gives one, with ``y`` as the
            model is to give it. A model is cloned, so that each ``fit`` starts from new weights.
        warm_start: whether a ``fit`` goes on from the weights of the last one, and the first takes a given model as it
            is, with its weights.
        model_kwargs: further arguments for the function.
        fit_kwargs: arguments of ``Model.fit``.

    Attributes:
        model_: the trained model.
        history_: what ``Model.fit`` returned.
    """

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Any:
        """Trains the model.

        Args:
            X: samples ``(n, features)``, or with more axes; an array, a frame, a sparse matrix.
            y: targets ``(n,)`` or ``(n, columns)``.
            sample_weight: of each sample ``(n,)``.
            kwargs: arguments of ``Model.fit``, in place of ``fit_kwargs``.

        Returns:
            The estimator.

        Raises:
            RuntimeError: the model is not compiled.
            ValueError: data do not fit.
        """
        arguments = {**(self.fit_kwargs or {}), **kwargs}
        self.history_ = self._train(X, y, sample_weight, arguments, anew=not self._goes_on())
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The target of each sample: ``(n,)`` or ``(n, columns)``, as targets were in ``fit``."""
        outputs = self._outputs(X)
        return self._target.decode(outputs)

    def _make_target(self, y: Any, weights: np.ndarray | None, classes: Any) -> Target:
        return Numbers(y)

    def _make_model(self, X: Any, y: Any) -> Model:
        if isinstance(self.model, Model):
            model = model_like(self.model, as_it_is=self.warm_start)
        else:
            model = self.model(X=X, y=self._target.encode(y), **(self.model_kwargs or {}))
        if not isinstance(model, Model) or not model.compiled or not model.loss:
            what = model.name if isinstance(model, Model) else type(model).__name__
            raise RuntimeError(f"{type(self).__name__} takes a model that is compiled with a loss, unlike {what}")
        return model

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags


class SKLearnClassifier(Classifying, SKLearnEstimator):
    """A classifier. Its model is trained with one-hot rows, of two classes too, and gives a number for each class.

    Args:
        model, warm_start, model_kwargs, fit_kwargs: as of every ``SKLearnEstimator``.

    Attributes:
        model_, history_: the trained model, and what ``Model.fit`` returned.
        classes_: the labels, sorted.
    """

    def _make_target(self, y: Any, weights: np.ndarray | None, classes: Any) -> Labels:
        target = super()._make_target(y, weights, classes)
        if not isinstance(target, Labels):
            raise ValueError(f"SKLearnClassifier takes binary and multiclass targets, not {target.kind} ones")
        return target

    def decision_function(self, X: Any) -> np.ndarray:
        """What the model gives: ``(n, classes)``."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, SKLearnEstimator):
    """A regressor.

    Args:
        model, warm_start, model_kwargs, fit_kwargs: as of every ``SKLearnEstimator``.

    Attributes:
        model_, history_: the trained model, and what ``Model.fit`` returned.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        tags.target_tags.multi_output = True
        return tags


class SKLearnTransformer(TransformerMixin, SKLearnEstimator):
    """A step of a pipeline that gives the model's outputs.

    Args:
        model, warm_start, model_kwargs, fit_kwargs: as of every ``SKLearnEstimator``.

    Attributes:
        model_, history_: the trained model, and what ``Model.fit`` returned.
    """

    def transform(self, X: Any) -> np.ndarray:
        """What the model gives for ``X``."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
