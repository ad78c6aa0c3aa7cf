"""The ufunc layer: memory of every kind, casting, broadcasting, parameters, and the same bits on every path.

What is NumPy's own (errors of ``out=``, casting, overlap) is checked by comparing with what ``np.exp`` does.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import oracle
import pytest
from floats import FLOATS, floats, parameter_dtype

import fastact as fa
from fastact.runtime import kernels
from fastact.table.registry import ELEMENTWISE, Param, Row

Array = npt.NDArray[Any]

NUMPY = kernels.isa == "numpy"

rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
DIRECTIONS = ("value", "derivative", "backward", "backward_from_output")
CASES = [
    (row, direction) for row in ELEMENTWISE for direction in DIRECTIONS if direction != DIRECTIONS[3] or row.from_output
]
cases = pytest.mark.parametrize(("row", "direction"), CASES, ids=[f"{row.name}-{d}" for row, d in CASES])


def inputs(row: Row, direction: str, x: Array, seed: int = 1) -> tuple[Array, ...]:
    """The main inputs of a direction: x, or dy and x."""
    if "backward" not in direction:
        return (x,)
    return np.random.default_rng(seed).standard_normal(x.shape).astype(x.dtype), x


def function(row: Row, direction: str) -> Callable[..., Any]:
    """A direction of an activation, with 0.25 for the parameters that it must be given."""
    activation = fa.get(row.name)
    chosen: Callable[..., Any] = activation if direction == "value" else getattr(activation, direction)
    required = oracle.required(row)
    return (lambda *main, **keywords: chosen(*main, **{**required, **keywords})) if required else chosen


def numbers(dtype: Any, *shape: int) -> Array:
    """Numbers of every size that matters, some of them special."""
    x = 4 * np.random.default_rng(7).standard_normal(shape)
    flat = x.reshape(-1)
    special = [0.0, -0.0, 1e-7, -1e-7, 30.0, -30.0, np.inf, -np.inf, np.nan]
    flat[: min(len(special), flat.size)] = special[: flat.size]
    np.random.default_rng(8).shuffle(flat)
    return x.astype(dtype)


def same(a: Any, b: Any) -> bool:
    """Equal in dtype, shape and bits; NaN equals NaN."""
    a, b = np.asarray(a), np.asarray(b)
    return bool(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()) or (
        a.dtype == b.dtype
        and a.shape == b.shape
        and bool(((a == b) & (np.signbit(a) == np.signbit(b)) | np.isnan(a) & np.isnan(b)).all())
    )


def one_by_one(f: Callable[..., Any], *main: Array) -> Array:
    """The same, from a call for each element: what every other path must agree with."""
    result = np.empty_like(main[-1])
    for index in np.ndindex(result.shape):
        result[index] = f(*(a[index].copy() for a in main))
    return result


# ---- the same bits everywhere ---------------------------------------------------------------------------------------


@floats
@cases
def test_same_bits_at_every_length(row: Row, direction: str, dtype: Any) -> None:
    f = function(row, direction)
    main = inputs(row, direction, numbers(dtype, 130))
    expected = one_by_one(f, *main)
    for n in range(131):
        part = tuple(a[:n] for a in main)
        assert same(f(*part), expected[:n])


@floats
@cases
def test_same_bits_at_every_offset_and_in_place(row: Row, direction: str, dtype: Any) -> None:
    f = function(row, direction)
    n = 75
    main = inputs(row, direction, numbers(dtype, n))
    expected = f(*main)
    room = n * expected.itemsize + 192
    step = min(4, expected.itemsize)
    for offset in range(0, 64, step):
        places = []
        for k in range(len(main) + 1):
            start = np.zeros(room, np.uint8)
            begin = (-start.ctypes.data % 64) + (offset * (k + 1)) % 64
            places.append(start[begin : begin + n * expected.itemsize].view(dtype))
        for place, a in zip(places, main, strict=False):
            place[:] = a
        assert same(f(*places[:-1], out=places[-1]), expected)
        for k in range(len(main)):  # in place: over each of the inputs
            places[k][:] = main[k]
            assert f(*places[:-1], out=places[k]) is places[k]
            assert same(places[k], expected)
            places[k][:] = main[k]


@floats
@cases
def test_same_bits_at_every_stride(row: Row, direction: str, dtype: Any) -> None:
    f = function(row, direction)
    main = inputs(row, direction, numbers(dtype, 24, 36))
    expected = f(*main)
    for k in (2, 3, -1, -2, 5):
        assert same(f(*(a[:, ::k] for a in main)), expected[:, ::k])
        assert same(f(*(a[::k] for a in main)), expected[::k])
        strided = np.zeros((24, 36), dtype)[:, ::k]
        assert same(f(*(np.ascontiguousarray(a[:, ::k]) for a in main), out=strided), expected[:, ::k])
    assert same(f(*(np.asfortranarray(a) for a in main)), expected)
    assert same(f(*(a.T for a in main)), expected.T)
    assert NUMPY or f(*(np.asfortranarray(a) for a in main)).flags.f_contiguous
    mixed = (np.asfortranarray(main[0]), *main[1:])
    assert same(f(*mixed, out=np.empty((24, 36), dtype, order="F")), expected)


@floats
@cases
def test_same_bits_in_large_arrays(row: Row, direction: str, dtype: Any) -> None:
    f = function(row, direction)
    n = 300_007
    main = inputs(row, direction, np.resize(numbers(dtype, 4099), n))
    expected = np.concatenate([f(*(a[k : k + 5000] for a in main)) for k in range(0, n, 5000)])
    assert same(f(*main), expected)
    with fa.threads(1):
        assert same(f(*main), expected)
    copies = [a.copy() for a in main]
    assert same(f(*copies, out=copies[-1]), expected)
    for k in (2, -1):
        assert same(f(*(a[::k] for a in main)), expected[::k])


# ---- out, where, dtype, casting -------------------------------------------------------------------------------------


@floats
@cases
def test_out(row: Row, direction: str, dtype: Any) -> None:
    f = function(row, direction)
    main = inputs(row, direction, numbers(dtype, 7, 11))
    expected = f(*main)
    for order in "CF":
        out = np.full((7, 11), 99, dtype, order=order)
        assert f(*main, out=out) is out
        assert same(out, expected)
    wider = np.empty((7, 11), np.float64)
    f(*main, out=wider)
    assert same(wider, expected.astype(np.float64)) or dtype is not np.float64
    larger = np.empty((3, 7, 11), dtype)
    assert same(f(*main, out=larger), np.broadcast_to(expected, (3, 7, 11)).copy())


@cases
def test_out_errors_are_those_of_numpy(row: Row, direction: str) -> None:
    f = function(row, direction)
    main = inputs(row, direction, numbers(np.float32, 6))
    frozen = np.empty(6, np.float32)
    frozen.flags.writeable = False
    for out, error in (
        (np.empty(5, np.float32), ValueError),
        (frozen, ValueError),
        (np.empty(6, np.int32), TypeError),
        ([0.0] * 6, TypeError),
    ):
        with pytest.raises(error):
            np.exp(main[0], out=out)
        with pytest.raises(error):
            f(*main, out=out)
    half = np.empty(6, np.float16)
    with pytest.raises(TypeError, match=r"[Cc]ast"):
        f(*main, out=half, casting="safe")


@floats
@cases
def test_where(row: Row, direction: str, dtype: Any) -> None:
    f = function(row, direction)
    main = inputs(row, direction, numbers(dtype, 40, 5))
    expected = f(*main)
    mask = np.random.default_rng(3).random((40, 5)) < 0.5
    out = np.full((40, 5), 99, dtype)
    f(*main, out=out, where=mask)
    assert same(out[mask], expected[mask])
    assert (out[~mask] == 99).all()
    out = np.full((40, 5), 99, dtype)
    f(*main, out=out, where=mask[:, :1])
    assert same(out[mask[:, 0]], expected[mask[:, 0]])
    assert (out[~mask[:, 0]] == 99).all()


@cases
def test_dtype(row: Row, direction: str) -> None:
    f = function(row, direction)
    x = np.linspace(-3, 3, 31, dtype=np.float32)
    main = inputs(row, direction, x)
    assert same(f(*main, dtype=np.float64), f(*(a.astype(np.float64) for a in main)))
    assert same(f(*main, dtype=np.longdouble), f(*(a.astype(np.longdouble) for a in main)))
    with pytest.raises(TypeError, match="complex128"):
        f(*main, dtype=np.complex128)
    with pytest.raises(TypeError):
        f(*(a.astype(np.float64) for a in main), dtype=np.float32, casting="safe")


# ---- kinds of input -------------------------------------------------------------------------------------------------


@cases
def test_integers_and_bools_promote_as_in_exp(row: Row, direction: str) -> None:
    f = function(row, direction)
    for code in "?bBhHiIlLqQ":
        x = np.array([0, 1, 0, 1, 1], code)
        main = (x, x) if "backward" in direction else (x,)
        got = f(*main)
        assert got.dtype == np.exp(x).dtype
        assert same(got, f(*(a.astype(got.dtype) for a in main)))


@cases
def test_lists_and_scalars(row: Row, direction: str) -> None:
    f = function(row, direction)
    x = np.array([-1.0, 0.0, 2.5])
    main = inputs(row, direction, x)
    expected = f(*main)
    assert same(f(*(a.tolist() for a in main)), expected)
    assert same(f(*(float(a[2]) for a in main)), expected[2])
    assert isinstance(f(*(float(a[2]) for a in main)), np.float64)
    for dtype in FLOATS:
        scalars = tuple(a.astype(dtype)[0] for a in main)
        assert same(f(*scalars), f(*(a.astype(dtype) for a in main))[0])
        assert type(f(*scalars)) is dtype
        assert f(*(np.array(s) for s in scalars)).shape == ()
        out = np.empty((), dtype)
        assert f(*scalars, out=out) is out
    whole = f(*((3, 2) if len(main) == 2 else (2,)))
    assert same(whole, f(*((3.0, 2.0) if len(main) == 2 else (2.0,))))


@floats
@cases
def test_empty(row: Row, direction: str, dtype: Any) -> None:
    f = function(row, direction)
    for shape in ((0,), (3, 0), (0, 4)):
        x = np.empty(shape, dtype)
        got = f(*inputs(row, direction, x))
        assert got.shape == shape
        assert got.dtype == dtype


@floats
@cases
def test_unaligned_and_big_endian(row: Row, direction: str, dtype: Any) -> None:
    f = function(row, direction)
    main = inputs(row, direction, numbers(dtype, 300))
    expected = f(*main)
    itemsize = np.dtype(dtype).itemsize

    def odd(a: Array) -> Array:
        room = np.zeros(a.size * itemsize + 1, np.uint8)[1:].view(dtype)
        room[:] = a
        return room

    assert not odd(main[0]).flags.aligned
    assert same(f(*map(odd, main)), expected)
    out = odd(np.zeros(300, dtype))
    assert same(f(*main, out=out), expected)
    again = odd(main[-1])
    assert same(f(*main[:-1], again, out=again), expected)
    swapped = tuple(a.astype(np.dtype(dtype).newbyteorder(">")) for a in main)
    got = f(*swapped)
    assert same(got.astype(dtype), expected)
    f(*swapped, out=swapped[-1])
    assert same(swapped[-1].astype(dtype), expected)


@floats
@cases
def test_overlapping_memory(row: Row, direction: str, dtype: Any) -> None:
    f = function(row, direction)
    for shift, n in itertools.product((1, 3, 16, 40), (50, 700)):
        for sign in (1, -1):
            whole = numbers(dtype, n + shift)
            source, target = (whole[:n], whole[shift:]) if sign > 0 else (whole[shift:], whole[:n])
            main = (*inputs(row, direction, source)[:-1], source)
            expected = f(*(a.copy() for a in main))
            assert same(f(*main, out=target), expected)
    x = numbers(dtype, 101)
    expected = f(*inputs(row, direction, x.copy()))
    assert same(f(*inputs(row, direction, x), out=x[::-1]), expected)
    if "backward" in direction:  # one array for all three
        x = numbers(dtype, 101)
        expected = f(x.copy(), x.copy())
        assert same(f(x, x, out=x), expected)


@cases
def test_longdouble(row: Row, direction: str) -> None:
    f = function(row, direction)
    x = np.linspace(-9, 9, 37)
    main = inputs(row, direction, x)
    got = f(*(a.astype(np.longdouble) for a in main))
    assert got.dtype == np.longdouble
    # as good as float64 at the least; dy and x there are the same numbers; near a root ULPs of 2^-6 count
    near = max(row.derivative_ulp, row.reference_derivative_ulp) * 2**-58 if row.roots and direction != "value" else 0
    assert np.allclose(got.astype(float), f(*main), rtol=1e-14, atol=near, equal_nan=True)
    out = np.empty(37, np.longdouble)
    assert f(*(a.astype(np.longdouble) for a in main), out=out) is out
    assert same(out, got)


@cases
def test_what_is_not_real_is_refused_by_name(row: Row, direction: str) -> None:
    f = function(row, direction)
    good = np.ones(3)
    bad = [
        np.ones(3, complex),
        np.array([1, 2, None]),
        np.array(["a", "b", "c"]),
        np.array(["2020-01-01"] * 3, "M8[D]"),
        np.ones(3, "m8[s]"),
        np.zeros(3, [("a", float)]),
    ]
    last = {"value": "x", "derivative": "x", "backward": "x", "backward_from_output": "y"}[direction]
    for wrong in bad:
        main = (good, wrong) if "backward" in direction else (wrong,)
        with pytest.raises(TypeError, match=rf"\b{last}\b"):
            f(*main)
        if "backward" in direction:
            with pytest.raises(TypeError, match=r"\bdy\b"):
                f(wrong, good)
    for wrong in ("abc", None, {"a": 1}, 1j):
        main = (good, wrong) if "backward" in direction else (wrong,)
        with pytest.raises(TypeError):
            f(*main)


BACKWARD = [(row, direction) for row, direction in CASES if "backward" in direction]


@pytest.mark.parametrize(("row", "direction"), BACKWARD, ids=[f"{row.name}-{d}" for row, d in BACKWARD])
def test_broadcasting_of_dy(row: Row, direction: str) -> None:
    f = function(row, direction)
    x = numbers(np.float64, 4, 5, 6)
    for dy in (np.float64(2.5), np.linspace(0, 1, 6), np.ones((5, 1)), np.ones((4, 1, 1)) * 3, 2):
        assert same(f(dy, x), f(np.broadcast_to(dy, x.shape).astype(float), x))
    assert same(f(x, x[0, 0]), f(x, np.broadcast_to(x[0, 0], x.shape).copy()))
    with pytest.raises(ValueError, match="broadcast"):
        f(np.ones(7), x)
    # two widths meet at the wider
    assert f(np.ones(6, np.float32), x).dtype == np.float64
    assert f(x.astype(np.float16), x.astype(np.float32)).dtype == np.float32


# ---- the backward passes --------------------------------------------------------------------------------------------


@floats
@rows
def test_backward_is_dy_times_the_derivative(row: Row, dtype: Any) -> None:
    x = numbers(dtype, 999)
    dy = inputs(row, "backward", x)[0]
    slope = function(row, "derivative")
    back = function(row, "backward")
    if dtype is np.float64 or (dtype is np.float32 and not NUMPY):
        assert same(back(dy, x), dy * slope(x))
        return
    # what is computed in a wider type is rounded once, at the end; parameters there are float32
    narrow = oracle.widened(row, True)
    with np.errstate(all="ignore"):
        wide = slope(x.astype(np.float64), **narrow) * dy.astype(np.float64)
        unit = np.spacing(np.maximum(np.abs(wide), oracle.finfo(dtype).tiny).astype(dtype)).astype(np.float64)
        error = np.abs(back(dy, x).astype(np.float64) - wide)
        narrowed = wide.astype(dtype).astype(np.float64)  # may overflow
    fine = np.isfinite(narrowed)
    assert (error[fine] <= 0.51 * unit[fine]).all()
    np.testing.assert_array_equal(back(dy, x).astype(np.float64)[~fine], narrowed[~fine])


# How far the derivative that is read from the rounded y may be from the derivative at x: y is off by value_ulp, and
# d(derivative)/dy multiplies that; in units of the dtype's eps, for y a normal number. A row that is not listed is
# allowed nothing.
FROM_OUTPUT: dict[str, Callable[[Array], Array]] = {
    "identity": lambda y: 0 * y,
    "step": lambda y: 0 * y,
    "relu": lambda y: 0 * y,
    "leaky_relu": lambda y: 0 * y,
    "prelu": lambda y: 0 * y,
    # y (1 - y): the slope |1 - 2 y| of it times the error of y, at most y
    "sigmoid": lambda y: y,
    # (1 - y)(1 + y): slope 2 |y|
    "tanh": lambda y: 2 * y * y,
    # y + alpha: slope 1
    "elu": lambda y: np.where(y < 0, -y, 0),
    "selu": lambda y: np.where(y < 0, -y, 0),
    # 1 - exp(-beta y): slope beta exp(-beta y)
    "softplus": lambda y: y * np.exp(-y),
    # 1 - exp(y): slope exp(y)
    "logsigmoid": lambda y: -y * np.exp(y),
    # (1 - |y|)^2: slope 2 (1 - |y|)
    "softsign": lambda y: 2 * np.abs(y) * (1 - np.abs(y)),
    # of these the derivative is one number on each side of a bound that y meets exactly
    **dict.fromkeys(("relu6", "threshold", "thresholded_relu", "hardtanh", "clipped_linear", "rrelu"), lambda y: 0 * y),
    **dict.fromkeys(("hardsigmoid", "hardshrink", "softshrink", "shrink", "sparse_sigmoid"), lambda y: 0 * y),
    # 2 sqrt(y): slope 1/sqrt(y)
    "relu_squared": np.sqrt,
    # sqrt(y): slope 1/(2 sqrt(y))
    "sparse_plus": lambda y: np.where(y < 1, np.sqrt(y) / 2, 0),
    # y^2/(y^2 + 1): slope 2 y/(y^2 + 1)^2
    "squareplus": lambda y: 2 * y * y / (y * y + 1) ** 2,
    # 3/(4 - (2 y + 1)/t), t^2 = y^2 + y + 1: (2 y + 1)/t, from -2 to 2, rises by 3/(2 t^3)
    "bent_identity": lambda y: 4.5 * y / (y * y + y + 1) ** 1.5 / (4 - (2 * y + 1) / np.sqrt(y * y + y + 1)) ** 2,
    # 1 + y/alpha: slope 1/alpha
    "celu": lambda y: np.where(y < 0, -y, 0),
    # y: slope 1
    "exp": lambda y: y,
}


@floats
@pytest.mark.parametrize("row", [r for r in ELEMENTWISE if r.from_output], ids=lambda row: row.name)
def test_backward_from_output(row: Row, dtype: Any) -> None:
    x = np.random.default_rng(4).uniform(-12, 12, 4000).astype(dtype)
    x[:2] = 0.0, -0.0
    dy = np.random.default_rng(5).standard_normal(4000).astype(dtype)
    y = function(row, "value")(x)
    told = np.abs(y) < float(oracle.finfo(dtype).max) / 8  # what overflows, exp in float16, tells no more
    x, dy, y = x[told], dy[told], y[told]
    got = function(row, "backward_from_output")(dy, y).astype(np.float64)
    slope = function(row, "derivative")(x.astype(np.float64))
    wide = dy.astype(np.float64) * slope
    eps = float(oracle.finfo(dtype).eps)
    # the error of y (in half types half an ULP more than value_ulp, for its rounding), carried over; and the roundings
    # of the formula itself and of the product: 4 ULP of the result. Subnormal results are off by their unit.
    carried = (row.value_ulp + 1) * eps * np.abs(FROM_OUTPUT.get(row.name, lambda y: 0 * y)(y.astype(np.float64)) * dy)
    # below the smallest normal number that error of y is a larger part of it
    tiny = float(oracle.finfo(dtype).tiny)
    carried *= np.maximum(1, tiny / np.maximum(np.abs(y.astype(np.float64)), tiny * eps))
    allowed = carried + 4 * eps * np.abs(wide) + 2 * float(oracle.finfo(dtype).smallest_subnormal)
    assert (np.abs(got - wide) <= allowed).all()


@pytest.mark.parametrize("row", [r for r in ELEMENTWISE if not r.from_output], ids=lambda row: row.name)
def test_no_backward_from_output_where_the_output_does_not_tell(row: Row) -> None:
    with pytest.raises(TypeError, match=rf"{row.name} .*{row.name}\.backward\(dy, x\)"):
        fa.get(row.name).backward_from_output(np.ones(3), np.ones(3))
    assert f"{row.name}_backward_from_output" not in fa.ufuncs.__all__


@pytest.mark.parametrize("row", [r for r in ELEMENTWISE if r.from_output_domain], ids=lambda row: row.name)
def test_backward_from_output_needs_a_parameter_that_keeps_the_sign(row: Row) -> None:
    name = row.from_output_domain[0].name
    with pytest.raises(ValueError, match=f"{name}=-0.5 .*{name} >= 0"):
        fa.get(row.name).backward_from_output(np.ones(3), np.ones(3), **{name: -0.5})
    fa.get(row.name).backward(np.ones(3), np.ones(3), **{name: -0.5})


# ---- parameters -----------------------------------------------------------------------------------------------------

WITH_PARAMETERS = [
    (row, direction, param)
    for row, direction in CASES
    for param in row.params + (row.derivative_params if direction != "value" else ())
]
parameters = pytest.mark.parametrize(
    ("row", "direction", "param"), WITH_PARAMETERS, ids=[f"{r.name}-{d}-{p.name}" for r, d, p in WITH_PARAMETERS]
)


def fitting(row: Row, param: Param, direction: str) -> Array:
    """Six values of a parameter that the defaults of the others allow."""
    values = np.array([0.25, 0.5, 1.0, 1.5, 2.0, 3.0])
    defaults = oracle.parameters(row, False)
    for low, high in row.ordered + (row.from_output_ordered if direction == "backward_from_output" else ()):
        if param.name == low:
            values = defaults[high] * values / 4
        elif param.name == high:
            values = defaults[low] + values
    return values


@floats
@parameters
def test_array_parameters_broadcast(row: Row, direction: str, param: Param, dtype: Any) -> None:
    f = function(row, direction)
    x = numbers(dtype, 6, 200)
    main = inputs(row, direction, x)
    narrow = parameter_dtype(dtype)
    values = fitting(row, param, direction)
    values = (-values if param.high <= 0 else values * min(1, param.high / 4)).astype(narrow)
    got = f(*main, **{param.name: values.reshape(6, 1)})
    for k, value in enumerate(values):
        assert same(got[k], f(*(a[k] for a in main), **{param.name: float(value)}))
    # an array of parameters counts in promotion, as any array does
    wider = f(*main, **{param.name: values.astype(np.float64).reshape(6, 1)})
    assert same(wider, f(*(a.astype(np.float64) for a in main), **{param.name: values.reshape(6, 1)}))
    every = np.resize(values, (6, 200))
    got = f(*main, **{param.name: every})
    assert got.dtype == dtype
    for k, value in enumerate(values):
        chosen = every == value
        assert same(got[chosen], f(*(a[chosen] for a in main), **{param.name: float(value)})), k


@parameters
def test_wrong_parameters_are_named(row: Row, direction: str, param: Param) -> None:
    f = function(row, direction)
    main = inputs(row, direction, np.ones(3))
    for value in (np.nan, *(() if param.infinite else (np.inf, -np.inf))):
        with pytest.raises(ValueError, match=rf"{param.name}={value}.*must be"):
            f(*main, **{param.name: value})
    for value in ("one", 1j, [None], {}):
        with pytest.raises(TypeError, match=rf"{param.name}=.*must be a number"):
            f(*main, **{param.name: value})
    if np.isfinite(param.high):
        above = float(np.nextafter(param.high, np.inf))
        with pytest.raises(ValueError, match=rf"{param.name}={above!r} .*{param.name} <= {param.high:g}"):
            f(*main, **{param.name: above})
    if np.isfinite(param.low):
        outside = [param.low - 1] + [param.low] * param.open_low
        for value in outside:
            with pytest.raises(ValueError, match=rf"{param.name}={value:g}\b.*must be {param.name} >"):
                f(*main, **{param.name: value})
            with pytest.raises(ValueError, match=rf"{param.name}=.*must be {param.name} >"):
                f(*main, **{param.name: np.array([1.0, value, 1.0])})
    if np.isfinite(param.high):
        value = param.high + 1
        with pytest.raises(ValueError, match=rf"{param.name}={value:g}\b.*must be .*{param.name} <= {param.high:g}"):
            f(*main, **{param.name: value})


@parameters
@pytest.mark.parametrize("dtype", [d for d in FLOATS if d is not np.float64], ids=lambda dtype: dtype.__name__)
def test_what_float32_cannot_hold_is_named_or_the_limit(row: Row, direction: str, param: Param, dtype: Any) -> None:
    """Half types are computed in float32 too; a bound beyond it is none, and what becomes 0 must be taken."""
    f = function(row, direction)
    main = inputs(row, direction, np.full(3, 0.25, dtype))
    sizes = [s for s in (1e39, -1e39, 1e-50, -1e-50) if param.accepts(s)]
    for value in sizes:
        given = {param.name: value}
        if param.name not in row.from_output_domain and direction == "backward_from_output" and value < 0:
            continue
        for low, high in row.ordered + (row.from_output_ordered if direction == "backward_from_output" else ()):
            if (values := oracle.parameters(row, False, given))[low] > values[high]:
                given[low if param.name == high else high] = value
        refused = (abs(value) > 1 and not param.infinite) or (param.but_zero and abs(value) < 1)
        for form in (value, np.float64(value), *([] if row.channels else [[value] * 3])):
            if refused:
                with pytest.raises(ValueError, match=rf"{row.name}.*: \w+=.* must be .* in float32"):
                    f(*main, **{**given, param.name: form})
        if not refused:
            result = f(*main, **given)
            assert result.dtype == dtype
            assert not np.isnan(result).any()


ORDERED = [
    (row, direction, *pair)
    for row, direction in CASES
    for pair in row.ordered + (row.from_output_ordered if direction == "backward_from_output" else ())
]


@pytest.mark.parametrize(
    ("row", "direction", "low", "high"), ORDERED, ids=[f"{r.name}-{d}-{low}" for r, d, low, _ in ORDERED]
)
def test_parameters_that_do_not_fit_together_are_named(row: Row, direction: str, low: str, high: str) -> None:
    f = function(row, direction)
    main = inputs(row, direction, np.linspace(-2, 2, 3))
    message = rf"{low}=2(\.0)? with {high}=1\.5 .*{low} must not be greater than {high}"
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            f(*main, **{low: 2, high: 1.5})
    right, left = np.array([0.5, 2.0, 1.0]), np.array([1.0, 1.5, 1.0])
    for given in ({low: right, high: 1.5}, {low: right, high: left}, {low: 2.0, high: left[1:2]}):
        with pytest.raises(ValueError, match=message):
            f(*main, **given)
    with pytest.raises(ValueError, match=rf"{low}=2\.0 with {high}=.*must not be greater"):
        f(*main, **{low: np.array([[0.0], [2.0]]), high: np.array([0.5, 1.0, 2.0])})
    # one alone beside the other's default
    with pytest.raises(ValueError, match=rf"{low}=1e\+30 with {high}="):
        f(*main, **{low: 1e30})
    equal = f(*main, **{low: 0.5, high: 0.5})
    assert equal.shape == (3,)
    if row.from_output_ordered and direction == "backward_from_output":
        function(row, "backward")(*main, **{low: 2, high: 1.5})  # which needs no such order
