"""The promises about threads: which limits count, how many threads there are, that bits do not depend on them.

Whatever could hang, or changes the process for good, runs in a process of its own. How the kernels go along with what
else runs at the same time, forks and Python's own threads, is in test_fork.py.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from floats import FLOATS
from parallel import COMPILED, LARGE, MANY, OPENMP, bits, compiled_only, directions, openmp_only, sample
from selection import by_default

import fastact as fa
from fastact.runtime import kernels
from fastact.runtime import threads as limits
from fastact.table.registry import ELEMENTWISE, Row

LIMITS = {"OMP_NUM_THREADS": None, "OMP_THREAD_LIMIT": None, "FASTACT_NUM_THREADS": None}  # none of these

needs_two = pytest.mark.skipif(fa.get_num_threads() < 2, reason="this process may use one thread only")
# Clang's, of which the process has the library loaded
LLVM_OPENMP = sys.platform == "linux" and "/libomp" in Path("/proc/self/maps").read_text()
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc or uses Linux' own calls")


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
    quota = limits._cgroup_cpus()
    cpus = len(os.sched_getaffinity(0))
    assert unlimited == (cpus if quota is None else min(cpus, quota)) or not OPENMP


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


AFFINITY = """
import json, os
all_cpus = os.sched_getaffinity(0)
one = {min(all_cpus)}
if START == "narrow":
    os.sched_setaffinity(0, one)
import fastact as fa
found = [fa.get_num_threads()]
for cpus in (all_cpus, one, all_cpus):
    os.sched_setaffinity(0, cpus)
    with fa.threads(1000):
        found.append(fa.get_num_threads())
print(json.dumps(found))
"""


@needs_two
@linux_only
@pytest.mark.parametrize("start", ["wide", "narrow"])
def test_cpu_affinity_is_followed(start: str, run_python: Any, unlimited: int) -> None:
    """As it is at each call, not as it was at import."""
    if start == "narrow" and LLVM_OPENMP:
        pytest.skip("LLVM's OpenMP has at most as many threads as it saw CPUs when it started")
    # The number is given, or OpenMP itself would fix it at the one CPU that it sees when it starts.
    environment = {**LIMITS, "OMP_NUM_THREADS": "1000"}
    found = output(run_python("-c", f"START = {start!r}{AFFINITY}", **environment))
    assert found == [unlimited if start == "wide" else 1, unlimited, 1, unlimited]


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
    assert limits._cgroup_cpus(cgroup_tree(tmp_path, groups, files)) == expected


def test_no_cgroup(tmp_path: Path) -> None:
    assert limits._cgroup_cpus(tmp_path) is None


@needs_two
def test_cgroup_quota_is_followed(run_python: Any) -> None:
    """The file system is a pretence here: a quota of one CPU."""
    code = """
        import builtins, io
        real = builtins.open
        files = {"/proc/self/cgroup": "0::/here", "/sys/fs/cgroup/here/cpu.max": "100000 100000"}
        def opened(path, *more, **keywords):
            return io.StringIO(files[path]) if path in files else real(path, *more, **keywords)
        builtins.open = opened
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


@compiled_only
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_bits_do_not_depend_on_the_number_of_threads(row: Row, dtype: Any) -> None:
    x = sample(LARGE, dtype)
    dy = x[::-1].copy()
    for direction, function in directions(row).items():
        with fa.threads(1):
            expected = bits(function(dy, x))
        for n in by_default((2, 7), (2, 3, 7)):
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
    from fastact.table.registry import ELEMENTWISE
    from floats import FLOATS
    from parallel import LARGE, bits, directions, sample
    import numpy as np
    found = {{}}
    for dtype in FLOATS:
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
        pytest.param({"OMP_NUM_THREADS": "7"}, marks=pytest.mark.thorough),
        {"OMP_NUM_THREADS": "7", "OMP_THREAD_LIMIT": "1"},  # OpenMP then gives fewer threads than asked for
        pytest.param({"OMP_NUM_THREADS": "7", "OMP_DYNAMIC": "true"}, marks=pytest.mark.thorough),
        pytest.param({"OMP_NUM_THREADS": "7", "OMP_WAIT_POLICY": "passive"}, marks=pytest.mark.thorough),
        pytest.param({"OMP_NUM_THREADS": "7", "OMP_PROC_BIND": "true"}, marks=pytest.mark.thorough),
    ],
    ids=lambda e: ",".join(f"{k}={v}" for k, v in e.items()),
)
def test_bits_do_not_depend_on_openmp_settings(
    run_python: Any, serial_digests: Callable[[str], dict[str, str]], environment: dict[str, str]
) -> None:
    assert digests(run_python, **environment)[1] == serial_digests(kernels.isa)


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


@openmp_only
@linux_only
@pytest.mark.parametrize(
    ("isa", "team"),
    [
        pytest.param(isa, team, marks=() if (isa, team) == (kernels.isa, 7) else pytest.mark.thorough)
        for isa in kernels.available_isas()
        for team in (2, 3, 7)
        if team == 7 or isa == kernels.isa
    ],
)
def test_bits_do_not_depend_on_more_threads_than_cpus(
    run_python: Any, tmp_path: Path, serial_digests: Callable[[str], dict[str, str]], isa: str, team: int
) -> None:
    """A preloaded library tells all of ``team`` CPUs, so that teams of 3 and 7 run on any machine."""
    library = c_library(
        tmp_path,
        f"""
        #include <string.h>
        int omp_get_num_procs(void) {{ return {team}; }}
        int sched_getaffinity(int process, size_t size, void *mask)
        {{ memset(mask, 0, size); *(unsigned char *)mask = (1 << {team}) - 1; return 0; }}
        """,
    )
    threads, found = digests(run_python, OMP_NUM_THREADS=str(team), LD_PRELOAD=str(library), FASTACT_ISA=isa)
    if threads < team and (limits._cgroup_cpus() or team) < team:
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
