# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The generalised ufuncs of softmax and its kin: how the functions of rows.pxd and columns.pxd run over arrays.

One source, built once per instruction set as ``_along``, ``_along_v3`` and ``_along_v4``; only ``_runtime`` imports
any of them. `fastact_along`, for the C table, needs no interpreter.

A call is `outer` times `k` independent runs of n elements. Where the elements of a run are neighbours in memory, runs
are taken one by one (rows.pxd); where runs stand side by side, or are so short that a loop along one would be all
beginning and end, some tens of them are taken at a time (columns.pxd), without a transposed copy. Operands of other
layouts, and half types, are gathered into a scratch buffer of the thread and scattered back.
"""
from cpython.exc cimport PyErr_NoMemory
from cpython.pycapsule cimport PyCapsule_New
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uint16_t
from libc.stdlib cimport free, malloc
from libc.string cimport strcmp

cimport numpy as cnp

from fastact cimport machine
from fastact._threads cimport HEAVY, team_for
from fastact.calls cimport ARRAYS, as_numpy_calls, CAUSAL, COLUMNWISE, describe, Function, OPERANDS, ROWS
from fastact.columns cimport (
    at_top_columns, backward_columns, COLUMNS, log_softmax_columns, logsumexp_backward_columns, logsumexp_columns,
    max_columns, softmax_columns,
)
from fastact.exported cimport Along, BF16, F16, F64, Runs
from fastact.registration cimport register
from fastact.rows cimport (
    at_top_row, log_softmax_backward_row, log_softmax_row, logsumexp_backward_row, logsumexp_row, max_row,
    softmax_backward_row, softmax_row, sparsemax_backward_row, sparsemax_row,
)
from fastact.scores cimport ADDED, boolean, KEPT, PLAIN, SCALED
from fastact.strips cimport BRAIN, Format, HALF, load, NATIVE, store
from fastact.team cimport ask, chooser, team_of
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
    LINE = 64  # bytes, of the cache
    SHORT = 32  # runs below this length are taken as columns
    FAR = 4096  # bytes between elements of a run from which on they compete for few places in the cache
    CACHED = 2097152  # bytes of a block of columns, to be in a cache from pass to pass

cdef struct Work:
    const Function* function
    Format format
    int kind
    bint columns
    bint failed  # a thread had no memory for its scratch
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
    const Work* work, floating** a, const Py_ssize_t* s, const boolean* kept, floating scale, Py_ssize_t width
) noexcept nogil:
    """`width` runs side by side; s are the distances from element to element."""
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
            log_softmax_columns(x, xs, scale, <const floating*>NULL, kept, ms, y, ys, near, n, width, PLAIN)
        elif work.kind == SCALED:
            log_softmax_columns(x, xs, scale, <const floating*>NULL, kept, ms, y, ys, near, n, width, SCALED)
        elif work.kind == ADDED:
            log_softmax_columns(x, xs, scale, <const floating*>second, kept, ms, y, ys, near, n, width, ADDED)
        else:
            log_softmax_columns(x, xs, scale, <const floating*>NULL, kept, ms, y, ys, near, n, width, KEPT)
    elif op == SOFTMAX_BACKWARD:
        backward_columns(x, xs, second, ms, scale, y, ys, n, width, False)
    elif op == LOG_SOFTMAX_BACKWARD:
        backward_columns(x, xs, second, ms, scale, y, ys, n, width, True)
    elif op == LOGSUMEXP:
        logsumexp_columns(x, xs, y, near, n, width)
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


cdef void runs(Work* work, Py_ssize_t start, Py_ssize_t stop, floating marker) noexcept nogil:
    """Runs start to stop, one by one: where they are if their elements are neighbours, else through the scratch."""
    cdef floating* a[OPERANDS]
    cdef floating single[OPERANDS]
    cdef floating* scratch = NULL
    cdef boolean* kept = NULL
    cdef boolean* kept_scratch
    cdef char* at
    cdef Py_ssize_t r, i, n = work.n, m
    cdef int k, last = work.function.inputs - 1
    cdef floating empty = <floating>0.0 if work.function.op == SOFTMAX else -infinity(marker)
    scratch = <floating*>malloc(OPERANDS * n * sizeof(floating) + n + 1)
    if scratch == NULL:
        work.failed = True
        return
    kept_scratch = <boolean*>(scratch + OPERANDS * n)
    for r in range(start, stop):
        m = n
        if work.function.form == CAUSAL and r % work.k + 1 < n:
            m = r % work.k + 1
        for k in range(OPERANDS):
            if last < k < ARRAYS:
                continue
            at = place(work, k, r)
            if k == work.function.kept:
                kept = <boolean*>at
                if work.along[k] != 1:
                    kept = kept_scratch
                    for i in range(n):
                        kept[i] = (<boolean*>at)[i * work.along[k]]
            elif is_one(work, k):
                a[k] = single + k
                if k != ARRAYS:
                    load(a[k], at, 0, 1, work.format)
            elif work.along[k] == sizeof(floating) and work.format == NATIVE:
                a[k] = <floating*>at
            else:
                a[k] = scratch + k * n
                if k != ARRAYS:
                    load(a[k], at, work.along[k], m, work.format)
        run(work, a, kept, scale_of(work, r, marker), m)
        for i in range(m, n):
            a[ARRAYS][i] = empty
        at = place(work, ARRAYS, r)
        if is_one(work, ARRAYS):
            store(a[ARRAYS], at, 0, 1, work.format)
        elif a[ARRAYS] == scratch + ARRAYS * n:
            store(a[ARRAYS], at, work.along[ARRAYS], n, work.format)
    free(scratch)


cdef void blocks(Work* work, Py_ssize_t start, Py_ssize_t stop, floating marker) noexcept nogil:
    """Blocks start to stop of runs side by side."""
    cdef floating* a[PLACES]
    cdef Py_ssize_t s[OPERANDS]
    cdef floating ones[OPERANDS * COLUMNS]
    cdef floating* scratch = NULL
    cdef boolean* kept = NULL
    cdef boolean* kept_scratch
    cdef char* at
    cdef Py_ssize_t b, i, j, first, width, n = work.n
    cdef int k, last = work.function.inputs - 1
    cdef bint direct
    cdef char* near = NULL
    a[NEAR] = NULL
    if has_near(work.function.op):
        near = <char*>malloc(n * work.width * sizeof(floating) + LINE)
        if near == NULL:
            work.failed = True
            return
        a[NEAR] = <floating*>(near + (LINE - <Py_ssize_t>near % LINE) % LINE)
    for b in range(start, stop):
        first = b % work.blocks * work.width
        width = work.width if work.k - first > work.width else work.k - first
        for k in range(OPERANDS):
            if last < k < ARRAYS:
                continue
            at = work.args[k] + (b // work.blocks) * work.apart[k] + first * work.across[k]
            if is_one(work, k):
                a[k] = ones + k * COLUMNS
                if k != ARRAYS:
                    load(a[k], at, work.across[k], width, work.format)
                continue
            if k == work.function.kept:
                direct = work.across[k] == 1
            else:
                direct = work.format == NATIVE and (
                    work.across[k] == sizeof(floating) and work.along[k] % <Py_ssize_t>sizeof(floating) == 0
                )
                direct = direct and (has_near(work.function.op) or -FAR < work.along[k] < FAR)
            if not direct and scratch == NULL:
                scratch = <floating*>malloc(n * work.width * (OPERANDS * sizeof(floating) + 1))
                if scratch == NULL:
                    work.failed = True
                    break
            if k == work.function.kept:
                kept = <boolean*>at
                s[k] = work.along[k]
                if not direct:
                    kept_scratch = <boolean*>(scratch + OPERANDS * n * work.width)
                    for i in range(n):
                        for j in range(width):
                            kept_scratch[i * width + j] = (<boolean*>at)[i * work.along[k] + j * work.across[k]]
                    kept = kept_scratch
                    s[k] = width
            elif direct:
                a[k] = <floating*>at
                s[k] = work.along[k] // <Py_ssize_t>sizeof(floating)
            else:
                a[k] = scratch + k * n * work.width
                s[k] = width
                if k != ARRAYS:
                    for i in range(n):
                        load(a[k] + i * width, at + i * work.along[k], work.across[k], width, work.format)
        if work.failed:
            break
        block(work, a, s, kept, scale_of(work, 0, marker), width)
        at = work.args[ARRAYS] + (b // work.blocks) * work.apart[ARRAYS] + first * work.across[ARRAYS]
        if is_one(work, ARRAYS):
            store(a[ARRAYS], at, work.across[ARRAYS], width, work.format)
        elif scratch != NULL and a[ARRAYS] == scratch + ARRAYS * n * work.width:
            for i in range(n):
                store(a[ARRAYS] + i * width, at + i * work.along[ARRAYS], work.across[ARRAYS], width, work.format)
    free(scratch)
    free(near)


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
    work.failed = False
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
    machine.get_flags(&flags)
    if team == 1:
        part(&work, 0, units, marker)
    else:
        # causal rows differ in length: small pieces, to whoever is free
        pieces = 8 * team if function.form == CAUSAL else team
        for t in prange(pieces, num_threads=team, schedule="dynamic", chunksize=1):
            part(&work, units * t // pieces, units * (t + 1) // pieces, marker)
    machine.set_flags(&flags)
    return work.failed


cdef void part(Work* work, Py_ssize_t start, Py_ssize_t stop, floating marker) noexcept nogil:
    if start == stop:
        return
    if work.columns:
        blocks(work, start, stop, marker)
    else:
        runs(work, start, stop, marker)


cdef void no_memory() noexcept with gil:
    """A ufunc's loop returns nothing; the interpreter finds the error when the call is over."""
    PyErr_NoMemory()


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
