"""Solves by factors of a matrix near by: as by its own factors, whatever was solved before."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from mpi4py import MPI
from petsc4py import PETSc

from thermosim import load_case
from thermosim.case.settings import SolverSettings
from thermosim.fem.domain import vector
from thermosim.heat import near
from thermosim.heat.linearised import Linearised
from thermosim.heat.newton import NewtonSolver, linear_options
from thermosim.run.simulate import simulate

CASE = Path(__file__).parents[2] / "cases" / "microparticle_on_mica.toml"
COARSE = ["assumptions=favourable", "mesh.refinement=0.5"]
PLANE = SimpleNamespace(domain=SimpleNamespace(tdim=2), degree=2)
OPTIONS = linear_options(SolverSettings(), PLANE, symmetric=True)
pytestmark = pytest.mark.skipif(MPI.COMM_WORLD.size > 1, reason="one rank alone keeps factors")


def run(*options):
    return simulate(load_case(CASE, [*COARSE, *options]), comm=MPI.COMM_SELF, uncertainty=False)


@pytest.fixture(scope="module")
def problem():
    return run().state


def matrix(rows):
    A = PETSc.Mat().createAIJ((3, 3), comm=PETSc.COMM_SELF)
    A.setUp()
    A.setValues(range(3), range(3), np.array(rows, float))
    A.assemble()
    return A


def test_as_by_its_own_factors(problem):
    linear = Linearised(problem, SolverSettings(), 1e-10)
    b = vector(problem.space)
    b.array[:] = np.random.default_rng(0).normal(size=b.local_size)
    found = linear.correction(b).x.array.copy()
    assert linear._A is None  # by factors near by
    linear._near = None
    own = linear.correction(b).x.array
    assert np.abs(found - own).max() < 1e-11 * np.abs(own).max()


def test_newton_without_factors_near_by(problem, monkeypatch):
    kept = problem.theta.x.array.copy()
    problem.theta.x.array[:] = 0.0
    monkeypatch.setattr(near, "solved_near", lambda *given: False)
    NewtonSolver(problem, SolverSettings()).solve()
    assert np.abs(problem.theta.x.array - kept).max() < 1e-10 * np.abs(kept).max()


def test_what_is_not_near_is_not_solved_for():
    factors = near._factored(matrix(np.eye(3)), OPTIONS)
    b = PETSc.Vec().createWithArray([1.0, 2.0, 3.0], comm=PETSc.COMM_SELF)
    x = b.duplicate()
    assert near.solved_near(factors, matrix(np.diag([1.0, 2.0, 3.0])), b, x, 1e-12)
    assert x.array == pytest.approx([1.0, 1.0, 1.0], abs=0)
    assert not near.solved_near(factors, matrix(np.diag([1.0, -2.0, -3.0])), b, x, 1e-12)
    assert not near.solved_near(factors, matrix(np.diag([1.0, np.nan, 1.0])), b, x, 1e-12)


def test_a_matrix_without_factors(capfd):
    singular = matrix([[1, -1, 0], [-1, 2, -1], [0, -1, 1]])
    factors = near._factored(singular, OPTIONS)
    assert factors is None or not near.solved_near(
        factors, singular, *(PETSc.Vec().createWithArray(a) for a in ([1.0, 0, 0], [0.0] * 3)),
        1e-12,
    )  # fmt: skip
    assert capfd.readouterr() == ("", "")


def test_no_result_hangs_on_the_points_before():
    """Of two mixed sequences on one mesh, in digits; the factors of one of them are found again."""
    changes = ["laser.intensity=1 kW/cm^2", "particle.emissivity=0.5", "laser.intensity=9 kW/cm^2"]
    forward = {change: run(change).summary for change in changes}
    for change in reversed(changes):
        again = run(change).summary
        for name in ("delta_T_mean_K", "delta_T_error_K", "heat_to_substrate_W", "errors"):
            assert again[name] == forward[change][name]
