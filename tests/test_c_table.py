"""`fused` and `along` of the C table: the bits of the Python functions; misuse is a status, with nothing written."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.runtime import kernels

if kernels.isa == "numpy":
    pytest.skip("there is no C table without kernels", allow_module_level=True)

import c_table as c
from c_table import Operands, Runs, address, doubles, operand, same_bits

TABLE = c.table()
RNG = np.random.default_rng(7)
NATIVE = ("float16", "float32", "float64")
INF = float("inf")


def data(*shape: int, dtype: str = "float32") -> Any:
    return (RNG.standard_normal(shape) * 3).astype(dtype)


def test_head_of_the_table() -> None:
    assert TABLE.size == c.ctypes.sizeof(c.Table)
    assert TABLE.version.decode() == fa.__version__
    assert TABLE.isa.decode() == kernels.isa
    assert TABLE.get_num_threads() == fa.get_num_threads()
    with fa.threads(1):
        assert TABLE.get_num_threads() == 1
    messages = {TABLE.message(status) for status in range(-7, 1)}
    assert len(messages) == 8
    assert TABLE.message(-1000) == TABLE.message(17) == b"not a status of fastact"


def test_look_ups() -> None:
    for name in fa.names(aliases=True):
        canonical = fa.get(name).name
        assert TABLE.activation(name.encode()) == TABLE.activation(canonical.encode())
        assert TABLE.find(name.encode(), 1, 0) == TABLE.find(canonical.encode(), 1, 0)
    for name in (b"", b"gelo", b"GELU", b"softmax", None):
        assert TABLE.activation(name) == c.UNKNOWN
        assert TABLE.find(name, 1, 0) is None
        assert TABLE.find_scalar(name, 0) is None
        assert TABLE.find_scalar_f32(name, 0) is None
        assert TABLE.parameters(name, 0, None) == c.UNKNOWN
    for dtype, direction in ((-1, 0), (4, 0), (1, -1), (1, 4), (1, 2**31 - 1)):
        assert TABLE.find(b"relu", dtype, direction) is None
    assert TABLE.find(b"silu", 1, c.FROM_OUTPUT) is None
    assert TABLE.parameters(b"silu", c.FROM_OUTPUT, None) == c.UNKNOWN
    assert TABLE.find_scalar(b"relu", c.BACKWARD) is None
    assert TABLE.axis_function(None) == TABLE.axis_function(b"gelu") == c.UNKNOWN


# ---- fused ----------------------------------------------------------------------------------------------------------


def fused(name: str, direction: int, rows: int, n: int, *parameters: float, **operands: Any) -> int:
    dtype = operands.pop("dtype", "float32")
    threads = operands.pop("threads", 1)
    given = Operands(limit=operands.pop("limit", INF), shift=operands.pop("shift", 0.0))
    for key, value in operands.items():
        setattr(given, key, value if isinstance(value, c.Operand) else operand(value))
    p = doubles(*parameters) if parameters else None
    row = TABLE.activation(name.encode())
    return int(TABLE.fused(row, c.DTYPES[dtype], direction, given, rows, n, p, threads))


@pytest.mark.parametrize("dtype", NATIVE)
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (5, 512), (4, 1500), (300, 40)])
def test_bias(dtype: str, shape: tuple[int, int]) -> None:
    rows, n = shape
    x, dy = data(*shape, dtype=dtype), data(*shape, dtype=dtype)
    for axis, bias in ((-1, data(n, dtype=dtype)), (0, data(rows, dtype=dtype))):
        b = c.Operand(bias.ctypes.data, *((0, 1) if axis else (1, 0)))
        for name, keywords in (("gelu", {}), ("silu", {"beta": 0.5}), ("relu", {})):
            f = fa.get(name)
            for direction, want in (
                (c.FORWARD, f(x, bias=bias, axis=axis, **keywords)),
                (c.DERIVATIVE, f.derivative(x, bias=bias, axis=axis, **keywords)),
                (c.BACKWARD, f.backward(dy, x, bias=bias, axis=axis, **keywords)),
            ):
                given = {"dy": dy} if direction == c.BACKWARD else {}
                out = np.empty_like(x)
                assert (
                    fused(name, direction, *shape, *keywords.values(), x=x, bias=b, out=out, dtype=dtype, **given) == 0
                )
                assert same_bits(out, want), (name, direction)
                over = x.copy()
                assert (
                    fused(name, direction, *shape, *keywords.values(), x=over, bias=b, out=over, dtype=dtype, **given)
                    == 0
                )
                assert same_bits(over, want), (name, direction, "in place")


@pytest.mark.parametrize("dtype", NATIVE)
@pytest.mark.parametrize("layout", ["split", "packed", "interleaved"])
@pytest.mark.parametrize("name", ["swiglu", "geglu", "reglu"])
def test_gated(name: str, layout: str, dtype: str) -> None:
    rows, n = 6, 700
    packed = data(rows, 2 * n, dtype=dtype)
    gate, up = {
        "split": (data(rows, n, dtype=dtype), data(rows, n, dtype=dtype)),
        "packed": (packed[:, :n], packed[:, n:]),
        "interleaved": (packed[:, ::2], packed[:, 1::2]),
    }[layout]
    inner = {"swiglu": "silu", "geglu": "gelu", "reglu": "relu"}[name]
    function, keywords, settings = fa.get(name), {}, {}
    if name == "swiglu":
        keywords = {"alpha": 1.702, "limit": 2.5, "shift": 1.0}
        settings = {"limit": 2.5, "shift": 1.0}
    parameters = (1.702,) if name == "swiglu" else ()
    want = function(gate, up, **keywords)
    out = np.empty((rows, n), dtype)
    assert fused(inner, c.FORWARD, rows, n, *parameters, x=gate, up=up, out=out, dtype=dtype, **settings) == 0
    assert same_bits(out, want)
    dy = data(rows, n, dtype=dtype)
    d_gate, d_up = function.backward(dy, gate, up, **keywords)
    mine, my_up = np.empty((rows, n), dtype), np.empty((rows, n), dtype)
    arguments = dict(dy=dy, x=gate, up=up, dtype=dtype, **settings)
    assert fused(inner, c.BACKWARD, rows, n, *parameters, out=mine, up_out=my_up, **arguments) == 0
    assert same_bits(mine, d_gate)
    assert same_bits(my_up, d_up)
    # gradients over their inputs, and the value over the gate: halves of one buffer do not hinder each other
    assert fused(inner, c.BACKWARD, rows, n, *parameters, out=gate, up_out=up, **arguments) == 0
    assert same_bits(gate, d_gate)
    assert same_bits(up, d_up)
    want = function(gate, up, **keywords)
    assert fused(inner, c.FORWARD, rows, n, *parameters, x=gate, up=up, out=gate, dtype=dtype, **settings) == 0
    assert same_bits(gate, want)


def test_gated_with_biases_and_threads() -> None:
    rows, n = 512, 300
    gate, up, b, c_up = data(rows, n), data(rows, n), data(n), data(n)
    want = fa.swiglu(gate, up, bias=(b, c_up))
    biases = {"bias": c.Operand(b.ctypes.data, 0, 1), "up_bias": c.Operand(c_up.ctypes.data, 0, 1)}
    for threads in (0, 1, 2):
        out = np.empty_like(gate)
        assert fused("silu", c.FORWARD, rows, n, x=gate, up=up, out=out, threads=threads, **biases) == 0
        assert same_bits(out, want)


def test_rows_that_lie_apart() -> None:
    wide = data(9, 40)
    x = wide[1::2, 3:31]
    want, before = fa.gelu(x), wide.copy()
    assert fused("gelu", c.FORWARD, *x.shape, x=x, out=x) == 0
    assert same_bits(x, want)
    before[1::2, 3:31] = want
    assert same_bits(wide, before)
    # halves of the rows of one buffer, not of the same row: they do not touch
    packed = data(7, 60)
    x, out = packed[:-1, :30], packed[1:, 30:]
    want = fa.gelu(x)
    assert fused("gelu", c.FORWARD, *x.shape, x=x, out=out) == 0
    assert same_bits(out, want)
    assert fused("gelu", c.FORWARD, *x.shape, x=x, out=packed[1:, 1:31]) == c.OVERLAP
    transposed = data(5, 8).T
    want = fa.elu(transposed, alpha=0.5)
    assert fused("elu", c.FORWARD, *transposed.shape, 0.5, x=transposed, out=transposed) == 0
    assert same_bits(transposed, want)


def test_misuse_of_fused() -> None:
    rows, n = 4, 8
    x, up, out, up_out, dy, b = (np.full((rows, n), value, np.float32) for value in range(1, 7))
    row = c.Operand(b.ctypes.data, 0, 1)
    packed = np.full((rows, 2 * n), 7, np.float32)
    before = [a.copy() for a in (x, up, out, up_out, dy, b, packed)]
    off = c.Operand(x.ctypes.data + 2, n, 1)
    good: dict[str, Any] = {"x": x, "out": out}
    wrong: list[tuple[int, tuple[Any, ...], dict[str, Any]]] = [
        (c.LENGTH, ("gelu", 0, -1, n), good),
        (c.LENGTH, ("gelu", 0, rows, -1), good),
        (c.LENGTH, ("gelu", 0, 2**62, 2**62), good),
        (c.NULL, ("gelu", 0, rows, n), {"x": x}),
        (c.NULL, ("gelu", 0, rows, n), {"out": out}),
        (c.NULL, ("gelu", 2, rows, n), good),
        (c.NULL, ("gelu", 2, rows, n), {**good, "dy": dy, "up": up}),
        (c.NULL, ("gelu", 0, rows, n), {**good, "up": up, "bias": row}),
        (c.NULL, ("gelu", 0, rows, n), {**good, "up_bias": row}),
        (c.ALIGNMENT, ("gelu", 0, rows - 1, n), {"x": off, "out": out}),
        (c.ALIGNMENT, ("gelu", 0, rows - 1, n), {"x": out, "out": off}),
        (c.OVERLAP, ("gelu", 0, rows - 1, n), {"x": x[1:], "out": x[:-1]}),
        (c.OVERLAP, ("gelu", 0, rows, n), {"x": x, "out": c.Operand(out.ctypes.data, 0, 1)}),
        (c.OVERLAP, ("gelu", 0, rows, n), {"x": x, "out": c.Operand(out.ctypes.data, n, 0)}),
        (c.OVERLAP, ("gelu", 0, rows, n), {"x": x, "out": x[:, ::-1]}),
        (c.OVERLAP, ("gelu", 0, rows, n), {**good, "bias": c.Operand(out.ctypes.data, 0, 1)}),
        (c.OVERLAP, ("gelu", 0, rows, n), {"x": packed[:, :n], "up": packed[:, n:], "out": packed[:, 1 : n + 1]}),
        (c.OVERLAP, ("gelu", 2, rows, n), {"x": x, "up": up, "dy": dy, "out": out, "up_out": out}),
        (c.PARAMETER, ("elu", 0, rows, n, np.nan), good),
        (c.PARAMETER, ("hardshrink", 0, rows, n, -1.0), good),
        (c.PARAMETER, ("hardtanh", 0, rows, n, 2.0, 1.0), good),
        (c.PARAMETER, ("elu", 0, rows, n, 1e300), good),
        (c.PARAMETER, ("gelu", 0, rows, n), {**good, "threads": -1}),
        (c.PARAMETER, ("silu", 0, rows, n), {**good, "up": up, "limit": 0.0}),
        (c.PARAMETER, ("silu", 0, rows, n), {**good, "up": up, "limit": np.nan}),
        (c.UNKNOWN, ("softmax", 0, rows, n), good),
        (c.UNKNOWN, ("gelu", 3, rows, n), good),
        (c.UNKNOWN, ("gelu", 1, rows, n), {**good, "up": up}),
    ]
    for status, arguments, operands in wrong:
        assert fused(*arguments, **operands) == status, (status, arguments)
    for array, kept in zip((x, up, out, up_out, dy, b, packed), before, strict=True):
        assert same_bits(array, kept)
    assert TABLE.fused(0, 1, 0, None, rows, n, None, 1) == c.NULL
    assert TABLE.fused(0, 1, 0, None, 0, n, None, 1) == TABLE.fused(0, 1, 0, None, rows, 0, None, 1) == c.OK
    assert TABLE.fused(1000, 1, 0, None, rows, n, None, 1) == TABLE.fused(0, 9, 0, None, rows, n, None, 1) == c.UNKNOWN


# ---- along ----------------------------------------------------------------------------------------------------------


def along(name: str, direction: int, outer: int, n: int, inner: int, dtype: str = "float32", **given: Any) -> int:
    runs = Runs(outer=outer, n=n, inner=inner, scale=given.pop("scale", 1.0), causal=given.pop("causal", 0))
    threads = given.pop("threads", 1)
    for key, value in given.items():
        setattr(runs, key, value if isinstance(value, int) else address(value))
    return int(TABLE.along(TABLE.axis_function(name.encode()), c.DTYPES[dtype], direction, runs, threads))


SHAPES = [(1, 1, 1), (4, 300, 1), (3, 33, 50), (2, 5, 129), (40, 7, 1), (2, 1100, 3)]


@pytest.mark.parametrize("dtype", NATIVE)
@pytest.mark.parametrize("shape", SHAPES)
def test_softmax_and_its_kin(shape: tuple[int, int, int], dtype: str) -> None:
    x, dy = data(*shape, dtype=dtype), data(*shape, dtype=dtype)
    mask, kept = data(*shape, dtype=dtype), RNG.random(shape) < 0.7
    for name in ("softmax", "log_softmax", "softmin", "hardmax", "sparsemax"):
        f = fa.get(name)
        cases: list[tuple[dict[str, Any], Any]] = [({}, f(x, axis=1))]
        if name in ("softmax", "log_softmax"):
            cases += [
                ({"scale": 0.3}, f(x, axis=1, scale=0.3)),
                ({"scale": 0.3, "mask": mask}, f(x, axis=1, scale=0.3, mask=mask)),
                ({"kept": kept}, f(x, axis=1, mask=kept)),
            ]
        for given, want in cases:
            out = np.empty_like(x)
            assert along(name, c.FORWARD, *shape, dtype=dtype, x=x, out=out, **given) == 0
            assert same_bits(out, want), (name, given.keys())
            over = x.copy()
            assert along(name, c.FORWARD, *shape, dtype=dtype, x=over, out=over, **given) == 0
            assert same_bits(over, want), (name, given.keys(), "in place")
        if name == "hardmax":
            assert along(name, c.FROM_OUTPUT, *shape, dtype=dtype, dy=dy, x=x, out=out) == c.UNKNOWN
            continue
        y = cases[0][1]
        want = f.backward_from_output(dy, y, axis=1)
        for out in (np.empty_like(x), dy.copy(), y.copy()):
            d = out if same_bits(out, dy) else dy
            source = out if same_bits(out, y) else y
            assert along(name, c.FROM_OUTPUT, *shape, dtype=dtype, dy=d, x=source, out=out) == 0
            assert same_bits(out, want), name


@pytest.mark.parametrize("dtype", NATIVE)
@pytest.mark.parametrize("shape", SHAPES)
def test_one_element_of_each_run(shape: tuple[int, int, int], dtype: str) -> None:
    x, short = data(*shape, dtype=dtype), data(shape[0], shape[2], dtype=dtype)
    for name, want, gradient in (
        ("logsumexp", fa.logsumexp(x, axis=1), fa.logsumexp.backward(short, x, axis=1)),
        ("maxout", x.max(axis=1), None),
    ):
        out = np.empty_like(short)
        assert along(name, c.FORWARD, *shape, dtype=dtype, x=x, out=out) == 0
        assert same_bits(out, want), name
        whole = np.empty_like(x)
        assert along(name, c.BACKWARD, *shape, dtype=dtype, dy=short, x=x, out=whole) == 0
        if gradient is not None:
            assert same_bits(whole, gradient), name
        else:
            first = np.arange(shape[1])[:, None] == x.argmax(axis=1)[:, None, :]
            assert same_bits(whole, np.where(first, short[:, None, :], 0).astype(dtype)), name


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_causal(name: str) -> None:
    x = data(3, 65, 65)
    want = fa.get(name)(x, scale=0.125, causal=True)
    for threads, out in itertools.product((0, 1, 2), (np.empty_like(x), x.copy())):
        source = out if same_bits(out, x) else x
        assert along(name, c.FORWARD, 3 * 65, 65, 1, x=source, out=out, scale=0.125, causal=1, threads=threads) == 0
        assert same_bits(out, want)


@pytest.mark.parametrize("dtype", c.DTYPES)
def test_numbers_that_float32_cannot_hold(dtype: str) -> None:
    """A scale, and a gate's shift, are handed down in the type that is computed in."""
    x, dy, out = (np.ones(64) for _ in range(3))  # bytes enough, whatever they mean
    before = out.copy()
    for scale in (1e39, -1e39, 3.4028236e38, 1.7e308):
        wanted = c.OK if dtype == "float64" else c.PARAMETER
        for name in ("softmax", "log_softmax", "softmin"):
            for inner, causal in ((1, 0), (2, 0), (1, 1)):
                given: dict[str, Any] = {"dtype": dtype, "x": x, "out": out, "scale": scale, "causal": causal}
                assert along(name, c.FORWARD, 4, 4, inner, **given) == wanted
                if not causal:
                    assert along(name, c.FROM_OUTPUT, 4, 4, inner, dy=dy, **given) == wanted
        operands = c.Operand(x.ctypes.data, 4, 1), c.Operand(out.ctypes.data, 4, 1)
        given = {"x": operands[0], "up": operands[0], "out": operands[1], "dtype": dtype, "shift": scale}
        assert fused("silu", c.FORWARD, 4, 4, **given) == wanted
        if wanted != c.OK:
            assert same_bits(out, before)
    for shift in (np.inf, -np.inf, np.nan):
        assert fused("silu", c.FORWARD, 4, 4, **{**given, "shift": shift}) == c.PARAMETER


def test_misuse_of_along() -> None:
    x, out, dy, mask = (np.full((6, 4, 2), value, np.float32) for value in range(1, 5))
    kept = np.ones(x.shape, bool)
    before = [a.copy() for a in (x, out, dy, mask)]
    good: dict[str, Any] = {"x": x, "out": out}
    shape = x.shape
    wrong: list[tuple[int, tuple[Any, ...], dict[str, Any]]] = [
        (c.LENGTH, ("softmax", 0, -1, 4, 2), good),
        (c.LENGTH, ("softmax", 0, 6, -4, 2), good),
        (c.LENGTH, ("softmax", 0, 6, 4, -2), good),
        (c.LENGTH, ("softmax", 0, 2**61, 2**61, 2**61), good),
        (c.LENGTH, ("softmax", 0, 6, 4, 2), {**good, "causal": 1}),
        (c.LENGTH, ("softmax", 0, 6, 4, 1), {**good, "causal": 1}),
        (c.LENGTH, ("maxout", 0, 6, 0, 1), good),
        (c.NULL, ("softmax", 0, *shape), {"x": x}),
        (c.NULL, ("softmax", 0, *shape), {"out": out}),
        (c.NULL, ("softmax", 3, *shape), good),
        (c.NULL, ("logsumexp", 2, *shape), good),
        (c.ALIGNMENT, ("softmax", 0, 5, 4, 2), {"x": x.ctypes.data + 1, "out": out}),
        (c.ALIGNMENT, ("softmax", 0, 5, 4, 2), {"x": x, "out": out.ctypes.data + 2}),
        (c.ALIGNMENT, ("softmax", 0, 5, 4, 2), {**good, "mask": mask.ctypes.data + 2}),
        (c.OVERLAP, ("softmax", 0, 5, 4, 2), {"x": x, "out": x.ctypes.data + 4}),
        (c.OVERLAP, ("softmax", 0, *shape), {**good, "mask": out}),
        (c.OVERLAP, ("softmax", 0, *shape), {**good, "kept": out.ctypes.data + 3}),
        (c.OVERLAP, ("softmax", 3, 5, 4, 2), {**good, "dy": out.ctypes.data + 8}),
        (c.OVERLAP, ("logsumexp", 0, *shape), {"x": x, "out": x}),
        (c.OVERLAP, ("logsumexp", 2, *shape), {**good, "dy": out}),
        (c.PARAMETER, ("softmax", 0, *shape), {**good, "scale": np.nan}),
        (c.PARAMETER, ("softmax", 0, *shape), {**good, "scale": np.inf}),
        (c.PARAMETER, ("softmax", 0, *shape), {**good, "threads": -2}),
        (c.PARAMETER, ("softmax", 0, *shape), {**good, "mask": mask, "kept": kept}),
        (c.PARAMETER, ("softmax", 0, 8, 4, 1), {**good, "mask": mask, "causal": 1}),
        (c.UNKNOWN, ("gelu", 0, *shape), good),
        (c.UNKNOWN, ("softmax", 1, *shape), good),
        (c.UNKNOWN, ("softmax", 2, *shape), {**good, "dy": dy}),
        (c.UNKNOWN, ("softmax", 4, *shape), {**good, "dy": dy}),
        (c.UNKNOWN, ("softmax", -1, *shape), {**good, "dy": dy}),
    ]
    for status, arguments, given in wrong:
        assert along(*arguments, **given) == status, (status, arguments, given.keys())
    for array, was in zip((x, out, dy, mask), before, strict=True):
        assert same_bits(array, was)
    assert TABLE.along(0, 1, 0, None, 1) == c.NULL
    assert along("softmax", 0, 0, 4, 2) == along("softmax", 0, 6, 0, 2) == along("softmax", 0, 6, 4, 0) == c.OK
    empty = np.ones(6, np.float32)
    assert along("logsumexp", 0, 6, 0, 1, out=empty) == c.OK
    assert (empty == -np.inf).all()
