# cython: cdivision=True
"""What holds for parameters of any size, one number at a time and by branches: for those that no loop should wait for.

The formulas that loops run over hold for parameters of a range, which `within` of each file tells: there nothing
overflows, and powers reach as far down as results do. For the rest there are these, in double throughout: of float32
then nothing is out of range, and of float64 powers are scaled in steps, of which only the last rounds.

Part of `fastact.activations`; uses `fastact.vmath` and a few numbers of `fastact.formulas.digits`.
"""
from cython cimport floating
from fastact.formulas.digits cimport power_of_two
from fastact.vmath cimport (
    copysign, excess, expm1_pair, expm1_parts, fabs, fma, infinity, nan_or, product_low, reduced_pair, two_sum_low,
)


cdef inline bint moderate(floating a) noexcept nogil:
    """2^-100 <= |a| <= 2^100 (float64: 2^-900, 2^900)"""
    cdef floating size = fabs(a)
    if floating is float:
        return <floating>7.888609052210118e-31 <= size and size <= <floating>1.2676506002282294e30
    else:
        return <floating>1.1830521861667747e-271 <= size and size <= <floating>8.452712498170644e270


cdef inline bint not_huge(floating a) noexcept nogil:
    """|a| <= 2^100 (2^900)"""
    cdef floating most = <floating>1.2676506002282294e30 if floating is float else <floating>8.452712498170644e270
    return fabs(a) <= most


cdef inline double scaled(double y, int n) noexcept nogil:
    """y 2^n of a normal y, rounded once: the small step comes first, and after a large one that rounds nothing is left.
    """
    cdef int step = n % 1000  # of the sign of n, in C
    cdef int _k
    y = y * power_of_two(step)
    n = n - step
    for _k in range((n if n > 0 else -n) // 1000):
        y = y * (power_of_two(1000) if n > 0 else power_of_two(-1000))
    return y


cdef inline double times_exp(double w, double z, double z_low, int n) noexcept nogil:
    """w e^(z + z_low) 2^n for finite w and a small n, within 1 ULP wherever that lies."""
    cdef double f, low, r, m
    if not fabs(z) <= 2300.0:
        return z if z != z else copysign(infinity(z) if z > 0.0 and w != 0.0 else 0.0, w)
    # so that nothing is lost before the scaling
    if fabs(w) < 1e-200:
        w = w * power_of_two(200)
        n = n - 200
    elif fabs(w) > 1e200:
        w = w * power_of_two(-200)
        n = n + 200
    m = fma(z, 1.4426950408889634, 6755399441055744.0) - 6755399441055744.0
    r = expm1_pair(reduced_pair(z, m, &f), &low)
    f = f + z_low
    return scaled(fma(w, r + fma(f, r, f + low), w), n + <int>m)


cdef inline double product(double a, double x, double* low) noexcept nogil:
    """a x, and in low[0] what that lost; of factors of very different sizes too, as long as the product matters."""
    cdef double z = a * x
    cdef double power
    low[0] = 0.0
    if not (1e-30 < fabs(z) and fabs(z) < 1e5):
        return z
    power = power_of_two(500) if fabs(a) < 1e-150 else (power_of_two(-500) if fabs(a) > 1e150 else 1.0)
    low[0] = product_low(a * power, x / power, z)
    return z


cdef inline double quotient(double x, double a, double* low) noexcept nogil:
    """x/a, and in low[0] what that lost."""
    cdef double q = x / a
    cdef double power
    low[0] = 0.0
    if not (1e-30 < fabs(q) and fabs(q) < 1e5):
        return q
    power = power_of_two(500) if fabs(a) < 1e-150 else (power_of_two(-500) if fabs(a) > 1e150 else 1.0)
    low[0] = -excess(x * power, q, a * power) / (a * power)
    return q


# ---- of the exponential ---------------------------------------------------------------------------------------------

cdef inline double elu_derivative_wide(double x, double alpha) noexcept nogil:
    return 1.0 if x > 0.0 else times_exp(alpha, x, 0.0, 0)


cdef inline double celu_wide(double x, double alpha) noexcept nogil:
    """alpha expm1(x/alpha) on the left; of alpha < 0 the quotient is positive."""
    cdef double q, low, e, e_low
    if not x < 0.0:
        return x
    q = quotient(x, alpha, &low)
    if fabs(q) < 1e-18:
        return x
    if q > 40.0:
        return times_exp(alpha, q, low, 0) - alpha
    e = expm1_parts(q, &e_low)
    return fma(alpha, e, alpha * (e_low + fma(low, e, low)))


cdef inline double celu_derivative_wide(double x, double alpha) noexcept nogil:
    cdef double q, low
    if not x < 0.0:
        return nan_or(1.0, x)
    q = quotient(x, alpha, &low)
    return times_exp(1.0, q, low, 0)


# ---- of the logistic function ---------------------------------------------------------------------------------------

cdef inline double silu_wide(double x, double beta) noexcept nogil:
    """x/(1 + exp(-beta x))"""
    cdef double low
    cdef double z = product(beta, x, &low)
    if beta == 0.0 or fabs(z) < 1e-8:
        return x * 0.5 if beta == 0.0 else fma(x * 0.25, z, x * 0.5)
    if z > 60.0:
        return x
    if z >= 0.0:
        return x / (1.0 + times_exp(1.0, -z, -low, 0))
    if z < -2000.0:
        return copysign(0.0, x)
    return times_exp(x / (1.0 + times_exp(1.0, z, low, 0)), z, low, 0)


cdef inline double softplus_wide(double x, double beta, double logarithm) noexcept nogil:
    """log(1 + exp(beta x))/beta; given is log(1 + exp(-|z|)) of the rounded product z."""
    cdef double low, rest
    cdef int n
    cdef double z = product(beta, x, &low)
    cdef double base = x if z > 0.0 else (0.0 if z == z else z)
    low = low if z > 0.0 else -low  # of |z|
    if fabs(z) < 40.0:
        # by the slope of the logarithm, what rounding the product did to it
        return base + (logarithm + expm1_parts(-logarithm, &rest) * low) / beta
    n = 300 if fabs(beta) < 1e-200 else (-300 if fabs(beta) > 1e200 else 0)
    return base + times_exp(1.0 / (beta * power_of_two(n)), -fabs(z), -low, n)


cdef inline double gathered(double beta, double x, double* scale) noexcept nogil:
    """A number that times scale[0] is beta x, both harmless factors."""
    cdef double z = beta * x
    cdef double power
    scale[0] = 1.0
    if not (1e-40 < fabs(z) and fabs(z) < 1e40):
        return z
    power = power_of_two(500) if fabs(beta) < 1e-150 else (power_of_two(-500) if fabs(beta) > 1e150 else 1.0)
    scale[0] = beta * power
    return x / power


# ---- straight lines -------------------------------------------------------------------------------------------------

cdef inline double line_wide(double x, double slope, double offset, double* low) noexcept nogil:
    """slope x + offset, and in low[0] what that lost; x may be infinite where the slope is 0."""
    cdef double u, t
    x = copysign(1.7976931348623157e308, x) if fabs(x) > 1.7976931348623157e308 else x
    u = slope * x
    if u == 0.0 and x != 0.0 and slope != 0.0:
        u = copysign(5e-324, slope) * copysign(1.0, x)  # of which the sign counts
    product(slope, x, low)
    t = u + offset
    if fabs(t) > 1.7976931348623157e308:
        low[0] = 0.0
    else:
        low[0] = two_sum_low(u, offset, t) + low[0]
    return t


cdef inline double clipped_wide(double x, double slope, double offset, double least, double most) noexcept nogil:
    cdef double low
    cdef double t = line_wide(x, slope, offset, &low)
    t = t + low
    t = least if t < least else t
    return most if t > most else t


cdef inline double clipped_wide_derivative(
    double x, double slope, double offset, double least, double most
) noexcept nogil:
    """By the exact line; where line and bound are near to each other, their difference is exact."""
    cdef double low
    cdef double t = line_wide(x, slope, offset, &low)
    if (t - least) + low <= 0.0 or (t - most) + low >= 0.0:
        return 0.0
    return nan_or(slope, x)
