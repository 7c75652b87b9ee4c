"""Radiation between surfaces: exact derivative, small differences, balance, shipped case."""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from enclosed import solved, spheres  # noqa: E402

from thermosim.bodies.chamber import pressure_of_equal_radiation  # noqa: E402
from thermosim.case.read import load_case  # noqa: E402
from thermosim.case.settings import SolverSettings  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402
from thermosim.fem.domain import vector  # noqa: E402
from thermosim.heat.newton import NewtonSolver  # noqa: E402
from thermosim.heat.problem import HeatProblem  # noqa: E402
from thermosim.materials import TableLaw  # noqa: E402
from thermosim.model.heat import Enclosure  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

MICA = Path(__file__).parents[2] / "cases" / "microparticle_on_mica.toml"
RISING = TableLaw(temperatures=(200.0, 400.0, 600.0), values=(0.2, 0.5, 0.9))


@pytest.fixture(scope="module")
def problem():
    return spheres("axisymmetric", 0.5, (RISING, 0.4), conductivity=1.0, patches=20)


def perturbed(problem):
    rng = np.random.default_rng(0)
    problem.theta.x.array[:] = 50 + 40 * rng.random(len(problem.theta.x.array))
    solver = NewtonSolver(problem, SolverSettings())
    direction = vector(problem.space)
    direction.array[:] = rng.standard_normal(direction.local_size)
    return solver, direction


def test_derivative_against_differences(problem):
    """The low-rank part, with an emissivity that depends on temperature."""
    solver, direction = perturbed(problem)
    coupling = problem.couplings[0]
    coupling.linearise()
    exact = vector(problem.space)
    coupling.add_product(direction, exact)
    start, step = problem.theta.x.array.copy(), 1e-3
    sides = []
    for sign in (1, -1):
        problem.theta.x.array[:] = start + sign * step * direction.array_r
        b = vector(problem.space)
        coupling.add_residual(b)
        sides.append(b)
    difference = (sides[0].array_r - sides[1].array_r) / (2 * step)
    assert np.abs(difference - exact.array_r).max() < 1e-6 * np.abs(exact.array_r).max()
    assert np.abs(exact.array_r).max() > 0
    assert solver.J is not solver.A


def test_transpose_is_the_transpose(problem):
    solver, x = perturbed(problem)
    solver.assemble_jacobian()
    y, Jx, Jy = (vector(problem.space) for _ in range(3))
    y.array[:] = np.random.default_rng(1).standard_normal(y.local_size)
    solver.J.mult(x, Jx)
    solver.J.multTranspose(y, Jy)
    assert y.dot(Jx) == pytest.approx(x.dot(Jy), rel=1e-11)


def test_newton_converges_quadratically(problem):
    """Few iterations of Newton and of GMRES, though the direct solver sees the local part only."""
    problem.theta.x.array[:] = 0.0
    solver, budget = solved(problem)
    assert solver.stats.newton_iterations <= 7
    assert solver.stats.linear_iterations <= 12 * solver.stats.newton_iterations
    assert budget["inner_out:exchange"] > 0


def test_a_microkelvin_is_as_accurate_as_a_kelvin():
    flux = []
    for delta in (1e-6, 1e-3):
        _, budget = solved(spheres("axisymmetric", 0.5, T=(300.0 + delta, 300.0), patches=20))
        flux.append(budget["inner_out:exchange"] / delta)
    assert flux[0] == pytest.approx(flux[1], rel=1e-5)  # T⁴ bends by 5e-6 over a millikelvin


def test_everything_at_one_temperature_exchanges_nothing():
    _, budget = solved(spheres("axisymmetric", 0.5, T=(300.0, 300.0), patches=20))
    assert all(value == 0.0 for value in budget.values())


def run(*overrides):
    return simulate(load_case(MICA, ["output.fields=false", *overrides]))


def test_particle_on_mica():
    """A sphere that stands on a plate sees it with half of its surface."""
    alone = run(
        "solver.error_estimate=false", "substrate.emissivity=1.0", "particle.emissivity=1.0"
    )
    facing = run("radiation.model=enclosure", "substrate.emissivity=1.0", "particle.emissivity=1.0")
    emitted = alone.budget["particle_surface:radiation"]
    exchange = facing.budget["particle_surface:exchange"]
    chamber = facing.budget["particle_surface:radiation"]
    # half, but for the finite plate (0.5 %) and for the top, which sees less of it and is colder
    assert 0.502 < chamber / emitted < 0.508
    assert 0.488 < exchange / emitted < 0.498
    assert facing.budget["substrate_top:exchange"] == pytest.approx(-exchange, rel=1e-9, abs=0)
    assert facing.summary["energy_balance_rel"] < 1e-8
    assert facing.summary["newton_iterations"] <= 3
    assert facing.summary["heat_to_chamber_W"] == pytest.approx(chamber, rel=1e-12, abs=0)
    # the estimate of the error takes the coupled adjoint
    summary = facing.summary  # most of the ± is the sampling of the light
    assert 0 < summary["delta_T_error_K"] < 5e-3 * abs(summary["delta_T_mean_K"])


def test_gas_between_particle_and_mica():
    """Without collisions half of the molecules of a sphere on a plate go to the plate."""
    given = ('chamber.pressure="1e-3 Pa"', "assumptions=favourable", "solver.error_estimate=false")
    free = run(*given).budget
    split = run(*given, "chamber.gap_gas=true").budget
    to_chamber = free["particle_surface:gas"]
    assert split["particle_surface:gap"] == pytest.approx(to_chamber / 2, rel=2e-2, abs=0)
    assert split["particle_surface:gas"] == pytest.approx(to_chamber / 2, rel=2e-2, abs=0)
    assert split["substrate_top:gap"] == -split["particle_surface:gap"]


def test_gas_equals_radiation_at_the_balance_pressure():
    """At the pressure where gas conducts as much as radiation, both take the same heat."""
    case = load_case(MICA)
    radius = case.particle.shape.equivalent_radius
    gas = case.chamber
    pressure = pressure_of_equal_radiation(gas.temperature, 1.0, gas.gas, gas.accommodation, radius)
    pressure = float(pressure)
    budget = run(
        "assumptions=favourable", f'chamber.pressure="{pressure!r} Pa"', "particle.emissivity=1.0",
        "solver.error_estimate=false",
    ).budget  # fmt: skip
    ratio = budget["particle_surface:gas"] / budget["particle_surface:radiation"]
    assert ratio == pytest.approx(1.0, rel=2e-3)  # 1.5 ΔT/T is what T⁴ bends


def test_film_of_gold_carries_heat_away():
    """50 nm of gold on 20 µm of mica conduct 318 × 0.05 against 3.9 × 20: ΔT falls a little."""
    given = ("assumptions=favourable", "solver.error_estimate=false")
    bare = run(*given).summary["delta_T_mean_K"]
    film = '[{boundary="substrate_top", material="gold", thickness="50 nm"}]'
    coated = run(*given, f"films={film}").summary["delta_T_mean_K"]
    assert 0.8 < coated / bare < 0.95
    with pytest.raises(CaseError, match="substrate_top"):
        run(f"films={film}", 'contact={kind="none"}')


def test_enclosure_needs_a_surface_that_radiates(problem):
    model = problem.model
    lost = Enclosure(("inner_out", "outer_out"))
    wrong = HeatProblem(problem.domain, type(model)(300.0, model.bodies, model.surfaces,
                        enclosures=(lost,)), 1)  # fmt: skip
    with pytest.raises(ValueError, match="outer_out"):
        wrong.couplings  # noqa: B018


def test_transient_ends_in_the_steady_state_with_all_couplings():
    """Enclosure, gap and film through the steps in time, which scale and shift the matrix."""
    film = 'films=[{boundary="substrate_top", material="gold", thickness="50 nm"}]'
    given = (
        "radiation.model=enclosure", 'chamber.pressure="1 Pa"', "chamber.gap_gas=true", film,
        "solver.error_estimate=false", 'substrate.radius="50 um"', "assumptions=favourable",
        "mesh.cells_per_radius=4", "mesh.cells_per_contact=20", "radiation.patches=30",
    )  # fmt: skip
    steady = run(*given)
    transient = run(*given, 'transient={duration="1 s", relative_tolerance=1e-4}')
    assert transient.summary["delta_T_mean_K"] == pytest.approx(
        steady.summary["delta_T_mean_K"], rel=1e-3
    )
    assert transient.summary["energy_balance_rel"] < 1e-8
    for path in ("radiation", "exchange", "gas", "gap"):
        name = f"particle_surface:{path}"
        assert transient.budget[name] == pytest.approx(steady.budget[name], rel=1e-2, abs=0), path
