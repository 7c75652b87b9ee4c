"""A closed surface from a file: STL or OBJ triangles, or a STEP solid."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from thermosim.language.files import named_file
from thermosim.language.units import Length, Positive
from thermosim.shapes.base import ShapeBase, TruncatedBody
from thermosim.shapes.hits_mesh import MeshSurface
from thermosim.shapes.orientation import EulerAngles, euler_matrix
from thermosim.shapes.resting import RestingBody, largest_contact_radius, rest, truncate
from thermosim.shapes.solid import (
    RestingSolid,
    largest_solid_contact,
    rest_solid,
    truncate_solid,
)
from thermosim.shapes.triangulation import read_triangles

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TRIANGLES = (".stl", ".obj")
_SOLIDS = (".step", ".stp")


class Surface(ShapeBase):
    """The body inside a closed surface, standing as it does in the file unless turned.

    The numbers of an STL or OBJ file are exact for its flat triangles, those of a STEP solid as
    OpenCASCADE integrates them over its bent faces; only its shadow is that of triangles on it.
    """

    kind: Literal["surface"] = "surface"
    path: Path = Field(description="File .stl, .obj, .step or .stp; relative to the case file")
    unit: Positive[Length] | None = Field(
        None, description="What 1 in the file means; STL and OBJ need it, STEP has its own"
    )
    scale: float = Field(1.0, gt=0, description="Factor on all lengths")
    euler_angles: EulerAngles = (0.0, 0.0, 0.0)

    @field_validator("path", mode="before")
    @classmethod
    def _existing_file(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str | Path):
            return value
        folder = (info.context or {}).get("directory", "")
        path = named_file(folder, value)
        if path.suffix.lower() not in _TRIANGLES + _SOLIDS:
            raise PydanticCustomError("surface", "must end in .stl, .obj, .step or .stp")
        if not path.is_file():
            raise PydanticCustomError(
                "surface", "no such file; looked for {path}", {"path": str(path)}
            )
        return path

    @model_validator(mode="after")
    def _unit_is_known(self) -> Self:
        if self.is_solid == (self.unit is not None):
            raise ValueError(
                "a STEP file has its own unit: leave unit out, use scale"
                if self.is_solid
                else 'STL and OBJ files have no unit of length: give unit, for instance "1 um"'
            )
        return self

    @property
    def is_solid(self) -> bool:
        """Whether the file is a STEP solid, which gmsh reads."""
        return self.path.suffix.lower() in _SOLIDS

    def check(self) -> None:
        """Read the file and refuse what is no closed, well oriented, simple surface.

        Raises
        ------
        MeshError
            Saying what is wrong with the file.
        """
        self.resting()

    def resting(self) -> RestingBody | RestingSolid:
        """Return the body in its pose.

        Raises
        ------
        MeshError
            If the file is no valid surface.
        """
        stamp = self.path.stat().st_mtime_ns if self.path.exists() else 0
        if self.unit is None:
            return rest_solid(self.path, self.scale, self.euler_angles, stamp)
        return _resting(self.path, self.unit * self.scale, self.euler_angles, stamp)

    def vertices_faces(self) -> tuple[NDArray[np.float64], tuple[tuple[int, ...], ...]]:
        """Return vertices (n, 3) [m] in the pose and triangles, counterclockwise from outside.

        Those of a STEP solid have their corners on its faces.
        """
        body = self.resting().body
        return body.vertices, body.faces

    def hit_body(self) -> MeshSurface:
        """Return the triangles that rays meet."""
        return MeshSurface(*self.vertices_faces())

    @property
    def volume(self) -> float:
        """Volume inside the surface [m³]."""
        return self.resting().volume

    @property
    def area(self) -> float:
        """Area of the surface [m²]."""
        return self.resting().area

    @property
    def bounding_box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Lowest and highest x, y, z in the pose [m]."""
        return self.resting().box

    @property
    def centroid_height(self) -> float:
        """Centre of mass above the plane the body rests on [m]."""
        return float(self.resting().centroid[2])

    @property
    def is_axisymmetric(self) -> bool:
        """A body from a file is taken as it is, in 3-D."""
        return False

    @property
    def base_area(self) -> float:
        """Area of what lies flat on z = 0 [m²]."""
        return self.resting().base_area

    @property
    def largest_contact_radius(self) -> float:
        """The largest radius [m] that ``truncated`` takes."""
        resting = self.resting()
        if isinstance(resting, RestingSolid):
            return largest_solid_contact(resting)
        return largest_contact_radius(resting)

    def truncated(self, contact_radius: float) -> TruncatedBody:
        """Return the body with a contact of area π ``contact_radius``² [m] at z = 0.

        Raises
        ------
        ValueError
            If the contact does not fit the base, or no section is as large.
        MeshError
            If a cut meets a STEP solid in several places.
        """
        resting = self.resting()
        if isinstance(resting, RestingSolid):
            return truncate_solid(resting, contact_radius)
        return truncate(resting, contact_radius)


@lru_cache(maxsize=8)
def _resting(
    path: Path, unit: float, angles: tuple[float, float, float], _changed: int
) -> RestingBody:
    body = read_triangles(path).scaled(unit)
    return rest(body.moved(euler_matrix(angles)))
