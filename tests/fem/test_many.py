"""Many particles on a sheet: what each does to the others, against finite elements."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim import simulate  # noqa: E402
from thermosim.case.particle_case import Case  # noqa: E402
from thermosim.limits.lumped import Lumped  # noqa: E402
from thermosim.limits.many import many_numbers  # noqa: E402
from thermosim.limits.of_case import limits_of  # noqa: E402
from thermosim.limits.support import warmth_at  # noqa: E402
from thermosim.model.of_case import model_of  # noqa: E402

DISTANCES = (12e-6, 30e-6, 100e-6)


def case(rim="held", sizes=None, **changes):
    particle = {
        "material": "Cs4PbBr6", "emissivity": 0.9, "shape": {"kind": "sphere", "radius": 5e-6},
        **changes.pop("particle", {}),
    }  # fmt: skip
    return Case.model_validate({
        "assumptions": "favourable", "particle": {**particle, "sizes": sizes},
        "substrate": {
            "kind": "slab", "material": "muscovite", "radius": 3e-4, "thickness": 2e-5, "rim": rim,
        },
        "contact": {"kind": "disk", "radius": 2e-7},
        "laser": {"photon_energy": "2.33 eV", "intensity": "3 kW/cm^2"},
        "gain": {"density": {"kind": "given", "n_dots": "1.66e16 1/cm^3"}},
        "solver": {"error_estimate": False}, "output": {"thermometer": False}, **changes,
    })  # fmt: skip


@pytest.mark.parametrize("rim", ["held", "insulated"])
def test_warmth_beside_a_particle(rim):
    """ΔT of the top of a layered crystal beside one particle, over the heat that it gives."""
    probes = [{"name": f"d{i}", "point": [d, 0.0]} for i, d in enumerate(DISTANCES)]
    one = case(rim, probes=probes)
    found, model = simulate(one).summary, model_of(one)
    body = Lumped.of(model, model.lump)
    expected = warmth_at(body.heat, body.lump, 300.0, np.array(DISTANCES))
    for i, warmth in enumerate(expected):
        rise = found[f"probe_d{i}_K"] - 300.0
        assert rise / found["heat_to_substrate_W"] == pytest.approx(warmth, rel=0.01, abs=0)


def test_two_particles_by_finite_elements():
    """What one of two adds to the ΔT of the other, by meshes of one and of two in space."""
    coarse = {
        "symmetry": "3d",
        "mesh": {"cells_per_radius": 2, "cells_per_contact": 10, "growth": 0.6},
        "contact": {"kind": "disk", "radius": 2e-6},
    }
    pair = {"arrangement": {"kind": "positions", "positions": [[-6e-6, 0.0], [6e-6, 0.0]]}}
    # a free sheet, so that what they share is more than what coarse cells miss at the contacts
    one, two = (case("insulated", particle=p, **coarse) for p in ({}, pair))
    alone, both = (simulate(c).summary["delta_T_mean_K"] for c in (one, two))
    found = many_numbers(two)
    assert found["ensemble_particles"] == 2.0
    added = found["ensemble_delta_T_by_others_K"]
    assert both - alone == pytest.approx(added, rel=0.03, abs=0)
    assert found["ensemble_delta_T_mean_K"] - limits_of(one)["delta_T_all_paths_K"] == (
        pytest.approx(added, rel=0.05, abs=0)
    )


def test_particles_of_one_size_are_those_without_a_spread():
    plain, narrow = case(), case(sizes={"width": 1e-9, "shape": "lognormal"})
    assert many_numbers(plain) == {}
    found, theta = many_numbers(narrow), limits_of(plain)["delta_T_all_paths_K"]
    assert found["ensemble_delta_T_mean_K"] == pytest.approx(theta, rel=1e-7, abs=0)
    assert found["ensemble_delta_T_emission_K"] == pytest.approx(theta, rel=1e-7, abs=0)
    assert found["ensemble_delta_T_deviation_K"] < 1e-7 * abs(theta)


def test_a_spread_of_sizes_against_samples():
    """Gauss nodes against 4000 sizes; large ones are colder, and emit more."""
    spread = {"width": 0.2, "shape": "lognormal"}
    found = many_numbers(case(sizes=spread))
    rng, s2 = np.random.default_rng(5), np.log1p(0.2**2)
    factors = rng.lognormal(-0.5 * s2, np.sqrt(s2), 4000)
    grid = np.geomspace(factors.min(), factors.max(), 25)
    bodies = []
    for factor in grid:
        one = model_of(case(particle={"shape": {"kind": "sphere", "radius": 5e-6 * factor}}))
        body = Lumped.of(one, one.lump)
        theta = body.steady()
        bodies.append((theta, body.emitted(theta)))
    theta, light = (np.interp(factors, grid, column) for column in np.array(bodies).T)
    error = theta.std() / np.sqrt(len(theta))
    assert abs(found["ensemble_delta_T_mean_K"] - theta.mean()) < 3 * error
    assert found["ensemble_delta_T_deviation_K"] == pytest.approx(theta.std(), rel=0.1)
    weighted = (theta * light).sum() / light.sum()
    assert found["ensemble_delta_T_emission_K"] == pytest.approx(weighted, rel=0.1)
    assert found["ensemble_delta_T_emission_K"] < found["ensemble_delta_T_mean_K"] < 0.0
