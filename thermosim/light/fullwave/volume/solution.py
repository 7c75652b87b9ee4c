"""Full wave optics of a body of any shape: solved, its errors, and the field anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.kept import obtain
from thermosim.light.fullwave.powers import NOTHING, Powers
from thermosim.light.fullwave.solution import balance_of, differences
from thermosim.light.fullwave.volume.force import Shell
from thermosim.light.fullwave.volume.lights import QUARTER_TURN, SpaceLight, mixed, space_light
from thermosim.light.fullwave.volume.mirrors import PARITIES, WHOLE, Parity, part
from thermosim.light.fullwave.volume.pieces import Pieces
from thermosim.light.fullwave.volume.plan import WEAKER, plan
from thermosim.light.fullwave.volume.powers import Part, powers
from thermosim.light.fullwave.volume.system import Scattering
from thermosim.mesh.optical_volume import mesh_optical_volume
from thermosim.model.surroundings import Surroundings
from thermosim.optics.model import SPACE
from thermosim.shapes import FacetedShape
from thermosim.shapes.parallel import face

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain
    from thermosim.light.fullwave.volume.plan import VolumePlan
    from thermosim.optics.beam import Laser
    from thermosim.optics.layered_field import Stack
    from thermosim.optics.model import Elements, FullWaveOptics
    from thermosim.shapes import ShapeBase

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]
_DARK = 1e-9  # of the light, below which a part of it is none


@dataclass(frozen=True)
class VolumeTask:
    """What is asked: a body of any shape on z = 0, its index, the layers, the laser.

    Lengths of the stack are wavelengths, all others metres.
    """

    shape: ShapeBase
    contact_radius: float
    index: complex
    stack: Stack
    laser: Laser
    optics: FullWaveOptics

    @property
    def elements(self) -> Elements:
        """Settings of the elements."""
        return self.optics.elements(SPACE)

    @property
    def unit(self) -> float:
        """The wavelength [m]."""
        return self.laser.wavelength

    @property
    def reach(self) -> float:
        """Farthest point of the body from the origin [m]."""
        return float(np.linalg.norm(np.abs(self.shape.bounding_box).max(axis=0)))

    @property
    def radius(self) -> float:
        """Of the disk whose area efficiencies are counted in [m].

        The largest radius about the axis of a body that has one, else that of the sphere of equal
        volume.
        """
        if self.shape.is_axisymmetric:
            return float(self.shape.bounding_box[1][0])
        return self.shape.equivalent_radius

    @property
    def is_free(self) -> bool:
        """Whether vacuum alone touches the body, so that the force of the light is its own."""
        touching = self.contact_radius or self.stack.top == 0.0
        return not touching or len(self.stack.indices) == 1


@dataclass
class Solved:
    """One pass over all parts of the light at one degree and one absorbing layer."""

    system: Scattering
    powers: Powers
    intensity: Floats  # |E|² at the points of the body, the mean over images and polarisations
    scattered: dict[tuple[str, Parity], Complexes] = field(default_factory=dict)
    memory: float = 0.0

    @cached_property
    def inside(self) -> Pieces:
        """The field in the body on every rank (collective)."""
        return Pieces.gather(self.system, self.scattered, ("body",))

    @cached_property
    def near(self) -> Pieces:
        """The field in the body and in the box around it (collective)."""
        return Pieces.gather(self.system, self.scattered, ("body", "inner"))


@dataclass
class VolumeWave:
    """The light in and around a body; as `FullWave`, which is for bodies of revolution."""

    task: VolumeTask
    light: SpaceLight
    best: Solved
    errors: dict[str, float]
    others: tuple[Solved, ...] = ()

    @property
    def balance(self) -> float | None:
        """What extinction misses of absorbed and scattered light, see `FullWave.balance`."""
        return balance_of(self.task.stack, self.best.powers)

    @property
    def surroundings(self) -> Surroundings:
        """What is around the body where the field is known [m], about the axis of its contact."""
        task, box = self.task, self.best.system.layer
        radius = min(box.high[0], box.high[0] if box.mirrors else -box.low[0])
        outlines: tuple[Floats, ...] = ()
        if task.shape.is_axisymmetric:
            outlines = (face(task.shape.profile(task.contact_radius)),)
        elif isinstance(task.shape, FacetedShape) and box.mirrors:
            body = task.shape.truncated_polyhedron(task.contact_radius)
            outlines = (section(*body.halfspaces()),)
        return Surroundings(
            radius * task.unit, box.low[2] * task.unit, box.high[2] * task.unit, task.unit,
            outlines, tuple(z * task.unit for z in task.stack.levels),
        )  # fmt: skip

    def squared(self, points: Floats, comm: Any) -> Floats:
        """Return ``|E|²`` at points of this rank, shape (n, 3) [m], for 1 in vacuum (collective).

        Points outside the body take the nearest place in it.
        """
        del comm  # that of the mesh
        return self._squared(points, self.best.inside)

    def around(self, points: Floats, comm: Any) -> Floats:
        """Return ``|E|²`` at points in and around the body, as `squared` (collective)."""
        del comm
        return self._squared(points, self.best.near)

    def otherwise(self, points: Floats, comm: Any) -> list[Floats]:
        """Return ``|E|²`` as it may be as well, see `FullWave.otherwise` (collective)."""
        if not self.others:
            return []
        best = self.squared(points, comm)
        lower, layer = (self._squared(points, one.inside) for one in self.others)
        return [lower, np.maximum(best + layer - lower, 0.0)]

    def _squared(self, points: Floats, pieces: Pieces) -> Floats:
        x: Floats = np.asarray(points / self.task.unit)
        p = self._field("p", x, pieces)
        if self.light.turns:
            s = self._field("p", np.asarray(x @ QUARTER_TURN), pieces) @ QUARTER_TURN.T
        else:
            s = self._field("s", x, pieces)
        return self.light.squared(p, s)

    def _field(self, kind: str, x: Floats, pieces: Pieces) -> Complexes:
        """Return the whole field of p or s light at points in wavelengths, shape (n, 3)."""
        if kind not in self.light.fields or not len(x):
            return np.zeros((len(x), 3), complex)
        places = pieces.locate(x)
        found = self.light.fields[kind](places.x)
        for values in pieces.scattered(places, kind).values():
            found = found + values
        return found


def solve(task: VolumeTask, comm: Any) -> VolumeWave:
    """Return the light in a body (collective).

    Raises
    ------
    CaseError
        If it takes more unknowns than the case allows.
    """
    drawn = plan(task.shape, task.contact_radius, task.unit, task.index, task.stack, task.elements)
    domain, _ = obtain(
        comm, None,
        lambda: (mesh_optical_volume(task.shape, task.contact_radius, task.unit, drawn.box), {}),
    )  # fmt: skip
    fourfold = looks_the_same_turned(task.shape)
    light = space_light(task.laser, task.unit, task.stack, task.reach, fourfold=fourfold)
    degree = task.elements.degree
    best = _solved(task, drawn, domain, light, degree, 1.0)
    if not task.optics.error_estimate:
        return VolumeWave(task, light, best, {})
    lower = _solved(task, drawn, domain, light, degree - 1, 1.0)
    other = _solved(task, drawn, domain, light, degree - 1, WEAKER, far=False)
    errors = differences(best, lower, other)
    return VolumeWave(task, light, best, errors, (lower, other))


def _solved(
    task: VolumeTask, drawn: VolumePlan, domain: Domain, light: SpaceLight, degree: int,
    change: float, *, far: bool = True,
) -> Solved:  # fmt: skip
    rule = 2 * task.elements.degree
    layer = drawn.layer(change)
    system = Scattering(domain, task.stack, complex(task.index) ** 2, layer, degree, rule)
    found = Solved(system, NOTHING, np.zeros(len(system.body.x)))
    parts: dict[str, dict[Parity, Part]] = {kind: {} for kind in light.fields}
    for parity, lights in _parts(light, system).items():
        with system.factors(parity) as factors:
            found.memory = max(found.memory, factors.memory)
            rows = system.scattered(factors, parity, list(lights.values()))
        for (kind, alone), values in zip(lights.items(), rows, strict=True):
            parts[kind][parity] = Part(alone, system.total(values, alone))
            found.scattered[kind, parity] = values
    shell = Shell(system) if task.is_free else None
    for share, mixture in light.mixtures():
        state = _mixed(parts, mixture)
        one = powers(system, state, far=far)
        if shell is not None:
            whole = mixed([(light.fields[kind], x) for kind, x in mixture.items()])
            values = {p: _sum(found.scattered, mixture, p) for p in state}
            force = shell.force({p: (whole, own) for p, own in values.items()})
            one = replace(one, force=force)
        found.powers = found.powers.plus(one, share)
        for part_ in state.values():
            found.intensity += share * (np.abs(part_.total) ** 2).sum(axis=1)
    return found


def _sum(
    scattered: dict[tuple[str, Parity], Complexes], mixture: dict[str, complex], parity: Parity
) -> Complexes:
    """Return the scattered field of one part of a sum of lights."""
    terms = [
        x * scattered[kind, parity] for kind, x in mixture.items() if (kind, parity) in scattered
    ]
    return np.asarray(sum(terms))


def _mixed(parts: dict[str, dict[Parity, Part]], mixture: dict[str, complex]) -> dict[Parity, Part]:
    """Return the parts of a sum of lights."""
    found: dict[Parity, Part] = {}
    for kind, amplitude in mixture.items():
        for parity, one in parts[kind].items():
            more = Part(amplitude * one.alone, amplitude * one.total)
            known = found.get(parity)
            if known is not None:
                more = Part(known.alone + more.alone, known.total + more.total)
            found[parity] = more
    return found


def _parts(light: SpaceLight, system: Scattering) -> dict[Parity, dict[str, Complexes]]:
    """Return the parts of each light at the points of the body, those that are not dark."""
    comm, x = system.domain.comm, system.body.x
    found: dict[Parity, dict[str, Complexes]] = {}
    for parity in PARITIES if system.images > 1 else (WHOLE,):
        for kind, whole in light.fields.items():
            E = part(whole, parity, x)
            brightest = max(comm.allgather(float(np.abs(E).max(initial=0.0))))
            if brightest > _DARK:
                found.setdefault(parity, {})[kind] = E
    return found


def section(normals: Floats, offsets: Floats) -> Floats:
    """Return the outline of a convex body in the half plane y = 0, x > 0, shape (n, 2).

    Inside is ``normals·x ≤ offsets``, and some of the axis; from the axis below to that above.
    """
    along = normals[:, 2]
    top = float((offsets[along > 0.0] / along[along > 0.0]).min())
    bottom = float((offsets[along < 0.0] / along[along < 0.0]).max())
    middle, angle = 0.5 * (top + bottom), np.linspace(-0.5 * np.pi, 0.5 * np.pi, 721)
    ray = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    speed = ray @ normals[:, [0, 2]].T
    room = offsets - along * middle
    with np.errstate(divide="ignore"):
        far = np.where(speed > 0.0, room / speed, np.inf).min(axis=1)
    return np.asarray(far[:, None] * ray + [0.0, middle])


def looks_the_same_turned(shape: ShapeBase) -> bool:
    """Whether a shape with two mirror planes looks the same after a quarter of a turn."""
    if shape.is_axisymmetric:
        return True
    faceted: Sequence[Any] | None = getattr(shape, "vertices_faces", lambda: None)()
    if faceted is None or not shape.has_mirror_planes:
        return False
    vertices: Floats = np.asarray(faceted[0])
    apart = np.linalg.norm((vertices @ QUARTER_TURN)[:, None] - vertices[None], axis=2)
    return bool(apart.min(axis=1).max() < 1e-9 * np.ptp(vertices, axis=0).max())
