"""Orders in time by a manufactured solution, error control, balance at every step."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import ufl  # noqa: E402
from transient_bar import March, Source, body, strip  # noqa: E402

from thermosim.errors import CaseError, SolveError  # noqa: E402
from thermosim.heat.budget import HeatMeter  # noqa: E402
from thermosim.heat.observe import Readings  # noqa: E402
from thermosim.heat.timestepper import METHODS  # noqa: E402
from thermosim.model.budget import balance_error  # noqa: E402
from thermosim.model.heat import Exchange, HeatModel, HeatSurface, Held, Radiation  # noqa: E402
from thermosim.schedule.schedule import Piece  # noqa: E402

T_REF = 300.0
LAMBDA, GAMMA, KAPPA = 1.5, 0.01, 0.02  # decay, slope of cp with θ, slope of k with θ


class Decay:
    """Stands for a piece of a schedule: the factor is exp(-λ t)."""

    start, stop, first, last = 0.0, 1.0, 1.0, np.exp(-LAMBDA)

    def factor(self, time):
        return np.exp(-LAMBDA * time)


def manufactured(domain, factor):
    """θ = 50 · 4x(1 - x) exp(-λ t) with cp = 1 + γ θ and k = 1 + κ θ: P3 holds it exactly."""
    x = ufl.SpatialCoordinate(domain.mesh)[0]
    X, dX, ddX = 200 * x * (1 - x), 200 * (1 - 2 * x), -400

    def source(T, number):
        theta = factor * X
        stored = -number(LAMBDA) * theta * (1 + number(GAMMA) * theta)
        flow = factor * (1 + number(KAPPA) * theta) * ddX + number(KAPPA) * (factor * dX) ** 2
        return stored - flow

    cp = {"kind": "polynomial", "value": 1.0, "T_ref": T_REF, "coefficients": [GAMMA * T_REF]}
    k = {"kind": "polynomial", "value": 1.0, "T_ref": T_REF, "coefficients": [KAPPA * T_REF]}
    bar = body("bar", Source(source), k=k, cp=cp)
    return HeatModel(T_REF, (bar,), (), (Held("left", T_REF), Held("right", T_REF)))


def manufactured_error(integrator, **settings):
    march = March(
        strip(np.linspace(0, 1, 4)), manufactured, 3, lambda x: 200 * x[0] * (1 - x[0]),
        piece=Decay(),
        settings={"duration": 1.0, "integrator": integrator, "relative_tolerance": 0.0, **settings},
    )  # fmt: skip
    end, x = march.states()[-1], march.x
    return np.abs(end - 200 * x * (1 - x) * np.exp(-LAMBDA)).max(), march


@pytest.mark.parametrize("integrator", list(METHODS))
def test_order_in_time(integrator):
    order = METHODS[integrator][2]
    counts = (4, 8, 16) if order == 4 else (16, 32, 64)  # where the rest is the mesh's
    errors = [manufactured_error(integrator, step=1.0 / n)[0] for n in counts]
    observed = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(observed, order, atol=0.22)
    assert errors[-1] < {1: 0.022, 2: 4.1e-5, 3: 4.1e-6, 4: 3.6e-6}[order]


@pytest.mark.parametrize("integrator", ["dirk2", "dirk3", "dirk4"])
def test_error_control_is_proportional_to_the_tolerance(integrator):
    tolerances = (1e-2, 1e-4, 1e-6)
    errors, marches = zip(
        *(manufactured_error(integrator, tolerance=tol) for tol in tolerances), strict=True
    )
    for tolerance, error, march in zip(tolerances, errors, marches, strict=True):
        # diffusion forgets the errors of earlier steps, so that they do not add up
        assert error < 12 * tolerance
        assert march.stepper.stats.rejections < 5
    steps = [march.stepper.stats.steps for march in marches]
    assert steps[0] < steps[1] < steps[2]
    assert errors[2] < 1e-2 * errors[0]


def two_times(**settings):
    """A particle that settles in 0.1 s on a bar that settles in some ten minutes."""
    x = np.concatenate([np.linspace(0, 1e-3, 4), 1e-3 + np.linspace(0, 0.02, 8)[1:]])
    mesh = strip(x, ("particle", "mica"), (1e-3,), height=1e-2)
    particle = body("particle", Source(lambda T, n: n(-2e5)), k=1.0, rho=1000.0, cp=100.0)
    mica = body("mica", k=0.5, rho=2830.0, cp=819.0)
    out = HeatSurface("right", {"gas": Exchange(40.0, T_REF)})
    model = HeatModel(T_REF, (particle, mica), (out,))
    return March(mesh, model, settings={"duration": 7200.0, "relative_tolerance": 0.0, **settings})


def test_adaptivity_saves_twenty_times_the_steps():
    times = np.geomspace(1e-2, 7000.0, 8)
    exact = two_times(tolerance=1e-9).states(times)
    adaptive = two_times(tolerance=1e-4)
    error = np.abs(adaptive.states(times) - exact).max()
    n = adaptive.stepper.stats.steps + adaptive.stepper.stats.rejections
    assert error < 1e-3 < 0.1 * np.abs(exact).max()
    fixed = two_times(step=7200.0 / (20 * n))
    fixed_error = np.abs(fixed.states(times) - exact).max()
    assert fixed.stepper.stats.steps >= 20 * n
    assert fixed_error > error


def test_times_are_met_exactly_and_do_not_harm_the_step():
    march = two_times(tolerance=1e-3)
    march.states()
    free = march.stepper.stats.steps
    stops = [100.0, 100.0 + 1e-6, 1234.5]
    march = two_times(tolerance=1e-3)
    march.stepper.start(0.0, march.piece)
    met = []
    for stop in [*stops, 7200.0]:
        while march.stepper.time < stop:
            march.stepper.advance(stop)
        met.append(march.stepper.time)
    assert met == [*stops, 7200.0]
    assert march.stepper.stats.steps <= free + 3 * len(stops)


def radiating():
    cp = {"kind": "polynomial", "value": 500.0, "T_ref": T_REF, "coefficients": [0.6]}
    bar = body("bar", Source(lambda T, n: n(-3e4)), k=0.4, rho=1000.0, cp=cp)
    left = HeatSurface("left", {"radiation": Radiation(0.9, T_REF), "gas": Exchange(3.0, T_REF)})
    return HeatModel(T_REF, (bar,), (left,), (Held("right", 310.0),))


def test_heat_balance_closes_at_every_step():
    march = March(
        strip(np.linspace(0, 0.01, 9)), radiating(), 2,
        settings={"duration": 500.0, "tolerance": 1e-3},
    )  # fmt: skip
    stepper = march.stepper
    meter = HeatMeter(march.problem)
    stepper.start(0.0, march.piece)
    stored = []
    while stepper.time < 500.0:
        budget = meter.read()
        assert balance_error(budget) < 1e-8
        stored.append(budget["bar:stored"])
        stepper.advance(500.0)
    assert abs(stored[0]) > 100 * abs(stored[-1]) > 0
    assert meter.read()["right:held"] != 0


def test_integral_of_heat_is_what_the_body_stores():
    """Backward Euler on constant ρ cp: sum of h times power equals the change of enthalpy."""
    bar = body("bar", Source(lambda T, n: n(-3e4)), k=0.4, rho=1000.0, cp=500.0)
    left = HeatSurface("left", {"radiation": Radiation(0.9, T_REF)})
    model = HeatModel(T_REF, (bar,), (left,), (Held("right", T_REF),))
    march = March(
        strip(np.linspace(0, 0.01, 9), height=1.0), model, 2,
        settings={"duration": 100.0, "step": 5.0, "integrator": "backward_euler"},
    )  # fmt: skip
    stepper = march.stepper
    meter = HeatMeter(march.problem)
    stepper.start(0.0, march.piece)
    energy = 0.0
    while stepper.time < 100.0:
        h = stepper.advance(100.0)
        budget = meter.read()
        energy += h * (budget["source:bar"] - budget["left:radiation"] - budget["right:held"])
    volume = 0.01
    enthalpy = (
        1000.0
        * 500.0
        * volume
        * Readings(march.problem, "bar", (), {}).temperatures()["delta_T_mean_K"]
    )
    assert energy == pytest.approx(enthalpy, rel=1e-9)


def test_large_steps_lead_to_the_steady_state():
    march = March(
        strip(np.linspace(0, 0.01, 9)), radiating(), 1,
        settings={"duration": 1e9, "tolerance": 1e-3},
    )  # fmt: skip
    end = march.states()[-1]
    from thermosim.heat.transient import steady_state

    expected = steady_state(march.problem, march.stepper.solver.settings, 1.0)
    np.testing.assert_allclose(end, expected, rtol=1e-7)
    assert march.stepper.stats.steps < 60


def heated_uniformly(domain, factor):
    return HeatModel(T_REF, (body("bar", Source(lambda T, n: factor)),))


def test_ramp_is_followed_inside_its_piece():
    """θ' = f(t) with f rising straight: θ(1) = 1/2 for any method of order 2 and more."""
    for integrator in ("dirk2", "dirk3", "dirk4"):
        march = March(
            strip([0.0, 1.0]), heated_uniformly,
            piece=Piece(0.0, 1.0, 0.0, 1.0), settings={"duration": 1.0, "integrator": integrator},
        )  # fmt: skip
        np.testing.assert_allclose(march.states()[-1], 0.5, rtol=1e-11)


def test_material_without_heat_capacity_is_refused():
    from dataclasses import replace

    bare = replace(body("bar"), specific_heat=None)
    with pytest.raises(CaseError, match="bar has no specific_heat"):
        March(strip([0.0, 1.0]), HeatModel(T_REF, (bare,)), settings={"duration": 1.0})


def test_runaway_ends_with_a_message():
    """θ' = (1 + θ)²: infinite at t = 1."""
    hot = Source(lambda T, n: (1 + T - n(T_REF)) ** 2)
    march = March(
        strip([0.0, 1.0]), HeatModel(T_REF, (body("bar", hot),)),
        settings={"duration": 2.0, "tolerance": 1e-6},
    )  # fmt: skip
    with pytest.raises(SolveError, match=r"t = 1\.0000\d* s.*runs away"):
        march.states()


def test_a_run_that_stalls_is_given_up():
    """That must cut nearly every step since Newton fails; not one that must do so for a while."""
    march = March(strip([0.0, 1.0]), HeatModel(T_REF, (body("bar"),)), settings={"duration": 1.0})
    watch = march.stepper._give_up_where_newton_fails
    for failed in ([True] * 250 + [False] * 60) * 3 + [True] * 269:
        watch(failed)
    with pytest.raises(SolveError, match="Newton failed at 270 of the last 300 steps"):
        watch(True)
