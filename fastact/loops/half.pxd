"""float16 and bfloat16 to float32 and back: by the processor's instructions, or without branches, for any vectors.

May be cimported by any Cython code; itself uses only the bit casts of `fastact.vmath`. x86-64 has converted float16
since AVX2's time. Its instructions for bfloat16 take subnormals for 0, so that they are not used.
"""
from libc.stdint cimport uint16_t, uint32_t
from fastact.vmath cimport bits32, from_bits32

cdef extern from *:
    """
    #if defined(__F16C__) && defined(__AVX2__)
    #include <immintrin.h>
    #define FASTACT_HAS_HALF 1
    /* A conversion to float16 rounds to nearest, whatever the processor is set to. */
    static inline float fastact_from_half(uint16_t h) { return _cvtsh_ss(h); }
    static inline uint16_t fastact_to_half(float x) { return _cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT); }
    static inline void fastact_from_halves(const uint16_t *from, float *to, Py_ssize_t n) {
        Py_ssize_t i = 0;
    #if defined(__AVX512F__)
        for (; i <= n - 16; i += 16)
            _mm512_storeu_ps(to + i, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(from + i))));
    #endif
        for (; i <= n - 8; i += 8)
            _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + i))));
        for (; i < n; i++)
            to[i] = fastact_from_half(from[i]);
    }
    static inline void fastact_to_halves(const float *from, uint16_t *to, Py_ssize_t n) {
        Py_ssize_t i = 0;
    #if defined(__AVX512F__)
        for (; i <= n - 16; i += 16)
            _mm256_storeu_si256(
                (__m256i *)(to + i), _mm512_cvtps_ph(_mm512_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
    #endif
        for (; i <= n - 8; i += 8)
            _mm_storeu_si128(
                (__m128i *)(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
        for (; i < n; i++)
            to[i] = fastact_to_half(from[i]);
    }
    #else
    #define FASTACT_HAS_HALF 0
    #define fastact_from_half(h) 0.0f
    #define fastact_to_half(x) 0
    #define fastact_from_halves(from, to, n) ((void)0)
    #define fastact_to_halves(from, to, n) ((void)0)
    #endif

    #if defined(__AVX512BW__)
    #include <immintrin.h>
    enum { FASTACT_BRAINS = 32 };  /* the upper words of two vectors, by one permutation */
    /* Of n a multiple of that. */
    static inline void fastact_from_brains(const uint16_t *from, float *to, Py_ssize_t n) {
        __m512i first = _mm512_set_epi16(
            15, 0, 14, 0, 13, 0, 12, 0, 11, 0, 10, 0, 9, 0, 8, 0, 7, 0, 6, 0, 5, 0, 4, 0, 3, 0, 2, 0, 1, 0, 0, 0);
        __m512i second = _mm512_add_epi16(first, _mm512_set1_epi16(16));
        Py_ssize_t i;
        for (i = 0; i < n; i += 32) {
            __m512i both = _mm512_loadu_si512(from + i);
            _mm512_storeu_si512(to + i, _mm512_maskz_permutexvar_epi16(0xAAAAAAAAu, first, both));
            _mm512_storeu_si512(to + i + 16, _mm512_maskz_permutexvar_epi16(0xAAAAAAAAu, second, both));
        }
    }
    /* The float32 whose upper half is x rounded. */
    static inline __m512i fastact_rounded_brain(__m512 x) {
        __m512i bits = _mm512_castps_si512(x);
        __m512i up = _mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff));
        up = _mm512_mask_add_epi32(
            up, _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x10000)), up, _mm512_set1_epi32(1));
        bits = _mm512_and_si512(bits, _mm512_set1_epi32((int)0x80000000u));
        return _mm512_mask_or_epi32(
            up, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), bits, _mm512_set1_epi32(0x7fc00000));
    }
    static inline void fastact_to_brains(const float *from, uint16_t *to, Py_ssize_t n) {
        __m512i upper = _mm512_set_epi16(
            63, 61, 59, 57, 55, 53, 51, 49, 47, 45, 43, 41, 39, 37, 35, 33,
            31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
        Py_ssize_t i;
        for (i = 0; i < n; i += 32)
            _mm512_storeu_si512(to + i, _mm512_permutex2var_epi16(
                fastact_rounded_brain(_mm512_loadu_ps(from + i)), upper,
                fastact_rounded_brain(_mm512_loadu_ps(from + i + 16))));
    }
    #else
    enum { FASTACT_BRAINS = 0 };
    #define fastact_from_brains(from, to, n) ((void)0)
    #define fastact_to_brains(from, to, n) ((void)0)
    #endif
    """
    enum: HAS_HALF "FASTACT_HAS_HALF"
    float _from_half "fastact_from_half"(uint16_t) noexcept nogil
    uint16_t _to_half "fastact_to_half"(float) noexcept nogil
    void _from_halves "fastact_from_halves"(const uint16_t*, float*, Py_ssize_t) noexcept nogil
    void _to_halves "fastact_to_halves"(const float*, uint16_t*, Py_ssize_t) noexcept nogil
    enum: BRAINS "FASTACT_BRAINS"
    void _from_brains "fastact_from_brains"(const uint16_t*, float*, Py_ssize_t) noexcept nogil
    void _to_brains "fastact_to_brains"(const float*, uint16_t*, Py_ssize_t) noexcept nogil


cdef inline float from_half(uint16_t h) noexcept nogil:
    """The float32 equal to ``h``.

    Moved up by 13 bits, the exponent and fraction of a half are those of a float32 that is 2^-112 times too small,
    subnormals included; inf and NaN get the largest exponent.
    """
    cdef uint32_t magnitude = <uint32_t>(h & 0x7fff)
    if HAS_HALF:
        return _from_half(h)
    cdef uint32_t bits = bits32(from_bits32(magnitude << 13) * <float>5.192296858534828e33)  # 2^112
    bits = (magnitude << 13) | 0x7f800000 if magnitude >= 0x7c00 else bits
    return from_bits32(bits | (<uint32_t>(h & 0x8000) << 16))


cdef inline uint16_t to_half(float x) noexcept nogil:
    """``x`` rounded to the nearest half, ties to even; past 65519.99 inf, subnormals kept, NaN quiet with its sign."""
    cdef uint32_t bits = bits32(x)
    cdef uint32_t magnitude = bits & 0x7fffffff
    cdef uint32_t normal, subnormal, special
    if HAS_HALF:
        return _to_half(x)
    # Lower the exponent by 112; adding 0xfff, and 1 more if the last kept bit is odd, carries just when rounding is up.
    normal = (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13
    # Adding 1/2 rounds to a multiple of 2^-24, the unit of subnormal halves, and leaves their number in the low bits.
    subnormal = bits32(from_bits32(magnitude) + <float>0.5) - 0x3f000000
    special = 0x7e00 if magnitude > 0x7f800000 else 0x7c00
    normal = subnormal if magnitude < 0x38800000 else normal
    normal = special if magnitude >= 0x47800000 else normal
    return <uint16_t>(normal | ((bits >> 16) & 0x8000))


cdef inline float from_brain(uint16_t b) noexcept nogil:
    """The float32 equal to the bfloat16 ``b``, which is its upper half."""
    return from_bits32(<uint32_t>b << 16)


cdef inline uint16_t to_brain(float x) noexcept nogil:
    """``x`` rounded to the nearest bfloat16, ties to even; past the largest inf, NaN quiet with its sign."""
    cdef uint32_t bits = bits32(x)
    # Adding 0x7fff, and 1 more if the last kept bit is odd, carries just when rounding is up: into inf at the end.
    cdef uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16
    rounded = ((bits >> 16) & 0x8000) | 0x7fc0 if (bits & 0x7fffffff) > 0x7f800000 else rounded
    return <uint16_t>rounded


cdef inline void from_halves(const uint16_t* source, float* target, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if HAS_HALF:
        _from_halves(source, target, n)
    else:
        for i in range(n):
            target[i] = from_half(source[i])


cdef inline void to_halves(const float* source, uint16_t* target, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if HAS_HALF:
        _to_halves(source, target, n)
    else:
        for i in range(n):
            target[i] = to_half(source[i])


cdef inline void from_brains(const uint16_t* source, float* target, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, whole = 0
    if BRAINS:
        whole = n - n % BRAINS
        _from_brains(source, target, whole)
    for i in range(whole, n):
        target[i] = from_brain(source[i])


cdef inline void to_brains(const float* source, uint16_t* target, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, whole = 0
    if BRAINS:
        whole = n - n % BRAINS
        _to_brains(source, target, whole)
    for i in range(whole, n):
        target[i] = to_brain(source[i])
