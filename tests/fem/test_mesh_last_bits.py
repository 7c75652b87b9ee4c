"""Another BLAS or processor rounds otherwise: the mesh of a particle stays the same."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("gmsh")

from mesh_cases import CAP, COARSE, FACETED, PROLATE, SQUARE, SUBSTRATES, TILTED, case  # noqa: E402

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


def rounding_otherwise(function, rng):
    """The function as the kernels of another processor have it: its last bit may be another."""

    def other(*given, **named):
        value = function(*given, **named)
        if not np.issubdtype(np.asarray(value).dtype, np.floating):
            return value
        bits = rng.integers(-1, 2, np.shape(value))
        return np.where(value == np.round(value), value, value * (1 + 2.3e-16 * bits))[()]

    return other


OTHERWISE = {
    np: "sin cos tan arctan arctan2 arcsin arccos exp log power einsum",
    np.linalg: "norm inv solve cholesky det",
}
ROUND = {"radius": "1 mm"}
DRAWN = {
    "box": (FACETED["box"], "200 nm", SQUARE, "3d"),
    "grain": (FACETED["grain"], None, SQUARE, "3d"),
    "cap in a quarter": (CAP, None, SQUARE, "quarter"),
    "ellipsoid": (TILTED, "500 nm", SQUARE, "3d"),
    "spheroid": (PROLATE, "300 nm", SUBSTRATES["stack"] | ROUND, "axisymmetric"),
    "pedestal": (CAP, None, SUBSTRATES["pedestal"], "axisymmetric"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_another_processor_leaves_the_mesh(monkeypatch, name):
    shape, contact, substrate, symmetry = DRAWN[name]
    found = []
    for seed in (0, 1, 2):
        with monkeypatch.context() as patched:
            rng = np.random.default_rng(seed)
            for owner, functions in OTHERWISE.items():
                for function in functions.split() if seed else ():
                    made = rounding_otherwise(getattr(owner, function), rng)
                    patched.setattr(owner, function, made)
            found.append(build_mesh(case(shape, contact, substrate, symmetry, COARSE))[0])
    for other in found[1:]:
        assert np.array_equal(found[0].cells, other.cells)
        assert np.allclose(found[0].points, other.points, rtol=0, atol=1e-10 * np.ptp(other.points))
