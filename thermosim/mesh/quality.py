"""Quality of a mesh: how many cells, how bent, how large."""

from __future__ import annotations

from typing import Any

import numpy as np

from thermosim.errors import MeshError


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
