"""Models: their structure, training, files."""

from kgraph.dtype_policies import DTypePolicy
from kgraph.models.cloning import clone_model
from kgraph.models.model import Model, model_from_json
from kgraph.models.sequential import Sequential
from kgraph.registry import Names

__all__ = ["Model", "Sequential", "clone_model", "model_from_json"]

Names("model", "keras", (Model, Sequential), aliases={"Functional": Model, "DTypePolicy": DTypePolicy})
