"""Quality of a mesh: how many cells, how bent, how large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.mesh.measure import edge_lengths, scaled_jacobians, shape_qualities

if TYPE_CHECKING:
    from thermosim.mesh.data import MeshData


def quality_report(mesh: MeshData, threshold: float) -> dict[str, float]:
    """Return the quality report of a mesh.

    Raises
    ------
    MeshError
        If the minimum scaled Jacobian is below `threshold`, naming the region.
    """
    quality = scaled_jacobians(mesh)
    edges = edge_lengths(mesh)
    worst = int(np.argmin(quality))
    if quality[worst] < threshold:
        names = {tag: name for name, tag in mesh.regions.items()}
        place = mesh.points[mesh.cells[worst, : mesh.tdim + 1]].mean(axis=0) * mesh.unit
        where = ", ".join(f"{x:.3g}" for x in place)
        raise MeshError(
            f"minimum scaled Jacobian {quality[worst]:.3g} of {len(quality)} cells is below "
            f'mesh.min_quality = {threshold:g} (in "{names[int(mesh.cell_tags[worst])]}" at '
            f"{where} m); raise mesh.refinement or mesh.cells_per_radius, or lower the threshold "
            "if you know why"
        )
    shape = shape_qualities(mesh)
    return {
        "n_cells": float(len(quality)),
        "n_nodes": float(len(mesh.points)),
        "min_scaled_jacobian": float(quality[worst]),
        "min_shape_quality": float(shape.min()),
        "mean_shape_quality": float(shape.mean()),
        "min_edge_m": float(edges.min()),
        "max_edge_m": float(edges.max()),
    }


def check_quality(gmsh: Any, dim: int, threshold: float) -> dict[str, float]:
    """Return the quality report of the current gmsh mesh.

    Raises
    ------
    MeshError
        If the minimum scaled Jacobian is below `threshold`.
    """
    tags = np.concatenate(gmsh.model.mesh.getElements(dim)[1])
    quality = gmsh.model.mesh.getElementQualities(tags, "minSJ")
    shape = gmsh.model.mesh.getElementQualities(tags, "minSICN")
    edges = gmsh.model.mesh.getElementQualities(tags, "minEdge")
    worst = float(np.min(quality))
    if worst < threshold:
        raise MeshError(
            f"minimum scaled Jacobian {worst:.3g} of {len(tags)} cells is below "
            f"mesh.min_quality = {threshold:g}; raise mesh.refinement or mesh.cells_per_radius, "
            "or lower the threshold if you know why"
        )
    return {
        "n_cells": float(len(tags)),
        "min_scaled_jacobian": worst,
        "mean_shape_quality": float(np.mean(shape)),
        "min_edge": float(np.min(edges)),
    }
