"""Dark and bleached dots count wherever light is counted."""

import json
import math

import pytest
import tomli_w
from scipy.constants import e

from .bodies import particle
from .helpers import case_of, command

# The edge of the emission is absorbed again, so that recycling shifts what escapes.
ABSORBING = {
    "absorption": {"kind": "fermi_edge"},
    "density": {"kind": "given", "n_dots": "5e18 1/cm^3"},
    "escape": {"kind": "monte_carlo", "refractive_index": 1.7, "photons": 2000, "seed": 1},
}


def gain(folder, eta_X=1.0, dark=0.0):
    """What `thermosim gain` says of a sphere whose dots emit that well, some of them not at all."""
    section = ABSORBING | {
        "recombination": {"kind": "trion_biexciton", "eta_X": eta_X},
        "dark_fraction": dark,
    }
    tree = particle(laser={"intensity": "1 W/m^2"}, gain=section)
    file = folder / "case.toml"
    file.write_text(tomli_w.dumps(tree))
    return json.loads(command("gain", file, "--json"))


def test_dark_dots_end_light_within_the_body(tmp_path):
    """Of weak light, one dark dot in five is as if every dot emitted four times in five."""
    names = ("f_escape", "f_reabsorbed", "mean_escape_eV", "eta_ext_low_intensity",
             "best_photon_energy_eV")  # fmt: skip
    dark, weak, all_emit = (gain(tmp_path, *given) for given in ((1, 0.2), (0.8, 0), (1, 0)))
    assert dark["f_reabsorbed"] > 0.05
    for name in names:
        assert dark[name] == pytest.approx(weak[name], rel=1e-9), name
    assert all_emit["mean_escape_eV"] - dark["mean_escape_eV"] > 1e-3
    again = 0.8 * dark["f_escape"] / (1 - 0.8 * dark["f_reabsorbed"])
    assert dark["eta_ext_low_intensity"] == pytest.approx(again, rel=1e-12)
    assert dark["best_photon_energy_eV"] < all_emit["best_photon_energy_eV"] - 0.05


INTENSITY, SIGMA, DOTS, TAU, RADIUS = 3e10, 6e-21, 1.66e20, 29e-9, 5e-6


@pytest.mark.fem
@pytest.mark.parametrize("bleaching", [False, True], ids=["all absorb", "bleached"])
def test_photons_leave_with_the_energy_that_does_not_stay(bleaching):
    """Absorbed by dots = heat + photons times their mean energy, however strong the light."""
    pytest.importorskip("dolfinx")
    from thermosim import simulate

    ladder = {"kind": "ladder", "neutral_states": 1, "charged_states": 1, "bleaching": bleaching}
    ladder |= {"absorbing": "below_top", "tau_X": f"{TAU} s"}
    tree = particle(
        laser={"intensity": f"{INTENSITY} W/m^2"},
        gain={
            "recombination": ladder,
            "dark_fraction": 0.02,
            "gap_shift": "0 J/K",
            "density": {"kind": "given", "n_dots": f"{DOTS} 1/m^3"},
            "cross_section": {"kind": "given", "sigma_abs": f"{SIGMA} m^2"},
        },
        chamber={"pressure": "1e5 Pa"},
        materials={"plate": {"conductivity": "1e3 W/(m*K)"}},
    )
    tree["particle"] |= {"material": "plate"}
    found = simulate(case_of(tree)).summary
    unbleached = INTENSITY * SIGMA * DOTS * 4 / 3 * math.pi * RADIUS**3
    excited = SIGMA * INTENSITY * TAU / (2.33 * e)  # a dot with an exciton absorbs no more
    share = 1 / (1 + excited) if bleaching else 1.0
    assert found["absorbed_by_dots_W"] == pytest.approx(unbleached * share, rel=1e-3)
    energy = found["absorbed_by_dots_W"] - found["heat_source_W"]
    photons = found["emitted_photons_per_s"]
    assert photons * 2.3871 * e == pytest.approx(energy, rel=1e-6)


@pytest.mark.fem
@pytest.mark.parametrize("escape", ["none", "monte_carlo"])
def test_an_ensemble_counts_in_run_gain_and_thermometer(tmp_path, escape):
    """Dots that are not alike draw in a run what `gain` says of them, and shine at lower gaps."""
    pytest.importorskip("dolfinx")
    from thermosim import simulate

    ensemble = {"gap": {"width": "8 meV"}, "eta_X": {"mean": 0.995, "width": 0.001}}
    ensemble |= {"dark": {"mean": 1e-4, "width": 0.0}}
    given = {"absorption": {"kind": "fermi_edge"}, "gap_shift": "0 J/K"}
    if escape != "none":
        given = ABSORBING | given
    tree = particle(
        laser={"intensity": "2 kW/cm^2"},
        gain={"ensemble": ensemble, **given},
        chamber={"pressure": "1e5 Pa"},
        materials={"plate": {"conductivity": "1e3 W/(m*K)"}},
    )
    tree["particle"] |= {"material": "plate"}
    file = tmp_path / "case.toml"
    file.write_text(tomli_w.dumps(tree))
    said = json.loads(command("gain", file, "--json"))
    assert -5e-3 < said["gap_offset_of_emission_eV"] < -1e-3
    found = simulate(case_of(tree)).summary
    volume = 4 / 3 * math.pi * RADIUS**3
    assert found["heat_source_W"] / volume == pytest.approx(
        said["case_heat_source_W_per_m3"], rel=2e-3
    )
    leaving = found["absorbed_by_dots_W"] - found["heat_source_W"]
    per_photon = leaving / found["emitted_photons_per_s"] / e
    # strong light fills the red dots first, so that they shine less
    assert per_photon == pytest.approx(said["mean_escape_eV"], abs=3e-4)
    bias = found["delta_T_thermometer_K"] - found["delta_T_emission_mean_K"]
    assert abs(bias) < 0.05 * abs(found["delta_T_emission_mean_K"]) + 1e-6
