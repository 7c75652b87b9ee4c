"""Full wave optics against the series of spheres, alone and above layers."""

import math

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
from mpi4py import MPI  # noqa: E402

from tests.fullwave import (  # noqa: E402
    FILM,
    GAP,
    MICA,
    QUICK,
    WAVELENGTH,
    efficiencies,
    field_errors,
    of_mie,
    series,
    solved,
)
from thermosim.errors import CaseError  # noqa: E402
from thermosim.fem import compile as compiling  # noqa: E402
from thermosim.fem import zmumps  # noqa: E402
from thermosim.light.fullwave import system  # noqa: E402
from thermosim.optics.layered_field import Stack  # noqa: E402
from thermosim.optics.model import FullWaveOptics  # noqa: E402
from thermosim.shapes import Ellipsoid  # noqa: E402

R = 0.3e-6
ON_MICA = (3.1497945, 0.032769043)
ON_FILM = (3.0405540, 0.030823785)


def relative(found, exact):
    return np.abs(np.asarray(found)[: len(exact)] / np.asarray(exact) - 1)


@pytest.mark.parametrize("radius", [0.3e-6, 0.5e-6])
def test_sphere_is_that_of_the_series(radius):
    found = solved(radius)
    ext, absorbed, sca = relative(efficiencies(found, radius), of_mie(radius))
    assert max(ext, sca) < 3e-4
    assert absorbed < 1e-3
    L2, peak = field_errors(found, radius)
    assert L2 < 2e-3
    assert peak < 5e-3
    assert abs(found.balance) < 1e-4


@pytest.mark.parametrize("degree", [2, 3, 4])
def test_order_of_the_field(degree):
    errors = []
    for N in (3.0, 6.0):
        asked = FullWaveOptics(degree=degree, cells_per_wavelength=N, error_estimate=False)
        errors.append(field_errors(solved(R, optics=asked), R)[0])
    assert math.log2(errors[0] / errors[1]) > degree - 0.5


def test_gold():
    """The sphere of DOLFINx's own demonstration, deep in which no light comes."""
    a, index = 25e-9, complex(np.sqrt(-1.0782 + 5.8089j))
    found = solved(a, index=index, wavelength=400e-9)
    Q = efficiencies(found, a)
    assert Q[1] == pytest.approx(0.96227280, rel=1e-4)
    assert Q[2] == pytest.approx(0.07770397, rel=5e-4)


@pytest.mark.parametrize("c", [0.5, 2.0], ids=["oblate", "prolate"])
def test_small_spheroids(c):
    """Absorption of a spheroid far below the wavelength, lit along its axis, in closed form.

    ``k V Im (ε - 1)/(1 + L (ε - 1))``, L across the axis (1 - L_c)/2; Bohren and Huffman,
    eqs. 5.33 and 5.34. Corrections go with (k a)² = 1e-4.
    """
    a, index = 1e-9, 1.9 + 0.3j
    shape = Ellipsoid(a=a, b=a, c=c * a)
    e2 = abs(1 - c**2) / max(1.0, c**2)
    if c > 1:
        e = math.sqrt(e2)
        L_c = (1 - e2) / e2 * (math.log((1 + e) / (1 - e)) / (2 * e) - 1)
    else:
        g = math.sqrt((1 - e2) / e2)
        L_c = 1 - 2 * (g / (2 * e2) * (math.pi / 2 - math.atan(g)) - g**2 / 2)
    L, contrast = (1 - L_c) / 2, index**2 - 1
    k = 2 * math.pi / 532e-9
    section = k * shape.volume * (contrast / (1 + L * contrast)).imag
    found = solved(a, index=index, shape=shape)
    assert efficiencies(found, a)[1] == pytest.approx(section / (math.pi * a**2), rel=5e-4)


@pytest.mark.parametrize(("stack", "exact"), [(MICA, ON_MICA), (FILM, ON_FILM)])
def test_above_layers(stack, exact):
    """T-matrix with Sommerfeld integrals, computed elsewhere; a film guides light away."""
    found = solved(R, stack)
    ext, absorbed = relative(efficiencies(found, R), exact)
    assert ext < 2e-4
    assert absorbed < 5e-4
    if stack is MICA:
        assert abs(found.balance) < 1e-4
    else:
        w = found.best.powers
        assert found.balance is None
        assert 0.15 < 1 - (w.absorbed + w.scattered) / w.extinction < 0.25


def test_a_larger_sphere_above_mica():
    found = solved(1e-6, MICA)
    ext, absorbed = relative(efficiencies(found, 1e-6), (2.3106842, 0.059035183))
    assert ext < 2e-4
    assert absorbed < 5e-4


def test_layers_that_do_nothing():
    """A substrate of index 1 and films of 1 change nothing but the mesh."""
    found = solved(R, Stack((1.0, 1.0, 1.0), (1.2,), -0.1))
    assert efficiencies(found, R) == pytest.approx(of_mie(R), rel=3e-4)


@pytest.mark.parametrize(
    ("stack", "films", "published"),
    [
        (MICA, {}, (0.9334513, 0.01087364)),
        (FILM, {"indices": (1.58, 1.0), "thicknesses": (1e-6,)}, (1.0220501, 0.01122867)),
    ],
)
def test_focused_beam_above_layers(stack, films, published):
    assert series(R, waist=0.4e-6, **films) == pytest.approx(published, rel=1e-6)
    found = solved(R, stack, profile="gaussian", waist=0.4e-6, aim=(0.0, 0.0, R))
    ext, absorbed = relative(efficiencies(found, R), published)
    assert ext < 2e-4
    assert absorbed < 5e-4


def test_place_of_the_focus():
    exact = series(R, waist=0.6e-6, focus=0.4e-6)
    beam = {"waist": 0.6e-6, "aim": (0.0, 0.0, R + 1e-6), "focus": 1.4e-6}
    found = solved(R, MICA, profile="gaussian", **beam)
    assert efficiencies(found, R)[:2] == pytest.approx(exact, rel=3e-4)
    assert exact != pytest.approx(series(R, waist=0.6e-6), rel=1e-2)


@pytest.mark.parametrize("angle", [0.0, math.pi / 2], ids=["p", "s"])
def test_oblique_light(angle):
    """Sums over azimuthal modes give the sphere's answer to a wave from anywhere."""
    found = solved(R, tilt=math.pi / 4, azimuth=0.4, polarisation_angle=angle)
    assert efficiencies(found, R) == pytest.approx(of_mie(R), rel=1e-3)
    assert field_errors(found, R)[0] < 1e-3


@pytest.mark.parametrize("angle", [0.0, math.pi / 2], ids=["p", "s"])
def test_oblique_light_above_mica(angle):
    """What is taken at 45° is absorbed or leaves, by the modes and by directions."""
    found = solved(0.2e-6, MICA, tilt=math.pi / 4, polarisation_angle=angle)
    assert abs(found.balance) < 2e-4
    assert found.best.powers.down > found.best.powers.up


@pytest.mark.parametrize("kind", ["p", "s"])
def test_oblique_light_at_a_speck_above_mica(kind):
    """A sphere of 2 nm absorbs by the light at its place, which Fresnel's formulas tell."""
    a, index, n = 2e-9, 1.9 + 0.3j, 1.58
    angle = 0.0 if kind == "p" else math.pi / 2
    found = solved(a, MICA, index=index, tilt=math.pi / 6, polarisation_angle=angle)
    mu, inside = math.cos(math.pi / 6), math.sqrt(n**2 - 0.25)
    turn = np.exp(2j * 2 * math.pi / WAVELENGTH * (a + GAP) * mu)
    if kind == "s":
        light = abs(1 + (mu - inside) / (mu + inside) * turn) ** 2
    else:
        r = (n**2 * mu - inside) / (n**2 * mu + inside) * turn  # of the magnetic field
        light = mu**2 * abs(1 - r) ** 2 + (1 - mu**2) * abs(1 + r) ** 2
    assert efficiencies(found, a)[1] == pytest.approx(light * of_mie(a, index)[1], rel=2e-3)
    assert abs(light - 1) > 0.05


def test_light_from_below():
    up = solved(R, tilt=math.pi)
    assert efficiencies(up, R) == pytest.approx(of_mie(R), rel=3e-4)
    assert field_errors(up, R)[0] < 2e-3
    # what comes through mica is weaker by its transmittance, and turned round
    below = efficiencies(solved(R, MICA, tilt=math.pi), R)
    assert abs(solved(R, MICA, tilt=math.pi).balance) < 1e-4
    assert 0.5 < below[0] / of_mie(R)[0] < 1.6


def test_the_error_holds():
    """What the estimate says is no less than what is wrong, and not a hundred times as much."""
    asked = FullWaveOptics(cells_per_wavelength=2.0, degree=3)
    found = solved(R, optics=asked)
    wrong = dict(
        zip(
            ("extinction", "absorbed", "scattered"),
            relative(efficiencies(found, R), of_mie(R)),
            strict=True,
        )
    )
    wrong["field"] = field_errors(found, R)[0]
    for name, error in wrong.items():
        assert error < 1.2 * found.errors[name], name
    assert found.errors["field"] < 100 * wrong["field"]


def test_a_thin_absorbing_layer_shows_in_the_error_not_in_the_balance():
    asked = FullWaveOptics(pml_thickness=0.3)
    found = solved(R, MICA, optics=asked)
    ext, _ = relative(efficiencies(found, R), ON_MICA)
    assert ext > 10 * abs(found.balance)
    assert ext < found.errors["extinction"]


def test_numbers_compile_nothing(monkeypatch):
    solved(R)

    def never(*_):
        raise AssertionError("compiled anew")

    monkeypatch.setattr(compiling, "_make", never)
    thin = QUICK.model_copy(update={"pml_thickness": 0.7})
    solved(0.2e-6, MICA, index=1.6 + 0.01j, optics=thin, wavelength=600e-9, tilt=0.2)


@pytest.mark.skipif(not zmumps.has_mumps(), reason="no libzmumps here")
def test_mumps_is_superlu(monkeypatch):
    found = [efficiencies(solved(0.15e-6), R)]
    monkeypatch.setattr(
        system, "factorise", lambda entries, comm: zmumps.factorise(entries, comm, "superlu")
    )
    again = solved(0.15e-6)
    found.append(efficiencies(again, R))
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=0)


def test_points_beside_the_body_take_its_field():
    """The normal field jumps by the square of the index at the surface: none of that comes in."""
    found = solved(0.15e-6)
    place = np.array([[0.0, 0.0, 0.3e-6], [0.15e-6, 0.0, 0.15e-6]])
    inside = found.squared(place - np.array([[0, 0, 1e-12], [1e-12, 0, 0]]), MPI.COMM_SELF)
    beyond = found.squared(place + np.array([[0, 0, 3e-9], [3e-9, 0, 0]]), MPI.COMM_SELF)
    assert beyond == pytest.approx(inside, rel=0.02)


@pytest.mark.parametrize("off", [0.0, 1e-24, 1e-15])
def test_light_on_the_axis_is_that_beside_it(off):
    found = solved(0.15e-6)
    beside, on = (
        found.squared(np.array([[x, -0.5 * x, z] for z in (0.05e-6, 0.2e-6)]), MPI.COMM_SELF)
        for x in (1e-10, off)
    )
    assert on == pytest.approx(beside, rel=5e-3)


def test_too_large_is_refused_before_meshing():
    with pytest.raises(CaseError, match="max_unknowns") as told:
        solved(30e-6)
    assert "rays" in str(told.value)
    assert "radius below" in str(told.value)
