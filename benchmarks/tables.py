"""Makes fastact/formulas/tables.pxd, the polynomials that float32 kernels look up by interval. Nothing imports it.

A table has 8 entries, one for each interval of a = |x|, or 16, the upper 8 for x < 0. An entry is a centre and the
coefficients of a polynomial about it: ``t = a - centre``, ``q = c[D]``, then ``q = fma(q, t, c[k])`` down to ``c[0]``,
all in float32. A centre is a number where the function is nearly a float32 number, so that ``c[0]`` loses nothing and
only the last step rounds what matters. Many are tried. The coefficients are fitted by least squares and rounded one
after the other, the leading one first, each time fitting the rest anew; those of the best centres are moved by an ULP
or more as well. The best in samples are compared over every float32 number of the interval: samples miss the worst.

The interval is the low 3 bits of an integer, v = fma(a, scale, offset) in float32:

    squares   the bits of fma(v, v, 12582912)
    octaves   the bits of v, shifted right by 23 - log2(intervals in each octave)

What a kernel computes of q, and what errors are judged by (the sign of q is the kernel's where it says so):

    value       q                      tanh; expm1: at x = -a; mish, mish_slope: at x, of two signs
    minus       max(-0.0, x) - q       gelu, silu, gelu_tanh
    plus        max(0.0, x) + q        softplus
    complement  q at -a, 1 - q at a    sigmoid, gelu_slope, silu_slope, gelu_tanh_slope

Beyond the end of its range a table is looked up at the end; what is right of it is right for all larger x, which is why
``make`` demands that the value at the end be that at infinity. On the left a kernel needs another formula there.
Errors near a derivative's root, within 2^-4, are in ULP of 2^-6 where those of the value are smaller.

    python benchmarks/tables.py                  # writes the file anew, in some minutes
    python benchmarks/tables.py --check          # fails unless the file holds what this makes, likewise
    python benchmarks/tables.py --only gelu      # prints what the table `gelu` would be

Needs NumPy and a C compiler (``cc``) for benchmarks/tables_error.c, on a processor with fma.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
TABLES_FILE = HERE.parent / "fastact/formulas/tables.pxd"
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Moves = NDArray[np.int8]

# As in tables_error.c
FUNCTIONS = [
    "gelu",
    "gelu_slope",
    "tanh",
    "silu",
    "silu_slope",
    "mish",
    "mish_slope",
    "softplus",
    "sigmoid",
    "gelu_tanh",
    "gelu_tanh_slope",
    "quick_gelu_slope",
]
FINISHES = ["value", "minus", "plus", "complement"]
KINDS = ["squares", "octaves"]
# Of the candidates every number from here on is looked at, and every 61st before; of the finished table all of them.
FIRST = 2.0**-8
# Below, a polynomial about 0 is c[1] a, whose errors repeat in each octave, and any other is constant.
LEAST = 2.0**-30
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Table:
    """One table: ``function`` on [0, end] or [-left, end], what the kernel makes of it, and where its intervals are."""

    name: str
    about: str
    function: str
    finish: str
    degree: int
    kind: str
    scale: float
    offset: float
    per_octave: int
    end: float
    left: float = 0.0  # where not 0 the table has 16 entries, the upper 8 for x < 0
    root: float = math.inf
    zero: bool = False  # the function is 0 at 0, and so must the polynomial be
    last: float | None = 1.0  # the kernel's result at the end; None: x

    @property
    def entries(self) -> int:
        return 16 if self.left else 8


@dataclass(frozen=True)
class Interval:
    low: float
    high: float  # the float32 numbers at its ends, |low| <= |high|
    entry: int


def built() -> ctypes.CDLL:
    """tables_error.c as a library. Of the flags none lets sums be reordered, and contraction is off."""
    flags = ["-O3", "-march=native", "-shared", "-fPIC", "-Wall", "-Wextra", "-ffp-contract=off", "-fno-math-errno"]
    flags += ["-fno-trapping-math", "-ffinite-math-only", "-fno-signed-zeros"]
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/tables_error.so"
        subprocess.run(["cc", *flags, str(HERE / "tables_error.c"), "-o", path, "-lm"], check=True)
        library = ctypes.CDLL(path)
    number, word, real, table = ctypes.c_double, ctypes.c_int, ctypes.c_float, ctypes.c_void_p
    signatures: dict[str, tuple[object, list[object]]] = {
        "reference": (number, [word, number]),
        "interval": (ctypes.c_uint32, [word, real, real, word, real]),
        "take": (None, [word, number, real, real, word, word, word]),
        "remember": (None, [word, number, real]),
        "error_in_samples": (number, [word, real, table, word, number]),
        "error_in_all": (number, [word, real, table, word, number, table]),
        "fit_each": (None, [word, table, table, table, number, word, word, word, table, table, word, table, table]),
        "rounding": (None, [word, word, table, table]),
        "judge": (number, [word, word, number, word, real, real, word, real, real, word, word, table, word, table]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def float_of(bits: int) -> float:
    return float(np.array([bits], np.uint32).view(np.float32)[0])


def bits_of(value: float) -> int:
    return int(np.array([value], np.float32).view(np.uint32)[0])


class Maker:
    """Finds the coefficients of one table."""

    def __init__(self, library: ctypes.CDLL, table: Table, effort: float = 1.0) -> None:
        self.library, self.table, self.effort = library, table, effort
        self.cut = 0.0  # of the last interval: the error of the polynomial before rounding, in 2^-24
        self.function, self.finish = FUNCTIONS.index(table.function), FINISHES.index(table.finish)

    def index(self, a: float) -> int:
        table = self.table
        kind = KINDS.index(table.kind)
        return int(self.library.interval(kind, table.scale, table.offset, table.per_octave, a))

    def intervals(self, end: float, sign: float) -> list[Interval]:
        """Where the index changes, as the kernel computes it: by bisection over the float32 numbers."""
        found = []
        low = 0
        while low <= bits_of(end):
            number = self.index(float_of(low))
            inside, outside = low, bits_of(end) + 1
            while outside - inside > 1:
                middle = (inside + outside) // 2
                if self.index(float_of(middle)) == number:
                    inside = middle
                else:
                    outside = middle
            entry = number & 7
            found.append(Interval(sign * float_of(low), sign * float_of(inside), entry + (8 if sign < 0 else 0)))
            low = outside
        if len(found) > 8:
            raise ValueError(f"{self.table.name}: {len(found)} intervals, the eighth up to {found[7].high}")
        return found

    def values(self, a: Doubles) -> Doubles:
        return np.array([self.library.reference(self.function, v) for v in a])

    def points(self, interval: Interval, zero: bool) -> tuple[Doubles, Doubles, Doubles]:
        """Chebyshev nodes, values and weights: relative to the function, by Lawson's iteration nearer to minimax."""
        degree = self.table.degree
        low, high = interval.low, interval.high
        if zero:
            low = high * 1e-4
        count = 6 * (degree + 3)
        cosines = np.cos(np.pi * (np.arange(count) + 0.5) / count)
        x = (low + high) / 2 + (high - low) / 2 * cosines
        y = self.values(x)
        relative = 1 / np.maximum(np.abs(y), np.where(np.abs(x - self.table.root) < 0.0625, 2.0**-6, 0))
        basis = np.polynomial.chebyshev.chebvander(cosines, degree)
        if zero:
            basis = np.polynomial.chebyshev.chebvander(cosines, degree - 1) * (x / high)[:, None]
        weight = np.ones(count)
        for _ in range(8):
            scale = relative * np.sqrt(weight)
            best = np.linalg.lstsq(basis * scale[:, None], y * scale, rcond=None)[0]
            error = np.abs(basis @ best - y) * relative
            weight = weight * (error + error.max() / 5)
            weight /= weight.mean()
        self.cut = float(error.max() * 2**24)
        return x, y, relative * np.sqrt(weight)

    def centres(self, interval: Interval, count: int) -> Floats:
        """Of many numbers of the interval those where the function is most nearly a float32 number."""
        part = (np.arange(1, 40 * count + 1) * GOLDEN) % 1
        numbers = (interval.low + (interval.high - interval.low) * (0.02 + 0.98 * part)).astype(np.float32)
        off = np.zeros(len(numbers))
        self.library.rounding(self.function, len(numbers), numbers.ctypes.data, off.ctypes.data)
        return np.ascontiguousarray(np.unique(numbers[np.argsort(off, kind="stable")[:count]]))

    def fitted(
        self, points: tuple[Doubles, Doubles, Doubles], half: float, zero: bool, centres: Floats, moves: Moves
    ) -> tuple[Floats, Doubles]:
        """The coefficients about each centre, those of power k moved by moves[k] ULP, and the errors in samples."""
        x, y, weight = points
        degree = self.table.degree
        coefficients = np.zeros((len(centres), degree + 1), np.float32)
        errors = np.zeros(len(centres))
        self.library.fit_each(
            len(x), x.ctypes.data, y.ctypes.data, weight.ctypes.data, half, degree, zero, len(centres),
            centres.ctypes.data, moves.ctypes.data, self.finish, coefficients.ctypes.data, errors.ctypes.data,
        )  # fmt: skip
        return coefficients, errors

    def compared(self, tried: list[tuple[float, float, Floats]], half: bool) -> tuple[float, float, Floats]:
        """The best over every number; tried are (error in samples, centre, coefficients), the best first.

        ``half``: of those that are 1/2 at 0, if the kernel is to have that for both signs.
        """
        best = (math.inf, tried[0][1], tried[0][2])
        where = np.zeros(1, np.float32)
        degree = self.table.degree
        for _, centre, c in tried:
            # the slope at 0 is 1/2 for both signs, q for one and 1 - q for the other
            if self.table.finish == "complement" and half and at(c, centre, 0.0) != 0.5:
                continue
            if self.library.error_in_samples(self.finish, centre, c.ctypes.data, degree, best[0]) >= best[0]:
                continue
            error = self.library.error_in_all(self.finish, centre, c.ctypes.data, degree, best[0], where.ctypes.data)
            if error < best[0]:
                best = (error, centre, c)
            else:
                self.library.remember(self.function, self.table.root, where[0])
        return best

    def solve(self, interval: Interval) -> tuple[float, list[float]]:
        """The largest error of an interval's polynomial; its centre and coefficients."""
        table, degree = self.table, self.table.degree
        zero = table.zero and interval.low == 0
        first = math.copysign(FIRST, interval.high) if abs(interval.low) < FIRST else interval.low
        self.library.take(self.function, table.root, first, interval.high, 1, True, 3000)
        if first != interval.low:
            self.library.take(self.function, table.root, math.copysign(LEAST, first), first, 61, False, 500)
        points = self.points(interval, zero)
        half = abs(interval.high - interval.low) / 2
        root = min(abs(interval.low), abs(interval.high)) < abs(table.root) < max(abs(interval.low), abs(interval.high))
        root = root and (table.root < 0) == (interval.high < 0)
        if zero:
            centres = np.zeros(1, np.float32)
        elif root:
            centres = np.array([table.root], np.float32)
        else:
            centres = self.centres(interval, int(4000 * self.effort))
        c, errors = self.fitted(points, half, zero, centres, np.zeros((len(centres), degree + 1), np.int8))
        order = np.argsort(errors, kind="stable")[:200]
        tried = [(float(errors[i]), float(centres[i]), c[i]) for i in order]
        best = self.compared(tried, interval.low == 0)
        # Then the best centres with the leading coefficients moved by an ULP or more.
        reach = 3 if zero or root else 1
        steps = np.arange(-reach, reach + 1)
        leading = np.stack(np.meshgrid(*[steps] * 3, indexing="ij"), -1).reshape(-1, 3)
        moves = np.zeros((len(leading), degree + 1), np.int8)
        moves[:, (1 if zero else 0) : (4 if zero else 3)] = leading
        for centre in dict.fromkeys([best[1], *(t[1] for t in tried[:25])]):
            c, errors = self.fitted(points, half, zero, np.full(len(moves), centre, np.float32), moves)
            tried += [(float(e), centre, row) for e, row in zip(errors, c, strict=True) if e < best[0]]
        tried = [(best[0], best[1], best[2]), *sorted(tried, key=lambda t: t[0])[: int(500 * self.effort)]]
        best = self.compared(tried, interval.low == 0)
        if zero and self.library.reference(self.function, interval.high) < 0:
            best[2][0] = -0.0  # what is negative beside 0 is -0.0 there
        print(
            f"  [{interval.low:.5g}, {interval.high:.5g}] entry {interval.entry}: {best[0]:.3f} ULP, "
            f"{self.cut:.3f} before rounding, centre {best[1]:.6g}",
            flush=True,
        )
        return best[0], [best[1], *map(float, best[2])]

    def judged(self, columns: Floats) -> tuple[float, float]:
        """The largest error over every number of the range, and where."""
        table = self.table
        columns = np.ascontiguousarray(columns)
        worst = (0.0, 0.0)
        at = np.zeros(1, np.float32)
        for end in (table.end, -table.left):
            if end:
                error = self.library.judge(
                    self.function, self.finish, table.root, KINDS.index(table.kind), table.scale, table.offset,
                    table.per_octave, math.copysign(LEAST, end), end, table.entries, table.degree + 2,
                    columns.ctypes.data, 8 if end < 0 else 0, at.ctypes.data,
                )  # fmt: skip
                worst = max(worst, (error, float(at[0])))
        return worst

    def at_end(self, columns: Floats) -> float:
        """What the kernel makes of the right end, where it must be what it is at infinity."""
        table = self.table
        column = columns[:, self.index(table.end) & 7]
        q = at(column[1:], column[0], table.end)
        end, one = np.float32(table.end), np.float32(1)
        return float({"value": q, "minus": end - q, "plus": end + q, "complement": one - q}[table.finish])

    def make(self) -> str:
        """The table in C."""
        table = self.table
        print(f"{table.name}: {table.about}", flush=True)
        columns = np.zeros((table.degree + 2, table.entries), np.float32)
        intervals = self.intervals(table.end, 1.0)
        if table.left:
            intervals += self.intervals(table.left, -1.0)
        for interval in intervals:
            columns[:, interval.entry] = self.solve(interval)[1]
        if self.at_end(columns) != (table.end if table.last is None else table.last):
            raise ValueError(f"{table.name}: {self.at_end(columns)} at the end")
        worst, at = self.judged(columns)
        print(f"{table.name}: {worst:.4f} ULP at {at!r}", flush=True)
        low = f"{-table.left:.9g}" if table.left else "0"
        upper = f"FASTACT_{table.name.upper()}"
        size = f"{table.degree + 2}][{table.entries}"
        octaves = table.kind == "octaves"
        lines = [
            f"/* {table.about} on [{low}, {table.end:.9g}], degree {table.degree}, by {table.kind}; {table.finish}:",
            f"   {worst:.3f} ULP at {at:.9g} */",
            f"#define {upper}_DEGREE {table.degree}",
            f"#define {upper}_SCALE {table.scale!r}f",
            f"#define {upper}_OFFSET {table.offset!r}f",
            *([f"#define {upper}_SHIFT {23 - table.per_octave.bit_length() + 1}"] if octaves else []),
            f"#define {upper}_END {table.end!r}f",
            *([f"#define {upper}_LEFT {table.left!r}f"] if table.left else []),
            f"static const FASTACT_ALIGN64 float fastact_{table.name}_table[{size}] = {{",
            *(line for row in columns for line in written(row)),
            "};",
        ]
        return "\n".join(lines) + "\n"


def written(row: Floats) -> list[str]:
    """The lines of a column, four numbers in each."""
    numbers = [", ".join(map(literal, row[k : k + 4])) for k in range(0, len(row), 4)]
    return ["    {", *(f"        {four}," for four in numbers), "    },"]


def at(coefficients: Floats, centre: float, a: float) -> np.float32:
    """A polynomial about a centre, as a kernel computes it but for some 2^-29 of an ULP, which is the sum's."""
    t = float(np.float32(a) - np.float32(centre))
    q = np.float32(coefficients[-1])
    for c in coefficients[-2::-1]:
        q = np.float32(float(q) * t + float(c))
    return q


def literal(value: np.float32) -> str:
    """In hexadecimal, without the zeros that end the digits."""
    digits, _, exponent = float(value).hex().partition("p")
    whole, _, part = digits.partition(".")
    part = part.rstrip("0")
    return f"{whole}{'.' if part else ''}{part}p{exponent}f"


# Roots of the derivatives, at x = -a but for mish; each is the centre of its interval, so that nothing cancels there.
GELU_ROOT, SILU_ROOT, GELU_TANH_ROOT, MISH_ROOT = 0.7517915, 1.2784646, 0.7524614, -1.1924312
QUICK_GELU_ROOT = 0.75115424

# Scales and offsets were found by trial: the error is to be about the same in all intervals, where the largest is not
# that of the first one alone (of two functions that vanish at 0, or whose derivative has its root there). The scale is
# then the largest for which 8 intervals reach the end. Ends: where the simplest formula of the left tail is right to
# some tenths of an ULP, and the right is at its limit.
TABLES = [
    Table("gelu", "a Phi(-a)", "gelu", "minus", 8, "squares", 0.3444, 0.935, 1, 5.75, zero=True, last=None),
    Table("gelu_slope", "gelu'(-a)", "gelu_slope", "complement", 8, "squares", 0.3358, 0.9, 1, 6.0, root=GELU_ROOT),
    Table("tanh", "tanh(a)", "tanh", "value", 6, "octaves", 0.78, 0.5, 2, 9.0625, zero=True),
    Table("silu_slope", "silu'(-a)", "silu_slope", "complement", 9, "octaves", 0.1528, 1.0, 4, 19.625, root=SILU_ROOT),
    Table(
        "quick_gelu_slope", "quick_gelu'(-a)", "quick_gelu_slope", "complement", 9, "octaves", 0.26, 1.0, 4, 11.53125,
        root=QUICK_GELU_ROOT,
    ),
    Table("softplus", "log(1 + exp(-a))", "softplus", "plus", 9, "octaves", 0.0971, 1.8, 8, 17.5, last=None),
    Table(
        "gelu_tanh", "-gelu_tanh(-a)", "gelu_tanh", "minus", 8, "squares", 0.3854, 0.94, 1, 5.125,
        zero=True, last=None,
    ),
    Table(
        "gelu_tanh_slope", "gelu_tanh'(-a)", "gelu_tanh_slope", "complement", 8, "squares", 0.3664, 0.9, 1, 5.5,
        root=GELU_TANH_ROOT,
    ),
    Table(
        "mish_slope", "mish'(x)", "mish_slope", "value", 9, "octaves", 0.1022, 1.762, 8, 10.5,
        left=17.0, root=MISH_ROOT,
    ),
]  # fmt: skip
BEFORE = [
    '"""Coefficients for `lookup.pxd`. Made by ``benchmarks/tables.py``, which says how; do not edit."""',
    "cdef extern from *:",
    '    """',
]
TOP = """\
/* [column][entry]: the columns are the centre and the coefficients, the leading one last. An error is the largest
   over every float32 number of the range, of the function's value or derivative as the kernel computes it. */
#if defined(_MSC_VER)
#define FASTACT_ALIGN64 __declspec(align(64))
#else
#define FASTACT_ALIGN64 __attribute__((aligned(64)))
#endif

"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the header, write nothing")
    parser.add_argument("--only", default="", help="print this table alone")
    parser.add_argument("--effort", type=float, default=1.0, help="with --only: of how many centres, times the usual")
    options = parser.parse_args()
    library = built()
    if options.only:
        for table in TABLES:
            if table.name == options.only:
                print(Maker(library, table, options.effort).make())
        return 0
    code = TOP + "\n".join(Maker(library, table).make() for table in TABLES)
    lines = [f"    {line}".rstrip() for line in code.rstrip().split("\n")]
    text = "\n".join([*BEFORE, *lines, '    """', ""])
    if not options.check:
        TABLES_FILE.write_text(text)
        return 0
    if TABLES_FILE.read_text() != text:
        print(f"{TABLES_FILE} is not what benchmarks/tables.py makes", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
