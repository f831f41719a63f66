"""The ``TensorBoard`` callback."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kgraph.callbacks.callback import Callback, Logs
from kgraph.callbacks.learning_rate import learning_rate_of

if TYPE_CHECKING:
    from kgraph.callbacks.tensorboard.writer import EventWriter

#: As many images of a weight are written as TensorFlow writes.
_MOST_IMAGES = 3


class TensorBoard(Callback):
    """Writes what ``tensorboard --logdir`` shows. Neither it nor TensorFlow has to be installed for that.

    Under ``log_dir``, ``train`` and ``validation`` get an event file each:

    - scalars ``epoch_<name>`` by epoch, with ``epoch_learning_rate`` among those of training;
    - ``evaluation_<name>_vs_iterations``, at the end of each evaluation, by the steps trained so far;
    - with ``update_freq`` other than ``"epoch"``, scalars ``batch_<name>`` by the training steps of this ``fit``;
    - ``<path of a weight>/histogram`` and ``/image``, by epoch;
    - the graph that compile built, as the text ``graph``. TensorBoard's own drawing of graphs needs TensorFlow's.

    Args:
        log_dir: a directory; best a new one for each training.
        histogram_freq: how many epochs lie between two histograms of all weights; 0 for none.
        write_graph: whether to write the text of the graph.
        write_images: whether weights are written as images too, as often as histograms.
        write_steps_per_second: whether to write how fast the training is.
        update_freq: ``"epoch"``; or how many training steps lie between two writings of their logs, ``"batch"`` for 1.
        profile_batch: 0; there is no profiler that TensorBoard could show.
        embeddings_freq: how many epochs lie between two writings of the ``Embedding`` layers; 0 for none. The projector
            shows the latest.
        embeddings_metadata: a file, relative to ``log_dir``, with a label for each row of an embedding; or a dict of
            such files by the names of layers.

    Raises:
        ValueError: another ``update_freq``, ``profile_batch`` is given, or ``embeddings_metadata`` names a layer that
            the model does not have.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: int = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        if profile_batch:
            raise ValueError(f"TensorBoard: profile_batch must be 0, not {profile_batch!r}: there is no profiler")
        if update_freq not in ("epoch", "batch") and not (isinstance(update_freq, int) and update_freq > 0):
            wanted = '"epoch", "batch" or a number of steps'
            raise ValueError(f"TensorBoard: update_freq must be {wanted}, not {update_freq!r}")
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._writers: dict[str, EventWriter] = {}
        self._step = 0
        self._step_began = self._epoch_began = 0.0
        self._iterations_before = 0

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._close()
        if self.embeddings_freq:
            from kgraph.callbacks.tensorboard.projector import write_config

            write_config(self.log_dir, [layer.name for layer in self._embeddings()], self.embeddings_metadata)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._step = 0
        if self.write_graph:
            from kgraph.callbacks.tensorboard.events import text

            self._writer("train").write(0, text("graph", f"```\n{self.model.graph}\n```"))

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._iterations_before = self._iterations()
        self._epoch_began = time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._step += 1
        self._step_began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.update_freq == "epoch" or self._step % int(self.update_freq):
            return
        values = dict(logs or {})
        if self.write_steps_per_second:
            values["steps_per_second"] = 1.0 / (time.perf_counter() - self._step_began)
        self._write_scalars("train", self._step, {f"batch_{name}": value for name, value in values.items()})

    def on_test_end(self, logs: Logs | None = None) -> None:
        if self.model.optimizer is not None:
            values = {f"evaluation_{name}_vs_iterations": value for name, value in (logs or {}).items()}
            self._write_scalars("validation", self._iterations(), values)
            self._writer("validation").flush()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._write_epoch(epoch, logs or {})
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            from kgraph.callbacks.tensorboard.projector import write_table

            for layer in self._embeddings():
                write_table(self.log_dir, layer)
        for writer in self._writers.values():
            writer.flush()

    def _implements_train_batch_hooks(self) -> bool:
        return self.update_freq != "epoch"

    def _write_epoch(self, epoch: int, logs: Logs) -> None:
        """Writes the logs of training and of validation, each in its place."""
        values = {f"epoch_{name}": value for name, value in logs.items() if not name.startswith("val_")}
        values["epoch_learning_rate"] = learning_rate_of(self.model.optimizer)
        if self.write_steps_per_second:
            steps = self._iterations() - self._iterations_before
            values["epoch_steps_per_second"] = steps / (time.perf_counter() - self._epoch_began)
        self._write_scalars("train", epoch, values)
        validation = {f"epoch_{name[4:]}": value for name, value in logs.items() if name.startswith("val_")}
        if validation:
            self._write_scalars("validation", epoch, validation)

    def _write_scalars(self, part: str, step: int, values: Logs) -> None:
        from kgraph.callbacks.tensorboard.events import scalar

        self._writer(part).write(step, *(scalar(tag, number) for tag, number in _numbers(values)))

    def _write_weights(self, epoch: int) -> None:
        from kgraph.callbacks.tensorboard.events import histogram

        writer = self._writer("train")
        for weight in (weight for layer in self.model.layers for weight in layer.weights):
            value = np.asarray(weight)
            writer.write(epoch, histogram(f"{weight.path}/histogram", value))
            if self.write_images:
                _write_images(writer, epoch, f"{weight.path}/image", value)

    def _embeddings(self) -> list[Any]:
        from kgraph.layers import Embedding

        return [layer for layer in self.model.layers if isinstance(layer, Embedding)]

    def _iterations(self) -> int:
        return int(self.model.optimizer.iterations)

    def _writer(self, part: str) -> EventWriter:
        from kgraph.callbacks.tensorboard.writer import EventWriter

        if part not in self._writers:
            self._writers[part] = EventWriter(os.path.join(self.log_dir, part))
        return self._writers[part]

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}


def _numbers(values: Logs) -> Iterator[tuple[str, float]]:
    """Tags and what stands under them; the numbers of an array under ``tag/0``, ``tag/1``, ..."""
    for tag, value in values.items():
        if np.ndim(value):
            yield from ((f"{tag}/{place}", number) for place, number in enumerate(np.ravel(value)))
        else:
            yield tag, value


def _write_images(writer: EventWriter, step: int, tag: str, weight: np.ndarray) -> None:
    from kgraph.callbacks.tensorboard.events import images
    from kgraph.callbacks.tensorboard.png import encode_png, weight_images

    shown = weight_images(weight)
    if shown is not None and shown.size:
        _, height, width, _ = shown.shape
        writer.write(step, images(tag, width, height, [encode_png(image) for image in shown[:_MOST_IMAGES]]))
