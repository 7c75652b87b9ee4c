"""The quarter x, y ≥ 0 of a drawn geometry with the mirror planes x = 0 and y = 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from thermosim.mesh.drawn import DrawnBody

DimTag = tuple[int, int]
Groups = dict[str, list[int]]
_ON_PLANE = 1e-6  # model lengths; OpenCASCADE is exact to 1e-7


class Quarter:
    """What becomes of entities when a model is cut in four and three parts are taken away.

    Parameters
    ----------
    gmsh : module with an open model, in synchrony
    volumes, faces, curves : tags of all volumes, and of the faces and curves that matter later
    reach : the planes extend that far from the origin, in model lengths
    """

    def __init__(
        self, gmsh: Any, volumes: list[int], faces: list[int], curves: list[int], reach: float
    ) -> None:
        self._occ = gmsh.model.occ
        wanted: list[DimTag] = [(3, tag) for tag in volumes]
        wanted += [(2, tag) for tag in faces] + [(1, tag) for tag in curves]
        wanted = list(dict.fromkeys(wanted))
        # with the originals in place: what they become would take over tags that are in use
        planes = self._planes(2 * reach)
        _, pieces = self._occ.fragment(wanted, planes, removeObject=False, removeTool=False)
        self._kept = {
            entity: [tag for dim, tag in parts if dim == entity[0] and self._is_inside(dim, tag)]
            for entity, parts in zip(wanted, pieces[: len(wanted)], strict=True)
        }
        kept = {tag for (dim, _), tags in self._kept.items() if dim == 3 for tag in tags}
        self._occ.synchronize()
        rest = [(3, tag) for _, tag in gmsh.model.getEntities(3) if tag not in kept]
        self._occ.remove(rest, recursive=True)
        self._occ.synchronize()
        for dim in (2, 1, 0):
            alone = [e for e in gmsh.model.getEntities(dim) if not _has_owner(gmsh, e)]
            self._occ.remove(alone)
            self._occ.synchronize()

    def _planes(self, size: float) -> list[DimTag]:
        planes = []
        for normal in (0, 1):
            points = [
                self._occ.addPoint(*((0.0, across, z) if normal == 0 else (across, 0.0, z)))
                for across, z in ((-size, -size), (size, -size), (size, size), (-size, size))
            ]
            ends = zip(points, points[1:] + points[:1], strict=True)
            lines = [self._occ.addLine(a, b) for a, b in ends]
            planes.append((2, self._occ.addPlaneSurface([self._occ.addCurveLoop(lines)])))
        return planes

    def _is_inside(self, dim: int, tag: int) -> bool:
        x, y, _ = self._occ.getCenterOfMass(dim, tag)
        return bool(x > -_ON_PLANE and y > -_ON_PLANE)

    def of(self, dim: int, tags: Iterable[int]) -> list[int]:
        """Return the tags of what is left of entities."""
        return [new for tag in tags for new in self._kept[dim, tag]]

    def of_groups(self, dim: int, groups: Groups) -> Groups:
        """Return named groups of entities with what is left of them."""
        return {name: self.of(dim, tags) for name, tags in groups.items()}

    def of_body(self, body: DrawnBody) -> DrawnBody:
        """Return what is left of a particle; curves keep the lengths that they had."""
        short = [(new, length) for tag, length in body.short for new in self.of(1, [tag])]
        (volume,) = self.of(3, [body.volume])
        return replace(
            body,
            volume=volume,
            faces=self.of_groups(2, body.faces),
            foot=self.of(1, body.foot),
            rim=self.of(1, body.rim),
            short=short,
        )


def _has_owner(gmsh: Any, entity: DimTag) -> bool:
    return len(gmsh.model.getAdjacencies(*entity)[0]) > 0
