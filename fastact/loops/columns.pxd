# cython: cdivision=True
"""Functions along columns that stand side by side in memory: softmax and its kin, some tens of columns at a time.

May be cimported by any Cython code; itself uses `fastact.formulas.scores`, `rows`, `nearzero`, `vmath` and `machine`.
What rows.pxd does along a row is done here across columns: element i of `width` columns is a run of memory, and each
column has its own largest element and its own partial sums, added in the same order, so that the bits are those of
rows.pxd. Operands have distances from element to element, in elements; the result may be any of the inputs.

Where elements are passed over more than once they are copied into panels: element i of PANEL columns after element
i - 1, a row of vectors one after another, whose loops are as good as those along a row. What belongs to the columns
of a panel stays in registers. A last panel that is not full is filled up with 0.
"""
from cython cimport floating
from libc.math cimport log1p
from libc.string cimport memcpy, memset

from fastact.loops cimport machine
from fastact.formulas.scores cimport (
    add, add_product, ADDED, boolean, but_largest, exp_below, fold, inverse_of, KEPT, LANES, larger, log_of, lower,
    normalised, PARTS, PLAIN, raise_top, refer, ruled, score, SCALED, TOP, TOP_LOW,
)
from fastact.formulas.nearzero cimport cancels, near_zero
from fastact.loops.rows cimport crown, less, log_pull, pull, score_of_extreme
from fastact.vmath cimport infinity, not_a_number

cdef enum:
    COLUMNS = 128  # most columns at a time
    PANEL = 16  # columns of a panel
    PANEL_SUMS = 512  # LANES of them
    PANEL_ROWS = 128  # elements of a column between which a panel is taken to be in the nearest cache
    TOP_ROWS = 32  # likewise, of all panels
    AHEAD = 16  # elements of a column that are fetched before they are used


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


cdef inline void largest_of_columns(
    const floating* x, Py_ssize_t xs, floating* top, Py_ssize_t n, Py_ssize_t width
) noexcept nogil:
    """The largest element of each column; a NaN may be overlooked."""
    cdef Py_ssize_t i, j
    for j in range(width):
        top[j] = -infinity(x[0])
    for i in range(n):
        for j in range(width):
            top[j] = larger(top[j], x[i * xs + j])


cdef inline void raise_tops(
    const floating* panel, floating* lanes, Py_ssize_t count, floating sign, const boolean* kept, Py_ssize_t ms,
    Py_ssize_t width, int kind,
) noexcept nogil:
    """Let four largest elements of each column of a panel be larger by ``count`` more elements of each, times sign."""
    cdef Py_ssize_t i, j, whole_steps = count - count % 4
    cdef floating a
    if kind == KEPT:
        for i in range(count):
            for j in range(width):
                a = sign * panel[i * PANEL + j]
                a = a if kept[i * ms + j] else -infinity(a)
                lanes[j] = larger(lanes[j], a)
        return
    for i in range(0, whole_steps * PANEL, 64):
        for j in range(4 * PANEL):
            lanes[j] = larger(lanes[j], panel[i + j] if kind == PLAIN else sign * panel[i + j])
    for i in range(whole_steps * PANEL, count * PANEL):
        j = i % PANEL
        lanes[j] = larger(lanes[j], panel[i] if kind == PLAIN else sign * panel[i])


cdef inline void panels_of(
    const floating* x, Py_ssize_t xs, floating scale, const floating* mask, const boolean* kept, Py_ssize_t ms,
    floating* r, floating* near, Py_ssize_t n, Py_ssize_t width, int kind,
) noexcept nogil:
    """Copy x into panels, of n elements each, and leave in r what `refer` says of each column's largest score."""
    cdef floating tops[4 * COLUMNS]
    cdef floating tops_low[COLUMNS]
    cdef floating a, low
    cdef floating sign = <floating>-1.0 if scale < <floating>0.0 else <floating>1.0
    cdef floating* lanes
    cdef const floating* row
    cdef Py_ssize_t i, j, v, start, stop, full = width - width % PANEL
    for j in range(4 * COLUMNS):
        tops[j] = -infinity(scale)
    for j in range(COLUMNS):
        tops_low[j] = <floating>0.0
    for start in range(0, n, 32):
        stop = start + TOP_ROWS if n - start > TOP_ROWS else n
        for i in range(start, stop):
            row = x + i * xs
            if i + AHEAD < n:
                for j in range(0, width, 16):
                    machine.prefetch_read(row + AHEAD * xs + j)
            for v in range(0, full, 16):
                memcpy(near + v * n + i * PANEL, row + v, PANEL * sizeof(floating))
            if full < width:
                memset(near + full * n + i * PANEL, 0, PANEL * sizeof(floating))
                for j in range(full, width):
                    near[full * n + i * PANEL + j - full] = row[j]
        for v in range(0, width, 16):
            lanes = tops + 4 * v
            if kind != ADDED:
                raise_tops(
                    near + v * n + start * PANEL, lanes, stop - start, sign,
                    kept + start * ms + v if kind == KEPT else kept, ms,
                    width - v if width - v < PANEL else PANEL, kind,
                )
                continue
            for i in range(start, stop):
                for j in range(width - v if width - v < PANEL else PANEL):
                    a = score(near[v * n + i * PANEL + j], scale, mask, kept, i * ms + v + j, kind, &low)
                    raise_top(lanes + j, tops_low + v + j, a, low)
    for v in range(0, width, 16):
        lanes = tops + 4 * v
        for j in range(PANEL):
            a = larger(larger(lanes[j], lanes[j + PANEL]), larger(lanes[j + 2 * PANEL], lanes[j + 3 * PANEL]))
            if kind == SCALED or kind == KEPT:
                a = score_of_extreme(sign * a, scale, tops_low + v + j)
            refer(a, tops_low[v + j], r + v + j, COLUMNS)


cdef inline void panel_exponentials(
    const floating* x, floating* e, Py_ssize_t start, Py_ssize_t stop, floating scale, const floating* mask,
    const boolean* kept, Py_ssize_t ms, const floating* r, Py_ssize_t width, int kind,
) noexcept nogil:
    """e[0], ... = `exp_below` of elements start to stop of a panel's columns, of which the first ``width`` are used.

    Each vector passes through a place of its own, which no pointer can reach: so the compiler need not ask whether e
    overlaps x or r, and keeps all of this in registers.
    """
    cdef floating vector[PANEL]
    cdef floating refers[PARTS * PANEL]
    cdef floating a, low
    cdef Py_ssize_t i, j, k
    for k in range(PARTS):
        for j in range(PANEL):
            refers[k * PANEL + j] = r[k * COLUMNS + j]
    if width == PANEL or kind == PLAIN or kind == SCALED:
        for i in range(start, stop):
            for j in range(PANEL):
                vector[j] = x[i * PANEL + j]
            for j in range(PANEL):
                a = score(vector[j], scale, mask, kept, i * ms + j, kind, &low)
                vector[j] = exp_below(a, low, refers + j, PANEL, kind)
            for j in range(PANEL):
                e[(i - start) * PANEL + j] = vector[j]
    else:
        for i in range(start, stop):
            for j in range(width):
                a = score(x[i * PANEL + j], scale, mask, kept, i * ms + j, kind, &low)
                vector[j] = exp_below(a, low, refers + j, PANEL, kind)
            for j in range(width):
                e[(i - start) * PANEL + j] = vector[j]


cdef inline void add_panel(
    const floating* e, Py_ssize_t count, double* total, double* lost
) noexcept nogil:
    """Add ``count`` elements of each of a panel's columns, e[0], ..., to LANES partial sums of each."""
    cdef Py_ssize_t i, j, last = count % LANES * PANEL
    if count == PANEL_ROWS:
        # each sum is loaded and stored once for all
        for j in range(PANEL_SUMS):
            add(e[j], total + j, lost + j)
            add(e[j + PANEL_SUMS], total + j, lost + j)
            add(e[j + 2 * PANEL_SUMS], total + j, lost + j)
            add(e[j + 3 * PANEL_SUMS], total + j, lost + j)
        return
    for i in range(0, count * PANEL - last, 512):
        for j in range(PANEL_SUMS):
            add(e[i + j], total + j, lost + j)
    e = e + count * PANEL - last
    for j in range(last):
        add(e[j], total + j, lost + j)


cdef inline void normalise_row(
    const floating* near, floating* row, const floating* inverse, const floating* rest, Py_ssize_t n,
    Py_ssize_t width,
) noexcept nogil:
    """One element of each column, from panels to its row in the result."""
    cdef floating vector[PANEL]
    cdef Py_ssize_t j, v, full = width - width % PANEL
    for v in range(0, full, 16):
        for j in range(PANEL):
            vector[j] = near[v * n + j]
        for j in range(PANEL):
            vector[j] = normalised(vector[j], inverse[v + j], rest[v + j])
        for j in range(PANEL):
            row[v + j] = vector[j]
    for j in range(full, width):
        row[j] = normalised(near[full * n + j - full], inverse[j], rest[j])


cdef inline void softmax_columns(
    const floating* x, Py_ssize_t xs, floating scale, const floating* mask, const boolean* kept, Py_ssize_t ms,
    floating* y, Py_ssize_t ys, floating* near, Py_ssize_t n, Py_ssize_t width, int kind,
) noexcept nogil:
    """`softmax_row` of each column; ``near`` has room for them, in panels."""
    cdef floating r[PARTS * COLUMNS]
    cdef floating inverse[COLUMNS]
    cdef floating rest[COLUMNS]
    cdef double total[PANEL_SUMS]
    cdef double lost[PANEL_SUMS]
    cdef floating* panel
    cdef floating* row
    cdef Py_ssize_t i, j, v, start, stop
    panels_of(x, xs, scale, mask, kept, ms, r, near, n, width, kind)
    for v in range(0, width, 16):
        panel = near + v * n
        clear(total, lost, PANEL)
        for start in range(0, n, 128):
            stop = start + PANEL_ROWS if n - start > PANEL_ROWS else n
            panel_exponentials(
                panel, panel + start * PANEL, start, stop, scale, mask + v if kind == ADDED else mask,
                kept + v if kind == KEPT else kept, ms, r + v, width - v if width - v < PANEL else PANEL, kind,
            )
            add_panel(panel + start * PANEL, stop - start, total, lost)
        sum_of_columns(total, lost, PANEL, scale)
        for j in range(PANEL):
            inverse_of(total[j], lost[j], inverse + v + j, rest + v + j)
            if r[v + j] == infinity(scale):
                inverse[v + j] = <floating>1.0
                rest[v + j] = <floating>0.0
    for i in range(n):
        row = y + i * ys
        if i + AHEAD < n:
            for j in range(0, width, 16):
                machine.prefetch(row + AHEAD * ys + j)
        normalise_row(near + i * PANEL, row, inverse, rest, n, width)
    for j in range(width):
        if r[j] == infinity(scale):
            crown(y + j, n, ys, <floating>1.0)


cdef inline void column_logarithms(
    const floating* near, floating scale, const floating* mask, const boolean* kept, Py_ssize_t ms, const floating* r,
    floating* e, double* logarithms, Py_ssize_t n, Py_ssize_t width, int kind,
) noexcept nogil:
    """`log_sum` of each column, which ``near`` holds in panels; e has room for PANEL_ROWS of a panel."""
    cdef double total[PANEL_SUMS]
    cdef double lost[PANEL_SUMS]
    cdef bint some
    cdef bint again[PANEL]
    cdef Py_ssize_t j, v, start, stop, used
    cdef int turn
    for v in range(0, width, 16):
        some = True
        used = width - v if width - v < PANEL else PANEL
        for turn in range(2):
            if not some:
                break
            clear(total, lost, PANEL)
            for start in range(0, n, 128):
                stop = start + PANEL_ROWS if n - start > PANEL_ROWS else n
                panel_exponentials(
                    near + v * n, e, start, stop, scale, mask + v if kind == ADDED else mask,
                    kept + v if kind == KEPT else kept, ms, r + v, used, kind,
                )
                if turn == 1:
                    for j in range((stop - start) * PANEL):
                        e[j] = but_largest(e[j])
                add_panel(e, stop - start, total, lost)
            sum_of_columns(total, lost, PANEL, scale)
            for j in range(PANEL):
                lower(total + j, lost + j, scale)
            if turn == 0:
                some = False
                for j in range(used):
                    logarithms[v + j] = log_of(total[j], lost[j])
                    again[j] = ruled(total[j], scale)
                    some = some or again[j]
            else:
                for j in range(used):
                    if again[j]:
                        logarithms[v + j] = log1p(total[j])


cdef inline void log_softmax_columns(
    const floating* x, Py_ssize_t xs, floating scale, const floating* mask, const boolean* kept, Py_ssize_t ms,
    floating* y, Py_ssize_t ys, floating* near, floating* e, Py_ssize_t n, Py_ssize_t width, int kind,
) noexcept nogil:
    """`log_softmax_row` of each column; ``near`` has room for them, in panels, e as in `column_logarithms`."""
    cdef floating r[PARTS * COLUMNS]
    cdef floating high[COLUMNS]
    cdef floating rest[COLUMNS]
    cdef double logarithms[COLUMNS]
    cdef const floating* low_of = r + TOP_LOW * COLUMNS
    cdef floating a, low
    cdef floating* row
    cdef floating* panel
    cdef Py_ssize_t i, j, v, at, full = width - width % PANEL
    panels_of(x, xs, scale, mask, kept, ms, r, near, n, width, kind)
    column_logarithms(near, scale, mask, kept, ms, r, e, logarithms, n, width, kind)
    for j in range(width):
        logarithms[j] = 0.0 if r[j] == infinity(scale) else logarithms[j]
        high[j] = <floating>logarithms[j]
        rest[j] = <floating>(logarithms[j] - high[j])
    for i in range(n):
        row = y + i * ys
        at = i * ms
        if i + AHEAD < n:
            for j in range(0, width, 16):
                machine.prefetch(row + AHEAD * ys + j)
        for v in range(0, full, 16):
            panel = near + v * n + i * PANEL
            for j in range(PANEL):
                a = score(panel[j], scale, mask, kept, at + v + j, kind, &low)
                row[v + j] = less(a, low, r[v + j], low_of[v + j], high[v + j], rest[v + j])
        panel = near + full * n + i * PANEL
        for j in range(full, width):
            a = score(panel[j - full], scale, mask, kept, at + j, kind, &low)
            row[j] = less(a, low, r[j], low_of[j], high[j], rest[j])
    for j in range(width):
        if r[j] == infinity(scale):
            crown(y + j, n, ys, <floating>0.0)


cdef inline floating either_pull(
    floating g, floating y, floating scale, floating total, bint of_log
) noexcept nogil:
    return log_pull(g, y, scale, total) if of_log else pull(g, y, scale, total)


cdef inline void add_either(
    const floating* g, const floating* y, double* total, double* lost, Py_ssize_t width, bint of_log
) noexcept nogil:
    """Add g, or g y, of ``width`` neighbours to a partial sum of each.

    As in `panel_exponentials`, vectors pass through places of their own: sums, like g and y, are in memory.
    """
    cdef floating a[PANEL]
    cdef floating b[PANEL]
    cdef double sums[PANEL]
    cdef double lack[PANEL]
    cdef Py_ssize_t j, v, full = width - width % PANEL
    for v in range(0, full, 16):
        for j in range(PANEL):
            a[j] = g[v + j]
            b[j] = g[v + j] if of_log else y[v + j]
            sums[j] = total[v + j]
            lack[j] = lost[v + j]
        for j in range(PANEL):
            if of_log:
                add(a[j], sums + j, lack + j)
            else:
                add_product(a[j], b[j], sums + j, lack + j)
        for j in range(PANEL):
            total[v + j] = sums[j]
            if floating is double:
                lost[v + j] = lack[j]
    for j in range(full, width):
        if of_log:
            add(g[j], total + j, lost + j)
        else:
            add_product(g[j], y[j], total + j, lost + j)


cdef inline void backward_columns(
    const floating* g, Py_ssize_t gs, const floating* y, Py_ssize_t ys, floating scale, floating* dx, Py_ssize_t ds,
    double* partial, Py_ssize_t n, Py_ssize_t width, bint of_log,
) noexcept nogil:
    """`softmax_backward_row` of each column, or `log_softmax_backward_row`; ``partial``: room for 2 LANES of each."""
    cdef floating sums[COLUMNS]
    cdef double* total = partial
    cdef double* lost = partial + LANES * width
    cdef floating* row
    cdef const floating* gi
    cdef const floating* yi
    cdef Py_ssize_t i, j, lane
    clear(total, lost, width)
    for i in range(n):
        lane = i % LANES * width
        add_either(g + i * gs, y + i * ys, total + lane, lost + lane, width, of_log)
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
    cdef floating left[COLUMNS]  # what is still to be placed: g, then 0
    cdef floating bad[COLUMNS]  # 0, or NaN
    cdef floating* row
    cdef floating here, placed
    cdef Py_ssize_t i, j
    largest_of_columns(x, xs, top, n, width)
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
    const floating* x, Py_ssize_t xs, floating* y, floating* near, floating* e, Py_ssize_t n, Py_ssize_t width
) noexcept nogil:
    """`logsumexp_row` of each column; ``near`` has room for them, in panels, e as in `column_logarithms`."""
    cdef floating r[PARTS * COLUMNS]
    cdef floating largest[COLUMNS]
    cdef double logarithms[COLUMNS]
    cdef Py_ssize_t j
    max_columns(x, xs, largest, n, width)
    panels_of(x, xs, <floating>1.0, <const floating*>NULL, NULL, 0, r, near, n, width, PLAIN)
    column_logarithms(near, <floating>1.0, <const floating*>NULL, NULL, 0, r, e, logarithms, n, width, PLAIN)
    for j in range(width):
        y[j] = <floating>(<double>r[j] + logarithms[j])
        if cancels(y[j], logarithms[j]):
            y[j] = near_zero(near + j // PANEL * PANEL * n + j % PANEL, n, PANEL)
        y[j] = largest[j] if largest[j] == infinity(r[j]) or largest[j] == -infinity(r[j]) else y[j]


cdef inline void logsumexp_backward_columns(
    const floating* g, const floating* x, Py_ssize_t xs, floating* dx, Py_ssize_t ds, floating* near, Py_ssize_t n,
    Py_ssize_t width,
) noexcept nogil:
    """dx = g softmax(x), for each column."""
    cdef floating kept[COLUMNS]  # dx may lie over g
    cdef Py_ssize_t i, j
    for j in range(width):
        kept[j] = g[j]
    softmax_columns(x, xs, <floating>1.0, <const floating*>NULL, NULL, 0, dx, ds, near, n, width, PLAIN)
    for i in range(n):
        for j in range(width):
            dx[i * ds + j] = kept[j] * dx[i * ds + j]
