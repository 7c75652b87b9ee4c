"""Where the light of dots goes: reciprocity, closed forms, and the escape of a case."""

import cmath
import math

import numpy as np
import pytest
from scipy.integrate import quad

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
from mpi4py import MPI  # noqa: E402

from tests.fem.test_fullwave_dots import case_of  # noqa: E402
from tests.fullwave import FILM, GAP, MICA, QUICK, WAVELENGTH, laser, solved  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402
from thermosim.fem.kept import obtain  # noqa: E402
from thermosim.gain import GainModel  # noqa: E402
from thermosim.gain.escape.of_body import emission_grid, escape_by_path  # noqa: E402
from thermosim.light.fullwave.dots import (  # noqa: E402
    answers,
    emission,
    loads_of,
    path_from,
    seen_from,
    summed_up,
)
from thermosim.light.fullwave.plan import plan  # noqa: E402
from thermosim.light.fullwave.solution import Task, mesh_of  # noqa: E402
from thermosim.light.fullwave.system import Scattering  # noqa: E402
from thermosim.optics.axial import plane_wave  # noqa: E402
from thermosim.optics.layered_field import Stack  # noqa: E402
from thermosim.optics.mie import internal_intensity  # noqa: E402
from thermosim.optics.mie_layers import PlaneLayers, lit_sphere  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402
from thermosim.shapes import Sphere  # noqa: E402

R, K = 0.15e-6, 2 * math.pi / WAVELENGTH
OFF_AXIS = [[0.06e-6, 0.2e-6]]
RING = 2 * np.pi * np.arange(40) / 40
PLAIN = {"polarisation": "unpolarised"}


def task_of(index, stack=None):
    return Task(Sphere(radius=R).profile(0.0), index + 0j, stack or Stack(), laser(), QUICK)


def dots(places, index, stack=None):
    task = task_of(index, stack)
    return emission(task, np.array(places), MPI.COMM_SELF, leaving=True)


def upward(height, n):
    """What dipoles across and along the normal of a half-space send up; Lukosz and Kunz 1977."""

    def parts(mu):
        inside = cmath.sqrt(n**2 - 1 + mu**2)
        turn = cmath.exp(2j * K * height * mu)
        r_s = (mu - inside) / (mu + inside)
        r_p = (n**2 * mu - inside) / (n**2 * mu + inside)
        across = abs(1 + r_s * turn) ** 2 + mu**2 * abs(1 - r_p * turn) ** 2
        return 0.375 * across, 0.75 * (1 - mu**2) * abs(1 + r_p * turn) ** 2

    return quad(lambda mu: parts(mu)[0], 0, 1)[0], quad(lambda mu: parts(mu)[1], 0, 1)[0]


def test_above_mica_as_fresnel_says():
    found = dots([[0.0, 0.02e-6], [0.05e-6, 1.8 * R]], 1.0, MICA)
    for (_, z), rates in zip(found.points, found.up, strict=True):
        across, along = upward(z + GAP, 1.58)
        assert rates == pytest.approx((across, across, along), rel=1e-6, abs=0)
    assert found.up + found.down == pytest.approx(found.purcell, rel=5e-4)
    assert (found.down > found.up).any()


def sent_out(m, x):
    """What leaves a sphere with a dipole in its centre, up to a number: waves of order 1."""

    def waves(z):
        wave, slope = (
            cmath.exp(1j * z) * (-1j / z - 1),
            cmath.exp(1j * z) * (1j / z**2 - 1j + 1 / z),
        )
        return wave, slope, cmath.sin(z) / z - cmath.cos(z), (
            cmath.cos(z) / z - cmath.sin(z) / z**2 + cmath.sin(z)
        )  # fmt: skip

    xi, dxi, psi, dpsi = waves(m * x)
    out, dout, _, _ = waves(complex(x))
    back = -(dxi * out - m * xi * dout) / (dpsi * out - m * psi * dout)
    return abs((xi + back * psi) / out) ** 2


def test_from_the_centre_of_a_sphere():
    """Half of it each way, all of it, and less where the sphere absorbs: by its closed form."""
    found = dots([[0.0, R]], 1.9)
    assert found.up + found.down == pytest.approx(found.purcell, rel=3e-4)
    assert found.up == pytest.approx(found.down, rel=2e-5)
    x, k = 2 * math.pi * R / WAVELENGTH, 1e-6
    less, clear = sent_out(1.9 + 1j * k, x), sent_out(1.9 + 0j, x)
    exact = path_from(clear, less, 2 * K * k)
    assert found.path[0] == pytest.approx(exact, rel=5e-3, abs=0)
    assert exact < 0.7 * R  # not the way along rays
    told = summed_up(found, guides=False)
    assert (told.down, told.path) == pytest.approx((0.5, found.path[0]), rel=2e-5, abs=0)
    assert abs(told.numbers["optics_emission_balance_rel"]) < 3e-4


def seen(task, angle, below=False):
    """|E|² at a dot of light from a direction, by the solutions for its dipoles."""
    drawn = plan(task.profile, task.unit, task.index, task.stack, task.optics)
    domain, _ = obtain(MPI.COMM_SELF, None, lambda: (mesh_of(task, drawn), {}))
    degree = task.elements.degree
    system = Scattering(
        domain, task.stack, (task.index**2,), drawn.layer(), degree, 2 * degree
    )  # fmt: skip
    points, loads = loads_of(system, np.array(OFF_AXIS) / task.unit, MPI.COMM_SELF)
    total = 0.0
    for m in range(8):
        _, answer = answers(system, loads, m, MPI.COMM_SELF)
        sine = np.array([math.sin(angle)])
        one = seen_from(system, points, answer, m, below, sine, MPI.COMM_SELF)
        total += (2.0 if m else 1.0) * 0.5 * one.sum()
    return points[0] * task.unit, total


def around(place):
    r, z = place
    return np.stack([r * np.cos(RING), r * np.sin(RING), np.full(len(RING), z)], axis=1)


@pytest.mark.parametrize("tilt", [0.7, math.pi - 0.5], ids=["above", "below"])
def test_reciprocity(tilt):
    """A dot sends toward a direction as light from there is at it: two ways to solve."""
    place, found = seen(task_of(1.9, MICA), min(tilt, math.pi - tilt), below=tilt > 2)
    light = solved(R, MICA, 1.9 + 0j, tilt=tilt, **PLAIN)
    exact = light.squared(around(place), MPI.COMM_SELF).mean()
    assert found == pytest.approx(exact, rel=1e-6, abs=0)
    assert abs(exact - 1) > 0.1


def test_straight_up_from_a_sphere_on_mica_as_its_T_matrix():
    place, found = seen(task_of(1.9, MICA), 0.0)
    layers = PlaneLayers(K * (R + GAP), (1.58,), ())
    sphere = lit_sphere(1.9, K * R, plane_wave(), layers).inside
    points = (around(place) - [0.0, 0.0, R]) / R
    exact = internal_intensity(points, sphere, np.array([0.0, 0.0, -1.0]),
                               laser(**PLAIN).field_directions).mean()  # fmt: skip
    assert found == pytest.approx(exact, rel=3e-3, abs=0)


def test_a_film_guides_the_rest():
    found = dots([[0.0, 0.1e-6], [0.08e-6, R]], 1.9, FILM)
    told = summed_up(found, guides=True)
    assert 0.02 < told.numbers["optics_guided_fraction"] < 0.4
    whole = (found.up + found.down).mean(axis=1) / found.mean
    assert told.numbers["optics_guided_fraction"] == pytest.approx(1 - whole.mean(), rel=1e-9)
    assert told.down > (found.down.mean(axis=1) / found.mean).mean()  # what is guided among it


def test_the_gain_takes_the_path():
    """Faint absorption: the mean of it over the emission, times the path."""
    model = GainModel.model_validate({"density": {"kind": "given", "n_dots": "1e9 1/cm^3"}})
    E = emission_grid(model, 300.0)
    spectrum = model.emission_spectrum(E, 300.0)
    mean = np.trapezoid(spectrum * model.alpha(E, 300.0), E) / np.trapezoid(spectrum, E)
    gain, escape = escape_by_path(model, 1e-12, 0.5 * mean, 0.3, 300.0)
    assert 1 - escape.f_escape == pytest.approx(1.5e-12 * mean, rel=1e-3, abs=0)
    assert escape.f_lost == pytest.approx(0.5e-12 * mean, rel=1e-3, abs=0)
    assert escape.f_substrate == pytest.approx(0.3 * escape.f_escape)
    assert gain.escape_values()[:2] == (escape.f_escape, escape.f_reabsorbed)
    assert gain.escape_values()[2] > 0.0  # blue light is absorbed first


def test_a_case_takes_it_where_asked():
    """In a speck the light that leaves goes almost nowhere first."""
    found = simulate(
        case_of(purcell_places=3, host_absorption="1e5 1/m", escape_in_gain=True)
    ).summary
    parts = [found[f"optics_{n}_fraction"] for n in ("escape_up", "escape_down", "reabsorbed")]
    assert sum(parts) == pytest.approx(1.0, rel=1e-12)
    assert parts[0] == pytest.approx(parts[1], rel=1e-3)
    assert found["f_escape"] == pytest.approx(1 - parts[2], rel=1e-12)
    by_host = 1e5 * found["optics_emission_path_m"]
    assert parts[2] - found["f_reabsorbed"] == pytest.approx(by_host, rel=1e-2, abs=0)
    assert 1e-6 < by_host < 1e-3


def test_no_light_is_made_of_absorption():
    """Where absorption undoes a dark place a little more leaves: nothing counts as absorbed."""
    model = GainModel.model_validate({"density": {"kind": "given", "n_dots": "1e9 1/cm^3"}})
    found = escape_by_path(model, -1e-9, 1.0, 0.5, 300.0).escape
    assert found.f_escape == pytest.approx(1.0, rel=1e-14)


def test_two_answers_are_refused():
    case = case_of(escape_in_gain=True)
    given = {"kind": "given", "f_escape": 0.9, "f_reabsorbed": 0.05}
    gain = GainModel.model_validate({**case.gain.model_dump(exclude={"escape"}), "escape": given})
    with pytest.raises(CaseError, match="says how much light leaves"):
        simulate(case.model_copy(update={"gain": gain}))
