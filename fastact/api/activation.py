"""class Activation, the thin layer between the user and the ufuncs: defaults, names, checks, signatures and docs.

A usual call (arrays of a dtype with compiled kernels, parameters at their defaults or plain numbers that were checked
before) does not come here: the compiled class ``Caller`` finds its ufunc and parameters in ``_ready`` and costs one
dictionary look-up more than the ufunc's own call.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.containers import (
    as_arrays,
    check_labels,
    check_real,
    container_of,
    delivered,
    restored,
    unmasked,
    unwrapped,
)
from fastact.api.declared import Declared, SignatureOf, declared
from fastact.api.facts import Facts
from fastact.api.function import (
    DIRECTIONS,
    OF_UFUNCS,
    REFUSALS,
    Function,
    Missing,
    Named,
    call_key,
    check_flag,
    explained,
)
from fastact.api.fused import apply_biased, biased_at_once
from fastact.api.parameters import (
    check_held,
    check_one_of,
    check_order,
    check_parameter,
    promoted_by,
    rounded_as_results,
)
from fastact.runtime import kernels
from fastact.runtime.caller import Caller
from fastact.table.dtypes import PARAMETER_DTYPES, floating, is_bfloat16, is_half, is_weak, promoted
from fastact.table.registry import BY_NAME, NoneAs, Param, Row, SameAs

Array = npt.NDArray[Any]


class Elementwise(Function):
    """One direction of an activation of single elements: its value, derivative or a backward pass."""

    _own: Mapping[str, Any] = {}  # keywords that are no parameters, with their defaults

    def __init__(self, row: Row, direction: str) -> None:
        self.ufunc = kernels.ufuncs[f"{row.name}_{direction}" if direction else row.name]
        self._params = row.params + (row.derivative_params if direction else ())
        from_output = direction == "backward_from_output"
        self._narrow = {p.name: p for p in row.from_output_domain} if from_output else {}
        self._ordered = row.ordered + (row.from_output_ordered if from_output else ())
        self._in_output = {p.name for p in row.params if p.in_output} if from_output else set()
        # shrink has a parameter of that name
        self._takes_bias = not from_output and all(p.name != "bias" for p in self._params)
        super().__init__(row, direction, self._declare(row, direction))
        self._accepted |= {"order", "subok"}  # which ufuncs take besides

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        if len(args) == self._inputs and not self._required:
            if "bias_gradient" in keywords and "bias_gradient" not in self._accepted:
                raise self._unknown("bias_gradient")
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

    def _declare(self, row: Row, direction: str) -> Declared:
        needed = ["y" if direction == "backward_from_output" else "x"]
        if "backward" in direction:
            needed.insert(0, "dy")
        named: dict[str, Any] = {}
        for p in self._params:
            if p.default is None:
                needed.append(p.name)
            else:
                named[p.name] = None if isinstance(p.default, SameAs | NoneAs) else p.default
        if row.choice:
            named[row.choice.name] = row.choice.default
        if self._takes_bias:
            named["bias"] = None
        if self._takes_bias or row.channels:
            named["axis"] = 1 if row.channels else -1
        if self._takes_bias and direction == "backward":
            named["bias_gradient"] = False
        return declared(needed, ("out",), {**named, **self._own, **OF_UFUNCS})

    def _default(self, param: Param, given: Mapping[str, Any]) -> Any:
        if isinstance(param.default, SameAs):
            other = next(p for p in self._params if p.name == param.default.name)
            return given.get(other.name, other.number)
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
        if row is None or biased or not hasattr(value, "__array_ufunc__"):
            return row is not None
        return not isinstance(self.ufunc, np.ufunc)  # the fallback is none that NumPy hands on

    def _contained(self, inputs: tuple[Any, ...], out: Any, keywords: dict[str, Any]) -> Any:
        """The result for inputs of which some are containers, as `api.containers` has them."""
        check_labels(dict(zip(self._arrays, inputs, strict=True)), self.__qualname__)
        # what is masked takes no part in the gradient of a bias
        arrays = unmasked([unwrapped(a) for a in inputs], inputs)
        target = np.asarray(out) if isinstance(out, np.ndarray) else out
        answer = self._general(tuple(arrays), target, keywords)
        first, *rest = answer if isinstance(answer, tuple) else (answer,)
        first = restored(first, inputs) if out is None else delivered(out, inputs)
        return (first, *rest) if rest else first

    def _without_bias(self, keywords: dict[str, Any]) -> None:
        """Take out the keywords that belong to a bias, of which there is none."""
        keywords.pop("bias", None)
        gradient = keywords.pop("bias_gradient", False)
        if check_flag(gradient, "bias_gradient", self.__qualname__):
            raise TypeError(f"{self.__qualname__}: bias_gradient is for bias, which is not given")
        if keywords.pop("axis", None) is not None:
            raise TypeError(f"{self.__qualname__}: axis is for bias, which is not given")

    def _key(self, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        dtype = getattr(inputs[0], "dtype", None)
        if len(inputs) == 2 and getattr(inputs[1], "dtype", None) is not dtype:
            return None
        return call_key(dtype, keywords)

    def _resolve(
        self, inputs: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[Any, tuple[Any, ...], tuple[Array, ...]]:
        """The ufunc to call, its inputs and its parameters; what is left in ``keywords`` goes to the ufunc."""
        choice = self._row.choice
        if choice and choice.name in keywords:
            value = keywords.pop(choice.name)
            check_one_of(value, choice.name, choice.rows, self.__qualname__)
            return _of_row(choice.rows[value], self._direction)._resolve(inputs, keywords)
        arrays = self._taken(inputs)
        given = {}
        for param in self._params:
            value = keywords.pop(param.name, None)
            if value is not None:
                given[param.name] = value
        if keywords and (unknown := [key for key in keywords if key not in (*OF_UFUNCS, "order", "subok")]):
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
        function = self.ufunc if main in PARAMETER_DTYPES else kernels.ufunc_of(self.ufunc.__name__, wide=True)
        # beside an array of a wider dtype the defaults must not be rounded before
        parameter_dtype = promoted_by(given.values(), PARAMETER_DTYPES.get(main, main))
        held = parameter_dtype if wanted is None else PARAMETER_DTYPES.get(main, main)
        return function, arrays, self._parameters(given, main, parameter_dtype, held)

    def _taken(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs as what the ufunc takes: arrays, Python numbers, and other libraries' arrays that know ufuncs."""
        return tuple(as_arrays(dict(zip(self._arrays, inputs, strict=True)), self.__qualname__, foreign=True))

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


@cache
def _of_row(name: str, direction: str) -> Elementwise:
    """The function of a row that a choice is."""
    return Elementwise(BY_NAME[name], direction)


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

    __signature__ = SignatureOf()
    _directions: tuple[type[Function] | None, ...] = (Elementwise,) * 4
    _instead = "backward(dy, x)"  # what to call where one of them is None, as no formula would give it

    def __init__(self, row: Row) -> None:
        self._be_named(row)
        made = map(self._make, DIRECTIONS, self._directions)
        self._value, self.derivative, self.backward, self.backward_from_output = made
        value = self._value
        self._declared = value._declared
        self._document(lambda: value.__doc__)
        # a call of this object is one of its value
        self._inputs, self._required, self._least_ndim = value._inputs, value._required, value._least_ndim
        self._ready = value._ready

    def _make(self, direction: str, kind: Any) -> Any:
        row = self._row
        instead = f"call {row.name}.{self._instead}"
        if kind is None:
            return Missing(row, direction, f"{row.name} has no {direction}", instead)
        if direction != "backward_from_output" or row.from_output or row.axis:
            return kind(row, direction)
        why = (
            f"{row.name} has no short formula for its derivative from its output"
            if row.monotonic
            else f"{row.name} is not monotonic, so that its output does not determine its derivative"
        )
        return Missing(row, direction, why, f"keep x and {instead}")

    @property
    def ufunc(self) -> Any:
        """The ufunc underneath, a generalised one where rows or a gate make it one."""
        return self._value.ufunc

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self._value(*args, **keywords)

    def __repr__(self) -> str:
        return f"<fastact.{self._row.name}{self.__signature__}>"
