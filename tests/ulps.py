"""What the tests of accuracy share: the promised bounds, and how far a result is from what is true.

The bounds are those of the registry, for processors with fma; the baseline build of x86-64 has none and may err by
1 ULP more; the NumPy fallback has a bound of its own in float64 (float32 is computed there in float64 and rounded).
"""

from __future__ import annotations

import functools
import platform
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import oracle
import pytest
from mpmath import mpf

import fastact as fa
from fastact.runtime import kernels
from fastact.table.registry import ELEMENTWISE, Row

Array = npt.NDArray[Any]

DTYPES = (np.float32, np.float64)
WITHOUT_FMA = ("baseline",) if platform.machine().lower() in ("x86_64", "amd64") else ()

rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
directions = pytest.mark.parametrize("derivative", [False, True], ids=["value", "derivative"])

ufuncs_of = functools.cache(kernels.ufuncs_of)


def bound(row: Row, dtype: Any, derivative: bool, isa: str = kernels.isa) -> float:
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


def moved_roots(row: Row, given: dict[str, float], dtype: Any) -> Row:
    """The row with its roots where these parameters put them; what scales the argument alone is left to the caller."""
    if row.name != "xielu":
        return row
    with mpmath.workprec(oracle.PRECISION):
        alpha_n, _, beta, _ = (mpf(float(dtype(v))) for v in oracle.parameters(row, False, given).values())
        sn = oracle.softplus(alpha_n)
        an = beta + sn
        # unless there is no slope at 0 from which the left could fall
        return row._replace(roots=(float(mpmath.log(sn / an)),) if an > sn else ())


def fail_message(error: Array, x: Array, got: Array) -> str:
    at = int(np.argmax(error))
    return f"{error[at]:.3f} ULP at x = {x[at]!r} ({float(x[at]).hex()}), which gave {got[at]!r}"


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
