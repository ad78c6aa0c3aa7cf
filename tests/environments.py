"""The environments that fastact is tested in: the table that noxfile.py runs, and the page docs/environments.md.

Everything about requirements is read from pyproject.toml: which extras there are, and the lowest version of each. Needs
nothing but ``packaging``, which pytest brings; imported by noxfile.py and test_environments.py.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs/environments.json"
PAGE = ROOT / "docs/environments.md"

# The quick selection: every call of the interface, every special value, and what hangs on an environment.
QUICK = (
    "test_environments.py",
    "test_interface.py",
    "test_special_values.py",
    "test_ufuncs.py",
    "test_axis.py",
    "test_gated.py",
    "test_calls.py",
    "test_containers.py",
    "test_keywords.py",
    "test_default_install.py",
    "test_zeros.py",
    "test_vectorised.py",
)
# Under emulation, where everything takes some twenty times as long: special values, errors, and the same bits.
EMULATED = (
    "test_environments.py",
    "test_special_values.py",
    "test_accuracy_narrow.py",
    "test_slopes.py",
    "test_gated.py",
    "test_softmax.py",
    "test_bits.py",
)


class Build(NamedTuple):
    """A wheel: what it is, the variables it is built with, and the programs without which it cannot be."""

    about: str
    variables: dict[str, str] = {}  # noqa: RUF012
    needs: tuple[str, ...] = ()
    lowest: bool = False  # with the lowest versions of what pyproject.toml requires for a build


BUILDS = {
    "default": Build("the compiler that Python was built with", needs=("cc",)),
    "lowest": Build("the same, with the lowest Cython, setuptools and NumPy", needs=("cc",), lowest=True),
    "clang": Build("Clang", {"CC": "clang"}, needs=("clang",)),
    "serial": Build("a compiler without OpenMP", {"CC": "cc-without-openmp"}, needs=("cc",)),
    "pure": Build("no compiler", {"FASTACT_NO_EXTENSION": "1"}),
    "sdist": Build("from the sdist, unpacked", needs=("cc",)),
    "aarch64": Build("cross-built for 64-bit Arm", needs=("aarch64-linux-gnu-gcc", "qemu-aarch64-static")),
}


class Environment(NamedTuple):
    """One line of the table."""

    name: str
    about: str
    build: str = "default"
    extras: tuple[str, ...] = ("test",)  # of pyproject.toml, beside what it requires anyway
    pythons: tuple[str, ...] = ()  # the first of these that is installed; without any, the one that runs nox
    versions: str = "current"  # or "lowest", or "newest": with pre-releases of NumPy
    tests: tuple[str, ...] = ()  # the files that are run; without any, all


EVERYTHING = ("test", "cli", "bench", "docs", "containers", "examples", "peers")

ENVIRONMENTS = (
    Environment("minimal", "NumPy and what runs the tests, alone", extras=("runner",)),
    Environment("full", "every optional package", extras=EVERYTHING),
    Environment(
        "oldest",
        "the lowest version of every requirement",
        build="lowest",
        extras=("test", "cli", "bench", "docs"),
        pythons=("3.10", "3.11", "3.12"),  # of which there is a NumPy 1.26
        versions="lowest",
    ),
    Environment("newest", "pre-releases of NumPy", versions="newest"),
    *(
        Environment(f"python-{version}", f"CPython {version}", pythons=(version,))
        for version in ("3.10", "3.11", "3.12", "3.13")
    ),
    Environment("clang", "kernels compiled by Clang", build="clang"),
    Environment("serial", "kernels without OpenMP", build="serial"),
    Environment("fallback", "no kernels: NumPy computes", build="pure"),
    Environment("sdist", "built and tested from the sdist", build="sdist"),
    Environment(
        "aarch64", "64-bit Arm, emulated", build="aarch64", extras=("runner",), pythons=("3.11",), tests=EMULATED
    ),
)
BY_NAME = {environment.name: environment for environment in ENVIRONMENTS}


# ---- requirements ---------------------------------------------------------------------------------------------------


def project() -> dict[str, Any]:
    """pyproject.toml; Python 3.10 has no tomllib, but pytest brings tomli there."""
    try:
        toml = importlib.import_module("tomllib")
    except ImportError:
        toml = importlib.import_module("tomli")
    text: dict[str, Any] = toml.loads((ROOT / "pyproject.toml").read_text())
    return text


def requirements(*extras: str) -> Iterator[Requirement]:
    """What the package requires for these extras and in any case, on this machine; no extra names another one."""
    table = project()["project"]
    for text in table["dependencies"]:
        yield Requirement(text)
    for extra in extras:
        for text in table["optional-dependencies"][extra]:
            requirement = Requirement(text)
            if requirement.name == table["name"]:
                yield from requirements(*requirement.extras)
            elif requirement.marker is None or requirement.marker.evaluate():
                yield requirement


def build_requirements() -> list[Requirement]:
    return [Requirement(text) for text in project()["build-system"]["requires"]]


def lowest(requirement: Requirement) -> str | None:
    """``name==version`` of the lowest version that a requirement admits; None where it states none."""
    floors = [part.version for part in requirement.specifier if part.operator in (">=", "==", "~=")]
    return f"{requirement.name}=={floors[0]}" if floors else None


def lowest_versions(*extras: str) -> list[str]:
    """The lowest of everything that is declared with a version; numpy's own, not that of a build."""
    found = {text for requirement in requirements(*extras) if (text := lowest(requirement))}
    return sorted(found)


def optional_packages() -> set[str]:
    """The distributions that some extra names and that neither fastact nor the running of its tests needs."""
    extras = project()["project"]["optional-dependencies"]
    needed = {requirement.name for requirement in requirements("runner")}
    return {requirement.name for requirement in requirements(*extras)} - needed


# ---- the page -------------------------------------------------------------------------------------------------------

INTRO = """\
<!-- made by noxfile.py from what it ran; do not edit -->
# Environments under test

Each line is a fresh virtual environment with a wheel built for it, and the tests of `tests/` run in it (of `aarch64`, a
selection). A test skips where what it compares with is not installed, where the environment has no such kernels, or
where it is run with `--thorough` alone. To run one again: `nox -s minimal`; all of them: `nox -s all`. A quick
selection of each, which is not entered here: `nox -s clang -- --quick`.
"""
COLUMNS = ("environment", "what it is", "passed", "failed", "skipped", "date", "versions")


def load() -> dict[str, Any]:
    book: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return book


def enter(name: str, entry: dict[str, Any]) -> None:
    """Write the result of a run into the book, in the order of the table, and the page anew."""
    book = {**load(), name: entry}
    RESULTS.write_text(json.dumps({e.name: book[e.name] for e in ENVIRONMENTS if e.name in book}, indent=1) + "\n")
    PAGE.write_text(page())


def cells(environment: Environment, entry: dict[str, Any] | None) -> tuple[str, ...]:
    about = (f"`{environment.name}`", environment.about)
    if entry is None:
        return (*about, "not run", "", "", "", "")
    if "reason" in entry:
        return (*about, "not run", "", "", entry["date"], entry["reason"])
    counts = (f"{entry[key]:,}" for key in ("passed", "failed", "skipped"))
    return (*about, *counts, entry["date"], "; ".join(f"{key} {value}" for key, value in entry["versions"].items()))


def page() -> str:
    book = load()
    lines = [COLUMNS, ("---", "---", "---:", "---:", "---:", "---", "---")]
    lines += [cells(environment, book.get(environment.name)) for environment in ENVIRONMENTS]
    return INTRO + "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


# ---- what a run tells -----------------------------------------------------------------------------------------------

OTHERS = ("ml_dtypes", "rich", "scipy", "pandas", "torch")


def versions() -> dict[str, str]:
    """Of the environment that this runs in: what its results may hang on."""
    metadata = importlib.import_module("importlib.metadata")
    config = importlib.import_module("fastact.runtime.configuration").config()
    told = {
        "Python": config["Python"],
        "NumPy": config["NumPy"],
        "kernels": config["available"],
        "OpenMP": config["OpenMP"].partition(":")[0],
        "platform": config["platform"],
    }
    found = {name: metadata.version(name) for name in OTHERS if importlib.util.find_spec(name)}
    return {**told, **found}


if __name__ == "__main__":  # in the environment of a session, which then reads this
    print(json.dumps(versions()))
    sys.exit(0)
