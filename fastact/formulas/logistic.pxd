# cython: cdivision=True
"""The logistic function and its kin: sigmoid, tanh, silu, quick_gelu, softplus, logsigmoid, mish,
tanhshrink, logit.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` and `wide.pxd`.
"""
from cython cimport floating
from fastact.formulas cimport lookup
from fastact.formulas.wide cimport gathered, moderate, silu_wide, softplus_wide
from fastact.vmath cimport (
    at_least, at_most, copysign, cubic, excess, exp_rest, expm1, expm1_pair, exponent, fabs, finite, fma, fma_low,
    HAS_FMA, infinity, log1p_exp_near_zero, log1p_rest, log_quotient, lowering, lowest, nan_or, not_a_number,
    over_square, product_low, reduced, reduced_product, reduced_product_pair, reduced_product_parts, reduced_sum,
    scaled_exponent, sum_low, tanh as vmath_tanh, two_sum_low,
)


# ---- float32, by tables: tanh, silu' and softplus for beta = 1, quick_gelu', logsigmoid, mish' -----------------------

cdef extern from *:
    """
    FASTACT_INLINE fastact_v fastact_tanh_v(fastact_v x) {
        fastact_v a = fastact_held_or_nan(x, FASTACT_TANH_END);  /* where it rounds to 1 */
        return fastact_v_sign_of(FASTACT_BY_OCTAVES(tanh, TANH, a), x);
    }

    /* (1 - a) exp(-a), a = -x: silu' and mish' far out, where exp(-2a) no longer counts. */
    FASTACT_INLINE fastact_v fastact_slope_tail(fastact_v x) {
        fastact_v a = fastact_v_held(x, 110.0f);
        fastact_v y = fastact_v_times_exp(fastact_v_sub(a, fastact_v_set(1.0f)), a, fastact_v_set(0.0f));
        return fastact_v_minus_lowered(y, x, -108.75f);
    }
    /* E(a) at -a, 1 - E(a) at a. */
    FASTACT_INLINE fastact_v fastact_silu_derivative_v(fastact_v x) {
        fastact_v a = fastact_held_or_nan(x, FASTACT_SILU_SLOPE_END);
        fastact_v y = fastact_slope_of(x, FASTACT_BY_OCTAVES(silu_slope, SILU_SLOPE, a));
        if (FASTACT_SELDOM(fastact_v_any_below(x, -FASTACT_SILU_SLOPE_END)))
            y = fastact_v_below(x, -FASTACT_SILU_SLOPE_END, fastact_slope_tail(x), y);
        return y;
    }

    /* The same of v = 1.702 a, in two parts, which the exponential amplifies. */
    FASTACT_INLINE fastact_v fastact_quick_gelu_derivative_tail(fastact_v x) {
        fastact_v a = fastact_v_held(x, 64.0f), scale = fastact_v_set(1.7019999f);
        fastact_v v = fastact_v_mul(a, scale);
        fastact_v low = fastact_v_exact_fma(a, scale, fastact_v_sub(fastact_v_set(0.0f), v));
        low = fastact_v_fma(a, fastact_v_set(9.727478e-08f), low);
        return fastact_v_minus_lowered(
            fastact_v_times_exp(fastact_v_sub(v, fastact_v_set(1.0f)), v, low), x, -63.9f);
    }
    FASTACT_INLINE fastact_v fastact_quick_gelu_derivative_v(fastact_v x) {
        fastact_v a = fastact_held_or_nan(x, FASTACT_QUICK_GELU_SLOPE_END);
        fastact_v y = fastact_slope_of(x, FASTACT_BY_OCTAVES(quick_gelu_slope, QUICK_GELU_SLOPE, a));
        if (FASTACT_SELDOM(fastact_v_any_below(x, -FASTACT_QUICK_GELU_SLOPE_END)))
            y = fastact_v_below(x, -FASTACT_QUICK_GELU_SLOPE_END, fastact_quick_gelu_derivative_tail(x), y);
        return y;
    }

    /* -exp(-a), to which -log(1 + exp(-a)) tends. */
    FASTACT_INLINE fastact_v fastact_minus_exp(fastact_v a) {
        fastact_v y = fastact_v_times_exp(fastact_v_set(1.0f), fastact_v_held(a, 110.0f), fastact_v_set(0.0f));
        return fastact_v_minus_lowered(y, fastact_v_sub(fastact_v_set(0.0f), a), -104.0f);
    }
    /* max(x, 0) + log(1 + exp(-|x|)) */
    FASTACT_INLINE fastact_v fastact_softplus_v(fastact_v x) {
        fastact_v zero = fastact_v_set(0.0f), a = fastact_v_held(x, FASTACT_SOFTPLUS_END);
        fastact_v y = fastact_v_add(fastact_v_max(zero, x), FASTACT_BY_OCTAVES(softplus, SOFTPLUS, a));
        if (FASTACT_SELDOM(fastact_v_any_below(x, -FASTACT_SOFTPLUS_END)))
            y = fastact_v_below(
                x, -FASTACT_SOFTPLUS_END, fastact_v_sub(zero, fastact_minus_exp(fastact_v_sub(zero, x))), y);
        return y;
    }
    /* min(x, 0) - log(1 + exp(-|x|)) */
    FASTACT_INLINE fastact_v fastact_logsigmoid_v(fastact_v x) {
        fastact_v a = fastact_v_held(x, FASTACT_SOFTPLUS_END), minus = fastact_v_sub(fastact_v_set(0.0f), x);
        fastact_v q = FASTACT_BY_OCTAVES(softplus, SOFTPLUS, a);
        fastact_v y = fastact_v_sub(fastact_v_min(fastact_v_set(0.0f), x), q);
        if (FASTACT_SELDOM(fastact_v_any_below(minus, -FASTACT_SOFTPLUS_END)))
            y = fastact_v_below(minus, -FASTACT_SOFTPLUS_END, fastact_minus_exp(x), y);
        return y;
    }

    /* Each sign has its intervals; from their right end on it rounds to 1. */
    FASTACT_INLINE fastact_v fastact_mish_derivative_v(fastact_v x) {
        fastact_v h = fastact_v_min(fastact_v_set(FASTACT_MISH_SLOPE_END), x);
        fastact_v y;
        h = fastact_v_max(fastact_v_set(-FASTACT_MISH_SLOPE_LEFT), h);
        y = fastact_piecewise_signed(
            fastact_mish_slope_table, FASTACT_MISH_SLOPE_DEGREE + 2, fastact_octaves(
                fastact_v_abs(h), FASTACT_MISH_SLOPE_SCALE, FASTACT_MISH_SLOPE_OFFSET, FASTACT_MISH_SLOPE_SHIFT), h);
        if (FASTACT_SELDOM(fastact_v_any_below(x, -FASTACT_MISH_SLOPE_LEFT)))
            y = fastact_v_below(x, -FASTACT_MISH_SLOPE_LEFT, fastact_slope_tail(x), y);
        return y;
    }

    FASTACT_VALUE(fastact_tanh)
    FASTACT_SLOPE(fastact_silu_derivative)
    FASTACT_SLOPE(fastact_quick_gelu_derivative)
    FASTACT_VALUE(fastact_softplus)
    FASTACT_VALUE(fastact_logsigmoid)
    FASTACT_SLOPE(fastact_mish_derivative)
    """
    float _tanh32 "fastact_tanh"(float) noexcept nogil
    void tanh_strip "fastact_tanh_strip"(
        const float* bias, const float* x, float* y, Py_ssize_t n
    ) noexcept nogil
    float _silu_derivative32 "fastact_silu_derivative"(float) noexcept nogil
    void silu_derivative_strip "fastact_silu_derivative_strip"(
        const float* dy, const float* x, float* y, Py_ssize_t n
    ) noexcept nogil
    float _quick_gelu_derivative32 "fastact_quick_gelu_derivative"(float) noexcept nogil
    void quick_gelu_derivative_strip "fastact_quick_gelu_derivative_strip"(
        const float* dy, const float* x, float* y, Py_ssize_t n
    ) noexcept nogil
    float _softplus32 "fastact_softplus"(float) noexcept nogil
    void softplus_strip "fastact_softplus_strip"(
        const float* bias, const float* x, float* y, Py_ssize_t n
    ) noexcept nogil
    float _logsigmoid32 "fastact_logsigmoid"(float) noexcept nogil
    void logsigmoid_strip "fastact_logsigmoid_strip"(
        const float* bias, const float* x, float* y, Py_ssize_t n
    ) noexcept nogil
    float _mish_derivative32 "fastact_mish_derivative"(float) noexcept nogil
    void mish_derivative_strip "fastact_mish_derivative_strip"(
        const float* dy, const float* x, float* y, Py_ssize_t n
    ) noexcept nogil


# ---- pieces shared by several activations ---------------------------------------------------------------------------

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
    """factor e/(1 + e)^2 with e = exp(z), z <= 0: the derivatives of sigmoid and tanh.

    (1 + e)^2 is 1 + e (2 + e), rounded once, where the square of 1 + e would double the error of that.
    """
    cdef floating top, n, e, s, y
    n = exponent(z, &top)
    e = fma(top, exp_rest(reduced(z, n)), top)
    s = e * lowering(z)
    y = e / fma(s, s + <floating>2.0, <floating>1.0) * (factor * lowering(z))
    return <floating>0.0 if z < lowest(z) else y


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
    return _tanh32(x) if floating is float else vmath_tanh(x)


cdef inline floating tanh_derivative(floating x, const floating* p) noexcept nogil:
    # 1 - tanh(x)^2 = 4 e/(1 + e)^2 with e = exp(-2|x|), which does not cancel
    return bell(<floating>-2.0 * fabs(x), <floating>4.0)


cdef inline floating tanh_from_output(floating y, const floating* p) noexcept nogil:
    return (<floating>1.0 - y) * (<floating>1.0 + y)


cdef inline bint scale_within(const floating* p) noexcept nogil:
    """Whether beta is from 2^-24 to 2^100 (2^-440 to 2^900), or minus that.

    Then x times a lifted power does not overflow while that of beta x counts, and has become 0 where powers end.
    """
    cdef floating least = <floating>5.960464477539063e-08 if floating is float else <floating>3.522101828684134e-133
    return moderate(p[0]) and fabs(p[0]) >= least


cdef inline floating silu_near(floating x, const floating* p) noexcept nogil:
    # p[0] = beta; of beta = 1 beta x is x
    cdef floating top, y
    cdef floating z = p[0] * x
    cdef floating n = scaled_exponent(x, p[0] * <floating>1.4426950408889634, &top)
    y = times_logistic(x, top, exp_rest(-reduced_product(p[0], x, n)))
    y = x if z > logistic_end(x) else y
    return copysign(<floating>0.0, -p[0]) if z < lowest(x) else y  # of the sign of x


cdef inline floating silu(floating x, const floating* p) noexcept nogil:
    return silu_near(x, p) if scale_within(p) else <floating>silu_wide(x, p[0])


cdef inline floating silu_derivative_near(floating x, const floating* p) noexcept nogil:
    cdef floating top, f, low
    cdef floating z = p[0] * x
    cdef floating n = exponent(z, &top)
    f = reduced_product_parts(p[0], x, <floating>0.0, n, &low)
    return times_logistic_derivative(z, top, f, low, z, product_low(p[0], x, z))


cdef inline floating silu_derivative(floating x, const floating* p) noexcept nogil:
    cdef double t, beta
    if floating is float and p[0] == <floating>1.0:
        return _silu_derivative32(x)
    if scale_within(p):
        return silu_derivative_near(x, p)
    if p[0] == <floating>0.0:
        return nan_or(<floating>0.5, x)
    t = gathered(p[0], x, &beta)
    return <floating>silu_derivative_near[double](t, &beta)


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


cdef inline floating quick_gelu_derivative_by_exp(floating x) noexcept nogil:
    cdef floating scale, low, n, top, f, f_low, z
    scale = quick_gelu_scale(&low)
    z = x * scale
    n = exponent(z, &top)
    f = reduced_product_parts(x, scale, low, n, &f_low)
    return times_logistic_derivative(z, top, f, f_low, z, fma(x, low, product_low(x, scale, z)))


cdef inline floating quick_gelu_derivative(floating x, const floating* p) noexcept nogil:
    return _quick_gelu_derivative32(x) if floating is float else quick_gelu_derivative_by_exp(x)


# ---- softplus -------------------------------------------------------------------------------------------------------

cdef inline floating softplus_logarithm(floating x, floating beta) noexcept nogil:
    """log(1 + e^z), lifted, with z = -beta |x|.

    Near 0, where steps of x move softplus by less than an ULP, the logarithm comes from a series of which no more than
    an ULP is rounded away, so that softplus nowhere falls by 2 ULP; further out as s (1 + t), e^z = s (1 + r).
    """
    cdef floating n, top, z, r, near, far
    cdef floating a = at_most(fabs(x), finite(-lowest(x) / beta))
    z = -beta * a
    n = exponent(z, &top)
    r = exp_rest(reduced_sum(z, product_low(-beta, a, z), n))
    far = fma(top, log1p_rest(r, top * lowering(x)), top)
    near = log1p_exp_near_zero(z, <floating>1.0 / lowering(x))
    return near if z > <floating>-1.0 else far


cdef inline floating softplus_near(floating x, const floating* p) noexcept nogil:
    """max(x, 0) + log(1 + exp(-beta |x|))/beta: no threshold is needed; min(x, 0) where beta < 0.

    The logarithm stays lifted until the last sum, so that beta does not magnify what a subnormal has lost.
    """
    cdef floating inverse = <floating>1.0 / p[0]
    cdef floating z = copysign(<floating>1.0, p[0]) * x
    return fma(
        softplus_logarithm(x, fabs(p[0])) * inverse, lowering(x), <floating>0.0 if z < <floating>0.0 else x
    )


cdef inline floating softplus(floating x, const floating* p) noexcept nogil:
    cdef double one = 1.0
    if floating is float and p[0] == <floating>1.0:
        return _softplus32(x)
    if scale_within(p):
        return softplus_near(x, p)
    return <floating>softplus_wide(x, p[0], softplus_near[double](-fabs(<double>p[0] * x), &one))


cdef inline floating softplus_derivative_near(floating x, const floating* p) noexcept nogil:
    cdef floating top
    cdef floating z = p[0] * x
    cdef floating n = exponent(z, &top)
    return logistic(z, top, reduced_product(p[0], x, n))


cdef inline floating softplus_derivative(floating x, const floating* p) noexcept nogil:
    cdef double t, beta
    if scale_within(p):
        return softplus_derivative_near(x, p)
    t = gathered(p[0], x, &beta)
    return <floating>softplus_derivative_near[double](t, &beta)


cdef inline floating softplus_from_output(floating y, const floating* p) noexcept nogil:
    # 1 - exp(-beta y)
    return -expm1(-p[0] * y)


cdef inline floating logsigmoid_by_logarithm(floating x) noexcept nogil:
    """log(1/(1 + exp(-x))) = min(x, 0) - log(1 + exp(-|x|)).

    Not -softplus(-x): where GCC joins that sign with the last fma, NaN keeps its own, and elsewhere changes it.
    """
    cdef floating logarithm = softplus_logarithm(x, <floating>1.0)
    return fma(logarithm, -lowering(x), <floating>-0.0 if x > <floating>0.0 else x)


cdef inline floating logsigmoid(floating x, const floating* p) noexcept nogil:
    return _logsigmoid32(x) if floating is float else logsigmoid_by_logarithm(x)


cdef inline floating logsigmoid_derivative(floating x, const floating* p) noexcept nogil:
    # the logistic function of -x
    cdef floating top
    cdef floating n = exponent(-x, &top)
    return logistic(-x, top, reduced(-x, n))


cdef inline floating logsigmoid_from_output(floating y, const floating* p) noexcept nogil:
    # 1 - exp(y)
    return -expm1(y)


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


cdef inline floating mish_derivative_by_exp(floating x) noexcept nogil:
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


cdef inline floating mish_derivative(floating x, const floating* p) noexcept nogil:
    return _mish_derivative32(x) if floating is float else mish_derivative_by_exp(x)


# ---- tanhshrink -----------------------------------------------------------------------------------------------------

cdef inline floating tanhshrink_series(floating t, floating* low) noexcept nogil:
    """(x - tanh(x))/x^3 of t = x^2 <= 1 as high + low[0], good to 2^-27.4 (2^-59.3): 1/3 + t q(t)."""
    cdef floating q, t4, high, third
    cdef floating t2 = t * t
    if floating is float:
        q = fma(<floating>-0.00014489707, t2, fma(<floating>0.0009313941, t, <floating>-0.0032186431))
        t4 = t2 * t2
        q = fma(q, t4, cubic(
            t, t2, <floating>-0.13333318, <floating>0.053964183, <floating>-0.021833234, <floating>0.008706883
        ))
    else:
        t4 = t2 * t2
        q = cubic(
            t, t2, <floating>-1.924314509372384e-06, <floating>5.134321374453491e-07,
            <floating>-9.394839425576713e-08, <floating>8.575240193413461e-09
        )
        q = fma(q, t4, cubic(
            t, t2, <floating>-9.67929773404898e-05, <floating>3.8995107353663484e-05,
            <floating>-1.5420562140801025e-05, <floating>5.781462263273653e-06
        ))
        q = fma(q, t4, cubic(
            t, t2, <floating>-0.003592127833538984, <floating>0.0014558327135408009,
            <floating>-0.0005900178364055523, <floating>0.00023908927947978735
        ))
        q = fma(q, t4, cubic(
            t, t2, <floating>-0.13333333333333316, <floating>0.0539682539682348,
            <floating>-0.02186948853537662, <floating>0.008863235513691057
        ))
    third = <floating>0.3333333 if floating is float else <floating>0.3333333333333333
    high = fma(t, q, third)
    low[0] = fma_low(t, q, third, high) + (
        <floating>1.9868216e-08 if floating is float else <floating>1.850371707708594e-17
    )
    return high


cdef inline floating tanhshrink(floating x, const floating* p) noexcept nogil:
    """Up to 1 by its series; from there (|x| - 1) + 2 e/(1 + e), e = exp(-2|x|), whose difference is exact.

    x^3 is lifted, and it and the series are carried, so that one rounding is nearly all the error near 0. At 1 the
    quotient is all of the result: what 1 + e and it lose is made good.
    """
    cdef floating t, cube, cube_low, low, near, n, top, r, d, q
    cdef floating a = fabs(x)
    t = a * a
    cube = a / lowering(x) * t
    cube_low = fma(a / lowering(x), product_low(a, a, t), product_low(a / lowering(x), t, cube))
    near = tanhshrink_series(t, &low)
    near = fma(cube, near, fma(cube, low, cube_low * near)) * lowering(x)
    d = at_least(<floating>-2.0 * a, lowest(x))
    n = exponent(d, &top)
    r = exp_rest(reduced(d, n))
    top = top * lowering(x)
    r = fma(top, r, top)
    d = <floating>1.0 + r
    r = r + r
    q = r / d
    # over d, which is from 1 to 1.14
    q = q - <floating>0.94 * fma(q, sum_low(<floating>1.0, <floating>0.5 * r, d), excess(r, q, d))
    return copysign(near if a < <floating>1.0 else (a - <floating>1.0) + q, x)


cdef inline floating tanhshrink_derivative(floating x, const floating* p) noexcept nogil:
    """tanh(x)^2: up to 1 of tanh(x) = x - tanhshrink(x) in two parts, from there 1 less what tanh' is."""
    cdef floating t, cube, high, low, y
    cdef floating a = fabs(x)
    t = a * a
    cube = a * t
    high = tanhshrink_series(t, &low)
    y = fma(-cube, high, a)
    low = fma_low(-cube, high, a, y) - cube * low
    low = fma(y, y, (y + y) * low)
    return low if a < <floating>1.0 else <floating>1.0 - bell(<floating>-2.0 * a, <floating>4.0)


# ---- logit ----------------------------------------------------------------------------------------------------------
# p[0] is eps, and -1 where there is none: no x from 0 to 1 is less than that, nor is any 1 - x.

cdef inline floating logit(floating x, const floating* p) noexcept nogil:
    """log(c/(1 - c)) of x between eps and 1 - eps. At the upper end it is minus what it is at eps.

    1 - x is exact from 1/2 on, where the upper end is, and before it what it loses is carried.
    """
    cdef floating eps = p[0]
    cdef floating rest = <floating>1.0 - x
    cdef floating c = eps if x < eps else x
    c = eps if rest < eps else c
    cdef floating y = <floating>1.0 - c
    y = log_quotient(c, y, sum_low(<floating>1.0, -c, y))
    y = <floating>0.0 - y if rest < eps else y
    # of what eps has not brought back
    y = not_a_number(x) if c < <floating>0.0 else y
    return not_a_number(x) if c > <floating>1.0 else y


cdef inline floating logit_derivative(floating x, const floating* p) noexcept nogil:
    """1/(x (1 - x)), and 0 where eps holds x."""
    cdef floating eps = p[0]
    cdef floating rest = <floating>1.0 - x
    cdef floating product = x * rest
    cdef floating low = fma(x, sum_low(<floating>1.0, -x, rest), product_low(x, rest, product))
    cdef floating inverse = <floating>1.0 / product
    # where the inverse may be infinite, 1 - x is 1 and nothing was lost; of -0.0 it is not to be -inf
    cdef floating y = inverse - inverse * fma(inverse, low, excess(<floating>1.0, inverse, product))
    y = y if product > logit_least(x) else fabs(inverse)
    y = not_a_number(x) if x < <floating>0.0 else y
    y = not_a_number(x) if rest < <floating>0.0 else y
    low = eps if eps >= <floating>0.0 else -infinity(x)
    y = <floating>0.0 if x < low else y
    return <floating>0.0 if rest < low else y


cdef inline floating logit_least(floating like) noexcept nogil:
    """Below it 1 - x is 1 to the last bit, and above it no inverse overflows."""
    return <floating>7.888609052210118e-31 if floating is float else <floating>1.0020841800044864e-292  # 2^-100, 2^-970
