"""The epochs of `fit`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from kgraph.callbacks import CallbackList
from kgraph.models.passes import run_pass, run_test, shown
from kgraph.models.sources import Pass
from kgraph.models.stepping import SteppingModel
from kgraph.progress import EpochProgress


class Fit(NamedTuple):
    """What is trained on, what is validated on, and when.

    Attributes:
        train: the pass of an epoch.
        check: the pass of a validation, if there is one.
        epochs: the numbers of the epochs; the first is 0.
        validates: whether an epoch ends with a validation. It counts from 1.
    """

    train: Pass
    check: Pass | None
    epochs: range
    validates: Callable[[int], bool]


def run_epochs(model: SteppingModel, fit: Fit, hooks: CallbackList, progress: EpochProgress) -> None:
    """Trains for the epochs of ``fit``, with the hooks around them.

    Raises:
        ValueError: there are no batches at all.
    """
    model.stop_training = False
    model._initial_epoch = None
    logs: dict[str, Any] = {}
    hooks.on_train_begin()
    first = fit.epochs.start if model._initial_epoch is None else model._initial_epoch
    for epoch in range(first, fit.epochs.stop):
        hooks.on_epoch_begin(epoch)
        with shown(progress, fit.train, epoch):
            totals = run_pass(model, fit.train, hooks, progress)
            if not totals.steps:
                if epoch == first:
                    raise ValueError(f"model {model.name} cannot be trained on data without batches")
                break
            logs = totals.logs() | _validation(model, fit, epoch, hooks)
            progress.end(totals.steps, logs)
        hooks.on_epoch_end(epoch, logs)
        if model.stop_training or _is_over(fit, epoch):
            break
    model.optimizer.finalize_variable_values(model._collected_trainable_weights)
    hooks.on_train_end(logs)


def _validation(model: SteppingModel, fit: Fit, epoch: int, hooks: CallbackList) -> dict[str, Any]:
    """What the validation after ``epoch`` adds to its logs."""
    if fit.check is None or not fit.validates(epoch + 1):
        return {}
    fit.check.source.rewind()
    return {f"val_{name}": value for name, value in run_test(model, fit.check, hooks).logs().items()}


def _is_over(fit: Fit, epoch: int) -> bool:
    """Whether the data have nothing for the epochs that are left. Says so where there are some."""
    if not fit.train.source.is_over:
        return False
    left = fit.epochs.stop - epoch - 1
    if left:
        warnings.warn(
            f"the data ran out in epoch {epoch + 1} of {fit.epochs.stop} and can be had only once: training ends. "
            "Give something that can be iterated again, or say with steps_per_epoch how many batches make an epoch",
            stacklevel=4,
        )
    return True
