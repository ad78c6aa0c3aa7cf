"""``fastact apply``: an activation of every number in a .npy file that may be larger than memory.

Imported by __main__ and tests; uses the public functions, _reference and, only while it works, rich.

Files are read and written in chunks by plain reads and writes rather than through a memory map: a full disk or a
file cut short under a map kills the process with SIGBUS, where a write fails with an error that can be reported and
cleaned up after.
"""

from __future__ import annotations

import math
import os
import secrets
import stat
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from fastact import _public, _reference
from fastact._activation import Activation
from fastact._registry import OTHERS

Array = npt.NDArray[Any]
CHUNK_BYTES = 1 << 24


class CommandError(Exception):
    """A failure to report in one line."""


class Interrupted(KeyboardInterrupt):
    """An interruption, with what it left."""


@dataclass(frozen=True)
class Header:
    """What a .npy file says of its array, and where the numbers begin."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    offset: int

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


# ---- what is asked for ----------------------------------------------------------------------------------------------


def find_activation(name: str) -> Activation:
    """The activation of a name, or an error that suggests the nearest."""
    try:
        found = _public.get(name)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if found._row in OTHERS:
        raise CommandError(f"{found.name} is not of one array and to one of its shape; call it from Python")
    return found


def parse_parameters(activation: Activation, given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The keywords of a call from the NAME=VALUE of a command line."""
    choice = activation._row.choice
    numeric = [param.name for param in activation._row.params]
    accepted = [*numeric, *([choice.name] if choice else [])]
    keywords: dict[str, Any] = {}
    for name, text in given:
        if name not in accepted:
            there_are = f"accepted are {', '.join(accepted)}" if accepted else "it has none"
            raise CommandError(f"{activation.name} has no parameter {name!r}; {there_are}")
        if name in keywords:
            raise CommandError(f"parameter {name!r} is given twice")
        if name not in numeric:
            keywords[name] = text
            continue
        try:
            keywords[name] = float(text)
        except ValueError:
            raise CommandError(f"parameter {name}={text!r} is not a number") from None
    for param in activation._row.params:
        if param.default is None and param.name not in keywords:
            raise CommandError(f"{activation.name} needs --param {param.name}=NUMBER")
    return keywords


# ---- files ----------------------------------------------------------------------------------------------------------


def _reason(path: str, error: OSError) -> CommandError:
    return CommandError(f"{path}: {error.strerror or error}")


def read_header(file: IO[bytes], path: str) -> Header:
    """The header of an open .npy file whose numbers are all there."""
    try:
        version = np.lib.format.read_magic(file)
    except ValueError:
        raise CommandError(f"{path}: not a .npy file") from None
    if version not in ((1, 0), (2, 0)):  # 3.0 differs in the names of fields, which an array of numbers has not
        raise CommandError(f"{path}: .npy format {version[0]}.{version[1]} is not accepted")
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a file was written by Python 2
            shape, fortran_order, dtype = reader(file)
    except OSError as error:
        raise _reason(path, error) from None
    except Exception as error:  # the bytes may be anything, and the parser is Python's own
        raise CommandError(f"{path}: damaged .npy header: {error}") from None
    if any(n < 0 for n in shape):
        raise CommandError(f"{path}: damaged .npy header: shape {shape}")
    if dtype.kind not in "biuf":
        raise CommandError(f"{path}: dtype {dtype} is not accepted; it must be real numbers")
    header = Header(tuple(shape), bool(fortran_order), dtype, file.tell())
    there, wanted = os.fstat(file.fileno()).st_size - header.offset, header.size * dtype.itemsize
    if there < wanted:
        raise CommandError(f"{path}: the file is truncated: its header promises {wanted} bytes, {there} are there")
    return header


def _open(path: str, mode: str) -> IO[bytes]:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise CommandError(f"{path}: not a regular file")
        return open(path, mode)
    except OSError as error:
        raise _reason(path, error) from None


def refuse_read_only(path: str) -> None:
    """Raise if nobody may write to an existing file: the permission bits, which do not stop root, are respected."""
    if not os.stat(path).st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise CommandError(f"{path}: the file is read-only")


@contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A new file beside ``path`` that takes its place if the block succeeds, and is removed if it does not."""
    path = os.path.realpath(path)  # what a link points to is replaced, not the link
    mode = None
    if os.path.lexists(path):
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            raise CommandError(f"{path}: exists and is not a regular file")
        refuse_read_only(path)
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, f".fastact-{secrets.token_hex(8)}.tmp")
    try:
        # Not tempfile, whose files are private whatever the umask.
        file = open(temporary, "xb")  # noqa: SIM115
    except OSError as error:
        raise _reason(folder, error) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.remove(temporary)
        raise
    _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    # So that the new name survives a power failure too; not every system can.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# ---- chunks ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """How a file is cut: chunks of ``units`` of ``width`` elements each, the elements of a unit ``apart`` or in a run.

    A unit is an element, or for softmax a row along the last axis. In C order a row is a run in the file; in Fortran
    order the first elements of all rows come first, then the second ones.
    """

    units: int
    width: int
    apart: bool
    step: int

    @property
    def noun(self) -> str:
        """What a unit is called."""
        return "elements" if self.width == 1 and not self.apart else "rows"

    def spans(self) -> Iterator[tuple[int, int]]:
        """First unit and number of units of each chunk."""
        for start in range(0, self.units, self.step):
            yield start, min(self.step, self.units - start)

    def runs(self, start: int, count: int) -> Iterator[tuple[int, slice]]:
        """The runs of a chunk: where in the file, in elements, and which part of the flat buffer."""
        if not self.apart:
            yield start * self.width, slice(0, count * self.width)
            return
        for k in range(self.width):
            yield k * self.units + start, slice(k * count, (k + 1) * count)

    def rows(self, buffer: Array, count: int) -> Array:
        """The flat buffer of a chunk as an array whose last axis is that of the units."""
        return buffer.reshape(self.width, count).T if self.apart else buffer.reshape(count, self.width)


def make_plan(header: Header, along_axis: bool, itemsize: int) -> Plan:
    """The chunks of about CHUNK_BYTES for numbers of ``itemsize``."""
    if not along_axis:
        return Plan(header.size, 1, False, max(1, CHUNK_BYTES // itemsize))
    width = header.shape[-1]
    units = header.size // width if header.size else 0
    return Plan(units, width, header.fortran_order, max(1, CHUNK_BYTES // (itemsize * max(1, width))))


def _read(file: IO[bytes], header: Header, plan: Plan, start: int, count: int, path: str) -> Array:
    buffer = np.empty(count * plan.width, header.dtype)
    for position, part in plan.runs(start, count):
        file.seek(header.offset + position * header.dtype.itemsize)
        view = buffer[part].view(np.uint8)  # a byte-swapped dtype has no buffer of its own
        if file.readinto(view) != view.size:  # type: ignore[attr-defined]
            raise CommandError(f"{path}: the file is truncated: it became shorter while it was read")
    return buffer


def _write(file: IO[bytes], header: Header, plan: Plan, start: int, values: Array) -> None:
    for position, part in plan.runs(start, values.size // plan.width):
        file.seek(header.offset + position * header.dtype.itemsize)
        file.write(values[part].view(np.uint8).data)
    file.flush()


Compute = Callable[[Array, Plan, int], Array]


def make_compute(activation: Activation, keywords: dict[str, Any], work: np.dtype[Any]) -> Compute:
    """A function of a flat buffer as read that returns the results, flat, in dtype ``work``."""
    call: Any = activation

    def compute(buffer: Array, plan: Plan, count: int) -> Array:
        with np.errstate(all="ignore"):  # a number too large for a narrower dtype becomes inf, as in NumPy's casts
            values = buffer.astype(work, copy=False)
        rows = plan.rows(values, count) if activation._row.axis else values
        call(rows, out=rows, **keywords)
        return values

    return compute


def check_call(activation: Activation, keywords: dict[str, Any], header: Header, work: np.dtype[Any]) -> None:
    """Raise for parameters and shapes that the activation does not accept, before any file is touched."""
    call: Any = activation
    try:
        call(np.zeros((1,) * min(1, len(header.shape)), work), **keywords)
    except (TypeError, ValueError) as error:
        raise CommandError(str(error)) from None


# ---- the command ----------------------------------------------------------------------------------------------------


@contextmanager
def _progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    if not console.is_terminal:  # where rich before 14.3 writes an empty line, even with the progress bar off
        yield lambda count: None
        return
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(label, total=total)
        yield lambda count: progress.update(task, advance=count)


def apply_file(name: str, path: str, out: str | None, parameters: Sequence[tuple[str, str]], dtype: str | None) -> None:
    """Apply the activation ``name`` to the file ``path``: into the file ``out``, or in place if that is None."""
    activation = find_activation(name)
    keywords = parse_parameters(activation, parameters)
    with _open(path, "rb") as source:
        header = read_header(source, path)
        work = _reference.result_dtype(header.dtype) if dtype is None else np.dtype(dtype)
        check_call(activation, keywords, header, work)
        compute = make_compute(activation, keywords, work)
        if out is not None:
            _into_file(source, path, out, header, work, compute, activation)
            return
    if header.dtype.newbyteorder("=") != work:
        because = "--dtype cannot change it" if dtype else "give --out"
        raise CommandError(f"{path}: in place the dtype must stay {header.dtype}, the result is {work}; {because}")
    refuse_read_only(path)
    _in_place(path, header, compute, activation)


def _into_file(
    source: IO[bytes],
    path: str,
    out: str,
    header: Header,
    work: np.dtype[Any],
    compute: Compute,
    activation: Activation,
) -> None:
    try:
        if os.path.exists(out) and os.path.samefile(path, out):
            raise CommandError(f"{out}: --out is the input; use --in-place")
        plan = make_plan(header, activation._row.axis, max(work.itemsize, header.dtype.itemsize))
        with replacing(out) as file, _progress(activation.name, header.size * header.dtype.itemsize) as advance:
            written = write_header(file, header, work)
            for start, count in plan.spans():
                buffer = _read(source, header, plan, start, count, path)
                _write(file, written, plan, start, compute(buffer, plan, count))
                advance(buffer.nbytes)
    except KeyboardInterrupt:
        raise Interrupted(f"{out} was not written") from None
    except OSError as error:
        raise _reason(f"{out} was not written", error) from None


def write_header(file: IO[bytes], header: Header, dtype: np.dtype[Any]) -> Header:
    """Begin a .npy file of the same shape and order, of ``dtype``."""
    described = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": header.fortran_order,
        "shape": header.shape,
    }
    np.lib.format.write_array_header_1_0(file, described)
    return Header(header.shape, header.fortran_order, dtype, file.tell())


def _in_place(path: str, header: Header, compute: Compute, activation: Activation) -> None:
    plan = make_plan(header, activation._row.axis, header.dtype.itemsize)
    done = writing = 0

    def left() -> str:
        if not done and not writing:
            return f"{path} is unchanged"
        doubtful = f", the next {writing} may be either" if writing else ""
        return (
            f"{path} holds a mixture: the first {done} of {plan.units} {plan.noun}, in the order of the file, are "
            f"results{doubtful}, the others input"
        )

    try:
        with (
            _open(path, "r+b") as file,
            _progress(activation.name, header.size * header.dtype.itemsize) as advance,
        ):
            for start, count in plan.spans():
                values = compute(_read(file, header, plan, start, count, path), plan, count)
                values = values.astype(header.dtype, copy=False)
                writing = count
                _write(file, header, plan, start, values)
                done, writing = start + count, 0
                advance(values.nbytes)
            os.fsync(file.fileno())
    except KeyboardInterrupt:
        raise Interrupted(left()) from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}; {left()}") from None
    except (CommandError, MemoryError) as error:
        raise CommandError(f"{error or 'out of memory'}; {left()}") from None
