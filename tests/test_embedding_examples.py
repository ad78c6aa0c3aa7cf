"""The examples of embedding build and run, each in a folder of its own, against the fastact that is tested."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from embedding import need
from parallel import compiled_only

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
PACKAGES = {
    "c_extension": ["setuptools", "cc"],
    "cffi_call": ["cffi"],
    "cpp_pybind": ["setuptools", "pybind11", "c++"],
    "ctypes_call": [],
    "cython_inline": ["setuptools", "Cython", "scipy", "cc"],
    "numba_loop": ["numba"],
    "scipy_quad": ["scipy"],
    "torch_op": ["torch"],
}

pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="the examples are not beside the tests")


def sources(folder: Path) -> set[str]:
    """The files of an example, without what a build beside them leaves."""
    left = {"__pycache__", "build"}
    return {path.name for path in folder.iterdir() if path.name not in left and path.suffix not in (".so", ".pyd")}


@compiled_only
@pytest.mark.parametrize("name", PACKAGES)
def test_example_builds_and_runs(run_python: Any, tmp_path: Path, name: str) -> None:
    need(*PACKAGES[name])
    for file in sources(EXAMPLES / name):
        shutil.copy(EXAMPLES / name / file, tmp_path)
    if (tmp_path / "setup.py").exists():
        built = run_python("setup.py", "-q", "build_ext", "--inplace", cwd=tmp_path)
        assert built.returncode == 0, built.stdout + built.stderr
    done = run_python("-W", "error", "run.py", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert 1 <= len(done.stdout.splitlines()) <= 4, done.stdout


def test_all_examples_are_run() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir() and sources(path)}
    assert folders == {*PACKAGES, "c_program"}  # which test_library.py builds and runs
    for name in PACKAGES:
        files = sources(EXAMPLES / name)
        assert "run.py" in files
        assert len(files) in (1, 3)


def test_the_page_shows_what_the_examples_have() -> None:
    """Each line of code on the page that is of an example stands there, in that order."""
    page = (ROOT / "docs" / "embedding.md").read_text()
    shown = re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)```", page, re.DOTALL)
    assert {name.split("/")[0] for name, _ in shown} == set(PACKAGES)
    for name, code in shown:
        lines = iter(line.strip() for line in (EXAMPLES / name).read_text().splitlines())
        for line in filter(None, map(str.strip, code.splitlines())):
            assert line in lines, f"{name} has no line (or not after those before): {line}"
