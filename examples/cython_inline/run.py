"""Run the dense layer of dense.pyx, compare it with np.matmul and fa.gelu, and time both on one thread, in turn."""

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import time

import numpy as np
from dense import dense_gelu

import fastact as fa

fa.set_num_threads(1)
rng = np.random.default_rng(0)


def two_calls(x, weight, bias, out):
    np.matmul(x, weight, out=out)
    fa.gelu(out, out=out, bias=bias)


SHAPES = [(4096, 64, 1024, "f4"), (4096, 64, 2048, "f4"), (4096, 256, 1024, "f4"), (2048, 64, 1001, "f8")]
for rows, k, n, dtype in SHAPES:
    x = rng.standard_normal((rows, k)).astype(dtype)
    weight = (rng.standard_normal((k, n)) / np.sqrt(k)).astype(dtype)
    bias = rng.standard_normal(n).astype(dtype)
    out, expected = np.empty((2, rows, n), dtype)
    best = {dense_gelu: np.inf, two_calls: np.inf}
    for _ in range(5):
        for function, result in ((dense_gelu, out), (two_calls, expected)):
            start = time.perf_counter()
            function(x, weight, bias, result)
            best[function] = min(best[function], time.perf_counter() - start)

    # Two libraries of BLAS, or one with blocks, may sum in another order: 2 k roundings, of a slope of at most 1.13.
    size = np.abs(x) @ np.abs(weight) + np.abs(bias)
    assert (np.abs(out - expected) <= 2.3 * k * np.finfo(dtype).eps * size).all()

    # The activation itself has the same bits: of products with one weight nothing is summed.
    out_of_one, expected_of_one = np.empty((2, rows, n), dtype)
    dense_gelu(x[:, :1].copy(), weight[:1], bias, out_of_one)
    two_calls(x[:, :1].copy(), weight[:1], bias, expected_of_one)
    assert out_of_one.tobytes() == expected_of_one.tobytes()
    print(
        f"gelu(x W + b), {rows} x {k} by {k} x {n} {np.dtype(dtype)}: {best[dense_gelu] * 1e3:.1f} ms fused, "
        f"{best[two_calls] * 1e3:.1f} in two calls, ratio {best[two_calls] / best[dense_gelu]:.2f}"
    )
