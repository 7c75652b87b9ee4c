"""From a case to its mesh: geometry by shape, cache, one rank builds and all receive."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from thermosim.bodies.particle import Single
from thermosim.errors import MeshError
from thermosim.fem import native
from thermosim.fem.data import FORMAT, MeshData
from thermosim.mesh.estimate import check_count, plane_cells
from thermosim.mesh.halfplane import mesh_half_plane
from thermosim.mesh.layers import Layer, layers_of
from thermosim.mesh.profiles import profile_of
from thermosim.mesh.quality import quality_report
from thermosim.mesh.rings import turn
from thermosim.mesh.session import load_gmsh
from thermosim.mesh.sizes import half_plane_sizes, sectors

if TYPE_CHECKING:
    from thermosim.case.particle_case import Case

MeshReport = dict[str, float]
MESHER = 5
"""Goes up with every change of what the mesher makes of the same case."""


def build_mesh(case: Case) -> tuple[MeshData, MeshReport]:
    """Return the mesh of a case and its quality report, from the cache if it was built before.

    Raises
    ------
    MeshError
        If the geometry cannot be meshed.
    """
    if not case.mesh.cache:
        return _make(case)
    path = cache_path(case)
    found = read_mesh(path)
    if found is None:
        found = _make(case)
        write_mesh(path, *found)
    return found


def cache_path(case: Case) -> Path:
    """Return where the mesh of a case is kept: named by a digest of all that shapes it."""
    parts = {
        "format": FORMAT,
        "mesher": MESHER,
        "gmsh": gmsh_version(),
        "symmetry": case.symmetry,
        "shape": case.particle.shape.model_dump(mode="json"),
        "file": _file_digest(case),
        "arrangement": case.particle.arrangement.model_dump(mode="json"),
        "substrate": [layer.drawn for layer in layers_of(case.substrate)],
        "contact": [case.contact_radius, case.contact.conductance is None],
        "mesh": case.mesh.model_dump(mode="json", exclude={"cache", "target_error"}),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
    return cache_folder() / f"{digest}.npz"


def cache_folder() -> Path:
    """Return the folder of all cached meshes."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "thermosim" / "meshes"


def _file_digest(case: Case) -> str:
    """Return a digest of the file that a shape is read from; nothing for other shapes."""
    path = getattr(case.particle.shape, "path", None)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else ""


def gmsh_version() -> str:
    """Return the version of the mesher, without importing it where possible."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("gmsh")
    except PackageNotFoundError:  # distributions ship gmsh without Python metadata
        return str(load_gmsh().__version__)


def read_mesh(path: Path) -> tuple[MeshData, MeshReport] | None:
    """Return a cached mesh; None if there is none or the file is damaged."""
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
        header = json.loads(str(arrays.pop("header", "{}")))
        report = json.loads(str(arrays.pop("report", "{}")))
    except native.DAMAGED:
        return None
    if header.pop("format", None) != FORMAT:
        return None
    native.touch(path)
    return MeshData(**arrays, **header), report


def write_mesh(path: Path, data: MeshData, report: MeshReport) -> None:
    """Write aside, then rename: a reader never sees half a file. A full disk is no error."""
    aside = native.begin(path)
    if aside is None:
        return
    names = ("points", "cells", "cell_tags", "facet_tags")
    arrays = {name: getattr(data, name) for name in names}
    texts = {"header": np.array(data.header()), "report": np.array(json.dumps(report))}
    if native.write_arrays(aside / path.name, texts | arrays):
        (aside / path.name).replace(path)
    native.discard(aside)
    native.prune(path.parent)


def _make(case: Case) -> tuple[MeshData, MeshReport]:
    """Build the mesh; refuse too many cells before and after."""
    shape, b = case.particle.shape, case.contact_radius
    check = getattr(shape, "check", None)
    if check is not None:
        check()
    # a particle without contact exchanges nothing with its substrate, which is left out
    layers = layers_of(case.substrate) if b else ()
    check_contact_place(layers, b)
    if is_revolved(case, layers):
        data = _revolved(case, layers)
    else:
        from thermosim.mesh.solids import mesh_solids

        data = mesh_solids(case, layers)
    check_count(len(data.cells), case.mesh.max_cells)
    report = quality_report(data, case.mesh.min_quality)
    return replace(data, exact=exact_sizes(case)), report


def is_revolved(case: Case, layers: tuple[Layer, ...]) -> bool:
    """Whether the whole geometry is a body of revolution about z, meshed from its half plane."""
    round_plan = all(layer.plan.radius for layer in layers)
    single = isinstance(case.particle.arrangement, Single)
    return bool(case.particle.shape.is_axisymmetric and round_plan and single)


def _revolved(case: Case, layers: tuple[Layer, ...]) -> MeshData:
    profile = profile_of(case.particle.shape, case.contact_radius)
    rings = case.symmetry != "axisymmetric"
    sizes = half_plane_sizes(case.mesh, profile.size, profile.contact_radius, rings=rings)
    jump = case.contact.conductance is not None
    count = plane_cells(profile, layers, sizes)
    turns = sectors(case.mesh, case.particle.shape.bounding_box[1][0])
    if rings:
        count *= 3 * turns / (4 if case.symmetry == "quarter" else 1)
    check_count(count, case.mesh.max_cells)
    flat = mesh_half_plane(profile, layers, case.mesh.order, sizes, jump=jump)
    return turn(flat, case.symmetry, turns) if rings else flat


def check_contact_place(layers: tuple[Layer, ...], contact_radius: float) -> None:
    """Refuse a contact that reaches over the edge of what it stands on.

    Raises
    ------
    MeshError
        Giving both radii.
    """
    if layers and contact_radius >= layers[0].plan.inner:
        raise MeshError(
            f"the contact, of radius {contact_radius:.4g} m, reaches over the edge of the "
            f"{layers[0].region}, {layers[0].plan.inner:.4g} m from its middle; make it smaller"
        )


def exact_sizes(case: Case) -> dict[str, float]:
    """Return volume and areas in closed form [SI], all particles together, by mesh name."""
    shape, b, count = case.particle.shape, case.contact_radius, case.particle.count
    cut = shape.truncated(b)
    covered = max(shape.base_area - cut.contact_area, 0.0) if b and shape.base_area else 0.0
    layers = layers_of(case.substrate) if b else ()
    if layers and layers[0].plan.radius and shape.is_axisymmetric:
        # a base that juts out over a pillar is free there
        covered = min(covered, layers[0].plan.area - cut.contact_area)
    found = {
        "volume:particle": cut.volume * count,
        "area:particle_surface": (cut.free_area - covered) * count,
    }
    if b:
        found["area:contact"] = cut.contact_area * count
    if covered > 0:
        found["area:particle_base"] = covered * count
    return found
