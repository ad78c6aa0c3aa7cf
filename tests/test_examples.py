"""The example network learns its spiral with every activation, and draws what it learned."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from scripts import load

import fastact as fa

EXAMPLE = Path(__file__).parent.parent / "examples" / "two_layer_network.py"
QUICK = ["relu", "tanh", "sigmoid", "gelu", "prelu", "step", "identity", "swish"]
SLOW = [
    name for name in fa.names(aliases=True) if name not in QUICK and fa.get(name).derivative_range is not None
]  # softmax is no activation of single elements

# Every warning is an error, but of what the lowest matplotlib calls that newer versions of pyparsing deprecate.
STRICT = (
    *("-W", "error"),
    *("-W", "ignore::DeprecationWarning:matplotlib._fontconfig_pattern"),
    *("-W", "ignore::DeprecationWarning:matplotlib._mathtext"),
)
DRAWS = importlib.util.find_spec("matplotlib") is not None

pytestmark = pytest.mark.skipif(not EXAMPLE.exists(), reason="the examples are not beside the tests")


def read_png(path: Path) -> npt.NDArray[np.uint8]:
    """The RGB pixels of an opaque PNG file."""
    image = pytest.importorskip("matplotlib.image")
    pixels = np.rint(255 * image.imread(path, format="png")).astype(np.uint8)
    assert (pixels[..., 3:] == 255).all()
    return pixels[..., :3]


def within_axes(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The plane alone: the rows and columns that are coloured; what is written around it is grey or short."""
    dyed = np.ptp(pixels.astype(int), axis=-1) > 8
    plane = pixels[np.ix_(dyed.mean(axis=1) > 0.5, dyed.mean(axis=0) > 0.5)]
    assert plane.shape[0] == plane.shape[1] > 400
    assert plane.shape[0] < min(dyed.shape), "no room for a title and axes"
    return plane


class Trained(NamedTuple):
    """An example's run: what it is named, where it wrote, and the finished process."""

    name: str
    folder: Path
    process: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def trained(run_python: Any, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Trained:
    """One training with an activation, which draws where matplotlib is."""
    name, folder = request.param, tmp_path_factory.mktemp("example")
    options = [] if DRAWS else ["--no-picture"]
    return Trained(name, folder, run_python(*STRICT, EXAMPLE, name, *options, cwd=folder))


activations = pytest.mark.parametrize(
    "trained", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)], indirect=True
)


def learned(process: subprocess.CompletedProcess[str]) -> None:
    """Look at exit status and accuracy."""
    assert process.returncode == 0, process.stdout + process.stderr
    summary = next(line for line in process.stdout.splitlines() if line.startswith("accuracy"))
    assert float(summary.split()[1]) >= 0.99


@activations
def test_learns(trained: Trained) -> None:
    learned(trained.process)


@activations
def test_draws(trained: Trained) -> None:
    pytest.importorskip("matplotlib")
    assert trained.process.returncode == 0, trained.process.stdout + trained.process.stderr
    pixels = within_axes(read_png(trained.folder / f"spiral_{trained.name}.png"))
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


@pytest.mark.filterwarnings("ignore::DeprecationWarning:matplotlib")
def test_figure_is_labelled() -> None:
    """Its title is what is given, both axes and both arms have a name."""
    pytest.importorskip("matplotlib")
    arm = np.arange(2)
    figure = load("examples", EXAMPLE.stem).decision_map(
        "gelu: 0.99", lambda points: np.full((len(points), 2), 0.5), np.zeros((2, 2)), arm
    )
    (axes,) = figure.axes
    assert axes.get_title() == "gelu: 0.99"
    assert axes.get_xlabel()
    assert axes.get_ylabel()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["arm 1", "arm 2"]


def without_matplotlib(*arguments: str) -> list[str]:
    """What Python is given to run the example where matplotlib cannot be imported."""
    hidden = "import runpy, sys; sys.modules['matplotlib'] = None; sys.argv[:] = sys.argv[1:]; "
    return ["-W", "error", "-c", hidden + "runpy.run_path(sys.argv[0], run_name='__main__')", str(EXAMPLE), *arguments]


def test_learns_without_matplotlib(run_python: Any, tmp_path: Path) -> None:
    learned(run_python(*without_matplotlib("gelu", "--no-picture"), cwd=tmp_path))
    assert not list(tmp_path.iterdir())


def test_says_what_the_picture_needs(run_python: Any, tmp_path: Path) -> None:
    """In one line and before it trains; not 1, which says that it could not learn."""
    process = run_python(*without_matplotlib("gelu"), cwd=tmp_path)
    assert process.returncode == 2
    assert process.stdout == ""
    (line,) = process.stderr.splitlines()
    assert "pip install matplotlib" in line
    assert "--no-picture" in line
    assert not list(tmp_path.iterdir())


FAILS = ("identity", "--features", "xy", "--epochs", "5")


def test_exit_status_tells_of_failure(run_python: Any, tmp_path: Path) -> None:
    """No straight line separates the arms: identity of the bare coordinates must not pretend to have learned them."""
    process = run_python(*STRICT, EXAMPLE, *FAILS, "--no-picture", cwd=tmp_path)
    assert process.returncode == 1, process.stdout + process.stderr


def test_failure_is_drawn(run_python: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    process = run_python(*STRICT, EXAMPLE, *FAILS, "--png", "line.png", cwd=tmp_path)
    assert process.returncode == 1, process.stdout + process.stderr
    assert read_png(tmp_path / "line.png").shape == (600, 600, 3)


def epochs(run_python: Any, folder: Path, seed: str, *options: str) -> list[str]:
    """What a short training prints of its epochs."""
    process = run_python(
        EXAMPLE, "tanh", "--seed", seed, "--epochs", "3", *options, OPENBLAS_NUM_THREADS="1", cwd=folder
    )
    lines = [line for line in process.stdout.splitlines() if line.startswith("epoch")]
    assert lines, process.stderr
    return lines


def test_seed_repeats(run_python: Any, tmp_path: Path) -> None:
    """The same seed learns the same, another seed something else."""
    a, b, c = (epochs(run_python, tmp_path, seed, "--no-picture") for seed in "112")
    assert a == b != c


def test_seed_repeats_the_picture(run_python: Any, tmp_path: Path) -> None:
    """To the byte; another seed gives another."""
    pytest.importorskip("matplotlib")
    for png, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        epochs(run_python, tmp_path, seed, "--png", png)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


def test_help_and_wrong_name(run_python: Any) -> None:
    process = run_python(EXAMPLE, "--help")
    assert process.returncode == 0
    assert "gelu_tanh" in process.stdout
    assert "--png" in process.stdout
    assert "--no-picture" in process.stdout
    process = run_python(EXAMPLE, "gleu")
    assert process.returncode == 2
    assert "gelu" in process.stderr
