"""A mesh of own geometry is kept under a name made of all that shapes it, and of nothing else."""

import copy

import pytest

from .helpers import BODY, case_of, mesh_key
from .mesh_keys import ASKED, NOT_THE_MESH, check

BODY_MESH = {
    "order": 1, "size": "2 um", "near": {"left": "0.1 um"}, "growth": 0.5, "refinement": 1.5,
}  # fmt: skip
RECTANGLE = {"kind": "rectangle", "x": ["0 um", "9 um"], "y": ["0 um", "5 um"]}
LENGTHS = ["0 um", "8 um"]
PARTS = {"foot": {"side": "left", "between": ["1 um", "2 um"]}}
TURNED = {"kind": "rectangle", "symmetry": "axisymmetric", "r": ["0 um", "9 um"],
          "z": ["0 um", "5 um"]}  # fmt: skip
BLOCK = {"kind": "box", **{axis: ["0 um", "9 um"] for axis in "xyz"}}
GEOMETRIES = {
    "rectangle": (RECTANGLE, {"x": LENGTHS, "y": LENGTHS, "region": "wall", "parts": PARTS}),
    "ring": (TURNED, {"r": LENGTHS, "z": LENGTHS}),
    "box": (BLOCK, {"x": LENGTHS, "y": LENGTHS, "z": LENGTHS, "region": "wall"}),
}


def body(geometry, **sections):
    region = geometry.get("region", "body")
    tree = {
        "geometry": geometry,
        "regions": {region: {"material": "silicon"}},
        "boundaries": {"right": {"temperature": "300 K"}},
    }
    return copy.deepcopy(tree | sections)


@pytest.mark.parametrize("kind", GEOMETRIES)
def test_built_in_geometry(kind):
    section, shaping = GEOMETRIES[kind]
    check(body, section, shaping)


def test_a_rectangle_in_the_plane_is_not_one_of_revolution():
    kinds = [mesh_key(case_of(body(one))) for one in (RECTANGLE, TURNED)]
    assert kinds[0] != kinds[1]


def test_parts_of_a_side():
    here = RECTANGLE | {"parts": PARTS}
    own = mesh_key(case_of(body(here)))
    for part in ({"side": "right"}, {"between": ["1 um", "3 um"]}):
        there = here | {"parts": {"foot": PARTS["foot"] | part}}
        assert mesh_key(case_of(body(there))) != own, part


def test_mesh_settings_of_a_body():
    names = set(BODY.model_fields["mesh"].annotation.model_fields)
    assert names == BODY_MESH.keys() | ASKED | NOT_THE_MESH
    check(lambda mesh: body(RECTANGLE, mesh=mesh), {}, BODY_MESH, {"target_error": 0.01})


def test_what_acts_on_a_body_shapes_no_mesh():
    own = mesh_key(case_of(body(RECTANGLE)))
    hot = {"right": {"temperature": "310 K"}, "left": {"heat_flux": "1 W/m^2"}}
    others = {
        "title": "another",
        "regions": {"body": {"material": "gold", "heat_source": "1 W/m^3"}},
        "boundaries": hot,
        "films": [{"boundary": "left", "material": "gold", "thickness": "10 nm"}],
        "probes": [{"name": "here", "point": ["1 um", "1 um"]}],
        "goal": "body",
        "materials": {"silicon": {"conductivity": "1 W/(m*K)"}},
        "solver": {"degree": 1},
        "output": {"fields": False},
    }
    for section, value in others.items():
        assert mesh_key(case_of(body(RECTANGLE, **{section: value}))) == own, section


def file_key(folder, text=None, **geometry):
    if text is not None:
        (folder / "two.geo").write_text(text)
    section = {"file": "two.geo", "unit": "1 um", "symmetry": "planar", **geometry}
    contacts = geometry.pop("contacts", {})
    section.pop("contacts", None)
    regions = {name: {"material": "silicon"} for name in ("one", "two", "three")}
    return mesh_key(case_of(body(section, regions=regions, contacts=contacts), folder))


def test_geometry_from_a_file(tmp_path):
    own = file_key(tmp_path, "// first\n")
    assert file_key(tmp_path, unit="2 um") != own
    assert file_key(tmp_path, symmetry="axisymmetric") != own
    assert file_key(tmp_path, "// second\n") != own
    assert file_key(tmp_path, "// first\n") == own
    (tmp_path / "elsewhere").mkdir()
    assert file_key(tmp_path / "elsewhere", "// first\n") == own


def test_contacts_cut_a_mesh_whatever_they_conduct(tmp_path):
    def cut(*between, h_c=1.0):
        joint = {"between": list(between), "h_c": f"{h_c} W/(m^2*K)"}
        return file_key(tmp_path, "// first\n", contacts={"joint": joint})

    own = cut("one", "two")
    assert own != file_key(tmp_path, "// first\n")
    assert cut("one", "three") != own
    assert cut("one", "two", h_c=2.0) == own
