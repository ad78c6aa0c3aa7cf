"""Every kernel is compiled to vector loops: read from the disassembly of each instruction set's build.

Whether a compiler vectorises a loop hangs on details (a literal of the wrong type, a branch that a pass puts back), and
when it does not, every result stays right and only takes ten times as long. So the installed extensions are
disassembled, and each kernel must have as many loops that store whole vectors as its source has loops over elements.
"""

from __future__ import annotations

import functools
import importlib.util
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from fastact.table.registry import ELEMENTWISE, Row

PACKAGE = Path(next(iter(importlib.util.find_spec("fastact").submodule_search_locations)))  # type: ignore[union-attr, arg-type]

# The widest register of each instruction set.
REGISTERS = {"": "xmm", "_v3": "ymm", "_v4": "zmm"}
BUILDS = {f"_kernels{isa}": register for isa, register in REGISTERS.items()}
KINDS = {"float": "__pyx_fuse_0", "double": "__pyx_fuse_1"}

pytestmark = [
    pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="reads x86-64 instructions"),
    pytest.mark.skipif(shutil.which("objdump") is None, reason="objdump (binutils) is not installed"),
]


class Instruction(NamedTuple):
    address: int
    name: str
    operands: str


SYMBOL = re.compile(r"^[0-9a-f]+ <(\S+)>:$")
INSTRUCTION = re.compile(r"^ +([0-9a-f]+):\t(\S+) *(.*)")
TARGET = re.compile(r"([0-9a-f]+) <")
# A store of packed numbers (or, where it copies or blends bits, of packed anything) from a register to memory.
STORE = r"^v?mov(nt)?[ua]?(ps|pd|dq\w*)$"
# Of the stack, where registers are spilled; a result is at a pointer and index.
SPILL = re.compile(r"\(%rsp|(?<=[0-9a-f])\(%rbp\)")


def find(module: str) -> Path:
    files = sorted(PACKAGE.glob(f"{module}.*so"))
    if not files:
        pytest.skip(f"{module} is not among the builds that are installed")
    if files[0].read_bytes()[:4] != b"\x7fELF":
        pytest.skip(f"{files[0].name} is not an ELF file")
    return files[0]


@functools.cache
def disassemble(file: Path) -> dict[str, list[Instruction]]:
    """The instructions of each function of ``file``."""
    listing = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", "--section=.text", str(file)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    functions: dict[str, list[Instruction]] = {}
    current: list[Instruction] = []
    for line in listing.splitlines():
        if symbol := SYMBOL.match(line):
            current = functions.setdefault(symbol[1], [])
        elif found := INSTRUCTION.match(line):
            current.append(Instruction(int(found[1], 16), found[2], found[3].strip()))
    return functions


@functools.cache
def compiler(file: Path) -> str:
    """What compiled ``file``: "GCC" or "clang", as it says itself."""
    dump = subprocess.run(
        ["objdump", "-s", "--section=.comment", str(file)], check=True, capture_output=True, text=True
    ).stdout
    words = re.findall(r"^ [0-9a-f]+ ((?:[0-9a-f]{2,8} ){1,4})", dump, re.MULTILINE)
    text = bytes.fromhex("".join(words).replace(" ", "")).decode("latin1")
    return "clang" if "clang" in text else "GCC"


def vector_loops(code: list[Instruction], register: str) -> list[int]:
    """Addresses of the innermost loops that compute in vectors of ``register`` and store vectors.

    Where a wider type is computed and a narrower one stored, the store may be of a part of the register, or of several.
    """
    loops: dict[int, int] = {}  # where a backward jump leads, and the last such jump
    first = code[0].address
    for at in code:
        if at.name.startswith("j") and (jump := TARGET.match(at.operands)):
            target = int(jump[1], 16)
            if first <= target <= at.address:
                loops[target] = max(loops.get(target, 0), at.address)
    found = []
    for start, end in loops.items():
        if any(start < other and loops[other] <= end for other in loops):
            continue
        body = [at for at in code if start <= at.address <= end]
        stores = any(
            re.match(STORE, at.name)
            and re.match(r"%[xyz]mm\d+,.*\(", at.operands)
            and not SPILL.search(at.operands.partition(",")[2])
            for at in body
        )
        if stores and any(f"%{register}" in at.operands for at in body if not SPILL.search(at.operands)):
            found.append(start)
    return found


def element_loops(row: Row, module: str, kind: str, compiler: str) -> int:
    """How many loops over elements the kernel of ``row`` has (``strip`` in strips.pxd) that must be vector loops.

    Value and derivative run in place and out of place; the backward passes over dy, over x (or y), and out of place.
    """
    loops = 2 + 2 + 3 + (3 if row.from_output else 0)
    loops += 0 if row.periodic else 2  # the value with a bias, in place and out of place
    # One parameter that differs from element to element is one more vector; several are interleaved, and not asked for.
    # Nor are they of the baseline, which lacks the masked loads that some need, and of Clang, which shares loops.
    if module != "_kernels" and compiler == "GCC":
        loops += len(row.params) == 1
        loops += len(row.params + row.derivative_params) == 1
    if (module, kind, compiler) == ("_kernels", "double", "clang"):
        loops = 7  # it holds vectors of two doubles, without a blend, to be slower for some than single ones
    if row.name == "identity":
        loops -= 1  # in place there is nothing to do
    return loops


def memory_calls(code: list[Instruction]) -> int:
    """Of how many loops the compiler made calls: memcpy for a copy, memset for a constant."""
    return sum(bool(re.search(r"<(memcpy|memmove|memset)\b", at.operands)) for at in code if at.name in ("call", "jmp"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
@pytest.mark.parametrize("module", BUILDS)
def test_main_loops_are_vectorised(module: str, row: Row, kind: str) -> None:
    functions = disassemble(find(module))
    kernel = re.compile(rf"{KINDS[kind]}_*pyx_f_\w*{module}_{row.name}")
    code = [code for symbol, code in functions.items() if kernel.fullmatch(symbol)]
    if not code:
        if not any(symbol.startswith(KINDS[kind]) for symbol in functions):
            pytest.skip(f"{module} is stripped of its symbols")
        pytest.fail(f"{module} has no kernel of {row.name} for {kind}: was it inlined, or renamed?")
    found = len(vector_loops(code[0], BUILDS[module])) + memory_calls(code[0])
    wanted = element_loops(row, module, kind, compiler(find(module)))
    assert found >= wanted, (
        f"{row.name} ({kind}, {module}): {found} of {wanted} loops store whole {BUILDS[module]} vectors"
    )


# Of functions that hold many loops, how many store whole vectors at least, in any build: windows, taps and slopes of
# _spatial.pyx; exponentials, sums and normalisation of rows and of columns in _along.pyx, with room for other forms.
LOOPS = {
    "_spatial": {"forward": 30, "backward": 54, "piece": 15},
    "_along": {"run": 50, "block": 110},
}
# Clang inlines these into their callers, or shares their loops: of all functions of a type together.
LOOPS_OF_CLANG = {"_spatial": 110, "_along": 90}
# Of these, what has no business with doubles where it computes in float32: one literal of them would halve its speed.
SINGLE = {"forward"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("isa", REGISTERS, ids=lambda isa: isa.strip("_") or "baseline")
@pytest.mark.parametrize(("source", "name"), [(source, name) for source, names in LOOPS.items() for name in names])
def test_loops_of_planes_and_along_an_axis_are_vectorised(source: str, name: str, isa: str, kind: str) -> None:
    functions = disassemble(find(source + isa))
    if compiler(find(source + isa)) == "clang":
        whole = [code for found, code in functions.items() if found.startswith(KINDS[kind]) and code]
        assert sum(len(vector_loops(code, REGISTERS[isa])) for code in whole) >= LOOPS_OF_CLANG[source]
        return
    symbol = re.compile(rf"{KINDS[kind]}_*pyx_f_\w*{source}{isa}_{name}(\.constprop\.\d+)?")
    code = [code for found, code in functions.items() if symbol.fullmatch(found)]
    if not code:
        if not any(found.startswith(KINDS[kind]) for found in functions):
            pytest.skip(f"{source}{isa} is stripped of its symbols")
        pytest.fail(f"{source}{isa} has no {name} for {kind}: was it inlined, or renamed?")
    found, wanted = len(vector_loops(code[0], REGISTERS[isa])), LOOPS[source][name]
    assert found >= wanted, f"{name} ({kind}, {source}{isa}): {found} of {wanted} loops store whole vectors"
    if kind == "float" and name in SINGLE:
        wide = [f"{at.address:x}" for at in code[0] if at.name.endswith("cvtps2pd")]
        assert not wide, f"{name} ({source}{isa}) computes in double at {', '.join(wide)}"
