"""Films that are not meshed: against the fin equation, and against a film that is meshed."""

import itertools
import math

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from dolfinx import fem  # noqa: E402
from mpi4py import MPI  # noqa: E402
from two_bodies import rectangles  # noqa: E402

from thermosim.case.settings import SolverSettings  # noqa: E402
from thermosim.fem.domain import compile_form, constant, distribute, integrate  # noqa: E402
from thermosim.heat import shells  # noqa: E402
from thermosim.heat.budget import HeatMeter  # noqa: E402
from thermosim.heat.formulas import FormNumbers  # noqa: E402
from thermosim.heat.problem import HeatProblem  # noqa: E402
from thermosim.heat.steady import solve_steady  # noqa: E402
from thermosim.materials import ConstantLaw  # noqa: E402
from thermosim.materials.conductivity import Isotropic  # noqa: E402
from thermosim.model.budget import balance_error  # noqa: E402
from thermosim.model.heat import Exchange, Film, HeatBody, HeatModel, HeatSurface, Held  # noqa: E402

LENGTH, SLIM, H = 10.0, 0.1, 50.0  # µm, µm, W/(m² K)


def number(value):
    return ConstantLaw(value=value)


def strip(symmetry, n, layers=None):
    """A slim bar along r (or x) from 1 to 11 µm, at rest on a film or with `layers` of it."""
    r = 1.0 + LENGTH * np.linspace(0, 1, n + 1)
    boxes = {"bar": (r, np.linspace(0, SLIM, 2))}
    if layers is not None:
        boxes = {"bar": (r, np.union1d(np.linspace(0, SLIM, 2), SLIM + layers))}
    return rectangles(boxes, symmetry)


def solve(mesh, conductivity, films=(), surface="bar_bottom", h=H, degree=2):
    domain = distribute(mesh, MPI.COMM_WORLD)
    k = Isotropic(k=number(conductivity))
    model = HeatModel(
        300.0,
        (HeatBody("bar", k),),
        (HeatSurface(surface, {"loss": Exchange(h, 300.0)}),),
        (Held("bar_axis", 310.0),),
        films=tuple(films),
    )
    problem = HeatProblem(domain, model, degree)
    solve_steady(problem, SolverSettings())
    budget = HeatMeter(problem).read()
    assert balance_error(budget) < 1e-8
    return problem, budget[f"{surface}:loss"]


def fin(sheet, h):
    """Heat into a straight fin of length LENGTH with sheet conductance k d [W/K], per width [m]."""
    m = math.sqrt(h / sheet)
    return 10.0 * math.sqrt(h * sheet) * math.tanh(m * LENGTH * 1e-6)


def annular_fin(sheet, h):
    """The same for a disk with a hole, 1 to 11 µm (Bessel functions)."""
    from scipy.special import i0, i1, k0, k1

    m, a, b = math.sqrt(h / sheet), 1e-6, 11e-6
    top = i1(m * b) * k1(m * a) - k1(m * b) * i1(m * a)
    bottom = i1(m * b) * k0(m * a) + k1(m * b) * i0(m * a)
    return 2 * math.pi * a * sheet * m * 10.0 * top / bottom


@pytest.mark.parametrize(("symmetry", "closed"), [("planar", fin), ("axisymmetric", annular_fin)])
@pytest.mark.parametrize("boundary", ["bar_top", "bar_bottom"])
def test_film_against_the_fin_equation(symmetry, closed, boundary):
    """The bar itself hardly conducts along; the film under it is a fin."""
    thickness, k = 50e-9, 318.0
    h = 2e5
    film = Film(boundary, thickness, number(k))
    _, found = solve(strip(symmetry, 80), 1e-3, [film], boundary, h)
    # the bar adds 1e-3 × 100 nm to 318 × 50 nm, or less where it is insulated
    assert found == pytest.approx(closed(k * thickness, h), rel=1e-5, abs=0)


@pytest.mark.parametrize(("degree", "order"), [(1, 2), (2, 4)])
def test_order_of_convergence(degree, order):
    """The heat through the film converges at twice the degree of the elements."""
    thickness, k, h = 50e-9, 318.0, 1e6
    errors = []
    for n in (10, 20, 40):
        film = Film("bar_bottom", thickness, number(k))
        _, found = solve(strip("planar", n), 1e-9, [film], h=h, degree=degree)
        errors.append(abs(found / fin(k * thickness, h) - 1))
    slopes = [math.log2(a / b) for a, b in itertools.pairwise(errors)]
    assert slopes[-1] == pytest.approx(order, abs=0.15)


def test_film_against_a_meshed_film():
    """A film is a layer of the mesh in the limit of small thickness: the misfit is of order d."""
    k, h = 1.0, 1e6
    misfits = []
    for d in (0.02, 0.01):
        layers = d * np.linspace(0, 1, 3)[1:]
        _, meshed = solve(strip("planar", 40, layers), k, (), "bar_top", h)
        film = Film("bar_top", d * 1e-6, number(k))
        _, thin = solve(strip("planar", 40), k, [film], "bar_top", h)
        _, bare = solve(strip("planar", 40), k, (), "bar_top", h)
        assert meshed / bare - 1 > 0.05 * d / 0.02  # the film matters
        misfits.append(abs(thin / meshed - 1))
    assert misfits[0] < 1e-2
    assert misfits[0] / misfits[1] == pytest.approx(2, rel=0.15, abs=0)


def test_film_stores_heat():
    """rho cp d A dT/dt, for a rate of 1 K/s."""
    domain = distribute(strip("axisymmetric", 10), MPI.COMM_WORLD)
    film = Film("bar_top", 50e-9, number(1.0), number(19300.0), number(129.0))
    make = FormNumbers(domain, None)
    one = constant(domain, 1.0)
    form = shells.storage(domain, film, constant(domain, 300.0), one, one, make)
    stored = domain.comm.allreduce(fem.assemble_scalar(compile_form(form)))
    area = math.pi * ((11e-6) ** 2 - (1e-6) ** 2)
    assert stored == pytest.approx(19300 * 129 * 50e-9 * area, rel=1e-12, abs=0)
    assert integrate(domain, one, domain.ds("bar_top")) * domain.area_scale == pytest.approx(
        area, rel=1e-12, abs=0
    )
