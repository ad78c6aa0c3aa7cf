"""The table of environments, the page that its runs made, and that each of its environments is what it says."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import sys
from pathlib import Path

import environments as table
import pytest
from environments import BUILDS, BY_NAME, ENVIRONMENTS, Environment
from packaging.requirements import Requirement
from packaging.version import Version

from fastact.runtime import configuration

HERE = Path(__file__).parent
NAME = os.environ.get("FASTACT_ENVIRONMENT", "")  # which noxfile.py sets

within = pytest.mark.skipif(NAME not in BY_NAME, reason="not run by noxfile.py")
environments = pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda environment: environment.name)


def installed(name: str) -> Version | None:
    try:
        return Version(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return None


# ---- the table ------------------------------------------------------------------------------------------------------


@environments
def test_a_line_of_the_table_is_sound(environment: Environment) -> None:
    assert environment.build in BUILDS
    assert environment.versions in ("current", "lowest", "newest")
    assert set(environment.extras) <= set(table.project()["project"]["optional-dependencies"])
    assert {"pytest", "hypothesis", "mpmath"} <= {r.name for r in table.requirements(*environment.extras)}


@environments
def test_the_page_has_a_line_of_each_environment(environment: Environment) -> None:
    lines = [line for line in table.PAGE.read_text().splitlines() if line.startswith(f"| `{environment.name}` |")]
    assert len(lines) == 1


def test_the_page_is_what_the_runs_entered() -> None:
    assert table.PAGE.read_text() == table.page()
    assert set(table.load()) <= set(BY_NAME)
    for name, entry in table.load().items():
        assert "reason" in entry or {"passed", "failed", "skipped", "date", "versions"} == set(entry), name


@pytest.mark.parametrize("name", sorted({*table.QUICK, *table.EMULATED}))
def test_selected_files_exist(name: str) -> None:
    assert (HERE / name).is_file()


def test_lowest_versions_are_those_of_the_project() -> None:
    """Of all that is declared with a version; numpy among them, and nothing of another number."""
    text = (table.ROOT / "pyproject.toml").read_text()
    for line in table.lowest_versions(*table.project()["project"]["optional-dependencies"]):
        name, version = line.split("==")
        assert re.search(rf'"{re.escape(name)}(\[[a-z]+\])?>={re.escape(version)}["\[,]', text), line
    assert "numpy==1.26" in table.lowest_versions()
    assert table.lowest(Requirement("torch")) is None


def test_extras_that_name_others_are_followed() -> None:
    names = {requirement.name for requirement in table.requirements("test")}
    assert {requirement.name for requirement in table.requirements("runner")} < names
    assert table.project()["project"]["name"] not in names


# ---- what this runs in ----------------------------------------------------------------------------------------------


@within
@pytest.mark.skipif("runner" not in BY_NAME.get(NAME, ENVIRONMENTS[0]).extras, reason="has optional packages")
@pytest.mark.parametrize("package", sorted(table.optional_packages()))
def test_no_optional_package_is_installed(package: str) -> None:
    assert installed(package) is None


@within
def test_versions_are_those_of_the_environment() -> None:
    environment = BY_NAME[NAME]
    for requirement in table.requirements(*environment.extras):
        found = installed(requirement.name)
        if environment.versions == "lowest" and (line := table.lowest(requirement)):
            floors = [table.lowest(r) for r in table.requirements(*environment.extras) if r.name == requirement.name]
            highest = max(Version(str(floor).split("==")[1]) for floor in floors if floor)
            assert found == highest, line
        elif environment.name != "full":  # where some packages have no wheel
            assert found is not None, requirement.name
            assert requirement.specifier.contains(found, prereleases=True), requirement.name
    if environment.pythons:
        assert f"{sys.version_info.major}.{sys.version_info.minor}" in environment.pythons


@within
def test_kernels_are_those_of_the_build() -> None:
    build = BY_NAME[NAME].build
    config = configuration.config()
    assert (config["available"] == "numpy") == (build == "pure")
    assert build != "serial" or config["OpenMP"].startswith("no")
    assert (platform.machine() == "aarch64") == (build == "aarch64") or build == "default"


@within
def test_the_package_is_the_installed_one() -> None:
    """Not the sources beside the tests, which are not built."""
    spec = importlib.util.find_spec("fastact")
    assert spec is not None
    assert spec.origin is not None
    assert HERE.parent not in Path(spec.origin).resolve().parents or "site" in Path(spec.origin).parts[-3]


def test_nothing_puts_the_sources_on_the_path() -> None:
    """Where they are not built, the processes that such a test starts would import them for the installed package."""
    root = re.compile(r"sys\.path.*((?<!!= )\bROOT\)?[,\]\)]|parent\.parent\))")
    files = [file for folder in ("benchmarks", "docs", "tests") for file in (HERE.parent / folder).rglob("*.py")]
    assert len(files) > 50
    found = [
        f"{file.name}: {line.strip()}" for file in files for line in file.read_text().splitlines() if root.search(line)
    ]
    assert found == []
