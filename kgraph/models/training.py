"""Training, evaluating and predicting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass over data: what to run on which arrays, and which batch hooks are called."""

    phase: Literal["train", "test"]
    function: Function
    arrays: Mapping[str, np.ndarray]
    order: np.ndarray | None
    batch_size: int


class TrainingModel(CompilingModel):
    """A model that is trained, evaluated and asked for predictions."""

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
            The loss and metrics of this batch alone, in the order of ``metrics_names``: a scalar where there is one, else a
            list; or a dict by name.
        """
        self._build_for(x)
        feeds = self._feeds(x, y, sample_weight, class_weight)
        return self._one_batch(self.make_train_function(), feeds, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and metrics of one batch, as ``train_on_batch`` gives them, without training."""
        self._build_for(x)
        feeds = self._feeds(x, y, sample_weight)
        return self._one_batch(self.make_test_function(), feeds, return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch."""
        self._build_for(x)
        function = self.make_predict_function()
        return self._outputs(function(_only_known(function, feed_inputs(self._network, self.symbolic_inputs, x))))

    def _one_batch(self, function: Function, feeds: dict[str, np.ndarray], return_dict: bool) -> Any:
        self.reset_metrics()
        results = function(feeds)
        values = {name: float(results[name]) for name in self.metrics_names}
        if return_dict:
            return values
        return next(iter(values.values())) if len(values) == 1 else list(values.values())

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
        validation_freq: int = 1,
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
            validation_freq: how many epochs lie between validations.

        Returns:
            The ``History`` of losses and metrics.

        Raises:
            RuntimeError: the model is not compiled.
            ValueError, TypeError: data do not fit; the message names the input or output. Weights are as they were.
        """
        self._build_for(x)
        function = self.make_train_function()
        batch_size = _batch_size(batch_size)
        arrays = self._feeds(x, y, sample_weight, class_weight)
        validation = None
        if validation_data is not None:
            validation = self._feeds(*_unpack(validation_data))
        elif validation_split:
            arrays, validation = split_validation(arrays, validation_split)
        samples = check_sample_counts(data=arrays)
        steps = -(-samples // batch_size)
        hooks = CallbackList(
            callbacks, add_history=True, model=self, epochs=epochs, steps=steps, verbose=verbosity(verbose)
        )
        progress = EpochProgress(verbose, epochs)
        self.stop_training = False
        logs: dict[str, float] = {}
        hooks.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            hooks.on_epoch_begin(epoch)
            progress.begin(steps, epoch)
            order = epoch_order(samples, shuffle)
            logs = self._run(_Pass("train", function, arrays, order, batch_size), hooks, progress)
            if validation is not None and (epoch + 1) % validation_freq == 0:
                logs.update(self._validate(validation, validation_batch_size or batch_size, hooks))
            progress.end(steps, logs)
            hooks.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        hooks.on_train_end(logs)
        assert hooks.history is not None
        return hooks.history

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
        self._build_for(x)
        function = self.make_test_function()
        arrays = self._feeds(x, y, sample_weight)
        batch_size = _batch_size(batch_size)
        steps = -(-check_sample_counts(data=arrays) // batch_size)
        hooks = CallbackList(callbacks, model=self, steps=steps, verbose=verbosity(verbose))
        progress = EpochProgress(verbose)
        progress.begin(steps)
        hooks.on_test_begin()
        logs = self._run(_Pass("test", function, arrays, None, batch_size), hooks, progress)
        progress.end(steps, logs)
        hooks.on_test_end(logs)
        if return_dict:
            return logs
        return next(iter(logs.values())) if len(logs) == 1 else list(logs.values())

    def predict(self, x: Any, batch_size: int | None = None, verbose: Any = "auto", callbacks: Any = None) -> Any:
        """The outputs for all of ``x``: an array, or arrays in the structure of the model's outputs."""
        self._build_for(x)
        function = self.make_predict_function()
        arrays = _only_known(function, feed_inputs(self._network, self.symbolic_inputs, x))
        batch_size = _batch_size(batch_size)
        steps = -(-check_sample_counts(input=arrays) // batch_size)
        hooks = CallbackList(callbacks, model=self, steps=steps, verbose=verbosity(verbose))
        progress = EpochProgress(verbose)
        progress.begin(steps)
        hooks.on_predict_begin()
        outputs = self._outputs(function.run_batches(arrays, batch_size))
        hooks.on_predict_end()
        progress.end(steps, {})
        return outputs

    # Parts

    def _feeds(
        self, x: Any, y: Any, sample_weight: Any = None, class_weight: Any = None
    ) -> dict[str, np.ndarray]:
        compiled = self._require_compiled("trained or evaluated")
        inputs = feed_inputs(self._network, self.symbolic_inputs, x)
        targets = feed_targets(compiled, y, sample_weight, class_weight)
        check_sample_counts(input=inputs, target=targets)
        return {name: array for name, array in {**inputs, **targets}.items() if name in compiled.graph}

    def _run(self, work: _Pass, hooks: CallbackList, progress: EpochProgress | None = None) -> dict[str, float]:
        """One pass over the data; gives the losses and metrics."""
        self.reset_metrics()
        totals = Totals(self.metrics_names, self._stateful_columns())
        one_by_one = hooks.has_batch_hooks if work.phase == "train" else hooks.has_test_batch_hooks
        begin, end = (getattr(hooks, f"on_{work.phase}_batch_{when}") for when in ("begin", "end"))
        samples = check_sample_counts(data=work.arrays)
        if one_by_one:
            begin(0)
        for steps in run_epoch(work.function, work.arrays, work.order, samples, work.batch_size, one_by_one):
            totals.add(steps)
            if progress is not None:
                progress.update(steps.end, totals.logs)
            if one_by_one:
                end(steps.first, totals.logs())
                if self.stop_training and work.phase == "train":
                    break
                if steps.end * work.batch_size < samples:
                    begin(steps.end)
        return totals.logs()

    def _validate(self, arrays: Mapping[str, np.ndarray], batch_size: int, hooks: CallbackList) -> dict[str, float]:
        hooks.on_test_begin()
        logs = self._run(_Pass("test", self.make_test_function(), arrays, None, batch_size), hooks)
        hooks.on_test_end(logs)
        return {f"val_{name}": value for name, value in logs.items()}

    def _outputs(self, results: Mapping[str, np.ndarray]) -> Any:
        """Predictions in the structure of the model's outputs."""
        return tree.pack_like(self.output_structure, [results[PREDICTION + name] for name in self.output_names])


def _batch_size(given: int | None) -> int:
    if given is None:
        return 32
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < 1:
        raise ValueError(f"batch_size must be a positive int, not {given!r}")
    return int(given)


def _unpack(data: Any) -> tuple[Any, Any, Any]:
    if not isinstance(data, (list, tuple)) or len(data) not in (2, 3):
        raise ValueError("validation_data must be (x, y) or (x, y, sample_weight)")
    return (*data, None) if len(data) == 2 else tuple(data)  # type: ignore[return-value]


def _only_known(function: Function, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of inputs that predictions depend on."""
    return {name: array for name, array in arrays.items() if name in function.graph}

