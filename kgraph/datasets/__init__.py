"""Small real data sets that ship with the package; nothing is downloaded."""

from __future__ import annotations

from kgraph.datasets import digits

__all__ = ["digits"]
