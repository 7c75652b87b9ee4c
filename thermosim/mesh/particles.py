"""Meshes of particles on what they stand on: a half plane, rings turned from one, or solids."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from thermosim.bodies.particle import Single
from thermosim.errors import MeshError
from thermosim.mesh.estimate import check_count, plane_cells
from thermosim.mesh.halfplane import mesh_half_plane
from thermosim.mesh.layers import Layer, layers_of
from thermosim.mesh.quality import quality_report
from thermosim.mesh.rings import turn
from thermosim.mesh.sizes import half_plane_sizes, sectors
from thermosim.mesh.solids import mesh_solids

if TYPE_CHECKING:
    from typing import Literal

    from thermosim.fem.data import MeshData
    from thermosim.model.drawing import ParticleDrawing


def mesh_particles(drawing: ParticleDrawing) -> tuple[MeshData, dict[str, float]]:
    """Return the mesh of particles and its quality report; refuse too many cells before and after.

    Raises
    ------
    MeshError
        If the geometry cannot be meshed.
    """
    check = getattr(drawing.shape, "check", None)
    if check is not None:
        check()
    layers = layers_of(drawing.substrate)
    check_contact_place(layers, drawing.contact_radius)
    solid = mesh_kind(drawing) == "solids"
    data = mesh_solids(drawing, layers) if solid else _revolved(drawing, layers)
    check_count(len(data.cells), drawing.mesh.max_cells)
    report = quality_report(data, drawing.mesh.min_quality)
    return replace(data, exact=exact_sizes(drawing)), report


def mesh_kind(drawing: ParticleDrawing) -> Literal["plane", "rings", "solids"]:
    """Return how particles are meshed: in (r, z), in rings about the axis, or as any solids."""
    if drawing.symmetry == "axisymmetric":
        return "plane"
    round_plan = all(layer.plan.radius for layer in layers_of(drawing.substrate))
    single = isinstance(drawing.arrangement, Single)
    return "rings" if drawing.shape.is_axisymmetric and round_plan and single else "solids"


def _revolved(drawing: ParticleDrawing, layers: tuple[Layer, ...]) -> MeshData:
    profile = drawing.shape.profile(drawing.contact_radius)
    rings = drawing.symmetry != "axisymmetric"
    sizes = half_plane_sizes(drawing.mesh, profile.size, profile.contact_radius, rings=rings)
    count = plane_cells(profile, layers, sizes)
    turns = sectors(drawing.mesh, drawing.shape.bounding_box[1][0])
    if rings:
        count *= 3 * turns / (4 if drawing.symmetry == "quarter" else 1)
    check_count(count, drawing.mesh.max_cells)
    flat = mesh_half_plane(profile, layers, drawing.mesh.order, sizes, jump=drawing.jump)
    return turn(flat, drawing.symmetry, turns) if rings else flat


def check_contact_place(layers: tuple[Layer, ...], contact_radius: float) -> None:
    """Refuse a contact that reaches over the edge of what it stands on.

    Raises
    ------
    MeshError
        Giving both radii.
    """
    if layers and contact_radius >= layers[0].plan.inner:
        raise MeshError(
            f"the contact, of radius {contact_radius:.4g} m, reaches over the edge of the "
            f"{layers[0].region}, {layers[0].plan.inner:.4g} m from its middle; make it smaller"
        )


def exact_sizes(drawing: ParticleDrawing) -> dict[str, float]:
    """Return volume and areas in closed form [SI], all particles together, by mesh name."""
    shape, b, count = drawing.shape, drawing.contact_radius, len(drawing.places())
    cut = shape.truncated(b)
    covered = max(shape.base_area - cut.contact_area, 0.0) if b and shape.base_area else 0.0
    layers = layers_of(drawing.substrate)
    if layers and layers[0].plan.radius and shape.is_axisymmetric:
        # a base that juts out over a pillar is free there
        covered = min(covered, layers[0].plan.area - cut.contact_area)
    found = {
        "volume:particle": cut.volume * count,
        "area:particle_surface": (cut.free_area - covered) * count,
    }
    if b:
        found["area:contact"] = cut.contact_area * count
    if covered > 0:
        found["area:particle_base"] = covered * count
    return found
