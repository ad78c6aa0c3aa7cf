"""The tool that measures errors finds what it should and goes on where it stopped, and what it wrote is what is stated.

Here also runs its sample of float32 over every row, which is far denser than those of test_accuracy_narrow.py.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import oracle
import pytest
from floats import HALVES as HALF_TYPES
from floats import parameter_dtype
from scripts import ROOT, load

from fastact.runtime import kernels
from fastact.table.registry import BY_NAME, ELEMENTWISE, HALF_ULP, Row

Capture = pytest.CaptureFixture[str]
HALVES = tuple(dtype.__name__ for dtype in HALF_TYPES)
# the tool's progress bar
with_bar = pytest.mark.skipif(importlib.util.find_spec("rich") is None, reason="rich is not installed")
# Rows whose every float32 has been tried, and whose page must say so.
EXHAUSTIVE = (
    *("sigmoid", "tanh", "elu", "selu", "silu", "mish", "gelu", "gelu_tanh", "softplus", "logsigmoid"),
    *("quick_gelu", "softsign"),
)
# A new row may do without a formula in benchmarks/references.py, and is then on no page until it has one.
MEASURED = [row for row in ELEMENTWISE if row.name in load("benchmarks", "references").FORMULAS]


def test_no_row_has_lost_its_reference() -> None:
    assert len(MEASURED) >= 42


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    # the tool sets OMP_NUM_THREADS for the processes that it starts; other tests' children must not inherit that
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        return load("benchmarks", "accuracy")


def job(tool: ModuleType, name: str, derivative: bool = False, dtype: str = "float32", **changes: Any) -> Any:
    given = {"isas": (kernels.isa,), "peers": False, "exhaustive": False, "samples": 100_000, "neighbours": 8}
    return tool.Job(name, derivative, dtype, **{**given, **changes})


# ---- the references -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row.name)
def test_references_agree_with_mpmath(tool: ModuleType, row: Row, dtype: str) -> None:
    for derivative in (False, True):
        judge = tool.Judge(job(tool, row.name, derivative, dtype))
        x = oracle.sample(dtype, 500, row, seed=8)
        assert judge.check_reference(x) <= -judge.reference.arithmetic.bits


def test_a_reference_for_other_parameters_is_refused(tool: ModuleType) -> None:
    with pytest.raises(ValueError, match="beta=2"):
        load("benchmarks", "references").Reference("silu", False, np.float32, {"beta": 2.0})


@pytest.mark.parametrize("dtype", [*HALVES, "float32", "float64"])
@pytest.mark.parametrize("name", ["gelu", "softplus", "mish"])
@pytest.mark.parametrize("derivative", [False, True], ids=["value", "derivative"])
def test_errors_are_those_of_the_oracle(tool: ModuleType, name: str, derivative: bool, dtype: str) -> None:
    """The fast way to count ULPs agrees with the exact one, for results that are wrong by up to some 100 ULP."""
    row = BY_NAME[name]
    if dtype in HALVES:
        bits = np.random.default_rng(3).integers(0, 1 << 16, 600).astype(np.uint16)
        with np.errstate(invalid="ignore"):  # of signalling NaN
            x = bits.view(dtype)[np.isfinite(bits.view(dtype))]
    else:
        x = oracle.sample(dtype, 600, row, seed=9)
    judge = tool.Judge(job(tool, name, derivative, dtype))
    exact = oracle.exact(row, x, derivative)
    with np.errstate(all="ignore"):
        rounded = np.array([float(v) for v in exact]).astype(dtype)
        got = rounded + np.spacing(rounded) * np.random.default_rng(4).integers(-100, 100, x.size).astype(dtype)
        truth = judge.reference(x)
        found = judge.mend(x, got, truth, judge.errors(got, truth, judge.unit(x, truth)))
    floor = oracle.root_floor(row, x, derivative)
    wanted = oracle.ulp_error(got, exact, dtype, floor)
    # twice as large where the truth is a power of two but for less than the reference can tell
    same = np.isclose(found, wanted, rtol=1e-6, atol=1e-5)
    near_power = np.array([abs(mpmath.frexp(v)[0]) % 0.5 < 1e-13 for v in exact])
    assert (same | (near_power & np.isclose(found, 2 * wanted, rtol=1e-6, atol=1e-5))).all()


# ---- the inputs -----------------------------------------------------------------------------------------------------


def test_all_patterns_are_each_tried_once(tool: ModuleType) -> None:
    whole = job(tool, "silu", exhaustive=True)
    assert tool.count_blocks(whole) * tool.BLOCK == 1 << 32
    for index in (0, 127, 128, 255):
        x = np.concatenate(list(tool.block(whole, index)))
        np.testing.assert_array_equal(x.view(np.uint32), np.arange(index << 24, (index + 1) << 24, dtype=np.uint32))


@pytest.mark.thorough
def test_the_sample_takes_every_so_many_patterns_and_the_neighbours(tool: ModuleType) -> None:
    sampled = job(tool, "gelu", True, neighbours=4096)
    blocks = [np.concatenate(list(tool.block(sampled, index))) for index in range(tool.count_blocks(sampled))]
    bits = np.unique(np.concatenate(blocks).view(np.uint32))
    assert np.isin(np.arange(0, 1 << 32, tool.STRIDE, dtype=np.uint32), bits).all()
    for point in (1.0, -0.25, BY_NAME["gelu"].roots[0], 14.5, float(np.finfo(np.float32).tiny)):
        middle = int(np.array(point, np.float32).view(np.uint32))
        assert np.isin(np.arange(middle - 4096, middle + 4097, dtype=np.uint32), bits).all()


def test_samples_of_float64_are_as_many_as_were_asked_for(tool: ModuleType) -> None:
    sampled = job(tool, "tanh", dtype="float64", samples=100_000, neighbours=1)
    sizes = [sum(x.size for x in tool.block(sampled, index)) for index in (0, 99)]
    near = [tool.near(sampled, index, 100).size for index in (0, 99)]
    assert [size - extra for size, extra in zip(sizes, near, strict=True)] == [1000, 1000]


# ---- what is found --------------------------------------------------------------------------------------------------


def patched(tool: ModuleType, monkeypatch: pytest.MonkeyPatch, wrong: Any) -> Any:
    """tanh's block of the sample around 1, computed by ``wrong``."""
    work = job(tool, "tanh", exhaustive=True)
    monkeypatch.setattr(tool, "candidates", lambda job: {kernels.isa: wrong})
    monkeypatch.setattr(tool, "_judges", {})
    monkeypatch.setattr(tool, "BLOCK", 1 << 18)
    index = int(np.array(1.0, np.float32).view(np.uint32)) >> 18
    return tool.measure(work, index)[kernels.isa]


def test_a_wrong_value_is_found(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.where(x == np.float32(1.001), np.float32(0.5), np.tanh(x.astype(np.float64)).astype(np.float32))

    found = patched(tool, monkeypatch, wrong)
    assert found["x"] == float(np.float32(1.001)).hex()
    assert found["ulp"] > 1e6
    assert found["reversals"] == 1


def test_a_missing_nan_is_found(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "candidates", lambda job: {kernels.isa: lambda x: np.nan_to_num(np.tanh(x))})
    monkeypatch.setattr(tool, "_judges", {})
    assert tool.measure(job(tool, "tanh", dtype="float16"), 0)[kernels.isa]["ulp"] == np.inf


def test_steps_back_are_counted(tool: ModuleType) -> None:
    x = np.array([1, 2, 3, 4], np.float32)
    one = np.float32(1)
    low = np.nextafter(one, np.float32(0))
    assert tool.steps_back(x, np.array([low, one, one, np.float32(2)])) == (0, 0.0)
    assert tool.steps_back(x, np.array([one, low, one, low])) == (2, 1.0)
    assert tool.steps_back(-x, np.array([low, one, one, np.float32(2)])) == (2, 2.0**23)


# ---- the command ----------------------------------------------------------------------------------------------------


@with_bar
def test_it_goes_on_where_it_stopped(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ["softsign", "--direction", "value", "--processes", "1", "--neighbours", "1", "--isa", kernels.isa]
    state = tmp_path / "state.json"
    assert tool.main([*command, "--state", str(state)]) == 0
    (whole,) = json.loads(state.read_text()).values()
    assert sorted(whole["done"]) == list(range(16))
    # a state in which half the blocks are done, with a larger error than any that the rest can find
    whole["done"] = [i for i in whole["done"] if i % 2]
    before = whole["found"][kernels.isa]["inputs"]
    whole["found"][kernels.isa]["ulp"] = 1.25
    state.write_text(json.dumps(dict.fromkeys(json.loads(state.read_text()), whole)))
    assert tool.main([*command, "--state", str(state)]) == 0
    (again,) = json.loads(state.read_text()).values()
    assert sorted(again["done"]) == list(range(16))
    assert again["found"][kernels.isa]["ulp"] == 1.25
    assert before < again["found"][kernels.isa]["inputs"] < 2 * before


@with_bar
def test_an_exceeded_bound_is_an_error(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(tool, "bound_of", lambda job, who: 0.25)
    command = ["softsign", "--direction", "value", "--processes", "1", "--neighbours", "1"]
    assert tool.main([*command, "--state", str(tmp_path / "state.json")]) == 1
    assert "EXCEEDED" in capsys.readouterr().out


@with_bar
def test_a_wrong_reference_is_an_error(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    formulas = load("benchmarks", "references").FORMULAS
    value, derivative = formulas["softsign"]
    monkeypatch.setitem(formulas, "softsign", (lambda A, x: value(A, x) * (1 + 1e-12), derivative))
    assert tool.main(["softsign", "--processes", "1", "--state", str(tmp_path / "state.json")]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsuch"], "'nonsuch' is not accepted; choose from identity"),
        (["gelu", "--dtype", "float23"], "--dtype 'float23' is not accepted; choose from float16"),
        (["gelu", "--isa", "mmx"], "--isa 'mmx' is not accepted"),
        (["gelu", "--samples", "3"], "--samples must be at least 1000, not 3"),
        (["gelu", "--processes", "0"], "--processes must be at least 1, not 0"),
        (["gelu", "--neighbours", "0"], "--neighbours must be at least 1, not 0"),
    ],
)
def test_bad_arguments(tool: ModuleType, capsys: Capture, arguments: list[str], message: str) -> None:
    with pytest.raises(SystemExit) as stop:
        tool.main(arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


@with_bar
def test_a_damaged_state_is_named(tool: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(SystemExit, match=r"state\.json is not what this tool wrote"):
        tool.main(["tanh", "--state", str(tmp_path / "state.json")])


@pytest.mark.thorough  # by default test_accuracy.py and test_accuracy_narrow.py have samples of every row
@with_bar
@pytest.mark.parametrize("dtype", ["float32", *HALVES])
def test_every_row_keeps_its_bound_over_the_sample(
    tool: ModuleType, dtype: str, tmp_path: Path, capsys: Capture
) -> None:
    status = tool.main(["--dtype", dtype, "--isa", kernels.isa, "--state", str(tmp_path / "state.json")])
    printed = capsys.readouterr().out
    assert status == 0, printed
    assert len(printed.splitlines()) == 2 * len(MEASURED)


# ---- what is published ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book() -> dict[str, Any]:
    published: dict[str, Any] = json.loads((ROOT / "docs" / "accuracy.json").read_text())
    return published


@pytest.mark.parametrize("direction", ["value", "derivative"])
@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row.name)
def test_published_errors_are_within_the_stated_bounds(book: dict[str, Any], row: Row, direction: str) -> None:
    bound = row.value_ulp if direction == "value" else row.derivative_ulp
    for dtype, most, tried in (
        ("float32", bound, 5_000_000),
        ("float64", bound, 10**8 if row.name in EXHAUSTIVE else 10**7),
        *((half, HALF_ULP, 1 << 16) for half in HALVES),
    ):
        for isa in ("v4", "v3"):
            entry = book[f"{row.name} {direction} {dtype} {isa}"]
            assert entry["ulp"] <= most
            assert entry["inputs"] >= tried
            assert entry["inputs"] == 1 << 32 or dtype != "float32" or row.name not in EXHAUSTIVE
        baseline = book[f"{row.name} {direction} {dtype} baseline"]
        assert baseline["ulp"] <= (most if dtype in HALVES else most + 1)


@pytest.mark.parametrize("row", [row for row in ELEMENTWISE if row.name in EXHAUSTIVE], ids=lambda row: row.name)
def test_published_errors_are_those_of_these_kernels(book: dict[str, Any], row: Row) -> None:
    """The kernels give at the published inputs what they gave when these were found: the page is of this version."""
    if kernels.isa not in ("v4", "v3"):
        pytest.skip(f"published are the builds with fma, and {kernels.isa} runs")
    for direction in ("value", "derivative"):
        for dtype in ("float32", "float64", *HALVES):
            entry = book[f"{row.name} {direction} {dtype} {kernels.isa}"]
            suffix = "_derivative" if direction == "derivative" else ""
            wide = parameter_dtype(np.dtype(dtype).type)
            values = [wide(v) for v in oracle.parameters(row, bool(suffix)).values()]
            x = np.array([float.fromhex(entry["x"])], dtype)
            got = kernels.ufuncs[row.name + suffix](x, *values)
            assert float(got[0]).hex() == entry["got"]
