"""What benchmarks/compare.py measures: the cases, the arrays of a case, and what a case must give.

Imported by the other compare files and tests/test_compare.py; imports NumPy and the registry, no other library.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastact.cli.bench import into_domain
from fastact.reference import stand_ins
from fastact.table.dtypes import BFLOAT16
from fastact.table.registry import BY_NAME, ELEMENTWISE, Row

Array = npt.NDArray[Any]

VALUE, BACKWARD, FROM_OUTPUT, FLOOR = "value", "backward", "backward_from_output", "floor"
IN, OUT = "in place", "out of place"
DTYPES = ("float32", "float64", "float16", "bfloat16")
SIZES = {"64": 64, "1Ki": 1 << 10, "64Ki": 1 << 16, "4Mi": 1 << 22, "64Mi": 1 << 26}
SHAPES = ((4096, 256), (64, 128, 128), (1024, 64), (256, 1024))
ALONG_AXIS = ("softmax", "log_softmax")
# Where PyTorch's backward pass takes the output.
READ_FROM_OUTPUT = ("sigmoid", "tanh")
DATA = {"sigma1": "normal, sigma 1", "sigma3": "normal, sigma 3", "uniform20": "uniform from -20 to 20"}
# The floors are cases of their own: x times a constant in place, and a copy.
FLOORS = {"scale": IN, "copy": OUT}
# What a short run takes.
QUICK = ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "silu", "gelu", "gelu_tanh", "softplus", "hardswish")
QUICK_SIZES = ("64", "64Ki", "4Mi")

PERIOD = 1 << 20  # random numbers of a large array, after which they repeat: more than a branch predictor learns
SAMPLE = 1 << 14  # elements whose error is measured
WRONG = 1 / 16  # of max(1, |result|): what errs by more computes another function, or overflows on the way


class Case(NamedTuple):
    """One call, but for threads and instruction set."""

    name: str
    direction: str
    dtype: str
    place: str
    shape: tuple[int, ...]
    data: str

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def key(self) -> str:
        """A text from which `parsed` makes the case again."""
        place = "in" if self.place == IN else "out"
        return f"{self.name} {self.direction} {self.dtype} {place} {'x'.join(map(str, self.shape))} {self.data}"

    @property
    def kind(self) -> np.dtype[Any]:
        if self.dtype != "bfloat16":
            return np.dtype(self.dtype)
        if BFLOAT16 is None:
            raise ImportError("bfloat16 needs the package ml_dtypes")
        return BFLOAT16

    @property
    def row(self) -> Row:
        return BY_NAME[self.name]

    @property
    def parameters(self) -> tuple[float, ...]:
        """What a call needs besides its arrays."""
        return tuple(0.25 for param in self.row.params if param.default is None)

    @property
    def along_axis(self) -> bool:
        return self.name in ALONG_AXIS

    @property
    def backward(self) -> bool:
        return self.direction in (BACKWARD, FROM_OUTPUT)


def parsed(key: str) -> Case:
    """The case of which `Case.key` is ``key``."""
    name, direction, dtype, place, shape, data = key.split()
    lengths = tuple(map(int, shape.split("x")))
    return Case(name, direction, dtype, IN if place == "in" else OUT, lengths, data)


class Arrays(NamedTuple):
    """The operands of one call; x is the output y where the direction reads that. dy and out may be missing."""

    x: Array
    dy: Array | None
    out: Array  # where the result goes: x or dy itself in place


def directions(name: str) -> tuple[str, ...]:
    if name in ALONG_AXIS:
        return VALUE, FROM_OUTPUT
    return (VALUE, BACKWARD, FROM_OUTPUT) if name in READ_FROM_OUTPUT else (VALUE, BACKWARD)


def plan(
    names: Iterable[str], dtypes: Iterable[str], sizes: Iterable[int], data: Iterable[str], quick: bool = False
) -> list[Case]:
    """All cases of these, floors first; ``quick`` is in place and, along an axis, of one shape alone."""
    names, dtypes, sizes, data = list(names), list(dtypes), list(sizes), list(data)
    places = (IN,) if quick else (IN, OUT)
    shapes = SHAPES[:1] if quick else SHAPES
    lengths: list[tuple[int, ...]] = [(size,) for size in sizes]
    # a floor does not depend on the numbers
    found = [
        Case(name, FLOOR, dtype, place, length, "sigma1")
        for name, place in FLOORS.items()
        for dtype in dtypes
        for length in lengths
    ]
    for name in names:
        found += [
            Case(name, direction, dtype, place, length, numbers)
            for direction in directions(name)
            for dtype in dtypes
            for numbers in data
            for place in places
            for length in (shapes if name in ALONG_AXIS else lengths)
        ]
    return found


def all_names() -> list[str]:
    return [*(row.name for row in ELEMENTWISE), *ALONG_AXIS]


# ---- arrays ---------------------------------------------------------------------------------------------------------


@cache
def numbers(data: str, size: int, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    if data == "uniform20":
        return rng.uniform(-20, 20, size)
    return rng.standard_normal(size) * (3 if data == "sigma3" else 1)


def softmax(x: Array) -> Array:
    e: Array = np.exp(x - x.max(-1, keepdims=True))
    e /= e.sum(-1, keepdims=True)
    return e


def operands(case: Case) -> tuple[Array, Array | None]:
    """x (or y) and dy of a case, the same in each process."""
    period = min(case.size, PERIOD)
    # whole rows, where there are any
    period -= period % case.shape[-1] if case.along_axis else 0
    wide, dy = numbers(case.data, period, 1), numbers("sigma1", period, 2)
    if case.direction != FLOOR and not case.along_axis:
        wide = into_domain(case.row, wide)
    narrow = wide.astype(case.kind)
    if case.direction == FROM_OUTPUT:
        narrow = output(case, narrow).astype(case.kind)
    repeat = -(-case.size // period)

    def repeated(a: Array) -> Array:
        return np.tile(a, repeat)[: case.size].reshape(case.shape)

    return repeated(narrow), repeated(dy.astype(case.kind)) if case.backward else None


def output(case: Case, x: Array) -> Array:
    wide = x.astype(np.float64)
    if case.along_axis:
        y = softmax(wide.reshape(-1, case.shape[-1]))
        return (y if case.name == "softmax" else np.log(y)).reshape(x.shape)
    result: Array = stand_ins.ufunc(case.name, 1 + len(case.row.params))(wide, *defaults(case, np.float64))
    return result


def defaults(case: Case, dtype: npt.DTypeLike, slope: bool = False) -> list[float]:
    """The parameters as numbers, rounded to what a kernel is given."""
    row, found = case.row, []
    for param in row.params + (row.derivative_params if slope else ()):
        number = param.number
        if number is None:  # another's, of derivatives alone, or one that must be given
            number = 0.25 if param.default is None else next(p.number for p in row.params) or 0.0
        found.append(stand_ins.widened(param, number, np.dtype(dtype)))
    return found


# ---- errors ---------------------------------------------------------------------------------------------------------


def sample(case: Case) -> int:
    """How many leading elements are judged: whole rows, where there are any."""
    last = case.shape[-1] if case.along_axis else 1
    return min(case.size, max(1, SAMPLE // last) * last)


def exact(case: Case, x: Array, dy: Array | None) -> Array:
    """The result for the leading elements, in float64, of float64 in longdouble."""
    work = np.longdouble if case.dtype == "float64" else np.float64
    count = sample(case)
    wide = x.reshape(-1)[:count].astype(work)
    slope = None if dy is None else dy.reshape(-1)[:count].astype(work)
    if case.along_axis:
        rows = wide.reshape(-1, case.shape[-1])
        if slope is None:
            y = softmax(rows)
            return (y if case.name == "softmax" else np.log(y)).reshape(-1)
        given: Array = slope.reshape(rows.shape)
        if case.name == "softmax":
            gradient: Array = rows * (given - (given * rows).sum(-1, keepdims=True))
        else:
            gradient = given - np.exp(rows) * given.sum(-1, keepdims=True)
        return gradient.reshape(-1)
    values = defaults(case, np.float64 if case.dtype == "float64" else np.float32, case.backward)
    ending = "" if case.direction == VALUE else f"_{case.direction}"
    function = stand_ins.ufunc(case.name + ending, (2 if case.backward else 1) + len(values))
    result: Array = function(*((wide,) if slope is None else (slope, wide)), *values)
    return result


def error(case: Case, truth: Array, found: Array, x: Array) -> tuple[float, float]:
    """The largest error in ULPs of the result's dtype, and as a part of max(1, |result|); NaN where a NaN arose.

    At kinks, where libraries take derivatives by conventions of their own, there is none.
    """
    count = sample(case)
    got = found.reshape(-1)[:count].astype(truth.dtype)
    with np.errstate(all="ignore"):
        off = np.abs(got - truth)
        if case.direction == BACKWARD:
            off[np.isin(x.reshape(-1)[:count], np.array(case.row.kinks, case.kind))] = 0
        if case.dtype == "bfloat16":  # of which NumPy knows no spacing
            unit = np.exp2(np.maximum(np.floor(np.log2(np.abs(truth))), -126) - 7)
        else:
            unit = np.spacing(np.abs(truth).astype(case.kind)).astype(truth.dtype)
        return float(np.max(off / unit)), float(np.max(off / np.maximum(1, np.abs(truth))))
