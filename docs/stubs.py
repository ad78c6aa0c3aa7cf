"""The type stubs: what each function accepts, and what it returns for it, as overloads; written by generate.py.

What a function takes, its order and defaults are those of its signature; here stand the types. Each class of a stub is
one signature, shared by all functions that have it. The first overloads are exact, by the dtype of the input:

    array of float16, float32, float64 or longdouble   the same dtype
    array of bool, int8, uint8; of int16, uint16       float16; float32
    array of other integers, nested sequence           float64
    scalars                                            likewise, a scalar

as long as parameters are numbers, or arrays of that dtype; then one with ``out``, of which the type is returned, those
with ``dtype``, and last what may be wider: NDArray[Any], or Any for containers (pandas, xarray, Dask) and mixtures.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field

import fastact
from fastact.table.registry import ALIASES, BY_NAME, Row, ufunc_inputs

DIRECTIONS = ("derivative", "backward", "backward_from_output")
MAIN = ("dy", "x", "y", "up")
HEAD = """\
# {note}
# mypy: disable-error-code="overload-overlap, overload-cannot-match"
# pyright: reportOverlappingOverload=false
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, NoReturn, Protocol, SupportsIndex, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastact import capi as capi
from fastact import ufuncs as ufuncs
from fastact.api.activation import Activation as Activation

__version__: str
__all__ = {names}

# An array of bfloat16 is NDArray[Any] to a type checker: ml_dtypes declares no class of its own for it.
_F = TypeVar("_F", bound=np.floating[Any])
_O = TypeVar("_O", bound=np.ndarray[Any, Any])
_DType: TypeAlias = type[_F] | np.dtype[_F]

_SmallScalar: TypeAlias = np.bool_ | np.int8 | np.uint8
_ShortScalar: TypeAlias = np.int16 | np.uint16
_LongScalar: TypeAlias = np.int32 | np.uint32 | np.int64 | np.uint64 | np.int_ | np.uint | np.longlong | np.ulonglong
_Narrow: TypeAlias = np.float16 | np.float32 | np.float64
_Number: TypeAlias = float | np.floating[Any] | np.integer[Any] | np.bool_

_BoolRows: TypeAlias = Sequence[Sequence[bool]] | Sequence[Sequence[Sequence[bool]]]
_Bools: TypeAlias = Sequence[bool] | _BoolRows
_Rows: TypeAlias = Sequence[Sequence[float]] | Sequence[Sequence[Sequence[float]]]
_Nested: TypeAlias = Sequence[float] | _Rows | Sequence[Sequence[Sequence[Sequence[float]]]]
_Mask: TypeAlias = bool | np.bool_ | NDArray[np.bool_] | _Bools
_Like: TypeAlias = _Number | NDArray[_F] | _Nested
_Bias: TypeAlias = float | NDArray[_F] | Sequence[float]
_Pair: TypeAlias = tuple[NDArray[_F] | float, NDArray[_F] | float]
_Axes: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | None
_Rng: TypeAlias = np.random.Generator | int | np.integer[Any] | None
_Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe"]

class _HasArray(Protocol):
    def __array__(self) -> np.ndarray[Any, np.dtype[np.floating[Any] | np.integer[Any] | np.bool_]]: ...

# What pandas, Polars and xarray have, and what Dask has; an array of NumPy has neither.
class _HasToNumpy(Protocol):
    def to_numpy(self) -> Any: ...

class _HasCompute(Protocol):
    def compute(self) -> Any: ...

_Container: TypeAlias = _HasToNumpy | _HasCompute
_Array: TypeAlias = _HasArray | _Nested | Sequence[_HasArray] | Sequence[Sequence[_HasArray]]
_Real: TypeAlias = _Number | _Array | _Container
"""


@dataclass(frozen=True)
class Kind:
    """A kind of main input, and the dtype of the result."""

    array: str
    scalar: str
    dtype: str
    like: str = "_Number | _Nested"  # what a parameter may be beside it, so that this is the dtype
    bias: str = "float | Sequence[float]"
    beside: str = "None"  # arrays that belong to the input: up, noise
    pair: str = "tuple[float, float]"
    flat: str = ""  # what has one dimension
    rows: str = ""


FLOATING = Kind("NDArray[_F]", "_F", "_F", "_Like[_F]", "_Bias[_F]", "NDArray[_F]", "_Pair[_F]")
KINDS = (
    FLOATING,
    Kind(
        "NDArray[_SmallScalar] | _Bools",
        "bool | _SmallScalar",
        "np.float16",
        beside="NDArray[_SmallScalar]",
        flat="Sequence[bool]",
        rows="NDArray[_SmallScalar] | _BoolRows",
    ),
    Kind("NDArray[_ShortScalar]", "_ShortScalar", "np.float32", beside="NDArray[_ShortScalar]"),
    Kind(
        "NDArray[_LongScalar] | _Nested",
        "float | _LongScalar",
        "np.float64",
        beside="NDArray[_LongScalar] | _Nested",
        flat="Sequence[float]",
        rows="NDArray[_LongScalar] | _Rows",
    ),
)
# Whatever the input is.
FIXED = {
    "axis": "SupportsIndex",
    "gate": "Literal['first', 'second']",
    "interleaved": "bool",
    "scale": "_Number",
    "causal": "bool",
    "keepdims": "bool",
    "groups": "SupportsIndex",
    "tau": "_Number",
    "hard": "bool",
    "training": "bool",
    "rng": "_Rng",
    "return_noise": "Literal[False]",
    "bias_gradient": "Literal[False]",
    "out": "None",
    "dtype": "None",
    "casting": "_Casting",
}


@dataclass
class Function:
    """One callable of the library, by its signature."""

    row: Row
    direction: str
    parameters: dict[str, inspect.Parameter]
    numbers: set[str] = field(default_factory=set)

    @property
    def main(self) -> list[str]:
        """The arrays that decide the dtype."""
        return [name for name in self.parameters if name in MAIN]

    @property
    def elementwise(self) -> bool:
        return not (self.row.axis or self.row.gated or self.row.spatial)


def function_of(row: Row, direction: str) -> Function | None:
    """A direction of a row; None where it has none."""
    made = getattr(fastact.get(row.name), direction) if direction else fastact.get(row.name)
    if not hasattr(made, "__signature__"):
        return None
    numbers = {p.name for p in row.params + row.derivative_params}
    return Function(row, direction, dict(inspect.signature(made).parameters), numbers)


# ---- one overload ---------------------------------------------------------------------------------------------------


def overloads(function: Function, types: dict[str, str], result: str, *required: str) -> Iterator[str]:
    """The text of one overload, with the arguments ``required`` beside those that always are.

    One of them that follows optional ones by position makes two: by keyword, and all by position.
    """
    names = list(function.parameters)
    late = [
        name
        for k, name in enumerate(names)
        if name in required
        and function.parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY
        and any(_optional(function, other, required) for other in names[:k])
    ]
    yield _text(function, types, result, {*required}, {*late})
    if late:
        before = names[: names.index(late[-1])]
        yield _text(function, types, result, {*required, *before}, set())


def _optional(function: Function, name: str, required: tuple[str, ...]) -> bool:
    return function.parameters[name].default is not inspect.Parameter.empty and name not in required


def _text(function: Function, types: dict[str, str], result: str, required: set[str], by_keyword: set[str]) -> str:
    positional, keywords = [], []
    for p in function.parameters.values():
        # the default stands in the last overload alone, where the type admits it
        given = types[p.name]
        optional = p.default is not p.empty and p.name not in required
        text = f"{p.name}: {given}" + (f" = {p.default!r}" if optional else "")
        keyword = p.kind is p.KEYWORD_ONLY or p.name in by_keyword
        (keywords if keyword else positional).append(text)
    parts = [*positional, *(["*", *keywords] if keywords else [])]
    return f"    def __call__(self, {', '.join(parts)}) -> {result}: ..."


# ---- types of arguments ---------------------------------------------------------------------------------------------


def exact(function: Function, kind: Kind, scalar: bool) -> dict[str, str]:
    """The types of a call whose result has the dtype of ``kind``."""
    types = {}
    for name, p in function.parameters.items():
        if name == "up":
            given = kind.scalar if scalar else f"{kind.beside} | None"
        elif name in MAIN:
            given = kind.scalar if scalar else kind.array
        elif name in function.numbers:
            given = _parameter(function, name, kind, scalar)
        elif name in ("weight", "scale", "shift") and function.row.spatial:
            given = f"{kind.beside} | _Rows" if kind is FLOATING and name == "weight" else kind.beside
            given += " | None" if p.default is None else ""
        elif name == "bias":
            given = "float | None" if scalar else f"{kind.bias} | None"
            if function.row.spatial:
                given = f"{kind.beside} | Sequence[float] | None"
            elif function.row.gated and not scalar:
                given = f"{kind.bias} | {kind.pair} | None"
        elif name == "noise":
            given = _noise(function, kind, scalar)
        elif name == "mask":
            given = "NDArray[np.bool_] | _Bools | NDArray[_F] | None" if kind is FLOATING else "_Mask | None"
        elif name == "where":
            given = "bool" if scalar and function.elementwise else "_Mask"
            given += " | None" if function.row.axis else ""
        else:
            given = _fixed(function, name)
        types[name] = given
    return types


def _parameter(function: Function, name: str, kind: Kind, scalar: bool) -> str:
    given = "_Number" if scalar else kind.like
    if function.row.gated:
        given = "_Number"
    elif function.row.channels and not scalar:
        # a sequence is not weak here: it has one number for each channel
        given = "_Number | NDArray[_F]" if kind is FLOATING else "_Number"
    return given + " | None" * (function.parameters[name].default is None)


def _noise(function: Function, kind: Kind, scalar: bool) -> str:
    needed = function.parameters["noise"].default is inspect.Parameter.empty
    if function.row.axis:
        return "_Real" + " | None" * (not needed)
    return "None" if scalar or kind is not FLOATING else "NDArray[_F] | None"


def _fixed(function: Function, name: str) -> str:
    if name == "axis" and function.row.axis:
        several = "groups" not in function.parameters and (
            function.direction != "derivative" or function.row.name == "logsumexp"
        )
        return "_Axes" if several else "SupportsIndex"
    if name == "approximate":
        choice = function.row.choice
        accepted = choice.rows if choice else {"none": "", "tanh": ""}
        return f"Literal[{', '.join(map(repr, accepted))}]"
    return FIXED[name]


def loose(function: Function, main: str = "_Real") -> dict[str, str]:
    """The types of a call whose result may be wider than its input."""
    types = {}
    for name, p in function.parameters.items():
        optional = " | None" * (p.default is None)
        if name in MAIN:
            given = main + optional
        elif name in function.numbers:
            given = ("_Number" if function.row.gated else "_Real") + optional
        elif name in ("scale", "shift", "weight") and function.row.spatial:
            given = "_Real" + optional
        elif name == "bias":
            given = "_Real | tuple[_Real, _Real] | None" if function.row.gated else "_Real | None"
        elif name in ("noise", "mask"):
            given = "_Real" + optional
        elif name == "where":
            given = "_Mask | _Container" + optional
        elif name == "dtype":
            given = "DTypeLike | None"
        else:
            given = _fixed(function, name)
        types[name] = given
    return types


# ---- the overloads of a function ------------------------------------------------------------------------------------


def array(dtype: str) -> str:
    return f"NDArray[{dtype}]"


def calls(function: Function) -> Iterator[str]:
    """All overloads of a function."""
    made = _gated if function.row.gated else _spatial if function.row.spatial else _of_arrays
    # one text of several kinds stands once
    yield from dict.fromkeys(made(function))


def _of_arrays(function: Function) -> Iterator[str]:
    """Elementwise functions, and those along an axis."""
    reduces = "keepdims" in function.parameters and not function.direction
    if function.direction == "backward" or function.direction == "backward_from_output":
        yield from _strong(function)
    for kind in KINDS:
        types = exact(function, kind, False)
        if kind is FLOATING and "dy" in types and not reduces:
            types["dy"] = "NDArray[_F] | float"
        if reduces:
            yield from _reduced(function, kind, types)
            continue
        yield from overloads(function, types, array(kind.dtype))
        yield from _two_results(function, kind, types)
    for kind in KINDS:
        if "groups" not in function.parameters:
            yield from overloads(function, exact(function, kind, True), kind.dtype)
            yield from _two_results(function, kind, exact(function, kind, True), scalar=True)
    yield from _others(function, "Any" if reduces else "NDArray[Any]")


def _strong(function: Function) -> Iterator[str]:
    """A number of Python beside an array has no dtype; one of float64 has, though it is a float as well."""
    first, second = function.main
    types = {**exact(function, KINDS[3], False), first: "np.float64", second: "NDArray[_Narrow]"}
    yield from overloads(function, types, "NDArray[np.float64]")


def _reduced(function: Function, kind: Kind, types: dict[str, str]) -> Iterator[str]:
    """One number for each row, or for all of x."""
    whole = {**types, "axis": "None", "keepdims": "Literal[False]"}
    yield from overloads(function, whole, kind.dtype, "axis")
    if kind.flat:
        yield from overloads(function, {**types, "x": kind.flat, "keepdims": "Literal[False]"}, kind.dtype)
        yield from overloads(function, {**types, "x": kind.flat}, array(kind.dtype))
        types = {**types, "x": kind.rows}
    yield from overloads(function, types, array(kind.dtype))


def _two_results(function: Function, kind: Kind, types: dict[str, str], scalar: bool = False) -> Iterator[str]:
    """With the noise that was drawn, or with the gradient of the bias."""
    one = kind.dtype if scalar else array(kind.dtype)
    if "return_noise" in function.parameters:
        noise = "NDArray[Any]" if function.row.axis else one
        flagged = {**types, "return_noise": "Literal[True]"}
        yield from overloads(function, flagged, f"tuple[{one}, {noise}]", "return_noise")
    if "bias_gradient" in function.parameters and kind is FLOATING and not scalar:
        flagged = {**types, "bias_gradient": "Literal[True]"}
        for bias, gradient in (("float", "_F"), ("NDArray[_F] | Sequence[float]", "NDArray[_F]")):
            yield from overloads(
                function, {**flagged, "bias": bias}, f"tuple[{one}, {gradient}]", "bias", "bias_gradient"
            )


def _others(function: Function, wide: str) -> Iterator[str]:
    """With ``out``, with ``dtype``, and mixtures."""
    types = loose(function)
    if "out" in function.parameters:
        given = {**types, "out": "_O | tuple[_O]"}
        yield from overloads(function, given, "_O", "out")
        for flag, second in (("bias_gradient", "Any"), ("return_noise", "Any")):
            if flag in function.parameters:
                more = ("bias",) * (flag == "bias_gradient")
                flagged = {**given, flag: "Literal[True]"}
                if more:
                    flagged["bias"] = "_Real"
                yield from overloads(function, flagged, f"tuple[_O, {second}]", "out", *more, flag)
    if "dtype" in function.parameters:
        typed = {"dtype": "_DType[_F]"}
        yield from overloads(function, {**loose(function, "_Number"), **_numbers(function), **typed}, "_F", "dtype")
        yield from overloads(function, {**loose(function, "_Array"), **typed}, "NDArray[_F]", "dtype")
    yield from _mixtures(function, wide)
    for flag in ("bias_gradient", "return_noise"):
        if flag in function.parameters:
            yield from overloads(function, {**types, flag: "Literal[True]"}, "tuple[Any, Any]", flag)
            yield from overloads(function, {**types, flag: "bool"}, "Any", flag)


def _mixtures(function: Function, wide: str) -> Iterator[str]:
    """What is in containers, and arrays and numbers of whatever dtypes.

    No two of these take the same arrays, so that an array of unknown dtype gives one, not Any.
    """
    main = [name for name in function.main if function.parameters[name].default is inspect.Parameter.empty]
    for name in main:
        yield from overloads(function, {**loose(function), name: "_Container"}, "Any")
    if "groups" not in function.parameters and not function.row.gated:
        yield from overloads(function, loose(function, "_Number"), "Any")
    types = loose(function, "_Array")
    yield from overloads(function, types, wide)
    if len(main) > 1 and not function.row.gated:
        yield from overloads(function, {**types, main[0]: "_Number"}, wide)
        yield from overloads(function, {**types, main[-1]: "_Number"}, wide)


def _numbers(function: Function) -> dict[str, str]:
    """Parameters and bias of a call that has a scalar as its result."""
    scalar = exact(function, FLOATING, True)
    return {name: given for name, given in scalar.items() if name in (*function.numbers, "bias", "where", "noise")}


def _gated(function: Function) -> Iterator[str]:
    for kind in KINDS:
        types = exact(function, kind, False)
        result = array(kind.dtype)
        if not function.direction:
            yield from overloads(function, types, result)
            continue
        packed, apart = {**types, "up": "None"}, {**types, "up": kind.beside}
        both = f"tuple[{result}, {result}]"
        yield from overloads(function, packed, result)
        yield from overloads(function, apart, both, "up")
        if kind is FLOATING:
            flag = {"bias_gradient": "Literal[True]"}
            for bias, gradient in (("float", "_F"), ("NDArray[_F] | Sequence[float]", result)):
                wanted = {**packed, **flag, "bias": bias}
                yield from overloads(function, wanted, f"tuple[{result}, {gradient}]", "bias", "bias_gradient")
            wanted = {**apart, **flag, "bias": kind.pair}
            yield from overloads(function, wanted, f"tuple[{both}, tuple[Any, Any]]", "up", "bias", "bias_gradient")
    for kind in KINDS:
        types = exact(function, kind, True)
        result = f"tuple[{kind.dtype}, {kind.dtype}]" if function.direction else kind.dtype
        yield from overloads(function, types, result, "up")
    types = loose(function)
    if not function.direction:
        yield from overloads(function, {**types, "out": "_O | tuple[_O]"}, "_O", "out")
        yield from overloads(function, {**types, "up": "_Container"}, "Any", "up")
        yield from overloads(function, {**types, "x": "_Number", "up": "_Number"}, "Any", "up")
        yield from _mixtures(function, "NDArray[Any]")
        return
    packed, apart = {**types, "up": "None"}, {**types, "up": "_Real"}
    yield from overloads(function, {**packed, "out": "_O | tuple[_O]"}, "_O", "out")
    yield from overloads(function, {**apart, "out": "tuple[_O, _O]"}, "tuple[_O, _O]", "up", "out")
    for name in ("dy", "x"):
        yield from overloads(function, {**types, name: "_Container"}, "Any")
    yield from overloads(function, {**types, "up": "_Container"}, "Any", "up")
    numbers = {**types, **dict.fromkeys(("dy", "x", "up"), "_Number")}
    yield from overloads(function, numbers, "tuple[Any, Any]", "up")
    arrays = loose(function, "_Array")
    yield from overloads(function, {**arrays, "up": "None"}, "NDArray[Any]")
    yield from overloads(function, {**arrays, "up": "_Array"}, "tuple[NDArray[Any], NDArray[Any]]", "up")
    flag = {"bias_gradient": "bool"}
    yield from overloads(function, {**packed, **flag, "out": "_O | tuple[_O] | None"}, "Any", "bias_gradient")
    yield from overloads(function, {**apart, **flag, "out": "tuple[_O, _O] | None"}, "Any", "up", "bias_gradient")


def _spatial(function: Function) -> Iterator[str]:
    types = exact(function, FLOATING, False)
    if not function.direction:
        yield from overloads(function, types, "NDArray[_F]")
        yield from overloads(function, {**loose(function), "out": "_O | tuple[_O]"}, "_O", "out")
        yield from overloads(function, loose(function), "NDArray[Any]")
        return
    for bias, gradient in (("None", "None"), ("NDArray[_F]", "NDArray[_F]")):
        required = ("bias",) * (bias != "None")
        one = "NDArray[_F]"
        exactly = {**types, "bias": bias, "weight": "NDArray[_F]"}
        yield from overloads(function, exactly, f"tuple[{one}, {one}, {gradient}]", *required)
    wide = loose(function)
    yield from overloads(function, {**wide, "bias": "None"}, "tuple[NDArray[Any], NDArray[Any], None]")
    yield from overloads(function, {**wide, "bias": "_Real"}, f"tuple[{', '.join(['NDArray[Any]'] * 3)}]", "bias")
    yield from overloads(function, wide, "tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None]")


# ---- the files ------------------------------------------------------------------------------------------------------

LEARNED = """\
    @overload
    def weight_gradient(self, dy: NDArray[_F], x: NDArray[_F], *, axis: None = None) -> _F: ...
    @overload
    def weight_gradient(self, dy: NDArray[_F], x: NDArray[_F], *, axis: SupportsIndex) -> NDArray[_F]: ...
    @overload
    def weight_gradient(self, dy: _Real, x: _Real, *, axis: SupportsIndex | None = None) -> Any: ...
    @overload
    def backward_with_weight(self, dy: NDArray[_F], x: NDArray[_F], weight: _Number, out: None = None, *, \
axis: SupportsIndex = 1) -> tuple[NDArray[_F], Any]: ...
    @overload
    def backward_with_weight(self, dy: NDArray[_F], x: NDArray[_F], weight: NDArray[_F], out: None = None, *, \
axis: SupportsIndex = 1) -> tuple[NDArray[_F], NDArray[_F]]: ...
    @overload
    def backward_with_weight(self, dy: _Real, x: _Real, weight: _Real, out: _O | tuple[_O], *, \
axis: SupportsIndex = 1) -> tuple[_O, Any]: ...
    @overload
    def backward_with_weight(self, dy: _Real, x: _Real, weight: _Real, out: None = None, *, \
axis: SupportsIndex = 1) -> tuple[NDArray[Any], Any]: ..."""
FUNCTIONS = """\
def compare(*activations: str | Activation) -> None: ...
def describe(activation: str | Activation) -> None: ...
def names(*, aliases: bool = False) -> list[str]: ...
def get_compile_flags(
    isa: Literal['baseline', 'v3', 'v4', 'native'] = 'baseline', compiler: str | None = None
) -> list[str]: ...
def get_include() -> str: ...
def get_num_threads() -> int: ...
def set_num_threads(n: SupportsIndex) -> None: ...
def threads(n: SupportsIndex) -> AbstractContextManager[None]: ...
def show_config() -> None: ..."""


def camel(*names: str) -> str:
    return "_" + "".join(part.capitalize() for name in names for part in name.split("_"))


def called(name: str, lines: list[str]) -> list[str]:
    """A class of all that is called like this."""
    body = [line for text in lines for line in ("    @overload", text)]
    return [f"class {name}:", "    ufunc: np.ufunc", *body, ""]


def listed(names: list[str]) -> str:
    """Names as a list that checkers read."""
    return "\n".join(["[", *(f'    "{name}",' for name in names), "]"])


def package(note: str) -> str:
    """The stub of fastact itself."""
    lines = [HEAD.format(note=note, names=listed(fastact.__all__))]
    shared: dict[tuple[str, ...], str] = {}

    def class_of(function: Function) -> str:
        texts = tuple(calls(function))
        if texts not in shared:
            shared[texts] = camel("value" if not function.direction else "", function.row.name, function.direction)
            lines.extend(called(shared[texts], list(texts)))
        return shared[texts]

    for row in BY_NAME.values():
        value = function_of(row, "")
        assert value is not None
        base = class_of(value)
        attributes = []
        for direction in DIRECTIONS:
            function = function_of(row, direction)
            if function is None:
                attributes.append(f"    def {direction}(self, *args: Any, **keywords: Any) -> NoReturn: ...")
            else:
                attributes.append(f"    {direction}: {class_of(function)}")
        lines += [f"class {camel(row.name)}({base}, Activation):", "    ufunc: np.ufunc", *attributes]
        lines += [LEARNED] * row.channels + [""]
    lines += [f"{row.name}: {camel(row.name)}" for row in BY_NAME.values()]
    lines += [f"{alias}: {camel(name)}" for alias, name in ALIASES.items()]
    lines.append("")
    for row in BY_NAME.values():
        names = ", ".join(map(repr, (row.name, *row.aliases)))
        lines += ["@overload", f"def get(name: Literal[{names}]) -> {camel(row.name)}: ..."]
    lines += ["@overload", "def get(name: str) -> Activation: ...", FUNCTIONS]
    return "\n".join(lines) + "\n"


def ufunc_module(note: str) -> str:
    """The stub of fastact.ufuncs."""
    names = sorted(ufunc_inputs())
    lines = [f"# {note}", "import numpy as np", "", f"__all__ = {listed(names)}", ""]
    return "\n".join(lines + [f"{name}: np.ufunc" for name in names]) + "\n"
