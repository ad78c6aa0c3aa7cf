"""docs/conventions.md: its own cells are read, and fastact, and what is installed of the others, held against them."""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np
import numpy.typing as npt
import oracle
import pytest
from floats import FLOATS
from scripts import ROOT, load

import fastact as fa
from fastact.table.registry import ELEMENTWISE, Row

PAGE = ROOT / "docs" / "conventions.md"
rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
DY = -2.0


@functools.cache
def table() -> tuple[list[str], list[list[str]]]:
    """The head of the page's table and its cells."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    head, _, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return head, body


def texts(name: str, column: str) -> dict[str, str]:
    """Of one function and column: x to the cell, as they stand there but for the bold."""
    head, body = table()
    at = head.index(column)
    return {row[1]: row[at].strip("*") for row in body if row[0] == name and row[at]}


def cells(name: str, column: str) -> list[tuple[float, list[float]]]:
    """As numbers: x; and value, derivative and backward."""
    return [(float(x), [float(part) for part in cell.split("; ")]) for x, cell in texts(name, column).items()]


def bits(numbers: Any, dtype: Any = np.float32) -> bytes:
    """Bits, of all NaN one."""
    array: npt.NDArray[Any] = np.array(numbers, dtype)
    return np.where(np.isnan(array), dtype(np.nan), array).tobytes()


def ours(row: Row, x: Any, dtype: Any) -> list[npt.NDArray[Any]]:
    """Value, derivative and backward of an array of x, long enough for every path of a kernel."""
    activation = fa.get(row.name)
    given = oracle.required(row)
    wide = np.full(67, x, dtype)
    with np.errstate(all="ignore"):
        gradient = activation.backward(np.full(67, DY, dtype), wide, **given)
        return [activation(wide, **given), activation.derivative(wide, **given), gradient]


@rows
def test_fastact_does_what_the_page_says(row: Row) -> None:
    for x, wanted in cells(row.name, "fastact"):
        for got, number in zip(ours(row, x, np.float32), wanted, strict=True):
            assert bits(got) == bits([number] * 67), f"at {x}: {got[0]} and {got[-1]}, not {number}"


@rows
def test_every_case_is_on_the_page(row: Row) -> None:
    found = [text for name, text, *_ in table()[1] if name == row.name]
    wanted = {"-inf", "-0.0", "0.0", "inf", "nan", *(str(float(np.float32(kink))) for kink in row.kinks)}
    assert set(found) == wanted
    assert len(found) == len(wanted)


@pytest.mark.parametrize("dtype", [t for t in FLOATS if t is not np.float32], ids=lambda dtype: dtype.__name__)
@rows
def test_other_dtypes_follow_the_same_rules(row: Row, dtype: Any) -> None:
    """Which of them are NaN, infinite, zero of which sign; numbers but for rounding."""
    for x, wanted in cells(row.name, "fastact"):
        if dtype is np.float64 and x != 0:
            x = next((kink for kink in row.kinks if np.float32(kink) == x), x)
        if np.isfinite(x) and float(dtype(x)) != x:
            continue  # a kink that this dtype does not have
        for got, number in zip(ours(row, x, dtype), wanted, strict=True):
            value = float(got[0])
            assert np.isnan(value) == np.isnan(number)
            assert np.signbit(value) == np.signbit(number) or np.isnan(number)
            loose = 8 * float(oracle.finfo(dtype).eps) if dtype is not np.float64 else 1e-6
            if np.isinf(number) or number == 0:
                assert value == number, f"at {x}"
            elif not np.isnan(number):
                least = float(oracle.finfo(dtype).smallest_subnormal)
                assert abs(value - number) <= loose * abs(number) + least, f"at {x}"


@rows
def test_nan_in_dy_gives_nan(row: Row) -> None:
    given = oracle.required(row)
    x = np.array([x for x, _ in cells(row.name, "fastact") if np.isfinite(x)] * 9, np.float32)
    with np.errstate(all="ignore"):
        assert np.isnan(fa.get(row.name).backward(np.full_like(x, np.nan), x, **given)).all()


def test_differences_are_set_in_bold() -> None:
    page = load("docs", "conventions_page")
    for ours, theirs, alike in (
        ("0; 1; -2", "0; 1; -2", True),
        ("0; 1; -2", "-0; 1; -2", False),
        ("nan; 1; -2", "1; 1; -2", False),
        ("inf; 1; -2", "inf; 1; -2", True),
        ("0.6931472; 0.5; -1", "0.69314724; 0.5; -1", True),
        ("0.69; 0.5; -1", "0.6931; 0.5; -1", False),
    ):
        assert page.same(ours, theirs) == alike
    head, body = table()
    for name, x, mine, *others in body:
        for other, library in zip(others, head[3:], strict=True):
            if other:
                assert other.startswith("**") != page.same(mine, other.strip("*")), f"{name} {x} {library}"


def test_the_others_give_what_the_page_says() -> None:
    """Of those that are installed in the version that was measured."""
    told = load("benchmarks", "conventions").measure()
    book = json.loads((ROOT / "docs" / "conventions.json").read_text())
    compared = 0
    for library, functions in told.items():
        for name, found in functions.items():
            if library in book:
                assert texts(name, library.split()[0]) == found, f"{library} {name}"
                compared += 1
    if not compared:
        pytest.skip("PyTorch, JAX, oneDNN and thinc are not installed in the versions that the page is of")
