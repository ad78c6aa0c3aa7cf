"""Activations with an exponential on one side, or all of one: value and derivative in NumPy.

Uses NumPy and what stands in arithmetic.py; imported by _reference.
"""

from __future__ import annotations

import numpy as np

from fastact.reference.arithmetic import Array, Reference, product_low, softplus, times_exp

_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_LEFT = 1.7580993408473768599402175208123  # times alpha = 1.6732632423543772848170429916717


def _elu(x: Array, alpha: Array) -> Array:
    return np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _quotient(x: Array, alpha: Array) -> tuple[Array, Array]:
    """x/alpha, rounded, and what that lost; 0 where the quotient is too large for it to matter."""
    scale = np.where(alpha < 1e-150, 2.0**500, np.where(alpha > 1e150, 2.0**-500, 1))
    x, alpha = x * scale, alpha * scale
    quotient = x / alpha
    product = quotient * alpha
    low = ((x - product) - product_low(quotient, alpha, product)) / alpha
    return quotient, np.where(np.isfinite(low) & (np.abs(quotient) < 1e4), low, 0)


def _exp_quotient(x: Array, alpha: Array) -> Array:
    """exp(x/alpha)"""
    quotient, low = _quotient(x, alpha)
    return times_exp(1 + low, quotient)


def _celu(x: Array, alpha: Array) -> Array:
    left = np.minimum(x, 0)
    quotient, low = _quotient(left, alpha)
    e = np.expm1(quotient)
    e = e + low * (1 + e)
    # a quotient below the normal numbers has lost digits that x has
    return np.where(np.abs(quotient) < np.finfo(x.dtype).eps / 4, x, np.where(x >= 0, x, alpha * e))


def _times_bell(w: Array, x: Array) -> Array:
    """w exp(-x*x), in halves as `times_exp`."""
    a = np.minimum(np.abs(x), 200)
    square = a * a
    half = np.exp(-square / 2)
    return (w * half * (1 - product_low(a, a, square))) * half


def _xielu(x: Array, alpha_n: Array, alpha_p: Array, beta: Array, eps: Array) -> Array:
    slope = softplus(alpha_n, np.ones_like(x))
    left = (beta + slope) * np.expm1(np.minimum(x, eps)) - slope * x
    return np.where(x > 0, x * (softplus(alpha_p, np.ones_like(x)) * x + beta), left)


def _xielu_derivative(x: Array, alpha_n: Array, alpha_p: Array, beta: Array, eps: Array) -> Array:
    slope = softplus(alpha_n, np.ones_like(x))
    power = np.exp(np.minimum(x, 0)) * np.where(x < eps, 1, np.where(x > eps, 0, 0.5))
    # (beta + slope) power - slope, of which less cancels so
    left = beta * power + slope * np.where(x < eps, np.expm1(np.minimum(x, 0)), power - 1)
    return np.where(x > 0, 2 * softplus(alpha_p, np.ones_like(x)) * x + beta, left)


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
