"""No vector loop takes more instructions than in instructions.json: a guard of speed that needs no clock.

Where another compiler or Python made the code, counts differ by themselves, and are not compared.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import disassembly
import instructions
import pytest
from disassembly import Instruction

from fastact.table.registry import ELEMENTWISE, Row

BOOK = instructions.load()


@functools.cache
def difference(module: str) -> instructions.Difference:
    """Between the book and the build that is installed; skips where they cannot be compared."""
    if reason := disassembly.why_not():
        pytest.skip(reason)
    try:
        if reason := instructions.why_not(BOOK, module):
            pytest.skip(reason)
        return instructions.compare(module, BOOK["instructions"][module], instructions.count(module))
    except disassembly.UnreadableError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("module", disassembly.BUILDS)
def test_no_loop_takes_more_instructions(module: str) -> None:
    slower = difference(module)["slower"]
    assert not slower, "\n".join(
        [
            "these loops take more instructions than before, and so probably more time:",
            *slower,
            f"If what the change gains is worth that, write the file anew:  {instructions.WRITE}",
        ]
    )


@pytest.mark.parametrize("module", disassembly.BUILDS)
def test_the_book_is_of_these_loops(module: str) -> None:
    """Or what was gained could be lost again unseen."""
    found = difference(module)
    assert not found["faster"], "\n".join(
        [
            "these loops take fewer instructions than before:",
            *found["faster"],
            f"Good: write the file anew, so that it stays so:  {instructions.WRITE}",
        ]
    )
    assert not found["other"], "\n".join(
        [
            "these functions have other loops than before:",
            *found["other"],
            f"Where that is as it should be, write the file anew:  {instructions.WRITE}",
        ]
    )


def test_the_book_is_of_these_flags() -> None:
    name = BOOK["compiler"].split()[0]
    for module, stored in BOOK["flags"].items():
        assert stored == instructions.flags(module, name), f"the compiler's flags have changed: {instructions.WRITE}"


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_the_book_has_each_kernel(row: Row) -> None:
    for module in disassembly.BUILDS:
        symbols = [symbol for symbol in BOOK["instructions"][module] if re.search(rf"_{row.name}(_|$)", symbol)]
        # where nothing is looked up in registers, what would be is no vector loop
        scalar = module == "_kernels" and len(disassembly.LOOKED_UP.get(row.name, ())) == 2
        assert len(symbols) >= len(disassembly.KINDS) - scalar, f"{row.name} ({module}): {instructions.WRITE}"


# ---- that the guard sees what it should ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (100.0, 102.5, None),
        (100.0, 103.0, None),
        (100.0, 104.0, "slower"),
        (100.0, 97.5, None),
        (100.0, 96.0, "faster"),
        (10.0, 10.5, None),  # more than the tolerance, but not an instruction
        (10.0, 11.0, "slower"),
    ],
)
def test_a_count_that_differs(before: float, after: float, kind: str | None) -> None:
    found = instructions.compare("_kernels_v3", {"f": [1, before]}, {"f": [1, after]})
    lines = [f"f (_kernels_v3): {before:g} -> {after:g} instructions per vector"]
    assert {key: value for key, value in found.items() if value} == ({kind: lines} if kind else {})


@pytest.mark.parametrize(
    ("stored", "found"), [({"f": [5.0]}, {}), ({}, {"f": [5.0]}), ({"f": [5.0]}, {"f": [5.0, 5.0]})]
)
def test_a_loop_that_came_or_went(stored: instructions.Counts, found: instructions.Counts) -> None:
    difference = instructions.compare("_kernels", stored, found)
    assert [key for key, lines in difference.items() if lines] == ["other"]


def test_the_text_of_the_book() -> None:
    assert instructions.text(BOOK) == instructions.BOOK.read_text()


@dataclass
class Assembly:
    """Instructions as objdump lists them, one at each address from 16 on."""

    lines: tuple[str, ...]

    def loops(self) -> list[disassembly.Loop]:
        code = [Instruction(16 + i, *(line + " ").split(" ", 1)) for i, line in enumerate(self.lines)]
        return disassembly.vector_loops(code, "ymm")


STORE = "vmovups %ymm0,(%rax,%rdx,1)"


@pytest.mark.parametrize(
    ("lines", "loops"),
    [
        pytest.param(("nop", "vaddps %ymm0,%ymm1,%ymm0", STORE, "jne 11 <f+0x1>"), [(17, 3, 32)], id="plain"),
        pytest.param((STORE, STORE, "add $0x40,%rdx", "jne 10 <f>"), [(16, 4, 64)], id="unrolled"),
        pytest.param((STORE, "jne 14 <f+0x4>", "nop", "nop", "jne 10 <f>"), [(16, 3, 32)], id="rare elements within"),
        pytest.param(
            (STORE, "jne 14 <f+0x4>", "jne 10 <f>", "ret", "nop", "jmp 12 <f+0x2>"),
            [(16, 3, 32)],
            id="rare elements elsewhere",
        ),
        pytest.param(
            (STORE, "jne 14 <f+0x4>", "dec %rcx", "jne 12 <f+0x2>", "jne 10 <f>"),
            [(16, 3, 32)],
            id="rare elements one by one",
        ),
        pytest.param((STORE, "jne 10 <f>", "nop", "jne 10 <f>"), [(16, 2, 32)], id="two jumps back"),
        pytest.param(("dec %ecx", STORE, "jne 11 <f+0x1>", "jne 10 <f>"), [(17, 2, 32)], id="a loop within"),
        pytest.param(("vmovups %ymm0,0x20(%rsp)", "jne 10 <f>"), [], id="a spill"),
        pytest.param(("vaddps %ymm0,%ymm1,%ymm0", "jne 10 <f>"), [], id="no store"),
    ],
)
def test_a_loop(lines: tuple[str, ...], loops: list[tuple[int, int, int]]) -> None:
    """Start, instructions once around, and bytes that those store."""
    assert Assembly(lines).loops() == loops
