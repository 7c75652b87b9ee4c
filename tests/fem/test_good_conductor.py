"""A body that conducts far better than it loses heat: Newton goes on until its heat balances."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from mpi4py import MPI  # noqa: E402
from scipy.constants import Stefan_Boltzmann  # noqa: E402
from scipy.optimize import brentq  # noqa: E402
from transient_bar import material, strip  # noqa: E402

from thermosim.case.settings import SolverSettings  # noqa: E402
from thermosim.fem import symbols  # noqa: E402
from thermosim.fem.domain import distribute  # noqa: E402
from thermosim.heat.budget import HeatMeter  # noqa: E402
from thermosim.heat.problem import HeatProblem  # noqa: E402
from thermosim.heat.steady import solve_steady  # noqa: E402
from thermosim.model.heat import HeatBody, HeatModel, HeatSurface, Radiation  # noqa: E402

EMISSIVITY, COOLS = 1.76e-5, 1e-1


class Fading:
    """Cooling that ends as the body gets colder, as that of a dot does [W/m³]."""

    def density(self, T, number):
        return -number(COOLS) * symbols.exp((T - 300.0) / 6.0)


def steady_temperature():
    def net(T):
        return EMISSIVITY * Stefan_Boltzmann * (T**4 - 300.0**4) + COOLS * np.exp((T - 300.0) / 6.0)

    return brentq(net, 100.0, 300.0, xtol=1e-13)


# from 1e9 on the rounding of k/h is what radiation adds to it, and the matrix singular by chance
@pytest.mark.parametrize(
    ("k", "linear"),
    [(1e2, "direct"), (1e4, "iterative"), (1e6, "direct"), (1e8, "iterative"), (1e8, "direct")],
)
def test_heat_balances_however_well_the_body_conducts(k, linear):
    domain = distribute(strip(np.linspace(0, 1, 200)), MPI.COMM_WORLD)
    body = HeatBody("bar", material(k)[0], source=Fading())
    surface = HeatSurface("right", {"radiation": Radiation(EMISSIVITY, 300.0)})
    problem = HeatProblem(domain, HeatModel(300.0, (body,), (surface,)), 2)
    solver = solve_steady(problem, SolverSettings(linear=linear))
    budget = HeatMeter(problem).read()
    assert budget["right:radiation"] == pytest.approx(budget["source:bar"], rel=1e-8, abs=0)
    assert 300.0 + problem.theta.x.array.mean() == pytest.approx(steady_temperature(), abs=3e-6)
    assert solver.stats.newton_iterations < 20
