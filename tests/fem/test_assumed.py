"""What a run assumed, ranked: the estimates beside runs in which the other assumption holds."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.results.words import result_rows  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

BASE = {
    "assumptions": "favourable",
    "particle": {"shape": {"kind": "sphere", "radius": "5 um"}, "emissivity": 1.0},
    "substrate": {"kind": "slab", "material": "muscovite", "radius": "100 um",
                  "thickness": "20 um"},
    "contact": {"kind": "disk", "radius": "150 nm"},
    "laser": {"intensity": "3 kW/cm^2"},
    "mesh": {"cells_per_contact": 20.0, "cells_per_radius": 5.0},
    "solver": {"error_estimate": False},
    "output": {"thermometer": False},
}  # fmt: skip
TRIED = {
    "every lone exciton a photon": {
        "gain": {"recombination": {"kind": "trion_biexciton", "eta_X": 0.8}}
    },
    "even light": {"optics": {"model": "mie"}},
    "no dark dots": {"gain": {"dark_fraction": 0.01}},
    "all emission leaves": {"gain": {"escape": {"kind": "auto"}}},
    "a perfect contact": {"contact": {"kind": "disk", "radius": "150 nm", "h_c": "1e7 W/(m^2*K)"}},
    "<E_PL> moves with the gap": {
        "gain": {
            "absorption": {"kind": "fermi_edge", "E_U_model": "einstein"},
            "emission": {"kind": "van_roosbroeck", "edge": {"E_U_model": "einstein"}},
        }
    },
    "emissivity 1": {"particle": {**BASE["particle"], "emissivity": "small_body"}},
}

ROUGH = {"even light": 0.3, "a perfect contact": 0.25}


def run(**sections):
    return simulate(parse_case({**BASE, **sections}))


@pytest.fixture(scope="module")
def found():
    return run()


@pytest.mark.parametrize("assumed", TRIED)
def test_an_estimate_is_what_a_run_finds(found, assumed):
    (row,) = [row for row in found.summary["assumptions"] if row["assumed"] == assumed]
    change = run(**TRIED[assumed]).delta_T_mean_K - found.delta_T_mean_K
    # sampled light, constriction under an interface, feedback of the temperature: left out
    assert row["change_K"] == pytest.approx(change, rel=ROUGH.get(assumed, 0.1))


def test_a_substrate_left_out_of_the_light_is_told():
    """A sphere of 1 um that touches mica, beside the run with its substrate."""
    small = {**BASE["particle"], "shape": {"kind": "sphere", "radius": "1 um"}}
    changed = {"particle": small, "contact": {"kind": "disk", "radius": "30 nm"}}
    alone = run(**changed, optics={"model": "mie"})
    over = run(**changed, optics={"model": "mie", "substrate": True})
    name = "no substrate in the light"
    (row,) = [row for row in alone.summary["assumptions"] if row["assumed"] == name]
    change = over.delta_T_mean_K - alone.delta_T_mean_K
    assert row["change_K"] == pytest.approx(change, rel=0.2)
    assert name not in {row["assumed"] for row in over.summary["assumptions"]}


def test_the_largest_effect_is_first_and_turns_the_sign(found):
    changes = [abs(row["change_K"]) for row in found.summary["assumptions"]]
    assert changes == sorted(changes, reverse=True)
    rows = dict(result_rows(found))
    first = rows["assumed, by effect on ΔT"].splitlines()[0]
    assert first.startswith("every lone exciton a photon; with eta_X = 0.8, as measured: about +")
    assert first.endswith("which turns the sign")


def test_what_the_case_says_is_not_assumed():
    gain = {"dark_fraction": 0.01, "alpha_background": "1e-3 1/cm"}
    said = run(gain=gain).summary["assumptions"]
    names = {row["assumed"] for row in said}
    assert not names & {"no dark dots", "no background absorption"}


def test_without_effect_nothing_is_ranked():
    dark = run(laser={"intensity": "0 W/m^2"})
    assert dark.summary["assumptions"] == []
    assert "assumed, by effect on ΔT" not in dict(result_rows(dark))


def test_an_extinction_that_nobody_measured_is_tried():
    """In a beam of 50 µm at 0.2 kW/cm²; the estimate beside a run with tinted mica."""
    beam = {"profile": "gaussian", "waist": "50 um", "intensity": "0.2 kW/cm^2"}
    clear = run(laser=beam)
    name = "a substrate transparent to the beam"
    (row,) = [row for row in clear.summary["assumptions"] if row["assumed"] == name]
    assert "1e-06 in muscovite, whose own is not measured" in row["instead"]
    case = parse_case({**BASE, "laser": beam})
    mica = case.material("muscovite")
    index = mica.refractive_index.model_copy(update={"k": (1e-6,)})
    mica = mica.model_copy(update={"refractive_index": index})
    tinted = simulate(case.model_copy(update={"materials": {"muscovite": mica}}))
    change = tinted.delta_T_mean_K - clear.delta_T_mean_K
    assert change > 0.0
    assert row["change_K"] == pytest.approx(change, rel=0.05)
    assert name not in [row["assumed"] for row in tinted.summary["assumptions"]]
