"""Meshes of bodies that face each other without touching, built without a case."""

import numpy as np

from thermosim.fem.data import MeshData, facet_table
from thermosim.mesh.session import generate, gmsh_session, read_arrays


def rectangles(boxes, symmetry="axisymmetric", unit=1e-6):
    """Structured triangles of several rectangles.

    `boxes`: region -> (r values, z values); each gets the boundaries REGION_top, _bottom, _rim, and
    _axis where it does not begin at r = 0. Lengths are multiples of `unit` [m].
    """
    points, cells, tags, facets, marks = [], [], [], [], []
    regions, boundaries, first = {}, {}, 0
    for name, (r, z) in boxes.items():
        regions[name] = len(regions) + 1
        n, m = len(r), len(z)
        number = first + np.arange(n * m).reshape(n, m)
        points.append(np.stack([a.ravel() for a in np.meshgrid(r, z, indexing="ij")], axis=1))
        a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
        made = np.concatenate(
            [np.stack([x.ravel() for x in t], axis=1) for t in ((a, b, c), (a, c, d))]
        )
        cells.append(made)
        tags.append(np.full(len(made), regions[name]))
        sides = {"top": number[:, -1], "bottom": number[:, 0], "rim": number[-1]}
        if r[0] > 0 or symmetry != "axisymmetric":
            sides["axis"] = number[0]
        for side, nodes in sides.items():
            boundaries[f"{name}_{side}"] = len(boundaries) + 1
            facets.append(np.stack([nodes[:-1], nodes[1:]], axis=1))
            marks.append(np.full(len(nodes) - 1, len(boundaries)))
        first += n * m
    cells = np.concatenate(cells).astype(np.int64)
    table = facet_table(cells, np.concatenate(facets), np.concatenate(marks).astype(np.int32))
    return MeshData(
        np.concatenate(points).astype(float), cells, 1, np.concatenate(tags).astype(np.int32),
        table, regions, boundaries, unit, symmetry,
    )  # fmt: skip


def named(gmsh, dim, regions, boundaries):
    for level, groups in ((dim, regions), (dim - 1, boundaries)):
        for name, entities in groups.items():
            gmsh.model.addPhysicalGroup(level, entities, name=name)


def half_rings(gmsh, shells):
    """Draw half rings in (r, z); return faces and curves by name."""
    occ = gmsh.model.occ
    faces, curves = {}, {}
    for name, (a, b) in shells.items():
        places = [(0, -a), (a, 0), (0, a), (0, b), (b, 0), (0, -b)]
        centre, *p = [occ.addPoint(r, z, 0) for r, z in ((0, 0), *places)]
        curves[f"{name}_in"] = [occ.addCircleArc(p[i], centre, p[i + 1]) for i in (0, 1)]
        curves[f"{name}_out"] = [occ.addCircleArc(p[i], centre, p[i + 1]) for i in (3, 4)]
        edges = [*curves[f"{name}_in"], occ.addLine(p[2], p[3])]
        edges += [*curves[f"{name}_out"], occ.addLine(p[5], p[0])]
        faces[name] = [occ.addPlaneSurface([occ.addCurveLoop(edges)])]
    return faces, curves


def spherical_shells(symmetry, shells, size):
    """Concentric shells, region -> (inner, outer radius) [m]; boundaries REGION_in, REGION_out."""
    dim = 2 if symmetry == "axisymmetric" else 3
    with gmsh_session() as gmsh:
        if dim == 2:
            regions, boundaries = half_rings(gmsh, shells)
            gmsh.model.occ.synchronize()
        else:
            regions, boundaries = solid_shells(gmsh, shells, symmetry)
        named(gmsh, dim, regions, boundaries)
        gmsh.option.setNumber("Mesh.MeshSizeMin", size)
        gmsh.option.setNumber("Mesh.MeshSizeMax", size)
        generate(gmsh, dim)
        gmsh.model.mesh.setOrder(2)
        return read_arrays(gmsh, dim, 2, 1.0, symmetry, {})


def solid_shells(gmsh, shells, symmetry):
    occ = gmsh.model.occ
    regions, boundaries = {}, {}
    turn = np.pi / 2 if symmetry == "quarter" else 2 * np.pi
    for name, (a, b) in shells.items():
        whole, hole = (occ.addSphere(0, 0, 0, r, angle3=turn) for r in (b, a))
        regions[name] = [occ.cut([(3, whole)], [(3, hole)])[0][0][1]]
    occ.synchronize()
    for name, (a, b) in shells.items():
        for _, surface in gmsh.model.getBoundary([(3, regions[name][0])], oriented=False):
            x0, y0, _, x1, y1, z1 = gmsh.model.getBoundingBox(2, surface)
            if min(x1 - x0, y1 - y0) > 1e-3 * b:
                side = "out" if z1 > (a + b) / 2 else "in"
                boundaries.setdefault(f"{name}_{side}", []).append(surface)
    return regions, boundaries
