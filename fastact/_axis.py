"""Activations of whole rows along an axis: softmax and its kin.

Uses _registry, _runtime, _reference, _documentation and _activation; imported by _public. `along` takes a generalised
ufunc along any axes of arrays of any layout; the classes say what their functions accept, and make it inputs of one.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact import _reference, _runtime
from fastact._activation import PARAMETER_DTYPES, REMEMBERED, Activation, channel_axis, check_real
from fastact._documentation import document
from fastact._dtypes import floating, is_half, is_real
from fastact._registry import OPERANDS, Row

Array = npt.NDArray[Any]
_DIRECTIONS = ("", "derivative", "backward", "backward_from_output")


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
        a.transpose(rest + axes).reshape((*(a.shape[k] for k in rest), -1)) if core in "nb" else a
        for a, core in zip(inputs, cores, strict=False)
    ]
    result = _along_one(name, flat, len(rest), len(rest) + 1, None, wide)
    if cores[-1] == "n":
        shape = next(a.shape for a, core in zip(inputs, cores, strict=False) if core == "n")
        result = result.reshape(tuple(shape[k] for k in rest + axes)).transpose(np.argsort(rest + axes))
    if out is None:
        return result
    np.copyto(out, result, casting="same_kind")
    return out


def _along_one(name: str, inputs: Sequence[Any], axis: int, ndim: int, out: Any, wide: bool) -> Any:
    last = ndim - 1
    if axis == last:
        return _ufunc(name, wide)(*inputs, out=out)
    if not all(type(a) is np.ndarray for a in inputs):
        return _ufunc(name, wide)(*inputs, out=out, axis=axis)
    # Rows side by side: where memory is without gaps all that follows the axis is one dimension, so that threads
    # divide all of it. Else the last axis is walked across, and NumPy loops over the others.
    function = _ufunc(f"{name}_columns", wide)
    cores = OPERANDS[name]
    arrays = [*inputs, *([] if out is None else [out])]
    kinds = cores.replace("->", "") if out is not None else cores[: len(inputs)]
    shapes = {a.shape for a, core in zip(arrays, kinds, strict=True) if core in "nb"}
    if len(shapes) == 1 and all(a.ndim == 0 or a.flags.c_contiguous for a in arrays):
        (shape,) = shapes
        outer, n, inner = _size(shape[:axis]), shape[axis], _size(shape[axis + 1 :])
        flat = [
            a if core == "p" else a.reshape((outer, n, inner) if core in "nb" else (outer, inner))
            for a, core in zip(arrays, kinds, strict=True)
        ]
        result = function(*flat[: len(inputs)], out=None if out is None else flat[-1])
        if out is not None:
            return out
        return result.reshape(shape if cores[-1] == "n" else shape[:axis] + shape[axis + 1 :])
    axes = [() if core == "p" else (axis, -1) if core in "nb" else (-1,) for core in cores.replace("->", "")]
    return function(*inputs, out=out, axes=axes)


def _ufunc(name: str, wide: bool) -> Any:
    return _reference.ufunc(name, 0) if wide else _runtime.ufuncs[name]


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.intp))


# ---- what is accepted -----------------------------------------------------------------------------------------------


def _arrays(given: dict[str, Any], name: str) -> tuple[list[Any], bool]:
    """The inputs as checked arrays of at least one dimension, and whether NumPy must compute."""
    arrays = [a if hasattr(a, "dtype") else np.asarray(a) for a in given.values()]
    for argument, array in zip(given, arrays, strict=True):
        check_real(array.dtype, name, argument)
    wide = np.result_type(*(a.dtype for a in arrays)).newbyteorder("=") not in PARAMETER_DTYPES
    return arrays, wide


def _axes(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """``axis`` as ascending indices from 0."""
    if ndim == 0:
        raise ValueError(f"{name}: x is 0-dimensional and has no axis to go along")
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, tuple):
        return (channel_axis(axis, ndim, name, "an integer, a tuple of integers or None"),)
    found = tuple(sorted(channel_axis(a, ndim, name) for a in axis))
    if not found or len(set(found)) != len(found):
        raise ValueError(f"{name}: axis={axis!r} is not accepted; it must name at least one axis, and none twice")
    return found


def _number(value: Any, argument: str, name: str, positive: bool = False) -> float:
    accepted = "a finite number" + (" > 0" if positive else "")
    if isinstance(value, bool) or not (np.ndim(value) == 0 and is_real(np.asarray(value).dtype)):
        raise TypeError(f"{name}: {argument}={value!r} is not accepted; it must be {accepted}")
    number = float(value)
    if not np.isfinite(number) or (positive and number <= 0):
        raise ValueError(f"{name}: {argument}={value!r} is not accepted; it must be {accepted}")
    return number


def _scale(value: float, arrays: Sequence[Any]) -> Array:
    """``value`` as the ufunc takes it: of the dtype that is computed in."""
    dtype = floating(np.result_type(*(a.dtype for a in arrays)))
    return np.asarray(value, np.float32 if is_half(dtype) else dtype)


def _broadcast(mask: Any, shape: tuple[int, ...], argument: str, name: str) -> Array:
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"{name}: {argument} of shape {np.shape(mask)} is not accepted; it must broadcast to that of x, {shape}"
        ) from None


def _masks(x: Any, mask: Any, where: Any, causal: bool, name: str) -> tuple[Array | None, Array | None]:
    """What is added to the scores, and which of them take part."""
    added = kept = None
    if mask is not None:
        mask = _broadcast(np.asarray(mask), x.shape, "mask", name)
        if mask.dtype == bool:
            kept = mask
        elif is_real(mask.dtype) and mask.dtype.kind not in "iu":
            added = mask
        else:
            raise TypeError(f"{name}: mask of dtype {mask.dtype} is not accepted; it must be bool or floating")
    if where is not None:
        where = _broadcast(np.asarray(where), x.shape, "where", name)
        if where.dtype != bool:
            raise TypeError(f"{name}: where of dtype {where.dtype} is not accepted; it must be bool")
        kept = where if kept is None else kept & where
    if causal:
        below = np.tri(*x.shape[-2:], dtype=np.bool_)
        kept = np.broadcast_to(below, x.shape) if kept is None else kept & below
    if added is not None and kept is not None:
        added, kept = np.where(kept, added, added.dtype.type(-np.inf)), None
    return added, kept


def _check_causal(causal: Any, shape: tuple[int, ...], axes: tuple[int, ...], name: str) -> bool:
    if not isinstance(causal, bool | np.bool_):
        raise TypeError(f"{name}: causal={causal!r} is not accepted; it must be True or False")
    if causal and (len(shape) < 2 or shape[-1] != shape[-2] or axes != (len(shape) - 1,)):
        raise ValueError(
            f"{name}: causal=True is not accepted with x of shape {shape}; it needs the last axis and x of shape "
            "(..., L, L)"
        )
    return bool(causal)


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
        if ufunc is None or "groups" in self.__signature__.parameters:
            return ufunc
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
        (x,), wide = _arrays({"x": x}, name)
        axes = _axes(axis, x.ndim, name)
        number = _number(scale, "scale", name)
        causal = _check_causal(causal, x.shape, axes, name)
        operand = _scale(self._sign * number, (x,))
        if mask is None and where is None:
            if causal:
                return _ufunc(f"{self._base}_causal", wide)(x, operand, out=out), axes
            if not self._direction and axes == (x.ndim - 1,):
                self._remember(x, scale, number)
            return along(self._base, (x, operand), axes, out, wide), axes
        added, kept = _masks(x, mask, where, causal, name)
        if added is not None:
            wide = wide or added.dtype.newbyteorder("=") not in PARAMETER_DTYPES
            return along(f"{self._base}_masked", (x, added, _scale(float(operand), (x, added))), axes, out, wide), axes
        return along(f"{self._base}_kept", (x, kept, operand), axes, out, wide), axes

    def _pull(self, dy: Any, y: Any, out: Any, axis: Any, scale: Any, second: str = "y") -> Any:
        """The gradient from the output."""
        name = self.__qualname__
        (dy, y), wide = _arrays({"dy": dy, second: y}, name)
        axes = _axes(axis, max(dy.ndim, y.ndim), name)
        operands: tuple[Any, ...] = ()
        if "p" in OPERANDS[f"{self._base}_backward_from_output"]:
            operands = (_scale(self._sign * _number(scale, "scale", name), (dy, y)),)
        dy, y = _same_ndim(dy, y)
        if len(axes) > 1:
            dy, y = np.broadcast_arrays(dy, y)
        return along(f"{self._base}_backward_from_output", (dy, y, *operands), axes, out, wide)


def _same_ndim(dy: Any, y: Any) -> tuple[Any, Any]:
    """Both with as many dimensions, by NumPy's rule: what one lacks in front has length 1."""
    ndim = max(dy.ndim, y.ndim)
    return tuple(a if a.ndim == ndim else a.reshape((1,) * (ndim - a.ndim) + a.shape) for a in (dy, y))


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
        y, (at, *more) = self._scores(x, None, axis, scale, None, None, False)
        if more or not isinstance(axis, int | np.integer):
            raise TypeError(f"{self.__qualname__}: axis={axis!r} is not accepted; a Jacobian is along one axis")
        y = np.moveaxis(y, at, -1)
        number = self._sign * float(scale)
        if self._base == "softmax":
            return _jacobian(y, number)
        return _pulled_jacobian(self._base, y, (_scale(number, (y,)),))


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
        (dy, x), _ = _arrays({"dy": dy, "x": x}, self.__qualname__)
        y, _ = self._scores(x, None, axis, scale, mask, where, causal)
        return self._pull(dy, y, out, axis, scale, "x")


class SoftmaxFromOutput(AxisFunction):
    def __call__(self, dy: Any, y: Any, out: Any = None, *, axis: Any = -1, scale: float = 1.0) -> Any:
        return self._pull(dy, y, out, axis, scale)


class PlainValue(AxisFunction):
    def __call__(self, x: Any, out: Any = None, *, axis: Any = -1) -> Any:
        (x,), wide = _arrays({"x": x}, self.__qualname__)
        return along(self._base, (x,), _axes(axis, x.ndim, self.__qualname__), out, wide)


class PlainDerivative(AxisFunction):
    def __call__(self, x: Any, *, axis: int = -1) -> Any:
        (x,), wide = _arrays({"x": x}, self.__qualname__)
        at = channel_axis(axis, x.ndim, self.__qualname__) if x.ndim else _axes(axis, 0, self.__qualname__)[0]
        y = np.moveaxis(along(self._base, (x,), (at,), None, wide), at, -1)
        return _pulled_jacobian(self._base, y, ())


class PlainBackward(AxisFunction):
    def __call__(self, dy: Any, x: Any, out: Any = None, *, axis: Any = -1) -> Any:
        (dy, x), wide = _arrays({"dy": dy, "x": x}, self.__qualname__)
        y = along(self._base, (x,), _axes(axis, x.ndim, self.__qualname__), None, wide)
        return self._pull(dy, y, out, axis, 1.0, "x")


class PlainFromOutput(AxisFunction):
    def __call__(self, dy: Any, y: Any, out: Any = None, *, axis: Any = -1) -> Any:
        return self._pull(dy, y, out, axis, 1.0)


def _flat_gradient(function: AxisFunction, inputs: dict[str, Any], out: Any, axis: Any) -> Any:
    """0 where the output is piecewise constant; NaN where an input is."""
    arrays, _ = _arrays(inputs, function.__qualname__)
    _axes(axis, max(a.ndim for a in arrays), function.__qualname__)
    with np.errstate(all="ignore"):
        zero = np.asarray(arrays[0] * np.zeros((), floating(arrays[0].dtype)))
        for array in arrays[1:]:
            zero = zero + array * np.zeros((), floating(array.dtype))
        zero = np.where(np.isnan(zero), zero, zero.dtype.type(0))
    if out is None:
        return zero
    np.copyto(out, zero, casting="same_kind")
    return out


class HardmaxBackward(AxisFunction):
    def __call__(self, dy: Any, x: Any, out: Any = None, *, axis: Any = -1) -> Any:
        return _flat_gradient(self, {"dy": dy, "x": x}, out, axis)


class HardmaxFromOutput(AxisFunction):
    def __call__(self, dy: Any, y: Any, out: Any = None, *, axis: Any = -1) -> Any:
        return _flat_gradient(self, {"dy": dy, "y": y}, out, axis)


class HardmaxDerivative(AxisFunction):
    def __call__(self, x: Any, *, axis: int = -1) -> Any:
        zero = np.moveaxis(_flat_gradient(self, {"x": x}, None, axis), axis, -1)
        return zero[..., :, None] + zero[..., None, :]


class LogsumexpValue(AxisFunction):
    def __call__(self, x: Any, out: Any = None, *, axis: Any = -1, keepdims: bool = False) -> Any:
        (x,), wide = _arrays({"x": x}, self.__qualname__)
        axes = _axes(axis, x.ndim, self.__qualname__)
        inner = out
        if out is not None and keepdims:
            wanted = tuple(1 if k in axes else size for k, size in enumerate(x.shape))
            if np.shape(out) != wanted:
                raise ValueError(
                    f"{self.__qualname__}: out of shape {np.shape(out)} is not accepted; it must be {wanted}"
                )
            inner = out[tuple(0 if k in axes else slice(None) for k in range(x.ndim))]
            inner = inner if isinstance(inner, np.ndarray) else out.reshape(())
        result = along("logsumexp", (x,), axes, inner, wide)
        if out is not None:
            return out
        return np.expand_dims(result, axes) if keepdims else result


class LogsumexpDerivative(AxisFunction):
    def __call__(self, x: Any, *, axis: Any = -1) -> Any:
        (x,), wide = _arrays({"x": x}, self.__qualname__)
        return along("softmax", (x, _scale(1.0, (x,))), _axes(axis, x.ndim, self.__qualname__), None, wide)


class LogsumexpBackward(AxisFunction):
    def __call__(self, dy: Any, x: Any, out: Any = None, *, axis: Any = -1, keepdims: bool = False) -> Any:
        (dy, x), wide = _arrays({"dy": dy, "x": x}, self.__qualname__)
        axes = _axes(axis, x.ndim, self.__qualname__)
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
        (x,), wide = _arrays({"x": x}, self.__qualname__)
        split, at = _grouped(x, groups, axis, self.__qualname__)
        return along("maxout", (split,), (at,), out, wide)


class MaxoutDerivative(AxisFunction):
    def __call__(self, x: Any, groups: int, *, axis: int = -1) -> Any:
        (x,), wide = _arrays({"x": x}, self.__qualname__)
        split, at = _grouped(x, groups, axis, self.__qualname__)
        return along("hardmax", (split,), (at,), None, wide).reshape(x.shape)


class MaxoutBackward(AxisFunction):
    def __call__(self, dy: Any, x: Any, groups: int, out: Any = None, *, axis: int = -1) -> Any:
        (dy, x), wide = _arrays({"dy": dy, "x": x}, self.__qualname__)
        split, at = _grouped(x, groups, axis, self.__qualname__)
        dy = _reduced(dy, split.shape, (at,), False, self.__qualname__)
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
        (x,), wide = _arrays({"x": x}, name)
        axes = _axes(axis, x.ndim, name)
        scale = 1 / _number(tau, "tau", name, positive=True)
        if noise is None:
            noise = _gumbel(x.shape, rng, name)
        elif rng is not None:
            raise ValueError(f"{name}: rng={rng!r} is not accepted beside noise; noise is used in place of drawing it")
        moved = _moved(x, noise, name)
        y = along("softmax", (moved, _scale(scale, (moved,))), axes, None if hard else out, wide)
        if hard:
            y = along("hardmax", (y,), axes, out, wide)
        return (y, noise) if return_noise else y


def _gumbel(shape: tuple[int, ...], rng: Any, name: str) -> Array:
    """-log(-log(u)); finite, as u is never 0 or 1."""
    if rng is not None and not isinstance(rng, int | np.integer | np.random.Generator):
        raise TypeError(f"{name}: rng={rng!r} is not accepted; it must be None, a whole number or a numpy Generator")
    return np.random.default_rng(rng).gumbel(size=shape)


def _moved(x: Any, noise: Any, name: str) -> Array:
    """x + noise, in the dtype of x."""
    noise = _broadcast(np.asarray(noise), x.shape, "noise", name)
    check_real(noise.dtype, name, "noise")
    dtype = floating(x.dtype)
    with np.errstate(all="ignore"):
        return np.asarray(x + noise).astype(dtype, copy=False)


class GumbelBackward(AxisFunction):
    def __call__(self, dy: Any, x: Any, noise: Any, out: Any = None, *, tau: float = 1.0, axis: Any = -1) -> Any:
        name = self.__qualname__
        (dy, x), wide = _arrays({"dy": dy, "x": x}, name)
        scale = 1 / _number(tau, "tau", name, positive=True)
        moved = _moved(x, noise, name)
        y = along("softmax", (moved, _scale(scale, (moved,))), _axes(axis, x.ndim, name), None, wide)
        return self._pull(dy, y, out, axis, scale, "x")


class GumbelFromOutput(AxisFunction):
    def __call__(self, dy: Any, y: Any, out: Any = None, *, tau: float = 1.0, axis: Any = -1) -> Any:
        return self._pull(dy, y, out, axis, 1 / _number(tau, "tau", self.__qualname__, positive=True))


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
    return _ufunc(f"{base}_backward_from_output", wide)(np.eye(n, dtype=y.dtype), y[..., None, :], *operands)


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

    def __init__(self, row: Row, direction: str, call: str = "") -> None:
        self.__name__ = direction
        self.__qualname__ = f"{row.name}.{direction}"
        other = call or ("backward(dy, x)" if direction == "backward_from_output" else "backward(dy, x, noise)")
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
            Missing(row, direction) if cls is None else cls(row, direction, base, sign)
            for cls, direction in zip(_CLASSES[row.name], _DIRECTIONS, strict=True)
        ]
        self._be_called_as(made[0])
        self.derivative, self.backward, self.backward_from_output = made[1:]
