# cython: cdivision=True
"""The normal distribution: gelu, and gelu_tanh, its approximation.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` and the
logistic function of `logistic.pxd`.
"""
from cython cimport floating
from fastact.formulas.logistic cimport times_logistic, times_logistic_derivative
from fastact.vmath cimport (
    at_least, at_most, cubic, excess, exp_rest, expm1_pair, exponent, fabs, fma, fma_low, lowering, positive_part,
    product_low, reduced_product, reduced_product_pair, reduced_product_parts, sum_low, two_sum_low,
)


# ---- Mills' ratio ---------------------------------------------------------------------------------------------------

cdef inline floating folded(floating a, floating c, floating* b, floating* b_low) noexcept nogil:
    """v = (a - c)/(a + c) for a >= 0, and b + b_low = a/(a + c), of which v is 2 b - 1.

    The low part of b is the residual of the division and of the sum; without it v would be off by several ULPs of 1.
    """
    cdef floating d = a + c
    cdef floating inverse = <floating>1.0 / d
    cdef floating q = a * inverse
    b[0] = q
    b_low[0] = -fma(q, sum_low(c, a, d), excess(a, q, d)) * inverse
    return fma(<floating>2.0, b_low[0], fma(<floating>2.0, q, <floating>-1.0))


cdef inline floating last_steps(
    floating rest, floating v, floating v2, floating c0, floating c1, floating* low
) noexcept nogil:
    """c0 + c1 v + rest v^2 as high + low[0]: what the two largest steps of a polynomial lose."""
    cdef floating base = fma(c1, v, c0)
    cdef floating high = fma(rest, v2, base)
    low[0] = fma_low(rest, v2, base, high) + fma_low(c1, v, c0, base)
    return high


cdef inline floating mills(floating a, floating* low) noexcept nogil:
    """a Phi(-a) exp(a*a/2) as high + low[0], 0 <= a <= 14.5 (float64: 39).

    Phi(-a) exp(a*a/2), Mills' ratio over sqrt(2 pi), falls from 1/2 like 0.4/a. Times a + c it is nearly constant, and
    b = a/(a + c), which undoes that factor and brings in the a, also gives the argument v of the polynomial.
    """
    cdef floating b, b_low, v, v2, v4, g, g_low, first, second, product
    if floating is float:
        v = folded(a, <floating>3.90625, &b, &b_low)
        v2 = v * v
        v4 = v2 * v2
        g = fma(<floating>1.4975394e-05, v, <floating>-2.1820024e-05)
        g = fma(g, v4, cubic(
            v, v2, <floating>-0.003961457, <floating>0.0012649606, <floating>0.000290741, <floating>-0.00017547974
        ))
        g = fma(g, v4, cubic(
            v, v2, <floating>0.37468973, <floating>-0.17348926, <floating>0.051532686, <floating>-0.0038860987
        ))
        first = <floating>0.75350606
        second = <floating>-0.60081816
    else:
        v = folded(a, <floating>3.9375, &b, &b_low)
        v2 = v * v
        v4 = v2 * v2
        g = fma(<floating>-1.0010520587235164e-09, v, <floating>-1.9320962275938866e-09)
        g = fma(<floating>-8.698878388500411e-11, v2, g)
        g = fma(g, v4, cubic(
            v, v2, <floating>-1.0328814218842517e-07, <floating>-3.324893760211042e-09,
            <floating>1.9812988772797927e-08, <floating>5.079389189976153e-09
        ))
        g = fma(g, v4, cubic(
            v, v2, <floating>-1.3667156657955206e-06, <floating>8.52960525796958e-07,
            <floating>4.050044881140376e-07, <floating>-9.558373094352226e-08
        ))
        g = fma(g, v4, cubic(
            v, v2, <floating>-2.242300120137459e-05, <floating>3.3557309679949846e-05,
            <floating>4.546470067412813e-06, <floating>-5.493080030944665e-06
        ))
        g = fma(g, v4, cubic(
            v, v2, <floating>-0.0038312483098830365, <floating>0.001404802187476201,
            <floating>0.00024344978171363124, <floating>-0.0002149172889411014
        ))
        g = fma(g, v4, cubic(
            v, v2, <floating>0.37888832174197334, <floating>-0.17784760767384716,
            <floating>0.05445373511103415, <floating>-0.005057371598836888
        ))
        first = <floating>0.7541108056114132
        second = <floating>-0.6032175877860371
    g = last_steps(g, v, v2, first, second, &g_low)
    product = b * g
    low[0] = product_low(b, g, product) + fma(b, g_low, b_low * g)
    return product


cdef inline floating gaussian_slope(floating a, floating* low) noexcept nogil:
    """(Phi(-a) - a phi(a)) exp(a*a/2) as high + low[0], 0 <= a <= 14.5 (float64: 39): gelu'(-a) without its exp.

    Written (a0 - a) K(a) with a0 its root and K > 0 a polynomial in v = (a - c)/(a + c): nothing cancels, so that
    it keeps its relative accuracy at the root.
    """
    cdef floating b, b_low, v, v2, v4, k, k_low, first, second, root, root_low, s, s_low, product
    if floating is float:
        root = <floating>0.7517915
        root_low = <floating>4.7490197e-08
        v = folded(a, <floating>3.984375, &b, &b_low)
        v2 = v * v
        v4 = v2 * v2
        k = fma(<floating>2.1730139e-06, v, <floating>3.9882666e-06)
        k = fma(k, v4, cubic(
            v, v2, <floating>-0.00017492531, <floating>0.00018253621, <floating>-1.4289303e-05, <floating>-1.62586e-05
        ))
        k = fma(k, v4, cubic(
            v, v2, <floating>0.060424797, <floating>-0.027920654, <floating>0.009357887, <floating>-0.0017121065
        ))
        first = <floating>0.46241376
        second = <floating>-0.10360247
    else:
        root = <floating>0.7517915246935644
        root_low = <floating>9.606554328550577e-17
        v = folded(a, <floating>4.265625, &b, &b_low)
        v2 = v * v
        v4 = v2 * v2
        k = fma(<floating>4.900132044290918e-11, v, <floating>1.8176912073015242e-11)
        k = fma(<floating>9.920655215709286e-12, v2, k)
        k = fma(k, v4, cubic(
            v, v2, <floating>3.788385550911224e-09, <floating>1.1794246977435312e-09,
            <floating>-4.973756257518051e-10, <floating>-3.1491558134206765e-10
        ))
        k = fma(k, v4, cubic(
            v, v2, <floating>1.4780848741254617e-07, <floating>3.7184987595707257e-09,
            <floating>-2.3750190378297393e-08, <floating>-3.1647125481343325e-09
        ))
        k = fma(k, v4, cubic(
            v, v2, <floating>7.712060508076487e-06, <floating>-2.891667691198365e-08,
            <floating>-1.0021609361216465e-06, <floating>2.17545124527375e-08
        ))
        k = fma(k, v4, cubic(
            v, v2, <floating>0.0002812907336493866, <floating>0.00016656190395153788,
            <floating>-6.265638687785334e-05, <floating>-5.637459362291776e-06
        ))
        k = fma(k, v4, cubic(
            v, v2, <floating>0.06089076265111325, <floating>-0.03060778743227217,
            <floating>0.011942917004822185, <floating>-0.0031582458167650936
        ))
        first = <floating>0.45895098648687277
        second = <floating>-0.09946274286556221
    s = root - a
    s_low = two_sum_low(root, -a, s) + root_low
    b = s + s_low
    s_low = sum_low(s, s_low, b)
    k = last_steps(k, v, v2, first, second, &k_low)
    product = b * k
    low[0] = product_low(b, k, product) + fma(b, k_low, s_low * k)
    return product


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
    return fma(gaussian_product(a, w, low), -lowering(x), positive_part(x))


cdef inline floating gelu_derivative(floating x, const floating* p) noexcept nogil:
    """Phi(x) + x phi(x); its value at -a, and 1 minus that at a."""
    cdef floating a, w, low
    a = fabs(x)
    a = gelu_end(x) if a > gelu_end(x) else a  # lets NaN through
    w = gaussian_slope(a, &low)
    w = gaussian_product(a, w, low) * lowering(x)
    return <floating>1.0 - w if x > <floating>0.0 else w


cdef inline floating gelu_tanh_factor(
    floating square, floating linear, floating linear_low, floating third, floating third_low, floating square_low,
    floating* low,
) noexcept nogil:
    """linear + third x^2, each of the three in two parts; low[0] is what the result lacks.

    linear has so few digits that its difference to the result is exact.
    """
    cdef floating w = fma(third, square, linear)
    low[0] = fma_low(third, square, linear, w) + fma(third, square_low, fma(third_low, square, linear_low))
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
