"""fastact, the floors, and the libraries that compute on NumPy arrays: NumPy, SciPy, numexpr, thinc.

Imported by compare_worker.py; imports each library when its object is made.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import peers
from compare_cases import BACKWARD, FLOOR, FROM_OUTPUT, IN, OUT, VALUE, Array, Arrays, Case
from compare_formulas import Program, formula, nested, typed
from compare_library import Call, Form, Library

from fastact.cli.baselines import candidates


class Fastact(Library):
    name, title, extra = "fastact", "fastact", ""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.package: Any = importlib.import_module("fastact")
        self.package.set_num_threads(threads)

    @staticmethod
    def environment(threads: int, isa: str, widest: bool) -> dict[str, str]:
        return {} if isa == "default" else {"FASTACT_ISA": isa}

    def version(self) -> str:
        return str(self.package.__version__)

    def facts(self) -> str:
        configuration = importlib.import_module("fastact.runtime.configuration")
        return str(configuration.config()["instruction set"])

    def forms(self, case: Case) -> list[Form]:
        if case.direction == FLOOR:
            return []
        activation, extra = self.package.get(case.name), case.parameters

        def make(arrays: Arrays) -> Call:
            if arrays.dy is None:
                return partial(activation, arrays.x, *extra, out=arrays.out)
            direction = getattr(activation, case.direction)
            return partial(direction, arrays.dy, arrays.x, *extra, out=arrays.out)

        ending = "" if case.direction == VALUE else f".{case.direction}"
        return [Form(f"{case.name}{ending}(out=)", make)]


class Floor(Library):
    """What memory allows: NumPy's multiply and copyto, in as many Python threads as the case may use.

    Half types are moved as integers of their size, since NumPy converts them to compute.
    """

    name, title, extra = "floor", "floor", ""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def version(self) -> str:
        return f"NumPy {np.__version__}"

    def forms(self, case: Case) -> list[Form]:
        if case.direction != FLOOR:
            return []
        step, text = (_scale, "np.multiply(x, 1, out=x)") if case.name == "scale" else (_copyto, "np.copyto(out, x)")
        forms = [Form(text, lambda arrays: partial(step, arrays.x, arrays.out))]
        pool, parts = self.pool, self.threads
        if pool is not None and case.size >= 1 << 14:

            def make(arrays: Arrays) -> Call:
                pieces = list(zip(np.array_split(arrays.x, parts), np.array_split(arrays.out, parts), strict=True))
                return lambda: list(pool.map(lambda pair: step(*pair), pieces))

            forms.append(Form(f"{text} in {parts} threads", make))
        return forms


def _scale(x: Array, out: Array) -> None:
    if x.dtype.itemsize == 2:
        x, out = x.view(np.uint16), out.view(np.uint16)
    np.multiply(x, x.dtype.type(1), out=out)


def _copyto(x: Array, out: Array) -> None:
    np.copyto(out, x)


class NumPy(Library):
    """The forms of cli/baselines.py for values; of backward passes the formula in blocks, without large temporaries."""

    name, title, extra = "numpy", "NumPy", ""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        try:
            self.erf = importlib.import_module("scipy.special").erf
        except ImportError:
            self.erf = None

    @staticmethod
    def environment(threads: int, isa: str, widest: bool) -> dict[str, str]:
        if widest:
            return {}
        core = importlib.import_module("numpy._core._multiarray_umath")
        beyond = [name for name in core.__cpu_dispatch__ if name.startswith(("AVX512", "X86_V4"))]
        if isa == "baseline":
            beyond = core.__cpu_dispatch__
        return {"NPY_DISABLE_CPU_FEATURES": " ".join(beyond)} if beyond else {}

    def version(self) -> str:
        return np.__version__

    def facts(self) -> str:
        core = importlib.import_module("numpy._core._multiarray_umath")
        return "dispatches " + " ".join(name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name))

    def forms(self, case: Case) -> list[Form]:
        if case.direction == FLOOR:
            return []
        if case.along_axis and case.backward:
            return [Form("in place, four passes", partial(_along_axis_backward, case.name))]
        if case.direction == VALUE:

            def make(form: Callable[[Array, Array, Array], None], arrays: Arrays) -> Call:
                scratch = np.zeros_like(arrays.x)
                return partial(form, arrays.x, arrays.out, scratch)

            return [Form(c.name, partial(make, c.form)) for c in candidates(case.name, case.kind)]
        text = formula(case.name, case.direction)
        if text is None or ("erf" in text and (self.erf is None or case.kind.itemsize < 4)):
            return []
        program = Program(text, case.kind, self.erf)

        def prepare(arrays: Arrays) -> Call:
            assert arrays.dy is not None
            return program.prepared({"x": arrays.x, "y": arrays.x, "dy": arrays.dy}, arrays.out)

        return [Form(f"{text}, blocks", prepare)]


def _along_axis_backward(name: str, arrays: Arrays) -> Call:
    y, dy, out = arrays.x, arrays.dy, arrays.out
    assert dy is not None
    scratch = np.zeros_like(y)

    def softmax() -> None:
        np.multiply(dy, y, out=scratch)
        inner = np.sum(scratch, axis=-1, keepdims=True)
        np.subtract(dy, inner, out=out)
        np.multiply(out, y, out=out)

    def log_softmax() -> None:
        np.exp(y, out=scratch)
        np.multiply(scratch, np.sum(dy, axis=-1, keepdims=True), out=scratch)
        np.subtract(dy, scratch, out=out)

    return softmax if name == "softmax" else log_softmax


class SciPy(Library):
    name, title, packages, extra = "scipy", "SciPy", ("scipy",), "bench"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.special: Any = importlib.import_module("scipy.special")

    def forms(self, case: Case) -> list[Form]:
        special = self.special
        if case.direction != VALUE or case.kind.itemsize < 4:
            return []
        if case.along_axis:
            if case.place == IN:
                return []
            function = getattr(special, case.name)
            return [Form(f"{case.name}(x, axis=-1)", lambda a: partial(function, a.x, axis=-1), np.asarray)]
        calls: dict[str, tuple[str, Callable[[Array, Array], Any]]] = {
            "sigmoid": ("expit(x, out=)", lambda x, out: special.expit(x, out=out)),
            "logsigmoid": ("log_expit(x, out=)", lambda x, out: special.log_expit(x, out=out)),
            "logit": ("logit(x, out=)", lambda x, out: special.logit(x, out=out)),
        }
        if case.name in calls:
            text, call = calls[case.name]
            return [Form(text, lambda a: partial(call, a.x, a.out))]
        if case.name in peers.SCIPY and case.place == OUT:
            form = peers.SCIPY[case.name][0]
            function = peers.expression(form, {name: getattr(special, name) for name in ("expit", "log_expit", "ndtr")})
            return [Form(form, lambda a: partial(function, a.x), np.asarray)]
        return []


class NumExpr(Library):
    name, title, packages = "numexpr", "numexpr", ("numexpr",)

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.package: Any = importlib.import_module("numexpr")
        self.compiler: Any = importlib.import_module("numexpr.necompiler")
        self.package.set_num_threads(threads)

    @staticmethod
    def environment(threads: int, isa: str, widest: bool) -> dict[str, str]:
        return {"NUMEXPR_MAX_THREADS": str(threads)}

    def facts(self) -> str:
        return "with VML" if self.package.use_vml else "without VML"

    def forms(self, case: Case) -> list[Form]:
        if case.direction == FLOOR or case.kind.itemsize < 4:
            return []
        text = formula(case.name, case.direction)
        if text is None or "erf(" in text:
            return []
        text = _chosen(nested(text))
        expression, numbers = typed(text)
        constants = {name: case.kind.type(value) for name, value in numbers.items()}

        def make(arrays: Arrays) -> Call:
            given = {**constants, "x": arrays.x, "y": arrays.x, "dy": arrays.dy}
            names = [name for name in given if re.search(rf"\b{name}\b", expression)]
            operands = [np.asarray(given[name]) for name in names]
            # compiled once; evaluate() would look it up at each call, at the cost of microseconds
            kinds = [(name, self.compiler.getType(a)) for name, a in zip(names, operands, strict=True)]
            compiled = self.package.NumExpr(expression, kinds)
            return partial(compiled, *operands, out=arrays.out, order="K", casting="safe", ex_uses_vml=False)

        return [Form(text, make)]


class _Chosen(ast.NodeTransformer):
    """maximum and minimum as where: numexpr's own take float32 to float64."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name) or node.func.id not in ("maximum", "minimum"):
            return node
        a, b = node.args
        order = ast.Gt() if node.func.id == "maximum" else ast.Lt()
        return ast.Call(ast.Name("where", ast.Load()), [ast.Compare(a, [order], [b]), a, b], [])


def _chosen(text: str) -> str:
    return ast.unparse(_Chosen().visit(ast.parse(text, mode="eval")))


class Thinc(Library):
    """NumpyOps: values and backward passes, both in place if asked to. A backward pass takes what its method takes."""

    name, title, packages = "thinc", "thinc", ("thinc",)

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.ops: Any = importlib.import_module("thinc.api").NumpyOps()

    def forms(self, case: Case) -> list[Form]:
        ops = self.ops
        inplace = {"inplace": True} if case.place == IN else {}
        if case.direction == FLOOR or case.kind.itemsize < 4:
            return []
        if case.name == "softmax":
            if case.backward:
                # of dY and Y, in an array of its own
                return (
                    []
                    if inplace
                    else [Form("backprop_softmax", lambda a: partial(ops.backprop_softmax, a.x, a.dy), np.asarray)]
                )
            return [Form("softmax", lambda a: partial(ops.softmax, a.x, axis=-1, **inplace), np.asarray)]
        if case.name not in peers.THINC:
            return []
        value, slope = (_method(form) for form in peers.THINC[case.name])
        if case.direction == VALUE:
            name, given = value
            return [Form(name, lambda a: partial(getattr(ops, name), a.x, **given, **inplace), np.asarray)]
        if not slope[0] or (case.name == "sigmoid") != (case.direction == FROM_OUTPUT):
            return []
        name, given = slope

        def make(arrays: Arrays) -> Call:
            operands = [arrays.dy, arrays.x]
            if case.direction == BACKWARD and case.name == "silu":
                operands.append(ops.swish(arrays.x))  # which the forward pass keeps
            return partial(getattr(ops, name), *operands, **given, **inplace)

        return [Form(name, make, np.asarray)]


def _method(form: str) -> tuple[str, dict[str, Any]]:
    """The method of a form of benchmarks/peers.py and its keywords of numbers."""
    if not form:
        return "", {}
    head, _, rest = form.removeprefix("ops.").partition("(")
    keywords = dict(part.strip(" )").split("=") for part in rest.split(",") if "=" in part)
    return head, {name: float(value) for name, value in keywords.items()}
