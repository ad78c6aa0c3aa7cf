"""What a row of the registry may say: its parameters, their domains and defaults, its bounds and facts.

Imports nothing of fastact and nothing but the standard library; imported by the files of table/ and, through
table.registry, by all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isinf, nan
from typing import NamedTuple


class SameAs(NamedTuple):
    """A default that is the value of another parameter."""

    name: str


class NoneAs(NamedTuple):
    """A default of None, in place of which the ufunc takes this number, which is outside the domain."""

    number: float


# Named tuples, as methods of dataclasses would be compiled at every import, a tenth of its time.
class Param(NamedTuple):
    """A numeric parameter, an input of the ufunc."""

    name: str
    default: float | SameAs | NoneAs | None  # None: it must be given
    about: str
    low: float = -inf  # accepted are low <= value <= high, without the ends where open_low
    high: float = inf
    open_low: bool = False
    but_zero: bool = False  # 0 is not accepted: the limits from both sides differ
    infinite: bool = False  # inf and -inf are accepted like any number between the ends: a bound that is not there
    # it stands for the reciprocal of its reciprocal rounded to the dtype, unless it is extreme: 1/6 is then exact
    reciprocal: bool = False
    in_output: bool = False  # results may equal it: where only they are left, it is rounded as they were

    def accepts(self, value: float) -> bool:
        """Whether one value lies in the domain. NaN never does."""
        if (isinf(value) and not self.infinite) or (self.but_zero and value == 0):
            return False
        return (self.low < value if self.open_low else self.low <= value) and value <= self.high

    @property
    def number(self) -> float | None:
        """What the ufunc takes by default; None where that is given, or another parameter's."""
        if isinstance(self.default, NoneAs):
            return self.default.number
        return None if isinstance(self.default, SameAs) else self.default

    @property
    def bounded(self) -> bool:
        """Whether the domain is less than all finite numbers but, perhaps, 0."""
        return self.low > -inf or self.high < inf

    @property
    def domain(self) -> str:
        """The domain in words, for messages and docs."""
        if not self.bounded:
            return f"any {'' if self.infinite else 'finite '}number{' but 0' if self.but_zero else ''}"
        low = f"{self.name} {'>' if self.open_low else '>='} {self.low:g}"
        high = f"{self.name} <= {self.high:g}"
        return low if self.high == inf else (high if self.low == -inf else f"{low} and {high}")


class Choice(NamedTuple):
    """A keyword that selects between rows: ``gelu(approximate="tanh")`` is the row gelu_tanh."""

    name: str
    default: str
    rows: dict[str, str]


class Row(NamedTuple):
    """One activation function.

    ``value_ulp`` and ``derivative_ulp`` bound the error of the compiled kernels in float32 and float64, in ULPs of the
    result, on processors with fma; within 2^-4 of one of ``roots`` the error of the derivative is counted in ULPs of
    2^-6. ``from_output`` tells for which parameters the
    output determines the derivative; None: it does not.
    """

    name: str
    summary: str
    formula: str
    derivative_formula: str
    range: tuple[float, float]
    derivative_range: tuple[float, float] | None
    value_ulp: float
    derivative_ulp: float
    source: str
    parameter_ulp: float = 0.0  # by how much the error of the value may be more with other parameters than the defaults
    aliases: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    derivative_params: tuple[Param, ...] = ()  # of the derivative and backward alone, after params
    ordered: tuple[tuple[str, str], ...] = ()  # pairs of parameters of which the first must not be the greater
    choice: Choice | None = None
    from_output: str | None = None
    from_output_domain: tuple[Param, ...] = ()  # narrower domains that reading the output needs
    from_output_ordered: tuple[tuple[str, str], ...] = ()  # as ``ordered``, what reading the output needs besides
    roots: tuple[float, ...] = ()  # interior roots of the derivative
    kinks: tuple[float, ...] = ()
    domain: tuple[float, float] = (-inf, inf)  # outside it value and derivative are NaN
    limits: tuple[float, float] = (nan, nan)  # value at -inf and inf; NaN where there is none
    periodic: bool = False  # the derivative is: it has no limits either, and roots everywhere, accurate all the same
    monotonic: bool = False  # nowhere decreasing, but for steps back of 1 ULP that rounding makes
    # "odd": f(-x) = -f(x); "point": f(x) + f(-x) is constant, the derivative of both even; "even": f(-x) = f(x)
    symmetry: str = ""
    derivative_at: tuple[float, float] | None = None  # where derivative_range is: at x, or in the limit at an infinity
    smoothness: float = inf  # times that it is continuously differentiable; -1: it jumps
    saturates: str = ""  # "left", "right" or "both": the sides on which the derivative tends to 0
    dead_region: tuple[tuple[float, float], ...] = ()  # open intervals in which the derivative is 0
    edges: str = ""
    compared: str = ""
    axis: bool = False  # a function of rows along an axis, not of single elements
    gated: bool = False  # of two arrays, a gate and what it multiplies
    spatial: bool = False  # a function of planes and a learned window, not of single elements
    channels: bool = False  # the first parameter may have one value per channel
    random: bool = False  # in training its slopes on the left are drawn at random
    reference_ulp: float = 8.0  # bounds of the NumPy fallback in float64; float32 is computed there in float64
    reference_derivative_ulp: float = 8.0
    example: str = ""  # the value at example_at, rounded to four digits, as NumPy prints it
    example_at: tuple[float, float, float] = (-2.0, 0.0, 2.0)

    # the same row is equal to itself alone, and a key of caches
    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)

    def accepts(self, values: Mapping[str, float]) -> bool:
        """Whether the parameters fit together, each one being in its domain."""
        return all(values[low] <= values[high] for low, high in self.ordered)


# Half types are computed in float32 and rounded once: half an ULP, and a little for what float32 has lost.
HALVES = ("float16", "bfloat16")
HALF_ULP = 0.51
