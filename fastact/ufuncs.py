"""The NumPy ufuncs under the activations: ``gelu``, ``gelu_derivative``, ``gelu_backward``, ...; parameters are inputs.

A real module with real attributes, so that a ufunc pickles by its name. Those that are made when they are first needed
(``silu_gated``, ``relu_biased_backward``: of gates and of a bias) are found here as well.
"""

from typing import Any as _Any

from fastact.api.fused import fused_by_name as _fused_by_name
from fastact.runtime.kernels import ufuncs as _ufuncs

globals().update(_ufuncs)
__all__ = sorted(_ufuncs)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> _Any:
    found = None if name.startswith("_") else _fused_by_name(name)
    if found is None:
        raise AttributeError(f"module 'fastact.ufuncs' has no attribute {name!r}")
    return found
