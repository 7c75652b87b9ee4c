"""Every substrate answers for its parts and faces; a one-layer stack answers like the slab."""

import itertools
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from thermosim.bodies.substrates import NoSubstrate, Substrate
from thermosim.case.read import parse_case
from thermosim.errors import CaseError
from thermosim.limits.of_case import derived_quantities, limits_of

DISK = {"radius": "1 mm"}
SHEET = {**DISK, "thickness": "20 um"}
MICA = {"material": "mica", "thickness": "20 um"}
SLAB = {"kind": "slab", **DISK, **MICA}
ONE_LAYER = {"kind": "stack", **DISK, "layers": [MICA]}
PILLAR = {"pedestal_radius": "7 um", "pedestal_height": "30 um"}
PEDESTAL = {"kind": "pedestal", **SHEET, "material": "mica", **PILLAR}
GOLD = {"material": "gold", "thickness": "50 nm"}
KINDS = {
    "slab": SLAB,
    "stack": {"kind": "stack", **DISK, "layers": [{**GOLD, "crystal_axis": [1, 0, 0]}, MICA]},
    "membrane": {"kind": "membrane", **SHEET, "hole_radius": "60 um"},
    "cantilever": {"kind": "cantilever", "length": "1 mm", "width": "30 um", "thickness": "1 um"},
    "pedestal": {**PEDESTAL, "pedestal_material": "fused_silica"},
}
READ = TypeAdapter(Substrate)


def substrate(**table):
    return READ.validate_python(table, context={"case_file": True})


def case(substrate, **more):
    tree = {
        "particle": {"material": "Cs4PbBr6", "shape": {"kind": "sphere", "radius": "5 um"}},
        "substrate": substrate,
        "contact": {"kind": "jkr"},
        "laser": {"photon_energy": "2.33 eV", "intensity": "3 kW/cm^2"},
        "gain": {"density": {"kind": "given", "n_dots": "1.66e16 1/cm^3"}},
        "symmetry": "3d",
        "assumptions": "favourable",
    }
    tree["particle"]["emissivity"] = 1.0
    return parse_case(tree | more)


def contact_conductance(table):
    return limits_of(case(table))["conductance_contact_W_per_K"]


@pytest.mark.parametrize("kind", KINDS)
def test_parts_lie_on_each_other_from_z_0_down(kind):
    parts = substrate(**KINDS[kind]).parts()
    assert parts[0].top == 0.0
    for above, below in itertools.pairwise(parts):
        assert below.top == above.bottom < above.top
    assert all(part.thickness > 0 for part in parts)


def test_parts_name_regions_materials_and_axes():
    def said(kind):
        return [(p.region, p.material, p.axis, p.key) for p in substrate(**KINDS[kind]).parts()]

    up = (0.0, 0.0, 1.0)
    assert said("slab") == [("substrate", "mica", up, "material")]
    assert said("stack") == [
        ("substrate_1", "gold", (1.0, 0.0, 0.0), "layers[0].material"),
        ("substrate_2", "mica", up, "layers[1].material"),
    ]
    assert said("membrane") == [("substrate", "fused_silica", up, "material")]
    assert said("cantilever") == [("substrate", "silicon", up, "material")]
    assert said("pedestal") == [
        ("pedestal", "fused_silica", up, "pedestal_material"),
        ("substrate", "mica", up, "material"),
    ]
    assert [p.material for p in substrate(**PEDESTAL).parts()] == ["mica", "mica"]


def test_faces_say_what_happens_where_and_to_which_part():
    def said(kind, **more):
        faces = substrate(**{**KINDS[kind], **more}).faces()
        return {f.boundary: (f.happens, f.part.region, f.sees_particle) for f in faces}

    slab = {
        "substrate_top": ("radiating", "substrate", True),
        "substrate_bottom": ("insulated", "substrate", False),
        "substrate_rim": ("held", "substrate", False),
    }
    assert said("slab", bottom="insulated") == slab
    framed = {"substrate_frame": ("held", "substrate", False)}
    assert said("membrane", bottom="insulated") == slab | framed
    assert said("membrane", bottom="insulated", hole_radius="1 mm") == slab
    assert said("cantilever", bottom="insulated") == slab | {
        "substrate_top": ("insulated", "substrate", True),
        "substrate_side": ("insulated", "substrate", True),
    }
    assert said("pedestal", bottom="insulated") == slab | {
        "pedestal_top": ("radiating", "pedestal", True),
        "pedestal_side": ("radiating", "pedestal", True),
    }
    assert said("stack", bottom="held", rim="radiating") == {
        "substrate_top": ("radiating", "substrate_1", True),
        "substrate_bottom": ("held", "substrate_2", False),
        "substrate_rim": ("radiating", "substrate_2", False),
    }


def test_faces_carry_emissivity_and_held_temperature():
    for table in KINDS.values():
        found = substrate(**table, emissivity=0.3, held_temperature="290 K")
        assert {(f.emissivity, f.held_temperature) for f in found.faces()} == {(0.3, 290.0)}


def test_no_substrate_has_neither():
    assert NoSubstrate().parts() == NoSubstrate().faces() == ()


def test_a_stack_of_one_layer_is_the_slab():
    (slab,), (layer,) = substrate(**SLAB).parts(), substrate(**ONE_LAYER).parts()
    assert replace(layer, region="substrate", key="material") == slab
    for one, two in zip(substrate(**SLAB).faces(), substrate(**ONE_LAYER).faces(), strict=True):
        assert replace(two, part=slab) == one


def test_limits_of_a_stack_of_one_layer_are_those_of_the_slab():
    slab, stack = limits_of(case(SLAB), -9.0), limits_of(case(ONE_LAYER), -9.0)
    # half-spaces alone, 126.380 nW/K, less 1.3 % by the sphere and 0.2 % by the sheet
    assert slab["conductance_contact_W_per_K"] == pytest.approx(124.52e-9, rel=1e-3)
    assert slab["delta_T_all_paths_K"] == pytest.approx(-0.14388, rel=1e-3)
    assert stack == pytest.approx(slab, rel=1e-9, abs=0)


def test_a_slab_cut_into_layers_keeps_its_limits():
    halves = [{**MICA, "thickness": "20 nm"}, {**MICA, "thickness": "19.98 um"}]
    cut = contact_conductance({**ONE_LAYER, "layers": halves})
    assert cut == pytest.approx(contact_conductance(SLAB), rel=1e-9)


def test_limits_count_the_material_of_the_pillar():
    silica = contact_conductance({**SLAB, "material": "fused_silica"})
    mica = contact_conductance(SLAB)
    pillar = contact_conductance(KINDS["pedestal"])
    # a tall pillar adds its own resistance: below that of its material as a slab
    assert 0.9 * silica < pillar < silica < 1.01 * mica
    wide = {"pedestal_radius": "900 um", "pedestal_height": "1 um"}
    assert contact_conductance({**KINDS["pedestal"], **wide}) == pytest.approx(silica, rel=5e-3)


def test_check_lists_the_material_of_every_region():
    regions = derived_quantities(case(KINDS["stack"]))["regions"]
    assert regions == "particle (Cs4PbBr6), substrate_1 (gold), substrate_2 (mica)"
    assert case(KINDS["pedestal"]).material_names() == {
        "particle": "Cs4PbBr6",
        "pedestal": "fused_silica",
        "substrate": "mica",
    }


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ({**SLAB, "material": "nosuch"}, "substrate.material"),
        ({**ONE_LAYER, "layers": [GOLD, {**MICA, "material": "nosuch"}]}, "layers[1].material"),
        ({**PEDESTAL, "pedestal_material": "nosuch"}, "substrate.pedestal_material"),
        ({**PEDESTAL, "material": "nosuch"}, "substrate.material"),
    ],
)
def test_an_unknown_material_is_told_at_its_key(table, path):
    with pytest.raises(CaseError, match=f"{path.replace('[', '.').replace(']', '.')}.*nosuch"):
        case(table)


DULL = {"materials": {"dull": {"conductivity": "1 W/(m*K)"}}}


@pytest.mark.parametrize(
    "table",
    [
        {**SLAB, "material": "dull"},
        {**ONE_LAYER, "layers": [{**MICA, "material": "dull"}]},
        {**ONE_LAYER, "layers": [MICA, {**MICA, "material": "dull"}]},
        {**PEDESTAL, "pedestal_material": "dull"},
    ],
    ids=["slab", "one_layer", "lower_face", "pillar"],
)
def test_a_part_that_radiates_needs_an_emissivity(table):
    with pytest.raises(CaseError, match=r"substrate.emissivity.*material dull has no emissivity"):
        case(table, **DULL)
    case({**table, "emissivity": 0.5}, **DULL)


def test_a_layer_that_does_not_radiate_needs_no_emissivity():
    between = [MICA, {**MICA, "material": "dull"}, MICA]
    assert "dull" in case({**ONE_LAYER, "layers": between}, **DULL).material_names().values()


@pytest.mark.parametrize("kind", ["cantilever", "membrane"])
def test_heat_needs_a_way_out_of_any_substrate(kind):
    closed = {**KINDS[kind], "rim": "insulated", "bottom": "insulated", "emissivity": 0.0}
    if kind == "membrane":
        closed["frame"] = "insulated"
    particle = {"emissivity": 0.0, "shape": {"kind": "sphere", "radius": "5 um"}}
    source = {"laser": None, "particle": particle, "source": {"heat_source": "1e7 W/m^3"}}
    with pytest.raises(CaseError, match="heat has no way out"):
        case(closed, **source)
    case({**closed, "rim": "held"}, **source)
