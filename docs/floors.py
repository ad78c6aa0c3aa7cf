"""The floors of the package, what its files import and cimport, and the page with the picture of them.

Reads the sources and nothing else. Imported by docs/generate.py and tests/test_floors.py.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "fastact"

# Bottom up; a file may use those of its own floor and of those below. Python and what is compiled meet in runtime/,
# which loads the extension modules, and nowhere else.
PYTHON = ("table", "reference", "runtime", "api", "capi, ufuncs", "__init__", "cli", "__main__")
COMPILED = ("vmath", "formulas", "activations", "loops", "extension modules")
WHAT = {
    "table": "what there is: a row for each activation",
    "reference": "the same in NumPy",
    "runtime": "which kernels are loaded, threads, flags",
    "api": "what a call means",
    "capi, ufuncs": "addresses of kernels; the ufuncs",
    "__init__": "the public names",
    "cli": "the command line",
    "__main__": "python -m fastact",
    "vmath": "elementary functions",
    "formulas": "mathematics of one number",
    "activations": "all formulas, to cimport",
    "loops": "how formulas run over memory",
    "extension modules": "which functions there are",
}


def floor(module: str) -> str:
    """The floor of ``fastact.api.gated``, ``fastact.loops.strips``, ``fastact._kernels``, ``fastact``."""
    name = module.removeprefix("fastact").lstrip(".").partition(".")[0]
    if name in ("capi", "ufuncs"):
        return "capi, ufuncs"
    return "extension modules" if name.startswith("_") and not name.startswith("__") else name or "__init__"


def python_files() -> Iterator[tuple[str, ast.Module]]:
    """The module's name and its tree, of each Python file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield name.removesuffix(".__init__"), ast.parse(path.read_text())


def imported(tree: ast.AST) -> Iterator[str]:
    """What is imported anywhere within, by the full names of modules or of what is taken from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def cimports() -> Iterator[tuple[str, str]]:
    """Each pair of a file, as a module's name, and what it cimports of the package."""
    for path in sorted([*PACKAGE.rglob("*.pxd"), *PACKAGE.rglob("*.pyx")]):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for source, names in re.findall(r"^from (fastact[\w.]*) cimport (.+)$", path.read_text(), flags=re.MULTILINE):
            folder = (ROOT / source.replace(".", "/")).is_dir()
            for one in names.split(",") if folder else [""]:
                yield name, f"{source}.{one.split()[0]}" if folder else source


def edges(pairs: Iterator[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How many files of one floor use another floor."""
    files = {(user, floor(used)) for user, used in pairs if floor(user) != floor(used)}
    return Counter((floor(user), used) for user, used in files)


def python_pairs() -> Iterator[tuple[str, str]]:
    for name, tree in python_files():
        yield from ((name, used) for used in imported(tree) if used.startswith("fastact."))


def compiled_pairs() -> Iterator[tuple[str, str]]:
    yield from (pair for pair in cimports() if {floor(pair[0]), floor(pair[1])} <= set(COMPILED))


def graph(floors: tuple[str, ...], found: Counter[tuple[str, str]]) -> str:
    """Mermaid's text: the floors from the top down, and an arrow, with the number of files, to each that is used."""
    ids = {name: f"f{k}" for k, name in enumerate(floors)}
    lines = ["```mermaid", "flowchart TD"]
    lines += [f'    {ids[name]}["<b>{name}</b><br>{WHAT[name]}"]' for name in reversed(floors)]
    drawn = sorted(found, key=lambda pair: (-floors.index(pair[0]), -floors.index(pair[1])))
    lines += [f"    {ids[user]} -->|{found[user, used]}| {ids[used]}" for user, used in drawn]
    return "\n".join([*lines, "```"])


def page() -> str:
    return f"""\
<!-- made by docs/generate.py from the imports and cimports of fastact/; do not edit -->
# Architecture

The package is in floors. A file uses files of its own floor and of those below it, never of one above; `lint-imports`
and `tests/test_floors.py` hold that. [CONTRIBUTING.md](../CONTRIBUTING.md) says what each file is. The numbers at the
arrows count the files that use the floor below.

## Python

{graph(PYTHON, edges(python_pairs()))}

`runtime/kernels.py` alone imports the extension modules, the best that the processor runs, and gives the ufuncs of
`reference/` where there are none. A call of an activation begins in `_call`, which finds the ufunc and the parameters
of a usual call in a dictionary; every other call goes to `api/`.

## What is compiled

{graph(COMPILED, edges(compiled_pairs()))}

`_kernels`, `_along` and `_spatial` are compiled once for each instruction set, from the same sources.
"""
