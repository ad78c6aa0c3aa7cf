# cython: language_level=3, cdivision=True
"""How many threads a kernel may use: the limits of the process and of the calling thread, and the way into a fork.

Built once, for the kernels of all instruction sets, which cimport `team_for`; the functions for Python are
``runtime.kernels``'s alone. The C functions need no interpreter.
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
    /* Processors that the calling thread may run on now. GNU's runtime reads the mask at each call, LLVM's when it
       starts. A thread that OpenMP has bound has the mask of its place, which says nothing of the others. */
    #if defined(__linux__) && defined(_OPENMP)
    #include <sched.h>
    static int fastact_processors(void)
    {
        int all = omp_get_num_procs(), allowed;
        cpu_set_t mask;
        if (omp_get_proc_bind() != omp_proc_bind_false || sched_getaffinity(0, sizeof mask, &mask) != 0)
            return all;
        allowed = CPU_COUNT(&mask);
        return allowed < all ? allowed : all;
    }
    #else
    #define fastact_processors omp_get_num_procs
    #endif
    #if defined(_MSC_VER)
    #define FASTACT_THREAD_LOCAL __declspec(thread)
    #else
    #define FASTACT_THREAD_LOCAL __thread
    #endif
    /* The limit that threads() sets: of the calling thread alone, so that two Python threads do not undo each other. */
    static FASTACT_THREAD_LOCAL int fastact_thread_limit = 0;
    /* Elements per thread below which a second thread costs more than it saves, of LIGHT and of HEAVY work, as
       benchmarks/threads.py measures it. In C, since a program without Python never runs what Cython makes of such a
       line. */
    static Py_ssize_t fastact_grains[2] = {65536, 16384};
    """
    int OPENMP "FASTACT_OPENMP"
    int omp_get_max_threads() noexcept nogil
    int processors "fastact_processors"() noexcept nogil
    int omp_in_parallel() noexcept nogil
    int thread_limit "fastact_thread_limit"
    Py_ssize_t grains "fastact_grains" [2]

cdef int process_limit = 0  # of set_num_threads; 0 is none
cdef bint forked = False  # this process is a fork's child


cdef int team_size() noexcept nogil:
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
        most = processors()
        team = most if most < team else team
    return team if team > 1 else 1


cdef int team_for(Py_ssize_t n, int weight) noexcept nogil:
    """Threads that n elements of LIGHT or HEAVY work are worth."""
    cdef Py_ssize_t grain = grains[weight], team
    if n < 2 * grain:
        return 1
    team = team_size()
    return <int>(n // grain if n // grain < team else team)


cdef public void* fastact_threads() noexcept nogil:
    """`team_for`, for a program without Python."""
    return <void*>team_for


cdef public void fastact_after_fork() noexcept nogil:
    """Run every kernel of this process, and of its children, in the calling thread."""
    global forked
    forked = True


def set_grains(light, heavy):
    """For benchmarks/threads.py alone."""
    grains[LIGHT] = light
    grains[HEAVY] = heavy


def set_num_threads(int n):
    """Limit the threads of this process; 0 lifts the limit."""
    global process_limit
    process_limit = n


def swap_thread_limit(int n):
    """Set the limit of the calling thread and return the one before; 0 is none."""
    global thread_limit
    cdef int before = thread_limit
    thread_limit = n
    return before


def get_num_threads():
    """Threads that a large call would use if made now by this thread."""
    return team_size()


def after_fork_in_child():
    """`fastact_after_fork`."""
    fastact_after_fork()


def openmp_version():
    """The _OPENMP date of the compiler, or 0 in a serial build."""
    return OPENMP
