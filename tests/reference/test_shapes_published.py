"""Shapes against published numbers and independent codes (trimesh, OpenCASCADE)."""

from functools import partial
from math import acos, degrees, pi

import numpy as np
import pytest

from thermosim.shapes import (
    Box,
    Ellipsoid,
    Grain,
    HexagonalPrism,
    Rhombohedron,
    Sphere,
    TruncatedCube,
    TruncatedOctahedron,
)

close = partial(pytest.approx, abs=0)  # the default, 1e-12, would hide what is in m² or m³

# Volume and surface at edge 1: MathWorld, "Truncated Octahedron" and "Truncated Cube".
ARCHIMEDEAN = [
    (TruncatedOctahedron(edge=3.0), 11.31370850, 26.78460969),
    (TruncatedCube(edge=1 + 2**0.5), 13.59966329, 32.43466436),
]


@pytest.mark.parametrize(("shape", "volume", "area"), ARCHIMEDEAN)
def test_archimedean_solids(shape, volume, area):
    assert shape.volume == pytest.approx(volume, abs=5e-9)
    assert shape.area == pytest.approx(area, abs=5e-9)


def test_rhombohedral_cell_of_cs4pbbr6():
    """Hexagonal cell 13.73 x 17.32 Å (space group R-3c): volume V, primitive cell V/3."""
    a, c = 13.73, 17.32
    edge = np.sqrt(a * a / 3 + c * c / 9)
    angle = acos(1 - a * a / (2 * edge**2))
    assert degrees(angle) == pytest.approx(88.86, abs=0.01)
    cell = Rhombohedron(edge=edge, angle=angle)
    assert cell.volume == close(3**0.5 / 2 * a * a * c / 3, rel=1e-13)
    # on its vertex the threefold axis stands upright, a third of the hexagonal c long per layer
    assert Rhombohedron(edge=edge, angle=angle, rest_on="vertex").height == close(c)


@pytest.mark.parametrize("rest_on", ["facet", "edge", "vertex"])
@pytest.mark.parametrize(
    "shape",
    [Box(a=3.0, b=2.0, c=0.2), HexagonalPrism(edge=1.0, length=3.0), Grain(diameter=2.0, seed=9)],
    ids=lambda s: s.kind,
)
def test_cut_bodies_against_trimesh(shape, rest_on):
    import trimesh

    shape = type(shape)(**(shape.model_dump() | {"rest_on": rest_on}))
    contact = 0.4 * shape.largest_contact_radius
    body = shape.truncated(contact)
    triangles = shape.truncated_polyhedron(contact).triangles()
    mesh = trimesh.Trimesh(**trimesh.triangles.to_kwargs(triangles))
    assert mesh.is_watertight
    assert body.volume == close(mesh.volume, rel=1e-11)
    assert body.area == close(mesh.area, rel=1e-11)
    assert body.centroid_height == close(mesh.center_mass[2], rel=1e-11)


@pytest.fixture
def occ():
    gmsh = pytest.importorskip("gmsh")
    gmsh.initialize(interruptible=False)
    gmsh.option.setNumber("General.Terminal", 0)
    yield gmsh.model.occ
    gmsh.finalize()


def occ_numbers(occ, body, depth):
    """Volume, free area, contact area and height of the centre of mass of what is above."""
    tool = occ.addBox(-50, -50, -100, 100, 100, 100 + depth)
    (kept,), _ = occ.cut([(3, body)], [(3, tool)])
    occ.synchronize()
    areas = {s: occ.getMass(2, s) for s in occ.getSurfaceLoops(kept[1])[1][0]}
    contact = min(areas, key=lambda s: occ.getCenterOfMass(2, s)[2])
    free = sum(areas.values()) - areas[contact]
    return occ.getMass(*kept), free, areas[contact], occ.getCenterOfMass(*kept)[2] - depth


@pytest.mark.fem
@pytest.mark.parametrize("contact", [0.2, 0.7])
def test_sphere_against_opencascade(occ, contact):
    body = Sphere(radius=1.0).truncated(contact)
    numbers = occ_numbers(occ, occ.addSphere(0, 0, 1, 1), body.depth)
    ours = body.volume, body.free_area, body.contact_area, body.centroid_height
    assert ours == close(numbers, rel=1e-9)


def sliced_ellipsoid(shape, depth, subdivisions):
    """Volume and free area above ``depth`` of the ellipsoid made of small flat triangles."""
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=subdivisions)
    points = (ball.vertices * shape.axes) @ shape.rotation.T + shape.center
    kept, faces, _ = trimesh.intersections.slice_faces_plane(
        points, ball.faces, [0, 0, 1.0], [0, 0, depth]
    )
    corners = kept[faces] - [0, 0, depth]
    volume = np.linalg.det(corners).sum() / 6  # the cut face holds the apex
    return np.array([volume, trimesh.triangles.area(corners).sum()])


@pytest.mark.parametrize("angles", [(0.0, 0.0, 0.0), (0.4, 1.1, -0.3), (2.0, pi / 2, 0.5)])
def test_ellipsoid_against_trimesh(angles):
    """Flat triangles miss by the square of their size: two sizes are extrapolated."""
    shape = Ellipsoid(a=3.0, b=2.0, c=1.0, euler_angles=angles)
    body = shape.truncated(0.6 * shape.largest_contact_radius)
    coarse, fine = (sliced_ellipsoid(shape, body.depth, n) for n in (4, 5))
    ours = np.array([body.volume, body.free_area])
    assert ours == close(fine, rel=2e-3)
    assert ours == close((4 * fine - coarse) / 3, rel=5e-6)
