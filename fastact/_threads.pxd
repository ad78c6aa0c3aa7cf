"""How many threads a kernel may use; `_threads.pyx` says by what. May be cimported by any Cython code."""

cdef enum:  # what an element costs
    LIGHT  # the speed of memory
    HEAVY  # an exponential or more

cdef int team_size() noexcept nogil
cdef int team_for(Py_ssize_t n, int weight) noexcept nogil
