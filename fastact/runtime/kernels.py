"""Which compiled kernels to load.

The only importer of the compiled modules.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import warnings
from functools import cache
from typing import Any

import numpy as np

from fastact.reference import stand_ins
from fastact.table.dtypes import brain_number
from fastact.table.registry import ELEMENTWISE, OPERANDS, ufunc_inputs

# Suffix of the modules and what the processor must have, best first. NumPy knows the processor (and
# NPY_DISABLE_CPU_FEATURES).
_V3 = ("AVX2", "FMA3", "F16C")
_V4 = (*_V3, "AVX512F", "AVX512CD", "AVX512BW", "AVX512DQ", "AVX512VL")
_ISAS: dict[str, tuple[str, tuple[str, ...]]] = {
    "v4": ("_v4", _V4),
    "v3": ("_v3", _V3),
    "baseline": ("", ()),
}
FUSED = ("", "_derivative", "_backward")  # what there is fused, in the order of the kernels' own numbers
_MODULES = ("_kernels", "_along", "_spatial")  # which are built for each
_BUILD_HINT = (
    "fastact has no compiled kernels and computes with NumPy, many times slower. Build them with "
    "'pip install .' in the source folder, and import fastact from outside of it"
)


def _cpu_features() -> dict[str, bool]:
    # Public nowhere, but in the same place under two names since NumPy 1.
    package = "numpy._core" if hasattr(np, "_core") else "numpy.core"
    return dict(getattr(importlib.import_module(f"{package}._multiarray_umath"), "__cpu_features__", {}))


def available_isas() -> list[str]:
    """The ISA builds that are installed and run on this processor, best first; ``["numpy"]`` without any."""
    features = _cpu_features()
    found = [
        isa
        for isa, (suffix, needs) in _ISAS.items()
        if all(features.get(feature, False) for feature in needs)
        and all(importlib.util.find_spec(f"fastact.{module}{suffix}") is not None for module in _MODULES)
    ]
    return found or ["numpy"]


def _load() -> str:
    wanted = os.environ.get("FASTACT_ISA", "")
    available = available_isas()
    if wanted == "numpy":
        return "numpy"
    if wanted and wanted not in available:
        offered = ", ".join(dict.fromkeys([*available, "numpy"]))
        raise ImportError(f"FASTACT_ISA={wanted!r} is not accepted; this processor and this build offer {offered}")
    isa = wanted or available[0]
    # An installed package without kernels was built so on purpose; in a source folder they are merely not built.
    if isa == "numpy" and os.path.exists(os.path.join(os.path.dirname(__file__), "..", "..", "setup.py")):
        warnings.warn(_BUILD_HINT, RuntimeWarning, stacklevel=2)
    return isa


def without_fma(isa: str) -> bool:
    """Whether the kernels of a build round products before adding them: the baseline of x86-64."""
    return isa == "baseline" and platform.machine().lower() in ("x86_64", "amd64")


isa = _load()


def _compiled_ufuncs(isa: str) -> dict[str, Any]:
    kernels, along = (importlib.import_module(f"fastact.{module}{_ISAS[isa][0]}") for module in _MODULES[:2])
    brain = brain_number()
    return {**kernels.make_ufuncs(brain), **along.make_ufuncs(OPERANDS, brain)}


def ufuncs_of(isa: str) -> dict[str, Any]:
    """The ufuncs of any of ``available_isas()`` or of ``"numpy"``: to compare builds within one process."""
    if {row.name for row in ELEMENTWISE} != set(stand_ins.REFERENCE):
        differing = sorted({row.name for row in ELEMENTWISE} ^ set(stand_ins.REFERENCE))
        raise ImportError(f"registry.ROWS and stand_ins.REFERENCE differ in {', '.join(differing)}")
    wanted = ufunc_inputs()
    if isa == "numpy":
        return {name: stand_ins.ufunc(name, nin) for name, nin in wanted.items()}
    made = _compiled_ufuncs(isa)
    found = {name: ufunc.nin for name, ufunc in made.items()}
    if found != wanted:
        differing = sorted(dict(set(found.items()) ^ set(wanted.items())))
        raise ImportError(
            f"the kernels ({isa}) and registry.ROWS differ in {', '.join(differing)}: "
            "the compiled modules are of another version; build them anew with 'pip install .'"
        )
    return made


ufuncs: dict[str, Any] = ufuncs_of(isa)

# What is learned per channel is no ufunc: learned.py calls the compiled functions; None without kernels.
spatial: Any = None if isa == "numpy" else importlib.import_module(f"fastact._spatial{_ISAS[isa][0]}")


def ufunc_of(name: str, wide: bool = False) -> Any:
    """The ufunc of this name; ``wide``: by the NumPy formulas, for dtypes that have no kernels."""
    return stand_ins.ufunc(name, ufuncs[name].nin) if wide else ufuncs[name]


@cache
def fused_ufunc(name: str, operation: str, gated: bool, biased: bool, wide: bool = False) -> Any:
    """The generalised ufunc of activation ``name`` with a gate's product after it, a bias before it, or both.

    Inputs: dy if backward, x or the gate, what it multiplies, their biases, parameters, and limit and shift of a gate.
    """
    if wide or isa == "numpy":
        return stand_ins.fused_ufunc(name, operation, gated, biased)
    kernels: Any = importlib.import_module(f"fastact._kernels{_ISAS[isa][0]}")
    return kernels.make_fused(name, FUSED.index(operation), gated, biased, brain_number())


def _common(module: str) -> Any:
    """A compiled module that all builds share; None without kernels."""
    return None if isa == "numpy" else importlib.import_module(f"fastact.{module}")


compiled_threads = _common("_threads")
compiled_call = _common("_call")


@cache
def _connected() -> tuple[Any, Any]:
    if isa == "numpy":
        raise ImportError(
            "fastact computes with NumPy here and so has no C functions: it was built without kernels, or FASTACT_ISA "
            "is 'numpy'"
        )
    module: Any = importlib.import_module("fastact._capi")
    kernels, along = (importlib.import_module(f"fastact.{name}{_ISAS[isa][0]}") for name in _MODULES[:2])
    return module, module.connect(kernels.exported_kernels(), along.exported_along(), isa)


def c_table() -> Any:
    """The compiled module _capi, connected with the kernels in use."""
    return _connected()[0]


def c_api() -> Any:
    """The capsule of the C table."""
    return _connected()[1]
