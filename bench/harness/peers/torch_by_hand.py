"""A training loop written in PyTorch, with its fused optimizers; eager, or with the loss compiled by inductor."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.workloads import Data, Workload

Batch = tuple[Tensor, tuple[Tensor, ...], tuple[Tensor, ...]]

PER_SAMPLE = {
    "binary_crossentropy": lambda out, y: F.binary_cross_entropy_with_logits(out, y, reduction="none")[:, 0],
    "sparse_categorical_crossentropy": lambda out, y: F.cross_entropy(out, y, reduction="none"),
    "mse": lambda out, y: F.mse_loss(out, y, reduction="none")[:, 0],
}
ACTIVATIONS = {"sigmoid": torch.sigmoid, "softmax": lambda x: F.softmax(x, dim=1), "linear": lambda x: x}


class Perceptron(nn.Module):
    """Linear layers with ReLUs, and heads without activation."""

    def __init__(self, workload: Workload, initial: list[np.ndarray]) -> None:
        super().__init__()
        sizes = workload.layer_sizes()
        self.linears = nn.ModuleList([nn.Linear(inputs, units) for inputs, units in sizes])
        self.depth = len(workload.hidden)
        with torch.no_grad():
            for linear, kernel, bias in zip(self.linears, initial[::2], initial[1::2], strict=True):
                linear.weight.copy_(torch.from_numpy(kernel.T))
                linear.bias.copy_(torch.from_numpy(bias))

    def forward(self, x: Tensor) -> list[Tensor]:
        for linear in self.linears[: self.depth]:
            x = F.relu(linear(x))
        return [linear(x) for linear in self.linears[self.depth :]]


class TorchLoop:
    """Zero the gradients, loss, backward, step."""

    def __init__(self, workload: Workload, initial: list[np.ndarray], compiled: bool) -> None:
        self.workload = workload
        self.model = Perceptron(workload, initial)
        self.optimizer = _optimizer(workload, self.model)
        self.accuracies = torch.zeros(())
        self._losses = torch.compile(self._loss) if compiled else self._loss
        self._outputs = torch.compile(self._activated) if compiled else self._activated

    def _loss(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        x, targets, weights = batch
        total, accuracy = torch.zeros(()), None
        for index, (head, out) in enumerate(zip(self.workload.heads, self.model(x), strict=True)):
            losses = PER_SAMPLE[head.loss](out, targets[index])
            total = total + head.loss_weight * (losses * weights[index] if weights else losses).mean()
            if head.accuracy:
                accuracy = ((out.detach() > 0) == (targets[index] > 0.5)).float().mean()
        return total, accuracy

    def _activated(self, x: Tensor) -> list[Tensor]:
        return [ACTIVATIONS[h.activation](out) for h, out in zip(self.workload.heads, self.model(x), strict=True)]

    def prepare(self, batch: Data) -> Batch:
        def convert(array: np.ndarray) -> Tensor:
            # Class numbers must be int64 for cross_entropy.
            return torch.from_numpy(array if array.dtype == np.float32 else array.astype(np.int64))

        return convert(batch.x), tuple(map(convert, batch.targets)), tuple(map(convert, batch.weights))

    def step(self, batch: Any) -> Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        loss, accuracy = self._losses(batch)
        loss.backward()
        self.optimizer.step()
        if accuracy is not None:
            self.accuracies += accuracy
        return loss

    def loss(self, batch: Any) -> float:
        return self.step(batch).item()

    def fit(self, data: Data, epochs: int) -> None:
        x, targets, weights = self.prepare(data)
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(self.workload.batch):
                self.step((x[rows], tuple(y[rows] for y in targets), tuple(w[rows] for w in weights)))

    def predict(self, x: np.ndarray) -> list[np.ndarray]:
        with torch.inference_mode():
            return [output.numpy() for output in self._outputs(torch.from_numpy(x))]


def _optimizer(workload: Workload, model: nn.Module) -> torch.optim.Optimizer:
    spec = workload.optimizer
    if spec.name == "adam":
        return torch.optim.Adam(model.parameters(), lr=spec.learning_rate, eps=1e-7, fused=True)
    return torch.optim.SGD(model.parameters(), lr=spec.learning_rate, momentum=spec.momentum, fused=True)


def make(workload: Workload, initial: list[np.ndarray], variant: str) -> TorchLoop:
    return TorchLoop(workload, initial, compiled=variant == "compiled")
