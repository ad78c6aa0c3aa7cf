"""Write what follows from the registry: type stubs, what the C table knows, the list of activations, their accuracy.

    python docs/generate.py           # write what FILES below lists
    python docs/generate.py --check   # fail if one of them is not what it should be

Uses an installed or built fastact; nothing imports this file but the test that the files are current.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from pathlib import Path

import accuracy_page
import c_rows
import conventions_page

import fastact
from fastact._compiling import packaged_flags
from fastact._registry import ALIASES, BY_NAME, HALF_ULP, NoneAs, Row, SameAs, ufunc_inputs

ROOT = Path(__file__).resolve().parent.parent
DO_NOT_EDIT = "made by docs/generate.py from fastact/_registry.py; do not edit"
KEYWORDS = "where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind'"


def default_text(default: object) -> str:
    return "None" if isinstance(default, SameAs | NoneAs) else repr(default)


def call_arguments(row: Row, direction: str) -> str:
    """The parameters of one direction as they stand in a stub, without ``self``."""
    if row.axis or row.gated or row.spatial:
        return axis_arguments(row, direction)
    inputs = {"": ["x"], "derivative": ["x"], "backward": ["dy", "x"], "backward_from_output": ["dy", "y"]}[direction]
    parts = [f"{name}: ArrayLike" for name in inputs]
    params = row.params + (row.derivative_params if direction else ())
    parts += [f"{p.name}: ArrayLike" for p in params if p.default is None]
    parts += ["out: _Out = None", "*"]
    for p in params:
        if isinstance(p.default, SameAs | NoneAs):
            parts.append(f"{p.name}: ArrayLike | None = None")
        elif p.default is not None:
            parts.append(f"{p.name}: ArrayLike = {default_text(p.default)}")
    if row.choice:
        accepted = ", ".join(f"'{value}'" for value in row.choice.rows)
        parts.append(f"{row.choice.name}: Literal[{accepted}] = '{row.choice.default}'")
    biased = direction != "backward_from_output" and all(p.name != "bias" for p in params)
    if biased:
        parts += ["bias: ArrayLike | None = None", f"axis: int = {1 if row.channels else -1}"]
    elif row.channels:
        parts.append("axis: int = 1")
    if biased and direction == "backward":
        parts.append("bias_gradient: bool = False")
    if row.random and not direction:
        parts += ["training: bool = False", "rng: np.random.Generator | int | None = None"]
    if row.random and direction in ("", "backward"):
        parts.append("noise: ArrayLike | None = None")
    if row.random and not direction:
        parts.append("return_noise: bool = False")
    return ", ".join([*parts, KEYWORDS])


AXIS_TYPES = {
    "out": "_Out",
    "up": "ArrayLike | None",
    "alpha": "float",
    "limit": "float | None",
    "shift": "float",
    "approximate": "Literal['none', 'tanh']",
    "gate": "Literal['first', 'second']",
    "interleaved": "bool",
    "bias": "ArrayLike | tuple[ArrayLike, ArrayLike] | None",
    "bias_gradient": "bool",
    "axis": "int | tuple[int, ...] | None",
    "scale": "float",
    "mask": "ArrayLike | None",
    "where": "ArrayLike | None",
    "causal": "bool",
    "keepdims": "bool",
    "groups": "int",
    "tau": "float",
    "hard": "bool",
    "rng": "np.random.Generator | int | None",
    "noise": "ArrayLike | None",
    "return_noise": "bool",
}


def axis_arguments(row: Row, direction: str) -> str:
    """As `call_arguments`, of a function along an axis, whose classes say what it takes."""
    function = getattr(fastact.get(row.name), direction) if direction else fastact.get(row.name)
    parts = []
    star = False
    taken = inspect.signature(function).parameters
    for p in taken.values():
        if p.kind is p.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        optional = row.spatial and p.name != "out" and p.default is None
        kind = "ArrayLike | None" if optional else AXIS_TYPES.get(p.name, "ArrayLike")
        text = f"{p.name}: {kind}"
        if p.name == "axis" and not (row.axis and "groups" not in taken and direction != "derivative"):
            text = "axis: int"
        if p.name == "out" and row.gated and direction:
            text = "out: NDArray[Any] | tuple[NDArray[Any], NDArray[Any]] | None"
        parts.append(text if p.default is p.empty else f"{text} = {p.default!r}")
    return ", ".join(parts)


def has(row: Row, direction: str) -> bool:
    """Whether a row has a direction, or what stands for it raises."""
    if row.axis or row.gated or row.spatial:
        return hasattr(getattr(fastact.get(row.name), direction), "__signature__")
    return direction != "backward_from_output" or bool(row.from_output)


def class_name(row: Row) -> str:
    return "_" + "".join(part.capitalize() for part in row.name.split("_"))


def stub() -> str:
    lines = [
        f"# {DO_NOT_EDIT}",
        "from contextlib import AbstractContextManager",
        "from typing import Any, Literal, NoReturn, TypeAlias",
        "",
        "import numpy as np",
        "from numpy.typing import ArrayLike, DTypeLike, NDArray",
        "",
        "from fastact import ufuncs as ufuncs",
        "from fastact._activation import Activation as Activation",
        "",
        "__version__: str",
        "__all__: list[str]",
        "",
        "_Out: TypeAlias = NDArray[Any] | None",
        "_Where: TypeAlias = bool | NDArray[np.bool_]",
        "_Casting: TypeAlias = Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe']",
        "",
    ]
    for row in BY_NAME.values():
        present = {direction: has(row, direction) for direction in ("derivative", "backward", "backward_from_output")}
        for direction in [d for d, there in present.items() if there]:
            result = "tuple[Any, Any, Any]" if row.spatial else "Any"
            lines += [
                f"class {class_name(row)}{''.join(part.capitalize() for part in direction.split('_'))}:",
                "    ufunc: np.ufunc",
                f"    def __call__(self, {call_arguments(row, direction)}) -> {result}: ...",
                "",
            ]
        lines += [f"class {class_name(row)}(Activation):", "    ufunc: np.ufunc"]
        for direction, there in present.items():
            if there:
                made = "".join(part.capitalize() for part in direction.split("_"))
                lines.append(f"    {direction}: {class_name(row)}{made}")
            else:
                lines.append(f"    def {direction}(self, *args: Any, **keywords: Any) -> NoReturn: ...")
        lines.append(f"    def __call__(self, {call_arguments(row, '')}) -> Any: ...")
        if row.channels:
            lines.append(
                "    def weight_gradient(self, dy: ArrayLike, x: ArrayLike, *, axis: int | None = None) -> Any: ..."
            )
            lines.append(
                "    def backward_with_weight(self, dy: ArrayLike, x: ArrayLike, weight: ArrayLike, out: _Out = None, "
                "*, axis: int = 1) -> tuple[Any, Any]: ..."
            )
        lines.append("")
    lines += [f"{row.name}: {class_name(row)}" for row in BY_NAME.values()]
    lines += [f"{alias}: {class_name(row)}" for row in BY_NAME.values() for alias in row.aliases]
    lines += [
        "",
        "def compare(*activations: str | Activation) -> None: ...",
        "def describe(activation: str | Activation) -> None: ...",
        "def get(name: str) -> Activation: ...",
        "def names(*, aliases: bool = False) -> list[str]: ...",
        "def get_compile_flags(",
        "    isa: Literal['baseline', 'v3', 'v4', 'native'] = 'baseline', compiler: str | None = None",
        ") -> list[str]: ...",
        "def get_include() -> str: ...",
        "def get_num_threads() -> int: ...",
        "def set_num_threads(n: int) -> None: ...",
        "def threads(n: int) -> AbstractContextManager[None]: ...",
        "def show_config() -> None: ...",
    ]
    return "\n".join(lines) + "\n"


def ufunc_stub() -> str:
    lines = [f"# {DO_NOT_EDIT}", "import numpy as np", "", "__all__: list[str]", ""]
    return "\n".join(lines + [f"{name}: np.ufunc" for name in sorted(ufunc_inputs())]) + "\n"


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
        params = ", ".join(
            p.name
            if p.default is None
            else f"{p.name}={p.default.name if isinstance(p.default, SameAs) else default_text(p.default)}"
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
        lines.append("| " + " | ".join(cells) + " |")
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
    "fastact/__init__.pyi": stub,
    "fastact/ufuncs.pyi": ufunc_stub,
    "fastact/lib/pkgconfig/fastact.pc": package_config,
    "fastact/_rows.h": lambda: c_rows.header(DO_NOT_EDIT),
    "docs/activations.md": page,
    "docs/accuracy.md": accuracy_page.page,
    "docs/conventions.md": conventions_page.page,
}


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
