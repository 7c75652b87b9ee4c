"""The resistance of what lies under a contact: limits in closed form, and directions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ellipk

from thermosim.limits.below import (
    LayerBelow,
    half_space_waves,
    layer_below,
    layered_resistance,
    pillar_resistance,
)
from thermosim.materials.conductivity import Uniaxial

MICA = Uniaxial(k_par=3.9, k_perp=0.46)


def tilted(axis):
    return layer_below(MICA.at(300.0, axis), 1.0)


def plain(k, thickness=1.0):
    return LayerBelow(k, k, thickness)


def test_upright_axis_is_the_known_half_space():
    assert tilted((0, 0, 1)).spread == pytest.approx(math.sqrt(3.9 * 0.46), rel=1e-14)
    assert tilted((0, 0, 1)).upright == pytest.approx(0.46, rel=1e-14)


def test_lying_axis_is_the_ellipse_in_stretched_coordinates():
    """K = diag(k_perp, k_par, k_par): in x' = s x all conduct k_par, and the disk is an ellipse.

    Its resistance is K(1 - 1/s²)/(2π k a) with a = s b. As all areas are s times as large there,
    it carries s times the heat: the body itself resists s times as much.
    """
    s = math.sqrt(3.9 / 0.46)
    expected = s * ellipk(1 - 1 / s**2) / (2 * math.pi * 3.9 * s)
    found = 1 / (4 * tilted((1, 0, 0)).spread)
    assert found == pytest.approx(expected, rel=1e-12)


@given(st.floats(0, math.pi), st.floats(0, 2 * math.pi), st.floats(0, 2 * math.pi))
def test_turning_about_z_changes_nothing(tilt, one, two):
    def axis(azimuth):
        return (
            math.sin(tilt) * math.cos(azimuth),
            math.sin(tilt) * math.sin(azimuth),
            math.cos(tilt),
        )

    assert tilted(axis(one)).spread == pytest.approx(tilted(axis(two)).spread, rel=1e-9)
    low, high = math.sqrt(3.9 * 0.46), 3.9
    assert low * (1 - 1e-9) <= tilted(axis(one)).spread <= high


@given(st.floats(1e-3, 1e3), st.floats(1e-2, 10.0), st.floats(1e-3, 1e2))
def test_layers_of_one_material_are_one(k, anisotropy, thickness):
    layer = LayerBelow(k, k * anisotropy, thickness)
    found = layered_resistance(1.0, [layer, layer, layer])
    assert found == pytest.approx(1 / (4 * k), rel=1e-11)


def test_thick_and_thin_first_layers():
    assert layered_resistance(1.0, [plain(2, 1e4), plain(50)]) == pytest.approx(1 / 8, rel=1e-4)
    assert layered_resistance(1.0, [plain(2, 1e-6), plain(3)]) == pytest.approx(1 / 12, rel=1e-4)


def test_a_thin_poor_film_on_a_good_conductor():
    """The film alone: t/(π b² k), with a fringe of the order t/b."""
    for t in (1e-2, 1e-3):
        found = layered_resistance(1.0, [plain(1, t), plain(1e8)])
        assert 1 - 2 * t <= found * math.pi / t < 1


@pytest.mark.parametrize(
    ("k", "t", "expected"),
    # nine flux profiles instead of two
    [((1, 100), 0.1, 0.03174107), ((100, 1), 0.1, 0.0409359), ((3, 1), 0.3, 0.1580507),
     ((1, 100), 1e-3, 0.002909969), ((100, 1), 1e-3, 0.2175663)],
)  # fmt: skip
def test_layers_to_what_is_said_of_two_profiles(k, t, expected):
    found = layered_resistance(1.0, [plain(k[0], t), plain(k[1])])
    assert 0 < found / expected - 1 < 0.015


def test_three_layers_lie_between_their_extremes():
    films = [plain(1, 0.2), plain(10, 0.2), plain(3)]
    found = layered_resistance(1.0, films)
    assert layered_resistance(1.0, [plain(1, 0.2), plain(10)]) < found
    assert found < layered_resistance(1.0, [plain(1, 0.2), plain(3)])


def test_pillar():
    """A disk that covers the pillar: a rod. A small one on a wide short pillar: a half-space."""
    k, t = 1.4, 3.0
    assert pillar_resistance(1.0, 1.0, [plain(k, t)]) == pytest.approx(t / (k * math.pi), rel=1e-3)
    assert pillar_resistance(1.0, 1e6, [plain(k, t)]) == pytest.approx(1 / (4 * k), rel=1e-5)


def test_pillar_against_its_series():
    """Isothermal disk on a tube: five flux profiles in 20000 modes J0(λ r), J1(λ R) = 0."""
    for share, expected in {0.1: 0.859362, 0.3: 0.586493, 0.5: 0.339600, 0.8: 0.067224}.items():
        found = pillar_resistance(share, 1.0, [plain(1.0, 1e-12)]) * 4 * share
        assert found == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("finest", [3e3, 2e4, 1e12])
def test_all_waves_together_are_the_half_space_however_many(finest):
    """∫ sinc²(k b)/(2π λ) dk up to K is 1/(4 λ b) less 1/(4π λ b² K); 1e12 in no more time."""
    found = half_space_waves(1e-7, [plain(1.4)], finest / 1e-7)
    alone = 1 / (4 * 1.4 * 1e-7)
    assert found == pytest.approx(alone * (1 - 1 / (math.pi * finest)), rel=1e-7)
