"""Call fastact's kernels through cffi: forward and backward in place, with a parameter, and a status for an error."""

import cffi
import numpy as np

import fastact as fa
from fastact import capi

ffi = cffi.FFI()
forward = capi.cffi("elu", np.float32, ffi=ffi)
backward = capi.cffi("elu", np.float32, "backward", ffi=ffi)

rng = np.random.default_rng(0)
x, dy = rng.standard_normal((2, 1000), dtype=np.float32)
expected, expected_dx = fa.elu(x, alpha=0.5), fa.elu.backward(dy, x, alpha=0.5)

alpha = ffi.new("double[]", [0.5])  # in the order of capi.parameters("elu")
to_x, to_dy = ffi.from_buffer(x, require_writable=True), ffi.from_buffer(dy, require_writable=True)
capi.check(backward(to_dy, to_x, to_dy, x.size, alpha, 1))
assert dy.tobytes() == expected_dx.tobytes()
capi.check(forward(ffi.NULL, to_x, to_x, x.size, alpha, 1))
assert x.tobytes() == expected.tobytes()

status = forward(ffi.NULL, to_x, to_x + 4, x.size - 1, alpha, 1)
try:
    capi.check(status)
except ValueError as error:
    print(f"elu and its backward pass in place through cffi, bit for bit as in Python; an overlap: {error}")
else:
    raise AssertionError("an overlap was accepted")
assert x.tobytes() == expected.tobytes()
