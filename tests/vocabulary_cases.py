"""A case of every layer, loss, metric and optimizer: how to make it, and float64 data that it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kgraph import layers, losses, metrics, optimizers
from kgraph.optimizers import schedules

SAMPLES = 6
RNG = np.random.default_rng(41)


def normal(*sample: int) -> np.ndarray:
    return RNG.normal(size=(SAMPLES, *sample))


FLAT, STEPS, IMAGES, VOLUMES = normal(6), normal(5, 6), normal(4, 5, 2), normal(3, 4, 5, 2)
TOKENS = RNG.integers(0, 7, (SAMPLES, 5))

#: By class: how to make the layer, and its input or inputs.
LAYERS: dict[str, tuple[Callable[[], Any], Any]] = {
    "Activation": (lambda: layers.Activation("gelu"), FLAT),
    "ActivityRegularization": (lambda: layers.ActivityRegularization(0.1, 0.1), FLAT),
    "Add": (layers.Add, [FLAT, -FLAT]),
    "AlphaDropout": (lambda: layers.AlphaDropout(0.5), FLAT),
    "Average": (layers.Average, [FLAT, -FLAT]),
    "BatchNormalization": (layers.BatchNormalization, STEPS),
    "Concatenate": (layers.Concatenate, [FLAT, -FLAT]),
    "Cropping1D": (layers.Cropping1D, STEPS),
    "Cropping2D": (lambda: layers.Cropping2D(1), IMAGES),
    "Cropping3D": (layers.Cropping3D, VOLUMES),
    "Dense": (lambda: layers.Dense(3, "relu", kernel_regularizer="l1_l2", bias_constraint="max_norm"), FLAT),
    "Dot": (lambda: layers.Dot(1, normalize=True), [FLAT, FLAT[::-1]]),
    "Dropout": (lambda: layers.Dropout(0.5, (None, 1, 6)), STEPS),
    "ELU": (layers.ELU, FLAT),
    "EinsumDense": (lambda: layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), STEPS),
    "Embedding": (lambda: layers.Embedding(7, 3), TOKENS),
    "Flatten": (layers.Flatten, STEPS),
    "GaussianDropout": (lambda: layers.GaussianDropout(0.5), FLAT),
    "GaussianNoise": (lambda: layers.GaussianNoise(0.5), FLAT),
    "GroupNormalization": (lambda: layers.GroupNormalization(2), STEPS),
    "Identity": (layers.Identity, FLAT),
    "Lambda": (lambda: layers.Lambda(lambda x: x * 2.0), FLAT),
    "LayerNormalization": (layers.LayerNormalization, STEPS),
    "LeakyReLU": (layers.LeakyReLU, FLAT),
    "Masking": (layers.Masking, STEPS),
    "Maximum": (layers.Maximum, [FLAT, -FLAT]),
    "Minimum": (layers.Minimum, [FLAT, -FLAT]),
    "Multiply": (layers.Multiply, [FLAT, -FLAT]),
    "Normalization": (layers.Normalization, FLAT),
    "PReLU": (layers.PReLU, FLAT),
    "Permute": (lambda: layers.Permute((2, 1)), STEPS),
    "RMSNormalization": (layers.RMSNormalization, STEPS),
    "ReLU": (lambda: layers.ReLU(2.0, 0.1, 0.5), FLAT),
    "RepeatVector": (lambda: layers.RepeatVector(2), FLAT),
    "Rescaling": (lambda: layers.Rescaling(0.5, 1.0), FLAT),
    "Reshape": (lambda: layers.Reshape((3, 2)), FLAT),
    "Softmax": (layers.Softmax, FLAT),
    "SpatialDropout1D": (lambda: layers.SpatialDropout1D(0.5), STEPS),
    "SpatialDropout2D": (lambda: layers.SpatialDropout2D(0.5), IMAGES),
    "SpatialDropout3D": (lambda: layers.SpatialDropout3D(0.5), VOLUMES),
    "SpectralNormalization": (lambda: layers.SpectralNormalization(layers.Dense(3)), FLAT),
    "Subtract": (layers.Subtract, [FLAT, -FLAT]),
    "TimeDistributed": (lambda: layers.TimeDistributed(layers.BatchNormalization()), STEPS),
    "UnitNormalization": (layers.UnitNormalization, STEPS),
    "UpSampling1D": (layers.UpSampling1D, STEPS),
    "UpSampling2D": (lambda: layers.UpSampling2D(2, interpolation="lanczos3"), IMAGES),
    "UpSampling3D": (layers.UpSampling3D, VOLUMES),
    "ZeroPadding1D": (layers.ZeroPadding1D, STEPS),
    "ZeroPadding2D": (layers.ZeroPadding2D, IMAGES),
    "ZeroPadding3D": (layers.ZeroPadding3D, VOLUMES),
}
#: Classes that are no layer of a model by themselves.
BASES = {"Input", "InputLayer", "InputSpec", "Layer", "Wrapper"}

SHARES = RNG.dirichlet(np.ones(4), SAMPLES)
LABELS = RNG.integers(0, 4, SAMPLES)
ONE_HOT = np.eye(4)[LABELS]
#: Labels from 1 on, with zeros after them.
SPELLED = np.array([[1, 1, 3], [3, 1, 2], [2, 0, 0], [1, 2, 0], [3, 3, 0], [1, 0, 0]])

#: By class, where targets are not ``ONE_HOT`` and predictions not ``SHARES``.
LOSS_DATA = {
    "SparseCategoricalCrossentropy": (LABELS, SHARES),
    "CategoricalGeneralizedCrossEntropy": (LABELS, SHARES),
    "Circle": (LABELS % 2, SHARES / np.linalg.norm(SHARES, axis=1, keepdims=True)),
    "CTC": (SPELLED, normal(7, 4)),
}
LOSSES = [name for name in losses.__all__ if name[0].isupper() and name not in ("Loss", "LossFunctionWrapper")]

#: By class: the arguments that have no default.
METRIC_ARGUMENTS: dict[str, dict[str, Any]] = {
    "IoU": {"num_classes": 4, "target_class_ids": [0, 2]},
    "MeanIoU": {"num_classes": 4},
    "MeanMetricWrapper": {"fn": losses.mean_squared_error},
    "OneHotIoU": {"num_classes": 4, "target_class_ids": [1]},
    "OneHotMeanIoU": {"num_classes": 4},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}
METRIC_DATA = {
    **{f"SparseCategorical{kind}": (LABELS, SHARES) for kind in ("Accuracy", "Crossentropy")},
    **{"SparseTopKCategoricalAccuracy": (LABELS, SHARES), "IoU": (LABELS, LABELS[::-1]), "MeanIoU": (LABELS, LABELS)},
    **{"Mean": (SHARES,), "Sum": (SHARES,)},
}
METRICS = [name for name in metrics.__all__ if name[0].isupper() and name != "Metric"]
#: What is a quotient of zeros where there is nothing to count, as in Keras.
NAN_WHERE_EMPTY = {"R2Score"}

OPTIMIZERS = [name for name in optimizers.__all__ if name[0].isupper() and name != "Optimizer"]
#: Options of every optimizer, those together that may be.
OPTIONS: dict[str, Callable[[], dict[str, Any]]] = {
    "plain": dict,
    "scheduled and clipped": lambda: {"learning_rate": schedules.CosineDecay(0.1, 10), "global_clipnorm": 1.0},
    "averaged": lambda: {"use_ema": True, "ema_overwrite_frequency": 2, "clipvalue": 0.5, "loss_scale_factor": 8.0},
    "accumulated": lambda: {"gradient_accumulation_steps": 2, "clipnorm": 1.0, "weight_decay": 0.01, "decay": 0.1},
}


def make_loss(name: str, **options: Any) -> Any:
    q = {"q": 0.5} if name == "CategoricalGeneralizedCrossEntropy" else {}
    return getattr(losses, name)(**q, **options)


def make_metric(name: str) -> Any:
    return getattr(metrics, name)(**METRIC_ARGUMENTS.get(name, {}))


def make_optimizer(name: str, options: str = "plain") -> Any:
    given = OPTIONS[options]()
    if name == "LossScaleOptimizer":
        return optimizers.LossScaleOptimizer(optimizers.Adam(**given))
    return getattr(optimizers, name)(**given)
