"""PyTorch's functions for benchmarks/compare.py: with out=, in place, and the backward passes of aten.

Imported by compare_worker.py; imports PyTorch when its object is made. Where PyTorch has no function of its own for a
row, the formula is written in PyTorch's functions, whose results are new tensors.
"""

from __future__ import annotations

import importlib
import platform
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import peers
from compare_cases import BACKWARD, FLOOR, FROM_OUTPUT, IN, OUT, VALUE, Array, Arrays, Case
from compare_library import Call, Form, Library, composed

# A call in Python of x and out (which is x in place), by name; several where several ways are worth a try. F is
# torch._C._nn, whose functions torch.nn.functional calls after looking at its arguments.
VALUES: dict[str, tuple[str, ...]] = {
    "identity": ("out.copy_(x)", "torch.mul(x, 1, out=out)"),
    "step": ("torch.heaviside(x, one, out=out)", "torch.ge(x, 0, out=out)"),
    "sigmoid": ("torch.sigmoid(x, out=out)",),
    "tanh": ("torch.tanh(x, out=out)",),
    "exp": ("torch.exp(x, out=out)",),
    "logit": ("torch.logit(x, out=out)",),
    "relu": ("torch.clamp_min(x, 0, out=out)",),
    "relu6": ("F.hardtanh(x, 0, 6, out=out)", "torch.clamp(x, 0, 6, out=out)"),
    "leaky_relu": ("F.leaky_relu(x, 0.01, out=out)",),
    "prelu": ("F.leaky_relu(x, 0.25, out=out)",),
    "rrelu": ("F.leaky_relu(x, 0.22916666666666666, out=out)",),
    "elu": ("F.elu(x, out=out)",),
    "celu": ("F.elu(x, out=out)",),
    "selu": ("F.elu(x, 1.6732632423543772, 1.0507009873554805, 1, out=out)",),
    "silu": ("F.silu(x, out=out)",),
    "mish": ("F.mish(x, out=out)",),
    "gelu": ("F.gelu(x, out=out)",),
    "gelu_tanh": ("F.gelu(x, approximate='tanh', out=out)",),
    "softplus": ("F.softplus(x, out=out)",),
    "logsigmoid": ("F.log_sigmoid(x, out=out)",),
    "threshold": ("torch.ops.aten.threshold.out(x, 0.25, 0.25, out=out)", "torch.clamp_min(x, 0.25, out=out)"),
    "thresholded_relu": ("torch.ops.aten.threshold.out(x, 1, 0, out=out)",),
    "hardtanh": ("F.hardtanh(x, out=out)", "torch.clamp(x, -1, 1, out=out)"),
    "clipped_linear": ("F.hardtanh(x, 0, 1, out=out)", "torch.clamp(x, 0, 1, out=out)"),
    "hardsigmoid": ("F.hardsigmoid(x, out=out)",),
    "hardswish": ("F.hardswish(x, out=out)",),
    "hardshrink": ("torch.ops.aten.hardshrink.out(x, 0.5, out=out)",),
    "shrink": ("torch.ops.aten.hardshrink.out(x, 0.5, out=out)",),
    "softshrink": ("F.softshrink(x, out=out)",),
    "softmax": ("torch.softmax(x, -1, out=out)",),
    "log_softmax": ("torch.log_softmax(x, -1, out=out)",),
}
# What works in place alone, besides.
IN_PLACE: dict[str, tuple[str, ...]] = {
    "relu": ("torch.relu_(x)",),
    "silu": ("F.silu_(x)",),
    "mish": ("F.mish_(x)",),
    "gelu": ("F.gelu_(x)",),
    "gelu_tanh": ("F.gelu_(x, approximate='tanh')",),
    "elu": ("F.elu_(x)",),
    "celu": ("torch.celu_(x)",),
    "selu": ("torch.selu_(x)",),
    "leaky_relu": ("F.leaky_relu_(x, 0.01)",),
    "threshold": ("torch.threshold_(x, 0.25, 0.25)",),
    "thresholded_relu": ("torch.threshold_(x, 1, 0)",),
    "hardswish": ("F.hardswish_(x)",),
    "hardsigmoid": ("F.hardsigmoid_(x)",),
    "hardtanh": ("F.hardtanh_(x)",),
    "sine": ("x.mul_(30).sin_()",),
    "gaussian": ("x.square_().neg_().exp_()",),
    "relu_squared": ("torch.relu_(x).square_()",),
}
# Functions that return new tensors, out of place besides.
NEW: dict[str, tuple[str, ...]] = {
    "relu": ("torch.relu(x)",),
    "celu": ("torch.celu(x)",),
    "selu": ("torch.selu(x)",),
    "prelu": ("torch.prelu(x, quarter)",),
}
# aten's functions of dy and x, or y, and the name of the argument that takes the result.
SLOPES: dict[str, tuple[str, str, str]] = {
    "relu": ("threshold_backward", "0", "grad_input"),
    "relu6": ("hardtanh_backward", "0, 6", "grad_input"),
    "threshold": ("threshold_backward", "0.25", "grad_input"),
    "thresholded_relu": ("threshold_backward", "1", "grad_input"),
    "leaky_relu": ("leaky_relu_backward", "0.01, False", "grad_input"),
    "prelu": ("leaky_relu_backward", "0.25, False", "grad_input"),
    "rrelu": ("leaky_relu_backward", "0.22916666666666666, False", "grad_input"),
    "silu": ("silu_backward", "", "grad_input"),
    "gelu": ("gelu_backward", "", "grad_input"),
    "gelu_tanh": ("gelu_backward", "approximate='tanh'", "grad_input"),
    "softplus": ("softplus_backward", "1, 20", "grad_input"),
    "hardtanh": ("hardtanh_backward", "-1, 1", "grad_input"),
    "clipped_linear": ("hardtanh_backward", "0, 1", "grad_input"),
    "hardsigmoid": ("hardsigmoid_backward", "", "grad_input"),
    "hardswish": ("hardswish_backward", "", "out"),
    "hardshrink": ("hardshrink_backward", "0.5", "grad_input"),
    "shrink": ("hardshrink_backward", "0.5", "grad_input"),
    "softshrink": ("softshrink_backward", "0.5", "grad_input"),
    "logit": ("logit_backward", "", "grad_input"),
}
ELU = "torch.ops.aten.elu_backward.grad_input(dy, {}, {}, 1, False, x, grad_input=out)"
SLOPE_CALLS: dict[str, tuple[str, ...]] = {
    "elu": (ELU.format(1, 1),),
    "celu": (ELU.format(1, 1),),
    "selu": (ELU.format("1.6732632423543772", "1.0507009873554805"),),
    "logsigmoid": ("torch.ops.aten.log_sigmoid_backward.grad_input(dy, x, buffer, grad_input=out)",),
    "exp": ("torch.mul(dy, torch.exp(x), out=out)",),
    "sigmoid": ("torch.ops.aten.sigmoid_backward.grad_input(dy, torch.sigmoid(x), grad_input=out)",),
    "tanh": ("torch.ops.aten.tanh_backward.grad_input(dy, torch.tanh(x), grad_input=out)",),
    "identity": ("out.copy_(dy)", "torch.mul(dy, 1, out=out)"),
}
SLOPE_NEW: dict[str, tuple[str, ...]] = {"mish": ("torch.ops.aten.mish_backward(dy, x)",)}
FROM_OUTPUTS: dict[str, tuple[str, ...]] = {
    "sigmoid": ("torch.ops.aten.sigmoid_backward.grad_input(dy, x, grad_input=out)",),
    "tanh": ("torch.ops.aten.tanh_backward.grad_input(dy, x, grad_input=out)",),
    "softmax": (
        "torch._softmax_backward_data(dy, x, -1, x.dtype, grad_input=out)",
        "torch.ops.aten._softmax_backward_data.out(dy, x, -1, x.dtype, grad_input=out)",
    ),
    "log_softmax": ("torch._log_softmax_backward_data(dy, x, -1, x.dtype, out=out)",),
}


class Torch(Library):
    name, title, packages = "torch", "PyTorch", ("torch",)

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.torch: Any = importlib.import_module("torch")
        self.torch.set_num_threads(threads)
        self.torch.inference_mode().__enter__()
        maximum, minimum = self.torch.clamp_min, self.torch.clamp_max
        called = "exp expm1 log log1p tanh sin cos sqrt abs erf"
        self.functions: dict[str, Any] = {name: getattr(self.torch, name) for name in called.split()}
        self.functions |= {"maximum": maximum, "minimum": minimum, "where": self.torch.where}

    @staticmethod
    def environment(threads: int, isa: str, widest: bool) -> dict[str, str]:
        if widest or platform.machine() != "x86_64":
            return {}
        return {"ATEN_CPU_CAPABILITY": "default" if isa == "baseline" else "avx2"}

    def version(self) -> str:
        return str(self.torch.__version__).partition("+")[0]

    def facts(self) -> str:
        return str(self.torch.backends.cpu.get_cpu_capability())

    def tensor(self, a: Array) -> Any:
        """The same memory."""
        if a.dtype.name == "bfloat16":
            return self.torch.from_numpy(a.view(np.int16)).view(self.torch.bfloat16)
        return self.torch.from_numpy(a)

    def array(self, tensor: Any) -> Array:
        wide: Array = (tensor.float() if tensor.dtype == self.torch.bfloat16 else tensor).numpy()
        return wide

    def forms(self, case: Case) -> list[Form]:
        if case.direction == FLOOR:
            return []
        texts, new = self._texts(case)
        forms = [Form(text, partial(self._made, text)) for text in texts]
        if case.place == OUT:
            forms += [Form(text, partial(self._made, text), self.array) for text in new]
            function = None if texts or new else self._composed(case)
            if function is not None:
                text = peers.TORCH[case.name][0] if case.direction == VALUE and case.name in peers.TORCH else "formula"
                forms.append(Form(text, partial(self._prepared, function), self.array))
        return forms

    def _texts(self, case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
        name = case.name
        if case.direction == VALUE:
            besides = IN_PLACE.get(name, ()) if case.place == IN else ()
            return (*VALUES.get(name, ()), *besides), NEW.get(name, ())
        if case.direction == FROM_OUTPUT:
            return FROM_OUTPUTS.get(name, ()), ()
        if name in SLOPES:
            function, rest, target = SLOPES[name]
            given = f"dy, x, {rest}" if rest else "dy, x"
            ending = "out" if target == "out" else "grad_input"
            # an operator without a result argument besides, whose call may cost less than the allocation
            return (f"torch.ops.aten.{function}.{ending}({given}, {target}=out)",), (
                f"torch.ops.aten.{function}.default({given})",
            )
        return SLOPE_CALLS.get(name, ()), SLOPE_NEW.get(name, ())

    def _composed(self, case: Case) -> Callable[..., Any] | None:
        if case.direction == VALUE and case.name in peers.TORCH:
            return peers.expression(peers.TORCH[case.name][0], {"torch": self.torch})
        return composed(case, self.functions) if case.direction in (VALUE, BACKWARD) else None

    def _made(self, text: str, arrays: Arrays) -> Call:
        x = self.tensor(arrays.x)
        out = x if arrays.out is arrays.x else self.tensor(arrays.out)
        dy = None if arrays.dy is None else out if arrays.out is arrays.dy else self.tensor(arrays.dy)
        given = {"x": x, "dy": dy, "out": out, "torch": self.torch, "F": self.torch._C._nn}
        given |= {"one": x.new_ones(()), "quarter": x.new_full((1,), 0.25)}
        if "buffer" in text:  # which the forward pass keeps
            given["buffer"] = self.torch.ops.aten.log_sigmoid_forward(x)[1]
        # names as defaults of arguments, which are read as fast as a partial's
        head = ", ".join(f"{name}={name}" for name in given)
        call: Call = eval(f"lambda {head}: {text}", given)
        return call

    def _prepared(self, function: Callable[..., Any], arrays: Arrays) -> Call:
        x = self.tensor(arrays.x)
        return partial(function, x) if arrays.dy is None else partial(function, x, self.tensor(arrays.dy))
