"""``fastact apply`` along axes: every function gives what its call from Python gives, however the file is cut."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.cli import apply
from fastact.cli.main import main
from fastact.table.registry import BY_NAME, Row

pytest.importorskip("rich")

Capture = pytest.CaptureFixture[str]
ROWS = [row for row in BY_NAME.values() if not row.spatial]
ALONG = [row for row in ROWS if row.axis or row.gated]
SHAPE = (4, 6, 8)
LAYOUTS = {
    "C": lambda x: x,
    "Fortran": np.asfortranarray,
    "big-endian Fortran": lambda x: np.asfortranarray(x.astype(x.dtype.newbyteorder(">"))),
}


def data(dtype: str = "f4") -> Any:
    return (np.random.default_rng(0).standard_normal(SHAPE) * 3).astype(dtype)


@pytest.fixture(params=[1 << 24, 200, 40], ids=["whole", "cut", "rows"])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The bytes of a chunk: all of the file, some rows, and one row, or a part of one block."""
    monkeypatch.setattr(apply, "CHUNK_BYTES", request.param)
    monkeypatch.setattr(apply, "RUN_BYTES", 8)
    return int(request.param)


def words(keywords: dict[str, Any]) -> list[str]:
    """Keywords as a command line has them."""
    return [word for name, value in keywords.items() for word in ("--param", f"{name}={str(value).strip('()')}")]


def needed(row: Row) -> dict[str, Any]:
    """The arguments that must be given."""
    given: dict[str, Any] = {param.name: 0.25 for param in row.params if param.default is None}
    return given | ({"groups": 2} if row.name == "maxout" else {}) | ({"rng": 3} if "gumbel" in row.name else {})


def options(row: Row) -> list[dict[str, Any]]:
    """Keywords to try besides."""
    found: list[dict[str, Any]] = [{}]
    if row.name in ("softmax", "log_softmax", "softmin"):
        found += [{"scale": 0.5}, {"axis": None}, {"axis": (0, 2)}, {"axis": (1, 2)}]
    if row.name == "logsumexp":
        found += [{"keepdims": True}, {"axis": (0, 1)}, {"axis": (0, 2), "keepdims": True}, {"axis": None}]
    if row.gated:
        found += [{"gate": "first", "interleaved": True}, {"bias": 0.5}]
    if row.name == "swiglu":
        found += [{"alpha": 1.702, "limit": 7.0, "shift": 1.0}]
    if row.axis or row.gated:
        found += [{**one, "axis": axis} for one in found if "axis" not in one for axis in (0, 1, -3)]
    return found


def call(row: Row, x: Any, keywords: dict[str, Any]) -> Any:
    function: Any = fa.get(row.name)
    return np.asarray(function(x, **keywords))


def same(found: Any, wanted: Any, layout: str) -> None:
    np.testing.assert_array_equal(found, wanted)
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype.newbyteorder("=")
    if found.ndim > 1 and not found.flags.c_contiguous:
        assert layout != "C"


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_function_as_from_python(capsys: Capture, tmp_path: Path, row: Row, layout: str, chunk: int) -> None:
    x = LAYOUTS[layout](data())
    source, out = tmp_path / "in.npy", tmp_path / "out.npy"
    np.save(source, x)
    for given in options(row):
        keywords = needed(row) | given
        if "rng" in keywords and not (layout == "C" and keywords.get("axis", -1) in (-1, 0)):
            continue  # the noise is drawn chunk by chunk, in the order of the file
        if "rng" in keywords and keywords.get("axis") == 0 and chunk < x.nbytes:
            continue
        wanted = call(row, x, keywords)
        assert main(["apply", row.name, str(source), "--out", str(out), *words(keywords)]) == 0, keywords
        told = capsys.readouterr()
        assert told.err == ""
        same(np.load(out), wanted, layout)
        changed = wanted.shape != x.shape
        assert (f"{wanted.dtype.newbyteorder('=')} {wanted.shape}\n" in told.out) == changed
        np.testing.assert_array_equal(np.load(source), x)
        if not changed and x.dtype.isnative:
            np.save(out, x)
            assert main(["apply", row.name, str(out), "--in-place", *words(keywords)]) == 0, keywords
            same(np.load(out), wanted, layout)
        elif changed:
            before = source.read_bytes()
            assert main(["apply", row.name, str(source), "--in-place", *words(keywords)]) == 2
            assert f"the shape must stay {x.shape}, the result is {wanted.shape}" in capsys.readouterr().err
            assert source.read_bytes() == before
        capsys.readouterr()


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_causal(capsys: Capture, tmp_path: Path, name: str, layout: str, chunk: int) -> None:
    for shape in ((5, 5), (3, 5, 5), (2, 3, 4, 4)):
        x = LAYOUTS[layout](np.random.default_rng(1).standard_normal(shape).astype("f4"))
        np.save(tmp_path / "in.npy", x)
        argv = ["apply", name, str(tmp_path / "in.npy"), "--out", str(tmp_path / "out.npy")]
        assert main([*argv, "--param", "causal=true", "--param", "scale=0.5", "--axis", str(len(shape) - 1)]) == 0
        wanted = call(BY_NAME[name], x, {"causal": True, "scale": 0.5})
        same(np.load(tmp_path / "out.npy"), wanted, layout)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("dtype", ["f2", "f8", "i1", "i8", "?", ">i4"])
@pytest.mark.parametrize("row", ALONG, ids=lambda row: row.name)
def test_every_dtype(capsys: Capture, tmp_path: Path, row: Row, dtype: str, chunk: int) -> None:
    x = data().astype(dtype)
    np.save(tmp_path / "in.npy", x)
    argv = ["apply", row.name, str(tmp_path / "in.npy"), "--out", str(tmp_path / "out.npy"), *words(needed(row))]
    assert main(argv) == 0
    same(np.load(tmp_path / "out.npy"), call(row, x, needed(row)), "C")
    assert main([*argv, "--dtype", "float32"]) == 0
    same(np.load(tmp_path / "out.npy"), call(row, x.astype("f4"), needed(row)), "C")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (0,), (2, 0, 4)])
@pytest.mark.parametrize("layout", ["C", "Fortran"])
@pytest.mark.parametrize("row", ALONG, ids=lambda row: row.name)
def test_empty_files(capsys: Capture, tmp_path: Path, row: Row, layout: str, shape: tuple[int, ...]) -> None:
    x = LAYOUTS[layout](np.zeros(shape, "f4"))
    np.save(tmp_path / "in.npy", x)
    for axis in range(len(shape)):
        keywords = needed(row) | {"axis": axis}
        argv = ["apply", row.name, str(tmp_path / "in.npy"), "--out", str(tmp_path / "out.npy"), *words(keywords)]
        assert main(argv) == 0, capsys.readouterr().err
        same(np.load(tmp_path / "out.npy"), call(row, x, keywords), layout)


@pytest.mark.parametrize("in_place", [False, True], ids=["out", "in place"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_number_as_from_python(capsys: Capture, tmp_path: Path, row: Row, in_place: bool) -> None:
    source = tmp_path / "in.npy"
    np.save(source, np.array(-1.5, np.float32))
    where = ["--in-place"] if in_place else ["--out", str(tmp_path / "out.npy")]
    status = main(["apply", row.name, str(source), *where, *words(needed(row))])
    told = capsys.readouterr()
    if row.gated or row.name == "maxout":
        assert status == 2
        assert f"fastact: error: {row.name}: x is 0-dimensional" in told.err
        assert os.listdir(tmp_path) == ["in.npy"]
        return
    assert status == 0, told.err
    wanted = call(row, np.array(-1.5, np.float32), needed(row))
    found = np.load(source if in_place else tmp_path / "out.npy")
    np.testing.assert_array_equal(found, wanted, strict=True)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["softmax", "--axis", "3"], "axis=3 is not an axis of x, which has 3 dimensions"),
        (["softmax", "--axis", "last"], "axis='last' is not a whole number, several with commas between them, or none"),
        (["softmax", "--axis=0,0"], "none twice"),
        (["softmax", "--axis", "0", "--param", "axis=0"], "'axis' is given twice"),
        (["softmax", "--param", "scale=nan"], "scale=nan is not accepted"),
        (["softmax", "--param", "scale=big"], "scale='big' is not a number"),
        (["softmax", "--param", "causal=maybe"], "causal='maybe' is not true or false"),
        (["softmax", "--param", "causal=true"], "causal=true needs a file of shape (..., L, L), not (4, 6, 8)"),
        (["softmax", "--param", "mask=m.npy"], "softmax has no parameter 'mask'; accepted are axis, scale, causal"),
        (["logsumexp", "--param", "keepdims=2"], "keepdims='2' is not true or false"),
        (["maxout"], "maxout needs --param groups=NUMBER"),
        (["maxout", "--param", "groups=3"], "axis -1 of the file has 8 elements; it must be a multiple of groups, 3"),
        (["maxout", "--param", "groups=0"], "groups=0 is not accepted"),
        (["maxout", "--param", "groups=2.5"], "groups='2.5' is not a whole number"),
        (["maxout", "--param", "groups=2", "--axis", "none"], "axis=None is not accepted"),
        (["swiglu", "--axis=0,1"], "is not accepted"),
        (["swiglu", "--param", "gate=third"], "gate='third' is not accepted; it must be 'first' or 'second'"),
        (["swiglu", "--param", "limit=-1"], "limit=-1.0 is not accepted"),
        (["gumbel_softmax", "--param", "tau=0"], "tau=0.0 is not accepted"),
        (["gumbel_softmax", "--param", "rng=-1"], "rng=-1 is not accepted"),
        (["gelu", "--axis", "0"], "gelu has no parameter 'axis'; accepted are approximate, bias"),
        (["frelu"], "frelu needs an array of weights"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(
    capsys: Capture, tmp_path: Path, argv: list[str], message: str
) -> None:
    source, out = tmp_path / "in.npy", tmp_path / "out.npy"
    np.save(source, data())
    before = source.read_bytes()
    for where in (["--out", str(out)], ["--in-place"]):
        assert main(["apply", argv[0], str(source), *where, *argv[1:]]) == 2
        told = capsys.readouterr()
        assert message in told.err
        assert told.out == ""
        assert source.read_bytes() == before
        assert os.listdir(tmp_path) == ["in.npy"]


def test_an_axis_of_odd_length_is_not_halved(capsys: Capture, tmp_path: Path) -> None:
    np.save(tmp_path / "in.npy", np.zeros((2, 7)))
    assert main(["apply", "glu", str(tmp_path / "in.npy"), "--out", str(tmp_path / "out.npy")]) == 2
    assert "axis -1 of the file has 7 elements; it must be an even number" in capsys.readouterr().err


def test_rows_longer_than_memory_are_refused(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = tmp_path / "in.npy", tmp_path / "out.npy"
    np.save(source, data())
    monkeypatch.setattr(apply, "memory", lambda: 100)
    assert main(["apply", "softmax", str(source), "--out", str(out), "--axis", "none"]) == 2
    error = capsys.readouterr().err
    assert "axes 0, 1, 2 cannot be cut into chunks: 192 elements belong together, which take 1.43e-06 GiB" in error
    monkeypatch.setattr(apply, "memory", lambda: 8 * SHAPE[1])
    assert main(["apply", "softmax", str(source), "--out", str(out), "--axis", "2"]) == 2
    assert "axis 2 cannot be cut into chunks: 8 elements" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["in.npy"]
    # what the other axes have does not matter
    assert main(["apply", "softmax", str(source), "--out", str(out), "--axis", "1"]) == 0


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("layout", ["C", "Fortran"])
def test_a_chunk_is_small_whatever_the_axis(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, axis: int, layout: str
) -> None:
    x = LAYOUTS[layout](np.zeros((40, 50, 60), "f4"))
    np.save(tmp_path / "in.npy", x)
    monkeypatch.setattr(apply, "CHUNK_BYTES", 4000)
    monkeypatch.setattr(apply, "RUN_BYTES", 8)
    read, sizes = apply._read, []

    def watched(*given: Any) -> Any:
        sizes.append(read(*given).nbytes)
        return read(*given)

    monkeypatch.setattr(apply, "_read", watched)
    argv = ["apply", "softmax", str(tmp_path / "in.npy"), "--out", str(tmp_path / "out.npy"), "--axis", str(axis)]
    assert main(argv) == 0
    assert sum(sizes) == x.nbytes
    assert 2000 < max(sizes) <= 4000
    assert math.isclose(np.load(tmp_path / "out.npy").sum(), x.size / x.shape[axis], rel_tol=1e-5)


def test_help_says_the_shapes(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["apply", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    for text in (
        "--axis AXIS",
        "logsumexp: without the axis",
        "maxout: the axis divided by groups",
        "glu, reglu, geglu, swiglu, bilinear: half of the axis",
        "all others: that of the file",
    ):
        assert text in told
    listed = told.partition("activation one of ")[2].partition(", or another")[0].split(", ")
    assert listed == [row.name for row in ROWS]
