"""How a model was compiled, as a config."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from kgraph.compile.compiled import CompileArguments
from kgraph.registry import Config, serialize_keras_object

#: What a config says beside the optimizer, whatever it is; all else is written where it is not the default.
_ALWAYS: Final = ("loss", "loss_weights", "metrics", "weighted_metrics", "weighting")


def compile_config(optimizer: Any, arguments: CompileArguments, running: dict[str, Any]) -> Config:
    """The arguments of ``compile`` that do the same again.

    Args:
        optimizer: the object.
        arguments: what shapes the graph.
        running: the arguments that say how it is run.

    Raises:
        TypeError: one of them cannot be described, as a lambda cannot.
    """
    given = {field.name: getattr(arguments, field.name) for field in fields(arguments)}
    defaults = {field.name: field.default for field in fields(arguments)}
    special = {name: value for name, value in given.items() if name not in _ALWAYS and value != defaults[name]}
    settings = {"optimizer": optimizer, **{name: given[name] for name in _ALWAYS}, **running, **special}
    config: Config = serialize_keras_object(settings)
    return config
