"""Meshes of bodies kept between runs, by a digest of all that shapes them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.bodies.geometry import GeometryFile
from thermosim.fem.data import FORMAT
from thermosim.mesh.build import MESHER, cache_folder, gmsh_version, read_mesh, write_mesh
from thermosim.mesh.regions import build_body

if TYPE_CHECKING:
    from pathlib import Path

    from thermosim.case.body_case import BodyCase
    from thermosim.fem.data import MeshData
    from thermosim.mesh.background import SizeMap

Report = dict[str, float]
_READS_OTHERS = b"FromFile"  # a script that reads CAD files has more in it than its text


def body_mesh(case: BodyCase, sizes: SizeMap | None = None) -> tuple[MeshData, Report]:
    """Return the mesh of a body and its quality report, from the cache if it was built before.

    Raises
    ------
    MeshError, CaseError
        As `build_body`; the latter for names that the geometry does not have.
    """
    path = body_path(case, sizes)
    found = read_mesh(path) if path is not None else None
    if found is not None:
        check_kept_names(case, found[0].regions, found[0].boundaries)
        return found
    made = build_body(case.geometry, case.mesh, case.contacts, case.check_names, sizes)
    if path is not None:
        write_mesh(path, *made)
    return made


def body_path(case: BodyCase, sizes: SizeMap | None = None) -> Path | None:
    """Return where the mesh of a body is kept; None if it is not to be, or reads more files."""
    if not case.mesh.cache:
        return None
    content, kind = b"", str(case.geometry.kind)
    if isinstance(case.geometry, GeometryFile):
        content, kind = case.geometry.file.read_bytes(), case.geometry.file.suffix.lower()
        if kind == ".geo" and _READS_OTHERS in content:
            return None
    parts = {
        "format": FORMAT,
        "mesher": MESHER,
        "gmsh": gmsh_version(),
        "geometry": case.geometry.model_dump(mode="json", exclude={"file"}),
        "kind": kind,
        "contacts": {name: contact.between for name, contact in case.contacts.items()},
        "mesh": case.mesh.model_dump(mode="json", exclude={"cache", "target_error"}),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode() + content)
    for array in (sizes.points, sizes.cells, sizes.sizes) if sizes is not None else ():
        digest.update(np.ascontiguousarray(array).tobytes())
    return cache_folder() / f"body-{digest.hexdigest()[:24]}.npz"


def check_kept_names(case: BodyCase, regions: Any, boundaries: Any) -> None:
    """Refuse names that a mesh, cut open at its contacts, does not have.

    Raises
    ------
    CaseError
        Naming each.
    """
    sides = {f"{name}:{region}" for name, c in case.contacts.items() for region in c.between}
    case.check_names(tuple(regions), tuple(name for name in boundaries if name not in sides))
