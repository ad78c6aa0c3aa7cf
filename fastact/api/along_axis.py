"""Activations of whole rows along an axis: softmax and its kin.

The classes say what their functions accept, and make it inputs of a generalised ufunc.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.activation import Activation
from fastact.api.axes import along, arrays_of, in_dtype_of_result, scale_of
from fastact.api.axis_function import AxisFunction
from fastact.api.function import channel_axis, check_flag, placed
from fastact.api.gumbel import GumbelBackward, GumbelFromOutput, GumbelValue
from fastact.runtime import kernels
from fastact.table.dtypes import PARAMETER_DTYPES, floating
from fastact.table.registry import Row

Array = npt.NDArray[Any]


# ---- the functions --------------------------------------------------------------------------------------------------


class SoftmaxValue(AxisFunction):
    def _compute(
        self,
        x: Any,
        out: Any = None,
        *,
        axis: Any = -1,
        scale: float = 1.0,
        mask: Any = None,
        where: Any = None,
        causal: bool = False,
    ) -> Any:
        return self._scores(x, out, axis, scale, mask, where, causal)


class Jacobian(AxisFunction):
    """Base of derivatives that are a matrix for each row."""

    _takes_masked = False  # elements that take no part would be whole rows and columns
    _lazy = False

    def _axes(self, axis: Any, ndim: int) -> tuple[int, ...]:
        if axis is None or isinstance(axis, tuple):
            raise TypeError(
                f"{self.__qualname__}: axis={axis!r} is not accepted; a Jacobian is along one axis, an integer"
            )
        return super()._axes(axis, ndim)

    def _plain(self, x: Any, axis: Any) -> Any:
        """The output where it has no parameters, its rows along the last axis."""
        (x,), wide, axes = self._taken(axis, x=x)
        return np.moveaxis(along(self._base, (x,), axes, None, wide), axes[0], -1)


class SoftmaxDerivative(Jacobian):
    def _compute(self, x: Any, *, axis: int = -1, scale: float = 1.0) -> Any:
        (x,), _, (at,) = self._taken(axis, x=x)
        y = np.moveaxis(self._scores(x, None, at, scale, None, None, False), at, -1)
        number = self._sign * float(scale)
        if self._base == "softmax":
            return _jacobian(y, number)
        return _pulled_jacobian(self._base, y, (scale_of(number, (y,), self.__qualname__),))


class SoftmaxBackward(AxisFunction):
    def _compute(
        self,
        dy: Any,
        x: Any,
        out: Any = None,
        *,
        axis: Any = -1,
        scale: float = 1.0,
        mask: Any = None,
        where: Any = None,
        causal: bool = False,
    ) -> Any:
        (dy, x), _ = arrays_of({"dy": dy, "x": x}, self.__qualname__)
        y = self._scores(in_dtype_of_result(x, dy), None, axis, scale, mask, where, causal)
        return self._pull(dy, y, out, axis, scale, "x")


class SoftmaxFromOutput(AxisFunction):
    _fill = 0.0

    def _compute(self, dy: Any, y: Any, out: Any = None, *, axis: Any = -1, scale: float = 1.0) -> Any:
        return self._pull(dy, y, out, axis, scale)


class LogSoftmaxFromOutput(SoftmaxFromOutput):
    _fill = -np.inf


class PlainValue(AxisFunction):
    def _compute(self, x: Any, out: Any = None, *, axis: Any = -1) -> Any:
        (x,), wide, axes = self._taken(axis, x=x)
        return along(self._base, (x,), axes, out, wide)


class PlainDerivative(Jacobian):
    def _compute(self, x: Any, *, axis: int = -1) -> Any:
        return _pulled_jacobian(self._base, self._plain(x, axis), ())


class PlainBackward(AxisFunction):
    def _compute(self, dy: Any, x: Any, out: Any = None, *, axis: Any = -1) -> Any:
        (dy, x), wide, axes = self._taken(axis, dy=dy, x=x)
        y = along(self._base, (in_dtype_of_result(x, dy),), axes, None, wide)
        return self._pull(dy, y, out, axis, 1.0, "x")


class PlainFromOutput(AxisFunction):
    _fill = 0.0

    def _compute(self, dy: Any, y: Any, out: Any = None, *, axis: Any = -1) -> Any:
        return self._pull(dy, y, out, axis, 1.0)


class Flat(AxisFunction):
    """Base where the output is piecewise constant."""

    def _pull(self, dy: Any, y: Any, out: Any, axis: Any, scale: Any, second: str = "y") -> Any:
        arrays, _, _ = self._taken(axis, **{"dy": dy, second: y})
        return placed(_zero(*arrays), out)


def _zero(*arrays: Any) -> Any:
    """0; NaN where one of the arrays is."""
    dtype = floating(np.result_type(*(a.dtype for a in arrays)))
    with np.errstate(all="ignore"):
        bad = functools.reduce(np.logical_or, [np.isnan(a) for a in arrays])
        return np.where(bad, dtype.type(np.nan), dtype.type(0))


class HardmaxDerivative(Jacobian):
    def _compute(self, x: Any, *, axis: int = -1) -> Any:
        zero = _zero(self._plain(x, axis))
        return np.repeat(zero[..., None], zero.shape[-1], axis=-1)


class HardmaxBackward(Flat):
    def _compute(self, dy: Any, x: Any, out: Any = None, *, axis: Any = -1) -> Any:
        (dy, x), wide, axes = self._taken(axis, dy=dy, x=x)
        return self._pull(dy, along(self._base, (x,), axes, None, wide), out, axis, 1.0, "x")


class HardmaxFromOutput(Flat, PlainFromOutput):
    """The gradient where only y is left."""


class LogsumexpValue(AxisFunction):
    _reduces = True

    def _compute(self, x: Any, out: Any = None, *, axis: Any = -1, keepdims: bool = False) -> Any:
        (x,), wide, axes = self._taken(axis, x=x)
        keepdims = check_flag(keepdims, "keepdims", self.__qualname__)
        inner = out
        if out is not None and keepdims:
            wanted = tuple(1 if k in axes else size for k, size in enumerate(x.shape))
            if np.shape(out) != wanted:
                raise ValueError(
                    f"{self.__qualname__}: out of shape {np.shape(out)} is not accepted; it must be {wanted}"
                )
            inner = out[(*(0 if k in axes else slice(None) for k in range(x.ndim)), ...)]
        result = along("logsumexp", (x,), axes, inner, wide)
        if out is not None:
            return out
        return np.expand_dims(result, axes) if keepdims else result


class LogsumexpDerivative(AxisFunction):
    def _compute(self, x: Any, *, axis: Any = -1) -> Any:
        (x,), wide, axes = self._taken(axis, x=x)
        return along("softmax", (x, scale_of(1.0, (x,), self.__qualname__)), axes, None, wide)


class LogsumexpBackward(AxisFunction):
    _like_reduced = ("dy",)

    def _compute(self, dy: Any, x: Any, out: Any = None, *, axis: Any = -1, keepdims: bool = False) -> Any:
        (dy, x), wide, axes = self._taken(axis, dy=dy, x=x)
        keepdims = check_flag(keepdims, "keepdims", self.__qualname__)
        dy = _reduced(dy, x.shape, axes, keepdims, self.__qualname__)
        return along("logsumexp_backward", (dy, x), axes, out, wide)


def _reduced(dy: Any, shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool, name: str) -> Any:
    """dy with the shape of a result, without the axes."""
    kept = tuple(1 if k in axes else size for k, size in enumerate(shape))
    wanted = kept if keepdims else tuple(size for k, size in enumerate(shape) if k not in axes)
    try:
        dy = np.broadcast_to(dy, wanted)
    except ValueError:
        raise ValueError(
            f"{name}: dy of shape {dy.shape} is not accepted; it must broadcast to {wanted}, the shape of the result"
        ) from None
    return dy.reshape([size for k, size in enumerate(shape) if k not in axes]) if keepdims else dy


# ---- maxout ---------------------------------------------------------------------------------------------------------


def _grouped(x: Any, groups: Any, axis: Any, name: str) -> tuple[Any, int]:
    """x with its axis split into (groups of neighbours, members), and the axis of the members."""
    if x.ndim == 0:
        raise ValueError(f"{name}: x is 0-dimensional and has no axis to go along")
    at = channel_axis(axis, x.ndim, name)
    if isinstance(groups, bool) or not hasattr(groups, "__index__"):
        raise TypeError(f"{name}: groups={groups!r} is not accepted; it must be a whole number from 1")
    size = groups.__index__()
    if size < 1 or x.shape[at] % size:
        raise ValueError(
            f"{name}: groups={groups} is not accepted; it must be at least 1 and divide axis {axis} of x, which has "
            f"{x.shape[at]} elements"
        )
    return x.reshape((*x.shape[:at], x.shape[at] // size, size, *x.shape[at + 1 :])), at + 1


class Maxout(AxisFunction):
    """What the directions of maxout share."""

    _lifts = False

    def _restored(self, result: Any, given: dict[str, Any], inputs: list[Any]) -> Any:
        x = inputs[-1]
        if self._direction or not isinstance(x, np.ma.MaskedArray):
            return super()._restored(result, given, inputs)
        split, at = _grouped(np.ma.getmaskarray(x), given["groups"], given.get("axis", -1), self.__qualname__)
        return np.ma.array(result, mask=split.all(axis=at))


class MaxoutValue(Maxout):
    def _compute(self, x: Any, groups: int, out: Any = None, *, axis: int = -1) -> Any:
        (x,), wide = arrays_of({"x": x}, self.__qualname__)
        split, at = _grouped(x, groups, axis, self.__qualname__)
        return along("maxout", (split,), (at,), out, wide)


class MaxoutDerivative(Maxout):
    def _compute(self, x: Any, groups: int, *, axis: int = -1) -> Any:
        (x,), wide = arrays_of({"x": x}, self.__qualname__)
        split, at = _grouped(x, groups, axis, self.__qualname__)
        return along("hardmax", (split,), (at,), None, wide).reshape(x.shape)


class MaxoutBackward(Maxout):
    def _compute(self, dy: Any, x: Any, groups: int, out: Any = None, *, axis: int = -1) -> Any:
        (dy, x), wide = arrays_of({"dy": dy, "x": x}, self.__qualname__)
        split, at = _grouped(x, groups, axis, self.__qualname__)
        dy = _reduced(dy, split.shape, (at,), False, self.__qualname__)
        if out is not None and out.shape != x.shape:
            raise ValueError(f"{self.__qualname__}: out of shape {out.shape} is not accepted; it must be {x.shape}")
        result = along("maxout_backward", (dy, split), (at,), None, wide).reshape(x.shape)
        return placed(result, out)


# ---- Jacobians ------------------------------------------------------------------------------------------------------


def _jacobian(y: Any, scale: float) -> Any:
    """dy_i/dx_j of softmax for each row of the last axis: -y_i y_j off the diagonal, on it minus the rest of the row.

    1 - y_i would cancel as y_i nears 1; the sum of the others does not. Half and single precision are computed in
    double.
    """
    wide = np.asarray(y, dtype=np.result_type(y.dtype, np.float64))
    with np.errstate(all="ignore"):
        jacobian = -(wide[..., :, None] * wide[..., None, :])
        index = np.arange(wide.shape[-1])
        jacobian[..., index, index] = 0
        jacobian[..., index, index] = -jacobian.sum(axis=-1)
        return (scale * jacobian).astype(y.dtype)


def _pulled_jacobian(base: str, y: Any, operands: tuple[Any, ...]) -> Any:
    """dy_i/dx_j for each row of the last axis, a backward pass for each i."""
    n = y.shape[-1]
    wide = y.dtype.newbyteorder("=") not in PARAMETER_DTYPES
    return kernels.ufunc_of(f"{base}_backward_from_output", wide)(np.eye(n, dtype=y.dtype), y[..., None, :], *operands)


# ---- the objects ----------------------------------------------------------------------------------------------------

_PLAIN = (PlainValue, PlainDerivative, PlainBackward, PlainFromOutput)
_SOFTMAX = (SoftmaxValue, SoftmaxDerivative, SoftmaxBackward, SoftmaxFromOutput)
_CLASSES: dict[str, tuple[type[AxisFunction] | None, ...]] = {
    "softmax": _SOFTMAX,
    "log_softmax": (*_SOFTMAX[:3], LogSoftmaxFromOutput),
    "softmin": _SOFTMAX,
    "hardmax": (PlainValue, HardmaxDerivative, HardmaxBackward, HardmaxFromOutput),
    "sparsemax": _PLAIN,
    "logsumexp": (LogsumexpValue, LogsumexpDerivative, LogsumexpBackward, None),
    "gumbel_softmax": (GumbelValue, None, GumbelBackward, GumbelFromOutput),
    "maxout": (MaxoutValue, MaxoutDerivative, MaxoutBackward, None),
}


class AlongAxis(Activation):
    """An activation of rows along an axis. Its derivative, if it has one, is the Jacobian, or the gradient of a row."""

    def __init__(self, row: Row) -> None:
        self._directions = _CLASSES[row.name]
        if row.name == "gumbel_softmax":
            self._instead = "backward(dy, x, noise)"
        super().__init__(row)
