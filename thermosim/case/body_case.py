"""A case about a body of any geometry: what `load_case` returns for a file with ``[geometry]``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Self

from pydantic import Field, model_validator

from thermosim.bodies.boundaries import Boundary
from thermosim.bodies.films import BodyFilm
from thermosim.bodies.geometry import (
    COORDINATES,
    BodyContact,
    BodyMesh,
    BodySymmetry,
    Geometry,
    GeometryFile,
    Region,
    unknown_names,
)
from thermosim.bodies.radiation import BodyEnclosure
from thermosim.case.assumptions import Assumptions
from thermosim.case.base import CaseBase, InTime, OwnMaterials, Probes, Title
from thermosim.case.settings import OutputSettings, SolverSettings
from thermosim.case.uncertainty import UncertaintySettings
from thermosim.errors import CaseError, Problem
from thermosim.gain import GainModel
from thermosim.gain.rules import gain_problems
from thermosim.language.formulas import FieldExpression
from thermosim.language.names import Name, toml_key
from thermosim.optics.beam import Laser
from thermosim.optics.model import OpticsModel
from thermosim.optics.rules import laser_symmetry_problems, optics_problems
from thermosim.schedule.settings import ChamberStart, FieldStart
from thermosim.thermometry.settings import ThermometrySettings

DEFAULT_REFERENCE = 300.0
"""Temperature [K] that ΔT is counted from where the case names none."""


class BodyGain(GainModel):
    """The dots of one region of a body."""

    region: Name | None = Field(
        default=None, description="Region with the dots and the light; may be left out if alone"
    )

    def problems(self, regions: Collection[str]) -> Iterator[Problem]:
        """Yield that the region is not there, or not said."""
        if self.region is not None:
            yield from unknown_names([self.region], regions, "region", "gain.region", as_value=True)
        elif len(regions) > 1:
            rule = "is missing, and there is more than one region"
            yield Problem("gain.region", "", rule, f"known: {', '.join(regions)}")


class BodyCase(CaseBase):
    """Heat conduction in a body of any geometry, steady or in time."""

    title: Title = ""
    assumptions: Assumptions = "careful"
    geometry: Geometry
    regions: dict[Name, Region] = Field(min_length=1)
    boundaries: dict[Name, Boundary] = Field(
        default_factory=dict, description="Boundaries that are not named here are insulated"
    )
    contacts: dict[Name, BodyContact] = Field(default_factory=dict)
    enclosures: dict[Name, BodyEnclosure] = Field(
        default_factory=dict, description="Boundaries that radiate to each other"
    )
    films: tuple[BodyFilm, ...] = Field(
        default=(), description="Thin films on boundaries, [[films]], that are not meshed"
    )
    probes: Probes = ()
    laser: Laser | None = None
    optics: OpticsModel | None = Field(
        default=None, description="How the light spreads in that region; auto by default"
    )
    gain: BodyGain | None = Field(
        default=None, description="Dots of one region, which the laser drives"
    )
    goal: str | None = Field(
        default=None,
        description="Region (its mean) or point probe whose error is estimated; default the "
        "first region",
    )
    materials: OwnMaterials = Field(default_factory=dict)
    transient: InTime = None
    thermometry: ThermometrySettings = ThermometrySettings()
    uncertainty: UncertaintySettings = UncertaintySettings()
    mesh: BodyMesh = BodyMesh()
    solver: SolverSettings = SolverSettings()
    output: OutputSettings = OutputSettings()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = [
            *self._name_problems(),
            *self._material_problems(),
            *self._formula_problems(),
            *self._level_problems(),
            *enclosure_problems(self.enclosures, self.boundaries, self.geometry.boundary_names),
            *self._probe_problems(),
            *self._light_problems(),
            *self.target_problems(),
            *self.thermometer_problems(lit=self.laser is not None),
        ]
        if problems:
            raise CaseError(problems)
        return self

    def _name_problems(self) -> Iterator[Problem]:
        regions, boundaries = self.geometry.region_names, self.geometry.boundary_names
        if regions is not None and boundaries is not None:
            yield from self.missing_in(regions, boundaries)
        if isinstance(self.geometry, GeometryFile):
            is_mesh = self.geometry.file.suffix.lower() == ".msh"
            if is_mesh and self.mesh.asks_for_sizes:
                rule = "a .msh file is used as it is"
                remedy = (
                    "give the .geo or STEP file that it was made from, or remove size, near, "
                    "refinement and target_error"
                )
                yield Problem("mesh", "", rule, remedy)

    def check_names(self, regions: tuple[str, ...], boundaries: tuple[str, ...]) -> None:
        """Refuse names that the geometry does not have.

        Raises
        ------
        CaseError
            Naming each.
        """
        problems = list(self.missing_in(regions, boundaries))
        if problems:
            raise CaseError(problems)

    def missing_in(
        self, regions: tuple[str, ...], boundaries: tuple[str, ...]
    ) -> Iterator[Problem]:
        """Yield what does not fit the names that the geometry has."""
        yield from unknown_names(self.regions, regions, "region", "regions")
        yield from unknown_names(self.boundaries, boundaries, "boundary", "boundaries")
        yield from unknown_names(self.mesh.near, boundaries, "boundary", "mesh.near")
        if self.transient is not None and isinstance(self.transient.initial, FieldStart):
            named = self.transient.initial.regions
            yield from unknown_names(named, regions, "region", "transient.initial.regions")
        for name in regions:
            if name not in self.regions:
                rule = "this region of the geometry has no material"
                path = f"regions.{toml_key(name)}"
                yield Problem(path, "", rule, f"add [{path}] with a material")
        for name, contact in self.contacts.items():
            path = f"contacts.{name}.between"
            yield from unknown_names(contact.between, regions, "region", path, as_value=True)
        for name, enclosure in self.enclosures.items():
            path = f"enclosures.{name}.boundaries"
            given = enclosure.boundaries
            yield from unknown_names(given, boundaries, "boundary", path, as_value=True)
        for index, film in enumerate(self.films):
            path = f"films[{index}].boundary"
            yield from unknown_names([film.boundary], boundaries, "boundary", path, as_value=True)

    def _material_problems(self) -> Iterator[Problem]:
        for name, region in self.regions.items():
            try:
                self.material(region.material, f"regions.{name}.material")
            except CaseError as error:
                yield from error.problems
        if self.optics is not None and self.optics.dots is not None:
            try:
                self.material(self.optics.dots.material, "optics.dots.material")
            except CaseError as error:
                yield from error.problems
        for index, film in enumerate(self.films):
            try:
                self.material(film.material, f"films[{index}].material")
            except CaseError as error:
                yield from error.problems

    def expressions(self) -> Iterator[tuple[str, FieldExpression]]:
        """Yield every formula with its path in the file."""
        for name, region in self.regions.items():
            for key, field in region.expressions():
                yield f"regions.{name}.{key}", field
        for name, boundary in self.boundaries.items():
            for key, field in boundary.expressions():
                yield f"boundaries.{name}.{key}", field

    def _formula_problems(self) -> Iterator[Problem]:
        for path, field in self.expressions():
            known = [*COORDINATES[self.symmetry]]
            if self.transient is not None:
                known.append("t")
            if path.rpartition(".")[2] not in ("temperature", "T_env"):
                known.append("T")
            for name in sorted(field.names_used - set(known)):
                remedy = f"the names are {', '.join(known)}"
                if name == "t":
                    remedy = "a steady case has no time: add a section [transient]"
                yield Problem(path, f'"{field.expression.text}"', f'"{name}" is not known', remedy)

    def _level_problems(self) -> Iterator[Problem]:
        if self.transient is not None:
            if isinstance(self.transient.initial, ChamberStart):
                remedy = 'write [transient.initial] with kind = "temperature" and temperature'
                yield Problem(
                    "transient.initial", "", "a body has no chamber to start from", remedy
                )
            return
        sources = [r.heat_source for r in self.regions.values() if r.heat_source is not None]
        follows = any("T" in field.names_used for field in sources) or self.gain is not None
        if not follows and not any(b.fixes_temperature for b in self.boundaries.values()):
            rule = "nothing fixes the level of the temperature, so there is no one steady state"
            remedy = "hold a boundary at a temperature, or give it convection or radiation"
            yield Problem("boundaries", "", rule, f"{remedy}; or add a section [transient]")

    def _probe_problems(self) -> Iterator[Problem]:
        yield from self.probe_problems(self.probes, self.regions)
        points = [probe.name for probe in self.probes if probe.point is not None]
        if self.goal is not None and self.goal not in (*self.regions, *points):
            listed = ", ".join((*self.regions, *points))
            rule = "is neither a region nor a probe with a point"
            yield Problem("goal", f'"{self.goal}"', rule, f"known: {listed}")

    def _light_problems(self) -> Iterator[Problem]:
        if (self.laser is None) != (self.gain is None):
            missing, there = ("gain", "laser") if self.gain is None else ("laser", "gain")
            rule = f"is missing, and [{there}] alone says nothing"
            yield Problem(missing, "", rule, f"add a section [{missing}], or remove [{there}]")
        if self.laser is None:
            if self.optics is not None:
                yield Problem("optics", "", "but there is no light", "add a section [laser]")
            return
        yield from laser_symmetry_problems(self.laser, self.symmetry)
        if self.gain is None:
            return
        yield from self.gain.problems(self.regions)
        yield from gain_problems(
            self.gain, self.laser.photon_energy, self.reference, "reference temperature"
        )
        if self.lit_region not in self.regions:
            return
        region = self.regions[self.lit_region]
        if region.heat_source is not None or region.power is not None:
            key = "power" if region.heat_source is None else "heat_source"
            path = f"regions.{self.lit_region}.{key}"
            yield Problem(path, "", "stands beside the light of this region", "remove one of them")
        try:
            material = self.material(region.material)
        except CaseError:  # told by the materials
            return
        in_time = self.transient is not None
        assert self.optics is not None
        yield from optics_problems(
            self.optics, self.laser, None, self.symmetry,
            known=material.refractive_index is not None, transient=in_time,
        )  # fmt: skip

    @property
    def lit_region(self) -> str:
        """The region with the dots: that of ``[gain]``, or the only one."""
        named = None if self.gain is None else self.gain.region
        return named or next(iter(self.regions))

    @property
    def symmetry(self) -> BodySymmetry:
        """Planar, axisymmetric or 3d."""
        return self.geometry.symmetry

    @property
    def reference(self) -> float:
        """Temperature [K] that ΔT is counted from: the first constant one that the case names."""
        if self.transient is not None and self.transient.initial.level is not None:
            return self.transient.initial.level
        for path, field in self.expressions():
            temperature = path.rpartition(".")[2] in ("temperature", "T_env")
            if temperature and field.is_constant and field.constant > 0:
                return field.constant
        return DEFAULT_REFERENCE

    def material_names(self) -> dict[str, str]:
        """Return the material name of each region."""
        return {name: region.material for name, region in self.regions.items()}


def enclosure_problems(
    enclosures: dict[str, BodyEnclosure],
    boundaries: dict[str, Boundary],
    known: tuple[str, ...] | None,
) -> Iterator[Problem]:
    """Yield why the surfaces of enclosures cannot exchange radiation.

    `known` are the boundaries of the geometry, where that is told before it is read.
    """
    taken: dict[str, str] = {}
    for name, enclosure in enclosures.items():
        path, surroundings = f"enclosures.{name}.boundaries", set()
        for boundary in enclosure.boundaries:
            if boundary in taken:
                same = taken[boundary] == name
                rule = "stands twice" if same else f"stands in enclosure {taken[boundary]} too"
                yield Problem(path, f'"{boundary}"', rule, "a boundary is of one enclosure, once")
                if same:
                    continue
            taken[boundary] = name
            radiation = boundaries[boundary].radiation if boundary in boundaries else None
            numbers = radiation and radiation.emissivity.is_constant and radiation.T_env.is_constant
            if known is not None and boundary not in known:
                continue  # told where names are checked
            if radiation is None or not numbers:
                rule = "has no radiation whose emissivity and T_env are numbers"
                remedy = f"add boundaries.{boundary}.radiation = {{ emissivity, T_env }}"
                yield Problem(path, f'"{boundary}"', rule, remedy)
            else:
                surroundings.add(radiation.T_env.constant)
        if len(surroundings) > 1:
            rule = "its boundaries have different T_env, which is what their openings look at"
            yield Problem(path, "", rule, "give them one T_env")
