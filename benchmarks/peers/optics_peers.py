"""The peers' side of the optics table: ``optics_peers.py NAME``; prints a list of rows as JSON."""

import json
import math
import sys
from importlib.metadata import version

import numpy as np
import optics_case as case


def scattnlay():
    import scattnlay

    where = case.points(20_000)
    x, m = np.array([case.SIZE]), np.array([case.MIE_INDEX])

    def field():
        _, E, _ = scattnlay.fieldnlay(x, m, *(case.SIZE * where.T))
        return (np.abs(E) ** 2).sum(axis=-1)

    found, seconds = case.best(field, 1)
    return case.line("scattnlay", "mie", len(where), seconds, np.mean(found[:500]), "")


def miepython():
    from miepython.field import e_near_cartesian

    where = case.points(2_000)

    def field():
        E = e_near_cartesian(
            case.WAVELENGTH, 2 * case.RADIUS, case.MIE_INDEX.conjugate(), 1.0,
            *(case.RADIUS * where.T),
        )  # fmt: skip
        return (np.abs(E) ** 2).sum(axis=0)

    found, seconds = case.best(field, 1)
    return case.line("miepython", "mie", len(where), seconds, np.mean(found[:500]), "")


def fresnel(cosine, n1, n2):
    """Return the transmitted share of unpolarised light and the cosine behind."""
    sine2 = (n1 / n2) ** 2 * (1 - cosine**2)
    behind = np.sqrt(np.maximum(1 - sine2, 0.0))
    s = ((n1 * cosine - n2 * behind) / (n1 * cosine + n2 * behind)) ** 2
    p = ((n2 * cosine - n1 * behind) / (n2 * cosine + n1 * behind)) ** 2
    return np.where(sine2 < 1, 1 - 0.5 * (s + p), 0.0), behind


def embreex():
    import trimesh
    from trimesh.ray.ray_pyembree import RayMeshIntersector

    ball = trimesh.creation.icosphere(case.SUBDIVISIONS)
    rays = RayMeshIntersector(ball)

    def hit(start, along):
        points, index, facet = rays.intersects_location(start, along, multiple_hits=False)[:3]
        return points, index, ball.face_normals[facet]

    def absorbed():
        random = np.random.default_rng(0)
        r, phi = np.sqrt(random.random(case.RAYS)), 2 * math.pi * random.random(case.RAYS)
        start = np.stack([r * np.cos(phi), r * np.sin(phi), np.full(case.RAYS, 2.0)], axis=1)
        along = np.tile([0.0, 0.0, -1.0], (case.RAYS, 1))
        where, index, normal = hit(start, along)
        along = along[index]
        cosine = -np.einsum("ij,ij->i", along, normal)
        power, behind = fresnel(cosine, 1.0, case.INDEX)
        along = along / case.INDEX + (cosine / case.INDEX - behind)[:, None] * normal
        taken = 0.0
        while len(power):
            # a step inwards, or the ray meets the facet it comes from
            new, index, outwards = hit(where - 1e-5 * normal, along)
            power, along = power[index], along[index]
            length = np.linalg.norm(new - where[index], axis=1)
            left = power * np.exp(-case.TAU * length)
            taken += float((power - left).sum())
            cosine = np.einsum("ij,ij->i", along, outwards)
            through, _ = fresnel(np.clip(cosine, 0, 1), case.INDEX, 1.0)
            power, where, normal = left * (1 - through), new, outwards
            along = along - 2 * cosine[:, None] * normal
            keep = power > case.CUTOFF
            power, where, normal, along = (a[keep] for a in (power, where, normal, along))
        return taken / case.RAYS

    found, seconds = case.best(absorbed)
    return case.line("trimesh + embreex, a plain loop", "rays", case.RAYS, seconds, found, "")


def pvtrace():
    # pvtrace 2.1.4 asks for names that NumPy 1.24 took away.
    vars(np).setdefault("float", float)
    vars(np).setdefault("int", int)
    from pvtrace import Absorber, Material, Node, Ray, Scene, Sphere, photon_tracer

    count, random = 1000, np.random.default_rng(0)
    np.random.seed(0)  # noqa: NPY002  pvtrace draws from it
    world = Node(name="world", geometry=Sphere(10.0, material=Material(refractive_index=1.0)))
    inside = Material(refractive_index=case.INDEX, components=[Absorber(case.TAU)])
    Node(name="ball", geometry=Sphere(1.0, material=inside), parent=world)
    scene = Scene(world)

    def escaped():
        places, ways = (random.normal(size=(count, 3)) for _ in range(2))
        places *= (random.random(count) ** (1 / 3) / np.linalg.norm(places, axis=1))[:, None]
        ways /= np.linalg.norm(ways, axis=1)[:, None]
        ends = [
            photon_tracer.follow(scene, Ray(tuple(place), tuple(way), 620.0))[-1][1].name
            for place, way in zip(places.tolist(), ways.tolist(), strict=True)
        ]
        return ends.count("EXIT") / count

    found, seconds = case.best(escaped, 1)
    return case.line("pvtrace", "escape", count, seconds, found, "")


def main():
    name = sys.argv[1]
    row = {f.__name__: f for f in (scattnlay, miepython, embreex, pvtrace)}[name]()
    print(json.dumps([row | {"version": version(name)}]))


main()
