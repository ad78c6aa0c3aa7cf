/* For benchmarks/tables.py, which compiles it: fits polynomials to a function and judges them as the kernels compute them.
 *
 * Sums are taken in the order in which they stand (no -ffast-math), so that every machine makes the same tables.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { GELU, GELU_SLOPE, TANH, SILU, SILU_SLOPE, MISH, MISH_SLOPE, SOFTPLUS, SIGMOID, GELU_TANH, GELU_TANH_SLOPE,
       QUICK_GELU_SLOPE };
/* What the kernel does with the polynomial q at a = |x|: nothing; max(x, 0) - q; max(x, 0) + q; q on the left, 1 - q on
 * the right. */
enum { VALUE, MINUS, PLUS, COMPLEMENT };
enum { SQUARES, OCTAVES };
enum { BLOCK = 1024, MOST_ROWS = 160, MOST_COLUMNS = 16 };

static float of_bits(uint32_t b) {
    float a;
    memcpy(&a, &b, 4);
    return a;
}

static uint32_t bits_of(float a) {
    uint32_t b;
    memcpy(&b, &a, 4);
    return b;
}

/* What the tables hold, in double arithmetic; a >= 0, of mish and its slope any number. */
double reference(int function, double a) {
    switch (function) {
    case GELU: return 0.5 * a * erfc(a * 0.70710678118654752440);
    case GELU_SLOPE: return 0.5 * erfc(a * 0.70710678118654752440) - a * 0.39894228040143267794 * exp(-0.5 * a * a);
    case TANH: return tanh(a);
    case SOFTPLUS: return log1p(exp(-a));
    default: break;
    }
    if (function == MISH || function == MISH_SLOPE) { /* tanh(log1p(e)) = e (e + 2)/d */
        double e = exp(a), d = e * (e + 2) + 2;
        return function == MISH ? a * e * (e + 2) / d : e * ((e + 2) * d + 4 * a * (1 + e)) / (d * d);
    }
    double u = a, slope = a; /* z(a) and a z'(a) of the logistic function's argument -z */
    if (function == GELU_TANH || function == GELU_TANH_SLOPE) {
        double linear = 1.5957691216057307118, cubic = linear * 0.044715;
        u = a * (linear + cubic * a * a);
        slope = a * (linear + 3 * cubic * a * a);
    }
    if (function == QUICK_GELU_SLOPE) u = slope = 1.702 * a;
    double e = exp(-u), s = e / (1 + e);
    if (function == SIGMOID) return s;
    if (function == SILU || function == GELU_TANH) return a * s;
    return e * (1 - slope + e) / ((1 + e) * (1 + e));
}

/* The number of a's interval, before all but its low bits are dropped. */
uint32_t interval(int kind, float scale, float offset, int per_octave, float a) {
    float v = fmaf(fabsf(a), scale, offset);
    uint32_t shift = 23;
    for (; per_octave > 1; per_octave >>= 1) shift--;
    return kind == SQUARES ? bits_of(fmaf(v, v, 12582912.0f)) : bits_of(v) >> shift;
}

/* The error in ULP of what a kernel makes of q where the function has the value f. No ULP is less than that of 2^least. */
static inline double ulps(double y, double f, int least) {
    uint64_t b;
    memcpy(&b, &f, 8);
    b = b >> 52 & 0x7FF;
    b = b > (uint64_t)(least + 1023) ? b : (uint64_t)(least + 1023);
    b = (2046 + 23 - b) << 52;
    double scale;
    memcpy(&scale, &b, 8);
    return fabs(y - f) * scale;
}

static inline double error_of(int finish, float a, float q, double f, int least) {
    double e = ulps(q, f, least);
    if (finish == MINUS) e = fmax(e, ulps(a - q, a - f, -126));
    if (finish == PLUS) e = fmax(e, ulps(a + q, a + f, -126));
    if (finish == COMPLEMENT) e = fmax(e, ulps(1.0f - q, 1.0 - f, -126));
    return e;
}

/* The largest error at n numbers, and (at) where; ends early once it exceeds enough. */
static double over(int finish, const float *a, const double *f, const signed char *least, long n, float centre, const float *c,
                   int degree, double enough, float *at) {
    double worst = 0;
    float t[BLOCK], q[BLOCK];
    for (long i = 0; i < n; i += BLOCK, a += BLOCK, f += BLOCK, least += BLOCK) {
        int m = n - i < BLOCK ? (int)(n - i) : BLOCK;
        for (int j = 0; j < m; j++) t[j] = a[j] - centre;
        for (int j = 0; j < m; j++) q[j] = c[degree];
        for (int k = degree - 1; k >= 0; k--)
            for (int j = 0; j < m; j++) q[j] = fmaf(q[j], t[j], c[k]);
        double most = 0;
        for (int j = 0; j < m; j++) {
            double e = error_of(finish, a[j], q[j], f[j], least[j]);
            most = e > most ? e : most;
        }
        if (most > worst) {
            worst = most;
            for (int j = 0; j < m; j++)
                if (error_of(finish, a[j], q[j], f[j], least[j]) == most) *at = a[j];
            if (worst > enough) break;
        }
    }
    return worst;
}

typedef struct {
    float *a;
    double *f;
    signed char *least;
    long count, room;
} Numbers;

static Numbers every, some;

static void add(Numbers *numbers, float a, int function, double root) {
    if (numbers->count == numbers->room) {
        numbers->room = 2 * numbers->room + 4096;
        numbers->a = realloc(numbers->a, numbers->room * sizeof *numbers->a);
        numbers->f = realloc(numbers->f, numbers->room * sizeof *numbers->f);
        numbers->least = realloc(numbers->least, numbers->room * sizeof *numbers->least);
    }
    numbers->a[numbers->count] = a;
    numbers->f[numbers->count] = reference(function, a);
    numbers->least[numbers->count++] = fabs(a - root) < 0.0625 ? -6 : -126;
}

/* Takes every number of [low, high] (both of one sign, |low| <= |high|), or each so many, and some to begin with. */
void take(int function, double root, float low, float high, int step, int anew, int samples) {
    if (anew) every.count = some.count = 0;
    uint32_t first = bits_of(low), last = bits_of(high);
    for (uint32_t b = first; b <= last; b += (uint32_t)step) add(&every, of_bits(b), function, root);
    for (int i = 0; i < samples; i++) { /* half of them even in the number, half in its bits */
        double part = i / (double)samples;
        float a = i & 1 ? low + (high - low) * (float)part : of_bits(first + (uint32_t)((last - first) * part));
        add(&some, a, function, root);
    }
}

/* Numbers where a candidate failed are good ones to try the next one at. */
void remember(int function, double root, float a) { add(&some, a, function, root); }

double error_in_samples(int finish, float centre, const float *c, int degree, double enough) {
    float at;
    return over(finish, some.a, some.f, some.least, some.count, centre, c, degree, enough, &at);
}

double error_in_all(int finish, float centre, const float *c, int degree, double enough, float *at) {
    return over(finish, every.a, every.f, every.least, every.count, centre, c, degree, enough, at);
}

/* Least squares at the points x with float32 coefficients: c[k], the leading one first, is rounded (and moved by move[k]
 * ULP), then the rest is fitted anew. With QR of the columns in the opposite order that is one back substitution. */
void fit(int rows, const double *x, const double *y, const double *weight, double half, int degree, int zero, float centre,
         const signed char *move, float *c) {
    double q[MOST_COLUMNS][MOST_ROWS], r[MOST_COLUMNS + 1][MOST_COLUMNS + 1], b[MOST_ROWS], z[MOST_COLUMNS];
    int first = zero ? 1 : 0, columns = degree + 1 - first;
    for (int i = 0; i < rows; i++) {
        double t = (x[i] - centre) / half, power = weight[i] * (zero ? t : 1);
        for (int k = first; k <= degree; k++, power *= t) q[degree - k][i] = power;
        b[i] = y[i] * weight[i];
    }
    for (int j = 0; j < columns; j++) { /* Gram-Schmidt, each column twice */
        for (int k = 0; k < j; k++) r[k][j] = 0;
        for (int pass = 0; pass < 2; pass++)
            for (int k = 0; k < j; k++) {
                double sum = 0;
                for (int i = 0; i < rows; i++) sum += q[k][i] * q[j][i];
                r[k][j] += sum;
                for (int i = 0; i < rows; i++) q[j][i] -= sum * q[k][i];
            }
        double sum = 0;
        for (int i = 0; i < rows; i++) sum += q[j][i] * q[j][i];
        r[j][j] = sqrt(sum);
        for (int i = 0; i < rows; i++) q[j][i] /= r[j][j];
        sum = 0;
        for (int i = 0; i < rows; i++) sum += q[j][i] * b[i];
        z[j] = sum;
        for (int i = 0; i < rows; i++) b[i] -= sum * q[j][i];
    }
    c[0] = 0;
    for (int j = columns - 1; j >= 0; j--) {
        int k = degree - j;
        double scale = pow(half, k), value = z[j] / r[j][j] / scale;
        c[k] = (float)value;
        for (int s = 0; s < abs(move[k]); s++) c[k] = nextafterf(c[k], move[k] > 0 ? INFINITY : -INFINITY);
        for (int i = 0; i < j; i++) z[i] -= r[i][j] * (c[k] * scale);
    }
}

/* Fits about each of n centres and judges in samples. */
void fit_each(int rows, const double *x, const double *y, const double *weight, double half, int degree, int zero, int n,
              const float *centre, const signed char *move, int finish, float *c, double *error) {
    for (int i = 0; i < n; i++) {
        fit(rows, x, y, weight, half, degree, zero, centre[i], move + i * (degree + 1), c + i * (degree + 1));
        error[i] = error_in_samples(finish, centre[i], c + i * (degree + 1), degree, 1e3);
    }
}

/* How far f(a) is from a float32 number, in ULP. */
void rounding(int function, int n, const float *a, double *off) {
    for (int i = 0; i < n; i++) {
        double f = reference(function, a[i]);
        off[i] = ulps((float)f, f, -126);
    }
}

/* The largest error of a whole table (columns x 8 or 16 numbers) over every number of [low, high], of one sign. */
double judge(int function, int finish, double root, int kind, float scale, float offset, int per_octave, float low, float high,
             int entries, int columns, const float *table, int first, float *at) {
    double worst = 0;
    uint32_t end = bits_of(high);
    float a[BLOCK], q[BLOCK];
    uint32_t place[BLOCK];
    for (uint64_t b = bits_of(low); b <= end; b += BLOCK) {
        int m = end - b + 1 < BLOCK ? (int)(end - b + 1) : BLOCK;
        for (int j = 0; j < m; j++) a[j] = of_bits((uint32_t)b + (uint32_t)j);
        for (int j = 0; j < m; j++) place[j] = (interval(kind, scale, offset, per_octave, a[j]) & 7) + (uint32_t)first;
        for (int j = 0; j < m; j++) {
            float t = a[j] - table[place[j]];
            q[j] = table[(columns - 1) * entries + (int)place[j]];
            for (int k = columns - 2; k > 0; k--) q[j] = fmaf(q[j], t, table[k * entries + (int)place[j]]);
        }
        for (int j = 0; j < m; j++) {
            double e = error_of(finish, a[j], q[j], reference(function, a[j]), fabs(a[j] - root) < 0.0625 ? -6 : -126);
            if (e > worst) worst = e, *at = a[j];
        }
    }
    return worst;
}
