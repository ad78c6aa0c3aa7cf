"""The promises about threads: which limits count, that bits do not depend on them, fork, and the GIL.

Whatever could hang, or changes the process for good, runs in a process of its own. The kernels have a thread's worth of
work at 131,072 elements or less, so that arrays of ``LARGE`` elements are split among two or more threads.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact import _runtime
from fastact._registry import ELEMENTWISE, Row

LARGE = 1_200_007  # odd, and work for seven threads
MANY = 10**6
COMPILED = _runtime.isa != "numpy"
LIMITS = {"OMP_NUM_THREADS": None, "OMP_THREAD_LIMIT": None, "FASTACT_NUM_THREADS": None}  # none of these

compiled_only = pytest.mark.skipif(not COMPILED, reason="without compiled kernels NumPy computes, on one thread")
needs_two = pytest.mark.skipif(fa.get_num_threads() < 2, reason="this process may use one thread only")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc or uses Linux' own calls")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def restored() -> Iterator[None]:
    """Lift at the end what a test set with set_num_threads."""
    yield
    fa.set_num_threads(MANY)


def output(process: subprocess.CompletedProcess[str]) -> Any:
    """What a successful script printed, as JSON."""
    assert process.returncode == 0, process.stdout + process.stderr
    return json.loads(process.stdout)


@pytest.fixture(scope="session")
def unlimited(run_python: Any) -> int:
    """The threads of a fresh process whose environment asks for no limit."""
    return int(output(run_python("-c", "import fastact as fa; print(fa.get_num_threads())", **LIMITS)))


def in_thread(function: Callable[[], Any]) -> Any:
    """The result of ``function`` in a new Python thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


# ---- the limits that Python sets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("setter", [fa.set_num_threads, lambda n: fa.threads(n).__enter__()], ids=["set", "with"])
@pytest.mark.parametrize("n", [0, -1, True, False, 1.5, 2.0, "2", None, np.float64(2)], ids=repr)
def test_a_number_of_threads_is_a_whole_number_from_1(setter: Callable[[Any], None], n: Any) -> None:
    before = fa.get_num_threads()
    expected = ValueError if n in (0, -1) and not isinstance(n, bool) else (TypeError, ValueError)
    with pytest.raises(expected, match=f"must be a whole number from 1, not {re.escape(repr(n))}"):
        setter(n)
    assert fa.get_num_threads() == before


@pytest.mark.parametrize("n", [1, np.int64(1), np.uint8(1), 2**31, 2**70, MANY])
def test_any_whole_number_from_1_is_accepted(restored: None, n: Any) -> None:
    before = fa.get_num_threads()
    expected = min(before, int(n))
    with fa.threads(n):
        assert fa.get_num_threads() == expected
    assert fa.get_num_threads() == before
    fa.set_num_threads(n)
    assert fa.get_num_threads() == expected


@pytest.mark.skipif(COMPILED, reason="of the NumPy formulas")
def test_numpy_formulas_run_on_one_thread(restored: None) -> None:
    assert fa.get_num_threads() == 1
    fa.set_num_threads(4)
    with fa.threads(3):
        assert fa.get_num_threads() == 1


@needs_two
def test_threads_nest() -> None:
    """The innermost block counts, and each puts back what was before it."""
    before = fa.get_num_threads()
    with fa.threads(1):
        assert fa.get_num_threads() == 1
        with fa.threads(2):
            assert fa.get_num_threads() == 2
            with fa.threads(1):
                assert fa.get_num_threads() == 1
            assert fa.get_num_threads() == 2
        assert fa.get_num_threads() == 1
    assert fa.get_num_threads() == before


@needs_two
def test_threads_is_undone_by_an_exception() -> None:
    before = fa.get_num_threads()

    def fail() -> None:
        with fa.threads(1):
            assert fa.get_num_threads() == 1
            raise LookupError("on purpose")

    with pytest.raises(LookupError, match="on purpose"):
        fail()
    assert fa.get_num_threads() == before


def test_threads_never_exceeds_what_the_machine_allows() -> None:
    before = fa.get_num_threads()
    with fa.threads(MANY):
        assert fa.get_num_threads() == before


@needs_two
def test_threads_is_of_one_python_thread() -> None:
    before = fa.get_num_threads()
    with fa.threads(1):
        assert in_thread(fa.get_num_threads) == before
    # Blocks that overlap in time, and end in the order that would mix them up if they shared a limit.
    entered, left = threading.Event(), threading.Event()

    def other() -> tuple[int, int]:
        with fa.threads(1):
            entered.set()
            assert left.wait(60)
            within = fa.get_num_threads()
        return within, fa.get_num_threads()

    with ThreadPoolExecutor(1) as pool:
        with fa.threads(2):
            future = pool.submit(other)
            assert entered.wait(60)
            assert fa.get_num_threads() == 2
        assert fa.get_num_threads() == before
        left.set()
        assert future.result() == (1, before)


@needs_two
def test_set_num_threads_is_of_all_python_threads(restored: None) -> None:
    fa.set_num_threads(1)
    assert fa.get_num_threads() == 1
    assert in_thread(fa.get_num_threads) == 1
    fa.set_num_threads(2)
    assert fa.get_num_threads() == 2
    assert in_thread(fa.get_num_threads) == 2


# ---- the limits of environment and machine --------------------------------------------------------------------------


@compiled_only
@linux_only
def test_without_limits_every_permitted_cpu_is_used(unlimited: int) -> None:
    quota = _runtime._cgroup_cpus()
    cpus = len(os.sched_getaffinity(0))
    assert unlimited == (cpus if quota is None else min(cpus, quota)) or not _runtime.config()["OpenMP"].startswith("y")


@compiled_only
@pytest.mark.parametrize("fastact", [None, "", "1", "2", "3", "9"])
@pytest.mark.parametrize("openmp", [None, "1", "2", "7"])
def test_the_least_of_all_limits_counts(
    run_python: Any, unlimited: int, openmp: str | None, fastact: str | None
) -> None:
    """Of the environment, and of a call that asks for more, less or nothing."""
    code = """
        import json, fastact as fa
        found = [fa.get_num_threads()]
        for n in (1, 2, 1000):
            fa.set_num_threads(n)
            found.append(fa.get_num_threads())
        fa.set_num_threads(1000)
        for n in (1, 2, 1000):
            with fa.threads(n):
                found.append(fa.get_num_threads())
        print(json.dumps(found))
    """
    environment = {**LIMITS, "OMP_NUM_THREADS": openmp, "FASTACT_NUM_THREADS": fastact}
    found = output(run_python("-W", "error", "-c", textwrap.dedent(code), **environment))
    most = min([unlimited, *(int(limit) for limit in (openmp, fastact) if limit)])
    assert found == [min(most, n) for n in (1000, 1, 2, 1000, 1, 2, 1000)]


@pytest.mark.parametrize("text", ["0", "-3", "2.5", "many", "1e3"])
def test_malformed_environment_warns_and_is_ignored(run_python: Any, unlimited: int, text: str) -> None:
    code = """
        import json, warnings
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            import fastact as fa
        print(json.dumps([fa.get_num_threads(), [str(w.message) for w in caught]]))
    """
    environment = {**LIMITS, "FASTACT_NUM_THREADS": text}
    threads, messages = output(run_python("-c", textwrap.dedent(code), **environment))
    assert threads == unlimited
    assert len(messages) == 1
    assert f"FASTACT_NUM_THREADS={text!r} is ignored" in messages[0]


@needs_two
@linux_only
def test_cpu_affinity_is_followed(run_python: Any, unlimited: int) -> None:
    """As it is at each call, not as it was at import."""
    code = """
        import json, os
        all_cpus = os.sched_getaffinity(0)
        one = {min(all_cpus)}
        os.sched_setaffinity(0, one)
        import fastact as fa
        found = [fa.get_num_threads()]
        os.sched_setaffinity(0, all_cpus)
        with fa.threads(1000):
            found.append(fa.get_num_threads())
            os.sched_setaffinity(0, one)
            found.append(fa.get_num_threads())
        print(json.dumps(found))
    """
    # The number is given, or OpenMP itself would fix it at the one CPU that it sees when it starts.
    environment = {**LIMITS, "OMP_NUM_THREADS": "1000"}
    assert output(run_python("-c", textwrap.dedent(code), **environment)) == [1, unlimited, 1]


@needs_two
def test_threadpoolctl_is_followed(run_python: Any, unlimited: int) -> None:
    pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed")
    code = """
        import json, fastact as fa
        from threadpoolctl import threadpool_limits
        found = [fa.get_num_threads()]
        with threadpool_limits(1, user_api="openmp"):
            found.append(fa.get_num_threads())
            with fa.threads(1000):
                found.append(fa.get_num_threads())
        found.append(fa.get_num_threads())
        print(json.dumps(found))
    """
    assert output(run_python("-c", textwrap.dedent(code), **LIMITS)) == [unlimited, 1, 1, unlimited]


def cgroup_tree(root: Path, groups: str, files: dict[str, str]) -> Path:
    """A root folder with /proc/self/cgroup and files below /sys/fs/cgroup."""
    for path, text in {"proc/self/cgroup": groups, **{f"sys/fs/cgroup/{k}": v for k, v in files.items()}}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text + "\n")
    return root


def v1(group: str, quota: int | str, period: int | str = 100000) -> dict[str, str]:
    """The files of a version 1 group."""
    return {f"cpu/{group}cpu.cfs_quota_us": str(quota), f"cpu/{group}cpu.cfs_period_us": str(period)}


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        # version 2
        ("0::/", {"cpu.max": "200000 100000"}, 2),
        ("0::/", {"cpu.max": "max 100000"}, None),
        ("0::/", {}, None),
        ("0::/a/b", {"a/b/cpu.max": "300000 100000"}, 3),
        ("0::/a/b", {"a/b/cpu.max": "250000 100000"}, 3),  # what is left over is worth a thread
        ("0::/a/b", {"a/b/cpu.max": "10000 100000"}, 1),
        ("0::/a/b", {"a/b/cpu.max": "50000 10000"}, 5),
        ("0::/a/b", {"a/b/cpu.max": "400000 100000", "a/cpu.max": "200000 100000"}, 2),
        ("0::/a/b", {"a/b/cpu.max": "200000 100000", "a/cpu.max": "400000 100000"}, 2),
        ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "300000 100000"}, 3),
        ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "max 100000"}, None),
        ("0::/a", {"b/cpu.max": "100000 100000", "a/b/cpu.max": "100000 100000"}, None),  # of other groups
        ("0::/seen/from/outside", {"cpu.max": "200000 100000"}, 2),  # a container's own group is its root
        ("0::/../other", {"cpu.max": "200000 100000"}, 2),
        ("0::/", {"cpu.max": "nonsense"}, None),
        ("0::/", {"cpu.max": "many 100000"}, None),
        ("0::/", {"cpu.max": "100000 0"}, None),
        # version 1
        ("4:memory:/\n3:cpu,cpuacct:/a/b", v1("a/b/", 200000), 2),
        ("3:cpuacct,cpu:/a/b", v1("a/b/", 200000), 2),
        ("3:cpu:/a/b", v1("a/b/", -1), None),
        ("3:cpu:/a/b", v1("a/b/", 400000) | v1("a/", 150000), 2),
        ("3:cpu:/a/b", v1("a/b/", -1) | v1("", 300000), 3),
        ("3:cpu:/seen/from/outside", v1("", 500000, 200000), 3),
        ("3:cpuacct:/a\n2:cpuset:/a", v1("a/", 100000), None),  # no group of the cpu controller
        ("3:cpu:/a", {"cpu/a/cpu.cfs_quota_us": "100000"}, None),
        # both side by side
        ("3:cpu,cpuacct:/a\n1:name=systemd:/a\n0::/a", v1("a/", 200000), 2),
        ("3:cpu:/a\n0::/a", v1("a/", 400000) | {"a/cpu.max": "100000 100000"}, 1),
    ],
)
def test_cgroup_quota(tmp_path: Path, groups: str, files: dict[str, str], expected: int | None) -> None:
    assert _runtime._cgroup_cpus(cgroup_tree(tmp_path, groups, files)) == expected


def test_no_cgroup(tmp_path: Path) -> None:
    assert _runtime._cgroup_cpus(tmp_path) is None


@needs_two
def test_cgroup_quota_is_followed(run_python: Any) -> None:
    """The file system is a pretence here: a quota of one CPU."""
    code = """
        import pathlib
        real = pathlib.Path.read_text
        files = {"/proc/self/cgroup": "0::/here", "/sys/fs/cgroup/here/cpu.max": "100000 100000"}
        pathlib.Path.read_text = lambda self, *a, **k: files.get(str(self)) or real(self, *a, **k)
        import fastact as fa
        with fa.threads(1000):
            print(fa.get_num_threads())
    """
    assert output(run_python("-c", textwrap.dedent(code), **LIMITS)) == 1


# ---- how many threads there really are ------------------------------------------------------------------------------


@compiled_only
@linux_only
def test_only_large_calls_start_threads(run_python: Any, unlimited: int) -> None:
    """Counted by the system: small calls and those within threads(1) start none, a large one its team less one."""
    code = """
        import json, os, numpy as np, fastact as fa
        count = lambda: len(os.listdir("/proc/self/task"))
        small, large = np.ones(4096, np.float32), np.ones(4 << 20, np.float32)
        before, found = count(), []
        fa.sigmoid(small)
        fa.sigmoid(small[::2])
        fa.softmax(small.reshape(64, 64))
        found.append(count() - before)
        with fa.threads(1):
            fa.sigmoid(large)
            fa.softmax(large.reshape(-1, 64))
        found.append(count() - before)
        fa.sigmoid(large)
        found.append(count() - before)
        print(json.dumps(found))
    """
    assert output(run_python("-c", textwrap.dedent(code), **LIMITS)) == [0, 0, unlimited - 1]


# ---- bits -----------------------------------------------------------------------------------------------------------


def sample(n: int, dtype: Any) -> Any:
    """Numbers of every magnitude and sign, with specials at places that no power of two divides."""
    rng = np.random.default_rng(5)
    x = (rng.standard_normal(n) * np.exp2(rng.uniform(-12, 6, n))).astype(dtype)
    for k, special in enumerate([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0]):
        x[3 + k :: 997] = special
    return x


def directions(row: Row) -> dict[str, Callable[[Any, Any], Any]]:
    """Functions of (dy, x) for every direction of an activation, by name."""
    activation = fa.get(row.name)
    given = {p.name: 0.25 for p in row.params if p.default is None}
    made: dict[str, Callable[[Any, Any], Any]] = {
        "value": lambda dy, x: activation(x, **given),
        "derivative": lambda dy, x: activation.derivative(x, **given),
        "backward": lambda dy, x: activation.backward(dy, x, **given),
        "in place": lambda dy, x: in_place(lambda *main, out: activation(*main, out=out, **given), x),
        "backward in place": lambda dy, x: in_place(
            lambda *main, out: activation.backward(*main, out=out, **given), dy, x
        ),
    }
    if row.from_output:
        made["from output"] = lambda dy, x: activation.backward_from_output(dy, x, **given)
    return made


def in_place(function: Callable[..., Any], *main: Any) -> Any:
    """The result, written over a copy of the last input."""
    copies = [a.copy() for a in main]
    return function(*copies, out=copies[-1])


def bits(array: Any) -> bytes:
    """A digest of the bits of an array."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).digest()


@compiled_only
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_bits_do_not_depend_on_the_number_of_threads(row: Row, dtype: Any) -> None:
    x = sample(LARGE, dtype)
    dy = x[::-1].copy()
    for direction, function in directions(row).items():
        with fa.threads(1):
            expected = bits(function(dy, x))
        for n in (2, 3, 7):
            with fa.threads(n):
                assert bits(function(dy, x)) == expected, f"{direction}, {n} threads"


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_bits_do_not_depend_on_where_an_array_is_split(row: Row) -> None:
    """Parts of odd length at odd offsets, joined, are the whole: wherever threads meet, the same bits follow."""
    x = sample(LARGE if COMPILED else 10_007, np.float32)
    dy = x[::-1].copy()
    rng = np.random.default_rng(6)
    for direction, function in directions(row).items():
        whole = bits(function(dy, x))
        for parts in (2, 3, 7, 40):
            cuts = np.sort(rng.integers(0, x.size // 2, parts - 1) * 2 + 1)
            joined = np.concatenate(
                [function(g, z) for g, z in zip(np.split(dy, cuts), np.split(x, cuts), strict=True)]
            )
            assert bits(joined) == whole, f"{direction}, cut at {cuts}"


@compiled_only
def test_rows_do_not_depend_on_the_number_of_threads() -> None:
    x = sample(LARGE - LARGE % 7, np.float32)
    for width in (7, 7 * 11, x.size // 7, x.size):
        if x.size % width:
            continue
        table = np.where(np.isfinite(x), x, 1).reshape(-1, width)
        with fa.threads(1):
            expected = bits(fa.softmax(table)), bits(fa.softmax.backward(table, table))
        for n in (2, 3, 7):
            with fa.threads(n):
                assert (bits(fa.softmax(table)), bits(fa.softmax.backward(table, table))) == expected, f"{width}, {n}"


# Prints how many threads there are, and what all directions of all activations give.
DIGESTS = """
    import json, sys
    sys.path.insert(0, {tests!r})
    import fastact as fa
    from test_threads import ELEMENTWISE, LARGE, bits, directions, sample
    import numpy as np
    found = {{}}
    for dtype in (np.float16, np.float32, np.float64):
        x = sample(LARGE, dtype)
        for row in ELEMENTWISE:
            for direction, function in directions(row).items():
                found[f"{{row.name}} {{direction}} {{dtype.__name__}}"] = bits(function(x[::-1].copy(), x)).hex()
    x = np.where(np.isfinite(x), x, 1)[: LARGE - LARGE % 7].reshape(-1, 7)
    found["softmax"] = bits(fa.softmax(x)).hex()
    print(json.dumps([fa.get_num_threads(), found]))
"""


def digests(run_python: Any, **environment: str) -> tuple[int, dict[str, str]]:
    code = textwrap.dedent(DIGESTS).format(tests=str(Path(__file__).parent))
    threads, found = output(run_python("-c", code, **{**LIMITS, **environment}))
    return threads, found


@pytest.fixture(scope="module")
def serial_digests(run_python: Any) -> Callable[[str], dict[str, str]]:
    """A function of the instruction set: the digests of one thread."""

    @functools.cache
    def serial(isa: str) -> dict[str, str]:
        threads, found = digests(run_python, OMP_NUM_THREADS="1", FASTACT_ISA=isa)
        assert threads == 1
        return found

    return serial


@compiled_only
@pytest.mark.parametrize(
    "environment",
    [
        {"OMP_NUM_THREADS": "7"},
        {"OMP_NUM_THREADS": "7", "OMP_THREAD_LIMIT": "1"},  # OpenMP then gives fewer threads than asked for
        {"OMP_NUM_THREADS": "7", "OMP_DYNAMIC": "true"},
        {"OMP_NUM_THREADS": "7", "OMP_WAIT_POLICY": "passive"},
        {"OMP_NUM_THREADS": "7", "OMP_PROC_BIND": "true"},
    ],
    ids=lambda e: ",".join(f"{k}={v}" for k, v in e.items()),
)
def test_bits_do_not_depend_on_openmp_settings(
    run_python: Any, serial_digests: Callable[[str], dict[str, str]], environment: dict[str, str]
) -> None:
    assert digests(run_python, **environment)[1] == serial_digests(_runtime.isa)


def c_library(folder: Path, source: str, *flags: str) -> Path:
    """A shared library of a few lines of C; skips where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    (folder / "library.c").write_text(source)
    command = [compiler, "-shared", "-fPIC", *flags, "-o", "library.so", "library.c"]
    if subprocess.run(command, cwd=folder, capture_output=True).returncode:
        pytest.skip(f"the C compiler does not build a shared library with {' '.join(flags)}")
    return folder / "library.so"


@compiled_only
@linux_only
@pytest.mark.parametrize(
    ("isa", "team"),
    [(isa, team) for isa in _runtime.available_isas() for team in (2, 3, 7) if team == 7 or isa == _runtime.isa],
)
def test_bits_do_not_depend_on_more_threads_than_cpus(
    run_python: Any, tmp_path: Path, serial_digests: Callable[[str], dict[str, str]], isa: str, team: int
) -> None:
    """A preloaded library makes OpenMP believe in ``team`` CPUs, so that teams of 3 and 7 run on any machine."""
    library = c_library(tmp_path, f"int omp_get_num_procs(void) {{ return {team}; }}\n")
    threads, found = digests(run_python, OMP_NUM_THREADS=str(team), LD_PRELOAD=str(library), FASTACT_ISA=isa)
    if threads < team and (_runtime._cgroup_cpus() or team) < team:
        pytest.skip(f"the control group allows {threads} threads")
    assert threads == team
    assert found == serial_digests(isa)


@compiled_only
@linux_only
def test_within_another_parallel_region_calls_are_serial(run_python: Any, tmp_path: Path) -> None:
    """C code opens a region of two threads, and one of them calls back into Python."""
    source = """
        #include <omp.h>
        int within(void (*callback)(void)) {
            int team = 0;
            #pragma omp parallel num_threads(2)
            {
                #pragma omp single
                { team = omp_get_num_threads(); callback(); }
            }
            return team;
        }
    """
    library = c_library(tmp_path, source, "-fopenmp")
    code = """
        import ctypes, json, os, re, sys, numpy as np, fastact as fa
        count = lambda: len(os.listdir("/proc/self/task"))
        x = np.linspace(-9, 9, 4 << 20, dtype=np.float32)
        with fa.threads(1):
            expected = fa.silu(x)
        found = []
        def callback():
            before = count()
            y = fa.silu(x)
            found.extend([fa.get_num_threads(), bool((y == expected).all()), count() - before])
        library = ctypes.CDLL(sys.argv[1])
        found.append(library.within(ctypes.CFUNCTYPE(None)(callback)))
        with open("/proc/self/maps") as maps:
            found.append(len(set(re.findall(r"\\S*/lib(?:g|i|)omp\\d*[-.]\\S*", maps.read()))))
        print(json.dumps(found))
    """
    threads, right, started, team, runtimes = output(run_python("-c", textwrap.dedent(code), library, **LIMITS))
    if runtimes != 1 or team < 2:
        pytest.skip(f"{runtimes} OpenMP runtimes, of which the other one gave {team} threads: nothing to see")
    assert right
    assert threads == 1
    assert started == 0


def test_python_threads_at_once() -> None:
    """Calls from four Python threads, all of them large, give the bits that each gives alone."""
    x = sample(LARGE if COMPILED else 20_011, np.float32)
    dy = x[::-1].copy()
    jobs = [function for row in ELEMENTWISE for function in directions(row).values()]
    with fa.threads(1):
        expected = [bits(job(dy, x)) for job in jobs]
    start = threading.Barrier(4)

    def work(k: int) -> list[bytes]:
        start.wait(60)
        order = np.roll(np.arange(len(jobs)), k * len(jobs) // 4)  # each thread begins elsewhere
        found = {i: bits(jobs[i](dy, x)) for i in order.tolist()}
        return [found[i] for i in range(len(jobs))]

    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(work, range(4)):
            assert found == expected


# ---- fork -----------------------------------------------------------------------------------------------------------

# Defines check(), which compares a large call with what the parent computed on one thread, and timed(child), which runs
# a function in a forked child, and kills it together with its children after 5 seconds.
FORK = """
    import os, signal, sys, threading, time, numpy as np, fastact as fa

    x = np.linspace(-20, 20, 4 << 20, dtype=np.float32)
    table = x.reshape(-1, 1024)
    with fa.threads(1):
        expected = fa.silu(x), fa.sigmoid.backward(x, x), fa.softmax(table)

    def check():
        found = fa.silu(x), fa.sigmoid.backward(x, x), fa.softmax(table)
        return all((a.view(np.uint32) == b.view(np.uint32)).all() for a, b in zip(found, expected))

    def alone():
        threads = len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1
        return fa.get_num_threads() == 1 and threads == 1

    def forked(child):
        pid = os.fork()
        if pid == 0:
            status = 9
            try:
                status = child()
            finally:
                os._exit(status)
        return pid

    def timed(child):
        def leader():
            os.setpgid(0, 0)
            return child()
        pid = forked(leader)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                if code:
                    sys.exit(f"the child ended with {code}")
                return
            time.sleep(0.01)
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        sys.exit("the child hangs")

    def grandchild():
        return 0 if check() and alone() else 3

    def child():
        if not (check() and alone()):
            return 2
        return os.waitstatus_to_exitcode(os.waitpid(forked(grandchild), 0)[1])
"""
FORKS = {
    "after a parallel call": "assert check(); timed(child)",
    "before any parallel call": "timed(child); assert check(); timed(child)",
    "within threads(2)": "assert check()\nwith fa.threads(2): timed(child)",
    "after set_num_threads": "fa.set_num_threads(7); assert check(); timed(child)",
    "from another Python thread": """
assert check()
failed = []
def run():
    try:
        timed(child)
    except SystemExit as error:
        failed.append(error)
thread = threading.Thread(target=run)
thread.start()
thread.join()
assert not failed, failed
""",
    "while another Python thread computes": """
stop = threading.Event()
def compute():
    while not stop.is_set():
        fa.silu(x)
thread = threading.Thread(target=compute)
thread.start()
try:
    for _ in range(5):
        timed(child)
finally:
    stop.set()
thread.join()
""",
}


@needs_fork
@pytest.mark.parametrize("how", FORKS)
def test_forked_children_compute_and_do_not_hang(run_python: Any, how: str) -> None:
    """A child and its own child: right bits, serial, within 5 seconds; afterwards the parent is as parallel as ever."""
    after = "before = fa.get_num_threads()\n", "\nassert fa.get_num_threads() == before and check()\n"
    code = textwrap.dedent(FORK) + after[0] * ("set_num" not in how) + FORKS[how] + after[1] * ("set_num" not in how)
    process = run_python("-c", code, limit=120)
    assert process.returncode == 0, process.stdout + process.stderr


POOL = """
import hashlib
import multiprocessing
import sys

import numpy as np

import fastact as fa


def digest(seed):
    x = np.random.default_rng(seed).standard_normal(1 << 21, dtype=np.float32)
    y = fa.silu(x)
    return hashlib.sha256(fa.silu.backward(y, x, out=y).tobytes()).hexdigest()


if __name__ == "__main__":
    method, seconds = sys.argv[1], float(sys.argv[2])
    expected = [digest(seed) for seed in range(4)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map_async(digest, range(4)).get(timeout=seconds) == expected
        threads = pool.apply_async(fa.get_num_threads).get(timeout=seconds)
    print(threads, fa.get_num_threads())
"""


@pytest.mark.parametrize(
    ("method", "seconds"),
    [pytest.param("fork", 5, marks=needs_fork), pytest.param("forkserver", 120, marks=needs_fork), ("spawn", 120)],
)
def test_multiprocessing(run_python: Any, tmp_path: Path, method: str, seconds: int) -> None:
    """Workers give the parent's bits. Forked ones, which inherit a parallel past, may not hang; others run parallel."""
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    process = run_python(script, method, str(seconds), limit=seconds + 60)
    assert process.returncode == 0, process.stdout + process.stderr
    worker, parent = map(int, process.stdout.split())
    assert worker == (1 if method != "spawn" else parent) or method == "forkserver"


# ---- the GIL --------------------------------------------------------------------------------------------------------

LONG_CALLS = {
    "value": lambda x, y: fa.silu(x, out=y),
    "parameter": lambda x, y: fa.silu(x, beta=2.0, out=y),
    "derivative": lambda x, y: fa.silu.derivative(x, out=y),
    "backward": lambda x, y: fa.silu.backward(x, x, out=y),
    "from output": lambda x, y: fa.tanh.backward_from_output(x, x, out=y),
    "strided": lambda x, y: fa.silu(x[::2], out=y[::2]),
    "rows": lambda x, y: fa.softmax(x.reshape(-1, 1000), out=y.reshape(-1, 1000)),
}


@pytest.mark.parametrize("call", LONG_CALLS)
@pytest.mark.parametrize("threads", [1, MANY])
def test_the_gil_is_free_during_a_large_call(call: str, threads: int) -> None:
    """Another Python thread makes progress meanwhile.

    With a switch interval of minutes no thread is made to give the GIL up. A call that kept it but for a moment at its
    start and its end would let the other thread, which sleeps each time, advance by two; one that frees it, by tens.
    Where CPUs are busy that may take a few calls.
    """
    x = np.linspace(-10, 10, 8_000_000 if COMPILED else 1_000_000)
    y = np.empty_like(x)
    ticks, stop = [0], threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks[0] += 1
            time.sleep(0.0002)  # gives the GIL up, or the main thread would wait for it for minutes

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=tick)
    thread.start()
    most = 0
    try:
        sys.setswitchinterval(300)
        with fa.threads(threads):
            for _ in range(100):
                before = ticks[0]
                LONG_CALLS[call](x, y)
                most = max(most, ticks[0] - before)
                if most >= 5:
                    break
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()
    assert most >= 5
