"""oneDNN's elementwise primitives on NumPy arrays, through its C library and ctypes.

Imported by conventions.py and compare_engines.py; uses NumPy and the standard library. The library is looked for in the
package onednn-cpu-gomp, which is nothing but that library, and then wherever the system's loader finds it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.metadata
from ctypes import byref, c_float, c_int, c_int64, c_void_p
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Of oneapi/dnnl/dnnl_types.h: kinds of algorithms, in the order of the header from 0x20 on.
ALGORITHMS = (
    *("relu", "tanh", "elu", "square", "abs", "sqrt", "linear", "soft_relu", "hardsigmoid", "logistic", "exp"),
    *("gelu_tanh", "swish", "log", "clip", "clip_v2", "pow", "gelu_erf", "round", "mish", "hardswish"),
)
FIRST = 0x20
FORWARD_TRAINING = 64
# The same algorithms, where the backward pass reads the output.
FROM_OUTPUT = {"relu": 0x100, "tanh": 0x101, "elu": 0x102, "logistic": 0x104, "exp": 0x105}
SOFTMAX = {"softmax": 0x30000, "log_softmax": 0x30001}
TYPES = {"float16": 1, "bfloat16": 2, "float32": 3}
F32 = TYPES["float32"]
CPU = 1
IN_ORDER = 1
SRC, DST, DIFF_SRC, DIFF_DST = 1, 17, 129, 145


class _Argument(ctypes.Structure):
    _fields_ = (("kind", c_int), ("memory", c_void_p))


class _Version(ctypes.Structure):
    _fields_ = (("major", c_int), ("minor", c_int), ("patch", c_int))


@cache
def library() -> Any:
    """The C library, or None where there is none."""
    places = []
    try:
        files = importlib.metadata.files("onednn-cpu-gomp") or []
        places += [str(file.locate()) for file in files if ".so.3." in file.name]
    except importlib.metadata.PackageNotFoundError:
        pass
    found = ctypes.util.find_library("dnnl")
    places += [found] if found else []
    return ctypes.CDLL(places[0]) if places else None


def version() -> str:
    """Such as 3.2.0."""
    function = library().dnnl_version
    function.restype = ctypes.POINTER(_Version)
    told = function().contents
    return f"{told.major}.{told.minor}.{told.patch}"


def _call(name: str, *arguments: Any) -> None:
    status = getattr(library(), f"dnnl_{name}")(*arguments)
    if status:
        raise RuntimeError(f"dnnl_{name} returned {status}")


class Eltwise:
    """One algorithm on arrays of float32 of one dimension."""

    def __init__(self, algorithm: str, alpha: float, beta: float) -> None:
        self.algorithm = FIRST + ALGORITHMS.index(algorithm)
        self.alpha, self.beta = c_float(alpha), c_float(beta)

    def __call__(self, x: Array, dy: Array) -> tuple[Array, Array]:
        """The value at x, and the gradient of x for the gradient dy of the value."""
        y, dx = np.empty_like(x), np.empty_like(x)
        engine, stream, shape = c_void_p(), c_void_p(), c_void_p()
        _call("engine_create", byref(engine), c_int(CPU), ctypes.c_size_t(0))
        _call("stream_create", byref(stream), engine, c_int(IN_ORDER))
        sizes = (c_int64 * 1)(x.size)
        strides = (c_int64 * 1)(1)
        _call("memory_desc_create_with_strides", byref(shape), c_int(1), sizes, c_int(F32), strides)
        forward, backward = c_void_p(), c_void_p()
        kind = c_int(self.algorithm)
        _call(
            *("eltwise_forward_primitive_desc_create", byref(forward), engine, c_int(FORWARD_TRAINING), kind),
            *(shape, shape, self.alpha, self.beta, None),
        )
        _call(
            *("eltwise_backward_primitive_desc_create", byref(backward), engine, kind, shape, shape, shape),
            *(self.alpha, self.beta, forward, None),
        )
        self._run(forward, stream, engine, shape, {SRC: x, DST: y})
        self._run(backward, stream, engine, shape, {SRC: x, DIFF_DST: dy, DIFF_SRC: dx})
        return y, dx

    def _run(self, description: Any, stream: Any, engine: Any, shape: Any, arrays: dict[int, Array]) -> None:
        primitive = c_void_p()
        _call("primitive_create", byref(primitive), description)
        listed = (_Argument * len(arrays))()
        for argument, (kind, array) in zip(listed, arrays.items(), strict=True):
            memory = c_void_p()
            _call("memory_create", byref(memory), shape, engine, array.ctypes.data_as(c_void_p))
            argument.kind, argument.memory = kind, memory
        _call("primitive_execute", primitive, stream, c_int(len(arrays)), listed)
        _call("stream_wait", stream)


@cache
def _machine() -> tuple[c_void_p, c_void_p]:
    """The one engine and stream of what is prepared."""
    engine, stream = c_void_p(), c_void_p()
    _call("engine_create", byref(engine), c_int(CPU), ctypes.c_size_t(0))
    _call("stream_create", byref(stream), engine, c_int(IN_ORDER))
    return engine, stream


class Unsupported(RuntimeError):
    """No primitive for the dtype or algorithm."""


class Prepared:
    """A primitive that is made once and run often: a value or a backward pass of one dtype and shape.

    ``from_output``: the backward pass reads the output. softmax and log_softmax are along the last axis.
    """

    def __init__(
        self,
        algorithm: str,
        alpha: float,
        beta: float,
        dtype: str,
        shape: tuple[int, ...],
        backward: bool,
        from_output: bool = False,
    ) -> None:
        engine, _ = _machine()
        self.backward, self.from_output, self.shape = backward, from_output, c_void_p()
        sizes = (c_int64 * len(shape))(*shape)
        strides = (c_int64 * len(shape))(*(int(np.prod(shape[k + 1 :])) for k in range(len(shape))))
        _call(
            *("memory_desc_create_with_strides", byref(self.shape), c_int(len(shape)), sizes, c_int(TYPES[dtype])),
            strides,
        )
        description, self._primitive = c_void_p(), c_void_p()
        numbers = (c_float(alpha), c_float(beta))
        training = c_int(FORWARD_TRAINING)
        d = self.shape
        try:
            if algorithm in SOFTMAX:
                kind, axis = c_int(SOFTMAX[algorithm]), c_int(len(shape) - 1)
                forward: tuple[Any, ...] = (
                    "softmax_forward_primitive_desc_create",
                    engine,
                    training,
                    kind,
                    d,
                    d,
                    axis,
                    None,
                )
                self._made(description, *forward)
                if backward:
                    hint, description = description, c_void_p()
                    self._made(
                        *(description, "softmax_backward_primitive_desc_create", engine, kind, d, d, d, axis, hint),
                        None,
                    )
            else:
                code = FROM_OUTPUT[algorithm] if from_output else FIRST + ALGORITHMS.index(algorithm)
                forward = ("eltwise_forward_primitive_desc_create", engine, training, c_int(code), d, d, *numbers, None)
                self._made(description, *forward)
                if backward:
                    hint, description = description, c_void_p()
                    self._made(
                        *(description, "eltwise_backward_primitive_desc_create", engine, c_int(code), d, d, d),
                        *(*numbers, hint, None),
                    )
            _call("primitive_create", byref(self._primitive), description)
        except RuntimeError as error:
            raise Unsupported(str(error)) from None

    def _made(self, description: c_void_p, name: str, *arguments: Any) -> None:
        _call(name, byref(description), *arguments)

    def bound(self, x: Array, dy: Array | None, out: Array) -> Any:
        """A call without arguments that runs it on these arrays, of which out may be one."""
        engine, stream = _machine()
        if self.backward:
            assert dy is not None
            arrays = {DST if self.from_output else SRC: x, DIFF_DST: dy, DIFF_SRC: out}
        else:
            arrays = {SRC: x, DST: out}
        listed = (_Argument * len(arrays))()
        for argument, (kind, array) in zip(listed, arrays.items(), strict=True):
            memory = c_void_p()
            _call("memory_create", byref(memory), self.shape, engine, c_void_p(array.ctypes.data))
            argument.kind, argument.memory = kind, memory
        execute, wait = library().dnnl_primitive_execute, library().dnnl_stream_wait
        primitive, count = self._primitive, c_int(len(arrays))

        def call() -> None:
            execute(primitive, stream, count, listed)
            wait(stream)

        # the memory objects have no owner but this, and the arrays must outlive them
        call.__dict__["kept"] = arrays
        return call
