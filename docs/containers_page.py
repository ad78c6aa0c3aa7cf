"""Writes docs/containers.md: what each kind of function gives of each container; or, with --check, compares.

Makes the calls of tests/containers.py. A container of a package that is not installed keeps its row as it is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from containers import CONTAINERS, KINDS, found, installed  # noqa: E402

PAGE = ROOT / "docs" / "containers.md"
HEAD = """# Containers

What comes in, and what goes out: made by `python docs/containers_page.py` of the calls in
[tests/containers.py](../tests/containers.py), and held by a test wherever the package is installed.

The rule is NumPy's own. An elementwise function gives what `numpy.exp` gives of a container, a function along an axis
what `numpy.sum` gives. Beside that:

* Masked elements take no part along an axis: they weigh nothing in a softmax, a sum or a maximum, and stay masked. A
  result is masked where all that it is made of is, for the gradient of an element where the element or its gradient is.
* Labels of pandas and xarray are kept where the result has the shape of the input, and those that are left where an
  axis is summed over. Elements are taken by their places: two inputs whose labels differ are refused, but by the plain
  elementwise functions, where pandas aligns them as it does for `numpy.multiply`.
* Missing values (`NA`) stay missing in plain elementwise functions, and are refused by the others. Categories,
  strings, complex numbers and objects are refused.
* Dask arrays are computed later, block by block; where that cannot be, a TypeError says so. An axis that a function
  goes along must be one chunk.
* A Python number beside an array takes the array's dtype (NEP 50), in every argument of every function.
* `out=` must be a `numpy.ndarray` that can be written to (plain elementwise functions also take what `numpy.exp`
  takes).

"scalar" is a NumPy scalar; a name that ends in `Error` is what is raised; "a / b" is what different calls of one kind
give.
"""


def told() -> dict[str, list[str]]:
    """The cells of each container's row, as the page has them."""
    if not PAGE.exists():
        return {}
    rows = [line.strip("|").split("|") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return {name.strip(): [cell.strip() for cell in cells] for name, *cells in rows}


def page() -> str:
    """The page as it should be."""
    before = told()
    text = HEAD + f"\n| container | {' | '.join(KINDS)} |\n|---{'|---' * len(KINDS)}|\n"
    for name in CONTAINERS:
        if installed(name):
            cells = [found(name, kind) for kind in KINDS]
        else:
            cells = before.get(name, ["not tried"] * len(KINDS))
        text += f"| {name} | {' | '.join(cells)} |\n"
    text += "\nThe calls of each kind:\n\n"
    text += "".join(f"* {kind}: {', '.join(f'`{call}`' for call in calls)}\n" for kind, calls in KINDS.items())
    return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        sys.exit(None if page() == PAGE.read_text() else "docs/containers.md is not what docs/containers_page.py makes")
    PAGE.write_text(page())
