"""Gated linear units: two arrays, of which an activation of one multiplies the other.

Rows of the registry; uses table.row alone, imported by table.registry alone.
"""

from __future__ import annotations

from math import inf

from fastact.table.row import Param, Row

_SHAZEER = "Shazeer, GLU variants improve transformer (2020)"
_EDGES = "What overflows is inf; inf times 0 is NaN."


def _row(name: str, summary: str, formula: str, source: str, compared: str = "", params: tuple[Param, ...] = ()) -> Row:
    return Row(
        name,
        summary,
        formula,
        "d/dg = f'(g) u, d/du = f(g)",
        (-inf, inf),
        None,
        3.0,
        4.0,
        source,
        params=params,
        edges=_EDGES,
        compared=compared,
        gated=True,
    )


ROWS: tuple[Row, ...] = (
    _row(
        "glu",
        "The gated linear unit: sigmoid of the gate times the rest.",
        "sigmoid(g) u",
        "Dauphin et al., Language modeling with gated convolutional networks (2017)",
        "torch.nn.functional.glu is the same, with dim=-1.",
    ),
    _row("reglu", "The gated linear unit with relu as its gate.", "relu(g) u", _SHAZEER),
    _row(
        "geglu",
        "The gated linear unit with gelu as its gate.",
        "gelu(g) u",
        _SHAZEER,
        'Diffusers has the gate in the second half: gate="second".',
    ),
    _row(
        "swiglu",
        "The gated linear unit with silu as its gate, which may be limited.",
        "silu(min(g, limit), beta=alpha) (clip(u, -limit, limit) + shift)",
        _SHAZEER,
        "Llama is at the defaults; gpt-oss and ggml's swiglu_oai at alpha=1.702, limit=7, shift=1, interleaved=True.",
        (
            Param("alpha", 1.0, "slope of the sigmoid, silu's beta"),
            Param(
                "limit",
                inf,
                "where the gate is cut off above, and the rest on both sides",
                low=0.0,
                open_low=True,
                infinite=True,
            ),
            Param("shift", 0.0, "added to what the gate multiplies"),
        ),
    ),
    _row("bilinear", "The gated linear unit without an activation: a product.", "g u", _SHAZEER),
)
