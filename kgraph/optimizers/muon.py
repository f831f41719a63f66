"""Muon."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph import ops
from kgraph.optimizers.moments import advance, advance_square, step_size
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


class Muon(Optimizer):
    """Steps of matrices made orthogonal; AdamW for all that is no matrix, or is excluded.

    For a matrix ``m <- momentum·m + g``, ``u = orthogonal(g + momentum·m)`` (of ``m`` itself without Nesterov's form)
    and ``w <- w - lr·rms_rate·sqrt(max(rows, columns))·u``. ``orthogonal`` divides by the norm and takes ``ns_steps``
    Newton-Schulz steps ``x <- a·x + (b·x·xᵀ + c·(x·xᵀ)²)·x``.

    Args:
        learning_rate: a number or a schedule.
        adam_beta_1: AdamW's ``beta_1``.
        adam_beta_2: AdamW's ``beta_2``.
        adam_weight_decay: the decay of variables that AdamW steps; ``None`` for none.
        epsilon: AdamW's ``epsilon``.
        weight_decay: see ``Optimizer``; of the matrices. So are all that follow up to ``name``.
        exclude_layers: patterns; a matrix in whose path one is found is left to AdamW.
        exclude_embeddings: whether matrices with "embedding" in their paths are left to AdamW.
        muon_a, muon_b, muon_c: ``a``, ``b`` and ``c``.
        adam_lr_ratio: AdamW's learning rate in relation to ``learning_rate``.
        momentum: how much of ``m`` stays at each step.
        ns_steps: how many Newton-Schulz steps are taken.
        nesterov: whether to use Nesterov's form.
        rms_rate: the length of a step in relation to the matrix; ``None`` for ``w <- w - lr·u``.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = (
        "adam_beta_1",
        "adam_beta_2",
        "epsilon",
        "exclude_layers",
        "muon_a",
        "muon_b",
        "muon_c",
        "adam_lr_ratio",
        "momentum",
        "ns_steps",
        "nesterov",
        "exclude_embeddings",
        "adam_weight_decay",
        "rms_rate",
    )

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.epsilon = epsilon
        self.exclude_layers = list(exclude_layers or [])
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.exclude_embeddings = exclude_embeddings
        self.adam_weight_decay = adam_weight_decay
        self.rms_rate = rms_rate
        self._momentums: list[Variable] = []
        self._velocities: dict[Variable, Variable] = {}

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        for variable in variables:
            self._momentums.append(self.add_variable_from_reference(variable, "momentum"))
            if self._by_adam(variable):
                self._velocities[variable] = self.add_variable_from_reference(variable, "velocity")

    def _by_adam(self, variable: Variable) -> bool:
        is_embedding = self.exclude_embeddings and "embedding" in variable.path.lower()
        excluded = any(re.search(pattern, variable.path) for pattern in self.exclude_layers)
        return variable.ndim != 2 or is_embedding or excluded

    def weight_decay_of(self, variable: Variable) -> float | None:
        return self.adam_weight_decay if self._by_adam(variable) else self.weight_decay

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        slot = self._momentums[self._get_variable_index(variable)]
        velocity = self._velocities.get(variable)
        if velocity is None:
            stepped = self._matrix_step(gradient, variable, slot, learning_rate)
        else:
            stepped = self._adam_step(gradient, variable, slot, velocity, learning_rate)
        self.assign(variable, named(stepped, "value"))

    def _adam_step(
        self, gradient: Any, variable: Variable, slot: Variable, velocity_slot: Variable, learning_rate: Any
    ) -> Any:
        rate = learning_rate * self.adam_lr_ratio
        size = step_size(self, rate, self.adam_beta_1, self.adam_beta_2, variable.type.dtype)
        momentum = advance(self, slot, gradient, self.adam_beta_1, "momentum")
        velocity = advance_square(self, velocity_slot, gradient, self.adam_beta_2, "velocity")
        return apply("adam_step", variable, momentum, velocity, size, epsilon=self.epsilon)

    def _matrix_step(self, gradient: Any, variable: Variable, slot: Variable, learning_rate: Any) -> Any:
        momentum = named(self.momentum * slot.value + gradient, "momentum")
        self.assign(slot, momentum)
        step = named(self._orthogonal(gradient + self.momentum * momentum if self.nesterov else momentum), "step")
        rate = learning_rate
        if self.rms_rate is not None:
            rate = rate * (math.sqrt(max(variable.shape)) * self.rms_rate)
        return apply("sgd_step", variable, step, cast(rate, variable.type.dtype))

    def _orthogonal(self, x: Any) -> Any:
        """A matrix near ``x`` whose singular values are near 1."""
        rows, columns = x.shape
        x = ops.transpose(x) if rows > columns else x
        x = x / (ops.norm(x) + 1e-7)
        for _ in range(self.ns_steps):
            square = ops.matmul(x, ops.transpose(x))
            x = self.muon_a * x + ops.matmul(self.muon_b * square + self.muon_c * ops.matmul(square, square), x)
        return ops.transpose(x) if rows > columns else x
