"""class AxisFunction: what all functions along an axis are, whatever they compute of the rows."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.activation import REMEMBERED
from fastact.api.axes import (
    along,
    arrays_of,
    axes_of,
    broadcast,
    check_causal,
    masks_of,
    number_of,
    scale_of,
    ufunc_of,
)
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
)
from fastact.api.documentation import document
from fastact.api.function import REFUSALS, Function, explained, shown
from fastact.runtime import kernels
from fastact.table.dtypes import PARAMETER_DTYPES, floating
from fastact.table.registry import OPERANDS, Row

Array = npt.NDArray[Any]
DIRECTIONS = ("", "derivative", "backward", "backward_from_output")


class AxisFunction(Function):
    """One direction of an activation along an axis: `_compute` of plain arrays, whose parameters are its signature."""

    _lifts = True  # a number is a row of one element
    _reduces = False  # the result lacks the axis
    _like_reduced: tuple[str, ...] = ()  # the inputs that lack the axis
    _takes_masked = True
    _lazy = True  # what computes by itself, and later, may be handed on
    _fill = -np.inf  # what x has in place of masked elements, which then take no part

    def __init__(self, row: Row, direction: str, base: str = "", sign: float = 1.0) -> None:
        self._row = row
        self._direction = direction
        self._base = base or row.name  # whose ufuncs compute it
        self._sign = sign
        self._be_named(row, direction)
        listed = [*inspect.signature(type(self)._compute).parameters.values()][1:]
        self._declare(inspect.Signature([p.replace(annotation=inspect.Parameter.empty) for p in listed]))
        self._arrays = tuple([name for name in self._order if name in ("dy", "x", "y")])
        self._document(lambda: document(row, direction, self.__signature__))
        self._inputs = len(self._arrays)
        self._usual = {*self._by_name, "out"}
        self._required = ()
        self._least_ndim = 1
        self._ready = {}
        self.ufunc = self._find_ufunc()

    def _compute(self, *args: Any, **keywords: Any) -> Any:
        raise NotImplementedError

    def _find_ufunc(self) -> Any:
        """The ufunc of usual calls, and what `Caller` needs to make them."""
        ufunc = kernels.ufuncs.get(f"{self._base}_{self._direction}" if self._direction else self._base)
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

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        inputs, out = args[: self._inputs], keywords.get("out")
        given = keywords
        try:
            # a usual call is matched by Python itself
            if (
                len(args) == len(self._needed)
                and keywords.keys() <= self._usual
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
        """`_compute` of whatever the inputs are."""
        out = given.get("out")
        if out is not None:
            out = given["out"] = self._checked_out(out)
        inputs = [given[name] for name in self._arrays]
        if any(container_of(a) is not None for a in inputs):
            return self._contained(given, inputs, out)
        if not self._lazy and any(computes_itself(a) for a in inputs):
            raise TypeError(
                f"{self.__qualname__}: x of {type(inputs[-1])} is not accepted; map the function over its blocks"
            )
        if self._lifts and np.ndim(inputs[-1]) == 0:
            return self._lifted(given, out)
        if out is None:
            return self._compute(**given)
        result = self._compute(**given | {"out": np.asarray(out)})
        return (out, *result[1:]) if isinstance(result, tuple) else out

    def _lifted(self, given: dict[str, Any], out: Any) -> Any:
        """The result for a number, as for a row of one element."""
        name = self.__qualname__
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
            given["out"] = np.asarray(out).reshape(() if self._reduces and not given.get("keepdims") else 1)
        result = self._compute(**given)
        if out is not None:
            return (out, *result[1:]) if isinstance(result, tuple) else out
        if isinstance(result, tuple):
            return (result[0].reshape(())[()], *result[1:])
        return np.asarray(result).reshape(())[()]

    def _contained(self, given: dict[str, Any], inputs: list[Any], out: Any) -> Any:
        """The result for inputs of which some are containers, as `api.containers` has them."""
        name = self.__qualname__
        check_labels(dict(zip(self._arrays, inputs, strict=True)), name)
        main = inputs[-1]
        masked = [a for a in inputs if isinstance(a, np.ma.MaskedArray)]
        if masked and not self._takes_masked:
            raise TypeError(f"{name}: a masked array is not accepted; fill it first, as by x.filled(0)")
        for argument, value in zip(self._arrays, inputs, strict=True):
            row = container_of(value)
            if row is not None:
                fill = self._fill if argument == self._arrays[-1] else 0.0
                given[argument] = filled(value, fill) if isinstance(value, np.ma.MaskedArray) else row.array(value)
        if masked and "where" in self._accepted and isinstance(main, np.ma.MaskedArray):
            kept = ~np.ma.getmaskarray(main)
            where = given.get("where")
            given["where"] = (
                kept if where is None else kept & broadcast(beside(where, "where", name), kept.shape, "where", name)
            )
        if out is not None:
            given["out"] = np.asarray(out)
        if np.ndim(given[self._arrays[-1]]) == 0 and self._lifts:
            answer = self._lifted(given, given.get("out"))
        else:
            answer = self._compute(**given)
        first = answer[0] if isinstance(answer, tuple) else answer
        first = self._restored(first, given, inputs)
        if out is not None:
            if isinstance(out, np.ma.MaskedArray):
                out.mask = np.ma.getmaskarray(first)
            first = out
        return (first, *answer[1:]) if isinstance(answer, tuple) else first

    def _restored(self, result: Any, given: dict[str, Any], inputs: list[Any]) -> Any:
        """``result`` as the container that the inputs are."""
        if not self._reduces:
            return restored(result, inputs)
        x = inputs[-1]
        axes = axes_of(given.get("axis", -1), max(np.ndim(x), 1), self.__qualname__)
        return reduced(result, x, axes[: np.ndim(x)], bool(given.get("keepdims", False)))

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
                return ufunc_of(f"{self._base}_causal", wide)(x, operand, out=out), axes
            if not self._direction and axes == (x.ndim - 1,):
                self._remember(x, scale, number)
            return along(self._base, (x, operand), axes, out, wide), axes
        x, added, kept = masks_of(x, mask, where, causal, name)
        if kept is not None and computes_itself(x):
            # of blocks that a mask here does not have
            least = floating(x.dtype).type(np.copysign(np.inf, -self._sign * number))
            return along(self._base, (np.where(kept, x, least), operand), axes, out, wide), axes
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
