"""The ``TensorBoard`` callback, and the writer of its event files."""

from kgraph.callbacks.tensorboard.callback import TensorBoard

__all__ = ["TensorBoard"]
