"""docs/conventions.md: what fastact gives where a choice was to be made, and what other libraries chose.

Imported by docs/generate.py, which writes the page, by benchmarks/conventions.py, which measures the others, and by the
test that reads the page's own cells and holds fastact against them.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import fastact as fa
from fastact.table.registry import ELEMENTWISE, Row

Array = npt.NDArray[Any]
RESULTS = Path(__file__).parent / "conventions.json"
DY = -2.0  # not 1, so that the sign of a zero shows
LIBRARIES = ("PyTorch", "JAX", "oneDNN", "thinc")  # in the order of their columns
INTRO = """\
What fastact gives at every kink, at both zeros, at infinities and for NaN, beside what other libraries give there. A
cell is "value; derivative; gradient of x for a gradient of -2", of float32 at default parameters (0.25 where there is
none). What differs from fastact's by more than a millionth, or in the sign of a zero, is set in **bold**. Other
parameters, float16, bfloat16 and float64 follow the same rules.

The rules behind the table:

* NaN gives NaN, in value, derivative and backward, of x as of dy. So dy = NaN at x < 0 gives NaN for relu too, whose
  gradient some libraries select instead of multiplying. Its sign and payload say nothing: they differ between
  processors, compilers and instruction sets, and nothing else here does.
* Infinities give the limits, never NaN where there is a limit.
  Along an axis: where one score of a row is inf, softmax, softmin and sparsemax give 1 for it and 0 for the others,
  log_softmax 0 and -inf. Where two are inf their shares have no limit, and the row is NaN, all of it: it is no
  distribution. logsumexp is inf then.
* -0.0 gives -0.0 where the function is odd or linear at 0.
* A derivative at a kink is one of its two sides, the one that PyTorch takes, unless a parameter says otherwise:
  `step`, `relu.derivative` and `leaky_relu.derivative` take `at_zero`.
* backward is dy times the derivative, rounded once, also where the derivative is 0: its zeros have the sign of that
  product, and dy = inf times 0 is NaN.
"""


def points(row: Row) -> Array:
    """Where a choice was to be made, in float32."""
    inner = sorted({float(np.float32(kink)) for kink in row.kinks} - {0.0})
    left, right = [k for k in inner if k < 0], [k for k in inner if k > 0]
    return np.array([-math.inf, *left, -0.0, 0.0, *right, math.inf, math.nan], np.float32)


def number(value: Any) -> str:
    """The shortest text that reads back as the same float32; of NaN no sign."""
    value = np.float32(value)
    if np.isnan(value):
        return "nan"
    text = np.format_float_positional(value, unique=True, trim="-")
    return text if len(text) < 12 else np.format_float_scientific(value, unique=True, trim="-")


def cell(value: Any, slope: Any, gradient: Any) -> str:
    return "; ".join(map(number, (value, slope, gradient)))


def own(row: Row) -> dict[str, str]:
    """fastact's cells, by x."""
    activation, x = fa.get(row.name), points(row)
    given = {param.name: 0.25 for param in row.params if param.default is None}
    with np.errstate(all="ignore"):
        value, slope = activation(x, **given), activation.derivative(x, **given)
        gradient = activation.backward(np.full_like(x, DY), x, **given)
    return {str(float(t)): cell(*found) for t, *found in zip(x.tolist(), value, slope, gradient, strict=True)}


def same(ours: str, theirs: str) -> bool:
    """Whether two cells agree but for rounding."""
    for a, b in zip(ours.split("; "), theirs.split("; "), strict=True):
        x, y = float(a), float(b)
        if math.isnan(x) or math.isnan(y) or x == 0 or y == 0 or math.isinf(x) or math.isinf(y):
            if a != b:
                return False
        elif abs(x - y) > 1e-6 * max(abs(x), abs(y)):
            return False
    return True


def page() -> str:
    book = json.loads(RESULTS.read_text())
    columns = [(name, next((key for key in book if key.split()[0] == name), None)) for name in LIBRARIES]
    made = "made by docs/generate.py from fastact and docs/conventions.json; do not edit"
    lines = ["# Conventions", "", f"<!-- {made} -->", "", INTRO]
    lines += ["Measured: " + ", ".join(sorted(book)) + ".", ""]
    lines += ["| function | x | fastact | " + " | ".join(name for name, _ in columns) + " |"]
    lines += ["|---|---|" + "---|" * (1 + len(columns))]
    for row in ELEMENTWISE:
        for x, ours in own(row).items():
            cells = []
            for _, key in columns:
                theirs = book.get(key, {}).get(row.name, {}).get(x, "") if key else ""
                cells.append(theirs if not theirs or same(ours, theirs) else f"**{theirs}**")
            lines.append(f"| {row.name} | {x} | {ours} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
