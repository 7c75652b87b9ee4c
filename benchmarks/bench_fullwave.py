"""Cost and error of full wave optics: unknowns, memory and CPU seconds against the size parameter.

Run ``python3 -m benchmarks fullwave``; some five minutes of one core and up to 3 GB of memory, with
``--quick`` half a minute.
"""

from __future__ import annotations

import time

import numpy as np
from mpi4py import MPI

from tests.fullwave import (
    MICA,
    QUICK,
    WAVELENGTH,
    ball,
    efficiencies,
    in_space,
    of_mie,
    series,
    solved,
)
from thermosim.optics.mie import MieSphere, internal_intensity
from thermosim.shapes import Sphere

SPHERES = (
    (0.3e-6, 1e-3, 3.0),
    (0.5e-6, 1e-3, 3.0),
    (1e-6, 1e-3, 3.0),
    (1.5e-6, 1e-3, 3.0),
    (2e-6, 1e-3, 3.0),
    (5e-6, 1e-4, 3.0),
    (10e-6, 1e-3, 2.0),
)
"""Radius [m], extinction of an index of 1.9, cells per wavelength."""
SMALL = 1.2e-6
ON_MICA = (3.1497945, 0.032769043)
"""Q_ext and Q_abs of a sphere of 0.3 µm 50 nm above a half-space of 1.58 (T-matrix)."""


def row(radius, k, cells):
    """Return what one sphere in a plane wave costs and how far it is off the series."""
    index = complex(1.9, k)
    start, wall = time.process_time(), time.perf_counter()
    optics = QUICK.model_copy(update={"cells_per_wavelength": cells})
    found = solved(radius, index=index, optics=optics)
    took, wall = time.process_time() - start, time.perf_counter() - wall
    exact = of_mie(radius, index)
    ext, absorbed, sca = efficiencies(found, radius) / exact - 1.0
    L2, peak = field_errors(found, radius, index)
    return {
        "radius_um": 1e6 * radius,
        "size_parameter": 2.0 * np.pi * radius / WAVELENGTH,
        "k": k,
        "cells_per_wavelength": cells,
        "unknowns": found.best.system.unknowns,
        "memory_MB": found.best.memory / 1e6,
        "cpu_s": took,
        "wall_s": wall,
        "Q_ext_error_rel": float(ext),
        "Q_sca_error_rel": float(sca),
        "Q_abs_error_rel": float(absorbed),
        "field_error_rel": L2,
        "peak_error_rel": peak,
    }


def field_errors(found, radius, index):
    """Return the error of |E|² in L2 over a ball of points, and of the highest of them.

    The light along the axis is where the peak is, which points by chance miss: some stand there.
    """
    axis = np.zeros((400, 3))
    axis[:, 2] = radius * np.linspace(-0.999, 0.999, 400)
    points, light = np.concatenate([ball(radius, 4000), axis]), found.task.laser
    sphere = MieSphere.build(index, 2.0 * np.pi * radius / WAVELENGTH)
    I = found.squared(points + np.array([0.0, 0.0, radius]), MPI.COMM_SELF)
    exact = internal_intensity(points / radius, sphere, light.direction, light.field_directions)
    inside = slice(0, len(points) - len(axis))
    L2 = np.linalg.norm(I[inside] - exact[inside]) / np.linalg.norm(exact[inside])
    return float(L2), float(abs(I.max() / exact.max() - 1.0))


def in_three_dimensions(quick):
    """Return what a quarter of space costs, by how far it is off series and the half plane."""
    small, R = 0.15e-6, 0.3e-6
    rows = [space_row("sphere", small, None, of_mie(small)[:2])]
    rows.append(space_row("sphere on mica", small, MICA, series(small)))
    if quick:
        return rows
    rows.append(space_row("sphere", R, None, of_mie(R)[:2]))
    rows.append(space_row("sphere on mica", R, MICA, ON_MICA))
    for kind, angle in (("p", 0.0), ("s", np.pi / 2)):
        light = {"tilt": np.pi / 4, "polarisation_angle": angle}
        exact = efficiencies(solved(R, MICA, **light), R)[:2]
        rows.append(space_row(f"sphere on mica, 45°, {kind}", R, MICA, exact, **light))
    return rows


def space_row(name, radius, stack, exact, **light):
    """Return cost and errors of one sphere in three dimensions, p = 3."""
    start = time.process_time()
    found = in_space(Sphere(radius=radius), stack, **light)
    took = time.process_time() - start
    ext, absorbed = efficiencies(found, radius)[:2] / np.array(exact) - 1.0
    return {
        "name": name,
        "radius_um": 1e6 * radius,
        "unknowns": found.best.system.unknowns,
        "solutions": len({parity for _, parity in found.best.scattered}),
        "memory_MB": found.best.memory / 1e6,
        "cpu_s": took,
        "Q_ext_error_rel": float(ext),
        "Q_abs_error_rel": float(absorbed),
        "balance_rel": found.balance,
    }


def run(quick=False):
    """Return every figure as plain data; forms are compiled before anything is timed."""
    solved(0.2e-6)
    chosen = [one for one in SPHERES if not quick or one[0] < SMALL]
    return {
        "case": "n = 1.9 + ik, 532 nm, p = 4 (in three dimensions 3), without ±",
        "spheres": [row(*one) for one in chosen],
        "in_three_dimensions": in_three_dimensions(quick),
    }
