"""A program that calls every function with every kind of input and asserts the type of each result.

The types are those that the calls return when they are run, so that a checker of types that accepts the program finds
the stubs to say what the functions do.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

import fastact as fa
from fastact.table.registry import BY_NAME

DIRECTIONS = ("derivative", "backward", "backward_from_output")
HEAD = """\
import numpy as np
from numpy.typing import NDArray
from typing_extensions import assert_type
import fastact as fa

"""
CODES = {
    "f2": "np.float16",
    "f4": "np.float32",
    "f8": "np.float64",
    "g": "np.longdouble",
    "b1": "np.bool_",
    "i1": "np.int8",
    "u1": "np.uint8",
    "i2": "np.int16",
    "u2": "np.uint16",
    "i4": "np.int32",
    "u4": "np.uint32",
    "i8": "np.int64",
    "u8": "np.uint64",
}
FLOATS = ("f2", "f4", "f8", "g")
SHAPES: dict[str, tuple[int, ...]] = {
    "x": (2, 4),
    "h": (2, 2),
    "r": (2,),
    "c": (4,),
    "p": (1, 2, 4),
    "w": (1, 3, 3),
    "o": (1,),
    "t": (2, 4),
}
SCALARS = {
    "half": ("np.float16", np.float16(0.5)),
    "single": ("np.float32", np.float32(0.5)),
    "double": ("np.float64", np.float64(0.5)),
    "number": ("float", 0.5),
    "whole": ("int", 1),
    "truth": ("bool", True),
    "byte": ("np.int8", np.int8(1)),
    "short": ("np.int16", np.int16(1)),
    "long": ("np.int64", np.int64(1)),
}
SEQUENCES = {
    "floats": ("list[list[float]]", [[0.5, 1.0, -1.0, 2.0]] * 2),
    "wholes": ("list[list[int]]", [[1, 2, 3, 4]] * 2),
    "truths": ("list[list[bool]]", [[True, False, True, True]] * 2),
}


def variables() -> dict[str, tuple[str, Any]]:
    """What the program has: the annotation and the value of each name."""
    made: dict[str, tuple[str, Any]] = {}
    for code, name in CODES.items():
        for letter, shape in SHAPES.items():
            made[f"{letter}_{code}"] = f"NDArray[{name}]", np.full(shape, 0.5).astype(code)
        if code in FLOATS:
            made[f"n_{code}"] = f"NDArray[{name}]", np.full(4, -0.5, code)
    return made | SCALARS | SEQUENCES


def annotation(value: Any) -> str:
    """The type of a result."""
    if value is None:
        return "None"
    if isinstance(value, tuple):
        return f"tuple[{', '.join(map(annotation, value))}]"
    name = next(name for code, name in CODES.items() if np.dtype(code) == value.dtype)
    return f"NDArray[{name}]" if isinstance(value, np.ndarray) else name


def functions() -> dict[str, Any]:
    """All functions, by name."""
    found = {}
    for row in BY_NAME.values():
        found[row.name] = fa.get(row.name)
        for direction in DIRECTIONS:
            function = getattr(fa.get(row.name), direction)
            if hasattr(function, "__signature__"):
                found[f"{row.name}.{direction}"] = function
    return found


def calls(name: str, function: Any, few: bool) -> Iterator[str]:
    """Calls of one function, as a user writes them; ``few``, where another one of that signature has them all."""
    row = BY_NAME[name.split(".")[0]]
    taken = inspect.signature(function).parameters
    main = [p for p in taken if p in ("dy", "x", "y")]
    for code in ("f4", "i8") if few else CODES:
        if row.spatial and code not in FLOATS:
            continue
        inputs = _inputs(row, name, main, f"_{code}")
        same = code if code in FLOATS else ""
        yield f"fa.{name}({', '.join(inputs + _needed(row, taken, same))})"
        for given in _options(row, name, taken, same):
            if same or "_" not in given:
                yield f"fa.{name}({', '.join([*inputs, *_needed(row, taken, same), given])})"
        if same and row.gated:
            pair = [p.replace("h_", "x_") for p in inputs] + [f"x_{code}"]
            yield f"fa.{name}({', '.join(pair)})"
            if "bias_gradient" not in taken:
                yield f"fa.{name}({', '.join([*pair, f'bias=(c_{code}, c_{code})'])})"
    if row.spatial:
        return
    for letter in ("number", "floats") if few else (*SCALARS, *SEQUENCES):
        if letter in SEQUENCES and len(main) > 1 and (row.gated or row.name in ("logsumexp", "maxout")):
            continue
        inputs = [letter] * (len(main) + row.gated * (letter in SCALARS))
        yield f"fa.{name}({', '.join(inputs + _needed(row, taken, ''))})"
    if "dy" in main and not row.gated and row.name not in ("logsumexp", "maxout"):
        yield f"fa.{name}({', '.join(['double', 'x_f4', *_needed(row, taken, '')])})"


def _inputs(row: Any, name: str, main: list[str], suffix: str) -> list[str]:
    letters = {"dy": "h" if row.gated or row.name == "maxout" else "r" if row.name == "logsumexp" else "x"}
    if row.spatial:
        letters = {"dy": "p", "x": "p"}
    return [letters.get(p, "x") + suffix for p in main]


def _needed(row: Any, taken: Any, same: str) -> list[str]:
    values = {"weight": "0.25", "threshold": "0.5", "value": "0.25", "groups": "2", "noise": f"x_{same or 'f8'}"}
    if row.spatial:
        values["weight"] = f"w_{same or 'f8'}"
    empty = inspect.Parameter.empty
    return [f"{p}={values[p]}" for p, q in taken.items() if q.default is empty and p not in ("dy", "x", "y")]


def _options(row: Any, name: str, taken: Any, same: str) -> Iterator[str]:
    """One optional argument, or some that belong together."""
    for p in row.params + row.derivative_params:
        if p.name in taken and taken[p.name].default is not inspect.Parameter.empty:
            number = {"rrelu": "0.25", "logit": "0.25", "shrink": "0.25", "xielu": "-1e-6"}.get(row.name, "1")
            yield f"{p.name}={number}"
            yield f"{p.name}=np.float64({number})"
            if not row.gated:
                letter = "n" if row.name == "xielu" else "c"
                yield f"{p.name}={letter}_{same}" + ", upper=1" * (p.name == "lower")
                yield f"{p.name}=[{number}, {number}, {number}, {number}]"
    if "bias" in taken and not row.spatial and all(p.name != "bias" for p in row.params):
        yield f"bias=c_{same}"
        yield "bias=0.5"
        yield "bias=[0.5, 1.0, 1.5, 2.0]"
        if "bias_gradient" in taken:
            yield f"bias=c_{same}, bias_gradient=True"
            yield "bias=0.5, bias_gradient=True"
    if row.spatial:
        yield f"bias=o_{same}"
    if "dtype" in taken:
        yield "where=[True, False, True, True], out=t_f8"
        if "training" not in taken:
            yield "dtype=np.float64"
    if "out" in taken and not row.gated and not row.spatial and row.name not in ("logsumexp", "maxout"):
        yield "out=t_f8"
    if "mask" in taken:
        yield "where=[True, False, True, True]"
        yield f"mask=x_{same}"
    if "keepdims" in taken:
        yield "axis=1"
        if "dy" not in taken:
            yield "axis=None"
            yield "keepdims=True"
    if "training" in taken:
        yield "training=True, rng=1"
        yield "training=True, return_noise=True"
        yield f"training=True, noise=x_{same}, return_noise=True"
    if "tau" in taken:
        yield "tau=2"
    if "hard" in taken:
        yield "hard=True, noise=x_f8"
    if "approximate" in taken:
        yield "approximate='tanh'"


def program(brief: bool = False) -> tuple[str, int]:
    """The program, a function for each of fastact's, and how many results it asserts; ``brief`` for a slow checker."""
    there = variables()
    values = {name: value for name, (_, value) in there.items()} | {"fa": fa, "np": np}
    lines = []
    known: set[str] = set()
    count = 0
    for name, function in functions().items():
        signature = str(inspect.signature(function))
        few = brief or signature in known
        known.add(signature)
        asserted = []
        for call in dict.fromkeys(calls(name, function, few)):
            with np.errstate(all="ignore"):
                try:
                    result = eval(call, values)
                except (TypeError, ValueError) as error:
                    asserted.append(f"    # {call}: {str(error)[:100]}".replace("\n", " "))
                    continue
            asserted.append(f"    assert_type({call}, {annotation(result)})")
            count += 1
        used = [variable for variable in there if re.search(rf"\b{variable}\b", " ".join(asserted))]
        taken = ", ".join(f"{variable}: {there[variable][0]}" for variable in used)
        lines += [f"def call_{name.replace('.', '_')}({taken}) -> None:", *asserted, ""]
    return HEAD + "\n".join(lines), count
