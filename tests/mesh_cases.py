"""Shapes and substrates for tests of meshes, and how far a mesh is from closed forms."""

from thermosim.case.read import parse_case
from thermosim.mesh.measure import areas, volumes

SPHERE = {"kind": "sphere", "radius": "5 um"}
CAP = {"kind": "spherical_cap", "base_radius": "5 um", "contact_angle": "70 deg"}
OBLATE = {"kind": "ellipsoid", "a": "5 um", "b": "5 um", "c": "2 um"}
PROLATE = {"kind": "ellipsoid", "a": "2 um", "b": "2 um", "c": "8 um"}
TILTED = {
    "kind": "ellipsoid",
    "a": "6 um",
    "b": "4 um",
    "c": "3 um",
    "euler_angles": ["10 deg", "25 deg", "40 deg"],
}
BOX = {"kind": "box", "a": "10 um", "b": "8 um", "c": "4 um"}
FACETED = {
    "box": BOX,
    "rhombohedron": {"kind": "rhombohedron", "edge": "8 um", "angle": "80 deg"},
    "corner": {"kind": "rhombohedron", "edge": "8 um", "angle": "80 deg", "rest_on": "vertex"},
    "prism": {"kind": "hexagonal_prism", "edge": "4 um", "length": "10 um", "rest_index": 2},
    "edge": {"kind": "hexagonal_prism", "edge": "4 um", "length": "10 um", "rest_on": "edge"},
    "octahedron": {"kind": "truncated_octahedron", "edge": "12 um"},
    "cube": {"kind": "truncated_cube", "edge": "10 um"},
    "grain": {"kind": "grain", "diameter": "10 um", "seed": 7},
}
DISK = {"kind": "slab", "material": "mica", "radius": "5 mm", "thickness": "20 um"}
SQUARE = {"kind": "slab", "material": "mica", "width": "200 um", "thickness": "20 um"}
COARSE = {"cells_per_radius": 2, "cells_per_contact": 3, "growth": 0.8}


def case(shape, contact=None, substrate=DISK, symmetry="axisymmetric", mesh=None, **particle):
    tree = {
        "symmetry": symmetry,
        "particle": {"shape": shape, **particle},
        "source": {"heat_source": "-1e7 W/m^3"},
        "mesh": {"cache": False, **(mesh or {})},
    }
    if contact:
        tree |= {"substrate": {"emissivity": 0.9, **substrate}}
        tree |= {"contact": contact if isinstance(contact, dict) else disk(contact)}
    return parse_case(tree)


def disk(radius, **more):
    return {"kind": "disk", "radius": radius, **more}


def deviations(data):
    """Relative deviation of every size that has a closed form."""
    found = {f"volume:{k}": v for k, v in volumes(data).items()}
    found |= {f"area:{k}": v for k, v in areas(data).items()}
    return {name: found[name] / exact - 1 for name, exact in data.exact.items()}


LAYER = {"material": "mica", "thickness": "5 um"}
SUBSTRATES = {
    "slab": {"kind": "slab", "material": "mica", "thickness": "20 um"},
    "stack": {"kind": "stack", "layers": [{**LAYER, "thickness": "0.5 um"}, LAYER]},
    "membrane": {"kind": "membrane", "thickness": "1 um", "hole_radius": "60 um"},
    "pedestal": {
        "kind": "pedestal",
        "thickness": "20 um",
        "pedestal_radius": "7 um",
        "pedestal_height": "30 um",
    },
}
