"""Probes: the temperature at points inside, on and just outside a mesh, and region means."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from transient_bar import March, body, strip  # noqa: E402

from thermosim.errors import CaseError  # noqa: E402
from thermosim.heat.observe import Readings  # noqa: E402
from thermosim.model.heat import HeatModel  # noqa: E402
from thermosim.schedule.settings import Probe  # noqa: E402


@pytest.fixture(scope="module")
def bar():
    """θ = 3x + 1 on two regions that meet at x = 0.5."""
    model = HeatModel(300.0, (body("left_half"), body("right_half")))
    mesh = strip(np.linspace(0, 1, 9), ("left_half", "right_half"), (0.5,))
    return March(mesh, model, 2, lambda x: 3 * x[0] + 1, settings={"duration": 1.0})


def read(bar, **probe):
    readings = Readings(bar.problem, "left_half", (), {"p": Probe(**probe)})
    return readings.temperatures()


@pytest.mark.parametrize("x", [0.0, 0.1, 0.31, 0.5, 1.0])
def test_point(bar, x):
    assert read(bar, point=(x, 0.05))["probe_p_K"] == pytest.approx(300 + 3 * x + 1, rel=1e-12)


def test_point_just_outside_reads_the_nearest_one(bar):
    assert read(bar, point=(1.0 + 5e-4, 0.02))["probe_p_K"] == pytest.approx(300 + 4.0, rel=1e-12)
    assert read(bar, point=(0.3, -5e-4))["probe_p_K"] == pytest.approx(300 + 1.9, rel=1e-12)
    assert read(bar, point=(0.5 + 4e-4, 0.1), region="left_half")["probe_p_K"] == pytest.approx(
        300 + 2.5
    )


def test_point_outside_is_refused(bar):
    with pytest.raises(CaseError, match=r"probes.p: .*outside.*0\.5 m away"):
        read(bar, point=(1.5, 0.05))
    with pytest.raises(CaseError, match=r'in region "left_half"'):
        read(bar, point=(0.9, 0.05), region="left_half")


def test_region_and_extremes(bar):
    found = read(bar, region="right_half")
    assert found["probe_p_K"] == pytest.approx(300 + 3.25, rel=1e-12)
    assert found["delta_T_mean_K"] == pytest.approx(1.75, rel=1e-12)
    assert found["delta_T_min_K"] == pytest.approx(1.0, rel=1e-12)
    assert found["delta_T_max_K"] == pytest.approx(2.5, rel=1e-12)
