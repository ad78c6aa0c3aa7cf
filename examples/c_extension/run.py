"""Run the perceptron of mlp.c from four threads at once, without the GIL, and compare it with fastact's Python API."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import mlp
import numpy as np

import fastact as fa

WIDTHS, ROWS, THREADS = (32, 64, 48, 10), 1024, 4
rng = np.random.default_rng(0)
x = rng.standard_normal((ROWS, WIDTHS[0]), dtype=np.float32)
layers = []
for k, n in pairwise(WIDTHS):
    layers += [(rng.standard_normal((k, n)) / np.sqrt(k)).astype(np.float32), rng.standard_normal(n, dtype=np.float32)]


def product(a, b):
    """a @ b, summed in the order of mlp.c, so that all bits can be compared."""
    c = np.zeros((len(a), b.shape[1]), np.float32)
    for i in range(len(b)):
        c += a[:, i, None] * b[i]
    return c


w1, b1, w2, b2, w3, b3 = layers
h = fa.silu(product(fa.gelu(product(x, w1), bias=b1), w2), bias=b2)
expected = fa.softmax(product(h, w3) + b3, axis=-1)

out = np.empty_like(expected)
start = time.perf_counter()
with ThreadPoolExecutor(THREADS) as pool:
    parts = zip(np.split(x, THREADS), np.split(out, THREADS), strict=True)
    list(pool.map(lambda part: mlp.forward(*part, *layers), parts))
seconds = time.perf_counter() - start
assert out.tobytes() == expected.tobytes()

try:
    mlp.forward(x, out, *layers, float("inf"))
except ValueError as error:
    refused = error
else:
    raise AssertionError("beta = inf was accepted")
print(f"{ROWS} rows through widths of {WIDTHS} by {THREADS} threads: {seconds * 1e3:.1f} ms, bit for bit as in Python")
print(f"beta = inf for silu: {refused}")
