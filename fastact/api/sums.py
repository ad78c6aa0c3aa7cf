"""Sums over all axes but that of the channels, in float64: the gradients of a bias and of slopes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.containers import computes_itself
from fastact.runtime import kernels
from fastact.table.dtypes import BFLOAT16, PARAMETER_DTYPES

Array = npt.NDArray[Any]

# What the kernels compute, and their number for it: as it is, as float16, as bfloat16.
FORMATS: dict[np.dtype[Any], int] = {np.dtype(np.float32): 0, np.dtype(np.float64): 0, np.dtype(np.float16): 1}
if BFLOAT16 is not None:
    FORMATS[BFLOAT16] = 2
# Channels of fewer neighbours than this are taken many at a time, with a slope for each element.
NARROW = 64
# Elements that such a row has at least, if there are as many.
ROW = 512
FEW = 4096  # elements up to which NumPy's sum costs less than the way to the compiled one


class Matrix:
    """How arrays of one layout without gaps are rows that share a slope, or rows of slopes side by side."""

    def __init__(self, x: Array, at: int | None) -> None:
        """``at`` is the axis of the channels; None where one slope is everyone's."""
        self.order: Sequence[int] = range(x.ndim)
        self.dense: bool = x.flags.aligned and x.flags.c_contiguous
        if not self.dense:
            self.order = sorted(self.order, key=lambda k: -x.strides[k])
            self.dense = x.flags.aligned and x.transpose(self.order).flags.c_contiguous
        shape = [x.shape[k] for k in self.order]
        self.channels = 1 if at is None else x.shape[at]
        self.inner = x.size
        if at is not None:
            self.inner = prod(shape[self.order.index(at) + 1 :])
        period = self.channels * self.inner
        outer = x.size // period if period else 0
        self.side_by_side = self.channels > 1 and self.inner < NARROW
        # parts: the first element, rows and elements of a row
        self.times = max(1, min(outer, ROW // period)) if self.side_by_side and period else 1
        if not self.side_by_side:
            self.parts = [(0, outer * self.channels, self.inner)]
        else:
            whole = outer // self.times
            self.parts = [
                (0, whole, self.times * period),
                (whole * self.times * period, 1, outer % self.times * period),
            ]

    def run(self, dy: Array | None, x: Array | None, weight: Array, out: Array | None, summed: bool) -> Any:
        """The compiled pass over memory; the weight's gradient in float64, one for each channel, if it is wanted.

        Without x, that is the sum of dy.
        """
        code = FORMATS[(dy if x is None else x).dtype]  # type: ignore[union-attr]
        arrays: tuple[Array | None, ...] = (dy, x, out)
        if self.side_by_side:
            repeated = np.empty((self.times, self.channels, self.inner), weight.dtype)
            repeated[...] = weight[:, None]
            weight = repeated.reshape(-1)
            arrays = tuple([None if a is None else a.transpose(self.order).reshape(-1) for a in arrays])
        total = np.zeros(self.channels) if summed else None
        for start, rows, n in self.parts:
            if rows == 0 or n == 0:
                continue
            sums = None
            if summed:
                down, across = kernels.spatial.pieces_of(rows, n, self.side_by_side)[2:]
                sums = np.zeros((down, n) if self.side_by_side else (rows, across))
            g, a, y = arrays
            if self.side_by_side:
                g, a, y = (None if b is None else b[start : start + rows * n] for b in arrays)
            kernels.spatial.slopes(g, a, weight, y, sums, rows, n, self.side_by_side, code)
            if sums is not None and self.side_by_side:
                total += sums.sum(axis=0).reshape(-1, self.channels, self.inner).sum(axis=(0, 2))
            elif sums is not None:
                total += sums.reshape(-1, self.channels, across).sum(axis=(0, 2))
        return total


def channel_sums(a: Array, at: int | None) -> Any:
    """The sum of ``a`` over all axes but ``at``, in float64; None where it has gaps or is of no compiled dtype."""
    if kernels.spatial is None or a.dtype not in FORMATS or not a.dtype.isnative:
        return None
    matrix = Matrix(a, at)
    if not matrix.dense:
        return None
    total = matrix.run(a, None, np.ones(1, PARAMETER_DTYPES[a.dtype]), None, summed=True)
    return total[0] if at is None else total


def bias_sum(dx: Any, at: int | None, dtype: Any, where: Any = True) -> Any:
    """The gradient of a bias: the sum of dx over all other axes, in float64 and rounded once.

    Elements that ``where`` left out were not computed, and take no part.
    """
    with np.errstate(all="ignore"):
        if where is not True:
            dx = np.where(np.asarray(where), dx, dx.dtype.type(0))
        total = _wide_sum(dx, at, dtype)
        return total.astype(dtype) if computes_itself(total) else np.asarray(total).astype(dtype)[()]


def _wide_sum(dx: Any, at: int | None, dtype: Any) -> Any:
    if type(dx) is np.ndarray and dx.size >= FEW and (total := channel_sums(dx, at)) is not None:
        return total
    axes = tuple(k for k in range(np.ndim(dx)) if k != at)
    return np.sum(dx, axis=axes, dtype=np.result_type(dtype, np.float64))
