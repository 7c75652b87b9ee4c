"""How a case is computed: the sections ``[mesh]``, ``[solver]``, ``[output]``, ``[source]``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from thermosim.language.sections import Section
from thermosim.language.units import HeatSource, Length, Positive, TemperatureDifference

Symmetry = Literal["axisymmetric", "quarter", "3d"]
# by dimension of the mesh; the graph in docs/mesh.md shows what they reach
_CELLS_PER_RADIUS = {2: 8.0, 3: 7.0}
_CELLS_PER_CONTACT = {2: 2000.0, 3: 20.0}
_GROWTH = {2: 0.25, 3: 0.3}
Degree = Annotated[int, Field(ge=1, le=3)]


class GivenSource(Section):
    """Heat released in the particle, given as a number in place of laser and gain."""

    heat_source: HeatSource = Field(description="Per volume of the particle; negative cools")


class MeshSettings(Section):
    """Sizes of the cells; the defaults suit a contact between a nanometre and the particle."""

    order: Literal[1, 2] = Field(
        default=2, description="Geometry: 2 curves the cells, so that a sphere is a sphere"
    )
    refinement: Annotated[float, Field(gt=0, le=64)] = Field(
        default=1.0, description="Divides every cell size: 2 halves them all"
    )
    cells_per_radius: Annotated[float, Field(ge=1, le=200)] | None = Field(
        default=None, description="Cells along the particle's radius; default 8 (3-D: 7)"
    )
    cells_per_contact: Annotated[float, Field(ge=1, le=1e6)] | None = Field(
        default=None,
        description="Contact radius over cell size at its rim; default 2000 (rings 1000, 3-D 20)",
    )
    growth: Annotated[float, Field(ge=0.02, le=1)] | None = Field(
        default=None,
        description="Cell size gained per distance from the rim; default 0.25 (rings .35, 3-D .3)",
    )
    sectors: Annotated[int, Field(ge=8, le=400, multiple_of=4)] | None = Field(
        default=None,
        description="Sectors of a whole turn, for bodies of revolution in 3-D; default 40",
    )
    optical_size: Positive[Length] | None = Field(
        default=None,
        description="Largest cell in the particle, to resolve a beam or a wave in it",
    )
    min_quality: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.1, description="Refuse meshes whose minimum scaled Jacobian is below this"
    )
    max_cells: Annotated[int, Field(ge=1)] = Field(
        default=20_000_000, description="Refuse to build more cells than this"
    )
    target_error: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None,
        description="Refine until the estimated relative error of the mean ΔT is below this",
    )
    cache: bool = Field(default=True, description="Keep the mesh for the next run of the same body")

    def resolved(self, dim: int) -> tuple[float, float, float]:
        """Return cells per radius, cells per contact radius and growth, refinement included."""
        finer = self.refinement
        return (
            finer * (self.cells_per_radius or _CELLS_PER_RADIUS[dim]),
            finer * (self.cells_per_contact or _CELLS_PER_CONTACT[dim]),
            (self.growth or _GROWTH[dim]) / finer,
        )


class SolverSettings(Section):
    """Discretisation and tolerances."""

    degree: Degree = Field(default=2, description="Polynomial degree of the temperature")
    linear: Literal["auto", "direct", "iterative"] = Field(
        default="auto", description='"auto": direct (MUMPS) in 2-D, CG with BoomerAMG in 3-D'
    )
    newton_rtol: Annotated[float, Field(gt=0, lt=1e-2)] = Field(
        default=1e-10, description="Residual over the load at which Newton stops"
    )
    linear_rtol: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=1e-6, description="Residual reduction of each iterative linear solve"
    )
    max_newton: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=40, description="Newton iterations before continuation in the source is tried"
    )
    error_estimate: bool = Field(
        default=True, description="Estimate the discretisation error (one more linear solve)"
    )
    balance_tolerance: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=1e-8, description="Relative energy balance above which the run warns"
    )
    second_start: TemperatureDifference | None = Field(
        default=None,
        description="Look for a second steady state from this ΔT; by default from 300 K above, "
        "where the particle heats and the mesh is two-dimensional",
    )


class OutputSettings(Section):
    """What is written beside summary.json and the resolved case."""

    fields: bool = Field(default=True, description="VTX (.bp) and VTK (.pvd) files")
    pictures: bool = Field(default=True, description="PNG pictures")
    scene: bool = Field(
        default=True, description="Fields to turn in report.html (some 0.5 to 4 MB)"
    )
    thermometer: bool | None = Field(
        default=None,
        description="What PL thermometry would read ([thermometry]); by default where dots emit",
    )
