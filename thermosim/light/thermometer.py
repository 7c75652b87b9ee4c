"""What an instrument would see of a computed particle: its emission, the temperature it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thermosim.fem.spaces import per_cell
from thermosim.gain.source import emission_rate
from thermosim.light.accounts import intensity_by_cell
from thermosim.light.cells import cell_volumes
from thermosim.model.thermometer import read_dots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.state import State
    from thermosim.light.absorbed import AbsorbedLight
    from thermosim.thermometry import ThermometrySettings


def emitting_places(
    problem: State, light: AbsorbedLight
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return temperature [K] and emitted photons [1/s] of every cell of the lit region.

    Collective. Temperatures are those of the middle of each cell; every rank gets all cells.
    """
    domain = problem.domain
    owned = domain.mesh.topology.index_map(domain.tdim).size_local
    cells = domain.cells(light.region)
    cells = cells[cells < owned]
    middle = per_cell(domain)
    middle.interpolate(problem.theta)
    T = middle.x.array[cells] + problem.model.T_ref
    intensity = intensity_by_cell(light.source, domain, light.region).x.array[cells]
    p = light.present(intensity)
    photons = p.n_dots * emission_rate(intensity, T, p) * cell_volumes(domain)[cells]
    gathered = domain.comm.allgather((T, photons))
    return np.concatenate([t for t, _ in gathered]), np.concatenate([n for _, n in gathered])


def thermometer(
    problem: State, light: AbsorbedLight, settings: ThermometrySettings
) -> dict[str, float]:
    """Return what PL thermometry would read of the lit body, beside the truth (collective).

    Every place emits the spectrum of the dots at its temperature; the reference is the same
    body at the temperature ΔT is counted from. The difference between reading and
    emission-weighted mean is the bias of the method: a gap that moves bends the tail that the fit
    takes for straight.

    Raises
    ------
    ValueError
        If the line of the dots is not known at these temperatures, or misses the window.
    """
    T, photons = emitting_places(problem, light)
    if not photons.sum() > 0:
        return {}
    T_ref = problem.model.T_ref
    reading = read_dots(light.gain, T, photons, settings, T_ref)
    return {
        "emitted_photons_per_s": float(photons.sum()),
        "delta_T_emission_mean_K": reading.emission_mean - T_ref,
        "delta_T_thermometer_K": reading.delta_T,
        "delta_T_thermometer_sigma_K": reading.sigma,
    }
