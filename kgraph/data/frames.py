"""Frames and series of pandas as arrays."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def is_frame(value: Any) -> bool:
    """Whether ``value`` is a frame, series or index of pandas. Pandas is not imported to find out."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series, pandas.Index))


def frame_array(label: str, frame: Any) -> np.ndarray:
    """``frame`` as an array: ``(rows, columns)``, or ``(rows,)`` for a series.

    Columns of several dtypes meet in the one that numpy finds for all; a missing value is NaN.

    Raises:
        TypeError: a column does not hold numbers or bools; the message names it.
    """
    if frame.ndim == 1:
        return _column(label if frame.name is None else f"{label}, column {frame.name!r},", frame)
    columns = [_column(f"{label}, column {name!r},", column) for name, column in frame.items()]
    if not columns:
        return np.empty(frame.shape)
    whole = frame.to_numpy()
    return whole if whole.dtype.kind != "O" else np.column_stack(columns)


def _column(label: str, column: Any) -> np.ndarray:
    """A column in numpy's dtype; a dtype of pandas' own says by its ``kind`` what it holds."""
    if column.dtype.kind not in "buif":
        raise TypeError(f"{label} must hold numbers or bools, but has dtype {column.dtype}")
    if isinstance(column.dtype, np.dtype):
        array: np.ndarray = column.to_numpy()
    elif column.isna().any():
        array = column.to_numpy(np.float64, na_value=np.nan)
    else:
        array = column.to_numpy(getattr(column.dtype, "numpy_dtype", np.float64))
    return array
