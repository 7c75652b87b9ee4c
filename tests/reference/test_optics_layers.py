"""Plane layers: published transfer-matrix numbers, Airy's film, Beer and Lambert, conservation."""

import numpy as np
import pytest

from thermosim.optics.layers import coherent_stack, layered_light

# the example of arXiv:1603.02720 and its code, any unit of length
N, D, WAVE = [1, 2 + 4j, 3 + 0.3j, 1 + 0.1j], [2.0, 3.0], 100.0


@pytest.mark.parametrize(
    ("wave", "R", "T"),
    [
        ("s", 0.37273208839139516, 0.22604491247079261),
        ("p", 0.37016110373044969, 0.22824374314132009),
    ],
)
def test_published_stack(wave, R, T):
    found = coherent_stack(N, D, np.cos(0.1), WAVE, wave)
    assert pytest.approx(R, rel=1e-12) == found.R
    assert pytest.approx(T, rel=1e-12) == found.T
    assert found.R + found.T + sum(found.absorbed) == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("thickness", [50e-9, 133e-9, 1e-6])
def test_one_film_is_airys(thickness):
    """Transparent film on glass at normal incidence, Born and Wolf 1.6 (57)."""
    n1, n2, n3, wavelength = 1.0, 2.3, 1.5, 532e-9
    r12, r23 = (n1 - n2) / (n1 + n2), (n2 - n3) / (n2 + n3)
    phase = np.exp(4j * np.pi * n2 * thickness / wavelength)
    R = abs((r12 + r23 * phase) / (1 + r12 * r23 * phase)) ** 2
    found = layered_light([n1, n2, n3], [thickness], wavelength)
    assert found.reflected == pytest.approx(R, rel=1e-12)
    assert found.reflected + found.transmitted == pytest.approx(1, abs=1e-14)


def test_a_sheet_that_does_not_interfere():
    """Both faces and all passes between them, power alone: 2R/(1 + R) of a transparent sheet."""
    R = (0.58 / 2.58) ** 2
    clear = layered_light([1, 1.58, 1], [20e-6], 532e-9)
    assert clear.reflected == pytest.approx(2 * R / (1 + R), rel=1e-12)
    k, d = 1e-5, 20e-6
    x = np.exp(-4 * np.pi * k * d / 532e-9)
    # the faces reflect as those of the clear sheet to k²
    found = layered_light([1, 1.58 + 1j * k, 1], [d], 532e-9)
    absorbed = (1 - R) * (1 - x) * (1 + R * x) / (1 - (R * x) ** 2)
    assert found.layers[0].absorbed == pytest.approx(absorbed, rel=1e-6)


@pytest.mark.parametrize("cos_0", [1.0, 0.8, 0.3])
def test_every_watt_is_somewhere(cos_0):
    media = [1, 1.58 + 1e-5j, 0.54 + 2.23j, 1.46, 2.0 + 0.01j, 4.1 + 0.03j, 1]
    sizes = [20e-6, 30e-9, 500e-6, 100e-9, 300e-6]
    found = layered_light(media, sizes, 532e-9, cos_0)
    parts = [layer.absorbed for layer in found.layers]
    assert found.reflected + found.transmitted + sum(parts) == pytest.approx(1, abs=1e-12)
    assert min(parts) >= 0
    for layer in found.layers:
        depth = np.linspace(0, layer.thickness, 20001)
        if layer.attenuation * layer.thickness < 5:
            density = layer.density(depth)
            step = depth[1]
            area = step * (density.sum() - (density[0] + density[-1]) / 2)
            assert area == pytest.approx(layer.absorbed, rel=1e-4)


def test_thick_metal_takes_what_it_does_not_reflect():
    gold = 0.544 + 2.231j
    found = layered_light([1, gold, 1], [20e-6], 532e-9)
    assert found.reflected == pytest.approx(abs((1 - gold) / (1 + gold)) ** 2, rel=1e-12)
    assert found.layers[0].absorbed == pytest.approx(1 - found.reflected, rel=1e-12)
    assert found.transmitted == 0.0
