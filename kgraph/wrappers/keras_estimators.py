"""Estimators that take all of building, compiling and training a model as parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.class_weight import compute_sample_weight

from kgraph.models import Model
from kgraph.wrappers.building import built_by, compile_for, compile_settings, model_like
from kgraph.wrappers.classifying import Classifying
from kgraph.wrappers.estimator import ModelEstimator
from kgraph.wrappers.parameters import RoutedParameters
from kgraph.wrappers.targets import Numbers, gives_logits

_COMPILED: Final = ("optimizer", "loss", "metrics")
_FITTED: Final = ("epochs", "batch_size", "verbose", "callbacks", "validation_split", "shuffle")
#: What a function that makes a model may ask, of the attributes that a fitted estimator has.
_KNOWN_BEFORE: Final = ("n_features_in_", "feature_names_in_", "classes_", "n_classes_")


class KerasEstimator(RoutedParameters, ModelEstimator):
    """An estimator around a model that a function makes. All its parameters can be searched over.

    Args:
        model: a function that gives a ``Model``, or a ``Model``, of which each ``fit`` trains a new clone. Of a
            function's arguments, ``meta`` is a dict of what is known of the data (``n_features_in_``, ``X_shape_``,
            ``X_dtype_``, ``target_type_``, ``n_outputs_``, ``n_outputs_expected_``, ``feature_names_in_``,
            ``classes_``, ``n_classes_``), ``compile_kwargs`` a dict of the arguments for ``compile``, and
            ``optimizer``, ``loss`` and ``metrics`` are those parameters, where they are given. A model that comes
            without being compiled is compiled with these.
        build_fn: an older name of ``model``.
        warm_start: whether a ``fit`` goes on from the weights of the last one, and the first takes a given model as it
            is, with its weights.
        random_state: an int or ``RandomState`` from which initial weights, the order of samples and dropout follow, to
            the bit; ``None`` draws from the global generators.
        optimizer: ``"rmsprop"`` where neither this nor the model says.
        loss: where neither this nor the model says, ``"mean_squared_error"`` for numbers, and for classes the
            crossentropy that goes with the model's outputs.
        metrics: as for ``compile``.
        epochs, batch_size, verbose, callbacks, validation_split, shuffle: as for ``Model.fit``.
        kwargs: arguments of the function by their names, or with the prefix ``model__``; of ``compile``,
            ``Model.fit`` and ``Model.predict`` with the prefixes ``compile__``, ``fit__`` and ``predict__``, and of the
            optimizer with the prefix ``optimizer__``, as in ``optimizer__learning_rate``.

    Attributes:
        model_: the trained model.
        history_: losses and metrics by name, one value for each epoch since training began anew.
        target_type_: what kind of targets there are, as scikit-learn calls it.
        n_outputs_: the number of targets of a sample.
    """

    history_: dict[str, list[Any]]

    def __init__(
        self,
        model: Any = None,
        *,
        build_fn: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        epochs: int = 1,
        batch_size: int | None = None,
        verbose: Any = 0,
        callbacks: Any = None,
        validation_split: float = 0.0,
        shuffle: bool | str = True,
        **kwargs: Any,
    ) -> None:
        self.model = model
        self.build_fn = build_fn
        self.warm_start = warm_start
        self.random_state = random_state
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.epochs = epochs
        self.batch_size = batch_size
        self.verbose = verbose
        self.callbacks = callbacks
        self.validation_split = validation_split
        self.shuffle = shuffle
        self._add_parameters(kwargs)

    # Training

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Any:
        """Trains a new model; with ``warm_start`` the one of the last ``fit`` further.

        Args:
            X: samples ``(n, features)``, or with more axes; an array, a frame, a sparse matrix.
            y: targets ``(n,)`` or ``(n, columns)``.
            sample_weight: of each sample ``(n,)``.
            kwargs: arguments of ``Model.fit``, in place of the estimator's.

        Returns:
            The estimator.

        Raises:
            ValueError: data do not fit each other or the model, or nothing says what model.
            TypeError: a parameter is no argument of what it is meant for.
        """
        return self._learn(X, y, sample_weight, kwargs, anew=not self._goes_on())

    def _learn_on(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        """What ``partial_fit`` does."""
        return self._learn(X, y, sample_weight, {"epochs": 1}, anew=not self.__sklearn_is_fitted__(), classes=classes)

    def _learn(
        self, X: Any, y: Any, sample_weight: Any, given: Mapping[str, Any], anew: bool, classes: Any = None
    ) -> Any:
        arguments = {**{name: getattr(self, name) for name in _FITTED}, **self._routed("fit"), **given}
        history = self._train(X, y, sample_weight, arguments, anew, classes)
        before: Mapping[str, list[Any]] = {} if anew else self.history_
        self.history_ = {name: [*before.get(name, ()), *values] for name, values in history.history.items()}
        return self

    # The model

    def _builder(self) -> Any:
        return self.build_fn if self.model is None else self.model

    def _make_model(self, X: Any, y: Any) -> Model:
        target, builder, arguments = self._target, self._builder(), self._builder_arguments()
        self.target_type_, self.n_outputs_ = target.kind, target.columns
        given = {**{name: getattr(self, name) for name in _COMPILED}, **self._routed("compile")}
        settings = compile_settings(given, self._routed("optimizer"))
        if isinstance(builder, Model):
            if arguments:
                raise TypeError(f"{next(iter(arguments))!r} is an argument of no function: model {builder.name} is one")
            model, taken = model_like(builder, as_it_is=self.warm_start), frozenset[str]()
        elif callable(builder):
            known = {"meta": self._meta(X), "compile_kwargs": {"optimizer": "rmsprop", **settings}}
            model, taken = built_by(builder, arguments, {**settings, **known})
        else:
            kind = type(self).__name__
            raise ValueError(f"{kind} needs a model=: a function that gives one, or a Model, not {builder!r}")
        compile_for(model, settings, taken, target, X)
        return model

    def _meta(self, X: Any) -> dict[str, Any]:
        """What a function that makes a model may want to know."""
        return {
            "X_shape_": X.shape,
            "X_dtype_": X.dtype,
            "target_type_": self.target_type_,
            "n_outputs_": self.n_outputs_,
            "n_outputs_expected_": self._target.units,
            **{name: getattr(self, name) for name in _KNOWN_BEFORE if hasattr(self, name)},
        }

    def _predict_arguments(self) -> Mapping[str, Any]:
        return {"batch_size": self.batch_size, **super()._predict_arguments(), **self._routed("predict")}


class KerasClassifier(Classifying, KerasEstimator):
    """A classifier: of two or more classes, or of several labels for each sample.

    Two classes need a model of one sigmoid output, or of two outputs; more need one output each; several labels need a
    sigmoid output each. Labels may be numbers or strings. They are given to the model as its loss wants them: as
    indices for a sparse loss, else one-hot. Where a ``Loss`` has ``from_logits=True``, outputs are made probabilities.

    Args:
        class_weight: ``"balanced"``, or a dict of label to weight; it multiplies the weights of samples.

    The other parameters and attributes are those of every ``KerasEstimator``.

    Attributes:
        classes_: the labels, sorted.
        n_classes_: how many there are.
    """

    def __init__(
        self,
        model: Any = None,
        *,
        build_fn: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        epochs: int = 1,
        batch_size: int | None = None,
        verbose: Any = 0,
        callbacks: Any = None,
        validation_split: float = 0.0,
        shuffle: bool | str = True,
        class_weight: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            model,
            build_fn=build_fn,
            warm_start=warm_start,
            random_state=random_state,
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            epochs=epochs,
            batch_size=batch_size,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            shuffle=shuffle,
            **kwargs,
        )
        self.class_weight = class_weight

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """Trains for one epoch, on from where the model is; a new one at the first call.

        Args:
            X, y, sample_weight: as for ``fit``.
            classes: all labels that will ever come, for the first call; those in ``y`` where not given.

        Returns:
            The estimator.
        """
        return self._learn_on(X, y, sample_weight, classes)

    def _weights(self, y: Any, sample_weight: np.ndarray | None) -> np.ndarray | None:
        if self.class_weight is None:
            return sample_weight
        by_class = compute_sample_weight(self.class_weight, y)
        return by_class if sample_weight is None else by_class * sample_weight

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, or of each label: ``(n, classes)``."""
        outputs = self._outputs(X)
        return self._target.shares(outputs, gives_logits(self.model_.loss))

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each sample: ``(n,)``; for multi-label targets 0 or 1 of each: ``(n, labels)``."""
        shares = self.predict_proba(X)
        return self._target.decode(shares)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class KerasRegressor(RegressorMixin, KerasEstimator):
    """A regressor, of one number or several for each sample.

    The parameters and attributes are those of every ``KerasEstimator``.
    """

    _target: Numbers

    def _make_target(self, y: Any, weights: np.ndarray | None, classes: Any) -> Numbers:
        return Numbers(y)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Trains for one epoch, on from where the model is; a new one at the first call.

        Args:
            X, y, sample_weight: as for ``fit``.

        Returns:
            The estimator.
        """
        return self._learn_on(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """The target of each sample: ``(n,)`` or ``(n, columns)``, as targets were in ``fit``."""
        outputs = self._outputs(X)
        return self._target.decode(outputs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
