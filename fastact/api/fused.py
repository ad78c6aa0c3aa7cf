"""A bias before an activation, in one pass over memory: what ``bias=`` means and which ufunc computes it."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.containers import as_arrays, numbers_beside
from fastact.api.function import channel_axis, check_flag
from fastact.api.sums import bias_sum
from fastact.reference import stand_ins
from fastact.runtime import kernels
from fastact.table.dtypes import PARAMETER_DTYPES, floating, is_half
from fastact.table.registry import BY_NAME

Array = npt.NDArray[Any]
SHORT = 256  # elements of a channel below which looking for the next one takes longer than reading its bias once more


@cache
def biased_ufunc(ufunc: Any) -> Any:
    """That of an elementwise ufunc with a bias before it."""
    name = ufunc.__name__
    operation = next((o for o in kernels.FUSED[1:] if name.endswith(o)), "")
    return kernels.fused_ufunc(name.removesuffix(operation), operation, False, True)


def fused_by_name(text: str) -> Any:
    """The ufunc of a name such as ``silu_gated_backward``; None if there is none."""
    operation = next((o for o in kernels.FUSED[1:] if text.endswith(o)), "")
    rest = text.removesuffix(operation)
    name = rest.removesuffix("_biased").removesuffix("_gated")
    gated, biased = rest.removesuffix("_biased").endswith("_gated"), rest.endswith("_biased")
    known = name in BY_NAME and not BY_NAME[name].axis and name in stand_ins.REFERENCE
    return kernels.fused_ufunc(name, operation, gated, biased) if known and (gated or biased) else None


def bias_along(bias: Any, shape: tuple[int, ...], at: int, dtype: Any, name: str) -> Array:
    """``bias`` as an array that broadcasts along axis ``at`` of ``shape``; a list is taken in ``dtype``."""
    array = numbers_beside(bias, "bias", name)
    if not isinstance(bias, np.ndarray | np.generic):
        array = array.astype(dtype)
    if array.ndim > 1 or (array.ndim and (not shape or array.shape[0] != shape[at])):
        each = f" or have one for each of the {shape[at]} of its axis of x" if shape else ""
        raise ValueError(
            f"{name}: bias of shape {array.shape} is not accepted; it must be one number{each} (x.shape = {shape})"
        )
    return array.reshape((-1,) + (1,) * (len(shape) - 1 - at)) if array.ndim else np.asarray(array)


def as_rows(arrays: list[Any], at: int, b: Array) -> tuple[list[Any], Array]:
    """Contiguous arrays of one shape as one matrix, and the biases along axis ``at`` as what broadcasts to it.

    So all of it is one call of the loop, which NumPy would make for each index of the axes before ``at``. Short rows
    have all channels in each, and a bias for each element. Any other arrays, and a bias for all, are returned as given.
    """
    shapes = {a.shape for a in arrays if a is not None}
    shape = arrays[0].shape
    if len(shapes) != 1 or not b.ndim or at == len(shape) - 1 or not arrays[0].size:
        return arrays, b
    if not all(a is None or a.flags.c_contiguous for a in arrays):
        return arrays, b
    channels, inner = shape[at], prod(shape[at + 1 :])
    outer = arrays[0].size // (channels * inner)
    if inner < SHORT and outer > 8:
        rows, b = outer, np.repeat(b.ravel(), inner)
    else:
        rows, b = outer * channels, np.tile(b.ravel(), outer)[:, None]
    return [None if a is None else a.reshape(rows, -1) for a in arrays], b


def biased_at_once(function: Any, inputs: tuple[Any, ...], out: Any, keywords: dict[str, Any]) -> Any:
    """A usual call: arrays of one shape and dtype, a bias along the last axis, parameters that were checked before.

    It passes all checks of `apply_biased`, and this is what that would make of it; of any other call, NotImplemented.
    """
    bias, x = keywords["bias"], inputs[-1]
    if type(bias) is not np.ndarray or type(x) is not np.ndarray:
        return NotImplemented
    dtype, shape = x.dtype, x.shape
    if bias.dtype is not dtype or not shape or bias.shape != shape[-1:]:
        return NotImplemented
    for other in inputs[:-1]:
        if type(other) is not np.ndarray or other.dtype is not dtype or other.shape != shape:
            return NotImplemented
    if out is not None and (type(out) is not np.ndarray or out.shape != shape):
        return NotImplemented
    if len(keywords) == 1:
        key, wants_gradient = dtype, False
    else:
        rest = keywords.copy()
        del rest["bias"]
        axis, wants_gradient = rest.pop("axis", -1), rest.pop("bias_gradient", False)
        if type(axis) is not int or axis not in (-1, len(shape) - 1) or type(wants_gradient) is not bool:
            return NotImplemented
        key = function._key(inputs, rest)
    ready = function._ready.get(key)
    if ready is None:
        return NotImplemented
    # NumPy itself takes the one row of biases to all rows of x
    dx = biased_ufunc(ready[0])(*inputs, bias, *ready[1:], out=out)
    return (dx, bias_sum(dx, len(shape) - 1, np.result_type(dx.dtype, dtype))) if wants_gradient else dx


def apply_biased(function: Any, inputs: tuple[Any, ...], out: Any, keywords: dict[str, Any], axis: int) -> Any:
    """``function`` of x + bias; function is a `Function` of api.activation, ``axis`` where its bias lies by default.

    x + bias is rounded to float32 or float64 once, as `numpy.add` would, and is nowhere rounded to a half type.
    """
    name = function.__qualname__
    bias = keywords.pop("bias")
    wants_gradient = check_flag(keywords.pop("bias_gradient", False), "bias_gradient", name)
    arrays = as_arrays(dict(zip(function._arrays, inputs, strict=True)), name)
    x = arrays[-1]
    at = 0
    if x.ndim and ("axis" in keywords or np.ndim(bias)):
        at = channel_axis(keywords.pop("axis", axis), x.ndim, name)
    keywords.pop("axis", None)
    b = bias_along(bias, x.shape, at, floating(x.dtype), name)
    promoted = np.result_type(x.dtype, b.dtype)
    if floating(promoted) != floating(x.dtype):
        x = arrays[-1] = np.asarray(x).astype(promoted)
    key = function._key(tuple(arrays), keywords)
    ufunc, arrays_now, parameters = function._resolve(tuple(arrays), keywords)
    if key is not None and not keywords:
        function._remember(key, (ufunc, *parameters))
    wide = floating(x.dtype).newbyteorder("=") not in PARAMETER_DTYPES
    plain = all(type(a) is np.ndarray for a in arrays_now) and all(p.ndim == 0 for p in parameters)
    if keywords or wide or not plain or x.ndim == 0:
        dx = _in_two_passes(ufunc, arrays_now, b, parameters, out, keywords)
    else:
        dx = _in_one_pass(ufunc, list(arrays_now), b, parameters, out, at)
    if not wants_gradient:
        return dx
    along = None if b.ndim == 0 else at + dx.ndim - x.ndim
    return dx, bias_sum(dx, along, np.result_type(dx.dtype, b.dtype), keywords.get("where", True))


def _in_two_passes(
    ufunc: Any, arrays: tuple[Any, ...], b: Array, parameters: tuple[Any, ...], out: Any, keywords: dict[str, Any]
) -> Any:
    dtype = floating(np.result_type(arrays[-1].dtype, b.dtype))
    with np.errstate(all="ignore"):
        total = np.add(arrays[-1], b, dtype=np.float32 if is_half(dtype) else None)
    result = ufunc(*arrays[:-1], total, *parameters, out=out, **keywords)
    return result if out is not None or "dtype" in keywords else result.astype(dtype)


def _in_one_pass(ufunc: Any, arrays: list[Any], b: Array, parameters: tuple[Any, ...], out: Any, at: int) -> Any:
    fused = biased_ufunc(ufunc)
    if len({a.shape for a in arrays}) > 1:
        arrays = [np.asarray(a) for a in np.broadcast_arrays(*arrays)]
    shape = arrays[-1].shape
    (*views, target), b = as_rows([*arrays, out if isinstance(out, np.ndarray) else None], at, b)
    spread = np.broadcast_to(b, views[-1].shape)
    result = fused(*views, spread, *parameters, out=out if target is None else target)
    return out if out is not None and not isinstance(out, tuple) else result.reshape(shape)
