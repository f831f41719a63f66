"""Evaluating with the averages of the weights."""

from __future__ import annotations

from typing import Any

from kgraph.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Puts the moving averages of the weights, which the optimizer keeps, into the model while it is evaluated or used.

    The averages take the place of the weights, and the weights that of the averages; afterwards both are back.

    Args:
        swap_on_epoch: whether they change places at the end of each epoch too, and back when the next begins. Callbacks
            after this one, such as ``ModelCheckpoint``, then see the averages. After the last epoch they stay in the
            model.

    Raises:
        ValueError: the optimizer was not made with ``use_ema=True``.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._ema_weights_in_model = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._show_averages(False)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if not self.swap_on_epoch:
            return
        self._show_averages(True)
        if epoch == self.params["epochs"] - 1:
            # At its end `fit` gives the weights the values of their averages, which now hold the weights.
            for weight, average in self._pairs():
                average.assign(weight)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._show_averages(True)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._show_averages(False)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._show_averages(True)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._show_averages(False)

    def _show_averages(self, shown: bool) -> None:
        """Makes the model hold its averages, or its weights."""
        if shown == self._ema_weights_in_model:
            return
        for weight, average in self._pairs():
            value = weight.numpy()
            weight.assign(average.numpy())
            average.assign(value)
        self._ema_weights_in_model = shown

    def _pairs(self) -> list[tuple[Any, Any]]:
        """Each trained weight with its average."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if not getattr(optimizer, "use_ema", False):
            raise ValueError(f"SwapEMAWeights: optimizer {optimizer.name} keeps no averages; make it with use_ema=True")
        return list(zip(optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True))
