"""How a mesh is made, and nothing else of a case: drawings of particles and of own geometry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import log, pi
from typing import TYPE_CHECKING, Any, Self

from thermosim.bodies.substrates import NoSubstrate
from thermosim.case.body_case import BodyCase
from thermosim.case.dot_case import DotCase
from thermosim.case.particle_case import Case

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from thermosim.bodies.geometry import BodyMesh, Geometry
    from thermosim.bodies.particle import Arrangement
    from thermosim.bodies.spheres import Spheres
    from thermosim.bodies.substrates import Substrate
    from thermosim.case.settings import MeshSettings, Symmetry
    from thermosim.model.sizes import SizeMap
    from thermosim.shapes import ShapeBase

Names = tuple[str, ...]
NOT_SHAPING = {
    "mesh": {"cache", "target_error"},
}  # fmt: skip
"""Fields of sections that leave a mesh as it is; every other one is part of its key."""
_FILES = {"path", "file"}  # known by their content
_READS_OTHERS = (b"FromFile", b"Merge", b"Include")  # such a script has more in it than its text


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What every drawing has: settings of the mesh, a symmetry, and a key of all that shapes it."""

    mesh: Any

    @property
    def symmetry(self) -> str:
        """Of the mesh: axisymmetric, planar, quarter or 3d."""
        raise NotImplementedError

    def with_mesh(self, **changes: Any) -> Self:
        """Return the drawing with other mesh settings."""
        return replace(self, mesh=self.mesh.model_copy(update=changes))

    def check_names(self, regions: Iterable[str], boundaries: Iterable[str]) -> None:
        """Refuse names that are used but do not stand among those of the mesh."""

    @property
    def file(self) -> Path | None:
        """The file that the geometry is read from."""
        return None

    def estimated_cells(self) -> int | None:
        """Return about how many cells the mesh will have; None where only meshing tells."""
        return None

    def key(self) -> dict[str, Any] | None:
        """Return all that shapes the mesh, as JSON holds it; None if the mesh is not to be kept.

        Nor can it be if the file of the geometry reads other files.
        """
        content, suffix = b"", ""
        if self.file is not None:
            content, suffix = self.file.read_bytes(), self.file.suffix.lower()
        reads_others = suffix == ".geo" and any(word in content for word in _READS_OTHERS)
        if not self.mesh.cache or reads_others:
            return None
        return {
            "symmetry": self.symmetry,
            "mesh": self.mesh.model_dump(mode="json", exclude=NOT_SHAPING["mesh"]),
            "file": [suffix, hashlib.sha256(content).hexdigest()],
            **self._shaping(),
        }

    def _shaping(self) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class ParticleDrawing(Drawing):
    """Equal particles on what they stand on.

    Attributes
    ----------
    substrate : what is drawn under the particles: nothing if they do not touch it
    contact_radius : [m]; 0 without contact
    jump : whether the mesh is cut open at the contact, for a jump of temperature
    """

    shape: ShapeBase
    arrangement: Arrangement
    substrate: Substrate
    contact_radius: float
    jump: bool
    symmetry: Symmetry = "axisymmetric"
    mesh: MeshSettings

    @property
    def file(self) -> Path | None:
        """The file that the shape is read from."""
        return getattr(self.shape, "path", None)

    def places(self) -> NDArray[np.float64]:
        """Return x, y of the middle of each contact, shape (n, 2) [m]."""
        return self.arrangement.places(self.shape)

    def estimated_cells(self) -> int | None:
        """Return the number of cells in rings that grow geometrically off the rim."""
        flat = self.symmetry == "axisymmetric"
        per_radius, per_contact, growth = self.mesh.resolved(2 if flat else 3)
        b = self.contact_radius
        far = max(self.shape.equivalent_radius, self.substrate.equivalent_radius)
        layers = log(max(far / b * per_contact, 2.0)) / growth if b else 0.0
        if flat:
            return int(2.0 * per_radius**2 + layers * 2 * pi / growth)
        turn = 1.0 if self.symmetry == "3d" else 0.25
        ring = turn * 30 * per_contact / growth**2 if b else 0.0
        return int(turn * 10 * per_radius**3 + ring + layers * 40 / growth**2 * turn)

    def _shaping(self) -> dict[str, Any]:
        return {
            "shape": self.shape.model_dump(mode="json", exclude=_FILES),
            "arrangement": self.arrangement.model_dump(mode="json"),
            "substrate": [part.drawn for part in self.substrate.parts()],
            "contact": [self.contact_radius, self.jump],
        }


@dataclass(frozen=True, kw_only=True)
class BodyDrawing(Drawing):
    """A body of any geometry, cut open at its contacts.

    Attributes
    ----------
    contacts : the two regions of each contact, by its name
    sizes : of the cells, in place of those of the settings; only on the rank that makes the mesh
    check : called with the names of regions and boundaries; raises if some are missing
    """

    geometry: Geometry | Spheres
    mesh: BodyMesh
    contacts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    sizes: SizeMap | None = None
    check: Callable[[Names, Names], None] = lambda regions, boundaries: None

    @property
    def symmetry(self) -> str:
        """Planar, axisymmetric or 3d."""
        return self.geometry.symmetry

    @property
    def file(self) -> Path | None:
        """The file that the geometry is read from."""
        return getattr(self.geometry, "file", None)

    def check_names(self, regions: Iterable[str], boundaries: Iterable[str]) -> None:
        """Refuse names that the case uses and the geometry, cut open or not, does not have.

        Raises
        ------
        CaseError
            Naming each.
        """
        sides = {f"{name}:{region}" for name, pair in self.contacts.items() for region in pair}
        self.check(tuple(regions), tuple(name for name in boundaries if name not in sides))

    def _shaping(self) -> dict[str, Any]:
        found = {
            "geometry": self.geometry.model_dump(mode="json", exclude=_FILES),
            "contacts": {name: list(pair) for name, pair in self.contacts.items()},
        }
        return found if self.sizes is None else {**found, "sizes": self.sizes.digest()}


def drawing_of_particle(case: Case) -> ParticleDrawing:
    """Return how the mesh of a case with a particle is made.

    A particle that touches nothing exchanges nothing with its substrate, which is left out.
    """
    b = case.contact_radius
    return ParticleDrawing(
        shape=case.particle.shape,
        arrangement=case.particle.arrangement,
        substrate=case.substrate if b else NoSubstrate(),
        contact_radius=b,
        jump=bool(b) and case.contact.conductance is not None,
        symmetry=case.symmetry,
        mesh=case.mesh,
    )


def drawing_of_body(case: BodyCase) -> BodyDrawing:
    """Return how the mesh of a case with a geometry of its own is made."""
    contacts = {name: contact.between for name, contact in case.contacts.items()}
    return BodyDrawing(
        geometry=case.geometry, mesh=case.mesh, contacts=contacts, check=case.check_names
    )


def drawing_of_dot(case: DotCase) -> BodyDrawing:
    """Return how the mesh of a case about one dot is made."""
    contacts = {one.name: one.regions for one in case.dot.interfaces()}
    return BodyDrawing(geometry=case.dot.spheres(case.diameter), mesh=case.mesh, contacts=contacts)


_OF_CASE: dict[type, Callable[[Any], Drawing]] = {
    Case: drawing_of_particle,
    BodyCase: drawing_of_body,
    DotCase: drawing_of_dot,
}


def drawing_of(case: Case | BodyCase | DotCase) -> Drawing:
    """Return how the mesh of a case of any kind is made."""
    return _OF_CASE[type(case)](case)
