"""No file of the package uses one of a floor above its own, none another that uses it; imports stand at the top.

`lint-imports` says the same of Python's imports, in more detail; of cimports only this file does.
"""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from typing import Any

import pytest
from scripts import load

floors = load("docs", "floors")

# What a formula of one family takes of another: gelu_tanh and xielu are made of the logistic function.
SHARED = {("normal", "logistic"), ("xielu", "logistic")}
BASE = {"digits", "wide", "nearzero", "scores", "tables", "vectors", "lookup"}
# Not the package's: what is optional, and what takes milliseconds of every import and few calls need.
OPTIONAL = {"rich", "cffi", "scipy"}
LATE = {
    *("decimal", "difflib", "importlib.metadata", "inspect", "platform", "resource", "shlex", "subprocess"),
    "sysconfig",
}


def below(pairs: Any, order: tuple[str, ...]) -> list[str]:
    """The pairs that go upwards."""
    found = [(user, used) for user, used in pairs if {floors.floor(user), floors.floor(used)} <= set(order)]
    assert len(found) > 30
    return [
        f"{user} uses {used}"
        for user, used in found
        if order.index(floors.floor(user)) < order.index(floors.floor(used))
    ]


def test_python_files_use_what_is_below() -> None:
    assert below(floors.python_pairs(), floors.PYTHON) == []


def test_compiled_files_use_what_is_below() -> None:
    # _threads is how loops are told of threads: it has no loops
    pairs = [(user, used) for user, used in floors.cimports() if used not in ("fastact._threads", "fastact.capi")]
    assert below(pairs, floors.COMPILED) == []


def test_every_file_is_on_a_floor() -> None:
    names = [name for name, _ in floors.python_files()] + [pair[0] for pair in floors.cimports()]
    assert {floors.floor(name) for name in names} <= {*floors.PYTHON, *floors.COMPILED}
    assert all(len(floors.WHAT[name]) > 10 for name in (*floors.PYTHON, *floors.COMPILED))


def test_only_kernels_imports_the_compiled_modules() -> None:
    compiled = {used for _, used in floors.cimports() if floors.floor(used) == "extension modules"}
    assert "fastact._threads" in compiled
    users = {name for name, used in floors.python_pairs() if floors.floor(used) == "extension modules"}
    assert users == set()  # kernels.py imports them by names that it makes


@pytest.mark.parametrize("pairs", ["python_pairs", "cimports"])
def test_no_circle(pairs: str) -> None:
    modules = {name for name, _ in floors.python_files()}
    uses: dict[str, set[str]] = {}
    for user, used in getattr(floors, pairs)():
        used = used if pairs == "cimports" or used in modules else used.rpartition(".")[0]
        if used != user:
            uses.setdefault(user, set()).add(used)
    TopologicalSorter(uses).prepare()


def test_families_of_formulas_are_apart() -> None:
    folder = "fastact.formulas."
    pairs = {
        (user.removeprefix(folder), used.removeprefix(folder))
        for user, used in floors.cimports()
        if user.startswith(folder) and used.startswith(folder)
    }
    assert {pair for pair in pairs if pair[1] not in BASE} == SHARED


def test_imports_stand_at_the_top() -> None:
    found = []
    for name, tree in floors.python_files():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        for function in functions:
            for used in floors.imported(function):
                known = used in OPTIONAL | LATE or used.rpartition(".")[0] in LATE or used.partition(".")[0] in OPTIONAL
                found += [] if known else [f"{name}.{function.name} imports {used}"]
    assert found == []
