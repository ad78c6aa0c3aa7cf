"""class Activation, the thin layer between the user and the ufuncs: defaults, names, checks, signatures and docs.

Uses _registry, _runtime, _reference, _facts and _documentation; imported by _axis and __init__. A usual call (arrays of
a dtype with compiled kernels, parameters at their defaults or plain numbers that were checked before) does not come
here: the compiled class ``Caller`` finds its ufunc and parameters in ``_ready`` and costs one dictionary look-up more
than the ufunc's own call.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from math import copysign
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact import _reference, _runtime
from fastact._documentation import document
from fastact._dtypes import BFLOAT16, floating, is_half, is_real
from fastact._facts import Facts
from fastact._fused import apply_biased, biased_at_once
from fastact._registry import Choice, NoneAs, Param, Row, SameAs

Array = npt.NDArray[Any]

# Calls with plain numbers as parameters that an activation remembers to be right.
REMEMBERED = 64
# What a call may hand on to the ufunc, with NumPy's meaning.
UFUNC_KEYWORDS = ("where", "dtype", "casting", "order", "subok")
_DIRECTIONS = ("", "derivative", "backward", "backward_from_output")
_MAIN_INPUTS: dict[str, tuple[str, ...]] = {
    "": ("x",),
    "derivative": ("x",),
    "backward": ("dy", "x"),
    "backward_from_output": ("dy", "y"),
}


def _parameter_dtypes() -> dict[np.dtype[Any], np.dtype[Any]]:
    """The dtype of parameters beside an input of each dtype that the kernels compute.

    Integers and bools promote as in ``np.exp``; parameters of float16 and bfloat16 functions are float32.
    """
    table = {}
    for code in (*"?bBhHiIlLqQefd", BFLOAT16):
        if code is not None:
            result = floating(np.dtype(code))
            table[np.dtype(code)] = np.dtype(np.float32) if is_half(result) else result
    return table


PARAMETER_DTYPES = _parameter_dtypes()


def check_real(dtype: np.dtype[Any], name: str, argument: str) -> None:
    """Raise TypeError unless ``dtype`` is bool, integer or real floating."""
    if not is_real(dtype):
        raise TypeError(f"{name}: {argument} of dtype {dtype} is not accepted; it must be real numbers")


def check_parameter(value: Any, param: Param, name: str) -> None:
    """Raise unless ``value``, a scalar or an array, is real and lies in the domain of ``param``."""
    if not isinstance(value, (np.ndarray, np.generic)) and isinstance(value, Real):
        outside = None if param.accepts(float(value)) else value
    else:
        array = np.asarray(value)
        if not is_real(array.dtype):
            raise TypeError(
                f"{name}: {param.name}={value!r} is not accepted; it must be a number or an array of numbers"
            )
        good = np.isfinite(array)
        if param.bounded:
            good &= array <= param.high
            good &= (array > param.low) if param.open_low else (array >= param.low)
        outside = None if np.count_nonzero(good) == good.size else array[~good].flat[0].item()
    if outside is not None:
        raise ValueError(f"{name}: {param.name}={outside!r} is not accepted; it must be {param.domain}")


def check_order(low: tuple[str, Any], high: tuple[str, Any], name: str) -> None:
    """Raise unless the first parameter, (name, value), is nowhere greater than the second."""
    wrong = np.greater(low[1], high[1])
    if np.count_nonzero(wrong):
        first, second = (np.broadcast_to(value, wrong.shape)[wrong].flat[0].item() for _, value in (low, high))
        raise ValueError(
            f"{name}: {low[0]}={first!r} with {high[0]}={second!r} is not accepted; {low[0]} must not be greater than "
            f"{high[0]}"
        )


# of every signature; made once, as there are some hundred of them
_OUT = inspect.Parameter("out", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
_OF_UFUNCS = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
    for name, default in (("where", True), ("dtype", None), ("casting", "same_kind"))
)


class Function(_runtime.Caller):
    """One direction of an activation: its value, derivative or a backward pass, as a callable.

    ``ufunc`` is the ``numpy.ufunc`` underneath.
    """

    def __init__(self, row: Row, direction: str) -> None:
        suffix = f"_{direction}" if direction else ""
        self.ufunc = _runtime.ufuncs[row.name + suffix]
        self.__name__ = direction or row.name
        self.__qualname__ = f"{row.name}.{direction}" if direction else row.name
        self.__module__ = "fastact"
        self._row = row
        self._direction = direction
        self._params = row.params + (row.derivative_params if direction else ())
        from_output = direction == "backward_from_output"
        self._narrow = {p.name: p for p in row.from_output_domain} if from_output else {}
        self._ordered = row.ordered + (row.from_output_ordered if from_output else ())
        self._in_output = {p.name for p in row.params if p.in_output} if from_output else set()
        self._reference: Any = None
        self._choices: Mapping[str, Function] = {}
        # shrink has a parameter of that name
        self._takes_bias = not from_output and all(p.name != "bias" for p in self._params)
        self.__signature__ = self._make_signature()
        self._document(lambda: document(row, direction, self.__signature__))
        self._inputs = len(_MAIN_INPUTS[direction])
        self._least_ndim = 0
        self._required = tuple(p.name for p in self._params if p.default is None)
        self._defaults = self._make_defaults()
        self._ready = self._defaults.copy()

    def _make_signature(self) -> inspect.Signature:
        kind = inspect.Parameter
        listed = [kind(name, kind.POSITIONAL_OR_KEYWORD) for name in _MAIN_INPUTS[self._direction]]
        listed += [kind(p.name, kind.POSITIONAL_OR_KEYWORD) for p in self._params if p.default is None]
        listed.append(_OUT)
        for p in self._params:
            if p.default is not None:
                default = None if isinstance(p.default, SameAs | NoneAs) else p.default
                listed.append(kind(p.name, kind.KEYWORD_ONLY, default=default))
        if self._row.choice:
            listed.append(kind(self._row.choice.name, kind.KEYWORD_ONLY, default=self._row.choice.default))
        biased = self._takes_bias
        if biased:
            listed.append(kind("bias", kind.KEYWORD_ONLY, default=None))
        if self._row.channels or biased:
            listed.append(kind("axis", kind.KEYWORD_ONLY, default=1 if self._row.channels else -1))
        if biased and self._direction == "backward":
            listed.append(kind("bias_gradient", kind.KEYWORD_ONLY, default=False))
        return inspect.Signature([*listed, *_OF_UFUNCS])

    def _make_defaults(self) -> dict[Any, tuple[Any, ...]]:
        """The ufunc and the default parameters as 0-d arrays, for each dtype of x; empty where one must be given."""
        if any(p.default is None for p in self._params):
            return {}
        values = [self._default(p) for p in self._params]
        return {
            dtype: (self.ufunc, *(np.array(value, dtype=parameter_dtype) for value in values))
            for dtype, parameter_dtype in PARAMETER_DTYPES.items()
        }

    def _default(self, param: Param, given: Mapping[str, Any] | None = None) -> Any:
        if isinstance(param.default, SameAs):
            other = next(p for p in self._params if p.name == param.default.name)
            return (given or {}).get(other.name, other.number)
        return param.number

    def __repr__(self) -> str:
        return f"<fastact.{self.__qualname__}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        from fastact._public import get

        return (getattr, (get(self._row.name), self._direction)) if self._direction else (get, (self._row.name,))

    def _general(self, inputs: tuple[Any, ...], out: Any, keywords: dict[str, Any]) -> Any:
        """Any call: with parameters, of other dtypes, of lists, with keywords of the ufunc."""
        if keywords and self._takes_bias and not keywords.keys().isdisjoint(("bias", "axis", "bias_gradient")):
            if keywords.get("bias") is not None:
                answer = NotImplemented if self._row.channels else biased_at_once(self, inputs, out, keywords)
                if answer is not NotImplemented:
                    return answer
                return apply_biased(self, inputs, out, keywords, 1 if self._row.channels else -1)
            self._without_bias(keywords)
        key = self._key(inputs, keywords)
        ready = self._ready.get(key)
        if ready is not None:
            return ready[0](*inputs, *ready[1:], out)
        function, arrays, resolved = self._resolve(inputs, keywords)
        if key is not None and not keywords:
            self._remember(key, (function, *resolved))
        return function(*arrays, *resolved, out=out, **keywords)

    def _remember(self, key: Any, call: tuple[Any, ...]) -> None:
        if len(self._ready) >= REMEMBERED + len(self._defaults):
            self._ready.clear()
            self._ready.update(self._defaults)
        self._ready[key] = call

    def _without_bias(self, keywords: dict[str, Any]) -> None:
        """Take out the keywords that belong to a bias, of which there is none."""
        keywords.pop("bias", None)
        for name in ("axis", "bias_gradient"):
            if keywords.pop(name, None):
                raise TypeError(f"{self.__qualname__}: {name} is for bias, which is not given")

    def _key(self, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Where ``_ready`` has a call with plain numbers or none; None for calls that it cannot have."""
        dtype = getattr(inputs[0], "dtype", None)
        if not isinstance(dtype, np.dtype) or dtype not in PARAMETER_DTYPES:
            return None
        if len(inputs) == 2 and getattr(inputs[1], "dtype", None) is not dtype:
            return None
        for value in keywords.values():
            # -0.0 would be taken for 0.0, which it equals
            if type(value) not in (float, int, str) or (value == 0 and copysign(1, value) < 0):
                return None
        return (dtype, *(part for item in keywords.items() for part in item)) if keywords else dtype

    def _resolve(
        self, inputs: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[Any, tuple[Any, ...], tuple[Array, ...]]:
        """The ufunc to call, its inputs and its parameters; what is left in ``keywords`` goes to the ufunc."""
        choice = self._row.choice
        if choice and choice.name in keywords:
            value = keywords.pop(choice.name)
            return self._chosen(choice, value)._resolve(inputs, keywords)
        arrays = tuple([x if hasattr(x, "dtype") else np.asarray(x) for x in inputs])
        for argument, array in zip(_MAIN_INPUTS[self._direction], arrays, strict=True):
            check_real(array.dtype, self.__qualname__, argument)
        given = {}
        for param in self._params:
            value = keywords.pop(param.name, None)
            if value is not None:
                given[param.name] = value
        if keywords and (unknown := [key for key in keywords if key not in UFUNC_KEYWORDS]):
            accepted = [p for p in self.__signature__.parameters if p not in ("x", "y", "dy")]
            raise TypeError(
                f"{self.__qualname__}() got an unexpected keyword argument {unknown[0]!r}; accepted are "
                f"{', '.join(accepted)}"
            )
        wanted = keywords.get("dtype")
        if wanted is not None:
            main = np.dtype(wanted)
        else:
            main = arrays[0].dtype if len(arrays) == 1 else np.result_type(*(a.dtype for a in arrays))
        check_real(main, self.__qualname__, "dtype" if wanted is not None else "x")
        main = main.newbyteorder("=")
        if wanted is not None and main == BFLOAT16:
            # NumPy finds loops of its own dtypes alone by ``dtype``
            casting = keywords.get("casting", "same_kind")
            arrays = tuple([np.asarray(a).astype(main, casting=casting, copy=False) for a in arrays])
            del keywords["dtype"]
        function = self.ufunc
        if main not in PARAMETER_DTYPES:
            function = self._wide()
        # an array parameter of a wider dtype promotes the call: the defaults beside it must not be rounded before
        parameter_dtype = PARAMETER_DTYPES.get(main, main)
        for value in given.values():
            if hasattr(value, "dtype") and value.dtype != parameter_dtype and np.ndim(value):
                parameter_dtype = np.result_type(parameter_dtype, value.dtype)
        values = {}
        for param in self._params:
            value = values[param.name] = given.get(param.name, self._default(param, given))
            if value is None:
                raise TypeError(f"{self.__qualname__}() missing the argument {param.name!r}: {param.about}")
            if param.name in given:
                check_parameter(value, self._narrow.get(param.name, param), self.__qualname__)
        for low, high in self._ordered:
            if low in given or high in given:
                check_order((low, values[low]), (high, values[high]), self.__qualname__)
        parameters = []
        for name, value in values.items():
            if name in self._in_output and parameter_dtype == np.float32 and is_half(half := floating(main)):
                value = np.asarray(value, half).astype(np.float32)
            parameters.append(value if hasattr(value, "dtype") and value.ndim else np.asarray(value, parameter_dtype))
        return function, arrays, tuple(parameters)

    def _wide(self) -> Any:
        """The NumPy formulas, for longdouble."""
        if self._reference is None:
            self._reference = _reference.ufunc(self.ufunc.__name__, self.ufunc.nin)
        return self._reference

    def _chosen(self, choice: Choice, value: Any) -> Function:
        if not isinstance(value, str) or value not in choice.rows:
            accepted = " or ".join(map(repr, choice.rows))
            raise ValueError(f"{self.__qualname__}: {choice.name}={value!r} is not accepted; it must be {accepted}")
        return self if choice.rows[value] == self._row.name else self._choices[value]


class Unary(Function):
    """Value or derivative: of x."""

    def __call__(self, x: Any, out: Any = None, **keywords: Any) -> Any:
        return self._general((x,), out, keywords)


class Backward(Function):
    """A backward pass from the input: of dy and x."""

    def __call__(self, dy: Any, x: Any, out: Any = None, **keywords: Any) -> Any:
        return self._general((dy, x), out, keywords)


class FromOutput(Function):
    """A backward pass from the output: of dy and y."""

    def __call__(self, dy: Any, y: Any, out: Any = None, **keywords: Any) -> Any:
        return self._general((dy, y), out, keywords)


class Positional(Function):
    """A function of parameters without a default, which may follow the inputs by position."""

    def __init__(self, row: Row, direction: str) -> None:
        super().__init__(row, direction)
        self._main = _MAIN_INPUTS[direction]
        self._positional = (*self._main, *self._required, "out")

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        names = self._positional
        if len(args) > len(names):
            raise TypeError(f"{self.__qualname__}() takes at most {len(names)} positional arguments, not {len(args)}")
        given = dict(zip(names, args, strict=False))
        for name in given:
            if name in keywords:
                raise TypeError(f"{self.__qualname__}() got multiple values for argument {name!r}")
        given.update(keywords)
        for name in names[:-1]:
            if name not in given:
                raise TypeError(f"{self.__qualname__}() missing the argument {name!r}")
        inputs = tuple([given.pop(name) for name in self._main])
        out = given.pop("out", None)
        self._arrange(inputs, given)
        return self._general(inputs, out, given)

    def _arrange(self, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        """Make the keywords those of `_general`."""


class Channels(Positional):
    """A function whose first parameter, the weight, is a scalar or has one value per channel along ``axis``."""

    def _arrange(self, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        weight = self._required[0]
        axis = keywords.pop("axis", 1)
        keywords[weight] = self._along(keywords[weight], np.shape(inputs[-1]), axis)
        if keywords.get("bias") is not None:
            keywords["axis"] = axis

    def _along(self, weight: Any, shape: tuple[int, ...], axis: Any) -> Any:
        """``weight`` reshaped so that it broadcasts along ``axis`` of x."""
        array = np.asarray(weight)
        if array.ndim == 1 and array.size > 1:
            at = channel_axis(axis, len(shape), self.__qualname__)
            if shape[at] != array.size:
                raise ValueError(
                    f"{self.__qualname__}: weight of shape {array.shape} does not fit axis {axis} of x, which has "
                    f"{shape[at]} channels (x.shape = {shape})"
                )
            return array.reshape((-1,) + (1,) * (len(shape) - 1 - at))
        # any other shape must broadcast against x, by NumPy's rules
        return array.reshape(()) if array.ndim and array.size == 1 else weight


def channel_axis(axis: Any, ndim: int, name: str, accepted: str = "an integer") -> int:
    """``axis`` as an index from 0, or an error that names it."""
    try:
        at = int(axis.__index__())
    except AttributeError:
        raise TypeError(f"{name}: axis={axis!r} is not accepted; it must be {accepted}") from None
    if not -ndim <= at < ndim:
        raise ValueError(f"{name}: axis={axis} is not an axis of x, which has {ndim} dimensions")
    return at % ndim


class _Absent:
    """Stands where the output does not determine the derivative: says so when called."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.__name__ = "backward_from_output"
        self.__qualname__ = f"{row.name}.backward_from_output"
        self._why = (
            f"{row.name} has no short formula for its derivative from its output"
            if row.monotonic
            else f"{row.name} is not monotonic, so that its output does not determine its derivative"
        )
        self.__doc__ = f"Not available: {self._why}."

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        raise TypeError(f"{self._why}; keep x and call {self._row.name}.backward(dy, x)")


def _function_class(row: Row, direction: str) -> type[Function]:
    if row.channels:
        return Channels
    if any(param.default is None for param in row.params):
        return Positional
    return {"backward": Backward, "backward_from_output": FromOutput}.get(direction, Unary)


class Activation(Facts, _runtime.Caller):
    """An activation function: call it for its value; its derivative and backward passes are its attributes.

    Attributes
    ----------
    derivative, backward, backward_from_output : callable
        The derivative at x; dy times it; and the same where only the output y is left.
    name, aliases, params, formula
        How it is called, its parameters with their defaults, its definition.
    range, derivative_range, bounded, monotonic, zero_centered, smoothness, saturates, dead_region
        Facts, at default parameters; ``fastact.describe`` prints them.
    """

    derivative: Any
    backward: Any
    backward_from_output: Any

    def __init__(self, row: Row) -> None:
        self._row = row
        self.__name__ = self.__qualname__ = row.name
        self.__module__ = "fastact"
        self._be_called_as(_function_class(row, "")(row, ""))
        for direction in _DIRECTIONS[1:]:
            absent = direction == "backward_from_output" and not row.from_output
            function = _Absent(row) if absent else _function_class(row, direction)(row, direction)
            setattr(self, direction, function)

    def _be_called_as(self, value: Any) -> None:
        """Let a call of this object be one of ``value``."""
        self._value = value
        self.ufunc = value.ufunc
        self.__signature__ = value.__signature__
        self._document(lambda: value.__doc__)
        self._inputs, self._required, self._least_ndim = value._inputs, value._required, value._least_ndim
        self._ready = value._ready

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self._value(*args, **keywords)

    def __repr__(self) -> str:
        return f"<fastact.{self._row.name}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        from fastact._public import get

        return get, (self._row.name,)

    def link(self, others: Mapping[str, Activation]) -> None:
        """Tell the directions of a row with a choice where the other rows' are."""
        choice = self._row.choice
        if choice is None:
            return
        for direction in _DIRECTIONS:
            mine = self._value if not direction else getattr(self, direction)
            if isinstance(mine, Function):
                targets = {value: others[name] for value, name in choice.rows.items()}
                mine._choices = {
                    value: other._value if not direction else getattr(other, direction)
                    for value, other in targets.items()
                }


class PerChannel(Activation):
    """PReLU: an activation with a learned parameter, one or one per channel."""

    def weight_gradient(self, dy: Any, x: Any, *, axis: int | None = None) -> Any:
        """Gradient of the weight: the sum of dy x over x < 0.

        Parameters
        ----------
        dy, x : array_like
            The incoming gradient and the input, of one shape.
        axis : int or None
            The axis of the channels: the result has one sum for each. None, the default: one weight for all, one sum.

        Returns
        -------
        numpy.ndarray or scalar
            Of the dtype of x, the shape of the weight. Summed in float64 (longdouble for wider input).

        Examples
        --------
        >>> import fastact as fa, numpy as np
        >>> x = np.array([[-1.0, 2.0], [-3.0, -4.0]])
        >>> float(fa.prelu.weight_gradient(np.ones_like(x), x))
        -8.0
        >>> fa.prelu.weight_gradient(np.ones_like(x), x, axis=1)
        array([-4., -4.])
        """
        name = f"{self._row.name}.weight_gradient"
        dy, x = np.asarray(dy), np.asarray(x)
        for argument, array in (("dy", dy), ("x", x)):
            check_real(array.dtype, name, argument)
        if dy.shape != x.shape:
            raise ValueError(f"{name}: dy has shape {dy.shape} but x has {x.shape}; they must be equal")
        dtype = _reference.result_dtype(dy.dtype, x.dtype)
        kept = () if axis is None else (channel_axis(axis, x.ndim, name),)
        with np.errstate(all="ignore"):
            return np.asarray(self._sums(dy, x, kept)).astype(dtype)[()]

    def _sums(self, dy: Any, x: Any, kept: tuple[int, ...]) -> Any:
        """The gradient in float64 (longdouble for wider input), for each index of the axis ``kept``, if any."""
        work = np.result_type(_reference.result_dtype(dy.dtype, x.dtype), np.float64)
        others = tuple(k for k in range(x.ndim) if k not in kept)
        # NaN in x gives NaN: np.minimum lets it through
        products = np.multiply(np.minimum(x, x.dtype.type(0)), dy, dtype=work)
        return np.sum(products, axis=others)
