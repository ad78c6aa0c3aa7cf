"""NumPy formulas of the generalised ufuncs, along the last axis.

An input with one element for a whole row has a last axis of length 1, and so has such a result.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.reference.near_zero import log_of_sum, two_product, two_sum

Array = npt.NDArray[Any]


Pair = tuple[Array, Array]


def _zero_for(low: Array) -> Array:
    """0 where a low part is none, beside what is infinite."""
    return np.where(np.isfinite(low), low, 0)


def _scores(x: Array, scale: Array, mask: Array | None = None) -> Pair:
    """scale x + mask, and what rounding that lost."""
    z, low = two_product(x, scale)
    low = _zero_for(low)
    if mask is None:
        return z, low
    z, rest = two_sum(z, mask)
    return z, low + _zero_for(rest)


def _parts(z: Array, z_low: Array) -> tuple[Array, Array, Array]:
    """z + z_low less the largest of its row, what rounding that loses, and the largest, or 0 where all are -inf."""
    top = np.max(z, axis=-1, keepdims=True, initial=-np.inf)
    top_low = np.max(np.where(z == top, z_low, -np.inf), axis=-1, keepdims=True, initial=-np.inf)
    top, top_low = np.where(top == -np.inf, 0, top), _zero_for(top_low)
    d, low = two_sum(z, -top)
    return d, _zero_for(low) + (z_low - top_low), top


def _exponentials(d: Array, low: Array) -> Array:
    e = np.exp(d)
    result: Array = e + e * np.where(e > 0, low, 0)
    return result


def _softmax(z: Array, z_low: Array) -> Array:
    d, low, _ = _parts(z, z_low)
    e = _exponentials(d, low)
    total = np.sum(e, axis=-1, keepdims=True)
    result: Array = e / np.where(total == 0, 1, total)
    return _crowned(result, z, 1, 0)


def _crowned(result: Array, z: Array, value: float, others: float) -> Array:
    """The limit where one score is inf, which gets ``value``; with more of them there is none, and all is NaN."""
    infinite = z == np.inf
    single = (np.sum(infinite, axis=-1, keepdims=True) == 1) & ~np.isnan(z).any(axis=-1, keepdims=True)
    return np.where(single, np.where(infinite, value, others), result)


def _log_total(e: Array) -> Array:
    """The logarithm of the sum of e, the largest of which is 1, or all are 0: then 0. The others may be tiny."""
    if e.shape[-1] == 0:
        return np.zeros((*e.shape[:-1], 1), e.dtype)
    first = np.argmax(e, axis=-1)[..., None] == np.arange(e.shape[-1])
    others = np.sum(np.where(first, 0, e), axis=-1, keepdims=True)
    return np.where(np.isnan(e).any(axis=-1, keepdims=True), np.nan, np.log1p(others))


def _log_softmax(z: Array, z_low: Array) -> Array:
    d, low, _ = _parts(z, z_low)
    logarithm = _log_total(_exponentials(d, low))
    result: Array = np.where(d == -np.inf, -np.inf, d + (low - logarithm))
    return _crowned(np.where(np.isnan(logarithm), np.nan, result), z, 0, -np.inf)


def softmax(x: Array, scale: Array) -> Array:
    return _softmax(*_scores(x, scale))


def softmax_masked(x: Array, mask: Array, scale: Array) -> Array:
    return _softmax(*_scores(x, scale, mask))


def softmax_kept(x: Array, kept: Array, scale: Array) -> Array:
    z, low = _scores(x, scale)
    return _softmax(np.where(kept, z, -np.inf), low)


def log_softmax(x: Array, scale: Array) -> Array:
    return _log_softmax(*_scores(x, scale))


def log_softmax_masked(x: Array, mask: Array, scale: Array) -> Array:
    return _log_softmax(*_scores(x, scale, mask))


def log_softmax_kept(x: Array, kept: Array, scale: Array) -> Array:
    z, low = _scores(x, scale)
    return _log_softmax(np.where(kept, z, -np.inf), low)


def softmax_backward_from_output(dy: Array, y: Array, scale: Array) -> Array:
    result: Array = scale * (y * (dy - np.sum(dy * y, axis=-1, keepdims=True)))
    return result


def log_softmax_backward_from_output(dy: Array, y: Array, scale: Array) -> Array:
    slope = scale * (dy - np.exp(y) * np.sum(dy, axis=-1, keepdims=True))
    return np.where(y == -np.inf, 0, slope)


def logsumexp(x: Array) -> Array:
    d, low, top = _parts(x, np.zeros_like(x))
    logarithm = _log_total(_exponentials(d, low))
    largest = np.max(x, axis=-1, keepdims=True, initial=-np.inf)
    result = np.where(np.isinf(largest), largest, top + logarithm)
    cancels = (np.abs(result) < logarithm / 2)[..., 0]
    if x.dtype == np.float64 and cancels.any():
        result[cancels, 0] = log_of_sum(x[cancels])
    return result


def logsumexp_backward(dy: Array, x: Array) -> Array:
    return dy * _softmax(x, np.zeros_like(x))


def maxout(x: Array) -> Array:
    if x.shape[-1] == 0:
        return np.full((*x.shape[:-1], 1), -np.inf, x.dtype)
    # of zeros of both signs the first, as the kernels have it; max takes any
    return np.take_along_axis(x, np.argmax(x, axis=-1)[..., None], axis=-1)


def maxout_backward(dy: Array, x: Array) -> Array:
    if x.shape[-1] == 0:
        return x
    first = np.argmax(x, axis=-1)[..., None] == np.arange(x.shape[-1])
    return np.where(np.isnan(x).any(axis=-1, keepdims=True), np.nan, np.where(first, dy, 0))


def hardmax(x: Array) -> Array:
    return maxout_backward(np.ones((), x.dtype), x)


def sparsemax(x: Array) -> Array:
    """By sorting: the largest k with 1 + k z_k > z_1 + ... + z_k gives t = (z_1 + ... + z_k - 1)/k."""
    if x.shape[-1] == 0:
        return x
    bad = np.isnan(x).any(axis=-1, keepdims=True) | (x == np.inf).any(axis=-1, keepdims=True)
    top = np.max(np.where(bad, 0, x), axis=-1, keepdims=True)
    d = np.where(bad, 0, x) - np.where(top == -np.inf, 0, top)
    ordered = -np.sort(-d, axis=-1)
    count = np.arange(1, x.shape[-1] + 1)
    sums = np.cumsum(ordered, axis=-1)
    size = np.maximum(np.sum(1 + count * ordered > sums, axis=-1, keepdims=True), 1)
    t = (np.take_along_axis(sums, size - 1, axis=-1) - 1) / size
    result = np.where(bad, np.nan, np.where(d == -np.inf, 0, np.maximum(d - np.where(np.isfinite(t), t, 0), 0)))
    return _crowned(result, x, 1, 0)


def sparsemax_backward_from_output(dy: Array, y: Array) -> Array:
    inside = y != 0
    mean = np.sum(np.where(inside, dy, 0), axis=-1, keepdims=True) / np.maximum(
        np.sum(inside, axis=-1, keepdims=True), 1
    )
    return np.where(inside, (dy - mean) + 0 * y, 0)


FORMULAS = {
    function.__name__: function
    for function in (
        softmax,
        softmax_masked,
        softmax_kept,
        softmax_backward_from_output,
        log_softmax,
        log_softmax_masked,
        log_softmax_kept,
        log_softmax_backward_from_output,
        logsumexp,
        logsumexp_backward,
        hardmax,
        maxout,
        maxout_backward,
        sparsemax,
        sparsemax_backward_from_output,
    )
}
