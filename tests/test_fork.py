"""The promises about what else runs at the same time: other Python threads, forked processes, multiprocessing, the GIL.

Whatever could hang runs in a process of its own. Limits of threads, and that bits do not depend on their number, are in
test_threads.py.
"""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parallel import COMPILED, LARGE, MANY, bits, directions, sample

import fastact as fa
from fastact.table.registry import ELEMENTWISE

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


# ---- Python threads -------------------------------------------------------------------------------------------------


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
