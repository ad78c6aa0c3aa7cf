"""What ``import fastact`` brings beside NumPy's own import, and what it does in a folder where nothing is built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fastact as fa

ROOT = Path(__file__).parent.parent
# Of the standard library, with what they import: NumPy has imported most of it, but not all of its versions.
ADDED = """
import json, sys
import __future__, contextlib, copy, dataclasses, importlib.util, inspect, numbers, platform
import numpy
try:
    import ml_dtypes
except ImportError:
    pass
before = set(sys.modules)
import fastact
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def added(run_python: Any, **variables: str) -> list[str]:
    done = run_python("-c", ADDED, **variables)
    assert done.returncode == 0, done.stderr
    modules: list[str] = json.loads(done.stdout)
    return modules


def test_import_brings_no_heavy_module(run_python: Any) -> None:
    """Such as importlib.metadata, of which show_config alone has need: it took half of the time."""
    modules = added(run_python)
    others = {name for name in modules if not name.startswith(("fastact", "numpy", "_cython", "cython_runtime"))}
    assert others == set()


def test_documentation_is_there_when_asked_for() -> None:
    """It is not made at import."""
    for name in fa.names():
        activation = fa.get(name)
        assert "Parameters\n----------" in activation.__doc__
        assert type(activation).__doc__ != activation.__doc__
