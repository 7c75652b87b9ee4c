"""Starts by region and formula, total powers, surroundings at 0 K."""

import pytest
from scipy.constants import Stefan_Boltzmann as sigma
from scipy.special import erf

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
pytest.importorskip("gmsh")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

TWO = """
SetFactory("OpenCASCADE");
Mesh.MeshSizeMax = 0.02;
Rectangle(1) = {-1, 0, 0, 1, 0.05};
Rectangle(2) = {0, 0, 0, 1, 0.05};
Coherence;
Physical Surface("cold plate") = {1};
Physical Surface("hot body") = {2};
Physical Curve("left") = Curve In BoundingBox {-1.01, -1, -1, -0.99, 1, 1};
Physical Curve("right") = Curve In BoundingBox {0.99, -1, -1, 1.01, 1, 1};
"""
MATERIALS = {
    "c": {"conductivity": "4 W/(m*K)", "density": "1000 kg/m^3", "specific_heat": "1 kJ/(kg*K)"},
    "h": {"conductivity": "1 W/(m*K)", "density": "1000 kg/m^3", "specific_heat": "1 kJ/(kg*K)"},
}


def run(folder, symmetry="planar", **sections):
    path = folder / "two.geo"
    path.write_text(TWO)
    tree = {
        "geometry": {"file": "two.geo", "unit": "m", "symmetry": symmetry},
        "materials": MATERIALS,
        "regions": {"cold plate": {"material": "c"}, "hot body": {"material": "h"}},
        "solver": {"error_estimate": False},
        **sections,
    }
    return simulate(parse_case(tree, folder / "case.toml"))


def start(**regions):
    return {"kind": "field", "temperature": "300 K", "regions": regions}


def test_a_hot_body_on_a_cold_one(tmp_path):
    """Half-spaces: at the joint (e_c T_c + e_h T_h)/(e_c + e_h), e = √(k ρ c); erf beside it."""
    time, x = 4000.0, 0.1
    result = run(
        tmp_path,
        transient={
            "duration": f"{time} s",
            "initial": start(**{"hot body": "400 K"}),
            "probes": {
                "joint": {"point": ["0 m", "0.02 m"]},
                "beside": {"point": [f"{x} m", "0.02 m"]},
            },
        },
    )
    joint = (2 * 300 + 1 * 400) / 3
    beside = joint + (400 - joint) * erf(x / (2 * (1e-6 * time) ** 0.5))
    assert result.summary["probe_joint_K"] == pytest.approx(joint, abs=0.1)
    assert result.summary["probe_beside_K"] == pytest.approx(beside, abs=0.1)
    means = [result.summary[f"region_{name}_mean_K"] for name in ("cold plate", "hot body")]
    assert sum(means) / 2 == pytest.approx(350, abs=0.02)


def test_parts_with_a_contact_start_apart(tmp_path):
    result = run(
        tmp_path,
        contacts={"joint": {"between": ["cold plate", "hot body"], "h_c": "1e-9 W/(m^2*K)"}},
        transient={"duration": "1 s", "initial": start(**{"hot body": "400 K"})},
    )
    for key in ("min", "mean", "max"):
        assert result.summary[f"region_hot body_{key}_K"] == pytest.approx(400, abs=1e-9)
        assert result.summary[f"region_cold plate_{key}_K"] == pytest.approx(300, abs=1e-9)


def test_a_start_by_formula(tmp_path):
    """A linear course in x has its mean at once and keeps it, insulated."""
    formula = {"expression": "300 + 40*x", "unit": "K"}
    initial = {"kind": "field", "temperature": formula, "regions": {"hot body": "310 K"}}
    result = run(tmp_path, transient={"duration": "1e-3 s", "initial": initial})
    assert result.summary["region_cold plate_mean_K"] == pytest.approx(280, abs=0.2)
    assert result.summary["region_hot body_mean_K"] == pytest.approx(310, abs=0.2)


@pytest.mark.parametrize(
    ("initial", "said"),
    [
        (start(**{"hot boddy": "400 K"}), 'did you mean "hot body"'),
        (start(**{"hot body": {"expression": "300 + t", "unit": "K"}}), '"t" is not known'),
        (start(**{"hot body": {"expression": "300*x - 10", "unit": "K"}}), "must be > 0"),
        (start(**{"hot body": {"expression": "300 + z", "unit": "K"}}), "z"),
    ],
)
def test_starts_that_are_refused(tmp_path, initial, said):
    with pytest.raises(CaseError, match=said):
        run(tmp_path, transient={"duration": "1 s", "initial": initial})


@pytest.mark.parametrize("symmetry", ["planar"])
def test_a_total_power(tmp_path, symmetry):
    """What comes in leaves through the held side, whatever the volume."""
    regions = {"cold plate": {"material": "c"}, "hot body": {"material": "h", "power": "7 W"}}
    result = run(tmp_path, symmetry, regions=regions, boundaries={"left": {"temperature": "300 K"}})
    assert result.budget["left:held"] == pytest.approx(7, rel=1e-9)
    assert result.summary["heat_source_W"] == pytest.approx(7, rel=1e-12)
    both = {**regions["hot body"], "heat_source": "1 W/m^3"}
    with pytest.raises(CaseError, match="contradict each other"):
        run(tmp_path, regions={**regions, "hot body": both})


def test_surroundings_at_0_K(tmp_path):
    """All that comes in is radiated: q = ε σ T⁴."""
    boundaries = {
        "left": {"radiation": {"emissivity": 0.5, "T_env": "0 K"}},
        "right": {"heat_flux": "1000 W/m^2"},
    }
    result = run(tmp_path, boundaries=boundaries, probes=[{"name": "at", "point": ["-1 m", "0 m"]}])
    assert result.summary["probe_at_K"] == pytest.approx((1000 / (0.5 * sigma)) ** 0.25, rel=1e-9)
    with pytest.raises(CaseError, match="must be > 0"):
        run(tmp_path, boundaries={"left": {"temperature": "0 K"}})
