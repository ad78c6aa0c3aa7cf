"""The two arithmetics of references.py on NumPy arrays: float64, good to 2^-45, and double-double, to 2^-75 and more.

Imported by references.py only; uses NumPy and mpmath. Both have the same methods, so that one formula serves both.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath as mp
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

PRECISION = 300  # bits, of constants and coefficients


def split(value: Any) -> tuple[float, float]:
    """An mpmath number as the sum of two floats."""
    high = float(value)
    return high, float(value - high)


@functools.cache
def chebyshev_mills(degree: int) -> tuple[Any, ...]:
    """Coefficients in v = (a - 4)/(a + 4) of (a + 4) Phi(-a) exp(a*a/2), the powers of v from the lowest.

    Interpolated at Chebyshev's points on [-1, 1], that is for every a >= 0; the function is analytic beyond both ends,
    and the coefficients fall by 2.3 bits each.
    """
    with mp.workprec(500):
        count = degree + 1

        def function(v: Any) -> Any:
            if v == 1:
                return 1 / mp.sqrt(2 * mp.pi)
            a = 4 * (1 + v) / (1 - v)
            if a > 10**4:  # Mills' ratio by its asymptotic series, which mpmath's erfc does not use soon enough
                terms = sum((-1) ** k * mp.fac2(2 * k - 1) / a ** (2 * k) for k in range(12))
                return (a + 4) / a * terms / mp.sqrt(2 * mp.pi)
            return (a + 4) * mp.erfc(a / mp.sqrt(2)) * mp.exp(a * a / 2) / 2

        points = [mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]
        values = [function(v) for v in points]
        # sums of values times T_j, then T_j in powers of v
        powers = [mp.mpf(0)] * count
        before, current = [mp.mpf(1)], [mp.mpf(0), mp.mpf(1)]
        for j in range(count):
            weight = (
                (2 if j else 1)
                * mp.fsum(value * mp.cos(mp.pi * j * (2 * k + 1) / (2 * count)) for k, value in enumerate(values))
                / count
            )
            polynomial = before if j == 0 else current
            for power, c in enumerate(polynomial):
                powers[power] += weight * c
            if j:
                following = [mp.mpf(0), *(2 * c for c in current)]
                for power, c in enumerate(before):
                    following[power] -= c
                before, current = current, following
        return tuple(powers)


class Float64:
    """Plain float64."""

    bits = 45  # how good results are, as a power of 2

    @staticmethod
    def number(x: Array) -> Any:
        return x

    @staticmethod
    def constant(value: Any) -> Any:
        return float(value)

    @staticmethod
    def reciprocal(value: float) -> float:
        """1/value as the kernels of float32 and float16 round it, whose judge this arithmetic is."""
        return float(np.float32(1) / np.float32(value))

    exp = staticmethod(np.exp)
    expm1 = staticmethod(np.expm1)
    sine = staticmethod(np.sin)
    log1p = staticmethod(np.log1p)
    log = staticmethod(np.log)
    sqrt = staticmethod(np.sqrt)
    where = staticmethod(np.where)

    @staticmethod
    def parts(x: Any) -> tuple[Array, Array | float]:
        return x, 0.0

    @staticmethod
    def mills(a: Array) -> Array:
        """Phi(-a) exp(a*a/2) for a >= 0."""
        v = (a - 4) / (a + 4)
        total = np.zeros_like(v)
        for c in map(float, reversed(chebyshev_mills(26))):
            total *= v
            total += c
        return total / (a + 4)


# ---- double-double --------------------------------------------------------------------------------------------------
# Dekker (Numerische Mathematik 18, 1971) and Knuth: the exact error of a sum or product of two floats is a float.


def two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def fast_two_sum(large: Any, small: Any) -> tuple[Any, Any]:
    total = large + small
    return total, small - (total - large)


def halves(a: Any) -> tuple[Any, Any]:
    c = 134217729.0 * a
    high = c - (c - a)
    return high, a - high


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    product = a * b
    ah, al = halves(a)
    bh, bl = halves(b)
    return product, ((ah * bh - product) + ah * bl + al * bh) + al * bl


class Pair:
    """An array of unevaluated sums high + low, |low| <= half an ULP of high."""

    __slots__ = ("high", "low")
    __array_ufunc__ = None  # so that array + Pair comes here

    def __init__(self, high: Any, low: Any = 0.0) -> None:
        self.high = high
        self.low = low

    @staticmethod
    def of(x: Any) -> Pair:
        return x if isinstance(x, Pair) else Pair(x)

    def __neg__(self) -> Pair:
        return Pair(-self.high, -self.low)

    def __add__(self, other: Any) -> Pair:
        other = Pair.of(other)
        high, low = two_sum(self.high, other.high)
        small, rest = two_sum(self.low, other.low)
        high, low = fast_two_sum(high, low + small)
        return Pair(*fast_two_sum(high, low + rest))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Pair:
        return self + -Pair.of(other)

    def __rsub__(self, other: Any) -> Pair:
        return -self + other

    def __mul__(self, other: Any) -> Pair:
        other = Pair.of(other)
        high, low = two_product(self.high, other.high)
        return Pair(*fast_two_sum(high, low + (self.high * other.low + self.low * other.high)))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Pair:
        other = Pair.of(other)
        first = self.high / other.high
        rest = self - other * first
        second = rest.high / other.high
        rest = rest - other * second
        return Pair(*fast_two_sum(first, second)) + rest.high / other.high

    def __rtruediv__(self, other: Any) -> Pair:
        return Pair.of(other) / self

    def __abs__(self) -> Pair:
        negative = np.signbit(self.high)
        return Pair(np.abs(self.high), np.where(negative, -self.low, self.low))

    def __lt__(self, other: float) -> Any:
        return self.high < other

    def __gt__(self, other: float) -> Any:
        return self.high > other

    def __ge__(self, other: float) -> Any:
        return self.high >= other


class DoubleDouble:
    """Pairs of float64."""

    bits = 75

    @staticmethod
    def number(x: Array) -> Any:
        return Pair(x, np.zeros_like(x))

    @staticmethod
    def constant(value: Any) -> Any:
        with mp.workprec(PRECISION):
            return Pair(*split(value))

    @staticmethod
    def reciprocal(value: float) -> float:
        """1/value as the kernels of float64 round it."""
        return 1.0 / value

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Pair:
        a, b = Pair.of(a), Pair.of(b)
        return Pair(np.where(condition, a.high, b.high), np.where(condition, a.low, b.low))

    @staticmethod
    def parts(x: Any) -> tuple[Array, Array | float]:
        return x.high, x.low

    @staticmethod
    def _reduced(x: Pair) -> tuple[Array, Pair]:
        """n and expm1(x - n ln2), relatively accurate; x is cut off where the result is 0 in any dtype."""
        beyond = x.high < -2000.0
        x = Pair(np.where(beyond, -2000.0, x.high), np.where(beyond, 0.0, x.low))
        first, rest = ln2_parts()
        n = np.rint(x.high / 0.6931471805599453)
        f = Pair(*two_sum(x.high, -(n * first))) + x.low - rest * n
        f = f * 2.0**-6
        r = Pair(np.full_like(x.high, 0.0))
        for c in inverse_factorials():
            r = f * (r + c)
        for _ in range(6):  # expm1(2 f) = 2 r + r*r
            r = r * (r + 2.0)
        return n, r

    @classmethod
    def expm1(cls, x: Any) -> Pair:
        n, r = cls._reduced(x)
        power = np.ldexp(1.0, np.maximum(n, -1100).astype(np.int32))
        return cls.where(n == 0, r, r * power + Pair(*two_sum(power, -1.0)))

    @classmethod
    def exp(cls, x: Any) -> Pair:
        n, r = cls._reduced(x)
        one = r + 1.0
        power = np.ldexp(1.0, np.maximum(n, -1100).astype(np.int32))
        return Pair(one.high * power, one.low * power)

    @classmethod
    def log1p(cls, x: Any) -> Pair:
        """Newton's step from float64's: y + (x - expm1(y))/(1 + x) and its square term, for -1/2 <= x <= 1."""
        y = np.log1p(x.high)
        rest = (x - cls.expm1(Pair(y, np.zeros_like(y)))) / (x + 1.0)
        return Pair(y) + (rest + rest * rest * 0.5)

    @classmethod
    def log(cls, x: Any) -> Pair:
        """log(m) + k ln2 for x = m 2^k, m from 1/2 to 1; Newton's step from float64's. Not near the root."""
        m, k = np.frexp(x.high)
        m = Pair(m, np.ldexp(x.low, -k))
        y = np.log(m.high)
        rest = m * cls.exp(Pair(-y)) - 1.0
        first, second = ln2_parts()
        return Pair(y) + (rest - rest * rest * 0.5) + second * k.astype(float) + Pair(k * first)

    @staticmethod
    def sine(r: Pair) -> Pair:
        """sin(r) for |r| <= pi/2: a series for sin(r/9), and twice sin(3 t) = sin(t) (3 - 4 sin(t)^2)."""
        t = r / 9.0
        square = t * t
        y = Pair(np.zeros_like(t.high), np.zeros_like(t.high))
        for k, c in enumerate(inverse_factorials(21)[::2]):
            y = y * square + (c if k % 2 == 0 else -c)
        y = y * t
        for _ in range(2):
            y = y * (3.0 - y * y * 4.0)
        return y

    @staticmethod
    def sqrt(x: Any) -> Pair:
        """Newton's step from float64's."""
        y = np.sqrt(x.high)
        return Pair(*fast_two_sum(y, (x - Pair(y) * y).high / (y + y)))

    @staticmethod
    def mills(a: Pair) -> Pair:
        """Phi(-a) exp(a*a/2) for a >= 0."""
        d = a + 4.0
        v = (a - 4.0) / d
        total = Pair(np.zeros_like(a.high), np.zeros_like(a.high))
        for c in mills_pairs():
            total = total * v + c
        return total / d


@functools.cache
def ln2_parts() -> tuple[float, Pair]:
    """ln2 as a float of 32 bits, whose product with an exponent is exact, and a pair."""
    with mp.workprec(PRECISION):
        first = mp.floor(mp.log(2) * 2**32) / 2**32
        return float(first), Pair(*split(mp.log(2) - first))


@functools.cache
def inverse_factorials(most: int = 10) -> tuple[Pair, ...]:
    """1/most!, ..., 1/2!, 1: for |f| <= ln2/128 what follows 1/10! is below 2^-100 of the sum."""
    with mp.workprec(PRECISION):
        return tuple(Pair(*split(1 / mp.factorial(k))) for k in range(most, 0, -1))


@functools.cache
def mills_pairs() -> tuple[Pair, ...]:
    with mp.workprec(PRECISION):
        return tuple(Pair(*split(c)) for c in reversed(chebyshev_mills(44)))


# ---- angles ---------------------------------------------------------------------------------------------------------

# Words of 32 bits of a product, for float32 and float64: 24 or 53 bits of x, some 40 or 75 that are 0 where a x is
# nearest to a multiple of pi, and 45 or 75 that count.
WORDS = (4, 7)


@functools.cache
def turns(a: float) -> npt.NDArray[np.uint64]:
    """|a| 2^e/pi modulo 2 in words of 32 bits, the highest first, whose first bit is 1, for e from -1200 to 1099."""
    size, count = 3600, WORDS[1]
    numerator, denominator = abs(a).as_integer_ratio()
    with mp.workprec(size + 200):
        whole = int(mp.floor(mp.ldexp(1 / mp.pi, size))) * numerator // denominator
    rows = [whole >> (size - e - (32 * count - 1)) & ((1 << 32 * count) - 1) for e in range(-1200, 1100)]
    return np.array([[row >> 32 * k & 0xFFFFFFFF for row in rows] for k in range(count - 1, -1, -1)], np.uint64)


def angle(a: float, x: Array, quarters: int, wide: bool) -> tuple[Any, npt.NDArray[np.bool_]]:
    """a x + quarters pi/4 less the nearest n pi, as a Pair where wide, and whether n is odd; x is float32 if not wide.

    x is a whole number times 2^e. That number times a 2^e/pi, modulo 2, is found word by word, as by hand: exactly.
    """
    count, digits = WORDS[wide], 53 if wide else 24
    mantissa, e = np.frexp(np.abs(x))
    number = np.ldexp(mantissa, digits).astype(np.uint64)
    table = turns(a)[:count, e - digits + 1200]
    mask, bits = np.uint64(0xFFFFFFFF), np.uint64(32)
    words = [number] * count
    carry = below = np.zeros_like(number)
    for k in range(count - 1, -1, -1):
        if wide:
            first, second = (number & mask) * table[k], (number >> bits) * below
            below = table[k]
            total = (first & mask) + (second & mask) + carry
            carry = (first >> bits) + (second >> bits) + (total >> bits)
        else:
            total = number * table[k] + carry  # 24 bits by 32
            carry = total >> bits
        words[k] = total & mask
    flip = np.where(np.signbit(x) != (a < 0), mask, np.uint64(0))
    words = [word ^ flip for word in words]
    words[0] = (words[0] + np.uint64(quarters << 29)) & mask
    upper = (words[0] & np.uint64(0x40000000)) != 0  # nearer to the next multiple of pi
    odd = ((words[0] >> np.uint64(31)) != 0) != upper
    flip = np.where(upper, mask, np.uint64(0))
    words = [word ^ flip for word in words]
    words[0] = words[0] & np.uint64(0x3FFFFFFF)
    # Small angles lose nothing to a rounded product, but those of the smallest x much to the end of the table.
    small = np.abs(x) * abs(a) < 0.5
    inner = np.where(small, x, 0.0)
    parts = [word.astype(np.float64) * 2.0 ** (-31 - 32 * k) for k, word in enumerate(words)]
    if not wide:
        r = sum(reversed(parts[:-1]), parts[-1]) * np.pi
        return np.where(small, inner * a + quarters * (np.pi / 4), np.where(upper, -r, r)), odd & ~small
    with mp.workprec(PRECISION):
        pi = Pair(*split(+mp.pi))
    r = sum(parts[1:], Pair(parts[0], np.zeros_like(x))) * pi
    inner = Pair(*two_product(inner, a)) + pi * (quarters / 4)
    return DoubleDouble.where(small, inner, DoubleDouble.where(upper, -r, r)), odd & ~small
