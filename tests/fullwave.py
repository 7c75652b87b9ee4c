"""Spheres and their light for the tests of full wave optics."""

import numpy as np
from mpi4py import MPI

from thermosim.light.fullwave.polarised import Illumination
from thermosim.light.fullwave.solution import Task, solve
from thermosim.optics.axial import PlaneWaves, gaussian_waves
from thermosim.optics.beam import Laser
from thermosim.optics.layered_field import Beam, K, Stack
from thermosim.optics.mie import MieSphere, internal_intensity, mie_efficiencies
from thermosim.optics.model import FullWaveOptics
from thermosim.shapes import Sphere

WAVELENGTH = 532e-9
INDEX = 1.9 + 1e-3j
GAP = 50e-9
MICA = Stack((1.0, 1.58), (), -GAP / WAVELENGTH)
FILM = Stack((1.0, 1.58, 1.0), (1e-6 / WAVELENGTH,), -GAP / WAVELENGTH)
QUICK = FullWaveOptics(error_estimate=False)


def laser(**changes):
    """A plane wave of intensity 1, linear along x, down the axis."""
    usual = {"wavelength": WAVELENGTH, "intensity": 1.0, "polarisation": "linear"}
    return Laser(**{**usual, **changes})


def solved(radius, stack=None, index=INDEX, optics=QUICK, light=None, contact=0.0, **beam):
    """A sphere [m] on z = 0 in its light."""
    profile = Sphere(radius=radius).profile(contact)
    task = Task(profile, index, stack or Stack(), laser(**beam), optics)
    return solve(task, MPI.COMM_SELF, light)


def efficiencies(found, radius):
    """Q_ext, Q_abs and Q_sca, as fractions of a disk of the radius."""
    area, w = np.pi * (radius / found.task.unit) ** 2, found.best.powers
    return np.array([w.extinction, w.absorbed, w.scattered]) / area


def of_mie(radius, index=INDEX, wavelength=WAVELENGTH):
    """The same of the series."""
    x = 2 * np.pi * radius / wavelength
    Q = mie_efficiencies(index, x)
    return np.array([Q[0], MieSphere.build(index, x).absorption_efficiency(), Q[1]])


def ball(radius, count=2000):
    """Points in a ball about the origin [m], evenly spread."""
    numbers = np.random.default_rng(1)
    points = numbers.normal(size=(count, 3))
    return (
        radius
        * points
        / np.linalg.norm(points, axis=1)[:, None]
        * numbers.random((count, 1)) ** (1 / 3)
    )


def field_errors(found, radius, index=INDEX):
    """Error of |E|² in the ball against the series: L2, and of the highest value."""
    points, light = ball(radius), found.task.laser
    sphere = MieSphere.build(index, 2 * np.pi * radius / found.task.unit)
    I = found.squared(points + np.array([0.0, 0.0, radius]), MPI.COMM_SELF)
    exact = internal_intensity(points / radius, sphere, light.direction, light.field_directions)
    return np.linalg.norm(I - exact) / np.linalg.norm(exact), abs(I.max() / exact.max() - 1)


def even_gaussian(waist, centre):
    """A focused beam whose s and p waves are alike, of field 1 in its focus, and its modes.

    `centre` is the height of the focus [m]; the plane waves are about that point.
    """
    plain = gaussian_waves(K * waist / WAVELENGTH, 0.0, 20.0)
    even = PlaneWaves(plain.mu, plain.weight, plain.A_s, plain.A_s)
    scale = 1.0 / even.field(0.0)
    waves = PlaneWaves(plain.mu, plain.weight * scale, plain.A_s, plain.A_s)
    there = 0.5 * waves.weight * waves.A_s * np.exp(1j * K * waves.mu * centre / WAVELENGTH)
    beam = Beam(K * np.sqrt(1 - plain.mu**2), there, 1j * there)
    return waves, Illumination({("p", 1): beam}, ((1.0, 1.0, 0.0),))
