# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Kernels and ufuncs: how the functions of activations.pxd run over arrays. No formulas here.

One source, built once per instruction set as ``_kernels`` (baseline), ``_kernels_v3`` and ``_kernels_v4``; only
``runtime.kernels`` imports any of them. `fastact_kernels`, for the C table, needs no interpreter.

From a formula to a kernel. `strip` of strips.pxd loops over contiguous elements and takes the formulas as function
pointers. It is inlined into one small function per activation, where the pointers are constants, so that the compiler
inlines the formulas too and vectorises every loop. Those small functions and their table stand at "The activations"
below; a new activation is one function there and one line of `enter_all`.

From a ufunc call to strips. NumPy hands contiguous operands over in one call of full length, parameters with stride 0;
driver.pxd splits that among threads and walks it in strips.
"""
from cpython.pycapsule cimport PyCapsule_New
from cython cimport floating
from libc.stdint cimport uint16_t
from libc.stdlib cimport malloc

cimport numpy as cnp

from fastact cimport activations as act
from fastact._threads cimport HEAVY, LIGHT, team_for
from fastact.loops.driver cimport start, Work
from fastact.loops.exported cimport BF16, F16, F64, Kernels, Operand, Operands
from fastact.loops.fused cimport DY, drive_fused, Fused, GATE, has, OUT, PLACES, UP, UP_BIAS, UP_OUT, BIAS
from fastact.loops.kernel cimport kernel32, kernel64, Row
from fastact.loops.registration cimport register
from fastact.loops.strips cimport ABOUT, BACKWARD, DERIVATIVE, FORWARD, FROM_OUTPUT, Op
from fastact.loops.strips cimport BRAIN, Format, G, HALF, NATIVE, OPERANDS, PARAMETERS, PREPARED, X, Y
from fastact.loops.strips cimport (
    strip, strip_and_mend, strip_looked_up, strip_of_one_scale, strip_prepared, strip_within,
)
from fastact.loops.team cimport ask, chooser

cnp.import_array()
cnp.import_umath()
ask(team_for)

# ---- The activations ------------------------------------------------------------------------------------------------

cdef enum:
    MAX_ROWS = 64
cdef Row rows[MAX_ROWS]
cdef int entered = 0


cdef void enter(const char* name, kernel32 f32, kernel64 f64, int weight) noexcept nogil:
    """One more row. More than MAX_ROWS are left out, which an import would notice: they are missing then."""
    global entered
    cdef Row* row = &rows[entered]
    cdef double about[5]
    cdef double* a[OPERANDS]
    if entered == MAX_ROWS:
        return
    a[Y] = about
    f64(ABOUT, a, 0)
    row.name = name
    row.f32 = f32
    row.f64 = f64
    row.parameters[FORWARD] = <int>about[0]
    row.parameters[DERIVATIVE] = row.parameters[BACKWARD] = <int>about[1]
    row.parameters[FROM_OUTPUT] = <int>about[1] if about[2] else -1
    row.prepared = about[3] != 0
    row.biased = about[4] != 0
    row.weight = weight
    entered += 1


cdef void identity(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.identity[floating], act.identity_derivative[floating], act.identity_derivative[floating])

cdef void step(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 1, 1, act.step[floating], act.step_derivative[floating], act.step_derivative[floating])

cdef void relu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 1, act.relu[floating], act.relu_derivative[floating], act.relu_from_output[floating])

cdef void leaky_relu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 1, 2, act.leaky_relu[floating], act.leaky_relu_derivative[floating], act.prelu_derivative[floating])

cdef void prelu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 1, 1, act.leaky_relu[floating], act.prelu_derivative[floating], act.prelu_derivative[floating])

cdef void elu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_within(
        op, a, n, 1, act.elu_within[floating],
        act.elu[floating], act.elu_derivative_near[floating], act.elu_from_output[floating],
        act.elu[floating], act.elu_derivative[floating], act.elu_from_output[floating],
    )

cdef void selu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.selu[floating], act.selu_derivative[floating], act.selu_from_output[floating])

cdef void sigmoid(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.sigmoid[floating], act.sigmoid_derivative[floating], act.sigmoid_from_output[floating])

cdef void tanh(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_looked_up(
        op, a, n, act.tanh_strip, NULL,
        act.tanh[floating], act.tanh_derivative[floating], act.tanh_from_output[floating],
    )

cdef void silu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_of_one_scale(
        op, a, n, NULL, act.silu_derivative_strip, act.scale_within[floating],
        act.silu_near[floating], act.silu_derivative_near[floating], NULL,
        act.silu[floating], act.silu_derivative[floating],
    )

cdef void mish(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_looked_up(
        op, a, n, NULL, act.mish_derivative_strip, act.mish[floating], act.mish_derivative[floating], NULL
    )

cdef void gelu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_looked_up(
        op, a, n, act.gelu_strip, act.gelu_derivative_strip, act.gelu[floating], act.gelu_derivative[floating], NULL
    )

cdef void gelu_tanh(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_looked_up(
        op, a, n, act.gelu_tanh_strip, act.gelu_tanh_derivative_strip,
        act.gelu_tanh[floating], act.gelu_tanh_derivative[floating], NULL,
    )

cdef void softplus(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_of_one_scale(
        op, a, n, act.softplus_strip, NULL, act.scale_within[floating],
        act.softplus_near[floating], act.softplus_derivative_near[floating], act.softplus_from_output[floating],
        act.softplus[floating], act.softplus_derivative[floating],
    )

cdef void logsigmoid(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_looked_up(
        op, a, n, act.logsigmoid_strip, NULL,
        act.logsigmoid[floating], act.logsigmoid_derivative[floating], act.logsigmoid_from_output[floating],
    )

cdef void quick_gelu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_looked_up(
        op, a, n, NULL, act.quick_gelu_derivative_strip,
        act.quick_gelu[floating], act.quick_gelu_derivative[floating], NULL,
    )

cdef void softsign(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.softsign[floating], act.softsign_derivative[floating], act.softsign_from_output[floating])

cdef void relu6(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.relu6[floating], act.relu6_derivative[floating], act.relu6_derivative[floating])

cdef void relu_squared(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 0, 0,
        act.relu_squared[floating], act.relu_squared_derivative[floating], act.relu_squared_from_output[floating],
    )

cdef void threshold(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 2, 2, act.threshold[floating], act.threshold_derivative[floating], act.threshold_from_output[floating]
    )

cdef void thresholded_relu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 1, 1,
        act.thresholded_relu[floating], act.thresholded_relu_derivative[floating],
        act.thresholded_relu_derivative[floating],
    )

cdef void hardtanh(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 2, 2, act.hardtanh[floating], act.hardtanh_derivative[floating], act.hardtanh_derivative[floating])

cdef void clipped_linear(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_within(
        op, a, n, 4, act.clipped_linear_within[floating],
        act.clipped_linear[floating], act.clipped_linear_derivative_near[floating],
        act.clipped_linear_from_output[floating],
        act.clipped_linear[floating], act.clipped_linear_derivative[floating], act.clipped_linear_from_output[floating],
    )

cdef void rrelu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_within(
        op, a, n, 2, act.rrelu_within[floating],
        act.rrelu_near[floating], act.rrelu_derivative_near[floating], act.rrelu_derivative_near[floating],
        act.rrelu[floating], act.rrelu_derivative[floating], act.rrelu_derivative[floating],
    )

cdef void hardsigmoid(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_within(
        op, a, n, 2, act.hardsigmoid_within[floating],
        act.hardsigmoid_near[floating], act.hardsigmoid_derivative_near[floating],
        act.hardsigmoid_from_output_near[floating],
        act.hardsigmoid[floating], act.hardsigmoid_derivative[floating], act.hardsigmoid_from_output[floating],
    )

cdef void hardswish(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.hardswish[floating], act.hardswish_derivative[floating], NULL)

cdef void hardshrink(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 1, 1, act.hardshrink[floating], act.hardshrink_derivative[floating], act.shrink_from_output[floating]
    )

cdef void softshrink(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 1, 1, act.softshrink[floating], act.hardshrink_derivative[floating], act.shrink_from_output[floating]
    )

cdef void shrink(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 2, 2, act.shrink[floating], act.hardshrink_derivative[floating], act.shrink_from_output[floating])

cdef void sparse_plus(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 0, 0,
        act.sparse_plus[floating], act.sparse_plus_derivative[floating], act.sparse_plus_from_output[floating],
    )

cdef void sparse_sigmoid(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 0, 0,
        act.sparse_sigmoid[floating], act.sparse_sigmoid_derivative[floating], act.sparse_sigmoid_from_output[floating],
    )

cdef void sine(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_and_mend(
        op, a, n, act.sine_near[floating], act.sine_derivative_near[floating],
        act.periodic_doubt[floating], act.sine_far[floating], act.sine_derivative_far[floating],
    )

cdef void snake(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_and_mend(
        op, a, n, act.snake_near[floating], act.snake_derivative_near[floating],
        act.snake_doubt[floating], act.snake_far[floating], act.snake_derivative_far[floating],
    )

cdef void tanhshrink(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.tanhshrink[floating], act.tanhshrink_derivative[floating], NULL)

cdef void squareplus(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 1, 1,
        act.squareplus[floating], act.squareplus_derivative[floating], act.squareplus_from_output[floating],
    )

cdef void dish(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.dish[floating], act.dish_derivative[floating], NULL)

cdef void bent_identity(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 0, 0,
        act.bent_identity[floating], act.bent_identity_derivative[floating], act.bent_identity_from_output[floating],
    )

cdef void celu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_of_one_scale(
        op, a, n, NULL, NULL, act.celu_within[floating],
        act.celu_near[floating], act.celu_derivative_near[floating], act.celu_from_output[floating],
        act.celu[floating], act.celu_derivative[floating],
    )

cdef void gaussian(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.gaussian[floating], act.gaussian_derivative[floating], NULL)

cdef void exp(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.exp[floating], act.exp[floating], act.exp_from_output[floating])

cdef void xielu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_prepared(
        op, a, n, 4, act.xielu_prepare[floating], act.xielu_is_prepared[floating],
        act.xielu_prepared[floating], act.xielu_prepared_derivative[floating],
        act.xielu[floating], act.xielu_derivative[floating],
    )

cdef void logit(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 1, 1, act.logit[floating], act.logit_derivative[floating], NULL)


cdef void enter_all() noexcept nogil:
    """Needs no interpreter: a program without Python has these kernels too."""
    enter("identity", identity[float], identity[double], LIGHT)
    enter("step", step[float], step[double], LIGHT)
    enter("relu", relu[float], relu[double], LIGHT)
    enter("leaky_relu", leaky_relu[float], leaky_relu[double], LIGHT)
    enter("prelu", prelu[float], prelu[double], LIGHT)
    enter("elu", elu[float], elu[double], HEAVY)
    enter("selu", selu[float], selu[double], HEAVY)
    enter("sigmoid", sigmoid[float], sigmoid[double], HEAVY)
    enter("tanh", tanh[float], tanh[double], HEAVY)
    enter("silu", silu[float], silu[double], HEAVY)
    enter("mish", mish[float], mish[double], HEAVY)
    enter("gelu", gelu[float], gelu[double], HEAVY)
    enter("gelu_tanh", gelu_tanh[float], gelu_tanh[double], HEAVY)
    enter("softplus", softplus[float], softplus[double], HEAVY)
    enter("logsigmoid", logsigmoid[float], logsigmoid[double], HEAVY)
    enter("quick_gelu", quick_gelu[float], quick_gelu[double], HEAVY)
    enter("softsign", softsign[float], softsign[double], LIGHT)
    enter("relu6", relu6[float], relu6[double], LIGHT)
    enter("relu_squared", relu_squared[float], relu_squared[double], LIGHT)
    enter("threshold", threshold[float], threshold[double], LIGHT)
    enter("thresholded_relu", thresholded_relu[float], thresholded_relu[double], LIGHT)
    enter("hardtanh", hardtanh[float], hardtanh[double], LIGHT)
    enter("clipped_linear", clipped_linear[float], clipped_linear[double], LIGHT)
    enter("rrelu", rrelu[float], rrelu[double], LIGHT)
    enter("hardsigmoid", hardsigmoid[float], hardsigmoid[double], LIGHT)
    enter("hardswish", hardswish[float], hardswish[double], LIGHT)
    enter("hardshrink", hardshrink[float], hardshrink[double], LIGHT)
    enter("softshrink", softshrink[float], softshrink[double], LIGHT)
    enter("shrink", shrink[float], shrink[double], LIGHT)
    enter("sparse_plus", sparse_plus[float], sparse_plus[double], LIGHT)
    enter("sparse_sigmoid", sparse_sigmoid[float], sparse_sigmoid[double], LIGHT)
    enter("sine", sine[float], sine[double], HEAVY)
    enter("snake", snake[float], snake[double], HEAVY)
    enter("tanhshrink", tanhshrink[float], tanhshrink[double], HEAVY)
    enter("squareplus", squareplus[float], squareplus[double], HEAVY)
    enter("dish", dish[float], dish[double], HEAVY)
    enter("bent_identity", bent_identity[float], bent_identity[double], HEAVY)
    enter("celu", celu[float], celu[double], HEAVY)
    enter("gaussian", gaussian[float], gaussian[double], HEAVY)
    enter("exp", exp[float], exp[double], HEAVY)
    enter("xielu", xielu[float], xielu[double], HEAVY)
    enter("logit", logit[float], logit[double], HEAVY)


# ---- ufuncs ---------------------------------------------------------------------------------------------------------

cdef struct Loop:
    const Row* row
    Op op


cdef void drive(
    char** args, Py_ssize_t n, const cnp.npy_intp* steps, const Loop* loop, Format format, floating* marker
) noexcept nogil:
    """A ufunc's inner loop: operands [dy,] x, parameters..., result."""
    cdef Work work
    cdef floating p[PREPARED]
    cdef Py_ssize_t size = sizeof(floating) if format == NATIVE else sizeof(uint16_t)
    cdef bint direct = format == NATIVE
    cdef int k, at = 0
    work.row = loop.row
    work.op = loop.op
    work.format = format
    work.each = False
    work.threads = 0
    work.parameters = loop.row.parameters[loop.op]
    work.args[G] = NULL
    for k in range(G if loop.op == BACKWARD or loop.op == FROM_OUTPUT else X, Y):
        work.args[k] = args[at]
        work.steps[k] = steps[at]
        direct = direct and (steps[at] == size or n == 1)
        at += 1
    for k in range(work.parameters):
        work.parameter_args[k] = args[at]
        work.parameter_steps[k] = steps[at]
        p[k] = (<floating*>args[at])[0]
        work.each = work.each or (steps[at] != 0 and n > 1)
        at += 1
    work.args[Y] = args[at]
    work.steps[Y] = steps[at]
    direct = direct and not work.each and (steps[at] == size or n == 1)
    if n > 0:
        start(&work, n, direct, p)


cdef void loop16(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive(args, n[0], steps, <const Loop*>data, HALF, <float*>NULL)


cdef void loop_brain(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive(args, n[0], steps, <const Loop*>data, BRAIN, <float*>NULL)


cdef void loop32(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive(args, n[0], steps, <const Loop*>data, NATIVE, <float*>NULL)


cdef void loop64(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive(args, n[0], steps, <const Loop*>data, NATIVE, <double*>NULL)


cdef void run_fused(
    char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, const Fused* function, Format format, floating marker
) noexcept nogil:
    """`drive_fused`, which is much code, once for each type that is computed in."""
    drive_fused(args, n, steps, function, format, marker)


cdef void fused16(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    run_fused(args, n, steps, <const Fused*>data, HALF, <float>0.0)


cdef void fused_brain(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    run_fused(args, n, steps, <const Fused*>data, BRAIN, <float>0.0)


cdef void fused32(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    run_fused(args, n, steps, <const Fused*>data, NATIVE, <float>0.0)


cdef void fused64(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    run_fused(args, n, steps, <const Fused*>data, NATIVE, <double>0.0)


# ---- for the C table ------------------------------------------------------------------------------------------------

cdef inline Format format_of(int dtype) noexcept nogil:
    return HALF if dtype == F16 else (BRAIN if dtype == BF16 else NATIVE)


cdef void call_array(
    int row, int op, int dtype, const void* dy, const void* x, void* y, Py_ssize_t n, const double* parameters,
    int threads, floating marker,
) noexcept nogil:
    cdef Work work
    cdef floating p[PREPARED]
    cdef int k
    work.row = &rows[row]
    work.op = op
    work.format = format_of(dtype)
    work.each = False
    work.threads = threads
    work.parameters = work.row.parameters[op]
    for k in range(work.parameters):
        p[k] = <floating>parameters[k]
    for k in range(OPERANDS):
        work.steps[k] = sizeof(floating) if work.format == NATIVE else sizeof(uint16_t)
    work.args[G] = <char*>dy if op >= BACKWARD else NULL
    work.args[X] = <char*>x
    work.args[Y] = <char*>y
    start(&work, n, work.format == NATIVE, p)


cdef void call_row(
    int row, int op, int dtype, const void* dy, const void* x, void* y, Py_ssize_t n, const double* parameters,
    int threads,
) noexcept nogil:
    if dtype == F64:
        call_array(row, op, dtype, dy, x, y, n, parameters, threads, <double>0.0)
    else:
        call_array(row, op, dtype, dy, x, y, n, parameters, threads, <float>0.0)


cdef void fuse(
    const Fused* function, int dtype, const Operands* operands, Py_ssize_t count, Py_ssize_t n,
    const double* parameters, floating marker,
) noexcept nogil:
    """`drive_fused` called as NumPy would."""
    cdef const Operand* given[PLACES]
    cdef floating p[PARAMETERS + 2]
    cdef char* args[PLACES + PARAMETERS + 2]
    cdef cnp.npy_intp dims[2]
    cdef cnp.npy_intp steps[2 * PLACES + PARAMETERS + 2]
    cdef cnp.npy_intp strides[PLACES]
    cdef Py_ssize_t size = sizeof(uint16_t) if format_of(dtype) != NATIVE else sizeof(floating)
    cdef int k, j, at = 0, cores = 0, most = function.row.parameters[function.op]
    given[DY] = &operands.dy
    given[GATE] = &operands.x
    given[UP] = &operands.up
    given[BIAS] = &operands.bias
    given[UP_BIAS] = &operands.up_bias
    given[OUT] = &operands.out
    given[UP_OUT] = &operands.up_out
    for k in range(most):
        p[k] = <floating>parameters[k]
    if function.gated:
        p[most] = <floating>operands.limit
        p[most + 1] = <floating>operands.shift
        most += 2
    dims[0] = count
    dims[1] = n
    for k in range(PLACES):
        if k == OUT:
            for j in range(most):
                args[at] = <char*>&p[j]
                steps[at] = 0
                at += 1
        if has(function, k):
            args[at] = <char*>given[k].data
            steps[at] = given[k].row * size
            strides[cores] = given[k].element * size
            at += 1
            cores += 1
    for k in range(cores):
        steps[at + k] = strides[k]
    run_fused(args, dims, steps, function, format_of(dtype), marker)


cdef void call_fused(
    int row, int op, int dtype, const Operands* operands, Py_ssize_t count, Py_ssize_t n, const double* parameters,
    int threads,
) noexcept nogil:
    cdef Fused function
    function.row = &rows[row]
    function.op = op
    function.gated = operands.up.data != NULL
    function.biased = operands.bias.data != NULL
    function.threads = threads
    if dtype == F64:
        fuse(&function, dtype, operands, count, n, parameters, <double>0.0)
    else:
        fuse(&function, dtype, operands, count, n, parameters, <float>0.0)


cdef const char* name_of(int row) noexcept nogil:
    return rows[row].name


cdef int parameters_of(int row, int op) noexcept nogil:
    return rows[row].parameters[op]


cdef Kernels exported


cdef public const void* fastact_kernels(void* whom) noexcept nogil:
    """A `Kernels` for the C table; from now on the `chooser` ``whom`` says how many threads a call may use."""
    ask(<chooser>whom)
    if entered == 0:
        enter_all()
    exported.count = entered
    exported.name = name_of
    exported.parameters = parameters_of
    exported.call = call_row
    exported.fused = call_fused
    return &exported


# ---- registration ---------------------------------------------------------------------------------------------------

cdef cnp.PyUFuncGenericFunction[4] loops = [loop16, loop32, loop64, loop_brain]
cdef cnp.PyUFuncGenericFunction[4] fused_loops = [fused16, fused32, fused64, fused_brain]


enter_all()
names = [rows[index].name.decode() for index in range(entered)]


def make_ufuncs(int brain=-1):
    """Every elementwise ufunc by its name; the names tell activation and direction.

    ``brain`` is NumPy's number of the dtype bfloat16, which belongs to another package, if that is there.
    """
    cdef Loop* loop
    cdef int index, op
    made = {}
    for index, name in enumerate(names):
        for op, suffix in enumerate(("", "_derivative", "_backward", "_backward_from_output")):
            if rows[index].parameters[op] < 0:
                continue
            loop = <Loop*>malloc(sizeof(Loop))
            if loop == NULL:
                raise MemoryError(f"no memory to register the ufunc {name}{suffix}")
            loop.row = &rows[index]
            loop.op = <Op>op
            operands = ("x" if op < BACKWARD else "xx") + "p" * rows[index].parameters[op]
            made[name + suffix] = register(name + suffix, loops, loop, operands, "x", None, brain)
    return made


def make_fused(str name, int op, bint gated, bint biased, int brain=-1):
    """The generalised ufunc of an activation with a bias before it, a gate's product after it, or both.

    Inputs: dy (for op = BACKWARD), x or the gate, what it multiplies, their biases; the parameters, and those of a
    gate. Results: one, or of a gate's backward pass the gradients of gate and of what it multiplies.
    """
    cdef Fused* function = <Fused*>malloc(sizeof(Fused))
    if function == NULL:
        raise MemoryError(f"no memory to register the fused ufunc of {name}")
    function.row = &rows[names.index(name)]
    function.op = <Op>op
    function.gated = gated
    function.biased = biased
    function.threads = 0
    arrays = (op == BACKWARD) + (1 + gated) * (1 + biased)
    parameters = function.row.parameters[op] + 2 * gated
    results = "xx" if gated and op == BACKWARD else "x"
    signature = ",".join(["(n)"] * arrays + ["()"] * parameters) + "->" + ",".join(["(n)"] * len(results))
    text = name + "_gated" * gated + "_biased" * biased + ("", "_derivative", "_backward")[op]
    return register(text, fused_loops, function, "x" * arrays + "p" * parameters, results, signature.encode(), brain)


def exported_kernels():
    """A capsule of `fastact_kernels`."""
    return PyCapsule_New(<void*>fastact_kernels, "fastact._kernels", NULL)
