from functools import partial
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.spatial.distance import pdist

from thermosim.bodies.particle import Particle, Positions, RandomPlaces, footprint_radius
from thermosim.shapes import Box, Ellipsoid, Grain, HexagonalPrism, Sphere, SphericalCap
from thermosim.shapes.overlap import overlap, touching_distance

close = partial(pytest.approx, abs=0)  # the default, 1e-12, would hide what is in m² or m³

U = 1e-6


def test_one_particle():
    particle = Particle.model_validate(
        {"shape": {"kind": "sphere", "radius": "5 um"}, "emissivity": 1}, context={"case_file": 1}
    )
    assert (particle.material, particle.emissivity, particle.count) == ("Cs4PbBr6", 1.0, 1)
    assert particle.places() == close(np.zeros((1, 2)))
    assert Particle(shape=Sphere(radius=U)).emissivity == "material"
    assert Particle(shape=Sphere(radius=U), emissivity="small_body").emissivity == "small_body"


@pytest.mark.parametrize("emissivity", ["grey", -0.1, 1.1, True, None])
def test_bad_emissivity(emissivity):
    with pytest.raises(ValidationError, match='or "material" or "small_body"'):
        Particle(shape=Sphere(radius=U), emissivity=emissivity)


@given(st.floats(0, 2 * pi))
@settings(max_examples=25)
def test_touching_distance(angle):
    d = np.array([np.cos(angle), np.sin(angle), 0.0])
    box = Box(a=2 * U, b=U, c=3 * U)
    exact = min(2 * U / max(abs(d[0]), 1e-9), U / max(abs(d[1]), 1e-9))
    assert touching_distance(box, d) == close(exact, rel=1e-9)
    egg = Ellipsoid(a=2 * U, b=U, c=U)
    exact = 2 / np.hypot(d[0] / (2 * U), d[1] / U)
    assert touching_distance(egg, d) == close(exact, rel=1e-12)
    ball = Ellipsoid(a=U, b=U, c=U, euler_angles=(angle, angle, 1.0))
    assert touching_distance(ball, d) == close(2 * U, rel=1e-12)
    assert touching_distance(SphericalCap(base_radius=U, contact_angle=2.0), d) == close(
        2 * U / np.sin(2.0), rel=1e-12
    )


def test_grain_touches_at_its_width_between_parallel_planes_or_later():
    """The width along d is the distance of the touching planes: a lower bound of the shift."""
    grain = Grain(diameter=U, seed=4)
    x = grain.vertices_faces()[0][:, 0]
    shift = touching_distance(grain, np.array([1.0, 0, 0]))
    assert shift <= np.ptp(x) * (1 + 1e-9)
    # where the moved copy just touches, a point of it lies in the plane of a facet of the other
    normals, offsets = grain.convex_halfspaces()
    moved = grain.vertices_faces()[0] + [shift * 0.999, 0, 0]
    apart = grain.vertices_faces()[0] + [shift * 1.001, 0, 0]
    from scipy.optimize import linprog

    def meet(points):
        n = len(points)
        return linprog(
            np.zeros(n),
            A_ub=normals @ points.T / U,
            b_ub=offsets / U,
            A_eq=np.ones((1, n)),
            b_eq=[1],
        ).success

    assert meet(moved)
    assert not meet(apart)


def test_overlapping_pair_is_named():
    places = [("0 um", "0 um"), ("9 um", "0 um"), ("1.9 um", "0 um")]
    with pytest.raises(ValidationError, match=r"particles 1 and 3 overlap: .* 1\.9e-06 m apart"):
        Particle(shape=Sphere(radius=U), arrangement={"kind": "positions", "positions": places})


def test_touching_is_no_overlap():
    for shape, offset in [
        (Sphere(radius=U), (2 * U, 0.0)),
        (Box(a=U, b=2 * U, c=U), (U, 0.3 * U)),
        (HexagonalPrism(edge=U, length=U), (0.0, 2 * U * np.cos(pi / 6))),
    ]:
        turned = offset if not isinstance(shape, HexagonalPrism) else tuple(_across_flats(shape))
        pair = Positions(positions=((0.0, 0.0), turned))
        assert len(pair.places(shape)) == 2
        near = (turned[0] * 0.999999, turned[1] * 0.999999)
        assert overlap(shape, near)
        assert overlap(shape, (0.0, 0.0))


def _across_flats(prism):
    normals, offsets = prism.convex_halfspaces()
    side = next(n for n in normals if abs(n[2]) < 0.5)
    return side[:2] * 2 * max(offsets[abs(normals[:, 2]) < 0.5])


def test_random_places_keep_apart_and_inside():
    shape = Box(a=2 * U, b=U, c=U)
    spread = RandomPlaces(count=40, radius=20 * U, gap=0.2 * U, seed=3)
    places = spread.places(shape)
    reach = footprint_radius(shape)
    assert reach == close(np.hypot(1.0, 0.5) * U)
    assert places.shape == (40, 2)
    assert pdist(places).min() >= 2 * reach + 0.2 * U
    assert np.linalg.norm(places, axis=1).max() <= 20 * U - reach
    assert np.array_equal(places, RandomPlaces(**spread.model_dump()).places(shape))
    other = RandomPlaces(count=40, radius=20 * U, gap=0.2 * U, seed=4).places(shape)
    assert not np.allclose(places, other)


@pytest.mark.parametrize(("count", "radius"), [(200, 10 * U), (1, 0.5 * U)])
def test_no_room(count, radius):
    crowd = {"kind": "random", "count": count, "radius": radius}
    with pytest.raises(ValidationError, match=rf"of {count} particles found a place; make"):
        Particle(shape=Sphere(radius=U), arrangement=crowd)
