"""The functions along an axis: their bits, what they do at the edges, and every input that they do not accept.

Values and gradients against longdouble are in test_axis_values.py.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import oracle
import pytest
from floats import floats

import fastact as fa
from fastact.runtime import kernels

Array = npt.NDArray[Any]
RNG = np.random.default_rng

NAMES = ("softmax", "log_softmax", "softmin", "logsumexp", "hardmax", "sparsemax", "gumbel_softmax", "maxout")
SCALED = ("softmax", "log_softmax", "softmin")
SHAPED = (*SCALED, "hardmax", "sparsemax")  # x gives y of its shape, and nothing else is needed
FMA = [isa for isa in kernels.available_isas() if isa not in ("baseline", "numpy")]
# NumPy's sums depend on the order in memory; the rest is about kernels alone
compiled = pytest.mark.skipif(kernels.isa == "numpy", reason="no compiled kernels")
names = pytest.mark.parametrize("name", NAMES)
shaped = pytest.mark.parametrize("name", SHAPED)
scaled = pytest.mark.parametrize("name", SCALED)


@pytest.fixture(autouse=True)
def _no_flags() -> Iterator[None]:
    with np.errstate(all="raise"):
        yield


def random(shape: tuple[int, ...], dtype: Any, seed: int = 0, spread: float = 3) -> Array:
    with np.errstate(all="ignore"):
        return (spread * RNG(seed).standard_normal(shape)).astype(dtype)


def bits(a: Any) -> bytes:
    """All NaN are alike."""
    a = np.asarray(a)
    with np.errstate(all="ignore"):
        return np.where(np.isnan(a), a.dtype.type(np.nan), a).tobytes()


# ---- bits -----------------------------------------------------------------------------------------------------------


def calls(x: Array, dy: Array, axis: Any) -> dict[str, Array]:
    """What every direction of every function gives along one axis."""
    kept = np.asarray(dy, np.float32) > -2
    added = np.where(kept, dy, dy.dtype.type(-np.inf))
    found = {}
    for name in SCALED:
        function = fa.get(name)
        y = function(x, axis=axis)
        found |= {
            name: y,
            f"{name} scale": function(x, axis=axis, scale=0.3),
            f"{name} kept": function(x, axis=axis, mask=kept, scale=0.3),
            f"{name} added": function(x, axis=axis, mask=added),
            f"{name}.backward": function.backward(dy, x, axis=axis, scale=0.3),
            f"{name}.backward_from_output": function.backward_from_output(dy, y, axis=axis),
        }
    for name in ("hardmax", "sparsemax"):
        found[name] = fa.get(name)(x, axis=axis)
        found[f"{name}.backward"] = fa.get(name).backward(dy, x, axis=axis)
    less = np.take(dy, 0, axis=axis)
    found["logsumexp"] = fa.logsumexp(x, axis=axis)
    found["logsumexp.backward"] = fa.logsumexp.backward(less, x, axis=axis)
    found["maxout"] = fa.maxout(x, x.shape[axis], axis=axis)
    found["maxout.backward"] = fa.maxout.backward(np.expand_dims(less, axis), x, x.shape[axis], axis=axis)
    return found


def inputs(shape: tuple[int, ...], dtype: Any) -> tuple[Array, Array]:
    """Zeros of both signs, ties, infinities and NaN among them."""
    x, dy = random(shape, dtype), random(shape, dtype, 1)
    for k, value in enumerate((0.0, -0.0, 1.5, -np.inf)):
        x[RNG(k + 5).random(shape) < 0.1] = value
        dy[RNG(k + 15).random(shape) < 0.05] = min(abs(value), 9.0) * np.copysign(1, value)
    x.reshape(-1, shape[-1])[2, 0] = np.nan
    x.reshape(-1, shape[-1])[0, 1] = np.inf
    return x, dy


@compiled
@floats
@pytest.mark.parametrize("n", [2, 5, 31, 32, 33, 64, 200, 1030])
def test_bits_are_those_of_a_single_row(n: int, dtype: Any) -> None:
    """Wherever the axis is, whatever lies beside the row, and whatever the strides."""
    x, dy = inputs((9, n), dtype)
    alone = [calls(x[k].copy(), dy[k].copy(), 0) for k in range(9)]
    for layout in (
        lambda a: (a, -1),
        lambda a: (np.ascontiguousarray(a.T), 0),
        lambda a: (np.asfortranarray(a), 1),
        lambda a: (np.ascontiguousarray(a.T)[::-1][::-1], -2),
        lambda a: (np.repeat(a, 3, axis=1)[:, ::3], 1),
        lambda a: (np.ascontiguousarray(a.reshape(3, 3, n).transpose(0, 2, 1)), 1),
        lambda a: (np.repeat(np.ascontiguousarray(a.T), 2, axis=1)[:, ::2], 0),
        # elements of a row a page apart
        lambda a: (np.pad(np.ascontiguousarray(a.T), ((0, 0), (0, 2048)))[:, :9], 0),
    ):
        (one, axis), (other, _) = layout(x), layout(dy)
        for key, got in calls(one, other, axis).items():
            rows = [r[key] for r in alone]
            if np.ndim(got) == np.ndim(one):
                found = np.moveaxis(got, axis, -1).reshape(9, -1)
            else:
                found = np.reshape(got, (9, 1))
            wrong = [k for k in range(9) if bits(found[k]) != bits(rows[k])]
            assert not wrong, f"{key}: rows {wrong}: {found[wrong[0]]} and not {rows[wrong[0]]}"


@compiled
@floats
@pytest.mark.parametrize(("shape", "axis"), [((4000, 130), -1), ((130, 4000), 0), ((60, 20, 500), 1), ((4000, 130), 0)])
def test_bits_do_not_depend_on_threads(shape: tuple[int, ...], axis: int, dtype: Any) -> None:
    x, dy = inputs(shape, dtype)
    with fa.threads(1):
        expected = {key: bits(y) for key, y in calls(x, dy, axis).items()}
    for count in (2, 3):
        with fa.threads(count):
            for key, y in calls(x, dy, axis).items():
                assert bits(y) == expected[key], f"{key}, {count} threads"
    square = random((20, 150, 150), dtype)
    for name in SCALED:
        with fa.threads(1):
            one = bits(fa.get(name)(square, causal=True))
        with fa.threads(2):
            assert bits(fa.get(name)(square, causal=True)) == one


@floats
@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
def test_in_place_and_out(axis: Any, dtype: Any) -> None:
    x, dy = random((6, 35, 40), dtype), random((6, 35, 40), dtype, 1)
    for name in SHAPED:
        function = fa.get(name)
        y = function(x, axis=axis)
        for out in (x.copy(), np.asfortranarray(x), np.zeros((12, 35, 80), dtype)[::2, ::-1, 1::2]):
            again = x if out.strides != x.strides else out
            assert function(again, out, axis=axis) is out
            assert np.allclose(out.astype(float), y.astype(float), rtol=1e-2, atol=1e-2)
            assert kernels.isa == "numpy" or bits(out) == bits(y), name
        for backward, second in ((function.backward, x), (function.backward_from_output, y)):
            right = backward(dy, second, axis=axis)
            for k in range(2):
                pair = [dy.copy(), second.copy()]
                assert backward(*pair, out=pair[k], axis=axis) is pair[k]
                assert bits(pair[k]) == bits(right), f"{name}, {backward}, {k}"


CHILD = """
    import hashlib, json, sys
    import numpy as np
    import test_axis
    found = {}
    from floats import FLOATS
    for dtype in FLOATS:
        for shape, axis in (((50, 7), -1), ((7, 50), 0), ((40, 300), -1), ((300, 40), 0)):
            for key, y in test_axis.calls(*test_axis.inputs(shape, dtype), axis).items():
                found[f"{key} {np.dtype(dtype)} {shape} {axis}"] = hashlib.sha256(test_axis.bits(y)).hexdigest()
    print(json.dumps(found))
"""


@pytest.mark.skipif(len(FMA) < 2, reason="one instruction set with fma")
def test_bits_do_not_depend_on_the_instruction_set(run_python: Any) -> None:
    package, tests = (__import__(n).__file__.rsplit("/", 1)[0] for n in ("fastact", "test_axis"))
    path = f"{package.rsplit('/', 1)[0]}:{tests}"
    found = []
    for isa in FMA:
        process = run_python("-W", "error", "-c", textwrap.dedent(CHILD), FASTACT_ISA=isa, PYTHONPATH=path)
        assert process.returncode == 0, process.stderr
        found.append(json.loads(process.stdout))
    differing = [key for key in found[0] if found[0][key] != found[1][key]]
    assert not differing, f"{FMA}: {differing}"


# ---- edges ----------------------------------------------------------------------------------------------------------


@floats
@pytest.mark.parametrize("n", [2, 5, 40, 100])
@pytest.mark.parametrize("beside", [1, 3, 40])
def test_rows_of_infinities_and_nan(n: int, beside: int, dtype: Any) -> None:
    """Alone, one of several rows, and rows side by side."""
    inf, nan = np.inf, np.nan
    plain = random((n,), dtype)

    def every(name: str, row: Array) -> list[Array]:
        x = np.repeat(row[None], beside, axis=0)
        sides = [fa.get(name)(x), fa.get(name)(np.ascontiguousarray(x.T), axis=0).T]
        return [y if y.ndim == 2 else y[:, None] for y in sides]

    least = np.full(n, -inf, dtype)
    for name, wanted in (("softmax", 0), ("log_softmax", -inf), ("sparsemax", 0), ("logsumexp", -inf)):
        for y in every(name, least):
            assert (y == wanted).all(), name
    for y in every("softmin", -least):
        assert (y == 0).all()
    for y in every("hardmax", least):
        assert (y[:, 0] == 1).all()
        assert (y[:, 1:] == 0).all()
    for value, at in ((nan, 0), (nan, n - 1), (inf, 0), (inf, n // 2)):
        for rest in (plain, least):
            row = rest.copy()
            row[at] = value
            row[(at + 1) % n] = -inf
            for name, most, others in (("softmax", 1, 0), ("log_softmax", 0, -inf), ("sparsemax", 1, 0)):
                limit = np.where(np.arange(n) == at, most, others)
                for y in every(name, row):
                    right = np.isnan(y.astype(float)).all() if value != value else (y == limit).all()
                    assert right, f"{name} of {row}: {y}"
            for y in every("softmin", -row):
                right = np.isnan(y.astype(float)).all() if value != value else (y == (np.arange(n) == at)).all()
                assert right
            for y in every("logsumexp", row):
                assert np.isnan(y.astype(float)).all() if value != value else (y == inf).all()
            for y in every("hardmax", row):
                assert np.isnan(y.astype(float)).all() if value != value else (y[:, at] == 1).all()
    # where two are inf, or one beside NaN, there is no limit
    for beside_it in (inf, nan):
        row = plain.copy()
        row[0], row[n - 1] = inf, beside_it
        for name in ("softmax", "log_softmax", "sparsemax"):
            for y in every(name, row):
                assert np.isnan(y.astype(float)).all(), f"{name} of {row}: {y}"
    some = plain.copy()
    some[0] = -inf
    for name, wanted in (("softmax", 0), ("log_softmax", -inf), ("sparsemax", 0)):
        for y in every(name, some):
            assert (y[:, 0] == wanted).all()
            assert not np.isnan(y.astype(float)).any()


@floats
def test_large_scores(dtype: Any) -> None:
    for n in (2, 3, 40):
        x = np.zeros((5, n), dtype)
        x[:, 0], x[:, 1:] = 1e4, -1e4
        top = float(x[0, 0])
        assert fa.softmax(x).tolist() == [[1] + [0] * (n - 1)] * 5
        assert fa.softmin(-x).tolist() == [[1] + [0] * (n - 1)] * 5
        assert fa.log_softmax(x).tolist() == [[0] + [-2 * top] * (n - 1)] * 5
        assert fa.logsumexp(x).tolist() == [top] * 5
        assert fa.sparsemax(x).tolist() == [[1] + [0] * (n - 1)] * 5
    most = oracle.finfo(dtype).max
    x = np.array([most, -most, 0], dtype)
    assert fa.softmax(x).tolist() == [1, 0, 0]
    assert fa.sparsemax(x).tolist() == [1, 0, 0]
    assert fa.logsumexp(x) == most
    assert fa.log_softmax(x)[0] == 0
    assert (fa.softmax(np.full(40, most)) == dtype(1 / 40)).all()


@floats
@scaled
@pytest.mark.parametrize("axis", [0, -1])
def test_rows_that_are_masked_whole(name: str, axis: int, dtype: Any) -> None:
    function = fa.get(name)
    for n in (3, 40):
        x, dy = random((n, n), dtype), random((n, n), dtype, 1)
        kept = np.ones((n, n), bool)
        (kept if axis else kept.T)[1] = False
        added = np.where(kept, dtype(0), dtype(-np.inf))
        x[~kept] = np.nan  # of what does not take part nothing counts
        # but by an additive mask it does: NaN - inf is NaN
        finite = np.where(kept, x, dtype(2))
        for given, key, mask in ((x, "mask", kept), (x, "where", kept), (finite, "mask", added)):
            y = function(given, axis=axis, **{key: mask})
            assert (y[~kept] == (-np.inf if name == "log_softmax" else 0)).all()
            assert np.isfinite(y[kept].astype(float)).all()
            for slope in (
                function.backward(dy, given, axis=axis, **{key: mask}),
                function.backward_from_output(dy, y, axis=axis),
            ):
                assert (slope[~kept] == 0).all()
                assert np.isfinite(slope.astype(float)).all()


@floats
def test_masked_elements_get_no_gradient(dtype: Any) -> None:
    """Nor do they in the Jacobian."""
    x = random((4, 50), dtype)
    x[:, ::3] = -np.inf
    dy = np.ones_like(x)
    for one, other, axis in ((x, dy, -1), (np.ascontiguousarray(x.T), np.ascontiguousarray(dy.T), 0)):
        for name in ("softmax", "log_softmax", "sparsemax"):
            slope = np.moveaxis(fa.get(name).backward(other, one, axis=axis), axis, -1)
            assert (slope[:, ::3] == 0).all(), name
            jacobian = fa.get(name).derivative(one, axis=axis)
            assert np.isfinite(jacobian.astype(float)).all()
            assert (jacobian[..., ::3] == 0).all(), name


@floats
@scaled
def test_what_is_left_out_may_be_anything(name: str, dtype: Any) -> None:
    """With where= or causal= beside an additive mask too."""
    function = fa.get(name)
    x, mask = random((6, 6), dtype), random((6, 6), dtype, 1)
    below = np.tri(6, dtype=bool)
    spoilt = np.where(below, x, dtype(np.nan))
    right = function(x, mask=np.where(below, mask, dtype(-np.inf)))
    assert bits(function(spoilt, mask=mask, causal=True)) == bits(right)
    assert bits(function(spoilt, mask=mask, where=below)) == bits(right)
    assert bits(function(spoilt, mask=mask, where=below, causal=True)) == bits(right)
    assert np.isnan(spoilt[~below].astype(float)).all()
    expected = function.backward(x, x, where=below)
    assert bits(function.backward(x, spoilt, where=below)) == bits(expected)
    assert bits(function(x, where=below, causal=True)) == bits(function(x, causal=True))
    assert bits(function(x, mask=below, where=below.T)) == bits(function(x, mask=np.eye(6, dtype=bool)))


@floats
@names
def test_empty(name: str, dtype: Any) -> None:
    function = fa.get(name)
    more = (1,) if name == "maxout" else ()
    for shape, axis in (((0,), 0), ((3, 0), -1), ((3, 0), 0), ((0, 4), 1), ((0, 3, 4), 2), ((2, 0, 4), 1)):
        x = np.zeros(shape, dtype)
        y = function(x, *more, axis=axis)
        assert y.dtype == dtype
        if name == "logsumexp":
            assert np.shape(y) == tuple(n for k, n in enumerate(shape) if k != axis % len(shape))
            assert np.all(y == -np.inf)
            assert function.backward(y, x, axis=axis).shape == shape
        else:
            assert y.shape == shape
    if name == "maxout":
        return
    for axis in ((1, 2), (0, 2), None):
        y = function(np.zeros((0, 3, 4), dtype), axis=axis)
        rest = tuple(n for k, n in enumerate((0, 3, 4)) if axis is not None and k not in axis)
        assert np.shape(y) == (rest if name == "logsumexp" else (0, 3, 4))


@names
def test_other_dtypes(name: str) -> None:
    """Integers and bool as in np.exp; longdouble with its own digits."""
    function, more = fa.get(name), (2,) if name == "maxout" else ()
    keywords = {"noise": 0} if name == "gumbel_softmax" else {}
    for code in "?bBhHiIlLqQ":
        x = np.array([[0, 1, 1, 0], [1, 0, 1, 1]], code)
        wanted = np.exp(np.zeros(1, code)).dtype
        for axis in (0, -1):
            y = function(x, *more, axis=axis, **keywords)
            assert y.dtype == wanted
            assert bits(y) == bits(function(x.astype(wanted), *more, axis=axis, **keywords))
    x = random((4, 6), np.longdouble)
    for axis in (0, -1):
        y = function(x, *more, axis=axis, **keywords)
        assert y.dtype == np.longdouble
        single = function(x.astype(float), *more, axis=axis, **keywords)
        assert np.allclose(y.astype(float), single, rtol=1e-14, atol=1e-15)
    big = random((4, 6), ">f8")
    assert bits(function(big, *more, axis=0, **keywords)) == bits(
        function(big.astype(float), *more, axis=0, **keywords)
    )


def test_longdouble_keeps_its_digits() -> None:
    if np.finfo(np.longdouble).nmant < 63:
        pytest.skip("longdouble is float64 here")
    x = random((5, 9), np.longdouble)
    e = np.exp(x)
    right = e / e.sum(axis=0)
    assert np.allclose(fa.softmax(x, axis=0), right, rtol=1e-17, atol=0)
    assert np.allclose(fa.log_softmax(x, axis=0), np.log(right), rtol=1e-17, atol=1e-18)
    mask = np.where(x > 0, 0, -np.inf).astype(np.longdouble)
    assert fa.softmax(x.astype(np.float32), mask=mask).dtype == np.longdouble
