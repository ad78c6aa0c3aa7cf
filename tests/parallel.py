"""What test_threads.py and test_fork.py share: sizes, numbers, every direction of an activation, and its bits.

The kernels have a thread's worth of work at 131,072 elements or less, so that arrays of ``LARGE`` elements are split
among two or more threads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.runtime import configuration, kernels
from fastact.table.registry import Row

LARGE = 1_200_007  # odd, and work for seven threads
MANY = 10**6
COMPILED = kernels.isa != "numpy"

OPENMP = configuration.config()["OpenMP"].startswith("yes")
openmp_only = pytest.mark.skipif(not OPENMP, reason="built without OpenMP")
compiled_only = pytest.mark.skipif(not COMPILED, reason="without compiled kernels NumPy computes, on one thread")


def sample(n: int, dtype: Any) -> Any:
    """Numbers of every magnitude and sign, with specials at places that no power of two divides."""
    rng = np.random.default_rng(5)
    x = (rng.standard_normal(n) * np.exp2(rng.uniform(-12, 6, n))).astype(dtype)
    for k, special in enumerate([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0]):
        x[3 + k :: 997] = special
    return x


def directions(row: Row) -> dict[str, Callable[[Any, Any], Any]]:
    """Functions of (dy, x) for every direction of an activation, by name."""
    activation = fa.get(row.name)
    given = {p.name: 0.25 for p in row.params if p.default is None}
    made: dict[str, Callable[[Any, Any], Any]] = {
        "value": lambda dy, x: activation(x, **given),
        "derivative": lambda dy, x: activation.derivative(x, **given),
        "backward": lambda dy, x: activation.backward(dy, x, **given),
        "in place": lambda dy, x: in_place(lambda *main, out: activation(*main, out=out, **given), x),
        "backward in place": lambda dy, x: in_place(
            lambda *main, out: activation.backward(*main, out=out, **given), dy, x
        ),
    }
    if row.from_output:
        made["from output"] = lambda dy, x: activation.backward_from_output(dy, x, **given)
    return made


def in_place(function: Callable[..., Any], *main: Any) -> Any:
    """The result, written over a copy of the last input."""
    copies = [a.copy() for a in main]
    return function(*copies, out=copies[-1])


def bits(array: Any) -> bytes:
    """A digest of the bits of an array; where NumPy computes, whose products give NaN now one sign and now the other,
    all NaN are one."""
    if not COMPILED:
        array = np.where(np.isnan(array), array.dtype.type(np.nan), array)
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).digest()
