"""How fast dots in a body emit, and where their light goes.

A dipole p at x radiates with ``Im p·G(x, x)·p``, where G answers Maxwell's equations to a current
at a point; over ``n k/(6 pi)``, that of an endless medium of index n, this is the Purcell factor
(Novotny and Hecht, Principles of Nano-Optics, section 8.4).

What it sends toward a direction is, by reciprocity, as the field that a plane wave from there has
at its place (ibid., section 2.13; Landau and Lifshitz, Electrodynamics of Continuous Media, § 89).
With an absorbing body less of it leaves: that is how far light travels in the body.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.fem.kept import obtain
from thermosim.light.fullwave.media import stack_of
from thermosim.light.fullwave.plan import plan
from thermosim.light.fullwave.polarised import most_modes
from thermosim.light.fullwave.powers import half_size, hemispheres
from thermosim.light.fullwave.samples import cells_of
from thermosim.light.fullwave.solution import Task, mesh_of
from thermosim.light.fullwave.system import Scattering
from thermosim.optics.beam import Laser
from thermosim.optics.layered_field import Beam, K, components
from thermosim.optics.model import FullWaveOptics
from thermosim.shapes.parallel import face

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.gain.escape.methods import Escape
    from thermosim.model.model import Light
    from thermosim.shapes.profile import Profile

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]

_HEIGHTS, _GOLDEN = 4001, 0.6180339887498949
_FAINT = 3e-5  # Im n by which the path in the body is found: light still leaves in proportion


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
    up, down
        Part of it that leaves for infinity above and below, shape (n, 3); None if not asked for.
    path
        Way of the light that leaves through the body [m], dipoles pointing anywhere, shape (n,);
        None if not asked for.
    """

    points: Floats
    purcell: Floats
    up: Floats | None = None
    down: Floats | None = None
    path: Floats | None = None

    @property
    def mean(self) -> Floats:
        """The factor of dots whose dipoles point anywhere, shape (n,)."""
        return np.asarray(self.purcell.mean(axis=1))


@dataclass(frozen=True)
class _Rates:
    """Over those in an endless body, for dipoles along r, around the axis and along z, (n, 3)."""

    points: Floats
    all: Floats
    up: Floats
    down: Floats

    @property
    def leaving(self) -> Floats:
        """What leaves, dipoles pointing anywhere, shape (n,)."""
        return np.asarray((self.up + self.down).mean(axis=1))


def emission(task: Task, places: Floats, comm: Any, *, leaving: bool = False) -> Emission:
    """Return how fast dots radiate at places (r, z) [m] of a body, shape (n, 2) (collective).

    At the wavelength of the laser of the task; what the body absorbs is left out, since a dot in it
    would be quenched by the last atom beside it. `leaving` also asks where the light goes, at a
    little more than twice the price.

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
    coats = tuple(complex(coating.refractive_index) ** 2 for coating in task.optics.coatings)
    degree = task.elements.degree

    def rates(index: complex) -> _Rates:
        system = Scattering(
            domain, task.stack, (index**2, *coats), drawn.layer(), degree, 2 * degree
        )
        return _rates(system, n, np.asarray(places, float) / task.unit, comm, leaving=leaving)

    clear = rates(complex(n))
    points = clear.points * task.unit
    if not leaving:
        return Emission(points, clear.all)
    less = rates(complex(n, _FAINT)).leaving
    path = path_from(clear.leaving, less, 2.0 * K * _FAINT / task.unit)
    return Emission(points, clear.all, clear.up, clear.down, path)


def path_from(clear: Floats, less: Floats, alpha: float) -> Floats:
    """Return the way [m] of light of which `clear` leaves, `less` where it absorbs `alpha` [1/m].

    ``less = clear/(1 + alpha path)``, exact for a faint absorption and any spread of paths.
    """
    return np.asarray((clear / less - 1.0) / alpha)


def _rates(system: Scattering, n: float, places: Floats, comm: Any, *, leaving: bool) -> _Rates:
    """Return the rates of dots at places in wavelengths, of a body of real index n (collective)."""
    points, loads = loads_of(system, places, comm)
    rates, up, down = (np.zeros(3 * len(points)) for _ in range(3))
    for m in range(most_modes(n * K * float(points[:, 0].max(initial=0.0))) + 1):
        turns = 2.0 if m else 1.0
        b, answer = answers(system, loads, m, comm)
        if comm.rank == 0:
            rates += turns * (b * answer).sum(axis=0).imag
        if leaving:
            above, below = _leaving(system, points, answer, m, comm)
            up += turns * above
            down += turns * below
    rates = 3.0 / (n * K) * comm.bcast(rates, root=0)
    over = 3.0 / (8.0 * math.pi * n)  # plane waves from all sides are 8 pi/3 along any axis
    return _Rates(points, *(x.reshape(-1, 3) for x in (rates, over * up, over * down)))


def answers(
    system: Scattering, loads: Complexes, mode: int, comm: Any
) -> tuple[Complexes, Complexes]:
    """Return the loads of dipoles in a mode, on rank 0, and the fields that they drive.

    Collective.
    """
    free = np.ones(system.unknowns, bool)
    free[system.fixed(mode)] = False
    with system.factors(mode) as factors:
        b = loads * free[:, None] if comm.rank == 0 else loads
        return b, factors.solve(b)


def _leaving(
    system: Scattering, points: Floats, answer: Complexes, mode: int, comm: Any
) -> tuple[Floats, Floats]:
    """Return ``∫ n |E|² dΩ`` over plane waves from above and below (`seen_from`, collective)."""

    def flow(below: bool, sine: Floats) -> Floats:
        return seen_from(system, points, answer, mode, below, sine, comm)

    return hemispheres(system.stack, half_size(system.body, comm), flow)


def seen_from(
    system: Scattering, points: Floats, answer: Complexes, mode: int, below: bool, sine: Floats,
    comm: Any,
) -> Floats:  # fmt: skip
    """Return ``|E|²`` along dipoles of light from directions, shape (directions, 3n).

    Of one mode of plane waves of transverse wave numbers ``k sine``, ``|E| = 1`` in their medium,
    the sum of p and s light. E is the field without the body and the scattered one, ``b·A⁻¹ f``
    with the load b of the dipole, of which `answer` is ``A⁻¹ b``, and the load f of the light
    (collective).
    """
    r, z = points.T
    contrast = K**2 * (system.at_points - system.stack.permittivity(system.body.z))
    kappa = (K * sine).astype(complex)
    beam = Beam(kappa, np.ones_like(kappa), np.ones_like(kappa), mode, below)
    inside = components(beam, system.stack, system.body.r, system.body.z)
    alone = components(beam, system.stack, r, z)
    scattered = comm.allreduce(
        np.stack([system.along(answer, [part * contrast for part in E]) for E in inside])
    )
    found = np.zeros((len(sine), 3 * len(points)))
    for behind, own in zip(scattered, alone, strict=True):
        E_z = own[1] if len(own) == 3 else np.zeros_like(own[0])  # s light has none
        E = np.stack([own[0], own[-1] / r, E_z], axis=2).reshape(len(sine), -1)
        found += np.abs(E + behind) ** 2
    return found


@dataclass(frozen=True)
class DotLight:
    """What a case is told of the light of its dots.

    Attributes
    ----------
    numbers
        Of a summary.
    path
        Mean way of the light that leaves through the body [m].
    down
        Share of what leaves that goes down, what layers guide included.
    """

    numbers: dict[str, float]
    path: float
    down: float

    @property
    def mean(self) -> float:
        """The mean Purcell factor."""
        return self.numbers["optics_purcell_mean"]


def dot_light(light: Light, comm: Any) -> DotLight | None:
    """Return the light of the dots of a case, as many as asked for; None: of none (collective).

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
        return None
    energy = float(light.gain.mean_emission(light.T_ref))
    emitted = replace(light, laser=Laser(photon_energy=energy, intensity=1.0))
    profile = shape.profile(light.contact_radius)
    stack, _ = stack_of(emitted, optics)
    task = Task(profile, complex(light.index), stack, emitted.laser, optics)
    found = emission(task, spread(profile, optics.purcell_places), comm, leaving=True)
    return summed_up(found, guides=bool(stack.thicknesses))


def shares_of(escape: Escape | None) -> dict[str, float]:
    """Return which shares of the emission leave upward, downward, and are absorbed in the body."""
    assert escape is not None
    down = escape.f_substrate
    return {
        "optics_escape_up_fraction": escape.f_escape - down,
        "optics_escape_down_fraction": down,
        "optics_reabsorbed_fraction": 1.0 - escape.f_escape,
    }


def summed_up(found: Emission, *, guides: bool) -> DotLight:
    """Return the means over dots, each of which emits as often; layers may guide light away."""
    assert found.up is not None
    assert found.down is not None
    assert found.path is not None
    factor, above, below = found.mean, found.up.mean(axis=1), found.down.mean(axis=1)
    missed = float(np.mean(1.0 - (above + below) / factor))
    emitted = factor if guides else above + below  # nowhere else to go
    up = float(np.mean(above / emitted))
    numbers = {
        "optics_purcell_mean": float(factor.mean()),
        "optics_purcell_min": float(factor.min()),
        "optics_purcell_max": float(factor.max()),
        "optics_emission_path_m": float(found.path.mean()),
    }
    numbers["optics_guided_fraction" if guides else "optics_emission_balance_rel"] = missed
    return DotLight(numbers, numbers["optics_emission_path_m"], 1.0 - up)


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


def loads_of(system: Scattering, places: Floats, comm: Any) -> tuple[Floats, Complexes]:
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
