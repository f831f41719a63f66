"""Training, evaluating and predicting."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from kgraph import tree
from kgraph.callbacks import CallbackList, History
from kgraph.compile.compiled import PREDICTION, compile_prediction, warn_if_trainable_changed
from kgraph.compile.functions import predict_function, test_function, train_function
from kgraph.data import check_sample_counts, epoch_order, split_validation
from kgraph.models.compiling import CompilingModel
from kgraph.models.feeding import feed_inputs, feed_targets
from kgraph.models.loop import Totals, run_epoch
from kgraph.progress import EpochProgress, verbosity
from kgraph.runtime.function import Function
from kgraph.tensor import Tensor

Phase = Literal["train", "test", "predict"]


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass over data: what to run on which arrays, and which batch hooks are called."""

    phase: Phase
    function: Function
    arrays: Mapping[str, np.ndarray]
    order: np.ndarray | None
    batch_size: int
    samples: int

    @property
    def steps(self) -> int:
        return -(-self.samples // self.batch_size)


class TrainingModel(CompilingModel):
    """A model that is trained, evaluated and asked for predictions.

    Attributes:
        history: what the latest ``fit`` returned, or is about to.
    """

    history: History | None = None

    # The three functions, made at first use

    def make_train_function(self) -> Function:
        """The function of a training step; made at the first call, then kept."""
        compiled = self._require_compiled("trained")
        warn_if_trainable_changed(self, compiled)
        if self.train_function is None:
            self.train_function = self._checked(train_function(compiled, self.optimizer))
        return self.train_function

    def make_test_function(self) -> Function:
        """The function of an evaluation step; made at the first call, then kept."""
        compiled = self._require_compiled("evaluated")
        if self.test_function is None:
            self.test_function = self._checked(test_function(compiled))
        return self.test_function

    def make_predict_function(self) -> Function:
        """The function of a prediction; made at the first call, then kept. Needs no compile."""
        if self.predict_function is None:
            self.predict_function = self._checked(predict_function(self._compiled or compile_prediction(self)))
        return self.predict_function

    # One batch

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """One training step.

        Returns:
            The loss and metrics of this batch alone, in the order of ``metrics_names``: a scalar where there is one,
            else a list; or a dict by name.
        """
        self._prepare_for(x, "trained")
        feeds = self._batch_feeds("trained", x, y, sample_weight, class_weight)
        return self._one_batch(self.make_train_function(), feeds, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and metrics of one batch, as ``train_on_batch`` gives them, without training."""
        self._prepare_for(x, "evaluated")
        feeds = self._batch_feeds("evaluated", x, y, sample_weight)
        return self._one_batch(self.make_test_function(), feeds, return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch."""
        function = self.predict_function
        inputs = None if function is None else self._known_inputs.find((x,))
        if function is None or inputs is None:
            self._prepare_for(x)
            function = self.make_predict_function()
            inputs = _only_known(function, feed_inputs(self._network, self.symbolic_inputs, x))
            self._known_inputs.learn((x,), inputs)
        return self._outputs(function(inputs))

    def _one_batch(self, function: Function, feeds: dict[str, np.ndarray], return_dict: bool) -> Any:
        states = [(variable, variable.numpy()) for metric in self.metrics for variable in metric.variables]
        self.reset_metrics()
        try:
            results = function(_only_known(function, feeds))
        except BaseException:
            for variable, before in states:
                variable.assign(before)
            raise
        values = [float(result) for result in results.values()]
        if return_dict:
            return dict(zip(results, values, strict=True))
        return values[0] if len(values) == 1 else values

    # Many batches

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
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        validation_batch_size: int | None = None,
        validation_freq: int | Collection[int] = 1,
    ) -> History:
        """Trains for ``epochs`` passes over the data.

        Args:
            x, y: arrays, lists of arrays in the order of inputs and outputs, or dicts by their names.
            batch_size: samples a step, 32 by default.
            epochs: the number of the last epoch.
            verbose: 0 for silence, 1 (``"auto"``) for a progress bar, 2 for a line an epoch.
            callbacks: ``Callback`` objects.
            validation_split: the fraction at the end of the data, before shuffling, that is kept for validation.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)``, in place of a split.
            shuffle: whether each epoch takes the samples in a new order.
            class_weight: a dict of class to weight; one per output for several outputs.
            sample_weight: an array ``(samples,)``, or ``(samples, steps)`` where its mode is temporal; one per output.
            initial_epoch: where to go on counting.
            validation_batch_size: samples a step in validation; as in training where not given.
            validation_freq: how many epochs lie between validations, or a list of epochs (the first is 1) that end
                with one.

        Returns:
            The ``History`` of losses and metrics.

        Raises:
            RuntimeError: the model is not compiled.
            ValueError, TypeError: data do not fit; the message names the input or output. Weights are as they were.
        """
        self._prepare_for(x, "trained")
        arrays = self._feeds("trained", x, y, sample_weight, class_weight)
        validation = None
        if validation_data is not None:
            validation = self._feeds("trained", *_unpack(validation_data))
        elif validation_split:
            arrays, validation = split_validation(arrays, validation_split)
        work = self._pass("train", self.make_train_function(), arrays, batch_size)
        check = None
        if validation is not None:
            size = work.batch_size
            if validation_batch_size is not None:
                size = _count("validation_batch_size", validation_batch_size, 1)
            check = self._pass("test", self.make_test_function(), validation, size)
        epoch_numbers = range(_count("initial_epoch", initial_epoch, 0), _count("epochs", epochs, 0))
        validates = _epochs_with_validation(validation_freq)
        hooks = CallbackList(
            callbacks, add_history=True, model=self, epochs=epochs, steps=work.steps, verbose=verbosity(verbose)
        )
        assert hooks.history is not None
        self.history = hooks.history
        progress = EpochProgress(verbose, epochs)
        self.stop_training = False
        logs: dict[str, float] = {}
        hooks.on_train_begin()
        for epoch in epoch_numbers:
            hooks.on_epoch_begin(epoch)
            with _shown(progress, work, epoch):
                logs = self._run(replace(work, order=epoch_order(work.samples, shuffle)), hooks, progress)
                if check is not None and validates(epoch + 1):
                    logs |= {f"val_{name}": value for name, value in self._test(check, hooks).items()}
                progress.end(work.steps, logs)
            hooks.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        hooks.on_train_end(logs)
        return self.history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and metrics over all of the data, as ``test_on_batch`` gives them for a batch."""
        self._prepare_for(x, "evaluated")
        arrays = self._feeds("evaluated", x, y, sample_weight)
        work = self._pass("test", self.make_test_function(), arrays, batch_size)
        hooks = CallbackList(callbacks, model=self, steps=work.steps, verbose=verbosity(verbose))
        progress = EpochProgress(verbose)
        with _shown(progress, work):
            logs = self._test(work, hooks, progress)
            progress.end(work.steps, logs)
        if return_dict:
            return logs
        return next(iter(logs.values())) if len(logs) == 1 else list(logs.values())

    def predict(self, x: Any, batch_size: int | None = None, verbose: Any = "auto", callbacks: Any = None) -> Any:
        """The outputs for all of ``x``: an array, or arrays in the structure of the model's outputs."""
        self._prepare_for(x)
        function = self.make_predict_function()
        arrays = _only_known(function, feed_inputs(self._network, self.symbolic_inputs, x))
        work = self._pass("predict", function, arrays, batch_size)
        hooks = CallbackList(callbacks, model=self, steps=work.steps, verbose=verbosity(verbose))
        progress = EpochProgress(verbose)
        begin, end = hooks.on_predict_batch_begin, hooks.on_predict_batch_end

        def after(done: int) -> None:
            progress.update(done, {})
            end(done - 1)
            if done < work.steps:
                begin(done)

        with _shown(progress, work):
            hooks.on_predict_begin()
            if work.steps:
                begin(0)
            results = work.function.run_batches(work.arrays, work.batch_size, after)
            hooks.on_predict_end()
            progress.end(work.steps, {})
        return self._outputs(results)

    # Parts

    def _feeds(
        self, purpose: str, x: Any, y: Any, sample_weight: Any = None, class_weight: Any = None
    ) -> dict[str, np.ndarray]:
        """Checked arrays for the compiled graph: at least one sample."""
        compiled = self._require_compiled(purpose)
        inputs = feed_inputs(self._network, self.symbolic_inputs, x)
        targets = feed_targets(compiled, y, sample_weight, class_weight)
        if check_sample_counts(input=inputs, target=targets) == 0:
            raise ValueError(f"model {self.name} cannot be {purpose} on data without samples")
        return {name: array for name, array in {**inputs, **targets}.items() if name in compiled.graph}

    def _batch_feeds(
        self, purpose: str, x: Any, y: Any, sample_weight: Any = None, class_weight: Any = None
    ) -> dict[str, np.ndarray]:
        """``_feeds`` for one of many batches, which are mostly alike."""
        if class_weight is not None:
            return self._feeds(purpose, x, y, sample_weight, class_weight)
        known, data = self._known_feeds, (x, y, sample_weight)
        feeds = known.find(data)
        if feeds is None:
            feeds = self._feeds(purpose, *data)
            known.learn(data, feeds)
        return feeds

    def _pass(
        self, phase: Phase, function: Function, arrays: Mapping[str, np.ndarray], batch_size: int | None
    ) -> _Pass:
        """What is to be run on ``arrays``.

        Raises:
            ValueError: ``batch_size`` is none, or an input that takes batches of one size gets others.
        """
        samples = check_sample_counts(data=arrays)
        arrays = _only_known(function, arrays)
        fixed = {tensor.name: tensor.type.shape[0] for tensor in self.symbolic_inputs if tensor.type.shape}
        sizes = {name: size for name, size in fixed.items() if isinstance(size, int)}
        size = _count("batch_size", next(iter(sizes.values()), 32) if batch_size is None else batch_size, 1)
        for name, wanted in sizes.items():
            if size != wanted or samples % wanted:
                raise ValueError(
                    f"input {name!r} takes batches of {wanted}, but is given {samples} samples in batches of {size}"
                )
        return _Pass(phase, function, arrays, None, size, samples)

    def _run(self, work: _Pass, hooks: CallbackList, progress: EpochProgress | None = None) -> dict[str, float]:
        """One pass over the data; gives the losses and metrics."""
        self.reset_metrics()
        totals = Totals(self.metrics_names, self._stateful_columns())
        one_by_one = hooks.has_batch_hooks if work.phase == "train" else hooks.has_test_batch_hooks
        begin, end = (getattr(hooks, f"on_{work.phase}_batch_{when}") for when in ("begin", "end"))
        if one_by_one:
            begin(0)
        for steps in run_epoch(work.function, work.arrays, work.order, work.samples, work.batch_size, one_by_one):
            totals.add(steps)
            if progress is not None:
                progress.update(steps.end, totals.logs)
            if one_by_one:
                end(steps.first, totals.logs())
                if self.stop_training and work.phase == "train":
                    break
                if steps.end < work.steps:
                    begin(steps.end)
        return totals.logs()

    def _test(self, work: _Pass, hooks: CallbackList, progress: EpochProgress | None = None) -> dict[str, float]:
        hooks.on_test_begin()
        logs = self._run(work, hooks, progress)
        hooks.on_test_end(logs)
        return logs

    def _outputs(self, results: Mapping[str, np.ndarray]) -> Any:
        """Predictions in the structure of the model's outputs."""
        if isinstance(self.output_structure, Tensor):
            (prediction,) = results.values()
            return prediction
        return tree.pack_like(self.output_structure, [results[PREDICTION + name] for name in self.output_names])


def _count(what: str, given: Any, least: int) -> int:
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < least:
        raise ValueError(f"{what} must be an int of at least {least}, not {given!r}")
    return int(given)


def _epochs_with_validation(freq: Any) -> Callable[[int], bool]:
    """Whether an epoch (the first is 1) ends with a validation."""
    if isinstance(freq, Collection) and not isinstance(freq, str):
        return lambda epoch: epoch in freq
    every = _count("validation_freq", freq, 1)
    return lambda epoch: epoch % every == 0


@contextmanager
def _shown(progress: EpochProgress, work: _Pass, epoch: int = 0) -> Iterator[None]:
    """A pass whose progress is shown; should it be cut short, what is printed next stands on a line of its own."""
    progress.begin(work.steps, epoch)
    try:
        yield
    except BaseException:
        progress.interrupt()
        raise


def _unpack(data: Any) -> tuple[Any, Any, Any]:
    if not isinstance(data, (list, tuple)) or len(data) not in (2, 3):
        raise ValueError("validation_data must be (x, y) or (x, y, sample_weight)")
    return (*data, None) if len(data) == 2 else tuple(data)


def _only_known(function: Function, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays that ``function`` takes: what it computes may not depend on all of them."""
    return {name: array for name, array in arrays.items() if name in function.graph}

