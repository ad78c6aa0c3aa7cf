"""Run activate.cpp on NumPy arrays, in place too, and compare it with fastact's Python API; errors are exceptions."""

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


def refusal(*arguments):
    try:
        activate(*arguments)
    except (ValueError, TypeError) as error:
        return str(error).splitlines()[0]
    raise AssertionError(f"{arguments} were accepted")


refused = [
    refusal("gleu", x, out),
    refusal("elu", x, out, [0.5, 1.0]),
    refusal("softplus", x, out, [0.0]),
    refusal("relu", x.ravel()[:-1], x.ravel()[1:]),
    refusal("relu", x, out.astype(np.float64)),
]
print(f"four activations of {x.size} numbers, bit for bit as in Python; in place too")
print("refused: " + "; ".join(refused))
