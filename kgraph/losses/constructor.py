"""Constructors of loss and metric classes, made from the functions behind them."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any

from kgraph.losses.loss import LossFunctionWrapper


def constructor(
    function: Callable[..., Any], order: str = "", wrapper: type[Any] = LossFunctionWrapper, **defaults: Any
) -> Callable[..., None]:
    """``__init__`` of a class for ``function(y_true, y_pred, *options)``.

    Its parameters are the options of the function, then those of ``wrapper``: ``reduction``, ``name``, ``dtype`` for
    losses, ``name``, ``dtype`` for metrics. Options become attributes too. ``inspect.signature``, ``help`` and error
    messages see it as if it were written out.

    Args:
        function: gives one value for each sample.
        order: the names of the parameters, where there are to be fewer of them, or in another order.
        wrapper: the base class, which is made of the function, its own parameters and the options.
        defaults: of parameters, where the function has another or none. The ``name`` is the function's.
    """
    options = dict(list(signature(function).parameters.items())[2:])
    of_wrapper = list(signature(wrapper).parameters.items())[1:]
    known = {**options, **{name: own for name, own in of_wrapper if own.kind is not own.VAR_KEYWORD}}
    defaults = {"name": function.__name__, **defaults}
    chosen = [
        known[name].replace(default=defaults.get(name, known[name].default)) for name in order.split() or list(known)
    ]
    parameters = Signature([Parameter("self", Parameter.POSITIONAL_OR_KEYWORD), *chosen], return_annotation="None")

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            bound = parameters.bind(self, *args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}: {error}; it takes {Signature(chosen)}") from None
        bound.apply_defaults()
        values = {name: value for name, value in bound.arguments.items() if name in known}
        wrapper.__init__(self, function, **values)
        vars(self).update((name, value) for name, value in values.items() if name in options)

    __init__.__signature__ = parameters  # type: ignore[attr-defined]
    return __init__
