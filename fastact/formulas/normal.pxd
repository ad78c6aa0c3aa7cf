# cython: cdivision=True
"""The normal distribution: gelu, and gelu_tanh, its approximation.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` and the
logistic function of `logistic.pxd`.
"""
from cython cimport floating
from fastact.formulas cimport lookup
from fastact.formulas.logistic cimport times_logistic, times_logistic_derivative
from fastact.vmath cimport (
    at_least, at_most, cubic, excess, exp_rest, expm1_pair, exponent, fabs, fma, fma_low, lowering, positive_part,
    product_low, reduced_product, reduced_product_pair, reduced_product_parts, sum_low, two_sum_low,
)


# ---- float32, by tables ---------------------------------------------------------------------------------------------

cdef extern from *:
    """
    /* -a Phi(-a), a = -x >= 5.75: exp(-a*a/2) times what is nearly constant, a polynomial in 1/a^2. */
    FASTACT_INLINE fastact_v fastact_gelu_tail(fastact_v x) {
        fastact_v a = fastact_v_held(x, 14.4f);
        fastact_v t = fastact_v_div(fastact_v_set(1.0f), fastact_v_mul(a, a));
        fastact_v g = fastact_v_fma(fastact_v_set(21.742434f), t, fastact_v_set(-5.438862f));
        g = fastact_v_fma(g, t, fastact_v_set(1.1894218f));
        g = fastact_v_fma(g, t, fastact_v_set(-0.3988953f));
        g = fastact_v_fma(g, t, fastact_v_set(0.39894217f));
        return fastact_v_minus_lowered(fastact_v_times_gaussian(g, a), x, -14.36f);
    }
    /* max(x, 0) - a Phi(-a), a = |x|; of -0.0 on the left, so that it stays, and NaN comes through the maximum. */
    FASTACT_INLINE fastact_v fastact_gelu_v(fastact_v x) {
        fastact_v a = fastact_v_held(x, FASTACT_GELU_END);
        fastact_v y = fastact_v_sub(fastact_v_max(fastact_v_set(-0.0f), x), FASTACT_BY_SQUARES(gelu, GELU, a));
        if (FASTACT_SELDOM(fastact_v_any_below(x, -FASTACT_GELU_END)))
            y = fastact_v_below(x, -FASTACT_GELU_END, fastact_gelu_tail(x), y);
        return y;
    }

    FASTACT_INLINE fastact_v fastact_gelu_derivative_tail(fastact_v x) {
        fastact_v a = fastact_v_held(x, 14.6f);
        fastact_v t = fastact_v_div(fastact_v_set(1.0f), fastact_v_mul(a, a));
        fastact_v g = fastact_v_fma(fastact_v_set(3.4973602f), t, fastact_v_set(-1.1239959f));
        g = fastact_v_fma(g, t, fastact_v_set(0.3978709f));
        g = fastact_v_fma(g, t, fastact_v_set(-0.39893487f));
        g = fastact_v_mul(fastact_v_fma(g, t, fastact_v_set(0.39894226f)), a);
        return fastact_v_minus_lowered(fastact_v_times_gaussian(g, a), x, -14.55f);
    }
    /* D(a) = Phi(-a) - a phi(a) at -a, 1 - D(a) at a. The interval about its root has that for its centre. */
    FASTACT_INLINE fastact_v fastact_gelu_derivative_v(fastact_v x) {
        fastact_v a = fastact_held_or_nan(x, FASTACT_GELU_SLOPE_END);
        fastact_v y = fastact_slope_of(x, FASTACT_BY_SQUARES(gelu_slope, GELU_SLOPE, a));
        if (FASTACT_SELDOM(fastact_v_any_below(x, -FASTACT_GELU_SLOPE_END)))
            y = fastact_v_below(x, -FASTACT_GELU_SLOPE_END, fastact_gelu_derivative_tail(x), y);
        return y;
    }

    /* w exp(-v), lifted, v = a (c + d a^2) = 2 u(a) of gelu_tanh in two parts: exponentials amplify what is lost. */
    FASTACT_INLINE fastact_v fastact_times_exp_gelu_tanh(fastact_v w, fastact_v a, fastact_v t, fastact_v t_low) {
        fastact_v c = fastact_v_set(1.5957642f), d = fastact_v_set(0.071354814f);
        fastact_v zero = fastact_v_set(0.0f);
        fastact_v f = fastact_v_fma(d, t, c);
        fastact_v low = fastact_v_fma(fastact_v_set(2.3988325e-09f), t, fastact_v_set(4.9614496e-06f));
        low = fastact_v_add(fastact_v_exact_fma(d, t, fastact_v_sub(c, f)), fastact_v_fma(d, t_low, low));
        c = fastact_v_mul(a, f);
        low = fastact_v_fma(a, low, fastact_v_exact_fma(a, f, fastact_v_sub(zero, c)));
        return fastact_v_times_exp(w, c, low);
    }
    /* a s(-2 u), s the logistic function, from which exp(-2 u) differs by less than 2^-25 here. */
    FASTACT_INLINE fastact_v fastact_gelu_tanh_tail(fastact_v x) {
        fastact_v a = fastact_v_held(x, 11.0f), t = fastact_v_mul(a, a);
        fastact_v t_low = fastact_v_exact_fma(a, a, fastact_v_sub(fastact_v_set(0.0f), t));
        return fastact_v_minus_lowered(fastact_times_exp_gelu_tanh(a, a, t, t_low), x, -10.9f);
    }
    FASTACT_INLINE fastact_v fastact_gelu_tanh_v(fastact_v x) {
        fastact_v a = fastact_v_held(x, FASTACT_GELU_TANH_END);
        fastact_v q = FASTACT_BY_SQUARES(gelu_tanh, GELU_TANH, a);
        fastact_v y = fastact_v_sub(fastact_v_max(fastact_v_set(-0.0f), x), q);
        if (FASTACT_SELDOM(fastact_v_any_below(x, -FASTACT_GELU_TANH_END)))
            y = fastact_v_below(x, -FASTACT_GELU_TANH_END, fastact_gelu_tanh_tail(x), y);
        return y;
    }

    /* exp(-2 u) (1 - 2 a u'(a)) */
    FASTACT_INLINE fastact_v fastact_gelu_tanh_derivative_tail(fastact_v x) {
        fastact_v a = fastact_v_held(x, 11.0f), t = fastact_v_mul(a, a);
        fastact_v t_low = fastact_v_exact_fma(a, a, fastact_v_sub(fastact_v_set(0.0f), t));
        fastact_v c = fastact_v_set(1.5957642f), d = fastact_v_set(0.21406443f);
        fastact_v low = fastact_v_fma(fastact_v_set(1.4647078e-08f), t, fastact_v_set(4.9614496e-06f));
        fastact_v g = fastact_v_fma(d, t, c);
        low = fastact_v_add(fastact_v_exact_fma(d, t, fastact_v_sub(c, g)), fastact_v_fma(d, t_low, low));
        g = fastact_v_exact_fma(a, fastact_v_add(g, low), fastact_v_set(-1.0f));
        return fastact_v_minus_lowered(fastact_times_exp_gelu_tanh(g, a, t, t_low), x, -10.9f);
    }
    FASTACT_INLINE fastact_v fastact_gelu_tanh_derivative_v(fastact_v x) {
        fastact_v a = fastact_held_or_nan(x, FASTACT_GELU_TANH_SLOPE_END);
        fastact_v y = fastact_slope_of(x, FASTACT_BY_SQUARES(gelu_tanh_slope, GELU_TANH_SLOPE, a));
        if (FASTACT_SELDOM(fastact_v_any_below(x, -FASTACT_GELU_TANH_SLOPE_END)))
            y = fastact_v_below(x, -FASTACT_GELU_TANH_SLOPE_END, fastact_gelu_tanh_derivative_tail(x), y);
        return y;
    }

    FASTACT_VALUE(fastact_gelu)
    FASTACT_SLOPE(fastact_gelu_derivative)
    FASTACT_VALUE(fastact_gelu_tanh)
    FASTACT_SLOPE(fastact_gelu_tanh_derivative)
    """
    float _gelu32 "fastact_gelu"(float) noexcept nogil
    void gelu_strip "fastact_gelu_strip"(
        const float* bias, const float* x, float* y, Py_ssize_t n
    ) noexcept nogil
    float _gelu_derivative32 "fastact_gelu_derivative"(float) noexcept nogil
    void gelu_derivative_strip "fastact_gelu_derivative_strip"(
        const float* dy, const float* x, float* y, Py_ssize_t n
    ) noexcept nogil
    float _gelu_tanh32 "fastact_gelu_tanh"(float) noexcept nogil
    void gelu_tanh_strip "fastact_gelu_tanh_strip"(
        const float* bias, const float* x, float* y, Py_ssize_t n
    ) noexcept nogil
    float _gelu_tanh_derivative32 "fastact_gelu_tanh_derivative"(float) noexcept nogil
    void gelu_tanh_derivative_strip "fastact_gelu_tanh_derivative_strip"(
        const float* dy, const float* x, float* y, Py_ssize_t n
    ) noexcept nogil


# ---- Mills' ratio ---------------------------------------------------------------------------------------------------

cdef inline double folded(double a, double c, double* b, double* b_low) noexcept nogil:
    """v = (a - c)/(a + c) for a >= 0, and b + b_low = a/(a + c), of which v is 2 b - 1.

    The low part of b is the residual of the division and of the sum; without it v would be off by several ULPs of 1.
    """
    cdef double d = a + c
    cdef double inverse = 1.0 / d
    cdef double q = a * inverse
    b[0] = q
    b_low[0] = -fma(q, sum_low(c, a, d), excess(a, q, d)) * inverse
    return fma(2.0, b_low[0], fma(2.0, q, -1.0))


cdef inline double last_steps(
    double rest, double v, double v2, double c0, double c1, double* low
) noexcept nogil:
    """c0 + c1 v + rest v^2 as high + low[0]: what the two largest steps of a polynomial lose."""
    cdef double base = fma(c1, v, c0)
    cdef double high = fma(rest, v2, base)
    low[0] = fma_low(rest, v2, base, high) + fma_low(c1, v, c0, base)
    return high


cdef inline double mills(double a, double* low) noexcept nogil:
    """a Phi(-a) exp(a*a/2) as high + low[0], 0 <= a <= 39.

    Phi(-a) exp(a*a/2), Mills' ratio over sqrt(2 pi), falls from 1/2 like 0.4/a. Times a + c it is nearly constant, and
    b = a/(a + c), which undoes that factor and brings in the a, also gives the argument v of the polynomial.
    """
    cdef double b, b_low, v, v2, v4, g, g_low, first, second, product
    v = folded(a, 3.9375, &b, &b_low)
    v2 = v * v
    v4 = v2 * v2
    g = fma(-1.0010520587235164e-09, v, -1.9320962275938866e-09)
    g = fma(-8.698878388500411e-11, v2, g)
    g = fma(g, v4, cubic(
        v, v2, -1.0328814218842517e-07, -3.324893760211042e-09,
        1.9812988772797927e-08, 5.079389189976153e-09
    ))
    g = fma(g, v4, cubic(
        v, v2, -1.3667156657955206e-06, 8.52960525796958e-07,
        4.050044881140376e-07, -9.558373094352226e-08
    ))
    g = fma(g, v4, cubic(
        v, v2, -2.242300120137459e-05, 3.3557309679949846e-05,
        4.546470067412813e-06, -5.493080030944665e-06
    ))
    g = fma(g, v4, cubic(
        v, v2, -0.0038312483098830365, 0.001404802187476201,
        0.00024344978171363124, -0.0002149172889411014
    ))
    g = fma(g, v4, cubic(
        v, v2, 0.37888832174197334, -0.17784760767384716,
        0.05445373511103415, -0.005057371598836888
    ))
    first = 0.7541108056114132
    second = -0.6032175877860371
    g = last_steps(g, v, v2, first, second, &g_low)
    product = b * g
    low[0] = product_low(b, g, product) + fma(b, g_low, b_low * g)
    return product


cdef inline double gaussian_slope(double a, double* low) noexcept nogil:
    """(Phi(-a) - a phi(a)) exp(a*a/2) as high + low[0], 0 <= a <= 39: gelu'(-a) without its exp.

    Written (a0 - a) K(a) with a0 its root and K > 0 a polynomial in v = (a - c)/(a + c): nothing cancels, so that
    it keeps its relative accuracy at the root.
    """
    cdef double b, b_low, v, v2, v4, k, k_low, first, second, root, root_low, s, s_low, product
    root = 0.7517915246935644
    root_low = 9.606554328550577e-17
    v = folded(a, 4.265625, &b, &b_low)
    v2 = v * v
    v4 = v2 * v2
    k = fma(4.900132044290918e-11, v, 1.8176912073015242e-11)
    k = fma(9.920655215709286e-12, v2, k)
    k = fma(k, v4, cubic(
        v, v2, 3.788385550911224e-09, 1.1794246977435312e-09,
        -4.973756257518051e-10, -3.1491558134206765e-10
    ))
    k = fma(k, v4, cubic(
        v, v2, 1.4780848741254617e-07, 3.7184987595707257e-09,
        -2.3750190378297393e-08, -3.1647125481343325e-09
    ))
    k = fma(k, v4, cubic(
        v, v2, 7.712060508076487e-06, -2.891667691198365e-08,
        -1.0021609361216465e-06, 2.17545124527375e-08
    ))
    k = fma(k, v4, cubic(
        v, v2, 0.0002812907336493866, 0.00016656190395153788,
        -6.265638687785334e-05, -5.637459362291776e-06
    ))
    k = fma(k, v4, cubic(
        v, v2, 0.06089076265111325, -0.03060778743227217,
        0.011942917004822185, -0.0031582458167650936
    ))
    first = 0.45895098648687277
    second = -0.09946274286556221
    s = root - a
    s_low = two_sum_low(root, -a, s) + root_low
    b = s + s_low
    s_low = sum_low(s, s_low, b)
    k = last_steps(k, v, v2, first, second, &k_low)
    product = b * k
    low[0] = product_low(b, k, product) + fma(b, k_low, s_low * k)
    return product


# ---- gelu -----------------------------------------------------------------------------------------------------------

cdef inline double gelu_end(double like) noexcept nogil:
    """From here on x Phi(-x) and its derivative round to 0: the argument is clamped to it."""
    return 39.0


cdef inline double gaussian_product(double a, double w, double w_low) noexcept nogil:
    """(w + w_low) exp(-a*a/2), lifted; the square is exact where there is fma."""
    cdef double top, r, y
    cdef double half = -0.5 * a
    cdef double n = exponent(half * a, &top)
    r = exp_rest(reduced_product(half, a, n))
    y = fma(r, w, w)
    return (y + (fma_low(r, w, w, y) + fma(r, w_low, w_low))) * top


cdef inline double gelu_by_mills(double x) noexcept nogil:
    """x Phi(x) = max(x, 0) - a Phi(-a), a = |x|: one form for both sides, and nothing cancels on the left."""
    cdef double a, w, low
    a = at_most(fabs(x), gelu_end(x))
    w = mills(a, &low)
    return fma(gaussian_product(a, w, low), -lowering(x), positive_part(x))


cdef inline floating gelu(floating x, const floating* p) noexcept nogil:
    return _gelu32(x) if floating is float else gelu_by_mills(x)


cdef inline double gelu_derivative_by_mills(double x) noexcept nogil:
    """Phi(x) + x phi(x); its value at -a, and 1 minus that at a."""
    cdef double a, w, low
    a = fabs(x)
    a = gelu_end(x) if a > gelu_end(x) else a  # lets NaN through
    w = gaussian_slope(a, &low)
    w = gaussian_product(a, w, low) * lowering(x)
    return 1.0 - w if x > 0.0 else w


cdef inline floating gelu_derivative(floating x, const floating* p) noexcept nogil:
    return _gelu_derivative32(x) if floating is float else gelu_derivative_by_mills(x)


cdef inline double gelu_tanh_factor(
    double square, double linear, double linear_low, double third, double third_low, double square_low,
    double* low,
) noexcept nogil:
    """linear + third x^2, each of the three in two parts; low[0] is what the result lacks.

    linear has so few digits that its difference to the result is exact.
    """
    cdef double w = fma(third, square, linear)
    low[0] = fma_low(third, square, linear, w) + fma(third, square_low, fma(third_low, square, linear_low))
    return w


cdef inline double gelu_tanh_argument(double x, double square, double square_low, double* low) noexcept nogil:
    """2 u/x = 2 sqrt(2/pi) (1 + 0.044715 x^2) in two parts: an exponential to come amplifies its rounding."""
    return gelu_tanh_factor(
        square, 1.5957691216057128, 1.7885919910836427e-14,
        0.07135481627260024, 1.3260272815998925e-17, square_low, low,
    )


cdef inline double gelu_tanh_slope(double x, double square, double square_low, double* low) noexcept nogil:
    """(2 u)' = 2 sqrt(2/pi) (1 + 3 0.044715 x^2) in two parts: 1 + x (2 u)' cancels at the root."""
    cdef double high, total
    high = gelu_tanh_factor(
        square, 1.5957691216057128, 1.7885919910836427e-14,
        0.21406444881780073, 1.2025242832367862e-17, square_low, low,
    )
    total = high + low[0]
    low[0] = sum_low(high, low[0], total)
    return total


cdef inline double gelu_tanh_by_logistic(double x) noexcept nogil:
    """x/2 (1 + tanh u) = x s(2 u), s the logistic function."""
    cdef double w, low, n, top, f, y
    cdef double c = at_least(x, gelu_tanh_least(x))
    cdef double square = c * c
    w = gelu_tanh_argument(c, square, product_low(c, c, square), &low)
    n = exponent(c * w, &top)
    f = reduced_product_pair(c, w, &low, n)
    y = times_logistic(c, top, expm1_pair(-f, &low))  # 1.94 ULP; by exp_rest, a term less, 2.02
    return y if x <= gelu_tanh_end(x) else x  # NaN too


cdef inline floating gelu_tanh(floating x, const floating* p) noexcept nogil:
    return _gelu_tanh32(x) if floating is float else gelu_tanh_by_logistic(x)


cdef inline double gelu_tanh_end(double like) noexcept nogil:
    """From here on gelu_tanh(x) = x, and its derivative is 1, to the last bit."""
    return 9.0


cdef inline double gelu_tanh_least(double like) noexcept nogil:
    """Below it 2 u < lowest."""
    return -24.0


cdef inline double gelu_tanh_derivative_by_logistic(double x) noexcept nogil:
    cdef double w, low, n, top, f, y, slope, slope_low
    cdef double square = x * x
    cdef double square_low = product_low(x, x, square)
    w = gelu_tanh_argument(x, square, square_low, &low)
    n = exponent(x * w, &top)
    f = reduced_product_parts(x, w, low, n, &low)
    slope = gelu_tanh_slope(x, square, square_low, &slope_low)
    y = x * slope
    y = times_logistic_derivative(x * w, top, f, low, y, fma(x, slope_low, product_low(x, slope, y)))
    y = 1.0 if x > gelu_tanh_end(x) else y
    return -0.0 if x < gelu_tanh_least(x) else y


cdef inline floating gelu_tanh_derivative(floating x, const floating* p) noexcept nogil:
    return _gelu_tanh_derivative32(x) if floating is float else gelu_tanh_derivative_by_logistic(x)
