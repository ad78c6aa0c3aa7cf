# cython: cdivision=True
"""Piecewise linear activations and other polynomials in pieces.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` alone.
"""
from cython cimport floating
from fastact.vmath cimport nan_or


cdef inline floating identity(floating x, const floating* p) noexcept nogil:
    return x


cdef inline floating identity_derivative(floating x, const floating* p) noexcept nogil:
    return nan_or(<floating>1.0, x)


cdef inline floating step(floating x, const floating* p) noexcept nogil:
    # p[0] = at_zero; the innermost select lets NaN through
    return <floating>1.0 if x > <floating>0.0 else (
        <floating>0.0 if x < <floating>0.0 else (p[0] if x == <floating>0.0 else x)
    )


cdef inline floating step_derivative(floating x, const floating* p) noexcept nogil:
    return nan_or(<floating>0.0, x)


cdef inline floating relu(floating x, const floating* p) noexcept nogil:
    return <floating>0.0 if x < <floating>0.0 else x


cdef inline floating relu_derivative(floating x, const floating* p) noexcept nogil:
    return step(x, p)


cdef inline floating relu_from_output(floating y, const floating* p) noexcept nogil:
    # y = 0 came from x <= 0, of which x = 0 is one point: at_zero does not count here
    return <floating>1.0 if y > <floating>0.0 else nan_or(<floating>0.0, y)


cdef inline floating leaky_relu(floating x, const floating* p) noexcept nogil:
    # p[0] = negative_slope
    return x if x >= <floating>0.0 else p[0] * x


cdef inline floating leaky_relu_derivative(floating x, const floating* p) noexcept nogil:
    # p[1] = at_zero
    return <floating>1.0 if x > <floating>0.0 else (
        p[0] if x < <floating>0.0 else (p[1] if x == <floating>0.0 else x)
    )


cdef inline floating prelu_derivative(floating x, const floating* p) noexcept nogil:
    # at 0 the slope of the left; also what leaky_relu's output tells, whose sign is that of x
    return <floating>1.0 if x > <floating>0.0 else nan_or(p[0], x)
