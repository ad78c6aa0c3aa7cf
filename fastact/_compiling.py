"""How fastact's kernels are compiled, and how code that inlines them should be: flags, and where headers lie.

Uses nothing, not even fastact: setup.py runs this file by its path before there is a package. Imported by __init__,
__main__ and docs/generate.py.
"""

from __future__ import annotations

from pathlib import Path

# -ffast-math is never among these: besides breaking NaN and the tails it would, at link time, set flush-to-zero for
# the whole process. Contraction is off because fma stands in the source where it is meant. Thread jumps and partial
# redundancy elimination are off because those passes of GCC turn selects back into branches: silu, whose low part is 0
# outside a range, took 5.7 ns per element instead of 0.5 with the latter on.
FLAGS = (
    "-O3",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-thread-jumps",
    "-fno-tree-pre",
)
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


def shell_flags(isa: str = "baseline") -> str:
    """`get_compile_flags` as text that a shell may split at its spaces: a comment stands for one within."""
    return " ".join(flag.replace(" ", "/**/") for flag in get_compile_flags(isa))


def pkgconfig_folder() -> str:
    """The folder of ``fastact.pc``, for ``PKG_CONFIG_PATH``."""
    return str(Path(__file__).resolve().parent / "lib/pkgconfig")


def get_include() -> str:
    """The folder of ``fastact.h``, for a compiler's ``-I``.

    The ``.pxd`` files, which Cython finds by itself, lie in the package.

    Returns
    -------
    str

    Examples
    --------
    >>> import fastact as fa
    >>> from pathlib import Path
    >>> (Path(fa.get_include()) / "fastact.h").exists()
    True
    """
    return str(Path(__file__).resolve().parent / "include")


def get_compile_flags(isa: str = "baseline") -> list[str]:
    """Flags with which loops over the inline functions of ``fastact.activations`` become vector loops.

    They are those of fastact's own kernels: so such a loop gives the same bits. Written for GCC and Clang; the latter
    ignores ``-fno-thread-jumps`` and ``-fno-tree-pre`` with a warning and does not need them.

    Parameters
    ----------
    isa : {"baseline", "v3", "v4", "native"}
        The instruction set to compile for: what every processor of the family has; AVX2 and FMA; AVX-512; or what
        fastact uses here, which processors elsewhere may lack.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If there is no such instruction set.

    Examples
    --------
    >>> import fastact as fa
    >>> "-ffp-contract=off" in fa.get_compile_flags()
    True
    """
    if isa == "native":
        from fastact._runtime import isa as in_use

        isa = "baseline" if in_use == "numpy" else in_use
    if isa != "baseline" and isa not in INSTRUCTION_SETS:
        raise ValueError(
            f"isa={isa!r} is not accepted; it must be 'baseline', {', '.join(map(repr, INSTRUCTION_SETS))} or 'native'"
        )
    target = INSTRUCTION_SETS[isa][0] if isa != "baseline" else ()
    return [*FLAGS, *target, f"-DCYTHON_INLINE={INLINE}"]
