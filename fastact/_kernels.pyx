# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Kernels, the threaded driver and the ufuncs: how the functions of activations.pxd run over arrays. No formulas here.

One source, built once per instruction set as ``_kernels`` (baseline), ``_kernels_v3`` and ``_kernels_v4``; only
``_runtime`` imports any of them.

From a formula to a kernel. `strip` of strips.pxd loops over contiguous elements and takes the formulas as function
pointers. It is inlined into one small function per activation, where the pointers are constants, so that the compiler
inlines the formulas too and vectorises every loop. Those small functions and their table stand at "The activations"
below; a new activation is two lines there.

From a ufunc call to strips. NumPy hands contiguous operands over in one call of full length, parameters with stride 0.
`run` splits that among threads, `contiguous` walks each thread's part in strips. Anything else (strides, float16,
parameters that differ from element to element) goes through `buffered`, which gathers a strip at a time into buffers
on the stack, runs the same kernel there and scatters the result: the bits do not depend on the path taken.
"""
from cpython.exc cimport PyErr_NoMemory
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uint16_t
from libc.stdlib cimport free, malloc

cimport numpy as cnp

from fastact cimport activations as act
from fastact cimport machine
from fastact.rows cimport softmax_row, softmax_backward_row
from fastact.strips cimport ABOUT, BACKWARD, DERIVATIVE, DERIVATIVE_EACH, FORWARD, FORWARD_EACH, FROM_OUTPUT, Op
from fastact.strips cimport BRAIN, Format, G, HALF, NATIVE, OPERANDS, P, PARAMETERS, PREPARE, PREPARED, X, Y
from fastact.strips cimport load, store, strip, strip_and_mend, strip_of_one_scale, strip_prepared

cnp.import_array()
cnp.import_umath()

cdef enum:
    STRIP = 512  # elements that a strip buffer holds, and between prefetches
    STREAMING = 262144  # bytes from which the result is taken to lie outside the nearer caches
    LINE = 64  # bytes of a cache line, and of the widest vector


# ---- The activations ------------------------------------------------------------------------------------------------

ctypedef void (*kernel32)(Op, float**, Py_ssize_t) noexcept nogil
ctypedef void (*kernel64)(Op, double**, Py_ssize_t) noexcept nogil

cdef struct Row:
    kernel32 f32
    kernel64 f64
    int parameters[4]  # how many each of FORWARD, DERIVATIVE, BACKWARD and FROM_OUTPUT takes
    bint prepared  # its parameters are
    int weight  # LIGHT or HEAVY

cdef enum:
    MAX_ROWS = 128
cdef Row rows[MAX_ROWS]
names = []

# Elements per thread below which a second thread costs more than it saves, as benchmarks/threads.py measures it: for
# functions that run at the speed of memory, and for those that are an exponential or more.
cdef enum:
    LIGHT
    HEAVY
cdef Py_ssize_t[2] grains = [65536, 16384]


def set_grains(light, heavy):
    """For benchmarks/threads.py alone."""
    grains[LIGHT] = light
    grains[HEAVY] = heavy


cdef void enter(str name, kernel32 f32, kernel64 f64, int weight) except *:
    cdef Row* row = &rows[len(names)]
    cdef double about[4]
    cdef double* a[OPERANDS]
    if len(names) == MAX_ROWS:
        raise ImportError(f"no room for the kernel of {name}: raise MAX_ROWS")
    a[Y] = about
    f64(ABOUT, a, 0)
    row.f32 = f32
    row.f64 = f64
    row.parameters[FORWARD] = <int>about[0]
    row.parameters[DERIVATIVE] = row.parameters[BACKWARD] = <int>about[1]
    row.parameters[FROM_OUTPUT] = <int>about[1] if about[2] else -1
    row.prepared = about[3] != 0
    row.weight = weight
    names.append(name)

cdef void identity(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.identity[floating], act.identity_derivative[floating], act.identity_derivative[floating])
enter("identity", identity[float], identity[double], LIGHT)

cdef void step(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 1, 1, act.step[floating], act.step_derivative[floating], act.step_derivative[floating])
enter("step", step[float], step[double], LIGHT)

cdef void relu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 1, act.relu[floating], act.relu_derivative[floating], act.relu_from_output[floating])
enter("relu", relu[float], relu[double], LIGHT)

cdef void leaky_relu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 1, 2, act.leaky_relu[floating], act.leaky_relu_derivative[floating], act.prelu_derivative[floating])
enter("leaky_relu", leaky_relu[float], leaky_relu[double], LIGHT)

cdef void prelu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 1, 1, act.leaky_relu[floating], act.prelu_derivative[floating], act.prelu_derivative[floating])
enter("prelu", prelu[float], prelu[double], LIGHT)

cdef void elu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 1, 1, act.elu[floating], act.elu_derivative[floating], act.elu_from_output[floating])
enter("elu", elu[float], elu[double], HEAVY)

cdef void selu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.selu[floating], act.selu_derivative[floating], act.selu_from_output[floating])
enter("selu", selu[float], selu[double], HEAVY)

cdef void sigmoid(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.sigmoid[floating], act.sigmoid_derivative[floating], act.sigmoid_from_output[floating])
enter("sigmoid", sigmoid[float], sigmoid[double], HEAVY)

cdef void tanh(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.tanh[floating], act.tanh_derivative[floating], act.tanh_from_output[floating])
enter("tanh", tanh[float], tanh[double], HEAVY)

cdef void silu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_of_one_scale(op, a, n, act.silu[floating], act.silu_derivative[floating], NULL)
enter("silu", silu[float], silu[double], HEAVY)

cdef void mish(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.mish[floating], act.mish_derivative[floating], NULL)
enter("mish", mish[float], mish[double], HEAVY)

cdef void gelu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.gelu[floating], act.gelu_derivative[floating], NULL)
enter("gelu", gelu[float], gelu[double], HEAVY)

cdef void gelu_tanh(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.gelu_tanh[floating], act.gelu_tanh_derivative[floating], NULL)
enter("gelu_tanh", gelu_tanh[float], gelu_tanh[double], HEAVY)

cdef void softplus(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_of_one_scale(
        op, a, n, act.softplus[floating], act.softplus_derivative[floating], act.softplus_from_output[floating]
    )
enter("softplus", softplus[float], softplus[double], HEAVY)

cdef void logsigmoid(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 0, 0,
        act.logsigmoid[floating], act.logsigmoid_derivative[floating], act.logsigmoid_from_output[floating],
    )
enter("logsigmoid", logsigmoid[float], logsigmoid[double], HEAVY)

cdef void quick_gelu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.quick_gelu[floating], act.quick_gelu_derivative[floating], NULL)
enter("quick_gelu", quick_gelu[float], quick_gelu[double], HEAVY)

cdef void softsign(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.softsign[floating], act.softsign_derivative[floating], act.softsign_from_output[floating])
enter("softsign", softsign[float], softsign[double], LIGHT)

cdef void relu6(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.relu6[floating], act.relu6_derivative[floating], act.relu6_derivative[floating])
enter("relu6", relu6[float], relu6[double], LIGHT)

cdef void relu_squared(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 0, 0,
        act.relu_squared[floating], act.relu_squared_derivative[floating], act.relu_squared_from_output[floating],
    )
enter("relu_squared", relu_squared[float], relu_squared[double], LIGHT)

cdef void threshold(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 2, 2, act.threshold[floating], act.threshold_derivative[floating], act.threshold_from_output[floating]
    )
enter("threshold", threshold[float], threshold[double], LIGHT)

cdef void thresholded_relu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 1, 1,
        act.thresholded_relu[floating], act.thresholded_relu_derivative[floating],
        act.thresholded_relu_derivative[floating],
    )
enter("thresholded_relu", thresholded_relu[float], thresholded_relu[double], LIGHT)

cdef void hardtanh(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 2, 2, act.hardtanh[floating], act.hardtanh_derivative[floating], act.hardtanh_derivative[floating])
enter("hardtanh", hardtanh[float], hardtanh[double], LIGHT)

cdef void clipped_linear(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 4, 4,
        act.clipped_linear[floating], act.clipped_linear_derivative[floating], act.clipped_linear_from_output[floating],
    )
enter("clipped_linear", clipped_linear[float], clipped_linear[double], LIGHT)

cdef void rrelu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 2, 2, act.rrelu[floating], act.rrelu_derivative[floating], act.rrelu_derivative[floating])
enter("rrelu", rrelu[float], rrelu[double], LIGHT)

cdef void hardsigmoid(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 2, 2,
        act.hardsigmoid[floating], act.hardsigmoid_derivative[floating], act.hardsigmoid_from_output[floating],
    )
enter("hardsigmoid", hardsigmoid[float], hardsigmoid[double], LIGHT)

cdef void hardswish(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.hardswish[floating], act.hardswish_derivative[floating], NULL)
enter("hardswish", hardswish[float], hardswish[double], LIGHT)

cdef void hardshrink(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 1, 1, act.hardshrink[floating], act.hardshrink_derivative[floating], act.shrink_from_output[floating]
    )
enter("hardshrink", hardshrink[float], hardshrink[double], LIGHT)

cdef void softshrink(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 1, 1, act.softshrink[floating], act.hardshrink_derivative[floating], act.shrink_from_output[floating]
    )
enter("softshrink", softshrink[float], softshrink[double], LIGHT)

cdef void shrink(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 2, 2, act.shrink[floating], act.hardshrink_derivative[floating], act.shrink_from_output[floating])
enter("shrink", shrink[float], shrink[double], LIGHT)

cdef void sparse_plus(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 0, 0,
        act.sparse_plus[floating], act.sparse_plus_derivative[floating], act.sparse_plus_from_output[floating],
    )
enter("sparse_plus", sparse_plus[float], sparse_plus[double], LIGHT)

cdef void sparse_sigmoid(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 0, 0,
        act.sparse_sigmoid[floating], act.sparse_sigmoid_derivative[floating], act.sparse_sigmoid_from_output[floating],
    )
enter("sparse_sigmoid", sparse_sigmoid[float], sparse_sigmoid[double], LIGHT)

cdef void sine(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_and_mend(
        op, a, n, act.sine_near[floating], act.sine_derivative_near[floating],
        act.periodic_doubt[floating], act.sine_far[floating], act.sine_derivative_far[floating],
    )
enter("sine", sine[float], sine[double], HEAVY)

cdef void snake(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_and_mend(
        op, a, n, act.snake_near[floating], act.snake_derivative_near[floating],
        act.periodic_doubt[floating], act.snake_far[floating], act.snake_derivative_far[floating],
    )
enter("snake", snake[float], snake[double], HEAVY)

cdef void tanhshrink(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.tanhshrink[floating], act.tanhshrink_derivative[floating], NULL)
enter("tanhshrink", tanhshrink[float], tanhshrink[double], HEAVY)

cdef void squareplus(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 1, 1,
        act.squareplus[floating], act.squareplus_derivative[floating], act.squareplus_from_output[floating],
    )
enter("squareplus", squareplus[float], squareplus[double], HEAVY)

cdef void dish(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.dish[floating], act.dish_derivative[floating], NULL)
enter("dish", dish[float], dish[double], HEAVY)

cdef void bent_identity(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(
        op, a, n, 0, 0,
        act.bent_identity[floating], act.bent_identity_derivative[floating], act.bent_identity_from_output[floating],
    )
enter("bent_identity", bent_identity[float], bent_identity[double], HEAVY)

cdef void celu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_of_one_scale(op, a, n, act.celu[floating], act.celu_derivative[floating], act.celu_from_output[floating])
enter("celu", celu[float], celu[double], HEAVY)

cdef void gaussian(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.gaussian[floating], act.gaussian_derivative[floating], NULL)
enter("gaussian", gaussian[float], gaussian[double], HEAVY)

cdef void exp(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 0, 0, act.exp[floating], act.exp[floating], act.exp_from_output[floating])
enter("exp", exp[float], exp[double], HEAVY)

cdef void xielu(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip_prepared(
        op, a, n, 4, act.xielu_prepare[floating], act.xielu_prepared[floating], act.xielu_prepared_derivative[floating],
        act.xielu[floating], act.xielu_derivative[floating],
    )
enter("xielu", xielu[float], xielu[double], HEAVY)

cdef void logit(Op op, floating** a, Py_ssize_t n) noexcept nogil:
    strip(op, a, n, 1, 1, act.logit[floating], act.logit_derivative[floating], NULL)
enter("logit", logit[float], logit[double], HEAVY)

# ---- threads --------------------------------------------------------------------------------------------------------


def set_num_threads(int n):
    """Limit the threads of this process; 0 lifts the limit."""
    machine.process_limit = n


def swap_thread_limit(int n):
    """Set the limit of the calling thread and return the one before; 0 is none."""
    cdef int before = machine.thread_limit
    machine.thread_limit = n
    return before


def get_num_threads():
    """Threads that a large call would use if made now by this thread."""
    return machine.team_size()


def after_fork_in_child():
    """Run every kernel of this process, and of its children, in the calling thread."""
    machine.forked = True


def openmp_version():
    """The _OPENMP date of the compiler, or 0 in a serial build."""
    return machine.OPENMP


# ---- the driver -----------------------------------------------------------------------------------------------------

cdef struct Work:
    const Row* row
    Op op
    Format format  # of the operands; parameters are of the type that is computed in
    bint each  # some parameter differs from element to element
    int parameters
    char* args[OPERANDS]
    Py_ssize_t steps[OPERANDS]
    char* parameter_args[PARAMETERS]
    Py_ssize_t parameter_steps[PARAMETERS]


cdef inline void call(const Row* row, Op op, floating** a, Py_ssize_t n) noexcept nogil:
    if floating is float:
        row.f32(op, a, n)
    else:
        row.f64(op, a, n)


cdef void contiguous(const Work* work, Py_ssize_t start, Py_ssize_t stop, floating* p) noexcept nogil:
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


cdef void buffered(const Work* work, Py_ssize_t start, Py_ssize_t stop, floating* p) noexcept nogil:
    """Elements start to stop of anything, a strip at a time through buffers on the stack."""
    cdef floating buffers[OPERANDS][STRIP]
    cdef floating each[STRIP * PARAMETERS]
    cdef floating* a[OPERANDS]
    cdef Py_ssize_t n, i
    cdef int k
    while start < stop:
        n = STRIP if stop - start > STRIP else stop - start
        for k in range(G, Y):
            a[k] = buffers[k]
            if work.args[k] != NULL:
                load(a[k], work.args[k] + start * work.steps[k], work.steps[k], n, work.format)
        a[Y] = buffers[Y]
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
                    a[G] = buffers[G] + i
                    a[X] = buffers[X] + i
                    a[Y] = buffers[Y] + i
                    a[P] = each + i * work.parameters
                    call(work.row, work.op, a, 1)
        store(buffers[Y], work.args[Y] + start * work.steps[Y], work.steps[Y], n, work.format)
        start += n


cdef void part(const Work* work, Py_ssize_t start, Py_ssize_t stop, bint direct, floating* p) noexcept nogil:
    if direct:
        contiguous(work, start, stop, p)
    else:
        buffered(work, start, stop, p)


cdef void run(const Work* work, Py_ssize_t n, bint direct, floating* p) noexcept nogil:
    """All n elements: split among threads if that pays, the parts meeting at cache lines of the result."""
    cdef Py_ssize_t team = 1, share, head, start, t
    cdef Py_ssize_t grain = grains[work.row.weight]
    if n >= 2 * grain:
        team = machine.team_size()
        team = n // grain if n // grain < team else team
    if team == 1:
        part(work, 0, n, direct, p)
        return
    share = (n + team - 1) // team
    share = (share + LINE - 1) & -LINE
    head = (-<Py_ssize_t>work.args[Y] & (LINE - 1)) // <Py_ssize_t>sizeof(floating)
    for t in prange(team, num_threads=team, schedule="static", chunksize=1):
        start = 0 if t == 0 else head + t * share
        if start < n:
            part(work, start, n if head + (t + 1) * share > n or t == team - 1 else head + (t + 1) * share, direct, p)


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
    cdef floating own[PARAMETERS]
    cdef floating* a[OPERANDS]
    cdef Py_ssize_t size = sizeof(floating) if format == NATIVE else sizeof(uint16_t)
    cdef bint direct = format == NATIVE
    cdef machine.fp_flags flags
    cdef int k, at = 0
    work.row = loop.row
    work.op = loop.op
    work.format = format
    work.each = False
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
        machine.get_flags(&flags)
        if work.row.prepared:
            for k in range(work.parameters):
                own[k] = p[k]
            a[P] = own
            a[Y] = p
            call(work.row, PREPARE, a, 0)
        run(&work, n, direct, p)
        machine.set_flags(&flags)


cdef void loop16(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive(args, n[0], steps, <const Loop*>data, HALF, <float*>NULL)


cdef void loop_brain(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive(args, n[0], steps, <const Loop*>data, BRAIN, <float*>NULL)


cdef void loop32(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive(args, n[0], steps, <const Loop*>data, NATIVE, <float*>NULL)


cdef void loop64(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive(args, n[0], steps, <const Loop*>data, NATIVE, <double*>NULL)


# ---- rows along an axis ---------------------------------------------------------------------------------------------

cdef struct Rows:
    int inputs
    bint failed  # a thread had no memory for its scratch
    char* args[3]
    Py_ssize_t steps[3]  # from row to row
    Py_ssize_t strides[3]  # from element to element


cdef inline void one_row(const Rows* work, Py_ssize_t r, Py_ssize_t n, floating* scratch, Format format) noexcept nogil:
    """Row r, in place in memory where it is contiguous, else through the scratch of its thread."""
    cdef floating* a[3]
    cdef int k, last = work.inputs
    for k in range(last + 1):
        if work.strides[k] == sizeof(floating) and format == NATIVE:
            a[k] = <floating*>(work.args[k] + r * work.steps[k])
        else:
            a[k] = scratch + k * n
            if k < last:
                load(a[k], work.args[k] + r * work.steps[k], work.strides[k], n, format)
    if last == 1:
        softmax_row(a[0], a[1], n)
    else:
        softmax_backward_row(a[0], a[1], a[2], n)
    if scratch != NULL and a[last] == scratch + last * n:
        store(a[last], work.args[last] + r * work.steps[last], work.strides[last], n, format)


cdef void rows_part(
    Rows* work, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t n, Format format, floating* marker
) noexcept nogil:
    cdef Py_ssize_t r
    cdef int k
    cdef bint direct = format == NATIVE
    cdef floating* scratch = NULL
    for k in range(work.inputs + 1):
        direct = direct and work.strides[k] == sizeof(floating)
    if not direct:
        scratch = <floating*>malloc((work.inputs + 1) * n * sizeof(floating))
        if scratch == NULL:
            work.failed = True
            return
    for r in range(start, stop):
        one_row(work, r, n, scratch, format)
    free(scratch)


cdef void rows_drive(
    char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, int inputs, Format format, floating* marker
) noexcept nogil:
    """A generalised ufunc's inner loop, (n)->(n) or (n),(n)->(n): dims = rows, n."""
    cdef Rows work
    cdef machine.fp_flags flags
    cdef Py_ssize_t count = dims[0], n = dims[1], team = 1, grain, share, t, stop
    cdef int k
    work.inputs = inputs
    work.failed = False
    for k in range(inputs + 1):
        work.args[k] = args[k]
        work.steps[k] = steps[k]
        work.strides[k] = steps[inputs + 1 + k]
    if count == 0 or n == 0:
        return
    grain = grains[HEAVY] // n + 1
    if count >= 2 * grain:
        team = machine.team_size()
        team = count // grain if count // grain < team else team
    machine.get_flags(&flags)
    if team == 1:
        rows_part(&work, 0, count, n, format, marker)
    else:
        share = (count + team - 1) // team
        for t in prange(team, num_threads=team, schedule="static", chunksize=1):
            stop = count if (t + 1) * share > count else (t + 1) * share
            if t * share < stop:
                rows_part(&work, t * share, stop, n, format, marker)
    machine.set_flags(&flags)
    if work.failed:
        with gil:
            PyErr_NoMemory()  # a ufunc's loop returns nothing; the interpreter finds the error when the call is over


cdef void rows16(char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, void* data) noexcept nogil:
    rows_drive(args, dims, steps, <int><size_t>data, HALF, <float*>NULL)


cdef void rows_brain(char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, void* data) noexcept nogil:
    rows_drive(args, dims, steps, <int><size_t>data, BRAIN, <float*>NULL)


cdef void rows32(char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, void* data) noexcept nogil:
    rows_drive(args, dims, steps, <int><size_t>data, NATIVE, <float*>NULL)


cdef void rows64(char** args, const cnp.npy_intp* dims, const cnp.npy_intp* steps, void* data) noexcept nogil:
    rows_drive(args, dims, steps, <int><size_t>data, NATIVE, <double*>NULL)


# ---- registration ---------------------------------------------------------------------------------------------------

# NumPy keeps pointers to all that it is given here, for the life of the process. The last loop is bfloat16's.
cdef cnp.PyUFuncGenericFunction elementwise_loops[4]
elementwise_loops[0] = <cnp.PyUFuncGenericFunction>loop16
elementwise_loops[1] = <cnp.PyUFuncGenericFunction>loop32
elementwise_loops[2] = <cnp.PyUFuncGenericFunction>loop64
elementwise_loops[3] = <cnp.PyUFuncGenericFunction>loop_brain
cdef cnp.PyUFuncGenericFunction rows_loops[4]
rows_loops[0] = <cnp.PyUFuncGenericFunction>rows16
rows_loops[1] = <cnp.PyUFuncGenericFunction>rows32
rows_loops[2] = <cnp.PyUFuncGenericFunction>rows64
rows_loops[3] = <cnp.PyUFuncGenericFunction>rows_brain
_kept = []


cdef object register(
    str name, cnp.PyUFuncGenericFunction* loops, void* data, int operands, int parameters, bytes signature, int brain
):
    """A ufunc (or gufunc, with a signature) over ``operands`` inputs, then parameters, with one output.

    Loops: float16 (whose parameters are float32: a slope of 0.01 rounded to half would be off by 0.02 %), float32 and
    float64; and bfloat16, likewise with parameters of float32, if its type number ``brain`` is one. Data and types are
    on the heap and never freed.
    """
    cdef int nin = operands + parameters
    cdef int i, k
    cdef char* types = <char*>malloc(3 * (nin + 1))
    cdef void** datas = <void**>malloc(3 * sizeof(void*))
    cdef int brain_types[OPERANDS + PARAMETERS]
    main_types = (cnp.NPY_FLOAT16, cnp.NPY_FLOAT, cnp.NPY_DOUBLE)
    parameter_types = (cnp.NPY_FLOAT, cnp.NPY_FLOAT, cnp.NPY_DOUBLE)
    if types == NULL or datas == NULL:
        raise MemoryError(f"no memory to register the ufunc {name}")
    for i in range(3):
        datas[i] = data
        for k in range(nin + 1):
            types[i * (nin + 1) + k] = parameter_types[i] if operands <= k < nin else main_types[i]
    text = name.encode()
    doc = f"Inner ufunc of fastact.{name}; see there.".encode()
    _kept.append((text, doc, signature))
    made = cnp.PyUFunc_FromFuncAndDataAndSignature(
        loops, datas, types, 3, nin, 1, -1, text, doc, 0, <char*>signature if signature else NULL
    )
    if brain >= 0:
        for k in range(nin + 1):
            brain_types[k] = cnp.NPY_FLOAT if operands <= k < nin else brain
        if cnp.PyUFunc_RegisterLoopForType(made, brain, loops[3], brain_types, data) < 0:
            raise ImportError(f"NumPy does not take a loop of bfloat16 for the ufunc {name}")
    return made


def make_ufuncs(int brain=-1):
    """Every ufunc of the library by its name; the names tell activation and direction.

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
            made[name + suffix] = register(
                name + suffix, elementwise_loops, loop, 1 if op < BACKWARD else 2, rows[index].parameters[op], None,
                brain,
            )
    made["softmax"] = register("softmax", rows_loops, <void*><size_t>1, 1, 0, b"(n)->(n)", brain)
    made["softmax_backward_from_output"] = register(
        "softmax_backward_from_output", rows_loops, <void*><size_t>2, 2, 0, b"(n),(n)->(n)", brain
    )
    return made
