# cython: cdivision=True
"""Activations with an exponential on one side, or all of one.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` and `wide.pxd`.
"""
from cython cimport floating
from libc.stdint cimport uint32_t, uint64_t
from fastact.formulas.wide cimport celu_derivative_wide, celu_wide, elu_derivative_wide, not_huge
from fastact.vmath cimport (
    at_least, bits32, bits64, copysign, excess, exp as vmath_exp, exp_rest, expm1_parts, expm1_rest, exponent, fabs,
    finite, fma, from_bits32, from_bits64, HAS_FMA, lowering, lowest, product_low, reduced, reduced_product,
    reduced_product_pair, scaled_exponent,
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


cdef inline bint elu_within(const floating* p) noexcept nogil:
    """|alpha| <= 2^36 (2^400): alpha e^x becomes 0 before powers end, and does not overflow while it is lifted."""
    cdef floating most = <floating>68719476736.0 if floating is float else <floating>2.582249878086909e120
    return fabs(p[0]) <= most


cdef inline floating elu_derivative_near(floating x, const floating* p) noexcept nogil:
    return exp_left(x, <floating>1.0, p[0], <floating>0.0)


cdef inline floating elu_derivative(floating x, const floating* p) noexcept nogil:
    return elu_derivative_near(x, p) if elu_within(p) else <floating>elu_derivative_wide(x, p[0])


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


cdef inline bint celu_within(const floating* p) noexcept nogil:
    # without fma a multiple of alpha ln2 may overflow where its difference to x does not
    return p[0] > <floating>0.0 and (HAS_FMA or not_huge(p[0]))


cdef inline floating celu(floating x, const floating* p) noexcept nogil:
    return celu_near(x, p) if celu_within(p) else <floating>celu_wide(x, p[0])


cdef inline floating celu_derivative(floating x, const floating* p) noexcept nogil:
    return celu_derivative_near(x, p) if celu_within(p) else <floating>celu_derivative_wide(x, p[0])


cdef inline floating celu_near(floating x, const floating* p) noexcept nogil:
    """max(x, 0) + min(0, alpha expm1(x/alpha)), p[0] = alpha > 0.

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


cdef inline floating celu_derivative_near(floating x, const floating* p) noexcept nogil:
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


cdef inline floating exp_derivative(floating x, const floating* p) noexcept nogil:
    return vmath_exp(x)


cdef inline floating exp_from_output(floating y, const floating* p) noexcept nogil:
    return y
