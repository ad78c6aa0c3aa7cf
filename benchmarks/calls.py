"""What a call on few elements costs: of this build, and beside another build or version of fastact.

``python benchmarks/calls.py`` prints microseconds a call; with ``--against FOLDER``, which holds another fastact (a
built clone, say), processes of the two alternate, and the ratio of each round is taken: its median is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CALLS = {
    "gelu(x)": "fa.gelu(x)",
    "gelu(x, out=y)": "fa.gelu(x, out=y)",
    "relu(x, out=x)": "fa.relu(x, out=x)",
    "elu(x, alpha=.5)": "fa.elu(x, alpha=0.5)",
    "gelu.derivative(x)": "fa.gelu.derivative(x)",
    "silu.backward(dy, x)": "fa.silu.backward(dy, x)",
    "tanh.backward_from_output(dy, y)": "fa.tanh.backward_from_output(dy, y)",
    "gelu(x, bias=b)": "fa.gelu(x, bias=b)",
    "gelu(x, bias=b, out=y)": "fa.gelu(x, bias=b, out=y)",
    "gelu.backward(dy, x, bias=b, bias_gradient=True)": "fa.gelu.backward(dy, x, bias=b, bias_gradient=True)",
    "prelu(x, w)": "fa.prelu(x, 0.25)",
    "softmax(x)": "fa.softmax(x)",
    "softmax(x, out=y)": "fa.softmax(x, out=y)",
    "softmax(x, axis=0)": "fa.softmax(x, axis=0)",
    "softmax(x, where=m)": "fa.softmax(x, where=m)",
    "softmax.backward(dy, x)": "fa.softmax.backward(dy, x)",
    "logsumexp(x)": "fa.logsumexp(x)",
    "swiglu(x)": "fa.swiglu(x)",
    "swiglu(x, up)": "fa.swiglu(x, dy)",
    "swiglu(x, out=h)": "fa.swiglu(x, out=h)",
    "swiglu.backward(dh, x)": "fa.swiglu.backward(h, x)",
    "glu(x, bias=b)": "fa.glu(x, bias=b)",
}

PROGRAM = """
import json, sys, timeit
import numpy as np, fastact as fa
rng = np.random.default_rng(0)
x, dy = rng.normal(0, 1, (2, 4, 16)).astype(np.float32)
y, h, b = np.empty_like(x), np.zeros((4, 8), np.float32), np.zeros(16, np.float32)
m = np.ones(x.shape, np.bool_)
space = dict(globals())
fa.set_num_threads(1)
times = {}
for name, code in json.loads(sys.argv[1]).items():
    timer = timeit.Timer(code, globals=space)
    timer.timeit(200)
    times[name] = min(timer.repeat(15, 1000)) * 1e3
print(json.dumps(times))
"""


def measured(folder: Path) -> dict[str, float]:
    """Microseconds of each call, in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", PROGRAM, json.dumps(CALLS)]
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="folder that holds another fastact")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    for _ in range(arguments.rounds):
        ours.append(measured(ROOT))
        if arguments.against:
            theirs.append(measured(arguments.against.resolve()))
    for name in CALLS:
        line = f"{name:50} {statistics.median(one[name] for one in ours):7.3f} us"
        if theirs:
            ratio = statistics.median(a[name] / b[name] for a, b in zip(ours, theirs, strict=True))
            line += f"  {statistics.median(one[name] for one in theirs):7.3f} us  {ratio:5.2f}"
        print(line)


if __name__ == "__main__":
    main()
