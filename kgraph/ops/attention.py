"""Attention: means of values, weighted by how well queries and keys agree."""

from __future__ import annotations

import math
from typing import Any, Final

from kgraph.dimension import as_dimension
from kgraph.dims import divide_exactly
from kgraph.ops.comparison import logical_and, where
from kgraph.ops.contraction import einsum
from kgraph.ops.creation import tri
from kgraph.ops.elementwise import add, divide, multiply, tanh
from kgraph.ops.operands import TensorLike, as_float, rank_of, shape_of
from kgraph.ops.shaping import repeat
from kgraph.tensor import apply

#: What a logit is that does not count: a row of nothing else gets equal weights.
_MASKED: Final = -0.7 * 3.4028234663852886e38


def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike = None,
    mask: TensorLike = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> TensorLike:
    """``softmax(scale * query · key + bias)`` over the source's steps, times ``value``, for each head.

    Args:
        query: ``(batch, target, heads, depth)``.
        key: ``(batch, source, heads, depth)``; fewer heads serve as many neighbouring ones of the query each.
        value: likewise, of any depth, which is the result's.
        bias: added to the logits, broadcasts to ``(batch, heads, target, source)``.
        mask: bools that say which pairs count, broadcast likewise.
        scale: ``1 / sqrt(depth)`` where not given.
        is_causal: whether only steps up to the query's own count.
        flash_attention: has no say: there is one way to compute this.
        attn_logits_soft_cap: where given, logits ``x`` become ``cap * tanh(x / cap)``.

    Returns:
        ``(batch, target, heads, depth of value)``.

    Raises:
        ValueError: an operand does not have four dimensions, or the numbers of heads do not divide.
    """
    given = {"query": query, "key": key, "value": value}
    for name, x in given.items():
        if rank_of(x) != 4:
            text = f"{name} must be (batch, time, heads, depth), not {list(shape_of(x))}"
            raise ValueError(f"ops.dot_product_attention: {text}")
    query, key, value = (as_float(x) for x in given.values())
    key, value = (_for_heads(x, query) for x in (key, value))
    depth: Any = shape_of(query)[-1]
    factor = 1.0 / math.sqrt(depth) if scale is None else scale
    logits = multiply(einsum("bthd,bshd->bhts", query, key), factor)
    if bias is not None:
        logits = add(logits, bias)
    if attn_logits_soft_cap is not None:
        logits = multiply(tanh(divide(logits, attn_logits_soft_cap)), attn_logits_soft_cap)
    counted = _counted(mask, shape_of(logits)[-2:], is_causal)
    if counted is not None:
        logits = where(counted, logits, _MASKED)
    return einsum("bhts,bshd->bthd", apply("softmax", logits), value)


def _for_heads(x: TensorLike, query: TensorLike) -> TensorLike:
    """``x`` with as many heads as the query, each of its own serving neighbouring ones."""
    heads, own = shape_of(query)[2], shape_of(x)[2]
    times = divide_exactly(heads, own)
    if not isinstance(times, int):
        text = f"the query has {heads} heads, which {own} of key and value do not divide"
        raise ValueError(f"ops.dot_product_attention: {text}")
    return x if times == 1 else repeat(x, times, axis=2)


def _counted(mask: TensorLike, steps: tuple[Any, ...], is_causal: bool) -> TensorLike:
    """Which pairs of steps count; ``None`` where all do."""
    if not is_causal:
        return mask
    target, source = (as_dimension(dim) for dim in steps)
    causal = tri(target, source, dtype="bool")
    return causal if mask is None else logical_and(mask, causal)
