"""What the functions along an axis do not accept, and say so; their signatures, and how they pickle."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from test_axis import SCALED, SHAPED, bits, names, random, scaled, shaped

import fastact as fa
from fastact.api.axis_function import AxisFunction

Array = npt.NDArray[Any]

# ---- what is not accepted -------------------------------------------------------------------------------------------

BAD_X = {
    "x of dtype complex128": (TypeError, np.ones(4, complex)),
    "x of dtype object": (TypeError, np.array([1, None, 2, 3])),
    "x of dtype <U1": (TypeError, np.array(["a", "b"])),
    "x of dtype datetime64": (TypeError, np.zeros(4, "M8[s]")),
}
BAD_AXIS = {
    "axis=2 ": (ValueError, 2),
    "axis=-3 ": (ValueError, -3),
    r"axis=1\.0 .*an integer": (TypeError, 1.0),
    r"axis=-1\.0 .*an integer": (TypeError, -1.0),
    "axis='0' .*an integer": (TypeError, "0"),
    r"axis=\[0, 1\] .*an integer": (TypeError, [0, 1]),
}
BAD_AXES = {
    r"axis=\(\) .*at least one axis": (ValueError, ()),
    r"axis=\(0, -2\) .*none twice": (ValueError, (0, -2)),
    r"axis=\(0, 0\) .*none twice": (ValueError, (0, 0)),
    "axis=5 ": (ValueError, (0, 5)),
    r"axis=1\.5 .*an integer": (TypeError, (0, 1.5)),
}
SPOILT = "the result of a call that failed"


def refused(match: str, error: type[Exception], call: Callable[..., Any], *args: Any, **keywords: Any) -> None:
    """With ``out`` too, which stays as it was."""
    with pytest.raises(error, match=match):
        call(*args, **keywords)
    if "out" in inspect.signature(call).parameters and "out" not in keywords:
        out = np.full(np.shape(args[0]), 7.0)
        with pytest.raises(error, match=match):
            call(*args, out=out, **keywords)
        assert (out == 7).all(), SPOILT


@names
def test_bad_x_and_axis(name: str) -> None:
    function, more = fa.get(name), (2,) if name == "maxout" else ()
    x = np.ones((4, 4))
    called = f"^{name}: "
    for match, (error, bad) in BAD_X.items():
        refused(called + ".*" + match, error, function, bad, *more)
    if name == "maxout":
        refused(called + "x is 0-dimensional", ValueError, function, 1.0, 2)
    else:
        # a number is a row of one element, as for SciPy and for numpy.sum
        refused(called + "axis=1 ", ValueError, function, 1.0, axis=1)
    for match, (error, bad) in (BAD_AXIS if name == "maxout" else BAD_AXIS | BAD_AXES).items():
        refused(called + match, error, function, x, *more, axis=bad)
    if name == "maxout":
        refused(r"^maxout: axis=\(0, 1\)", TypeError, function, x, 2, axis=(0, 1))
        refused("^maxout: axis=None", TypeError, function, x, 2, axis=None)
    for direction in ("derivative", "backward", "backward_from_output"):
        other = getattr(function, direction)
        if not isinstance(other, AxisFunction):
            continue  # there is none
        rest = (x,) if direction != "derivative" else ()
        rest += (np.zeros((4, 4)),) if name == "gumbel_softmax" and direction == "backward" else more
        for match, (error, bad) in BAD_AXIS.items():
            refused(f"^{name}.{direction}: {match}", error, other, x, *rest, axis=bad)
        refused(f"^{name}.{direction}: .*complex", TypeError, other, x.astype(complex), *rest)
    if name in SHAPED:
        refused(f"^{name}.derivative: axis=None", TypeError, function.derivative, x, axis=None)
        refused(rf"^{name}.derivative: axis=\(0, 1\)", TypeError, function.derivative, x, axis=(0, 1))


@scaled
def test_bad_keywords_of_scores(name: str) -> None:
    function, x = fa.get(name), np.ones((4, 3))
    number = "it must be a finite number"
    for key, match, error, bad in (
        ("scale", f"scale=None .*{number}", TypeError, None),
        ("scale", f"scale='1' .*{number}", TypeError, "1"),
        ("scale", f"scale=True .*{number}", TypeError, True),
        ("scale", f"scale=1j .*{number}", TypeError, 1j),
        ("scale", f"scale=array.*{number}", TypeError, np.ones(1)),
        ("scale", f"scale=nan .*{number}", ValueError, np.nan),
        ("scale", f"scale=inf .*{number}", ValueError, np.inf),
        ("mask", "mask of dtype int64 .*must be bool or floating", TypeError, np.ones((4, 3), np.int64)),
        ("mask", "mask of dtype complex128 .*must be bool or floating", TypeError, np.ones(3, complex)),
        ("mask", "mask of dtype <U1 .*must be bool or floating", TypeError, "a"),
        ("mask", r"mask of shape \(4,\) .*must broadcast to that of x, \(4, 3\)", ValueError, np.ones(4, bool)),
        ("mask", r"mask of shape \(2, 4, 3\) .*broadcast", ValueError, np.ones((2, 4, 3))),
        ("where", "where of dtype float64 .*must be bool", TypeError, np.ones((4, 3))),
        ("where", "where of dtype int64 .*must be bool", TypeError, 1),
        ("where", r"where of shape \(4,\) .*broadcast", ValueError, np.ones(4, bool)),
        ("causal", "causal=1 .*must be True or False", TypeError, 1),
        ("causal", "causal=None .*must be True or False", TypeError, None),
        ("causal", r"causal=True .*shape \(4, 3\).*\(\.\.\., L, L\)", ValueError, True),
    ):
        refused(f"^{name}: {match}", error, function, x, **{key: bad})
        refused(f"^{name}.backward: {match}", error, function.backward, x, x, **{key: bad})
        if key == "scale":
            refused(f"^{name}.backward_from_output: {match}", error, function.backward_from_output, x, x, scale=bad)
            refused(f"^{name}.derivative: {match}", error, function.derivative, x, scale=bad)
    # after the same number was accepted
    function(x, scale=1)
    refused(f"^{name}: scale=True", TypeError, function, x, scale=True)
    single = x.astype(np.float32)
    refused(f"^{name}: .*scale=.*e\\+300 .*finite in float32", ValueError, function, single, scale=1e300)
    assert fa.get(name)(x, scale=1e300).shape == (4, 3)
    square = np.ones((3, 3))
    for axis in (0, None, (0, 1)):
        refused(f"^{name}: causal=True .*the last axis", ValueError, function, square, causal=True, axis=axis)
    refused(f"^{name}: causal=True", ValueError, function, np.ones(3), causal=True)


@names
def test_bad_out(name: str) -> None:
    function, more = fa.get(name), (2,) if name == "maxout" else ()
    x = random((4, 6, 8), float)
    for axis in (-1, 1, 0) if name == "maxout" else (-1, 1, (0, 2), None):
        right = function(x, *more, axis=axis, **({"noise": 0} if name == "gumbel_softmax" else {}))
        for bad in ([1.0], 3, "out"):
            with pytest.raises(TypeError, match=r"must be a numpy.ndarray|must be of ArrayType"):
                function(x, *more, bad, axis=axis)
        frozen = np.zeros_like(right)
        frozen.flags.writeable = False
        wrong: list[Array] = [frozen, np.zeros(right.shape, int), np.zeros((*right.shape, 5))]
        if right.ndim:
            wrong += [np.zeros(right.shape[:-1]), np.zeros(right.size)[: right.size - 1]]
        if right.ndim == 2:
            wrong.append(np.zeros(right.shape[::-1]))  # as many elements
        for out in wrong:
            if out.ndim > right.ndim and right.ndim == 0:
                continue  # as of any ufunc, one number goes into all
            with pytest.raises((TypeError, ValueError)):
                function(x, *more, out, axis=axis)
            assert (out == 0).all(), SPOILT
        out = np.zeros_like(right)
        keywords = {"noise": 0} if name == "gumbel_softmax" else {}
        assert function(x, *more, out=(out,), axis=axis, **keywords) is out
        assert bits(out) == bits(right)


def test_bad_dy() -> None:
    x = np.ones((4, 3))
    for name in SHAPED:
        for direction, second in (("backward", "x"), ("backward_from_output", "y")):
            match = rf"^{name}.{direction}: dy of shape \(5,\) .*against {second}, \(4, 3\)"
            if name == "hardmax":
                match = "broadcast"
            for axis in (0, 1, None):
                refused(match, ValueError, getattr(fa.get(name), direction), np.ones(5), x, axis=axis)
    for axis, shape in ((0, r"\(3,\)"), (-1, r"\(4,\)"), (None, r"\(\)")):
        refused(
            rf"dy of shape \(2, 2\) .*broadcast to {shape}",
            ValueError,
            fa.logsumexp.backward,
            np.ones((2, 2)),
            x,
            axis=axis,
        )
    # a result with the axis kept is not one without it
    refused(r"dy of shape \(4, 1\)", ValueError, fa.logsumexp.backward, np.ones((4, 1)), x)
    refused(r"dy of shape \(5, 4\)", ValueError, fa.logsumexp.backward, np.ones((5, 4)), x)
    for bad in (1, "no", None):
        refused("keepdims=.*must be True or False", TypeError, fa.logsumexp, x, keepdims=bad)
        refused("keepdims=.*must be True or False", TypeError, fa.logsumexp.backward, 1.0, x, keepdims=bad)


@shaped
def test_dy_broadcasts(name: str) -> None:
    """Rows of one element against long ones too; and the axis is one of x, however many dimensions dy has."""
    x = random((5, 3, 4), float)
    y = fa.get(name)(x, axis=0)
    for dy in (
        2.0,
        np.ones(1),
        random((4,), float),
        random((3, 1), float),
        random((5, 1, 4), float),
        random((2, 5, 3, 4), float),
    ):
        for backward, second in ((fa.get(name).backward, x), (fa.get(name).backward_from_output, y)):
            for axis in (0, 1, 2, -1, (0, 1), None):
                got = backward(dy, second, axis=axis)
                full = np.ascontiguousarray(np.broadcast_to(dy, np.broadcast_shapes(np.shape(dy), x.shape)))
                parts = full.reshape(-1, *x.shape)
                right = np.stack([backward(part, second, axis=axis) for part in parts]).reshape(full.shape)
                assert np.allclose(got, right, rtol=1e-13, atol=1e-14), f"{np.shape(dy)} {axis}"


@names
def test_signatures_and_pickles(name: str) -> None:
    function = fa.get(name)
    assert pickle.loads(pickle.dumps(function)) is function
    for direction in ("", "derivative", "backward", "backward_from_output"):
        one = getattr(function, direction) if direction else function
        assert one.__doc__
        again = pickle.loads(pickle.dumps(one))
        assert direction == "" or again.__qualname__ == one.__qualname__ == f"{name}.{direction}"
    listed = list(inspect.signature(function).parameters)
    assert listed[0] == "x"
    assert listed[1 if name != "maxout" else 2] == "out"
    assert ("scale" in listed) == (name in SCALED)
    assert inspect.signature(function).parameters["axis"].default == -1
    assert repr(function).startswith(f"<fastact.{name}(x, ")


def test_missing_directions() -> None:
    for function in (fa.logsumexp.backward_from_output, fa.maxout.backward_from_output):
        with pytest.raises(TypeError, match=r"has no backward_from_output; call .*\.backward\(dy, x\)"):
            function(1, 2)
    with pytest.raises(TypeError, match=r"has no derivative; call gumbel_softmax\.backward\(dy, x, noise\)"):
        fa.gumbel_softmax.derivative(np.ones(3))


def test_causal_ufuncs_take_any_matrix() -> None:
    """Rows below the last column take all of it."""
    for m, n in ((6, 4), (300, 40), (4, 6)):
        x = random((m, n), float)
        below = np.tri(m, n, dtype=bool)
        assert np.allclose(fa.ufuncs.softmax_causal(x, 1.0), fa.softmax(x, where=below), rtol=1e-14, atol=0)
