"""A body of any geometry, and what acts on it: the sections of a case without a particle.

Regions and boundaries are addressed by name: those of ``[geometry]``, or of the physical groups
of a file.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from thermosim.errors import Problem
from thermosim.language.files import named_file
from thermosim.language.formulas import (
    FieldExpression,
    HeatSourceExpression,
)
from thermosim.language.names import Name, composed, toml_key
from thermosim.language.sections import Section
from thermosim.language.units import ContactConductance, Length, Positive, Power

BodySymmetry = Literal["planar", "axisymmetric", "3d"]
Interval = tuple[Length, Length]
Point = Annotated[tuple[Length, ...], Field(min_length=2, max_length=3)]

COORDINATES: dict[str, tuple[str, ...]] = {
    "planar": ("x", "y", "r"),
    "axisymmetric": ("r", "z"),
    "3d": ("x", "y", "z", "r"),
}
"""Names that a formula may use by symmetry; r is the distance from the axis x = y = 0."""
_SUFFIXES = (".geo", ".msh", ".step", ".stp")


def _unit_length(value: Any) -> Any:
    """Read a bare unit, ``"mm"``, as one of it."""
    return f"1 {value}" if isinstance(value, str) and value.strip().isalpha() else value


UnitOfLength = Annotated[
    Positive[Length],
    BeforeValidator(_unit_length),
    WithJsonSchema({"type": "string", "examples": ["1 mm"], "x-si-unit": "m"}),
]


class Part(Section):
    """A stretch of a side with a name of its own; what is left keeps the name of the side."""

    side: Literal["left", "right", "bottom", "top"] = Field(description="On which it lies")
    between: Interval = Field(description="Where it begins and ends along the side")


class Rectangle(Section):
    """A rectangle in (x, y), or in (r, z) turned about the axis, with sides by name."""

    kind: Literal["rectangle"] = "rectangle"
    symmetry: Literal["planar", "axisymmetric"] = Field(
        default="planar", description="Plane figure, or section of a body of revolution"
    )
    x: Interval | None = Field(default=None, description="From left to right (planar)")
    y: Interval | None = Field(default=None, description="From bottom to top (planar)")
    r: Interval | None = Field(default=None, description="From left to right (axisymmetric)")
    z: Interval | None = Field(default=None, description="From bottom to top (axisymmetric)")
    region: Name = Field(default="body", description="Name of its inside")
    parts: dict[Name, Part] = Field(
        default_factory=dict, description="Stretches of sides with names of their own"
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        names = ("x", "y") if self.symmetry == "planar" else ("r", "z")
        other = ("r", "z") if self.symmetry == "planar" else ("x", "y")
        if any(getattr(self, n) is not None for n in other):
            raise ValueError(f'symmetry = "{self.symmetry}": its extent is {names[0]}, {names[1]}')
        for name in names:
            _check_interval(name, getattr(self, name))
        if self.r is not None and self.r[0] < 0:
            raise ValueError(f"r begins at {self.r[0]:g} m; r must not be negative")
        sides = {"left", "right", "bottom", "top"}
        for name, part in self.parts.items():
            if name in sides:
                raise ValueError(f'parts.{name}: "{name}" is a side already; choose another name')
            self._check_part(name, part)
        self._check_overlap()
        return self

    @property
    def intervals(self) -> tuple[Interval, Interval]:
        """Extent across and along [m]."""
        pair = (self.x, self.y) if self.symmetry == "planar" else (self.r, self.z)
        assert pair[0] is not None
        assert pair[1] is not None
        return pair[0], pair[1]

    def along(self, side: str) -> Interval:
        """Return the interval that a side runs along [m]."""
        return self.intervals[1 if side in ("left", "right") else 0]

    def _check_part(self, name: str, part: Part) -> None:
        low, high = self.along(part.side)
        first, last = part.between
        if not low <= first < last <= high:
            raise ValueError(
                f"parts.{name}: between = {first:g} m, {last:g} m must increase and lie on the "
                f"{part.side} side, {low:g} m to {high:g} m"
            )

    def _check_overlap(self) -> None:
        for side in ("left", "right", "bottom", "top"):
            on_side = sorted(
                (part.between, name) for name, part in self.parts.items() if part.side == side
            )
            for (one, first), (two, second) in itertools.pairwise(on_side):
                if two[0] < one[1]:
                    raise ValueError(f"parts.{first} and parts.{second} overlap")

    def pieces(self, side: str) -> list[tuple[str, float]]:
        """Return the names and ends [m] of the pieces of a side, in order of their position."""
        low, high = self.along(side)
        parts = sorted((p.between, n) for n, p in self.parts.items() if p.side == side)
        found: list[tuple[str, float]] = []
        at = low
        for (first, last), name in parts:
            if first > at:
                found.append((side, first))
            found.append((name, last))
            at = last
        return found if at >= high else [*found, (side, high)]

    @property
    def region_names(self) -> tuple[str, ...] | None:
        """Names of the regions."""
        return (self.region,)

    @property
    def boundary_names(self) -> tuple[str, ...] | None:
        """Names of the boundaries; the axis has none."""
        found = [n for side in ("left", "right", "bottom", "top") for n, _ in self.pieces(side)]
        on_axis = self.symmetry == "axisymmetric" and self.intervals[0][0] == 0
        return tuple(dict.fromkeys(n for n in found if not (on_axis and n in self._left())))

    def _left(self) -> set[str]:
        return {name for name, _ in self.pieces("left")}


class Box(Section):
    """A box with the faces left, right (x), front, back (y), bottom and top (z)."""

    kind: Literal["box"] = "box"
    symmetry: Literal["3d"] = Field(default="3d", description="A body in space")
    x: Interval = Field(description="From left to right")
    y: Interval = Field(description="From front to back")
    z: Interval = Field(description="From bottom to top")
    region: Name = Field(default="body", description="Name of its inside")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for name in ("x", "y", "z"):
            _check_interval(name, getattr(self, name))
        return self

    @property
    def region_names(self) -> tuple[str, ...] | None:
        """Names of the regions."""
        return (self.region,)

    @property
    def boundary_names(self) -> tuple[str, ...] | None:
        """Names of the faces."""
        return ("left", "right", "front", "back", "bottom", "top")


class GeometryFile(Section):
    """Geometry or mesh from a file, its physical groups being the regions and boundaries."""

    kind: Literal["file"] = "file"
    file: Path = Field(description=".geo, .msh, .step or .stp; relative to the case file")
    unit: UnitOfLength | None = Field(
        default=None, description="What 1 in the file means; STEP has its own unit"
    )
    symmetry: BodySymmetry = Field(
        description="The file holds a plane figure (x, y), half a section (r, z), or a body"
    )
    join: bool | None = Field(
        default=None,
        description="Parts that touch share their faces; false leaves them apart, without heat",
    )
    region_at: dict[Name, tuple[Point, ...]] = Field(
        default_factory=dict, description="STEP: the volumes that hold these points, by name"
    )
    boundary_at: dict[Name, tuple[Point, ...]] = Field(
        default_factory=dict, description="STEP: the faces nearest to these points, by name"
    )

    @field_validator("file", mode="before")
    @classmethod
    def _existing_file(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str | Path):
            return value
        path = named_file((info.context or {}).get("directory", ""), value)
        if path.suffix.lower() not in _SUFFIXES:
            raise PydanticCustomError("geometry", "must end in .geo, .msh, .step or .stp")
        if not path.is_file():
            message = {"path": str(path)}
            raise PydanticCustomError("geometry", "no such file; looked for {path}", message)
        return path

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.is_step == (self.unit is not None):
            raise ValueError(
                "a STEP file has its own unit: leave unit out"
                if self.is_step
                else 'the file has no unit of length: give unit, for instance "1 mm"'
            )
        if not self.is_step and (self.region_at or self.boundary_at):
            raise ValueError("region_at and boundary_at are for STEP files; name physical groups")
        return self

    @property
    def is_step(self) -> bool:
        """Whether the file is a STEP file."""
        return self.file.suffix.lower() in (".step", ".stp")

    @property
    def region_names(self) -> tuple[str, ...] | None:
        """None: known once the file is read."""
        return None

    @property
    def boundary_names(self) -> tuple[str, ...] | None:
        """None: known once the file is read."""
        return None


def _check_interval(name: str, interval: Interval | None) -> None:
    if interval is None:
        raise ValueError(f'{name} is missing; give where it begins and ends: ["0 m", "1 m"]')
    if not interval[0] < interval[1]:
        raise ValueError(f"{name} = {interval[0]:g} m, {interval[1]:g} m must increase")


def _kind_of_file(tree: Any) -> Any:
    if isinstance(tree, dict) and "file" in tree and "kind" not in tree:
        return {"kind": "file", **tree}
    return tree


Geometry = Annotated[
    Annotated[GeometryFile | Rectangle | Box, Field(discriminator="kind")],
    BeforeValidator(_kind_of_file),
]


class Region(Section):
    """What a region is made of and the heat that is released in it."""

    material: str = Field(description="Name of the material")
    heat_source: HeatSourceExpression | None = Field(
        default=None, description="Per volume; negative cools"
    )
    power: Power | None = Field(
        default=None, description="In place of heat_source: of the whole region, evenly"
    )
    axis: tuple[float, float, float] | None = Field(
        default=None, description="Axis of a layered material, in place of its own"
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.heat_source is not None and self.power is not None:
            raise ValueError("heat_source and power contradict each other; keep one of them")
        return self

    def expressions(self) -> Iterator[tuple[str, FieldExpression]]:
        """Yield the formulas by key."""
        if self.heat_source is not None:
            yield "heat_source", self.heat_source


class BodyContact(Section):
    """An interface between two regions that resists the flow of heat."""

    between: tuple[Name, Name] = Field(description="The two regions that touch")
    h_c: Positive[ContactConductance] = Field(description="Conductance of the interface")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.between[0] == self.between[1]:
            raise ValueError(f'between: "{self.between[0]}" stands twice')
        return self


class BodyMesh(Section):
    """Sizes of the cells of a body; a .msh file is used as it is."""

    order: Literal[1, 2] = Field(default=2, description="Geometry: 2 curves the cells")
    size: Positive[Length] | None = Field(
        default=None, description="Largest cell; default a twentieth of the extent (.geo: its own)"
    )
    near: dict[Name, Positive[Length]] = Field(
        default_factory=dict, description="Cell size at boundaries, by name; grows away from them"
    )
    growth: Annotated[float, Field(ge=0.02, le=1)] = Field(
        default=0.25, description="Cell size gained per distance from the boundaries of near"
    )
    refinement: Annotated[float, Field(gt=0, le=64)] = Field(
        default=1.0, description="Divides every cell size: 2 halves them all"
    )
    min_quality: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.1, description="Refuse meshes whose minimum scaled Jacobian is below this"
    )
    max_cells: Annotated[int, Field(ge=1)] = Field(
        default=20_000_000, description="Refuse to build more cells than this"
    )
    target_error: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None,
        description="Refine until the estimated relative error of the ΔT of the goal is below this",
    )
    cache: bool = Field(default=True, description="Keep the mesh for the next run of the same body")

    @property
    def asks_for_sizes(self) -> bool:
        """Whether anything but the defaults is asked for."""
        asked = self.size is not None or bool(self.near) or self.target_error is not None
        return asked or self.refinement != 1


def unknown_names(
    given: Iterable[str], known: Iterable[str], what: str, path: str, *, as_value: bool = False
) -> Iterator[Problem]:
    """Yield a problem for each name that is not known as a `what` (region or boundary).

    The name is the last key of `path`, or (`as_value`) the value that stands there.
    """
    there = sorted(composed(name) for name in known)
    lower = {name.lower(): name for name in there}
    for name in given:
        if name in there:
            continue
        near = difflib.get_close_matches(name.lower(), lower, 1, 0.6)
        meant = lower[near[0]] if near else ""
        hint = f"did you mean {meant if as_value else toml_key(meant)}? " if near else ""
        rule = f"the geometry has no {what} of this name"
        place, value = (path, f'"{name}"') if as_value else (f"{path}.{toml_key(name)}", "")
        yield Problem(place, value, rule, f"{hint}known: {', '.join(there) or 'none'}")
