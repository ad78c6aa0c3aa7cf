"""Making a ufunc of the kernels' loops. Used by the compiled kernels alone."""
from cpython.ref cimport Py_INCREF
from libc.stdlib cimport malloc

cimport numpy as cnp

cdef enum:
    LOOPS = 4  # float16, float32, float64, bfloat16
    MOST_OPERANDS = 16


cdef inline object register(
    str name, const cnp.PyUFuncGenericFunction* loops, void* data, str operands, str results, bytes signature, int brain
):
    """A ufunc (or gufunc, with a signature); ``operands`` has a letter for each input, ``results`` for each output.

    x is of the result's type; p a parameter, which beside float16 is float32 (a slope of 0.01 rounded to half would be
    off by 0.02 %); b is bool. ``brain`` is the type number of bfloat16, whose parameters are float32 too, or -1.
    NumPy keeps pointers to all that it is given, for the life of the process: loops, types and texts are never freed.
    """
    cdef int nin = len(operands), nout = len(results)
    cdef int i, k
    cdef cnp.PyUFuncGenericFunction* kept = <cnp.PyUFuncGenericFunction*>malloc(
        LOOPS * sizeof(cnp.PyUFuncGenericFunction)
    )
    cdef char* types = <char*>malloc(3 * (nin + nout))
    cdef void** datas = <void**>malloc(3 * sizeof(void*))
    cdef int brain_types[MOST_OPERANDS]
    if kept == NULL or types == NULL or datas == NULL:
        raise MemoryError(f"no memory to register the ufunc {name}")
    numbers = {
        "x": (cnp.NPY_FLOAT16, cnp.NPY_FLOAT, cnp.NPY_DOUBLE, brain),
        "p": (cnp.NPY_FLOAT, cnp.NPY_FLOAT, cnp.NPY_DOUBLE, cnp.NPY_FLOAT),
        "b": (cnp.NPY_BOOL,) * LOOPS,
    }
    for i in range(LOOPS):
        kept[i] = loops[i]
    for k, letter in enumerate(operands + results):
        for i in range(3):
            types[i * (nin + nout) + k] = numbers[letter][i]
        brain_types[k] = numbers[letter][3]
    for i in range(3):
        datas[i] = data
    texts = name.encode(), f"Inner ufunc of fastact.{name}; see there.".encode(), signature
    Py_INCREF(texts)
    made = cnp.PyUFunc_FromFuncAndDataAndSignature(
        kept, datas, types, 3, nin, nout, -1, texts[0], texts[1], 0, <char*>signature if signature else NULL
    )
    if brain >= 0 and cnp.PyUFunc_RegisterLoopForType(made, brain, kept[3], brain_types, data) < 0:
        raise ImportError(f"NumPy does not take a loop of bfloat16 for the ufunc {name}")
    return made
