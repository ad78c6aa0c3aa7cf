"""What comes in that is no plain array, and what goes out: docs/containers.md, and that the numbers are right."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calls import Call, every_call
from containers import CONTAINERS, KINDS, MASK, X, found, installed

import fastact as fa
from fastact.runtime import kernels

sys.path.insert(0, str(Path(__file__).parent.parent / "docs"))
containers_page = pytest.importorskip("containers_page")

COMPILED = kernels.isa != "numpy"
PAGE = containers_page.told()
CALLS = [(kind, label) for kind, calls in KINDS.items() for label in calls]
# what NumPy dispatches the ufuncs of to its own class; the fallback has none
DISPATCHED = ("dask.array", "Series of Float64 with NA")
compiled = pytest.mark.skipif(not COMPILED, reason="the fallback's functions are no ufuncs, that Dask would dispatch")
EVERY = pytest.mark.parametrize("call", [*every_call(dtype=np.float64)], ids=lambda call: call.name)


def test_the_page_has_every_container() -> None:
    assert set(PAGE) == {*CONTAINERS, "container"}
    assert PAGE["container"] == list(KINDS)
    assert not any("not tried" in cell for cells in PAGE.values() for cell in cells)


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_page_is_true(container: str) -> None:
    if not installed(container):
        pytest.skip(f"{CONTAINERS[container][0]} is not installed")
    if not COMPILED and container in DISPATCHED:
        pytest.skip("the fallback's functions are no ufuncs, that the container would dispatch")
    assert [found(container, kind) for kind in KINDS] == PAGE[container]


def numbers(result: Any) -> list[Any]:
    """The elements of a result, or of each of several."""
    if isinstance(result, tuple):
        return [part for one in result for part in numbers(one)]
    return [np.asarray(result)]


@pytest.mark.parametrize(("kind", "label"), CALLS, ids=lambda text: text)
def test_the_numbers_are_those_of_an_array(kind: str, label: str) -> None:
    call = KINDS[kind][label]
    for container, (_, make, elements) in CONTAINERS.items():
        position = list(KINDS).index(kind)
        if container == "masked array" or "Error" in PAGE[container][position] or not installed(container):
            continue
        if not COMPILED and container in DISPATCHED:
            continue
        made, wanted = numbers(call(make())), numbers(call(np.asarray(elements)))
        for one, other in zip(made, wanted, strict=True):
            np.testing.assert_allclose(one.astype(float).ravel(), other.astype(float).ravel(), rtol=2e-7, atol=1e-300)


# ---- masked arrays --------------------------------------------------------------------------------------------------


def masked(values: Any = X, mask: Any = MASK) -> Any:
    # what is masked must not matter: a NaN would be seen anywhere
    return np.ma.array(np.where(mask, np.nan, values), mask=mask)


@EVERY
def test_masked_elements_do_not_matter(call: Call) -> None:
    """Whatever lies under a mask, the result is the same, and nothing of it is seen."""
    if not getattr(getattr(call.function, "_value", call.function), "_takes_masked", True):  # planes, and Jacobians
        with pytest.raises(TypeError, match=r"masked array is not accepted; fill it"):
            call(x=np.ma.array(call.arrays["x"], mask=call.arrays["x"] > 0))
        return
    name = "y" if "y" in call.arrays else "x"
    x = call.arrays[name]
    mask = np.zeros(x.shape, np.bool_)
    mask[0, 1] = mask[1, :] = True
    results = []
    for under in (np.nan, 0.75):
        given = np.ma.array(np.where(mask, under, x), mask=mask)
        result = call(**{name: given})
        parts = result if isinstance(result, tuple) else (result,)
        results.append([np.ma.filled(part, 9.0) if isinstance(part, np.ma.MaskedArray) else part for part in parts])
        assert all(np.all(np.isfinite(part)) for part in results[-1])
        if "weight_gradient" not in call.name:
            assert isinstance(parts[0], np.ma.MaskedArray)
        if parts[0].shape == x.shape:
            np.testing.assert_array_equal(np.ma.getmaskarray(parts[0])[1], True)
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)


ALONG: list[tuple[str, Callable[..., Any]]] = [
    (name, getattr(fa, name)) for name in ("softmax", "log_softmax", "softmin", "sparsemax", "hardmax", "logsumexp")
]


@pytest.mark.parametrize(("name", "function"), ALONG, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_along_an_axis_masked_elements_take_no_part(name: str, function: Any, axis: Any) -> None:
    mask = MASK & [True, True, False, False]
    result = function(masked(mask=mask), axis=axis)
    if axis is None:
        got, wanted = np.ma.getdata(result)[~mask] if np.ndim(result) else result, function(X[~mask])
        np.testing.assert_allclose(got, wanted, rtol=1e-15)
        return
    for k in range(X.shape[1 - axis % 2]):
        kept = ~np.moveaxis(mask, axis, -1)[k]
        row = np.moveaxis(X, axis, -1)[k]
        got = np.ma.getdata(result)[k] if name == "logsumexp" else np.moveaxis(np.ma.getdata(result), axis, -1)[k][kept]
        if not kept.any():
            assert name != "logsumexp" or np.ma.getmaskarray(result)[k]
        else:
            np.testing.assert_allclose(got, function(row[kept]), rtol=1e-15)


def test_masked_integers_along_an_axis() -> None:
    """Nothing but a mask can keep an integer out of a maximum."""
    x = np.ma.array([[1, 9, 2, 3]], mask=[[0, 1, 0, 0]], dtype=np.int32)
    np.testing.assert_array_equal(np.ma.getdata(fa.maxout(x, 2)), [[1, 3]])
    np.testing.assert_allclose(np.ma.getdata(fa.softmax(x))[0, [0, 2, 3]], fa.softmax([1, 2, 3]))


def test_a_masked_gate_masks_the_product() -> None:
    result = fa.swiglu(masked(), X)
    np.testing.assert_array_equal(result.mask, MASK)
    np.testing.assert_array_equal(result.data[~MASK], fa.swiglu(X, X)[~MASK])
    packed = fa.glu(masked())
    np.testing.assert_array_equal(packed.mask, MASK[:, :2] | MASK[:, 2:])
    gradient = fa.glu.backward(np.ones((2, 2)), masked())
    np.testing.assert_array_equal(gradient.mask, np.tile(packed.mask, 2))


def test_masked_elements_take_no_part_in_a_parameter_gradient() -> None:
    dy = np.linspace(1, 2, 8).reshape(2, 4)
    bias = np.zeros(4)
    _, total = fa.gelu.backward(dy, masked(), bias=bias, bias_gradient=True)
    wanted = np.where(MASK, 0, fa.gelu.backward(dy, X)).sum(axis=0)
    np.testing.assert_allclose(total, wanted, rtol=1e-15)
    kept = ~MASK
    assert fa.prelu.weight_gradient(dy, masked()) == np.sum(np.minimum(X, 0)[kept] * dy[kept])
    dx, dweight = fa.prelu.backward_with_weight(dy, masked(), 0.5)
    assert dweight == fa.prelu.weight_gradient(dy, masked())
    np.testing.assert_array_equal(dx.mask, MASK)


def test_a_masked_array_in_place() -> None:
    for function, more in ((fa.gelu, {}), (fa.gelu, {"bias": 1.0}), (fa.softmax, {}), (fa.hardmax, {})):
        x = masked()
        wanted = function(x, **more)
        assert function(x, out=x, **more) is x
        np.testing.assert_array_equal(x.mask, MASK)
        np.testing.assert_array_equal(x.data[~MASK], wanted.data[~MASK])


def test_a_masked_out_without_the_axis() -> None:
    """Its mask is that of the result, not of the input."""
    mask = MASK | [[True], [False]]
    out = np.ma.array(np.full(2, 7.0), mask=[False, True])
    assert fa.logsumexp(masked(mask=mask), out=out) is out
    assert out.mask.tolist() == [True, False]
    assert out[1] == fa.logsumexp(X[1][~mask[1]])
    pooled = np.ma.array(np.full((2, 2), 7.0), mask=False)
    fa.maxout(masked(mask=mask), 2, out=pooled)
    assert pooled.mask.tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (fa.gelu, "bias"),
        (fa.softmax, "where"),
        (fa.softmax, "mask"),
        (fa.gumbel_softmax, "noise"),
        (fa.prelu, "weight"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_what_is_given_beside_is_not_masked(function: Any, argument: str) -> None:
    beside = np.ma.array(np.ones(4), mask=[1, 0, 0, 0])
    with pytest.raises(TypeError, match=f"{argument} is not accepted with masked elements; fill them"):
        function(X, **{argument: beside}, axis=-1)


# ---- labels, lazy arrays, tensors -----------------------------------------------------------------------------------


def test_labels() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, index=[5, 6], columns=list("abcd"))
    series = pandas.Series(X[0], index=[9, 8, 7, 6], name="s")
    for function in (fa.gelu, fa.softmax, lambda x: fa.gelu(x, bias=1.0), lambda x: fa.swiglu(x, x)):
        assert list(function(frame).columns) == list("abcd")
        assert list(function(frame).index) == [5, 6]
        assert list(function(series).index) == [9, 8, 7, 6]
        assert function(series).name == "s"
    assert list(fa.logsumexp(frame).index) == [5, 6]
    assert list(fa.logsumexp(frame, axis=0).index) == list("abcd")
    np.testing.assert_array_equal(fa.glu(series), fa.glu(X[0]))


def test_columns_of_one_name() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("aabb"))
    assert list(fa.softmax(frame).columns) == list("aabb")
    np.testing.assert_array_equal(fa.softmax(frame).to_numpy(), fa.softmax(X))


def test_labels_that_differ_are_refused() -> None:
    """Elements are taken by their places: silently, that would be another row."""
    pandas = pytest.importorskip("pandas")
    a, b = (pandas.Series(X[0], index=index) for index in ([0, 1, 2, 3], [3, 2, 1, 0]))
    for call in (
        lambda: fa.swiglu(a, b),
        lambda: fa.softmax.backward(a, b),
        lambda: fa.gelu.backward(a, b, bias=1.0),
        lambda: fa.prelu.backward_with_weight(a, b, 0.5),
    ):
        with pytest.raises(ValueError, match=r"labels of .* differ; align them first"):
            call()


@compiled
def test_nothing_lazy_is_computed() -> None:
    dask = pytest.importorskip("dask")
    array = pytest.importorskip("dask.array")

    def compute(*args: Any, **keywords: Any) -> None:
        raise AssertionError("a Dask array was computed")

    x = array.from_array(X, chunks=(1, 4))
    w = array.from_array(X[::-1].copy(), chunks=(1, 4))
    calls = {
        "value": lambda: fa.gelu(x),
        "parameter": lambda: fa.elu(x, alpha=0.5),
        "bias": lambda: fa.gelu(x, bias=X[0]),
        "bias gradient": lambda: fa.gelu.backward(w, x, bias=X[0], bias_gradient=True),
        "slopes": lambda: fa.prelu(x, [0.1, 0.2, 0.3, 0.4], axis=-1),
        "weight's gradient": lambda: fa.prelu.weight_gradient(w, x),
        "both gradients": lambda: fa.prelu.backward_with_weight(w, x, 0.5),
        "softmax": lambda: fa.softmax(x),
        "masked softmax": lambda: fa.softmax(x, where=X > -1),
        "softmin": lambda: fa.softmin(x, where=X > -1, scale=2.0),
        "backward": lambda: fa.softmax.backward(w, x),
        "logsumexp": lambda: fa.logsumexp(x),
        "maxout": lambda: fa.maxout(x, 2),
        "noise": lambda: fa.gumbel_softmax(x, noise=X),
        "packed": lambda: fa.glu(x),
        "gate": lambda: fa.swiglu(x, w),
        "gate's backward": lambda: fa.swiglu.backward(x, x, w),
    }
    with dask.config.set(scheduler=compute):
        lazy = {name: call() for name, call in calls.items()}
    x, w = X, X[::-1].copy()
    for name, result in lazy.items():
        for one, other in zip(numbers(dask.compute(result)[0]), numbers(calls[name]()), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, err_msg=name)


def test_a_tensor_gives_a_tensor_without_a_warning() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor(X, dtype=torch.float32)
    for call in (fa.gelu, fa.softmax, fa.logsumexp, lambda x: fa.gelu.backward(1.0, x), lambda x: fa.swiglu(x, x)):
        assert isinstance(call(x), torch.Tensor)
        assert call(x).dtype == torch.float32
    with pytest.raises(RuntimeError, match=r"^gelu: .*detach"):
        fa.gelu(torch.tensor(X, requires_grad=True))
