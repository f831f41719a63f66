"""Older names of helpers for sequences."""

from kgraph.utils.sequences import pad_sequences

__all__ = ["pad_sequences"]
