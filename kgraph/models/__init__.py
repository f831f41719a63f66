"""Models: their structure, training, files."""

from kgraph.models.model import Model
from kgraph.models.sequential import Sequential

__all__ = ["Model", "Sequential"]
