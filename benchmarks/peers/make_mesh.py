"""The reference problem as one unstructured mesh of straight tetrahedra, for all tools alike.

``make_mesh.py REFINEMENT STEM`` needs gmsh (with its Python module) and writes ``STEM.msh`` (4.1,
for thermosim), ``STEM.npz`` (plain DOLFINx, NGSolve, scikit-fem) and ``STEM.mesh`` (FreeFEM). Cells
are 0.05 µm / REFINEMENT at the rim of the contact and grow by 0.25 / REFINEMENT per distance.
"""

import math
import sys
from pathlib import Path

import formats
import gmsh
import numpy as np

RADIUS, CONTACT, DISK, THICKNESS = 5.0, 0.5, 100.0, 20.0  # µm
RIM, GROWTH = 0.05, 0.25


def draw():
    """Draw sphere and cylinder with the contact as a face of both."""
    occ = gmsh.model.occ
    height = math.sqrt(RADIUS**2 - CONTACT**2)
    foot, rim = occ.addPoint(0, 0, 0), occ.addPoint(CONTACT, 0, 0)
    centre, top = occ.addPoint(0, 0, height), occ.addPoint(0, 0, height + RADIUS)
    lines = [
        occ.addLine(foot, rim), occ.addCircleArc(rim, centre, top), occ.addLine(top, foot),
    ]  # fmt: skip
    half = occ.addPlaneSurface([occ.addCurveLoop(lines)])
    turned = occ.revolve([(2, half)], 0, 0, 0, 0, 0, 1, 2 * math.pi)
    ball = next(entity for entity in turned if entity[0] == 3)
    slab = occ.addCylinder(0, 0, -THICKNESS, 0, 0, THICKNESS, DISK)
    _, parts = occ.fragment([ball], [(3, slab)])
    occ.synchronize()
    name_all(parts[0][0][1], parts[1][0][1])


def name_all(ball, slab):
    """Give regions and boundaries their names."""
    faces: dict[str, list[int]] = {name: [] for name in formats.BOUNDARIES}
    of_ball = {tag for _, tag in gmsh.model.getBoundary([(3, ball)], oriented=False)}
    of_slab = {tag for _, tag in gmsh.model.getBoundary([(3, slab)], oriented=False)}
    for tag in of_ball - of_slab:
        faces["particle_surface"].append(tag)
    for tag in of_slab - of_ball:
        low, high = (gmsh.model.getBoundingBox(2, tag)[i] for i in (2, 5))
        where = "rim" if high - low > 1 else "top" if high > -1 else "bottom"
        faces[f"substrate_{where}"].append(tag)
    for tag, name in ((ball, "particle"), (slab, "substrate")):
        gmsh.model.addPhysicalGroup(3, [tag], formats.REGIONS[name], name)
    for name, tags in faces.items():
        gmsh.model.addPhysicalGroup(2, tags, formats.BOUNDARIES[name], name)
    for tag in of_ball & of_slab:
        set_sizes([curve for _, curve in gmsh.model.getBoundary([(2, tag)], oriented=False)])


def set_sizes(rim):
    field = gmsh.model.mesh.field
    distance, size = field.add("Distance"), field.add("MathEval")
    field.setNumbers(distance, "CurvesList", rim)
    field.setNumber(distance, "Sampling", 200)
    refinement = float(sys.argv[1])
    field.setString(size, "F", f"({RIM} + {GROWTH} * F{distance}) / {refinement}")
    field.setAsBackgroundMesh(size)
    for option in ("FromPoints", "FromCurvature", "ExtendFromBoundary"):
        gmsh.option.setNumber(f"Mesh.MeshSize{option}", 0)


def elements(dimension, kind, groups):
    """Return the nodes of all cells of a kind and their tags, group by group."""
    nodes, tags = [], []
    for tag in groups.values():
        for entity in gmsh.model.getEntitiesForPhysicalGroup(dimension, tag):
            _, found = gmsh.model.mesh.getElementsByType(kind, entity)
            found = found.reshape(-1, dimension + 1)
            nodes.append(found)
            tags.append(np.full(len(found), tag, dtype=np.int32))
    return np.concatenate(nodes), np.concatenate(tags)


def main():
    stem = Path(sys.argv[2])
    gmsh.initialize(interruptible=False)
    gmsh.option.setNumber("General.Verbosity", 2)
    draw()
    gmsh.model.mesh.generate(3)
    gmsh.write(f"{stem}.msh")
    numbers, points, _ = gmsh.model.mesh.getNodes()
    cells, cell_tags = elements(3, 4, formats.REGIONS)
    triangles, triangle_tags = elements(2, 2, formats.BOUNDARIES)
    gmsh.finalize()
    mesh = formats.numbered(numbers, points, cells, cell_tags, triangles, triangle_tags)
    formats.write_npz(Path(f"{stem}.npz"), mesh)
    formats.write_medit(Path(f"{stem}.mesh"), mesh)
    print(len(mesh.points))


if __name__ == "__main__":
    main()
