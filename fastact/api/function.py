"""class Function: what every function is to those who call it, and what it says of arguments that it refuses.

A family declares its signature and computes; how arguments are matched with that, what is said where they do not match,
and which calls are remembered to be right, is here.
"""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from math import copysign
from typing import Any

import numpy as np

from fastact.api.declared import REQUIRED, Declared, SignatureOf
from fastact.api.documentation import document
from fastact.runtime.caller import Caller
from fastact.table.dtypes import PARAMETER_DTYPES
from fastact.table.registry import Row

# Calls with plain numbers as parameters that a function remembers to be right.
REMEMBERED = 64
DIRECTIONS = ("", "derivative", "backward", "backward_from_output")
INPUTS = ("dy", "x", "y", "up")  # the arguments that a function is of, by the names that they have everywhere
# What a call may hand on to a ufunc with NumPy's meaning, as signatures have it; ``order`` and ``subok`` besides.
OF_UFUNCS = {"where": True, "dtype": None, "casting": "same_kind"}

# What other libraries call an argument, and what it may be called here: the first that the function has.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("dim", "dims", "axes"), ("axis",)),
    **dict.fromkeys(("dyn", "grad", "grad_output", "gradient"), ("dy",)),
    **dict.fromkeys(("features", "input", "inputs", "logits"), ("x",)),
    **dict.fromkeys(("keepdim", "keep_dims"), ("keepdims",)),
    **dict.fromkeys(("kernel_size", "num_pieces"), ("groups",)),
    **dict.fromkeys(("lam", "lambda_"), ("lambd",)),
    **dict.fromkeys(("leak", "leakiness", "leaky_slope"), ("negative_slope",)),
    **dict.fromkeys(("max", "max_value"), ("max_val",)),
    **dict.fromkeys(("min", "min_value"), ("min_val",)),
    "a": ("negative_slope", "weight", "alpha"),
    "alpha": ("negative_slope", "beta", "slope", "lambd"),
    "approx": ("approximate",),
    "beta": ("alpha",),
    "bias_grad": ("bias_gradient",),
    "negative_slope": ("weight", "alpha"),
    "slope": ("negative_slope", "weight"),
    "temperature": ("tau",),
    "threshold": ("lambd", "alpha"),
    "weights": ("weight",),
}
_IN_PLACE = ("inplace", "in_place")


def shown(value: object) -> str:
    """``value`` as an error message shows it: its repr, but not the pages of a long one."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = 80
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
        return f"an int of {value.bit_length()} bits"
    return short.repr(value)


def nearest(name: str, known: Sequence[str], count: int) -> list[str]:
    """The names that are most like another."""
    import difflib  # which is slow to import, and needed for errors alone

    return difflib.get_close_matches(name, known, n=count, cutoff=0.5)


class Named:
    """What is a name of the package, such as gelu.backward, and is pickled and copied as that."""

    __name__: str
    __qualname__: str
    _row: Row
    _direction: str

    def _be_named(self, row: Row, direction: str = "") -> None:
        self._row = row
        self._direction = direction
        self.__name__ = direction or row.name
        self.__qualname__ = f"{row.name}.{direction}" if direction else row.name
        self.__module__ = "fastact"

    def __reduce__(self) -> str:
        return self.__qualname__


class Missing(Named):
    """Stands for a direction that a function does not have: says so when called."""

    def __init__(self, row: Row, direction: str, why: str, instead: str) -> None:
        self._be_named(row, direction)
        self._why = f"{why}; {instead}"
        self.__doc__ = f"Not available: {why}."

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        raise TypeError(self._why)


class Function(Named, Caller):
    """Base of all functions: one direction of an activation, whose arguments it declares.

    ``_arrays`` are those of them that are arrays, and ``ufunc`` is the ``numpy.ufunc`` underneath.
    """

    __signature__ = SignatureOf()

    def __init__(self, row: Row, direction: str, declared: Declared, least_ndim: int = 0) -> None:
        self._be_named(row, direction)
        self._declared = declared
        self._document(lambda: document(row, direction, declared.defaults))
        self._order = tuple(declared.by_position)
        self._by_name = tuple(declared.by_name)
        self._needed = tuple([name for name, default in declared.defaults.items() if default is REQUIRED])
        self._accepted = {*self._order, *self._by_name}
        self._arrays = tuple([name for name in self._order if name in INPUTS])
        # what the compiled short way reads; see Caller
        self._inputs = sum([name in INPUTS for name in self._needed])
        self._required = self._needed[self._inputs :]
        self._least_ndim = least_ndim
        self._ready = {}
        # ufunc and parameters of calls that were checked before; those of the usual ones are never forgotten
        self._known: dict[Any, tuple[Any, ...]] = self._ready
        self._usual: dict[Any, tuple[Any, ...]] = {}

    def _begin_with(self, usual: dict[Any, tuple[Any, ...]]) -> None:
        """Take ``usual`` for calls that are known to be right, whatever else is remembered."""
        self._usual = usual
        self._known.update(usual)

    def _remember(self, key: Any, call: tuple[Any, ...]) -> None:
        """Let the next call of this `call_key` be a usual one."""
        if isinstance(key, np.dtype):  # no parameter differs from its default
            self._usual[key] = call
        elif len(self._known) >= REMEMBERED + len(self._usual):
            self._known.clear()
            self._known.update(self._usual)
        self._known[key] = call

    def __repr__(self) -> str:
        return f"<fastact.{self.__qualname__}{self.__signature__}>"

    def _bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name, those that were given; TypeError where they do not match the signature."""
        order = self._order
        if len(args) > len(order):
            raise TypeError(
                f"{self.__qualname__}() takes at most {len(order)} arguments by position ({', '.join(order)}), not "
                f"{len(args)}{self._named_only()}"
            )
        given = dict(zip(order, args, strict=False))
        for name, value in keywords.items():
            if name in given:
                raise TypeError(f"{self.__qualname__}() got multiple values for argument {name!r}")
            if name not in self._accepted:
                raise self._unknown(name)
            given[name] = value
        for name in self._needed:
            if name not in given:
                raise TypeError(f"{self.__qualname__}() missing the argument {name!r}")
        return given

    def _named_only(self) -> str:
        names = [name for name in self._by_name if name not in OF_UFUNCS]
        return (
            f"; {', '.join(names)} {'are' if len(names) > 1 else 'is'} given by name, {names[0]}=..." if names else ""
        )

    def _unknown(self, name: str) -> TypeError:
        if name in self._order:
            return TypeError(f"{self.__qualname__}() got multiple values for argument {name!r}")
        if name in _IN_PLACE and "out" in self._accepted:
            hint = "; for a result in place say out=x"
        elif name == "temperature" and "scale" in self._accepted:
            hint = "; a temperature t is scale=1/t here"
        else:
            known = [ours for ours in ELSEWHERE.get(name, ()) if ours in self._accepted]
            known = known or nearest(name, sorted(self._accepted), 1)
            hint = f"; it is called {known[0]} here" if known else ""
        return TypeError(
            f"{self.__qualname__}() got an unexpected keyword argument {name!r}{hint}; accepted are "
            f"{', '.join((*self._order, *self._by_name))}"
        )

    def _checked_out(self, out: Any, foreign: bool = False) -> Any:
        hint = "; for a result in place say out=x" if out is True else self._named_only()
        return checked_out(out, self.__qualname__, foreign, hint)


def call_key(dtype: Any, keywords: dict[str, Any]) -> Any:
    """Where a call with plain numbers or none is remembered; None for calls that cannot be."""
    if not isinstance(dtype, np.dtype) or dtype not in PARAMETER_DTYPES:
        return None
    for value in keywords.values():
        # -0.0 would be taken for 0.0, which it equals
        if type(value) not in (float, int, str) or (value == 0 and copysign(1, value) < 0):
            return None
    return (dtype, *(part for item in keywords.items() for part in item)) if keywords else dtype


# What NumPy and other libraries raise for arguments that they refuse; a tensor with a gradient raises the last.
REFUSALS = (TypeError, ValueError, RuntimeError)


def explained(error: Exception, name: str, given: dict[str, Any]) -> Exception:
    """Another library's error as one of the function that the user called, with what that was given; ours as it is."""
    if str(error).startswith(name):
        return error
    told = [
        f"{argument} of shape {tuple(np.shape(value))}"
        for argument, value in given.items()
        if hasattr(value, "shape") and argument in (*INPUTS, "out")
    ]
    kind = next(kind for kind in REFUSALS if isinstance(error, kind))
    return kind(f"{name}: {error}" + (f" ({', '.join(told)})" if told else ""))


def checked_out(out: Any, name: str, foreign: bool = False, hint: str = "") -> Any:
    """``out``, which may be in a tuple as ufuncs take it, if it can be written to; ``foreign``: another library's too.

    ``hint`` is for a number, a parameter that was given by position, say.
    """
    if type(out) is tuple and len(out) == 1:
        (out,) = out
    if out is None:
        return None
    if isinstance(out, np.ndarray):
        if not out.flags.writeable:
            raise ValueError(f"{name}: out is read-only; it must be writeable")
        return out
    if foreign and getattr(type(out), "__array_ufunc__", None) is not None and not isinstance(out, np.generic):
        return out
    hint = hint if isinstance(out, bool | int | float | str) else ""
    raise TypeError(f"{name}: out={shown(out)} is not accepted; it must be a numpy.ndarray{hint}")


def check_flag(value: Any, argument: str, name: str) -> bool:
    """``value`` if it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: {argument}={shown(value)} is not accepted; it must be True or False")
    return bool(value)


def channel_axis(axis: Any, ndim: int, name: str, accepted: str = "an integer") -> int:
    """``axis`` as an index from 0, or an error that names it."""
    try:
        if isinstance(axis, bool | np.bool_):
            raise TypeError
        at = int(axis.__index__())
    except (AttributeError, TypeError):
        raise TypeError(f"{name}: axis={shown(axis)} is not accepted; it must be {accepted}") from None
    if not -ndim <= at < ndim:
        raise ValueError(f"{name}: axis={axis} is not an axis of x, which has {ndim} dimensions")
    return at % ndim


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Raise unless ``out``, if it is given, takes a result of just this shape, and of a dtype as wide as this one."""
    if out is None:
        return
    if out.shape != shape:
        raise ValueError(f"{name}: out of shape {out.shape} is not accepted; it must be {shape}, that of the result")
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise TypeError(f"{name}: out of dtype {out.dtype} is not accepted; the result is {dtype}")


def placed(result: Any, out: Any) -> Any:
    """``result``, in ``out`` if that is given; it is checked to fit."""
    if out is None or out is result:
        return result
    np.copyto(out, result, casting="same_kind")
    return out
