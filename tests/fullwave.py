"""Spheres and their light for the tests of full wave optics."""

import numpy as np
from mpi4py import MPI

from thermosim.light.fullwave.solution import Task, solve
from thermosim.light.fullwave.volume.solution import VolumeTask
from thermosim.light.fullwave.volume.solution import solve as solve_in_space
from thermosim.optics.axial import gaussian_waves, plane_wave
from thermosim.optics.beam import Laser
from thermosim.optics.layered_field import Stack
from thermosim.optics.mie import MieSphere, internal_intensity, mie_efficiencies
from thermosim.optics.mie_layers import PlaneLayers, lit_sphere
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


def solved(radius, stack=None, index=INDEX, optics=QUICK, contact=0.0, shape=None, **beam):
    """A sphere [m] on z = 0 in its light."""
    profile = (shape or Sphere(radius=radius)).profile(contact)
    task = Task(profile, index, stack or Stack(), laser(**beam), optics)
    return solve(task, MPI.COMM_SELF)


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


def series(radius, indices=(1.58,), thicknesses=(), waist=None, focus=0.0):
    """Q_ext and Q_abs of the sphere above layers (T-matrix); a beam's focus is below the centre."""
    k = 2 * np.pi / WAVELENGTH
    light = plane_wave() if waist is None else gaussian_waves(k * waist, k * focus, 20.0)
    layers = PlaneLayers(k * (radius + GAP), indices, tuple(k * d for d in thicknesses))
    found = lit_sphere(INDEX, k * radius, light, layers)
    return found.Q_ext, found.Q_abs


def in_space(shape, stack=None, index=INDEX, optics=QUICK, contact=0.0, comm=None, **beam):
    """A body on z = 0 in its light, in three dimensions."""
    task = VolumeTask(shape, contact, index, stack or Stack(), laser(**beam), optics)
    return solve_in_space(task, comm or MPI.COMM_SELF)


def of_disk(found):
    """Q_ext, Q_abs and Q_sca of a body in three dimensions."""
    return efficiencies(found, found.task.radius)
