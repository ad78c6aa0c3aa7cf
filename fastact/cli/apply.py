"""``fastact apply``: an activation of every number in a .npy file that may be larger than memory.

What goes along an axis, gates among it, is computed for some rows at a time, whole ones: the other axes are cut.

Files are read and written in chunks by plain reads and writes rather than through a memory map: a full disk or a file
cut short under a map kills the process with SIGBUS, where a write fails with an error that can be reported and cleaned
up after.
"""

from __future__ import annotations

import inspect
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

from fastact.api import objects
from fastact.api.activation import Activation
from fastact.reference import stand_ins
from fastact.table.registry import BY_NAME, Row

Array = npt.NDArray[Any]
CHUNK_BYTES = 1 << 24
RUN_BYTES = 1 << 12  # where the elements of a row are apart, so much is read of each place


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
        found = objects.get(name)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if found._row.spatial:
        raise CommandError(f"{found.name} needs an array of weights, which a command line has not; call it from Python")
    return found


def _number(text: str) -> float:
    return float(text)


def _whole(text: str) -> int:
    return int(text)


def _flag(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.lower()]


def _axis(text: str) -> int | tuple[int, ...] | None:
    if text.lower() == "none":
        return None
    parts = [int(part) for part in text.split(",")]
    return parts[0] if len(parts) == 1 else tuple(parts)


# How the value of a keyword is read, and what is said of one that cannot be.
_READ: dict[str, tuple[Callable[[str], Any], str]] = {
    "axis": (_axis, "a whole number, several with commas between them, or none"),
    "groups": (_whole, "a whole number"),
    "rng": (_whole, "a whole number"),
    **dict.fromkeys(("causal", "keepdims", "hard", "interleaved"), (_flag, "true or false")),
    **dict.fromkeys(("scale", "tau", "bias"), (_number, "a number")),
    **dict.fromkeys(("approximate", "gate"), (str, "a word")),
}


def accepted(activation: Activation) -> dict[str, tuple[Callable[[str], Any], str]]:
    """The keywords that a command line can give, in the order of the signature, and how each is read."""
    row = activation._row
    numbers = {param.name for param in row.params}
    found: dict[str, tuple[Callable[[str], Any], str]] = {}
    for name in inspect.signature(activation).parameters:
        if name in numbers:
            found[name] = (_number, "a number")
        elif name in _READ and (row.axis or row.gated or name not in ("axis", "rng")):
            found[name] = _READ[name]
    return found


def parse_parameters(activation: Activation, given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The keywords of a call from the NAME=VALUE of a command line."""
    known = accepted(activation)
    keywords: dict[str, Any] = {}
    for name, text in given:
        if name not in known:
            there_are = f"accepted are {', '.join(known)}" if known else "it has none"
            raise CommandError(f"{activation.name} has no parameter {name!r}; {there_are}")
        if name in keywords:
            raise CommandError(f"parameter {name!r} is given twice")
        read, wanted = known[name]
        try:
            keywords[name] = read(text)
        except (ValueError, KeyError):
            raise CommandError(f"parameter {name}={text!r} is not {wanted}") from None
    for name, parameter in inspect.signature(activation).parameters.items():
        if name in known and parameter.default is parameter.empty and name not in keywords:
            raise CommandError(f"{activation.name} needs --param {name}=NUMBER")
    return keywords


# ---- shapes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shapes:
    """What a call makes of an array's shape: the axes of which rows are taken whole, and what they become."""

    axes: tuple[int, ...]  # ascending; none of an elementwise function
    before: tuple[int, ...]
    after: tuple[int, ...]  # with length 1 where an axis is reduced
    result: tuple[int, ...]  # as it is written: without such axes, unless keepdims
    several: bool  # whether the call is told all axes, not one

    @property
    def changed(self) -> bool:
        """Whether the result is not of the shape of the input."""
        return self.result != self.before


def shape_rule(row: Row) -> str:
    """The shape of the result, for people."""
    if row.name == "logsumexp":
        return "without the axis (length 1 with keepdims=true)"
    if row.name == "maxout":
        return "the axis divided by groups"
    return "half of the axis: the file has gate and rest side by side" if row.gated else "that of the file"


def shape_help() -> str:
    """What results have for shape, by function."""
    rules: dict[str, list[str]] = {}
    for row in BY_NAME.values():
        if not row.spatial:
            rules.setdefault(shape_rule(row), []).append(row.name)
    (same, _), *others = rules.items()
    lines = [f"  {', '.join(names)}: {rule}" for rule, names in others]
    return "\n".join(["shape of the result:", *lines, f"  all others: {same}"])


def find_shapes(activation: Activation, keywords: dict[str, Any], shape: tuple[int, ...]) -> Shapes:
    """The shapes of a call whose axes were checked."""
    row = activation._row
    if not shape or not (row.axis or row.gated):
        return Shapes((), shape, shape, shape, False)
    ndim = len(shape)
    axis = keywords.get("axis", -1)
    axes = tuple(range(ndim)) if axis is None else tuple(sorted(a % ndim for a in np.atleast_1d(axis).tolist()))
    if keywords.get("causal"):
        return Shapes((ndim - 2, ndim - 1), shape, shape, shape, False)
    after = list(shape)
    parts = 2 if row.gated else keywords.get("groups", 1)
    reduced = row.name == "logsumexp"
    for a in axes:
        after[a] = 1 if reduced else after[a] // parts
    result = [n for a, n in enumerate(after) if not (reduced and a in axes and not keywords.get("keepdims"))]
    return Shapes(axes, shape, tuple(after), tuple(result), axis is None or isinstance(axis, tuple))


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
    """How a file is cut into chunks of whole rows.

    In the order of the file an array is ``outer`` blocks of ``before`` places with ``inner`` elements side by side: a
    row has one element at each place, and becomes ``after`` elements. A chunk is some blocks, where they are small, or
    some of the elements side by side of one block. Of an elementwise function every element is a row.
    """

    outer: int
    inner: int
    before: int
    after: int
    step: int  # blocks, or where cut elements side by side
    cut: bool
    shape: tuple[int, ...]  # of a row, in the order of the file
    noun: str = "rows"

    @property
    def units(self) -> int:
        """The number of rows."""
        return self.outer * self.inner

    def spans(self) -> Iterator[tuple[int, int]]:
        """First row and number of rows of each chunk."""
        if not self.cut:
            for start in range(0, self.outer, self.step):
                yield start * self.inner, min(self.step, self.outer - start) * self.inner
            return
        for block in range(self.outer):
            for start in range(0, self.inner, self.step):
                yield block * self.inner + start, min(self.step, self.inner - start)

    def runs(self, start: int, count: int, places: int) -> Iterator[tuple[int, slice]]:
        """The runs of a chunk: where in the file, in elements, and which part of the flat buffer."""
        if not self.cut:
            yield start * places, slice(0, count * places)
            return
        block, first = divmod(start, self.inner)
        for k in range(places):
            yield (block * places + k) * self.inner + first, slice(k * count, (k + 1) * count)

    def blocks(self, count: int) -> tuple[int, int]:
        """How many blocks a chunk has, and elements side by side."""
        return (1, count) if self.cut else (count // self.inner, self.inner)


def make_plan(header: Header, shapes: Shapes, itemsize: int) -> Plan:
    """The chunks of about CHUNK_BYTES for numbers of ``itemsize``."""
    if not shapes.axes:
        return Plan(header.size, 1, 1, 1, max(1, CHUNK_BYTES // itemsize), False, (), "elements")
    ndim = len(header.shape)
    order = [*range(ndim)][:: -1 if header.fortran_order else 1]
    first, last = sorted((order.index(shapes.axes[0]), order.index(shapes.axes[-1])))
    before, after = ([one[k] for k in order] for one in (shapes.before, shapes.after))
    outer, inner = math.prod(before[:first]), math.prod(before[last + 1 :])
    row = math.prod(before[first : last + 1])
    if 0 in (outer, inner):
        outer, inner = 0, 1
    block = max(1, row) * inner * itemsize
    cut = inner > 1 and block > CHUNK_BYTES
    step = max(1, CHUNK_BYTES // (max(1, row) * itemsize) if cut else CHUNK_BYTES // block)
    if cut:
        # not a seek for every element, as long as memory allows that
        step = min(inner, max(step, min(RUN_BYTES, memory() // 8 // max(1, row)) // itemsize))
    return Plan(outer, inner, row, math.prod(after[first : last + 1]), step, cut, tuple(before[first : last + 1]))


def memory() -> int:
    """The bytes of memory that a process can have here."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError, ValueError), open("/sys/fs/cgroup/memory.max") as file:
        limits.append(int(file.read()))
    with suppress(ImportError):
        import resource

        limits += [n for n in resource.getrlimit(resource.RLIMIT_AS) if n != resource.RLIM_INFINITY]
    return min(limits)


def refuse_long_rows(path: str, plan: Plan, shapes: Shapes, itemsize: int) -> None:
    """Raise if a row, of which input and result are in memory at once, cannot be there."""
    needed = (plan.before + plan.after) * itemsize
    if needed > memory():
        which = f"axis {shapes.axes[0]}" if len(shapes.axes) == 1 else f"axes {', '.join(map(str, shapes.axes))}"
        raise CommandError(
            f"{path}: {which} cannot be cut into chunks: {plan.before} elements belong together, which take "
            f"{needed / 2**30:.3g} GiB; {memory() / 2**30:.3g} GiB are there"
        )


def _read(file: IO[bytes], header: Header, plan: Plan, start: int, count: int, path: str) -> Array:
    buffer = np.empty(count * plan.before, header.dtype)
    for position, part in plan.runs(start, count, plan.before):
        file.seek(header.offset + position * header.dtype.itemsize)
        view = buffer[part].view(np.uint8)  # a byte-swapped dtype has no buffer of its own
        if file.readinto(view) != view.size:  # type: ignore[attr-defined]
            raise CommandError(f"{path}: the file is truncated: it became shorter while it was read")
    return buffer


def _write(file: IO[bytes], header: Header, plan: Plan, start: int, count: int, values: Array) -> None:
    for position, part in plan.runs(start, count, plan.after):
        file.seek(header.offset + position * header.dtype.itemsize)
        file.write(values[part].view(np.uint8).data)
    file.flush()


Compute = Callable[[Array, Plan, int], Array]


def make_compute(
    activation: Activation, keywords: dict[str, Any], header: Header, shapes: Shapes, work: np.dtype[Any]
) -> Compute:
    """A function of a flat buffer as read that returns the results, flat, in dtype ``work``."""
    call: Any = activation
    keywords = keywords.copy()
    if "rng" in keywords:
        keywords["rng"] = np.random.default_rng(keywords["rng"])  # which goes on from chunk to chunk
    if activation.name == "logsumexp" and shapes.axes:
        keywords["keepdims"] = True

    def compute(buffer: Array, plan: Plan, count: int) -> Array:
        with np.errstate(all="ignore"):  # a number too large for a narrower dtype becomes inf, as in NumPy's casts
            values = buffer.astype(work, copy=False)
        if not shapes.axes:
            values = values.reshape(shapes.before) if not shapes.before else values
            call(values, out=values, **keywords)
            return values.reshape(-1)
        outer, inner = plan.blocks(count)
        block = values.reshape(outer, *plan.shape, inner)
        # axes of which there is but one are left out, for what wants the last ones
        block = block[0] if plan.outer == 1 else block
        block = block[..., 0] if plan.inner == 1 else block
        rows = block.T if header.fortran_order else block
        first = (plan.inner if header.fortran_order else plan.outer) != 1
        axes = [a - shapes.axes[0] + first for a in shapes.axes]
        keywords["axis"] = -1 if keywords.get("causal") else tuple(axes) if shapes.several else axes[0]
        if shapes.after == shapes.before:
            call(rows, out=rows, **keywords)
            return values
        result = call(rows, **keywords)
        return np.ascontiguousarray(result.T if header.fortran_order else result).reshape(-1)

    return compute


def check_call(activation: Activation, keywords: dict[str, Any], header: Header, work: np.dtype[Any]) -> None:
    """Raise for parameters and shapes that the activation does not accept, before any file is touched."""
    call: Any = activation
    row, shape = activation._row, header.shape
    parts = 2 if row.gated else keywords.get("groups", 1)
    # as short as the file may be long; what depends on lengths is checked below
    dimensions = len(shape) if row.axis or row.gated else min(1, len(shape))
    try:
        call(np.zeros((max(1, parts),) * dimensions, work), **keywords)
    except (TypeError, ValueError, OverflowError) as error:
        raise CommandError(str(error)) from None
    axis = keywords.get("axis", -1)
    if parts > 1 and shape[axis] % parts:
        halves = "an even number" if row.gated else f"a multiple of groups, {parts}"
        raise CommandError(
            f"{activation.name}: axis {axis} of the file has {shape[axis]} elements; it must be {halves} (its shape is "
            f"{shape})"
        )
    if keywords.get("causal") and shape[-1:] != shape[-2:-1]:
        raise CommandError(f"{activation.name}: causal=true needs a file of shape (..., L, L), not {shape}")


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
        work = stand_ins.result_dtype(header.dtype) if dtype is None else np.dtype(dtype)
        check_call(activation, keywords, header, work)
        shapes = find_shapes(activation, keywords, header.shape)
        itemsize = max(work.itemsize, header.dtype.itemsize)
        plan = make_plan(header, shapes, itemsize)
        refuse_long_rows(path, plan, shapes, itemsize)
        compute = make_compute(activation, keywords, header, shapes, work)
        if out is not None:
            _into_file(source, path, out, header, shapes, work, plan, compute, activation)
            return
    if shapes.changed:
        raise CommandError(
            f"{path}: in place the shape must stay {header.shape}, the result is {shapes.result}; give --out"
        )
    if header.dtype.newbyteorder("=") != work:
        because = "--dtype cannot change it" if dtype else "give --out"
        raise CommandError(f"{path}: in place the dtype must stay {header.dtype}, the result is {work}; {because}")
    refuse_read_only(path)
    _in_place(path, header, plan, compute, activation)


def _into_file(
    source: IO[bytes],
    path: str,
    out: str,
    header: Header,
    shapes: Shapes,
    work: np.dtype[Any],
    plan: Plan,
    compute: Compute,
    activation: Activation,
) -> None:
    try:
        if os.path.exists(out) and os.path.samefile(path, out):
            raise CommandError(f"{out}: --out is the input; use --in-place")
        with replacing(out) as file:
            if shapes.changed:
                print(
                    f"{activation.name}: {path}, {header.dtype} {header.shape}, gives {out}, {work} {shapes.result}",
                    flush=True,
                )
            with _progress(activation.name, header.size * header.dtype.itemsize) as advance:
                written = write_header(file, header, work, shapes.result)
                for start, count in plan.spans():
                    buffer = _read(source, header, plan, start, count, path)
                    _write(file, written, plan, start, count, compute(buffer, plan, count))
                    advance(buffer.nbytes)
    except KeyboardInterrupt:
        raise Interrupted(f"{out} was not written") from None
    except MemoryError:
        raise CommandError(f"out of memory: {_together(plan)}; {out} was not written") from None
    except OSError as error:
        raise _reason(f"{out} was not written", error) from None


def _together(plan: Plan) -> str:
    """What of a file is in memory at once."""
    return f"{plan.step * (plan.before if plan.cut else plan.before * plan.inner)} elements are taken at once"


def write_header(file: IO[bytes], header: Header, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Header:
    """Begin a .npy file of the same order, of ``dtype`` and ``shape``."""
    described = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": header.fortran_order,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(file, described)
    return Header(shape, header.fortran_order, dtype, file.tell())


def _in_place(path: str, header: Header, plan: Plan, compute: Compute, activation: Activation) -> None:
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
                _write(file, header, plan, start, count, values)
                done, writing = start + count, 0
                advance(values.nbytes)
            os.fsync(file.fileno())
    except KeyboardInterrupt:
        raise Interrupted(left()) from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}; {left()}") from None
    except MemoryError:
        raise CommandError(f"out of memory: {_together(plan)}; {left()}") from None
    except CommandError as error:
        raise CommandError(f"{error}; {left()}") from None
