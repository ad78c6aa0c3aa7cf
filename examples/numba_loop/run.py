"""Call fastact's kernels inside a loop that Numba compiles: rows are scaled to a mean square of 1, then activated.

A function of ctypes is called by its address, without Python and without the GIL, so that prange may share the rows
among Numba's threads; fastact's own are not wanted there: threads = 1. Numba returns the status and raises nothing:
what ctypes would do with it is Python code.
"""

import numba
import numpy as np

import fastact as fa
from fastact import capi

silu = capi.ctypes("silu", np.float32)


@numba.njit(parallel=True, nogil=True)
def normalised_silu(x, out, beta):
    """Write silu(x / sqrt(mean(x^2))) of each row to out; returns the least status."""
    status = 0
    for r in numba.prange(x.shape[0]):
        square = np.float32(0.0)
        for v in x[r]:
            square += v * v
        scale = np.float32(1.0) / np.sqrt(square / np.float32(x.shape[1]))
        row = out[r]
        for j in range(row.size):
            row[j] = x[r, j] * scale
        # dy is not looked at; the row is its own result
        status = min(status, silu(row.ctypes, row.ctypes, row.ctypes, row.size, beta.ctypes, 1))
    return status


@numba.njit
def normalised(x):
    """The same without the activation, for comparison."""
    out = np.empty_like(x)
    for r in range(x.shape[0]):
        square = np.float32(0.0)
        for v in x[r]:
            square += v * v
        scale = np.float32(1.0) / np.sqrt(square / np.float32(x.shape[1]))
        for j in range(x.shape[1]):
            out[r, j] = x[r, j] * scale
    return out


x = np.random.default_rng(0).standard_normal((1000, 257), dtype=np.float32)
out = np.empty_like(x)
capi.check(normalised_silu(x, out, np.array([1.5])))
assert out.tobytes() == fa.silu(normalised(x), beta=1.5).tobytes()

status = normalised_silu(x, out, np.array([np.inf]))
try:
    capi.check(status)
except ValueError as error:
    print(f"silu in a loop of Numba over {len(x)} rows on {numba.get_num_threads()} threads, bit for bit as in Python")
    print(f"beta = inf: {error}")
else:
    raise AssertionError("beta = inf was accepted")
