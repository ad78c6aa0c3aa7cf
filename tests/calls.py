"""One usual call of every function of the library, for tests that hold something for all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import fastact as fa

Array = npt.NDArray[Any]

DIRECTIONS = ("", "derivative", "backward", "backward_from_output")
# What is called beside the directions.
METHODS = {"prelu": ("weight_gradient", "backward_with_weight")}
SMALL, LARGE = (4, 6), (8, 6, 128)  # the second is past every size at which another way is taken


@dataclass(frozen=True)
class Call:
    """A function, and the inputs of a call: ``arrays`` are elements to compute, ``more`` the rest."""

    name: str
    function: Callable[..., Any]
    arrays: dict[str, Array]
    more: dict[str, Any]
    result: tuple[tuple[int, ...], ...]  # shape of the result, or of each that ``out`` takes

    def __call__(self, **keywords: Any) -> Any:
        return self.function(**self.arrays | self.more | keywords)

    @property
    def called(self) -> str:
        """What errors call the function."""
        return self.name.removesuffix(" of two")

    @property
    def takes_out(self) -> bool:
        """Whether the result can be put somewhere."""
        return "out" in inspect.signature(self.function).parameters

    def outs(self, dtype: npt.DTypeLike) -> Any:
        """Arrays for the result, as ``out`` takes them."""
        made = tuple(np.full(shape, 7, dtype) for shape in self.result)
        return made if len(made) > 1 else made[0]


def _values(name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    channels = shape[1]
    taken = rng.normal(0, 1, shape)
    if name == "logit":
        taken = rng.uniform(0.1, 0.9, shape)
    return {
        "x": taken.astype(dtype),
        "y": rng.uniform(0.1, 0.9, shape).astype(dtype),
        "dy": rng.normal(0, 1, shape).astype(dtype),
        "weight": np.linspace(0.1, 0.5, channels).astype(dtype),
        "noise": rng.uniform(0.1, 0.3, shape).astype(dtype),
        "groups": 2,
        "threshold": 0.2,
        "value": 0.1,
    }


def every_call(shape: tuple[int, ...] = SMALL, dtype: npt.DTypeLike = np.float32) -> Iterator[Call]:
    """Each function once; gates also of two arrays."""
    for name in fa.names():
        activation = fa.get(name)
        for direction in (*DIRECTIONS, *METHODS.get(name, ())):
            function = getattr(activation, direction) if direction else activation
            if not hasattr(function, "__signature__") and not inspect.ismethod(function):
                continue  # there is none
            values = _values(name, shape, dtype)
            if name == "frelu":
                image = (2, shape[1], 8, 8)
                values |= {key: np.resize(values[key], image) for key in ("x", "dy")}
                values["weight"] = np.full((shape[1], 3, 3), 0.1, dtype)
            parameters = inspect.signature(function).parameters
            needed = [p.name for p in parameters.values() if p.default is p.empty]
            arrays = {key: values[key] for key in needed if key in ("x", "dy", "y")}
            more = {key: values[key] for key in needed if key not in arrays}
            if name == "gumbel_softmax" and not direction:
                more["rng"] = 0
            label = f"{name}.{direction}" if direction else name
            main = arrays["x"] if "x" in arrays else arrays["y"]
            result: tuple[tuple[int, ...], ...] = (main.shape,)
            if name == "logsumexp" and direction in ("", "backward"):
                result = (main.shape if direction else main.shape[:-1],)
            if name == "maxout" and not direction:
                result = ((*main.shape[:-1], main.shape[-1] // 2),)
            if name in ("logsumexp", "maxout") and "dy" in arrays:
                arrays["dy"] = arrays["dy"][..., 0] if name == "logsumexp" else arrays["dy"][..., ::2].copy()
            if "up" not in parameters:
                yield Call(label, function, arrays, more, result)
                continue
            yield Call(f"{label} of two", function, arrays | {"up": main[::-1].copy()}, more, result * (len(arrays)))
            half = (*main.shape[:-1], main.shape[-1] // 2)
            if "dy" in arrays:
                arrays["dy"] = arrays["dy"][..., ::2].copy()
            yield Call(label, function, arrays, more, (main.shape if "dy" in arrays else half,))
