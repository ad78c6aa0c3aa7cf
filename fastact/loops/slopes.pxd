# cython: cdivision=True
"""PReLU with slopes of its own for each channel: the loops over elements, and over what they add to a slope's gradient.

Used by _spatial.pyx alone; uses `fastact.activations` and `fastact.vmath`.
"""
from cython cimport floating

from fastact cimport activations as act
from fastact.vmath cimport fma

cdef enum:
    LANES = 64  # partial sums of a row: more than a compiler unrolls, so that it vectorises the loop over them


cdef inline void strip_of_slopes(
    const floating* g, const floating* x, floating* y, const floating* w, bint each, Py_ssize_t n
) noexcept nogil:
    """Value or backward pass of n elements; ``each``: w has a slope for each, else one for all."""
    cdef floating one[1]
    cdef Py_ssize_t i
    one[0] = w[0]
    # in place there is one pointer, since a compiler must assume that two may overlap
    if g == NULL and x == y:
        if each:
            for i in range(n):
                y[i] = act.leaky_relu(y[i], w + i)
        else:
            for i in range(n):
                y[i] = act.leaky_relu(y[i], one)
    elif g == NULL:
        if each:
            for i in range(n):
                y[i] = act.leaky_relu(x[i], w + i)
        else:
            for i in range(n):
                y[i] = act.leaky_relu(x[i], one)
    elif g == y:
        if each:
            for i in range(n):
                y[i] = y[i] * act.prelu_derivative(x[i], w + i)
        else:
            for i in range(n):
                y[i] = y[i] * act.prelu_derivative(x[i], one)
    elif x == y:
        if each:
            for i in range(n):
                y[i] = g[i] * act.prelu_derivative(y[i], w + i)
        else:
            for i in range(n):
                y[i] = g[i] * act.prelu_derivative(y[i], one)
    else:
        if each:
            for i in range(n):
                y[i] = g[i] * act.prelu_derivative(x[i], w + i)
        else:
            for i in range(n):
                y[i] = g[i] * act.prelu_derivative(x[i], one)


cdef inline void add_slopes(const floating* g, const floating* x, double* sums, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        sums[i] = fma(<double>g[i], <double>act.prelu_by_weight(x[i]), sums[i])


cdef inline void add_all(const floating* g, double* sums, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        sums[i] += <double>g[i]


cdef inline void strip_of_sums(
    const floating* g, const floating* x, double* sums, bint each, Py_ssize_t n
) noexcept nogil:
    """Adds dy dy/dweight, or dy if x is NULL, to ``sums``: one for each element, or element i to lane i mod LANES."""
    cdef Py_ssize_t i, k
    if x == NULL and each:
        add_all(g, sums, n)
        return
    if x == NULL:
        for i in range(n // LANES):
            for k in range(LANES):
                sums[k] += <double>g[LANES * i + k]
        add_all(g + (n - n % LANES), sums, n % LANES)
        return
    if each:
        add_slopes(g, x, sums, n)
        return
    for i in range(n // LANES):
        for k in range(LANES):
            sums[k] = fma(<double>g[LANES * i + k], <double>act.prelu_by_weight(x[LANES * i + k]), sums[k])
    i = n - n % LANES
    add_slopes(g + i, x + i, sums, n % LANES)
