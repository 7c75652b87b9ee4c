import math
import tracemalloc

import numpy as np
import pytest
from closed_forms import geometric_sphere_absorption
from pydantic import TypeAdapter, ValidationError
from scipy.constants import e

from thermosim.errors import CaseError
from thermosim.optics.beam import Laser
from thermosim.optics.mie import MieSphere, internal_intensity, size_parameter
from thermosim.optics.model import (
    MieOptics,
    OpticsModel,
    RayOptics,
    UniformOptics,
    trace_body,
)
from thermosim.optics.sphere_light import light_in_sphere
from thermosim.shapes.hits import SphereSurface

SECTION = TypeAdapter(OpticsModel)
R, CENTRE = 1e-6, np.array([2e-6, 0.0, 1e-6])


def field_in(*given):
    return light_in_sphere(*given).intensity


def inner_points(count=40):
    return CENTRE + np.random.default_rng(0).uniform(-0.55, 0.55, (count, 3)) * R


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"model": "uniform"}, UniformOptics),
        ({"model": "rays", "n_rays": 100, "host_absorption": "0.01 1/cm"}, RayOptics),
        ({"model": "beer_lambert"}, RayOptics),
        ({"model": "mie", "average": "orientation", "refractive_index": 1.7}, MieOptics),
    ],
)
def test_model_chooses_the_section(given, kind):
    section = SECTION.validate_python(given)
    assert type(section) is kind
    assert SECTION.validate_python(section.model_dump()) == section


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"model": "magic"}, "expected tags"),
        ({"model": "rays", "n_rays": 3}, "greater than or equal to 64"),
        ({"model": "rays", "cutoff": 1.0}, "less than 1"),
        ({"model": "uniform", "refractive_index": 0.5}, "greater than or equal to 1"),
        ({"model": "uniform", "host_absorption": -1.0}, "greater than or equal to 0"),
        ({"model": "mie", "n_rays": 100}, "Extra inputs"),
    ],
)
def test_wrong_sections_are_refused(given, words):
    with pytest.raises(ValidationError, match=words):
        SECTION.validate_python(given)


def test_index_of_the_section_overrides_the_material():
    assert UniformOptics().index(1.9 + 0.01j) == 1.9
    assert UniformOptics(refractive_index=1.7).index(1.9 + 0.01j) == 1.7


def test_uniform_is_the_beam():
    laser = Laser(profile="gaussian", waist="5 um", power="1 mW")
    points, field = inner_points(), UniformOptics().intensity(laser, 1.9, 0.0)
    assert np.array_equal(field(points), laser.intensity_at(points))
    assert UniformOptics().intensity(Laser(intensity=3e7), 1.9, 0.0) == 3e7


def test_mie_absorbs_what_its_efficiency_says():
    n, alpha, laser = 1.9, 3e5, Laser(intensity=3e7)
    field = field_in(MieOptics(), laser, R, CENTRE, n, alpha)
    nodes, weights = np.polynomial.legendre.leggauss(60)
    s, mu, phi = np.meshgrid(0.5 + 0.5 * nodes, nodes, np.arange(4) * math.pi / 2 + 0.2)
    sine = np.sqrt(1 - mu**2)
    points = np.stack([s * sine * np.cos(phi), s * sine * np.sin(phi), s * mu], -1).reshape(-1, 3)
    w = np.einsum("j,i,k->ijk", 0.5 * weights, weights, np.full(4, math.pi / 2)) * s**2
    absorbed = alpha * R**3 * (w.ravel() * field(CENTRE + R * points)).sum()
    m = complex(n, alpha * laser.wavelength / (4 * math.pi))
    Q_abs = MieSphere.build(m, size_parameter(R, laser.wavelength)).absorption_efficiency()
    assert absorbed == pytest.approx(Q_abs * math.pi * R**2 * 3e7, rel=1e-9, abs=0)


def test_mie_follows_direction_and_polarisation_of_the_laser():
    laser = Laser(intensity=2.0, tilt=0.6, azimuth=1.0, polarisation="linear", polarisation_angle=1)
    points = inner_points()
    field = field_in(MieOptics(), laser, R, CENTRE, 1.9, 1e4)(points)
    m = complex(1.9, 1e4 * laser.wavelength / (4 * math.pi))
    sphere = MieSphere.build(m, size_parameter(R, laser.wavelength))
    ((_, polarisation),) = laser.field_directions
    direct = internal_intensity(
        (points - CENTRE) / R, sphere, laser.direction, [(1.0, polarisation)]
    )
    assert field == pytest.approx(1.9 * 2.0 * direct, rel=1e-12, abs=0)
    free = field_in(MieOptics(average="polarisation"), laser, R, CENTRE, 1.9, 1e4)(points)
    unpolarised = Laser(intensity=2.0, tilt=0.6, azimuth=1.0)
    expected = field_in(MieOptics(), unpolarised, R, CENTRE, 1.9, 1e4)(points)
    assert free == pytest.approx(expected, rel=1e-12, abs=0)
    assert not np.allclose(free, field, rtol=0.01)


def test_orientation_average_depends_on_radius_only():
    field = field_in(MieOptics(average="orientation"), Laser(intensity=2.0), R, CENTRE, 1.9, 0)
    ring = CENTRE + 0.7 * R * np.array([[1, 0, 0], [0, 1, 0], [0, 0, -1], [0.6, 0, 0.8]])
    values = field(ring)
    assert values == pytest.approx(np.full(4, values[0]), rel=1e-12)
    sphere = MieSphere.build(1.9, size_parameter(R, Laser(intensity=1.0).wavelength))
    assert values[0] == pytest.approx(3.8 * sphere.shell_average(0.7), rel=1e-12)


def test_linewidth_averages_over_the_line():
    points, narrow = inner_points(), Laser(intensity=1.0)
    broad = Laser(intensity=1.0, linewidth=0.02 * e)
    field = field_in(MieOptics(), broad, R, CENTRE, 1.9, 0.0)(points)
    total = np.zeros(len(points))
    for photon_energy, weight in broad.spectrum():
        single = Laser(intensity=1.0, photon_energy=photon_energy)
        total += weight * field_in(MieOptics(), single, R, CENTRE, 1.9, 0.0)(points)
    assert field == pytest.approx(total, rel=1e-12, abs=0)
    assert not np.allclose(field, field_in(MieOptics(), narrow, R, CENTRE, 1.9, 0.0)(points))


def test_more_terms_change_nothing_and_few_do():
    points, laser = inner_points(), Laser(intensity=1.0)
    default, more, few = (
        field_in(MieOptics(terms=terms), laser, R, CENTRE, 1.9, 1e3)(points)
        for terms in (None, 45, 8)
    )
    assert more == pytest.approx(default, rel=1e-9)
    assert not np.allclose(few, default, rtol=0.05)


def test_mie_refuses_a_beam_that_is_no_plane_wave():
    beside = (CENTRE[0] + 1e-8, *CENTRE[1:])
    tight = Laser(profile="gaussian", waist="2 um", power="1 mW", aim=beside)
    with pytest.raises(CaseError, match=r"varies by 40 %.*aim at the centre"):
        field_in(MieOptics(), tight, R, CENTRE, 1.9, 0.0)
    wide = Laser(profile="gaussian", waist="20 um", power="1 mW", aim=beside)
    values = field_in(MieOptics(), wide, R, CENTRE, 1.9, 0.0)(inner_points())
    plane = Laser(intensity=float(wide.intensity_at([CENTRE])[0]))
    same = field_in(MieOptics(), plane, R, CENTRE, 1.9, 0.0)(inner_points())
    assert values == pytest.approx(same, rel=1e-12)


def test_mie_refuses_a_sphere_of_too_many_terms():
    with pytest.raises(CaseError, match=r'optics.model = "mie": at size parameter .*"rays"'):
        light_in_sphere(MieOptics(), Laser(intensity=1.0), 1e-3, CENTRE, 1.9, 0.0)


def test_large_spheres_fit_into_memory():
    """All points of a sphere of 80 µm at once would take 390 MB."""
    light = light_in_sphere(MieOptics(), Laser(intensity=1.0), 80e-6, CENTRE, 1.69, 1e4)
    tracemalloc.start()
    found = light.spheres[0][1].inside.absorption_efficiency()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    geometric = geometric_sphere_absorption(1.69, 1e4 * 80e-6)
    assert found == pytest.approx(geometric, rel=5e-2)
    assert most < 2e8


def test_trace_body_passes_the_options_on():
    optics = RayOptics(n_rays=500, cutoff=0.2, seed=3, host_absorption=2e4)
    result = trace_body(optics, Laser(intensity=1.0), SphereSurface(R, (0, 0, R)), 1.9, 1e4, 1.5)
    assert result.n_rays == 500
    assert result.ledger.absorbed_host == pytest.approx(
        2 * result.ledger.absorbed_dots, rel=1e-12, abs=0
    )
    assert result.ledger.truncated > 1e-3 * result.ledger.incident
    assert result.ledger.substrate > 0.0
    one = RayOptics(n_rays=500, max_interactions=1)
    blocked = trace_body(one, Laser(intensity=1.0), SphereSurface(R), 1.9, 1e4).ledger
    assert blocked.absorbed == 0.0
    assert blocked.truncated == pytest.approx(blocked.incident, rel=1e-12, abs=0)
