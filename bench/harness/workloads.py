"""The models that are trained, their data and their initial weights: the same for every peer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Loss = Literal["binary_crossentropy", "sparse_categorical_crossentropy", "mse"]


@dataclass(frozen=True)
class Head:
    """A dense layer at the end of a model, and its loss."""

    name: str
    units: int
    loss: Loss
    accuracy: bool = False
    loss_weight: float = 1.0

    @property
    def activation(self) -> str:
        return {"binary_crossentropy": "sigmoid", "sparse_categorical_crossentropy": "softmax", "mse": "linear"}[
            self.loss
        ]


@dataclass(frozen=True)
class OptimizerSpec:
    """An optimizer with Keras's defaults, but for what stands here."""

    name: Literal["adam", "sgd"]
    learning_rate: float
    momentum: float = 0.0


@dataclass(frozen=True)
class Data:
    """Samples.

    Attributes:
        x: float32 ``(samples, features)``.
        targets: one per head: float32 ``(samples, 1)``, or int32 ``(samples,)`` for class numbers.
        weights: float32 ``(samples,)`` per head, or none at all.
    """

    x: np.ndarray
    targets: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]

    def batches(self, size: int) -> list[Data]:
        return [self.rows(begin, begin + size) for begin in range(0, len(self.x) - size + 1, size)]

    def rows(self, begin: int, end: int) -> Data:
        def cut(arrays: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
            return tuple(array[begin:end] for array in arrays)

        return Data(self.x[begin:end], cut(self.targets), cut(self.weights))


@dataclass(frozen=True)
class Workload:
    """A multi-layer perceptron with ReLUs, and how it is trained.

    Attributes:
        epoch_steps: batches in an epoch of ``fit``.
        check_steps: steps after which the losses of all peers are compared.
        weighted: whether each sample comes with a weight for each head.
    """

    name: str
    features: int
    hidden: tuple[int, ...]
    heads: tuple[Head, ...]
    batch: int
    optimizer: OptimizerSpec
    epoch_steps: int
    check_steps: int
    weighted: bool = False

    @property
    def title(self) -> str:
        outputs = "+".join(str(head.units) for head in self.heads)
        sizes = "-".join([str(self.features), *map(str, self.hidden), outputs])
        weights = ", sample weights" if self.weighted else ""
        accuracy = ", accuracy" if any(head.accuracy for head in self.heads) else ""
        method = {"adam": "Adam", "sgd": "SGD with momentum"}[self.optimizer.name]
        return f"{sizes}, batch {self.batch}, {method}{accuracy}{weights}"

    def layer_sizes(self) -> list[tuple[int, int]]:
        """Inputs and units of each dense layer: the hidden ones in order, then the heads."""
        widths = [self.features, *self.hidden]
        hidden = list(zip(widths, self.hidden, strict=False))
        return hidden + [(widths[-1], head.units) for head in self.heads]

    def flops(self) -> int:
        """Multiplications and additions of the matrix products of one training step.

        A layer has three products of ``2·batch·inputs·units``: the forward one, the gradient of the kernel, and that of
        the inputs, which the first layer does without.
        """
        products = [2 * self.batch * inputs * units for inputs, units in self.layer_sizes()]
        return 3 * sum(products) - products[0]

    def initial_weights(self) -> list[np.ndarray]:
        """Kernel and bias of each layer, in the order of ``layer_sizes``: Glorot's normal, and zeros."""
        rng = np.random.default_rng(1)
        weights: list[np.ndarray] = []
        for inputs, units in self.layer_sizes():
            kernel = rng.standard_normal((inputs, units), np.float32)
            kernel *= np.float32((2 / (inputs + units)) ** 0.5)
            weights += [kernel, np.zeros(units, np.float32)]
        return weights

    def data(self) -> Data:
        """``epoch_steps`` batches whose targets follow from ``x``, but for a fifth of them, so that no model is ever
        done with learning and falls into denormal numbers."""
        rng = np.random.default_rng(2)
        x = rng.standard_normal((self.epoch_steps * self.batch, self.features), np.float32)
        targets = tuple(_targets(head, x, rng) for head in self.heads)
        weights = tuple(rng.uniform(0.5, 1.5, len(x)).astype(np.float32) for _ in self.heads if self.weighted)
        return Data(x, targets, weights)


def _targets(head: Head, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    teacher = rng.standard_normal((x.shape[1], head.units), np.float32) / np.float32(x.shape[1] ** 0.5)
    truth = x @ teacher
    astray = rng.random(len(x)) < 0.2
    if head.loss == "mse":
        return truth + np.float32(0.3) * rng.standard_normal(truth.shape, np.float32)
    if head.loss == "binary_crossentropy":
        return ((truth > 0) ^ astray[:, None]).astype(np.float32)
    return np.where(astray, rng.integers(0, head.units, len(x)), truth.argmax(axis=1)).astype(np.int32)


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload(
            name="small",
            features=20,
            hidden=(64, 64),
            heads=(Head("risk", 1, "binary_crossentropy", accuracy=True),),
            batch=32,
            optimizer=OptimizerSpec("adam", 1e-3),
            epoch_steps=512,
            check_steps=40,
        ),
        Workload(
            name="middle",
            features=784,
            hidden=(512, 512),
            heads=(Head("digit", 10, "sparse_categorical_crossentropy"),),
            batch=128,
            optimizer=OptimizerSpec("adam", 3e-4),
            epoch_steps=64,
            check_steps=20,
        ),
        Workload(
            name="large",
            features=1024,
            hidden=(4096, 4096),
            heads=(Head("class", 1000, "sparse_categorical_crossentropy"),),
            batch=256,
            optimizer=OptimizerSpec("sgd", 0.01, momentum=0.9),
            epoch_steps=8,
            check_steps=8,
        ),
        Workload(
            name="two-heads",
            features=20,
            hidden=(64, 64),
            heads=(Head("risk", 1, "binary_crossentropy"), Head("amount", 1, "mse", loss_weight=0.5)),
            batch=32,
            optimizer=OptimizerSpec("adam", 1e-3),
            epoch_steps=512,
            check_steps=40,
            weighted=True,
        ),
    )
}
