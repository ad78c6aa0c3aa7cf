"""hardmax, sparsemax, gumbel_softmax and maxout: what is particular to each."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracle
import pytest
from floats import HALVES, floats
from test_axis import bits, random

import fastact as fa

RNG = np.random.default_rng


# ---- hardmax --------------------------------------------------------------------------------------------------------


@floats
@pytest.mark.parametrize("n", [1, 2, 3, 31, 32, 40, 100])
def test_hardmax_takes_the_first_of_the_largest(n: int, dtype: Any) -> None:
    x = RNG(n).integers(-2, 2, (50, n)).astype(dtype)
    x[RNG(1).random(x.shape) < 0.2] = -0.0  # no less than 0
    first = np.argmax(x, axis=-1)[:, None] == np.arange(n)
    assert (fa.hardmax(x) == first).all()
    assert (fa.hardmax(np.ascontiguousarray(x.T), axis=0) == first.T).all()
    assert (fa.hardmax(x[7]) == first[7]).all()
    assert fa.hardmax(x, axis=None).ravel().argmax() == x.ravel().argmax()
    assert fa.hardmax(x, axis=(1, 0)).sum() == 1
    again = x.copy()
    assert (fa.hardmax(again, again) == first).all()


@floats
def test_hardmax_is_flat(dtype: Any) -> None:
    """Its gradient is 0 at infinities too, and NaN where a result or dy is."""
    x = np.array([[np.inf, 0, -np.inf], [1, np.nan, 2], [1, 2, 3]], dtype)
    dy = np.array([[1, 2, 3], [4, 5, 6], [7, np.nan, np.inf]], dtype)
    wanted = np.zeros((3, 3))
    wanted[1] = wanted[2, 1] = np.nan
    for got in (fa.hardmax.backward(dy, x), fa.hardmax.backward_from_output(dy, fa.hardmax(x))):
        assert got.dtype == dtype
        assert bits(got.astype(float)) == bits(wanted)
    jacobian = fa.hardmax.derivative(x)
    assert jacobian.shape == (3, 3, 3)
    assert jacobian.dtype == dtype
    assert (jacobian[::2] == 0).all()
    assert np.isnan(jacobian[1].astype(float)).all()
    assert fa.hardmax.derivative(np.ones((2, 5), dtype), axis=0).shape == (5, 2, 2)


# ---- sparsemax ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparsemax_ends_where_rounding_moves_the_threshold(dtype: Any) -> None:
    """Fractions that are no binary numbers, many of them at the threshold: Newton's method must not go to and fro."""
    x = np.array([0.4, 1.0, 1.5, 0.5, 0.8, 0.9])  # did
    assert np.allclose(fa.sparsemax(x), [0, 0.2, 0.7, 0, 0, 0.1], rtol=1e-14, atol=1e-15)
    for n in (3, 6, 8, 31, 33, 70):
        for parts in (3, 5, 6, 7, 10, 12, 30, 100):
            rows = (RNG(n * parts).integers(0, 2 * parts, (400, n)) / parts).astype(dtype)
            y = fa.sparsemax(rows)
            assert (np.abs(y.sum(axis=-1, dtype=float) - 1) <= n * 4 * np.finfo(dtype).eps).all()


@floats
@pytest.mark.parametrize("n", [1, 2, 5, 40, 300])
def test_sparsemax_is_nearer_than_any_other_point(n: int, dtype: Any) -> None:
    x = random((20, n), dtype, n)
    y = fa.sparsemax(x).astype(float)
    eps = 2.0**-7 if dtype in HALVES else 1e-6
    assert (y >= 0).all()
    assert (np.abs(y.sum(axis=-1) - 1) <= eps).all()
    nearest = ((y - x.astype(float)) ** 2).sum(axis=-1)
    for seed in range(10):
        other = RNG(seed).dirichlet(np.full(n, 0.3), 20)
        # on the way there too, for the distance is convex
        for part in (1, 0.1, 0.01):
            there = y + part * (other - y)
            distance = ((there - x.astype(float)) ** 2).sum(axis=-1)
            assert (distance >= nearest - eps * (1 + nearest)).all()


# ---- gumbel_softmax -------------------------------------------------------------------------------------------------


@floats
@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
def test_gumbel_softmax_of_given_noise(axis: Any, dtype: Any) -> None:
    x, dy = random((4, 5, 7), dtype), random((4, 5, 7), dtype, 1)
    y, noise = fa.gumbel_softmax(x, tau=0.5, rng=3, return_noise=True, axis=axis)
    assert y.dtype == dtype
    assert noise.shape == x.shape
    assert np.isfinite(noise).all()
    moved = x.astype(np.float64) + noise
    least = float(oracle.finfo(dtype).smallest_subnormal)
    near = fa.softmax(moved, scale=2.0, axis=axis)
    assert np.allclose(y.astype(float), near, rtol=2 * float(oracle.finfo(dtype).eps) + 1e-13, atol=least)
    assert bits(y) == bits(fa.gumbel_softmax(x, tau=0.5, noise=noise, axis=axis))
    assert bits(y) == bits(fa.gumbel_softmax(x, tau=0.5, rng=3, axis=axis))
    assert bits(y) == bits(fa.gumbel_softmax(x, tau=0.5, rng=RNG(3), axis=axis))
    assert bits(y) != bits(fa.gumbel_softmax(x, tau=0.5, rng=4, axis=axis))
    hard, again = fa.gumbel_softmax(x, tau=0.5, hard=True, rng=3, return_noise=True, axis=axis)
    assert bits(again) == bits(noise)
    assert bits(hard) == bits(fa.hardmax(moved, axis=axis).astype(dtype))
    for flags in ({}, {"hard": True}):
        out = np.empty_like(x)
        assert fa.gumbel_softmax(x, out, tau=0.5, noise=noise, axis=axis, **flags) is out
        assert bits(out) == bits(hard if flags else y)
    slope = fa.softmax.backward_from_output(dy, y, scale=2.0, axis=axis)
    assert bits(fa.gumbel_softmax.backward_from_output(dy, y, tau=0.5, axis=axis)) == bits(slope)
    assert bits(fa.gumbel_softmax.backward(dy, x, noise, tau=0.5, axis=axis)) == bits(slope)


def test_gumbel_softmax_follows_the_probabilities() -> None:
    """The largest of a sample is at i as often as softmax(x) says: chi-square, by a seed that is fixed."""
    x = np.array([0.0, 1.0, 2.0, -1.0, 0.5])
    count = 50_000
    for tau in (0.1, 1.0, 5.0):
        y = fa.gumbel_softmax(np.broadcast_to(x, (count, 5)), tau=tau, rng=11)
        found = np.bincount(y.argmax(axis=-1), minlength=5)
        wanted = count * fa.softmax(x)
        # 4 degrees of freedom: beyond 18.5 in one of 1000 cases
        assert ((found - wanted) ** 2 / wanted).sum() < 18.5
        if tau == 0.1:
            assert np.median(y.max(axis=-1)) > 0.99
        hard = fa.gumbel_softmax(np.broadcast_to(x, (count, 5)), tau=tau, rng=11, hard=True)
        assert (hard.sum(axis=0) == found).all()


def test_gumbel_softmax_draws_anew() -> None:
    x = np.zeros((3, 4))
    for keywords in ({}, {"axis": -1}, {"axis": 0}, {"tau": 2.0}):
        y = fa.gumbel_softmax(x, **keywords)
        assert (y != 0.25).all()
        assert bits(y) != bits(fa.gumbel_softmax(x, **keywords))


def test_gumbel_softmax_refuses() -> None:
    x, name = np.ones((2, 3)), "^gumbel_softmax: "
    for key, match, error, bad in (
        ("tau", "tau=0 .*finite number > 0", ValueError, 0),
        ("tau", r"tau=-1\.0 .*finite number > 0", ValueError, -1.0),
        ("tau", "tau=nan .*finite number > 0", ValueError, np.nan),
        ("tau", "tau=None .*finite number > 0", TypeError, None),
        ("tau", "tau=True .*finite number > 0", TypeError, True),
        ("tau", "1/tau=inf .*finite in float64", ValueError, 5e-324),
        ("noise", r"noise of shape \(2,\) .*must broadcast to that of x, \(2, 3\)", ValueError, np.ones(2)),
        ("noise", "noise of dtype complex128 .*real numbers", TypeError, np.ones(3, complex)),
        ("hard", "hard='no' .*must be True or False", TypeError, "no"),
        ("return_noise", "return_noise=1 .*must be True or False", TypeError, 1),
        ("rng", "rng='a' .*must be None, a whole number", TypeError, "a"),
        ("rng", "rng=True .*must be None, a whole number", TypeError, True),
        ("rng", "rng=-1 .*at least 0", ValueError, -1),
    ):
        out = np.full((2, 3), 7.0)
        with pytest.raises(error, match=name + match):
            fa.gumbel_softmax(x, out, **{key: bad})
        assert (out == 7).all()
        if key == "tau":
            with pytest.raises(error, match=match):
                fa.gumbel_softmax.backward(x, x, 0.0, tau=bad)
            with pytest.raises(error, match=match):
                fa.gumbel_softmax.backward_from_output(x, x, tau=bad)
        if key == "noise":
            with pytest.raises(error, match="^gumbel_softmax.backward: " + match):
                fa.gumbel_softmax.backward(x, x, bad)
    with pytest.raises(ValueError, match="rng=3 is not accepted beside noise"):
        fa.gumbel_softmax(x, rng=3, noise=0.0)


# ---- maxout ---------------------------------------------------------------------------------------------------------


@floats
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
@pytest.mark.parametrize("groups", [1, 2, 3, 12, 36])
def test_maxout(groups: int, axis: int, dtype: Any) -> None:
    """Neighbours, as reshape and max have them."""
    shape = [5, 4, 6]
    shape[axis] = 36
    x = random(tuple(shape), dtype)
    at = axis % 3
    split = (*shape[:at], 36 // groups, groups, *shape[at + 1 :])

    for laid in (np.ascontiguousarray, np.asfortranarray, lambda a: np.repeat(a, 2, axis=0)[::2], lambda a: a[::-1]):
        given = laid(x)
        parts = np.array(given).reshape(split)
        y = fa.maxout(given, groups, axis=axis)
        assert y.dtype == dtype
        assert bits(y) == bits(parts.max(axis=at + 1))
        out = np.empty_like(y)
        assert fa.maxout(given, groups, out, axis=axis) is out
        assert bits(out) == bits(y)
        first = np.expand_dims(parts.argmax(axis=at + 1), at + 1)
        chosen = np.zeros(split, dtype)
        np.put_along_axis(chosen, first, 1, at + 1)
        assert bits(fa.maxout.derivative(given, groups, axis=axis)) == bits(chosen.reshape(shape))
        dy = random(y.shape, dtype, 1)
        wanted = (chosen * np.expand_dims(dy, at + 1)).reshape(shape)
        assert (fa.maxout.backward(dy, given, groups, axis=axis) == wanted).all()
        again = np.array(given)
        assert fa.maxout.backward(dy, again, groups, again, axis=axis) is again
        assert (again == wanted).all()
        # one gradient for all
        scalar = fa.maxout.backward(2.0, np.asarray(given, np.float64), groups, axis=axis)
        assert (scalar == 2 * chosen.reshape(shape)).all()


@floats
def test_maxout_of_zeros_takes_the_first(dtype: Any) -> None:
    """Wherever it is, so that its bits do not depend on the layout; and a group with NaN gives NaN."""
    for n in (2, 3, 33, 100):
        x = np.where(RNG(n).random((200, n)) < 0.5, dtype(0.0), dtype(-0.0))
        x[:, -1] = -1
        first = x[:, :1]
        assert bits(fa.maxout(x, n)) == bits(first)
        assert bits(fa.maxout(np.ascontiguousarray(x.T), n, axis=0)) == bits(first.T)
        assert bits(fa.maxout(x[3], n)) == bits(first[3])
        dy = np.full((200, 1), dtype(-0.0))
        expected = np.zeros_like(x)
        expected[:, 0] = -0.0
        assert bits(fa.maxout.backward(dy, x, n)) == bits(expected)
        assert bits(fa.maxout.backward(dy.T, np.ascontiguousarray(x.T), n, axis=0)) == bits(
            np.ascontiguousarray(expected.T)
        )
        x[:, n // 2] = np.nan
        assert np.isnan(fa.maxout(x, n).astype(float)).all()
        assert np.isnan(fa.maxout.backward(dy, x, n).astype(float)).all()


def test_maxout_refuses() -> None:
    x = np.ones((4, 6))
    for match, error, bad in (
        ("groups=4 .*divide axis -1 of x, which has 6", ValueError, 4),
        ("groups=0 .*at least 1", ValueError, 0),
        ("groups=-2 .*at least 1", ValueError, -2),
        (r"groups=2\.0 .*whole number from 1", TypeError, 2.0),
        ("groups=True .*whole number from 1", TypeError, True),
        ("groups=None .*whole number from 1", TypeError, None),
    ):
        with pytest.raises(error, match="^maxout: " + match):
            fa.maxout(x, bad)
        with pytest.raises(error, match=r"^maxout\.derivative: " + match):
            fa.maxout.derivative(x, bad)
        with pytest.raises(error, match=r"^maxout\.backward: " + match):
            fa.maxout.backward(1.0, x, bad)
    with pytest.raises(ValueError, match=r"dy of shape \(6,\) .*\(4, 3\)"):
        fa.maxout.backward(np.ones(6), x, 2)
    with pytest.raises(ValueError, match=r"out of shape \(6, 4\) .*\(4, 6\)"):
        fa.maxout.backward(1.0, x, 2, np.ones((6, 4)))
    with pytest.raises(TypeError, match="out=3"):
        fa.maxout.backward(1.0, x, 2, 3)
    with pytest.raises(TypeError, match="groups"):
        fa.maxout(x)
