"""docs/performance.md from docs/performance.json, which benchmarks/compare.py measures.

Imported by docs/generate.py, docs/performance_plots.py and benchmarks/compare.py, and needs nothing else. What was not
measured is on no line. docs/reasons.json has, under "reasons", why cases are behind: a pattern of a case's name, with *
for any part, to a text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

DOCS = Path(__file__).resolve().parent
OWN = "fastact"
# Nothing is computed in place, and NumPy's own way, not to call anything, takes no time: no ratio to average.
NOT_AVERAGED = ("identity",)
ALONG_AXIS = ("softmax", "log_softmax")
SHOWN_ULP = 4.0  # errors from which on a table has them

INTRO = """\
Nanoseconds per element of fastact and, after it, of the fastest of the other libraries, with how many times as long as
fastact that takes: above 1 fastact is faster. Where it is not, the cell is set in **bold**. `f` is a function,
`f backward` its backward pass of dy and x, `f backward_from_output` the one of dy and the output.

How it was measured: each library runs in a process of its own that lives on from case to case and holds its own copy of
the operands. In each round every library has its turn, one after the other and each round beginning with another; in a
turn the call is made as often as fits into a hundredth of a second, and the best counts. The ratio is taken within a
round, and the median over the rounds is what is shown. In place, the result is written over x, or over dy in a backward
pass, and the operand is restored before each call, which is not timed; out of place it goes into an array that is
there, but for libraries that only return new ones. Small calls are timed in a row, each on operands of its own, all of
which stay in the L1 cache. Large arrays repeat their random numbers after 2^20. Of several ways to write a function in
a library, the fastest counts. A result that errs by more than 1/16 of max(1, |result|) is left out.

NumPy's code is that of `fastact bench`, which allocates nothing, and for backward passes the formula in blocks that
stay in the cache. PyTorch writes into `out=` or in place, and its backward passes are the operators of aten that its
autograd calls. Numba compiles a loop with fastmath, numexpr the formula, JAX its own function or the formula under jit.
ONNX Runtime runs a model of one node with bound input and output, oneDNN a primitive that was made once, called by
ctypes. Threads are set through each library's own call; NumPy, SciPy and thinc have none. The floors are x times a
constant in place and a copy, by NumPy in as many Python threads as the case has; half types are moved as integers.
"""


class Entry(NamedTuple):
    """One case that was measured."""

    key: str
    name: str
    direction: str
    dtype: str
    place: str
    shape: str
    data: str
    threads: str
    isa: str
    libraries: dict[str, list[Any]]  # ns per element, ratio, number of the form

    @property
    def function(self) -> str:
        return self.name if self.direction in ("value", "floor") else f"{self.name} {self.direction}"

    @property
    def configuration(self) -> tuple[str, str, str, str]:
        return self.isa, self.data, self.threads, self.dtype

    @property
    def size(self) -> int:
        return math.prod(map(int, self.shape.split("x")))

    @property
    def own(self) -> float:
        """ns per element of fastact, or of the floor."""
        return float(next(iter(self.libraries.values()))[0])

    @property
    def fastest(self) -> str | None:
        """The other library that takes the least time."""
        others = [name for name in self.libraries if name not in (OWN, "floor")]
        return min(others, key=self.ratio) if others else None

    def ratio(self, name: str) -> float:
        return float(self.libraries[name][1])


# ---- the file -------------------------------------------------------------------------------------------------------


def load(folder: Path = DOCS) -> dict[str, Any]:
    path = folder / "performance.json"
    empty: dict[str, Any] = {"runs": [], "forms": [], "errors": {}, "left_out": {}, "results": {}}
    book: dict[str, Any] = json.loads(path.read_text()) if path.exists() else empty
    return book


def enter(raw: dict[str, Any], folder: Path = DOCS) -> None:
    """Put what benchmarks/compare.py measured into performance.json, beside what others left there."""
    book = load(folder)
    forms: list[str] = book["forms"]
    numbers = {text: k for k, text in enumerate(forms)}
    first = len(book["runs"])
    book["runs"] += raw["runs"]
    for key, result in raw["results"].items():
        name, direction, dtype, *_ = key.split()
        cells: dict[str, Any] = {}
        for library, found in result["libraries"].items():
            number = numbers.setdefault(found["form"], len(numbers))
            cells[library] = [float(f"{found['ns']:.4g}"), float(f"{found['ratio']:.4g}"), number]
            if found["ulp"] is not None and direction != "floor":
                kind = f"{library} {name} {direction} {dtype}"
                book["errors"][kind] = max(book["errors"].get(kind, 0.0), float(f"{found['ulp']:.4g}"))
        for library, reasons in result["left_out"].items():
            for form, reason in reasons.items():
                book["left_out"][f"{library} {name} {direction} {dtype}: {form}"] = reason
        if cells:
            book["results"][key] = {"run": first + result["run"], **cells}
    book["forms"] = list(numbers)
    without_unused_runs(book)
    parts = [f'"{name}": {json.dumps(book[name], sort_keys=name != "runs")}' for name in book if name != "results"]
    lines = [f"{json.dumps(key)}: {json.dumps(book['results'][key])}" for key in sorted(book["results"])]
    text = "{\n" + ",\n".join(parts) + ',\n"results": {\n' + ",\n".join(lines) + "\n}}\n"
    folder.mkdir(exist_ok=True)
    (folder / "performance.json").write_text(text)


def without_unused_runs(book: dict[str, Any]) -> None:
    """Drop the runs of which nothing is left, and number the others anew."""
    used = sorted({result["run"] for result in book["results"].values()})
    book["runs"] = [book["runs"][k] for k in used]
    for result in book["results"].values():
        result["run"] = used.index(result["run"])


def entries(book: dict[str, Any]) -> list[Entry]:
    found = []
    for key, result in book["results"].items():
        name, direction, dtype, place, shape, data, threads, isa = key.split()
        libraries = {library: cells for library, cells in result.items() if library != "run"}
        # fastact, or the floor, first
        ordered = dict(sorted(libraries.items(), key=lambda item: item[0] not in (OWN, "floor")))
        found.append(Entry(key, name, direction, dtype, place, shape, data, threads[1:], isa, ordered))
    return found


def titles(book: dict[str, Any]) -> dict[str, str]:
    """Libraries by what they are called, in the order of the runs."""
    return {name: about["title"] for run in book["runs"] for name, about in run["libraries"].items()}


def reasons(folder: Path = DOCS) -> dict[str, str]:
    path = folder / "reasons.json"
    told: dict[str, str] = json.loads(path.read_text())["reasons"] if path.exists() else {}
    return told


# ---- the page -------------------------------------------------------------------------------------------------------


def geometric_mean(ratios: Iterable[float]) -> str:
    logs = [math.log(ratio) for ratio in ratios if ratio > 0]
    return f"{math.exp(sum(logs) / len(logs)):.2f}" if logs else ""


def escaped(text: str) -> str:
    """| of |x| would begin another column."""
    return text.replace("|", r"\|")


def row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(escaped, cells)) + " |"


def heading(cells: list[str]) -> list[str]:
    return [row(cells), "|---|" + "---:|" * (len(cells) - 1)]


def quantity(size: int) -> str:
    for unit, factor in (("Mi", 1 << 20), ("Ki", 1 << 10)):
        if size >= factor and size % factor == 0:
            return f"{size // factor} {unit}"
    return str(size)


def machines(book: dict[str, Any]) -> list[str]:
    lines = []
    for run in book["runs"]:
        libraries = ", ".join(
            f"{about['title']} {about['version']}" + (f" ({about['facts']})" if about["facts"] else "")
            for about in run["libraries"].values()
        )
        lines.append(
            f"* {run['date']}: {run['processor']}, {run['cores']} processors, {run['platform']}, "
            f"Python {run['Python']}; "
            f"{run['instruction set']}, {threads(str(run['threads']))}, {run['rounds']} rounds; {libraries}"
        )
    return lines


def threads(number: str) -> str:
    return f"{number} thread" + "s" * (number != "1")


def configurations(found: list[Entry]) -> list[tuple[str, str, str, str]]:
    return list(dict.fromkeys(entry.configuration for entry in found))


def summary(found: list[Entry], names: dict[str, str]) -> list[str]:
    """A line for each configuration: how fastact stands to each library, and to the fastest."""
    others = [name for name in names if name not in (OWN, "floor")]
    head = [
        "configuration",
        "cases",
        "at least 1.0 of the fastest",
        "to the fastest",
        *(names[name] for name in others),
    ]
    lines = heading(head)
    for configuration in [*configurations(found), None]:
        chosen = [
            entry
            for entry in found
            if configuration in (entry.configuration, None)
            and entry.fastest is not None
            and entry.name not in NOT_AVERAGED
        ]
        if not chosen:
            continue
        best = [entry.ratio(entry.fastest) for entry in chosen if entry.fastest]
        isa, data, number, dtype = configuration or ("", "", "", "")
        title = f"{dtype}, {threads(number)}, {isa}, {data}" if configuration else "all"
        means = [geometric_mean(e.ratio(name) for e in chosen if name in e.libraries) for name in others]
        lines.append(row([title, str(len(chosen)), str(sum(r >= 1 for r in best)), geometric_mean(best), *means]))
    return lines


def cell(entry: Entry | None, names: dict[str, str]) -> str:
    if entry is None:
        return ""
    if entry.fastest is None:
        return f"{entry.own:.3g}"
    other = entry.libraries[entry.fastest][0]
    text = f"{entry.own:.3g}; {names[entry.fastest]} {other:.3g} ({entry.ratio(entry.fastest):.2f})"
    return text if entry.ratio(entry.fastest) >= 1 else f"**{text}**"


def tables(found: list[Entry], names: dict[str, str]) -> list[str]:
    """For each configuration and place, the functions by the sizes or shapes."""
    lines: list[str] = []
    for configuration in configurations(found):
        isa, data, number, dtype = configuration
        for place, words in (("in", "in place"), ("out", "out of place")):
            for along in (False, True):
                chosen = [
                    entry
                    for entry in found
                    if entry.configuration == configuration
                    and entry.place == place
                    and (entry.name in ALONG_AXIS) == along
                ]
                if not chosen:
                    continue
                shapes = sorted({entry.shape for entry in chosen}, key=lambda s: [int(n) for n in s.split("x")])
                by = {(entry.function, entry.shape): entry for entry in chosen}
                columns = [shape.replace("x", " x ") if along else quantity(int(shape)) for shape in shapes]
                ending = ", along the last axis" if along else ""
                lines += [f"### {dtype}, {words}, {threads(number)}, {isa}, {data}{ending}", ""]
                lines += heading(["function", *columns])
                for function in sorted({entry.function for entry in chosen}, key=order(chosen)):
                    lines.append(row([function, *(cell(by.get((function, shape)), names) for shape in shapes)]))
                lines.append("")
    return lines


def order(found: list[Entry]) -> Any:
    """Floors first, then functions by name, each before its backward passes."""
    kinds = {entry.function: (entry.direction != "floor", entry.name, entry.direction != "value") for entry in found}
    return lambda function: (*kinds[function], function)


def behind(found: list[Entry], names: dict[str, str], why: dict[str, str]) -> list[str]:
    """Every case in which another library is faster, the farthest first."""
    late = [entry for entry in found if entry.fastest is not None and entry.ratio(entry.fastest) < 1]
    if not late:
        return ["None."]
    lines = ["| case | fastest | ratio | reason |", "|---|---|---:|---|"]
    for entry in sorted(late, key=lambda entry: (entry.ratio(entry.fastest or ""), entry.key)):
        assert entry.fastest is not None
        reason = next((text for pattern, text in why.items() if fnmatch(entry.key, pattern)), "")
        lines.append(row([entry.key, names[entry.fastest], f"{entry.ratio(entry.fastest):.2f}", reason]))
    return lines


def errors(book: dict[str, Any], names: dict[str, str]) -> list[str]:
    """The largest errors in ULPs, of the functions where a library errs by more than a few."""
    others = [name for name in names if name != "floor"]
    found: dict[str, dict[str, float]] = {}
    for kind, ulp in book["errors"].items():
        library, _, rest = kind.partition(" ")
        found.setdefault(rest, {})[library] = ulp
    lines = heading(["case", *(names[name] for name in others)])
    for rest, by in sorted(found.items()):
        if max(by.values()) > SHOWN_ULP:
            lines.append(row([rest, *(f"{by[name]:.3g}" if name in by else "" for name in others)]))
    return lines


def forms(book: dict[str, Any], found: list[Entry], names: dict[str, str]) -> list[str]:
    """What each library was asked for, of float32 where that was measured."""
    texts: dict[str, dict[str, dict[str, None]]] = {}
    kinds = {entry.dtype for entry in found}
    for entry in found:
        if entry.dtype == "float32" or "float32" not in kinds:
            for name, cells in entry.libraries.items():
                texts.setdefault(name, {}).setdefault(entry.function, {})[book["forms"][cells[2]]] = None
    lines = []
    for name, functions in texts.items():
        if name != OWN:
            listed = "; ".join(
                f"{function} " + ", ".join(f"`{text}`" for text in sorted(by))
                for function, by in sorted(functions.items())
            )
            lines.append(f"* {names[name]}: {listed}")
    return lines


def left_out(book: dict[str, Any], names: dict[str, str]) -> list[str]:
    lines = []
    for kind, reason in sorted(book["left_out"].items()):
        library, _, rest = kind.partition(" ")
        lines.append(f"* {names.get(library, library)} {rest}: {reason}")
    return lines or ["Nothing."]


class Figure(NamedTuple):
    """A picture of docs/performance/: times by size of some functions, or the ratios of all in one map."""

    file: str
    title: str
    configuration: tuple[str, str, str, str]
    direction: str  # "" for the map


def figures(found: list[Entry]) -> list[Figure]:
    """Those that docs/performance_plots.py draws: of each configuration the map, of float32 the times by size."""
    listed = []
    for configuration in configurations(found):
        isa, data, number, dtype = configuration
        chosen = [entry for entry in found if entry.configuration == configuration and entry.fastest is not None]
        name = f"{dtype}-t{number}-{isa}-{data}"
        title = f"{dtype}, {threads(number)}, {isa}, {data}"
        if chosen:
            listed.append(
                Figure(f"ratio-{name}.png", f"Ratio to the fastest other library: {title}", configuration, "")
            )
        if dtype == "float32" and len({entry.size for entry in chosen if entry.name not in ALONG_AXIS}) > 1:
            for direction in ("value", "backward"):
                text = f"ns per element of the {direction}, in place: {title}"
                listed.append(Figure(f"{direction}-{name}.png", text, configuration, direction))
    return listed


def page(folder: Path = DOCS) -> str:
    book = load(folder)
    found, names = entries(book), titles(book)
    made = "made by docs/generate.py from docs/performance.json, which benchmarks/compare.py writes; do not edit"
    parts = {
        "What was measured": machines(book),
        "Summary": [
            "How many times as long as fastact a library takes: geometric means over the cases that it has, without",
            "identity, which computes nothing.",
            "",
            *summary(found, names),
        ],
        "Figures": [f"![{figure.title}](performance/{figure.file})" for figure in figures(found)],
        "Cases": tables(found, names),
        "Behind": behind(found, names, reasons(folder)),
        "Errors": [
            f"In ULPs, largest over 16,384 elements, of the cases where a library errs by more than {SHOWN_ULP:g}.",
            "They are large near roots of a derivative, and where a small result is the difference of large numbers;",
            "[accuracy.md](accuracy.md) has the errors over the whole range.",
            "",
            *errors(book, names),
        ],
        "Left out": left_out(book, names),
        "What was called": forms(book, found, names),
    }
    lines = ["# Performance", "", f"<!-- {made} -->", "", INTRO]
    for title, body in parts.items():
        lines += [f"## {title}", "", *body]
        lines += [""] if lines[-1] else []
    return "\n".join(lines).rstrip("\n") + "\n"
