"""What every processor with fma must give to the bit: numbers that stand for all results of each kernel.

    python tests/bits.py   # writes bits.json, after a change of the kernels' results

Inputs are made of whole numbers alone, so that they are the same everywhere; of a NaN the sign is left out, which
processors choose. test_bits.py compares.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import fastact as fa
from fastact.table.registry import ELEMENTWISE, ROWS, Row

BOOK = Path(__file__).parent / "bits.json"
DTYPES = ("float16", "float32", "float64")
SIZE = 1009
Array = npt.NDArray[Any]


def inputs(dtype: str, seed: int) -> Array:
    """Of all bit patterns a fair sample, and as many in the middle, where a network computes."""
    kind = np.dtype(dtype)
    bits = 8 * kind.itemsize
    pattern, found = seed, []
    for i in range(SIZE):
        pattern = (pattern * 6364136223846793005 + 1442695040888963407) % 2**64
        found.append((pattern >> (64 - bits)) if i % 2 else 0)
        if not i % 2:  # a fixed-point number from -8 to 8
            value = np.array(((pattern >> 40) - 2**23) / 2**20).astype(kind)
            found[-1] = int(value.view(f"u{kind.itemsize}"))
    return np.array(found, f"u{kind.itemsize}").view(kind)


def digest(result: Array) -> str:
    with np.errstate(invalid="ignore"):
        plain = np.where(np.isnan(result), np.array(np.nan, result.dtype), result)
    return hashlib.sha256(np.ascontiguousarray(plain).tobytes()).hexdigest()[:12]


def results(row: Row, dtype: str) -> dict[str, str]:
    """A digest of each direction; of functions along an axis, of rows of 7, 64 and some hundred numbers."""
    activation = fa.get(row.name)
    x, dy = inputs(dtype, 1), inputs(dtype, 2)
    given = {p.name: 0.25 for p in row.params if p.default is None}
    slope = {**given, **{p.name: 0.25 for p in row.derivative_params if p.default is None}}
    with np.errstate(all="ignore"):
        if row.axis:
            x = np.where(np.isfinite(x), x, 1)
            rows = {n: x[: SIZE // n * n].reshape(-1, n) for n in (7, 64, 336)}
            return {str(n): digest(np.asarray(activation(each))) for n, each in rows.items()}
        found = {"value": activation(x, **given), "derivative": activation.derivative(x, **slope)}
        found["backward"] = activation.backward(dy, x, **slope)
        if row.from_output:
            found["backward_from_output"] = activation.backward_from_output(dy, found["value"], **slope)
    return {name: digest(result) for name, result in found.items()}


def of_rows() -> list[Row]:
    along = [
        row for row in ROWS if row.name in ("softmax", "log_softmax", "softmin", "logsumexp", "hardmax", "sparsemax")
    ]
    return [*ELEMENTWISE, *along]


def book() -> dict[str, dict[str, dict[str, str]]]:
    return {row.name: {dtype: results(row, dtype) for dtype in DTYPES} for row in of_rows()}


if __name__ == "__main__":
    BOOK.write_text(json.dumps(book(), indent=1) + "\n")
