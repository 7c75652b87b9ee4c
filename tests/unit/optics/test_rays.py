import math

import numpy as np
import pytest
from closed_forms import geometric_sphere_absorption

from thermosim.errors import CaseError
from thermosim.optics.beam import Laser
from thermosim.optics.rays import trace
from thermosim.optics.rays_bundle import Optics, Rays, split_at_interface
from thermosim.optics.rays_launch import launch, quasi_random
from thermosim.shapes.hits import CutSurface, SphereSurface
from thermosim.shapes.hits_mesh import MeshSurface

trimesh = pytest.importorskip("trimesh")
R = 5e-6


def mesh(body, lift=0.0):
    return MeshSurface(body.vertices + np.array([0, 0, lift]), body.faces)


def shares(ledger):
    return (
        np.array([ledger.reflected, ledger.transmitted, ledger.absorbed, ledger.substrate])
        / ledger.incident
    )


def test_ledger_closes_for_every_kind_of_body():
    box = trimesh.creation.box((2e-6, 3e-6, 1e-6))
    torus = trimesh.creation.torus(3.0, 1.0, 48, 24)
    torus.vertices *= 1e-6
    bodies = [
        SphereSurface(R, (0, 0, R)),
        CutSurface(SphereSurface(R, (0, 0, 0.8 * R))),
        mesh(box, 0.5e-6),
        mesh(torus, 1e-6),
    ]
    laser = Laser(intensity=1e7, tilt=0.7, azimuth=0.4, polarisation="linear")
    for body in bodies:
        for substrate in (None, 1.58, 0.544 + 2.231j):
            ledger = trace(body, laser, Optics(1.9, 1e5, 1e4, substrate), 2000).ledger
            assert abs(ledger.residual) < 1e-12
            assert ledger.lost <= 1e-5 * ledger.incident
            assert ledger.truncated < 2e-3 * ledger.incident
            assert ledger.absorbed_dots == pytest.approx(
                10 * ledger.absorbed_host, rel=1e-12, abs=0
            )
            assert (ledger.substrate > 0) == (substrate is not None)


def test_incident_power_is_that_of_the_shadow():
    laser = Laser(intensity=2.0, tilt=0.5)
    ledger = trace(SphereSurface(R), laser, Optics(1.5, 0.0), 1000).ledger
    assert ledger.incident == pytest.approx(2.0 * math.pi * R**2, rel=1e-12, abs=0)
    box = trimesh.creation.box((2e-6, 2e-6, 2e-6))
    shadow = 4e-12 * (math.cos(0.5) + math.sin(0.5))
    ledger = trace(mesh(box), laser, Optics(1.5, 0.0), 20_000).ledger
    assert ledger.incident == pytest.approx(2.0 * shadow, rel=2e-3, abs=0)
    assert ledger.absorbed == 0.0


def test_direction_does_not_matter_to_a_sphere():
    values = []
    for tilt, azimuth, kind in [(0, 0, "unpolarised"), (2.0, 1.0, "unpolarised"), (1, 2, "linear")]:
        laser = Laser(intensity=1.0, tilt=tilt, azimuth=azimuth, polarisation=kind)
        values.append(trace(SphereSurface(R, (1e-6, 0, 0)), laser, Optics(1.9, 2e4), 8000).ledger)
    for ledger in values[1:]:
        assert shares(ledger) == pytest.approx(shares(values[0]), rel=1e-3)


def test_mesh_of_a_sphere_reflects_like_the_sphere():
    ball = trimesh.creation.icosphere(5, radius=R)
    optics = Optics(1.5, 3.0 / R)  # opaque: facets cannot mix the paths inside
    exact = trace(SphereSurface(R), Laser(intensity=1.0), optics, 10_000)
    faceted = trace(mesh(ball), Laser(intensity=1.0), optics, 10_000)
    assert shares(faceted.ledger)[[0, 2]] == pytest.approx(shares(exact.ledger)[[0, 2]], rel=3e-3)


def test_cut_sphere_absorbs_less_than_the_whole():
    cut = CutSurface(SphereSurface(R, (0, 0, 0.6 * R)))
    laser = Laser(intensity=1.0)
    whole = trace(SphereSurface(R, (0, 0, 0.6 * R)), laser, Optics(1.9, 2.0 / R), 8000).ledger
    ledger = trace(cut, laser, Optics(1.9, 2.0 / R), 8000).ledger
    assert ledger.incident == pytest.approx(whole.incident, rel=1e-12, abs=0)
    assert ledger.absorbed < whole.absorbed


def test_finite_beams_carry_their_power_into_a_large_body():
    box = mesh(trimesh.creation.box((1e-3, 1e-3, 1e-4)), 0.5e-4)
    for extra in ({"profile": "top_hat", "radius": 1e-5}, {"profile": "gaussian", "waist": 1e-5}):
        laser = Laser(power=1e-3, tilt=0.3, **extra)
        ledger = trace(box, laser, Optics(1.9, 1e6, substrate=1.58), 4000).ledger
        assert ledger.incident == pytest.approx(1e-3, rel=1e-7)


def test_gaussian_narrower_than_the_sphere():
    laser = Laser(power=1e-3, profile="gaussian", waist=1e-6)
    ledger = trace(SphereSurface(R), laser, Optics(1.9, 1e3), 4000).ledger
    assert ledger.incident == pytest.approx(1e-3, rel=1e-7)
    # nearly normal incidence: one Fresnel reflection of 9.6 %
    assert ledger.reflected / ledger.incident == pytest.approx(0.0963, abs=2e-3)


def test_tilted_light_from_the_substrate_reaches_the_body():
    sphere = SphereSurface(R, (0, 0, R))
    laser = Laser(intensity=1.0, tilt=1.0)
    gold = trace(sphere, laser, Optics(1.9, 1e4, substrate=0.05 + 4j), 8000).ledger
    glass = trace(sphere, laser, Optics(1.9, 1e4, substrate=1.46), 8000).ledger
    bare = trace(sphere, laser, Optics(1.9, 1e4), 8000).ledger
    assert glass.incident > 1.01 * bare.incident
    assert gold.incident > 1.5 * bare.incident
    assert gold.absorbed > glass.absorbed > bare.absorbed


def test_perfect_contact_with_an_equal_index_lets_light_out():
    box = mesh(trimesh.creation.box((1e-3, 1e-3, 2e-6)), 1e-6)
    laser = Laser(profile="top_hat", radius=1e-5, power=1.0)
    ledger = trace(box, laser, Optics(1.9, 0.0, substrate=1.9), 64).ledger
    R1 = (0.9 / 2.9) ** 2
    assert ledger.substrate == pytest.approx(1 - R1, rel=1e-12, abs=0)
    assert ledger.reflected == pytest.approx(R1, rel=1e-12, abs=0)
    lifted = mesh(trimesh.creation.box((1e-3, 1e-3, 2e-6)), 2e-6)
    assert trace(lifted, laser, Optics(1.9, 0.0, substrate=1.9), 64).ledger.substrate < 0.9 * (
        1 - R1
    )


def test_corner_of_a_perfect_reflector_sends_light_back_up():
    box = mesh(trimesh.creation.box((1e-3, 1e-3, 2e-6)), 1e-6)
    laser = Laser(profile="top_hat", radius=1e-5, power=1.0, tilt=0.3)
    ledger = trace(box, laser, Optics(1.9, 1e3, substrate=1e-6 + 50j), 64).ledger
    assert ledger.substrate < 1e-6
    assert ledger.reflected + ledger.transmitted + ledger.absorbed == pytest.approx(1.0, abs=1e-3)


def test_dark_laser_absorbs_nothing():
    ledger = trace(SphereSurface(R), Laser(intensity=0.0), Optics(1.9, 1e4), 100).ledger
    assert ledger.incident == ledger.absorbed == ledger.residual == 0.0


def test_more_rays_err_less_and_the_error_bar_tells():
    exact = geometric_sphere_absorption(1.9, 0.5) * math.pi * R**2
    errors = {}
    for count in (500, 16_000):
        scatter = []
        for seed in range(4):
            result = trace(
                SphereSurface(R),
                Laser(intensity=1.0),
                Optics(1.9, 0.5 / R, cutoff=1e-7),
                count,
                seed,
            )
            scatter.append(abs(result.ledger.absorbed - exact))
            assert scatter[-1] < 5 * result.standard_error + 1e-6 * exact
        errors[count] = np.mean(scatter)
    assert errors[16_000] < errors[500] / 5


def test_seed_fixes_the_rays():
    arguments = SphereSurface(R), Laser(intensity=1.0), Optics(1.9, 1e4), 500
    assert trace(*arguments, seed=1).ledger == trace(*arguments, seed=1).ledger
    assert trace(*arguments, seed=1).ledger != trace(*arguments, seed=2).ledger


def test_quasi_random_points_are_even():
    points, replica = quasi_random(8000, 0)
    assert np.bincount(replica).tolist() == [1000] * 8
    for k in range(8):
        counts, *_ = np.histogram2d(*points[replica == k].T, bins=10, range=[(0, 1), (0, 1)])
        assert counts.min() >= 6
        assert counts.max() <= 14


def test_interface_conserves_power_and_turns_fields():
    generator = np.random.default_rng(0)
    d = generator.normal(size=(200, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    normal = generator.normal(size=(200, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    field = np.cross(d, generator.normal(size=(200, 3)))[:, None] * (1 + 0.3j)
    rays = Rays(d * 0, d, field, np.arange(200), np.ones(200), np.zeros(200, bool))
    for n1, n2 in [(1.0, 1.9), (1.9, 1.0), (1.9, 1.58), (1.0, 4.1 + 0.03j)]:
        back, on = split_at_interface(rays, normal, n1, n2)
        assert back.power + on.power == pytest.approx(rays.power, rel=1e-12, abs=0)
        for part in (back, on):
            across = np.abs(np.einsum("npk,nk->n", part.field, part.direction))
            assert np.all(across <= 1e-12 * np.sqrt(rays.power))
        assert np.any(on.power == 0.0) == (n1 == 1.9)
        through = on.power > 0
        sine = np.linalg.norm(np.cross(on.direction, normal), axis=1)[through]
        before = np.linalg.norm(np.cross(d, normal), axis=1)[through]
        assert np.real(n2) * sine == pytest.approx(n1 * before, rel=1e-9, abs=1e-9)


def test_fields_keep_their_direction():
    generator = np.random.default_rng(1)
    d = generator.normal(size=(50, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    field = np.cross(d, generator.normal(size=(50, 3)))[:, None] + 0j
    rays = Rays(d * 0, d, field, np.arange(50), np.ones(50), np.zeros(50, bool))
    normal = np.roll(d, 1, axis=0)
    _, on = split_at_interface(rays, normal, 1.5, 1.5)
    assert np.abs(on.field - field).max() < 1e-12
    assert np.abs(on.direction - d).max() < 1e-12
    # straight back from glass the field is turned round, and so is a mirror's
    back, _ = split_at_interface(rays, d, 1.0, 1.5)
    assert np.abs(back.field + 0.2 * field).max() < 1e-12


@pytest.mark.parametrize("tilt", [0.3, 0.8, 1.2])
def test_a_mirror_adds_the_shadow_of_the_image(tilt):
    sphere, laser = SphereSurface(R, (1e-6, 0, R)), Laser(intensity=1.0, tilt=tilt, azimuth=0.5)
    ledger = trace(
        sphere, laser, Optics(1.5, 0.0, substrate=1e-9 + 1e4j, cutoff=0.5), 30_000
    ).ledger
    apart = 2 * R * math.sin(tilt)  # of the centres of the two disks across the beam
    half = math.acos(apart / (2 * R))
    lens = R**2 * (2 * half - math.sin(2 * half))
    assert ledger.incident == pytest.approx(2 * math.pi * R**2 - lens, rel=3e-3, abs=0)


def test_launched_field_has_the_polarisation_of_the_beam():
    laser = Laser(intensity=1.0, polarisation="linear", polarisation_angle=math.pi / 2)
    rays = launch(SphereSurface(R), laser, Optics(1.9, 0.0), 100, 0)
    assert np.abs(rays.field[:, 0, 0]).max() < 1e-15 * np.abs(rays.field).max()
    assert rays.power.sum() == pytest.approx(math.pi * R**2, rel=1e-12, abs=0)


def test_bad_input_is_refused():
    up = Laser(intensity=1.0, tilt="180 deg")
    with pytest.raises(CaseError, match="comes from below"):
        trace(SphereSurface(R, (0, 0, R)), up, Optics(1.9, 1.0, substrate=1.5))
    with pytest.raises(CaseError, match="n_rays = 3"):
        trace(SphereSurface(R), up, Optics(1.9, 1.0), 3)
    with pytest.raises(CaseError, match="refractive index"):
        trace(SphereSurface(R), up, Optics(0.5, 1.0))
