"""What has a learned parameter for each channel: FReLU over planes, and PReLU with its weight's gradient.

The compiled functions take arrays without gaps; what is here checks the arguments, brings them into that form, and lets
NumPy compute where there is no kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.activation import Activation, Elementwise
from fastact.api.axis_function import AxisFunction
from fastact.api.containers import (
    as_arrays,
    beside,
    check_labels,
    computes_itself,
    delivered,
    numbers_beside,
    restored,
    unmasked,
    unwrapped,
)
from fastact.api.function import REFUSALS, channel_axis, check_out, checked_out, explained, placed
from fastact.api.parameters import check_held, check_parameter, promoted_by
from fastact.api.sums import FORMATS, Matrix
from fastact.reference import spatial as formulas
from fastact.reference.stand_ins import result_dtype, working_dtype
from fastact.runtime import kernels
from fastact.table.dtypes import PARAMETER_DTYPES, floating

Array = npt.NDArray[Any]

# Elements below which a ufunc's call, though it copies the slopes, is done before what this takes beforehand.
FEW = 4096
NO_GRADIENT: Any = object()  # in place of dy, in the forward pass


# ---- arrays and dtypes ----------------------------------------------------------------------------------------------


def _result_dtype(main: np.dtype[Any], parameters: list[Any]) -> np.dtype[Any]:
    """The dtype of a result of ``main``, beside parameters as given: those with a dtype that is wider promote it."""
    main = floating(main.newbyteorder("="))
    beside = PARAMETER_DTYPES.get(main, main)
    wide = promoted_by(parameters, beside)
    return main if wide == beside else floating(wide)


def _dense(x: Array, dtype: np.dtype[Any]) -> Array:
    """``x`` as an array of ``dtype`` without gaps, in C order: itself if it is one."""
    if x.flags.c_contiguous and x.flags.aligned and x.dtype == dtype and x.dtype.isnative:
        return x
    return np.array(x, dtype, order="C", copy=True)


def _same(a: Array, b: Array) -> bool:
    """Whether both are the same elements in memory, so that a kernel may read one and write the other."""
    return a.ctypes.data == b.ctypes.data and a.strides == b.strides and a.shape == b.shape


def _target(out: Any, like: Array, inputs: tuple[Array, ...]) -> Array:
    """Where a kernel may put a result laid out as ``like``: ``out``, unless it is laid out otherwise or in the way."""
    if (
        type(out) is np.ndarray
        and out.dtype == like.dtype
        and out.dtype.isnative
        and out.strides == like.strides
        and out.flags.aligned
        and out.flags.writeable
        and all(_same(out, a) or not np.may_share_memory(out, a) for a in inputs)
    ):
        return out
    return np.empty_like(like)


# ---- FReLU ----------------------------------------------------------------------------------------------------------


class _Window:
    """The checked arguments of FReLU, with scale and shift folded into weight and bias.

    scale (sum + bias) + shift is the sum by the weight times scale, and the bias times scale plus shift.
    """

    def __init__(self, x: Any, weight: Any, bias: Any, scale: Any, shift: Any, name: str, dy: Any) -> None:
        self.x = numbers_beside(x, "x", name)
        if self.x.ndim not in (3, 4):
            raise ValueError(f"{name}: x of shape {self.x.shape} is not accepted; it must be (N, C, H, W) or (C, H, W)")
        channels = self.x.shape[-3]
        given = numbers_beside(weight, "weight", name)
        k = given.shape[-1] if given.ndim else 0
        if given.shape not in ((channels, k, k), (channels, 1, k, k)) or k % 2 == 0:
            raise ValueError(
                f"{name}: weight of shape {given.shape} is not accepted with x of shape {self.x.shape}; it must be "
                f"({channels}, k, k) or ({channels}, 1, k, k), k odd"
            )
        self.shape, self.k = given.shape, k
        vectors = {}
        for argument, value in (("bias", bias), ("scale", scale), ("shift", shift)):
            if value is not None:
                vectors[argument] = vector = numbers_beside(value, argument, name)
                if vector.shape != (channels,):
                    raise ValueError(
                        f"{name}: {argument} of shape {vector.shape} is not accepted; it must be ({channels},), a "
                        "number for each channel of x"
                    )
        main = self.x.dtype
        self.dy = self.x
        if dy is not NO_GRADIENT:
            self.dy = numbers_beside(dy, "dy", name)
            if self.dy.shape != self.x.shape:
                raise ValueError(
                    f"{name}: dy of shape {self.dy.shape} is not accepted; it must be {self.x.shape}, the shape of x"
                )
            main = np.result_type(main, self.dy.dtype)
        self.dtype = _result_dtype(main, [weight, bias, scale, shift])
        self.compiled = kernels.spatial is not None and self.dtype in FORMATS
        work = working_dtype(self.dtype)
        # the type that is computed in
        self.work = PARAMETER_DTYPES.get(self.dtype, self.dtype) if self.compiled else work
        with np.errstate(all="ignore"):
            folded = given.reshape(channels, k, k).astype(work)
            vectors = {argument: vector.astype(work) for argument, vector in vectors.items()}
            offset = vectors.get("bias", np.zeros(channels, work))
            self.scale = vectors.get("scale")
            if self.scale is not None:
                folded *= self.scale[:, None, None]
                offset *= self.scale
            if shift is not None:
                offset += vectors["shift"]
            self.weight = np.ascontiguousarray(folded, self.work)
            self.bias = np.ascontiguousarray(offset, self.work)
        # of a list, whose numbers are no dtype's, that of the result
        self.dtypes = [floating(a.dtype) if hasattr(a, "dtype") else self.dtype for a in (weight, bias)]

    def planes(self, a: Array) -> Array:
        return a.reshape(-1, *a.shape[-2:]) if a.size else a.reshape(0, 0, 0)

    def four(self, a: Array) -> Array:
        """With its batch, as NumPy's formulas take it."""
        wide = np.asarray(a, self.work)
        return wide if wide.ndim == 4 else wide[None]

    def run(self, dy: Array | None, x: Array, turned: Array | None, out: Array, sums: Array | None) -> None:
        """The compiled pass over all planes."""
        incoming = None if dy is None else self.planes(dy)
        code = FORMATS[self.dtype]
        kernels.spatial.frelu(incoming, self.planes(x), self.weight, turned, self.bias, self.planes(out), sums, code)


class FunnelValue(AxisFunction):
    _lifts = _takes_masked = _lazy = False

    def _compute(
        self, x: Any, weight: Any, bias: Any = None, out: Any = None, *, scale: Any = None, shift: Any = None
    ) -> Any:
        given = _Window(x, weight, bias, scale, shift, self.__qualname__, NO_GRADIENT)
        check_out(out, given.x.shape, given.dtype, self.__qualname__)
        if not given.compiled:
            with np.errstate(all="ignore"):
                y = formulas.frelu(given.four(given.x), given.weight, given.bias).astype(given.dtype)
            return placed(y.reshape(given.x.shape), out)
        dense = _dense(given.x, given.dtype)
        y = _target(out, dense, (dense,))
        given.run(None, dense, None, y, None)
        return placed(y, out)


class FunnelBackward(AxisFunction):
    _lifts = _takes_masked = _lazy = False

    def _compute(self, dy: Any, x: Any, weight: Any, bias: Any = None, *, scale: Any = None, shift: Any = None) -> Any:
        given = _Window(x, weight, bias, scale, shift, self.__qualname__, dy)
        channels, taps = given.weight.shape[0], given.k**2
        with np.errstate(all="ignore"):
            if given.compiled:
                dense, incoming = _dense(given.x, given.dtype), _dense(given.dy, given.dtype)
                dx = np.empty_like(dense)
                sums = np.zeros((dense.size // max(1, dense.shape[-1] * dense.shape[-2]), taps + 1))
                turned = np.ascontiguousarray(given.weight[:, ::-1, ::-1])
                given.run(incoming, dense, turned, dx, sums)
                # with no plane there may be no channel either, of which -1 makes no number
                sums = sums.reshape(len(sums) // max(1, channels), channels, taps + 1)
            else:
                wide, sums = formulas.frelu_backward(
                    given.four(given.dy), given.four(given.x), given.weight, given.bias
                )
                dx = wide.astype(given.dtype).reshape(given.x.shape)
            # one image after another: the order does not depend on threads
            total = np.add.reduce(sums, axis=0)
            if given.scale is not None:
                total = total * given.scale[:, None]
            dweight = total[:, :taps].astype(given.dtypes[0]).reshape(given.shape)
            dbias = None if bias is None else total[:, taps].astype(given.dtypes[1])
        return dx, dweight, dbias


class Funnel(Activation):
    """FReLU: an activation of planes with a learned window for each channel."""

    _directions = (FunnelValue, None, FunnelBackward, None)
    _instead = "backward(dy, x, weight, bias)"


# ---- PReLU ----------------------------------------------------------------------------------------------------------


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


class Slopes(Channels):
    """PReLU's value or backward pass; with a slope per channel one compiled pass, where memory has no gaps."""

    def _general(self, inputs: tuple[Any, ...], out: Any, keywords: dict[str, Any]) -> Any:
        result = self._per_channel(inputs, out, keywords)
        return super()._general(inputs, out, keywords) if result is None else result

    def _per_channel(self, inputs: tuple[Any, ...], out: Any, keywords: dict[str, Any]) -> Any:
        """The result; None where this is no such call, which ufuncs then answer."""
        weight, x = keywords.get("weight"), inputs[-1]
        if (
            kernels.spatial is None
            or len(keywords) != 1
            or type(weight) is not np.ndarray
            or not all(type(a) is np.ndarray and a.dtype in FORMATS and a.dtype.isnative for a in inputs)
            or not 1 <= weight.ndim <= x.ndim
            or not 1 < weight.size == weight.shape[0] == x.shape[x.ndim - weight.ndim]
            or x.size < FEW
            or any(a.strides != x.strides or a.shape != x.shape or a.dtype != x.dtype for a in inputs)
        ):
            return None
        dtype = PARAMETER_DTYPES[x.dtype]
        check_parameter(weight, self._narrow.get("weight", self._params[0]), self.__qualname__)
        matrix = Matrix(x, x.ndim - weight.ndim)
        if not np.can_cast(weight.dtype, dtype) or not matrix.dense:
            return None
        weight = np.array(weight.ravel(), dtype, order="C")
        if out is not None:
            out = self._checked_out(out)
        y = _target(out, x, inputs)
        if out is not None and y is not out:
            return None
        matrix.run(inputs[0] if len(inputs) == 2 else None, x, weight, y, summed=False)
        return y


class PerChannel(Activation):
    """An activation with a learned weight, one or one per channel, and its gradient."""

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
        dtype = result_dtype(dy.dtype, x.dtype)
        at = None if axis is None else channel_axis(axis, x.ndim, name)
        lazy = computes_itself(dy) or computes_itself(x)
        compiled = not lazy and kernels.spatial is not None and dy.dtype == x.dtype
        with np.errstate(all="ignore"):
            if compiled and x.dtype in FORMATS and x.dtype.isnative:
                dy, x = _alike(dy, x, x.dtype)
                total = Matrix(x, at).run(dy, x, np.ones(1, PARAMETER_DTYPES[x.dtype]), None, summed=True)
                total = total[0] if at is None else total
            else:
                total = _plain_sums(dy, x, at)
            return total.astype(dtype) if computes_itself(total) else np.asarray(total).astype(dtype)[()]

    def _unmasked(self, dy: Any, x: Any, name: str) -> Sequence[Any]:
        """dy and x as arrays, with 0 where one is masked."""
        try:
            arrays = as_arrays({"dy": unwrapped(dy), "x": unwrapped(x)}, name)
        except REFUSALS as error:
            raise explained(error, name, {"dy": dy, "x": x}) from None
        return unmasked([np.asarray(a) if isinstance(a, np.generic) else a for a in arrays], (dy, x))


class LearnedSlope(PerChannel):
    """PReLU: an activation with a learned slope."""

    _directions = (Slopes, Channels, Slopes, Slopes)

    def backward_with_weight(self, dy: Any, x: Any, weight: Any, out: Any = None, *, axis: int = 1) -> tuple[Any, Any]:
        """Gradients of the input and of the weight, in one pass over memory.

        ``dx = dy if x > 0 else weight dy`` and ``dweight = the sum of dy x over x < 0``, for each channel.

        Parameters
        ----------
        dy, x : array_like
            The incoming gradient and the input, of one shape.
        weight : float or array_like
            The slope on the left: a scalar, or of shape (C,), one per channel along ``axis``.
        out : numpy.ndarray, optional
            Where to put the gradient of x; may be dy or x (in place).
        axis : int, default 1
            The axis of the channels, where weight has more than one value: 1 of NCHW, -1 of NHWC.

        Returns
        -------
        dx : numpy.ndarray
            The gradient of x, of its shape; ``out`` if that was given.
        dweight : numpy.ndarray or scalar
            The gradient of the weight, of its shape, and of its dtype if it has one, else of that of dx. Summed in
            float64 (longdouble for wider input), in an order that does not depend on the number of threads.

        Raises
        ------
        TypeError, ValueError
            For input that is not real numbers, for shapes that do not fit, and for a weight that is not finite.

        References
        ----------
        .. [1] He et al., Delving deep into rectifiers (2015).

        Examples
        --------
        >>> import fastact as fa, numpy as np
        >>> x = np.array([[-1.0, 2.0], [-3.0, -4.0]])
        >>> fa.prelu.backward_with_weight(np.ones_like(x), x, np.array([0.25, 0.5]))
        (array([[0.25, 1.  ],
               [0.25, 0.5 ]]), array([-4., -4.]))
        """
        name = f"{self._row.name}.backward_with_weight"
        given = (dy, x)
        check_labels({"dy": dy, "x": x}, name)
        dy, x = self._unmasked(dy, x, name)
        slopes = numbers_beside(weight, "weight", name)
        if out is not None:
            out = checked_out(out, name)
        if dy.shape != x.shape:
            raise ValueError(f"{name}: dy has shape {dy.shape} but x has {x.shape}; they must be equal")
        at = channel_axis(axis, x.ndim, name) if slopes.ndim == 1 and slopes.size != 1 else None
        if slopes.ndim > 1 or (at is not None and x.shape[at] != slopes.size):
            fitting = "a scalar or (C,)" if at is None else f"a scalar or ({x.shape[at]},)"
            raise ValueError(
                f"{name}: weight of shape {slopes.shape} is not accepted with axis {axis} of x of shape {x.shape}; it "
                f"must be {fitting}, a slope for each channel"
            )
        check_parameter(slopes, self._row.params[0], name)
        dtype = _result_dtype(np.result_type(dy.dtype, x.dtype), [weight])
        check_held(slopes, self._row.params[0], PARAMETER_DTYPES.get(dtype, dtype), name)
        check_out(out, x.shape, dtype, name)
        lazy = computes_itself(dy) or computes_itself(x)
        if kernels.spatial is None or dtype not in FORMATS or lazy:
            with np.errstate(all="ignore"):
                total = _plain_sums(dy, x, at)
            broad = slopes if at is None else slopes.reshape(slopes.shape + (1,) * (x.ndim - 1 - at))
            dx = self.backward(dy.astype(dtype), x.astype(dtype), broad, axis=axis).astype(dtype)
        else:
            dy, x = _alike(dy, x, dtype)
            dx = _target(None if out is None else np.asarray(out), x, (dy, x, slopes))
            with np.errstate(all="ignore"):
                total = Matrix(x, at).run(dy, x, slopes.ravel().astype(PARAMETER_DTYPES[dtype]), dx, summed=True)
        with np.errstate(all="ignore"):
            kind = floating(weight.dtype) if hasattr(weight, "dtype") else dtype
            dweight = total.astype(kind).reshape(slopes.shape)
        if not lazy:
            dx, dweight = dx if dx.ndim else dx[()], np.asarray(dweight)[()]
        if out is None:
            return restored(dx, given), dweight
        placed(dx, np.asarray(out))
        return delivered(out, given), dweight


def _plain_sums(dy: Any, x: Any, at: int | None) -> Any:
    """The weight's gradient by NumPy, in float64 (longdouble for wider input), for each index of axis ``at`` if any."""
    work = np.result_type(result_dtype(dy.dtype, x.dtype), np.float64)
    others = tuple(k for k in range(x.ndim) if k != at)
    # NaN in x gives NaN: np.minimum lets it through
    products = np.multiply(np.minimum(x, x.dtype.type(0)).astype(work), dy.astype(work))
    return np.sum(products, axis=others)


def _alike(dy: Array, x: Array, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Both of ``dtype``, native, and laid out alike without gaps; themselves if they are so."""
    if (
        dy.dtype == x.dtype == dtype
        and x.dtype.isnative
        and dy.strides == x.strides
        and dy.flags.aligned
        and Matrix(x, None).dense
    ):
        return dy, x
    return _dense(dy, dtype), _dense(x, dtype)
