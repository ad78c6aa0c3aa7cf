"""Piecewise linear activations and other polynomials in pieces: value and derivative in NumPy.

Uses NumPy and what stands in arithmetic.py; imported by reference.stand_ins.
"""

from __future__ import annotations

import numpy as np

from fastact.reference.arithmetic import Array, Reference, product_low


def _constant(x: Array, value: float) -> Array:
    """``value`` where x is a number, NaN where it is not."""
    return np.where(np.isnan(x), x, x.dtype.type(value))


def _sides(x: Array, right: Array | float, left: Array, at_zero: Array | float) -> Array:
    """``right``, ``at_zero`` or ``left`` by the sign of x; NaN stays."""
    chosen: Array = np.where(x > 0, right, np.where(x < 0, left, at_zero))
    return np.where(np.isnan(x), x, chosen)


def _relu(x: Array) -> Array:
    return np.where(x < 0, x.dtype.type(0), x)


def _relu_squared(x: Array) -> Array:
    y = _relu(x)
    return y * y


def _leaky(x: Array, slope: Array) -> Array:
    return np.where(x >= 0, x, slope * x)


def _prelu_slope(x: Array, slope: Array) -> Array:
    return _sides(x, 1, slope, slope)


def _inside(x: Array, low: Array | float, high: Array | float, slope: Array | float) -> Array:
    """``slope`` where low < x < high, else 0; nothing is beyond an infinite bound. NaN stays."""
    inside = ((x > low) | (low == -np.inf)) & ((x < high) | (high == np.inf))
    return np.where(np.isnan(x), x, np.where(inside, slope, x.dtype.type(0)))


def _threshold(x: Array, threshold: Array, value: Array) -> Array:
    return np.where(x <= threshold, value, x)


def _above(x: Array, threshold: Array | float) -> Array:
    return np.where(np.isnan(x), x, (x > threshold).astype(x.dtype))


def _line(x: Array, slope: Array, level: Array) -> Array:
    """slope x + level, accurate where the two cancel; limits where x is infinite and the slope 0."""
    most = np.finfo(x.dtype).max
    x = np.where(slope == 0, np.clip(x, -most, most), x)
    product = slope * x
    low = product_low(slope, x, product)
    low = np.where(np.abs(low) <= np.abs(product), low, 0)  # the splitting overflows where x is huge
    total = product + level
    part = total - product
    low = low + ((product - (total - part)) + (level - part))
    return np.where((level == 0) | ~np.isfinite(total), product, total + np.where(np.isfinite(low), low, 0))


def _side(x: Array, slope: Array, offset: Array, bound: Array) -> Array:
    """A number with the sign of slope x + offset - bound."""
    level = offset - bound
    part = level - offset
    low = (offset - (level - part)) - (bound + part)
    # where the level is 0 a product that vanishes would have no sign
    return np.where(level == 0, np.sign(slope) * np.sign(x), _line(x, slope, level) + low)


def _clipped_linear_derivative(x: Array, slope: Array, offset: Array, low: Array, high: Array) -> Array:
    between = (_side(x, slope, offset, low) > 0) | (low == -np.inf)
    between &= (_side(x, slope, offset, high) < 0) | (high == np.inf)
    return np.where(np.isnan(x), x, np.where(between, slope, 0))


def _clip(y: Array, low: Array | float, high: Array | float) -> Array:
    """As np.clip, but -0.0 stays where the bound is 0."""
    return np.where(y < low, low, np.where(y > high, high, y))


def _hardsigmoid_parts(x: Array, inverse: Array, offset: Array) -> tuple[Array, Array]:
    """x - low and x - high, low and high being where hardsigmoid becomes 0 and 1; no sign is wrong."""
    one = np.ones_like(x)
    level = offset * inverse
    low = product_low(offset, inverse, level)
    beyond = level - inverse
    part = beyond - level
    beyond_low = (level - (beyond - part)) - (inverse + part) + low
    return _line(x, one, level) + low, _line(x, one, beyond) + beyond_low


# The slope's rounded inverse comes last: with it 1/6 is exact. Of an extreme slope it is not to be multiplied by.


def _extreme(slope: Array, offset: Array) -> Array:
    size = np.abs(slope)
    return (size > 2.0**900) | (size < 2.0**-900) | (np.abs(offset) > 2.0**900)


def _hardsigmoid(x: Array, slope: Array, offset: Array, inverse: Array) -> Array:
    """A negative slope is a positive one of -x."""
    size = np.abs(inverse)
    above, beyond = _hardsigmoid_parts(x * np.sign(slope), size, offset)
    y = np.where(above <= 0, 0, np.where(beyond >= 0, 1, np.minimum(above / size, 1)))
    return np.where(_extreme(slope, offset), _clip(_line(x, slope, offset), 0, 1), y)


def _hardsigmoid_derivative(x: Array, slope: Array, offset: Array, inverse: Array) -> Array:
    above, beyond = _hardsigmoid_parts(x * np.sign(slope), np.abs(inverse), offset)
    y = np.where((above > 0) & (beyond < 0), 1 / inverse, 0)
    wide = _clipped_linear_derivative(x, slope, offset, np.zeros_like(x), np.ones_like(x))
    return np.where(np.isnan(x), x, np.where(_extreme(slope, offset), wide, y))


def _hardsigmoid_from_output(y: Array, slope: Array, offset: Array, inverse: Array) -> Array:
    return _inside(y, 0, 1, np.where(_extreme(slope, offset), slope, 1 / inverse))


def _mean(lower: Array, upper: Array) -> Array:
    """Halved first, unless half of them may be no number."""
    tiny = np.maximum(np.abs(lower), np.abs(upper)) < np.finfo(lower.dtype).tiny * 4
    return np.where(tiny, (lower + upper) / 2, lower / 2 + upper / 2)


def _rrelu(x: Array, lower: Array, upper: Array) -> Array:
    tiny = np.maximum(np.abs(lower), np.abs(upper)) < np.finfo(lower.dtype).tiny * 4
    return np.where(tiny & (x < 0), (x / 2) * (lower + upper), _leaky(x, _mean(lower, upper)))


def _shrink(x: Array, lambd: Array, bias: Array | float) -> Array:
    return np.where(np.abs(x) <= lambd, np.copysign(0, x), x - np.copysign(1, x) * bias)


def _hardswish(x: Array) -> Array:
    c = np.clip(x, -3, 3)
    t = c + 3
    y = c * t
    low = product_low(c, t, y) + c * (c - (t - 3))
    return np.where(x >= 3, x, np.where(x <= -3, 0, np.copysign((y + low) / 6, x)))


FORMULAS: dict[str, Reference] = {
    "identity": Reference(lambda x: x.copy(), lambda x: _constant(x, 1), lambda y: _constant(y, 1)),
    "step": Reference(
        lambda x, at_zero: _sides(x, 1, np.zeros_like(x), at_zero),
        lambda x, at_zero: _constant(x, 0),
        lambda y, at_zero: _constant(y, 0),
    ),
    "relu": Reference(
        _relu,
        lambda x, at_zero: _sides(x, 1, np.zeros_like(x), at_zero),
        lambda y, at_zero: _sides(y, 1, np.zeros_like(y), 0),
    ),
    "leaky_relu": Reference(
        _leaky,
        lambda x, slope, at_zero: _sides(x, 1, slope, at_zero),
        lambda y, slope, at_zero: _prelu_slope(y, slope),
    ),
    "prelu": Reference(_leaky, _prelu_slope, _prelu_slope),
    "relu6": Reference(
        lambda x: _clip(x, 0, 6),
        lambda x: _inside(x, 0, 6, 1),
        lambda y: _inside(y, 0, 6, 1),
    ),
    "relu_squared": Reference(
        _relu_squared,
        lambda x: 2 * np.where(x <= 0, x.dtype.type(0), x),
        lambda y: 2 * np.sqrt(_relu(y)),
    ),
    "threshold": Reference(
        _threshold,
        lambda x, threshold, value: _above(x, threshold),
        lambda y, threshold, value: _above(y, np.maximum(threshold, value)),
    ),
    "thresholded_relu": Reference(lambda x, alpha: np.where(x <= alpha, x.dtype.type(0), x), _above, _above),
    "hardtanh": Reference(
        _clip,
        lambda x, low, high: _inside(x, low, high, 1),
        lambda y, low, high: _inside(y, low, high, 1),
    ),
    "clipped_linear": Reference(
        lambda x, slope, offset, low, high: _clip(_line(x, slope, offset), low, high),
        _clipped_linear_derivative,
        lambda y, slope, offset, low, high: _inside(y, low, high, slope),
    ),
    "rrelu": Reference(
        _rrelu,
        lambda x, lower, upper: _prelu_slope(x, _mean(lower, upper)),
        lambda y, lower, upper: _prelu_slope(y, _mean(lower, upper)),
    ),
    "hardsigmoid": Reference(
        _hardsigmoid,
        _hardsigmoid_derivative,
        _hardsigmoid_from_output,
        inverted=0,
    ),
    "hardswish": Reference(
        _hardswish,
        lambda x: np.where(x <= -3, 0, np.where(x >= 3, 1, (2 * np.clip(x, -3, 3) + 3) / 6)),
    ),
    "hardshrink": Reference(
        lambda x, lambd: _shrink(x, lambd, 0),
        lambda x, lambd: _above(np.abs(x), lambd),
        lambda y, lambd: _above(np.abs(y), 0),
    ),
    "softshrink": Reference(
        lambda x, lambd: _shrink(x, lambd, lambd),
        lambda x, lambd: _above(np.abs(x), lambd),
        lambda y, lambd: _above(np.abs(y), 0),
    ),
    "shrink": Reference(
        _shrink,
        lambda x, lambd, bias: _above(np.abs(x), lambd),
        lambda y, lambd, bias: _above(np.abs(y), 0),
    ),
    "sparse_plus": Reference(
        lambda x: np.where(x >= 1, x, np.square(np.clip(x, -1, 1) + 1) / 4),
        lambda x: (np.clip(x, -1, 1) + 1) / 2,
        lambda y: np.sqrt(_clip(y, 0, 1)),
    ),
    "sparse_sigmoid": Reference(
        lambda x: (np.clip(x, -1, 1) + 1) / 2,
        lambda x: _inside(x, -1, 1, 0.5),
        lambda y: _inside(y, 0, 1, 0.5),
    ),
}
