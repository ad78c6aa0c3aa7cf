"""Which values of a parameter are accepted: in the domain of its row, and still so in the dtype that is computed in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.containers import beside
from fastact.api.function import shown
from fastact.table.dtypes import is_real
from fastact.table.row import Param

Array = npt.NDArray[Any]


def _inside(array: Array, param: Param) -> Array:
    """Where elements lie in the domain."""
    good = ~np.isnan(array) if param.infinite else np.isfinite(array)
    if param.bounded:
        good &= array <= param.high
        good &= (array > param.low) if param.open_low else (array >= param.low)
    if param.but_zero:
        good &= array != 0
    return np.asarray(good)


def check_parameter(value: Any, param: Param, name: str, extra: str = "") -> None:
    """Raise unless ``value``, a scalar or an array, is real and lies in the domain of ``param``, or is ``extra``."""
    if not isinstance(value, (np.ndarray, np.generic)) and isinstance(value, Real):
        try:
            outside = None if param.accepts(float(value)) else value
        except OverflowError:  # an integer
            outside = value
    else:
        array = beside(value, param.name, name)
        if not is_real(array.dtype):
            raise TypeError(
                f"{name}: {param.name}={shown(value)} is not accepted; it must be a number or an array of numbers"
            )
        good = _inside(array, param)
        outside = None if good.all() else array[~good].flat[0].item()
    if outside is not None:
        raise ValueError(f"{name}: {param.name}={shown(outside)} is not accepted; it must be {param.domain}{extra}")


def check_order(low: tuple[str, Any], high: tuple[str, Any], name: str) -> None:
    """Raise unless the first parameter, (name, value), is nowhere greater than the second."""
    wrong = np.greater(low[1], high[1])
    if np.count_nonzero(wrong):
        first, second = (np.broadcast_to(value, wrong.shape)[wrong].flat[0].item() for _, value in (low, high))
        raise ValueError(
            f"{name}: {low[0]}={first!r} with {high[0]}={second!r} is not accepted; {low[0]} must not be greater than "
            f"{high[0]}"
        )


def check_one_of(value: Any, argument: str, accepted: Collection[str], name: str) -> None:
    """Raise unless ``value`` is one of a few words."""
    if not isinstance(value, str) or value not in accepted:
        words = " or ".join(map(repr, accepted))
        raise ValueError(f"{name}: {argument}={shown(value)} is not accepted; it must be {words}")


def promoted_by(values: Iterable[Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
    """``dtype``, of parameters, beside these: an array of a wider one promotes the call."""
    for value in values:
        if hasattr(value, "dtype") and np.ndim(value):
            dtype = np.result_type(dtype, value.dtype)
    return dtype


def check_held(value: Any, param: Param, dtype: np.dtype[Any], name: str) -> None:
    """Raise unless ``value``, which is in the domain of ``param``, is so when it is rounded to ``dtype``.

    What is too large for the dtype becomes infinite, and what is too small 0; where the domain has those, they are the
    limits that they should be.
    """
    array = np.asarray(value)
    with np.errstate(all="ignore"):
        held = array.astype(dtype)
    good = _inside(held, param)
    if good.all():
        return
    outside, rounded = (part[~good].flat[0].item() for part in (array, held))
    wanted = param.domain if np.isfinite(rounded) else "finite"
    raise ValueError(
        f"{name}: {param.name}={shown(outside)} is not accepted; it must be {wanted} in {dtype}, where it is "
        f"{rounded!r}"
    )


def rounded_as_results(value: Any, half: np.dtype[Any]) -> Any:
    """``value`` rounded to ``half`` as results are, in float32; but what none of that dtype reaches as it is."""
    with np.errstate(all="ignore"):
        stored = np.asarray(value, half).astype(np.float32)
        return np.where(np.isinf(stored), np.asarray(value, np.float32), stored)[()]
