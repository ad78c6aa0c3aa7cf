"""How much is tried: by default each row, dtype, direction and instruction set over a sample; all with ``--thorough``.

Needs nothing but the standard library. conftest.py sets the variable, so that processes which tests start know it, too.
"""

from __future__ import annotations

import os
from typing import TypeVar

VARIABLE = "FASTACT_THOROUGH"
THOROUGH = bool(os.environ.get(VARIABLE))

T = TypeVar("T")


def by_default(few: T, otherwise: T) -> T:
    """``few``, such as a number of points, by default, and the other with ``--thorough``."""
    return otherwise if THOROUGH else few
