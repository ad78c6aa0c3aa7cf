"""What is true: every activation and its derivative in arbitrary precision, and how far a result is from it.

Written from the definitions with mpmath, independently of fastact's formulas. Errors are measured exactly, in ULPs of
the true value. ``sample`` chooses the inputs. A new row of the registry needs one entry in ``ORACLE``.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import mpmath
import numpy as np
import numpy.typing as npt
from mpmath import mpf
from selection import by_default

from fastact.reference import stand_ins
from fastact.table.dtypes import is_bfloat16
from fastact.table.registry import ELEMENTWISE, NoneAs, Row, SameAs

# Of results that do not cancel all are right; at the root of a derivative some 60 are lost. mpmath itself reduces huge
# arguments of exp with as many more as they need.
PRECISION = 256

Array = npt.NDArray[Any]
Function = Callable[..., mpf]


class Exact(NamedTuple):
    """Value and derivative of x and the row's parameters, in their order."""

    value: Function
    derivative: Function


def logistic(z: mpf) -> mpf:
    return 1 / (1 + mpmath.exp(-z))


def softplus(z: mpf) -> mpf:
    # log(1 + e^z) without an overflowing e^z
    return max(z, mpf(0)) + mpmath.log1p(mpmath.exp(-abs(z)))


def step(x: mpf, at_zero: mpf) -> mpf:
    return mpf(1) if x > 0 else (mpf(0) if x < 0 else at_zero)


def silu_derivative(x: mpf, beta: mpf) -> mpf:
    z = beta * x
    return logistic(z) * (1 + z * logistic(-z))


def mish(x: mpf) -> mpf:
    return x * mpmath.tanh(softplus(x))


def mish_derivative(x: mpf) -> mpf:
    u = softplus(x)
    return mpmath.tanh(u) + x * mpmath.sech(u) ** 2 * logistic(x)


def normal(x: mpf) -> mpf:
    """The distribution function of the standard normal."""
    if x < -(10**6):
        return mpf(0)  # below 10^(-10^11), while mpmath would look for a series
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def gelu_derivative(x: mpf) -> mpf:
    return normal(x) + x * mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


def gelu_tanh_argument(x: mpf) -> mpf:
    """2 sqrt(2/pi) (x + 0.044715 x^3): (1 + tanh u)/2 is the logistic function of 2 u."""
    return 2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpf("0.044715") * x**3)


def gelu_tanh_derivative(x: mpf) -> mpf:
    z = gelu_tanh_argument(x)
    slope = 2 * mpmath.sqrt(2 / mpmath.pi) * (1 + 3 * mpf("0.044715") * x**2)
    return logistic(z) * (1 + x * logistic(-z) * slope)


@functools.cache
def selu_sides() -> tuple[mpf, mpf]:
    """lambda and lambda alpha of Klambauer et al. (2017): mean 0 and variance 1 of a standard normal are kept."""
    with mpmath.workprec(2 * PRECISION):
        q, r = mpmath.erfc(1 / mpmath.sqrt(2)), mpmath.erfc(mpmath.sqrt(2))
        root_e = mpmath.sqrt(mpmath.e)
        alpha = mpmath.sqrt(2 / mpmath.pi) / (1 - q * root_e)
        inner = 2 * r * mpmath.e**2 + mpmath.pi * q**2 * mpmath.e - 2 * (2 + mpmath.pi) * q * root_e + mpmath.pi + 2
        # the paper writes alpha with erfc(1/sqrt 2) exp(1/2) - 1 below the line, and a minus before it
        scale = (1 - q * root_e) * mpmath.sqrt(2 * mpmath.pi) / mpmath.sqrt(inner)
        return scale, scale * alpha


def snake_derivative(x: mpf, alpha: mpf) -> mpf:
    """1 + sin(2 alpha x), which is at least 2^-250 where it is not 0, so that twice its digits are enough."""
    with mpmath.workprec(2 * mpmath.mp.prec + 64):
        return 1 + mpmath.sin(2 * alpha * x)


def selu(x: mpf) -> mpf:
    right, left = selu_sides()
    return right * x if x >= 0 else left * mpmath.expm1(x)


def selu_derivative(x: mpf) -> mpf:
    right, left = selu_sides()
    return right if x > 0 else left * mpmath.exp(x)


def clip(y: mpf, low: mpf, high: mpf) -> mpf:
    return min(max(y, low), high)


def between(y: mpf, low: mpf, high: mpf) -> mpf:
    """The derivative of ``clip``."""
    return mpf(1) if low < y < high else mpf(0)


# Of a slope what counts is its reciprocal: 6 and not 1/6, which no number of 256 bits is either. A slope of 0 has inf.


def hardsigmoid(x: mpf, inverse: mpf, offset: mpf) -> mpf:
    if mpmath.isinf(inverse):
        return clip(offset, mpf(0), mpf(1))
    return clip(x + offset * inverse, min(inverse, mpf(0)), max(inverse, mpf(0))) / inverse


def hardsigmoid_derivative(x: mpf, inverse: mpf, offset: mpf) -> mpf:
    if mpmath.isinf(inverse):
        return mpf(0)
    return between(x + offset * inverse, min(inverse, mpf(0)), max(inverse, mpf(0))) / inverse


def shrink(x: mpf, lambd: mpf, bias: mpf) -> mpf:
    return x - bias if x > lambd else (x + bias if x < -lambd else mpf(0))


def outside(x: mpf, lambd: mpf) -> mpf:
    return mpf(1) if abs(x) > lambd else mpf(0)


def relu6(x: mpf) -> mpf:
    return clip(x, mpf(0), mpf(6))


def tanhshrink(x: mpf) -> mpf:
    # of the digits of x and tanh(x) the first 2 log2(1/|x|) cancel; near 0 a few terms of the series save thousands
    if abs(x) < mpmath.ldexp(1, -64 * mpmath.mp.prec // PRECISION):
        return x**3 * (mpf(1) / 3 - x**2 * (mpf(2) / 15 - x**2 * (mpf(17) / 315 - x**2 * mpf(62) / 2835)))
    with mpmath.workprec(mpmath.mp.prec + 2 * max(0, -mpmath.mag(x))):
        return x - mpmath.tanh(x)


def squareplus(x: mpf, b: mpf) -> mpf:
    # on the left times and over sqrt(x^2 + b) - x, since no precision is enough for the difference
    root = mpmath.sqrt(x * x + b)
    return (x + root) / 2 if x >= 0 else b / (2 * (root - x))


def squareplus_derivative(x: mpf, b: mpf) -> mpf:
    if x == 0:
        return mpf(1) / 2
    root = mpmath.sqrt(x * x + b)
    return (1 + x / root) / 2 if x >= 0 else b / (2 * root * (root - x))


def dish(x: mpf) -> mpf:
    return x * squareplus_derivative(x, mpf(1))


def dish_derivative(x: mpf) -> mpf:
    cube = mpmath.sqrt(1 + x * x) ** 3
    if x >= 0:
        return mpf(1) / 2 + x * (x * x + 2) / (2 * cube)
    # times and over cube - x (x^2 + 2), for the same reason
    return (1 - x**2 - x**4) / (2 * cube * (cube - x * (x * x + 2)))


def xielu(x: mpf, alpha_n: mpf, alpha_p: mpf, beta: mpf, eps: mpf) -> mpf:
    if x > 0:
        return softplus(alpha_p) * x**2 + beta * x
    # an (e - x) + beta x with an = beta + sn, of which no sn is lost, however small it is
    e, sn = mpmath.expm1(min(x, eps)), softplus(alpha_n)
    return beta * e + sn * (e - x)


def xielu_derivative(x: mpf, alpha_n: mpf, alpha_p: mpf, beta: mpf, eps: mpf) -> mpf:
    """min(x, eps) has the slope 1 below eps, 0 above, and at the tie 1/2, as autograd takes it."""
    if x > 0:
        return 2 * softplus(alpha_p) * x + beta
    slope = mpf(1) if x < eps else (mpf(1) / 2 if x == eps else mpf(0))
    power = slope * mpmath.exp(min(x, eps))
    return beta * power + softplus(alpha_n) * (power - 1)


def logit(x: mpf, eps: mpf) -> mpf:
    if eps >= 0:
        x = min(max(x, eps), 1 - eps)
    if not 0 <= x <= 1:
        return mpmath.nan
    return -mpmath.inf if x == 0 else (mpmath.inf if x == 1 else mpmath.log(x / (1 - x)))


def logit_derivative(x: mpf, eps: mpf) -> mpf:
    if eps >= 0 and not eps <= x <= 1 - eps:
        return mpf(0)
    if not 0 <= x <= 1:
        return mpmath.nan
    return 1 / (x * (1 - x)) if 0 < x < 1 else mpmath.inf


ORACLE: dict[str, Exact] = {
    "identity": Exact(lambda x: x, lambda x: mpf(1)),
    "step": Exact(step, lambda x, at_zero: mpf(0)),
    "sigmoid": Exact(logistic, lambda x: logistic(x) * logistic(-x)),
    "tanh": Exact(mpmath.tanh, lambda x: mpmath.sech(x) ** 2),
    "relu": Exact(lambda x: max(x, mpf(0)), step),
    "leaky_relu": Exact(
        lambda x, slope: x if x >= 0 else slope * x,
        lambda x, slope, at_zero: mpf(1) if x > 0 else (slope if x < 0 else at_zero),
    ),
    "prelu": Exact(lambda x, slope: x if x >= 0 else slope * x, lambda x, slope: mpf(1) if x > 0 else slope),
    "elu": Exact(
        lambda x, alpha: x if x >= 0 else alpha * mpmath.expm1(x),
        lambda x, alpha: mpf(1) if x > 0 else alpha * mpmath.exp(x),
    ),
    "selu": Exact(selu, selu_derivative),
    "silu": Exact(lambda x, beta: x * logistic(beta * x), silu_derivative),
    "mish": Exact(mish, mish_derivative),
    "gelu": Exact(lambda x: x * normal(x), gelu_derivative),
    "gelu_tanh": Exact(lambda x: x * logistic(gelu_tanh_argument(x)), gelu_tanh_derivative),
    "logsigmoid": Exact(lambda x: -softplus(-x), lambda x: logistic(-x)),
    "quick_gelu": Exact(
        lambda x: x * logistic(mpf("1.702") * x),
        lambda x: logistic(mpf("1.702") * x) * (1 + mpf("1.702") * x * logistic(-mpf("1.702") * x)),
    ),
    "softsign": Exact(lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    "softplus": Exact(lambda x, beta: softplus(beta * x) / beta, lambda x, beta: logistic(beta * x)),
    "relu6": Exact(relu6, lambda x: between(x, mpf(0), mpf(6))),
    "relu_squared": Exact(lambda x: max(x, mpf(0)) ** 2, lambda x: 2 * max(x, mpf(0))),
    "threshold": Exact(
        lambda x, threshold, value: x if x > threshold else value,
        lambda x, threshold, value: mpf(1) if x > threshold else mpf(0),
    ),
    "thresholded_relu": Exact(
        lambda x, alpha: x if x > alpha else mpf(0), lambda x, alpha: mpf(1) if x > alpha else mpf(0)
    ),
    "hardtanh": Exact(clip, between),
    "clipped_linear": Exact(
        lambda x, slope, offset, low, high: clip(slope * x + offset, low, high),
        lambda x, slope, offset, low, high: slope * between(slope * x + offset, low, high),
    ),
    "rrelu": Exact(
        lambda x, lower, upper: x if x >= 0 else (lower + upper) / 2 * x,
        lambda x, lower, upper: mpf(1) if x > 0 else (lower + upper) / 2,
    ),
    "hardsigmoid": Exact(hardsigmoid, hardsigmoid_derivative),
    "hardswish": Exact(
        lambda x: x * relu6(x + 3) / 6,
        lambda x: mpf(0) if x <= -3 else (mpf(1) if x >= 3 else (2 * x + 3) / 6),
    ),
    "hardshrink": Exact(lambda x, lambd: shrink(x, lambd, mpf(0)), outside),
    "softshrink": Exact(lambda x, lambd: shrink(x, lambd, lambd), outside),
    "shrink": Exact(shrink, lambda x, lambd, bias: outside(x, lambd)),
    "sparse_plus": Exact(
        lambda x: mpf(0) if x <= -1 else (x if x >= 1 else (x + 1) ** 2 / 4),
        lambda x: clip((x + 1) / 2, mpf(0), mpf(1)),
    ),
    "sparse_sigmoid": Exact(lambda x: clip((x + 1) / 2, mpf(0), mpf(1)), lambda x: between(x, mpf(-1), mpf(1)) / 2),
    "sine": Exact(lambda x, omega: mpmath.sin(omega * x), lambda x, omega: omega * mpmath.cos(omega * x)),
    "snake": Exact(
        lambda x, alpha: x + mpmath.sin(alpha * x) ** 2 / alpha if alpha else x,
        snake_derivative,
    ),
    "tanhshrink": Exact(tanhshrink, lambda x: mpmath.tanh(x) ** 2),
    "squareplus": Exact(squareplus, squareplus_derivative),
    "dish": Exact(dish, dish_derivative),
    "bent_identity": Exact(
        lambda x: (mpmath.sqrt(x * x + 1) - 1) / 2 + x,
        lambda x: x / (2 * mpmath.sqrt(x * x + 1)) + 1,
    ),
    "celu": Exact(
        lambda x, alpha: x if x >= 0 else alpha * mpmath.expm1(x / alpha),
        lambda x, alpha: mpf(1) if x >= 0 else mpmath.exp(x / alpha),
    ),
    "gaussian": Exact(lambda x: mpmath.exp(-(x**2)), lambda x: -2 * x * mpmath.exp(-(x**2))),
    "exp": Exact(mpmath.exp, mpmath.exp),
    "xielu": Exact(xielu, xielu_derivative),
    "logit": Exact(logit, logit_derivative),
}


def softmax(x: Sequence[Any]) -> list[mpf]:
    """Softmax of one row."""
    with mpmath.workprec(PRECISION):
        top = max(mpf(float(v)) for v in x)
        powers = [mpmath.exp(mpf(float(v)) - top) for v in x]
        total = mpmath.fsum(powers)
        return [p / total for p in powers]


# Where a parameter has no default, the value that the registry's example and range are for.
STAND_IN = 0.25


def parameters(row: Row, derivative: bool, given: dict[str, float] | None = None) -> dict[str, float]:
    """Value of each parameter of the value or the derivative of ``row``: given, or the default."""
    values: dict[str, float] = {}
    for param in row.params + (row.derivative_params if derivative else ()):
        if given and param.name in given:
            values[param.name] = given[param.name]
        elif isinstance(param.default, SameAs):
            values[param.name] = values[param.default.name]
        else:
            values[param.name] = STAND_IN if param.default is None else param.number
    return values


def required(row: Row) -> dict[str, float]:
    """The parameters that must be given."""
    return {param.name: STAND_IN for param in row.params if param.default is None}


def keywords(row: Row, derivative: bool, given: dict[str, float] | None = None) -> dict[str, float]:
    """The same as keywords of a call: without those that have no number by which to ask for the default."""
    unnumbered = {p.name for p in row.params if isinstance(p.default, NoneAs)} - set(given or ())
    return {name: value for name, value in parameters(row, derivative, given).items() if name not in unnumbered}


def widened(row: Row, derivative: bool, dtype: npt.DTypeLike = np.float32) -> dict[str, float]:
    """Parameters that mean to float64 what the defaults, rounded to ``dtype``, mean to that."""
    values = keywords(row, derivative)
    described = {param.name: param for param in row.params + row.derivative_params}
    return {name: stand_ins.widened(described[name], value, np.dtype(dtype)) for name, value in values.items()}


def inverse_of(value: np.floating[Any]) -> mpf:
    """1/value, rounded to its dtype unless it is extreme; inf of 0."""
    if not value:
        return mpf("inf")
    rounds = 2.0 ** -(limit := 100 if value.dtype == np.float32 else 900) <= abs(value) <= 2.0**limit
    return mpf(float(type(value)(1) / value)) if rounds else 1 / mpf(float(value))


def exact(
    row: Row, x: Array, derivative: bool = False, given: dict[str, float] | None = None, precision: int = PRECISION
) -> list[mpf]:
    """The true values at finite x; parameters are rounded to the dtype of x first, as the caller's are.

    Of a parameter that stands for the reciprocal of its rounded reciprocal, that reciprocal is handed on.
    """
    if row.name not in ORACLE:
        raise KeyError(f"tests/oracle.py has no entry for {row.name}: add its value and derivative to ORACLE")
    function = ORACLE[row.name].derivative if derivative else ORACLE[row.name].value
    scalar = x.dtype.type
    reciprocal = {param.name for param in row.params if param.reciprocal}
    with mpmath.workprec(precision):
        rounded = [
            inverse_of(scalar(value)) if name in reciprocal else mpf(float(scalar(value)))
            for name, value in parameters(row, derivative, given).items()
        ]
        return [function(mpf(value), *rounded) for value in x.tolist()]


def ulp_error(
    got: Array, true: Sequence[mpf], dtype: npt.DTypeLike, floor_exponent: int | Array | None = None
) -> Array:
    """|got - true| in ULPs that ``dtype`` has at the true value.

    Below the smallest normal number the ULP is that of the subnormals. With ``floor_exponent``, one or one for each,
    it is at least that of 2^floor_exponent. Infinity stands for the first number that ``dtype`` lacks, so that it is
    right where the true value rounds to it. NaN is infinitely wrong, but alone right where there is no true value.
    """
    info = finfo(dtype)
    beyond = int(info.maxexp)
    least = int(info.minexp)
    floors = np.broadcast_to(least if floor_exponent is None else floor_exponent, len(true)).tolist()
    errors = np.empty(len(true))
    with mpmath.workprec(PRECISION + 2 * 1100):  # the difference of any two numbers that are compared here is exact
        for i, (value, t, floor) in enumerate(zip(got.tolist(), true, floors, strict=True)):
            if value != value or mpmath.isnan(t):
                errors[i] = 0 if value != value and mpmath.isnan(t) else np.inf
                continue
            g = mpmath.ldexp(1 if value > 0 else -1, beyond) if np.isinf(value) else mpf(value)
            clipped = max(min(t, mpmath.ldexp(1, beyond)), mpmath.ldexp(-1, beyond))
            exponent = least if clipped == 0 else max(least, mpmath.mag(clipped) - 1)
            ulp = mpmath.ldexp(1, max(floor, min(exponent, beyond - 1)) - int(info.nmant))
            errors[i] = float(abs(g - clipped) / ulp)
    return errors


def finfo(dtype: npt.DTypeLike) -> Any:
    """``numpy.finfo``, which does not know bfloat16."""
    if is_bfloat16(np.dtype(dtype)):
        return importlib.import_module("ml_dtypes").finfo(dtype)
    return np.finfo(np.dtype(dtype))


def isnan(x: Array) -> Array:
    """``numpy.isnan``, silent where ml_dtypes takes it for an invalid operation on signalling NaN."""
    with np.errstate(invalid="ignore"):
        return np.isnan(x)


def ordinals(x: Array) -> Array:
    """Whole numbers in the order of the floating-point numbers: of neighbours they differ by 1, of both zeros are 0."""
    signed = x.view(f"i{x.itemsize}")
    return np.where(signed < 0, np.iinfo(signed.dtype).min - signed, signed)


def from_ordinals(numbers: Array, dtype: npt.DTypeLike) -> Array:
    """The numbers of ``dtype`` that have these ordinals; what lies beyond inf becomes inf."""
    dtype = np.dtype(dtype)
    end = int(ordinals(np.array(np.inf, dtype)))
    signed = np.clip(numbers, -end, end).astype(f"i{dtype.itemsize}")
    return np.where(signed < 0, np.iinfo(signed.dtype).min - signed, signed).view(dtype)


def neighbours(dtype: npt.DTypeLike, points: Sequence[float], steps: int = 8) -> Array:
    """The ``steps`` numbers of ``dtype`` on either side of each point, and the point."""
    centres = ordinals(np.array(points, dtype)).astype(np.int64)
    return from_ordinals((centres[:, None] + np.arange(-steps, steps + 1)).ravel(), dtype)


# Where results or their intermediates become subnormal or 0.
TAILS = {
    np.dtype(np.float32): ((-110.0, -80.0), (-14.6, -12.0), (-53.0, -40.0), (80.0, 110.0)),
    np.dtype(np.float64): ((-760.0, -690.0), (-39.0, -36.0), (-380.0, -345.0), (690.0, 760.0)),
}


def sample(dtype: npt.DTypeLike, count: int, row: Row | None = None, seed: int = 0) -> Array:
    """About ``count`` finite numbers: by bit pattern over the whole range, more where functions bend, and the edges.

    A third is spread over all patterns (stratified: one at random from each of equal parts), from the least subnormal
    to the largest number; a third over the patterns of magnitudes from 2^-12 to 2^10, where an activation is neither
    linear nor constant; the rest over the tails, the neighbourhoods of kinks and roots, and of powers of two.
    """
    dtype = np.dtype(dtype)
    info = finfo(dtype)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    generator = np.random.default_rng(seed)

    def patterns(low: float, high: float, parts: int) -> Array:
        first, last = (int(np.array(edge, dtype).view(unsigned)) for edge in (low, high))
        edges = [first + (last - first) * k // parts for k in range(parts + 1)]
        return np.array([generator.integers(a, max(a + 1, b)) for a, b in pairwise(edges)], unsigned).view(dtype)

    third = max(count // 3, 8)
    chosen = [patterns(0, info.max, third // 2), -patterns(0, info.max, third // 2)]
    chosen += [patterns(2**-12, 2**10, third // 2), -patterns(2**-12, 2**10, third // 2)]
    tails = TAILS[dtype]
    chosen += [generator.uniform(low, high, third // (3 * len(tails))).astype(dtype) for low, high in tails]
    special = [0.0, float(info.max), float(info.min), float(info.tiny), -float(info.tiny)]
    special += [float(info.smallest_subnormal), -float(info.smallest_subnormal)]
    if row is not None:
        special += [*row.kinks, *row.roots]
        for root in row.roots:
            chosen.append((root + generator.uniform(-(2**-4), 2**-4, third // 6)).astype(dtype))
    chosen.append(neighbours(dtype, special))
    powers = np.ldexp(1.0, generator.integers(-30, 11, third // 12))
    chosen.append(neighbours(dtype, (powers * generator.choice([-1.0, 1.0], powers.size)).tolist(), 1))
    if row is not None and np.isfinite(row.domain).all():
        low, high = row.domain
        chosen.append(generator.uniform(low, high, third).astype(dtype))
        chosen.append((high - (high - low) * np.exp2(generator.uniform(-60, 0, third))).astype(dtype))
        chosen.append(neighbours(dtype, [low, high]))
    points = np.concatenate([*chosen, np.array([-0.0], dtype)])
    points = points[np.isfinite(points)]
    return points if row is None else points[inside(row, points)]


def inside(row: Row, x: Array) -> Array:
    """Where x lies in the domain of ``row``: elsewhere value and derivative are NaN."""
    low, high = row.domain
    with np.errstate(invalid="ignore"):  # of NaN of ml_dtypes
        result: Array = (x >= low) & (x <= high)
    return result


@functools.cache
def stratified(dtype: npt.DTypeLike) -> Array:
    """Some three million numbers in ascending order, infinities among them, for what needs no true value.

    Of float32 every 4,099th of all bit patterns, 4,096 neighbours of every power of two, of kinks and roots of all rows
    and of the edges where an exponential overflows or vanishes, and 128 of each quarter up to 256, where a formula may
    end. Of float64 as many patterns, and 512 neighbours of the powers of two. All of float16 and bfloat16.

    That is the thorough one; by default there are an eighth as many of each but the halves.
    """
    dtype = np.dtype(dtype)
    info = finfo(dtype)
    bits = 8 * dtype.itemsize
    stride = by_default(32771, 4099) << (bits - 32) | 1 if bits > 16 else 1  # odd, or float64's low bits would be 0
    part = by_default(8, 1)
    patterns = np.arange(0, 1 << bits, stride, dtype=f"u{dtype.itemsize}").view(dtype)
    powers = np.ldexp(1.0, np.arange(int(info.minexp) - int(info.nmant), int(info.maxexp)))
    ends = np.log(2) * np.array([info.maxexp, info.minexp, info.minexp - info.nmant - 1], float)
    ends = np.concatenate([ends, ends / 2, ends / 1.702, np.sqrt(2 * np.abs(ends))])
    bends = [point for row in ELEMENTWISE for point in (*row.kinks, *row.roots)]
    points = np.concatenate([ends, bends, [0.0, float(info.max), np.inf]])
    quarters = np.arange(1, 1025) / 4
    near = ((powers, (256 if bits == 64 else 2048) // part), (points, 2048 // part), (quarters, 64 // part))
    chosen = [neighbours(dtype, np.concatenate([-where, where]).tolist(), steps) for where, steps in near]
    order = np.sort(ordinals(np.concatenate([patterns[~isnan(patterns)], *chosen])))
    return from_ordinals(order[np.diff(order, prepend=order[:1] - 1) != 0], dtype)


class Reversals(NamedTuple):
    """Where results that should not fall do."""

    count: int  # how many results are less than the one before
    step: int  # the largest of these steps down, in ULPs
    fall: int  # how far, in ULPs, a result is at most below any before
    at: float  # the x of that


def reversals(x: Array, y: Array) -> Reversals:
    """The steps down of y = f(x), x ascending. ULPs are counted as floating-point numbers between two results."""
    if (np.diff(ordinals(x)) < 0).any() or np.isnan(x).any():
        raise ValueError("x does not ascend")
    if np.isnan(y).any():
        raise ValueError(f"NaN at x = {x[np.isnan(y)][0]!r}")
    order = ordinals(y)
    unsigned = f"u{y.itemsize}"  # from -inf to inf is more than a signed number of that size holds
    down = order[1:] < order[:-1]
    steps = (order[:-1].view(unsigned) - order[1:].view(unsigned))[down]
    falls = np.maximum.accumulate(order).view(unsigned) - order.view(unsigned)
    worst = int(falls.argmax())
    return Reversals(steps.size, int(steps.max(initial=0)), int(falls[worst]), float(x[worst]))


def is_nan_at_infinity(row: Row, derivative: bool) -> bool:
    """Whether the value, or the derivative, has no limits there."""
    return row.periodic if derivative else bool(np.isnan(row.limits[0]))


def root_floor(row: Row, x: Array, derivative: bool) -> Array:
    """``floor_exponent``: -6 within 2^-4 of a root of the derivative, and no floor elsewhere, nor for the value."""
    near = np.zeros(x.shape, bool)
    for root in row.roots if derivative else ():
        near |= np.abs(x.astype(np.longdouble) - root) <= 2**-4
    return np.where(near, -6, int(finfo(x.dtype).minexp))
