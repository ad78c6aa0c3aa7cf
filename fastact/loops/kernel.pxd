"""What a kernel is to the drivers that run it over arrays. Used by the compiled kernels alone."""
from cython cimport floating
from fastact.loops.strips cimport Op

ctypedef void (*kernel32)(Op, float**, Py_ssize_t) noexcept nogil
ctypedef void (*kernel64)(Op, double**, Py_ssize_t) noexcept nogil

cdef struct Row:
    const char* name
    kernel32 f32
    kernel64 f64
    int parameters[4]  # how many each of FORWARD, DERIVATIVE, BACKWARD and FROM_OUTPUT takes
    bint prepared  # its parameters are
    bint biased  # it has the operation BIASED
    int weight  # LIGHT or HEAVY


cdef inline void call(const Row* row, Op op, floating** a, Py_ssize_t n) noexcept nogil:
    if floating is float:
        row.f32(op, a, n)
    else:
        row.f64(op, a, n)
