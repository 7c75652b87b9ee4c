import math

import numpy as np
import pytest
from closed_forms import deposit_on_rings, deposit_on_shells, ring_volumes
from hypothesis import given, settings
from hypothesis import strategies as st

from thermosim.optics.beam import Laser
from thermosim.optics.rays import trace
from thermosim.optics.rays_bundle import Optics
from thermosim.optics.rays_segments import Segments, deposit_on_cells, path_integral
from thermosim.shapes.hits import SphereSurface

R = 5e-6


@pytest.fixture(scope="module")
def traced():
    return trace(SphereSurface(R), Laser(intensity=1.0), Optics(1.9, 2e5), 2000)


@settings(max_examples=50)
@given(alpha=st.floats(0, 1e7), length=st.floats(1e-9, 1e-4))
def test_path_integral_times_alpha_is_what_is_lost(alpha, length):
    lost = 3.0 * -math.expm1(-alpha * length)
    assert alpha * path_integral(3.0, alpha, length) == pytest.approx(lost, rel=1e-13, abs=1e-300)
    assert path_integral(3.0, 0.0, length) == 3.0 * length


def test_deposit_is_what_the_rays_lost(traced):
    total = traced.segments.deposit.sum() * traced.segments.alpha
    assert total == pytest.approx(traced.ledger.absorbed, rel=1e-13, abs=0)


@pytest.mark.parametrize("step", [1e-7, 1e-6, 1.0])
def test_every_deposit_is_conserved(traced, step):
    segments = traced.segments
    edges = np.linspace(0, R, 11)
    shells, outside = deposit_on_shells(segments, (0, 0, 0), edges, step)
    assert shells.sum() + outside == pytest.approx(segments.deposit.sum(), rel=1e-13, abs=0)
    assert outside == 0.0
    rings, outside = deposit_on_rings(segments, edges, np.linspace(-R, R, 21), step)
    assert rings.shape == (10, 20)
    assert rings.sum() + outside == pytest.approx(segments.deposit.sum(), rel=1e-13, abs=0)


def test_cells_short_of_the_surface_still_get_everything(traced):
    def inner_only(points):
        r = np.linalg.norm(points, axis=1)
        return np.where(r < 0.4 * R, np.where(points[:, 2] > 0, 1, 0), -1)

    values, outside = deposit_on_cells(traced.segments, inner_only, 2, 2e-7)
    total = traced.segments.deposit.sum()
    assert values.sum() + outside == pytest.approx(total, rel=1e-13, abs=0)
    assert 0.1 * total < outside < 0.9 * total  # paths that never come within 0.4 R


def test_pieces_go_to_the_nearest_cell_of_their_own_segment():
    start = np.array([[0.0, 0, 0], [0, 5, 0], [0, 9, 0]])
    segments = Segments(start, start + np.array([4.0, 0, 0]), np.ones(3), np.arange(3), 0.0)

    def locate(points):
        cell = np.floor(points[:, 0]).astype(int)
        return np.where((points[:, 1] < 8) & (cell > 0) & (cell < 3), cell, -1)

    values, outside = deposit_on_cells(segments, locate, 3, 1.0)
    assert values.tolist() == [0.0, 4.0, 4.0]
    assert outside == 4.0


def test_attenuation_along_a_segment():
    segments = Segments(
        np.zeros((1, 3)), np.array([[0, 0, 2.0]]), np.array([3.0]), np.array([0]), 0.7
    )
    edges = np.linspace(0, 2.0, 9)
    values, outside = deposit_on_rings(segments, [0, 1.0], edges, 0.05)
    exact = 3.0 / 0.7 * -np.diff(np.exp(-0.7 * edges))
    assert values[0] == pytest.approx(exact, rel=1e-12, abs=0)
    assert outside == 0.0


def test_local_intensity_in_a_matched_sphere_is_that_of_the_beam():
    # equal index, no absorption: straight light, uniform intensity
    laser = Laser(intensity=3e7)
    segments = trace(SphereSurface(R), laser, Optics(1.0, 0.0), 4000).segments
    r_edges, z_edges = np.array([0, 2e-6, 3.5e-6]), np.array([-3e-6, 0, 3e-6])
    rings, outside = deposit_on_rings(segments, r_edges, z_edges, 3e-8)
    intensity = rings / ring_volumes(r_edges, z_edges)
    assert intensity == pytest.approx(np.full((2, 2), 3e7), rel=1e-2)
    assert outside > 0.0


def test_radial_fluence_in_a_weakly_absorbing_sphere():
    # rays enter the middle of a sphere up to the caustic b = R only within r < R/n: Liouville
    # gives n² I0/... there; check the exact volume integral of each shell against chords
    n = 1.5
    segments = trace(
        SphereSurface(R), Laser(intensity=1.0), Optics(n, 0.0, cutoff=1e-5), 10_000
    ).segments
    edges = np.array([0.0, 0.25, 0.5, 1 / n]) * R
    shells, _ = deposit_on_shells(segments, (0, 0, 0), edges, R / 50)
    # a weightless absorber: the chord inside radius r at impact parameter b is
    # 2 sqrt(r² - b²/n²), and T/(1-R) = 1 sums all passes
    inner = np.array([4 / 3 * math.pi * n**2 * r**3 for r in edges])
    assert shells == pytest.approx(np.diff(inner), rel=1e-2, abs=0)


def test_step_must_be_positive(traced):
    with pytest.raises(ValueError, match="step = 0"):
        deposit_on_shells(traced.segments, (0, 0, 0), [0, R], 0.0)


def test_ring_volumes_fill_a_cylinder():
    volumes = ring_volumes([0, 1, 3], [0, 2, 5])
    assert volumes.sum() == pytest.approx(math.pi * 9 * 5)
    assert volumes[1, 0] == pytest.approx(math.pi * 8 * 2)
