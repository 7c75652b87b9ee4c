"""Parts of a file made to share their faces, on request, with the names that they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.errors import MeshError
from thermosim.mesh.session import group_name

if TYPE_CHECKING:
    from pathlib import Path

Entity = tuple[int, int]


def join_parts(gmsh: Any, path: Path, dim: int) -> None:
    """Make parts that touch share their faces; names go to what becomes of each named part.

    Meshes that were read share the nodes that lie at one place. Parts drawn by gmsh's own kernel
    share what is drawn twice; those of OpenCASCADE are cut at each other too.

    Raises
    ------
    MeshError
        If parts with different names overlap.
    """
    if path.suffix.lower() == ".msh":
        gmsh.model.mesh.removeDuplicateNodes()
        return
    drawn = [e for e in gmsh.model.occ.getEntities(dim) if e in gmsh.model.getEntities(dim)]
    if not drawn:
        gmsh.model.geo.removeAllDuplicates()
        gmsh.model.geo.synchronize()
        return
    groups = _groups(gmsh, dim)
    named = sorted({entity for _, entities in groups for entity in entities if entity[0] < dim})
    # gmsh numbers the faces of the parts anew without telling, but not copies of them
    copies = gmsh.model.occ.copy(named) if named else []
    _, pieces = gmsh.model.occ.fragment(drawn, copies)
    for group in gmsh.model.getPhysicalGroups():
        gmsh.model.removePhysicalName(gmsh.model.getPhysicalName(*group))
    gmsh.model.removePhysicalGroups()
    gmsh.model.occ.synchronize()
    became = dict(zip([*drawn, *named], pieces, strict=True))
    owner: dict[Entity, str] = {}
    for name, entities in groups:
        found = sorted({piece for entity in entities for piece in became.get(entity, [])})
        for piece in found:
            if owner.setdefault(piece, name) != name and piece[0] == dim:
                raise MeshError(f'{path}: "{owner[piece]}" and "{name}" overlap')
        level = entities[0][0]
        mine = [tag for d, tag in found if d == level and owner[d, tag] == name]
        if mine:
            gmsh.model.addPhysicalGroup(level, mine, name=name)


def _groups(gmsh: Any, dim: int) -> list[tuple[str, list[Entity]]]:
    """Return names and entities of the physical groups of regions and boundaries."""
    found = []
    for level in (dim, dim - 1):
        for _, tag in gmsh.model.getPhysicalGroups(level):
            name = group_name(gmsh, level, tag)
            entities = gmsh.model.getEntitiesForPhysicalGroup(level, tag)
            found.append((name, [(level, int(entity)) for entity in entities]))
    return found
