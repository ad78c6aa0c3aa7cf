"""Files that follow from the registry are current, the project's promises about its files hold, constants too."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fastact as fa
from fastact.runtime import kernels
from fastact.table.registry import ELEMENTWISE, ROWS

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize(
    "name",
    [
        "fastact/__init__.pyi",
        "fastact/ufuncs.pyi",
        "fastact/loops/rows.h",
        "fastact/lib/pkgconfig/fastact.pc",
        *(f"docs/{page}.md" for page in ("activations", "accuracy", "conventions", "architecture")),
        *(["docs/performance.md"] if (ROOT / "docs/performance.json").exists() else []),
    ],
)
def test_generated_file_is_current(name: str) -> None:
    done = run("docs/generate.py", "--check")
    assert name not in done.stderr, done.stderr
    assert (ROOT / name).exists()


def test_every_activation_is_public() -> None:
    for row in ROWS:
        for name in (row.name, *row.aliases):
            assert getattr(fa, name) is fa.get(row.name)
            assert name in fa.__all__


@pytest.mark.thorough
def test_constants_are_what_the_tool_derives() -> None:
    done = run("benchmarks/coefficients.py", "--check")
    assert done.returncode == 0, done.stderr


def test_a_wrong_constant_would_be_found(tmp_path: Path) -> None:
    package = ROOT / "fastact"
    sources = [ROOT / "benchmarks/coefficients.py", *package.rglob("*.pxd"), *(package / "reference").glob("*.py")]
    for name in (path.relative_to(ROOT) for path in sources):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text((ROOT / name).read_text().replace("0.16666666666666677", "0.16666666666666666"))
    done = run(str(tmp_path / "benchmarks/coefficients.py"), "expm1_d", "--check")
    assert done.returncode == 1
    assert "0.16666666666666677" in done.stderr


def test_every_activation_is_drawn(tmp_path: Path) -> None:
    drawn = (ROOT / "docs" / "activations.svg").read_text()
    assert [row.name for row in ELEMENTWISE if f">{row.name}</text>" not in drawn] == []
    pytest.importorskip("matplotlib")
    done = run("docs/plots.py", "--out", str(tmp_path / "all.svg"))
    assert done.returncode == 0, done.stderr
    again = (tmp_path / "all.svg").read_text()
    assert [row.name for row in ELEMENTWISE if f">{row.name}</text>" not in again] == []


def test_readme_has_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert '\npip install ".[cli]" && fastact\n' in text
    assert '\npip install ".[test]" && pytest\n' in text


def test_documents_name_every_module() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for path in (ROOT / "fastact").rglob("*.p*"):
        if path.suffix in (".py", ".pyx", ".pxd") and path.stem != "__init__":
            assert path.name in text or re.search(rf"\b{path.stem}\b", text), f"CONTRIBUTING.md has no {path}"


@pytest.mark.skipif(importlib.util.find_spec("Cython") is None, reason="Cython is needed to reach the compiler")
def test_no_compiler_is_said_plainly(tmp_path: Path) -> None:
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / "fastact").mkdir()
    for path in (ROOT / "fastact").rglob("*.p*"):
        if path.suffix in (".py", ".pyi", ".pyx", ".pxd"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes())
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "CC": "/nonexistent/cc"},
        check=False,
    )
    assert done.returncode != 0
    assert "FASTACT_NO_EXTENSION=1 pip install ." in done.stderr


def test_package_is_small() -> None:
    folder = Path(fa.__file__).parent
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert size < 15e6, f"{size / 1e6:.1f} MB"


@pytest.mark.skipif(kernels.isa == "numpy", reason="no compiled kernels here")
def test_shared_objects_export_only_their_init() -> None:
    for path in Path(fa.__file__).parent.glob("*.so"):
        nm = subprocess.run(["nm", "-D", "--defined-only", str(path)], capture_output=True, text=True, check=False)
        if nm.returncode:
            pytest.skip("nm is not installed or does not read this file")
        symbols = [line.split()[-1] for line in nm.stdout.splitlines()]
        assert [s for s in symbols if not s.startswith("PyInit_") and s not in ("_init", "_fini")] == []


@pytest.mark.parametrize(
    "page", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]), ids=lambda path: path.name
)
def test_rows_of_a_table_have_its_columns(page: Path) -> None:
    """A | within a cell, as of |x|, is escaped."""
    columns = 0
    for line in page.read_text().splitlines():
        found = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert found in (0, columns) or not columns, line
        columns = found
