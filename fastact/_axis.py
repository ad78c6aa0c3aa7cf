"""Activations of whole rows along an axis: softmax.

Uses _registry, _runtime, _reference, _documentation and _activation; imported by _public.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from fastact import _reference, _runtime
from fastact._activation import PARAMETER_DTYPES, Activation, channel_axis, check_real
from fastact._documentation import document
from fastact._registry import Row

_KIND = inspect.Parameter
_MAIN = {"": ["x"], "derivative": ["x"], "backward": ["dy", "x"], "backward_from_output": ["dy", "y"]}


def _signature(direction: str) -> inspect.Signature:
    listed = [_KIND(name, _KIND.POSITIONAL_OR_KEYWORD) for name in _MAIN[direction]]
    if direction != "derivative":
        listed.append(_KIND("out", _KIND.POSITIONAL_OR_KEYWORD, default=None))
    return inspect.Signature([*listed, _KIND("axis", _KIND.KEYWORD_ONLY, default=-1)])


class AxisFunction(_runtime.Caller):
    """One direction of an activation along an axis."""

    def __init__(self, owner: AlongAxis, direction: str) -> None:
        row = owner._row
        self._row = row
        self._direction = direction
        self.__name__ = direction or row.name
        self.__qualname__ = f"{row.name}.{direction}" if direction else row.name
        self.__signature__ = _signature(direction)
        self.__doc__ = document(row, direction, self.__signature__)
        name = row.name if direction in ("", "derivative") else f"{row.name}_backward_from_output"
        self.ufunc = _runtime.ufuncs[name]
        self._forward: Any = _runtime.ufuncs[row.name]
        self._inputs = len(_MAIN[direction])
        self._required = ()
        self._least_ndim = 1
        self._ready = {}
        if direction in ("", "backward_from_output"):
            for dtype in PARAMETER_DTYPES:
                self._ready[dtype] = self._ready[dtype, "axis", -1] = (self.ufunc,)

    def __repr__(self) -> str:
        return f"<fastact.{self.__qualname__}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        from fastact._public import get

        return (getattr, (get(self._row.name), self._direction)) if self._direction else (get, (self._row.name,))

    def _checked(self, given: tuple[Any, ...], axis: Any) -> tuple[list[Any], int, bool]:
        """The inputs as checked arrays, the axis counted from the end, and whether NumPy must compute."""
        arrays = [a if hasattr(a, "dtype") else np.asarray(a) for a in given]
        for name, array in zip(_MAIN[self._direction], arrays, strict=True):
            check_real(array.dtype, self.__qualname__, name)
            if array.ndim == 0:
                raise ValueError(f"{self.__qualname__}: {name} is 0-dimensional and has no axis to go along")
        ndim = max(a.ndim for a in arrays)
        wide = np.result_type(*(a.dtype for a in arrays)).newbyteorder("=") not in PARAMETER_DTYPES
        return arrays, channel_axis(axis, ndim, self.__qualname__) - ndim, wide

    def _general(self, given: tuple[Any, ...], out: Any, axis: Any) -> Any:
        arrays, axis, wide = self._checked(given, axis)
        function, forward = self.ufunc, self._forward
        if wide:
            function = _reference.ufunc(function.__name__, function.nin)
            forward = _reference.ufunc(forward.__name__, 1)
        if self._direction == "derivative":
            return _jacobian(np.moveaxis(forward(arrays[0], axis=axis), axis, -1))
        if self._direction == "backward":
            arrays[1] = forward(arrays[1], axis=axis)
        return function(*arrays, out=out, axis=axis)


class AxisValue(AxisFunction):
    """The value: of x."""

    def __call__(self, x: Any, out: Any = None, *, axis: int = -1) -> Any:
        return self._general((x,), out, axis)


class AxisDerivative(AxisFunction):
    """The Jacobian: of x, without ``out``."""

    def __call__(self, x: Any, *, axis: int = -1) -> Any:
        return self._general((x,), None, axis)


class AxisBackward(AxisFunction):
    """A backward pass from the input x."""

    def __call__(self, dy: Any, x: Any, out: Any = None, *, axis: int = -1) -> Any:
        return self._general((dy, x), out, axis)


class AxisFromOutput(AxisFunction):
    """A backward pass from the output y."""

    def __call__(self, dy: Any, y: Any, out: Any = None, *, axis: int = -1) -> Any:
        return self._general((dy, y), out, axis)


def _jacobian(y: Any) -> Any:
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
        return jacobian.astype(y.dtype)


class AlongAxis(Activation):
    """Softmax: an activation of rows along an axis. Its derivative is the Jacobian, of shape (..., n, n)."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.__name__ = self.__qualname__ = row.name
        self.__module__ = "fastact"
        self._be_called_as(AxisValue(self, ""))
        self.derivative = AxisDerivative(self, "derivative")
        self.backward = AxisBackward(self, "backward")
        self.backward_from_output = AxisFromOutput(self, "backward_from_output")
