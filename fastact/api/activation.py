"""class Activation, the thin layer between the user and the ufuncs: defaults, names, checks, signatures and docs.

A usual call (arrays of a dtype with compiled kernels, parameters at their defaults or plain numbers that were checked
before) does not come here: the compiled class ``Caller`` finds its ufunc and parameters in ``_ready`` and costs one
dictionary look-up more than the ufunc's own call.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from math import copysign
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.containers import (
    as_array,
    as_arrays,
    beside,
    check_labels,
    check_real,
    computes_itself,
    container_of,
    delivered,
    restored,
    union_of_masks,
    unwrapped,
)
from fastact.api.documentation import document
from fastact.api.facts import Facts
from fastact.api.function import REFUSALS, Function, Missing, Named, channel_axis, check_flag, explained, shown
from fastact.api.fused import apply_biased, biased_at_once
from fastact.api.parameters import check_held, check_parameter, rounded_as_results
from fastact.reference import stand_ins
from fastact.runtime import kernels
from fastact.runtime.caller import Caller
from fastact.table.dtypes import PARAMETER_DTYPES, floating, is_bfloat16, is_half, is_weak, promoted, strengthened
from fastact.table.registry import Choice, NoneAs, Param, Row, SameAs

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


class Elementwise(Function):
    """One direction of an activation: its value, derivative or a backward pass, as a callable.

    ``ufunc`` is the ``numpy.ufunc`` underneath.
    """

    def __init__(self, row: Row, direction: str) -> None:
        suffix = f"_{direction}" if direction else ""
        self.ufunc = kernels.ufuncs[row.name + suffix]
        self._be_named(row, direction)
        self._params = row.params + (row.derivative_params if direction else ())
        from_output = direction == "backward_from_output"
        self._narrow = {p.name: p for p in row.from_output_domain} if from_output else {}
        self._ordered = row.ordered + (row.from_output_ordered if from_output else ())
        self._in_output = {p.name for p in row.params if p.in_output} if from_output else set()
        self._reference: Any = None
        self._choices: Mapping[str, Elementwise] = {}
        # shrink has a parameter of that name
        self._takes_bias = not from_output and all(p.name != "bias" for p in self._params)
        self._arrays = _MAIN_INPUTS[direction]
        self._inputs = len(self._arrays)
        self._declare(self._make_signature())
        self._document(lambda: document(row, direction, self.__signature__))
        self._least_ndim = 0
        self._required = tuple(p.name for p in self._params if p.default is None)
        self._defaults = self._make_defaults()
        self._ready = self._defaults.copy()

    def _declare(self, signature: inspect.Signature) -> None:
        super()._declare(signature)
        self._accepted |= {"order", "subok"}  # which ufuncs take besides

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        if len(args) == self._inputs and not self._required:
            inputs, out = args, keywords.pop("out", None)
            if "bias" in keywords and self._takes_bias:
                try:
                    answer = biased_at_once(self, inputs, out, keywords)
                except REFUSALS:
                    answer = NotImplemented  # what is wrong is found below
                if answer is not NotImplemented:
                    return answer
        else:
            keywords = self._bind(args, keywords)
            inputs = tuple([keywords.pop(name) for name in self._arrays])
            out = keywords.pop("out", None)
        try:
            if self._required:
                self._arrange(inputs, keywords)
            return self._general(inputs, out, keywords)
        except REFUSALS as error:
            given = dict(zip(self._arrays, inputs, strict=True)) | {"out": out}
            raise explained(error, self.__qualname__, given) from None

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

    def _arrange(self, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        """Make the keywords those of `_general`."""

    def _general(self, inputs: tuple[Any, ...], out: Any, keywords: dict[str, Any]) -> Any:
        """Any call: with parameters, of other dtypes, of lists and containers, with keywords of the ufunc."""
        biased = False
        if keywords and self._takes_bias and not keywords.keys().isdisjoint(("bias", "axis", "bias_gradient")):
            biased = keywords.get("bias") is not None
            if not biased:
                self._without_bias(keywords)
        if out is not None:
            out = self._checked_out(out, foreign=True)
        if any(type(a) is not np.ndarray and self._comes_through(a, biased) for a in inputs):
            return self._contained(inputs, out, keywords)
        if biased:
            return apply_biased(self, inputs, out, keywords, 1 if self._row.channels else -1)
        key = self._key(inputs, keywords)
        ready = self._ready.get(key)
        if ready is not None:
            return ready[0](*inputs, *ready[1:], out)
        function, arrays, resolved = self._resolve(inputs, keywords)
        if key is not None and not keywords:
            self._remember(key, (function, *resolved))
        return function(*arrays, *resolved, out=out, **keywords)

    def _comes_through(self, value: Any, biased: bool) -> bool:
        """Whether this container is not left to the ufunc: it knows none, or a bias makes it more than one ufunc."""
        row = container_of(value)
        return row is not None and (biased or not self._dispatches or not hasattr(value, "__array_ufunc__"))

    @property
    def _dispatches(self) -> bool:
        """Whether NumPy hands the ufunc on to the class of a container; the fallback is no ufunc."""
        return isinstance(self.ufunc, np.ufunc)

    def _contained(self, inputs: tuple[Any, ...], out: Any, keywords: dict[str, Any]) -> Any:
        """The result for inputs of which some are containers, as `api.containers` has them."""
        check_labels(dict(zip(self._arrays, inputs, strict=True)), self.__qualname__)
        masked = [a for a in inputs if isinstance(a, np.ma.MaskedArray)]
        arrays = [unwrapped(a) for a in inputs]
        if masked:
            # what is masked takes no part in the gradient of a bias
            mask = union_of_masks(masked, np.broadcast_shapes(*(np.shape(a) for a in arrays)))
            arrays = [np.where(mask, np.asarray(a).dtype.type(0), a) for a in arrays]
        target = np.asarray(out) if isinstance(out, np.ndarray) else out
        answer = self._general(tuple(arrays), target, keywords)
        first = answer[0] if isinstance(answer, tuple) else answer
        first = restored(first, inputs) if out is None else delivered(out, masked)
        return (first, *answer[1:]) if isinstance(answer, tuple) else first

    def _remember(self, key: Any, call: tuple[Any, ...]) -> None:
        if len(self._ready) >= REMEMBERED + len(self._defaults):
            self._ready.clear()
            self._ready.update(self._defaults)
        self._ready[key] = call

    def _without_bias(self, keywords: dict[str, Any]) -> None:
        """Take out the keywords that belong to a bias, of which there is none."""
        keywords.pop("bias", None)
        gradient = keywords.pop("bias_gradient", False)
        if check_flag(gradient, "bias_gradient", self.__qualname__):
            raise TypeError(f"{self.__qualname__}: bias_gradient is for bias, which is not given")
        if keywords.pop("axis", None) is not None:
            raise TypeError(f"{self.__qualname__}: axis is for bias, which is not given")

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
        arrays = self._taken(inputs)
        given = {}
        for param in self._params:
            value = keywords.pop(param.name, None)
            if value is not None:
                given[param.name] = value
        if keywords and (unknown := [key for key in keywords if key not in UFUNC_KEYWORDS]):
            raise self._unknown(unknown[0])
        wanted = keywords.get("dtype")
        known = [a for a in arrays if is_weak(a) or isinstance(getattr(a, "dtype", None), np.dtype)]
        if wanted is not None:
            main = np.dtype(wanted)
            check_real(main, self.__qualname__, "dtype")
        else:
            # of other libraries' arrays of more than one dtype, or of a dtype of theirs: it is not known here
            main = promoted(known) if len(known) == len(arrays) else None
        if main is None:
            return self.ufunc, arrays, self._parameters(given, None, None, None)
        check_real(main, self.__qualname__, "x")
        main = main.newbyteorder("=")
        if wanted is not None and is_bfloat16(main):
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
        held = parameter_dtype if wanted is None else PARAMETER_DTYPES.get(main, main)
        return function, arrays, self._parameters(given, main, parameter_dtype, held)

    def _taken(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs as what the ufunc takes: arrays, Python numbers, and other libraries' arrays that know ufuncs."""
        name = self.__qualname__
        taken = []
        for argument, value in zip(self._arrays, inputs, strict=True):
            foreign = getattr(type(value), "__array_ufunc__", None) is not None
            ours = isinstance(value, np.ndarray | np.generic) or computes_itself(value)
            taken.append(value if is_weak(value) or (foreign and not ours) else as_array(value, argument, name))
        if all(is_weak(a) or isinstance(getattr(a, "dtype", None), np.dtype) for a in taken):
            taken = strengthened(taken)
        return tuple(taken)

    def _parameters(self, given: dict[str, Any], main: Any, parameter_dtype: Any, held: Any) -> tuple[Any, ...]:
        """The parameters of a call, checked, as arrays; as numbers where the dtype of x is not known."""
        values = {}
        for param in self._params:
            value = values[param.name] = given.get(param.name, self._default(param, given))
            if value is None:
                raise TypeError(f"{self.__qualname__}() missing the argument {param.name!r}: {param.about}")
            if param.name in given:
                domain = self._narrow.get(param.name, param)
                check_parameter(value, domain, self.__qualname__)
                if held is not None:
                    check_held(value, domain, held, self.__qualname__)
        for low, high in self._ordered:
            if low in given or high in given:
                check_order((low, values[low]), (high, values[high]), self.__qualname__)
        parameters = []
        for name, value in values.items():
            if parameter_dtype is None:
                parameters.append(value)
                continue
            if name in self._in_output and parameter_dtype == np.float32 and is_half(half := floating(main)):
                value = rounded_as_results(value, half)
            if not (hasattr(value, "dtype") and value.ndim):
                with np.errstate(over="ignore"):  # what is beyond the dtype is a bound that no x reaches
                    value = np.asarray(value, parameter_dtype)
            parameters.append(value)
        return tuple(parameters)

    def _wide(self) -> Any:
        """The NumPy formulas, for longdouble."""
        if self._reference is None:
            self._reference = stand_ins.ufunc(self.ufunc.__name__, self.ufunc.nin)
        return self._reference

    def _chosen(self, choice: Choice, value: Any) -> Elementwise:
        if not isinstance(value, str) or value not in choice.rows:
            accepted = " or ".join(map(repr, choice.rows))
            raise ValueError(
                f"{self.__qualname__}: {choice.name}={shown(value)} is not accepted; it must be {accepted}"
            )
        return self if choice.rows[value] == self._row.name else self._choices[value]


class Channels(Elementwise):
    """A function whose first parameter, the weight, is a scalar or has one value per channel along ``axis``."""

    def _arrange(self, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        if any(getattr(a, "dtype", None) not in PARAMETER_DTYPES for a in inputs):
            self._taken(inputs)  # what is no number has no channels either
        weight = self._required[0]
        # axis is left there, if it was given, for a bias to lie along
        axis = keywords.get("axis", 1) if keywords.get("bias") is not None else keywords.pop("axis", 1)
        keywords[weight] = self._along(keywords[weight], np.shape(inputs[-1]), axis)

    def _along(self, weight: Any, shape: tuple[int, ...], axis: Any) -> Any:
        """``weight`` reshaped so that it broadcasts along ``axis`` of x."""
        array = beside(weight, "weight", self.__qualname__)
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


def _undetermined(row: Row) -> Missing:
    """Stands where the output does not determine the derivative."""
    why = (
        f"{row.name} has no short formula for its derivative from its output"
        if row.monotonic
        else f"{row.name} is not monotonic, so that its output does not determine its derivative"
    )
    return Missing(row, "backward_from_output", why, f"keep x and call {row.name}.backward(dy, x)")


class Activation(Named, Facts, Caller):
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
        self._be_named(row)
        kind = Channels if row.channels else Elementwise
        self._be_called_as(kind(row, ""))
        for direction in _DIRECTIONS[1:]:
            absent = direction == "backward_from_output" and not row.from_output
            function = _undetermined(row) if absent else kind(row, direction)
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

    def link(self, others: Mapping[str, Activation]) -> None:
        """Tell the directions of a row with a choice where the other rows' are."""
        choice = self._row.choice
        if choice is None:
            return
        for direction in _DIRECTIONS:
            mine = self._value if not direction else getattr(self, direction)
            if isinstance(mine, Elementwise):
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
        dy, x = self._unmasked(dy, x, name)
        if dy.shape != x.shape:
            raise ValueError(f"{name}: dy has shape {dy.shape} but x has {x.shape}; they must be equal")
        dtype = stand_ins.result_dtype(dy.dtype, x.dtype)
        kept = () if axis is None else (channel_axis(axis, x.ndim, name),)
        with np.errstate(all="ignore"):
            total = self._sums(dy, x, kept)
            return total.astype(dtype) if computes_itself(total) else np.asarray(total).astype(dtype)[()]

    def _unmasked(self, dy: Any, x: Any, name: str) -> list[Any]:
        """dy and x as arrays, with 0 where one is masked: that takes no part in a sum of products."""
        masked = [a for a in (dy, x) if isinstance(a, np.ma.MaskedArray)]
        try:
            arrays = as_arrays({"dy": unwrapped(dy), "x": unwrapped(x)}, name)
        except REFUSALS as error:
            raise explained(error, name, {"dy": dy, "x": x}) from None
        arrays = [np.asarray(a) if isinstance(a, np.generic) else a for a in arrays]
        if not masked:
            return arrays
        mask = union_of_masks(masked, np.broadcast_shapes(*(a.shape for a in arrays)))
        return [np.where(mask, a.dtype.type(0), a) for a in arrays]

    def _sums(self, dy: Any, x: Any, kept: tuple[int, ...]) -> Any:
        """The gradient in float64 (longdouble for wider input), for each index of the axis ``kept``, if any."""
        work = np.result_type(stand_ins.result_dtype(dy.dtype, x.dtype), np.float64)
        others = tuple(k for k in range(x.ndim) if k not in kept)
        # NaN in x gives NaN: np.minimum lets it through
        products = np.multiply(np.minimum(x, x.dtype.type(0)).astype(work), dy.astype(work))
        return np.sum(products, axis=others)
