"""Call fastact's kernels through ctypes: forward and backward in place, with a parameter, and a status that raises."""

import ctypes

import numpy as np

import fastact as fa
from fastact import capi

forward = capi.ctypes("elu", np.float32)
backward = capi.ctypes("elu", np.float32, "backward")

rng = np.random.default_rng(0)
x, dy = rng.standard_normal((2, 1000), dtype=np.float32)
expected, expected_dx = fa.elu(x, alpha=0.5), fa.elu.backward(dy, x, alpha=0.5)

alpha = (ctypes.c_double * 1)(0.5)  # in the order of capi.parameters("elu")
backward(dy.ctypes.data, x.ctypes.data, dy.ctypes.data, x.size, alpha, 1)
assert dy.tobytes() == expected_dx.tobytes()
forward(None, x.ctypes.data, x.ctypes.data, x.size, alpha, 1)
assert x.tobytes() == expected.tobytes()

try:
    forward(None, x.ctypes.data, x[1:].ctypes.data, x.size - 1, alpha, 1)
except ValueError as error:
    print(f"elu and its backward pass in place through ctypes, bit for bit as in Python; an overlap: {error}")
else:
    raise AssertionError("an overlap was accepted")
assert x.tobytes() == expected.tobytes()
