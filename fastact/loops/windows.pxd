# cython: cdivision=True
"""Sums over k x k windows of a padded plane, and the funnel activation (FReLU) that is made of them.

May be cimported by any Cython code; uses `fastact.vmath`, whose rules it keeps. A padded plane has zeros around it, so
that no loop tests for a border: with rows of s = W + k - 1 elements, the window of output (i, j) begins at i s + j, and
its centre is (k - 1)/2 rows and columns further on. Output (i + 1, 0) follows k - 1 places after (i, W - 1), so a loop
may as well run through the rows of a block at a stretch; what it computes between them is of no use and harmless.

A window is summed row by row, each from left to right, onto the bias, with a fused product for each tap: the order is
one for all paths, and so are the bits.
"""
from cython cimport floating
from libc.string cimport memcpy

from fastact.vmath cimport fma

cdef enum:
    WIDE = 48  # results of 3 x 3 windows in rows from this length on go to where they belong without a copy
    HIGH = 4  # rows of results that are computed together
    ACROSS = 16  # and a multiple of which of their elements, so that no loop ends in less than a vector
    ABREAST = 16  # planes that are interleaved, so that a vector holds one place of each
    AT_ONCE = 8  # most results of a row of interleaved planes that are computed together


cdef inline Py_ssize_t upward(Py_ssize_t n, Py_ssize_t unit) noexcept nogil:
    """n, or the next multiple of ``unit``."""
    return (n + unit - 1) // unit * unit


# ---- one element ----------------------------------------------------------------------------------------------------

cdef inline floating larger(floating x, floating t) noexcept nogil:
    """max(x, t), of the centre of a window and its sum: NaN where either is.

    Where x is NaN, so is t, which has w x as a term, whatever w; and where t is, the comparison is false.
    """
    return x if x > t else t


cdef inline floating to_window(floating dy, floating x, floating t) noexcept nogil:
    """The part of dy that goes on to the sum t: half where x = t, as of PyTorch's maximum; NaN where t is."""
    dy = <floating>0.5 * dy if x == t else dy
    dy = <floating>0.0 if x > t else dy
    return dy if t == t else t


cdef inline floating to_centre(floating dy, floating x, floating t) noexcept nogil:
    """The part that goes on to x itself; the two sum to dy."""
    dy = <floating>0.5 * dy if x == t else dy
    dy = <floating>0.0 if x < t else dy
    return dy if t == t else t


cdef inline floating add_row(
    const floating* p, const floating* w, floating onto, int taps
) noexcept nogil:
    """``onto`` with the w[b] p[b] of a constant number of 1, 3, 5 or 7 taps added to it."""
    if taps == 1:
        return fma(p[0], w[0], onto)
    onto = fma(p[2], w[2], fma(p[1], w[1], fma(p[0], w[0], onto)))
    if taps > 3:
        onto = fma(p[4], w[4], fma(p[3], w[3], onto))
    if taps > 5:
        onto = fma(p[6], w[6], fma(p[5], w[5], onto))
    return onto


# ---- four rows of results at a time ---------------------------------------------------------------------------------

# Vectors that begin anywhere straddle cache lines, so that loads, not products, set the pace: each serves all the rows
# of results, of four, that it reaches by as many rows of the weight as there are registers for.

cdef inline void give(floating x, const floating* w, int k, int m, int i, floating* t) noexcept nogil:
    """x, i rows below the first of four results t, times its weight for each; of m rows of weights."""
    if 0 <= i < HIGH:
        t[i] = fma(x, w[0], t[i])
    if m > 1 and 1 <= i < HIGH + 1:
        t[i - 1] = fma(x, w[k], t[i - 1])
    if m > 2 and 2 <= i < HIGH + 2:
        t[i - 2] = fma(x, w[2 * k], t[i - 2])
    if m > 3 and 3 <= i < HIGH + 3:
        t[i - 3] = fma(x, w[3 * k], t[i - 3])
    if m > 4 and 4 <= i < HIGH + 4:
        t[i - 4] = fma(x, w[4 * k], t[i - 4])


cdef inline void give_row(const floating* p, const floating* w, int k, int m, int i, floating* t) noexcept nogil:
    """`give` of the k neighbours of a row."""
    if i >= HIGH + m - 1:
        return
    give(p[0], w, k, m, i, t)
    give(p[1], w + 1, k, m, i, t)
    give(p[2], w + 2, k, m, i, t)
    if k > 3:
        give(p[3], w + 3, k, m, i, t)
        give(p[4], w + 4, k, m, i, t)
    if k > 5:
        give(p[5], w + 5, k, m, i, t)
        give(p[6], w + 6, k, m, i, t)


cdef inline void four_rows(
    const floating* p, Py_ssize_t s, const floating* w, floating bias, floating* y, Py_ssize_t ys, Py_ssize_t n,
    const floating* centre, int k, int m, bint first, bint funnel,
) noexcept nogil:
    """m rows of weights, of constant k, added to four rows of n results: to the bias where ``first``, else to y."""
    cdef floating v[25]
    cdef floating t[HIGH]
    cdef Py_ssize_t j, _i
    # a copy, or the compiler must reload them after each store to y
    for j in range(m * k):
        v[j] = w[j]
    for _i in range(n // ACROSS):
        for j in range(ACROSS):
            t[0] = bias if first else y[j]
            t[1] = bias if first else y[ys + j]
            t[2] = bias if first else y[2 * ys + j]
            t[3] = bias if first else y[3 * ys + j]
            give_row(p + j, v, k, m, 0, t)
            give_row(p + s + j, v, k, m, 1, t)
            give_row(p + 2 * s + j, v, k, m, 2, t)
            give_row(p + 3 * s + j, v, k, m, 3, t)
            give_row(p + 4 * s + j, v, k, m, 4, t)
            give_row(p + 5 * s + j, v, k, m, 5, t)
            give_row(p + 6 * s + j, v, k, m, 6, t)
            give_row(p + 7 * s + j, v, k, m, 7, t)
            y[j] = larger(centre[j], t[0]) if funnel else t[0]
            y[ys + j] = larger(centre[s + j], t[1]) if funnel else t[1]
            y[2 * ys + j] = larger(centre[2 * s + j], t[2]) if funnel else t[2]
            y[3 * ys + j] = larger(centre[3 * s + j], t[3]) if funnel else t[3]
        p += ACROSS
        y += ACROSS
        centre += ACROSS


# ---- 3 x 3 windows of one row of results or of two ------------------------------------------------------------------

cdef inline void window3(
    const floating* p, Py_ssize_t s, const floating* w, floating bias, floating* y, Py_ssize_t ys, Py_ssize_t n,
    int count, bint funnel,
) noexcept nogil:
    """3 x 3 windows that begin at p[0], ..., p[n - 1]; the second of a ``count`` of 2 rows goes to y + ys."""
    cdef const floating* p1 = p + s
    cdef const floating* p2 = p + 2 * s
    cdef const floating* p3 = p + 3 * s
    cdef floating* second = y + ys
    cdef floating v[9]
    cdef floating t, u
    cdef Py_ssize_t j
    # a copy, or the compiler must reload them after each store to y
    for j in range(9):
        v[j] = w[j]
    if count == 1:
        for j in range(n):
            t = add_row(p2 + j, v + 6, add_row(p1 + j, v + 3, add_row(p + j, v, bias, 3), 3), 3)
            y[j] = larger(p1[j + 1], t) if funnel else t
    else:
        for j in range(n):
            t = add_row(p2 + j, v + 6, add_row(p1 + j, v + 3, add_row(p + j, v, bias, 3), 3), 3)
            u = add_row(p3 + j, v + 6, add_row(p2 + j, v + 3, add_row(p1 + j, v, bias, 3), 3), 3)
            y[j] = larger(p1[j + 1], t) if funnel else t
            second[j] = larger(p2[j + 1], u) if funnel else u


# ---- windows of any size --------------------------------------------------------------------------------------------

cdef inline void add_taps(
    const floating* p, const floating* w, floating* y, Py_ssize_t n, int taps
) noexcept nogil:
    """y[j] += w[0] p[j] + ... + w[taps - 1] p[j + taps - 1], for a constant number of taps."""
    cdef floating v[7]
    cdef Py_ssize_t j
    for j in range(taps):
        v[j] = w[j]
    for j in range(n):
        y[j] = add_row(p + j, v, y[j], taps)


cdef inline void add_taps_twice(
    const floating* p, Py_ssize_t s, const floating* w, const floating* w1, floating* y, Py_ssize_t ys,
    Py_ssize_t pairs, Py_ssize_t n, int taps,
) noexcept nogil:
    """`add_taps` of the same p to a row of y by w and to the next by w1; so for every second row of both."""
    cdef floating v[7]
    cdef floating v1[7]
    cdef const floating* q
    cdef floating* z
    cdef floating* z1
    cdef Py_ssize_t i, j
    for j in range(taps):
        v[j] = w[j]
        v1[j] = w1[j]
    for i in range(pairs):
        q = p + 2 * i * s
        z = y + 2 * i * ys
        z1 = z + ys
        for j in range(n):
            z[j] = add_row(q + j, v, z[j], taps)
            z1[j] = add_row(q + j, v1, z1[j], taps)


cdef inline void add_some_taps(
    const floating* p, Py_ssize_t s, const floating* w, int k, int a, floating* y, Py_ssize_t ys,
    Py_ssize_t rows, Py_ssize_t n, int taps,
) noexcept nogil:
    """What rows of p, a below the first of y and every second from there, add to the two rows of y nearest to each."""
    cdef Py_ssize_t i
    if 0 < a < k:
        add_taps_twice(p, s, w + a * k, w + (a - 1) * k, y, ys, rows // 2, n, taps)
    for i in range(rows // 2):
        if a == 0:
            add_taps(p + 2 * i * s, w, y + 2 * i * ys, n, taps)
        elif a == k:
            add_taps(p + 2 * i * s, w + (k - 1) * k, y + (2 * i + 1) * ys, n, taps)
    if rows % 2 and a < k:
        add_taps(p + (rows - 1) * s, w + a * k, y + (rows - 1) * ys, n, taps)


cdef inline void window_any(
    const floating* p, Py_ssize_t s, const floating* w, floating bias, int k, floating* y, Py_ssize_t ys,
    Py_ssize_t rows, Py_ssize_t n, bint funnel,
) noexcept nogil:
    """k x k windows of rows of n: row after row of the weight is added to y, some taps at a time."""
    cdef const floating* centre = p + k // 2 * (s + 1)
    cdef Py_ssize_t j, row
    cdef int a, b
    for row in range(rows):
        for j in range(n):
            y[row * ys + j] = bias
    for a in range(k + 1):
        b = 0
        while k - b >= 7:
            add_some_taps(p + a * s + b, s, w + b, k, a, y, ys, rows, n, 7)
            b += 7
        if k - b >= 5:
            add_some_taps(p + a * s + b, s, w + b, k, a, y, ys, rows, n, 5)
            b += 5
        if k - b >= 3:
            add_some_taps(p + a * s + b, s, w + b, k, a, y, ys, rows, n, 3)
            b += 3
        while b < k:
            add_some_taps(p + a * s + b, s, w + b, k, a, y, ys, rows, n, 1)
            b += 1
    if funnel:
        for row in range(rows):
            for j in range(n):
                y[row * ys + j] = larger(centre[row * s + j], y[row * ys + j])


cdef inline void windows(
    const floating* p, Py_ssize_t s, const floating* w, floating bias, int k, floating* y, Py_ssize_t ys,
    Py_ssize_t rows, Py_ssize_t width, bint funnel,
) noexcept nogil:
    """Sums over windows, or, for the constant ``funnel``, the larger of each and its centre; y overlaps nothing.

    Rows of p are s apart, of y ys. Up to ``upward(rows, HIGH)`` rows of ``upward(width, ACROSS)`` are computed: there
    must be room for them in y, and something to read in p.
    """
    cdef Py_ssize_t i, n = upward(width, ACROSS)
    cdef const floating* centre = p + k // 2 * (s + 1)
    cdef const floating* q
    cdef const floating* c
    cdef floating* z
    if k not in (3, 5, 7):
        window_any(p, s, w, bias, k, y, ys, rows, n, funnel)
        return
    for i in range(upward(rows, HIGH) // HIGH):
        q = p + HIGH * i * s
        c = centre + HIGH * i * s
        z = y + HIGH * i * ys
        if k == 3:
            four_rows(q, s, w, bias, z, ys, n, c, 3, 3, True, funnel)
        elif k == 5:
            four_rows(q, s, w, bias, z, ys, n, c, 5, 5, True, funnel)
        else:
            four_rows(q, s, w, bias, z, ys, n, c, 7, 3, True, False)
            four_rows(q + 3 * s, s, w + 21, bias, z, ys, n, c, 7, 3, False, False)
            four_rows(q + 6 * s, s, w + 42, bias, z, ys, n, c, 7, 1, False, funnel)


cdef inline void windows3(
    const floating* p, Py_ssize_t s, const floating* w, floating bias, floating* y, Py_ssize_t ys, Py_ssize_t rows,
    Py_ssize_t n, bint funnel,
) noexcept nogil:
    """`windows` of 3 x 3, of exactly as many rows and elements: no room is needed for more."""
    cdef Py_ssize_t i
    for i in range(rows // 2):
        window3(p + 2 * i * s, s, w, bias, y + 2 * i * ys, ys, n, 2, funnel)
    if rows % 2:
        window3(p + (rows - 1) * s, s, w, bias, y + (rows - 1) * ys, ys, n, 1, funnel)


# ---- copies ---------------------------------------------------------------------------------------------------------

cdef inline void copy_ends(floating* to, const floating* source, Py_ssize_t n, Py_ssize_t some) noexcept nogil:
    """The first and the last ``some``, a constant number, of n elements: all of them if n is at most twice that."""
    memcpy(to, source, some * sizeof(floating))
    memcpy(to + n - some, source + n - some, some * sizeof(floating))


cdef inline void copy_rows(
    floating* to, Py_ssize_t tos, const floating* source, Py_ssize_t s, Py_ssize_t rows, Py_ssize_t n
) noexcept nogil:
    """Rows of n elements, tos and s apart. A call of memcpy takes longer than the copy of a short row."""
    cdef Py_ssize_t i, j
    if n > 64:
        for i in range(rows):
            memcpy(to + i * tos, source + i * s, n * sizeof(floating))
    elif n > 32:
        for i in range(rows):
            copy_ends(to + i * tos, source + i * s, n, 16)
            copy_ends(to + i * tos + 16, source + i * s + 16, n - 32, 16)
    elif n >= 16:
        for i in range(rows):
            copy_ends(to + i * tos, source + i * s, n, 16)
    elif n >= 8:
        for i in range(rows):
            copy_ends(to + i * tos, source + i * s, n, 8)
    elif n >= 4:
        for i in range(rows):
            copy_ends(to + i * tos, source + i * s, n, 4)
    else:
        for i in range(rows):
            for j in range(n):
                to[i * tos + j] = source[i * s + j]


# ---- interleaved planes ---------------------------------------------------------------------------------------------

# In short rows much of what is computed at a stretch lies between them. Where a vector holds the same place of several
# planes instead, little is wasted, and no load straddles a line.

cdef inline void zip_two(
    const floating* x, const floating* x1, floating* y, Py_ssize_t n
) noexcept nogil:
    """Elements of x and x1, n each, by turns."""
    cdef Py_ssize_t i
    for i in range(n):
        y[2 * i] = x[i]
        y[2 * i + 1] = x1[i]


cdef inline void unzip_two(
    const floating* x, floating* y, floating* y1, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = x[2 * i]
        y1[i] = x[2 * i + 1]


cdef inline floating* interleave(const floating** x, Py_ssize_t n, floating* a, floating* b) noexcept nogil:
    """The first elements of ABREAST runs of n, then the second ones, ...; but for the last step: of two halves.

    These, 8 n elements each, lie one after another in a, which is returned; a and b have room for 16 n.
    """
    cdef Py_ssize_t i
    for i in range(8):
        zip_two(x[i], x[i + 8], a + 2 * n * i, n)
    for i in range(4):
        zip_two(a + 2 * n * i, a + 2 * n * (i + 4), b + 4 * n * i, 2 * n)
    for i in range(2):
        zip_two(b + 4 * n * i, b + 4 * n * (i + 2), a + 8 * n * i, 4 * n)
    return a


cdef inline void separate(floating* x, floating** y, Py_ssize_t n, floating* a) noexcept nogil:
    """Undoes `interleave` and the last step; overwrites x, and a, which has room for as much."""
    cdef Py_ssize_t i
    unzip_two(x, a, a + 8 * n, 8 * n)
    for i in range(2):
        unzip_two(a + 8 * n * i, x + 4 * n * i, x + 4 * n * (i + 2), 4 * n)
    for i in range(4):
        unzip_two(x + 4 * n * i, a + 2 * n * i, a + 2 * n * (i + 4), 2 * n)
    for i in range(8):
        unzip_two(a + 2 * n * i, y[i], y[i + 8], n)


cdef inline void give_each(const floating* p, floating w, floating* t, int count) noexcept nogil:
    """w times the elements of so many places of a plane to as many results."""
    t[0] = fma(p[0], w, t[0])
    t[1] = fma(p[ABREAST], w, t[1])
    t[2] = fma(p[2 * ABREAST], w, t[2])
    t[3] = fma(p[3 * ABREAST], w, t[3])
    t[4] = fma(p[4 * ABREAST], w, t[4])
    t[5] = fma(p[5 * ABREAST], w, t[5])
    t[6] = fma(p[6 * ABREAST], w, t[6])
    if count > 7:
        t[7] = fma(p[7 * ABREAST], w, t[7])


cdef inline void give_seven(const floating* p, const floating* w, floating* t, int count) noexcept nogil:
    give_each(p, w[0], t, count)
    give_each(p + ABREAST, w[ABREAST], t, count)
    give_each(p + 2 * ABREAST, w[2 * ABREAST], t, count)
    give_each(p + 3 * ABREAST, w[3 * ABREAST], t, count)
    give_each(p + 4 * ABREAST, w[4 * ABREAST], t, count)
    give_each(p + 5 * ABREAST, w[5 * ABREAST], t, count)
    give_each(p + 6 * ABREAST, w[6 * ABREAST], t, count)


cdef inline void seven_squared(
    const floating* p, Py_ssize_t s, const floating* w, const floating* bias, floating* y, int count, bint funnel
) noexcept nogil:
    """7 x 7 windows of a constant ``count`` of neighbours, in planes with rows s places apart."""
    cdef floating z[ABREAST * AT_ONCE]  # or the compiler must assume that results overwrite what is still to be read
    cdef floating t[AT_ONCE]
    cdef Py_ssize_t i, below = s * ABREAST
    cdef const floating* c = p + 3 * below + 3 * ABREAST
    cdef int j
    for i in range(ABREAST):
        for j in range(count):
            t[j] = bias[i]
        give_seven(p + i, w + i, t, count)
        give_seven(p + below + i, w + 7 * ABREAST + i, t, count)
        give_seven(p + 2 * below + i, w + 14 * ABREAST + i, t, count)
        give_seven(p + 3 * below + i, w + 21 * ABREAST + i, t, count)
        give_seven(p + 4 * below + i, w + 28 * ABREAST + i, t, count)
        give_seven(p + 5 * below + i, w + 35 * ABREAST + i, t, count)
        give_seven(p + 6 * below + i, w + 42 * ABREAST + i, t, count)
        for j in range(count):
            z[j * ABREAST + i] = larger(c[j * ABREAST + i], t[j]) if funnel else t[j]
    for i in range(count * ABREAST):
        y[i] = z[i]


cdef inline void row_abreast(
    const floating* p, Py_ssize_t s, const floating* w, const floating* bias, floating* y, Py_ssize_t width, bint funnel
) noexcept nogil:
    """A row of 7 x 7 windows of ABREAST planes, of which weights and biases are interleaved too.

    Up to AT_ONCE - 1 places beyond it are computed as well: rows without gaps are to be computed from the first down.
    """
    cdef Py_ssize_t j
    if (width + 7) // 8 < (width + 6) // 7:
        for j in range((width + 7) // 8):
            seven_squared(p + 8 * j * ABREAST, s, w, bias, y + 8 * j * ABREAST, 8, funnel)
    else:
        for j in range((width + 6) // 7):
            seven_squared(p + 7 * j * ABREAST, s, w, bias, y + 7 * j * ABREAST, 7, funnel)


cdef inline void add_products(const floating* x, const floating* g, double* sums, Py_ssize_t n) noexcept nogil:
    """sums[j] += x[j] g[j], in double: of float32 such a product is exact."""
    cdef Py_ssize_t j
    for j in range(n):
        sums[j] = fma(<double>x[j], <double>g[j], sums[j])


cdef inline double fold(double* a, Py_ssize_t n) noexcept nogil:
    """The sum of a[0], ..., a[n - 1], which it overwrites: halves are added, so that the additions vectorise."""
    cdef Py_ssize_t half, j
    while n > 1:
        half = (n + 1) // 2
        for j in range(n - half):
            a[j] += a[half + j]
        n = half
    return a[0]
