# cython: cdivision=True
"""The elementary functions under every activation: branch-free, inlined, in float32 and float64.

May be cimported by any Cython code (``from fastact cimport vmath``); itself uses nothing but C's ``math.h``.

Rules that every function here keeps, so that a loop over it vectorises and gives the same bits at every position:

* A select whose constant is a zero of another sign than the one it compares with is none: see `positive_part`.
* No branch and no table, which `formulas/lookup.pxd` has: only arithmetic, selects and bit patterns. A select
  ``LO if x < LO else x`` lets NaN through.
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
    float _sqrt32 "sqrtf"(float) noexcept nogil
    double _sqrt64 "sqrt"(double) noexcept nogil
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


cdef inline floating sqrt(floating x) noexcept nogil:
    """The square root, correctly rounded: an instruction, as errno is not asked for."""
    if floating is float:
        return _sqrt32(x)
    else:
        return _sqrt64(x)


cdef inline floating copysign(floating x, floating sign) noexcept nogil:
    """|x| with the sign of ``sign``, -0.0 and NaN included."""
    if floating is float:
        return _copysign32(x, sign)
    else:
        return _copysign64(x, sign)


cdef inline floating positive_part(floating x) noexcept nogil:
    """max(x, 0) with the sign of x, also of a zero and NaN.

    Not "-0.0 if x < 0.0 else x": of two zeros Clang takes that for a maximum, which gives -0.0 for 0.0 as well.
    """
    return copysign(<floating>0.0 if x < <floating>0.0 else x, x)


cdef inline floating nan_or(floating value, floating x) noexcept nogil:
    """``value``, but NaN where x is."""
    return value if x == x else x


cdef inline floating largest(floating like) noexcept nogil:
    """The largest number."""
    return <floating>3.4028234663852886e38 if floating is float else <floating>1.7976931348623157e308


cdef inline floating finite(floating a) noexcept nogil:
    """The largest number in place of inf."""
    return largest(a) if a > largest(a) else a


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


cdef inline floating fma_low(floating a, floating b, floating c, floating high) noexcept nogil:
    """What rounding lost: a*b + c - high, where high = fma(a, b, c).

    c - high is exact while the two differ by less than half of the larger, as in all uses here, and then so is this.
    """
    cdef floating product
    if HAS_FMA:
        return fma(a, b, c - high)
    product = a * b
    return two_sum_low(c, product, high) + product_low(a, b, product)


cdef inline floating cubic(
    floating v, floating v2, floating c0, floating c1, floating c2, floating c3
) noexcept nogil:
    """c0 + c1 v + c2 v^2 + c3 v^3 with v2 = v*v, in two steps that do not wait for each other and one that does."""
    return fma(fma(c3, v, c2), v2, fma(c1, v, c0))


# Results below the smallest normal number must be rounded once, at the very end. So what leads to them is computed
# 2^64 (float64: 2^512) times too large, "lifted", and a last product with `lowering` rounds it. No select is needed.

cdef inline floating lowering(floating like) noexcept nogil:
    """2^-64 (float64: 2^-512); the argument only says which type is meant, here and below."""
    return <floating>5.421010862427522e-20 if floating is float else <floating>7.458340731200207e-155


cdef inline floating lowest(floating like) noexcept nogil:
    """Down to it lifted powers reach, and e^x and x e^x have long become 0: where arguments are clamped from below."""
    return <floating>-131.0 if floating is float else <floating>-1060.0


cdef inline floating at_least(floating x, floating low) noexcept nogil:
    """``low`` where x < low, for low < 0; a NaN may come out as ``low``: callers restore it from x.

    Of negative numbers the lesser has the greater bit pattern, and all patterns without a sign are less: one unsigned
    minimum, where a floating-point select is a comparison and a blend. Not all processors have it in 64 bits.
    """
    cdef uint32_t b, least
    if floating is float and HAS_FMA:
        b = bits32(x)
        least = bits32(low)
        return from_bits32(b if b < least else least)
    return low if x < low else x


cdef inline floating at_most(floating a, floating high) noexcept nogil:
    """``high`` where a > high, for a >= 0; a NaN may come out as ``high``: as `at_least`."""
    cdef uint32_t b, most
    if floating is float and HAS_FMA:
        b = bits32(a)
        most = bits32(high)
        return from_bits32(b if b < most else most)
    return high if a > high else a


cdef inline floating exponent(floating x, floating* power) noexcept nogil:
    """The integer n nearest to x/ln2, and in power[0] 2^n lifted, for lowest <= x <= 43."""
    return scaled_exponent(x, <floating>1.4426950408889634, power)


cdef inline floating scaled_exponent(floating x, floating scale, floating* power) noexcept nogil:
    """`exponent` of x scale ln2; that the scale is rounded may only exchange a tie's two candidates.

    The sum with 1.5*2^23 + 127 + 64 (float64: 1.5*2^52 + 1023 + 512) has no room for a fraction, and its low bits are
    the exponent field of the lifted power, which the shift puts in place.
    """
    cdef floating z
    if floating is float:
        z = fma(x, scale, <floating>12583103.0)
        power[0] = from_bits32(bits32(z) << 23)
        return z - <floating>12583103.0
    else:
        z = fma(x, scale, <floating>6755399441057279.0)
        power[0] = from_bits64(bits64(z) << 52)
        return z - <floating>6755399441057279.0


cdef inline floating ln2_high(floating like) noexcept nogil:
    """ln2 is this and `ln2_low`. Of so few digits that times an exponent it is exact."""
    return <floating>0.69314575 if floating is float else <floating>0.693147180559663


cdef inline floating ln2_low(floating like) noexcept nogil:
    """What `ln2_high` lacks."""
    return <floating>1.4286068e-06 if floating is float else <floating>2.8235290563031577e-13


cdef inline floating reduced(floating x, floating n) noexcept nogil:
    """x - n ln2. ln2 is high + low, and n times its high part is exact, so that cancellation loses nothing."""
    return fma(n, -ln2_low(x), fma(n, -ln2_high(x), x))


cdef inline floating reduced_pair(floating x, floating n, floating* low) noexcept nogil:
    """`reduced`, and in low[0] what its rounding lost."""
    cdef floating high, small, f
    high = fma(n, -ln2_high(x), x)  # exact
    small = n * -ln2_low(x)
    f = high + small
    low[0] = sum_low(high, small, f)
    return f


cdef inline floating reduced_product(floating a, floating b, floating n) noexcept nogil:
    """a b - n ln2 for an argument that is itself a product, whose rounding an exponential would amplify."""
    cdef floating high, low
    high = n * -ln2_high(n)
    low = -ln2_low(n)
    if HAS_FMA:
        return fma(n, low, fma(a, b, high))
    return (a * b + high) + (product_low(a, b, a * b) + n * low)


cdef inline floating reduced_sum(floating z, floating z_low, floating n) noexcept nogil:
    """z + z_low - n ln2: as `reduced_product` where the rounded product is wanted for itself."""
    return fma(n, -ln2_high(z), z) + fma(n, -ln2_low(z), z_low)


cdef inline floating reduced_product_pair(floating a, floating b, floating* low, floating n) noexcept nogil:
    """a (b + low[0]) - n ln2, and in low[0] what its last sum lost.

    As `reduced_product`, but what is small is summed apart so that nothing waits for it.
    """
    cdef floating high, small, f
    high = n * -ln2_high(n)
    small = -ln2_low(n)
    small = fma(n, small, a * low[0])
    if HAS_FMA:
        high = fma(a, b, high)
    else:
        high = a * b + high
        small = product_low(a, b, a * b) + small
    f = high + small
    low[0] = sum_low(high, small, f)
    return f


cdef inline floating reduced_product_parts(
    floating a, floating b, floating b_low, floating n, floating* low
) noexcept nogil:
    """a (b + b_low) - n ln2, and in low[0] what its rounding lost."""
    cdef floating product, small, f
    small = -ln2_low(n)
    product = a * b
    small = product_low(a, b, product) + fma(n, small, a * b_low)
    product = product + n * -ln2_high(n)  # exact
    f = product + small
    low[0] = sum_low(product, small, f)
    return f


cdef inline floating exp_rest(floating f) noexcept nogil:
    """r of e^f = 1 + r, |f| <= ln2/2, good to 2^-28.2 (2^-57.9): one step less than `expm1_rest`, since 1 dominates.

    Estrin's scheme, terms in pairs and pairs in pairs: what limits these loops is how many operations wait for one
    another, and this halves the chain that Horner's scheme makes.
    """
    cdef floating q, f4
    cdef floating f2 = f * f
    if floating is float:
        q = fma(<floating>0.0083688, f, <floating>0.041666433)
        q = fma(<floating>0.0013937795, f2, q)
        q = fma(q, f2, fma(<floating>0.1666652, f, <floating>0.5))
    else:
        f4 = f2 * f2
        q = fma(<floating>2.5113513670351916e-08, f, <floating>2.7631507310119846e-07)
        q = fma(q, f4, cubic(
            f, f2, <floating>0.0013888888947827555, <floating>0.00019841269900662512,
            <floating>2.4801489220262406e-05, <floating>2.755723055763067e-06
        ))
        q = fma(q, f4, cubic(
            f, f2, <floating>0.5000000000000013, <floating>0.16666666666666685,
            <floating>0.04166666666651167, <floating>0.008333333333315405
        ))
    return fma(f2, q, f)


cdef inline floating expm1_rest(floating f, floating f2) noexcept nogil:
    """q(f) of expm1(f) = f + f*f*q(f), |f| <= ln2/2, f2 = f*f; the sum is good to 2^-30.9 (2^-61.5) of itself."""
    return expm1_rest_from(f, f2, <floating>0.5)


cdef inline floating expm1_rest_from(floating f, floating f2, floating first) noexcept nogil:
    """`expm1_rest` with ``first`` for its constant term 0.5: with 0.0 what is left of q is rounded less."""
    cdef floating q, f4
    if floating is float:
        q = fma(<floating>0.0001974493, f, <floating>0.0013933686)
        q = fma(q, f2, fma(<floating>0.008333565, f, <floating>0.041666478))
        q = fma(q, f2, fma(<floating>0.16666666, f, first))
    else:
        f4 = f2 * f2
        q = fma(<floating>2.5109118153490382e-08, f, <floating>2.75573536329553e-07)
        q = fma(<floating>2.0889219487700425e-09, f2, q)
        q = fma(q, f4, cubic(
            f, f2, <floating>0.0013888888888924007, <floating>0.00019841269886454444,
            <floating>2.48015872368716e-05, <floating>2.755724393473894e-06
        ))
        q = fma(q, f4, cubic(
            f, f2, first, <floating>0.16666666666666677,
            <floating>0.04166666666666661, <floating>0.00833333333332147
        ))
    return q


cdef inline floating expm1_pair(floating f, floating* low) noexcept nogil:
    """expm1(f) for |f| <= ln2/2, and in low[0] what its last rounding lost."""
    cdef floating f2 = f * f
    cdef floating q = expm1_rest(f, f2)
    cdef floating r = fma(f2, q, f)
    low[0] = fma_low(f2, q, f, r)
    return r


cdef inline floating expm1_full(floating f, floating* low) noexcept nogil:
    """expm1(f) for |f| <= ln2/2 as high + low[0], with what f*f and its half lose: as good as the polynomial."""
    cdef floating f2 = f * f
    cdef floating half = <floating>0.5 * f2
    cdef floating rest = expm1_rest_from(f, f2, <floating>0.0)
    cdef floating base = f + half
    cdef floating r = fma(f2, rest, base)
    low[0] = fma_low(f2, rest, base, r) + fma(<floating>0.5, product_low(f, f, f2), sum_low(f, half, base))
    return r


cdef inline floating excess(floating a, floating q, floating d) noexcept nogil:
    """q*d - a, exactly, for q = a/d but for a few ULPs.

    0.0 for any zeros q and a, so that q - excess/d keeps the sign of a zero, which q + (a - q*d)/d would lose.
    """
    cdef floating product
    if HAS_FMA:
        return fma(q, d, -a)
    product = q * d
    return product_low(q, d, product) + (product - a)


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


cdef inline floating exp(floating x) noexcept nogil:
    """e^x, within 1 ULP for every x: 0 at -inf, inf past the overflow edge, subnormal results rounded once.

    No one lift serves both ends. So 2^n is two factors, of exponents as equal as can be: z holds the sum of their
    exponent fields, 2 127 + n (float64: 2 1023 + n), of which one takes half and the other the rest.
    """
    cdef floating z, n, first, second, y, most
    cdef uint32_t sum32, half32
    cdef uint64_t sum64, half64
    if floating is float:
        z = fma(x, <floating>1.4426950408889634, <floating>12583166.0)  # 1.5*2^23 + 254
        n = z - <floating>12583166.0
        sum32 = bits32(z)
        half32 = sum32 >> 1
        first = from_bits32(half32 << 23)
        second = from_bits32((sum32 - half32) << 23)
        most = <floating>89.0
    else:
        z = fma(x, <floating>1.4426950408889634, <floating>6755399441057790.0)  # 1.5*2^52 + 2046
        n = z - <floating>6755399441057790.0
        sum64 = bits64(z)
        half64 = sum64 >> 1
        first = from_bits64(half64 << 52)
        second = from_bits64((sum64 - half64) << 52)
        most = <floating>710.0
    y = fma(exp_rest(reduced(x, n)), first, first) * second
    y = <floating>0.0 if x < lowest(x) else y
    return x * largest(x) if x > most else y


cdef inline floating expm1_parts(floating x, floating* low) noexcept nogil:
    """expm1(x) as high + low[0] for x <= 1; high alone is within 0.8 ULP.

    2^n (1 + r) - 1 = (2^n - 1) + 2^n r, where r = expm1(f). For n = 0 the first term is 0 and all of it is r.
    """
    cdef floating least, n, s, r, base, high
    least = <floating>-80.0 if floating is float else <floating>-700.0
    x = least if x < least else x
    n = exponent(x, &s)
    s = s * lowering(x)
    r = expm1_pair(reduced(x, n), low)
    base = s - <floating>1.0
    high = fma(s, r, base)
    # For n = 0, high = r and the first difference is 0; otherwise |base| >= 1/2 > |s r|.
    low[0] = fma_low(s, r, base, high) + s * low[0]
    return high


cdef inline floating expm1(floating x) noexcept nogil:
    """e^x - 1 for x <= 1, within 1 ULP; -1 at -inf, and 0.0 at -0.0."""
    cdef floating low
    return expm1_parts(x, &low)


cdef inline floating tanh(floating x) noexcept nogil:
    """Hyperbolic tangent, within 2 ULP, odd to the bit.

    With a = |x|, -2 a = n ln2 + f, s = 2^n and h = -expm1(f) it is (1 - e)/(1 + e), e = s (1 - h), which is
    ((1 - s) + s h)/((1 + s) - s h). Both 1 - s and 1 + s are exact while they matter, so that numerator and
    denominator are rounded once; where n = 0 the numerator is h itself.
    """
    cdef floating a, n, s, h, h_low, t, d, q, base, least
    least = <floating>-20.0 if floating is float else <floating>-40.0
    a = <floating>-2.0 * fabs(x)
    a = least if a < least else a
    n = exponent(a, &s)
    s = s * lowering(x)
    h = expm1_pair(reduced(a, n), &h_low)
    base = <floating>1.0 - s
    t = fma(-s, h, base)
    a = <floating>1.0 + s
    d = fma(s, h, a)
    q = t / d
    # What t and d lost, over d (to 8 %, by a line). float64 needs it to stay within 2 ULP, float32 does not; without
    # fma, where h is less good, it is what keeps the result within 2 ULP of the one with fma.
    if floating is double or not HAS_FMA:
        h = fma(-q, fma_low(s, h, a, d), fma_low(-s, h, base, t))
        if not HAS_FMA:
            h = h - (q + <floating>1.0) * (s * h_low)
        q = fma(h, fma(d, <floating>-0.5, <floating>1.457), q)
    return copysign(q, x)


cdef inline floating log1p_rest(floating r, floating s) noexcept nogil:
    """t of log1p(e) = s (1 + t), where e = s (1 + r) <= 1/exp(1), s a power of two; no digit is lost where e vanishes.

    log1p(e) = e + e^2 R(e), over s: 1 + (r + (1 + r) e R(e)); R is good to 2^-27.5 (2^-58) of the result. A division,
    as by atanh's series, would take longer than the longer polynomial.
    """
    cdef floating e2, e4, p
    cdef floating e = fma(s, r, s)
    e2 = e * e
    if floating is float:
        p = fma(<floating>0.053367905, e, <floating>-0.13108768)
        p = fma(p, e2, fma(<floating>0.19223006, e, <floating>-0.2491017))
        p = fma(p, e2, fma(<floating>0.3332845, e, <floating>-0.4999991))
    else:
        e4 = e2 * e2
        p = fma(<floating>0.006795753510075957, e, <floating>-0.02601744295179086)
        p = fma(p, e4, cubic(
            e, e2, <floating>-0.09927060340780083, <floating>0.08766074721797826,
            <floating>-0.07268573269226809, <floating>0.051266033165977686
        ))
        p = fma(p, e4, cubic(
            e, e2, <floating>-0.16666659587543922, <floating>0.14285592682941736,
            <floating>-0.124985660419572, <floating>0.11099101369287988
        ))
        p = fma(p, e4, cubic(
            e, e2, <floating>-0.4999999999999972, <floating>0.33333333333264287,
            <floating>-0.24999999993959837, <floating>0.19999999731978504
        ))
    return fma((<floating>1.0 + r) * e, p, r)


cdef inline floating log1p_exp_near_zero(floating z, floating lift) noexcept nogil:
    """lift log(1 + e^z) for -1 <= z <= 0 and a power of two ``lift``: ln2 + z/2 and an even series in z.

    What its last two sums lose is all its error, since ln2 is a number of its dtype but for 0.03 (0.2) ULP: half an
    ULP each, the inner one at most.
    """
    cdef floating q, z4
    cdef floating z2 = z * z
    if floating is float:
        q = fma(<floating>-2.1655072e-05 * lift, z2, <floating>0.00034329595 * lift)
        q = fma(q, z2, <floating>-0.0052069877 * lift)
        q = fma(q, z2, <floating>0.12499985 * lift)
    else:
        z4 = z2 * z2
        q = fma(<floating>-6.9632290475986e-12 * lift, z2, <floating>1.1538667104689472e-10 * lift)
        q = fma(q, z4, fma(<floating>-1.3759161799955517e-09 * lift, z2, <floating>1.565021660282863e-08 * lift))
        q = fma(q, z4, fma(<floating>-1.8031755429718766e-07 * lift, z2, <floating>2.1356903735195453e-06 * lift))
        q = fma(q, z4, fma(<floating>-2.635168610761981e-05 * lift, z2, <floating>0.0003472222221723352 * lift))
        q = fma(q, z4, fma(<floating>-0.005208333333330209 * lift, z2, <floating>0.12499999999999993 * lift))
    return fma(fma(q, z, <floating>0.5 * lift), z, <floating>0.6931471805599453 * lift)


# ---- logarithms of quotients ----------------------------------------------------------------------------------------

cdef inline floating infinity(floating like) noexcept nogil:
    if floating is float:
        return from_bits32(0x7F800000)
    else:
        return from_bits64(0x7FF0000000000000)


cdef inline floating not_a_number(floating like) noexcept nogil:
    if floating is float:
        return from_bits32(0x7FC00000)
    else:
        return from_bits64(0x7FF8000000000000)


cdef inline floating power_between(floating a, floating b, floating* n) noexcept nogil:
    """2^n near a/b, which is from 2/3 to 3/2 of it; a and b positive and normal, and so must be 2^n.

    Of the bits of positive numbers the upper are the exponent, and all of them are nearly the logarithm: the
    difference, rounded to a whole exponent, is the power; as low bits of a large number it is n.
    """
    cdef uint32_t b32
    cdef uint64_t b64
    if floating is float:
        b32 = (bits32(a) - bits32(b) + 0x3FC00000) & 0x7F800000
        n[0] = from_bits32(b32 >> 23 | 0x4B000000) - <floating>8388735.0  # 2^23 + 127
        return from_bits32(b32)
    else:
        b64 = (bits64(a) - bits64(b) + <uint64_t>0x3FF8000000000000) & <uint64_t>0x7FF0000000000000
        n[0] = from_bits64(b64 >> 52 | <uint64_t>0x4330000000000000) - <floating>4503599627371519.0  # 2^52 + 1023
        return from_bits64(b64)


cdef inline floating log_quotient(floating a, floating b, floating b_low) noexcept nogil:
    """log(a/(b + b_low)), within 0.6 ULP of itself, near its root too; for a and b from 0 to 1, b not subnormal.

    -inf where a is 0, inf where b is; for other a and b a number is not what comes out, but NaN for NaN. b_low is at
    most half an ULP of b, and 0 unless a is less than b.

    With 2^n near a/b it is n ln2 + log((1 + z)/(1 - z)), z = (a - 2^n b)/(a + 2^n b), whose numerator is exact but for
    b_low. Both sums and z are carried, so that only the last sum is rounded; where n is 0 all is relative to z.
    """
    cdef floating n, power, numerator, denominator, low, low_denominator, inverse, z, z2, q, high, y
    cdef floating least = <floating>7.888609052210118e-31 if floating is float else <floating>1.0020841800044864e-292
    cdef bint small = a < least  # 2^-100, 2^-970
    power = power_between(a / lowering(a) if small else a, b, &n)
    b = b * power
    b_low = b_low * power
    z = a / lowering(a) if small else a
    numerator = z - b
    denominator = z + b
    low_denominator = two_sum_low(z, b, denominator) + b_low
    z = numerator - b_low
    low = sum_low(numerator, -b_low, z)
    inverse = <floating>1.0 / denominator
    q = z * inverse
    low = inverse * (low - fma(q, low_denominator, excess(z, q, denominator)))
    n = n - (<floating>64.0 if floating is float else <floating>512.0) if small else n
    high = n * ln2_high(n)  # exact
    b_low = ln2_low(n)
    z2 = q * q
    low = fma(n, b_low, fma(q * z2, log_series(z2), low + low))
    q = q + q
    y = high + q
    y = y + (sum_low(high, q, y) + low)
    y = infinity(a) if b == <floating>0.0 else y
    return -infinity(a) if a == <floating>0.0 else y  # where the power, and with it b, is 0


cdef inline floating log_series(floating t) noexcept nogil:
    """q of log((1 + z)/(1 - z)) = 2 z + z^3 q(t), t = z^2 <= 1/25; the sum is good to 2^-28.2 (2^-62.6)."""
    cdef floating t2 = t * t
    if floating is float:
        return fma(<floating>0.3036196, t2, fma(<floating>0.39957726, t, <floating>0.6666695))
    else:
        return fma(cubic(
            t, t2, <floating>0.18181666816274666, <floating>0.15391079479060008,
            <floating>0.13174165480051114, <floating>0.13839107900585196
        ), t2 * t2, cubic(
            t, t2, <floating>0.666666666666666, <floating>0.40000000000056374,
            <floating>0.2857142855593584, <floating>0.2222222428212237
        ))
