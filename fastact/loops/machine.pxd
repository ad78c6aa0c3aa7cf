"""What the kernels need of the machine and its compiler: prefetching, floating-point flags, functions to be called.

Used by the compiled kernels alone.
"""
cdef extern from *:
    """
    /* The compiler no longer knows which function the pointer f points to, and so makes one of it, and calls that. All
       formulas are to be inlined in loops; where there is no loop to gain by it, each copy only takes a while to
       compile. */
    #if defined(__GNUC__)
    typedef void *__attribute__((may_alias)) fastact_pointer;
    #define FASTACT_HIDE(f) __asm__("" : "+r"(*(fastact_pointer *)(f)))
    #else
    #define FASTACT_HIDE(f) ((void)(f))
    #endif
    #if defined(_MSC_VER)
    #define FASTACT_PREFETCH(p) ((void)(p))
    #define FASTACT_PREFETCH_READ(p) ((void)(p))
    #else
    #define FASTACT_PREFETCH(p) __builtin_prefetch((p), 1, 3)
    #define FASTACT_PREFETCH_READ(p) __builtin_prefetch((p), 0, 3)
    #endif
    /* Selected-away lanes raise floating-point flags, which NumPy would report as warnings: they are put back. */
    #if defined(__SSE__) || defined(_M_X64)
    #include <xmmintrin.h>
    typedef unsigned int fastact_flags;
    #define FASTACT_GET_FLAGS(f) (*(f) = _mm_getcsr())
    /* Reading the register takes a quarter of the time that writing it takes, and mostly it is as it was. */
    static inline void fastact_set_flags(const fastact_flags *f) { if (_mm_getcsr() != *f) _mm_setcsr(*f); }
    #define FASTACT_SET_FLAGS(f) fastact_set_flags(f)
    #else
    #include <fenv.h>
    typedef fexcept_t fastact_flags;
    #define FASTACT_GET_FLAGS(f) fegetexceptflag((f), FE_ALL_EXCEPT)
    #define FASTACT_SET_FLAGS(f) fesetexceptflag((f), FE_ALL_EXCEPT)
    #endif
    """
    void hide "FASTACT_HIDE"(void* f) noexcept nogil
    void prefetch "FASTACT_PREFETCH"(const void*) noexcept nogil  # of what will be written
    void prefetch_read "FASTACT_PREFETCH_READ"(const void*) noexcept nogil
    ctypedef int fp_flags "fastact_flags"
    void get_flags "FASTACT_GET_FLAGS"(fp_flags*) noexcept nogil
    void set_flags "FASTACT_SET_FLAGS"(const fp_flags*) noexcept nogil
