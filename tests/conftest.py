"""What all tests share: which of them are run, on how many processes, and the fixtures."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import selection

ROOT = Path(__file__).resolve().parent.parent
UNBUILT = """\
fastact is not built here and not installed, so there is nothing to test. Install it, in the environment of this Python:

    pip install ".[test]" && pytest

or test the NumPy formulas of these sources alone: FASTACT_ISA=numpy python -m pytest
"""


def find_what_is_tested() -> None:
    """Leave sources that are not built for the installed package: ``python -m pytest`` would import them."""
    built = [*(ROOT / "fastact").glob("*.so"), *(ROOT / "fastact").glob("*.pyd")]
    if built or os.environ.get("FASTACT_ISA") == "numpy":
        return
    sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != ROOT]
    if importlib.util.find_spec("fastact") is None:
        pytest.exit(UNBUILT, returncode=4)


find_what_is_tested()
if "PYTEST_XDIST_WORKER" in os.environ:
    # threads that have no work must not spin where another process of the tests has some
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import fastact as fa  # noqa: E402

# What takes longest comes first, or one process would be left alone with it.
LONGEST = (
    *("test_properties", "test_parameters", "test_threads", "test_accuracy", "test_library", "test_typing"),
    *("test_vectorised", "test_isa", "test_axis_values", "test_accuracy_tool"),
)

RunPython = Callable[..., subprocess.CompletedProcess[str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="all tests that take no hours, over their whole samples")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("thorough"):
        os.environ[selection.VARIABLE] = "1"
        selection.THOROUGH = True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest files; skip what is marked thorough or slow, unless it is asked for."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))
    skipped = []
    if "slow" not in config.getoption("markexpr"):
        skipped.append(("slow", "pytest -m slow"))
    if not selection.THOROUGH:
        skipped.append(("thorough", "pytest --thorough"))
    for name, command in skipped:
        for item in items:
            if name in item.keywords:
                item.add_marker(pytest.mark.skip(reason=f"run with  {command}"))


@pytest.fixture(scope="session")
def run_python() -> RunPython:
    """A function that runs ``python *arguments`` and returns the finished process, its output as text.

    The child finds the fastact that is tested here from any folder, unless ``PYTHONPATH`` is given. Environment
    variables are keywords, None to remove one. A child that takes ``limit`` seconds is killed, and the test fails.
    """
    package = Path(fa.__file__).resolve().parent.parent

    def run(
        *arguments: str | Path, limit: float = 300, cwd: Path | None = None, **environment: str | None
    ) -> subprocess.CompletedProcess[str]:
        environment = {"PYTHONPATH": str(package), **environment}
        merged = {**os.environ, **environment}
        try:
            return subprocess.run(
                [sys.executable, *map(str, arguments)],
                env={key: value for key, value in merged.items() if value is not None},
                # not the folder of the caller, whose unbuilt source `python -c` would import
                cwd=cwd or tempfile.gettempdir(),
                timeout=limit,
                capture_output=True,
                text=True,
            )
        except subprocess.TimeoutExpired as error:
            pytest.fail(f"hangs: killed after {limit} s; {error.stdout!r} {error.stderr!r}")

    return run


@pytest.fixture
def no_flags() -> Iterator[None]:
    """No floating-point flag that NumPy would report, in any call of the test."""
    with np.errstate(all="raise"):
        yield
