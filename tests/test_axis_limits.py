"""Along an axis, where results need care: scores of inf, roots of logsumexp, gradients of mixed dtypes, and noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import oracle
import pytest
from floats import floats
from ulps import bound, dtypes

import fastact as fa
from fastact.table.dtypes import BFLOAT16
from fastact.table.registry import OTHERS

Array = npt.NDArray[Any]
RNG = np.random.default_rng
INF, NAN = np.inf, np.nan
LOGSUMEXP = next(row for row in OTHERS if row.name == "logsumexp")


@pytest.fixture(autouse=True)
def _no_flags(no_flags: None) -> None:
    """Every test here raises no floating-point flag."""


# ---- scores of inf --------------------------------------------------------------------------------------------------

FORMS: dict[str, Callable[[Array], tuple[Array, dict[str, Any]]]] = {
    # each makes of wanted scores an x and keywords that give them
    "plain": lambda z: (z, {}),
    "scaled": lambda z: (z / z.dtype.type(2), {"scale": 2.0}),
    "negative": lambda z: (-z, {"scale": -1.0}),
    "masked": lambda z: (np.zeros_like(z), {"mask": z}),
    "where": lambda z: (z, {"where": np.ones(z.shape, bool)}),
    "where and mask": lambda z: (np.zeros_like(z), {"mask": z, "where": np.ones(z.shape, bool)}),
}


def in_columns(z: Array) -> list[tuple[Array, int]]:
    """The row z among others: rows, columns, columns far from each other."""
    beside = np.zeros((21, z.size), z.dtype)
    beside[4] = z
    return [(beside, 1), (np.ascontiguousarray(beside.T), 0), (np.repeat(beside.T, 2, axis=1)[:, ::2], 0)]


def softmaxes(z: Array, form: str, name: str) -> list[Array]:
    found = []
    for beside, axis in in_columns(z):
        x, keywords = FORMS[form](beside)
        if name == "softmin":
            keywords["scale"] = -keywords.get("scale", 1.0)
        y = fa.get(name)(x, axis=axis, **keywords)
        found.append(np.moveaxis(y, axis, -1)[4])
        assert np.isfinite(np.delete(np.moveaxis(y, axis, -1), 4, axis=0).astype(float)).all()
        out = x.copy()
        fa.get(name)(out, out, axis=axis, **keywords)
        assert np.array_equal(np.moveaxis(out, axis, -1)[4].astype(float), found[-1].astype(float), equal_nan=True)
    return found


@floats
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n", [2, 3, 31, 64, 700])
def test_one_score_of_inf_takes_all(n: int, form: str, dtype: Any) -> None:
    for at in {0, n // 2, n - 1}:
        for others in (0.0, -INF, -3e4):
            z = np.full(n, others, dtype)
            z[at] = INF
            first = np.arange(n) == at
            for name, most, rest in (("softmax", 1, 0), ("softmin", 1, 0), ("log_softmax", 0, -INF)):
                for y in softmaxes(z, form, name):
                    assert np.array_equal(y.astype(float), np.where(first, most, rest)), (name, y)


@floats
@pytest.mark.parametrize("form", FORMS)
def test_more_scores_of_inf_have_no_limit(form: str, dtype: Any) -> None:
    for n in (2, 40):
        for second in (INF, NAN):
            z = np.zeros(n, dtype)
            z[0], z[n - 1] = INF, second
            for name in ("softmax", "softmin", "log_softmax"):
                for y in softmaxes(z, form, name):
                    assert np.isnan(y.astype(float)).all(), (name, y)


@floats
def test_causal_rows_with_inf(dtype: Any) -> None:
    x = np.zeros((40, 40), dtype)
    x[:, 3] = INF
    for given in ({}, {"where": np.ones((40, 40), bool)}):
        y = fa.softmax(x, causal=True, **given).astype(float)
        assert (y[3:, 3] == 1).all()
        assert (np.delete(y[3:], 3, axis=1) == 0).all()
        assert (y[0] == (np.arange(40) == 0)).all()


@floats
def test_gradients_where_one_takes_all(dtype: Any) -> None:
    """Nothing moves softmax there; the logarithm of the largest share falls as the others rise."""
    x, dy = np.array([[0, INF, 1, -INF]] * 33, dtype), np.arange(132, dtype=np.float32).reshape(33, 4).astype(dtype)
    for axis, a, g in ((1, x, dy), (0, np.ascontiguousarray(x.T), np.ascontiguousarray(dy.T))):
        for name in ("softmax", "sparsemax"):
            assert (fa.get(name).backward(g, a, axis=axis) == 0).all(), name
        slope = np.moveaxis(fa.log_softmax.backward(g, a, axis=axis), axis, -1).astype(float)
        assert (np.delete(slope, 1, axis=1) == 0).all()
        assert np.isfinite(slope).all()
        slope = fa.logsumexp.backward(np.full(33, 2, dtype), a, axis=axis)
        assert (np.moveaxis(slope, axis, -1) == [0, 2, 0, 0]).all()
    assert (fa.softmin.backward(dy, -x) == 0).all()


@floats
def test_other_functions_of_inf(dtype: Any) -> None:
    x = np.array([0, INF, -INF, 5], dtype)
    assert fa.logsumexp(x) == INF
    assert fa.sparsemax(x).tolist() == [0, 1, 0, 0]
    assert fa.gumbel_softmax(x, rng=1).tolist() == [0, 1, 0, 0]
    assert fa.gumbel_softmax(x, rng=1, hard=True).tolist() == [0, 1, 0, 0]
    assert (fa.softmax.derivative(x) == 0).all()


# ---- logsumexp near its roots ---------------------------------------------------------------------------------------


def true_log_sum(row: Array) -> Any:
    with mpmath.workprec(400):
        return mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(float(value))) for value in row))


def rows_near_roots(dtype: Any) -> list[Array]:
    """Logarithms of probabilities, as they are and moved a little; of many sizes."""
    rng = RNG(2)
    found = [np.log([0.5, 0.5]), np.log(np.full(3, 1 / 3)), np.log(np.full(1000, 1e-3)), np.array([-1e-9, -21.0])]
    for k in range(60):
        p = rng.dirichlet(np.full(int(rng.integers(2, 50)), (0.1, 1, 10)[k % 3]))
        found.append(np.log(np.maximum(p, 1e-40)) + (0, 0, 1e-3, -0.01, 0.1, -0.3)[k % 6])
        found.append(rng.normal(-np.log(p.size), (0.1, 1, 3)[k % 3], p.size))
    found.append(np.full(5000, -np.log(5000.0)) + 1e-6)
    with np.errstate(under="ignore"):
        return [np.asarray(row).astype(dtype) for row in found]


@dtypes
def test_logsumexp_near_roots(dtype: Any) -> None:
    for row in rows_near_roots(dtype):
        true = [true_log_sum(row)]
        columns = np.ascontiguousarray(np.repeat(row[:, None], 19, axis=1))
        for y in (fa.logsumexp(row), fa.logsumexp(columns, axis=0)[7]):
            error = oracle.ulp_error(np.array([y], dtype), true, dtype)[0]
            assert error <= bound(LOGSUMEXP, dtype, False), f"{error} ULP of {row}: {y!r}, not {mpmath.nstr(true[0])}"


@floats
def test_logsumexp_of_half_types_near_roots(dtype: Any) -> None:
    for row in rows_near_roots(dtype):
        y = fa.logsumexp(row)
        error = oracle.ulp_error(np.array([y], y.dtype), [true_log_sum(row)], dtype)[0]
        assert error <= (0.51 if np.dtype(dtype).itemsize == 2 else 4), (row, y)


@dtypes
def test_log_softmax_near_its_root(dtype: Any) -> None:
    """Of what rules its row the logarithm is small, and all the same right."""
    for gap in (1, 5, 15, 30, 60, 80):
        x = np.array([-float(gap), 0, -gap - 1.5], dtype)
        for axis, a in ((0, x), (0, np.repeat(x[:, None], 21, axis=1))):
            y = fa.log_softmax(a, axis=axis).reshape(3, -1)[:, 0]
            with mpmath.workprec(400):
                scores = [mpmath.mpf(float(v)) for v in x]
                total = mpmath.fsum(mpmath.exp(s) for s in scores)
                true = [s - mpmath.log(total) for s in scores]
            assert oracle.ulp_error(y, true, dtype).max() <= 4


# ---- gradients of mixed dtypes --------------------------------------------------------------------------------------

NARROW = [np.dtype(t) for t in ("i1", "u1", "i2", "f2", "f4", "?")] + ([BFLOAT16] if BFLOAT16 is not None else [])


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("x_dtype", NARROW, ids=str)
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin", "sparsemax"])
def test_backward_computes_in_the_dtype_of_the_result(name: str, x_dtype: Any, axis: int) -> None:
    rng = RNG(3)
    x = rng.integers(0, 2 if x_dtype.kind == "b" else 6, (12, 12)).astype(x_dtype)
    for dy_dtype in (np.float32, np.float64):
        dy = rng.standard_normal((12, 12)).astype(dy_dtype)
        dtype = np.result_type(np.exp(np.zeros(1, x_dtype)).dtype, dy_dtype)
        got = fa.get(name).backward(dy, x, axis=axis)
        assert got.dtype == dtype
        right = fa.get(name).backward(dy.astype(dtype), x.astype(dtype), axis=axis)
        assert np.array_equal(got, right)


# ---- noise ----------------------------------------------------------------------------------------------------------


def true_sample(x: Array, noise: Array, tau: float) -> list[Any]:
    with mpmath.workprec(300):
        z = [(mpmath.mpf(float(a)) + mpmath.mpf(float(b))) / mpmath.mpf(tau) for a, b in zip(x, noise, strict=True)]
        e = [mpmath.exp(value - max(z)) for value in z]
        total = mpmath.fsum(e)
        return [value / total for value in e]


@floats
@pytest.mark.parametrize("tau", [0.1, 0.3, 1.0, 7.0])
def test_gumbel_softmax_rounds_once(tau: float, dtype: Any) -> None:
    half = np.dtype(dtype).itemsize == 2
    for seed in range(6):
        x = (RNG(seed).standard_normal(50) * (1, 10, 100)[seed % 3]).astype(dtype)
        y, noise = fa.gumbel_softmax(x, tau=tau, rng=seed, return_noise=True)
        true = true_sample(x, noise, tau)
        assert oracle.ulp_error(y, true, dtype).max() <= (0.51 if half else 4)
        dy = RNG(seed).standard_normal(50).astype(dtype)
        dx = fa.gumbel_softmax.backward(dy, x, noise, tau=tau).astype(float)
        with mpmath.workprec(300):
            mean = mpmath.fsum(a * mpmath.mpf(float(g)) for a, g in zip(true, dy, strict=True))
            wanted = [float(a * (mpmath.mpf(float(g)) - mean) / mpmath.mpf(tau)) for a, g in zip(true, dy, strict=True)]
        slack = 8 * float(oracle.finfo(dtype).eps) * float(np.abs(dy).max()) / tau
        assert np.allclose(dx, wanted, rtol=0, atol=slack)


@floats
def test_hard_choices_of_large_logits_are_uniform(dtype: Any) -> None:
    """Where neighbouring numbers are further apart than the noise: chi-square, 4 degrees of freedom."""
    for large in (2000.0, 2.0**20, 2.0**60):
        if large < float(oracle.finfo(dtype).max):
            x = np.full((20_000, 5), large, np.float32).astype(dtype)
            for axis in (1, 0):
                y = fa.gumbel_softmax(np.ascontiguousarray(np.moveaxis(x, 1, axis)), hard=True, rng=5, axis=axis)
                found = np.moveaxis(y, axis, 1).sum(axis=0, dtype=float)
                assert found.sum() == 20_000
                assert ((found - 4000) ** 2 / 4000).sum() < 18.5, (large, found)
