"""The C table of include/fastact.h, where all of this is described, for Cython.

    from fastact.capi cimport FASTACT_F32, FASTACT_FORWARD, fastact_find, fastact_function, fastact_import
    fastact_import()  # once in each module that uses the table, before anything else; raises ImportError

Compile with ``include_dirs=[fastact.get_include()]``. May be cimported by any Cython code.
"""
cdef extern from "fastact.h":
    enum:
        FASTACT_ABI_VERSION
        FASTACT_F16
        FASTACT_F32
        FASTACT_F64
        FASTACT_BF16
        FASTACT_FORWARD
        FASTACT_DERIVATIVE
        FASTACT_BACKWARD
        FASTACT_FROM_OUTPUT
        FASTACT_OK
        FASTACT_E_NULL
        FASTACT_E_LENGTH
        FASTACT_E_ALIGNMENT
        FASTACT_E_OVERLAP
        FASTACT_E_PARAMETER
        FASTACT_E_MEMORY
        FASTACT_E_UNKNOWN
    ctypedef int (*fastact_function)(
        const void* dy, const void* x, void* out, ptrdiff_t n, const double* parameters, int threads
    ) noexcept nogil
    ctypedef double (*fastact_scalar)(double x, void* parameters) noexcept nogil
    ctypedef float (*fastact_scalar_f32)(float x, void* parameters) noexcept nogil
    ctypedef struct fastact_operand:
        void* data
        ptrdiff_t row
        ptrdiff_t element
    ctypedef struct fastact_operands:
        fastact_operand dy
        fastact_operand x
        fastact_operand up
        fastact_operand bias
        fastact_operand up_bias
        fastact_operand out
        fastact_operand up_out
        double limit
        double shift
    ctypedef struct fastact_runs:
        const void* dy
        const void* x
        const void* mask
        const void* kept
        void* out
        ptrdiff_t outer
        ptrdiff_t n
        ptrdiff_t inner
        double scale
        int causal
    ctypedef struct fastact_api:
        size_t size
        int abi_version
        const char* version
        const char* isa
        fastact_function (*find)(const char* name, int dtype, int direction) noexcept nogil
        fastact_scalar (*find_scalar)(const char* name, int direction) noexcept nogil
        fastact_scalar_f32 (*find_scalar_f32)(const char* name, int direction) noexcept nogil
        int (*parameters)(const char* name, int direction, double* defaults) noexcept nogil
        int (*activation)(const char* name) noexcept nogil
        int (*fused)(
            int activation, int dtype, int direction, const fastact_operands* operands, ptrdiff_t rows, ptrdiff_t n,
            const double* parameters, int threads,
        ) noexcept nogil
        int (*axis_function)(const char* name) noexcept nogil
        int (*along)(int function, int dtype, int direction, const fastact_runs* runs, int threads) noexcept nogil
        const char* (*message)(int status) noexcept nogil
        int (*get_num_threads)() noexcept nogil
    const fastact_api* fastact_table
    fastact_function fastact_find(const char* name, int dtype, int direction) noexcept nogil
    fastact_scalar fastact_find_scalar(const char* name, int direction) noexcept nogil
    fastact_scalar_f32 fastact_find_scalar_f32(const char* name, int direction) noexcept nogil
    int fastact_parameters(const char* name, int direction, double* defaults) noexcept nogil
    int fastact_activation(const char* name) noexcept nogil
    int fastact_fused(
        int activation, int dtype, int direction, const fastact_operands* operands, ptrdiff_t rows, ptrdiff_t n,
        const double* parameters, int threads,
    ) noexcept nogil
    int fastact_axis_function(const char* name) noexcept nogil
    int fastact_along(int function, int dtype, int direction, const fastact_runs* runs, int threads) noexcept nogil
    const char* fastact_message(int status) noexcept nogil
    int fastact_get_num_threads() noexcept nogil
    int fastact_import() except -1
