"""The best plain NumPy code for each activation: what fastact's speed is compared with.

Imported by the command line, benchmarks/ and tests only; uses NumPy, and SciPy for gelu where it is installed.

A form is a function ``f(x, out, scratch)`` at default parameters (0.25 where there is none; softmax: the last axis). It
writes into ``out``, which may be x, needs one more buffer of the same shape, and allocates none of that size, because
a new temporary costs more than the arithmetic; all are C-contiguous. Which form of an activation is fastest depends
on the dtype and on which functions NumPy vectorises for the processor, hence several for most; a benchmark times all
and takes the best. They are written for finite x of moderate size, the range of the benchmark, and are as accurate as
users accept: the left tail of some has absolute instead of relative accuracy. Where exp(-x) overflows the result is
right, but NumPy warns: callers set ``np.errstate(over="ignore")``.
"""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastact.reference.stand_ins import REFERENCE
from fastact.table.registry import BY_NAME

Array = npt.NDArray[Any]
Form = Callable[[Array, Array, Array], None]

# What a form "in blocks" takes at once: x, or out, and scratch stay in the L2 cache of a core from pass to pass, and
# the loop in Python costs little beside them. Measured best of 32 KiB to 512 KiB.
BLOCK_BYTES = 1 << 18


class Candidate(NamedTuple):
    """A form and what to call it.

    ``coarse`` marks one that is accurate enough for float32 but not for float64.
    """

    name: str
    form: Form
    coarse: bool = False


# ---- one function for each form -------------------------------------------------------------------------------------
# Scalars are made in the dtype of x: a float64 scalar would widen float32 arrays under NumPy 1's rules.


def _identity(x: Array, out: Array, scratch: Array) -> None:
    # Not np.copyto, which notices that out is x and does nothing.
    np.positive(x, out=out)


def _heaviside(x: Array, out: Array, scratch: Array) -> None:
    np.heaviside(x, x.dtype.type(1), out=out)


def _step_compare(x: Array, out: Array, scratch: Array) -> None:
    """NaN gives 0."""
    np.greater_equal(x, x.dtype.type(0), out=out)


def _sigmoid_exp(x: Array, out: Array, scratch: Array) -> None:
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, x.dtype.type(1), out=out)
    np.reciprocal(out, out=out)


def _sigmoid_tanh(x: Array, out: Array, scratch: Array) -> None:
    """(1 + tanh(x/2))/2."""
    half = x.dtype.type(0.5)
    np.multiply(x, half, out=out)
    np.tanh(out, out=out)
    np.multiply(out, half, out=out)
    np.add(out, half, out=out)


def _tanh(x: Array, out: Array, scratch: Array) -> None:
    np.tanh(x, out=out)


def _relu(x: Array, out: Array, scratch: Array) -> None:
    np.maximum(x, x.dtype.type(0), out=out)


def _leaky(slope: float) -> Form:
    """max(x, slope x), for slopes from 0 to 1."""

    def form(x: Array, out: Array, scratch: Array) -> None:
        np.multiply(x, x.dtype.type(slope), out=scratch)
        np.maximum(x, scratch, out=out)

    return form


def _elu_expm1(x: Array, out: Array, scratch: Array) -> None:
    """max(x, expm1(min(x, 0))): expm1(x) >= x, and both are 0 at 0."""
    np.minimum(x, x.dtype.type(0), out=scratch)
    np.expm1(scratch, out=scratch)
    np.maximum(x, scratch, out=out)


def _elu_exp(x: Array, out: Array, scratch: Array) -> None:
    np.minimum(x, x.dtype.type(0), out=scratch)
    np.exp(scratch, out=scratch)
    np.subtract(scratch, x.dtype.type(1), out=scratch)
    np.maximum(x, scratch, out=out)


_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_LEFT = _SELU_SCALE * 1.6732632423543772848170429916717


def _selu_expm1(x: Array, out: Array, scratch: Array) -> None:
    zero, scale, left = map(x.dtype.type, (0, _SELU_SCALE, _SELU_LEFT))
    np.minimum(x, zero, out=scratch)
    np.expm1(scratch, out=scratch)
    np.multiply(scratch, left, out=scratch)
    np.maximum(x, zero, out=out)
    np.multiply(out, scale, out=out)
    np.add(out, scratch, out=out)


def _selu_exp(x: Array, out: Array, scratch: Array) -> None:
    zero, scale, left = map(x.dtype.type, (0, _SELU_SCALE, _SELU_LEFT))
    np.minimum(x, zero, out=scratch)
    np.exp(scratch, out=scratch)
    np.multiply(scratch, left, out=scratch)
    np.subtract(scratch, left, out=scratch)
    np.maximum(x, zero, out=out)
    np.multiply(out, scale, out=out)
    np.add(out, scratch, out=out)


def _silu_exp(x: Array, out: Array, scratch: Array) -> None:
    np.negative(x, out=scratch)
    np.exp(scratch, out=scratch)
    np.add(scratch, x.dtype.type(1), out=scratch)
    np.divide(x, scratch, out=out)


def _silu_tanh(x: Array, out: Array, scratch: Array) -> None:
    """h + h tanh(h), h = x/2."""
    np.multiply(x, x.dtype.type(0.5), out=scratch)
    np.tanh(scratch, out=out)
    np.add(out, x.dtype.type(1), out=out)
    np.multiply(out, scratch, out=out)


# exp is cut off where the result is x to the last bit: tanh(softplus(20)) = 1 - 8.5e-18.
_MISH_CUT = 20.0


def _mish_rational(x: Array, out: Array, scratch: Array) -> None:
    """x n/(n + 2), n = e (e + 2), e = exp(x); n + 2 is computed as (e + 1)^2 + 1."""
    one, two = x.dtype.type(1), x.dtype.type(2)
    np.minimum(x, x.dtype.type(_MISH_CUT), out=scratch)
    np.exp(scratch, out=scratch)
    np.multiply(x, scratch, out=out)
    np.add(scratch, two, out=scratch)
    np.multiply(out, scratch, out=out)
    np.subtract(scratch, one, out=scratch)
    np.multiply(scratch, scratch, out=scratch)
    np.add(scratch, one, out=scratch)
    np.divide(out, scratch, out=out)


def _mish_quotient(x: Array, out: Array, scratch: Array) -> None:
    """x (1 - 2/((e + 1)^2 + 1)): fewer passes, but the difference cancels on the left."""
    one = x.dtype.type(1)
    np.minimum(x, x.dtype.type(_MISH_CUT), out=scratch)
    np.exp(scratch, out=scratch)
    np.add(scratch, one, out=scratch)
    np.multiply(scratch, scratch, out=scratch)
    np.add(scratch, one, out=scratch)
    np.divide(x.dtype.type(2), scratch, out=scratch)
    np.subtract(one, scratch, out=scratch)
    np.multiply(x, scratch, out=out)


def _mish_tanh(x: Array, out: Array, scratch: Array) -> None:
    """x tanh(log1p(exp(x)))."""
    np.minimum(x, x.dtype.type(_MISH_CUT), out=scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=scratch)
    np.tanh(scratch, out=scratch)
    np.multiply(x, scratch, out=out)


@functools.cache
def _ndtr() -> Any:
    """SciPy's, which is slow to import: `fastact apply` has no need of it."""
    return importlib.import_module("scipy.special").ndtr


def _gelu_ndtr(x: Array, out: Array, scratch: Array) -> None:
    _ndtr()(x, out=scratch)
    np.multiply(x, scratch, out=out)


# Abramowitz & Stegun 7.1.26: erfc(z) = t (a1 + t (a2 + ...)) exp(-z^2), t = 1/(1 + p z), z >= 0, to 1.5e-7.
_ERFC_P = 0.3275911
_ERFC = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


def _gelu_erfc(x: Array, out: Array, scratch: Array) -> None:
    """max(x, 0) - |x| erfc(|x|/sqrt(2))/2 by Abramowitz & Stegun 7.1.26; in blocks, as it needs a third buffer."""
    scalar = x.dtype.type
    rate, half, one, zero = map(scalar, (_ERFC_P * math.sqrt(0.5), -0.5, 1, 0))
    coefficients = [scalar(c / 2) for c in reversed(_ERFC)]
    buffer = np.empty(min(x.size, BLOCK_BYTES // x.itemsize), x.dtype)
    for a, target, t in _blocks(x, out, scratch, 1):
        polynomial = buffer[: a.size].reshape(a.shape)
        np.abs(a, out=t)
        np.multiply(t, rate, out=t)
        np.add(t, one, out=t)
        np.reciprocal(t, out=t)
        np.multiply(t, coefficients[0], out=polynomial)
        for c in coefficients[1:]:
            np.add(polynomial, c, out=polynomial)
            np.multiply(polynomial, t, out=polynomial)
        np.multiply(a, a, out=t)
        np.multiply(t, half, out=t)
        np.exp(t, out=t)
        np.multiply(polynomial, t, out=polynomial)
        np.abs(a, out=t)
        np.multiply(polynomial, t, out=polynomial)
        np.maximum(a, zero, out=target)
        np.subtract(target, polynomial, out=target)


_GELU_SCALE = math.sqrt(2 / math.pi)
_GELU_CUBIC = 0.044715 * _GELU_SCALE


def _gelu_tanh_tanh(x: Array, out: Array, scratch: Array) -> None:
    """h + h tanh(u), h = x/2, u = sqrt(2/pi) (x + 0.044715 x^3)."""
    np.multiply(x, x, out=scratch)
    np.multiply(scratch, x.dtype.type(_GELU_CUBIC), out=scratch)
    np.add(scratch, x.dtype.type(_GELU_SCALE), out=scratch)
    np.multiply(scratch, x, out=scratch)
    np.tanh(scratch, out=scratch)
    np.add(scratch, x.dtype.type(1), out=scratch)
    np.multiply(x, x.dtype.type(0.5), out=out)
    np.multiply(out, scratch, out=out)


def _gelu_tanh_exp(x: Array, out: Array, scratch: Array) -> None:
    """x/(1 + exp(-2 u)), u as in the form with tanh."""
    np.multiply(x, x, out=scratch)
    np.multiply(scratch, x.dtype.type(-2 * _GELU_CUBIC), out=scratch)
    np.subtract(scratch, x.dtype.type(2 * _GELU_SCALE), out=scratch)
    np.multiply(scratch, x, out=scratch)
    np.exp(scratch, out=scratch)
    np.add(scratch, x.dtype.type(1), out=scratch)
    np.divide(x, scratch, out=out)


# softplus(40) - 40 = 4e-18, nothing beside 40 in float64; exp(40) is far from overflow in float32.
_SOFTPLUS_CUT = 40.0


def _softplus_log1p(x: Array, out: Array, scratch: Array) -> None:
    """max(x, log1p(exp(min(x, 40)))): softplus(x) >= x."""
    np.minimum(x, x.dtype.type(_SOFTPLUS_CUT), out=scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=scratch)
    np.maximum(x, scratch, out=out)


def _softplus_log(x: Array, out: Array, scratch: Array) -> None:
    """With log(1 + e), which NumPy vectorises on more processors than log1p; loses the left tail."""
    np.minimum(x, x.dtype.type(_SOFTPLUS_CUT), out=scratch)
    np.exp(scratch, out=scratch)
    np.add(scratch, x.dtype.type(1), out=scratch)
    np.log(scratch, out=scratch)
    np.maximum(x, scratch, out=out)


def _softplus_abs(x: Array, out: Array, scratch: Array) -> None:
    """max(x, 0) + log1p(exp(-|x|)), the usual stable form."""
    np.abs(x, out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=scratch)
    np.maximum(x, x.dtype.type(0), out=out)
    np.add(out, scratch, out=out)


def _logsigmoid_log1p(x: Array, out: Array, scratch: Array) -> None:
    """-log1p(exp(-x)), cut off where it is x."""
    np.negative(x, out=scratch)
    np.minimum(scratch, x.dtype.type(_SOFTPLUS_CUT), out=out)
    np.maximum(scratch, out, out=scratch)
    np.exp(out, out=out)
    np.log1p(out, out=out)
    np.maximum(scratch, out, out=out)
    np.negative(out, out=out)


def _logsigmoid_abs(x: Array, out: Array, scratch: Array) -> None:
    """min(x, 0) - log1p(exp(-|x|)), the usual stable form."""
    np.abs(x, out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=scratch)
    np.minimum(x, x.dtype.type(0), out=out)
    np.subtract(out, scratch, out=out)


def _quick_gelu_exp(x: Array, out: Array, scratch: Array) -> None:
    np.multiply(x, x.dtype.type(-1.702), out=scratch)
    np.exp(scratch, out=scratch)
    np.add(scratch, x.dtype.type(1), out=scratch)
    np.divide(x, scratch, out=out)


def _quick_gelu_tanh(x: Array, out: Array, scratch: Array) -> None:
    """h + h tanh(0.851 x), h = x/2."""
    np.multiply(x, x.dtype.type(0.851), out=scratch)
    np.tanh(scratch, out=scratch)
    np.add(scratch, x.dtype.type(1), out=scratch)
    np.multiply(x, x.dtype.type(0.5), out=out)
    np.multiply(out, scratch, out=out)


def _softsign(x: Array, out: Array, scratch: Array) -> None:
    np.abs(x, out=scratch)
    np.add(scratch, x.dtype.type(1), out=scratch)
    np.divide(x, scratch, out=out)


def _clip(low: float, high: float) -> Form:
    def form(x: Array, out: Array, scratch: Array) -> None:
        np.clip(x, x.dtype.type(low), x.dtype.type(high), out=out)

    return form


def _clip_two_passes(low: float, high: float) -> Form:
    def form(x: Array, out: Array, scratch: Array) -> None:
        np.maximum(x, x.dtype.type(low), out=out)
        np.minimum(out, x.dtype.type(high), out=out)

    return form


def _relu_squared(x: Array, out: Array, scratch: Array) -> None:
    np.maximum(x, x.dtype.type(0), out=out)
    np.square(out, out=out)


def _maximum(least: float) -> Form:
    def form(x: Array, out: Array, scratch: Array) -> None:
        np.maximum(x, x.dtype.type(least), out=out)

    return form


def _masked(x: Array, out: Array, scratch: Array) -> None:
    """x (x > 1)."""
    np.greater(x, x.dtype.type(1), out=scratch)
    np.multiply(x, scratch, out=out)


def _hardshrink(x: Array, out: Array, scratch: Array) -> None:
    """x (|x| > 1/2)."""
    np.abs(x, out=scratch)
    np.greater(scratch, x.dtype.type(0.5), out=scratch)
    np.multiply(x, scratch, out=out)


def _softshrink(x: Array, out: Array, scratch: Array) -> None:
    """x less what lies between -1/2 and 1/2 of it."""
    half = x.dtype.type(0.5)
    np.clip(x, -half, half, out=scratch)
    np.subtract(x, scratch, out=out)


def _hardsigmoid(x: Array, out: Array, scratch: Array) -> None:
    np.multiply(x, x.dtype.type(1 / 6), out=out)
    np.add(out, x.dtype.type(0.5), out=out)
    np.clip(out, x.dtype.type(0), x.dtype.type(1), out=out)


def _hardswish(x: Array, out: Array, scratch: Array) -> None:
    np.add(x, x.dtype.type(3), out=scratch)
    np.clip(scratch, x.dtype.type(0), x.dtype.type(6), out=scratch)
    np.multiply(scratch, x.dtype.type(1 / 6), out=scratch)
    np.multiply(x, scratch, out=out)


def _sparse_sigmoid(x: Array, out: Array, scratch: Array) -> None:
    half, one = x.dtype.type(0.5), x.dtype.type(1)
    np.clip(x, -one, one, out=out)
    np.multiply(out, half, out=out)
    np.add(out, half, out=out)


def _sparse_plus(x: Array, out: Array, scratch: Array) -> None:
    """The larger of x and the square of sparse_sigmoid, which touches it at 1."""
    _sparse_sigmoid(x, scratch, scratch)
    np.square(scratch, out=scratch)
    np.maximum(x, scratch, out=out)


def _sine(x: Array, out: Array, scratch: Array) -> None:
    np.multiply(x, x.dtype.type(30), out=out)
    np.sin(out, out=out)


def _snake(x: Array, out: Array, scratch: Array) -> None:
    np.sin(x, out=scratch)
    np.multiply(scratch, scratch, out=scratch)
    np.add(x, scratch, out=out)


def _tanhshrink(x: Array, out: Array, scratch: Array) -> None:
    np.tanh(x, out=scratch)
    np.subtract(x, scratch, out=out)


def _squareplus(x: Array, out: Array, scratch: Array) -> None:
    np.multiply(x, x, out=scratch)
    np.add(scratch, x.dtype.type(4), out=scratch)
    np.sqrt(scratch, out=scratch)
    np.add(x, scratch, out=out)
    np.multiply(out, x.dtype.type(0.5), out=out)


def _dish(x: Array, out: Array, scratch: Array) -> None:
    """x/2 (1 + x/s)"""
    one = x.dtype.type(1)
    np.multiply(x, x, out=scratch)
    np.add(scratch, one, out=scratch)
    np.sqrt(scratch, out=scratch)
    np.divide(x, scratch, out=scratch)
    np.add(scratch, one, out=scratch)
    np.multiply(scratch, x.dtype.type(0.5), out=scratch)
    np.multiply(x, scratch, out=out)


def _bent_identity(x: Array, out: Array, scratch: Array) -> None:
    half = x.dtype.type(0.5)
    np.multiply(x, x, out=scratch)
    np.add(scratch, x.dtype.type(1), out=scratch)
    np.sqrt(scratch, out=scratch)
    np.multiply(scratch, half, out=scratch)
    np.subtract(scratch, half, out=scratch)
    np.add(x, scratch, out=out)


def _gaussian_exp(x: Array, out: Array, scratch: Array) -> None:
    np.multiply(x, x, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)


def _exp(x: Array, out: Array, scratch: Array) -> None:
    np.exp(x, out=out)


def _xielu(x: Array, out: Array, scratch: Array) -> None:
    """Both sides, of which one is chosen, at ap = an = 0.8 and beta = 0.5; in blocks, as it needs a third buffer."""
    scalar = x.dtype.type
    eps, factor, beta, zero = map(scalar, (-1e-6, 0.8, 0.5, 0))
    buffer = np.empty(min(x.size, BLOCK_BYTES // x.itemsize), x.dtype)
    for a, target, left in _blocks(x, out, scratch, 1):
        right = buffer[: a.size].reshape(a.shape)
        np.minimum(a, eps, out=left)
        np.expm1(left, out=left)
        np.subtract(left, a, out=left)
        np.multiply(left, factor, out=left)
        np.multiply(a, beta, out=right)
        np.add(left, right, out=left)
        np.multiply(a, factor, out=right)
        np.add(right, beta, out=right)
        np.multiply(right, a, out=right)
        positive = np.greater(a, zero)
        np.copyto(target, left)
        np.copyto(target, right, where=positive)


def _logit_quotient(x: Array, out: Array, scratch: Array) -> None:
    """log(x/(1 - x))"""
    np.subtract(x.dtype.type(1), x, out=scratch)
    np.divide(x, scratch, out=scratch)
    np.log(scratch, out=out)


def _logit_difference(x: Array, out: Array, scratch: Array) -> None:
    """log(x) - log1p(-x)"""
    np.negative(x, out=scratch)
    np.log1p(scratch, out=scratch)
    np.log(x, out=out)
    np.subtract(out, scratch, out=out)


def _softmax(x: Array, out: Array, scratch: Array) -> None:
    np.subtract(x, np.max(x, axis=-1, keepdims=True), out=out)
    np.exp(out, out=out)
    total = np.sum(out, axis=-1, keepdims=True)
    np.multiply(out, np.reciprocal(total, out=total), out=out)


def _log_softmax(x: Array, out: Array, scratch: Array) -> None:
    np.subtract(x, np.max(x, axis=-1, keepdims=True), out=out)
    np.exp(out, out=scratch)
    total = np.sum(scratch, axis=-1, keepdims=True)
    np.subtract(out, np.log(total, out=total), out=out)


def _softmin(x: Array, out: Array, scratch: Array) -> None:
    np.negative(x, out=out)
    _softmax(out, out, scratch)


def _hardmax(x: Array, out: Array, scratch: Array) -> None:
    first = np.argmax(x, axis=-1)[..., None]
    out.fill(0)
    np.put_along_axis(out, first, 1, axis=-1)


def _sparsemax(x: Array, out: Array, scratch: Array) -> None:
    """By sorting: the largest k with 1 + k z_k > z_1 + ... + z_k gives the threshold."""
    np.negative(x, out=scratch)
    scratch.sort(axis=-1)
    np.negative(scratch, out=scratch)
    count = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    sums = np.cumsum(scratch, axis=-1) - x.dtype.type(1)
    np.multiply(scratch, count, out=scratch)
    size = np.count_nonzero(scratch > sums, axis=-1)[..., None]
    np.subtract(x, np.take_along_axis(sums, size - 1, axis=-1) / size.astype(x.dtype), out=out)
    np.maximum(out, x.dtype.type(0), out=out)


# ---- the table ------------------------------------------------------------------------------------------------------


def _blocks(x: Array, out: Array, scratch: Array, row: int) -> Iterator[tuple[Array, Array, Array]]:
    """Views of the three of about BLOCK_BYTES, whole rows of ``row`` elements."""
    flat = [a.reshape(-1, row) for a in (x, out, scratch)]
    step = max(1, BLOCK_BYTES // (x.itemsize * row))
    for start in range(0, len(flat[0]), step):
        a, b, c = (f[start : start + step] for f in flat)
        yield a, b, c


def _in_blocks(form: Form, along_axis: bool) -> Form:
    def blocked(x: Array, out: Array, scratch: Array) -> None:
        for views in _blocks(x, out, scratch, x.shape[-1] if along_axis else 1):
            form(*views)

    return blocked


def _both(*candidates: Candidate, along_axis: bool = False) -> tuple[Candidate, ...]:
    """Each form as it is and in blocks; for forms of more than two passes over memory."""
    blocked = [Candidate(f"{c.name}, blocks", _in_blocks(c.form, along_axis), c.coarse) for c in candidates]
    return (*candidates, *blocked)


_HAS_SCIPY = importlib.util.find_spec("scipy") is not None
_ERF_APPROXIMATION = Candidate("erfc 7.1.26, blocks", _gelu_erfc, coarse=_HAS_SCIPY)

BASELINES: dict[str, tuple[Candidate, ...]] = {
    "identity": (Candidate("positive", _identity),),
    "step": (Candidate("greater_equal", _step_compare), Candidate("heaviside", _heaviside)),
    "sigmoid": _both(Candidate("exp", _sigmoid_exp), Candidate("tanh", _sigmoid_tanh)),
    "tanh": (Candidate("tanh", _tanh),),
    "relu": (Candidate("maximum", _relu),),
    "leaky_relu": (Candidate("maximum", _leaky(0.01)),),
    "prelu": (Candidate("maximum", _leaky(0.25)),),
    "elu": _both(Candidate("expm1", _elu_expm1), Candidate("exp - 1", _elu_exp)),
    "selu": _both(Candidate("expm1", _selu_expm1), Candidate("exp - 1", _selu_exp)),
    "silu": _both(Candidate("exp", _silu_exp), Candidate("tanh", _silu_tanh)),
    "mish": _both(
        Candidate("n/(n + 2)", _mish_rational),
        Candidate("1 - 2/(n + 2)", _mish_quotient),
        Candidate("tanh(log1p)", _mish_tanh),
    ),
    "gelu": (_ERF_APPROXIMATION, *([Candidate("SciPy ndtr", _gelu_ndtr)] if _HAS_SCIPY else [])),
    "gelu_tanh": _both(Candidate("exp", _gelu_tanh_exp), Candidate("tanh", _gelu_tanh_tanh)),
    "softplus": _both(
        Candidate("log1p", _softplus_log1p),
        Candidate("log", _softplus_log),
        Candidate("max + log1p", _softplus_abs),
    ),
    "logsigmoid": _both(Candidate("log1p", _logsigmoid_log1p), Candidate("min - log1p", _logsigmoid_abs)),
    "quick_gelu": _both(Candidate("exp", _quick_gelu_exp), Candidate("tanh", _quick_gelu_tanh)),
    "softsign": _both(Candidate("x/(1 + |x|)", _softsign)),
    "relu6": (Candidate("clip", _clip(0, 6)), *_both(Candidate("maximum, minimum", _clip_two_passes(0, 6)))),
    "relu_squared": _both(Candidate("maximum, square", _relu_squared)),
    "threshold": (Candidate("maximum", _maximum(0.25)),),
    "thresholded_relu": _both(Candidate("x (x > 1)", _masked)),
    "hardtanh": (Candidate("clip", _clip(-1, 1)), *_both(Candidate("maximum, minimum", _clip_two_passes(-1, 1)))),
    "clipped_linear": (Candidate("clip", _clip(0, 1)), *_both(Candidate("maximum, minimum", _clip_two_passes(0, 1)))),
    "rrelu": (Candidate("maximum", _leaky(11 / 48)),),
    "hardsigmoid": _both(Candidate("clip", _hardsigmoid)),
    "hardswish": _both(Candidate("clip", _hardswish)),
    "hardshrink": _both(Candidate("x (|x| > 1/2)", _hardshrink)),
    "softshrink": _both(Candidate("x - clip", _softshrink)),
    "shrink": _both(Candidate("x (|x| > 1/2)", _hardshrink)),
    "sparse_plus": _both(Candidate("maximum, square of clip", _sparse_plus)),
    "sparse_sigmoid": _both(Candidate("clip", _sparse_sigmoid)),
    "sine": _both(Candidate("sin", _sine)),
    "snake": _both(Candidate("sin^2", _snake)),
    "tanhshrink": _both(Candidate("x - tanh", _tanhshrink)),
    "squareplus": _both(Candidate("sqrt", _squareplus)),
    "dish": _both(Candidate("sqrt", _dish)),
    "bent_identity": _both(Candidate("sqrt", _bent_identity)),
    "celu": _both(Candidate("expm1", _elu_expm1), Candidate("exp - 1", _elu_exp)),  # at alpha = 1 celu is elu
    "gaussian": _both(Candidate("exp", _gaussian_exp)),
    "exp": (Candidate("exp", _exp),),
    "xielu": (Candidate("both sides, blocks", _xielu),),
    "logit": _both(Candidate("log of the quotient", _logit_quotient), Candidate("log - log1p", _logit_difference)),
    "softmax": _both(Candidate("exp", _softmax), along_axis=True),
    "log_softmax": _both(Candidate("log of the sum", _log_softmax), along_axis=True),
    "softmin": _both(Candidate("exp of -x", _softmin), along_axis=True),
    "hardmax": _both(Candidate("argmax", _hardmax), along_axis=True),
    "sparsemax": _both(Candidate("sort", _sparsemax), along_axis=True),
}


def composed(name: str) -> Candidate:
    """The NumPy formula of reference/, in the dtype of x: for a row of which nobody has written faster code."""
    row, reference = BY_NAME[name], REFERENCE[name]
    values = [0.25 if param.number is None else param.number for param in row.params]

    def form(x: Array, out: Array, scratch: Array) -> None:
        parameters = [np.full_like(x, value) for value in values]
        if reference.inverted is not None:
            parameters.append(1 / parameters[reference.inverted])
        with np.errstate(all="ignore"):
            np.copyto(out, reference.value(x, *parameters))

    return Candidate("NumPy formula", form)


def candidates(name: str, dtype: npt.DTypeLike) -> list[Candidate]:
    """The forms of an activation that are accurate enough for a dtype."""
    forms = BASELINES.get(name) or (composed(name),)
    return [c for c in forms if not (c.coarse and np.dtype(dtype).itemsize > 4)]
