"""A user's program: what it writes is accepted by type checkers, and each result has the type that is asserted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import assert_type

import fastact as fa

Single = NDArray[np.float32]
Double = NDArray[np.float64]


def elementwise(x: Single, wide: Double, counts: NDArray[np.int64], unknown: NDArray[Any], slope: np.float32) -> None:
    assert_type(fa.gelu(x), Single)
    assert_type(fa.gelu(x, approximate="tanh"), Single)
    assert_type(fa.gelu(x, wide), Double)
    assert_type(fa.gelu(x, out=wide, where=[True, False]), Double)
    assert_type(fa.gelu(counts), Double)
    assert_type(fa.gelu(counts, dtype=np.float32), Single)
    assert_type(fa.gelu([0.5, 1.0]), Double)
    assert_type(fa.gelu(0.5), np.float64)
    assert_type(fa.gelu(True), np.float16)
    assert_type(fa.gelu(slope), np.float32)
    assert_type(fa.elu(x, alpha=slope), Single)
    promoted: NDArray[Any] = fa.elu(x, alpha=wide)
    fa.gelu(promoted, out=promoted)
    assert_type(fa.gelu(x, bias=x, axis=np.int64(-1)), Single)
    assert_type(fa.silu.derivative(x), Single)
    assert_type(fa.silu.backward(x, x), Single)
    assert_type(fa.silu.backward(1.0, x), Single)
    assert_type(fa.silu.backward(x, x, out=x), Single)
    assert_type(fa.silu.backward(x, x, bias=x, bias_gradient=True), tuple[Single, Single])
    assert_type(fa.silu.backward(x, x, bias=0.5, bias_gradient=True), tuple[Single, np.float32])
    assert_type(fa.sigmoid.backward_from_output(x, x), Single)
    assert_type(fa.swish(x), Single)
    assert_type(fa.get("swish")(x), Single)
    fa.gelu(unknown).astype(np.float32)
    activation = fa.get(input())
    activation(x, out=x)


def learned(x: Single, weight: Single) -> None:
    assert_type(fa.prelu(x, 0.25), Single)
    assert_type(fa.prelu(x, weight, axis=-1), Single)
    assert_type(fa.prelu.weight_gradient(x, x), np.float32)
    assert_type(fa.prelu.weight_gradient(x, x, axis=1), Single)
    assert_type(fa.prelu.backward_with_weight(x, x, weight), tuple[Single, Single])
    assert_type(fa.rrelu(x), Single)
    assert_type(fa.rrelu(x, training=True, rng=1, return_noise=True), tuple[Single, Single])
    assert_type(fa.frelu(x, weight), Single)
    assert_type(fa.frelu.backward(x, x, weight), tuple[Single, Single, None])
    assert_type(fa.frelu.backward(x, x, weight, x), tuple[Single, Single, Single])


def along_an_axis(x: Single, mask: NDArray[np.bool_]) -> None:
    assert_type(fa.softmax(x, axis=(0, 1), scale=np.float32(0.5), mask=mask), Single)
    assert_type(fa.softmax(x, where=[True, False], out=x), Single)
    assert_type(fa.softmax.backward(x, x), Single)
    assert_type(fa.logsumexp(x, axis=None), np.float32)
    assert_type(fa.logsumexp(x, axis=-1), Single)
    assert_type(fa.logsumexp([0.5, 1.0]), np.float64)
    assert_type(fa.maxout(x, np.int64(2)), Single)
    assert_type(fa.gumbel_softmax(x, rng=np.random.default_rng(0)), Single)
    y, noise = fa.gumbel_softmax(x, return_noise=True)
    assert_type(y, Single)
    assert_type(fa.gumbel_softmax.backward(y, x, noise), Single)


def gated(x: Single, up: Single) -> None:
    assert_type(fa.swiglu(x), Single)
    assert_type(fa.swiglu(x, up, limit=7, alpha=1.702), Single)
    assert_type(fa.geglu(x, approximate="tanh", gate="second", interleaved=True), Single)
    assert_type(fa.glu.backward(x, x), Single)
    assert_type(fa.glu.backward(x, x, up), tuple[Single, Single])
    assert_type(fa.glu.backward(x, x, up, out=(x, up)), tuple[Single, Single])
    assert_type(fa.glu.backward(x, x, bias=x, bias_gradient=True), tuple[Single, Single])


class Frame:
    """As pandas and Polars have them."""

    def to_numpy(self) -> Double:
        return np.zeros(3)


class Lazy:
    """As Dask has it."""

    def compute(self) -> Double:
        return np.zeros(3)


def containers(frame: Frame, lazy: Lazy) -> None:
    print(fa.gelu(frame).anything.goes)
    fa.silu.backward(frame, frame)
    fa.softmax(lazy)
    fa.swiglu(frame, frame)


def mixtures(frame: Frame, x: Single, unknown: NDArray[Any], counts: NDArray[np.int64]) -> None:
    fa.silu.backward(frame, x)
    fa.silu.backward(x, frame, out=x)
    result: NDArray[Any] = fa.silu.backward(counts, x)
    result = fa.silu.backward(unknown, x, bias=counts)
    result = fa.elu(x, alpha=[0.5, 1.0], bias=unknown)
    dx, dbias = fa.silu.backward(counts, x, bias=counts, bias_gradient=True)
    print(result, dx, dbias)


def others() -> None:
    with fa.threads(np.int64(2)):
        fa.set_num_threads(np.int64(1))
    assert_type(fa.get_num_threads(), int)
    assert_type(fa.ufuncs.gelu, np.ufunc)
    assert_type(fa.capi.address("gelu", np.float32), int)
    assert_type(fa.names(aliases=True), list[str])
    fa.describe(fa.gelu)
    fa.describe("gelu")
