# cython: cdivision=True
"""The elementary functions under every activation: branch-free, inlined, in float32 and float64.

May be cimported by any Cython code (``from fastact cimport vmath``); itself uses nothing but C's ``math.h``.

Rules that every function here keeps, so that a loop over it vectorises and gives the same bits at every position:

* No branch and no table: only arithmetic, selects and bit patterns. A select ``LO if x < LO else x`` lets NaN through.
* A literal is cast to ``floating``; a bare one is a C double and would pull float32 code into double.
* ``fma`` is explicit and the compiler must not contract (``-ffp-contract=off``): vector body and scalar tail, AVX2 and
  AVX-512 then round alike. On a processor without fma it is ``a*b + c``, and `product_low` does without it.
* A result is carried as an unevaluated sum high + low wherever rounding it at once would be amplified later. Error
  bounds are stated in ULPs of the result, for processors with fma.

Every polynomial coefficient and split constant is derived by ``benchmarks/coefficients.py``, whose ``--check``
compares this file with what it derives.
"""
from cython cimport floating
from libc.stdint cimport uint32_t, uint64_t

# "fma" must be an inline function, never a macro: a literal argument of a macro stays a double. Bit patterns go
# through memcpy, which compiles to nothing and, unlike a union or a pointer cast, is defined in C and in C++.
cdef extern from *:
    """
    #include <math.h>
    #include <stdint.h>
    #include <string.h>
    #if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(FP_FAST_FMAF)
    static inline float fastact_fmaf(float a, float b, float c) { return fmaf(a, b, c); }
    static inline double fastact_fma(double a, double b, double c) { return fma(a, b, c); }
    #define FASTACT_HAS_FMA 1
    #else
    static inline float fastact_fmaf(float a, float b, float c) { return a * b + c; }
    static inline double fastact_fma(double a, double b, double c) { return a * b + c; }
    #define FASTACT_HAS_FMA 0
    #endif
    static inline uint32_t fastact_bitsf(float x) { uint32_t b; memcpy(&b, &x, sizeof b); return b; }
    static inline uint64_t fastact_bits(double x) { uint64_t b; memcpy(&b, &x, sizeof b); return b; }
    static inline float fastact_from_bitsf(uint32_t b) { float x; memcpy(&x, &b, sizeof x); return x; }
    static inline double fastact_from_bits(uint64_t b) { double x; memcpy(&x, &b, sizeof x); return x; }
    """
    enum: HAS_FMA "FASTACT_HAS_FMA"
    float _fma32 "fastact_fmaf"(float, float, float) noexcept nogil
    double _fma64 "fastact_fma"(double, double, double) noexcept nogil
    float _fabs32 "fabsf"(float) noexcept nogil
    double _fabs64 "fabs"(double) noexcept nogil
    float _copysign32 "copysignf"(float, float) noexcept nogil
    double _copysign64 "copysign"(double, double) noexcept nogil
    uint32_t bits32 "fastact_bitsf"(float) noexcept nogil
    uint64_t bits64 "fastact_bits"(double) noexcept nogil
    float from_bits32 "fastact_from_bitsf"(uint32_t) noexcept nogil
    double from_bits64 "fastact_from_bits"(uint64_t) noexcept nogil


cdef inline floating fma(floating a, floating b, floating c) noexcept nogil:
    """a*b + c, rounded once (twice where the processor has no fma)."""
    if floating is float:
        return _fma32(a, b, c)
    else:
        return _fma64(a, b, c)


cdef inline floating fabs(floating x) noexcept nogil:
    """|x|; NaN stays NaN."""
    if floating is float:
        return _fabs32(x)
    else:
        return _fabs64(x)


cdef inline floating copysign(floating x, floating sign) noexcept nogil:
    """|x| with the sign of ``sign``, -0.0 and NaN included."""
    if floating is float:
        return _copysign32(x, sign)
    else:
        return _copysign64(x, sign)


cdef inline floating product_low(floating a, floating b, floating product) noexcept nogil:
    """What rounding lost: a*b - product, exactly, where product = a*b rounded.

    Without fma by Dekker's splitting (Numerische Mathematik 18, 1971), exact while a and b stay below 2^115
    (2^996 in float64).
    """
    cdef floating factor, c, ah, al, bh, bl
    if HAS_FMA:
        return fma(a, b, -product)
    factor = <floating>4097.0 if floating is float else <floating>134217729.0  # 2^12 + 1, 2^27 + 1
    c = factor * a
    ah = c - (c - a)
    al = a - ah
    c = factor * b
    bh = c - (c - b)
    bl = b - bh
    return ((ah * bh - product) + ah * bl + al * bh) + al * bl


cdef inline floating sum_low(floating large, floating small, floating total) noexcept nogil:
    """What rounding lost: large + small - total, exactly, where total = large + small rounded.

    Dekker's fast two-sum: exact when large = 0 or its exponent is no smaller than that of small.
    """
    return small - (total - large)


cdef inline floating two_sum_low(floating a, floating b, floating total) noexcept nogil:
    """What rounding lost: a + b - total, exactly, where total = a + b rounded; whichever is larger (Knuth)."""
    cdef floating part = total - a
    return (a - (total - part)) + (b - part)


cdef inline floating pow2(floating n) noexcept nogil:
    """2^n for an integer n in [-126, 127] (float64: [-1022, 1023]).

    Adding 1.5*2^23 + 127 leaves n + 127 in the low bits of the sum, and the shift moves them to the exponent.
    """
    if floating is float:
        return from_bits32(bits32(n + <float>12583039.0) << 23)
    else:
        return from_bits64(bits64(n + <double>6755399441056767.0) << 52)


# Results below the smallest normal number must be rounded once, at the very end. So what leads to them is computed
# 2^64 (float64: 2^512) times too large, by `lifted`, and a last product with `lowering` rounds it. No select is needed.

cdef inline floating lifted(floating n) noexcept nogil:
    """2^(n + 64), -190 <= n <= 63 (float64: 2^(n + 512), -1534 <= n <= 511)."""
    if floating is float:
        return from_bits32(bits32(n + <float>12583103.0) << 23)
    else:
        return from_bits64(bits64(n + <double>6755399441057279.0) << 52)


cdef inline floating lowering(floating like) noexcept nogil:
    """2^-64 (float64: 2^-512); the argument only says which type is meant, here and below."""
    return <floating>5.421010862427522e-20 if floating is float else <floating>7.458340731200207e-155


cdef inline floating lowest(floating like) noexcept nogil:
    """Down to it `lifted` reaches, and e^x and x e^x have long become 0: where arguments are clamped from below."""
    return <floating>-131.0 if floating is float else <floating>-1060.0


cdef inline floating exponent(floating x) noexcept nogil:
    """The integer nearest to x/ln2, |x| < 2^21: the sum with 1.5*2^23 (1.5*2^52) has no room for a fraction."""
    cdef floating log2e = <floating>1.4426950408889634
    cdef floating magic = <floating>12582912.0 if floating is float else <floating>6755399441055744.0
    return fma(x, log2e, magic) - magic


cdef inline floating reduced(floating x, floating n) noexcept nogil:
    """x - n ln2. ln2 is high + low, and n times its high part is exact, so that cancellation loses nothing."""
    if floating is float:
        return fma(n, <floating>-1.4286068e-06, fma(n, <floating>-0.69314575, x))
    else:
        return fma(n, <floating>-2.8235290563031577e-13, fma(n, <floating>-0.693147180559663, x))


cdef inline floating expm1_rest(floating f) noexcept nogil:
    """q(f) of expm1(f) = f + f*f*q(f) for |f| <= ln2/2; the sum is good to 2^-30.9 (2^-61.5) of itself."""
    cdef floating q
    if floating is float:
        q = fma(<floating>0.0001974493, f, <floating>0.0013933686)
        q = fma(q, f, <floating>0.008333565)
        q = fma(q, f, <floating>0.041666478)
        q = fma(q, f, <floating>0.16666666)
        q = fma(q, f, <floating>0.5)
    else:
        q = fma(<floating>2.0889219487700425e-09, f, <floating>2.5109118153490382e-08)
        q = fma(q, f, <floating>2.75573536329553e-07)
        q = fma(q, f, <floating>2.755724393473894e-06)
        q = fma(q, f, <floating>2.48015872368716e-05)
        q = fma(q, f, <floating>0.00019841269886454444)
        q = fma(q, f, <floating>0.0013888888888924007)
        q = fma(q, f, <floating>0.00833333333332147)
        q = fma(q, f, <floating>0.04166666666666661)
        q = fma(q, f, <floating>0.16666666666666677)
        q = fma(q, f, <floating>0.5)
    return q


cdef inline floating exp_reduced(floating f, floating* low) noexcept nogil:
    """exp(f) as m + low[0], m in [0.70, 1.42], for |f| <= ln2/2; the pair is good to 0.3 ULP of m."""
    cdef floating r = fma(f * f, expm1_rest(f), f)
    cdef floating m = <floating>1.0 + r
    low[0] = sum_low(<floating>1.0, r, m)
    return m


cdef inline floating quotient(floating a, floating a_low, floating d, floating d_low) noexcept nogil:
    """(a + a_low)/(d + d_low), within 0.51 ULP while nothing underflows; one division, of 1 by d.

    q = a*(1/d) leaves the residual a - q*d, which fma gives exactly; the low parts join it, and one Newton step
    divides it by d. Where there is no fma the residual carries the rounding error of q*d from `product_low`.
    """
    cdef floating inverse = <floating>1.0 / d
    cdef floating q = a * inverse
    return fma(remainder(a, q, d) + fma(-q, d_low, a_low), inverse, q)


cdef inline floating remainder(floating a, floating q, floating d) noexcept nogil:
    """a - q*d, exactly, for q = a/d but for a few ULPs."""
    cdef floating product
    if HAS_FMA:
        return fma(-q, d, a)
    product = q * d
    return (a - product) - product_low(q, d, product)


cdef inline floating exp(floating x) noexcept nogil:
    """e^x, within 1 ULP for every x: 0 at -inf, inf past the overflow edge, subnormal results rounded once."""
    cdef floating n, m, low, least, most, down
    most = <floating>89.0 if floating is float else <floating>710.0
    x = lowest(x) if x < lowest(x) else x
    x = most if x > most else x
    n = exponent(x)
    m = exp_reduced(reduced(x, n), &low)
    # 2^64 too large would overflow on the right, which needs no lifting, but twice 2^127 does just where it should
    least = <floating>0.0
    down = lowering(x) if n < least else <floating>2.0
    return m * (lifted(n) if n < least else pow2(n - <floating>1.0)) * down


cdef inline floating expm1_parts(floating x, floating* low) noexcept nogil:
    """expm1(x) as high + low[0] for x <= 1; high alone is within 0.8 ULP.

    2^n (1 + r) - 1 = (2^n - 1) + 2^n r, where r = expm1(f). For n = 0 the first term is 0 and all of it is r.
    """
    cdef floating least, n, s, f, square, r, base, high
    least = <floating>-80.0 if floating is float else <floating>-700.0
    x = least if x < least else x
    n = exponent(x)
    s = pow2(n)
    f = reduced(x, n)
    square = f * f
    high = expm1_rest(f)
    r = fma(square, high, f)
    # what rounding r lost, of which that in f*f*q(f) itself is too small to count
    low[0] = fma(square, high, f - r)
    base = s - <floating>1.0
    high = fma(s, r, base)
    # For n = 0, high = r and the first difference is 0; otherwise |base| >= 1/2 > |s r|. Where s is below an ULP of
    # 1, base has lost it.
    low[0] = fma(s, r, base - high) + fma(s, low[0], sum_low(<floating>-1.0, s, base))
    return high


cdef inline floating expm1(floating x) noexcept nogil:
    """e^x - 1 for x <= 1, within 1 ULP; -1 at -inf, and 0.0 at -0.0."""
    cdef floating low
    return expm1_parts(x, &low)


cdef inline floating tanh(floating x) noexcept nogil:
    """Hyperbolic tangent, odd to the bit: with t = -expm1(-2|x|) it is t/(2 - t), both carried."""
    cdef floating low, t, d
    t = -expm1_parts(<floating>-2.0 * fabs(x), &low)
    d = <floating>2.0 - t
    return copysign(quotient(t, -low, d, sum_low(<floating>2.0, -t, d) + low), x)


cdef inline floating log1p_ratio(floating m, floating m_low, floating s, floating d, floating d_low) noexcept nogil:
    """log1p(e)/s for e = (m + m_low) s in [0, 1], s a power of two, and d + d_low = 2 + e.

    log1p(e) = 2 atanh(e/(2 + e)) = t + t z P(z)/2 with t = 2 e/(2 + e) and z = t*t/4 <= 1/9. Working on the mantissa
    m keeps the digits of an e so small that it would be subnormal.
    """
    cdef floating t, z, p
    t = quotient(m + m, m_low + m_low, d, d_low)
    z = <floating>0.5 * t * s
    z = z * z
    if floating is float:
        p = fma(<floating>0.28021312, z, <floating>0.27999535)
        p = fma(p, z, <floating>0.400217)
        p = fma(p, z, <floating>0.6666641)
    else:
        p = fma(<floating>0.17015984692878264, z, <floating>0.0834158620978965)
        p = fma(p, z, <floating>0.12105723005492418)
        p = fma(p, z, <floating>0.13301023056697703)
        p = fma(p, z, <floating>0.15386555824728074)
        p = fma(p, z, <floating>0.18181744136734818)
        p = fma(p, z, <floating>0.22222223963005966)
        p = fma(p, z, <floating>0.2857142854797759)
        p = fma(p, z, <floating>0.4000000000015609)
        p = fma(p, z, <floating>0.6666666666666631)
    return fma(t * z, <floating>0.5 * p, t)


cdef inline floating folded(floating a, floating c, floating* b, floating* b_low) noexcept nogil:
    """v = (a - c)/(a + c) for a >= 0, and b + b_low = a/(a + c), of which v is 2 b - 1.

    The low part of b is the residual of the division and of the sum; without it v would be off by several ULPs of 1.
    """
    cdef floating d = a + c
    cdef floating inverse = <floating>1.0 / d
    cdef floating q = a * inverse
    b[0] = q
    b_low[0] = fma(-q, two_sum_low(a, c, d), remainder(a, q, d)) * inverse
    return fma(<floating>2.0, b_low[0], fma(<floating>2.0, q, <floating>-1.0))


cdef inline floating last_step(floating p, floating v, floating first, floating* low) noexcept nogil:
    """Horner's last step p v + first as high + low[0]; first - high is exact while they differ by less than half."""
    cdef floating high = fma(p, v, first)
    low[0] = fma(p, v, first - high)
    return high


cdef inline floating mills(floating a, floating* low) noexcept nogil:
    """a Phi(-a) exp(a*a/2) as high + low[0], 0 <= a <= 14.5 (float64: 39).

    Phi(-a) exp(a*a/2), Mills' ratio over sqrt(2 pi), falls from 1/2 like 0.4/a. Times a + c it is nearly constant, and
    b = a/(a + c), which undoes that factor and brings in the a, also gives the argument v of the polynomial.
    """
    cdef floating b, b_low, v, g, g_low, first, product
    if floating is float:
        v = folded(a, <floating>3.90625, &b, &b_low)
        g = fma(<floating>1.4975394e-05, v, <floating>-2.1820024e-05)
        g = fma(g, v, <floating>-0.00017547974)
        g = fma(g, v, <floating>0.000290741)
        g = fma(g, v, <floating>0.0012649606)
        g = fma(g, v, <floating>-0.003961457)
        g = fma(g, v, <floating>-0.0038860987)
        g = fma(g, v, <floating>0.051532686)
        g = fma(g, v, <floating>-0.17348926)
        g = fma(g, v, <floating>0.37468973)
        g = fma(g, v, <floating>-0.60081816)
        first = <floating>0.75350606
    else:
        v = folded(a, <floating>3.9375, &b, &b_low)
        g = fma(<floating>-8.698878388500411e-11, v, <floating>-1.0010520587235164e-09)
        g = fma(g, v, <floating>-1.9320962275938866e-09)
        g = fma(g, v, <floating>5.079389189976153e-09)
        g = fma(g, v, <floating>1.9812988772797927e-08)
        g = fma(g, v, <floating>-3.324893760211042e-09)
        g = fma(g, v, <floating>-1.0328814218842517e-07)
        g = fma(g, v, <floating>-9.558373094352226e-08)
        g = fma(g, v, <floating>4.050044881140376e-07)
        g = fma(g, v, <floating>8.52960525796958e-07)
        g = fma(g, v, <floating>-1.3667156657955206e-06)
        g = fma(g, v, <floating>-5.493080030944665e-06)
        g = fma(g, v, <floating>4.546470067412813e-06)
        g = fma(g, v, <floating>3.3557309679949846e-05)
        g = fma(g, v, <floating>-2.242300120137459e-05)
        g = fma(g, v, <floating>-0.0002149172889411014)
        g = fma(g, v, <floating>0.00024344978171363124)
        g = fma(g, v, <floating>0.001404802187476201)
        g = fma(g, v, <floating>-0.0038312483098830365)
        g = fma(g, v, <floating>-0.005057371598836888)
        g = fma(g, v, <floating>0.05445373511103415)
        g = fma(g, v, <floating>-0.17784760767384716)
        g = fma(g, v, <floating>0.37888832174197334)
        g = fma(g, v, <floating>-0.6032175877860371)
        first = <floating>0.7541108056114132
    g = last_step(g, v, first, &g_low)
    product = b * g
    low[0] = product_low(b, g, product) + fma(b, g_low, b_low * g)
    return product


cdef inline floating gaussian_slope(floating a, floating* low) noexcept nogil:
    """(Phi(-a) - a phi(a)) exp(a*a/2) as high + low[0], 0 <= a <= 14.5 (float64: 39): gelu'(-a) without its exp.

    Written (a0 - a) K(a) with a0 its root and K > 0 a polynomial in v = (a - c)/(a + c): nothing cancels, so that
    it keeps its relative accuracy at the root.
    """
    cdef floating b, b_low, v, k, k_low, first, root, root_low, s, s_low, product
    if floating is float:
        root = <floating>0.7517915
        root_low = <floating>4.7490197e-08
        v = folded(a, <floating>3.984375, &b, &b_low)
        k = fma(<floating>2.1730139e-06, v, <floating>3.9882666e-06)
        k = fma(k, v, <floating>-1.62586e-05)
        k = fma(k, v, <floating>-1.4289303e-05)
        k = fma(k, v, <floating>0.00018253621)
        k = fma(k, v, <floating>-0.00017492531)
        k = fma(k, v, <floating>-0.0017121065)
        k = fma(k, v, <floating>0.009357887)
        k = fma(k, v, <floating>-0.027920654)
        k = fma(k, v, <floating>0.060424797)
        k = fma(k, v, <floating>-0.10360247)
        first = <floating>0.46241376
    else:
        root = <floating>0.7517915246935644
        root_low = <floating>9.606554328550577e-17
        v = folded(a, <floating>4.265625, &b, &b_low)
        k = fma(<floating>9.920655215709286e-12, v, <floating>4.900132044290918e-11)
        k = fma(k, v, <floating>1.8176912073015242e-11)
        k = fma(k, v, <floating>-3.1491558134206765e-10)
        k = fma(k, v, <floating>-4.973756257518051e-10)
        k = fma(k, v, <floating>1.1794246977435312e-09)
        k = fma(k, v, <floating>3.788385550911224e-09)
        k = fma(k, v, <floating>-3.1647125481343325e-09)
        k = fma(k, v, <floating>-2.3750190378297393e-08)
        k = fma(k, v, <floating>3.7184987595707257e-09)
        k = fma(k, v, <floating>1.4780848741254617e-07)
        k = fma(k, v, <floating>2.17545124527375e-08)
        k = fma(k, v, <floating>-1.0021609361216465e-06)
        k = fma(k, v, <floating>-2.891667691198365e-08)
        k = fma(k, v, <floating>7.712060508076487e-06)
        k = fma(k, v, <floating>-5.637459362291776e-06)
        k = fma(k, v, <floating>-6.265638687785334e-05)
        k = fma(k, v, <floating>0.00016656190395153788)
        k = fma(k, v, <floating>0.0002812907336493866)
        k = fma(k, v, <floating>-0.0031582458167650936)
        k = fma(k, v, <floating>0.011942917004822185)
        k = fma(k, v, <floating>-0.03060778743227217)
        k = fma(k, v, <floating>0.06089076265111325)
        k = fma(k, v, <floating>-0.09946274286556221)
        first = <floating>0.45895098648687277
    s = root - a
    s_low = two_sum_low(root, -a, s) + root_low
    b = s + s_low
    s_low = sum_low(s, s_low, b)
    k = last_step(k, v, first, &k_low)
    product = b * k
    low[0] = product_low(b, k, product) + fma(b, k_low, s_low * k)
    return product
