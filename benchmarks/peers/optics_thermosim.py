"""thermosim's side of the optics table: prints a list of rows as JSON."""

import json
import math

import numpy as np
import optics_case as case
import trimesh

import thermosim
from thermosim.gain.escape.mc import ESCAPED, Emitter, OpticalSurface, Transport
from thermosim.optics.beam import Laser
from thermosim.optics.mie import MieSphere, internal_intensity
from thermosim.optics.rays import trace
from thermosim.optics.rays_bundle import Optics
from thermosim.shapes.hits import SphereSurface
from thermosim.shapes.hits_mesh import MeshSurface


def main():
    version, rows = thermosim.__version__, []
    where = case.points(20_000)

    def field():
        sphere = MieSphere.build(case.MIE_INDEX, case.SIZE)
        return internal_intensity(where, sphere, (0.0, 0.0, 1.0))

    found, seconds = case.best(field)
    rows.append(case.line("thermosim", "mie", len(where), seconds, np.mean(found[:500]), version))
    ball = trimesh.creation.icosphere(case.SUBDIVISIONS)
    body = MeshSurface(case.RADIUS * ball.vertices, ball.faces)
    optics = Optics(case.INDEX, case.TAU / case.RADIUS, cutoff=case.CUTOFF)
    result, seconds = case.best(lambda: trace(body, Laser(intensity=1.0), optics, case.RAYS))
    share = result.ledger.absorbed / (math.pi * case.RADIUS**2)
    rows.append(case.line("thermosim", "rays", case.RAYS, seconds, share, version))
    surface = OpticalSurface(case.INDEX)
    emitter = Emitter([3.2e-19], [1.0], [case.TAU / case.RADIUS])
    sphere = SphereSurface(case.RADIUS)
    for name, solid, count in (
        ("thermosim, sphere", sphere, 100_000),
        ("thermosim, mesh", body, 20_000),
    ):
        run = Transport(solid, surface, emitter)
        fates, seconds = case.best(lambda run=run, count=count: run.run(count, 0), 1)
        share = fates.count(ESCAPED) / count
        rows.append(case.line(name, "escape", count, seconds, share, version))
    print(json.dumps(rows))


main()
