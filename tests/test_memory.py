"""Where memory is short: an error that is heard, small stacks, and compiled functions that refuse what does not fit.

Each runs over everything that the compiled modules have: all ufuncs, every form, dtype and layout.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parallel import compiled_only

from fastact.api import learned
from fastact.runtime import kernels
from fastact.table.dtypes import BFLOAT16

pytestmark = compiled_only
linux = pytest.mark.skipif(platform.system() != "Linux", reason="limits of memory and stacks are set as on Linux")

# What every script below begins with: arrays of each layout for each operand of each generalised ufunc.
CALLS = """
import numpy as np, resource, sys, threading
import fastact as fa
from fastact.runtime import kernels
from fastact.table.dtypes import BFLOAT16
from fastact.table.registry import ELEMENTWISE, FORMS, OPERANDS, WITH_CAUSAL

# OpenMP takes its own memory now: LLVM's libomp ends the process where there is none for it
fa.relu(np.ones(1 << 22, "f4"))
DTYPES = [np.dtype(t) for t in ("f2", "f4", "f8")] + [d for d in (BFLOAT16,) if d is not None]


def laid_out(shape, dtype, layout):
    if layout == "steps":
        return np.ones((*shape[:-1], 2 * shape[-1]), dtype)[..., ::2]
    if layout == "turned":
        return np.ones(shape[::-1], dtype).T
    return np.ones(shape, dtype)


def gufunc_calls(shapes, layouts=("dense", "steps", "turned")):
    # shapes: of rows, of columns and of a square
    for name, operands in OPERANDS.items():
        inputs, result = operands.split("->")
        for form in FORMS:
            if form == "_causal" and name not in WITH_CAUSAL:
                continue
            shape = shapes[form]
            one = {"": shape[:-1], "_columns": (*shape[:-2], shape[-1]), "_causal": ()}[form]
            for dtype in DTYPES:
                wide = np.dtype("f4") if dtype.itemsize == 2 else dtype
                for layout in layouts:
                    given = [
                        np.ones((), wide) if core == "p"
                        else laid_out(one if core == "1" else shape, bool if core == "b" else dtype, layout)
                        for core in inputs
                    ]
                    out = laid_out(one if result == "1" else shape, dtype, layout)
                    yield (name + form, dtype, layout), kernels.ufuncs[name + form], given, out
"""


# ---- an error that is heard -----------------------------------------------------------------------------------------

SHORT_OF_MEMORY = (
    CALLS
    + """
SHAPES = {"": (2, 1 << 20), "_columns": (1, 1 << 16, 40), "_causal": (700, 1500)}
limit = resource.getrlimit(resource.RLIMIT_AS)[1]
heard = 0
for what, ufunc, given, out in gufunc_calls(SHAPES):
    out[...] = 7
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used, limit))
    error = None
    try:
        ufunc(*given, out=out)
    except BaseException as raised:
        error = raised
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    if type(error) is MemoryError:
        heard += 1
        assert (out == 7).all(), (what, "partly written")
    else:
        assert error is None, (what, error)
        assert not (out == 7).any(), (what, "left as it was, and no error")
print(heard)
"""
)


@linux
def test_want_of_memory_is_an_error(run_python: Any) -> None:
    """Each call is done, or raises MemoryError and has written nothing; most need scratch that there is no room for."""
    done = run_python("-c", SHORT_OF_MEMORY, OMP_NUM_THREADS="1", MALLOC_TOP_PAD_="0", MALLOC_TRIM_THRESHOLD_="0")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "ignored" not in done.stderr, done.stderr[-2000:]
    assert int(done.stdout) > 60


@linux
def test_want_of_memory_in_the_c_table(run_python: Any) -> None:
    script = CALLS + (
        "import sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import c_table as c\n"
        "table = c.table()\n"
        "for name in ('softmax', 'log_softmax', 'softmin', 'logsumexp', 'hardmax', 'sparsemax', 'maxout'):\n"
        "    for dtype in ('float16', 'bfloat16'):\n"
        "        x, out = np.zeros(1 << 21, np.uint16), np.full(1 << 21, 7, np.uint16)\n"
        "        runs = c.Runs(x=c.address(x), out=c.address(out), outer=2, n=1 << 20, inner=1, scale=1.0)\n"
        "        used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "        resource.setrlimit(resource.RLIMIT_AS, (used, -1))\n"
        "        status = table.along(table.axis_function(name.encode()), c.DTYPES[dtype], 0, runs, 1)\n"
        "        resource.setrlimit(resource.RLIMIT_AS, (-1, -1))\n"
        "        assert status == c.MEMORY and (out == 7).all(), (name, dtype, status)\n"
        "print('heard')\n"
    )
    done = run_python("-c", script, OMP_NUM_THREADS="1", MALLOC_TOP_PAD_="0", MALLOC_TRIM_THRESHOLD_="0")
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr[-2000:]


@linux
@pytest.mark.parametrize("direction", ["value", "backward"])
def test_frelu_without_memory(direction: str, run_python: Any) -> None:
    script = CALLS + (
        "x = np.ones((1, 1, 1024, 1024), np.float32); out = np.empty_like(x)\n"
        "w = np.ones((1, 31, 31), np.float32)\n"
        "b, sums, planes = np.ones(1, np.float32), np.zeros((1, 31 * 31 + 1)), x[0]\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used, -1))\n"
        "try:\n"
        f"    more = (planes, w, sums) if {direction!r} == 'backward' else (None, None, None)\n"
        "    kernels.spatial.frelu(more[0], planes, w, more[1], b, out[0], more[2], 0)\n"
        "except MemoryError as error:\n"
        "    print(error)\n"
    )
    done = run_python("-c", script, OMP_NUM_THREADS="1", MALLOC_TOP_PAD_="0", MALLOC_TRIM_THRESHOLD_="0")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "no memory for a padded plane" in done.stdout


# ---- small stacks ---------------------------------------------------------------------------------------------------

# Callers' own layers are left out: what is proved is that the compiled loops need little.
EVERYTHING = (
    CALLS
    + """
def everything(n):
    shapes = {"": (n, 33), "_columns": (2, 40, n), "_causal": (64, 64)}
    for _, ufunc, given, out in gufunc_calls(shapes):
        ufunc(*given, out=out)
    for row in ELEMENTWISE:
        for name, ufunc in kernels.ufuncs.items():
            if name.removesuffix("_from_output").removesuffix("_backward").removesuffix("_derivative") != row.name:
                continue
            inputs = 2 if "backward" in name else 1
            for dtype in DTYPES:
                wide = np.dtype("f4") if dtype.itemsize == 2 else dtype
                for step in (1, 2):
                    x = np.ones(64 * n, dtype)[::step]
                    for parameter in (np.ones((), wide), np.ones(x.size, wide)):
                        ufunc(*[x] * inputs, *[parameter] * (ufunc.nin - inputs))
    for name in fa.names():
        activation = fa.get(name)
        for dtype in DTYPES:
            x = np.ones((n, 64), dtype)
            if name in GATED:
                for bias in (None, (x[0], x[0])):
                    activation(x, x, bias=bias)
                    activation.backward(x, x, x, bias=bias)
            elif name in BIASED:
                for given in (x, x[:, ::2]):
                    activation(given, bias=given[0])
                    activation.backward(given, given, bias=given[0])
    for dtype in DTYPES:
        for k in (3, 5, 7):
            for size in (40, 12):
                planes = np.ones((32, 3, size, size), dtype)
                fa.frelu(planes, np.ones((3, k, k), dtype), np.ones(3, dtype))
                fa.frelu.backward(planes, planes, np.ones((3, k, k), dtype), np.ones(3, dtype))
        for axis, shape in ((1, (2, 8, 900)), (2, (2, 900, 8))):
            fa.prelu.backward_with_weight(np.ones(shape, dtype), np.ones(shape, dtype), np.ones(8, dtype), axis=axis)
            fa.prelu(np.ones(shape, dtype), np.ones(8, dtype), axis=axis)


GATED = ("glu", "reglu", "geglu", "swiglu", "bilinear")
BIASED = [row.name for row in ELEMENTWISE if all(p.default is not None for p in row.params)]
"""
)


@linux
def test_small_stack_of_a_thread(run_python: Any) -> None:
    """72 KiB, of which CPython and NumPy have their share; musl gives a thread 128 KiB.

    What GCC compiles runs in 64 KiB; what Clang does in 68, for one function: float32 xielu with a bias.
    """
    script = EVERYTHING + (
        "everything(8)\n"  # what is imported or made at first use may need more
        "threading.stack_size(72 * 1024)\n"
        "done = []\n"
        "thread = threading.Thread(target=lambda: (everything(8), done.append(1)))\n"
        "thread.start(); thread.join(); print(done)\n"
    )
    done = run_python("-c", script, OMP_NUM_THREADS="1")
    assert (done.returncode, done.stdout) == (0, "[1]\n"), (done.returncode, done.stderr[-2000:])


@linux
def test_small_stacks_of_a_team(run_python: Any) -> None:
    script = EVERYTHING + "everything(3000)\nprint('done')\n"
    done = run_python("-c", script, OMP_NUM_THREADS="2", OMP_STACKSIZE="64k")
    assert (done.returncode, done.stdout) == (0, "done\n"), (done.returncode, done.stderr[-2000:])


# ---- what the compiled functions of _spatial are handed -------------------------------------------------------------

SPATIAL = kernels.spatial


def funnel(**changed: Any) -> Callable[[], Any]:
    """A call of frelu's backward pass that is right, but for what is changed."""
    f4 = np.dtype(np.float32)
    given = {
        "dy": np.ones((6, 5, 7), f4),
        "x": np.ones((6, 5, 7), f4),
        "weight": np.ones((3, 3, 3), f4),
        "turned": np.ones((3, 3, 3), f4),
        "bias": np.ones(3, f4),
        "out": np.ones((6, 5, 7), f4),
        "sums": np.zeros((6, 10)),
        "format": 0,
        **changed,
    }
    return lambda: SPATIAL.frelu(*given.values())


def sloped(side_by_side: bool = False, **changed: Any) -> Callable[[], Any]:
    f4 = np.dtype(np.float32)
    given = {
        "dy": np.ones((6, 50), f4),
        "x": np.ones((6, 50), f4),
        "weight": np.ones(50 if side_by_side else 3, f4),
        "out": np.ones((6, 50), f4),
        "sums": np.zeros((SPATIAL.pieces_of(6, 50, True)[2], 50) if side_by_side else (6, 1)),
        "rows": 6,
        "n": 50,
        "side_by_side": side_by_side,
        "format": 0,
        **changed,
    }
    return lambda: SPATIAL.slopes(*given.values())


def wrong(a: Any, written: bool) -> dict[str, Any]:
    """The same array as no loop may take it."""
    longer = np.ones((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
    raw = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype) if a.size else a
    read_only = a.copy()
    read_only.flags.writeable = False
    found = {
        "other size of element": a.astype(np.float64 if a.dtype == np.float32 else np.float32),
        "integers of the same size": a.astype(np.int32 if a.dtype == np.float32 else np.int64),
        "gaps": longer[..., ::2],
        "turned round": longer[..., a.shape[-1] :][..., ::-1],
        "misaligned": raw.reshape(a.shape),
        "swapped bytes": a.astype(a.dtype.newbyteorder()),
        "shorter": a[..., :-1].copy(),
        "one less": a[:-1].copy() if len(a) > 1 else a.reshape(-1)[:-1].copy(),
        "a list": a.tolist(),
    }
    return {**found, "read-only": read_only} if written else found


ERRORS = (TypeError, ValueError)


def refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ERRORS:
        return True
    return False


def test_right_calls_of_spatial() -> None:
    for call in (funnel(), sloped(), sloped(True), funnel(dy=None, turned=None, sums=None), sloped(dy=None, sums=None)):
        call()
    sloped(x=None, out=None)()
    sloped(out=None)()


@pytest.mark.parametrize("argument", ["dy", "x", "weight", "turned", "bias", "out", "sums"])
def test_frelu_refuses(argument: str) -> None:
    right = {
        "weight": np.ones((3, 3, 3), np.float32),
        "turned": np.ones((3, 3, 3), np.float32),
        "bias": np.ones(3, np.float32),
        "sums": np.zeros((6, 10)),
    }.get(argument, np.ones((6, 5, 7), np.float32))
    for what, value in wrong(right, argument in ("out", "sums")).items():
        assert refused(funnel(**{argument: value})), f"{argument}: {what}"
    if argument != "dy":
        with pytest.raises(ERRORS):
            funnel(**{argument: None})()


@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("argument", ["dy", "x", "weight", "out", "sums"])
def test_slopes_refuses(argument: str, side_by_side: bool) -> None:
    right = {
        "weight": np.ones(50 if side_by_side else 3, np.float32),
        "sums": np.zeros((SPATIAL.pieces_of(6, 50, True)[2], 50) if side_by_side else (6, 1)),
    }.get(argument, np.ones((6, 50), np.float32))
    for what, value in wrong(right, argument in ("out", "sums")).items():
        if argument == "weight" and not side_by_side and what in ("shorter", "one less"):
            continue  # any number of slopes may take turns
        assert refused(sloped(side_by_side, **{argument: value})), f"{argument}: {what}"


@pytest.mark.parametrize(
    "changed",
    [
        {"rows": 7},
        {"n": 51},
        {"rows": -6, "n": -50},
        {"rows": 2**62, "n": 2**62},
        {"weight": np.ones(0, np.float32)},
        {"weight": np.ones((3, 1), np.float32)},
        {"dy": None},
        {"x": None},
        {"x": None, "dy": None, "sums": None},
        {"dy": None, "out": None, "sums": None},
        {"format": 1},
        {"format": 2},
        {"format": 3},
        {"format": -1},
        {"dy": np.ones((50, 6), np.float32).T},
        {"x": np.ones(300, np.float32)},
    ],
)
def test_slopes_refuses_what_does_not_fit(changed: dict[str, Any]) -> None:
    with pytest.raises(ERRORS):
        sloped(**changed)()


@pytest.mark.parametrize(
    "changed",
    [
        {"x": np.ones((5, 5, 7), np.float32), "dy": np.ones((5, 5, 7), np.float32)},
        {"x": np.ones((6, 35), np.float32)},
        {"weight": np.ones((3, 2, 2), np.float32)},
        {"weight": np.ones((3, 3, 1), np.float32)},
        {"weight": np.ones((4, 3, 3), np.float32)},
        {"weight": np.ones((0, 3, 3), np.float32)},
        {"format": 1},
        {"format": 2},
        {"format": 7},
    ],
)
def test_frelu_refuses_what_does_not_fit(changed: dict[str, Any]) -> None:
    with pytest.raises(ERRORS):
        funnel(**changed)()


@pytest.mark.parametrize("dtype", [np.dtype(np.float16), *([BFLOAT16] if BFLOAT16 is not None else [])], ids=str)
def test_half_types_need_float32_weights(dtype: Any) -> None:
    """float64 is no half type: this is what once was read past its end."""
    code = learned.FORMATS[dtype]
    planes, double = np.ones((6, 5, 7), dtype), np.ones((3, 3, 3))
    half = {"dy": planes, "x": planes, "out": planes.copy(), "format": code}
    funnel(**half)()
    for changed in ({"weight": double}, {"x": planes.astype(np.float64)}, {"bias": np.ones(3)}):
        with pytest.raises(ERRORS):
            funnel(**{**half, **changed})()
    with pytest.raises(ERRORS):
        funnel(**{**half, "format": 3 - code})()
    rows = np.ones((6, 50), dtype)
    right = {"dy": rows, "x": rows, "out": rows.copy(), "format": code}
    sloped(**right)()
    for changed in ({"weight": np.ones(3)}, {"x": rows.astype(np.float64)}, {"format": 3 - code}):
        with pytest.raises(ERRORS):
            sloped(**{**right, **changed})()


@pytest.mark.parametrize(("rows", "n"), [(-1, 5), (5, 0), (5, -3)])
def test_pieces_of_nothing(rows: int, n: int) -> None:
    with pytest.raises(ValueError, match="not accepted"):
        SPATIAL.pieces_of(rows, n, False)
