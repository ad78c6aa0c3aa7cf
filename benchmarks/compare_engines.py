"""Inference engines: ONNX Runtime, with a model of one node, and oneDNN, with a primitive made once.

Imported by compare_worker.py; imports each library when its object is made.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib
import platform
from functools import partial
from typing import Any

import onednn
import peers
from compare_cases import FLOOR, FROM_OUTPUT, VALUE, Arrays, Case
from compare_library import Call, Form, Library

# ONNX' numbers of the dtypes, for those that NumPy does not have.
BFLOAT16 = 16


class OnnxRuntime(Library):
    """Values alone: the backward passes are in its builds for training. Inputs and outputs are bound in place."""

    name, title, packages = "onnxruntime", "ONNX Runtime", ("onnxruntime", "onnx")

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        importlib.import_module("onnx")
        self.runtime: Any = importlib.import_module("onnxruntime")

    def facts(self) -> str:
        return "no switch for the instruction set"

    def forms(self, case: Case) -> list[Form]:
        if case.direction != VALUE:
            return []
        if case.along_axis:
            bodies = [
                {"softmax": "y = Softmax<axis = -1>(x)", "log_softmax": "y = LogSoftmax<axis = -1>(x)"}[case.name]
            ]
        else:
            tables = (peers.ONNX, peers.ONNX_CONTRIBUTED)
            bodies = [table[case.name][0] for table in tables if case.name in table]
        shape = ", ".join("abcd"[: len(case.shape)])
        forms = []
        for body in bodies:
            text, opset = peers.onnx_body(body)
            session = peers.onnx_session(text, opset, case.dtype, self.threads, shape)
            if session is not None:
                forms.append(Form(f"{text.removeprefix('y = ')}, opset {opset}", partial(self._made, session)))
        return forms

    def _made(self, session: Any, arrays: Arrays) -> Call:
        binding = session.io_binding()
        x, out = arrays.x, arrays.out
        kind: Any = BFLOAT16 if x.dtype.name == "bfloat16" else x.dtype.type
        binding.bind_input("x", "cpu", 0, kind, x.shape, x.ctypes.data)
        binding.bind_output("y", "cpu", 0, kind, out.shape, out.ctypes.data)
        return partial(session.run_with_iobinding, binding)


class OneDnn(Library):
    """A call is one of its C function through ctypes, which is a part of what few elements cost here."""

    name, title = "onednn", "oneDNN"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        if onednn.library() is None:
            raise ImportError("onednn-cpu-gomp is not installed")
        self.table: dict[str, tuple[str, float, float]] = importlib.import_module("conventions").ONEDNN
        # its threads are OpenMP's, of the runtime that it was linked to
        ctypes.CDLL(ctypes.util.find_library("gomp") or "libgomp.so.1").omp_set_num_threads(threads)

    @staticmethod
    def environment(threads: int, isa: str, widest: bool) -> dict[str, str]:
        if widest or platform.machine() != "x86_64":
            return {}
        return {"ONEDNN_MAX_CPU_ISA": "SSE41" if isa == "baseline" else "AVX2"}

    def version(self) -> str:
        return onednn.version()

    def forms(self, case: Case) -> list[Form]:
        if case.direction == FLOOR or case.dtype not in onednn.TYPES:
            return []
        if case.along_axis:
            given = case.name, 0.0, 0.0
        elif case.name in self.table:
            given = self.table[case.name]
        else:
            return []
        from_output = case.direction == FROM_OUTPUT
        if from_output and not case.along_axis and given[0] not in onednn.FROM_OUTPUT:
            return []
        try:
            prepared = onednn.Prepared(*given, case.dtype, case.shape, case.backward, from_output)
        except onednn.Unsupported:
            return []
        call = partial(self._made, prepared)
        return [Form(f"eltwise {given[0]}" if not case.along_axis else case.name, call)]

    def _made(self, prepared: onednn.Prepared, arrays: Arrays) -> Call:
        call: Call = prepared.bound(*arrays)
        return call
