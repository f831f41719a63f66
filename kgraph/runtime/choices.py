"""What of the order and the memory of a program is chosen for speed alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple


class Choices(NamedTuple):
    """Each may be switched off by its name, as passes are (``config.disable_passes``).

    Attributes:
        ride_updates: gradients that only an update reads come last, each with that update; see ``make_schedule``.
        chain: what goes through the same elements runs block by block, while they are in cache; see ``find_links``.
        write_in_place: an elementwise op writes over an operand that nobody reads after it; see ``make_plan``.
    """

    ride_updates: bool = True
    chain: bool = True
    write_in_place: bool = True

    @classmethod
    def without(cls, disabled: Collection[str]) -> Choices:
        """Those that are not among ``disabled``."""
        return cls(*(name not in disabled for name in cls._fields))


FASTEST: Final = Choices()
