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
        closure: the cells of the variables around it: what is in each, as parts where that is a function of this kind;
            an empty tuple in place of a value that is not there yet.
    """

    def __init__(
        self,
        code: bytes,
        module: str,
        name: str,
        defaults: tuple[Any, ...] | None,
        keyword_defaults: dict[str, Any] | None,
        closure: tuple[tuple[Any, ...], ...] | None = None,
    ) -> None:
        self.code = code
        self.module = module
        self.name = name
        self.defaults = defaults
        self.keyword_defaults = keyword_defaults
        self.closure = closure

    def whole(self, made: dict[FunctionParts, FunctionType]) -> FunctionType:
        """The function. Those ``made`` are not made again, since a function may stand in its own closure."""
        import marshal

        around = vars(importlib.import_module(self.module))
        cells = None if self.closure is None else tuple(CellType() for _ in self.closure)
        function = FunctionType(marshal.loads(self.code), around, self.name, self.defaults, cells)
        function.__kwdefaults__ = self.keyword_defaults
        made[self] = function
        for cell, content in zip(cells or (), self.closure or (), strict=True):
            for value in content:
                cell.cell_contents = unpacked(value, made)
        return function


def packed(value: Any, made: dict[FunctionType, FunctionParts] | None = None) -> Any:
    """``value`` in a form that pickle takes, where it is a function without a name to be found by; else itself."""
    if not isinstance(value, FunctionType) or "<" not in value.__qualname__:
        return value
    made = {} if made is None else made
    if value not in made:
        import marshal

        code, names = marshal.dumps(value.__code__), (value.__module__, value.__name__)
        made[value] = parts = FunctionParts(code, *names, value.__defaults__, value.__kwdefaults__)
        if value.__closure__ is not None:
            contents = map(_content, value.__closure__)
            parts.closure = tuple(tuple(packed(inner, made) for inner in content) for content in contents)
    return made[value]


def _content(cell: CellType) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # a variable that is assigned after the function was made
        return ()


def unpacked(value: Any, made: dict[FunctionParts, FunctionType] | None = None) -> Any:
    """What ``packed`` was given."""
    if not isinstance(value, FunctionParts):
        return value
    made = {} if made is None else made
    return made.get(value) or value.whole(made)


class Portable:
    """An object whose attributes may be functions that pickle alone would not take."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: packed(value) for name, value in self.__dict__.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({name: unpacked(value) for name, value in state.items()})
