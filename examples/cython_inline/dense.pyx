# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""A dense layer, gelu(x W + b), whose activation is applied while the products are still in the cache.

Level 1 of embedding: `gelu` is cimported as an inline function of one number, and the loop over a row becomes a vector
loop by fastact's compiler flags. No Python and no GIL within; BLAS is SciPy's.
"""
from cython cimport floating
from scipy.linalg.cython_blas cimport dgemm, sgemm

from fastact.activations cimport gelu, gelu_strip


cdef inline void epilogue(const floating* bias, floating* y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    if floating is float:
        gelu_strip(bias, y, y, n)  # a loop already, by tables
    else:
        for j in range(n):
            y[j] = gelu(y[j] + bias[j], NULL)


def dense_gelu(
    const floating[:, ::1] x, const floating[:, ::1] weight, const floating[::1] bias, floating[:, ::1] out,
    int block=1024,
):
    """Write gelu(x @ weight + bias) into ``out``, ``block`` rows at a time.

    Few enough that they are in a cache still, and so many that BLAS, which copies the weight for each block, has more
    to do than that.
    """
    cdef int rows = x.shape[0], k = x.shape[1], n = weight.shape[1], start = 0, m, i
    cdef floating one = 1.0, zero = 0.0
    if weight.shape[0] != k or bias.shape[0] != n or out.shape[0] != rows or out.shape[1] != n:
        raise ValueError("the shapes of x, weight, bias and out do not fit together")
    if 0 in (rows, k, n) or block < 1:
        raise ValueError("arrays without elements and blocks without rows are not accepted")
    with nogil:
        while start < rows:
            m = min(block, rows - start)
            # rows of C are columns of Fortran: out^T = weight^T x^T
            if floating is float:
                sgemm("N", "N", &n, &m, &k, &one, <float*>&weight[0, 0], &n, <float*>&x[start, 0], &k, &zero,
                      &out[start, 0], &n)
            else:
                dgemm("N", "N", &n, &m, &k, &one, <double*>&weight[0, 0], &n, <double*>&x[start, 0], &k, &zero,
                      &out[start, 0], &n)
            for i in range(start, start + m):
                epilogue(&bias[0], &out[i, 0], n)
            start += m
