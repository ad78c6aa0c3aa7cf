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
    copysign, exp_reduced, expm1, expm1_parts, exponent, fabs, fma, gaussian_slope, lifted, log1p_ratio, lowering,
    lowest, mills, product_low, quotient, reduced, sum_low, tanh as vmath_tanh, two_sum_low,
)


# ---- pieces shared by several activations ---------------------------------------------------------------------------

cdef inline floating nan_or(floating value, floating x) noexcept nogil:
    """``value``, but NaN where x is."""
    return value if x == x else x


cdef inline floating logistic_end(floating like) noexcept nogil:
    """From here on the logistic function is 1 to the last bit: where its argument is clamped from above."""
    return <floating>40.0


cdef inline floating logistic_parts(
    floating z, floating z_low, floating* m, floating* m_low, floating* s, floating* d, floating* d_low
) noexcept nogil:
    """Pieces of 1/(1 + exp(-z - z_low)) = s/(s + m), lowest <= z <= 40; returns s lifted.

    With z = n ln2 + f, s = 2^n and m + m_low = exp(-f), the quotient needs no |z|, no case for the sign, and nothing
    overflows; d + d_low = s + m. The complement is m/(s + m).
    """
    cdef floating n = exponent(z)
    cdef floating top = lifted(n)
    m[0] = exp_reduced(-(reduced(z, n) + z_low), m_low)
    s[0] = top * lowering(z)
    d[0] = m[0] + s[0]
    d_low[0] = two_sum_low(m[0], s[0], d[0]) + m_low[0]
    return top


cdef inline floating logistic(floating z, floating z_low) noexcept nogil:
    """1/(1 + exp(-z - z_low)) for lowest <= z <= 40."""
    cdef floating m, m_low, s, d, d_low
    cdef floating top = logistic_parts(z, z_low, &m, &m_low, &s, &d, &d_low)
    return quotient(top, <floating>0.0, d, d_low) * lowering(z)


cdef inline floating times_logistic(floating x, floating z, floating z_low) noexcept nogil:
    """x/(1 + exp(-z - z_low)) for lowest <= z <= 40, |x| < 2^4 where z = 40: x s is formed before s is lowered."""
    cdef floating m, m_low, s, d, d_low
    cdef floating top = logistic_parts(z, z_low, &m, &m_low, &s, &d, &d_low)
    return quotient(x * top, <floating>0.0, d, d_low) * lowering(z)


cdef inline floating times_logistic_derivative(
    floating z, floating z_low, floating y, floating y_low
) noexcept nogil:
    """d/dx of x s(z), s the logistic function, z + z_low = z(x), y + y_low = x z'(x); lowest <= z <= 40.

    s(z) (1 + y (1 - s(z))) is s/d (s + m (1 + y))/d with the pieces of `logistic_parts`. The sum cancels at the
    root, where 1 + y is exact and the rest is carried.
    """
    cdef floating m, m_low, s, d, d_low, top, a, a_low, b, b_low
    top = logistic_parts(z, z_low, &m, &m_low, &s, &d, &d_low)
    a = <floating>1.0 + y
    a_low = two_sum_low(<floating>1.0, y, a) + y_low
    b = m * a
    b_low = product_low(m, a, b) + fma(m_low, a, m * a_low)
    a = s + b
    a_low = two_sum_low(s, b, a) + b_low
    return quotient(a, a_low, d, d_low) * quotient(top, <floating>0.0, d, d_low) * lowering(z)


cdef inline floating bell(floating z) noexcept nogil:
    """e/(1 + e)^2 with e = exp(z), lowest <= z <= 0, lifted: the derivatives of sigmoid and tanh."""
    cdef floating m, m_low, s, d, d_low
    cdef floating top = logistic_parts(z, <floating>0.0, &m, &m_low, &s, &d, &d_low)
    return quotient(m, m_low, d, d_low) * quotient(top, <floating>0.0, d, d_low)


cdef inline floating scaled(floating x, floating beta, floating end, floating* low) noexcept nogil:
    """beta x, clamped to [lowest, end], and in low what rounding lost: an exponential to come would amplify it."""
    cdef floating z = beta * x
    cdef floating lost = product_low(beta, x, z)
    low[0] = lost if fabs(z) < -lowest(x) else <floating>0.0
    z = lowest(x) if z < lowest(x) else z
    return end if z > end else z


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
    cdef floating z, n, m, m_low
    z = lowest(x) if x < lowest(x) else x
    n = exponent(z)
    m = exp_reduced(reduced(z, n), &m_low)
    m = fma(left, m, fma(left, m_low, left_low * m)) * lifted(n) * lowering(x)
    return right if x > <floating>0.0 else m


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
    cdef floating z = lowest(x) if x < lowest(x) else x
    return logistic(logistic_end(x) if z > logistic_end(x) else z, <floating>0.0)


cdef inline floating sigmoid_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating z = -fabs(x)
    return bell(lowest(x) if z < lowest(x) else z) * lowering(x)


cdef inline floating sigmoid_from_output(floating y, const floating* p) noexcept nogil:
    return y * (<floating>1.0 - y)


cdef inline floating tanh(floating x, const floating* p) noexcept nogil:
    return vmath_tanh(x)


cdef inline floating tanh_derivative(floating x, const floating* p) noexcept nogil:
    # 1 - tanh(x)^2 = 4 e/(1 + e)^2 with e = exp(-2|x|), which does not cancel
    cdef floating z = <floating>-2.0 * fabs(x)
    return bell(lowest(x) if z < lowest(x) else z) * (<floating>4.0 * lowering(x))


cdef inline floating tanh_from_output(floating y, const floating* p) noexcept nogil:
    return (<floating>1.0 - y) * (<floating>1.0 + y)


cdef inline floating silu(floating x, const floating* p) noexcept nogil:
    # p[0] = beta. Where the logistic function is 1 the result is x; where it is 0 the factor x, maybe -inf, must go.
    cdef floating low, a
    cdef floating end = logistic_end(x)
    cdef floating z = scaled(x, p[0], end, &low)
    a = times_logistic(x if z > lowest(x) else copysign(<floating>0.0, x), z, low)
    return a if z < end else (x if z == z else z)


cdef inline floating silu_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating low
    cdef floating z = scaled(x, p[0], logistic_end(x), &low)
    return times_logistic_derivative(z, low, z, low)


# ---- softplus -------------------------------------------------------------------------------------------------------

cdef inline floating softplus(floating x, const floating* p) noexcept nogil:
    # p[0] = beta; softplus(x) = (max(z, 0) + log1p(exp(-|z|)))/beta, z = beta x. No threshold is needed.
    cdef floating z, low, t, n, top, s, m, m_low, d, d_low
    z = scaled(x, p[0], -lowest(x), &low)
    t = -fabs(z)
    n = exponent(t)
    m = exp_reduced(reduced(t, n) - copysign(<floating>1.0, z) * low, &m_low)
    top = lifted(n)
    s = top * lowering(x)
    d = fma(m, s, <floating>2.0)
    d_low = fma(m, s, <floating>2.0 - d) + m_low * s
    t = log1p_ratio(m, m_low, s, d, d_low) * top * lowering(x)
    t = t + (<floating>0.0 if z < <floating>0.0 else z)
    return x if z >= -lowest(x) else t / p[0]


cdef inline floating softplus_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating low, z
    z = scaled(x, p[0], logistic_end(x), &low)
    return logistic(z, low)


cdef inline floating softplus_from_output(floating y, const floating* p) noexcept nogil:
    # 1 - exp(-beta y)
    return -expm1(-p[0] * y)


# ---- mish -----------------------------------------------------------------------------------------------------------

cdef inline floating mish_end(floating like) noexcept nogil:
    """From here on mish(x) = x, and its derivative is 1, to the last bit."""
    return <floating>12.0 if floating is float else <floating>24.0


cdef inline floating mish_parts(
    floating x, floating* s, floating* m, floating* m_low, floating* w, floating* w_low, floating* d, floating* d_low
) noexcept nogil:
    """Pieces of tanh(softplus(x)) = e (e + 2)/(e (e + 2) + 2), e = e^x = s (m + m_low); returns s lifted.

    w + w_low = m (e + 2), so that the numerator is s w, and d + d_low is the denominator. lowest <= x <= mish_end.
    """
    cdef floating n = exponent(x)
    cdef floating top = lifted(n)
    cdef floating inner, inner_low
    m[0] = exp_reduced(reduced(x, n), m_low)
    s[0] = top * lowering(x)
    inner = fma(m[0], s[0], <floating>2.0)
    inner_low = fma(m[0], s[0], <floating>2.0 - inner) + m_low[0] * s[0]
    w[0] = m[0] * inner
    w_low[0] = product_low(m[0], inner, w[0]) + fma(m[0], inner_low, m_low[0] * inner)
    inner = w[0] * s[0]
    d[0] = <floating>2.0 + inner
    d_low[0] = two_sum_low(<floating>2.0, inner, d[0]) + w_low[0] * s[0]
    return top


cdef inline floating mish(floating x, const floating* p) noexcept nogil:
    cdef floating y, top, s, m, m_low, w, w_low, d, d_low, a, a_low
    y = lowest(x) if x < lowest(x) else x
    y = mish_end(x) if y > mish_end(x) else y
    top = mish_parts(y, &s, &m, &m_low, &w, &w_low, &d, &d_low)
    a = y * w
    a_low = fma(y, w_low, product_low(y, w, a))
    a = quotient(a * top, a_low * top, d, d_low) * lowering(x)
    return x if x > mish_end(x) else a


cdef inline floating mish_derivative(floating x, const floating* p) noexcept nogil:
    """e (A + e (B + e (4 + e)))/d^2, e = e^x, A = 4 x + 4, B = 4 x + 6, d the denominator of mish.

    A cancels the rest at the root near -1.19; A and B are exact there and what is small is carried.
    """
    cdef floating y, top, s, m, m_low, w, w_low, d, d_low, a, b, e, v, v_low, h, h_low
    y = lowest(x) if x < lowest(x) else x
    y = mish_end(x) if y > mish_end(x) else y
    top = mish_parts(y, &s, &m, &m_low, &w, &w_low, &d, &d_low)
    e = m * s
    a = fma(<floating>4.0, y, <floating>4.0)
    b = fma(<floating>4.0, y, <floating>6.0)
    w = fma(e, e, <floating>4.0 * e)
    v = b + w
    v_low = two_sum_low(b, w, v)
    h = e * v
    # to first order in the low part of e: d/de of e (B + e (4 + e)) is B + e (8 + 3 e)
    h_low = product_low(e, v, h) + fma(e, v_low, m_low * s * fma(e, fma(<floating>3.0, e, <floating>8.0), b))
    v = a + h
    v_low = two_sum_low(a, h, v) + h_low
    return quotient(v, v_low, d, d_low) * (quotient(m, m_low, d, d_low) * top) * lowering(x)


# ---- gelu -----------------------------------------------------------------------------------------------------------

cdef inline floating gaussian(floating a, floating* m_low, floating* top) noexcept nogil:
    """exp(-a*a/2) as (m + m_low[0]) times top[0], which is lifted; returns m. The low part of a*a is carried."""
    cdef floating square = a * a
    cdef floating half = <floating>-0.5
    cdef floating n = exponent(half * square)
    top[0] = lifted(n)
    return exp_reduced(fma(half, product_low(a, a, square), reduced(half * square, n)), m_low)


cdef inline floating gelu_end(floating like) noexcept nogil:
    """From here on x Phi(-x) rounds to 0: the argument is clamped to it."""
    return <floating>14.5 if floating is float else <floating>39.0


cdef inline floating gaussian_product(floating a, floating w, floating w_low) noexcept nogil:
    """(w + w_low) exp(-a*a/2)."""
    cdef floating m, m_low, top, y
    m = gaussian(a, &m_low, &top)
    y = w * m
    y = y + (product_low(w, m, y) + fma(w_low, m, w * m_low))
    return y * top * lowering(a)


cdef inline floating gelu(floating x, const floating* p) noexcept nogil:
    """x Phi(x) = max(x, 0) - a Phi(-a), a = |x|: one form for both sides, and nothing cancels on the left."""
    cdef floating a, w, low
    a = fabs(x)
    a = gelu_end(x) if a > gelu_end(x) else a
    w = mills(a, &low)
    return (<floating>0.0 if x < <floating>0.0 else x) - gaussian_product(a, w, low)


cdef inline floating gelu_derivative(floating x, const floating* p) noexcept nogil:
    """Phi(x) + x phi(x); its value at -a, and 1 minus that at a."""
    cdef floating a, w, low
    a = fabs(x)
    a = gelu_end(x) if a > gelu_end(x) else a
    w = gaussian_slope(a, &low)
    w = gaussian_product(a, w, low)
    return <floating>1.0 - w if x > <floating>0.0 else w


cdef inline floating gelu_tanh_cubic(floating x, floating linear, floating linear_low, floating cubic,
                                     floating cubic_low, floating* low) noexcept nogil:
    """x (linear + cubic x^2) with both coefficients and every step carried; low[0] is what the result lacks."""
    cdef floating square, term, term_low, u, u_low, z
    square = x * x
    term = cubic * square
    term_low = product_low(cubic, square, term) + (cubic_low * square + cubic * product_low(x, x, square))
    u = linear + term
    u_low = two_sum_low(linear, term, u) + (linear_low + term_low)
    z = x * u
    low[0] = product_low(x, u, z) + x * u_low
    return z


cdef inline floating gelu_tanh_argument(floating x, floating* low) noexcept nogil:
    """2 u = 2 sqrt(2/pi) (x + 0.044715 x^3)."""
    if floating is float:
        return gelu_tanh_cubic(x, <floating>1.595769, <floating>7.386861e-08, <floating>0.071354814,
                               <floating>2.3988325e-09, low)
    else:
        return gelu_tanh_cubic(x, <floating>1.5957691216057306, <floating>1.223515168339221e-16,
                               <floating>0.07135481627260024, <floating>1.3260272815998925e-17, low)


cdef inline floating gelu_tanh_slope(floating x, floating* low) noexcept nogil:
    """x (2 u)' = 2 sqrt(2/pi) (x + 3 0.044715 x^3)."""
    if floating is float:
        return gelu_tanh_cubic(x, <floating>1.595769, <floating>7.386861e-08, <floating>0.21406443,
                               <floating>1.4647078e-08, low)
    else:
        return gelu_tanh_cubic(x, <floating>1.5957691216057306, <floating>1.223515168339221e-16,
                               <floating>0.21406444881780073, <floating>1.2025242832367862e-17, low)


cdef inline floating gelu_tanh_clamp(floating x) noexcept nogil:
    """x clamped to where 2 u lies between lowest and 40."""
    cdef floating least = <floating>-11.5 if floating is float else <floating>-24.0
    x = least if x < least else x
    return <floating>7.25 if x > <floating>7.25 else x


cdef inline floating gelu_tanh(floating x, const floating* p) noexcept nogil:
    """x/2 (1 + tanh u) = x s(2 u), s the logistic function."""
    cdef floating c, z, low
    c = gelu_tanh_clamp(x)
    z = gelu_tanh_argument(c, &low)
    z = times_logistic(c, z, low)
    return x if x > <floating>7.25 else z


cdef inline floating gelu_tanh_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating c, z, z_low, y, y_low
    c = gelu_tanh_clamp(x)
    z = gelu_tanh_argument(c, &z_low)
    y = gelu_tanh_slope(c, &y_low)
    return times_logistic_derivative(z, z_low, y, y_low)
