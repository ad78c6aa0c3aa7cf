"""How code that inlines the kernels is compiled, and where headers lie."""

from __future__ import annotations

import os

from fastact.runtime.compiling import INLINE, INSTRUCTION_SETS, X86_64, flags_of, identify, shell_text
from fastact.runtime.kernels import isa as in_use

PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def shell_flags(isa: str = "baseline") -> str:
    """`get_compile_flags` as such text."""
    return shell_text(get_compile_flags(isa))


def pkgconfig_folder() -> str:
    """The folder of ``fastact.pc``, for ``PKG_CONFIG_PATH``."""
    return os.path.join(PACKAGE, "lib/pkgconfig")


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
    return os.path.join(PACKAGE, "include")


def get_compile_flags(isa: str = "baseline", compiler: str | None = None) -> list[str]:
    """Flags with which loops over the inline functions of ``fastact.activations`` become vector loops.

    They are those of fastact's own kernels: so such a loop gives the same bits. Written for GCC and Clang, which is
    asked what it is and for which machine it compiles, and for what Cython 3.3.1 or later makes: conversions of
    integers by earlier ones call themselves, which GCC cannot always inline.

    Parameters
    ----------
    isa : {"baseline", "v3", "v4", "native"}
        The instruction set to compile for: what every processor of the family has; AVX2 and FMA; AVX-512; or what
        fastact uses here, which processors elsewhere may lack. v3 and v4 are of x86-64 alone.
    compiler : str, optional
        The command that starts the compiler. Without it that of extension modules is asked: the one that the
        environment variable ``CC`` names, else the one that Python was built with.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If there is no such instruction set, or the compiler's machine has none, or there is no such compiler.

    Examples
    --------
    >>> import fastact as fa
    >>> "-ffp-contract=off" in fa.get_compile_flags()
    True
    """
    known = ("baseline", *INSTRUCTION_SETS, "native")
    if isa not in known:
        raise ValueError(f"isa={isa!r} is not accepted; it must be {', '.join(map(repr, known[:-1]))} or {known[-1]!r}")
    family, machine = identify(compiler)
    if isa == "native":
        isa = in_use if in_use in INSTRUCTION_SETS and machine in X86_64 else "baseline"
    if isa != "baseline" and machine not in X86_64:
        raise ValueError(
            f"isa={isa!r} is not accepted: it is of x86-64, and the compiler makes code for "
            f"{machine}; it must be 'baseline' or 'native'"
        )
    target = INSTRUCTION_SETS[isa][0] if isa != "baseline" else ()
    return [*flags_of(family), *target, f"-DCYTHON_INLINE={INLINE}"]
