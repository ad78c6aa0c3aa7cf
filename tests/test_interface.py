"""The objects of the library: prelu and softmax, choices, keywords, names, signatures, pickling, docstrings."""

from __future__ import annotations

import copy
import doctest
import inspect
import pickle
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import oracle
import pytest
from floats import FLOATS, HALVES, floats

import fastact as fa
from fastact import _runtime
from fastact._dtypes import BFLOAT16
from fastact._registry import ALIASES, BY_NAME, ELEMENTWISE, ROWS, Row

Array = npt.NDArray[Any]

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
RNG = np.random.default_rng


def tolerance(dtype: Any) -> float:
    return 16 * float(oracle.finfo(dtype).eps)


# ---- keywords and choices -------------------------------------------------------------------------------------------


def directions(row: Row) -> dict[str, Callable[..., Any]]:
    activation = fa.get(row.name)
    found = {"": activation, "derivative": activation.derivative, "backward": activation.backward}
    if row.from_output:
        found["backward_from_output"] = activation.backward_from_output
    return found


def main_inputs(row: Row, direction: str) -> list[Array]:
    required = [np.array(0.25) for param in row.params if param.default is None]
    return [np.ones(3)] * (2 if "backward" in direction else 1) + required


@every_row
def test_unknown_keywords_are_refused_by_name(row: Row) -> None:
    for direction, function in directions(row).items():
        with pytest.raises(TypeError, match="slopes"):
            function(*main_inputs(row, direction), slopes=1)
        with pytest.raises(TypeError):
            function()
        with pytest.raises(TypeError):
            function(*main_inputs(row, direction), None, 1, 2, 3)


@rows
def test_value_does_not_take_parameters_of_the_derivative(row: Row) -> None:
    own = {param.name for param in row.params}
    for param in row.derivative_params:
        if param.name not in own:
            with pytest.raises(TypeError, match=param.name):
                fa.get(row.name)(np.ones(3), **{param.name: 0.5})


@pytest.mark.parametrize("row", [row for row in ROWS if row.choice], ids=lambda row: row.name)
def test_choice(row: Row) -> None:
    choice = row.choice
    assert choice is not None
    x = np.linspace(-4, 4, 101)
    for direction, function in directions(row).items():
        inputs = (x[::-1].copy(), x) if "backward" in direction else (x,)
        for value, name in choice.rows.items():
            other = directions(next(r for r in ROWS if r.name == name))[direction]
            assert (function(*inputs, **{choice.name: value}) == other(*inputs)).all()
            out = np.empty_like(x)
            assert function(*inputs, out=out, **{choice.name: value}) is out
            assert (out == other(*inputs)).all()
        assert (function(*inputs, **{choice.name: choice.default}) == function(*inputs)).all()
        for wrong in ("quick", None, True, 3, ["none"]):
            with pytest.raises((ValueError, TypeError), match=f"{choice.name}=.*must be"):
                function(*inputs, **{choice.name: wrong})


# ---- calls that were made before ------------------------------------------------------------------------------------

# The first call with a plain number as parameter checks it, later ones find the ufunc and the parameter again.


def test_a_number_is_not_taken_for_another() -> None:
    x = np.array([-1.5, -0.5, 0.0, 2.0])
    for dtype in FLOATS:
        for slope in (0.0, -0.0, 0, 0.5, 1, 1.0, -0.0, 0.5, 0.0):
            expected = np.where(x < 0, np.float64(slope) * x, x)
            for got in (fa.leaky_relu(x.astype(dtype), negative_slope=slope), fa.prelu(x.astype(dtype), slope)):
                assert got.dtype == dtype
                assert (got == expected).all()
                assert (np.signbit(got) == np.signbit(expected)).all()


def test_more_numbers_than_are_remembered() -> None:
    x = RNG(0).standard_normal((2, 9)).astype(np.float32)
    for _ in range(2):
        for slope in np.arange(-300, 300) / 64:
            assert (fa.prelu(x, float(slope)) == np.where(x < 0, np.float32(slope) * x, x)).all()
    assert (fa.elu(x) == fa.elu(x, alpha=1.0)).all()


def test_a_wrong_number_is_refused_each_time_and_nothing_written() -> None:
    x, out = np.ones(3), np.full(3, 7.0)
    for _ in range(3):
        fa.silu(x, beta=2.0)
        with pytest.raises(ValueError, match=r"silu: beta=-2\.0 "):
            fa.silu(x, beta=-2.0, out=out)
        with pytest.raises(ValueError, match=r"silu\.backward: beta=nan "):
            fa.silu.backward(x, x, beta=float("nan"), out=out)
        with pytest.raises(TypeError, match="alpha"):
            fa.silu(x, alpha=2.0, out=out)
    assert (out == 7).all()


def test_dtypes_of_dy_and_x_count_both() -> None:
    x = RNG(0).standard_normal(9)
    for narrow, wide in ((np.float16, np.float32), (np.float32, np.float64), (np.float64, np.longdouble)):
        a = x.astype(narrow)
        for _ in range(2):
            assert fa.prelu.backward(a, a, 0.25).dtype == narrow
            assert fa.prelu.backward(a.astype(wide), a, 0.25).dtype == wide
            assert fa.prelu.backward(a, a.astype(wide), 0.25).dtype == wide
            assert fa.elu.backward(a.astype(wide), a, alpha=0.5).dtype == wide


@every_row
def test_arguments_by_name(row: Row) -> None:
    """Every argument may be given by its name, none twice."""
    for direction, function in directions(row).items():
        inputs = main_inputs(row, direction)
        signature = inspect.signature(function)
        named = dict(zip(signature.parameters, inputs, strict=False))
        expected = function(*inputs)
        assert (function(**named) == expected).all()
        if "out" in signature.parameters:
            out = np.empty_like(expected)
            assert function(*inputs, out) is out
            assert function(*inputs, out=out) is out
            assert function(**named, **{"".join(["o", "ut"]): out}) is out  # a string that CPython has not interned
            assert (out == expected).all()
            with pytest.raises(TypeError, match="out"):
                function(*inputs, out, out=out)
        with pytest.raises(TypeError, match=next(iter(named))):
            function(*inputs, **named)


# ---- one weight per channel -----------------------------------------------------------------------------------------


@floats
@pytest.mark.parametrize(("axis", "shape"), [(1, (5, 3, 7)), (-1, (5, 7, 3)), (0, (3, 5)), (-2, (5, 3, 4)), (0, (3,))])
def test_prelu_weight_per_channel(axis: int, shape: tuple[int, ...], dtype: Any) -> None:
    x = RNG(0).standard_normal(shape).astype(dtype)
    dy = RNG(1).standard_normal(shape).astype(dtype)
    weight = np.array([0.25, 0.5, 2.0], dtype)
    full = np.broadcast_to(weight.reshape([3 if k == axis % x.ndim else 1 for k in range(x.ndim)]), shape)
    slope = np.where(x > 0, dtype(1), full)
    expected = np.where(x > 0, x, full * x)
    assert (fa.prelu(x, weight, axis=axis) == expected).all()
    assert (fa.prelu(x, weight=weight.tolist(), axis=axis) == expected).all()
    assert (fa.prelu.derivative(x, weight, axis=axis) == slope).all()
    assert (fa.prelu.backward(dy, x, weight, axis=axis) == (dy * slope)).all()
    assert (fa.prelu.backward_from_output(dy, expected, weight, axis=axis) == (dy * slope)).all()
    assert fa.prelu(x, weight, axis=axis).dtype == dtype
    out = x.copy()
    assert fa.prelu(out, weight, out, axis=axis) is out
    assert (out == expected).all()
    assert (fa.prelu(x, [0.25], axis=axis) == fa.prelu(x, 0.25)).all()
    assert (fa.prelu(x, full, axis=axis) == expected).all()


def test_prelu_errors() -> None:
    x = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"shape \(2,\) does not fit axis 1 of x, which has 3 channels"):
        fa.prelu(x, np.ones(2))
    for axis in (2, -3):
        with pytest.raises(ValueError, match=f"axis={axis}"):
            fa.prelu(x, np.ones(3), axis=axis)
    with pytest.raises(TypeError, match=r"axis=1\.0"):
        fa.prelu(x, np.ones(3), axis=1.0)
    with pytest.raises(ValueError, match="axis"):
        fa.prelu(np.ones(3), np.ones(3))  # one dimension has no axis 1
    with pytest.raises(TypeError, match="weight"):
        fa.prelu(x)
    with pytest.raises(TypeError, match="weight"):
        fa.prelu.backward(x, x)
    with pytest.raises(TypeError, match="multiple values"):
        fa.prelu(x, 0.25, weight=0.25)
    with pytest.raises(ValueError, match=r"weight=.*nan.*must be"):
        fa.prelu(x, np.array([1, np.nan, 1.0]))


@floats
def test_prelu_weight_gradient(dtype: Any) -> None:
    x, dy = (RNG(k).standard_normal((6, 5, 4)).astype(dtype) for k in (2, 3))
    products = np.where(x < 0, x, dtype(0)).astype(np.float64) * dy.astype(np.float64)
    total = fa.prelu.weight_gradient(dy, x)
    assert total.dtype == dtype
    # summed in float64 and rounded once; the order of the sum is free
    assert np.allclose(total, products.sum(), rtol=float(oracle.finfo(dtype).eps), atol=1e-14)
    for axis in (0, 1, 2, -1, -3):
        others = tuple(k for k in range(3) if k != axis % 3)
        got = fa.prelu.weight_gradient(dy, x, axis=axis)
        assert got.dtype == dtype
        assert np.allclose(got, products.sum(axis=others), rtol=float(oracle.finfo(dtype).eps), atol=1e-14)
    assert np.isnan(fa.prelu.weight_gradient(dy, np.full_like(x, np.nan)))
    with pytest.raises(ValueError, match="shape"):
        fa.prelu.weight_gradient(dy[0], x)
    with pytest.raises(ValueError, match="axis=3"):
        fa.prelu.weight_gradient(dy, x, axis=3)
    with pytest.raises(TypeError, match="dy"):
        fa.prelu.weight_gradient(dy.astype(complex), x)


def test_prelu_weight_gradient_does_not_overflow_where_its_sum_does_not() -> None:
    x, dy = np.array([-300, -300], np.float16), np.array([300, -299], np.float16)
    assert fa.prelu.weight_gradient(dy, x) == -300
    big = np.finfo(np.float32).max
    assert fa.prelu.weight_gradient(np.array([2, -2], np.float32), np.array([-big, -big], np.float32)) == 0


@pytest.mark.parametrize("code", "bBhiq?")
def test_prelu_weight_gradient_of_integers(code: str) -> None:
    """Integers promote as in every other function: no product wraps around."""
    x = np.array([-100 if code in "bhiq" else 1, 1], code)
    dy = np.array([100 if code != "?" else 1, 1], code)
    expected = float(sum(min(int(a), 0) * int(b) for a, b in zip(x, dy, strict=True)))
    got = fa.prelu.weight_gradient(dy, x)
    assert float(got) == float(np.dtype(got.dtype).type(expected))


def test_weight_gradient_agrees_with_a_difference_quotient() -> None:
    x, dy = RNG(2).standard_normal((2, 50))
    step = 1e-6
    numeric = np.sum(dy * (fa.prelu(x, 0.25 + step) - fa.prelu(x, 0.25 - step))) / (2 * step)
    assert abs(fa.prelu.weight_gradient(dy, x) - numeric) < 1e-8


# ---- parameters by position -----------------------------------------------------------------------------------------


@floats
def test_parameters_without_a_default_by_position(dtype: Any) -> None:
    x = np.array([-1.0, 0.5, 2.0], dtype)
    dy, out = np.full_like(x, 3), np.empty_like(x)
    expected = np.array([-4.0, -4.0, 2.0], dtype)
    for _ in range(2):  # the second time by the short path
        assert (fa.threshold(x, 1.0, -4.0) == expected).all()
        assert (fa.threshold(x, 1.0, value=-4.0) == expected).all()
        assert (fa.threshold(x, value=-4.0, threshold=1.0) == expected).all()
        assert fa.threshold(x, 1.0, -4.0, out) is out
        assert (out == expected).all()
        assert fa.threshold(x, 1.0, value=-4.0, out=out) is out
        assert fa.threshold.backward(dy, x, 1.0, -4.0, out) is out
        assert out.tolist() == [0, 0, 3]
        assert fa.threshold.backward_from_output(dy, expected, 1.0, -4.0).tolist() == [0, 0, 3]
        assert fa.threshold.derivative(x, threshold=0.0, value=0.0).tolist() == [0, 1, 1]
    for wrong in ((1.0,), (1.0, -4.0, out, 5.0)):
        with pytest.raises(TypeError, match=r"'value'|at most 4"):
            fa.threshold(x, *wrong)
    with pytest.raises(TypeError, match="multiple values for argument 'threshold'"):
        fa.threshold(x, 1.0, -4.0, threshold=1.0)
    with pytest.raises(TypeError, match="missing the argument 'threshold'"):
        fa.threshold(x, value=1.0)
    with pytest.raises(ValueError, match=r"value=2.*threshold=1.*value must not be greater than threshold"):
        fa.threshold.backward_from_output(dy, x, 1.0, 2.0)
    assert fa.threshold.backward(dy, x, 1.0, 2.0).tolist() == [0, 0, 3]


# ---- slopes drawn at random -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [*FLOATS, np.longdouble], ids=lambda dtype: dtype.__name__)
def test_rrelu_in_training(dtype: Any) -> None:
    x, dy = (RNG(k).standard_normal((40, 50)).astype(dtype) for k in (0, 1))
    x[0, :2], x[1, 0] = 0, np.nan
    y, noise = fa.rrelu(x, training=True, rng=7, return_noise=True)
    assert y.dtype == noise.dtype == dtype
    assert y.shape == noise.shape == x.shape
    left = x.astype(np.longdouble) <= 0  # comparing NaN is an invalid operation to ml_dtypes
    assert (noise[~left] == 1).all()
    assert (noise[left] >= dtype(1 / 8)).all()
    assert (noise[left] < 1 / 3).all()
    assert np.unique(noise[left]).size > (100 if dtype in HALVES else 900)
    product = np.where(left, x * noise, x)
    assert np.array_equal(y, product, equal_nan=True)
    # the same seed, and the same noise, again; in place too
    assert np.array_equal(fa.rrelu(x, training=True, rng=7), y, equal_nan=True)
    assert np.array_equal(fa.rrelu(x, training=True, noise=noise), y, equal_nan=True)
    again = x.copy()
    assert fa.rrelu(again, again, training=True, rng=RNG(7)) is again
    assert np.array_equal(again, y, equal_nan=True)
    # the backward pass
    got = fa.rrelu.backward(dy, x, noise=noise)
    assert got.dtype == dtype
    assert np.array_equal(got, np.where(np.isnan(x), x, dy * noise), equal_nan=True)
    out = dy.copy()
    assert fa.rrelu.backward(out, x, out, noise=noise) is out
    assert np.array_equal(out, got, equal_nan=True)
    # the noise decides where x is not positive, and nowhere else
    assert np.array_equal(fa.rrelu.backward(dy, x, noise=np.where(left, noise, dtype(5))), got, equal_nan=True)
    assert np.array_equal(fa.rrelu(x, training=True, noise=np.where(left, noise, dtype(5))), y, equal_nan=True)


def test_rrelu_draws() -> None:
    x = np.full(200_000, -1.0)
    generator = RNG(3)
    first = fa.rrelu(x, training=True, rng=generator)
    second = fa.rrelu(x, training=True, rng=generator)
    assert (first != second).any()  # the generator goes on
    assert (fa.rrelu(x, training=True) != fa.rrelu(x, training=True)).any()
    slopes = -first
    # uniform: mean and variance, within 5 standard errors
    width = 1 / 3 - 1 / 8
    assert abs(slopes.mean() - 11 / 48) < 5 * width / np.sqrt(12 * x.size)
    assert abs(slopes.var() - width**2 / 12) < 5 * width**2 / np.sqrt(180 * x.size)
    assert slopes.min() >= 1 / 8
    assert slopes.max() < 1 / 3
    # which elements are negative does not change what others draw
    mixed = np.where(np.arange(x.size) % 3 == 0, 2.0, x)
    assert (fa.rrelu(mixed, training=True, rng=3) == np.where(mixed > 0, mixed, first)).all()
    # narrow, empty and array-valued ranges
    one = np.nextafter(np.float32(0.25), np.float32(1))
    single = x.astype(np.float32)
    assert (fa.rrelu(single, training=True, lower=0.25, upper=one) == -0.25).all()
    assert (fa.rrelu(x, training=True, lower=0.5, upper=0.5) == -0.5).all()
    upper = np.array([[0.25], [4.0]])
    y, noise = fa.rrelu(x[:500], training=True, lower=0.25, upper=upper, rng=1, return_noise=True)
    assert y.shape == noise.shape == (2, 500)
    assert (noise[0] == 0.25).all()
    assert 3.9 < noise[1].max() < 4
    assert fa.rrelu(single, training=True, upper=np.array([1.0])).dtype == np.float64
    assert fa.rrelu(np.arange(-3, 3), training=True).dtype == np.float64


def test_rrelu_keywords() -> None:
    x = np.linspace(-2, 2, 9, dtype=np.float32)
    y, noise = fa.rrelu(x, training=True, rng=0, return_noise=True, dtype=np.float64)
    assert y.dtype == noise.dtype == np.float64
    assert (fa.rrelu(x, training=True, rng=0, dtype=np.float64) == y).all()
    # where leaves the others alone, and the draws as they are
    mask = np.arange(9) % 2 == 0
    full = fa.rrelu(x, training=True, rng=5)
    out = np.full(9, 7, np.float32)
    assert fa.rrelu(x, out, training=True, rng=5, where=mask) is out
    assert (out == np.where(mask, full, np.float32(7))).all()
    assert (fa.rrelu(x, training=False) == fa.rrelu(x)).all()
    assert (fa.rrelu(x, training=np.False_, rng=None, noise=None, return_noise=False) == fa.rrelu(x)).all()
    scalar, slope = fa.rrelu(-2.0, training=True, rng=1, return_noise=True)
    assert scalar == -2 * slope
    assert np.ndim(slope) == 0
    assert fa.rrelu([-1.0, 1.0], training=True, noise=[0.5, 1.0]).tolist() == [-0.5, 1.0]
    dy = np.ones((2, 9), np.float32)
    assert fa.rrelu.backward(dy, x, noise=np.full((2, 9), 0.5, np.float32)).shape == (2, 9)


def test_rrelu_errors() -> None:
    x = np.linspace(-2, 2, 9)
    noise = np.full(9, 0.25)
    for given in ({"rng": 0}, {"noise": noise}, {"return_noise": True}):
        with pytest.raises(ValueError, match=f"{next(iter(given))} is for training=True"):
            fa.rrelu(x, **given)
    with pytest.raises(ValueError, match="rng and noise are both given"):
        fa.rrelu(x, training=True, rng=0, noise=noise)
    for wrong in (np.ones(8), np.ones((1, 9)), 0.25):
        with pytest.raises(ValueError, match=r"noise of shape .*must be that of the result, \(9,\)"):
            fa.rrelu(x, training=True, noise=wrong)
        with pytest.raises(ValueError, match=r"rrelu\.backward: noise of shape .*must be that of the result, \(9,\)"):
            fa.rrelu.backward(x, x, noise=wrong)
    with pytest.raises(TypeError, match="noise of dtype complex128"):
        fa.rrelu(x, training=True, noise=noise.astype(complex))
    for wrong in ("0", 1.5, True, np.random.RandomState(0), [1, 2]):
        with pytest.raises(TypeError, match=r"rng=.*must be None, a whole number or a numpy\.random\.Generator"):
            fa.rrelu(x, training=True, rng=wrong)
    with pytest.raises(ValueError, match="rng=-1 "):
        fa.rrelu(x, training=True, rng=-1)
    for key in ("training", "return_noise"):
        for wrong in (1, "yes", None):
            with pytest.raises(TypeError, match=f"{key}=.*must be True or False"):
                fa.rrelu(x, **{"training": True, key: wrong})
    for given in ({"lower": 0.5}, {"lower": 0.5, "upper": 0.25}, {"lower": np.array([0.1] * 8 + [0.9])}):
        for training in (False, True):
            with pytest.raises(ValueError, match="lower must not be greater than upper"):
                fa.rrelu(x, training=training, **given)
        with pytest.raises(ValueError, match="lower must not be greater than upper"):
            fa.rrelu.backward(x, x, noise=noise, **given)
    with pytest.raises(TypeError, match="complex128"):
        fa.rrelu(x.astype(complex), training=True)
    with pytest.raises(TypeError, match="slope"):
        fa.rrelu(x, training=True, slope=1)
    with pytest.raises(TypeError, match="training"):
        fa.rrelu.backward(x, x, training=True)
    with pytest.raises(TypeError, match="noise"):
        fa.rrelu.derivative(x, noise=noise)
    frozen = x.copy()
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        fa.rrelu(x, frozen, training=True)


# ---- along an axis --------------------------------------------------------------------------------------------------


def plain_softmax(x: Array, axis: int) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("dtype", [*FLOATS, np.longdouble], ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_softmax_along_any_axis(axis: int, dtype: Any) -> None:
    x = (3 * RNG(0).standard_normal((4, 7, 65))).astype(dtype)
    wide = np.promote_types(dtype, np.float64)
    expected = plain_softmax(x.astype(wide), axis)
    got = fa.softmax(x, axis=axis)
    assert got.dtype == dtype
    # float16 results below its normal numbers are off by half their unit
    least = float(oracle.finfo(dtype).smallest_subnormal)
    assert np.allclose(got.astype(wide), expected, rtol=tolerance(dtype), atol=least)
    # NumPy's sum, where it is NumPy that sums, depends on the order in memory
    loose = tolerance(dtype) if _runtime.isa == "numpy" or dtype is np.longdouble else 0
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=2)[:, :, ::2], x[::-1][::-1]):
        assert np.allclose(fa.softmax(other, axis=axis), got, rtol=loose, atol=0)
    out = np.empty_like(x)
    assert fa.softmax(x, out, axis=axis) is out
    assert (out == got).all()
    assert (fa.softmax(x, out=out, axis=axis) == got).all()
    again = x.copy()
    assert fa.softmax(again, out=again, axis=axis) is again
    assert (again == got).all()
    moved = np.moveaxis(np.empty(np.moveaxis(x, axis, 0).shape, dtype), 0, axis)
    assert np.allclose(fa.softmax(x, out=moved, axis=axis), got, rtol=loose, atol=0)


@floats
@pytest.mark.parametrize("axis", [0, -1])
def test_softmax_backward_is_the_jacobian_times_dy(axis: int, dtype: Any) -> None:
    x, dy = ((2 * RNG(k).standard_normal((9, 11))).astype(dtype) for k in (0, 1))
    wide = x.astype(np.float64)
    y = fa.softmax(wide, axis=axis)
    jacobian = fa.softmax.derivative(wide, axis=axis)
    n = x.shape[axis]
    rows_of_y = np.moveaxis(y, axis, -1)
    explicit = rows_of_y[..., :, None] * (np.eye(n) - rows_of_y[..., None, :])
    assert jacobian.shape == (*rows_of_y.shape, n)
    assert np.allclose(jacobian, explicit, rtol=1e-13, atol=1e-16)
    assert fa.softmax.derivative(x, axis=axis).dtype == dtype
    product = np.einsum("...ij,...j->...i", jacobian, np.moveaxis(dy.astype(np.float64), axis, -1))
    expected = np.moveaxis(product, -1, axis)
    # the sum of dy y cancels: what is lost is some ULPs of y times the largest dy
    slack = 8 * float(oracle.finfo(dtype).eps) * float(np.abs(dy).max())
    narrow = fa.softmax(x, axis=axis)
    for got in (fa.softmax.backward(dy, x, axis=axis), fa.softmax.backward_from_output(dy, narrow, axis=axis)):
        assert got.dtype == dtype
        assert (np.abs(got - expected) <= slack * y + 1e-7 * (dtype in HALVES)).all()
    reference = fa.softmax.backward_from_output(dy, narrow, axis=axis)
    for k in range(2):
        pair = [dy.copy(), narrow.copy()]
        assert fa.softmax.backward_from_output(*pair, out=pair[k], axis=axis) is pair[k]
        assert (pair[k] == reference).all()
    pair = [dy.copy(), x.copy()]
    assert fa.softmax.backward(*pair, out=pair[1], axis=axis) is pair[1]
    assert (pair[1] == fa.softmax.backward(dy, x, axis=axis)).all()


@floats
def test_softmax_of_small_rows(dtype: Any) -> None:
    assert fa.softmax(np.empty((0, 4), dtype)).shape == (0, 4)
    assert fa.softmax(np.empty((4, 0), dtype)).shape == (4, 0)
    assert fa.softmax.derivative(np.empty((4, 0), dtype)).shape == (4, 0, 0)
    assert fa.softmax.backward(np.empty((4, 0), dtype), np.empty((4, 0), dtype)).shape == (4, 0)
    assert (fa.softmax(np.array([[3], [-7]], dtype)) == 1).all()
    assert (fa.softmax.derivative(np.array([[3], [-7]], dtype)) == 0).all()
    assert (fa.softmax.backward(np.ones((2, 1), dtype), np.ones((2, 1), dtype)) == 0).all()
    assert fa.softmax([1, 1]).tolist() == [0.5, 0.5]
    assert fa.softmax(np.array([1, 1], np.int8)).dtype == np.exp(np.zeros(1, np.int8)).dtype


@floats
def test_softmax_rows_do_not_depend_on_each_other(dtype: Any) -> None:
    """Nor on threads, position or stride. Where NumPy computes, its sums depend on the order in memory."""
    loose = tolerance(dtype) if _runtime.isa == "numpy" else 0

    def same(a: Array, b: Array) -> bool:
        return bool(np.allclose(a, b, rtol=loose, atol=loose * float(oracle.finfo(dtype).tiny)))

    for n in (1, 5, 31, 32, 33, 64, 100, 1024, 1500):
        x = (3 * RNG(n).standard_normal((max(3, 40_000 // n), n))).astype(dtype)
        together = fa.softmax(x)
        with fa.threads(1):
            assert (fa.softmax(x) == together).all()
        for k in (0, 1, -1):
            assert same(fa.softmax(x[k]), together[k])
        assert same(fa.softmax(np.ascontiguousarray(x.T), axis=0), together.T)
        assert same(fa.softmax(x[::2]), together[::2])


def test_softmax_errors() -> None:
    with pytest.raises(ValueError, match="axis=2"):
        fa.softmax(np.ones((2, 2)), axis=2)
    with pytest.raises(TypeError, match="axis="):
        fa.softmax(np.ones((2, 2)), axis=1.0)
    with pytest.raises(ValueError, match="0-dimensional"):
        fa.softmax(1.0)
    with pytest.raises(TypeError, match="x of dtype complex128"):
        fa.softmax(np.ones(3, complex))
    with pytest.raises(TypeError, match="dy of dtype object"):
        fa.softmax.backward(np.array([1, None]), np.ones(2))
    with pytest.raises(ValueError):  # noqa: PT011 - NumPy's own message
        fa.softmax(np.ones(3), out=np.ones(4))
    with pytest.raises(ValueError):  # noqa: PT011
        fa.softmax.backward(np.ones(3), np.ones(4))
    frozen = np.ones(3)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        fa.softmax(frozen, out=frozen)


# ---- pickling, signatures, names ------------------------------------------------------------------------------------


needs_bfloat16 = pytest.mark.skipif(BFLOAT16 is None, reason="ml_dtypes is not installed")


@needs_bfloat16
def test_bfloat16_meets_other_dtypes() -> None:
    assert BFLOAT16 is not None
    x = np.linspace(-3, 3, 40).astype(BFLOAT16)
    single = x.astype(np.float32)
    # by dtype=, which NumPy itself has for its own dtypes alone
    assert fa.silu(single, dtype=BFLOAT16).tobytes() == fa.silu(x).tobytes()
    assert fa.silu.backward(single, single, dtype=BFLOAT16).tobytes() == fa.silu.backward(x, x).tobytes()
    assert fa.elu(single, alpha=0.5, dtype=BFLOAT16).tobytes() == fa.elu(x, alpha=0.5).tobytes()
    assert fa.silu(x, dtype=np.float32).tobytes() == fa.silu(single).tobytes()
    with pytest.raises(TypeError, match=r"[Cc]ast"):
        fa.silu(single, dtype=BFLOAT16, casting="safe")
    assert fa.silu.backward(x, single).dtype == np.float32
    assert fa.silu.backward(x, x.astype(np.float64)).dtype == np.float64
    out = np.empty(40, np.float32)
    assert fa.silu(x, out=out) is out
    with pytest.raises(TypeError, match=r"[Cc]ast"):
        fa.silu(x, out=np.empty(40, np.float16))
    with pytest.raises(TypeError):  # NumPy has no common dtype of these
        fa.silu.backward(x, x.astype(np.float16))
    # parameters are float32, and arrays of them count in promotion where they are wider than that
    for alpha in (np.full(40, 0.3, BFLOAT16), np.full(40, 0.3, np.float32)):
        assert fa.elu(x, alpha=alpha).dtype == BFLOAT16
    assert fa.elu(x, alpha=np.full(40, 0.3)).dtype == np.float64
    assert fa.softmax(x.reshape(4, 10)).dtype == BFLOAT16
    weights = np.full(10, 0.3, BFLOAT16)
    assert fa.prelu(x.reshape(4, 10), weights).dtype == BFLOAT16
    assert fa.prelu.weight_gradient(x, x).dtype == BFLOAT16
    assert isinstance(fa.relu(x[0]), BFLOAT16.type)


def test_without_ml_dtypes(run_python: Any) -> None:
    code = """
        import sys
        sys.modules["ml_dtypes"] = None  # as if it were not installed
        import numpy as np
        import fastact as fa
        assert np.isclose(fa.silu(np.float32(1)), 0.7310586)
        assert fa.silu(np.ones(3, np.float16)).dtype == np.float16
        assert fa._runtime.config()["bfloat16"] == "no: ml_dtypes is not installed"
        try:
            fa.silu(np.zeros(3, "V2"))
        except TypeError as error:
            assert "|V2" in str(error), error
        else:
            raise AssertionError("a void of two bytes was taken for numbers")
    """
    done = run_python("-W", "error", "-c", textwrap.dedent(code))
    assert done.returncode == 0, done.stderr


@every_row
def test_pickling_gives_the_same_object(row: Row) -> None:
    activation = fa.get(row.name)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(activation, protocol)) is activation
        for direction, function in directions(row).items():
            assert pickle.loads(pickle.dumps(function, protocol)) is function, direction
    assert copy.deepcopy(activation) is activation
    for ufunc in (activation.ufunc, *(function.ufunc for function in directions(row).values())):
        assert pickle.loads(pickle.dumps(ufunc)) is ufunc


@rows
def test_ufuncs_take_parameters_as_inputs(row: Row) -> None:
    x = np.linspace(-2, 2, 9)
    values = [0.25 if param.default is None else param.number for param in row.params]
    ufunc = getattr(fa.ufuncs, row.name)
    assert ufunc.nin == 1 + len(values)
    assert ufunc.nout == 1
    expected = fa.get(row.name)(x, *(0.25 for param in row.params if param.default is None))
    np.testing.assert_array_equal(ufunc(x, *values), expected)


@every_row
def test_signatures_show_the_parameters(row: Row) -> None:
    for direction, function in directions(row).items():
        signature = inspect.signature(function)
        main = {"": ["x"], "derivative": ["x"], "backward": ["dy", "x"], "backward_from_output": ["dy", "y"]}[direction]
        assert list(signature.parameters)[: len(main)] == main
        for param in row.params + (row.derivative_params if direction else ()):
            shown = signature.parameters[param.name]
            if param.default is None:
                assert shown.default is inspect.Parameter.empty
            else:
                assert shown.kind is inspect.Parameter.KEYWORD_ONLY
                assert shown.default == (param.default if isinstance(param.default, float) else None)
        if row.choice:
            assert signature.parameters[row.choice.name].default == row.choice.default
        if row.axis or row.channels:
            assert signature.parameters["axis"].default == (-1 if row.axis else 1)
        assert row.name in repr(function)


@every_row
def test_attributes_are_those_of_the_row(row: Row) -> None:
    activation = fa.get(row.name)
    assert isinstance(activation, fa.Activation)
    assert activation is getattr(fa, row.name)
    assert (activation.name, activation.aliases, activation.formula) == (row.name, row.aliases, row.formula)
    assert activation.range == row.range
    slope = activation.derivative_range
    assert (slope and slope[:2]) == row.derivative_range
    assert list(activation.params) == [param.name for param in row.params]
    for text in (row.summary, row.formula, "Parameters", "Returns"):
        assert text in (activation.__doc__ or "")
    assert row.source in (activation.__doc__ or "")


def test_names_and_get() -> None:
    assert fa.names() == list(BY_NAME)
    assert fa.names(aliases=True) == fa.names() + list(ALIASES)
    for alias, name in ALIASES.items():
        assert fa.get(alias) is fa.get(name) is getattr(fa, alias)
    assert fa.get(" Leaky-ReLU ") is fa.leaky_relu
    assert fa.get("leaky relu") is fa.leaky_relu
    assert set(fa.names(aliases=True)) <= set(fa.__all__)
    with pytest.raises(ValueError, match=r"'sigmiod'.*did you mean .*sigmoid"):
        fa.get("sigmiod")
    with pytest.raises(ValueError, match=r"'qqqq'.*there are identity, "):
        fa.get("qqqq")
    for wrong in (None, 3, fa.gelu):
        with pytest.raises(TypeError, match="name="):
            fa.get(wrong)


# ---- docstrings -----------------------------------------------------------------------------------------------------


def documented() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in ROWS:
        for direction, function in directions(row).items():
            found[f"{row.name}.{direction}".rstrip(".")] = function
        extra = [n for n in dir(fa.get(row.name)) if not n.startswith("_")]
        for name in extra:
            value = getattr(fa.get(row.name), name)
            if callable(value) and f"{row.name}.{name}" not in found and value.__doc__:
                found[f"{row.name}.{name}"] = value
    for name in fa.__all__:
        value = getattr(fa, name)
        if inspect.isroutine(value) or inspect.isclass(value) or inspect.ismodule(value):
            found[name] = value
    found["fastact"] = fa
    return found


DOCUMENTED = documented()


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstring_examples(name: str) -> None:
    value = DOCUMENTED[name]
    text = inspect.getdoc(value)
    assert text, f"{name} has no docstring"
    if not name.endswith(".ufunc"):  # NumPy writes the first line of those
        assert len(text.splitlines()[0]) <= 120
    before = fa.get_num_threads()
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    fa.set_num_threads(before)
    assert not report, "".join(report)
