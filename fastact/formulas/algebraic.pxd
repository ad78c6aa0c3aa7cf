# cython: cdivision=True
"""Activations made of the four operations and square roots.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` alone.
"""
from cython cimport floating
from fastact.vmath cimport (
    bits32, bits64, copysign, excess, fabs, fma, from_bits32, from_bits64, lowering, nan_or, over_square, positive_part,
    product_low, sqrt, sum_low, two_sum_low,
)


cdef inline floating softsign(floating x, const floating* p) noexcept nogil:
    """x/(1 + |x|), odd to the bit; what 1 + |x| loses is carried."""
    cdef floating d, q, a
    cdef floating most = softsign_end(x)
    a = fabs(x)
    a = most if a > most else a
    d = <floating>1.0 + a
    q = a / d
    # Within 0.75 ULP; without it 1.5 at two thirds of the time. The inner sum needs no division: 1/d is nearly (1 - q).
    q = q - two_sum_low(<floating>1.0, a, d) * (q * (<floating>1.0 - q))
    return copysign(q, x)


cdef inline floating softsign_end(floating like) noexcept nogil:
    """From here on softsign is 1, and its derivative 0, to the last bit."""
    return <floating>1.4757395258967641e20 if floating is float else <floating>2.6815615859885194e154  # 2^67, 2^513


cdef inline floating softsign_derivative(floating x, const floating* p) noexcept nogil:
    """1/(1 + |x|)^2"""
    cdef floating d, y
    cdef floating a = fabs(x)
    d = <floating>1.0 + a
    y = over_square(
        <floating>1.0 / lowering(x), <floating>1.0, <floating>0.0, d, two_sum_low(<floating>1.0, a, d)
    ) * lowering(x)
    return <floating>0.0 if a > softsign_derivative_end(x) else y


cdef inline floating softsign_derivative_end(floating like) noexcept nogil:
    """From here on the derivative rounds to 0."""
    return <floating>3.777893186295716e22 if floating is float else <floating>6.362424904190393e161  # 2^75, 2^537.5


cdef inline floating softsign_from_output(floating y, const floating* p) noexcept nogil:
    # |x| = |y|/(1 - |y|), so that 1/(1 + |x|) = 1 - |y|
    cdef floating d = <floating>1.0 - fabs(y)
    return d * d


# ---- d + u s, with d = u^2 + b and s = sqrt(d) ----------------------------------------------------------------------
# The left sides of dish and of squareplus' derivative are u/2 and b/2 over this sum; their definitions cancel there.

cdef inline floating root_sum(floating u, floating b, floating* s, floating* lack, floating* low) noexcept nogil:
    """d + u s for u >= 0 and b >= 0, and s. It lacks low[0] + u times what s does, and that is lack[0]/(2 s)."""
    cdef floating d, d_low, t, total
    cdef floating v = u * u
    d = v + b
    d_low = two_sum_low(v, b, d) + product_low(u, u, v)
    s[0] = sqrt(d)
    lack[0] = d_low - excess(d, s[0], s[0])
    t = u * s[0]
    total = d + t
    low[0] = sum_low(d, t, total) + (d_low + product_low(u, s[0], t))
    return total


cdef inline floating over_root_sum(
    floating c, floating u, floating inverse, floating total, floating s, floating lack, floating low
) noexcept nogil:
    """c over the sum of `root_sum`, whose inverse is given; what that lacks is made good."""
    cdef floating q = c * inverse
    # 1/s = (s + u)/total
    low = fma(u * lack, <floating>0.5 * (s + u) * inverse, low)
    return q - inverse * fma(q, low, excess(c, q, total))


# ---- squareplus -----------------------------------------------------------------------------------------------------

cdef inline floating squareplus_lift(floating b) noexcept nogil:
    """A power of two that brings b, times its square, and all beside which b counts, where squares do not overflow."""
    cdef floating most, lift
    most = <floating>1.2676506002282294e30 if floating is float else <floating>8.452712498170644e270  # 2^100, 2^900
    # 2^20, 2^100
    lift = <floating>1048576.0 if floating is float else <floating>1.2676506002282294e30
    lift = lift if b < <floating>1.0 / most else <floating>1.0
    if floating is float:
        return <floating>9.5367431640625e-07 if b > most else lift
    else:
        return <floating>7.888609052210118e-31 if b > most else lift


cdef inline floating squareplus(floating x, const floating* p) noexcept nogil:
    """max(x, 0) + y, where y = (sqrt(x^2 + b) - |x|)/2 is c/h, with h = (sqrt(x^2 + b) + |x|)/2 and c = b/4.

    y is the root of y (y + |x|) = c, of which one step of Newton's makes good what h has lost: h + y is the slope
    there, and 1/(h + y) is near enough a line in y/h times 1/h. Where b is nothing beside x^2, h is |x|. p[0] = b.
    """
    cdef floating lift, c, u, h, y, k, step, end
    lift = squareplus_lift(p[0])
    c = p[0] * lift * lift * <floating>0.25
    u = fabs(x) * lift
    end = sqrt(c) * (<floating>16384.0 if floating is float else <floating>268435456.0)  # 2^14, 2^28
    h = <floating>0.5 * (u + sqrt(fma(u, u, <floating>4.0 * c)))
    h = u if u > end else h
    y = c / h
    k = y * (<floating>1.0 / c)  # 1/h
    step = fma(y, y, excess(c, y, u)) * (k * fma(y * k, <floating>-0.48, <floating>0.97))
    y = y if u > end else y - step
    y = <floating>0.0 if p[0] == <floating>0.0 else y
    return fma(y, <floating>1.0 / lift, <floating>0.0 if x < <floating>0.0 else x)


cdef inline floating square_scale(floating b) noexcept nogil:
    """A power of two whose square makes of b, unless it is subnormal, a number from 2^-60 to 2^-58 (2^-500 to 2^-498).

    That is 2 to minus half the exponent of b, and 2^-30 (2^-250).
    """
    if floating is float:
        return from_bits32((161 - (((bits32(b) >> 23) + 1) >> 1)) << 23)
    else:
        return from_bits64((1285 - (((bits64(b) >> 52) + 1) >> 1)) << 52)


cdef inline floating squareplus_derivative(floating x, const floating* p) noexcept nogil:
    """(1 + x/s)/2, s = sqrt(x^2 + b): b/2/(s^2 + |x| s) on the left, and on the right 1 less that.

    It is a function of x/sqrt(b); both are scaled, so that x^2 stays a number as long as the result is not 0.
    """
    cdef floating scale, b, u, s, lack, low, total, q
    cdef floating a = fabs(x)
    scale = square_scale(p[0])
    b = p[0] * scale * scale
    u = a * scale
    total = root_sum(u, b, &s, &lack, &low)
    q = over_root_sum(
        <floating>0.5 / lowering(x) * b, u, <floating>1.0 / total, total, s, lack, low
    ) * lowering(x)
    q = <floating>0.0 if u > squareplus_derivative_end(x) else q
    # without b there is a kink at 0, where the derivative is what it is for every b
    s = <floating>0.0 if a > <floating>0.0 else <floating>0.5
    q = s if p[0] == <floating>0.0 else q
    return nan_or(<floating>1.0 - q if x > <floating>0.0 else q, x)


cdef inline floating squareplus_derivative_end(floating like) noexcept nogil:
    """From this x, scaled, on the derivative rounds to 0 or 1."""
    return <floating>7.205759403792794e16 if floating is float else <floating>2.582249878086909e120  # 2^56, 2^400


cdef inline floating squareplus_from_output(floating y, const floating* p) noexcept nogil:
    # y^2/(y^2 + c), c = b/4, by the quotient of y and sqrt(c) that is no more than 1
    cdef floating root = <floating>0.5 * sqrt(p[0])
    cdef bint small = y < root
    cdef floating v = (y if small else root) / (root if small else y)
    cdef floating inverse
    v = v * v
    inverse = <floating>1.0 / (<floating>1.0 + v)
    v = v * inverse if small else inverse
    return <floating>0.0 if y == <floating>0.0 else v


# ---- dish -----------------------------------------------------------------------------------------------------------

cdef inline floating dish_end(floating like) noexcept nogil:
    """From here on dish is max(x, 0) - 1/(4 |x|) to the last bit, and its derivative on the left -1/(4 x^2)."""
    return <floating>32768.0 if floating is float else <floating>536870912.0  # 2^15, 2^29


cdef inline floating dish(floating x, const floating* p) noexcept nogil:
    """max(x, 0) - m, where m = a (1 - a/s)/2 is a/2/(s^2 + a s), a = |x| and s = sqrt(1 + a^2)."""
    cdef floating s, lack, low, total, inverse, m
    cdef floating a = fabs(x)
    total = root_sum(a, <floating>1.0, &s, &lack, &low)
    # far out the inverse is taken of a/16, so that it does not become subnormal
    total = a * <floating>0.0625 if a > dish_end(x) else total
    inverse = <floating>1.0 / total
    m = over_root_sum(<floating>0.5 * a, a, inverse, total, s, lack, low)
    m = <floating>0.015625 * inverse if a > dish_end(x) else m
    return positive_part(x) - m


cdef inline floating dish_derivative(floating x, const floating* p) noexcept nogil:
    """On the left (1 - a s)/(2 d (d + a s)), a = |x|, d = 1 + a^2 and s = sqrt(d); on the right 1 less that.

    a s is 1 at the root. Far out it is -1/(4 a^2), of an a scaled by 2^-32 (2^-256), which lifts it.
    """
    cdef floating d, d_low, s, t, t_low, n, n_low, first, second, total, low, inverse, q
    cdef floating a = fabs(x)
    cdef bint far = a > dish_end(x)
    t = a * a
    d = <floating>1.0 + t
    d_low = two_sum_low(<floating>1.0, t, d) + product_low(a, a, t)
    s = sqrt(d)
    t = a * s
    n = <floating>1.0 - t
    n_low = two_sum_low(<floating>1.0, -t, n)
    q = d + t
    low = sum_low(d, t, q) + d_low
    first = a * dish_scale(x) if far else d
    second = a * dish_scale(x) if far else q
    total = first * second
    inverse = <floating>1.0 / total
    # what s lost over 2 s, and 1/s^2 is q/total
    t_low = fma(a, <floating>0.5 * s * (q * inverse) * (d_low - excess(d, s, s)), product_low(a, s, t))
    low = fma(d, low + t_low, q * d_low)
    low = <floating>0.0 if far else low
    low = low + product_low(first, second, total)
    n_low = n_low - t_low
    n_low = <floating>0.0 if far else n_low
    n = <floating>-0.25 if far else n * (<floating>0.5 / lowering(x))
    n_low = n_low * (<floating>0.5 / lowering(x))
    q = n * inverse
    q = q - inverse * (fma(q, low, excess(n, q, total)) - n_low)
    q = q * lowering(x)
    q = <floating>-0.0 if a > dish_derivative_end(x) else q
    return <floating>1.0 - q if x > <floating>0.0 else (q if x <= <floating>0.0 else x)


cdef inline floating dish_scale(floating like) noexcept nogil:
    """Its square is `lowering`."""
    return <floating>2.3283064365386963e-10 if floating is float else <floating>8.636168555094445e-78  # 2^-32, 2^-256


cdef inline floating dish_derivative_end(floating like) noexcept nogil:
    """From here on the derivative rounds to 0 or 1."""
    return <floating>7.555786372591432e22 if floating is float else <floating>3.599131035634557e162  # 2^76, 2^540


# ---- bent identity --------------------------------------------------------------------------------------------------

cdef inline floating bent_identity_end(floating like) noexcept nogil:
    """From here on bent_identity is x (1 + sign(x)/2) to the last bit."""
    return <floating>1073741824.0 if floating is float else <floating>1.152921504606847e18  # 2^30, 2^60


cdef inline floating bent_identity(floating x, const floating* p) noexcept nogil:
    """x + x^2/2/(s + 1), s = sqrt(x^2 + 1), which has the sign of x.

    What the quotient x/(s + 1) lost is made good: on the left it would be doubled. Without, 2.3 ULP.
    """
    cdef floating e, inverse, low, q
    cdef floating d = fma(x, x, <floating>1.0)
    cdef floating s = sqrt(d)
    e = s + <floating>1.0
    inverse = <floating>1.0 / e
    q = x * inverse
    # 1/(2 s) is (1/2 + 1/(s + 1))/(s + 1), to 13 %
    low = sum_low(s, <floating>1.0, e) - excess(d, s, s) * fma(inverse, inverse, <floating>0.5 * inverse)
    q = q - inverse * fma(q, low, excess(x, q, e))
    q = copysign(fma(<floating>0.5 * x, q, x), x)
    return x * (<floating>1.0 + copysign(<floating>0.5, x)) if fabs(x) > bent_identity_end(x) else q


cdef inline floating bent_identity_derivative(floating x, const floating* p) noexcept nogil:
    """1 + x/(2 s), s = sqrt(x^2 + 1)"""
    cdef floating q = x / sqrt(fma(x, x, <floating>1.0))
    q = copysign(<floating>1.0, x) if fabs(x) > bent_identity_end(x) else q
    return fma(<floating>0.5, q, <floating>1.0)


cdef inline floating bent_identity_from_output(floating y, const floating* p) noexcept nogil:
    # x = (4 y + 2 - 2 t)/3 with t = sqrt(y^2 + y + 1), and dx/dy = (4 - (2 y + 1)/t)/3
    cdef floating end = bent_identity_end(y)
    cdef floating c = -end if y < -end else y
    c = end if c > end else c
    cdef floating t = sqrt(fma(c, c, c) + <floating>1.0)
    return <floating>3.0 * t / (<floating>4.0 * t - fma(<floating>2.0, c, <floating>1.0))
