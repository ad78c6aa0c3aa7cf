"""Docstrings in numpydoc form, made from a row of the registry.

Uses _registry and _facts; imported by _activation and _axis.
"""

from __future__ import annotations

import inspect

from fastact._facts import interval, number
from fastact._registry import NoneAs, Param, Row, SameAs

_TITLES = {
    "": "{summary}",
    "derivative": "Derivative of {name}.",
    "backward": "Backward pass of {name}: dy times its derivative at x.",
    "backward_from_output": "Backward pass of {name} from its output: dy times the derivative, where only y is left.",
}
_INPUTS = {
    "x": "The input. float16, bfloat16 (of ml_dtypes), float32 and float64 have kernels, longdouble NumPy's "
    "formulas; integers and bools promote as in ``numpy.exp``.",
    "dy": "The gradient of the output; broadcasts against the other input.",
    "y": "The output of the forward pass.",
}
# Keywords that are no parameters of a ufunc; a name with a dot is of that row alone.
_KEYWORDS = {
    "scale": (
        "scale : float, default 1.0",
        "By which x is multiplied: 1/temperature, or 1/sqrt(d) of attention; any finite number.",
    ),
    "mask": (
        "mask : array_like, optional",
        "Broadcasts to x. Of bool: True takes part, what does not gets 0 whatever it is. Floating: added to scale x.",
    ),
    "where": (
        "where : array_like of bool, optional",
        "What takes part, as a mask of bool does; not what is written, as in a ufunc.",
    ),
    "causal": (
        "causal : bool, default False",
        "Row r of the last two axes, which are of one length, takes its first r + 1 elements; no mask is built.",
    ),
    "keepdims": ("keepdims : bool, default False", "Leave the axis in the result, with length 1."),
    "groups": ("groups : int", "How many neighbours make a group; divides the length of the axis."),
    "tau": ("tau : float, default 1.0", "The temperature, > 0: small values come near to one category."),
    "hard": (
        "hard : bool, default False",
        "Return 1 at the largest and 0 elsewhere; backward passes go through the soft sample all the same.",
    ),
    "gumbel_softmax.noise": (
        "noise : array_like, optional",
        "The noise, which broadcasts to x, in place of drawing it; ``backward`` needs it.",
    ),
    "gumbel_softmax.return_noise": ("return_noise : bool, default False", "Return (result, noise)."),
    "gumbel_softmax.rng": (
        "rng : None, int or numpy.random.Generator, optional",
        "What draws the noise: anew, by a seed, or a generator, which goes on.",
    ),
    "up": (
        "up : array_like, optional",
        "What the gate multiplies, of the shape of x, which is then the gate. Without it x is packed: gate and rest, "
        "halves of an axis.",
    ),
    "gate": ("gate : {'first', 'second'}", "Which half of a packed x is the gate."),
    "interleaved": (
        "interleaved : bool, default False",
        "Gate and rest of a packed x alternate along the axis, in place of following one another.",
    ),
    "approximate": ("approximate : {'none', 'tanh'}, default 'none'", "Which gelu the gate is."),
    "gated.axis": ("axis : int, default -1", "The axis along which a packed x is split, and along which bias lies."),
    "gated.bias": (
        "bias : array_like or pair of them, optional",
        "Added to x first, in the same pass: one number or one for each of the axis; with ``up`` a pair, for both.",
    ),
    "bias": (
        "bias : array_like, optional",
        "Added to x first, in the same pass over memory: one number, or one for each of an axis of x, 1-dimensional.",
    ),
    "elementwise.axis": ("axis : int, default -1", "The axis of x along which bias lies."),
    "bias_gradient": (
        "bias_gradient : bool, default False",
        "Return (gradient of x, gradient of bias): the latter is the sum of the former over all other axes.",
    ),
    "frelu.x": ("x : array_like", "The input, (N, C, H, W) or (C, H, W); dtypes as of every activation."),
    "frelu.dy": ("dy : array_like", "The gradient of the output, of the shape of x."),
    "frelu.weight": (
        "weight : array_like",
        "The windows, (C, k, k) or (C, 1, k, k) with k odd, applied unturned as by a convolution of PyTorch.",
    ),
    "frelu.bias": ("bias : array_like, optional", "(C,): added to the sum over a window."),
    "frelu.scale": ("scale : array_like, optional", "(C,): by which that sum, bias included, is multiplied."),
    "frelu.shift": (
        "shift : array_like, optional",
        "(C,): added to the product. Scale and shift are a batch normalisation at rest.",
    ),
    "training": (
        "training : bool, default False",
        "Draw a slope for each element with x <= 0, in place of their mean.",
    ),
    "rng": (
        "rng : None, int or numpy.random.Generator, optional",
        "What draws: anew, by a seed, or a generator, which goes on. For ``training=True`` alone.",
    ),
    "noise": (
        "noise : array_like, optional",
        "The slopes of a training pass, of the shape of the result: used where x <= 0, in place of drawing them.",
    ),
    "return_noise": (
        "return_noise : bool, default False",
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


def _keyword(name: str, row: Row) -> list[str]:
    kind = "gated" if row.gated else "axis" if row.axis else "channels" if row.channels else "elementwise"
    said = _KEYWORDS.get(f"{row.name}.{name}", _KEYWORDS.get(f"{kind}.{name}", _KEYWORDS.get(name)))
    return [said[0], f"    {said[1]}"] if said else []


def _param_lines(param: Param) -> list[str]:
    if param.default is None:
        default = ""
    elif isinstance(param.default, SameAs):
        default = f", default {param.default.name}"
    elif isinstance(param.default, NoneAs):
        default = " or None, default None"
    else:
        default = f", default {param.default:g}"
    return [
        f"{param.name} : float or array_like{default}",
        f"    {param.about[:1].upper()}{param.about[1:]}; {param.domain}.",
        *(["    Stands for 1/r, r its reciprocal rounded to the dtype: 1/6 and 0.2 are exact."] * param.reciprocal),
    ]


def _bound(row: Row, direction: str) -> list[str]:
    if direction == "backward_from_output":
        return ["The derivative is read from the rounded y, which may cancel: prefer ``backward`` where x is at hand."]
    if row.spatial and direction:
        return ["x > T, T > x and x = T are as of the forward pass, to the bit. Where T is NaN the gradients are."]
    if direction == "backward":
        return ["The derivative has the error bound of ``derivative``; the product is rounded once more."]
    ulp = row.derivative_ulp if direction else row.value_ulp
    what = "exact" if ulp == 0 else f"within {ulp:g} ULP of the true value in float32 and float64, tails included"
    lines = [f"Error: {what}."]
    if direction and row.roots:
        roots = ", ".join(map(number, row.roots))
        lines.append(f"Within 1/16 of the root of the derivative at {roots} the error is counted in ULPs of 1/64.")
    return lines


def _paragraphs(row: Row, direction: str) -> list[str]:
    formula = row.derivative_formula if direction else row.formula
    lines = [f"``{formula}``", ""]
    if direction in ("", "derivative"):
        pair = row.derivative_range if direction else row.range
        if pair is not None:
            lines.append(f"Range: {interval(pair)}.")
    lines += _bound(row, direction)
    if not direction:
        limits = f"Limits: {number(row.limits[0])} at -inf, {number(row.limits[1])} at inf."
        none = "" if row.axis or row.spatial or row.gated else "It has no limits at -inf and inf."
        lines.append(limits if row.limits == row.limits else none)
    lines.append("NaN gives NaN.")
    if row.edges:
        lines.append(row.edges)
    return [line for line in lines if line is not None]


def document(row: Row, direction: str, signature: inspect.Signature) -> str:
    """The docstring of one direction of ``row``."""
    title = "Gradients of x, weight and bias of {name}." if row.spatial and direction else _TITLES[direction]
    lines = [title.format(summary=row.summary, name=row.name), ""]
    lines += _paragraphs(row, direction)
    lines += ["", "Parameters", "----------"]
    for name in signature.parameters:
        if name in _INPUTS and f"{row.name}.{name}" not in _KEYWORDS:
            lines += [f"{name} : array_like", f"    {_INPUTS[name]}"]
    for param in row.params + (row.derivative_params if direction else ()):
        lines += _param_lines(param)
    for low, high in row.ordered + (row.from_output_ordered if direction == "backward_from_output" else ()):
        lines[-1] = f"{lines[-1][:-1]}; {low} must not be greater than {high}."
    for name in ("up",) * ("up" in signature.parameters):
        lines += _keyword(name, row)
    if "out" in signature.parameters:
        lines += [
            "out : numpy.ndarray, optional",
            "    Where to put the result; may be an input (in place). Returned.",
        ]
    if row.choice:
        values = ", ".join(f'"{value}" ({other})' for value, other in row.choice.rows.items())
        lines += [f'{row.choice.name} : str, default "{row.choice.default}"', f"    One of {values}."]
    if "axis" in signature.parameters and (row.channels or row.axis):
        about = "The axis of the channels, where weight has more than one value."
        kind = "int"
        if row.axis:
            kind = (
                "int" if "groups" in signature.parameters or direction == "derivative" else "int, tuple of int or None"
            )
            about = "The axis that it is taken along" + (
                "; of several, all elements together; None: of all." * (kind != "int")
            )
            about = about.rstrip(".") + "."
        lines += [f"axis : {kind}, default {signature.parameters['axis'].default}", f"    {about}"]
    names = [name for name in signature.parameters if name != "up" and not (name == "where" and not row.axis)]
    lines += [line for name in names for line in _keyword(name, row)]
    if "where" in signature.parameters and not row.axis:
        lines += ["where, dtype, casting", "    As of any ``numpy.ufunc``."]
    shape = "Of the broadcast shape of the inputs."
    if row.axis:
        jacobian = direction == "derivative" and row.range[1] <= 1
        shape = (
            "The Jacobian of each row: (..., n, n), of its element i by its element j."
            if jacobian
            else "Of the shape of x."
        )
        if row.name in ("logsumexp", "maxout") and not direction:
            shape = (
                "Of the shape of x without the axis."
                if row.name == "logsumexp"
                else "Of the shape of x, the axis divided by groups."
            )
    if row.gated:
        shape = "Half of a packed x, or the shape of x. A backward pass: the gradient of packed x, or a pair of them."
    if row.spatial and direction:
        lines += ["", "Returns", "-------", *_GRADIENTS]
    else:
        shape = "Of the shape of x." if row.spatial else shape
        lines += ["", "Returns", "-------", "numpy.ndarray or scalar", f"    {shape}"]
    lines += ["", "Raises", "------", "TypeError", "    For complex, object and other input that is not real numbers."]
    if row.params or row.choice or row.axis:
        lines += ["ValueError", "    For a parameter outside its domain."]
    if row.spatial:
        lines += ["ValueError", "    For shapes that do not fit."]
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
