"""The C table of fastact.h through ctypes, for tests: its structures, and the table itself."""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_double, c_float, c_int, c_size_t, c_ssize_t, c_void_p
from typing import Any

import numpy as np

import fastact as fa

OK, NULL, LENGTH, ALIGNMENT, OVERLAP, PARAMETER, MEMORY, UNKNOWN = range(0, -8, -1)
FORWARD, DERIVATIVE, BACKWARD, FROM_OUTPUT = range(4)
DTYPES = {"float16": 0, "float32": 1, "float64": 2, "bfloat16": 3}

ARRAY_FUNCTION = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_ssize_t, c_void_p, c_int)
SCALAR = ctypes.CFUNCTYPE(c_double, c_double, c_void_p)
SCALAR_F32 = ctypes.CFUNCTYPE(c_float, c_float, c_void_p)


class Operand(ctypes.Structure):
    _fields_ = (("data", c_void_p), ("row", c_ssize_t), ("element", c_ssize_t))


class Operands(ctypes.Structure):
    _fields_ = (
        *((name, Operand) for name in ("dy", "x", "up", "bias", "up_bias", "out", "up_out")),
        ("limit", c_double),
        ("shift", c_double),
    )


class Runs(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("dy", "x", "mask", "kept", "out")),
        *((name, c_ssize_t) for name in ("outer", "n", "inner")),
        ("scale", c_double),
        ("causal", c_int),
    )


class Table(ctypes.Structure):
    _fields_ = (
        ("size", c_size_t),
        ("abi_version", c_int),
        ("version", c_char_p),
        ("isa", c_char_p),
        ("find", ctypes.CFUNCTYPE(c_void_p, c_char_p, c_int, c_int)),
        ("find_scalar", ctypes.CFUNCTYPE(c_void_p, c_char_p, c_int)),
        ("find_scalar_f32", ctypes.CFUNCTYPE(c_void_p, c_char_p, c_int)),
        ("parameters", ctypes.CFUNCTYPE(c_int, c_char_p, c_int, c_void_p)),
        ("activation", ctypes.CFUNCTYPE(c_int, c_char_p)),
        (
            "fused",
            ctypes.CFUNCTYPE(
                c_int, c_int, c_int, c_int, ctypes.POINTER(Operands), c_ssize_t, c_ssize_t, c_void_p, c_int
            ),
        ),
        ("axis_function", ctypes.CFUNCTYPE(c_int, c_char_p)),
        ("along", ctypes.CFUNCTYPE(c_int, c_int, c_int, c_int, ctypes.POINTER(Runs), c_int)),
        ("message", ctypes.CFUNCTYPE(c_char_p, c_int)),
        ("get_num_threads", ctypes.CFUNCTYPE(c_int)),
    )


def table() -> Any:
    """The table behind the capsule ``fastact._C_API``."""
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = c_void_p, (ctypes.py_object, c_char_p)
    return Table.from_address(get(fa._C_API, b"fastact._C_API"))


def address(array: Any) -> int | None:
    return None if array is None else int(array.ctypes.data)


def operand(array: Any, *, row: int | None = None, element: int | None = None) -> Operand:
    """An array of two dimensions, or one with the distances given."""
    if array is None:
        return Operand(None, 0, 0)
    if array.ndim == 2:
        row, element = (step // array.itemsize for step in array.strides)
    return Operand(array.ctypes.data, row, element)


def doubles(*values: float) -> Any:
    return (c_double * max(len(values), 1))(*values)


def same_bits(a: Any, b: Any) -> bool:
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and bool(np.array_equal(a.view(np.uint8), b.view(np.uint8)))
