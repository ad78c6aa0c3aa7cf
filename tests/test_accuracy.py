"""Accuracy: every activation and derivative against mpmath in ULPs, over its range and its parameters, in every build.

No absolute tolerance: a result in the tails counts as much as one near 0. The bounds are explained in ulps.py.
"""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import oracle
import pytest
from floats import floats
from mpmath import mpf
from selection import by_default
from ulps import DTYPES, bound, call, directions, dtypes, fail_message, moved_roots, rows, ufuncs_of

import fastact as fa
from fastact.runtime import kernels
from fastact.table.registry import BY_NAME, ELEMENTWISE, Row

pytestmark = pytest.mark.usefixtures("no_flags")

COUNT = by_default(3000, 8000)  # points for each row, dtype and direction; mpmath takes some 50 us for one


# ---- the oracle itself ----------------------------------------------------------------------------------------------


@rows
def test_oracle_derivative_is_that_of_its_value(row: Row) -> None:
    entry = oracle.ORACLE[row.name]
    values = [mpf(v) for v in oracle.parameters(row, False).values()]
    slopes = [mpf(v) for v in oracle.parameters(row, True).values()]
    with mpmath.workdps(60):
        points = (0.03, 0.25, 0.5, 0.875) if row.domain[1] == 1 else (-13.5, -3.25, -1.125, -0.4, 0.3, 0.9, 2.5, 11.75)
        for x in map(mpf, points):
            numeric = mpmath.diff(lambda t: entry.value(t, *values), x)
            assert abs(numeric - entry.derivative(x, *slopes)) < mpf(10) ** -25


def test_oracle_constants_of_selu_are_those_of_the_paper() -> None:
    with mpmath.workprec(oracle.PRECISION):
        scale, left = oracle.selu_sides()
        alpha = left / scale
        assert abs(scale - mpf("1.0507009873554804934193349852946")) < mpf(10) ** -30
        assert abs(alpha - mpf("1.6732632423543772848170429916717")) < mpf(10) ** -30


@dtypes
def test_ulp_error_counts_ulps(dtype: Any) -> None:
    info = np.finfo(dtype)
    for x in (1.5, -3.0, float(info.tiny), float(info.smallest_subnormal), float(info.max) / 2):
        value = dtype(x)
        with np.errstate(all="ignore"):
            got = np.array([value, np.nextafter(value, dtype(np.inf)), np.nextafter(value, dtype(-np.inf))])
        assert oracle.ulp_error(got, [mpf(x)] * 3, dtype).tolist() == [0, 1, 1]
    largest = float(info.max)
    got = np.array([np.inf, np.inf, -np.inf, np.nan, largest, 0.0], dtype)
    true = [mpf(largest) * v for v in (2, 1, -3, 1, 4, 0)]
    assert oracle.ulp_error(got, true, dtype).tolist() == [0, 1, 0, np.inf, 1, 0]
    assert oracle.ulp_error(np.array([0], dtype), [mpf(float(info.eps))], dtype, 0).tolist() == [1]


# ---- within the bound -----------------------------------------------------------------------------------------------


@directions
@dtypes
@rows
def test_within_bound(row: Row, dtype: Any, derivative: bool) -> None:
    x = oracle.sample(dtype, COUNT, row, seed=1)
    got = call(row, x, derivative)
    assert got.dtype == dtype
    floor = oracle.root_floor(row, x, derivative)
    error = oracle.ulp_error(got, oracle.exact(row, x, derivative), dtype, floor)
    assert error.max() <= bound(row, dtype, derivative), fail_message(error, x, got)


def other_parameters(row: Row) -> list[dict[str, float]]:
    """Parameters that are not the defaults, one changed at a time, from the domain of each."""
    values = (0.01, 0.2, 0.5, 1.702, 2.0, -0.5)
    changed = [{p.name: v} for p in row.params for v in values if v != p.default and p.accepts(v)]
    return [given for given in changed if row.accepts(oracle.parameters(row, False, given))]


def test_roots_of_xielu_are_where_its_parameters_put_them() -> None:
    row = BY_NAME["xielu"]
    assert np.allclose(moved_roots(row, {}, np.float64).roots, row.roots, rtol=1e-15, atol=0)


PARAMETERS = [(row, given) for row in ELEMENTWISE for given in other_parameters(row)]


@directions
@dtypes
@pytest.mark.parametrize(
    ("row", "given"), PARAMETERS, ids=[f"{row.name}-{k}={v}" for row, g in PARAMETERS for k, v in g.items()]
)
def test_within_bound_with_other_parameters(row: Row, given: dict[str, float], dtype: Any, derivative: bool) -> None:
    x = oracle.sample(dtype, COUNT // 4, row, seed=2)
    with np.errstate(all="ignore"):
        scale = given.get("beta", 1.0) if row.name in ("silu", "softplus") else 1.0
        if scale != 1:  # it scales the argument, and with it the root and the tails
            scaled = x / dtype(scale)
            x = np.concatenate([x[::2], scaled[np.isfinite(scaled)]])
        if row.name == "celu":
            scaled = x * dtype(given["alpha"])
            x = np.concatenate([x[::2], scaled[np.isfinite(scaled)]])
        floor = oracle.root_floor(moved_roots(row, given, dtype), x * dtype(scale), derivative)
    got = call(row, x, derivative, given)
    error = oracle.ulp_error(got, oracle.exact(row, x, derivative, given), dtype, floor)
    assert error.max() <= bound(row, dtype, derivative) + 1, fail_message(error, x, got)


@directions
@dtypes
def test_squareplus_with_b_of_any_size(dtype: Any, derivative: bool) -> None:
    """b and x^2 overflow and vanish at both ends, and what is between 0 and sqrt(b) matters wherever sqrt(b) lies."""
    row = BY_NAME["squareplus"]
    info = np.finfo(dtype)
    sizes = np.ldexp(1.0, np.linspace(int(info.minexp), int(info.maxexp) - 1, 23).astype(int))
    least = float(info.smallest_subnormal)
    for b in (least, 5 * least, float(info.tiny) / 3, *(1.3 * sizes), float(info.max)):
        b = float(dtype(b))
        near = math.sqrt(b) * np.concatenate([np.geomspace(1e-9, 1e19, 300), np.linspace(0, 4, 100)])
        x = near[near < float(info.max)].astype(dtype)
        x = np.concatenate([-x, x, oracle.sample(dtype, 500, row, seed=5)])
        got = call(row, x, derivative, {"b": b})
        error = oracle.ulp_error(got, oracle.exact(row, x, derivative, {"b": b}), dtype)
        assert error.max() <= bound(row, dtype, derivative) + 0.5, f"b={b}: {fail_message(error, x, got)}"


@directions
@dtypes
def test_logit_with_eps_of_any_size(dtype: Any, derivative: bool) -> None:
    """Also of one that is lost beside 1, and at the ends of what it lets through."""
    row, activation = BY_NAME["logit"], fa.logit.derivative if derivative else fa.logit
    info = np.finfo(dtype)
    x = np.concatenate([oracle.sample(dtype, 1500, row, seed=5), np.array([-1, -1e-9, 1 + 1e-6, 2, 1e30], dtype)])
    for eps in (0.0, float(info.smallest_subnormal), float(info.tiny), 1e-20, 2**-25, 2**-54, 1e-6, 0.25, 0.4999, 0.5):
        eps = float(dtype(eps))
        ends = oracle.neighbours(dtype, [eps, float(dtype(1) - dtype(eps))])
        points = np.concatenate([x, ends, np.array([-np.inf, np.inf], dtype)])
        got = activation(points, eps=eps)
        inside = np.clip(points, -2, 2)  # mpmath takes no infinities; its 1 - eps must differ from 1
        true = oracle.exact(row, inside, derivative, {"eps": eps}, precision=1200)
        error = oracle.ulp_error(got, true, dtype)
        assert error.max() <= bound(row, dtype, derivative), f"eps={eps}: {fail_message(error, points, got)}"


@floats
def test_logit_of_a_half_is_zero_and_beyond_its_domain_there_is_nothing(dtype: Any) -> None:
    half = fa.logit(np.array([0.5] * 40, dtype))
    assert (half == 0).all()
    assert not np.signbit(half).any()
    x = np.array([-1.0, -1e-6, 1.5, np.inf, -np.inf] * 8, dtype)
    for eps in ({}, {"eps": None}):
        assert np.isnan(fa.logit(x, **eps)).all()
        assert np.isnan(fa.logit.derivative(x, **eps)).all()
    assert (fa.logit.derivative(x, eps=0.0) == 0).all()
    assert np.isnan(fa.logit(np.array([np.nan] * 9, dtype), eps=0.25)).all()
    assert np.isnan(fa.logit.derivative(np.array([np.nan] * 9, dtype), eps=0.25)).all()
    # one eps for each
    assert (fa.logit(np.zeros(2, dtype), eps=np.array([0.5, 0.0])) == np.array([0, -np.inf])).all()


@floats
def test_squareplus_without_b_is_relu(dtype: Any) -> None:
    numbers = oracle.stratified(dtype)[::97]
    x = np.concatenate([numbers, np.array([0.0, -0.0, np.nan], dtype)])
    for got, expected in (
        (fa.squareplus(x, b=0), fa.relu(x)),
        (fa.squareplus.derivative(x, b=0), fa.relu.derivative(x, at_zero=0.5)),
    ):
        assert ((got == expected) | (np.isnan(x) & np.isnan(got))).all()
    positive = numbers[numbers > 0]
    assert (fa.squareplus.backward_from_output(np.ones_like(positive), positive, b=0) == 1).all()
    assert fa.squareplus.backward_from_output(dtype(1), dtype(0), b=0) == 0


@directions
@dtypes
def test_celu_with_alpha_of_any_size(dtype: Any, derivative: bool) -> None:
    """Neither 1/alpha nor alpha ln2 may overflow or lose what it needs, from the least to the largest number."""
    info = np.finfo(dtype)
    for alpha in (
        info.smallest_subnormal,
        5 * info.smallest_subnormal,
        info.tiny,
        *(info.max ** (k / 8) for k in range(-7, 9)),
    ):
        unit = np.concatenate([-np.geomspace(1e-6, 200, 400), [-1.0, -0.5, 0.5]])
        with np.errstate(all="ignore"):
            x = np.concatenate([(unit * float(alpha)).astype(dtype), oracle.sample(dtype, 300)])
        x = x[np.isfinite(x)]
        given = {"alpha": float(dtype(alpha))}
        got = call(BY_NAME["celu"], x, derivative, given)
        error = oracle.ulp_error(got, oracle.exact(BY_NAME["celu"], x, derivative, given), dtype)
        assert error.max() <= bound(BY_NAME["celu"], dtype, derivative) + 1, f"{alpha}: {fail_message(error, x, got)}"


@dtypes
def test_xielu_at_eps_and_zero(dtype: Any) -> None:
    """Below eps, at it, from it to 0 and beyond 0, the derivative is what autograd gives: at the tie half of e^x."""
    eps = dtype(-0.25)
    x = np.array([np.nextafter(eps, dtype(-1)), eps, np.nextafter(eps, dtype(0)), -0.0, 0.0, 1e-30] * 20, dtype)
    given = {"eps": float(eps)}
    true = oracle.exact(BY_NAME["xielu"], x, True, given)
    with mpmath.workprec(oracle.PRECISION):
        assert abs(true[1] - (true[0] + true[2]) / 2) < 1e-6
        assert true[2] == true[3] == true[4] < 0 < true[5]
    for derivative in (False, True):
        got = call(BY_NAME["xielu"], x, derivative, given)
        error = oracle.ulp_error(got, oracle.exact(BY_NAME["xielu"], x, derivative, given), dtype)
        assert error.max() <= bound(BY_NAME["xielu"], dtype, derivative), fail_message(error, x, got)
    # the formula as published has no eps
    x = oracle.sample(dtype, 2000)
    true = oracle.exact(BY_NAME["xielu"], x, False, {"eps": 0.0})
    error = oracle.ulp_error(call(BY_NAME["xielu"], x, False, {"eps": 0.0}), true, dtype)
    assert error.max() <= bound(BY_NAME["xielu"], dtype, False)
    assert fa.xielu(dtype(0), eps=0) == 0


@directions
@dtypes
def test_xielu_with_other_learned_parameters(dtype: Any, derivative: bool) -> None:
    """softplus of alpha_n and alpha_p is prepared in two parts; far from the roots nothing else is rounded."""
    x = oracle.sample(dtype, 400)
    x = x[np.abs(x) < 1e30]
    for alpha in (-300.0, -60.0, -5.0, -1.0, -0.01, 0.0, 0.3, 1.0, 7.0, 40.0):
        for name in ("alpha_n", "alpha_p"):
            given = {name: alpha}
            got = call(BY_NAME["xielu"], x, derivative, given)
            true = oracle.exact(BY_NAME["xielu"], x, derivative, given)
            floor = oracle.root_floor(moved_roots(BY_NAME["xielu"], given, dtype), x, derivative)
            error = oracle.ulp_error(got, true, dtype, floor)
            assert error.max() <= bound(BY_NAME["xielu"], dtype, derivative) + 1, (
                f"{given}: {fail_message(error, x, got)}"
            )


def crossing_of_xielu(dtype: Any, given: dict[str, float]) -> float:
    """Where its left crosses 0: by Newton's steps from the left of it, or beyond eps on a line."""
    with mpmath.workprec(1024):
        alpha_n, _, b, eps = (mpf(float(dtype(v))) for v in oracle.parameters(BY_NAME["xielu"], False, given).values())
        sn = oracle.softplus(alpha_n)
        x = -1 - b / sn
        for _ in range(200):
            x -= (b * mpmath.expm1(x) + sn * (mpmath.expm1(x) - x)) / (b * mpmath.exp(x) + sn * mpmath.expm1(x))
        return float(x if x < eps else (b + sn) * mpmath.expm1(eps) / sn)


# None moves the root; with these it lies far out, near 0, at eps and beyond it, and where softplus is none or all of a.
CROSSINGS: list[dict[str, float]] = [
    {},
    *({"alpha_n": alpha} for alpha in (-300.0, -60.0, -41.0, -39.0, -5.0, -3.7, 0.0, 1.0, 7.0, 40.0, 1e5)),
    *({"beta": beta} for beta in (1e-30, 1e-4, 0.01, 2.0, 50.0)),
    *({"eps": eps} for eps in (0.0, -0.5, -2.4324, -2.4326, -5.0)),
    {"alpha_n": 2.0, "eps": -0.5},
    {"alpha_n": 2.0, "eps": -0.4},
]


@dtypes
@pytest.mark.parametrize("given", CROSSINGS, ids=lambda given: ",".join(f"{k}={v}" for k, v in given.items()) or "none")
def test_xielu_where_it_crosses_zero(given: dict[str, float], dtype: Any) -> None:
    """At its neighbours and every distance from it, by every build; a parameter for each x gives the same bits."""
    row = BY_NAME["xielu"]
    if dtype is np.float32 and given.get("alpha_n", 0) < -80:
        given = {"alpha_n": -80.0}  # softplus of less is subnormal
    c = crossing_of_xielu(dtype, given)
    apart = np.concatenate([np.exp2(-np.arange(1.0, 60.0)), np.linspace(0, 0.5, 200)])
    x = c * np.concatenate([1 - apart, 1 + apart])
    x = np.concatenate([oracle.neighbours(dtype, [c], 100), x.astype(dtype), (c + x - c * x / abs(c)).astype(dtype)])
    x = x[x < 0]
    true = oracle.exact(row, x, False, given, precision=1024)
    values = [dtype(value) for value in oracle.parameters(row, False, given).values()]
    for isa in {*kernels.available_isas(), kernels.isa}:
        function = ufuncs_of(isa)["xielu"]
        got = function(x, *values)
        error = oracle.ulp_error(got, true, dtype)
        most = bound(row, dtype, False, isa) + (1 if given and isa != "baseline" else 0)
        assert error.max() <= most, f"{isa}: {fail_message(error, x, got)}"
        each = function(x, *(np.full_like(x, value) for value in values))
        assert each.tobytes() == got.tobytes()


# ---- instruction sets -----------------------------------------------------------------------------------------------

CHILD = """
import inspect
import sys
import numpy as np
import fastact as fa

given = np.load(sys.argv[1])
results = {}
for key in given:
    name, derivative, *_ = key.split()
    function = fa.get(name).derivative if derivative == "1" else fa.get(name)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    required = [float(sys.argv[3]) for p in parameters if p.default is p.empty]
    results[key] = function(given[key], *required)
np.savez(sys.argv[2], **results)
"""


@pytest.mark.skipif(len(kernels.available_isas()) < 2, reason="one build only runs here")
def test_instruction_sets_agree(tmp_path: Path) -> None:
    """With fma to the bit; without, within 2 ULP of that."""
    given = {
        f"{row.name} {int(derivative)} {np.dtype(dtype).name}": oracle.sample(dtype, 3 * COUNT, row, seed=4)
        for row in ELEMENTWISE
        for derivative in (False, True)
        for dtype in DTYPES
    }
    for dtype in DTYPES:
        normal = np.random.default_rng(9).standard_normal((40, 333)).astype(dtype)
        given[f"softmax 0 {np.dtype(dtype).name}"] = 3 * normal
    np.savez(tmp_path / "given.npz", **given)
    found = {}
    for isa in kernels.available_isas():
        files = [str(tmp_path / "given.npz"), str(tmp_path / f"{isa}.npz"), str(oracle.STAND_IN)]
        environment = {**os.environ, "FASTACT_ISA": isa}
        subprocess.run([sys.executable, "-c", CHILD, *files], check=True, env=environment, cwd=tmp_path)
        found[isa] = np.load(files[1])
    best = kernels.available_isas()[0]
    for isa, key in itertools.product(list(found)[1:], given):
        ours, theirs = found[isa][key], found[best][key]
        if isa != "baseline":
            assert ours.tobytes() == theirs.tobytes(), f"{key}: {isa} differs from {best}"
            continue
        with np.errstate(all="ignore"):
            unit = np.maximum(np.spacing(np.abs(ours)), np.spacing(np.abs(theirs)))
            if key.split()[0] != "softmax":
                floor = oracle.root_floor(BY_NAME[key.split()[0]], given[key], key.split()[1] == "1")
                unit = np.maximum(unit, np.ldexp(np.finfo(unit.dtype).eps, floor).astype(unit.dtype))
            difference = np.where(ours == theirs, 0, np.abs(ours - theirs) / unit)
        assert difference.max() <= 2, f"{key}: {fail_message(difference.ravel(), given[key].ravel(), ours.ravel())}"
