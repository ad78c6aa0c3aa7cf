"""Formulas of float32 by tables: polynomials whose coefficients are looked up in registers, and loops over them.

Part of `fastact.activations`, used by its families. |x| chooses one of eight intervals. The centre and the coefficients
of each stand in one register of eight floats, so that one permutation looks a coefficient up for all lanes. There is no
division and no low part is carried: an interval's centre is a number at which the function is nearly a float32 number,
so that only the last step rounds. A compiler would make slow gathers of a loop over such a formula of one number, so
these are written on vectors, in C: ``fastact_NAME_v``; FASTACT_VALUE and FASTACT_SLOPE make of each a function of one
number, the same bits, and the loops that kernels run, NAME_strip. Tables are made by ``benchmarks/tables.py``.
"""
from fastact.formulas cimport tables, vectors  # which come first

cdef extern from *:
    """
    /* ---- look-up ------------------------------------------------------------------------------------------------- */

    /* Of a table's columns the first are the centres, then come the coefficients c0, c1, ... */
    FASTACT_INLINE fastact_v fastact_piecewise(
        const float (*table)[8], int columns, fastact_place place, fastact_v a
    ) {
        fastact_v q = fastact_v_at(table[columns - 1], place);
        int k;
        a = fastact_v_sub(a, fastact_v_at(table[0], place));
        for (k = columns - 2; k > 2; k--)
            q = fastact_v_fma(q, a, fastact_v_at(table[k], place));
        return fastact_v_last_steps(q, a, fastact_v_at(table[2], place), fastact_v_at(table[1], place));
    }
    /* The same where x < 0 has intervals of its own. */
    FASTACT_INLINE fastact_v fastact_piecewise_signed(
        const float (*table)[16], int columns, fastact_place place, fastact_v x
    ) {
        fastact_place signed_place = fastact_v_signed_place(place, x);
        fastact_v q = fastact_v_at_signed(table[columns - 1], signed_place, x);
        fastact_v a = fastact_v_sub(x, fastact_v_at_signed(table[0], signed_place, x));
        int k;
        /* without fma most are rounded as with it: about the root of mish' they are large beside their sum */
        for (k = columns - 2; k > 0; k--)
            q = k > 6 ? fastact_v_fma(q, a, fastact_v_at_signed(table[k], signed_place, x))
                      : fastact_v_exact_fma(q, a, fastact_v_at_signed(table[k], signed_place, x));
        return q;
    }

    /* Intervals uniform in (s a + b)^2, the narrower the further out: its integer part, by the number 1.5 2^23. */
    FASTACT_INLINE fastact_place fastact_squares(fastact_v a, float s, float b) {
        fastact_v v = fastact_v_fma(a, fastact_v_set(s), fastact_v_set(b));
        return fastact_v_place(fastact_v_fma(v, v, fastact_v_set(12582912.0f)));
    }
    /* 2^(23 - shift) intervals in each octave of s a + b, the wider the further out. */
    FASTACT_INLINE fastact_place fastact_octaves(fastact_v a, float s, float b, int shift) {
        return fastact_v_place(fastact_v_shift(fastact_v_fma(a, fastact_v_set(s), fastact_v_set(b)), shift));
    }
    /* By the table fastact_t_table, whose intervals T names. */
    #define FASTACT_BY_SQUARES(t, T, a) fastact_piecewise( \\
        fastact_##t##_table, FASTACT_##T##_DEGREE + 2, \\
        fastact_squares(a, FASTACT_##T##_SCALE, FASTACT_##T##_OFFSET), a)
    #define FASTACT_BY_OCTAVES(t, T, a) fastact_piecewise( \\
        fastact_##t##_table, FASTACT_##T##_DEGREE + 2, \\
        fastact_octaves(a, FASTACT_##T##_SCALE, FASTACT_##T##_OFFSET, FASTACT_##T##_SHIFT), a)
    /* |x| but at most r; NaN stays NaN. */
    FASTACT_INLINE fastact_v fastact_held_or_nan(fastact_v x, float r) {
        return fastact_v_min(fastact_v_set(r), fastact_v_abs(x));
    }

    /* d on the left and 1 - d on the right; its sum on the left is with -0.0. */
    FASTACT_INLINE fastact_v fastact_slope_of(fastact_v x, fastact_v d) {
        fastact_v sign = fastact_v_by_sign(x, fastact_v_set(1.0f), fastact_v_set(-1.0f));
        return fastact_v_fma(d, sign, fastact_v_by_sign(x, fastact_v_set(-0.0f), fastact_v_set(1.0f)));
    }

    /* ---- tails, where no table reaches --------------------------------------------------------------------------- */

    /* expm1(f), |f| <= ln2/2: `exp_rest` of vmath.pxd. */
    FASTACT_INLINE fastact_v fastact_v_exp_rest(fastact_v f) {
        fastact_v square = fastact_v_mul(f, f);
        fastact_v q = fastact_v_fma(f, fastact_v_set(0.0083688f), fastact_v_set(0.041666433f));
        q = fastact_v_fma(fastact_v_set(0.0013937795f), square, q);
        q = fastact_v_fma(q, square, fastact_v_fma(fastact_v_set(0.1666652f), f, fastact_v_set(0.5f)));
        return fastact_v_fma(square, q, f);
    }
    /* The number whose low bits are those of a power of two lifted by 2^64: 1.5 2^23 + 127 + 64 + n, n = -v/ln2. */
    FASTACT_INLINE fastact_v fastact_v_exponent(fastact_v v, fastact_v *n) {
        fastact_v z = fastact_v_fma(v, fastact_v_set(-1.442695041f), fastact_v_set(12583103.0f));
        *n = fastact_v_sub(z, fastact_v_set(12583103.0f));
        return z;
    }
    /* w exp(-v), lifted, of the exponent z of v and v + n ln2 = -rest. */
    FASTACT_INLINE fastact_v fastact_v_times_power(fastact_v w, fastact_v z, fastact_v rest) {
        return fastact_v_mul(fastact_v_exact_fma(fastact_v_exp_rest(rest), w, w), fastact_v_power(z));
    }
    /* w exp(-(v + low)), lifted. */
    FASTACT_INLINE fastact_v fastact_v_times_exp(fastact_v w, fastact_v v, fastact_v low) {
        fastact_v n, z = fastact_v_exponent(v, &n);
        fastact_v rest = fastact_v_fma(n, fastact_v_set(-0.69314575f), fastact_v_sub(fastact_v_set(0.0f), v));
        return fastact_v_times_power(w, z, fastact_v_sub(fastact_v_fma(n, fastact_v_set(-1.4286068e-06f), rest), low));
    }
    /* y, lifted, as what it is with the other sign; -0.0 where x < end. Nothing underflows on the way to that, which
       would take long. */
    FASTACT_INLINE fastact_v fastact_v_minus_lowered(fastact_v y, fastact_v x, float end) {
        return fastact_v_mul(fastact_v_below(x, end, fastact_v_set(0.0f), y), fastact_v_set(-0x1p-64f));
    }
    /* w exp(-a*a/2), lifted by 2^64; the square is exact in the fma. */
    FASTACT_INLINE fastact_v fastact_v_times_gaussian(fastact_v w, fastact_v a) {
        fastact_v z = fastact_v_fma(
            fastact_v_mul(a, fastact_v_set(-0.72134752f)), a, fastact_v_set(12583103.0f));
        fastact_v n = fastact_v_sub(z, fastact_v_set(12583103.0f));
        fastact_v rest = fastact_v_exact_fma(
            a, fastact_v_mul(a, fastact_v_set(-0.5f)), fastact_v_mul(n, fastact_v_set(-0.69314575f)));
        return fastact_v_times_power(w, z, fastact_v_fma(n, fastact_v_set(-1.4286068e-06f), rest));
    }

    /* ---- loops --------------------------------------------------------------------------------------------------- */

    typedef fastact_v fastact_formula(fastact_v);
    /* y = g f(x + bias); without g or bias where they are NULL. */
    FASTACT_INLINE void fastact_over(
        fastact_formula *f, const float *g, const float *bias, const float *x, float *y, Py_ssize_t n
    ) {
        Py_ssize_t i;
        fastact_v v;
        for (i = 0; i <= n - FASTACT_LANES; i += FASTACT_LANES) {
            v = fastact_v_load(x + i);
            v = f(bias ? fastact_v_add(v, fastact_v_load(bias + i)) : v);
            fastact_v_store(y + i, g ? fastact_v_mul(fastact_v_load(g + i), v) : v);
        }
        if (i < n) {
            int rest = (int)(n - i);
            v = fastact_v_load_some(x + i, rest);
            v = f(bias ? fastact_v_add(v, fastact_v_load_some(bias + i, rest)) : v);
            fastact_v_store_some(y + i, g ? fastact_v_mul(fastact_v_load_some(g + i, rest), v) : v, rest);
        }
    }

    /* name(x) and name_strip(bias, x, y, n), which writes f(x + bias); bias may be NULL, and y may be x. */
    #define FASTACT_VALUE(name) \\
        FASTACT_INLINE float name(float x) { return fastact_v_first(name##_v(fastact_v_set(x))); } \\
        FASTACT_INLINE void name##_strip(const float *bias, const float *x, float *y, Py_ssize_t n) { \\
            if (bias) fastact_over(name##_v, 0, bias, x, y, n); else fastact_over(name##_v, 0, 0, x, y, n); \\
        }
    /* name(x) and name_strip(g, x, y, n), which writes g f'(x); g may be NULL, and y may be g or x. */
    #define FASTACT_SLOPE(name) \\
        FASTACT_INLINE float name(float x) { return fastact_v_first(name##_v(fastact_v_set(x))); } \\
        FASTACT_INLINE void name##_strip(const float *g, const float *x, float *y, Py_ssize_t n) { \\
            if (g) fastact_over(name##_v, g, 0, x, y, n); else fastact_over(name##_v, 0, 0, x, y, n); \\
        }
    """
