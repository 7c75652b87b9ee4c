"""Exchange areas: closed forms, occlusion, closure, reflections; both methods compared."""

import numpy as np
import pytest
from closed_forms import disk_to_disk, sphere_to_disk
from hypothesis import given, settings
from hypothesis import strategies as st

from thermosim.bodies.viewfactors import Estimate, absorption_factors, close, cluster
from thermosim.bodies.viewfactors_rays import Triangles, lambert
from thermosim.bodies.viewfactors_rays import exchange_areas as by_rays
from thermosim.bodies.viewfactors_revolved import Profile
from thermosim.bodies.viewfactors_revolved import exchange_areas as exact


def edges(points, sign, patch, face):
    """Edges along points (r, z); the normal is to the right of the way, times `sign`."""
    points = np.asarray(points, float)
    ends = np.stack([points[:-1], points[1:]], axis=1)
    along = ends[:, 1] - ends[:, 0]
    normals = sign * np.stack([along[:, 1], -along[:, 0]], axis=1)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    return ends, normals, np.full(len(ends), patch), np.full(len(ends), face)


def ring(inner, outer, z, up, patch, face, n=4):
    r = np.linspace(inner, outer, n + 1)
    return edges(np.stack([r, np.full(n + 1, z)], axis=1), -1 if up else 1, patch, face)


def arc(radius, patch, face, n, sign=1):
    a = np.linspace(0, np.pi, n + 1)
    return edges(radius * np.stack([np.sin(a), -np.cos(a)], axis=1), sign, patch, face)


def tube(radius, low, high, sign, patch, face, n=6):
    z = np.linspace(low, high, n + 1)
    return edges(np.stack([np.full(n + 1, radius), z], axis=1), sign, patch, face)


def profile(*parts):
    return Profile(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def areas(shape):
    mine = shape.patch >= 0
    return np.bincount(shape.patch[mine], shape.areas[mine])


@pytest.mark.parametrize(("r_1", "r_2", "gap"), [(1, 1, 1), (1, 3, 0.1), (2, 0.5, 4), (1, 1, 1e-3)])
@pytest.mark.parametrize("n", [1, 5])
def test_coaxial_disks(r_1, r_2, gap, n):
    shape = profile(ring(0, r_1, 0, True, 0, 0, n), ring(0, r_2, gap, False, 1, 1, n))
    found = exact(shape).exchange[0, 1] / (np.pi * r_1**2)
    assert found == pytest.approx(float(disk_to_disk(r_1, r_2, gap)), rel=1e-6)


@pytest.mark.parametrize(("height", "radius"), [(1.0, 1.0), (1.5, 3.0), (1.001, 0.3)])
def test_sphere_to_disk_below(height, radius):
    """Polygons of revolution come near the sphere with the square of their edges."""
    misfits = []
    for n in (32, 64, 128):
        shape = profile(arc(1.0, 0, 0, n), ring(0, radius, -height, True, 1, 1, n // 4))
        estimate = exact(shape)
        found = estimate.exchange[0, 1] / areas(shape)[0]
        misfits.append(found / float(sphere_to_disk(height, radius)) - 1)
    assert abs(misfits[2]) < 3e-4
    assert misfits[0] / misfits[2] == pytest.approx(16, rel=0.35)


def test_a_screen_and_its_hole_add_up():
    """What passes a hole and what its plug takes away make up the view without either."""
    low, high = ring(0, 1, 0, True, 0, 0), ring(0, 1, 2, False, 1, 1)
    free = np.pi * float(disk_to_disk(1, 1, 2))
    hole = exact(profile(low, high, ring(0.5, 5, 1, True, -1, 2))).exchange[0, 1]
    plug = exact(profile(low, high, ring(0, 0.5, 1, True, -1, 2))).exchange[0, 1]
    shut = exact(profile(low, high, ring(0, 1, 1, True, -1, 2))).exchange[0, 1]
    assert hole + plug == pytest.approx(free, rel=1e-5)
    assert 0.4 < hole / free < 0.6
    assert shut == 0.0


def test_finite_concentric_cylinders():
    """Outer to inner and to itself past the inner: Howell C-91, radii 1 and 2, length 4."""
    shape = profile(tube(1, 0, 4, 1, 0, 0, 8), tube(2, 0, 4, -1, 1, 1, 8))
    found = exact(shape).exchange / areas(shape)[:, None]
    R, H = 2.0, 4.0
    A, B = H**2 + R**2 - 1, H**2 - R**2 + 1
    inner = (1 / R) * (
        1
        - np.arccos(B / A) / np.pi
        + (np.sqrt((A + 2) ** 2 - (2 * R) ** 2) * np.arccos(B / (R * A))
           + B * np.arcsin(1 / R) - np.pi * A / 2) / (2 * np.pi * H)
    )  # fmt: skip
    root = np.sqrt(4 * R**2 + H**2)
    itself = (
        1
        - 1 / R
        + 2 / (np.pi * R) * np.arctan(2 * np.sqrt(R**2 - 1) / H)
        - H
        / (2 * np.pi * R)
        * (
            root
            / H
            * np.arcsin((4 * (R**2 - 1) + H**2 / R**2 * (R**2 - 2)) / (H**2 + 4 * (R**2 - 1)))
            - np.arcsin((R**2 - 2) / R**2)
            + np.pi / 2 * (root / H - 1)
        )
    )
    assert found[1, 0] == pytest.approx(inner, rel=1e-5)
    assert found[1, 1] == pytest.approx(itself, rel=3e-4)


def test_concentric_spheres_see_all_of_each_other():
    shape = profile(arc(1.0, 0, 0, 24), arc(2.0, 1, 1, 24, -1))
    S, A = exact(shape).exchange, areas(shape)
    assert S[0, 0] == 0.0
    assert S[0, 1] == pytest.approx(A[0], rel=1e-5)
    assert S.sum(axis=1) == pytest.approx(A, rel=1e-4)  # nothing leaves


def sphere_mesh(center, subdivisions):
    import trimesh

    return trimesh.creation.icosphere(subdivisions=subdivisions).triangles + center


def disk_mesh(radius, z, up, n_r=8, n_phi=256):
    phi = 2 * np.pi * np.arange(n_phi + 1) / n_phi
    r = np.linspace(0, radius, n_r + 1)
    p = np.stack(
        [np.outer(r, np.cos(phi)), np.outer(r, np.sin(phi)), np.full((n_r + 1, n_phi + 1), z)], -1
    )
    a, b, c, d = p[:-1, :-1], p[1:, :-1], p[1:, 1:], p[:-1, 1:]
    found = np.concatenate(
        [np.stack([a, b, c], -2).reshape(-1, 3, 3), np.stack([a, c, d], -2)[1:].reshape(-1, 3, 3)]
    )
    return found if up else found[:, ::-1]


def surface(*parts):
    corners = np.concatenate([np.ascontiguousarray(c) for c, _ in parts])
    patch = np.concatenate([np.broadcast_to(p, len(c)) for c, p in parts])
    return Triangles(corners, patch, np.ones(len(corners), dtype=bool))


@pytest.mark.parametrize("seed", [0, 1])
def test_rays_between_coaxial_disks(seed):
    shape = surface((disk_mesh(1, 0, True), 0), (disk_mesh(2, 0.5, False), 1))
    estimate = by_rays(shape, 2**15, seed)
    A = np.bincount(shape.patch, shape.areas)
    assert estimate.exchange[0, 1] / A[0] == pytest.approx(float(disk_to_disk(1, 2, 0.5)), rel=2e-3)
    assert estimate.exchange[0, 0] == 0.0


def test_rays_from_a_sphere_to_a_disk_below():
    sphere = sphere_mesh([0, 0, 1.2], 4)
    normals = sphere.mean(axis=1) - [0, 0, 1.2]
    patch = cluster(sphere.mean(axis=1), normals, np.ones(len(sphere)), 16)
    shape = surface((sphere, patch), (disk_mesh(3, 0, True), 16))
    A = np.bincount(shape.patch, shape.areas)
    S = close(by_rays(shape, 2**15, 0), A)
    found = S[:16, 16].sum() / A[:16].sum()
    assert found == pytest.approx(float(sphere_to_disk(1.2, 3)), rel=2e-3)


def test_rays_stop_at_a_screen_as_the_exact_method_says():
    top, bottom = disk_mesh(0.5, 1.0001, True), disk_mesh(0.5, 1, False)
    low, high = disk_mesh(1, 0, True), disk_mesh(1, 2, False)
    shape = surface((low, 0), (high, 1), (top, -1), (bottom, -1))
    found = by_rays(shape, 2**17, 0).exchange[0, 1]
    plug = profile(
        ring(0, 1, 0, True, 0, 0), ring(0, 1, 2, False, 1, 1), ring(0, 0.5, 1, True, -1, 2)
    )
    assert found == pytest.approx(exact(plug).exchange[0, 1], rel=1e-2)


def test_lambert_directions():
    rng = np.random.default_rng(0)
    n = np.tile([[0.6, 0.0, 0.8]], (200_000, 1))
    d = lambert(n, rng.random(len(n)), rng.random(len(n)))
    assert np.linalg.norm(d, axis=1) == pytest.approx(1.0, abs=1e-12)
    cosine = d @ n[0]
    assert cosine.min() >= 0
    assert cosine.mean() == pytest.approx(2 / 3, abs=5e-3)
    assert d.mean(axis=0) == pytest.approx(2 / 3 * n[0], abs=5e-3)


@settings(max_examples=50)
@given(n=st.integers(2, 12), seed=st.integers(0, 10**6), noise=st.floats(0, 0.1))
def test_closure(n, seed, noise):
    """Row sums within the areas, reciprocity, zeros kept; a right estimate stays as it is."""
    rng = np.random.default_rng(seed)
    S = rng.random((n, n)) * (rng.random((n, n)) < 0.7)
    S = S + S.T
    chamber = rng.random(n)
    A = S.sum(axis=1) + chamber
    true = close(Estimate(S, chamber, S, chamber), A)
    assert true == pytest.approx(S, abs=1e-12)
    off = 1 + noise * rng.uniform(-1, 1, (n, n))
    bad = S * (off + off.T) / 2
    found = close(Estimate(bad, chamber, bad, chamber), A)
    assert found == pytest.approx(found.T, abs=1e-14)
    assert np.all(found >= 0)
    assert np.all(found[S == 0] == 0)
    assert np.all(found.sum(axis=1) <= A * (1 + 1e-12))


def test_closure_of_a_closed_box_leaves_no_opening():
    S = np.array([[0.0, 1.01, 0.48], [1.01, 0.3, 0.7], [0.48, 0.7, 0.1]])
    A = np.array([1.5, 2.0, 1.3])
    found = close(Estimate(S, np.zeros(3), S, np.zeros(3)), A)
    assert found.sum(axis=1) == pytest.approx(A, rel=1e-12)


def test_absorption_factors():
    """Two infinite plates: 1/(1/ε₁ + 1/ε₂ - 1) of black emission goes across."""
    S, A, eps = np.array([[0.0, 1.0], [1.0, 0.0]]), np.ones(2), np.array([0.8, 0.4])
    B = absorption_factors(S, A, eps)
    assert eps[0] * B[0, 1] == pytest.approx(1 / (1 / 0.8 + 1 / 0.4 - 1), rel=1e-12)
    assert B.sum(axis=1) == pytest.approx(1.0, rel=1e-12)


def test_clusters_are_graded_and_complete():
    r = np.geomspace(1e-9, 1e-3, 400)
    points = np.stack([r, 0 * r], axis=1)
    patch = cluster(points, np.tile([0.0, 1.0], (400, 1)), 0.05 * r, 20)
    counts = np.bincount(patch)
    assert len(counts) == 20
    assert counts.min() >= 19
    assert counts.max() <= 21
    widths = [np.ptp(r[patch == p]) / r[patch == p].mean() for p in range(20)]
    assert max(widths) < 1.5  # no patch spans decades
    assert list(cluster(points[:5], points[:5], r[:5], 20)) == [0, 1, 2, 3, 4]
