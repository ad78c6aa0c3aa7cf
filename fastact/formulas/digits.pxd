# cython: cdivision=True
"""Numbers of 224 binary digits after the point, in integers: for what a call computes once and needs to the last bit.

Uses `fastact.vmath` alone. A number is WORDS words of 32 bits, the highest first: one before the point, the others
after it. What is below the last is cut off. Where a sum or difference is negative it is a two's complement; factors,
and what is shifted, must not be.
"""
from libc.stdint cimport int64_t, uint32_t, uint64_t
from fastact.vmath cimport bits64, from_bits64

cdef enum:
    WORDS = 8
    TERMS = 12  # of the series of e^r - 1
    FACTORIAL = 479001600  # of TERMS
    HALVINGS = 13  # of an argument before that series, and squarings after it

cdef extern from *:
    """
    /* Word k of ln2. */
    static inline uint32_t fastact_ln2(int k) {
        static const uint32_t words[8] = {
            0u, 0xb17217f7u, 0xd1cf79abu, 0xc9e3b398u, 0x03f2f6afu, 0x40f34326u, 0x7298b62du, 0x8a0d175bu
        };
        return words[k];
    }
    """
    uint32_t ln2_word "fastact_ln2"(int) noexcept nogil


cdef inline uint64_t decomposed(double x, int* exponent) noexcept nogil:
    """The integer m of |x| = m 2^exponent[0]."""
    cdef uint64_t b = bits64(x)
    cdef int field = <int>(b >> 52) & 0x7FF
    exponent[0] = (field if field else 1) - 1075
    return (b & <uint64_t>0xFFFFFFFFFFFFF) | (<uint64_t>1 << 52 if field else 0)


cdef inline int size_of(double x) noexcept nogil:
    """The e for which 2^(e - 1) <= |x| < 2^e, of a normal x."""
    return (<int>(bits64(x) >> 52) & 0x7FF) - 1022


cdef inline double power_of_two(int n) noexcept nogil:
    """2^n for a normal result."""
    return from_bits64(<uint64_t>(1023 + n) << 52)


cdef inline void place(double x, int n, uint32_t* f) noexcept nogil:
    """f = |x| 2^n, which must be less than 2^32."""
    cdef int e, k
    cdef uint64_t low, high
    cdef uint64_t m = decomposed(x, &e)
    e = e + n + 32 * (WORDS - 1)  # of the last bit of m, counted from the last of f
    if e < 0:
        m = m >> -e if e > -64 else 0
        e = 0
    for k in range(WORDS):
        f[k] = 0
    k = WORDS - 1 - (e >> 5)
    low = (m & <uint64_t>0xFFFFFFFF) << (e & 31)
    high = (m >> 32) << (e & 31)
    if k >= 0:
        f[k] = <uint32_t>low
    if k >= 1:
        f[k - 1] = <uint32_t>(low >> 32 | high)
    if k >= 2:
        f[k - 2] = <uint32_t>(high >> 32)


cdef inline void add(uint32_t* f, const uint32_t* g) noexcept nogil:
    """f = f + g"""
    cdef int k
    cdef uint64_t t = 0
    for k in range(WORDS - 1, -1, -1):
        t = (t >> 32) + f[k] + g[k]
        f[k] = <uint32_t>t


cdef inline void subtract(uint32_t* f, const uint32_t* g) noexcept nogil:
    """f = f - g"""
    cdef int k
    cdef int64_t t = 0
    for k in range(WORDS - 1, -1, -1):
        t = (t >> 32) + <int64_t>f[k] - <int64_t>g[k]
        f[k] = <uint32_t>t


cdef inline void multiply(const uint32_t* f, const uint32_t* g, uint32_t* product) noexcept nogil:
    """product = f g, to 2^-189; neither of the two."""
    cdef int i, j
    cdef uint64_t t
    for i in range(WORDS):
        product[i] = 0
    for i in range(WORDS - 1, -1, -1):
        t = 0
        for j in range(WORDS - 1 - i, -1, -1):
            t = (t >> 32) + <uint64_t>f[i] * g[j] + product[i + j]
            product[i + j] = <uint32_t>t
        if i > 0:
            product[i - 1] = <uint32_t>(t >> 32)


cdef inline void divide(uint32_t* f, uint32_t divisor) noexcept nogil:
    """f = f/divisor"""
    cdef int k
    cdef uint64_t t = 0
    for k in range(WORDS):
        t = t << 32 | f[k]
        f[k] = <uint32_t>(t / divisor)
        t = t % divisor


cdef inline void shift(const uint32_t* f, int n, uint32_t* shifted) noexcept nogil:
    """shifted = f 2^-n, which is not f."""
    cdef int k, words, bits
    cdef uint64_t pair
    n = n if n < 32 * WORDS else 32 * WORDS
    bits = n & 31
    words = (n - bits) // 32  # of which the sign of n is that of the quotient
    for k in range(WORDS):
        pair = <uint64_t>f[k - words - 1] << 32 if 0 <= k - words - 1 < WORDS else 0
        pair |= f[k - words] if 0 <= k - words < WORDS else 0
        shifted[k] = <uint32_t>(pair >> bits)


cdef inline double rounded(const uint32_t* f) noexcept nogil:
    """f as a double, within 0.75 ULP."""
    cdef int k
    cdef uint32_t flip = <uint32_t>0xFFFFFFFF if f[0] >> 31 else 0  # the complement is -f but for 2^-224
    cdef double y = 0.0
    for k in range(WORDS - 1, -1, -1):
        y = y * 2.3283064365386963e-10 + (f[k] ^ flip)  # 2^-32
    return -y if flip else y


cdef inline void exp_words(double y, int* n, uint32_t* p) noexcept nogil:
    """e^-y = 2^-n[0] (1 + p) for 0 <= y, which is taken for 800 beyond that; p to 2^-175.

    n ln2 - y = g, 0 < g < 0.7; with r = g 2^-13 < 2^-13.5 twelve terms of the series of e^r - 1 leave 2^-208. To square
    e^r is to make p (2 + p) of p, which doubles its error: in 13 squarings that of products grows to 2^-175.
    """
    cdef int k, i, _i
    cdef uint32_t term = 1
    cdef uint32_t r[WORDS]
    cdef uint32_t s[WORDS]
    cdef uint64_t t = 0
    y = y if y < 800.0 else 800.0
    n[0] = <int>(y * 1.4426950408889634 + 1.0000001)
    for k in range(WORDS - 1, -1, -1):
        t = (t >> 32) + <uint64_t>ln2_word(k) * <uint64_t>n[0]
        s[k] = <uint32_t>t
    place(y, 0, r)
    subtract(s, r)
    shift(s, HALVINGS, r)
    # the sum of r^(k - 1) TERMS!/k!, whose coefficients are integers
    for k in range(WORDS):
        p[k] = 0
    p[0] = 1
    for i in range(TERMS, 1, -1):
        multiply(p, r, s)
        term = term * <uint32_t>i
        for k in range(WORDS):
            p[k] = s[k]
        p[0] = p[0] + term
    multiply(p, r, s)
    divide(s, FACTORIAL)
    for _i in range(HALVINGS):
        for k in range(WORDS):
            p[k] = s[k]
        p[0] = p[0] + 2
        multiply(p, s, r)
        for k in range(WORDS):
            s[k] = r[k]
    for k in range(WORDS):
        p[k] = s[k]
