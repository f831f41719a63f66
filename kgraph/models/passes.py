"""A pass over data: steps, hooks, and what is shown of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Final

import numpy as np

from kgraph.callbacks import CallbackList
from kgraph.data import Chunk
from kgraph.models.loop import Totals, counting_batches, run_epoch
from kgraph.models.sources import Pass
from kgraph.models.stepping import SteppingModel
from kgraph.progress import EpochProgress
from kgraph.runtime.evaluation import NonFiniteError
from kgraph.runtime.function import Function

#: What a callback sets on the model to end a pass after the batch it is at.
_STOPS: Final[Mapping[str, str]] = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}


@contextmanager
def shown(progress: EpochProgress, work: Pass, epoch: int | None = None) -> Iterator[None]:
    """A pass whose progress is shown; should it be cut short, what is printed next stands on a line of its own.

    Args:
        progress: shows it.
        work: the pass.
        epoch: of training.

    Raises:
        NonFiniteError: a value is not finite, where that is looked for; with its report.
    """
    progress.begin(work.source.steps, epoch or 0)
    try:
        yield
    except BaseException as error:
        progress.interrupt()
        if isinstance(error, NonFiniteError):
            from kgraph.debug.telling import told

            raise told(error, epoch) from None
        raise


def run_pass(model: SteppingModel, work: Pass, hooks: CallbackList, progress: EpochProgress | None = None) -> Totals:
    """One pass of training or evaluation; gives the losses and metrics."""
    model.reset_metrics()
    totals = Totals(model._reported)
    one_by_one = hooks.has_batch_hooks if work.phase == "train" else hooks.has_test_batch_hooks
    begin, end = (getattr(hooks, f"on_{work.phase}_batch_{when}") for when in ("begin", "end"))
    with closing(work.source.epoch()) as chunks:
        for steps in run_epoch(work.function, chunks, begin if one_by_one else None):
            totals.add(steps)
            model._latest_steps = steps
            if progress is not None:
                progress.update(steps.end, totals.logs)
            if one_by_one:
                end(steps.end - 1, totals.logs())
                if getattr(model, _STOPS[work.phase]):
                    break
    return totals


def run_test(model: SteppingModel, work: Pass, hooks: CallbackList, progress: EpochProgress | None = None) -> Totals:
    """A pass of evaluation, with the hooks around it."""
    model.stop_evaluating = False
    hooks.on_test_begin()
    totals = run_pass(model, work, hooks, progress)
    hooks.on_test_end(totals.logs())
    return totals


def run_predict(
    model: SteppingModel, work: Pass, hooks: CallbackList, progress: EpochProgress
) -> dict[str, np.ndarray]:
    """A pass of prediction, with the hooks around it; gives the outputs for all samples, by name.

    Raises:
        ValueError: there are no batches, or outputs of several batches do not fit together.
    """
    model.stop_predicting = False
    hooks.on_predict_begin()
    with closing(work.source.epoch()) as chunks:
        parts = list(_predictions(model, work.function, chunks, hooks, progress))
    hooks.on_predict_end()
    progress.end(progress.bar.seen_so_far, {})
    if not parts:
        raise ValueError(f"there is nothing to predict for model {model.name}: the data gave no batches")
    return parts[0] if len(parts) == 1 else {name: _joined(name, [part[name] for part in parts]) for name in parts[0]}


def _predictions(
    model: SteppingModel, function: Function, chunks: Iterable[Chunk], hooks: CallbackList, progress: EpochProgress
) -> Iterator[dict[str, np.ndarray]]:
    """The outputs for each chunk; for each batch, where a callback looks at it."""
    one_by_one = hooks.has_predict_batch_hooks
    done = 0
    for chunk in chunks:
        size = chunk.batch if one_by_one else max(chunk.rows, 1)
        for first in range(0, max(chunk.rows, 1), size):
            rows = min(size, chunk.rows - first)
            window = slice(chunk.first + first, chunk.first + first + rows)
            if one_by_one and rows:
                hooks.on_predict_batch_begin(done)
            arrays = {name: array[window] for name, array in chunk.arrays.items()}
            with counting_batches(done, is_known=rows <= chunk.batch):
                results = function.run_batches(arrays, chunk.batch, partial(_show, progress, done))
            yield results
            done += -(-rows // chunk.batch)
            if one_by_one and rows:
                hooks.on_predict_batch_end(done - 1, {"outputs": model._outputs(results)})
                if model.stop_predicting:
                    return


def _show(progress: EpochProgress, before: int, batches: int) -> None:
    progress.update(before + batches, {})


def _joined(name: str, parts: Sequence[np.ndarray]) -> np.ndarray:
    tails = {part.shape[1:] for part in parts}
    if len(tails) > 1:
        shapes = " and ".join(map(str, sorted(tails)[:2]))
        raise ValueError(f"samples of {name} have shape {shapes} in different batches, so they make no one array")
    return np.concatenate(parts)
