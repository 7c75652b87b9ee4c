"""Two concentric grey spheres as a heat problem, without a case file."""

from mpi4py import MPI
from two_bodies import spherical_shells

from thermosim.case.settings import SolverSettings
from thermosim.fem.domain import distribute
from thermosim.heat.budget import HeatMeter
from thermosim.heat.problem import HeatProblem
from thermosim.heat.steady import solve_steady
from thermosim.materials import ConstantLaw
from thermosim.materials.conductivity import Isotropic
from thermosim.model.budget import balance_error
from thermosim.model.heat import Enclosure, HeatBody, HeatModel, HeatSurface, Held, Radiation

SHELLS = {"inner": (0.8, 1.0), "outer": (2.0, 2.2)}


def spheres(symmetry, size, emissivity=(0.8, 0.4), conductivity=1e4, T=(500.0, 300.0), **enclosure):
    """T [K] is held inside the inner and outside the outer shell."""
    comm = MPI.COMM_WORLD
    mesh = spherical_shells(symmetry, SHELLS, size) if comm.rank == 0 else None
    domain = distribute(mesh, comm)
    k = Isotropic(k=ConstantLaw(value=conductivity))
    faces = ("inner_out", "outer_in")
    model = HeatModel(
        300.0,
        (HeatBody("inner", k), HeatBody("outer", k)),
        tuple(
            HeatSurface(face, {"radiation": Radiation(eps, 300.0)})
            for face, eps in zip(faces, emissivity, strict=True)
        ),
        (Held("inner_in", T[0]), Held("outer_out", T[1])),
        enclosures=(Enclosure(faces, **enclosure),),
    )
    return HeatProblem(domain, model, 2)


def solved(problem):
    """Return the solver and the heat budget, whose balance is checked."""
    solver = solve_steady(problem, SolverSettings(newton_rtol=1e-13, linear_rtol=1e-8))
    budget = HeatMeter(problem).read()
    assert balance_error(budget) < 1e-8
    return solver, budget
