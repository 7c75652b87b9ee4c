"""Gas across a gap and to the chamber, through the finite elements, against closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from mpi4py import MPI  # noqa: E402
from two_bodies import rectangles  # noqa: E402

from thermosim.bodies.chamber import Chamber, bridged_conductance, gas_conductivity  # noqa: E402
from thermosim.case.settings import SolverSettings  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402
from thermosim.fem.domain import distribute  # noqa: E402
from thermosim.heat.budget import HeatMeter  # noqa: E402
from thermosim.heat.problem import HeatProblem  # noqa: E402
from thermosim.heat.steady import solve_steady  # noqa: E402
from thermosim.materials import ConstantLaw  # noqa: E402
from thermosim.materials.conductivity import Isotropic  # noqa: E402
from thermosim.model.budget import balance_error  # noqa: E402
from thermosim.model.heat import (  # noqa: E402
    Exchange,
    GasGap,
    HeatBody,
    HeatModel,
    HeatSurface,
    Held,
)

D, R = 0.05e-6, 1e-6
H_FM = 1.1706  # W/(m² K) per Pa, air at 300 K
PRESSURES = [1e-4, 1e-2, 1.0, 100.0]


def plates(gap, radius_below=1.0, n=6, *, match=False):
    """A disk (radius 1 µm) over a wider plate, the faces `gap` apart [µm]."""
    r = np.linspace(0, 1, n + 1)
    below = r if match else np.linspace(0, radius_below, 2 * n + 2)
    return rectangles({
        "plate": (below, np.linspace(-0.5, 0, 3)),
        "disk": (r, gap + np.linspace(0, 0.5, 3)),
    })  # fmt: skip


def solve(mesh, gap, surfaces=(), *, k):
    K = Isotropic(k=ConstantLaw(value=k))
    domain = distribute(mesh, MPI.COMM_WORLD)
    held = (Held("disk_top", 310.0), Held("plate_bottom", 300.0))
    bodies = (HeatBody("disk", K), HeatBody("plate", K))
    gaps = () if gap is None else (gap,)
    problem = HeatProblem(domain, HeatModel(300.0, bodies, surfaces, held, gaps=gaps), 2)
    solve_steady(problem, SolverSettings())
    budget = HeatMeter(problem).read()
    assert balance_error(budget) < 1e-8
    return problem, budget


@pytest.mark.parametrize(("match", "tolerance"), [(True, 1e-9), (False, 2e-6)])
@pytest.mark.parametrize("pressure", [*PRESSURES, 1e5])
def test_parallel_faces_from_free_molecular_to_continuum(pressure, match, tolerance):
    """In series: half a micrometre of a poor conductor above and below, and the gas between."""
    k_gas = float(gas_conductivity(300.0, "air"))
    chamber = Chamber(pressure=pressure)
    h_fm = chamber.gas_conductance(0.0)
    assert h_fm == pytest.approx(H_FM * pressure, rel=1e-4, abs=0)
    h = 1 / (1 / h_fm + D / k_gas)
    gap, k = GasGap("disk_bottom", "plate_top", h_fm, k_gas), 100 * h * R
    problem, budget = solve(plates(D / 1e-6, match=match), gap, k=k)
    area = math.pi * R**2
    assert problem.gaps[0].conductance() == pytest.approx(h * area, rel=1e-12, abs=0)
    expected = 10 * area / (1 / h + 2 * 0.5e-6 / k)
    assert budget["disk_bottom:gap"] == pytest.approx(expected, rel=tolerance, abs=0)
    assert budget["plate_top:gap"] == -budget["disk_bottom:gap"]


@pytest.mark.parametrize("pressure", PRESSURES)
def test_conductance_to_the_chamber(pressure):
    """An almost isothermal disk in gas: 1.1706 W/(m² K) per Pa, bridged by its radius."""
    h = Chamber(pressure=pressure).gas_conductance(R)
    sides = ("disk_bottom", "disk_rim")
    surfaces = tuple(HeatSurface(name, {"gas": Exchange(h, 300.0)}) for name in sides)
    _, budget = solve(plates(D / 1e-6), None, surfaces, k=1e5 * h * R)
    area = math.pi * R**2 + 2 * math.pi * R * 0.5e-6
    k_gas = float(gas_conductivity(300.0, "air"))
    closed = float(bridged_conductance(H_FM * pressure, R, k_gas)) * area * 10
    lost = sum(budget[f"{name}:gas"] for name in sides)
    assert lost == pytest.approx(closed, rel=3e-5, abs=0)  # 1.1706 has five digits


def test_what_crosses_the_gap_no_longer_meets_the_chamber():
    """Without collisions: the molecules of the underside go to the plate or to the chamber."""
    h = Chamber(pressure=1e-3).gas_conductance(0.0)
    surfaces = tuple(
        HeatSurface(name, {"gas": Exchange(h, 300.0)}) for name in ("disk_bottom", "plate_top")
    )
    gap = GasGap("disk_bottom", "plate_top", h, 1.0, of_faces=(h, h))
    _, budget = solve(plates(D / 1e-6, 2.0), gap, surfaces, k=1e5 * h * R)
    assert budget["disk_bottom:gap"] == pytest.approx(h * math.pi * R**2 * 10, rel=1e-4, abs=0)
    assert abs(budget["disk_bottom:gas"]) < 1e-9 * budget["disk_bottom:gap"]


def test_only_what_has_something_below_takes_part():
    """A disk over a plate of half its radius conducts through a quarter of its face."""
    gap = GasGap("disk_bottom", "plate_top", 1.0, 1.0)
    problem, _ = solve(plates(D / 1e-6, 0.5, n=32), gap, k=1e-3)
    # the edge of the plate cuts a facet of the disk, where quadrature is of first order
    assert problem.gaps[0].conductance() == pytest.approx(math.pi * R**2 / 4, rel=2e-2, abs=0)
    with pytest.raises(CaseError, match='no boundary "plate_middle"'):
        solve(plates(D / 1e-6), replace(gap, lower="plate_middle"), k=1.0)
    with pytest.raises(CaseError, match="nothing of"):
        solve(plates(D / 1e-6), replace(gap, lower="disk_rim"), k=1.0)
