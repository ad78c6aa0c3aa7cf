"""Measure the largest error of activations in ULPs, over every float32 or a dense sample, beside other libraries.

    python benchmarks/accuracy.py silu                        # a sample of float32, value and derivative, every build
    python benchmarks/accuracy.py silu gelu --exhaustive      # all 2^32 float32 patterns
    python benchmarks/accuracy.py --dtype float64             # every row, 10^8 samples
    python benchmarks/accuracy.py --peers --isa none          # PyTorch, ONNX Runtime, SciPy, thinc and NumPy instead
    python benchmarks/accuracy.py --write                     # also enter the results into docs/accuracy.json

The truth comes from references.py, which is checked against mpmath at 200 bits on 10,000 of the inputs each time. An
error counts ULPs of the true value's dtype, without absolute tolerance; of a derivative, within 2^-4 of an interior
root at which it cancels, the ULP is at least that of 2^-6. NaN must give NaN, and infinities the limits.
Interrupted runs go on where they stopped. The exit status is 1 where fastact exceeds its stated bound.
``docs/generate.py`` makes docs/accuracy.md of docs/accuracy.json. Needs ``pip install ".[bench]"``; for --peers also
``".[peers]"``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests")]
os.environ["OMP_NUM_THREADS"] = "1"  # each process measures on its own; before any library reads it

import mpmath as mp  # noqa: E402
import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
import oracle  # noqa: E402
from references import FORMULAS, Reference, Truth  # noqa: E402

import fastact  # noqa: E402
from fastact.runtime import configuration, kernels  # noqa: E402
from fastact.table.dtypes import BFLOAT16  # noqa: E402
from fastact.table.registry import BY_NAME, ELEMENTWISE, HALF_ULP, HALVES, Row  # noqa: E402

Array = npt.NDArray[Any]
RESULTS = ROOT / "docs" / "accuracy.json"
CHUNK = 1 << 14  # elements at a time, half of it in float64: all arrays of a pass stay in the second-level cache
BLOCK = 1 << 24  # patterns, what one process takes at a time
STRIDE = 4099  # of the sample over all patterns; a prime, so that every mantissa is met
NEIGHBOURS = 4096  # on either side of each point where something may happen
SAMPLES = 10**8  # of float64
CENTRE = 10  # |x| up to which errors are also kept apart: many libraries are right there and nowhere else
CHECKED = 10_000  # points at which mpmath judges the reference
DTYPES = ("float16", *(["bfloat16"] if BFLOAT16 is not None else []), "float32", "float64")
# Where kernels change to a limit, and where exponentials overflow, become subnormal or vanish; where xielu crosses 0.
EDGES = {
    **dict.fromkeys(HALVES, ()),
    "float32": (
        *(0.34375, 7.25, 9.35, 10.2, 11, 11.5, 12, 13.2, 14.3, 14.5, 15, 20, 24, 40, 43.67, 77.5, 80, 87.34, 88.73),
        *(103.28, 103.98, 131, 2**22 / 30, 2.432484276931448),
    ),
    "float64": (
        *(0.34375, 9, 24, 26, 26.6, 27.3, 32, 37.5, 38.5, 39, 40, 44, 345, 372.6, 623, 700, 708.4, 709.79, 744.44),
        *(745.14, 1060),
        *(2.0**67, 2.0**513, 2.0**537.5, 2**16 / 30, 2.432484276931448),
    ),
}  # fmt: skip


class Job(NamedTuple):
    """One row in one direction and dtype, and who computes it."""

    name: str
    derivative: bool
    dtype: str
    isas: tuple[str, ...]
    peers: bool
    exhaustive: bool
    samples: int
    neighbours: int

    @property
    def row(self) -> Row:
        return BY_NAME[self.name]

    @property
    def direction(self) -> str:
        return "derivative" if self.derivative else "value"

    def key(self, who: str) -> str:
        return f"{self.name} {self.direction} {self.dtype} {who}"


@dataclass
class Found:
    """What was found of one candidate: its largest error, where, and how often a monotonic function stepped back."""

    inputs: int = 0
    central: float = 0.0  # the largest error where |x| <= CENTRE
    ulp: float = 0.0
    x: str = ""
    got: str = ""
    reversals: int = 0
    largest_reversal: float = 0.0

    def note(self, errors: Array, x: Array, got: Array) -> None:
        self.central = max(self.central, float(np.max(errors, where=np.abs(x) <= CENTRE, initial=0.0)))
        at = int(np.argmax(errors))
        if errors[at] > self.ulp:
            self.ulp, self.x, self.got = float(errors[at]), float(x[at]).hex(), float(got[at]).hex()

    def merge(self, other: dict[str, Any]) -> None:
        self.inputs += other["inputs"]
        self.central = max(self.central, other["central"])
        self.reversals += other["reversals"]
        self.largest_reversal = max(self.largest_reversal, other["largest_reversal"])
        if other["ulp"] > self.ulp:
            self.ulp, self.x, self.got = other["ulp"], other["x"], other["got"]


# ---- inputs ---------------------------------------------------------------------------------------------------------


def unsigned(dtype: str) -> np.dtype[Any]:
    return np.dtype(f"u{np.dtype(dtype).itemsize}")


def near(job: Job, part: int, parts: int) -> Array:
    """The neighbours of one of several parts of the kinks, roots, powers of two and edges, on both sides of 0."""
    info = oracle.finfo(job.dtype)
    exponents = np.arange(int(info.minexp) - int(info.nmant), int(info.maxexp))
    points = np.ldexp(1.0, exponents)
    points = np.concatenate([points, EDGES[job.dtype], np.abs([*job.row.kinks, *job.row.roots])])
    bits = points[part::parts].astype(job.dtype).view(unsigned(job.dtype)).astype(np.int64)
    spread = np.arange(-job.neighbours, job.neighbours + 1)
    most = int(np.array(info.max).view(unsigned(job.dtype)))
    patterns = np.unique(np.clip(bits[:, None] + spread, 0, most)).astype(unsigned(job.dtype))
    sign = unsigned(job.dtype).type(1 << (8 * np.dtype(job.dtype).itemsize - 1))
    return np.concatenate([patterns, patterns | sign]).view(job.dtype)


def count_blocks(job: Job) -> int:
    if job.dtype in HALVES:
        return 1
    if job.dtype == "float32":
        return 256 if job.exhaustive else 16
    return 100


def block(job: Job, index: int) -> Iterator[Array]:
    """The inputs of one block, a chunk at a time; exhaustive ones in the order of their patterns."""
    kind = unsigned(job.dtype)
    if job.dtype in HALVES:
        x = np.arange(1 << 16).astype(kind).view(job.dtype)
    elif job.exhaustive and job.dtype == "float32":
        for start in range(index * BLOCK, (index + 1) * BLOCK, CHUNK):
            yield np.arange(start, start + CHUNK, dtype=np.uint32).view(np.float32)
        return
    elif job.dtype == "float32":
        first = -(-index * (1 << 28) // STRIDE) * STRIDE
        x = np.arange(first, (index + 1) * (1 << 28), STRIDE, dtype=np.uint32).view(np.float32)
    else:
        # Half over all patterns, half over magnitudes from 2^-12 to 2^10, of which the former holds one in a hundred.
        generator = np.random.default_rng([20, index])
        half = job.samples // (2 * count_blocks(job))
        wide = generator.integers(0, 1 << 64, half, np.uint64, endpoint=False)
        low, high = (int(np.array(edge).view(np.uint64)) for edge in (2.0**-12, 2.0**10))
        middle = generator.integers(low, high, half, np.uint64) | (generator.integers(0, 2, half, np.uint64) << 63)
        x = np.concatenate([wide, middle]).view(np.float64)
    if job.dtype not in HALVES:
        x = np.concatenate([x, near(job, index, count_blocks(job))])
    step = CHUNK // 2 if job.dtype == "float64" else CHUNK
    for start in range(0, x.size, step):
        yield x[start : start + step]


# ---- judging --------------------------------------------------------------------------------------------------------


class Judge:
    """The errors of a job's results."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.row = job.row
        self.dtype = np.dtype(job.dtype)
        self.reference = Reference(job.name, job.derivative, job.dtype, oracle.parameters(job.row, job.derivative))
        info = oracle.finfo(self.dtype)
        self.least, self.most, self.digits = int(info.minexp), int(info.maxexp), int(info.nmant)

    def unit(self, x: Array, truth: Truth) -> Array:
        """The ULP of the dtype at the truth, times 2^shift."""
        bits = np.abs(truth.high).view(np.uint64)
        power = (bits & np.uint64(0x7FF0000000000000)).view(np.float64)
        # Just below a power of two the ULP is half of that at it. Where the reference cannot tell on which side the
        # truth lies, the smaller ULP counts: an error may then seem twice as large, and never smaller, than it is.
        good = 2.0**-self.reference.arithmetic.bits
        above = (np.abs(truth.high) - power) + np.where(np.signbit(truth.high), -1.0, 1.0) * truth.low
        power = np.where(above < power * good, power / 2, power)
        least = np.ldexp(1.0, self.least + np.asarray(truth.shift))
        for root in self.row.roots if self.job.derivative else ():
            near_root = np.abs(x.astype(np.float64) - root) <= 2**-4
            least = np.where(near_root, 2.0**-6, least)
        power = np.minimum(np.maximum(power, least), 2.0 ** (self.most - 1))
        return power * 2.0**-self.digits

    def errors(self, got: Array, truth: Truth, unit: Array) -> Array:
        """In ULPs; infinity stands for the first number that the dtype lacks, and NaN is infinitely wrong."""
        wide = got.astype(np.float64)
        if self.reference.wide:
            edge = np.ldexp(2.0 ** (self.most - 1), truth.shift) * 2  # for shifts of 0 infinity itself
            wide = np.where(np.isinf(got), np.copysign(edge, wide), np.ldexp(wide, truth.shift))
            difference = (wide - np.clip(truth.high, -edge, edge)) - truth.low
        else:
            edge = 2.0**self.most
            difference = np.clip(wide, -edge, edge) - np.clip(truth.high, -edge, edge)
        error = np.abs(difference) / unit
        right = (wide == truth.high) | (np.isnan(wide) & np.isnan(truth.high))  # there is no value outside a domain
        return np.where(np.isnan(error), np.where(right, 0.0, np.inf), error)

    def at_infinities(self, x: Array, got: Array) -> Array:
        """0 where NaN gives NaN and an infinity the limit, else inf."""
        left, right = self.row.limits
        if self.job.derivative:  # at the largest numbers derivatives have reached their limits
            info = oracle.finfo(np.float64 if self.reference.wide else self.dtype)
            truth = self.reference(np.array([info.min, info.max], self.dtype))
            left, right = np.asarray(np.ldexp(truth.high, -np.asarray(truth.shift)), self.dtype)
        if oracle.is_nan_at_infinity(self.row, self.job.derivative):
            left = right = math.nan
        wanted = np.where(np.isnan(x), np.nan, np.where(x > 0, right, left)).astype(self.dtype)
        return np.where((got == wanted) | (np.isnan(got) & np.isnan(wanted)), 0.0, np.inf)

    def mend(self, x: Array, got: Array, truth: Truth, errors: Array) -> Array:
        """Errors where the reference has lost digits, judged by mpmath instead."""
        where = np.flatnonzero(self.reference.doubtful(x, truth))
        if where.size:
            wide = x[where].astype(np.result_type(x.dtype, np.float32))  # for the parameters, which oracle rounds to it
            exact = oracle.exact(self.row, wide, self.job.derivative)
            floor = oracle.root_floor(self.row, x[where], self.job.derivative)
            errors[where] = oracle.ulp_error(got[where], exact, self.dtype, floor)
        return errors

    def check_reference(self, x: Array) -> float:
        """log2 of the largest relative error of the reference at x, against mpmath at 200 bits."""
        truth = self.reference(x)
        keep = ~self.reference.doubtful(x, truth) & np.isfinite(truth.high)
        low, shift = (np.broadcast_to(part, x.shape)[keep] for part in (truth.low, truth.shift))
        floor = oracle.root_floor(self.row, x[keep], self.job.derivative)
        if not self.job.derivative:
            floor = np.where(floor == self.least, -(10**5), floor)
        wide = x[keep].astype(np.result_type(x.dtype, np.float32))  # for the parameters, which oracle rounds to it
        exact = oracle.exact(self.row, wide, self.job.derivative)
        worst = mp.mpf(0)
        least = mp.ldexp(1, self.least - self.digits)
        beyond = mp.ldexp(1, self.most)  # from here on every number is infinite to the dtype
        with mp.workprec(400):
            for high, rest, k, true, lowest in zip(
                *(a.tolist() for a in (truth.high[keep], low, shift)), exact, floor.tolist(), strict=True
            ):
                if abs(true) >= beyond and abs(high) >= mp.ldexp(beyond, k) and high * true > 0:
                    continue
                known = mp.ldexp(mp.mpf(high) + mp.mpf(rest), -k)
                if known == 0 and abs(true) < least / 4:
                    continue  # what rounds to the same, whatever it is
                error = abs(known - true)
                worst = max(worst, error / max(abs(true), mp.ldexp(1, lowest), least))
        return float(mp.log(worst, 2)) if worst else -math.inf


# ---- one block, in a process of its own -----------------------------------------------------------------------------

_judges: dict[Job, tuple[Judge, dict[str, Any]]] = {}


def candidates(job: Job) -> dict[str, Any]:
    """Who computes it, fastact's builds first: functions of an array."""
    made: dict[str, Any] = {}
    kind = np.result_type(job.dtype, np.float32)  # parameters of half types' functions are float32
    values = [kind.type(v) for v in oracle.parameters(job.row, job.derivative).values()]
    for isa in job.isas:
        ufunc = kernels.ufuncs_of(isa)[job.name + ("_derivative" if job.derivative else "")]
        made[isa] = lambda x, ufunc=ufunc: ufunc(x, *values)
    if job.peers:
        from peers import one_thread, peers

        one_thread()
        for peer in peers(job.name, job.direction, np.dtype(job.dtype)):
            made[f"{peer.library} {peer.version}: {peer.form}"] = peer.function
    return made


def steps_back(x: Array, y: Array) -> tuple[int, float]:
    """How many of the neighbours in x, which is in the order of its patterns, have falling y; the largest in ULPs."""
    rise = np.diff(y.astype(np.float64))
    if np.signbit(x[0]):
        rise = -rise
    at = np.flatnonzero(rise < 0)
    if not at.size:
        return 0, 0.0
    unit = np.spacing(np.minimum(np.abs(y[at]), np.abs(y[at + 1]))).astype(np.float64)
    return at.size, float(np.max(-rise[at] / unit))


def measure(job: Job, index: int) -> dict[str, dict[str, Any]]:
    """The errors of every candidate in one block."""
    if job not in _judges:
        _judges[job] = Judge(job), candidates(job)
    judge, functions = _judges[job]
    found = {who: Found() for who in functions}
    ordered = job.dtype != "float64" and (job.exhaustive or job.dtype in HALVES) and not job.derivative
    last: dict[str, tuple[Any, Any]] = {}
    if ordered and index and index * BLOCK != 1 << 31:  # the last input of the block before
        before = np.array([index * BLOCK - 1], np.uint32).view(np.float32)
        last = {who: (before, functions[who](before)) for who in job.isas}
    with np.errstate(all="ignore"):
        for x in block(job, index):
            finite = np.isfinite(x)
            whole = bool(finite.all())
            inside = x if whole else x[finite]
            truth = judge.reference(inside)
            unit = judge.unit(inside, truth)
            seen: list[tuple[Array, Array]] = []
            for who, function in functions.items():
                got = function(x)
                errors = next((e for y, e in seen if y.tobytes() == got.tobytes()), None)
                if errors is None:
                    part = got if whole else got[finite]
                    errors = judge.mend(inside, part, truth, judge.errors(part, truth, unit))
                    seen.append((got, errors))
                found[who].inputs += x.size
                if inside.size:
                    found[who].note(errors, inside, got if whole else got[finite])
                if not whole:
                    found[who].note(judge.at_infinities(x[~finite], got[~finite]), x[~finite], got[~finite])
                if ordered and judge.row.monotonic and who in job.isas and inside.size:
                    part = got if whole else got[finite]
                    for xs, ys in split_at_zero(inside, part, last.get(who)):
                        count, largest = steps_back(xs, ys)
                        found[who].reversals += count
                        found[who].largest_reversal = max(found[who].largest_reversal, largest)
                    last[who] = (inside[-1:], part[-1:])
    return {who: vars(f) for who, f in found.items()}


def split_at_zero(x: Array, y: Array, before: tuple[Any, Any] | None) -> Iterator[tuple[Array, Array]]:
    """Runs of one sign, with the element before joined where it has that sign."""
    if before is not None and np.signbit(before[0][0]) == np.signbit(x[0]):
        x, y = np.concatenate([before[0], x]), np.concatenate([before[1], y])
    change = np.flatnonzero(np.diff(np.signbit(x).astype(np.int8))) + 1
    yield from zip(np.split(x, change), np.split(y, change), strict=True)


# ---- all blocks -----------------------------------------------------------------------------------------------------


def fingerprint(job: Job) -> str:
    """Of all that a result depends on: what was measured of another build is not gone on with."""
    digest = hashlib.sha256(repr(job).encode())
    package = Path(fastact.__file__).parent
    files = [*package.glob("_kernels*"), *(package / "reference").glob("*.py")]
    for path in [*sorted(files), *sorted((ROOT / "benchmarks").glob("*.py"))]:
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class State:
    """What has been measured so far, kept in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.jobs: dict[str, Any] = {}
        if path.exists():
            try:
                self.jobs = json.loads(path.read_text())
            except ValueError:
                sys.exit(f"accuracy.py: --state {path} is not what this tool wrote; remove it or name another file")

    def of(self, job: Job) -> dict[str, Any]:
        entry: dict[str, Any] = self.jobs.setdefault(fingerprint(job), {"done": [], "found": {}})
        return entry

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".part")
        beside.write_text(json.dumps(self.jobs))
        beside.replace(self.path)


def run(job: Job, state: State, pool: ProcessPoolExecutor, advance: Any) -> dict[str, Found]:
    entry = state.of(job)
    found = {who: Found(**values) for who, values in entry["found"].items()}
    missing = [index for index in range(count_blocks(job)) if index not in entry["done"]]
    advance(count_blocks(job) - len(missing))
    futures = {pool.submit(measure, job, index): index for index in missing}
    try:
        for future in as_completed(futures):
            for who, values in future.result().items():
                found.setdefault(who, Found()).merge(values)
            entry["done"].append(futures[future])
            entry["found"] = {who: vars(f) for who, f in found.items()}
            state.save()
            advance(1)
    finally:
        for future in futures:
            future.cancel()
    return found


def bound_of(job: Job, who: str) -> float:
    """What the registry states for a build of fastact."""
    row = job.row
    bound = row.derivative_ulp if job.derivative else row.value_ulp
    if job.dtype in HALVES:
        return HALF_ULP
    if who == "numpy" and job.dtype == "float64":
        return max(bound, row.reference_derivative_ulp if job.derivative else row.reference_ulp)
    return bound + 1 if who == "baseline" and kernels.without_fma("baseline") else bound


def machine() -> dict[str, str]:
    config = configuration.config()
    return {key: config[key] for key in ("processor", "platform", "Python", "NumPy", "fastact")}


def enter(path: Path, job: Job, found: dict[str, Found]) -> None:
    """Put results in place of older ones of the same key; peers are keyed by library, whatever their version."""
    book = json.loads(path.read_text()) if path.exists() else {}
    for who, f in found.items():
        book[job.key(who.partition(" ")[0])] = {
            "ulp": round(f.ulp, 4) if math.isfinite(f.ulp) else "inf",
            "central": round(f.central, 4) if math.isfinite(f.central) else "inf",
            "x": f.x,
            "got": f.got,
            "inputs": f.inputs,
            "reversals": [f.reversals, f.largest_reversal] if who in job.isas and f.reversals else None,
            "by": f"fastact {fastact.__version__}, {who}" if who in job.isas else who,
            "date": date.today().isoformat(),
            "on": machine()["processor"],
        }
    path.write_text(json.dumps(dict(sorted(book.items())), indent=1) + "\n")


def points_to_check(job: Job) -> Array:
    """Inputs at which mpmath judges the reference, others each day."""
    generator = np.random.default_rng(date.today().toordinal())
    if job.dtype in HALVES:
        x = np.arange(1 << 16).astype(np.uint16).view(job.dtype)
        with np.errstate(invalid="ignore"):  # of signalling NaN
            return generator.permutation(x[np.isfinite(x)])[:CHECKED]
    x = oracle.sample(job.dtype, CHECKED + 2000, job.row, generator.integers(1 << 30))
    return generator.permutation(x)[:CHECKED]


def measurable() -> list[Row]:
    """The rows of which benchmarks/references.py has a formula that does not cancel."""
    return [row for row in ELEMENTWISE if row.name in FORMULAS]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [row.name for row in measurable()]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"rows to measure (default: all): {', '.join(names)}")
    parser.add_argument("--dtype", default="float32", help=f"{', '.join(DTYPES)}, with commas (default: float32)")
    parser.add_argument("--direction", choices=["value", "derivative", "both"], default="both")
    parser.add_argument(
        "--isa", help="builds, with commas; numpy is the fallback, none measures peers alone (default: all compiled)"
    )
    parser.add_argument("--exhaustive", action="store_true", help="all 2^32 patterns of float32")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of float64 (default: 10^8)")
    parser.add_argument("--neighbours", type=int, default=NEIGHBOURS, metavar="N", help="of kinks, ... (default: 4096)")
    parser.add_argument("--peers", action="store_true", help="also the other libraries that are installed")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="(default: one for each CPU)")
    parser.add_argument("--state", type=Path, default=ROOT / "build" / "accuracy-state.json")
    parser.add_argument("--write", action="store_true", help="enter the results into docs/accuracy.json")
    options = parser.parse_args(arguments)
    offered = list(dict.fromkeys([*kernels.available_isas(), "numpy"]))
    options.dtypes = options.dtype.split(",")
    options.isas = tuple(options.isa.split(",")) if options.isa else tuple(kernels.available_isas())
    if options.isa == "none" and options.peers:
        options.isas = ()
    for given, accepted, what in (
        (options.names, names, "NAME"),
        (options.dtypes, DTYPES, "--dtype"),
        (options.isas, offered, "--isa"),
    ):
        for one in given:
            if one not in accepted:
                parser.error(f"{what} {one!r} is not accepted; choose from {', '.join(accepted)}")
    for number, least, what in (
        (options.samples, 1000, "--samples"),
        (options.neighbours, 1, "--neighbours"),
        (options.processes, 1, "--processes"),
    ):
        if number < least:
            parser.error(f"{what} must be at least {least}, not {number}")
    return options


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console()
    state = State(options.state)
    jobs = [
        Job(
            name,
            derivative,
            dtype,
            options.isas,
            options.peers,
            options.exhaustive and dtype == "float32",
            options.samples if dtype == "float64" else 0,
            options.neighbours,
        )
        for dtype in options.dtypes
        for name in options.names or [row.name for row in measurable()]
        for derivative in {"value": [False], "derivative": [True], "both": [False, True]}[options.direction]
    ]
    exceeded = 0
    with (
        ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as pool,
        Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                 console=Console(stderr=True), transient=True) as progress,
    ):  # fmt: skip
        for job in jobs:
            task = progress.add_task(f"{job.name} {job.direction} {job.dtype}", total=count_blocks(job))
            judge = Judge(job)
            bits = judge.check_reference(points_to_check(job))
            if bits > -judge.reference.arithmetic.bits:
                console.print(f"{job.name} {job.direction} {job.dtype}: the reference itself errs by 2^{bits:.1f}")
                return 2
            try:
                found = run(job, state, pool, lambda n, task=task: progress.advance(task, n))
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                console.print("interrupted; the same command goes on from here")
                return 130
            progress.remove_task(task)
            for who, f in found.items():
                over = who in job.isas and not f.ulp <= bound_of(job, who)
                exceeded += over
                console.print(
                    f"{job.name} {job.direction} {job.dtype} {who}: {f.ulp:.4f} ULP at {f.x or '-'}"
                    + f", {f.central:.4f} within {CENTRE}"
                    + (f" (bound {bound_of(job, who):g}{': EXCEEDED' if over else ''})" if who in job.isas else "")
                    + f", {f.inputs:,} inputs"
                    + (f", {f.reversals:,} steps back of at most {f.largest_reversal:g} ULP" if f.reversals else "")
                    + f"; reference good to 2^{bits:.0f}",
                    soft_wrap=True,
                    highlight=False,
                )
            if options.write:
                enter(RESULTS, job, found)
    return 1 if exceeded else 0


if __name__ == "__main__":
    raise SystemExit(main())
