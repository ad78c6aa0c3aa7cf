"""Time every activation of the registry beside its NumPy baselines, with pytest-benchmark. Imported by nothing.

    pytest benchmarks/test_speed.py                                        # all: about a quarter of an hour
    pytest benchmarks/test_speed.py -k "gelu and float32 and 4194304"      # some
    pytest benchmarks/test_speed.py --benchmark-group-by=param:size        # other tables than one per comparison
    pytest benchmarks/test_speed.py --benchmark-save=before                # later: --benchmark-compare=0001

Run from the repository root with the ``bench`` extra installed. The plain ``pytest`` of the tests does not collect
this file. A table compares fastact with the NumPy forms of one activation, dtype, size and place; ``in place`` restores
the data before each round, outside of the time. ``fastact bench`` is the short version for users.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.cli.baselines import candidates
from fastact.cli.bench import arguments, into_domain
from fastact.table.registry import BY_NAME, ROWS

# Rounds of each size, so that each takes well under a second. A round is one call, as the data must be restored.
ROUNDS = {1 << 10: 2000, 1 << 16: 200, 1 << 22: 9}
LAST_AXIS = 1 << 10  # so that softmax has rows
DTYPES = ("float16", "float32", "float64")
PLACES = ("in place", "into another array")
VALUES = [
    (row.name, dtype, code)
    for row in ROWS
    for dtype in DTYPES
    # NumPy computes float16 number by number in float32: no opponent
    for code in ["fastact", *([c.name for c in candidates(row.name, dtype)] if dtype != "float16" else [])]
]
# The derivative of softmax is a Jacobian of n times the size.
BACKWARD = [
    (row.name, direction)
    for row in ROWS
    for direction in ("derivative", "backward", "backward_from_output")
    if (direction != "derivative" or not row.axis) and (direction != "backward_from_output" or row.from_output)
]


def make_data(name: str, size: int, dtype: str) -> Any:
    data = np.random.default_rng(0).standard_normal((size // LAST_AXIS, LAST_AXIS), np.float32) * 3
    return into_domain(BY_NAME[name], data.astype(dtype))


def call_of(name: str, dtype: str, code: str, x: Any, out: Any) -> Callable[[], object]:
    """A call without arguments that computes ``name`` of x into out."""
    if code == "fastact":
        activation, extra = fa.get(name), arguments(BY_NAME[name])
        return lambda: activation(x, *extra, out=out)  # type: ignore[operator]
    (form,) = (c.form for c in candidates(name, dtype) if c.name == code)
    scratch = np.zeros_like(x)
    return lambda: form(x, out, scratch)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", list(ROUNDS))
@pytest.mark.parametrize(("name", "dtype", "code"), VALUES)
def test_value(benchmark: Any, name: str, dtype: str, code: str, size: int, place: str) -> None:
    data = make_data(name, size, dtype)
    work = data.copy()
    out = work if place == "in place" else np.zeros_like(data)
    call = call_of(name, dtype, code, work, out)

    def restore() -> None:
        np.copyto(work, data)

    benchmark.group = f"{name}, {dtype}, {size}, {place}"
    benchmark.extra_info["threads"] = fa.get_num_threads() if code == "fastact" else 1
    with np.errstate(over="ignore"):
        benchmark.pedantic(call, setup=restore, rounds=ROUNDS[size], warmup_rounds=1)


@pytest.mark.parametrize("size", list(ROUNDS))
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "direction"), BACKWARD)
def test_direction(benchmark: Any, name: str, direction: str, dtype: str, size: int) -> None:
    x = make_data(name, size, dtype)
    extra = arguments(BY_NAME[name])
    function = getattr(fa.get(name), direction)
    dy, out = np.ones_like(x), np.zeros_like(x)
    inputs = (x,) if direction == "derivative" else (dy, x)
    benchmark.group = f"{name}, {dtype}, {size}, directions"
    benchmark.extra_info["threads"] = fa.get_num_threads()
    if name == "softmax" and direction == "backward_from_output":
        inputs = (dy, fa.get(name)(x))  # type: ignore[operator]
    benchmark.pedantic(function, args=(*inputs, *extra), kwargs={"out": out}, rounds=ROUNDS[size], warmup_rounds=1)
