"""Bodies of any geometry on one, two and three ranks: the same answer, one clear end."""

import json
from pathlib import Path

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.fem]

CASES = Path(__file__).parents[2] / "cases" / "verification"

JOINT = """
[geometry]
file = "two.geo"
unit = "mm"
symmetry = "3d"
[materials.m]
conductivity = "2 W/(m*K)"
[regions.first]
material = "m"
heat_source = { expression = "1e6*exp(-(x/1e-3)**2)*T/300", unit = "W/m^3" }
[regions.second]
material = "m"
[boundaries.cold]
temperature = { expression = "300 + 5*y*z/1e-6", unit = "K" }
[boundaries.hot]
radiation = { emissivity = 0.9, T_env = "500 K" }
convection = { h = "50 W/(m^2*K)", T_env = "350 K" }
[contacts.joint]
between = ["first", "second"]
h_c = "1000 W/(m^2*K)"
[mesh]
size = "0.5 mm"
[[probes]]
name = "p"
point = ["1.7 mm", "0.3 mm", "0.4 mm"]
"""
TWO = """
SetFactory("OpenCASCADE");
Box(1) = {0, 0, 0, 1, 1, 1};
Box(2) = {1, 0, 0, 1, 1, 1};
BooleanFragments{ Volume{1, 2}; Delete; }{}
Physical Volume("first") = {1};
Physical Volume("second") = {2};
cold() = Surface In BoundingBox {-1e-3, -1, -1, 1e-3, 2, 2};
hot() = Surface In BoundingBox {1.999, -1, -1, 2.001, 2, 2};
Physical Surface("cold") = cold();
Physical Surface("hot") = hot();
"""


@pytest.fixture
def joint(tmp_path):
    (tmp_path / "two.geo").write_text(TWO)
    path = tmp_path / "joint.toml"
    path.write_text(JOINT)
    return path


SCRIPT = """
import json, sys
from mpi4py import MPI
from thermosim import load_case, simulate
found = {}
for path, *options in json.loads(sys.argv[1]):
    result = simulate(load_case(path, ["solver.error_estimate=false", *options]))
    found[path] = {"n_ranks": result.n_ranks, "budget": result.budget} | {
        k: v for k, v in result.summary.items() if k.startswith(("region_", "probe_"))
    }
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps(found))
"""


def test_ranks_agree(mpirun, tmp_path, joint):
    """In space with a contact, and in time with a held temperature that swings."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    swing = [str(CASES / "nafems_t3_transient.toml"), "transient.step=4 s", "mesh.size=10 mm"]
    cases = [[str(joint)], swing]
    done = [mpirun(n, script, json.dumps(cases)) for n in (1, 2, 3)]
    assert [run.returncode for run in done] == [0, 0, 0], done[-1].stderr
    found = [json.loads(run.stdout) for run in done]
    for path, *_ in cases:
        ranks = [numbers[path] for numbers in found]
        assert [numbers.pop("n_ranks") for numbers in ranks] == [1, 2, 3]
        budgets = [numbers.pop("budget") for numbers in ranks]
        assert len(ranks[0]) >= 4
        for key, value in ranks[0].items():
            same = [numbers[key] for numbers in ranks]
            assert same == pytest.approx([value] * 3, rel=1e-8, abs=0), key
        scale = max(abs(heat) for heat in budgets[0].values())
        for key, heat in budgets[0].items():
            same = [budget[key] for budget in budgets]
            assert same == pytest.approx([heat] * 3, rel=0, abs=1e-8 * scale), key


def test_ranks_refine_alike(mpirun, tmp_path, joint):
    """Meshes made after the error estimate are the same, so the answers are."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace('k.startswith(("', 'k.startswith(("n_cells", "refinement", "'))
    wanted = ["solver.error_estimate=true", "solver.degree=1", "mesh.target_error=2e-5"]
    aimed = [str(joint), *wanted]
    done = [mpirun(n, script, json.dumps([aimed])) for n in (1, 2, 3)]
    assert [run.returncode for run in done] == [0, 0, 0], done[-1].stderr
    found = [json.loads(run.stdout)[str(joint)] for run in done]
    steps = [[step["n_dofs"] for step in numbers["refinement_history"]] for numbers in found]
    assert len(steps[0]) > 1
    assert steps == [steps[0]] * 3
    assert len({numbers["n_cells"] for numbers in found}) == 1
    for key in ("region_first_mean_K", "region_second_max_K", "probe_p_K"):
        same = [numbers[key] for numbers in found]
        assert same == pytest.approx([same[0]] * 3, rel=1e-8, abs=0), key


def test_a_formula_that_fails_ends_all_ranks(mpirun, tmp_path, joint):
    text = joint.read_text().replace("exp(-(x/1e-3)**2)", "1/(x - 2*x)")
    joint.write_text(text)
    done = mpirun(3, "-m", "thermosim", "run", joint, "-o", tmp_path / "out", timeout=180)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("divides by zero") == 1
    assert "Traceback" not in done.stderr


CORNERS = """
goal = "body"
[geometry]
kind = "rectangle"
x = ["0 m", "1 m"]
y = ["0 m", "1 m"]
[materials.m]
conductivity = { kind = "uniaxial", k_par = "7 W/(m*K)", k_perp = "1 W/(m*K)" }
[regions.body]
material = "m"
axis = [1, 1, 0]
[boundaries]
left.temperature = { expression = "300+20*x", unit = "K" }
right.temperature = { expression = "300+20*x", unit = "K" }
top.temperature = { expression = "300+20*x", unit = "K" }
bottom.temperature = { expression = "300+20*x", unit = "K" }
[mesh]
size = "0.125 m"
"""


def test_heat_of_held_sides_that_meet(mpirun, tmp_path):
    script, path = tmp_path / "script.py", tmp_path / "corners.toml"
    script.write_text(SCRIPT)
    path.write_text(CORNERS)
    done = mpirun(3, script, json.dumps([[str(path)]]))
    assert done.returncode == 0, done.stderr
    budget = json.loads(done.stdout)[str(path)]["budget"]
    for side, heat in {"left": 80, "right": -80, "top": 60, "bottom": -60}.items():
        assert budget[f"{side}:held"] == pytest.approx(heat, abs=1e-6)
