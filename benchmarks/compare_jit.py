"""Libraries that compile a formula when it is called: Numba and JAX.

Imported by compare_worker.py; imports each library when its object is made.
"""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from compare_cases import FLOOR, IN, VALUE, Arrays, Case
from compare_formulas import formula, statements, typed
from compare_library import Call, Form, Library, composed

SERIAL_UP_TO = 1 << 16  # elements; a parallel loop of Numba costs microseconds to enter
PARALLEL_FROM = 1 << 10

ALONG_AXIS = """
def kernel({arguments}):
    for i in prange(x.shape[0]):
        {body}
"""
BODIES = {
    ("softmax", "value"): """
        m = x[i, 0]
        for j in range(x.shape[1]):
            m = max(m, x[i, j])
        s = zero
        for j in range(x.shape[1]):
            e = exp(x[i, j] - m)
            out[i, j] = e
            s += e
        r = one / s
        for j in range(x.shape[1]):
            out[i, j] *= r
""",
    ("log_softmax", "value"): """
        m = x[i, 0]
        for j in range(x.shape[1]):
            m = max(m, x[i, j])
        s = zero
        for j in range(x.shape[1]):
            s += exp(x[i, j] - m)
        m += log(s)
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] - m
""",
    ("softmax", "backward_from_output"): """
        s = zero
        for j in range(x.shape[1]):
            s += dy[i, j] * x[i, j]
        for j in range(x.shape[1]):
            out[i, j] = (dy[i, j] - s) * x[i, j]
""",
    ("log_softmax", "backward_from_output"): """
        s = zero
        for j in range(x.shape[1]):
            s += dy[i, j]
        for j in range(x.shape[1]):
            out[i, j] = dy[i, j] - s * exp(x[i, j])
""",
}


class Numba(Library):
    """A loop over the elements with fastmath, parallel and not; softmax and its kin as loops over rows."""

    name, title, packages = "numba", "Numba", ("numba",)

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.numba: Any = importlib.import_module("numba")
        self.numba.set_num_threads(min(threads, self.numba.config.NUMBA_NUM_THREADS))
        self.kernels: dict[Any, Any] = {}
        math = importlib.import_module("math")

        # compiled into their callers
        @self.numba.njit(fastmath=True, inline="always")  # type: ignore[untyped-decorator]
        def where(condition: Any, chosen: Any, other: Any) -> Any:
            return chosen if condition else other

        called = "exp expm1 log log1p tanh sin cos sqrt erf"
        self.functions: dict[str, Any] = {name: getattr(math, name) for name in called.split()}
        self.functions |= {"where": where, "maximum": max, "minimum": min, "prange": self.numba.prange}

    @staticmethod
    def environment(threads: int, isa: str, widest: bool) -> dict[str, str]:
        given = {"NUMBA_NUM_THREADS": str(threads)}
        if widest or platform.machine() != "x86_64":
            return given
        name = {"v3": "x86-64-v3", "baseline": "x86-64"}.get(isa, "x86-64-v3")
        return {**given, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}

    def facts(self) -> str:
        return "fastmath, " + ("with SVML" if self.numba.config.USING_SVML else "without SVML")

    def forms(self, case: Case) -> list[Form]:
        if case.direction == FLOOR or case.kind.itemsize < 4:
            return []
        forms = []
        if case.size <= SERIAL_UP_TO or self.threads == 1:
            forms.append(("loop", False))
        if case.size >= PARALLEL_FROM and self.threads > 1:
            forms.append(("parallel loop", True))
        return [
            Form(f"{text}, fastmath", partial(self._made, kernel))
            for text, parallel in forms
            if (kernel := self._kernel(case, parallel)) is not None
        ]

    def _kernel(self, case: Case, parallel: bool) -> Any:
        key = case.name, case.direction, case.dtype, parallel
        if key not in self.kernels:
            source = self._along_axis(case) if case.along_axis else self._elementwise(case)
            if source is None:
                return None
            text, numbers = source
            scalar = case.kind.type
            space = {**self.functions, **{name: scalar(value) for name, value in numbers.items()}}
            exec(text, space)
            self.kernels[key] = self.numba.njit(parallel=parallel, fastmath=True)(space["kernel"])
        return self.kernels[key]

    def _along_axis(self, case: Case) -> tuple[str, dict[str, float]]:
        arguments = "x, dy, out" if case.backward else "x, out"
        text = ALONG_AXIS.format(arguments=arguments, body=BODIES[case.name, case.direction].strip())
        return text, {"zero": 0.0, "one": 1.0}

    def _elementwise(self, case: Case) -> tuple[str, dict[str, float]] | None:
        text = formula(case.name, case.direction)
        if text is None:
            return None
        text, numbers = typed(text)
        before, result = statements(text)
        # read once, since out may be one of them
        names = {"x": "source[i]", "y": "source[i]"} | ({"dy": "slope[i]"} if case.backward else {})
        lines = [*(f"{name} = {value}" for name, value in names.items()), *before, f"out[i] = {result}"]
        head = "source, slope, out" if case.backward else "source, out"
        body = "\n        ".join(lines)
        return f"def kernel({head}):\n    for i in prange(source.size):\n        {body}\n", numbers

    def _made(self, kernel: Any, arrays: Arrays) -> Call:
        x, dy, out = (None if a is None else a.reshape(-1, a.shape[-1]) if a.ndim > 1 else a for a in arrays)
        return partial(kernel, x, out) if dy is None else partial(kernel, x, dy, out)


class Jax(Library):
    """Functions of jax.nn, or the formula, under jit; results are new arrays, and nothing works in place."""

    name, title, packages = "jax", "JAX", ("jax", "jaxlib")

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        if threads == 1 and hasattr(os, "sched_setaffinity"):
            # its pool of threads has as many as the process has processors when it starts; there is no other switch
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.jax: Any = importlib.import_module("jax")
        self.jax.config.update("jax_enable_x64", True)
        self.jnp: Any = importlib.import_module("jax.numpy")
        importlib.import_module("jax.scipy.special")
        called = "exp expm1 log log1p tanh sin cos sqrt abs maximum minimum where"
        self.functions = {name: getattr(self.jnp, name) for name in called.split()}
        self.functions["erf"] = self.jax.scipy.special.erf
        self.table: dict[str, str] = importlib.import_module("conventions").JAX

    @staticmethod
    def environment(threads: int, isa: str, widest: bool) -> dict[str, str]:
        limit = {"v3": "AVX2", "baseline": "SSE4_2"}.get(isa, "AVX2")
        return {"JAX_PLATFORMS": "cpu"} | ({} if widest else {"XLA_FLAGS": f"--xla_cpu_max_isa={limit}"})

    def forms(self, case: Case) -> list[Form]:
        if case.direction == FLOOR or case.place == IN:
            return []
        functions = (
            [self._along_axis(case)] if case.along_axis else [self._native(case), composed(case, self.functions)]
        )
        texts = ["softmax"] if case.along_axis else [self.table.get(case.name, ""), "formula"]
        return [
            Form(f"jit of {text}", partial(self._made, self.jax.jit(function)), np.asarray)
            for text, function in zip(texts, functions, strict=True)
            if function is not None
        ]

    def _native(self, case: Case) -> Callable[..., Any] | None:
        """The library's own function and its vector-Jacobian product."""
        if case.name not in self.table or case.direction == "backward_from_output":
            return None
        names = {"jax": self.jax, "jnp": self.jnp}
        value: Callable[..., Any] = eval(f"lambda x: {self.table[case.name]}", names)
        return value if case.direction == VALUE else lambda x, dy: self.jax.vjp(value, x)[1](dy)[0]

    def _along_axis(self, case: Case) -> Callable[..., Any]:
        jnp = self.jnp
        if case.direction == VALUE:
            function: Callable[..., Any] = getattr(self.jax.nn, case.name)
            return function
        if case.name == "softmax":
            return lambda y, dy: y * (dy - jnp.sum(dy * y, -1, keepdims=True))
        return lambda y, dy: dy - jnp.exp(y) * jnp.sum(dy, -1, keepdims=True)

    def _made(self, function: Any, arrays: Arrays) -> Call:
        x = self.jnp.asarray(arrays.x)
        if arrays.dy is None:
            return lambda: function(x).block_until_ready()
        dy = self.jnp.asarray(arrays.dy)
        return lambda: function(x, dy).block_until_ready()
