"""Meshes of every shape and substrate: sizes against closed forms, names, cuts, limits."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("gmsh")

from mesh_cases import (  # noqa: E402
    BOX,
    CAP,
    COARSE,
    DISK,
    FACETED,
    OBLATE,
    PROLATE,
    SPHERE,
    SQUARE,
    SUBSTRATES,
    TILTED,
    case,
    deviations,
    disk,
)

from thermosim.errors import CaseError, MeshError  # noqa: E402
from thermosim.fem.data import facet_nodes  # noqa: E402
from thermosim.mesh.build import build_mesh  # noqa: E402
from thermosim.mesh.measure import areas, boundary_facets, volumes  # noqa: E402
from thermosim.mesh.quality import mesh_numbers  # noqa: E402


@pytest.mark.parametrize("shape", [SPHERE, CAP, OBLATE, PROLATE], ids=str)
@pytest.mark.parametrize("contact", [None, "1 um"])
@pytest.mark.parametrize("symmetry", ["axisymmetric", "quarter", "3d"])
def test_round_shapes_at_the_default_size(shape, contact, symmetry):
    off = deviations(build_mesh(case(shape, contact, symmetry=symmetry))[0])
    assert max(map(abs, off.values())) < 1e-5, off
    assert set(off) >= {"volume:particle", "area:particle_surface"}


@pytest.mark.parametrize("shape", [SPHERE, CAP, OBLATE, PROLATE], ids=str)
def test_round_shapes_one_refinement_on(shape):
    for symmetry in ("axisymmetric", "quarter"):
        off = deviations(build_mesh(case(shape, symmetry=symmetry, mesh={"refinement": 2}))[0])
        assert max(map(abs, off.values())) < 1e-6, off


@pytest.mark.parametrize("contact", [None, "500 nm"])
def test_tilted_ellipsoid(contact):
    """At the default size; and fourth order, as curved cells of second order have it."""
    off = {}
    for refinement in (0.5, 1.0):
        mesh = {"refinement": refinement}
        data, report = build_mesh(case(TILTED, contact, SQUARE, "3d", mesh))
        off[refinement] = deviations(data)
        assert report["min_scaled_jacobian"] > 0.3
    assert max(map(abs, off[1.0].values())) < 1e-5
    ratio = off[0.5]["volume:particle"] / off[1.0]["volume:particle"]
    assert 9 < ratio < 40


@pytest.mark.parametrize("shape", FACETED.values(), ids=FACETED)
@pytest.mark.parametrize("contact", [None, "500 nm"])
def test_faceted_shapes_to_rounding(shape, contact):
    data, report = build_mesh(case(shape, contact, SQUARE, "3d", COARSE))
    off = deviations(data)
    # facets to the last bits that a drawing keeps (2e-11 of its size); what a circle bounds as well
    # as its few curved edges allow
    bent = {"area:contact", "area:particle_base"} if "area:particle_base" in off else set()
    for name, value in off.items():
        assert abs(value) < (1e-4 if name in bent else 1e-9), name
    assert report["min_scaled_jacobian"] > 0.5


def test_measured_sizes_are_those_of_the_nodes():
    """The curved area of the contact disk: the polygon of its nodes is smaller by a known bit."""
    data, _ = build_mesh(case(BOX, "1 um", SQUARE, "3d", COARSE))
    corners = boundary_facets(data, data.boundaries["contact"])[:, :3]
    x = data.points[corners] * data.unit
    flat = np.linalg.norm(np.cross(x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]), axis=1).sum() / 2
    curved = areas(data)["contact"]
    assert flat < curved < np.pi * 1e-12 * (1 + 1e-9)
    assert curved == pytest.approx(np.pi * 1e-12, rel=1e-4)


@pytest.mark.parametrize("radius", ["1 nm", "30 nm", "1 um", "4.999 um"])
def test_contacts_of_any_size_on_a_slab_a_thousand_times_larger(radius):
    for symmetry, limit in (("axisymmetric", 1e5), ("quarter", 5e5)):
        data, report = build_mesh(case(SPHERE, radius, symmetry=symmetry))
        assert report["n_cells"] < limit
        assert report["min_scaled_jacobian"] > 0.9
        assert max(map(abs, deviations(data).values())) < 1e-5


@pytest.mark.parametrize(
    ("shape", "radius"), [(CAP, "5 um"), (OBLATE, "4.9 um")], ids=["cap", "oblate"]
)
def test_a_contact_may_be_wider_than_the_sphere_of_equal_volume(shape, radius):
    """A melted grain touches with its whole base."""
    data, _ = build_mesh(case(shape, radius))
    assert max(map(abs, deviations(data).values())) < 1e-5
    assert ("particle_base" in data.boundaries) is False


def test_smallest_contact_of_a_box_on_a_wide_slab():
    wide = {**SQUARE, "width": "10 mm"}
    data, report = build_mesh(case(BOX, "1 nm", wide, "3d", {"cells_per_contact": 10}))
    assert report["n_cells"] < 2e5
    assert report["min_scaled_jacobian"] > 0.5
    assert deviations(data)["area:contact"] == pytest.approx(0, abs=1e-6)


PLANS = {"disk": {"radius": "100 um"}, "rectangle": {"width": "200 um", "length": "150 um"}}


@pytest.mark.parametrize("kind", SUBSTRATES)
@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("shape", [SPHERE, {**BOX, "b": "6 um"}], ids=["sphere", "box"])
def test_substrates_have_the_sizes_they_say(kind, plan, shape):
    substrate = {**SUBSTRATES[kind], **PLANS[plan]}
    found = case(shape, "500 nm", substrate, "3d", COARSE)
    data, _ = build_mesh(found)
    body, surface = volumes(data), areas(data)
    assert sum(body.values()) - body["particle"] == pytest.approx(found.substrate.volume, rel=2e-4)
    under = sum(surface.get(name, 0) for name in ("contact", "substrate_under"))
    s = found.substrate
    pillar = 2 * np.pi * s.pedestal_radius * s.pedestal_height if kind == "pedestal" else 0
    thickness = s.thickness if kind == "pedestal" else sum(part.thickness for part in s.parts())
    rim = thickness * (2 * np.pi * s.radius if s.radius else 2 * sum(s.sides))
    top = sum(surface.get(name, 0) for name in ("substrate_top", "pedestal_top"))
    assert top + under == pytest.approx(found.substrate.top_area, rel=2e-4)
    assert surface.get("pedestal_side", 0) == pytest.approx(pillar, rel=2e-4)
    bottom = surface["substrate_bottom"] + surface.get("substrate_frame", 0)
    assert bottom == pytest.approx(s.top_area, rel=2e-4)
    assert surface["substrate_rim"] == pytest.approx(rim, rel=2e-4)
    if kind == "membrane":
        hole = found.substrate.hole_area
        assert surface["substrate_bottom"] == pytest.approx(hole, rel=2e-4)


def test_cantilever():
    beam = {"kind": "cantilever", "length": "200 um", "width": "30 um", "thickness": "1 um"}
    found = case(SPHERE, "500 nm", beam, "3d", COARSE)
    surface = areas(build_mesh(found)[0])
    assert surface["substrate_rim"] == pytest.approx(30e-12, rel=1e-9, abs=0)
    assert surface["substrate_side"] == pytest.approx((400 + 30) * 1e-12, rel=1e-9, abs=0)


def nodes_of(data, boundary):
    tag = data.boundaries[boundary]
    local = facet_nodes(data.tdim, data.order)
    return {
        int(n)
        for i, on in enumerate(local)
        for n in data.cells[data.facet_tags[:, i] == tag][:, on].ravel()
    }


@pytest.mark.parametrize(("symmetry", "shape"), [("axisymmetric", CAP), ("3d", BOX)])
def test_a_base_beside_the_contact_is_a_crack(symmetry, shape):
    """Particle and substrate share the nodes of the contact there and no others."""
    mesh = {} if symmetry == "axisymmetric" else COARSE
    data, _ = build_mesh(case(shape, "1 um", SQUARE if mesh else DISK, symmetry, mesh))
    above, below = nodes_of(data, "particle_base"), nodes_of(data, "substrate_under")
    contact = nodes_of(data, "contact")
    assert len(above) == len(below)
    assert above & below == above & contact
    particle = data.cell_tags == data.regions["particle"]
    shared = set(data.cells[particle].ravel()) & set(data.cells[~particle].ravel())
    assert shared == contact


def test_an_interface_parts_all_nodes():
    contact = disk("1 um", h_c="1e8 W/(m^2*K)")
    data, _ = build_mesh(case(CAP, contact))
    particle = data.cell_tags == data.regions["particle"]
    assert not set(data.cells[particle].ravel()) & set(data.cells[~particle].ravel())
    assert areas(data)["contact_substrate"] == pytest.approx(areas(data)["contact"], rel=1e-12)


def test_particles_of_an_arrangement():
    places = {"kind": "positions", "positions": [["0 um", "0 um"], ["15 um", "3 um"]]}
    found = case(SPHERE, "500 nm", SQUARE, "3d", COARSE, arrangement=places)
    single = case(SPHERE, "500 nm", SQUARE, "3d", COARSE)
    two, one = (volumes(build_mesh(c)[0])["particle"] for c in (found, single))
    assert two == pytest.approx(2 * one, rel=5e-3)
    assert areas(build_mesh(found)[0])["contact"] == pytest.approx(2 * np.pi * 25e-14, rel=1e-3)


SHEET = {"kind": "membrane", "material": "mica", "thickness": "1 um", "hole_radius": "80 um"}
ENSEMBLES = {
    "2 spheres": (SPHERE, 2, "5 nm", SQUARE),
    "3 spheres": (SPHERE, 3, "2.5 um", {**SHEET, "width": "200 um"}),
    "10 spheres": (SPHERE, 10, "100 nm", {**SHEET, "radius": "100 um"}),
    "3 ellipsoids": (TILTED, 3, "1 um", SQUARE),
    "3 prisms": (FACETED["prism"], 3, "1 um", {**SHEET, "width": "200 um"}),
    "3 grains": (FACETED["grain"], 3, "50 nm", SQUARE),
}


@pytest.mark.parametrize(("shape", "count", "contact", "under"), ENSEMBLES.values(), ids=ENSEMBLES)
def test_ensembles(shape, count, contact, under):
    """Each particle stands by itself on the one substrate, wherever the seed puts it."""
    places = {"kind": "random", "count": count, "radius": "75 um", "gap": "1 um", "seed": 3}
    found = case(shape, contact, under, "3d", COARSE, arrangement=places)
    data, report = build_mesh(found)
    off = deviations(data)
    assert max(map(abs, off.values())) < 5e-3, off
    assert report["min_scaled_jacobian"] > 0.3
    substrate = sum(volumes(data).values()) - volumes(data)["particle"]
    assert substrate == pytest.approx(found.substrate.volume, rel=1e-3)
    surface = areas(data)
    under = surface["contact"] + surface.get("substrate_under", 0)
    assert surface["substrate_top"] + under == pytest.approx(found.substrate.top_area, rel=1e-3)


REFUSED = {
    "pillar": (
        {
            "shape": SPHERE,
            "contact": "3 um",
            "substrate": {**SUBSTRATES["pedestal"], "radius": "1 mm", "pedestal_radius": "2 um"},
        },
        "reaches over the edge of the pedestal",
    ),
    "over": (
        {
            "shape": BOX,
            "contact": "1 um",
            "substrate": {**SQUARE, "width": "9 um"},
            "symmetry": "3d",
        },
        "particle 1 at .* its base reaches over the edge",
    ),
    "cells": ({"shape": SPHERE, "contact": "1 um", "mesh": {"max_cells": 500}}, "max_cells = 500"),
    "cells 3d": (
        {
            "shape": BOX,
            "contact": "1 um",
            "substrate": SQUARE,
            "symmetry": "3d",
            "mesh": {"max_cells": 999},
        },
        "max_cells = 999",
    ),
    "strip": (
        {"shape": FACETED["edge"], "contact": "1 nm", "substrate": SQUARE, "symmetry": "3d"},
        "1e-05 m by 3.14e-13 m on the edge that the particle rests on, thinner than an atom",
    ),
    "quality": (
        {"shape": SPHERE, "symmetry": "3d", "mesh": {"min_quality": 0.9999}},
        "min_quality",
    ),
}


@pytest.mark.parametrize(("given", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meshed_is_refused_with_a_reason(given, message):
    with pytest.raises(MeshError, match=message):
        build_mesh(case(**given))


def test_cells_are_counted_before_they_are_made(monkeypatch):
    from thermosim.mesh import particles

    monkeypatch.setattr(particles, "mesh_half_plane", lambda *a, **k: pytest.fail("was meshed"))
    with pytest.raises(MeshError, match="about"):
        build_mesh(case(SPHERE, "1 um", mesh={"max_cells": 500}))


def test_a_surface_from_a_file(tmp_path):
    """A fine triangulation of flat faces becomes those faces; a hole is refused."""
    import trimesh

    block = trimesh.creation.box((8, 6, 4)).subdivide().subdivide()
    block.export(tmp_path / "block.stl")
    shape = {"kind": "surface", "path": str(tmp_path / "block.stl"), "unit": "1 um"}
    data, report = build_mesh(case(shape, "500 nm", SQUARE, "3d", COARSE))
    assert volumes(data)["particle"] == pytest.approx(192e-18, rel=1e-6)
    assert areas(data)["particle_base"] == pytest.approx((48 - 0.25 * np.pi) * 1e-12, rel=1e-4)
    assert report["n_cells"] < 20_000
    block.faces = block.faces[1:]
    block.export(tmp_path / "open.stl")
    with pytest.raises(CaseError, match="has a hole"):
        build_mesh(case({**shape, "path": str(tmp_path / "open.stl")}, None, SQUARE, "3d"))


def test_a_surface_on_a_corner_is_cut(tmp_path):
    import trimesh

    trimesh.creation.box((8, 8, 8)).export(tmp_path / "cube.stl")
    shape = {
        "kind": "surface", "path": str(tmp_path / "cube.stl"), "unit": "1 um",
        "euler_angles": ["0 deg", "54.735610317245 deg", "45 deg"],
    }  # fmt: skip
    off = deviations(build_mesh(case(shape, "1 um", SQUARE, "3d", COARSE))[0])
    assert max(map(abs, off.values())) < 1e-6, off


@pytest.mark.parametrize("symmetry", ["axisymmetric", "3d"])
def test_optical_size_bounds_cells_in_the_particle(symmetry):
    data, _ = build_mesh(case(SPHERE, symmetry=symmetry, mesh={"optical_size": "400 nm"}))
    plain, _ = build_mesh(case(SPHERE, symmetry=symmetry))
    from thermosim.mesh.measure import edge_lengths

    edges = np.median(edge_lengths(data))
    assert edges < 430e-9 < np.median(edge_lengths(plain))


def test_numbers_hold_closed_forms_beside_the_measured():
    data, report = build_mesh(case(CAP, "1 um"))
    numbers = mesh_numbers(data, report)
    assert numbers["volume_particle_exact_m3"] == pytest.approx(
        case(CAP).particle.shape.volume, rel=1e-12
    )
    assert numbers["area_particle_exact_m2"] == pytest.approx(
        case(CAP).particle.shape.area, rel=1e-12
    )
    assert numbers["area_particle_m2"] == pytest.approx(numbers["area_particle_exact_m2"], rel=1e-6)
    assert numbers["n_cells"] == len(data.cells)
