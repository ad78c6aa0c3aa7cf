"""A network of two weight layers learns to tell the arms of a spiral apart, in plain NumPy, with any activation.

    python two_layer_network.py gelu
    python two_layer_network.py prelu --seed 3 --png prelu.png
    python two_layer_network.py gelu --no-picture

matplotlib draws what was learned (``pip install matplotlib``); ``--no-picture`` needs NumPy alone.

The network is

    z = x W1 + b1        h = f(z)        p = softmax(h W2 + b2)

with x a batch of points of the plane, f the activation named on the command line and p the probabilities of the two
arms. The loss is the cross-entropy, averaged over the batch. The backward pass goes through the same lines from last
to first: dz = f'(z) dh is one call of ``f.backward``, in the memory of dh. Adam turns gradients into steps.

Two activations cannot learn a spiral by themselves, and the program does not pretend that they can:

- identity: two linear layers are one linear layer, which separates with a straight line. It is fed sines and cosines
  of 256 random projections of each point instead of the two coordinates (Rahimi & Recht, Random features for
  large-scale kernel machines, 2007). Any other activation may be fed them too: ``--features fourier``.
- step: its derivative is 0, so no gradient reaches W1 and b1. They keep their random values, and only the output
  layer learns; the hidden layer is wide enough for that.

The weights of prelu, one per hidden unit, are learned along with the rest.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import fastact as fa

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[np.float32]

HIDDEN = 512
POINTS = 400  # of each arm
TURNS = 1.5  # of each arm about the origin
BATCH = 100
GOAL = 0.99
REACH = 1.15  # the picture shows the square from -REACH to REACH
COLOURS = ["#e6781e", "#285ac8"]  # of the arms; of a tuple of two matplotlib 3.8 makes one colour


def spiral(rng: np.random.Generator) -> tuple[Array, npt.NDArray[np.intp]]:
    """Points of two interleaved arms within the unit disc, slightly noisy, and which arm each is of."""
    along = np.sqrt(rng.uniform(0.02, 1, (2, POINTS)))  # the root spreads them evenly along the arms
    angle = 2 * np.pi * TURNS * along + np.pi * np.arange(2)[:, None]
    points = along[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    points += rng.normal(0, 0.015, points.shape)
    return points.reshape(-1, 2).astype(np.float32), np.repeat(np.arange(2), POINTS)


def fourier_features(rng: np.random.Generator, count: int = 256) -> Callable[[Array], Array]:
    """The function from points to sines and cosines of ``count`` fixed random projections."""
    directions = rng.normal(0, 4, (2, count)).astype(np.float32)

    def features(points: Array) -> Array:
        projected = points @ directions
        return np.concatenate([np.sin(projected), np.cos(projected)], axis=1)

    return features


class Network:
    """Two weight layers around one activation. ``parameters`` is what learns, by name."""

    def __init__(self, activation: fa.Activation, inputs: int, rng: np.random.Generator) -> None:
        self.f = activation
        # |x W1| and |b1| are alike, so that the lines z = 0 lie at random across the disc: whatever f does around 0, a
        # bend or a jump, happens somewhere between the points for each hidden unit.
        scale = 4 / np.sqrt(inputs)
        self.parameters: dict[str, Array] = {
            "W1": rng.normal(0, scale, (inputs, HIDDEN)).astype(np.float32),
            "b1": rng.uniform(-4, 4, HIDDEN).astype(np.float32),
            "W2": rng.normal(0, 1 / np.sqrt(HIDDEN), (HIDDEN, 2)).astype(np.float32),
            "b2": np.zeros(2, np.float32),
        }
        if activation is fa.prelu:
            self.parameters["weight"] = np.full(HIDDEN, 0.25, np.float32)

    def activation_parameters(self) -> dict[str, Any]:
        """What f takes beside z: prelu its weights, the others nothing but what they need.

        threshold has no defaults, and logit, which is defined between 0 and 1, must bring z between bounds there.
        """
        if "weight" in self.parameters:
            return {"weight": self.parameters["weight"]}
        return {fa.threshold: {"threshold": 0.0, "value": 0.0}, fa.logit: {"eps": 0.05}}.get(self.f, {})

    def predict(self, x: Array) -> Array:
        """Probabilities of the two arms. Nothing is learned here, so that f may overwrite its input."""
        z = x @ self.parameters["W1"]
        z += self.parameters["b1"]
        h = self.f(z, out=z, **self.activation_parameters())
        logits = h @ self.parameters["W2"]
        logits += self.parameters["b2"]
        return fa.softmax(logits, axis=-1, out=logits)

    def gradients(self, x: Array, arm: npt.NDArray[np.intp]) -> tuple[float, dict[str, Array]]:
        """The mean cross-entropy of a batch, and its gradient for each of the parameters."""
        p, extra = self.parameters, self.activation_parameters()

        # Forward. z is kept for the backward pass, so that h has an array of its own.
        z = x @ p["W1"]
        z += p["b1"]
        h = self.f(z, **extra)
        logits = h @ p["W2"]
        logits += p["b2"]
        probability = fa.softmax(logits, axis=-1, out=logits)
        rows = np.arange(len(x))
        loss = -np.log(np.maximum(probability[rows, arm], np.finfo(np.float32).tiny)).mean()

        # Backward. Of softmax and cross-entropy together the gradient is probability - (1 for the right arm).
        d_logits = probability
        d_logits[rows, arm] -= 1
        d_logits /= len(x)
        found = {"W2": h.T @ d_logits, "b2": d_logits.sum(axis=0)}
        dh = d_logits @ p["W2"].T
        if "weight" in p:
            found["weight"] = fa.prelu.weight_gradient(dh, z, axis=1)
        dz = self.f.backward(dh, z, out=dh, **extra)
        found["W1"] = x.T @ dz
        found["b1"] = dz.sum(axis=0)
        return float(loss), found


class Adam:
    """Kingma & Ba, Adam: a method for stochastic optimization (2015). The parameters are changed in place."""

    def __init__(self, parameters: dict[str, Array], rate: float) -> None:
        self.parameters, self.rate, self.steps = parameters, rate, 0
        self.mean = {name: np.zeros_like(p) for name, p in parameters.items()}
        self.square = {name: np.zeros_like(p) for name, p in parameters.items()}

    def step(self, gradients: dict[str, Array]) -> None:
        """One step against the gradients."""
        self.steps += 1
        rate = self.rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for name, g in gradients.items():
            self.mean[name] += np.float32(0.1) * (g - self.mean[name])
            self.square[name] += np.float32(0.001) * (g * g - self.square[name])
            self.parameters[name] -= (
                np.float32(rate) * self.mean[name] / (np.sqrt(self.square[name]) + np.float32(1e-8))
            )


def decision_map(title: str, probability: Callable[[Array], Array], points: Array, arm: npt.NDArray[np.intp]) -> Figure:
    """The plane in the mixture of the arms' colours that the network believes in, with the points upon it."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    line = np.linspace(-REACH, REACH, 480, dtype=np.float32)
    plane = np.stack(np.meshgrid(line, line), axis=-1)
    # row by row, so that the hidden layer stays small
    second = np.stack([probability(row)[:, 1] for row in plane])

    # not pyplot, which looks for a screen
    figure = Figure(figsize=(6, 6), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.imshow(
        second,
        cmap=LinearSegmentedColormap.from_list("arms", COLOURS),
        vmin=0,
        vmax=1,
        alpha=0.45,  # paler than the points
        extent=(-REACH, REACH, -REACH, REACH),
        origin="lower",
    )
    for k, colour in enumerate(COLOURS):
        x, y = points[arm == k].T
        axes.scatter(x, y, s=30, color=colour, edgecolors="white", linewidths=0.7, label=f"arm {k + 1}")
    axes.set(title=title, xlabel="first coordinate", ylabel="second coordinate")
    # beside the plane, where it hides no points
    figure.legend(loc="outside lower center", ncols=len(COLOURS))
    return figure


def arguments(argv: list[str] | None) -> argparse.Namespace:
    elementwise = [name for name in fa.names(aliases=True) if fa.get(name).derivative_range is not None]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "activation",
        type=lambda name: name.lower().replace("-", "_"),
        choices=elementwise,
        metavar="activation",
        help=f"one of {', '.join(elementwise)}",
    )
    parser.add_argument("--seed", type=int, default=0, help="of points, weights and batches (default: %(default)s)")
    parser.add_argument(
        "--epochs", type=int, default=1000, help="at most; it stops when learned (default: %(default)s)"
    )
    parser.add_argument("--rate", type=float, default=0.02, help="Adam's step size (default: %(default)s)")
    parser.add_argument(
        "--features",
        choices=["xy", "fourier"],
        help="what the network is fed: coordinates, or sines and cosines of random projections of them "
        "(default: xy, but fourier for identity, which cannot learn from xy)",
    )
    picture = parser.add_mutually_exclusive_group()
    picture.add_argument("--png", type=Path, help="where to draw the decision map (default: spiral_<activation>.png)")
    picture.add_argument("--no-picture", action="store_true", help="train only, which needs no matplotlib")
    return parser.parse_args(argv)


def train(
    network: Network, x: Array, arm: npt.NDArray[np.intp], epochs: int, rate: float, rng: np.random.Generator
) -> tuple[int, float]:
    """Learn until accuracy and loss are good or ``epochs`` are over; return the epochs it took and the accuracy."""
    optimizer = Adam(network.parameters, rate)
    epoch, accuracy = 0, 0.0
    for epoch in range(1, epochs + 1):
        losses = []
        for batch in np.split(rng.permutation(len(x)), range(BATCH, len(x), BATCH)):
            loss, gradients = network.gradients(x[batch], arm[batch])
            optimizer.step(gradients)
            losses.append(loss)
        loss = float(np.mean(losses))
        accuracy = float((network.predict(x).argmax(axis=1) == arm).mean())
        learned = accuracy >= GOAL and loss < 0.02  # the latter for a clear picture
        if epoch in (1, 2, 5) or epoch % 10 == 0 or learned:
            print(f"epoch {epoch:4}  loss {loss:.4f}  accuracy {accuracy:.4f}")
        if learned:
            break
    return epoch, accuracy


def main(argv: list[str] | None = None) -> int:
    """Train, print, draw; 0 if the accuracy was reached, 1 if not, 2 if it cannot be tried."""
    options = arguments(argv)
    if not options.no_picture and find_spec("matplotlib") is None:  # before the time for training is spent
        print("the picture needs matplotlib: pip install matplotlib, or train with --no-picture", file=sys.stderr)
        return 2
    activation = fa.get(options.activation)
    rng = np.random.default_rng(options.seed)
    points, arm = spiral(rng)
    kind = options.features or ("fourier" if activation is fa.identity else "xy")
    features = fourier_features(rng) if kind == "fourier" else lambda points: points
    x = features(points)
    network = Network(activation, x.shape[1], rng)
    print(f"{activation.name}, f(x) = {activation.formula}")
    print(f"{len(x)} points, {x.shape[1]} {kind} inputs, {HIDDEN} hidden units, seed {options.seed}")

    # A batch is too small to gain much from a second thread, and while idle that would be in the way of the threads
    # that NumPy's matrix products use.
    with fa.threads(1):
        start = time.perf_counter()
        epoch, accuracy = train(network, x, arm, options.epochs, options.rate, rng)
        print(f"accuracy {accuracy:.4f} after {epoch} epochs in {time.perf_counter() - start:.1f} s")
        if not options.no_picture:
            png = options.png or Path(f"spiral_{options.activation}.png")
            title = f"{activation.name}: accuracy {accuracy:.4f} after {epoch} epochs"
            figure = decision_map(title, lambda row: network.predict(features(row)), points, arm)
            figure.savefig(png, format="png")
            print(f"decision map: {png}")
    return 0 if accuracy >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
