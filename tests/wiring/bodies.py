"""One small experiment in every way to write it: particle on slab, stack, and own geometry."""

import copy

import numpy as np

COARSE = {"cells_per_radius": 3, "cells_per_contact": 4, "growth": 0.8, "cache": False}
DISK = {"radius": "50 um", "emissivity": 0.9}
SOURCE = "-1e7 W/m^3"


def slab(material="mica", thickness="20 um", **more):
    return {"kind": "slab", "material": material, "thickness": thickness, **DISK, **more}


def stack(*materials, thickness="20 um", **more):
    layers = [{"material": name, "thickness": thickness} for name in materials or ["mica"]]
    return {"kind": "stack", "layers": layers, **DISK, **more}


def pedestal(material, pillar=None, **more):
    own = {"pedestal_material": pillar} if pillar else {}
    return {
        "kind": "pedestal",
        "material": material,
        "thickness": "10 um",
        "pedestal_radius": "7 um",
        "pedestal_height": "10 um",
        **DISK,
        **own,
        **more,
    }


def particle(substrate=None, **sections):
    """A sphere of 5 µm that touches its substrate over a disk of 1 µm."""
    tree = {
        "assumptions": "favourable",
        "particle": {"shape": {"kind": "sphere", "radius": "5 um"}, "emissivity": 1.0},
        "mesh": dict(COARSE),
    }
    if "laser" not in sections:
        tree["source"] = {"heat_source": SOURCE}
    if substrate is not None:
        tree |= {"substrate": substrate, "contact": {"kind": "disk", "radius": "1 um"}}
    return copy.deepcopy(tree | sections)


def own_geometry(mesh, folder, **sections):
    """The same body read from a mesh of gmsh; heat source, surfaces and held rim as in `particle`.

    `mesh` is that of the particle case; what is not said in `sections` is that of a slab of mica.
    """
    write_msh(mesh, folder / "body.msh")
    black, grey = ({"radiation": {"emissivity": e, "T_env": "300 K"}} for e in (1.0, 0.9))
    materials = {"particle": "Cs4PbBr6"}
    tree = {
        "assumptions": "favourable",
        "goal": "particle",
        "geometry": {"file": "body.msh", "unit": f"{mesh.unit!r} m", "symmetry": mesh.symmetry},
        "regions": {name: {"material": materials.get(name, "mica")} for name in mesh.regions},
        "boundaries": {"particle_surface": black},
        "mesh": {"cache": False},
    }
    if "substrate" in mesh.regions:
        tree["boundaries"] |= {"substrate_top": grey, "substrate_bottom": grey}
        tree["boundaries"]["substrate_rim"] = {"temperature": "300 K"}
    if not sections.keys() & {"laser", "regions"}:
        tree["regions"]["particle"]["heat_source"] = SOURCE
    return copy.deepcopy(tree | sections)


def write_msh(mesh, path):
    """Write a mesh of triangles of order 2 as gmsh does (MSH 2.2), its names as physical groups.

    A boundary between two regions is left out: nothing acts there.
    """
    names = [(2, tag, name) for name, tag in mesh.regions.items()]
    names += [(1, tag, name) for name, tag in mesh.boundaries.items() if name != "contact"]
    elements = []
    for nodes, tag in zip(mesh.cells, mesh.cell_tags, strict=True):
        elements.append((9, tag, nodes[[0, 1, 2, 5, 3, 4]]))  # edges 01, 12, 20 in gmsh
    sides = {0: [1, 2, 3], 1: [0, 2, 4], 2: [0, 1, 5]}
    wanted = {tag for dim, tag, _ in names if dim == 1}
    for cell, facet in np.argwhere(mesh.facet_tags > 0):
        tag = mesh.facet_tags[cell, facet]
        if tag in wanted:
            elements.append((8, tag, mesh.cells[cell, sides[int(facet)]]))
    lines = ["$MeshFormat", "2.2 0 8", "$EndMeshFormat", "$PhysicalNames", str(len(names))]
    lines += [f'{dim} {tag} "{name}"' for dim, tag, name in names]
    lines += ["$EndPhysicalNames", "$Nodes", str(len(mesh.points))]
    for i, (r, z) in enumerate(mesh.points.tolist()):
        lines.append(f"{i + 1} {r!r} {z!r} 0")
    lines += ["$EndNodes", "$Elements", str(len(elements))]
    for i, (kind, tag, nodes) in enumerate(elements):
        corners = " ".join(str(n + 1) for n in nodes)
        lines.append(f"{i + 1} {kind} 2 {tag} {tag} {corners}")
    path.write_text("\n".join([*lines, "$EndElements", ""]))
