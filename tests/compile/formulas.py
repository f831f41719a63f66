"""The formulas of losses, objectives and metrics, restated in numpy: float64, one sample a row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RULES = ("keras2", "keras3", "weighted_mean")


# --- losses: one value for each sample (and timestep) -----------------------------------------------------------------


def mse(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return np.mean((np.float64(y) - p) ** 2, axis=-1)


def mae(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return np.mean(np.abs(np.float64(y) - p), axis=-1)


def binary_crossentropy(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    p = np.clip(np.float64(p), 1e-7, 1 - 1e-7)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p), axis=-1)


def categorical_crossentropy(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    p = np.clip(np.float64(p) / np.sum(p, axis=-1, keepdims=True), 1e-7, 1 - 1e-7)
    return -np.sum(y * np.log(p), axis=-1)


def sparse_categorical_crossentropy(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    """``labels`` are ``(n, ...)``, without a last axis of 1."""
    return categorical_crossentropy(np.eye(p.shape[-1])[labels], p)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# --- objectives: from those values to one number (rows 3.4 to 3.6) ----------------------------------------------------


def spread(x: np.ndarray, like: np.ndarray) -> np.ndarray:
    return np.float64(x).reshape(x.shape + (1,) * (like.ndim - x.ndim))


def quotient(a: np.ndarray, b: float) -> np.ndarray:
    return a / b if b else np.zeros_like(a)


def keras2(losses: np.ndarray, m: np.ndarray | None, w: np.ndarray | None) -> float:
    if m is not None:
        losses = quotient(losses * spread(m, losses), np.mean(np.float64(m)))
    if w is not None:
        losses = losses.mean(axis=tuple(range(w.ndim, losses.ndim)))
        losses = quotient(losses * w, np.mean(w != 0))
    return float(np.mean(losses))


def keras3(losses: np.ndarray, m: np.ndarray | None, w: np.ndarray | None) -> float:
    if m is not None:
        losses = losses * spread(quotient(np.float64(m) * m.size, np.sum(m)), losses)
    if w is not None:
        losses = losses * spread(w, losses)
    return float(np.sum(losses) / losses.size)


def weighted_mean(losses: np.ndarray, m: np.ndarray | None, w: np.ndarray | None) -> float:
    factors = np.ones_like(losses)
    for part in (m, w):
        if part is not None:
            factors = factors * spread(part, losses)
    return float(quotient(np.sum(losses * factors), np.sum(factors)))


OBJECTIVES = {"keras2": keras2, "keras3": keras3, "weighted_mean": weighted_mean}


def objective(rule: str, losses: np.ndarray, m: np.ndarray | None = None, w: np.ndarray | None = None) -> float:
    return OBJECTIVES[rule](np.float64(losses), m, None if w is None else np.float64(w))


def slope(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """The gradient of ``function`` by central differences."""
    gradient = np.zeros_like(at, dtype=np.float64)
    for place in np.ndindex(*at.shape):
        shift = np.zeros_like(gradient)
        shift[place] = step
        gradient[place] = (function(at + shift) - function(at - shift)) / (2 * step)
    return gradient


# --- metrics over all samples -----------------------------------------------------------------------------------------


def precision(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    hit = p > 0.5
    return float(np.sum(w * y * hit) / np.sum(w * hit))


def recall(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    return float(np.sum(w * y * (p > 0.5)) / np.sum(w * y))


def auc(y: np.ndarray, p: np.ndarray, w: np.ndarray, thresholds: int = 200) -> float:
    """The area under the ROC curve by trapezoids over ``thresholds`` evenly spaced thresholds."""
    inner = np.arange(1, thresholds - 1) / (thresholds - 1)
    levels = np.concatenate([[-1e-7], inner, [1 + 1e-7]])[:, None]
    above = p[None] > levels
    true_rate = np.sum(w * y * above, axis=1) / np.sum(w * y)
    false_rate = np.sum(w * (1 - y) * above, axis=1) / np.sum(w * (1 - y))
    return float(np.sum((false_rate[:-1] - false_rate[1:]) * (true_rate[:-1] + true_rate[1:]) / 2))
