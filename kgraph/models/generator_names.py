"""The names that Keras 2 has for data which give batches."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kgraph.data import Queued


class GeneratorNames:
    """``fit``, ``evaluate`` and ``predict`` under their older names, with what a ``PyDataset`` now says itself."""

    fit: Any
    evaluate: Any
    predict: Any

    def fit_generator(
        self,
        generator: Any,
        steps_per_epoch: int | None = None,
        epochs: int = 1,
        verbose: Any = 1,
        callbacks: Any = None,
        validation_data: Any = None,
        validation_steps: int | None = None,
        validation_freq: int | Collection[int] = 1,
        class_weight: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        shuffle: bool = True,
        initial_epoch: int = 0,
    ) -> Any:
        """``fit`` on what gives batches.

        Args:
            max_queue_size, workers, use_multiprocessing: see ``PyDataset``. A generator is read by one thread, or by
                none where ``workers`` is 0.
        """
        return self.fit(
            Queued(generator, workers, use_multiprocessing, max_queue_size),
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_freq=validation_freq,
        )

    def evaluate_generator(
        self,
        generator: Any,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: Any = 0,
    ) -> Any:
        """``evaluate`` on what gives batches; see ``fit_generator``."""
        data = Queued(generator, workers, use_multiprocessing, max_queue_size)
        return self.evaluate(data, steps=steps, callbacks=callbacks, verbose=verbose)

    def predict_generator(
        self,
        generator: Any,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: Any = 0,
    ) -> Any:
        """``predict`` on what gives batches; see ``fit_generator``."""
        data = Queued(generator, workers, use_multiprocessing, max_queue_size)
        return self.predict(data, steps=steps, callbacks=callbacks, verbose=verbose)
