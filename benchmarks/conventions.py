"""What other libraries give where a choice was to be made: at kinks, at both zeros, at infinities and for NaN.

    python benchmarks/conventions.py              # print what the installed ones give
    python benchmarks/conventions.py --write      # enter it into docs/conventions.json, beside what others left there

docs/generate.py makes docs/conventions.md of docs/conventions.json and of fastact itself, and a test holds the page
against both. Needs what benchmarks/peers.py needs; of PyTorch, JAX, oneDNN (package onednn-cpu-gomp) and thinc those
that are not installed are left out. Everything is float32, at default parameters (prelu: weight 0.25).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "docs")]

import onednn  # noqa: E402
from conventions_page import DY, RESULTS, cell, points  # noqa: E402
from peers import THINC, TORCH, expression  # noqa: E402

from fastact.table.registry import ELEMENTWISE  # noqa: E402

Array = npt.NDArray[Any]
# Of x and dy: the value and the gradient of x.
Both = Callable[[Array, Array], tuple[Array, Array]]

JAX = {
    "identity": "jax.nn.identity(x)",
    "step": "jnp.heaviside(x, 1)",
    "sigmoid": "jax.nn.sigmoid(x)",
    "tanh": "jax.nn.tanh(x)",
    "relu": "jax.nn.relu(x)",
    "relu6": "jax.nn.relu6(x)",
    "leaky_relu": "jax.nn.leaky_relu(x)",
    "elu": "jax.nn.elu(x)",
    "celu": "jax.nn.celu(x)",
    "selu": "jax.nn.selu(x)",
    "silu": "jax.nn.silu(x)",
    "mish": "jax.nn.mish(x)",
    "gelu": "jax.nn.gelu(x, approximate=False)",
    "gelu_tanh": "jax.nn.gelu(x, approximate=True)",
    "softplus": "jax.nn.softplus(x)",
    "logsigmoid": "jax.nn.log_sigmoid(x)",
    "softsign": "jax.nn.soft_sign(x)",
    "hardtanh": "jax.nn.hard_tanh(x)",
    "hardsigmoid": "jax.nn.hard_sigmoid(x)",
    "hardswish": "jax.nn.hard_silu(x)",
    "squareplus": "jax.nn.squareplus(x)",
    "sparse_plus": "jax.nn.sparse_plus(x)",
    "sparse_sigmoid": "jax.nn.sparse_sigmoid(x)",
    "exp": "jnp.exp(x)",
    "logit": "jax.scipy.special.logit(x)",
    "sine": "jnp.sin(30 * x)",
}
# Algorithm, alpha and beta.
ONEDNN = {
    "identity": ("linear", 1.0, 0.0),
    "sigmoid": ("logistic", 0.0, 0.0),
    "tanh": ("tanh", 0.0, 0.0),
    "relu": ("relu", 0.0, 0.0),
    "leaky_relu": ("relu", 0.01, 0.0),
    "relu6": ("clip_v2", 0.0, 6.0),
    "hardtanh": ("clip_v2", -1.0, 1.0),
    "elu": ("elu", 1.0, 0.0),
    "silu": ("swish", 1.0, 0.0),
    "quick_gelu": ("swish", 1.702, 0.0),
    "mish": ("mish", 0.0, 0.0),
    "gelu": ("gelu_erf", 0.0, 0.0),
    "gelu_tanh": ("gelu_tanh", 0.0, 0.0),
    "softplus": ("soft_relu", 1.0, 0.0),
    "logsigmoid": ("soft_relu", -1.0, 0.0),
    "hardsigmoid": ("hardsigmoid", 1 / 6, 0.5),
    "hardswish": ("hardswish", 1 / 6, 0.5),
    "exp": ("exp", 0.0, 0.0),
}


def torch_function(form: str) -> Both:
    torch = importlib.import_module("torch")
    function = expression(form, {"torch": torch})

    def both(x: Array, dy: Array) -> tuple[Array, Array]:
        leaf = torch.tensor(x, requires_grad=True)
        y = function(leaf)
        if not y.requires_grad:
            return y.numpy(), np.full_like(x, np.nan)
        (gradient,) = torch.autograd.grad(y, leaf, torch.tensor(dy))
        return y.detach().numpy(), gradient.numpy()

    return both


def jax_function(form: str) -> Both:
    jax = importlib.import_module("jax")
    importlib.import_module("jax.scipy.special")
    function = expression(form, {"jax": jax, "jnp": importlib.import_module("jax.numpy")})

    def both(x: Array, dy: Array) -> tuple[Array, Array]:
        y, back = jax.vjp(function, x)
        return np.asarray(y), np.asarray(back(jax.numpy.asarray(dy))[0])

    return both


def thinc_function(forms: tuple[str, str]) -> Both:
    ops = importlib.import_module("thinc.api").NumpyOps()

    def both(x: Array, dy: Array) -> tuple[Array, Array]:
        given: dict[str, Any] = {"ops": ops, "ones_like": lambda _: dy.copy()}
        with np.errstate(all="ignore"):
            y, dx = (expression(form, given)(x.copy()) for form in forms)
        return y, dx

    return both


def libraries() -> dict[str, dict[str, Both]]:
    """What is installed, with its version, and its function for each row."""
    found: dict[str, dict[str, Both]] = {}
    if find_spec("torch"):
        # heaviside and its like have no gradient: not a choice that the page could show
        torch = {name: torch_function(value) for name, (value, slope) in TORCH.items() if slope}
        found[f"PyTorch {importlib.metadata.version('torch').partition('+')[0]}"] = torch
    if find_spec("jax"):
        found[f"JAX {importlib.metadata.version('jax')}"] = {name: jax_function(form) for name, form in JAX.items()}
    if onednn.library() is not None:
        functions: dict[str, Both] = {name: onednn.Eltwise(*given) for name, given in ONEDNN.items()}
        found[f"oneDNN {onednn.version()}"] = functions
    if find_spec("thinc"):
        thinc = {name: thinc_function(forms) for name, forms in THINC.items() if all(forms)}
        found[f"thinc {importlib.metadata.version('thinc')}"] = thinc
    return found


def measure() -> dict[str, dict[str, dict[str, str]]]:
    """Library, row and x to the text of a cell of the page."""
    told: dict[str, dict[str, dict[str, str]]] = {}
    for library, functions in libraries().items():
        for row in ELEMENTWISE:
            if row.name not in functions:
                continue
            x = points(row)
            # many equal elements, so that kernels take their vector paths and not what they do at the ends of arrays
            wide = np.repeat(x, 64)
            value, slope = functions[row.name](wide, np.ones_like(wide))
            _, gradient = functions[row.name](wide, np.full_like(wide, DY))
            cells = {
                str(float(t)): cell(value[64 * k], slope[64 * k], gradient[64 * k]) for k, t in enumerate(x.tolist())
            }
            told.setdefault(library, {})[row.name] = cells
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="enter the results into docs/conventions.json")
    options = parser.parse_args()
    told = measure()
    for library, functions in told.items():
        for name, cells in functions.items():
            print(f"{library} {name}: " + ", ".join(f"{x}: {text}" for x, text in cells.items()))
    if options.write:
        book = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        for library in told:  # one version of each
            book = {key: kept for key, kept in book.items() if key.split()[0] != library.split()[0]}
        RESULTS.write_text(json.dumps({**book, **told}, indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
