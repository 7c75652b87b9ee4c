"""Near-field radiation through the finite elements: plates, a sphere and a box on a substrate."""

import math

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from mpi4py import MPI  # noqa: E402
from two_bodies import rectangles  # noqa: E402

from thermosim.bodies.nearfield import NearField, near_field  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.case.settings import SolverSettings  # noqa: E402
from thermosim.fem.domain import distribute  # noqa: E402
from thermosim.heat.budget import HeatMeter  # noqa: E402
from thermosim.heat.problem import HeatProblem  # noqa: E402
from thermosim.heat.steady import solve_steady  # noqa: E402
from thermosim.limits.of_case import limits_of  # noqa: E402
from thermosim.materials import ConstantLaw, load_material  # noqa: E402
from thermosim.materials.conductivity import Isotropic  # noqa: E402
from thermosim.model.budget import balance_error, to_chamber  # noqa: E402
from thermosim.model.heat import GasGap, HeatBody, HeatModel, Held, NearFieldGap  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

R = 1e-6
FIELD = NearField(np.geomspace(1e-9, 1e-6, 4), 1e-13 / np.geomspace(1e-9, 1e-6, 4) ** 2 + 4.0, 4.0)


@pytest.mark.parametrize("gas", [False, True])
def test_parallel_faces(gas):
    """10 nm in the mesh and 5 nm more between two disks: h(15 nm) πR², beside gas if there is."""
    r = np.linspace(0, 1, 7)
    mesh = rectangles({
        "plate": (r, np.linspace(-0.5, 0, 3)), "disk": (r, 0.01 + np.linspace(0, 0.5, 3)),
    })  # fmt: skip
    h = float(FIELD.excess(15e-9))
    gaps = [NearFieldGap("disk_bottom", "plate_top", FIELD, 5e-9)]
    gaps += [GasGap("disk_bottom", "plate_top", h, 1e3)] if gas else []
    K = Isotropic(k=ConstantLaw(value=1e6 * h * R))
    held = (Held("disk_top", 310.0), Held("plate_bottom", 300.0))
    model = HeatModel(
        300.0, (HeatBody("disk", K), HeatBody("plate", K)), (), held, gaps=tuple(gaps)
    )
    problem = HeatProblem(distribute(mesh, MPI.COMM_WORLD), model, 2)
    solve_steady(problem, SolverSettings())
    budget = HeatMeter(problem).read()
    assert balance_error(budget) < 1e-8
    for path in ("near_field", "gap")[: len(gaps)]:
        expected = 10 * h * math.pi * R**2
        assert budget[f"disk_bottom:{path}"] == pytest.approx(expected, rel=1e-5, abs=0)
        assert budget[f"plate_top:{path}"] == -budget[f"disk_bottom:{path}"]


def case_of(shape, symmetry, **radiation):
    """A particle that conducts well and touches a plate that does, driven by a given source."""
    infrared = load_material("Cs4PbBr6").infrared.model_dump(mode="json", context={"units": True})
    good = {"conductivity": "1e3 W/(m*K)", "infrared": infrared}
    return parse_case({
        "symmetry": symmetry,
        "particle": {"material": "good", "shape": shape, "emissivity": 0.5},
        "substrate": {
            "kind": "slab", "material": "good", "radius": "100 um", "thickness": "20 um",
            "emissivity": 0.5,
        },
        "contact": {"kind": "disk", "radius": "50 nm", "h_c": "1e5 W/(m^2*K)"},
        "source": {"heat_source": "-1e7 W/m^3"},
        "radiation": {"near_field": True, **radiation},
        "materials": {"good": good},
        "output": {"pictures": False, "fields": False},
        "solver": {"error_estimate": False},
    })  # fmt: skip


SPHERE = {"kind": "sphere", "radius": "5 um"}
CAP = {"kind": "spherical_cap", "base_radius": "3 um", "contact_angle": "60 deg"}
BOX = {"kind": "box", "a": "4 um", "b": "3 um", "c": "2 um"}


@pytest.mark.parametrize(
    ("shape", "symmetry", "gap"),
    [
        (SPHERE, "axisymmetric", "1 nm"),
        (SPHERE, "axisymmetric", "0.3 nm"),
        (SPHERE, "axisymmetric", "10 nm"),
        ({"kind": "ellipsoid", "a": "6 um", "b": "6 um", "c": "4 um"}, "axisymmetric", "1 nm"),
        (CAP, "axisymmetric", "10 nm"),
        (BOX, "quarter", "10 nm"),
    ],
    ids=["sphere", "touching", "rough", "ellipsoid", "cap", "box"],
)
def test_limits_and_elements_agree(shape, symmetry, gap):
    case = case_of(shape, symmetry, gap=gap)
    closed, solved = limits_of(case), simulate(case)
    across = closed["conductance_near_field_W_per_K"]
    assert across > 0.4 * closed["conductance_total_W_per_K"]
    assert solved.state.gaps[0].conductance() == pytest.approx(across, rel=1e-3, abs=0)
    theta = solved.summary["delta_T_mean_K"]
    assert theta == pytest.approx(closed["delta_T_all_paths_K"], rel=1e-2, abs=0)
    upper, lower = solved.state.gaps[0].gap.upper, solved.state.gaps[0].gap.lower
    crossed = solved.budget[f"{upper}:near_field"]
    assert crossed == pytest.approx(closed["heat_leaving_by_near_field_W"], rel=1e-2, abs=0)
    assert solved.budget[f"{lower}:near_field"] == -crossed
    # it goes to the substrate, not to the chamber
    flows = {name: heat for name, heat in solved.budget.items() if name != "stored"}
    radiated = flows["particle_surface:radiation"]
    assert to_chamber(flows, "particle_surface") == pytest.approx(radiated, rel=1e-9, abs=0)
    assert solved.summary["heat_to_chamber_W"] == pytest.approx(radiated, rel=1e-9, abs=0)
    assert any("factor 5" in note and gap in note for note in solved.notes)


def test_only_the_excess_is_counted():
    """Without near field the same case has no such path, and the far field is the chamber's."""
    off = case_of(SPHERE, "axisymmetric", near_field=False)
    assert "conductance_near_field_W_per_K" not in limits_of(off)
    solved = simulate(off)
    assert not solved.state.gaps
    assert not any("near" in name for name in solved.budget)
    assert [note for note in solved.notes if "near" in note] == [
        note for note in solved.notes if "the gap under the particle narrows to 1 nm" in note
    ]
    host = load_material("Cs4PbBr6").infrared
    field = near_field(host, host, 300.0)
    assert field.far > 1.0
    assert float(field.excess(29e-6)) < 0.02 * field.far
