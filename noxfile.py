"""Runs the tests in every environment of tests/environments.py: ``nox -l`` lists them, ``nox -s all`` runs all.

    nox -s minimal                   # the tests in one environment; docs/environments.md gets its line
    nox -s clang -- --quick          # the quick selection; nothing is entered
    nox -s clang -- tests/test_x.py  # what is given to pytest; nothing is entered
    nox -s clang -- --not-entered    # as without it
    nox -s slow                      # the tests that take many minutes
    nox -s coverage                  # which lines of the Python files the tests run

Each is a fresh virtual environment. A wheel is built once for each state of the sources, in .nox/wheels, by ccache
where that is installed; ``FASTACT_WHEEL`` names one that there is already, for the default build of the Python that
runs nox. ``pip install ".[dev]"`` installs what this needs.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
import stat
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as xml
from collections.abc import Iterator
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests"))

import emulated  # noqa: E402
from environments import (  # noqa: E402
    BUILDS,
    ENVIRONMENTS,
    QUICK,
    Build,
    Environment,
    build_requirements,
    enter,
    load,
    lowest,
    lowest_versions,
    requirements,
)

WHEELS = ROOT / ".nox/wheels"
BUILDERS = ROOT / ".nox/builders"
EMULATION = ROOT / ".nox/emulation"
SOURCES = (".py", ".pyx", ".pxd", ".pyi", ".c", ".h", ".pc", ".typed")
OUTSIDE = ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE")
WITHOUT_OPENMP = """\
#!/bin/sh
# a compiler that knows no OpenMP
for argument; do
  case "$argument" in -fopenmp*) echo "no OpenMP here" >&2; exit 1 ;; esac
done
exec cc "$@"
"""

# not "-m pytest", which would import the package of this folder, where nothing is built
PYTEST = ("-c", "import sys, pytest; sys.path.remove(''); sys.exit(pytest.main())")

nox.options.sessions = ["minimal"]
nox.options.reuse_existing_virtualenvs = False


# ---- interpreters and sources ---------------------------------------------------------------------------------------


def interpreters(version: str) -> Iterator[Path]:
    """Where an interpreter of this version may be: on PATH, or installed by pyenv."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if "shims" not in folder]
    yield from (folder / f"python{version}" for folder in folders)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    yield from sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)


def interpreter(environment: Environment) -> str | None:
    """The first of its interpreters that is installed; None where there is none."""
    if not environment.pythons:
        return sys.executable
    for version in environment.pythons:
        if version == f"{sys.version_info.major}.{sys.version_info.minor}":
            return sys.executable
        for path in interpreters(version):
            if path.exists():
                return str(path)
    return None


def source_files() -> list[Path]:
    """All that a wheel is made of."""
    package = [path for path in (ROOT / "fastact").rglob("*") if path.suffix in SOURCES]
    return sorted([*package, *(ROOT / name for name in OUTSIDE)])


def state(*more: str) -> str:
    """A number that changes with the sources, and with ``more``."""
    made = hashlib.sha256("\0".join(more).encode())
    for path in source_files():
        made.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return made.hexdigest()[:16]


# ---- wheels ---------------------------------------------------------------------------------------------------------


def variables(build: Build, folder: Path) -> dict[str, str]:
    """The environment of a build: its own variables, ccache before the compilers, paths that do not hang on a place."""
    programs = folder / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    wrapper = programs / "cc-without-openmp"
    wrapper.write_text(WITHOUT_OPENMP)
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    path = [str(programs), *(["/usr/lib/ccache"] if Path("/usr/lib/ccache").is_dir() else []), os.environ["PATH"]]
    cached = {"CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"}
    return {**cached, **build.variables, "PATH": os.pathsep.join(path)}


def tree(folder: Path) -> Path:
    """A clean copy of the sources to build in."""
    target = folder / "tree"
    shutil.rmtree(target, ignore_errors=True)
    for path in source_files():
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    return target


def unpacked(session: nox.Session, python: str, folder: Path) -> Path:
    """The sdist of this tree, built anew and unpacked."""
    target = folder / "tree"
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as made:
        session.run(
            python, "-m", "build", "--sdist", "--no-isolation", "-o", made, str(ROOT), silent=True, external=True
        )
        (archive,) = Path(made).glob("*.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(made)
        shutil.move(str(archive).removesuffix(".tar.gz"), target)
    return target


def builder(session: nox.Session, name: str, interpreter: str, folder: Path) -> str:
    """A Python that has what a build requires, in the versions that this build is of."""
    python = folder / "venv/bin/python"
    session.run(interpreter, "-m", "venv", "--clear", str(folder / "venv"), external=True, silent=True)
    needed = build_requirements()
    wanted = [(BUILDS[name].lowest and lowest(requirement)) or str(requirement) for requirement in needed]
    session.run(str(python), "-m", "pip", "install", "-q", "wheel", "build", *wanted, external=True)
    return str(python)


def wheel(session: nox.Session, environment: Environment, interpreter: str) -> Path:
    """The wheel of an environment, built once for these sources; an sdist lies unpacked beside its own."""
    name = environment.build
    given = os.environ.get("FASTACT_WHEEL")
    if given and name == "default" and interpreter == sys.executable:
        return Path(given)
    version = session.run(
        interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])", silent=True, external=True
    )
    label = f"{name}-{str(version).strip()}"
    folder = WHEELS / f"{label}-{state(name)}"
    if name == "sdist":  # of which the tests are too: always anew
        shutil.rmtree(folder, ignore_errors=True)
    if not list(folder.glob("*.whl")):
        work = BUILDERS / label
        work.mkdir(parents=True, exist_ok=True)
        python = builder(session, name, interpreter, work)
        settings = variables(BUILDS[name], work)
        if name == "aarch64":
            settings |= emulated.build_variables(emulated.system(session, EMULATION), work)
        with session.chdir(unpacked(session, python, folder) if name == "sdist" else tree(work)):
            make = [python, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), "."]
            session.run(*make, env=settings, external=True)
    (made,) = folder.glob("*.whl")
    return made


# ---- running tests --------------------------------------------------------------------------------------------------


def install(session: nox.Session, environment: Environment, made: Path) -> None:
    """The wheel and the extras of an environment, in its versions."""
    options: list[str] = []
    if environment.versions == "lowest":
        constraints = Path(session.create_tmp()) / "lowest.txt"
        constraints.write_text("\n".join(lowest_versions(*environment.extras)) + "\n")
        options = ["-c", str(constraints)]
    wanted = [f"{made}[{','.join(environment.extras)}]"]
    if environment.versions == "newest":
        # Whose wheels there may be none for: then the newest release it is.
        session.install("-q", "--pre", "--only-binary=:all:", "--upgrade", "numpy")
    if environment.name == "full":
        install_what_there_is(session, environment, made)
    else:
        session.install("-q", *options, *wanted)
    if "setuptools" not in {requirement.name for requirement in requirements(*environment.extras)}:
        session.run("python", "-m", "pip", "uninstall", "-q", "-y", "setuptools", silent=True)


def install_what_there_is(session: nox.Session, environment: Environment, made: Path) -> None:
    """Each optional package by itself: of some there is no wheel for every Python and machine."""
    session.install("-q", f"{made}[test]")
    for requirement in requirements(*environment.extras):
        session.install("-q", str(requirement), success_codes=[0, 1], silent=True)


def today() -> str:
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def counts(report: Path) -> dict[str, int]:
    """How many tests passed, failed and were skipped, from pytest's report."""
    suite = xml.parse(report).getroot().find("testsuite")
    assert suite is not None
    total, failed, skipped = (
        sum(int(suite.attrib[key]) for key in keys) for keys in (("tests",), ("failures", "errors"), ("skipped",))
    )
    return {"passed": total - failed - skipped, "failed": failed, "skipped": skipped}


def selection(environment: Environment, posargs: list[str]) -> list[str]:
    """What pytest is given: files, and what the user adds."""
    rest = [argument for argument in posargs if argument not in ("--quick", "--not-entered")]
    if any(not argument.startswith("-") for argument in rest):
        return rest
    files = environment.tests
    if "--quick" in posargs:
        files = tuple(name for name in files if name in QUICK) if files else QUICK
    return [*(f"tests/{name}" for name in files if (ROOT / "tests" / name).exists()), *rest]


def test(session: nox.Session, environment: Environment, python: str, where: Path) -> None:
    """Run the tests, and enter the result if it is of all of them."""
    report = Path(session.create_tmp()).resolve() / "report.xml"
    report.unlink(missing_ok=True)
    settings = {"FASTACT_ENVIRONMENT": environment.name, "PYTEST_ADDOPTS": None}
    chosen = selection(environment, session.posargs)
    with session.chdir(where):
        told = session.run(python, "tests/environments.py", silent=True, env=settings, external=True)
        command = [python, *PYTEST, "-p", "no:cacheprovider", f"--junitxml={report}", *chosen]
        session.run(*command, env=settings, external=True, success_codes=[0, 1])
    result = counts(report)
    if not session.posargs:
        enter(environment.name, {**result, "date": today(), "versions": json.loads(str(told).strip().splitlines()[-1])})
    if result["failed"]:
        session.error(f"{result['failed']} tests failed in {environment.name}")


def run(session: nox.Session, environment: Environment, interpreter: str) -> None:
    if absent := [program for program in BUILDS[environment.build].needs if shutil.which(program) is None]:
        leave(session, environment, f"{', '.join(absent)} is not installed")
    made = wheel(session, environment, interpreter)
    if environment.build == "aarch64":
        test(session, environment, emulated_python(session, environment, interpreter, made), ROOT)
        return
    install(session, environment, made)
    python = shutil.which("python", path=session.bin)
    assert python is not None
    test(session, environment, python, made.parent / "tree" if environment.build == "sdist" else ROOT)


def emulated_python(session: nox.Session, environment: Environment, interpreter: str, made: Path) -> str:
    """The Python of 64-bit Arm, with the wheel and what the environment requires."""
    root = emulated.system(session, EMULATION)
    wanted = [f"{made}[{','.join(environment.extras)}]"]
    return str(emulated.command(root, emulated.packages(session, interpreter, EMULATION, wanted), EMULATION))


def leave(session: nox.Session, environment: Environment, reason: str) -> None:
    """Skip an environment that this machine cannot have, with the reason; what was entered before stays."""
    if not session.posargs and environment.name not in load():
        enter(environment.name, {"reason": reason, "date": today()})
    session.skip(f"{environment.name}: {reason}")


def declare(environment: Environment) -> None:
    """Make the session of a line of the table."""
    python = interpreter(environment)

    def session(session: nox.Session) -> None:
        if python is None:
            leave(session, environment, f"no interpreter of {' or '.join(environment.pythons)} is installed")
        run(session, environment, python)

    session.__doc__ = environment.about
    nox.session(name=environment.name, python=python or False)(session)


for line in ENVIRONMENTS:
    declare(line)


@nox.session
def slow(session: nox.Session) -> None:
    """The tests that take many minutes, such as the parameters of every exponent."""
    environment = Environment("slow", "")
    install(session, environment, wheel(session, environment, sys.executable))
    session.run("python", *PYTEST, "--thorough", "-m", "slow", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """The lines of the Python files that the default selection of the tests runs."""
    environment = Environment("coverage", "", extras=("coverage", "cli"))
    install(session, environment, wheel(session, environment, sys.executable))
    session.run("python", *PYTEST, "--cov", "--cov-report=term-missing:skip-covered", *session.posargs)


@nox.session(name="all", python=False)
def everything(session: nox.Session) -> None:
    """All of them, one after the other."""
    for environment in ENVIRONMENTS:
        session.notify(environment.name, posargs=session.posargs)
