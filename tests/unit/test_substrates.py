from functools import partial
from math import pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from thermosim.bodies.substrates import (
    Cantilever,
    Layer,
    Membrane,
    NoSubstrate,
    Pedestal,
    Slab,
    Stack,
    Substrate,
)

close = partial(pytest.approx, abs=0)  # the default, 1e-12, would hide what is in m² or m³

READ = TypeAdapter(Substrate)


def read(**table):
    return READ.validate_python(table, context={"case_file": True})


def test_slab_from_a_file():
    slab = read(kind="slab", radius="100 um", thickness="20 um")
    assert isinstance(slab, Slab)
    assert (slab.rim, slab.bottom, slab.held_temperature) == ("held", "radiating", None)
    assert (slab.material, slab.emissivity, slab.crystal_axis) == ("mica", "material", (0, 0, 1))
    assert slab.volume == close(pi * 1e-8 * 20e-6, rel=1e-14)
    assert slab.top_area == close(pi * 1e-8, rel=1e-14)
    assert slab.equivalent_radius == close(1e-4, rel=1e-14)
    assert slab.is_axisymmetric


@given(*[st.floats(1e-9, 1e-2)] * 3)
def test_rectangle(width, length, thickness):
    slab = Slab(width=width, length=length, thickness=thickness)
    assert slab.volume == close(width * length * thickness, rel=1e-14)
    assert slab.top_area == close(width * length, rel=1e-14)
    assert pi * slab.equivalent_radius**2 == close(slab.top_area, rel=1e-14)
    assert not slab.is_axisymmetric
    assert Slab(width=width, thickness=thickness).sides == (width, width)


def test_crystal_axis_is_a_unit_vector():
    slab = Slab(radius=1.0, thickness=1.0, crystal_axis=(3.0, 0.0, 4.0))
    assert slab.crystal_axis == close((0.6, 0, 0.8))
    assert not slab.is_axisymmetric
    assert Slab(radius=1.0, thickness=1.0, crystal_axis=(0.0, 0.0, -7.0)).is_axisymmetric
    with pytest.raises(ValidationError, match="must be a direction"):
        Slab(radius=1.0, thickness=1.0, crystal_axis=(0.0, 0.0, 0.0))


def test_stack():
    layers = [
        {"material": "gold", "thickness": "50 nm"},
        {"material": "mica", "thickness": "20 um", "crystal_axis": [1, 0, 0]},
    ]
    stack = read(kind="stack", radius="1 mm", layers=layers)
    assert [part.bottom for part in stack.parts()] == close([-50e-9, -20.05e-6], rel=1e-14)
    assert [part.axis for part in stack.parts()] == [(0, 0, 1), (1, 0, 0)]
    assert not stack.is_axisymmetric
    assert stack.volume == close(pi * 1e-6 * 20.05e-6, rel=1e-14)
    one = Stack(radius=1.0, layers=(Layer(material="gold", thickness=0.1),))
    assert one.is_axisymmetric


def test_membrane():
    sheet = Membrane(width=4.0, thickness=0.1, hole_radius=1.0)
    assert sheet.hole_area + sheet.frame_area == close(16.0, rel=1e-15)
    assert Membrane(radius=1.0, thickness=0.1, hole_radius=1.0).frame_area == 0.0
    with pytest.raises(ValidationError, match="must not reach beyond the sheet, 2 m"):
        Membrane(width=4.0, length=5.0, thickness=0.1, hole_radius=2.1)


def test_cantilever():
    beam = Cantilever(length=100.0, width=10.0, thickness=1.0)
    assert beam.x_range == (-95.0, 5.0)
    assert beam.volume == 1000.0
    assert beam.top_area == 1000.0
    assert Cantilever(length=9.0, width=1.0, thickness=1.0, tip_distance=2.0).x_range == (-7, 2)
    with pytest.raises(ValidationError, match="below the length, 4 m"):
        Cantilever(length=4.0, width=10.0, thickness=1.0)
    with pytest.raises(ValidationError, match="held at its root alone"):
        Cantilever(length=4.0, width=1.0, thickness=1.0, bottom="held")


def test_pedestal():
    pillar = Pedestal(radius=10.0, thickness=1.0, pedestal_radius=0.5, pedestal_height=4.0)
    assert [part.thickness for part in pillar.parts()] == [4.0, 1.0]
    assert pillar.volume == close(pi * (100 + 0.25 * 4), rel=1e-14)
    assert pillar.top_area == close(100 * pi, rel=1e-14)
    with pytest.raises(ValidationError, match="below half the slab, 10 m"):
        Pedestal(radius=10.0, thickness=1.0, pedestal_radius=10.0, pedestal_height=1.0)


def test_none():
    assert isinstance(read(kind="none"), NoSubstrate)


SLAB = {"kind": "slab", "radius": "1 mm", "thickness": "1 um"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"radius": None}, "give either radius .a disk. or width"),
        ({"width": "1 mm"}, "give either radius .a disk. or width"),
        ({"length": "1 mm"}, "length belongs to width"),
        ({"thickness": "0 um"}, "greater than 0"),
        ({"thickness": "1 K"}, "wrong dimension"),
        ({"rim": "hold"}, "'held', 'radiating' or 'insulated'"),
        ({"rim": "insulated", "held_temperature": "300 K"}, "held_temperature needs rim"),
        ({"emissivity": 1.5}, 'from 0 to 1 .no unit., or "material"'),
        ({"emissivity": "black"}, 'from 0 to 1 .no unit., or "material"'),
        ({"thicknes": "1 um"}, "thicknes"),
        ({"kind": "plate"}, "cantilever"),
        ({"material": ""}, "at least 1 character"),
    ],
)
def test_bad_sections(changes, message):
    table = {k: v for k, v in (SLAB | changes).items() if v is not None}
    with pytest.raises(ValidationError, match=message):
        read(**table)


def test_held_temperature():
    slab = read(**SLAB, held_temperature="20 degC", bottom="held", rim="insulated")
    assert slab.held_temperature == close(293.15, rel=1e-14)
    assert slab.equivalent_radius == close(sqrt(slab.top_area / pi))
