"""The example network learns its spiral with every activation, and draws what it learned."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import fastact as fa

EXAMPLE = Path(__file__).parent.parent / "examples" / "two_layer_network.py"
QUICK = ["relu", "tanh", "sigmoid", "gelu", "prelu", "step", "identity", "swish"]
SLOW = [
    name for name in fa.names(aliases=True) if name not in QUICK and fa.get(name).derivative_range is not None
]  # softmax is no activation of single elements

pytestmark = pytest.mark.skipif(not EXAMPLE.exists(), reason="the examples are not beside the tests")


def read_png(path: Path) -> npt.NDArray[np.uint8]:
    """The pixels of an RGB file whose lines are unfiltered, every length and check sum verified."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (crc,) = struct.unpack_from(">I", data, at + 8 + length)
        assert crc == zlib.crc32(kind + body)
        chunks.append((kind, body))
        at += 12 + length
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert rest == [8, 2, 0, 0, 0]
    lines = np.frombuffer(zlib.decompress(chunks[1][1]), np.uint8).reshape(height, 1 + 3 * width)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3)


def check(run_python: Any, folder: Path, name: str) -> None:
    """Train with ``name`` in ``folder`` and look at exit status, accuracy and picture."""
    process = run_python("-W", "error", EXAMPLE, name, cwd=folder)
    assert process.returncode == 0, process.stdout + process.stderr
    summary = next(line for line in process.stdout.splitlines() if line.startswith("accuracy"))
    assert float(summary.split()[1]) >= 0.99
    pixels = read_png(folder / f"spiral_{name}.png")
    # The dots are the only pixels of full colour. About as many of each arm, on either side of the origin alike.
    orange = (pixels == (230, 120, 30)).all(axis=-1)
    blue = (pixels == (40, 90, 200)).all(axis=-1)
    assert orange.sum() > 1000
    assert blue.sum() > 1000
    assert (orange & blue[::-1, ::-1]).sum() > 100
    # Beside each dot the network believes in its colour: red outweighs blue around the orange ones.
    red_wins = pixels[..., 0] > pixels[..., 2]
    assert red_wins[orange].all()
    dyed = (pixels != 255).any(axis=-1) & ~orange & ~blue
    near_orange = np.roll(orange, 7, axis=1) & dyed
    assert red_wins[near_orange].mean() > 0.8


@pytest.mark.parametrize("name", QUICK)
def test_learns(run_python: Any, tmp_path: Path, name: str) -> None:
    check(run_python, tmp_path, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_learns_slow(run_python: Any, tmp_path: Path, name: str) -> None:
    check(run_python, tmp_path, name)


def test_exit_status_tells_of_failure(run_python: Any, tmp_path: Path) -> None:
    """No straight line separates the arms: identity of the bare coordinates must not pretend to have learned them."""
    arguments = ["identity", "--features", "xy", "--epochs", "5", "--png", "line.png"]
    process = run_python("-W", "error", EXAMPLE, *arguments, cwd=tmp_path)
    assert process.returncode == 1, process.stdout + process.stderr
    assert read_png(tmp_path / "line.png").shape == (480, 480, 3)


def test_seed_repeats(run_python: Any, tmp_path: Path) -> None:
    """The same seed gives the same picture, another seed another."""
    for png, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run_python(
            EXAMPLE, "tanh", "--seed", seed, "--epochs", "3", "--png", png, OPENBLAS_NUM_THREADS="1", cwd=tmp_path
        )
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


def test_help_and_wrong_name(run_python: Any) -> None:
    process = run_python(EXAMPLE, "--help")
    assert process.returncode == 0
    assert "gelu_tanh" in process.stdout
    assert "--png" in process.stdout
    process = run_python(EXAMPLE, "gleu")
    assert process.returncode == 2
    assert "gelu" in process.stderr
