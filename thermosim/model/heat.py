"""What a heat problem is, before any mesh: bodies, surfaces, held faces and contacts by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from thermosim.bodies.chamber import bridged_conductance, radiative_flux
from thermosim.language.namespaces import ufl_namespace
from thermosim.materials.conductivity import Axis, Isotropic, Uniaxial
from thermosim.materials.laws import Law
from thermosim.model.budget import NEAR_FIELD

if TYPE_CHECKING:
    from thermosim.bodies.films import BodyFilm
    from thermosim.bodies.nearfield import NearField
    from thermosim.materials import Material
    from thermosim.model.laws import HeldFormula, Number


class SurfaceLaw(Protocol):
    """Heat that leaves a surface [W/m²] as a function of its temperature."""

    def flux(self, theta: Any, T_ref: Any, number: Number) -> Any:
        """Return the outward flux; `theta` is T - T_ref [K], UFL or array."""
        ...


@dataclass(frozen=True)
class Radiation:
    """Surface that sees only surroundings at `T_env` [K]: eps(T) sigma (T⁴ - T_env⁴)."""

    emissivity: float | Law[Any]
    T_env: float

    def flux(self, theta: Any, T_ref: Any, number: Number) -> Any:
        """Return the radiated flux, written in T - T_env so that no digits are lost."""
        T_env = number(self.T_env)
        if isinstance(self.emissivity, Law):
            numbers = [number(value) for value in self.emissivity.parameters()]
            emissivity = self.emissivity.evaluate(theta + T_ref, ufl_namespace(), numbers)
        else:
            emissivity = number(self.emissivity)
        return radiative_flux(theta + (T_ref - T_env), T_env, emissivity)


@dataclass(frozen=True)
class Exchange:
    """Heat transfer coefficient `h` [W/(m² K)] to surroundings at `T_env` [K]: h (T - T_env)."""

    h: float
    T_env: float

    def flux(self, theta: Any, T_ref: Any, number: Number) -> Any:
        """Return the exchanged flux."""
        return number(self.h) * (theta + (T_ref - number(self.T_env)))


class Source(Protocol):
    """Heat released per volume [W/m³], negative when it cools."""

    def density(self, T: Any, number: Number) -> Any:
        """Return the source as a function of the temperature T [K] (UFL)."""
        ...


@dataclass(frozen=True)
class UniformSource:
    """The same heat source everywhere [W/m³]."""

    value: float

    def density(self, T: Any, number: Number) -> Any:
        """Return the given source."""
        return number(self.value)


@dataclass(frozen=True)
class TotalSource:
    """The heat released in a whole region [W], evenly per volume (planar: W per metre of depth)."""

    power: float

    def in_volume(self, volume: float) -> UniformSource:
        """Return the source in a region of the given volume [m³]."""
        return UniformSource(self.power / volume)

    def density(self, T: Any, number: Number) -> Any:
        """Refuse: the volume is known once there is a mesh, where `in_volume` is put instead."""
        raise TypeError("a total source has no density before the volume of its region is known")


@dataclass(frozen=True)
class HeatBody:
    """A region with its conductivity, heat capacity (for transients) and source."""

    region: str
    conductivity: Isotropic | Uniaxial
    axis: Axis | None = None
    density: Law[Any] | None = None
    specific_heat: Law[Any] | None = None
    source: Source | None = None


@dataclass(frozen=True)
class HeatSurface:
    """A named boundary and the paths by which heat leaves it, path name -> law."""

    boundary: str
    paths: dict[str, SurfaceLaw] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """A boundary held at a temperature [K].

    The temperature may be a function of points of the mesh, shape (n, 3), that returns shape (n,),
    or a course in space and time (`laws.HeldFormula`).
    """

    boundary: str
    temperature: float | Callable[[Any], Any] | HeldFormula


@dataclass(frozen=True)
class Jump:
    """A contact that conducts h_c [T] [W/m²] from boundary `side_1` to boundary `side_2`.

    Both are outer boundaries of a mesh that is cut open there, with matching nodes; `owners` are
    the bodies that they belong to.
    """

    name: str
    side_1: str
    side_2: str
    h_c: float
    owners: tuple[str, str] = ("1", "2")


@dataclass(frozen=True)
class Enclosure:
    """Surfaces whose path `path` (a `Radiation`) sees the others beside the chamber.

    `patches` at most, each evenly irradiated; in 3-D `rays` from each, chosen by `seed`;
    `quadrature` is the degree of the rule for the emitted heat.
    """

    boundaries: tuple[str, ...]
    path: str = "radiation"
    patches: int = 200
    rays: int = 4096
    seed: int = 0
    quadrature: int = 8


@dataclass(frozen=True)
class Gap(ABC):
    """What conducts from boundary `upper` down to `lower`, straight along -z (in (r, z) too).

    Its path in the budget is called `name`; what it takes is taken off the conductances
    `to_chamber` [W/(m² K)] of the path `path` of both surfaces.
    """

    name: ClassVar[str]
    path: ClassVar[str] = ""
    upper: str
    lower: str

    @property
    def to_chamber(self) -> tuple[float, float]:
        """What both surfaces would otherwise conduct to the chamber: nothing."""
        return (0.0, 0.0)

    @abstractmethod
    def conductance(self, distance: Any) -> Any:
        """Return h [W/(m² K)] between points at a distance [m] in the mesh."""

    @abstractmethod
    def share(self, n_z: Any) -> Any:
        """Return the part of an area that takes part, by the outward normal of the upper face."""


@dataclass(frozen=True)
class GasGap(Gap):
    """Gas between two faces: ``1/h = 1/h_fm + d/k_gas`` at distance d.

    It takes part with the ``(1 - n_z)/2`` of its molecules that go down (all of them from a face
    that looks down, half of a sphere's): exact without collisions for a convex body over a large
    plate, and where the gap is narrow. That part no longer meets the chamber.
    """

    name = "gap"
    path = "gas"
    h_fm: float
    k_gas: float
    of_faces: tuple[float, float] = (0.0, 0.0)

    @property
    def to_chamber(self) -> tuple[float, float]:
        """What both surfaces would otherwise conduct to the chamber [W/(m² K)]."""
        return self.of_faces

    def conductance(self, distance: Any) -> Any:
        """Return h [W/(m² K)] across a distance [m]."""
        return bridged_conductance(self.h_fm, distance, self.k_gas)

    def share(self, n_z: Any) -> Any:
        """Return the part of the molecules that go down."""
        return (1 - n_z) / 2


@dataclass(frozen=True)
class NearFieldGap(Gap):
    """Near-field radiation between two faces, by proximity: ``h(d + gap)`` per plan area.

    `field` is what the materials exchange beyond the far field, which other paths count; `gap` [m]
    is what is left between two points that touch in the mesh.
    """

    name = NEAR_FIELD
    field: NearField
    gap: float

    def conductance(self, distance: Any) -> Any:
        """Return h [W/(m² K)] across a distance of the mesh [m]."""
        return self.field.excess(distance + self.gap)

    def share(self, n_z: Any) -> Any:
        """Return the plan area under an area that looks down."""
        return (-n_z).clip(min=0.0)


@dataclass(frozen=True)
class Film:
    """A thin layer on a boundary that is not meshed: it conducts along, and stores heat.

    `region` is that of the body under it where the boundary lies inside the mesh.
    """

    boundary: str
    thickness: float
    conductivity: Law[Any]
    density: Law[Any] | None = None
    specific_heat: Law[Any] | None = None
    region: str | None = None


def film_of(film: BodyFilm, material: Material) -> Film:
    """Return the film of a section of the case; a layered material conducts along its layers."""
    k = material.conductivity.laws()
    along = k.get("k_par", next(iter(k.values())))
    return Film(film.boundary, film.thickness, along, material.density, material.specific_heat)


@dataclass(frozen=True)
class Glow:
    """Light that `region` emits and others absorb: their heat follows the state of the emitter.

    `source` is that of the region, with ``emitted(T, number)`` [W/m³]; `share` is what is absorbed
    per emitted watt and volume [1/m³], a function on the mesh, in `absorbers`.
    """

    region: str
    source: Any
    share: Any
    absorbers: tuple[str, ...]


@dataclass(frozen=True)
class HeatModel:
    """A whole heat problem; temperatures are counted from `T_ref` [K]."""

    T_ref: float
    bodies: tuple[HeatBody, ...]
    surfaces: tuple[HeatSurface, ...] = ()
    held: tuple[Held, ...] = ()
    jumps: tuple[Jump, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    gaps: tuple[Gap, ...] = ()
    films: tuple[Film, ...] = ()
    glows: tuple[Glow, ...] = ()

    def body(self, region: str) -> HeatBody:
        """Return the body of a region.

        Raises
        ------
        KeyError
            If there is none.
        """
        return next(body for body in self.bodies if body.region == region)

    @property
    def symmetric(self) -> bool:
        """Whether the Newton matrix is symmetric: no conductivity depends on temperature."""
        laws: list[Law[Any]] = []
        for body in self.bodies:
            laws += body.conductivity.laws().values()
        laws += [film.conductivity for film in self.films]
        return all(law.is_constant for law in laws)
