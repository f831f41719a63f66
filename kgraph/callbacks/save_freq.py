"""How often callbacks save."""

from __future__ import annotations

from typing import Any


def check_save_freq(owner: str, save_freq: Any) -> None:
    """Lets ``"epoch"`` and numbers of training steps pass.

    Raises:
        ValueError: it is neither.
    """
    is_number = isinstance(save_freq, int) and not isinstance(save_freq, bool)
    if save_freq != "epoch" and not (is_number and save_freq > 0):
        raise ValueError(f'{owner}: save_freq must be "epoch" or a number of steps, not {save_freq!r}')
