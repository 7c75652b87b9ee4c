import math

import numpy as np
import pytest
from closed_forms import BoxSurface

from thermosim.errors import MeshError
from thermosim.shapes.hits import CutSurface, EllipsoidSurface, SphereSurface
from thermosim.shapes.hits_mesh import MeshSurface

trimesh = pytest.importorskip("trimesh")


def random_rays(count, seed=0):
    generator = np.random.default_rng(seed)
    d = generator.normal(size=(count, 3))
    return d / np.linalg.norm(d, axis=1, keepdims=True), generator


def test_sphere_hit_lies_on_the_sphere():
    d, generator = random_rays(500)
    centre = np.array([1e-6, -2e-6, 3e-6])
    sphere = SphereSurface(5e-6, centre)
    start = centre + 3e-6 * generator.uniform(-0.5, 0.5, (500, 3))
    t, normal = sphere.first_hit(start, d, inside=True)
    end = start + t[:, None] * d - centre
    assert np.linalg.norm(end, axis=1) == pytest.approx(np.full(500, 5e-6), rel=1e-14, abs=0)
    assert normal * 5e-6 == pytest.approx(end, abs=1e-19)
    far = centre + 30e-6 * np.roll(d, 1, axis=0)
    t, _ = sphere.first_hit(far, d, inside=False)
    hit = np.isfinite(t)
    assert 0 < hit.sum() < 500
    closest = np.linalg.norm(np.cross(far - centre, d), axis=1)
    ahead = np.sum((far - centre) * d, axis=1) < 0
    assert np.array_equal(hit, (closest < 5e-6) & ahead)


def test_chord_from_the_surface_is_exact():
    d, _ = random_rays(300, 1)
    normal, _ = random_rays(300, 2)
    d = np.where(np.sum(d * normal, axis=1)[:, None] > 0, -d, d)
    t, _ = SphereSurface(2.0).first_hit(2.0 * normal, d, inside=True)
    assert t == pytest.approx(-4.0 * np.sum(d * normal, axis=1), abs=1e-12)
    away, _ = SphereSurface(2.0).first_hit(2.0 * normal, -d, inside=False)
    assert np.all(np.isinf(away))


def test_cut_sphere():
    cut = CutSurface(SphereSurface(1.0, (0, 0, 0.6)))
    down, up = [[0, 0, -1.0]], [[0, 0, 1.0]]
    t, normal = cut.first_hit(np.array([[0.3, 0, 0.5]]), np.array(down), inside=True)
    assert (t[0], *normal[0]) == (0.5, 0, 0, -1)
    t, normal = cut.first_hit(np.array([[0.3, 0, -1.0]]), np.array(up), inside=False)
    assert (t[0], *normal[0]) == (1.0, 0, 0, -1)
    # beside the disk (its radius is 0.8) the ray from below meets the round side
    t, normal = cut.first_hit(np.array([[0.9, 0, -1.0]]), np.array(up), inside=False)
    assert t[0] == pytest.approx(1.6 - math.sqrt(0.19))
    assert normal[0, 2] < 0.0
    # toward the part cut away: nothing there
    side = np.array([[-3.0, 0, -0.2]]), np.array([[1.0, 0, 0]])
    assert np.isinf(cut.first_hit(*side, inside=False)[0][0])


def test_ellipsoid_hits_solve_its_equation():
    axes = np.array([1.0, 2.0, 0.5])
    rotation = np.linalg.qr(np.random.default_rng(7).normal(size=(3, 3)))[0]
    centre = np.array([0.3, -0.2, 1.0])
    body = EllipsoidSurface(axes, rotation, centre)
    d, generator = random_rays(400, 5)
    start = centre + (generator.uniform(-0.5, 0.5, (400, 3)) * axes) @ rotation.T
    for origins, inside in ((start, True), (start - 9.0 * d, False)):
        t, normal = body.first_hit(origins, d, inside)
        at = (origins + t[:, None] * d - centre) @ rotation
        assert ((at / axes) ** 2).sum(axis=1) == pytest.approx(np.ones(400), rel=1e-12)
        gradient = (at / axes**2) @ rotation.T
        gradient /= np.linalg.norm(gradient, axis=1, keepdims=True)
        assert np.abs(normal - gradient).max() < 1e-11
        assert np.all((np.sum(normal * d, axis=1) > 0) == inside)


def test_ellipsoid_with_equal_axes_is_a_sphere():
    d, generator = random_rays(200, 6)
    start = -4.0 * d + generator.uniform(-1, 1, (200, 3))
    one = SphereSurface(0.9, (0.1, 0, 0)).first_hit(start, d, inside=False)
    other = EllipsoidSurface([0.9] * 3, np.eye(3), (0.1, 0, 0)).first_hit(start, d, inside=False)
    hit = np.isfinite(one[0])
    assert np.array_equal(hit, np.isfinite(other[0]))
    assert other[0][hit] == pytest.approx(one[0][hit], rel=1e-12)
    assert np.abs(other[1] - one[1])[hit].max() < 1e-12


def test_mesh_and_box_agree():
    box = trimesh.creation.box((2e-6, 3e-6, 4e-6))
    surface = MeshSurface(box.vertices, box.faces)
    d, generator = random_rays(2000, 3)
    half = np.array([1e-6, 1.5e-6, 2e-6])
    start = generator.uniform(-0.99, 0.99, (2000, 3)) * half
    t, normal = surface.first_hit(start, d, inside=True)
    exact = ((np.sign(d) * half - start) / d).min(axis=1)
    assert t == pytest.approx(exact, rel=1e-9, abs=1e-18)
    assert np.abs(normal).max(axis=1) == pytest.approx(np.ones(2000), rel=1e-12)
    assert np.all(np.sum(normal * d, axis=1) > 0)


def test_rays_that_start_on_the_mesh_do_not_meet_their_own_face():
    ball = trimesh.creation.icosphere(4)
    surface = MeshSurface(ball.vertices, ball.faces)
    d, _ = random_rays(3000, 4)
    aim = 0.5 * np.roll(d, 1, axis=0)
    t, normal = surface.first_hit(-3.0 * d + aim, d, inside=False)
    hit = np.isfinite(t)
    entry, d, normal = (-3.0 * d + aim + t[:, None] * d)[hit], d[hit], normal[hit]
    through, _ = surface.first_hit(entry, d, inside=True)
    assert np.all(np.isfinite(through))
    inner = entry + through[:, None] * d
    assert np.linalg.norm(inner, axis=1) == pytest.approx(np.ones(len(inner)), abs=5e-3)
    again, _ = surface.first_hit(inner, d, inside=False)
    assert np.all(np.isinf(again))
    mirrored = d - 2 * np.sum(d * normal, axis=1, keepdims=True) * normal
    assert np.all(np.isinf(surface.first_hit(entry, mirrored, inside=False)[0]))


def test_enclosing_sphere_of_a_mesh():
    box = trimesh.creation.box((2.0, 2.0, 1.0))
    surface = MeshSurface(box.vertices + np.array([5, 0, 0]), box.faces)
    assert surface.centre == pytest.approx([5, 0, 0])
    assert surface.radius == pytest.approx(1.5)


def test_triangles_that_look_inward_are_turned():
    box, (d, generator) = trimesh.creation.box((1, 1, 1)), random_rays(100, 8)
    start = generator.uniform(-0.4, 0.4, (100, 3))
    one, other = (MeshSurface(box.vertices, f) for f in (box.faces, box.faces[:, ::-1]))
    t, normal = other.first_hit(start, d, inside=True)
    assert np.all(np.sum(normal * d, axis=1) > 0)
    assert t == pytest.approx(one.first_hit(start, d, inside=True)[0], rel=1e-12)


@pytest.mark.parametrize("inside", [True, False])
def test_half_spaces_and_triangles_agree(inside):
    box = trimesh.creation.box((2e-6, 3e-6, 4e-6))
    mesh, exact = MeshSurface(box.vertices, box.faces), BoxSurface((2e-6, 3e-6, 4e-6))
    assert exact.radius == pytest.approx(mesh.radius, rel=1e-12, abs=0)
    d, generator = random_rays(2000, 9)
    start = generator.uniform(-0.99, 0.99, (2000, 3)) * (1e-6, 1.5e-6, 2e-6)
    start = start if inside else start - 9e-6 * d + 1e-6 * np.roll(d, 1, axis=0)
    (t, normal), (t_mesh, normal_mesh) = (b.first_hit(start, d, inside) for b in (exact, mesh))
    hit = np.isfinite(t)
    assert np.array_equal(hit, np.isfinite(t_mesh))
    assert hit.all() == inside
    assert t[hit] == pytest.approx(t_mesh[hit], rel=1e-9, abs=1e-18)
    assert np.abs(normal - normal_mesh)[hit].max() < 1e-12


def test_bad_surfaces_are_refused():
    box = trimesh.creation.box((1, 1, 1))
    with pytest.raises(MeshError, match="not closed"):
        MeshSurface(box.vertices, box.faces[:-1])
    with pytest.raises(ValueError, match="radius = -1"):
        SphereSurface(-1.0)
    with pytest.raises(ValueError, match="below the top"):
        CutSurface(SphereSurface(1.0), 2.0)
