"""Quality of a mesh: how many cells, how bent, how large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.mesh.measure import (
    areas,
    edge_lengths,
    scaled_jacobians,
    shape_qualities,
    volumes,
)

if TYPE_CHECKING:
    from thermosim.fem.data import MeshData


_PARTICLE = ("particle_surface", "particle_base", "contact")


def quality_report(
    mesh: MeshData, threshold: float, remedy: str = "raise mesh.refinement"
) -> dict[str, float]:
    """Return the quality report of a mesh; `remedy` is what a message proposes.

    Raises
    ------
    MeshError
        If the minimum scaled Jacobian is below `threshold`, naming the region.
    """
    edges = edge_lengths(mesh)
    shape = shape_qualities(mesh, edges)
    quality = scaled_jacobians(mesh, shape)
    worst = int(np.argmin(quality))
    if quality[worst] < threshold:
        names = {tag: name for name, tag in mesh.regions.items()}
        place = mesh.points[mesh.cells[worst, : mesh.tdim + 1]].mean(axis=0) * mesh.unit
        where = ", ".join(f"{x:.3g}" for x in place)
        raise MeshError(
            f"minimum scaled Jacobian {quality[worst]:.3g} of {len(quality)} cells is below "
            f'mesh.min_quality = {threshold:g} (in "{names[int(mesh.cell_tags[worst])]}" at '
            f"{where} m); {remedy}, or lower the threshold if you know why"
        )
    return {
        "n_cells": float(len(quality)),
        "n_nodes": float(len(mesh.points)),
        "min_scaled_jacobian": float(quality[worst]),
        "min_shape_quality": float(shape.min()),
        "mean_shape_quality": float(shape.mean()),
        "min_edge_m": float(edges.min()),
        "max_edge_m": float(edges.max()),
    }


def mesh_numbers(mesh: MeshData, report: dict[str, float]) -> dict[str, Any]:
    """Return quality and sizes by name, with closed-form sizes beside the measured ones.

    ``volume_NAME_m3`` of regions and ``area_NAME_m2`` of boundaries (``_m2`` and ``_m`` per metre
    of depth for planar meshes), ``…_exact_…`` and ``…_deviation`` (relative) where known.
    ``area_particle_m2`` is the whole surface of the particle: free, base and contact.
    """
    found: dict[str, Any] = dict(report)
    found["n_cells"] = len(mesh.cells)
    found["n_nodes"] = len(mesh.points)
    found |= {"order": mesh.order, "symmetry": mesh.symmetry, "mesh_hash": mesh.content_hash()}
    planar = mesh.symmetry == "planar"
    surface = areas(mesh)
    sizes = {f"volume:{name}": value for name, value in volumes(mesh).items()}
    sizes |= {f"area:{name}": value for name, value in surface.items()}
    exact = dict(mesh.exact)
    if "particle_surface" in surface:
        sizes["area:particle"] = sum(surface.get(name, 0.0) for name in _PARTICLE)
        parts = [exact[f"area:{name}"] for name in _PARTICLE if f"area:{name}" in exact]
        if "area:particle_surface" in exact:
            exact["area:particle"] = sum(parts)
    for key, value in sizes.items():
        kind, _, name = key.partition(":")
        unit = {"volume": "m2" if planar else "m3", "area": "m" if planar else "m2"}[kind]
        found[f"{kind}_{name}_{unit}"] = value
        if key in exact:
            found[f"{kind}_{name}_exact_{unit}"] = exact[key]
            found[f"{kind}_{name}_deviation"] = value / exact[key] - 1
    return found
