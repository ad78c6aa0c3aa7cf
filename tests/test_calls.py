"""What holds for a call of every function: what may be written to, what a number is, and what errors say."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest
from calls import LARGE, SMALL, Call, every_call
from floats import HALVES

import fastact as fa
from fastact.api.function import ELSEWHERE
from fastact.runtime import kernels

CALLS = [*every_call()]
# What takes no dy that broadcasts.
SAME_SHAPE = ("frelu", "glu", "reglu", "geglu", "swiglu", "bilinear", "prelu.weight", "prelu.backward_with")
WRITING = [call for call in (*CALLS, *every_call(LARGE)) if call.takes_out]


def named(calls: list[Call]) -> Any:
    return pytest.mark.parametrize("call", calls, ids=lambda call: f"{call.name}-{max(map(len, call.result))}d")


def listed(out: Any) -> list[Any]:
    return list(out) if isinstance(out, tuple) else [out]


def test_every_function_is_called() -> None:
    names = {call.name.split(".")[0].removesuffix(" of two") for call in CALLS}
    assert names == set(fa.names())
    assert {"prelu.backward_with_weight", "frelu.backward", "swiglu.backward of two"} <= {call.name for call in CALLS}


@named(WRITING)
def test_a_read_only_out_is_refused(call: Call) -> None:
    """Before anything is written, whatever the way that a call of this size takes."""
    outs = call.outs(np.float32)
    for locked in listed(outs):
        locked.flags.writeable = False
        before = [one.tobytes() for one in listed(outs)]
        with pytest.raises(ValueError, match=re.escape(call.called) + ".*read-only"):
            call(out=outs)
        assert [one.tobytes() for one in listed(outs)] == before
        locked.flags.writeable = True


@named([call for call in WRITING if "bias" in inspect.signature(call.function).parameters])
def test_a_read_only_out_is_refused_beside_a_bias(call: Call) -> None:
    if call.name.startswith(("frelu", "shrink")):
        pytest.skip("its bias is a parameter of its own")
    outs = call.outs(np.float32)
    for locked in listed(outs):
        locked.flags.writeable = False
    axis = 1 if call.name.startswith("prelu") else -1
    bias: Any = np.ones(next(iter(call.arrays.values())).shape[axis], np.float32)
    if "up" in call.arrays:
        bias = (bias, bias)
    elif "up" in inspect.signature(call.function).parameters:
        bias = np.ones(call.arrays["x"].shape[-1], np.float32)
    with pytest.raises(ValueError, match="read-only"):
        call(out=outs, bias=bias, axis=axis)
    assert all(np.all(one == 7) for one in listed(outs))


@named([call for call in WRITING if len(call.result) == 1])
def test_out_in_a_tuple(call: Call) -> None:
    """As ufuncs take it."""
    out = call.outs(np.float32)
    result = call(out=(out,))
    first = result[0] if isinstance(result, tuple) else result
    assert first is out
    wanted = call()
    np.testing.assert_array_equal(out, wanted[0] if isinstance(wanted, tuple) else wanted)


@named([call for call in WRITING if len(call.result) == 1])
@pytest.mark.parametrize("bad", [0.5, True, -1, "x", [0.0]], ids=repr)
def test_out_that_is_no_array(call: Call, bad: Any) -> None:
    """A parameter by position, say: the error says how parameters are given."""
    with pytest.raises(TypeError, match=f"^{re.escape(call.called)}: out=.* is not accepted") as caught:
        call(out=bad)
    by_name = [p.name for p in inspect.signature(call.function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    own = [name for name in by_name if name not in ("where", "dtype", "casting")]
    if type(bad) in (float, int) and own and not inspect.ismethod(call.function):
        assert f"{own[0]}=" in str(caught.value)


@named([call for call in WRITING if len(call.result) == 1])
@pytest.mark.parametrize("kind", ["shape", "dtype"])
def test_out_that_does_not_fit(call: Call, kind: str) -> None:
    out = np.full(call.result[0], 7) if kind == "dtype" else np.full((*call.result[0][:-1], 77), 7, np.float32)
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(call.called)}: "):
        call(out=out)
    assert np.all(out == 7)


@named(CALLS)
@pytest.mark.parametrize("dtype", [np.float32, *HALVES], ids=lambda dtype: dtype.__name__)
def test_a_number_is_weak(call: Call, dtype: Any) -> None:
    """Beside an array a Python number has no dtype (NEP 50): `numpy.multiply(1.0, x)` has that of x."""
    arrays = {key: value.astype(dtype) for key, value in call.arrays.items()}
    more = {k: v.astype(dtype) if isinstance(v, np.ndarray) else v for k, v in call.more.items()}
    wanted = call.function(**arrays | more)
    for number in ("dy", "x", "y"):
        if number not in arrays or len(arrays) == 1 or arrays[number].shape != max(a.shape for a in arrays.values()):
            continue
        try:
            result = call.function(**arrays | more | {number: 0.25})
        except ValueError:
            assert number != "dy" or call.name.startswith(SAME_SHAPE)  # a function of arrays of one shape
            continue
        first, other = (r[0] if isinstance(r, tuple) else r for r in (result, wanted))
        assert first.dtype == other.dtype == dtype
        if number == "dy":
            expected = call.function(**arrays | more | {number: np.full(arrays[number].shape, 0.25, dtype)})
            expected = expected[0] if isinstance(expected, tuple) else expected
            assert np.broadcast_to(first, expected.shape).tobytes() == expected.tobytes()


@named(CALLS)
def test_unknown_keywords(call: Call) -> None:
    """The error names the function and the keyword, and says what other libraries' keywords are called here."""
    accepted = inspect.signature(call.function).parameters
    if inspect.ismethod(call.function):
        return  # Python matches those
    start = f"^{re.escape(call.called)}\\(\\) got an unexpected keyword argument '{{}}'"
    for theirs, ours in ELSEWHERE.items():
        known = [name for name in ours if name in accepted]
        if theirs in accepted or not known:
            continue
        with pytest.raises(TypeError, match=start.format(theirs) + f"; it is called {known[0]} here"):
            call(**{theirs: 1})
    if call.takes_out:
        with pytest.raises(TypeError, match=start.format("inplace") + ".*out=x"):
            call(inplace=True)


@named(CALLS)
def test_arguments_by_position(call: Call) -> None:
    if inspect.ismethod(call.function):
        return  # Python matches those
    name = f"^{re.escape(call.called)}"
    order = [p.name for p in inspect.signature(call.function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    with pytest.raises(TypeError, match=rf"{name}\(\) takes at most {len(order)} arguments by position \({order[0]}"):
        call.function(*range(len(order) + 1))
    with pytest.raises(TypeError, match=rf"{name}\(\) missing the argument"):
        call.function()
    values = [*call.arrays.values()]
    with pytest.raises(TypeError, match=rf"{name}\(\) got multiple values for argument '{order[0]}'"):
        call.function(*values, **{order[0]: values[0]} | call.more)


@named(CALLS)
@pytest.mark.parametrize(
    "bad",
    [None, "text", np.array([1j]), np.array([None]), object()],
    ids=["None", "text", "complex", "objects", "object"],
)
def test_inputs_that_are_no_numbers(call: Call, bad: Any) -> None:
    for argument in call.arrays:
        if argument == "up" and bad is None:
            continue  # which is what packed arrays have
        name = re.escape(call.called)
        with pytest.raises(TypeError, match=f"^{name}: "):
            call(**{argument: bad})


def test_numbers_beyond_all_floats() -> None:
    x = np.ones(3)
    for function, name in ((fa.elu, "alpha"), (fa.softmax, "scale"), (fa.swiglu, "alpha"), (fa.gumbel_softmax, "tau")):
        for sign in (1, -1):
            more = (x,) if function is fa.swiglu else ()
            with pytest.raises(ValueError, match=f"{function.name}: {name}=an int of 1329 bits is not accepted"):
                function(x, *more, **{name: sign * 10**400})


def test_fused_ufuncs_pickle() -> None:
    import pickle

    for gate in ("glu", "reglu", "geglu", "swiglu", "bilinear"):
        for function in (fa.get(gate), fa.get(gate).backward):
            assert pickle.loads(pickle.dumps(function.ufunc)) is function.ufunc
    with pytest.raises(AttributeError, match="no attribute 'nothing_gated'"):
        _ = fa.ufuncs.nothing_gated


def test_a_bias_of_one_number_needs_no_axis() -> None:
    for x in (np.array([-1.0, 2.0]), np.float64(-1.0)):
        np.testing.assert_array_equal(fa.prelu(x, 0.25, bias=1.0), fa.prelu(x + 1.0, 0.25))
    with pytest.raises(ValueError, match=r"^gelu: bias of shape \(1,\) is not accepted"):
        fa.gelu(-1.0, bias=[0.5])


@pytest.mark.parametrize("name", ["glu", "reglu", "geglu", "swiglu", "bilinear"])
def test_gates_of_longdouble(name: str) -> None:
    x, up = np.linspace(-2, 2, 6, dtype=np.longdouble).reshape(2, 1, 3)
    gate = fa.get(name)
    y = gate(x, up)
    assert y.dtype == np.longdouble
    np.testing.assert_allclose(y.astype(float), gate(x.astype(float), up.astype(float)), rtol=1e-15)
    dx, dup = gate.backward(x, x, up)
    wanted = gate.backward(*(a.astype(float) for a in (x, x, up)))
    np.testing.assert_allclose(dx.astype(float), wanted[0], rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(dup.astype(float), wanted[1], rtol=1e-14)


def test_a_number_is_a_row_of_one() -> None:
    """As for SciPy and for `numpy.sum`."""
    assert fa.softmax(2.0) == fa.softmin(2.0) == fa.hardmax(2.0) == fa.sparsemax(2.0) == 1
    assert fa.log_softmax(2.0, axis=0) == 0
    assert fa.logsumexp(2.0, axis=None) == fa.logsumexp(np.float64(2.0)) == fa.logsumexp(2.0, keepdims=True) == 2
    assert isinstance(fa.softmax(np.float32(2.0)), np.float32)
    assert fa.softmax.backward(1.0, 2.0) == 0
    assert fa.logsumexp.backward(3.0, 2.0) == 3
    out = np.array(7.0)
    assert fa.logsumexp(2.0, out) is out
    assert out == 2
    assert fa.logsumexp(np.array(3.0), out=out, keepdims=True) is out
    assert out == 3
    assert fa.softmax(np.array(2.0), out=out) is out
    assert out == 1


def test_isa_in_use() -> None:
    """The tests above try the compiled ways, or are those of the fallback."""
    assert (kernels.spatial is None) == (kernels.isa == "numpy")
    assert SMALL != LARGE
