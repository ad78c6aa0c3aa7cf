# cython: cdivision=True
"""What softmax and its kin are made of: an element's score, its exponential below the largest, and sums.

Used by rows.pxd and columns.pxd; itself uses `fastact.vmath`.

A score is scale x + mask. It is carried as high + low, for what rounding it to one number loses the exponential would
amplify: at a score of 100 float32 is right to 4e-6, and so would be the result.
"""
from cython cimport floating
from libc.math cimport log, log1p
from fastact.vmath cimport (
    bits32, bits64, excess, exp_rest, exponent, fma, from_bits32, from_bits64, HAS_FMA, infinity, ln2_high, ln2_low,
    lowering, lowest, product_low, reduced, two_sum_low,
)

cdef enum:  # what a score is
    PLAIN  # x
    SCALED  # scale x
    ADDED  # scale x + mask
    KEPT  # scale x where the boolean mask is true, elsewhere -inf whatever x is

cdef enum:  # what exponentials need of the largest score of their row
    TOP
    TOP_LOW  # what it lacks
    BASE  # 0, or itself where it is large
    START  # what to subtract from a whole number for m
    FIRST  # F
    PARTS

ctypedef unsigned char boolean

cdef enum:
    LANES = 32  # partial sums; also the literal step of loops: Cython makes no C loop of a named one
    BLOCK = 256  # likewise; elements between which a result is taken to be in the nearest cache


cdef inline floating score(
    floating x, floating scale, const floating* mask, const boolean* kept, Py_ssize_t i, int kind, floating* low
) noexcept nogil:
    """The score of x, element i of its row, and in low[0] what it lacks."""
    cdef floating product, total
    low[0] = <floating>0.0
    if kind == PLAIN:
        return x
    product = x * scale
    low[0] = product_low(x, scale, product)
    if not HAS_FMA:
        low[0] = low[0] if low[0] == low[0] else <floating>0.0  # splitting overflows
    if kind == ADDED:
        total = product + mask[i]
        low[0] = low[0] + two_sum_low(product, mask[i], total)
        return total
    if kind == KEPT:
        return product if kept[i] else -infinity(x)
    return product


cdef inline floating larger(floating best, floating candidate) noexcept nogil:
    """NaN does not count for long: what it hides comes out as NaN all the same."""
    return best if best > candidate else candidate


cdef inline void raise_top(floating* top, floating* top_low, floating a, floating low) noexcept nogil:
    """Let (top, top_low) be the larger of itself and the score a + low. With its low part the largest is exact."""
    top_low[0] = top_low[0] if top[0] > a or (top[0] == a and top_low[0] > low) else low
    top[0] = larger(top[0], a)


cdef inline floating below(
    floating a, floating low, floating top, floating top_low, floating* d_low
) noexcept nogil:
    """a + low - (top + top_low) for a score that is no larger than top."""
    cdef floating d = a - top
    d_low[0] = two_sum_low(a, -top, d) + (low - top_low)
    return d


cdef inline floating whole(floating like) noexcept nogil:
    """1.5*2^23 (float64: 1.5*2^52): its sum with what is much less has no room for a fraction."""
    return <floating>12582912.0 if floating is float else <floating>6755399441055744.0


cdef inline floating whole_lifted(floating like) noexcept nogil:
    """As `whole`, with an exponent's bias and lift: see `fastact.vmath.scaled_exponent`."""
    return <floating>12583103.0 if floating is float else <floating>6755399441057279.0


cdef inline void refer(floating top, floating top_low, floating* r, Py_ssize_t stride) noexcept nogil:
    """What `exp_below` needs of the largest score top + top_low, as r[0], r[stride], ...; 0 in place of -inf.

    Where all is masked the exponentials, and so the sum, are then 0 and nothing is NaN.
    """
    cdef floating most = <floating>2097152.0 if floating is float else <floating>1125899906842624.0  # 2^21, 2^50
    cdef floating n
    top_low = <floating>0.0 if top == -infinity(top) else top_low
    top = <floating>0.0 if top == -infinity(top) else top
    n = fma(top, <floating>1.4426950408889634, whole(top)) - whole(top)
    n = n if -most < top < most else <floating>0.0
    r[TOP * stride] = top
    r[TOP_LOW * stride] = top_low
    r[BASE * stride] = <floating>0.0 if -most < top < most else top
    r[START * stride] = whole_lifted(top) - n
    r[FIRST * stride] = fma(n, -ln2_high(top), top - r[BASE * stride])


cdef inline floating exp_below(
    floating a, floating low, const floating* r, Py_ssize_t stride, int kind
) noexcept nogil:
    """exp(a + low - (top + top_low)), lifted, for a score that is no larger than top; of the largest exactly 1, lifted.

    With the largest N ln2 + F and the score m ln2 + f, where m = N + n and n the integer nearest to their difference
    over ln2, it is 2^n exp(f - F). Both f and F are exact but for the low part of ln2, of which n times is left, and so
    is their difference: nothing is lost where a - top would be rounded. From 2^21 on a - top is exact and N is 0.
    """
    cdef floating z, power, f, least
    cdef floating d = a - r[TOP * stride]
    if not HAS_FMA:
        d = below(a, low, r[TOP * stride], r[TOP_LOW * stride], &f)
        z = exponent(d, &power)
        f = (<floating>1.0 + exp_rest(reduced(d, z) + f)) * power
        return <floating>0.0 if d < lowest(a) else f
    z = fma(d, <floating>1.4426950408889634, whole_lifted(a))
    if floating is float:
        power = from_bits32(bits32(z) << 23)
        least = <floating>12582952.0  # n = -151, of which the result is 0
    else:
        power = from_bits64(bits64(z) << 52)
        least = <floating>6755399441056203.0  # n = -1076
    f = fma(z - r[START * stride], -ln2_high(a), a - r[BASE * stride]) - r[FIRST * stride]
    if kind != PLAIN:
        f = f + (low - r[TOP_LOW * stride])
    f = exp_rest(fma(z - whole_lifted(a), -ln2_low(a), f))
    f = fma(f, power, power)
    return <floating>0.0 if z < least else f


# Sums run in partial sums whose number does not depend on the width of vectors, element i in number i % LANES, and
# these are added in a fixed order: every instruction set and every layout in memory gives the same bits. Those of
# float32 are of float64; those of float64 keep what their additions lost.

cdef inline void add(floating term, double* total, double* lost) noexcept nogil:
    cdef double after = total[0] + <double>term
    if floating is double:
        lost[0] += two_sum_low(total[0], <double>term, after)
    total[0] = after


cdef inline void add_product(floating a, floating b, double* total, double* lost) noexcept nogil:
    """total += a b, which in float64 is exact for factors of float32."""
    cdef double product = <double>a * <double>b
    cdef double after = total[0] + product
    if floating is double:
        lost[0] += two_sum_low(total[0], product, after) + product_low(<double>a, <double>b, product)
    total[0] = after


cdef inline void fold(double* total, double* lost, Py_ssize_t half, floating like) noexcept nogil:
    """Add the partial sums from ``half`` on to those before."""
    cdef Py_ssize_t j
    cdef double after
    for j in range(half):
        after = total[j] + total[half + j]
        if floating is double:
            lost[j] += two_sum_low(total[j], total[half + j], after) + lost[half + j]
        total[j] = after


cdef inline double sum_of_lanes(double* total, double* lost, floating like) noexcept nogil:
    """The sum of LANES partial sums; in lost[0] what it lacks."""
    fold(total, lost, 16, like)
    fold(total, lost, 8, like)
    fold(total, lost, 4, like)
    fold(total, lost, 2, like)
    fold(total, lost, 1, like)
    return total[0]


cdef inline void inverse_of(double total, double lost, floating* high, floating* low) noexcept nogil:
    """1/(total + lost) as high + low, so that a product with it is rounded once; 0 for a sum of nothing."""
    cdef double inverse = 1.0 / total
    cdef double rest = -(excess(1.0, inverse, total) + inverse * lost) * inverse
    inverse = 0.0 if total == 0.0 else inverse
    rest = 0.0 if total == 0.0 else rest
    high[0] = <floating>inverse
    low[0] = <floating>((inverse - high[0]) + rest)


cdef inline floating normalised(floating e, floating inverse, floating inverse_low) noexcept nogil:
    """e (inverse + inverse_low), rounded once."""
    cdef floating low = e * inverse_low
    cdef floating q
    if HAS_FMA:
        return fma(e, inverse, low)
    q = e * inverse
    return q + (low + product_low(e, inverse, q))


cdef inline bint ruled(double total, floating like) noexcept nogil:
    """Whether of a sum of exponentials so little exceeds the 1 of the largest that it must be added up without that 1.

    float64 sums of float32 lose what is below 2^-53 of them, and the logarithm is what exceeds 1: from 2^-24 on at
    least as many bits are right as float32 has. Those of float64 keep what they lose.
    """
    if floating is double:
        return False
    return 1.0 <= total < 1.0 + 2.0**-24


cdef inline floating but_largest(floating e) noexcept nogil:
    """0 in place of the exponential that rules its sum."""
    return e if e * lowering(e) < <floating>0.5 else <floating>0.0


cdef inline void lower(double* total, double* lost, floating like) noexcept nogil:
    """From a sum of lifted exponentials to that of exponentials; exact."""
    total[0] = total[0] * <double>lowering(like)
    lost[0] = lost[0] * <double>lowering(like)


cdef inline double log_of(double total, double lost) noexcept nogil:
    """The logarithm of a sum of exponentials, the largest of which is 1; 0 for a sum of nothing.

    Near 1 through log1p, to which the low part is as good as the rest.
    """
    if total == 0.0:
        return 0.0
    return log1p((total - 1.0) + lost) if total < 2.0 else log(total) + lost / total
