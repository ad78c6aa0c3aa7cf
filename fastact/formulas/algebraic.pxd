# cython: cdivision=True
"""Activations made of the four operations and square roots.

Part of `fastact.activations`, where the rules of these files stand; uses `fastact.vmath` alone.
"""
from cython cimport floating
from fastact.vmath cimport copysign, fabs, over_square, lowering, two_sum_low


cdef inline floating softsign(floating x, const floating* p) noexcept nogil:
    """x/(1 + |x|), odd to the bit; what 1 + |x| loses is carried."""
    cdef floating d, q, a
    cdef floating most = softsign_end(x)
    a = fabs(x)
    a = most if a > most else a
    d = <floating>1.0 + a
    q = a / d
    # Within 0.75 ULP; without it 1.5 at two thirds of the time. The inner sum needs no division: 1/d is nearly (1 - q).
    q = q - two_sum_low(<floating>1.0, a, d) * (q * (<floating>1.0 - q))
    return copysign(q, x)


cdef inline floating softsign_end(floating like) noexcept nogil:
    """From here on softsign is 1, and its derivative 0, to the last bit."""
    return <floating>1.4757395258967641e20 if floating is float else <floating>2.6815615859885194e154  # 2^67, 2^513


cdef inline floating softsign_derivative(floating x, const floating* p) noexcept nogil:
    """1/(1 + |x|)^2"""
    cdef floating d, y
    cdef floating a = fabs(x)
    d = <floating>1.0 + a
    y = over_square(
        <floating>1.0 / lowering(x), <floating>1.0, <floating>0.0, d, two_sum_low(<floating>1.0, a, d)
    ) * lowering(x)
    return <floating>0.0 if a > softsign_derivative_end(x) else y


cdef inline floating softsign_derivative_end(floating like) noexcept nogil:
    """From here on the derivative rounds to 0."""
    return <floating>3.777893186295716e22 if floating is float else <floating>6.362424904190393e161  # 2^75, 2^537.5


cdef inline floating softsign_from_output(floating y, const floating* p) noexcept nogil:
    # |x| = |y|/(1 - |y|), so that 1/(1 + |x|) = 1 - |y|
    cdef floating d = <floating>1.0 - fabs(y)
    return d * d
