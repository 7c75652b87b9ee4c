"""Parts and faces of every substrate are those of its mesh; limits agree with finite elements."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("gmsh")
pytest.importorskip("dolfinx")

from mesh_cases import BOX, COARSE, SPHERE, SUBSTRATES, case  # noqa: E402

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.limits.of_case import limits_of  # noqa: E402
from thermosim.mesh.build import build_mesh, cache_path  # noqa: E402
from thermosim.mesh.measure import boundary_facets, volumes  # noqa: E402
from thermosim.model.drawing import drawing_of  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

PLANS = {"disk": {"radius": "100 um"}, "rectangle": {"width": "200 um", "length": "150 um"}}
BEAM = {"kind": "cantilever", "length": "200 um", "width": "30 um", "thickness": "1 um"}
MESHED = {f"{k}-{p}": {**SUBSTRATES[k], **PLANS[p]} for k in SUBSTRATES for p in PLANS}
MESHED |= {"cantilever": BEAM}
OF_THE_PARTICLE = {"particle_surface", "particle_base"}
COVERED = {"contact", "contact_substrate", "substrate_under"}


def check_names(found):
    data, _ = build_mesh(found)
    parts, faces = found.substrate.parts(), found.substrate.faces()
    assert set(data.regions) == {"particle", *(part.region for part in parts)}
    assert set(data.boundaries) - OF_THE_PARTICLE - COVERED == {face.boundary for face in faces}
    sizes = volumes(data)
    for part in parts:
        assert sizes[part.region] == pytest.approx(part.plan.area * part.thickness, rel=2e-4)
    for face in faces:
        corners = boundary_facets(data, data.boundaries[face.boundary])
        heights = data.points[corners.ravel()][:, -1] * data.unit
        low, high = face.part.bottom, face.part.top
        if face.boundary == "substrate_rim":  # of all layers, counted as the lowest
            high = 0.0
        assert low * (1 + 1e-9) <= heights.min()
        assert heights.max() <= high + 1e-9 * abs(low)


@pytest.mark.parametrize("substrate", MESHED.values(), ids=MESHED)
def test_names_and_sizes_in_space(substrate):
    check_names(case(SPHERE, "500 nm", substrate, "3d", COARSE))


@pytest.mark.parametrize("kind", SUBSTRATES)
def test_names_and_sizes_turned(kind):
    check_names(case(SPHERE, "500 nm", {**SUBSTRATES[kind], **PLANS["disk"]}, mesh=COARSE))


def test_a_membrane_no_larger_than_its_hole_has_no_frame():
    sheet = {**SUBSTRATES["membrane"], "radius": "60 um"}
    check_names(case(SPHERE, "500 nm", sheet, mesh=COARSE))


CHANGES = {
    "slab": [{"thickness": "21 um"}, {"radius": "101 um"}],
    "stack": [{"layers": [{"material": "mica", "thickness": "5 um"}]}],
    "membrane": [{"thickness": "2 um"}, {"hole_radius": "50 um"}],
    "pedestal": [{"thickness": "21 um"}, {"pedestal_radius": "8 um"}, {"pedestal_height": "9 um"}],
}


def kept_at(one):
    """Where the mesh of a case is kept."""
    path = cache_path(drawing_of(one).with_mesh(cache=True))
    assert path is not None
    return path


@pytest.mark.parametrize("kind", CHANGES)
def test_the_cache_knows_what_shapes_a_substrate(kind):
    table = {**SUBSTRATES[kind], **PLANS["disk"]}
    others = [case(SPHERE, "500 nm", {**table, **change}) for change in CHANGES[kind]]
    base = case(SPHERE, "500 nm", table)
    assert len({kept_at(c) for c in [base, *others]}) == 1 + len(others)
    same = [case(SPHERE, "500 nm", {**table, "bottom": "held", "emissivity": 0.1})]
    if kind == "stack":
        silica = [{**layer, "material": "fused_silica"} for layer in table["layers"]]
        same.append(case(SPHERE, "500 nm", {**table, "layers": silica}))
    else:
        same.append(case(SPHERE, "500 nm", {**table, "material": "fused_silica"}))
    if kind == "pedestal":
        same.append(case(SPHERE, "500 nm", {**table, "pedestal_material": "gold"}))
    assert {kept_at(c) for c in same} == {kept_at(base)}


def test_the_cache_knows_a_beam():
    changes = ({"length": "210 um"}, {"width": "31 um"}, {"thickness": "2 um"})
    moved = [*changes, {"tip_distance": "20 um"}, {}]
    beams = [case(BOX, "500 nm", {**BEAM, **change}, "3d") for change in moved]
    assert len({kept_at(c) for c in beams}) == len(beams)


SILICA, SILICON = {"material": "fused_silica"}, {"material": "silicon"}
FILM, BLOCK = {"thickness": "100 nm"}, {"thickness": "5 mm"}
BELOW = {
    "slab": {"kind": "slab", **SILICA, **BLOCK},
    "film": {"kind": "stack", "layers": [{**SILICA, **FILM}, {**SILICON, **BLOCK}]},
    "gold": {"kind": "stack", "layers": [{"material": "gold", **FILM}, {**SILICA, **BLOCK}]},
    "pedestal": {
        "kind": "pedestal",
        **SILICON,
        **BLOCK,
        "pedestal_material": "fused_silica",
        "pedestal_radius": "2 um",
        "pedestal_height": "10 um",
    },
}


@pytest.mark.parametrize("kind", BELOW)
def test_limits_are_those_of_finite_elements(kind):
    """A diamond leaves the resistance to what lies under its contact of 200 nm."""
    shape = {"kind": "sphere", "radius": "5 um"}
    found = parse_case(
        {
            "particle": {"material": "diamond", "emissivity": 0.0, "shape": shape},
            "contact": {"kind": "disk", "radius": "200 nm"},
            "source": {"heat_source": "1e9 W/m^3"},
            "substrate": {"radius": "10 mm", "bottom": "held", "emissivity": 0.0, **BELOW[kind]},
            "mesh": {"cache": False},
            "solver": {"error_estimate": False},
        }
    )
    expected = simulate(found).summary["delta_T_mean_K"]
    limit = limits_of(found)["delta_T_all_paths_K"]
    assert limit == pytest.approx(expected, rel=0.0015)
