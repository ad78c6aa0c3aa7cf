"""Functions of rows along an axis.

Rows of the registry; uses _row alone, imported by _registry alone.
"""

from __future__ import annotations

from fastact._row import Row

ROWS: tuple[Row, ...] = (
    Row(
        "softmax",
        "Softmax along an axis.",
        "exp(x_i)/sum_j exp(x_j)",
        "y_i (delta_ij - y_j), the Jacobian",
        (0.0, 1.0),
        None,
        4.0,
        4.0,
        "Bridle, Probabilistic interpretation of feedforward classification network outputs (1990)",
        from_output="always",
        axis=True,
        edges="A row with NaN, with inf, or of -inf alone gives NaN.",
        example="array([0.0159, 0.1173, 0.8668])",
    ),
)
