"""Every build of the kernels that this machine runs, each in a process of its own: it loads, and its bits are right.

Also what import does where something is amiss: an unknown instruction set, a source folder that was not built, kernels
that do not match the registry.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import fastact as fa
from fastact.runtime import kernels
from fastact.table.registry import ELEMENTWISE, Row

COMPILED = [isa for isa in kernels.available_isas() if isa != "numpy"]
ISAS = [*COMPILED, "numpy"]
FMA = [isa for isa in COMPILED if isa != "baseline"]  # all of these give the same bits
BASELINE_ULP = 2  # what rounding twice in place of once may cost
DTYPES = ("float32", "float64")
DIRECTIONS = ("value", "derivative", "backward", "backward_from_output")

needs_kernels = pytest.mark.skipif(not COMPILED, reason="no compiled kernels are installed")


# ---- what is loaded -------------------------------------------------------------------------------------------------

LOADED = """
    import contextlib, io, json, sys
    import fastact as fa
    from fastact.runtime import kernels
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        fa.show_config()
    names = sorted(name for name in sys.modules if name.startswith("fastact._kernels"))
    print(json.dumps([kernels.isa, names, text.getvalue()]))
"""


def loaded(run_python: Any, **environment: str | None) -> tuple[str, list[str], str]:
    """The instruction set, the kernel modules and the output of show_config of a process without warnings."""
    process = run_python("-W", "error", "-c", textwrap.dedent(LOADED), **environment)
    assert process.returncode == 0, process.stderr
    isa, names, text = json.loads(process.stdout)
    return isa, names, text


@pytest.mark.parametrize("isa", ISAS)
def test_environment_chooses_the_kernels(run_python: Any, isa: str) -> None:
    """And only these are loaded: an instruction of another build might not exist here."""
    found, names, text = loaded(run_python, FASTACT_ISA=isa)
    assert found == isa
    assert names == ([f"fastact._kernels{kernels._ISAS[isa][0]}"] if isa in COMPILED else [])
    lines = dict(line.split(maxsplit=1) for line in text.replace("instruction set", "instruction_set").splitlines())
    assert lines["instruction_set"] == isa
    assert set(lines["available"].split(", ")) >= set(COMPILED)


@pytest.mark.parametrize("unset", [None, ""])
def test_the_best_kernels_are_the_default(run_python: Any, unset: str | None) -> None:
    assert loaded(run_python, FASTACT_ISA=unset)[0] == ISAS[0]


@pytest.mark.parametrize("isa", ["v9", "V3", "avx2", "_kernels", "0"])
def test_unknown_instruction_set(run_python: Any, isa: str) -> None:
    process = run_python("-c", "import fastact", FASTACT_ISA=isa)
    assert process.returncode == 1
    message = process.stderr.splitlines()[-1]
    assert message.startswith(f"ImportError: FASTACT_ISA={isa!r} is not accepted")
    # the offer is the list of all that would be accepted, each once
    assert message.rpartition(" offer ")[2].split(", ") == ISAS


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ((), ["v4", "v3", "baseline"]),
        (("AVX512F",), ["v3", "baseline"]),
        (("AVX512DQ",), ["v3", "baseline"]),
        (("AVX2",), ["baseline"]),
        (("FMA3",), ["baseline"]),
        (("F16C", "AVX512F"), ["baseline"]),
    ],
)
@pytest.mark.skipif(
    COMPILED != ["v4", "v3", "baseline"], reason="takes away from a processor with AVX-512 and all builds"
)
def test_kernels_are_offered_by_the_processors_features(
    monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], expected: list[str]
) -> None:
    features = {**kernels._cpu_features(), **dict.fromkeys(missing, False)}
    monkeypatch.setattr(kernels, "_cpu_features", lambda: features)
    assert kernels.available_isas() == expected
    monkeypatch.setenv("FASTACT_ISA", "v4")
    if "v4" not in expected:
        with pytest.raises(ImportError, match=f"offer {', '.join(expected)}, numpy"):
            kernels._load()


# ---- bits -----------------------------------------------------------------------------------------------------------


def sample(dtype: str) -> npt.NDArray[Any]:
    """Bit patterns of every sign and exponent, subnormals, infinities and NaN included, and a dense middle."""
    rng = np.random.default_rng(11)
    floating = np.dtype(dtype)
    mantissa, exponents = (23, 1 << 9) if dtype == "float32" else (52, 1 << 12)
    unsigned = np.dtype(f"u{floating.itemsize}")
    each = (1 << 15) // exponents
    bits = np.repeat(np.arange(exponents, dtype=unsigned), each) << unsigned.type(mantissa)
    bits |= rng.integers(0, 1 << mantissa, bits.size, dtype=unsigned)
    edges = [0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1, -1, 3, -3, 6, -6, 0.5, -0.5, floating.type(88.72284)]
    edges += [np.finfo(dtype).tiny, np.finfo(dtype).max, -np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal]
    middle = np.concatenate([rng.uniform(-40, 40, 1 << 13), 4 * rng.standard_normal(1 << 15)]).astype(dtype)
    return np.concatenate([bits.view(dtype), middle, np.array(edges, dtype)])


def gradients(n: int, dtype: str) -> npt.NDArray[Any]:
    """What comes in from the layer above: powers of two, since products with these are exact."""
    rng = np.random.default_rng(12)
    return (np.exp2(rng.integers(0, 3, n)) * rng.choice([-1, 1], n)).astype(dtype)


# Saves every direction of every elementwise row, and softmax, into the folder that is its first argument.
OUTPUTS = """
    import sys
    from pathlib import Path
    import numpy as np
    sys.path.insert(0, {tests!r})
    import fastact as fa
    from test_isa import DIRECTIONS, DTYPES, ELEMENTWISE, gradients, sample
    folder = Path(sys.argv[1])
    for dtype in DTYPES:
        x = sample(dtype)
        dy = gradients(x.size, dtype)
        for row in ELEMENTWISE:
            f = fa.get(row.name)
            given = {{p.name: 0.25 for p in row.params if p.default is None}}
            results = {{"value": f(x, **given), "derivative": f.derivative(x, **given)}}
            results["backward"] = f.backward(dy, x, **given)
            if row.from_output:
                results["backward_from_output"] = f.backward_from_output(dy, x, **given)
            for direction, result in results.items():
                np.save(folder / f"{{row.name}} {{direction}} {{dtype}}.npy", result)
        for width in (1, 7, 16, 100, 1000, 4099):
            rows = np.clip(x[: x.size // width * width], -80, 80).reshape(-1, width)
            np.save(folder / f"softmax {{width}} {{dtype}}.npy", fa.softmax(rows))
            np.save(folder / f"softmax.backward {{width}} {{dtype}}.npy", fa.softmax.backward(rows[::-1], rows))
"""

Outputs = Callable[[str, str], npt.NDArray[Any]]


@pytest.fixture(scope="module")
def outputs(run_python: Any) -> Iterator[Outputs]:
    """A function of instruction set and file name: what that build computed. Each build runs once."""
    with tempfile.TemporaryDirectory() as folder:  # hundreds of megabytes, of which pytest would keep three copies

        def load(isa: str, name: str) -> npt.NDArray[Any]:
            path = Path(folder) / isa
            if not path.exists():
                path.mkdir()
                code = textwrap.dedent(OUTPUTS).format(tests=str(Path(__file__).parent))
                process = run_python("-W", "error", "-c", code, path, FASTACT_ISA=isa)
                assert process.returncode == 0, process.stderr
            array: npt.NDArray[Any] = np.load(path / f"{name}.npy")
            return array

        yield load


def assert_same_bits(a: npt.NDArray[Any], b: npt.NDArray[Any], x: npt.NDArray[Any]) -> None:
    """Equal in every bit; of NaN only that both are, since its sign and payload mean nothing."""
    unsigned = f"u{a.itemsize}"
    differing = np.flatnonzero((a.view(unsigned) != b.view(unsigned)) & ~(np.isnan(a) & np.isnan(b)))
    shown = [(float(x.flat[i]), float(a.flat[i]), float(b.flat[i])) for i in differing[:5]]
    assert not differing.size, f"{differing.size} differ; the first x and both results: {shown}"


def assert_near(a: npt.NDArray[Any], b: npt.NDArray[Any], most: float, x: npt.NDArray[Any], roots: Any = ()) -> None:
    """Within ``most`` ULPs of the larger; of 2^-6 near a root, where a difference of two numbers is what is left."""
    assert (np.isnan(a) == np.isnan(b)).all(), x[np.isnan(a) != np.isnan(b)][:5]
    finite = np.isfinite(a) & np.isfinite(b)
    same = finite | np.isnan(a) | (a == b)
    largest = np.finfo(a.dtype).max  # one may have overflowed where the other just did not
    same |= np.minimum(np.abs(a), np.abs(b)) >= largest * (1 - 8 * np.finfo(a.dtype).eps)
    assert same.all(), x[~same][:5]
    a, b, x = a[finite], b[finite], x[finite]
    top = np.nextafter(largest, a.dtype.type(0))  # of the largest number itself np.spacing is infinite
    ulp = np.spacing(np.minimum(np.maximum(np.abs(a), np.abs(b)), top))
    for root in roots:
        ulp = np.where(np.abs(x - root) < 2**-4, np.maximum(ulp, np.spacing(a.dtype.type(2**-6))), ulp)
    with np.errstate(over="ignore"):
        off = np.abs(a - b) / ulp
    worst = int(off.argmax())
    assert off[worst] <= most, f"{off[worst]} ULP at {x[worst]!r}: {a[worst]!r} and {b[worst]!r}"


def roots(row: Row, direction: str) -> tuple[float, ...]:
    """Where the result of a direction crosses zero inside its domain, if errors are counted otherwise there."""
    return () if direction == "value" else row.roots


def divided(outputs: Outputs, isas: tuple[str, str], name: str) -> list[npt.NDArray[Any]]:
    """The results of two builds; a backward pass divided by dy, which is exact: its ULPs are the derivative's."""
    found = [outputs(isa, name) for isa in isas]
    _, direction, dtype = name.split()
    return [array / gradients(array.size, dtype) for array in found] if direction == "backward" else found


@pytest.mark.skipif(len(FMA) < 2, reason="fewer than two builds with fma run here")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_builds_with_fma_give_the_same_bits(outputs: Outputs, row: Row, dtype: str) -> None:
    for direction in DIRECTIONS:
        if direction != "backward_from_output" or row.from_output:
            name = f"{row.name} {direction} {dtype}"
            first, *others = (outputs(isa, name) for isa in FMA)
            for other in others:
                assert_same_bits(first, other, sample(dtype))


@pytest.mark.skipif(len(FMA) < 2, reason="fewer than two builds with fma run here")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [1, 7, 16, 100, 1000, 4099])
def test_builds_with_fma_give_the_same_bits_along_rows(outputs: Outputs, width: int, dtype: str) -> None:
    for function in ("softmax", "softmax.backward"):
        first, *others = (outputs(isa, f"{function} {width} {dtype}") for isa in FMA)
        for other in others:
            assert_same_bits(first, other, first)


@pytest.mark.skipif(not FMA or "baseline" not in COMPILED, reason="no two builds, with and without fma, run here")
@pytest.mark.parametrize("direction", DIRECTIONS[:3])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_baseline_is_near(outputs: Outputs, row: Row, dtype: str, direction: str) -> None:
    name = f"{row.name} {direction} {dtype}"
    assert_near(*divided(outputs, ("baseline", FMA[0]), name), BASELINE_ULP, sample(dtype), roots(row, direction))


@pytest.mark.thorough
@pytest.mark.parametrize("isa", [isa for isa in COMPILED if isa != kernels.isa])
def test_every_build_gives_the_same_bits_at_every_place(run_python: Any, isa: str) -> None:
    """Where a strip ends and what remains of it is a matter of each build: the tests of memory, run in each."""
    tests = Path(__file__).with_name("test_ufuncs.py")
    places = "same_bits or scalars or empty or broadcast"
    process = run_python("-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-k", places, tests, FASTACT_ISA=isa)
    assert process.returncode == 0, process.stdout[-4000:] + process.stderr


# Saves value and derivative of the activation and dtype that its arguments name, where rounding matters most.
DENSE = """
    import sys
    from pathlib import Path
    import inspect
    import numpy as np
    import fastact as fa
    name, dtype, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    rng = np.random.default_rng(13)
    x = np.concatenate([rng.uniform(-10, 10, 4_000_000), rng.uniform(-2, 2, 2_000_000)]).astype(dtype)
    f = fa.get(name)
    parameters = list(inspect.signature(f).parameters.values())[1:]
    given = {p.name: 0.25 for p in parameters if p.default is p.empty}
    np.savez(folder / fa.runtime.kernels.isa, x=x, value=f(x, **given), derivative=f.derivative(x, **given))
"""


@pytest.mark.slow
@pytest.mark.skipif(not FMA or "baseline" not in COMPILED, reason="no two builds, with and without fma, run here")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_baseline_is_near_at_six_million_points(run_python: Any, row: Row, dtype: str) -> None:
    """The sample above misses what happens to one input in a million."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for isa in ("baseline", FMA[0]):
            process = run_python("-c", textwrap.dedent(DENSE), row.name, dtype, folder, FASTACT_ISA=isa)
            assert process.returncode == 0, process.stderr
            with np.load(Path(folder) / f"{isa}.npz") as arrays:
                found.append(dict(arrays))
    for direction in DIRECTIONS[:2]:
        a, b = (arrays[direction] for arrays in found)
        assert_near(a, b, BASELINE_ULP, found[0]["x"], roots(row, direction))


@needs_kernels
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_numpy_formulas_are_near(outputs: Outputs, row: Row, dtype: str) -> None:
    """Within what the registry grants to both."""
    for direction in DIRECTIONS[:3]:
        name = f"{row.name} {direction} {dtype}"
        value = direction == "value"
        reference = row.reference_ulp if value else row.reference_derivative_ulp
        most = reference + (row.value_ulp if value else row.derivative_ulp) + 2
        assert_near(*divided(outputs, ("numpy", COMPILED[0]), name), most, sample(dtype), roots(row, direction))


# ---- nothing built, or something else -------------------------------------------------------------------------------

TRY = """
    import json, sys, warnings
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        import fastact as fa
    import numpy as np
    from fastact.runtime import kernels
    x = np.array([-2, 0, 3], np.float32)
    right = [fa.relu(x, out=x).tolist(), fa.relu.backward(x, x).tolist(), float(fa.softmax(x).sum())]
    messages = [[w.category.__name__, str(w.message)] for w in caught]
    print(json.dumps([fa.__file__, kernels.isa, fa.get_num_threads(), right, messages]))
"""


def bare_source(folder: Path, setup: bool) -> Path:
    """A copy of the package without its compiled modules, in a source folder or, without setup.py, as if installed."""
    package = Path(fa.__file__).parent
    shutil.copytree(
        package, folder / "fastact", ignore=shutil.ignore_patterns("*.so", "*.pyd", "*.dylib", "__pycache__")
    )
    if setup:
        (folder / "setup.py").write_text("# only its presence counts\n")
    return folder


def try_bare(run_python: Any, folder: Path, isa: str | None) -> list[list[str]]:
    """Import from a bare source folder in another, look at everything but the warnings, and return these."""
    process = run_python("-c", textwrap.dedent(TRY), cwd=folder.parent, PYTHONPATH=str(folder), FASTACT_ISA=isa)
    assert process.returncode == 0, process.stderr
    file, found, threads, right, messages = json.loads(process.stdout)
    assert Path(file).is_relative_to(folder)
    assert (found, threads) == ("numpy", 1)
    assert right[:2] == [[0.0, 0.0, 3.0], [0.0, 0.0, 3.0]]
    assert right[2] == pytest.approx(1)
    return messages  # type: ignore[no-any-return]


def test_a_source_folder_that_is_not_built_warns_and_works(run_python: Any, tmp_path: Path) -> None:
    messages = try_bare(run_python, bare_source(tmp_path / "source", setup=True), None)
    assert [category for category, _ in messages] == ["RuntimeWarning"]
    assert "no compiled kernels" in messages[0][1]
    assert "'pip install .'" in messages[0][1]


def test_the_warning_is_seen_by_default(run_python: Any, tmp_path: Path) -> None:
    folder = bare_source(tmp_path / "source", setup=True)
    process = run_python("-c", "import fastact", PYTHONPATH=str(folder), PYTHONWARNINGS=None, FASTACT_ISA=None)
    assert process.returncode == 0
    assert process.stderr.count("RuntimeWarning: ") == 1


def test_numpy_by_choice_does_not_warn(run_python: Any, tmp_path: Path) -> None:
    assert try_bare(run_python, bare_source(tmp_path / "source", setup=True), "numpy") == []


def test_an_installed_package_without_kernels_does_not_warn(run_python: Any, tmp_path: Path) -> None:
    assert try_bare(run_python, bare_source(tmp_path / "site", setup=False), None) == []


def test_kernels_that_are_not_built_cannot_be_chosen(run_python: Any, tmp_path: Path) -> None:
    folder = bare_source(tmp_path / "source", setup=True)
    process = run_python("-c", "import fastact", PYTHONPATH=str(folder), FASTACT_ISA="baseline")
    assert process.returncode == 1
    message = process.stderr.splitlines()[-1]
    assert message.startswith("ImportError: FASTACT_ISA='baseline' is not accepted")
    assert message.rpartition(" offer ")[2] == "numpy"


# Imports the registry and the formulas without the package's __init__, changes them, and then imports fastact.
CHANGED = """
    import importlib.util, sys, types
    package = types.ModuleType("fastact")
    package.__path__ = list(importlib.util.find_spec("fastact").submodule_search_locations)
    sys.modules["fastact"] = package
    from fastact.reference import stand_ins
    from fastact.table import registry
    rows, formulas = list(registry.ROWS), stand_ins.REFERENCE
    tanh = registry.BY_NAME["tanh"]
    {change}
    registry.ROWS = tuple(rows)
    registry.ELEMENTWISE = tuple(row for row in rows if not row.axis)
    registry.BY_NAME = {{row.name: row for row in rows}}
    del sys.modules["fastact"]
    import fastact
"""
# name, change, and whose names the error must list
KERNELS_DIFFER = {
    "a row more": ("rows.append(tanh._replace(name='nonsuch')); formulas['nonsuch'] = None", "nonsuch"),
    "a row less": ("rows.remove(tanh); del formulas['tanh']", "tanh"),
    "a parameter more": (
        "rows[rows.index(tanh)] = tanh._replace(params=registry.BY_NAME['silu'].params)",
        "tanh",
    ),
    "a direction less": (
        "rows[rows.index(tanh)] = tanh._replace(from_output=None)",
        "tanh_backward_from_output",
    ),
}
FORMULAS_DIFFER = {
    "a row more": ("rows.append(tanh._replace(name='nonsuch'))", "nonsuch"),
    "a formula less": ("del formulas['tanh']", "tanh"),
    "a formula more": ("formulas['nonsuch'] = formulas['tanh']", "nonsuch"),
}


def import_changed(run_python: Any, change: str, isa: str) -> tuple[int, str]:
    """Exit status and last line of an import with a changed registry."""
    code = textwrap.dedent(CHANGED).format(change=change)
    process = run_python("-c", code, FASTACT_ISA=isa)
    return process.returncode, (process.stderr.splitlines() or [""])[-1]


@needs_kernels
@pytest.mark.parametrize("isa", COMPILED)
@pytest.mark.parametrize("case", KERNELS_DIFFER)
def test_import_fails_if_kernels_and_registry_differ(run_python: Any, isa: str, case: str) -> None:
    change, named = KERNELS_DIFFER[case]
    status, message = import_changed(run_python, change, isa)
    assert status == 1
    assert message.startswith(f"ImportError: the kernels ({isa}) and registry.ROWS differ in {named}")
    assert "pip install" in message


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("case", FORMULAS_DIFFER)
def test_import_fails_if_formulas_and_registry_differ(run_python: Any, isa: str, case: str) -> None:
    change, named = FORMULAS_DIFFER[case]
    status, message = import_changed(run_python, change, isa)
    assert status == 1
    assert message == f"ImportError: registry.ROWS and stand_ins.REFERENCE differ in {named}"


@pytest.mark.parametrize("isa", ISAS)
def test_import_succeeds_if_nothing_differs(run_python: Any, isa: str) -> None:
    """The trick of these tests does not itself break the import."""
    assert import_changed(run_python, "pass", isa) == (0, "")
