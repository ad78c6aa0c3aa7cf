"""``fastact bench``: every activation in place on a real array, beside the best NumPy code for it.

rich is imported where something is printed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api import objects
from fastact.cli.baselines import Array, Candidate, candidates
from fastact.reference import stand_ins
from fastact.runtime import configuration
from fastact.runtime.threads import threads as limit_threads
from fastact.table.registry import BY_NAME, ROWS, Row

# Nothing is computed in place, and NumPy's own way, not to call anything, takes no time: no ratio to average.
NOT_AVERAGED = ("identity",)
SAMPLE = 1 << 18  # elements whose error is measured
SECONDS = 36.0  # for all rows, in which rounds are begun; the errors, and the least rounds of slow rows, come to it
SECONDS_PER_ROW = 1.6  # and not more for one
MOST_ROUNDS = 9
LEAST_ROUNDS = 2


@dataclass(frozen=True)
class Result:
    """What was measured of one activation; times in ns per element."""

    name: str
    fastact: float
    numpy: float
    form: str
    ulp: float | None

    @property
    def ratio(self) -> float:
        """How many times as long as fastact NumPy takes."""
        return self.numpy / self.fastact


def arguments(row: Row) -> tuple[float, ...]:
    """What a call needs besides x: 0.25, which is PyTorch's initial weight of PReLU."""
    return tuple(0.25 for param in row.params if param.default is None)


def make_data(size: int, dtype: npt.DTypeLike) -> Array:
    """Standard normal times 3, so that both tails of the activations are met."""
    data = np.random.default_rng(0).standard_normal((size, size), np.float32).astype(dtype, copy=False)
    data *= data.dtype.type(3)
    return data


def into_domain(row: Row, data: Array) -> Array:
    """The data, or, where the activation is not defined for all of them, numbers made of them for which it is."""
    low, high = row.domain
    if math.isinf(low) or math.isinf(high):
        return data
    scalar = data.dtype.type
    inside: Array = scalar(low) + scalar(high - low) / (1 + np.exp(data / scalar(-4)))
    return inside


def largest_ulp(row: Row, x: Array) -> float | None:
    """Largest error over x in ULPs of the result's dtype; None where float64 is too narrow to be the reference."""
    if x.dtype.itemsize >= 8:
        return None
    x = into_domain(row, x)
    wide = x.astype(np.float64)
    # Parameters as the kernels see them: 0.01 is not a float32, and its rounding is no error of theirs.
    defaults = {param: 0.25 if param.number is None else param.number for param in row.params}
    values = [stand_ins.widened(param, value, np.dtype(np.float32)) for param, value in defaults.items()]
    activation: Any = objects.ACTIVATIONS[row.name]
    if row.axis:
        exact = activation(x.astype(np.longdouble)).astype(np.float64)  # which NumPy computes
    else:
        exact = stand_ins.ufunc(row.name, 1 + len(values))(wide, *values)
    found = activation(x, *arguments(row))
    with np.errstate(over="ignore", invalid="ignore"):
        unit = np.spacing(np.abs(exact).astype(x.dtype)).astype(np.float64)
        error = np.abs(found.astype(np.float64) - exact) / unit
    return float(np.max(error, initial=0.0))


def _seconds(call: Callable[[], object], work: Array, data: Array) -> float:
    # In place again and again the data would decay to zeros and subnormals. The copy is not timed.
    np.copyto(work, data)
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _calls(row: Row, forms: Sequence[Candidate], work: Array, scratch: Array) -> list[Callable[[], object]]:
    activation: Any = objects.ACTIVATIONS[row.name]
    extra = arguments(row)

    def numpy_call(form: Candidate) -> Callable[[], object]:
        return lambda: form.form(work, work, scratch)

    return [lambda: activation(work, *extra, out=work), *map(numpy_call, forms)]


def measure(row: Row, data: Array, work: Array, scratch: Array, seconds: float) -> Result:
    """Time one activation and its baselines alternately, in rounds until ``seconds`` are spent; the best round counts.

    Forms that the first round shows to be far from the best are not timed again.
    """
    leading = data[: max(1, SAMPLE // data.shape[-1])]
    data = into_domain(row, data)
    forms = candidates(row.name, data.dtype)
    calls = _calls(row, forms, work, scratch)
    best = [math.inf] * len(calls)
    start = time.perf_counter()
    with np.errstate(over="ignore"):
        for done in range(MOST_ROUNDS):
            for k, call in enumerate(calls):
                if done and k and best[k] > 1.5 * min(best[1:]):
                    continue
                best[k] = min(best[k], _seconds(call, work, data))
            if done + 1 >= LEAST_ROUNDS and time.perf_counter() - start > seconds:
                break
    winner = min(range(len(forms)), key=lambda k: best[k + 1])
    per_element = 1e9 / max(1, data.size)
    ulp = largest_ulp(row, leading)
    return Result(row.name, best[0] * per_element, best[winner + 1] * per_element, forms[winner].name, ulp)


def measure_all(rows: Iterable[Row], size: int, dtype: npt.DTypeLike) -> Iterator[Result]:
    """The results row by row."""
    data = make_data(size, dtype)
    work, scratch = np.empty_like(data), np.empty_like(data)
    scratch[:] = 0  # its pages exist before a clock runs
    for row in rows:
        yield measure(row, data, work, scratch, min(SECONDS_PER_ROW, SECONDS / len(ROWS)))


def geometric_mean(results: Iterable[Result]) -> float | None:
    """Of the ratios; None if there are none to average."""
    logs = [math.log(result.ratio) for result in results if result.name not in NOT_AVERAGED]
    return math.exp(sum(logs) / len(logs)) if logs else None


# ---- output ---------------------------------------------------------------------------------------------------------

# Ratio: how many times as long as fastact the best NumPy form takes.
HEADINGS = ("activation", "ns/element", "NumPy", "ratio", "NumPy form", "max ULP")


def heading(size: int, dtype: npt.DTypeLike) -> str:
    """The array and the machine, in a line."""
    config = configuration.config()
    plural = "" if config["threads"] == "1" else "s"
    return (
        f"{size} x {size} {np.dtype(dtype).name}, in place; {config['processor']}, {config['instruction set']}, "
        f"{config['threads']} thread{plural}; fastact {config['fastact']}, NumPy {config['NumPy']} (one thread), "
        f"Python {config['Python']}, {config['platform']}; {date.today().isoformat()}"
    )


def cells(result: Result) -> tuple[str, ...]:
    """A result as text."""
    ulp = "" if result.ulp is None else f"{result.ulp:.2f}"
    return (
        result.name,
        f"{result.fastact:.3f}",
        f"{result.numpy:.3f}",
        f"{result.ratio:.2f}",
        result.form,
        ulp,
    )


def footer(results: Sequence[Result]) -> str:
    """The geometric mean, and what it leaves out."""
    mean = geometric_mean(results)
    if mean is None:
        return ""
    skipped = [result.name for result in results if result.name in NOT_AVERAGED]
    without = f" (without {', '.join(skipped)})" if skipped else ""
    return f"Geometric mean of the ratios{without}: {mean:.2f}"


def markdown(results: Sequence[Result], title: str) -> str:
    """The results as a Markdown table under a line that names the machine."""
    lines = [title, "", f"| {' | '.join(HEADINGS)} |", "|---|---:|---:|---:|---|---:|"]
    # |x| would begin another column
    lines += ["| " + " | ".join(cell.replace("|", r"\|") for cell in cells(result)) + " |" for result in results]
    end = footer(results)
    return "\n".join([*lines, "", end] if end else lines)


def run(*, size: int, dtype: str, threads: int | None, only: Sequence[str], style: str) -> None:
    """Measure and print; ``style`` is "table" or "markdown"."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    rows = [BY_NAME[name] for name in only] or list(ROWS)
    results: list[Result] = []
    with limit_threads(threads) if threads else nullcontext():
        columns: tuple[Any, ...] = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        # On stderr, so that the table can be redirected into a file; it vanishes when done. Drawn between the
        # measurements, never by a thread of its own beside them.
        bars = Console(stderr=True)
        off = not bars.is_terminal
        progress = Progress(*columns, console=bars, transient=True, auto_refresh=False, disable=off)
        with nullcontext() if off else progress:  # which rich before 14.3 ends with an empty line even where it is off
            task = progress.add_task(rows[0].name, total=len(rows))
            progress.refresh()
            for result in measure_all(rows, size, dtype):
                results.append(result)
                following = rows[len(results)].name if len(results) < len(rows) else "done"
                progress.update(task, advance=1, description=following, refresh=True)
        title = heading(size, dtype)
    if style == "markdown":
        print(markdown(results, title))
    else:
        _print_table(results, title)


def _print_table(results: Sequence[Result], title: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for text in HEADINGS:
        # where the terminal is narrow, the form's name breaks and no number is cut
        words = text in ("activation", "NumPy form")
        table.add_column(text, justify="left" if words else "right", no_wrap=text != "NumPy form")
    for result in results:
        table.add_row(*cells(result))
    console = Console(highlight=False)
    console.print(title)
    console.print(table)
    console.print(footer(results))
