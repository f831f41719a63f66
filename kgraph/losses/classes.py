"""The losses as classes: each a function with its options, and a reduction.

The formulas and options are those of the function that a class names.
"""

from __future__ import annotations

from typing import Any

from kgraph.losses.constructor import constructor
from kgraph.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_generalized_cross_entropy,
    check_between_0_and_1,
    sparse_categorical_crossentropy,
)
from kgraph.losses.focal import binary_focal_crossentropy, categorical_focal_crossentropy
from kgraph.losses.loss import LossFunctionWrapper
from kgraph.losses.margin import categorical_hinge, hinge, squared_hinge
from kgraph.losses.overlap import dice, tversky
from kgraph.losses.probabilistic import kl_divergence, poisson
from kgraph.losses.regression import (
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from kgraph.losses.sequence import ctc
from kgraph.losses.similarity import circle

# --- real numbers ----------------------------------------------------------------------------------------------------


class MeanSquaredError(LossFunctionWrapper):
    """``mean((y_true - y_pred)²)``. See ``mean_squared_error``."""

    __init__ = constructor(mean_squared_error)


class MeanAbsoluteError(LossFunctionWrapper):
    """``mean(|y_true - y_pred|)``. See ``mean_absolute_error``."""

    __init__ = constructor(mean_absolute_error)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """``100 * mean(|y_true - y_pred| / |y_true|)``. See ``mean_absolute_percentage_error``."""

    __init__ = constructor(mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """``mean((log(1 + y_true) - log(1 + y_pred))²)``. See ``mean_squared_logarithmic_error``."""

    __init__ = constructor(mean_squared_logarithmic_error)


class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine between target and prediction. See ``cosine_similarity``."""

    __init__ = constructor(cosine_similarity)


class Huber(LossFunctionWrapper):
    """Half the squared error, continued as a straight line beyond ``delta``. See ``huber``."""

    __init__ = constructor(huber, name="huber_loss")


class LogCosh(LossFunctionWrapper):
    """``mean(log(cosh(y_pred - y_true)))``. See ``log_cosh``."""

    __init__ = constructor(log_cosh)


# --- margins ---------------------------------------------------------------------------------------------------------


class Hinge(LossFunctionWrapper):
    """``mean(max(1 - y_true * y_pred, 0))`` of targets -1 and 1. See ``hinge``."""

    __init__ = constructor(hinge)


class SquaredHinge(LossFunctionWrapper):
    """``mean(max(1 - y_true * y_pred, 0)²)`` of targets -1 and 1. See ``squared_hinge``."""

    __init__ = constructor(squared_hinge)


class CategoricalHinge(LossFunctionWrapper):
    """What the best wrong class lacks to be 1 below the right one. See ``categorical_hinge``."""

    __init__ = constructor(categorical_hinge)


# --- probabilities ---------------------------------------------------------------------------------------------------


class KLDivergence(LossFunctionWrapper):
    """``sum(y_true * log(y_true / y_pred))``. See ``kl_divergence``."""

    __init__ = constructor(kl_divergence)


class Poisson(LossFunctionWrapper):
    """``mean(y_pred - y_true * log(y_pred))``. See ``poisson``."""

    __init__ = constructor(poisson)


class BinaryCrossentropy(LossFunctionWrapper):
    """Cross-entropy of independent yes or no targets. See ``binary_crossentropy``."""

    __init__ = constructor(binary_crossentropy)


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of yes or no targets that looks away from easy ones. See ``binary_focal_crossentropy``."""

    __init__ = constructor(binary_focal_crossentropy)


class CategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of targets that are distributions over classes. See ``categorical_crossentropy``."""

    __init__ = constructor(categorical_crossentropy)


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Cross-entropy over classes that looks away from easy ones. See ``categorical_focal_crossentropy``."""

    __init__ = constructor(categorical_focal_crossentropy)


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of targets that are class indices. See ``sparse_categorical_crossentropy``."""

    __init__ = constructor(sparse_categorical_crossentropy, "from_logits ignore_class reduction axis name dtype")


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """``(1 - p^q) / q`` of the probability of the right class. See ``categorical_generalized_cross_entropy``."""

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "auto",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        check_between_0_and_1("q", q)
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)
        self.q = q


# --- regions, embeddings, sequences ----------------------------------------------------------------------------------


class Dice(LossFunctionWrapper):
    """One less twice the overlap over the sum of both. See ``dice``."""

    __init__ = constructor(dice, "reduction name axis dtype")


class Tversky(LossFunctionWrapper):
    """``Dice`` with a weight for what is missed, and one for what is added. See ``tversky``."""

    __init__ = constructor(tversky, "alpha beta reduction name axis dtype")


class Circle(LossFunctionWrapper):
    """Embeddings of one label drawn together, and those of others apart. See ``circle``."""

    __init__ = constructor(circle, "gamma margin remove_diagonal reduction name dtype")


class CTC(LossFunctionWrapper):
    """Labels of sequences whose alignment is not known. See ``ctc``."""

    __init__ = constructor(ctc)
