"""The C table keeps its shape: what programs are compiled against may grow, never change.

``tests/abi.json`` holds the names, signatures and layout that were released. Additions pass, and are held from the
next release on, for which ``python tests/test_abi.py --write`` writes the file anew. Anything else that differs needs
another FASTACT_ABI_VERSION.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from embedding import need
from parallel import compiled_only

import fastact as fa
from fastact.table.registry import ELEMENTWISE

SNAPSHOT = Path(__file__).with_name("abi.json")
HEADER = Path(fa.get_include()) / "fastact.h"
STRUCTS = ("fastact_operand", "fastact_operands", "fastact_runs", "fastact_api")


def plain(text: str) -> str:
    """C without comments, names of arguments' line breaks and superfluous spaces."""
    return re.sub(r"\s*([(),*])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()


def declarations() -> dict[str, Any]:
    """What the header declares, read from its text."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
    found: dict[str, Any] = {"version": int(re.search(r"FASTACT_ABI_VERSION (\d+)", text)[1])}  # type: ignore[index]
    found["constants"] = {
        name: int(value)
        for body in re.findall(r"enum \{(.*?)\}", text, re.S)
        for name, value in re.findall(r"(\w+) = (-?\d+)", body)
    }
    found["functions"] = {
        name: plain(f"{result}({arguments})")
        for result, name, arguments in re.findall(r"typedef (\w+) \(\*(\w+)\)\((.*?)\);", text, re.S)
    }
    found["structs"] = {}
    for body, name in re.findall(r"typedef struct \{(.*?)\} (\w+);", text, re.S):
        fields = [plain(field) for field in body.split(";") if field.strip()]
        found["structs"][name] = fields
    # what may be looked up, and the order of parameters
    found["activations"] = {
        name: {
            "parameters": [p.name for p in row.params],
            "of the derivative": [p.name for p in row.derivative_params],
            "from output": bool(row.from_output),
        }
        for row in ELEMENTWISE
        for name in (row.name, *row.aliases)
    }
    return found


def field_name(field: str) -> str:
    """Of ``int(*find)(...)`` or ``const void*x``."""
    function = re.search(r"\(\*(\w+)\)", field)
    return function[1] if function else re.findall(r"\w+", field)[-1]


def differences(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What programs that were compiled before would trip over."""
    found = []
    for kind in ("constants", "functions", "activations"):
        for name, value in was[kind].items():
            if now[kind].get(name) != value:
                found.append(f"{name} was {value}, is {now[kind].get(name)}")
    for name, fields in was["structs"].items():
        known = now["structs"].get(name, [])
        if known[: len(fields)] != fields or (name != "fastact_api" and len(known) != len(fields)):
            found.append(f"struct {name} was {fields}, is {known}")
    return found


def test_nothing_changes_within_a_version() -> None:
    was, now = json.loads(SNAPSHOT.read_text()), declarations()
    changed = differences(was, now)
    assert not changed or now["version"] > was["version"], (
        "programs that were compiled before would break; raise FASTACT_ABI_VERSION in fastact.h, or undo:\n"
        + "\n".join(changed)
    )


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        ("    FASTACT_F32 = 1,", "    FASTACT_F32 = 2,", True),
        ("    FASTACT_OK = 0,", "    FASTACT_OK = 0,\n    FASTACT_E_NEW = -8,", False),
        (
            "ptrdiff_t n, const double *parameters, int threads);",
            "int n, const double *parameters, int threads);",
            True,
        ),
        ("    void *data;\n", "    void *data;\n    int more;\n", True),
        ("    const char *isa; ", "    int isa; ", True),
        ("    const char *version; ", "    int more;\n    const char *version; ", True),
        ("    int (*get_num_threads)(void);\n", "    int (*get_num_threads)(void);\n    int (*more)(void);\n", False),
        ("    int (*get_num_threads)(void);\n", "", True),
    ],
)
def test_the_guard_notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, breaks: bool) -> None:
    text = HEADER.read_text()
    assert old in text
    changed = tmp_path / "fastact.h"
    changed.write_text(text.replace(old, new, 1))
    before = declarations()
    monkeypatch.setattr(sys.modules[__name__], "HEADER", changed)
    assert bool(differences(before, declarations())) is breaks


# ---- as compilers see it --------------------------------------------------------------------------------------------

CC, CXX = shutil.which("gcc") or shutil.which("cc"), shutil.which("g++") or shutil.which("c++")
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]


def compile_text(text: str, *command: str | None, folder: Path, suffix: str = ".c") -> subprocess.CompletedProcess[str]:
    if command[0] is None:
        pytest.skip("no compiler")
    source = folder / f"probe{suffix}"
    source.write_text(text)
    arguments = [*map(str, command), f"-I{HEADER.parent}", str(source)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("standard", ["c89", "c99", "c11", "c++98", "c++17"])
@pytest.mark.parametrize("python", [False, True])
def test_header_is_clean(standard: str, python: bool, tmp_path: Path) -> None:
    """In C89 and C++98 already; beside Python.h, which is not itself, its warnings are left out."""
    text = "#include <fastact.h>\nint main(void) { return fastact_import() + fastact_get_num_threads(); }\n"
    plus = standard.startswith("c++")
    flags = [f"-std={standard}", *STRICT, "-c", "-o", str(tmp_path / "probe.o")]
    if python:
        if standard in ("c89", "c++98"):
            pytest.skip("Python.h needs a later standard")
        text = "#include <Python.h>\n" + text
        flags += ["-isystem", sysconfig.get_path("include")]
        if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
            pytest.skip("no Python.h")
    done = compile_text(text, CXX if plus else CC, *flags, folder=tmp_path, suffix=".cpp" if plus else ".c")
    assert done.returncode == 0, done.stderr


def test_layout(tmp_path: Path) -> None:
    """The structures have no gap that another compiler could fill otherwise, and begin where ctypes has them."""
    c_table = pytest.importorskip("c_table")
    mirrors = dict(zip(STRUCTS, (c_table.Operand, c_table.Operands, c_table.Runs, c_table.Table), strict=True))
    lines = []
    for name, fields in declarations()["structs"].items():
        lines += [f'printf("{name}.{f} %d\\n", (int)offsetof({name}, {f}));' for f in map(field_name, fields)]
        lines.append(f'printf("{name} %d\\n", (int)sizeof({name}));')
    program = tmp_path / "layout"
    text = "#include <stdio.h>\n#include <fastact.h>\nint main(void) {\n" + "\n".join(lines) + "\nreturn 0; }\n"
    # optimised, so that fastact_import() is left out, which would need the library
    done = compile_text(text, CC, "-O1", "-o", str(program), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    told = dict(line.split() for line in subprocess.run([program], capture_output=True, text=True).stdout.splitlines())
    for name, mirror in mirrors.items():
        assert int(told.pop(name)) == c_table.ctypes.sizeof(mirror)
        for field, *_ in mirror._fields_:
            assert int(told.pop(f"{name}.{field}")) == getattr(mirror, field).offset
    assert not told


IMPORTER = """
#include <Python.h>
#include <fastact.h>
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "importer", NULL, -1, NULL, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_importer(void)
{
    if (fastact_import() != 0) return NULL;
    return PyModule_Create(&definition);
}
"""


@compiled_only
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#define FASTACT_ABI_VERSION 1\n", "#define FASTACT_ABI_VERSION 7\n"),
        ("    int (*get_num_threads)(void);\n", "    int (*get_num_threads)(void);\n    int (*more[9])(void);\n"),
        ("", ""),
    ],
    ids=["another version", "a smaller table", "the same"],
)
def test_mismatch_is_an_import_error(tmp_path: Path, run_python: Any, old: str, new: str) -> None:
    (tmp_path / "fastact.h").write_text(HEADER.read_text().replace(old, new, 1))
    module = tmp_path / f"importer{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = sysconfig.get_path("include")
    if not (Path(include) / "Python.h").exists():
        pytest.skip("no Python.h")
    flags = ["-shared", "-fPIC", "-o", str(module), f"-I{tmp_path}", f"-I{include}"]
    done = compile_text(IMPORTER, CC, *flags, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run_python("-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import importer")
    if not old:
        assert done.returncode == 0, done.stderr
        return
    told = done.stderr.splitlines()[-1]
    assert told.startswith("ImportError: this module was built for version ")
    assert f"fastact {fa.__version__} has version 1 (" in told
    built, installed = map(int, re.findall(r"\((\d+) bytes\)", told))
    if "VERSION" in old:
        assert "built for version 7 of" in told
        assert built == installed
    else:
        assert "built for version 1 of" in told
        assert built == installed + 9 * struct.calcsize("P")


CYTHON = """
# cython: language_level=3
from fastact.capi cimport *

fastact_import()

def relu(double[::1] x):
    cdef fastact_function f = fastact_find("relu", FASTACT_F64, FASTACT_FORWARD)
    cdef int status
    with nogil:
        status = f(NULL, &x[0], &x[0], x.shape[0], NULL, 1)
    return status, fastact_table.version, fastact_message(FASTACT_E_NULL)

def sizes():
    return sizeof(fastact_operand), sizeof(fastact_operands), sizeof(fastact_runs), sizeof(fastact_api)
"""


@compiled_only
def test_cython_has_the_same_declarations(tmp_path: Path, run_python: Any) -> None:
    need("Cython", "setuptools", "cc")
    (tmp_path / "table.pyx").write_text(CYTHON)
    (tmp_path / "setup.py").write_text(
        "import fastact\nfrom setuptools import Extension, setup\nfrom Cython.Build import cythonize\n"
        "module = Extension('table', ['table.pyx'], include_dirs=[fastact.get_include()])\n"
        "setup(name='table', ext_modules=cythonize([module]))\n"
    )
    built = run_python("setup.py", "-q", "build_ext", "--inplace", cwd=tmp_path)
    assert built.returncode == 0, built.stdout + built.stderr
    code = "import numpy as np, table; x = np.array([-1.0, 2.0]); print(table.relu(x), x.tolist(), table.sizes())"
    done = run_python("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    c_table = pytest.importorskip("c_table")
    sizes = tuple(map(c_table.ctypes.sizeof, (c_table.Operand, c_table.Operands, c_table.Runs, c_table.Table)))
    message = b"a pointer that is needed is null"
    assert done.stdout.strip() == f"{(0, fa.__version__.encode(), message)} [0.0, 2.0] {sizes}"
    # and what Cython declares is all that the header has
    declared = (Path(fa.__file__).parent / "capi.pxd").read_text()
    names = {*declarations()["constants"], *re.findall(r"define (fastact_\w+)", HEADER.read_text())}
    assert len(names) > 20
    assert not {name for name in names if not re.search(rf"\b{name}\b", declared)}


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        SNAPSHOT.write_text(json.dumps(declarations(), indent=1) + "\n")
    else:
        sys.exit("python tests/test_abi.py --write")
