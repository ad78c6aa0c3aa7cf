"""Derive every fitted or split constant of fastact's ``.pxd`` files and ``reference/``, none of which import this.

Each entry of ``FITS`` is a weighted minimax problem: find the polynomial ``c[0] + c[1] t + ...`` whose largest
weighted error over an interval is least. It is solved by Lawson's iteration in 400-bit arithmetic. Rounding all the
coefficients of a minimax polynomial at once would cost several bits, so they are rounded one after the other, lowest
degree first, and what is left is fitted again each time: the later coefficients absorb the rounding of the earlier.

    python benchmarks/coefficients.py            # print all
    python benchmarks/coefficients.py expm1      # print those whose name contains "expm1"
    python benchmarks/coefficients.py --check    # fail unless the sources hold exactly these constants

Needs mpmath and NumPy (``pip install ".[bench]"``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mpmath as mp
import numpy as np

mp.mp.prec = 400
PACKAGE = Path(__file__).resolve().parent.parent / "fastact"
SOURCES = [*sorted(PACKAGE.rglob("*.pxd")), *sorted((PACKAGE / "reference").glob("*.py"))]
Real = mp.mpf


@dataclass(frozen=True)
class Fit:
    """One polynomial: ``target(t) ~ sum(c[j] * t**j)`` on ``[low, high]``, error weighted by ``weight(t)``."""

    name: str
    target: Callable[[Real], Real]
    weight: Callable[[Real], Real]
    low: Real
    high: Real
    degree: int
    dtype: str  # "f" rounds the coefficients to float32, "d" to float64
    about: str


def rounded(value: Real, dtype: str) -> Real:
    """The float32 or float64 nearest to ``value``, as an exact mpf."""
    if dtype == "d":
        return mp.mpf(float(value))
    mantissa, exponent = mp.frexp(value)
    return mp.ldexp(mp.mpf(int(mp.nint(mantissa * 2**24))), int(exponent) - 24)


def least_squares(rows: list[list[Real]], right: list[Real], weights: list[Real]) -> list[Real]:
    """Solve the weighted normal equations; the working precision leaves room for their squared condition."""
    count = len(rows[0])
    gram = mp.matrix(count, count)
    moment = mp.matrix(count, 1)
    for row, value, weight in zip(rows, right, weights, strict=True):
        scaled = [weight * r for r in row]
        for j in range(count):
            moment[j] += scaled[j] * value
            for k in range(j + 1):
                gram[j, k] += scaled[j] * row[k]
    for j in range(count):
        for k in range(j):
            gram[k, j] = gram[j, k]
    return list(mp.cholesky_solve(gram, moment))


def solve(fit: Fit) -> tuple[list[Real], Real]:
    """Coefficients of ``fit`` in its dtype, and the largest weighted error that they leave.

    Lawson's algorithm: least squares, each point's weight multiplied by the error it had, tends to the minimax
    polynomial and, unlike Remez' exchange, does not mind a weight that vanishes inside the interval.
    """
    count = fit.degree + 1
    middle, half = (fit.low + fit.high) / 2, (fit.high - fit.low) / 2
    size = 6 * count
    points = [middle - half * mp.cos(mp.pi * (j + mp.mpf(1) / 2) / size) for j in range(size)]
    scale = [fit.weight(t) for t in points]
    rows = [[w * t**power for power in range(count)] for w, t in zip(scale, points, strict=True)]
    right = [w * fit.target(t) for w, t in zip(scale, points, strict=True)]
    weights = [mp.mpf(1) / size] * size
    for _ in range(12):
        free = least_squares(rows, right, weights)
        errors = [abs(mp.fdot(row, free) - b) for row, b in zip(rows, right, strict=True)]
        weights = [w * (e + max(errors) / 50) for w, e in zip(weights, errors, strict=True)]
        total = mp.fsum(weights)
        weights = [w / total for w in weights]
    done: list[Real] = []
    for power in range(count):
        rest = [b - mp.fdot(row[:power], done) for row, b in zip(rows, right, strict=True)]
        done.append(rounded(least_squares([row[power:] for row in rows], rest, weights)[0], fit.dtype))
    grid = [fit.low + (fit.high - fit.low) * k / 2000 for k in range(2001)]
    worst = max(abs(fit.weight(t) * (fit.target(t) - mp.polyval(done[::-1], t))) for t in grid)
    return done, worst


def literal(value: Real, dtype: str) -> str:
    """The shortest decimal that reads back as ``value`` in its dtype."""
    number = float(value)
    return repr(number if dtype == "d" else float(str(np.float32(number))))


HALF_LN2 = mp.log(2) / 2


def expm1_tail(f: Real) -> Real:
    """q of expm1(f) = f + f*f*q(f), by its series near 0."""
    if abs(f) < mp.mpf("1e-8"):
        return mp.mpf(1) / 2 + f / 6 + f * f / 24
    return (mp.expm1(f) - f) / (f * f)


def expm1_weight(f: Real) -> Real:
    """Makes the error one relative to expm1(f); its limit at 0 is 0."""
    return abs(f * f / mp.expm1(f)) if f else mp.mpf(0)


def absolute_weight(f: Real) -> Real:
    """Makes the error of f*f*q(f) one relative to 1, next to which it is small."""
    return f * f


def log1p_tail(e: Real) -> Real:
    """R of log1p(e) = e + e*e*R(e)."""
    if e < mp.mpf("1e-12"):
        return -mp.mpf(1) / 2 + e / 3 - e * e / 4
    return (mp.log1p(e) - e) / (e * e)


def log1p_weight(e: Real) -> Real:
    """Makes the error one relative to log1p(e)."""
    return e * e / mp.log1p(e) if e else mp.mpf(0)


def log1p_exp_tail(t: Real) -> Real:
    """q of log(1 + exp(z)) = ln2 + z/2 + t q(t), t = z*z."""
    if t < mp.mpf("1e-40"):
        return mp.mpf(1) / 8
    z = mp.sqrt(t)
    return (mp.log1p(mp.exp(-z)) - mp.log(2) + z / 2) / t


def log1p_exp_weight(t: Real) -> Real:
    """Makes the error one relative to log(1 + exp(z)) for z < 0, where it is smaller."""
    return t / mp.log1p(mp.exp(-mp.sqrt(t)))


def log_tail(t: Real) -> Real:
    """q of log((1 + z)/(1 - z)) = 2 z + z^3 q(t), t = z*z."""
    if t < mp.mpf("1e-30"):
        return mp.mpf(2) / 3 + 2 * t / 5
    z = mp.sqrt(t)
    return (2 * mp.atanh(z) - 2 * z) / (z * t)


def log_weight(t: Real) -> Real:
    """Makes the error one relative to the logarithm."""
    return t / (2 + t * log_tail(t))


def tanhshrink_tail(t: Real) -> Real:
    """q of x - tanh(x) = x^3 (1/3 + t q(t)), t = x*x."""
    if t < mp.mpf("1e-30"):
        return -mp.mpf(2) / 15 + 17 * t / 315
    x = mp.sqrt(t)
    return ((x - mp.tanh(x)) / (x * t) - mp.mpf(1) / 3) / t


def tanhshrink_weight(t: Real) -> Real:
    """Makes the error one relative to x - tanh(x)."""
    return t / (mp.mpf(1) / 3 + t * tanhshrink_tail(t))


def mills(a: Real) -> Real:
    """Mills' ratio over sqrt(2 pi): M(a) = Phi(-a) exp(a*a/2) = erfcx(a/sqrt(2))/2."""
    return mp.erfc(a / mp.sqrt(2)) * mp.exp(a * a / 2) / 2


def slope_root() -> Real:
    """The a > 0 at which M(a) = a/sqrt(2 pi), that is where the derivative of gelu vanishes at -a."""
    return mp.findroot(lambda a: mills(a) - a / mp.sqrt(2 * mp.pi), mp.mpf("0.75"))


SLOPE_ROOT = slope_root()


def slope(a: Real) -> Real:
    """K(a) of M(a) - a/sqrt(2 pi) = (a0 - a) K(a), a0 the root: gelu'(-a) without its cancellation."""
    if abs(a - SLOPE_ROOT) < mp.mpf("1e-40"):
        a += mp.mpf("1e-40")
    return (mills(a) - a / mp.sqrt(2 * mp.pi)) / (SLOPE_ROOT - a)


def gelu_derivative(x: Real) -> Real:
    return mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def gelu_tanh_derivative(x: Real) -> Real:
    scale, cubic = 2 * mp.sqrt(2 / mp.pi), mp.mpf("0.044715")
    s = 1 / (1 + mp.exp(-scale * (x + cubic * x**3)))
    return s * (1 + x * scale * (1 + 3 * cubic * x * x) * (1 - s))


def silu_derivative(z: Real) -> Real:
    s = 1 / (1 + mp.exp(-z))
    return s * (1 + z * (1 - s))


SILU_ROOT = mp.findroot(silu_derivative, mp.mpf("-1.278"))
GELU_TANH_ROOT = mp.findroot(gelu_tanh_derivative, mp.mpf("-0.7525"))


def at_root(name: str, f: Callable[[Real], Real], root: Real, about: str) -> Fit:
    """``f(root + h)/h`` in h, in float64: f without its cancellation."""

    def target(h: Real) -> Real:
        return f(root + h) / h if abs(h) > mp.mpf("1e-40") else mp.diff(f, root)

    return Fit(name, target, relative(target), mp.mpf("-0.5625"), mp.mpf("0.5625"), 18, "d", about)


def relative(f: Callable[[Real], Real]) -> Callable[[Real], Real]:
    return lambda t: 1 / abs(f(t))


def gaussian_tail(
    name: str, dtype: str, f: Callable[[Real, Real], Real], about: str, centre: float, largest: float, degree: int
) -> Fit:
    """``f(a, c)`` of a >= 0 as a polynomial in v = (a - c)/(a + c), which maps [0, inf) to [-1, 1).

    The rounding of the constant term is an error at v = 0 that nothing mends. The centres near 4 are those multiples
    of 1/64 at which that term is nearly a number of its dtype.
    """
    c, top = mp.mpf(centre), mp.mpf(largest)

    def target(v: Real) -> Real:
        return f(c * (1 + v) / (1 - v), c)

    about = f"{about}, c = {centre}"
    return Fit(name, target, relative(target), mp.mpf(-1), (top - c) / (top + c), degree, dtype, about)


def beyond(name: str, f: Callable[[Real], Real], first: float, last: float, about: str) -> Fit:
    """f(a) from ``first`` to ``last``, where it is nearly constant, as a polynomial in 1/a^2, in float32."""

    def target(t: Real) -> Real:
        return f(1 / mp.sqrt(t))

    return Fit(name, target, relative(target), 1 / mp.mpf(last) ** 2, 1 / mp.mpf(first) ** 2, 4, "f", about)


def mills_numerator(a: Real, c: Real) -> Real:
    return (a + c) * mills(a)


def sine_tail(s: Real) -> Real:
    """q of sin(r) = r + r s q(s), s = r*r."""
    if s < mp.mpf("1e-40"):
        return -mp.mpf(1) / 6
    r = mp.sqrt(s)
    return (mp.sin(r) / r - 1) / s


def sine_weight(s: Real) -> Real:
    """Makes the error one relative to sin(r)."""
    r = mp.sqrt(s)
    return s * r / mp.sin(r) if s else mp.mpf(0)


MILLS = "G(v) = (a + c) Phi(-a) exp(a*a/2), v = (a - c)/(a + c)"
SLOPE = "K(v) of (Phi(-a) - a phi(a)) exp(a*a/2) = (a0 - a) K, v = (a - c)/(a + c)"
EXPM1 = "q of expm1(f) = f + f*f*q(f)"
EXP = "q of exp(f) = 1 + f + f*f*q(f)"
LOG1P_EXP = "q(z*z) of log(1 + exp(z)) = ln2 + z/2 + z*z*q(z*z)"
TANHSHRINK = "q(x*x) of x - tanh(x) = x^3 (1/3 + x*x*q(x*x))"
LOG = "q(z*z) of log((1 + z)/(1 - z)) = 2 z + z^3 q(z*z)"
LOG1P = "R of log1p(e) = e + e*e*R(e)"
SINE = "q(r*r) of sin(r) = r + r*r*r*q(r*r)"
FITS = [
    Fit("expm1_f", expm1_tail, expm1_weight, -HALF_LN2, HALF_LN2, 5, "f", EXPM1),
    Fit("expm1_d", expm1_tail, expm1_weight, -HALF_LN2, HALF_LN2, 10, "d", EXPM1),
    Fit("exp_f", expm1_tail, absolute_weight, -HALF_LN2, HALF_LN2, 4, "f", EXP),
    Fit("exp_d", expm1_tail, absolute_weight, -HALF_LN2, HALF_LN2, 9, "d", EXP),
    Fit("log1p_f", log1p_tail, log1p_weight, mp.mpf(0), mp.exp(-1), 5, "f", LOG1P),
    Fit("log1p_d", log1p_tail, log1p_weight, mp.mpf(0), mp.exp(-1), 13, "d", LOG1P),
    Fit("log1p_exp_f", log1p_exp_tail, log1p_exp_weight, mp.mpf(0), mp.mpf(1), 3, "f", LOG1P_EXP),
    Fit("log1p_exp_d", log1p_exp_tail, log1p_exp_weight, mp.mpf(0), mp.mpf(1), 9, "d", LOG1P_EXP),
    gaussian_tail("mills_d", "d", mills_numerator, MILLS, 3.9375, 39, 24),
    gaussian_tail("slope_d", "d", lambda a, c: slope(a), SLOPE, 4.265625, 39, 24),
    beyond("gelu_tail_f", lambda a: a * mills(a), 5.75, 14.4, "a Phi(-a) exp(a*a/2) in 1/a^2"),
    beyond(
        "gelu_slope_tail_f",
        lambda a: 1 / mp.sqrt(2 * mp.pi) - mills(a) / a,
        6.0,
        14.6,
        "-gelu'(-a) exp(a*a/2)/a in 1/a^2",
    ),
    at_root("gelu_root_d", gelu_derivative, -SLOPE_ROOT, "gelu'(r + h)/h, r its root"),
    at_root("silu_root_d", silu_derivative, SILU_ROOT, "silu'(r + h)/h, r its root"),
    at_root("gelu_tanh_root_d", gelu_tanh_derivative, GELU_TANH_ROOT, "gelu_tanh'(r + h)/h, r its root"),
    Fit("sine_f", sine_tail, sine_weight, mp.mpf(0), (mp.pi / 2) ** 2, 4, "d", SINE),  # float32 in double arithmetic
    Fit("sine_d", sine_tail, sine_weight, mp.mpf(0), (mp.pi / 2) ** 2, 8, "d", SINE),
    Fit("tanhshrink_f", tanhshrink_tail, tanhshrink_weight, mp.mpf(0), mp.mpf(1), 6, "f", TANHSHRINK),
    Fit("tanhshrink_d", tanhshrink_tail, tanhshrink_weight, mp.mpf(0), mp.mpf(1), 15, "d", TANHSHRINK),
    Fit("log_f", log_tail, log_weight, mp.mpf(0), mp.mpf("0.04"), 2, "f", LOG),
    Fit("log_d", log_tail, log_weight, mp.mpf(0), mp.mpf("0.04"), 7, "d", LOG),
]


def split(name: str, value: Real, bits: int = 0, dtypes: str = "fd", nearest: bool = False) -> list[str]:
    """``value`` as a pair of float32 and one of float64; the high part is cut to ``bits`` bits where bits is given.

    The high part is the value cut off, or the number nearest to it.
    """
    lines = []
    for dtype in dtypes:
        precision = 24 if dtype == "f" else 53
        keep = (bits if dtype == "f" else bits + 26) if bits else precision
        mantissa, exponent = mp.frexp(value)
        high = mp.ldexp((mp.nint if nearest else mp.floor)(mantissa * 2**keep), int(exponent) - keep)
        lines += [f"  {name}_{dtype} {literal(high, dtype)} + {literal(rounded(value - high, dtype), dtype)}"]
    return lines


def pieces(name: str, value: Real, *bits: int) -> str:
    """``value`` as the unevaluated sum of float64: of 53 bits to nearest, of fewer rounded down."""
    parts = []
    for count in bits:
        mantissa, exponent = mp.frexp(value)
        part = mp.ldexp(mp.floor(mantissa * 2**count), int(exponent) - count) if count < 53 else rounded(value, "d")
        parts.append(literal(part, "d"))
        value -= part
    return f"  {name} {' + '.join(parts)}"


# A product of two float64 is at most m 2^1942, m < 2^106; of the words of 1/pi that it meets the last ten count.
TURN_WORDS = 70


def turn_words() -> list[str]:
    """1/pi in words of 32 bits, from the point on."""
    with mp.workprec(32 * TURN_WORDS + 64):
        whole = int(mp.floor(mp.ldexp(1 / mp.pi, 32 * TURN_WORDS)))
    words = [f"0x{whole >> 32 * (TURN_WORDS - 1 - k) & 0xFFFFFFFF:08x}u" for k in range(TURN_WORDS)]
    return [f"  over_pi_{k} {', '.join(words[k : k + 10])}" for k in range(0, TURN_WORDS, 10)]


def nearest_product(bits: int, lowest: int, highest: int) -> tuple[Real, int]:
    """How near m 2^e, m < 2^bits, comes to a multiple of pi/4 other than 0, and that e, lowest <= e <= highest.

    The m whose products with 2^e 4/pi are nearest to integers are denominators of its continued fraction's convergents.
    """
    size = highest + 4 * bits  # of 4/pi
    with mp.workprec(size + 64):
        whole = int(mp.floor(mp.ldexp(4 / mp.pi, size)))
    best = mp.inf, 0
    for e in range(lowest, highest + 1):
        turns, unit = whole << max(e, 0), 1 << size + max(-e, 0)
        dividend, divisor, before, denominator = unit, turns % unit, 0, 1
        found = []
        while divisor and denominator < 1 << bits:
            found.append(denominator)
            quotient, rest = divmod(dividend, divisor)
            dividend, divisor = divisor, rest
            before, denominator = denominator, quotient * denominator + before
        for m in found:
            multiple, rest = divmod(m * turns + unit // 2, unit)
            if multiple:
                best = min(best, (abs(mp.mpf(rest - unit // 2)) / unit * mp.pi / 4, e))
    return best


def constants() -> list[str]:
    """The other constants: a number as the unevaluated sum of two of its dtype, the high part rounded down."""
    root = mp.sqrt(2 / mp.pi)
    scale = mp.mpf("1.0507009873554804934193349852946")
    alpha = mp.mpf("1.6732632423543772848170429916717")
    return [
        *split("ln2", mp.log(2), 15),  # times an exponent it must be exact where there is no fma
        *split("selu_scale", scale),
        *split("selu_scale_alpha", scale * alpha),
        *split("gelu_tanh_linear", 2 * root, 18),  # fewer digits: see gelu_tanh_factor
        *split("gelu_tanh_cubic", 2 * root * mp.mpf("0.044715")),
        *split("gelu_tanh_slope", 6 * root * mp.mpf("0.044715")),
        *split("gelu_slope_root", SLOPE_ROOT, dtypes="d"),
        *split("gelu_tanh_root", -GELU_TANH_ROOT, dtypes="d"),
        *split("silu_root", -SILU_ROOT, dtypes="d"),
        *split("quick_gelu", mp.mpf("1.702")),
        *split("sixth", mp.mpf(1) / 6, nearest=True),
        pieces("pi_f", mp.pi, 53, 53),
        pieces("pi_f_without_fma", mp.pi, 30, 30, 53),  # times a multiple of 1/4 of 23 bits the first two are exact
        pieces("pi_d", mp.pi, 53, 36, 36, 53),  # times one of 17 bits the second and third are
        pieces("over_pi", 1 / mp.pi, 53),
        *turn_words(),
        *split("third", mp.mpf(1) / 3),
        *split("dish_root", mp.sqrt((mp.sqrt(5) - 1) / 2), dtypes="d"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="", help="print only the fits whose name contains this")
    parser.add_argument("--check", action="store_true", help="compare with the constants in the sources")
    options = parser.parse_args()
    source = "".join(path.read_text() for path in SOURCES) if options.check else ""
    missing = []
    for fit in FITS:
        if options.name not in fit.name:
            continue
        coefficients, worst = solve(fit)
        print(f"{fit.name}: {fit.about}\n  largest weighted error 2**{float(mp.log(worst, 2)):.2f}")
        for power, value in enumerate(coefficients):
            text = literal(value, fit.dtype)
            print(f"  t**{power:<3d}{text}")
            if options.check and text.lstrip("-") not in source:
                missing.append(f"{fit.name} t**{power}: {text}")
    for line in constants():
        if options.name in line:
            print(line)
            texts = [text.strip("-,") for text in line.split()[1:] if text != "+"]
            absent = [text for text in texts if options.check and text not in source]
            missing += [f"{line.split()[0]}: {text}" for text in absent]
    if options.name in "nearest_product" and not options.check:
        for bits, lowest, highest in ((48, -48, 208), (106, -106, 1942)):  # of float32 and float64
            nearest, e = nearest_product(bits, lowest, highest)
            print(f"  nearest_product of {bits} bits: 2**{float(mp.log(nearest, 2)):.1f}, times 2**{e}")
    for line in missing:
        print(f"not in the sources: {line}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
