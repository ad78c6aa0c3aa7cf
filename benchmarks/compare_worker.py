"""One library in a process of its own, which benchmarks/compare.py tells by a pipe what to time. Imported by nothing.

    python benchmarks/compare_worker.py torch 2

A request is a line of JSON on stdin, its answer one on stdout: {"prepare": key of a case} tells how the library
computes the case and with which error, {"time": seconds} times a round of it, {"drop": true} frees its memory.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from typing import Any, NamedTuple

import numpy as np
from compare_cases import FLOOR, IN, WRONG, Array, Arrays, Case, error, exact, operands, parsed
from compare_engines import OneDnn, OnnxRuntime
from compare_jit import Jax, Numba
from compare_library import Call, Form, Library
from compare_plain import Fastact, Floor, NumExpr, NumPy, SciPy, Thinc
from compare_torch import Torch

LIBRARIES: dict[str, type[Library]] = {
    kind.name: kind for kind in (Fastact, Floor, NumPy, SciPy, NumExpr, Numba, Torch, OnnxRuntime, OneDnn, Thinc, Jax)
}
# Small calls are timed in a row, each on operands of its own, so that in place none meets what another left. Together
# they stay in the L1 cache.
IN_A_ROW, ROW_BYTES = 64, 1 << 15
HOPELESS = 1.5  # a form that takes so many times as long as the best is not timed again


class Prepared(NamedTuple):
    """A form with its calls, and the array that they write over, with a copy of what was in it."""

    text: str
    calls: list[Call]
    work: Array
    pristine: Array | None
    others: list[Array | None]  # of which some calls have but the address


class Worker:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.ready: list[Prepared] = []
        self.best: list[float] = []

    def drop(self) -> None:
        """Free the memory of the last case."""
        self.ready, self.best = [], []

    def prepare(self, key: str) -> dict[str, Any]:
        """Make the calls of a case. Forms that fail, or give wrong results, are told with the reason."""
        case = parsed(key)
        self.drop()
        forms = self.library.forms(case)
        if not forms:
            return {"forms": {}, "left_out": {}}
        x, dy = operands(case)
        truth = None if case.direction == FLOOR else exact(case, x, dy)
        told: dict[str, dict[str, Any]] = {"forms": {}, "left_out": {}}
        for form in forms:
            try:
                prepared = self._prepared(case, form, x, dy)
                ulp, part = self._judged(case, form, prepared, truth, x)
            except Exception as problem:
                # of any library, whatever it raises
                told["left_out"][form.text] = f"{type(problem).__name__}: {str(problem).strip()[:120]}"
                continue
            if not part <= WRONG:
                told["left_out"][form.text] = f"errs by {part:.2g} of max(1, |result|)"
                continue
            told["forms"][form.text] = ulp
            self.ready.append(prepared)
        self.best = [math.inf] * len(self.ready)
        return told

    def _prepared(self, case: Case, form: Form, x: Array, dy: Array | None) -> Prepared:
        each = x.nbytes * (1 + (dy is not None) + (case.place != IN))
        count = max(1, min(IN_A_ROW, ROW_BYTES // each))
        target = x if dy is None else dy

        def several(a: Array) -> Array:
            stacked: Array = np.repeat(a[None], count, 0)
            return stacked

        work = several(target) if case.place == IN else np.zeros((count, *case.shape), case.kind)
        others = several(x) if case.place != IN or dy is not None else work
        slopes = None if dy is None else work if case.place == IN else several(dy)
        calls = []
        for k in range(count):
            out = work[k]
            own = out if others is work else others[k]
            slope = None if slopes is None else out if slopes is work else slopes[k]
            calls.append(form.make(Arrays(own, slope, out)))
        return Prepared(form.text, calls, work, target if case.place == IN else None, [others, slopes])

    def _judged(self, case: Case, form: Form, prepared: Prepared, truth: Array | None, x: Array) -> tuple[float, float]:
        """The errors of the last call's result; all have run once then, which compiles and touches their memory."""
        answer: Any = None
        with np.errstate(all="ignore"):
            for call in prepared.calls:
                answer = call()
            if truth is None:
                return 0.0, 0.0
            found = form.result(answer) if form.result else prepared.work[-1]
            return error(case, truth, found, x)

    def time(self, seconds: float) -> dict[str, Any]:
        """The fastest form of a round and its nanoseconds a call: of each form the best within its share of time."""
        share = seconds / max(1, len(self.ready))
        found = [math.inf] * len(self.ready)
        least = min(self.best, default=math.inf)
        with np.errstate(all="ignore"):
            for k, prepared in enumerate(self.ready):
                if self.best[k] > HOPELESS * least and self.best[k] < math.inf:
                    continue
                found[k] = self._best(prepared, share)
                self.best[k] = min(self.best[k], found[k])
        winner = min(range(len(found)), key=found.__getitem__)
        return {"ns": found[winner], "form": self.ready[winner].text}

    def _best(self, prepared: Prepared, seconds: float) -> float:
        clock = time.perf_counter_ns
        calls, work, pristine = prepared.calls, prepared.work, prepared.pristine
        best = math.inf
        end = clock() + int(seconds * 1e9)
        while True:
            if pristine is not None:
                np.copyto(work, pristine)
            start = clock()
            for call in calls:
                call()
            done = clock()
            best = min(best, done - start)
            if done > end:
                return best / len(calls)


def main() -> int:
    name, threads = sys.argv[1], int(sys.argv[2])
    # answers go where stdout was; what libraries print goes to stderr
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(told: dict[str, Any]) -> None:
        answers.write(json.dumps(told) + "\n")
        answers.flush()

    try:
        worker = Worker(LIBRARIES[name](threads))
        answer({"version": worker.library.version(), "facts": worker.library.facts()})
    except ImportError as problem:
        answer({"missing": str(problem)})
        return 0
    for line in sys.stdin:
        request = json.loads(line)
        if "prepare" in request:
            answer(worker.prepare(request["prepare"]))
        elif "time" in request:
            answer(worker.time(request["time"]))
        else:
            worker.drop()
            answer({})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
