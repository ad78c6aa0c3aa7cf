"""What must hold beyond the bounds: order, symmetry, special values, tails, and the same bits from all builds with fma.

One process for each instruction set that this machine runs computes what ``examine`` returns, and the tests look at
that. A new row of the registry is covered by itself, but for its lines in specials.txt, which the failing test prints.
"""

from __future__ import annotations

import functools
import itertools
import json
import tempfile
import textwrap
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import oracle
import pytest
import ulps
from floats import FLOATS, HALVES, floats, parameter_dtype
from mpmath import mpf

import fastact as fa
from fastact.runtime import kernels
from fastact.table.registry import BY_NAME, ELEMENTWISE, Row

Array = npt.NDArray[Any]

ISAS = list(dict.fromkeys([*kernels.available_isas(), "numpy"]))
FMA = [isa for isa in ISAS if isa not in ("baseline", "numpy")]
DTYPES = (np.float32, np.float64)
DIRECTIONS = ("value", "derivative")
HALF_ULP = 0.51  # of what is computed in a wider type and rounded once
MATCHED = 900  # points for each row, dtype and direction that are compared with the oracle
PART = 1 << 16  # results that share a checksum

rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
isas = pytest.mark.parametrize("isa", ISAS)
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
directions = pytest.mark.parametrize("direction", DIRECTIONS)


# ---- what each build computes ---------------------------------------------------------------------------------------


def unsigned(array: Array) -> Array:
    """The bits of floating-point numbers."""
    return array.view(f"u{array.itemsize}")


def examine(folder: str) -> None:
    """Write what the loaded build does to the JSON file and the arrays of its name."""
    found: dict[str, Any] = {}
    arrays: dict[str, Array] = {}
    with np.errstate(all="ignore"):  # what overflows or meets a signalling NaN is looked at here
        for row, dtype in itertools.product(ELEMENTWISE, FLOATS):
            name = f"{row.name} {dtype.__name__}"
            found[name] = {**ordered(row, dtype), "specials": at_specials(row, dtype)}
            if dtype in DTYPES:
                found[name]["tails"] = [tail for d in DIRECTIONS for tail in scan_tails(row, dtype, d)]
                for direction in DIRECTIONS:
                    arrays[f"{name} {direction}"] = call(row, matched(row.name, dtype), direction)
    path = Path(folder) / kernels.isa
    np.savez(path.with_suffix(".npz"), **arrays)
    path.with_suffix(".json").write_text(json.dumps(found))


def call(row: Row, x: Array, direction: str) -> Array:
    return ulps.call(row, x, direction == "derivative")


def ordered(row: Row, dtype: Any) -> dict[str, Any]:
    """What the stratified sample shows: NaN, steps down, asymmetries, and checksums of parts of the results."""
    x = oracle.stratified(dtype)
    found: dict[str, Any] = {"nan": {}, "checksums": {}, "asymmetries": {}}
    for direction in DIRECTIONS:
        y = call(row, x, direction)
        inside = oracle.inside(row, x)
        numbered = inside & np.isfinite(x) if oracle.is_nan_at_infinity(row, direction == "derivative") else inside
        found["nan"][direction] = x[oracle.isnan(y) == numbered][:3].tolist()
        found["checksums"][direction] = [zlib.crc32(y[k : k + PART].tobytes()) for k in range(0, y.size, PART)]
        if direction == "value" and row.monotonic:
            found["reversals"] = oracle.reversals(x[inside], y[inside])
        if row.symmetry in ("odd", "even") or (row.symmetry and direction == "derivative"):
            mirrored = call(row, -x, direction)
            if (direction == "value") == (row.symmetry != "even"):
                mirrored = -mirrored
            differing = x[(unsigned(mirrored) != unsigned(y)) & ~(np.isnan(mirrored) & np.isnan(y))]
            found["asymmetries"][direction] = [differing.size, *differing[:3].tolist()]
    return found


Findings = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="module")
def findings(run_python: Any, folder: Path) -> Findings:
    """A function of the instruction set: what that build does. Each build runs once, and on one thread."""

    @functools.cache
    def load(isa: str) -> dict[str, Any]:
        code = """
            import sys
            sys.path.insert(0, sys.argv[1])
            from test_properties import examine
            examine(sys.argv[2])
        """
        arguments = ("-W", "error", "-c", textwrap.dedent(code), Path(__file__).parent, folder)
        process = run_python(*arguments, FASTACT_ISA=isa, FASTACT_NUM_THREADS="1")
        assert process.returncode == 0, process.stderr
        found: dict[str, Any] = json.loads((folder / f"{isa}.json").read_text())
        return found

    return load


# ---- order and symmetry ---------------------------------------------------------------------------------------------


def test_reversals_are_counted() -> None:
    x = np.arange(6, dtype=np.float32)
    one = np.spacing(np.float32(1))
    y = np.array([0, 1, 1 - one / 2, 1 - 3 * one / 2, 2, 2], np.float32)
    assert oracle.reversals(x, y) == (2, 2, 3, 3.0)
    assert oracle.reversals(x, x) == (0, 0, 0, 0.0)
    assert oracle.reversals(x[:2], np.array([0.0, -0.0], np.float32)).count == 0
    wide = np.array([np.finfo(float).max, -np.finfo(float).max])
    assert oracle.reversals(np.array([0.0, 1.0]), wide).fall == 2 * (0x7FF0_0000_0000_0000 - 1)
    with pytest.raises(ValueError, match="ascend"):
        oracle.reversals(x[::-1], y)
    with pytest.raises(ValueError, match=r"NaN at x = .*4"):
        oracle.reversals(x, np.where(x == 4, np.float32(np.nan), y))


@floats
def test_stratified_sample_is_all_that_it_says(dtype: Any) -> None:
    x = oracle.stratified(dtype)
    info = oracle.finfo(dtype)
    assert x.dtype == dtype
    assert (np.diff(oracle.ordinals(x)) > 0).all()
    assert (oracle.from_ordinals(oracle.ordinals(x), dtype) == x).all()
    for edge in (
        np.inf,
        info.max,
        info.tiny,
        info.smallest_subnormal,
        1.0,
        0.25,
        *(k for r in ELEMENTWISE for k in r.roots),
    ):
        around = oracle.neighbours(dtype, [edge, -edge], 8)
        assert np.isin(around, x).all()
    exponents = np.unique(unsigned(x[np.isfinite(x)]) >> unsigned(x).dtype.type(int(info.nmant)))
    assert exponents.size == 2 * (2 ** int(info.nexp) - 1)


@floats
@pytest.mark.parametrize("row", [row for row in ELEMENTWISE if row.monotonic], ids=lambda row: row.name)
@isas
def test_monotonic(findings: Findings, record_property: Any, isa: str, row: Row, dtype: Any) -> None:
    """No result is more than 1 ULP below any at a lesser x."""
    found = oracle.Reversals(*findings(isa)[f"{row.name} {dtype.__name__}"]["reversals"])
    record_property("reversals", found.count)
    steps = f"{found.count} steps down of up to {found.step} ULP"
    assert found.fall <= 1, f"{steps}; {found.fall} ULP at {found.at!r}"


@floats
@pytest.mark.parametrize("row", [row for row in ELEMENTWISE if row.symmetry], ids=lambda row: row.name)
@isas
def test_symmetry_to_the_bit(findings: Findings, isa: str, row: Row, dtype: Any) -> None:
    found = findings(isa)[f"{row.name} {dtype.__name__}"]["asymmetries"]
    assert set(found) == ({"derivative"} if row.symmetry == "point" else set(DIRECTIONS))
    for direction, (count, *first) in found.items():
        assert not count, f"{direction}: {count} differ from their mirror image; the first x: {first}"


@floats
@rows
@isas
def test_only_nan_gives_nan(findings: Findings, isa: str, row: Row, dtype: Any) -> None:
    """That, and what lies outside the domain, which gives nothing else."""
    assert findings(isa)[f"{row.name} {dtype.__name__}"]["nan"] == {"value": [], "derivative": []}


@pytest.mark.skipif(len(FMA) < 2, reason="fewer than two builds with fma run here")
@directions
@floats
@rows
def test_builds_with_fma_give_the_same_bits(findings: Findings, row: Row, dtype: Any, direction: str) -> None:
    first, *others = (findings(isa)[f"{row.name} {dtype.__name__}"]["checksums"][direction] for isa in FMA)
    x = oracle.stratified(dtype)
    assert len(first) == -(-x.size // PART)
    for isa, other in zip(FMA[1:], others, strict=True):
        differing = [x[k * PART] for k, (a, b) in enumerate(zip(first, other, strict=True)) if a != b]
        assert not differing, f"{isa} differs from {FMA[0]} within {PART} numbers from x = {differing[0]!r}"


# ---- special values -------------------------------------------------------------------------------------------------

TABLE = Path(__file__).with_name("specials.txt")
GRADIENTS = (1.0, -2.5)


def specials(dtype: Any) -> Array:
    """Zero, smallest subnormal, smallest normal, largest and infinity; then their negatives."""
    info = oracle.finfo(dtype)
    positive = np.array([0, info.smallest_subnormal, info.tiny, info.max, np.inf], dtype)
    return np.concatenate([positive, -positive])


def nans(dtype: Any) -> Array:
    """Quiet and signalling, of both signs."""
    info = oracle.finfo(dtype)
    top = 1 << (8 * np.dtype(dtype).itemsize - 1)
    infinity = ((1 << int(info.nexp)) - 1) << int(info.nmant)
    quiet = 1 << (int(info.nmant) - 1)
    patterns = [infinity | quiet, infinity | 1, infinity | quiet >> 1]
    return np.array([*patterns, *(top | p for p in patterns)], f"u{np.dtype(dtype).itemsize}").view(dtype)


def hexadecimal(array: Array) -> list[str]:
    return [f"{bits:0{2 * array.itemsize}x}" for bits in unsigned(array).tolist()]


def from_hexadecimal(words: list[str], dtype: Any) -> Array:
    return np.array([int(word, 16) for word in words], f"u{np.dtype(dtype).itemsize}").view(dtype)


def at_specials(row: Row, dtype: Any) -> dict[str, Any]:
    """Bits of value, derivative and backward passes at the specials; and what NaN gives, where it is not NaN."""
    x, wrong = specials(dtype), nans(dtype)
    found: dict[str, Any] = {}
    for direction in DIRECTIONS:
        found[direction] = hexadecimal(call(row, x, direction))
    weight = oracle.required(row).values()
    for dy in GRADIENTS:
        found[f"backward {dy}"] = hexadecimal(fa.get(row.name).backward(np.full_like(x, dy), x, *weight))
    results = [call(row, wrong, direction) for direction in DIRECTIONS]
    results += [fa.get(row.name).backward(np.full_like(wrong, dy), wrong, *weight) for dy in GRADIENTS]
    found["numbers from NaN"] = [y for result in results for y in result[~oracle.isnan(result)].tolist()]
    return found


@functools.cache
def table() -> dict[str, list[str]]:
    """The frozen bits at the specials, by row, dtype and direction."""
    found: dict[str, list[str]] = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            row, dtype, direction, sign, *words = line.split()
            key = f"{row} {dtype} {direction}"
            assert sign == ("-" if key in found else "+"), f"{TABLE.name} has {key} {sign} twice or out of order"
            found.setdefault(key, []).extend(words)
    return found


def frozen(row: Row, dtype: Any, direction: str, computed: list[str] | None = None) -> Array:
    """The table's entry; without one the test fails and prints it, where ``computed`` says what it would be."""
    key = f"{row.name} {dtype.__name__} {direction}"
    size = specials(dtype).size
    if key not in table():
        with np.errstate(all="ignore"):
            words = computed or hexadecimal(call(row, specials(dtype), direction))
        half = size // 2
        lines = [f"{key} {sign} {' '.join(part)}" for sign, part in (("+", words[:half]), ("-", words[half:]))]
        pytest.fail(f"tests/{TABLE.name} has no entry for {key}. Add it, if it is right:\n" + "\n".join(lines))
    assert len(table()[key]) == size, f"{key} in {TABLE.name}"
    return from_hexadecimal(table()[key], dtype)


def test_table_has_no_other_entries() -> None:
    types = {*(t.__name__ for t in FLOATS), "bfloat16"}  # which the table has also where ml_dtypes is not installed
    assert set(table()) <= {f"{r.name} {name} {d}" for r in ELEMENTWISE for name in types for d in DIRECTIONS}


@functools.cache
def truth(name: str, dtype: Any, direction: str) -> list[mpf]:
    """What is true at the specials; at infinity the limits, which a derivative reaches before the largest number."""
    row, x = BY_NAME[name], specials(dtype)
    wide = x.astype(parameter_dtype(dtype))
    far = np.isinf(wide)
    wide[far] = np.copysign(np.finfo(wide.dtype).max, wide[far])
    true = oracle.exact(row, wide, direction == "derivative")
    if direction == "value":
        for k in np.flatnonzero(far).tolist():
            true[k] = mpf(row.limits[int(x[k] > 0)])
    return true


def zero_is_negative(row: Row, x: float, direction: str) -> bool:
    """The sign of a result that is 0: of what is true near x, and of x itself in odd functions and where x is 0.

    The latter not in functions that are flat there, like the square of relu.
    """
    if direction == "value" and row.symmetry == "odd":
        return bool(np.signbit(x))
    if direction == "value" and x == 0:
        return bool(np.signbit(x)) and max(map(abs, oracle.exact(row, np.array([-1e-9, 1e-9]), True))) > 1e-6
    # at 0 a derivative that changes its sign there is on that side what it is beside it; farther out mpmath, too, has
    # nothing left of some functions
    x = float(np.copysign(2**-30, x)) if x == 0 else x
    near = oracle.exact(row, np.clip(np.array([x]), -1000, 1000), direction == "derivative")[0]
    return bool(near < 0)


def special_errors(row: Row, dtype: Any, direction: str, got: Array) -> Array:
    """In ULPs; infinite where a zero has the wrong sign, or a limit that is finite, or NaN, is not met to the bit."""
    x = specials(dtype)
    error = oracle.ulp_error(got, truth(row.name, dtype, direction), dtype)
    for k in np.flatnonzero(got == 0).tolist():
        if bool(np.signbit(got[k])) != zero_is_negative(row, float(x[k]), direction):
            error[k] = np.inf
    if oracle.is_nan_at_infinity(row, direction == "derivative"):
        error[np.isinf(x)] = np.where(np.isnan(got[np.isinf(x)]), 0, np.inf)
    elif direction == "value":
        limits = np.array([dtype(row.limits[int(end > 0)]) for end in x[np.isinf(x)]])
        met = (got[np.isinf(x)] == limits) | (oracle.isnan(got[np.isinf(x)]) & oracle.isnan(limits))
        error[np.isinf(x)] = np.where(met, error[np.isinf(x)], np.inf)
    return error


@directions
@floats
@rows
def test_table_of_special_values_is_right(row: Row, dtype: Any, direction: str) -> None:
    got = frozen(row, dtype, direction)
    error = special_errors(row, dtype, direction, got)
    ulp = row.value_ulp if direction == "value" else row.derivative_ulp
    allowed = min(ulp, HALF_ULP) if dtype in HALVES else ulp
    assert error.max() <= allowed, ulps.fail_message(error, specials(dtype), got)


@directions
@floats
@rows
@isas
def test_special_values_are_those_of_the_table(
    findings: Findings, isa: str, row: Row, dtype: Any, direction: str
) -> None:
    """Builds without fma may differ where the table, too, is not exact, but not by more than their own bound."""
    words = findings(isa)[f"{row.name} {dtype.__name__}"]["specials"][direction]
    expected = frozen(row, dtype, direction, words)
    got = from_hexadecimal(words, dtype)
    wrong = (unsigned(got) != unsigned(expected)) & ~(np.isnan(got) & np.isnan(expected))
    if isa not in FMA and wrong.any():
        allowed = ulps.bound(row, dtype, direction == "derivative", isa)
        if dtype in HALVES:
            allowed = min(allowed, HALF_ULP)
        inexact = special_errors(row, dtype, direction, expected) > 2**-20
        wrong &= ~inexact | (special_errors(row, dtype, direction, got) > allowed)
    told = zip(specials(dtype)[wrong], got[wrong], expected[wrong], strict=True)
    assert not wrong.any(), "; ".join(f"at {x!r} {y!r}, not {e!r}" for x, y, e in told)


@floats
@rows
@isas
def test_nan_of_any_kind_gives_nan(findings: Findings, isa: str, row: Row, dtype: Any) -> None:
    assert oracle.isnan(nans(dtype)).all()
    assert findings(isa)[f"{row.name} {dtype.__name__}"]["specials"]["numbers from NaN"] == []


@floats
@rows
@isas
def test_backward_at_special_values(findings: Findings, isa: str, row: Row, dtype: Any) -> None:
    """dy f'(x), to the bit where it is computed in the same type, and otherwise rounded once."""
    found = findings(isa)[f"{row.name} {dtype.__name__}"]["specials"]
    slope = from_hexadecimal(found["derivative"], dtype)
    for dy in GRADIENTS:
        got = from_hexadecimal(found[f"backward {dy}"], dtype)
        expected = dtype(dy) * slope
        if dy == 1 or (dtype not in HALVES and (isa != "numpy" or dtype is np.float64)):
            assert hexadecimal(got) == hexadecimal(expected), f"{dy}: {got} and not {expected}"
            continue
        with mpmath.workprec(oracle.PRECISION):
            true = [mpf(dy) * t for t in truth(row.name, dtype, "derivative")]
        error = np.where(np.isnan(expected) & np.isnan(got), 0, oracle.ulp_error(got, true, dtype))
        assert error.max() <= HALF_ULP, ulps.fail_message(error, specials(dtype), got)
        assert (np.signbit(got) == np.signbit(expected)).all()


# ---- tails ----------------------------------------------------------------------------------------------------------

ADJACENT = 8192
SPREAD = 16_384
PRECISE = 2400  # bits that tell 1 from 1 plus the square of the smallest float64


def scan_tails(row: Row, dtype: Any, direction: str) -> Iterator[dict[str, Any]]:
    """Where results reach a finite limit that the true ones have not reached: at both infinities, and 0 on either side.

    A limit of 0 is not reached before the true result is less than the smallest subnormal; another, not before it is
    as near as the bound lets a result be. Every tail here is monotonic, so that bisection finds the last such x.
    """
    derivative = direction == "derivative"
    info = oracle.finfo(dtype)
    allowed = ulps.bound(row, dtype, derivative)

    def exact(x: float, precision: int = oracle.PRECISION) -> mpf:
        return oracle.exact(row, np.array([x], dtype), derivative, precision=precision)[0]

    def number(k: int) -> float:
        return float(oracle.from_ordinals(np.array([k]), dtype)[0])

    def apart(x: float, limit: float) -> bool:
        true = exact(x)
        with mpmath.workprec(PRECISE):
            if limit == 0:
                unit = mpf(float(info.smallest_subnormal))
                if abs(abs(true) - unit) < unit * mpf(2) ** -200:  # x/2 (1 + x) for x as small as 2^-1073
                    true = exact(x, PRECISE)
                return bool(abs(true) >= unit)
            ulp = mpmath.ldexp(1, max(int(mpmath.mag(true)) - 1, int(info.minexp)) - int(info.nmant))
            return bool(abs(true - mpf(limit)) > allowed * ulp)

    least, most = float(info.smallest_subnormal), float(info.max)
    for start, end in ((-4.0, -most), (4.0, most), (-(2**-4), -least), (2**-4, least)):
        if abs(end) == least:
            limit = float(exact(0.0))
            if limit != 0:
                continue
        elif oracle.is_nan_at_infinity(row, derivative):
            continue
        else:
            limit = float(dtype(float(exact(end)))) if derivative else float(dtype(row.limits[int(end > 0)]))
        if not np.isfinite(limit) or not apart(start, limit):
            continue
        inner, outer = (int(oracle.ordinals(np.array(x, dtype))) for x in (start, end))
        while abs(outer - inner) > 1:
            middle = (inner + outer) // 2
            inner, outer = (middle, outer) if apart(number(middle), limit) else (inner, middle)
        last = outer if apart(number(outer), limit) else inner
        inwards = int(np.sign(oracle.ordinals(np.array(start, dtype)) - last))
        begin = int(oracle.ordinals(np.array(start, dtype)))
        far = [last + (begin - last) * k // SPREAD for k in range(SPREAD)]
        adjacent = [k for k in range(last, last + inwards * ADJACENT, inwards) if (begin - k) * inwards > 0]
        near = np.linspace(number(last), number(last) * 0.9 + start * 0.1, SPREAD).astype(dtype)
        x = np.unique(np.concatenate([oracle.from_ordinals(np.array([*adjacent, *far]), dtype), near]))
        assert all(apart(float(point), limit) for point in x[:: x.size // 40])  # the tail is indeed monotonic
        y = call(row, x, direction)
        early = y == limit
        yield {
            "direction": direction,
            "limit": limit,
            "end": end,
            "last": number(last),
            "points": x.size,
            "early": int(early.sum()),
            "farthest from the end": float(x[early][np.abs(x[early] - dtype(end)).argmax()]) if early.any() else None,
        }


@dtypes
@rows
@isas
def test_no_tail_ends_early(findings: Findings, isa: str, row: Row, dtype: Any) -> None:
    for tail in findings(isa)[f"{row.name} {dtype.__name__}"]["tails"]:
        assert not tail["early"], f"{isa}: {tail}"


@dtypes
def test_tails_that_vanish_are_scanned(findings: Findings, dtype: Any) -> None:
    """Of these functions value and derivative become 0 on the left, or on the right; elu's value becomes -1."""
    largest = float(np.finfo(dtype).max)
    for name in ("sigmoid", "silu", "mish", "gelu", "gelu_tanh", "quick_gelu", "softplus", "logsigmoid", "elu"):
        end = largest if name == "logsigmoid" else -largest
        tails = findings(ISAS[0])[f"{name} {dtype.__name__}"]["tails"]
        found = {tail["direction"]: tail for tail in tails if tail["end"] == end}
        assert found["derivative"]["limit"] == 0, name
        assert found["value"]["limit"] == (-1 if name == "elu" else 0), name
        assert min(tail["points"] for tail in tails) > ADJACENT


# ---- bounds of the builds that are not loaded -----------------------------------------------------------------------


@functools.cache
def matched(name: str, dtype: Any) -> Array:
    return oracle.sample(dtype, MATCHED, BY_NAME[name], seed=6)


@functools.cache
def exact(name: str, dtype: Any, direction: str) -> list[mpf]:
    return oracle.exact(BY_NAME[name], matched(name, dtype), direction == "derivative")


@directions
@dtypes
@rows
@isas
def test_every_build_is_within_its_bound(
    findings: Findings, folder: Path, isa: str, row: Row, dtype: Any, direction: str
) -> None:
    """The fallback computes float32 in float64, and rounds it once."""
    findings(isa)
    with np.load(folder / f"{isa}.npz") as arrays:
        got = arrays[f"{row.name} {dtype.__name__} {direction}"]
    x = matched(row.name, dtype)
    floor = oracle.root_floor(row, x, direction == "derivative")
    error = oracle.ulp_error(got, exact(row.name, dtype, direction), dtype, floor)
    allowed = ulps.bound(row, dtype, direction == "derivative", isa)
    if isa == "numpy" and dtype is np.float32:
        allowed = min(allowed, HALF_ULP)
    assert error.max() <= allowed, ulps.fail_message(error, x, got)
