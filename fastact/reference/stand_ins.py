"""The NumPy value and derivative of each row of the registry: the fallback, and what longdouble is computed with.

Gathers the formulas of this folder. Written for accuracy first: float32 and the half types are computed in float64 and
rounded at the end, float64 and longdouble as they are, and no tail is lost. The formulas are independent of those of
the compiled kernels.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from fastact.reference import algebraic, along_axis, exponential, logistic, normal, periodic, piecewise
from fastact.reference.arithmetic import Array, Formula, Reference
from fastact.table.along_axis import FORMS, OPERANDS
from fastact.table.dtypes import floating, is_real
from fastact.table.registry import BY_NAME
from fastact.table.row import Param

REFERENCE: dict[str, Reference] = {
    **piecewise.FORMULAS,
    **exponential.FORMULAS,
    **logistic.FORMULAS,
    **normal.FORMULAS,
    **algebraic.FORMULAS,
    **periodic.FORMULAS,
}


def widened(param: Param, value: float, dtype: np.dtype[Any]) -> float:
    """The float64 that means as a parameter of float64 what ``value``, rounded to ``dtype``, means to that."""
    rounded = dtype.type(value)
    return float(1 / np.float64(dtype.type(1) / rounded)) if param.reciprocal else float(rounded)


def reciprocal(value: Array, dtype: np.dtype[Any], work: np.dtype[Any]) -> Array:
    """1/value rounded to ``dtype``, as ``work``; of a longdouble that is a float64, to that: 1/6 is exact.

    Of extreme values not rounded; of 0 infinite.
    """
    inverse = np.divide(1, value, dtype=dtype, casting="same_kind").astype(work)
    limit = 2.0 ** (100 if dtype == np.float32 else 900)
    inverse = np.where((np.abs(value) >= 1 / limit) & (np.abs(value) <= limit), inverse, 1 / value)
    if work.itemsize <= 8:
        return inverse
    return np.where(value == value.astype(np.float64), inverse.astype(np.float64), inverse)


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which a result of ``dtype`` is computed here."""
    return dtype if dtype.itemsize > 8 else np.dtype(np.float64)


def result_dtype(*dtypes: np.dtype[Any]) -> np.dtype[Any]:
    """The floating dtype that ``np.exp`` gives for what these promote to; TypeError for complex and object."""
    promoted = np.result_type(*dtypes)
    if not is_real(promoted):
        raise TypeError(f"dtype {promoted}")
    return floating(promoted)


class _StandIn:
    """What stands for a compiled ufunc where there is none: what all of them are to their callers."""

    __name__: str
    nin: int
    nout = 1

    def __repr__(self) -> str:
        return f"<fastact reference '{self.__name__}'>"

    def __reduce__(self) -> str:
        return self.__name__

    def _taken(self, inputs: tuple[Any, ...], out: Any) -> tuple[list[Array], Any]:
        """The inputs as arrays, and the one array for the result or None, as a ufunc takes them."""
        if len(inputs) == self.nin + 1 and out is None:
            *given, out = inputs
            inputs = tuple(given)
        if len(inputs) != self.nin:
            raise TypeError(f"{self.__name__}() takes {self.nin} positional arguments, {len(inputs)} were given")
        if isinstance(out, tuple):
            (out,) = out
        if out is not None and not isinstance(out, np.ndarray):
            raise TypeError("return arrays must be of ArrayType")
        for value in inputs:
            if getattr(type(value), "__array_ufunc__", None) is not None and not isinstance(
                value, np.ndarray | np.generic
            ):
                raise TypeError(
                    f"{self.__name__}: {type(value)} is not accepted by a fastact without kernels, whose ufuncs are "
                    "none; convert it by numpy.asarray"
                )
        return [np.asarray(value) for value in inputs], out


class ReferenceUfunc(_StandIn):
    """What stands for a compiled ufunc where there is none: the same call, computed by NumPy.

    ``out``, ``where``, ``dtype`` and ``casting`` mean what they do for a ufunc.
    """

    def __init__(self, name: str, nin: int, formula: Formula, inverted: int | None = None) -> None:
        self.__name__ = name
        self.__module__ = "fastact.ufuncs"  # from where it is pickled, by its name
        self.nin = nin
        self._formula = formula
        self._inverted = inverted

    def __call__(
        self,
        *inputs: Any,
        out: Any = None,
        where: Any = True,
        dtype: Any = None,
        casting: Any = "same_kind",
    ) -> Any:
        arrays, out = self._taken(inputs, out)
        count = 1 if "backward" not in self.__name__ else 2
        try:
            target = result_dtype(*(a.dtype for a in arrays[:count])) if dtype is None else np.dtype(dtype)
            if dtype is None:
                # As NumPy would resolve the loops: parameters of float16 are float32; a Python number is weak.
                strong = [
                    a.dtype for a, given in zip(arrays, inputs, strict=False) if not isinstance(given, int | float)
                ]
                for wanted in strong[count:]:
                    if not np.can_cast(wanted, np.result_type(target, np.float32)):
                        target = result_dtype(target, wanted)
        except TypeError as error:
            raise TypeError(f"{self.__name__}: input of {error} is not accepted; it must be real numbers") from None
        for array in arrays[:count]:
            if not np.can_cast(array.dtype, target, casting):
                raise TypeError(
                    f"Cannot cast ufunc '{self.__name__}' input from {array.dtype!r} to {target!r} "
                    f"with casting rule '{casting}'"
                )
        work = working_dtype(target)
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
        with np.errstate(all="ignore"):
            cast = [a.astype(work) for a in arrays]
            if self._inverted is not None:
                cast.append(reciprocal(cast[count + self._inverted], np.result_type(target, np.float32), work))
            result = self._formula(*(np.broadcast_to(a, shape) for a in cast))
            result = np.broadcast_to(result, shape).astype(target)
        if out is None and where is not True:
            out = np.empty(np.broadcast_shapes(shape, np.shape(where)), target)
        return result[()] if out is None else deliver(self.__name__, result, out, where, casting)


def deliver(name: str, result: Array, out: Array, where: Any, casting: Any) -> Array:
    """``result`` in ``out``, or the error that a ufunc would raise."""
    if np.broadcast_shapes(result.shape, out.shape) != out.shape:
        raise ValueError(f"non-broadcastable output operand with shape {out.shape} doesn't match {result.shape}")
    if not out.flags.writeable:
        raise ValueError("output array is read-only")
    if not np.can_cast(result.dtype, out.dtype, casting):
        raise TypeError(
            f"Cannot cast ufunc '{name}' output from {result.dtype!r} to {out.dtype!r} with casting rule '{casting}'"
        )
    np.copyto(out, result, where=where, casting="unsafe")
    return out


class ReferenceGufunc(_StandIn):
    """What stands for a generalised ufunc: its formula along the last axis, and the axes it is to be taken along."""

    def __init__(self, name: str, formula: Formula, operands: str, form: str) -> None:
        self.__name__ = name
        self.__module__ = "fastact.ufuncs"  # from where it is pickled, by its name
        self.nin = operands.index("-")
        self._formula = formula
        self._inputs, self._result = operands.split("->")
        self._form = form

    def __call__(
        self, *inputs: Any, out: Any = None, axis: int = -1, axes: Any = None, casting: Any = "same_kind"
    ) -> Any:
        arrays, out = self._taken(inputs, out)
        try:
            main = [a.dtype for a, core in zip(arrays, self._inputs, strict=True) if core in "n1"]
            target = result_dtype(*main)
        except TypeError as error:
            raise TypeError(f"{self.__name__}: input of {error} is not accepted; it must be real numbers") from None
        along = {"": (axis,), "_columns": (-2, -1), "_causal": (-2, -1)}[self._form]
        cores = [*self._inputs, self._result]
        if axes is None:
            axes = [along if core in "nb" else along[1:] if core == "1" else () for core in cores]
        axes = [(a,) if isinstance(a, int) else tuple(a) for a in axes]
        work = working_dtype(target)
        cast = []
        for array, core, given in zip(arrays, self._inputs, axes, strict=False):
            if core in "nb":
                array = np.moveaxis(array, given, self._last(given))
            elif core == "1":
                array = np.moveaxis(array, given, self._last(given, -1))[..., None]
            else:
                array = array[..., None] if array.ndim else array
                array = array[..., None] if array.ndim and len(along) > 1 else array
            with np.errstate(all="ignore"):  # a signalling NaN
                cast.append(array.astype(bool if core == "b" else work))
        if self._form == "_causal":
            cast.insert(1, np.tri(*cast[0].shape[-2:], dtype=bool))
        with np.errstate(all="ignore"):
            result = self._formula(*cast).astype(target)
        if self._result == "1":
            result = result[..., 0]
            result = np.moveaxis(result, self._last(axes[-1], -1), axes[-1]) if len(axes) == len(cores) else result
        else:
            given = axes[-1] if len(axes) == len(cores) else along
            result = np.moveaxis(result, self._last(given), given)
        return result[()] if out is None else deliver(self.__name__, result, out, True, casting)

    def _last(self, axes: tuple[int, ...], least: int = 0) -> tuple[int, ...]:
        """Where core axes stand for the formula: the one along a row last, the one across rows before it."""
        if self._form == "_columns" and least == 0:
            return (-1, -2)
        return tuple(range(-len(axes), 0))


class FusedFormula:
    """Stands for the generalised ufunc; single and half precision are computed in double."""

    def __init__(self, name: str, operation: str, gated: bool, biased: bool) -> None:
        self._made_of = name, operation, gated, biased
        self.__name__ = name + "_gated" * gated + "_biased" * biased + operation

    def __repr__(self) -> str:
        return f"<fastact reference '{self.__name__}'>"

    def __reduce__(self) -> tuple[Any, ...]:
        return fused_ufunc, self._made_of

    def __call__(self, *inputs: Any, out: Any = None) -> Any:
        name, operation, gated, biased = self._made_of
        reference = REFERENCE[name]
        backward = operation == "_backward"
        arrays = backward + (1 + gated) * (1 + biased)
        target = result_dtype(*(a.dtype for a in inputs[:arrays]))
        work = working_dtype(target)
        given = [np.asarray(a).astype(work) for a in inputs]
        parameters = given[arrays : len(given) - 2 * gated]
        if reference.inverted is not None:
            given_to = given[arrays + reference.inverted]
            parameters.append(reciprocal(given_to, np.result_type(target, np.float32), work))
        dy = given.pop(0) if backward else None
        x = given[0] + given[1 + gated] if biased else given[0]
        with np.errstate(all="ignore"):
            if not gated:
                formula = reference.derivative if operation else reference.value
                results = [formula(*np.broadcast_arrays(x, *parameters))]
                results = [dy * results[0]] if backward else results
            else:
                up = given[1] + given[3] if biased else given[1]
                limit, shift = given[-2:]
                gate = np.where(x > limit, limit, x)
                held = np.where(np.abs(up) > limit, np.copysign(limit, up), up) + shift
                value = reference.value(*np.broadcast_arrays(gate, *parameters[: len(BY_NAME[name].params)]))
                if backward:
                    slope = reference.derivative(*np.broadcast_arrays(gate, *parameters))
                    results = [np.where(x > limit, 0, dy * held * slope), np.where(np.abs(up) > limit, 0, dy * value)]
                else:
                    results = [value * held]
            results = [a.astype(target) for a in results]
        outs = out if isinstance(out, tuple) else (out,) * len(results)
        delivered = [
            a if o is None else deliver(name, a, o, True, "same_kind") for a, o in zip(results, outs, strict=True)
        ]
        return delivered[0] if len(delivered) == 1 else tuple(delivered)


def _backward(slope: Formula) -> Formula:
    return lambda dy, x, *params: dy * slope(x, *params)


@cache
def ufunc(name: str, nin: int) -> ReferenceUfunc | ReferenceGufunc:
    """The stand-in for the ufunc ``name`` of ``nin`` inputs."""
    for form in FORMS[::-1]:
        plain = name.removesuffix(form)
        if name.endswith(form) and plain in OPERANDS:
            formula = along_axis.FORMULAS[f"{plain}_kept" if form == "_causal" else plain]
            return ReferenceGufunc(name, formula, OPERANDS[plain], form)
    for suffix in ("_backward_from_output", "_backward", "_derivative", ""):
        row = name.removesuffix(suffix)
        if suffix and row == name:
            continue
        if row in REFERENCE:
            break
    reference = REFERENCE[row]
    slope = reference.from_output if suffix == "_backward_from_output" else reference.derivative
    assert slope is not None
    formula = {"": reference.value, "_derivative": reference.derivative}.get(suffix, _backward(slope))
    return ReferenceUfunc(name, nin, formula, inverted=reference.inverted)


@cache
def fused_ufunc(name: str, operation: str, gated: bool, biased: bool) -> FusedFormula:
    """The stand-in for an activation with a gate's product after it, a bias before it, or both."""
    return FusedFormula(name, operation, gated, biased)
