"""What a call through the C table costs beside its arithmetic. Imported by nothing; needs a C compiler.

    python benchmarks/c_table.py            # some seconds

A loop in C, compiled here, calls a function of the table on 256 and on 512 contiguous float32. Both run the same
vector loop, so that twice the first time less the second is what does not depend on n: checks, defaults, flags.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

import fastact as fa
from fastact.runtime.configuration import config

NAMES = ("identity", "relu", "leaky_relu", "silu", "gelu", "elu", "tanh", "hardtanh")
SOURCE = """
#include <Python.h>
#include <fastact.h>
#include <time.h>

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static PyObject *best(PyObject *self, PyObject *args)
{
    static float x[1024] __attribute__((aligned(64)));
    const char *name;
    int n, i, round, direct;
    double least = 1e9;
    fastact_function f;
    if (!PyArg_ParseTuple(args, "sip", &name, &n, &direct)) return NULL;
    f = fastact_find(name, FASTACT_F32, FASTACT_FORWARD);
    for (round = 0; round < 200; round++) {
        for (i = 0; i < n; i++) x[i] = (float)(i % 13 - 6) / 3;
        double start = seconds();
        for (i = 0; i < 1000; i++)
            f(NULL, x, direct ? x : x + 512, n, NULL, 1);
        double took = (seconds() - start) / 1000;
        least = took < least ? took : least;
    }
    return PyFloat_FromDouble(least * 1e9);
}

static PyMethodDef methods[] = {{"best", best, METH_VARARGS, ""}, {0}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "loops", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_loops(void)
{
    return fastact_import() == 0 ? PyModule_Create(&definition) : NULL;
}
"""


def compiled(folder: Path) -> Any:
    source, module = folder / "loops.c", folder / f"loops{sysconfig.get_config_var('EXT_SUFFIX')}"
    source.write_text(SOURCE)
    includes = [f"-I{fa.get_include()}", f"-I{sysconfig.get_path('include')}"]
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", *includes, "-o", module, source], check=True)
    spec = importlib.util.spec_from_file_location("loops", module)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def main() -> None:
    told = config()
    print(
        f"{told['processor']}, {told['instruction set']}, fastact {told['fastact']}; float32, not in place, ns a call"
    )
    print(f"{'':12} {'n = 256':>8} {'n = 512':>8} {'beside arithmetic':>18}")
    with tempfile.TemporaryDirectory() as folder:
        loops = compiled(Path(folder))
        for name in NAMES:
            small, large = (loops.best(name, n, False) for n in (256, 512))
            print(f"{name:12} {small:8.1f} {large:8.1f} {2 * small - large:18.1f}")


if __name__ == "__main__":
    main()
