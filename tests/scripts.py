"""Scripts of benchmarks/ and docs/ as modules: they are no package, and import each other by their bare names."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent


def load(folder: str, name: str) -> ModuleType:
    """A module of a folder, under its own name so that the processes it starts find it again."""
    path = str(ROOT / folder)
    sys.path.insert(0, path)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(path)
