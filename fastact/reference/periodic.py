"""Periodic activations: value and derivative in NumPy.

Uses NumPy and what stands in arithmetic.py; imported by reference.stand_ins.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from fastact.reference.arithmetic import Array, Formula, Reference, product_low


@functools.cache
def _pi_bits(bits: int) -> int:
    """pi 2^bits, but for its last bits: Machin's 16 arctan(1/5) - 4 arctan(1/239)."""

    def arctan_of_inverse(n: int) -> int:
        term = total = (1 << bits) // n
        k = 1
        while term:
            term //= -n * n
            k += 2
            total += term // k
        return total

    return 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)


@functools.cache
def _turns_bits(exponent: int, bits: int) -> int:
    """2^exponent/pi modulo 2, times 2^bits."""
    size = (max(exponent, 0) + bits + 64 + 1023) // 1024 * 1024
    return ((1 << 2 * size) // _pi_bits(size) >> (size - bits - exponent)) & ((2 << bits) - 1)


# Up to here a product's rounding, at most 2^-38, counts to first order alone, and NumPy's sine needs no help.
_PERIODIC_NEAR = 65536.0


def _sine_of_product(a: Array, x: Array, quarters: int) -> Array:
    """sin(a x + quarters pi/4), the product reduced to [-pi/2, pi/2] in integers; NaN where it is not finite."""
    digits = int(np.finfo(x.dtype).nmant) + 1
    bits = 4 * digits + 64  # of the turns after the point: what the product has, as many lost to cancellation, and more
    half, mask, scale = 1 << (bits - 1), (1 << bits) - 1, 1 << 2 * bits
    finite = np.isfinite(a) & np.isfinite(x)
    (ma, ea), (mx, ex) = (np.frexp(part[finite]) for part in (a, x))
    exponents = (ea.astype(int) + ex - 2 * digits).tolist()
    pi = _pi_bits(bits)
    angles, odd = [], []
    for m, n, e in zip(np.ldexp(ma, digits).tolist(), np.ldexp(mx, digits).tolist(), exponents, strict=True):
        turns = int(m) * int(n) * _turns_bits(e, bits) + (quarters << (bits - 2)) + half
        odd.append(turns >> bits & 1)
        angles.append(((turns & mask) - half) * pi)
    high = [angle / scale for angle in angles]
    r = np.array(high, x.dtype)
    if digits > 53:  # what float64 lacks
        r += np.array([(t - int(h * 2.0**256) * (scale >> 256)) / scale for t, h in zip(angles, high, strict=True)])
    y = np.full(x.shape, np.nan, x.dtype)
    y[finite] = np.where(np.array(odd, bool), -np.sin(r), np.sin(r))
    return y


def _periodic(near: Formula, far: Formula, quarters: int = 0, last: float = np.inf) -> Formula:
    """``near(x, a, a x, what a x lacks)``; ``far(x, a)`` where _PERIODIC_NEAR < |a x| <= last, and near zeros.

    That is where what a x lacks is much of sin(a x + quarters pi/4): NumPy's sine is of little use there.
    """

    def formula(x: Array, a: Array) -> Array:
        z = a * x
        (ma, ea), (mx, ex) = np.frexp(a), np.frexp(x)  # whose product does not overflow, nor what it lacks underflow
        low = np.ldexp(product_low(ma, mx, ma * mx), ea + ex)
        low = np.where(np.isfinite(low) & (np.abs(z) <= _PERIODIC_NEAR), low, 0)
        y = np.array(near(x, a, z, low))
        where = (np.abs(z) > _PERIODIC_NEAR) & (np.abs(z) <= last)
        where |= (np.abs(low) > 2.0**-12 * np.abs(np.sin(z + quarters * (math.pi / 4)))) & (np.abs(z) > 0.5)
        y[where] = far(x[where], a[where])
        return y

    return formula


def _sine(x: Array, omega: Array, z: Array, low: Array) -> Array:
    return np.where(np.abs(z) < 2.0**-30, z, np.sin(z) + low * np.cos(z))


def _sine_derivative(x: Array, omega: Array, z: Array, low: Array) -> Array:
    return omega * (np.cos(z) - low * np.sin(z))


def _snake(x: Array, alpha: Array, z: Array, low: Array) -> Array:
    """x + (1 - cos 2z)/(2 alpha), whose error is least where the function is flat."""
    c = np.cos(2 * z) - 2 * low * np.sin(2 * z)
    s = np.sin(z) + low * np.cos(z)
    scale = np.where(np.abs(x) > 2.0**1000, 0.25, 1.0).astype(x.dtype)  # or the sum overflows
    inverse, far = 0.5 / alpha * scale, x * scale
    total = far + inverse
    rest = (far - (total - inverse)) + (inverse - (total - (total - inverse)))
    small = x + s * (s / alpha)
    y = np.where(np.abs(z) < 0.25, small, (total + (rest - c * inverse)) / scale)
    return np.where((np.abs(z) < 2.0**-70) | (np.abs(z) > 2.0**70) | np.isnan(z), x, y)


def _snake_derivative(x: Array, alpha: Array, z: Array, low: Array) -> Array:
    """1 + s, s = sin 2z; for s < 0 as cos(2z)^2/(1 - s), which does not cancel."""
    s, c = np.sin(2 * z), np.cos(2 * z)
    s, c = s + 2 * low * c, c - 2 * low * s
    return np.where((alpha == 0) & ~np.isnan(x), 1, np.where(s < 0, c * (c / (1 - s)), 1 + s))


FORMULAS: dict[str, Reference] = {
    "sine": Reference(
        _periodic(_sine, lambda x, omega: _sine_of_product(omega, x, 0)),
        _periodic(
            _sine_derivative,
            lambda x, omega: omega * _sine_of_product(np.abs(omega), np.abs(x), 2),
            2,
        ),
    ),
    "snake": Reference(
        _periodic(_snake, lambda x, alpha: x + _sine_of_product(alpha, x, 0) ** 2 / alpha, last=2.0**70),
        _periodic(_snake_derivative, lambda x, alpha: 2 * _sine_of_product(alpha, x, 1) ** 2, 1),
    ),
}
