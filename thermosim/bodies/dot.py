"""One dot and what is around it: the section ``[dot]`` of a case about a single dot.

A dot is a sphere of its volume, with or without a shell of ligands. Its surroundings say what the
mesh holds beside it (`Spheres`) and how heat leaves.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import Field
from scipy.constants import pi

from thermosim.bodies.spheres import Ball, Spheres
from thermosim.language.kinds import Kind
from thermosim.language.sections import Section
from thermosim.language.units import (
    ContactConductance,
    Fraction,
    Length,
    NonNegative,
    Positive,
    Temperature,
)
from thermosim.materials import Material, SizeTable

Materials = Callable[[str], Material]
DOT, SHELL, MEDIUM, SUBSTRATE = "dot", "shell", "medium", "substrate"
SURFACE, FAR = "surface", "far"
MEDIUM_REACH, SUBSTRATE_REACH = 20.0, 100.0
"""Radius of what is meshed around a dot, over that of dot and shell; beyond, heat leaves as 1/r."""


class Interface(NamedTuple):
    """Two regions that touch, the inner one first, and the conductance between them [W/(m² K)]."""

    name: str
    regions: tuple[str, str]
    h: float


class Shell(Section):
    """What coats a dot: ligands, or a shell of another crystal."""

    material: str = Field(description="Name of the material")
    thickness: Positive[Length] = Field(description="Thickness")
    h: Positive[ContactConductance] = Field(
        1e8, description="Conductance of the interface between dot and shell (estimate)"
    )


class Surroundings(Kind, chosen_by="kind"):
    """What is around a dot."""

    kind: str

    @abstractmethod
    def spheres(self, balls: tuple[Ball, ...]) -> Spheres:
        """Return what is meshed: the balls of the dot, from the inside out, and what is around."""

    def region(self) -> tuple[str, str] | None:
        """Return region and material of what is around; None where there is nothing."""
        return None

    def interface(self) -> float | None:
        """Return the conductance [W/(m² K)] between the dot (or its shell) and what is around."""
        return None

    def emissivity_of(self, radius: float, T: float, dot: Material) -> float:
        """Return the emissivity of the free surface of a dot; 0 where it has none."""
        return 0.0

    def problems(self, radius: float, core: float) -> Iterator[str]:
        """Yield what does not fit a dot of a radius [m], shell included, around a ``core`` [m]."""
        yield from ()

    @abstractmethod
    def resistance(self, radius: float, T: float, material: Materials, outer: str) -> float:
        """Return the resistance [K/W] from the surface at ``radius`` [m] to far away.

        ``outer`` is the material of that surface: of the shell, if there is one.
        """


class Medium(Surroundings):
    """A host crystal, or a liquid, all around the dot: ``1/(4 pi k R) + 1/(4 pi R² h)``.

    ``h`` is the conductance of the interface (Kapitza). 1e8 W/(m² K) is an estimate, 3e7 to 3e8 as
    between dissimilar solids; in liquids some 1.5e7 (CdSe/CdS, arXiv:2605.01141).
    """

    kind: Literal["medium"] = "medium"
    material: str = Field("Cs4PbBr6", description="Name of the material")
    h: Positive[ContactConductance] = Field(1e8, description="Conductance of the interface")

    def spheres(self, balls: tuple[Ball, ...]) -> Spheres:
        """Return the dot in the middle of a ball of the medium."""
        around = Ball(name=MEDIUM, radius=MEDIUM_REACH * balls[-1].radius)
        return Spheres(balls=(*balls, around), outside=FAR)

    def region(self) -> tuple[str, str]:
        """Return the region of the medium and its material."""
        return MEDIUM, self.material

    def interface(self) -> float:
        """Return the conductance of the interface [W/(m² K)]."""
        return self.h

    def resistance(self, radius: float, T: float, material: Materials, outer: str) -> float:
        """Return what the interface and the medium resist [K/W]."""
        through = 1.0 / (4.0 * pi * conductivity_of(material(self.material), T) * radius)
        return float(through + 1.0 / (4.0 * pi * radius**2 * self.h))


class Free(Surroundings):
    """What dots with a free surface in vacuum share: it radiates."""

    emissivity: NonNegative[Fraction] | None = Field(
        None, description="Of the free surface; that of the dot's material at its size if not given"
    )

    def emissivity_of(self, radius: float, T: float, dot: Material) -> float:
        """Return the emissivity of the free surface.

        Raises
        ------
        ValueError
            If neither section nor material tells it.
        """
        if self.emissivity is not None:
            return self.emissivity
        known = dot.emissivity
        if known is None:
            raise ValueError("the material of the dot has no emissivity; give that of surroundings")
        if isinstance(known, SizeTable):
            return float(known.at_size(radius))
        return float(known.at(T))


class Vacuum(Free):
    """Nothing: the dot radiates with the emissivity of a body so small."""

    kind: Literal["vacuum"] = "vacuum"

    def spheres(self, balls: tuple[Ball, ...]) -> Spheres:
        """Return the dot alone."""
        return Spheres(balls=balls, outside=SURFACE)

    def resistance(self, radius: float, T: float, material: Materials, outer: str) -> float:
        """Refuse to be a resistance: the heat that is radiated follows T⁴."""
        return math.inf


class OnSubstrate(Free):
    """A flat substrate under the dot, touched over a disk; above, vacuum."""

    kind: Literal["substrate"] = "substrate"
    material: str = Field("muscovite", description="Name of the material of the substrate")
    contact_radius: Positive[Length] = Field(
        1e-9, description="Radius of the disk that touches; flattened ligands: 1 to 3 nm"
    )
    h: Positive[ContactConductance] = Field(1e8, description="Conductance of the contact")

    def spheres(self, balls: tuple[Ball, ...]) -> Spheres:
        """Return the dot, cut flat where it touches a half-space."""
        return Spheres(
            balls=balls,
            outside=SURFACE,
            contact_radius=self.contact_radius,
            below=Ball(name=SUBSTRATE, radius=SUBSTRATE_REACH * balls[-1].radius),
        )

    def region(self) -> tuple[str, str]:
        """Return the region of the substrate and its material."""
        return SUBSTRATE, self.material

    def interface(self) -> float:
        """Return the conductance of the contact [W/(m² K)]."""
        return self.h

    def problems(self, radius: float, core: float) -> Iterator[str]:
        """Yield that the contact is wider than the dot, or reaches the core through the shell."""
        b = self.contact_radius
        if b >= radius:
            yield f"must be below the radius of the dot, {radius:g} m"
        elif core < radius and math.sqrt(radius**2 - b**2) <= core:
            yield "cuts through the shell into the dot"

    def resistance(self, radius: float, T: float, material: Materials, outer: str) -> float:
        """Return the constrictions on either side of the contact, and the contact [K/W].

        ``1/(4 k b)`` each, of a disk on a half-space (Carslaw and Jaeger 1959, section 8.2), and
        ``1/(pi b² h)``: an estimate, since the flux over the disk is neither that of an
        isothermal disk nor even, and the dot is no half-space.
        """
        b = self.contact_radius
        sides = sum(1.0 / conductivity_of(material(n), T) for n in (outer, self.material))
        return float(sides / (4.0 * b) + 1.0 / (pi * b**2 * self.h))


class Dot(Section):
    """One dot, what coats it and what is around it."""

    diameter: Positive[Length] | None = Field(
        None, description="Diameter of a sphere of its volume; that of [gain.size] if not given"
    )
    material: str = Field("CsPbBr3", description="Name of its material")
    temperature: Annotated[Positive[Temperature], Field(le=5000.0)] = Field(
        300.0, description="Temperature of the surroundings"
    )
    shell: Shell | None = Field(None, description="Ligands, or another coat")
    surroundings: Surroundings = Field(Medium(), description="What is around it")

    def materials(self) -> dict[str, str]:
        """Return the material of each region, from the inside out."""
        found = {DOT: self.material}
        if self.shell is not None:
            found[SHELL] = self.shell.material
        around = self.surroundings.region()
        return found if around is None else {**found, around[0]: around[1]}

    def outer_radius(self, diameter: float) -> float:
        """Return the radius of dot and shell [m]."""
        return 0.5 * diameter + (0.0 if self.shell is None else self.shell.thickness)

    def spheres(self, diameter: float) -> Spheres:
        """Return what is meshed of a dot of this diameter [m]."""
        balls = [Ball(name=DOT, radius=0.5 * diameter)]
        if self.shell is not None:
            balls.append(Ball(name=SHELL, radius=self.outer_radius(diameter)))
        return self.surroundings.spheres(tuple(balls))

    def interfaces(self) -> tuple[Interface, ...]:
        """Return the interfaces that resist, from the inside out."""
        names = tuple(self.materials())
        found = [] if self.shell is None else [Interface(SHELL, (DOT, SHELL), self.shell.h)]
        h = self.surroundings.interface()
        if h is not None:
            found.append(Interface("contact", (names[-2], names[-1]), h))
        return tuple(found)

    def inner_resistances(self, diameter: float, T: float, material: Materials) -> float:
        """Return the resistance [K/W] from the mean of the dot to its outer surface.

        ``1/(20 pi k R)`` of heat released evenly in a sphere, ``1/(4 pi R² h)`` of the interface,
        ``(1/R - 1/a)/(4 pi k)`` of a shell from R to a.
        """
        R = 0.5 * diameter
        found: float = 1.0 / (20.0 * pi * conductivity_of(material(self.material), T) * R)
        if self.shell is not None:
            a, k = R + self.shell.thickness, conductivity_of(material(self.shell.material), T)
            found += 1.0 / (4.0 * pi * R**2 * self.shell.h)
            found += (1.0 / R - 1.0 / a) / (4.0 * pi * k)
        return found

    def outer_resistance(self, diameter: float, T: float, material: Materials) -> float:
        """Return the resistance [K/W] from the outer surface to far away; infinite in vacuum."""
        outer = self.material if self.shell is None else self.shell.material
        return self.surroundings.resistance(self.outer_radius(diameter), T, material, outer)


def conductivity_of(material: Material, T: float) -> float:
    """Return the conductivity [W/(m K)], of a tensor the geometric mean over its axes."""
    parts = [float(one) for one in material.conductivity.components(T)]
    return float(math.prod(parts) ** (1.0 / len(parts)))
