"""Formulas of every row in plain text, for libraries in which a user writes them: numexpr, Numba, JAX, NumPy.

Imported by the other compare files; imports NumPy alone. A formula is of x, of dy in a backward pass, and of y where it
reads the output: assignments and, last, the result, separated by semicolons. Parameters are at their defaults, 0.25
where there is none. `Program` runs one in NumPy as fast as NumPy can: no temporary of the arrays' size, block by block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

SELU, SELU_ALPHA = "1.0507009873554805", "1.7580993408473768"
LOGISTIC = "s = 1 / (1 + exp(-x))"
INSIDE = "minimum(maximum(x, -1), 1)"

# Value and backward.
FORMULAS: dict[str, tuple[str, str]] = {
    "identity": ("1 * x", "1 * dy"),
    "step": ("where(x >= 0, 1, 0)", "0 * dy"),
    "relu": ("maximum(x, 0)", "where(x > 0, dy, 0)"),
    "leaky_relu": ("where(x > 0, x, 0.01 * x)", "dy * where(x > 0, 1, 0.01)"),
    "prelu": ("where(x > 0, x, 0.25 * x)", "dy * where(x > 0, 1, 0.25)"),
    "rrelu": ("where(x > 0, x, 0.22916666666666666 * x)", "dy * where(x > 0, 1, 0.22916666666666666)"),
    "relu6": ("minimum(maximum(x, 0), 6)", "where((x > 0) & (x < 6), dy, 0)"),
    "relu_squared": ("r = maximum(x, 0); r * r", "2 * dy * maximum(x, 0)"),
    "threshold": ("where(x > 0.25, x, 0.25)", "where(x > 0.25, dy, 0)"),
    "thresholded_relu": ("where(x > 1, x, 0)", "where(x > 1, dy, 0)"),
    "hardtanh": (INSIDE, "where(abs(x) < 1, dy, 0)"),
    "clipped_linear": ("minimum(maximum(x, 0), 1)", "where((x > 0) & (x < 1), dy, 0)"),
    "hardsigmoid": (
        "minimum(maximum(0.16666666666666666 * x + 0.5, 0), 1)",
        "where(abs(x) < 3, 0.16666666666666666 * dy, 0)",
    ),
    "hardswish": (
        "0.16666666666666666 * x * minimum(maximum(x + 3, 0), 6)",
        "dy * where(x > -3, where(x < 3, 0.3333333333333333 * x + 0.5, 1), 0)",
    ),
    "hardshrink": ("where(abs(x) > 0.5, x, 0)", "where(abs(x) > 0.5, dy, 0)"),
    "shrink": ("where(abs(x) > 0.5, x, 0)", "where(abs(x) > 0.5, dy, 0)"),
    "softshrink": ("x - minimum(maximum(x, -0.5), 0.5)", "where(abs(x) > 0.5, dy, 0)"),
    "sparse_plus": (f"s = 0.5 * {INSIDE} + 0.5; maximum(x, s * s)", f"dy * (0.5 * {INSIDE} + 0.5)"),
    "sparse_sigmoid": (f"0.5 * {INSIDE} + 0.5", "where(abs(x) < 1, 0.5 * dy, 0)"),
    "elu": ("where(x > 0, x, expm1(x))", "dy * exp(minimum(x, 0))"),
    "celu": ("where(x > 0, x, expm1(x))", "dy * exp(minimum(x, 0))"),
    "selu": (
        f"where(x > 0, {SELU} * x, {SELU_ALPHA} * expm1(x))",
        f"dy * where(x > 0, {SELU}, {SELU_ALPHA} * exp(x))",
    ),
    "exp": ("exp(x)", "dy * exp(x)"),
    "gaussian": ("exp(-x * x)", "-2 * x * dy * exp(-x * x)"),
    "xielu": (
        "where(x > 0, (0.8 * x + 0.5) * x, 0.8 * (expm1(minimum(x, -0.000001)) - x) + 0.5 * x)",
        "dy * where(x > 0, 1.6 * x + 0.5, where(x < -0.000001, 0.8 * expm1(x) + 0.5, -0.3))",
    ),
    "sigmoid": ("1 / (1 + exp(-x))", f"{LOGISTIC}; dy * s * (1 - s)"),
    "tanh": ("tanh(x)", "t = tanh(x); dy * (1 - t * t)"),
    "silu": ("x / (1 + exp(-x))", f"{LOGISTIC}; dy * s * (1 + x * (1 - s))"),
    "mish": (
        "e = exp(x); n = e * (e + 2); x * n / (n + 2)",
        "e = exp(x); n = e * (e + 2); t = n / (n + 2); dy * (t + x * (1 - t * t) * e / (1 + e))",
    ),
    "softplus": ("maximum(x, 0) + log1p(exp(-abs(x)))", "dy / (1 + exp(-x))"),
    "logsigmoid": ("minimum(x, 0) - log1p(exp(-abs(x)))", "dy / (1 + exp(x))"),
    "quick_gelu": (
        "x / (1 + exp(-1.702 * x))",
        "s = 1 / (1 + exp(-1.702 * x)); dy * s * (1 + 1.702 * x * (1 - s))",
    ),
    "logit": ("log(x / (1 - x))", "dy / (x * (1 - x))"),
    "tanhshrink": ("x - tanh(x)", "t = tanh(x); dy * t * t"),
    "gelu": (
        "0.5 * x * (1 + erf(0.7071067811865476 * x))",
        "dy * (0.5 + 0.5 * erf(0.7071067811865476 * x) + 0.3989422804014327 * x * exp(-0.5 * x * x))",
    ),
    "gelu_tanh": (
        "0.5 * x * (1 + tanh(0.7978845608028654 * x * (1 + 0.044715 * x * x)))",
        "q = x * x; t = tanh(0.7978845608028654 * x * (1 + 0.044715 * q));"
        " dy * (0.5 * (1 + t) + 0.3989422804014327 * x * (1 - t * t) * (1 + 0.134145 * q))",
    ),
    "softsign": ("x / (1 + abs(x))", "a = 1 + abs(x); dy / (a * a)"),
    "squareplus": ("0.5 * (x + sqrt(x * x + 4))", "0.5 * dy * (1 + x / sqrt(x * x + 4))"),
    "dish": ("0.5 * x * (1 + x / sqrt(1 + x * x))", "q = 1 + x * x; dy * (0.5 + 0.5 * x * (q + 1) / (q * sqrt(q)))"),
    "bent_identity": ("0.5 * (sqrt(x * x + 1) - 1) + x", "dy * (0.5 * x / sqrt(x * x + 1) + 1)"),
    "sine": ("sin(30 * x)", "30 * dy * cos(30 * x)"),
    "snake": ("s = sin(x); x + s * s", "dy * (1 + sin(2 * x))"),
}
FROM_OUTPUT = {"sigmoid": "dy * y * (1 - y)", "tanh": "dy * (1 - y * y)"}


def formula(name: str, direction: str) -> str | None:
    """The text of one direction; None where nobody has written it."""
    if direction == "backward_from_output":
        return FROM_OUTPUT.get(name)
    return FORMULAS[name][direction != "value"] if name in FORMULAS else None


def typed(text: str) -> tuple[str, dict[str, float]]:
    """The text with names for its numbers, and these: in some libraries a literal would widen float32."""
    found: dict[str, float] = {}

    def name(match: re.Match[str]) -> str:
        value = float(match.group())
        known = next((key for key, other in found.items() if other == value), f"c{len(found)}")
        found[known] = value
        return known

    return re.sub(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?", name, text), found


def statements(text: str) -> tuple[list[str], str]:
    """The assignments of a formula, and its result."""
    *before, result = (part.strip() for part in text.split(";"))
    return before, result


def nested(text: str) -> str:
    """One expression without assignments, for what finds equal parts by itself."""
    before, result = statements(text)
    for statement in reversed(before):
        name, _, value = statement.partition(" = ")
        result = re.sub(rf"\b{name}\b", f"({value})", result)
    return result


def evaluate(text: str, names: dict[str, Any]) -> Any:
    """The result of a formula of what ``names`` has."""
    space = dict(names)
    before, result = statements(text)
    for statement in before:
        exec(statement, space)
    return eval(result, space)


# ---- in NumPy -------------------------------------------------------------------------------------------------------

BLOCK_BYTES = 1 << 16  # of a register; about six of them and the blocks of the operands stay in the L2 cache
COMPARISONS = ("greater", "greater_equal", "less", "less_equal", "bitwise_and")


class Node:
    """One step of a formula: a ufunc's name, and nodes or numbers."""

    def __init__(self, tape: Tape, name: str, arguments: tuple[Any, ...]) -> None:
        self.tape, self.name, self.arguments = tape, name, arguments

    def __add__(self, other: Any) -> Any:
        return self.tape.step("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.tape.step("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.tape.step("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.tape.step("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.tape.step("square", self) if other is self else self.tape.step("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.tape.step("multiply", self, other)

    def __truediv__(self, other: Any) -> Any:
        return self.tape.step("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.tape.step("divide", other, self)

    def __neg__(self) -> Any:
        return self.tape.step("negative", self)

    def __gt__(self, other: Any) -> Any:
        return self.tape.step("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return self.tape.step("greater_equal", self, other)

    def __lt__(self, other: Any) -> Any:
        return self.tape.step("less", self, other)

    def __and__(self, other: Any) -> Any:
        return self.tape.step("bitwise_and", self, other)


class Tape:
    """The steps of a formula in order, each only once."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[Any, ...], Node] = {}

    def step(self, name: str, *arguments: Any) -> Node:
        key = (name, *(id(a) if isinstance(a, Node) else a for a in arguments))
        return self.nodes.setdefault(key, Node(self, name, arguments))

    def where(self, condition: Node, chosen: Any, other: Any) -> Any:
        """By arithmetic where it is cheaper than to copy under a mask."""
        if not isinstance(chosen, Node) and not isinstance(other, Node):
            flags = self.step("copy", condition)
            scaled = flags if chosen - other == 1 else flags * (chosen - other)
            return scaled + other if other else scaled
        if not isinstance(other, Node) and other == 0:
            return chosen * self.step("copy", condition)
        return self.step("where", condition, chosen, other)

    def names(self) -> dict[str, Callable[..., Any]]:
        """The functions that a formula may call."""

        def named(name: str) -> Callable[..., Node]:
            return lambda *arguments: self.step(name, *arguments)

        called = "exp expm1 log log1p tanh sin cos sqrt maximum minimum erf"
        return {**{name: named(name) for name in called.split()}, "abs": named("absolute"), "where": self.where}


class Program:
    """A formula as NumPy calls on registers, for arrays of one dtype; ``erf`` is SciPy's ufunc, if there is one."""

    def __init__(self, text: str, dtype: np.dtype[Any], erf: Any = None) -> None:
        tape = Tape()
        inputs = {name: Node(tape, name, ()) for name in ("x", "y", "dy")}
        result = evaluate(text, {**inputs, **tape.names()})
        needed: list[Node] = []
        self._collect(result, needed)
        self.dtype = dtype
        self._steps: list[tuple[Any, list[Any], Any]] = []
        self._registers: dict[str, np.dtype[Any]] = {}
        free: dict[np.dtype[Any], list[str]] = {}
        last = {id(a): k for k, node in enumerate(needed) for a in node.arguments if isinstance(a, Node)}
        places: dict[int, str] = {id(node): name for name, node in inputs.items()}
        for k, node in enumerate(needed):
            kind = np.dtype(bool) if node.name in COMPARISONS else dtype
            # "where" writes before it has read all that it reads, and out may be an operand
            if node is result and node.name != "where":
                place = "out"
            elif free.get(kind):
                place = free[kind].pop()
            else:
                place = f"r{len(self._registers)}"
                self._registers[place] = kind
            places[id(node)] = place
            given = [places[id(a)] if isinstance(a, Node) else dtype.type(a) for a in node.arguments]
            if node.name == "erf" and erf is None:
                raise ImportError("erf needs SciPy")
            special = {"erf": erf, "copy": _copy, "where": _where}
            call = special[node.name] if node.name in special else getattr(np, node.name)
            self._steps.append((call, given, place))
            for a in set(map(id, (a for a in node.arguments if isinstance(a, Node)))):
                if last[a] == k and places[a] in self._registers:
                    free.setdefault(self._registers[places[a]], []).append(places[a])
        if needed[-1].name == "where":
            self._steps.append((_copy, [places[id(result)]], "out"))

    def _collect(self, node: Node, into: list[Node]) -> None:
        for a in node.arguments:
            if isinstance(a, Node) and a.arguments and a not in into:
                self._collect(a, into)
        into.append(node)

    def prepared(self, operands: dict[str, Array], out: Array) -> Callable[[], None]:
        """A call without arguments that writes the result for these arrays into ``out``, which may be one of them."""
        size = max(1, min(out.size, BLOCK_BYTES // self.dtype.itemsize))
        registers = {name: np.empty(size, kind) for name, kind in self._registers.items()}
        flat = {name: a.reshape(-1) for name, a in (*operands.items(), ("out", out))}
        blocks = list(self._blocks(flat, registers, size))

        def call() -> None:
            for steps in blocks:
                for step in steps:
                    step()

        return call

    def _blocks(
        self, flat: dict[str, Array], registers: dict[str, Array], size: int
    ) -> Iterator[list[Callable[[], Any]]]:
        for start in range(0, flat["out"].size, size):
            views = {name: a[start : start + size] for name, a in flat.items()}
            count = views["out"].size
            views |= {name: a[:count] for name, a in registers.items()}
            yield [
                partial(function, *(views[a] if isinstance(a, str) else a for a in given), out=views[target])
                for function, given, target in self._steps
            ]


def _copy(source: Array, out: Array) -> None:
    np.copyto(out, source)


def _where(condition: Array, chosen: Any, other: Any, out: Array) -> None:
    np.copyto(out, other)
    np.copyto(out, chosen, where=condition)
