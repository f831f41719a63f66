"""One batch at a time: the functions of a step, and what they are fed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kgraph import tree
from kgraph.compile.compiled import PREDICTION, compile_prediction, warn_if_trainable_changed
from kgraph.compile.functions import predict_function, test_function, train_function
from kgraph.data import Samples, check_sample_counts, in_memory
from kgraph.models.compiling import CompilingModel
from kgraph.models.feeding import feed_inputs, feed_targets, weigh_classes
from kgraph.models.known_feeds import KnownFeeds
from kgraph.runtime.evaluation import NonFiniteError
from kgraph.runtime.function import Function
from kgraph.tensor import Tensor

if TYPE_CHECKING:
    from kgraph.explain import Explanation
    from kgraph.models.loop import Steps


class SteppingModel(CompilingModel):
    """A model that takes a step on a batch."""

    stop_evaluating = stop_predicting = False
    #: Where the ``fit`` that has just begun is to start, if a callback knows better than its caller.
    _initial_epoch: int | None = None
    #: The steps that ``fit`` has just taken.
    _latest_steps: Steps | None = None

    # The three functions, made at first use

    def make_train_function(self) -> Function:
        """The function of a training step; made at the first call, then kept.

        Raises:
            RuntimeError: the model is not compiled, or has no optimizer.
        """
        compiled = self._require_compiled("trained")
        if self.optimizer is None:
            raise RuntimeError(f"model {self.name} was compiled without an optimizer: it cannot be trained")
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
            The loss and metrics of this batch alone, in the order of ``metrics_names``: one value where there is one,
            else a list; or a dict by name. A value is a float, or an array where a metric has several numbers.
        """
        self._prepare_for(x, "trained")
        function = self.make_train_function()
        feeds = self._batch_feeds(function, "trained", x, y, sample_weight, class_weight)
        return self._one_batch(function, feeds, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and metrics of one batch, as ``train_on_batch`` gives them, without training."""
        self._prepare_for(x, "evaluated")
        function = self.make_test_function()
        feeds = self._batch_feeds(function, "evaluated", x, y, sample_weight)
        return self._one_batch(function, feeds, return_dict)

    def explain_loss(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, training: bool = False
    ) -> Explanation:
        """Why the loss of one batch is the number that ``test_on_batch`` gives: its terms, which add up to it.

        Nothing changes: neither weights nor the state of layers and metrics.

        Args:
            x, y, sample_weight, class_weight: as for ``train_on_batch``.
            training: whether layers act as in training; it is then the loss that ``train_on_batch`` would give next.

        Raises:
            RuntimeError, ValueError, TypeError: as ``train_on_batch``.
        """
        from kgraph.explain import explain

        self._prepare_for(x, "explained")
        feeds = self._explained_feeds(x, y, sample_weight, class_weight)
        return explain(self._require_compiled("explained"), feeds, training)

    def _explained_feeds(self, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> dict[str, np.ndarray]:
        samples = self._weighed("explained", self._feeds("explained", x, y, sample_weight), class_weight)
        return {name: in_memory(array) for name, array in samples.items()}

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch."""
        function = self.predict_function
        inputs = None if function is None else self._known_inputs.find((x,))
        if function is None or inputs is None:
            self._prepare_for(x)
            function = self.make_predict_function()
            inputs = self._batch_inputs(x)
        try:
            results = function(inputs)
        except NonFiniteError as error:
            raise _told(error) from None
        return self._outputs(results)

    def _one_batch(self, function: Function, feeds: dict[str, np.ndarray], return_dict: bool) -> Any:
        metrics = self.metrics
        states = [(variable, variable.numpy()) for metric in metrics for variable in metric.variables]
        if metrics:
            self.reset_metrics()
        try:
            results = function(feeds)
        except BaseException as error:
            if isinstance(error, NonFiniteError):
                _told(error)
            for variable, before in states:
                variable.assign(before)
            raise
        values = [float(result.item()) if result.size == 1 else result for result in results.values()]
        if return_dict:
            return dict(zip(results, values, strict=True))
        return values[0] if len(values) == 1 else values

    # What is fed

    def _feeds(self, purpose: str, x: Any, y: Any, sample_weight: Any = None) -> dict[str, Samples]:
        """Checked samples for the placeholders: at least one."""
        compiled = self._require_compiled(purpose)
        inputs = feed_inputs(self._network, self.symbolic_inputs, x)
        targets = feed_targets(compiled, y, sample_weight)
        if check_sample_counts(input=inputs, target=targets) == 0:
            raise ValueError(f"model {self.name} cannot be {purpose} on data without samples")
        return {**inputs, **targets}

    def _weighed(self, purpose: str, feeds: Mapping[str, Samples], class_weight: Any) -> dict[str, Samples]:
        """``feeds`` with the weights of classes."""
        if class_weight is None:
            return dict(feeds)
        return weigh_classes(self._require_compiled(purpose), feeds, class_weight)

    def _batch_feeds(
        self, function: Function, purpose: str, x: Any, y: Any, sample_weight: Any = None, class_weight: Any = None
    ) -> dict[str, np.ndarray]:
        """``_feeds`` for one of many batches, which are mostly alike, in memory: those that ``function`` takes."""
        known, data = self._known_feeds.setdefault(purpose, KnownFeeds()), (x, y, sample_weight)
        feeds = known.find(data) if class_weight is None else None
        if feeds is None:
            samples = self._weighed(purpose, self._feeds(purpose, *data), class_weight)
            feeds = {name: in_memory(array) for name, array in only_known(function, samples).items()}
            if class_weight is None:
                known.learn(data, feeds)
        return feeds

    def _batch_inputs(self, x: Any) -> dict[str, np.ndarray]:
        """The inputs of one of many batches for a prediction."""
        inputs = self._known_inputs.find((x,))
        if inputs is None:
            samples = feed_inputs(self._network, self.symbolic_inputs, x)
            inputs = only_known(self.make_predict_function(), {name: in_memory(a) for name, a in samples.items()})
            self._known_inputs.learn((x,), inputs)
        return inputs

    def _outputs(self, results: Mapping[str, np.ndarray]) -> Any:
        """Predictions in the structure of the model's outputs."""
        if isinstance(self.output_structure, Tensor):
            (prediction,) = results.values()
            return prediction
        return tree.pack_like(self.output_structure, [results[PREDICTION + name] for name in self.output_names])


def only_known(function: Function, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays that ``function`` takes: what it computes may not depend on all of them."""
    return {name: array for name, array in arrays.items() if name in function.graph}


def _told(error: NonFiniteError) -> NonFiniteError:
    """``error`` with its report, where it is read."""
    from kgraph.debug.telling import told

    return told(error)
