"""Activations made of the four operations and square roots: value and derivative in NumPy.

Uses NumPy and what stands in arithmetic.py; imported by reference.stand_ins.
"""

from __future__ import annotations

import numpy as np

from fastact.reference.arithmetic import Array, Reference


def _softsign(x: Array) -> Array:
    a = np.minimum(np.abs(x), np.finfo(x.dtype).max)  # inf/inf is NaN
    d = 1 + a
    q = a / d
    low = (1 - (d - (d - 1))) + (a - (d - 1))  # what d lost
    return np.copysign(q - low * (q * (1 - q)), x)


def _algebraic_left(a: Array, b: Array) -> tuple[Array, Array]:
    """s - a and (s - a)/s for s = sqrt(a^2 + b), a >= 0, b >= 0; both are scaled to where squares do not overflow."""
    power = np.frexp(np.where(b > 0, b, 1))[1] // 2
    u, c = np.ldexp(a, -power), np.ldexp(np.ldexp(b, -power), -power)
    with np.errstate(all="ignore"):
        far = u > 2.0 ** (np.finfo(a.dtype).nmant // 2 + 4)  # b is nothing beside a^2, and u may have overflowed
        s = np.where(far, u, np.sqrt(u * u + c))  # not np.hypot, which does not always rise with u
        difference = np.where(far, b / a / 2, np.ldexp(c / (s + u), power))
        slope = np.where(b > 0, c / (s + u) / s, 0)
    return np.where(b > 0, difference, 0), np.where((a == 0) & (b == 0), 1, slope)


def _squareplus(x: Array, b: Array) -> Array:
    return np.where(x < 0, x.dtype.type(0), x) + _algebraic_left(np.abs(x), b)[0] / 2


def _squareplus_derivative(x: Array, b: Array) -> Array:
    left = _algebraic_left(np.abs(x), b)[1] / 2
    return np.where(np.isnan(x), x, np.where(x > 0, 1 - left, left))


def _squareplus_from_output(y: Array, b: Array) -> Array:
    root = np.sqrt(b) / 2
    v = np.where(y < root, y / root, root / y) ** 2
    return np.where(y == 0, 0, np.where(y < root, v, 1) / (1 + v))


_GOLDEN = 1.618033988749895  # (1 + sqrt(5))/2
_DISH_ROOT = (0.7861513777574233, 1.0764187905699136e-17)  # sqrt(1/golden), in two parts


def _dish(x: Array) -> Array:
    a = np.abs(x)
    s = np.hypot(a, 1)
    far = a > 1e9
    with np.errstate(all="ignore"):
        left = np.where(far, 0.25 / a, a / 2 / np.where(far, 1, s * (s + a)))
    return np.where(x < 0, -0.0, x) - left


def _dish_derivative(x: Array) -> Array:
    a = np.abs(x)
    c = np.minimum(a, 1e9)
    d = 1 + c * c
    t = c * np.sqrt(d)
    # at the root 1 - t^2 = 1 - a^2 - a^4 by its factors, which do not cancel
    u = (c - _DISH_ROOT[0]) - _DISH_ROOT[1]
    n = np.where(np.abs(u) < 0.1, -u * (c + _DISH_ROOT[0]) * (c * c + _GOLDEN) / (1 + t), 1 - t)
    left = np.where(a > 1e9, -(0.5 / a) * (0.5 / a), n / (2 * d * (d + t)))
    return np.where(np.isnan(x), x, np.where(x > 0, 1 - left, left))


def _bent_identity(x: Array) -> Array:
    a = np.minimum(np.abs(x), 1e100)  # farther out the square might overflow
    s = np.sqrt(a * a + 1)
    near = x * (1 + np.copysign(a / (s + 1), x) / 2)
    middle = x + (s - 1) / 2  # falls nowhere, as the product might, but cancels near 0
    return np.where((a < 2) | (a == 1e100), near, middle)


def _bent_identity_derivative(x: Array) -> Array:
    a = np.minimum(np.abs(x), 1e100)
    return 1 + np.copysign(a / np.sqrt(a * a + 1), x) / 2


def _bent_identity_from_output(y: Array) -> Array:
    c = np.clip(y, -1e100, 1e100)
    t = np.sqrt(c * c + c + 1)
    return 3 * t / (4 * t - (2 * c + 1))


FORMULAS: dict[str, Reference] = {
    "softsign": Reference(
        _softsign,
        lambda x: (1 / (1 + np.abs(x))) ** 2,
        lambda y: (1 - np.abs(y)) ** 2,
    ),
    "squareplus": Reference(_squareplus, _squareplus_derivative, _squareplus_from_output),
    "dish": Reference(_dish, _dish_derivative),
    "bent_identity": Reference(_bent_identity, _bent_identity_derivative, _bent_identity_from_output),
}
