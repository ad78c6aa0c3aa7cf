"""Slopes on the left: of prelu, learned, one or one per channel; of rrelu, drawn at random in training."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracle
import pytest
from floats import FLOATS, HALVES, floats

import fastact as fa

RNG = np.random.default_rng


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
