import numpy as np
import pytest
import trimesh
from closed_forms import BoxSurface
from scipy.constants import e

from thermosim import shapes
from thermosim.errors import MeshError
from thermosim.gain.escape.mc import ESCAPED, LEAKED, Emitter, OpticalSurface, Transport
from thermosim.gain.escape.mc_sphere import lambertian_directions
from thermosim.gain.escape.methods import body_of
from thermosim.shapes.hits import (
    CapSurface,
    EllipsoidSurface,
    SphereSurface,
    dot,
    isotropic_directions,
)
from thermosim.shapes.hits_convex import ConvexSurface
from thermosim.shapes.hits_mesh import MeshSurface

UM = 1e-6
CUBE = np.vstack([np.eye(3), -np.eye(3)])


def _mesh(mesh, unit=UM):
    return MeshSurface(np.asarray(mesh.vertices) * unit, mesh.faces)


BODIES = {
    "sphere": SphereSurface(2 * UM),
    "box": BoxSurface((1 * UM, 2 * UM, 3 * UM)),
    "tetrahedron": ConvexSurface([[-1, 0, 0], [0, -1, 0], [0, 0, -1], [1, 1, 1]], [0, 0, 0, UM]),
    "cap": CapSurface(1 * UM, 0.4 * UM),
    "high cap": CapSurface(1 * UM, 3 * UM),
    "ellipsoid": body_of(
        shapes.Ellipsoid(a=UM, b=0.7 * UM, c=1.4 * UM, euler_angles=(0.3, 0.5, 0.7))
    ),
    "mesh": _mesh(trimesh.creation.icosphere(subdivisions=2, radius=1.5)),
    "dented mesh": _mesh(trimesh.creation.annulus(r_min=0.5, r_max=1.0, height=0.8, sections=24)),
}


@pytest.mark.parametrize("name", [name for name in BODIES if name != "dented mesh"])
def test_mean_chord_from_inside(name):
    """Cauchy: chords of a convex body have the mean 4V/S.

    Chords through points of the volume are met in proportion to their length, so the mean of
    1/chord over them is S/4V.
    """
    body, rng = BODIES[name], np.random.default_rng(1)
    position = body.sample(rng, 40_000)
    direction = isotropic_directions(rng, 40_000)
    chord = body.exit(position, direction).distance + body.exit(position, -direction).distance
    expected = 4 * body.volume / body.area
    inverse = 1 / chord
    error = inverse.std() / np.sqrt(inverse.size)
    assert abs(inverse.mean() - 1 / expected) < 4 * error


@pytest.mark.parametrize("name", BODIES)
def test_hits_are_on_the_surface(name):
    body, rng = BODIES[name], np.random.default_rng(2)
    size = body.volume ** (1 / 3)
    position, direction = body.sample(rng, 2000), isotropic_directions(rng, 2000)
    hit = body.exit(position, direction)
    np.testing.assert_allclose(dot(hit.normal, hit.normal), 1, rtol=1e-12)
    assert np.all(dot(hit.normal, direction) > 0)
    assert np.all(hit.point[:, 2] >= body.bottom - 1e-9 * size)
    ahead = position + hit.distance[:, None] * direction
    np.testing.assert_allclose(hit.point, ahead, atol=1e-5 * size)
    # a step further the point is outside: going back it meets the surface at once
    onward = body.exit(hit.point, lambertian_directions(rng, -hit.normal)).distance
    assert np.nanmin(onward) >= 0
    assert np.mean(onward > 1e-6 * size) > 0.99


@pytest.mark.parametrize("name", BODIES)
def test_sizes_scale(name):
    body = BODIES[name]
    large = body.scaled(3.0)
    assert large.volume == pytest.approx(27 * body.volume, rel=1e-9, abs=0)
    assert large.area == pytest.approx(9 * body.area, rel=1e-9, abs=0)
    assert large.bottom == pytest.approx(3 * body.bottom, rel=1e-9, abs=1e-20)


@pytest.mark.parametrize("name", BODIES)
def test_samples_fill_the_volume(name):
    body, rng = BODIES[name], np.random.default_rng(3)
    points = body.sample(rng, 20_000)
    assert points.shape == (20_000, 3)
    if name in {"sphere", "box", "mesh", "dented mesh"}:
        np.testing.assert_allclose(points.mean(0), 0, atol=0.03 * np.ptp(points, axis=0).max())
    if name == "tetrahedron":
        np.testing.assert_allclose(points.mean(0), points.max(0) / 4, rtol=0.05)
    if name == "cap":
        exact = shapes.SphericalCap(base_radius=UM, cap_height=0.4 * UM).centroid_height
        assert points[:, 2].mean() == pytest.approx(exact, rel=0.02)


def _share(body, roughness, tau=0.15, photons=30_000):
    emitter = Emitter([2.4 * e], [1.0], tau / UM)
    fates = Transport(body, OpticalSurface(1.8, roughness), emitter).run(photons, seed=4)
    assert fates.count(LEAKED) <= 1e-4 * photons
    return fates.count(ESCAPED) / photons


@pytest.mark.parametrize("roughness", [0.0, 0.4])
def test_same_body_described_in_three_ways(roughness):
    edge = 0.5 * UM * np.ones(6)
    cube = _mesh(trimesh.creation.box((1, 1, 1)))
    shares = [
        _share(body, roughness)
        for body in (BoxSurface((UM, UM, UM)), ConvexSurface(CUBE, edge), cube)
    ]
    error = np.sqrt(2 * 0.25 / 30_000)
    assert np.ptp(shares) < 4 * error
    assert ConvexSurface(CUBE, edge).volume == pytest.approx(UM**3, rel=1e-12, abs=0)
    assert cube.area == pytest.approx(6 * UM**2, rel=1e-12, abs=0)


def test_round_ellipsoid_and_whole_cap_are_spheres():
    sphere = _share(SphereSurface(UM), 0.0)
    round_one = EllipsoidSurface(np.full(3, UM), np.eye(3), np.zeros(3))
    assert _share(round_one, 0.0) == pytest.approx(sphere, abs=0.014)
    assert _share(CapSurface(1e-5 * UM, 2 * UM), 0.0) == pytest.approx(sphere, abs=0.014)


def test_shapes_of_a_case_become_bodies():
    box = body_of(shapes.Box(a=UM, b=2 * UM, c=3 * UM))
    assert box.volume == pytest.approx(6 * UM**3, rel=1e-12, abs=0)
    assert box.bottom == pytest.approx(0.0, abs=1e-12 * UM)
    grain = shapes.Grain(diameter=3 * UM, seed=2)
    assert body_of(grain).volume == pytest.approx(grain.volume, rel=1e-9, abs=0)
    assert body_of(grain).area == pytest.approx(grain.area, rel=1e-9, abs=0)
    assert body_of(shapes.Sphere(radius=UM)).radius == UM
    cap = shapes.SphericalCap(base_radius=UM, contact_angle=1.0)
    assert body_of(cap).area == pytest.approx(cap.area, rel=1e-12, abs=0)
    assert body_of(2.0).radius == 2.0


def test_surface_of_a_file_becomes_a_mesh(tmp_path):
    path = tmp_path / "ball.stl"
    mesh = trimesh.creation.icosphere(subdivisions=1)
    mesh.export(path)
    body = body_of(shapes.Surface(path=path, unit=UM))
    assert isinstance(body, MeshSurface)
    assert body.volume == pytest.approx(mesh.volume * UM**3, rel=1e-6, abs=0)


def test_bad_bodies_are_refused():
    mesh = trimesh.creation.box((1, 1, 1))
    with pytest.raises(MeshError, match="not closed"):
        MeshSurface(mesh.vertices, mesh.faces[:-1])
    inside_out = MeshSurface(mesh.vertices, mesh.faces[:, ::-1])
    assert inside_out.volume == pytest.approx(1.0)
    with pytest.raises(MeshError, match=r"\(k, 3\)"):
        MeshSurface(np.empty((0, 3)), np.empty((0, 3), int))
    with pytest.raises(ValueError, match="no bounded"):
        _ = ConvexSurface(CUBE[:5], np.ones(5)).vertices
    with pytest.raises(ValueError, match="no bounded"):
        ConvexSurface(CUBE[[0, 3]], [1.0, -2.0])
    with pytest.raises(ValueError, match="positive"):
        SphereSurface(0.0)
    with pytest.raises(ValueError, match="positive"):
        BoxSurface((1.0, -1.0, 1.0))
