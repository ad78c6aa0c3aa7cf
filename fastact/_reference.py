"""The NumPy value and derivative of each row of the registry: the fallback, and what longdouble is computed with.

Gathers the formulas of reference/; uses NumPy, _dtypes and _row, imported by _activation and _axis. Written for
accuracy first: float32 and the half types are computed in float64 and rounded at the end, float64 and longdouble as
they are, and no tail is lost. The formulas are independent of those of the compiled kernels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastact._dtypes import floating, is_real
from fastact._row import Param
from fastact.reference import algebraic, exponential, logistic, normal, periodic, piecewise
from fastact.reference.arithmetic import Array, Formula, Reference

REFERENCE: dict[str, Reference] = {
    **piecewise.FORMULAS,
    **exponential.FORMULAS,
    **logistic.FORMULAS,
    **normal.FORMULAS,
    **algebraic.FORMULAS,
    **periodic.FORMULAS,
}


def softmax(x: Array) -> Array:
    """Softmax along the last axis; what rounding loses of x - max is made good to first order."""
    with np.errstate(invalid="ignore"):
        top = np.max(x, axis=-1, keepdims=True, initial=-np.inf)
        d = x - top
        part = d - x
        low = (x - (d - part)) - (top + part)
        e = np.exp(d)
        e = e + e * np.where(np.isfinite(low) & (e > 0), low, 0)
        return e / np.sum(e, axis=-1, keepdims=True)


def softmax_backward_from_output(dy: Array, y: Array) -> Array:
    """The gradient of the input of softmax, from its output, along the last axis."""
    inner: Array = y * (dy - np.sum(dy * y, axis=-1, keepdims=True))
    return inner


def widened(param: Param, value: float, dtype: np.dtype[Any]) -> float:
    """The float64 that means as a parameter of float64 what ``value``, rounded to ``dtype``, means to that."""
    rounded = dtype.type(value)
    return float(1 / np.float64(dtype.type(1) / rounded)) if param.reciprocal else float(rounded)


def _inverted(value: Array, dtype: np.dtype[Any], work: np.dtype[Any]) -> Array:
    """1/value rounded to ``dtype``, as ``work``; of a longdouble that is a float64, to that: 1/6 is exact."""
    inverse = (1 / value.astype(dtype)).astype(work)
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


class ReferenceUfunc:
    """What stands for a compiled ufunc where there is none: the same call, computed by NumPy.

    ``out``, ``where``, ``dtype`` and ``casting`` mean what they do for a ufunc.
    """

    def __init__(self, name: str, nin: int, formula: Formula, columns: int = 0, inverted: int | None = None) -> None:
        self.__name__ = name
        self.nin = nin
        self.nout = 1
        self._formula = formula
        self._inverted = inverted
        self._columns = columns  # how many leading inputs are core dimensions (n): of a generalised ufunc

    def __repr__(self) -> str:
        return f"<fastact reference '{self.__name__}'>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.__name__,)

    def __call__(
        self,
        *inputs: Any,
        out: Any = None,
        where: Any = True,
        dtype: Any = None,
        casting: Any = "same_kind",
        axis: int = -1,
    ) -> Any:
        if len(inputs) == self.nin + 1 and out is None:
            *inputs, out = inputs  # type: ignore[assignment]
        if len(inputs) != self.nin:
            raise TypeError(f"{self.__name__}() takes {self.nin} positional arguments, {len(inputs)} were given")
        if isinstance(out, tuple):
            (out,) = out
        if out is not None and not isinstance(out, np.ndarray):
            raise TypeError("return arrays must be of ArrayType")
        arrays = [np.asarray(value) for value in inputs]
        count = 1 if "backward" not in self.__name__ else 2
        try:
            target = result_dtype(*(a.dtype for a in arrays[:count])) if dtype is None else np.dtype(dtype)
            if dtype is None:
                # As NumPy would resolve the loops: parameters of float16 are float32; a Python number is weak.
                strong = [
                    a.dtype for a, given in zip(arrays, inputs, strict=True) if not isinstance(given, int | float)
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
                k = count + self._inverted
                cast[k] = _inverted(cast[k], np.result_type(target, np.float32), work)
            if self._columns:
                result = np.moveaxis(self._formula(*(np.moveaxis(a, axis, -1) for a in cast)), -1, axis)
            else:
                whole = [np.broadcast_to(a, shape) for a in cast]
                result = self._formula(*whole)
            result = np.broadcast_to(result, shape).astype(target)
        if out is None:
            if where is True:
                return result[()]
            out = np.empty(np.broadcast_shapes(shape, np.shape(where)), target)
        elif np.broadcast_shapes(shape, out.shape) != out.shape:
            raise ValueError(f"non-broadcastable output operand with shape {out.shape} doesn't match {shape}")
        if not out.flags.writeable:
            raise ValueError("output array is read-only")
        if not np.can_cast(target, out.dtype, casting):
            raise TypeError(
                f"Cannot cast ufunc '{self.__name__}' output from {target!r} to {out.dtype!r} "
                f"with casting rule '{casting}'"
            )
        np.copyto(out, result, where=where, casting="unsafe")
        return out


def _backward(slope: Formula) -> Formula:
    return lambda dy, x, *params: dy * slope(x, *params)


_COLUMNS: dict[str, Formula] = {
    "softmax": softmax,
    "softmax_backward_from_output": softmax_backward_from_output,
}


def ufunc(name: str, nin: int) -> ReferenceUfunc:
    """The stand-in for the ufunc ``name`` of ``nin`` inputs."""
    if name in _COLUMNS:
        return ReferenceUfunc(name, nin, _COLUMNS[name], nin)
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


def _restore(name: str) -> Any:
    from fastact import ufuncs

    return getattr(ufuncs, name)
