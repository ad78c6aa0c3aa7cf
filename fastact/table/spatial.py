"""The rows of what looks at the neighbours of an element in a plane."""

from __future__ import annotations

from math import inf

from fastact.table.row import Row

OTHERS: tuple[Row, ...] = (
    Row(
        "frelu",
        "The funnel activation: the larger of an element and a learned sum over the window around it.",
        "max(x, T(x)), T a depthwise convolution: T(x)_cij = bias_c + sum_ab weight_cab x_c(i + a - r)(j + b - r)",
        "1 where x > T, the weight's transpose where T > x, half of both where they are equal",
        (-inf, inf),
        None,
        5.0,
        5.0,
        "Ma, Zhang & Sun, Funnel activation for visual recognition (2020)",
        spatial=True,
        edges="r = (k - 1)/2; outside the plane x is 0. NaN in a window gives NaN. The error, for k = 3, is in ULPs of "
        "the sum of the magnitudes of what is added.",
        compared="torch.maximum(x, torch.nn.functional.conv2d(x, weight[:, None], bias, padding=k // 2, groups=C)) is "
        "the same; the paper's batch normalisation behind the convolution is scale and shift.",
    ),
)
