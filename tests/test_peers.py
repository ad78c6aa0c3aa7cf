"""What benchmarks/peers.py calls computes the function of its row: errors of a wrong formula would mean nothing.

A library that is not installed is skipped; NumPy's forms are always tested.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from scripts import ROOT, load

from fastact.cli.bench import into_domain
from fastact.reference import stand_ins
from fastact.table.registry import BY_NAME, ELEMENTWISE, SameAs

peers = load("benchmarks", "peers")

# Bound of the error in eps max(1, |result|): three times what rounding makes of the worst, PyTorch's gelu; a wrong
# fourth digit of a constant makes more.
TOLERANCE = 16.0
# What is added for rounding 30 x, at most 90: half an ULP of 64, in eps; the derivative is 30 times as steep.
ROUNDED_ARGUMENT = {("sine", "value"): 32.0, ("sine", "derivative"): 960.0}
# Absolute bounds in float64, for what is not computed in float64.
COARSE: dict[tuple[str, str, str], tuple[float, str]] = {
    ("thinc", "gelu", "value"): (3e-7, "Abramowitz & Stegun 7.1.26 is wrong by 1.5e-7 in erf, times x/2"),
    ("thinc", "gelu", "derivative"): (3e-7, "the same"),
    ("thinc", "gelu_tanh", "derivative"): (2e-6, "constants of six digits, and a buffer of float32"),
    ("ONNX Runtime", "gelu_tanh", "value"): (1e-7, "constants of float32"),
    ("ONNX Runtime", "quick_gelu", "value"): (1e-7, "alpha is an attribute of float32"),
    ("ONNX Runtime", "hardshrink", "value"): (3e-7, "x is rounded to float32"),
    ("ONNX Runtime", "softshrink", "value"): (3e-7, "the same"),
    ("ONNX Runtime", "shrink", "value"): (3e-7, "the same"),
    ("PyTorch", "hardsigmoid", "derivative"): (1e-8, "1/6 is that of float32"),
}
CASES = [
    pytest.param(library, name, direction, id=f"{library.make.__name__}-{name}-{direction}")
    for library in peers.LIBRARIES
    for name, forms in library.table.items()
    for direction, form in zip(peers.DIRECTIONS, forms, strict=True)
    if form
]


def make_x(dtype: str) -> Any:
    """Numbers of moderate size, read-only; without 0, where libraries choose different sides of a kink."""
    x = np.random.default_rng(1).uniform(-3, 3, 2003)
    x[:4] = [3.0, -3.0, 1e-3, -1e-3]
    x = x.astype(dtype)
    x.flags.writeable = False
    return x


def exact(name: str, direction: str, x: Any) -> Any:
    """NumPy's value or derivative in float64, at default parameters."""
    row = BY_NAME[name]
    values: dict[str, float] = {}
    for param in row.params + (row.derivative_params if direction == "derivative" else ()):
        default = values[param.default.name] if isinstance(param.default, SameAs) else param.number
        values[param.name] = 0.25 if default is None else default
    formula = stand_ins.ufunc(name if direction == "value" else f"{name}_derivative", 1 + len(values))
    return formula(x.astype(np.float64), *values.values())


def error(peer: Any, name: str, direction: str, x: Any) -> tuple[float, float]:
    """The largest error, absolute and in eps max(1, |result|)."""
    x = into_domain(BY_NAME[name], x)
    given = x.copy()
    y = peer.function(x)
    np.testing.assert_array_equal(x, given)
    assert not np.shares_memory(x, y)
    assert (y.dtype, y.shape) == (x.dtype, x.shape)
    right = exact(name, direction, x)
    wrong = np.abs(y - right)
    return float(np.max(wrong)), float(np.max(wrong / np.maximum(1, np.abs(right))) / np.finfo(x.dtype).eps)


def need(library: Any) -> None:
    if library.missing:
        pytest.skip(f"not installed: {', '.join(library.missing)}")


def of(library: Any, name: str, direction: str, dtype: str) -> list[Any]:
    form = library.table[name][peers.DIRECTIONS.index(direction)]
    found = [peer for peer in peers.peers(name, direction, dtype) if peer.library == library.name]
    # of two tables of one library, the entry of this one
    return [
        peer for peer in found if library.name != "ONNX Runtime" or ("microsoft" in form) == ("microsoft" in peer.form)
    ]


@pytest.mark.parametrize(("library", "name", "direction"), CASES)
def test_it_is_the_function_of_the_row(library: Any, name: str, direction: str) -> None:
    need(library)
    assert len(of(library, name, direction, "float32")) == 1
    for dtype in peers.DTYPES:
        for peer in of(library, name, direction, dtype):
            assert peer.version
            absolute, units = error(peer, name, direction, make_x(dtype))
            if dtype == "float64" and (library.name, name, direction) in COARSE:
                bound, why = COARSE[library.name, name, direction]
                assert absolute <= bound, why
            else:
                assert units <= TOLERANCE + ROUNDED_ARGUMENT.get((name, direction), 0), (dtype, peer.form)


@pytest.mark.parametrize(("library", "name", "direction"), CASES)
def test_far_arguments_give_no_warning(library: Any, name: str, direction: str) -> None:
    need(library)
    for dtype in peers.DTYPES:
        top = np.finfo(dtype).max
        x = np.array([top, -top, 200.0, -200.0, np.inf, -np.inf, np.nan, 0.0, -0.0], dtype)
        for peer in of(library, name, direction, dtype):
            y = peer.function(x)
            assert (y.dtype, y.shape) == (x.dtype, x.shape)


def test_every_entry_is_a_row() -> None:
    names = {row.name for row in ELEMENTWISE}
    for library in peers.LIBRARIES:
        assert set(library.table) <= names
    for direction in peers.DIRECTIONS:
        # NumPy, which is always there, has all but erf; a new row may have no peer
        assert len([name for name in names if peers.peers(name, direction, "float32")]) >= 41
    assert peers.peers("softmax", "value", "float32") == []


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(KeyError, match="no row"):
        peers.peers("nosuch", "value", "float32")
    with pytest.raises(ValueError, match="direction"):
        peers.peers("tanh", "backward", "float32")
    with pytest.raises(ValueError, match="dtype"):
        peers.peers("tanh", "value", "int32")


@pytest.mark.parametrize("direction", ["value", "derivative"])
def test_a_wrong_formula_is_noticed(direction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # a constant of GELU with one digit changed
    forms = tuple(form.replace("0.044715", "0.044725") for form in peers.NUMPY["gelu_tanh"])
    monkeypatch.setitem(peers.NUMPY, "gelu_tanh", forms)
    (peer,) = (peer for peer in peers.peers("gelu_tanh", direction, "float32") if peer.library == "NumPy")
    assert error(peer, "gelu_tanh", direction, make_x("float32"))[1] > TOLERANCE


def test_a_missing_library_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    assert {peer.library for peer in peers.peers("gelu_tanh", "value", "float32")} == {"NumPy"}
    assert peers.peers("gelu", "value", "float32") == []


def test_a_broken_library_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "torch", None)  # import raises
    with pytest.raises(ImportError):
        peers.peers("tanh", "value", "float32")


def test_importing_it_imports_no_library(run_python: Any) -> None:
    code = f"""
import runpy, sys
runpy.run_path({str(ROOT / "benchmarks" / "peers.py")!r})
assert not {{"torch", "onnx", "onnxruntime", "scipy.special", "thinc"}} & set(sys.modules), sorted(sys.modules)
"""
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr


def test_pytorch_has_one_thread_where_asked_and_is_left_alone_elsewhere() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    before = torch.get_num_threads()
    peers.peers("tanh", "value", "float32")
    assert torch.get_num_threads() == before
    try:
        peers.one_thread()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
