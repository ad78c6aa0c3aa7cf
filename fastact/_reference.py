"""The NumPy value and derivative of each row of the registry: the fallback, and what longdouble is computed with.

Uses NumPy, _dtypes and _registry; imported by _activation and _axis. Written for accuracy first: float32 and the half
types are computed in float64 and rounded at the end, float64 and longdouble as they are, and no tail is lost. The
formulas are independent of those of the compiled kernels.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastact._dtypes import floating, is_real
from fastact._registry import Param

Array = npt.NDArray[Any]
Formula = Callable[..., Array]


class Reference(NamedTuple):
    """Formulas of one row: of x and the parameters, the last of y and the parameters."""

    value: Formula
    derivative: Formula
    from_output: Formula | None = None
    inverted: int | None = None  # the place of a parameter of which these take the rounded reciprocal


_erfc = np.frompyfunc(math.erfc, 1, 1)  # the C library's, correct to about an ULP of float64


def _constant(x: Array, value: float) -> Array:
    """``value`` where x is a number, NaN where it is not."""
    return np.where(np.isnan(x), x, x.dtype.type(value))


def _sides(x: Array, right: Array | float, left: Array, at_zero: Array | float) -> Array:
    """``right``, ``at_zero`` or ``left`` by the sign of x; NaN stays."""
    chosen: Array = np.where(x > 0, right, np.where(x < 0, left, at_zero))
    return np.where(np.isnan(x), x, chosen)


def _times_exp(y: Array, x: Array) -> Array:
    """y exp(x), in halves: y exp(x) is a normal number long after exp(x) is not."""
    half = np.exp(x / 2)
    return (y * half) * half


def _product_low(a: Array, b: Array, product: Array) -> Array:
    """a b - product for a rounded product, by Dekker's splitting."""
    split = a.dtype.type(2 ** ((np.finfo(a.dtype).nmant + 2) // 2) + 1)
    c = split * a
    ah = c - (c - a)
    c = split * b
    bh = c - (c - b)
    al, bl = a - ah, b - bh
    return ((ah * bh - product) + ah * bl + al * bh) + al * bl


def _exp_correction(a: Array, b: Array, product: Array) -> Array:
    """What exp(a b) is over exp(product), to first order in the rounding of the product."""
    low = _product_low(a, b, product)
    return 1 + np.where(np.isfinite(low) & (np.abs(product) < 1e4), low, 0)


def _logistic(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _scaled_logistic(x: Array, beta: Array) -> Array:
    z = beta * x
    e = np.exp(-np.abs(z)) * np.where(z >= 0, 1 / _exp_correction(beta, x, z), _exp_correction(beta, x, z))
    return np.where(z >= 0, 1, e) / (1 + e)


def _times_logistic(x: Array, z: Array, correction: Array) -> Array:
    """x/(1 + exp(-z)/correction)."""
    e = np.exp(-np.abs(z))
    with np.errstate(invalid="ignore"):  # inf 0 in the branch that is not chosen
        left = _times_exp(np.where(z < -1e4, -0.0, x), np.minimum(z, 0)) * correction / (1 + e)
    return np.where(z >= 0, x / (1 + e / correction), left)


def _logistic_slope(z: Array, y: Array, correction: Array) -> Array:
    """s (1 + y (1 - s)), s = 1/(1 + exp(-z)/correction)."""
    e = np.exp(-np.abs(z))
    inner = np.clip(y, -1e4, 1e4)
    right = (1 + (e / correction) * (1 + inner)) / (1 + e / correction) ** 2
    left = _times_exp((1 + inner) + e * correction, np.minimum(z, 0)) * correction / (1 + e * correction) ** 2
    return np.where(z >= 0, right, left)


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


def _mended_at_root(
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


def _silu(x: Array, beta: Array) -> Array:
    return _times_logistic(x, beta * x, _exp_correction(beta, x, beta * x))


def _silu_slope(z: Array, correction: Array) -> Array:
    """The derivative of silu at z and what rounding z lost, which exp(z) shows as the correction."""
    y = _logistic_slope(z, z, correction)
    return _mended_at_root(z, y, _SILU_ROOT, _SILU_AT_ROOT, correction - 1)


def _silu_derivative(x: Array, beta: Array) -> Array:
    return _silu_slope(beta * x, _exp_correction(beta, x, beta * x))


def _quick_gelu_argument(x: Array) -> tuple[Array, Array]:
    """1.702 x, and what exp(1.702 x) lacks by its rounding."""
    scale = np.full_like(x, 1.702)
    z = scale * x
    low = x * 4.263256414560601e-17 if x.dtype == np.float64 else np.zeros_like(x)
    return z, _exp_correction(scale, x, z) + np.where(np.abs(z) < 1e4, low, 0)


def _quick_gelu(x: Array) -> Array:
    z, correction = _quick_gelu_argument(x)
    return _times_logistic(x, z, correction)


def _quick_gelu_derivative(x: Array) -> Array:
    return _silu_slope(*_quick_gelu_argument(x))


def _softsign(x: Array) -> Array:
    a = np.minimum(np.abs(x), np.finfo(x.dtype).max)  # inf/inf is NaN
    d = 1 + a
    q = a / d
    low = (1 - (d - (d - 1))) + (a - (d - 1))  # what d lost
    return np.copysign(q - low * (q * (1 - q)), x)


def _softplus(x: Array, beta: Array) -> Array:
    z = beta * x
    e = np.exp(-np.abs(z)) * np.where(z >= 0, 1 / _exp_correction(beta, x, z), _exp_correction(beta, x, z))
    # below the smallest normal e, the quotient by beta may be normal again
    tail = _times_exp(1 / beta, np.minimum(z, 0)) * _exp_correction(beta, x, z)
    return np.where(x < 0, np.where(z < -40, tail, np.log1p(e) / beta), x + np.log1p(e) / beta)


def _mish(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    left = _times_exp(np.maximum(x, -1e4) * (2 + e), np.minimum(x, 0)) / (2 + e * (2 + e))
    return np.where(x < 0, left, x * ((1 + 2 * e) / (1 + e * (2 + 2 * e))))


def _mish_derivative(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    y = np.clip(x, -1e4, 1e4)
    left = _times_exp(4 * (y + 1) + e * (4 * y + 6 + e * (4 + e)), np.minimum(x, 0)) / (2 + e * (2 + e)) ** 2
    right = (1 + e * (4 + e * (4 * y + 6 + e * (4 * y + 4)))) / (1 + e * (2 + 2 * e)) ** 2
    return np.where(x < 0, left, right)


def _gaussian(a: Array) -> tuple[Array, Array]:
    """Two factors whose product is exp(-a*a/2), the rounding of a*a undone in the second."""
    square = a * a
    half = np.exp(-square / 4)
    return half, half * np.exp(-_product_low(a, a, square) / 2)


def _normal_tail(a: Array, factor: Array) -> Array:
    """factor Phi(-a) for a >= 0.

    Up to 6 by the C library's erfc, corrected to first order for the rounding of a/sqrt(2); beyond by Laplace's
    continued fraction phi(a)/(a + 1/(a + 2/(a + ...))), which 60 steps settle there.
    """
    a = np.minimum(a, 200)
    root = a.dtype.type(math.sqrt(0.5))
    root_low = a.dtype.type(-4.8336466567264567e-17 if a.dtype == np.float64 else 0)
    z = a * root
    lost = _product_low(a, np.full_like(a, root), z) + a * root_low
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
    return _mended_at_root(x, np.where(x > 0, 1 - left, left), _GELU_ROOT, _GELU_AT_ROOT)


def _gelu_tanh_argument(x: Array) -> tuple[Array, Array, Array]:
    """2 u = 2 sqrt(2/pi) (x + 0.044715 x^3), what exp(2 u) lacks by its rounding, and x (2 u)'."""
    y = np.clip(x, -100, 100)
    scale = x.dtype.type(1.5957691216057308)  # 2 sqrt(2/pi), and what its rounding lost
    scale_low = -9.96930880911092e-17 if x.dtype == np.float64 else 0.0
    cubic, cubic_low = x.dtype.type(0.044715), 2.1960211427085595e-18 if x.dtype == np.float64 else 0.0
    square = y * y
    term = cubic * square
    factor = 1 + term
    lost = (1 - factor) + term + _product_low(np.full_like(y, cubic), square, term) + cubic_low * square
    lost = lost + cubic * _product_low(y, y, square)
    z = y * factor
    low = _product_low(y, factor, z) + y * lost
    u = scale * z
    low = _product_low(np.full_like(y, scale), z, u) + scale * low + scale_low * z
    return u, 1 + np.where(np.isnan(low), 0, low), scale * (y * (1 + 3 * term))


def _gelu_tanh(x: Array) -> Array:
    u, correction, _ = _gelu_tanh_argument(x)
    return _times_logistic(np.maximum(x, -1e4), u, correction)


def _gelu_tanh_derivative(x: Array) -> Array:
    u, correction, slope = _gelu_tanh_argument(x)
    return _mended_at_root(x, _logistic_slope(u, slope, correction), _GELU_TANH_ROOT, _GELU_TANH_AT_ROOT)


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
        low = np.ldexp(_product_low(ma, mx, ma * mx), ea + ex)
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
    inverse = 0.5 / alpha
    total = x + inverse
    rest = (x - (total - inverse)) + (inverse - (total - (total - inverse)))
    small = x + s * (s / alpha)
    y = np.where(np.abs(z) < 0.25, small, total + (rest - c * inverse))
    return np.where((np.abs(z) < 2.0**-70) | (np.abs(z) > 2.0**70) | np.isnan(z), x, y)


def _snake_derivative(x: Array, alpha: Array, z: Array, low: Array) -> Array:
    """1 + s, s = sin 2z; for s < 0 as cos(2z)^2/(1 - s), which does not cancel."""
    s, c = np.sin(2 * z), np.cos(2 * z)
    s, c = s + 2 * low * c, c - 2 * low * s
    return np.where(s < 0, c * (c / (1 - s)), 1 + s)


_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_LEFT = 1.7580993408473768599402175208123  # times alpha = 1.6732632423543772848170429916717


def _elu(x: Array, alpha: Array) -> Array:
    return np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0)))


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
    """``slope`` where low < x < high, else 0; NaN stays."""
    return np.where(np.isnan(x), x, np.where((x > low) & (x < high), slope, x.dtype.type(0)))


def _threshold(x: Array, threshold: Array, value: Array) -> Array:
    return np.where(x <= threshold, value, x)


def _above(x: Array, threshold: Array | float) -> Array:
    return np.where(np.isnan(x), x, (x > threshold).astype(x.dtype))


def _line(x: Array, slope: Array, level: Array) -> Array:
    """slope x + level, accurate where the two cancel; limits where x is infinite and the slope 0."""
    most = np.finfo(x.dtype).max
    x = np.clip(x, -most, most)
    product = slope * x
    low = _product_low(slope, x, product)
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
    between = (_side(x, slope, offset, low) > 0) & (_side(x, slope, offset, high) < 0)
    return np.where(np.isnan(x), x, np.where(between, slope, 0))


def _clip(y: Array, low: Array | float, high: Array | float) -> Array:
    """As np.clip, but -0.0 stays where the bound is 0."""
    return np.where(y < low, low, np.where(y > high, high, y))


def _hardsigmoid_parts(x: Array, inverse: Array, offset: Array) -> tuple[Array, Array]:
    """x - low and x - high, low and high being where hardsigmoid becomes 0 and 1; no sign is wrong."""
    one = np.ones_like(x)
    level = offset * inverse
    low = _product_low(offset, inverse, level)
    beyond = level - inverse
    part = beyond - level
    beyond_low = (level - (beyond - part)) - (inverse + part) + low
    return _line(x, one, level) + low, _line(x, one, beyond) + beyond_low


def _hardsigmoid(x: Array, inverse: Array, offset: Array) -> Array:
    above, beyond = _hardsigmoid_parts(x, inverse, offset)
    return np.where(above <= 0, 0, np.where(beyond >= 0, 1, np.minimum(above / inverse, 1)))


def _hardsigmoid_derivative(x: Array, inverse: Array, offset: Array) -> Array:
    above, beyond = _hardsigmoid_parts(x, inverse, offset)
    return np.where(np.isnan(x), x, np.where((above > 0) & (beyond < 0), 1 / inverse, 0))


def _shrink(x: Array, lambd: Array, bias: Array | float) -> Array:
    return np.where(np.abs(x) <= lambd, np.copysign(0, x), x - np.copysign(1, x) * bias)


def _hardswish(x: Array) -> Array:
    c = np.clip(x, -3, 3)
    t = c + 3
    y = c * t
    low = _product_low(c, t, y) + c * (c - (t - 3))
    return np.where(x >= 3, x, np.where(x <= -3, 0, np.copysign((y + low) / 6, x)))


def _tanhshrink(x: Array) -> Array:
    """x - tanh(x); up to 1 as (x cosh(x) - sinh(x))/cosh(x), the numerator's series having no negative term."""
    a = np.abs(x)
    t = np.minimum(a, 1) ** 2
    total = np.zeros_like(x)
    for k in range(12, 0, -1):
        total = total * t + x.dtype.type(2 * k) / x.dtype.type(math.factorial(2 * k + 1))
    near = (np.minimum(a, 1) * total / np.cosh(np.minimum(a, 1))) * t
    e = np.exp(-2 * a)
    return np.copysign(np.where(a < 1, near, (a - 1) + 2 * e / (1 + e)), x)


def _tanhshrink_derivative(x: Array) -> Array:
    e = np.exp(-2 * np.abs(x))
    return np.where(np.abs(x) < 1, np.tanh(x) ** 2, 1 - 4 * e / (1 + e) ** 2)


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


def _quotient(x: Array, alpha: Array) -> tuple[Array, Array]:
    """x/alpha, rounded, and what that lost; 0 where the quotient is too large for it to matter."""
    scale = np.where(alpha < 1e-150, 2.0**500, np.where(alpha > 1e150, 2.0**-500, 1))
    x, alpha = x * scale, alpha * scale
    quotient = x / alpha
    product = quotient * alpha
    low = ((x - product) - _product_low(quotient, alpha, product)) / alpha
    return quotient, np.where(np.isfinite(low) & (np.abs(quotient) < 1e4), low, 0)


def _exp_quotient(x: Array, alpha: Array) -> Array:
    """exp(x/alpha)"""
    quotient, low = _quotient(x, alpha)
    return _times_exp(1 + low, quotient)


def _celu(x: Array, alpha: Array) -> Array:
    left = np.minimum(x, 0)
    quotient, low = _quotient(left, alpha)
    e = np.expm1(quotient)
    e = e + low * (1 + e)
    # a quotient below the normal numbers has lost digits that x has
    return np.where(np.abs(quotient) < np.finfo(x.dtype).eps / 4, x, np.where(x >= 0, x, alpha * e))


def _times_bell(w: Array, x: Array) -> Array:
    """w exp(-x*x), in halves as `_times_exp`."""
    a = np.minimum(np.abs(x), 200)
    square = a * a
    half = np.exp(-square / 2)
    return (w * half * (1 - _product_low(a, a, square))) * half


def _xielu(x: Array, alpha_n: Array, alpha_p: Array, beta: Array, eps: Array) -> Array:
    slope = _softplus(alpha_n, np.ones_like(x))
    left = (beta + slope) * np.expm1(np.minimum(x, eps)) - slope * x
    return np.where(x > 0, x * (_softplus(alpha_p, np.ones_like(x)) * x + beta), left)


def _xielu_derivative(x: Array, alpha_n: Array, alpha_p: Array, beta: Array, eps: Array) -> Array:
    slope = _softplus(alpha_n, np.ones_like(x))
    power = np.exp(np.minimum(x, 0)) * np.where(x < eps, 1, np.where(x > eps, 0, 0.5))
    # (beta + slope) power - slope, of which less cancels so
    left = beta * power + slope * np.where(x < eps, np.expm1(np.minimum(x, 0)), power - 1)
    return np.where(x > 0, 2 * _softplus(alpha_p, np.ones_like(x)) * x + beta, left)


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


REFERENCE: dict[str, Reference] = {
    "identity": Reference(lambda x: x.copy(), lambda x: _constant(x, 1), lambda y: _constant(y, 1)),
    "step": Reference(
        lambda x, at_zero: _sides(x, 1, np.zeros_like(x), at_zero),
        lambda x, at_zero: _constant(x, 0),
        lambda y, at_zero: _constant(y, 0),
    ),
    "sigmoid": Reference(
        _logistic,
        lambda x: np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2,
        lambda y: y * (1 - y),
    ),
    "tanh": Reference(
        np.tanh,
        lambda x: _times_exp(np.full_like(x, 4), -2 * np.abs(x)) / (1 + np.exp(-2 * np.abs(x))) ** 2,
        lambda y: (1 - y) * (1 + y),
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
    "elu": Reference(
        _elu,
        lambda x, alpha: np.where(x > 0, 1, _times_exp(alpha, np.minimum(x, 0))),
        lambda y, alpha: np.where(y > 0, 1, y + alpha),
    ),
    "selu": Reference(
        lambda x: np.where(x >= 0, _SELU_SCALE * x, _SELU_LEFT * np.expm1(np.minimum(x, 0))),
        lambda x: np.where(x > 0, _SELU_SCALE, _times_exp(np.full_like(x, _SELU_LEFT), np.minimum(x, 0))),
        lambda y: np.where(y > 0, _SELU_SCALE, y + y.dtype.type(_SELU_LEFT)),
    ),
    "silu": Reference(
        _silu,
        _silu_derivative,
    ),
    "mish": Reference(_mish, _mish_derivative),
    "gelu": Reference(_gelu, _gelu_derivative),
    "gelu_tanh": Reference(_gelu_tanh, _gelu_tanh_derivative),
    "logsigmoid": Reference(
        lambda x: -_softplus(-x, np.ones_like(x)),
        lambda x: _logistic(-x),
        lambda y: -np.expm1(y),
    ),
    "quick_gelu": Reference(_quick_gelu, _quick_gelu_derivative),
    "softsign": Reference(
        _softsign,
        lambda x: (1 / (1 + np.abs(x))) ** 2,
        lambda y: (1 - np.abs(y)) ** 2,
    ),
    "softplus": Reference(
        _softplus,
        _scaled_logistic,
        lambda y, beta: -np.expm1(-beta * y),
    ),
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
        lambda x, lower, upper: _leaky(x, lower / 2 + upper / 2),
        lambda x, lower, upper: _prelu_slope(x, lower / 2 + upper / 2),
        lambda y, lower, upper: _prelu_slope(y, lower / 2 + upper / 2),
    ),
    "hardsigmoid": Reference(
        _hardsigmoid,
        _hardsigmoid_derivative,
        lambda y, inverse, offset: _inside(y, 0, 1, 1 / inverse),
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
    "tanhshrink": Reference(_tanhshrink, _tanhshrink_derivative),
    "squareplus": Reference(_squareplus, _squareplus_derivative, _squareplus_from_output),
    "dish": Reference(_dish, _dish_derivative),
    "bent_identity": Reference(_bent_identity, _bent_identity_derivative, _bent_identity_from_output),
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
    "logit": Reference(_logit, _logit_derivative),
}


def softmax(x: Array) -> Array:
    """Softmax along the last axis; what rounding loses of x - max is made good to first order."""
    with np.errstate(invalid="ignore"):
        top = np.max(x, axis=-1, keepdims=True, initial=-np.inf)
        d = x - top
        part = d - x
        low = (x - (d - part)) - (top + part)
        e = np.exp(d)
        e = e + e * np.where(np.isfinite(low) & (e > 0), low, 0)
        return e / np.sum(e, axis=-1, keepdims=True)


def softmax_backward_from_output(dy: Array, y: Array) -> Array:
    """The gradient of the input of softmax, from its output, along the last axis."""
    inner: Array = y * (dy - np.sum(dy * y, axis=-1, keepdims=True))
    return inner


def widened(param: Param, value: float, dtype: np.dtype[Any]) -> float:
    """The float64 that means as a parameter of float64 what ``value``, rounded to ``dtype``, means to that."""
    rounded = dtype.type(value)
    return float(1 / np.float64(dtype.type(1) / rounded)) if param.reciprocal else float(rounded)


def _inverted(value: Array, dtype: np.dtype[Any], work: np.dtype[Any]) -> Array:
    """1/value rounded to ``dtype``, as ``work``; of a longdouble that is a float64, to that: 1/6 is exact."""
    inverse = (1 / value.astype(dtype)).astype(work)
    if work.itemsize <= 8:
        return inverse
    return np.where(value == value.astype(np.float64), inverse.astype(np.float64), inverse)


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which a result of ``dtype`` is computed here."""
    return dtype if dtype.itemsize > 8 else np.dtype(np.float64)


def result_dtype(*dtypes: np.dtype[Any]) -> np.dtype[Any]:
    """The floating dtype that ``np.exp`` gives for what these promote to; TypeError for complex and object."""
    promoted = np.result_type(*dtypes)
    if not is_real(promoted):
        raise TypeError(f"dtype {promoted}")
    return floating(promoted)


class ReferenceUfunc:
    """What stands for a compiled ufunc where there is none: the same call, computed by NumPy.

    ``out``, ``where``, ``dtype`` and ``casting`` mean what they do for a ufunc.
    """

    def __init__(self, name: str, nin: int, formula: Formula, columns: int = 0, inverted: int | None = None) -> None:
        self.__name__ = name
        self.nin = nin
        self.nout = 1
        self._formula = formula
        self._inverted = inverted
        self._columns = columns  # how many leading inputs are core dimensions (n): of a generalised ufunc

    def __repr__(self) -> str:
        return f"<fastact reference '{self.__name__}'>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.__name__,)

    def __call__(
        self,
        *inputs: Any,
        out: Any = None,
        where: Any = True,
        dtype: Any = None,
        casting: Any = "same_kind",
        axis: int = -1,
    ) -> Any:
        if len(inputs) == self.nin + 1 and out is None:
            *inputs, out = inputs  # type: ignore[assignment]
        if len(inputs) != self.nin:
            raise TypeError(f"{self.__name__}() takes {self.nin} positional arguments, {len(inputs)} were given")
        if isinstance(out, tuple):
            (out,) = out
        if out is not None and not isinstance(out, np.ndarray):
            raise TypeError("return arrays must be of ArrayType")
        arrays = [np.asarray(value) for value in inputs]
        count = 1 if "backward" not in self.__name__ else 2
        try:
            target = result_dtype(*(a.dtype for a in arrays[:count])) if dtype is None else np.dtype(dtype)
            if dtype is None:
                # As NumPy would resolve the loops: parameters of float16 are float32; a Python number is weak.
                strong = [
                    a.dtype for a, given in zip(arrays, inputs, strict=True) if not isinstance(given, int | float)
                ]
                for wanted in strong[count:]:
                    if not np.can_cast(wanted, np.result_type(target, np.float32)):
                        target = result_dtype(target, wanted)
        except TypeError as error:
            raise TypeError(f"{self.__name__}: input of {error} is not accepted; it must be real numbers") from None
        for array in arrays[:count]:
            if not np.can_cast(array.dtype, target, casting):
                raise TypeError(
                    f"Cannot cast ufunc '{self.__name__}' input from {array.dtype!r} to {target!r} "
                    f"with casting rule '{casting}'"
                )
        work = working_dtype(target)
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
        with np.errstate(all="ignore"):
            cast = [a.astype(work) for a in arrays]
            if self._inverted is not None:
                k = count + self._inverted
                cast[k] = _inverted(cast[k], np.result_type(target, np.float32), work)
            if self._columns:
                result = np.moveaxis(self._formula(*(np.moveaxis(a, axis, -1) for a in cast)), -1, axis)
            else:
                whole = [np.broadcast_to(a, shape) for a in cast]
                result = self._formula(*whole)
            result = np.broadcast_to(result, shape).astype(target)
        if out is None:
            if where is True:
                return result[()]
            out = np.empty(np.broadcast_shapes(shape, np.shape(where)), target)
        elif np.broadcast_shapes(shape, out.shape) != out.shape:
            raise ValueError(f"non-broadcastable output operand with shape {out.shape} doesn't match {shape}")
        if not out.flags.writeable:
            raise ValueError("output array is read-only")
        if not np.can_cast(target, out.dtype, casting):
            raise TypeError(
                f"Cannot cast ufunc '{self.__name__}' output from {target!r} to {out.dtype!r} "
                f"with casting rule '{casting}'"
            )
        np.copyto(out, result, where=where, casting="unsafe")
        return out


def _backward(slope: Formula) -> Formula:
    return lambda dy, x, *params: dy * slope(x, *params)


_COLUMNS: dict[str, Formula] = {
    "softmax": softmax,
    "softmax_backward_from_output": softmax_backward_from_output,
}


def ufunc(name: str, nin: int) -> ReferenceUfunc:
    """The stand-in for the ufunc ``name`` of ``nin`` inputs."""
    if name in _COLUMNS:
        return ReferenceUfunc(name, nin, _COLUMNS[name], nin)
    for suffix in ("_backward_from_output", "_backward", "_derivative", ""):
        row = name.removesuffix(suffix)
        if suffix and row == name:
            continue
        if row in REFERENCE:
            break
    reference = REFERENCE[row]
    slope = reference.from_output if suffix == "_backward_from_output" else reference.derivative
    assert slope is not None
    formula = {"": reference.value, "_derivative": reference.derivative}.get(suffix, _backward(slope))
    return ReferenceUfunc(name, nin, formula, inverted=reference.inverted)


def _restore(name: str) -> Any:
    from fastact import ufuncs

    return getattr(ufuncs, name)
