"""What pickle and ``copy.deepcopy`` take of an object.

Pickle finds functions by their names, so it takes neither a ``lambda`` nor a function made inside another. Objects here
may hold such functions as attributes: their code goes along.
"""

from __future__ import annotations

import importlib
from types import CellType, FunctionType
from typing import Any


class FunctionParts:
    """A function that has no name to be found by.

    Args:
        code: its bytecode, which the same version of Python reads.
        module: where it was made; its global names are looked up there again.
        name: its own name.
        defaults, keyword_defaults: of its arguments.
        closure: the values of the variables around it, as parts where they are functions of that kind.
    """

    def __init__(
        self,
        code: bytes,
        module: str,
        name: str,
        defaults: tuple[Any, ...] | None,
        keyword_defaults: dict[str, Any] | None,
        closure: tuple[Any, ...] | None,
    ) -> None:
        self.code = code
        self.module = module
        self.name = name
        self.defaults = defaults
        self.keyword_defaults = keyword_defaults
        self.closure = closure

    def whole(self) -> FunctionType:
        """The function."""
        import marshal

        around = vars(importlib.import_module(self.module))
        cells = None if self.closure is None else tuple(CellType(unpacked(value)) for value in self.closure)
        function = FunctionType(marshal.loads(self.code), around, self.name, self.defaults, cells)
        function.__kwdefaults__ = self.keyword_defaults
        return function


def packed(value: Any) -> Any:
    """``value`` in a form that pickle takes, where it is a function without a name to be found by; else itself."""
    if not isinstance(value, FunctionType) or "<" not in value.__qualname__:
        return value
    import marshal

    cells = value.__closure__
    closure = None if cells is None else tuple(packed(cell.cell_contents) for cell in cells)
    code = marshal.dumps(value.__code__)
    return FunctionParts(code, value.__module__, value.__name__, value.__defaults__, value.__kwdefaults__, closure)


def unpacked(value: Any) -> Any:
    """What ``packed`` was given."""
    return value.whole() if isinstance(value, FunctionParts) else value


class Portable:
    """An object whose attributes may be functions that pickle alone would not take."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: packed(value) for name, value in self.__dict__.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({name: unpacked(value) for name, value in state.items()})
