"""Docstrings in numpydoc form, made from a row of the registry."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fastact.api.declared import REQUIRED
from fastact.api.facts import interval, number
from fastact.table.registry import Param, Row, SameAs

_TITLES = {
    "": "{summary}",
    "derivative": "Derivative of {name}.",
    "backward": "Backward pass of {name}: dy times its derivative at x.",
    "backward_from_output": "Backward pass of {name} from its output: dy times the derivative, where only y is left.",
}
_REDUCING = ("logsumexp", "maxout")  # whose results are shorter than their inputs
# Kind and meaning of keywords that are no parameters of a ufunc; a name with a dot is of that row alone.
_KEYWORDS = {
    "x": (
        "array_like",
        "The input. float16, bfloat16 (of ml_dtypes), float32 and float64 have kernels, longdouble NumPy's "
        "formulas; integers and bools promote as in ``numpy.exp``.",
    ),
    "y": ("array_like", "The output of the forward pass."),
    "dy": ("array_like", "The gradient of the output; broadcasts against the other input."),
    "logsumexp.dy": ("array_like", "The gradient of the output; broadcasts to its shape."),
    "maxout.dy": ("array_like", "The gradient of the output; broadcasts to its shape."),
    "gated.dy": ("array_like", "The gradient of the output, of its shape."),
    "out": ("numpy.ndarray, optional", "Where to put the result; may be an input (in place). Returned."),
    "reducing.out": ("numpy.ndarray, optional", "Where to put the result, of its shape. Returned."),
    "gated.out": (
        "numpy.ndarray, optional",
        "Where to put the result, of its shape; may be x or up, or half of a packed x. Returned.",
    ),
    "gated backward.out": (
        "numpy.ndarray or pair of them, optional",
        "Where to put the gradient of a packed x, or those of x and up, a pair; may be inputs (in place). Returned.",
    ),
    "axis.axis": (
        "int, tuple of int or None, default -1",
        "The axis that it is taken along; of several, all elements together; None: of all.",
    ),
    "one axis.axis": ("int, default -1", "The axis that it is taken along."),
    "channels.axis": ("int, default 1", "The axis of the channels, where weight has more than one value."),
    "scale": (
        "float, default 1.0",
        "By which x is multiplied: 1/temperature, or 1/sqrt(d) of attention; any finite number.",
    ),
    "mask": (
        "array_like, optional",
        "Broadcasts to x. Of bool: True takes part, what does not gets 0 whatever it is. Floating: added to scale x.",
    ),
    "where": (
        "array_like of bool, optional",
        "What takes part, as a mask of bool does; not what is written, as in a ufunc.",
    ),
    "causal": (
        "bool, default False",
        "Row r of the last two axes, which are of one length, takes its first r + 1 elements; no mask is built.",
    ),
    "keepdims": ("bool, default False", "Leave the axis in the result, with length 1."),
    "groups": ("int", "How many neighbours make a group; divides the length of the axis."),
    "tau": ("float, default 1.0", "The temperature, > 0: small values come near to one category."),
    "hard": (
        "bool, default False",
        "Return 1 at the largest and 0 elsewhere; backward passes go through the soft sample all the same.",
    ),
    "gumbel_softmax.noise": (
        "array_like, optional",
        "The noise, which broadcasts to x, in place of drawing it; ``backward`` needs it.",
    ),
    "gumbel_softmax backward.noise": ("array_like", "The noise of the forward pass, which broadcasts to x."),
    "gumbel_softmax.return_noise": ("bool, default False", "Return (result, noise)."),
    "gumbel_softmax.rng": (
        "None, int or numpy.random.Generator, optional",
        "What draws the noise: anew, by a seed, or a generator, which goes on.",
    ),
    "up": (
        "array_like, optional",
        "What the gate multiplies, of the shape of x, which is then the gate. Without it x is packed: gate and rest, "
        "halves of an axis.",
    ),
    "gate": ("{'first', 'second'}, default 'first'", "Which half of a packed x is the gate."),
    "glu.gate": ("{'first', 'second'}, default 'second'", "Which half of a packed x is the gate."),
    "interleaved": (
        "bool, default False",
        "Gate and rest of a packed x alternate along the axis, in place of following one another.",
    ),
    "approximate": ("{'none', 'tanh'}, default 'none'", "Which gelu the gate is."),
    "gated.axis": ("int, default -1", "The axis along which a packed x is split, and along which bias lies."),
    "gated.bias": (
        "array_like or pair of them, optional",
        "Added to x first, in the same pass: one number or one for each of the axis; with ``up`` a pair, for both.",
    ),
    "bias": (
        "array_like, optional",
        "Added to x first, in the same pass over memory: one number, or one for each of an axis of x, 1-dimensional.",
    ),
    "elementwise.axis": ("int, default -1", "The axis of x along which bias lies."),
    "bias_gradient": (
        "bool, default False",
        "Return (gradient of x, gradient of bias): the latter is the sum of the former over all other axes.",
    ),
    "frelu.x": ("array_like", "The input, (N, C, H, W) or (C, H, W); dtypes as of every activation."),
    "frelu.dy": ("array_like", "The gradient of the output, of the shape of x."),
    "frelu.weight": (
        "array_like",
        "The windows, (C, k, k) or (C, 1, k, k) with k odd, applied unturned as by a convolution of PyTorch.",
    ),
    "frelu.bias": ("array_like, optional", "(C,): added to the sum over a window."),
    "frelu.scale": ("array_like, optional", "(C,): by which that sum, bias included, is multiplied."),
    "frelu.shift": (
        "array_like, optional",
        "(C,): added to the product. Scale and shift are a batch normalisation at rest.",
    ),
    "training": ("bool, default False", "Draw a slope for each element with x <= 0, in place of their mean."),
    "rng": (
        "None, int or numpy.random.Generator, optional",
        "What draws: anew, by a seed, or a generator, which goes on. For ``training=True`` alone.",
    ),
    "noise": (
        "array_like, optional",
        "The slopes of a training pass, of the shape of the result: used where x <= 0, in place of drawing them.",
    ),
    "return_noise": (
        "bool, default False",
        "Return (result, noise): noise has the slope of each element, 1 where x > 0. For ``training=True`` alone.",
    ),
}


_GRADIENTS = [
    "dx : numpy.ndarray",
    "    The gradient of x, of its shape.",
    "dweight : numpy.ndarray",
    "    That of weight, of its shape and dtype. Summed in float64 (longdouble for wider input), in one order whatever",
    "    the number of threads.",
    "dbias : numpy.ndarray or None",
    "    That of bias; None without one. Those of scale and shift are not returned.",
]
_FUNNEL_EXAMPLE = [
    ">>> import fastact as fa, numpy as np",
    ">>> x = np.array([[[1.0, -2.0], [-3.0, 5.0]]])",
    ">>> fa.frelu(x, np.full((1, 3, 3), 0.5))",
    "array([[[1. , 0.5],",
    "        [0.5, 5. ]]])",
]


def _kinds(row: Row, direction: str, taken: Collection[str]) -> list[str]:
    """What ``_KEYWORDS`` may have a text of its own for, the most special first."""
    kinds = [f"{row.name} {direction}", row.name]
    if row.name in _REDUCING and not direction:
        kinds.append("reducing")
    if row.axis:
        kinds += ["one axis"] * ("groups" in taken or _is_jacobian(row, direction)) + ["axis"]
    elif row.gated:
        kinds += [f"gated {direction}", "gated"]
    else:
        kinds.append("channels" if row.channels else "elementwise")
    return kinds


def _is_jacobian(row: Row, direction: str) -> bool:
    return row.axis and direction == "derivative" and row.name not in _REDUCING


def _argument(name: str, row: Row, direction: str, defaults: Mapping[str, Any]) -> list[str]:
    """The lines of one argument; none of those that follow together."""
    narrowed = row.from_output_domain if direction == "backward_from_output" else ()
    for param in (*narrowed, *row.params, *row.derivative_params):
        if param.name == name:
            return _param_lines(param, row, direction, defaults[name])
    if row.choice and name == row.choice.name:
        values = ", ".join(f'"{value}" ({other})' for value, other in row.choice.rows.items())
        return [f'{name} : str, default "{row.choice.default}"', f"    One of {values}."]
    if name == "where" and not row.axis:
        return ["where, dtype, casting", "    As of any ``numpy.ufunc``."]
    for key in (*(f"{kind}.{name}" for kind in _kinds(row, direction, defaults)), name):
        if key in _KEYWORDS:
            kind, about = _KEYWORDS[key]
            return [f"{name} : {kind}", f"    {about}"]
    return []


def _param_lines(param: Param, row: Row, direction: str, default: Any) -> list[str]:
    own = next(p for p in row.params + row.derivative_params if p.name == param.name)
    kind = "float" if row.gated else "float or array_like"
    if isinstance(own.default, SameAs):
        given = f", default {own.default.name}"
    elif default is None:
        given = " or None, default None"
    else:
        given = "" if default is REQUIRED else f", default {default:g}"
    domain = param.domain
    for low, high in row.ordered + (row.from_output_ordered if direction == "backward_from_output" else ()):
        if high == param.name:
            domain += f"; {low} must not be greater than {high}"
    return [
        f"{param.name} : {kind}{given}",
        f"    {own.about[:1].upper()}{own.about[1:]}; {domain}.",
        *(["    Stands for 1/r, r its reciprocal rounded to the dtype: 1/6 and 0.2 are exact."] * param.reciprocal),
    ]


def _bound(row: Row, direction: str) -> list[str]:
    if row.spatial and direction:
        return ["x > T, T > x and x = T are as of the forward pass, to the bit. Where T is NaN the gradients are."]
    if row.gated and direction:
        return [
            f"Error: each gradient is within {row.derivative_ulp:g} ULP of the true value in float32 and float64;",
            "within 1/16 of a root of the gate's derivative ULPs of 1/64 times the rest count.",
        ]
    if row.axis and "backward" in direction and row.name not in _REDUCING and row.derivative_ulp:
        return ["Products are summed over a row, and may cancel: ULPs of the sum of their magnitudes count."]
    if direction == "backward_from_output":
        return ["The derivative is read from the rounded y, which may cancel: prefer ``backward`` where x is at hand."]
    if direction == "backward":
        return ["The derivative has the error bound of ``derivative``; the product is rounded once more."]
    ulp = row.derivative_ulp if direction else row.value_ulp
    what = "exact" if ulp == 0 else f"within {ulp:g} ULP of the true value in float32 and float64, tails included"
    lines = [f"Error: {what}."]
    if direction and row.roots:
        roots = ", ".join(map(number, row.roots))
        lines.append(f"Within 1/16 of the root of the derivative at {roots} the error is counted in ULPs of 1/64.")
    return lines


def _limits(row: Row) -> list[str]:
    """What the value tends to; nothing of functions that are not of one number."""
    if row.axis or row.spatial or row.gated:
        return []
    there = [
        f"{number(value)} at {at}" for value, at in zip(row.limits, ("-inf", "inf"), strict=True) if value == value
    ]
    return [f"Limits: {', '.join(there)}." if there else "It has no limits at -inf and inf."]


def _paragraphs(row: Row, direction: str) -> list[str]:
    formula = row.derivative_formula if direction else row.formula
    lines = [f"``{formula}``", ""]
    if direction in ("", "derivative"):
        pair = row.derivative_range if direction else row.range
        if pair is not None:
            lines.append(f"Range: {interval(pair)}.")
    lines += _bound(row, direction)
    if not direction:
        lines += _limits(row)
    lines.append("NaN gives NaN.")
    if row.edges:
        lines.append(f"Of the value, where nothing else is said: {row.edges}" if direction else row.edges)
    return lines


def _title(row: Row, direction: str) -> str:
    if row.spatial and direction:
        title = "Gradients of x, weight and bias of {name}."
    elif row.gated and direction:
        title = "Backward pass of {name}: the gradients of the gate and of the rest."
    elif row.axis and "backward" in direction and row.name not in _REDUCING:
        title = f"Backward pass of {{name}}{' from its output' * ('from' in direction)}: dy times its Jacobian."
    else:
        title = _TITLES[direction]
    return title.format(summary=row.summary, name=row.name)


def _returns(row: Row, direction: str, taken: Collection[str]) -> list[str]:
    if row.spatial:
        return _GRADIENTS if direction else ["numpy.ndarray", "    Of the shape of x."]
    if row.gated and direction:
        return [
            "numpy.ndarray, or pair of numpy.ndarray or scalar",
            "    The gradient of a packed x; with ``up`` a pair, those of x and of up.",
        ]
    shape = "Of the broadcast shape of the inputs."
    if row.gated:
        shape = "Half of a packed x; with ``up`` of the shape of x."
    elif _is_jacobian(row, direction):
        shape = "The Jacobian of each row: (..., n, n), of its element i by its element j."
    elif row.name in _REDUCING and not direction:
        shape = "Of the shape of x without the axis." if row.name == "logsumexp" else "The axis is divided by groups."
    elif row.axis:
        shape = "Of the shape of x."
    pair = "bias_gradient" in taken or "return_noise" in taken
    flag = "return_noise" if "return_noise" in taken else "bias_gradient"
    return ["numpy.ndarray or scalar", f"    {shape}" + f" A pair with ``{flag}=True``." * pair]


def document(row: Row, direction: str, defaults: Mapping[str, Any]) -> str:
    """The docstring of one direction of ``row``, whose arguments have these defaults."""
    lines = [_title(row, direction), "", *_paragraphs(row, direction), "", "Parameters", "----------"]
    for name in defaults:
        lines += _argument(name, row, direction, defaults)
    lines += ["", "Returns", "-------", *_returns(row, direction, defaults)]
    lines += ["", "Raises", "------", "TypeError", "    For complex, object and other input that is not real numbers."]
    parameters = "a parameter outside its domain and for " * bool(row.params or row.choice or row.axis)
    lines += ["ValueError", f"    For {parameters}shapes that do not fit."]
    if not direction:
        lines += _ending(row)
    return "\n".join(lines) + "\n"


def _ending(row: Row) -> list[str]:
    lines: list[str] = []
    if row.compared:
        lines += ["", "Notes", "-----", f"Compared with other libraries: {row.compared}"]
    if row.source:
        lines += ["", "References", "----------", f".. [1] {row.source}."]
    if row.spatial:
        lines += ["", "Examples", "--------", *_FUNNEL_EXAMPLE]
    if row.example:
        arguments = ", 0.25" * sum(param.default is None for param in row.params)
        lines += [
            "",
            "Examples",
            "--------",
            ">>> import fastact as fa, numpy as np",
            f">>> fa.{row.name}(np.array({[*row.example_at]}){arguments}).round(4)",
            row.example,
        ]
    return lines
