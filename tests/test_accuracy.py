"""Accuracy: every activation and derivative against mpmath in ULPs, and the values that must be right to the bit.

The bounds are those of the registry, for processors with fma; the baseline build of x86-64 has none and may err by
1 ULP more; the NumPy fallback has a bound of its own in float64 (float32 is computed there in float64 and rounded).
No absolute tolerance: a result in the tails counts as much as one near 0.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import oracle
import pytest
from floats import HALVES, floats, halves, parameter_dtype
from mpmath import mpf

import fastact as fa
from fastact import _runtime
from fastact._registry import BY_NAME, ELEMENTWISE, ROWS, Row
from fastact.table.logistic import BETA

Array = npt.NDArray[Any]

COUNT = 8000  # points for each row, dtype and direction; mpmath takes some 50 us for one
DENSE = 100_000
DTYPES = (np.float32, np.float64)
WITHOUT_FMA = ("baseline",) if platform.machine().lower() in ("x86_64", "amd64") else ()

rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
directions = pytest.mark.parametrize("derivative", [False, True], ids=["value", "derivative"])


@pytest.fixture(autouse=True)
def _no_flags() -> Any:
    """Every call of this file: no floating-point flag that NumPy would report."""
    with np.errstate(all="raise"):
        yield


def bound(row: Row, dtype: Any, derivative: bool, isa: str = _runtime.isa) -> float:
    """The promised bound in ULPs, for the kernels of ``isa``."""
    ulp = row.derivative_ulp if derivative else row.value_ulp
    if isa == "numpy":
        reference = row.reference_derivative_ulp if derivative else row.reference_ulp
        return max(ulp, reference) if dtype is np.float64 else ulp
    return ulp + 1 if isa in WITHOUT_FMA else ulp


def call(row: Row, x: Array, derivative: bool = False, given: dict[str, float] | None = None) -> Array:
    """Value or derivative of ``row`` at x: by the short path where no parameter is needed."""
    activation = fa.get(row.name)
    keywords = oracle.keywords(row, derivative, given) if given or oracle.required(row) else {}
    return (activation.derivative if derivative else activation)(x, **keywords)


def fail_message(error: Array, x: Array, got: Array) -> str:
    at = int(np.argmax(error))
    return f"{error[at]:.3f} ULP at x = {x[at]!r} ({float(x[at]).hex()}), which gave {got[at]!r}"


# ---- the oracle itself ----------------------------------------------------------------------------------------------


@rows
def test_oracle_derivative_is_that_of_its_value(row: Row) -> None:
    entry = oracle.ORACLE[row.name]
    values = [mpf(v) for v in oracle.parameters(row, False).values()]
    slopes = [mpf(v) for v in oracle.parameters(row, True).values()]
    with mpmath.workdps(60):
        points = (0.03, 0.25, 0.5, 0.875) if row.domain[1] == 1 else (-13.5, -3.25, -1.125, -0.4, 0.3, 0.9, 2.5, 11.75)
        for x in map(mpf, points):
            numeric = mpmath.diff(lambda t: entry.value(t, *values), x)
            assert abs(numeric - entry.derivative(x, *slopes)) < mpf(10) ** -25


def test_oracle_constants_of_selu_are_those_of_the_paper() -> None:
    with mpmath.workprec(oracle.PRECISION):
        scale, left = oracle.selu_sides()
        alpha = left / scale
        assert abs(scale - mpf("1.0507009873554804934193349852946")) < mpf(10) ** -30
        assert abs(alpha - mpf("1.6732632423543772848170429916717")) < mpf(10) ** -30


@dtypes
def test_ulp_error_counts_ulps(dtype: Any) -> None:
    info = np.finfo(dtype)
    for x in (1.5, -3.0, float(info.tiny), float(info.smallest_subnormal), float(info.max) / 2):
        value = dtype(x)
        with np.errstate(all="ignore"):
            got = np.array([value, np.nextafter(value, dtype(np.inf)), np.nextafter(value, dtype(-np.inf))])
        assert oracle.ulp_error(got, [mpf(x)] * 3, dtype).tolist() == [0, 1, 1]
    largest = float(info.max)
    got = np.array([np.inf, np.inf, -np.inf, np.nan, largest, 0.0], dtype)
    true = [mpf(largest) * v for v in (2, 1, -3, 1, 4, 0)]
    assert oracle.ulp_error(got, true, dtype).tolist() == [0, 1, 0, np.inf, 1, 0]
    assert oracle.ulp_error(np.array([0], dtype), [mpf(float(info.eps))], dtype, 0).tolist() == [1]


# ---- within the bound -----------------------------------------------------------------------------------------------


@directions
@dtypes
@rows
def test_within_bound(row: Row, dtype: Any, derivative: bool) -> None:
    x = oracle.sample(dtype, COUNT, row, seed=1)
    got = call(row, x, derivative)
    assert got.dtype == dtype
    floor = oracle.root_floor(row, x, derivative)
    error = oracle.ulp_error(got, oracle.exact(row, x, derivative), dtype, floor)
    assert error.max() <= bound(row, dtype, derivative), fail_message(error, x, got)


def other_parameters(row: Row) -> list[dict[str, float]]:
    """Parameters that are not the defaults, one changed at a time, from the domain of each."""
    values = (0.01, 0.2, 0.5, 1.702, 2.0, -0.5)
    changed = [{p.name: v} for p in row.params for v in values if v != p.default and p.accepts(v)]
    return [given for given in changed if row.accepts(oracle.parameters(row, False, given))]


def moved_roots(row: Row, given: dict[str, float], dtype: Any) -> Row:
    """The row with its roots where these parameters put them; what scales the argument alone is left to the caller."""
    if row.name != "xielu":
        return row
    with mpmath.workprec(oracle.PRECISION):
        alpha_n, _, beta, _ = (mpf(float(dtype(v))) for v in oracle.parameters(row, False, given).values())
        sn = oracle.softplus(alpha_n)
        an = beta + sn
        if an <= sn:  # no slope at 0 from which the left could fall
            return dataclasses.replace(row, roots=(), value_roots=())
        bottom = mpmath.log(sn / an)
        crossing = mpmath.findroot(lambda t: an * mpmath.expm1(t) - sn * t, (2 * bottom - 1, bottom), solver="anderson")
        return dataclasses.replace(row, roots=(float(bottom),), value_roots=(float(crossing),))


def test_roots_of_xielu_are_where_its_parameters_put_them() -> None:
    row = BY_NAME["xielu"]
    moved = moved_roots(row, {}, np.float64)
    assert np.allclose([moved.roots, moved.value_roots], [row.roots, row.value_roots], rtol=1e-15, atol=0)


PARAMETERS = [(row, given) for row in ELEMENTWISE for given in other_parameters(row)]


@directions
@dtypes
@pytest.mark.parametrize(
    ("row", "given"), PARAMETERS, ids=[f"{row.name}-{k}={v}" for row, g in PARAMETERS for k, v in g.items()]
)
def test_within_bound_with_other_parameters(row: Row, given: dict[str, float], dtype: Any, derivative: bool) -> None:
    x = oracle.sample(dtype, COUNT // 4, row, seed=2)
    with np.errstate(all="ignore"):
        scale = given.get("beta", 1.0) if BETA in row.params else 1.0
        if scale != 1:  # it scales the argument, and with it the root and the tails
            scaled = x / dtype(scale)
            x = np.concatenate([x[::2], scaled[np.isfinite(scaled)]])
        if row.name == "celu":
            scaled = x * dtype(given["alpha"])
            x = np.concatenate([x[::2], scaled[np.isfinite(scaled)]])
        floor = oracle.root_floor(moved_roots(row, given, dtype), x * dtype(scale), derivative)
    got = call(row, x, derivative, given)
    error = oracle.ulp_error(got, oracle.exact(row, x, derivative, given), dtype, floor)
    assert error.max() <= bound(row, dtype, derivative) + 1, fail_message(error, x, got)


@directions
@dtypes
def test_squareplus_with_b_of_any_size(dtype: Any, derivative: bool) -> None:
    """b and x^2 overflow and vanish at both ends, and what is between 0 and sqrt(b) matters wherever sqrt(b) lies."""
    row = BY_NAME["squareplus"]
    info = np.finfo(dtype)
    sizes = np.ldexp(1.0, np.linspace(int(info.minexp), int(info.maxexp) - 1, 23).astype(int))
    least = float(info.smallest_subnormal)
    for b in (least, 5 * least, float(info.tiny) / 3, *(1.3 * sizes), float(info.max)):
        b = float(dtype(b))
        near = math.sqrt(b) * np.concatenate([np.geomspace(1e-9, 1e19, 300), np.linspace(0, 4, 100)])
        x = near[near < float(info.max)].astype(dtype)
        x = np.concatenate([-x, x, oracle.sample(dtype, 500, row, seed=5)])
        got = call(row, x, derivative, {"b": b})
        error = oracle.ulp_error(got, oracle.exact(row, x, derivative, {"b": b}), dtype)
        assert error.max() <= bound(row, dtype, derivative) + 0.5, f"b={b}: {fail_message(error, x, got)}"


@directions
@dtypes
def test_logit_with_eps_of_any_size(dtype: Any, derivative: bool) -> None:
    """Also of one that is lost beside 1, and at the ends of what it lets through."""
    row, activation = BY_NAME["logit"], fa.logit.derivative if derivative else fa.logit
    info = np.finfo(dtype)
    x = np.concatenate([oracle.sample(dtype, 1500, row, seed=5), np.array([-1, -1e-9, 1 + 1e-6, 2, 1e30], dtype)])
    for eps in (0.0, float(info.smallest_subnormal), float(info.tiny), 1e-20, 2**-25, 2**-54, 1e-6, 0.25, 0.4999, 0.5):
        eps = float(dtype(eps))
        ends = oracle.neighbours(dtype, [eps, float(dtype(1) - dtype(eps))])
        points = np.concatenate([x, ends, np.array([-np.inf, np.inf], dtype)])
        got = activation(points, eps=eps)
        inside = np.clip(points, -2, 2)  # mpmath takes no infinities; its 1 - eps must differ from 1
        true = oracle.exact(row, inside, derivative, {"eps": eps}, precision=1200)
        error = oracle.ulp_error(got, true, dtype)
        assert error.max() <= bound(row, dtype, derivative), f"eps={eps}: {fail_message(error, points, got)}"


@floats
def test_logit_of_a_half_is_zero_and_beyond_its_domain_there_is_nothing(dtype: Any) -> None:
    half = fa.logit(np.array([0.5] * 40, dtype))
    assert (half == 0).all()
    assert not np.signbit(half).any()
    x = np.array([-1.0, -1e-6, 1.5, np.inf, -np.inf] * 8, dtype)
    for eps in ({}, {"eps": None}):
        assert np.isnan(fa.logit(x, **eps)).all()
        assert np.isnan(fa.logit.derivative(x, **eps)).all()
    assert (fa.logit.derivative(x, eps=0.0) == 0).all()
    assert np.isnan(fa.logit(np.array([np.nan] * 9, dtype), eps=0.25)).all()
    assert np.isnan(fa.logit.derivative(np.array([np.nan] * 9, dtype), eps=0.25)).all()
    # one eps for each
    assert (fa.logit(np.zeros(2, dtype), eps=np.array([0.5, 0.0])) == np.array([0, -np.inf])).all()


@floats
def test_squareplus_without_b_is_relu(dtype: Any) -> None:
    numbers = oracle.stratified(dtype)[::97]
    x = np.concatenate([numbers, np.array([0.0, -0.0, np.nan], dtype)])
    for got, expected in (
        (fa.squareplus(x, b=0), fa.relu(x)),
        (fa.squareplus.derivative(x, b=0), fa.relu.derivative(x, at_zero=0.5)),
    ):
        assert ((got == expected) | (np.isnan(x) & np.isnan(got))).all()
    positive = numbers[numbers > 0]
    assert (fa.squareplus.backward_from_output(np.ones_like(positive), positive, b=0) == 1).all()
    assert fa.squareplus.backward_from_output(dtype(1), dtype(0), b=0) == 0


@directions
@dtypes
def test_celu_with_alpha_of_any_size(dtype: Any, derivative: bool) -> None:
    """Neither 1/alpha nor alpha ln2 may overflow or lose what it needs, from the least to the largest number."""
    info = np.finfo(dtype)
    for alpha in (
        info.smallest_subnormal,
        5 * info.smallest_subnormal,
        info.tiny,
        *(info.max ** (k / 8) for k in range(-7, 9)),
    ):
        unit = np.concatenate([-np.geomspace(1e-6, 200, 400), [-1.0, -0.5, 0.5]])
        with np.errstate(all="ignore"):
            x = np.concatenate([(unit * float(alpha)).astype(dtype), oracle.sample(dtype, 300)])
        x = x[np.isfinite(x)]
        given = {"alpha": float(dtype(alpha))}
        got = call(BY_NAME["celu"], x, derivative, given)
        error = oracle.ulp_error(got, oracle.exact(BY_NAME["celu"], x, derivative, given), dtype)
        assert error.max() <= bound(BY_NAME["celu"], dtype, derivative) + 1, f"{alpha}: {fail_message(error, x, got)}"


@dtypes
def test_xielu_at_eps_and_zero(dtype: Any) -> None:
    """Below eps, at it, from it to 0 and beyond 0, the derivative is what autograd gives: at the tie half of e^x."""
    eps = dtype(-0.25)
    x = np.array([np.nextafter(eps, dtype(-1)), eps, np.nextafter(eps, dtype(0)), -0.0, 0.0, 1e-30] * 20, dtype)
    given = {"eps": float(eps)}
    true = oracle.exact(BY_NAME["xielu"], x, True, given)
    with mpmath.workprec(oracle.PRECISION):
        assert abs(true[1] - (true[0] + true[2]) / 2) < 1e-6
        assert true[2] == true[3] == true[4] < 0 < true[5]
    for derivative in (False, True):
        got = call(BY_NAME["xielu"], x, derivative, given)
        error = oracle.ulp_error(got, oracle.exact(BY_NAME["xielu"], x, derivative, given), dtype)
        assert error.max() <= bound(BY_NAME["xielu"], dtype, derivative), fail_message(error, x, got)
    # the formula as published has no eps
    x = oracle.sample(dtype, 2000)
    true = oracle.exact(BY_NAME["xielu"], x, False, {"eps": 0.0})
    error = oracle.ulp_error(
        call(BY_NAME["xielu"], x, False, {"eps": 0.0}), true, dtype, oracle.root_floor(BY_NAME["xielu"], x, False)
    )
    assert error.max() <= bound(BY_NAME["xielu"], dtype, False)
    assert fa.xielu(dtype(0), eps=0) == 0


@directions
@dtypes
def test_xielu_with_other_learned_parameters(dtype: Any, derivative: bool) -> None:
    """softplus of alpha_n and alpha_p is prepared in two parts; far from the roots nothing else is rounded."""
    x = oracle.sample(dtype, 400)
    x = x[np.abs(x) < 1e30]
    for alpha in (-60.0, -5.0, -1.0, -0.01, 0.0, 0.3, 1.0, 7.0, 40.0):
        for name in ("alpha_n", "alpha_p"):
            given = {name: alpha}
            got = call(BY_NAME["xielu"], x, derivative, given)
            true = oracle.exact(BY_NAME["xielu"], x, derivative, given)
            floor = oracle.root_floor(moved_roots(BY_NAME["xielu"], given, dtype), x, derivative)
            error = oracle.ulp_error(got, true, dtype, floor)
            assert error.max() <= bound(BY_NAME["xielu"], dtype, derivative) + 1, (
                f"{given}: {fail_message(error, x, got)}"
            )


# Formulas in float64, for float32 inputs. NumPy's exp, expm1, log1p, tanh and the C library's erfc err by less than
# 4 ULP of float64; no formula below cancels but at the roots, where errors count in ULPs of 2^-6; what rounding an
# argument of exp or erfc costs is that argument (at most 110 before float32 is 0) times 2^-52. All in all they are
# right to 2^-44, a millionth of an ULP of float32.


def _logistic(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1 + e)


def _bell(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


def _normal(x: Array) -> Array:
    return np.array([math.erfc(-v * math.sqrt(0.5)) for v in x.tolist()]) / 2


def _mish(x: Array) -> Array:
    e = np.exp(np.minimum(x, 40))
    n = e * (e + 2)
    return x * (n / (n + 2))


def _mish_derivative(x: Array) -> Array:
    e = np.exp(np.minimum(x, 40))
    n = e * (e + 2)
    # times at most 40: beyond, the second term is nothing beside the first
    return n / (n + 2) + np.minimum(x, 40) * (4 * (n + 1) / (n + 2) ** 2) * (e / (1 + e))


def _gelu_tanh_argument(x: Array, cubic: float) -> Array:
    return 2 * math.sqrt(2 / math.pi) * (x + cubic * x**3)


with mpmath.workprec(oracle.PRECISION):
    SELU_RIGHT, SELU_LEFT = (float(v) for v in oracle.selu_sides())
_left = np.minimum

FLOAT64: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "sigmoid": (_logistic, _bell),
    "tanh": (np.tanh, lambda x: 4 * _bell(2 * x)),
    "elu": (lambda x: np.where(x >= 0, x, np.expm1(_left(x, 0))), lambda x: np.where(x > 0, 1, np.exp(_left(x, 0)))),
    "selu": (
        lambda x: np.where(x >= 0, SELU_RIGHT * x, SELU_LEFT * np.expm1(_left(x, 0))),
        lambda x: np.where(x > 0, SELU_RIGHT, SELU_LEFT * np.exp(_left(x, 0))),
    ),
    "silu": (lambda x: x * _logistic(x), lambda x: _logistic(x) * (1 + x * _logistic(-x))),
    "mish": (_mish, _mish_derivative),
    "gelu": (
        lambda x: x * _normal(x),
        lambda x: _normal(x) + x * (np.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
    ),
    "gelu_tanh": (
        lambda x: x * _logistic(_gelu_tanh_argument(x, 0.044715)),
        lambda x: (
            _logistic(_gelu_tanh_argument(x, 0.044715))
            * (1 + _gelu_tanh_argument(x, 3 * 0.044715) * _logistic(-_gelu_tanh_argument(x, 0.044715)))
        ),
    ),
    "softplus": (lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), _logistic),
}


def narrow_error(got: Array, true: Array, floor: Array | float = -np.inf) -> Array:
    """As ``oracle.ulp_error``, for half types and float32 against float64: its arithmetic is exact enough for them."""
    info = oracle.finfo(got.dtype)
    beyond = 2.0 ** int(info.maxexp)
    clipped = np.clip(true, -beyond, beyond)
    exponent = np.clip(np.frexp(clipped)[1] - 1, int(info.minexp), int(info.maxexp) - 1)
    exponent = np.where(clipped == 0, int(info.minexp), exponent)
    ulp = np.exp2(np.maximum(exponent, floor) - info.nmant)
    error = np.abs(np.clip(got.astype(np.float64), -beyond, beyond) - clipped) / ulp
    return np.where(np.isnan(got) & np.isnan(true), 0, np.where(np.isnan(error), np.inf, error))


@directions
@rows
def test_within_bound_densely_in_float32(row: Row, derivative: bool) -> None:
    x = oracle.sample(np.float32, DENSE, row, seed=3)
    got = call(row, x, derivative)
    wide = x.astype(np.float64)
    with np.errstate(all="ignore"):
        if row.name in FLOAT64:
            true = FLOAT64[row.name][derivative](wide)
        else:  # the float64 kernel, itself tested above; with the parameters that float32 had
            rounded = oracle.widened(row, derivative)
            true = call(row, wide, derivative, rounded) if rounded else call(row, wide, derivative)
        error = narrow_error(got, true, oracle.root_floor(row, x, derivative))
    assert error.max() <= bound(row, np.float32, derivative), fail_message(error, x, got)


ufuncs_of = functools.cache(_runtime.ufuncs_of)


@directions
@halves
@rows
def test_all_of_the_half_types(row: Row, dtype: Any, derivative: bool) -> None:
    """All 65,536 by every build, NaN and inf among them, against the float64 kernel, which is itself tested above."""
    x = np.arange(65536).astype(np.uint16).view(dtype)
    ufunc = row.name + ("_derivative" if derivative else "")
    values = [np.float32(value) for value in oracle.parameters(row, derivative).values()]
    results = [call(row, x, derivative), *(ufuncs_of(isa)[ufunc](x, *values) for isa in _runtime.available_isas())]
    # parameters of their functions are float32
    rounded = oracle.widened(row, derivative)
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64)
        true = call(row, wide, derivative, rounded) if rounded else call(row, wide, derivative)
        floor = oracle.root_floor(row, x, derivative)
        # to ml_dtypes a signalling NaN is an invalid operation even here
        without = ~oracle.inside(row, x)
        if oracle.is_nan_at_infinity(row, derivative):
            without |= ~np.isfinite(x)
        errors = [narrow_error(got, true, floor) for got in results]
    for got, error in zip(results, errors, strict=True):
        assert got.dtype == dtype
        assert error.max() <= 0.51, fail_message(error, x, got)
        assert np.isnan(got[without]).all()
        assert not np.isnan(got[~without]).any()


# ---- special values -------------------------------------------------------------------------------------------------


def nans(dtype: Any) -> Array:
    """Quiet NaNs of both signs, with and without a payload, among numbers."""
    found = np.array([np.nan, 0.75, np.nan, np.nan, 0.125, np.nan], dtype)
    found[2] = -found[2]
    unsigned = found.view(f"u{found.itemsize}")
    unsigned[3] |= 5
    unsigned[5] = unsigned[2] | 9
    return found


@floats
@rows
def test_nan_gives_nan(row: Row, dtype: Any) -> None:
    activation = fa.get(row.name)
    weight = oracle.required(row).values()
    one = np.tile(nans(dtype), 20)
    wrong = np.isnan(one)
    for x in (one, one[::3], one[:1]):
        assert (np.isnan(activation(x, *weight)) == np.isnan(x)).all()
        assert (np.isnan(activation.derivative(x, *weight)) == np.isnan(x)).all()
    number, zero = np.ones_like(one) / dtype(2), np.zeros_like(one)
    low = max(row.domain[0], -3.0)
    for dy, x in ((number, one), (one, number), (zero, one), (one, zero + dtype(low)), (one, one)):
        assert (np.isnan(activation.backward(dy, x, *weight)) == wrong).all()
        if row.from_output:
            assert (np.isnan(activation.backward_from_output(dy, x, *weight)) == wrong).all()


@floats
@rows
def test_limits(row: Row, dtype: Any) -> None:
    ends = np.array([-np.inf, np.inf] * 20, dtype)
    got = call(row, ends)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got.astype(float), [float(dtype(limit)) for limit in row.limits] * 20)
    # the derivative is, to the last bit, where it is at the largest number: every limit there is reached long before
    wide = parameter_dtype(dtype)
    far = np.array([np.finfo(wide).min, np.finfo(wide).max])
    with np.errstate(under="ignore", over="ignore"):
        slopes = [float(slope) for slope in oracle.exact(row, far, derivative=True)]
        if oracle.is_nan_at_infinity(row, derivative=True):
            slopes = [np.nan, np.nan]
        expected = np.array(slopes * 20).astype(dtype).astype(float)
    slopes_found = call(row, ends, derivative=True).astype(float)
    if _runtime.isa == "numpy" and row.name == "xielu":  # of which one limit is a softplus, and not right to the bit
        np.testing.assert_allclose(slopes_found, expected, rtol=2.0**-50, atol=0)
    else:
        np.testing.assert_array_equal(slopes_found, expected)


@floats
@pytest.mark.parametrize(
    "name",
    [
        *("identity", "tanh", "relu", "leaky_relu", "elu", "selu", "relu6", "hardtanh", "clipped_linear", "rrelu"),
        *("hardswish", "hardshrink", "softshrink", "shrink", "sine", "snake"),
    ],
)
def test_zero_keeps_its_sign(name: str, dtype: Any) -> None:
    zeros = np.array([0.0, -0.0] * 40, dtype)
    assert np.signbit(fa.get(name)(zeros)).tolist() == np.signbit(zeros).tolist()


@floats
@rows
def test_range_and_derivative_range(row: Row, dtype: Any) -> None:
    info = oracle.finfo(dtype)
    with np.errstate(under="ignore"):  # in making x
        x = np.concatenate([np.linspace(-60, 60, 240_001).astype(dtype), np.linspace(-4, 4, 160_001).astype(dtype)])
    x = np.concatenate([x, np.array([-np.inf, np.inf, info.max, info.min], dtype)])
    x = np.concatenate([x, oracle.neighbours(dtype, row.kinks, 1)])  # where a derivative may jump
    x = x[oracle.inside(row, x)]
    for derivative, pair in ((False, row.range), (True, row.derivative_range)):
        got = call(row, x, derivative)
        if oracle.is_nan_at_infinity(row, derivative):
            got = got[np.isfinite(x)]
        spread = bound(row, parameter_dtype(dtype), derivative) + 1
        assert pair is not None
        for end, found, sign in ((pair[0], got.min(), -1), (pair[1], got.max(), 1)):
            if np.isinf(end):
                assert found == end
                continue
            rounded = dtype(end)
            beyond = sign * (float(found) - float(rounded))
            assert beyond <= spread * float(np.spacing(np.abs(rounded)))
            # Extrema are quadratic: the nearest point of the grid misses them by less than the square of its step,
            # 5e-5. Of sine's many waves it meets some more nearly, in proportion to their height.
            miss = max(2.5e-9, float(oracle.finfo(dtype).eps) ** 2)  # half types have no nearer points than their own
            assert beyond >= -max(spread * float(np.spacing(np.abs(rounded))), miss * max(1, abs(end)))


@floats
def test_kinks(dtype: Any) -> None:
    zeros = np.array([0.0, -0.0] * 33, dtype)

    def everywhere(got: Array, value: float) -> bool:
        return bool((got == dtype(value)).all())

    assert everywhere(fa.relu.derivative(zeros), 0)
    assert everywhere(fa.relu.derivative(zeros, at_zero=0.5), 0.5)
    assert everywhere(fa.leaky_relu.derivative(zeros), 0.01)
    assert everywhere(fa.leaky_relu.derivative(zeros, negative_slope=0.2), 0.2)
    assert everywhere(fa.leaky_relu.derivative(zeros, negative_slope=0.2, at_zero=0.75), 0.75)
    assert everywhere(fa.leaky_relu.derivative(zeros, at_zero=1), 1)
    assert everywhere(fa.prelu.derivative(zeros, 0.125), 0.125)
    assert everywhere(fa.elu.derivative(zeros), 1)
    assert everywhere(fa.elu.derivative(zeros, alpha=0.5), 0.5)
    selu = oracle.ulp_error(fa.selu.derivative(zeros), [oracle.selu_sides()[1]] * zeros.size, dtype)
    assert selu.max() <= bound(BY_NAME["selu"], dtype, True)
    assert everywhere(fa.step(zeros), 1)
    assert everywhere(fa.step(zeros, at_zero=0.5), 0.5)
    assert everywhere(fa.step.derivative(zeros), 0)
    # at_zero is for x = 0 alone
    x = np.array([-1e-7, -1.0, 1e-7, 1.0] * 16, dtype)
    sides = np.array([0, 0, 1, 1] * 16, dtype)
    assert (fa.relu.derivative(x, at_zero=0.5) == sides).all()
    assert (fa.step(x, at_zero=0.5) == sides).all()
    assert (fa.leaky_relu.derivative(x, negative_slope=0.0, at_zero=0.5) == sides).all()
    ones = np.ones_like(zeros)
    assert everywhere(fa.relu.backward(ones, zeros, at_zero=0.5), 0.5)
    assert everywhere(fa.leaky_relu.backward(ones, zeros, at_zero=0.5), 0.5)


@floats
def test_kinks_of_the_piecewise(dtype: Any) -> None:
    def at(name: str, x: float, **given: float) -> float:
        return float(fa.get(name).derivative(np.full(33, x, dtype), **given)[-1])

    for x in (0.0, -0.0, 6.0):
        assert at("relu6", x) == 0
    assert at("relu_squared", 0.0) == at("relu_squared", -0.0) == 0
    assert at("threshold", 2.0, threshold=2, value=-1) == at("thresholded_relu", 1.0) == 0
    for sign in (-1, 1):
        assert at("hardtanh", sign) == at("sparse_sigmoid", sign) == at("hardsigmoid", 3 * sign) == 0
        assert at("hardshrink", sign / 2) == at("softshrink", sign / 2) == at("shrink", sign / 2, bias=0.25) == 0
        assert at("hardshrink", sign * 0.0, lambd=0) == 0
    assert at("hardtanh", 0.0, min_val=0, max_val=0) == 0
    assert at("clipped_linear", 0.0) == at("clipped_linear", 1.0) == 0
    assert at("clipped_linear", -1.0, slope=0.25, offset=0.5, min_val=0.25) == 0
    assert at("clipped_linear", -1.0, slope=0.25, offset=0.5) == 0.25
    assert at("clipped_linear", -1.0, slope=-0.25, offset=0.5) == -0.25
    assert (
        at("clipped_linear", -2.0, slope=-0.25, offset=0.5) == at("clipped_linear", 2.0, slope=-0.25, offset=0.5) == 0
    )
    assert (at("hardswish", -3.0), at("hardswish", -1.5), at("hardswish", 3.0)) == (0, 0, 1)
    assert (at("sparse_plus", -1.0), at("sparse_plus", 1.0)) == (0, 1)
    assert at("rrelu", 0.0, lower=0.25, upper=0.75) == 0.5


@floats
@pytest.mark.parametrize("given", [{}, {"slope": 0.2}, {"slope": 0.2, "offset": 0.3}, {"slope": 0.3, "offset": 0.7}])
def test_ends_of_hardsigmoid(given: dict[str, float], dtype: Any) -> None:
    """0 and 1 are met where the exact line meets them, and by no number before."""
    row = BY_NAME["hardsigmoid"]
    narrow = parameter_dtype(dtype)
    slope, offset = (narrow(value) for value in oracle.parameters(row, False, given).values())
    with mpmath.workprec(oracle.PRECISION):
        inverse = mpf(float(narrow(1) / slope))
        ends = [-mpf(float(offset)) * inverse, (1 - mpf(float(offset))) * inverse]
        assert given or ends == [-3, 3]
        assert given != {"slope": 0.2} or ends == [-2.5, 2.5]
        x = oracle.neighbours(dtype, [float(end) for end in ends], 40)
        low, high = (np.array([(mpf(v) <= ends[0], mpf(v) >= ends[1]) for v in x.tolist()])).T
    assert 30 < low.sum() < 60
    assert 30 < high.sum() < 60
    y, slopes = fa.hardsigmoid(x, **given), fa.hardsigmoid.derivative(x, **given)
    assert (y[low] == 0).all()
    assert (y[high] == 1).all()
    with np.errstate(under="ignore"):
        step = dtype(float(1 / inverse))
    assert (slopes == np.where(low | high, dtype(0), step)).all()
    if dtype not in HALVES:  # whose smallest results may round to 0
        assert (y[~low] > 0).all()
        error = oracle.ulp_error(y, oracle.exact(row, x, False, given), dtype)
        assert error.max() <= bound(row, dtype, False), fail_message(error, x, y)


@dtypes
def test_ends_of_clipped_linear(dtype: Any) -> None:
    """The derivative goes by the exact line, also where the value is rounded to a bound or a product to 0."""
    row = BY_NAME["clipped_linear"]
    least = float(np.finfo(dtype).smallest_subnormal)
    rng = np.random.default_rng(11)
    for _ in range(60):
        slope, offset = rng.normal(0, 1, 2)
        bounds = np.sort(rng.normal(0, 1, 2))
        if rng.random() < 0.3:
            bounds[rng.integers(2)] = offset
            bounds.sort()
        given = dict(zip(("slope", "offset", "min_val", "max_val"), (slope, offset, *bounds), strict=True))
        given = {name: float(dtype(value)) for name, value in given.items()}
        ends = [(given[key] - given["offset"]) / given["slope"] for key in ("min_val", "max_val")]
        x = np.concatenate([oracle.neighbours(dtype, ends, 20), np.array([0.0, least, -least, np.inf, -np.inf], dtype)])
        got = fa.clipped_linear.derivative(x, **given)
        finite = np.isfinite(x)
        # so many bits that an offset and a product with the least subnormal are a sum of its own
        true = oracle.exact(row, x[finite], True, given, precision=2400)
        assert (got[finite] == [float(v) for v in true]).all()
        assert (got[~finite] == 0).all()


@floats
def test_lines_without_a_slope(dtype: Any) -> None:
    x = np.array([-np.inf, -1, 0, 1, np.inf, np.nan] * 12, dtype)
    y = fa.clipped_linear(x, slope=0, offset=0.5)
    assert (y[~np.isnan(x)] == 0.5).all()
    assert np.isnan(y[np.isnan(x)]).all()
    assert (fa.clipped_linear.derivative(x, slope=0, offset=0.5)[~np.isnan(x)] == 0).all()


@floats
def test_output_that_was_rounded_to_a_bound_is_at_the_bound(dtype: Any) -> None:
    """0.1 and 0.3 are no numbers of any dtype; half types have parameters of float32 and rounded results."""
    x = np.linspace(-1, 1, 4001).astype(dtype)
    x = x[(np.abs(x - dtype(0.1)) > 1e-3) & (np.abs(np.abs(x) - dtype(0.3)) > 1e-3)]
    one = np.ones_like(x)
    for name, given in (
        ("hardtanh", {"min_val": -0.3, "max_val": 0.1}),
        ("clipped_linear", {"min_val": -0.3, "max_val": 0.1}),
        ("threshold", {"threshold": 0.3, "value": 0.3}),
        ("threshold", {"threshold": 0.1, "value": 0.1}),
    ):
        activation: Any = fa.get(name)
        got = activation.backward_from_output(one, activation(x, **given), **given)
        assert (got == activation.derivative(x, **given)).all(), (name, given)


# ---- known values ---------------------------------------------------------------------------------------------------


@floats
def test_known_values_of_the_piecewise_linear(dtype: Any) -> None:
    x = np.array([1, -10, 0, 15, -20], dtype)
    assert fa.relu(x).tolist() == [1, 0, 0, 15, 0]
    # the slope of 0.01 is that of the dtype (of float32 for half types), and the product rounded once
    slope = parameter_dtype(dtype)
    assert fa.leaky_relu(x).tolist() == [1, dtype(slope(0.01) * slope(-10)), 0, 15, dtype(slope(0.01) * slope(-20))]
    assert np.allclose(
        fa.leaky_relu(x).astype(float), [1, -0.1, 0, 15, -0.2], rtol=float(oracle.finfo(dtype).eps), atol=0
    )
    assert fa.step(x).tolist() == [1, 0, 1, 1, 0]
    assert fa.identity(x).tolist() == x.tolist()
    assert fa.prelu(x, 0.5).tolist() == [1, -5, 0, 15, -10]
    assert fa.relu6(x).tolist() == [1, 0, 0, 6, 0]
    assert fa.relu_squared(x).tolist() == [1, 0, 0, 225, 0]
    assert fa.threshold(x, 1, -7).tolist() == [-7, -7, -7, 15, -7]
    assert fa.thresholded_relu(x).tolist() == [0, 0, 0, 15, 0]
    assert fa.hardtanh(x, min_val=-12, max_val=12).tolist() == [1, -10, 0, 12, -12]
    assert fa.clipped_linear(x, slope=0.25, offset=0.5).tolist() == [0.75, 0, 0.5, 1, 0]
    assert fa.rrelu(x, lower=0.25, upper=0.75).tolist() == [1, -5, 0, 15, -10]
    assert fa.hardsigmoid(x).tolist() == [float(dtype(4 / 6)), 0, 0.5, 1, 0]
    assert fa.hardswish(x).tolist() == [float(dtype(4 / 6)), 0, 0, 15, 0]
    assert fa.hardshrink(x).tolist() == [1, -10, 0, 15, -20]
    assert fa.softshrink(x).tolist() == [0.5, -9.5, 0, 14.5, -19.5]
    assert fa.shrink(x, lambd=1, bias=2).tolist() == [0, -8, 0, 13, -18]
    assert fa.shrink(x, lambd=0.5, bias=2).tolist() == [-1, -8, 0, 13, -18]
    assert fa.sparse_plus(x).tolist() == [1, 0, 0.25, 15, 0]
    assert fa.sparse_sigmoid(x).tolist() == [1, 0, 0.5, 1, 0]


@floats
def test_known_values_of_the_smooth(dtype: Any) -> None:
    assert fa.sigmoid(np.array([-np.inf, 0, np.inf], dtype)).tolist() == [0, 0.5, 1]
    assert float(fa.sigmoid.derivative(dtype(0))) == 0.25
    x = np.linspace(-30, 30, 60_001).astype(dtype)
    assert fa.sigmoid.derivative(x).max() == 0.25
    assert float(fa.tanh.derivative(dtype(0))) == 1
    assert float(fa.softplus(dtype(0))) == float(dtype(math.log(2)))
    assert (fa.tanh(x) == -fa.tanh(-x)).all()
    assert (fa.elu(np.array([-90, -500, -6e4], dtype), alpha=0.5) == dtype(-0.5)).all()
    selu = oracle.ulp_error(fa.selu(np.array([-90, -500, -6e4], dtype)), [-oracle.selu_sides()[1]] * 3, dtype)
    assert selu.max() <= bound(BY_NAME["selu"], dtype, False)


@dtypes
def test_tanh_is_odd_to_the_bit(dtype: Any) -> None:
    x = oracle.sample(dtype, 20_000)
    unsigned = f"u{x.itemsize}"
    assert (fa.tanh(-x).view(unsigned) == (-fa.tanh(x)).view(unsigned)).all()


def test_minimum_of_mish() -> None:
    x = np.linspace(-1.3, -1.1, 200_001)
    y = fa.mish(x)
    assert abs(float(y.min()) - -0.30884341301725043) < 1e-12
    # the bottom is flat: around it y rises by 0.4 (x - x0)^2, and an ULP of y is 2^-54
    assert abs(float(x[y.argmin()]) - -1.1924312145182063) < 1e-5


@dtypes
def test_selu_keeps_mean_and_variance(dtype: Any) -> None:
    x = np.random.default_rng(5).standard_normal(1_000_000).astype(dtype)
    y = fa.selu(x).astype(np.float64)
    # 5 standard errors, of which chance exceeds one in 1.7 million samples; the seed is fixed besides
    assert abs(y.mean()) < 5 * y.std() / math.sqrt(y.size)
    squares = y * y
    assert abs(squares.mean() - 1) < 5 * squares.std() / math.sqrt(y.size)


def test_tails_of_gelu() -> None:
    near, far = np.array([-12.0], np.float32), np.array([-30.0])
    assert fa.gelu(near)[0] != 0
    for x in (near, far):
        for derivative in (False, True):
            true = oracle.exact(BY_NAME["gelu"], x, derivative)
            error = oracle.ulp_error(call(BY_NAME["gelu"], x, derivative), true, x.dtype)
            assert error[0] <= bound(BY_NAME["gelu"], x.dtype.type, derivative)


@dtypes
def test_floating_point_modes_are_as_before(dtype: Any) -> None:
    """Subnormals are neither flushed nor read as 0, and rounding is to nearest, after any kernel."""
    before = np.geterr()
    for row in ELEMENTWISE:
        call(row, np.linspace(-200, 200, 200_000).astype(dtype))
    assert np.geterr() == before
    least = np.array([np.finfo(dtype).smallest_subnormal])
    with np.errstate(all="ignore"):
        assert (least * dtype(3) / dtype(3) == least).all()
        assert dtype(1) + np.finfo(dtype).eps / dtype(2) == 1
        assert dtype(-1) - np.finfo(dtype).eps / dtype(2) == -1


# ---- instruction sets -----------------------------------------------------------------------------------------------

CHILD = """
import inspect
import sys
import numpy as np
import fastact as fa

given = np.load(sys.argv[1])
results = {}
for key in given:
    name, derivative, *_ = key.split()
    function = fa.get(name).derivative if derivative == "1" else fa.get(name)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    required = [float(sys.argv[3]) for p in parameters if p.default is p.empty]
    results[key] = function(given[key], *required)
np.savez(sys.argv[2], **results)
"""


@pytest.mark.skipif(len(_runtime.available_isas()) < 2, reason="one build only runs here")
def test_instruction_sets_agree(tmp_path: Path) -> None:
    """With fma to the bit; without, within 2 ULP of that."""
    given = {
        f"{row.name} {int(derivative)} {np.dtype(dtype).name}": oracle.sample(dtype, 3 * COUNT, row, seed=4)
        for row in ELEMENTWISE
        for derivative in (False, True)
        for dtype in DTYPES
    }
    for dtype in DTYPES:
        normal = np.random.default_rng(9).standard_normal((40, 333)).astype(dtype)
        given[f"softmax 0 {np.dtype(dtype).name}"] = 3 * normal
    np.savez(tmp_path / "given.npz", **given)
    found = {}
    for isa in _runtime.available_isas():
        files = [str(tmp_path / "given.npz"), str(tmp_path / f"{isa}.npz"), str(oracle.STAND_IN)]
        environment = {**os.environ, "FASTACT_ISA": isa}
        subprocess.run([sys.executable, "-c", CHILD, *files], check=True, env=environment, cwd=tmp_path)
        found[isa] = np.load(files[1])
    best = _runtime.available_isas()[0]
    for isa, key in itertools.product(list(found)[1:], given):
        ours, theirs = found[isa][key], found[best][key]
        if isa != "baseline":
            assert ours.tobytes() == theirs.tobytes(), f"{key}: {isa} differs from {best}"
            continue
        with np.errstate(all="ignore"):
            unit = np.maximum(np.spacing(np.abs(ours)), np.spacing(np.abs(theirs)))
            if key.split()[0] != "softmax":
                floor = oracle.root_floor(BY_NAME[key.split()[0]], given[key], key.split()[1] == "1")
                unit = np.maximum(unit, np.ldexp(np.finfo(unit.dtype).eps, floor).astype(unit.dtype))
            difference = np.where(ours == theirs, 0, np.abs(ours - theirs) / unit)
        assert difference.max() <= 2, f"{key}: {fail_message(difference.ravel(), given[key].ravel(), ours.ravel())}"


# ---- softmax --------------------------------------------------------------------------------------------------------

SOFTMAX = next((row for row in ROWS if row.name == "softmax"), None)


def softmax_rows(dtype: Any) -> list[Array]:
    generator = np.random.default_rng(6)
    wanted = [generator.normal(0, spread, n) for n in (1, 2, 3, 17, 64, 100) for spread in (0.1, 1, 10, 60)]
    wanted += [np.zeros(5), np.full(40, 1e4), np.linspace(-1e4, 1e4, 50), np.array([1e4, -1e4, 0, 1e4 - 1])]
    wanted += [np.array([-np.inf, 0.0, 1.0]), generator.normal(0, 3, 1500)]
    return [row.astype(dtype) for row in wanted]


@dtypes
def test_softmax_within_bound(dtype: Any) -> None:
    assert SOFTMAX is not None
    for x in softmax_rows(dtype):
        y = fa.softmax(x)
        error = oracle.ulp_error(y, oracle.softmax(x.tolist()), dtype)
        assert error.max() <= bound(SOFTMAX, dtype, False), fail_message(error, x, y)
        # each y is off by a few ULP of itself, and so is the sum
        assert abs(math.fsum(y.tolist()) - 1) <= bound(SOFTMAX, dtype, False) * np.finfo(dtype).eps


@dtypes
def test_softmax_jacobian_within_bound(dtype: Any) -> None:
    assert SOFTMAX is not None
    for x in softmax_rows(dtype):
        if x.size > 100:
            continue
        with np.errstate(under="ignore"):
            got = fa.softmax.derivative(x)
        y = oracle.softmax(x.tolist())
        with mpmath.workprec(oracle.PRECISION):
            rest = [mpmath.fsum(y[:i] + y[i + 1 :]) for i in range(x.size)]
            true = [y[i] * rest[i] if i == j else -y[i] * y[j] for i in range(x.size) for j in range(x.size)]
        error = oracle.ulp_error(got.ravel(), true, dtype)
        assert error.max() <= bound(SOFTMAX, dtype, True), fail_message(error, np.repeat(x, x.size), got.ravel())


@halves
def test_softmax_of_half_types(dtype: Any) -> None:
    for x in softmax_rows(dtype):
        y = fa.softmax(x)
        assert y.dtype == dtype
        error = oracle.ulp_error(y, oracle.softmax(x.tolist()), dtype)
        assert error.max() <= 0.51, fail_message(error, x, y)


@floats
def test_softmax_raises_no_flags(dtype: Any) -> None:
    x = np.linspace(-300, 300, 64).astype(dtype)
    for function in (fa.softmax, fa.softmax.derivative):
        function(x)
    for function in (fa.softmax.backward, fa.softmax.backward_from_output):
        function(np.ones_like(x), fa.softmax(x))


@floats
def test_softmax_edges(dtype: Any) -> None:
    assert fa.softmax(np.array([1e4, -1e4], dtype)).tolist() == [1, 0]
    assert fa.softmax(np.array([-np.inf, 0], dtype)).tolist() == [0, 1]
    assert fa.softmax(np.array([-3], dtype)).tolist() == [1]
    assert fa.softmax(np.array([-np.inf, -np.inf], dtype)).tolist() == [0, 0]
    for row in ([np.nan, 1, 2], [0, np.inf, 1], [*[0.0] * 70, np.nan, 1.0], [np.nan] * 40):
        assert np.isnan(fa.softmax(np.array(row, dtype))).all()
