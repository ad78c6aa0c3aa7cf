"""Activations made of the four operations and square roots.

Rows of the registry; uses table.row alone, imported by table.registry alone.
"""

from __future__ import annotations

from math import inf

from fastact.table.row import Param, Row

ROWS: tuple[Row, ...] = (
    Row(
        "softsign",
        "Softsign, a sigmoid that saturates slowly.",
        "x/(1 + |x|)",
        "1/(1 + |x|)^2",
        (-1.0, 1.0),
        (0.0, 1.0),
        1.5,
        1.0,
        "Turian, Bergstra & Bengio, Quadratic features and deep architectures for chunking (2009)",
        from_output="always",
        limits=(-1.0, 1.0),
        monotonic=True,
        symmetry="odd",
        derivative_at=(-inf, 0.0),
        smoothness=1,
        saturates="both",
        example="array([-0.6667,  0.    ,  0.6667])",
    ),
    Row(
        "squareplus",
        "Squareplus, a smooth ReLU without exponentials.",
        "(x + sqrt(x^2 + b))/2",
        "(1 + x/sqrt(x^2 + b))/2",
        (0.0, inf),
        (0.0, 1.0),
        1.0,
        1.0,
        "Barron, Squareplus: a softplus-like algebraic rectifier (2021)",
        parameter_ulp=0.5,
        params=(Param("b", 4.0, "four times the square of the value at 0", low=0.0),),
        from_output="always",
        limits=(0.0, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        saturates="left",
        edges="With b = 0 it is ReLU; the derivative at 0 is 1/2 for every b, 0 among them. For other b than 4 the "
        "error of the value is up to 1.5 ULP.",
        compared="jax.nn.squareplus(x, b=4).",
        example="array([0.4142, 1.    , 2.4142])",
    ),
    Row(
        "dish",
        "Dish, a swish without exponentials.",
        "x/2 (1 + x/sqrt(1 + x^2))",
        "1/2 + x (x^2 + 2)/(2 (1 + x^2)^(3/2))",
        (-0.1501415530003888, inf),
        (-0.044331053951817356, 1.0443310539518174),
        1.0,
        1.0,
        "",
        roots=(-0.7861513777574233,),
        limits=(0.0, inf),
        derivative_at=(-1.4142135623730951, 1.4142135623730951),
        saturates="left",
        compared="thinc's Dish.",
        example="array([-0.1056,  0.    ,  1.8944])",
    ),
    Row(
        "bent_identity",
        "Bent identity, of slope 1/2 on the left and 3/2 on the right.",
        "(sqrt(x^2 + 1) - 1)/2 + x",
        "x/(2 sqrt(x^2 + 1)) + 1",
        (-inf, inf),
        (0.5, 1.5),
        1.5,
        1.5,
        "",
        from_output="always",
        limits=(-inf, inf),
        monotonic=True,
        derivative_at=(-inf, inf),
        example="array([-1.382,  0.   ,  2.618])",
    ),
)
