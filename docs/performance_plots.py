"""The figures of docs/performance.md, by matplotlib. Imported by benchmarks/compare.py, which draws after it measured.

Which there are, performance_page.figures tells, as the page shows them.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from performance_page import ALONG_AXIS, NOT_AVERAGED, OWN, Entry, Figure, entries, figures, quantity, titles

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.colors import LogNorm

DRAWN = ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "silu", "gelu", "gelu_tanh", "softplus", "hardswish")
COLUMNS = 4
MOST = 8.0  # ratios beyond have the colour of this one


def draw(book: dict[str, Any], folder: Path) -> None:
    """Every figure into the folder, and none but these."""
    folder.mkdir(parents=True, exist_ok=True)
    found, names = entries(book), titles(book)
    wanted = figures(found)
    for old in folder.glob("*.png"):
        if old.name not in {figure.file for figure in wanted}:
            old.unlink()
    for figure in wanted:
        chosen = [entry for entry in found if entry.configuration == figure.configuration]
        floors = [
            entry
            for entry in found
            if entry.direction == "floor"
            and (entry.isa, entry.threads, entry.dtype) == (chosen[0].isa, chosen[0].threads, chosen[0].dtype)
        ]
        drawn = by_size(figure, chosen, floors, names) if figure.direction else ratios(figure, chosen)
        # without the date and version, so that the same numbers give the same file
        drawn.savefig(folder / figure.file, dpi=110, metadata={"Software": None})
        plt.close(drawn)


def by_size(figure: Figure, found: list[Entry], floors: list[Entry], names: dict[str, str]) -> Any:
    """A panel for each function: ns per element against the size, of each library, with the floors in grey."""
    functions = [name for name in DRAWN if any(entry.name == name for entry in found)]
    functions = functions or sorted({e.name for e in found if e.name not in ALONG_AXIS and e.direction != "floor"})[:8]
    rows = max(1, math.ceil(len(functions) / COLUMNS))
    drawn, panels = plt.subplots(rows, COLUMNS, figsize=(4 * COLUMNS, 3 * rows), squeeze=False, layout="constrained")
    colours = dict(zip(names, plt.rcParams["axes.prop_cycle"].by_key()["color"] * 2, strict=False))
    lines: dict[str, Any] = {}
    for panel, function in zip(panels.flat, functions, strict=False):
        for name, style in (("scale", "--"), ("copy", ":")):
            points = sorted((entry.size, entry.own) for entry in floors if entry.name == name)
            if points:
                (lines[f"floor: {name}"],) = panel.plot(*zip(*points, strict=True), color="grey", linestyle=style)
        chosen = [e for e in found if e.name == function and e.direction == figure.direction and e.place == "in"]
        for library in names:
            points = sorted((e.size, e.libraries[library][0]) for e in chosen if library in e.libraries)
            if points:
                width = 2.5 if library == OWN else 1
                (lines[names[library]],) = panel.plot(
                    *zip(*points, strict=True), color=colours[library], linewidth=width, marker="."
                )
        panel.set(title=function, xscale="log", yscale="log")
        panel.set_xscale("log", base=2)
        panel.grid(alpha=0.3)
    for panel in list(panels.flat)[len(functions) :]:
        panel.axis("off")
    drawn.suptitle(figure.title)
    drawn.supxlabel("elements")
    drawn.supylabel("ns per element")
    drawn.legend(lines.values(), lines.keys(), loc="outside right upper")
    return drawn


def ratios(figure: Figure, found: list[Entry]) -> Any:
    """Functions by cases, coloured by the ratio to the fastest other library: blue where fastact is faster."""
    chosen = [e for e in found if e.fastest is not None and e.name not in NOT_AVERAGED]
    functions = sorted({e.name for e in chosen})
    columns = sorted(
        {(e.direction != "value", e.direction, e.place, e.name in ALONG_AXIS, e.size, e.shape) for e in chosen}
    )
    values = np.full((len(functions), len(columns)), np.nan)
    for e in chosen:
        column = columns.index((e.direction != "value", e.direction, e.place, e.name in ALONG_AXIS, e.size, e.shape))
        values[functions.index(e.name), column] = e.ratio(e.fastest or "")
    size = (3 + 0.45 * max(4, len(columns)), 2 + 0.24 * max(4, len(functions)))
    drawn, panel = plt.subplots(figsize=size, layout="constrained")
    image = panel.imshow(values, aspect="auto", cmap="RdBu", norm=LogNorm(1 / MOST, MOST))
    for (i, k), value in np.ndenumerate(values):
        if not math.isnan(value):
            shade = "white" if abs(math.log(value)) > math.log(MOST) / 2 else "black"
            panel.text(k, i, f"{value:.1f}", ha="center", va="center", fontsize=6, color=shade)
    labels = [
        f"{direction.replace('_', ' ')}, {place}, {shape if along else quantity(size)}"
        for _, direction, place, along, size, shape in columns
    ]
    panel.set_xticks(range(len(columns)), labels, rotation=90, fontsize=7)
    panel.set_yticks(range(len(functions)), functions, fontsize=7)
    panel.set_title(figure.title, fontsize=9)
    bar = drawn.colorbar(image, ax=panel)
    bar.set_label("fastest other library's time / fastact's")
    return drawn
