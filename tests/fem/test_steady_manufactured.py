"""Orders of convergence of the nonlinear radiating problem, by manufactured solutions."""

import itertools
import math
from dataclasses import dataclass
from typing import Any

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import ufl  # noqa: E402
from mpi4py import MPI  # noqa: E402

from thermosim.bodies.chamber import radiative_flux  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.case.settings import SolverSettings  # noqa: E402
from thermosim.fem import domain as fem  # noqa: E402
from thermosim.heat.problem import HeatProblem  # noqa: E402
from thermosim.heat.steady import solve_steady  # noqa: E402
from thermosim.materials import PowerLaw, Uniaxial  # noqa: E402
from thermosim.mesh.build import domain_of  # noqa: E402
from thermosim.model.drawing import drawing_of  # noqa: E402
from thermosim.model.heat import HeatBody, HeatModel, HeatSurface  # noqa: E402

R, T_ENV, EPSILON = 5e-6, 300.0, 0.8
K_PAR, K_PERP = 3e-4, 5e-4  # so small that radiation matters as much as conduction


def exact(domain: fem.Domain) -> Any:
    """A smooth ΔT of some 100 K; x is in µm."""
    x = ufl.SpatialCoordinate(domain.mesh)
    if domain.symmetry == "axisymmetric":
        return 80 + 60 * ufl.cos(0.06 * x[0] ** 2) * ufl.sin(0.3 * x[1])
    return 80 + 60 * ufl.cos(0.3 * x[0] + 0.2 * x[1]) * ufl.sin(0.3 * x[2])


def heat_flux(domain: fem.Domain) -> Any:
    """-K(T) grad T [W/m²]."""
    theta = exact(domain)
    scale = ((T_ENV + theta) / 300.0) ** 1.5
    axes = [K_PAR, K_PERP] if domain.tdim == 2 else [K_PAR, K_PAR, K_PERP]
    K = ufl.diag(ufl.as_vector([k * scale for k in axes]))
    return -ufl.dot(K, ufl.grad(theta)) / domain.unit


@dataclass(frozen=True)
class ManufacturedSource:
    domain: fem.Domain

    def density(self, T: Any, number: Any) -> Any:
        flux = heat_flux(self.domain)
        q = ufl.div(flux)
        if self.domain.symmetry == "axisymmetric":
            q += flux[0] / ufl.SpatialCoordinate(self.domain.mesh)[0]
        return q / self.domain.unit


@dataclass(frozen=True)
class ManufacturedRadiation:
    domain: fem.Domain

    def flux(self, theta: Any, T_ref: Any, number: Any) -> Any:
        n = ufl.FacetNormal(self.domain.mesh)
        wanted = ufl.dot(heat_flux(self.domain), n)
        return (
            radiative_flux(theta, T_ref, EPSILON)
            - radiative_flux(exact(self.domain), T_ref, EPSILON)
            + wanted
        )


def l2_error(symmetry: str, degree: int, refinement: float, order: int = 2) -> float:
    case = parse_case(
        {
            "symmetry": symmetry,
            "particle": {"shape": {"kind": "sphere", "radius": "5 um"}},
            "source": {"heat_source": "1 W/m^3"},
            "mesh": {"refinement": refinement, "cells_per_radius": 3.0, "cache": False},
        }
    )
    domain, _ = domain_of(drawing_of(case), MPI.COMM_WORLD)
    k = Uniaxial.model_validate(
        {
            "k_par": PowerLaw(value=K_PAR, exponent=1.5),
            "k_perp": PowerLaw(value=K_PERP, exponent=1.5),
        }
    )
    model = HeatModel(
        T_ENV,
        (HeatBody("particle", k, source=ManufacturedSource(domain)),),
        (HeatSurface("particle_surface", {"radiation": ManufacturedRadiation(domain)}),),
    )
    problem = HeatProblem(domain, model, degree)
    solve_steady(problem, SolverSettings(degree=degree, linear_rtol=1e-10))
    misfit = (problem.theta - exact(domain)) ** 2
    dx = domain.dx("particle", 2 * degree + 4)
    size = fem.integrate(domain, exact(domain) ** 2, dx)
    return math.sqrt(fem.integrate(domain, misfit, dx) / size)


# The size of the error is asserted with the rate: a rate alone can hide a wrong constant.
@pytest.mark.parametrize(
    ("symmetry", "degree", "refinements", "largest"),
    [
        ("axisymmetric", 1, (2, 4, 8), 2.6e-4),
        ("axisymmetric", 2, (2, 4, 8), 2.8e-6),
        ("3d", 1, (2, 3), 1.4e-3),
        ("3d", 2, (0.7, 1.4), 1.8e-4),
    ],
)
def test_l2_order(symmetry, degree, refinements, largest):
    errors = [l2_error(symmetry, degree, r) for r in refinements]
    steps = [b / a for a, b in itertools.pairwise(refinements)]
    rates = [
        math.log(e / f) / math.log(s)
        for (e, f), s in zip(itertools.pairwise(errors), steps, strict=True)
    ]
    assert rates[-1] > degree + 1 - 0.25, (errors, rates)
    assert errors[-1] < largest, errors
