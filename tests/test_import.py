"""What ``import fastact`` costs beside NumPy's own import, and what it does in a folder where nothing is built."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import fastact as fa

ROOT = Path(__file__).parent.parent
# Of the standard library what is small, or what NumPy itself may have imported: not so with all of its versions.
SMALL = {
    "__future__",
    "copy",
    "dataclasses",
    "inspect",
    "numbers",
    "pathlib",
    "platform",
    "importlib.util",
    "importlib._abc",
}
ADDED = """
import json, sys, time
import numpy
try:
    import ml_dtypes
except ImportError:
    pass
before = set(sys.modules)
start = time.process_time()
import fastact
spent = time.process_time() - start
print(json.dumps([spent, sorted(set(sys.modules) - before)]))
"""
LIMIT = 0.025  # seconds


def added(run_python: Any, **variables: str) -> tuple[float, list[str]]:
    done = run_python("-c", ADDED, **variables)
    assert done.returncode == 0, done.stderr
    spent, modules = json.loads(done.stdout)
    return spent, modules


def test_import_brings_no_heavy_module(run_python: Any) -> None:
    """Such as importlib.metadata, of which show_config alone has need: it took half of the time."""
    _, modules = added(run_python)
    others = {name for name in modules if not name.startswith(("fastact", "numpy", "_cython", "cython_runtime"))}
    assert others <= SMALL


def test_import_is_quick(run_python: Any, tmp_path: Path) -> None:
    """The best of several, each in a process of its own; in processor time, which other work hardly lengthens."""
    spent = []
    for _ in range(40):
        spent.append(added(run_python, PYTHONDONTWRITEBYTECODE="", PYTHONPYCACHEPREFIX=str(tmp_path))[0])
        if spent[-1] < LIMIT:
            return
    pytest.fail(f"import fastact takes {min(spent) * 1e3:.1f} ms beyond NumPy's")


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """A clone in which nothing is built, with one test."""
    ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    shutil.copytree(ROOT / "fastact", tmp_path / "fastact", ignore=ignored)
    (tmp_path / "tests").mkdir()
    for name in ("setup.py", "pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "tests/test_it.py").write_text(
        "from pathlib import Path\nimport fastact\n"
        "def test_it(): assert Path(fastact.__file__).parent != Path(__file__).parent.parent / 'fastact'\n"
    )
    return tmp_path


def test_an_unbuilt_clone_says_what_to_do(run_python: Any, unbuilt: Path) -> None:
    code = (
        "import importlib.util as u, sys; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'fastact' else find(name, *rest)\n"
        "import pytest; sys.exit(pytest.main(['-p', 'no:cacheprovider', '-p', 'no:benchmark']))"
    )
    done = run_python("-c", code, cwd=unbuilt, PYTHONPATH=None, PYTEST_ADDOPTS=None, FASTACT_ISA=None)
    assert done.returncode == 4, done.stdout + done.stderr
    assert 'pip install ".[test]" && pytest' in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_an_unbuilt_clone_is_left_for_what_is_installed(run_python: Any, unbuilt: Path) -> None:
    done = run_python("-m", "pytest", "-p", "no:cacheprovider", "-p", "no:benchmark", cwd=unbuilt, PYTEST_ADDOPTS=None)
    assert done.returncode == 0, done.stdout + done.stderr


def test_documentation_is_there_when_asked_for() -> None:
    """It is not made at import."""
    for name in fa.names():
        activation = fa.get(name)
        assert "Parameters\n----------" in activation.__doc__
        assert type(activation).__doc__ != activation.__doc__
