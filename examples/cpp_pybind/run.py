"""Run activate.cpp on NumPy arrays, in place too, and compare it with fastact's Python API; its errors are exceptions."""

import numpy as np
from activate import activate

import fastact as fa

x = 4 * np.random.default_rng(0).standard_normal((300, 500), dtype=np.float32)
out = np.empty_like(x)
for name, parameters in [("gelu", {}), ("swish", {"beta": 1.5}), ("elu", {"alpha": 0.5}), ("mish", {})]:
    activate(name, x, out, list(parameters.values()))
    assert out.tobytes() == fa.get(name)(x, **parameters).tobytes()

kept = x.copy()
assert activate("gelu", x, x) is not None
assert x.tobytes() == fa.gelu(kept).tobytes()

refused = []
for arguments in [
    ("gleu", x, out),
    ("elu", x, out, [0.5, 1.0]),
    ("silu", x, out, [-1.0]),
    ("relu", x.ravel()[:-1], x.ravel()[1:]),
]:
    try:
        activate(*arguments)
    except ValueError as error:
        refused.append(str(error))
assert len(refused) == 4, refused
try:
    activate("relu", x, out.astype(np.float64))
except TypeError:
    pass
else:
    raise AssertionError("an out of float64 was accepted")
print(f"four activations of {x.size} numbers, bit for bit as in Python; in place too")
print("refused: " + "; ".join(refused))
