"""Older names of helpers for data."""

from kgraph.preprocessing import sequence

__all__ = ["sequence"]
