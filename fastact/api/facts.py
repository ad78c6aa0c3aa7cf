"""What a designer of networks wants to know of an activation, and how describe() and compare() print it.

Every fact is of the default parameters, 0.25 where there is none, and follows from the row; tests check each against a
numerical search.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isinf, nan
from typing import NamedTuple

from fastact.api.declared import Declared
from fastact.table.registry import Param, Row, SameAs

Interval = tuple[float, float]


class DerivativeRange(NamedTuple):
    """Infimum and supremum of a derivative, and where: at an x, or in the limit at -inf or inf."""

    least: float
    largest: float
    least_at: float
    largest_at: float


class Facts:
    """The facts of one activation as properties; all of them are of the default parameters."""

    _row: Row
    _declared: Declared

    @property
    def name(self) -> str:
        """The name in the registry."""
        return self._row.name

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names of the same object."""
        return self._row.aliases

    @property
    def params(self) -> dict[str, float | None]:
        """The parameters and their defaults; None where one must be given, or where that is the default."""
        taken = self._declared.defaults
        return {p.name: None if p.default is None else taken[p.name] for p in self._row.params}

    @property
    def formula(self) -> str:
        """The definition."""
        return self._row.formula

    @property
    def range(self) -> Interval:
        """Infimum and supremum of the value."""
        return self._row.range

    @property
    def derivative_range(self) -> DerivativeRange | None:
        """Infimum and supremum of the derivative, and where; None of a function along an axis.

        Where it has the value in many places, one of them; an infinity where it tends to it there. The supremum is how
        much a layer may magnify a gradient, and where it is far below 1, deep stacks make gradients vanish.
        """
        pair = self._row.derivative_range
        return None if pair is None else DerivativeRange(*pair, *(self._row.derivative_at or (nan, nan)))

    @property
    def bounded(self) -> bool:
        """Whether all values lie between two finite numbers."""
        return not any(map(isinf, self._row.range))

    @property
    def zero_centered(self) -> bool:
        """Whether inputs that are symmetric about 0 give outputs that are: f(-x) = -f(x)."""
        return self._row.symmetry == "odd"

    @property
    def monotonic(self) -> bool:
        """Whether it is nowhere decreasing."""
        return self._row.monotonic

    @property
    def smoothness(self) -> float:
        """How many times it is continuously differentiable; -1 where it jumps, ``math.inf`` where without end."""
        return self._row.smoothness

    @property
    def saturates(self) -> tuple[str, ...]:
        """On which sides, "left" or "right", the derivative tends to 0, so that gradients vanish there."""
        return tuple(side for side in ("left", "right") if self._row.saturates in (side, "both"))

    @property
    def dead_region(self) -> tuple[Interval, ...]:
        """Open intervals in which the derivative is 0, so that a unit whose inputs all lie there learns nothing."""
        return self._row.dead_region


# ---- as text --------------------------------------------------------------------------------------------------------


def number(value: float) -> str:
    """A number as people write it, with at most six digits."""
    return f"{value:.6g}"


def interval(pair: Interval) -> str:
    """Two numbers, from one to the other."""
    return f"{number(pair[0])} to {number(pair[1])}"


def _where(x: float) -> str:
    return "" if x != x else f" at {number(x)}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _parameter(param: Param, given: float | None) -> str:
    """A parameter with its default, of which ``given`` is what the signature has."""
    if param.default is None:
        return param.name
    if isinstance(param.default, SameAs):
        return f"{param.name}={param.default.name}"
    return f"{param.name}={None if given is None else number(given)}"


def _smoothness(value: float) -> str:
    if value < 0:
        return "jumps"
    return "infinite" if value == inf else f"C{value:.0f}"


def facts(activation: Facts) -> dict[str, str]:
    """The facts as text, in the order in which they are printed."""
    row, slope = activation._row, activation.derivative_range
    choices = [f"{row.choice.name}={row.choice.default!r}"] if row.choice else []
    told = {
        "formula": row.formula,
        "derivative": row.derivative_formula,
        "parameters": ", ".join([*(_parameter(p, activation.params[p.name]) for p in row.params), *choices]) or "none",
        "aliases": ", ".join(row.aliases) or "none",
        "range": interval(activation.range),
        "bounded": _yes(activation.bounded),
    }
    if slope is not None:
        told["least derivative"] = number(slope.least) + _where(slope.least_at)
        told["largest derivative"] = number(slope.largest) + _where(slope.largest_at)
        told["monotonic"] = _yes(activation.monotonic)
        told["zero-centred"] = _yes(activation.zero_centered)
        told["smoothness"] = _smoothness(activation.smoothness)
        told["saturates"] = ", ".join(activation.saturates) or "no"
        told["dead region"] = ", ".join(map(interval, activation.dead_region)) or "none"
    told["from output"] = row.from_output or "no"
    told["error, ULP"] = f"{row.value_ulp:g}, derivative {row.derivative_ulp:g}"
    if row.source:
        told["source"] = row.source
    return told


def description(activation: Facts) -> str:
    """What describe() prints."""
    told = facts(activation)
    width = max(map(len, told))
    lines = [f"{activation.name}: {activation._row.summary}"]
    return "\n".join(lines + [f"  {key:{width}}  {value}" for key, value in told.items()])


# What tells activations apart at a glance; formulas and sources would burst a column.
COMPARED = (
    *("range", "bounded", "least derivative", "largest derivative", "monotonic", "zero-centred", "smoothness"),
    *("saturates", "dead region", "from output", "error, ULP"),
)


def comparison(activations: Sequence[Facts]) -> str:
    """What compare() prints: a column for each."""
    told = [facts(activation) for activation in activations]
    rows = [["", *(activation.name for activation in activations)]]
    rows += [[key, *(one.get(key, "") for one in told)] for key in COMPARED]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
