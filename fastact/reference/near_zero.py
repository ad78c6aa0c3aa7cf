"""The logarithm of a sum of exponentials near 0, where few bits of the sum are left, by NumPy.

Uses NumPy alone; imported by along_axis alone. An exponential is 2^k exp(j/64) (1 + p), each factor in so many float64
that a sum of 1 can be taken off, and `math.fsum` adds exactly.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import decimal

Array = npt.NDArray[Any]
Pair = tuple[Array, Array]


def _parts(value: decimal.Decimal, count: int) -> list[float]:
    """Floats that sum to ``value``."""
    found = []
    for _ in range(count):
        found.append(float(value))
        value -= type(value)(found[-1])
    return found


@functools.cache
def _tables() -> tuple[Array, list[list[float]], list[float]]:
    """exp(j/64), -24 < j < 24, in three parts; 1/m!, m = 2, ..., 13, in two; ln2 in three, the first two of 42 bits."""
    import decimal  # which is slow to import, and needed for these numbers alone

    with decimal.localcontext() as context:
        context.prec = 80
        powers = np.array([_parts((decimal.Decimal(j) / 64).exp(), 3) for j in range(-23, 24)])
        inverses = [_parts(1 / decimal.Decimal(math.factorial(m)), 2) for m in range(2, 14)]
        ln2, logs = decimal.Decimal(2).ln(), []
        for bits in (42, 84):
            logs.append(float(int(ln2 * 2**bits)) / 2.0**bits)
            ln2 -= decimal.Decimal(logs[-1])
        return powers, inverses, [*logs, float(ln2)]


def two_sum(a: Array, b: Any) -> Pair:
    """a + b, and what rounding that lost."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def two_product(a: Array, b: Array) -> Pair:
    """a b, and what rounding that lost: both are split into halves, whose products are exact."""
    product = a * b
    halving = product.dtype.type(2 ** ((np.finfo(product.dtype).nmant + 2) // 2) + 1)
    c, d = halving * a, halving * b
    high, other = c - (c - a), d - (d - b)
    low, rest = a - high, b - other
    return product, ((high * other - product) + high * rest + low * other) + low * rest


def _times(a: Pair, b: Pair) -> Pair:
    product, low = two_product(a[0], b[0])
    return two_sum(product, low + (a[0] * b[1] + a[1] * b[0]))


def _plus(a: Pair, b: tuple[Any, Any]) -> Pair:
    total, low = two_sum(a[0], b[0])
    return two_sum(total, low + (a[1] + b[1]))


def log_of_sum(x: Array) -> Array:
    """log(sum(exp(x))) of each row of float64."""
    powers, inverses, logs = _tables()
    x = np.maximum(x, -125)  # below 2^-180 it is nothing, even a billion times
    k = np.rint(x / np.log(2))
    h = x - k * logs[0]
    j = np.rint(64 * h)
    h = h - j / 64
    high, low = two_sum(h, -k * logs[1])
    s = two_sum(high, low - k * logs[2])
    p: Pair = (np.full_like(x, inverses[-1][0]), np.full_like(x, inverses[-1][1]))
    for inverse in inverses[-2::-1]:
        p = _plus(_times(p, s), (inverse[0], inverse[1]))
    p = _plus(_times(_times(p, s), s), s)
    t = np.moveaxis(powers[j.astype(np.intp) + 23], -1, 0)
    product, low = two_product(t[0], p[0])
    low = low + (t[0] * p[1] + t[1] * p[0]) + t[2]
    parts = [np.ldexp(part, k.astype(np.int32)) for part in (t[0], product, t[1], low)]
    rows = np.stack(parts, axis=-1).reshape(len(x), -1)
    return np.array([_log_of(row) for row in rows.tolist()])


def _log_of(terms: list[float]) -> float:
    """The logarithm of a sum."""
    total = math.fsum(terms)
    return math.log1p(math.fsum([*terms, -1.0])) if 0.5 < total < 2 else math.log(total)
