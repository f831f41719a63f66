"""Tools that show what a graph is and does. Each is imported when it is first asked for."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgraph.debug.comparing import compare
    from kgraph.debug.differences import diff
    from kgraph.debug.replaying import replay
    from kgraph.debug.switch import check_values
    from kgraph.debug.watching import watch
    from kgraph.dumps import dump_to

__all__ = ["check_values", "compare", "diff", "dump_to", "replay", "watch"]

#: Where each name comes from. No module here is called like a function in it, or importing it would hide the function.
_FROM = {
    "check_values": "debug.switch",
    "compare": "debug.comparing",
    "diff": "debug.differences",
    "dump_to": "dumps",
    "replay": "debug.replaying",
    "watch": "debug.watching",
}


def __getattr__(name: str) -> Any:
    if name not in _FROM:
        raise AttributeError(f"module 'kgraph.debug' has no attribute {name!r}")
    found = globals()[name] = getattr(_import_module(f"kgraph.{_FROM[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
