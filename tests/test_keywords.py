"""Every pair of keywords that a signature admits: the result is what the keywords say one by one, or they are refused.

What a pair should give is composed of plain calls: the bias is added by NumPy, an axis is moved by NumPy, and so on.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import fastact as fa
from fastact.runtime import kernels
from fastact.table.registry import BY_NAME, ELEMENTWISE, Row

Array = npt.NDArray[Any]
RNG = np.random.default_rng(5)
X = RNG.uniform(0.05, 0.95, (3, 3)).astype(np.float32)  # within the domain of every row, logit's among them
DY = RNG.normal(0, 1, (3, 3)).astype(np.float32)
WHERE = np.array([[True, False, True], [True, True, False], [False, True, True]])
DIRECTIONS = ("", "derivative", "backward", "backward_from_output")
MISSING = object()


def pairs(options: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Each value of each keyword, alone and beside each of every other."""
    single = [{key: value} for key, values in options.items() for value in values]
    yield from single
    yield from (a | b for a, b in itertools.combinations(single, 2) if a.keys() != b.keys())


# ---- elementwise ----------------------------------------------------------------------------------------------------


def elementwise_options(function: Any, row: Any) -> dict[str, list[Any]]:
    """Values for each keyword of a function; a bias for the axes that there are."""
    options: dict[str, list[Any]] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            options[name] = {
                "axis": [-1, 0],
                "bias": [0.25, np.array([0.01, 0.02, 0.03], np.float32)] if row.name != "shrink" else [0.125],
                "bias_gradient": [True, False],
                "where": [WHERE],
                "dtype": [np.float64],
                "casting": ["unsafe"],
                "approximate": ["tanh"],
                "training": [True],
                "noise": [np.full(X.shape, 0.2, np.float32)],
                "rng": [3],
                "return_noise": [True],
            }.get(name, [parameter.default if parameter.default is not None else 0.25])
    for param in (*row.params, *row.derivative_params):
        if param.name in options and param.number is not None and not row.ordered:
            options[param.name] = [value for value in (param.number, 0.375) if param.accepts(value)]
    if "out" in inspect.signature(function).parameters:
        options["out"] = [MISSING]  # an array is made for each call
    return options


def needed(function: Any) -> dict[str, Any]:
    values = {"weight": 0.25, "threshold": 0.5, "value": 0.25}
    listed = inspect.signature(function).parameters.values()
    return {p.name: values[p.name] for p in listed if p.default is p.empty and p.name in values}


def composed(function: Any, inputs: list[Array], keywords: dict[str, Any], out: Array | None) -> Any:
    """What the keywords say one by one."""
    given = dict(keywords)
    own = function.__qualname__.startswith("shrink")  # which has a parameter of that name
    bias, axis = None if own else given.pop("bias", None), given.pop("axis", -1)
    wants, where = given.pop("bias_gradient", False), given.pop("where", True)
    dtype = given.pop("dtype", None)
    given.pop("casting", None)
    given.pop("out", None)
    if bias is not None:
        inputs = [
            *inputs[:-1],
            inputs[-1] + (np.expand_dims(bias, 1 - axis % 2) if np.ndim(bias) else np.float32(bias)),
        ]
    if dtype is not None:
        inputs = [a.astype(dtype) for a in inputs]
    result = function(*inputs, **given)
    if out is not None:
        expected = out.copy()
        np.copyto(expected, result, where=where, casting="same_kind")
        result = expected
    if not wants:
        return result
    over = np.where(where, result, 0)
    total = over.sum(dtype=np.float64) if not np.ndim(bias) else over.sum(axis=1 - axis % 2, dtype=np.float64)
    return result, total


def same(got: Any, wanted: Any, where: Any) -> None:
    if isinstance(wanted, tuple):
        np.testing.assert_allclose(got[1], wanted[1], rtol=1e-5, atol=1e-6)
        got, wanted = got[0], wanted[0]
    keep = np.broadcast_to(where, np.shape(wanted))
    assert got.dtype == wanted.dtype
    # the fallback adds a bias in double
    rtol = 0 if kernels.isa != "numpy" else 1e-5
    np.testing.assert_allclose(np.asarray(got)[keep], np.asarray(wanted)[keep], rtol=rtol, atol=rtol)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", [row.name for row in ELEMENTWISE])
def test_elementwise(name: str, direction: str) -> None:
    function = getattr(fa.get(name), direction) if direction else fa.get(name)
    if not hasattr(function, "__signature__"):
        return
    row = BY_NAME[name]
    inputs = [DY, X] if "backward" in direction else [X]
    options = elementwise_options(function, row)
    random = {"training", "noise", "rng", "return_noise"}
    done = 0
    for pair in pairs({key: values for key, values in options.items() if key not in random}):
        if pair.keys() & {"axis", "bias_gradient"} and "bias" in options and name != "shrink":
            # which mean nothing without it
            biases = options["bias"]
        else:
            biases = [pair.get("bias", MISSING)]
        for bias in biases:
            keywords = pair | ({} if bias is MISSING else {"bias": bias}) | needed(function)
            out = np.full(X.shape, 7, np.float64 if "dtype" in keywords else np.float32) if "out" in pair else None
            wanted = composed(function, inputs, keywords, out)
            if out is not None:
                keywords["out"] = out
            got = function(*inputs, **keywords)
            if out is not None:
                assert (got[0] if isinstance(got, tuple) else got) is out
            same(got, wanted, True if "out" in pair else keywords.get("where", True))
            done += 1
    assert done >= 6


@pytest.mark.parametrize("name", [row.name for row in ELEMENTWISE if row.name != "shrink"])
def test_what_belongs_to_a_bias_is_refused_without_one(name: str) -> None:
    for direction in ("", "derivative", "backward"):
        function = getattr(fa.get(name), direction) if direction else fa.get(name)
        inputs = [DY, X] if "backward" in direction else [X]
        for keyword, value in (("axis", 0), ("axis", -1), ("bias_gradient", True)):
            if keyword not in inspect.signature(function).parameters or (name == "prelu" and keyword == "axis"):
                continue
            with pytest.raises(TypeError, match=f"{keyword} is for bias, which is not given"):
                function(*inputs, **{keyword: value}, **needed(function))


@pytest.mark.parametrize("name", [row.name for row in ELEMENTWISE if row.name != "shrink"])
def test_what_where_leaves_out_is_not_summed(name: str) -> None:
    """Neither what out= had there, nor, without out=, whatever was in memory."""
    function = fa.get(name).backward
    for bias in (0.25, np.array([0.01, 0.02, 0.03], np.float32)):
        keywords = {"bias": bias, "bias_gradient": True, "where": WHERE, "axis": -1} | needed(function)
        out = np.full(X.shape, 1e30, np.float32)
        dx, total = function(DY, X, **keywords, out=out)
        assert dx is out
        assert np.all(out[~WHERE] == np.float32(1e30))
        wanted = np.where(WHERE, out, 0).sum(axis=0 if np.ndim(bias) else None, dtype=np.float64)
        np.testing.assert_allclose(total, wanted, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(function(DY, X, **keywords)[1], wanted, rtol=1e-6, atol=1e-7)


def test_rrelu_in_training() -> None:
    """The drawn slopes are prelu's weights; a bias is refused beside them."""
    x, noise = X - 0.5, np.full(X.shape, 0.2, np.float32)
    for extra in pairs({"where": [WHERE], "dtype": [np.float64], "casting": ["unsafe"], "out": [MISSING]}):
        keywords = extra | ({"out": np.full(X.shape, 7, np.float32)} if "out" in extra and "dtype" not in extra else {})
        keywords = {key: value for key, value in keywords.items() if value is not MISSING}
        got = fa.rrelu(x, training=True, noise=noise, **keywords)
        keywords["out"] = np.full(X.shape, 7, np.float32) if "out" in keywords else None
        same(
            got, fa.ufuncs.prelu(x, noise, **keywords), keywords.get("where", True) if keywords["out"] is None else True
        )
    for keywords in ({"bias": 1.0}, {"bias": 1.0, "axis": 0}):
        with pytest.raises(TypeError, match=r"bias is not accepted with training=True; add it to x first"):
            fa.rrelu(x, training=True, **keywords)
        with pytest.raises(TypeError, match=r"bias is not accepted with noise; add it to x first"):
            fa.rrelu.backward(DY, x, noise=noise, **keywords)
    for keyword, value in (("rng", 1), ("noise", noise), ("return_noise", True)):
        with pytest.raises(ValueError, match=f"{keyword} is for training=True"):
            fa.rrelu(x, **{keyword: value})


# ---- along an axis --------------------------------------------------------------------------------------------------

ALONG = {
    "axis": [0, -1, None, (0, 1)],
    "scale": [0.5, -2.0],
    "mask": [WHERE, np.where(WHERE, 0.5, -np.inf).astype(np.float32)],
    "where": [WHERE.T],
    "causal": [True],
    "out": [MISSING],
}


def scores(keywords: dict[str, Any]) -> Array:
    """What softmax is taken of, in float64; -inf is left out."""
    z = X.astype(np.float64) * keywords.get("scale", 1.0)
    for kept in (keywords.get("where"), keywords.get("mask"), np.tri(3, dtype=bool) if "causal" in keywords else None):
        if kept is not None:
            z = np.where(kept, z, -np.inf) if kept.dtype == bool else z + kept
    return z


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_softmax(name: str) -> None:
    function = fa.get(name)
    for keywords in pairs(ALONG):
        if "causal" in keywords and keywords.get("axis", -1) != -1:
            with pytest.raises(ValueError, match=rf"^{name}: causal=True is not accepted"):
                function(X, **keywords)
            continue
        sign = -1 if name == "softmin" else 1
        z = scores(keywords | {"scale": sign * keywords.get("scale", 1.0)})
        axis = keywords.get("axis", -1)
        with np.errstate(divide="ignore"):
            e = np.exp(z - z.max(axis=axis, keepdims=True))
            y = e / e.sum(axis=axis, keepdims=True)
            wanted = np.log(y) if name == "log_softmax" else y
        out = np.full(X.shape, 7, np.float32) if "out" in keywords else None
        got = function(X, **keywords | {"out": out})
        assert out is None or got is out
        np.testing.assert_allclose(got, wanted, rtol=3e-6, atol=1e-7)
        # the gradient of the sum of dy y, by the Jacobian
        dx = function.backward(DY, X, **keywords | {"out": None})
        scale = sign * keywords.get("scale", 1.0)
        with np.errstate(invalid="ignore"):
            if name == "log_softmax":
                want = scale * (DY - y * DY.sum(axis=axis, keepdims=True, dtype=np.float64))
            else:
                want = scale * y * (DY - (DY * y).sum(axis=axis, keepdims=True))
        taking = np.isfinite(z)
        np.testing.assert_allclose(dx[taking], want[taking], rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["hardmax", "sparsemax", "logsumexp", "maxout", "gumbel_softmax"])
def test_other_functions_along_an_axis(name: str) -> None:
    """Each keyword against the function of rows, along the last axis."""
    function = fa.get(name)
    noise = np.random.default_rng(1).gumbel(size=X.shape)
    options: dict[str, list[Any]] = {"axis": [0, -1, None, (0, 1)], "out": [MISSING]}
    if name == "maxout":
        options["axis"] = [0, -1]
    if name == "logsumexp":
        options["keepdims"] = [True, False]
    if name == "gumbel_softmax":
        options |= {"tau": [0.5], "hard": [True], "return_noise": [True], "noise": [noise]}
    for pair in pairs(options):
        axis = pair.get("axis", -1)
        keywords = {key: value for key, value in pair.items() if key not in ("axis", "out")}
        if name == "gumbel_softmax":
            keywords.setdefault("noise", noise)
        more = {"groups": 3} if name == "maxout" else {}
        flat = axis is None or axis == (0, 1)
        turned = X.reshape(1, -1) if flat else np.moveaxis(X, axis, -1)
        inner = {
            k: (v.reshape(1, -1) if flat else np.moveaxis(v, axis, -1)) if k == "noise" else v
            for k, v in keywords.items()
        }
        inner.pop("keepdims", None), inner.pop("return_noise", None)
        wanted = function(turned, **inner, **more)
        if name == "logsumexp":
            wanted = wanted.reshape(()) if flat else wanted
            wanted = np.expand_dims(wanted, (0, 1) if flat else axis) if keywords.get("keepdims") else wanted
        else:
            wanted = wanted.reshape(X.shape) if flat else np.moveaxis(wanted, -1, axis)
        out = np.full(np.shape(wanted), 7, np.float32) if "out" in pair else None
        got = function(X, **more, **keywords, axis=axis, out=out)
        if keywords.get("return_noise"):
            got, drawn = got
            np.testing.assert_array_equal(drawn, noise)
        assert out is None or got is out
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


# ---- gates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backward", [False, True], ids=["value", "backward"])
@pytest.mark.parametrize("name", ["glu", "reglu", "geglu", "swiglu", "bilinear"])
def test_gates(name: str, backward: bool) -> None:
    """Packed, against the same gate of two arrays; and that against the activation times the other."""
    function = fa.get(name)
    packed = RNG.normal(0, 1, (4, 4)).astype(np.float32)
    bias = np.array([0.1, -0.2, 0.3, 0.4], np.float32)
    options: dict[str, list[Any]] = {
        "axis": [0, -1],
        "gate": ["first", "second"],
        "interleaved": [True],
        "bias": [bias, 0.5],
    }
    own = [p.name for p in BY_NAME[name].params]
    options |= {key: [value] for key, value in (("alpha", 1.5), ("limit", 0.75), ("shift", 1.0)) if key in own}
    if name == "geglu":
        options["approximate"] = ["tanh"]
    if backward:
        options["bias_gradient"] = [True]
    default = inspect.signature(function).parameters["gate"].default
    for pair in pairs(options):
        keywords = dict(pair)
        if keywords.get("bias_gradient") and "bias" not in keywords:
            keywords["bias"] = bias
        axis = keywords.pop("axis", -1)
        total = packed
        own_bias = keywords.get("bias")
        if own_bias is not None:
            total = packed + (np.expand_dims(own_bias, 1 - axis % 2) if np.ndim(own_bias) else np.float32(own_bias))
        moved = np.moveaxis(total, axis, -1)
        interleaved = keywords.get("interleaved", False)
        halves = (moved[..., ::2], moved[..., 1::2]) if interleaved else np.split(moved, 2, axis=-1)
        first = keywords.get("gate", default) == "first"
        gate, rest = halves if first else halves[::-1]
        inner = {k: v for k, v in keywords.items() if k in ("alpha", "limit", "shift", "approximate")}
        if not backward:
            wanted = np.moveaxis(function(gate.copy(), rest.copy(), **inner), -1, axis)
            same(function(packed, axis=axis, **keywords), wanted, True)
            continue
        dy = RNG.normal(0, 1, gate.shape).astype(np.float32)
        parts = function.backward(dy, gate.copy(), rest.copy(), **inner)
        parts = parts if first else parts[::-1]
        wanted = np.empty_like(moved)
        if interleaved:
            wanted[..., ::2], wanted[..., 1::2] = parts
        else:
            wanted[...] = np.concatenate(parts, axis=-1)
        wanted = np.moveaxis(wanted, -1, axis)
        got = function.backward(np.moveaxis(dy, -1, axis).copy(), packed, axis=axis, **keywords)
        if keywords.get("bias_gradient"):
            got, sums = got
            over = None if not np.ndim(own_bias) else 1 - axis % 2
            np.testing.assert_allclose(sums, wanted.sum(axis=over, dtype=np.float64), rtol=1e-5, atol=1e-6)
        same(got, wanted, True)


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_only_a_backward_pass_has_the_gradient_of_a_bias(row: Row) -> None:
    """What the signature does not have is refused, beside a bias and without one, whether True or False."""
    x = np.linspace(0.1, 0.9, 6)
    activation = fa.get(row.name)
    given = {p.name: 0.25 for p in (*row.params, *row.derivative_params) if p.default is None}
    for function in (activation, activation.derivative):
        assert "bias_gradient" not in function.__signature__.parameters
        own = {name: value for name, value in given.items() if name in function.__signature__.parameters}
        for value in (True, False):
            for bias in ({}, {"bias": x}):
                with pytest.raises(TypeError, match="bias_gradient"):
                    function(x, **own, **bias, bias_gradient=value)
