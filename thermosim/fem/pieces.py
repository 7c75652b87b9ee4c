"""Pieces that no Python package brings: how to see that one is missing, and how to get it.

Of the standard library alone: docker/run starts this file before anything is installed, to be told
why the wheels do not serve here, or which command gets what they lack.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shlex
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Piece:
    """What is needed, and the packages that have it."""

    name: str
    debian: str
    fedora: str
    conda: str
    libraries: tuple[str, ...] = ()


PYTHON = "python{}.{}".format(*sys.version_info[:2])
COMPILER = Piece(
    "what compiles forms (a C compiler and Python.h)",
    f"gcc libc6-dev {PYTHON}-dev",
    "gcc glibc-devel python3-devel",
    "c-compiler",
)
VENV = Piece("virtual environments", f"{PYTHON}-venv", "python3", "python")
GMSH = Piece(
    "what gmsh is linked with",
    "libgl1 libglu1-mesa libxcursor1 libxft2 libxinerama1 libxrender1 libgomp1",
    "mesa-libGL mesa-libGLU libXcursor libXft libXinerama libXrender libgomp",
    "python-gmsh",
    (
        "libGL.so.1", "libGLU.so.1", "libXcursor.so.1", "libXft.so.2", "libXinerama.so.1",
        "libXrender.so.1", "libXfixes.so.3", "libXext.so.6", "libX11.so.6", "libfontconfig.so.1",
        "libgomp.so.1",
    ),
)  # fmt: skip
PICTURES = Piece(
    "pictures without a screen",
    "libegl1 libgl1 libgl1-mesa-dri libxrender1",
    "mesa-libEGL mesa-libGL mesa-dri-drivers libXrender",
    "pyvista",
    ("libEGL.so.1", "libEGL_mesa.so.0", "libGL.so.1", "libXrender.so.1"),
)
OLDEST_GLIBC, OLDEST_PYTHON = (2, 34), (3, 12)  # of the wheel dolfinx-solver-real


def install(*pieces: Piece) -> str:
    """Return the one command that gets the pieces on this machine."""
    sudo = "" if os.geteuid() == 0 else "sudo "
    if Path(sys.prefix, "conda-meta").is_dir():
        tool, packages = "conda install -c conda-forge", [piece.conda for piece in pieces]
    elif shutil.which("dnf"):
        tool, packages = f"{sudo}dnf install", [piece.fedora for piece in pieces]
    else:
        tool, packages = f"{sudo}apt-get install", [piece.debian for piece in pieces]
    return " ".join([tool, *dict.fromkeys(" ".join(packages).split())])


def install_all(*pieces: Piece) -> str:
    """Return the one command that gets the pieces, and what else cases need and is not there."""
    if not Path(sys.prefix, "conda-meta").is_dir():  # conda's packages find their own libraries
        pieces = (*pieces, *(piece for piece in missing_for_cases() if piece not in pieces))
    return install(*pieces)


def lacks_compiler() -> str:
    """Return which part of `COMPILER` is missing, "" if none."""
    words = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if shutil.which(words[0]) is None:
        return f"there is no C compiler ({words[0]})"
    header = Path(sysconfig.get_path("include")) / "Python.h"
    return "" if header.exists() else f"Python's header is missing ({header})"


def lacks_library(piece: Piece) -> str:
    """Return the first library of a piece that cannot be loaded, "" if there is none."""
    for name in piece.libraries:
        try:
            ctypes.CDLL(name)
        except OSError:
            return name
    return ""


def why_no_wheel() -> str:
    """Return why DOLFINx's wheel cannot be installed on this machine, "" if it can."""
    libc, version = platform.libc_ver()
    found = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return (
            f"the wheels are for Linux on x86-64, and this is {sys.platform} {platform.machine()}"
        )
    if sys.version_info[:2] < OLDEST_PYTHON:
        return f"the wheels need Python 3.12, and {PYTHON} is older"
    if libc != "glibc" or found < OLDEST_GLIBC:
        return f"the wheels need glibc 2.34, and this is {libc or 'another C library'} {version}"
    return ""


def how_to_get_dolfinx(*others: str) -> str:
    """Return the one command that brings DOLFINx, and `others` if asked, to this Python."""
    if Path(sys.prefix, "conda-meta").is_dir():
        packages = ["conda install -c conda-forge fenics-dolfinx 'petsc=*=real*' python-gmsh"]
    elif sys.prefix != sys.base_prefix and not why_no_wheel():
        packages = [f"{sys.executable} -m pip install dolfinx-solver-real gmsh"]
    else:
        return "docker/run thermosim doctor  (in a clone: it finds or makes an environment)"
    return " ".join([*packages, *others])


def missing_for_wheels() -> list[Piece]:
    """Return what this machine lacks to make and use an environment of wheels."""
    return [*([] if _has_venv() else [VENV]), *missing_for_cases()]


def missing_for_cases() -> list[Piece]:
    """Return what this machine lacks to solve cases and draw their pictures."""
    compiler = [COMPILER] if lacks_compiler() else []
    return compiler + [piece for piece in (GMSH, PICTURES) if lacks_library(piece)]


def _has_venv() -> bool:
    from importlib.util import find_spec

    return find_spec("venv") is not None and find_spec("ensurepip") is not None


if __name__ == "__main__":
    WHY = why_no_wheel()
    if WHY:
        sys.exit(WHY)
    MISSING = missing_for_wheels()
    sys.stdout.write(install(*MISSING) if MISSING else "")
