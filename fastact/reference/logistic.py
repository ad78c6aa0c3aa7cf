"""The logistic function and what is made of it: value and derivative in NumPy.

Uses NumPy and what stands in arithmetic.py; imported by reference.stand_ins.
"""

from __future__ import annotations

import math

import numpy as np

from fastact.reference.arithmetic import (
    Array,
    Reference,
    exp_correction,
    logistic_slope,
    mended_at_root,
    product_low,
    softplus,
    times_exp,
    times_logistic,
)


def _logistic(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _scaled_logistic(x: Array, beta: Array) -> Array:
    z = beta * x
    e = np.exp(-np.abs(z)) * np.where(z >= 0, 1 / exp_correction(beta, x, z), exp_correction(beta, x, z))
    return np.where(z >= 0, 1, e) / (1 + e)


# f(r + h)/h in powers of h for |h| <= 0.55, f the derivative of silu, gelu and gelu_tanh and r its root, in two
# parts; made by benchmarks/coefficients.py. Near r the terms of f cancel: 6, 29 and 21 ULP without these.
_SILU_ROOT = (-1.2784645427610737, -1.0946994183093437e-16)
_SILU_AT_ROOT = (
    0.2178117057198001, 0.1466487969969469, 0.01887481422378158, -0.01522265522318918,
    -0.006606589138316864, 0.00012662741011946747, 0.0007985218808524971, 0.00018570724300470985,
    -4.090532907527466e-05, -2.973353708531079e-05, -2.9427374377637226e-06, 2.3460063415118414e-06,
    8.604774305516171e-07, -3.046341327563345e-08, -9.41251931340339e-08, -1.8875438323516104e-08,
    6.928758420972367e-09, 2.732241837733349e-09, -1.346214790517681e-09,
)  # fmt: skip


def _silu(x: Array, beta: Array) -> Array:
    z = np.where(beta == 0, 0, beta * x)
    return times_logistic(x, z, exp_correction(beta, x, z))


def _silu_slope(z: Array, correction: Array) -> Array:
    """The derivative of silu at z and what rounding z lost, which exp(z) shows as the correction."""
    y = logistic_slope(z, z, correction)
    return mended_at_root(z, y, _SILU_ROOT, _SILU_AT_ROOT, correction - 1)


def _silu_derivative(x: Array, beta: Array) -> Array:
    z = np.where((beta == 0) & ~np.isnan(x), 0, beta * x)
    return _silu_slope(z, exp_correction(beta, x, z))


def _quick_gelu_argument(x: Array) -> tuple[Array, Array]:
    """1.702 x, and what exp(1.702 x) lacks by its rounding."""
    scale = np.full_like(x, 1.702)
    z = scale * x
    low = x * 4.263256414560601e-17 if x.dtype == np.float64 else np.zeros_like(x)
    return z, exp_correction(scale, x, z) + np.where(np.abs(z) < 1e4, low, 0)


def _quick_gelu(x: Array) -> Array:
    z, correction = _quick_gelu_argument(x)
    return times_logistic(x, z, correction)


def _quick_gelu_derivative(x: Array) -> Array:
    return _silu_slope(*_quick_gelu_argument(x))


def _mish(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    left = times_exp(np.maximum(x, -1e4) * (2 + e), np.minimum(x, 0)) / (2 + e * (2 + e))
    return np.where(x < 0, left, x * ((1 + 2 * e) / (1 + e * (2 + 2 * e))))


def _mish_derivative(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    y = np.clip(x, -1e4, 1e4)
    left = times_exp(4 * (y + 1) + e * (4 * y + 6 + e * (4 + e)), np.minimum(x, 0)) / (2 + e * (2 + e)) ** 2
    right = (1 + e * (4 + e * (4 * y + 6 + e * (4 * y + 4)))) / (1 + e * (2 + 2 * e)) ** 2
    return np.where(x < 0, left, right)


def _tanhshrink(x: Array) -> Array:
    """x - tanh(x); up to 1 as (x cosh(x) - sinh(x))/cosh(x), of which no series has a negative term.

    What the last steps round is added again: else results step back by 2 ULP where the two formulas meet.
    """
    a = np.abs(x)
    c = np.minimum(a, 1)
    t = c * c
    t_low = product_low(c, c, t)
    total = np.zeros_like(x)
    cosh = np.zeros_like(x)  # and later 1 less than it
    for k in range(12, 1, -1):
        total = (total + x.dtype.type(2 * k) / x.dtype.type(math.factorial(2 * k + 1))) * t
        cosh = (cosh + 1) * t / x.dtype.type((2 * k) * (2 * k - 1))
    cosh = (cosh + 1) * t / 2
    third = x.dtype.type(1) / 3
    upper, lower = third + total, 1 + cosh
    upper_low = (total - (upper - third)) + (1 - 3 * third) / 3  # 3 times the third is exact but for one bit
    lower_low = cosh - (lower - 1)
    ratio = upper / lower
    rest = (-product_low(ratio, lower, ratio * lower) + (upper - ratio * lower)) + (upper_low - ratio * lower_low)
    cube = c * t
    cube_low = product_low(c, t, cube) + c * t_low
    near = cube * ratio + (cube * (rest / lower) + (cube_low * ratio + product_low(cube, ratio, cube * ratio)))
    e = np.exp(-2 * a)
    return np.copysign(np.where(a < 1, near, (a - 1) + 2 * e / (1 + e)), x)


def _tanhshrink_derivative(x: Array) -> Array:
    e = np.exp(-2 * np.abs(x))
    return np.where(np.abs(x) < 1, np.tanh(x) ** 2, 1 - 4 * e / (1 + e) ** 2)


def _logit(x: Array, eps: Array) -> Array:
    """Near 1/2 by log1p of x/(1 - x) - 1, which is exact there but for the division."""
    low, high = (x < eps) & (eps >= 0), (1 - x < eps) & (eps >= 0)
    c = np.where(low | high, eps, x)
    rest = 1 - c
    lost = (1 - rest) - c  # by 1 - c
    near = np.log1p(((c - rest) - lost) / (rest + lost))
    y = np.where((c > 0.35) & (c < 0.65), near, np.log(c) - np.log1p(-c))
    y = np.where((c < 0) | (c > 1), np.nan, y)
    return np.where(high, 0.0 - y, y)


def _logit_derivative(x: Array, eps: Array) -> Array:
    y = np.abs(1 / x / (1 - x))
    y = np.where((x < 0) | (x > 1), np.nan, y)
    return np.where((eps >= 0) & ((x < eps) | (1 - x < eps)), 0, y)


FORMULAS: dict[str, Reference] = {
    "sigmoid": Reference(
        _logistic,
        lambda x: np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2,
        lambda y: y * (1 - y),
    ),
    "tanh": Reference(
        np.tanh,
        lambda x: times_exp(np.full_like(x, 4), -2 * np.abs(x)) / (1 + np.exp(-2 * np.abs(x))) ** 2,
        lambda y: (1 - y) * (1 + y),
    ),
    "silu": Reference(
        _silu,
        _silu_derivative,
    ),
    "quick_gelu": Reference(_quick_gelu, _quick_gelu_derivative),
    "softplus": Reference(
        softplus,
        _scaled_logistic,
        lambda y, beta: -np.expm1(-beta * y),
    ),
    "logsigmoid": Reference(
        lambda x: -softplus(-x, np.ones_like(x)),
        lambda x: _logistic(-x),
        lambda y: -np.expm1(y),
    ),
    "mish": Reference(_mish, _mish_derivative),
    "tanhshrink": Reference(_tanhshrink, _tanhshrink_derivative),
    "logit": Reference(_logit, _logit_derivative),
}
