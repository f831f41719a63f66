"""Networks as estimators of scikit-learn.

``KerasClassifier`` and ``KerasRegressor`` take a function that makes a model, and every argument of training as a
parameter of the estimator, so that grids can search over all of them. ``SKLearnClassifier``, ``SKLearnRegressor`` and
``SKLearnTransformer`` have the arguments that Keras 3 gives them.

All need scikit-learn, which is imported when the first of them is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from kgraph.wrappers.keras_estimators import KerasClassifier, KerasRegressor
    from kgraph.wrappers.sklearn_estimators import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

__all__ = ["KerasClassifier", "KerasRegressor", "SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]

#: The module of each class.
_HOMES: Final = {
    "KerasClassifier": "keras_estimators",
    "KerasRegressor": "keras_estimators",
    "SKLearnClassifier": "sklearn_estimators",
    "SKLearnRegressor": "sklearn_estimators",
    "SKLearnTransformer": "sklearn_estimators",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ImportError as error:
        if (error.name or "").split(".")[0] != "sklearn":
            raise
        raise ImportError(
            f"kgraph.wrappers.{name} needs scikit-learn 1.6 or later: pip install kgraph[sklearn]"
        ) from error


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
