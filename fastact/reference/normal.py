"""The normal distribution: gelu and its approximation: value and derivative in NumPy.

Uses NumPy and what stands in arithmetic.py; imported by reference.stand_ins.
"""

from __future__ import annotations

import math

import numpy as np

from fastact.reference.arithmetic import Array, Reference, logistic_slope, mended_at_root, product_low, times_logistic

_erfc = np.frompyfunc(math.erfc, 1, 1)  # the C library's, correct to about an ULP of float64
_GELU_ROOT = (-0.7517915246935644, -9.606554328550577e-17)
_GELU_AT_ROOT = (
    0.4314939923140469, 0.388284982990552, -0.018199676398666178, -0.11400823329721893,
    -0.0147715221485049, 0.01942167983808104, 0.004539228385445216, -0.0022395380661017887,
    -0.000744826922069326, 0.0001863397267686731, 8.616012738493474e-05, -1.1214270530741161e-05,
    -7.751520781150125e-06, 4.3249591847519295e-07, 5.788694936100227e-07, -1.037340629564632e-09,
    -4.8670497061075597e-08, -1.6992432807657196e-09, 1.042033917902784e-08,
)  # fmt: skip


_GELU_TANH_ROOT = (-0.7524614220710162, -7.466669737043878e-17)
_GELU_TANH_AT_ROOT = (
    0.4304000910248585, 0.3875184461357889, -0.01578285352184425, -0.11394448308095297,
    -0.01661932834325757, 0.019682309459489837, 0.005261059259932763, -0.0024227318370724027,
    -0.000927442088394462, 0.00026392751870816855, 0.00012425276637431312, -3.495518206556138e-05,
    -1.595299071473032e-05, 5.913744242672962e-06, 2.4382152485158516e-06, -9.755612162370476e-07,
    -4.338650669146821e-07, 1.1824853097614027e-07, 6.758909468545868e-08,
)  # fmt: skip


def _gaussian(a: Array) -> tuple[Array, Array]:
    """Two factors whose product is exp(-a*a/2), the rounding of a*a undone in the second."""
    square = a * a
    half = np.exp(-square / 4)
    return half, half * np.exp(-product_low(a, a, square) / 2)


def _normal_tail(a: Array, factor: Array) -> Array:
    """factor Phi(-a) for a >= 0.

    Up to 6 by the C library's erfc, corrected to first order for the rounding of a/sqrt(2); beyond by Laplace's
    continued fraction phi(a)/(a + 1/(a + 2/(a + ...))), which 60 steps settle there.
    """
    a = np.minimum(a, 200)
    root = a.dtype.type(math.sqrt(0.5))
    root_low = a.dtype.type(-4.8336466567264567e-17 if a.dtype == np.float64 else 0)
    z = a * root
    lost = product_low(a, np.full_like(a, root), z) + a * root_low
    near = np.asarray(_erfc(np.minimum(z, 5).astype(np.float64)), dtype=a.dtype) / 2
    slope = a.dtype.type(1 / math.sqrt(math.pi)) * np.exp(-z * z)
    near = near - slope * lost
    fraction = np.maximum(a, 5)
    base = fraction
    for k in range(60, 0, -1):
        fraction = base + k / fraction
    first, second = _gaussian(a)
    far = (factor * (a.dtype.type(1 / math.sqrt(2 * math.pi)) / fraction) * first) * second
    return np.where(a <= 6, factor * near, far)


def _gelu(x: Array) -> Array:
    a = np.abs(x)
    return np.where(x < 0, -0.0, x) - _normal_tail(a, np.minimum(a, 200))


def _gelu_derivative(x: Array) -> Array:
    a = np.minimum(np.abs(x), 200)
    first, second = _gaussian(a)
    density = (a * a.dtype.type(1 / math.sqrt(2 * math.pi)) * first) * second
    left = -(density - _normal_tail(a, np.ones_like(a)))  # far out -0.0
    return mended_at_root(x, np.where(x > 0, 1 - left, left), _GELU_ROOT, _GELU_AT_ROOT)


def _gelu_tanh_argument(x: Array) -> tuple[Array, Array, Array]:
    """2 u = 2 sqrt(2/pi) (x + 0.044715 x^3), what exp(2 u) lacks by its rounding, and x (2 u)'."""
    y = np.clip(x, -100, 100)
    scale = x.dtype.type(1.5957691216057308)  # 2 sqrt(2/pi), and what its rounding lost
    scale_low = -9.96930880911092e-17 if x.dtype == np.float64 else 0.0
    cubic, cubic_low = x.dtype.type(0.044715), 2.1960211427085595e-18 if x.dtype == np.float64 else 0.0
    square = y * y
    term = cubic * square
    factor = 1 + term
    lost = (1 - factor) + term + product_low(np.full_like(y, cubic), square, term) + cubic_low * square
    lost = lost + cubic * product_low(y, y, square)
    z = y * factor
    low = product_low(y, factor, z) + y * lost
    u = scale * z
    low = product_low(np.full_like(y, scale), z, u) + scale * low + scale_low * z
    return u, 1 + np.where(np.isnan(low), 0, low), scale * (y * (1 + 3 * term))


def _gelu_tanh(x: Array) -> Array:
    u, correction, _ = _gelu_tanh_argument(x)
    return times_logistic(np.maximum(x, -1e4), u, correction)


def _gelu_tanh_derivative(x: Array) -> Array:
    u, correction, slope = _gelu_tanh_argument(x)
    return mended_at_root(x, logistic_slope(u, slope, correction), _GELU_TANH_ROOT, _GELU_TANH_AT_ROOT)


FORMULAS: dict[str, Reference] = {
    "gelu": Reference(_gelu, _gelu_derivative),
    "gelu_tanh": Reference(_gelu_tanh, _gelu_tanh_derivative),
}
