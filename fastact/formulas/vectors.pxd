"""Vectors of float32, the same operations for AVX-512, AVX2 with FMA, Arm's NEON, and of one lane where there is none.

Part of `fastact.activations`, for the formulas that look coefficients up in registers (`lookup.pxd`). Every operation
is exact or rounded once, so that one formula gives the same bits with each processor that has fma.
"""
from fastact cimport vmath  # whose fma and bit patterns come first

cdef extern from *:
    """
    #if defined(_MSC_VER)
    #define FASTACT_INLINE static __forceinline
    #define FASTACT_SELDOM(condition) (condition)
    #else
    #define FASTACT_INLINE static inline __attribute__((always_inline, unused))
    #define FASTACT_SELDOM(condition) __builtin_expect((condition), 0)
    #endif

    /* held: |x| but at most r, which it also is of NaN. sign_of: |a| with the sign of x. by_sign: one of two numbers by
       the sign bit of x. below: a where x < r, else b. power: the lowest bits as an exponent. at: of a column of eight
       numbers those that the lowest three bits of places choose; at_signed: of a column of sixteen, the upper half of
       which is for x with a sign, by a signed place. Of min and max the second is taken where either is NaN, and of two
       zeros. */
    #if defined(__AVX512F__) && defined(__AVX512DQ__)
    #include <immintrin.h>
    typedef __m512 fastact_v;
    enum { FASTACT_LANES = 16 };
    FASTACT_INLINE fastact_v fastact_v_set(float a) { return _mm512_set1_ps(a); }
    FASTACT_INLINE float fastact_v_first(fastact_v a) { return _mm512_cvtss_f32(a); }
    FASTACT_INLINE fastact_v fastact_v_load(const float *p) { return _mm512_loadu_ps(p); }
    FASTACT_INLINE void fastact_v_store(float *p, fastact_v a) { _mm512_storeu_ps(p, a); }
    FASTACT_INLINE fastact_v fastact_v_load_some(const float *p, int n) {
        return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
    }
    FASTACT_INLINE void fastact_v_store_some(float *p, fastact_v a, int n) {
        _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), a);
    }
    FASTACT_INLINE fastact_v fastact_v_fma(fastact_v a, fastact_v b, fastact_v c) { return _mm512_fmadd_ps(a, b, c); }
    FASTACT_INLINE fastact_v fastact_v_add(fastact_v a, fastact_v b) { return _mm512_add_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_sub(fastact_v a, fastact_v b) { return _mm512_sub_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_mul(fastact_v a, fastact_v b) { return _mm512_mul_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_div(fastact_v a, fastact_v b) { return _mm512_div_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_min(fastact_v a, fastact_v b) { return _mm512_min_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_max(fastact_v a, fastact_v b) { return _mm512_max_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_abs(fastact_v a) { return _mm512_abs_ps(a); }
    FASTACT_INLINE fastact_v fastact_v_held(fastact_v x, float r) {
        return _mm512_range_ps(x, _mm512_set1_ps(r), 0xA);
    }
    FASTACT_INLINE fastact_v fastact_v_shift(fastact_v a, int n) {
        return _mm512_castsi512_ps(_mm512_srli_epi32(_mm512_castps_si512(a), n));
    }
    FASTACT_INLINE fastact_v fastact_v_power(fastact_v a) {
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a), 23));
    }
    FASTACT_INLINE fastact_v fastact_v_sign_of(fastact_v a, fastact_v x) {
        return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(
            _mm512_castps_si512(a), _mm512_castps_si512(x), _mm512_set1_epi32(0x7FFFFFFF), 0xE4));
    }
    FASTACT_INLINE fastact_v fastact_v_by_sign(fastact_v x, fastact_v negative, fastact_v positive) {
        return _mm512_mask_blend_ps(_mm512_movepi32_mask(_mm512_castps_si512(x)), positive, negative);
    }
    FASTACT_INLINE fastact_v fastact_v_below(fastact_v x, float r, fastact_v a, fastact_v b) {
        return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, _mm512_set1_ps(r), _CMP_LT_OQ), b, a);
    }
    FASTACT_INLINE int fastact_v_any_below(fastact_v x, float r) {
        return _mm512_cmp_ps_mask(x, _mm512_set1_ps(r), _CMP_LT_OQ) != 0;
    }
    typedef __m512i fastact_place;
    FASTACT_INLINE fastact_place fastact_v_place(fastact_v z) { return _mm512_castps_si512(z); }
    /* The table of eight stands twice in the register: bit 3 of a place does not matter. */
    FASTACT_INLINE fastact_v fastact_v_at(const float *column, fastact_place place) {
        return _mm512_permutexvar_ps(place, _mm512_broadcast_f32x8(_mm256_load_ps(column)));
    }
    FASTACT_INLINE fastact_place fastact_v_signed_place(fastact_place place, fastact_v x) {
        __m512i sign = _mm512_srli_epi32(_mm512_castps_si512(x), 28);
        return _mm512_ternarylogic_epi32(place, sign, _mm512_set1_epi32(8), 0xD8);
    }
    FASTACT_INLINE fastact_v fastact_v_at_signed(const float *column, fastact_place place, fastact_v x) {
        (void)x;
        return _mm512_permutexvar_ps(place, _mm512_load_ps(column));
    }

    #elif defined(__AVX2__) && defined(__FMA__)
    #include <immintrin.h>
    typedef __m256 fastact_v;
    enum { FASTACT_LANES = 8 };
    FASTACT_INLINE fastact_v fastact_v_set(float a) { return _mm256_set1_ps(a); }
    FASTACT_INLINE float fastact_v_first(fastact_v a) { return _mm256_cvtss_f32(a); }
    FASTACT_INLINE fastact_v fastact_v_load(const float *p) { return _mm256_loadu_ps(p); }
    FASTACT_INLINE void fastact_v_store(float *p, fastact_v a) { _mm256_storeu_ps(p, a); }
    FASTACT_INLINE __m256i fastact_v_first_lanes(int n) {
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }
    FASTACT_INLINE fastact_v fastact_v_load_some(const float *p, int n) {
        return _mm256_maskload_ps(p, fastact_v_first_lanes(n));
    }
    FASTACT_INLINE void fastact_v_store_some(float *p, fastact_v a, int n) {
        _mm256_maskstore_ps(p, fastact_v_first_lanes(n), a);
    }
    FASTACT_INLINE fastact_v fastact_v_fma(fastact_v a, fastact_v b, fastact_v c) { return _mm256_fmadd_ps(a, b, c); }
    FASTACT_INLINE fastact_v fastact_v_add(fastact_v a, fastact_v b) { return _mm256_add_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_sub(fastact_v a, fastact_v b) { return _mm256_sub_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_mul(fastact_v a, fastact_v b) { return _mm256_mul_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_div(fastact_v a, fastact_v b) { return _mm256_div_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_min(fastact_v a, fastact_v b) { return _mm256_min_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_max(fastact_v a, fastact_v b) { return _mm256_max_ps(a, b); }
    FASTACT_INLINE fastact_v fastact_v_abs(fastact_v a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
    FASTACT_INLINE fastact_v fastact_v_held(fastact_v x, float r) {
        return fastact_v_min(fastact_v_abs(x), fastact_v_set(r));
    }
    FASTACT_INLINE fastact_v fastact_v_shift(fastact_v a, int n) {
        return _mm256_castsi256_ps(_mm256_srli_epi32(_mm256_castps_si256(a), n));
    }
    FASTACT_INLINE fastact_v fastact_v_power(fastact_v a) {
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a), 23));
    }
    FASTACT_INLINE fastact_v fastact_v_sign_of(fastact_v a, fastact_v x) {
        return _mm256_or_ps(fastact_v_abs(a), _mm256_and_ps(x, _mm256_set1_ps(-0.0f)));
    }
    FASTACT_INLINE fastact_v fastact_v_by_sign(fastact_v x, fastact_v negative, fastact_v positive) {
        return _mm256_blendv_ps(positive, negative, x);
    }
    FASTACT_INLINE fastact_v fastact_v_below(fastact_v x, float r, fastact_v a, fastact_v b) {
        return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, _mm256_set1_ps(r), _CMP_LT_OQ));
    }
    FASTACT_INLINE int fastact_v_any_below(fastact_v x, float r) {
        return _mm256_movemask_ps(_mm256_cmp_ps(x, _mm256_set1_ps(r), _CMP_LT_OQ)) != 0;
    }
    typedef __m256i fastact_place;
    FASTACT_INLINE fastact_place fastact_v_place(fastact_v z) { return _mm256_castps_si256(z); }
    FASTACT_INLINE fastact_v fastact_v_at(const float *column, fastact_place place) {
        return _mm256_permutevar8x32_ps(_mm256_load_ps(column), place);
    }
    #define fastact_v_signed_place(place, x) (place)
    FASTACT_INLINE fastact_v fastact_v_at_signed(const float *column, fastact_place place, fastact_v x) {
        return _mm256_blendv_ps(fastact_v_at(column, place), fastact_v_at(column + 8, place), x);
    }

    #elif defined(__aarch64__) && defined(__ARM_NEON)
    #include <arm_neon.h>
    typedef float32x4_t fastact_v;
    enum { FASTACT_LANES = 4 };
    FASTACT_INLINE fastact_v fastact_v_set(float a) { return vdupq_n_f32(a); }
    FASTACT_INLINE float fastact_v_first(fastact_v a) { return vgetq_lane_f32(a, 0); }
    FASTACT_INLINE fastact_v fastact_v_load(const float *p) { return vld1q_f32(p); }
    FASTACT_INLINE void fastact_v_store(float *p, fastact_v a) { vst1q_f32(p, a); }
    FASTACT_INLINE fastact_v fastact_v_load_some(const float *p, int n) {
        float some[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        memcpy(some, p, n * sizeof *p);
        return vld1q_f32(some);
    }
    FASTACT_INLINE void fastact_v_store_some(float *p, fastact_v a, int n) {
        float some[4];
        vst1q_f32(some, a);
        memcpy(p, some, n * sizeof *p);
    }
    FASTACT_INLINE fastact_v fastact_v_fma(fastact_v a, fastact_v b, fastact_v c) { return vfmaq_f32(c, a, b); }
    FASTACT_INLINE fastact_v fastact_v_add(fastact_v a, fastact_v b) { return vaddq_f32(a, b); }
    FASTACT_INLINE fastact_v fastact_v_sub(fastact_v a, fastact_v b) { return vsubq_f32(a, b); }
    FASTACT_INLINE fastact_v fastact_v_mul(fastact_v a, fastact_v b) { return vmulq_f32(a, b); }
    FASTACT_INLINE fastact_v fastact_v_div(fastact_v a, fastact_v b) { return vdivq_f32(a, b); }
    /* The second where either is NaN, and of two zeros, as x86-64 has it. */
    FASTACT_INLINE fastact_v fastact_v_min(fastact_v a, fastact_v b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
    FASTACT_INLINE fastact_v fastact_v_max(fastact_v a, fastact_v b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
    FASTACT_INLINE fastact_v fastact_v_abs(fastact_v a) { return vabsq_f32(a); }
    FASTACT_INLINE fastact_v fastact_v_held(fastact_v x, float r) {
        return fastact_v_min(fastact_v_abs(x), fastact_v_set(r));
    }
    FASTACT_INLINE fastact_v fastact_v_shift(fastact_v a, int n) {
        return vreinterpretq_f32_u32(vshlq_u32(vreinterpretq_u32_f32(a), vdupq_n_s32(-n)));
    }
    FASTACT_INLINE fastact_v fastact_v_power(fastact_v a) {
        return vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(a), 23));
    }
    FASTACT_INLINE fastact_v fastact_v_sign_of(fastact_v a, fastact_v x) {
        return vbslq_f32(vdupq_n_u32(0x80000000u), x, a);
    }
    FASTACT_INLINE fastact_v fastact_v_by_sign(fastact_v x, fastact_v negative, fastact_v positive) {
        return vbslq_f32(vcltzq_s32(vreinterpretq_s32_f32(x)), negative, positive);
    }
    FASTACT_INLINE fastact_v fastact_v_below(fastact_v x, float r, fastact_v a, fastact_v b) {
        return vbslq_f32(vcltq_f32(x, vdupq_n_f32(r)), a, b);
    }
    FASTACT_INLINE int fastact_v_any_below(fastact_v x, float r) {
        return vmaxvq_u32(vcltq_f32(x, vdupq_n_f32(r))) != 0;
    }
    typedef uint8x16_t fastact_place;  /* the four bytes of each lane's float in a table of 32 bytes */
    FASTACT_INLINE fastact_place fastact_v_place(fastact_v z) {
        uint32x4_t entry = vandq_u32(vreinterpretq_u32_f32(z), vdupq_n_u32(7));
        return vreinterpretq_u8_u32(vmlaq_n_u32(vdupq_n_u32(0x03020100u), entry, 0x04040404u));
    }
    FASTACT_INLINE fastact_v fastact_v_at(const float *column, fastact_place place) {
        uint8x16x2_t both = {{
            vreinterpretq_u8_f32(vld1q_f32(column)), vreinterpretq_u8_f32(vld1q_f32(column + 4))
        }};
        return vreinterpretq_f32_u8(vqtbl2q_u8(both, place));
    }
    #define fastact_v_signed_place(place, x) (place)
    FASTACT_INLINE fastact_v fastact_v_at_signed(const float *column, fastact_place place, fastact_v x) {
        return fastact_v_by_sign(x, fastact_v_at(column + 8, place), fastact_v_at(column, place));
    }

    #else
    typedef float fastact_v;
    enum { FASTACT_LANES = 1 };
    FASTACT_INLINE fastact_v fastact_v_set(float a) { return a; }
    FASTACT_INLINE float fastact_v_first(fastact_v a) { return a; }
    FASTACT_INLINE fastact_v fastact_v_load(const float *p) { return *p; }
    FASTACT_INLINE void fastact_v_store(float *p, fastact_v a) { *p = a; }
    FASTACT_INLINE fastact_v fastact_v_load_some(const float *p, int n) { (void)n; return *p; }
    FASTACT_INLINE void fastact_v_store_some(float *p, fastact_v a, int n) { (void)n; *p = a; }
    FASTACT_INLINE fastact_v fastact_v_fma(fastact_v a, fastact_v b, fastact_v c) { return fastact_fmaf(a, b, c); }
    FASTACT_INLINE fastact_v fastact_v_add(fastact_v a, fastact_v b) { return a + b; }
    FASTACT_INLINE fastact_v fastact_v_sub(fastact_v a, fastact_v b) { return a - b; }
    FASTACT_INLINE fastact_v fastact_v_mul(fastact_v a, fastact_v b) { return a * b; }
    FASTACT_INLINE fastact_v fastact_v_div(fastact_v a, fastact_v b) { return a / b; }
    FASTACT_INLINE fastact_v fastact_v_min(fastact_v a, fastact_v b) { return a < b ? a : b; }
    FASTACT_INLINE fastact_v fastact_v_max(fastact_v a, fastact_v b) { return a > b ? a : b; }
    FASTACT_INLINE fastact_v fastact_v_abs(fastact_v a) { return fabsf(a); }
    FASTACT_INLINE fastact_v fastact_v_held(fastact_v x, float r) {
        return fastact_v_min(fastact_v_abs(x), fastact_v_set(r));
    }
    FASTACT_INLINE fastact_v fastact_v_shift(fastact_v a, int n) { return fastact_from_bitsf(fastact_bitsf(a) >> n); }
    FASTACT_INLINE fastact_v fastact_v_power(fastact_v a) { return fastact_from_bitsf(fastact_bitsf(a) << 23); }
    FASTACT_INLINE fastact_v fastact_v_sign_of(fastact_v a, fastact_v x) { return copysignf(a, x); }
    FASTACT_INLINE fastact_v fastact_v_by_sign(fastact_v x, fastact_v negative, fastact_v positive) {
        return fastact_bitsf(x) >> 31 ? negative : positive;
    }
    FASTACT_INLINE fastact_v fastact_v_below(fastact_v x, float r, fastact_v a, fastact_v b) { return x < r ? a : b; }
    FASTACT_INLINE int fastact_v_any_below(fastact_v x, float r) { return x < r; }
    typedef uint32_t fastact_place;
    FASTACT_INLINE fastact_place fastact_v_place(fastact_v z) { return fastact_bitsf(z) & 7; }
    FASTACT_INLINE fastact_v fastact_v_at(const float *column, fastact_place place) { return column[place]; }
    #define fastact_v_signed_place(place, x) (place)
    FASTACT_INLINE fastact_v fastact_v_at_signed(const float *column, fastact_place place, fastact_v x) {
        return column[place + (fastact_bitsf(x) >> 31) * 8];
    }
    #endif

    /* fma where the exact product matters, and (q a + c) a + d where rounding does: in double where there is no fma. */
    #if FASTACT_HAS_FMA
    #define fastact_v_exact_fma fastact_v_fma
    FASTACT_INLINE fastact_v fastact_v_last_steps(fastact_v q, fastact_v a, fastact_v c, fastact_v d) {
        return fastact_v_fma(fastact_v_fma(q, a, c), a, d);
    }
    #else
    FASTACT_INLINE fastact_v fastact_v_exact_fma(fastact_v a, fastact_v b, fastact_v c) {
        return (float)((double)a * b + c);
    }
    FASTACT_INLINE fastact_v fastact_v_last_steps(fastact_v q, fastact_v a, fastact_v c, fastact_v d) {
        return (float)(((double)q * a + c) * a + d);
    }
    #endif
    """
