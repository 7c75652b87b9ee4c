"""The pillar under a particle has its own material: in closed forms and in finite elements."""

import itertools
import math

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim import simulate  # noqa: E402

from .bodies import own_geometry, particle, pedestal  # noqa: E402
from .helpers import case_of, limits, mesh_of  # noqa: E402

QUICK = {"solver": {"error_estimate": False}}
OWN = {
    "good": {"conductivity": "100 W/(m*K)"},
    "poor": {"conductivity": "0.5 W/(m*K)"},
    "layered": {"conductivity": {"kind": "uniaxial", "k_par": "8 W/(m*K)",
                                 "k_perp": "2 W/(m*K)"}},
}  # fmt: skip


def tree(*materials):
    return particle(pedestal(*materials), materials=OWN, **QUICK)


def test_limits_of_silica_on_mica():
    own = limits(particle(pedestal("mica", "fused_silica")))
    silica = limits(particle(pedestal("fused_silica")))
    mica = limits(particle(pedestal("mica")))
    assert own["conductance_contact_W_per_K"] != mica["conductance_contact_W_per_K"]
    assert own == pytest.approx(silica, rel=1e-2)  # the slab is far below
    assert own != pytest.approx(mica, rel=2e-2)


def test_limits_take_both_conductivities_of_the_pillar():
    b, k = 1e-6, case_of(tree("good")).material("Cs4PbBr6").conductivity.components(300.0)[0]
    resistance = 1 / (4 * b * float(k)) + 1 / (4 * b * math.sqrt(8.0 * 2.0))
    found = limits(tree("good", "layered"))["conductance_contact_W_per_K"]
    assert found == pytest.approx(1 / resistance, rel=0.03)  # and the rod down to the slab


def test_heat_takes_the_material_of_the_pillar(tmp_path):
    """Against the same mesh as own geometry, where every region names its material."""
    means = {}
    for base, pillar in (("good", "poor"), ("poor", "good"), ("good", "good"), ("poor", "poor")):
        case = case_of(tree(base, pillar))
        ours = simulate(case).summary["delta_T_mean_K"]
        mesh = mesh_of(case)
        regions = {"particle": "Cs4PbBr6", "pedestal": pillar, "substrate": base}
        same = own_geometry_of(mesh, regions, tmp_path)
        theirs = simulate(case_of(same, tmp_path)).summary["delta_T_mean_K"]
        assert ours == pytest.approx(theirs, rel=1e-9)
        means[base, pillar] = ours
    # the pillar, narrow and next to the particle, holds up more heat than the slab
    assert means["good", "good"] > means["poor", "good"] > means["good", "poor"]
    assert means["good", "poor"] > means["poor", "poor"]
    for one, other in itertools.combinations(means.values(), 2):
        assert abs(one / other - 1) > 0.01


def test_without_a_material_of_its_own_the_pillar_is_of_the_slab():
    one, two = (simulate(case_of(tree(*m))).summary for m in (("poor",), ("poor", "poor")))
    assert one["delta_T_mean_K"] == pytest.approx(two["delta_T_mean_K"], rel=1e-12)


def own_geometry_of(mesh, materials, folder):
    black, grey = ({"radiation": {"emissivity": e, "T_env": "300 K"}} for e in (1.0, 0.9))
    names = ("substrate_top", "substrate_bottom", "pedestal_top", "pedestal_side")
    regions = {name: {"material": material} for name, material in materials.items()}
    regions["particle"]["heat_source"] = "-1e7 W/m^3"
    boundaries = {"particle_surface": black, **dict.fromkeys(names, grey)}
    boundaries["substrate_rim"] = {"temperature": "300 K"}
    return own_geometry(
        mesh, folder, regions=regions, boundaries=boundaries, materials=OWN, **QUICK
    )
