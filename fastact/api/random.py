"""rrelu, an activation whose slopes are drawn at random in training.

Evaluation is that of any activation. Training is prelu's kernel with a weight for each element: the slopes that were
drawn, which PyTorch calls the noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fastact.api.activation import Activation, Elementwise
from fastact.api.containers import computes_itself, container_of, numbers_beside
from fastact.api.function import check_flag, shown
from fastact.reference import stand_ins
from fastact.runtime import kernels

Array = npt.NDArray[Any]


def generator(rng: Any, name: str) -> np.random.Generator:
    """The generator that ``rng`` says: a new one, seeded or not, or itself."""
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None:
        return np.random.default_rng()
    if isinstance(rng, bool | np.bool_) or not isinstance(rng, int | np.integer):
        raise TypeError(
            f"{name}: rng={shown(rng)} is not accepted; it must be None, a whole number or a numpy.random.Generator"
        )
    if rng < 0:
        raise ValueError(f"{name}: rng={rng!r} is not accepted; a seed must be at least 0")
    return np.random.default_rng(rng)


def draw(x: Array, lower: Any, upper: Any, rng: np.random.Generator, dtype: np.dtype[Any]) -> Array:
    """Slopes for every element, uniform in [lower, upper) as numbers of ``dtype``; 1 where x > 0 or x is NaN.

    As many numbers are drawn as there are elements, whatever their signs: one seed and one shape, the same slopes.
    """
    shape = np.broadcast_shapes(x.shape, np.shape(lower), np.shape(upper))
    low, high = (np.asarray(bound).astype(dtype) for bound in (lower, upper))
    wide = np.result_type(dtype, np.float32)
    # as precise as the result, but NumPy draws nothing wider than float64
    drawn = rng.random(shape, np.float32 if wide == np.float32 else np.float64)
    with np.errstate(all="ignore"):
        # no difference of the bounds, which might overflow
        slopes = np.asarray(low.astype(wide) * (1 - drawn) + high.astype(wide) * drawn).astype(dtype)
        # rounding may have reached the upper bound
        slopes = np.maximum(np.minimum(slopes, np.nextafter(high, np.asarray(-np.inf, dtype))), low)
        # ml_dtypes takes NaN here for an invalid operation
        return np.asarray(np.where(x <= 0, slopes, dtype.type(1)))


class RandomFunction(Elementwise):
    """What value and backward pass share: more keywords than the row has parameters, and prelu's kernel."""

    def _checked(self, noise: Any, *inputs: Any) -> Array:
        """``noise`` as an array of the shape of the result."""
        array = numbers_beside(noise, "noise", self.__qualname__)
        shape = np.broadcast_shapes(*(np.shape(a) for a in inputs))
        if array.shape != shape:
            raise ValueError(
                f"{self.__qualname__}: noise of shape {array.shape} is not accepted; its shape must be that of the "
                f"result, {shape}"
            )
        return array

    def _refuse_bias(self, keywords: dict[str, Any], beside: str) -> None:
        if keywords.get("bias") is not None:
            raise TypeError(f"{self.__qualname__}: bias is not accepted with {beside}; add it to x first")
        self._without_bias(keywords)

    def _sloped(self, function: Any, inputs: tuple[Any, ...], noise: Array, out: Any, keywords: dict[str, Any]) -> Any:
        """prelu's direction of the same name, computed where ``function``, this row's, would be."""
        name = self.ufunc.__name__.replace(self._row.name, "prelu")
        prelu = kernels.ufunc_of(name, wide=function is not self.ufunc)
        return prelu(*inputs, noise, out=out, **keywords)


class RandomValue(RandomFunction):
    """The value: of x, with ``training=True`` by slopes that are drawn."""

    _own: Mapping[str, Any] = {"training": False, "rng": None, "noise": None, "return_noise": False}

    def _general(self, inputs: tuple[Any, ...], out: Any, keywords: dict[str, Any]) -> Any:
        own = {name: keywords.pop(name, default) for name, default in self._own.items()}
        name = self.__qualname__
        training = check_flag(own["training"], "training", name)
        return_noise = check_flag(own["return_noise"], "return_noise", name)
        noise, rng = own["noise"], own["rng"]
        if not training:
            for given, key in ((rng is not None, "rng"), (noise is not None, "noise"), (return_noise, "return_noise")):
                if given:
                    raise ValueError(f"{name}: {key} is for training=True; in evaluation nothing is drawn")
            return super()._general(inputs, out, keywords)
        if noise is not None and rng is not None:
            raise ValueError(f"{name}: rng and noise are both given; with noise nothing is drawn")
        self._refuse_bias(keywords, "training=True")
        if container_of(inputs[0]) is not None:
            return self._contained(inputs, out, keywords | own)
        if computes_itself(inputs[0]) and noise is None:
            raise TypeError(f"{name}: noise=None is not accepted with x of {type(inputs[0])}; draw it and give it")
        out = self._checked_out(out)
        # what is not left in ``keywords`` has been checked
        function, (x,), (lower, upper) = self._resolve(inputs, keywords)
        if noise is None:
            dtype = keywords.get("dtype")
            dtype = stand_ins.result_dtype(x.dtype) if dtype is None else np.dtype(dtype)
            for bound in (lower, upper):
                # as in evaluation: an array of a wider dtype promotes the call
                if bound.ndim and not np.can_cast(bound.dtype, np.result_type(dtype, np.float32)):
                    dtype = np.result_type(dtype, bound.dtype)
            noise = draw(np.asarray(x), lower, upper, generator(rng, name), dtype.newbyteorder("="))
        else:
            noise = self._checked(noise, x, lower, upper)
        y = self._sloped(function, (x,), noise, out, keywords)
        return (y, noise[()]) if return_noise else y


class RandomBackward(RandomFunction):
    """The backward pass: of dy and x, and of the slopes that the forward pass drew."""

    _own: Mapping[str, Any] = {"noise": None}

    def _general(self, inputs: tuple[Any, ...], out: Any, keywords: dict[str, Any]) -> Any:
        noise = keywords.pop("noise", None)
        if noise is None:
            return super()._general(inputs, out, keywords)
        self._refuse_bias(keywords, "noise")
        if any(container_of(a) is not None for a in inputs):
            return self._contained(inputs, out, keywords | {"noise": noise})
        out = self._checked_out(out)
        function, arrays, parameters = self._resolve(inputs, keywords)
        return self._sloped(function, arrays, self._checked(noise, *arrays, *parameters), out, keywords)


class Randomised(Activation):
    """rrelu: an activation that draws slopes at random in training."""

    _directions = (RandomValue, Elementwise, RandomBackward, Elementwise)
