"""The floating dtypes that kernels are tested with, bfloat16 among them where ml_dtypes is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastact.table.dtypes import BFLOAT16

HALVES: tuple[Any, ...] = (np.float16, *([BFLOAT16.type] if BFLOAT16 is not None else []))
FLOATS: tuple[Any, ...] = (*HALVES, np.float32, np.float64)

floats = pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.__name__)
halves = pytest.mark.parametrize("dtype", HALVES, ids=lambda dtype: dtype.__name__)


def parameter_dtype(dtype: Any) -> Any:
    """What parameters beside x of ``dtype`` are: float32 for the half types."""
    return np.float32 if dtype in HALVES else dtype
