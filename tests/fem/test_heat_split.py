"""What is assembled once and what at every state add up to the whole residual and derivative."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from dolfinx import fem  # noqa: E402
from mpi4py import MPI  # noqa: E402
from transient_bar import material, strip  # noqa: E402

from thermosim.case.settings import SolverSettings  # noqa: E402
from thermosim.fem import symbols  # noqa: E402
from thermosim.fem.domain import (  # noqa: E402
    assemble_matrix,
    assemble_vector,
    compile_form,
    constant,
    create_matrix,
    distribute,
    vector,
)
from thermosim.heat.newton import NewtonSolver  # noqa: E402
from thermosim.heat.problem import HeatProblem  # noqa: E402
from thermosim.heat.transient import TransientProblem  # noqa: E402
from thermosim.materials.laws import ConstantLaw, PolynomialLaw  # noqa: E402
from thermosim.model.heat import Film, HeatBody, HeatModel, HeatSurface, Held, Radiation  # noqa: E402

RISING = PolynomialLaw(value=2.0, coefficients=(0.5,), T_ref=300.0)
LAWS = {
    "constant": (3.0, 5.0, 7.0),
    "conductivity": (RISING, 5.0, 7.0),
    "capacity": (3.0, 5.0, RISING),
    "all": (RISING, RISING, RISING),
}


class Warming:
    """A source that grows with temperature."""

    def density(self, T, number):
        return number(3.0) * T


def problem_of(laws, kind, degree=2):
    """Two bodies, the first with the laws, a film, a surface that radiates, a held end."""
    domain = distribute(strip(np.linspace(0, 1, 7), ("first", "second"), (0.5,)), MPI.COMM_WORLD)
    bodies = (
        HeatBody("first", *reorder(material(*laws)), Warming()),
        HeatBody("second", *reorder(material(4.0, 2.0, 6.0))),
    )
    one = ConstantLaw(value=1.0)
    model = HeatModel(
        300.0,
        bodies,
        (HeatSurface("right", {"radiation": Radiation(0.7, 290.0)}),),
        (Held("left", 310.0),),
        films=(Film("right", 0.1, one, one, one),),
    )
    if kind == "steady":
        return HeatProblem(domain, model, degree)
    problem = TransientProblem(domain, model, degree, constant(domain, 1.0))
    problem.rate.interpolate(lambda x: np.cos(3 * x[0]) + x[1])
    problem.shift.value = 4.0
    return problem


def reorder(laws):
    k, rho, cp = laws
    return k, None, rho, cp


def whole(problem):
    """The residual and its derivative as one form each, without held nodes."""
    u, v = symbols.trial_function(problem.space), symbols.test_function(problem.space)
    F = sum(problem.terms(problem.theta, v).values())
    J = symbols.derivative(F, problem.theta, u)
    if isinstance(problem, TransientProblem):
        J = J + problem.shift * symbols.derivative(F, problem.rate, u)
    b = vector(problem.space)
    assemble_vector(b, compile_form(F))
    form = compile_form(J)
    A = create_matrix(form)
    zero = constant(problem.domain, 0.0).ufl
    held = [fem.dirichletbc(zero, problem.held_dofs, problem.space)]
    assemble_matrix(A, form, held)
    return b, A


@pytest.mark.parametrize("kind", ["steady", "transient"])
@pytest.mark.parametrize("laws", LAWS)
def test_parts_make_the_whole(laws, kind):
    problem = problem_of(LAWS[laws], kind)
    solver = NewtonSolver(problem, SolverSettings())
    for bend in (20.0, -35.0):  # a second state: nothing of the first is left
        problem.theta.interpolate(lambda x, bend=bend: bend * x[0] ** 2 + 10 * x[1])
        b, A = whole(problem)
        found = vector(problem.space)
        problem.assemble_residual(found)
        size = b.norm()
        assert np.abs(found.array_r - b.array_r).max() < 1e-13 * size
        solver.assemble_jacobian()
        solver.A.axpy(-1.0, A)
        assert solver.A.norm() < 1e-14 * A.norm()


def test_laws_are_written_once_for_the_unknown_and_anew_for_another_state():
    problem = problem_of(LAWS["capacity"], "steady")
    one, other = constant(problem.domain, 1.0), fem.Function(problem.space)
    problem.theta.x.array[:], other.x.array[:] = 10.0, 25.0

    def heat(theta):
        return fem.assemble_scalar(compile_form(problem.terms(theta, one)["right:radiation"]))

    first = heat(problem.theta)
    written = dict(problem._written)
    ratio = (325.0**4 - 290.0**4) / (310.0**4 - 290.0**4)
    assert heat(other) == pytest.approx(ratio * first, rel=1e-9)
    assert heat(problem.theta) == first
    assert problem._written == written


def test_what_is_kept():
    """Constant conduction and storage go into matrices, everything else is assembled anew."""
    problem = problem_of(LAWS["capacity"], "transient")
    kept = problem._in_matrices()
    assert {"conduction:first", "conduction:second", "second:stored"} <= kept
    assert not {"first:stored", "source:first", "right:radiation"} & kept


def test_a_constant_does_not_drown_small_fluxes():
    """100 K of a good conductor would leave 1e-8 W of rounding beside 1e-3 W of radiation."""
    domain = distribute(strip(np.linspace(0, 1, 200)), MPI.COMM_WORLD)
    body = HeatBody("bar", material(1e6)[0])
    surface = HeatSurface("right", {"radiation": Radiation(1e-4, 300.0)})
    problem = HeatProblem(domain, HeatModel(300.0, (body,), (surface,)), 2)
    problem.theta.interpolate(lambda x: 100.0 + 1e-9 * x[0])
    b = vector(problem.space)
    problem.assemble_residual(b)
    one = constant(domain, 1.0)
    radiated = fem.assemble_scalar(
        compile_form(problem.terms(problem.theta, one)["right:radiation"])
    )
    assert b.sum() == pytest.approx(radiated, rel=1e-9, abs=0)
