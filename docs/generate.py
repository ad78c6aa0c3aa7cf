"""Write what follows from the registry: type stubs, what the C table knows, the list of activations, their accuracy.

    python docs/generate.py           # write what FILES below lists
    python docs/generate.py --check   # fail if one of them is not what it should be

Uses an installed or built fastact; nothing imports this file but the test that the files are current.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import accuracy_page
import c_rows
import conventions_page
import floors
import performance_page
import stubs

import fastact
from fastact.runtime.compiling import packaged_flags
from fastact.table.registry import ALIASES, BY_NAME, HALF_ULP, SameAs

ROOT = Path(__file__).resolve().parent.parent
DO_NOT_EDIT = "made by docs/generate.py from fastact/table/registry.py; do not edit"


def interval(pair: tuple[float, float] | None) -> str:
    return "" if pair is None else f"{pair[0]:.5g} to {pair[1]:.5g}"


def page() -> str:
    lines = [
        "# The activations",
        "",
        f"<!-- {DO_NOT_EDIT} -->",
        "",
        "Bounds are of the compiled kernels in float32 and float64 on processors with fma, in ULPs of the result; near",
        "an interior root of a derivative (within 1/16) they count ULPs of 1/64. float16 and bfloat16",
        f"are within {HALF_ULP:g} ULP. [accuracy.md](accuracy.md) has what was measured,",
        "[conventions.md](conventions.md) what kinks, zeros, infinities and NaN give.",
        "",
        "![Value (blue) and derivative (orange) of each](activations.svg)",
        "",
        "| name | aliases | formula | parameters | range | range of derivative | value ULP | derivative ULP | source |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in BY_NAME.values():
        given = fastact.get(row.name).params
        params = ", ".join(
            p.name
            if p.default is None
            else f"{p.name}={p.default.name if isinstance(p.default, SameAs) else repr(given[p.name])}"
            for p in row.params
        )
        if row.choice:
            params = f'{row.choice.name}="{row.choice.default}"'
        cells = [
            f"`{row.name}`",
            ", ".join(f"`{alias}`" for alias in row.aliases),
            f"`{row.formula}`",
            params,
            interval(row.range),
            interval(row.derivative_range),
            f"{row.value_ulp:g}",
            f"{row.derivative_ulp:g}",
            row.source,
        ]
        # |x| would begin another column
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def package_config() -> str:
    return "\n".join(
        [
            f"# {DO_NOT_EDIT}",
            "prefix=${pcfiledir}/../..",
            "includedir=${prefix}/include",
            "# of code that inlines the functions of fastact/activations.pxd: of GCC, of Clang; add -march for the",
            "# instruction set",
            f"vector_flags={packaged_flags('gcc')}",
            f"clang_vector_flags={packaged_flags('clang')}",
            "",
            "Name: fastact",
            "Description: Activation functions of neural networks and their derivatives, for extension modules",
            f"Version: {fastact.__version__}",
            "Cflags: -I${includedir}",
            "",
        ]
    )


FILES = {
    "fastact/__init__.pyi": lambda: stubs.package(DO_NOT_EDIT),
    "fastact/ufuncs.pyi": lambda: stubs.ufunc_module(DO_NOT_EDIT),
    "fastact/lib/pkgconfig/fastact.pc": package_config,
    "fastact/loops/rows.h": lambda: c_rows.header(DO_NOT_EDIT),
    "docs/activations.md": page,
    "docs/accuracy.md": accuracy_page.page,
    "docs/conventions.md": conventions_page.page,
    "docs/architecture.md": floors.page,
}
if (ROOT / "docs/performance.json").exists():  # which takes hours to measure: there is no page before
    FILES["docs/performance.md"] = performance_page.page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is not current")
    check = parser.parse_args().check
    stale = 0
    for name, make in FILES.items():
        path, text = ROOT / name, make()
        if check and (not path.exists() or path.read_text() != text):
            print(f"{name} is not what docs/generate.py makes", file=sys.stderr)
            stale = 1
        elif not check:
            path.write_text(text)
    return stale


if __name__ == "__main__":
    assert set(ALIASES.values()) <= set(BY_NAME)
    raise SystemExit(main())
