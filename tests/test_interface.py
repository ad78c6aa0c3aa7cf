"""The objects of the library: choices, keywords, names, signatures, pickling, docstrings."""

from __future__ import annotations

import copy
import doctest
import inspect
import pickle
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from conftest import RunPython
from floats import FLOATS, floats

import fastact as fa
from fastact.table.dtypes import BFLOAT16, is_bfloat16
from fastact.table.registry import ALIASES, BY_NAME, ELEMENTWISE, ROWS, Row

Array = npt.NDArray[Any]

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
RNG = np.random.default_rng


# ---- keywords and choices -------------------------------------------------------------------------------------------


def directions(row: Row) -> dict[str, Callable[..., Any]]:
    activation = fa.get(row.name)
    found = {"": activation, "derivative": activation.derivative, "backward": activation.backward}
    if row.from_output:
        found["backward_from_output"] = activation.backward_from_output
    return found


def main_inputs(row: Row, direction: str) -> list[Array]:
    required = [np.array(0.25) for param in row.params if param.default is None]
    return [np.ones(3)] * (2 if "backward" in direction else 1) + required


@every_row
def test_unknown_keywords_are_refused_by_name(row: Row) -> None:
    for direction, function in directions(row).items():
        with pytest.raises(TypeError, match="slopes"):
            function(*main_inputs(row, direction), slopes=1)
        with pytest.raises(TypeError):
            function()
        with pytest.raises(TypeError):
            function(*main_inputs(row, direction), None, 1, 2, 3)


@rows
def test_value_does_not_take_parameters_of_the_derivative(row: Row) -> None:
    own = {param.name for param in row.params}
    for param in row.derivative_params:
        if param.name not in own:
            with pytest.raises(TypeError, match=param.name):
                fa.get(row.name)(np.ones(3), **{param.name: 0.5})


@pytest.mark.parametrize("row", [row for row in ROWS if row.choice], ids=lambda row: row.name)
def test_choice(row: Row) -> None:
    choice = row.choice
    assert choice is not None
    x = np.linspace(-4, 4, 101)
    for direction, function in directions(row).items():
        inputs = (x[::-1].copy(), x) if "backward" in direction else (x,)
        for value, name in choice.rows.items():
            other = directions(next(r for r in ROWS if r.name == name))[direction]
            assert (function(*inputs, **{choice.name: value}) == other(*inputs)).all()
            out = np.empty_like(x)
            assert function(*inputs, out=out, **{choice.name: value}) is out
            assert (out == other(*inputs)).all()
        assert (function(*inputs, **{choice.name: choice.default}) == function(*inputs)).all()
        for wrong in ("quick", None, True, 3, ["none"]):
            with pytest.raises((ValueError, TypeError), match=f"{choice.name}=.*must be"):
                function(*inputs, **{choice.name: wrong})


# ---- calls that were made before ------------------------------------------------------------------------------------

# The first call with a plain number as parameter checks it, later ones find the ufunc and the parameter again.


def test_a_number_is_not_taken_for_another() -> None:
    x = np.array([-1.5, -0.5, 0.0, 2.0])
    for dtype in FLOATS:
        for slope in (0.0, -0.0, 0, 0.5, 1, 1.0, -0.0, 0.5, 0.0):
            expected = np.where(x < 0, np.float64(slope) * x, x)
            for got in (fa.leaky_relu(x.astype(dtype), negative_slope=slope), fa.prelu(x.astype(dtype), slope)):
                assert got.dtype == dtype
                assert (got == expected).all()
                assert (np.signbit(got) == np.signbit(expected)).all()


def test_more_numbers_than_are_remembered() -> None:
    x = RNG(0).standard_normal((2, 9)).astype(np.float32)
    for _ in range(2):
        for slope in np.arange(-300, 300) / 64:
            assert (fa.prelu(x, float(slope)) == np.where(x < 0, np.float32(slope) * x, x)).all()
    assert (fa.elu(x) == fa.elu(x, alpha=1.0)).all()


def test_a_wrong_number_is_refused_each_time_and_nothing_written() -> None:
    x, out = np.ones(3), np.full(3, 7.0)
    for _ in range(3):
        fa.silu(x, beta=2.0)
        with pytest.raises(ValueError, match=r"silu: beta=inf "):
            fa.silu(x, beta=np.inf, out=out)
        with pytest.raises(ValueError, match=r"silu\.backward: beta=nan "):
            fa.silu.backward(x, x, beta=float("nan"), out=out)
        with pytest.raises(TypeError, match="alpha"):
            fa.silu(x, alpha=2.0, out=out)
    assert (out == 7).all()


def test_dtypes_of_dy_and_x_count_both() -> None:
    x = RNG(0).standard_normal(9)
    for narrow, wide in ((np.float16, np.float32), (np.float32, np.float64), (np.float64, np.longdouble)):
        a = x.astype(narrow)
        for _ in range(2):
            assert fa.prelu.backward(a, a, 0.25).dtype == narrow
            assert fa.prelu.backward(a.astype(wide), a, 0.25).dtype == wide
            assert fa.prelu.backward(a, a.astype(wide), 0.25).dtype == wide
            assert fa.elu.backward(a.astype(wide), a, alpha=0.5).dtype == wide


@every_row
def test_arguments_by_name(row: Row) -> None:
    """Every argument may be given by its name, none twice."""
    for direction, function in directions(row).items():
        inputs = main_inputs(row, direction)
        signature = inspect.signature(function)
        named = dict(zip(signature.parameters, inputs, strict=False))
        expected = function(*inputs)
        assert (function(**named) == expected).all()
        if "out" in signature.parameters:
            out = np.empty_like(expected)
            assert function(*inputs, out) is out
            assert function(*inputs, out=out) is out
            assert function(**named, **{"".join(["o", "ut"]): out}) is out  # a string that CPython has not interned
            assert (out == expected).all()
            with pytest.raises(TypeError, match="out"):
                function(*inputs, out, out=out)
        with pytest.raises(TypeError, match=next(iter(named))):
            function(*inputs, **named)


# ---- parameters by position -----------------------------------------------------------------------------------------


@floats
def test_parameters_without_a_default_by_position(dtype: Any) -> None:
    x = np.array([-1.0, 0.5, 2.0], dtype)
    dy, out = np.full_like(x, 3), np.empty_like(x)
    expected = np.array([-4.0, -4.0, 2.0], dtype)
    for _ in range(2):  # the second time by the short path
        assert (fa.threshold(x, 1.0, -4.0) == expected).all()
        assert (fa.threshold(x, 1.0, value=-4.0) == expected).all()
        assert (fa.threshold(x, value=-4.0, threshold=1.0) == expected).all()
        assert fa.threshold(x, 1.0, -4.0, out) is out
        assert (out == expected).all()
        assert fa.threshold(x, 1.0, value=-4.0, out=out) is out
        assert fa.threshold.backward(dy, x, 1.0, -4.0, out) is out
        assert out.tolist() == [0, 0, 3]
        assert fa.threshold.backward_from_output(dy, expected, 1.0, -4.0).tolist() == [0, 0, 3]
        assert fa.threshold.derivative(x, threshold=0.0, value=0.0).tolist() == [0, 1, 1]
    for wrong in ((1.0,), (1.0, -4.0, out, 5.0)):
        with pytest.raises(TypeError, match=r"'value'|at most 4"):
            fa.threshold(x, *wrong)
    with pytest.raises(TypeError, match="multiple values for argument 'threshold'"):
        fa.threshold(x, 1.0, -4.0, threshold=1.0)
    with pytest.raises(TypeError, match="missing the argument 'threshold'"):
        fa.threshold(x, value=1.0)
    with pytest.raises(ValueError, match=r"value=2.*threshold=1.*value must not be greater than threshold"):
        fa.threshold.backward_from_output(dy, x, 1.0, 2.0)
    assert fa.threshold.backward(dy, x, 1.0, 2.0).tolist() == [0, 0, 3]


# ---- pickling, signatures, names ------------------------------------------------------------------------------------


needs_bfloat16 = pytest.mark.skipif(BFLOAT16 is None, reason="ml_dtypes is not installed")


@needs_bfloat16
def test_bfloat16_meets_other_dtypes() -> None:
    assert BFLOAT16 is not None
    x = np.linspace(-3, 3, 40).astype(BFLOAT16)
    single = x.astype(np.float32)
    # by dtype=, which NumPy itself has for its own dtypes alone
    assert fa.silu(single, dtype=BFLOAT16).tobytes() == fa.silu(x).tobytes()
    assert fa.silu.backward(single, single, dtype=BFLOAT16).tobytes() == fa.silu.backward(x, x).tobytes()
    assert fa.elu(single, alpha=0.5, dtype=BFLOAT16).tobytes() == fa.elu(x, alpha=0.5).tobytes()
    assert fa.silu(x, dtype=np.float32).tobytes() == fa.silu(single).tobytes()
    with pytest.raises(TypeError, match=r"[Cc]ast"):
        fa.silu(single, dtype=BFLOAT16, casting="safe")
    assert fa.silu.backward(x, single).dtype == np.float32
    assert fa.silu.backward(x, x.astype(np.float64)).dtype == np.float64
    out = np.empty(40, np.float32)
    assert fa.silu(x, out=out) is out
    with pytest.raises(TypeError, match=r"[Cc]ast"):
        fa.silu(x, out=np.empty(40, np.float16))
    with pytest.raises(TypeError):  # NumPy has no common dtype of these
        fa.silu.backward(x, x.astype(np.float16))
    # parameters are float32, and arrays of them count in promotion where they are wider than that
    for alpha in (np.full(40, 0.3, BFLOAT16), np.full(40, 0.3, np.float32)):
        assert is_bfloat16(fa.elu(x, alpha=alpha).dtype)
    assert fa.elu(x, alpha=np.full(40, 0.3)).dtype == np.float64
    assert is_bfloat16(fa.softmax(x.reshape(4, 10)).dtype)
    weights = np.full(10, 0.3, BFLOAT16)
    assert is_bfloat16(fa.prelu(x.reshape(4, 10), weights).dtype)
    assert is_bfloat16(fa.prelu.weight_gradient(x, x).dtype)
    assert isinstance(fa.relu(x[0]), BFLOAT16.type)


def test_without_ml_dtypes(run_python: Any) -> None:
    code = """
        import sys
        sys.modules["ml_dtypes"] = None  # as if it were not installed
        import numpy as np
        import fastact as fa
        assert np.isclose(fa.silu(np.float32(1)), 0.7310586)
        assert fa.silu(np.ones(3, np.float16)).dtype == np.float16
        assert fa.runtime.configuration.config()["bfloat16"] == "no: ml_dtypes is not installed"
        try:
            fa.silu(np.zeros(3, "V2"))
        except TypeError as error:
            assert "|V2" in str(error), error
        else:
            raise AssertionError("a void of two bytes was taken for numbers")
    """
    done = run_python("-W", "error", "-c", textwrap.dedent(code))
    assert done.returncode == 0, done.stderr


@every_row
def test_pickling_gives_the_same_object(row: Row) -> None:
    activation = fa.get(row.name)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(activation, protocol)) is activation
        for direction, function in directions(row).items():
            assert pickle.loads(pickle.dumps(function, protocol)) is function, direction
    assert copy.deepcopy(activation) is activation
    for ufunc in (activation.ufunc, *(function.ufunc for function in directions(row).values())):
        assert pickle.loads(pickle.dumps(ufunc)) is ufunc


@rows
def test_ufuncs_take_parameters_as_inputs(row: Row) -> None:
    x = np.linspace(-2, 2, 9)
    values = [0.25 if param.default is None else param.number for param in row.params]
    ufunc = getattr(fa.ufuncs, row.name)
    assert ufunc.nin == 1 + len(values)
    assert ufunc.nout == 1
    expected = fa.get(row.name)(x, *(0.25 for param in row.params if param.default is None))
    np.testing.assert_array_equal(ufunc(x, *values), expected)


@every_row
def test_signatures_show_the_parameters(row: Row) -> None:
    for direction, function in directions(row).items():
        signature = inspect.signature(function)
        main = {"": ["x"], "derivative": ["x"], "backward": ["dy", "x"], "backward_from_output": ["dy", "y"]}[direction]
        assert list(signature.parameters)[: len(main)] == main
        for param in row.params + (row.derivative_params if direction else ()):
            shown = signature.parameters[param.name]
            if param.default is None:
                assert shown.default is inspect.Parameter.empty
            else:
                assert shown.kind is inspect.Parameter.KEYWORD_ONLY
                assert shown.default == (param.default if isinstance(param.default, float) else None)
        if row.choice:
            assert signature.parameters[row.choice.name].default == row.choice.default
        if row.axis or row.channels:
            assert signature.parameters["axis"].default == (-1 if row.axis else 1)
        assert row.name in repr(function)


@every_row
def test_attributes_are_those_of_the_row(row: Row) -> None:
    activation = fa.get(row.name)
    assert isinstance(activation, fa.Activation)
    assert activation is getattr(fa, row.name)
    assert (activation.name, activation.aliases, activation.formula) == (row.name, row.aliases, row.formula)
    assert activation.range == row.range
    slope = activation.derivative_range
    assert (slope and slope[:2]) == row.derivative_range
    assert list(activation.params) == [param.name for param in row.params]
    for text in (row.summary, row.formula, "Parameters", "Returns"):
        assert text in (activation.__doc__ or "")
    assert row.source in (activation.__doc__ or "")


def test_names_and_get() -> None:
    assert fa.names() == list(BY_NAME)
    assert fa.names(aliases=True) == fa.names() + list(ALIASES)
    for alias, name in ALIASES.items():
        assert fa.get(alias) is fa.get(name) is getattr(fa, alias)
    assert fa.get(" Leaky-ReLU ") is fa.leaky_relu
    assert fa.get("leaky relu") is fa.leaky_relu
    assert set(fa.names(aliases=True)) <= set(fa.__all__)
    with pytest.raises(ValueError, match=r"'sigmiod'.*did you mean .*sigmoid"):
        fa.get("sigmiod")
    with pytest.raises(ValueError, match=r"'qqqq'.*there are identity, "):
        fa.get("qqqq")
    for wrong in (None, 3, fa.gelu):
        with pytest.raises(TypeError, match="name="):
            fa.get(wrong)


# ---- docstrings -----------------------------------------------------------------------------------------------------


def documented() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in ROWS:
        for direction, function in directions(row).items():
            found[f"{row.name}.{direction}".rstrip(".")] = function
        extra = [n for n in dir(fa.get(row.name)) if not n.startswith("_")]
        for name in extra:
            value = getattr(fa.get(row.name), name)
            if callable(value) and f"{row.name}.{name}" not in found and value.__doc__:
                found[f"{row.name}.{name}"] = value
    for name in fa.__all__:
        value = getattr(fa, name)
        if inspect.isroutine(value) or inspect.isclass(value) or inspect.ismodule(value):
            found[name] = value
    found["fastact"] = fa
    return found


DOCUMENTED = documented()


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstring_examples(name: str) -> None:
    value = DOCUMENTED[name]
    text = inspect.getdoc(value)
    assert text, f"{name} has no docstring"
    if not name.endswith(".ufunc"):  # NumPy writes the first line of those
        assert len(text.splitlines()[0]) <= 120
    before = fa.get_num_threads()
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    fa.set_num_threads(before)
    assert not report, "".join(report)


# ---- names and defaults that code in use relies on ------------------------------------------------------------------

# What PyTorch calls them, or the library that brought them in, with its defaults; aliases after them.
AGREED: dict[str, tuple[dict[str, float | None], tuple[str, ...]]] = {
    "relu6": ({}, ()),
    "relu_squared": ({}, ("relu2",)),
    "threshold": ({"threshold": None, "value": None}, ()),
    "thresholded_relu": ({"alpha": 1.0}, ()),
    "hardtanh": ({"min_val": -1.0, "max_val": 1.0}, ("clip",)),
    "clipped_linear": ({"slope": 1.0, "offset": 0.0, "min_val": 0.0, "max_val": 1.0}, ()),
    "celu": ({"alpha": 1.0}, ()),
    "rrelu": ({"lower": 1 / 8, "upper": 1 / 3}, ()),
    "hardsigmoid": ({"slope": 1 / 6, "offset": 0.5}, ("hard_sigmoid",)),
    "hardswish": ({}, ("hard_silu",)),
    "logsigmoid": ({}, ("log_sigmoid",)),
    "softsign": ({}, ()),
    "tanhshrink": ({}, ()),
    "hardshrink": ({"lambd": 0.5}, ()),
    "softshrink": ({"lambd": 0.5}, ()),
    "shrink": ({"lambd": 0.5, "bias": 0.0}, ()),
    "squareplus": ({"b": 4.0}, ()),
    "sparse_plus": ({}, ()),
    "sparse_sigmoid": ({}, ()),
    "quick_gelu": ({}, ()),
    "dish": ({}, ()),
    "snake": ({"alpha": 1.0}, ()),
    "sine": ({"omega": 30.0}, ("siren",)),
    "gaussian": ({}, ()),
    "bent_identity": ({}, ()),
    "logit": ({"eps": None}, ()),
    "exp": ({}, ()),
}


@pytest.mark.parametrize("name", AGREED)
def test_agreed_names_and_defaults(name: str) -> None:
    defaults, aliases = AGREED[name]
    activation = fa.get(name)
    assert activation.params == defaults
    shown = inspect.signature(activation).parameters
    for parameter, default in defaults.items():
        if default is not None:
            assert shown[parameter].default == default
    for alias in aliases:
        assert getattr(fa, alias) is activation
        assert alias in activation.aliases


def test_xielu_takes_ggmls_parameters() -> None:
    assert list(fa.xielu.params) == ["alpha_n", "alpha_p", "beta", "eps"]


@pytest.mark.parametrize("name", ["leaky_relu", "gelu", "hardsigmoid"])
def test_where_libraries_disagree_the_docstring_says_what_to_pass(name: str) -> None:
    assert "Compared with other libraries: " in fa.get(name).__doc__


def test_capi_is_there_without_an_import_of_its_own(run_python: RunPython) -> None:
    done = run_python(
        "-c",
        "import sys, fastact as fa\n"
        "assert 'capi' in dir(fa) and 'ctypes' not in dir(fa)\n"
        "assert 'fastact.capi' not in sys.modules\n"
        "assert fa.capi.DIRECTIONS[0] == 'forward'\n"
        "assert fa.capi is sys.modules['fastact.capi'] and 'capi' in vars(fa)\n"
        "try:\n    fa.cappi\nexcept AttributeError as error:\n    assert 'cappi' in str(error)\n"
        "else:\n    raise AssertionError\n",
    )
    assert done.returncode == 0, done.stderr
