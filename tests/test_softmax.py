"""softmax as a function of arrays: along any axis, of rows of any size, backward, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import oracle
import pytest
from floats import FLOATS, HALVES, floats

import fastact as fa
from fastact.runtime import kernels

Array = npt.NDArray[Any]

RNG = np.random.default_rng


def tolerance(dtype: Any) -> float:
    return 16 * float(oracle.finfo(dtype).eps)


def plain_softmax(x: Array, axis: int) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("dtype", [*FLOATS, np.longdouble], ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_softmax_along_any_axis(axis: int, dtype: Any) -> None:
    x = (3 * RNG(0).standard_normal((4, 7, 65))).astype(dtype)
    wide = np.promote_types(dtype, np.float64)
    expected = plain_softmax(x.astype(wide), axis)
    got = fa.softmax(x, axis=axis)
    assert got.dtype == dtype
    # float16 results below its normal numbers are off by half their unit
    least = float(oracle.finfo(dtype).smallest_subnormal)
    assert np.allclose(got.astype(wide), expected, rtol=tolerance(dtype), atol=least)
    # NumPy's sum, where it is NumPy that sums, depends on the order in memory
    loose = tolerance(dtype) if kernels.isa == "numpy" or dtype is np.longdouble else 0
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=2)[:, :, ::2], x[::-1][::-1]):
        assert np.allclose(fa.softmax(other, axis=axis).astype(wide), got.astype(wide), rtol=loose, atol=0)
    out = np.empty_like(x)
    assert fa.softmax(x, out, axis=axis) is out
    assert (out == got).all()
    assert (fa.softmax(x, out=out, axis=axis) == got).all()
    again = x.copy()
    assert fa.softmax(again, out=again, axis=axis) is again
    assert (again == got).all()
    moved = np.moveaxis(np.empty(np.moveaxis(x, axis, 0).shape, dtype), 0, axis)
    assert np.allclose(fa.softmax(x, out=moved, axis=axis).astype(wide), got.astype(wide), rtol=loose, atol=0)


@floats
@pytest.mark.parametrize("axis", [0, -1])
def test_softmax_backward_is_the_jacobian_times_dy(axis: int, dtype: Any) -> None:
    x, dy = ((2 * RNG(k).standard_normal((9, 11))).astype(dtype) for k in (0, 1))
    wide = x.astype(np.float64)
    y = fa.softmax(wide, axis=axis)
    jacobian = fa.softmax.derivative(wide, axis=axis)
    n = x.shape[axis]
    rows_of_y = np.moveaxis(y, axis, -1)
    explicit = rows_of_y[..., :, None] * (np.eye(n) - rows_of_y[..., None, :])
    assert jacobian.shape == (*rows_of_y.shape, n)
    assert np.allclose(jacobian, explicit, rtol=1e-13, atol=1e-16)
    assert fa.softmax.derivative(x, axis=axis).dtype == dtype
    product = np.einsum("...ij,...j->...i", jacobian, np.moveaxis(dy.astype(np.float64), axis, -1))
    expected = np.moveaxis(product, -1, axis)
    # the sum of dy y cancels: what is lost is some ULPs of y times the largest dy
    slack = 8 * float(oracle.finfo(dtype).eps) * float(np.abs(dy).max())
    narrow = fa.softmax(x, axis=axis)
    for got in (fa.softmax.backward(dy, x, axis=axis), fa.softmax.backward_from_output(dy, narrow, axis=axis)):
        assert got.dtype == dtype
        assert (np.abs(got - expected) <= slack * y + 1e-7 * (dtype in HALVES)).all()
    reference = fa.softmax.backward_from_output(dy, narrow, axis=axis)
    for k in range(2):
        pair = [dy.copy(), narrow.copy()]
        assert fa.softmax.backward_from_output(*pair, out=pair[k], axis=axis) is pair[k]
        assert (pair[k] == reference).all()
    pair = [dy.copy(), x.copy()]
    assert fa.softmax.backward(*pair, out=pair[1], axis=axis) is pair[1]
    assert (pair[1] == fa.softmax.backward(dy, x, axis=axis)).all()


@floats
def test_softmax_of_small_rows(dtype: Any) -> None:
    assert fa.softmax(np.empty((0, 4), dtype)).shape == (0, 4)
    assert fa.softmax(np.empty((4, 0), dtype)).shape == (4, 0)
    assert fa.softmax.derivative(np.empty((4, 0), dtype)).shape == (4, 0, 0)
    assert fa.softmax.backward(np.empty((4, 0), dtype), np.empty((4, 0), dtype)).shape == (4, 0)
    assert (fa.softmax(np.array([[3], [-7]], dtype)) == 1).all()
    assert (fa.softmax.derivative(np.array([[3], [-7]], dtype)) == 0).all()
    assert (fa.softmax.backward(np.ones((2, 1), dtype), np.ones((2, 1), dtype)) == 0).all()
    assert fa.softmax([1, 1]).tolist() == [0.5, 0.5]
    assert fa.softmax(np.array([1, 1], np.int8)).dtype == np.exp(np.zeros(1, np.int8)).dtype


@floats
def test_softmax_rows_do_not_depend_on_each_other(dtype: Any) -> None:
    """Nor on threads, position or stride. Where NumPy computes, its sums depend on the order in memory."""
    loose = tolerance(dtype) if kernels.isa == "numpy" else 0

    def same(a: Array, b: Array) -> bool:
        a, b = (each.astype(np.float64) for each in (a, b))  # NumPy 1 compares no bfloat16 with a number
        return bool(np.allclose(a, b, rtol=loose, atol=loose * float(oracle.finfo(dtype).tiny)))

    for n in (1, 5, 31, 32, 33, 64, 100, 1024, 1500):
        x = (3 * RNG(n).standard_normal((max(3, 40_000 // n), n))).astype(dtype)
        together = fa.softmax(x)
        with fa.threads(1):
            assert (fa.softmax(x) == together).all()
        for k in (0, 1, -1):
            assert same(fa.softmax(x[k]), together[k])
        assert same(fa.softmax(np.ascontiguousarray(x.T), axis=0), together.T)
        assert same(fa.softmax(x[::2]), together[::2])


def test_softmax_errors() -> None:
    with pytest.raises(ValueError, match="axis=2"):
        fa.softmax(np.ones((2, 2)), axis=2)
    with pytest.raises(TypeError, match="axis="):
        fa.softmax(np.ones((2, 2)), axis=1.0)
    with pytest.raises(ValueError, match="axis=1 is not accepted; x is a number"):
        fa.softmax(1.0, axis=1)
    with pytest.raises(TypeError, match="x of dtype complex128"):
        fa.softmax(np.ones(3, complex))
    with pytest.raises(TypeError, match="dy of dtype object"):
        fa.softmax.backward(np.array([1, None]), np.ones(2))
    with pytest.raises(ValueError):  # noqa: PT011 - NumPy's own message
        fa.softmax(np.ones(3), out=np.ones(4))
    with pytest.raises(ValueError):  # noqa: PT011
        fa.softmax.backward(np.ones(3), np.ones(4))
    frozen = np.ones(3)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        fa.softmax(frozen, out=frozen)
