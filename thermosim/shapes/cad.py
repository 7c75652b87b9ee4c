"""The door to gmsh and its OpenCASCADE kernel: sessions that leave no trace."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError, MissingDependencyError
from thermosim.fem.pieces import GMSH, how_to_get_dolfinx, install_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

_PLACES = 12  # digits of the largest number that are drawn, or one less


def to_draw(numbers: ArrayLike) -> NDArray[np.float64]:
    """Return coordinates or a matrix without the last digits, which depend on the machine.

    Products of matrices differ in the last bit from one BLAS to the next, and gmsh makes another
    mesh of another last bit. What is left is the same to 2e-11 of the largest number.
    """
    found = np.asarray(numbers, dtype=float)
    largest = np.max(np.abs(found), initial=0.0)
    if not (largest > 0 and np.isfinite(largest)):
        return found
    # 3: beside a power of ten, which sizes often are, the last bit would decide of the places
    places = _PLACES - math.ceil(math.log10(3 * largest))
    return np.asarray(np.round(found, places) + 0.0)


def load_gmsh() -> Any:
    """Import gmsh, or say how to get it.

    Raises
    ------
    MissingDependencyError
        If it cannot be imported.
    """
    try:
        import gmsh
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"gmsh is not installed. Run:  {how_to_get_dolfinx()}"
        ) from error
    except (ImportError, OSError) as error:
        raise MissingDependencyError(
            f"gmsh cannot be loaded: {error}. Run:  {install_all(GMSH)}"
        ) from error
    return gmsh


_READ = """
import resource, sys
import gmsh
gmsh.initialize(readConfigFiles=False, interruptible=False)
gmsh.option.setNumber("General.Terminal", 0)
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
try:
    gmsh.merge(sys.argv[1])
    if sys.argv[3:]:
        gmsh.option.setNumber("Mesh.SaveAll", 1)
        gmsh.option.setNumber("Mesh.Binary", 1)
        gmsh.write(sys.argv[3])
except Exception as error:
    print(error, file=sys.stderr)
    sys.exit(3)
"""
_MEMORY = 4 * 2**30  # bytes, and 100 for each of the file
_FAILED = 3
_SECONDS = 30.0  # and 10 for each megabyte


def try_reading(path: Path, binary: Path | None = None) -> None:
    """Let a process of its own read a file first: gmsh cannot be stopped, and may crash.

    It writes the mesh of the file to `binary`, if there is one, which is read ten times as fast.

    Raises
    ------
    MeshError
        If that fails, takes too long or too much memory, or gmsh crashes.
    """
    size = path.stat().st_size
    seconds, memory = _SECONDS + 1e-5 * size, _MEMORY + 100 * size
    command = [sys.executable, "-c", _READ, str(path), str(memory)]
    command += [] if binary is None else [str(binary)]
    try:
        done = subprocess.run(
            command, timeout=seconds, capture_output=True, check=False, errors="replace"
        )
    except subprocess.TimeoutExpired as error:
        raise MeshError(
            f"{path}: gmsh has not read it after {seconds:.0f} s; does a loop in it never end? "
            "Otherwise mesh it with gmsh alone and name the .msh"
        ) from error
    if done.returncode:
        words = done.stderr.strip().splitlines()
        said = words[-1] if done.returncode == _FAILED and words else "it crashes"
        raise MeshError(
            f"{path}: gmsh cannot read it in {memory / 2**30:.1f} GB of memory: {said}; "
            "is the file whole?"
        )


@contextlib.contextmanager
def gmsh_session(threads: int = 1) -> Iterator[Any]:
    """Yield a quiet gmsh with a fresh model; whatever a caller had open stays as it was.

    Raises
    ------
    MeshError
        With gmsh's own words, if gmsh fails.
    """
    gmsh = load_gmsh()
    was_open = bool(gmsh.isInitialized())
    if not was_open:
        gmsh.initialize(readConfigFiles=False, interruptible=False)
    try:
        _quiet(gmsh, threads)
        gmsh.model.add("thermosim")
        yield gmsh
    except UnicodeDecodeError as error:
        raise MeshError(
            f"gmsh hands over a name that is no UTF-8 text: {error.object!r}"
        ) from error
    except Exception as error:
        # gmsh raises plain Exception with its log as the text
        if type(error) is Exception:
            words = str(error) or "without a word; is the file whole?"
            raise MeshError(f"gmsh failed: {words}") from error
        raise
    finally:
        if was_open:
            gmsh.model.remove()
        else:
            gmsh.finalize()


def _quiet(gmsh: Any, threads: int) -> None:
    options = {
        "General.Terminal": 0,
        "General.NumThreads": threads,
        "Mesh.MeshSizeExtendFromBoundary": 0,
        "Mesh.MeshSizeFromPoints": 0,
        "Mesh.MeshSizeFromCurvature": 0,
        "Mesh.RandomSeed": 1,
    }
    for name, value in options.items():
        gmsh.option.setNumber(name, value)
    # OpenCASCADE keeps the unit of the last STEP file for its process
    gmsh.option.setString("Geometry.OCCTargetUnit", "MM")
