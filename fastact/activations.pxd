# cython: cdivision=True
"""Value and derivative of every activation, for one number: the definitions from which all kernels are made.

May be cimported by any Cython code (``from fastact.activations cimport gelu``); itself uses only `fastact.vmath` and
keeps that file's rules. A function ``f(x, p)`` takes its parameters from the array ``p``, in the order in which the
row of ``_registry.ROWS`` lists them; ``f_derivative(x, p)`` is df/dx, and ``f_from_output(y, p)`` is df/dx where only
y = f(x) is left. NaN gives NaN everywhere; +-inf give the limits.

What is below a function's name is why it has this form; the stated error bounds are in the rows.
"""
from cython cimport floating
from fastact.vmath cimport (
    HAS_FMA, at_least, at_most, copysign, excess, exp_rest, expm1, expm1_pair, expm1_parts, exponent, fabs, fma,
    fma_low, gaussian_slope, log1p_rest, lowering, lowest, mills, product_low, reduced, reduced_product,
    reduced_product_pair, reduced_product_parts, scaled_exponent, sum_low, tanh as vmath_tanh, two_sum_low,
)


# ---- pieces shared by several activations ---------------------------------------------------------------------------

cdef inline floating nan_or(floating value, floating x) noexcept nogil:
    """``value``, but NaN where x is."""
    return value if x == x else x


cdef inline floating finite(floating a) noexcept nogil:
    """The largest number in place of inf."""
    cdef floating most = <floating>3.4028234663852886e38 if floating is float else <floating>1.7976931348623157e308
    return most if a > most else a


cdef inline floating logistic_end(floating like) noexcept nogil:
    """From here on the logistic function is 1, its product with x is x, and the derivatives are, to the last bit."""
    return <floating>24.0 if floating is float else <floating>44.0


cdef inline floating logistic_denominator(floating top, floating r, floating* low) noexcept nogil:
    """s + m for the power s, lifted, and m = 1 + r; low[0] is what rounding lost.

    1/(1 + exp(-z)) with z = n ln2 + f is s/(s + m), s = 2^n and m = exp(-f): no |z|, no case for the sign, no
    overflow. What 1 + s loses where s is about an ULP of 1 joins r, so that the sum is rounded once.
    """
    cdef floating lost, rest, d
    cdef floating base = logistic_base(top, &lost)
    rest = r + lost
    d = base + rest
    low[0] = sum_low(base, rest, d)
    return d


cdef inline floating logistic_base(floating top, floating* lost) noexcept nogil:
    """1 + s, and in lost[0] what its rounding lost: plain fma does, top being a power of two, with or without fma."""
    cdef floating base = fma(top, lowering(top), <floating>1.0)
    lost[0] = fma(top, lowering(top), <floating>1.0 - base)
    return base


cdef inline floating over_square(
    floating a, floating b, floating b_low, floating d, floating d_low
) noexcept nogil:
    """a (b + b_low)/(d + d_low)^2 for a power of two a: one division; what it and the products lost is made good."""
    cdef floating inverse = <floating>1.0 / d
    cdef floating lacks = -fma(d_low, inverse, excess(<floating>1.0, inverse, d))
    cdef floating q = b * inverse
    cdef floating power = a * inverse
    cdef floating y = power * q
    cdef floating low = fma(power, fma(b_low, inverse, product_low(b, inverse, q)), product_low(power, q, y))
    return y + fma(y + y, lacks, low)


cdef inline floating times_logistic(floating x, floating top, floating r) noexcept nogil:
    """x/(1 + exp(-z)), z = n ln2 + f, r = expm1(-f), top = 2^n lifted.

    x s is formed before s is lowered, so that no tail is lost.
    """
    cdef floating low
    cdef floating d = logistic_denominator(top, r, &low)
    return logistic_quotient(x * top, d, low)


cdef inline floating times_logistic_pair(floating x, floating top, floating f, floating f_low) noexcept nogil:
    """`times_logistic` where z = n ln2 + f + f_low, which does without the rounding of f.

    exp(-f_low) is 1 - f_low, and m near enough to 1 for so small a term.
    """
    cdef floating lost, rest, d
    cdef floating base = logistic_base(top, &lost)
    rest = exp_rest(-f) + (lost - f_low)
    d = base + rest
    return logistic_quotient(x * top, d, sum_low(base, rest, d))


cdef inline floating logistic_quotient(floating t, floating d, floating d_low) noexcept nogil:
    """t/d, lowered."""
    cdef floating q = t / d
    if not HAS_FMA:  # r is less good there: what d and q lost is made good, to stay near to processors with fma
        q = q - (excess(t, q, d) + q * d_low) / d
    return q * lowering(t)


cdef inline floating logistic(floating z, floating top, floating f) noexcept nogil:
    """1/(1 + exp(-z)), z = n ln2 + f, top = 2^n lifted."""
    cdef floating low
    cdef floating s = top * lowering(z)  # exact down to the last subnormal
    cdef floating y = s / logistic_denominator(top, exp_rest(-f), &low)
    y = <floating>1.0 if z > logistic_end(z) else y
    return <floating>0.0 if z < lowest(z) else y


cdef inline floating times_logistic_derivative(
    floating z, floating top, floating f, floating f_low, floating y, floating y_low
) noexcept nogil:
    """d/dx of x s(z), s the logistic function, z = n ln2 + f + f_low, top = 2^n lifted, y + y_low = x z'(x).

    s(z) (1 + y (1 - s(z))) is s/d (s + m (1 + y))/d with the s, m and d of `logistic_denominator`. At the root, where
    the sum cancels, 1 + y and s + (1 + y) are exact, and only the small r (1 + y) is rounded.
    """
    cdef floating low, r_low, a, b, c
    cdef floating r = expm1_pair(-f, &r_low)
    cdef floating d = logistic_denominator(top, r, &low)
    r_low = r_low - fma(r, f_low, f_low)
    low = low + r_low
    a = <floating>1.0 + y
    y_low = y_low + two_sum_low(<floating>1.0, y, a)
    b = fma(top, lowering(y), a)
    c = fma(r, a, b)
    y_low = fma_low(r, a, b, c) + fma(r, y_low, fma(a, r_low, y_low))
    a = over_square(top, c, y_low, d, low) * lowering(y)
    a = <floating>1.0 if z > logistic_end(y) else a
    return <floating>-0.0 if z < lowest(y) else a


cdef inline floating bell(floating z, floating factor) noexcept nogil:
    """factor e/(1 + e)^2 with e = exp(z), z <= 0: the derivatives of sigmoid and tanh."""
    cdef floating top, n, r, d, low
    n = exponent(z, &top)
    r = exp_rest(-reduced(z, n))
    d = logistic_denominator(top, r, &low)
    n = <floating>1.0 + r
    d = over_square(top, n, sum_low(<floating>1.0, r, n), d, low) * (factor * lowering(z))
    return <floating>0.0 if z < lowest(z) else d


# ---- piecewise linear ---------------------------------------------------------------------------------------------

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


cdef inline floating prelu_derivative(floating x, const floating* p) noexcept nogil:
    # at 0 the slope of the left; also what leaky_relu's output tells, whose sign is that of x
    return <floating>1.0 if x > <floating>0.0 else nan_or(p[0], x)


# ---- exponential on the left ----------------------------------------------------------------------------------------

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


# ---- sigmoid and its kin --------------------------------------------------------------------------------------------

cdef inline floating sigmoid(floating x, const floating* p) noexcept nogil:
    cdef floating top
    cdef floating n = exponent(x, &top)
    return logistic(x, top, reduced(x, n))


cdef inline floating sigmoid_derivative(floating x, const floating* p) noexcept nogil:
    return bell(-fabs(x), <floating>1.0)


cdef inline floating sigmoid_from_output(floating y, const floating* p) noexcept nogil:
    return y * (<floating>1.0 - y)


cdef inline floating tanh(floating x, const floating* p) noexcept nogil:
    return vmath_tanh(x)


cdef inline floating tanh_derivative(floating x, const floating* p) noexcept nogil:
    # 1 - tanh(x)^2 = 4 e/(1 + e)^2 with e = exp(-2|x|), which does not cancel
    return bell(<floating>-2.0 * fabs(x), <floating>4.0)


cdef inline floating tanh_from_output(floating y, const floating* p) noexcept nogil:
    return (<floating>1.0 - y) * (<floating>1.0 + y)


cdef inline floating silu(floating x, const floating* p) noexcept nogil:
    # p[0] = beta; the comparisons are of x, since beta x itself is not needed
    cdef floating top, y
    cdef floating n = scaled_exponent(x, p[0] * <floating>1.4426950408889634, &top)
    y = times_logistic(x, top, exp_rest(-reduced_product(p[0], x, n)))
    y = x if x > finite(logistic_end(x) / p[0]) else y
    return <floating>-0.0 if x < -finite(-lowest(x) / p[0]) else y


cdef inline floating silu_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating top, f, low
    cdef floating z = p[0] * x
    cdef floating n = exponent(z, &top)
    f = reduced_product_parts(p[0], x, <floating>0.0, n, &low)
    return times_logistic_derivative(z, top, f, low, z, product_low(p[0], x, z))


cdef inline floating quick_gelu_scale(floating* low) noexcept nogil:
    """1.702 in two parts."""
    low[0] = <floating>9.727478e-08 if floating is float else <floating>4.263256414560601e-17
    return <floating>1.7019999 if floating is float else <floating>1.702


cdef inline floating quick_gelu(floating x, const floating* p) noexcept nogil:
    """x s(1.702 x), s the logistic function."""
    cdef floating scale, low, n, top, f, y
    cdef floating c = at_least(x, quick_gelu_least(x))
    scale = quick_gelu_scale(&low)
    n = scaled_exponent(c, <floating>2.4554669595930156, &top)  # 1.702/ln2
    f = reduced_product_pair(c, scale, &low, n)
    y = times_logistic_pair(c, top, f, low)  # 1.96 ULP, without the low part 2.03
    return y if x <= quick_gelu_end(x) else x  # NaN too


cdef inline floating quick_gelu_end(floating like) noexcept nogil:
    """From here on quick_gelu(x) = x to the last bit."""
    return <floating>14.5 if floating is float else <floating>26.0


cdef inline floating quick_gelu_least(floating like) noexcept nogil:
    """Below it 1.702 x < lowest, and the result is -0.0."""
    return <floating>-77.5 if floating is float else <floating>-623.0


cdef inline floating quick_gelu_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating scale, low, n, top, f, f_low, z
    scale = quick_gelu_scale(&low)
    z = x * scale
    n = exponent(z, &top)
    f = reduced_product_parts(x, scale, low, n, &f_low)
    return times_logistic_derivative(z, top, f, f_low, z, fma(x, low, product_low(x, scale, z)))


# ---- softplus -------------------------------------------------------------------------------------------------------

cdef inline floating softplus(floating x, const floating* p) noexcept nogil:
    """max(x, 0) + log1p(exp(-beta |x|))/beta, the logarithm as s (1 + t): no threshold is needed.

    max(x, 0) + s/beta and what that sum loses on the right, where it matters (2.5 ULP without it in float32, 1.8
    with), then s t/beta. s is lowered last, so that beta does not magnify what a subnormal has lost.
    """
    cdef floating n, top, right, large, low, t
    cdef floating most = finite(-lowest(x) / p[0])
    cdef floating inverse = <floating>1.0 / p[0]
    cdef floating a = at_most(fabs(x), most)
    n = scaled_exponent(a, -p[0] * <floating>1.4426950408889634, &top)
    t = log1p_rest(exp_rest(reduced_product(-p[0], a, n)), top * lowering(x))
    top = top * inverse * lowering(x)
    right = <floating>0.0 if x < <floating>0.0 else x
    large = right + top
    low = sum_low(top, right, large) if x < most else <floating>0.0  # inf - inf at inf
    return fma(top, t, low) + large


cdef inline floating softplus_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating top
    cdef floating z = p[0] * x
    cdef floating n = exponent(z, &top)
    return logistic(z, top, reduced_product(p[0], x, n))


cdef inline floating softplus_from_output(floating y, const floating* p) noexcept nogil:
    # 1 - exp(-beta y)
    return -expm1(-p[0] * y)


cdef inline floating logsigmoid(floating x, const floating* p) noexcept nogil:
    """log(1/(1 + exp(-x))) = -softplus(-x)."""
    cdef floating beta = <floating>1.0
    return -softplus(-x, &beta)


cdef inline floating logsigmoid_derivative(floating x, const floating* p) noexcept nogil:
    # the logistic function of -x
    cdef floating top
    cdef floating n = exponent(-x, &top)
    return logistic(-x, top, reduced(-x, n))


cdef inline floating logsigmoid_from_output(floating y, const floating* p) noexcept nogil:
    # 1 - exp(y)
    return -expm1(y)


# ---- softsign -------------------------------------------------------------------------------------------------------

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


# ---- mish -----------------------------------------------------------------------------------------------------------

cdef inline floating mish_end(floating like) noexcept nogil:
    """From here on mish(x) = x, and its derivative is 1, to the last bit."""
    return <floating>12.0 if floating is float else <floating>24.0


cdef inline floating mish(floating x, const floating* p) noexcept nogil:
    """x N/(N + 2), N = e (e + 2), e = e^x = s (1 + r).

    N = s (2 + h) with h = r (2 + 2 s) + s + s r^2, and N + 2 = (2 + 2 s) + s h: on the left x N is 2 x s and a
    little, a power of two times x, so that its sum is rounded once; on the right, where h is large, the error of h is
    in both and cancels. What the denominator loses is carried: 1.81 ULP over all of float32; without it 2.5 at two
    thirds of the time.
    """
    cdef floating n, top, r, s, u, h, t, d, inverse, y
    cdef floating c = at_least(x, lowest(x))
    n = exponent(c, &top)
    r = exp_rest(reduced(c, n))
    s = top * lowering(x)
    u = fma(s, <floating>2.0, <floating>2.0)
    h = fma(r, u, fma(s, r * r, s))
    d = fma(s, h, u)
    c = c * top
    t = fma(c, h, c + c)
    inverse = <floating>1.0 / d
    y = t * inverse
    # not fma(-fma(...), inverse, y): GCC negates inside, which turns -0.0 into 0.0
    y = fma(fma(y, fma_low(s, h, u, d), excess(t, y, d)), -inverse, y) * lowering(x)
    return y if x <= mish_end(x) else x  # NaN too


cdef inline floating mish_derivative(floating x, const floating* p) noexcept nogil:
    """e (A + e (B + e (4 + e)))/d^2, e = e^x, A = 4 x + 4, B = 4 x + 6, d the denominator of mish.

    A cancels the rest at the root near -1.19; A and B are exact there and what is small is carried.
    """
    cdef floating n, top, r, s, e, e_low, a, b, d, d_low, v, v_low, w, h, h_low
    n = exponent(x, &top)
    r = expm1_pair(reduced(x, n), &e_low)
    s = top * lowering(x)
    e = fma(s, r, s)
    e_low = fma_low(s, r, s, e) + s * e_low
    v = <floating>2.0 + e
    d = fma(e, v, <floating>2.0)
    d_low = fma_low(e, v, <floating>2.0, d) + fma(e, sum_low(<floating>2.0, e, v), e_low * (v + e))
    a = fma(<floating>4.0, x, <floating>4.0)
    b = fma(<floating>4.0, x, <floating>6.0)
    v = fma(e, e + <floating>4.0, b)
    v_low = fma_low(e, e + <floating>4.0, b, v)
    w = e * v
    h = a + w
    h_low = two_sum_low(a, w, h) + product_low(e, v, w)
    h_low = h_low + fma(e, v_low, e_low * fma(e, fma(<floating>3.0, e, <floating>8.0), b))
    v = fma(r, h, h)
    h_low = fma_low(r, h, h, v) + fma(r, h_low, h_low)
    h = over_square(top, v, h_low, d, d_low) * lowering(x)
    h = <floating>1.0 if x > mish_end(x) else h
    return <floating>-0.0 if x < lowest(x) else h


# ---- gelu -----------------------------------------------------------------------------------------------------------

cdef inline floating gelu_end(floating like) noexcept nogil:
    """From here on x Phi(-x) and its derivative round to 0: the argument is clamped to it."""
    return <floating>15.0 if floating is float else <floating>39.0


cdef inline floating gaussian_product(floating a, floating w, floating w_low) noexcept nogil:
    """(w + w_low) exp(-a*a/2), lifted; the square is exact where there is fma."""
    cdef floating top, r, y
    cdef floating half = <floating>-0.5 * a
    cdef floating n = exponent(half * a, &top)
    r = exp_rest(reduced_product(half, a, n))
    y = fma(r, w, w)
    return (y + (fma_low(r, w, w, y) + fma(r, w_low, w_low))) * top


cdef inline floating gelu(floating x, const floating* p) noexcept nogil:
    """x Phi(x) = max(x, 0) - a Phi(-a), a = |x|: one form for both sides, and nothing cancels on the left."""
    cdef floating a, w, low
    a = at_most(fabs(x), gelu_end(x))
    w = mills(a, &low)
    return fma(gaussian_product(a, w, low), -lowering(x), <floating>-0.0 if x < <floating>0.0 else x)


cdef inline floating gelu_derivative(floating x, const floating* p) noexcept nogil:
    """Phi(x) + x phi(x); its value at -a, and 1 minus that at a."""
    cdef floating a, w, low
    a = fabs(x)
    a = gelu_end(x) if a > gelu_end(x) else a  # lets NaN through
    w = gaussian_slope(a, &low)
    w = gaussian_product(a, w, low) * lowering(x)
    return <floating>1.0 - w if x > <floating>0.0 else w


cdef inline floating gelu_tanh_factor(
    floating square, floating linear, floating linear_low, floating cubic, floating cubic_low, floating square_low,
    floating* low,
) noexcept nogil:
    """linear + cubic x^2, each of the three in two parts; low[0] is what the result lacks.

    linear has so few digits that its difference to the result is exact.
    """
    cdef floating w = fma(cubic, square, linear)
    low[0] = fma_low(cubic, square, linear, w) + fma(cubic, square_low, fma(cubic_low, square, linear_low))
    return w


cdef inline floating gelu_tanh_argument(floating x, floating square, floating square_low, floating* low) noexcept nogil:
    """2 u/x = 2 sqrt(2/pi) (1 + 0.044715 x^2) in two parts: an exponential to come amplifies its rounding."""
    if floating is float:
        return gelu_tanh_factor(
            square, <floating>1.5957642, <floating>4.9614496e-06,
            <floating>0.071354814, <floating>2.3988325e-09, square_low, low,
        )
    else:
        return gelu_tanh_factor(
            square, <floating>1.5957691216057128, <floating>1.7885919910836427e-14,
            <floating>0.07135481627260024, <floating>1.3260272815998925e-17, square_low, low,
        )


cdef inline floating gelu_tanh_slope(floating x, floating square, floating square_low, floating* low) noexcept nogil:
    """(2 u)' = 2 sqrt(2/pi) (1 + 3 0.044715 x^2) in two parts: 1 + x (2 u)' cancels at the root."""
    cdef floating high, total
    if floating is float:
        high = gelu_tanh_factor(
            square, <floating>1.5957642, <floating>4.9614496e-06,
            <floating>0.21406443, <floating>1.4647078e-08, square_low, low,
        )
    else:
        high = gelu_tanh_factor(
            square, <floating>1.5957691216057128, <floating>1.7885919910836427e-14,
            <floating>0.21406444881780073, <floating>1.2025242832367862e-17, square_low, low,
        )
    total = high + low[0]
    low[0] = sum_low(high, low[0], total)
    return total


cdef inline floating gelu_tanh(floating x, const floating* p) noexcept nogil:
    """x/2 (1 + tanh u) = x s(2 u), s the logistic function."""
    cdef floating w, low, n, top, f, y
    cdef floating c = at_least(x, gelu_tanh_least(x))
    cdef floating square = c * c
    w = gelu_tanh_argument(c, square, product_low(c, c, square), &low)
    n = exponent(c * w, &top)
    f = reduced_product_pair(c, w, &low, n)
    y = times_logistic(c, top, expm1_pair(-f, &low))  # 1.94 ULP; by exp_rest, a term less, 2.02
    return y if x <= gelu_tanh_end(x) else x  # NaN too


cdef inline floating gelu_tanh_end(floating like) noexcept nogil:
    """From here on gelu_tanh(x) = x, and its derivative is 1, to the last bit."""
    return <floating>7.25 if floating is float else <floating>9.0


cdef inline floating gelu_tanh_least(floating like) noexcept nogil:
    """Below it 2 u < lowest."""
    return <floating>-11.5 if floating is float else <floating>-24.0


cdef inline floating gelu_tanh_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating w, low, n, top, f, y, slope, slope_low
    cdef floating square = x * x
    cdef floating square_low = product_low(x, x, square)
    w = gelu_tanh_argument(x, square, square_low, &low)
    n = exponent(x * w, &top)
    f = reduced_product_parts(x, w, low, n, &low)
    slope = gelu_tanh_slope(x, square, square_low, &slope_low)
    y = x * slope
    y = times_logistic_derivative(x * w, top, f, low, y, fma(x, slope_low, product_low(x, slope, y)))
    y = <floating>1.0 if x > gelu_tanh_end(x) else y
    return <floating>-0.0 if x < gelu_tanh_least(x) else y
