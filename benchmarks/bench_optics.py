"""Cost of the optics: rays per second, error against rays, Mie field, sphere over its substrate.

Run ``python3 benchmarks/bench_optics.py [results.json]``; one process, about a minute.
Without DOLFINx the part on meshes is left out.
"""

from __future__ import annotations

import importlib.util
import json
import math
import platform
import sys
import time
from pathlib import Path

import numpy as np

from tests.closed_forms import deposit_on_rings, geometric_sphere_absorption
from thermosim.optics.axial import gaussian_waves, plane_wave
from thermosim.optics.beam import Laser
from thermosim.optics.mie import MieSphere, internal_intensity, size_parameter
from thermosim.optics.mie_layers import PlaneLayers, lit_sphere, reflection_matrix
from thermosim.optics.rays import trace
from thermosim.optics.rays_bundle import Optics
from thermosim.shapes.hits import SphereSurface
from thermosim.shapes.hits_mesh import MeshSurface

RADIUS, INDEX, TAU = 5e-6, 1.9, 0.1
WAVELENGTH = 532e-9


def timed(function, *arguments):
    """Return the result and the best of three times [s]."""
    best = math.inf
    for _ in range(3):
        start = time.perf_counter()
        result = function(*arguments)
        best = min(best, time.perf_counter() - start)
    return result, best


def bodies():
    import trimesh

    ball, cube = trimesh.creation.icosphere(5), trimesh.creation.box((2.0, 2.0, 2.0))
    return {
        "sphere": SphereSurface(RADIUS),
        "icosphere of 20480 triangles": MeshSurface(RADIUS * ball.vertices, ball.faces),
        "cube": MeshSurface(RADIUS * cube.vertices, cube.faces),
    }


def ray_speed():
    laser, optics, rows = Laser(intensity=1.0), Optics(INDEX, TAU / RADIUS), []
    for name, body in bodies().items():
        result, seconds = timed(trace, body, laser, optics, 20_000)
        rows.append(
            {
                "body": name,
                "rays_per_second": 20_000 / seconds,
                "segments_per_second": len(result.segments.ray) / seconds,
                "residual_of_the_ledger": abs(result.ledger.residual),
                "truncated_share": result.ledger.truncated / result.ledger.incident,
                "lost_share": result.ledger.lost / result.ledger.incident,
                "standard_error": result.standard_error / result.ledger.absorbed,
            }
        )
    return rows


def ray_errors():
    """Error of the absorbed power of a sphere against its closed form, over eight seeds."""
    exact = geometric_sphere_absorption(INDEX, TAU) * math.pi * RADIUS**2
    laser, optics, rows = Laser(intensity=1.0), Optics(INDEX, TAU / RADIUS, cutoff=1e-7), []
    for count in (128, 512, 2048, 8192, 32_768):
        results = [trace(SphereSurface(RADIUS), laser, optics, count, seed) for seed in range(8)]
        errors = np.array([r.ledger.absorbed / exact - 1.0 for r in results])
        claimed = np.mean([r.standard_error for r in results]) / exact
        rows.append(
            {
                "rays": count,
                "rms_error": float(np.sqrt((errors**2).mean())),
                "claimed_standard_error": float(claimed),
            }
        )
    return rows


def deposit_speed():
    segments = trace(
        SphereSurface(RADIUS), Laser(intensity=1.0), Optics(INDEX, TAU / RADIUS), 5000
    ).segments
    edges, step = np.linspace(0.0, RADIUS, 51), RADIUS / 100
    heights = np.linspace(-RADIUS, RADIUS, 101)
    _, seconds = timed(deposit_on_rings, segments, edges, heights, step)
    return {"pieces_per_second": float(np.ceil(segments.length / step).sum() / seconds)}


def mie_speed():
    rows = []
    halves = ((0.5, (1.0, 0.0, 0.0)), (0.5, (0.0, 1.0, 0.0)))
    points = np.random.default_rng(0).uniform(-0.57, 0.57, (20_000, 3))
    for radius in (1e-6, 2e-6, 5e-6, 10e-6):
        x = size_parameter(radius, WAVELENGTH)
        sphere = MieSphere.build(INDEX + 1e-3j, x)
        _, seconds = timed(internal_intensity, points, sphere, (0.0, 0.0, 1.0), halves)
        rows.append(
            {
                "radius_um": radius * 1e6,
                "size_parameter": x,
                "terms": len(sphere.c),
                "points_per_second": len(points) / seconds,
            }
        )
    return rows


def over_substrate():
    """A sphere on glass, touching and at 0.05 R, and in a focused beam: the system is made anew."""
    rows = []
    for radius in (0.3e-6, 1e-6, 2e-6, 5e-6, 10e-6):
        x = size_parameter(radius, WAVELENGTH)
        for gap, light in (
            (0.0, plane_wave()), (0.05, plane_wave()), (0.05, gaussian_waves(0.7 * x, 0.0, 4 * x)),
        ):  # fmt: skip
            layers = PlaneLayers(x * (1.0 + gap), (1.58,))
            reflection_matrix.cache_clear()
            start = time.process_time()
            found = lit_sphere(INDEX + 1e-3j, x, light, layers)
            rows.append(
                {
                    "radius_um": radius * 1e6,
                    "gap_over_radius": gap,
                    "plane_waves": light.mu.size,
                    "terms": found.inside.c.size,
                    "Q_ext": found.Q_ext,
                    "cpu_seconds": time.process_time() - start,
                }
            )
    return rows


def on_mesh():
    """Light on the heat mesh of a sphere of 5 µm: time, points or cells, error of the power."""
    from mpi4py import MPI

    from thermosim.case.read import parse_case
    from thermosim.light import absorbed_light
    from thermosim.light.accounts import power_on_mesh
    from thermosim.mesh.build import domain_of
    from thermosim.model.of_case import model_of

    rows = []
    for symmetry in ("axisymmetric", "quarter", "3d"):
        for optics in ("rays", "mie"):
            case = parse_case(
                {
                    "symmetry": symmetry,
                    "particle": {"shape": {"kind": "sphere", "radius": f"{RADIUS} m"}},
                    "laser": {"intensity": "1 W/m^2"},
                    "optics": {"model": optics, "refractive_index": INDEX},
                }
            )
            model = model_of(case)
            domain, report = domain_of(model.drawing, MPI.COMM_SELF)
            start = time.process_time()
            light = absorbed_light(model.light, domain, 5)
            rows.append(
                {
                    "model": optics,
                    "symmetry": symmetry,
                    "cells": int(report["n_cells"]),
                    "values": len(light.intensity.x.array),
                    "degree": light.quadrature_degree or 0,
                    "cpu_seconds": time.process_time() - start,
                    "error_of_the_power": power_on_mesh(light) / light.expected - 1.0,
                }
            )
    return rows


def run():
    """Return every figure as plain data."""
    return {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one process",
        "case": f"n = {INDEX}, alpha R = {TAU}",
        "ray_speed": ray_speed(),
        "ray_errors": ray_errors(),
        "deposit_speed": deposit_speed(),
        "mie_speed": mie_speed(),
        "over_substrate": over_substrate(),
        "on_mesh": on_mesh() if importlib.util.find_spec("dolfinx") else [],
    }


def main():
    figures = run()
    for name, value in figures.items():
        print(name)
        for row in value if isinstance(value, list) else [value]:
            entries = row.items() if isinstance(row, dict) else [("", row)]
            print(
                "   ",
                ", ".join(
                    f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in entries
                ),
            )
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
