"""Time fastact beside every library that computes activations on a CPU. Imported by tests/test_compare.py alone.

    python benchmarks/compare.py --quick                      # a selection, some three minutes
    python benchmarks/compare.py --only gelu silu --dtype float32 --json raw.json
    python benchmarks/compare.py --write                      # all; docs/performance.json, .md and the figures
    python benchmarks/compare.py --page                       # the page and the figures again, without measuring

Each library runs in a process of its own (compare_worker.py), since the threads of two in one disturb each other. The
processes live as long as threads and instruction set stay the same, and are told one case at a time. In each round
every library has its turn; the ratio to fastact is taken within a round, and its median over the rounds is reported.
All of it, four dtypes and five sizes, takes hours: --json with --resume goes on where it stopped. A library that is not
installed is said to be missing and left out. A result that errs by more than a sixteenth is not a result.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "docs")]

import numpy as np  # noqa: E402
import performance_page  # noqa: E402
from compare_cases import DATA, DTYPES, FLOOR, QUICK, QUICK_SIZES, SIZES, Case, all_names, plan  # noqa: E402
from compare_library import Library  # noqa: E402
from compare_worker import LIBRARIES  # noqa: E402

import fastact  # noqa: E402
from fastact.runtime import kernels  # noqa: E402
from fastact.runtime.configuration import processor_name  # noqa: E402

OWN, FLOORS = "fastact", "floor"
PEERS = tuple(name for name in LIBRARIES if name not in (OWN, FLOORS))
SECONDS = 0.01  # of a round, for one library: as many calls as fit, but at least one
PAUSE = 0.005  # within which threads that still wait for work by spinning show that they do
PATIENCE = 0.3  # for them to fall asleep: ONNX Runtime's take some 40 ms
SAVED_EVERY = 50  # cases
SHARE_OF_MEMORY = 0.6


class Setting(NamedTuple):
    """What processes are started for."""

    threads: int
    isa: str

    def key(self, case: Case) -> str:
        return f"{case.key} t{self.threads} {self.isa}"


class Process:
    """A worker, and what it told of its library. ``missing`` says why there is none."""

    def __init__(self, name: str, setting: Setting) -> None:
        self.name, self.setting = name, setting
        self.kind: type[Library] = LIBRARIES[name]
        self.missing = ""
        self._start()

    def _start(self) -> None:
        threads, isa = self.setting
        widest = isa == kernels.available_isas()[0] or isa == "numpy"
        environment = {key: value for key, value in os.environ.items() if key not in ("FASTACT_ISA", "OMP_NUM_THREADS")}
        # of fastact's kernels the others need nothing, and not the OpenMP runtime that comes with them
        environment |= {"FASTACT_ISA": "numpy", **self.kind.environment(threads, isa, widest)}
        if self.name == OWN:
            environment["FASTACT_ISA"] = isa
        folders = [str(Path(fastact.__file__).parent.parent), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, folders))
        command = [sys.executable, str(ROOT / "benchmarks/compare_worker.py"), self.name, str(threads)]
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        told = self._answer()
        self.missing = "" if "version" in told else told.get("missing") or told.get("died", "")
        self.about = {key: told.get(key, "") for key in ("version", "facts")}

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            return {"died": f"its process ended with {self._process.wait()}"}
        told: dict[str, Any] = json.loads(line)
        return told

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer; "died" where there is none, and the process is started anew."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            told = self._answer()
        except BrokenPipeError:
            told = {"died": f"its process ended with {self._process.wait()}"}
        if "died" in told:
            self._start()
        return told

    def rest(self) -> None:
        """Wait until its threads sleep, which after a parallel call spin for a while and would disturb the next."""
        if self.setting.threads == 1:
            return
        end, before = time.monotonic() + PATIENCE, self._used()
        while time.monotonic() < end:
            time.sleep(PAUSE)
            now = self._used()
            if now is not None and before is not None and now - before < 0.1 * PAUSE:
                return
            before = now

    def _used(self) -> float | None:
        """Seconds of processors that its threads have used; None where the system does not tell."""
        try:
            tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


# ---- measuring ------------------------------------------------------------------------------------------------------


def available_memory() -> float:
    """Bytes; infinite where the system does not tell."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable"):
                return float(line.split()[1]) * 1024
    except OSError:
        pass
    return math.inf


def groups(case: Case, processes: dict[str, Process]) -> list[list[str]]:
    """Which libraries hold the case's arrays at a time: all, unless memory is short; each group has fastact."""
    first = FLOORS if case.direction == FLOOR else OWN
    rest = [name for name in processes if name not in (OWN, FLOORS)] if first == OWN else []
    each = case.size * case.kind.itemsize * 5  # x, dy, the result, scratch, and what a library adds
    count = max(2, int(SHARE_OF_MEMORY * min(available_memory(), 1e15) / each))
    step = min(count, 1 + len(rest)) - 1
    return [[first, *rest[k : k + step]] for k in range(0, len(rest), step)] if rest else [[first]]


def measure(case: Case, processes: dict[str, Process], rounds: int, seconds: float) -> dict[str, Any]:
    """What one case gave: for each library the medians, and all rounds."""
    libraries: dict[str, Any] = {}
    left_out: dict[str, dict[str, str]] = {}
    for group in groups(case, processes):
        ready: dict[str, dict[str, Any]] = {}
        for name in group:
            told = processes[name].ask(prepare=case.key)
            if told.get("left_out") or "died" in told:
                left_out[name] = told.get("left_out") or {"": told["died"]}
            if told.get("forms"):
                ready[name] = told
        if group[0] not in ready:
            continue
        found = alternate(ready, processes, rounds, seconds)
        for name, turns in found.items():
            if name not in libraries and len(turns) == rounds:
                base = found[group[0]]
                libraries[name] = summary(case, turns, base, ready[name]["forms"])
        if case.size * case.kind.itemsize > 1 << 26:
            for name in ready:
                processes[name].ask(drop=True)
    return {"libraries": libraries, "left_out": left_out}


def alternate(
    ready: dict[str, Any], processes: dict[str, Process], rounds: int, seconds: float
) -> dict[str, list[dict[str, Any]]]:
    """The turns of each library, one a round, each round beginning with another library."""
    names = list(ready)
    turns: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for k in range(rounds):
        shift = k % len(names)
        for name in names[shift:] + names[:shift]:
            if len(turns[name]) == k:
                told = processes[name].ask(time=seconds)
                processes[name].rest()
                if "ns" in told:
                    turns[name].append(told)
    return turns


def summary(
    case: Case, turns: list[dict[str, Any]], base: list[dict[str, Any]], forms: dict[str, float]
) -> dict[str, Any]:
    """ns an element, the ratio to ``base``, which form was fastest most often, and its largest error in ULPs."""
    each = [turn["ns"] / case.size for turn in turns]
    form = Counter(turn["form"] for turn in turns).most_common(1)[0][0]
    ratios = [a["ns"] / b["ns"] for a, b in zip(turns, base, strict=False)]
    return {
        "ns": statistics.median(each),
        "ratio": statistics.median(ratios),
        "form": form,
        "ulp": forms[form] if math.isfinite(forms[form]) else None,
        "rounds": each,
    }


def run_all(cases: list[Case], settings: list[Setting], options: argparse.Namespace) -> dict[str, Any]:
    """The raw result: {"runs": what ran where, "results": by key}."""
    raw: dict[str, Any] = {"runs": [], "results": {}}
    if options.resume and options.json and options.json.exists():
        raw = json.loads(options.json.read_text())
    done = set(raw["results"])
    for setting in settings:
        wanted = [case for case in cases if setting.key(case) not in done]
        if not wanted:
            continue
        started = {name: Process(name, setting) for name in (OWN, FLOORS, *options.peers)}
        processes = {name: process for name, process in started.items() if not process.missing}
        for process in started.values():
            if process.missing:
                print(f"{process.kind.title} is left out: {process.missing}", file=sys.stderr)
        raw["runs"].append(described(setting, processes, options))
        start = time.monotonic()
        for k, case in enumerate(wanted):
            result = measure(case, processes, options.rounds, options.seconds)
            raw["results"][setting.key(case)] = {"run": len(raw["runs"]) - 1, **result}
            left = (time.monotonic() - start) / (k + 1) * (len(wanted) - k - 1)
            print(f"[{k + 1}/{len(wanted)}, {left / 60:.0f} min] {told(setting.key(case), result)}", flush=True)
            if options.json and (k + 1) % SAVED_EVERY == 0:
                options.json.write_text(json.dumps(raw))
        for process in processes.values():
            process.close()
    if options.json:
        options.json.write_text(json.dumps(raw))
    return raw


def described(setting: Setting, processes: dict[str, Process], options: argparse.Namespace) -> dict[str, Any]:
    """What a page says of a run."""
    about = {name: {"title": process.kind.title, **process.about} for name, process in processes.items()}
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "platform": f"{sys.platform} {platform.machine()}",
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "threads": setting.threads,
        "instruction set": setting.isa,
        "rounds": options.rounds,
        "libraries": about,
    }


def told(key: str, result: dict[str, Any]) -> str:
    """One line of progress."""
    libraries = result["libraries"]
    first = next(iter(libraries), None)
    if first is None:
        return f"{key}: not measured {result['left_out'] or ''}"
    others = [name for name in libraries if name not in (OWN, FLOORS)]
    text = f"{key}: {libraries[first]['ns']:.4g} ns"
    if others:
        best = min(others, key=lambda name: libraries[name]["ratio"])
        text += f"; {LIBRARIES[best].title} {libraries[best]['ns']:.4g} ns ({libraries[best]['ratio']:.2f})"
    return text


# ---- options --------------------------------------------------------------------------------------------------------


def length(text: str) -> int:
    units = {"Ki": 1 << 10, "Mi": 1 << 20}
    for unit, factor in units.items():
        if text.endswith(unit):
            return int(text.removesuffix(unit)) * factor
    return int(text)


def processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def count(text: str) -> int:
    return processors() if text == "all" else int(text)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--only", nargs="+", metavar="NAME", choices=all_names(), help="these functions")
    add("--dtype", nargs="+", choices=DTYPES, help="these dtypes")
    add("--size", nargs="+", type=length, metavar="N", help="numbers of elements, such as 64Ki; softmax has its shapes")
    add("--threads", nargs="+", type=count, metavar="N", help='numbers, or "all"; by default 1 and all')
    add("--data", nargs="+", choices=DATA, help="by default sigma1")
    add("--isa", nargs="+", choices=("baseline", "v3", "v4"), help="FASTACT_ISA; the others are limited alike")
    add("--peers", nargs="*", choices=PEERS, default=list(PEERS), help="these libraries besides NumPy's floors")
    add("--rounds", type=int)
    add("--seconds", type=float, default=SECONDS, help="of one library in one round")
    add("--quick", action="store_true", help="some ten functions in place, float32, three sizes")
    add("--json", type=Path, metavar="FILE", help="where all that was measured goes")
    add("--resume", action="store_true", help="do not measure again what the file of --json has")
    add("--write", action="store_true", help="enter the results into performance.json, and make page and figures")
    add("--page", action="store_true", help="make page and figures of performance.json, and measure nothing")
    add("--folder", type=Path, default=ROOT / "docs", help="where performance.json is, and the page")
    options = parser.parse_args(arguments)
    quick = options.quick
    options.only = options.only or ([*QUICK, "softmax"] if quick else all_names())
    options.dtype = options.dtype or (["float32"] if quick else list(DTYPES))
    options.size = options.size or ([SIZES[size] for size in QUICK_SIZES] if quick else list(SIZES.values()))
    options.threads = options.threads or sorted({1, processors()})
    options.data = options.data or ["sigma1"]
    options.isa = options.isa or [kernels.isa]
    options.rounds = options.rounds or (5 if quick else 7)
    return options


def write(options: argparse.Namespace) -> None:
    """The page and, where matplotlib is installed, the figures of performance.json."""
    book = performance_page.load(options.folder)
    (options.folder / "performance.md").write_text(performance_page.page(options.folder))
    try:
        import performance_plots
    except ImportError as problem:
        print(f"no figures: {problem}", file=sys.stderr)
    else:
        performance_plots.draw(book, options.folder / "performance")


def main(arguments: list[str] | None = None) -> int:
    options = parsed(arguments)
    if options.page:
        write(options)
        return 0
    cases = plan(options.only, options.dtype, options.size, options.data, options.quick)
    settings = [Setting(threads, isa) for isa in options.isa for threads in options.threads]
    raw = run_all(cases, settings, options)
    if options.write:
        performance_page.enter(raw, options.folder)
        write(options)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
