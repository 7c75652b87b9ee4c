"""Another BLAS rounds products of matrices otherwise: the mesh of a particle stays the same."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("gmsh")

from mesh_cases import COARSE, FACETED, SQUARE, TILTED, case  # noqa: E402

from thermosim.mesh import bodies  # noqa: E402
from thermosim.mesh.build import build_mesh  # noqa: E402


def shaken(values, seed):
    """Numbers whose last bits are others."""
    values = np.array(values, dtype=float)
    return values * (1 + 4e-16 * np.random.default_rng(seed).integers(-1, 2, values.shape))


def cells_with(monkeypatch, shape, seed):
    corners, level_map = bodies.faceted_body, bodies.level_map

    def faceted_body(*given):
        body = corners(*given)
        body.vertices = shaken(body.vertices, seed)
        return body

    with monkeypatch.context() as patched:
        patched.setattr(bodies, "faceted_body", faceted_body)
        patched.setattr(bodies, "level_map", lambda shape: shaken(level_map(shape), seed))
        data, _ = build_mesh(case(shape, "500 nm", SQUARE, "3d", COARSE))
    return data


@pytest.mark.parametrize("shape", [TILTED, FACETED["octahedron"]], ids=("ellipsoid", "octahedron"))
def test_last_bits_leave_the_mesh(monkeypatch, shape):
    one, other = (cells_with(monkeypatch, shape, seed) for seed in (1, 2))
    assert np.array_equal(one.cells, other.cells)
    assert np.allclose(one.points, other.points, rtol=0, atol=1e-10 * np.ptp(one.points))
