"""The stubs: type checkers accept what users write, refuse what is wrong, and find the types that the calls return.

Skips what needs a checker that is not installed: mypy, and pyright, which needs node (``pip install pyright[nodejs]``).
"""

from __future__ import annotations

import importlib.util
import json
import os
import site
import subprocess
import sys
from pathlib import Path

import pytest
import typed_program

import fastact as fa
from fastact.runtime import kernels

PROGRAMS = Path(__file__).parent / "typing"
PACKAGE = Path(fa.__file__).resolve().parent.parent
MYPY = pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
PYRIGHT = pytest.mark.skipif(importlib.util.find_spec("pyright") is None, reason="pyright is not installed")


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    installed = str(PACKAGE) in (*site.getsitepackages(), site.getusersitepackages())
    # mypy finds what is installed, and does not accept to be told where that is
    environment = os.environ if installed else {**os.environ, "MYPYPATH": str(PACKAGE), "PYTHONPATH": str(PACKAGE)}
    return subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def mypy(folder: Path, *files: Path) -> str:
    """What ``mypy --strict`` says of the programs; nothing of fastact itself, which has its own check."""
    (folder / "mypy.ini").write_text("[mypy]\nstrict = true\n[mypy-fastact.*]\nignore_errors = true\n")
    done = run("mypy", "--config-file", folder / "mypy.ini", *files, cwd=folder)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def pyright(folder: Path, *files: Path) -> str:
    """What strict pyright says of the programs."""
    for path in files:
        if path.parent != folder:
            (folder / path.name).write_text(path.read_text())
    settings = {
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": "error",
        "extraPaths": [str(PACKAGE)],  # which may be where it looks anyway
        "include": [path.name for path in files],
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    done = run("pyright", "--pythonpath", sys.executable, cwd=folder)
    if "error" in done.stderr and "rror:" not in done.stdout:
        pytest.skip(f"pyright does not run: {done.stderr.strip().splitlines()[-1]}")
    return "" if done.returncode == 0 else done.stdout + done.stderr


@MYPY
def test_mypy_accepts_and_refuses(tmp_path: Path) -> None:
    assert mypy(tmp_path, *sorted(PROGRAMS.glob("*.py"))) == ""


@PYRIGHT
def test_pyright_accepts_and_refuses(tmp_path: Path) -> None:
    assert pyright(tmp_path, *sorted(PROGRAMS.glob("*.py"))) == ""


@MYPY
def test_mypy_finds_the_type_of_every_result(tmp_path: Path) -> None:
    text, count = typed_program.program()
    assert count > 5000
    (tmp_path / "program.py").write_text(text)
    assert mypy(tmp_path, tmp_path / "program.py") == ""


@PYRIGHT
def test_pyright_finds_the_type_of_every_result(tmp_path: Path) -> None:
    text, count = typed_program.program(brief=True)
    assert count > 2000
    (tmp_path / "program.py").write_text(text)
    assert pyright(tmp_path, tmp_path / "program.py") == ""


@MYPY
@pytest.mark.skipif(kernels.isa == "numpy", reason="without kernels what stands for a ufunc is none")
def test_stubs_have_what_the_modules_have(tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    allowed.write_text("fastact\\.(_|api|cli|reference|runtime|table).*\n")  # of these the source is all there is
    done = run("mypy.stubtest", "fastact", "--allowlist", allowed, "--ignore-unused-allowlist", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
