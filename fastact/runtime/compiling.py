"""How fastact's kernels are compiled: the compiler's flags.

Uses nothing, not even fastact: setup.py runs this file by its path before there is a package.
"""

from __future__ import annotations

import os
from functools import cache

# -ffast-math is never among these: besides breaking NaN and the tails it would, at link time, set flush-to-zero for
# the whole process. Contraction is off because fma stands in the source where it is meant.
COMMON_FLAGS = ("-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
# Flags of one compiler, which others refuse. Thread jumps and partial redundancy elimination are off because those
# passes of GCC turn selects back into branches: silu, whose low part is 0 outside a range, took 5.7 ns per element
# instead of 0.5 with the latter on. Clang has no such flags and turns none back.
OWN_FLAGS = {"gcc": ("-fno-thread-jumps", "-fno-tree-pre"), "clang": ()}
# Without always_inline, inlining a formula into its loop, and so vectorising it, is a matter of luck.
INLINE = "inline __attribute__((always_inline))"
# What a compiler takes for an instruction set: the first list that it knows; those older than the level names get the
# extensions one by one.
INSTRUCTION_SETS = {
    "v3": (("-march=x86-64-v3",), ("-mavx2", "-mfma", "-mbmi", "-mbmi2", "-mf16c", "-mlzcnt", "-mmovbe")),
    "v4": (
        ("-march=x86-64-v4", "-mprefer-vector-width=512"),
        ("-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl", "-mfma", "-mprefer-vector-width=512"),
    ),
}
X86_64 = ("x86_64", "amd64")


@cache
def identify(command: str | None = None) -> tuple[str, str]:
    """The family of a compiler, "gcc" or "clang", and the machine that it compiles for, by what it predefines.

    None is the compiler that extension modules are built with: that of the variable ``CC``, or of Python's own build.
    Where that cannot be asked, GCC for this machine is taken.

    Raises
    ------
    ValueError
        If a compiler that is named cannot be asked.
    """
    import platform
    import shlex
    import subprocess
    import sysconfig

    words = shlex.split(command or os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    try:
        asked = [*words, "-dM", "-E", "-x", "c", os.devnull]
        told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        told = ""
    if "#define __GNUC__ " not in told:
        if command is None:
            return "gcc", platform.machine().lower()
        raise ValueError(
            f"compiler={command!r} is not accepted; it must be a command that starts GCC or Clang, and this one does "
            "not tell its predefined macros"
        )
    defined = {line.split()[1] for line in told.splitlines() if line.startswith("#define ")}
    machine = next((name for name in ("x86_64", "aarch64") if f"__{name}__" in defined), "other")
    return ("clang" if "__clang__" in defined else "gcc"), machine


def flags_of(family: str) -> tuple[str, ...]:
    """The flags of all instruction sets, for a family of compilers."""
    return (*COMMON_FLAGS, *OWN_FLAGS[family])


def shell_text(flags: list[str] | tuple[str, ...]) -> str:
    """Flags as text that a shell may split at its spaces: a comment stands for one within."""
    return " ".join(flag.replace(" ", "/**/") for flag in flags)


def packaged_flags(family: str) -> str:
    """What fastact.pc, which knows neither compiler nor machine, says for a family of compilers."""
    return shell_text((*flags_of(family), f"-DCYTHON_INLINE={INLINE}"))
