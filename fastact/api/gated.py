"""Gated linear units: an activation of one array, or of half of one, times the other.

The kernels are those of the activations; gate and rest are views of a packed array, never copies.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.activation import Activation
from fastact.api.containers import as_arrays, check_labels, computes_itself, container_of, restored, unwrapped
from fastact.api.declared import declared
from fastact.api.function import (
    REFUSALS,
    Function,
    call_key,
    channel_axis,
    check_flag,
    check_out,
    checked_out,
    explained,
    shown,
)
from fastact.api.fused import bias_along
from fastact.api.parameters import check_held, check_one_of, check_parameter
from fastact.api.sums import bias_sum
from fastact.runtime.kernels import fused_ufunc
from fastact.table.dtypes import PARAMETER_DTYPES, floating
from fastact.table.registry import BY_NAME, Row

Array = npt.NDArray[Any]

# The activation of each gate, and which half of a packed array the gate is, as in its paper.
_GATES = {
    "glu": ("sigmoid", "second"),
    "reglu": ("relu", "first"),
    "geglu": ("gelu", "first"),
    "swiglu": ("silu", "first"),
    "bilinear": ("identity", "first"),
}


def _halves(x: Any, at: int, gate: str, interleaved: bool) -> tuple[Any, Any]:
    """Views of the gate and of the rest of a packed array."""
    size = x.shape[at] // 2
    first, second = (slice(None, None, 2), slice(1, None, 2)) if interleaved else (slice(size), slice(size, None))
    before = (slice(None),) * at
    parts = x[(*before, first)], x[(*before, second)]
    return parts if gate == "first" else parts[::-1]


class GatedFunction(Function, shortcut=False):
    """The value or the backward pass of a gated linear unit."""

    def __init__(self, row: Row, direction: str) -> None:
        self._backward = bool(direction)
        self._gate, self._default = _GATES[row.name]
        own: dict[str, Any] = {p.name: p.default for p in row.params}
        if "limit" in own:
            own["limit"] = None
        if choice := BY_NAME[self._gate].choice:
            own[choice.name] = choice.default
        # by which calls are told apart that are remembered
        self._numbers = {*own}
        own |= {"axis": -1, "gate": self._default, "interleaved": False, "bias": None}
        if self._backward:
            own["bias_gradient"] = False
        self._own = own
        needed = ("dy", "x") if self._backward else ("x",)
        super().__init__(row, direction, declared(needed, ("up", "out"), own), least_ndim=1)
        # not for the compiled short way: the ufunc, that with biases, parameters with limit and shift
        self._known = {}

    @property
    def ufunc(self) -> Any:
        """The generalised ufunc underneath: of gate and rest, the kernel's parameters, limit and shift."""
        return fused_ufunc(self._gate, "_backward" if self._backward else "", True, False)

    def _key(self, dtype: Any, keywords: dict[str, Any]) -> Any:
        return call_key(dtype, keywords) if keywords.keys() <= self._numbers else None

    def _at_once(self, dy: Any, x: Any, up: Any, out: Any, keywords: dict[str, Any]) -> Any:
        """A usual call: arrays of one dtype along the last axis, biases too, and parameters that were checked before.

        It passes all checks of `_call`, and this is what that would make of it; of any other call, NotImplemented.
        """
        if type(x) is not np.ndarray or not x.ndim:
            return NotImplemented
        bias = None
        if keywords and (bias := keywords.get("bias")) is not None:
            keywords = keywords.copy()
            del keywords["bias"]
        dtype, shape = x.dtype, x.shape
        known = self._known.get(self._key(dtype, keywords) if keywords else dtype)
        if known is None or (out is not None and type(out) is not np.ndarray):
            return NotImplemented
        biases: Any = ()
        if up is None:
            size, odd = divmod(shape[-1], 2)
            if odd:
                return NotImplemented
            mains = x[..., :size], x[..., size:]
            if bias is not None:
                if type(bias) is not np.ndarray or bias.dtype is not dtype or bias.shape != shape[-1:]:
                    return NotImplemented
                biases = bias[:size], bias[size:]
            if self._default == "second":
                mains, biases = mains[::-1], biases[::-1]
        else:
            if type(up) is not np.ndarray or up.dtype is not dtype or up.shape != shape:
                return NotImplemented
            mains = x, up
            if bias is not None:
                if type(bias) is not tuple or len(bias) != 2:
                    return NotImplemented
                for one in bias:
                    if type(one) is not np.ndarray or one.dtype is not dtype or one.shape != shape[-1:]:
                        return NotImplemented
                biases = bias
        result = mains[0].shape
        ufunc = known[1] if biases else known[0]
        if not self._backward:
            if out is None:
                out = np.empty(result, dtype)
            elif out.shape != result:
                return NotImplemented
            ufunc(*mains, *biases, *known[2], out=out)
            return out
        if type(dy) is not np.ndarray or dy.dtype is not dtype or dy.shape != result or out is not None:
            return NotImplemented
        if up is not None:
            targets = np.empty(result, dtype), np.empty(result, dtype)
            ufunc(dy, *mains, *biases, *known[2], out=targets)
            return targets
        packed = np.empty(shape, dtype)
        targets = packed[..., :size], packed[..., size:]
        ufunc(dy, *mains, *biases, *known[2], out=targets if self._default == "first" else targets[::-1])
        return packed

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        inputs = self._inputs
        if inputs <= len(args) <= inputs + 1:
            rest, out = keywords, None
            if "out" in keywords:
                rest = keywords.copy()
                out = rest.pop("out")
            dy, x = args[:2] if self._backward else (None, args[0])
            try:
                answer = self._at_once(dy, x, args[inputs] if len(args) > inputs else None, out, rest)
            except (TypeError, ValueError):
                answer = NotImplemented  # what is wrong is found below
            if answer is not NotImplemented:
                return answer
        given = self._bind(args, keywords)
        dy, x, up, out = given.pop("dy", None), given.pop("x"), given.pop("up", None), given.pop("out", None)
        try:
            return self._of_any(dy, x, up, out, given)
        except REFUSALS as error:
            raise explained(error, self.__qualname__, {"dy": dy, "x": x, "up": up, "out": out}) from None

    def _of_any(self, dy: Any, x: Any, up: Any, out: Any, keywords: dict[str, Any]) -> Any:
        """`_call` with arrays in place of containers, and the result made what those are."""
        name = self.__qualname__
        for argument, value in (("dy", dy if self._backward else x), ("x", x)):
            if value is None:
                raise TypeError(f"{name}: {argument}=None is not accepted; it must be an array of real numbers")
        pair = self._backward and up is not None
        given = {key: value for key, value in (("dy", dy), ("x", x), ("up", up)) if value is not None}
        outs: tuple[Any, ...]
        if not pair:
            outs = (self._checked_out(out),)
        elif out is None:
            outs = (None, None)
        elif type(out) is tuple and len(out) == 2:
            outs = tuple([checked_out(one, name) for one in out])
        else:
            raise TypeError(f"{name}: out={shown(out)} is not accepted; it must be a pair of arrays, for x and for up")
        contained = any(container_of(value) is not None for value in given.values())
        arrays, mask = given, None
        if contained:
            check_labels({key: value for key, value in given.items() if key != "dy" or up is not None}, name)
            mask = self._mask(given, keywords)
            arrays = {key: unwrapped(value) for key, value in given.items()}
            if mask is not None and "dy" in arrays:
                arrays["dy"] = np.where(mask, np.asarray(arrays["dy"]).dtype.type(0), arrays["dy"])
        answer = self._call(arrays, tuple([None if one is None else np.asarray(one) for one in outs]), keywords)
        wants_sums = bool(keywords.get("bias_gradient", False))
        main = answer[0] if wants_sums else answer
        results = main if pair else (main,)
        if mask is not None:
            results = tuple([self._masked(result, mask, up is None, keywords) for result in results])
        elif contained:
            results = tuple([restored(result, list(given.values())) for result in results])
        if outs[0] is not None:
            for one, result in zip(outs, results, strict=True):
                if contained and isinstance(one, np.ma.MaskedArray):
                    one.mask = np.ma.getmaskarray(result)
            results = outs
        main = results if pair else results[0]
        return (main, answer[1]) if wants_sums else main

    def _mask(self, given: dict[str, Any], keywords: dict[str, Any]) -> Any:
        """Where the result is masked: where gate, rest or gradient are; None if none of them can be."""
        if not any(isinstance(value, np.ma.MaskedArray) for value in given.values()):
            return None
        mask = np.ma.getmaskarray(np.ma.asarray(given["x"]))
        if "up" in given:
            mask = mask | np.ma.getmaskarray(np.ma.asarray(given["up"]))
        elif mask.ndim and mask.shape[self._axis(keywords, mask.ndim)] % 2 == 0:
            parts = _halves(mask, self._axis(keywords, mask.ndim), "first", bool(keywords.get("interleaved", False)))
            mask = parts[0] | parts[1]
        if "dy" in given and np.shape(given["dy"]) == mask.shape:
            mask = mask | np.ma.getmaskarray(np.ma.asarray(given["dy"]))
        return mask

    def _masked(self, result: Any, mask: Any, packed: bool, keywords: dict[str, Any]) -> Any:
        """``result`` with its mask: of a packed gradient both halves have that of the result."""
        if self._backward and packed:
            whole = np.zeros(np.shape(result), np.bool_)
            at = self._axis(keywords, whole.ndim)
            for part in _halves(whole, at, "first", bool(keywords.get("interleaved", False))):
                part[...] = mask
            mask = whole
        return np.ma.array(result, mask=mask)

    def _axis(self, keywords: dict[str, Any], ndim: int) -> int:
        return channel_axis(keywords.get("axis", -1), ndim, self.__qualname__)

    def _call(self, given: dict[str, Any], outs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Any call, of arrays."""
        name = self.__qualname__
        options = self._own | keywords
        for flag in ("interleaved", "bias_gradient"):
            check_flag(options.get(flag, False), flag, name)
        check_one_of(options["gate"], "gate", ("first", "second"), name)
        arrays = dict(zip(given, as_arrays(given, name), strict=True))
        up: Any = arrays.get("up")
        dy: Any = arrays.get("dy")
        x = arrays["x"]
        packed = up is None
        if x.ndim == 0 and packed:
            raise ValueError(f"{name}: x is 0-dimensional and has no axis to be split along")
        at = channel_axis(options["axis"], x.ndim, name) if x.ndim else 0
        kernel, parameters = self._parameters(options)
        if packed:
            if x.shape[at] % 2:
                raise ValueError(
                    f"{name}: x with {x.shape[at]} elements along axis {options['axis']} is not accepted; they must be "
                    f"an even number (x.shape = {x.shape})"
                )
            gate, rest = _halves(x, at, options["gate"], options["interleaved"])
        else:
            if x.shape != up.shape:
                raise ValueError(f"{name}: up of shape {up.shape} is not accepted; it must be that of x, {x.shape}")
            gate, rest = x, up
        biases = self._biases(options, gate, x, at, packed, floating(x.dtype))
        mains = [gate, rest, *biases]
        if dy is not None:
            if dy.shape != gate.shape:
                raise ValueError(
                    f"{name}: dy of shape {dy.shape} is not accepted; it must be that of the result, {gate.shape}"
                )
            mains.insert(0, dy)
        dtype = np.result_type(*(a.dtype for a in mains))
        main = floating(dtype).newbyteorder("=")
        direction = "_backward" if self._backward else ""
        wide = main not in PARAMETER_DTYPES
        computed = PARAMETER_DTYPES.get(main, main)
        scalars = self._scalars(parameters, options, computed)
        ufunc = fused_ufunc(kernel, direction, True, bool(biases), wide)
        key = None if wide else self._key(main, {k: v for k, v in keywords.items() if k != "bias"})
        if key is not None:
            both = [fused_ufunc(kernel, direction, True, biased) for biased in (False, True)]
            self._remember(key, (*both, scalars))
        compute = partial(_by_rows, ufunc, mains, scalars, main)
        if self._backward:
            return self._pull(compute, x, biases, at, outs, options, main)
        check_out(outs[0], gate.shape, main, name)
        return compute(outs)[0]

    def _parameters(self, options: dict[str, Any]) -> tuple[str, list[float]]:
        """The activation, and its parameters with limit and shift."""
        name, kernel = self.__qualname__, self._gate
        for param in self._row.params:
            value = options[param.name]
            if param.name == "limit" and value is None:
                continue
            if isinstance(value, np.ndarray) and value.ndim == 0:
                value = options[param.name] = value[()]
            if isinstance(value, bool) or not isinstance(value, int | float | np.number) or np.iscomplexobj(value):
                raise TypeError(f"{name}: {param.name}={shown(value)} is not accepted; it must be a number")
            check_parameter(value, param, name, " or None" if param.name == "limit" else "")
        if choice := BY_NAME[kernel].choice:
            check_one_of(options[choice.name], choice.name, choice.rows, name)
            kernel = choice.rows[options[choice.name]]
        row = BY_NAME[kernel]
        used = row.params + (row.derivative_params if self._backward else ())
        values = [float(options["alpha"]) if p.name == "beta" else float(p.number or 0.0) for p in used]
        limit = options.get("limit")
        return kernel, [*values, np.inf if limit is None else float(limit), float(options.get("shift", 0.0))]

    def _scalars(self, parameters: list[float], options: dict[str, Any], dtype: Any) -> list[Array]:
        """The parameters as the ufunc takes them; ValueError for one that ``dtype`` does not hold."""
        for param in self._row.params:
            if options[param.name] is not None:
                check_held(options[param.name], param, dtype, self.__qualname__)
        with np.errstate(over="ignore"):  # a limit beyond the dtype is none
            return [np.asarray(value, dtype) for value in parameters]

    def _biases(self, options: dict[str, Any], gate: Any, x: Any, at: int, packed: bool, dtype: Any) -> list[Array]:
        bias, name = options["bias"], self.__qualname__
        if bias is None:
            if options.get("bias_gradient"):
                raise TypeError(f"{name}: bias_gradient is for bias, which is not given")
            return []
        if not packed:
            if not isinstance(bias, tuple | list) or len(bias) != 2:
                raise TypeError(f"{name}: bias of x and up must be a pair, not {type(bias).__name__}")
            pair = [bias_along(b, gate.shape, at, dtype, name) for b in bias]
        elif (whole := bias_along(bias, x.shape, at, dtype, name)).ndim == 0:
            pair = [whole, whole]
        else:
            pair = [*_halves(whole, 0, options["gate"], options["interleaved"])]
        return [np.broadcast_to(b, gate.shape) for b in pair]

    def _pull(
        self, compute: Any, x: Any, biases: list[Array], at: int, outs: tuple[Any, ...], options: Any, main: Any
    ) -> Any:
        """Both gradients: packed as x is, or a pair."""
        name = self.__qualname__
        packed = len(outs) == 1
        for one in outs:
            check_out(one, x.shape, main, name)
        if packed:
            (out,) = outs
            if out is None and computes_itself(x):
                raise TypeError(f"{name}: packed x of {type(x)} is not accepted; give gate and rest, x and up")
            result = np.empty(x.shape, main) if out is None else out
            targets = _halves(result, at, options["gate"], options["interleaved"])
            compute(targets)
            answer: Any = result
        else:
            answer = compute(outs)
        if not options["bias_gradient"]:
            return answer
        if packed:
            along = at if np.ndim(options["bias"]) else None
            return answer, bias_sum(answer, along, np.result_type(main, biases[0].dtype))
        sums = [
            bias_sum(g, at if np.ndim(one) else None, np.result_type(main, b.dtype))
            for g, b, one in zip(answer, biases, options["bias"], strict=True)
        ]
        return answer, tuple(sums)


def _by_rows(ufunc: Any, mains: list[Any], scalars: list[Array], main: Any, outs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The ufunc along the last axis, with the axes before it made one where memory allows."""
    if mains[0].ndim == 0:
        rows = tuple(o if o is None else o[None] for o in outs)
        made = _by_rows(ufunc, [a[None] for a in mains], scalars, main, rows)
        return tuple(a[0] if o is None else o for a, o in zip(made, outs, strict=True))
    if any(computes_itself(a) for a in mains) and outs[0] is None:
        made = ufunc(*mains, *scalars)  # of blocks, later
        return made if isinstance(made, tuple) else (made,)
    targets = tuple(np.empty(mains[0].shape, main) if o is None else o for o in outs)
    ufunc(*mains, *scalars, out=targets if len(targets) > 1 else targets[0])
    return targets


class Gated(Activation):
    """A gated linear unit, of a packed array or of gate and rest."""

    _directions = (GatedFunction, None, GatedFunction, None)
