"""FReLU, and PReLU with a slope per channel and its weight's gradient: against direct sums, and PyTorch's autograd."""

from __future__ import annotations

import pickle
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parallel import bits, compiled_only

import fastact as fa
from fastact.runtime import kernels
from fastact.table.dtypes import BFLOAT16

RNG = np.random.default_rng
HALVES = [np.dtype(np.float16), *([BFLOAT16] if BFLOAT16 is not None else [])]
DTYPES = [*HALVES, np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.longdouble)]
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=str)
# rounding of a result, and of a sum of k k + 1 terms before it, relative to the magnitudes summed
EPS = {"float16": 2**-11, "bfloat16": 2**-8, "float32": 2**-24, "float64": 2**-53, "longdouble": 2**-53}


def eps(dtype: Any, terms: int = 0) -> float:
    own = EPS.get(str(np.dtype(dtype)), 2**-53)
    return own + terms * (2**-24 if own > 2**-24 else own)


def same(a: Any, b: Any) -> bool:
    """Equal to the bit, but for zeros; a longdouble has bytes that mean nothing."""
    return bool(a.dtype == b.dtype and np.array_equal(a, b) and np.array_equal(np.signbit(a), np.signbit(b)))


def window_sums(x: Any, weight: Any, bias: Any) -> Any:
    """Directly, one output after another, in float64."""
    x, weight = x.astype(np.float64), weight.astype(np.float64)
    k = weight.shape[-1]
    n, c, h, w = x.shape
    padded = np.zeros((n, c, h + k - 1, w + k - 1))
    padded[:, :, k // 2 : k // 2 + h, k // 2 : k // 2 + w] = x
    total = np.zeros(x.shape)
    for i in range(h):
        for j in range(w):
            total[:, :, i, j] = np.einsum("ncab,cab->nc", padded[:, :, i : i + k, j : j + k], weight)
    return total + (0 if bias is None else bias.astype(np.float64)[:, None, None])


def direct_backward(dy: Any, x: Any, weight: Any, bias: Any) -> tuple[Any, Any, Any]:
    """Each output hands its gradient on by itself."""
    t = window_sums(x, weight, bias)
    dy, x, weight = (a.astype(np.float64) for a in (dy, x, weight))
    k, (h, w) = weight.shape[-1], x.shape[2:]
    share = np.where(t > x, dy, np.where(t == x, dy / 2, 0.0))
    padded = np.pad(x, ((0, 0), (0, 0), (k // 2, k // 2), (k // 2, k // 2)))
    dpadded, dweight = np.zeros_like(padded), np.zeros_like(weight)
    for i in range(h):
        for j in range(w):
            part = share[:, :, i, j, None, None]
            dpadded[:, :, i : i + k, j : j + k] += part * weight
            dweight += (part * padded[:, :, i : i + k, j : j + k]).sum(axis=0)
    inner = slice(k // 2, k // 2 + h), slice(k // 2, k // 2 + w)
    return dpadded[:, :, inner[0], inner[1]] + (dy - share), dweight, share.sum(axis=(0, 2, 3))


def make(shape: tuple[int, ...], k: int, dtype: Any = np.float32, seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """dy, x, weight and bias; weights sum to about 1, so that neither side always wins."""
    rng = RNG(seed)
    channels = shape[-3]
    wide = np.float32 if np.dtype(dtype).itemsize == 2 else dtype
    weight = (rng.standard_normal((channels, k, k)) / k).astype(wide)
    return (
        rng.standard_normal(shape).astype(dtype),
        rng.standard_normal(shape).astype(dtype),
        weight,
        rng.standard_normal(channels).astype(wide),
    )


def magnitude(x: Any, weight: Any, bias: Any) -> Any:
    return np.maximum(window_sums(abs(x), abs(weight), None if bias is None else abs(bias)), abs(x.astype(np.float64)))


# ---- FReLU: values --------------------------------------------------------------------------------------------------


@dtypes
@pytest.mark.parametrize("k", [1, 3, 5, 7, 9, 11])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 7), (9, 50), (5, 67)])
def test_frelu_is_the_larger_of_x_and_the_window_sum(dtype: Any, k: int, size: tuple[int, int]) -> None:
    _, x, weight, bias = make((2, 3, *size), k, dtype)
    for given in (bias, None):
        true = np.maximum(x.astype(np.float64), window_sums(x, weight, given))
        got = fa.frelu(x, weight, given)
        assert got.dtype == dtype
        assert got.shape == x.shape
        bound = eps(dtype, k * k + 1) * magnitude(x, weight, given) * 1.01 + 1e-300
        if dtype == np.float16:
            bound += 2**-25
        assert (abs(got.astype(np.float64) - true) <= bound).all()


def test_frelu_of_tall_planes_in_many_blocks() -> None:
    for k in (3, 5):
        for width in (3, 40, 300):
            _, x, weight, bias = make((1, 2, 301, width), k)
            true = np.maximum(x, window_sums(x, weight, bias))
            assert (abs(fa.frelu(x, weight, bias) - true) <= 30 * 2**-24 * magnitude(x, weight, bias)).all()


@compiled_only
@pytest.mark.parametrize("dtype", DTYPES[:-1], ids=str)
@pytest.mark.parametrize("k", [1, 3, 5, 7, 9])
@pytest.mark.parametrize(("images", "channels"), [(1, 15), (3, 5), (3, 16), (2, 17), (1, 48)])
def test_frelu_of_many_planes_is_that_of_each(dtype: Any, k: int, images: int, channels: int) -> None:
    """Planes that are computed side by side or interleaved have the bits of one by itself, in place too."""
    for height, width in [(1, 1), (7, 7), (4, 9), (14, 14), (3, 50), (16, 16)]:
        _, x, weight, bias = make((images, channels, height, width), k, dtype)
        x[-1, -1, -1, -1] = np.nan
        x[0, 1, 0, 0] = np.inf
        each = [
            [fa.frelu(x[i : i + 1, c : c + 1], weight[c : c + 1], bias[c : c + 1])[0, 0] for c in range(channels)]
            for i in range(images)
        ]
        assert np.array_equal(bits(fa.frelu(x, weight, bias)), bits(np.array(each, x.dtype)))
        assert np.array_equal(bits(fa.frelu(x.copy(), weight, bias, out=x)), bits(np.array(each, x.dtype)))


def test_frelu_takes_three_dimensions_and_weights_of_four() -> None:
    _, x, weight, bias = make((2, 3, 6, 5), 3)
    y = fa.frelu(x, weight, bias)
    assert np.array_equal(fa.frelu(x, weight[:, None], bias), y)
    assert np.array_equal(fa.frelu(x[1], weight, bias), y[1])
    assert np.array_equal(fa.frelu(x, weight=weight, bias=bias), y)
    assert np.allclose(fa.frelu(x.tolist(), weight.tolist(), bias.tolist()), y, atol=1e-6)
    assert fa.get("frelu") is fa.frelu
    assert "frelu" in fa.names()
    assert "frelu" in fa.__all__


def test_frelu_dtypes() -> None:
    _, x, weight, bias = make((1, 2, 4, 4), 3)
    assert fa.frelu(x, weight.tolist()).dtype == np.float32
    assert fa.frelu(x, weight.astype(np.float64)).dtype == np.float64
    assert fa.frelu(x.astype(np.float16), weight, bias).dtype == np.float16
    assert fa.frelu(x.astype(np.float16), weight.astype(np.float16)).dtype == np.float16
    assert fa.frelu(np.ones((1, 2, 3), np.int32), np.ones((1, 3, 3))).dtype == np.float64
    swapped = x.astype(x.dtype.newbyteorder())
    assert np.array_equal(fa.frelu(swapped, weight, bias), fa.frelu(x, weight, bias))
    integers = RNG(1).integers(-5, 5, (2, 2, 6, 6))
    got = fa.frelu(integers, np.ones((2, 3, 3)))
    assert np.array_equal(got, np.maximum(integers, window_sums(integers, np.ones((2, 3, 3)), None)))


@dtypes
def test_frelu_of_any_layout_in_place_and_out(dtype: Any) -> None:
    for k, size in ((3, (11, 9)), (3, (5, 61)), (7, (40, 70)), (1, (4, 4))):
        _, x, weight, bias = make((3, 2, *size), k, dtype)
        y = fa.frelu(x, weight, bias)
        wide = np.zeros((3, 4, 2 * size[0], 3 * size[1]), dtype)
        wide[:, ::2, ::2, ::3] = x
        assert np.array_equal(fa.frelu(wide[:, ::2, ::2, ::3], weight, bias), y)
        last = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
        assert np.array_equal(fa.frelu(last.transpose(0, 3, 1, 2), weight, bias), y)
        back = np.ascontiguousarray(x[:, :, ::-1, ::-1])
        assert np.array_equal(fa.frelu(back[:, :, ::-1, ::-1], weight, bias), y)
        for out in (np.empty_like(x), np.empty_like(wide)[:, ::2, ::2, ::3]):
            assert fa.frelu(x, weight, bias, out) is out
            assert np.array_equal(out, y)
        same = x.copy()
        assert fa.frelu(same, weight, bias, out=same) is same
        assert np.array_equal(same, y)
        strided = wide[:, ::2, ::2, ::3]
        assert fa.frelu(strided, weight, bias, out=strided) is strided
        assert np.array_equal(strided, y)
        # out that overlaps x, shifted by an image, or reversed
        four = np.concatenate([x, x[:1]])
        fa.frelu(four[:3], weight, bias, out=four[1:])
        assert np.array_equal(four[1:], y)
        turned = x.copy()
        fa.frelu(turned, weight, bias, out=turned[..., ::-1])
        assert np.array_equal(turned[..., ::-1], y)


def test_frelu_out_of_a_wider_dtype() -> None:
    _, x, weight, bias = make((1, 2, 4, 4), 3)
    out = np.empty(x.shape)
    assert fa.frelu(x, weight, bias, out=out) is out
    assert np.array_equal(out, fa.frelu(x, weight, bias))


@dtypes
def test_frelu_of_nothing(dtype: Any) -> None:
    for shape in ((0, 2, 4, 4), (2, 0, 4, 4), (2, 3, 0, 4), (2, 3, 4, 0), (3, 0, 0)):
        dy, x, weight, bias = make(shape, 3, dtype)
        assert fa.frelu(x, weight, bias).shape == shape
        dx, dweight, dbias = fa.frelu.backward(dy, x, weight, bias)
        assert dx.shape == shape
        assert dweight.shape == weight.shape
        assert (dweight == 0).all()
        assert dbias.shape == bias.shape


@dtypes
def test_frelu_lets_nan_through_and_nothing_else(dtype: Any) -> None:
    dy, x, weight, bias = make((1, 2, 9, 60), 3, dtype)
    weight[0] = 0
    x[0, :, 4, 30] = np.nan
    x[0, 1, 0, 59] = np.inf
    y = fa.frelu(x, weight, bias)
    nan = np.zeros(x.shape, bool)
    nan[0, :, 3:6, 29:32] = True
    assert np.array_equal(np.isnan(y), nan)
    dx, dweight, _ = fa.frelu.backward(dy, x, weight, bias)
    assert np.isnan(dx[nan]).all()
    far = nan.copy()
    far[0, :, 2:7, 28:33] = True
    far[0, 1, :2, 58:] = True
    assert np.isfinite(dx[~far].astype(np.float64)).all()
    assert np.isnan(dweight).any(axis=(1, 2)).all()


def test_frelu_of_infinity_beside_zeros_of_the_border() -> None:
    """An infinity at the end of a row must not meet the zeros that stand before the next."""
    x = np.zeros((1, 1, 4, 6), np.float32)
    x[0, 0, 1, 5] = np.inf
    weight = np.ones((1, 3, 3), np.float32)
    assert np.array_equal(fa.frelu(x, weight), np.maximum(x, window_sums(x, weight, None)))
    dx, _, _ = fa.frelu.backward(np.ones_like(x), x, weight)
    assert np.isfinite(dx[0, 0, 3]).all()


def test_frelu_folds_scale_and_shift() -> None:
    dy, x, weight, bias = make((2, 3, 8, 9), 3, np.float64)
    scale, shift = RNG(7).standard_normal((2, 3))
    folded = weight * scale[:, None, None], bias * scale + shift
    assert np.allclose(fa.frelu(x, weight, bias, scale=scale, shift=shift), fa.frelu(x, *folded), rtol=1e-13)
    assert np.allclose(fa.frelu(x, weight, scale=scale), fa.frelu(x, folded[0]), rtol=1e-13)
    assert np.allclose(fa.frelu(x, weight, shift=shift), fa.frelu(x, weight, shift), rtol=1e-13)
    dx, dweight, dbias = fa.frelu.backward(dy, x, weight, bias, scale=scale, shift=shift)
    true = fa.frelu.backward(dy, x, *folded)
    assert np.allclose(dx, true[0], rtol=1e-12)
    assert np.allclose(dweight, true[1] * scale[:, None, None], rtol=1e-12)
    assert np.allclose(dbias, true[2] * scale, rtol=1e-12)


# ---- FReLU: gradients -----------------------------------------------------------------------------------------------


@dtypes
@pytest.mark.parametrize("k", [1, 3, 5, 7])
@pytest.mark.parametrize("size", [(1, 1), (7, 7), (6, 53)])
def test_frelu_backward(dtype: Any, k: int, size: tuple[int, int]) -> None:
    dy, x, weight, bias = make((2, 3, *size), k, dtype, seed=k)
    dx, dweight, dbias = fa.frelu.backward(dy, x, weight, bias)
    assert (dx.dtype, dweight.dtype, dbias.dtype) == (dtype, weight.dtype, bias.dtype)
    true = direct_backward(dy, x, weight, bias)
    for got, want in zip((dx, dweight, dbias), true, strict=True):
        bound = eps(got.dtype, k * k + 1) * max(1.0, abs(want).max()) * 8 + (2**-24 if got.dtype == np.float16 else 0)
        assert abs(got.astype(np.float64) - want).max() <= bound
    without = fa.frelu.backward(dy, x, weight[:, None])
    assert without[1].shape == (3, 1, k, k)
    assert without[2] is None
    one = fa.frelu.backward(dy[0], x[0], weight, bias)
    assert np.array_equal(one[0], dx[0])


def test_frelu_backward_shares_ties() -> None:
    """With a window of 1 at the centre alone, T = x everywhere."""
    dy, x, _, _ = make((2, 2, 5, 6), 3)
    weight = np.zeros((2, 3, 3), np.float32)
    weight[:, 1, 1] = 1
    dx, dweight, _ = fa.frelu.backward(dy, x, weight)
    assert np.array_equal(dx, dy)
    assert np.allclose(dweight[:, 1, 1], (dy * x).sum(axis=(0, 2, 3)) / 2, rtol=1e-5)


def test_frelu_backward_agrees_with_a_difference_quotient() -> None:
    dy, x, weight, bias = make((1, 2, 5, 6), 3, np.float64)
    dx, dweight, dbias = fa.frelu.backward(dy, x, weight, bias)
    step = 1e-6
    for array, gradient in ((x, dx), (weight, dweight), (bias, dbias)):
        for index in [np.unravel_index(k, array.shape) for k in range(0, array.size, 3)]:
            up, down = array.copy(), array.copy()
            up[index] += step
            down[index] -= step
            moved = [[u if a is array else a for a in (x, weight, bias)] for u in (up, down)]
            numeric = np.sum(dy * (fa.frelu(*moved[0]) - fa.frelu(*moved[1]))) / (2 * step)
            assert abs(numeric - gradient[index]) < 1e-6


@pytest.mark.parametrize("k", [1, 3, 5, 7])
@pytest.mark.parametrize("ties", [False, True])
def test_frelu_is_that_of_pytorch(k: int, ties: bool) -> None:
    torch = pytest.importorskip("torch")
    dy, x, weight, bias = make((3, 4, 13, 57), k, np.float64)
    if ties:
        x, weight, bias = (np.sign(np.round(a)) for a in (x, weight, bias))
    tensors = [torch.from_numpy(a).requires_grad_() for a in (x, weight[:, None].copy(), bias)]
    y = torch.maximum(tensors[0], torch.nn.functional.conv2d(*tensors, padding=k // 2, groups=4))
    assert np.allclose(fa.frelu(x, weight, bias), y.detach().numpy(), rtol=1e-12, atol=1e-12)
    true = torch.autograd.grad(y, tensors, torch.from_numpy(dy))
    for got, want in zip(fa.frelu.backward(dy, x, weight[:, None], bias), true, strict=True):
        assert np.allclose(got, want.numpy(), rtol=1e-11, atol=1e-11)


# ---- bad input ------------------------------------------------------------------------------------------------------

X = np.ones((2, 3, 4, 5), np.float32)
W = np.ones((3, 3, 3), np.float32)
BAD_FRELU: dict[str, tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = {
    "x of two dimensions": ((X[0, 0], W), {}, ValueError, r"x of shape \(4, 5\).*\(N, C, H, W\) or \(C, H, W\)"),
    "x of text": ((np.array([[["a"]]]), W), {}, TypeError, "x of dtype <U1"),
    "complex weight": ((X, W.astype(complex)), {}, TypeError, "weight of dtype complex"),
    "other channels": (
        (X, W[:2]),
        {},
        ValueError,
        r"weight of shape \(2, 3, 3\).*\(3, k, k\) or \(3, 1, k, k\), k odd",
    ),
    "even window": ((X, W[:, :2, :2]), {}, ValueError, r"weight of shape \(3, 2, 2\).*k odd"),
    "oblong window": ((X, W[:, :1]), {}, ValueError, r"weight of shape \(3, 1, 3\).*k odd"),
    "scalar weight": ((X, 1.0), {}, ValueError, r"weight of shape \(\)"),
    "full convolution": ((X, np.ones((3, 3, 3, 3))), {}, ValueError, r"weight of shape \(3, 3, 3, 3\)"),
    "bias": ((X, W, np.ones(2)), {}, ValueError, r"bias of shape \(2,\).*must be \(3,\)"),
    "bias of text": ((X, W, ["a", "b", "c"]), {}, TypeError, "bias of dtype <U1"),
    "scale": ((X, W), {"scale": 2.0}, ValueError, r"scale of shape \(\).*must be \(3,\)"),
    "shift": ((X, W), {"shift": np.ones((3, 1))}, ValueError, r"shift of shape \(3, 1\).*must be \(3,\)"),
}


@pytest.mark.parametrize("case", BAD_FRELU)
def test_frelu_refuses(case: str) -> None:
    given, keywords, error, message = BAD_FRELU[case]
    out = np.full(X.shape, 7, np.float32)
    with pytest.raises(error, match="frelu: " + message):
        fa.frelu(*given, out=out, **keywords)
    assert (out == 7).all()
    with pytest.raises(error, match="backward: " + message):
        fa.frelu.backward(given[0], *given, **keywords)


def test_frelu_refuses_an_out_that_does_not_fit() -> None:
    with pytest.raises(TypeError, match=r"out=\[\] is not accepted"):
        fa.frelu(X, W, out=[])
    with pytest.raises(ValueError, match=r"out of shape \(3, 4, 5\).*must be \(2, 3, 4, 5\)"):
        fa.frelu(X, W, out=X[0].copy())
    with pytest.raises(TypeError, match=r"out of dtype int32.*float32"):
        fa.frelu(X, W, out=X.astype(np.int32))
    fixed = X.copy()
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match="out is read-only"):
        fa.frelu(X, W, out=fixed)
    with pytest.raises(ValueError, match=r"dy of shape \(3, 4, 5\).*shape of x"):
        fa.frelu.backward(X[0], X, W)
    with pytest.raises(TypeError, match=r"no derivative; call frelu.backward\(dy, x, weight, bias\)"):
        fa.frelu.derivative(X)
    with pytest.raises(TypeError, match="no backward_from_output"):
        fa.frelu.backward_from_output(X, X)
    with pytest.raises(TypeError):
        fa.frelu(X)


def test_frelu_is_an_activation_like_others(capsys: pytest.CaptureFixture[str]) -> None:
    for function in (fa.frelu, fa.frelu.backward):
        assert pickle.loads(pickle.dumps(function)).__qualname__ == function.__qualname__
        for name in function.__signature__.parameters:
            assert f"\n{name} : " in function.__doc__
    assert str(fa.frelu.__signature__) == "(x, weight, bias=None, out=None, *, scale=None, shift=None)"
    fa.describe("frelu")
    assert "funnel" in capsys.readouterr().out


# ---- PReLU ----------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _however_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small arrays too are to take the compiled pass, not the ufunc that is quicker for them."""
    monkeypatch.setattr(fa.api.learned, "FEW", 1)


# shape and the axis of its channels: NCHW with long and short rows, NHWC, some with few and some with many channels
LAYOUTS = [
    ((3, 5, 9, 11), 1),
    ((2, 4, 7, 7), 1),
    ((2, 3, 130, 129), 1),
    ((3, 9, 11, 5), -1),
    ((7, 3, 5, 3), 3),
    ((2, 3, 3, 700), -1),
    ((40, 2000), -1),
    ((6, 8), 1),
    ((5, 64, 2), 1),
    ((4, 3, 5, 6), 0),
    ((3, 12000), 1),
]
layouts = pytest.mark.parametrize(("shape", "axis"), LAYOUTS, ids=str)


def slopes(shape: tuple[int, ...], axis: int, dtype: Any) -> tuple[Any, Any, Any, Any]:
    """dy, x, weight and that as it broadcasts."""
    rng = RNG(3)
    wide = np.float32 if np.dtype(dtype).itemsize == 2 else dtype
    weight = rng.uniform(0, 1, shape[axis]).astype(wide)
    x, dy = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    x.ravel()[::7] = 0
    return dy, x, weight, weight.reshape((-1,) + (1,) * (len(shape) - 1 - axis % len(shape)))


def test_prelu_of_few_elements_is_that_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    dy, x, weight, _ = slopes((3, 5, 9, 11), 1, np.float32)
    many = fa.prelu(x, weight), fa.prelu.backward(dy, x, weight)
    monkeypatch.setattr(fa.api.learned, "FEW", x.size + 1)
    assert same(fa.prelu(x, weight), many[0])
    assert same(fa.prelu.backward(dy, x, weight), many[1])


@dtypes
@layouts
def test_prelu_per_channel_is_that_of_the_ufunc(shape: tuple[int, ...], axis: int, dtype: Any) -> None:
    dy, x, weight, broad = slopes(shape, axis, dtype)
    ufunc, back = (fa.ufuncs.prelu, fa.ufuncs.prelu_backward) if dtype != np.longdouble else (None, None)
    if ufunc is None:
        y, dx = np.where(x >= 0, x, broad * x), np.where(x > 0, dy, broad * dy)
    else:
        y, dx = ufunc(x, broad), back(dy, x, broad)
    assert same(fa.prelu(x, weight, axis=axis), y)
    assert same(fa.prelu.backward(dy, x, weight, axis=axis), dx)
    assert same(fa.prelu.backward_from_output(dy, x, weight, axis=axis), dx)
    out = np.empty_like(x)
    assert fa.prelu(x, weight, out, axis=axis) is out
    assert same(out, y)
    out = x.copy()
    assert fa.prelu(out, weight, out=out, axis=axis) is out
    assert same(out, y)
    for target in ("dy", "x"):
        both = {"dy": dy.copy(), "x": x.copy()}
        fa.prelu.backward(both["dy"], both["x"], weight, out=both[target], axis=axis)
        assert same(both[target], dx)


@dtypes
@layouts
def test_prelu_backward_with_weight(shape: tuple[int, ...], axis: int, dtype: Any) -> None:
    dy, x, weight, _ = slopes(shape, axis, dtype)
    others = tuple(k for k in range(x.ndim) if k != axis % x.ndim)
    products = np.minimum(x, 0).astype(np.float64) * dy.astype(np.float64)
    for given, total, size in (
        (weight, products.sum(axis=others), abs(products).sum(axis=others)),
        (0.25, products.sum(), abs(products).sum()),
        (weight[:1], products.sum().reshape(1), abs(products).sum().reshape(1)),
    ):
        dx, dweight = fa.prelu.backward_with_weight(dy, x, given, axis=axis)
        assert same(dx, fa.prelu.backward(dy, x, given, axis=axis))
        assert dweight.shape == np.shape(given)
        assert dweight.dtype == (given.dtype if hasattr(given, "dtype") else dtype)
        assert (abs(dweight.astype(np.float64) - total) <= eps(dweight.dtype) * abs(total) + 1e-13 * size + 1e-12).all()
        for target in ("dy", "x"):
            both = {"dy": dy.copy(), "x": x.copy()}
            got = fa.prelu.backward_with_weight(both["dy"], both["x"], given, both[target], axis=axis)
            assert got[0] is both[target]
            assert same(got[0], dx)
            assert same(got[1], dweight)


@layouts
def test_prelu_of_other_layouts(shape: tuple[int, ...], axis: int) -> None:
    dy, x, weight, _ = slopes(shape, axis, np.float32)
    dx, dweight = fa.prelu.backward_with_weight(dy, x, weight, axis=axis)
    y = fa.prelu(x, weight, axis=axis)
    turned = [np.ascontiguousarray(a.T).T for a in (dy, x)]
    strided = [np.repeat(a, 2, axis=-1)[..., ::2] for a in (dy, x)]
    backwards = [np.ascontiguousarray(a[..., ::-1])[..., ::-1] for a in (dy, x)]
    for g, a in (turned, strided, backwards, (dy, turned[1]), (turned[0], x)):
        assert np.array_equal(fa.prelu(a, weight, axis=axis), y)
        assert np.array_equal(fa.prelu.backward(g, a, weight, axis=axis), dx)
        got = fa.prelu.backward_with_weight(g, a, weight, axis=axis)
        assert np.array_equal(got[0], dx)
        assert np.allclose(got[1], dweight, rtol=1e-6, atol=1e-6)
        assert np.allclose(fa.prelu.weight_gradient(g, a, axis=axis), dweight, rtol=1e-6, atol=1e-6)
        out = np.empty_like(x)
        assert fa.prelu(a, weight, out, axis=axis) is out
        assert np.array_equal(out, y)
    # an out that overlaps dy, shifted
    long = np.concatenate([dy, dy[:1]])
    got = fa.prelu.backward_with_weight(long[:-1], x, weight, long[1:], axis=axis)
    assert np.array_equal(long[1:], dx)
    assert np.array_equal(got[1], dweight)


@dtypes
def test_prelu_of_nan_infinity_and_nothing(dtype: Any) -> None:
    dy, x, weight, _ = slopes((2, 3, 80), 1, dtype)
    x[0, 1, 5] = np.nan
    x[1, 2, 7] = np.inf
    dx, dweight = fa.prelu.backward_with_weight(dy, x, weight)
    assert np.isnan(dx[0, 1, 5])
    assert np.isnan(dx.astype(np.float64)).sum() == 1
    assert np.array_equal(np.isnan(dweight), [False, True, False])
    for shape in ((0, 3, 4), (2, 0, 4), (2, 3, 0)):
        dx, dweight = fa.prelu.backward_with_weight(np.zeros(shape, dtype), np.zeros(shape, dtype), np.ones(shape[1]))
        assert dx.shape == shape
        assert np.array_equal(dweight, np.zeros(shape[1]))
    dx, dweight = fa.prelu.backward_with_weight(dtype.type(2), dtype.type(-3), 0.25)
    assert (float(dx), float(dweight)) == (0.5, -6.0)


def test_prelu_dtypes() -> None:
    dy, x, weight, _ = slopes((2, 3, 80), 1, np.float32)
    assert fa.prelu(x, weight.astype(np.float64)).dtype == np.float64
    dx, dweight = fa.prelu.backward_with_weight(dy, x, weight.astype(np.float64))
    assert (dx.dtype, dweight.dtype) == (np.float64, np.float64)
    assert np.array_equal(dx, fa.prelu.backward(dy.astype(float), x.astype(float), weight.astype(float)))
    dx, _ = fa.prelu.backward_with_weight(np.ones((2, 3), np.int32), np.full((2, 3), -1, np.int32), 0.5)
    assert np.array_equal(dx, np.full((2, 3), 0.5))
    dx, dweight = fa.prelu.backward_with_weight([[1.0, 2.0]], [[-1.0, 2.0]], [0.5, 0.25])
    assert np.array_equal(dx, [[0.5, 2.0]])
    assert np.array_equal(dweight, [-1.0, 0.0])


@pytest.mark.parametrize("channels", [1, 4])
def test_prelu_gradients_are_those_of_pytorch(channels: int) -> None:
    torch = pytest.importorskip("torch")
    dy, x, weight, _ = slopes((3, 4, 9, 10), 1, np.float64)
    tensors = [torch.from_numpy(a).requires_grad_() for a in (x, weight[:channels].copy())]
    true = torch.autograd.grad(torch.nn.functional.prelu(*tensors), tensors, torch.from_numpy(dy))
    for got, want in zip(fa.prelu.backward_with_weight(dy, x, weight[:channels]), true, strict=True):
        assert np.allclose(got, want.numpy(), rtol=1e-12, atol=1e-12)


BAD_PRELU: dict[str, tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = {
    "shapes": ((X[0], X, 0.25), {}, ValueError, r"dy has shape \(3, 4, 5\) but x has \(2, 3, 4, 5\)"),
    "channels": ((X, X, [0.25, 0.5]), {}, ValueError, r"weight of shape \(2,\).*axis 1.*must be a scalar or \(3,\)"),
    "last axis": ((X, X, [0.25] * 3), {"axis": -1}, ValueError, r"weight of shape \(3,\).*axis -1.*or \(5,\)"),
    "matrix": (
        (X, X, np.ones((3, 1))),
        {},
        ValueError,
        r"weight of shape \(3, 1\) is not accepted.*a scalar or \(C,\)",
    ),
    "axis": ((X, X, [0.25] * 3), {"axis": 4}, ValueError, "axis=4 is not an axis of x"),
    "axis of text": ((X, X, [0.25] * 3), {"axis": "1"}, TypeError, "axis='1' is not accepted"),
    "NaN": ((X, X, [0.25, np.nan, 1.0]), {}, ValueError, "weight=nan is not accepted"),
    "complex dy": ((X + 1j, X, 0.25), {}, TypeError, "dy of dtype complex64"),
    "complex x": ((X, X + 1j, 0.25), {}, TypeError, "x of dtype complex64"),
    "text": ((X, X, "a"), {}, TypeError, "weight of dtype <U1"),
    "out": ((X, X, 0.25, X[0].copy()), {}, ValueError, r"out of shape \(3, 4, 5\)"),
    "out of integers": ((X, X, 0.25, X.astype(int)), {}, TypeError, "out of dtype int64"),
}


@pytest.mark.parametrize("case", BAD_PRELU)
def test_prelu_backward_with_weight_refuses(case: str) -> None:
    given, keywords, error, message = BAD_PRELU[case]
    with pytest.raises(error, match="prelu.backward_with_weight: " + message):
        fa.prelu.backward_with_weight(*given, **keywords)


# ---- threads and instruction sets -----------------------------------------------------------------------------------

CASES = {
    "frelu": lambda dtype: (fa.frelu(*make((6, 16, 64, 61), 3, dtype)[1:]),),
    "frelu k=5": lambda dtype: (fa.frelu(*make((3, 11, 40, 41), 5, dtype)[1:]),),
    "frelu backward": lambda dtype: fa.frelu.backward(*make((5, 13, 57, 60), 3, dtype)),
    "prelu": lambda dtype: fa.prelu.backward_with_weight(*slopes((5, 31, 53, 59), 1, dtype)[:3]),
    "prelu last": lambda dtype: fa.prelu.backward_with_weight(*slopes((5, 31, 53, 59), -1, dtype)[:3], axis=-1),
    "prelu one": lambda dtype: fa.prelu.backward_with_weight(*slopes((5, 31, 53, 59), 1, dtype)[:2], 0.25),
    "prelu value": lambda dtype: (fa.prelu(*slopes((5, 31, 53, 59), 1, dtype)[1:3]),),
}


@compiled_only
@pytest.mark.parametrize("case", CASES)
def test_bits_do_not_depend_on_the_number_of_threads(case: str) -> None:
    for dtype in (np.dtype(np.float32), np.dtype(np.float16), np.dtype(np.float64)):
        found = set()
        for count in (1, 2, 3, 7):
            with fa.threads(count):
                found.add(tuple(bits(np.asarray(a)) for a in CASES[case](dtype)))
        assert len(found) == 1


OTHER = """
    import sys
    sys.path.insert(0, {tests!r})
    import numpy as np, fastact as fa
    from fastact.api import learned
    from fastact.runtime import kernels
    learned.FEW = 1
    import test_spatial as here
    assert kernels.isa == {isa!r}
    for dtype in (np.float16, np.float32, np.float64):
        for name, case in here.CASES.items():
            if "frelu" in name or "prelu" in name:
                print(name, np.dtype(dtype), *(here.bits(np.asarray(a)).hex() for a in case(np.dtype(dtype))))
    for k, size in ((1, (3, 4)), (3, (5, 6)), (3, (7, 67)), (5, (9, 50)), (7, (8, 8))):
        here.test_frelu_is_the_larger_of_x_and_the_window_sum(np.dtype(np.float32), k, size)
        here.test_frelu_backward(np.dtype(np.float32), k, size)
        here.test_frelu_backward(np.dtype(np.float16), k, size)
    for shape, axis in here.LAYOUTS:
        here.test_prelu_backward_with_weight(shape, axis, np.dtype(np.float32))
        here.test_prelu_per_channel_is_that_of_the_ufunc(shape, axis, np.dtype(np.float16))
    here.test_frelu_of_any_layout_in_place_and_out(np.dtype(np.float32))
"""


def test_every_instruction_set(run_python: Any) -> None:
    said = {}
    for isa in dict.fromkeys([*kernels.available_isas(), "numpy"]):
        code = textwrap.dedent(OTHER).format(tests=str(Path(__file__).parent), isa=isa)
        done = run_python("-c", code, FASTACT_ISA=isa)
        assert done.returncode == 0, f"{isa}: {done.stderr}"
        said[isa] = done.stdout
    if "v3" in said and "v4" in said:
        assert said["v3"] == said["v4"]
