"""fastact/capi.py: the functions of the C table by their addresses, and the inline functions that Cython code cimports.

Bits are compared with those of the ufuncs, which other tests hold to the definitions.
"""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from disassembly import LOOKED_UP
from embedding import need
from floats import floats, parameter_dtype
from parallel import LARGE, compiled_only, sample

import fastact as fa
from fastact import capi
from fastact.runtime import kernels
from fastact.table.dtypes import BFLOAT16
from fastact.table.registry import ELEMENTWISE, Row

Array = npt.NDArray[Any]

DIRECTIONS = {
    "forward": "",
    "derivative": "_derivative",
    "backward": "_backward",
    "backward_from_output": "_backward_from_output",
}
NULL, LENGTH, ALIGNMENT, OVERLAP, PARAMETER = -1, -2, -3, -4, -5  # statuses, as in fastact.h
N = 1000
CASES = [(row, d) for row in ELEMENTWISE for d in DIRECTIONS if row.from_output or d != "backward_from_output"]

rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
cases = pytest.mark.parametrize(("row", "direction"), CASES, ids=[f"{row.name}-{d}" for row, d in CASES])
wide = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def parameters(row: Row, direction: str, explicit: bool) -> list[float] | None:
    """Numbers for the parameters of a direction, none of which is a default; None for the defaults, where there are."""
    count = len(capi.parameters(row.name, direction))
    if not explicit and all(p.default is not None for p in row.params):
        return None
    every = row.params + row.derivative_params
    given = {p.name: -0.001 if p.high == 0.0 else 0.25 * (k + 1) for k, p in enumerate(every)}
    if row.params and row.params[0].high < 1.0 and row.params[0].high > 0.0:  # logit's eps
        given[row.params[0].name] = 0.125
    for low, high in row.ordered + row.from_output_ordered:
        if given[low] > given[high]:
            given[low], given[high] = given[high], given[low]
    return [given[p.name] for p in every][:count]


def doubles(values: list[float] | None) -> Any:
    return None if values is None else (ctypes.c_double * max(1, len(values)))(*values)


def by_ufunc(row: Row, direction: str, dy: Array, x: Array, given: list[float] | None) -> Array:
    """What the ufunc of a direction gives."""
    values = list(capi.parameters(row.name, direction).values()) if given is None else given
    main = (dy, x) if "backward" in direction else (x,)
    ufunc = getattr(fa.ufuncs, row.name + DIRECTIONS[direction])
    assert ufunc.nin == len(main) + len(values)
    return ufunc(*main, *(parameter_dtype(x.dtype.type)(value) for value in values))


def raw(name: str, dtype: Any, direction: str = "forward") -> Any:
    """A kernel whose statuses are returned, not raised."""
    function = capi.ctypes(name, dtype, direction)
    return type(function)(ctypes.cast(function, ctypes.c_void_p).value)


def same(a: Array, b: Array) -> bool:
    """Equal in bits; NaN equals NaN."""
    if a.tobytes() == b.tobytes():
        return True
    return bool(((a == b) & (np.signbit(a) == np.signbit(b)) | np.isnan(a) & np.isnan(b)).all())


def buffer(values: Array, offset: int) -> Array:
    """A copy that begins ``offset`` elements after a multiple of 64 bytes."""
    size = values.dtype.itemsize
    room = np.zeros(values.nbytes + 128 + offset * size, np.uint8)
    start = -room.ctypes.data % 64 + offset * size
    made = room[start : start + values.nbytes].view(values.dtype)
    made[:] = values
    return made


def inputs(dtype: Any, n: int = N) -> tuple[Array, Array]:
    rng = np.random.default_rng(3)
    x = 4 * rng.standard_normal(n)
    special = [0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 1e-7, 30.0, -30.0, 700.0, np.inf, -np.inf, np.nan, 0.5, -0.5, 6.0]
    x[-len(special) :] = special[:n]
    rng.shuffle(x)
    return rng.standard_normal(n).astype(dtype), x.astype(dtype)


# ---- the same bits as the ufuncs ------------------------------------------------------------------------------------


@compiled_only
@floats
@cases
def test_bits_are_those_of_the_ufunc(row: Row, direction: str, dtype: Any) -> None:
    dy, x = inputs(dtype)
    kernel = raw(row.name, dtype, direction)
    backward = "backward" in direction
    for explicit in (False, True):
        given = parameters(row, direction, explicit)
        expected = by_ufunc(row, direction, dy, x, given)
        p = doubles(given)
        for n, offset in [(0, 0), (1, 1), (7, 3), (256, 0), (256, 5), (N, 0), (N, 1)]:
            for place in ("out", "x", "dy")[: 2 + backward]:
                g, a, out = buffer(dy, offset), buffer(x, offset + 2), buffer(np.full_like(x, 9), offset)
                result = {"out": out, "x": a, "dy": g}[place]
                before = result.copy()
                assert kernel(g.ctypes if backward else None, a.ctypes, result.ctypes, n, p, 1) == 0
                assert same(result[:n], expected[:n]), (n, offset, place)
                assert result[n:].tobytes() == before[n:].tobytes()


@compiled_only
@floats
def test_python_api_has_the_same_bits(dtype: Any) -> None:
    """A parameter that results may equal is rounded where only they are left: 0.1 is no float16."""
    dy, x = inputs(dtype)
    values = {"min_val": -0.3, "max_val": 0.1}
    y = fa.hardtanh(x, **values)
    out = np.empty_like(x)
    capi.ctypes("hardtanh", dtype, "backward_from_output")(
        dy.ctypes.data, y.ctypes.data, out.ctypes.data, N, doubles([*values.values()]), 1
    )
    assert same(out, fa.hardtanh.backward_from_output(dy, y, **values))


@compiled_only
@floats
def test_threads_change_nothing(dtype: Any) -> None:
    x = sample(LARGE, dtype)
    for name in ("relu", "gelu", "sine"):
        expected = getattr(fa, name)(x)
        kernel = capi.ctypes(name, dtype)
        for threads in (0, 1, 2, 7, 2**31 - 1):
            out = np.empty_like(x)
            kernel(None, x.ctypes.data, out.ctypes.data, x.size, None, threads)
            assert same(out, expected), threads


@compiled_only
def test_python_threads_at_once() -> None:
    dy, x = inputs(np.float32, 10_000)
    expected = {row.name: by_ufunc(row, "backward", dy, x, parameters(row, "backward", True)) for row in ELEMENTWISE}

    def work(shift: int) -> bool:
        order = [*ELEMENTWISE[shift:], *ELEMENTWISE[:shift]]
        out = np.empty_like(x)
        right = True
        for row in order * 3:
            kernel = capi.ctypes(row.name, x.dtype, "backward")
            p = doubles(parameters(row, "backward", True))
            kernel(dy.ctypes.data, x.ctypes.data, out.ctypes.data, x.size, p, shift % 2)
            right &= same(out, expected[row.name])
        return right

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, (0, 11, 22, 33)))


# ---- one number -----------------------------------------------------------------------------------------------------


@compiled_only
@wide
@rows
def test_scalars_have_the_bits_of_arrays(row: Row, dtype: Any) -> None:
    dy, x = inputs(dtype, 60)
    for direction in ("forward", "derivative"):
        function = capi.scalar(row.name, dtype, direction)
        for explicit in (False, True):
            given = parameters(row, direction, explicit)
            expected = by_ufunc(row, direction, dy, x, given)
            assert same(np.array([function(v, doubles(given)) for v in x], dtype), expected)


@compiled_only
@wide
def test_scalar_of_wrong_parameters_is_nan(dtype: Any) -> None:
    assert np.isnan(capi.scalar("silu", dtype)(1.0, doubles([np.inf])))
    assert np.isnan(capi.scalar("prelu", dtype)(1.0, None))  # its weight must be given
    assert capi.scalar("prelu", dtype)(-1.0, doubles([0.25])) == -0.25


# ---- parameters -----------------------------------------------------------------------------------------------------


@compiled_only
@cases
def test_parameters_are_those_of_the_row(row: Row, direction: str) -> None:
    found = capi.parameters(row.name, direction)
    names = [p.name for p in row.params]
    if direction != "forward":
        names += [p.name for p in row.derivative_params]
    if direction == "backward_from_output":  # may need fewer
        assert [*found] == names[: len(found)]
    else:
        assert [*found] == names
    for p in row.params:
        if p.name in found:
            assert np.isnan(found[p.name]) if p.default is None else found[p.name] == p.number


@compiled_only
@floats
@cases
def test_parameters_outside_the_domain_are_refused(row: Row, direction: str, dtype: Any) -> None:
    good = parameters(row, direction, True)
    assert good is not None
    kernel = raw(row.name, dtype, direction)
    dy, x = inputs(dtype, 7)
    out = np.full_like(x, 9)
    every = row.params + row.derivative_params
    for k in range(len(good)):
        p = every[k]
        wrong = [np.nan, *([] if p.infinite else [np.inf, -np.inf]), *([0.0, -0.0] if p.but_zero else [])]
        if p.low > -np.inf:
            wrong += [p.low - 1.0] if p.number != p.low - 1.0 else [p.low - 0.5]
            wrong += [p.low] if p.open_low else []
        if p.high < np.inf:
            wrong.append(p.high + 1.0)
        if dtype is not np.float64:
            wrong += [] if p.infinite else [1e39, -1e39]
            wrong += [1e-50, -1e-50] if p.but_zero else []  # which float32 takes for 0
        for value in wrong:
            status = kernel(dy.ctypes, x.ctypes, out.ctypes, 7, doubles([*good[:k], value, *good[k + 1 :]]), 1)
            assert status == PARAMETER, (p.name, value)
            assert (out == 9).all()
    if good and every[0].default is None:
        assert kernel(dy.ctypes, x.ctypes, out.ctypes, 7, None, 1) == PARAMETER
        assert (out == 9).all()
    pairs = row.ordered if direction != "backward_from_output" else row.ordered + row.from_output_ordered
    names = [p.name for p in every]
    for low, high in pairs:
        i, j = names.index(low), names.index(high)
        if max(i, j) < len(good):
            swapped = [*good]
            swapped[i], swapped[j] = good[j], good[i]
            assert kernel(dy.ctypes, x.ctypes, out.ctypes, 7, doubles(swapped), 1) == PARAMETER
            assert (out == 9).all()


@compiled_only
def test_a_negative_slope_hides_the_input() -> None:
    """Read from the output the domain is narrower."""
    for name in ("leaky_relu", "prelu", "elu"):
        dy, x = inputs(np.float32, 7)
        out = np.full_like(x, 9)
        p = doubles([-0.5, -0.5])
        assert raw(name, x.dtype)(None, x.ctypes, out.ctypes, 7, p, 1) == 0
        out[:] = 9
        assert raw(name, x.dtype, "backward_from_output")(dy.ctypes, x.ctypes, out.ctypes, 7, p, 1) == PARAMETER
        assert (out == 9).all()


# ---- statuses -------------------------------------------------------------------------------------------------------


@compiled_only
@floats
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_wrong_calls_give_a_status_and_write_nothing(direction: str, dtype: Any) -> None:
    kernel = raw("sigmoid", dtype, direction)
    size = np.dtype(dtype).itemsize
    room = np.full(400, 3, dtype)
    before = room.tobytes()
    dy, x, out = (room[k:].ctypes.data for k in (0, 100, 200))
    backward = "backward" in direction
    wrong = [
        (NULL, (dy, None, out, 50, None, 1)),
        (NULL, (dy, x, None, 50, None, 1)),
        (LENGTH, (dy, x, out, -1, None, 1)),
        (LENGTH, (None, None, None, -5, None, 1)),
        (ALIGNMENT, (dy, x + 1, out, 50, None, 1)),
        (ALIGNMENT, (dy, x, out + size // 2, 50, None, 1)),
        (OVERLAP, (dy, x, x + size, 50, None, 1)),
        (OVERLAP, (dy, x, x - size * 49, 50, None, 1)),
        (PARAMETER, (dy, x, out, 50, None, -1)),
        (PARAMETER, (dy, x, out, 50, None, -(2**31))),
    ]
    if backward:
        wrong += [
            (NULL, (None, x, out, 50, None, 1)),
            (ALIGNMENT, (dy + 1, x, out, 50, None, 1)),
            (OVERLAP, (dy, x, dy + size, 50, None, 1)),
            (OVERLAP, (dy, x, dy - size * 49, 50, None, 1)),
        ]
    for status, arguments in wrong:
        assert kernel(*arguments) == status, arguments
        assert room.tobytes() == before
    assert kernel(None, None, None, 0, None, 1) == 0
    # neighbours are no overlap, and of dy and x, which are only read, nothing is asked
    assert kernel(x if backward else dy + 1, x, x + size * 50, 50, None, 1) == 0


@compiled_only
def test_check_raises_with_the_meaning() -> None:
    assert capi.check(0) == 0
    for status, error, text in [
        (NULL, ValueError, "a pointer that is needed is null"),
        (LENGTH, ValueError, "a length is negative"),
        (ALIGNMENT, ValueError, "not a multiple of the size of its elements"),
        (OVERLAP, ValueError, "overlaps an input"),
        (PARAMETER, ValueError, "a parameter is missing or outside its domain"),
        (-6, MemoryError, "no memory"),
        (-7, ValueError, "no such function"),
        (-99, ValueError, "not a status"),
        (1, ValueError, "not a status"),
    ]:
        with pytest.raises(error, match=text) as caught:
            capi.check(status)
        assert f"(status {status})" in str(caught.value)
    with pytest.raises(ValueError, match="null"):
        capi.ctypes("gelu", np.float32)(None, None, None, 3, None, 1)


# ---- look-up --------------------------------------------------------------------------------------------------------


@compiled_only
def test_names_and_dtypes_may_be_written_in_several_ways() -> None:
    assert capi.address("swish", "float32") == capi.address("SiLU", np.dtype(np.float32)) == capi.address("silu", "f4")
    every = {capi.address(row.name, dtype, d) for row, d in CASES for dtype in ("f2", "f4", "f8", "bfloat16")}
    assert len(every) == 4 * len(CASES)
    assert 0 not in every
    if BFLOAT16 is not None:
        assert capi.address("gelu", BFLOAT16) == capi.address("gelu", BFLOAT16.type) == capi.address("gelu", "bfloat16")


@compiled_only
def test_bfloat16_needs_no_ml_dtypes(run_python: Any) -> None:
    without = "import sys; sys.modules['ml_dtypes'] = None; "
    done = run_python("-c", without + "from fastact import capi; print(capi.address('gelu', 'bfloat16') > 0)")
    assert done.stdout == "True\n", done.stderr


@compiled_only
def test_what_is_unknown_is_told() -> None:
    for call in (capi.address, capi.ctypes, capi.scalar, capi.cffi):
        if call is capi.cffi:
            need("cffi")
        with pytest.raises(ValueError, match=r"no activation is called 'gleu'; did you mean .*gelu"):
            call("gleu", np.float32)
        with pytest.raises(ValueError, match="name='softmax' is not accepted: softmax is not elementwise"):
            call("softmax", np.float32)
        with pytest.raises(TypeError, match="name=3 is not accepted"):
            call(3, np.float32)  # type: ignore[arg-type]
        for dtype in ("int32", ">f4", "complex64", "no dtype", np.longdouble, "f4,f4"):
            with pytest.raises(ValueError, match=r"dtype=.* is not accepted; it must be .*float32, float64") as caught:
                call("gelu", dtype)
            assert repr(dtype) in str(caught.value)
        with pytest.raises(ValueError, match="direction='sideways' is not accepted; it must be 'forward', "):
            call("gelu", np.float32, "sideways")
    with pytest.raises(ValueError, match="dtype='float16' is not accepted; it must be float32, float64"):
        capi.scalar("gelu", "float16")
    with pytest.raises(ValueError, match=r"direction='backward' is not accepted; it must be 'forward', 'derivative'$"):
        capi.scalar("gelu", direction="backward")
    for ask in (lambda d: capi.address("gelu", "f4", d), lambda d: capi.parameters("gelu", d)):
        with pytest.raises(ValueError, match="gelu has no backward_from_output: the output does not determine"):
            ask("backward_from_output")
    with pytest.raises(ValueError, match="no activation is called"):
        capi.parameters("gleu")


def test_without_kernels_it_is_said_plainly(run_python: Any) -> None:
    for code in (
        "from fastact import capi; capi.address('gelu', 'f4')",
        "from fastact import capi; capi.ctypes('gelu', 'f4')",
        "from fastact import capi; capi.scalar('gelu')",
        "from fastact import capi; capi.parameters('gelu')",
        "import fastact; fastact._C_API",
    ):
        done = run_python("-c", code, FASTACT_ISA="numpy")
        assert done.returncode == 1
        last = done.stderr.splitlines()[-1]
        assert last.startswith("ImportError: fastact computes with NumPy here and so has no C functions"), done.stderr


@compiled_only
def test_the_capsule_is_one() -> None:
    assert fa._C_API is fa._C_API
    assert "fastact._C_API" in repr(fa._C_API)


@compiled_only
def test_cffi() -> None:
    need("cffi")
    import cffi

    ffi = cffi.FFI()
    dy, x = inputs(np.float64)
    expected = fa.elu.backward(dy, x, alpha=0.5)
    kernel = capi.cffi("elu", x.dtype, "backward", ffi=ffi)
    assert int(ffi.cast("intptr_t", kernel)) == capi.address("elu", x.dtype, "backward")
    data = ffi.from_buffer("double[]", x, require_writable=True)
    assert kernel(ffi.from_buffer(dy), data, data, x.size, ffi.new("double[]", [0.5]), 1) == 0
    assert same(x, expected)
    assert kernel(ffi.NULL, data, data, x.size, ffi.NULL, 1) == NULL
    assert capi.cffi("gelu", np.float32)(ffi.NULL, ffi.NULL, ffi.NULL, 0, ffi.NULL, 1) == 0


# ---- inline functions for Cython ------------------------------------------------------------------------------------

# of float32, the loops of what is looked up in registers
STRIPS = [f"{name}{'_derivative' * (part == 'slope')}_strip" for name, parts in LOOKED_UP.items() for part in parts]
EACH = """
cdef void each_{0}(floating* y, Py_ssize_t n, const floating* p) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = {0}(y[i], p)
"""
ALL = """# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
from cython cimport floating
from fastact.activations cimport {names}
{loops}

def apply(str name, str dtype, size_t y, Py_ssize_t n, size_t p):
    {choices}
    else:
        raise ValueError(name)

def strip(str name, size_t other, size_t x, size_t y, Py_ssize_t n):
    {strips}
    else:
        raise ValueError(name)
"""
STRIP = """if name == "{0}":
        {0}(<const float*>other, <const float*>x, <float*>y, n)
"""
CHOICE = """if name == "{0}" and dtype == "float32":
        each_{0}(<float*>y, n, <float*>p)
    elif name == "{0}" and dtype == "float64":
        each_{0}(<double*>y, n, <double*>p)
"""
SETUP = """
from Cython.Build import cythonize
from setuptools import Extension, setup
import fastact as fa

flags = fa.get_compile_flags("native")
setup(name="each", ext_modules=cythonize([Extension("each", ["each.pyx"], extra_compile_args=flags)]))
"""
CHECK = """
import sys
sys.path[:0] = sys.argv[1:]
import numpy as np, test_capi, fastact as fa
from each import apply, strip

def at(array):
    return 0 if array is None else array.ctypes.data

dy, x = test_capi.inputs(np.float32)
for name in test_capi.STRIPS:
    activation = fa.get(name.removesuffix("_strip").removesuffix("_derivative"))
    for n in (*range(1, 70), x.size):
        for other in (None, dy[:n]):
            if "derivative" not in name:
                expected = activation(x[:n]) if other is None else activation(x[:n], bias=dy[:n])
            else:
                expected = activation.derivative(x[:n]) if other is None else activation.backward(dy[:n], x[:n])
            whole = x.copy()
            strip(name, at(other), at(whole), at(whole), n)
            assert test_capi.same(whole[:n], expected) and test_capi.same(whole[n:], x[n:]), (name, n)
            apart = np.full(n + 1, 7, np.float32)
            strip(name, at(other), at(x), at(apart), n)
            assert test_capi.same(apart[:n], expected) and apart[n] == 7, (name, n)

for dtype in (np.float32, np.float64):
    dy, x = test_capi.inputs(dtype)
    x[::7] *= dtype(1e6)  # far, for what is periodic
    for row in test_capi.ELEMENTWISE:
        for direction in ("forward", "derivative"):
            for explicit in (False, True):
                given = test_capi.parameters(row, direction, explicit)
                expected = test_capi.by_ufunc(row, direction, dy, x, given)
                values = [*test_capi.capi.parameters(row.name, direction).values()] if given is None else given
                name = row.name + test_capi.DIRECTIONS[direction]
                y = x.copy()
                p = np.array([*values, 0], dtype)
                apply(name, y.dtype.name, y.ctypes.data, y.size, p.ctypes.data)
                assert test_capi.same(y, expected), (name, dtype, values)
print(fa.runtime.kernels.isa, "all have the same bits")
"""


@compiled_only
def test_every_activation_can_be_cimported(run_python: Any, tmp_path: Path) -> None:
    """As a function of one number, and its derivative: with the flags of the same instruction set, the same bits."""
    need("Cython", "setuptools", "cc")
    names = [row.name + suffix for row in ELEMENTWISE for suffix in ("", "_derivative")]
    loops = "".join(map(EACH.format, names))
    choices, strips = "    el".join(map(CHOICE.format, names)), "    el".join(map(STRIP.format, STRIPS))
    source = ALL.format(names=", ".join(names + STRIPS), loops=loops, choices=choices, strips=strips)
    (tmp_path / "each.pyx").write_text(source)
    (tmp_path / "setup.py").write_text(SETUP)
    (tmp_path / "check.py").write_text(CHECK)
    built = run_python("setup.py", "-q", "build_ext", "--inplace", cwd=tmp_path)
    assert built.returncode == 0, built.stdout + built.stderr
    done = run_python("check.py", Path(__file__).parent, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == f"{kernels.isa} all have the same bits\n"
