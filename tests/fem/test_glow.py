"""Emission that falls on the layers under a particle and is absorbed there heats them."""

import numpy as np
import pytest
from scipy.constants import c, h
from scipy.integrate import quad

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from dataclasses import replace  # noqa: E402

from mpi4py import MPI  # noqa: E402

from thermosim import simulate  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.fem.domain import vector  # noqa: E402
from thermosim.heat.problem import HeatProblem  # noqa: E402
from thermosim.light import absorbed_light  # noqa: E402
from thermosim.light.cells import gather_cells  # noqa: E402
from thermosim.light.glow import glow_heat, glows_of  # noqa: E402
from thermosim.limits.of_case import limits_of  # noqa: E402
from thermosim.materials import load_material  # noqa: E402
from thermosim.mesh.build import domain_of  # noqa: E402
from thermosim.model.budget import balance_error  # noqa: E402
from thermosim.model.of_case import model_of  # noqa: E402
from thermosim.run.prepare import heat_on  # noqa: E402

R, PLATE = 2e-6, 400e-6
FILM = {"boundary": "substrate_top", "material": "gold", "thickness": "50 nm"}
TINTED = {
    "conductivity": "2 W/(m*K)", "emissivity": 0.8, "density": "2500 kg/m^3",
    "specific_heat": "800 J/(kg*K)",
    "refractive_index": {"wavelengths": ["500 nm", "560 nm"], "n": [1.5, 1.5], "k": [0.01, 0.01]},
}  # fmt: skip


def case(material="gold", films=(), **sections):
    return parse_case(
        {
            "assumptions": "favourable",
            "particle": {"shape": {"kind": "sphere", "radius": f"{R} m"}},
            "substrate": {"kind": "slab", "material": material, "radius": f"{PLATE} m",
                          "thickness": "20 um", "bottom": "insulated"},
            "contact": {"kind": "disk", "radius": "100 nm"},
            "materials": {"tinted": TINTED},
            "films": list(films),
            "laser": {"intensity": "1 kW/cm^2"},
            "gain": {"density": {"kind": "given", "n_dots": "1.66e16 1/cm^3"}},
            "mesh": {"cells_per_contact": 4.0, "cells_per_radius": 6.0, "cache": False},
            "solver": {"error_estimate": False},
            **sections,
        }
    )  # fmt: skip


def problem_of(asked):
    model = model_of(asked)
    domain, _ = domain_of(model.drawing, MPI.COMM_WORLD)
    light = absorbed_light(model.light, domain, 5)
    return HeatProblem(domain, heat_on(model, domain, light), asked.solver.degree), light


def absorptance(index, mu):
    """Share of unpolarised light that an opaque body takes, from Fresnel's amplitudes."""
    inner = np.sqrt(index**2 - 1 + mu**2)
    s = (mu - inner) / (mu + inner)
    p = (index**2 * mu - inner) / (index**2 * mu + inner)
    return 1 - (abs(s) ** 2 + abs(p) ** 2) / 2


def test_an_opaque_plate_takes_what_fresnel_says_of_half_the_emission():
    asked = case()
    _, light = problem_of(asked)
    mean = float(asked.gain.mean_emission(300.0))
    index = complex(load_material("gold").refractive_index.at(h * c / mean))
    edge = R / np.hypot(R, PLATE)  # beyond it light passes the plate
    expected = quad(lambda mu: absorptance(index, mu), edge, 1)[0] / 2
    assert light.glow.absorbed["substrate"] == pytest.approx(expected, rel=2e-3)
    assert light.glow.incident == pytest.approx((1 - edge) / 2, rel=1e-3)
    parts = light.glow.reflected + light.glow.transmitted + sum(light.glow.absorbed.values())
    assert parts == pytest.approx(light.glow.incident, rel=1e-10)
    assert light.glow.transmitted == 0.0


def test_heat_is_under_the_particle_as_from_its_middle():
    """Within 2R of the foot falls what comes at cosines from 1 to 1/√5."""
    _, light = problem_of(case())
    cells = light_cells(light)
    heat = light.glow.density["substrate"] * cells.volumes
    within = heat[cells.centres[:, 0] < 2 * R].sum() / heat.sum()
    index = complex(load_material("gold").refractive_index.at(519.6e-9))
    part, whole = (quad(lambda mu: absorptance(index, mu), low, 1)[0] for low in (5**-0.5, 0.005))
    assert within == pytest.approx(part / whole, abs=0.02)


def light_cells(light):
    return gather_cells(light.domain, "substrate")


@pytest.mark.parametrize("films", [(), (FILM,)])
def test_the_balance_closes_and_has_a_line(films):
    found = simulate(case("muscovite" if films else "gold", films, solver={}))
    numbers = found.summary
    line = found.budget["source:substrate:emission"]
    assert line > 1e-9
    assert numbers["heat_emission_substrate_W"] == line
    assert balance_error(found.budget) < 1e-8
    # what leaves is what dots absorb less the heat that is left in them
    emitted = numbers["absorbed_by_dots_W"] - found.budget["source:particle"]
    assert numbers["emitted_W"] == pytest.approx(emitted, rel=1e-9)
    assert line == pytest.approx(numbers["emission_absorbed_by_substrate_W"], rel=1e-12)
    assert "source:substrate:emission" in numbers["errors"]


@pytest.mark.parametrize("material", ["fused_silica", "muscovite"])
def test_a_clear_substrate_takes_nothing(material):
    _, light = problem_of(case(material))
    assert light.glow is None
    assert glows_of(light) == ()


def test_near_a_gold_film_the_particle_warms():
    """The same particle on the same sheet: what the film takes reaches the contact."""
    bare, gold = (simulate(case("muscovite", films)).summary for films in ((), (FILM,)))
    assert bare["delta_T_mean_K"] < 0.0
    assert gold["delta_T_mean_K"] > bare["delta_T_mean_K"]


def test_the_derivative_is_that_of_the_residual():
    problem, _ = problem_of(case("tinted"))
    (glow,) = problem.couplings
    rng = np.random.default_rng(1)
    theta = problem.theta.x.array
    theta[:] = rng.normal(0.0, 3.0, theta.size)
    x, y, b = (vector(problem.space) for _ in range(3))
    x.array[:] = rng.normal(size=x.local_size)
    glow.linearise()
    glow.add_product(x, y)

    def residual(step):
        kept = theta.copy()
        theta[:] += step * x.array_r
        b.set(0.0)
        glow.add_residual(b)
        theta[:] = kept
        return b.array_r.copy()

    slope = (residual(1e-3) - residual(-1e-3)) / 2e-3
    assert np.abs(slope).max() > 0.0
    np.testing.assert_allclose(y.array_r, slope, rtol=1e-6)
    z, w = vector(problem.space), vector(problem.space)
    z.array[:] = rng.normal(size=z.local_size)
    glow.add_product(z, w, transposed=True)
    assert w.dot(x) == pytest.approx(y.dot(z), rel=1e-12, abs=0)


def test_limits_and_run_agree():
    asked = case("tinted", mesh={"growth": 0.1})
    closed, found = limits_of(asked), simulate(asked).summary
    assert closed["emission_absorbed_by_substrate_W"] == pytest.approx(
        found["emission_absorbed_by_substrate_W"], rel=1e-3
    )
    rise = closed["delta_T_of_substrate_by_emission_K"]
    assert rise > 0.05 * abs(found["delta_T_mean_K"])
    assert closed["delta_T_all_paths_K"] == pytest.approx(found["delta_T_mean_K"], rel=1e-3)


def test_light_through_the_contact_is_absorbed_below_it():
    escape = {"kind": "ergodic", "refractive_index": 1.7, "substrate_index": 1.5}
    asked = case("tinted", gain={"density": {"kind": "given", "n_dots": "1e16 1/cm^3"},
                                 "escape": escape},
                 contact={"kind": "disk", "radius": "1 um"})  # fmt: skip
    _, light = problem_of(asked)
    through = light.light.resolved().escape
    share = through.f_substrate / through.f_escape
    assert 0.05 < share < 0.5
    edge = R / np.hypot(R, PLATE)
    assert light.glow.incident == pytest.approx(share + (1 - share) * (1 - edge) / 2, rel=0.03)
    none = replace(through, f_substrate=0.0)
    fewer = glow_heat(light.light, light.domain, none)
    assert light.glow.absorbed["substrate"] > fewer.absorbed["substrate"] * 1.05


def test_a_transient_accounts_for_it():
    asked = case("tinted", transient={"duration": "20 ms", "max_step": "2 ms"})
    found = simulate(asked).summary
    assert found["energy_account_rel"] < 1e-6
    assert found["heat_emission_substrate_W"] > 0.0
