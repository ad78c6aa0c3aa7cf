"""ROWS, the one table: a row declares an activation, and tests, docs, stubs, benchmarks and public names follow.

Gathers the rows of this folder. The kernels are made of formulas/*.pxd, the NumPy formulas in reference/; import fails
if either differs from this table.
"""

from __future__ import annotations

from fastact.table import algebraic, along_axis, exponential, gated, logistic, normal, periodic, piecewise, spatial
from fastact.table.along_axis import FORMS, OPERANDS, WITH_CAUSAL
from fastact.table.row import HALF_ULP, HALVES, Choice, NoneAs, Param, Row, SameAs

__all__ = [
    "ALIASES",
    "BY_NAME",
    "ELEMENTWISE",
    "HALF_ULP",
    "HALVES",
    "OPERANDS",
    "OTHERS",
    "ROWS",
    "Choice",
    "NoneAs",
    "Param",
    "Row",
    "SameAs",
    "ufunc_inputs",
]

ROWS: tuple[Row, ...] = (
    *piecewise.ROWS,
    *exponential.ROWS,
    *logistic.ROWS,
    *normal.ROWS,
    *algebraic.ROWS,
    *periodic.ROWS,
    *along_axis.ROWS,
)

# Activations all the same, but not of one array and to one of its shape.
OTHERS: tuple[Row, ...] = (*along_axis.OTHERS, *gated.ROWS, *spatial.OTHERS)

ELEMENTWISE: tuple[Row, ...] = tuple(row for row in ROWS if not row.axis)
BY_NAME: dict[str, Row] = {row.name: row for row in (*ROWS, *OTHERS)}
ALIASES: dict[str, str] = {alias: row.name for row in (*ROWS, *OTHERS) for alias in row.aliases}


def ufunc_inputs() -> dict[str, int]:
    """The ufuncs that the table asks for, and their numbers of inputs; the compiled modules must have just these."""
    wanted: dict[str, int] = {}
    for row in ELEMENTWISE:
        slope = len(row.params) + len(row.derivative_params)
        wanted[row.name] = 1 + len(row.params)
        wanted[f"{row.name}_derivative"] = 1 + slope
        wanted[f"{row.name}_backward"] = 2 + slope
        if row.from_output:
            wanted[f"{row.name}_backward_from_output"] = 2 + slope
    for name, operands in OPERANDS.items():
        for form in FORMS:
            if form != "_causal" or name in WITH_CAUSAL:
                wanted[name + form] = len(operands) - len("->n")
    return wanted
