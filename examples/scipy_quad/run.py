"""Integrate fastact's functions of one number by SciPy, whose loop calls them as C functions: no Python within.

`user_data` carries the parameters. What an activation gains between two points is the integral of its derivative.
"""

import ctypes

import numpy as np
from scipy import LowLevelCallable
from scipy.integrate import quad

import fastact as fa
from fastact import capi

CASES = [("gelu", {}), ("silu", {"beta": 1.5}), ("elu", {"alpha": 0.5}), ("mish", {})]
low, high = -3.0, 2.0
for name, given in CASES:
    user_data = None
    if given:
        user_data = ctypes.cast((ctypes.c_double * len(given))(*given.values()), ctypes.c_void_p)
    derivative = LowLevelCallable(capi.scalar(name, direction="derivative"), user_data)
    integral, error = quad(derivative, low, high, points=[0.0])
    rise = np.subtract(*fa.get(name)(np.array([high, low]), **given))
    assert abs(integral - rise) <= error + 1e-14, (name, integral, rise, error)
    print(f"{name}({high:g}) - {name}({low:g}) = {rise:.12f}, integrated {integral:.12f}")
