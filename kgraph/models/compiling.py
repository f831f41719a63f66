"""`Model.compile`, and the view of what it made that the Keras 2 line gives."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from kgraph import optimizers
from kgraph.compile.compiled import CompileArguments, Compiled, compile_model, compile_prediction
from kgraph.compile.losses import is_built_in
from kgraph.compile.outputs import Output, Reported
from kgraph.compile.targets import target_shape
from kgraph.data import first_samples
from kgraph.debug.switch import chosen
from kgraph.ir import Graph
from kgraph.layers.layer import Layer
from kgraph.models.compile_config import compile_config
from kgraph.models.copying import portable_state, restored_state
from kgraph.models.known_feeds import KnownFeeds
from kgraph.models.network import Network
from kgraph.registry import Config, deserialize_keras_object
from kgraph.runtime.function import Function
from kgraph.tensor import Tensor
from kgraph.variable import Variable


class CompilingModel(Layer):
    """A model that can be compiled."""

    #: The calls between inputs and outputs, where they are known.
    _network: Network | None = None
    #: What compile made, and the weights that are trained in a model that is a copy and has not made its own yet.
    _made: Compiled | None = None
    _trained_before: list[Variable] | None = None
    #: What is known of batches for steps, and of inputs for predictions.
    _known_feeds: dict[str, KnownFeeds]
    _known_inputs: KnownFeeds
    _arguments: CompileArguments | None = None
    #: The arguments of compile that say how the graph is run.
    _running: dict[str, Any] = {}
    _run_eagerly = False
    _untracked_attributes = ("optimizer",)
    optimizer: Any = None
    loss: Any = None
    train_function: Function | None = None
    test_function: Function | None = None
    predict_function: Function | None = None
    stop_training = False

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        sample_weight_mode: Any = None,
        weighted_metrics: Any = None,
        target_tensors: Any = None,
        weighting: str = "keras2",
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Lowers the model, its losses and its metrics into one graph, ``model.graph``.

        Args:
            optimizer: a name or an ``Optimizer``.
            loss: a name, a function ``(y_true, y_pred)`` over ``kgraph.ops``, or a ``Loss``; a list or a dict by output
                name for several outputs. An output without a loss gets no target, no weights and no metrics.
            metrics: names, functions or ``Metric`` objects, for all outputs; a list of lists, or a dict by output name.
            loss_weights: factors of the output losses in the total: a list, or a dict by output name.
            sample_weight_mode: ``"temporal"`` for weights per timestep; one, a list, or a dict by output name.
            weighted_metrics: metrics that see the sample weights too.
            target_tensors: tensors to compare with in place of fed targets.
            weighting: how sample weights and masks enter: ``"keras2"``, ``"keras3"`` or ``"weighted_mean"``
                (see ``kgraph.compile.weighting``).
            run_eagerly: run the graph node by node, checking and keeping every value, and stop with a report at the
                first node that makes a NaN or infinity. Slow; ``kgraph.debug.check_values`` costs far less.
            steps_per_execution: accepted; ``fit`` runs as many steps a call as callbacks allow.
            jit_compile, auto_scale_loss: accepted for Keras 3 code; they change nothing.

        Raises:
            ValueError, TypeError: an argument does not fit the model; the message names the output.
        """
        arguments = CompileArguments(
            loss, metrics, loss_weights, sample_weight_mode, weighted_metrics, target_tensors, weighting
        )
        new_optimizer = optimizers.get(optimizer)
        compiled = compile_model(self, arguments) if self._is_described() else None
        self.optimizer = new_optimizer
        self.loss = loss
        self._arguments = arguments
        self._run_eagerly = bool(run_eagerly)
        self._running = {
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self._adopt(compiled)

    def _adopt(self, compiled: Compiled | None) -> None:
        """Makes ``compiled`` what the model is; the functions of an earlier one go."""
        self._made, self._trained_before = compiled, None
        self._known_feeds = {}
        self._known_inputs = KnownFeeds()
        self.train_function = self.test_function = self.predict_function = None

    @property
    def _compiled(self) -> Compiled | None:
        """What compile made. A copy of a compiled model makes it when it is first asked for."""
        if self._trained_before is not None and self._arguments is not None and self._is_described():
            trained = self._trained_before
            made = compile_model(self, self._arguments)
            self._adopt(made)
            made.trained = list(trained)
        return self._made

    @property
    def compiled(self) -> bool:
        """Whether ``compile`` was called."""
        return self._arguments is not None

    def get_compile_config(self) -> Config:
        """The arguments of ``compile`` that do the same again, as a config; an empty one where it was not called.

        Raises:
            TypeError: one of them cannot be described, as a lambda cannot.
        """
        if self._arguments is None:
            return {}
        return compile_config(self.optimizer, self._arguments, self._running)

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compiles as ``get_compile_config`` says.

        A config that names no ``weighting`` comes from Keras 3, and so does the rule then.

        A class with a ``compile`` of its own must write this method too; where it does not, a warning says so.
        """
        if type(self).compile is CompilingModel.compile:
            self.compile(**{"weighting": "keras3", **deserialize_keras_object(config)})
        else:
            warnings.warn(
                f"model {self.name} is not compiled: {type(self).__name__} has a `compile` of its own, and must write "
                "get_compile_config and compile_from_config too",
                stacklevel=2,
            )

    def __getstate__(self) -> dict[str, Any]:
        return portable_state(super().__getstate__(), None if self._compiled is None else self._compiled.trained)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(restored_state(state))
        trained = self._trained_before
        self._adopt(None)
        self.__dict__["_trained_before"] = trained

    def _is_described(self) -> bool:
        """Whether the inputs are known, so that the model can be traced."""
        return self._network is not None

    def _prepare_for(self, x: Any, purpose: str | None = None) -> None:
        """Gets the inputs of a model that does not know them from its first data, then compiles (row 6.5).

        Raises:
            RuntimeError: what the model is to be (``purpose``) needs compile, which was not called.
        """
        if purpose is not None and self._arguments is None:
            raise self._not_compiled(purpose)
        if not self._is_described():
            self._describe_inputs(first_samples(x))
        if self._compiled is None and self._arguments is not None:
            self._adopt(compile_model(self, self._arguments))

    # What `Model` knows of its structure

    def _describe_inputs(self, x: Any) -> None:
        raise NotImplementedError

    @property
    def symbolic_inputs(self) -> list[Tensor]:
        raise NotImplementedError

    @property
    def output_names(self) -> list[str]:
        raise NotImplementedError

    @property
    def output_structure(self) -> Any:
        raise NotImplementedError

    def describe(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        raise NotImplementedError

    def _require_compiled(self, purpose: str) -> Compiled:
        if self._compiled is None:
            raise self._not_compiled(purpose)
        return self._compiled

    def _not_compiled(self, purpose: str) -> RuntimeError:
        return RuntimeError(
            f"model {self.name} must be compiled before it is {purpose}: call model.compile(optimizer, loss, ...)"
        )

    def _checked(self, function: Function) -> Function:
        return chosen(function, self, node_by_node=self._run_eagerly)

    def _choose_functions(self) -> None:
        """Has the functions check values, or not, as it is switched now."""
        for name in ("train_function", "test_function", "predict_function"):
            function = getattr(self, name)
            if function is not None:
                setattr(self, name, self._checked(function))

    @property
    def graph(self) -> Graph:
        """The graph: of loss and metrics once compiled, of the predictions before.

        Raises:
            RuntimeError: the input shapes are not known yet.
        """
        if self._compiled is not None:
            return self._compiled.graph
        if not self._is_described():
            raise RuntimeError(f"the inputs of model {self.name} are not known yet: build it, or call it on data")
        return compile_prediction(self).graph

    # Per output

    @property
    def _outputs_compiled(self) -> list[Output]:
        return [] if self._compiled is None else self._compiled.outputs

    @property
    def _fed_outputs(self) -> list[Output]:
        return [output for output in self._outputs_compiled if output.is_fed]

    @property
    def loss_functions(self) -> list[Any]:
        """The loss of each output, ``None`` where it has none."""
        return [output.loss for output in self._outputs_compiled]

    @property
    def targets(self) -> list[Tensor | None]:
        """The target of each output, ``None`` where it has none."""
        return [output.target for output in self._outputs_compiled]

    @property
    def sample_weights(self) -> list[Tensor | None]:
        """The placeholder of each output's sample weights, ``None`` where it has none."""
        return [output.sample_weight for output in self._outputs_compiled]

    @property
    def sample_weight_modes(self) -> list[str | None]:
        """``None`` or ``"temporal"`` for each output."""
        return [output.weight_mode for output in self._outputs_compiled]

    @property
    def _feed_targets(self) -> list[Tensor | None]:
        return [output.target for output in self._fed_outputs]

    @property
    def _feed_outputs(self) -> list[Tensor]:
        return [output.prediction for output in self._fed_outputs]

    @property
    def _feed_output_names(self) -> list[str]:
        return [output.name for output in self._fed_outputs]

    @property
    def _feed_output_shapes(self) -> list[Any]:
        return [_feed_shape(output) for output in self._fed_outputs]

    @property
    def _feed_loss_fns(self) -> list[Any]:
        return [output.loss for output in self._fed_outputs]

    @property
    def _feed_sample_weights(self) -> list[Tensor | None]:
        return [output.sample_weight for output in self._fed_outputs]

    @property
    def _feed_sample_weight_modes(self) -> list[str | None]:
        return [output.weight_mode for output in self._fed_outputs]

    # The whole

    @property
    def total_loss(self) -> Tensor | None:
        """The node of the total loss."""
        return None if self._compiled is None else self._compiled.total_loss

    @property
    def metrics_names(self) -> list[str]:
        """The names of what a step reports."""
        return ["loss"] if self._compiled is None else self._compiled.metrics_names

    @property
    def metrics_tensors(self) -> list[Tensor]:
        """The nodes of ``metrics_names`` after ``loss``."""
        return [] if self._compiled is None else self._compiled.metrics_tensors

    @property
    def metrics(self) -> list[Any]:
        """The metric objects that keep state."""
        return [] if self._compiled is None else self._compiled.stateful_metrics

    @property
    def nested_metrics(self) -> list[list[Any]]:
        """The metrics of each output, as given to compile."""
        return [output.metrics for output in self._outputs_compiled]

    @property
    def nested_weighted_metrics(self) -> list[list[Any]]:
        """The weighted metrics of each output, as given to compile."""
        return [output.weighted_metrics for output in self._outputs_compiled]

    @property
    def _collected_trainable_weights(self) -> Sequence[Any]:
        return [] if self._compiled is None else self._compiled.trained

    def reset_metrics(self) -> None:
        """Sets the state of all metrics back to where an epoch starts."""
        for metric in self.metrics:
            metric.reset_state()

    @property
    def _reported(self) -> list[Reported]:
        """What a step reports."""
        return [] if self._compiled is None else self._compiled.reported


def _feed_shape(output: Output) -> tuple[int | None, ...] | None:
    """The shape a fed target must have; ``None`` where the loss is the user's own and says."""
    if not is_built_in(output.loss):
        return None
    return tuple(dim if isinstance(dim, int) else None for dim in target_shape(output))
