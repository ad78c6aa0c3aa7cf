"""From which size on a second thread pays: one thread against two, for a light and several heavy functions.

    python benchmarks/threads.py

Lowers the kernels' own thresholds, so that small arrays are split too, and prints the time of two threads over that of
one for each size; the grains in ``_threads.pyx`` are half the size from which on the ratio stays below 1. Needs an
installed, compiled fastact and two processors. Nothing imports this file.
"""

from __future__ import annotations

import time

import numpy as np

import fastact as fa
from fastact.runtime import configuration, kernels

NAMES = ("relu", "leaky_relu", "elu", "sigmoid", "gelu", "mish")
SIZES = [2**k for k in range(12, 22)]


def seconds(name: str, x: np.ndarray, out: np.ndarray) -> float:
    """The best time of a call, out of as many as fit 20 ms."""
    function = fa.get(name)
    best = np.inf
    stop = time.perf_counter() + 0.02
    while (start := time.perf_counter()) < stop:
        function(x, out)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> int:
    if kernels.compiled_threads is None or fa.get_num_threads() < 2:
        print("needs compiled kernels and at least two threads")
        return 2
    config = configuration.config()
    print(f"{config['processor']}, {config['instruction set']}, NumPy {np.__version__}, {time.strftime('%Y-%m-%d')}")
    print("time of two threads over that of one, float32, out of place")
    print("function    " + "".join(f"{size // 1024:>7d}Ki" for size in SIZES))
    kernels.compiled_threads.set_grains(1024, 1024)
    for name in NAMES:
        ratios = []
        for size in SIZES:
            x = np.random.default_rng(0).standard_normal(size, dtype=np.float32)
            out = np.empty_like(x)
            times = {1: np.inf, 2: np.inf}
            for _ in range(3):
                for count in times:
                    with fa.threads(count):
                        times[count] = min(times[count], seconds(name, x, out))
            ratios.append(times[2] / times[1])
        print(f"{name:12s}" + "".join(f"{ratio:9.2f}" for ratio in ratios))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
