# cython: cdivision=True
"""A kernel together with what stands before and after it: a bias that is added, and a gate that multiplies.

Used by _kernels.pyx alone. Operands are `count` rows of n elements, each with its own distance from row to row and from
element to element, 0 where it is the same for all. A panel of some rows, or a strip of one, is brought into buffers
on the stack, where the kernel finds x + bias; the result goes straight to its place, or through a buffer. So memory is
passed over once, and nothing is overwritten before all that is read of a panel has been: the result may be any operand.
"""
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uint16_t

cimport numpy as cnp

from fastact cimport machine
from fastact.kernel cimport call, Row
from fastact.strips cimport (
    BACKWARD, BIASED, FORWARD, Format, G, load, NATIVE, Op, OPERANDS, P, PARAMETERS, PREPARE, PREPARED, store, X, Y,
)
from fastact.team cimport team_of
from fastact.vmath cimport fabs

cdef enum:
    PANEL = 512  # elements that a buffer holds
    BUFFERS = 6
    LINE = 64  # bytes of a cache line, and of the widest vector, which should not straddle two
    FAR = 262144  # bytes from which a result is taken to lie outside the nearer caches

cdef enum:  # operands, in the order in which the ufunc has those that there are
    DY
    GATE  # or x, where there is no gate
    UP  # what the gate multiplies
    BIAS
    UP_BIAS
    OUT
    UP_OUT  # the gradient of UP
    PLACES

cdef struct Fused:
    const Row* row
    Op op
    bint gated
    bint biased
    int threads  # at most; 0: as many as there may be

cdef struct Panels:
    const Fused* function
    Format format
    Py_ssize_t n, count
    Py_ssize_t rows  # of a panel; 1 where a row is more than one panel
    Py_ssize_t strips  # of a row
    bint direct  # the result is where the kernel can write it
    bint whole  # and x where it can read it, and the kernel itself adds the bias: nothing goes through a buffer
    char* args[PLACES]
    Py_ssize_t steps[PLACES]
    Py_ssize_t strides[PLACES]


cdef inline bint has(const Fused* function, int k) noexcept nogil:
    if k == DY:
        return function.op == BACKWARD
    if k == UP:
        return function.gated
    if k == BIAS:
        return function.biased
    if k == UP_BIAS:
        return function.biased and function.gated
    return k != UP_OUT or (function.gated and function.op == BACKWARD)


cdef inline void bring(
    const Panels* work, int k, int bias, floating* buffer,
    Py_ssize_t row, Py_ssize_t rows, Py_ssize_t start, Py_ssize_t m,
) noexcept nogil:
    """Elements start to start + m of some rows of operand k, plus its bias."""
    cdef floating added[PANEL]
    cdef const floating* x
    cdef const floating* b
    cdef floating one
    cdef Py_ssize_t r, i
    cdef char* at
    cdef char* bias_at
    cdef bint biased = bias != k and has(work.function, bias)
    for r in range(rows):
        at = work.args[k] + (row + r) * work.steps[k] + start * work.strides[k]
        if biased:
            bias_at = work.args[bias] + (row + r) * work.steps[bias] + start * work.strides[bias]
        if not biased:
            load(buffer, at, work.strides[k], m, work.format)
        elif work.strides[bias] == 0:
            load(&one, bias_at, 0, 1, work.format)
            if work.format == NATIVE and work.strides[k] == sizeof(floating):
                x = <const floating*>at
                for i in range(m):
                    buffer[i] = x[i] + one
            else:
                load(buffer, at, work.strides[k], m, work.format)
                for i in range(m):
                    buffer[i] += one
        elif work.format == NATIVE and work.strides[k] == sizeof(floating) == work.strides[bias]:
            x = <const floating*>at
            b = <const floating*>bias_at
            for i in range(m):
                buffer[i] = x[i] + b[i]
        else:
            load(buffer, at, work.strides[k], m, work.format)
            load(added, bias_at, work.strides[bias], m, work.format)
            for i in range(m):
                buffer[i] += added[i]
        buffer += m


cdef inline void put(
    const Panels* work, int k, const floating* buffer, Py_ssize_t row, Py_ssize_t rows, Py_ssize_t start, Py_ssize_t m
) noexcept nogil:
    cdef Py_ssize_t r
    for r in range(rows):
        store(
            buffer + r * m, work.args[k] + (row + r) * work.steps[k] + start * work.strides[k], work.strides[k], m,
            work.format,
        )


cdef inline floating clipped(floating x, floating limit) noexcept nogil:
    return limit if x > limit else (-limit if x < -limit else x)


cdef inline void panel(
    const Panels* work, Py_ssize_t row, Py_ssize_t rows, Py_ssize_t start, Py_ssize_t m, floating* p, floating limit,
    floating shift,
) noexcept nogil:
    """Elements start to start + m of some rows."""
    cdef floating storage[BUFFERS * PANEL + LINE]
    cdef floating* gate = <floating*>((<size_t>storage + LINE - 1) & -LINE)
    cdef floating* up = gate + PANEL
    cdef floating* dy = up + PANEL
    cdef floating* pulled = dy + PANEL
    cdef floating* inside = pulled + PANEL
    cdef floating* result = inside + PANEL
    cdef floating* a[OPERANDS]
    cdef floating* y = result
    cdef Py_ssize_t i, n = rows * m
    cdef const Fused* function = work.function
    if work.direct:
        y = <floating*>(work.args[OUT] + row * work.steps[OUT] + start * work.strides[OUT])
    bring(work, GATE, BIAS, gate, row, rows, start, m)
    a[P] = p
    a[X] = gate
    a[Y] = y
    a[G] = dy
    if function.op == BACKWARD:
        bring(work, DY, DY, dy, row, rows, start, m)
    if not function.gated:
        call(function.row, function.op, a, n)
    else:
        bring(work, UP, UP_BIAS, up, row, rows, start, m)
        if function.op == FORWARD:
            for i in range(n):
                gate[i] = limit if gate[i] > limit else gate[i]
                up[i] = clipped(up[i], limit) + shift
            call(function.row, FORWARD, a, n)
            for i in range(n):
                y[i] = y[i] * up[i]
        else:
            # beyond the limit the gradient is 0; on it, as of any clip in PyTorch, it is that of the inside
            for i in range(n):
                inside[i] = <floating>0.0 if fabs(up[i]) > limit else <floating>1.0
                pulled[i] = <floating>0.0 if gate[i] > limit else dy[i] * (clipped(up[i], limit) + shift)
                gate[i] = limit if gate[i] > limit else gate[i]
            a[Y] = up
            call(function.row, FORWARD, a, n)
            for i in range(n):
                up[i] = dy[i] * up[i] if inside[i] != <floating>0.0 else <floating>0.0
            a[G] = pulled
            a[Y] = result
            call(function.row, BACKWARD, a, n)
            put(work, OUT, result, row, rows, start, m)
            put(work, UP_OUT, up, row, rows, start, m)
            return
    if not work.direct:
        put(work, OUT, result, row, rows, start, m)


cdef inline void fetch(const Panels* work, Py_ssize_t row, Py_ssize_t start, floating marker) noexcept nogil:
    """Prefetch the strip from ``start``.

    The result, as in `contiguous` of _kernels.pyx; and inputs, because they are read in bursts, between which the
    processor's own prefetching sees nothing to go by.
    """
    cdef Py_ssize_t i
    cdef int k
    for k in range(BIAS):
        if has(work.function, k) and work.strides[k] == sizeof(floating):
            for i in range(0, PANEL * <Py_ssize_t>sizeof(floating), 64):
                machine.prefetch_read(work.args[k] + row * work.steps[k] + start * <Py_ssize_t>sizeof(floating) + i)
    if work.direct:
        for i in range(0, PANEL * <Py_ssize_t>sizeof(floating), 64):
            machine.prefetch(work.args[OUT] + row * work.steps[OUT] + start * <Py_ssize_t>sizeof(floating) + i)


cdef inline void strip_in_place(
    const Panels* work, Py_ssize_t row, Py_ssize_t start, Py_ssize_t m, floating* p
) noexcept nogil:
    """Elements start to start + m of a row, all of it where it is; one bias for the row is spread out first."""
    cdef floating spread[PANEL]
    cdef floating* a[OPERANDS]
    cdef Py_ssize_t i
    cdef char* bias = work.args[BIAS] + row * work.steps[BIAS]
    a[P] = p
    a[X] = <floating*>(work.args[GATE] + row * work.steps[GATE]) + start
    a[Y] = <floating*>(work.args[OUT] + row * work.steps[OUT]) + start
    if work.strides[BIAS] == 0:
        for i in range(m):
            spread[i] = (<floating*>bias)[0]
        a[G] = spread
    else:
        a[G] = <floating*>bias + start
    call(work.function.row, BIASED, a, m)


cdef inline void panels(
    const Panels* work, Py_ssize_t first, Py_ssize_t last, floating* p, floating limit, floating shift
) noexcept nogil:
    cdef Py_ssize_t u, row, rows, start, m, ahead = 0
    cdef bint far = work.format == NATIVE and work.n * work.count * <Py_ssize_t>sizeof(floating) > FAR
    for u in range(first, last):
        row = u // work.strips * work.rows
        rows = work.rows if work.count - row > work.rows else work.count - row
        start = u % work.strips * PANEL
        if work.direct and work.rows == 1:
            # all strips but the first begin at a line of the result
            ahead = (<Py_ssize_t>(work.args[OUT] + row * work.steps[OUT]) & (LINE - 1)) // <Py_ssize_t>sizeof(floating)
        m = start + PANEL - ahead
        start = start - ahead if start else 0
        m = (m if m < work.n else work.n) - start
        if m <= 0:
            continue
        if far:
            fetch(work, row, start + PANEL, <floating>0.0)
        if work.whole:
            strip_in_place(work, row, start, m, p)
        else:
            panel(work, row, rows, start, m, p, limit, shift)


cdef inline void drive_fused(
    char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, const Fused* function, Format format,
    floating marker,
) noexcept nogil:
    """The inner loop of a generalised ufunc: operands, the kernel's parameters, limit and shift of a gate, results."""
    cdef Panels work
    cdef floating own[PARAMETERS]
    cdef floating p[PREPARED]
    cdef floating* a[OPERANDS]
    cdef floating limit = marker, shift = marker
    cdef machine.fp_flags flags
    cdef int k, at = 0, cores = 0, parameters = function.row.parameters[function.op]
    cdef int operands = parameters + 2 * function.gated
    cdef Py_ssize_t units, team, t
    for k in range(PLACES):
        operands += has(function, k)
    work.function = function
    work.format = format
    work.count = dims[0]
    work.n = dims[1]
    if work.count == 0 or work.n == 0:
        return
    for k in range(PLACES):
        if k == OUT:
            for t in range(parameters):
                own[t] = p[t] = (<floating*>args[at])[0]
                at += 1
            if function.gated:
                limit = (<floating*>args[at])[0]
                shift = (<floating*>args[at + 1])[0]
                at += 2
        if has(function, k):
            work.args[k] = args[at]
            work.steps[k] = steps[at]
            work.strides[k] = steps[operands + cores]
            at += 1
            cores += 1
    work.rows = PANEL // work.n if work.n < PANEL else 1
    work.strips = (work.n + PANEL - 1) // PANEL
    if work.rows == 1:
        work.strips = (work.n + LINE // <Py_ssize_t>sizeof(floating) + PANEL - 1) // PANEL
    work.direct = format == NATIVE and work.strides[OUT] == sizeof(floating) and (
        work.rows == 1 or work.steps[OUT] == work.n * <Py_ssize_t>sizeof(floating)
    )
    work.whole = (
        work.direct and work.rows == 1 and function.row.biased and function.op == FORWARD and not function.gated
        and work.strides[GATE] == sizeof(floating)
        and (work.strides[BIAS] == 0 or work.strides[BIAS] == sizeof(floating))
    )
    units = (work.count + work.rows - 1) // work.rows * work.strips
    team = team_of(work.count * work.n, function.row.weight, function.threads)
    team = units if units < team else team
    machine.get_flags(&flags)
    if function.row.prepared:
        a[P] = own
        a[Y] = p
        call(function.row, PREPARE, a, 0)
    if team == 1:
        panels(&work, 0, units, p, limit, shift)
    else:
        for t in prange(team, num_threads=team, schedule="static", chunksize=1):
            panels(&work, units * t // team, units * (t + 1) // team, p, limit, shift)
    machine.set_flags(&flags)
