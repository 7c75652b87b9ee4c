"""The span of models of own geometry and in time: estimates beside runs of the other assumption."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402
from thermosim.run.span import NO_NUMERICAL, NO_NUMERICAL_OF_EXTREME  # noqa: E402

SURFACE = {"radiation": {"emissivity": 0.5, "T_env": "300 K"}}
ROD = {
    "assumptions": "favourable",
    "geometry": {
        "kind": "rectangle", "symmetry": "axisymmetric", "r": ["0 um", "3 um"],
        "z": ["0 um", "4 um"], "region": "rod",
    },
    "regions": {"rod": {"material": "Cs4PbBr6"}},
    "boundaries": {
        "bottom": {"convection": {"h": "300 W/(m^2*K)", "T_env": "300 K"}},
        "top": SURFACE, "right": SURFACE,
    },
    "laser": {"profile": "gaussian", "waist": "5 um", "intensity": "0.1 kW/cm^2"},
    "gain": {"region": "rod"},
    "mesh": {"size": "2 um"},
    "solver": {"error_estimate": False},
    "output": {"thermometer": False},
}  # fmt: skip
PARTICLE = {
    "assumptions": "favourable",
    "particle": {"shape": {"kind": "sphere", "radius": "5 um"}, "emissivity": 1.0},
    "substrate": {"kind": "none"},
    "contact": {"kind": "none"},
    "laser": {"intensity": "1 kW/cm^2"},
    "mesh": {"cells_per_radius": 3.0},
    "solver": {"error_estimate": False},
    "output": {"thermometer": False},
}
LOSSY = {"recombination": {"kind": "trion_biexciton", "eta_X": 0.8}}
LONE = "every lone exciton a photon"
TRIED = {
    LONE: {"gain": {"region": "rod", **LOSSY}},
    "no dark dots": {"gain": {"region": "rod", "dark_fraction": 0.01}},
    "all emission leaves": {"gain": {"region": "rod", "escape": {"kind": "auto"}}},
}


def simulated(base, **sections):
    return simulate(parse_case({**base, **sections}), uncertainty=True).summary


def change_of(summary, assumed):
    (row,) = [row for row in summary["assumptions"] if row["assumed"] == assumed]
    return row["change_K"]


@pytest.fixture(scope="module")
def rod():
    return simulated(ROD, uncertainty={"method": "none"})


@pytest.mark.parametrize("assumed", TRIED)
def test_an_estimate_of_own_geometry_is_what_a_run_finds(rod, assumed):
    other = simulated(ROD, uncertainty={"method": "none"}, **TRIED[assumed])
    change = other["delta_T_mean_K"] - rod["delta_T_mean_K"]
    assert change_of(rod, assumed) == pytest.approx(change, rel=0.1, abs=0)


START = {"kind": "temperature", "temperature": "300 K"}
DARK = {"kind": "steps", "every": "20 ms", "intensities": ["1 kW/cm^2", "0 kW/cm^2"]}


@pytest.mark.parametrize("base", [PARTICLE, ROD], ids=["particle", "rod"])
@pytest.mark.parametrize("schedule", [{"kind": "constant"}, DARK], ids=["lit", "dark at the end"])
def test_an_estimate_in_time_is_what_a_run_finds(base, schedule):
    """At the end, 30 ms into a relaxation of some 40 ms, and at the extreme."""
    times = {"duration": "30 ms", "schedule": schedule, "tolerance": "1 mK", "initial": START}
    here = simulated(base, transient=times)
    gain = {**base.get("gain", {}), **LOSSY}
    other = simulated(base, transient=times, gain=gain)
    change = other["delta_T_mean_K"] - here["delta_T_mean_K"]
    assert change_of(here, LONE) == pytest.approx(change, rel=0.1, abs=0)
    assert here["delta_T_model_high_K"] >= here["delta_T_mean_K"] + change_of(here, LONE)
    of_extreme = other["delta_T_extreme_K"] - here["delta_T_extreme_K"]
    high = here["delta_T_extreme_model_high_K"] - here["delta_T_extreme_K"]
    assert high == pytest.approx(of_extreme, rel=0.1, abs=0)
    assert here["delta_T_extreme_model_low_K"] < here["delta_T_extreme_K"]


def test_the_loss_by_radiation_is_weighed_where_it_leaves(rod):
    """Own geometry of 2 um: emissivity 0.5, and what Mie series give a sphere of its volume."""
    (row,) = [row for row in rod["assumptions"] if row["assumed"] == "emissivity 0.5"]
    small = float(row["instead"].split()[1].rstrip(","))
    surface = {"radiation": {"emissivity": small, "T_env": "300 K"}}
    boundaries = ROD["boundaries"] | {"top": surface, "right": surface}
    other = simulated(ROD, uncertainty={"method": "none"}, boundaries=boundaries)
    change = other["delta_T_mean_K"] - rod["delta_T_mean_K"]
    assert row["change_K"] == pytest.approx(change, rel=0.1, abs=0)


def test_what_is_not_estimated_is_null_and_said(rod):
    assert rod["delta_T_numerical_K"] is None
    times = {"duration": "30 ms", "schedule": DARK, "tolerance": "1 mK", "initial": START}
    settings = {"error_estimate": True}
    found = simulate(parse_case({**ROD, "transient": times, "solver": settings}), uncertainty=True)
    assert found.summary["delta_T_numerical_K"] == found.summary["delta_T_error_K"]
    assert found.summary["delta_T_extreme_numerical_K"] is None  # at 20 ms, not at the end
    assert NO_NUMERICAL_OF_EXTREME in found.notes
    dark = {key: value for key, value in ROD.items() if key not in ("laser", "gain", "output")}
    regions = {"rod": {"material": "Cs4PbBr6", "power": "-1 nW"}}
    plain = simulate(parse_case({**dark, "regions": regions}), uncertainty=True)
    assert plain.summary["delta_T_model_low_K"] is None
    assert NO_NUMERICAL in plain.notes


def test_a_body_that_nothing_holds_has_no_span():
    """Heat that cannot leave: told, and the run is whole."""
    times = {"duration": "1 ms", "tolerance": "1 mK", "initial": START}
    base = {**ROD, "boundaries": {}, "transient": times}
    found = simulate(parse_case(base), uncertainty=True)
    assert found.summary["delta_T_model_low_K"] is None
    assert any(note.startswith("no span of models") for note in found.notes)
