"""Periodic activations.

Rows of the registry; uses table.row alone, imported by table.registry alone.
"""

from __future__ import annotations

from math import inf

from fastact.table.row import Param, Row

ROWS: tuple[Row, ...] = (
    Row(
        "sine",
        "The sine, for networks that represent signals.",
        "sin(omega x)",
        "omega cos(omega x)",
        (-1.0, 1.0),
        (-30.0, 30.0),
        1.0,
        1.0,
        "Sitzmann et al., Implicit neural representations with periodic activation functions (2020)",
        aliases=("siren",),
        params=(Param("omega", 30.0, "angular frequency"),),
        periodic=True,
        symmetry="odd",
        derivative_at=(0.10471975511965977, 0.0),
        edges="omega x is not rounded, however large: each zero of the sine is where it is. Infinities give NaN.",
        compared="np.sin(omega * x) and torch.sin(omega * x) round omega x, an error of up to half an ULP of omega x.",
        example="array([ 0.3048,  0.    , -0.3048])",
    ),
    Row(
        "snake",
        "Snake, a line with a periodic part.",
        "x + sin(alpha x)^2/alpha",
        "1 + sin(2 alpha x)",
        (-inf, inf),
        (0.0, 2.0),
        1.5,
        1.5,
        "Ziyin, Hartwig & Ueda, Neural networks fail to learn periodic functions and how to fix it (2020)",
        params=(Param("alpha", 1.0, "angular frequency, half that of the waves"),),
        limits=(-inf, inf),
        periodic=True,
        monotonic=True,
        derivative_at=(-0.7853981633974483, 0.7853981633974483),
        edges="alpha x is not rounded, however large. The derivative has no limit: at infinities it is NaN. With "
        "alpha = 0 it is x; with alpha < 0 it is -snake(-x, -alpha).",
        example="array([-1.1732,  0.    ,  2.8268])",
    ),
)
