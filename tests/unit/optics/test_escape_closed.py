from decimal import Decimal, getcontext

import closed_forms
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.constants import e

from thermosim.gain.efficiency import outcoupled_efficiency
from thermosim.gain.escape import closed

DEPTH = st.floats(0.0, 50.0)
INDEX = st.floats(1.0, 4.0)


def test_straight_escape_keeps_digits_where_the_formula_cancels():
    getcontext().prec = 50
    for tau in (1e-9, 1e-4, 0.0499, 0.0501, 0.3):
        t = Decimal(tau)
        exact = 3 / (8 * t**3) * (2 * t**2 - 1 + (1 + 2 * t) * (-2 * t).exp())
        assert closed_forms.straight_escape(tau) == pytest.approx(float(exact), abs=1e-13)
    assert closed_forms.straight_escape(0.0) == 1.0


@given(DEPTH)
@settings(max_examples=30)
def test_index_one_leaves_only_absorption(tau):
    straight = closed_forms.straight_escape(tau)
    assert closed.sphere_escape(tau, 1.0) == pytest.approx(straight, rel=1e-11, abs=0)
    assert closed_forms.lambertian_sphere_escape(tau, 1.0) == pytest.approx(
        straight, rel=1e-11, abs=0
    )


@given(DEPTH, st.floats(1.2, 4.0))
@settings(max_examples=100)
def test_order_of_the_models(tau, n):
    """The perfect sphere is the lower bound; reflection never helps.

    Below n = 1.1 nothing is trapped to speak of, and roughness may cost some 1e-8.
    """
    smooth = closed.sphere_escape(tau, n)
    rough = closed_forms.lambertian_sphere_escape(tau, n)
    assert 0 <= smooth <= rough * (1 + 1e-12)
    assert rough <= closed_forms.straight_escape(tau) * (1 + 1e-12)


@given(DEPTH, st.floats(0.01, 1.0), INDEX)
@settings(max_examples=50)
def test_more_absorption_less_escape(tau, more, n):
    T = closed.mean_transmittance(n)
    assert closed.sphere_escape(tau + more, n) < closed.sphere_escape(tau, n)
    assert closed.ergodic_escape(tau + more, T) < closed.ergodic_escape(tau, T)


def test_rough_surfaces_let_everything_out_of_a_clear_body():
    assert closed_forms.lambertian_sphere_escape(0.0, 1.9) == pytest.approx(1.0, rel=1e-13, abs=0)
    assert closed.ergodic_escape(0.0, closed.mean_transmittance(1.9)) == 1.0


def test_diffuse_light_is_reciprocal():
    """Etendue: n1² T(1 to 2) = n2² T(2 to 1); a matched substrate takes everything."""
    there = closed.mean_transmittance_into(1.9, [1.0, 1.5, 1.9, 2.4])
    back = closed.mean_transmittance_into([1.0, 1.5, 1.9, 2.4], 1.9)
    np.testing.assert_allclose(1.9**2 * there, np.array([1.0, 1.5, 1.9, 2.4]) ** 2 * back)
    assert there[2] == pytest.approx(1.0, rel=1e-12)
    assert np.all(there <= 1.0)


def test_cones_of_a_cube_overlap_below_root_two():
    """Against a direct count of directions on a lattice of the sphere."""
    count = 1_000_000
    z = (np.arange(count) + 0.5) / count
    phi = np.pi * (1 + np.sqrt(5)) * np.arange(count)  # a Fibonacci lattice
    across = np.sqrt(1 - z**2)
    largest = np.maximum(z, across * np.maximum(abs(np.cos(phi)), abs(np.sin(phi))))
    for n in (1.3, 1.4, 1.5):
        share = np.mean(largest > np.sqrt(1 - 1 / n**2))
        assert closed_forms.cube_escape(n) == pytest.approx(share, abs=2e-5)
    with pytest.raises(ValueError, match="below sqrt"):
        closed_forms.cube_escape(1.2)


def test_shares_add_up_and_split_by_absorption():
    parts = closed.shares([0.3, 0.3, 0.0, 0.4], [1.0, 0.0, 3.0, 0.0], [1.0, 1.0, 1.0, 0.0])
    np.testing.assert_allclose(sum(parts), 1.0, rtol=1e-15)
    np.testing.assert_allclose(parts[1], [0.35, 0.0, 0.75, 0.0])


def test_efficiency_with_recycling():
    assert outcoupled_efficiency(1.0, 0.1, 0.9) == pytest.approx(1.0)
    assert outcoupled_efficiency(0.99, 0.6, 0.3) == pytest.approx(0.99 * 0.6 / (1 - 0.297))
    # sum over generations
    generations = sum(0.9 * 0.4 * (0.9 * 0.5) ** k for k in range(200))
    assert outcoupled_efficiency(0.9, 0.4, 0.5) == pytest.approx(generations, rel=1e-13, abs=0)
    counts = sum((0.9 * 0.5) ** k for k in range(1, 200))
    assert closed.recycling_count(0.9, 0.5) == pytest.approx(counts, rel=1e-13, abs=0)


def test_mean_escape_is_weighted_by_what_leaves():
    energy = np.array([2.0, 2.1, 2.2]) * e
    weights = closed.spectral_weights(energy, [1.0, 2.0, 1.0])
    np.testing.assert_allclose(weights, [1 / 6, 4 / 6, 1 / 6])
    assert closed.mean_escape(energy, weights, [1.0, 0.0, 0.0]) == pytest.approx(
        2.0 * e, rel=1e-12, abs=0
    )
    assert np.isnan(closed.mean_escape(energy, weights, [0.0, 0.0, 0.0]))


@pytest.mark.parametrize(
    ("energy", "emission", "message"),
    [
        ([2.0, 1.0], [1.0, 1.0], "increase"),
        ([1.0, 2.0], [1.0, -1.0], "negative"),
        ([1.0, 2.0], [0.0, 0.0], "> 0"),
        ([1.0, 2.0], [1.0], "equal length"),
    ],
)
def test_bad_spectra_are_refused(energy, emission, message):
    with pytest.raises(ValueError, match=message):
        closed.spectral_weights(energy, emission)


def test_bad_numbers_are_refused():
    with pytest.raises(ValueError, match=r"0\.9 must be at least 1"):
        closed_forms.trapped_fraction([1.5, 0.9])
    with pytest.raises(ValueError, match="must not be negative"):
        closed.sphere_escape(-0.1, 1.5)
