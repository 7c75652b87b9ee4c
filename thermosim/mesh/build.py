"""The door to every mesh: from a drawing to arrays, or to the mesh over all ranks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from thermosim.mesh.kept import MeshReport, cache_path, read_mesh, write_mesh
from thermosim.mesh.particles import mesh_particles
from thermosim.mesh.regions import build_body
from thermosim.model.drawing import BodyDrawing, Drawing, ParticleDrawing, drawing_of

if TYPE_CHECKING:
    from pathlib import Path

    from thermosim.case.read import AnyCase
    from thermosim.fem.data import MeshData
    from thermosim.fem.domain import Domain

MESHERS: dict[type[Drawing], Callable[[Any], tuple[MeshData, MeshReport]]] = {
    ParticleDrawing: mesh_particles,
    BodyDrawing: build_body,
}


def build(drawing: Drawing) -> tuple[MeshData, MeshReport]:
    """Return the mesh of a drawing and its quality report, from the cache if it was built before.

    Raises
    ------
    MeshError
        If the geometry cannot be read or meshed.
    CaseError
        If the case uses names that the geometry does not have.
    """
    path = cache_path(drawing)
    found = read_mesh(path) if path is not None else None
    if found is not None:
        drawing.check_names(found[0].regions, found[0].boundaries)
        return found
    made = MESHERS[type(drawing)](drawing)
    if path is not None:
        write_mesh(path, *made)
    return made


def build_mesh(case: AnyCase) -> tuple[MeshData, MeshReport]:
    """Return the mesh of a case and its quality report, as `build` makes it of its drawing."""
    return build(drawing_of(case))


def domain_of(drawing: Drawing, comm: Any) -> tuple[Domain, MeshReport]:
    """Return the mesh over all ranks: fetched, or built on one and distributed (collective).

    Raises
    ------
    MeshError, CaseError
        As `build`, on every rank.
    """
    from thermosim.fem.kept import obtain
    from thermosim.fem.parallel import on_root

    file = on_root(comm, lambda: cache_path(drawing))
    alone = file is not None and comm.size == 1
    known = _LAST.get(file) if alone else None
    domain, report = known or obtain(comm, file, lambda: build(drawing))
    drawing.check_names(domain.regions, domain.boundaries)
    if alone:
        _LAST.clear()
        _LAST[file] = domain, report
    return domain, report


_LAST: dict[Path | None, tuple[Domain, MeshReport]] = {}
"""The last mesh of this process: studies often change nothing but numbers on it."""
