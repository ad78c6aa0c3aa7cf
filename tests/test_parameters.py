"""Parameters over the whole of their domains: which are accepted, and that results are right for each.

Each parameter of each row is swept by exponent, from the least subnormal to the largest number, of both signs, against
mpmath; x is chosen where the function bends for that parameter, and besides as small and as large as can be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import oracle
import pytest
from selection import by_default
from ulps import bound, call, directions, dtypes, moved_roots

import fastact as fa
from fastact.table.logistic import BETA
from fastact.table.registry import ELEMENTWISE, Param, Row

Array = oracle.Array

SWEPT = [(row, param) for row in ELEMENTWISE for param in row.params]
swept = pytest.mark.parametrize(("row", "param"), SWEPT, ids=[f"{row.name}-{param.name}" for row, param in SWEPT])

# ---- the domain -----------------------------------------------------------------------------------------------------

# What is refused of -3, -1, -1/4, -0.0, 0.0, 1/4, 1 and 3: where the formula has no value and no limit, or no sense.
REFUSED: dict[tuple[str, str], set[float]] = {
    ("celu", "alpha"): {0.0},  # x/alpha
    ("softplus", "beta"): {0.0},  # log(2)/beta
    ("squareplus", "b"): {-3.0, -1.0, -0.25},  # a square
    ("xielu", "eps"): {0.25, 1.0, 3.0},  # to the left of 0
    ("logit", "eps"): {-3.0, -1.0, -0.25, 1.0, 3.0},  # from 0 to 1/2
    **{(name, "lambd"): {-3.0, -1.0, -0.25} for name in ("hardshrink", "softshrink", "shrink")},  # distances
}
# Where inf and -inf are as good as any number.
INFINITE = {
    ("threshold", "threshold"): (-np.inf, np.inf),
    ("threshold", "value"): (-np.inf, np.inf),
    ("thresholded_relu", "alpha"): (-np.inf, np.inf),
    ("hardtanh", "min_val"): (-np.inf,),
    ("hardtanh", "max_val"): (np.inf,),
    ("clipped_linear", "min_val"): (-np.inf,),
    ("clipped_linear", "max_val"): (np.inf,),
    ("hardshrink", "lambd"): (np.inf,),
    ("softshrink", "lambd"): (np.inf,),
    ("shrink", "lambd"): (np.inf,),
}


def functions(row: Row) -> Iterator[tuple[Any, int]]:
    """Value, derivative and backward of a row, and how many arrays each takes."""
    activation = fa.get(row.name)
    yield from ((activation, 1), (activation.derivative, 1), (activation.backward, 2))


def given_with(row: Row, param: Param, value: float) -> dict[str, float]:
    """The parameter, and of the others those that must be given or must fit to it."""
    given = {**oracle.required(row), param.name: value}
    values = oracle.parameters(row, False, given)
    for low, high in row.ordered:
        if values[low] > values[high]:
            given[high if low == param.name else low] = value
    return given


@swept
def test_every_number_is_accepted_for_which_the_formula_has_a_limit(row: Row, param: Param) -> None:
    x = np.array([0.25, 0.5, 0.75])
    for value in (-3.0, -1.0, -0.25, -0.0, 0.0, 0.25, 1.0, 3.0):
        for function, arrays in functions(row):
            given = given_with(row, param, value)
            if value in REFUSED.get((row.name, param.name), ()):
                with pytest.raises(ValueError, match=rf"{row.name}.*{param.name}={value!r} is not accepted"):
                    function(*[x] * arrays, **given)
            else:
                assert np.isfinite(function(*[x] * arrays, **given)).all(), value


@dtypes
@swept
def test_a_bound_may_be_infinite(row: Row, param: Param, dtype: Any) -> None:
    """As if it were farther out than any x."""
    x = np.concatenate([oracle.sample(dtype, 200), np.array([-np.inf, np.inf, np.nan], dtype)])
    far = float(np.finfo(dtype).max)
    assert {v for v in (-np.inf, np.inf) if param.accepts(v)} >= {*INFINITE.get((row.name, param.name), ())}
    for value in INFINITE.get((row.name, param.name), ()):
        infinite, finite = (given_with(row, param, v) for v in (value, np.copysign(far, value)))
        inside = np.abs(x) < far if param.name != "value" else x > 0.25
        for function, arrays in functions(row):
            got, expected = function(*[x] * arrays, **infinite), function(*[x] * arrays, **finite)
            assert np.array_equal(got[inside], expected[inside], equal_nan=True)
    if row.name in ("hardtanh", "clipped_linear"):
        activation = fa.get(row.name)
        open_above = {"min_val": 0.0, "max_val": np.inf}
        assert np.array_equal(activation(x, **open_above), fa.relu(x), equal_nan=True)
        assert np.array_equal(activation.derivative(x, **open_above), fa.relu.derivative(x), equal_nan=True)
        got = activation.backward_from_output(x, fa.relu(x), **open_above)
        assert np.array_equal(got, fa.relu.backward_from_output(x, fa.relu(x)), equal_nan=True)


# ---- the range ------------------------------------------------------------------------------------------------------


def over_its_range(param: Param, dtype: Any, step: int) -> list[float]:
    """Numbers of every ``step``th exponent and of both ends, of both signs, and 0: those that the row accepts."""
    info = np.finfo(dtype)
    first, last = int(info.minexp - info.nmant), int(info.maxexp)
    least, most = float(info.smallest_subnormal), float(info.max)
    exponents = np.arange(first, last, step)
    mantissas = np.resize([1.0, 1.37, 1.9, 1.0, 1.713], exponents.size)
    values = [*np.ldexp(mantissas, exponents), least, 3 * least, float(info.tiny), most, most / 2, most / 4]
    rounded = (float(dtype(value)) for value in values)
    return [v for size in rounded for v in (size, -size) if param.accepts(v)] + [0.0] * param.accepts(0.0)


# Where an exponential becomes subnormal, vanishes, is nothing beside 1 or overflows, alone or times a parameter.
UNITS = [1e-9, 0.03, 0.4, 1.0, 1.2784, 2.7, 9.0, 17.3, 24.5, 36.7, 44.5, 87.9, 103.0, 131.5, 190.0, 280.0]
WIDE_UNITS = [700.0, 744.0, 1060.5, 1420.0, 2100.0]


def points(row: Row, value: float, dtype: Any, count: int, seed: int) -> Array:
    """``count`` inputs where the function of this parameter bends, and some as small and as large as can be."""
    info = np.finfo(dtype)
    generator = np.random.default_rng(seed)
    units = np.array(UNITS + (WIDE_UNITS if dtype is np.float64 else []))
    size = abs(value) or 1.0
    with np.errstate(all="ignore"):
        scales = np.array([1 / size, size, np.sqrt(size), 1.0])
        bends = np.outer(scales, units).ravel()
        bends *= generator.uniform(0.97, 1.03, bends.size)
        sizes = np.ldexp(generator.uniform(1, 2, 4), generator.integers(info.minexp - info.nmant, info.maxexp, 4))
        chosen = generator.choice(bends[np.isfinite(bends)], count)
        ends = [float(info.smallest_subnormal), float(info.tiny), float(info.max), float(info.max) / 3, 1 / size, size]
        x = np.concatenate([chosen, sizes, ends, [0.0]]).astype(dtype)
    x = np.concatenate([x, -x])
    return x[np.isfinite(x) & oracle.inside(row, x)]


# Where numbers of any two sizes are added up, and what is left of them counts.
DIGITS = {"clipped_linear": 4400, "hardsigmoid": 4400, "xielu": 1024}


def worst(row: Row, param: Param, dtype: Any, derivative: bool, step: int, count: int) -> Iterator[tuple[float, str]]:
    """The largest error for each value of the parameter, over the bound, and where."""
    backward = fa.get(row.name).backward
    for seed, value in enumerate(over_its_range(param, dtype, step)):
        given = given_with(row, param, value)
        x = points(row, value, dtype, count, seed)
        with np.errstate(all="ignore"):
            scaled = x * dtype(value) if param is BETA else x
            floor = oracle.root_floor(moved_roots(row, given, dtype), scaled, derivative)
        got = call(row, x, derivative, given)
        true = oracle.exact(row, x, derivative, given, precision=DIGITS.get(row.name, oracle.PRECISION))
        error = oracle.ulp_error(got, true, dtype, floor)
        at = int(error.argmax())
        most = bound(row, dtype, derivative) + (0 if derivative else row.parameter_ulp)
        yield float(error[at]) - most, f"{param.name}={value!r}, x={x[at]!r}: {got[at]!r}"
        if derivative:
            again = backward(np.ones_like(x), x, **oracle.keywords(row, True, given))
            assert again.tobytes() == got.tobytes(), f"{param.name}={value!r}"


@directions
@dtypes
@swept
def test_within_bound_over_the_range_of_each_parameter(row: Row, param: Param, dtype: Any, derivative: bool) -> None:
    step = by_default(11, 3) if dtype is np.float32 else by_default(83, 23)
    over, where = max(worst(row, param, dtype, derivative, step, 10))
    assert over <= 0, f"{over} ULP over the bound at {where}"


@pytest.mark.slow
@directions
@dtypes
@swept
def test_within_bound_at_every_exponent(row: Row, param: Param, dtype: Any, derivative: bool) -> None:
    over, where = max(worst(row, param, dtype, derivative, 1, 20 if dtype is np.float64 else 60))
    assert over <= 0, f"{over} ULP over the bound at {where}"


@dtypes
def test_a_gate_and_a_bias_know_the_same_parameters(dtype: Any) -> None:
    """What is fused computes by the same kernels, whatever the parameter."""
    x = oracle.sample(dtype, 600)
    up = np.resize(np.array([0.5, -1.25, 2.0], dtype), x.shape)
    for alpha in (-3.0, -1.0, -0.0, 0.0, 1e-8, -1e-30, 1e30, 3e38):
        with np.errstate(all="ignore"):
            gate, slope = fa.silu(x, beta=alpha), fa.silu.backward(x * up, x, beta=alpha)
            assert np.array_equal(fa.swiglu(x, up, alpha=alpha), gate * up)
            got = fa.swiglu.backward(x, x, up, alpha=alpha)
            assert np.array_equal(got[0], slope, equal_nan=True)
            assert np.array_equal(got[1], x * gate, equal_nan=True)
            biased = fa.silu(x, beta=alpha, bias=dtype(0.5))
            assert np.array_equal(biased, fa.silu(x + dtype(0.5), beta=alpha))


# ---- a parameter for each element -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row", [row for row in ELEMENTWISE if row.params and not row.channels], ids=lambda row: row.name
)
@pytest.mark.parametrize("direction", ["value", "derivative"])
def test_a_parameter_of_each_element_gives_the_bits_of_one_for_all(row: Row, direction: str) -> None:
    """Also where the default has a loop of its own, and where it stands beside others in one array."""
    activation = fa.get(row.name)
    function = activation if direction == "value" else activation.derivative
    params = row.params + (row.derivative_params if direction == "derivative" else ())
    usual = {p.name: 0.25 if p.number is None or p.number == -1.0 else p.number for p in params}
    x = np.linspace(-30, 30, 2003, dtype=np.float32)
    whole = function(x, **usual)
    arrays = {name: np.full(x.shape, value, np.float32) for name, value in usual.items()}
    np.testing.assert_array_equal(function(x, **arrays).view(np.uint32), whole.view(np.uint32))
    first = params[0].name
    other = usual | {first: usual[first] * 0.75}
    arrays[first][::2] = np.float32(other[first])
    mixed = function(x, **arrays)
    np.testing.assert_array_equal(mixed[1::2].view(np.uint32), whole[1::2].view(np.uint32))
    np.testing.assert_array_equal(mixed[::2].view(np.uint32), function(x, **other)[::2].view(np.uint32))
