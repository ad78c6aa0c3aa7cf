"""fastact beside NumPy alone: what optional packages are not there for must not change anything else.

The test environment has ml_dtypes; here it is hidden from a new process, as in the default install.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
# what pyproject.toml names as optional, and whatever of it a test run has
HIDDEN = ("ml_dtypes", "rich", "threadpoolctl", "scipy", "torch", "pandas", "xarray", "dask", "matplotlib")

PROGRAM = f"""
import sys
for name in {HIDDEN!r}:
    sys.modules[name] = None  # an import of it raises ImportError
import numpy as np
import fastact as fa
from fastact.table import dtypes

assert dtypes.BFLOAT16 is None
for dtype in (np.float32, np.float64, np.longdouble):
    assert not dtypes.is_half(np.dtype(dtype)), dtype
assert dtypes.is_half(np.dtype(np.float16))
"""

CHECKS = {
    "a parameter of float64": "assert fa.leaky_relu(np.array([-1.0]))[0] == -0.01",
    "a scale of float64": """
y = np.exp(np.arange(3) * 0.1)
np.testing.assert_allclose(fa.softmax([0.0, 1, 2], scale=0.1), y / y.sum(), rtol=1e-15)
""",
    "gates of float64": """
x, up = np.array([1.0, -2.0, 3.0]), np.array([0.1, 0.2, 0.3])
for alpha in (0.1, 1 / 3):
    np.testing.assert_allclose(fa.swiglu(x, up, alpha=alpha), x / (1 + np.exp(-alpha * x)) * up, rtol=1e-15)
""",
    "the gradient of a weight": """
assert fa.prelu.weight_gradient(np.ones(3), np.array([-1.0, -9, 2])) == -10
dx, dw = fa.prelu.backward_with_weight(np.ones((2, 3)), np.array([[-1.0, -9, 2]] * 2), [0.1, 0.2, 0.3])
assert dw.tolist() == [-2, -18, 0]
""",
    "planes of float64": """
x = np.ones((1, 3, 3))
assert fa.frelu(x, np.full((1, 3, 3), 0.1)).tolist() == [[[1, 1, 1]] * 3]
""",
    "a bias of float64": "assert fa.relu(np.float64(1e300), bias=0.0) == 1e300",
    "per channel": """
x = np.linspace(-1, 1, 8 * 6 * 128).reshape(8, 6, 128)
w = np.linspace(0.1, 0.9, 6)
np.testing.assert_array_equal(fa.prelu(x, w), np.where(x > 0, x, w[:, None] * x))
""",
    "every function agrees with float64": """
import inspect
x = np.linspace(0.05, 0.95, 12).reshape(2, 6) + 1e-9  # not of float32
for name in fa.names():
    function = fa.get(name)
    if "weight" in inspect.signature(function).parameters:
        continue
    more = {"groups": 2} if name == "maxout" else {"threshold": 0.5, "value": 0.1} if name == "threshold" else {}
    more |= {"rng": 0} if name == "gumbel_softmax" else {}
    y = function(x, **more)
    wide = function(x.astype(np.longdouble), **more)
    np.testing.assert_allclose(y, wide.astype(float), rtol=3e-14, atol=1e-14, err_msg=name)
""",
    "nothing else was imported": f"""
assert not [name for name in {HIDDEN!r} if sys.modules.get(name) is not None]
fa.show_config()
""",
}


@pytest.mark.parametrize("check", CHECKS)
def test_without_optional_packages(run_python: Any, check: str) -> None:
    done = run_python("-W", "error", "-c", PROGRAM + CHECKS[check])
    assert done.returncode == 0, done.stderr


def compared_names(path: Path) -> list[tuple[int, str]]:
    """Names that a comparison or a membership test of a file has on either side."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Compare) and not all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            for side in (node.left, *node.comparators):
                parts = side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
                found += [(node.lineno, part.id) for part in parts if isinstance(part, ast.Name)]
    return found


def test_no_dtype_is_compared_with_what_may_be_none() -> None:
    """NumPy takes None for float64: such a comparison is true of float64 where the package is not installed."""
    assert np.dtype("f8") == None  # noqa: E711
    optional = {"BFLOAT16"}
    for folder in ("fastact", "tests", "benchmarks", "docs"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name in ("dtypes.py", Path(__file__).name):
                continue  # the one place, which looks at None first
            wrong = [line for line, name in compared_names(path) if name in optional]
            assert not wrong, f"{path.relative_to(ROOT)}:{wrong[0]} compares a dtype with one that may be None"
