"""Two steady states on the heating branch are found and told; the contact tells both its sides."""

import math
from dataclasses import dataclass
from typing import Any

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from mpi4py import MPI  # noqa: E402
from scipy.constants import Stefan_Boltzmann  # noqa: E402

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.fem import symbols  # noqa: E402
from thermosim.heat.problem import HeatProblem  # noqa: E402
from thermosim.heat.steady import second_state, solve_steady  # noqa: E402
from thermosim.materials import Isotropic  # noqa: E402
from thermosim.mesh.build import domain_of  # noqa: E402
from thermosim.model.drawing import drawing_of  # noqa: E402
from thermosim.model.heat import HeatBody, HeatModel, HeatSurface, Radiation  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

R = 5e-6
SPHERE = {"particle": {"shape": {"kind": "sphere", "radius": f"{R} m"}, "emissivity": 1.0}}


@dataclass(frozen=True)
class Igniting:
    """A source that switches on around 450 K: cold and hot states are both stable."""

    hot: float
    cold: float

    def density(self, T: Any, number: Any) -> Any:
        share = (1 + symbols.tanh((T - 450.0) / 10.0)) / 2
        return number(self.cold) + number(self.hot - self.cold) * share


def radiating(q: float) -> float:
    return (300.0**4 + q * R / (3 * Stefan_Boltzmann)) ** 0.25


def solved(source: Igniting):
    case = parse_case({**SPHERE, "source": {"heat_source": "1 W/m^3"}})
    domain, _ = domain_of(drawing_of(case), MPI.COMM_WORLD)
    body = HeatBody("particle", Isotropic.model_validate({"k": 1e3}), source=source)
    surface = HeatSurface("particle_surface", {"radiation": Radiation(1.0, 300.0)})
    problem = HeatProblem(domain, HeatModel(300.0, (body,), (surface,)), 2)
    return problem, solve_steady(problem, case.solver)


def test_the_hot_state_beside_the_cold_one_is_found():
    source = Igniting(hot=3e9, cold=5e7)
    problem, solver = solved(source)
    before = problem.theta.x.array.copy()
    assert 300.0 + before.max() == pytest.approx(radiating(5e7), rel=1e-5)
    found = second_state(problem, solver, None)
    assert found is not None
    assert found[1] == pytest.approx(radiating(3e9), rel=1e-5)
    assert (problem.theta.x.array == before).all()


@pytest.mark.parametrize("start", [200.0, 250.0, 400.0, 700.0])
def test_the_hot_state_is_found_from_wherever_the_search_starts(start):
    """At k = 1 kW/(m K) rounding ends Newton's method before `newton_rtol` is met."""
    problem, solver = solved(Igniting(hot=3e9, cold=5e7))
    found = second_state(problem, solver, start)
    assert found is not None
    assert found[1] == pytest.approx(radiating(3e9), rel=1e-5)
    assert solver.snes.getIterationNumber() < 12


def test_a_single_state_is_not_doubled():
    problem, solver = solved(Igniting(hot=5e7, cold=5e7))
    assert second_state(problem, solver, None) is None
    assert second_state(problem, solver, 500.0) is None


def test_both_sides_of_the_contact_are_told():
    h_c, radius = 1e7, 129e-9
    case = parse_case(
        {
            **SPHERE,
            "substrate": {"kind": "slab", "material": "mica", "radius": "100 um",
                          "thickness": "20 um"},
            "contact": {"kind": "disk", "radius": f"{radius} m", "h_c": f"{h_c} W/(m^2*K)"},
            "source": {"heat_source": "-3.5e7 W/m^3"},
        }
    )  # fmt: skip
    found = simulate(case).summary
    jump = found["delta_T_contact_particle_K"] - found["delta_T_contact_substrate_K"]
    carried = -found["heat_to_substrate_W"] / (h_c * math.pi * radius**2)
    assert jump == pytest.approx(-carried, rel=1e-9)
