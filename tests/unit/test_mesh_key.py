"""The key of a kept mesh: every field that shapes a mesh changes it, others are named as such."""

from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args, get_origin

import numpy as np
import pytest

from thermosim.bodies.geometry import Box, GeometryFile, Part, Rectangle
from thermosim.bodies.particle import Arrangement
from thermosim.bodies.substrates import Substrate
from thermosim.case.read import parse_case
from thermosim.model.drawing import (
    BodyDrawing,
    drawing_of,
    drawing_of_body,
    drawing_of_particle,
)
from thermosim.model.sizes import SizeMap
from thermosim.shapes import ShapeBase

DISK = {"kind": "disk", "radius": "1 um"}
UM = 1e-6
SIMPLE = (int, float, str, bool)


def particle(**sections):
    tree = {
        "symmetry": "3d",
        "particle": {"shape": {"kind": "sphere", "radius": "5 um"}},
        "substrate": {"kind": "slab", "thickness": "20 um", "radius": "1 mm"},
        "contact": DISK,
        "source": {"heat_source": "-1e7 W/m^3"},
    }
    return drawing_of_particle(parse_case(tree | sections))


def rectangle(**sections):
    tree = {
        "geometry": {"kind": "rectangle", "x": ["0 m", "1 m"], "y": ["0 m", "1 m"]},
        "materials": {"m": {"conductivity": "1 W/(m*K)"}},
        "regions": {"body": {"material": "m"}},
        "boundaries": {"left": {"temperature": "300 K"}},
    }
    return drawing_of_body(parse_case(tree | sections))


def other(section, name):
    """Return a value that the field has not; it need not suit the rest of the section."""
    value, annotation = getattr(section, name), type(section).model_fields[name].annotation
    parts = members_of(annotation)
    choices = next((get_args(a) for a in parts if get_origin(a) is Literal), ())
    if choices:
        return next((choice for choice in choices if choice != value), 0.5)
    if value is None:
        return (0.6, 0.0, 0.8) if tuple in parts else next(a for a in parts if a in SIMPLE)(7)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}_other"
    if isinstance(value, dict):
        return {**value, "more": next(iter(value.values()))}
    return (*value[:-1], value[-1] + 1) if isinstance(value[0], float) else (*value, value[-1])


def members_of(annotation):
    """Return the types that an annotation is made of."""
    inner = [part for a in get_args(annotation) for part in members_of(a)]
    return [get_origin(annotation) or annotation, annotation, *inner]


def assert_fields_shape(sections, key_with, left_out=(), fixed=()):
    """Each field changes the key of one of the sections at least, those `left_out` of none.

    `fixed` ones are not tried.
    """
    for name in set(type(sections[0]).model_fields) - {"kind", *fixed}:
        others = [s.model_copy(update={name: other(s, name)}) for s in sections]
        changes = [key_with(a) != key_with(b) for a, b in zip(sections, others, strict=True)]
        assert any(changes) == (name not in left_out), f"{type(sections[0]).__name__}.{name}"


def kinds(family):
    return {member.model_fields["kind"].default: member for member in family.kinds()}


SHAPES = {
    "sphere": {"radius": UM},
    "spherical_cap": {"base_radius": UM, "contact_angle": 1.0},
    "ellipsoid": {"a": UM, "b": UM, "c": UM},
    "box": {"a": UM, "b": UM, "c": UM},
    "rhombohedron": {"edge": UM, "angle": 1.4},
    "hexagonal_prism": {"edge": UM, "length": UM},
    "truncated_octahedron": {"edge": UM},
    "truncated_cube": {"edge": UM},
    "grain": {"diameter": UM},
}
LAYERS = ({"thickness": UM, "material": "mica"},)
SUBSTRATES = {
    "none": {},
    "slab": {"thickness": UM},
    "stack": {"layers": LAYERS},
    "membrane": {"thickness": UM, "hole_radius": 1e-4},
    "cantilever": {"length": 1e-3, "width": 1e-4, "thickness": UM},
    "pedestal": {"thickness": UM, "pedestal_radius": 1e-5, "pedestal_height": 1e-5},
}
PLANS = ({"radius": 1e-3}, {"width": 1e-3, "length": 2e-3})
NO_SHAPE = {  # of a substrate: what it is made of, and what happens at its faces
    "material", "emissivity", "rim", "bottom", "frame", "held_temperature", "crystal_axis",
    "pedestal_material",
}  # fmt: skip
ARRANGEMENTS = {
    "single": {},
    "positions": {"positions": ((0.0, 0.0), (1.0, 1.0))},
    "random": {"count": 2, "radius": 1.0},
}
FAMILIES = {"shape": (ShapeBase, SHAPES), "substrate": (Substrate, SUBSTRATES),
          "arrangement": (Arrangement, ARRANGEMENTS)}  # fmt: skip


@pytest.mark.parametrize("part", FAMILIES)
def test_every_field_of_every_kind_shapes_the_mesh_of_a_particle(part):
    family, given = FAMILIES[part]
    drawing, keys = particle(), []

    def key_with(section):
        return replace(drawing, **{part: section}).key()

    members = kinds(family)
    assert set(members) - {"surface"} == set(given)  # a new kind is added here
    for kind, values in given.items():
        has_plan = part == "substrate" and "radius" in members[kind].model_fields
        plans = PLANS if has_plan else ({},)
        sections = [members[kind].model_validate({**values, **plan}) for plan in plans]
        assert_fields_shape(sections, key_with, NO_SHAPE if part == "substrate" else ())
        keys += map(key_with, sections)
    assert len({str(key) for key in keys}) == len(keys)


def test_of_the_layers_of_a_stack_the_thickness_alone_shapes_the_mesh():
    stack = kinds(Substrate)["stack"].model_validate({"layers": LAYERS, **PLANS[0]})
    drawing, layer = particle(), stack.layers[0].model_copy(update={"crystal_axis": (0, 0, 1.0)})

    def key_with(layer):
        return replace(drawing, substrate=stack.model_copy(update={"layers": (layer,)})).key()

    assert_fields_shape([layer], key_with, NO_SHAPE)


@pytest.mark.parametrize("drawing", [particle(), rectangle()], ids=["particle", "body"])
def test_settings_shape_the_mesh(drawing):
    def key_with(settings):
        return replace(drawing, mesh=settings).key()

    near = {"near": {"left": 0.1}} if isinstance(drawing, BodyDrawing) else {}
    settings = drawing.mesh.model_copy(update=near)
    assert_fields_shape([settings], key_with, {"target_error"}, fixed={"cache"})
    assert drawing.with_mesh(cache=False).key() is None


def test_the_symmetry_shapes_the_mesh():
    keys = [replace(particle(), symmetry=s).key() for s in ("axisymmetric", "quarter", "3d")]
    assert len({str(key) for key in keys}) == 3


def test_of_a_contact_its_radius_and_whether_there_is_a_jump_shape_the_mesh():
    base = particle().key()
    assert particle(contact={**DISK, "radius": "2 um"}).key() != base
    jump = particle(contact={**DISK, "h_c": "1e8 W/(m^2*K)"}).key()
    assert jump != base
    assert particle(contact={**DISK, "h_c": "9 W/(m^2*K)"}).key() == jump
    sharvin = [{"mean_free_path": "1 um", "conductivity": "1 W/(m*K)"}]
    assert particle(contact={**DISK, "ballistic": sharvin}).key() == jump
    adhesion = particle(contact={"kind": "jkr", "work_of_adhesion": "0.1 J/m^2"}).key()
    stronger = particle(contact={"kind": "jkr", "work_of_adhesion": "0.2 J/m^2"}).key()
    stiffer = particle(contact={"kind": "jkr", "modulus": "30 GPa"}).key()
    assert len({str(key) for key in (base, jump, adhesion, stronger, stiffer)}) == 5


def test_a_substrate_that_is_not_touched_shapes_nothing():
    apart = particle(contact={"kind": "none"})
    thick = {"kind": "slab", "thickness": "30 um", "radius": "1 mm"}
    assert particle(contact={"kind": "none"}, substrate=thick).key() == apart.key()
    assert particle(substrate=thick).key() != particle().key()


def test_what_else_a_case_says_shapes_nothing():
    base = particle().key()
    assert (
        particle(source={"heat_source": "5 W/m^3"}, chamber={"temperature": "77 K"}).key() == base
    )
    base = rectangle().key()
    assert (
        rectangle(boundaries={"right": {"temperature": "3 K"}}, solver={"degree": 1}).key() == base
    )


def test_every_field_of_a_geometry_shapes_the_mesh_of_a_body():
    drawing = rectangle()
    part = Part(side="left", between=(0.0, 0.5))
    plane = Rectangle(x=(0.0, 1.0), y=(0.0, 1.0), parts={"hot": part})
    both = plane.model_copy(update={"r": (0.0, 1.0), "z": (0.0, 1.0)})
    bodies = [both, Box(x=(0.0, 1.0), y=(0.0, 1.0), z=(0.0, 1.0))]
    for body in bodies:
        fixed = {"symmetry"} if isinstance(body, Box) else set()
        assert_fields_shape([body], lambda g: replace(drawing, geometry=g).key(), (), fixed)

    def key_with(part):
        body = plane.model_copy(update={"parts": {"hot": part}})
        return replace(drawing, geometry=body).key()

    assert_fields_shape([part], key_with)


def test_contacts_and_sizes_shape_the_mesh_of_a_body():
    drawing = rectangle()
    names = [{}, {"a": ("x", "y")}, {"b": ("x", "y")}, {"a": ("x", "z")}, {"a": ("y", "x")}]
    keys = [replace(drawing, contacts=contacts).key() for contacts in names]
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    sizes = SizeMap(corners, np.array([[0, 1, 2]]), np.ones(3))
    arrays = {"points": 2 * corners, "cells": np.array([[0, 2, 1]]), "sizes": 2 * np.ones(3)}
    maps = [sizes, *(replace(sizes, **{name: array}) for name, array in arrays.items())]
    keys += [replace(drawing, sizes=sizes).key() for sizes in maps]
    assert len({str(key) for key in keys}) == len(keys)


def test_files_are_known_by_their_content(tmp_path):
    script = tmp_path / "a.geo"
    script.write_text("one")
    at = {"x": ((0.0, 0.0),)}
    file = GeometryFile(file=script, unit=1.0, symmetry="planar")
    full = file.model_copy(update={"region_at": at, "boundary_at": at})
    drawing = replace(rectangle(), geometry=full)
    assert_fields_shape([full], lambda g: replace(drawing, geometry=g).key(), fixed={"file"})
    base = drawing.key()

    def moved(name, text):
        (tmp_path / name).write_text(text)
        return replace(drawing, geometry=full.model_copy(update={"file": tmp_path / name})).key()

    assert moved("b.geo", "one") == base
    assert moved("b.geo", "two") != base
    assert moved("b.msh", "one") != base
    assert moved("b.geo", 'ShapeFromFile("part.step");') is None


def test_surfaces_are_known_by_their_content(tmp_path):
    corner = "facet normal 0 0 0\nouter loop\nvertex {}\nvertex {}\nvertex {}\nendloop\nendfacet\n"
    points = ["0 0 0", "1 0 0", "0 1 0", "0 0 1"]
    sides = [(0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)]

    def key(name, size, **more):
        ends = [p.replace("1", str(size)) for p in points]
        text = "".join(corner.format(*(ends[i] for i in side)) for side in sides)
        Path(tmp_path / name).write_text(f"solid s\n{text}endsolid s\n")
        shape = {"kind": "surface", "path": str(tmp_path / name), "unit": "10 um", **more}
        return particle(particle={"shape": shape}, contact={"kind": "none"}).key()

    base = key("a.stl", 1)
    assert key("b.stl", 1) == base
    assert key("b.stl", 2) != base
    others = [{"unit": "20 um"}, {"scale": 2.0}, {"euler_angles": ["0 deg", "0 deg", "9 deg"]}]
    assert set(kinds(ShapeBase)["surface"].model_fields) == {"kind", "path"}.union(*others)
    keys = [key("a.stl", 1, **more) for more in others]
    assert len({str(k) for k in [base, *keys]}) == 4


def test_a_case_of_either_kind_has_its_drawing():
    for drawing in (particle(), rectangle()):
        assert isinstance(drawing.key(), dict)
    with pytest.raises(KeyError):
        drawing_of(object())
