"""Concentric grey spheres, 500 and 300 K, emissivity 0.8 and 0.4, radii 1 and 2 m: 1898.27 W/m²."""

import math

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from enclosed import solved, spheres  # noqa: E402
from scipy.constants import Stefan_Boltzmann  # noqa: E402

from thermosim.fem.domain import area  # noqa: E402

TARGET = 1898.27


def closed_form(T_1, T_2):
    """Gap of two concentric grey spheres [W/m² of the inner]."""
    return Stefan_Boltzmann * (T_1**4 - T_2**4) / (1 / 0.8 + (1 / 2) ** 2 * (1 / 0.4 - 1))


def test_target_is_the_closed_form():
    assert closed_form(500.0, 300.0) == pytest.approx(TARGET, abs=0.005)


@pytest.mark.parametrize(
    ("symmetry", "size", "tolerance"),
    [("axisymmetric", 0.3, 3e-5), ("quarter", 0.6, 1e-3), ("3d", 0.6, 1e-3)],
)
def test_flux_between_concentric_spheres(symmetry, size, tolerance):
    problem = spheres(symmetry, size, patches=60, rays=1024)
    solver, budget = solved(problem)
    sphere = area(problem.domain, "inner_out")
    flux = budget["inner_out:exchange"] / sphere
    # both shells conduct so well that they take less than 0.06 K
    drop = flux * (1.0 / 0.8 - 1.0) / 1e4
    rise = flux * (1.0 / 2.0 - 1.0 / 2.2) / 1e4
    assert flux == pytest.approx(closed_form(500 - drop, 300 + rise), rel=tolerance)
    assert flux == pytest.approx(TARGET, rel=1e-3)
    assert budget["outer_in:exchange"] == pytest.approx(-budget["inner_out:exchange"], rel=1e-12)
    # nothing escapes from between two closed surfaces
    assert abs(budget["inner_out:radiation"]) < 1e-5 * budget["inner_out:exchange"]
    assert solver.stats.newton_iterations <= 4
    assert solver.stats.linear_iterations <= 18 * solver.stats.newton_iterations
    assert sphere == pytest.approx(4 * math.pi, rel=1e-2)
