# cython: cdivision=True
"""Activations with an exponential on one side, or all of one.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` and the logarithm of
softplus of `logistic.pxd`.
"""
from cython cimport floating
from libc.stdint cimport uint32_t, uint64_t
from fastact.formulas.logistic cimport softplus_logarithm
from fastact.vmath cimport (
    at_least, bits32, bits64, copysign, excess, exp as vmath_exp, exp_rest, expm1_full, expm1_parts, expm1_rest,
    exponent, fabs, finite, fma, fma_low, from_bits32, from_bits64, largest, lowering, lowest, product_low, reduced,
    reduced_pair, reduced_product, reduced_product_pair, scaled_exponent, sum_low, two_sum_low,
)


cdef inline floating elu(floating x, const floating* p) noexcept nogil:
    # p[0] = alpha; ">=" keeps -0.0. On the right expm1 may overflow unseen.
    cdef floating low
    cdef floating e = expm1_parts(x, &low)
    return x if x >= <floating>0.0 else fma(p[0], e, p[0] * low)


cdef inline floating exp_left(floating x, floating right, floating left, floating left_low) noexcept nogil:
    """``right`` where x > 0, else (left + left_low) e^x: the derivatives of elu and selu."""
    cdef floating top, y
    cdef floating n = exponent(x, &top)
    y = left + fma(left, exp_rest(reduced(x, n)), left_low)
    y = <floating>0.0 if x < lowest(x) else y * top * lowering(x)
    return right if x > <floating>0.0 else y


cdef inline floating elu_derivative(floating x, const floating* p) noexcept nogil:
    return exp_left(x, <floating>1.0, p[0], <floating>0.0)


cdef inline floating elu_from_output(floating y, const floating* p) noexcept nogil:
    return <floating>1.0 if y > <floating>0.0 else y + p[0]


# lambda and lambda*alpha of Klambauer et al. (2017), high + low; both lows are positive, so that inf stays inf

cdef inline floating selu_right(floating* low) noexcept nogil:
    low[0] = <floating>8.441664e-08 if floating is float else <floating>3.9874847667154144e-17
    return <floating>1.0507009 if floating is float else <floating>1.0507009873554805


cdef inline floating selu_left(floating* low) noexcept nogil:
    low[0] = <floating>2.3296717e-08 if floating is float else <floating>1.41535193800845e-17
    return <floating>1.7580993 if floating is float else <floating>1.7580993408473768


cdef inline floating selu(floating x, const floating* p) noexcept nogil:
    cdef floating right, right_low, left, left_low, e, e_low
    right = selu_right(&right_low)
    left = selu_left(&left_low)
    e = expm1_parts(x, &e_low)
    return fma(x, right, x * right_low) if x >= <floating>0.0 else fma(e, left, fma(e, left_low, e_low * left))


cdef inline floating selu_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating left, low
    left = selu_left(&low)
    return exp_left(x, <floating>1.0507009873554805, left, low)


cdef inline floating selu_from_output(floating y, const floating* p) noexcept nogil:
    cdef floating left, low
    left = selu_left(&low)
    return <floating>1.0507009873554805 if y > <floating>0.0 else (y + left) + low


# ---- celu -----------------------------------------------------------------------------------------------------------

cdef inline floating celu_lift(floating alpha) noexcept nogil:
    """By which x and an alpha whose inverse might overflow are multiplied; a power of two, nearly always 1."""
    return <floating>1.0 / lowering(alpha) if alpha < lowering(alpha) else <floating>1.0


cdef inline floating leading(floating x) noexcept nogil:
    """x cut to its first 15 bits (float64: 41), so that its product with an exponent is exact."""
    if floating is float:
        return from_bits32(bits32(x) & <uint32_t>0xFFFFFE00)
    else:
        return from_bits64(bits64(x) & <uint64_t>0xFFFFFFFFFFFFF000)


cdef inline floating celu(floating x, const floating* p) noexcept nogil:
    """max(x, 0) + min(0, alpha expm1(x/alpha)), p[0] = alpha.

    With x/alpha = n ln2 + f and s = 2^n the left is alpha (s - 1) + s (g + g f q(f)), where g = alpha f. That is
    x - n alpha ln2, reduced before the division, whose rounding then touches the small term alone; and near 0, where
    n = 0, g is x itself, down to the last subnormal.
    """
    cdef floating lift, alpha, inverse, least, c, n, s, g, f, y, large, small, step, shrink
    lift = celu_lift(p[0])
    alpha = p[0] * lift
    inverse = <floating>1.0 / alpha
    # alpha ln2 in two parts; without fma product_low takes no huge factors
    shrink = lowering(x) if alpha > <floating>1.0 else <floating>1.0
    large = <floating>0.69314575 if floating is float else <floating>0.693147180559663
    small = <floating>1.4286068e-06 if floating is float else <floating>2.8235290563031577e-13
    step = (alpha * shrink) * large
    small = fma(alpha * shrink, small, product_low(alpha * shrink, large, step))
    large = leading(step + small)
    small = ((step - large) + small) * (<floating>1.0 / shrink)
    large = large * (<floating>1.0 / shrink)
    least = <floating>-80.0 if floating is float else <floating>-700.0
    c = at_least(x * lift, -finite(-least * alpha))
    n = scaled_exponent(c, inverse * <floating>1.4426950408889634, &s)
    s = s * lowering(x)
    g = fma(n, -small, fma(n, -large, c))
    f = g * inverse
    g = fma(g * f, expm1_rest(f, f * f), g)
    y = fma(alpha, s - <floating>1.0, s * g) * (<floating>1.0 / lift)
    return y if x < <floating>0.0 else x  # NaN too


cdef inline floating celu_derivative(floating x, const floating* p) noexcept nogil:
    """exp(x/alpha) on the left, of a quotient in two parts."""
    cdef floating lift, alpha, inverse, c, n, top, low, y
    lift = celu_lift(p[0])
    lift = lowering(x) if p[0] > <floating>1.0 / lowering(x) else lift  # or the low part of 1/alpha would be subnormal
    alpha = p[0] * lift
    c = x * lift
    inverse = <floating>1.0 / alpha
    low = -excess(<floating>1.0, inverse, alpha) * inverse
    n = scaled_exponent(c, inverse * <floating>1.4426950408889634, &top)
    y = (<floating>1.0 + exp_rest(reduced_product_pair(c, inverse, &low, n))) * top * lowering(x)
    y = <floating>0.0 if c < lowest(x) * alpha else y
    return <floating>1.0 if x >= <floating>0.0 else y


cdef inline floating celu_from_output(floating y, const floating* p) noexcept nogil:
    # exp(x/alpha) = 1 + y/alpha, written so that it vanishes at y = -alpha
    return <floating>1.0 if y > <floating>0.0 else (y + p[0]) / p[0]


# ---- gaussian -------------------------------------------------------------------------------------------------------

cdef inline floating gaussian_end(floating like) noexcept nogil:
    """From here on exp(-x*x) and its derivative round to 0; its square lies above -lowest."""
    return <floating>11.0 if floating is float else <floating>32.0


cdef inline floating times_gaussian(floating w, floating x, floating unit) noexcept nogil:
    """w exp(-x*x) unit, where the unit lowers; the exponential would amplify what rounding the square loses.

    The square is that of -x/2 and 2 x, and the sign of the derivative in the unit: where a negation stands, a NaN
    would have either sign, by how the compiler joins it with an fma.
    """
    cdef floating top, y
    cdef floating half = <floating>-0.5 * x
    cdef floating n = exponent(half * (x + x), &top)
    cdef floating r = exp_rest(reduced_product(half, x + x, n))
    y = fma(r, w, w) * top
    return (copysign(<floating>0.0, w) if fabs(x) > gaussian_end(x) else y) * unit


cdef inline floating gaussian(floating x, const floating* p) noexcept nogil:
    return times_gaussian(<floating>1.0, x, lowering(x))


cdef inline floating gaussian_derivative(floating x, const floating* p) noexcept nogil:
    return times_gaussian(x + x, x, -lowering(x))


# ---- exp ------------------------------------------------------------------------------------------------------------

cdef inline floating exp(floating x, const floating* p) noexcept nogil:
    """e^x, its own derivative."""
    return vmath_exp(x)


cdef inline floating exp_from_output(floating y, const floating* p) noexcept nogil:
    return y


# ---- xielu ----------------------------------------------------------------------------------------------------------
# p holds alpha_n, alpha_p, beta and eps. What of them is the same for all x is prepared once: in q, each in two parts,
# ap = softplus(alpha_p), an = beta + sn and sn = softplus(alpha_n), then beta and eps.

cdef inline floating power_parts(floating x, floating* s, floating* low) noexcept nogil:
    """e^x = s[0] (1 + r), s a power of two, and r in two parts, for lowest <= x <= 43."""
    cdef floating f_low, r
    cdef floating n = exponent(x, s)
    s[0] = s[0] * lowering(x)
    r = expm1_full(reduced_pair(x, n, &f_low), low)
    low[0] = low[0] + fma(f_low, r, f_low)
    return r


cdef inline floating expm1_in_full(floating x, floating* low) noexcept nogil:
    """expm1(x) as high + low[0] for lowest <= x <= 1; unlike `expm1_parts` with what reducing x loses."""
    cdef floating s, r_low, base, high
    cdef floating r = power_parts(x, &s, &r_low)
    base = s - <floating>1.0
    high = fma(s, r, base)
    low[0] = fma(s, r_low, fma_low(s, r, base, high))
    return high


cdef inline floating softplus_parts(floating x, floating* low) noexcept nogil:
    """softplus(x) as high + low[0].

    Its logarithm t of 1 + e, e = exp(-|x|), by one of Newton's steps: t + (e - expm1(t))/(1 + e).
    """
    cdef floating s, r, r_low, e, e_low, first, g, g_low, rest, high, a
    a = -fabs(x)
    a = lowest(x) if a < lowest(x) else a
    r = power_parts(a, &s, &r_low)
    e = fma(s, r, s)
    e_low = fma(s, r_low, fma_low(s, r, s, e))
    first = softplus_logarithm(x, <floating>1.0) * lowering(x)
    g = expm1_in_full(first, &g_low)
    rest = ((e - g) + (e_low - g_low)) / (<floating>1.0 + e)
    a = x if x > <floating>0.0 else <floating>0.0
    high = a + first
    rest = two_sum_low(a, first, high) + rest
    first = high + rest
    low[0] = sum_low(high, rest, first)
    return first


cdef inline floating line_parts(floating a, floating a_low, floating x, floating b, floating* low) noexcept nogil:
    """(a + a_low) x + b as high + low[0], right where it cancels, too: `fma_low` needs a high near to b."""
    cdef floating product = a * x
    cdef floating high = product + b
    low[0] = two_sum_low(product, b, high) + fma(a_low, x, product_low(a, x, product))
    return high


cdef inline void xielu_prepare(const floating* p, floating* q) noexcept nogil:
    cdef floating sn, sn_low
    q[0] = softplus_parts(p[1], &q[1])
    sn = softplus_parts(p[0], &sn_low)
    q[2] = p[2] + sn
    q[3] = two_sum_low(p[2], sn, q[2]) + sn_low
    q[4] = sn
    q[5] = sn_low
    q[6] = p[2]
    q[7] = p[3]


cdef inline floating xielu_prepared(floating x, const floating* q) noexcept nogil:
    """an expm1(min(x, eps)) - sn x on the left, x (ap x + beta) on the right, both rounded once, at the end.

    The left, written with sn x for an x - beta x, cancels at its root near -2.4, and only there.
    """
    cdef floating c, e, e_low, t, t_low, u, left, right, y, most
    c = x if x < q[7] else q[7]
    e = expm1_in_full(at_least(c, lowest(x)), &e_low)
    t = q[2] * e
    t_low = fma(q[2], e_low, fma(q[3], e, product_low(q[2], e, t)))
    u = -q[4] * x
    left = t + u
    t_low = two_sum_low(t, u, left) + (t_low + fma(-q[5], x, product_low(-q[4], x, u)))
    t = line_parts(q[0], q[1], x, q[6], &u)
    right = t * x
    u = fma(t, x, u * x)
    most = largest(x)
    u = u if right <= most else right
    y = u if x > <floating>0.0 else left + t_low
    left = right if x > <floating>0.0 else left
    return y if y == y else left  # where something overflows, what it loses is NaN


cdef inline floating xielu_prepared_derivative(floating x, const floating* q) noexcept nogil:
    """an e^x - sn below eps, -sn from there to 0, their mean at eps, and 2 ap x + beta on the right.

    Near 0 an expm1(x) + beta in place of the first, where a large sn would cancel.
    """
    cdef floating s, r, r_low, one, v, v_low, t, c, c_low, left, low, right
    r = power_parts(lowest(x) if x < lowest(x) else x, &s, &r_low)
    one = <floating>1.0 if x > <floating>-0.34375 else <floating>0.0
    one = one if x < q[7] else <floating>0.0
    s = s if x < q[7] else (<floating>0.5 * s if x == q[7] else <floating>0.0)
    v = fma(s, r, s - one)
    v_low = fma(s, r_low, fma_low(s, r, s - one, v))
    c = q[6] if one > <floating>0.0 else -q[4]
    c_low = <floating>0.0 if one > <floating>0.0 else -q[5]
    t = q[2] * v
    left = t + c
    low = two_sum_low(t, c, left) + (fma(q[2], v_low, fma(q[3], v, product_low(q[2], v, t))) + c_low)
    right = line_parts(q[0] + q[0], q[1] + q[1], x, q[6], &t)
    t = right + t
    t = t if t == t else right
    return t if x > <floating>0.0 else left + low


cdef inline floating xielu(floating x, const floating* p) noexcept nogil:
    cdef floating q[8]
    xielu_prepare(p, q)
    return xielu_prepared(x, q)


cdef inline floating xielu_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating q[8]
    xielu_prepare(p, q)
    return xielu_prepared_derivative(x, q)
