"""What test_capi.py and test_embedding_examples.py need to build an extension module: packages and a compiler."""

from __future__ import annotations

import importlib.util
import shutil
import sysconfig

import pytest


def need(*names: str) -> None:
    """Skip the test unless these packages are installed; ``cc`` and ``c++`` stand for the compilers of setuptools."""
    for name in names:
        if name in ("cc", "c++"):
            command = sysconfig.get_config_var(name.upper().replace("++", "XX")) or name
            if shutil.which(command.split()[0]) is None:
                pytest.skip(f"no compiler: {command}")
        elif importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
