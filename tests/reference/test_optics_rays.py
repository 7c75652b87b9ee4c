"""Ray optics against closed forms (slab, sphere) and against the Mie series."""

import math

import numpy as np
import pytest
from closed_forms import geometric_sphere_absorption, weak_sphere_absorption

from thermosim.optics.beam import Laser
from thermosim.optics.fresnel import cos_refracted, fresnel_reflectance
from thermosim.optics.mie import absorption_coefficient, mie_efficiencies, size_parameter
from thermosim.optics.rays import trace
from thermosim.optics.rays_bundle import Optics
from thermosim.shapes.hits import SphereSurface
from thermosim.shapes.hits_mesh import MeshSurface

trimesh = pytest.importorskip("trimesh")
BEAM = {"profile": "top_hat", "radius": 1e-5, "power": 1.0}


def slab(thickness=2e-6, width=2e-3):
    box = trimesh.creation.box((width, width, thickness))
    return MeshSurface(box.vertices + np.array([0, 0, thickness / 2]), box.faces)


def slab_closed_form(n, depth, substrate, tilt, polarisation):
    """Incoherent sum over reflections: shares reflected, passed on and absorbed."""
    cos_t = float(cos_refracted(math.cos(tilt), 1.0, n).real)
    e = math.exp(-depth / cos_t)
    front = fresnel_reflectance(math.cos(tilt), 1.0, n)
    back = fresnel_reflectance(cos_t, n, substrate or 1.0)
    result = np.zeros(3)
    for R1, R2, share in zip(front, back, polarisation, strict=True):
        inner = (1 - R1) / (1 - R1 * R2 * e**2)
        parts = [R1 + (1 - R1) * inner * R2 * e**2, (1 - R2) * inner * e]
        result += share * np.array([*parts, inner * (1 - e) * (1 + R2 * e)])
    return result


@pytest.mark.parametrize("substrate", [None, 1.58, 4.143 + 0.0325j, 0.544 + 2.231j])
@pytest.mark.parametrize("tilt", [0.0, 0.5, 1.2])
@pytest.mark.parametrize(("kind", "angle"), [("unpolarised", 0.0), ("linear", 0.0), ("linear", 1)])
def test_slab_with_multiple_reflections(substrate, tilt, kind, angle):
    laser = Laser(**BEAM, tilt=tilt, polarisation=kind, polarisation_angle=angle)
    optics = Optics(1.9, 1e5, 2e4, substrate, cutoff=1e-9)
    ledger = trace(slab(), laser, optics, 64).ledger
    p_share = 0.5 if kind == "unpolarised" else math.cos(angle) ** 2
    expected = slab_closed_form(1.9, 1.2e5 * 2e-6, substrate, tilt, (1 - p_share, p_share))
    up = ledger.incident  # with a substrate, light reflected upward may have been inside too
    passed = ledger.substrate if substrate else ledger.transmitted + ledger.reflected - expected[0]
    assert up == pytest.approx(1.0, rel=1e-12)
    assert ledger.absorbed == pytest.approx(expected[2], rel=1e-6)
    assert passed == pytest.approx(expected[1], rel=1e-5)
    assert ledger.absorbed_host == pytest.approx(ledger.absorbed_dots / 5, rel=1e-12, abs=0)
    assert abs(ledger.residual) < 1e-13


def test_brewster_angle_lets_everything_in():
    laser = Laser(**BEAM, tilt=math.atan(1.9), polarisation="linear")
    assert trace(slab(), laser, Optics(1.9, 1e5), 64).ledger.reflected < 1e-15


@pytest.mark.parametrize("n", [1.33, 1.9, 2.3])
@pytest.mark.parametrize("tau", [1e-3, 0.1, 1.0, 10.0])
def test_sphere_against_the_closed_form(n, tau):
    R = 5e-6
    result = trace(SphereSurface(R), Laser(intensity=1.0), Optics(n, tau / R, cutoff=1e-6), 4000)
    Q_abs = result.ledger.absorbed / (math.pi * R**2)
    assert Q_abs == pytest.approx(geometric_sphere_absorption(n, tau), rel=5e-4)
    assert abs(result.ledger.residual) < 1e-12
    assert result.ledger.lost == 0.0
    assert result.ledger.truncated < 2e-6 * result.ledger.incident


@pytest.mark.parametrize("n", [1.33, 1.9])
def test_weakly_absorbing_sphere(n):
    k, wavelength, R = 1e-8, 532e-9, 5e-6
    closed = weak_sphere_absorption(n, k, size_parameter(R, wavelength))
    tau = absorption_coefficient(k, wavelength) * R
    assert geometric_sphere_absorption(n, tau) == pytest.approx(closed, rel=1e-5)
    optics = Optics(n, tau / R, cutoff=1e-6)
    traced = trace(SphereSurface(R), Laser(intensity=1.0), optics, 4000).ledger.absorbed
    assert traced / (math.pi * R**2) == pytest.approx(closed, rel=5e-4)


def ratio_to_mie(radius, k=1e-3, n=1.9, wavelength=532e-9):
    radii = radius * np.linspace(0.8, 1.2, 41)
    Q_mie = mie_efficiencies(n + 1j * k, 2 * math.pi * radii / wavelength)[2]
    alpha = absorption_coefficient(k, wavelength)
    Q_rays = np.array([geometric_sphere_absorption(n, alpha * r) for r in radii])
    return float((Q_mie * radii**2).sum() / (Q_rays * radii**2).sum())


def test_size_averaged_mie_exceeds_rays_and_approaches_them():
    # light that passes just beside the sphere tunnels in; rays know nothing of it
    ratios = [ratio_to_mie(R) for R in (2e-6, 5e-6, 10e-6, 40e-6)]
    assert ratios[0] == pytest.approx(1.32, abs=0.01)
    assert ratios[1] == pytest.approx(1.13, abs=0.01)
    assert ratios[2] == pytest.approx(1.065, abs=0.005)
    assert 1.0 < ratios[3] < 1.02
