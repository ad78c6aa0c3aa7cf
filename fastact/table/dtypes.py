"""Which dtypes are real numbers here, bfloat16 of the package ml_dtypes among them where that is installed, and what
numbers without a dtype are beside arrays.

BFLOAT16 is None without ml_dtypes, and NumPy takes None for float64: ``np.dtype("f8") == None`` is True. So no dtype is
compared with BFLOAT16 but here, by `is_bfloat16`; a test reads the sources for it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

try:
    # a package of its own, since NumPy has no such dtype; importing it is what makes NumPy know it
    BFLOAT16: np.dtype[Any] | None = np.dtype(importlib.import_module("ml_dtypes").bfloat16)
except ImportError:
    BFLOAT16 = None


def is_bfloat16(dtype: np.dtype[Any]) -> bool:
    """Whether ``dtype``, of any byte order, is bfloat16; never so without ml_dtypes."""
    return BFLOAT16 is not None and dtype.newbyteorder("=") == BFLOAT16


def is_real(dtype: np.dtype[Any]) -> bool:
    """Whether ``dtype`` is bool, integer or real floating; bfloat16 calls itself a void."""
    return dtype.kind in "biuf" or is_bfloat16(dtype)


def is_half(dtype: np.dtype[Any]) -> bool:
    """Whether it has two bytes and is computed in a wider one: float16 or bfloat16."""
    return dtype == np.float16 or is_bfloat16(dtype)


@cache
def floating(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The floating dtype that ``np.exp`` gives for a real one."""
    return np.exp(np.zeros((), dtype)).dtype


def _parameter_dtypes() -> dict[np.dtype[Any], np.dtype[Any]]:
    """The dtype of parameters beside an input of each dtype that the kernels compute.

    Integers and bools promote as in ``np.exp``; parameters of float16 and bfloat16 functions are float32.
    """
    known = [np.dtype(code) for code in "?bBhHiIlLqQefd"] + ([] if BFLOAT16 is None else [BFLOAT16])
    return {dtype: np.dtype(np.float32) if is_half(floating(dtype)) else floating(dtype) for dtype in known}


PARAMETER_DTYPES = _parameter_dtypes()


def brain_number() -> int:
    """NumPy's number of the dtype bfloat16; -1 without it."""
    return -1 if BFLOAT16 is None else BFLOAT16.num


def is_weak(value: object) -> bool:
    """Whether ``value`` is a Python number, which has no dtype of its own beside an array."""
    return type(value) in (float, int, bool)


def promoted(values: Sequence[Any]) -> np.dtype[Any]:
    """The dtype that arrays and Python numbers have together, the numbers being weak.

    Beside bfloat16 as well, which NumPy, not knowing it, takes to float64 there.
    """
    weak = [value for value in values if is_weak(value)]
    if len(weak) == len(values):
        return np.result_type(*weak)
    strong = np.result_type(*(value.dtype for value in values if not is_weak(value)))
    return strong if not weak or strong.kind == "f" or is_bfloat16(strong) else np.result_type(strong, *weak)


def strengthened(values: Sequence[Any]) -> list[Any]:
    """The values with each Python number made an array of the dtype that it takes beside the arrays among them."""
    strong = [value for value in values if not is_weak(value)]
    if len(strong) == len(values):
        return list(values)
    if not strong:
        return [np.asarray(value) for value in values]
    with np.errstate(all="ignore"):  # beyond its range a number is infinite
        return [np.asarray(v, _beside(v, strong)) if is_weak(v) else v for v in values]


def _beside(value: Any, strong: Sequence[Any]) -> Any:
    try:
        return floating(promoted([value, *strong]))
    except (OverflowError, TypeError):  # an integer beyond all dtypes, or arrays that are no numbers: told of later
        return None
