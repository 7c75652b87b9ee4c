"""A mesh is kept under a name made of all that shapes it, and of nothing else.

Every key of every shape, substrate, contact, arrangement and of the mesh stands in a table here, as
one that shapes the mesh or one that does not; a new key must be added.
"""

import copy
from pathlib import Path

import pytest

from .helpers import PARTICLE, case_of, mesh_key, registered
from .mesh_keys import ASKED, NOT_THE_MESH, check

GRAIN = Path(__file__).parents[2] / "meshes" / "ground_grain.stl"
SPHERE = {"kind": "sphere", "radius": "5 um"}
ANGLES, OTHER_ANGLES = ["10 deg", "20 deg", "30 deg"], ["10 deg", "20 deg", "40 deg"]
# a pair stands for two cases that differ in that key, where it needs others beside it
REST = {
    "rest_on": "edge",
    "rest_index": 1,
    "azimuth": "10 deg",
    "euler_angles": (
        {"rest_on": "lowest", "euler_angles": ANGLES},
        {"rest_on": "lowest", "euler_angles": OTHER_ANGLES},
    ),
}
# of each shape: a case, and for each key another value
SHAPES = {
    "sphere": ({"radius": "5 um"}, {"radius": "6 um"}),
    "spherical_cap": (
        {"base_radius": "5 um", "cap_height": "3 um"},
        {
            "base_radius": "6 um",
            "cap_height": "4 um",
            "contact_angle": (
                {"contact_angle": "70 deg", "cap_height": None},
                {"contact_angle": "80 deg", "cap_height": None},
            ),
        },
    ),
    "ellipsoid": (
        {"a": "5 um", "b": "4 um", "c": "3 um"},
        {"a": "6 um", "b": "6 um", "c": "6 um", "euler_angles": ANGLES},
    ),
    "box": (
        {"a": "5 um", "b": "4 um", "c": "3 um"},
        {"a": "6 um", "b": "6 um", "c": "6 um", **REST},
    ),
    "rhombohedron": ({"edge": "5 um", "angle": "80 deg"},
                     {"edge": "6 um", "angle": "85 deg", **REST}),
    "hexagonal_prism": ({"edge": "5 um", "length": "8 um"},
                        {"edge": "6 um", "length": "9 um", **REST}),
    "truncated_octahedron": ({"edge": "5 um"}, {"edge": "6 um", "truncation": 0.3, **REST}),
    "truncated_cube": ({"edge": "5 um"}, {"edge": "6 um", "truncation": 0.3, **REST}),
    "grain": (
        {"diameter": "8 um"},
        {"diameter": "9 um", "aspect": [1.0, 0.9, 0.8], "facets": 22, "roughness": 0.2, "seed": 3,
         **REST},
    ),
    "surface": (
        {"path": "ground_grain.stl", "unit": "1 um"},
        {"path": "other.stl", "unit": "2 um", "scale": 1.5, "euler_angles": ANGLES},
    ),
}  # fmt: skip
WIDE = {"radius": None, "width": "90 um"}
PLAN = {
    "radius": "51 um",
    "width": (WIDE, WIDE | {"width": "80 um"}),
    "length": (WIDE | {"length": "80 um"}, WIDE | {"length": "70 um"}),
}
SAME_FACES = {
    "rim": "insulated",
    "bottom": "insulated",
    "held_temperature": "290 K",
    "emissivity": 0.3,
    "crystal_axis": [1.0, 0.0, 0.0],
}
LAYERS = [{"material": "mica", "thickness": "2 um"}, {"material": "silicon", "thickness": "9 um"}]
DISK = {"radius": "50 um", "thickness": "20 um", "emissivity": 0.9}
# of each substrate: a case, what shapes it, what does not
SUBSTRATES = {
    "none": ({}, {}, {}),
    "slab": (DISK, {**PLAN, "thickness": "21 um"}, {**SAME_FACES, "material": "silicon"}),
    "stack": (
        {"radius": "50 um", "layers": LAYERS, "emissivity": 0.9},
        {**PLAN, "layers": [LAYERS[0], {**LAYERS[1], "thickness": "8 um"}]},
        SAME_FACES,
    ),
    "membrane": (
        {**DISK, "hole_radius": "30 um"},
        {**PLAN, "thickness": "21 um", "hole_radius": "31 um"},
        {**SAME_FACES, "material": "silicon", "frame": "insulated"},
    ),
    "cantilever": (
        {"length": "100 um", "width": "30 um", "thickness": "2 um", "emissivity": 0.9},
        {"length": "90 um", "width": "31 um", "thickness": "3 um", "tip_distance": "20 um"},
        {**SAME_FACES, "material": "mica"},
    ),
    "pedestal": (
        {**DISK, "pedestal_radius": "7 um", "pedestal_height": "5 um"},
        {**PLAN, "thickness": "21 um", "pedestal_radius": "8 um", "pedestal_height": "6 um"},
        {**SAME_FACES, "material": "mica", "pedestal_material": "mica"},
    ),
}
ARRANGEMENTS = {
    "single": ({}, {}),
    "positions": (
        {"positions": [["0 um", "0 um"], ["12 um", "0 um"]]},
        {"positions": [["0 um", "0 um"], ["13 um", "0 um"]]},
    ),
    "random": (
        {"count": 2, "radius": "30 um"},
        {"count": 3, "radius": "31 um", "gap": "1 um", "seed": 1},
    ),
}
STIFF, SOFT = ({"youngs_modulus": f"{E} GPa", "poisson_ratio": 0.3} for E in (20, 2))
OTHER_H_C = {"h_c": {"kind": "kapitza", "resistance": "1e-8 m^2*K/W"}}
CONTACTS = {  # what shapes the mesh, beside a case with an interface; and what does not
    "none": ({}, {}, {}),
    "disk": (
        {"radius": "1 um", "h_c": "1e7 W/(m^2*K)"},
        {"radius": "1.1 um", "h_c": ({}, {"h_c": None})},
        {**OTHER_H_C, "ballistic": [{"mean_free_path": "10 nm", "conductivity": "1 W/(m*K)"}]},
    ),
    "jkr": (
        {"work_of_adhesion": "0.1 J/m^2", "h_c": "1e7 W/(m^2*K)"},
        {
            "work_of_adhesion": "0.2 J/m^2",
            "h_c": ({}, {"h_c": None}),
            "modulus": "30 GPa",
            "particle": (
                {"particle": STIFF, "substrate": STIFF},
                {"particle": SOFT, "substrate": STIFF},
            ),
            "substrate": (
                {"particle": STIFF, "substrate": STIFF},
                {"particle": STIFF, "substrate": SOFT},
            ),
        },
        {**OTHER_H_C, "ballistic": [{"mean_free_path": "10 nm", "conductivity": "1 W/(m*K)"}]},
    ),
}
MESH = {
    "order": 1, "refinement": 1.5, "cells_per_radius": 5, "cells_per_contact": 30, "growth": 0.5,
    "sectors": 12, "optical_size": "1 um",
}  # fmt: skip


def base(**sections):
    tree = {"particle": {"shape": SPHERE}, "source": {"heat_source": "-1 W/m^3"}, "symmetry": "3d"}
    return copy.deepcopy(tree | sections)


@pytest.mark.parametrize("kind", registered("particle.shape"))
def test_shapes(kind, tmp_path):
    section, shaping = SHAPES[kind]
    assert registered("particle.shape")[kind] == shaping.keys() | {"kind"}
    if kind == "surface":
        copy_grain(tmp_path / section["path"])
        copy_grain(tmp_path / shaping["path"], title=b"another")
    check(
        lambda shape: base(particle={"shape": {"kind": kind, **shape}}),
        section,
        shaping,
        folder=tmp_path,
    )


def copy_grain(path, title=b"ground"):
    """Copy a surface; another title in its head makes it another file."""
    text = GRAIN.read_bytes()
    assert text.startswith(b"ground ")
    path.write_bytes(title.ljust(7)[:7] + text[7:])


def surface_key(folder):
    shape = {"kind": "surface", "path": "grain.stl", "unit": "1 um"}
    return mesh_key(case_of(base(particle={"shape": shape}), folder))


def test_a_surface_is_what_its_file_holds(tmp_path):
    copy_grain(tmp_path / "grain.stl")
    own = surface_key(tmp_path)
    copy_grain(tmp_path / "grain.stl", title=b"another")
    assert surface_key(tmp_path) != own


def test_a_surface_is_the_same_wherever_its_file_lies(tmp_path):
    found = set()
    for name in ("here", "there"):
        folder = tmp_path / name
        folder.mkdir()
        copy_grain(folder / "grain.stl")
        found.add(surface_key(folder))
    assert len(found) == 1


@pytest.mark.parametrize("kind", registered("substrate"))
def test_substrates(kind):
    section, shaping, rest = SUBSTRATES[kind]
    assert registered("substrate")[kind] == shaping.keys() | rest.keys() | {"kind"}
    touch = {"contact": {"kind": "disk", "radius": "1 um"}} if kind != "none" else {}
    check(lambda body: base(substrate={"kind": kind, **body}, **touch), section, shaping, rest)


@pytest.mark.parametrize("change", [{"material": "silicon"}, {"crystal_axis": [1.0, 0.0, 0.0]}])
def test_what_a_layer_is_made_of_shapes_no_mesh(change):
    check(
        lambda body: base(
            substrate={"kind": "stack", **body}, contact={"kind": "disk", "radius": "1 um"}
        ),
        SUBSTRATES["stack"][0],
        {},
        {"layers": [{**LAYERS[0], **change}, LAYERS[1]]},
    )


@pytest.mark.parametrize("kind", registered("contact"))
def test_contacts(kind):
    section, shaping, rest = CONTACTS[kind]
    assert registered("contact")[kind] == shaping.keys() | rest.keys() | {"kind"}
    slab = {"kind": "slab", **DISK}
    check(
        lambda touch: base(substrate=slab, contact={"kind": kind, **touch}), section, shaping, rest
    )


@pytest.mark.parametrize("kind", registered("particle.arrangement"))
def test_arrangements(kind):
    section, shaping = ARRANGEMENTS[kind]
    assert registered("particle.arrangement")[kind] == shaping.keys() | {"kind"}
    check(
        lambda places: base(particle={"shape": SPHERE, "arrangement": {"kind": kind, **places}}),
        section,
        shaping,
    )


def test_mesh_settings():
    names = set(PARTICLE.model_fields["mesh"].annotation.model_fields)
    assert names == MESH.keys() | ASKED | NOT_THE_MESH
    rest = {"target_error": 0.01}  # without a cache there is no name
    check(lambda mesh: base(mesh=mesh), {}, MESH, rest)


@pytest.mark.parametrize("symmetry", ["axisymmetric", "quarter"])
def test_symmetry(symmetry):
    assert mesh_key(case_of(base(symmetry=symmetry))) != mesh_key(case_of(base()))


OTHER_SECTIONS = {
    "title": "another",
    "source": {"heat_source": "-2 W/m^3"},
    "chamber": {"temperature": "290 K", "pressure": "1 Pa"},
    "radiation": {"model": "enclosure"},
    "films": [{"boundary": "particle_surface", "material": "gold", "thickness": "10 nm"}],
    "materials": {"Cs4PbBr6": {"conductivity": "1 W/(m*K)", "emissivity": 0.5}},
    "transient": {"duration": "1 s"},
    "thermometry": {"counts": 1e4},
    "uncertainty": {"method": "none"},
    "solver": {"degree": 1},
    "output": {"fields": False},
    "optics": {"model": "rays"},
    "gain": {"dark_fraction": 0.1},
    "assumptions": "favourable",
    "laser": {"intensity": "3 kW/cm^2"},
}
SHAPING_SECTIONS = {"particle", "substrate", "contact", "symmetry", "mesh"}


def test_other_sections_shape_no_mesh():
    assert set(PARTICLE.model_fields) >= SHAPING_SECTIONS | OTHER_SECTIONS.keys()
    assert set(PARTICLE.model_fields) - SHAPING_SECTIONS <= OTHER_SECTIONS.keys() | {"probes"}
    own = mesh_key(case_of(base()))
    for section, value in OTHER_SECTIONS.items():
        tree = base(**{section: value})
        if section in ("laser", "optics"):
            del tree["source"]
            tree["laser"] = OTHER_SECTIONS["laser"]
        assert mesh_key(case_of(tree)) == own, section
    particle = {"shape": SPHERE, "material": "silicon", "emissivity": 0.5}
    assert mesh_key(case_of(base(particle=particle))) == own
