# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The C table of include/fastact.h: looks up, checks what it is given, and hands on to the kernels.

Built once, for the kernels of all instruction sets; only ``runtime/kernels.py`` imports it. All but the functions for
Python at the end needs no interpreter: `fastact_connect` makes the same table for a program without one.

An address that is not checked here is trusted: that it is mapped and as long as n says no function can know.
"""
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport uintptr_t
from libc.string cimport strcat, strcmp, strcpy

from fastact._threads cimport HEAVY, team_for
from fastact.capi cimport (
    FASTACT_ABI_VERSION, fastact_api, FASTACT_E_ALIGNMENT, FASTACT_E_LENGTH, FASTACT_E_MEMORY, FASTACT_E_NULL,
    FASTACT_E_OVERLAP, FASTACT_E_PARAMETER, FASTACT_E_UNKNOWN, fastact_function, FASTACT_OK, fastact_operand,
    fastact_operands, fastact_runs, fastact_scalar, fastact_scalar_f32,
)
from fastact.loops.exported cimport Along, along_of, BF16, F16, F32, F64, Kernels, kernels_of, Operands, Runs
from fastact.loops.half cimport from_brain, from_half, to_brain, to_half
from fastact.loops.strips cimport BACKWARD, DERIVATIVE, FORWARD, FROM_OUTPUT
from fastact.loops.team cimport chooser
from fastact.vmath cimport not_a_number

cdef extern from "loops/rows.h":
    ctypedef struct fastact_param:
        double value, low, high, output_low
        int open, but_zero, infinite, required, in_output
    ctypedef struct fastact_row:
        const char* name
        int ordered[4][2]
        int output_ordered[4][2]
        fastact_param params[4]
    ctypedef struct fastact_pair:
        const char* name
        const char* stands_for
    const char* FASTACT_VERSION
    const fastact_row fastact_rows[1]
    const fastact_pair fastact_aliases[1]
    const fastact_pair fastact_along_operands[1]

cdef extern from "loops/trampolines.h":
    const fastact_function fastact_functions[1]
    const fastact_scalar fastact_scalars[1]
    const fastact_scalar_f32 fastact_scalars_f32[1]

cdef enum:
    MOST_ROWS = 64  # as many as loops/trampolines.h has functions for
    MOST_PARAMETERS = 4

cdef const Kernels* kernels
cdef const Along* runs_of
cdef chooser threads_of
cdef const fastact_row* told[MOST_ROWS]  # what the registry says of each row of the kernels


# ---- checks ---------------------------------------------------------------------------------------------------------

cdef inline ptrdiff_t size_of(int dtype) noexcept nogil:
    return 4 if dtype == F32 else (8 if dtype == F64 else 2)


cdef inline bint misaligned(const void* address, ptrdiff_t size) noexcept nogil:
    return (<uintptr_t>address & <uintptr_t>(size - 1)) != 0


cdef inline bint overlaps(const void* a, const void* b, ptrdiff_t count) noexcept nogil:
    """Whether two arrays of ``count`` bytes share some without being the same."""
    cdef ptrdiff_t apart = <ptrdiff_t>(<uintptr_t>a - <uintptr_t>b)
    return apart != 0 and -count < apart < count


cdef inline bint finite(double value, int dtype) noexcept nogil:
    """Whether the type that ``dtype`` is computed in holds it as a finite number: float32, or float64."""
    cdef double most = DBL_MAX if dtype == F64 else FLT_MAX
    return -most <= value <= most


cdef inline double as_stored(double value, int dtype) noexcept nogil:
    """``value`` rounded to a half type as results are; but a number that none of that type reaches as it is."""
    cdef double stored = from_half(to_half(<float>value)) if dtype == F16 else from_brain(to_brain(<float>value))
    return stored if -DBL_MAX <= stored <= DBL_MAX else value


cdef inline bint accepted(double p, const fastact_param* about, double low) noexcept nogil:
    """Whether p lies in the domain; written so that NaN does not."""
    if not (low < p if about.open else low <= p) or not p <= about.high or (about.but_zero and p == 0.0):
        return False
    return about.infinite or -DBL_MAX <= p <= DBL_MAX


cdef int settle(int row, int op, int dtype, const double* given, double* p) noexcept nogil:
    """The parameters p of a call: those given, or the defaults; FASTACT_E_PARAMETER where they are not accepted."""
    cdef const fastact_row* r = told[row]
    cdef const fastact_param* about
    cdef double low
    cdef int k, i, j, count = kernels.parameters(row, op)
    for k in range(count):
        about = &r.params[k]
        if given == NULL:
            if about.required:
                return FASTACT_E_PARAMETER
            p[k] = about.value
        else:
            p[k] = given[k]
            low = about.output_low if op == FROM_OUTPUT else about.low
            if p[k] == about.value and not about.required and op != FROM_OUTPUT:
                continue  # it may stand for None, and lie outside the domain
            if not accepted(p[k], about, low) or (dtype != F64 and not accepted(<float>p[k], about, low)):
                return FASTACT_E_PARAMETER
        if op == FROM_OUTPUT and about.in_output and dtype != F32 and dtype != F64:
            p[k] = as_stored(p[k], dtype)
    for k in range(4):
        i = r.output_ordered[k][0] if op == FROM_OUTPUT else r.ordered[k][0]
        j = r.output_ordered[k][1] if op == FROM_OUTPUT else r.ordered[k][1]
        if i < 0:
            break
        if not p[i] <= p[j]:
            return FASTACT_E_PARAMETER
    return FASTACT_OK


# ---- elementwise ----------------------------------------------------------------------------------------------------

cdef int invoke "fastact_invoke"(
    int index, const void* dy, const void* x, void* out, ptrdiff_t n, const double* parameters, int threads
) noexcept nogil:
    cdef int row = index >> 4, dtype = index >> 2 & 3, op = index & 3
    cdef double p[MOST_PARAMETERS]
    cdef ptrdiff_t size = size_of(dtype)
    if n <= 0:
        return FASTACT_OK if n == 0 else FASTACT_E_LENGTH
    if x == NULL or out == NULL:
        return FASTACT_E_NULL
    if misaligned(x, size) or misaligned(out, size):
        return FASTACT_E_ALIGNMENT
    if overlaps(x, out, n * size):
        return FASTACT_E_OVERLAP
    if op >= BACKWARD:
        if dy == NULL:
            return FASTACT_E_NULL
        if misaligned(dy, size):
            return FASTACT_E_ALIGNMENT
        if overlaps(dy, out, n * size):
            return FASTACT_E_OVERLAP
    if threads < 0 or settle(row, op, dtype, parameters, p) != FASTACT_OK:
        return FASTACT_E_PARAMETER
    kernels.call(row, op, dtype, dy, x, out, n, p, threads)
    return FASTACT_OK


cdef double invoke_scalar "fastact_invoke_scalar"(int index, double x, const double* parameters) noexcept nogil:
    cdef double p[MOST_PARAMETERS]
    if settle(index >> 1, index & 1, F64, parameters, p) != FASTACT_OK:
        return not_a_number(x)
    kernels.call(index >> 1, index & 1, F64, NULL, &x, &x, 1, p, 1)
    return x


cdef float invoke_scalar_f32 "fastact_invoke_scalar_f32"(int index, float x, const double* parameters) noexcept nogil:
    cdef double p[MOST_PARAMETERS]
    if settle(index >> 1, index & 1, F32, parameters, p) != FASTACT_OK:
        return not_a_number(x)
    kernels.call(index >> 1, index & 1, F32, NULL, &x, &x, 1, p, 1)
    return x


cdef int activation(const char* name) noexcept nogil:
    cdef int k = 0
    if name == NULL:
        return FASTACT_E_UNKNOWN
    while fastact_aliases[k].name != NULL:
        if strcmp(fastact_aliases[k].name, name) == 0:
            name = fastact_aliases[k].stands_for
            break
        k += 1
    for k in range(kernels.count):
        if strcmp(kernels.name(k), name) == 0:
            return k
    return FASTACT_E_UNKNOWN


cdef fastact_function find(const char* name, int dtype, int direction) noexcept nogil:
    cdef int row = activation(name)
    if row < 0 or not F16 <= dtype <= BF16 or not FORWARD <= direction <= FROM_OUTPUT:
        return NULL
    if kernels.parameters(row, direction) < 0:
        return NULL
    return fastact_functions[row << 4 | dtype << 2 | direction]


cdef fastact_scalar find_scalar(const char* name, int direction) noexcept nogil:
    cdef int row = activation(name)
    if row < 0 or not FORWARD <= direction <= DERIVATIVE:
        return NULL
    return fastact_scalars[row << 1 | direction]


cdef fastact_scalar_f32 find_scalar_f32(const char* name, int direction) noexcept nogil:
    cdef int row = activation(name)
    if row < 0 or not FORWARD <= direction <= DERIVATIVE:
        return NULL
    return fastact_scalars_f32[row << 1 | direction]


cdef int parameters(const char* name, int direction, double* defaults) noexcept nogil:
    cdef int k, count, row = activation(name)
    if row < 0 or not FORWARD <= direction <= FROM_OUTPUT:
        return FASTACT_E_UNKNOWN
    count = kernels.parameters(row, direction)
    if count < 0:
        return FASTACT_E_UNKNOWN
    if defaults != NULL:
        for k in range(count):
            defaults[k] = not_a_number(<double>0.0) if told[row].params[k].required else told[row].params[k].value
    return count


# ---- with a bias, gated, or of rows that lie apart ------------------------------------------------------------------

cdef inline ptrdiff_t absolute(ptrdiff_t a) noexcept nogil:
    return -a if a < 0 else a


cdef bint folded(const fastact_operand* a, ptrdiff_t rows, ptrdiff_t n) noexcept nogil:
    """Whether two elements of a result may lie in one place."""
    cdef ptrdiff_t row = absolute(a.row), element = absolute(a.element)
    if rows == 1 or n == 1:
        return (element if rows == 1 else row) == 0 and rows * n > 1
    return not (element > 0 and row > (n - 1) * element) and not (row > 0 and element > (rows - 1) * row)


cdef bint entangled(
    const fastact_operand* a, const fastact_operand* b, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t size
) noexcept nogil:
    """Whether the result a may share memory with b without being the same operand."""
    cdef ptrdiff_t span, apart, a_low, a_high, b_low, b_high, step = absolute(a.row), stride = absolute(a.element)
    if b.data == NULL or (a.data == b.data and a.row == b.row and a.element == b.element):
        return False
    a_low = min(<ptrdiff_t>0, (rows - 1) * a.row) + min(<ptrdiff_t>0, (n - 1) * a.element)
    a_high = max(<ptrdiff_t>0, (rows - 1) * a.row) + max(<ptrdiff_t>0, (n - 1) * a.element)
    b_low = min(<ptrdiff_t>0, (rows - 1) * b.row) + min(<ptrdiff_t>0, (n - 1) * b.element)
    b_high = max(<ptrdiff_t>0, (rows - 1) * b.row) + max(<ptrdiff_t>0, (n - 1) * b.element)
    apart = <ptrdiff_t>(<uintptr_t>b.data - <uintptr_t>a.data)
    if apart + b_high * size < a_low * size or apart + b_low * size > a_high * size:
        return False
    # of one buffer: halves of its rows, or every other element
    if a.row != b.row or a.element != b.element or rows == 1 and n == 1:
        return True
    apart = absolute(apart) // size
    if rows > 1 and step > 0:
        if stride > 1 and step % stride == 0 and apart % stride:
            return False
        span = (n - 1) * stride + 1
        apart = apart % step
        return not (span <= apart and apart + span <= step)
    return not (stride > 1 and apart % stride)


cdef int check_operand(const fastact_operand* a, bint wanted, ptrdiff_t size) noexcept nogil:
    if a.data == NULL:
        return FASTACT_E_NULL if wanted else FASTACT_OK
    return FASTACT_E_ALIGNMENT if misaligned(a.data, size) else FASTACT_OK


cdef int fused(
    int row, int dtype, int direction, const fastact_operands* o, ptrdiff_t rows, ptrdiff_t n,
    const double* given, int threads,
) noexcept nogil:
    cdef double p[MOST_PARAMETERS]
    cdef ptrdiff_t size = size_of(dtype)
    cdef const fastact_operand* inputs[5]
    cdef const fastact_operand* results[2]
    cdef int k, j, status
    cdef bint gated, backward = direction == BACKWARD
    if not 0 <= row < kernels.count or not F16 <= dtype <= BF16 or not FORWARD <= direction <= BACKWARD:
        return FASTACT_E_UNKNOWN
    if rows < 0 or n < 0 or (n > 0 and rows > PTRDIFF_MAX // n):
        return FASTACT_E_LENGTH
    if rows == 0 or n == 0:
        return FASTACT_OK
    if o == NULL:
        return FASTACT_E_NULL
    gated = o.up.data != NULL
    if gated and direction == DERIVATIVE:
        return FASTACT_E_UNKNOWN
    if (o.up_bias.data != NULL) != (gated and o.bias.data != NULL):
        return FASTACT_E_NULL
    inputs[0] = &o.x
    inputs[1] = &o.up
    inputs[2] = &o.bias
    inputs[3] = &o.up_bias
    inputs[4] = &o.dy
    results[0] = &o.out
    results[1] = &o.up_out
    for k in range(4):
        status = check_operand(inputs[k], k == 0, size)
        if status != FASTACT_OK:
            return status
    if backward:
        status = check_operand(&o.dy, True, size)
        if status != FASTACT_OK:
            return status
    for k in range(1 + (gated and backward)):
        status = check_operand(results[k], True, size)
        if status != FASTACT_OK:
            return status
        if folded(results[k], rows, n):
            return FASTACT_E_OVERLAP
        for j in range(4 + backward):
            if entangled(results[k], inputs[j], rows, n, size):
                return FASTACT_E_OVERLAP
    if gated and backward and (
        o.out.data == o.up_out.data or entangled(&o.out, &o.up_out, rows, n, size)
    ):
        return FASTACT_E_OVERLAP
    if threads < 0 or settle(row, direction, dtype, given, p) != FASTACT_OK:
        return FASTACT_E_PARAMETER
    # a limit beyond the largest number is none
    if gated and (not o.limit > 0.0 or not finite(o.shift, dtype)):
        return FASTACT_E_PARAMETER
    if gated and dtype != F64 and not <float>o.limit > 0.0:
        return FASTACT_E_PARAMETER
    kernels.fused(row, direction, dtype, <const Operands*>o, rows, n, p, threads)
    return FASTACT_OK


# ---- along an axis --------------------------------------------------------------------------------------------------

cdef enum:
    SOFTMAX
    LOG_SOFTMAX
    SOFTMIN
    LOGSUMEXP
    HARDMAX
    SPARSEMAX
    MAXOUT
    AXIS_FUNCTIONS

cdef enum:  # the kernels of each
    PLAIN
    MASKED
    CHOSEN
    OUTPUT
    GRADIENT
    FORMS

cdef int numbers[AXIS_FUNCTIONS][FORMS]  # of runs_of; -1 where there is none
cdef const char* operands_of[AXIS_FUNCTIONS][FORMS]


cdef const char* axis_name(int function) noexcept nogil:
    if function == SOFTMAX:
        return "softmax"
    if function == LOG_SOFTMAX:
        return "log_softmax"
    if function == SOFTMIN:
        return "softmin"
    if function == LOGSUMEXP:
        return "logsumexp"
    if function == HARDMAX:
        return "hardmax"
    return "sparsemax" if function == SPARSEMAX else "maxout"


cdef int axis_function(const char* name) noexcept nogil:
    cdef int k
    if name != NULL:
        for k in range(AXIS_FUNCTIONS):
            if strcmp(axis_name(k), name) == 0:
                return k
    return FASTACT_E_UNKNOWN


cdef void number_axis_functions() noexcept nogil:
    cdef char name[64]
    cdef int k, form, i
    for k in range(AXIS_FUNCTIONS):
        for form in range(FORMS):
            # softmin is softmax with its scale's sign turned
            strcpy(name, axis_name(SOFTMAX if k == SOFTMIN else k))
            if form == MASKED:
                strcat(name, "_masked")
            elif form == CHOSEN:
                strcat(name, "_kept")
            elif form == OUTPUT:
                strcat(name, "_backward_from_output")
            elif form == GRADIENT:
                strcat(name, "_backward")
            numbers[k][form] = runs_of.find(name)
            operands_of[k][form] = NULL
            i = 0
            while fastact_along_operands[i].name != NULL:
                if strcmp(fastact_along_operands[i].name, name) == 0:
                    operands_of[k][form] = fastact_along_operands[i].stands_for
                i += 1
            if operands_of[k][form] == NULL:
                numbers[k][form] = -1


cdef int along(int function, int dtype, int direction, const fastact_runs* r, int threads) noexcept nogil:
    cdef Runs runs
    cdef ptrdiff_t size = size_of(dtype), whole, part
    cdef bint scaled = function <= SOFTMIN, single = function == LOGSUMEXP or function == MAXOUT
    cdef int form = PLAIN if direction == FORWARD else (OUTPUT if direction == FROM_OUTPUT else GRADIENT)
    if not 0 <= function < AXIS_FUNCTIONS or not F16 <= dtype <= BF16 or direction == DERIVATIVE:
        return FASTACT_E_UNKNOWN
    if r == NULL:
        return FASTACT_E_NULL
    if direction == FORWARD and scaled:
        if r.mask != NULL and r.kept != NULL:
            return FASTACT_E_PARAMETER
        form = MASKED if r.mask != NULL else (CHOSEN if r.kept != NULL else PLAIN)
    if not FORWARD <= direction <= FROM_OUTPUT or numbers[function][form] < 0:
        return FASTACT_E_UNKNOWN
    if r.outer < 0 or r.n < 0 or r.inner < 0:
        return FASTACT_E_LENGTH
    part = r.outer
    if r.inner > 0 and part > PTRDIFF_MAX // 16 // r.inner:
        return FASTACT_E_LENGTH
    part *= r.inner
    if r.n > 0 and part > PTRDIFF_MAX // 16 // r.n:
        return FASTACT_E_LENGTH
    whole = part * r.n
    if part == 0 or (r.n == 0 and not (function == LOGSUMEXP and direction == FORWARD)):
        return FASTACT_E_LENGTH if function == MAXOUT and part > 0 else FASTACT_OK
    if threads < 0 or (scaled and not finite(r.scale, dtype)):
        return FASTACT_E_PARAMETER
    runs.causal = r.causal != 0 and scaled and direction == FORWARD
    if runs.causal:
        if form != PLAIN:
            return FASTACT_E_PARAMETER
        if r.inner != 1 or r.outer % r.n:
            return FASTACT_E_LENGTH
    if r.out == NULL or (r.x == NULL and whole > 0) or (direction != FORWARD and r.dy == NULL):
        return FASTACT_E_NULL
    if misaligned(r.x, size) or misaligned(r.out, size) or misaligned(r.mask, size) or misaligned(r.dy, size):
        return FASTACT_E_ALIGNMENT
    if single and direction == FORWARD:
        if r.x != NULL and disjoint(r.x, whole * size, r.out, part * size) == 0:
            return FASTACT_E_OVERLAP
    else:
        if overlaps(r.x, r.out, whole * size):
            return FASTACT_E_OVERLAP
        if form == MASKED and disjoint(r.mask, whole * size, r.out, whole * size) == 0:
            return FASTACT_E_OVERLAP
        if form == CHOSEN and disjoint(r.kept, whole, r.out, whole * size) == 0:
            return FASTACT_E_OVERLAP
        if direction == FROM_OUTPUT and overlaps(r.dy, r.out, whole * size):
            return FASTACT_E_OVERLAP
        if direction == BACKWARD and disjoint(r.dy, part * size, r.out, whole * size) == 0:
            return FASTACT_E_OVERLAP
    runs.dy = r.dy if direction != FORWARD else NULL
    runs.x = r.x
    runs.mask = r.mask if form == MASKED else NULL
    runs.kept = r.kept if form == CHOSEN else NULL
    runs.out = r.out
    runs.outer = r.outer
    runs.n = r.n
    runs.inner = r.inner
    runs.scale = -r.scale if function == SOFTMIN else r.scale
    return FASTACT_E_MEMORY if runs_of.call(
        numbers[function][form], operands_of[function][form], dtype, &runs, threads
    ) else FASTACT_OK


cdef inline bint disjoint(const void* a, ptrdiff_t a_bytes, const void* b, ptrdiff_t b_bytes) noexcept nogil:
    return <uintptr_t>a + <uintptr_t>a_bytes <= <uintptr_t>b or <uintptr_t>b + <uintptr_t>b_bytes <= <uintptr_t>a


# ---- the table ------------------------------------------------------------------------------------------------------

cdef extern from *:
    """
    #include <stdint.h>
    """
    const ptrdiff_t PTRDIFF_MAX
    const double DBL_MAX, FLT_MAX


cdef const char* message(int status) noexcept nogil:
    if status == FASTACT_OK:
        return "no error"
    if status == FASTACT_E_NULL:
        return "a pointer that is needed is null"
    if status == FASTACT_E_LENGTH:
        return "a length is negative, or lengths do not fit together"
    if status == FASTACT_E_ALIGNMENT:
        return "an address is not a multiple of the size of its elements"
    if status == FASTACT_E_OVERLAP:
        return "the result overlaps an input without being the same array"
    if status == FASTACT_E_PARAMETER:
        return "a parameter is missing or outside its domain"
    if status == FASTACT_E_MEMORY:
        return "no memory for a buffer"
    if status == FASTACT_E_UNKNOWN:
        return "no such function, dtype or direction"
    return "not a status of fastact"


cdef int get_num_threads() noexcept nogil:
    return threads_of(PTRDIFF_MAX, HEAVY)


cdef fastact_api table


cdef public const void* fastact_connect(void* kernels_of_, void* along_of_, void* whom, const char* isa) noexcept nogil:
    """The table over the kernels of an instruction set; NULL if they are not those that the registry lists."""
    cdef int row, k
    threads_of = <chooser>whom
    set_kernels((<kernels_of>kernels_of_)(threads_of), (<along_of>along_of_)(threads_of), threads_of)
    if kernels.count > MOST_ROWS:
        return NULL
    for row in range(kernels.count):
        told[row] = NULL
        k = 0
        while fastact_rows[k].name != NULL:
            if strcmp(fastact_rows[k].name, kernels.name(row)) == 0:
                told[row] = &fastact_rows[k]
            k += 1
        if told[row] == NULL:
            return NULL
    number_axis_functions()
    table.size = sizeof(fastact_api)
    table.abi_version = FASTACT_ABI_VERSION
    table.version = FASTACT_VERSION
    table.isa = isa
    table.find = find
    table.find_scalar = find_scalar
    table.find_scalar_f32 = find_scalar_f32
    table.parameters = parameters
    table.activation = activation
    table.fused = fused
    table.axis_function = axis_function
    table.along = along
    table.message = message
    table.get_num_threads = get_num_threads
    return &table


cdef void set_kernels(const Kernels* k, const Along* a, chooser whom) noexcept nogil:
    global kernels, runs_of, threads_of
    kernels = k
    runs_of = a
    threads_of = whom


# ---- for Python -----------------------------------------------------------------------------------------------------

cdef bytes isa_text


def connect(kernels_capsule, along_capsule, str isa):
    """The capsule ``fastact._C_API``, over the kernels that two capsules of functions hold."""
    global isa_text
    cdef const void* made
    isa_text = isa.encode()
    made = fastact_connect(
        PyCapsule_GetPointer(kernels_capsule, "fastact._kernels"),
        PyCapsule_GetPointer(along_capsule, "fastact._along"),
        <void*>team_for, isa_text,
    )
    if made == NULL:
        raise ImportError("the compiled modules are of different versions: build them anew with 'pip install .'")
    return PyCapsule_New(<void*>made, "fastact._C_API", NULL)


def address(bytes name, int dtype, int direction):
    """The address of a function of the table; 0 if there is none."""
    return <uintptr_t>find(name, dtype, direction)


def scalar_address(bytes name, int dtype, int direction):
    """The address of a function of one number; 0 if there is none."""
    if dtype == F64:
        return <uintptr_t>find_scalar(name, direction)
    return <uintptr_t>find_scalar_f32(name, direction)


def defaults(bytes name, int direction):
    """The default parameters of a direction, NaN where there is none; None if there is no such direction."""
    cdef double values[MOST_PARAMETERS]
    cdef int count = parameters(name, direction, values)
    return None if count < 0 else [values[k] for k in range(count)]


def status_message(int status):
    """What a status means."""
    return message(status).decode()
