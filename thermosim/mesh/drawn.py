"""What is known of a particle that has been drawn in gmsh."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class DrawnBody:
    """gmsh tags of a particle: its volume, its faces by name, the outline of its foot.

    `short` are curves with their length in model units; cells around short ones are as small.
    """

    volume: int
    faces: dict[str, list[int]]
    foot: list[int]
    rim: list[int]
    short: list[tuple[int, float]] = field(default_factory=list)


def redrawn_faces(gmsh: Any, names: dict[str, list[int]]) -> dict[str, list[int]]:
    """Return the names with each face that belongs to no volume replaced by its double that does.

    When OpenCASCADE closes a volume, it draws a face anew whose outline runs the wrong way.
    """
    faces = [face for _, face in gmsh.model.getEntities(2)]
    volumes = {face: len(gmsh.model.getAdjacencies(2, face)[0]) for face in faces}
    owned = {_signature(gmsh, face): face for face, count in volumes.items() if count}
    orphans = [face for face, count in volumes.items() if not count]
    new = {face: owned[_signature(gmsh, face)] for face in orphans}
    gmsh.model.occ.remove([(2, face) for face in orphans])
    gmsh.model.occ.synchronize()
    return {name: [new.get(tag, tag) for tag in tags] for name, tags in names.items()}


def _signature(gmsh: Any, face: int) -> tuple[Any, ...]:
    curves = sorted(curve for _, curve in gmsh.model.getBoundary([(2, face)], oriented=False))
    box = gmsh.model.getBoundingBox(2, face)
    return (*curves, *(round(x, 5) for x in box))
