"""Names for objects: which class or function a name means, and which config describes an object.

A config is Keras's: ``{"module": ..., "class_name": ..., "config": ..., "registered_name": ...}``. A ``Vocabulary`` is
one kind of the library's own objects, under the module that Keras has for it; a user's objects are found by what they
were registered as, or by the ``custom_object_scope`` around. Names are only looked up: no config makes anything be
imported but the library's own vocabularies.
"""

from kgraph.registry.catalogue import Config, Identifier, Names, home_of
from kgraph.registry.custom import (
    CustomObjectScope,
    Named,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from kgraph.registry.safety import enable_unsafe_deserialization, in_safe_mode, safe_mode_scope
from kgraph.registry.serialization import (
    ConfigWarning,
    deserialize_keras_object,
    deserialize_shared,
    serialize_keras_object,
    serialize_shared,
)
from kgraph.registry.vocabulary import Configurable, Vocabulary

__all__ = [
    "Config",
    "ConfigWarning",
    "Configurable",
    "CustomObjectScope",
    "Identifier",
    "Named",
    "Names",
    "Vocabulary",
    "custom_object_scope",
    "deserialize_keras_object",
    "deserialize_shared",
    "enable_unsafe_deserialization",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "home_of",
    "in_safe_mode",
    "register_keras_serializable",
    "safe_mode_scope",
    "serialize_keras_object",
    "serialize_shared",
]
