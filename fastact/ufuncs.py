"""The NumPy ufuncs under the activations: ``gelu``, ``gelu_derivative``, ``gelu_backward``, ...; parameters are inputs.

Uses _runtime. A real module with real attributes, so that a ufunc pickles by its name.
"""

from fastact._runtime import ufuncs as _ufuncs

globals().update(_ufuncs)
__all__ = sorted(_ufuncs)  # pyright: ignore[reportUnsupportedDunderAll]
