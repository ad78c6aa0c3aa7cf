"""The kernels as plain C functions: their addresses, and as functions of ctypes and cffi.

For JITs (Numba), foreign function interfaces and SciPy's ``LowLevelCallable``. Compiled code takes the same functions
from ``fastact.h`` (`fastact.get_include`).

A function of n elements is ``int f(const void *dy, const void *x, void *out, ptrdiff_t n, const double *parameters, int
threads)``. dy is null but for the backward directions; parameters is null for the defaults, or points to doubles in the
order of `parameters`; threads is 1 for the calling thread, 0 for as many as the limits and the size allow. The arrays
have no gaps, ``out`` may be an input, and memory is trusted to be there: nothing can check that. The result is 0, or a
status below 0, when nothing was written; `check` raises for it.
"""

from __future__ import annotations

import ctypes as _ctypes
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from fastact.api.objects import get
from fastact.runtime import kernels
from fastact.table.registry import BY_NAME, ELEMENTWISE

__all__ = ["address", "cffi", "check", "ctypes", "parameters", "scalar"]

DIRECTIONS = ("forward", "derivative", "backward", "backward_from_output")  # in the order of fastact.h
CDEF = "int (*)(const void *dy, const void *x, void *out, ptrdiff_t n, const double *parameters, int threads)"
_DTYPES = ("float16", "float32", "float64", "bfloat16")  # likewise; the last needs no ml_dtypes here
_NAMES = {row.name for row in ELEMENTWISE}


def _number_of_direction(direction: str, accepted: tuple[str, ...] = DIRECTIONS) -> int:
    if direction not in accepted:
        raise ValueError(f"direction={direction!r} is not accepted; it must be {', '.join(map(repr, accepted))}")
    return accepted.index(direction)


def _number_of_dtype(dtype: npt.DTypeLike, accepted: tuple[str, ...] = _DTYPES) -> int:
    try:
        found = np.dtype(dtype)
        name = found.name if found.isnative else ""
    except TypeError:
        name = dtype if isinstance(dtype, str) else ""
    if name not in accepted:
        raise ValueError(
            f"dtype={dtype!r} is not accepted; it must be {', '.join(accepted)}, in the byte order of the machine"
        )
    return accepted.index(name)


def _elementwise(name: str) -> bytes:
    found = get(name).name
    if found not in _NAMES:
        raise ValueError(
            f"name={name!r} is not accepted: {found} is not elementwise; fastact.h has `fused` for gates, `along` for "
            "functions along an axis"
        )
    return found.encode()


def _lacks(name: bytes, direction: str) -> NoReturn:
    raise ValueError(f"{name.decode()} has no {direction}: the output does not determine its derivative")


def address(name: str, dtype: npt.DTypeLike, direction: str = "forward") -> int:
    """The address of a kernel as a function of C, for as long as the process runs.

    Parameters
    ----------
    name : str
        Name or alias of an elementwise activation, such as ``"gelu"``.
    dtype : dtype
        float16, float32, float64, or bfloat16.
    direction : {"forward", "derivative", "backward", "backward_from_output"}

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If there is no such activation, dtype or direction.
    ImportError
        If there are no compiled kernels.

    Examples
    --------
    >>> from fastact import capi
    >>> capi.address("gelu", "float32", "forward") != 0
    True
    """
    encoded = _elementwise(name)
    numbers = _number_of_dtype(dtype), _number_of_direction(direction)
    found = int(kernels.c_table().address(encoded, *numbers))
    return found or _lacks(encoded, direction)


def check(status: int, *_: Any) -> int:
    """Raise for a status that is not 0; else return it.

    Parameters
    ----------
    status : int
        What a kernel returned.

    Raises
    ------
    ValueError, MemoryError

    Examples
    --------
    >>> from fastact import capi
    >>> capi.check(0)
    0
    """
    if status:
        message = f"fastact: {kernels.c_table().status_message(status)} (status {status})"
        raise MemoryError(message) if status == -6 else ValueError(message)
    return status


def ctypes(name: str, dtype: npt.DTypeLike, direction: str = "forward") -> Any:
    """A kernel as a function of ctypes, which lets go of the GIL during a call and raises for a status (`check`).

    Parameters
    ----------
    name, dtype, direction
        As `address` takes them.

    Returns
    -------
    ctypes function
        Of ``(dy, x, out, n, parameters, threads)``; addresses are integers or None.

    Examples
    --------
    >>> import numpy as np
    >>> from fastact import capi
    >>> x = np.array([-1.0, 2.0])
    >>> relu = capi.ctypes("relu", x.dtype)
    >>> relu(None, x.ctypes.data, x.ctypes.data, x.size, None, 1)
    0
    >>> x
    array([0., 2.])
    """
    pointer = _ctypes.c_void_p
    kind = _ctypes.CFUNCTYPE(_ctypes.c_int, pointer, pointer, pointer, _ctypes.c_ssize_t, pointer, _ctypes.c_int)
    function = kind(address(name, dtype, direction))
    function.errcheck = check  # type: ignore[assignment]
    return function


def cffi(name: str, dtype: npt.DTypeLike, direction: str = "forward", ffi: Any = None) -> Any:
    """A kernel as a function pointer of cffi, which lets go of the GIL during a call. `check` what it returns.

    Parameters
    ----------
    name, dtype, direction
        As `address` takes them.
    ffi : cffi.FFI, optional
        Of which the pointer is to be; by default a new one.

    Returns
    -------
    cffi function pointer
        Of ``(dy, x, out, n, parameters, threads)``; null is ``ffi.NULL``.

    Examples
    --------
    >>> import cffi, numpy as np
    >>> from fastact import capi
    >>> ffi = cffi.FFI()
    >>> relu = capi.cffi("relu", "float64", ffi=ffi)
    >>> x = np.array([-1.0, 2.0])
    >>> data = ffi.from_buffer("double[]", x, require_writable=True)
    >>> relu(ffi.NULL, data, data, x.size, ffi.NULL, 1)
    0
    >>> x
    array([0., 2.])
    """
    import cffi as package  # type: ignore[import-untyped,unused-ignore]

    return (package.FFI() if ffi is None else ffi).cast(CDEF, address(name, dtype, direction))


def scalar(name: str, dtype: npt.DTypeLike = np.float64, direction: str = "forward") -> Any:
    """The value or the derivative of one number as a function of ctypes, such as ``scipy.LowLevelCallable`` takes.

    ``double f(double x, void *parameters)``, or of float. The second argument, what SciPy calls ``user_data``, is null
    for the default parameters or points to doubles. It gives NaN where those are not accepted.

    Parameters
    ----------
    name : str
        As `address` takes it.
    dtype : {float32, float64}
    direction : {"forward", "derivative"}

    Returns
    -------
    ctypes function

    Examples
    --------
    >>> from fastact import capi
    >>> round(capi.scalar("sigmoid")(2.0, None), 6)
    0.880797
    """
    encoded = _elementwise(name)
    kinds = [_ctypes.c_float, _ctypes.c_double]
    number = _number_of_dtype(dtype, _DTYPES[1:3])
    kind = _ctypes.CFUNCTYPE(kinds[number], kinds[number], _ctypes.c_void_p)
    return kind(kernels.c_table().scalar_address(encoded, 1 + number, _number_of_direction(direction, DIRECTIONS[:2])))


def parameters(name: str, direction: str = "forward") -> dict[str, float]:
    """The parameters of a kernel in their order, with their defaults; NaN for one that must be given.

    Parameters
    ----------
    name, direction
        As `address` takes them.

    Returns
    -------
    dict of float

    Examples
    --------
    >>> from fastact import capi
    >>> capi.parameters("leaky_relu")
    {'negative_slope': 0.01}
    """
    encoded = _elementwise(name)
    defaults = kernels.c_table().defaults(encoded, _number_of_direction(direction))
    if defaults is None:
        _lacks(encoded, direction)
    row = BY_NAME[encoded.decode()]
    names = [p.name for p in row.params + row.derivative_params]
    return dict(zip(names, defaults, strict=False))
