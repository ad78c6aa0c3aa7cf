"""Containers that users hand to NumPy functions, and the kinds of function that they hand them to.

Two tables, read by test_containers.py and by docs/containers_page.py, which makes docs/containers.md. A container of a
package that is not installed is left out.
"""

from __future__ import annotations

import importlib
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import fastact as fa

Array = npt.NDArray[Any]

X = np.array([[1.0, -2.0, 0.5, 0.0], [3.0, 4.0, -1.0, 2.0]])
ROW = X[0]
MASK = np.array([[False, True, False, False], [True, True, False, False]])


class Subclass(np.ndarray):
    """An ndarray of another class, as physical quantities have."""


def _matrix() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.matrix(X)


def _memmap() -> Any:
    with tempfile.TemporaryFile() as file:
        made: Any = np.memmap(file, np.float64, "w+", shape=X.shape)
    made[...] = X
    return made


def _read_only() -> Array:
    x = X.copy()
    x.flags.writeable = False
    return x


def _package(name: str) -> Any:
    return importlib.import_module(name)


# name: (package or "", what makes it, the elements it has)
CONTAINERS: dict[str, tuple[str, Callable[[], Any], Array]] = {
    "numpy.ndarray": ("", X.copy, X),
    "read-only array": ("", _read_only, X),
    "strided array": ("", lambda: np.repeat(X, 2, axis=1)[:, ::2], X),
    "list of lists": ("", X.tolist, X),
    "tuple": ("", lambda: tuple(ROW.tolist()), ROW),
    "range": ("", lambda: range(4), np.arange(4)),
    "memoryview": ("", lambda: memoryview(ROW.copy()), ROW),
    "float": ("", lambda: 2.0, np.float64(2.0)),
    "numpy.float32": ("", lambda: np.float32(2.0), np.float32(2.0)),
    "0-d array": ("", lambda: np.array(2.0), np.float64(2.0)),
    "masked array": ("", lambda: np.ma.array(X, mask=MASK), X),
    "numpy.matrix": ("", _matrix, X),
    "numpy.memmap": ("", _memmap, X),
    "subclass of ndarray": ("", lambda: X.view(Subclass), X),
    "pandas.DataFrame": ("pandas", lambda: _package("pandas").DataFrame(X, index=[5, 6], columns=list("abcd")), X),
    "DataFrame of several dtypes": (
        "pandas",
        lambda: _package("pandas").DataFrame({k: X[:, i].astype(t) for i, (k, t) in enumerate(zip("abcd", "fdfd"))}),  # noqa: B905
        X,
    ),
    "pandas.Series": ("pandas", lambda: _package("pandas").Series(ROW, index=[9, 8, 7, 6], name="s"), ROW),
    "Series of Float64": ("pandas", lambda: _package("pandas").Series(ROW, dtype="Float64"), ROW),
    "Series of Float64 with NA": (
        "pandas",
        lambda: _package("pandas").Series([1, None, 2, 3], dtype="Float64"),
        np.array([1, np.nan, 2, 3]),
    ),
    "Series of Int64": ("pandas", lambda: _package("pandas").Series([1, 2, 3, 4], dtype="Int64"), np.arange(1, 5)),
    "Series of categories": ("pandas", lambda: _package("pandas").Series(ROW).astype("category"), ROW),
    "sparse Series": ("pandas", lambda: _package("pandas").Series(ROW).astype("Sparse[float64]"), ROW),
    "Series of strings": ("pandas", lambda: _package("pandas").Series(list("abcd")), ROW),
    "pandas.Index": ("pandas", lambda: _package("pandas").Index(ROW), ROW),
    "xarray.DataArray": (
        "xarray",
        lambda: _package("xarray").DataArray(X, dims=("i", "j"), coords={"i": [5, 6]}),
        X,
    ),
    "dask.array": ("dask.array", lambda: _package("dask.array").from_array(X, chunks=(1, 4)), X),
    "torch.Tensor": ("torch", lambda: _package("torch").tensor(X), X),
    "Tensor with a gradient": ("torch", lambda: _package("torch").tensor(X, requires_grad=True), X),
    "Tensor of bfloat16": ("torch", lambda: _package("torch").tensor(X).bfloat16(), X),
    "pyarrow.Array": ("pyarrow", lambda: _package("pyarrow").array(ROW), ROW),
    "array of complex": ("", lambda: X + 0j, X),
    "array of objects": ("", lambda: X.astype(object), X),
    "array of strings": ("", lambda: X.astype(str), X),
    "None": ("", lambda: None, np.float64(0)),
}

Calls = dict[str, Callable[[Any], Any]]

# How a function of each kind is called with a container.
KINDS: dict[str, Calls] = {
    "elementwise": {
        "gelu(x)": lambda x: fa.gelu(x),
        "elu(x, alpha=.5)": lambda x: fa.elu(x, alpha=0.5),
        "gelu.derivative(x)": lambda x: fa.gelu.derivative(x),
        "gelu.backward(x, x)": lambda x: fa.gelu.backward(x, x),
        "gelu.backward(1., x)": lambda x: fa.gelu.backward(1.0, x),
        "tanh.backward_from_output(x, x)": lambda x: fa.tanh.backward_from_output(x, x),
    },
    "with a bias, a learned slope or noise": {
        "gelu(x, bias=1.)": lambda x: fa.gelu(x, bias=1.0),
        "prelu(x, .25, bias=1.)": lambda x: fa.prelu(x, 0.25, bias=1.0),
        "gelu.backward(x, x, bias=1.)": lambda x: fa.gelu.backward(x, x, bias=1.0),
        "rrelu(x, training=True)": lambda x: fa.rrelu(x, training=True, rng=0),
    },
    "with a parameter's gradient": {
        "gelu.backward(x, x, bias=1., bias_gradient=True)": lambda x: fa.gelu.backward(
            x, x, bias=1.0, bias_gradient=True
        ),
        "prelu.backward_with_weight(x, x, .25)": lambda x: fa.prelu.backward_with_weight(x, x, 0.25),
    },
    "sums of products": {
        "prelu.weight_gradient(x, x)": lambda x: fa.prelu.weight_gradient(x, x),
    },
    "along an axis": {
        "softmax(x)": lambda x: fa.softmax(x),
        "log_softmax(x, axis=0)": lambda x: fa.log_softmax(x, axis=0),
        "sparsemax(x)": lambda x: fa.sparsemax(x),
        "hardmax(x)": lambda x: fa.hardmax(x),
        "softmax.backward(x, x)": lambda x: fa.softmax.backward(x, x),
        "softmax.backward_from_output(x, x)": lambda x: fa.softmax.backward_from_output(x, x),
        "gumbel_softmax(x)": lambda x: fa.gumbel_softmax(x, rng=0),
    },
    "without an axis": {
        "logsumexp(x)": lambda x: fa.logsumexp(x),
    },
    "without any axis": {
        "logsumexp(x, axis=None)": lambda x: fa.logsumexp(x, axis=None),
    },
    "of other shapes": {
        "maxout(x, 2)": lambda x: fa.maxout(x, 2),
        "glu(x)": lambda x: fa.glu(x),
        "logsumexp(x, keepdims=True)": lambda x: fa.logsumexp(x, keepdims=True),
    },
    "Jacobian": {
        "softmax.derivative(x)": lambda x: fa.softmax.derivative(x),
    },
    "gates": {
        "swiglu(x, x)": lambda x: fa.swiglu(x, x),
    },
    "backward of gates": {
        "swiglu.backward(x, x, x)": lambda x: fa.swiglu.backward(x, x, x),
    },
}


def installed(name: str) -> bool:
    """Whether the package of a container is installed."""
    package = CONTAINERS[name][0]
    if not package:
        return True
    try:
        importlib.import_module(package)
    except ImportError:
        return False
    return True


def found(container: str, kind: str) -> str:
    """What the calls of a kind give: the class of the result, or of each in a tuple, or of the error."""
    return " / ".join(dict.fromkeys(_outcome(call, container) for call in KINDS[kind].values()))


def _outcome(call: Callable[[Any], Any], container: str) -> str:
    try:
        result = call(CONTAINERS[container][1]())
    except Exception as error:
        return type(error).__name__
    return _told(result)


def _told(result: Any) -> str:
    if isinstance(result, tuple):
        return ", ".join(map(_told, result))
    kind = type(result)
    if kind is np.ndarray or isinstance(result, np.generic):
        return "ndarray" if kind is np.ndarray else "scalar"
    return kind.__name__
