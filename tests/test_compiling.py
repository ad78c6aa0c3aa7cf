"""What compilers are told: folders, flags, the pkg-config file, and the command line that prints them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import fastact as fa
from fastact import _compiling, _runtime

FOLDER = Path(fa.__file__).parent


def printed(run_python: Any, *options: str) -> str:
    done = run_python("-m", "fastact", *options)
    assert done.returncode == 0, done.stderr
    return str(done.stdout.strip())


def test_what_is_shipped() -> None:
    """All that other code compiles against is in the package that is installed."""
    assert Path(fa.get_include(), "fastact.h").is_file()
    assert Path(_compiling.pkgconfig_folder(), "fastact.pc").is_file()
    for name in ("__init__", "activations", "vmath", "capi", "rows", "half", "formulas/__init__", "formulas/logistic"):
        assert (FOLDER / f"{name}.pxd").is_file(), name


def test_flags() -> None:
    baseline = fa.get_compile_flags()
    assert baseline == fa.get_compile_flags("baseline")
    assert not any(flag.startswith(("-march", "-m")) for flag in baseline)
    assert "-ffp-contract=off" in baseline
    assert "-ffast-math" not in baseline
    for isa in ("v3", "v4"):
        assert set(baseline) < set(fa.get_compile_flags(isa))
        assert f"-march=x86-64-{isa}" in fa.get_compile_flags(isa)
    in_use = "baseline" if _runtime.isa == "numpy" else _runtime.isa
    assert fa.get_compile_flags("native") == fa.get_compile_flags(in_use)
    for wrong in ("v5", "", "AVX2", None):
        with pytest.raises(ValueError, match=r"isa=.* is not accepted; it must be 'baseline', 'v3', 'v4' or 'native'"):
            fa.get_compile_flags(wrong)


def test_command_line(run_python: Any) -> None:
    assert printed(run_python, "--includes") == f"-I{fa.get_include()}"
    assert printed(run_python, "--pkgconfigdir") == _compiling.pkgconfig_folder()
    # split at its spaces, as a shell does what a command prints, it is the list of flags
    for options, isa in ((["--cflags"], "baseline"), (["--cflags", "v3"], "v3"), (["--cflags=native"], "native")):
        flags = printed(run_python, *options).split()
        assert [flag.replace("/**/", " ") for flag in flags] == fa.get_compile_flags(isa)
    for options in (["--cflags=v9"], ["--includes", "--cflags"], ["--includes", "info"], ["--cflags=v3", "bench"]):
        done = run_python("-m", "fastact", *options)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.startswith("fastact: error: ")
        assert done.stderr.count("\n") == 1


def test_a_shell_can_use_what_is_printed(tmp_path: Path, run_python: Any) -> None:
    if (compiler := shutil.which("gcc")) is None:
        pytest.skip("no gcc")
    (tmp_path / "a.c").write_text(
        "#include <fastact.h>\nstatic CYTHON_INLINE int two(void) { return 2; }\n"
        "int main(void) { return two() - 2 + FASTACT_OK; }\n"
    )
    flags = f"{printed(run_python, '--includes')} {printed(run_python, '--cflags')}".split()
    subprocess.run([compiler, *flags, "-Werror", "a.c", "-o", "a"], cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "a"], check=True)


def test_pkg_config() -> None:
    if shutil.which("pkg-config") is None:
        pytest.skip("no pkg-config")

    def ask(option: str) -> str:
        environment = {**os.environ, "PKG_CONFIG_PATH": _compiling.pkgconfig_folder()}
        command = ["pkg-config", option, "fastact"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert ask("--modversion") == fa.__version__
    include = ask("--cflags").removeprefix("-I")
    assert Path(include).resolve() == Path(fa.get_include()).resolve()
    assert ask("--variable=vector_flags").replace("/**/", " ") == " ".join(fa.get_compile_flags())
