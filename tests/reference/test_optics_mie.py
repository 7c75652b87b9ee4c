"""Published numbers of the Mie series, and an independent code for the field inside."""

import math

import numpy as np
import pytest
from closed_forms import axis_peak, internal_field

from thermosim.optics.mie import MieSphere, mie_efficiencies, size_parameter


@pytest.mark.parametrize(
    ("m", "x", "Q_ext", "Q_sca", "g", "digits"),
    [
        # Bohren and Huffman (1983), appendix A: radius 0.525, wavelength 0.6328, index 1.55
        (1.55, 2 * math.pi * 0.525 / 0.6328, 3.10543, 3.10543, 0.63314, 5),
        # Wiscombe, NCAR Technical Note TN-140+STR (1979)
        (1.33 - 1e-5j, 100, 2.101321, 2.096594, 0.868959, 6),
        (1.5 - 1j, 100, 2.097502, 1.283697, 0.850252, 6),
        (10 - 10j, 1, 2.532993, 2.049405, -0.110664, 6),
    ],
)
def test_published_efficiencies_to_every_digit(m, x, Q_ext, Q_sca, g, digits):
    for index in (m, np.conj(m)):
        computed = mie_efficiencies(index, x)
        half = 0.5000001 * 10.0**-digits
        assert abs(computed[0] - Q_ext) <= half
        assert abs(computed[1] - Q_sca) <= half
        assert abs(computed[3] - g) <= half
        assert computed[2] == computed[0] - computed[1]


def test_efficiencies_of_many_spheres_agree_with_miepython():
    """One call over sizes from 0.6 to 3000 and indices from glass to metal, against a loop.

    Smaller ones miepython expands in x; its series ends earlier, which sets the tolerance.
    """
    from miepython import efficiencies_mx

    rng = np.random.default_rng(1)
    x = 10.0 ** rng.uniform(-0.2, 3.5, 200)
    m = rng.uniform(0.2, 4.0, 200) + 1j * rng.integers(0, 2, 200) * 10.0 ** rng.uniform(-6, 1, 200)
    computed = mie_efficiencies(m, x)
    wanted = np.array([efficiencies_mx(a.conjugate(), b) for a, b in zip(m, x, strict=True)]).T
    np.testing.assert_allclose(computed[0], wanted[0], rtol=3e-9)
    np.testing.assert_allclose(computed[1], wanted[1], rtol=3e-9)
    np.testing.assert_allclose(computed[3], wanted[3], rtol=0, atol=1e-9)


def test_efficiencies_of_tiny_spheres_are_those_of_rayleigh():
    """Bohren and Huffman (1983), eqs. (5.8) and (5.9), with corrections of order x²."""
    m, x = 1.5 + 0.1j, np.array([1e-3, 1e-4, 1e-6])
    alpha = (m**2 - 1) / (m**2 + 2)
    _, Q_sca, Q_abs, _ = mie_efficiencies(m, x)
    np.testing.assert_allclose(Q_sca, 8 / 3 * x**4 * abs(alpha) ** 2, rtol=5e-6)
    np.testing.assert_allclose(Q_abs, 4 * x * alpha.imag, rtol=5e-6)


def test_gold_sphere_of_the_dolfinx_demo():
    m = np.sqrt(-1.0782 + 5.8089j)
    x = size_parameter(25e-9, 400e-9)
    _, Q_sca, Q_abs, _ = mie_efficiencies(m, x)
    assert abs(Q_abs - 0.96227280) <= 0.5e-8
    assert abs(Q_sca - 0.07770397) <= 0.5e-8
    assert MieSphere.build(m, x).absorption_efficiency() == pytest.approx(
        float(Q_abs), rel=1e-12, abs=0
    )


@pytest.mark.parametrize(
    ("R", "k", "Q_ext", "Q_abs", "half_ext", "half_abs"),
    [
        (1, 1e-3, 2.129734, 0.05418568, 5e-7, 5e-9),
        (2, 1e-3, 2.293361, 0.1028858, 5e-7, 5e-8),
        (5, 1e-4, 2.158187, 0.02247628, 5e-7, 5e-9),
        (10, 1e-3, 2.111130, 0.3451890, 5e-7, 5e-8),
    ],
)
def test_spheres_at_532_nm_to_every_digit(R, k, Q_ext, Q_abs, half_ext, half_abs):
    x = size_parameter(R * 1e-6, 532e-9)
    computed = mie_efficiencies(1.9 + 1j * k, x)
    assert abs(computed[0] - Q_ext) <= half_ext
    assert abs(computed[2] - Q_abs) <= half_abs
    # the field inside, from coefficients and Bessel functions of its own
    volume = MieSphere.build(1.9 + 1j * k, x).absorption_efficiency()
    assert volume == pytest.approx(float(computed[2]), rel=2e-8)


@pytest.mark.parametrize(("R", "peak"), [(1, 75.9), (2, 208.7), (5, 616.0), (10, 1578.0)])
def test_peaks_on_the_axis(R, peak):
    found, z = axis_peak(MieSphere.build(1.9, size_parameter(R * 1e-6, 532e-9)))
    assert found == pytest.approx(peak, rel=0.01)
    assert 0.7 < z < 1.0  # the focus lies on the far side


@pytest.mark.parametrize(
    ("m", "x"), [(1.9 + 1e-3j, 12.0), (0.54 + 2.23j, 3.0), (1.3, 0.2), (1.5 + 0.3j, 40.0)]
)
def test_field_inside_agrees_with_miepython(m, x):
    from miepython.field import e_near_cartesian

    generator = np.random.default_rng(5)
    points = generator.normal(size=(12, 3))
    points *= (0.97 * generator.random(12) ** (1 / 3) / np.linalg.norm(points, axis=1))[:, None]
    # miepython counts absorption as n - ik here, although its fields go as exp(-i omega t)
    theirs = e_near_cartesian(2 * math.pi / x, 2.0, np.conj(m), 1.0, *points.T)
    ours = internal_field(points, m, x)
    assert np.abs(theirs.T - ours).max() <= 1e-6 * np.abs(ours).max()


def test_a_lattice_of_points_gives_what_single_points_give():
    sphere = MieSphere.build(1.69 + 1e-4j, 30.0)
    s, mu = np.linspace(0.05, 1.0, 17), np.linspace(-1.0, 1.0, 13)
    at_s, at_mu = (grid.ravel() for grid in np.meshgrid(s, mu, indexing="ij"))
    A_r, A_theta, A_phi = sphere.amplitudes(at_s, at_mu)
    P, S = sphere.intensity_parts(at_s, at_mu)
    np.testing.assert_allclose(P, abs(A_r) ** 2 + abs(A_theta) ** 2, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(S, abs(A_phi) ** 2, rtol=1e-9, atol=1e-12)
