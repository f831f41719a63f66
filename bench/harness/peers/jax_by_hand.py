"""A training loop written in JAX: the step is jitted, its state is donated, and batches are gathered inside of it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.workloads import Data, Workload

Batch = tuple[Any, tuple[Any, ...], tuple[Any, ...]]


def _binary_crossentropy(logits: Any, target: Any) -> Any:
    return (jnp.maximum(logits, 0) - logits * target + jnp.log1p(jnp.exp(-jnp.abs(logits))))[:, 0]


def _sparse_crossentropy(logits: Any, target: Any) -> Any:
    return jax.nn.logsumexp(logits, axis=1) - jnp.take_along_axis(logits, target[:, None], axis=1)[:, 0]


def _squares(outputs: Any, target: Any) -> Any:
    return jnp.square(outputs - target)[:, 0]


PER_SAMPLE = {
    "binary_crossentropy": _binary_crossentropy,
    "sparse_categorical_crossentropy": _sparse_crossentropy,
    "mse": _squares,
}
ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "softmax": jax.nn.softmax, "linear": lambda x: x}


def _adam(workload: Workload, params: Any, grads: Any, slots: Any, t: Any) -> tuple[Any, Any]:
    rate = workload.optimizer.learning_rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    m = jax.tree.map(lambda m, g: m + (g - m) * 0.1, slots[0], grads)
    v = jax.tree.map(lambda v, g: v + (g * g - v) * 0.001, slots[1], grads)
    new = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-7), params, m, v)
    return new, (m, v)


def _momentum(workload: Workload, params: Any, grads: Any, slots: Any, t: Any) -> tuple[Any, Any]:
    spec = workload.optimizer
    velocity = jax.tree.map(lambda v, g: spec.momentum * v - spec.learning_rate * g, slots[0], grads)
    return jax.tree.map(jnp.add, params, velocity), (velocity,)


OPTIMIZERS = {"adam": (_adam, 2), "sgd": (_momentum, 1)}


class JaxLoop:
    """State is (parameters, slots, step number, sum of accuracies); every jitted call is given it and returns it."""

    def __init__(self, workload: Workload, initial: list[np.ndarray]) -> None:
        self.workload = workload
        self.rng = np.random.default_rng(3)
        self._update, slots = OPTIMIZERS[workload.optimizer.name]
        params = [jnp.array(array) for array in initial]
        zeros = tuple([jnp.zeros_like(param) for param in params] for _ in range(slots))
        self.state = (params, zeros, jnp.zeros((), jnp.float32), jnp.zeros((), jnp.float32))
        self._step = jax.jit(self._train, donate_argnums=0)
        self._step_on_rows = jax.jit(self._train_on_rows, donate_argnums=0)
        self._predict = jax.jit(self._activated)
        self._resident: tuple[Data, Batch] | None = None

    def _outputs(self, params: list[Any], x: Any) -> list[Any]:
        hidden = x
        trunk = 2 * len(self.workload.hidden)
        for kernel, bias in zip(params[:trunk:2], params[1:trunk:2], strict=True):
            hidden = jax.nn.relu(hidden @ kernel + bias)
        return [hidden @ k + b for k, b in zip(params[trunk::2], params[trunk + 1 :: 2], strict=True)]

    def _activated(self, params: list[Any], x: Any) -> list[Any]:
        outputs = self._outputs(params, x)
        return [ACTIVATIONS[h.activation](out) for h, out in zip(self.workload.heads, outputs, strict=True)]

    def _loss(self, params: list[Any], batch: Batch) -> tuple[Any, Any]:
        x, targets, weights = batch
        total, accuracy = 0.0, jnp.zeros((), jnp.float32)
        for index, (head, out) in enumerate(zip(self.workload.heads, self._outputs(params, x), strict=True)):
            losses = PER_SAMPLE[head.loss](out, targets[index])
            total += head.loss_weight * jnp.mean(losses * weights[index] if weights else losses)
            if head.accuracy:
                accuracy += jnp.mean((out > 0) == (targets[index] > 0.5))
        return total, accuracy

    def _train(self, state: Any, batch: Batch) -> tuple[Any, Any]:
        params, slots, t, accuracies = state
        (loss, accuracy), grads = jax.value_and_grad(self._loss, has_aux=True)(params, batch)
        params, slots = self._update(self.workload, params, grads, slots, t + 1)
        return (params, slots, t + 1, accuracies + accuracy), loss

    def _train_on_rows(self, state: Any, data: Batch, rows: Any) -> tuple[Any, Any]:
        return self._train(state, jax.tree.map(lambda array: array[rows], data))

    def prepare(self, batch: Data) -> Batch:
        return jax.tree.map(jnp.array, (batch.x, batch.targets, batch.weights))

    def step(self, batch: Any) -> Any:
        self.state, loss = self._step(self.state, batch)
        jax.block_until_ready(self.state)
        return loss

    def loss(self, batch: Any) -> float:
        return float(self.step(batch))

    def fit(self, data: Data, epochs: int) -> None:
        resident = self._on_device(data)
        for _ in range(epochs):
            self._epoch(resident, self._order(data))
        jax.block_until_ready(self.state)

    def _epoch(self, data: Batch, order: np.ndarray) -> None:
        for rows in order:
            self.state, _ = self._step_on_rows(self.state, data, rows)

    def _order(self, data: Data) -> np.ndarray:
        """int32 ``(steps, batch)``: shuffled row numbers."""
        return self.rng.permutation(len(data.x)).astype(np.int32).reshape(-1, self.workload.batch)

    def _on_device(self, data: Data) -> Batch:
        if self._resident is None or self._resident[0] is not data:
            self._resident = (data, self.prepare(data))
        return self._resident[1]

    def predict(self, x: np.ndarray) -> list[np.ndarray]:
        return [np.asarray(output) for output in self._predict(self.state[0], x)]


class JaxScan(JaxLoop):
    """The same, with all steps of an epoch in one jitted call."""

    def __init__(self, workload: Workload, initial: list[np.ndarray]) -> None:
        super().__init__(workload, initial)
        self._scanned = jax.jit(self._scan, donate_argnums=0)

    def _scan(self, state: Any, data: Batch, order: Any) -> tuple[Any, Any]:
        return jax.lax.scan(lambda state, rows: self._train_on_rows(state, data, rows), state, order)

    def _epoch(self, data: Batch, order: np.ndarray) -> None:
        self.state, _ = self._scanned(self.state, data, order)


def make(workload: Workload, initial: list[np.ndarray], variant: str) -> JaxLoop:
    return {"steps": JaxLoop, "epochs": JaxScan}[variant](workload, initial)
