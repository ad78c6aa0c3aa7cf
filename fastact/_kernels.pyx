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
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uint16_t
from libc.stdlib cimport malloc

cimport numpy as cnp

from fastact cimport activations as act
from fastact cimport machine
from fastact._threads cimport HEAVY, LIGHT, team_for
from fastact.fused cimport drive_fused, Fused
from fastact.kernel cimport call, kernel32, kernel64, Row
from fastact.registration cimport register
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

cdef enum:
    MAX_ROWS = 128
cdef Row rows[MAX_ROWS]
names = []


cdef void enter(str name, kernel32 f32, kernel64 f64, int weight) except *:
    cdef Row* row = &rows[len(names)]
    cdef double about[5]
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
    row.biased = about[4] != 0
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
    cdef Py_ssize_t team = team_for(n, work.row.weight), share, head, start, t
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


cdef void fused16(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive_fused(args, n, steps, <const Fused*>data, HALF, <float>0.0)


cdef void fused_brain(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive_fused(args, n, steps, <const Fused*>data, BRAIN, <float>0.0)


cdef void fused32(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive_fused(args, n, steps, <const Fused*>data, NATIVE, <float>0.0)


cdef void fused64(char** args, const cnp.npy_intp* n, const cnp.npy_intp* steps, void* data) noexcept nogil:
    drive_fused(args, n, steps, <const Fused*>data, NATIVE, <double>0.0)


# ---- registration ---------------------------------------------------------------------------------------------------

cdef cnp.PyUFuncGenericFunction[4] loops = [loop16, loop32, loop64, loop_brain]
cdef cnp.PyUFuncGenericFunction[4] fused_loops = [fused16, fused32, fused64, fused_brain]


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
    arrays = (op == BACKWARD) + (1 + gated) * (1 + biased)
    parameters = function.row.parameters[op] + 2 * gated
    results = "xx" if gated and op == BACKWARD else "x"
    signature = ",".join(["(n)"] * arrays + ["()"] * parameters) + "->" + ",".join(["(n)"] * len(results))
    text = name + "_gated" * gated + "_biased" * biased + ("", "_derivative", "_backward")[op]
    return register(text, fused_loops, function, "x" * arrays + "p" * parameters, results, signature.encode(), brain)
