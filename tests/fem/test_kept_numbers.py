"""What is kept between points of one mesh: results do not hang on the points before them."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
pytest.importorskip("gmsh")

from thermosim import simulate  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.fem.domain import volume  # noqa: E402
from thermosim.fem.spaces import quadrature_function  # noqa: E402
from thermosim.light.cells import point_volumes  # noqa: E402
from thermosim.mesh import build  # noqa: E402

TREE = {
    "symmetry": "axisymmetric",
    "particle": {"material": "Cs4PbBr6", "shape": {"kind": "sphere", "radius": "0.4 um"}},
    "substrate": {
        "kind": "slab", "material": "muscovite", "radius": "20 um", "thickness": "5 um",
        "rim": "held", "emissivity": 0.9,
    },
    "contact": {"kind": "disk", "radius": "40 nm"},
    "laser": {"photon_energy": "2.33 eV", "intensity": "3 kW/cm^2"},
    "materials": {"muscovite": {"conductivity": "2 W/(m K)"}},
    "mesh": {"cells_per_radius": 4},
}  # fmt: skip
CHANGES = {
    "light": ("laser", "intensity", "5 kW/cm^2"),
    "colour": ("laser", "photon_energy", "2.35 eV"),
    "conductivity": ("materials", "muscovite", {"conductivity": "1.5 W/(m K)"}),
}


def numbers(tree):
    result = simulate(parse_case(tree))
    timed = ("wall_", "memory_", "created")
    summary = {k: v for k, v in result.summary.items() if not k.startswith(timed)}
    return {**summary, **result.budget}


@pytest.mark.parametrize("change", list(CHANGES))
def test_the_point_before_leaves_no_trace(change, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    section, key, value = CHANGES[change]
    other = {**TREE, section: {**TREE.get(section, {}), key: value}}
    found = []
    for points in ((other,), (TREE, other), (other, TREE, other)):
        build._LAST.clear()
        found.append([numbers(tree) for tree in points][-1])
    assert found[0] == found[1] == found[2]
    assert found[0]["delta_T_mean_K"] != numbers(TREE)["delta_T_mean_K"]
    ((domain, _),) = build._LAST.values()
    assert {key[0] for key in domain.kept if isinstance(key, tuple)} >= {
        "matrix",
        "series",
        "point volumes",
    }


def test_volumes_of_points_go_with_the_places_of_nodes():
    """They are those of a rule and a region, and are measured anew where nodes have moved."""
    build._LAST.clear()
    simulate(parse_case(TREE))
    ((domain, _),), degrees, found = build._LAST.values(), (4, 7), {}
    for degree in degrees:
        space = quadrature_function(domain, degree).function_space
        volumes = point_volumes(space, domain, "particle", degree)
        assert volumes is point_volumes(space, domain, "particle", degree)
        assert volumes.sum() == pytest.approx(volume(domain, "particle"), rel=1e-6)
        found[degree] = len(volumes)
    assert found[4] < found[7]
    domain.forget_places()
    domain.mesh.geometry.x[:] *= 2.0
    try:
        for degree in degrees:
            space = quadrature_function(domain, degree).function_space
            anew = point_volumes(space, domain, "particle", degree)
            assert anew.sum() == pytest.approx(volume(domain, "particle"), rel=1e-6)
    finally:
        build._LAST.clear()
