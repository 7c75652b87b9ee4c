"""How fast dots in a body emit: the local density of states of light at their places.

A dipole p at x radiates with ``Im p·G(x, x)·p``, where G answers Maxwell's equations to a current
at a point; over ``n k/(6 pi)``, that of an endless medium of index n, this is the Purcell factor
(Novotny and Hecht, Principles of Nano-Optics, section 8.4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.fem.kept import obtain
from thermosim.light.fullwave.media import stack_of
from thermosim.light.fullwave.plan import plan
from thermosim.light.fullwave.polarised import most_modes
from thermosim.light.fullwave.samples import cells_of
from thermosim.light.fullwave.solution import Task, mesh_of
from thermosim.light.fullwave.system import Scattering
from thermosim.optics.beam import Laser
from thermosim.optics.layered_field import K
from thermosim.optics.model import FullWaveOptics
from thermosim.shapes.parallel import face

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.model.model import Light
    from thermosim.shapes.profile import Profile

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]

_HEIGHTS, _GOLDEN = 4001, 0.6180339887498949


@dataclass(frozen=True)
class Emission:
    """Dots at places of a body.

    Attributes
    ----------
    points
        Places (r, z) [m], shape (n, 2): those of a quadrature rule next to what was asked for.
    purcell
        Rate of radiation over that in an endless body, for dipoles along r, around the axis and
        along z, shape (n, 3).
    """

    points: Floats
    purcell: Floats

    @property
    def mean(self) -> Floats:
        """The factor of dots whose dipoles point anywhere, shape (n,)."""
        return np.asarray(self.purcell.mean(axis=1))


def emission(task: Task, places: Floats, comm: Any) -> Emission:
    """Return how fast dots radiate at places (r, z) [m] of a body, shape (n, 2) (collective).

    At the wavelength of the laser of the task; what the body absorbs is left out, since a dot in it
    would be quenched by the last atom beside it.

    Raises
    ------
    CaseError
        If a layer absorbs, which quenches dots close to it by fields of any number of modes, or
        if it is too large.
    """
    if any(abs(complex(n).imag) > 0.0 for n in task.stack.indices):
        rule = "a layer absorbs: dots close to it are quenched, which is not counted"
        raise CaseError([Problem("optics.purcell_places", "", rule, "remove it")])
    n = complex(task.index).real
    drawn = plan(task.profile, task.unit, complex(n), task.stack, task.optics)
    domain, _ = obtain(comm, None, lambda: (mesh_of(task, drawn), {}))
    coats = (complex(coating.refractive_index) ** 2 for coating in task.optics.coatings)
    degree = task.elements.degree
    system = Scattering(
        domain, task.stack, (complex(n) ** 2, *coats), drawn.layer(), degree, 2 * degree
    )
    points, loads = _loads(system, np.asarray(places, float) / task.unit, comm)
    rates = np.zeros(3 * len(points))
    for m in range(most_modes(n * K * float(points[:, 0].max(initial=0.0))) + 1):
        free = np.ones(system.unknowns, bool)
        free[system.fixed(m)] = False
        with system.factors(m) as factors:
            b = loads * free[:, None] if comm.rank == 0 else loads
            answer = factors.solve(b)
            if comm.rank == 0:
                rates += (2.0 if m else 1.0) * (b * answer).sum(axis=0).imag
    rates = comm.bcast(rates, root=0)
    return Emission(points * task.unit, 3.0 / (n * K) * rates.reshape(-1, 3))


def purcell_numbers(light: Light, comm: Any) -> dict[str, float]:
    """Return the factors of the dots of a case for its summary, as many as asked for (collective).

    At the mean photon energy of their emission, dipoles pointing anywhere.

    Raises
    ------
    CaseError
        See `emission`.
    """
    optics, shape = light.optics, light.shape
    assert isinstance(optics, FullWaveOptics)
    assert shape is not None
    if not optics.purcell_places:
        return {}
    energy = float(light.gain.mean_emission(light.T_ref))
    emitted = replace(light, laser=Laser(photon_energy=energy, intensity=1.0))
    profile = shape.profile(light.contact_radius)
    stack, _ = stack_of(emitted, optics)
    task = Task(profile, complex(light.index), stack, emitted.laser, optics)
    found = emission(task, spread(profile, optics.purcell_places), comm).mean
    return {
        "optics_purcell_mean": float(found.mean()),
        "optics_purcell_min": float(found.min()),
        "optics_purcell_max": float(found.max()),
    }


def spread(profile: Profile, count: int) -> Floats:
    """Return places (r, z) [m] evenly over the volume of a body of revolution, shape (count, 2).

    Heights at equal shares of the volume, distances from the axis by the golden ratio.
    """
    outline = face(profile)
    z = np.linspace(0.0, profile.height, _HEIGHTS)
    reach = np.interp(z, outline[:, 1], outline[:, 0])
    share = np.concatenate([[0.0], np.cumsum(0.5 * (reach[1:] ** 2 + reach[:-1] ** 2))])
    number = np.arange(count) + 0.5
    height = np.interp(number / count, share / share[-1], z)
    return np.stack([np.interp(height, z, reach) * np.sqrt(number * _GOLDEN % 1.0), height], axis=1)


def _loads(system: Scattering, places: Floats, comm: Any) -> tuple[Floats, Complexes]:
    """Return the nearest points of the rule, and on rank 0 what the basis is there (collective).

    Columns are E_r, E_phi over i and E_z of each point.
    """
    samples = system.body
    core = np.isin(samples.cells, cells_of(system.domain, "body"))
    mine = np.flatnonzero(np.repeat(core, len(samples.reference)))
    own = np.stack([samples.r, samples.z], axis=1)
    points, columns = np.empty_like(places), []
    for i, place in enumerate(places):
        far = np.linalg.norm(own[mine] - place, axis=1)
        best = comm.allgather(float(far.min()) if len(far) else np.inf)
        owner = int(np.argmin(best))
        chosen = int(mine[far.argmin()]) if comm.rank == owner else None
        points[i] = comm.bcast(own[chosen] if chosen is not None else None, root=owner)
        over = 0.0 if chosen is None else 2.0 * np.pi * samples.r[chosen] / samples.weight[chosen]
        parts = ((0, over), (2, over / points[i, 0]), (1, over))
        columns += [system.at_a_point(part, chosen, value) for part, value in parts]
    loads = np.stack(columns, axis=1) if comm.rank == 0 else np.empty((0, 0), complex)
    return points, loads
