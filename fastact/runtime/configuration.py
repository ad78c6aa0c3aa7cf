"""What is running: show_config and what it prints."""

from __future__ import annotations

import platform
import sys

import numpy as np

from fastact.runtime.kernels import available_isas, compiled_threads, isa
from fastact.runtime.threads import get_num_threads
from fastact.runtime.version import __version__
from fastact.table.dtypes import BFLOAT16


def config() -> dict[str, str]:
    """What show_config prints, as a dict of strings."""
    from importlib.metadata import version  # slow to import, and needed here alone

    openmp = 0 if compiled_threads is None else int(compiled_threads.openmp_version())
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
        with open("/proc/cpuinfo") as file:
            for line in file:
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
