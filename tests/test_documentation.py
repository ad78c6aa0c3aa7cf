"""What docstrings claim is what the functions do: arguments, defaults, shapes, dtypes, limits, ranges, errors."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.table.registry import BY_NAME, Row

DIRECTIONS = ("", "derivative", "backward", "backward_from_output")
TOGETHER = "where, dtype, casting"


class Claims:
    """A docstring in its parts."""

    def __init__(self, row: Row, direction: str) -> None:
        self.row, self.direction = row, direction
        self.function: Any = getattr(fa.get(row.name), direction) if direction else fa.get(row.name)
        self.signature = inspect.signature(self.function)
        self.text = inspect.getdoc(self.function) or ""
        parts = re.split(r"\n\n(\w+)\n-+\n", "\n" + self.text)
        self.head = parts[0]
        self.sections = dict(zip(parts[1::2], parts[2::2], strict=True))
        self.kinds: dict[str, str] = {}
        self.about: dict[str, str] = {}
        for entry in re.split(r"\n(?! )", self.sections["Parameters"].strip()):
            name, *about = entry.split("\n")
            name, _, kind = name.partition(" : ")
            for one in name.split(", "):
                self.kinds[one], self.about[one] = kind, " ".join(map(str.strip, about))

    @property
    def main(self) -> list[str]:
        """The arrays that it is called with."""
        return [name for name in self.signature.parameters if name in ("dy", "x", "y")]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the arrays of a usual call."""
        if self.row.spatial:
            return dict.fromkeys(self.main, (2, 3, 4))
        result = {"maxout": (3, 2), "logsumexp": (3,)}.get(self.row.name, (3, 2) if self.row.gated else (3, 4))
        return {name: result if name == "dy" else (3, 4) for name in self.main}

    def inputs(self, dtype: Any = np.float64, value: float = 0.25) -> dict[str, Any]:
        """The arguments of a usual call."""
        given: dict[str, Any] = {name: np.full(shape, value).astype(dtype) for name, shape in self.shapes().items()}
        for name, parameter in self.signature.parameters.items():
            if parameter.default is parameter.empty and name not in given:
                given[name] = 2 if name == "groups" else 0.25
        if self.row.spatial:
            given["weight"] = np.full((2, 3, 3), 0.25).astype(dtype if np.dtype(dtype).kind == "f" else np.float16)
        return given

    def call(self, **given: Any) -> Any:
        if "rng" in self.signature.parameters and self.row.axis:
            given = {"rng": 1, **given}
        with np.errstate(all="ignore"):
            return self.function(**{**self.inputs(), **given})


CASES = [
    Claims(row, direction)
    for row in BY_NAME.values()
    for direction in DIRECTIONS
    if not direction or hasattr(getattr(fa.get(row.name), direction), "__signature__")
]
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row.name}.{case.direction}".rstrip("."))


def first(result: Any) -> Any:
    """The gradient of the input, where there are more."""
    return result[0] if isinstance(result, tuple) else result


def every(result: Any) -> Iterator[Any]:
    """All results."""
    for one in result if isinstance(result, tuple) else (result,):
        if isinstance(one, tuple):
            yield from every(one)
        elif one is not None:
            yield one


@cases
def test_arguments_and_defaults_are_those_of_the_signature(case: Claims) -> None:
    assert list(case.kinds) == list(case.signature.parameters)
    for name, parameter in case.signature.parameters.items():
        if name in TOGETHER.split(", ") and not case.row.axis:
            continue
        kind = case.kinds[name]
        claimed = re.search(r"default (.+)$", kind)
        if parameter.default is parameter.empty:
            assert "default" not in kind, kind
            assert "optional" not in kind, kind
        elif claimed is None:
            assert kind.endswith("optional"), kind
            assert parameter.default is None
        elif claimed[1] in case.signature.parameters:
            assert parameter.default is None
        else:
            given = ast.literal_eval(claimed[1])
            assert type(given) in (int, type(parameter.default))
            exact = not isinstance(given, float)
            assert given == (parameter.default if exact else pytest.approx(parameter.default, rel=1e-5))


def test_limits_of_what_has_none_are_not_claimed() -> None:
    for case in CASES:
        assert not re.search(r"\bnan\b", case.head), case.function


@pytest.mark.parametrize("row", BY_NAME.values(), ids=lambda row: row.name)
def test_limits(row: Row) -> None:
    case = Claims(row, "")
    told = "".join(re.findall(r"Limits: .*", case.head))
    claimed = {at: value for value, at in re.findall(r"(\S+) at (-?inf)[,.]", told)}
    if row.axis or row.gated or row.spatial:
        assert claimed == {}
        return
    found = {at: case.call(x=np.array([float(at)]))[0] for at in ("-inf", "inf")}
    assert set(claimed) == {at for at, value in found.items() if value == value}
    for at, value in claimed.items():
        np.testing.assert_allclose(found[at], float(value), rtol=1e-5)
    assert ("It has no limits" in case.head) == (not claimed)


@cases
def test_nan_gives_nan(case: Claims) -> None:
    assert "NaN gives NaN." in case.head
    for name in case.main:
        given = case.inputs()
        for index in np.ndindex(given[name].shape):
            spoilt = given[name].copy()
            spoilt[index] = np.nan
            assert any(np.isnan(one).any() for one in every(case.call(**{name: spoilt}))), (name, index)


@cases
def test_range(case: Claims) -> None:
    claimed = re.search(r"Range: (\S+) to (\S+)\.\n", case.head)
    if claimed is None:
        return
    low, high = float(claimed[1]), float(claimed[2])
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.standard_normal(1200) * spread for spread in (0.1, 1, 10, 100)]).reshape(-1, 4)
    if case.row.domain[0] == 0:
        x = rng.random(x.shape)
    given = {"x": x.reshape(2, -1, 4) if case.row.spatial else x}
    for one in every(case.call(**given)):
        assert one.min() >= low - 1e-5 * abs(low)
        assert one.max() <= high + 1e-5 * abs(high)


@cases
def test_dtypes(case: Claims) -> None:
    for code in ("e", "f", "d", "g"):
        given = case.inputs(code)
        for one in every(case.call(**given)):
            assert one.dtype == np.dtype(code)
    if "promote as in ``numpy.exp``" in case.about.get("x", ""):
        for code in "?bBhHiIlLqQ":
            assert first(case.call(**case.inputs(code, 1))).dtype == np.exp(np.ones(1, code)).dtype


@cases
def test_what_dy_may_be(case: Claims) -> None:
    if "dy" not in case.main:
        return
    given = case.inputs()
    shape, other = case.shapes()["dy"], case.main[1]
    row = np.arange(1.0, shape[-1] + 1)
    if "broadcasts" in case.about["dy"]:
        expected = first(case.call(dy=np.broadcast_to(row, shape).copy()))
        np.testing.assert_array_equal(first(case.call(dy=row)), expected)
        if "broadcasts against" in case.about["dy"]:
            wide = first(case.call(dy=np.ones((2, *shape))))
            assert wide.shape == (2, *given[other].shape)
        else:
            with pytest.raises(ValueError, match="dy"):
                case.call(dy=np.ones((2, *shape)))
    else:
        assert "of its shape" in case.about["dy"] or "of the shape of x" in case.about["dy"]
        for wrong in (row, np.ones((2, *shape)), 1.0):
            with pytest.raises(ValueError, match="dy"):
                case.call(dy=wrong)


def check_free(case: Claims, name: str, finite: bool, but_zero: bool) -> None:
    """A number without bounds is accepted at any size, and refused where the docstring says so."""
    good = [0.0, -0.0] * (not but_zero) + [np.inf, -np.inf] * (not finite) + [1e300, -1e300]
    bad = [0.0, -0.0] * but_zero + [np.inf, -np.inf] * finite
    if "must not be greater" not in "".join(case.about.values()):
        for value in good:
            case.call(**{name: value})
    for value in bad:
        with pytest.raises(ValueError, match=name):
            case.call(**{name: value})


NUMBERS = [case for case in CASES if any(p.name in case.kinds for p in (*case.row.params, *case.row.derivative_params))]


@pytest.mark.parametrize("case", NUMBERS, ids=lambda case: f"{case.row.name}.{case.direction}".rstrip("."))
def test_numbers_and_their_domains(case: Claims) -> None:
    for name, kind in case.kinds.items():
        if not kind.startswith("float"):
            continue
        default = case.signature.parameters[name].default
        value = 0.25 if default in (None, inspect.Parameter.empty) else default
        case.call(**{name: value})
        if "array_like" in kind:
            assert first(case.call(**{name: np.full(4, value)})).shape == case.inputs()[case.main[-1]].shape
        else:
            with pytest.raises((TypeError, ValueError), match=name):
                case.call(**{name: np.full(4, value)})
        if "None" in kind:
            case.call(**{name: None})
        about = case.about[name]
        bounds = re.findall(rf"\b{name} (>=|<=|>|<) (-?[\d.e+-]*\d)", about)
        free = re.search(r"\bany (finite )?number( but 0)?\b", about)
        assert bool(bounds) != bool(free), about
        for sign, text in bounds:
            bound = float(text)
            beyond = np.nextafter(bound, -np.inf if ">" in sign else np.inf)
            refused = [beyond] if "=" in sign else [bound, beyond]
            for wrong in refused:
                with pytest.raises(ValueError, match=name):
                    case.call(**{name: wrong})
        if free:
            check_free(case, name, finite=bool(free[1]), but_zero=bool(free[2]))
        with pytest.raises(ValueError, match=name):
            case.call(**{name: np.nan})


@cases
def test_axes(case: Claims) -> None:
    if not case.row.axis:
        return
    kind = case.kinds["axis"]
    case.call(axis=np.int64(-1))
    for several in ((0, 1), None):
        given: dict[str, Any] = {"axis": several}
        if "dy" in case.main and case.row.name == "logsumexp":
            given["dy"] = 1.0
        if ("None" in kind) and ("tuple" in kind):
            case.call(**given)
        else:
            with pytest.raises((TypeError, ValueError), match="axis"):
                case.call(**given)
    with pytest.raises((TypeError, ValueError), match="axis"):
        case.call(axis=7)


@cases
def test_bias(case: Claims) -> None:
    about = case.about.get("bias", "")
    if "Added to x first" not in about:
        return
    expected = case.call(bias=0.5)
    pair = case.row.gated and case.inputs()["x"].shape != case.inputs()[case.main[0]].shape
    for axis, count in ((-1, 4), (0, 3)) if not case.row.gated else ((-1, 4),):
        if case.row.channels:
            axis %= 2
        found = case.call(bias=np.full(count, 0.5), axis=axis)
        np.testing.assert_array_equal(first(found), first(expected))
    for wrong in (np.full((3, 4), 0.5), np.full(7, 0.5)):
        with pytest.raises(ValueError, match="bias"):
            case.call(bias=wrong)
    if case.row.gated:
        assert "pair" in case.kinds["bias"]
        more = {"dy": np.ones((3, 4))} if pair else {}
        case.call(up=np.ones((3, 4)), bias=(0.5, np.full(4, 0.5)), **more)


@cases
def test_out(case: Claims) -> None:
    if "out" not in case.kinds:
        return
    about = case.about["out"]
    assert about.endswith("Returned.")
    expected = case.call()
    out = np.empty_like(np.asarray(first(expected)))
    assert case.call(out=out) is out
    np.testing.assert_array_equal(out, first(expected))
    if "may be an input" in about or "may be inputs" in about:
        for name in case.main:
            given = case.inputs()
            if given[name].shape == out.shape:
                assert case.call(**given, out=given[name]) is given[name]
                np.testing.assert_array_equal(given[name], out)
    elif case.row.gated:
        for name in ("x", "up"):
            pair = {"x": np.full((3, 4), 0.25), "up": np.full((3, 4), 0.5)}
            wanted = case.call(**pair)
            assert case.call(**pair, out=pair[name]) is pair[name]
            np.testing.assert_array_equal(pair[name], wanted)
        for half in (np.s_[:, :2], np.s_[:, 2:]):
            x = np.full((3, 4), 0.25)
            case.call(x=x, out=x[half])
            np.testing.assert_array_equal(x[half], expected)
    if "or pair" in case.kinds["out"]:
        pair = {"x": np.full((3, 4), 0.25), "up": np.full((3, 4), 0.5), "dy": np.full((3, 4), 2.0)}
        wanted = case.call(**pair)
        given = case.call(**pair, out=(pair["x"], pair["dy"]))
        assert given[0] is pair["x"]
        assert given[1] is pair["dy"]
        np.testing.assert_array_equal(given, wanted)


@cases
def test_returns(case: Claims) -> None:
    claimed = case.sections["Returns"]
    result = case.call()
    if "Of the shape of x." in claimed or "Of the broadcast shape" in claimed:
        assert first(result).shape == case.inputs()[case.main[-1]].shape
    if "The Jacobian" in claimed:
        assert result.shape == (3, 4, 4)
    if "broadcast shape" in claimed:
        assert first(case.call(**dict.fromkeys(case.main, 0.25))).shape == ()
        assert isinstance(first(case.call(**dict.fromkeys(case.main, 0.25))), np.generic)
        column = np.full((3, 1), 0.25)
        assert first(case.call(**{case.main[0]: column})).shape == ((3, 1) if len(case.main) == 1 else (3, 4))
    if "Half of a packed x" in claimed:
        assert result.shape == (3, 2)
        assert case.call(up=np.ones((3, 4))).shape == (3, 4)
    if "The gradient of a packed x" in claimed:
        assert result.shape == (3, 4)
        assert [one.shape for one in case.call(up=np.ones((3, 4)), dy=np.ones((3, 4)))] == [(3, 4)] * 2
    for flag in ("bias_gradient", "return_noise"):
        if f"``{flag}=True``" in claimed:
            more = {"bias": 0.5} if flag == "bias_gradient" else {"training": True} if case.row.random else {}
            assert isinstance(case.call(**{flag: True}, **more), tuple)


@cases
def test_raises(case: Claims) -> None:
    claimed = case.sections["Raises"]
    assert "TypeError" in claimed
    assert "ValueError" in claimed
    for name in case.main:
        for kind in (complex, object, "U3", "M8[s]"):
            wrong = case.inputs()[name].astype(np.int64).astype(kind)
            with pytest.raises(TypeError):
                case.call(**{name: wrong})
    if len(case.main) > 1:
        with pytest.raises(ValueError):  # noqa: PT011  NumPy's own, of ufuncs
            case.call(dy=np.ones((3, 7)))
    if "out" in case.kinds:
        with pytest.raises(ValueError):  # noqa: PT011
            case.call(out=np.empty((5, 9)))


@cases
def test_words_are_those_that_are_accepted(case: Claims) -> None:
    for name, kind in case.kinds.items():
        choices = re.findall(r"'(\w+)'", kind.partition("default")[0]) or re.findall(r'"(\w+)" \(', case.about[name])
        for word in choices:
            case.call(**{name: word})
        if choices:
            with pytest.raises(ValueError, match=name):
                case.call(**{name: "something"})


@cases
def test_flags_and_whole_numbers(case: Claims) -> None:
    more: dict[str, Any] = {}
    for name, kind in case.kinds.items():
        if kind.startswith("bool"):
            with pytest.raises(TypeError, match=name):
                case.call(**{name: 1.5}, **({"bias": 0.5} if name == "bias_gradient" else {}))
        if kind.startswith("int"):
            more = {"bias": np.ones(4)} if "bias" in case.kinds and name == "axis" else {}
            more |= {"weight": np.ones(4)} if case.row.channels else {}
            with pytest.raises(TypeError, match=name):
                case.call(**{name: 1.5}, **more)


def test_describe_has_the_defaults_of_the_signature(capsys: pytest.CaptureFixture[str]) -> None:
    for row in BY_NAME.values():
        activation = fa.get(row.name)
        fa.describe(activation)
        told = capsys.readouterr().out
        taken = inspect.signature(activation).parameters
        for name, default in activation.params.items():
            given = taken[name].default
            assert default == (None if given is inspect.Parameter.empty else given)
            if given is None:
                assert f"{name}=None" in told
