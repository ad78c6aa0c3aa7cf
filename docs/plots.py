"""Draw every activation of the registry and its derivative into one figure, docs/activations.svg.

    python docs/plots.py                  # write docs/activations.svg
    python docs/plots.py --out other.png  # any format that matplotlib writes

Uses an installed or built fastact and matplotlib (``pip install ".[docs]"``). What it draws follows from the rows:
default parameters, and of the x axis as much as shows the kinks. docs/activations.md shows the figure.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

import fastact as fa
from fastact.table.registry import ELEMENTWISE, Row

mpl.use("Agg")
from matplotlib import pyplot as plt

COLUMNS = 6
VALUE, DERIVATIVE, AXES = "#1f4e9c", "#d1661e", "#999999"


def window(row: Row) -> float:
    """Up to which |x| it is drawn: so far that kinks and the places of extreme derivatives are seen, or four waves."""
    if row.periodic and row.derivative_at:
        return 8 * max(map(abs, row.derivative_at))
    marks = [abs(x) for x in (*row.kinks, *(row.derivative_at or ())) if math.isfinite(x)]
    return max(4.0, *(1.25 * x for x in marks)) if marks else 4.0


def draw(row: Row, axes: Any) -> None:
    activation = fa.get(row.name)
    given = {param.name: 0.25 for param in row.params if param.default is None}
    edge = window(row)
    start, end = max(-edge, row.domain[0]), min(edge, row.domain[1])
    x = np.linspace(start, end, 401)
    with np.errstate(all="ignore"):
        y, slope = activation(x, **given), activation.derivative(x, **given)
    y[np.isinf(y)] = slope[np.isinf(slope)] = np.nan
    jumps = np.isin(np.arange(x.size), [int(np.searchsorted(x, kink)) for kink in row.kinks])
    axes.axhline(0, color=AXES, linewidth=0.5)
    axes.axvline(0, color=AXES, linewidth=0.5)
    # a line across a jump would say that there is something between
    axes.plot(x, np.where(jumps & (np.abs(np.gradient(slope)) > 0.05), np.nan, slope), color=DERIVATIVE, linewidth=1)
    axes.plot(x, np.where(jumps & (row.smoothness < 0), np.nan, y), color=VALUE, linewidth=1.5)
    low, high = (np.nanpercentile(np.concatenate([y, slope]), q) for q in (1, 99))
    margin = 0.1 * max(high - low, 1.0)
    axes.set_ylim(max(low, -edge) - margin, min(high, edge) + margin)
    axes.set_xlim(start, end)
    axes.set_title(row.name, fontsize=8)
    axes.tick_params(labelsize=6, length=2)


def figure() -> Any:
    height = -(-len(ELEMENTWISE) // COLUMNS)
    made, grid = plt.subplots(height, COLUMNS, figsize=(2 * COLUMNS, 1.7 * height), layout="constrained")
    for axes, row in zip(grid.flat, ELEMENTWISE, strict=False):
        draw(row, axes)
    for axes in grid.flat[len(ELEMENTWISE) :]:
        axes.set_axis_off()
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "activations.svg", help="the file to write")
    options = parser.parse_args()
    # the same file each time, with names that can be searched for
    mpl.rcParams.update({"svg.hashsalt": "fastact", "svg.fonttype": "none", "font.family": "sans-serif"})
    metadata = {"Date": None} if options.out.suffix == ".svg" else None
    figure().savefig(options.out, metadata=metadata)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
