"""64-bit Arm on another machine: a cross-built wheel, and a Python under emulation that runs tests with it.

Debian's packages of arm64 are unpacked into a folder of their own, so nothing of this machine is changed; NumPy and
what runs the tests come as wheels of that platform. Used by noxfile.py alone.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import nox

VERSION = "3.11"  # of Debian 12's Python
PACKAGES = (
    *(f"{name}{VERSION}{kind}" for name, kind in (("python", "-minimal"), ("libpython", "-minimal"))),
    *(f"libpython{VERSION}-{kind}" for kind in ("stdlib", "dev")),
    *("libc6", "libgcc-s1", "libgomp1", "libstdc++6", "zlib1g", "libexpat1", "libffi8", "libssl3", "libuuid1"),
    *("libbz2-1.0", "liblzma5", "libsqlite3-0", "libcrypt1", "libnsl2", "libtirpc3"),
)
PYTHON = """\
#!/bin/sh
export PYTHONHOME={root}/usr PYTHONPATH={site}${{PYTHONPATH:+:$PYTHONPATH}} PYTHONNOUSERSITE=1
exec qemu-aarch64-static -0 "$0" -L {root} {root}/usr/bin/python{version} "$@"
"""


def system(session: nox.Session, folder: Path) -> Path:
    """A folder with the arm64 packages, as they lie below / there."""
    root, state = folder / "root", folder / "apt"
    if (root / f"usr/bin/python{VERSION}").exists():
        return root
    for path in (root, *(state / name for name in ("lists/partial", "archives/partial", "debs"))):
        path.mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    own = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "Dir::State::lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state,
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in own.items())]
    session.run(*apt, "update", external=True, silent=True)
    with session.chdir(state / "debs"):
        session.run(*apt, "download", *PACKAGES, external=True, silent=True)
    for package in (state / "debs").glob("*.deb"):
        session.run("dpkg-deb", "-x", str(package), str(root), external=True, silent=True)
    return root


def packages(session: nox.Session, python: str, folder: Path, wanted: list[str]) -> Path:
    """A folder with wheels of that platform, unpacked."""
    site = folder / "site"
    shutil.rmtree(site, ignore_errors=True)
    names = ("manylinux_2_17", "manylinux2014", "manylinux_2_28", "linux")  # NumPy's, and the wheel that was built here
    options = [
        *(f"--platform={name}_aarch64" for name in names),
        "--python-version",
        VERSION,
        "--implementation",
        "cp",
        "--only-binary=:all:",
        "--upgrade",
    ]
    session.run(python, "-m", "pip", "install", "-q", *options, "--target", str(site), *wanted, external=True)
    return site


def build_variables(root: Path, folder: Path) -> dict[str, str]:
    """What makes Python's build tools take that platform for this one: its sysconfig and its headers."""
    told = folder / "sysconfig"
    told.mkdir(parents=True, exist_ok=True)
    name = "_sysconfigdata__aarch64-linux-gnu"
    shutil.copy(root / f"usr/lib/python{VERSION}/{name}.py", told)
    headers = f"-I{root}/usr/include -I{root}/usr/include/python{VERSION}"
    return {
        "_PYTHON_HOST_PLATFORM": "linux-aarch64",
        "_PYTHON_SYSCONFIGDATA_NAME": name,
        "PYTHONPATH": str(told),
        "CC": "aarch64-linux-gnu-gcc",
        "CXX": "aarch64-linux-gnu-g++",
        "LDSHARED": "aarch64-linux-gnu-gcc -shared",
        "CFLAGS": headers,
    }


def command(root: Path, site: Path, folder: Path) -> Path:
    """A script that is that Python to all who start it, ``sys.executable`` among them."""
    script = folder / "python"
    script.write_text(PYTHON.format(root=root, site=site, version=VERSION))
    script.chmod(0o755)
    os.environ.setdefault("QEMU_LD_PREFIX", str(root))
    return script
