"""What objdump tells of the installed extensions: their compiler, their functions, and the loops that store vectors.

Imported by test_vectorised.py, test_capi.py and instructions.py; needs the standard library and, of binutils, objdump.
"""

from __future__ import annotations

import functools
import importlib.util
import platform
import re
import shutil
import subprocess
from bisect import bisect_left
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(next(iter(importlib.util.find_spec("fastact").submodule_search_locations)))  # type: ignore[union-attr, arg-type]

# The widest register of each instruction set, and how many bytes a register has.
REGISTERS = {"": "xmm", "_v3": "ymm", "_v4": "zmm"}
BYTES = {"xmm": 16, "ymm": 32, "zmm": 64}
BUILDS = {f"_kernels{isa}": register for isa, register in REGISTERS.items()}
KINDS = {"float": "__pyx_fuse_0", "double": "__pyx_fuse_1"}
# What is computed of float32 by tables is written on vectors: a loop with a bias and one without it for the value, one
# with dy and one without it for the slope, in place or not. Where there is no look-up in registers they are no vectors.
LOOKED_UP = {
    **dict.fromkeys(("gelu", "gelu_tanh"), ("value", "slope")),
    **dict.fromkeys(("tanh", "softplus", "logsigmoid"), ("value",)),
    **dict.fromkeys(("silu", "quick_gelu", "mish"), ("slope",)),
}


class UnreadableError(Exception):
    """An extension is not here, or not as it must be for what is asked of it."""


class Instruction(NamedTuple):
    address: int
    name: str
    operands: str


class Compiler(NamedTuple):
    name: str  # "GCC" or "clang"
    version: tuple[int, ...]


class Loop(NamedTuple):
    """A loop that stores vectors, as far as it is run each time around: rare parts of it are not."""

    start: int
    instructions: int
    stored: int  # bytes


SYMBOL = re.compile(r"^[0-9a-f]+ <(\S+)>:$")
INSTRUCTION = re.compile(r"^ +([0-9a-f]+):\t(\S+) *(.*)")
TARGET = re.compile(r"([0-9a-f]+) <")
# A store of packed numbers (or, where it copies or blends bits, of packed anything) from a register to memory.
STORE = re.compile(r"v?mov(nt)?[ua]?(ps|pd|dq\w*)")
STORED = re.compile(r"%([xyz]mm)\d+,.*\(")
# Of the stack, where registers are spilled; a result is at a pointer and index.
SPILL = re.compile(r"\(%rsp|(?<=[0-9a-f])\(%rbp\)")


def why_not() -> str:
    """Why nothing can be read here; empty where it can."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return "reads x86-64 instructions"
    return "" if shutil.which("objdump") else "objdump (binutils) is not installed"


def find(module: str) -> Path:
    """The file of an installed extension.

    Raises
    ------
    UnreadableError
        If there is none, or none that objdump's options here are for.
    """
    files = sorted(PACKAGE.glob(f"{module}.*so"))
    if not files:
        raise UnreadableError(f"{module} is not among the builds that are installed")
    if files[0].read_bytes()[:4] != b"\x7fELF":
        raise UnreadableError(f"{files[0].name} is not an ELF file")
    return files[0]


def objdump(file: Path, *options: str) -> str:
    return subprocess.run(["objdump", *options, str(file)], check=True, capture_output=True, text=True).stdout


@functools.cache
def disassemble(file: Path) -> dict[str, list[Instruction]]:
    """The instructions of each function of ``file``."""
    functions: dict[str, list[Instruction]] = {}
    current: list[Instruction] = []
    for line in objdump(file, "-d", "--no-show-raw-insn", "--section=.text").splitlines():
        if symbol := SYMBOL.match(line):
            current = functions.setdefault(symbol[1], [])
        elif found := INSTRUCTION.match(line):
            current.append(Instruction(int(found[1], 16), found[2], found[3].strip()))
    return functions


@functools.cache
def compiler(file: Path) -> Compiler:
    """What compiled ``file``, as it says itself.

    Clang's files tell of GCC, too, whose start files they are linked with; so may GCC's of an older one.
    """
    words = re.findall(
        r"^ [0-9a-f]+ ((?:[0-9a-f]{2,8} ){1,4})", objdump(file, "-s", "--section=.comment"), re.MULTILINE
    )
    text = bytes.fromhex("".join(words).replace(" ", "")).decode("latin1")
    found = re.findall(r"clang version (\d+(?:\.\d+)*)", text)
    name = "clang" if "clang" in text else "GCC"
    if name == "GCC":
        found = re.findall(r"GCC: \([^)]*\) (\d+(?:\.\d+)*)", text)
    return Compiler(name, max((tuple(map(int, version.split("."))) for version in found), default=()))


def stored_bytes(at: Instruction) -> int:
    """How many bytes of a vector register an instruction stores, other than on the stack."""
    found = STORED.match(at.operands) if STORE.fullmatch(at.name) else None
    return BYTES[found[1]] if found and not SPILL.search(at.operands.partition(",")[2]) else 0


def backward_jumps(code: list[Instruction]) -> dict[int, int]:
    """Where backward jumps within a function lead, and the last jump to each such place."""
    loops: dict[int, int] = {}
    first = code[0].address if code else 0
    for at in code:
        if at.name.startswith("j") and (jump := TARGET.match(at.operands)):
            target = int(jump[1], 16)
            if first <= target <= at.address:
                loops[target] = max(loops.get(target, 0), at.address)
    return loops


def once_around(body: list[Instruction], within: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The fewest instructions from the first to a jump back to it that store vectors, and the bytes they store.

    A loop without branches has but one such way. A branch is of rare elements, and the way past it is short. None where
    no way leads around that enters none of the loops ``within``, or where what seems a loop is a part that stands
    elsewhere, such as of rare elements, and jumps back.
    """
    start, end = body[0].address, body[-1].address
    # the shortest ways to each instruction: that of which stores nothing yet, and that of which stores something
    ways: dict[int, dict[bool, tuple[int, int]]] = {start: {False: (0, 0)}}
    around: list[tuple[int, int]] = []

    def lead(target: int, reached: dict[bool, tuple[int, int]]) -> None:
        known = ways.setdefault(target, {})
        for stores, way in reached.items():
            known[stores] = min(known.get(stores, way), way)

    for at, following in zip(body, [*body[1:], None], strict=True):
        if at.address not in ways or any(first <= at.address <= last for first, last in within):
            continue
        reached: dict[bool, tuple[int, int]] = {}
        for count, stored in ways.pop(at.address).values():
            way = (count + 1, stored + stored_bytes(at))
            reached[way[1] > 0] = min(reached.get(way[1] > 0, way), way)
        if at.name.startswith("j") and (jump := TARGET.match(at.operands)):
            target = int(jump[1], 16)
            if target == start:
                around += [way for stores, way in reached.items() if stores]
            elif at.address < target <= end:
                lead(target, reached)
        if following and at.name not in ("jmp", "ret"):
            lead(following.address, reached)
    return min(around, default=None)


def vector_loops(code: list[Instruction], register: str) -> list[Loop]:
    """The innermost loops that compute in vectors of ``register`` and store vectors.

    Where a wider type is computed and a narrower one stored, the store may be of a part of the register, or of several.
    A loop over rare elements, one by one, may be within such a loop.
    """
    jumps = backward_jumps(code)
    addresses = [at.address for at in code]
    found: list[Loop] = []
    for start, end in sorted(jumps.items(), key=lambda loop: loop[1] - loop[0]):
        if any(start < loop.start and jumps[loop.start] <= end for loop in found):
            continue
        within = [(other, jumps[other]) for other in jumps if start < other and jumps[other] <= end]
        body = code[bisect_left(addresses, start) : bisect_left(addresses, end) + 1]
        if not any(f"%{register}" in at.operands for at in body if not SPILL.search(at.operands)):
            continue
        if way := once_around(body, within):
            found.append(Loop(start, *way))
    return sorted(found)
