"""The only loops over formulas, and the copies that bring elements into a contiguous buffer and back: all inline.

A strip is a run of contiguous elements. `strip` is handed the formulas of an activation as function pointers; in the
small function of each activation in _kernels.pyx, its only user, they are constants, so that the compiler inlines the
formulas into these loops and vectorises them.
"""
from cython cimport floating
from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from fastact.loops.half cimport (
    from_brain, from_brains, from_half, from_halves, to_brain, to_brains, to_half, to_halves,
)
from fastact.loops.machine cimport hide
from fastact.vmath cimport bits32, bits64

ctypedef int Op
ctypedef int Format

cdef enum:
    FORWARD
    DERIVATIVE
    BACKWARD
    FROM_OUTPUT
    BIASED  # FORWARD of x + g
    FORWARD_EACH  # a parameter for each element: the strip's p holds them one element after another
    DERIVATIVE_EACH
    ABOUT  # compute nothing: y[0] and y[1] become the numbers of parameters of value and slope, y[2] has_from_output,
    # y[3] whether other operations than the last two take their parameters prepared, and y[4] whether it has BIASED
    PREPARE  # compute from the parameters p the PREPARED numbers y that the others take in their place

cdef enum:  # operands of a strip
    G  # the incoming gradient dy
    X  # the input, or the output y for FROM_OUTPUT
    Y  # the result
    P  # the parameters
    OPERANDS

cdef enum:
    PARAMETERS = 4  # most parameters of any activation
    PREPARED = 14  # room for what any activation makes of them beforehand

cdef enum:
    MENDED = 256  # elements that `strip_and_mend` looks at together

cdef enum:  # what operands are in memory; the last two are computed in float32
    NATIVE
    HALF  # float16
    BRAIN  # bfloat16


# In place there is one pointer, because a compiler must assume that two may overlap and then keeps a scalar loop.

cdef inline void apply(
    floating (*f)(floating, const floating*) noexcept nogil,
    const floating* x, floating* y, Py_ssize_t n, const floating* p,
) noexcept nogil:
    cdef Py_ssize_t i
    if x == y:
        for i in range(n):
            y[i] = f(y[i], p)
    else:
        for i in range(n):
            y[i] = f(x[i], p)


cdef inline void apply_biased(
    floating (*f)(floating, const floating*) noexcept nogil,
    const floating* b, const floating* x, floating* y, Py_ssize_t n, const floating* p,
) noexcept nogil:
    cdef Py_ssize_t i
    if x == y:
        for i in range(n):
            y[i] = f(y[i] + b[i], p)
    else:
        for i in range(n):
            y[i] = f(x[i] + b[i], p)


cdef inline void chain(
    floating (*slope)(floating, const floating*) noexcept nogil,
    const floating* g, const floating* x, floating* y, Py_ssize_t n, const floating* p,
) noexcept nogil:
    cdef Py_ssize_t i
    if g == y:
        for i in range(n):
            y[i] = y[i] * slope(x[i], p)
    elif x == y:
        for i in range(n):
            y[i] = g[i] * slope(y[i], p)
    else:
        for i in range(n):
            y[i] = g[i] * slope(x[i], p)


cdef inline void directions(
    Op op, floating** a, Py_ssize_t n, int value_parameters, int parameters,
    floating (*value)(floating, const floating*) noexcept nogil,
    floating (*derivative)(floating, const floating*) noexcept nogil,
    floating (*from_output)(floating, const floating*) noexcept nogil,
    const floating* p,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef const floating* x = a[X]
    cdef floating* y = a[Y]
    if op == FORWARD:
        apply(value, x, y, n, p)
    elif op == DERIVATIVE:
        apply(derivative, x, y, n, p)
    elif op == BACKWARD:
        chain(derivative, a[G], x, y, n, p)
    elif op == FROM_OUTPUT and from_output != NULL:
        chain(from_output, a[G], x, y, n, p)
    elif op == BIASED:
        apply_biased(value, a[G], x, y, n, p)
    elif op == FORWARD_EACH and value_parameters:
        for i in range(n):
            y[i] = value(x[i], a[P] + value_parameters * i)
    elif op == DERIVATIVE_EACH and parameters:
        for i in range(n):
            y[i] = derivative(x[i], a[P] + parameters * i)
    elif op == ABOUT:
        y[0] = value_parameters
        y[1] = parameters
        y[2] = from_output != NULL
        y[3] = 0
        y[4] = 1


cdef inline void strip(
    Op op, floating** a, Py_ssize_t n, int value_parameters, int parameters,
    floating (*value)(floating, const floating*) noexcept nogil,
    floating (*derivative)(floating, const floating*) noexcept nogil,
    floating (*from_output)(floating, const floating*) noexcept nogil,
) noexcept nogil:
    """One kernel: every direction of an activation over n contiguous elements of a[G], a[X], a[Y], parameters a[P].

    It takes ``value_parameters`` parameters for the value, ``parameters`` for all that needs the slope.
    """
    cdef floating p[PARAMETERS]
    cdef Py_ssize_t i
    # a copy, or the compiler must reload them after each store to y
    for i in range(parameters):
        p[i] = a[P][i] if op != ABOUT else <floating>0.0
    directions(op, a, n, value_parameters, parameters, value, derivative, from_output, p)


cdef inline void looked_up(
    Op op, floating** a, Py_ssize_t n,
    void (*value_strip)(const float*, const float*, float*, Py_ssize_t) noexcept nogil,
    void (*slope_strip)(const float*, const float*, float*, Py_ssize_t) noexcept nogil,
    floating (*value)(floating, const floating*) noexcept nogil,
    floating (*derivative)(floating, const floating*) noexcept nogil,
    floating (*from_output)(floating, const floating*) noexcept nogil,
    const floating* p,
) noexcept nogil:
    """`directions` where value, slope or both are loops themselves for float: of y and a bias, of dy or not."""
    if floating is float:
        if op == FORWARD and value_strip != NULL:
            value_strip(NULL, a[X], a[Y], n)
            return
        if op == BIASED and value_strip != NULL:
            value_strip(a[G], a[X], a[Y], n)
            return
        if op == DERIVATIVE and slope_strip != NULL:
            slope_strip(NULL, a[X], a[Y], n)
            return
        if op == BACKWARD and slope_strip != NULL:
            slope_strip(a[G], a[X], a[Y], n)
            return
    directions(op, a, n, 0, 0, value, derivative, from_output, p)


cdef inline void strip_looked_up(
    Op op, floating** a, Py_ssize_t n,
    void (*value_strip)(const float*, const float*, float*, Py_ssize_t) noexcept nogil,
    void (*slope_strip)(const float*, const float*, float*, Py_ssize_t) noexcept nogil,
    floating (*value)(floating, const floating*) noexcept nogil,
    floating (*derivative)(floating, const floating*) noexcept nogil,
    floating (*from_output)(floating, const floating*) noexcept nogil,
) noexcept nogil:
    """`strip` of formulas without parameters of which some are loops themselves for float."""
    looked_up(op, a, n, value_strip, slope_strip, value, derivative, from_output, NULL)


cdef inline void put_those_of_one(
    floating** a, Py_ssize_t n, void (*of_one)(const float*, const float*, float*, Py_ssize_t) noexcept nogil
) noexcept nogil:
    """What such a loop gives where an element's parameter is 1."""
    cdef float found[MENDED]
    cdef Py_ssize_t i, m, start = 0
    cdef bint some = False
    for i in range(n):
        some = some or a[P][i] == <floating>1.0
    while some and start < n:
        m = MENDED if n - start > MENDED else n - start
        if floating is float:
            of_one(NULL, a[X] + start, found, m)
        for i in range(m):
            a[Y][start + i] = <floating>found[i] if a[P][start + i] == <floating>1.0 else a[Y][start + i]
        start += m


cdef inline void one_by_one(
    Op op, floating** a, Py_ssize_t n, Py_ssize_t step,
    floating (*value)(floating, const floating*) noexcept nogil,
    floating (*derivative)(floating, const floating*) noexcept nogil,
    floating (*from_output)(floating, const floating*) noexcept nogil,
) noexcept nogil:
    """Every direction of formulas that branch; the parameters of the next element are ``step`` numbers further on."""
    cdef Py_ssize_t i
    cdef floating x, y
    hide(&value)
    hide(&derivative)
    if from_output != NULL:
        hide(&from_output)
    for i in range(n):
        x = a[X][i] + a[G][i] if op == BIASED else a[X][i]
        if op == FORWARD or op == BIASED or op == FORWARD_EACH:
            y = value(x, a[P] + step * i)
        elif op == FROM_OUTPUT and from_output != NULL:
            y = from_output(x, a[P])
        else:
            y = derivative(x, a[P] + step * i)
        a[Y][i] = a[G][i] * y if op == BACKWARD or op == FROM_OUTPUT else y


cdef inline void strip_within(
    Op op, floating** a, Py_ssize_t n, int parameters,
    bint (*within)(const floating*) noexcept nogil,
    floating (*value)(floating, const floating*) noexcept nogil,
    floating (*derivative)(floating, const floating*) noexcept nogil,
    floating (*from_output)(floating, const floating*) noexcept nogil,
    floating (*sure_value)(floating, const floating*) noexcept nogil,
    floating (*sure_derivative)(floating, const floating*) noexcept nogil,
    floating (*sure_from_output)(floating, const floating*) noexcept nogil,
) noexcept nogil:
    """`strip` of formulas that hold where within(p); for other parameters others are sure, one number at a time.

    Where a parameter differs from element to element, so may which of the two computes one.
    """
    cdef Py_ssize_t i, step = parameters if op == FORWARD_EACH or op == DERIVATIVE_EACH else 0
    cdef bint all_within = True
    if op != ABOUT:
        for i in range(n if step else 1):
            all_within = all_within and within(a[P] + step * i)
    if all_within:
        strip(op, a, n, parameters, parameters, value, derivative, from_output)
        return
    one_by_one(op, a, n, step, sure_value, sure_derivative, sure_from_output)


cdef inline void strip_of_one_scale(
    Op op, floating** a, Py_ssize_t n,
    void (*value_strip)(const float*, const float*, float*, Py_ssize_t) noexcept nogil,
    void (*slope_strip)(const float*, const float*, float*, Py_ssize_t) noexcept nogil,
    bint (*within)(const floating*) noexcept nogil,
    floating (*value)(floating, const floating*) noexcept nogil,
    floating (*derivative)(floating, const floating*) noexcept nogil,
    floating (*from_output)(floating, const floating*) noexcept nogil,
    floating (*sure_value)(floating, const floating*) noexcept nogil,
    floating (*sure_derivative)(floating, const floating*) noexcept nogil,
) noexcept nogil:
    """`strip_within` for one parameter that is nearly always 1: for 1 loops of their own, into which it folds.

    Or, for float, formulas that are loops themselves, as in `strip_looked_up`; these give what belongs to 1 where the
    parameter differs from element to element, too.
    """
    cdef floating one[1]
    if op <= BIASED and a[P][0] == <floating>1.0:
        one[0] = <floating>1.0
        looked_up(op, a, n, value_strip, slope_strip, value, derivative, from_output, one)
        return
    strip_within(op, a, n, 1, within, value, derivative, from_output, sure_value, sure_derivative, from_output)
    if floating is float and value_strip != NULL and op == FORWARD_EACH:
        put_those_of_one(a, n, value_strip)
    if floating is float and slope_strip != NULL and op == DERIVATIVE_EACH:
        put_those_of_one(a, n, slope_strip)


cdef inline bint any_doubt(
    floating (*doubt)(floating, const floating*) noexcept nogil,
    const floating* x, Py_ssize_t n, const floating* p, int step,
) noexcept nogil:
    """Whether doubt(x[i], p + step i) is negative for some i; step is 0 or 1."""
    cdef Py_ssize_t i
    cdef uint32_t signs32 = 0
    cdef uint64_t signs64 = 0
    cdef floating q[1]
    q[0] = p[0]
    if floating is float:
        if step:
            for i in range(n):
                signs32 |= bits32(doubt(x[i], p + i))
        else:
            for i in range(n):
                signs32 |= bits32(doubt(x[i], q))
        return signs32 >> 31
    else:
        if step:
            for i in range(n):
                signs64 |= bits64(doubt(x[i], p + i))
        else:
            for i in range(n):
                signs64 |= bits64(doubt(x[i], q))
        return signs64 >> 63


cdef inline void strip_and_mend(
    Op op, floating** a, Py_ssize_t n,
    floating (*value)(floating, const floating*) noexcept nogil,
    floating (*derivative)(floating, const floating*) noexcept nogil,
    floating (*doubt)(floating, const floating*) noexcept nogil,
    floating (*sure_value)(floating, const floating*) noexcept nogil,
    floating (*sure_derivative)(floating, const floating*) noexcept nogil,
) noexcept nogil:
    """`strip` for formulas of one parameter that are wrong for a few x, where doubt(x, p) < 0; there others are sure.

    Short runs are looked through first. One with such an x is kept aside, since y may be x or dy, then computed like
    all others, and then such elements are computed again. So bits do not depend on what stands beside an element.
    """
    cdef floating kept_x[MENDED]
    cdef floating kept_g[MENDED]
    cdef floating* part[OPERANDS]
    cdef Py_ssize_t m, i
    cdef Py_ssize_t start = 0
    cdef int step = op == FORWARD_EACH or op == DERIVATIVE_EACH
    cdef bint some
    cdef const floating* p
    if op == ABOUT:
        strip(op, a, n, 1, 1, value, derivative, NULL)
        a[Y][4] = 0
        return
    hide(&sure_value)
    hide(&sure_derivative)
    part[P] = a[P]
    part[G] = a[G]
    while start < n:
        m = MENDED if n - start > MENDED else n - start
        part[X] = a[X] + start
        part[Y] = a[Y] + start
        part[P] = a[P] + step * start
        if op == BACKWARD:
            part[G] = a[G] + start
        some = any_doubt(doubt, part[X], m, part[P], step)
        if some:
            for i in range(m):
                kept_x[i] = part[X][i]
            if op == BACKWARD:
                for i in range(m):
                    kept_g[i] = part[G][i]
        strip(op, part, m, 1, 1, value, derivative, NULL)
        if some:
            for i in range(m):
                p = part[P] + step * i
                if doubt(kept_x[i], p) < <floating>0.0:
                    if op == FORWARD or op == FORWARD_EACH:
                        part[Y][i] = sure_value(kept_x[i], p)
                    elif op == BACKWARD:
                        part[Y][i] = kept_g[i] * sure_derivative(kept_x[i], p)
                    else:
                        part[Y][i] = sure_derivative(kept_x[i], p)
        start += m


cdef inline void strip_prepared(
    Op op, floating** a, Py_ssize_t n, int parameters,
    void (*prepare)(const floating*, floating*) noexcept nogil,
    bint (*prepared)(const floating*) noexcept nogil,
    floating (*value)(floating, const floating*) noexcept nogil,
    floating (*derivative)(floating, const floating*) noexcept nogil,
    floating (*value_each)(floating, const floating*) noexcept nogil,
    floating (*derivative_each)(floating, const floating*) noexcept nogil,
) noexcept nogil:
    """`strip` where much depends on the parameters alone: computed once for a call, and handed on by the driver.

    ``value`` and ``derivative`` take what ``prepare`` made; those that end in ``_each`` the parameters themselves, and
    so they do where prepared(a[P]) tells that nothing could be made of them.
    """
    cdef floating p[PREPARED]
    cdef Py_ssize_t i
    if op <= BIASED and not prepared(a[P]):
        one_by_one(op, a, n, 0, value_each, derivative_each, NULL)
    elif op <= BIASED:
        for i in range(PREPARED):
            p[i] = a[P][i]
        directions(op, a, n, 0, 0, value, derivative, NULL, p)
    elif op == PREPARE:
        hide(&prepare)
        prepare(a[P], a[Y])
    elif op == ABOUT:
        directions(op, a, n, parameters, parameters, value, derivative, NULL, a[P])
        a[Y][3] = 1
    else:
        one_by_one(op, a, n, parameters, value_each, derivative_each, NULL)


cdef inline void load(
    floating* buffer, const char* source, Py_ssize_t step, Py_ssize_t n, Format format
) noexcept nogil:
    cdef Py_ssize_t i
    if format == NATIVE and step == sizeof(floating):
        memcpy(buffer, source, n * sizeof(floating))
    elif format == NATIVE:
        for i in range(n):
            buffer[i] = (<const floating*>(source + i * step))[0]
    elif format == HALF and step == sizeof(uint16_t):
        if floating is float:  # as is all that is computed of these
            from_halves(<const uint16_t*>source, buffer, n)
    elif format == HALF:
        for i in range(n):
            buffer[i] = from_half((<const uint16_t*>(source + i * step))[0])
    elif step == sizeof(uint16_t):
        if floating is float:
            from_brains(<const uint16_t*>source, buffer, n)
    else:
        for i in range(n):
            buffer[i] = from_brain((<const uint16_t*>(source + i * step))[0])


cdef inline void store(
    const floating* buffer, char* target, Py_ssize_t step, Py_ssize_t n, Format format
) noexcept nogil:
    cdef Py_ssize_t i
    if format == NATIVE and step == sizeof(floating):
        memcpy(target, buffer, n * sizeof(floating))
    elif format == NATIVE:
        for i in range(n):
            (<floating*>(target + i * step))[0] = buffer[i]
    elif format == HALF and step == sizeof(uint16_t):
        if floating is float:
            to_halves(buffer, <uint16_t*>target, n)
    elif format == HALF:
        for i in range(n):
            (<uint16_t*>(target + i * step))[0] = to_half(<float>buffer[i])
    elif step == sizeof(uint16_t):
        if floating is float:
            to_brains(buffer, <uint16_t*>target, n)
    else:
        for i in range(n):
            (<uint16_t*>(target + i * step))[0] = to_brain(<float>buffer[i])
