"""How many instructions each vector loop of the elementwise kernels takes per vector that it stores, by disassembly.

    python tests/instructions.py            # what differs from instructions.json
    python tests/instructions.py --write    # writes it anew, after a change of the kernels' code

Times of a shared machine vary by more than a small loss; these numbers do not. What one instruction costs they do not
tell. They hang on the compiler and, by an instruction or two of some loops, on the headers of Python: of those of 3.13
softplus takes 34 instead of 33; other headers of NumPy, or another function in the same file, changed none.

test_instructions.py compares. Imported by that alone; needs objdump (binutils).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TypedDict

import disassembly

from fastact.runtime import compiling

BOOK = Path(__file__).parent / "instructions.json"
WRITE = "python tests/instructions.py --write"
TOLERANCE = 0.03
# Of Cython's own code, which differs between versions of Python.
UTILITIES = ("__Pyx", "__pyx_p", "PyInit")

# Of each function, sorted, for machine code does not tell which loop is of which direction.
Counts = dict[str, list[float]]


class Book(TypedDict):
    compiler: str
    python: str
    flags: dict[str, str]
    instructions: dict[str, Counts]


class Difference(TypedDict):
    slower: list[str]
    faster: list[str]
    other: list[str]  # functions that are in one of both alone, or have another number of loops


def compiler(module: str) -> str:
    found = disassembly.compiler(disassembly.find(module))
    return f"{found.name} {'.'.join(map(str, found.version))}"


def python() -> str:
    return "{}.{}".format(*sys.version_info)


def why_not(book: Book, module: str) -> str:
    """Why the counts of ``book`` say nothing of the build that is installed; empty where they do.

    Of a compiler its name and major version must be the same.
    """
    here, stored = compiler(module), book["compiler"]
    if here.partition(".")[0] != stored.partition(".")[0]:
        return f"{module} is compiled by {here}, {BOOK.name} is of {stored}"
    return "" if python() == book["python"] else f"this is Python {python()}, {BOOK.name} is of {book['python']}"


def flags(module: str, name: str) -> str:
    """The flags of a build that make its code what it is, for a compiler of that name, as setup.py passes them."""
    isa = module.removeprefix("_kernels").strip("_")
    target = compiling.INSTRUCTION_SETS[isa][0] if isa else ()
    return compiling.shell_text((*compiling.flags_of(name.lower()), *target, "-fopenmp"))


def count(module: str) -> Counts:
    """Of each function that stores whole vectors, the instructions per vector of its loops.

    The parts of a function that the compiler split it into, such as ``name.constprop.0``, count as one; bytes tell how
    many vectors are stored, so that neither an unrolled loop nor one of half vectors looks different.

    Raises
    ------
    UnreadableError
        If the build is not installed, or is not one that can be compared.
    """
    register = disassembly.BUILDS[module]
    functions = disassembly.disassemble(disassembly.find(module))
    if not any(symbol.startswith(disassembly.KINDS["float"]) for symbol in functions):
        raise disassembly.UnreadableError(f"{module} is stripped of its symbols")
    if not any("._omp_fn." in symbol or "omp_outlined" in symbol for symbol in functions):
        raise disassembly.UnreadableError(f"{module} is built without OpenMP")
    found: Counts = {}
    for symbol, code in functions.items():
        if symbol.startswith(UTILITIES):
            continue
        for loop in disassembly.vector_loops(code, register):
            per_vector = round(loop.instructions * disassembly.BYTES[register] / loop.stored, 2)
            found.setdefault(symbol.partition(".")[0] or symbol, []).append(per_vector)
    return {symbol: sorted(found[symbol]) for symbol in sorted(found)}


def compare(module: str, stored: Counts, found: Counts) -> Difference:
    """What differs by more than the tolerance, and by one instruction at least: a line each."""
    difference: Difference = {"slower": [], "faster": [], "other": []}
    for symbol in sorted({*stored, *found}):
        old, new = stored.get(symbol, []), found.get(symbol, [])
        if len(old) != len(new):
            difference["other"].append(f"{symbol} ({module}): vector loops {old} -> {new}")
            continue
        for before, after in zip(old, new, strict=True):
            change = abs(after - before)
            if change >= 1 and change > TOLERANCE * before:
                line = f"{symbol} ({module}): {before:g} -> {after:g} instructions per vector"
                difference["slower" if after > before else "faster"].append(line)
    return difference


def load() -> Book:
    book: Book = json.loads(BOOK.read_text())
    return book


def text(book: Book) -> str:
    """The book with a line for each function, so that a change of one shows as one."""
    builds = []
    for module, counts in book["instructions"].items():
        lines = ",\n".join(
            f'   "{symbol}": [{", ".join(f"{number:g}" for number in numbers)}]' for symbol, numbers in counts.items()
        )
        builds.append(f'  "{module}": {{\n{lines}\n  }}')
    head = json.dumps({key: book[key] for key in ("compiler", "python", "flags")}, indent=1).removesuffix("\n}")
    return f'{head},\n "instructions": {{\n' + ",\n".join(builds) + "\n }\n}\n"


def measure() -> Book:
    modules = list(disassembly.BUILDS)
    (version,) = {compiler(module) for module in modules}
    return {
        "compiler": version,
        "python": python(),
        "flags": {module: flags(module, version.split()[0]) for module in modules},
        "instructions": {module: count(module) for module in modules},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Instructions per vector of the kernels' loops.")
    parser.add_argument("--write", action="store_true", help=f"write {BOOK.name} anew")
    write = parser.parse_args().write
    if reason := disassembly.why_not():
        parser.exit(1, f"{reason}\n")
    try:
        book = measure()
    except disassembly.UnreadableError as error:
        parser.exit(1, f"{error}\n")
    if BOOK.exists():
        before = load()
        if reason := why_not(before, next(iter(disassembly.BUILDS))):
            print(f"{reason}; so what follows is no change of the code alone")
        for module, counts in book["instructions"].items():
            difference = compare(module, before["instructions"].get(module, {}), counts)
            for kind in ("slower", "faster", "other"):
                for line in difference[kind]:
                    print(f"{kind}: {line}")
    if write:
        BOOK.write_text(text(book))


if __name__ == "__main__":
    main()
