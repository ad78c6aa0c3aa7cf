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


# ---- along an axis --------------------------------------------------------------------------------------------------

# of a gradient what cancels is lost: it is right to that part of its largest term
ALONG = {"rtol": 1e-11, "atol": 3e-15}
# PyTorch takes the logarithm of a sum that may be near 1, and is good to 1e-16 of that 1
LOST = {"softmax": 0, "softmin": 0, "log_softmax": 4e-15}


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_along_an_axis(name: str, axis: int) -> None:
    x, dy = np.random.default_rng(6).standard_normal((2, 6, 37, 8)) * 4
    tensor = torch.tensor(x, requires_grad=True)
    y = getattr(functional, name)(tensor, dim=axis)
    y.backward(torch.tensor(dy))
    ours = fa.get(name)
    np.testing.assert_allclose(ours(x, axis=axis), y.detach().numpy(), rtol=1e-14, atol=LOST[name])
    np.testing.assert_allclose(ours.backward(dy, x, axis=axis), tensor.grad.numpy(), **ALONG)
    np.testing.assert_allclose(
        ours.backward_from_output(dy, ours(x, axis=axis), axis=axis), tensor.grad.numpy(), **ALONG
    )


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp(axis: Any, keepdims: bool) -> None:
    x = np.random.default_rng(7).standard_normal((6, 37, 8)) * 4
    tensor = torch.tensor(x, requires_grad=True)
    y = torch.logsumexp(tensor, axis, keepdim=keepdims)
    dy = np.random.default_rng(8).standard_normal(tuple(y.shape))
    y.backward(torch.tensor(dy))
    got = fa.logsumexp(x, axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(got, y.detach().numpy(), rtol=1e-14)
    slope = fa.logsumexp.backward(dy, x, axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(slope, tensor.grad.numpy(), rtol=1e-13)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("kind", ["bool", "added", "causal"])
def test_masked_attention(name: str, kind: str) -> None:
    """Scores that are scaled and masked, as in attention; no row is masked whole, of which PyTorch makes NaN."""
    rng = np.random.default_rng(9)
    x, dy = rng.standard_normal((2, 2, 3, 20, 20)) * 4
    kept = np.tri(20, dtype=bool) if kind == "causal" else (rng.random((3, 20, 20)) < 0.6) | np.eye(20, dtype=bool)
    added = np.where(kept, rng.standard_normal(kept.shape), -np.inf)
    if name == "log_softmax":
        dy = np.where(kept, dy, 0)  # as a loss that takes only some of them has it
    tensor = torch.tensor(x, requires_grad=True)
    scores = tensor * 0.3
    left_out = ~torch.tensor(kept)
    scores = scores + torch.tensor(added) if kind == "added" else scores.masked_fill(left_out, -torch.inf)
    y = getattr(functional, name)(scores, dim=-1)
    y.backward(torch.tensor(dy))
    masks: dict[str, Any] = {"bool": {"mask": kept}, "added": {"mask": added}, "causal": {"causal": True}}
    ours = fa.get(name)
    got = ours(x, scale=0.3, **masks[kind])
    np.testing.assert_allclose(got, y.detach().numpy(), rtol=1e-13, atol=LOST[name])
    np.testing.assert_allclose(ours.backward(dy, x, scale=0.3, **masks[kind]), tensor.grad.numpy(), **ALONG)
    np.testing.assert_allclose(ours.backward_from_output(dy, got, scale=0.3), tensor.grad.numpy(), **ALONG)


@pytest.mark.parametrize("mask", ["bool", "causal"])
def test_scaled_dot_product_attention(mask: str) -> None:
    """A mask means what it does there: True takes part."""
    rng = np.random.default_rng(10)
    q, k, v = rng.standard_normal((3, 2, 4, 16, 8))
    kept = (rng.random((16, 16)) < 0.7) | np.eye(16, dtype=bool)
    given = {"attn_mask": torch.tensor(kept)} if mask == "bool" else {"is_causal": True}
    theirs = functional.scaled_dot_product_attention(*map(torch.tensor, (q, k, v)), **given)
    weights = fa.softmax(
        q @ k.swapaxes(-1, -2), scale=8**-0.5, **({"mask": kept} if mask == "bool" else {"causal": True})
    )
    np.testing.assert_allclose(weights @ v, theirs.numpy(), rtol=1e-11, atol=1e-14)


def test_gumbel_softmax() -> None:
    """With PyTorch's noise, its samples and gradients."""
    x, dy = np.random.default_rng(11).standard_normal((2, 50, 7))
    tensor = torch.tensor(x, requires_grad=True)
    torch.manual_seed(5)
    y = functional.gumbel_softmax(tensor, tau=0.7)
    torch.manual_seed(5)
    noise = -torch.empty_like(tensor).exponential_().log().detach().numpy()
    y.backward(torch.tensor(dy))
    np.testing.assert_allclose(fa.gumbel_softmax(x, tau=0.7, noise=noise), y.detach().numpy(), rtol=1e-13)
    np.testing.assert_allclose(fa.gumbel_softmax.backward(dy, x, noise, tau=0.7), tensor.grad.numpy(), **ALONG)


def test_tensors_are_taken() -> None:
    """And given back, as `numpy.exp` does."""
    x = torch.arange(6.0).reshape(2, 3)
    for name in ("softmax", "log_softmax", "softmin", "hardmax", "sparsemax", "logsumexp"):
        got = fa.get(name)(x)
        assert isinstance(got, torch.Tensor)
        assert (got.numpy() == fa.get(name)(x.numpy())).all()
