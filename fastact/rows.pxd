# cython: cdivision=True
"""Functions of a whole row: softmax and its backward pass over contiguous elements.

May be cimported by any Cython code; itself uses only `fastact.vmath`. Sums run in LANES interleaved partial sums whose
order does not depend on the vector width, so that every instruction set gives the same bits.
"""
from cython cimport floating
from fastact.vmath cimport (
    excess, exp_rest, exponent, fma, lowering, lowest, product_low, reduced, two_sum_low,
)

cdef enum:
    LANES = 32  # also the literal step of the loops below: Cython makes no C loop of a named one
    BLOCK = 1024  # likewise; elements summed in one precision before the sum goes to double


cdef inline floating row_max(const floating* x, Py_ssize_t n) noexcept nogil:
    """The largest of n >= 1 elements; NaN does not count."""
    cdef floating lanes[LANES]
    cdef Py_ssize_t i, j, whole = n - n % LANES
    cdef floating best = x[0]
    if whole:
        for j in range(LANES):
            lanes[j] = x[j]
        for i in range(LANES, whole, 32):
            for j in range(LANES):
                lanes[j] = lanes[j] if lanes[j] > x[i + j] else x[i + j]
        for j in range(LANES):
            best = lanes[j] if lanes[j] > best or best != best else best
    for i in range(whole, n):
        best = x[i] if x[i] > best or best != best else best
    return best


cdef inline double block_sum(const floating* x, Py_ssize_t n, double* low) noexcept nogil:
    """The sum of n <= BLOCK elements, with what its additions lost added to low[0]."""
    cdef floating lanes[LANES]
    cdef floating lost[LANES]
    cdef floating next_sum
    cdef double total = 0.0, after
    cdef Py_ssize_t i, j, whole = n - n % LANES
    for j in range(LANES):
        lanes[j] = lost[j] = <floating>0.0
    for i in range(0, whole, 32):
        for j in range(LANES):
            next_sum = lanes[j] + x[i + j]
            lost[j] += two_sum_low(lanes[j], x[i + j], next_sum)
            lanes[j] = next_sum
    for j in range(LANES):
        after = total + lanes[j]
        low[0] += two_sum_low(total, <double>lanes[j], after) + lost[j]
        total = after
    for i in range(whole, n):
        after = total + x[i]
        low[0] += two_sum_low(total, <double>x[i], after)
        total = after
    return total


cdef inline double block_dot(const floating* x, const floating* y, Py_ssize_t n) noexcept nogil:
    """As `block_sum`, of the products x[i] y[i]."""
    cdef floating lanes[LANES]
    cdef double total = 0.0
    cdef Py_ssize_t i, j, whole = n - n % LANES
    for j in range(LANES):
        lanes[j] = <floating>0.0
    for i in range(0, whole, 32):
        for j in range(LANES):
            lanes[j] += x[i + j] * y[i + j]
    for j in range(LANES):
        total += lanes[j]
    for i in range(whole, n):
        total += <double>x[i] * <double>y[i]
    return total


cdef inline floating exp_below(floating x, floating top) noexcept nogil:
    """exp(x - top) for x <= top, with what rounding the difference loses carried."""
    cdef floating n, power, d, d_low
    d = x - top
    d_low = two_sum_low(x, -top, d)
    n = exponent(d, &power)
    d_low = (<floating>1.0 + exp_rest(reduced(d, n) + d_low)) * power * lowering(x)
    return <floating>0.0 if d < lowest(x) else d_low


cdef inline void softmax_row(const floating* x, floating* y, Py_ssize_t n) noexcept nogil:
    """y = exp(x - max x) / its sum; y may be x. A row with NaN, with inf, or of -inf alone gives NaN."""
    cdef Py_ssize_t i, k, m
    cdef double total = 0.0, lost = 0.0, part, after
    cdef floating top = row_max(x, n)
    cdef floating inverse, low, q
    for k in range(0, n, 1024):
        m = BLOCK if n - k > BLOCK else n - k
        if x == y:
            for i in range(m):
                y[k + i] = exp_below(y[k + i], top)
        else:
            for i in range(m):
                y[k + i] = exp_below(x[k + i], top)
        part = block_sum(y + k, m, &lost)
        after = total + part
        lost += two_sum_low(total, part, after)
        total = after
    # 1/total as inverse + low, so that the product below is rounded once
    part = 1.0 / total
    after = (-(excess(1.0, part, total) + part * lost)) * part
    inverse = <floating>part
    low = <floating>((part - inverse) + after)
    for i in range(n):
        q = y[i] * inverse
        y[i] = q + fma(y[i], low, product_low(y[i], inverse, q))


cdef inline void softmax_backward_row(
    const floating* g, const floating* y, floating* dx, Py_ssize_t n
) noexcept nogil:
    """dx = y (g - sum(g y)); dx may be g or y."""
    cdef Py_ssize_t i, k, m
    cdef double total = 0.0
    cdef floating dot
    for k in range(0, n, 1024):
        m = BLOCK if n - k > BLOCK else n - k
        total += block_dot(g + k, y + k, m)
    dot = <floating>total
    if dx == g:
        for i in range(n):
            dx[i] = y[i] * (dx[i] - dot)
    elif dx == y:
        for i in range(n):
            dx[i] = dx[i] * (g[i] - dot)
    else:
        for i in range(n):
            dx[i] = y[i] * (g[i] - dot)
