# cython: cdivision=True
"""The threaded driver: how a kernel runs over the operands of one call. Used by _kernels.pyx alone.

`run` splits contiguous operands among threads, `contiguous` walks each thread's part in strips. Anything else (strides,
half types, parameters that differ from element to element) goes through `buffered`, which gathers a strip at a time
into buffers on the stack, runs the same kernel there and scatters the result: the bits do not depend on the path taken.
"""
from cython cimport floating
from cython.parallel cimport prange

from fastact.loops cimport machine
from fastact.loops.kernel cimport call, Row
from fastact.loops.strips cimport (
    BACKWARD, DERIVATIVE, DERIVATIVE_EACH, Format, FORWARD, FORWARD_EACH, G, load, Op, OPERANDS, P, PARAMETERS, PREPARE,
    PREPARED, store, X, Y,
)
from fastact.loops.team cimport team_of

cdef enum:
    STRIP = 512  # elements between prefetches
    BUFFER = 2048  # bytes of a strip buffer: a thread's stack may be small
    STREAMING = 262144  # bytes from which the result is taken to lie outside the nearer caches
    LINE = 64  # bytes of a cache line, and of the widest vector

cdef struct Work:
    const Row* row
    Op op
    Format format  # of the operands; parameters are of the type that is computed in
    bint each  # some parameter differs from element to element
    int threads  # at most; 0: as many as there may be
    int parameters
    char* args[OPERANDS]
    Py_ssize_t steps[OPERANDS]
    char* parameter_args[PARAMETERS]
    Py_ssize_t parameter_steps[PARAMETERS]


cdef inline void contiguous(const Work* work, Py_ssize_t start, Py_ssize_t stop, floating* p) noexcept nogil:
    """Elements start to stop, all operands contiguous: in one go, or streaming with the result prefetched."""
    cdef floating* a[OPERANDS]
    cdef Py_ssize_t n, i, head
    cdef bint far = (stop - start) * <Py_ssize_t>sizeof(floating) > STREAMING
    a[G] = <floating*>work.args[G]
    a[P] = p
    while start < stop:
        a[X] = <floating*>work.args[X] + start
        a[Y] = <floating*>work.args[Y] + start
        if work.args[G] != NULL:
            a[G] = <floating*>work.args[G] + start
        n = stop - start
        # NumPy aligns to 16 bytes; from the next cache line on, vector stores do not straddle lines.
        head = (-<Py_ssize_t>a[Y] & (LINE - 1)) // <Py_ssize_t>sizeof(floating)
        if head and n > STRIP:
            n = head
        elif far:
            n = STRIP if n > STRIP else n
            for i in range(0, STRIP * <Py_ssize_t>sizeof(floating), 64):
                machine.prefetch(<char*>(a[Y] + STRIP) + i)
        call(work.row, work.op, a, n)
        start += n


cdef inline void buffered(const Work* work, Py_ssize_t start, Py_ssize_t stop, floating* p) noexcept nogil:
    """Elements start to stop of anything, a strip at a time through buffers on the stack."""
    cdef char storage[(P + PARAMETERS) * BUFFER + LINE]
    cdef floating* buffers = <floating*>((<size_t>storage + LINE - 1) & -LINE)
    cdef floating* a[OPERANDS]
    cdef Py_ssize_t n, i, most = BUFFER // <Py_ssize_t>sizeof(floating)
    cdef floating* each = buffers + P * most
    cdef int k
    while start < stop:
        n = most if stop - start > most else stop - start
        for k in range(G, Y):
            a[k] = buffers + k * most
            if work.args[k] != NULL:
                load(a[k], work.args[k] + start * work.steps[k], work.steps[k], n, work.format)
        a[Y] = buffers + Y * most
        a[P] = p
        if not work.each:
            call(work.row, work.op, a, n)
        else:
            for k in range(work.parameters):
                for i in range(n):
                    each[i * work.parameters + k] = (
                        <floating*>(work.parameter_args[k] + (start + i) * work.parameter_steps[k])
                    )[0]
            a[P] = each
            if work.op == FORWARD:
                call(work.row, FORWARD_EACH, a, n)
            elif work.op == DERIVATIVE:
                call(work.row, DERIVATIVE_EACH, a, n)
            elif work.op == BACKWARD:
                call(work.row, DERIVATIVE_EACH, a, n)
                for i in range(n):
                    a[Y][i] = a[G][i] * a[Y][i]
            else:
                for i in range(n):
                    a[G] = buffers + G * most + i
                    a[X] = buffers + X * most + i
                    a[Y] = buffers + Y * most + i
                    a[P] = each + i * work.parameters
                    call(work.row, work.op, a, 1)
        store(buffers + Y * most, work.args[Y] + start * work.steps[Y], work.steps[Y], n, work.format)
        start += n


cdef inline void part(const Work* work, Py_ssize_t start, Py_ssize_t stop, bint direct, floating* p) noexcept nogil:
    if direct:
        contiguous(work, start, stop, p)
    else:
        buffered(work, start, stop, p)


cdef inline void run(const Work* work, Py_ssize_t n, bint direct, floating* p) noexcept nogil:
    """All n elements: split among threads if that pays, the parts meeting at cache lines of the result."""
    cdef Py_ssize_t team = team_of(n, work.row.weight, work.threads), share, head, start, stop, t
    cdef void (*part_of)(const Work*, Py_ssize_t, Py_ssize_t, bint, floating*) noexcept nogil
    part_of = part
    machine.hide(&part_of)
    if team == 1:
        part_of(work, 0, n, direct, p)
        return
    share = (n + team - 1) // team
    share = (share + LINE - 1) & -LINE
    head = (-<Py_ssize_t>work.args[Y] & (LINE - 1)) // <Py_ssize_t>sizeof(floating)
    for t in prange(team, num_threads=team, schedule="static", chunksize=1):
        start = 0 if t == 0 else head + t * share
        stop = head + (t + 1) * share
        if start < n:
            part_of(work, start, n if stop > n or t == team - 1 else stop, direct, p)


cdef inline void start(const Work* work, Py_ssize_t n, bint direct, floating* p) noexcept nogil:
    """`run` with the parameters p, which are prepared in place, and no trace left in the floating-point flags."""
    cdef floating own[PARAMETERS]
    cdef floating* a[OPERANDS]
    cdef machine.fp_flags flags
    cdef int k
    machine.get_flags(&flags)
    if work.row.prepared:
        for k in range(work.parameters):
            own[k] = p[k]
        a[P] = own
        a[Y] = p
        call(work.row, PREPARE, a, 0)
    run(work, n, direct, p)
    machine.set_flags(&flags)
