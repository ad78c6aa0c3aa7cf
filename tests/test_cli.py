"""The command line: what it prints and writes, and that no failure leaves half a file or a traceback."""

from __future__ import annotations

import errno
import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import RunPython

import fastact as fa
from fastact.api import objects
from fastact.cli import apply, bench
from fastact.cli.main import main
from fastact.table.registry import BY_NAME, ROWS

pytest.importorskip("rich")

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def x() -> Any:
    return np.random.default_rng(0).standard_normal((7, 5)).astype(np.float32) * 3


@pytest.fixture
def source(tmp_path: Path, x: Any) -> Path:
    path = tmp_path / "in.npy"
    np.save(path, x)
    return path


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that small files take several chunks and a shorter last one: 12 float32, or 2 rows of 5."""
    monkeypatch.setattr(apply, "CHUNK_BYTES", 48)


def run(capsys: Capture, *argv: object, status: int = 0) -> str:
    """What a command prints on stdout; stderr must be empty."""
    assert main([str(a) for a in argv]) == status
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def fail(capsys: Capture, *argv: object, status: int = 2) -> str:
    """The one line that a failing command prints on stderr."""
    assert main([str(a) for a in argv]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("\n")
    assert captured.err.count("\n") == 1, captured.err
    if status == 2:
        assert captured.err.startswith("fastact: error: ")
    return captured.err


def only_files(folder: Path, *names: str) -> None:
    """Neither temporary files nor outputs besides ``names``."""
    assert sorted(p.name for p in folder.iterdir()) == sorted(names)


# ---- info and help --------------------------------------------------------------------------------------------------


def test_info_in_a_process_of_its_own(run_python: RunPython) -> None:
    done = run_python("-m", "fastact", "info")
    assert done.returncode == 0, done.stderr
    assert f"fastact          {fa.__version__}\n" in done.stdout
    assert f"NumPy            {np.__version__}\n" in done.stdout


@pytest.mark.parametrize("argv", [["--help"], ["bench", "--help"], ["apply", "--help"], ["info", "--help"]])
def test_help(capsys: Capture, argv: list[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(argv)
    assert raised.value.code == 0
    assert "usage: fastact" in capsys.readouterr().out


def test_help_has_examples_and_warns_of_the_mixture(capsys: Capture) -> None:
    for argv, text in ((["--help"], "fastact apply gelu in.npy --out out.npy"), (["apply", "--help"], "mixture")):
        with pytest.raises(SystemExit):
            main(argv)
        assert text in capsys.readouterr().out


def test_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"fastact {fa.__version__}\n"


@pytest.mark.parametrize("argv", [[], ["bench"], ["apply", "gelu", "in.npy", "--in-place"]])
def test_without_rich(capsys: Capture, monkeypatch: pytest.MonkeyPatch, argv: list[str]) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    assert fail(capsys, *argv) == 'fastact: error: the command line needs rich: pip install "fastact[cli]"\n'


def test_info_without_rich(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    assert "instruction set" in run(capsys, "info")


def test_unknown_command(capsys: Capture) -> None:
    assert "'benhc'" in fail(capsys, "benhc")


# ---- bench ----------------------------------------------------------------------------------------------------------


def test_bench_prints_every_activation(capsys: Capture) -> None:
    out = run(capsys, "bench", "--size", 8, "--format", "markdown", "--threads", 1)
    title, blank, heading, rule, *lines = out.splitlines()
    assert title.startswith("8 x 8 float32, in place; ")
    assert "1 thread;" in title
    assert f"NumPy {np.__version__}" in title
    assert blank == ""
    assert heading == f"| {' | '.join(bench.HEADINGS)} |"
    assert set(rule) == set("|-:")
    assert [line.split("|")[1].strip() for line in lines[: len(ROWS)]] == [row.name for row in ROWS]
    assert lines[-1].startswith("Geometric mean of the ratios (without identity): ")


def test_plain_command_is_bench(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[dict[str, Any]] = []
    monkeypatch.setattr(bench, "run", lambda **options: called.append(options))
    run(capsys)
    assert called == [{"size": 4096, "dtype": "float32", "threads": None, "only": [], "style": "table"}]


def test_bench_table(capsys: Capture) -> None:
    out = run(capsys, "bench", "--size", 8, "--only", "swish,relu", "--dtype", "float64")
    assert "8 x 8 float64" in out
    assert "silu" in out
    assert "gelu" not in out
    assert "Geometric mean" in out
    assert max(map(len, out.splitlines()[-8:])) <= 80


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--only", "gelu,reluu"], "did you mean relu"),
        (["--size", "0"], "--size: '0' is not a whole number from 1"),
        (["--threads", "two"], "--threads: 'two' is not a whole number from 1"),
        (["--dtype", "int8"], "int8"),
    ],
)
def test_bench_refuses(capsys: Capture, argv: list[str], message: str) -> None:
    assert message in fail(capsys, "bench", *argv)


def test_bench_interrupted(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(**options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "run", interrupt)
    assert fail(capsys, "bench", status=130) == "fastact: interrupted\n"


def test_bench_of_more_than_memory(capsys: Capture) -> None:
    assert "allocate" in fail(capsys, "bench", "--size", 10**8)


def test_bench_restores_the_data_before_each_call() -> None:
    data, work, seen = np.arange(6.0), np.empty(6), []

    def decay() -> None:
        seen.append(work.copy())
        work[:] = 0

    for _ in range(2):
        bench._seconds(decay, work, data)
    np.testing.assert_array_equal(seen, [data, data])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_bench_error_is_that_of_the_activation(row: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bench.make_data(64, np.float32)
    ulp = bench.largest_ulp(row, data)
    assert ulp is not None
    assert ulp <= row.value_ulp
    # and it sees an error of 10 ULP in one element
    true: Any = objects.ACTIVATIONS[row.name]

    def wrong(x: Any, *parameters: Any) -> Any:
        y = true(x, *parameters)
        y[3, 5] += 10 * np.spacing(np.abs(y[3, 5]))
        return y

    monkeypatch.setitem(objects.ACTIVATIONS, row.name, wrong)
    worse = bench.largest_ulp(row, data)
    assert worse is not None
    assert worse >= 10 - row.value_ulp
    assert worse > row.value_ulp


def test_bench_mean_leaves_out_what_computes_nothing() -> None:
    def result(name: str, ratio: float) -> bench.Result:
        return bench.Result(name, 1.0, ratio, "form", None)

    mean = bench.geometric_mean([result("identity", 100), result("gelu", 2), result("relu", 8)])
    assert mean is not None
    assert math.isclose(mean, 4)
    assert bench.geometric_mean([result("identity", 100)]) is None
    assert bench.footer([result("identity", 100)]) == ""


# ---- apply: what it writes ------------------------------------------------------------------------------------------


def expected(name: str, x: Any) -> Any:
    function: Any = fa.get(name)
    return function(x, *bench.arguments(BY_NAME[name]))


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("name", [row.name for row in ROWS])
def test_apply_to_a_new_file(capsys: Capture, tmp_path: Path, source: Path, x: Any, name: str) -> None:
    out = tmp_path / "out.npy"
    required = [f"{param.name}=0.25" for param in BY_NAME[name].params if param.default is None]
    run(capsys, "apply", name, source, "--out", out, *(word for text in required for word in ("--param", text)))
    np.testing.assert_array_equal(np.load(out), expected(name, x), strict=True)
    np.testing.assert_array_equal(np.load(source), x)
    only_files(tmp_path, "in.npy", "out.npy")


ARRAYS = {
    "C": np.arange(-15, 15).reshape(2, 3, 5) / np.float32(4),
    "Fortran": np.asfortranarray(np.arange(-15, 15).reshape(2, 3, 5) / np.float32(4)),
    "big-endian": (np.arange(-15, 15).reshape(6, 5) / 4).astype(">f4"),
    "big-endian Fortran": np.asfortranarray((np.arange(-15, 15).reshape(6, 5) / 4).astype(">f8")),
    "half": (np.arange(-15, 15).reshape(6, 5) / 4).astype(np.float16),
    "longdouble": (np.arange(-15, 15).reshape(6, 5) / 4).astype(np.longdouble),
    "one dimension": np.arange(-15, 15) / 4,
    "empty": np.zeros((0, 5), np.float32),
    "empty rows": np.zeros((5, 0), np.float32),
    "0-d": np.array(-1.5, np.float32),
}


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("in_place", [False, True], ids=["out", "in place"])
@pytest.mark.parametrize("name", ["silu", "softmax"])
@pytest.mark.parametrize("kind", list(ARRAYS))
def test_apply_layouts(capsys: Capture, tmp_path: Path, kind: str, name: str, in_place: bool) -> None:
    array = ARRAYS[kind]
    source, out = tmp_path / "in.npy", tmp_path / "out.npy"
    np.save(source, array)
    where = ["--in-place"] if in_place else ["--out", out]
    run(capsys, "apply", name, source, *where)
    found = np.load(source if in_place else out)
    if array.size:
        np.testing.assert_array_equal(found, expected(name, array))
    assert found.shape == array.shape
    assert found.dtype == (array.dtype if in_place else array.dtype.newbyteorder("="))
    assert found.flags.f_contiguous == array.flags.f_contiguous


@pytest.mark.parametrize("code", ["?", "b", "h", "i", "q", "Q"])
def test_apply_to_integers_promotes(capsys: Capture, tmp_path: Path, code: str) -> None:
    array = np.arange(6).astype(code)
    source, out = tmp_path / "in.npy", tmp_path / "out.npy"
    np.save(source, array)
    run(capsys, "apply", "tanh", source, "--out", out)
    np.testing.assert_array_equal(np.load(out), fa.get("tanh")(array), strict=True)  # type: ignore[operator]
    assert np.load(out).dtype == np.exp(array).dtype
    run(capsys, "apply", "tanh", source, "--out", out, "--dtype", "float32")
    assert np.load(out).dtype == np.float32
    assert "in place" in fail(capsys, "apply", "tanh", source, "--in-place")
    np.testing.assert_array_equal(np.load(source), array, strict=True)


def test_apply_dtype_may_overflow_to_inf(capsys: Capture, tmp_path: Path) -> None:
    source, out = tmp_path / "in.npy", tmp_path / "out.npy"
    np.save(source, np.array([1e300, -1e300, 1.0]))
    run(capsys, "apply", "relu", source, "--out", out, "--dtype", "float32")
    np.testing.assert_array_equal(np.load(out), np.array([np.inf, 0, 1], np.float32), strict=True)


def test_apply_parameters(capsys: Capture, tmp_path: Path, source: Path, x: Any) -> None:
    out = tmp_path / "out.npy"
    run(capsys, "apply", "elu", source, "--out", out, "--param", "alpha=0.5")
    np.testing.assert_array_equal(np.load(out), fa.get("elu")(x, alpha=0.5))  # type: ignore[operator]
    run(capsys, "apply", "GELU", source, "--out", out, "--param", "approximate=tanh")
    np.testing.assert_array_equal(np.load(out), expected("gelu_tanh", x))


def test_apply_replaces_a_file_and_keeps_its_mode(capsys: Capture, tmp_path: Path, source: Path, x: Any) -> None:
    out, link = tmp_path / "out.npy", tmp_path / "link.npy"
    out.write_bytes(b"old")
    out.chmod(0o640)
    link.symlink_to(out)
    run(capsys, "apply", "tanh", source, "--out", link)
    assert link.is_symlink()
    assert out.stat().st_mode & 0o777 == 0o640
    np.testing.assert_array_equal(np.load(out), expected("tanh", x))
    only_files(tmp_path, "in.npy", "link.npy", "out.npy")


def test_new_file_follows_the_umask(capsys: Capture, tmp_path: Path, source: Path) -> None:
    before = os.umask(0o027)
    try:
        run(capsys, "apply", "tanh", source, "--out", tmp_path / "out.npy")
    finally:
        os.umask(before)
    assert (tmp_path / "out.npy").stat().st_mode & 0o777 == 0o640


# ---- apply: what it refuses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["gellu", "in.npy", "--out", "out.npy"], "no activation is called 'gellu'; did you mean gelu"),
        (["gelu", "none.npy", "--out", "out.npy"], "none.npy: No such file or directory"),
        (["gelu", "none.npy", "--in-place"], "none.npy: No such file or directory"),
        (["gelu", ".", "--out", "out.npy"], "not a regular file"),
        (["gelu", "in.npy"], "--out --in-place is required"),
        (["gelu", "in.npy", "--out", "out.npy", "--in-place"], "not allowed with"),
        (["gelu", "in.npy", "--out", "in.npy"], "--out is the input; use --in-place"),
        (["gelu", "in.npy", "--out", "./in.npy"], "--out is the input; use --in-place"),
        (["gelu", "in.npy", "--out", "."], "exists and is not a regular file"),
        (["gelu", "in.npy", "--out", "none/out.npy"], "No such file or directory"),
        (["gelu", "in.npy", "--out", "out.npy", "--param", "alpha=1"], "gelu has no parameter 'alpha'"),
        (["softmax", "in.npy", "--out", "out.npy", "--param", "axis=2"], "axis=2 is not an axis of x"),
        (["swiglu", "in.npy", "--out", "out.npy"], "axis -1 of the file has 5 elements; it must be an even number"),
        (["elu", "in.npy", "--out", "out.npy", "--param", "alpha=x"], "alpha='x' is not a number"),
        (["elu", "in.npy", "--out", "out.npy", "--param", "alpha"], "not of the form NAME=VALUE"),
        (["elu", "in.npy", "--out", "out.npy", "--param", "alpha=nan"], "must be any finite number"),
        (["softplus", "in.npy", "--out", "out.npy", "--param", "beta=0"], "any finite number but 0"),
        (
            ["elu", "in.npy", "--out", "out.npy", "--dtype", "float32", "--param", "alpha=1e39"],
            "alpha=1e+39 is not accepted; it must be finite in float32",
        ),
        (["elu", "in.npy", "--out", "out.npy", "--param", "alpha=1", "--param", "alpha=2"], "given twice"),
        (["gelu", "in.npy", "--out", "out.npy", "--param", "approximate=erf"], "'none' or 'tanh'"),
        (["prelu", "in.npy", "--out", "out.npy"], "prelu needs --param weight=NUMBER"),
        (["threshold", "in.npy", "--out", "out.npy", "--param", "value=1"], "needs --param threshold=NUMBER"),
        (["clip", "in.npy", "--out", "out.npy", "--param", "min_val=2"], "min_val must not be greater than max_val"),
        (["rrelu", "in.npy", "--out", "out.npy", "--param", "training=1"], "rrelu has no parameter 'training'"),
        (["gelu", "in.npy", "--out", "out.npy", "--dtype", "int8"], "invalid choice"),
        (["gelu", "in.npy", "--in-place", "--dtype", "float64"], "in place the dtype must stay float32"),
    ],
)
def test_apply_refuses(
    capsys: Capture, tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = source.read_bytes()
    assert message in fail(capsys, "apply", *argv)
    assert source.read_bytes() == before
    only_files(tmp_path, "in.npy")


@pytest.mark.parametrize("in_place", [False, True], ids=["out", "in place"])
@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([1 + 2j]), "dtype complex128 is not accepted"),
        (np.array([{}], object), "dtype object is not accepted"),
        (np.array(["text"]), "is not accepted; it must be real numbers"),
        (np.array(["2020-01-01"], "M8[D]"), "is not accepted; it must be real numbers"),
        (np.zeros(2, [("a", "f4")]), "is not accepted; it must be real numbers"),
    ],
    ids=["complex", "object", "text", "dates", "fields"],
)
def test_apply_refuses_dtypes(capsys: Capture, tmp_path: Path, array: Any, message: str, in_place: bool) -> None:
    source = tmp_path / "in.npy"
    np.save(source, array, allow_pickle=True)
    where = ["--in-place"] if in_place else ["--out", tmp_path / "out.npy"]
    assert message in fail(capsys, "apply", "gelu", source, *where)
    only_files(tmp_path, "in.npy")


@pytest.mark.parametrize("in_place", [False, True], ids=["out", "in place"])
@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (slice(0, -1), "truncated: its header promises 140 bytes, 139 are there"),
        (slice(0, 128), "truncated: its header promises 140 bytes, 0 are there"),
        (slice(0, 60), "damaged .npy header"),
        (slice(0, 5), "not a .npy file"),
        (slice(0, 0), "not a .npy file"),
        (slice(1, None), "not a .npy file"),
    ],
)
def test_apply_refuses_damaged_files(
    capsys: Capture, tmp_path: Path, source: Path, cut: slice, message: str, in_place: bool
) -> None:
    damaged = source.read_bytes()[cut]
    source.write_bytes(damaged)
    where = ["--in-place"] if in_place else ["--out", tmp_path / "out.npy"]
    assert message in fail(capsys, "apply", "gelu", source, *where)
    assert source.read_bytes() == damaged
    only_files(tmp_path, "in.npy")


@pytest.mark.parametrize(("old", "new"), [(b"(7, 5)", b"(-7,5)"), (b"(7, 5)", b"7, 5))"), (b"'<f4'", b"'<q9'")])
def test_apply_refuses_damaged_headers(capsys: Capture, tmp_path: Path, source: Path, old: bytes, new: bytes) -> None:
    content = source.read_bytes()
    assert old in content
    source.write_bytes(content.replace(old, new))
    assert "damaged .npy header" in fail(capsys, "apply", "gelu", source, "--out", tmp_path / "out.npy")
    only_files(tmp_path, "in.npy")


def test_apply_refuses_read_only_files(capsys: Capture, tmp_path: Path, source: Path) -> None:
    # The bits decide, since opening a file would not stop root.
    out = tmp_path / "out.npy"
    out.write_bytes(b"old")
    out.chmod(0o444)
    before = source.read_bytes()
    assert "out.npy: the file is read-only" in fail(capsys, "apply", "gelu", source, "--out", out)
    assert out.read_bytes() == b"old"
    source.chmod(0o444)
    assert "in.npy: the file is read-only" in fail(capsys, "apply", "gelu", source, "--in-place")
    assert source.read_bytes() == before
    only_files(tmp_path, "in.npy", "out.npy")


# ---- apply: what interrupts it --------------------------------------------------------------------------------------

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def break_write(monkeypatch: pytest.MonkeyPatch, at: int, error: BaseException) -> None:
    """Let the ``at``-th chunk that is written raise."""
    true, calls = apply._write, [0]

    def broken(*args: Any) -> None:
        calls[0] += 1
        if calls[0] == at:
            raise error
        true(*args)

    monkeypatch.setattr(apply, "_write", broken)


def break_sync(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let what the system has put off writing fail at the end."""

    def broken(handle: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", broken)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("existing", [False, True], ids=["new", "existing"])
@pytest.mark.parametrize("when", ["write", "sync"])
@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()], ids=["disk full", "interrupted"])
def test_failure_leaves_no_output(
    capsys: Capture,
    tmp_path: Path,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    when: str,
    existing: bool,
) -> None:
    out = tmp_path / "out.npy"
    if existing:
        out.write_bytes(b"old")
    if when == "write":
        break_write(monkeypatch, 2, error)
    else:
        break_sync(monkeypatch, error)
    interrupted = isinstance(error, KeyboardInterrupt)
    line = fail(capsys, "apply", "gelu", source, "--out", out, status=130 if interrupted else 2)
    assert "out.npy was not written" in line
    assert interrupted == line.startswith("fastact: interrupted: ")
    assert interrupted or "No space left on device" in line
    only_files(tmp_path, "in.npy", *(["out.npy"] if existing else []))
    if existing:
        assert out.read_bytes() == b"old"


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("name", ["gelu", "softmax"])
@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()], ids=["disk full", "interrupted"])
def test_failure_in_place_says_how_far_it_got(
    capsys: Capture,
    source: Path,
    x: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    name: str,
) -> None:
    break_write(monkeypatch, 2, error)
    interrupted = isinstance(error, KeyboardInterrupt)
    line = fail(capsys, "apply", name, source, "--in-place", status=130 if interrupted else 2)
    assert interrupted == line.startswith("fastact: interrupted: ")
    done = "first 12 of 35 elements" if name == "gelu" else "first 2 of 7 rows"
    doubtful = "the next 12 may be either" if name == "gelu" else "the next 2 may be either"
    assert "in.npy holds a mixture: " in line
    assert done in line
    assert doubtful in line
    count = 12 if name == "gelu" else 10
    found = np.load(source)
    np.testing.assert_array_equal(found.ravel()[:count], expected(name, x).ravel()[:count])
    np.testing.assert_array_equal(found.ravel()[2 * count :], x.ravel()[2 * count :])


def test_interruption_before_the_first_chunk_changes_nothing(
    capsys: Capture, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: Any) -> None:
        raise KeyboardInterrupt

    before = source.read_bytes()
    monkeypatch.setattr(apply, "_read", interrupt)
    assert "in.npy is unchanged" in fail(capsys, "apply", "gelu", source, "--in-place", status=130)
    assert source.read_bytes() == before


def test_file_that_becomes_shorter_while_it_is_read(
    capsys: Capture, tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(source, np.zeros(100_000, np.float32))  # more than any buffer below holds already
    true = apply.check_call

    def cut(*args: Any) -> None:
        true(*args)
        os.truncate(source, 200)

    monkeypatch.setattr(apply, "check_call", cut)
    assert "became shorter" in fail(capsys, "apply", "gelu", source, "--out", tmp_path / "out.npy")
    only_files(tmp_path, "in.npy")
