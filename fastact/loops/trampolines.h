/* Functions of their own for every activation, dtype and direction, so that a bare address can be called: by a JIT, by
   an FFI, by C. Included by _capi.pyx alone.

   A function pointer carries no data, and C makes no function at run time: so there are as many functions as there may
   be kernels, and each hands its number on. 00 to 3f are activations; the last digit is dtype * 4 + direction. */
#include <stddef.h>

static int fastact_invoke(int, const void *, const void *, void *, ptrdiff_t, const double *, int);
static double fastact_invoke_scalar(int, double, const double *);
static float fastact_invoke_scalar_f32(int, float, const double *);

#define FASTACT_ALL_16(F, k) \
    F(k##0) F(k##1) F(k##2) F(k##3) F(k##4) F(k##5) F(k##6) F(k##7) \
    F(k##8) F(k##9) F(k##a) F(k##b) F(k##c) F(k##d) F(k##e) F(k##f)
#define FASTACT_ALL_256(F, k) \
    FASTACT_ALL_16(F, k##0) FASTACT_ALL_16(F, k##1) FASTACT_ALL_16(F, k##2) FASTACT_ALL_16(F, k##3) \
    FASTACT_ALL_16(F, k##4) FASTACT_ALL_16(F, k##5) FASTACT_ALL_16(F, k##6) FASTACT_ALL_16(F, k##7) \
    FASTACT_ALL_16(F, k##8) FASTACT_ALL_16(F, k##9) FASTACT_ALL_16(F, k##a) FASTACT_ALL_16(F, k##b) \
    FASTACT_ALL_16(F, k##c) FASTACT_ALL_16(F, k##d) FASTACT_ALL_16(F, k##e) FASTACT_ALL_16(F, k##f)
#define FASTACT_ALL(F) FASTACT_ALL_256(F, 0) FASTACT_ALL_256(F, 1) FASTACT_ALL_256(F, 2) FASTACT_ALL_256(F, 3)

#define FASTACT_ARRAY_FUNCTION(k) \
    static int fastact_f##k(const void *dy, const void *x, void *out, ptrdiff_t n, const double *p, int threads) \
    { \
        return fastact_invoke(0x##k, dy, x, out, n, p, threads); \
    }
FASTACT_ALL(FASTACT_ARRAY_FUNCTION)

/* Of one number: 000 to 07f, the last bit is the direction. */
#define FASTACT_SCALAR_FUNCTION(k) \
    static double fastact_s##k(double x, void *p) { return fastact_invoke_scalar(0x##k, x, (const double *)p); } \
    static float fastact_t##k(float x, void *p) { return fastact_invoke_scalar_f32(0x##k, x, (const double *)p); }
#define FASTACT_SCALARS(F) \
    FASTACT_ALL_16(F, 0) FASTACT_ALL_16(F, 1) FASTACT_ALL_16(F, 2) FASTACT_ALL_16(F, 3) \
    FASTACT_ALL_16(F, 4) FASTACT_ALL_16(F, 5) FASTACT_ALL_16(F, 6) FASTACT_ALL_16(F, 7)
FASTACT_SCALARS(FASTACT_SCALAR_FUNCTION)

#define FASTACT_NAME_F(k) fastact_f##k,
#define FASTACT_NAME_S(k) fastact_s##k,
#define FASTACT_NAME_T(k) fastact_t##k,
static const fastact_function fastact_functions[] = {FASTACT_ALL(FASTACT_NAME_F) 0};
static const fastact_scalar fastact_scalars[] = {FASTACT_SCALARS(FASTACT_NAME_S) 0};
static const fastact_scalar_f32 fastact_scalars_f32[] = {FASTACT_SCALARS(FASTACT_NAME_T) 0};
