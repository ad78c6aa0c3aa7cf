"""FReLU by NumPy: the fallback, and what longdouble is computed with. Arrays are of the type that is computed in."""

from __future__ import annotations

import numpy as np

from fastact.reference.arithmetic import Array


def _padded(x: Array, r: int) -> Array:
    return np.pad(x, ((0, 0), (0, 0), (r, r), (r, r)))


def window_sums(x: Array, weight: Array, bias: Array) -> Array:
    """The sum over the window around each element, of x (N, C, H, W), weight (C, k, k) and bias (C,)."""
    height, width = x.shape[2:]
    k = weight.shape[1]
    padded = _padded(x, k // 2)
    total = np.zeros_like(x) + bias[:, None, None]
    for a in range(k):
        for b in range(k):
            total += weight[:, a, b, None, None] * padded[:, :, a : a + height, b : b + width]
    return total


def frelu(x: Array, weight: Array, bias: Array) -> Array:
    larger: Array = np.maximum(x, window_sums(x, weight, bias))
    return larger


def frelu_backward(dy: Array, x: Array, weight: Array, bias: Array) -> tuple[Array, Array]:
    """The gradient of x, and what each plane adds to those of weight and bias: (N, C, k k + 1)."""
    height, width = x.shape[2:]
    k = weight.shape[1]
    total = window_sums(x, weight, bias)
    shared = np.where(x == total, dy / 2, dy)
    nan = np.isnan(total)
    to_window = np.where(nan, total, np.where(x > total, 0, shared))
    to_centre = np.where(nan, total, np.where(x < total, 0, shared))
    turned = weight[:, ::-1, ::-1]
    dx = to_centre + window_sums(to_window, turned, np.zeros_like(bias))
    padded = _padded(x, k // 2)
    sums = [
        np.sum(padded[:, :, a : a + height, b : b + width] * to_window, axis=(2, 3)) for a in range(k) for b in range(k)
    ]
    return dx, np.stack([*sums, np.sum(to_window, axis=(2, 3))], axis=-1)
