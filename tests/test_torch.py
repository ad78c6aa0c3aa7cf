"""Agreement with PyTorch, where it is installed: values, gradients, names and defaults of parameters.

PyTorch is wrong in the tails of gelu and rounds elsewhere, so that values are compared in float64 over the middle of
the range; what a user brings over from PyTorch must mean the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastact as fa

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
functional = torch.nn.functional

CASES: list[tuple[str, Any, dict[str, Any], dict[str, Any]]] = [
    ("sigmoid", torch.sigmoid, {}, {}),
    ("tanh", torch.tanh, {}, {}),
    ("relu", torch.relu, {}, {}),
    ("leaky_relu", functional.leaky_relu, {}, {}),
    ("leaky_relu", functional.leaky_relu, {"negative_slope": 0.2}, {"negative_slope": 0.2}),
    ("elu", functional.elu, {}, {}),
    ("elu", functional.elu, {"alpha": 0.5}, {"alpha": 0.5}),
    ("selu", torch.selu, {}, {}),
    ("silu", functional.silu, {}, {}),
    ("mish", functional.mish, {}, {}),
    ("gelu", functional.gelu, {}, {}),
    ("gelu", functional.gelu, {"approximate": "tanh"}, {"approximate": "tanh"}),
    ("tanhshrink", functional.tanhshrink, {}, {}),
    ("softplus", functional.softplus, {}, {"threshold": 1e9}),
    ("softplus", functional.softplus, {"beta": 2.0}, {"beta": 2.0, "threshold": 1e9}),
    ("relu6", functional.relu6, {}, {}),
    ("threshold", functional.threshold, {"threshold": 0.1, "value": 20.0}, {"threshold": 0.1, "value": 20.0}),
    ("thresholded_relu", functional.threshold, {"alpha": 0.5}, {"threshold": 0.5, "value": 0.0}),
    ("hardtanh", functional.hardtanh, {}, {}),
    ("hardtanh", functional.hardtanh, {"min_val": -0.3, "max_val": 2.0}, {"min_val": -0.3, "max_val": 2.0}),
    ("rrelu", functional.rrelu, {}, {}),
    ("rrelu", functional.rrelu, {"lower": 0.1, "upper": 0.3}, {"lower": 0.1, "upper": 0.3}),
    ("hardsigmoid", functional.hardsigmoid, {}, {}),
    ("hardswish", functional.hardswish, {}, {}),
    ("hardshrink", functional.hardshrink, {}, {}),
    ("hardshrink", functional.hardshrink, {"lambd": 1.5}, {"lambd": 1.5}),
    ("softshrink", functional.softshrink, {}, {}),
    ("softshrink", functional.softshrink, {"lambd": 1.5}, {"lambd": 1.5}),
]


@pytest.mark.parametrize(("name", "theirs", "ours_with", "theirs_with"), CASES)
def test_value_and_gradient(name: str, theirs: Any, ours_with: dict[str, Any], theirs_with: dict[str, Any]) -> None:
    ours = fa.get(name)
    # no 0: PyTorch chooses the same side at kinks, tested below
    x = np.random.default_rng(1).uniform(-5, 5, 4001)
    dy = np.random.default_rng(2).standard_normal(4001)
    tensor = torch.tensor(x, requires_grad=True)
    y = theirs(tensor, **theirs_with)
    y.backward(torch.tensor(dy))
    # PyTorch's gelu is x (1 + erf(x/sqrt 2))/2, which cancels on the left: it is good to 1e-16 of x, not of the result,
    # and so is its derivative, times |dy| <= 4
    lost = 4e-15 if name == "gelu" else 1e-15
    np.testing.assert_allclose(
        ours(x, **ours_with), y.detach().numpy(), rtol=2e-14, atol=lost / 4 if name == "gelu" else 1e-16
    )
    # near the roots of derivatives PyTorch's formulas cancel: hence the absolute part. Of hardsigmoid its slope is a
    # float32's 1/6, in float64 too
    rough = 4e-8 if name == "hardsigmoid" else 1e-13
    np.testing.assert_allclose(ours.backward(dy, x, **ours_with), tensor.grad.numpy(), rtol=rough, atol=lost)


@pytest.mark.parametrize("eps", [None, 0.125])
def test_logit(eps: float | None) -> None:
    """x at an end of what eps lets through counts as let through."""
    x = np.concatenate([np.random.default_rng(1).uniform(-0.25, 1.25, 4001), [0.125, 0.875]])
    tensor = torch.tensor(x, requires_grad=True)
    y = torch.logit(tensor, eps)
    y.backward(torch.ones_like(y))
    # the root at 1/2 is one of the difference that PyTorch rounds
    np.testing.assert_allclose(fa.logit(x, eps=eps), y.detach().numpy(), rtol=2e-14, atol=2e-16)
    np.testing.assert_allclose(fa.logit.derivative(x, eps=eps), tensor.grad.numpy(), rtol=2e-14)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "selu"])
def test_kinks(name: str) -> None:
    tensor = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    getattr(functional, name)(tensor).backward(torch.ones(1, dtype=torch.float64))
    np.testing.assert_allclose(fa.get(name).derivative(np.zeros(1)), tensor.grad.numpy(), rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("relu6", [0.0, 6.0]),
        ("hardtanh", [-1.0, 1.0]),
        ("rrelu", [0.0]),
        ("hardsigmoid", [-3.0, 3.0]),
        ("hardswish", [-3.0, 3.0]),
        ("hardshrink", [-0.5, 0.5]),
        ("softshrink", [-0.5, 0.5]),
    ],
)
def test_kinks_elsewhere(name: str, points: list[float]) -> None:
    tensor = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    y = getattr(functional, name)(tensor)
    y.backward(torch.ones_like(y))
    np.testing.assert_allclose(fa.get(name)(np.array(points)), y.detach().numpy(), rtol=1e-15)
    np.testing.assert_allclose(fa.get(name).derivative(np.array(points)), tensor.grad.numpy(), rtol=1e-15)


def test_rrelu_in_training() -> None:
    """With PyTorch's noise, the same values and gradients."""
    x, dy = np.random.default_rng(5).standard_normal((2, 50, 4))
    x[0, 0] = 0.0
    tensor, noise = torch.tensor(x, requires_grad=True), torch.empty(x.shape, dtype=torch.float64)
    y = torch.ops.aten.rrelu_with_noise(tensor, noise, 0.1, 0.4, True)
    y.backward(torch.tensor(dy))
    slopes = noise.numpy()
    assert ((slopes == 1) == (x > 0)).all()
    got = fa.rrelu(x, training=True, noise=slopes, lower=0.1, upper=0.4)
    np.testing.assert_allclose(got, y.detach().numpy(), rtol=1e-15)
    np.testing.assert_allclose(fa.rrelu.backward(dy, x, noise=slopes), tensor.grad.numpy(), rtol=1e-15)


@pytest.mark.parametrize("channels", [1, 5])
def test_prelu(channels: int) -> None:
    rng = np.random.default_rng(3)
    x, dy = rng.standard_normal((2, 7, 5, 3, 4))
    weight = rng.uniform(0.1, 0.5, channels)
    tensor, slope = torch.tensor(x, requires_grad=True), torch.tensor(weight, requires_grad=True)
    y = functional.prelu(tensor, slope)
    y.backward(torch.tensor(dy))
    np.testing.assert_allclose(fa.prelu(x, weight), y.detach().numpy(), rtol=1e-15)
    np.testing.assert_allclose(fa.prelu.backward(dy, x, weight), tensor.grad.numpy(), rtol=1e-15)
    gradient = fa.prelu.weight_gradient(dy, x, axis=1 if channels > 1 else None)
    np.testing.assert_allclose(np.atleast_1d(gradient), slope.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax(axis: int) -> None:
    x, dy = np.random.default_rng(4).standard_normal((2, 6, 7, 8)) * 4
    tensor = torch.tensor(x, requires_grad=True)
    y = torch.softmax(tensor, axis)
    y.backward(torch.tensor(dy))
    np.testing.assert_allclose(fa.softmax(x, axis=axis), y.detach().numpy(), rtol=1e-14)
    np.testing.assert_allclose(fa.softmax.backward(dy, x, axis=axis), tensor.grad.numpy(), rtol=1e-11, atol=1e-15)
