"""docs/accuracy.md from docs/accuracy.json and the registry; imported by docs/generate.py, and nothing else is needed.

The measurements are benchmarks/accuracy.py's, entered with --write. A row or a direction that was not measured shows
as a gap, so that the page cannot claim more than was run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastact.table.registry import ELEMENTWISE, HALF_ULP, HALVES, Row

RESULTS = Path(__file__).resolve().parent / "accuracy.json"
LIBRARIES = ("PyTorch", "ONNX", "SciPy", "thinc", "NumPy")
TITLES = {"ONNX": "ONNX Runtime"}
ALL = 2**32

INTRO = """\
Errors are in ULPs of the true value, largest over the inputs tried, without any absolute tolerance: a result of 1e-40
counts as much as one of 1. Within 1/16 of an interior root of a derivative the ULP is at least that of 1/64. The
number in brackets is the largest error for |x| <= 10, where most libraries do better than in the tails. An error
above 1,000 means that most digits are lost, one near 1.7e7 that 0 was returned in place of a normal number, and "inf"
that a NaN did not stay one, that one arose, or that an infinity missed the limit. Other libraries were measured over
the sample of 5.8 million float32, or a million float64 and the neighbourhoods of special points.

"bound" is what the registry states, and what the tests hold the kernels to on processors with fma; v3 (AVX2) and v4
(AVX-512) give the same bits. "baseline" is the build for processors without fma, which may err by 1 ULP more. Inputs
"all" are the 2^32 patterns of float32. The truth is computed in float64 (for float64 results in double-double
arithmetic) and was checked against mpmath at 200 bits on 10,000 of the inputs. To make a line again:

    python benchmarks/accuracy.py gelu --exhaustive --write && python docs/generate.py
"""


def load() -> dict[str, Any]:
    book: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return book


def number(value: float | str) -> str:
    """An error with two decimals, or its size where it is beyond all use."""
    value = float(value)
    if value < 1000:
        return f"{value:.2f}"
    return "inf" if value == float("inf") else f"{value:.1e}".replace("e+0", "e").replace("e+", "e")


def cell(entry: dict[str, Any] | None) -> str:
    return "" if entry is None else f"{number(entry['ulp'])} ({number(entry['central'])})"


def inputs(entry: dict[str, Any]) -> str:
    return "all" if entry["inputs"] >= ALL else f"{entry['inputs']:,}"


def bound(row: Row, direction: str, dtype: str) -> float:
    if dtype in HALVES:
        return HALF_ULP
    return row.derivative_ulp if direction == "derivative" else row.value_ulp


def find(book: dict[str, Any], row: Row, direction: str, dtype: str, who: str) -> dict[str, Any] | None:
    """The entry of one library; of several under one name ("NumPy", "NumPy + ...") the first."""
    return book.get(f"{row.name} {direction} {dtype} {who}")


def table(book: dict[str, Any], dtype: str) -> list[str]:
    peers = [
        who
        for who in LIBRARIES
        if any(find(book, row, direction, dtype, who) for row in ELEMENTWISE for direction in ("value", "derivative"))
    ]
    head = ["function", "bound", "v4, v3", "at x", "inputs", "baseline", *(TITLES.get(p, p) for p in peers)]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for row in ELEMENTWISE:
        for direction in ("value", "derivative"):
            ours = find(book, row, direction, dtype, "v4")
            cells = [row.name + ("'" if direction == "derivative" else ""), f"{bound(row, direction, dtype):g}"]
            if ours is None:
                cells += ["", "", "not measured", ""]
            else:
                x = f"{float.fromhex(ours['x']):.9g}" if ours["x"] else ""
                cells += [cell(ours), x, inputs(ours), cell(find(book, row, direction, dtype, "baseline"))]
            cells += [cell(find(book, row, direction, dtype, peer)) for peer in peers]
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def steps(book: dict[str, Any]) -> list[str]:
    """How often a function that never falls does, from one float32 to the next."""
    lines = ["| function | steps back | largest, ULP | of neighbours |", "|---|---:|---:|---:|"]
    for row in ELEMENTWISE:
        entry = find(book, row, "value", "float32", "v4")
        if row.monotonic and entry is not None and entry["inputs"] >= ALL:
            count, largest = entry["reversals"] or (0, 0)
            lines.append(f"| {row.name} | {count:,} | {largest:g} | {inputs(entry)} |")
    return lines


def page() -> str:
    book = load()
    made = "made by docs/generate.py from docs/accuracy.json and fastact/table/registry.py; do not edit"
    lines = ["# Accuracy", "", f"<!-- {made} -->", "", INTRO]
    for dtype in ("float32", "float64", *HALVES):
        lines += [f"## {dtype}", "", *table(book, dtype), ""]
    lines += [
        "## Steps back",
        "",
        "A function that is nowhere decreasing may, by rounding, fall from one float32 to the next:",
        "",
        *steps(book),
        "",
        "## What was measured",
        "",
    ]
    machines = sorted({(entry["date"], entry["on"]) for entry in book.values()})
    lines += [f"* {date}: {on}" for date, on in machines]
    ours = sorted({entry["by"].partition(",")[0] for entry in book.values() if entry["by"].startswith("fastact")})
    lines += [f"* {', '.join(ours)}"] if ours else []
    forms: dict[str, list[str]] = {}
    for key, entry in sorted(book.items()):
        if not entry["by"].startswith("fastact"):
            library, _, form = entry["by"].partition(": ")
            name, direction, dtype, _ = key.split()
            if dtype == "float32":
                forms.setdefault(library, []).append(f"{name}{chr(39) if direction == 'derivative' else ''} `{form}`")
    lines += [f"* {library}: {'; '.join(texts)}" for library, texts in forms.items()]
    return "\n".join(lines) + "\n"
