"""gumbel_softmax: a softmax of scores with noise, of which nothing is rounded before the softmax or the choice."""

from __future__ import annotations

from math import frexp, ldexp
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.axes import along, arrays_of, axes_of, broadcast, number_of, scale_of
from fastact.api.axis_function import AxisFunction
from fastact.api.containers import beside, check_real, computes_itself
from fastact.api.function import check_flag, check_out, placed
from fastact.api.random import generator
from fastact.table.dtypes import PARAMETER_DTYPES, floating

Array = npt.NDArray[Any]


class GumbelValue(AxisFunction):
    def _compute(
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
        (x,), _, axes = self._taken(axis, x=x)
        tau = number_of(tau, "tau", name, positive=True)
        hard, return_noise = check_flag(hard, "hard", name), check_flag(return_noise, "return_noise", name)
        scale_of(1 / tau, (x,), name, "1/tau")
        if noise is None and computes_itself(x):
            raise TypeError(f"{name}: noise=None is not accepted with x of {type(x)}; draw it and give it")
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
    noise = broadcast(beside(noise, "noise", name), x.shape, "noise", name)
    check_real(noise.dtype, name, "noise")
    dtype = np.result_type(floating(x.dtype), floating(noise.dtype), np.float64)
    with np.errstate(all="ignore"):
        a, b = x.astype(dtype), noise.astype(dtype)
        total = a + b
        part = total - a
        low = (a - (total - part)) + (b - part)
        return total, np.where(np.isfinite(low), low, 0)


def _sample(moved: Any, low: Any, tau: float, axes: tuple[int, ...]) -> Any:
    """softmax of (moved + low)/tau, whose product with the rounded 1/tau is exact to softmax: the rest is its mask."""
    wide = moved.dtype not in PARAMETER_DTYPES
    scale = 1 / tau
    with np.errstate(all="ignore"):
        rest = _lost(tau, scale) / tau
        mask = scale * low + rest * np.where(np.isfinite(moved), moved, 0)
    return along("softmax_masked", (moved, mask, np.asarray(scale, moved.dtype)), axes, None, wide)


def _lost(tau: float, scale: float) -> float:
    """1 - scale tau, of which rounding has left less than an ULP: by Dekker's product of the two, brought near 1."""
    m, exponent = frexp(tau)
    s = ldexp(scale, exponent)
    s_high, m_high = (a * 134217729.0 - (a * 134217729.0 - a) for a in (s, m))
    s_low, m_low = s - s_high, m - m_high
    product = s * m
    return (1 - product) - (((s_high * m_high - product) + s_high * m_low + s_low * m_high) + s_low * m_low)


def _choice(moved: Any, low: Any, axes: tuple[int, ...]) -> Any:
    """1 at the largest of moved + low."""
    with np.errstate(all="ignore"):
        top = np.max(moved, axis=axes, keepdims=True, initial=-np.inf)
        moved = np.where(np.isfinite(top), (moved - top) + low, moved)
    return along("hardmax", (moved,), axes, None, moved.dtype not in PARAMETER_DTYPES)


def _delivered(y: Any, dtype: np.dtype[Any], out: Any, name: str) -> Any:
    """``y`` rounded to ``dtype``, in ``out`` if that is given."""
    with np.errstate(all="ignore"):
        y = y.astype(dtype, copy=False)
    check_out(out, y.shape, y.dtype, name)
    return placed(y, out)


class GumbelBackward(AxisFunction):
    def _compute(self, dy: Any, x: Any, noise: Any, out: Any = None, *, tau: float = 1.0, axis: Any = -1) -> Any:
        name = self.__qualname__
        (dy, x), _ = arrays_of({"dy": dy, "x": x}, name)
        tau = number_of(tau, "tau", name, positive=True)
        scale_of(1 / tau, (x,), name, "1/tau")
        y = _sample(*_moved(x, noise, name), tau, axes_of(axis, x.ndim, name))
        y = _delivered(y, floating(np.result_type(dy.dtype, x.dtype)), None, name)
        return self._pull(dy, y, out, axis, 1 / tau, "x")


class GumbelFromOutput(AxisFunction):
    _fill = 0.0

    def _compute(self, dy: Any, y: Any, out: Any = None, *, tau: float = 1.0, axis: Any = -1) -> Any:
        (dy, y), _ = arrays_of({"dy": dy, "y": y}, self.__qualname__)
        scale = 1 / number_of(tau, "tau", self.__qualname__, positive=True)
        scale_of(scale, (dy, y), self.__qualname__, "1/tau")
        return self._pull(dy, y, out, axis, scale)
