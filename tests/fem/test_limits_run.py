"""`limits` and `run` answer one question: ten particles from 0.3 to 50 µm, coarse meshes.

The table of docs/limits.md has the same cases on the default mesh.
"""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim import simulate  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.limits.of_case import limits_of  # noqa: E402

JKR = {"kind": "jkr", "work_of_adhesion": "0.1 J/m^2"}


GOLD = {"boundary": "substrate_top", "material": "gold", "thickness": "50 nm"}


def sphere(radius):
    return {"kind": "sphere", "radius": radius}


def slab(material, **more):
    return {"kind": "slab", "material": material, "radius": "300 um", "thickness": "20 um", **more}


CASES = {
    "0.3 µm on silicon": {
        "shape": sphere("0.3 um"), "substrate": slab("silicon", emissivity=0.5),
    },
    "0.5 µm on mica, interface": {
        "shape": sphere("0.5 um"), "substrate": slab("mica"),
        "contact": {**JKR, "h_c": "1e8 W/(m^2*K)"},
    },
    "1 µm on silica in air, 100 Pa": {
        "shape": sphere("1 um"), "substrate": slab("fused_silica"),
        "chamber": {"pressure": "100 Pa"},
    },
    "ellipsoid 2 x 1.5 µm on mica": {
        "shape": {"kind": "ellipsoid", "a": "2 um", "b": "2 um", "c": "1.5 um"},
        "substrate": slab("mica"),
    },
    "cap of 3 µm on mica": {
        "shape": {"kind": "spherical_cap", "base_radius": "3 um", "contact_angle": "60 deg"},
        "substrate": slab("mica"), "contact": {"kind": "disk", "radius": "0.3 um"},
    },
    "5 µm on 100 nm gold on silica": {
        "shape": sphere("5 um"), "substrate": {
            "kind": "stack", "radius": "300 um", "layers": [
                {"material": "gold", "thickness": "100 nm"},
                {"material": "fused_silica", "thickness": "20 um"}]},
    },
    "5 µm on a film of 50 nm gold on mica": {
        "shape": sphere("5 um"), "substrate": slab("mica"), "films": [GOLD],
    },
    "5 µm on an asperity of 10 nm on that film": {
        "shape": sphere("5 um"), "substrate": slab("mica"), "films": [GOLD],
        "contact": {"kind": "disk", "radius": "10 nm"},
    },
    "5 µm on mica, near field across 1 nm": {
        "shape": sphere("5 um"), "substrate": slab("mica"),
        "radiation": {"near_field": True, "gap": "1 nm"},
    },
    "10 µm on a silica pillar": {
        "shape": sphere("10 um"), "substrate": {
            "kind": "pedestal", "material": "fused_silica", "radius": "300 um",
            "thickness": "20 um", "pedestal_radius": "3 um", "pedestal_height": "6 um"},
    },
    "20 µm on a membrane": {
        "shape": sphere("20 um"), "substrate": {
            "kind": "membrane", "material": "fused_silica", "thickness": "2 um",
            "radius": "400 um", "hole_radius": "300 um"},
    },
    "50 µm on one asperity": {
        "shape": sphere("50 um"), "substrate": slab("mica", radius="1 mm"),
        "contact": {"kind": "disk", "radius": "5 nm", "h_c": "1e7 W/(m^2*K)"},
    },
    "2 µm on mica, Mie": {
        "shape": sphere("2 um"), "substrate": slab("mica"), "optics": {"model": "mie"},
    },
}  # fmt: skip


def tree(shape, **sections):
    return {
        "symmetry": "axisymmetric",
        "particle": {"material": "Cs4PbBr6", "emissivity": "small_body", "shape": shape},
        "contact": JKR,
        "laser": {"intensity": "3 kW/cm^2"},
        "assumptions": "favourable",
        "gain": {"density": {"kind": "given", "n_dots": "1.66e16 1/cm^3"}},
        "mesh": {"cells_per_radius": 8, "cells_per_contact": 400, "growth": 0.4},
        "solver": {"error_estimate": False},
        "output": {"pictures": False, "fields": False, "thermometer": False},
        **sections,
    }  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_limits_and_run_agree(name):
    case = parse_case(tree(**CASES[name]))
    closed, solved = limits_of(case), simulate(case).summary
    assert closed["delta_T_all_paths_K"] == pytest.approx(
        solved["delta_T_mean_K"], rel=0.01, abs=0
    ), name
    heat = closed["heat_released_W"]
    assert heat == pytest.approx(solved["heat_source_W"], rel=0.01, abs=0)
    assert closed["heat_leaving_by_total_W"] == pytest.approx(heat, rel=1e-9, abs=0)


def test_an_isothermal_body_to_5e_5():
    """One asperity of 1 nm: -8.5 K of radiation; the same numbers as the finite elements."""
    asperity = {"kind": "disk", "radius": "1 nm", "h_c": "1e7 W/(m^2*K)"}
    black = tree(sphere("5 um"), substrate=slab("mica", radius="1 mm"), contact=asperity)
    black["particle"]["emissivity"] = 1.0
    case = parse_case(black)
    theta = simulate(case).summary["delta_T_mean_K"]
    assert limits_of(case)["delta_T_all_paths_K"] == pytest.approx(theta, rel=5e-5, abs=0)
    assert theta == pytest.approx(-8.512, abs=1e-3)


def test_light_in_the_substrate_is_its_own():
    """A beam of 50 µm on tinted mica: both answers, and the label of the particle."""
    tint = {
        "conductivity": {"kind": "uniaxial", "k_par": "3.9 W/(m*K)", "k_perp": "0.46 W/(m*K)"},
        "emissivity": 0.8,
        "refractive_index": {
            "kind": "table", "wavelengths": ["400 nm", "800 nm"], "n": [1.6, 1.6],
            "k": [1e-5, 1e-5],
        },
    }  # fmt: skip
    beam = {"profile": "gaussian", "waist": "50 um", "intensity": "0.2 kW/cm^2"}
    case = parse_case(
        tree(sphere("5 um"), substrate=slab("tint"), laser=beam, materials={"tint": tint})
    )
    closed, solved = limits_of(case), simulate(case)
    found = solved.summary
    assert closed["delta_T_of_substrate_by_light_K"] > 0.05
    assert closed["light_absorbed_by_substrate_W"] == pytest.approx(
        found["absorbed_by_substrate_W"], rel=5e-3
    )
    assert closed["delta_T_all_paths_K"] == pytest.approx(found["delta_T_mean_K"], rel=2e-2)
    assert found["heat_source_substrate_W"] == solved.budget["source:substrate"] > 0
    assert found["heat_source_W"] == solved.budget["source:particle"]


def test_a_film_in_the_light_heats_both_answers():
    """50 nm of gold on mica in a beam of 50 µm, from above and from below.

    A run puts the heat of the film into the cells under it: 4.6, 2.4 and 1.2 % less at refinements
    of 1, 2 and 4, towards `limits`.
    """
    film = {"boundary": "substrate_top", "material": "gold", "thickness": "50 nm"}
    beam = {"profile": "gaussian", "waist": "50 um", "intensity": "0.01 kW/cm^2"}
    for tilt in ("0 deg", "180 deg"):
        case = parse_case(
            tree(sphere("5 um"), substrate=slab("mica"), laser={**beam, "tilt": tilt},
                 films=[film], mesh={"growth": 0.1})
        )  # fmt: skip
        closed, found = limits_of(case), simulate(case).summary
        assert found["absorbed_by_substrate_W"] > 1e-5
        assert closed["light_absorbed_by_substrate_W"] == pytest.approx(
            found["absorbed_by_substrate_W"], rel=1e-2
        )
        assert closed["delta_T_all_paths_K"] == pytest.approx(found["delta_T_mean_K"], rel=3e-2)


def test_one_dot_closes_its_balance_and_names_no_path_that_it_lacks():
    from thermosim.results.words import result_rows

    dot = tree(sphere("5.24 nm"))
    del dot["contact"]
    dot["gain"]["density"]["n_dots"] = "1.66e18 1/cm^3"  # one in the sphere
    for emissivity, expected in ((1.0, -0.98695), ("small_body", -31.535)):
        dot["particle"]["emissivity"] = emissivity
        solved = simulate(parse_case(dot))
        assert solved.summary["energy_balance_rel"] < 1e-8
        assert solved.summary["delta_T_mean_K"] == pytest.approx(expected, rel=1e-4)
        told = dict(result_rows(solved))
        assert "released in the particle" in told
        assert not {"particle to substrate", "substrate to chamber", "substrate to holder"} & {
            *told
        }
        closed = limits_of(parse_case(dot))
        assert closed["delta_T_all_paths_K"] == pytest.approx(expected, rel=1e-4)


def test_rays_on_finer_cells_come_to_what_limits_says():
    """Cells wider than the rays resolve even hot spots out; the run says so."""
    found = {}
    for refinement in (1.0, 2.0):
        case = parse_case(
            tree(sphere("5 um"), substrate=slab("mica"), optics={"model": "rays", "n_rays": 3000},
                 mesh={"refinement": refinement})
        )  # fmt: skip
        run = simulate(case)
        found[refinement] = run.summary["delta_T_mean_K"]
        told = any(
            "which thermosim limits does not do" in " ".join(note.split()) for note in run.notes
        )
        assert told == (refinement == 1.0)
    closed = limits_of(case)["delta_T_all_paths_K"]
    assert abs(found[2.0] - closed) < 0.5 * abs(found[1.0] - closed)
    assert found[2.0] == pytest.approx(closed, rel=0.03)
