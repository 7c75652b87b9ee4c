from functools import partial
from math import isclose, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.spatial import ConvexHull
from shadows import projected_area

from thermosim.shapes import (
    Box,
    Grain,
    HexagonalPrism,
    Polyhedron,
    Rhombohedron,
    TruncatedCube,
    TruncatedOctahedron,
)
from thermosim.shapes.hull import from_halfspaces
from thermosim.shapes.polyhedron import polyhedron_moments

close = partial(pytest.approx, abs=0)  # the default, 1e-12, would hide what is in m² or m³

U = 1e-6
SHAPES = [
    Box(a=3 * U, b=2 * U, c=0.2 * U),
    Rhombohedron(edge=U, angle=np.radians(88.86)),
    Rhombohedron(edge=U, angle=0.4),
    Rhombohedron(edge=U, angle=2.0),
    HexagonalPrism(edge=U, length=5 * U),
    TruncatedOctahedron(edge=3 * U),
    TruncatedOctahedron(edge=3 * U, truncation=0.2),
    TruncatedCube(edge=U),
    TruncatedCube(edge=U, truncation=0.45),
    Grain(diameter=10 * U, seed=7),
    Grain(diameter=10 * U, facets=60, roughness=0.0, aspect=(0.3, 1.0, 0.5), seed=1),
]
RESTS = ["facet", "edge", "vertex"]


def label(shape):
    return f"{shape.kind}-{SHAPES.index(shape)}"


def posed(shape, rest_on, **more):
    return type(shape)(**(shape.model_dump() | {"rest_on": rest_on} | more))


@pytest.mark.parametrize("shape", SHAPES, ids=label)
def test_closed_forms_equal_the_hull_of_the_vertices(shape):
    vertices, faces = shape.vertices_faces()
    hull = ConvexHull(vertices / U)
    assert shape.volume == close(hull.volume * U**3, rel=1e-12)
    assert shape.area == close(hull.area * U**2, rel=1e-12)
    edges = sum(len(f) for f in faces) // 2
    assert len(vertices) - edges + len(faces) == 2  # Euler


def test_textbook_numbers():
    e = 2.0
    octahedron = TruncatedOctahedron(edge=3 * e)  # regular: every edge is e
    assert octahedron.volume == close(8 * sqrt(2) * e**3, rel=1e-14)
    assert octahedron.area == close((6 + 12 * sqrt(3)) * e**2, rel=1e-14)
    cube = TruncatedCube(edge=e * (1 + sqrt(2)))
    assert cube.volume == close((21 + 14 * sqrt(2)) / 3 * e**3, rel=1e-14)
    assert cube.area == close(2 * (6 + 6 * sqrt(2) + sqrt(3)) * e**2, rel=1e-14)
    assert Rhombohedron(edge=e, angle=pi / 2).volume == close(e**3, rel=1e-14)
    for shape in (octahedron, cube):
        vertices = shape.body().vertices
        lengths = [np.linalg.norm(vertices[a] - vertices[b]) for a, b in shape.body().edges()]
        assert lengths == close([e] * len(lengths), rel=1e-13)


@pytest.mark.parametrize("rest_on", RESTS)
@pytest.mark.parametrize("shape", SHAPES, ids=label)
def test_pose(shape, rest_on):
    shape = posed(shape, rest_on, azimuth=0.3)
    vertices, faces = shape.vertices_faces()
    touching = {"facet": 3, "edge": 2, "vertex": 1}[rest_on]
    low = vertices[:, 2] == 0
    assert vertices[:, 2].min() == 0
    assert low.sum() == touching or (rest_on == "facet" and low.sum() > 3)
    assert (shape.base_area > 0) == (rest_on == "facet")
    normals, offsets = shape.convex_halfspaces()
    inside = vertices @ normals.T - offsets
    assert np.max(inside) < 1e-12 * shape.height  # convex, normals outward
    for face, normal in zip(faces, normals, strict=True):
        turn = np.cross(
            vertices[face[1]] - vertices[face[0]], vertices[face[2]] - vertices[face[1]]
        )
        assert turn @ normal > 0  # counterclockwise from outside
    hull = ConvexHull(vertices / U)
    assert shape.volume == close(hull.volume * U**3, rel=1e-12)
    box = np.array(shape.bounding_box)
    assert box == pytest.approx(np.array([vertices.min(0), vertices.max(0)]), abs=1e-18)


@pytest.mark.parametrize("shape", SHAPES, ids=label)
def test_shadow_equals_the_hull_of_the_projected_vertices(shape):
    shape = posed(shape, "vertex")
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(4, 3))
    shadows = projected_area(shape, directions)
    for direction, shadow in zip(directions, shadows, strict=True):
        plane = np.linalg.svd(direction[None, :])[2][1:]
        flat = shape.vertices_faces()[0] @ plane.T / U
        assert shadow == close(ConvexHull(flat).volume * U**2, rel=1e-12)
    assert projected_area(shape, -2 * directions) == close(shadows, rel=1e-15)


def test_mean_shadow_is_a_quarter_of_the_surface():
    """Cauchy's theorem, by the exact mean over the octahedral average of a fine grid."""
    shape = Grain(diameter=U, seed=3)
    x, w = np.polynomial.legendre.leggauss(200)
    turn = 2 * pi * (np.arange(400) + 0.5) / 400
    s = np.sqrt(1 - x * x)
    d = np.stack(
        [np.outer(s, np.cos(turn)), np.outer(s, np.sin(turn)), np.outer(x, np.ones(400))], -1
    )
    mean = (projected_area(shape, d).mean(axis=1) * w).sum() / 2
    assert mean == close(shape.area / 4, rel=1e-5)


@pytest.mark.parametrize("rest_on", ["edge", "vertex"])
@pytest.mark.parametrize("part", [1e-3, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("shape", SHAPES, ids=label)
def test_cut_equals_the_cut_polyhedron(shape, rest_on, part):
    shape = posed(shape, rest_on)
    contact = part * shape.largest_contact_radius
    cut, body = shape.truncated(contact), shape.truncated_polyhedron(contact)
    volume, area, centroid = polyhedron_moments(body)
    hull = ConvexHull(body.vertices / U)
    assert cut.volume == close(hull.volume * U**3, rel=1e-11)
    assert volume == close(hull.volume * U**3, rel=1e-11)
    assert area == close(hull.area * U**2, rel=1e-11)
    assert cut.area == close(area, rel=1e-11)
    assert cut.centroid_height == close(centroid[2], rel=1e-11)
    assert cut.contact_area == close(pi * contact**2, rel=1e-14)
    flat = -body.face_vectors()[-1]
    assert flat[2] == close(cut.contact_area, rel=1e-8)
    assert cut.height == close(body.vertices[:, 2].max(), rel=1e-13)
    assert cut.depth + cut.height == close(shape.height, rel=1e-13)


def test_cube_on_its_corner():
    """The tip of a cube: section 3√3/2 d² at depth d, volume √3/2 d³."""
    cube = Box(a=U, b=U, c=U, rest_on="vertex")
    b = 0.05 * U
    depth = sqrt(pi * b * b / (1.5 * sqrt(3)))
    cut = cube.truncated(b)
    assert cut.depth == close(depth, rel=1e-12)
    assert cube.volume - cut.volume == close(sqrt(3) / 2 * depth**3, rel=1e-9)
    assert cube.height == close(sqrt(3) * U, rel=1e-14)
    assert cube.centroid_height == close(sqrt(3) / 2 * U, rel=1e-14)
    # the widest section is the regular hexagon through the centre
    widest = 3 * sqrt(3) / 4 * U * U
    assert cube.largest_contact_radius == close(sqrt(widest / pi), rel=1e-12)


def test_contact_on_a_facet():
    box = Box(a=4 * U, b=2 * U, c=U)
    assert box.base_area == close(8 * U * U, rel=1e-14)
    assert box.largest_contact_radius == close(U, rel=1e-14)
    body = box.truncated(0.5 * U)
    assert body.free_area == close(box.area - pi * 0.25 * U * U, rel=1e-14)
    assert (body.volume, body.depth) == close((box.volume, 0.0), rel=1e-13)
    assert len(box.truncated_polyhedron(0.5 * U).faces) == 6
    with pytest.raises(ValueError, match="facet's edge, 1e-06 m"):
        box.truncated(1.01 * U)
    side = posed(box, "facet", rest_index=2)
    assert side.height == close(4 * U, rel=1e-14)
    with pytest.raises(ValueError, match="widest section"):
        posed(box, "edge").truncated(5 * U)
    with pytest.raises(ValueError, match="contact radius"):
        posed(box, "vertex").truncated(-U)


def test_euler_angles():
    box = Box(a=3 * U, b=2 * U, c=U, rest_on="lowest", euler_angles=(0.2, pi / 2, 0.0))
    assert box.height == close(2 * U, rel=1e-14)
    c, s = np.cos(0.2), np.sin(0.2)
    assert box.bounding_box[1][0] == close((1.5 * c + 0.5 * s) * U, rel=1e-13)


@given(st.floats(0.3, 2.0), st.floats(1e-3, 1e3))
@settings(max_examples=30)
def test_scaling(angle, factor):
    one, other = (Rhombohedron(edge=e, angle=angle, rest_on="vertex") for e in (1.0, factor))
    assert isclose(other.volume, factor**3 * one.volume, rel_tol=1e-12)
    assert isclose(other.area, factor**2 * one.area, rel_tol=1e-12)
    a = one.truncated(0.3 * one.largest_contact_radius)
    b = other.truncated(0.3 * other.largest_contact_radius)
    assert isclose(b.volume, factor**3 * a.volume, rel_tol=1e-10)
    assert isclose(b.depth, factor * a.depth, rel_tol=1e-10)


def test_grain_is_what_was_asked_for():
    for facets in (8, 20, 60):
        grain = Grain(diameter=U, facets=facets, seed=11)
        assert len(grain.body().faces) == facets
        assert grain.volume == close(pi * U**3 / 6, rel=1e-14)
        assert grain.equivalent_radius == close(U / 2, rel=1e-14)
        areas = np.linalg.norm(grain.body().face_vectors(), axis=1)
        assert np.all(np.diff(areas) <= 0)
    flat = Grain(diameter=U, facets=100, roughness=0, aspect=(1.0, 0.8, 0.2), seed=2)
    extent = np.ptp(flat.body().vertices, axis=0)
    assert extent / extent[0] == close([1, 0.8, 0.2], rel=0.1)


def test_grain_follows_its_seed():
    one, same, other = (Grain(diameter=U, seed=s).body().vertices for s in (5, 5, 6))
    assert np.array_equal(one, same)
    assert one.shape != other.shape or not np.allclose(one, other)
    # the same grain on every machine and in every version
    assert one[0] / U == close(GRAIN_5_FIRST_VERTEX, rel=1e-9)


GRAIN_5_FIRST_VERTEX = [0.03066619050084172, 0.04619142800399915, -0.41597990925026307]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rest_on": "lowest"}, "needs euler_angles"),
        ({"euler_angles": (0, 0, 0)}, "euler_angles belong"),
        ({"rest_index": 6}, "must be below 6"),
        ({"rest_on": "edge", "rest_index": 12}, "must be below 12"),
        ({"rest_on": "side"}, "facet"),
    ],
)
def test_bad_pose(fields, message):
    with pytest.raises(ValidationError, match=message):
        Box(a=1, b=1, c=1, **fields)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Grain(diameter=U, aspect=(0.5, 0.5, 0.5)), "largest of the three must be 1"),
        (lambda: Grain(diameter=U, facets=3), "greater than or equal to 8"),
        (lambda: Rhombohedron(edge=U, angle=2.1), "less than 2.09"),
        (lambda: TruncatedCube(edge=U, truncation=0.6), "less than 0.5"),
    ],
)
def test_bad_shapes(make, message):
    with pytest.raises(ValidationError, match=message):
        make()


def test_halfspaces_that_enclose_nothing():
    with pytest.raises(ValueError, match="leave the body open"):
        from_halfspaces([(1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, -1, 0.5), (-1, 0, 0)], [1] * 5)
    with pytest.raises(ValueError, match="origin must lie inside"):
        from_halfspaces(np.vstack([np.eye(3), -np.eye(3)]), [1, 1, 1, 1, 1, -0.5])


def test_flat_body_has_no_volume():
    flat = Polyhedron(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), ((0, 1, 2), (0, 2, 1)))
    with pytest.raises(ValueError, match="enclose no volume"):
        polyhedron_moments(flat)
