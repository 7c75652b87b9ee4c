"""Sections of a case with [geometry]: what they hold, and one clear message for each fault."""

import copy

import pytest

from thermosim.bodies.geometry import Rectangle
from thermosim.case.body_case import BodyCase
from thermosim.case.read import parse_case
from thermosim.errors import CaseError
from thermosim.limits.of_case import derived_quantities, limits_of
from thermosim.model.of_case import model_of

PLATE = {
    "geometry": {"kind": "rectangle", "x": ["0 m", "2 m"], "y": ["0 m", "1 m"]},
    "materials": {"steel": {"conductivity": "52 W/(m*K)"}},
    "regions": {"body": {"material": "steel"}},
    "boundaries": {"left": {"temperature": "300 K"}},
}
GONE = object()


def plate(**changes):
    """The plate with values at dotted paths set (or removed)."""
    tree = copy.deepcopy(PLATE)
    for path, value in changes.items():
        *above, last = path.split("__")
        node = tree
        for key in above:
            node = node.setdefault(key, {})
        if value is GONE:
            del node[last]
        else:
            node[last] = value
    return tree


def fault(**changes) -> str:
    with pytest.raises(CaseError) as caught:
        parse_case(plate(**changes))
    assert caught.value.exit_status == 2
    return str(caught.value)


def test_a_file_with_geometry_is_a_general_case():
    case = parse_case(PLATE)
    assert isinstance(case, BodyCase)
    assert case.symmetry == "planar"
    assert case.reference == 300.0
    assert case.material_names() == {"body": "steel"}


def test_it_comes_back_from_toml(tmp_path):
    source = {"expression": "1e6*x*T/(300)", "unit": "W/m^3"}
    case = parse_case(plate(regions__body__heat_source=source))
    path = tmp_path / "case.toml"
    path.write_text(case.to_toml())
    again = parse_case(__import__("tomllib").loads(case.to_toml()), path)
    assert again.digest() == case.digest()
    other = parse_case(plate(regions__body__heat_source="1 W/m^3"))
    assert other.digest() != case.digest()


def test_closed_forms_are_of_particles():
    with pytest.raises(CaseError, match="particle: is missing: the closed forms"):
        limits_of(parse_case(PLATE))


def test_pieces_of_a_side():
    parts = {
        "high": {"side": "left", "between": ["0.6 m", "1 m"]},
        "low": {"side": "left", "between": ["0.2 m", "0.3 m"]},
    }
    body = Rectangle.model_validate({**PLATE["geometry"], "parts": parts})
    assert body.pieces("left") == [("left", 0.2), ("low", 0.3), ("left", 0.6), ("high", 1.0)]
    assert body.pieces("top") == [("top", 2.0)]
    assert set(body.boundary_names) == {"left", "low", "high", "right", "bottom", "top"}


def test_the_axis_is_no_boundary():
    tree = {"symmetry": "axisymmetric", "r": ["0 m", "1 m"], "z": ["0 m", "1 m"]}
    assert "left" not in Rectangle.model_validate(tree).boundary_names
    tree["r"] = ["0.1 m", "1 m"]
    assert "left" in Rectangle.model_validate(tree).boundary_names


FORMULA = "heat_source"


def formula(text, unit="W/m^3"):
    return {"expression": text, "unit": unit}


FAULTS = {
    "code": (
        {"regions__body__heat_source": formula("__import__('os').system('ls')")},
        ["regions.body.heat_source", "unknown function"],
    ),
    "division by zero": (
        {"regions__body__heat_source": formula("1/0")},
        ["regions.body.heat_source", "divides by zero"],
    ),
    "no unit": ({"regions__body__heat_source": {"expression": "x"}}, ["needs the unit"]),
    "wrong unit": ({"regions__body__heat_source": formula("x", "W/m^2")}, ["dimension"]),
    "z in a plane": (
        {"regions__body__heat_source": formula("z")},
        ["regions.body.heat_source", '"z" is not known', "x, y, r, T"],
    ),
    "time in a steady case": (
        {"boundaries__left__temperature": formula("300 + t", "K")},
        ["boundaries.left.temperature", "add a section [transient]"],
    ),
    "T of itself": (
        {"boundaries__left__temperature": formula("T", "K")},
        ['"T" is not known', "x, y, r"],
    ),
    "unknown region": (
        {"regions__bodi": {"material": "steel"}},
        ["regions.bodi", "did you mean body?"],
    ),
    "region without material": (
        {"regions": {"bodi": {"material": "steel"}}},
        ["regions.body", "has no material"],
    ),
    "unknown boundary": (
        {"boundaries__lefd": {"insulated": True}},
        ["boundaries.lefd", "did you mean left?", "bottom"],
    ),
    "unknown material": ({"regions__body__material": "steal"}, ["did you mean steel?"]),
    "unknown key": ({"boundaries__left__temprature": "1 K"}, ["did you mean temperature?"]),
    "two conditions": (
        {"boundaries__left__insulated": True},
        ["boundaries.left", "contradict each other"],
    ),
    "nothing said": ({"boundaries__right": {}}, ["boundaries.right", "says nothing"]),
    "no level": (
        {"boundaries": {"left": {"heat_flux": "1 W/m^2"}}},
        ["boundaries", "nothing fixes the level"],
    ),
    "beside a particle": ({"particle": {}}, ["particle", "stands beside [geometry]"]),
    "no extent": ({"geometry__y": GONE}, ["geometry", "y is missing"]),
    "inverted": ({"geometry__x": ["1 m", "0 m"]}, ["must increase"]),
    "plane coordinates": ({"geometry__symmetry": "axisymmetric"}, ["its extent is r, z"]),
    "kind": ({"geometry__kind": "rectangel"}, ["geometry.kind", "did you mean rectangle?"]),
    "overlap": (
        {
            "geometry__parts": {
                "a": {"side": "top", "between": ["0 m", "1 m"]},
                "b": {"side": "top", "between": ["0.9 m", "2 m"]},
            }
        },
        ["parts.a and parts.b overlap"],
    ),
    "outside": (
        {"geometry__parts": {"a": {"side": "top", "between": ["1 m", "3 m"]}}},
        ["parts.a", "lie on the top side, 0 m to 2 m"],
    ),
    "name of a side": (
        {"geometry__parts": {"top": {"side": "top", "between": ["1 m", "2 m"]}}},
        ["is a side already"],
    ),
    "contact": (
        {"contacts__joint": {"between": ["body", "bodi"], "h_c": "1 W/(m^2*K)"}},
        ["contacts.joint.between", "did you mean body?"],
    ),
    "contact with itself": (
        {"contacts__joint": {"between": ["body", "body"], "h_c": "1 W/(m^2*K)"}},
        ["stands twice"],
    ),
    "goal": ({"goal": "tip"}, ["goal", "neither a region nor a probe"]),
    "probes": (
        {"probes": [{"name": "p", "point": ["0 m", "0 m"]}, {"name": "p", "region": "body"}]},
        ["probes", "stands twice"],
    ),
    "probe without place": ({"probes": [{"name": "p"}]}, ["give a point"]),
    "chamber": (
        {"transient": {"duration": "1 s"}},
        ["transient.initial", "no chamber"],
    ),
    "file missing": (
        {"geometry": {"file": "none.geo", "unit": "mm", "symmetry": "3d"}},
        ["geometry.file", "no such file"],
    ),
    "file of another kind": (
        {"geometry": {"file": "none.stl", "unit": "mm", "symmetry": "3d"}},
        ["must end in .geo"],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults(name):
    changes, expected = FAULTS[name]
    message = fault(**changes)
    for text in expected:
        assert text in message
    assert len(message.splitlines()) <= 2, message


@pytest.mark.parametrize("unit", ["mm", "1 mm", "1e-3 m"])
def test_unit_of_a_file(tmp_path, unit):
    (tmp_path / "a.geo").write_text("")
    geometry = {"file": str(tmp_path / "a.geo"), "unit": unit, "symmetry": "planar"}
    assert parse_case(plate(geometry=geometry)).geometry.unit == 1e-3


@pytest.mark.parametrize(("name", "unit"), [("a.geo", None), ("a.step", "mm")])
def test_unit_where_it_belongs(tmp_path, name, unit):
    (tmp_path / name).write_text("")
    geometry = {"file": str(tmp_path / name), "symmetry": "3d"} | ({"unit": unit} if unit else {})
    assert "unit" in fault(geometry=geometry)


def test_sizes_of_a_ready_mesh(tmp_path):
    (tmp_path / "a.msh").write_text("")
    geometry = {"file": str(tmp_path / "a.msh"), "unit": "mm", "symmetry": "3d"}
    assert "used as it is" in fault(geometry=geometry, mesh={"size": "1 mm"})


def test_schema_of_body_cases():
    import jsonschema

    schema = BodyCase.model_json_schema()
    tree = plate(regions__body__heat_source=formula("x"))
    jsonschema.validate(tree, schema)
    tree["boundaries"]["left"]["temprature"] = "1 K"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tree, schema)


def test_check_says_what_is_insulated():
    numbers = derived_quantities(parse_case(PLATE))
    assert numbers["insulated_boundaries"] == "right, bottom, top"
    assert numbers["reference_temperature_K"] == 300.0
    assert not any("_at_" in name for name in numbers)


def test_check_shows_what_depends_on_temperature():
    """One function for every kind of case: values at the reference and 100 K above it."""
    law = {"kind": "polynomial", "value": "50 W/(m*K)", "coefficients": [0.6], "T_ref": "300 K"}
    steel = {"materials": {"steel": {"conductivity": {"kind": "isotropic", "k": law}}}}
    shape = {"kind": "sphere", "radius": "5 um"}
    particle = {"particle": {"shape": shape, "material": "steel", "emissivity": 0.5}}
    for tree in (PLATE | steel, particle | steel | {"source": {"heat_source": "1 W/m^3"}}):
        numbers = derived_quantities(parse_case(tree))
        found = [numbers[f"steel_conductivity_k_at_{T}_K_W_per_m_K"] for T in (300, 400)]
        assert found == pytest.approx([50.0, 60.0])


def test_check_tells_the_light_of_a_region_as_far_as_it_is_known():
    """An escape that follows from the body waits for its mesh; one that is given does not."""
    lit = {
        "geometry": {
            "kind": "box",
            "x": ["0 m", "2 um"],
            "y": ["0 m", "1 um"],
            "z": ["0 m", "1 um"],
        },
        "laser": {"intensity": "3 kW/cm^2"},
        "gain": {},
        "assumptions": "favourable",
    }
    numbers = derived_quantities(parse_case(PLATE | lit))
    assert numbers["heat_source_W_per_m3"] < 0.0 < numbers["n_dots_per_m3"]
    lit["gain"] = {"escape": {"kind": "ergodic", "refractive_index": 1.7}}
    case = parse_case(PLATE | lit)
    numbers = derived_quantities(case)
    assert numbers["intensity_peak_W_per_m2"] == pytest.approx(3e7)
    assert "heat_source_W_per_m3" not in numbers
    with pytest.raises(CaseError, match=r"gain\.escape\.kind.*follows from the mesh"):
        model_of(case).light.resolved()
