"""Field files: VTX (.bp) for time series and ParaView, VTK (.pvd) for everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem

if TYPE_CHECKING:
    from pathlib import Path

    from thermosim.heat.problem import HeatProblem


def write_fields(folder: Path, problem: HeatProblem) -> None:
    """Write ΔT [K], the regions and the mean intensity of each cell [W/m²] (collective).

    Coordinates are in units of the mesh, micrometres.
    """
    from dolfinx.io import VTKFile

    mesh = problem.domain.mesh
    delta = fem.Function(problem.space, name="delta_T_K")
    delta.x.array[:] = problem.theta.x.array
    with VTKFile(mesh.comm, str(folder / "fields.pvd"), "w") as stream:
        stream.write_function([delta, region_function(problem), *_light(problem)], 0.0)
    try:
        from dolfinx.io import VTXWriter
    except ImportError:  # DOLFINx without ADIOS2: `thermosim doctor` says so
        return
    with VTXWriter(mesh.comm, str(folder / "fields.bp"), [delta]) as writer:
        writer.write(0.0)


def _light(problem: HeatProblem) -> list[Any]:
    """Return the intensity in the region with the dots, where there is light (collective)."""
    from thermosim.light import GainSource, intensity_by_cell

    return [
        intensity_by_cell(body.source, problem.domain, body.region)
        for body in problem.model.bodies
        if isinstance(body.source, GainSource)
    ]


def region_function(problem: HeatProblem) -> Any:
    """Return the number of each cell's region as a piecewise constant."""
    domain = problem.domain
    region = fem.Function(fem.functionspace(domain.mesh, ("DG", 0)), name="region")
    region.x.array[domain.cell_tags.indices] = domain.cell_tags.values.astype(np.float64)
    return region
