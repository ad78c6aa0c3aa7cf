# cython: cdivision=True
"""Piecewise linear activations and other polynomials in pieces.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` and `wide.pxd`.
"""
from cython cimport floating
from fastact.formulas.wide cimport clipped_wide, clipped_wide_derivative, moderate, not_huge
from fastact.vmath cimport (
    copysign, excess, fabs, finite, fma, HAS_FMA, infinity, largest, nan_or, product_low, sqrt, sum_low, two_sum_low,
)


cdef inline floating identity(floating x, const floating* p) noexcept nogil:
    return x


cdef inline floating identity_derivative(floating x, const floating* p) noexcept nogil:
    return nan_or(<floating>1.0, x)


cdef inline floating step(floating x, const floating* p) noexcept nogil:
    # p[0] = at_zero; the innermost select lets NaN through
    return <floating>1.0 if x > <floating>0.0 else (
        <floating>0.0 if x < <floating>0.0 else (p[0] if x == <floating>0.0 else x)
    )


cdef inline floating step_derivative(floating x, const floating* p) noexcept nogil:
    return nan_or(<floating>0.0, x)


cdef inline floating relu(floating x, const floating* p) noexcept nogil:
    return <floating>0.0 if x < <floating>0.0 else x


cdef inline floating relu_derivative(floating x, const floating* p) noexcept nogil:
    return step(x, p)


cdef inline floating relu_from_output(floating y, const floating* p) noexcept nogil:
    # y = 0 came from x <= 0, of which x = 0 is one point: at_zero does not count here
    return <floating>1.0 if y > <floating>0.0 else nan_or(<floating>0.0, y)


cdef inline floating leaky_relu(floating x, const floating* p) noexcept nogil:
    # p[0] = negative_slope
    return x if x >= <floating>0.0 else p[0] * x


cdef inline floating leaky_relu_derivative(floating x, const floating* p) noexcept nogil:
    # p[1] = at_zero
    return <floating>1.0 if x > <floating>0.0 else (
        p[0] if x < <floating>0.0 else (p[1] if x == <floating>0.0 else x)
    )


cdef inline floating prelu(floating x, const floating* p) noexcept nogil:
    # p[0] = weight
    return leaky_relu(x, p)


cdef inline floating prelu_derivative(floating x, const floating* p) noexcept nogil:
    # at 0 the slope of the left; also what leaky_relu's output tells, whose sign is that of x
    return <floating>1.0 if x > <floating>0.0 else nan_or(p[0], x)


cdef inline floating prelu_by_weight(floating x) noexcept nogil:
    # the derivative by the slope itself; NaN is no number above 0 and stays
    return <floating>0.0 if x > <floating>0.0 else x


# ---- clipped at both ends -------------------------------------------------------------------------------------------

cdef inline floating clip(floating x, floating low, floating high) noexcept nogil:
    """NaN stays; so does -0.0 at a lower end of 0."""
    x = low if x < low else x
    return high if x > high else x


cdef inline floating inside(floating x, floating low, floating high, floating slope) noexcept nogil:
    """``slope`` where low < x < high, else 0."""
    slope = <floating>0.0 if x <= low else slope
    return <floating>0.0 if x >= high else nan_or(slope, x)


cdef inline floating relu6(floating x, const floating* p) noexcept nogil:
    return clip(x, <floating>0.0, <floating>6.0)


cdef inline floating relu6_derivative(floating x, const floating* p) noexcept nogil:
    # also what the output tells: it is x, but for the x whose derivative is 0
    return inside(x, <floating>0.0, <floating>6.0, <floating>1.0)


cdef inline floating hardtanh(floating x, const floating* p) noexcept nogil:
    # p[0] = min_val, p[1] = max_val
    return clip(x, p[0], p[1])


cdef inline floating reached(floating bound) noexcept nogil:
    """The bound, but NaN, which no comparison reaches, in place of an infinite one: beyond it there is no x."""
    return bound - bound + bound


cdef inline floating hardtanh_derivative(floating x, const floating* p) noexcept nogil:
    return inside(x, reached(p[0]), reached(p[1]), <floating>1.0)  # and of the output, as for relu6


cdef inline floating linear(floating x, floating slope, floating offset) noexcept nogil:
    """slope x + offset, the sum rounded once; without fma nearly so, where the two cancel."""
    cdef floating product, low
    if HAS_FMA:
        return fma(slope, x, offset)
    product = slope * x
    low = product_low(slope, x, product)
    low = low if fabs(low) < fabs(product) else <floating>-0.0  # Dekker's splitting overflows where x is huge
    return (product + offset) + low


cdef inline floating clipped_linear(floating x, const floating* p) noexcept nogil:
    # p = slope, offset, min_val, max_val. An offset of -0.0 leaves the sign of a zero alone, and a slope of 0 has
    # limits at infinity too.
    cdef floating offset = p[1] if p[1] != <floating>0.0 else <floating>-0.0
    cdef floating most = largest(x) if p[0] == <floating>0.0 else infinity(x)
    return clip(linear(clip(x, -most, most), p[0], offset), p[2], p[3])


# Where a line meets a bound is seldom a number of the dtype. Rounded it would put its neighbours on the wrong side, so
# it is ``end`` and a low part, computed once for a loop: near to it x - end is exact, elsewhere larger than that part.

cdef inline bint up_to(floating x, floating end, floating low) noexcept nogil:
    """x <= end + low"""
    return x - end <= low


cdef inline bint from_on(floating x, floating end, floating low) noexcept nogil:
    """x >= end + low"""
    return x - end >= low


cdef inline floating crossing(floating slope, floating offset, floating level, floating* low) noexcept nogil:
    """Where slope x + offset is level."""
    cdef floating d, end
    d = level - offset
    end = d / slope
    d = (two_sum_low(level, -offset, d) - excess(d, end, slope)) / slope
    low[0] = d if d == d else <floating>0.0  # where the quotient overflows
    return end


cdef inline bint clipped_linear_within(const floating* p) noexcept nogil:
    """Whether `crossing` is right: a slope of 0 has none."""
    return (moderate(p[0]) or p[0] == <floating>0.0) and not_huge(p[1])


cdef inline floating clipped_linear_derivative(floating x, const floating* p) noexcept nogil:
    if clipped_linear_within(p):
        return clipped_linear_derivative_near(x, p)
    return <floating>clipped_wide_derivative(x, p[0], p[1], p[2], p[3])


cdef inline floating clipped_linear_derivative_near(floating x, const floating* p) noexcept nogil:
    """By the exact slope x + offset, which may lie inside where the value is rounded to a bound."""
    cdef floating first, first_low, last, last_low, slope
    first = crossing(p[0], p[1], p[2] if p[0] > <floating>0.0 else p[3], &first_low)
    last = crossing(p[0], p[1], p[3] if p[0] > <floating>0.0 else p[2], &last_low)
    slope = <floating>0.0 if up_to(x, first, first_low) else p[0]
    return <floating>0.0 if from_on(x, last, last_low) else nan_or(slope, x)


cdef inline floating clipped_linear_from_output(floating y, const floating* p) noexcept nogil:
    return inside(y, reached(p[2]), reached(p[3]), p[0])


# hardsigmoid's slope s stands for 1/r, r = 1/s rounded, and with it 1/6 and 0.2, which no binary number is, are exact.
# (x + offset r)/r is 0 up to -offset r and 1 from r - offset r on. A negative slope is a positive one of -x; one of a
# size for which r may be no normal number stands for itself.

cdef inline bint hardsigmoid_within(const floating* p) noexcept nogil:
    return p[0] > <floating>0.0 and moderate(p[0]) and not_huge(p[1])


cdef inline floating hardsigmoid(floating x, const floating* p) noexcept nogil:
    # p = slope, offset
    cdef floating q[2]
    if hardsigmoid_within(p):
        return hardsigmoid_near(x, p)
    q[0] = -p[0]
    q[1] = p[1]
    if hardsigmoid_within(q):
        return hardsigmoid_near(-x, q)
    return <floating>clipped_wide(x, p[0], p[1], 0.0, 1.0)


cdef inline floating hardsigmoid_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating q[2]
    if hardsigmoid_within(p):
        return hardsigmoid_derivative_near(x, p)
    q[0] = -p[0]
    q[1] = p[1]
    if hardsigmoid_within(q):
        return <floating>0.0 - hardsigmoid_derivative_near(-x, q)
    return <floating>clipped_wide_derivative(x, p[0], p[1], 0.0, 1.0)


cdef inline floating hardsigmoid_from_output(floating y, const floating* p) noexcept nogil:
    if moderate(p[0]):
        return hardsigmoid_from_output_near(y, p)
    return inside(y, <floating>0.0, <floating>1.0, p[0])


cdef inline floating hardsigmoid_first(floating inverse, floating offset, floating* low) noexcept nogil:
    """Up to here hardsigmoid is 0."""
    cdef floating product = offset * inverse
    low[0] = -product_low(offset, inverse, product)
    return -product


cdef inline floating hardsigmoid_last(floating inverse, floating offset, floating* low) noexcept nogil:
    """From here on hardsigmoid is 1."""
    cdef floating product = offset * inverse
    cdef floating end = inverse - product
    low[0] = two_sum_low(inverse, -product, end) - product_low(offset, inverse, product)
    return end


cdef inline floating hardsigmoid_near(floating x, const floating* p) noexcept nogil:
    # p = slope, offset
    cdef floating slope, y, first, first_low, last, last_low
    cdef floating inverse = finite(<floating>1.0 / p[0])
    first = hardsigmoid_first(inverse, p[1], &first_low)
    last = hardsigmoid_last(inverse, p[1], &last_low)
    if HAS_FMA:
        # 1/r in two parts; near the lower end the inner sum is small, and its rounding with it
        slope = <floating>1.0 / inverse
        y = fma(x, -excess(<floating>1.0, slope, inverse) * slope, fma(x, slope, p[1]))
    else:
        y = x - first
        y = (y + (two_sum_low(x, -first, y) - first_low)) / inverse
    y = <floating>0.0 if up_to(x, first, first_low) else y
    return <floating>1.0 if from_on(x, last, last_low) else y


cdef inline floating hardsigmoid_derivative_near(floating x, const floating* p) noexcept nogil:
    cdef floating slope, first, first_low, last, last_low
    cdef floating inverse = finite(<floating>1.0 / p[0])
    first = hardsigmoid_first(inverse, p[1], &first_low)
    last = hardsigmoid_last(inverse, p[1], &last_low)
    slope = <floating>0.0 if up_to(x, first, first_low) else <floating>1.0 / inverse
    return <floating>0.0 if from_on(x, last, last_low) else nan_or(slope, x)


cdef inline floating hardsigmoid_from_output_near(floating y, const floating* p) noexcept nogil:
    return inside(y, <floating>0.0, <floating>1.0, <floating>1.0 / finite(<floating>1.0 / p[0]))


cdef inline floating sparse_sigmoid(floating x, const floating* p) noexcept nogil:
    return clip(x + <floating>1.0, <floating>0.0, <floating>2.0) * <floating>0.5


cdef inline floating sparse_sigmoid_derivative(floating x, const floating* p) noexcept nogil:
    return inside(x, <floating>-1.0, <floating>1.0, <floating>0.5)


cdef inline floating sparse_sigmoid_from_output(floating y, const floating* p) noexcept nogil:
    return inside(y, <floating>0.0, <floating>1.0, <floating>0.5)


# ---- nothing below a threshold --------------------------------------------------------------------------------------

cdef inline floating above(floating x, floating threshold) noexcept nogil:
    """1 where x > threshold, else 0."""
    return <floating>0.0 if x <= threshold else nan_or(<floating>1.0, x)


cdef inline floating threshold(floating x, const floating* p) noexcept nogil:
    # p = threshold, value
    return p[1] if x <= p[0] else x


cdef inline floating threshold_derivative(floating x, const floating* p) noexcept nogil:
    return above(x, p[0])


cdef inline floating threshold_from_output(floating y, const floating* p) noexcept nogil:
    # the value is no greater than the threshold, but for its rounding in float16
    return above(y, p[0] if p[0] > p[1] else p[1])


cdef inline floating thresholded_relu(floating x, const floating* p) noexcept nogil:
    # p[0] = alpha
    return <floating>0.0 if x <= p[0] else x


cdef inline floating thresholded_relu_derivative(floating x, const floating* p) noexcept nogil:
    return above(x, p[0])  # and of the output, where alpha is not negative


cdef inline floating hardshrink(floating x, const floating* p) noexcept nogil:
    # p[0] = lambd; the zero between has the sign of x, as in any odd function
    return copysign(<floating>0.0, x) if fabs(x) <= p[0] else x


cdef inline floating hardshrink_derivative(floating x, const floating* p) noexcept nogil:
    return above(fabs(x), p[0])


cdef inline floating shrink_from_output(floating y, const floating* p) noexcept nogil:
    """Of all three shrinks: outside of the zeros the slope is 1."""
    return above(fabs(y), <floating>0.0)


cdef inline floating softshrink(floating x, const floating* p) noexcept nogil:
    cdef floating a = fabs(x)
    return copysign(<floating>0.0 if a <= p[0] else a - p[0], x)


cdef inline floating softshrink_derivative(floating x, const floating* p) noexcept nogil:
    return hardshrink_derivative(x, p)


cdef inline floating shrink(floating x, const floating* p) noexcept nogil:
    # p = lambd, bias; a bias above lambd takes x beyond 0, where copysign would bring it back. Of NaN it would depend
    # on the compiler whether the product has its sign.
    cdef floating a = fabs(x)
    return nan_or((<floating>0.0 if a <= p[0] else a - p[1]) * copysign(<floating>1.0, x), x)


cdef inline floating shrink_derivative(floating x, const floating* p) noexcept nogil:
    return hardshrink_derivative(x, p)


# ---- slopes that differ ---------------------------------------------------------------------------------------------

cdef inline floating rrelu_slope(const floating* p, floating* low) noexcept nogil:
    """(p[0] + p[1])/2 and what its rounding lost; halved first, so that nothing overflows."""
    cdef floating a = p[0] * <floating>0.5, b = p[1] * <floating>0.5
    cdef floating slope = a + b
    low[0] = two_sum_low(a, b, slope)
    return slope


cdef inline bint rrelu_within(const floating* p) noexcept nogil:
    """Whether one of them is not so small that half of it may be no number; half of 0 is one."""
    cdef floating size = fabs(p[0]) if fabs(p[0]) > fabs(p[1]) else fabs(p[1])
    return moderate(size) or not not_huge(size) or size == <floating>0.0


cdef inline floating rrelu(floating x, const floating* p) noexcept nogil:
    # p = lower, upper
    cdef floating total, low
    if rrelu_within(p):
        return rrelu_near(x, p)
    total = p[0] + p[1]
    low = two_sum_low(p[0], p[1], total)
    x = x * <floating>0.5 if x < <floating>0.0 else x
    return fma(x, total, finite(-x) * -low) if x < <floating>0.0 else x


cdef inline floating rrelu_derivative(floating x, const floating* p) noexcept nogil:
    if rrelu_within(p):
        return rrelu_derivative_near(x, p)
    return <floating>1.0 if x > <floating>0.0 else nan_or((p[0] + p[1]) * <floating>0.5, x)


cdef inline floating rrelu_near(floating x, const floating* p) noexcept nogil:
    cdef floating low
    cdef floating slope = rrelu_slope(p, &low)
    # -inf low must not meet -inf; without fma a zero of the wrong sign could be added to a product that has become 0
    return (fma(x, slope, -finite(-x) * low) if HAS_FMA else x * slope) if x < <floating>0.0 else x


cdef inline floating rrelu_derivative_near(floating x, const floating* p) noexcept nogil:
    cdef floating low
    cdef floating slope = rrelu_slope(p, &low)
    return <floating>1.0 if x > <floating>0.0 else nan_or(slope, x)


# ---- polynomials ----------------------------------------------------------------------------------------------------

cdef inline floating relu_squared(floating x, const floating* p) noexcept nogil:
    x = relu(x, p)
    return x * x


cdef inline floating relu_squared_derivative(floating x, const floating* p) noexcept nogil:
    x = <floating>0.0 if x <= <floating>0.0 else x
    return x + x


cdef inline floating relu_squared_from_output(floating y, const floating* p) noexcept nogil:
    return <floating>2.0 * sqrt(<floating>0.0 if y < <floating>0.0 else y)


cdef inline floating sixth(floating* low) noexcept nogil:
    """1/6 in two parts."""
    low[0] = <floating>-4.967054e-09 if floating is float else <floating>9.25185853854297e-18
    return <floating>0.16666667 if floating is float else <floating>0.16666666666666666


cdef inline floating hardswish(floating x, const floating* p) noexcept nogil:
    """x relu6(x + 3)/6: (x + 3)/6 by two fma, of which the outer one has what 1/6 lost, and is 1 from 3 on."""
    cdef floating t, q, q_low, part, low
    part = sixth(&low)
    if HAS_FMA:
        t = <floating>3.0 if x > <floating>3.0 else x
        q = x * fma(t, low, fma(t, part, <floating>0.5))
        return <floating>0.0 if x <= <floating>-3.0 else q
    t = x + <floating>3.0
    q = t * part
    q_low = product_low(t, part, q) + fma(t, low, sum_low(<floating>3.0, x, t) * part)
    q = copysign(fma(x, q, x * q_low), x)  # at -0.0 two zeros of either sign may have been added
    q = <floating>0.0 if x <= <floating>-3.0 else q
    return x if x >= <floating>3.0 else q


cdef inline floating hardswish_derivative(floating x, const floating* p) noexcept nogil:
    """(2 x + 3)/6 = (x + 3/2)/3, whose sum is exact about the root."""
    cdef floating third = <floating>0.33333334 if floating is float else <floating>0.3333333333333333
    cdef floating y = (x + <floating>1.5) * third
    y = <floating>0.0 if x <= <floating>-3.0 else y
    return <floating>1.0 if x >= <floating>3.0 else y


cdef inline floating sparse_plus(floating x, const floating* p) noexcept nogil:
    """(x + 1)^2/4 between -1 and 1; what the sum loses is carried through the square."""
    cdef floating t, y
    t = x + <floating>1.0
    y = (t + t) * sum_low(<floating>1.0, x, t)
    y = fma(t, t, y) * <floating>0.25
    y = <floating>0.0 if x <= <floating>-1.0 else y
    return x if x >= <floating>1.0 else y


cdef inline floating sparse_plus_derivative(floating x, const floating* p) noexcept nogil:
    return sparse_sigmoid(x, p)


cdef inline floating sparse_plus_from_output(floating y, const floating* p) noexcept nogil:
    y = <floating>0.0 if y < <floating>0.0 else y
    return <floating>1.0 if y >= <floating>1.0 else sqrt(y)
