"""The command line: ``fastact`` and ``python -m fastact``.

Parses arguments and turns every expected failure into one line and an exit status; what the commands do is in
cli.bench and cli.apply. Nothing imports this file but tests.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from typing import NoReturn

from fastact.api.objects import get
from fastact.cli import bench
from fastact.cli.apply import CommandError, Interrupted, apply_file, shape_help
from fastact.runtime.compiling import INSTRUCTION_SETS
from fastact.runtime.configuration import show_config
from fastact.runtime.embedding import get_include, pkgconfig_folder, shell_flags
from fastact.runtime.version import __version__
from fastact.table.registry import BY_NAME, OTHERS

EXAMPLES = """\
examples:
  fastact                                             time every activation, beside NumPy
  fastact bench --only gelu,softmax --threads 1
  fastact bench --format markdown > speed.md
  fastact apply gelu in.npy --out out.npy
  fastact apply elu in.npy --in-place --param alpha=0.5
  fastact apply softmax in.npy --out out.npy --axis 0 --param scale=0.125
  fastact apply logsumexp in.npy --out out.npy      of its rows: without the last axis
  fastact info                                        what is running: instruction set, threads, versions
  cc -c $(fastact --includes) layer.c                 compile against fastact.h
"""
BENCH_ABOUT = (
    "Time every activation in place on an N x N array (standard normal times 3), alternately with the best plain NumPy "
    "code for it, and measure the largest error of a sample. Takes about half a minute at the default size."
)
APPLY_ABOUT = (
    "Compute an activation of every number in a .npy file, or of its rows along an axis. The file may be larger than "
    "memory: it is read in chunks, of whole rows where there are such. With --out, the output file is either complete "
    "or not written at all."
)
IN_PLACE = (
    "overwrite FILE with the result. An interrupted or failed run leaves a mixture of results and input; a message "
    "says how far it got"
)
BY_FILE = [name for name, row in BY_NAME.items() if not row.spatial]
DTYPES = ("float16", "float32", "float64")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandError(message)


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return number


def _activation_names(text: str) -> list[str]:
    try:
        names = list(dict.fromkeys(get(name).name for name in text.split(",")))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    for row in OTHERS:
        if row.name in names:
            raise argparse.ArgumentTypeError(f"{row.name} is not of one array and to one of its shape")
    return names


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog="fastact",
        description="Activation functions of neural networks on NumPy arrays. Without a command: bench.",
        epilog=EXAMPLES,
        formatter_class=raw,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"fastact {__version__}")
    embed = parser.add_mutually_exclusive_group()
    embed.add_argument("--includes", action="store_true", help="print the compiler's option for fastact.h")
    isas = ("baseline", *INSTRUCTION_SETS, "native")
    embed.add_argument(
        "--cflags",
        nargs="?",
        const="baseline",
        choices=isas,
        metavar="ISA",
        help=f"print the flags with which the inline functions become vector loops; ISA: {', '.join(isas)}",
    )
    embed.add_argument("--pkgconfigdir", action="store_true", help="print the folder of fastact.pc")
    commands = parser.add_subparsers(dest="command", metavar="command")

    bench = commands.add_parser("bench", help="time every activation, beside NumPy", description=BENCH_ABOUT)
    bench.add_argument("--size", type=_positive, default=4096, metavar="N", help="of the N x N array (default: 4096)")
    bench.add_argument("--threads", type=_positive, metavar="N", help="at most N threads for fastact; NumPy has one")
    bench.add_argument("--dtype", choices=DTYPES[1:], default="float32", help="(default: float32)")
    bench.add_argument("--only", type=_activation_names, default=[], metavar="NAME,NAME", help="only these activations")
    bench.add_argument("--format", choices=("table", "markdown"), default="table", help="(default: table)")

    apply = commands.add_parser(
        "apply",
        help="compute an activation of a .npy file",
        description="\n".join(textwrap.wrap(APPLY_ABOUT, 78)),
        epilog="\n".join(textwrap.fill(line, 78, subsequent_indent="    ") for line in shape_help().splitlines()),
        formatter_class=raw,
    )
    apply.add_argument("activation", help=f"one of {', '.join(BY_FILE)}, or another name of one")
    apply.add_argument("file", metavar="FILE", help="a .npy file of real numbers")
    where = apply.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="FILE", help="the .npy file to write")
    where.add_argument("--in-place", action="store_true", help=IN_PLACE)
    apply.add_argument(
        "--param",
        type=_assignment,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a keyword of the function, such as alpha=0.5, approximate=tanh, scale=0.125, groups=2 or keepdims=true; "
        "may be repeated",
    )
    apply.add_argument(
        "--axis",
        metavar="AXIS",
        help="the axis that the function goes along or splits (default: -1); several as --axis=0,1, all as none",
    )
    apply.add_argument(
        "--dtype", choices=DTYPES, help="compute and write in this dtype (default: what numpy.exp would give)"
    )

    commands.add_parser("info", help="print the instruction set in use, threads and versions")
    return parser


def _require_rich() -> None:
    try:
        import rich  # noqa: F401
    except ImportError:
        raise CommandError('the command line needs rich: pip install "fastact[cli]"') from None


def _run(argv: list[str]) -> None:
    options = make_parser().parse_args(argv or ["bench"])
    told = [f"-I{get_include()}"] if options.includes else []
    try:
        told += [shell_flags(options.cflags)] if options.cflags else []
    except ValueError as error:  # an instruction set of another machine
        raise CommandError(str(error)) from None
    told += [pkgconfig_folder()] if options.pkgconfigdir else []
    if told:
        if options.command is not None:
            raise CommandError(f"{options.command} is given beside an option that prints something else")
        print(*told)
        return
    if options.command is None:
        raise CommandError("no command is given; there are bench, apply and info")
    if options.command == "info":
        show_config()
        return
    _require_rich()
    if options.command == "apply":
        given = options.param + ([("axis", options.axis)] if options.axis is not None else [])
        apply_file(options.activation, options.file, options.out, given, options.dtype)
        return
    bench.run(
        size=options.size,
        dtype=options.dtype,
        threads=options.threads,
        only=options.only,
        style=options.format,
    )


def main(argv: list[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : list of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        The exit status: 0, 2 for an error, 130 if interrupted.
    """
    try:
        _run(sys.argv[1:] if argv is None else argv)
    except CommandError as error:
        # One line, whatever a file name or a message of the system holds.
        print(f"fastact: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"fastact: error: {error or 'out of memory'}", file=sys.stderr)
        return 2
    except Interrupted as error:
        print(f"fastact: interrupted: {error}", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("fastact: interrupted", file=sys.stderr)
        return 130
    return 0
