"""What is true, fast: value and derivative of each row in float64 and in double-double arithmetic, on NumPy arrays.

Imported by benchmarks/accuracy.py only; uses NumPy, mpmath, the registry and arithmetics.py. One formula serves both
arithmetics. None cancels, but at the roots of derivatives, where errors are counted in ULPs of 2^-6, and that of xielu.
In float64 they are good to 2^-45, far beyond what float32 needs; in double-double to 2^-75 and more, for float64.
accuracy.py checks that against mpmath each time.

Results far below 1e-290 have no low part in double-double: `scaled` keeps clear of that where functions are linear or
constant, and `Reference.doubtful` tells which few points of the exponential tails, and beside the root of xielu, mpmath
itself must judge.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import numpy.typing as npt
from arithmetics import PRECISION, Array, DoubleDouble, Float64, angle

from fastact.table.logistic import BETA
from fastact.table.registry import BY_NAME

# ---- the formulas ---------------------------------------------------------------------------------------------------
# Each takes the arithmetic A, x as its number, and the row's parameters as floats.


@functools.cache
def constants() -> dict[str, Any]:
    with mp.workprec(PRECISION):
        scale = mp.mpf("1.0507009873554804934193349852946")
        alpha = mp.mpf("1.6732632423543772848170429916717")
        return {
            "density": 1 / mp.sqrt(2 * mp.pi),
            "scale": 2 * mp.sqrt(2 / mp.pi),
            "cubic": mp.mpf("0.044715"),
            "quick": mp.mpf("1.702"),
            "selu_right": scale,
            "selu_left": scale * alpha,
        }


def _logistic(A: Any, z: Any) -> Any:
    e = A.exp(-abs(z))
    return A.where(z >= 0, 1.0, e) / (e + 1.0)


def _logistic_slope(A: Any, z: Any, y: Any) -> Any:
    """s (1 + y (1 - s)), s the logistic function of z."""
    e = A.exp(-abs(z))
    d = e + 1.0
    return A.where(z >= 0, e * (y + 1.0) + 1.0, e * (y + 1.0 + e)) / (d * d)


def _bell(A: Any, z: Any) -> Any:
    e = A.exp(-abs(z))
    d = e + 1.0
    return e / (d * d)


def _softplus(A: Any, x: Any) -> Any:
    return A.where(x > 0, x, 0.0) + A.log1p(A.exp(-abs(x)))


def _tanh(A: Any, x: Any) -> Any:
    m = A.expm1(abs(x) * -2.0)
    q = -m / (m + 2.0)
    return A.where(x < 0, -q, q)


def _mish(A: Any, x: Any) -> Any:
    e = A.exp(-abs(x))
    left = e * (e + 2.0)
    return x * A.where(x < 0, left / (left + 2.0), (e * 2.0 + 1.0) / (e * (e * 2.0 + 2.0) + 1.0))


def _mish_derivative(A: Any, x: Any) -> Any:
    e = A.exp(-abs(x))
    a, b = x * 4.0 + 4.0, x * 4.0 + 6.0
    left, right = e * (e + 2.0) + 2.0, e * (e * 2.0 + 2.0) + 1.0
    return A.where(
        x < 0,
        e * (a + e * (b + e * (e + 4.0))) / (left * left),
        (e * (e * (b + e * a) + 4.0) + 1.0) / (right * right),
    )


def _tail(A: Any, a: Any) -> tuple[Any, Any]:
    """Phi(-a) and phi(a) for a >= 0."""
    bell = A.exp(a * a * -0.5)
    return A.mills(a) * bell, bell * A.constant(constants()["density"])


def _gelu(A: Any, x: Any) -> Any:
    a = abs(x)
    return A.where(x > 0, x, 0.0) - a * _tail(A, a)[0]


def _gelu_derivative(A: Any, x: Any) -> Any:
    a = abs(x)
    tail, density = _tail(A, a)
    left = tail - a * density
    return A.where(x > 0, 1.0 - left, left)


def _gelu_tanh_argument(A: Any, x: Any) -> tuple[Any, Any]:
    """z = 2 sqrt(2/pi) (x + 0.044715 x^3) and x z'."""
    scale, cubic = A.constant(constants()["scale"]), A.constant(constants()["cubic"])
    square = x * x * cubic
    return x * (square + 1.0) * scale, x * (square * 3.0 + 1.0) * scale


def _cut(A: Any, x: Any) -> Any:
    """x, but 1000 or -1000 beyond: for functions that are 0 or x there, and whose formulas would overflow."""
    return A.where(x < -1000.0, -1000.0, A.where(x > 1000.0, 1000.0, x))


def _gelu_tanh(A: Any, x: Any) -> Any:
    return x * _logistic(A, _gelu_tanh_argument(A, _cut(A, x))[0])


def _gelu_tanh_derivative(A: Any, x: Any) -> Any:
    return _logistic_slope(A, *_gelu_tanh_argument(A, _cut(A, x)))


def _quick_gelu_derivative(A: Any, x: Any) -> Any:
    z = _cut(A, x) * A.constant(constants()["quick"])
    return _logistic_slope(A, z, z)


def _elu(A: Any, x: Any, alpha: float) -> Any:
    return A.where(x >= 0, x, A.expm1(A.where(x < 0, x, 0.0)) * alpha)


def _exp_left(A: Any, x: Any) -> Any:
    return A.exp(A.where(x < 0, x, 0.0))


def _selu(A: Any, x: Any) -> Any:
    right, left = A.constant(constants()["selu_right"]), A.constant(constants()["selu_left"])
    return A.where(x >= 0, x * right, A.expm1(A.where(x < 0, x, 0.0)) * left)


def _selu_derivative(A: Any, x: Any) -> Any:
    right, left = A.constant(constants()["selu_right"]), A.constant(constants()["selu_left"])
    return A.where(x > 0, right, _exp_left(A, x) * left)


def _celu(A: Any, x: Any, alpha: float) -> Any:
    return A.where(x >= 0, x, A.expm1(A.where(x < 0, x, 0.0) / alpha) * alpha)


def _gaussian(A: Any, x: Any) -> Any:
    x = _cut(A, x)
    return A.exp(-(x * x))


def _exp(A: Any, x: Any) -> Any:
    """In halves, as a double-double overflows before its value does; infinite from where float64 is."""
    half = A.exp(_cut(A, x) * 0.5)
    return A.where(x > 709.782712893384, np.inf, half * half)


@functools.cache
def _xielu_constants(alpha_n: float, alpha_p: float, beta: float) -> tuple[Any, Any, Any, float]:
    """ap, an and sn = an - beta, and where ap x^2 overflows."""
    with mp.workprec(PRECISION):
        ap, sn = (mp.log1p(mp.exp(mp.mpf(alpha))) for alpha in (alpha_p, alpha_n))
        return ap, mp.mpf(beta) + sn, sn, float(mp.sqrt(mp.mpf(np.finfo(float).max) / ap))


def _xielu(A: Any, x: Any, alpha_n: float, alpha_p: float, beta: float, eps: float) -> Any:
    ap, an, sn, most = _xielu_constants(alpha_n, alpha_p, beta)
    left = A.expm1(_cut(A, A.where(x < eps, x, eps))) * A.constant(an) - x * A.constant(sn)
    return A.where(x > most, np.inf, A.where(x > 0, x * (x * A.constant(ap) + beta), left))


def _xielu_derivative(A: Any, x: Any, alpha_n: float, alpha_p: float, beta: float, eps: float) -> Any:
    ap, an, sn, _ = _xielu_constants(alpha_n, alpha_p, beta)
    power = A.exp(_cut(A, A.where(x < 0, x, 0.0)))
    power = A.where(x < eps, power, A.where(x > eps, 0.0, power * 0.5))
    return A.where(x > 0, x * A.constant(ap) * 2.0 + beta, power * A.constant(an) - A.constant(sn))


def _one(A: Any, x: Any) -> Any:
    return A.where(x >= 0, 1.0, 1.0) + x * 0.0


def _sides(A: Any, x: Any, right: Any, left: Any, at_zero: Any) -> Any:
    return A.where(x > 0, right, A.where(x < 0, left, at_zero)) + x * 0.0


def _clip(A: Any, y: Any, low: float, high: float) -> Any:
    """y between two bounds; of a pair at a bound the low part decides."""
    return A.where(y - low < 0, low, A.where(high - y < 0, high, y))


def _between(A: Any, y: Any, low: float, high: float, slope: Any) -> Any:
    """The derivative of that, times ``slope``."""
    return A.where((y - low > 0) & (high - y > 0), slope, 0.0) + y * 0.0


def _outside(A: Any, x: Any, lambd: float) -> Any:
    return A.where(abs(x) > lambd, 1.0, 0.0) + x * 0.0


def _shrink(A: Any, x: Any, lambd: float, bias: float) -> Any:
    return A.where(x > lambd, x - bias, A.where(x < -lambd, x + bias, 0.0))


def _square(A: Any, x: Any) -> Any:
    """x^2; NaN, for mpmath to judge, where products of double-doubles overflow, and inf where x^2 itself does."""
    large = x >= 2.0**490
    c = A.where(large, 0.0, x)
    return A.where(large, A.where(x >= 2.0**512, np.inf, np.nan), c * c)


def _hardswish(A: Any, x: Any) -> Any:
    c = _clip(A, x, -3.0, 3.0)
    return A.where(x > 3.0, x, c * ((c + 3.0) / 6.0))


def _hardswish_derivative(A: Any, x: Any) -> Any:
    c = _clip(A, x, -3.0, 3.0)
    return A.where(x >= 3.0, 1.0, A.where(x > -3.0, (c * 2.0 + 3.0) / 6.0, 0.0))


def _hardsigmoid(A: Any, x: Any, slope: float, offset: float) -> Any:
    inverse = A.reciprocal(slope)
    return _clip(A, _cut(A, x) + A.constant(offset) * inverse, 0.0, inverse) / inverse


def _hardsigmoid_derivative(A: Any, x: Any, slope: float, offset: float) -> Any:
    inverse = A.reciprocal(slope)
    return _between(A, _cut(A, x) + A.constant(offset) * inverse, 0.0, inverse, A.constant(1.0) / inverse)


def _rrelu_slope(A: Any, lower: float, upper: float) -> Any:
    return (A.constant(lower) + upper) * 0.5


def _sine(A: Any, x: Any, a: float, quarters: int = 0) -> Any:
    """sin(a x + quarters pi/4)"""
    r, odd = angle(a, A.parts(x)[0], quarters, A is DoubleDouble)
    y = A.sine(r)
    return A.where(odd, -y, y)


def _snake(A: Any, x: Any, alpha: float) -> Any:
    y = _sine(A, x, alpha)
    return x + y * y / alpha


def _snake_derivative(A: Any, x: Any, alpha: float) -> Any:
    y = _sine(A, x, alpha, 1)
    return y * y * 2.0


def _tanhshrink(A: Any, x: Any) -> Any:
    """Up to 1 (x cosh(x) - sinh(x))/cosh(x) by series whose terms are all positive."""
    a = abs(x)
    t = A.where(a < 1.0, a * a, 0.0)
    numerator, cosh = A.constant(tanhshrink_terms()[0][0]), A.constant(tanhshrink_terms()[1][0])
    for top, below in zip(tanhshrink_terms()[0][1:], tanhshrink_terms()[1][1:], strict=True):
        numerator, cosh = numerator * t + A.constant(top), cosh * t + A.constant(below)
    e = A.exp(a * -2.0)
    y = A.where(a < 1.0, a * (numerator / cosh) * t, a - 1.0 + e * 2.0 / (e + 1.0))
    return A.where(x < 0, -y, y)


@functools.cache
def tanhshrink_terms() -> tuple[list[Any], list[Any]]:
    """2 k/(2 k + 1)! and 1/(2 k - 2)! from the highest k: for t <= 1 what follows is below 2^-100."""
    with mp.workprec(PRECISION):
        count = range(15, 0, -1)
        return [2 * k / mp.factorial(2 * k + 1) for k in count], [1 / mp.factorial(2 * k - 2) for k in count]


def _tanhshrink_derivative(A: Any, x: Any) -> Any:
    q = _tanh(A, x)
    return A.where(abs(x) < 1.0, q * q, 1.0 - _bell(A, x * 2.0) * 4.0)


def _root(A: Any, a: Any, b: float) -> Any:
    """sqrt(a^2 + b) for a >= 0; where a^2 might overflow, b is nothing beside it."""
    return A.where(a > 2.0**300, a, A.sqrt(a * a + b))


def _left(A: Any, a: Any, b: float) -> Any:
    """(1 - a/sqrt(a^2 + b))/2, of an a which is cut off where that is 0."""
    a = A.where(a > 2.0**600, 2.0**600, a)
    root = _root(A, a, b)
    return b * 0.5 / root / (root + a)


def _squareplus(A: Any, x: Any, b: float) -> Any:
    a = abs(x)
    return A.where(x > 0, x, 0.0) + b * 0.5 / (_root(A, a, b) + a)


def _squareplus_derivative(A: Any, x: Any, b: float) -> Any:
    left = _left(A, abs(x), b)
    return A.where(x > 0, 1.0 - left, left)


def _dish(A: Any, x: Any) -> Any:
    a = abs(x)
    root = _root(A, a, 1.0)
    return A.where(x > 0, x, 0.0) - a / root * 0.5 / (root + a)


def _dish_derivative(A: Any, x: Any) -> Any:
    # w^2 (1 - k - k^2)/(2 (1 + k)) with w = 1/sqrt(1 + a^2) and k = a w
    a = abs(x)
    a = A.where(a > 2.0**600, 2.0**600, a)
    w = 1.0 / _root(A, a, 1.0)
    k = a * w
    left = w * ((1.0 - k - k * k) / (k * 2.0 + 2.0)) * w
    return A.where(x > 0, 1.0 - left, left)


def _bent_identity(A: Any, x: Any) -> Any:
    a = abs(x)
    rise = a / (_root(A, a, 1.0) + 1.0) * 0.5
    return x * A.where(x < 0, 1.0 - rise, rise + 1.0)


def _bent_identity_derivative(A: Any, x: Any) -> Any:
    return x / _root(A, abs(x), 1.0) * 0.5 + 1.0


def _logit(A: Any, x: Any, eps: float) -> Any:
    rest = 1.0 - x
    twice = x * 2.0 - 1.0
    middle = abs(twice) < 0.3
    y = A.where(middle, A.log1p(A.where(middle, twice / rest, 0.0)), A.log(x / rest))
    y = A.where(x > 0, y, A.where(x < 0, np.nan, -np.inf))
    return A.where(x < 1.0, y, A.where(x > 1.0, np.nan, np.inf))


def _logit_derivative(A: Any, x: Any, eps: float) -> Any:
    y = 1.0 / (x * (1.0 - x))
    y = A.where(x > 0, y, A.where(x < 0, np.nan, np.inf))
    return A.where(x < 1.0, y, A.where(x > 1.0, np.nan, np.inf))


Formula = Callable[..., Any]
FORMULAS: dict[str, tuple[Formula, Formula]] = {
    "identity": (lambda A, x: x, _one),
    "step": (
        lambda A, x, at_zero: _sides(A, x, 1.0, 0.0, at_zero),
        lambda A, x, at_zero: x * 0.0,
    ),
    "sigmoid": (_logistic, _bell),
    "tanh": (_tanh, lambda A, x: _bell(A, x * 2.0) * 4.0),
    "relu": (
        lambda A, x: A.where(x > 0, x, 0.0),
        lambda A, x, at_zero: _sides(A, x, 1.0, 0.0, at_zero),
    ),
    "leaky_relu": (
        lambda A, x, slope: A.where(x > 0, x, x * slope),
        lambda A, x, slope, at_zero: _sides(A, x, 1.0, slope, at_zero),
    ),
    "prelu": (
        lambda A, x, slope: A.where(x > 0, x, x * slope),
        lambda A, x, slope: _sides(A, x, 1.0, slope, slope),
    ),
    "elu": (_elu, lambda A, x, alpha: A.where(x > 0, 1.0, _exp_left(A, x) * alpha)),
    "selu": (_selu, _selu_derivative),
    "silu": (
        lambda A, x, beta: x * _logistic(A, x),
        lambda A, x, beta: _logistic_slope(A, _cut(A, x), _cut(A, x)),
    ),
    "mish": (_mish, lambda A, x: _mish_derivative(A, _cut(A, x))),
    "gelu": (
        lambda A, x: A.where(x > 1000.0, x, _gelu(A, _cut(A, x))),
        lambda A, x: _gelu_derivative(A, _cut(A, x)),
    ),
    "gelu_tanh": (_gelu_tanh, _gelu_tanh_derivative),
    "quick_gelu": (
        lambda A, x: x * _logistic(A, _cut(A, x) * A.constant(constants()["quick"])),
        _quick_gelu_derivative,
    ),
    "softplus": (lambda A, x, beta: _softplus(A, x), lambda A, x, beta: _logistic(A, x)),
    "logsigmoid": (lambda A, x: -_softplus(A, -x), lambda A, x: _logistic(A, -x)),
    "softsign": (
        lambda A, x: x / (abs(x) + 1.0),
        lambda A, x: (1.0 / (abs(x) + 1.0)) * (1.0 / (abs(x) + 1.0)),
    ),
    "relu6": (lambda A, x: _clip(A, x, 0.0, 6.0), lambda A, x: _between(A, x, 0.0, 6.0, 1.0)),
    "relu_squared": (
        lambda A, x: _square(A, A.where(x > 0, x, 0.0)),
        lambda A, x: A.where(x > 0, x * 2.0, 0.0),
    ),
    "threshold": (
        lambda A, x, threshold, value: A.where(x > threshold, x, value),
        lambda A, x, threshold, value: A.where(x > threshold, 1.0, 0.0) + x * 0.0,
    ),
    "thresholded_relu": (
        lambda A, x, alpha: A.where(x > alpha, x, 0.0),
        lambda A, x, alpha: A.where(x > alpha, 1.0, 0.0) + x * 0.0,
    ),
    "hardtanh": (_clip, lambda A, x, low, high: _between(A, x, low, high, 1.0)),
    "clipped_linear": (
        lambda A, x, slope, offset, low, high: _clip(A, x * slope + offset, low, high),
        lambda A, x, slope, offset, low, high: _between(A, x * slope + offset, low, high, slope),
    ),
    "rrelu": (
        lambda A, x, lower, upper: A.where(x > 0, x, x * _rrelu_slope(A, lower, upper)),
        lambda A, x, lower, upper: A.where(x > 0, 1.0, _rrelu_slope(A, lower, upper)) + x * 0.0,
    ),
    "hardsigmoid": (_hardsigmoid, _hardsigmoid_derivative),
    "hardswish": (_hardswish, _hardswish_derivative),
    "hardshrink": (lambda A, x, lambd: _shrink(A, x, lambd, 0.0), _outside),
    "softshrink": (lambda A, x, lambd: _shrink(A, x, lambd, lambd), _outside),
    "shrink": (_shrink, lambda A, x, lambd, bias: _outside(A, x, lambd)),
    "sparse_plus": (
        lambda A, x: A.where(x > 1.0, x, _square(A, (_clip(A, x, -1.0, 1.0) + 1.0) * 0.5)),
        lambda A, x: (_clip(A, x, -1.0, 1.0) + 1.0) * 0.5,
    ),
    "sparse_sigmoid": (
        lambda A, x: (_clip(A, x, -1.0, 1.0) + 1.0) * 0.5,
        lambda A, x: _between(A, x, -1.0, 1.0, 0.5),
    ),
    "sine": (_sine, lambda A, x, omega: _sine(A, x, omega, 2) * omega),
    "snake": (_snake, _snake_derivative),
    "tanhshrink": (_tanhshrink, _tanhshrink_derivative),
    "squareplus": (_squareplus, _squareplus_derivative),
    "dish": (_dish, _dish_derivative),
    "bent_identity": (_bent_identity, _bent_identity_derivative),
    "celu": (_celu, lambda A, x, alpha: A.exp(A.where(x < 0, x, 0.0) / alpha)),
    "gaussian": (_gaussian, lambda A, x: x * _gaussian(A, x) * -2.0),
    "exp": (_exp, _exp),
    "xielu": (_xielu, _xielu_derivative),
    "logit": (_logit, _logit_derivative),
}
# The formulas leave out this parameter: a reference is for its default.
FIXED = BETA
# Near 0 these are not linear but logarithms, which double-doubles hold all the way.
LOGARITHMIC = ("logit",)


# Between which |x| a 0 of double-double may be a subnormal of float64: where an exponential, 1/x^2, x^2 or x^3 ends.
VANISHING = {
    **dict.fromkeys(("step", "relu", "step'", "relu'"), (0.0, 0.0)),
    "tanh'": (350.0, 425.0),
    **dict.fromkeys(("gelu", "gelu'"), (37.0, 40.0)),
    **dict.fromkeys(("gelu_tanh", "gelu_tanh'"), (20.5, 23.0)),
    **dict.fromkeys(("quick_gelu", "quick_gelu'"), (420.0, 500.0)),
    "softsign'": (2.0**500, 2.0**560),
    "relu_squared": (2.0**-539, 2.0**-500),
    **dict.fromkeys(("squareplus'", "dish'"), (2.0**500, 2.0**580)),
    **dict.fromkeys(("squareplus", "dish", "bent_identity", "bent_identity'"), (0.0, 0.0)),
    "tanhshrink": (2.0**-390, 2.0**-350),
    "tanhshrink'": (2.0**-580, 2.0**-500),
    **dict.fromkeys(("gaussian", "gaussian'"), (26.0, 30.0)),
}


PERIODIC = ("sine", "sine'", "snake'")


class Truth(NamedTuple):
    """high + low is the true value times 2^shift."""

    high: Array
    low: Array | float
    shift: npt.NDArray[np.int32] | int


class Reference:
    """The true values of a row, in one direction, for inputs of one dtype, at the row's default parameters."""

    def __init__(self, name: str, derivative: bool, dtype: npt.DTypeLike, parameters: dict[str, float]) -> None:
        if FIXED in BY_NAME[name].params and parameters[FIXED.name] != FIXED.default:
            given = f"{FIXED.name}={parameters[FIXED.name]}"
            raise ValueError(f"{given}: the formulas of benchmarks/references.py are for {FIXED.default}")
        self.wide = np.dtype(dtype).itemsize == 8
        self.arithmetic: Any = DoubleDouble if self.wide else Float64
        self._formula = FORMULAS[name][int(derivative)]
        self._vanishing = VANISHING.get(name + ("'" if derivative else ""), (700.0, 850.0))
        self._periodic = name + ("'" if derivative else "") in PERIODIC
        self._logarithmic = name in LOGARITHMIC and not derivative
        self._crossing = name == "xielu" and not derivative
        # those of half types' functions are float32
        self._parameters = [float(np.result_type(dtype, np.float32).type(value)) for value in parameters.values()]

    def _call(self, x: Array) -> tuple[Array, Array | float]:
        with np.errstate(all="ignore"):
            truth = self._formula(self.arithmetic, self.arithmetic.number(x), *self._parameters)
        high, low = self.arithmetic.parts(truth)
        return np.broadcast_to(high, x.shape), low

    def __call__(self, x: npt.NDArray[Any]) -> Truth:
        """The truth at finite x of the dtype."""
        x = x.astype(np.float64)
        if not self.wide or self._logarithmic:
            return Truth(*self._call(x), 0)
        # Beyond 2^900 and below 2^-900 every function is linear or constant to far more digits than count here, and a
        # double-double would overflow in its products or lose its low part: x 2^-300 or x 2^300 is taken instead.
        magnitude = np.abs(x)
        # Not large x of a periodic function: products with its sines do not overflow.
        last = 2.0**900 if not self._periodic else np.inf
        shift = np.where(magnitude > last, -300, np.where(magnitude < 2.0**-900, 300, 0)).astype(np.int32)
        high, low = self._call(np.ldexp(x, shift))
        size = np.abs(high)
        linear = np.where(shift < 0, (size > 2.0**500) & (size < np.inf), size < 2.0**-500)
        # or it is 1/x, which of x 2^-300 comes back 2^300 too large
        inverse = np.where(shift < 0, size < 2.0**-500, (size > 2.0**500) & (size < np.inf))
        return Truth(high, low, np.where(linear, shift, np.where(inverse, -shift, 0)).astype(np.int32))

    def doubtful(self, x: npt.NDArray[Any], truth: Truth) -> npt.NDArray[np.bool_]:
        """Where the result is so small that digits of the truth are lost, or so large: mpmath must judge."""
        # xielu, of which near -2.43 a difference is left: a double-double has 104 bits of its terms, a double 52
        cancelled = np.zeros(x.shape, bool)
        if self._crossing:
            cancelled = (x < 0) & (np.abs(truth.high) < np.abs(x) * (2.0**-20 if self.wide else 2.0**-8))
        if not self.wide:
            return cancelled
        size, a = np.abs(truth.high), np.abs(x)
        vanished = (size == 0) & (a > self._vanishing[0]) & (a < self._vanishing[1])
        small = (size > 0) & (size < 2.0**-900) & (truth.shift == 0)
        result: npt.NDArray[np.bool_] = small | vanished | cancelled | np.isnan(size)
        return result
