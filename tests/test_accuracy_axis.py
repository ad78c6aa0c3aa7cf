"""Accuracy of softmax, value and Jacobian, against mpmath in ULPs."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import oracle
import pytest
from floats import floats, halves
from ulps import Array, bound, dtypes, fail_message

import fastact as fa
from fastact.table.registry import ROWS

pytestmark = pytest.mark.usefixtures("no_flags")


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
    assert fa.softmax(np.array([np.inf, 0, 1], dtype)).tolist() == [1, 0, 0]
    for row in ([np.nan, 1, 2], [np.inf, np.inf, 1], [*[0.0] * 70, np.nan, 1.0], [np.nan] * 40):
        assert np.isnan(fa.softmax(np.array(row, dtype))).all()
