# cython: cdivision=True
"""Periodic activations: sine and snake.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` and `fastact.formulas.digits`.

All need sin(z + c pi) of a product z = a x that is not rounded, c = 0, 1/4 or 1/2, and need it relatively accurate at
its zeros. So z is reduced: r = z - m pi, where m + c is an integer and |r| <= pi/2; then it is +-sin(r), one odd
polynomial.

How many digits does that take? Of all products of two float32, m 2^e with m < 2^48, other than 0, none is nearer to a
multiple of pi/4 than 2^-55.1, and while |z| < 2^22 none than 2^-51.8; of float64, with m < 2^106, none than 2^-115.3,
and while |z| < 2^16 none than 2^-109.7. `nearest_product` in ``benchmarks/coefficients.py`` finds these by continued
fractions. An absolute error of 2^-83 and 2^-168 then is nothing at the nearest, and everywhere else less than that.

* Near, while |a x| is at most `periodic_limit`: pi as a sum of parts whose products with m are exact, or nearly. What
  loops run over arrays; no branch. float32 is computed in double throughout, since there the product is exact, the
  reduction takes two steps and nothing need be carried: fewer operations than float32 with low parts takes, and half an
  ULP of error. Of float64 each sum's low part is carried.
* Far, beyond that: Payne and Hanek's reduction (SIGNUM Newsletter 18, 1983), in integers, one number at a time,
  branches and a table included. Also where a scale is so large or so small that the near form would overflow.

`periodic_doubt` tells which. A kernel computes all of a strip by the near form and then those few again that are far
(`strip_and_mend` in strips.pxd): which form computes a number depends on that number alone.
"""
from cython cimport floating
from libc.stdint cimport uint32_t, uint64_t
from fastact.formulas.digits cimport decomposed
from fastact.vmath cimport (
    bits64, copysign, cubic, excess, fabs, fma, fma_low, from_bits64, HAS_FMA, nan_or, not_a_number, product_low,
    sum_low, two_sum_low,
)

cdef extern from *:
    """
    /* Word k - 3 of the 32-bit words of 1/pi after the point; those before the point are 0. */
    static inline uint32_t fastact_over_pi(int k) {
        static const uint32_t words[73] = {
            0u, 0u, 0u,
            0x517cc1b7u, 0x27220a94u, 0xfe13abe8u, 0xfa9a6ee0u, 0x6db14accu, 0x9e21c820u, 0xff28b1d5u, 0xef5de2b0u,
            0xdb92371du, 0x2126e970u, 0x03249775u, 0x04e8c90eu, 0x7f0ef58eu, 0x5894d39fu, 0x74411afau, 0x975da242u,
            0x74ce3813u, 0x5a2fbf20u, 0x9cc8eb1cu, 0xc1a99cfau, 0x4e422fc5u, 0xdefc941du, 0x8ffc4bffu, 0xef02cc07u,
            0xf79788c5u, 0xad05368fu, 0xb69b3f67u, 0x93e584dbu, 0xa7a31fb3u, 0x4f2ff516u, 0xba93dd63u, 0xf5f2f8bdu,
            0x9e839cfbu, 0xc5294975u, 0x35fdafd8u, 0x8fc6ae84u, 0x2b019823u, 0x7e3db5d5u, 0xf867de10u, 0x4d7a1b0eu,
            0xd4f1c8b0u, 0xaf730d84u, 0x32ccc2afu, 0x8a503420u, 0x46ffec40u, 0x26b99398u, 0x83030aabu, 0x6539d464u,
            0xb0713de0u, 0x4635a3e2u, 0x0ce1b3e6u, 0xee740495u, 0x41ace23bu, 0x45cb0e53u, 0x6ed7a268u, 0xab8c829fu,
            0x52ff8382u, 0x9fbf19f4u, 0x19616f27u, 0xcc193eddu, 0xe19e9377u, 0xb58f2f7cu, 0x4f9d0f9au, 0xe5793f8eu,
            0xc3f890c8u, 0x3e3e1235u, 0x7d376abbu, 0x9698219du, 0x8ae30a5au, 0xce8ce1e1u
        };
        return words[k];
    }
    """
    uint32_t over_pi_word "fastact_over_pi"(int) noexcept nogil


# ---- the near reduction ---------------------------------------------------------------------------------------------

cdef inline floating periodic_limit(floating like) noexcept nogil:
    """Up to this |a x| the near form is right: 2^22 (float64: 2^16)."""
    return <floating>4194304.0 if floating is float else <floating>65536.0


cdef inline floating periodic_doubt(floating x, const floating* p) noexcept nogil:
    """Negative where x is far; NaN for NaN, which the near form lets through."""
    cdef floating a = fabs(p[0])
    cdef floating limit = periodic_limit(x)
    if floating is double:
        # 2^-500 and 2^500: in between nothing overflows that should not, and no low part that counts is lost
        limit = limit if a >= 3.0549363634996047e-151 and a <= 3.273390607896142e150 else -1.0
    return limit - fabs(p[0] * x)


cdef inline floating snake_doubt(floating x, const floating* p) noexcept nogil:
    """The same, and an alpha of 0 is far, since there is no inverse of it."""
    return <floating>-1.0 if p[0] == <floating>0.0 else periodic_doubt(x, p)


cdef inline double nearest_turn(double z, double offset, uint64_t* sign) noexcept nogil:
    """m, for which m + offset is the integer nearest to z/pi + offset, and in sign[0] a sign bit where that is odd."""
    cdef double n = fma(z, 0.3183098861837907, offset) + 6755399441055744.0  # 1.5*2^52: no room for a fraction
    sign[0] = bits64(n) << 63
    return (n - 6755399441055744.0) - offset


cdef inline double with_sign(double y, uint64_t sign) noexcept nogil:
    return from_bits64(bits64(y) ^ sign)


cdef inline double reduced_narrow(double a, double x, double offset, uint64_t* sign) noexcept nogil:
    """a x - m pi for float32 a and x, to 2^-53 of itself and 2^-86; a x is exact, and so is the first difference."""
    cdef double r
    cdef double z = a * x
    cdef double m = nearest_turn(z, offset, sign)
    if HAS_FMA:
        r = fma(-m, 3.141592653589793, z)
        return fma(-m, 1.2246467991473532e-16, r)
    r = z - m * 3.141592651605606  # products with the first two are exact
    r = r - m * 1.9841871583270443e-09
    return r - m * 1.034036596358821e-18


cdef inline double first_remainder(double z, double m, double offset, double* low) noexcept nogil:
    """z - m pi for a rounded pi, and in low[0] what that lost.

    Where the two cancel the difference is a number of 53 bits. Otherwise it may be rounded, if m is no integer: then m
    is small, and m pi + r is z but for what r lost.
    """
    cdef double total, part
    cdef double r = fma(-m, 3.141592653589793, z)
    if HAS_FMA:
        low[0] = 0.0 if offset == 0.0 else z - fma(m, 3.141592653589793, r)
        return r
    part = fma_low(-m, 3.141592653589793, z, r)
    total = r + part
    low[0] = sum_low(r, part, total)
    return total


cdef inline double reduced_wide(double a, double x, double offset, double* low, uint64_t* sign) noexcept nogil:
    """r = a x - m pi as high + low[0], to 2^-105 of itself and 2^-165.

    pi is a sum of four. Products of m, a multiple of 1/4 of 17 bits, with the second and third, of 36, are exact. Where
    such a product and what it is taken from are of one size, all bits of the difference fit; elsewhere the former is so
    much less that the difference of minuend and result is exact. So `fma_low` holds, without fma, too.
    """
    cdef double first_low, r, total, rest
    cdef double z = a * x
    cdef double z_low = product_low(a, x, z)
    cdef double m = nearest_turn(z, offset, sign)
    r = first_remainder(z, m, offset, &first_low)
    total = fma(-m, 1.2246467991415455e-16, r)
    rest = fma(-m, 1.2246467991415455e-16, r - total) + first_low
    r = total + z_low
    rest = rest + two_sum_low(total, z_low, r)
    total = fma(-m, 5.80771194793989e-28, r)
    rest = rest + fma(-m, 5.80771194793989e-28, r - total)
    rest = fma(-m, 1.883041077660785e-39, rest)
    r = total + rest
    low[0] = sum_low(total, rest, r)
    return r


# ---- the far reduction ----------------------------------------------------------------------------------------------

cdef enum:
    WINDOW = 10  # words of 1/pi that count, and of the product


cdef inline void multiply_words(uint32_t* f, uint64_t m) noexcept nogil:
    """f m in place of f, which is a number of WINDOW words, the highest first; what is carried out of it is dropped."""
    cdef int k
    cdef uint64_t low, high, total
    cdef uint64_t word = 0, carry = 0
    cdef uint64_t half = <uint64_t>0xFFFFFFFF
    for k in range(WINDOW - 1, -1, -1):
        high = word * (m >> 32)  # the word below, times the upper half of m
        word = f[k]
        low = word * (m & half)
        total = (low & half) + (high & half) + (carry & half)
        carry = (low >> 32) + (high >> 32) + (carry >> 32) + (total >> 32)
        f[k] = <uint32_t>total


cdef inline double reduced_far(double a, double x, double offset, double* low, uint64_t* sign) noexcept nogil:
    """r = a x - m pi as high + low[0] for finite a and x with |a x| >= 2^12, to 2^-66 of itself.

    |a x| = M 2^e, M < 2^106. Words of 1/pi whose products with 2^e are even do not count, since only a x/pi modulo 2
    does. Of the others ten give it to M 2^31 2^-319 < 2^-182: 2^-67 of the least that a x can differ from m pi.
    """
    cdef uint32_t f[WINDOW + 3]
    cdef int ea, ex, e, k, first, rest
    cdef double high, d, d_low, scale
    cdef uint64_t upper, lower
    cdef uint64_t ma = decomposed(a, &ea), mx = decomposed(x, &ex)
    cdef bint negative = (a < 0.0) != (x < 0.0)
    e = ea + ex + 95  # 96 added, so that it is positive, and 1 taken off for the even multiples
    first = e >> 5
    rest = e & 31
    for k in range(WINDOW):
        f[k] = over_pi_word(first + k)
    multiply_words(f, ma)
    multiply_words(f, mx)
    # f 2^rest is a x/pi: one bit for odd or even, and 319 after the point; and its remainder modulo 2
    for k in range(WINDOW - 1):
        f[k] = <uint32_t>((((<uint64_t>f[k]) << 32 | f[k + 1]) << rest) >> 32)
    f[WINDOW - 1] = f[WINDOW - 1] << rest
    if negative:  # its complement is the negative but for 2^-319
        for k in range(WINDOW):
            f[k] = ~f[k]
    f[0] = f[0] + <uint32_t>(offset * 2147483648.0)
    sign[0] = <uint64_t>(f[0] >> 31) << 63
    f[0] = f[0] & 0x7FFFFFFF
    negative = f[0] >= 0x40000000
    if negative:  # nearer to the next integer
        sign[0] = sign[0] ^ <uint64_t>1 << 63
        f[0] = f[0] ^ 0x7FFFFFFF
        for k in range(1, WINDOW):
            f[k] = ~f[k]
    for k in range(WINDOW, WINDOW + 3):
        f[k] = 0
    k = 0
    while k < WINDOW - 1 and f[k] == 0:
        k += 1
    upper = <uint64_t>f[k] << 32 | f[k + 1]
    lower = <uint64_t>f[k + 2] << 32 | f[k + 3]
    scale = from_bits64(<uint64_t>(1023 - 63 - 32 * k) << 52)  # of a last bit of upper
    high = <double>(upper & ~<uint64_t>0x7FF)
    d_low = <double>(upper & 0x7FF) + <double>lower * 5.421010862427522e-20  # 2^-64
    d = high + d_low
    d_low = sum_low(high, d_low, d) * scale
    d = (-d if negative else d) * scale
    d_low = -d_low if negative else d_low
    # times pi
    high = d * 3.141592653589793
    d_low = product_low(d, 3.141592653589793, high) + fma(d, 1.2246467991473532e-16, d_low * 3.141592653589793)
    d = high + d_low
    low[0] = sum_low(high, d_low, d)
    return d


# ---- the sine of what is reduced ------------------------------------------------------------------------------------

cdef inline double sine_narrow(double r) noexcept nogil:
    """sin(r) for |r| <= pi/2, good to 2^-35, and -0.0 at -0.0."""
    cdef double s = r * r
    cdef double s2 = s * s
    cdef double q = fma(-2.3889827367821687e-08, s2, fma(2.752543920403753e-06, s, -0.00019840869348703062))
    q = fma(q, s2, fma(0.008333331118198404, s, -0.16666666626420704))
    return r * fma(s, q, 1.0)


cdef inline double sine_wide(double r, double* low) noexcept nogil:
    """sin(r + low[0]) for |r| <= pi/2, and in low[0] what its rounding lost; good to 2^-57 and more.

    The cubic term v/6, up to 0.65 where r is 1.57, is carried, and so is most of what v loses for the others. By cos(r)
    low[0] counts, for which 0.2 % is near enough.
    """
    cdef double y, small, v_low, q, total
    cdef double s = r * r
    cdef double v = r * s
    cdef double s2 = s * s
    cdef double cosine = fma(s2, 0.037, fma(s, -0.4966, 1.0))
    v_low = fma(r, product_low(r, r, s), product_low(r, s, v))
    q = cubic(s, s2, 1.605899956307164e-10, -7.645485397554214e-13, 2.7765914074735157e-15, -5.093876415010525e-18)
    q = fma(q, s2 * s2, cubic(
        s, s2, 0.008333333333333241, -0.00019841269841235743, 2.7557319217567907e-06, -2.5052107695196385e-08
    ))
    y = fma(v, -0.16666666666666666, r)
    q = s * q
    small = fma(low[0], cosine, fma_low(v, -0.16666666666666666, r, y))
    q = fma(v, q, fma(v_low, fma(q, 1.5, -0.16666666666666666), small))
    total = y + q
    low[0] = sum_low(y, q, total)
    return total


# ---- sine -----------------------------------------------------------------------------------------------------------
# p[0] = omega

cdef inline double rescaling(double a) noexcept nogil:
    """A power of two that brings a scale out of 2^-500 to 2^500 back into it, else 1."""
    if a > 3.273390607896142e150:
        return 2.409919865102884e-181  # 2^-600
    return 4.149515568880993e180 if a < 3.0549363634996047e-151 else 1.0


cdef inline bint beyond(double z, floating like) noexcept nogil:
    """Whether z is far for its size, and not for an extreme scale alone."""
    return fabs(z) > <double>periodic_limit(like)


cdef enum:  # what the far forms distinguish
    SMALL  # a x is below what they are asked for; or NaN
    RESCALED  # it is near but for an extreme scale
    ENDLESS  # a or x is infinite
    FAR


cdef inline int distance(
    floating a, floating x, double least, double* near_x, double* near_a, double* unit
) noexcept nogil:
    """Which of these a x is; where it is near, that is near_x[0] near_a[0], of which unit[0] a = near_a[0]."""
    cdef double z = <double>a * x
    unit[0] = rescaling(fabs(<double>a))
    near_a[0] = a * unit[0]
    near_x[0] = x / unit[0]
    if not fabs(z) >= least:
        return SMALL
    if not beyond(z, x):
        return RESCALED
    if not (fabs(<double>a) <= 1.7976931348623157e308 and fabs(<double>x) <= 1.7976931348623157e308):
        return ENDLESS
    return FAR


cdef inline floating sine_near(floating x, const floating* p) noexcept nogil:
    cdef double r, low, y
    cdef uint64_t sign
    if floating is float:
        r = reduced_narrow(p[0], x, 0.0, &sign)
        return <float>with_sign(sine_narrow(r), sign)
    else:
        r = reduced_wide(p[0], x, 0.0, &low, &sign)
        y = sine_wide(r, &low)
        y = with_sign(y, sign)
        # to the last bit; keeps the sign of 0, and subnormal products as they are rounded
        return p[0] * x if fabs(p[0] * x) < 9.313225746154785e-10 else y


cdef inline floating sine_far(floating x, const floating* p) noexcept nogil:
    cdef double low, y, t, a, k
    cdef uint64_t sign
    cdef int place = distance(p[0], x, 9.313225746154785e-10, &t, &a, &k)  # 2^-30
    if place == SMALL:
        return <floating>(<double>p[0] * x)
    if place == RESCALED:
        return <floating>sine_near[double](t, &a)
    if place == ENDLESS:
        return not_a_number(x)
    y = sine_wide(reduced_far(p[0], x, 0.0, &low, &sign), &low)
    return <floating>with_sign(y, sign)


cdef inline floating sine_derivative_near(floating x, const floating* p) noexcept nogil:
    """omega cos(|omega x|), cos(z) = sin(z + pi/2); of absolute values, which makes it even to the bit."""
    cdef double r, low, y
    cdef uint64_t sign
    if floating is float:
        r = reduced_narrow(fabs(p[0]), fabs(x), 0.5, &sign)
        return <float>with_sign(p[0] * sine_narrow(r), sign)
    else:
        r = reduced_wide(fabs(p[0]), fabs(x), 0.5, &low, &sign)
        y = sine_wide(r, &low)
        return with_sign(fma(p[0], y, p[0] * low), sign)


cdef inline floating sine_derivative_far(floating x, const floating* p) noexcept nogil:
    cdef double low, y, t, a, k
    cdef uint64_t sign
    cdef int place = distance(p[0], x, 9.313225746154785e-10, &t, &a, &k)
    if place == SMALL:
        return nan_or(p[0], p[0] * x)
    if place == RESCALED:
        return <floating>(sine_derivative_near[double](t, &a) / k)
    if place == ENDLESS:
        return not_a_number(x)
    a = p[0]
    y = sine_wide(reduced_far(fabs(a), fabs(<double>x), 0.5, &low, &sign), &low)
    return <floating>with_sign(fma(a, y, a * low), sign)


cdef inline floating sine(floating x, const floating* p) noexcept nogil:
    """sin(omega x). One number at a time, by a branch; so are the three others that choose between near and far."""
    return sine_far(x, p) if periodic_doubt(x, p) < <floating>0.0 else sine_near(x, p)


cdef inline floating sine_derivative(floating x, const floating* p) noexcept nogil:
    return sine_derivative_far(x, p) if periodic_doubt(x, p) < <floating>0.0 else sine_derivative_near(x, p)


# ---- snake ----------------------------------------------------------------------------------------------------------
# p[0] = alpha; sin(alpha x)^2/alpha has its sign

cdef inline floating snake_near(floating x, const floating* p) noexcept nogil:
    """x + sin(alpha x)^2/alpha, on the left as little as 0.27 x: what the second term loses is amplified there."""
    cdef double r, low, y, square, square_low, inverse, inverse_low, w
    cdef uint64_t sign
    if floating is float:
        y = sine_narrow(reduced_narrow(p[0], x, 0.0, &sign))
        return copysign(<float>(x + y * y * (1.0 / p[0])), x)
    else:
        r = reduced_wide(p[0], x, 0.0, &low, &sign)
        y = sine_wide(r, &low)
        inverse = 1.0 / p[0]  # of one alpha for all x, done once
        inverse_low = -inverse * excess(1.0, inverse, p[0])
        square = y * y
        square_low = fma(y + y, low, product_low(y, y, square))
        w = square * inverse
        low = fma(square, inverse_low, fma(square_low, inverse, product_low(square, inverse, w)))
        y = x + w
        return copysign(y + (sum_low(x, w, y) + low), x)


cdef inline floating snake_far(floating x, const floating* p) noexcept nogil:
    cdef double low, y, t, a, k
    cdef uint64_t sign
    cdef int place = distance(p[0], x, 8.673617379884035e-19, &t, &a, &k)  # 2^-60
    if place == SMALL or place == ENDLESS:
        return x
    if place == RESCALED:
        return <floating>(snake_near[double](t, &a) * k)
    a = p[0]
    y = sine_wide(reduced_far(a, x, 0.0, &low, &sign), &low)
    return <floating>(x + y * y / a)


cdef inline floating snake_derivative_near(floating x, const floating* p) noexcept nogil:
    """1 + sin(2 alpha x) as 2 sin(alpha x + pi/4)^2, which does not cancel at its roots."""
    cdef double r, low, y, twice
    cdef uint64_t sign
    if floating is float:
        y = sine_narrow(reduced_narrow(p[0], x, 0.25, &sign))
        return <float>((y + y) * y)
    else:
        r = reduced_wide(p[0], x, 0.25, &low, &sign)
        y = sine_wide(r, &low)
        twice = y + y
        return fma(twice, y, (twice + twice) * low)


cdef inline floating snake_derivative_far(floating x, const floating* p) noexcept nogil:
    cdef double low, y, t, a, k
    cdef uint64_t sign
    cdef int place = distance(p[0], x, 8.673617379884035e-19, &t, &a, &k)
    if place == SMALL:
        return nan_or(<floating>1.0, x)
    if place == RESCALED:
        return <floating>snake_derivative_near[double](t, &a)
    if place == ENDLESS:
        return not_a_number(x)
    y = sine_wide(reduced_far(p[0], x, 0.25, &low, &sign), &low)
    return <floating>fma(y + y, y, 4.0 * y * low)


cdef inline floating snake(floating x, const floating* p) noexcept nogil:
    """x + sin(alpha x)^2/alpha"""
    return snake_far(x, p) if snake_doubt(x, p) < <floating>0.0 else snake_near(x, p)


cdef inline floating snake_derivative(floating x, const floating* p) noexcept nogil:
    return snake_derivative_far(x, p) if snake_doubt(x, p) < <floating>0.0 else snake_derivative_near(x, p)
