# cython: cdivision=True
"""What softmax and its kin are made of: an element's score, its exponential below the largest, and sums.

Used by rows.pxd and columns.pxd; itself uses `fastact.vmath`.

A score is scale x + mask. It is carried as high + low, for what rounding it to one number loses the exponential would
amplify: at a score of 100 float32 is right to 4e-6, and so would be the result.
"""
from cython cimport floating
from libc.math cimport log, log1p
from fastact.vmath cimport (
    excess, exp_rest, exponent, fma, HAS_FMA, infinity, lowering, lowest, product_low, reduced, two_sum_low,
)

cdef enum:  # what a score is
    PLAIN  # x
    SCALED  # scale x
    ADDED  # scale x + mask
    KEPT  # scale x where the boolean mask is true, elsewhere -inf whatever x is

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


cdef inline floating exp_below(floating a, floating low, floating top, floating top_low) noexcept nogil:
    """exp(a + low - (top + top_low)) for a score that is no larger than top."""
    cdef floating n, power, d, d_low
    d = below(a, low, top, top_low, &d_low)
    n = exponent(d, &power)
    d_low = (<floating>1.0 + exp_rest(reduced(d, n) + d_low)) * power * lowering(a)
    return <floating>0.0 if d < lowest(a) else d_low


cdef inline void make_finite(floating* top, floating* top_low) noexcept nogil:
    """0 in place of -inf: where all is masked the exponentials, and so the sum, are then 0 and nothing is NaN."""
    top_low[0] = <floating>0.0 if top[0] == -infinity(top[0]) else top_low[0]
    top[0] = <floating>0.0 if top[0] == -infinity(top[0]) else top[0]


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
    """e (inverse + inverse_low)."""
    cdef floating q = e * inverse
    return q + fma(e, inverse_low, product_low(e, inverse, q))


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
    return e if e < <floating>0.5 else <floating>0.0


cdef inline double log_of(double total, double lost) noexcept nogil:
    """The logarithm of a sum of exponentials, the largest of which is 1; 0 for a sum of nothing.

    Near 1 through log1p, to which the low part is as good as the rest.
    """
    if total == 0.0:
        return 0.0
    return log1p((total - 1.0) + lost) if total < 2.0 else log(total) + lost / total
