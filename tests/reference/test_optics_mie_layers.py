"""Spheres over layers, in focused beams and in coatings, against codes and numbers not of this one.

Over mica (n = 1.58), 532 nm, n = 1.9 + 1e-3i, light from above. The efficiencies of `FIGURES` are
of a T-matrix code written apart; its digits are all given. Those of `DIGITS` are of a program in 40
digits (mpmath): coefficients from the continuity of the fields, Bessel functions of half order,
layers by Born and Wolf's characteristic matrices, and the integral over the wave vector across
from 0 below the poles to infinity, instead of over the cosine; as many terms as given.
"""

import math

import numpy as np
import pytest
from closed_forms import internal_field

from thermosim.optics.axial import gaussian_waves, plane_wave
from thermosim.optics.mie import MieSphere
from thermosim.optics.mie_coated import scatterer
from thermosim.optics.mie_layers import PlaneLayers, lit_sphere

K = 2 * math.pi / 0.532  # 1/um
M, GAP = 1.9 + 1e-3j, 0.05
HALF, FILM = ((1.58,), ()), ((1.58, 1.0), (K * 1.0,))


def lit(R, ground, waist=None, terms=None):
    light = gaussian_waves(K * waist, 0.0, 60.0) if waist else plane_wave()
    return lit_sphere(M, K * R, light, PlaneLayers(K * (R + GAP), *ground), terms)


FIGURES = [
    (0.3, HALF, None, 3.1497945, 0.032769043),
    (0.3, FILM, None, 3.0405540, 0.030823785),
    (1.0, HALF, None, 2.3106842, 0.059035183),
    (0.3, HALF, 0.4, 0.9334513, 0.01087364),
    (0.3, FILM, 0.4, 1.0220501, 0.01122867),
    (1.0, HALF, 0.8, 0.6206529, 0.01357805),
]


@pytest.mark.parametrize(("R", "ground", "waist", "Q_ext", "Q_abs"), FIGURES)
def test_efficiencies_over_mica(R, ground, waist, Q_ext, Q_abs):
    """Beams: relative to the intensity at their focus, in the centre of the sphere."""
    found = lit(R, ground, waist)
    assert found.Q_ext == pytest.approx(Q_ext, abs=0, rel=1e-7)
    assert found.Q_abs == pytest.approx(Q_abs, abs=0, rel=3e-7)


PLACES = np.array([0.3, 0.9, 1.0]), np.array([0.5, -0.8, 0.95])  # r/R, cosine of angle to the beam
DIGITS = [
    (
        FILM, 24, 3.04055399180537, 0.03082378504094731,
        [1.71413004928121, 0.20262005418049, 9.38584439276134],
        [1.6852503975575, 2.89474704398418, 4.95553755703903],
    ),
    (
        HALF, 18, 3.149794507715171, 0.03276904295149374,
        [1.32280781162787, 0.0803277369039726, 10.4671468350751],
        [1.23807794185217, 3.06562741650139, 5.53876068327847],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("ground", "terms", "Q_ext", "Q_abs", "along", "across"), DIGITS)
def test_field_inside_a_sphere_over_mica(ground, terms, Q_ext, Q_abs, along, across):
    """|E|² in the plane of the polarisation and across it."""
    found = lit(0.3, ground, terms=terms)
    assert found.Q_ext == pytest.approx(Q_ext, abs=0, rel=1e-12)
    assert found.Q_abs == pytest.approx(Q_abs, abs=0, rel=1e-12)
    P, S = found.inside.intensity_parts(*PLACES)
    assert pytest.approx(along, rel=1e-12) == P
    assert pytest.approx(across, rel=1e-12) == S


def test_sphere_above_a_mirror_is_a_pair_of_spheres():
    """Above a perfect conductor the pair of a sphere and its image, lit from both sides, of treams.

    treams 0.4.7, Beutel et al., doi:10.1016/j.cpc.2023.109076: two spheres in vacuum, 0.7 µm from
    centre to centre, 16 orders; half of what the pair takes and scatters.
    """
    layers = PlaneLayers(K * (0.3 + GAP), (1e9j,))
    found = lit_sphere(M, K * 0.3, plane_wave(), layers)
    assert found.Q_ext == pytest.approx(5.527317636, rel=1e-8)
    assert found.Q_ext - found.Q_abs == pytest.approx(5.437568488, rel=1e-8)


def test_coated_sphere_of_bohren_and_huffman():
    """Bohren and Huffman (1983), appendix B: radii 0.171 and 6.265, wavelength 3."""
    x = tuple(2 * math.pi * radius / 3 for radius in (0.171, 6.265))
    Q_ext, Q_sca, _ = scatterer((1.59 + 0.66j, 1.409 + 0.1747j), x, 40).efficiencies(x[1])
    assert abs(Q_ext - 2.32803) <= 0.5e-5
    assert abs(Q_sca - 1.14341) <= 0.5e-5


@pytest.mark.parametrize(
    ("m", "x", "Q_ext", "Q_sca"),
    [
        ((1.5 + 0.01j, 1.33 + 1e-3j), (6.0, 9.0), 2.3065044331564386, 2.1401111571384734),
        ((0.54 + 2.23j, 1.5), (2.0, 3.0), 1.6769469004874398, 0.9831900175762248),
        ((1.33, 1.5 + 1j), (50.0, 100.0), 2.097501755606207, 1.2836970493733564),
        ((2 + 0.1j, 1.7, 1.4 + 0.02j), (3.0, 5.0, 5.5), 2.9798155809724043, 2.2971899495366874),
    ],
)
def test_coated_spheres_of_scattnlay(m, x, Q_ext, Q_sca):
    """python-scattnlay 2.4, Peña-Rodríguez and Ladutenko, doi:10.1016/j.cpc.2017.01.017."""
    found = scatterer(m, x, 30 + int(1.3 * x[-1])).efficiencies(x[-1])
    assert found[:2] == pytest.approx((Q_ext, Q_sca), rel=1e-11)


def test_field_inside_of_scattnlay():
    """The same program's near field, wave along z and polarised along x, x = 12."""
    points = np.array([[0.3, 0.1, 0.2], [0.0, 0.5, -0.6], [-0.4, 0.4, 0.6]])
    ours = (np.abs(internal_field(points, M, 12.0)) ** 2).sum(axis=1)
    assert ours == pytest.approx([2.63010431, 0.89629565, 0.69390574], rel=1e-8)
    assert MieSphere.build(M, 12.0).c.size > 30
