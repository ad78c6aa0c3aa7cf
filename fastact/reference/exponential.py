"""Activations with an exponential on one side, or all of one: value and derivative in NumPy.

Uses NumPy and what stands in arithmetic.py; imported by reference.stand_ins.
"""

from __future__ import annotations

import functools

import numpy as np

from fastact.reference.arithmetic import Array, Reference, product_low, softplus, times_exp

_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_LEFT = 1.7580993408473768599402175208123  # times alpha = 1.6732632423543772848170429916717


def _elu(x: Array, alpha: Array) -> Array:
    return np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _quotient(x: Array, alpha: Array) -> tuple[Array, Array]:
    """x/alpha, rounded, and what that lost; 0 where the quotient is too large for it to matter."""
    size = np.abs(alpha)
    scale = np.where(size < 1e-150, 2.0**500, np.where(size > 1e150, 2.0**-500, 1))
    x, alpha = x * scale, alpha * scale
    quotient = x / alpha
    product = quotient * alpha
    low = ((x - product) - product_low(quotient, alpha, product)) / alpha
    return quotient, np.where(np.isfinite(low) & (np.abs(quotient) < 1e4), low, 0)


def _exp_quotient(x: Array, alpha: Array) -> Array:
    """exp(x/alpha)"""
    quotient, low = _quotient(x, alpha)
    return times_exp(1 + low, quotient)


def _by_thirds(y: Array, third: Array, k: Array) -> Array:
    return np.ldexp(y, k // 3) * third


def _celu(x: Array, alpha: Array) -> Array:
    left = np.minimum(x, 0)
    quotient, low = _quotient(left, alpha)
    e = np.expm1(np.minimum(quotient, 40))
    y = alpha * (e + low * (1 + e))
    # of alpha < 0: in thirds, of which each with one of alpha's is near the third root of the result
    third, (m, k) = np.exp(quotient / 3), np.frexp(alpha)
    rest = (quotient - 2 * (quotient / 3)) - quotient / 3  # what the division by 3 lost
    low = low + np.where(np.abs(quotient) < 1e4, rest, 0)
    far = _by_thirds(_by_thirds(_by_thirds(m + m * low, third, k), third, k + 1), third, k + 2)
    y = np.where(quotient > 40, far, y)
    # a quotient below the normal numbers has lost digits that x has
    return np.where((np.abs(quotient) < np.finfo(x.dtype).eps / 4) | (x >= 0), x, y)


def _times_bell(w: Array, x: Array) -> Array:
    """w exp(-x*x), in halves as `times_exp`."""
    a = np.minimum(np.abs(x), 200)
    square = a * a
    half = np.exp(-square / 2)
    return (w * half * (1 - product_low(a, a, square))) * half


@functools.lru_cache(256)
def _xielu_crossing(alpha_n: float, beta: float, eps: float) -> tuple[float, float, float, float]:
    """The c nearest to where the left crosses 0, and there: the value, and slope and growth of `_xielu_mended`."""
    from decimal import Decimal, localcontext  # a millisecond of every import, for what few calls need

    with localcontext() as context:
        context.prec = 100  # of which what is left at c, a number of 16 digits, may take 32 and what happens to be 0
        a, b, end = Decimal(alpha_n), Decimal(beta), Decimal(eps)
        power = (-abs(a)).exp()
        # the logarithm of 1 + e^a, of which 100 digits do not hold enough of a small e^a
        sn = power - power**2 / 2 + power**3 / 3 if abs(a) > 80 else (1 + power).ln()
        sn += max(a, Decimal(0))
        root = -1 - b / sn  # it lies to the right of this, and the left is convex: Newton's steps do not pass it
        step = root
        while abs(step) > abs(root) * Decimal("1e-20"):
            power = root.exp()
            step = (b * (power - 1) + sn * (power - 1 - root)) / (b * power + sn * (power - 1))
            root -= step
        if root >= end:
            root = (b + sn) * (end.exp() - 1) / sn
        c = float(root)
        power = Decimal(min(c, eps)).exp()
        value = b * (power - 1) + sn * (power - 1 - Decimal(c))
        return c, float(value), float(b * power + sn * (power - 1)), float((b + sn) * power)


def _expm1_less(x: Array) -> Array:
    """expm1(x) - x."""
    total = np.ones_like(x)
    for n in range(18, 2, -1):
        total = 1 + total * np.clip(x, -0.75, 0.75) / n
    return np.where(np.abs(x) < 0.75, x * x / 2 * total, np.expm1(x) - x)


def _xielu_mended(left: Array, x: Array, alpha_n: Array, beta: Array, eps: Array, sn: Array) -> Array:
    """``left``, but where its two terms cancel by how far x is from c, where they do so wholly; float64 only.

    With m = min(x, eps), k = min(c, eps) and an = beta + sn the value is, an e^k being the growth,
    f(c) + slope (m - k) + growth (expm1(m - k) - (m - k)) - sn ((x - m) - (c - k)), slope = growth - sn.
    """
    if x.dtype != np.float64:
        return left
    terms = -beta * np.expm1(np.minimum(x, eps)) + np.where(x > eps, sn * (x - eps), 0)
    near = (x < 0) & (beta > 0) & (np.abs(left) < terms / 4)
    near &= (sn > np.finfo(x.dtype).tiny) & np.isfinite(beta / sn)
    found = np.stack([alpha_n[near], beta[near], eps[near]], axis=-1)
    left = np.array(left)
    for given in np.unique(found, axis=0):
        c, value, slope, growth = _xielu_crossing(*given.tolist())
        at = np.array(near)  # near of a scalar is no array
        at[near] = (found == given).all(axis=-1)
        m, k = np.minimum(x[at], given[2]), min(c, given[2])
        right = sn[at] * ((x[at] - m) - (c - k))
        left[at] = (slope * (m - k) + (growth * _expm1_less(np.minimum(m - k, 600)) - right)) + value
    return left


def _xielu(x: Array, alpha_n: Array, alpha_p: Array, beta: Array, eps: Array) -> Array:
    sn = softplus(alpha_n, np.ones_like(x))
    m = np.minimum(x, eps)
    left = beta * np.expm1(m) + sn * (_expm1_less(m) - np.where(x > eps, x - m, 0))
    left = _xielu_mended(left, x, alpha_n, beta, eps, sn)
    return np.where(x > 0, x * (softplus(alpha_p, np.ones_like(x)) * x + beta), left)


def _xielu_derivative(x: Array, alpha_n: Array, alpha_p: Array, beta: Array, eps: Array) -> Array:
    slope = softplus(alpha_n, np.ones_like(x))
    power = np.exp(np.minimum(x, 0)) * np.where(x < eps, 1, np.where(x > eps, 0, 0.5))
    # (beta + slope) power - slope, of which less cancels so
    left = beta * power + slope * np.where(x < eps, np.expm1(np.minimum(x, 0)), power - 1)
    factor = softplus(alpha_p, np.ones_like(x))
    right = 2 * factor * x + beta
    right = np.where(np.isfinite(right), right, 2 * (factor * x + beta / 2))
    return np.where(x > 0, right, left)


FORMULAS: dict[str, Reference] = {
    "elu": Reference(
        _elu,
        lambda x, alpha: np.where(x > 0, 1, times_exp(alpha, np.minimum(x, 0))),
        lambda y, alpha: np.where(y > 0, 1, y + alpha),
    ),
    "selu": Reference(
        lambda x: np.where(x >= 0, _SELU_SCALE * x, _SELU_LEFT * np.expm1(np.minimum(x, 0))),
        lambda x: np.where(x > 0, _SELU_SCALE, times_exp(np.full_like(x, _SELU_LEFT), np.minimum(x, 0))),
        lambda y: np.where(y > 0, _SELU_SCALE, y + y.dtype.type(_SELU_LEFT)),
    ),
    "celu": Reference(
        _celu,
        lambda x, alpha: np.where(x >= 0, 1, _exp_quotient(np.minimum(x, 0), alpha)),
        lambda y, alpha: np.where(y > 0, 1, (y + alpha) / alpha),
    ),
    "gaussian": Reference(
        lambda x: _times_bell(np.ones_like(x), x),
        lambda x: _times_bell(-2 * np.clip(x, -200, 200), x),
    ),
    "exp": Reference(np.exp, np.exp, lambda y: y.copy()),
    "xielu": Reference(_xielu, _xielu_derivative),
}
