"""Values that must be right, most of them to the bit: NaN, limits, ranges, kinks, and results that everybody knows."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import oracle
import pytest
from floats import HALVES, floats, parameter_dtype
from mpmath import mpf
from ulps import Array, bound, call, dtypes, fail_message, rows

import fastact as fa
from fastact.table.registry import BY_NAME, ELEMENTWISE, HALF_ULP, Row

pytestmark = pytest.mark.usefixtures("no_flags")


def nans(dtype: Any) -> Array:
    """Quiet NaNs of both signs, with and without a payload, among numbers."""
    found = np.array([np.nan, 0.75, np.nan, np.nan, 0.125, np.nan], dtype)
    found[2] = -found[2]
    unsigned = found.view(f"u{found.itemsize}")
    unsigned[[3, 5]] = unsigned[[0, 2]] | np.array([5, 9], unsigned.dtype)
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
    true = oracle.exact(row, far, derivative=True)
    if oracle.is_nan_at_infinity(row, derivative=True):
        true = [mpmath.nan, mpmath.nan]
    with np.errstate(under="ignore", over="ignore"):
        expected = np.array([float(slope) for slope in true]).astype(dtype)
    slopes = call(row, ends, derivative=True)
    assert slopes.tobytes() == np.tile(slopes[:2], 20).tobytes()
    for got, slope, nearest, x in zip(slopes[:2], true, expected, ends[:2], strict=True):
        # a limit that is no number of this dtype (that of xielu' is minus a softplus) is subject to the bound
        if slope == slope and np.isfinite(nearest) and abs(slope - float(nearest)) > abs(float(nearest)) * 2.0**-100:
            most = HALF_ULP if dtype in HALVES else bound(row, dtype, True)
            assert oracle.ulp_error(np.array([got]), [slope], dtype)[0] <= most, f"{got} at {x}, not {slope}"
        else:
            np.testing.assert_equal(float(got), float(nearest))


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
