"""Time what networks run besides elementwise functions beside NumPy, SciPy and PyTorch. Imported by nothing.

    python benchmarks/layers.py                 # all, on one and on two threads: some minutes
    python benchmarks/layers.py --threads 1 --only softmax
    python benchmarks/layers.py --write         # docs/layers.md, which says on which machine and with which versions

Each library is timed in a process of its own, since two OpenMP pools in one spin against each other; libraries that are
not installed are left out. Times are the best of several rounds, per element of the input, in nanoseconds.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import os
import subprocess
import sys
import timeit
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

Call = Callable[[], object]
SHAPES = {
    "softmax": [(4096, 256), (4096, 4096), (64, 128, 128)],
    "frelu": [(8, 64, 56, 56), (8, 128, 28, 28), (8, 256, 14, 14), (8, 512, 7, 7), (1, 64, 112, 112), (1, 512, 7, 7)],
    "prelu": [(4, 3, 224, 224), (8, 64, 56, 56), (1024, 1024)],
}
WINDOWS = 3, 5, 7
ROUNDS = 15
AT_LEAST = 0.2  # seconds for a call's rounds, of which a short call has more


def data(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def fastact_calls() -> dict[str, tuple[int, Call]]:
    import fastact as fa

    calls: dict[str, tuple[int, Call]] = {}
    for shape in SHAPES["softmax"]:
        x = data(*shape)
        out = np.empty_like(x)
        calls[f"softmax {shape}"] = x.size, lambda x=x, out=out: fa.softmax(x, out)
        calls[f"log_softmax {shape}"] = x.size, lambda x=x, out=out: fa.log_softmax(x, out)
        calls[f"softmax backward {shape}"] = (
            x.size,
            partial(fa.softmax.backward_from_output, x, fa.softmax(x), out),
        )
        calls[f"softmax along the first axis {shape}"] = x.size, lambda x=x, out=out: fa.softmax(x, out, axis=0)
    x = data(64, 128, 128)
    calls["softmax causal (64, 128, 128)"] = (
        x.size,
        partial(fa.softmax, x, np.empty_like(x), scale=0.125, causal=True),
    )
    x = data(4096, 2 * 11008)
    calls["swiglu packed (4096, 22016)"] = (
        x.size,
        partial(fa.swiglu, x, out=np.empty((4096, 11008), x.dtype)),
    )
    x = data(4096, 4096)
    out, bias = np.empty_like(x), data(4096)
    for name in ("relu", "silu", "gelu"):
        activation: Any = fa.get(name)
        calls[f"{name} (4096, 4096)"] = x.size, partial(activation, x, out)
        calls[f"{name} with bias (4096, 4096)"] = x.size, partial(activation, x, out, bias=bias)
    for shape in SHAPES["frelu"]:
        x, dy = data(*shape), np.ones(shape, np.float32)
        out, bias = np.empty_like(x), data(shape[1])
        for k in WINDOWS:
            w = data(shape[1], k, k)
            call = partial(fa.frelu, x, w, bias)
            calls[f"frelu {k} x {k} {shape}"] = x.size, call
            calls[f"frelu {k} x {k} with out= {shape}"] = x.size, partial(call, out=out)
            calls[f"frelu {k} x {k} and backward {shape}"] = (
                x.size,
                lambda call=call, dy=dy, x=x, w=w, bias=bias: (call(), fa.frelu.backward(dy, x, w, bias)),
            )
    for shape in SHAPES["prelu"]:
        x = data(*shape)
        out, dy, w = np.empty_like(x), np.ones_like(x), data(shape[1])
        each = w.reshape(-1, *(1 for _ in shape[2:]))
        calls[f"prelu {shape}"] = x.size, partial(fa.prelu, x, out=out, weight=0.25)
        calls[f"prelu per channel {shape}"] = x.size, partial(fa.prelu, x, out=out, weight=each)
        calls[f"prelu per channel, new array {shape}"] = x.size, partial(fa.prelu, x, weight=each)
        calls[f"prelu per channel, both gradients {shape}"] = (
            x.size,
            partial(fa.prelu.backward_with_weight, dy, x, w),
        )
    return calls


def numpy_calls() -> dict[str, tuple[int, Call]]:
    from fastact.cli.baselines import candidates

    calls: dict[str, tuple[int, Call]] = {}
    for shape in SHAPES["softmax"]:
        x = data(*shape)
        out, scratch = np.empty_like(x), np.empty_like(x)
        for name in ("softmax", "log_softmax"):
            for form in candidates(name, np.float32):
                calls[f"{name} {shape}: {form.name}"] = (
                    x.size,
                    lambda f=form.form, x=x, out=out, scratch=scratch: f(x, out, scratch),
                )
    return calls


def scipy_calls() -> dict[str, tuple[int, Call]]:
    from scipy import special

    return {
        f"{name} {shape}": (int(np.prod(shape)), partial(getattr(special, name), data(*shape), axis=-1))
        for shape in SHAPES["softmax"]
        for name in ("softmax", "log_softmax")
    }


def torch_calls() -> dict[str, tuple[int, Call]]:
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    functional = torch.nn.functional
    calls: dict[str, tuple[int, Call]] = {}
    for shape in SHAPES["softmax"]:
        x = torch.from_numpy(data(*shape))
        out = torch.empty_like(x)
        n = x.numel()
        calls[f"softmax {shape}"] = n, lambda x=x, out=out: torch.softmax(x, -1, out=out)
        calls[f"log_softmax {shape}"] = n, lambda x=x, out=out: torch.log_softmax(x, -1, out=out)
        calls[f"softmax backward {shape}"] = (
            n,
            partial(torch._softmax_backward_data, x, torch.softmax(x, -1), -1, x.dtype),
        )
        calls[f"softmax along the first axis {shape}"] = n, lambda x=x, out=out: torch.softmax(x, 0, out=out)
    x = torch.from_numpy(data(64, 128, 128))
    above = torch.ones(128, 128, dtype=torch.bool).triu(1)
    calls["softmax causal (64, 128, 128)"] = (
        x.numel(),
        lambda x=x: torch.softmax((x * 0.125).masked_fill_(above, -torch.inf), -1),
    )
    x = torch.from_numpy(data(4096, 2 * 11008))
    gate, up = x.chunk(2, -1)
    calls["swiglu packed (4096, 22016)"] = x.numel(), lambda: functional.silu(gate) * up
    x = torch.from_numpy(data(4096, 4096))
    bias = torch.from_numpy(data(4096))
    for name in ("relu", "silu", "gelu"):
        f = getattr(functional, name)
        calls[f"{name} (4096, 4096)"] = x.numel(), lambda f=f, x=x: f(x)
        calls[f"{name} with bias (4096, 4096)"] = x.numel(), lambda f=f, x=x, bias=bias: f(x + bias)
    for shape in SHAPES["frelu"]:
        for k in WINDOWS:
            x, w, bias = (torch.from_numpy(data(*a)) for a in (shape, (shape[1], 1, k, k), shape[1:2]))
            call = partial(funnel, x, w, bias)
            calls[f"frelu {k} x {k} {shape}"] = calls[f"frelu {k} x {k} with out= {shape}"] = x.numel(), call
            calls[f"frelu {k} x {k} and backward {shape}"] = x.numel(), gradients(call, x, w, bias)
    for shape in SHAPES["prelu"]:
        x, w, one = (torch.from_numpy(data(*a)) for a in (shape, shape[1:2], (1,)))
        calls[f"prelu {shape}"] = x.numel(), partial(functional.prelu, x, one)
        call = partial(functional.prelu, x, w)
        calls[f"prelu per channel {shape}"] = calls[f"prelu per channel, new array {shape}"] = x.numel(), call
        # PyTorch's backward pass is that of a graph, so that the value is computed too
        calls[f"prelu per channel, both gradients {shape}"] = x.numel(), gradients(call, x, w)
    return calls


def funnel(x: Any, weight: Any, bias: Any) -> Any:
    """FReLU in PyTorch, of its functions."""
    import torch

    conv2d = torch.nn.functional.conv2d
    return torch.maximum(x, conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=x.shape[1]))


def gradients(call: Callable[..., Any], *operands: Any) -> Call:
    """A call of PyTorch's ``call`` of ``operands``, with the gradients of all of them."""
    import torch

    leaves = [a.clone().requires_grad_() for a in operands]
    function = call.func  # type: ignore[attr-defined]
    dy = torch.ones_like(operands[0])
    return lambda: torch.autograd.grad(function(*leaves), leaves, dy)


LIBRARIES: dict[str, Callable[[], dict[str, tuple[int, Call]]]] = {
    "fastact": fastact_calls,
    "numpy": numpy_calls,
    "scipy": scipy_calls,
    "torch": torch_calls,
}


def measure(library: str, only: str) -> dict[str, float]:
    """Nanoseconds per element of each call of one library; for NumPy, of its fastest form."""
    found: dict[str, float] = {}
    for label, (size, call) in LIBRARIES[library]().items():
        if only not in label:
            continue
        timer = timeit.Timer(call)
        seconds = timer.timeit(1)
        rounds = max(ROUNDS, int(AT_LEAST / max(seconds, 1e-6)))
        best = min(timer.repeat(min(rounds, 100 * ROUNDS), 1))
        key = label.partition(":")[0]
        found[key] = min(best * 1e9 / size, found.get(key, np.inf))
    return found


def table(threads: int, installed: list[str], only: str) -> list[str]:
    """One table in Markdown: ns per element, and how many times as long as fastact the others take."""
    figures = {}
    for name in installed:
        command = [sys.executable, __file__, "--library", name, "--only", only]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        figures[name] = json.loads(subprocess.run(command, env=environment, check=True, stdout=-1).stdout)
    lines = [f"{threads} thread{'s' * (threads > 1)}:", "", "| | " + " | ".join(installed) + " |"]
    lines.append("|---|" + "---|" * len(installed))
    for label, own in figures["fastact"].items():
        others = (figures[name].get(label) for name in installed[1:])
        cells = [f"{own:.3f}", *(f"{other:.3f} ({other / own:.2f}x)" if other else "" for other in others)]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def page(threads: list[int], installed: list[str], only: str) -> str:
    from fastact.runtime.configuration import config

    told = config()
    versions = [f"{name} {told['fastact'] if name == 'fastact' else version(name)}" for name in installed]
    return "\n".join(
        [
            "# Layers: beside NumPy, SciPy and PyTorch",
            "",
            "<!-- written by benchmarks/layers.py --write; do not edit -->",
            "",
            "float32, ns per element of the input, best of several rounds; in brackets how many times as long as",
            "fastact the others take. NumPy's is the fastest of the forms that `fastact bench` times; PyTorch's causal",
            "softmax is `masked_fill`, its swiglu `silu(gate) * up`, its bias `f(x + bias)`. Each library runs in a",
            "process of its own. fastact, NumPy and PyTorch's softmax write into an array that is there; SciPy and the",
            "rest of PyTorch's return new ones, as they do in use, and pay for fresh memory.",
            "",
            f"{told['processor']}, {told['instruction set']}, Python {told['Python']}, {', '.join(versions)};",
            f"{datetime.date.today().isoformat()}.",
            "",
            *(line for n in threads for line in table(n, installed, only)),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", default="", help="calls whose label has this text")
    parser.add_argument("--write", action="store_true", help="write docs/layers.md in place of printing")
    parser.add_argument("--library", choices=LIBRARIES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.library:
        print(json.dumps(measure(options.library, options.only)))
        return 0
    installed = [name for name in LIBRARIES if importlib.util.find_spec(name)]
    text = page(options.threads, installed, options.only)
    if options.write:
        (Path(__file__).parent.parent / "docs/layers.md").write_text(text)
    else:
        print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
