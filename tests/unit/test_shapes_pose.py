"""Poses follow from stated conventions: rounding, versions and processors do not turn a body."""

import numpy as np
import pytest

from thermosim.shapes import (
    Box,
    HexagonalPrism,
    Rhombohedron,
    TruncatedCube,
    TruncatedOctahedron,
    hull,
)
from thermosim.shapes.faceted import resting

UM = 1e-6
SHAPES = [
    Box(a=2 * UM, b=1 * UM, c=3 * UM),
    Box(a=1 * UM, b=2 * UM, c=3 * UM),
    Box(a=12 * UM, b=8 * UM, c=3 * UM),
    Box(a=1 * UM, b=1 * UM, c=1 * UM),
    *(Rhombohedron(edge=8 * UM, angle=np.deg2rad(a)) for a in (60, 75, 88.86, 90, 100)),
    *(HexagonalPrism(edge=e * UM, length=12 * UM) for e in (1, 4)),
    *(TruncatedOctahedron(edge=e * UM) for e in (5, 12)),
    *(TruncatedCube(edge=e * UM) for e in (3, 10)),
]


@pytest.fixture
def shaken(monkeypatch):
    """Let Qhull hand over the same corners in another order, each off by rounding."""
    made, merge = np.random.default_rng(7), hull.merge_points

    def other_library(points):
        order = made.permutation(len(points))
        noise = 1 + 4e-16 * made.integers(-4, 5, points.shape)
        return merge(points[order] * noise + 2e-16 * made.integers(-4, 5, points.shape))

    def shake():
        resting.cache_clear()
        monkeypatch.setattr(hull, "merge_points", other_library)

    yield shake
    resting.cache_clear()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: s.kind)
def test_rounding_does_not_turn_a_body(shape, shaken):
    resting.cache_clear()
    poses = [
        shape.model_copy(update={"rest_on": on, "rest_index": i})
        for on in ("facet", "edge", "vertex")
        for i in range(3)
    ]
    before = [pose.vertices_faces() for pose in poses]
    shaken()
    for _ in range(6):
        resting.cache_clear()
        for pose, (vertices, faces) in zip(poses, before, strict=True):
            again, same = pose.vertices_faces()
            assert same == faces
            assert np.allclose(again, vertices, rtol=0, atol=1e-12 * UM)


@pytest.mark.parametrize("sides", [(2, 1, 3), (1, 2, 3), (3, 2, 1), (12, 8, 3), (1, 1, 5)])
def test_a_box_stands_as_its_keys_say(sides):
    """a along x, b along y, c upward."""
    a, b, c = (side * UM for side in sides)
    low, high = Box(a=a, b=b, c=c).bounding_box
    assert np.allclose(np.subtract(high, low), [a, b, c], rtol=1e-12)


def test_equal_heights_are_equal_to_rounding():
    """Also beside a multiple of half the old grid of 1e-9, where rounding went up or down."""
    z = 0.5e-9 * np.array([1 + 1e-8, 1 - 1e-8, 1, 1])
    points = np.column_stack([[3, 2, 1, 0], [0, 0, 0, 0.0], z]).astype(float)
    assert hull._by_height(points).tolist() == [3, 2, 1, 0]
