"""Values and gradients along an axis, of arrays of any shape and layout, against longdouble.

Hypothesis draws shapes, axes, dtypes, layouts in memory, masks and scales; the true values are computed here, from the
definitions, by NumPy in longdouble, row by row of a plain copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import oracle
import pytest
from floats import FLOATS, HALVES, floats, parameter_dtype

import fastact as fa
from fastact.runtime import kernels

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies

Array = npt.NDArray[Any]
Wide = np.longdouble

pytestmark = pytest.mark.skipif(np.finfo(Wide).nmant < 63, reason="longdouble is no wider than float64 here")
given = hypothesis.given
NUMPY = kernels.isa == "numpy"
FUNCTIONS = ("softmax", "log_softmax", "softmin")
LAYOUTS = ("C", "F", "steps", "reversed", "transposed", "broadcast")
BOUND = 4  # ULP
# Where NumPy computes float64, it rounds at each addition of a sum; all else is computed in a wider type there.
NUMPY_BOUND = 8
# Of the half types, which are computed in float32 and rounded once.
HALF_BOUND = 0.51


def bound_of(dtype: Any) -> int:
    return NUMPY_BOUND if NUMPY and dtype is np.float64 else BOUND


def examples(count: int) -> Any:
    return hypothesis.settings(
        max_examples=3 * count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


# ---- what is drawn --------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """Data are drawn by ``seed``: shrinking a shape shrinks all."""

    shape: tuple[int, ...]
    axis: Any
    axes: tuple[int, ...]  # the same, from 0
    dtype: Any
    layouts: tuple[str, ...]
    seed: int
    spread: float


@st.composite
def cases(draw: Any, tuples: bool = True, square: bool = False) -> Case:
    rank = draw(st.integers(2 if square else 1, 5))
    shape = draw(st.lists(st.integers(0, 4), min_size=rank, max_size=rank))
    at = draw(st.integers(0, rank - 1))
    shape[at] = draw(st.sampled_from([0, 1, 2, 3, 7, 31, 32, 33, 45, 64, 100]))
    if square:
        at = rank - 1
        shape[-1] = shape[-2] = draw(st.integers(0, 40))
    many = draw(st.lists(st.integers(0, rank - 1), min_size=1, unique=True)) if tuples and not square else [at]
    kind = draw(st.sampled_from(("one", "negative", "tuple", "None"))) if tuples and not square else "one"
    axis: Any = {"one": at, "negative": at - rank, "tuple": tuple(many), "None": None}[kind]
    axes = {"tuple": tuple(sorted(many)), "None": tuple(range(rank))}.get(kind, (at,))
    layouts = tuple(draw(st.sampled_from(LAYOUTS)) for _ in range(3))
    seed = draw(st.integers(0, 2**32 - 1))
    spread = draw(st.sampled_from([0.5, 4.0, 30.0, 3000.0]))
    return Case(tuple(shape), axis, axes, draw(st.sampled_from(FLOATS)), layouts, seed, spread)


def laid_out(a: Array, layout: str, rng: np.random.Generator) -> Array:
    """The same elements elsewhere in memory; but with "broadcast" some of them repeated."""
    if layout == "C":
        return np.ascontiguousarray(a)
    if layout == "F":
        return np.asfortranarray(a)
    if layout == "steps":
        big = np.zeros(tuple(3 * n + 1 for n in a.shape), a.dtype)
        view = big[tuple(slice(1, 3 * n + 1, 3) for n in a.shape)]
        view[...] = a
        return view
    if layout == "reversed":
        flip = tuple(slice(None, None, -1) for _ in a.shape)
        return np.ascontiguousarray(a[flip])[flip]
    if layout == "transposed":
        order = rng.permutation(a.ndim)
        return np.ascontiguousarray(a.transpose(order)).transpose(np.argsort(order))
    at = int(rng.integers(a.ndim))
    return np.broadcast_to(a[tuple(slice(0, 1) if k == at else slice(None) for k in range(a.ndim))], a.shape)


def drawn(case: Case, k: int, rng: np.random.Generator, spread: float | None = None) -> Array:
    with np.errstate(over="ignore"):
        plain = (rng.standard_normal(case.shape) * (spread or case.spread)).astype(case.dtype)
    return laid_out(plain, case.layouts[k], rng)


def masked_rows(case: Case, rng: np.random.Generator) -> Array:
    """True takes part: some elements do not, and of some rows none."""
    kept = rng.random(case.shape) < rng.choice([0.2, 0.8])
    return kept & (rng.random(tuple(1 if k in case.axes else n for k, n in enumerate(case.shape))) < 0.8)


def keywords(case: Case, kind: str, rng: np.random.Generator) -> tuple[dict[str, Any], Array | None, Array | None]:
    """Those of a call with this kind of mask, what they add to the scores, and which elements they let take part."""
    if kind == "none":
        return {}, None, None
    kept = masked_rows(case, rng)
    if rng.random() < 0.3:  # one mask for many rows
        kept = kept[tuple(slice(0, 1) if k not in case.axes else slice(None) for k in range(kept.ndim))]
        kept = kept[0] if kept.shape[0] == 1 and kept.ndim > 1 else kept
    if kind == "where":
        return {"where": laid_out(kept, "transposed", rng)}, None, kept
    if kind == "bool":
        mask = laid_out(kept, case.layouts[1], rng)
        return {"mask": mask}, None, mask
    added = np.where(kept, rng.standard_normal(kept.shape), -np.inf).astype(case.dtype)
    mask = laid_out(added, case.layouts[1] if case.layouts[1] != "broadcast" else "C", rng)
    return {"mask": mask}, added, None


# ---- what is true ---------------------------------------------------------------------------------------------------


def wide(a: Any) -> Array:
    return np.asarray(a).astype(np.float64).astype(Wide) if np.asarray(a).dtype in HALVES else np.asarray(a, Wide)


def as_rows(a: Array, axes: Sequence[int]) -> Array:
    rest = [k for k in range(a.ndim) if k not in axes]
    n = int(np.prod([a.shape[k] for k in axes]))
    return a.transpose([*rest, *axes]).reshape((*(a.shape[k] for k in rest), n))


def from_rows(rows: Array, shape: tuple[int, ...], axes: Sequence[int]) -> Array:
    order = [*(k for k in range(len(shape)) if k not in axes), *axes]
    return rows.reshape([shape[k] for k in order]).transpose(np.argsort(order))


def log_sum(z: Array) -> tuple[Array, Array]:
    """The largest of each row, 0 where all are -inf, and log(sum(exp(z - largest))), good near 0 too."""
    top = np.max(z, axis=-1, keepdims=True, initial=-np.inf)
    top = np.where(top == -np.inf, 0, top)
    if z.shape[-1] == 0:
        return top, np.zeros_like(top)
    e = np.exp(z - top)
    first = np.arange(z.shape[-1]) == np.argmax(z, axis=-1)[..., None]
    empty = (z == -np.inf).all(axis=-1, keepdims=True)
    rest = np.sum(np.where(first, 0, e), axis=-1, keepdims=True)
    return top, np.where(empty, -np.inf, np.log1p(np.where(empty, 0, rest)))


def true_values(z: Array) -> tuple[Array, Array]:
    """softmax and log_softmax of the rows of scores z; of a row of -inf alone 0 and -inf."""
    top, logarithm = log_sum(z)
    with np.errstate(invalid="ignore"):
        logs = np.where(z == -np.inf, -np.inf, (z - top) - logarithm)
    return np.exp(logs), logs


def unit(magnitude: Array, dtype: Any) -> Array:
    """The ULP that ``dtype`` has at these magnitudes; below its smallest normal number that of the subnormals."""
    info = oracle.finfo(dtype)
    _, exponent = np.frexp(np.where(np.isfinite(magnitude), np.abs(magnitude), 0))
    exponent = np.where(magnitude == 0, int(info.minexp), np.maximum(exponent - 1, int(info.minexp)))
    return np.ldexp(Wide(1), exponent - int(info.nmant))


def check(got: Array, true: Array, allowed: Array, what: str) -> None:
    """|got - true| <= allowed, and infinities where they should be."""
    found = wide(got)
    assert found.shape == true.shape, f"{what}: shape {found.shape}, not {true.shape}"
    ends = np.isinf(true)
    assert (found[ends] == true[ends]).all(), f"{what}: infinities"
    with np.errstate(invalid="ignore"):
        wrong = ~ends & ~(np.abs(found - true) <= allowed)
    if wrong.any():
        at = tuple(int(k[0]) for k in np.nonzero(wrong))
        pytest.fail(f"{what}: {found[at]!r} and not {true[at]!r} at {at}, {np.broadcast_to(allowed, wrong.shape)[at]}")


def rounding(z: Array, dtype: Any, rounded: bool) -> Array:
    """How far the scores of each row are off before anything is computed: the absolute error of exp's argument.

    Longdouble has 11 bits more than float64, of which a score of 1000 takes 10. Where NumPy computes float64, scale x +
    mask is rounded to float64: the kernels keep what that loses.
    """
    largest = np.max(np.where(np.isfinite(z), np.abs(z), 0), axis=-1, keepdims=True, initial=0)
    eps = Wide(2) ** -63 + (Wide(2) ** -52 if rounded and NUMPY and dtype is np.float64 else 0)
    return largest * eps


def value_bound(name: str, true: Array, z: Array, dtype: Any, rounded: bool) -> Array:
    """What a result may be off.

    log_softmax is the sum of two numbers of one sign, and good to a few ULP of itself; the error of a score adds to it.
    """
    bound = HALF_BOUND if dtype in HALVES else bound_of(dtype)
    allowed = bound * unit(true, dtype)
    off = rounding(z, dtype, rounded)
    if name == "log_softmax":
        return allowed + off
    return allowed + true * off


# ---- values ---------------------------------------------------------------------------------------------------------


def scores(name: str, x: Array, scale: float, added: Array | None, kept: Array | None, case: Case) -> Array:
    """The scores of each row, in longdouble."""
    sign = -1 if name == "softmin" else 1
    z = wide(x) * (sign * Wide(parameter_dtype(case.dtype)(scale)))
    with np.errstate(invalid="ignore"):
        z = z if added is None else z + wide(added)
    z = z if kept is None else np.where(kept, z, -np.inf)
    return as_rows(np.broadcast_to(z, x.shape), case.axes)


@pytest.mark.parametrize("name", FUNCTIONS)
@examples(220)
@given(
    case=cases(),
    scale=st.sampled_from([1.0, 0.125, -0.5, 0.1, 3.3]),
    kind=st.sampled_from(["none", "bool", "where", "added"]),
    place=st.sampled_from(["new", "out", "in place"]),
)
def test_values(name: str, case: Case, scale: float, kind: str, place: str) -> None:
    rng = np.random.default_rng(case.seed)
    x = drawn(case, 0, rng)
    if case.dtype is np.float16 and abs(scale) > 1:
        x = np.clip(x, -6000, 6000).astype(case.dtype)  # of an empty array NumPy 1 makes float32
    given_keywords, added, kept = keywords(case, kind, rng)
    z = scores(name, x, scale, added, kept, case)
    function = fa.get(name)
    out = None
    if place == "out":
        out = laid_out(np.zeros(case.shape, case.dtype), case.layouts[2].replace("broadcast", "F"), rng)
    elif place == "in place" and x.flags.writeable:
        out = x
    got = function(x, out, axis=case.axis, scale=scale, **given_keywords)
    assert got is out or out is None
    assert got.dtype == case.dtype
    true = true_values(z)[name == "log_softmax"]
    allowed = value_bound(name, true, z, case.dtype, scale != 1 or kind == "added")
    check(as_rows(got, case.axes), true, allowed, name)


@pytest.mark.parametrize("name", FUNCTIONS)
@examples(80)
@given(
    case=cases(square=True),
    scale=st.sampled_from([1.0, 0.125, 0.1]),
    kind=st.sampled_from(["none", "bool", "where", "added"]),
)
def test_causal(name: str, case: Case, scale: float, kind: str) -> None:
    rng = np.random.default_rng(case.seed)
    x = drawn(case, 0, rng)
    given_keywords, added, kept = keywords(case, kind, rng)
    below = np.tri(case.shape[-1], dtype=bool)
    z = scores(name, x, scale, added, below if kept is None else kept & below, case)
    got = fa.get(name)(x, scale=scale, causal=True, **given_keywords)
    true = true_values(z)[name == "log_softmax"]
    check(got, true, value_bound(name, true, z, case.dtype, scale != 1 or kind == "added"), name)
    if kind == "none":
        # whatever stands above the diagonal
        spoilt = np.array(x)
        spoilt[..., ~below] = np.nan
        assert fa.get(name)(spoilt, scale=scale, causal=True).tobytes() == got.tobytes()


@examples(120)
@given(case=cases(), keepdims=st.booleans())
def test_logsumexp(case: Case, keepdims: bool) -> None:
    rng = np.random.default_rng(case.seed)
    x = drawn(case, 0, rng)
    z = as_rows(wide(x), case.axes)
    top, logarithm = log_sum(z)
    true = np.where(logarithm == -np.inf, -np.inf, top + logarithm)
    true = np.full_like(true, -np.inf) if z.shape[-1] == 0 else true
    got = fa.logsumexp(x, axis=case.axis, keepdims=keepdims)
    shape = tuple(1 if k in case.axes else n for k, n in enumerate(case.shape) if keepdims or k not in case.axes)
    assert np.shape(got) == shape
    # top + log(...) cancels where it is near 0: each of the two is good to some ULP of itself. Of float64 rounding to
    # longdouble counts
    largest = np.maximum(np.abs(true), np.abs(top))
    allowed = (HALF_BOUND if case.dtype in HALVES else bound_of(case.dtype)) * unit(true, case.dtype)
    allowed = np.where(
        np.isfinite(largest), allowed + bound_of(case.dtype) * unit(largest, parameter_dtype(case.dtype)), 0
    )
    check(np.reshape(got, true.shape), true, allowed, "logsumexp")


def sorted_sparsemax(z: Array) -> Array:
    """The point of the simplex nearest to each row, by the sorting algorithm of Martins & Astudillo."""
    if z.shape[-1] == 0:
        return z
    z = z - z.max(axis=-1, keepdims=True)
    ordered = np.sort(z, axis=-1)[..., ::-1]
    sums = np.cumsum(ordered, axis=-1)
    k = np.sum(1 + np.arange(1, z.shape[-1] + 1) * ordered > sums, axis=-1, keepdims=True)
    t = (np.take_along_axis(sums, k - 1, axis=-1) - 1) / k
    return np.maximum(z - t, 0)


@examples(150)
@given(case=cases())
def test_sparsemax(case: Case) -> None:
    x = drawn(case, 0, np.random.default_rng(case.seed), min(case.spread, 4.0))
    got = as_rows(fa.sparsemax(x, axis=case.axis), case.axes)
    z = as_rows(wide(x), case.axes)
    true = sorted_sparsemax(z)
    # every element is off by what the threshold is: ULPs of 1, and half types are rounded at the end
    eps = Wide(float(np.finfo(parameter_dtype(case.dtype)).eps))
    allowed = bound_of(case.dtype) * eps + (HALF_BOUND * unit(true, case.dtype) if case.dtype in HALVES else 0)
    check(got, true, allowed, "sparsemax")
    if z.shape[-1]:
        unity = wide(got).sum(axis=-1)
        assert (np.abs(unity - 1) <= bound_of(case.dtype) * z.shape[-1] * float(oracle.finfo(case.dtype).eps)).all()


# ---- gradients ------------------------------------------------------------------------------------------------------

# A gradient is a difference, and its terms may cancel: it is right to some ULP of the sum of their magnitudes, and not
# of itself. With dy = 1 the true gradient of softmax is 0.


def true_gradient(name: str, dy: Array, y: Array, scale: Any) -> tuple[Array, Array]:
    """From the output, in rows, and the sum of the magnitudes of its terms."""
    if name == "log_softmax":
        p = np.exp(y)
        gradient = scale * (dy - p * dy.sum(axis=-1, keepdims=True))
        size = abs(scale) * (np.abs(dy) + p * np.abs(dy).sum(axis=-1, keepdims=True))
        return np.where(y == -np.inf, 0, gradient), size
    gradient = scale * (y * (dy - (dy * y).sum(axis=-1, keepdims=True)))
    return gradient, abs(scale) * (y * (np.abs(dy) + np.abs(dy * y).sum(axis=-1, keepdims=True)))


def underflow(dtype: Any, scale: Any) -> Any:
    """What subnormal products lose, before and after they are multiplied by the scale."""
    return 2 * (1 + abs(scale)) * Wide(float(oracle.finfo(dtype).smallest_subnormal))


@pytest.mark.parametrize("name", FUNCTIONS)
@examples(150)
@given(case=cases(), scale=st.sampled_from([1.0, 0.125, -0.5, 0.1, 3.3]), into=st.sampled_from(["new", "dy", "y"]))
def test_gradient_from_output(name: str, case: Case, scale: float, into: str) -> None:
    rng = np.random.default_rng(case.seed)
    x, dy = drawn(case, 0, rng, min(case.spread, 30.0)), drawn(case, 2, rng, 2.0)
    function = fa.get(name)
    y = laid_out(function(x, axis=case.axis, scale=scale), case.layouts[1].replace("broadcast", "F"), rng)
    signed = Wide(parameter_dtype(case.dtype)(scale)) * (-1 if name == "softmin" else 1)
    true, size = true_gradient(name, as_rows(wide(dy), case.axes), as_rows(wide(y), case.axes), signed)
    out = {"dy": dy, "y": y}.get(into)
    out = None if out is None or not out.flags.writeable else out
    got = function.backward_from_output(dy, y, out, axis=case.axis, scale=scale)
    assert got is out or out is None
    assert got.dtype == case.dtype
    check(
        as_rows(got, case.axes),
        true,
        bound_of(case.dtype) * unit(size, case.dtype) + underflow(case.dtype, scale),
        name,
    )


@pytest.mark.parametrize("name", FUNCTIONS)
@examples(150)
@given(
    case=cases(),
    scale=st.sampled_from([1.0, 0.125, -0.5, 0.1]),
    kind=st.sampled_from(["none", "bool", "where", "added"]),
)
def test_gradient_from_input(name: str, case: Case, scale: float, kind: str) -> None:
    rng = np.random.default_rng(case.seed)
    x, dy = drawn(case, 0, rng, min(case.spread, 30.0)), drawn(case, 2, rng, 2.0)
    given_keywords, added, kept = keywords(case, kind, rng)
    z = scores(name, x, scale, added, kept, case)
    signed = Wide(parameter_dtype(case.dtype)(scale)) * (-1 if name == "softmin" else 1)
    y = true_values(z)[name == "log_softmax"]
    true, size = true_gradient(name, as_rows(wide(dy), case.axes), y, signed)
    got = fa.get(name).backward(dy, x, axis=case.axis, scale=scale, **given_keywords)
    allowed = bound_of(case.dtype) * unit(size, case.dtype) + underflow(case.dtype, scale)
    # what the scores are off, and of log_softmax the rounding of y, is a relative error of exp(y)
    off = rounding(z, case.dtype, scale != 1 or kind == "added")
    if name == "log_softmax":
        off = off + np.where(np.isfinite(y), np.abs(y), 0) * float(oracle.finfo(case.dtype).eps) / 2
    elif case.dtype in HALVES:
        # y, which is rounded to the half type, is subnormal there
        lost = unit(np.zeros(1, Wide), case.dtype)
        reach = np.abs(as_rows(wide(dy), case.axes))
        allowed = allowed + abs(signed) * lost * (reach + reach.sum(axis=-1, keepdims=True))
    check(as_rows(got, case.axes), true, allowed + size * off, name)


@examples(100)
@given(case=cases(), keepdims=st.booleans())
def test_logsumexp_gradient(case: Case, keepdims: bool) -> None:
    rng = np.random.default_rng(case.seed)
    x = drawn(case, 0, rng)
    z = as_rows(wide(x), case.axes)
    shape = tuple(1 if k in case.axes else n for k, n in enumerate(case.shape) if keepdims or k not in case.axes)
    dy = (2 * rng.standard_normal(shape)).astype(case.dtype)
    got = fa.logsumexp.backward(dy, x, axis=case.axis, keepdims=keepdims)
    true = true_values(z)[0] * wide(dy).reshape((*z.shape[:-1], 1))
    allowed = bound_of(case.dtype) * unit(true, case.dtype) + np.abs(true) * rounding(z, case.dtype, False)
    check(as_rows(got, case.axes), true, allowed + underflow(case.dtype, 1), "logsumexp.backward")
    share = fa.logsumexp.derivative(x, axis=case.axis)
    assert share.tobytes() == fa.softmax(x, axis=case.axis).tobytes()


@examples(100)
@given(case=cases())
def test_sparsemax_gradient(case: Case) -> None:
    rng = np.random.default_rng(case.seed)
    x, dy = drawn(case, 0, rng, min(case.spread, 4.0)), drawn(case, 1, rng, 2.0)
    y = fa.sparsemax(x, axis=case.axis)
    inside = as_rows(y != 0, case.axes)
    g = as_rows(wide(dy), case.axes)
    count = np.maximum(inside.sum(axis=-1, keepdims=True), 1)
    mean = np.where(inside, g, 0).sum(axis=-1, keepdims=True) / count
    size = np.abs(g) + np.where(inside, np.abs(g), 0).sum(axis=-1, keepdims=True) / count
    for got in (
        fa.sparsemax.backward_from_output(dy, y, axis=case.axis),
        fa.sparsemax.backward(dy, x, axis=case.axis),
    ):
        check(
            as_rows(got, case.axes),
            np.where(inside, g - mean, 0),
            bound_of(case.dtype) * unit(size, case.dtype),
            "sparsemax.backward",
        )


@floats
@pytest.mark.parametrize("name", FUNCTIONS)
def test_jacobian(name: str, dtype: Any) -> None:
    """Element (i, j) is that of backward with dy = 1 at i alone, and good to some ULP of its largest term."""
    x = (3 * np.random.default_rng(3).standard_normal((3, 9, 4))).astype(dtype)
    for axis in (0, 1, -1):
        jacobian = wide(fa.get(name).derivative(x, axis=axis, scale=0.5))
        z = scores(name, x, 0.5, None, None, Case(x.shape, axis, (axis % 3,), dtype, (), 0, 0))
        y = true_values(z)[name == "log_softmax"][..., None, :]
        one = np.eye(z.shape[-1], dtype=Wide)
        true, size = true_gradient(name, one, y, Wide(-0.5 if name == "softmin" else 0.5))
        # y is rounded first, and in log_softmax that is a relative error of exp(y)
        off = np.abs(y) * float(oracle.finfo(dtype).eps) if name == "log_softmax" else 0
        check(jacobian, true, bound_of(dtype) * unit(size, dtype) + size * off, name)


@floats
def test_rows_that_one_element_rules(dtype: Any) -> None:
    """There log_softmax is nearly 0: minus the sum of what the others are, which is added up without the 1."""
    rng = np.random.default_rng(4)
    for n in (2, 5, 31, 40, 300):
        x = rng.uniform(-3, 3, (30, n))
        x[np.arange(30), rng.integers(n, size=30)] = np.linspace(3, 90, 30)
        x = x.astype(dtype)
        z = wide(x)
        true = true_values(z)[1]
        # and what longdouble loses of a score less the top, of which exp makes a relative error
        bound = HALF_BOUND if dtype in HALVES else bound_of(dtype)
        allowed = bound * unit(true, dtype) + np.abs(true) * Wide(2) ** -57
        check(fa.log_softmax(x), true, allowed, "log_softmax")
        check(fa.log_softmax(np.ascontiguousarray(x.T), axis=0).T, true, allowed, "log_softmax of columns")
        top = x - x.max(axis=-1, keepdims=True)
        right = log_sum(wide(top))[1][:, 0]
        check(fa.logsumexp(top), right, BOUND * unit(right, dtype) + right * Wide(2) ** -50, "logsumexp")
