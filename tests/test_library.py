"""libfastact, for programs without Python: it builds, needs no interpreter, exports one name, and gives the same bits.

It is made of the objects of a build that is there; ``pytest -m slow`` compiles all anew where there is none.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.runtime import kernels

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "examples/c_program/main.c"

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="libfastact is for Linux"),
    pytest.mark.skipif(kernels.isa == "numpy", reason="there are no kernels"),
    pytest.mark.skipif(not PROGRAM.exists(), reason="the sources are not beside the tests"),
    pytest.mark.skipif(
        any(shutil.which(tool) is None for tool in ("gcc", "nm", "objcopy", "pkg-config")), reason="tools are missing"
    ),
]


def run(*command: object, **environment: str) -> str:
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The folder into which the library is built, from the objects of a build in this folder."""
    if importlib.util.find_spec("Cython") is None or importlib.util.find_spec("setuptools") is None:
        pytest.skip("building needs Cython and setuptools")
    if int(importlib.metadata.version("setuptools").partition(".")[0]) < 77:
        pytest.skip("building needs setuptools 77")
    objects = list((ROOT / "build").glob("temp.*/build/cython/_kernels*/fastact/_kernels.o"))
    if not objects and "slow" not in request.config.getoption("markexpr"):
        pytest.skip("there are no objects of a build in this folder, and compiling takes minutes: pytest -m slow")
    folder = tmp_path_factory.mktemp("libfastact")
    done = subprocess.run(
        [sys.executable, "setup.py", "build_clib", "-b", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder


def test_needs_no_python_and_exports_one_name(library: Path) -> None:
    for file, flags in (("libfastact.a", []), ("libfastact.so", ["-D"])):
        listing = run("nm", *flags, library / "lib" / file)
        assert not re.findall(r" [UTDBR] _?Py\w+", listing), file
        exported = re.findall(r"^[0-9a-f]+ [A-TV-Z] (\w+)$", listing, re.M)
        assert exported == ["fastact_open"], file
    assert "python" not in run("ldd", library / "lib/libfastact.so")


def flags_of(library: Path, *options: str) -> list[str]:
    return run("pkg-config", *options, "libfastact", PKG_CONFIG_PATH=str(library / "lib/pkgconfig")).split()


@pytest.fixture(scope="module")
def programs(library: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The example: in C89 with the shared library, and in C++ with the archive."""
    folder = tmp_path_factory.mktemp("programs")
    shared, alone = folder / "shared", folder / "alone"
    strict = ["-O1", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    run("gcc", "-std=c89", *strict, PROGRAM, *flags_of(library, "--cflags", "--libs"), "-lm", "-o", shared)
    archive = library / "lib/libfastact.a"
    rest = [f for f in flags_of(library, "--libs", "--static") if f != "-lfastact"]
    plus = ["g++", "-std=c++98", "-xc++"] if shutil.which("g++") else ["gcc", "-std=c99"]
    run(*plus, *strict, PROGRAM, "-xnone", *flags_of(library, "--cflags"), archive, *rest, "-o", alone)
    return [shared, alone]


def bits(x: Any) -> str:
    total = np.uint32(0)
    with np.errstate(over="ignore"):
        for one in np.ascontiguousarray(x).view(np.uint32).ravel():
            total = total * np.uint32(31) + one
    return f"{total:08x}"


def expected() -> list[str]:
    """What the program prints, from the Python package."""
    r, i = np.arange(3)[:, None], np.arange(1000)
    x = (((i * 37 + r * 101) % 2003 - 1001) / np.float32(128)).astype(np.float32)
    dy = (((i * 59 + r * 17) % 401 - 200) / np.float32(64)).astype(np.float32)
    return [
        f"gelu {bits(fa.gelu(x))}",
        f"elu_backward {bits(fa.elu.backward(dy, x, alpha=0.5))}",
        f"swiglu {bits(fa.swiglu(x, dy)[0])}",
        *[f"softmax {bits(fa.softmax(x, scale=0.25))}"] * 2,
        "an address is not a multiple of the size of its elements",
    ]


def test_the_program_has_the_bits_of_the_package(library: Path, programs: list[Path]) -> None:
    wanted = expected()
    for program in programs:
        environment = {"LD_LIBRARY_PATH": str(library / "lib"), "FASTACT_ISA": kernels.isa}
        head, *lines = run(program, **environment).splitlines()
        assert head == f"fastact {fa.__version__}, {kernels.isa}"
        assert lines == wanted


def test_best_instruction_set_by_itself(library: Path, programs: list[Path]) -> None:
    head = run(programs[1], FASTACT_ISA="").splitlines()[0]
    assert head.endswith(kernels.available_isas()[0])


def test_an_unknown_instruction_set_is_refused(programs: list[Path]) -> None:
    done = subprocess.run(
        [programs[1]], env={**os.environ, "FASTACT_ISA": "v9"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "FASTACT_ISA" in done.stderr


FORKING = """
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fastact.h>
#define N 4000000
int main(void)
{
    float *x = (float *)calloc(N, sizeof(float));
    fastact_function f;
    int status;
    pid_t child;
    if (fastact_import() != 0) return 2;
    f = fastact_find("sigmoid", FASTACT_F32, FASTACT_FORWARD);
    if (f(NULL, x, x, N, NULL, 0) != 0) return 3;
    child = fork();
    if (child == 0) {
        alarm(60);
        _exit(f(NULL, x, x, N, NULL, 0) == 0 && fastact_get_num_threads() == 1 ? 0 : 4);
    }
    waitpid(child, &status, 0);
    printf("%d\\n", status);
    return status != 0;
}
"""


def test_a_forked_child_does_not_hang(library: Path, tmp_path: Path) -> None:
    source, program = tmp_path / "forking.c", tmp_path / "forking"
    source.write_text(FORKING)
    archive = library / "lib/libfastact.a"
    rest = [f for f in flags_of(library, "--libs", "--static") if f != "-lfastact"]
    run("gcc", source, *flags_of(library, "--cflags"), archive, *rest, "-o", program)
    assert run(program, OMP_NUM_THREADS="2").strip() == "0"
