"""Training, evaluating and predicting."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack, closing
from typing import Any

from kgraph.callbacks import CallbackList, History
from kgraph.data import Samples, is_array_like, is_stream
from kgraph.models.epochs import Fit, run_epochs
from kgraph.models.generator_names import GeneratorNames
from kgraph.models.passes import run_predict, run_test, shown
from kgraph.models.sources import Batching, Data, Pass, array_pass, open_pass, open_training, whole_number
from kgraph.models.stepping import SteppingModel
from kgraph.progress import EpochProgress, verbosity


class TrainingModel(GeneratorNames, SteppingModel):
    """A model that is trained, evaluated and asked for predictions.

    ``x`` may be arrays of any kind: numpy's, frames and series of pandas, sparse matrices of scipy, tensors, nested
    lists of numbers, and whatever can be sliced; sparse matrices, memory maps and what is no array are read a few
    batches at a time. Or it gives batches ``x``, ``(x,)``, ``(x, y)`` or ``(x, y, sample_weight)``: a ``PyDataset``, a
    loader, a generator, anything that can be iterated. These are read ahead on a thread, by no more than a pass needs.

    Attributes:
        history: what the latest ``fit`` returned, or is about to.
        stop_training, stop_evaluating, stop_predicting: what a callback sets to end a pass after the batch it is at.
    """

    history: History | None = None

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Collection[int] = 1,
    ) -> History:
        """Trains for ``epochs`` passes over the data.

        Args:
            x, y: arrays, lists of arrays in the order of inputs and outputs, or dicts by their names. Or ``x`` alone,
                which gives batches.
            batch_size: samples a step, 32 by default. Nothing for what gives batches.
            epochs: the number of the last epoch.
            verbose: 0 for silence, 1 (``"auto"``) for a progress bar, 2 for a line an epoch.
            callbacks: ``Callback`` objects.
            validation_split: the fraction at the end of the data, before shuffling, that is kept for validation.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)``, or what gives batches of these; in place of a
                split.
            shuffle: whether each epoch takes the samples in a new order; ``"batch"`` for a new order in each batch. The
                batches of a ``PyDataset`` come in a new order; other batches come as they are given.
            class_weight: a dict of class to weight; one per output for several outputs.
            sample_weight: an array ``(samples,)``, or ``(samples, steps)`` where its mode is temporal; one for each
                output, or one for all.
            initial_epoch: where to go on counting.
            steps_per_epoch: batches in an epoch, where it is not one pass over the data. The next epoch goes on where
                this one stopped.
            validation_steps: batches in a validation, where it is not one pass over its data.
            validation_batch_size: samples a step in validation; as in training where not given.
            validation_freq: how many epochs lie between validations, or a list of epochs (the first is 1) that end
                with one.

        Returns:
            The ``History`` of losses and metrics.

        Raises:
            RuntimeError: the model is not compiled.
            ValueError, TypeError: data do not fit; the message names the input or output, and the batch where there are
                batches. Weights are as the last whole step left them.
            Exception: whatever the data raise, with a note that tells the batch.
        """
        epoch_numbers = range(whole_number("initial_epoch", initial_epoch, 0), whole_number("epochs", epochs, 0))
        validates = _epochs_with_validation(validation_freq)
        batching = Batching(batch_size, _at_least_one("steps_per_epoch", steps_per_epoch), shuffle)
        in_validation = Batching(
            _at_least_one("validation_batch_size", validation_batch_size) or batch_size,
            _at_least_one("validation_steps", validation_steps),
        )
        fraction = 0.0 if validation_data is not None else validation_split
        with ExitStack() as opened:
            train, held_out = open_training(self, Data(x, y, sample_weight), batching, class_weight, fraction)
            opened.callback(train.source.close)
            opened.callback(setattr, self, "_latest_steps", None)
            check = self._validation(held_out, validation_data, in_validation)
            if check is not None:
                opened.callback(check.source.close)
            hooks = CallbackList(
                callbacks,
                add_history=True,
                model=self,
                epochs=epochs,
                steps=train.source.steps,
                verbose=verbosity(verbose),
            )
            assert hooks.history is not None
            self.history = hooks.history
            progress = EpochProgress(0 if hooks.has_progbar else verbose, epochs)
            run_epochs(self, Fit(train, check, epoch_numbers, validates), hooks, progress)
        return self.history

    def _validation(self, held_out: Mapping[str, Samples] | None, data: Any, batching: Batching) -> Pass | None:
        """The pass of validation, over samples held out of the training data or data of its own."""
        if held_out is not None:
            return array_pass(self, "test", held_out, batching)
        return None if data is None else open_pass(self, "test", _validation_data(data), batching)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and metrics over the data, as ``test_on_batch`` gives them for a batch.

        Args:
            x, y, sample_weight, batch_size, verbose, callbacks: as for ``fit``.
            steps: batches, where it is not all of them.
            return_dict: whether to give a dict by name.

        Raises:
            RuntimeError, ValueError, TypeError: as ``fit``.
        """
        work = open_pass(self, "test", Data(x, y, sample_weight), Batching(batch_size, _at_least_one("steps", steps)))
        with closing(work.source):
            hooks, progress = self._watched(work, callbacks, verbose)
            with shown(progress, work):
                totals = run_test(self, work, hooks, progress)
                progress.end(totals.steps, totals.logs())
        logs = totals.logs()
        if not logs:
            raise ValueError(f"model {self.name} cannot be evaluated on data without batches")
        if return_dict:
            return logs
        return next(iter(logs.values())) if len(logs) == 1 else list(logs.values())

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for ``x``: an array, or arrays in the structure of the model's outputs.

        Args:
            x, batch_size, verbose, callbacks: as for ``fit``. Of batches only the inputs are taken.
            steps: batches, where it is not all of them.

        Raises:
            ValueError, TypeError: as ``fit``; or the outputs of several batches make no one array.
        """
        work = open_pass(self, "predict", Data(x), Batching(batch_size, _at_least_one("steps", steps)))
        with closing(work.source):
            hooks, progress = self._watched(work, callbacks, verbose)
            with shown(progress, work):
                results = run_predict(self, work, hooks, progress)
        return self._outputs(results)

    def _watched(self, work: Pass, callbacks: Any, verbose: Any) -> tuple[CallbackList, EpochProgress]:
        """Who looks at a pass that is no part of ``fit``."""
        hooks = CallbackList(callbacks, model=self, epochs=1, steps=work.source.steps, verbose=verbosity(verbose))
        return hooks, EpochProgress(0 if hooks.has_progbar else verbose)


def _at_least_one(what: str, given: Any) -> int | None:
    return None if given is None else whole_number(what, given, 1)


def _epochs_with_validation(freq: Any) -> Callable[[int], bool]:
    """Whether an epoch (the first is 1) ends with a validation."""
    if isinstance(freq, Collection) and not isinstance(freq, str):
        return lambda epoch: epoch in freq
    every = whole_number("validation_freq", freq, 1)
    return lambda epoch: epoch % every == 0


def _validation_data(data: Any) -> Data:
    if is_stream(data) or isinstance(data, Mapping) or is_array_like(data):
        return Data(data)
    if not isinstance(data, (list, tuple)) or len(data) not in (1, 2, 3):
        raise ValueError("validation_data must be (x, y) or (x, y, sample_weight), or give batches of these")
    return Data(*data)
