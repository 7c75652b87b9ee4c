"""The case: every parameter class composed, read strictly from TOML."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import Field, model_validator

from thermosim.bodies.chamber import Chamber
from thermosim.bodies.contact import Contact, JKRContact, NoContact
from thermosim.bodies.films import FilmSettings
from thermosim.bodies.particle import Particle, Single
from thermosim.bodies.radiation import RadiationSettings
from thermosim.bodies.substrates import NoSubstrate, Substrate
from thermosim.case.assumptions import Assumptions
from thermosim.case.base import CaseBase, InTime, OwnMaterials, Probes, Title
from thermosim.case.settings import (
    GivenSource,
    MeshSettings,
    OutputSettings,
    SolverSettings,
    Symmetry,
)
from thermosim.case.uncertainty import UncertaintySettings
from thermosim.errors import CaseError, MeshError, Problem
from thermosim.gain import GainModel
from thermosim.gain.rules import gain_problems
from thermosim.materials import SizeTable
from thermosim.optics.beam import Laser
from thermosim.optics.model import AutoOptics, OpticsModel, UniformOptics
from thermosim.optics.rules import laser_symmetry_problems, optics_problems
from thermosim.shapes import ShapeBase, Surface
from thermosim.thermometry.settings import ThermometrySettings

if TYPE_CHECKING:
    from thermosim.bodies.nearfield import NearField

PARTICLE_RADII = (1e-10, 1e3)
"""Radii [m] of particles: from an atom, where no continuum is left, to a mountain."""


class Case(CaseBase):
    """One experiment to compute: a particle, what it rests on, the light, and how to solve."""

    title: Title = ""
    assumptions: Assumptions = "careful"
    symmetry: Symmetry = Field(
        default="axisymmetric",
        description="Body of revolution in (r, z); quarter of one with mirror planes; full 3d",
    )
    particle: Particle
    substrate: Substrate = NoSubstrate()
    contact: Contact = NoContact()
    laser: Laser | None = None
    optics: OpticsModel = AutoOptics()
    gain: GainModel = GainModel()
    source: GivenSource | None = None
    chamber: Chamber = Chamber()
    radiation: RadiationSettings = RadiationSettings()
    films: tuple[FilmSettings, ...] = Field(
        default=(), description="Thin films on surfaces, [[films]], that are not meshed"
    )
    probes: Probes = ()
    materials: OwnMaterials = Field(default_factory=dict)
    transient: InTime = None
    thermometry: ThermometrySettings = ThermometrySettings()
    uncertainty: UncertaintySettings = UncertaintySettings()
    mesh: MeshSettings = MeshSettings()
    solver: SolverSettings = SolverSettings()
    output: OutputSettings = OutputSettings()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = [
            *self._heat_problems(),
            *self._shape_problems(),
            *self._material_problems(),
            *self._emissivity_problems(),
            *self._near_field_problems(),
        ]
        if problems:  # the rest asks bodies and materials for numbers
            raise CaseError(problems)
        problems += self._contact_problems()
        if self.laser is not None:
            T = self.chamber.temperature
            problems += gain_problems(self.gain, self.laser.photon_energy, T)
        problems += self._symmetry_problems()
        problems += self._level_problems()
        problems += self._optics_problems()
        problems += self._heap_problems()
        problems += self.target_problems()
        problems += self.probe_problems(self.probes, self.material_names())
        problems += self.thermometer_problems(lit=self.laser is not None)
        if problems:
            raise CaseError(problems)
        return self

    def _heat_problems(self) -> Iterator[Problem]:
        if self.laser is None and self.source is None:
            remedy = "add a section [laser] (or [source])"
            yield Problem("laser", "", "is missing, so nothing drives the particle", remedy)
        if self.laser is not None and self.source is not None:
            yield Problem("source", "", "stands beside [laser]", "remove one of the two")

    def _shape_problems(self) -> Iterator[Problem]:
        shape = self.particle.shape
        low, high = PARTICLE_RADII
        rule = f"its size must be between {low:g} m and {high:g} m"
        try:
            if isinstance(shape, Surface):
                shape.check()
            with np.errstate(all="raise"):
                radius = shape.equivalent_radius
        except MeshError as error:
            yield Problem("particle.shape.path", "", str(error))
        except (ArithmeticError, RuntimeError):  # Qhull's error is a RuntimeError
            yield Problem("particle.shape", "", "cannot be computed", rule)
        else:
            if not low <= radius <= high:
                found = f"the radius of the sphere of its volume is {radius:.4g} m"
                yield Problem("particle.shape", "", found, rule)

    def _contact_problems(self) -> Iterator[Problem]:
        if isinstance(self.contact, NoContact):
            return
        kind = f'"{self.contact.kind}"'
        if isinstance(self.contact, JKRContact) and _lies_flat(self.particle.shape):
            rule = "is for round bodies, and this one lies flat on a facet"
            remedy = 'write contact.kind = "disk" with the radius that touches'
            yield Problem("contact.kind", kind, rule, remedy)
        if not self.substrate.parts():
            remedy = 'add a section [substrate], or write contact.kind = "none"'
            yield Problem("contact.kind", kind, "but there is nothing to touch", remedy)
        try:
            radius = self.contact_radius
        except MeshError:  # told by the shape, or a STEP solid, which only the mesher can measure
            return
        except ValueError as error:
            yield Problem("contact", "", str(error), "make the contact smaller")
            return
        size = self.substrate.equivalent_radius
        if self.substrate.parts() and radius >= size:
            rule = f"its radius {radius:.4g} m must be below that of the substrate, {size:.4g} m"
            yield Problem("contact", "", rule, "make the substrate larger")

    def _level_problems(self) -> Iterator[Problem]:
        if self.transient is not None or self.source is None or self.chamber.pressure > 0:
            return
        faces = () if isinstance(self.contact, NoContact) else self.substrate.faces()
        exits = (f.happens == "held" or (f.happens == "radiating" and f.emissivity) for f in faces)
        if any(exits) or self.particle.emissivity:
            return
        rule = "no surface radiates, nothing is held and there is no gas: heat has no way out"
        remedy = "give an emissivity, or a substrate with a held face; or add [transient]"
        yield Problem("particle.emissivity", "0", rule, remedy)

    def _symmetry_problems(self) -> Iterator[Problem]:
        if self.symmetry == "3d":
            return
        shape, substrate, laser = self.particle.shape, self.substrate, self.laser
        flat = self.symmetry == "axisymmetric"
        what, asked = (
            ("is no body of revolution about z", "is_axisymmetric")
            if flat
            else ("has no mirror planes x = 0 and y = 0", "has_mirror_planes")
        )
        remedy = 'write symmetry = "3d"'
        if not getattr(shape, asked):
            quarters = ' (or "quarter")' if flat and shape.has_mirror_planes else ""
            yield Problem("particle.shape.kind", f'"{shape.kind}"', what, remedy + quarters)
        if not getattr(substrate, asked):
            yield Problem("substrate", f'"{substrate.kind}"', what, remedy)
        if not isinstance(self.particle.arrangement, Single):
            kind = f'"{self.particle.arrangement.kind}"'
            yield Problem("particle.arrangement", kind, "breaks the symmetry", remedy)
        if laser is not None:
            yield from laser_symmetry_problems(laser, self.symmetry)

    def _optics_problems(self) -> Iterator[Problem]:
        alone = isinstance(self.particle.arrangement, Single)
        if not alone and not isinstance(self.optics, UniformOptics | AutoOptics):
            rule = "follows the light in one particle, and there are several"
            remedy = 'write optics.model = "uniform", or leave particle.arrangement out'
            yield Problem("optics.model", f'"{self.optics.model}"', rule, remedy)
        try:
            material = self.material(self.particle.material)
        except CaseError:  # told by the materials
            return
        yield from optics_problems(
            self.optics, self.laser, self.particle.shape, self.symmetry,
            known=material.refractive_index is not None, transient=self.transient is not None,
        )  # fmt: skip

    def _heap_problems(self) -> Iterator[Problem]:
        heap = self.particle.heap
        if heap is None or heap.light != "rays" or self.laser is None:
            return
        if not self.particle_index >= 1.0:
            rule = f"bends in {self.particle.material}, whose refractive index is not known"
            remedy = 'give optics.refractive_index, or write particle.heap.light = "direct"'
            yield Problem("particle.heap.light", '"rays"', rule, remedy)

    def _emissivity_problems(self) -> Iterator[Problem]:
        emitters: dict[tuple[str, str], Any] = {
            ("particle", self.particle.material): self.particle.emissivity
        }
        for face in self.substrate.faces():
            if face.happens == "radiating":
                emitters["substrate", face.part.material] = face.emissivity
        for (owner, name), setting in emitters.items():
            try:
                material = self.material(name)
            except CaseError:  # told by the materials
                continue
            remedy = "write a number from 0 to 1"
            if setting == "material" and material.emissivity is None:
                rule = f"material {name} has no emissivity"
                yield Problem(f"{owner}.emissivity", '"material"', rule, remedy)
            by_size = isinstance(material.emissivity, SizeTable)
            if setting == "small_body" and material.infrared is None and not by_size:
                rule = f"material {name} has no infrared constants"
                yield Problem(f"{owner}.emissivity", '"small_body"', rule, remedy)

    def _near_field_problems(self) -> Iterator[Problem]:
        if not self.radiation.near_field:
            return
        parts = self.substrate.parts()
        if isinstance(self.contact, NoContact) or not parts:
            rule = "but the particle touches no substrate"
            remedy = "remove it, or add [substrate] and [contact]: a disk of 1 nm hardly conducts"
            yield Problem("radiation.near_field", "true", rule, remedy)
        for name in dict.fromkeys([self.particle.material, *(p.material for p in parts[:1])]):
            try:
                known = self.material(name).infrared is not None
            except CaseError:  # told by the materials
                continue
            if not known:
                rule = f"but material {name} has no infrared constants"
                remedy = f"add [materials.{name}.infrared], or remove near_field"
                yield Problem("radiation.near_field", "true", rule, remedy)

    def _material_problems(self) -> Iterator[Problem]:
        places = {"particle.material": self.particle.material}
        places |= {f"substrate.{part.key}": part.material for part in self.substrate.parts()}
        if self.optics.dots is not None:
            places["optics.dots.material"] = self.optics.dots.material
        for i, film in enumerate(self.films):
            places[f"films[{i}].material"] = film.material
        for path, name in places.items():
            try:
                self.material(name, path)
            except CaseError as error:
                yield from error.problems

    @property
    def contact_radius(self) -> float:
        """Radius of the contact disk [m]; 0 without contact.

        Raises
        ------
        ValueError
            If it does not fit the particle.
        """
        if isinstance(self.contact, NoContact):
            return 0.0
        shape = self.particle.shape
        radius = self.contact.radius_for(shape.equivalent_radius)
        if radius:
            shape.truncated(radius)
        return radius

    @property
    def near_field(self) -> NearField | None:
        """What particle and substrate exchange across a narrow gap; None if not asked for."""
        from thermosim.bodies.nearfield import near_field

        if not self.radiation.near_field:
            return None
        below = self.material(self.substrate.parts()[0].material).infrared
        one = self.material(self.particle.material).infrared
        assert one is not None
        assert below is not None
        return near_field(one, below, self.chamber.temperature)

    def material_names(self) -> dict[str, str]:
        """Return the material name of each region: particle, and every part of the substrate."""
        parts = {part.region: part.material for part in self.substrate.parts()}
        return {"particle": self.particle.material} | parts

    @property
    def particle_index(self) -> float:
        """Real refractive index of the particle at the pump; not a number where nobody knows it."""
        if self.laser is None:
            return self.optics.index(complex(math.nan))
        return self.index_in_light(self.particle.material, self.optics, self.laser)


def _lies_flat(shape: ShapeBase) -> bool:
    """Whether a body rests on a facet; a STEP solid, which only the mesher knows, is let pass."""
    return not (isinstance(shape, Surface) and shape.is_solid) and shape.base_area > 0
