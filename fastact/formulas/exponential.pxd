# cython: cdivision=True
"""Activations with an exponential on one side, or all of one.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` alone.
"""
from cython cimport floating
from fastact.vmath cimport exp_rest, expm1_parts, exponent, fma, lowering, lowest, reduced


cdef inline floating elu(floating x, const floating* p) noexcept nogil:
    # p[0] = alpha; ">=" keeps -0.0. On the right expm1 may overflow unseen.
    cdef floating low
    cdef floating e = expm1_parts(x, &low)
    return x if x >= <floating>0.0 else fma(p[0], e, p[0] * low)


cdef inline floating exp_left(floating x, floating right, floating left, floating left_low) noexcept nogil:
    """``right`` where x > 0, else (left + left_low) e^x: the derivatives of elu and selu."""
    cdef floating top, y
    cdef floating n = exponent(x, &top)
    y = left + fma(left, exp_rest(reduced(x, n)), left_low)
    y = <floating>0.0 if x < lowest(x) else y * top * lowering(x)
    return right if x > <floating>0.0 else y


cdef inline floating elu_derivative(floating x, const floating* p) noexcept nogil:
    return exp_left(x, <floating>1.0, p[0], <floating>0.0)


cdef inline floating elu_from_output(floating y, const floating* p) noexcept nogil:
    return <floating>1.0 if y > <floating>0.0 else y + p[0]


# lambda and lambda*alpha of Klambauer et al. (2017), high + low; both lows are positive, so that inf stays inf

cdef inline floating selu_right(floating* low) noexcept nogil:
    low[0] = <floating>8.441664e-08 if floating is float else <floating>3.9874847667154144e-17
    return <floating>1.0507009 if floating is float else <floating>1.0507009873554805


cdef inline floating selu_left(floating* low) noexcept nogil:
    low[0] = <floating>2.3296717e-08 if floating is float else <floating>1.41535193800845e-17
    return <floating>1.7580993 if floating is float else <floating>1.7580993408473768


cdef inline floating selu(floating x, const floating* p) noexcept nogil:
    cdef floating right, right_low, left, left_low, e, e_low
    right = selu_right(&right_low)
    left = selu_left(&left_low)
    e = expm1_parts(x, &e_low)
    return fma(x, right, x * right_low) if x >= <floating>0.0 else fma(e, left, fma(e, left_low, e_low * left))


cdef inline floating selu_derivative(floating x, const floating* p) noexcept nogil:
    cdef floating left, low
    left = selu_left(&low)
    return exp_left(x, <floating>1.0507009873554805, left, low)


cdef inline floating selu_from_output(floating y, const floating* p) noexcept nogil:
    cdef floating left, low
    left = selu_left(&low)
    return <floating>1.0507009873554805 if y > <floating>0.0 else (y + left) + low
