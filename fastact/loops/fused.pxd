# cython: cdivision=True
"""A kernel together with what stands before and after it: a bias that is added, and a gate that multiplies.

Used by _kernels.pyx alone. Operands are `count` rows of n elements, each with its own distance from row to row and from
element to element, 0 where it is the same for all. All rows are taken for one, and a panel is a run of that, across the
ends of rows: so none has a remainder, however short they are. What a kernel can read or write where it is stays there;
the rest of a panel, and x + bias where the kernel does not add it itself, goes through buffers on the stack. So memory
is passed over once, and nothing is overwritten before all that is read of a panel has been: the result may be any
operand.
"""
from cython cimport floating
from cython.parallel cimport prange

cimport numpy as cnp

from fastact.loops cimport machine
from fastact.loops.kernel cimport call, Row
from fastact.loops.strips cimport (
    BACKWARD, BIASED, FORWARD, Format, G, load, NATIVE, Op, OPERANDS, P, PARAMETERS, PREPARE, PREPARED, store, X, Y,
)
from fastact.loops.team cimport team_of
from fastact.vmath cimport fabs

cdef enum:
    BUFFER = 2048  # bytes of a buffer: 512 elements of float32, and a thread's stack may be small
    BUFFERS = 6
    TILE = 8192  # bytes of the buffer for biases
    STRIP = 256  # elements between prefetches where nothing goes through a buffer
    AHEAD = 1024  # elements by which those are ahead
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
    bint whole  # x and the result are one run each, and the kernel itself adds the bias: there is no need of buffers
    bint far  # the result lies outside the nearer caches
    char* args[PLACES]
    Py_ssize_t steps[PLACES]
    Py_ssize_t strides[PLACES]
    bint flat[PLACES]  # the rows are one run: each begins where the one before it ends

cdef struct Place:  # of a panel: m elements from one of a row on, and on through the rows after it
    Py_ssize_t row, column, m


cdef inline Py_ssize_t held(floating like) noexcept nogil:
    """Elements that a buffer holds: a panel."""
    return BUFFER // <Py_ssize_t>sizeof(floating)


cdef inline Py_ssize_t tiled(floating like) noexcept nogil:
    return TILE // <Py_ssize_t>sizeof(floating)


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


cdef inline bint adds_itself(const Fused* function) noexcept nogil:
    """Whether the kernel adds the bias."""
    return function.biased and not function.gated and function.row.biased


cdef inline char* address(const Panels* work, int k, const Place* at) noexcept nogil:
    return work.args[k] + at.row * work.steps[k] + at.column * work.strides[k]


cdef inline bint one_run(const Panels* work, int k, const Place* at) noexcept nogil:
    """Whether the elements of operand k are equally far from each other, row ends or not."""
    return work.flat[k] or at.column + at.m <= work.n


cdef inline bint usable(const Panels* work, int k, const Place* at, floating marker) noexcept nogil:
    """Whether a kernel can read or write the elements of operand k where they are."""
    return work.format == NATIVE and work.strides[k] == sizeof(floating) and one_run(work, k, at)


cdef inline void spread(floating* buffer, floating value, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        buffer[i] = value


cdef inline void bring(const Panels* work, int k, floating* buffer, const Place* at) noexcept nogil:
    """The elements of operand k, row by row unless they are one run."""
    cdef Place part = at[0]
    cdef Py_ssize_t left = at.m
    cdef floating one
    while left > 0:
        part.m = left if one_run(work, k, &part) else work.n - part.column
        if work.strides[k] == 0:
            load(&one, address(work, k, &part), 0, 1, work.format)
            spread(buffer, one, part.m)
        else:
            load(buffer, address(work, k, &part), work.strides[k], part.m, work.format)
        buffer += part.m
        left -= part.m
        part.m = left
        part.row += 1
        part.column = 0


cdef inline void put(const Panels* work, int k, const floating* buffer, const Place* at) noexcept nogil:
    """The elements of result k, as `bring` takes those of an operand."""
    cdef Place part = at[0]
    cdef Py_ssize_t left = at.m
    while left > 0:
        part.m = left if one_run(work, k, &part) else work.n - part.column
        store(buffer, address(work, k, &part), work.strides[k], part.m, work.format)
        buffer += part.m
        left -= part.m
        part.m = left
        part.row += 1
        part.column = 0


cdef inline const floating* seen(const Panels* work, int k, floating* buffer, const Place* at) noexcept nogil:
    """The elements of operand k: where they are if a kernel can read them there, else brought into the buffer."""
    if usable(work, k, at, <floating>0.0):
        return <const floating*>address(work, k, at)
    bring(work, k, buffer, at)
    return buffer


cdef inline bint laid_out(const Panels* work, int k, floating like) noexcept nogil:
    """Whether operand k is the same for all of many short rows, of which `lay` makes one long run."""
    return work.steps[k] == 0 and work.strides[k] != 0 and work.n <= tiled(like) - held(like) and work.count > 3


cdef inline void lay(const Panels* work, int k, floating* tile) noexcept nogil:
    """So much of a short row again and again that a panel may begin anywhere in the first."""
    cdef Place all
    if has(work.function, k) and laid_out(work, k, tile[0]):
        all.row = all.column = 0
        all.m = work.n + held(tile[0])
        bring(work, k, tile, &all)


cdef inline const floating* bias_of(
    const Panels* work, int k, floating* tile, const void** last, const Place* at
) noexcept nogil:
    """The biases of a panel: where they are, or in the tile. One for all of a row stays there, as last tells."""
    cdef char* source = address(work, k, at)
    if usable(work, k, at, <floating>0.0):
        return <const floating*>source
    if laid_out(work, k, tile[0]):
        return tile + at.column
    if work.strides[k] != 0 or not one_run(work, k, at):
        bring(work, k, tile, at)
        last[0] = NULL
    elif source != last[0]:
        load(tile, source, 0, 1, work.format)
        spread(tile, tile[0], held(tile[0]))
        last[0] = source
    return tile


cdef inline floating clipped(floating x, floating limit) noexcept nogil:
    return limit if x > limit else (-limit if x < -limit else x)


cdef inline void add(const floating* x, const floating* b, floating* sum, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        sum[i] = x[i] + b[i]


cdef inline void sum_of(
    const Panels* work, int k, int bias, floating* buffer, floating* tile, const void** last, const Place* at
) noexcept nogil:
    """The elements of operand k, plus their biases if there are any, in the buffer."""
    if has(work.function, bias):
        add(seen(work, k, buffer, at), bias_of(work, bias, tile, last, at), buffer, at.m)
    else:
        bring(work, k, buffer, at)


cdef inline void panel(
    const Panels* work, const Place* at, floating* buffers, const void** last, floating* p, floating limit,
    floating shift,
) noexcept nogil:
    """The elements of a panel."""
    cdef floating* gate = buffers
    cdef floating* up = buffers + held(limit)
    cdef floating* dy = buffers + 2 * held(limit)
    cdef floating* pulled = buffers + 3 * held(limit)
    cdef floating* inside = buffers + 4 * held(limit)
    cdef floating* result = buffers + 5 * held(limit)
    cdef floating* tile = buffers + BUFFERS * held(limit)
    cdef floating* a[OPERANDS]
    cdef floating* y = result
    cdef Py_ssize_t i, n = at.m
    cdef int k
    cdef const Fused* function = work.function
    if usable(work, OUT, at, <floating>0.0):
        y = <floating*>address(work, OUT, at)
    a[P] = p
    a[X] = gate
    a[Y] = y
    if function.op == BACKWARD:
        a[G] = <floating*>seen(work, DY, dy, at)
    if function.op == FORWARD and adds_itself(function):
        a[X] = <floating*>seen(work, GATE, gate, at)
        a[G] = <floating*>bias_of(work, BIAS, tile, last, at)
        call(function.row, BIASED, a, n)
    else:
        # gate and up, if there is one: what is called twice is compiled twice, and this is much code
        for k in range(1 + function.gated):
            sum_of(work, GATE + k, BIAS + k, buffers + k * held(limit), tile + k * tiled(limit), last + k, at)
        if not function.gated:
            call(function.row, function.op, a, n)
        elif function.op == FORWARD:
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
                pulled[i] = <floating>0.0 if gate[i] > limit else a[G][i] * (clipped(up[i], limit) + shift)
                gate[i] = limit if gate[i] > limit else gate[i]
            a[Y] = up
            call(function.row, FORWARD, a, n)
            for i in range(n):
                up[i] = a[G][i] * up[i] if inside[i] != <floating>0.0 else <floating>0.0
            a[G] = pulled
            a[Y] = y = result
            call(function.row, BACKWARD, a, n)
    if y == result:
        for k in range(1 + has(function, UP_OUT)):
            put(work, OUT + k, up if k else result, at)


cdef inline void fetch(const Panels* work, const Place* at, floating marker) noexcept nogil:
    """Prefetch the inputs of a panel: read in bursts, between which the processor's own prefetching sees nothing.

    Not the result as well: so many lines under way at once keep the kernel waiting for its own.
    """
    cdef Py_ssize_t i
    cdef int k
    for k in range(BIAS):
        if has(work.function, k) and usable(work, k, at, <floating>0.0):
            for i in range(0, BUFFER, 64):
                machine.prefetch(address(work, k, at) + i)


cdef inline void step(const Panels* work, Place* at, Py_ssize_t m) noexcept nogil:
    """On by m elements."""
    at.column += m
    if at.column >= work.n:
        at.row += at.column // work.n
        at.column %= work.n


cdef inline Py_ssize_t ahead(const Panels* work, floating marker) noexcept nogil:
    """By how many elements the result begins after the begin of a cache line."""
    return (<Py_ssize_t>work.args[OUT] & (LINE - 1)) // <Py_ssize_t>sizeof(floating) if work.flat[OUT] else 0


cdef inline void strips(
    const Panels* work, Py_ssize_t start, Py_ssize_t stop, floating* tile, const void** last, Place* at, floating* p
) noexcept nogil:
    """`panels` where the kernel adds the bias and finds x and the result where they are, one run each.

    Of the bias alone the processor must fetch lines into its nearest cache while prefetches of the result are under
    way, and they keep it waiting: so few at a time, and far ahead.
    """
    cdef floating* a[OPERANDS]
    cdef Py_ssize_t i
    a[P] = p
    while start < stop:
        at.m = at.m if at.m < stop - start else stop - start
        a[X] = <floating*>work.args[GATE] + start
        a[Y] = <floating*>work.args[OUT] + start
        if work.far:
            for i in range(0, STRIP * <Py_ssize_t>sizeof(floating), 64):
                machine.prefetch(<char*>(a[Y] + AHEAD) + i)
        a[G] = <floating*>bias_of(work, BIAS, tile, last, at)
        call(work.function.row, BIASED, a, at.m)
        start += at.m
        step(work, at, at.m)
        at.m = STRIP if work.far else held(p[0])


cdef inline void panels(
    const Panels* work, Py_ssize_t start, Py_ssize_t stop, floating* p, floating limit, floating shift
) noexcept nogil:
    """Elements start to stop, all rows taken for one; all panels but the first begin at a line of the result."""
    cdef char storage[BUFFERS * BUFFER + 2 * TILE + LINE]
    cdef floating* buffers = <floating*>((<size_t>storage + LINE - 1) & -LINE)
    cdef floating* tile = buffers + BUFFERS * held(limit)
    cdef const void* last[2]
    cdef Place at
    cdef Place next
    last[0] = last[1] = NULL
    lay(work, BIAS, tile)
    lay(work, UP_BIAS, tile + tiled(limit))
    at.row = start // work.n
    at.column = start % work.n
    at.m = held(limit) - ahead(work, <floating>0.0) if start == 0 else held(limit)
    if work.whole:
        strips(work, start, stop, tile, last, &at, p)
        return
    while start < stop:
        at.m = at.m if at.m < stop - start else stop - start
        if work.far:
            next = at
            next.m = held(limit)
            step(work, &next, at.m)
            fetch(work, &next, <floating>0.0)
        panel(work, &at, buffers, last, p, limit, shift)
        start += at.m
        step(work, &at, at.m)
        at.m = held(limit)


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
    cdef Py_ssize_t total, team, share, head, start, stop, t
    cdef void (*panels_of)(
        const Panels*, Py_ssize_t, Py_ssize_t, floating*, floating, floating
    ) noexcept nogil
    panels_of = panels
    machine.hide(&panels_of)
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
    total = work.count * work.n
    for k in range(PLACES):
        if has(function, k):
            work.flat[k] = work.count == 1 or work.steps[k] == work.n * work.strides[k]
    work.whole = (
        format == NATIVE and function.op == FORWARD and adds_itself(function)
        and work.strides[GATE] == sizeof(floating) == work.strides[OUT] and work.flat[GATE] and work.flat[OUT]
    )
    work.far = format == NATIVE and total * <Py_ssize_t>sizeof(floating) > FAR
    team = team_of(total, function.row.weight, function.threads)
    share = ((total + team - 1) // team + LINE - 1) & -LINE
    head = ahead(&work, <floating>0.0)
    machine.get_flags(&flags)
    if function.row.prepared:
        a[P] = own
        a[Y] = p
        call(function.row, PREPARE, a, 0)
    if team == 1:
        panels_of(&work, 0, total, p, limit, shift)
    else:
        for t in prange(team, num_threads=team, schedule="static", chunksize=1):
            start = t * share - head if t else 0
            stop = (t + 1) * share - head
            panels_of(&work, start, total if t == team - 1 or stop > total else stop, p, limit, shift)
    machine.set_flags(&flags)
