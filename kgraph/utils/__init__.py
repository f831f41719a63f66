"""Small helpers around models."""

from kgraph.names import reset_names as clear_session
from kgraph.registry import (
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from kgraph.utils.labels import to_categorical
from kgraph.utils.seeding import set_random_seed

__all__ = [
    "clear_session",
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
    "set_random_seed",
    "to_categorical",
]
