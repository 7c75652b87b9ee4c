"""What the optics tools compute, with NumPy alone: the same points, rays and photons for all.

A sphere of 5 µm with index 1.9 in vacuum at 532 nm. Mie: |E|² inside at random points, k = 1e-3.
Rays and photons: αR = 0.1; rays meet an icosphere of 20480 triangles.
"""

import math
import time

import numpy as np

RADIUS, INDEX, TAU, WAVELENGTH = 5e-6, 1.9, 0.1, 532e-9
MIE_INDEX = INDEX + 1e-3j
SIZE = 2 * math.pi * RADIUS / WAVELENGTH
RAYS, CUTOFF, SUBDIVISIONS = 20_000, 1e-4, 5


def points(count):
    """Return positions within the sphere over its radius."""
    return np.random.default_rng(0).uniform(-0.57, 0.57, (count, 3))


def best(function, repeats=3):
    """Return the last result and the least of some times [s], after one run not counted."""
    function()
    least = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        least = min(least, time.perf_counter() - start)
    return result, least


def line(tool, what, count, seconds, value, version):
    """Return a row: how much a second, and the number to compare."""
    return {"tool": tool, "what": what, "per_second": count / seconds, "value": float(value),
            "count": count, "version": version}  # fmt: skip
