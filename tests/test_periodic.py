"""sine and snake where arguments are large, near zeros, or products that would overflow; and strips that mix these."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import oracle
import pytest
from mpmath import mpf

import fastact as fa
from fastact.runtime import kernels
from fastact.table.registry import BY_NAME

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
try:
    with mpmath.workprec(53):  # it sets the precision
        import coefficients
finally:
    sys.path.pop(0)

Array = npt.NDArray[Any]
ROWS = ("sine", "snake")
SCALES = {"sine": "omega", "snake": "alpha"}

dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda dtype: dtype.__name__)
names = pytest.mark.parametrize("name", ROWS)
directions = pytest.mark.parametrize("derivative", [False, True], ids=["value", "derivative"])


def bound(name: str, dtype: Any, derivative: bool) -> float:
    row = BY_NAME[name]
    ulp = row.derivative_ulp if derivative else row.value_ulp
    if kernels.isa == "numpy":
        return max(ulp, row.reference_derivative_ulp if derivative else row.reference_ulp)
    return ulp + 1 if kernels.without_fma(kernels.isa) else ulp


def check(name: str, x: Array, scale: float, derivative: bool) -> None:
    """Within the bound at every x."""
    f = fa.get(name).derivative if derivative else fa.get(name)
    got = f(x, **{SCALES[name]: scale})
    true = oracle.exact(BY_NAME[name], x, derivative, {SCALES[name]: scale})
    error = oracle.ulp_error(got, true, x.dtype)
    worst = int(error.argmax())
    assert error[worst] <= bound(name, x.dtype.type, derivative), (error[worst], x[worst], got[worst], scale)


# ---- the oracle ------------------------------------------------------------------------------------------------------


def test_mpmath_reduces_large_arguments_rightly() -> None:
    """Against a reduction of the exact product by a pi of 4,000 bits."""
    x = np.concatenate([np.ldexp(1.5707963267948966, np.arange(0, 1020, 7)), [6381956970095103 * 2.0**797, 1e300]])
    with mpmath.workprec(4000):
        pi = +mpmath.pi
        for v in x.tolist():
            z = 30 * mpf(v)
            n = mpmath.nint(z / pi)
            true = mpmath.sin(z - n * pi) * (-1 if int(n) % 2 else 1)
            with mpmath.workprec(oracle.PRECISION):
                found = oracle.ORACLE["sine"].value(mpf(v), mpf(30))
            assert abs(found - true) < abs(true) * mpf(2) ** -240
            slope = 2 * mpmath.sin(z - n * pi + pi / 4) ** 2
            with mpmath.workprec(oracle.PRECISION):
                found = oracle.ORACLE["snake"].derivative(mpf(v), mpf(30))
            assert abs(found - slope) < slope * mpf(2) ** -240


@pytest.mark.parametrize(
    ("bits", "highest", "nearest", "near_highest", "near"),
    [(48, 208, -55.2, -26, -51.9), (106, 1942, -115.4, -90, -109.8)],
)
def test_no_product_is_nearer_than_the_reductions_allow(
    bits: int, highest: int, nearest: float, near_highest: int, near: float
) -> None:
    """What formulas/periodic.pxd says of products of two numbers, of all and of those up to the near form's limit."""
    assert mpmath.log(coefficients.nearest_product(bits, -bits, highest)[0], 2) > nearest
    assert mpmath.log(coefficients.nearest_product(bits, -bits, near_highest)[0], 2) > near


# ---- zeros and large arguments --------------------------------------------------------------------------------------


def test_sine_of_large_numbers() -> None:
    """Known digits: of sin(1e22), of sin(2^120) and of the float64 nearest to a multiple of pi/2."""
    x = np.array([1e22, 2.0**120])
    known = [-0.8522008497671888017727, 0.3778201093607520226555]
    np.testing.assert_allclose(fa.sine(x, omega=1.0), known, rtol=4e-16, atol=0)
    worst = np.array([6381956970095103 * 2.0**797])
    np.testing.assert_allclose(fa.sine.derivative(worst, omega=1.0), [-4.6871659242546276e-19], rtol=4e-16, atol=0)


@directions
@names
@dtypes
def test_large_numbers(name: str, dtype: Any, derivative: bool) -> None:
    x = [2.0**120, 1e22, 1e30, 12345678.0, 3.4e38]
    if dtype is np.float64:
        x += [1e300, 1.7e308, 6381956970095103 * 2.0**797, 5.319372648326541e255]
    x += [-v for v in x]
    for scale in (1.0, 30.0, 0.1, 1e-3, 123.456):
        check(name, np.array(x, dtype), scale, derivative)


@directions
@names
@dtypes
def test_near_multiples_of_a_quarter_wave(name: str, dtype: Any, derivative: bool) -> None:
    """The numbers nearest to k pi/4 over the scale, where a rounded product or a rounded pi would leave no digit."""
    generator = np.random.default_rng(1)
    k = np.concatenate([np.arange(1, 200), generator.integers(1, 1 << 20, 600)])
    shifts = generator.integers(0, 80 if dtype is np.float32 else 900, 300)
    for scale in (30.0, 1.0, 0.7):
        with mpmath.workprec(200):
            exact = [int(n) * mpmath.pi / 4 / mpf(float(dtype(scale))) for n in k]
            exact += [mpmath.ldexp(v, int(e)) for v, e in zip(exact, shifts, strict=False)]
            x = np.array([dtype(float(v)) for v in exact])
        check(name, np.concatenate([x, -x]), scale, derivative)


@directions
@names
def test_products_nearest_to_a_quarter_wave(name: str, derivative: bool) -> None:
    """x the denominator of a convergent of the continued fraction of the scale: rounding the product would end it."""
    generator = np.random.default_rng(2)
    for scale, e in zip(
        generator.uniform(0.5, 40, 60).tolist(), generator.integers(-60, 900, 60).tolist(), strict=True
    ):
        with mpmath.workprec(2400):
            turn = mpf(scale) * 4 / mpmath.pi * mpf(2) ** e
            dividend, divisor, before, denominator, found = mpf(1), turn - mpmath.floor(turn), 0, 1, []
            while denominator < 1 << 53:
                found.append(float(denominator))
                quotient = int(dividend / divisor)
                dividend, divisor = divisor, dividend - quotient * divisor
                before, denominator = denominator, quotient * denominator + before
        x = np.ldexp(np.array(found[-6:]), e)
        check(name, x, scale, derivative)


@directions
@names
def test_products_that_overflow_and_scales_of_any_size(name: str, derivative: bool) -> None:
    x = np.array([1.0, 1e-3, 1.25, 2.5, 1e4, 3e6, 1e20, 1e-20, 1.4375])
    for e in (-1060, -1000, -700, -510, -490, 0, 490, 510, 700, 1000, 1020):
        scale = float(np.ldexp(1.3, e))
        with np.errstate(over="ignore", under="ignore"):
            scaled = np.ldexp(x, -e)
            scaled = np.concatenate([scaled, x, [1e300, -1e300]])
        check(name, scaled[np.isfinite(scaled)], scale, derivative)


def test_a_scale_of_zero() -> None:
    x = np.array([1.0, -2.0, 1e300, 0.0, -0.0])
    for dtype in (np.float32, np.float64):
        with np.errstate(over="ignore"):
            given = np.clip(x, -1e30, 1e30).astype(dtype)
        assert (fa.sine(given, omega=0.0) == 0).all()
        assert (fa.sine.derivative(given, omega=0.0) == 0).all()


@pytest.mark.parametrize("alpha", [np.inf, -np.inf, np.nan])
def test_alpha_must_be_finite(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        fa.snake(np.ones(3), alpha=alpha)


# ---- neighbours -----------------------------------------------------------------------------------------------------


def bits(array: Array) -> Array:
    return array.view(f"u{array.itemsize}")


@directions
@names
@dtypes
def test_neighbours_do_not_matter(name: str, dtype: Any, derivative: bool) -> None:
    """Each element gives the bits that it gives alone, in place too, whatever large number or NaN stands beside it."""
    f = fa.get(name).derivative if derivative else fa.get(name)
    generator = np.random.default_rng(3)
    alone = (generator.standard_normal(1500) * 3).astype(dtype)
    alone[::97] *= dtype(1e6)
    wanted = np.array([f(v[None])[0] for v in alone])
    for special in (1e30, -3e9, np.inf, np.nan, 7e4 / 30):
        for places in (slice(700, 701), slice(None, None, 256), slice(1, None, 2), slice(0, 0)):
            x = alone.copy()
            x[places] = special
            same = np.ones(x.size, bool)
            same[places] = False
            for y in (f(x), f(x, out=x.copy()), f(np.repeat(x, 2)[::2])):
                assert (bits(y)[same] == bits(wanted)[same]).all()
                at = f(np.array([special], dtype))[0]
                assert (bits(y)[~same] == bits(at)).all() or (np.isnan(at) and np.isnan(y[~same]).all())
            in_place = x.copy()
            f(in_place, out=in_place)
            assert (bits(in_place)[same] == bits(wanted)[same]).all()


@names
@dtypes
def test_backward_in_place_of_either_operand(name: str, dtype: Any) -> None:
    f = fa.get(name)
    generator = np.random.default_rng(4)
    x = (generator.standard_normal(1500) * 3).astype(dtype)
    x[::41] *= dtype(1e7)
    dy = generator.standard_normal(1500).astype(dtype)
    wanted = f.backward(dy, x)
    if kernels.isa != "numpy":  # which computes float32 in float64, and rounds once
        assert (bits(wanted) == bits(dy * f.derivative(x))).all()
    for out in (None, "dy", "x"):
        given = {"dy": dy.copy(), "x": x.copy()}
        got = f.backward(given["dy"], given["x"], out=given[out] if out else None)
        assert (bits(got) == bits(wanted)).all()


@directions
@names
@dtypes
def test_a_scale_for_each_element(name: str, dtype: Any, derivative: bool) -> None:
    """Near and far elements, each with a scale of its own: the bits of a call with that scale alone."""
    f = fa.get(name).derivative if derivative else fa.get(name)
    generator = np.random.default_rng(5)
    scales = generator.uniform(0.1, 50, 700).astype(dtype)
    x = (generator.standard_normal(700) * 10.0 ** generator.integers(-3, 9, 700)).astype(dtype)
    got = f(x, **{SCALES[name]: scales})
    one = np.array([f(v[None], **{SCALES[name]: float(a)})[0] for v, a in zip(x, scales, strict=True)])
    assert (bits(got) == bits(one)).all()
    dy = np.full_like(x, 0.5)
    if derivative:
        assert (bits(fa.get(name).backward(dy, x, **{SCALES[name]: scales})) == bits(dy * one)).all()
