"""Which dtypes are real numbers here, bfloat16 of the package ml_dtypes among them where that is installed.

Uses NumPy alone; imported by _reference, _runtime, _activation and the command line.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import numpy as np

try:
    # a package of its own, since NumPy has no such dtype; importing it is what makes NumPy know it
    BFLOAT16: np.dtype[Any] | None = np.dtype(importlib.import_module("ml_dtypes").bfloat16)
except ImportError:
    BFLOAT16 = None


def is_real(dtype: np.dtype[Any]) -> bool:
    """Whether ``dtype`` is bool, integer or real floating; bfloat16 calls itself a void."""
    return dtype.kind in "biuf" or (BFLOAT16 is not None and dtype.newbyteorder("=") == BFLOAT16)


def is_half(dtype: np.dtype[Any]) -> bool:
    """Whether it has two bytes and is computed in a wider one: float16 or bfloat16."""
    return dtype == np.float16 or dtype == BFLOAT16


@cache
def floating(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The floating dtype that ``np.exp`` gives for a real one."""
    return np.exp(np.zeros((), dtype)).dtype


def brain_number() -> int:
    """NumPy's number of the dtype bfloat16; -1 without it."""
    return -1 if BFLOAT16 is None else BFLOAT16.num
