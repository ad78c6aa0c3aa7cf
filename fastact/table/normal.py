"""The normal distribution: gelu and its approximation.

Rows of the registry; uses table.row alone, imported by table.registry alone.
"""

from __future__ import annotations

from math import inf

from fastact.table.row import Choice, Row

ROWS: tuple[Row, ...] = (
    Row(
        "gelu",
        "Gaussian error linear unit.",
        "x Phi(x), Phi the distribution function of the standard normal",
        "Phi(x) + x phi(x)",
        (-0.16997120747990366, inf),
        (-0.12890414518515478, 1.1289041451851547),
        2.0,
        2.5,
        "Hendrycks & Gimpel, Gaussian error linear units (2016)",
        choice=Choice("approximate", "none", {"none": "gelu", "tanh": "gelu_tanh"}),
        roots=(-0.7517915246935645,),
        limits=(0.0, inf),
        derivative_at=(-1.4142135623730951, 1.4142135623730951),
        saturates="left",
        compared='JAX approximates by default: approximate="tanh".',
        example="array([-0.0455,  0.    ,  1.9545])",
    ),
    Row(
        "gelu_tanh",
        "GELU in its tanh approximation, a function of its own in many trained networks.",
        "x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))",
        "s + x s (1 - s) u', s = sigmoid(u), u = 2 sqrt(2/pi) (x + 0.044715 x^3)",
        (-0.17004075057125406, inf),
        (-0.12899306865877178, 1.1289930686587717),
        2.0,
        3.0,
        "Hendrycks & Gimpel, Gaussian error linear units (2016)",
        aliases=("gelu_new",),
        roots=(-0.7524614220710163,),
        limits=(0.0, inf),
        derivative_at=(-1.4185040087908283, 1.4185040087908283),
        saturates="left",
        example="array([-0.0454,  0.    ,  1.9546])",
    ),
)
