"""Which compiled kernels to load, how many threads they may use, and what show_config tells.

The only importer of the compiled modules.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from math import ceil
from typing import Any

import numpy as np

from fastact.reference import stand_ins
from fastact.table.dtypes import BFLOAT16, brain_number
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


def make_fused(name: str, operation: int, gated: bool, biased: bool) -> Any:
    """A generalised ufunc of the kernels with a bias, a gate or both; None without kernels."""
    if isa == "numpy":
        return None
    kernels: Any = importlib.import_module(f"fastact._kernels{_ISAS[isa][0]}")
    return kernels.make_fused(name, operation, gated, biased, brain_number())


def _common(module: str) -> Any:
    """A compiled module that all builds share; None without kernels."""
    return None if isa == "numpy" else importlib.import_module(f"fastact.{module}")


_threads = _common("_threads")
_call = _common("_call")


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


class _Documentation:
    """What ``__doc__`` is of a class and of its objects: theirs is made when it is asked for, not at import."""

    def __init__(self, own: str | None) -> None:
        self._own = own

    def __get__(self, found: Any, owner: Any = None) -> str | None:
        if found is None:
            return self._own
        made = found.__dict__.get("_documented", self._own)
        if callable(made):
            made = found.__dict__["_documented"] = made()
        return made

    def __set__(self, found: Any, made: Callable[[], str] | str) -> None:
        found.__dict__["_documented"] = made


class Caller(object if _call is None else _call.Caller):  # type: ignore[misc]
    """Base of all that is called like a function; with compiled kernels a shortcut past the subclass' ``__call__``."""

    ufunc: Any
    # What the compiled class reads; see there.
    _ready: dict[Any, tuple[Any, ...]]
    _inputs: int
    _least_ndim: int
    _required: tuple[str, ...]

    def _document(self, make: Callable[[], str | None]) -> None:
        """Have ``make`` say what ``__doc__`` is."""
        self.__doc__ = make  # type: ignore[assignment]

    def __init_subclass__(cls, shortcut: bool = True) -> None:
        super().__init_subclass__()
        cls.__doc__ = _Documentation(cls.__doc__)  # type: ignore[assignment]
        if _call is not None and shortcut:
            _call.shorten(cls)


# ---- threads --------------------------------------------------------------------------------------------------------


def _read(*path: str) -> str:
    with open(os.path.join(*path)) as file:
        return file.read()


def _quota(folder: str, names: list[str]) -> float | None:
    """How many CPUs one control group may use; None where it has no such limit."""
    try:
        quota, period = " ".join(_read(folder, name).strip() for name in names).split()
        return int(quota) / int(period) if quota not in ("max", "-1") and int(period) > 0 else None
    except (OSError, ValueError):
        return None


def _cgroup_cpus(root: str | os.PathLike[str] = "/") -> int | None:
    """The CPU quota of this process' control group, rounded up; None where there is none.

    A container's quota is in its own group or one above; version 2 writes ``cpu.max``, version 1 two files.
    """
    root = os.fspath(root)
    try:
        lines = _read(root, "proc/self/cgroup").splitlines()
    except OSError:
        return None
    least: float | None = None
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            base, names = os.path.join(root, "sys/fs/cgroup"), ["cpu.max"]
        elif "cpu" in controllers.split(","):
            base, names = os.path.join(root, "sys/fs/cgroup/cpu"), ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        else:
            continue
        folders = [base]
        for part in path.split("/"):
            if part:
                folders.append(os.path.join(folders[-1], part))
        shares = [share for folder in folders if (share := _quota(folder, names)) is not None]
        least = min(shares + ([] if least is None else [least]), default=None)
    return None if least is None else max(1, ceil(least))


def _environment_threads() -> int | None:
    text = os.environ.get("FASTACT_NUM_THREADS", "")
    if not text:
        return None
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        warnings.warn(f"FASTACT_NUM_THREADS={text!r} is ignored: it must be a whole number from 1", stacklevel=2)
        return None
    return count


# What the machine allows, fixed at import; OpenMP's own limit and the affinity mask are read at each large call.
_ceiling = [limit for limit in (_cgroup_cpus(), _environment_threads()) if limit is not None]
_machine_limit = min(_ceiling) if _ceiling else 0


def _checked(n: object, name: str) -> int:
    try:
        count = n.__index__()  # type: ignore[attr-defined]
    except AttributeError:
        raise TypeError(f"{name} must be a whole number from 1, not {n!r}") from None
    if isinstance(n, bool) or count < 1:
        raise ValueError(f"{name} must be a whole number from 1, not {n!r}")
    return min(int(count), 2**31 - 1)


def _lower(count: int) -> int:
    return min(count, _machine_limit) if _machine_limit else count


def set_num_threads(n: int) -> None:
    """Limit the threads of all later calls in this process.

    The team of a large call is never larger than OpenMP's own limit (OMP_NUM_THREADS, threadpoolctl), the CPU
    affinity, the quota of the control group and FASTACT_NUM_THREADS allow; small calls use one thread in any case.

    Parameters
    ----------
    n : int
        At least 1.

    Raises
    ------
    TypeError, ValueError
        If n is not a whole number from 1.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.set_num_threads(1)
    >>> fa.get_num_threads()
    1
    """
    count = _checked(n, "n")
    if _threads is not None:
        _threads.set_num_threads(_lower(count))


def get_num_threads() -> int:
    """How many threads a large call would use if this thread made it now.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.get_num_threads() >= 1
    True
    """
    return 1 if _threads is None else int(_threads.get_num_threads())


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Within a ``with`` block, limit the threads of calls that this Python thread makes.

    Other Python threads keep their own limit, so that blocks in two of them do not undo each other.

    Parameters
    ----------
    n : int
        At least 1.

    Raises
    ------
    TypeError, ValueError
        If n is not a whole number from 1.

    Examples
    --------
    >>> import fastact as fa
    >>> with fa.threads(1):
    ...     fa.get_num_threads()
    1
    """
    count = _checked(n, "n")
    if _threads is None:
        yield
        return
    before = _threads.swap_thread_limit(_lower(count))
    try:
        yield
    finally:
        _threads.swap_thread_limit(before)


if _threads is not None:
    _threads.set_num_threads(_machine_limit)
    # libgomp's threads do not survive a fork, and entering a parallel region would wait for them for ever.
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_threads.after_fork_in_child)


# ---- what is running ------------------------------------------------------------------------------------------------


def config() -> dict[str, str]:
    """What show_config prints, as a dict of strings."""
    from importlib.metadata import version  # slow to import, and needed here alone

    from fastact import __version__

    openmp = 0 if _threads is None else int(_threads.openmp_version())
    return {
        "fastact": __version__,
        "instruction set": isa,
        "available": ", ".join(available_isas()),
        "OpenMP": f"yes ({openmp})" if openmp else "no: the kernels run on one thread",
        "threads": str(get_num_threads()),
        "NumPy": np.__version__,
        "bfloat16": "no: ml_dtypes is not installed" if BFLOAT16 is None else f"yes (ml_dtypes {version('ml_dtypes')})",
        "Python": platform.python_version(),
        "platform": f"{sys.platform} {platform.machine()}",
        "processor": processor_name(),
    }


def processor_name() -> str:
    """The model name of the processor, as the system tells it."""
    try:
        for line in _read("/proc/cpuinfo").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def show_config() -> None:
    """Print the instruction set in use, the OpenMP runtime, threads and versions.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.show_config()  # doctest: +ELLIPSIS
    fastact ...
    """
    lines = config()
    width = max(map(len, lines))
    for key, value in lines.items():
        print(f"{key:{width}}  {value}")
