# cython: language_level=3, boundscheck=False, wraparound=False
"""class Caller: what makes the usual call of an activation cost hardly more than the ufunc's own.

Built once, beside the kernels and for all of them; only ``runtime/kernels.py`` imports it. Base of the Python
classes of api/, whose ``__call__`` says what a call means and answers every kind of it. This is a shortcut past it,
taken for arrays whose dtype and parameters are known to be right: it looks them up and calls the ufunc.
"""
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM
from libc.math cimport signbit

cimport cython
cimport numpy as cnp

cnp.import_array()

cdef extern from "Python.h":
    ctypedef object (*vectorcallfunc)(object, PyObject* const*, size_t, PyObject*)
    ctypedef struct PyTypeObject:
        Py_ssize_t tp_vectorcall_offset
        unsigned long tp_flags
    const unsigned long Py_TPFLAGS_HAVE_VECTORCALL
    Py_ssize_t PyVectorcall_NARGS(size_t)
    object PyObject_Vectorcall(object, PyObject* const*, size_t, PyObject*)

cdef enum:
    MOST = 8  # arguments of a call that is looked up, and of its ufunc


@cython.auto_pickle(False)
cdef class Caller:
    """Base of what is called as ``(inputs..., [required parameters...], [out], **keywords)``.

    ``__call__`` itself would get its keywords in a dict, which takes CPython as long as all the rest: hence vectorcall.
    """

    cdef vectorcallfunc _vectorcall
    # (ufunc, parameters...) of calls that were checked before: under the dtype of the inputs, or, of calls with plain
    # numbers as parameters, under (dtype, name, value, ...)
    cdef public dict _ready
    cdef public int _inputs  # 1 or 2
    cdef public int _least_ndim  # of each input
    cdef public tuple _required  # the parameters that may follow the inputs by position

    def __cinit__(self):
        self._vectorcall = <vectorcallfunc>vectorcall
        self._ready = {}
        self._required = ()


cdef Py_ssize_t offset(Caller any):
    return <char*>&any._vectorcall - <char*><PyObject*>any

cdef Py_ssize_t OFFSET = offset(Caller())


def shorten(type subclass):
    """Have calls of ``subclass`` take the shortcut. No class that has a ``__call__`` of its own inherits that."""
    cdef PyTypeObject* made = <PyTypeObject*>subclass
    made.tp_vectorcall_offset = OFFSET
    made.tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL


cdef inline object dtype_of(Caller self, object x):
    """The dtype of an input: an array, an array scalar or what passes for one. None of all else."""
    if cnp.PyArray_CheckExact(x):
        return <object>cnp.PyArray_DESCR(x) if cnp.PyArray_NDIM(x) >= self._least_ndim else None
    dtype = getattr(x, "dtype", None) if self._least_ndim == 0 else None
    return dtype if cnp.PyArray_DescrCheck(dtype) else None


cdef inline bint same_shape(PyObject* a, PyObject* b):
    return cnp.PyArray_SAMESHAPE(<cnp.ndarray>a, <cnp.ndarray>b)


cdef inline bint plain(object value):
    """Whether ``_ready`` may have calls with this value. It has none with -0.0, which would be taken for 0.0."""
    if type(value) is float:
        return not (<double>value == 0 and signbit(<double>value))
    return type(value) is int or type(value) is str


cdef tuple known(Caller self, PyObject* const* args, Py_ssize_t given, PyObject* names, PyObject** out):
    """What ``_ready`` has of a call, else None. ``out`` becomes the argument of that name, or NULL."""
    cdef Py_ssize_t inputs = self._inputs, last = inputs + PyTuple_GET_SIZE(self._required), size = 1, k
    cdef Py_ssize_t keywords = 0 if names == NULL else PyTuple_GET_SIZE(<object>names)
    cdef PyObject* parts[1 + 2 * MOST]
    cdef PyObject* name
    cdef tuple key
    if given < inputs or given > last + 1 or given + keywords > MOST:
        return None
    dtype = dtype_of(self, <object>args[0])
    if inputs == 2 and dtype_of(self, <object>args[1]) is not dtype:
        return None
    # rows: ufuncs do not stretch a row of one element, and take a gradient of more dimensions than its result has
    if inputs == 2 and self._least_ndim and dtype is not None and not same_shape(args[0], args[1]):
        return None
    out[0] = args[last] if given > last else NULL
    for k in range(inputs, given + keywords):
        if k == last < given:
            continue
        if k >= given:
            name = PyTuple_GET_ITEM(<object>names, k - given)
        else:
            name = PyTuple_GET_ITEM(self._required, k - inputs)
        if <object>name is "out" and out[0] == NULL:
            out[0] = args[k]
        elif plain(<object>args[k]) and not (type(<object>args[k]) is float and <object>name == "axis"):
            # -1.0 is no axis, and would be taken for -1
            parts[size] = name
            parts[size + 1] = args[k]
            size += 2
        else:
            return None
    if out[0] != NULL and type(<object>out[0]) is tuple:
        return None  # which ufuncs take by keyword alone
    if size == 1:
        return self._ready.get(dtype)
    parts[0] = <PyObject*>dtype
    key = PyTuple_New(size)
    for k in range(size):
        Py_INCREF(<object>parts[k])
        PyTuple_SET_ITEM(key, k, <object>parts[k])
    return self._ready.get(key)


cdef object vectorcall(Caller self, PyObject* const* args, size_t flagged, PyObject* names):
    cdef PyObject* stack[MOST + 1]
    cdef PyObject* out = NULL
    cdef Py_ssize_t size, k
    cdef tuple found = known(self, args, PyVectorcall_NARGS(flagged), names, &out)
    if found is None:
        return PyObject_Vectorcall(self.__call__, args, flagged, names)
    size = self._inputs
    for k in range(size):
        stack[k] = args[k]
    for k in range(1, PyTuple_GET_SIZE(found)):
        stack[size] = PyTuple_GET_ITEM(found, k)
        size += 1
    if out != NULL:
        stack[size] = out
        size += 1
    try:
        return PyObject_Vectorcall(<object>PyTuple_GET_ITEM(found, 0), stack, size, NULL)
    except (TypeError, ValueError):
        # NumPy refuses before it writes; ``__call__`` then says it as an error of this function
        pass
    return PyObject_Vectorcall(self.__call__, args, flagged, names)
