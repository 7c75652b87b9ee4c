"""The door to gmsh and its OpenCASCADE kernel: sessions that leave no trace."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from thermosim.errors import MeshError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator


def load_gmsh() -> Any:
    """Import gmsh, or say how to get it.

    Raises
    ------
    MissingDependencyError
        If it cannot be imported.
    """
    try:
        import gmsh
    except ImportError as error:
        raise MissingDependencyError(
            "gmsh cannot be imported; see `thermosim doctor` for how to get it"
        ) from error
    return gmsh


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
    except Exception as error:
        # gmsh raises plain Exception with its log as the text
        if type(error) is Exception:
            raise MeshError(f"gmsh failed: {error}") from error
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
