"""Gated linear units and bias: against their definitions in NumPy, in every layout, dtype and form."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from floats import FLOATS, HALVES

import fastact as fa
from fastact.runtime import kernels
from fastact.table.registry import ELEMENTWISE, OTHERS, Row

Array = npt.NDArray[Any]
RNG = np.random.default_rng
GATED = [row.name for row in OTHERS if row.gated]
GATES = {"glu": "sigmoid", "reglu": "relu", "geglu": "gelu", "swiglu": "silu", "bilinear": "identity"}
gated = pytest.mark.parametrize("name", GATED)
floats = pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.__name__)
BIASED = [row for row in ELEMENTWISE if all(p.name != "bias" for p in row.params)]
biased = pytest.mark.parametrize("row", BIASED, ids=lambda row: row.name)


def pair(shape: tuple[int, ...], dtype: Any, seed: int = 0) -> tuple[Array, Array, Array]:
    return tuple((2 * RNG(seed + k).standard_normal(shape)).astype(dtype) for k in range(3))  # type: ignore[return-value]


def exact(name: str, gate: Array, up: Array, **options: Any) -> tuple[Array, Array, Array]:
    """Value, and its derivatives by gate and by what it multiplies, in longdouble.

    The activation itself is the float64 kernel's, whose bound other tests hold.
    """
    wide, held = gate.astype(np.float64), up.astype(np.longdouble)
    limit = options.get("limit") or np.inf
    inside = (wide <= limit, np.abs(held) <= limit)
    wide, held = np.minimum(wide, limit), np.clip(held, -limit, limit) + options.get("shift", 0.0)
    function = fa.get(GATES[name])
    keywords = {"beta": options["alpha"]} if "alpha" in options else {}
    if options.get("approximate") == "tanh":
        function = fa.get("gelu_tanh")
    value = function(wide, **keywords)
    return value * held, function.derivative(wide, **keywords) * held * inside[0], value * inside[1]


def close(got: Array, want: Array, dtype: Any, ulps: float, size: Any = None) -> bool:
    """Within so many ULPs of the result, or of what has another ``size``; or so many units of subnormal numbers."""
    eps = {np.float32: 2.0**-23, np.float64: 2.0**-52}.get(dtype, 2.0**-10 if dtype is np.float16 else 2.0**-7)
    least = {np.float32: 2.0**-149, np.float64: 0.0}.get(dtype, 2.0**-24 if dtype is np.float16 else 2.0**-133)
    size = np.abs(want) if size is None else size
    return bool((np.abs(got.astype(np.longdouble) - want) <= ulps * (eps * size + least)).all())


OPTIONS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in GATED),
    ("geglu", {"approximate": "tanh"}),
    ("swiglu", {"alpha": 1.5}),
    ("swiglu", {"alpha": 1.75, "limit": 2.0, "shift": 1.0}),
]


@floats
@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_value_and_gradients(name: str, options: dict[str, Any], dtype: Any) -> None:
    gate, up, dy = pair((5, 300), dtype)
    function = fa.get(name)
    value, by_gate, by_up = exact(name, gate, up, **options)
    # a gate's value is within 2 ULP, its derivative within 3; products and the sum with shift are rounded once more
    got = function(gate, up, **options)
    assert got.dtype == dtype
    assert close(got, value, dtype, 4)
    for got, slope in zip(function.backward(dy, gate, up, **options), (by_gate, by_up), strict=True):
        assert got.dtype == dtype
        # near a root of a gate's derivative its error counts in ULPs of 2^-6
        size = np.abs(slope) if slope is by_up else np.maximum(np.abs(slope), 2.0**-6 * np.abs(up) + 2.0**-6)
        assert close(got, dy * slope, dtype, 6, np.abs(dy) * size)


@floats
@gated
@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("gate", ["first", "second"])
def test_packed_is_split(name: str, axis: int, interleaved: bool, gate: str, dtype: Any) -> None:
    x, *_ = pair((4, 6, 70), dtype)
    size = x.shape[axis] // 2
    if interleaved:
        parts = [np.take(x, range(k, 2 * size, 2), axis) for k in (0, 1)]
    else:
        parts = [np.take(x, range(k, k + size), axis) for k in (0, size)]
    parts = parts if gate == "first" else parts[::-1]
    function = fa.get(name)
    options: dict[str, Any] = {"axis": axis, "gate": gate, "interleaved": interleaved}
    want = function(*parts)
    layouts = (x, np.asfortranarray(x), np.repeat(x, 2, axis=2)[:, :, ::2], x[::-1, ::-1].copy()[::-1, ::-1])
    for layout in layouts:
        assert function(layout, **options).tobytes() == want.tobytes()
    dy = want[::-1].copy()
    gradients = function.backward(dy, *parts)
    packed = function.backward(dy, x, **options)
    assert packed.shape == x.shape
    first, second = gradients if gate == "first" else gradients[::-1]
    if interleaved:
        halves = [np.take(packed, range(k, 2 * size, 2), axis) for k in (0, 1)]
    else:
        halves = [np.take(packed, range(k, k + size), axis) for k in (0, size)]
    assert halves[0].tobytes() == first.tobytes()
    assert halves[1].tobytes() == second.tobytes()
    again = x.copy()
    assert function.backward(dy, again, out=again, **options) is again
    assert again.tobytes() == packed.tobytes()


@gated
def test_the_default_gate_is_that_of_its_paper(name: str) -> None:
    x, *_ = pair((3, 8), np.float64)
    halves = (x[:, 4:], x[:, :4]) if name == "glu" else (x[:, :4], x[:, 4:])
    np.testing.assert_array_equal(fa.get(name)(x), fa.get(name)(*halves))


@floats
@gated
def test_out_may_be_an_input_or_half_of_one(name: str, dtype: Any) -> None:
    function = fa.get(name)
    gate, up, dy = pair((40, 700), dtype)
    want, gradients = function(gate, up), function.backward(dy, gate, up)
    for k in range(2):
        inputs = [gate.copy(), up.copy()]
        assert function(*inputs, inputs[k]) is inputs[k]
        assert inputs[k].tobytes() == want.tobytes()
    for half in range(2):
        packed = np.concatenate([gate, up], axis=1)
        out = packed[:, half * 700 : (half + 1) * 700]
        function(packed, out=out, gate="first")
        assert out.tobytes() == want.tobytes()
    for chosen in ((0, 1), (1, 0), (2, 1), (1, 2), (0, 2)):
        inputs = [gate.copy(), up.copy(), dy.copy()]
        outs = inputs[chosen[0]], inputs[chosen[1]]
        found = function.backward(inputs[2], inputs[0], inputs[1], outs)
        assert [a.tobytes() for a in found] == [a.tobytes() for a in gradients], chosen


@gated
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (0, 4), (1,), (2, 3, 1)])
def test_small_and_empty(name: str, shape: tuple[int, ...]) -> None:
    gate, up, dy = (np.asarray(a) for a in pair(shape, np.float32))
    function = fa.get(name)
    got = function(gate, up)
    assert got.shape == shape
    assert close(np.asarray(got), exact(name, gate, up)[0], np.float32, 4)
    assert [np.shape(a) for a in function.backward(dy, gate, up)] == [shape, shape]


@gated
def test_bits_do_not_depend_on_threads(name: str) -> None:
    gate, up, dy = pair((300, 700), np.float32)
    function = fa.get(name)
    bias = up[0], gate[0]
    with fa.threads(1):
        want = function(gate, up, bias=bias).tobytes(), [a.tobytes() for a in function.backward(dy, gate, up)]
    for n in (2, 3):
        with fa.threads(n):
            assert function(gate, up, bias=bias).tobytes() == want[0]
            assert [a.tobytes() for a in function.backward(dy, gate, up)] == want[1]


@gated
def test_gated_bias(name: str) -> None:
    x, *_ = pair((5, 6, 8), np.float64)
    function = fa.get(name)
    for axis in (-1, 0, 1):
        x = x[:4] if axis == 0 else x
        bias = RNG(3).standard_normal(x.shape[axis])
        added = x + np.expand_dims(bias, tuple(k for k in range(3) if k != axis % 3))
        want = function(added, axis=axis)
        np.testing.assert_allclose(function(x, axis=axis, bias=bias), want, rtol=1e-15)
        dy = want[::-1].copy()
        dx, db = function.backward(dy, x, axis=axis, bias=bias, bias_gradient=True)
        np.testing.assert_allclose(dx, function.backward(dy, added, axis=axis), rtol=1e-14)
        np.testing.assert_allclose(db, dx.sum(axis=tuple(k for k in range(3) if k != axis % 3)), rtol=1e-13)
    gate, up, dy = pair((4, 5), np.float64)
    both = RNG(4).standard_normal(5), RNG(5).standard_normal(5)
    np.testing.assert_allclose(function(gate, up, bias=both), function(gate + both[0], up + both[1]), rtol=1e-15)
    gradients, sums = function.backward(dy, gate, up, bias=both, bias_gradient=True)
    for gradient, total in zip(gradients, sums, strict=True):
        np.testing.assert_allclose(total, gradient.sum(axis=0), rtol=1e-13)


def test_the_gradient_on_a_limit_is_that_of_the_inside() -> None:
    gate, up = np.array([2.0, 2.0, 3.0, -9.0]), np.array([2.0, -2.5, 1.0, -2.0])
    dy = np.ones(4)
    by_gate, by_up = fa.swiglu.backward(dy, gate, up, limit=2.0)
    assert (by_gate != 0).tolist() == [True, True, False, True]
    assert (by_up != 0).tolist() == [True, False, True, True]


def test_special_values() -> None:
    with np.errstate(all="raise"):
        got = fa.swiglu(np.array([np.nan, np.inf, -np.inf, 1.0]), np.array([1.0, 1.0, 1.0, np.nan]))
    assert np.isnan(got).tolist() == [True, False, False, True]
    assert got[1:3].tolist() == [np.inf, 0]


BAD: list[tuple[Any, tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    (fa.swiglu, (np.ones(3),), {}, ValueError, "x with 3 elements along axis -1"),
    (fa.swiglu, (np.ones(4), np.ones(3)), {}, ValueError, r"up of shape \(3,\)"),
    (fa.swiglu, (np.ones(4),), {"gate": "third"}, ValueError, "gate='third'"),
    (fa.swiglu, (np.ones(4),), {"interleaved": 1}, TypeError, "interleaved=1"),
    (fa.swiglu, (np.ones(4),), {"limit": -1.0}, ValueError, "limit=-1.0.*limit > 0 or None"),
    (fa.swiglu, (np.ones(4),), {"alpha": np.nan}, ValueError, "alpha=nan"),
    (fa.swiglu, (np.ones(4),), {"alpha": "1"}, TypeError, "alpha='1'"),
    (fa.swiglu, (np.ones(4),), {"beta": 1}, TypeError, "unexpected keyword argument 'beta'"),
    (fa.swiglu, (np.ones(4),), {"axis": 1}, ValueError, "axis=1"),
    (fa.swiglu, (np.ones(()),), {}, ValueError, "0-dimensional"),
    (fa.swiglu, (np.ones(4) * 1j,), {}, TypeError, "complex128"),
    (fa.swiglu, (np.ones(4),), {"bias": np.ones(3)}, ValueError, r"bias of shape \(3,\)"),
    (fa.swiglu, (np.ones(4), np.ones(4)), {"bias": np.ones(4)}, TypeError, "pair"),
    (fa.swiglu, (np.ones(4), None, np.ones(4)), {}, ValueError, r"out of shape \(4,\)"),
    (fa.geglu, (np.ones(4),), {"approximate": "erf"}, ValueError, "approximate='erf'"),
    (fa.swiglu.backward, (np.ones(3), np.ones(4)), {}, ValueError, r"dy of shape \(3,\)"),
    (fa.swiglu.backward, (np.ones(2), np.ones(4)), {"bias_gradient": True}, TypeError, "bias_gradient is for bias"),
    (fa.swiglu.derivative, (np.ones(4),), {}, TypeError, "swiglu has no derivative"),
    (fa.gelu, (np.ones(4),), {"bias": np.ones(3)}, ValueError, r"bias of shape \(3,\)"),
    (fa.gelu, (np.ones(4),), {"bias": np.ones((2, 4))}, ValueError, r"bias of shape \(2, 4\)"),
    (fa.gelu, (np.ones(4),), {"bias": np.ones(4) * 1j}, TypeError, "bias of dtype complex128"),
    (fa.gelu, (np.ones(4),), {"axis": 1}, TypeError, "axis is for bias"),
    (fa.gelu.backward, (np.ones(4), np.ones(4)), {"bias_gradient": True}, TypeError, "bias_gradient is for bias"),
    (fa.gelu.backward, (np.ones(4), np.ones(4)), {"bias": 1.0, "bias_gradient": 2}, TypeError, "bias_gradient=2"),
]


@pytest.mark.parametrize(("function", "inputs", "keywords", "error", "text"), BAD)
def test_bad_input_is_named(function: Any, inputs: Any, keywords: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        function(*inputs, **keywords)


@gated
def test_objects(name: str) -> None:
    function = fa.get(name)
    assert pickle.loads(pickle.dumps(function)) is function
    assert pickle.loads(pickle.dumps(function.backward)) is function.backward
    assert list(inspect.signature(function).parameters)[:3] == ["x", "up", "out"]
    assert "Parameters\n----------\nx : array_like" in function.__doc__


# ---- bias before an elementwise activation --------------------------------------------------------------------------


def required(row: Row) -> tuple[float, ...]:
    return tuple(0.25 for param in row.params if param.default is None)


@floats
@biased
def test_bias_is_added_first(row: Row, dtype: Any) -> None:
    """To the bit in float32 and float64; half types are rounded once, after the activation."""
    function: Any = fa.get(row.name)
    for shape, axis in (((3, 5, 70), -1), ((3, 5, 70), 1), ((700,), 0), ((3, 1000), -1), ((2, 3, 300), 0)):
        x, _, dy = pair(shape, dtype)
        b = RNG(9).standard_normal(shape[axis]).astype(dtype)
        if row.name == "logit":
            x, b = (np.abs(x) % dtype(0.5)).astype(dtype), (np.abs(b) % dtype(0.25)).astype(dtype)
        work = np.float32 if dtype in HALVES else dtype
        spread = b.reshape((-1,) + (1,) * (len(shape) - 1 - axis % len(shape)))
        total = x.astype(work) + spread.astype(work)
        for call, before in ((function, ()), (function.derivative, ()), (function.backward, (dy,))):
            want = call(*(a.astype(work) for a in before), total, *required(row)).astype(dtype)
            got = call(*before, x, *required(row), bias=b, axis=axis)
            assert got.dtype == dtype
            if kernels.isa == "numpy":  # which adds in float64
                np.testing.assert_allclose(got.astype(work), want.astype(work), rtol=1e-2, atol=1e-2)
                continue
            assert got.tobytes() == want.tobytes()
            again = x.copy()
            assert call(*before, again, *required(row), bias=b, axis=axis, out=again) is again
            assert again.tobytes() == want.tobytes()
            fortran = np.asfortranarray(x)
            assert call(*before, fortran, *required(row), bias=b, axis=axis).tobytes() == want.tobytes()


@pytest.mark.parametrize("name", ["relu", "gelu", "sine"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16], ids=lambda dtype: dtype.__name__)
def test_bias_in_rows_of_any_length(name: str, dtype: Any) -> None:
    """Rows that end anywhere in the runs that kernels are handed, with gaps between them, at any alignment."""
    if kernels.isa == "numpy":
        pytest.skip("adds in float64")
    function: Any = fa.get(name)
    work = np.float32 if dtype == np.float16 else dtype
    for rows, n in (
        (1, 1500),
        (3, 7),
        (700, 1),
        (300, 3),
        (90, 49),
        (20, 511),
        (9, 512),
        (7, 768),
        (5, 1536),
        (4, 1537),
    ):
        raw, _, incoming = pair((rows + 1, n + 5), dtype)
        gaps, dy = raw[1:, 3 : n + 3], incoming[1:, 3 : n + 3]
        offset = raw.reshape(-1)[1 : 1 + rows * n].reshape(rows, n)
        for x in (gaps, offset):
            for axis in (0, 1):
                b = RNG(3).standard_normal(x.shape[axis]).astype(dtype)
                total = x.astype(work) + b.astype(work).reshape((-1, 1) if axis == 0 else (1, -1))
                want = function(total).astype(dtype)
                assert function(x, bias=b, axis=axis).tobytes() == want.tobytes()
                slope = function.backward(dy.astype(work), total).astype(dtype)
                assert function.backward(dy, x, bias=b, axis=axis).tobytes() == slope.tobytes()
                target = np.zeros_like(raw)
                held = target[1:, 2 : n + 2]
                assert function(x, held, bias=b, axis=axis) is held
                assert held.tobytes() == want.tobytes()
                held[...] = 0
                assert not target.any()
                held[...] = x
                function(held, held, bias=b, axis=axis)
                assert held.tobytes() == want.tobytes()


@floats
def test_gates_with_bias_in_rows_of_any_length(dtype: Any) -> None:
    if kernels.isa == "numpy":
        pytest.skip("adds in float64")
    work = np.float32 if dtype in HALVES else dtype
    for rows, n in ((1, 1500), (300, 3), (90, 49), (9, 512), (7, 768)):
        gate, up, dy = pair((rows, n), dtype)
        packed = np.concatenate([gate, up], axis=1)
        b = RNG(3).standard_normal(2 * n).astype(dtype)
        wide = packed.astype(work) + b.astype(work)
        want = fa.swiglu(wide).astype(dtype)
        assert fa.swiglu(packed, bias=b).tobytes() == want.tobytes()
        assert fa.swiglu(packed, bias=b, gate="first").tobytes() == want.tobytes()
        assert fa.swiglu(gate, up, bias=(b[:n], b[n:])).tobytes() == want.tobytes()
        slope = fa.swiglu.backward(dy.astype(work), wide).astype(dtype)
        assert fa.swiglu.backward(dy, packed, bias=b).tobytes() == slope.tobytes()
        assert fa.swiglu.backward(dy, packed, bias=b, interleaved=False).tobytes() == slope.tobytes()


def test_short_way_of_a_call_keeps_the_checks() -> None:
    x, up, dy = pair((3, 8), np.float32)
    b = np.zeros(8, np.float32)
    for _ in range(2):
        assert (
            fa.leaky_relu(x, bias=b, negative_slope=0.25).tobytes() == fa.leaky_relu(x, negative_slope=0.25).tobytes()
        )
        assert fa.swiglu(x, up, alpha=2.0).tobytes() == fa.swiglu(x, up, alpha=2).tobytes()
        for call, message in (
            (lambda: fa.gelu(x, bias=b[:7]), "it must be one number or have one for each of the 8"),
            (lambda: fa.gelu(x, bias=b, axis=-1.0), "axis=-1.0 is not accepted"),
            (lambda: fa.gelu(x, bias=b, axis=2), "axis=2 is not an axis of x"),
            (lambda: fa.gelu.backward(dy, x, bias=b, bias_gradient=1), "bias_gradient=1 is not accepted"),
            (lambda: fa.leaky_relu(x, bias=b, negative_slope=np.inf), "negative_slope=inf is not accepted"),
            (lambda: fa.gelu(x, bias=b, approximate="erf"), "approximate='erf' is not accepted"),
            (lambda: fa.gelu(x, bias=b, slope=1.0), "unexpected keyword argument 'slope'"),
            (lambda: fa.gelu(x, np.zeros((3, 8), np.int32), bias=b), "annot cast"),
            (lambda: fa.swiglu(x[:, :7]), "they must be an even number"),
            (lambda: fa.swiglu(x, up[:2]), "up of shape"),
            (lambda: fa.swiglu(x, up, bias=b), "must be a pair"),
            (lambda: fa.swiglu(x, bias=b[:4]), "it must be one number or have one for each of the 8"),
            (lambda: fa.swiglu(x, up, alpha=-np.inf), "alpha=-inf is not accepted"),
            (lambda: fa.swiglu(x, out=up), "out of shape"),
            (lambda: fa.swiglu.backward(dy, x), "dy of shape"),
        ):
            with pytest.raises((TypeError, ValueError), match=message):
                call()


def test_bias_gradient_of_large_arrays() -> None:
    """Sums in float64, whatever the layout and however many threads add up."""
    for shape, axis in (((40, 3, 70), 1), ((300, 96), -1), ((5, 9000), 0), ((20, 8, 5, 9), 1), ((20000,), 0)):
        x, _, dy = pair(shape, np.float32)
        b = RNG(1).standard_normal(shape[axis]).astype(np.float32)
        others = tuple(k for k in range(len(shape)) if k != axis % len(shape))
        for bias in (b, np.float32(0.5)):
            with fa.threads(1):
                dx, db = fa.silu.backward(dy, x, bias=bias, axis=axis, bias_gradient=True)
            want = dx.astype(np.float64).sum(axis=others if bias.ndim else None).astype(np.float32)
            assert db.dtype == np.float32
            assert db.shape == want.shape
            np.testing.assert_allclose(db, want, rtol=2e-7)
            with fa.threads(2):
                again = fa.silu.backward(dy, x, bias=bias, axis=axis, bias_gradient=True)[1]
            assert again.tobytes() == db.tobytes()
    x, _, dy = pair((400, 64), np.float32)
    b = np.zeros(64, np.float32)
    dx, db = fa.swiglu.backward(dy[:, :32], x, bias=b, bias_gradient=True)
    np.testing.assert_allclose(db, dx.astype(np.float64).sum(axis=0), rtol=2e-7)


@biased
def test_bias_gradient(row: Row) -> None:
    function: Any = fa.get(row.name)
    x, _, dy = pair((4, 6, 5), np.float64)
    for axis in range(3):
        b = 0.1 * RNG(1).standard_normal(x.shape[axis])
        dx, db = function.backward(dy, x, *required(row), bias=b, axis=axis, bias_gradient=True)
        np.testing.assert_array_equal(dx, function.backward(dy, x, *required(row), bias=b, axis=axis))
        np.testing.assert_allclose(db, dx.sum(axis=tuple(k for k in range(3) if k != axis)), rtol=1e-12, atol=1e-12)


def test_bias_beside_other_keywords() -> None:
    x, _, _ = pair((6, 8), np.float32)
    b = RNG(1).standard_normal(8).astype(np.float32)
    tanh = fa.gelu(x, bias=b, approximate="tanh")
    if kernels.isa != "numpy":  # which adds in float64
        np.testing.assert_array_equal(tanh, fa.gelu(x + b, approximate="tanh"))
    np.testing.assert_allclose(tanh, fa.gelu_tanh(x.astype(np.float64) + b), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(fa.elu(x, bias=b, alpha=np.full(8, 0.5, np.float32)), fa.elu(x + b, alpha=0.5))
    weight = np.linspace(0, 1, 8, dtype=np.float32)
    np.testing.assert_array_equal(fa.prelu(x, weight, bias=b, axis=1), fa.prelu(x + b, weight, axis=1))
    out = np.zeros_like(x)
    fa.relu(x, bias=b, out=out, where=x > 0)
    np.testing.assert_array_equal(out, np.where(x > 0, np.maximum(x + b, 0), 0))
    assert fa.gelu(x, bias=b.astype(np.float64)).dtype == np.float64
    assert fa.gelu(x, bias=[0.5] * 8).dtype == np.float32
    assert fa.gelu(np.float32(1), bias=0.5) == fa.gelu(np.float32(1.5))
    np.testing.assert_array_equal(fa.shrink(x, bias=0.25), fa.shrink(x, bias=np.float32(0.25)))  # its own parameter


@pytest.mark.parametrize("name", ["gelu", "silu", "xielu", "relu"])
def test_bias_bits_do_not_depend_on_threads(name: str) -> None:
    x, _, dy = pair((3, 400, 300), np.float32)
    function: Any = fa.get(name)
    for axis in range(3):
        b = RNG(1).standard_normal(x.shape[axis]).astype(np.float32)
        with fa.threads(1):
            want = function(x, bias=b, axis=axis), function.backward(dy, x, bias=b, axis=axis)
        with fa.threads(2):
            assert function(x, bias=b, axis=axis).tobytes() == want[0].tobytes()
            assert function.backward(dy, x, bias=b, axis=axis).tobytes() == want[1].tobytes()


def test_the_gradient_of_one_bias_for_all_is_the_sum_of_all() -> None:
    x, up, dy = pair((3, 4), np.float64)
    dx, db = fa.silu.backward(dy, x, bias=0.5, bias_gradient=True)
    assert np.shape(db) == ()
    np.testing.assert_allclose(db, dx.sum(), rtol=1e-13)
    dx, db = fa.swiglu.backward(dy[:, :2], x, bias=0.5, bias_gradient=True)
    assert np.shape(db) == ()
    np.testing.assert_allclose(db, dx.sum(), rtol=1e-13)
    gradients, sums = fa.swiglu.backward(dy, x, up, bias=(0.5, 0.25), bias_gradient=True)
    for gradient, total in zip(gradients, sums, strict=True):
        assert np.shape(total) == ()
        np.testing.assert_allclose(total, gradient.sum(), rtol=1e-13)
