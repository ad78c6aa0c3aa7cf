# cython: cdivision=True
"""Functions along columns that stand side by side in memory: softmax and its kin, some tens of columns at a time.

May be cimported by any Cython code; itself uses `fastact.scores` and `fastact.vmath`. What rows.pxd does along a row is
done here across columns: element i of `width` columns is a run of memory, and each column has its own largest element
and its own partial sums, added in the same order, so that the bits are those of rows.pxd.
Operands have distances from element to element, in elements; the result may be any of the inputs.
"""
from cython cimport floating
from libc.math cimport log1p
from fastact.scores cimport (
    add, add_product, boolean, but_largest, exp_below, fold, inverse_of, LANES, larger, log_of, make_finite,
    normalised, PLAIN, raise_top, ruled, score,
)
from fastact.rows cimport less, log_pull, pull
from fastact.vmath cimport infinity, not_a_number

cdef enum:
    COLUMNS = 128  # most columns at a time
    SUMS = 4096  # LANES of them


cdef inline void clear(double* total, double* lost, Py_ssize_t width) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(LANES * width):
        total[j] = lost[j] = 0.0


cdef inline void sum_of_columns(double* total, double* lost, Py_ssize_t width, floating like) noexcept nogil:
    """`sum_of_lanes` of each column; partial sum l of column j is number l width + j."""
    fold(total, lost, 16 * width, like)
    fold(total, lost, 8 * width, like)
    fold(total, lost, 4 * width, like)
    fold(total, lost, 2 * width, like)
    fold(total, lost, width, like)


cdef inline void top_scores(
    const floating* x, Py_ssize_t xs, floating scale, const floating* mask, const boolean* kept, Py_ssize_t ms,
    floating* top, floating* top_low, floating* copy, Py_ssize_t cs, Py_ssize_t n, Py_ssize_t width, int kind,
) noexcept nogil:
    """The largest score of each column; with a ``copy`` that is not x, x is copied there."""
    cdef floating a, low
    cdef Py_ssize_t i, j
    for j in range(width):
        top[j] = -infinity(scale)
        top_low[j] = <floating>0.0
    for i in range(n):
        for j in range(width):
            a = score(x[i * xs + j], scale, mask, kept, i * ms + j, kind, &low)
            if kind == PLAIN:
                top[j] = larger(top[j], a)
            else:
                raise_top(top + j, top_low + j, a, low)
        if copy != NULL and copy != x:
            for j in range(width):
                copy[i * cs + j] = x[i * xs + j]


cdef inline void column_exponentials(
    const floating* x, Py_ssize_t xs, floating scale, const floating* mask, const boolean* kept, Py_ssize_t ms,
    floating* y, Py_ssize_t ys, const floating* top, const floating* top_low, double* total, double* lost,
    Py_ssize_t n, Py_ssize_t width, int kind,
) noexcept nogil:
    """y = exp(score - top), and the sum of each column. With ys = 0 the exponentials are not kept."""
    cdef floating a, low
    cdef Py_ssize_t i, j
    cdef floating* row
    cdef Py_ssize_t lane
    clear(total, lost, width)
    for i in range(n):
        lane = i % LANES * width
        row = y + i * ys
        if x + i * xs == row:
            for j in range(width):
                a = score(row[j], scale, mask, kept, i * ms + j, kind, &low)
                row[j] = exp_below(a, low, top[j], top_low[j] if kind != PLAIN else <floating>0.0)
        else:
            for j in range(width):
                a = score(x[i * xs + j], scale, mask, kept, i * ms + j, kind, &low)
                row[j] = exp_below(a, low, top[j], top_low[j] if kind != PLAIN else <floating>0.0)
        for j in range(width):
            add(row[j], total + lane + j, lost + lane + j)
    sum_of_columns(total, lost, width, scale)


cdef inline void column_logarithms(
    const floating* x, Py_ssize_t xs, floating scale, const floating* mask, const boolean* kept, Py_ssize_t ms,
    const floating* top, const floating* top_low, double* logarithms, Py_ssize_t n, Py_ssize_t width, int kind,
) noexcept nogil:
    """`log_sum` of each column."""
    cdef floating scratch[COLUMNS]
    cdef double total[SUMS]
    cdef double lost[SUMS]
    cdef bint again[COLUMNS]
    cdef bint some = False
    cdef floating a, low
    cdef Py_ssize_t i, j, lane
    column_exponentials(x, xs, scale, mask, kept, ms, scratch, 0, top, top_low, total, lost, n, width, kind)
    for j in range(width):
        logarithms[j] = log_of(total[j], lost[j])
        again[j] = ruled(total[j], scale)
        some = some or again[j]
    if not some:
        return
    clear(total, lost, width)
    for i in range(n):
        lane = i % LANES * width
        for j in range(width):
            a = score(x[i * xs + j], scale, mask, kept, i * ms + j, kind, &low)
            scratch[j] = but_largest(exp_below(a, low, top[j], top_low[j] if kind != PLAIN else <floating>0.0))
        for j in range(width):
            add(scratch[j], total + lane + j, lost + lane + j)
    sum_of_columns(total, lost, width, scale)
    for j in range(width):
        if again[j]:
            logarithms[j] = log1p(total[j])


cdef inline void softmax_columns(
    const floating* x, Py_ssize_t xs, floating scale, const floating* mask, const boolean* kept, Py_ssize_t ms,
    floating* y, Py_ssize_t ys, floating* near, Py_ssize_t ns, Py_ssize_t n, Py_ssize_t width, int kind,
) noexcept nogil:
    """`softmax_row` of each column. What lies between x and y is kept in ``near``, which may be either of them."""
    cdef floating top[COLUMNS]
    cdef floating top_low[COLUMNS]
    cdef floating inverse[COLUMNS]
    cdef floating rest[COLUMNS]
    cdef double total[SUMS]
    cdef double lost[SUMS]
    cdef floating* row
    cdef Py_ssize_t i, j
    top_scores(x, xs, scale, mask, kept, ms, top, top_low, near, ns, n, width, kind)
    for j in range(width):
        make_finite(top + j, top_low + j)
    column_exponentials(near, ns, scale, mask, kept, ms, near, ns, top, top_low, total, lost, n, width, kind)
    for j in range(width):
        inverse_of(total[j], lost[j], inverse + j, rest + j)
    for i in range(n):
        row = near + i * ns
        if row == y + i * ys:
            for j in range(width):
                row[j] = normalised(row[j], inverse[j], rest[j])
        else:
            for j in range(width):
                y[i * ys + j] = normalised(row[j], inverse[j], rest[j])


cdef inline void log_softmax_columns(
    const floating* x, Py_ssize_t xs, floating scale, const floating* mask, const boolean* kept, Py_ssize_t ms,
    floating* y, Py_ssize_t ys, floating* near, Py_ssize_t ns, Py_ssize_t n, Py_ssize_t width, int kind,
) noexcept nogil:
    """`log_softmax_row` of each column. What lies between x and y is kept in ``near``, which may be either of them."""
    cdef floating top[COLUMNS]
    cdef floating top_low[COLUMNS]
    cdef floating high[COLUMNS]
    cdef floating rest[COLUMNS]
    cdef double logarithms[COLUMNS]
    cdef floating a, low
    cdef floating* row
    cdef Py_ssize_t i, j
    top_scores(x, xs, scale, mask, kept, ms, top, top_low, near, ns, n, width, kind)
    for j in range(width):
        make_finite(top + j, top_low + j)
    column_logarithms(near, ns, scale, mask, kept, ms, top, top_low, logarithms, n, width, kind)
    for j in range(width):
        high[j] = <floating>logarithms[j]
        rest[j] = <floating>(logarithms[j] - high[j])
    for i in range(n):
        row = near + i * ns
        if row == y + i * ys:
            for j in range(width):
                a = score(row[j], scale, mask, kept, i * ms + j, kind, &low)
                row[j] = less(a, low, top[j], top_low[j] if kind != PLAIN else <floating>0.0, high[j], rest[j])
        else:
            for j in range(width):
                a = score(row[j], scale, mask, kept, i * ms + j, kind, &low)
                y[i * ys + j] = less(a, low, top[j], top_low[j] if kind != PLAIN else <floating>0.0, high[j], rest[j])


cdef inline floating either_pull(
    floating g, floating y, floating scale, floating total, bint of_log
) noexcept nogil:
    return log_pull(g, y, scale, total) if of_log else pull(g, y, scale, total)


cdef inline void backward_columns(
    const floating* g, Py_ssize_t gs, const floating* y, Py_ssize_t ys, floating scale, floating* dx, Py_ssize_t ds,
    Py_ssize_t n, Py_ssize_t width, bint of_log,
) noexcept nogil:
    """`softmax_backward_row` of each column, or `log_softmax_backward_row`."""
    cdef floating sums[COLUMNS]
    cdef double total[SUMS]
    cdef double lost[SUMS]
    cdef floating* row
    cdef const floating* gi
    cdef const floating* yi
    cdef Py_ssize_t i, j, lane
    clear(total, lost, width)
    for i in range(n):
        lane = i % LANES * width
        gi = g + i * gs
        yi = y + i * ys
        for j in range(width):
            if of_log:
                add(gi[j], total + lane + j, lost + lane + j)
            else:
                add_product(gi[j], yi[j], total + lane + j, lost + lane + j)
    sum_of_columns(total, lost, width, scale)
    for j in range(width):
        sums[j] = <floating>(total[j] + lost[j])
    for i in range(n):
        row = dx + i * ds
        gi = g + i * gs
        yi = y + i * ys
        if gi == row:
            for j in range(width):
                row[j] = either_pull(row[j], yi[j], scale, sums[j], of_log)
        elif yi == row:
            for j in range(width):
                row[j] = either_pull(gi[j], row[j], scale, sums[j], of_log)
        else:
            for j in range(width):
                row[j] = either_pull(gi[j], yi[j], scale, sums[j], of_log)


cdef inline void at_top_columns(
    const floating* g, const floating* x, Py_ssize_t xs, floating* y, Py_ssize_t ys, Py_ssize_t n, Py_ssize_t width
) noexcept nogil:
    """y = g, or 1 without, at the first of the largest elements of each column; a column with NaN is NaN."""
    cdef floating top[COLUMNS]
    cdef floating top_low[COLUMNS]
    cdef floating left[COLUMNS]  # what is still to be placed: g, then 0
    cdef floating bad[COLUMNS]  # 0, or NaN
    cdef floating* row
    cdef floating here, placed
    cdef Py_ssize_t i, j
    top_scores(x, xs, <floating>1.0, <const floating*>NULL, NULL, 0, top, top_low, <floating*>NULL, 0, n, width, PLAIN)
    for j in range(width):
        left[j] = g[j] if g != NULL else <floating>1.0
        bad[j] = <floating>0.0
    for i in range(n):
        for j in range(width):
            bad[j] = bad[j] if x[i * xs + j] == x[i * xs + j] else not_a_number(bad[j])
    for i in range(n):
        row = y + i * ys
        for j in range(width):
            here = x[i * xs + j]
            placed = left[j] if here == top[j] else <floating>0.0
            row[j] = placed if bad[j] == <floating>0.0 else bad[j]
            left[j] = <floating>0.0 if here == top[j] else left[j]


cdef inline void max_columns(
    const floating* x, Py_ssize_t xs, floating* y, Py_ssize_t n, Py_ssize_t width
) noexcept nogil:
    """The largest element of each column, of zeros of both signs the first; NaN if one is."""
    cdef Py_ssize_t i, j
    for j in range(width):
        y[j] = x[j]
    for i in range(1, n):
        for j in range(width):
            # a NaN in y stays, one in x gets in
            y[j] = y[j] if y[j] >= x[i * xs + j] or y[j] != y[j] else x[i * xs + j]


cdef inline void logsumexp_columns(
    const floating* x, Py_ssize_t xs, floating* y, Py_ssize_t n, Py_ssize_t width
) noexcept nogil:
    """`logsumexp_row` of each column."""
    cdef floating top[COLUMNS]
    cdef floating top_low[COLUMNS]
    cdef floating largest[COLUMNS]
    cdef double logarithms[COLUMNS]
    cdef Py_ssize_t j
    max_columns(x, xs, largest, n, width)
    for j in range(width):
        top[j] = largest[j]
        make_finite(top + j, top_low + j)
    column_logarithms(x, xs, <floating>1.0, <const floating*>NULL, NULL, 0, top, top_low, logarithms, n, width, PLAIN)
    for j in range(width):
        y[j] = <floating>(<double>top[j] + logarithms[j])
        y[j] = largest[j] if largest[j] == infinity(top[j]) or largest[j] == -infinity(top[j]) else y[j]


cdef inline void logsumexp_backward_columns(
    const floating* g, const floating* x, Py_ssize_t xs, floating* dx, Py_ssize_t ds, Py_ssize_t n, Py_ssize_t width
) noexcept nogil:
    """dx = g softmax(x), for each column."""
    cdef floating kept[COLUMNS]  # dx may lie over g
    cdef Py_ssize_t i, j
    for j in range(width):
        kept[j] = g[j]
    softmax_columns(x, xs, <floating>1.0, <const floating*>NULL, NULL, 0, dx, ds, dx, ds, n, width, PLAIN)
    for i in range(n):
        for j in range(width):
            dx[i * ds + j] = kept[j] * dx[i * ds + j]
