"""What came of the light, as numbers: powers, hot spots and the gain that they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem import symbols
from thermosim.fem.domain import integrate, size_of, volume
from thermosim.fem.spaces import per_cell
from thermosim.gain import cooling_gain, pump_absorption
from thermosim.gain.source import aged_efficiency
from thermosim.heat.glow import GlowCoupling
from thermosim.language.namespaces import ufl_namespace
from thermosim.light.cells import cell_volumes, point_volumes
from thermosim.light.source import as_constants

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain
    from thermosim.heat.problem import HeatProblem
    from thermosim.light.absorbed import AbsorbedLight
    from thermosim.light.cells import Floats
    from thermosim.light.source import GainSource


def light_summary(light: AbsorbedLight, problem: HeatProblem) -> dict[str, Any]:
    """Return the numbers of the light for a summary (collective).

    Entries that a model does not know are left out. Of a transient they are those of the moment.
    """
    found: dict[str, Any] = {"optics_model": light.light.optics.model}
    found |= absorbed_powers(light, problem)
    found |= hot_spots(light, problem)
    if light.exposure is not None:
        dose = light.light.laser.peak_intensity * float(light.exposure.value)
        found["dose_J_per_m2"] = dose
        found["aged_efficiency"] = float(aged_efficiency(dose, light.parameters.ageing))
    if light.expected:
        found["absorbed_power_model_W"] = light.expected * light.factor
        found["light_on_mesh_error_rel"] = power_on_mesh(light) / light.expected - 1.0
    if light.beam is not None:
        for name in ("incident", "reflected", "transmitted"):
            found[f"substrate_{name}_W"] = getattr(light.beam, name) * light.factor
    if light.glow is not None:
        for glow in (part for part in problem.couplings if isinstance(part, GlowCoupling)):
            found["emitted_W"] = emitted = glow.emitted()
            found["emission_to_substrate_W"] = emitted * light.glow.incident
            found["emission_absorbed_by_substrate_W"] = emitted * sum(glow.shares.values())
    ledger = light.ledger
    if ledger is not None and ledger.incident:
        found["incident_power_W"] = ledger.incident * light.factor
        found["reflected_fraction"] = ledger.reflected / ledger.incident
        found["transmitted_fraction"] = ledger.transmitted / ledger.incident
        found["into_substrate_fraction"] = ledger.substrate / ledger.incident
        found["truncated_fraction"] = (ledger.truncated + ledger.lost) / ledger.incident
    return found


def power_on_mesh(light: AbsorbedLight) -> float:
    """Return ``α ∫I dV`` [W] at full light, α its own; compares with ``light.expected``."""
    domain, local = light.domain, light.intensity
    if isinstance(local, float):
        return light.alpha * local * volume(domain, light.region)
    volumes = point_volumes(local.function_space, domain, light.region, light.quadrature_degree)
    return light.alpha * float(domain.comm.allreduce(float(local.x.array.real @ volumes)))


def absorbed_powers(light: AbsorbedLight, problem: HeatProblem) -> dict[str, float]:
    """Return the power absorbed by dots, host and substrate on the mesh [W] (collective).

    Dots absorb at their own temperature and intensity, as in the heat source.
    """
    domain, number, xp = light.domain, problem.number, ufl_namespace()
    p = as_constants(light.parameters, number)
    I, T = symbols.symbol(light.source.light(number)), problem.T_ref + problem.theta
    dx = domain.dx(light.region, light.quadrature_degree or problem.source_degree)
    only_dots = pump_absorption(I, T, p, xp) - p.alpha_background
    dots = integrate(domain, only_dots * I, dx) * domain.volume_scale
    host = integrate(domain, number(light.alpha_host) * I, dx) * domain.volume_scale
    ground = 0.0
    if light.ground is not None:
        for region in light.ground_regions:
            ground += integrate(domain, light.ground, domain.dx(region))
        ground *= domain.volume_scale * light.factor
    return {
        "absorbed_power_W": dots + host + ground,
        "absorbed_by_dots_W": dots,
        "absorbed_by_host_W": host,
        "absorbed_by_substrate_W": ground,
    }


def hot_spots(light: AbsorbedLight, problem: HeatProblem) -> dict[str, float]:
    """Return mean and largest intensity, ``<I²>/<I>²`` and the gain that is lost (collective).

    ``heating_volume_fraction`` is the share of the volume whose dots heat, pumped beyond the
    crossover of their gain.
    ``gain_reduction_rel`` is 1 - G/G₀, with G the cooling of all dots and G₀ that under the mean
    intensity everywhere, at the same temperatures; left out where G₀ does not cool.
    """
    domain, number, xp = light.domain, problem.number, ufl_namespace()
    p = light.source.present(number)
    I, T = symbols.symbol(light.source.light(number)), problem.T_ref + problem.theta
    dx = domain.dx(light.region, light.quadrature_degree or problem.source_degree)
    at, middle, volumes = (_by_cell(light, values) for values in lit_points(light, problem))
    sums = [float(domain.comm.allreduce(np.sum(volumes * at**n))) for n in (0, 1, 2)]
    if light.quadrature_degree is None:  # then the rule is that of the source, not of the points
        whole = size_of(domain, dx)
        mean, square = (integrate(domain, power, dx) / whole for power in (I, I**2))
    else:
        mean, square = (part / sums[0] for part in sums[1:])
    found = {"intensity_mean_W_per_m2": mean, "intensity_max_W_per_m2": _largest(light)}
    if mean > 0.0:
        found["hot_spot_factor"] = square / mean**2
        uneven = integrate(domain, cooling_gain(I, T, p, xp), dx)
        even = integrate(domain, cooling_gain(number(mean), T, p, xp), dx)
        heats = cooling_gain(at, middle[:, :1], light.present(at)) < 0.0
        heating = float(domain.comm.allreduce(np.sum(volumes[heats])))
        found["heating_volume_fraction"] = heating / sums[0]
        if even > 0.0:
            found["gain_reduction_rel"] = 1.0 - uneven / even
    return found


def lit_points(light: AbsorbedLight, problem: HeatProblem) -> tuple[Floats, Floats, Floats]:
    """Return intensity [W/m²], temperature [K] and volume [m³] of points of the lit region.

    Collective; each rank gets its own. Points are those at which the intensity is known, with the
    temperature in the middle of their cell.
    """
    domain, local, cells = light.domain, light.intensity, _own_cells(light)
    T = at_lit_points(light, problem.theta) + problem.model.T_ref
    if isinstance(local, float):
        return np.full(len(cells), local * light.factor), T, cell_volumes(domain)[cells]
    dofs = local.function_space.dofmap.list[cells]
    volumes = point_volumes(local.function_space, domain, light.region, light.quadrature_degree)
    I = local.x.array[dofs].ravel() * light.factor
    return I, T, volumes[dofs].ravel()


def at_lit_points(light: AbsorbedLight, values: Any) -> Floats:
    """Return a function at the points of `lit_points`: what it is in the middle of their cells."""
    cells, local = _own_cells(light), light.intensity
    middle = per_cell(light.domain)
    middle.interpolate(values)
    found: Floats = middle.x.array[cells].real
    if isinstance(local, float):
        return found
    return np.repeat(found, local.function_space.dofmap.list[cells].shape[1])


def _by_cell(light: AbsorbedLight, values: Floats) -> Floats:
    """Return what `lit_points` or `at_lit_points` gives with a row for each cell."""
    cells = len(_own_cells(light))
    return values.reshape(cells, len(values) // max(cells, 1))


def _own_cells(light: AbsorbedLight) -> Any:
    cells = light.domain.cells(light.region)
    return cells[cells < light.domain.mesh.topology.index_map(light.domain.tdim).size_local]


def _largest(light: AbsorbedLight) -> float:
    """Return the largest intensity at any point where it is known [W/m²] (collective)."""
    if isinstance(light.intensity, float):
        return light.intensity * light.factor
    space = light.intensity.function_space
    cells = light.domain.cells(light.region)
    values = light.intensity.x.array[space.dofmap.list[cells].ravel()]
    found = light.domain.comm.allgather(float(values.max()) if len(values) else 0.0)
    return float(max(found)) * light.factor


def intensity_by_cell(source: GainSource, domain: Domain, region: str) -> Any:
    """Return the mean intensity of each cell of the lit region [W/m²], 0 elsewhere (collective)."""
    found = per_cell(domain)
    found.name = "intensity_W_per_m2"
    local, cells = source.intensity, domain.cells(region)
    factor = 1.0 if source.scale is None else float(source.scale.value)
    if isinstance(local, float):
        found.x.array[cells] = factor * local
        return found
    volumes = point_volumes(local.function_space, domain, region, source.quadrature_degree)
    dofs = local.function_space.dofmap.list[cells]
    amount = (local.x.array.real[dofs] * volumes[dofs]).sum(axis=1)
    found.x.array[cells] = factor * amount / cell_volumes(domain)[cells]
    found.x.scatter_forward()
    return found
