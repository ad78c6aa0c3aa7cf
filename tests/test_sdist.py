"""The sdist has all that builds, tests and documents the package, and nothing that was built."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("fastact", "tests", "docs", "examples", "benchmarks", ".ci")
BUILT = {".so", ".pyd", ".pyc", ".o"}
LEFT = {"__pycache__", "build", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".hypothesis", ".benchmarks"}


def sources() -> set[str]:
    """Every file of the tree that is no product of a build or a test."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    paths += [
        path for path in ROOT.iterdir() if path.suffix in (".md", ".py", ".toml", ".in") or path.name == "LICENSE"
    ]
    return {
        path.relative_to(ROOT).as_posix()
        for path in paths
        if path.is_file() and path.suffix not in BUILT and not LEFT & set(path.relative_to(ROOT).parts)
    }


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files of an sdist of this tree."""
    pytest.importorskip("setuptools", "77")
    folder = tmp_path_factory.mktemp("sdist")
    command = ["setup.py", "-q", "egg_info", "--egg-base", folder, "sdist", "--formats=gztar", "--dist-dir", folder]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        return {member.name.partition("/")[2] for member in opened.getmembers() if member.isfile()}


def test_every_source_is_in_it(packed: set[str]) -> None:
    assert sources() - packed == set()


def test_nothing_built_is_in_it(packed: set[str]) -> None:
    made = {"PKG-INFO", "setup.cfg"}  # by sdist itself
    assert {name for name in packed - sources() - made if ".egg-info/" not in name} == set()


def test_the_table_of_what_must_be_there(packed: set[str]) -> None:
    """Some of each kind by name, should both lists lack them."""
    for name in (
        "fastact/_kernels.pyx",
        "fastact/loops/standalone.c",
        "fastact/formulas/logistic.pxd",
        "tests/oracle.py",
    ):
        assert name in packed
    assert {"tests/bits.json", "docs/accuracy.json", "examples/cpp_pybind/activate.cpp", "noxfile.py"} <= packed
