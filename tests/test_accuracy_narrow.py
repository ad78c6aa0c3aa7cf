"""Accuracy where float64 is what is true: densely in float32, and all of the half types."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import oracle
import pytest
from floats import halves
from ulps import Array, bound, call, directions, fail_message, narrow_error, rows, ufuncs_of

from fastact.runtime import kernels
from fastact.table.registry import Row

pytestmark = pytest.mark.usefixtures("no_flags")

DENSE = 100_000

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


@directions
@halves
@rows
def test_all_of_the_half_types(row: Row, dtype: Any, derivative: bool) -> None:
    """All 65,536 by every build, NaN and inf among them, against the float64 kernel, which is itself tested above."""
    x = np.arange(65536).astype(np.uint16).view(dtype)
    ufunc = row.name + ("_derivative" if derivative else "")
    values = [np.float32(value) for value in oracle.parameters(row, derivative).values()]
    results = [call(row, x, derivative), *(ufuncs_of(isa)[ufunc](x, *values) for isa in kernels.available_isas())]
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
