"""Calls that type checkers must refuse: a comment that has nothing to ignore is an error."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import fastact as fa


def elementwise(x: NDArray[np.float32], z: NDArray[np.complex128], things: NDArray[np.object_]) -> None:
    fa.gelu()  # type: ignore
    fa.gelu("text")  # type: ignore
    fa.gelu(None)  # type: ignore
    fa.gelu(1j)  # type: ignore
    fa.gelu(z)  # type: ignore
    fa.gelu(things)  # type: ignore
    fa.gelu([1j])  # type: ignore
    fa.gelu({1.0: 2.0})  # type: ignore
    fa.gelu(x, x, x)  # type: ignore
    fa.gelu(x, out=[1.0])  # type: ignore
    fa.gelu(x, alpha=1.0)  # type: ignore
    fa.gelu(x, approximate="erf")  # type: ignore
    fa.gelu(x, bias="text")  # type: ignore
    fa.gelu(x, axis=1.0)  # type: ignore
    fa.gelu(x, where=[1.5])  # type: ignore
    fa.gelu(x, casting="any")  # type: ignore
    fa.elu(x, alpha=None)  # type: ignore
    fa.elu(x, alpha=z)  # type: ignore
    fa.gelu.backward(x)  # type: ignore
    fa.gelu.backward(x, x, bias_gradient="yes")  # type: ignore
    fa.gelu.backward(z, x)  # type: ignore
    fa.sigmoid.backward_from_output(x, x, bias=x)  # type: ignore
    fa.prelu(x)  # type: ignore
    fa.threshold(x, 1.0)  # type: ignore
    fa.rrelu(x, training=1.5)  # type: ignore


def others(x: NDArray[np.float32]) -> None:
    fa.softmax(x, dim=-1)  # type: ignore
    fa.softmax(x, axis="last")  # type: ignore
    fa.softmax(x, causal="yes")  # type: ignore
    fa.softmax("text")  # type: ignore
    fa.maxout(x)  # type: ignore
    fa.maxout(x, 2.5)  # type: ignore
    fa.swiglu(x, alpha=x)  # type: ignore
    fa.swiglu(x, gate="third")  # type: ignore
    fa.glu.backward(x, x, x, out=x)  # type: ignore
    fa.frelu(x)  # type: ignore
    fa.threads(1.5)  # type: ignore
    fa.get(1)  # type: ignore
    print(fa.no_such_activation)  # type: ignore


def unknown(x: NDArray[Any]) -> None:
    """An array of whatever dtype gives an array, not Any."""
    print(fa.gelu(x).no_such_attribute)  # type: ignore
    print(fa.silu.backward(x, x).no_such_attribute)  # type: ignore
    print(fa.softmax(x).no_such_attribute)  # type: ignore
    print(fa.swiglu(x).no_such_attribute)  # type: ignore
    print(fa.prelu(x, 0.25).no_such_attribute)  # type: ignore
