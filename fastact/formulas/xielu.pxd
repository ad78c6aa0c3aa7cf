# cython: cdivision=True
"""xielu, the one activation of which so much depends on the parameters alone that it is computed before all x.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath`, the numbers of
`fastact.formulas.digits` and the logarithm of softplus of `logistic.pxd`.

The parameters p are alpha_n, alpha_p, beta and eps. What is prepared of them, q:

* 0 to 7: ap = softplus(alpha_p), an = beta + sn and sn = softplus(alpha_n), each in two parts; beta; eps.
* 8: c, the number nearest to where the left crosses 0. There two terms cancel, and what is left of them must come from
  somewhere else than their rounded difference. With m = min(x, eps) and k = min(c, eps) the left is

      an expm1(m) - sn x = F + A expm1(m - k) - sn (x - c), F = an expm1(k) - sn c, A = an e^k,

  the same form of other numbers. Both differences are exact, since x and c are near each other, and the terms with
  them cancel no more: they add up to a slope, which is not 0 there, times x - c.
* 9: k, or 0 where e^k is nothing beside 1.
* 10: how near x must be to c for that, |c|/4; negative where nothing crosses 0.
* 11 to 13: A in two parts, and F. That is less than half an ULP of c times the slope, and where x = c it is all there
  is: of the 53 digits of the root in c those after them count, another 53 and as many as happen to be 0. So F comes of
  integers of 224 digits, some 3 us, and is remembered.
"""
from cython cimport floating
from libc.stdint cimport uint32_t
from fastact.formulas.digits cimport (
    add, exp_words, multiply, place, power_of_two, rounded, shift, size_of, subtract, WORDS,
)
from fastact.formulas.logistic cimport softplus_logarithm
from fastact.formulas.wide cimport not_huge
from fastact.vmath cimport (
    at_least, expm1_full, exponent, fabs, fma, fma_low, largest, lowering, lowest, product_low, reduced_pair, sqrt,
    sum_low, two_sum_low,
)

cdef extern from *:
    """
    #if defined(_MSC_VER)
    #define FASTACT_OF_THREAD __declspec(thread)
    #else
    #define FASTACT_OF_THREAD __thread
    #endif
    /* Of float and double: whether there is one, alpha_n, beta and eps, and what `xielu_cross` made of them last. */
    static FASTACT_OF_THREAD double fastact_xielu_last[2][10];
    """
    double last_crossing "fastact_xielu_last"[2][10]


# ---- of the parameters ----------------------------------------------------------------------------------------------

cdef inline floating power_parts(floating x, floating* s, floating* low) noexcept nogil:
    """e^x = s[0] (1 + r), s a power of two, and r in two parts, for lowest <= x <= 43."""
    cdef floating f_low, r
    cdef floating n = exponent(x, s)
    s[0] = s[0] * lowering(x)
    r = expm1_full(reduced_pair(x, n, &f_low), low)
    low[0] = low[0] + fma(f_low, r, f_low)
    return r


cdef inline floating expm1_in_full(floating x, floating* low) noexcept nogil:
    """expm1(x) as high + low[0] for lowest <= x <= 43; unlike `expm1_parts` with what reducing x loses."""
    cdef floating s, r_low, base, high
    cdef floating r = power_parts(x, &s, &r_low)
    base = s - <floating>1.0
    high = fma(s, r, base)
    # and what s - 1 loses where s is less than the last digit of 1
    low[0] = fma(s, r_low, fma_low(s, r, base, high)) + sum_low(<floating>-1.0, s, base)
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


cdef inline void xielu_constants(const floating* p, floating* q) noexcept nogil:
    """q[0] to q[7]."""
    cdef floating sn, sn_low
    q[0] = softplus_parts(p[1], &q[1])
    sn = softplus_parts(p[0], &sn_low)
    q[2] = p[2] + sn
    q[3] = two_sum_low(p[2], sn, q[2]) + sn_low
    q[4] = sn
    q[5] = sn_low
    q[6] = p[2]
    # below, e^x is 0 whatever it is multiplied by
    q[7] = p[3] if p[3] > <floating>-2000.0 else <floating>-2000.0


cdef inline floating xielu_left(
    floating e, floating e_low, floating x, floating a, floating a_low, const floating* q, floating* low
) noexcept nogil:
    """(a + a_low) (e + e_low) - sn x as high + low[0]."""
    cdef floating t = a * e
    cdef floating t_low = fma(a, e_low, fma(a_low, e, product_low(a, e, t)))
    cdef floating u = -q[4] * x
    cdef floating high = t + u
    low[0] = two_sum_low(t, u, high) + (t_low + fma(-q[5], x, product_low(-q[4], x, u)))
    return high


cdef inline void xielu_centre(floating* q) noexcept nogil:
    """q[8] to q[10], and 0 in those after them: where the left crosses 0, as precisely as its double length is known.

    For x < eps it does where expm1(x)/x = sn/an, if beta and sn are positive. With r = beta/sn that is x/expm1(x) =
    1 + r; of its series 1 - x/2 + x^2/12 gives x to 3 % while r < 2.5, and then so does -(1 + r), where e^x vanishes.
    Four of Newton's steps make 2^-80 of that. From eps on the left is a line, which crosses 0 where it must.
    """
    cdef floating e, e_low, high, low, slope
    cdef floating r = q[6] / q[4]
    cdef floating c = <floating>-1.0 - r
    cdef int i, _i
    for i in range(8, 14):
        q[i] = <floating>0.0
    q[10] = <floating>-1.0
    if r < <floating>2.5:
        c = <floating>-12.0 * r / (<floating>3.0 + sqrt(fma(r, <floating>12.0, <floating>9.0)))
    if not (q[6] > <floating>0.0 and q[4] > <floating>0.0 and c >= -largest(c)):
        return
    for _i in range(4):
        e = expm1_in_full(at_least(c, lowest(c)), &e_low)
        high = xielu_left(e, e_low, c, q[2], q[3], q, &low)
        # the slope, an e + beta or an (1 + e) - sn: where one of the two cancels the other does not
        slope = fma(q[2], e, q[6]) if e > <floating>-0.5 else fma(q[2], <floating>1.0 + e, -q[4])
        c = c - (high + low) / slope
    if not c < q[7]:
        e = expm1_in_full(at_least(q[7], lowest(c)), &e_low)
        c = q[2] * e / q[4]
        high = xielu_left(e, e_low, c, q[2], q[3], q, &low)
        c = c + (high + low) / q[4]
    # so that all of F is in the words, and 2^900 and 2^-900 times it are doubles
    if c < <floating>-9.313225746154785e-10 and 1e-270 < <double>q[2] and <double>q[2] < 1e270:
        q[8] = c
        if c >= <floating>-128.0 and q[7] >= <floating>-128.0:
            q[9] = c if c < q[7] else q[7]
        q[10] = <floating>-0.25 * c


cdef inline void softplus_words(double a, int* n, uint32_t* m) noexcept nogil:
    """softplus(-a) = 2^-n[0] m for a >= 0, to 2^-118 of itself.

    Of its logarithm of 1 + e, e = e^-a, the series; or, where that is not short, of a double s near to it s + log1p(h),
    h = e^-s (1 + e) - 1.
    """
    cdef uint32_t e[WORDS]
    cdef uint32_t f[WORDS]
    cdef uint32_t g[WORDS]
    cdef double h, s, low
    exp_words(a, n, f)
    f[0] = f[0] + 1
    shift(f, n[0], e)
    if a > 40.0:  # f (1 - e/2 + e^2/3)
        h = rounded(e)
        place(h * h * 0.3333333333333333, 0, g)
        g[0] = g[0] + 1
        shift(e, 1, m)
        subtract(g, m)
        multiply(f, g, m)
        return
    s = softplus_parts(-a, &low)
    exp_words(s, n, g)
    g[0] = g[0] + 1
    shift(g, n[0], f)
    e[0] = e[0] + 1
    multiply(f, e, g)
    g[0] = g[0] - 1
    h = rounded(g)
    place(s, 0, m)
    add(m, g)
    place(h * h * (0.5 - h * 0.3333333333333333), 0, g)
    subtract(m, g)
    n[0] = 0


cdef inline void raised(double alpha, const uint32_t* m, int n, int scale, uint32_t* f) noexcept nogil:
    """f = (max(alpha, 0) + 2^-n m) 2^scale, which is softplus(alpha) 2^scale for the m and n of |alpha|."""
    cdef uint32_t a[WORDS]
    shift(m, n - scale, f)
    if alpha > 0.0:
        place(alpha, scale, a)
        add(f, a)


cdef inline double xielu_at(double c, double k, double alpha, double beta, double an) noexcept nogil:
    """F = an expm1(k) - sn c, within an ULP; an only tells by what power of two it and sn must be scaled."""
    cdef uint32_t m[WORDS]
    cdef uint32_t f[WORDS]
    cdef uint32_t g[WORDS]
    cdef uint32_t h[WORDS]
    cdef int n
    cdef int scale = size_of(an)
    cdef int size = size_of(c)
    size = size if size > 0 else 0
    exp_words(-k, &n, g)
    g[0] = g[0] + 1
    shift(g, n, f)
    place(1.0, 0, h)
    subtract(h, f)  # -expm1(k)
    softplus_words(fabs(alpha), &n, m)
    raised(alpha, m, n, -scale, f)
    place(beta, -scale, g)
    add(f, g)
    multiply(f, h, g)
    raised(alpha, m, n, size - scale, f)
    place(c, -size, h)
    multiply(f, h, m)
    subtract(m, g)
    return rounded(m) * power_of_two(scale)


cdef inline void xielu_cross(const floating* p, floating* q) noexcept nogil:
    """q[11] to q[13], which are 0 where nothing crosses 0."""
    cdef floating s, r, r_low, t
    cdef double k = q[7] if q[8] > q[7] else q[8]
    if q[10] < <floating>0.0:
        return
    q[13] = <floating>xielu_at(q[8], k, p[0], p[2], q[2])
    if q[9] < <floating>0.0:
        r = power_parts(q[9], &s, &r_low)
        t = <floating>1.0 + r
        r_low = sum_low(<floating>1.0, r, t) + r_low
        s = s * q[2]
        q[11] = s * t
        q[12] = fma(s, r_low, fma(s * (q[3] / q[2]), t, product_low(s, t, q[11])))


cdef inline bint xielu_within(const floating* p) noexcept nogil:
    """Whether products of the parameters with x overflow only where results do."""
    return not_huge(p[0]) and not_huge(p[1]) and not_huge(p[2])


cdef inline bint xielu_is_prepared(const floating* q) noexcept nogil:
    """Whether these numbers are what was made of the parameters; else they begin with those."""
    return q[10] != <floating>-2.0


cdef inline void xielu_prepare(const floating* p, floating* q) noexcept nogil:
    cdef int k
    if not xielu_within(p):
        for k in range(4):
            q[k] = p[k]
        q[10] = <floating>-2.0
        return
    xielu_prepare_within(p, q)


cdef inline void xielu_prepare_within(const floating* p, floating* q) noexcept nogil:
    cdef int k
    cdef double* last = last_crossing[0 if floating is float else 1]
    xielu_constants(p, q)
    if not (last[0] == 1.0 and last[1] == p[0] and last[2] == p[2] and last[3] == p[3]):
        xielu_centre(q)
        xielu_cross(p, q)
        last[0] = 1.0
        last[1] = p[0]
        last[2] = p[2]
        last[3] = p[3]
        for k in range(6):
            last[4 + k] = q[8 + k]
    for k in range(6):
        q[8 + k] = <floating>last[4 + k]


# ---- of x -----------------------------------------------------------------------------------------------------------

cdef inline floating xielu_prepared(floating x, const floating* q) noexcept nogil:
    """an expm1(min(x, eps)) - sn x on the left, x (ap x + beta) on the right, both rounded once, at the end."""
    cdef floating c, d, a, a_low, e, e_low, t, u, left, right, y, most
    # all are read, whichever is taken: Clang makes no select of what only one side reads, and no vector loop
    cdef floating eps = q[7], centre = q[8], back = q[9], factor = q[11], factor_low = q[12], last = q[13]
    cdef floating an = q[2], an_low = q[3]
    cdef bint near = fabs(x - centre) <= q[10]
    c = (x if x < eps else eps) - (back if near else <floating>0.0)
    d = x - (centre if near else <floating>0.0)
    a = factor if near else an
    a_low = factor_low if near else an_low
    e = expm1_in_full(at_least(c, lowest(c)), &e_low)
    left = xielu_left(e, e_low, d, a, a_low, q, &e_low)
    e_low = e_low + (last if near else <floating>0.0)
    t = line_parts(q[0], q[1], x, q[6], &u)
    right = t * x
    u = fma(t, x, u * x)
    most = largest(x)
    u = u if fabs(right) <= most else right
    y = u if x > <floating>0.0 else left + e_low
    left = right if x > <floating>0.0 else left
    return y if y == y else left  # where something overflows, what it loses is NaN


cdef inline floating xielu_prepared_derivative(floating x, const floating* q) noexcept nogil:
    """an e^x - sn below eps, -sn from there to 0, their mean at eps, and 2 ap x + beta on the right.

    Near 0 an expm1(x) + beta in place of the first, where a large sn would cancel.
    """
    cdef floating s, r, r_low, one, v, v_low, t, c, c_low, left, low, right
    cdef floating sn = q[4], sn_low = q[5], beta = q[6], eps = q[7]
    r = power_parts(lowest(x) if x < lowest(x) else x, &s, &r_low)
    one = <floating>1.0 if x > <floating>-0.34375 else <floating>0.0
    one = one if x < eps else <floating>0.0
    s = s if x < eps else (<floating>0.5 * s if x == eps else <floating>0.0)
    v = fma(s, r, s - one)
    v_low = fma(s, r_low, fma_low(s, r, s - one, v))
    c = beta if one > <floating>0.0 else -sn
    c_low = <floating>0.0 if one > <floating>0.0 else -sn_low
    t = q[2] * v
    left = t + c
    low = two_sum_low(t, c, left) + (fma(q[2], v_low, fma(q[3], v, product_low(q[2], v, t))) + c_low)
    right = line_parts(q[0] + q[0], q[1] + q[1], x, q[6], &t)
    t = right + t
    t = t if t == t else right
    return t if x > <floating>0.0 else left + low


# Where each x has parameters of its own, only of those near a crossing is all prepared.

cdef inline floating xielu_near(floating x, const floating* p) noexcept nogil:
    cdef floating q[14]
    xielu_constants(p, q)
    xielu_centre(q)
    if fabs(x - q[8]) <= q[10]:
        xielu_cross(p, q)
    else:
        q[10] = <floating>-1.0
    return xielu_prepared(x, q)


cdef inline floating xielu_derivative_near(floating x, const floating* p) noexcept nogil:
    cdef floating q[14]
    xielu_constants(p, q)
    return xielu_prepared_derivative(x, q)


# And of huge parameters, all in double, where those of float32 are not huge. Those of float64 are first divided by
# 2^60: products with them then do not overflow before the result does, nor do their halves where there is no fma.

cdef inline void lowered_constants(const double* p, const double* side, double* q) noexcept nogil:
    """q[0] to q[6] divided by 2^60 if side[0] or beta, of which the branch that is asked for is made, is huge.

    The factor back is q[8], and q[11] and q[12] are sn as it was; by q[10] no x is near to a crossing.
    """
    cdef double scale = 1.0 if (side[0] < 0.0 or not_huge(side[0])) and not_huge(p[2]) else 8.673617379884035e-19
    cdef int k
    xielu_constants(p, q)
    q[11] = q[4]
    q[12] = q[5]
    for k in range(7):
        q[k] = q[k] * scale
    q[2] = q[6] + q[4]  # a sum that may have been infinite
    q[3] = two_sum_low(q[6], q[4], q[2]) + q[5]
    q[8] = 1.0 / scale
    q[9] = 0.0
    q[10] = -1.0
    q[13] = 0.0


cdef inline double xielu_wide(double x, const double* p) noexcept nogil:
    cdef double q[14]
    cdef int k
    if xielu_within(p):
        return xielu_near(x, p)
    if fabs(x) <= 8.673617379884035e-19:  # where a quotient might be subnormal, and no product overflows
        xielu_constants(p, q)
        for k in range(8, 14):
            q[k] = 0.0
        q[10] = -1.0
        return xielu_prepared(x, q)
    lowered_constants(p, p + 1 if x > 0.0 else p, q)
    if x < -1e30 and q[8] > 1.0 and not_huge(q[11]):
        # expm1(x) is -1 as it is of x/2^60, and of sn x so much may be left that it must not overflow either
        q[4] = q[11]
        q[5] = q[12]
        x = x / q[8]
    return xielu_prepared(x, q) * q[8]


cdef inline double xielu_derivative_wide(double x, const double* p) noexcept nogil:
    """What is not of the size of huge parameters is taken apart, lest the division make it subnormal."""
    cdef double q[14]
    cdef double s, r, r_low, t, left, low
    lowered_constants(p, p + 1 if x > 0.0 else p, q)
    if x <= 0.0 and x > q[7]:
        return -q[11]
    if x < <double>-700.0:
        # e^x is subnormal, or nearly, and an of such a size times it is not: its power of two goes to an first
        r = power_parts(lowest(x) if x < lowest(x) else x, &s, &r_low)
        s = s * (0.5 * q[8] if x == q[7] else q[8]) * q[2]
        t = fma(s, r, s)
        left = t - q[11]
        low = two_sum_low(t, -q[11], left) + (fma(s, r_low, fma_low(s, r, s, t)) - q[12])
        return left + low
    return xielu_prepared_derivative(x, q) * q[8]


cdef inline floating xielu(floating x, const floating* p) noexcept nogil:
    cdef double wide[4]
    cdef int k
    if xielu_within(p):
        return xielu_near(x, p)
    for k in range(4):
        wide[k] = p[k]
    return <floating>xielu_wide(x, wide)


cdef inline floating xielu_derivative(floating x, const floating* p) noexcept nogil:
    cdef double wide[4]
    cdef int k
    if xielu_within(p):
        return xielu_derivative_near(x, p)
    for k in range(4):
        wide[k] = p[k]
    return <floating>xielu_derivative_wide(x, wide)
