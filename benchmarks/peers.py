"""What other libraries compute for each row of the registry, as functions of an array, to measure their error.

Imported by benchmarks/accuracy.py, benchmarks/conventions.py, the compare files and tests/test_peers.py; imports NumPy
and the registry, the others when they are asked for. A library that is not installed is left out, one that is installed
but does not work raises.

    peers("gelu", "derivative", np.float32)    # a list of Peer

A function takes a contiguous array of one dimension and of the dtype it was asked for, leaves it as it is, and returns
a new one of the same dtype and shape, computed at default parameters (0.25 where there is none). A process that calls
`one_thread` computes by one thread. They do not pickle: a worker process calls peers() itself. softmax and other
functions along an axis have no peers here.

A form is the very expression of x that is evaluated, so that what is reported is what was measured. It is what a user
of the library writes first; the NumPy code of ``fastact/cli/baselines.py`` is written for speed.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastact.table.registry import BY_NAME

Array = npt.NDArray[Any]
Function = Callable[[Array], Array]
Made = tuple[str, str, Function]  # version, form, function
Table = dict[str, tuple[str, str]]  # value and derivative; "" where the library has none

DIRECTIONS = ("value", "derivative")
DTYPES = ("float16", "float32", "float64")


class Peer(NamedTuple):
    """What one library computes. ``form`` is what is called."""

    library: str
    version: str
    form: str
    function: Function


def expression(form: str, names: dict[str, Any]) -> Callable[[Any], Any]:
    """The function of x that ``form`` writes; ``names`` are what else occurs in it."""
    function: Callable[[Any], Any] = eval(f"lambda x: {form}", dict(names))
    return function


def quiet(function: Function) -> Function:
    """The same without NumPy's warnings: overflow in a plain idiom is what is measured."""

    def called(x: Array) -> Array:
        with np.errstate(all="ignore"):
            return function(x)

    return called


# ---- NumPy and SciPy ------------------------------------------------------------------------------------------------
# Numbers are Python's and take the dtype of x; np.sqrt(2) would widen float32 to float64.

CONSTANTS = {
    "np": np,
    "sqrt": math.sqrt,
    "pi": math.pi,
    "scale": 1.0507009873554804934193349852946,
    "alpha": 1.6732632423543772848170429916717,
}

NUMPY: Table = {
    "identity": ("np.positive(x)", "np.ones_like(x)"),
    "step": ("np.heaviside(x, 1)", "np.zeros_like(x)"),
    "sigmoid": ("1 / (1 + np.exp(-x))", "(s := 1 / (1 + np.exp(-x))) * (1 - s)"),
    "tanh": ("np.tanh(x)", "1 - np.tanh(x)**2"),
    "relu": ("np.maximum(x, 0)", "(x > 0).astype(x.dtype)"),
    "leaky_relu": ("np.where(x > 0, x, 0.01 * x)", "np.where(x > 0, 1, 0.01).astype(x.dtype)"),
    "prelu": ("np.where(x > 0, x, 0.25 * x)", "np.where(x > 0, 1, 0.25).astype(x.dtype)"),
    "elu": ("np.where(x > 0, x, np.expm1(x))", "np.where(x > 0, 1, np.exp(x))"),
    "selu": ("scale * np.where(x > 0, x, alpha * np.expm1(x))", "scale * np.where(x > 0, 1, alpha * np.exp(x))"),
    "silu": ("x / (1 + np.exp(-x))", "(s := 1 / (1 + np.exp(-x))) * (1 + x * (1 - s))"),
    "mish": (
        "x * np.tanh(np.log1p(np.exp(x)))",
        "(t := np.tanh(np.log1p(np.exp(x)))) + x * (1 - t**2) / (1 + np.exp(-x))",
    ),
    "gelu_tanh": (
        "0.5 * x * (1 + np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))",
        "0.5 * (1 + (t := np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))))"
        " + 0.5 * x * (1 - t**2) * sqrt(2 / pi) * (1 + 3 * 0.044715 * x**2)",
    ),
    "softplus": ("np.logaddexp(0, x)", "1 / (1 + np.exp(-x))"),
    "logsigmoid": ("-np.logaddexp(0, -x)", "1 / (1 + np.exp(x))"),
    "quick_gelu": ("x / (1 + np.exp(-1.702 * x))", "(s := 1 / (1 + np.exp(-1.702 * x))) * (1 + 1.702 * x * (1 - s))"),
    "softsign": ("x / (1 + np.abs(x))", "1 / (1 + np.abs(x))**2"),
    "relu6": ("np.clip(x, 0, 6)", "((x > 0) & (x < 6)).astype(x.dtype)"),
    "relu_squared": ("np.maximum(x, 0)**2", "2 * np.maximum(x, 0)"),
    "threshold": ("np.where(x > 0.25, x, 0.25).astype(x.dtype)", "(x > 0.25).astype(x.dtype)"),
    "thresholded_relu": ("np.where(x > 1, x, 0)", "(x > 1).astype(x.dtype)"),
    "hardtanh": ("np.clip(x, -1, 1)", "(np.abs(x) < 1).astype(x.dtype)"),
    "clipped_linear": ("np.clip(x, 0, 1)", "((x > 0) & (x < 1)).astype(x.dtype)"),
    "rrelu": ("np.where(x > 0, x, 11 / 48 * x)", "np.where(x > 0, 1, 11 / 48).astype(x.dtype)"),
    "hardsigmoid": ("np.clip(x / 6 + 0.5, 0, 1)", "np.where(np.abs(x) < 3, 1 / 6, 0).astype(x.dtype)"),
    "hardswish": (
        "x * np.clip(x + 3, 0, 6) / 6",
        "np.where(x <= -3, 0, np.where(x >= 3, 1, x / 3 + 0.5)).astype(x.dtype)",
    ),
    "hardshrink": ("np.where(np.abs(x) > 0.5, x, 0)", "(np.abs(x) > 0.5).astype(x.dtype)"),
    "softshrink": ("np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)", "(np.abs(x) > 0.5).astype(x.dtype)"),
    "shrink": ("np.where(np.abs(x) > 0.5, x, 0)", "(np.abs(x) > 0.5).astype(x.dtype)"),
    "sparse_plus": (
        "np.where(x >= 1, x, (np.clip(x, -1, 1) + 1)**2 / 4)",
        "(np.clip(x, -1, 1) + 1) / 2",
    ),
    "sparse_sigmoid": ("np.clip((x + 1) / 2, 0, 1)", "np.where(np.abs(x) < 1, 0.5, 0).astype(x.dtype)"),
    "sine": ("np.sin(30 * x)", "30 * np.cos(30 * x)"),
    "snake": ("x + np.sin(x)**2", "1 + np.sin(2 * x)"),
    "tanhshrink": ("x - np.tanh(x)", "np.tanh(x)**2"),
    "squareplus": ("(x + np.sqrt(x**2 + 4)) / 2", "(1 + x / np.sqrt(x**2 + 4)) / 2"),
    "dish": ("x / 2 * (1 + x / np.sqrt(1 + x**2))", "0.5 + x * (x**2 + 2) / (2 * (1 + x**2)**1.5)"),
    "logit": ("np.log(x / (1 - x))", "1 / (x * (1 - x))"),
    "bent_identity": ("(np.sqrt(x**2 + 1) - 1) / 2 + x", "x / (2 * np.sqrt(x**2 + 1)) + 1"),
    "celu": ("np.where(x > 0, x, np.expm1(x))", "np.where(x > 0, 1, np.exp(x))"),
    "gaussian": ("np.exp(-x**2)", "-2 * x * np.exp(-x**2)"),
    "exp": ("np.exp(x)", "np.exp(x)"),
    "xielu": (
        "np.where(x > 0, 0.8 * x**2 + 0.5 * x, 0.8 * (np.expm1(np.minimum(x, -1e-6)) - x) + 0.5 * x)",
        "np.where(x > 0, 1.6 * x + 0.5, np.where(x < -1e-6, 0.8 * np.expm1(x) + 0.5, -0.3)).astype(x.dtype)",
    ),
}

NUMPY_ERF: Table = {
    "gelu": (
        "0.5 * x * (1 + erf(x / sqrt(2)))",
        "0.5 * (1 + erf(x / sqrt(2))) + x * np.exp(-0.5 * x**2) / sqrt(2 * pi)",
    ),
}

SCIPY: Table = {
    "sigmoid": ("expit(x)", ""),
    "silu": ("x * expit(x)", ""),
    "gelu": ("x * ndtr(x)", ""),
    "logsigmoid": ("log_expit(x)", ""),
    "softplus": ("-log_expit(-x)", ""),
    "quick_gelu": ("x * expit(1.702 * x)", ""),
    "logit": ("logit(x)", ""),
}


def numpy_peer(form: str, direction: str, dtype: np.dtype[Any]) -> Made | None:
    return np.__version__, form, quiet(expression(form, CONSTANTS))


def scipy_peer(form: str, direction: str, dtype: np.dtype[Any]) -> Made | None:
    if dtype.itemsize < 4:  # these have no loop of float16: the result would be float32
        return None
    scipy, special = map(importlib.import_module, ("scipy", "scipy.special"))
    names = {**CONSTANTS, **{name: getattr(special, name) for name in ("erf", "expit", "log_expit", "logit", "ndtr")}}
    return scipy.__version__, form, quiet(expression(form, names))


def numpy_erf_peer(form: str, direction: str, dtype: np.dtype[Any]) -> Made | None:
    made = scipy_peer(form, direction, dtype)
    return made and (f"{np.__version__} + {made[0]}", *made[1:])


# ---- PyTorch --------------------------------------------------------------------------------------------------------
# The derivative is what autograd gives for a gradient of ones.

TORCH: Table = {
    name: (form, form)
    for name, form in {
        "sigmoid": "torch.sigmoid(x)",
        "tanh": "torch.tanh(x)",
        "relu": "torch.relu(x)",
        "leaky_relu": "torch.nn.functional.leaky_relu(x)",
        "prelu": "torch.nn.functional.prelu(x, x.new_tensor([0.25]))",
        "elu": "torch.nn.functional.elu(x)",
        "selu": "torch.nn.functional.selu(x)",
        "silu": "torch.nn.functional.silu(x)",
        "mish": "torch.nn.functional.mish(x)",
        "gelu": "torch.nn.functional.gelu(x)",
        "gelu_tanh": "torch.nn.functional.gelu(x, approximate='tanh')",
        "softplus": "torch.nn.functional.softplus(x, threshold=20)",  # the default, named because it shows
        "logsigmoid": "torch.nn.functional.logsigmoid(x)",
        "quick_gelu": "x * torch.sigmoid(1.702 * x)",
        "softsign": "torch.nn.functional.softsign(x)",
        "relu6": "torch.nn.functional.relu6(x)",
        "relu_squared": "torch.relu(x)**2",
        "threshold": "torch.nn.functional.threshold(x, 0.25, 0.25)",
        "thresholded_relu": "torch.nn.functional.threshold(x, 1.0, 0.0)",
        "hardtanh": "torch.nn.functional.hardtanh(x)",
        "clipped_linear": "torch.nn.functional.hardtanh(x, 0.0, 1.0)",
        "rrelu": "torch.nn.functional.rrelu(x)",
        "hardsigmoid": "torch.nn.functional.hardsigmoid(x)",
        "hardswish": "torch.nn.functional.hardswish(x)",
        "hardshrink": "torch.nn.functional.hardshrink(x)",
        "softshrink": "torch.nn.functional.softshrink(x)",
        "sparse_plus": "torch.where(x >= 1, x, (x.clamp(-1, 1) + 1)**2 / 4)",
        "sparse_sigmoid": "(torch.nn.functional.hardtanh(x) + 1) / 2",
        "sine": "torch.sin(30 * x)",
        "snake": "x + torch.sin(x)**2",
        "logit": "torch.logit(x)",
        "tanhshrink": "torch.nn.functional.tanhshrink(x)",
        "celu": "torch.nn.functional.celu(x)",
        "gaussian": "torch.exp(-x**2)",
        "exp": "torch.exp(x)",
        "xielu": "torch.where(x > 0, 0.8 * x * x + 0.5 * x,"
        " 0.8 * (torch.expm1(torch.minimum(x, x.new_tensor(-1e-6))) - x) + 0.5 * x)",
    }.items()
} | {"step": ("torch.heaviside(x, x.new_ones(()))", "")}


def one_thread() -> None:
    """Have PyTorch, and with it all that shares its OpenMP, use one thread in this process."""
    if find_spec("torch") is not None:
        importlib.import_module("torch").set_num_threads(1)


def torch_peer(form: str, direction: str, dtype: np.dtype[Any]) -> Made | None:
    torch = importlib.import_module("torch")
    function = expression(form, {"torch": torch})

    def value(x: Array) -> Array:
        # not from_numpy, which warns of arrays that are not writable
        result: Array = function(torch.tensor(x)).numpy()
        return result

    def derivative(x: Array) -> Array:
        leaf = torch.tensor(x, requires_grad=True)
        y = function(leaf)
        (gradient,) = torch.autograd.grad(y, leaf, torch.ones_like(y))
        result: Array = gradient.numpy()
        return result

    if direction == "value":
        return str(torch.__version__), form, value
    return str(torch.__version__), f"{form}, autograd", derivative


# ---- ONNX Runtime ---------------------------------------------------------------------------------------------------
# Values alone; a form is the body of a model in ONNX's own notation, of x and y.

ONNX: Table = {
    "identity": ("y = Identity(x)", ""),
    "sigmoid": ("y = Sigmoid(x)", ""),
    "tanh": ("y = Tanh(x)", ""),
    "relu": ("y = Relu(x)", ""),
    "leaky_relu": ("y = LeakyRelu(x)", ""),
    "prelu": ("slope = Constant<value_float = 0.25>() weight = CastLike(slope, x) y = PRelu(x, weight)", ""),
    "elu": ("y = Elu(x)", ""),
    "selu": ("y = Selu(x)", ""),
    "silu": ("y = Swish(x)", ""),
    "mish": ("y = Mish(x)", ""),
    "gelu": ("y = Gelu(x)", ""),
    "gelu_tanh": ('y = Gelu<approximate = "tanh">(x)', ""),
    "softplus": ("y = Softplus(x)", ""),
    "softsign": ("y = Softsign(x)", ""),
    "thresholded_relu": ("y = ThresholdedRelu(x)", ""),
    "hardsigmoid": ("y = HardSigmoid<alpha = 0.16666667, beta = 0.5>(x)", ""),
    "hardswish": ("y = HardSwish(x)", ""),
    "hardshrink": ("y = Shrink<lambd = 0.5>(x)", ""),
    "softshrink": ("y = Shrink<lambd = 0.5, bias = 0.5>(x)", ""),
    "shrink": ("y = Shrink<lambd = 0.5>(x)", ""),
    "celu": ("y = Celu(x)", ""),
    "exp": ("y = Exp(x)", ""),
}

ONNX_CONTRIBUTED: Table = {
    "silu": ("y = com.microsoft.QuickGelu<alpha = 1.0>(x)", ""),
    "quick_gelu": ("y = com.microsoft.QuickGelu<alpha = 1.702>(x)", ""),
}

# What ONNX calls the dtypes.
ONNX_TYPES = {"float16": "float16", "bfloat16": "bfloat16", "float32": "float", "float64": "double"}


@cache
def onnx_session(body: str, opset: int, dtype: str, threads: int = 1, shape: str = "n") -> Any:
    """A session; None where ONNX Runtime has no kernel for the dtype."""
    parser, runtime = map(importlib.import_module, ("onnx.parser", "onnxruntime"))
    state = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    head = f'<ir_version: 10, opset_import: ["": {opset}, "com.microsoft": 1]>'
    kind = ONNX_TYPES[dtype]
    model = parser.parse_model(f"{head} peer ({kind}[{shape}] x) => ({kind}[{shape}] y) {{ {body} }}")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3  # errors
    try:
        return runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except (state.NotImplemented, state.InvalidGraph):  # no kernel, or no such type in the operator's definition
        return None


def onnx_body(form: str) -> tuple[str, int]:
    """The form and its opset, for the onnx that is installed; 20 has the first Gelu, 24 the first Swish."""
    if "Swish" in form and not importlib.import_module("onnx.defs").has("Swish"):
        return "sigmoid = Sigmoid(x) y = Mul(x, sigmoid)", 20
    return form, 24 if "Swish" in form else 20


def onnx_peer(form: str, direction: str, dtype: np.dtype[Any]) -> Made | None:
    runtime = importlib.import_module("onnxruntime")
    form, opset = onnx_body(form)
    session = onnx_session(form, opset, dtype.name)
    if session is None:
        return None

    def function(x: Array) -> Array:
        result: Array = session.run(None, {"x": x})[0]
        return result

    return runtime.__version__, f"{form.removeprefix('y = ')}, opset {opset}", function


# ---- thinc ----------------------------------------------------------------------------------------------------------
# It has the derivative of tanh alone, dtanh, of an output that NumPy must compute: no entry of its own.

THINC: Table = {
    "sigmoid": ("ops.sigmoid(x)", "ops.backprop_sigmoid(ones_like(x), ops.sigmoid(x))"),
    "relu": ("ops.relu(x)", "ops.backprop_relu(ones_like(x), ops.relu(x))"),
    "silu": ("ops.swish(x)", "ops.backprop_swish(ones_like(x), x, ops.swish(x))"),
    "mish": ("ops.mish(x, threshold=20)", "ops.backprop_mish(ones_like(x), x, threshold=20)"),
    "gelu": ("ops.gelu(x)", "ops.backprop_gelu(ones_like(x), x)"),
    "gelu_tanh": ("ops.gelu_approx(x)", "ops.backprop_gelu_approx(ones_like(x), x)"),
    "relu6": ("ops.relu_k(x, n=6)", "ops.backprop_relu_k(ones_like(x), x, n=6)"),
    "hardtanh": ("ops.hard_tanh(x)", "ops.backprop_hard_tanh(ones_like(x), x)"),
    "clipped_linear": ("ops.clipped_linear(x)", "ops.backprop_clipped_linear(ones_like(x), x)"),
    "hardswish": ("ops.hard_swish_mobilenet(x)", ""),
    "dish": ("ops.dish(x)", "ops.backprop_dish(ones_like(x), x)"),
}


def thinc_peer(form: str, direction: str, dtype: np.dtype[Any]) -> Made | None:
    if dtype.itemsize < 4:  # some of these give float32
        return None
    thinc, api = map(importlib.import_module, ("thinc", "thinc.api"))
    names = {"ops": api.NumpyOps(), "ones_like": np.ones_like}
    return thinc.__version__, form, quiet(expression(form, names))


# ---- all of them ----------------------------------------------------------------------------------------------------


class Library(NamedTuple):
    """A table, the packages that it needs, and what makes a function of one of its forms."""

    name: str
    packages: tuple[str, ...]
    table: Table
    make: Callable[[str, str, np.dtype[Any]], Made | None]

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [package for package in self.packages if find_spec(package) is None]


LIBRARIES = (
    Library("PyTorch", ("torch",), TORCH, torch_peer),
    Library("ONNX Runtime", ("onnx", "onnxruntime"), ONNX, onnx_peer),
    Library("ONNX Runtime", ("onnx", "onnxruntime"), ONNX_CONTRIBUTED, onnx_peer),
    Library("SciPy", ("scipy",), SCIPY, scipy_peer),
    Library("thinc", ("thinc",), THINC, thinc_peer),
    Library("NumPy", (), NUMPY, numpy_peer),
    Library("NumPy + SciPy erf", ("scipy",), NUMPY_ERF, numpy_erf_peer),
)


def peers(name: str, direction: str, dtype: npt.DTypeLike) -> list[Peer]:
    """What the installed libraries compute for the row ``name``, float16, float32 or float64; perhaps none."""
    kind = np.dtype(dtype)
    if name not in BY_NAME:
        raise KeyError(f"no row of the registry: {name!r}")
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {DIRECTIONS}, not {direction!r}")
    if kind.name not in DTYPES:
        raise ValueError(f"dtype must be one of {DTYPES}, not {kind.name}")
    found = []
    for library in LIBRARIES:
        form = library.table.get(name, ("", ""))[DIRECTIONS.index(direction)]
        if form and not library.missing and (made := library.make(form, direction, kind)) is not None:
            found.append(Peer(library.name, *made))
    return found
