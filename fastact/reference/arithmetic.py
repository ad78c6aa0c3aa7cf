"""What the NumPy formulas share: carried products, powers in halves, the logistic function.

Uses NumPy and the standard library; imported by the other files of this folder and by reference.stand_ins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Formula = Callable[..., Array]


class Reference(NamedTuple):
    """Formulas of one row: of x and the parameters, the last of y and the parameters."""

    value: Formula
    derivative: Formula
    from_output: Formula | None = None
    inverted: int | None = None  # the place of a parameter of which these take the rounded reciprocal too, at the end


def times_exp(y: Array, x: Array) -> Array:
    """y exp(x), in halves: y exp(x) is a normal number long after exp(x) is not."""
    half = np.exp(x / 2)
    return (y * half) * half


def product_low(a: Array, b: Array, product: Array) -> Array:
    """a b - product for a rounded product, by Dekker's splitting."""
    split = a.dtype.type(2 ** ((np.finfo(a.dtype).nmant + 2) // 2) + 1)
    c = split * a
    ah = c - (c - a)
    c = split * b
    bh = c - (c - b)
    al, bl = a - ah, b - bh
    return ((ah * bh - product) + ah * bl + al * bh) + al * bl


def exp_correction(a: Array, b: Array, product: Array) -> Array:
    """What exp(a b) is over exp(product), to first order in the rounding of the product."""
    (ma, ea), (mb, eb) = np.frexp(a), np.frexp(b)  # or the splitting overflows, and what is lost underflows
    low = np.ldexp(product_low(ma, mb, ma * mb), ea + eb)
    return 1 + np.where(np.isfinite(low) & (np.abs(product) < 1e4), low, 0)


def times_logistic(x: Array, z: Array, correction: Array) -> Array:
    """x/(1 + exp(-z)/correction)."""
    e = np.exp(-np.abs(z))
    with np.errstate(invalid="ignore"):  # inf 0 in the branch that is not chosen
        left = times_exp(np.where(z < -1e4, np.copysign(0, x), x), np.minimum(z, 0)) * correction / (1 + e)
    return np.where(z >= 0, x / (1 + e / correction), left)


def logistic_slope(z: Array, y: Array, correction: Array) -> Array:
    """s (1 + y (1 - s)), s = 1/(1 + exp(-z)/correction)."""
    e = np.exp(-np.abs(z))
    inner = np.clip(y, -1e4, 1e4)
    right = (1 + (e / correction) * (1 + inner)) / (1 + e / correction) ** 2
    left = times_exp((1 + inner) + e * correction, np.minimum(z, 0)) * correction / (1 + e * correction) ** 2
    return np.where(z >= 0, right, left)


def mended_at_root(
    x: Array, y: Array, root: tuple[float, float], coefficients: tuple[float, ...], x_low: Array | float = 0.0
) -> Array:
    """y, but near the root the polynomial of x + x_low; float64 only, whose digits it has."""
    if x.dtype != np.float64:
        return y
    h = np.clip((x - root[0]) + (x_low - root[1]), -0.55, 0.55)
    total = np.zeros_like(h)
    for c in reversed(coefficients):
        total = total * h + c
    return np.where(np.abs(h) < 0.55, total * h, y)


def softplus(x: Array, beta: Array) -> Array:
    """log(1 + exp(beta x))/beta, also of beta < 0: then it is that of -x and -beta, and negative."""
    z = beta * x
    correction = exp_correction(beta, x, z)
    e = np.exp(-np.abs(z)) * np.where(z >= 0, 1 / correction, correction)
    # the quotient by beta may be a normal number where e is none
    m, k = np.frexp(beta)
    half = np.exp(np.minimum(z, 0) / 2)
    first = np.where(z < -700, -k, 0)
    tail = np.ldexp(np.ldexp(half / m, first) * half * correction, -k - first)
    logarithm = np.where(z < -40, tail, np.log1p(e) / beta)
    return np.where(z < 0, logarithm, x + logarithm)
