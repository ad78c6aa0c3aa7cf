"""What the compiled kernels hand to the C table (_capi.pyx), and how operands are described to them.

Used by the compiled modules alone. Needs no interpreter. Nothing is checked here: _capi.pyx has done so.
"""
from fastact.loops.team cimport chooser

cdef enum:  # the dtypes of the C table, in the order of a ufunc's loops
    F16
    F32
    F64
    BF16

cdef struct Operand:  # count rows of n elements; distances in elements
    void* data
    Py_ssize_t row
    Py_ssize_t element

cdef struct Operands:  # of a kernel with a bias before it, a gate after it, or both; data is NULL where there is none
    Operand dy
    Operand x  # or the gate
    Operand up  # what the gate multiplies
    Operand bias
    Operand up_bias
    Operand out  # or the gradient of x
    Operand up_out  # the gradient of up
    double limit
    double shift

cdef struct Runs:  # outer x n x inner elements without gaps, of which each run is along n
    const void* dy
    const void* x  # or y, for FROM_OUTPUT
    const void* mask  # added to the scores; or NULL
    const void* kept  # bytes, 0 where an element is left out; or NULL
    void* out
    Py_ssize_t outer
    Py_ssize_t n
    Py_ssize_t inner
    double scale
    bint causal

cdef struct Kernels:  # of _kernels.pyx; rows are numbered from 0
    int count
    const char* (*name)(int row) noexcept nogil
    int (*parameters)(int row, int op) noexcept nogil  # how many op takes; -1: the row lacks it
    void (*call)(
        int row, int op, int dtype, const void* dy, const void* x, void* y, Py_ssize_t n, const double* parameters,
        int threads,
    ) noexcept nogil
    void (*fused)(
        int row, int op, int dtype, const Operands* operands, Py_ssize_t count, Py_ssize_t n, const double* parameters,
        int threads,
    ) noexcept nogil

cdef struct Along:  # of _along.pyx
    int (*find)(const char* name) noexcept nogil  # the number of a function; -1: there is none of that name
    int (*call)(
        int function, const char* operands, int dtype, const Runs* runs, int threads
    ) noexcept nogil  # 0; 1 if there was no memory

ctypedef const Kernels* (*kernels_of)(chooser) noexcept nogil
ctypedef const Along* (*along_of)(chooser) noexcept nogil
