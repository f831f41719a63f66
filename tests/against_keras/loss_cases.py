"""What losses are compared on: a class, its function, options, targets and predictions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

RNG = np.random.default_rng(3)
PROBABILITIES = RNG.uniform(0.01, 0.99, (6, 4)).astype("float32")
LOGITS = RNG.normal(0, 4, (6, 4)).astype("float32")
TARGET = RNG.integers(0, 2, (6, 4)).astype("float32")
LABELS = RNG.integers(0, 4, 6)
ONE_HOT = np.eye(4, dtype="float32")[LABELS]
REAL = RNG.normal(size=(6, 4)).astype("float32")
#: Probabilities that the clipping by epsilon reaches.
SURE = np.array([[0, 1, 1e-9, 1 - 1e-9]] * 6, "float32")
STEPS = RNG.uniform(0.05, 0.95, (3, 5, 4)).astype("float32")
STEP_LABELS = RNG.integers(0, 4, (3, 5))
PIXELS = RNG.uniform(0.05, 0.95, (2, 4, 3)).astype("float32")
SHARES = PROBABILITIES / PROBABILITIES.sum(-1, keepdims=True)
EMBEDDINGS = REAL / np.linalg.norm(REAL, axis=1, keepdims=True)
#: With a label that stands alone, for which nothing is near.
GROUPS = np.array([0, 1, 0, 2, 1, 0])


class Case(NamedTuple):
    """``name`` is that of the class."""

    name: str
    function: str
    target: np.ndarray
    prediction: np.ndarray
    options: dict[str, Any]


def _cases(name: str, function: str, **given: Any) -> dict[str, Case]:
    """Cases by what the function does: ``(target, prediction)``, or ``(target, prediction, options)``."""
    cases = {what.replace("_", " "): (*data, {})[:3] for what, data in given.items()}
    return {
        f"{function} {what}": Case(name, function, target, prediction, options)
        for what, (target, prediction, options) in cases.items()
    }


REGRESSION = {
    **_cases(
        "MeanSquaredError", "mean_squared_error",
        plain=(REAL, LOGITS), of_steps=(STEPS[::-1], STEPS), of_a_column=(REAL[:, :1], LOGITS[:, :1]),
    ),
    **_cases("MeanAbsoluteError", "mean_absolute_error", plain=(REAL, LOGITS)),
    **_cases("MeanAbsolutePercentageError", "mean_absolute_percentage_error",
             plain=(REAL, LOGITS), of_zeros=(TARGET, PROBABILITIES)),
    **_cases("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error",
             plain=(PROBABILITIES, np.abs(LOGITS)), below_zero=(REAL, LOGITS)),
    **_cases("CosineSimilarity", "cosine_similarity",
             plain=(REAL, LOGITS), of_zeros=(REAL, 0 * LOGITS), along_an_axis=(STEPS, STEPS[::-1], {"axis": 1})),
    **_cases("Huber", "huber", plain=(REAL, LOGITS), of_delta=(REAL, LOGITS, {"delta": 2.5})),
    **_cases("LogCosh", "log_cosh", plain=(REAL, LOGITS), far_away=(REAL, 50 * LOGITS)),
}  # fmt: skip

MARGINS = {
    **_cases("Hinge", "hinge", of_signs=(2 * TARGET - 1, LOGITS), of_zeros_and_ones=(TARGET, LOGITS)),
    **_cases("SquaredHinge", "squared_hinge", of_signs=(2 * TARGET - 1, LOGITS), of_zeros_and_ones=(TARGET, LOGITS)),
    **_cases("CategoricalHinge", "categorical_hinge", plain=(ONE_HOT, LOGITS)),
}

PROBABILISTIC = {
    **_cases("KLDivergence", "kl_divergence", plain=(SHARES[::-1], SHARES), of_certainty=(ONE_HOT, SURE)),
    **_cases("Poisson", "poisson", plain=(TARGET, PROBABILITIES)),
    **_cases(
        "BinaryCrossentropy", "binary_crossentropy",
        plain=(TARGET, PROBABILITIES), of_sure_predictions=(TARGET, SURE),
        of_logits=(TARGET, LOGITS, {"from_logits": True}),
        smoothed=(TARGET, PROBABILITIES, {"label_smoothing": 0.2}),
        smoothed_of_logits=(TARGET, LOGITS, {"label_smoothing": 0.2, "from_logits": True}),
        along_an_axis=(STEPS[::-1].round(), STEPS, {"axis": 1}),
    ),
    **_cases(
        "BinaryFocalCrossentropy", "binary_focal_crossentropy",
        plain=(TARGET, PROBABILITIES),
        balanced=(TARGET, PROBABILITIES, {"apply_class_balancing": True, "alpha": 0.3}),
        of_logits=(TARGET, LOGITS / 2, {"from_logits": True, "gamma": 1.5, "label_smoothing": 0.1}),
        without_focus=(TARGET, PROBABILITIES, {"gamma": 0.0}),
    ),
    **_cases(
        "CategoricalCrossentropy", "categorical_crossentropy",
        plain=(ONE_HOT, PROBABILITIES), of_sure_predictions=(ONE_HOT, SURE),
        of_logits=(ONE_HOT, LOGITS, {"from_logits": True}),
        smoothed=(ONE_HOT, PROBABILITIES, {"label_smoothing": 0.1}),
        of_soft_targets=(PROBABILITIES, LOGITS, {"from_logits": True}),
        along_an_axis=(PIXELS, PIXELS, {"axis": 1}),
    ),
    **_cases(
        "CategoricalFocalCrossentropy", "categorical_focal_crossentropy",
        plain=(ONE_HOT, PROBABILITIES),
        of_logits=(ONE_HOT, LOGITS, {"from_logits": True, "gamma": 3.0, "label_smoothing": 0.1}),
        with_a_weight_for_each_class=(ONE_HOT, PROBABILITIES, {"alpha": [0.1, 0.2, 0.3, 0.4]}),
        along_an_axis=(PIXELS, PIXELS, {"axis": 1}),
    ),
    **_cases(
        "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy",
        plain=(LABELS, PROBABILITIES), of_a_column=(LABELS[:, None], PROBABILITIES),
        of_float_labels=(LABELS.astype("float32"), PROBABILITIES),
        of_logits=(LABELS, LOGITS, {"from_logits": True}), of_sure_predictions=(LABELS, SURE),
        of_steps=(STEP_LABELS, STEPS), without_a_class=(LABELS, PROBABILITIES, {"ignore_class": 2}),
        of_steps_without_a_class=(STEP_LABELS, STEPS, {"ignore_class": 0, "from_logits": True}),
    ),
    **_cases(
        "CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy",
        plain=(LABELS, PROBABILITIES, {"q": 0.5}), of_q=(LABELS, PROBABILITIES, {"q": 0.2}),
    ),
}  # fmt: skip

REGIONS = {
    **_cases("Dice", "dice", of_the_batch=(TARGET, PROBABILITIES), of_samples=(TARGET, PROBABILITIES, {"axis": -1})),
    **_cases(
        "Tversky", "tversky",
        of_the_batch=(TARGET, PROBABILITIES),
        of_samples=(STEPS.round(), STEPS[::-1], {"axis": (1, 2), "alpha": 0.3, "beta": 0.7}),
    ),
    **_cases(
        "Circle", "circle",
        plain=(GROUPS, EMBEDDINGS), of_gamma_and_margin=(GROUPS, EMBEDDINGS, {"gamma": 8.0, "margin": 0.2}),
        with_the_diagonal=(GROUPS, EMBEDDINGS, {"remove_diagonal": False}),
    ),
}  # fmt: skip

#: Labels from 1, with zeros after them: with repeated ones, as many as the steps allow, and none.
SPELLED = np.array([[1, 1, 3, 0], [3, 1, 2, 1], [0, 0, 0, 0]])
SEQUENCES = _cases("CTC", "ctc", plain=(SPELLED, 4 * STEPS), of_float_labels=(SPELLED.astype("float32"), STEPS))

CASES = {**REGRESSION, **MARGINS, **PROBABILISTIC, **REGIONS, **SEQUENCES}
