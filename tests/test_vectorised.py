"""Every kernel is compiled to vector loops: read from the disassembly of each instruction set's build.

Whether a compiler vectorises a loop hangs on details (a literal of the wrong type, a branch that a pass puts back), and
when it does not, every result stays right and only takes ten times as long. So the installed extensions are
disassembled, and each kernel must have as many loops that store whole vectors as its source has loops over elements.
"""

from __future__ import annotations

import re
from pathlib import Path

import disassembly
import pytest
from disassembly import BUILDS, KINDS, LOOKED_UP, REGISTERS, Instruction, disassemble, vector_loops

from fastact.table.registry import ELEMENTWISE, Row

pytestmark = pytest.mark.skipif(bool(disassembly.why_not()), reason=disassembly.why_not())


def find(module: str) -> Path:
    try:
        return disassembly.find(module)
    except disassembly.UnreadableError as error:
        pytest.skip(str(error))


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
    if kind == "float" and row.name in LOOKED_UP:
        left = 0 if module == "_kernels" else 2
        loops -= sum({"value": 4, "slope": 5}[part] - left for part in LOOKED_UP[row.name])
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
    kernel = re.compile(rf"{KINDS[kind]}_*pyx_f_\w*{module}_{row.name}(\.part\.\d+)?")
    code = [code for symbol, code in functions.items() if kernel.fullmatch(symbol)]
    if not code:
        if not any(symbol.startswith(KINDS[kind]) for symbol in functions):
            pytest.skip(f"{module} is stripped of its symbols")
        pytest.fail(f"{module} has no kernel of {row.name} for {kind}: was it inlined, or renamed?")
    found = sum(len(vector_loops(part, BUILDS[module])) + memory_calls(part) for part in code)
    wanted = element_loops(row, module, kind, disassembly.compiler(find(module)).name)
    assert found >= wanted, (
        f"{row.name} ({kind}, {module}): {found} of {wanted} loops store whole {BUILDS[module]} vectors"
    )


# Of functions that hold many loops, how many store whole vectors at least, in any build: windows, taps and slopes of
# _spatial.pyx; exponentials, sums and normalisation of rows and of columns in _along.pyx, with room for other forms.
LOOPS = {
    "_spatial": {"forward": 30, "backward": 54, "piece": 15},
    "_along": {"run": 50, "block": 110},
}
# No halves are converted to doubles.
LESS_OF_DOUBLE = {"forward": 4, "backward": 6, "piece": 1}
# Clang inlines these into their callers, or shares their loops: of all functions of a type together.
LOOPS_OF_CLANG = {"_spatial": 110, "_along": 90}
# Of these, what has no business with doubles where it computes in float32: one literal of them would halve its speed.
SINGLE = {"forward"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("isa", REGISTERS, ids=lambda isa: isa.strip("_") or "baseline")
@pytest.mark.parametrize(("source", "name"), [(source, name) for source, names in LOOPS.items() for name in names])
def test_loops_of_planes_and_along_an_axis_are_vectorised(source: str, name: str, isa: str, kind: str) -> None:
    functions = disassemble(find(source + isa))
    if disassembly.compiler(find(source + isa)).name == "clang":
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
    wanted -= LESS_OF_DOUBLE.get(name, 0) if kind == "double" else 0
    assert found >= wanted, f"{name} ({kind}, {source}{isa}): {found} of {wanted} loops store whole vectors"
    if kind == "float" and name in SINGLE:
        wide = [f"{at.address:x}" for at in code[0] if at.name.endswith("cvtps2pd")]
        assert not wide, f"{name} ({source}{isa}) computes in double at {', '.join(wide)}"
