"""fastact: activation functions of neural networks and their derivatives on NumPy arrays.

The public names and nothing else. Every activation of the registry, and every alias, is an attribute of this module.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from fastact import ufuncs
from fastact.api.activation import Activation
from fastact.api.objects import ACTIVATIONS as _ACTIVATIONS
from fastact.api.objects import compare, describe, get, names
from fastact.runtime.configuration import show_config
from fastact.runtime.embedding import get_compile_flags, get_include
from fastact.runtime.kernels import c_api as _c_api
from fastact.runtime.threads import get_num_threads, set_num_threads, threads
from fastact.runtime.version import __version__ as __version__
from fastact.table.registry import ALIASES as _ALIASES

globals().update(_ACTIVATIONS)
globals().update({alias: _ACTIVATIONS[name] for alias, name in _ALIASES.items()})

__all__ = [
    *names(aliases=True),
    "Activation",
    "compare",
    "describe",
    "get",
    "get_compile_flags",
    "get_include",
    "get_num_threads",
    "names",
    "set_num_threads",
    "show_config",
    "threads",
    "ufuncs",
]


def __getattr__(name: str) -> _Any:
    """What few need: ``capi``, imported when first asked for, and ``_C_API``, the capsule of fastact_import()."""
    if name == "capi":
        # not `from fastact import capi`, which would ask for it here again
        return _import_module("fastact.capi")
    if name == "_C_API":
        return _c_api()
    raise AttributeError(f"module 'fastact' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "capi"})
