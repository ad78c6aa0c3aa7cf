# cython: cdivision=True
"""Functions of a row of contiguous elements: softmax and its kin, forward and backward.

May be cimported by any Cython code; itself uses formulas and `vmath`. The result may be any of the inputs: each loop
over elements that it overwrites stands twice, with one pointer for two that may be the same, because a compiler must
assume that two may overlap and then keeps a scalar loop.
"""
from cython cimport floating
from libc.math cimport log1p

from fastact.loops cimport machine
from fastact.formulas.nearzero cimport cancels, near_zero
from fastact.formulas.scores cimport (
    add, add_product, ADDED, below, BLOCK, boolean, but_largest, exp_below, inverse_of, KEPT, LANES, larger, log_of,
    lower, normalised, PARTS, PLAIN, raise_top, refer, ruled, score, sum_of_lanes, TOP, TOP_LOW,
)
from fastact.vmath cimport exp, HAS_FMA, infinity, not_a_number, product_low


cdef inline floating largest_of(
    const floating* x, Py_ssize_t n, const boolean* kept, bint negated, int kind
) noexcept nogil:
    """The largest of x, or of -x, among those that take part; -inf of nothing. A NaN may be overlooked.

    Twice as many lanes as sums have: what limits the loop is how long a lane waits for its last comparison.
    """
    cdef floating lanes[2 * LANES]
    cdef floating a
    cdef Py_ssize_t i, j, all_lanes = n - n % (2 * LANES)
    a = -infinity(x[0])
    for j in range(2 * LANES):
        lanes[j] = a
    for i in range(0, all_lanes, 64):
        for j in range(2 * LANES):
            a = -x[i + j] if negated else x[i + j]
            if kind == KEPT:
                a = a if kept[i + j] else -infinity(a)
            lanes[j] = larger(lanes[j], a)
    for i in range(all_lanes, n):
        a = -x[i] if negated else x[i]
        if kind == KEPT:
            a = a if kept[i] else -infinity(a)
        lanes[i - all_lanes] = larger(lanes[i - all_lanes], a)
    for j in range(32):
        lanes[j] = larger(lanes[j], lanes[j + 32])
    for j in range(16):
        lanes[j] = larger(lanes[j], lanes[j + 16])
    for j in range(8):
        lanes[j] = larger(lanes[j], lanes[j + 8])
    for j in range(4):
        lanes[j] = larger(lanes[j], lanes[j + 4])
    for j in range(1, 4):
        lanes[0] = larger(lanes[0], lanes[j])
    return lanes[0]


cdef inline floating top_added(
    const floating* x, Py_ssize_t n, floating scale, const floating* mask, floating* top_low
) noexcept nogil:
    """`top_score` with a mask that is added."""
    cdef floating lanes[LANES]
    cdef floating lows[LANES]
    cdef floating a, low
    cdef Py_ssize_t i, j, all_lanes = n - n % LANES
    for j in range(LANES):
        lanes[j] = -infinity(scale)
        lows[j] = <floating>0.0
    for i in range(0, all_lanes, 32):
        for j in range(LANES):
            a = score(x[i + j], scale, mask, NULL, i + j, ADDED, &low)
            raise_top(lanes + j, lows + j, a, low)
    for i in range(all_lanes, n):
        j = i - all_lanes
        a = score(x[i], scale, mask, NULL, i, ADDED, &low)
        raise_top(lanes + j, lows + j, a, low)
    for j in range(16):
        raise_top(lanes + j, lows + j, lanes[j + 16], lows[j + 16])
    for j in range(8):
        raise_top(lanes + j, lows + j, lanes[j + 8], lows[j + 8])
    for j in range(4):
        raise_top(lanes + j, lows + j, lanes[j + 4], lows[j + 4])
    for j in range(1, 4):
        raise_top(lanes, lows, lanes[j], lows[j])
    top_low[0] = lows[0]
    return lanes[0]


cdef inline floating score_of_extreme(floating extreme, floating scale, floating* low) noexcept nogil:
    """The largest of the exact products of scale with a row whose largest, or with scale < 0 least, is ``extreme``.

    What the product lacks is in low[0]. An extreme that says that there is nothing, -inf or inf, gives -inf.
    """
    cdef floating nothing = infinity(scale) if scale < <floating>0.0 else -infinity(scale)
    cdef floating top = -infinity(scale) if extreme == nothing else extreme * scale
    low[0] = <floating>0.0 if extreme == nothing else product_low(extreme, scale, top)
    if not HAS_FMA:
        low[0] = low[0] if low[0] == low[0] else <floating>0.0
    return top


cdef inline floating top_score(
    const floating* x, Py_ssize_t n, floating scale, const floating* mask, const boolean* kept, int kind,
    floating* top_low,
) noexcept nogil:
    """The largest score, -inf of nothing, and in top_low[0] what it lacks."""
    top_low[0] = <floating>0.0
    if kind == PLAIN:
        return largest_of(x, n, kept, False, kind)
    if kind == ADDED:
        return top_added(x, n, scale, mask, top_low)
    if scale < <floating>0.0:
        return score_of_extreme(-largest_of(x, n, kept, True, kind), scale, top_low)
    return score_of_extreme(largest_of(x, n, kept, False, kind), scale, top_low)


cdef inline floating largest(const floating* x, Py_ssize_t n) noexcept nogil:
    """The largest element; a NaN may be overlooked."""
    cdef floating low
    return top_score(x, n, <floating>1.0, <const floating*>NULL, NULL, PLAIN, &low)


cdef inline void exponentials(
    const floating* x, floating* y, Py_ssize_t start, Py_ssize_t stop, const floating* r, floating scale,
    const floating* mask, const boolean* kept, int kind,
) noexcept nogil:
    """y[0], ... = `exp_below` of the scores of elements start to stop of x."""
    cdef floating a, low
    cdef Py_ssize_t i
    if x + start == y:
        for i in range(stop - start):
            a = score(y[i], scale, mask, kept, start + i, kind, &low)
            y[i] = exp_below(a, low, r, 1, kind)
    else:
        for i in range(stop - start):
            a = score(x[start + i], scale, mask, kept, start + i, kind, &low)
            y[i] = exp_below(a, low, r, 1, kind)


cdef inline void add_all(const floating* x, Py_ssize_t n, double* total, double* lost) noexcept nogil:
    """Add n elements to LANES partial sums."""
    cdef Py_ssize_t i, j, whole = n - n % LANES
    for i in range(0, whole, 32):
        for j in range(LANES):
            add(x[i + j], total + j, lost + j)
    for i in range(whole, n):
        add(x[i], total + i - whole, lost + i - whole)


cdef inline void fetch(const floating* x, floating* y) noexcept nogil:
    """Prefetch a block to be read, and one to be written."""
    cdef Py_ssize_t i
    for i in range(0, BLOCK * <Py_ssize_t>sizeof(floating), 64):
        machine.prefetch_read(<const char*>x + i)
        if <const void*>x != <const void*>y:
            machine.prefetch(<char*>y + i)


cdef inline void crown(floating* y, Py_ssize_t n, Py_ssize_t apart, floating value) noexcept nogil:
    """Where the largest score is inf: a single NaN, which its own difference from itself left, becomes ``value``.

    The others have got what they have beside inf. With more such scores, or NaN, there is no limit, and all is NaN.
    """
    cdef Py_ssize_t i, at = 0, count = 0
    for i in range(n):
        if y[i * apart] != y[i * apart]:
            count += 1
            at = i
    if count == 1:
        y[at * apart] = value
        return
    for i in range(n):
        y[i * apart] = not_a_number(value)


cdef inline void softmax_row(
    const floating* x, floating scale, const floating* mask, const boolean* kept, floating* y, Py_ssize_t n, int kind,
    Py_ssize_t ahead,
) noexcept nogil:
    """y = exp(score - largest score) / its sum. With NaN or two scores of inf all is NaN; where all are -inf it is 0.

    What lies ``ahead`` of each block in x and y, unless that is 0, is fetched meanwhile: the next row.
    """
    cdef double total[LANES]
    cdef double lost[LANES]
    cdef Py_ssize_t i, start, stop
    cdef floating r[PARTS]
    cdef floating inverse, low, top_low
    cdef floating top = top_score(x, n, scale, mask, kept, kind, &top_low)
    refer(top, top_low, r, 1)
    for i in range(LANES):
        total[i] = lost[i] = 0.0
    for start in range(0, n, 256):
        stop = start + BLOCK if n - start > BLOCK else n
        if ahead:
            fetch(x + start + ahead, y + start + ahead)
        exponentials(x, y + start, start, stop, r, scale, mask, kept, kind)
        add_all(y + start, stop - start, total, lost)
    if top == infinity(top):
        crown(y, n, 1, <floating>1.0)
        return
    sum_of_lanes(total, lost, top)
    inverse_of(total[0], lost[0], &inverse, &low)
    for i in range(n):
        y[i] = normalised(y[i], inverse, low)


cdef inline double log_sum(
    const floating* x, floating scale, const floating* mask, const boolean* kept, Py_ssize_t n,
    const floating* r, int kind,
) noexcept nogil:
    """The logarithm of the sum of exp(score - top); right to some ULP of float32 however near to 0."""
    cdef floating e[BLOCK]
    cdef double total[LANES]
    cdef double lost[LANES]
    cdef Py_ssize_t i, start, stop
    cdef bint again = False  # of all but the largest, which rules the sum
    while True:
        for i in range(LANES):
            total[i] = lost[i] = 0.0
        for start in range(0, n, 256):
            stop = start + BLOCK if n - start > BLOCK else n
            exponentials(x, e, start, stop, r, scale, mask, kept, kind)
            if again:
                for i in range(stop - start):
                    e[i] = but_largest(e[i])
            add_all(e, stop - start, total, lost)
        sum_of_lanes(total, lost, scale)
        lower(total, lost, scale)
        if again:
            return log1p(total[0])
        if not ruled(total[0], scale):
            return log_of(total[0], lost[0])
        again = True


cdef inline floating less(
    floating a, floating low, floating top, floating top_low, floating log_high, floating log_low
) noexcept nogil:
    """a + low - (top + top_low) - log_high - log_low: an element of log_softmax. Nothing cancels."""
    cdef floating d_low
    cdef floating d = below(a, low, top, top_low, &d_low)
    cdef floating high = d - log_high  # of -inf that is it, or NaN in a row with NaN or inf
    d_low = high + (d_low - log_low)
    return high if d == -infinity(a) else d_low


cdef inline void log_softmax_row(
    const floating* x, floating scale, const floating* mask, const boolean* kept, floating* y, Py_ssize_t n, int kind
) noexcept nogil:
    """y = score - largest score - log(sum(exp(score - largest score))). Where all are -inf it is -inf."""
    cdef double logarithm
    cdef floating a, low, top_low, high, rest
    cdef floating top = top_score(x, n, scale, mask, kept, kind, &top_low)
    cdef floating r[PARTS]
    cdef Py_ssize_t i
    refer(top, top_low, r, 1)
    logarithm = 0.0 if top == infinity(top) else log_sum(x, scale, mask, kept, n, r, kind)
    high = <floating>logarithm
    rest = <floating>(logarithm - high)
    if x == y:
        for i in range(n):
            a = score(y[i], scale, mask, kept, i, kind, &low)
            y[i] = less(a, low, r[TOP], r[TOP_LOW], high, rest)
    else:
        for i in range(n):
            a = score(x[i], scale, mask, kept, i, kind, &low)
            y[i] = less(a, low, r[TOP], r[TOP_LOW], high, rest)
    if top == infinity(top):
        crown(y, n, 1, <floating>0.0)


cdef inline floating logsumexp_row(const floating* x, Py_ssize_t n) noexcept nogil:
    """log(sum(exp(x))); inf if one is and none is NaN, -inf where all are."""
    cdef double logarithm
    cdef floating low = <floating>0.0
    cdef floating most = largest(x, n)
    cdef floating r[PARTS]
    refer(most, low, r, 1)
    logarithm = log_sum(x, <floating>1.0, <const floating*>NULL, NULL, n, r, PLAIN)
    if most == -infinity(most) and logarithm == 0.0:
        return most
    if most == infinity(most):
        return most if count_nan(x, n) == 0 else not_a_number(most)
    low = <floating>(<double>r[TOP] + logarithm)
    return near_zero(x, n, 1) if cancels(low, logarithm) else low


cdef inline Py_ssize_t count_nan(const floating* x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, count = 0
    for i in range(n):
        count += x[i] != x[i]
    return count


cdef inline double dot(const floating* g, const floating* y, Py_ssize_t n) noexcept nogil:
    """The sum of g y."""
    cdef double total[LANES]
    cdef double lost[LANES]
    cdef Py_ssize_t i, j, whole = n - n % LANES
    for i in range(LANES):
        total[i] = lost[i] = 0.0
    for i in range(0, whole, 32):
        for j in range(LANES):
            add_product(g[i + j], y[i + j], total + j, lost + j)
    for i in range(whole, n):
        add_product(g[i], y[i], total + i - whole, lost + i - whole)
    return sum_of_lanes(total, lost, g[0]) + lost[0]


cdef inline floating pull(floating g, floating y, floating scale, floating total) noexcept nogil:
    """scale y (g - total): an element of softmax's gradient."""
    return scale * (y * (g - total))


cdef inline void softmax_backward_row(
    const floating* g, const floating* y, floating scale, floating* dx, Py_ssize_t n
) noexcept nogil:
    """dx = scale y (g - sum(g y))."""
    cdef floating total = <floating>dot(g, y, n)
    cdef Py_ssize_t i
    if dx == g:
        for i in range(n):
            dx[i] = pull(dx[i], y[i], scale, total)
    elif dx == y:
        for i in range(n):
            dx[i] = pull(g[i], dx[i], scale, total)
    else:
        for i in range(n):
            dx[i] = pull(g[i], y[i], scale, total)


cdef inline floating log_pull(floating g, floating y, floating scale, floating total) noexcept nogil:
    """scale (g - exp(y) total): an element of log_softmax's gradient; 0 where y is -inf, whatever moves x there."""
    return <floating>0.0 if y == -infinity(y) else scale * (g - exp(y) * total)


cdef inline void log_softmax_backward_row(
    const floating* g, const floating* y, floating scale, floating* dx, Py_ssize_t n
) noexcept nogil:
    """dx = scale (g - exp(y) sum(g))."""
    cdef double partial[LANES]
    cdef double lost[LANES]
    cdef Py_ssize_t i
    cdef floating total
    for i in range(LANES):
        partial[i] = lost[i] = 0.0
    add_all(g, n, partial, lost)
    total = <floating>(sum_of_lanes(partial, lost, g[0]) + lost[0])
    if dx == g:
        for i in range(n):
            dx[i] = log_pull(dx[i], y[i], scale, total)
    elif dx == y:
        for i in range(n):
            dx[i] = log_pull(g[i], dx[i], scale, total)
    else:
        for i in range(n):
            dx[i] = log_pull(g[i], y[i], scale, total)


cdef inline void logsumexp_backward_row(floating g, const floating* x, floating* dx, Py_ssize_t n) noexcept nogil:
    """dx = g softmax(x)."""
    cdef Py_ssize_t i
    softmax_row(x, <floating>1.0, <const floating*>NULL, NULL, dx, n, PLAIN, 0)
    for i in range(n):
        dx[i] = g * dx[i]


cdef inline floating max_row(const floating* x, Py_ssize_t n) noexcept nogil:
    """The largest element, of zeros of both signs the first; NaN if one is."""
    cdef Py_ssize_t first = 0
    cdef floating top = largest(x, n)
    if count_nan(x, n):
        return not_a_number(top)
    while first < n - 1 and x[first] != top:
        first += 1
    return x[first] if n > 0 else top


cdef inline void at_top_row(floating g, const floating* x, floating* y, Py_ssize_t n) noexcept nogil:
    """y = g at the first of the largest elements of x, 0 elsewhere; all NaN if one element is."""
    cdef Py_ssize_t i, first = 0
    cdef floating top = largest(x, n)
    cdef floating rest = not_a_number(top) if count_nan(x, n) else <floating>0.0
    while first < n - 1 and x[first] != top:
        first += 1
    for i in range(n):
        y[i] = rest
    y[first] = g if rest == <floating>0.0 else rest


cdef inline void sparsemax_row(const floating* x, floating* y, Py_ssize_t n) noexcept nogil:
    """The point of the simplex nearest to x: max(x - t, 0) with the t for which that sums to 1.

    Newton's method on the sum, convex and piecewise linear in t, from t = max(x) - 1, which is not above the root: each
    step is the mean of what exceeds t, less 1/count, and the count falls until it stands; then t is right. All is
    taken relative to max(x), and in float64. With NaN or two of inf all is NaN; where all are -inf it is 0.
    """
    cdef double total[LANES]
    cdef double count[LANES]
    cdef double d, t = -1.0, before = <double>n + 1.0
    cdef Py_ssize_t i, j, whole = n - n % LANES
    cdef floating top = largest(x, n)
    cdef bint bad = count_nan(x, n) != 0
    if top == infinity(top):
        # inf - inf is the NaN that `crown` looks for
        if x == y:
            for i in range(n):
                y[i] = y[i] - y[i] if y[i] != -infinity(top) else <floating>0.0
        else:
            for i in range(n):
                y[i] = x[i] - x[i] if x[i] != -infinity(top) else <floating>0.0
        crown(y, n, 1, <floating>1.0)
        return
    top = <floating>0.0 if top == -infinity(top) else top
    while not bad:
        for j in range(LANES):
            total[j] = count[j] = 0.0
        for i in range(0, whole, 32):
            for j in range(LANES):
                d = <double>x[i + j] - <double>top
                total[j] += d if d > t else 0.0
                count[j] += 1.0 if d > t else 0.0
        for i in range(whole, n):
            d = <double>x[i] - <double>top
            total[i - whole] += d if d > t else 0.0
            count[i - whole] += 1.0 if d > t else 0.0
        for j in range(1, LANES):
            total[0] += total[j]
            count[0] += count[j]
        # an element at t may be taken in and out again by rounding, for ever: then either t is right
        if count[0] >= before or count[0] == 0.0:
            break
        before = count[0]
        t = (total[0] - 1.0) / count[0]
    if x == y:
        for i in range(n):
            d = (<double>y[i] - <double>top) - t
            y[i] = <floating>(d if d > 0.0 else 0.0)
    else:
        for i in range(n):
            d = (<double>x[i] - <double>top) - t
            y[i] = <floating>(d if d > 0.0 else 0.0)
    if bad:
        for i in range(n):
            y[i] = not_a_number(top)


cdef inline floating within(floating g, floating y, floating mean) noexcept nogil:
    """An element of sparsemax's gradient; NaN where y is."""
    return (g - mean) + <floating>0.0 * y if y != <floating>0.0 else <floating>0.0


cdef inline void sparsemax_backward_row(
    const floating* g, const floating* y, floating* dx, Py_ssize_t n
) noexcept nogil:
    """dx = g - the mean of g where y > 0, elsewhere 0."""
    cdef double total[LANES]
    cdef double count[LANES]
    cdef Py_ssize_t i, j, whole = n - n % LANES
    cdef floating mean
    for j in range(LANES):
        total[j] = count[j] = 0.0
    for i in range(0, whole, 32):
        for j in range(LANES):
            total[j] += <double>g[i + j] if y[i + j] != <floating>0.0 else 0.0
            count[j] += 1.0 if y[i + j] != <floating>0.0 else 0.0
    for i in range(whole, n):
        total[i - whole] += <double>g[i] if y[i] != <floating>0.0 else 0.0
        count[i - whole] += 1.0 if y[i] != <floating>0.0 else 0.0
    for j in range(1, LANES):
        total[0] += total[j]
        count[0] += count[j]
    mean = <floating>(total[0] / count[0]) if count[0] > 0.0 else <floating>0.0
    if dx == g:
        for i in range(n):
            dx[i] = within(dx[i], y[i], mean)
    elif dx == y:
        for i in range(n):
            dx[i] = within(g[i], dx[i], mean)
    else:
        for i in range(n):
            dx[i] = within(g[i], y[i], mean)
