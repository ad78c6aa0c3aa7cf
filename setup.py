"""Build of the compiled kernels; everything declarative stands in pyproject.toml.

The sources of KERNELS are cythonized and compiled once per instruction set, each time into a module of its own name:
``_kernels`` for the baseline of the processor family, ``_kernels_v3`` (x86-64-v3: AVX2, FMA) and ``_kernels_v4``
(x86-64-v4: AVX-512). Import picks the best that runs. Those of COMMON compute nothing and are built once.
``FASTACT_NO_EXTENSION=1`` builds none of them: the package is then pure Python and computes with NumPy.

``python setup.py build_clib`` makes libfastact, for programs without Python, of the same compiled kernels.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Command, Extension, setup
from setuptools.command.build_ext import build_ext

# distutils' errors, under the names that setuptools gives them
from setuptools.errors import BaseError, CCompilerError, ExecError, PlatformError

NO_EXTENSION = os.environ.get("FASTACT_NO_EXTENSION", "") not in ("", "0")

# Of the package, which is not there to be imported yet.
COMPILING = runpy.run_path(str(Path(__file__).parent / "fastact/runtime/compiling.py"))
# Sections of their own let libfastact leave out what needs an interpreter.
FLAGS = [
    *COMPILING["COMMON_FLAGS"],
    *(flag for flags in COMPILING["OWN_FLAGS"].values() for flag in flags),  # the compiler is asked which it takes
    "-fvisibility=hidden",
    "-ffunction-sections",
    "-fdata-sections",
    "-g0",
    "-Wno-unused-function",
]
MSVC_FLAGS = ["/O2", "/fp:precise"]
OPENMP_FLAGS = (["-fopenmp"], ["-Xpreprocessor", "-fopenmp"], ["/openmp"])
INSTRUCTION_SETS = {f"_{isa}": choices for isa, choices in COMPILING["INSTRUCTION_SETS"].items()}
NO_COMPILER = """
fastact could not compile its kernels: {reason}.
Either install a C compiler (Debian and Ubuntu: apt-get install gcc; macOS: xcode-select --install), or build the slower
pure-Python package, which computes with NumPy:

    FASTACT_NO_EXTENSION=1 pip install .
"""


TEAM = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"
LIBRARY_PC = """\
prefix=${{pcfiledir}}/../..
includedir=${{prefix}}/include
libdir=${{prefix}}/lib

Name: libfastact
Description: Activation functions of neural networks and their derivatives, for programs without Python
Version: {version}
Cflags: -I${{includedir}}
Libs: -L${{libdir}} -lfastact
Libs.private: {needs}
"""


# What is compiled once for each instruction set, and what once for all.
KERNELS = ("_kernels", "_along", "_spatial")
COMMON = ("_call", "_capi", "_threads")


def machine() -> str:
    """What is compiled for: another machine than this one where Python's platform is said to be."""
    name = sysconfig.get_platform().rpartition("-")[2]
    return platform.machine().lower() if name.startswith("universal") else name.lower()


def modules() -> dict[str, tuple[str, str]]:
    """The source of each extension module, and its instruction set: a key of INSTRUCTION_SETS, or nothing."""
    isas = ["", *(INSTRUCTION_SETS if machine() in COMPILING["X86_64"] else ())]
    # the longest first, or the last would be compiled by one processor alone
    found = {f"{name}{isa}": (f"fastact/{name}.pyx", isa) for name in KERNELS for isa in isas}
    return found | {name: (f"fastact/{name}.pyx", "") for name in COMMON}


def extensions() -> list[Extension]:
    if NO_EXTENSION:
        return []
    # An sdist is made where there may be no NumPy.
    headers = [importlib.import_module("numpy").get_include()] if importlib.util.find_spec("numpy") else []
    macros = [("CYTHON_INLINE", COMPILING["INLINE"]), ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")]
    return [
        Extension(
            f"fastact.{module}",
            [source],
            include_dirs=[*headers, "fastact", "fastact/include"],
            define_macros=[*macros],
        )
        for module, (source, _) in modules().items()
    ]


def generated(module: str) -> Path:
    """Where the C source of a module is written: in a folder of its own."""
    return Path("build/cython", module, modules()[module][0]).with_suffix(".c")


def translate(extension: Extension) -> None:
    """Have Cython write the C source of an extension, and compile that in place of the .pyx.

    In a process of its own, so that this goes on beside the compiler's work. It is not written again where nothing
    that might be cimported has changed.
    """
    module = extension.name.rpartition(".")[2]
    source = Path(extension.sources[0])
    target = generated(module)
    used = [source, *Path("fastact").rglob("*.pxd"), *Path("fastact").rglob("*.h")]
    if not target.exists() or target.stat().st_mtime < max(path.stat().st_mtime for path in used):
        target.parent.mkdir(parents=True, exist_ok=True)
        options = ["-3", "--module-name", extension.name, "-o", str(target)]
        subprocess.run([sys.executable, "-m", "cython", *options, str(source)], check=True)
    extension.sources = [str(target)]
    extension.depends = [str(path) for path in used]


class BuildKernels(build_ext):
    """build_ext that probes the compiler before it compiles, and compiles the instruction sets side by side."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def accepts(self, flags: list[str], source: str, link: bool = False) -> bool:
        """Whether the compiler takes ``flags`` for ``source`` without complaint."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "probe.c"
            file.write_text(source)
            werror = [] if self.compiler.compiler_type == "msvc" else ["-Werror"]
            try:
                objects = self.compiler.compile([str(file)], output_dir=folder, extra_postargs=flags + werror)
                if link:
                    self.compiler.link_executable(objects, "probe", output_dir=folder, extra_postargs=flags)
            except (BaseError, CCompilerError, ExecError, PlatformError, OSError):
                return False
        return True

    def build_extensions(self) -> None:
        main = "int main(void) { return 0; }\n"
        if not self.accepts([], main):
            raise SystemExit(NO_COMPILER.format(reason="no working C compiler was found"))
        msvc = self.compiler.compiler_type == "msvc"
        common = MSVC_FLAGS if msvc else [flag for flag in FLAGS if self.accepts([flag], main)]
        openmp: list[str] = next((f for f in OPENMP_FLAGS if self.accepts(f, TEAM, link=True)), [])
        if not openmp:
            print("fastact: no OpenMP; the kernels will run on one thread")
        chosen = []
        for extension in self.extensions:
            module = extension.name.rpartition(".")[2]
            isa = modules()[module][1]
            choices = INSTRUCTION_SETS[isa] if isa else ([],)
            target = next((f for f in choices if self.accepts(list(f), main)), None)
            if target is None:
                print(f"fastact: this compiler cannot target {extension.name}; left out")
                continue
            parallel = openmp if module not in ("_call", "_capi") else []
            extension.extra_compile_args = [*common, *target, *parallel]
            extension.extra_link_args = [flag for flag in parallel if not msvc]
            if msvc:
                extension.define_macros = [("CYTHON_INLINE", "__forceinline"), *extension.define_macros[1:]]
            chosen.append(extension)
        self.extensions = chosen
        try:
            super().build_extensions()
        except (BaseError, CCompilerError, ExecError, PlatformError) as error:
            raise SystemExit(NO_COMPILER.format(reason=error)) from error

    def build_extension(self, ext: Extension) -> None:
        translate(ext)
        super().build_extension(ext)


class BuildLibrary(Command):
    """libfastact.a and libfastact.so: the kernels and the C table, with all that needs an interpreter left out.

    The objects of the extension modules are taken as they are. Every function has a section of its own; the linker
    keeps what can be reached from the C table, and that calls nothing of Python's.
    """

    description = "build libfastact for programs without Python"
    user_options = [("build-clib=", "b", "folder that gets lib and include (default: build/libfastact)")]  # noqa: RUF012
    SOURCES = ("_kernels", "_along")  # of each instruction set
    ONCE = {"_capi": ("fastact_connect",), "_threads": ("fastact_threads", "fastact_after_fork")}  # noqa: RUF012

    def initialize_options(self) -> None:
        self.build_clib = "build/libfastact"

    def finalize_options(self) -> None:
        self.extensions = self.get_finalized_command("build_ext")

    def tool(self, *command: object) -> str:
        try:
            return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True).stdout
        except FileNotFoundError:
            raise SystemExit(f"fastact: libfastact needs {command[0]}, which is not installed (binutils)") from None
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"fastact: {command[0]} failed, so there is no libfastact:\n{error.stderr}") from error

    def reachable(self, module: str, roots: tuple[str, ...], suffix: str, folder: Path) -> Path:
        """The object of a module without what cannot be reached from ``roots``, which get a suffix."""
        source = generated(module).with_suffix(".o")
        made = Path(self.extensions.build_temp, source)
        found, kept = folder / f"{module}.all.o", folder / f"{module}.o"
        keep = ["-Wl,--gc-sections", *(f"-Wl,-u,{root}" for root in roots)]
        self.tool(self.extensions.compiler.linker_exe[0], "-r", "-nostdlib", *keep, "-o", found, made)
        renamed = [f"--redefine-sym={root}={root}{suffix}" for root in roots]
        self.tool("objcopy", "--strip-unneeded", *renamed, found, kept)
        return kept

    def run(self) -> None:
        self.run_command("build_ext")
        compiler = self.extensions.compiler
        if compiler.compiler_type != "unix" or platform.system() != "Linux":
            raise SystemExit("fastact: libfastact is for Linux alone, whose linker leaves out single functions")
        built = {extension.name.rpartition(".")[2] for extension in self.extensions.extensions}
        isas = [isa for isa in ("", *INSTRUCTION_SETS) if f"_kernels{isa}" in built]
        lib, include = Path(self.build_clib, "lib"), Path(self.build_clib, "include")
        lib.mkdir(parents=True, exist_ok=True)
        include.mkdir(parents=True, exist_ok=True)
        header = Path(shutil.copy("fastact/include/fastact.h", include)).read_text()
        (abi,) = re.findall(r"define FASTACT_ABI_VERSION (\d+)", header)
        cc = compiler.linker_exe[0]
        openmp: list[str] = next((f for f in OPENMP_FLAGS if self.extensions.accepts(f, TEAM, link=True)), [])
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            objects = [self.reachable(module, roots, "", folder) for module, roots in self.ONCE.items()]
            objects += [
                self.reachable(source + isa, (f"fastact{source}",), isa or "_baseline", folder)
                for isa in isas
                for source in self.SOURCES
            ]
            has = [f"-DFASTACT_HAS{isa.upper()}" for isa in isas if isa]
            start, whole = folder / "standalone.o", folder / "libfastact.o"
            self.tool(
                cc, "-c", "-O2", "-fPIC", "-pthread", *has, f"-I{include}", "-o", start, "fastact/loops/standalone.c"
            )
            self.tool(cc, "-r", "-nostdlib", "-o", folder / "all.o", start, *objects)
            self.tool("objcopy", "--keep-global-symbol=fastact_open", folder / "all.o", whole)
            if python := [line for line in self.tool("nm", "-u", whole).split() if line.startswith(("Py", "_Py"))]:
                raise SystemExit(f"fastact: no libfastact: its kernels need {', '.join(python)} of an interpreter")
            archive, shared = lib / "libfastact.a", lib / f"libfastact.so.{abi}"
            archive.unlink(missing_ok=True)
            self.tool("ar", "rcs", archive, whole)
            named = f"-Wl,-soname,{shared.name}"
            self.tool(cc, "-shared", *openmp, "-pthread", named, "-Wl,-s", "-o", shared, whole, "-lm")
        link = lib / "libfastact.so"
        link.unlink(missing_ok=True)
        link.symlink_to(shared.name)
        (lib / "pkgconfig").mkdir(exist_ok=True)
        needs = " ".join([*openmp, "-pthread", "-lm"])
        text = LIBRARY_PC.format(version=self.distribution.get_version(), needs=needs)
        (lib / "pkgconfig/libfastact.pc").write_text(text)
        print(f"fastact: {archive}, {shared} ({', '.join(isa[1:] or 'baseline' for isa in isas)})")


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildKernels, "build_clib": BuildLibrary})
