"""How many threads a call of a kernel may use. Used by the compiled kernels alone.

The limits are kept in one place, `_threads`, and each module of kernels is told by whoever loads it where to ask: an
import by the interpreter, or, in a program without one, the opening of the library.
"""
cdef extern from *:
    """
    /* One of its own in each compiled module. */
    static int (*fastact_team_for)(Py_ssize_t, int) = 0;
    """
    int (*team_for "fastact_team_for")(Py_ssize_t n, int weight) noexcept nogil

ctypedef int (*chooser)(Py_ssize_t n, int weight) noexcept nogil


cdef inline void ask(chooser whom) noexcept nogil:
    """Let ``whom`` say how many threads n elements of LIGHT or HEAVY work are worth now."""
    global team_for
    team_for = whom


cdef inline Py_ssize_t team_of(Py_ssize_t n, int weight, Py_ssize_t most) noexcept nogil:
    """Threads for n elements, at most ``most`` unless that is 0."""
    cdef Py_ssize_t team
    if most == 1:
        return 1
    team = team_for(n, weight)
    return most if 0 < most < team else team
