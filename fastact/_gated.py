"""Gated linear units: an activation of one array, or of half of one, times the other.

Uses _fused, _registry, _dtypes, _activation and _documentation; imported by _public. The kernels are those of the
activations; gate and rest are views of a packed array, never copies.
"""

from __future__ import annotations

import inspect
from math import copysign
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact._activation import PARAMETER_DTYPES, REMEMBERED, Activation, channel_axis, check_real
from fastact._axis import Missing
from fastact._documentation import document
from fastact._dtypes import floating, is_half
from fastact._fused import bias_along, bias_sum, fused_ufunc
from fastact._parameters import check_held
from fastact._registry import BY_NAME, Row

Array = npt.NDArray[Any]

# The activation of each gate, and which half of a packed array the gate is, as in its paper.
_GATES = {
    "glu": ("sigmoid", "second"),
    "reglu": ("relu", "first"),
    "geglu": ("gelu", "first"),
    "swiglu": ("silu", "first"),
    "bilinear": ("identity", "first"),
}
_KIND = inspect.Parameter


def _halves(x: Any, at: int, gate: str, interleaved: bool) -> tuple[Any, Any]:
    """Views of the gate and of the rest of a packed array."""
    size = x.shape[at] // 2
    first, second = (slice(None, None, 2), slice(1, None, 2)) if interleaved else (slice(size), slice(size, None))
    before = (slice(None),) * at
    parts = x[(*before, first)], x[(*before, second)]
    return parts if gate == "first" else parts[::-1]


class GatedFunction:
    """The value or the backward pass of a gated linear unit."""

    def __init__(self, row: Row, backward: bool) -> None:
        self._row = row
        self._backward = backward
        self._gate, self._default = _GATES[row.name]
        self.__name__ = "backward" if backward else row.name
        self.__qualname__ = f"{row.name}.backward" if backward else row.name
        self.__module__ = "fastact"
        listed = [_KIND(name, _KIND.POSITIONAL_OR_KEYWORD) for name in (["dy", "x"] if backward else ["x"])]
        listed += [_KIND(name, _KIND.POSITIONAL_OR_KEYWORD, default=None) for name in ("up", "out")]
        own: dict[str, Any] = {p.name: p.default for p in row.params}
        if "limit" in own:
            own["limit"] = None
        if row.name == "geglu":
            own["approximate"] = "none"
        own |= {"axis": -1, "gate": self._default, "interleaved": False, "bias": None}
        if backward:
            own["bias_gradient"] = False
        listed += [_KIND(name, _KIND.KEYWORD_ONLY, default=value) for name, value in own.items()]
        self._own = own
        self._numbers = {p.name for p in row.params} | {"approximate"} & own.keys()
        # of usual calls that were checked before: the ufunc, that with biases, parameters with limit and shift
        self._known: dict[Any, tuple[Any, Any, list[Array]]] = {}
        self.__signature__ = inspect.Signature(listed)
        self.__doc__ = document(row, "backward" if backward else "", self.__signature__)

    def __repr__(self) -> str:
        return f"<fastact.{self.__qualname__}{self.__signature__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        from fastact._public import get

        return (getattr, (get(self._row.name), "backward")) if self._backward else (get, (self._row.name,))

    @property
    def ufunc(self) -> Any:
        """The generalised ufunc underneath: of gate and rest, the kernel's parameters, limit and shift."""
        return fused_ufunc(self._gate, "_backward" if self._backward else "", True, False)

    def _key(self, dtype: Any, keywords: dict[str, Any]) -> Any:
        """Where ``_known`` has a call with plain numbers or none; None for calls that it cannot have."""
        for name, value in keywords.items():
            # -0.0 would be taken for 0.0, which it equals
            if name not in self._numbers or type(value) not in (float, int, str):
                return None
            if value == 0 and copysign(1, value) < 0:
                return None
        return (dtype, *(part for item in keywords.items() for part in item)) if keywords else dtype

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
        known = self._known.get(self._key(dtype, keywords))
        if known is None:
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
            elif type(out) is not np.ndarray or out.shape != result:
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

    def _call(self, dy: Any, x: Any, up: Any, out: Any, keywords: dict[str, Any]) -> Any:
        answer = self._at_once(dy, x, up, out, keywords)
        if answer is not NotImplemented:
            return answer
        name = self.__qualname__
        unknown = [key for key in keywords if key not in self._own]
        if unknown:
            raise TypeError(
                f"{name}() got an unexpected keyword argument {unknown[0]!r}; accepted are "
                f"{', '.join(self.__signature__.parameters)}"
            )
        options = self._own | keywords
        for flag in ("interleaved", "bias_gradient"):
            if not isinstance(options.get(flag, False), bool | np.bool_):
                raise TypeError(f"{name}: {flag}={options[flag]!r} is not accepted; it must be True or False")
        if options["gate"] not in ("first", "second"):
            raise ValueError(f"{name}: gate={options['gate']!r} is not accepted; it must be 'first' or 'second'")
        given = {"dy": dy, "x": x, "up": up}
        arrays = {k: v if hasattr(v, "dtype") else np.asarray(v) for k, v in given.items() if v is not None}
        for argument, array in arrays.items():
            check_real(array.dtype, name, argument)
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
            if x.shape != arrays["up"].shape:
                raise ValueError(
                    f"{name}: up of shape {arrays['up'].shape} is not accepted; it must be that of x, {x.shape}"
                )
            gate, rest = x, arrays["up"]
        biases = self._biases(options, gate, x, at, packed, floating(x.dtype))
        mains = [gate, rest, *biases]
        if dy is not None:
            if arrays["dy"].shape != gate.shape:
                raise ValueError(
                    f"{name}: dy of shape {arrays['dy'].shape} is not accepted; it must be that of the result, "
                    f"{gate.shape}"
                )
            mains.insert(0, arrays["dy"])
        dtype = np.result_type(*(a.dtype for a in mains))
        main = floating(dtype).newbyteorder("=")
        if main not in PARAMETER_DTYPES:
            raise TypeError(f"{name}: dtype {main} is not accepted; there is no kernel for it")
        computed = np.dtype(np.float32) if is_half(main) else main
        for param in self._row.params:
            if options[param.name] is not None:
                check_held(options[param.name], param, computed, name)
        with np.errstate(over="ignore"):  # a limit beyond the dtype is none
            scalars = [np.asarray(value, computed) for value in parameters]
        direction = "_backward" if self._backward else ""
        ufunc = fused_ufunc(kernel, direction, True, bool(biases))
        key = self._key(main, {k: v for k, v in keywords.items() if k != "bias"})
        if key is not None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            both = [fused_ufunc(kernel, direction, True, biased) for biased in (False, True)]
            self._known[key] = (*both, scalars)
        if self._backward:
            return self._pull(ufunc, mains, scalars, x, at, packed, out, options, main)
        if out is not None and (not isinstance(out, np.ndarray) or out.shape != gate.shape):
            raise ValueError(
                f"{name}: out of shape {np.shape(out)} is not accepted; it must be an array of {gate.shape}"
            )
        return _by_rows(ufunc, mains, scalars, (out,), main)[0]

    def _parameters(self, options: dict[str, Any]) -> tuple[str, list[float]]:
        """The activation, and its parameters with limit and shift."""
        name, kernel = self.__qualname__, self._gate
        limit, shift = np.inf, 0.0
        for param in self._row.params:
            value = options[param.name]
            if param.name == "limit" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float | np.number) or np.iscomplexobj(value):
                raise TypeError(f"{name}: {param.name}={value!r} is not accepted; it must be a number")
            if not param.accepts(float(value)):
                extra = " or None" if param.name == "limit" else ""
                raise ValueError(f"{name}: {param.name}={value!r} is not accepted; it must be {param.domain}{extra}")
            if param.name == "limit":
                limit = float(value)
            if param.name == "shift":
                shift = float(value)
        if "approximate" in options:
            rows = {"none": "gelu", "tanh": "gelu_tanh"}
            if options["approximate"] not in rows:
                raise ValueError(
                    f"{name}: approximate={options['approximate']!r} is not accepted; it must be 'none' or 'tanh'"
                )
            kernel = rows[options["approximate"]]
        row = BY_NAME[kernel]
        used = row.params + (row.derivative_params if self._backward else ())
        values = [float(options["alpha"]) if p.name == "beta" else float(p.number or 0.0) for p in used]
        return kernel, [*values, limit, shift]

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
        self,
        ufunc: Any,
        mains: list[Any],
        scalars: list[Array],
        x: Any,
        at: int,
        packed: bool,
        out: Any,
        options: dict[str, Any],
        main: Any,
    ) -> Any:
        """Both gradients: packed as x is, or a pair."""
        name = self.__qualname__
        if packed:
            result = np.empty(x.shape, main) if out is None else out
            if not isinstance(result, np.ndarray) or result.shape != x.shape:
                raise ValueError(
                    f"{name}: out of shape {np.shape(out)} is not accepted; it must be an array of {x.shape}"
                )
            targets = _halves(result, at, options["gate"], options["interleaved"])
            gradients = _by_rows(ufunc, mains, scalars, targets, main)
            answer: Any = result
        else:
            if out is not None and not (
                isinstance(out, tuple) and len(out) == 2 and all(np.shape(o) == x.shape for o in out)
            ):
                raise ValueError(f"{name}: out is not accepted; it must be a pair of arrays of shape {x.shape}")
            gradients = _by_rows(ufunc, mains, scalars, out or (None, None), main)
            answer = gradients
        if not options["bias_gradient"]:
            return answer
        biases = mains[3:]
        if packed:
            along = at if np.ndim(options["bias"]) else None
            return answer, bias_sum(answer, along, np.result_type(main, biases[0].dtype))
        sums = [
            bias_sum(g, at if np.ndim(one) else None, np.result_type(main, b.dtype))
            for g, b, one in zip(gradients, biases, options["bias"], strict=True)
        ]
        return answer, tuple(sums)


def _by_rows(ufunc: Any, mains: list[Any], scalars: list[Array], outs: tuple[Any, ...], main: Any) -> tuple[Any, ...]:
    """The ufunc along the last axis, with the axes before it made one where memory allows."""
    if mains[0].ndim == 0:
        made = _by_rows(
            ufunc, [a[None] for a in mains], scalars, tuple(o if o is None else o[None] for o in outs), main
        )
        return tuple(a[0] if o is None else o for a, o in zip(made, outs, strict=True))
    targets = tuple(np.empty(mains[0].shape, main) if o is None else o for o in outs)
    ufunc(*mains, *scalars, out=targets if len(targets) > 1 else targets[0])
    return targets


class GatedValue(GatedFunction):
    """The value."""

    def __call__(self, x: Any, up: Any = None, out: Any = None, **keywords: Any) -> Any:
        return self._call(None, x, up, out, keywords)


class GatedBackward(GatedFunction):
    """The gradients of gate and rest."""

    def __call__(self, dy: Any, x: Any, up: Any = None, out: Any = None, **keywords: Any) -> Any:
        if dy is None:
            raise TypeError(f"{self.__qualname__}: dy=None is not accepted; it must be an array of real numbers")
        return self._call(dy, x, up, out, keywords)


class Gated(Activation):
    """A gated linear unit, of a packed array or of gate and rest."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.__name__ = self.__qualname__ = row.name
        self.__module__ = "fastact"
        value = GatedValue(row, False)
        self._value = value
        self.__signature__ = value.__signature__
        self.__doc__ = value.__doc__
        self._inputs, self._required, self._least_ndim, self._ready = 1, (), 1, {}
        self.backward = GatedBackward(row, True)
        self.derivative = Missing(row, "derivative", "backward(dy, x)")
        self.backward_from_output = Missing(row, "backward_from_output", "backward(dy, x)")

    @property
    def ufunc(self) -> Any:
        """The generalised ufunc underneath."""
        return self._value.ufunc
