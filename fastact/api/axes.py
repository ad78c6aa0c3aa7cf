"""A generalised ufunc along any axes of arrays of any layout, and what the functions along an axis accept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.containers import as_arrays, beside
from fastact.api.function import channel_axis, check_flag, placed, shown
from fastact.runtime import kernels
from fastact.table.dtypes import PARAMETER_DTYPES, floating, is_half, is_real
from fastact.table.registry import OPERANDS

Array = npt.NDArray[Any]


# ---- a generalised ufunc along any axes -----------------------------------------------------------------------------


def along(name: str, inputs: Sequence[Any], axes: tuple[int, ...], out: Any = None, wide: bool = False) -> Any:
    """The generalised ufunc ``name`` along ``axes``, counted from 0 and ascending, of inputs with as many dimensions.

    An input with one element for a whole row lacks those axes; so does such a result. ``wide``: let NumPy compute.
    """
    ndim = max(np.ndim(a) for a in inputs)
    if len(axes) == 1:
        return _along_one(name, inputs, axes[0], ndim, out, wide)
    # several axes: one, of all their elements
    cores = OPERANDS[name]
    rest = tuple(k for k in range(ndim) if k not in axes)
    flat = [
        a.transpose(rest + axes).reshape((*(a.shape[k] for k in rest), _size([a.shape[k] for k in axes])))
        if core in "nb"
        else a
        for a, core in zip(inputs, cores, strict=False)
    ]
    result = _along_one(name, flat, len(rest), len(rest) + 1, None, wide)
    if cores[-1] == "n":
        shape = next(a.shape for a, core in zip(inputs, cores, strict=False) if core == "n")
        result = result.reshape(tuple(shape[k] for k in rest + axes)).transpose(np.argsort(rest + axes))
    return placed(result, out)


def _along_one(name: str, inputs: Sequence[Any], axis: int, ndim: int, out: Any, wide: bool) -> Any:
    last = ndim - 1
    if axis == last:
        return kernels.ufunc_of(name, wide)(*inputs, out=out)
    if not all(type(a) is np.ndarray for a in inputs):
        return kernels.ufunc_of(name, wide)(*inputs, out=out, axis=axis)
    # Rows side by side: where memory is without gaps all that follows the axis is one dimension, so that threads
    # divide all of it. Else the last axis is walked across, and NumPy loops over the others.
    function = kernels.ufunc_of(f"{name}_columns", wide)
    cores = OPERANDS[name]
    arrays = [*inputs, *([] if out is None else [out])]
    kinds = cores.replace("->", "") if out is not None else cores[: len(inputs)]
    shapes = {a.shape for a, core in zip(arrays, kinds, strict=True) if core in "nb"}
    (shape, *others) = shapes
    gone = shape[:axis] + shape[axis + 1 :]
    fits = out is None or cores[-1] == "n" or out.shape == gone  # else NumPy says what is wrong
    if not others and fits and all(a.ndim == 0 or a.flags.c_contiguous for a in arrays):
        outer, n, inner = _size(shape[:axis]), shape[axis], _size(shape[axis + 1 :])
        flat = [
            a if core == "p" else a.reshape((outer, n, inner) if core in "nb" else (outer, inner))
            for a, core in zip(arrays, kinds, strict=True)
        ]
        result = function(*flat[: len(inputs)], out=None if out is None else flat[-1])
        if out is not None:
            return out
        return result.reshape(shape if cores[-1] == "n" else gone)
    axes = [() if core == "p" else (axis, -1) if core in "nb" else (-1,) for core in cores.replace("->", "")]
    return function(*inputs, out=out, axes=axes)


def _size(shape: Sequence[int]) -> int:
    return int(np.prod(shape, dtype=np.intp))


# ---- what is accepted -----------------------------------------------------------------------------------------------


def arrays_of(given: dict[str, Any], name: str) -> tuple[list[Any], bool]:
    """The inputs as checked arrays, and whether NumPy must compute."""
    arrays = as_arrays(given, name)
    wide = np.result_type(*(a.dtype for a in arrays)).newbyteorder("=") not in PARAMETER_DTYPES
    return arrays, wide


def in_dtype_of_result(x: Any, *others: Any) -> Any:
    """``x``, in the dtype of what it is computed to with others: nothing is to be rounded before."""
    dtype = floating(np.result_type(x.dtype, *(a.dtype for a in others)))
    return x if x.dtype.newbyteorder("=") == dtype else x.astype(dtype)


def axes_of(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """``axis`` as ascending indices from 0."""
    if ndim == 0:
        raise ValueError(f"{name}: x is 0-dimensional and has no axis to go along")
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, tuple):
        return (channel_axis(axis, ndim, name, "an integer, a tuple of integers or None"),)
    found = tuple(sorted(channel_axis(a, ndim, name) for a in axis))
    if not found or len(set(found)) != len(found):
        raise ValueError(f"{name}: axis={shown(axis)} is not accepted; it must name at least one axis, and none twice")
    return found


def number_of(value: Any, argument: str, name: str, positive: bool = False) -> float:
    accepted = "a finite number" + (" > 0" if positive else "")
    real = isinstance(value, int) or (np.ndim(value) == 0 and is_real(np.asarray(value).dtype))
    if isinstance(value, bool | np.bool_) or not real:
        raise TypeError(f"{name}: {argument}={shown(value)} is not accepted; it must be {accepted}")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not np.isfinite(number) or (positive and number <= 0):
        raise ValueError(f"{name}: {argument}={shown(value)} is not accepted; it must be {accepted}")
    return number


def scale_of(value: float, arrays: Sequence[Any], name: str, argument: str = "scale") -> Array:
    """``value`` as the ufunc takes it: of the dtype that is computed in."""
    dtype = floating(np.result_type(*(a.dtype for a in arrays)))
    if is_half(dtype):
        dtype = np.dtype(np.float32)
    with np.errstate(all="ignore"):
        scale = np.asarray(value, dtype)
    if not np.isfinite(scale):
        raise ValueError(f"{name}: {argument}={shown(value)} is not accepted; it must be finite in {dtype}")
    return scale


def broadcast(mask: Any, shape: tuple[int, ...], argument: str, name: str) -> Array:
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"{name}: {argument} of shape {np.shape(mask)} is not accepted; it must broadcast to that of x, {shape}"
        ) from None


def masks_of(x: Any, mask: Any, where: Any, causal: bool, name: str) -> tuple[Any, Array | None, Array | None]:
    """x, what is added to its scores, and which of them take part; not both."""
    added = kept = None
    if mask is not None:
        mask = broadcast(beside(mask, "mask", name), x.shape, "mask", name)
        if mask.dtype == bool:
            kept = mask
        elif is_real(mask.dtype) and mask.dtype.kind not in "iu":
            added = mask
        else:
            raise TypeError(f"{name}: mask of dtype {mask.dtype} is not accepted; it must be bool or floating")
    if where is not None:
        where = broadcast(beside(where, "where", name), x.shape, "where", name)
        if where.dtype != bool:
            raise TypeError(f"{name}: where of dtype {where.dtype} is not accepted; it must be bool")
        kept = where if kept is None else kept & where
    if causal:
        below = np.tri(*x.shape[-2:], dtype=np.bool_)
        kept = np.broadcast_to(below, x.shape) if kept is None else kept & below
    if added is not None and kept is not None:
        # x is left out whatever it is, NaN too
        x = np.where(kept, x, x.dtype.type(0))
        added, kept = np.where(kept, added, added.dtype.type(-np.inf)), None
    return x, added, kept


def check_causal(causal: Any, shape: tuple[int, ...], axes: tuple[int, ...], name: str) -> bool:
    if check_flag(causal, "causal", name) and (len(shape) < 2 or shape[-1] != shape[-2] or axes != (len(shape) - 1,)):
        raise ValueError(
            f"{name}: causal=True is not accepted with x of shape {shape}; it needs the last axis and x of shape "
            "(..., L, L)"
        )
    return bool(causal)
