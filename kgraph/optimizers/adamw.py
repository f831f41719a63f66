"""AdamW."""

from __future__ import annotations

from typing import Any

from kgraph.optimizers.adam import Adam
from kgraph.optimizers.rates import Rate


class AdamW(Adam):
    """Adam with decay: before each step ``w <- w - lr·weight_decay·w``.

    Args:
        learning_rate: a number or a schedule.
        weight_decay: the share that a variable loses at each step, times the learning rate.
        beta_1: how much of the average gradient stays at each step.
        beta_2: how much of the average square stays at each step.
        epsilon: keeps the quotient finite.
        amsgrad: whether to divide by the largest average square so far.
        clipnorm: see ``Optimizer``, as for all that follow.

    Raises:
        ValueError: there is no ``weight_decay``.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, clipnorm, clipvalue, global_clipnorm,
            use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name,
            **kwargs,
        )  # fmt: skip
        if self.weight_decay is None:
            raise ValueError("AdamW: weight_decay must be a number, not None; without decay it is Adam")
