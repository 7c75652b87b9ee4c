"""The waist of the house: what is solved, whatever kind of case asked for it.

`of_particle`, `of_body` and `of_dot` make a `Model`; meshes, light, heat, summaries and pictures
ask it, and nothing after them knows a kind of case.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError, Problem
from thermosim.gain.escape.given import GivenEscape, NoEscape
from thermosim.gain.escape.methods import MonteCarloEscape
from thermosim.gain.escape.of_body import ResolvedGain, resolve_escape, with_choice
from thermosim.optics.layers import COHERENT
from thermosim.optics.mie_layers import SETTLED
from thermosim.optics.model import MieOptics
from thermosim.optics.sphere_light import light_in_sphere

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from thermosim.bodies.substrates.parts import Plan
    from thermosim.case.read import AnyCase
    from thermosim.gain import GainModel
    from thermosim.materials import Material
    from thermosim.model.budget import Budget
    from thermosim.model.drawing import Drawing
    from thermosim.model.heat import HeatModel
    from thermosim.model.laws import Formula
    from thermosim.model.layout import Layout
    from thermosim.model.lump import Lump
    from thermosim.optics.beam import Laser
    from thermosim.optics.model import OpticsModel
    from thermosim.optics.rules import Symmetry
    from thermosim.optics.sphere_light import LightInSphere
    from thermosim.schedule.settings import Probe
    from thermosim.shapes import ShapeBase
    from thermosim.thermometry.settings import ThermometrySettings


TRIAL_EXTINCTION = 1e-6
"""Extinction coefficient tried for a substrate whose own nobody has measured at the pump."""


@dataclass(frozen=True)
class Goal:
    """The temperature whose error is estimated: a region's mean, or that at a point probe.

    Attributes
    ----------
    region : whose ΔT is told in any case
    probe : name of the point probe; None if the mean of `region` is meant
    surface : boundary by which the region loses heat and whose area may be known in closed form
    """

    region: str
    probe: str | None = None
    surface: str | None = None

    @property
    def name(self) -> str:
        """The region or the probe."""
        return self.probe or self.region


@dataclass(frozen=True)
class Ground:
    """One layer under a lit particle: region, outline, top and thickness [m], refractive index.

    The index is not a number where the material has none; `material` names it, and `key` is where
    the case file does. A film is not meshed: it lies on `region`, whose face at `top` it covers,
    and its heat goes into that.
    """

    region: str
    plan: Plan
    top: float
    thickness: float
    index: complex
    material: str
    key: str
    film: bool = False

    @property
    def step(self) -> float:
        """How much deeper in the mesh the next layer begins [m]."""
        return 0.0 if self.film else self.thickness


@dataclass(frozen=True)
class Emitted:
    """What emission falls on: layers with their indices at its mean vacuum wavelength [m].

    It comes from bodies at `places` (x, y), whose middle is `height` above z = 0 [m].
    """

    wavelength: float
    height: float
    places: tuple[tuple[float, float], ...]
    ground: tuple[Ground, ...]


@dataclass(frozen=True)
class Light:
    """The light of a case and the region whose dots it drives.

    Attributes
    ----------
    region : with dots and light
    laser, optics, gain : the sections
    T_ref : temperature [K] at which the unlit body absorbs and the emission escapes
    index : real refractive index of the region; not a number where nobody gave one
    shape, contact_radius : what the light meets, resting on z = 0; None: the region of the mesh
    ground : layers under the region, the top one first
    symmetry : of the mesh
    alone : whether no other body stands in the beam
    emitted : what the emission of the dots falls on; None: on nothing
    """

    region: str
    laser: Laser
    optics: OpticsModel
    gain: GainModel
    T_ref: float
    index: float
    shape: ShapeBase | None = None
    contact_radius: float = 0.0
    ground: tuple[Ground, ...] = ()
    symmetry: Symmetry = "axisymmetric"
    alone: bool = True
    emitted: Emitted | None = None

    @property
    def needs_mesh(self) -> bool:
        """Whether the escape of the emission is known only once the region is meshed."""
        given = isinstance(self.gain.escape, NoEscape | GivenEscape)
        return self.shape is None and not given

    def in_sphere(
        self, centre: ArrayLike, radius: float, alpha: float, settled: float = SETTLED
    ) -> LightInSphere:
        """Return the light in a sphere by the Mie series.

        ``centre`` and ``radius`` in m, absorption ``alpha`` of dots and host in 1/m; ``settled`` is
        the relative error of the series over layers.

        Raises
        ------
        CaseError
            If the beam does not suit it, or what lies below is asked for and not known.
        """
        assert isinstance(self.optics, MieOptics)
        below = _below(self.ground) if self.optics.substrate else ()
        return light_in_sphere(
            self.optics, self.laser, radius, centre, self.index, alpha, below, settled
        )

    def followed_by(self, photons: int) -> Light:
        """Return the light whose escape is worked out with that many photons at most."""
        escape = self.gain.escape
        if not isinstance(escape, MonteCarloEscape) or escape.photons <= photons:
            return self
        fewer = escape.model_copy(update={"photons": photons})
        return replace(self, gain=self.gain.model_copy(update={"escape": fewer}))

    def resolved(self) -> ResolvedGain:
        """Return the gain with the escape of its light worked out for the shape.

        Raises
        ------
        CaseError
            If the method of ``[gain.escape]`` does not suit the shape, or there is none.
        """
        kind = f'"{self.gain.escape.kind}"'
        if self.needs_mesh:
            rule = "follows from the mesh of the region, which only a run makes"
            remedy = 'write kind = "given" with the f_escape and f_reabsorbed of a run'
            raise CaseError([Problem("gain.escape.kind", kind, rule, remedy)])
        try:
            asked = with_choice(self.gain, self.index)
            return resolve_escape(asked, self.shape, self.contact_radius, self.T_ref)
        except ValueError as error:
            raise CaseError([Problem("gain.escape.kind", kind, str(error))]) from error


def _below(ground: tuple[Ground, ...]) -> tuple[tuple[complex, float], ...]:
    """Return index and thickness [m] of the layers under a sphere that its light meets."""
    if not ground:
        rule, remedy = "but the case has none under the sphere", "remove it, or add [substrate]"
        raise CaseError([Problem("optics.substrate", "true", rule, remedy)])
    for layer in ground:
        if math.isnan(layer.index.real):
            rule = f'optics.substrate needs the refractive index of "{layer.material}"'
            remedy = "give the material a refractive_index"
            raise CaseError([Problem(layer.key, f'"{layer.material}"', rule, remedy)])
        if layer.thickness > COHERENT:
            break
    return tuple((layer.index, layer.thickness) for layer in ground)


@dataclass(frozen=True)
class Model:
    """What is solved.

    Attributes
    ----------
    case : for what all kinds of case share: title, solver, transient, output, digest
    symmetry : planar, axisymmetric, quarter or 3d
    T_ref : temperature [K] that ΔT is counted from
    drawing : how the mesh is made
    heat : the heat model on a mesh with boundaries of given names; sources of light come later
    goal : whose error is estimated
    light : None where nothing shines
    regions : regions whose absolute temperatures are told
    probes : where else temperatures are read, by name
    thermometry : how a thermometer would read the light of the dots; None: not asked for
    acting : boundary -> whether it is held, for boundaries that must lie where the case says
    formulas : to be checked on the mesh
    materials : region -> name and properties, whose ranges are watched
    facts : numbers of the case for the summary
    accounts : the budget in the few numbers that people ask for [W]
    start : temperature [K] at which a transient begins by default; None if the case must say
    remarks : what a reader must know beforehand, given the names of all boundaries of the mesh
    layout : how the result is told and shown
    lump : what closed forms take for isothermal; None where there are none
    closed : numbers in closed form that the case has beside those of a lump
    """

    case: AnyCase
    symmetry: str
    T_ref: float
    drawing: Drawing
    heat: Callable[[Collection[str]], HeatModel]
    goal: Goal
    accounts: Callable[[Budget], dict[str, float]]
    layout: Layout
    light: Light | None = None
    regions: tuple[str, ...] = ()
    probes: Mapping[str, Probe] = field(default_factory=dict)
    thermometry: ThermometrySettings | None = None
    acting: Mapping[str, bool] = field(default_factory=dict)
    formulas: tuple[Formula, ...] = ()
    materials: Mapping[str, tuple[str, Material]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    start: float | None = None
    remarks: Callable[[Collection[str]], list[str]] = lambda names: []
    lump: Lump | None = None
    closed: Mapping[str, float] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Steady or transient."""
        return "steady" if self.case.transient is None else "transient"
