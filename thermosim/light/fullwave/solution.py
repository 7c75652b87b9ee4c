"""Full wave optics of a body: solved, with what is not known of it, and the field anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.kept import obtain
from thermosim.light.fullwave.force import Shell
from thermosim.light.fullwave.plan import WEAKER, plan
from thermosim.light.fullwave.polarised import Illumination, illumination, intensity
from thermosim.light.fullwave.powers import NOTHING, Powers, powers
from thermosim.light.fullwave.samples import field_at
from thermosim.light.fullwave.system import Scattering, bodies
from thermosim.light.fullwave.transfer import locate
from thermosim.mesh.optical import mesh_optical
from thermosim.model.surroundings import Surroundings
from thermosim.optics.layered_field import field as field_of
from thermosim.optics.model import HALF_PLANE
from thermosim.shapes.parallel import face, parallel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from thermosim.fem.data import MeshData
    from thermosim.fem.domain import Domain
    from thermosim.light.fullwave.plan import Plan
    from thermosim.light.fullwave.polarised import Key
    from thermosim.optics.beam import Laser
    from thermosim.optics.layered_field import Stack
    from thermosim.optics.model import Elements, FullWaveOptics
    from thermosim.shapes.profile import Profile

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]


_ON_AXIS = 1e-7  # wavelengths from it, where u/r is still a number


@dataclass(frozen=True)
class Task:
    """What is asked: a body of revolution on z = 0, its index, the layers, the laser.

    Lengths of the stack are wavelengths, all others metres.
    """

    profile: Profile
    index: complex
    stack: Stack
    laser: Laser
    optics: FullWaveOptics

    @property
    def elements(self) -> Elements:
        """Settings of the elements."""
        return self.optics.elements(HALF_PLANE)

    @property
    def unit(self) -> float:
        """The wavelength [m]."""
        return self.laser.wavelength

    @property
    def radius(self) -> float:
        """Of the disk whose area efficiencies are counted in [m]."""
        return self.profile.reach

    @property
    def is_free(self) -> bool:
        """Whether vacuum alone touches the body, so that the force of the light is its own."""
        return not self.profile.base_radius or len(self.stack.indices) == 1

    @property
    def reach(self) -> float:
        """Farthest point of the body from the foot of its axis [m]."""
        return float(np.hypot(self.profile.reach, self.profile.height))


@dataclass
class Solved:
    """One pass over all modes at one degree and one absorbing layer."""

    system: Scattering
    powers: Powers
    intensity: Floats  # |E|² averaged over the azimuth at the points of the body
    scattered: dict[Key, Any] = field(default_factory=dict)
    memory: float = 0.0


@dataclass
class FullWave:
    """The light in and around a body.

    Attributes
    ----------
    light
        The modes that were solved.
    best
        At the degree asked for.
    errors
        Relative, by name: extinction, absorbed, scattered, force, and field (L2 of ``|E|²`` in the
        body).
        Empty where the case asks for none.
    others
        What the errors are taken from: one degree less, and another absorbing layer there.
    """

    task: Task
    light: Illumination
    best: Solved
    errors: dict[str, float]
    others: tuple[Solved, ...] = ()

    @property
    def balance(self) -> float | None:
        """What extinction misses of absorbed and scattered light, relative.

        None where the layers guide or absorb light, which are its other ends.
        """
        return balance_of(self.task.stack, self.best.powers)

    @property
    def surroundings(self) -> Surroundings:
        """What is around the body where the field is known [m]."""
        task, layer = self.task, self.best.system.layer
        thick = accumulate(coating.thickness for coating in task.optics.coatings)
        coats = (np.concatenate(parallel(task.profile, d)) for d in thick)
        return Surroundings(
            layer.radius * task.unit, layer.bottom * task.unit, layer.top * task.unit, task.unit,
            (face(task.profile), *coats), tuple(z * task.unit for z in task.stack.levels),
        )  # fmt: skip

    def squared(self, points: Floats, comm: Any) -> Floats:
        """Return ``|E|²`` at points of this rank, shape (n, 3) [m], for 1 in vacuum (collective).

        Points outside the body take the nearest place in it.
        """
        return self._squares(points, comm, (self.best,))[0]

    def around(self, points: Floats, comm: Any) -> Floats:
        """Return ``|E|²`` at points in and around the body, as `squared` (collective).

        What lies in the absorbing layer takes the nearest place outside of it.
        """
        regions = (*bodies(len(self.task.optics.coatings)), "inner")
        return self._squares(points, comm, (self.best,), regions)[0]

    def otherwise(self, points: Floats, comm: Any) -> list[Floats]:
        """Return ``|E|²`` as it may be as well: by one degree less, and by another absorbing layer.

        The layer counts by what it changes at one degree less. Empty where no error is estimated
        (collective).
        """
        if not self.others:
            return []
        best, lower, layer = self._squares(points, comm, (self.best, *self.others))
        return [lower, np.maximum(best + layer - lower, 0.0)]

    def _squares(
        self, points: Floats, comm: Any, which: Sequence[Solved], regions: Sequence[str] = ("body",)
    ) -> list[Floats]:
        """Return ``|E|²`` at points of this rank by each of several solutions (collective)."""
        parts = comm.allgather(points)
        everywhere = np.concatenate(parts) / self.task.unit
        r, phi = np.hypot(*everywhere.T[:2]), np.arctan2(everywhere[:, 1], everywhere[:, 0])
        half, back = np.unique(np.stack([r, everywhere[:, 2]], 1), axis=0, return_inverse=True)
        places = locate(self.best.system.domain, half, regions)
        r, z = np.maximum(places.points[:, 0], _ON_AXIS), places.points[:, 1]
        alone = {key: field_of(b, self.task.stack, r, z) for key, b in self.light.beams.items()}
        start = sum(len(part) for part in parts[: comm.rank])
        mine = slice(start, start + len(points))
        back = back.ravel()[mine]
        found = []
        for one in which:
            own = {
                key: (alone[key] + places.values(function, comm))[back]
                for key, function in one.scattered.items()
            }
            found.append(intensity(self.light, own, r[back], phi[mine]))
        return found


def balance_of(stack: Stack, w: Powers) -> float | None:
    """Return what extinction misses of absorbed and scattered light; None, see `FullWave`."""
    lossy = any(abs(complex(n).imag) > 1e-9 for n in stack.indices)
    if lossy or stack.thicknesses:
        return None
    return 1.0 - (w.absorbed + w.scattered) / w.extinction if w.extinction else 0.0


def solve(task: Task, comm: Any) -> FullWave:
    """Return the light in a body (collective).

    Raises
    ------
    CaseError
        If it takes more unknowns than the case allows.
    """
    drawn = plan(task.profile, task.unit, task.index, task.stack, task.optics)

    domain, _ = obtain(comm, None, lambda: (mesh_of(task, drawn), {}))
    thick = task.optics.coated
    light = illumination(task.laser, task.unit, task.profile.reach + thick, task.reach + thick)
    degree = task.elements.degree
    best = _solved(task, drawn, domain, light, degree, 1.0)
    if not task.optics.error_estimate:
        return FullWave(task, light, best, {})
    lower = _solved(task, drawn, domain, light, degree - 1, 1.0)
    other = _solved(task, drawn, domain, light, degree - 1, WEAKER, far=False)
    return FullWave(task, light, best, differences(best, lower, other), (lower, other))


def mesh_of(task: Task, drawn: Plan) -> MeshData:
    """Return the mesh of a task as planned."""
    coats = tuple(coating.thickness for coating in task.optics.coatings)
    return mesh_optical(task.profile, task.unit, drawn.box, coats)


def _solved(
    task: Task, drawn: Plan, domain: Domain, light: Illumination, degree: int, change: float, *,
    far: bool = True,
) -> Solved:  # fmt: skip
    coats = (complex(coating.refractive_index) for coating in task.optics.coatings)
    permittivities = tuple(n**2 for n in (complex(task.index), *coats))
    rule = 2 * task.elements.degree
    system = Scattering(domain, task.stack, permittivities, drawn.layer(change), degree, rule)
    points, share = system.body, dict(zip("ps", light.shares(), strict=True))
    found = Solved(system, NOTHING, np.zeros(len(points.r)))
    shell = Shell(system) if task.is_free else None
    for m in sorted({m for _, m in light.beams}):
        with system.factors(m) as factors:
            found.memory = max(found.memory, factors.memory)
            for (kind, n), beam in light.beams.items():
                if n != m:
                    continue
                function = system.scattered(factors, beam)
                alone = system.background(beam, points)
                total = alone + field_at(function, points, domain)
                one = powers(
                    points, total, alone, system.at_points, task.stack, m, domain.comm, far=far
                )
                weight = share[kind] * (2.0 if m else 1.0)
                if shell is not None:
                    one = replace(one, force=shell.force(function, beam))
                found.powers = found.powers.plus(one, weight)
                E = np.abs(total) ** 2
                found.intensity += weight * (E[:, 0] + E[:, 1] + E[:, 2] / points.r**2)
                found.scattered[kind, m] = function
    return found


def differences(best: Any, lower: Any, other: Any) -> dict[str, float]:
    """Return the relative change by one degree less, and by another absorbing layer there."""
    found = {}
    # where light goes far off is not asked of the other layer: what is lost stands for it
    names = [("extinction",) * 2, ("absorbed",) * 2, ("scattered", "lost"), ("force",) * 2]
    for name, by_layer in names:
        exact = getattr(best.powers, name)
        degree = exact - getattr(lower.powers, name)
        layer = getattr(lower.powers, by_layer) - getattr(other.powers, by_layer)
        found[name] = float(np.hypot(degree, layer) / abs(exact)) if exact else 0.0
    return found | {"field": _field_change(best, lower, other)}


def _field_change(best: Any, lower: Any, other: Any) -> float:
    """Return the same of ``|E|²`` in the body, L2 over its volume (collective)."""
    weight, a, b, c = best.system.body.weight, best.intensity, lower.intensity, other.intensity
    sums = [(weight * x**2).sum() for x in (a - b, b - c, a)]
    change, layer, whole = best.system.domain.comm.allreduce(np.array(sums))
    return float(np.sqrt((change + layer) / whole))
