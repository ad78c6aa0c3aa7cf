"""What compilers are told: folders, flags, the pkg-config file, and the command line that prints them."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import fastact as fa
from fastact.runtime import compiling, embedding, kernels

FOLDER = Path(fa.__file__).parent


def printed(run_python: Any, *options: str) -> str:
    done = run_python("-m", "fastact", *options)
    assert done.returncode == 0, done.stderr
    return str(done.stdout.strip())


def test_what_is_shipped() -> None:
    """All that other code compiles against is in the package that is installed."""
    assert Path(fa.get_include(), "fastact.h").is_file()
    assert Path(embedding.pkgconfig_folder(), "fastact.pc").is_file()
    for name in (
        "__init__",
        "activations",
        "vmath",
        "capi",
        "loops/rows",
        "loops/half",
        "formulas/__init__",
        "formulas/logistic",
    ):
        assert (FOLDER / f"{name}.pxd").is_file(), name


COMPILERS = [name for name in ("gcc", "clang", "aarch64-linux-gnu-gcc") if shutil.which(name)]
of_x86_64 = pytest.mark.skipif(platform.machine().lower() not in compiling.X86_64, reason="v3 and v4 are of x86-64")


def test_flags() -> None:
    baseline = fa.get_compile_flags()
    assert baseline == fa.get_compile_flags("baseline")
    assert not any(flag.startswith(("-march", "-m")) for flag in baseline)
    assert "-ffp-contract=off" in baseline
    assert "-ffast-math" not in baseline
    in_use = "baseline" if kernels.isa == "numpy" else kernels.isa
    assert fa.get_compile_flags("native") == fa.get_compile_flags(in_use)
    for wrong in ("v5", "", "AVX2", None):
        with pytest.raises(ValueError, match=r"isa=.* is not accepted; it must be 'baseline', 'v3', 'v4' or 'native'"):
            fa.get_compile_flags(wrong)


@of_x86_64
def test_flags_of_instruction_sets() -> None:
    for isa in ("v3", "v4"):
        assert set(fa.get_compile_flags()) < set(fa.get_compile_flags(isa))
        assert f"-march=x86-64-{isa}" in fa.get_compile_flags(isa)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("isa", ["baseline", "v3", "v4", "native"])
def test_a_compiler_takes_its_flags(compiler: str, isa: str, tmp_path: Path) -> None:
    """Without a word, whichever it is; or there are none, for an instruction set of another machine."""
    source = tmp_path / "a.c"
    source.write_text("int one(void) { return 1; }\n")
    if compiling.identify(compiler)[1] not in compiling.X86_64 and isa in compiling.INSTRUCTION_SETS:
        with pytest.raises(ValueError, match=rf"isa='{isa}' is not accepted: it is of x86-64, and .* for aarch64"):
            fa.get_compile_flags(isa, compiler)
        return
    command = [compiler, *fa.get_compile_flags(isa, compiler), "-Wall", "-Werror", "-c", source, "-o", tmp_path / "a.o"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_compiler_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for compiler in COMPILERS:
        monkeypatch.setenv("CC", f"{compiler} -O1")
        compiling.identify.cache_clear()
        assert fa.get_compile_flags() == fa.get_compile_flags(compiler=compiler)
    # of one that is not there, nothing is known but this machine
    monkeypatch.setenv("CC", "/nonexistent/cc")
    compiling.identify.cache_clear()
    assert set(compiling.OWN_FLAGS["gcc"]) < set(fa.get_compile_flags())
    compiling.identify.cache_clear()


@pytest.mark.parametrize("wrong", ["/nonexistent/cc", "false", "echo"])
def test_a_compiler_that_cannot_be_asked(wrong: str) -> None:
    with pytest.raises(ValueError, match=f"compiler='{wrong}' is not accepted; it must be a command that starts GCC"):
        fa.get_compile_flags(compiler=wrong)


def test_command_line(run_python: Any) -> None:
    assert printed(run_python, "--includes") == f"-I{fa.get_include()}"
    assert printed(run_python, "--pkgconfigdir") == embedding.pkgconfig_folder()
    # split at its spaces, as a shell does what a command prints, it is the list of flags
    v3 = (
        (["--cflags", "v3"], "v3")
        if compiling.identify()[1] in compiling.X86_64
        else (["--cflags=baseline"], "baseline")
    )
    for options, isa in ((["--cflags"], "baseline"), v3, (["--cflags=native"], "native")):
        flags = printed(run_python, *options).split()
        assert [flag.replace("/**/", " ") for flag in flags] == fa.get_compile_flags(isa)
    for options in (["--cflags=v9"], ["--includes", "--cflags"], ["--includes", "info"], ["--cflags=v3", "bench"]):
        done = run_python("-m", "fastact", *options)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.startswith("fastact: error: ")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("compiler", [name for name in COMPILERS if not name.startswith("aarch64")])
def test_a_shell_can_use_what_is_printed(tmp_path: Path, run_python: Any, compiler: str) -> None:
    (tmp_path / "a.c").write_text(
        "#include <fastact.h>\nstatic CYTHON_INLINE int two(void) { return 2; }\n"
        "int main(void) { return two() - 2 + FASTACT_OK; }\n"
    )
    told = [run_python("-m", "fastact", option, CC=compiler).stdout for option in ("--includes", "--cflags")]
    flags = " ".join(told).split()
    subprocess.run([compiler, *flags, "-Werror", "a.c", "-o", "a"], cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "a"], check=True)


def test_pkg_config() -> None:
    if shutil.which("pkg-config") is None:
        pytest.skip("no pkg-config")

    def ask(option: str) -> str:
        environment = {**os.environ, "PKG_CONFIG_PATH": embedding.pkgconfig_folder()}
        command = ["pkg-config", option, "fastact"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert ask("--modversion") == fa.__version__
    include = ask("--cflags").removeprefix("-I")
    assert Path(include).resolve() == Path(fa.get_include()).resolve()
    for variable, family in (("vector_flags", "gcc"), ("clang_vector_flags", "clang")):
        packaged = ask(f"--variable={variable}").split()
        assert [flag.replace("/**/", " ") for flag in packaged] == [
            *compiling.flags_of(family),
            f"-DCYTHON_INLINE={compiling.INLINE}",
        ]
