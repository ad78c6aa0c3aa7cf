"""How many threads a call may use: limits of the machine, of the process and of a ``with`` block; and forks."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from fastact.runtime.kernels import compiled_threads


def _read(*path: str) -> str:
    with open(os.path.join(*path)) as file:
        return file.read()


def _quota(folder: str, names: list[str]) -> float | None:
    """How many CPUs one control group may use; None where it has no such limit."""
    try:
        quota, period = " ".join(_read(folder, name).strip() for name in names).split()
        return int(quota) / int(period) if quota not in ("max", "-1") and int(period) > 0 else None
    except (OSError, ValueError):
        return None


def _cgroup_cpus(root: str | os.PathLike[str] = "/") -> int | None:
    """The CPU quota of this process' control group, rounded up; None where there is none.

    A container's quota is in its own group or one above; version 2 writes ``cpu.max``, version 1 two files.
    """
    root = os.fspath(root)
    try:
        lines = _read(root, "proc/self/cgroup").splitlines()
    except OSError:
        return None
    least: float | None = None
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            base, names = os.path.join(root, "sys/fs/cgroup"), ["cpu.max"]
        elif "cpu" in controllers.split(","):
            base, names = os.path.join(root, "sys/fs/cgroup/cpu"), ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        else:
            continue
        folders = [base]
        for part in path.split("/"):
            if part:
                folders.append(os.path.join(folders[-1], part))
        shares = [share for folder in folders if (share := _quota(folder, names)) is not None]
        least = min(shares + ([] if least is None else [least]), default=None)
    return None if least is None else max(1, ceil(least))


def _environment_threads() -> int | None:
    text = os.environ.get("FASTACT_NUM_THREADS", "")
    if not text:
        return None
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        warnings.warn(f"FASTACT_NUM_THREADS={text!r} is ignored: it must be a whole number from 1", stacklevel=2)
        return None
    return count


# What the machine allows, fixed at import; OpenMP's own limit and the affinity mask are read at each large call.
_ceiling = [limit for limit in (_cgroup_cpus(), _environment_threads()) if limit is not None]
_machine_limit = min(_ceiling) if _ceiling else 0


def _checked(n: object, name: str) -> int:
    try:
        count = n.__index__()  # type: ignore[attr-defined]
    except AttributeError:
        raise TypeError(f"{name} must be a whole number from 1, not {n!r}") from None
    if isinstance(n, bool) or count < 1:
        raise ValueError(f"{name} must be a whole number from 1, not {n!r}")
    return min(int(count), 2**31 - 1)


def _lower(count: int) -> int:
    return min(count, _machine_limit) if _machine_limit else count


def set_num_threads(n: int) -> None:
    """Limit the threads of all later calls in this process.

    The team of a large call is never larger than OpenMP's own limit (OMP_NUM_THREADS, threadpoolctl), the CPU
    affinity, the quota of the control group and FASTACT_NUM_THREADS allow; small calls use one thread in any case.

    Parameters
    ----------
    n : int
        At least 1.

    Raises
    ------
    TypeError, ValueError
        If n is not a whole number from 1.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.set_num_threads(1)
    >>> fa.get_num_threads()
    1
    """
    count = _checked(n, "n")
    if compiled_threads is not None:
        compiled_threads.set_num_threads(_lower(count))


def get_num_threads() -> int:
    """How many threads a large call would use if this thread made it now.

    Examples
    --------
    >>> import fastact as fa
    >>> fa.get_num_threads() >= 1
    True
    """
    return 1 if compiled_threads is None else int(compiled_threads.get_num_threads())


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Within a ``with`` block, limit the threads of calls that this Python thread makes.

    Other Python threads keep their own limit, so that blocks in two of them do not undo each other.

    Parameters
    ----------
    n : int
        At least 1.

    Raises
    ------
    TypeError, ValueError
        If n is not a whole number from 1.

    Examples
    --------
    >>> import fastact as fa
    >>> with fa.threads(1):
    ...     fa.get_num_threads()
    1
    """
    count = _checked(n, "n")
    if compiled_threads is None:
        yield
        return
    before = compiled_threads.swap_thread_limit(_lower(count))
    try:
        yield
    finally:
        compiled_threads.swap_thread_limit(before)


if compiled_threads is not None:
    compiled_threads.set_num_threads(_machine_limit)
    # libgomp's threads do not survive a fork, and entering a parallel region would wait for them for ever.
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=compiled_threads.after_fork_in_child)
