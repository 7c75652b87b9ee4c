"""Quarters of geometries with mirror planes that are no bodies of revolution."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("gmsh")

from mesh_cases import (  # noqa: E402
    BOX,
    CAP,
    DISK,
    FACETED,
    SPHERE,
    SQUARE,
    SUBSTRATES,
    TILTED,
    case,
    deviations,
)

from thermosim.errors import CaseError  # noqa: E402
from thermosim.fem.data import facet_nodes  # noqa: E402
from thermosim.mesh.build import build_mesh  # noqa: E402
from thermosim.mesh.measure import volumes  # noqa: E402

TRIAXIAL = {"kind": "ellipsoid", "a": "6 um", "b": "4 um", "c": "3 um"}
QUARTERS = {
    "free box": (BOX, None, None),
    "free ellipsoid": (TRIAXIAL, None, None),
    "box, wide disk": (BOX, "1 nm", DISK),
    "ellipsoid, square": (TRIAXIAL, "1 um", SQUARE),
    "sphere, square": (SPHERE, "100 nm", SQUARE),
    "cap, stack": (CAP, "1 um", {**SUBSTRATES["stack"], "width": "100 um", "length": "60 um"}),
    "prism, membrane": (FACETED["prism"], "100 nm", {**SUBSTRATES["membrane"], "width": "200 um"}),
    "cube, pedestal": (
        FACETED["cube"],
        "1 um",
        {**SUBSTRATES["pedestal"], "radius": "100 um", "pedestal_radius": "8 um"},
    ),
    "edge": (FACETED["edge"], "1 um", SQUARE),
}


@pytest.mark.parametrize(("shape", "contact", "under"), QUARTERS.values(), ids=QUARTERS)
def test_a_quarter_of_whatever_has_mirror_planes(shape, contact, under):
    found = case(shape, contact, under, "quarter")
    data, report = build_mesh(found)
    off = deviations(data)
    assert max(map(abs, off.values())) < 1e-5, off
    assert report["min_scaled_jacobian"] > 0.7
    extent = np.abs(data.points).max()
    assert data.points[:, :2].min() > -1e-12 * extent
    if under is not None:
        below = sum(size for name, size in volumes(data).items() if name != "particle")
        assert below == pytest.approx(found.substrate.volume, rel=1e-4)
    # no facet of the mirror planes has a name: they let no heat through
    local = facet_nodes(3, data.order)
    for tag in data.boundaries.values():
        for i in range(4):
            at = data.points[data.cells[data.facet_tags[:, i] == tag][:, local[i]]]
            assert not (np.abs(at[:, :, :2]) < 1e-9 * extent).all(axis=1).any()


NO_QUARTER = {
    "grain": {"shape": FACETED["grain"]},
    "three-fold": {"shape": FACETED["octahedron"]},
    "turned": {"shape": {**BOX, "azimuth": "10 deg"}},
    "tilted": {"shape": TILTED},
    "crystal": {"shape": BOX, "contact": "1 um", "substrate": {**DISK, "crystal_axis": [1, 0, 1]}},
    "beam": {
        "shape": BOX,
        "contact": "1 um",
        "substrate": {
            "kind": "cantilever",
            "length": "1 mm",
            "width": "60 um",
            "thickness": "9 um",
        },
    },
}


@pytest.mark.parametrize("given", NO_QUARTER.values(), ids=NO_QUARTER)
def test_what_has_no_mirror_planes_has_no_quarter(given):
    with pytest.raises(CaseError, match="has no mirror planes x = 0 and y = 0; write symmetry"):
        case(**given, symmetry="quarter")
