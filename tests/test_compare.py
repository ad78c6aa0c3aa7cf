"""benchmarks/compare.py covers every row, and its page has every case that was measured. No time is asserted."""

from __future__ import annotations

import argparse
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scripts import ROOT, load

from fastact.runtime import kernels
from fastact.table.dtypes import BFLOAT16
from fastact.table.registry import ELEMENTWISE

cases = load("benchmarks", "compare_cases")
formulas = load("benchmarks", "compare_formulas")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    return load("benchmarks", "compare")


def planned(**changes: Any) -> list[Any]:
    given = {"names": cases.all_names(), "dtypes": cases.DTYPES, "sizes": cases.SIZES.values(), "data": ["sigma1"]}
    return cases.plan(**{**given, **changes})


def test_cases_cover_every_row() -> None:
    found = {(case.name, case.direction, case.dtype, case.place, case.size) for case in planned()}
    for row in ELEMENTWISE:
        for direction in ("value", "backward"):
            for dtype in ("float32", "float64", "float16", "bfloat16"):
                for place in (cases.IN, cases.OUT):
                    for size in (64, 1 << 10, 1 << 16, 1 << 22, 1 << 26):
                        assert (row.name, direction, dtype, place, size) in found
    for name in ("sigmoid", "tanh", "softmax", "log_softmax"):
        assert any(case.name == name and case.direction == "backward_from_output" for case in planned())


def test_keys_tell_the_cases_apart() -> None:
    listed = planned(data=list(cases.DATA))
    assert len({case.key for case in listed}) == len(listed)
    assert [cases.parsed(case.key) for case in listed] == listed


def test_operands_are_the_same_each_time_and_in_the_domain() -> None:
    for case in planned(names=["logit", "tanh", "softmax"], dtypes=["float32"], sizes=[100], data=list(cases.DATA)):
        x, dy = cases.operands(case)
        again, _ = cases.operands(case)
        assert x.shape == case.shape
        assert x.dtype == case.kind
        assert (x == again).all()
        assert (dy is not None) == case.backward
        if case.name == "logit":
            assert ((x > 0) & (x < 1)).all()


@pytest.mark.parametrize("name", sorted(formulas.FORMULAS))
def test_formulas_compute_their_rows(name: str) -> None:
    """In blocks of NumPy calls, in place and not; SciPy's erf stands for what NumPy lacks."""
    text = "".join(formulas.FORMULAS[name])
    erf = pytest.importorskip("scipy.special").erf if "erf(" in text else None
    for case in planned(names=[name], dtypes=["float32", "float64"], sizes=[30_000], data=["sigma1", "sigma3"]):
        if case.direction == "floor":
            continue
        x, dy = (None if a is None else a.copy() for a in cases.operands(case))
        truth = cases.exact(case, x, dy)
        out = np.empty_like(x) if case.place == cases.OUT else x if dy is None else dy
        operands = {"x": x.copy() if out is x else x, "y": x} | ({} if dy is None else {"dy": dy})
        if out is x:
            operands["x"] = operands["y"] = x
        before = x.copy()
        formulas.Program(formulas.formula(name, case.direction), case.kind, erf).prepared(operands, out)()
        _, part = cases.error(case, truth, out, before)
        assert part < (1e-3 if case.dtype == "float32" else 1e-11), case.key


def test_numbers_of_a_formula_get_names() -> None:
    text, numbers = formulas.typed("2 * x - 0.5 * log1p(x) + 2 * expm1(x) * 1e-06")
    assert text == "c0 * x - c1 * log1p(x) + c0 * expm1(x) * c2"
    assert list(numbers.values()) == [2, 0.5, 1e-06]
    assert formulas.nested("a = x + 1; b = a * a; b / a") == "((x + 1) * (x + 1)) / (x + 1)"


def test_memory_decides_how_many_hold_a_case(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(case for case in planned(sizes=[1 << 26]) if case.name == "relu")
    processes = dict.fromkeys(("fastact", "floor", "numpy", "scipy", "torch"))
    monkeypatch.setattr(tool, "available_memory", lambda: 1e15)
    assert tool.groups(case, processes) == [["fastact", "numpy", "scipy", "torch"]]
    monkeypatch.setattr(tool, "available_memory", lambda: 1e9)
    assert tool.groups(case, processes) == [["fastact", "numpy"], ["fastact", "scipy"], ["fastact", "torch"]]


def run(tool: ModuleType, folder: Path, *more: str) -> argparse.Namespace:
    small = ("--size", "64", "--rounds", "2", "--seconds", "1e-5", "--threads", "1", "--folder", str(folder))
    arguments = [*small, "--peers", "numpy", "--json", str(folder / "raw.json"), *more]
    assert tool.main(arguments) == 0
    return tool.parsed(arguments)


def test_a_tiny_run(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the figures have a test of their own
    monkeypatch.setattr(tool, "write", lambda options: None)
    dtypes = ["float32", "float16"] if BFLOAT16 is None else ["float32", "bfloat16"]
    options = run(tool, tmp_path, "--only", "gelu", "tanh", "step", "softmax", "--dtype", *dtypes, "--write")
    raw = json.loads((tmp_path / "raw.json").read_text())
    setting = tool.Setting(1, options.isa[0])
    wanted = {setting.key(case): case for case in planned(names=options.only, dtypes=dtypes, sizes=[64])}
    assert set(raw["results"]) == set(wanted)
    for key, case in wanted.items():
        libraries = raw["results"][key]["libraries"]
        assert next(iter(libraries)) == ("floor" if case.direction == "floor" else "fastact")
        for name, found in libraries.items():
            assert len(found["rounds"]) == 2
            assert found["ns"] > 0
            assert found["ratio"] > 0
            assert found["form"]
            assert name != "fastact" or found["ratio"] == 1
    assert "numpy" in raw["results"][setting.key(next(c for c in wanted.values() if c.name == "tanh"))]["libraries"]
    for run_ in raw["runs"]:
        assert {"date", "processor", "cores", "instruction set", "threads", "libraries"} <= set(run_)
        assert {about["title"] for about in run_["libraries"].values()} == {"fastact", "floor", "NumPy"}

    text = tool.performance_page.page(tmp_path)
    functions = {line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| ")}
    for case in wanted.values():
        assert (case.name if case.direction in ("value", "floor") else f"{case.name} {case.direction}") in functions
    cells = [
        cell
        for line in text.partition("## Cases")[2].partition("## Behind")[0].splitlines()
        if line.startswith("| ")
        for cell in line.strip("| ").split(" | ")[1:]
    ]
    assert sum(";" in cell or cell.replace(".", "").isdigit() for cell in cells) >= len(wanted)

    # what was measured is not measured again, and a second entry takes the place of the first
    before = (tmp_path / "performance.json").read_text()
    run(tool, tmp_path, "--only", "gelu", "tanh", "step", "softmax", "--dtype", *dtypes, "--write", "--resume")
    assert (tmp_path / "performance.json").read_text() == before
    assert tool.performance_page.page(tmp_path) == text


def test_the_figures_are_those_of_the_page(tool: ModuleType, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    page = tool.performance_page
    run_ = {"date": "", "processor": "p", "cores": 1, "platform": "", "Python": "", "threads": 1, "rounds": 1}
    about = {name: {"title": name, "version": "1", "facts": ""} for name in ("fastact", "numpy", "floor")}
    results = {}
    for case in planned(names=["gelu", "relu", "softmax"], dtypes=["float32"], sizes=[64, 128]):
        names = ["floor"] if case.direction == "floor" else ["fastact", "numpy"]
        found = {name: {"ns": 1.5, "ratio": 0.5 + (name != "numpy"), "form": "f", "ulp": 9.0} for name in names}
        results[f"{case.key} t1 v4"] = {"run": 0, "libraries": found, "left_out": {}}
    page.enter({"runs": [{**run_, "instruction set": "v4", "libraries": about}], "results": results}, tmp_path)
    (tmp_path / "reasons.json").write_text('{"reasons": {"gelu value * 64 *": "a test"}}')
    assert tool.main(["--page", "--folder", str(tmp_path)]) == 0
    text = (tmp_path / "performance.md").read_text()
    drawn = {path.name for path in (tmp_path / "performance").iterdir()}
    assert len(drawn) == 3
    assert all(f"performance/{name}" in text for name in drawn)
    assert text.count("a test") == 2
    assert "**1.5; numpy 1.5 (0.50)**" in text


def test_a_library_that_is_missing_is_told(tool: ModuleType) -> None:
    process = tool.Process("thinc", tool.Setting(1, kernels.isa))
    assert bool(process.missing) == (importlib.util.find_spec("thinc") is None)
    assert bool(process.missing) != bool(process.about["version"])
    process.close()


def test_reasons_are_read() -> None:
    assert isinstance(json.loads((ROOT / "docs/reasons.json").read_text())["reasons"], dict)
