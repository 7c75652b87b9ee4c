"""Result folders made by hand, for tests of pictures and pages."""

import json

import numpy as np

from thermosim.case.read import parse_case
from thermosim.visual import fields_lattice as lattice

BUDGET = {
    "source:particle": -20e-9,
    "particle_surface:radiation": -4e-9,
    "substrate_top:radiation": -1e-9,
    "substrate_rim:held": -15e-9,
}


def case_tree(title):
    return {
        "title": title,
        "particle": {"shape": {"kind": "sphere", "radius": "5 um"}},
        "substrate": {
            "kind": "slab",
            "material": "muscovite",
            "radius": "100 um",
            "thickness": "20 um",
        },
        "contact": {"kind": "disk", "radius": "500 nm"},
        "source": {"heat_source": "-4e7 W/m^3"},
    }


def rectangle(x0, x1, z0, z1, n):
    """Corners and triangles of a rectangle."""
    x, z = np.meshgrid(np.linspace(x0, x1, n + 1), np.linspace(z0, z1, n + 1), indexing="ij")
    i = np.arange((n + 1) ** 2).reshape(n + 1, n + 1)
    a, b, c, d = (v.ravel() for v in (i[:-1, :-1], i[1:, :-1], i[1:, 1:], i[:-1, 1:]))
    return np.c_[x.ravel(), z.ravel()], np.r_[np.c_[a, b, c], np.c_[a, c, d]]


def delta_T(x, z):
    return np.where(z > 0, -0.2 + 0.01 * z, -1e-3 * np.exp(-x / 50))


CYLINDER, SLAB = (1, (0, 5, 0, 10)), (2, (0, 100, -20, 0))


def write_vtu(path, shift=0, ghosts=(), parts=(CYLINDER, SLAB)):
    """Write quadratic triangles: a cylinder for a particle (region 1) on a slab (region 2)."""
    nodes, regions = [], []
    for region, corners in parts:
        points, cells = rectangle(*corners, 4)
        nodes.append(np.einsum("pk,mkc->mpc", lattice.nodes(2, 2), points[cells]))
        regions += [region] * len(cells)
    x = np.concatenate(nodes).reshape(-1, 2)
    middle = np.concatenate([np.full_like(n[:, :, 1], n[:, :, 1].mean()) for n in nodes]).ravel()
    points, ids = np.unique(np.c_[x, middle > 0], axis=0, return_inverse=True)
    values = np.where(points[:, 2] > 0, -0.2 + 0.01 * points[:, 1], delta_T(points[:, 0], -1.0))
    number = {"Float64": "{:.17g}".format, "Int64": str, "UInt8": str}

    def array(kind, data, name="", n=1):
        text = " ".join(number[kind](v) for v in np.asarray(data).ravel().tolist())
        head = f'<DataArray type="{kind}" Name="{name}" NumberOfComponents="{n}" format="ascii">'
        return f"{head}{text}</DataArray>"

    n_cells = len(regions)
    path.write_text(
        '<?xml version="1.0"?><VTKFile type="UnstructuredGrid" version="2.2"><UnstructuredGrid>'
        f'<Piece NumberOfPoints="{len(points)}" NumberOfCells="{n_cells}"><Points>'
        + array("Float64", np.c_[points[:, :2], 0 * points[:, 0]], "Points", 3)
        + "</Points><Cells>"
        + array("Int64", ids.ravel(), "connectivity")
        + array("Int64", 6 * np.arange(1, n_cells + 1), "offsets")
        + array("UInt8", [69] * n_cells, "types")
        + "</Cells><CellData>"
        + array("UInt8", [int(i in ghosts) for i in range(n_cells)], "vtkGhostType")
        + array("Float64", regions, "region")
        + "</CellData><PointData>"
        + array("Int64", shift + np.arange(len(points)), "vtkOriginalPointIds")
        + array("Float64", values, "delta_T_K")
        + "</PointData></Piece></UnstructuredGrid></VTKFile>"
    )


def make_folder(folder, title="A <b>bold</b> case", *, fields=True, mean=-0.15, **numbers):
    folder.mkdir()
    (folder / "case.toml").write_text(parse_case(case_tree(title)).to_toml())
    summary = {
        "format": 1, "title": title, "kind": "steady", "delta_T_mean_K": mean,
        "delta_T_min_K": -0.2, "delta_T_max_K": -0.1, "delta_T_error_K": 1.2e-4,
        "heat_source_W": -20e-9, "heat_to_chamber_W": -4e-9, "heat_to_substrate_W": -16e-9,
        "heat_to_holder_W": -15e-9, "heat_substrate_to_chamber_W": -1e-9,
        "energy_balance_rel": 2.4e-15, "chamber_temperature_K": 300.0, "contact_radius_m": 5e-7,
        "n_dofs": 123, "n_cells": 64, "min_scaled_jacobian": 0.7071, "case_hash": "cafe",
        "regions": {"particle": 1, "substrate": 2}, "mesh_unit_m": 1e-6,
        "created": "2026-11-23T08:00:00+00:00",
        "thermosim_version": "0.1.0", "wall_solve_s": 0.25, "wall_s": 1.5,
        "budget_W": BUDGET, "notes": ["conductivity is used outside its range"], **numbers,
    }  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary))
    if fields:
        write_fields(folder)
    return folder


def write_fields(folder, **changes):
    write_vtu(folder / "piece.vtu", **changes)
    (folder / "fields.pvd").write_text(
        '<VTKFile><Collection><DataSet timestep="0" file="piece.vtu"/></Collection></VTKFile>'
    )


def make_body(folder, **numbers):
    """A result of a planar plate of 5 µm × 10 µm, 299.8 K to 299.9 K."""
    folder.mkdir()
    tree = {
        "title": "A plate",
        "goal": "middle",
        "geometry": {"kind": "rectangle", "x": ["0 um", "5 um"], "y": ["0 um", "10 um"]},
        "regions": {"body": {"material": "copper"}},
        "boundaries": {"bottom": {"temperature": "300 K"}},
        "probes": [{"name": "middle", "point": ["2.5 um", "5 um"]}],
    }
    (folder / "case.toml").write_text(parse_case(tree).to_toml())
    summary = {
        "format": 1, "title": "A plate", "kind": "steady", "symmetry": "planar",
        "delta_T_mean_K": -0.15, "delta_T_min_K": -0.2, "delta_T_max_K": -0.1,
        "region_body_mean_K": 299.85, "region_body_min_K": 299.8, "region_body_max_K": 299.9,
        "probe_middle_K": 299.85, "goal": "middle", "goal_K": 299.85, "delta_T_error_K": 1.2e-4,
        "heat_source_W": 0.0, "heat_leaving_W": 0.0, "energy_balance_rel": 0.0, "T_ref_K": 300.0,
        "n_dofs": 81, "n_cells": 32, "regions": {"body": 1}, "mesh_unit_m": 1e-6,
        "budget_W": {"bottom:held": -5000.0, "right:convection": 4000.0, "top:radiation": 1000.0},
        "notes": [], **numbers,
    }  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary))
    write_fields(folder, parts=(CYLINDER,))
    return folder
