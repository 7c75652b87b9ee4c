"""What numbers that are not known exactly do to ΔT: one adjoint solve against runs of their own."""

import math
import tomllib

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from mpi4py import MPI  # noqa: E402

from thermosim import simulate  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402
from thermosim.infer.sampled import quantile, sample, sampled, summary_of  # noqa: E402
from thermosim.model.priors import priors, with_value  # noqa: E402
from thermosim.run.again import mean_again  # noqa: E402

SOLVED = {"newton_rtol": 1e-13, "error_estimate": False}
COARSE = {"cells_per_radius": 4, "cells_per_contact": 50}
PARTICLE = {
    "assumptions": "favourable",
    "particle": {
        "material": "Cs4PbBr6",
        "emissivity": "material",
        "shape": {"kind": "sphere", "radius": "5 um"},
    },
    "substrate": {"kind": "slab", "material": "mica", "radius": "50 um", "thickness": "20 um"},
    "contact": {"kind": "jkr", "h_c": "1e8 W/(m^2*K)"},
    "laser": {"intensity": "3 kW/cm^2", "photon_energy": "2.33 eV"},
    "gain": {"recombination": {"kind": "trion_biexciton", "A": 0.01, "C": 0.1}},
    "chamber": {"pressure": "10 Pa"},
    "mesh": COARSE,
    "solver": SOLVED,
    "uncertainty": {
        "parameters": {
            "contact.h_c.value": {"factor": 1.5},
            "chamber.pressure": {"relative": 0.3},
            "gain.recombination.A": {"relative": 0.5},
        }
    },
}
STEP = 1e-2


def mean_of(case):
    return simulate(case, uncertainty=False).summary["delta_T_mean_K"]


def difference(case, path):
    """Central difference of ΔT of runs of their own, of fourth order."""
    prior = next(p for p in priors(case) if p.path == path)
    h = min(STEP * prior.sigma, 10 * STEP * prior.value)
    f = {k: mean_of(with_value(case, path, prior.value + k * h)) for k in (-2, -1, 1, 2)}
    return (8.0 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12.0 * h)


@pytest.mark.parametrize("model", ["uniform", "mie"])
def test_a_laser_that_is_off_leaves_all_as_it_is(model):
    dark = {**PARTICLE, "laser": {"intensity": "0 W/m^2"}, "optics": {"model": model}}
    found = simulate(parse_case(dark)).summary
    assert abs(found["delta_T_mean_K"]) < 1e-9 > found["delta_T_material_K"]


def test_slopes_are_those_of_runs_of_their_own():
    case = parse_case(PARTICLE)
    found = simulate(case).summary["sensitivity"]
    asked = [
        "laser.intensity",
        "laser.photon_energy",
        "gain.cross_section.sigma_abs",
        "gain.density.n_dots",
        "gain.recombination.tau_X",
        "gain.recombination.tau_BX",
        "gain.recombination.multi.eta_BX",
        "gain.recombination.A",
        "gain.emission.mean_emission",
        "gain.absorption.E_U",
        "gain.gap_shift",
        "contact.h_c.value",
        "chamber.pressure",
        "materials.Cs4PbBr6.conductivity.k",
        "materials.Cs4PbBr6.emissivity",
        "materials.mica.conductivity.k_par",
        "materials.mica.conductivity.k_perp",
        "materials.mica.emissivity",
    ]
    largest = max(abs(entry["change_K"]) for entry in found.values())
    for path in asked:
        prior = next(p for p in priors(case) if p.path == path)
        slope = found[path]["dT_dp"] if path in found else 0.0
        off = abs(slope - difference(case, path)) * prior.sigma
        # what does next to nothing is lost in the rounding of the differences
        assert off < 1e-6 * abs(slope * prior.sigma) + 1e-9 * largest, path


def test_a_wider_contact_is_followed_on_one_mesh():
    tree = PARTICLE | {"mesh": COARSE | {"cells_per_contact": 400}}
    case = parse_case(tree | {"contact": {"kind": "jkr"}, "uncertainty": {"method": "linear"}})
    entry = simulate(case).summary["sensitivity"]["contact.work_of_adhesion"]
    low, high = (mean_of(with_value(case, "contact.work_of_adhesion", w)) for w in (0.05, 0.2))
    assert entry["change_K"] == pytest.approx(0.5 * (high - low), rel=0.05)
    near = [mean_of(with_value(case, "contact.work_of_adhesion", w)) for w in (0.099, 0.101)]
    assert entry["dT_dp"] == pytest.approx((near[1] - near[0]) / 0.002, rel=0.02)


def test_the_radius_is_differenced_over_runs_on_meshes_of_their_own():
    known = {"particle.shape.radius": {"relative": 0.02, "kind": "measured"}}
    case = parse_case(PARTICLE | {"uncertainty": {"parameters": known}})
    entry = simulate(case).summary["sensitivity"]["particle.shape.radius"]
    ends = [mean_of(with_value(case, "particle.shape.radius", r)) for r in (4.9e-6, 5.1e-6)]
    assert entry["change_K"] == pytest.approx(0.5 * (ends[1] - ends[0]), rel=1e-6)
    assert entry["unit"] == "K/(m)"
    assert entry["kind"] == "measured"


def test_own_geometry_with_a_law_of_temperature():
    known = {
        "boundaries.top.radiation.emissivity": {"relative": 0.1},
        "regions.body.heat_source": {"relative": 0.1},
        "materials.own.conductivity.k": {"relative": 0.1},
    }
    k = {"kind": "power_law", "value": "2 W/(m*K)", "exponent": -1.3}
    case = parse_case(
        {
            "geometry": {"kind": "rectangle", "x": ["0 m", "1 m"], "y": ["0 m", "1 m"]},
            "regions": {"body": {"material": "own", "heat_source": "4e3 W/m^3"}},
            "boundaries": {
                "bottom": {"temperature": "300 K"},
                "top": {"radiation": {"emissivity": 0.8, "T_env": "280 K"}},
            },
            "materials": {"own": {"conductivity": {"kind": "isotropic", "k": k}}},
            "mesh": {"size": "0.2 m"},
            "solver": SOLVED,
            "uncertainty": {"parameters": known},
        }
    )
    found = simulate(case).summary
    assert set(found["sensitivity"]) == set(known)
    for path, entry in found["sensitivity"].items():
        assert entry["dT_dp"] == pytest.approx(difference(case, path), rel=1e-6, abs=0)
    total = math.sqrt(sum(e["change_K"] ** 2 for e in found["sensitivity"].values()))
    assert found["delta_T_material_K"] == pytest.approx(total, rel=1e-12)
    assert sum(e["share"] for e in found["sensitivity"].values()) == pytest.approx(1.0)


def test_series_of_light_are_followed_too():
    tree = PARTICLE | {
        "assumptions": "careful",
        "particle": PARTICLE["particle"] | {"shape": {"kind": "sphere", "radius": "0.4 um"}},
        "contact": {"kind": "disk", "radius": "20 nm"},
        "optics": {"model": "mie"},
        "uncertainty": {"method": "linear"},
    }
    case = parse_case(tree)
    summary = simulate(case).summary
    found, delta = summary["sensitivity"], abs(summary["delta_T_mean_K"])
    for path in ("gain.cross_section.sigma_abs", "gain.density.n_dots", "gain.absorption.E_1"):
        assert found[path]["dT_dp"] == pytest.approx(difference(case, path), rel=1e-3, abs=0)
    index = "materials.Cs4PbBr6.refractive_index"
    prior = next(p for p in priors(case) if p.path == index)
    up, down = (mean_of(with_value(case, index, prior.at(s))) for s in (1.0, -1.0))
    # where spots of a given brightness are is taken from the case itself: within 1 % of ΔT
    assert found[index]["change_K"] == pytest.approx(0.5 * (up - down), rel=0.02, abs=0.01 * delta)


def test_conductivity_of_the_host_moves_the_demo_as_far_as_is_known():
    case = parse_case(
        PARTICLE
        | {
            "contact": {"kind": "jkr"},
            "gain": {},
            "chamber": {},
            "uncertainty": {"method": "linear"},
        }
    )
    ends = [
        mean_of(with_value(case, "materials.Cs4PbBr6.conductivity.k", k)) * 1e3 for k in (0.2, 0.5)
    ]
    assert ends == pytest.approx([-206.1, -98.3], rel=5e-3)


def test_nothing_is_worked_out_where_nothing_is_asked_for():
    case = parse_case(PARTICLE | {"uncertainty": {"method": "none"}})
    assert "sensitivity" not in simulate(case, uncertainty=True).summary
    plain = parse_case({k: v for k, v in PARTICLE.items() if k != "uncertainty"})
    assert "sensitivity" not in simulate(plain).summary  # no folder, no section
    assert "sensitivity" in simulate(plain, uncertainty=True).summary


def test_samples_follow_the_priors_within_their_bounds():
    case = parse_case(PARTICLE)
    known = list(priors(case))
    values = sample(known, 4096, seed=3)
    for prior, column in zip(known, values.T, strict=True):
        assert prior.low <= column.min()
        assert column.max() <= prior.high
        middle = float(quantile(prior, np.array([0.5]))[0])
        assert np.median(column) == pytest.approx(middle, rel=2e-3, abs=1e-6 * prior.value)
    k = next(i for i, p in enumerate(known) if p.path.endswith("n_dots"))
    assert np.std(values[:, k]) == pytest.approx(known[k].sigma, rel=0.01)


def test_linear_error_is_the_spread_of_samples_of_a_linear_model():
    case = parse_case(PARTICLE)
    known = [p for p in priors(case) if p.shape == "normal" and p.high == math.inf]
    values = sample(known, 4096, seed=5)
    slopes = np.array([1.0 / p.sigma for p in known])
    found = summary_of(known, values, (values - [p.value for p in known]) @ slopes, failed=0)
    assert found["delta_T_material_K"] == pytest.approx(math.sqrt(len(known)), rel=0.02)
    assert found["samples"]["cooling_share"] == pytest.approx(0.5, abs=0.02)


def test_samples_are_runs_of_their_own():
    tree = PARTICLE | {"uncertainty": {"method": "sobol", "samples": 16}}
    case = parse_case(tree)
    with pytest.raises(CaseError, match="runs samples in processes of its own"):
        simulate(case)
    numbers = simulate(case, uncertainty=sampled).summary["samples"]
    assert numbers["n"] + numbers["failed"] == 16
    assert numbers["p2_5_K"] < numbers["median_K"] < numbers["p97_5_K"]


def test_a_transient_is_repeated_where_the_case_asks_for_it():
    times = {"duration": "0.2 ms", "tolerance": "1e-6 K"}
    known = {
        "materials.Cs4PbBr6.specific_heat": {"relative": 0.05},
        "laser.intensity": {"relative": 0.1},
    }
    tree = PARTICLE | {"transient": times, "mesh": {"cells_per_radius": 3, "cells_per_contact": 10}}
    quiet = simulate(parse_case(tree | {"uncertainty": {"method": "none"}})).summary
    assert "sensitivity" not in quiet
    case = parse_case(tree | {"uncertainty": {"parameters": known}})
    found = simulate(case).summary
    assert found["delta_T_mean_K"] == quiet["delta_T_mean_K"]
    path = "materials.Cs4PbBr6.specific_heat"
    ends = [mean_of(with_value(case, path, 225.0 * (1.0 + s))) for s in (-0.05, 0.05)]
    entry = found["sensitivity"][path]
    assert entry["change_K"] == pytest.approx(0.5 * (ends[1] - ends[0]), rel=1e-9)
    assert entry["dT_dp"] > 0.0  # more to cool: less cold by then
    assert found["delta_T_extreme_material_K"] == pytest.approx(found["delta_T_material_K"])


def test_samples_of_a_transient_are_those_of_its_end_and_extreme():
    times = {"duration": "0.2 ms", "tolerance": "1e-6 K"}
    known = {"method": "sobol", "samples": 16, "parameters": {"laser.intensity": {"relative": 0.1}}}
    mesh = {"cells_per_radius": 3, "cells_per_contact": 10}
    case = parse_case(PARTICLE | {"transient": times, "mesh": mesh, "uncertainty": known})
    with pytest.raises(CaseError, match="runs samples in processes of its own"):
        simulate(case)
    known_numbers = [p for p in priors(case) if p.kind != "assumed"]
    rows = sample(known_numbers, 16, seed=1)
    found = simulate(case, uncertainty=sampled).summary
    deltas = [mean_of(_changed(case, known_numbers, row)) for row in rows]
    assert found["samples"]["mean_K"] == pytest.approx(np.mean(deltas), rel=1e-9, abs=0)
    assert found["samples"]["linear_sigma_K"] > 0.0
    assert found["delta_T_material_K"] == pytest.approx(np.std(deltas, ddof=1), rel=1e-9, abs=0)
    assert found["samples_of_extreme"]["n"] == 16


def _changed(case, known, values):
    for prior, value in zip(known, values, strict=True):
        case = with_value(case, prior.path, float(value))
    return case


def test_a_run_for_one_number_is_that_of_a_whole_run():
    case = parse_case(PARTICLE | {"uncertainty": {"method": "none"}})
    assert mean_again(case, MPI.COMM_SELF) == pytest.approx(mean_of(case), rel=1e-12, abs=0)


def test_a_value_at_its_bound_has_one_end():
    """A radius that cannot be larger: a straight line to the other end."""
    known = {"particle.shape.radius": {"sigma": "0.1 um", "high": "5 um"}}
    case = parse_case(PARTICLE | {"uncertainty": {"parameters": known}})
    entry = simulate(case).summary["sensitivity"]["particle.shape.radius"]
    smaller = mean_of(with_value(case, "particle.shape.radius", 4.9e-6))
    assert entry["change_K"] == pytest.approx(mean_of(case) - smaller, rel=1e-6)
    assert entry["up_K"] == -entry["down_K"]


def test_a_run_is_not_lost_for_its_uncertainty():
    """One standard deviation below this radius the contact is larger than the particle."""
    known = {"particle.shape.radius": {"relative": 0.95, "high": "5 um"}}
    tree = PARTICLE | {"contact": {"kind": "disk", "radius": "1 um"}}
    case = parse_case(tree | {"uncertainty": {"parameters": known}})
    result = simulate(case)
    assert "sensitivity" not in result.summary
    assert result.summary["delta_T_mean_K"] < 0.0
    assert any("is not told" in note for note in result.notes)


def test_a_stored_transient_runs_again_as_it_did():
    """The resolved case has every section: having one does not ask for anything."""
    times = {"duration": "1 us", "tolerance": "1e-3 K"}
    tree = PARTICLE | {"transient": times, "mesh": {"cells_per_radius": 3, "cells_per_contact": 10}}
    case = parse_case({k: v for k, v in tree.items() if k != "uncertainty"})
    stored = parse_case(tomllib.loads(case.to_toml()))
    assert not stored.uncertainty.asked
    assert "sensitivity" not in simulate(stored).summary
