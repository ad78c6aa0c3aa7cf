"""An operator of PyTorch that computes with fastact, on the memory of CPU tensors, with autograd.

The operator is opaque to torch.compile, which needs `register_fake` for shapes and dtypes alone. Both passes are
operators, so that the backward one is traced as well.
"""

from functools import cache

import numpy as np
import torch

import fastact as fa
from fastact import capi


@cache
def kernel(name, dtype, direction):
    if dtype not in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        raise TypeError(f"{dtype} is not accepted; it must be a floating dtype")
    return capi.ctypes(name, str(dtype).removeprefix("torch."), direction)


def call(name, direction, dy, x, parameters):
    out = torch.empty_like(x, memory_format=torch.contiguous_format)
    values = np.array(parameters[: len(capi.parameters(name, direction))], np.float64)
    kernel(name, x.dtype, direction)(
        None if dy is None else dy.data_ptr(),
        x.data_ptr(),
        out.data_ptr(),
        x.numel(),
        values.ctypes.data if parameters else None,
        torch.get_num_threads(),
    )
    return out


@torch.library.custom_op("fastact_example::activation", mutates_args=(), device_types="cpu")
def activation(x: torch.Tensor, name: str, parameters: list[float]) -> torch.Tensor:
    """Of each element; ``parameters`` are all that the backward pass takes (capi.parameters), or none."""
    return call(name, "forward", None, x.contiguous(), parameters)


@torch.library.custom_op("fastact_example::activation_backward", mutates_args=(), device_types="cpu")
def activation_backward(dy: torch.Tensor, x: torch.Tensor, name: str, parameters: list[float]) -> torch.Tensor:
    return call(name, "backward", dy.contiguous(), x.contiguous(), parameters)


@activation.register_fake
def _(x, name, parameters):
    return torch.empty_like(x, memory_format=torch.contiguous_format)


@activation_backward.register_fake
def _(dy, x, name, parameters):
    return torch.empty_like(x, memory_format=torch.contiguous_format)


def keep(ctx, inputs, output):
    x, ctx.name, ctx.parameters = inputs
    ctx.save_for_backward(x)


def backward(ctx, dy):
    (x,) = ctx.saved_tensors
    return activation_backward(dy, x, ctx.name, ctx.parameters), None, None


activation.register_autograd(backward, setup_context=keep)

ACTIVATIONS = [("gelu", {}), ("silu", {"beta": 1.5}), ("elu", {"alpha": 0.5}), ("mish", {})]
torch.manual_seed(0)
for name, given in ACTIVATIONS:
    parameters = list(given.values())
    for dtype in (torch.float16, torch.float32, torch.float64):
        x = (4 * torch.randn(7, 33)).to(dtype)
        for one in (x, x.T, x[:, ::2]):
            y = activation(one, name, parameters)
            assert y.shape == one.shape
            assert y.numpy().tobytes() == fa.get(name)(one.numpy(), **given).tobytes()
    # bfloat16, which NumPy lacks: rounded once, from the value in float32
    x = (4 * torch.randn(1000)).to(torch.bfloat16)
    assert torch.equal(activation(x, name, parameters), activation(x.float(), name, parameters).to(torch.bfloat16))
    x = torch.randn(5, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, n=name, p=parameters: activation(x.T, n, p), x)

x = torch.randn(64, requires_grad=True)
checks = ("test_schema", "test_autograd_registration", "test_faketensor")
torch.library.opcheck(activation, (x, "gelu", []), test_utils=checks)
print(
    f"{', '.join(name for name, _ in ACTIVATIONS)} as an operator of PyTorch {torch.__version__}: on float16, float32"
)
print("and float64 bit for bit as on NumPy, on bfloat16 rounded once; gradients agree with finite differences")
