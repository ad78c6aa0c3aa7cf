"""class AxisFunction: what all functions along an axis are, whatever they compute of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.axes import along, arrays_of, axes_of, broadcast, check_causal, masks_of, number_of, scale_of
from fastact.api.containers import (
    ARRAYS,
    as_arrays,
    beside,
    check_labels,
    computes_itself,
    container_of,
    filled,
    reduced,
    restored,
    unwrapped,
)
from fastact.api.declared import declared_by
from fastact.api.function import REFUSALS, Function, call_key, explained, shown
from fastact.runtime import kernels
from fastact.table.dtypes import PARAMETER_DTYPES, floating
from fastact.table.registry import OPERANDS, Row

Array = npt.NDArray[Any]
# Whose ufuncs a function uses, and with which sign of the scale.
_BASES = {"softmin": ("softmax", -1.0), "gumbel_softmax": ("softmax", 1.0)}


class AxisFunction(Function):
    """One direction of an activation along an axis: `_compute` of plain arrays, whose parameters are its signature."""

    _lifts = True  # a number is a row of one element
    _reduces = False  # the result lacks the axis
    _like_reduced: tuple[str, ...] = ()  # the inputs that lack the axis
    _takes_masked = True
    _lazy = True  # what computes by itself, and later, may be handed on
    _fill = -np.inf  # what x has in place of masked elements, which then take no part

    def __init__(self, row: Row, direction: str) -> None:
        super().__init__(row, direction, declared_by(type(self)._compute), least_ndim=1)
        self._keywords = {*self._by_name, "out"}
        self._base, self._sign = _BASES.get(row.name, (row.name, 1.0))
        self.ufunc = kernels.ufuncs.get(f"{self._base}_{direction}" if direction else self._base)
        if self.ufunc is None or {"groups", "noise"} & self._accepted:
            return  # calls do more, or other, than the ufunc
        scaled = "p" in OPERANDS[self.ufunc.__name__]
        usual: dict[Any, tuple[Any, ...]] = {}
        for dtype, parameter in PARAMETER_DTYPES.items():
            call = (self.ufunc, np.array(self._sign, parameter)) if scaled else (self.ufunc,)
            usual[dtype] = usual[dtype, "axis", -1] = call
        self._begin_with(usual)

    def _compute(self, *args: Any, **keywords: Any) -> Any:
        raise NotImplementedError

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        inputs, out = args[: self._inputs], keywords.get("out")
        given = keywords
        try:
            # a usual call is matched by Python itself
            if (
                len(args) == len(self._needed)
                and keywords.keys() <= self._keywords
                and {*map(type, inputs)} == ARRAYS
                and inputs[-1].ndim
                and (out is None or (type(out) is np.ndarray and out.flags.writeable))
            ):
                return self._compute(*args, **keywords)
            given = self._bind(args, keywords)
            return self._of_any(given)
        except REFUSALS as error:
            raise explained(error, self.__qualname__, given) from None

    def _of_any(self, given: dict[str, Any]) -> Any:
        """`_compute` of whatever the inputs are: numbers, and containers as `api.containers` has them."""
        out = given.get("out")
        if out is not None:
            out = self._checked_out(out)
            given["out"] = np.asarray(out)
        inputs = [given[name] for name in self._arrays]
        contained = any(container_of(a) is not None for a in inputs)
        if contained:
            self._take_out(given, inputs)
        elif not self._lazy and any(computes_itself(a) for a in inputs):
            raise TypeError(
                f"{self.__qualname__}: x of {type(inputs[-1])} is not accepted; map the function over its blocks"
            )
        lifted = self._lifts and np.ndim(given[self._arrays[-1]]) == 0
        if lifted:
            self._lift(given)
        answer = self._compute(**given)
        first, *rest = answer if isinstance(answer, tuple) else (answer,)
        if lifted:
            first = np.asarray(first).reshape(())[()]
        if contained:
            first = self._restored(first, given, inputs)
            if isinstance(out, np.ma.MaskedArray):
                out.mask = np.ma.getmaskarray(first)
        first = first if out is None else out
        return (first, *rest) if rest else first

    def _lift(self, given: dict[str, Any]) -> None:
        """Make a number a row of one element."""
        name, out = self.__qualname__, given.get("out")
        axis = given.get("axis", -1)
        only = not isinstance(axis, bool | tuple) and hasattr(axis, "__index__") and axis in (0, -1)
        if axis is not None and not only:
            raise ValueError(f"{name}: axis={shown(axis)} is not accepted; x is a number, which has one element")
        arrays = as_arrays({argument: given[argument] for argument in self._arrays}, name)
        for argument, array in zip(self._arrays, arrays, strict=True):
            if array.ndim:
                raise ValueError(f"{name}: {argument} of shape {array.shape} is not accepted with a number")
            given[argument] = (
                array if argument in self._like_reduced and not given.get("keepdims") else array.reshape(1)
            )
        if out is not None:
            if out.ndim:
                raise ValueError(f"{name}: out of shape {out.shape} is not accepted; it must be ()")
            given["out"] = out.reshape(() if self._reduces and not given.get("keepdims") else 1)

    def _take_out(self, given: dict[str, Any], inputs: list[Any]) -> None:
        """Have ``given`` the elements of the inputs, of which some are containers."""
        name = self.__qualname__
        check_labels(dict(zip(self._arrays, inputs, strict=True)), name)
        main = inputs[-1]
        masked = any(isinstance(a, np.ma.MaskedArray) for a in inputs)
        if masked and not self._takes_masked:
            raise TypeError(f"{name}: a masked array is not accepted; fill it first, as by x.filled(0)")
        for argument, value in zip(self._arrays, inputs, strict=True):
            fill = self._fill if argument == self._arrays[-1] else 0.0
            given[argument] = filled(value, fill) if isinstance(value, np.ma.MaskedArray) else unwrapped(value)
        if "where" in self._accepted and isinstance(main, np.ma.MaskedArray):
            kept = ~np.ma.getmaskarray(main)
            where = given.get("where")
            given["where"] = (
                kept if where is None else kept & broadcast(beside(where, "where", name), kept.shape, "where", name)
            )

    def _restored(self, result: Any, given: dict[str, Any], inputs: list[Any]) -> Any:
        """``result`` as the container that the inputs are."""
        if not self._reduces:
            return restored(result, inputs)
        x = inputs[-1]
        axes = axes_of(given.get("axis", -1), max(np.ndim(x), 1), self.__qualname__)
        return reduced(result, x, axes[: np.ndim(x)], bool(given.get("keepdims", False)))

    # what the subclasses are made of

    def _taken(self, axis: Any, **inputs: Any) -> tuple[list[Any], bool, tuple[int, ...]]:
        """The inputs as checked arrays, whether NumPy must compute, and the axes of the last of them."""
        arrays, wide = arrays_of(inputs, self.__qualname__)
        return arrays, wide, self._axes(axis, arrays[-1].ndim)

    def _axes(self, axis: Any, ndim: int) -> tuple[int, ...]:
        return axes_of(axis, ndim, self.__qualname__)

    def _scores(self, x: Any, out: Any, axis: Any, scale: Any, mask: Any, where: Any, causal: Any) -> Any:
        """softmax or log_softmax of x."""
        name = self.__qualname__
        (x,), wide, axes = self._taken(axis, x=x)
        number = number_of(scale, "scale", name)
        causal = check_causal(causal, x.shape, axes, name)
        operand = scale_of(self._sign * number, (x,), name)
        if mask is None and where is None:
            if causal:
                return kernels.ufunc_of(f"{self._base}_causal", wide)(x, operand, out=out)
            usual = not self._direction and axes == (x.ndim - 1,)
            if usual and (key := call_key(x.dtype, {"scale": scale})) is not None:
                # the next call with this scale is a usual one
                for same in (key, (x.dtype, "axis", -1, "scale", scale)):
                    self._remember(same, (self.ufunc, operand))
            return along(self._base, (x, operand), axes, out, wide)
        x, added, kept = masks_of(x, mask, where, causal, name)
        if kept is not None and computes_itself(x):
            # of blocks that a mask here does not have
            least = floating(x.dtype).type(np.copysign(np.inf, -self._sign * number))
            return along(self._base, (np.where(kept, x, least), operand), axes, out, wide)
        if added is not None:
            wide = wide or added.dtype.newbyteorder("=") not in PARAMETER_DTYPES
            return along(
                f"{self._base}_masked", (x, added, scale_of(self._sign * number, (x, added), name)), axes, out, wide
            )
        return along(f"{self._base}_kept", (x, kept, operand), axes, out, wide)

    def _pull(self, dy: Any, y: Any, out: Any, axis: Any, scale: Any, second: str = "y") -> Any:
        """The gradient from the output."""
        name = self.__qualname__
        (dy, y), wide = arrays_of({"dy": dy, second: y}, name)
        operands: tuple[Any, ...] = ()
        if "p" in OPERANDS[f"{self._base}_backward_from_output"]:
            operands = (scale_of(self._sign * number_of(scale, "scale", name), (dy, y), name),)
        axes = self._axes(axis, y.ndim)
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
