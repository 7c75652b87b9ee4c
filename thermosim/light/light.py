"""The local intensity of each model on the mesh, and the account of where the light went."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem

from thermosim.errors import CaseError, Problem
from thermosim.fem.domain import quadrature_function, set_at_quadrature_points
from thermosim.fem.parallel import on_root
from thermosim.gain import GainParameters, pump_absorption
from thermosim.light.cells import (
    gather_cells,
    grouped_density,
    lattice_groups,
    ring_groups,
    set_by_cell,
)
from thermosim.light.source import GainSource, LightSource
from thermosim.optics.mie import absorption_coefficient
from thermosim.optics.model import MieOptics, RayOptics, mie_intensity, mie_spheres, trace_body
from thermosim.optics.rays_segments import deposit_on_cells
from thermosim.optics.rays_shapes import surface_of
from thermosim.shapes import Sphere

if TYPE_CHECKING:
    from thermosim.case.particle_case import Case
    from thermosim.fem.domain import Domain
    from thermosim.light.cells import Cells, Floats
    from thermosim.optics.rays import Ledger, RayTrace

_LARGEST_DEGREE = {2: 30, 3: 14}
_DEPTHS = 16
_COARSE, _BARELY = 4.0, 0.01


@dataclass
class AbsorbedLight:
    """The light in the particle of a case, on its mesh.

    Attributes
    ----------
    case, domain
        What it belongs to.
    parameters
        Of the gain at the photon energy of the laser.
    alpha
        Absorption coefficient [1/m] of dots and host that the light was computed with.
    intensity
        Local intensity [W/m²]: a float, a function at quadrature points, or one value a cell.
    quadrature_degree
        Of the rule at whose points it lives; None if it lives everywhere.
    substrate
        Light that the substrate turns into heat [W/m³], one value a cell; None if it takes none.
    ledger
        Where the power of the rays went; None in other models.
    expected
        Power that the body absorbs according to the model itself, without mesh [W]; None if the
        model has no such number.
    notes
        What a reader of the result must know.
    scale
        Constant of the form that multiplies all light of a transient; None stands for 1.
    """

    case: Case
    domain: Domain
    parameters: GainParameters
    alpha: float
    intensity: Any
    quadrature_degree: int | None = None
    substrate: Any = None
    ledger: Ledger | None = None
    expected: float | None = None
    notes: list[str] = field(default_factory=list)
    scale: Any = None

    @property
    def factor(self) -> float:
        """What multiplies the light at this moment."""
        return 1.0 if self.scale is None else float(self.scale.value)

    @property
    def alpha_host(self) -> float:
        """Absorption coefficient [1/m] of all that only heats."""
        return self.case.optics.host_absorption + float(self.parameters.alpha_background)

    @property
    def source(self) -> GainSource:
        """The heat source of the particle."""
        host = self.case.optics.host_absorption
        return GainSource(self.parameters, self.intensity, self.scale, host, self.quadrature_degree)

    @property
    def substrate_source(self) -> LightSource | None:
        """The heat source of the substrate."""
        return None if self.substrate is None else LightSource(self.substrate, self.scale)

    def rebuild(self, alpha: float) -> None:
        """Compute the light anew for an absorption coefficient [1/m], in place (collective)."""
        self.alpha = alpha
        if isinstance(self.case.optics, RayOptics):
            _fill_from_rays(self, self.case.optics)
        elif isinstance(self.case.optics, MieOptics):
            _fill_from_series(self, self.case.optics)


def absorbed_light(case: Case, domain: Domain, degree: int) -> AbsorbedLight:
    """Return the light of a case on its mesh (collective).

    Parameters
    ----------
    case
        With a laser.
    domain
        Its mesh.
    degree
        Of the quadrature of heat sources; light with finer structure chooses a higher one.

    Raises
    ------
    CaseError
        If the model of the light does not suit the case, or an index of refraction is missing.
    """
    laser, optics = case.laser, case.optics
    assert laser is not None
    p = case.resolved_gain().parameters(laser.photon_energy)
    unlit = pump_absorption(0.0, case.chamber.temperature, p)
    light = AbsorbedLight(case, domain, p, float(unlit) + optics.host_absorption, 0.0)
    if isinstance(optics, RayOptics | MieOptics):
        _check_saturation(light, optics)
    if isinstance(optics, RayOptics):
        light.intensity = fem.Function(fem.functionspace(domain.mesh, ("DG", 0)))
        light.rebuild(light.alpha)
        _judge_ledger(light)
    elif isinstance(optics, MieOptics):
        light.quadrature_degree = _series_degree(light, optics, degree)
        light.intensity = quadrature_function(domain, light.quadrature_degree)
        light.rebuild(light.alpha)
    else:
        _fill_by_formula(light, degree)
    return light


def _fill_by_formula(light: AbsorbedLight, degree: int) -> None:
    """Ask a model of the light that knows the intensity at any point, without the mesh."""
    laser, optics = light.case.laser, light.case.optics
    assert laser is not None
    material = light.case.material(light.case.particle.material).refractive_index
    n = optics.index(complex(material.at(laser.wavelength)) if material else complex(math.nan))
    found = optics.intensity(laser, n, light.alpha)
    if callable(found):
        light.quadrature_degree = degree
        light.intensity = quadrature_function(light.domain, degree)
        set_at_quadrature_points(light.intensity, found, light.domain)
    else:
        light.intensity = found


def _check_saturation(light: AbsorbedLight, optics: RayOptics | MieOptics) -> None:
    if optics.saturation and light.parameters.population is None:
        raise CaseError(
            [
                Problem(
                    "optics.saturation",
                    "true",
                    "but the gain counts no bleaching of dots",
                    'write gain.recombination.kind = "ladder" with bleaching = true',
                )
            ]
        )


def particle_index(case: Case) -> float:
    """Return the real refractive index of the particle at the wavelength of the laser."""
    assert case.laser is not None
    material = case.material(case.particle.material)
    if material.refractive_index is None:
        return case.optics.index(complex(math.nan))
    return case.optics.index(complex(material.refractive_index.at(case.laser.wavelength)))


def substrate_index(case: Case) -> complex | None:
    """Return the refractive index of the substrate; None without one."""
    name = case.material_names().get("substrate")
    if name is None:
        return None
    assert case.laser is not None
    table = case.material(name).refractive_index
    if table is None:
        rule = f'rays need the refractive index of "{name}", which is not known'
        remedy = "give the material a refractive_index"
        raise CaseError([Problem("substrate.material", f'"{name}"', rule, remedy)])
    return complex(table.at(case.laser.wavelength))


def largest_cell(domain: Domain) -> float:
    """Return the longest diameter of a cell of the particle [m] (collective)."""
    cells = domain.cells("particle")
    found = domain.mesh.h(domain.tdim, cells) if len(cells) else np.zeros(1)
    return float(max(domain.comm.allgather(float(found.max())))) * domain.unit


def _series_degree(light: AbsorbedLight, optics: MieOptics, degree: int) -> int:
    """Return a degree whose points resolve standing waves in the largest cell, up to a limit."""
    assert light.case.laser is not None
    n, size = particle_index(light.case), largest_cell(light.domain)
    wave = light.case.laser.wavelength / n
    if size > wave / _COARSE:
        light.notes.append(
            f"WARNING: cells of the particle are up to {size * 1e9:.0f} nm large, above "
            f"λ/(4n) = {wave / _COARSE * 1e9:.0f} nm: the light is integrated, but temperatures "
            "and pictures do not show its fringes; raise mesh.cells_per_radius to see them"
        )
    # |E|² oscillates with λ/(2n); a rule of degree d has about d/2 points along a cell
    wanted = optics.quadrature_degree or degree + math.ceil(2.0 * math.pi * size / wave)
    return min(wanted, optics.quadrature_degree or _LARGEST_DEGREE[light.domain.tdim])


def sphere_centre(case: Case) -> tuple[float, float, float]:
    """Return the centre of a sphere that its contact has cut [m]."""
    shape, contact = case.particle.shape, case.contact_radius
    assert isinstance(shape, Sphere)
    depth = shape.truncated(contact).depth if contact else 0.0
    return 0.0, 0.0, shape.radius - depth


def _fill_from_series(light: AbsorbedLight, optics: MieOptics) -> None:
    case, laser = light.case, light.case.laser
    assert laser is not None
    shape, centre = case.particle.shape, sphere_centre(case)
    assert isinstance(shape, Sphere)
    n, radius = particle_index(case), shape.radius
    field_at = mie_intensity(optics, laser, radius, centre, n, light.alpha)
    inside = _only_inside(field_at, centre, radius)
    set_at_quadrature_points(light.intensity, inside, light.domain)
    spheres = mie_spheres(optics, laser, radius, n, light.alpha)
    Q_abs = sum(share * sphere.absorption_efficiency() for share, sphere in spheres)
    incident = float(laser.intensity_at([centre])[0])
    light.expected = Q_abs * math.pi * radius**2 * incident


def _only_inside(field_at: Any, centre: Any, radius: float) -> Any:
    """Return the field with 0 at the points of other bodies."""

    def values(points: Floats) -> Floats:
        near = np.linalg.norm(points - np.asarray(centre), axis=1) < 1.04 * radius
        found = np.zeros(len(points))
        found[near] = field_at(points[near])
        return found

    return values


def _fill_from_rays(light: AbsorbedLight, optics: RayOptics) -> None:
    """Trace on rank 0, put the light into the cells, and hand the values to their owners."""
    domain = light.domain
    body = gather_cells(domain, "particle")
    ground = gather_cells(domain, "substrate") if "substrate" in domain.regions else None
    found = on_root(domain.comm, lambda: _trace_into(light, optics, body, ground))
    inside, heated, light.ledger, light.expected = found
    set_by_cell(light.intensity, domain, body, inside)
    # whether the substrate absorbs is known on every rank
    if "substrate" in domain.regions and _substrate_absorption(light.case):
        if light.substrate is None:
            light.substrate = fem.Function(fem.functionspace(domain.mesh, ("DG", 0)))
        set_by_cell(light.substrate, domain, ground, heated)


def _trace_into(
    light: AbsorbedLight, optics: RayOptics, body: Cells | None, ground: Cells | None
) -> tuple[Floats, Floats | None, Ledger, float]:
    """Return intensity by cell, absorbed power density by cell of the substrate, ledger, power."""
    case, laser = light.case, light.case.laser
    assert laser is not None
    assert body is not None
    n = particle_index(case)
    surface = surface_of(case.particle.shape, case.contact_radius)
    dots = light.alpha - light.alpha_host
    # what the gain itself calls background heats like the host
    host = optics.model_copy(update={"host_absorption": light.alpha_host})
    traced = trace_body(host, laser, surface, n, dots, substrate_index(case))
    size = optics.finest(laser.wavelength, n, case.particle.shape.equivalent_radius)
    locate = body.locator()
    amount, _ = deposit_on_cells(
        traced.segments, locate, len(body.names), 0.5 * size, scattered=True
    )
    inside = grouped_density(amount, body.volumes, lattice_groups(body.centres, size))
    alpha = _substrate_absorption(case)
    heated = _heat_in_substrate(case, traced, ground, alpha, size) if ground and alpha else None
    return inside, heated, traced.ledger, traced.ledger.absorbed


def _substrate_absorption(case: Case) -> float:
    """Return the absorption coefficient of the substrate [1/m]."""
    assert case.laser is not None
    index = substrate_index(case)
    return absorption_coefficient(index.imag, case.laser.wavelength) if index else 0.0


def _heat_in_substrate(
    case: Case, traced: RayTrace, ground: Cells, alpha: float, size: float
) -> Floats:
    """Return the power density that light absorbed in the substrate leaves in each cell [W/m³].

    Each ray that enters leaves equal shares at the middles of equal quantiles of Beer and
    Lambert's law over the thickness; around the axis they are averaged.
    """
    rays, thickness = traced.landings, float(getattr(case.substrate, "thickness", math.inf))
    path = thickness / np.maximum(-rays.direction[:, 2], 1e-3)
    absorbed = -np.expm1(-alpha * path)
    amount, locate = np.zeros(len(ground.names)), ground.locator()
    for quantile in (np.arange(_DEPTHS) + 0.5) / _DEPTHS:
        along = -np.log1p(-quantile * absorbed) / alpha
        cell = locate(rays.origin + along[:, None] * rays.direction)
        amount += np.bincount(cell, rays.power * absorbed / _DEPTHS, minlength=len(amount))
    return grouped_density(amount, ground.volumes, ring_groups(ground.centres, size))


def _judge_ledger(light: AbsorbedLight) -> None:
    ledger = light.ledger
    assert ledger is not None
    unknown = ledger.truncated + ledger.lost
    if unknown > _BARELY * ledger.incident:
        light.notes.append(
            f"WARNING: {100.0 * unknown / ledger.incident:.2g} % of the light was still under way "
            "when its rays were dropped; lower optics.cutoff or raise optics.max_interactions"
        )
    if light.substrate is not None:
        light.notes.append(
            "WARNING: the substrate absorbs; light that reaches it beside the particle, without "
            "having met the particle, is not counted as heat"
        )
