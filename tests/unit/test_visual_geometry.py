"""Subdivision of curved cells and cuts through them, against exact areas, lengths and fields."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from thermosim.case.read import parse_case
from thermosim.model.of_case import model_of
from thermosim.visual import fields_cut
from thermosim.visual import fields_lattice as lattice
from thermosim.visual.bodies import body_cuts, panels_of
from thermosim.visual.fields_cut import Cut, cut_of
from thermosim.visual.fields_read import Field

KINDS = [(dim, degree) for dim in (2, 3) for degree in (1, 2, 3)]


def polynomial(x, degree):
    """A full polynomial of a degree in the columns of x."""
    powers = [
        p for p in itertools.product(range(degree + 1), repeat=x.shape[-1]) if sum(p) <= degree
    ]
    return sum((i + 1.5) * np.prod(x**p, axis=-1) for i, p in enumerate(powers))


@pytest.mark.parametrize(("dim", "degree"), KINDS)
def test_shape_functions_are_one_at_their_node(dim, degree):
    nodes = lattice.nodes(dim, degree)
    np.testing.assert_allclose(lattice.basis(dim, degree, nodes), np.eye(len(nodes)), atol=1e-13)


@pytest.mark.parametrize(("dim", "degree"), KINDS)
def test_shape_functions_reproduce_polynomials(dim, degree):
    rng = np.random.default_rng(3)
    corners = rng.normal(size=(dim + 1, dim))
    at = rng.dirichlet(np.ones(dim + 1), size=20)
    nodal = polynomial(lattice.nodes(dim, degree) @ corners, degree)
    found = lattice.evaluate(lattice.basis(dim, degree, at), nodal[None])[0]
    np.testing.assert_allclose(found, polynomial(at @ corners, degree), rtol=1e-11)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("parts", [1, 2, 3, 5])
def test_subdivision_fills_the_simplex_once(dim, parts):
    at, cells = lattice.subdivision(dim, parts)
    edges = np.diff(at[cells][:, :, 1:], axis=1)
    sizes = np.abs(np.linalg.det(edges)) * parts**dim
    np.testing.assert_allclose(sizes, 1.0, rtol=1e-12)
    assert len(cells) == parts**dim
    np.testing.assert_allclose(at.sum(axis=1), 1.0, rtol=1e-14)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_faces_of_a_tetrahedron_are_triangles(degree):
    for face, local in zip(lattice.FACES, lattice.face_nodes(degree), strict=True):
        got = lattice.nodes(3, degree)[local][:, list(face)]
        np.testing.assert_allclose(got, lattice.nodes(2, degree), atol=1e-14)


def box(degree=2, y_low=-1.0, parts=4):
    """Tetrahedra that fill [-1, 1] x [y_low, 1] x [0, 2]; region 2 below z = 1, region 1 above."""
    side = np.linspace(0, 1, parts + 1)
    grid = np.array(list(itertools.product(side, repeat=3)))
    index = np.arange(len(grid)).reshape(3 * (parts + 1,))
    cells = []
    for i, j, k in itertools.product(range(parts), repeat=3):
        for order in itertools.permutations(range(3)):
            at, path = [i, j, k], [index[i, j, k]]
            for axis in order:
                at[axis] += 1
                path.append(index[tuple(at)])
            cells.append(path)
    grid = grid * [2, 1 - y_low, 2] + [-1, y_low, 0]
    return field_of(jittered(grid, y_low, 0.2 / parts), np.array(cells), degree)


def jittered(grid, y_low, size):
    """Move the nodes, but none off the faces of the box, off z = 1 or off y = 0."""
    kept = ((-1.0, 1.0), (y_low, 0.0, 1.0), (0.0, 1.0, 2.0))
    moves = np.random.default_rng(7).uniform(-size, size, grid.shape)
    for axis, planes in enumerate(kept):
        moves[np.isclose(grid[:, axis, None], planes).any(axis=1), axis] = 0.0
    return grid + moves


def field_of(corners, cells, degree):
    x = np.einsum("pk,mkc->mpc", lattice.nodes(3, degree), corners[cells])
    points, inverse = np.unique(np.round(x.reshape(-1, 3), 12), axis=0, return_inverse=True)
    values = 1.0 + points[:, 0] - 2.0 * points[:, 1] + 3.0 * points[:, 2]
    regions = np.where(x.mean(axis=1)[:, 2] > 1.0, 1, 2)
    names = np.arange(len(points))
    return Field(points, inverse.reshape(len(cells), -1), values, regions, names, 3, degree)


def area(cut, region=None):
    there = cut.x if region is None else cut.x[cut.regions == region]
    a, b = there[:, 1] - there[:, 0], there[:, 2] - there[:, 0]
    return 0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()


def length(lines):
    return np.linalg.norm(np.diff(lines, axis=1), axis=2).sum()


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("y", [0.0, 0.3, -0.77])  # 0.0 lies on faces of the mesh
def test_slice_covers_the_section_once(degree, y):
    cut = cut_of(box(degree), "3d", y)
    assert area(cut) == pytest.approx(4.0, rel=1e-12)
    assert area(cut, 1) == pytest.approx(2.0, rel=1e-12)
    x, z = cut.x[:, :, 0], cut.x[:, :, 1]
    np.testing.assert_allclose(cut.values, 1.0 + x - 2.0 * y + 3.0 * z, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("y", [0.0, 0.3])
def test_slice_has_the_outline_of_each_region(y):
    cut = cut_of(box(2), "3d", y)
    assert length(cut.outlines) == pytest.approx(2 * (2 * 2 + 2 * 1), rel=1e-12)


def test_noise_of_nodes_on_the_plane_makes_no_slivers():
    exact = box(2)
    noise = 1e-13 * np.random.default_rng(1).normal(size=len(exact.points))
    noisy = replace(exact, points=exact.points + noise[:, None] * [0, 1, 0])
    assert len(cut_of(noisy, "3d").x) == len(cut_of(exact, "3d").x)


def test_rounding_does_not_lift_points_off_the_plane():
    fine = np.array(
        [[[0.0, 1e-17], [0.0, -3e-16], [0.0, 0.5]], [[0.0, 1e-9], [0.0, 0.0], [0.0, 1e-8]]]
    )
    assert fields_cut._on_plane_exactly(fine)[:, :, -1].tolist() == [[0, 0, 0.5], [1e-9, 0, 1e-8]]


def test_slice_of_curved_cells_is_round():
    """Quadratic tetrahedra bent onto a sphere, cut through the middle."""
    flat = box(2)
    cube = flat.points - [0, 0, 1]
    largest, norm = np.abs(cube).max(axis=1), np.linalg.norm(cube, axis=1)
    ball = cube * np.divide(largest, norm, out=np.zeros_like(norm), where=norm > 0)[:, None]
    bent = Field(ball, flat.cells, flat.values, np.ones_like(flat.regions), flat.names, 3, 2)
    assert area(cut_of(bent, "3d", 0.05)) == pytest.approx(np.pi * (1 - 0.05**2), rel=0.01)


def test_quarter_shows_its_mirror_plane_on_both_sides():
    quarter = box(2, y_low=0.0)
    quarter = replace(quarter, points=quarter.points + np.array([1, 0, 0]))  # x from 0 to 2
    cut = cut_of(quarter, "quarter")
    assert area(cut) == pytest.approx(8.0, rel=1e-12)
    assert cut.extent() == (-2.0, 2.0, 0.0, 2.0)
    # the line between the regions counts twice; the axis does not count
    assert length(cut.outlines) == pytest.approx(2 * (2 + 2 + 2 + 2 * 2), rel=1e-12)


def bent_triangle():
    """One quadratic triangle whose long side is a quarter of the unit circle, nearly."""
    half = np.sqrt(0.5)
    nodes = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0.5, 0, 0], [half, half, 0], [0, 0.5, 0]]
    values = np.array([5.0, 6.0, 7.0, 5.5, 6.5, 6.0])
    one = np.ones(1, dtype=int)
    return Field(np.array(nodes), np.arange(6)[None], values, one, np.arange(6), 2, 2)


def test_axisymmetric_cells_are_drawn_round_and_mirrored():
    cut = cut_of(bent_triangle(), "axisymmetric")
    points, triangles, values = cut.triangles((-2, 2, -2, 2))
    fine = Cut(
        points[triangles], values[triangles], np.ones(len(triangles)), 1, cut.edges, cut.outlines
    )
    # exact area of the quadratic cell: triangle plus 2/3 of chord times bulge
    exact = 0.5 + 2 / 3 * np.sqrt(2) * (1 - np.sqrt(0.5))
    assert area(fine) == pytest.approx(2 * exact, rel=0.01)
    assert values.min() == 5.0
    assert values.max() == 7.0
    assert length(cut.outlines[:1]) == pytest.approx(1.0, rel=1e-12)
    assert len(cut.outlines) == 4  # two sides each: the one on the axis is no outline


def test_window_leaves_out_what_it_does_not_show():
    cut = cut_of(bent_triangle(), "axisymmetric")
    points, triangles, _ = cut.triangles((0.2, 2, 0, 1))
    assert len(triangles)
    assert points[:, 0].min() >= 0.0
    assert not len(cut.triangles((3, 4, 0, 1))[1])


def block(**more):
    tree = {
        "geometry": {"kind": "box", "x": ["-1 um", "1 um"], "y": ["-1 um", "1 um"],
                     "z": ["0 um", "2 um"]},
        "regions": {"body": {"material": "copper"}},
        "boundaries": {"left": {"temperature": "300 K"}},
    }  # fmt: skip
    return model_of(parse_case(tree | more)).layout


def test_a_block_is_cut_twice_through_its_probe():
    probes = [{"name": "p", "point": ["0.3 um", "-0.4 um", "1 um"]}]
    cuts = dict(body_cuts(box(2), block(probes=probes)))
    assert list(cuts) == ["Cut at y = −400 nm", "Cut at x = 300 nm"]
    first, second = cuts.values()
    assert (first.axes, second.axes) == (("x", "z"), ("y", "z"))
    for cut, x, y in ((first, first.x[:, :, 0], -0.4), (second, 0.3, second.x[:, :, 0])):
        assert area(cut) == pytest.approx(4.0, rel=1e-12)
        wanted = 1.0 + x - 2.0 * y + 3.0 * cut.x[:, :, 1]
        np.testing.assert_allclose(cut.values, wanted, rtol=1e-12, atol=1e-12)


def test_cuts_keep_off_the_faces():
    probes = [{"name": "edge", "point": ["1 um", "1 um", "1 um"]}]
    cuts = body_cuts(box(2), block(probes=probes))
    assert [title for title, _ in cuts] == ["Cut at y = 990 nm", "Cut at x = 990 nm"]
    assert [area(cut) for _, cut in cuts] == pytest.approx([4.0, 4.0], rel=1e-12)


def test_small_regions_and_slim_bodies_have_their_panels():
    cut = replace(cut_of(bent_triangle(), "axisymmetric"), numbers={"all": 1})
    assert len(panels_of([("", cut)])) == 1
    tiny = replace(cut, x=np.concatenate([cut.x, 0.01 * cut.x]), regions=np.array([1, 1, 2, 2]),
                   values=np.tile(cut.values, (2, 1)), numbers={"all": 1, "dot": 2})  # fmt: skip
    assert [(p.title, p.stretched) for p in panels_of([("", tiny)])] == [
        ("Whole body", False), ("dot", False)]  # fmt: skip
    slim = replace(cut, x=cut.x * [10.0, 1.0])
    assert panels_of([("", slim)])[0].stretched
