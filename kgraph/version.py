"""The version of kgraph, in one place: the build reads it too."""

from __future__ import annotations

from typing import Final

__version__: Final[str] = "0.1.0"


def version() -> str:
    """The version of this package."""
    return __version__
