import math

import numpy as np
import pytest
from new_shape import disc_known
from pydantic import TypeAdapter
from shadows import projected_area

from thermosim.errors import MeshError
from thermosim.optics.beam import Laser
from thermosim.optics.rays import trace
from thermosim.optics.rays_bundle import Optics
from thermosim.shapes import ShapeBase
from thermosim.shapes.hits import CapSurface, EllipsoidSurface, SphereSurface
from thermosim.shapes.hits_mesh import MeshSurface

SHAPE = TypeAdapter(ShapeBase)
SHAPES = [
    ({"kind": "sphere", "radius": 5e-6}, SphereSurface),
    ({"kind": "spherical_cap", "base_radius": 5e-6, "cap_height": 2e-6}, CapSurface),
    ({"kind": "spherical_cap", "base_radius": 2e-6, "contact_angle": "120 deg"}, CapSurface),
    (
        {"kind": "ellipsoid", "a": 5e-6, "b": 3e-6, "c": 2e-6, "euler_angles": [0.3, 0.4, 0.1]},
        EllipsoidSurface,
    ),
    ({"kind": "box", "a": 3e-6, "b": 2e-6, "c": 1e-6}, MeshSurface),
    ({"kind": "rhombohedron", "edge": 5e-6, "angle": "88.9 deg"}, MeshSurface),
    ({"kind": "truncated_octahedron", "edge": 2e-6}, MeshSurface),
]


def build(fields):
    return SHAPE.validate_python(fields)


@pytest.mark.parametrize(("fields", "kind"), SHAPES)
def test_shadow_and_volume_are_those_of_the_shape(fields, kind):
    shape = build(fields)
    surface = shape.hit_surface()
    assert type(surface) is kind
    laser = Laser(intensity=1.0, tilt=0.4, azimuth=0.7)
    result = trace(surface, laser, Optics(1.0, 0.0), 20_000)
    shadow = float(projected_area(shape, laser.direction))
    assert result.ledger.incident == pytest.approx(shadow, rel=6e-3, abs=0)
    # with index 1 the rays go straight: path length times area is the volume
    assert result.segments.deposit.sum() == pytest.approx(shape.volume, rel=6e-3, abs=0)
    assert result.ledger.lost <= 1e-5 * result.ledger.incident
    assert result.segments.end[:, 2].min() > -1e-9 * surface.radius


@pytest.mark.parametrize(("fields", "kind"), SHAPES)
def test_contact_cuts_and_the_ledger_closes(fields, kind):
    shape = build(fields)
    surface = shape.hit_surface(0.4e-6, (1e-6, 2e-6))
    laser = Laser(intensity=1.0)
    clear = trace(surface, laser, Optics(1.0, 0.0), 20_000)
    assert clear.segments.deposit.sum() == pytest.approx(
        shape.truncated(0.4e-6).volume, rel=6e-3, abs=0
    )
    ledger = trace(surface, laser, Optics(1.9, 3e4, 0.0, 1.58), 2000).ledger
    assert abs(ledger.residual) < 1e-12
    assert ledger.lost <= 1e-5 * ledger.incident
    low, high = clear.segments.end.min(axis=0), clear.segments.end.max(axis=0)
    assert low[0] < 1e-6 < high[0]
    assert low[1] < 2e-6 < high[1]


def test_light_leaves_through_the_contact_of_a_sphere():
    sphere = build({"kind": "sphere", "radius": 5e-6})
    cut = sphere.hit_surface(2e-6)
    assert cut.centre == pytest.approx([0, 0, math.sqrt(21) * 1e-6])
    # rays along the axis land on the flat
    axis = np.array([[0.0, 0, 4e-6]]), np.array([[0.0, 0, -1.0]])
    t, normal = cut.first_hit(*axis, inside=True)
    assert t[0] == pytest.approx(4e-6, rel=1e-12, abs=0)
    assert normal[0] == pytest.approx([0, 0, -1])


def test_grain_is_traced_without_loss():
    grain = build({"kind": "grain", "diameter": 1e-5, "facets": 40, "roughness": 0.2, "seed": 2})
    ledger = trace(grain.hit_surface(), Laser(intensity=1.0), Optics(1.9, 1e4), 3000).ledger
    assert ledger.lost <= 1e-5 * ledger.incident
    assert abs(ledger.residual) < 1e-12


def test_unknown_shapes_are_refused():
    with disc_known() as Disc, pytest.raises(MeshError, match="Disc"):
        Disc(radius=1e-6, thickness=1e-7).hit_surface()
