"""What a library of benchmarks/compare.py is: its name, its switches, and the calls that it has for a case.

Imported by the files that have the libraries; imports compare_cases.py, compare_formulas.py and the standard library.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Any, NamedTuple

from compare_cases import Array, Arrays, Case
from compare_formulas import evaluate, formula

Call = Callable[[], Any]


class Form(NamedTuple):
    """One way to compute a case. ``make`` gives a call without arguments for one set of operands.

    Where the library returns new arrays, ``result`` takes what the call returned to a NumPy array.
    """

    text: str
    make: Callable[[Arrays], Call]
    result: Callable[[Any], Array] | None = None


class Library:
    """One library in a process of its own. It is imported when the object is made; ImportError: not installed."""

    name = ""
    title = ""
    packages: tuple[str, ...] = ()  # whose versions are told, the first one's first
    extra = "peers"  # of pyproject.toml

    def __init__(self, threads: int) -> None:
        self.threads = threads

    @staticmethod
    def environment(threads: int, isa: str, widest: bool) -> dict[str, str]:
        """What its process is started with; ``widest``: nothing need be limited."""
        return {}

    def version(self) -> str:
        return ", ".join(importlib.metadata.version(package) for package in self.packages)

    def facts(self) -> str:
        """What it says of its instruction set or build; perhaps nothing."""
        return ""

    def forms(self, case: Case) -> list[Form]:
        """How it computes the case; none where it has no such function, dtype or place."""
        raise NotImplementedError


def composed(case: Case, names: dict[str, Any]) -> Callable[..., Any] | None:
    """A function of x, and of dy in a backward pass, that computes the formula by the functions in ``names``."""
    text = formula(case.name, case.direction)
    if text is None:
        return None

    def function(x: Any, dy: Any = None) -> Any:
        return evaluate(text, {**names, "x": x, "y": x, "dy": dy})

    return function
