# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The generalised ufuncs of softmax and its kin: how the functions of rows.pxd and columns.pxd run over arrays.

One source, built once per instruction set as ``_along``, ``_along_v3`` and ``_along_v4``; only ``runtime/kernels.py``
imports any of them. `fastact_along`, for the C table, needs no interpreter.

A call is `outer` times `k` independent runs of n elements. Where the elements of a run are neighbours in memory, runs
are taken one by one (rows.pxd); where runs stand side by side, or are so short that a loop along one would be all
beginning and end, some tens of them are taken at a time (columns.pxd), without a transposed copy. Operands of other
layouts, and half types, are gathered into a scratch buffer of the thread and scattered back. All scratch of a call is
allocated before anything is written, since a thread's stack may be small and memory may be short.
"""
from cpython.pycapsule cimport PyCapsule_New
from cython cimport floating
from cython.parallel cimport prange, threadid
from libc.stdint cimport uint16_t
from libc.stdlib cimport free, malloc
from libc.string cimport strcmp

cimport numpy as cnp

from fastact.loops cimport machine
from fastact._threads cimport HEAVY, team_for
from fastact.loops.calls cimport ARRAYS, as_numpy_calls, CAUSAL, COLUMNWISE, describe, Function, OPERANDS, ROWS
from fastact.loops.columns cimport (
    at_top_columns, backward_columns, COLUMNS, log_softmax_columns, logsumexp_backward_columns, logsumexp_columns,
    max_columns, PANEL, PANEL_ROWS, softmax_columns,
)
from fastact.loops.exported cimport Along, BF16, F16, F64, Runs
from fastact.loops.registration cimport register
from fastact.loops.rows cimport (
    at_top_row, log_softmax_backward_row, log_softmax_row, logsumexp_backward_row, logsumexp_row, max_row,
    softmax_backward_row, softmax_row, sparsemax_backward_row, sparsemax_row,
)
from fastact.formulas.scores cimport ADDED, boolean, KEPT, PLAIN, SCALED
from fastact.loops.strips cimport BRAIN, Format, HALF, load, NATIVE, store
from fastact.loops.team cimport ask, chooser, team_of
from fastact.vmath cimport infinity

cnp.import_array()
cnp.import_umath()
ask(team_for)

cdef enum:
    SOFTMAX
    LOG_SOFTMAX
    SOFTMAX_BACKWARD
    LOG_SOFTMAX_BACKWARD
    LOGSUMEXP
    LOGSUMEXP_BACKWARD
    HARDMAX
    MAXOUT
    MAXOUT_BACKWARD
    SPARSEMAX
    SPARSEMAX_BACKWARD

cdef enum:
    NEAR = 4  # where a block is worked on
    PLACES = 5
    SUMS = 64  # partial sums of a column and what they lack: twice LANES
    LINE = 64  # bytes, of the cache
    SHORT = 32  # runs below this length are taken as columns
    FAR = 4096  # bytes between elements of a run from which on they compete for few places in the cache
    CACHED = 2097152  # bytes of a block of columns, to be in a cache from pass to pass

cdef struct Work:
    const Function* function
    Format format
    int kind
    bint columns
    char* scratch
    Py_ssize_t scratch_bytes  # of each thread
    Py_ssize_t outer, k, n, width, blocks
    Py_ssize_t ahead  # elements to the next row, if that is worth fetching beforehand
    char* args[OPERANDS]
    Py_ssize_t apart[OPERANDS]  # bytes between outer items, runs and elements of a run
    Py_ssize_t across[OPERANDS]
    Py_ssize_t along[OPERANDS]
    char* scale
    Py_ssize_t scale_apart, scale_across


cdef inline bint is_one(const Work* work, int k) noexcept nogil:
    return work.function.ones >> k & 1


# ---- one run, and one block of runs ---------------------------------------------------------------------------------

cdef void run(
    const Work* work, floating** a, const boolean* kept, floating scale, Py_ssize_t n
) noexcept nogil:
    """One run of n neighbouring elements; inputs a[0], ..., result a[ARRAYS]."""
    cdef int op = work.function.op
    cdef floating* x = a[0]
    cdef floating* second = a[1]
    cdef floating* y = a[ARRAYS]
    if op == SOFTMAX:
        if work.kind == PLAIN:
            softmax_row(x, scale, <const floating*>NULL, kept, y, n, PLAIN, work.ahead)
        elif work.kind == SCALED:
            softmax_row(x, scale, <const floating*>NULL, kept, y, n, SCALED, work.ahead)
        elif work.kind == ADDED:
            softmax_row(x, scale, <const floating*>second, kept, y, n, ADDED, work.ahead)
        else:
            softmax_row(x, scale, <const floating*>NULL, kept, y, n, KEPT, work.ahead)
    elif op == LOG_SOFTMAX:
        if work.kind == PLAIN:
            log_softmax_row(x, scale, <const floating*>NULL, kept, y, n, PLAIN)
        elif work.kind == SCALED:
            log_softmax_row(x, scale, <const floating*>NULL, kept, y, n, SCALED)
        elif work.kind == ADDED:
            log_softmax_row(x, scale, <const floating*>second, kept, y, n, ADDED)
        else:
            log_softmax_row(x, scale, <const floating*>NULL, kept, y, n, KEPT)
    elif op == SOFTMAX_BACKWARD:
        softmax_backward_row(x, second, scale, y, n)
    elif op == LOG_SOFTMAX_BACKWARD:
        log_softmax_backward_row(x, second, scale, y, n)
    elif op == LOGSUMEXP:
        y[0] = logsumexp_row(x, n)
    elif op == LOGSUMEXP_BACKWARD:
        logsumexp_backward_row(x[0], second, y, n)
    elif op == HARDMAX:
        at_top_row(<floating>1.0, x, y, n)
    elif op == MAXOUT:
        y[0] = max_row(x, n)
    elif op == MAXOUT_BACKWARD:
        at_top_row(x[0], second, y, n)
    elif op == SPARSEMAX:
        sparsemax_row(x, y, n)
    else:
        sparsemax_backward_row(x, second, y, n)


cdef void block(
    const Work* work, floating** a, const Py_ssize_t* s, const boolean* kept, floating scale, Py_ssize_t width,
    void* spare,
) noexcept nogil:
    """`width` runs side by side; s are the distances from element to element, spare as `spare_bytes` says."""
    cdef int op = work.function.op
    cdef floating* x = a[0]
    cdef floating* second = a[1]
    cdef floating* y = a[ARRAYS]
    cdef floating* near = a[NEAR]
    cdef Py_ssize_t n = work.n, xs = s[0], ms = s[1], ys = s[ARRAYS]
    if op == SOFTMAX:
        if work.kind == PLAIN:
            softmax_columns(x, xs, scale, <const floating*>NULL, kept, ms, y, ys, near, n, width, PLAIN)
        elif work.kind == SCALED:
            softmax_columns(x, xs, scale, <const floating*>NULL, kept, ms, y, ys, near, n, width, SCALED)
        elif work.kind == ADDED:
            softmax_columns(x, xs, scale, <const floating*>second, kept, ms, y, ys, near, n, width, ADDED)
        else:
            softmax_columns(x, xs, scale, <const floating*>NULL, kept, ms, y, ys, near, n, width, KEPT)
    elif op == LOG_SOFTMAX:
        if work.kind == PLAIN:
            log_softmax_columns(
                x, xs, scale, <const floating*>NULL, kept, ms, y, ys, near, <floating*>spare, n, width, PLAIN
            )
        elif work.kind == SCALED:
            log_softmax_columns(
                x, xs, scale, <const floating*>NULL, kept, ms, y, ys, near, <floating*>spare, n, width, SCALED
            )
        elif work.kind == ADDED:
            log_softmax_columns(
                x, xs, scale, <const floating*>second, kept, ms, y, ys, near, <floating*>spare, n, width, ADDED
            )
        else:
            log_softmax_columns(
                x, xs, scale, <const floating*>NULL, kept, ms, y, ys, near, <floating*>spare, n, width, KEPT
            )
    elif op == SOFTMAX_BACKWARD:
        backward_columns(x, xs, second, ms, scale, y, ys, <double*>spare, n, width, False)
    elif op == LOG_SOFTMAX_BACKWARD:
        backward_columns(x, xs, second, ms, scale, y, ys, <double*>spare, n, width, True)
    elif op == LOGSUMEXP:
        logsumexp_columns(x, xs, y, near, <floating*>spare, n, width)
    elif op == LOGSUMEXP_BACKWARD:
        logsumexp_backward_columns(x, second, ms, y, ys, near, n, width)
    elif op == HARDMAX:
        at_top_columns(<const floating*>NULL, x, xs, y, ys, n, width)
    elif op == MAXOUT:
        max_columns(x, xs, y, n, width)
    else:
        at_top_columns(x, second, ms, y, ys, n, width)


cdef inline bint has_columns(int op) noexcept nogil:
    return op < SPARSEMAX


cdef inline bint has_near(int op) noexcept nogil:
    """Whether a block is worked on in a place of its own; else operands whose elements lie far apart are copied."""
    return op == SOFTMAX or op == LOG_SOFTMAX or op == LOGSUMEXP or op == LOGSUMEXP_BACKWARD


cdef inline Py_ssize_t spare_bytes(int op, Py_ssize_t width, Py_ssize_t size) noexcept nogil:
    """What a block needs beside: for exponentials that are only added up, or for the partial sums of each column."""
    if op == LOG_SOFTMAX or op == LOGSUMEXP:
        return PANEL * PANEL_ROWS * size
    if op == SOFTMAX_BACKWARD or op == LOG_SOFTMAX_BACKWARD:
        return SUMS * width * <Py_ssize_t>sizeof(double)
    return 0


# ---- from memory to runs and back -----------------------------------------------------------------------------------

cdef inline char* place(const Work* work, int k, Py_ssize_t unit) noexcept nogil:
    """Where operand k has run number ``unit``."""
    return work.args[k] + (unit // work.k) * work.apart[k] + (unit % work.k) * work.across[k]


cdef inline floating scale_of(const Work* work, Py_ssize_t unit, floating like) noexcept nogil:
    if not work.function.scaled:
        return <floating>1.0
    return (<floating*>(
        work.scale + (unit // work.k) * work.scale_apart + (unit % work.k) * work.scale_across
    ))[0]


cdef inline bint direct(const Work* work, int k, Py_ssize_t size) noexcept nogil:
    """Whether operand k is read or written where it is; ``size`` is that of what is computed in."""
    if work.columns:
        if k == work.function.kept:
            return work.across[k] == 1
        return work.format == NATIVE and work.across[k] == size and work.along[k] % size == 0 and (
            has_near(work.function.op) or -FAR < work.along[k] < FAR
        )
    return work.along[k] == 1 if k == work.function.kept else work.along[k] == size and work.format == NATIVE


cdef inline bint used(const Work* work, int k) noexcept nogil:
    return k < work.function.inputs or k == ARRAYS


cdef inline Py_ssize_t lined(Py_ssize_t bytes) noexcept nogil:
    return (bytes + LINE - 1) // LINE * LINE


cdef void measure(Work* work, Py_ssize_t size) noexcept nogil:
    """How much scratch a thread needs: for copies of the operands, and for a block what it is worked on in."""
    cdef Py_ssize_t width = work.width if work.columns else 1
    cdef int k
    work.scratch_bytes = 0
    for k in range(OPERANDS):
        if used(work, k) and not is_one(work, k) and not direct(work, k, size):
            work.scratch_bytes = OPERANDS * lined(work.n * width * size) + lined(work.n * width)
    if work.columns:
        work.scratch_bytes += lined(spare_bytes(work.function.op, width, size))
        if has_near(work.function.op):
            work.scratch_bytes += lined(work.n * width * size)


cdef bint allocate(Work* work, Py_ssize_t team) noexcept nogil:
    """Whether there is scratch for each of the team; it begins at a cache line."""
    cdef double most = 4611686018427387904.0  # 2^62
    work.scratch = NULL
    if work.scratch_bytes == 0:
        return True
    if 64.0 * <double>work.n * <double>(work.width if work.columns else 1) * <double>team > most:
        return False  # an operand with a stride of 0 may be longer than all memory
    work.scratch = <char*>malloc(team * work.scratch_bytes + LINE)
    return work.scratch != NULL


cdef inline char* scratch_of(const Work* work, Py_ssize_t thread) noexcept nogil:
    return <char*>lined(<Py_ssize_t>work.scratch) + thread * work.scratch_bytes


cdef void runs(Work* work, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t thread, floating marker) noexcept nogil:
    """Runs start to stop, one by one: where they are if their elements are neighbours, else through the scratch."""
    cdef floating* a[OPERANDS]
    cdef floating single[OPERANDS]
    cdef boolean* kept = NULL
    cdef char* scratch = scratch_of(work, thread)
    cdef char* at
    cdef Py_ssize_t r, i, n = work.n, m, apart = lined(work.n * sizeof(floating))
    cdef int k
    cdef floating empty = <floating>0.0 if work.function.op == SOFTMAX else -infinity(marker)
    for r in range(start, stop):
        m = n
        if work.function.form == CAUSAL and r % work.k + 1 < n:
            m = r % work.k + 1
        for k in range(OPERANDS):
            if not used(work, k):
                continue
            at = place(work, k, r)
            if k == work.function.kept:
                kept = <boolean*>at
                if not direct(work, k, sizeof(floating)):
                    kept = <boolean*>(scratch + OPERANDS * apart)
                    for i in range(n):
                        kept[i] = (<boolean*>at)[i * work.along[k]]
            elif is_one(work, k):
                a[k] = single + k
                if k != ARRAYS:
                    load(a[k], at, 0, 1, work.format)
            elif direct(work, k, sizeof(floating)):
                a[k] = <floating*>at
            else:
                a[k] = <floating*>(scratch + k * apart)
                if k != ARRAYS:
                    load(a[k], at, work.along[k], m, work.format)
        run(work, a, kept, scale_of(work, r, marker), m)
        for i in range(m, n):
            a[ARRAYS][i] = empty
        at = place(work, ARRAYS, r)
        if is_one(work, ARRAYS):
            store(a[ARRAYS], at, 0, 1, work.format)
        elif <char*>a[ARRAYS] != at:
            store(a[ARRAYS], at, work.along[ARRAYS], n, work.format)


cdef void blocks(Work* work, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t thread, floating marker) noexcept nogil:
    """Blocks start to stop of runs side by side."""
    cdef floating* a[PLACES]
    cdef Py_ssize_t s[OPERANDS]
    cdef floating ones[OPERANDS * COLUMNS]
    cdef boolean* kept = NULL
    cdef boolean* kept_copy
    cdef char* scratch = scratch_of(work, thread)
    cdef char* spare
    cdef char* at
    cdef Py_ssize_t b, i, j, first, width, n = work.n, apart = lined(work.n * work.width * sizeof(floating))
    cdef int k
    a[NEAR] = NULL
    if has_near(work.function.op):
        a[NEAR] = <floating*>scratch
        scratch += apart
    spare = scratch
    scratch += lined(spare_bytes(work.function.op, work.width, sizeof(floating)))
    for b in range(start, stop):
        first = b % work.blocks * work.width
        width = work.width if work.k - first > work.width else work.k - first
        for k in range(OPERANDS):
            if not used(work, k):
                continue
            at = work.args[k] + (b // work.blocks) * work.apart[k] + first * work.across[k]
            if is_one(work, k):
                a[k] = ones + k * COLUMNS
                if k != ARRAYS:
                    load(a[k], at, work.across[k], width, work.format)
                continue
            s[k] = width
            if k == work.function.kept:
                kept = <boolean*>at
                if direct(work, k, sizeof(floating)):
                    s[k] = work.along[k]
                    continue
                kept_copy = <boolean*>(scratch + OPERANDS * apart)
                for i in range(n):
                    for j in range(width):
                        kept_copy[i * width + j] = (<boolean*>at)[i * work.along[k] + j * work.across[k]]
                kept = kept_copy
            elif direct(work, k, sizeof(floating)):
                a[k] = <floating*>at
                s[k] = work.along[k] // <Py_ssize_t>sizeof(floating)
            else:
                a[k] = <floating*>(scratch + k * apart)
                if k != ARRAYS:
                    for i in range(n):
                        load(a[k] + i * width, at + i * work.along[k], work.across[k], width, work.format)
        block(work, a, s, kept, scale_of(work, 0, marker), width, spare)
        at = work.args[ARRAYS] + (b // work.blocks) * work.apart[ARRAYS] + first * work.across[ARRAYS]
        if is_one(work, ARRAYS):
            store(a[ARRAYS], at, work.across[ARRAYS], width, work.format)
        elif <char*>a[ARRAYS] != at:
            for i in range(n):
                store(a[ARRAYS] + i * width, at + i * work.along[ARRAYS], work.across[ARRAYS], width, work.format)


# ---- the inner loops of the ufuncs ----------------------------------------------------------------------------------

cdef void arrange(
    Work* work, char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, const Function* function
) noexcept nogil:
    """Where each operand lies. NumPy gives the steps between items of all operands, then those of core dimensions."""
    cdef int operands = function.inputs + function.scaled + 1
    cdef int k, to
    cdef const cnp.npy_intp* core = steps + operands
    cdef bint wide = function.form != ROWS
    work.function = function
    work.outer = dims[0] if wide else 1
    work.k = dims[0]
    work.n = dims[1]
    if function.form == CAUSAL or (function.form == COLUMNWISE and function.ones & 1):
        work.k = dims[1]
        work.n = dims[2]
    elif wide:
        work.k = dims[2]
    for k in range(operands):
        if function.scaled and k == function.inputs:
            work.scale = args[k]
            work.scale_apart = steps[k] if wide else 0
            work.scale_across = 0 if wide else steps[k]
            continue
        to = k if k < function.inputs else ARRAYS
        work.args[to] = args[k]
        work.apart[to] = steps[k] if wide else 0
        work.across[to] = steps[k]
        work.along[to] = 0
        if not is_one(work, to):
            work.along[to] = core[0]
            if function.form == CAUSAL:
                work.across[to] = core[0]
                work.along[to] = core[1]
            elif wide:
                work.across[to] = core[1]
            core += 2 if wide else 1
        elif wide:
            work.across[to] = core[0]
            core += 1


cdef bint drive(
    char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, const Function* function, Format format,
    floating marker,
) noexcept nogil:
    """Whether it was left undone for want of memory."""
    cdef Work work
    cdef machine.fp_flags flags
    cdef Py_ssize_t team, units, pieces, t
    cdef Py_ssize_t size = sizeof(floating) if format == NATIVE else sizeof(uint16_t)
    cdef int main = function.inputs - 1 if function.kept < 0 else 0
    arrange(&work, args, dims, steps, function)
    if work.outer == 0 or work.k == 0 or (work.n == 0 and not is_one(&work, ARRAYS)):
        return False
    work.format = format
    work.kind = function.kind
    if function.kind == SCALED and work.scale_apart == 0 and work.scale_across == 0 and (
        scale_of(&work, 0, marker) == <floating>1.0
    ):
        work.kind = PLAIN
    work.columns = has_columns(function.op) and function.form != CAUSAL and work.k > 1 and work.n > 0 and (
        not function.scaled or (work.scale_apart == 0 and work.scale_across == 0)
    ) and (
        work.n < SHORT or (work.along[main] != size and work.across[main] == size)
    )
    units = work.outer * work.k
    work.ahead = 0
    if format == NATIVE and function.form == ROWS and units * work.n * size > CACHED and (
        work.along[0] == size == work.along[ARRAYS] and work.across[0] == work.n * size == work.across[ARRAYS]
    ):
        work.ahead = work.n
    if work.columns:
        work.width = (CACHED // <Py_ssize_t>sizeof(floating) // work.n) & -16
        work.width = 16 if work.width < 16 else (COLUMNS if work.width > COLUMNS else work.width)
        work.blocks = (work.k + work.width - 1) // work.width
        units = work.outer * work.blocks
    team = team_of(work.outer * work.k * work.n, HEAVY, function.threads)
    team = units if units < team else team
    measure(&work, sizeof(floating))
    if not allocate(&work, team):
        return True
    machine.get_flags(&flags)
    if team == 1:
        part(&work, 0, units, 0, marker)
    else:
        # causal rows differ in length: small pieces, to whoever is free
        pieces = 8 * team if function.form == CAUSAL else team
        for t in prange(pieces, num_threads=team, schedule="dynamic", chunksize=1):
            part(&work, units * t // pieces, units * (t + 1) // pieces, threadid(), marker)
    machine.set_flags(&flags)
    free(work.scratch)
    return False


cdef void part(Work* work, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t thread, floating marker) noexcept nogil:
    if start == stop:
        return
    if work.columns:
        blocks(work, start, stop, thread, marker)
    else:
        runs(work, start, stop, thread, marker)


cdef extern from "Python.h":
    # Not Cython's declaration, by which the error would be raised here, where nobody can hear it.
    void* set_no_memory "PyErr_NoMemory"() noexcept


cdef void no_memory() noexcept with gil:
    """A ufunc's loop returns nothing; the interpreter finds the error when the call is over."""
    set_no_memory()


cdef void loop16(char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, void* data) noexcept nogil:
    if drive(args, dims, steps, <const Function*>data, HALF, <float>0.0):
        no_memory()


cdef void loop_brain(char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, void* data) noexcept nogil:
    if drive(args, dims, steps, <const Function*>data, BRAIN, <float>0.0):
        no_memory()


cdef void loop32(char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, void* data) noexcept nogil:
    if drive(args, dims, steps, <const Function*>data, NATIVE, <float>0.0):
        no_memory()


cdef void loop64(char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, void* data) noexcept nogil:
    if drive(args, dims, steps, <const Function*>data, NATIVE, <double>0.0):
        no_memory()


# ---- registration ---------------------------------------------------------------------------------------------------

cdef cnp.PyUFuncGenericFunction[4] loops = [loop16, loop32, loop64, loop_brain]

cdef struct Named:
    const char* name
    int op
    int kind

cdef enum:
    MOST_NAMED = 15
cdef Named table[MOST_NAMED]
cdef int tabled = 0


cdef void tabulate(const char* name, int op, int kind) noexcept nogil:
    global tabled
    if tabled < MOST_NAMED:
        table[tabled].name = name
        table[tabled].op = op
        table[tabled].kind = kind
        tabled += 1


cdef void tabulate_all() noexcept nogil:
    """The operands of each stand in the registry."""
    tabulate("softmax", SOFTMAX, SCALED)
    tabulate("softmax_masked", SOFTMAX, ADDED)
    tabulate("softmax_kept", SOFTMAX, KEPT)
    tabulate("softmax_backward_from_output", SOFTMAX_BACKWARD, SCALED)
    tabulate("log_softmax", LOG_SOFTMAX, SCALED)
    tabulate("log_softmax_masked", LOG_SOFTMAX, ADDED)
    tabulate("log_softmax_kept", LOG_SOFTMAX, KEPT)
    tabulate("log_softmax_backward_from_output", LOG_SOFTMAX_BACKWARD, SCALED)
    tabulate("logsumexp", LOGSUMEXP, PLAIN)
    tabulate("logsumexp_backward", LOGSUMEXP_BACKWARD, PLAIN)
    tabulate("hardmax", HARDMAX, PLAIN)
    tabulate("maxout", MAXOUT, PLAIN)
    tabulate("maxout_backward", MAXOUT_BACKWARD, PLAIN)
    tabulate("sparsemax", SPARSEMAX, PLAIN)
    tabulate("sparsemax_backward_from_output", SPARSEMAX_BACKWARD, PLAIN)


tabulate_all()
FORMS = {
    "": (ROWS, {"n": "(n)", "b": "(n)", "1": "()", "p": "()"}),
    "_columns": (COLUMNWISE, {"n": "(n,k)", "b": "(n,k)", "1": "(k)", "p": "()"}),
    "_causal": (CAUSAL, {"n": "(m,n)", "p": "()"}),
}


def make_ufuncs(dict operands, int brain=-1):
    """Every generalised ufunc by its name; ``operands`` is OPERANDS of the registry.

    ``brain`` is NumPy's number of the dtype bfloat16, which belongs to another package, if that is there.
    """
    cdef Function* function
    cdef int number
    made = {}
    for number in range(tabled):
        name = table[number].name.decode()
        inputs, result = operands[name].split("->")
        for suffix, (form, cores) in FORMS.items():
            if suffix == "_causal" and name not in ("softmax", "log_softmax"):
                continue
            function = <Function*>malloc(sizeof(Function))
            if function == NULL:
                raise MemoryError(f"no memory to register the ufunc {name}{suffix}")
            describe(function, table[number].op, table[number].kind, operands[name].encode(), form)
            signature = ",".join(cores[core] for core in inputs) + "->" + cores[result]
            letters = "".join({"p": "p", "b": "b"}.get(core, "x") for core in inputs)
            made[name + suffix] = register(name + suffix, loops, function, letters, "x", signature.encode(), brain)
    return made


# ---- for the C table ------------------------------------------------------------------------------------------------

cdef bint call_as_numpy(
    const Function* function, const char* operands, int dtype, const Runs* runs, floating marker
) noexcept nogil:
    """The result of `drive`."""
    cdef Format format = HALF if dtype == F16 else (BRAIN if dtype == BF16 else NATIVE)
    cdef floating scale = <floating>runs.scale
    cdef char* args[OPERANDS + 1]
    cdef cnp.npy_intp dims[3]
    cdef cnp.npy_intp steps[3 * OPERANDS + 1]
    cdef Py_ssize_t size = sizeof(floating) if format == NATIVE else sizeof(uint16_t)
    as_numpy_calls(function, operands, runs, size, &scale, args, dims, steps)
    return drive(args, dims, steps, function, format, marker)


cdef int find(const char* name) noexcept nogil:
    cdef int number
    for number in range(tabled):
        if strcmp(table[number].name, name) == 0:
            return number
    return -1


cdef int call_along(int number, const char* operands, int dtype, const Runs* runs, int threads) noexcept nogil:
    cdef Function function
    cdef int form
    if runs.outer == 0 or runs.inner == 0 or (runs.causal and runs.n == 0):
        return 0
    form = CAUSAL if runs.causal else (ROWS if runs.inner == 1 else COLUMNWISE)
    describe(&function, table[number].op, table[number].kind, operands, form)
    function.threads = threads
    if dtype == F64:
        return call_as_numpy(&function, operands, dtype, runs, <double>0.0)
    return call_as_numpy(&function, operands, dtype, runs, <float>0.0)


cdef Along exported


cdef public const void* fastact_along(void* whom) noexcept nogil:
    """An `Along` for the C table; from now on the `chooser` ``whom`` says how many threads a call may use."""
    ask(<chooser>whom)
    if tabled == 0:
        tabulate_all()
    exported.find = find
    exported.call = call_along
    return &exported


def exported_along():
    """A capsule of `fastact_along`."""
    return PyCapsule_New(<void*>fastact_along, "fastact._along", NULL)
