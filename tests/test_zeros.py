"""The sign of a zero: what is 0 at 0 keeps the sign of x, whatever compiler made the kernel and wherever x stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracle
import pytest
from floats import floats, parameter_dtype
from mpmath import mpf
from ulps import rows

import fastact as fa
from fastact.runtime import kernels
from fastact.table.registry import Row

# Where 0.0 and -0.0 give the same: a square, and a threshold up to which all is 0.
POSITIVE = {"relu_squared", "thresholded_relu"}


def value_at_zero(row: Row) -> mpf:
    return oracle.exact(row, np.zeros(1))[0]


@floats
@rows
def test_a_zero_keeps_its_sign(row: Row, dtype: Any) -> None:
    if row.domain[0] == 0 or value_at_zero(row) != 0:
        pytest.skip("it is not 0 at 0")
    given = oracle.required(row)
    zeros = np.array([0.0, -0.0], dtype)
    for n in (1, 3, 40, 600):  # the end of a vector, whole vectors, and more than a strip
        for x in (np.tile(zeros, n), np.repeat(zeros, n)):
            for got in (fa.get(row.name)(x, **given), fa.get(row.name)(np.repeat(x, 2)[::2], **given)):
                expected = np.zeros(x.shape, bool) if row.name in POSITIVE else np.signbit(x)
                assert (got == 0).all()
                assert (np.signbit(got) == expected).all()


@floats
@rows
def test_every_build_gives_zeros_of_the_same_sign(row: Row, dtype: Any) -> None:
    """Value and derivative, at zeros and far out, where results vanish."""
    x = np.concatenate([oracle.stratified(dtype)[::4001], np.array([0.0, -0.0, np.inf, -np.inf], dtype)])
    scalar = parameter_dtype(dtype)
    for suffix, derivative in (("", False), ("_derivative", True)):
        parameters = [scalar(value) for value in oracle.parameters(row, derivative).values()]
        with np.errstate(all="ignore"):
            first, *others = (
                kernels.ufuncs_of(isa)[row.name + suffix](x, *parameters)
                for isa in (*kernels.available_isas(), "numpy")
            )
        for got in others:
            wrong = (got == 0) & (first == 0) & (np.signbit(got) != np.signbit(first))
            assert not wrong.any(), x[wrong][:5]
