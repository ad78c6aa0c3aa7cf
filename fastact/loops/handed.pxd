"""Checks of the arrays that a compiled function is handed, by which it reads and writes nothing out of bounds.

Used by _spatial.pyx alone. What is wrong is told by TypeError or ValueError.
"""
from libc.stdint cimport uint16_t

cimport numpy as cnp

from fastact.loops.strips cimport BRAIN, HALF, NATIVE

cdef enum:
    USERDEF = 256  # from which on other packages number their dtypes
    BFLOAT = -2  # stands for the number of bfloat16, which is not NumPy's own


cdef inline int check_type(cnp.ndarray array, str name, str argument, int wanted) except -1:
    """Of that number among NumPy's dtypes, native and aligned; of BFLOAT, any of another package with two bytes."""
    cdef int number = cnp.PyArray_TYPE(array)
    cdef bint right = number == wanted
    if wanted == BFLOAT:
        right = number >= USERDEF and cnp.PyArray_ITEMSIZE(array) == sizeof(uint16_t)
    if not right:
        raise TypeError(f"{name}: {argument} of dtype {array.dtype} is not accepted beside the others")
    if not cnp.PyArray_ISBEHAVED_RO(array):
        raise ValueError(f"{name}: {argument} is not aligned, or its bytes are swapped")
    return 0


cdef inline bint without_gaps(cnp.ndarray array):
    """Whether its elements lie one after another, in any order of the axes."""
    cdef Py_ssize_t apart = cnp.PyArray_ITEMSIZE(array)
    cdef bint found
    cdef int k, left = 0
    if cnp.PyArray_IS_C_CONTIGUOUS(array) or cnp.PyArray_IS_F_CONTIGUOUS(array):
        return True
    for k in range(cnp.PyArray_NDIM(array)):
        left += array.shape[k] != 1
    while left:
        found = False
        for k in range(cnp.PyArray_NDIM(array)):
            if array.shape[k] != 1 and cnp.PyArray_STRIDE(array, k) == apart and not found:
                found = True
                apart *= array.shape[k]
        if not found:
            return False
        left -= 1
    return True


cdef inline int check_dense(
    cnp.ndarray array, str name, str argument, int wanted, Py_ssize_t size, bint written
) except -1:
    check_type(array, name, argument, wanted)
    if not cnp.PyArray_IS_C_CONTIGUOUS(array):
        raise ValueError(f"{name}: {argument} has gaps, or is not in C order")
    return check_size(array, name, argument, size, written)


cdef inline int check_size(cnp.ndarray array, str name, str argument, Py_ssize_t size, bint written) except -1:
    if cnp.PyArray_SIZE(array) != size:
        raise ValueError(f"{name}: {argument} has {array.size} elements, not {size}")
    if written and not cnp.PyArray_ISWRITEABLE(array):
        raise ValueError(f"{name}: {argument} is read-only; it must be writeable")
    return 0


cdef inline int type_of(cnp.ndarray weight, str name, int format) except -1:
    """The number of the arrays' dtype, beside weights of float32 or float64."""
    cdef int number = cnp.PyArray_TYPE(weight)
    if not NATIVE <= format <= BRAIN:
        raise ValueError(f"{name}: format={format} is not accepted")
    if number != cnp.NPY_FLOAT and (number != cnp.NPY_DOUBLE or format != NATIVE):
        raise TypeError(f"{name}: weight of dtype {weight.dtype} is not accepted")
    return number if format == NATIVE else (cnp.NPY_FLOAT16 if format == HALF else BFLOAT)
