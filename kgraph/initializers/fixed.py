"""Initializers that draw nothing: one value, a diagonal, the waves of a Fourier transform."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from kgraph import config, ops
from kgraph.arguments import one_of
from kgraph.initializers.initializer import Initializer, Shape
from kgraph.ops.operands import DTypeLike, TensorLike, rank_of, shape_of


class Zeros(Initializer):
    """Zeros."""

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        return ops.zeros(shape, dtype)


class Ones(Initializer):
    """Ones."""

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        return ops.ones(shape, dtype)


class Constant(Initializer):
    """One value everywhere, or an array that broadcasts to the shape."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        return ops.full(shape, self.value, dtype)


class Identity(Initializer):
    """``gain`` on the diagonal of a matrix, 0 elsewhere.

    Raises:
        ValueError: the shape is not that of a matrix.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        if len(shape) != 2:
            raise ValueError(f"Identity initializes matrices, not a weight of shape {tuple(shape)}")
        return ops.multiply(ops.eye(shape[0], shape[1], dtype=dtype), self.gain)


#: Windows by name: ``w[0] - w[1] cos(x) + w[2] cos(2x) - ...`` where ``x`` goes from 0 to a whole turn.
_WINDOWS: Final[Mapping[str, tuple[float, ...]]] = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
}

#: What a window is divided by.
_SCALINGS: Final[Mapping[str | None, Any]] = {
    "density": lambda window: ops.sqrt(ops.sum(ops.square(window))),
    "spectrum": lambda window: ops.sum(ops.absolute(window)),
    None: lambda window: 1.0,
}

#: The wave of each part of the transform.
_SIDES: Final[Mapping[str, Any]] = {"real": ops.cos, "imag": ops.sin}


class STFT(Initializer):
    """The kernel of a convolution that is one part of a short-time Fourier transform.

    Shape ``(frame_length, input_channels, bins)`` of ``bins = fft_length / 2 + 1`` frequencies. The wave of bin ``k``
    at time ``t`` is the cosine or sine of ``-2 pi k t / fft_length``, times the window.

    Args:
        side: ``real`` or ``imag``.
        window: its name, a vector of ``frame_length`` numbers, or ``None`` for waves alone.
        scaling: ``density`` divides the window by the root of the sum of its squares, ``spectrum`` by the sum of its
            absolute values, ``None`` by 1.
        periodic: whether a named window goes on to its first value after its end, or ends with it.

    Raises:
        ValueError: an argument is none of these, or does not fit the shape.
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        self.side = one_of("side", side, _SIDES)
        self.window = one_of("window", window, _WINDOWS) if isinstance(window, str) else window
        self.scaling = one_of("scaling", scaling, _SCALINGS)
        self.periodic = periodic

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        frame_length, channels, bins = shape
        fft_length = max(1, 2 * (bins - 1))
        # Whole turns are taken away while numbers are whole, so that no angle is large.
        places = ops.mod(ops.outer(ops.arange(frame_length), ops.arange(bins)), fft_length)
        kernel = _SIDES[self.side](ops.multiply(ops.cast(places, dtype or config.floatx()), -math.tau / fft_length))
        if self.window is not None:
            window = self._window(frame_length, dtype)
            kernel = ops.multiply(kernel, ops.expand_dims(ops.divide(window, _SCALINGS[self.scaling](window)), -1))
        return ops.broadcast_to(ops.expand_dims(kernel, 1), (frame_length, channels, bins))

    def _window(self, frame_length: int, dtype: DTypeLike) -> TensorLike:
        if not isinstance(self.window, str):
            window = ops.convert_to_tensor(self.window, dtype=dtype)
            if rank_of(window) != 1 or shape_of(window)[0] != frame_length:
                raise ValueError(f"window has shape {shape_of(window)}, but frames have {frame_length} numbers")
            return window
        if frame_length == 1:
            return ops.ones((1,), dtype)
        steps = frame_length if self.periodic else frame_length - 1
        x = ops.multiply(ops.arange(frame_length, dtype=dtype or config.floatx()), math.tau / steps)
        terms = [ops.multiply(ops.cos(ops.multiply(x, k)), w * (-1) ** k) for k, w in enumerate(_WINDOWS[self.window])]
        return sum(terms[1:], terms[0])
