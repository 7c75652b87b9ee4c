"""The ± beside ΔT: it bounds the true error within a factor, on cases that differ in kind."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

SLAB = {"kind": "slab", "material": "mica", "radius": "200 um", "thickness": "20 um"}
SPHERE = {"shape": {"kind": "sphere", "radius": "5 um"}, "emissivity": 1.0}
LASER = {"intensity": "3 kW/cm^2"}
COARSE = {"cells_per_radius": 4.0, "cells_per_contact": 50.0, "growth": 0.5, "cache": False}
FINE = {"cells_per_radius": 16.0, "cells_per_contact": 50000.0, "growth": 0.08}

CASES = {
    "contact": {"contact": {"kind": "jkr"}},
    "asperity": {"contact": {"kind": "disk", "radius": "1 nm"}},
    "interface": {"contact": {"kind": "disk", "radius": "200 nm", "h_c": "1e7 W/(m^2*K)"}},
    "large contact": {"contact": {"kind": "disk", "radius": "3 um"}},
    "beam": {
        "contact": {"kind": "jkr"},
        "laser": {"profile": "gaussian", "waist": "3 um", "intensity": "3 kW/cm^2"},
    },
    "linear elements": {"contact": {"kind": "jkr"}, "solver": {"degree": 1}},
    "radiation only": {"substrate": {"kind": "none"}, "mesh": {**COARSE, "cells_per_radius": 2.0}},
}


def run(mesh, **sections):
    even = {"assumptions": "favourable"}  # light has a mesh of its own, which ± does not cover
    tree = {"particle": SPHERE, "substrate": SLAB, "laser": LASER, "mesh": mesh, **even, **sections}
    return simulate(parse_case(tree)).summary


@pytest.mark.parametrize("name", CASES)
def test_estimate_against_a_much_finer_run(name):
    sections = dict(CASES[name])
    coarse = run(sections.pop("mesh", COARSE), **sections)
    sections.pop("solver", None)
    fine = run(FINE, **{**sections, "solver": {"degree": 3, "error_estimate": False}})
    true = abs(coarse["delta_T_mean_K"] - fine["delta_T_mean_K"])
    estimate = coarse["delta_T_error_K"]
    assert true <= estimate < 4 * true, (estimate, true, coarse["delta_T_mean_K"])
