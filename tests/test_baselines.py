"""The NumPy baselines compute what fastact computes: a comparison of speed with wrong code would mean nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.cli import baselines
from fastact.cli.baselines import BASELINES, Candidate, candidates, composed
from fastact.cli.bench import arguments, into_domain
from fastact.reference import stand_ins
from fastact.table.registry import BY_NAME, ELEMENTWISE, ROWS, Row

# Bound of the error in units of eps max(1, |x|), or max(1, |x|, f(x)) of exp and xielu. Absolute on the left,
# where forms such as (1 + tanh)/2 and log(1 + e) have lost the tail that fastact keeps: with relative bounds only
# slower forms would be left to compare with.
TOLERANCES: dict[str, tuple[float, str]] = {
    "identity": (0, "copies"),
    "step": (0, "compares"),
    "sigmoid": (2, "four roundings of numbers below 1 beside exp's or tanh's own error"),
    "tanh": (2, "NumPy's tanh may be wrong by some ULP"),
    "relu": (0, "chooses"),
    "leaky_relu": (1, "the slope is rounded to the dtype, the product once more"),
    "prelu": (0, "0.25 is a power of two, the product exact"),
    "elu": (2, "exp(x) - 1 has exp's absolute error and its own rounding"),
    "selu": (4, "elu's, times scale alpha = 1.76 or scale, rounded to the dtype"),
    "silu": (2, "sigmoid's, times x"),
    "mish": (4, "1 - 2/(n + 2) has the absolute error of numbers below 1 after six roundings, times x"),
    "gelu": (4, "Abramowitz & Stegun 7.1.26 is wrong by 1.5e-7 in erf, 0.6 eps of float32 in x erf/2"),
    "gelu_tanh": (4, "the rounded argument of tanh or exp, amplified by its size where the result is not yet 0"),
    "softplus": (2, "log's absolute error beside 1, and the rounding of 1 + e"),
    "logsigmoid": (2, "log1p's error, and that of the difference"),
    "quick_gelu": (4, "the rounded 1.702 x, amplified by its size where the result is not yet 0"),
    "softsign": (2, "the rounding of 1 + |x| and of the quotient"),
    "relu6": (0, "chooses"),
    "relu_squared": (8, "one rounding, of numbers up to 12 |x|"),
    "threshold": (0, "chooses"),
    "thresholded_relu": (0, "products with 0 and 1"),
    "hardtanh": (0, "chooses"),
    "clipped_linear": (0, "chooses"),
    "rrelu": (1, "the slope is rounded to the dtype, the product once more"),
    "hardsigmoid": (2, "1/6 rounded, times up to 3, and two roundings of numbers below 1"),
    "hardswish": (2, "1/6 rounded, and three roundings of numbers below 1 or |x|"),
    "hardshrink": (0, "products with 0 and 1"),
    "softshrink": (1, "one rounding"),
    "shrink": (0, "products with 0 and 1"),
    "sparse_plus": (2, "two roundings of numbers below 1, and the square of the first"),
    "sparse_sigmoid": (1, "one rounding"),
    "sine": (16, "the rounding of 30 x, half an ULP of what may be as large as 32 |x|, and sin's own"),
    "snake": (2, "sin's error twice, below 1, and the rounding of the sum"),
    "tanhshrink": (2, "tanh's absolute error, and the difference rounded"),
    "squareplus": (2, "on the left the rounding of the root, and of the sum"),
    "dish": (2, "four roundings of numbers from 0 to 2, times x/2"),
    "bent_identity": (2, "the rounding of the root, of half of it less 1/2, and of the sum"),
    "celu": (2, "elu's"),
    "gaussian": (2, "the rounded x^2, amplified by its size where the result is not yet 0, and exp's error"),
    "exp": (4, "NumPy's exp may be wrong by some ULP"),
    "xielu": (4, "three products and two sums, of numbers of the result's size; eps is rounded to the dtype"),
    "logit": (16, "values up to 15, whose own rounding is 4; and the errors of two logarithms, or of the quotient"),
    "softmax": (4, "the rounding of x - max(x), of exp, of a sum taken in pairs and of its reciprocal"),
    "log_softmax": (64, "the rounding of x - max(x), of which either may be 60, and of its logarithm, twice"),
    "softmin": (4, "softmax's"),
    "hardmax": (0, "chooses"),
    "sparsemax": (8, "the rounding of a sum of up to 64 numbers of the size of x, divided by their count"),
}
COMPOSED = (32, "NumPy's functions, and what cancels between numbers of the size of x")
FORMS = [
    pytest.param(row.name, candidate, dtype, id=f"{row.name}-{candidate.name}-{dtype}")
    for row in ROWS
    for dtype in ("float32", "float64")
    for candidate in candidates(row.name, dtype)
]


def make_x(dtype: str) -> Any:
    x = np.random.default_rng(1).standard_normal((33, 64)) * 3
    x[0, :12] = [0.0, -0.0, 1.0, -1.0, 1e-3, -1e-3, 12.0, -12.0, 19.9, -19.9, 60.0, -60.0]
    return x.astype(dtype)


def exact(name: str, x: Any) -> Any:
    row = BY_NAME[name]
    if row.axis:
        return fa.get(name)(x.astype(np.longdouble)).astype(np.float64)  # by the NumPy formulas
    values = [0.25 if param.number is None else param.number for param in row.params]
    return stand_ins.ufunc(name, 1 + len(values))(x.astype(np.float64), *values)


def errors(name: str, candidate: Candidate, x: Any, in_place: bool) -> Any:
    """Of each element, in the units of ``TOLERANCES``."""
    x = into_domain(BY_NAME[name], x)
    given = x.copy()
    out = given if in_place else np.full_like(x, np.nan)
    with np.errstate(over="ignore"):
        candidate.form(given, out, np.full_like(x, np.nan))
    if not in_place:
        np.testing.assert_array_equal(given, x)  # x is only read
    assert out.dtype == x.dtype
    true = exact(name, x)
    scale = np.maximum(1, np.abs(x))
    if name in ("exp", "xielu"):
        scale = np.maximum(scale, true)
    return np.abs(out - true) / (np.finfo(x.dtype).eps * scale)


def test_every_form_is_of_a_row_and_has_a_tolerance() -> None:
    names = {row.name for row in ROWS}
    assert set(BASELINES) == set(TOLERANCES)
    assert set(BASELINES) <= names
    assert len(BASELINES) >= 47
    for name in names:
        assert candidates(name, "float32")
        assert candidates(name, "float64")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_a_row_without_a_form_of_its_own_has_the_numpy_formula(row: Row, dtype: str) -> None:
    for in_place in (False, True):
        assert np.max(errors(row.name, composed(row.name), make_x(dtype), in_place)) <= COMPOSED[0], COMPOSED[1]


def test_prelu_weight_is_that_of_the_command_line() -> None:
    assert arguments(BY_NAME["prelu"]) == (0.25,)
    assert arguments(BY_NAME["elu"]) == ()


@pytest.mark.parametrize("in_place", [False, True], ids=["apart", "in place"])
@pytest.mark.parametrize(("name", "candidate", "dtype"), FORMS)
def test_form_agrees(name: str, candidate: Candidate, dtype: str, in_place: bool) -> None:
    tolerance, why = TOLERANCES.get(name, COMPOSED)
    if name == "gelu" and dtype == "float64" and candidate.form is baselines._gelu_erfc:
        tolerance = float(1.5e-7 / np.finfo(dtype).eps)  # the only one without SciPy
    found = errors(name, candidate, make_x(dtype), in_place)
    assert np.max(found) <= tolerance, why


@pytest.mark.parametrize(("name", "candidate", "dtype"), FORMS)
def test_form_in_blocks_reaches_every_element(
    name: str, candidate: Candidate, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Blocks of 100 elements or one row; the last is shorter.
    monkeypatch.setattr(baselines, "BLOCK_BYTES", 100 * np.dtype(dtype).itemsize)
    tolerance, why = TOLERANCES.get(name, COMPOSED)
    if name == "gelu" and dtype == "float64" and candidate.form is baselines._gelu_erfc:
        tolerance = float(1.5e-7 / np.finfo(dtype).eps)
    for shape in ((33, 64), (1, 33 * 64)):
        found = errors(name, candidate, make_x(dtype).reshape(shape), in_place=True)
        assert np.max(found) <= tolerance, why


def test_a_wrong_form_is_noticed() -> None:
    def wrong(x: Any, out: Any, scratch: Any) -> None:
        np.tanh(x, out=out)
        np.multiply(out, x.dtype.type(1.000001), out=out)

    assert np.max(errors("tanh", Candidate("wrong", wrong), make_x("float32"), in_place=True)) > TOLERANCES["tanh"][0]
