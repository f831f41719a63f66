"""Which variables are kept from weight decay."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kgraph.variable import Variable


class Exclusions:
    """Variables that do not decay: some by themselves, some by their names.

    Args:
        var_list: these do not decay.
        var_names: patterns; a variable in whose name one is found (``"bias"``) does not decay.
    """

    def __init__(self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None) -> None:
        self._variables = frozenset(var_list or ())
        self._patterns = tuple(var_names or ())

    def __contains__(self, variable: Variable) -> bool:
        return variable in self._variables or any(re.search(pattern, variable.name) for pattern in self._patterns)
