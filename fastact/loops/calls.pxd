# cython: cdivision=True
"""What a call of a function along an axis looks like: which operands it has, and how NumPy would hand them over.

Used by _along.pyx alone, which has the loops that NumPy calls, and gives the C table the same calls.
"""
cimport numpy as cnp

from fastact.loops.exported cimport Runs

cdef enum:  # what a ufunc calls its core dimensions
    ROWS  # (n)
    COLUMNWISE  # (n,k): runs along n, side by side
    CAUSAL  # (m,n): row r of m takes its first r + 1 elements

cdef enum:
    ARRAYS = 3  # most inputs of a kernel, and the place of the result after them
    OPERANDS = 4

cdef struct Function:
    int op
    int kind
    int form
    int inputs  # arrays among the inputs
    int ones  # bits: the operands with one element for a whole run
    int kept  # the operand of bool, or -1
    bint scaled  # a scale follows the arrays
    int threads  # at most; 0: as many as there may be


cdef inline void describe(Function* function, int op, int kind, const char* operands, int form) noexcept nogil:
    """The function of some operands: of "nnp->n", say, letters of inputs and of the result."""
    cdef int k = 0
    function.op = op
    function.kind = kind
    function.form = form
    function.inputs = function.ones = function.threads = 0
    function.kept = -1
    function.scaled = False
    while operands[k] != b"-":
        if operands[k] == b"p":
            function.scaled = True
        else:
            function.inputs += 1
        if operands[k] == b"b":
            function.kept = k
        if operands[k] == b"1":
            function.ones |= 1 << k
        k += 1
    if operands[k + 2] == b"1":
        function.ones |= 1 << ARRAYS


cdef inline void as_numpy_calls(
    const Function* function, const char* operands, const Runs* runs, Py_ssize_t size, void* scale,
    char** args, cnp.npy_intp* dims, cnp.npy_intp* steps,
) noexcept nogil:
    """What NumPy would hand to the loop of a ufunc: an address and a step for each operand, sizes and core steps."""
    cdef Py_ssize_t item
    cdef bint of_one = False
    cdef int k, arrays = 0, at = 0, core = function.inputs + function.scaled + 1
    for k in range(core + 2):
        if operands[k] == b"-" or operands[k] == b">":
            continue
        if operands[k] == b"p":
            args[at] = <char*>scale
            steps[at] = 0
            at += 1
            continue
        item = 1 if operands[k] == b"b" else size
        of_one = operands[k] == b"1"
        if at == function.inputs + function.scaled:
            args[at] = <char*>runs.out
        elif operands[k] == b"b":
            args[at] = <char*>runs.kept
        elif arrays == 0:
            args[at] = <char*>(runs.dy if runs.dy != NULL else runs.x)
        else:
            args[at] = <char*>(runs.mask if runs.dy == NULL else runs.x)
        arrays += 1
        if function.form == CAUSAL:
            steps[at] = runs.n * runs.n * item
            steps[core] = runs.n * item
            steps[core + 1] = item
            core += 2
        else:
            steps[at] = (1 if of_one else runs.n) * runs.inner * item
            if not of_one:
                steps[core] = runs.inner * item
                core += 1
            if function.form == COLUMNWISE:
                steps[core] = item
                core += 1
        at += 1
    dims[0] = runs.outer
    dims[1] = runs.n
    dims[2] = runs.inner
    if function.form == CAUSAL:
        dims[0] = runs.outer // runs.n
        dims[2] = runs.n
    elif function.form == COLUMNWISE and function.ones & 1:
        dims[1] = runs.inner
        dims[2] = runs.n
