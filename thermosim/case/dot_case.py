"""A case about one dot: what `load_case` returns for a file with ``[dot]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from thermosim.bodies.dot import Dot
from thermosim.bodies.geometry import BodyMesh, unknown_names
from thermosim.case.assumptions import Assumptions, filled
from thermosim.case.base import CaseBase, InTime, OwnMaterials, Probes, Title
from thermosim.case.settings import OutputSettings, SolverSettings
from thermosim.case.uncertainty import UncertaintySettings
from thermosim.errors import CaseError, Problem
from thermosim.gain import GainModel
from thermosim.gain.absorption import MacroscopicCrossSection, dot_volume
from thermosim.gain.density import GivenDensity
from thermosim.gain.escape.given import NoEscape
from thermosim.gain.rules import gain_problems
from thermosim.optics.beam import Laser
from thermosim.optics.model import UniformOptics
from thermosim.schedule.settings import FieldStart
from thermosim.thermometry.settings import ThermometrySettings

_OF_MANY = ("gap", "sigma_abs", "eta_X", "dark", "diameter")
_BESIDE = ("particle", "geometry")


class DotCase(CaseBase):
    """One dot in vacuum, in a crystal, in a liquid or on a substrate, under light."""

    title: Title = ""
    assumptions: Assumptions = "careful"
    dot: Dot
    laser: Laser
    optics: UniformOptics = Field(
        UniformOptics(), description="A dot is far smaller than the wavelength: even light"
    )
    gain: GainModel = GainModel()
    probes: Probes = ()
    materials: OwnMaterials = Field(default_factory=dict)
    transient: InTime = None
    thermometry: ThermometrySettings = ThermometrySettings()
    uncertainty: UncertaintySettings = UncertaintySettings()
    mesh: BodyMesh = BodyMesh()
    solver: SolverSettings = SolverSettings()
    output: OutputSettings = OutputSettings()

    @model_validator(mode="before")
    @classmethod
    def _assume(cls, data: Any) -> Any:
        """Fill in what is assumed of the dots; light is even and all emission leaves."""
        sections = filled(data, cls.model_fields["gain"].default)
        if not isinstance(data, Mapping) or data.get("laser") is None:
            return sections
        found = {name: one for name, one in sections.items() if name in data or name != "optics"}
        gain, said = found.get("gain"), data.get("gain")
        if isinstance(gain, Mapping) and "escape" not in (said or {}):
            found["gain"] = {**gain, "escape": NoEscape()}
        elif isinstance(gain, GainModel) and said is None:
            found["gain"] = gain.model_copy(update={"escape": NoEscape()})
        return found

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = list(self._material_problems())
        if problems:  # the rest asks materials for numbers
            raise CaseError(problems)
        problems += self._dot_problems()
        problems += self._gain_problems()
        problems += self.target_problems()
        problems += self.probe_problems(self.probes, self.dot.materials())
        if self.transient is not None and isinstance(self.transient.initial, FieldStart):
            named, known = self.transient.initial.regions, self.dot.materials()
            problems += unknown_names(named, known, "region", "transient.initial.regions")
        if problems:
            raise CaseError(problems)
        return self

    def _material_problems(self) -> Iterator[Problem]:
        dot, around = self.dot, self.dot.surroundings.region()
        places = {"dot.material": dot.material}
        if dot.shell is not None:
            places["dot.shell.material"] = dot.shell.material
        if around is not None:
            places["dot.surroundings.material"] = around[1]
        for path, name in places.items():
            try:
                self.material(name, path)
            except CaseError as error:
                yield from error.problems

    def _dot_problems(self) -> Iterator[Problem]:
        material = self.material(self.dot.material)
        try:
            material.thermal_mass_laws()
        except ValueError as error:
            yield Problem("dot.material", f'"{self.dot.material}"', str(error))
        if self.dot.diameter is None and self.gain.size is None:
            remedy = "give it there or in [gain.size]"
            yield Problem("dot.diameter", "", "is missing", remedy)
            return
        radius, around = self.dot.outer_radius(self.diameter), self.dot.surroundings
        for rule in around.problems(radius, 0.5 * self.diameter):
            yield Problem("dot.surroundings.contact_radius", "", rule, "make it smaller")
        try:
            around.emissivity_of(radius, self.dot.temperature, material)
        except ValueError as error:
            yield Problem("dot.surroundings.emissivity", "", str(error))

    def _gain_problems(self) -> Iterator[Problem]:
        gain = self.gain
        if self.optics.dots is not None:
            yield Problem("optics.dots", "", "but the body is one dot", "remove it")
        if not isinstance(gain.escape, NoEscape):
            rule = "is of a body with many dots: all that one dot emits leaves it"
            yield Problem("gain.escape", f'"{gain.escape.kind}"', rule, "remove [gain.escape]")
        if isinstance(gain.cross_section, MacroscopicCrossSection):
            rule = "needs a density of dots, and there is one dot"
            remedy = 'write kind = "given" with sigma_abs'
            yield Problem("gain.cross_section.kind", '"macroscopic"', rule, remedy)
        for name in _OF_MANY if gain.ensemble is not None else ():
            if getattr(gain.ensemble, name) is not None:
                rule = "is a distribution over many dots, and there is one"
                yield Problem(f"gain.ensemble.{name}", "", rule, "remove it")
        if self.dot.diameter is not None or gain.size is not None:
            energy, T = self.laser.photon_energy, self.dot.temperature
            yield from gain_problems(self.gain_of_dot, energy, T, "dot.temperature")

    @property
    def symmetry(self) -> Literal["axisymmetric"]:
        """A body of revolution."""
        return "axisymmetric"

    @property
    def diameter(self) -> float:
        """Diameter of the dot [m]."""
        sized = None if self.gain.size is None else self.gain.size.diameter
        found = self.dot.diameter or sized
        assert found is not None  # the case has made sure
        return found

    @property
    def gain_of_dot(self) -> GainModel:
        """The gain with one dot in the volume of the dot."""
        one = GivenDensity(n_dots=1.0 / float(dot_volume(self.diameter)))
        return self.gain.model_copy(update={"density": one})

    def material_names(self) -> dict[str, str]:
        """Return the material name of each region."""
        return self.dot.materials()


def beside_dot(tree: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the sections of other kinds of case that stand beside ``[dot]``."""
    for name in _BESIDE:
        if name in tree:
            rule = "stands beside [dot]: a case is about one dot, a particle or a body"
            yield Problem(name, "", rule, "remove one of the two")
