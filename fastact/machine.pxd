"""What the kernels need of compiler and machine: OpenMP and the size of a team, prefetching, floating-point flags.

Used by _kernels.pyx alone, whose functions for Python set the limits; each build of it has its own.
"""
cdef extern from *:
    """
    #ifdef _OPENMP
    #include <omp.h>
    #define FASTACT_OPENMP _OPENMP
    #else
    #define FASTACT_OPENMP 0
    static int omp_get_max_threads(void) { return 1; }
    static int omp_get_num_procs(void) { return 1; }
    static int omp_in_parallel(void) { return 0; }
    #endif
    #if defined(_MSC_VER)
    #define FASTACT_THREAD_LOCAL __declspec(thread)
    #define FASTACT_PREFETCH(p) ((void)(p))
    #else
    #define FASTACT_THREAD_LOCAL __thread
    #define FASTACT_PREFETCH(p) __builtin_prefetch((p), 1, 3)
    #endif
    /* Selected-away lanes raise floating-point flags, which NumPy would report as warnings: they are put back. */
    #if defined(__SSE__) || defined(_M_X64)
    #include <xmmintrin.h>
    typedef unsigned int fastact_flags;
    #define FASTACT_GET_FLAGS(f) (*(f) = _mm_getcsr())
    #define FASTACT_SET_FLAGS(f) _mm_setcsr(*(f))
    #else
    #include <fenv.h>
    typedef fexcept_t fastact_flags;
    #define FASTACT_GET_FLAGS(f) fegetexceptflag((f), FE_ALL_EXCEPT)
    #define FASTACT_SET_FLAGS(f) fesetexceptflag((f), FE_ALL_EXCEPT)
    #endif
    /* The limit that threads() sets: of the calling thread alone, so that two Python threads do not undo each other. */
    static FASTACT_THREAD_LOCAL int fastact_thread_limit = 0;
    static int fastact_process_limit = 0; /* of set_num_threads; 0 is none */
    static int fastact_forked = 0; /* this process is a fork's child */
    """
    int OPENMP "FASTACT_OPENMP"
    int omp_get_max_threads() noexcept nogil
    int omp_get_num_procs() noexcept nogil
    int omp_in_parallel() noexcept nogil
    void prefetch "FASTACT_PREFETCH"(const void*) noexcept nogil
    int thread_limit "fastact_thread_limit"
    int process_limit "fastact_process_limit"
    int forked "fastact_forked"
    ctypedef int fp_flags "fastact_flags"
    void get_flags "FASTACT_GET_FLAGS"(fp_flags*) noexcept nogil
    void set_flags "FASTACT_SET_FLAGS"(const fp_flags*) noexcept nogil


cdef inline int team_size() noexcept nogil:
    """Threads that a large call may use now."""
    cdef int team, most
    if forked or OPENMP == 0:
        return 1  # after a fork libgomp's pool is gone but not known to be: entering a parallel region would hang
    if omp_in_parallel():
        return 1
    team = omp_get_max_threads()
    most = thread_limit if thread_limit else process_limit
    if most and most < team:
        team = most
    if team > 1:
        most = omp_get_num_procs()  # reads the affinity mask as it is now
        team = most if most < team else team
    return team if team > 1 else 1
