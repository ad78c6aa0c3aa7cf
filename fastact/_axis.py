"""Activations of whole rows along an axis: softmax and its kin.

Uses _registry, _runtime, _reference, _axes, _documentation, _activation and _random; imported by _public. The classes
say what their functions accept, and make it inputs of a generalised ufunc.
"""

from __future__ import annotations

import functools
import inspect
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact import _runtime
from fastact._activation import PARAMETER_DTYPES, REMEMBERED, Activation, channel_axis, check_real
from fastact._axes import (
    along,
    array_of,
    arrays_of,
    axes_of,
    broadcast,
    check_causal,
    check_flag,
    in_dtype_of_result,
    masks_of,
    number_of,
    scale_of,
    ufunc_of,
)
from fastact._documentation import document
from fastact._dtypes import floating
from fastact._random import generator
from fastact._reference import deliver
from fastact._registry import OPERANDS, Row

Array = npt.NDArray[Any]
_DIRECTIONS = ("", "derivative", "backward", "backward_from_output")


# ---- the functions --------------------------------------------------------------------------------------------------


class AxisFunction(_runtime.Caller):
    """One direction of an activation along an axis."""

    def __init__(self, row: Row, direction: str, base: str = "", sign: float = 1.0) -> None:
        self._row = row
        self._direction = direction
        self._base = base or row.name  # whose ufuncs compute it
        self._sign = sign
        self.__name__ = direction or row.name
        self.__qualname__ = f"{row.name}.{direction}" if direction else row.name
        self.__module__ = "fastact"
        listed = [*inspect.signature(type(self).__call__).parameters.values()][1:]
        self.__signature__ = inspect.Signature([p.replace(annotation=inspect.Parameter.empty) for p in listed])
        self.__doc__ = document(row, direction, self.__signature__)
        self._inputs = sum(name in ("x", "dy", "y") for name in self.__signature__.parameters)
        self._required = ()
        self._least_ndim = 1
        self._ready = {}
        self.ufunc = self._find_ufunc()

    def _find_ufunc(self) -> Any:
        """The ufunc of usual calls, and what `Caller` needs to make them."""
        ufunc = _runtime.ufuncs.get(f"{self._base}_{self._direction}" if self._direction else self._base)
        if ufunc is None or {"groups", "noise"} & self.__signature__.parameters.keys():
            return ufunc  # which does more, or other, than that
        scaled = "p" in OPERANDS[ufunc.__name__]
        for dtype, parameter in PARAMETER_DTYPES.items():
            ready = (ufunc, np.array(self._sign, parameter)) if scaled else (ufunc,)
            self._ready[dtype] = self._ready[dtype, "axis", -1] = ready
        self._least_ready = len(self._ready)
        return ufunc

    def _remember(self, x: Any, scale: Any, number: float) -> None:
        """Let the next call with this scale, along the last axis, be a usual one."""
        if type(scale) not in (int, float) or x.dtype not in PARAMETER_DTYPES or self.ufunc is None:
            return
        if len(self._ready) >= REMEMBERED + self._least_ready:
            return
        ready = (self.ufunc, np.array(self._sign * number, PARAMETER_DTYPES[x.dtype]))
        self._ready[x.dtype, "scale", scale] = ready
        self._ready[x.dtype, "axis", -1, "scale", scale] = ready

    def __repr__(self) -> str:
        return f"<fastact.{self.__qualname__}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        from fastact._public import get

        return (getattr, (get(self._row.name), self._direction)) if self._direction else (get, (self._row.name,))

    # what the classes below are made of

    def _scores(
        self, x: Any, out: Any, axis: Any, scale: Any, mask: Any, where: Any, causal: Any
    ) -> tuple[Any, tuple[int, ...]]:
        """softmax or log_softmax of x, and its axes."""
        name = self.__qualname__
        (x,), wide = arrays_of({"x": x}, name)
        axes = axes_of(axis, x.ndim, name)
        number = number_of(scale, "scale", name)
        causal = check_causal(causal, x.shape, axes, name)
        operand = scale_of(self._sign * number, (x,), name)
        if mask is None and where is None:
            if causal:
                return ufunc_of(f"{self._base}_causal", wide)(x, operand, out=array_of(out, name)), axes
            if not self._direction and axes == (x.ndim - 1,):
                self._remember(x, scale, number)
            return along(self._base, (x, operand), axes, out, wide), axes
        x, added, kept = masks_of(x, mask, where, causal, name)
        if added is not None:
            wide = wide or added.dtype.newbyteorder("=") not in PARAMETER_DTYPES
            return along(
                f"{self._base}_masked", (x, added, scale_of(self._sign * number, (x, added), name)), axes, out, wide
            ), axes
        return along(f"{self._base}_kept", (x, kept, operand), axes, out, wide), axes

    def _pull(self, dy: Any, y: Any, out: Any, axis: Any, scale: Any, second: str = "y") -> Any:
        """The gradient from the output."""
        name = self.__qualname__
        (dy, y), wide = arrays_of({"dy": dy, second: y}, name)
        operands: tuple[Any, ...] = ()
        if "p" in OPERANDS[f"{self._base}_backward_from_output"]:
            operands = (scale_of(self._sign * number_of(scale, "scale", name), (dy, y), name),)
        axes = axes_of(axis, y.ndim, name)
        if dy.shape != y.shape:
            try:
                shape = np.broadcast_shapes(dy.shape, y.shape)
            except ValueError:
                raise ValueError(
                    f"{name}: dy of shape {dy.shape} is not accepted; it must broadcast against {second}, {y.shape}"
                ) from None
            # the axes are those of y, however many more dimensions dy has in front
            axes = tuple(k + len(shape) - y.ndim for k in axes)
            dy, y = np.broadcast_to(dy, shape), np.broadcast_to(y, shape)
        return along(f"{self._base}_backward_from_output", (dy, y, *operands), axes, out, wide)


class SoftmaxValue(AxisFunction):
    def __call__(
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
        return self._scores(x, out, axis, scale, mask, where, causal)[0]


class SoftmaxDerivative(AxisFunction):
    def __call__(self, x: Any, *, axis: int = -1, scale: float = 1.0) -> Any:
        (x,), _ = arrays_of({"x": x}, self.__qualname__)
        at = _one_axis(axis, x.ndim, self.__qualname__)
        y, _ = self._scores(x, None, at, scale, None, None, False)
        y = np.moveaxis(y, at, -1)
        number = self._sign * float(scale)
        if self._base == "softmax":
            return _jacobian(y, number)
        return _pulled_jacobian(self._base, y, (scale_of(number, (y,), self.__qualname__),))


class SoftmaxBackward(AxisFunction):
    def __call__(
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
        y, _ = self._scores(in_dtype_of_result(x, dy), None, axis, scale, mask, where, causal)
        return self._pull(dy, y, out, axis, scale, "x")


class SoftmaxFromOutput(AxisFunction):
    def __call__(self, dy: Any, y: Any, out: Any = None, *, axis: Any = -1, scale: float = 1.0) -> Any:
        return self._pull(dy, y, out, axis, scale)


class PlainValue(AxisFunction):
    def __call__(self, x: Any, out: Any = None, *, axis: Any = -1) -> Any:
        (x,), wide = arrays_of({"x": x}, self.__qualname__)
        return along(self._base, (x,), axes_of(axis, x.ndim, self.__qualname__), out, wide)


class PlainDerivative(AxisFunction):
    def __call__(self, x: Any, *, axis: int = -1) -> Any:
        (x,), wide = arrays_of({"x": x}, self.__qualname__)
        at = _one_axis(axis, x.ndim, self.__qualname__)
        y = np.moveaxis(along(self._base, (x,), (at,), None, wide), at, -1)
        return _pulled_jacobian(self._base, y, ())


class PlainBackward(AxisFunction):
    def __call__(self, dy: Any, x: Any, out: Any = None, *, axis: Any = -1) -> Any:
        (dy, x), wide = arrays_of({"dy": dy, "x": x}, self.__qualname__)
        x = in_dtype_of_result(x, dy)
        y = along(self._base, (x,), axes_of(axis, x.ndim, self.__qualname__), None, wide)
        return self._pull(dy, y, out, axis, 1.0, "x")


class PlainFromOutput(AxisFunction):
    def __call__(self, dy: Any, y: Any, out: Any = None, *, axis: Any = -1) -> Any:
        return self._pull(dy, y, out, axis, 1.0)


def _flat_gradient(function: AxisFunction, inputs: dict[str, Any], out: Any, axis: Any) -> Any:
    """0, for the output is piecewise constant; NaN where dy or y is."""
    name = function.__qualname__
    out = array_of(out, name)
    arrays, _ = arrays_of(inputs, name)
    axes_of(axis, arrays[-1].ndim, name)
    dtype = floating(np.result_type(*(a.dtype for a in arrays)))
    with np.errstate(all="ignore"):
        bad = functools.reduce(np.logical_or, [np.isnan(a) for a in arrays])
        zero = np.where(bad, dtype.type(np.nan), dtype.type(0))
    if out is None:
        return zero
    np.copyto(out, zero, casting="same_kind")
    return out


class HardmaxBackward(AxisFunction):
    def __call__(self, dy: Any, x: Any, out: Any = None, *, axis: Any = -1) -> Any:
        (dy, x), wide = arrays_of({"dy": dy, "x": x}, self.__qualname__)
        y = along("hardmax", (x,), axes_of(axis, x.ndim, self.__qualname__), None, wide)
        return _flat_gradient(self, {"dy": dy, "x": y}, out, axis)


class HardmaxFromOutput(AxisFunction):
    def __call__(self, dy: Any, y: Any, out: Any = None, *, axis: Any = -1) -> Any:
        return _flat_gradient(self, {"dy": dy, "y": y}, out, axis)


class HardmaxDerivative(AxisFunction):
    def __call__(self, x: Any, *, axis: int = -1) -> Any:
        (x,), wide = arrays_of({"x": x}, self.__qualname__)
        at = _one_axis(axis, x.ndim, self.__qualname__)
        y = np.moveaxis(along("hardmax", (x,), (at,), None, wide), at, -1)
        zero = _flat_gradient(self, {"y": y}, None, -1)
        return np.repeat(zero[..., None], zero.shape[-1], axis=-1)


class LogsumexpValue(AxisFunction):
    def __call__(self, x: Any, out: Any = None, *, axis: Any = -1, keepdims: bool = False) -> Any:
        (x,), wide = arrays_of({"x": x}, self.__qualname__)
        axes = axes_of(axis, x.ndim, self.__qualname__)
        keepdims = check_flag(keepdims, "keepdims", self.__qualname__)
        inner = out = array_of(out, self.__qualname__)
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
    def __call__(self, x: Any, *, axis: Any = -1) -> Any:
        name = self.__qualname__
        (x,), wide = arrays_of({"x": x}, name)
        return along("softmax", (x, scale_of(1.0, (x,), name)), axes_of(axis, x.ndim, name), None, wide)


class LogsumexpBackward(AxisFunction):
    def __call__(self, dy: Any, x: Any, out: Any = None, *, axis: Any = -1, keepdims: bool = False) -> Any:
        (dy, x), wide = arrays_of({"dy": dy, "x": x}, self.__qualname__)
        axes = axes_of(axis, x.ndim, self.__qualname__)
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


class MaxoutValue(AxisFunction):
    def __call__(self, x: Any, groups: int, out: Any = None, *, axis: int = -1) -> Any:
        (x,), wide = arrays_of({"x": x}, self.__qualname__)
        split, at = _grouped(x, groups, axis, self.__qualname__)
        return along("maxout", (split,), (at,), out, wide)


class MaxoutDerivative(AxisFunction):
    def __call__(self, x: Any, groups: int, *, axis: int = -1) -> Any:
        (x,), wide = arrays_of({"x": x}, self.__qualname__)
        split, at = _grouped(x, groups, axis, self.__qualname__)
        return along("hardmax", (split,), (at,), None, wide).reshape(x.shape)


class MaxoutBackward(AxisFunction):
    def __call__(self, dy: Any, x: Any, groups: int, out: Any = None, *, axis: int = -1) -> Any:
        (dy, x), wide = arrays_of({"dy": dy, "x": x}, self.__qualname__)
        split, at = _grouped(x, groups, axis, self.__qualname__)
        dy = _reduced(dy, split.shape, (at,), False, self.__qualname__)
        out = array_of(out, self.__qualname__)
        if out is not None and out.shape != x.shape:
            raise ValueError(f"{self.__qualname__}: out of shape {out.shape} is not accepted; it must be {x.shape}")
        result = along("maxout_backward", (dy, split), (at,), None, wide).reshape(x.shape)
        if out is None:
            return result
        np.copyto(out, result, casting="same_kind")
        return out


# ---- gumbel_softmax -------------------------------------------------------------------------------------------------


class GumbelValue(AxisFunction):
    def __call__(
        self,
        x: Any,
        out: Any = None,
        *,
        tau: float = 1.0,
        hard: bool = False,
        rng: Any = None,
        noise: Any = None,
        return_noise: bool = False,
        axis: Any = -1,
    ) -> Any:
        name = self.__qualname__
        (x,), _ = arrays_of({"x": x}, name)
        axes = axes_of(axis, x.ndim, name)
        tau = number_of(tau, "tau", name, positive=True)
        hard, return_noise = check_flag(hard, "hard", name), check_flag(return_noise, "return_noise", name)
        scale_of(1 / tau, (x,), name, "1/tau")
        if noise is None:
            noise = generator(rng, name).gumbel(size=x.shape)
        elif rng is not None:
            raise ValueError(f"{name}: rng={rng!r} is not accepted beside noise; noise is used in place of drawing it")
        moved = _moved(x, noise, name)
        y = _choice(*moved, axes) if hard else _sample(*moved, tau, axes)
        y = _delivered(y, floating(x.dtype), out, name)
        return (y, noise) if return_noise else y


def _moved(x: Any, noise: Any, name: str) -> tuple[Array, Array]:
    """x + noise, in float64 or wider, and what rounding that lost."""
    noise = broadcast(np.asarray(noise), x.shape, "noise", name)
    check_real(noise.dtype, name, "noise")
    dtype = np.result_type(floating(x.dtype), floating(noise.dtype), np.float64)
    with np.errstate(all="ignore"):
        a, b = np.asarray(x).astype(dtype), noise.astype(dtype)
        total = np.asarray(a + b)
        part = total - a
        low = np.asarray((a - (total - part)) + (b - part))
        return total, np.where(np.isfinite(low), low, 0)


def _sample(moved: Array, low: Array, tau: float, axes: tuple[int, ...]) -> Array:
    """softmax of (moved + low)/tau, whose product with the rounded 1/tau is exact to softmax: the rest is its mask."""
    wide = moved.dtype not in PARAMETER_DTYPES
    scale = 1 / tau
    with np.errstate(all="ignore"):
        # of 1/tau rounding left (1 - scale tau)/tau, which an exact fraction knows
        rest = float((1 - Fraction(scale) * Fraction(tau)) / Fraction(tau))
        mask = scale * low + rest * np.where(np.isfinite(moved), moved, 0)
    return np.asarray(along("softmax_masked", (moved, mask, np.asarray(scale, moved.dtype)), axes, None, wide))


def _choice(moved: Array, low: Array, axes: tuple[int, ...]) -> Array:
    """1 at the largest of moved + low."""
    with np.errstate(all="ignore"):
        top = np.max(moved, axis=axes, keepdims=True, initial=-np.inf)
        moved = np.where(np.isfinite(top), (moved - top) + low, moved)
    return np.asarray(along("hardmax", (moved,), axes, None, moved.dtype not in PARAMETER_DTYPES))


def _delivered(y: Array, dtype: np.dtype[Any], out: Any, name: str) -> Any:
    """``y`` rounded to ``dtype``, in ``out`` if that is given."""
    out = array_of(out, name)
    with np.errstate(all="ignore"):
        y = y.astype(dtype, copy=False)
    if out is None:
        return y
    if out.shape != y.shape:
        raise ValueError(f"{name}: out of shape {out.shape} is not accepted; it must be {y.shape}")
    return deliver(name, y, out, True, "same_kind")


class GumbelBackward(AxisFunction):
    def __call__(self, dy: Any, x: Any, noise: Any, out: Any = None, *, tau: float = 1.0, axis: Any = -1) -> Any:
        name = self.__qualname__
        (dy, x), _ = arrays_of({"dy": dy, "x": x}, name)
        tau = number_of(tau, "tau", name, positive=True)
        scale_of(1 / tau, (x,), name, "1/tau")
        y = _sample(*_moved(x, noise, name), tau, axes_of(axis, x.ndim, name))
        y = _delivered(y, floating(np.result_type(dy.dtype, x.dtype)), None, name)
        return self._pull(dy, y, out, axis, 1 / tau, "x")


class GumbelFromOutput(AxisFunction):
    def __call__(self, dy: Any, y: Any, out: Any = None, *, tau: float = 1.0, axis: Any = -1) -> Any:
        (dy, y), _ = arrays_of({"dy": dy, "y": y}, self.__qualname__)
        scale = 1 / number_of(tau, "tau", self.__qualname__, positive=True)
        scale_of(scale, (dy, y), self.__qualname__, "1/tau")
        return self._pull(dy, y, out, axis, scale)


# ---- Jacobians ------------------------------------------------------------------------------------------------------


def _one_axis(axis: Any, ndim: int, name: str) -> int:
    if axis is None or isinstance(axis, tuple):
        raise TypeError(f"{name}: axis={axis!r} is not accepted; a Jacobian is along one axis, an integer")
    return axes_of(axis, ndim, name)[0]


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
    return ufunc_of(f"{base}_backward_from_output", wide)(np.eye(n, dtype=y.dtype), y[..., None, :], *operands)


# ---- the objects ----------------------------------------------------------------------------------------------------

_PLAIN = (PlainValue, PlainDerivative, PlainBackward, PlainFromOutput)
_SOFTMAX = (SoftmaxValue, SoftmaxDerivative, SoftmaxBackward, SoftmaxFromOutput)
_CLASSES: dict[str, tuple[type[AxisFunction] | None, ...]] = {
    "softmax": _SOFTMAX,
    "log_softmax": _SOFTMAX,
    "softmin": _SOFTMAX,
    "hardmax": (PlainValue, HardmaxDerivative, HardmaxBackward, HardmaxFromOutput),
    "sparsemax": _PLAIN,
    "logsumexp": (LogsumexpValue, LogsumexpDerivative, LogsumexpBackward, None),
    "gumbel_softmax": (GumbelValue, None, GumbelBackward, GumbelFromOutput),
    "maxout": (MaxoutValue, MaxoutDerivative, MaxoutBackward, None),
}
# Whose ufuncs a function uses, and with which sign of the scale.
_BASES = {"softmin": ("softmax", -1.0), "gumbel_softmax": ("softmax", 1.0)}


class Missing:
    """Stands for a direction that a function does not have: says so when called."""

    def __init__(self, row: Row, direction: str, other: str) -> None:
        self.__name__ = direction
        self.__qualname__ = f"{row.name}.{direction}"
        self._why = f"{row.name} has no {direction}; call {row.name}.{other}"
        self.__doc__ = f"Not available: {self._why}."

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        raise TypeError(self._why)


class AlongAxis(Activation):
    """An activation of rows along an axis. Its derivative, if it has one, is the Jacobian, or the gradient of a row."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.__name__ = self.__qualname__ = row.name
        self.__module__ = "fastact"
        base, sign = _BASES.get(row.name, (row.name, 1.0))
        made = [
            Missing(row, direction, "backward(dy, x, noise)" if row.name == "gumbel_softmax" else "backward(dy, x)")
            if cls is None
            else cls(row, direction, base, sign)
            for cls, direction in zip(_CLASSES[row.name], _DIRECTIONS, strict=True)
        ]
        self._be_called_as(made[0])
        self.derivative, self.backward, self.backward_from_output = made[1:]
