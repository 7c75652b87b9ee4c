"""From a case to its mesh: geometry by shape, cache, one rank builds and all receive."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.mesh.data import FORMAT, MeshData, split_at
from thermosim.mesh.revolved import RevolvedBody, Segment, mesh_revolved
from thermosim.mesh.sizes import default_sizes
from thermosim.shapes import Sphere
from thermosim.shapes.sphere import center_height

if TYPE_CHECKING:
    from thermosim.case import Case

MeshReport = dict[str, float]


def build_mesh(case: Case) -> tuple[MeshData, MeshReport]:
    """Return the mesh of a case and its quality report, from the cache if it was built before.

    Raises
    ------
    MeshError
        If the geometry cannot be meshed.
    """
    path = cache_path(case)
    if case.mesh.cache and path.exists():
        found = _read(path)
        if found is not None:
            return found
    data, report = _make(case)
    if case.mesh.cache:
        _write(path, data, report)
    return data, report


def cache_path(case: Case) -> Path:
    """Return where the mesh of a case is kept: named by a digest of all that shapes it."""
    parts = {
        "format": FORMAT,
        "symmetry": case.symmetry,
        "shape": case.particle.shape.model_dump(mode="json"),
        "substrate": case.substrate.model_dump(mode="json", include=_geometric(case.substrate)),
        "contact": [case.contact_radius, case.contact.conductance is None],
        "mesh": case.mesh.model_dump(mode="json", exclude={"cache", "target_error"}),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "thermosim" / "meshes" / f"{digest}.npz"


def _geometric(substrate: Any) -> set[str]:
    return set(type(substrate).model_fields) - {
        "material", "emissivity", "rim", "bottom", "held_temperature", "crystal_axis",
    }  # fmt: skip


def _read(path: Path) -> tuple[MeshData, MeshReport] | None:
    """Return a cached mesh; None if the file is damaged, so that it is made anew."""
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError):
        return None
    header = json.loads(str(arrays.pop("header")))
    report = json.loads(str(arrays.pop("report")))
    if header.pop("format") != FORMAT:
        return None
    return MeshData(**arrays, **header), report


def _write(path: Path, data: MeshData, report: MeshReport) -> None:
    """Write aside, then rename: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {
        name: getattr(data, name)
        for name in ("points", "cells", "cell_tags", "facet_tags")
    }
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as stream:
        np.savez(stream, header=data.header(), report=json.dumps(report), **arrays)
    Path(stream.name).replace(path)


def _make(case: Case) -> tuple[MeshData, MeshReport]:
    shape = case.particle.shape
    if not isinstance(shape, Sphere):
        raise MeshError(f'particle.shape.kind = "{shape.kind}" cannot be meshed yet; use "sphere"')
    body, exact = sphere_on_slab(case, shape)
    dim = 2 if case.symmetry == "axisymmetric" else 3
    center = float(center_height(shape.radius, body.contact_radius))
    sizes = default_sizes(case.mesh, dim, shape.radius, center, body.contact_radius)
    data, report = mesh_revolved(body, case.symmetry, case.mesh.order, sizes, exact)
    if body.contact_radius and case.contact.conductance is not None:
        data = split_at(data, "contact", "substrate", "contact_substrate")
    return data, report


def sphere_on_slab(case: Case, sphere: Sphere) -> tuple[RevolvedBody, dict[str, float]]:
    """Return the half plane of a sphere cut flat by its contact, and its exact sizes [SI].

    Without contact the sphere floats; the substrate, which then exchanges nothing with it, is
    left out.
    """
    R, b = sphere.radius, case.contact_radius
    zc = float(center_height(R, b))
    arcs = [Segment("circle", (0.0, zc + R), (0.0, zc))]
    if b < R:
        arcs.insert(0, Segment("circle", (R, zc), (0.0, zc)))
    slab = None
    if b:
        radius = getattr(case.substrate, "radius", None)
        thickness = getattr(case.substrate, "thickness", None)
        if radius is None or thickness is None:
            raise MeshError(
                f'substrate.kind = "{case.substrate.kind}" as given cannot be meshed yet; '
                'use kind = "slab" with radius and thickness'
            )
        slab = (float(radius), float(thickness))
    cut = sphere.truncated(b)
    exact = {"volume:particle": cut.volume, "area:particle_surface": cut.free_area}
    return RevolvedBody((b, 0.0), arcs, b, slab), exact
