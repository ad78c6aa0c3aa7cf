"""The facts of the registry, each against a numerical search, and what describe() and compare() print."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import oracle
import pytest
from mpmath import mpf

import fastact as fa
from fastact.table.registry import ELEMENTWISE, ROWS, Row

Array = npt.NDArray[Any]
rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
FAR = 1e15  # where every derivative that tends to 0 is small, those that fall like 1/x^2 and 1/x among them


def evaluate(row: Row, x: Any, derivative: bool = False) -> Array:
    """In float64, at default parameters."""
    activation = fa.get(row.name)
    with np.errstate(all="ignore"):
        return (activation.derivative if derivative else activation)(np.asarray(x, float), **oracle.required(row))


def grid(row: Row) -> Array:
    """From -12 to 12, symmetric and without 0, and the neighbourhoods of kinks."""
    x = np.linspace(1 / 4096, 12, 48_000)
    near = [np.abs(kink) + np.linspace(-1e-3, 1e-3, 100) for kink in row.kinks]
    x = np.unique(np.abs(np.concatenate([x, *near])))
    x = x[x > 0]
    return np.concatenate([-x[::-1], x])


def domain(row: Row) -> Array:
    """The part of the grid where there is a value."""
    x = grid(row)
    return x[np.isfinite(evaluate(row, x))]


def slopes_at(row: Row, x: float) -> Array:
    """At x and next to it, for the derivative may jump there."""
    return evaluate(row, [x, np.nextafter(x, -np.inf), np.nextafter(x, np.inf)], derivative=True)


@rows
def test_derivative_range_is_reached_where_it_says(row: Row) -> None:
    found = fa.get(row.name).derivative_range
    assert found is not None
    assert found[:2] == row.derivative_range
    for end, x in ((found.least, found.least_at), (found.largest, found.largest_at)):
        assert not math.isnan(x)
        got = slopes_at(row, x)
        near = got == end
        if math.isfinite(end):
            near |= np.abs(got - end) <= 1e-12 * max(abs(end), 1e-12)
        assert near.any(), f"{got} at {x}, and not {end}"


@rows
def test_no_derivative_lies_outside_the_range(row: Row) -> None:
    assert row.derivative_range is not None
    slope = evaluate(row, domain(row), derivative=True)
    least, largest = row.derivative_range
    assert slope.min() >= least - 1e-12 * abs(least)
    assert slope.max() <= largest + 1e-12 * abs(largest)


@rows
def test_bounded_and_range(row: Row) -> None:
    activation = fa.get(row.name)
    x = domain(row)
    y = np.concatenate([evaluate(row, x), evaluate(row, [-1e30, 1e30, 0.0])])
    y = y[~np.isnan(y)]
    assert activation.range == row.range
    assert activation.bounded == (not np.isinf(row.range).any())
    for end, found in ((row.range[0], y.min()), (row.range[1], y.max())):
        if math.isinf(end):
            # logarithms, too, grow without end: over the numbers, if not on the grid
            steps = np.abs(evaluate(row, np.concatenate([10.0 ** np.arange(-300, 300, 20), [np.inf, 1.0, 0.0]])))
            assert abs(found) > 100 or np.nanmax(steps) == np.inf
        else:
            assert abs(found - end) <= 1e-6 * max(1, abs(end))


@rows
def test_zero_centered(row: Row) -> None:
    x = grid(row)
    y = evaluate(row, x)
    odd = bool((y == -y[::-1]).all())
    assert fa.get(row.name).zero_centered == odd


@rows
def test_monotonic(row: Row) -> None:
    """That those which are do not fall, test_properties.py shows; here, that the others do."""
    slope = evaluate(row, domain(row), derivative=True)
    assert fa.get(row.name).monotonic == bool((slope >= 0).all())


@rows
def test_saturates(row: Row) -> None:
    found = fa.get(row.name).saturates
    for side, x in (("left", -1.0), ("right", 1.0)):
        far = evaluate(row, x * np.geomspace(1e3, FAR, 40), derivative=True)
        vanishes = bool(not np.isnan(far).any() and abs(far[-1]) < 1e-14 and np.abs(far).max() < 1e-2)
        assert (side in found) == vanishes, f"{side}: {far[[0, -1]]}"


@rows
def test_dead_region(row: Row) -> None:
    regions = fa.get(row.name).dead_region

    def dead(x: Array) -> Array:
        return np.any([(low < x) & (x < high) for low, high in regions] or [np.zeros(x.shape, bool)], axis=0)

    x = domain(row)
    x = x[np.abs(x) < 8]  # farther out exponentials vanish in the derivative of softsign's like, but not truly
    x = x[~np.isin(x, row.kinks)]
    slope = evaluate(row, x, derivative=True)
    at_root = np.zeros(x.shape, bool)
    for root in row.roots:
        at_root |= np.abs(x - root) < 1e-9
    wrong = ((slope == 0) != dead(x)) & ~at_root
    assert not wrong.any(), f"f'({x[wrong][0]}) = {slope[wrong][0]}"
    for low, high in regions:
        inner = [v for v in (np.nextafter(low, high), np.nextafter(high, low)) if math.isfinite(v)]
        assert (evaluate(row, inner, derivative=True) == 0).all()
        assert (evaluate(row, np.clip([low, high], -1e300, 1e300), derivative=True) == 0).any()


def one_sided(f: Callable[[mpf], mpf], x: float, order: int, side: int) -> mpf:
    """The derivative of that order from one side, by differences, to some 15 digits."""
    step = mpf(2) ** -60 * side
    total = mpf(0)
    for k in range(order + 1):
        # away from x by half a step, or a choice that f makes at x itself would count
        total += (-1) ** (order - k) * mpmath.binomial(order, k) * f(mpf(x) + (k + mpf(1) / 2) * step)
    return total / step**order


@rows
def test_smoothness(row: Row) -> None:
    """The derivatives up to that order are continuous wherever a formula may change; the next one jumps somewhere."""
    # the oracle takes some parameters by their reciprocals
    reciprocal = {param.name for param in row.params if param.reciprocal}
    values = [mpf(1 / v if name in reciprocal else v) for name, v in oracle.parameters(row, False).items()]
    smoothness = fa.get(row.name).smoothness
    points = [0.25, 0.5, 0.75] if row.domain[1] == 1 else [0.0, 1.0, -1.0, *row.kinks]
    value = oracle.ORACLE[row.name].value

    def jumps(order: int) -> bool:
        found = []
        for x in points:
            left, right = (one_sided(lambda t: value(t, *values), x, order, side) for side in (-1, 1))
            found.append(abs(left - right) > mpf(10) ** -9)
        return any(found)

    with mpmath.workprec(600):
        if smoothness == math.inf:
            assert not any(jumps(order) for order in range(5))
            return
        assert smoothness == int(smoothness)
        assert not any(jumps(order) for order in range(int(smoothness) + 1))
        assert jumps(int(smoothness) + 1)


def test_a_wrong_fact_would_be_found() -> None:
    with mpmath.workprec(600):
        for order, jump in ((0, 0), (1, 0), (2, 1)):
            sides = [one_sided(lambda t: t * t / 2 if t > 0 else mpf(0), 0.0, order, side) for side in (-1, 1)]
            assert abs(sides[1] - sides[0] - jump) < 1e-12


# ---- as text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_describe(row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    fa.describe(row.name)
    by_name = capsys.readouterr().out
    fa.describe(fa.get(row.name))
    assert capsys.readouterr().out == by_name
    assert by_name.startswith(f"{row.name}: {row.summary}\n")
    for text in (row.formula, row.derivative_formula, row.source, *row.aliases, *(p.name for p in row.params)):
        assert text in by_name
    assert not re.search(r"\bnan\b", by_name)
    assert by_name.isascii()


def test_compare(capsys: pytest.CaptureFixture[str]) -> None:
    fa.compare("relu", fa.gelu, "swish")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["relu", "gelu", "silu"]
    starts = [lines[0].index(name) for name in ("relu", "gelu", "silu")]
    assert all(line[start - 1] == " " for line in lines for start in starts if len(line) > start)
    fa.compare()
    assert capsys.readouterr().out.splitlines()[0].split() == fa.names()


def test_wrong_names_are_refused() -> None:
    for function in (fa.describe, lambda name: fa.compare("relu", name)):
        with pytest.raises(ValueError, match="no activation is called 'glu2'"):
            function("glu2")
        with pytest.raises(TypeError, match="name=3 is not accepted"):
            function(3)  # type: ignore[arg-type]
