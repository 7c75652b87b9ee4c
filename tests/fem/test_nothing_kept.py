"""A run leaves nothing behind in its process: sweeps and scripts run thousands in one.

What PETSc holds of Python is out of sight of the garbage collector; each mesh also holds
communicators, of which MPICH has 2048.
"""

import gc
from pathlib import Path

import pytest

pytestmark = pytest.mark.fem
dolfinx = pytest.importorskip("dolfinx")

from thermosim.case.read import load_case  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

CASES = Path(__file__).parents[2] / "cases"
RUNS = {
    "steady": ("yamada2024_radiation_limited", []),
    "in_time": ("yamada2024_steps", ["transient.duration=20 min", "transient.field_times=[]"]),
    "enclosure": ("microparticle_on_mica", ["radiation.model=enclosure"]),
    "own_geometry": ("lit_cylinder", []),
}


def spaces():
    gc.collect()
    return sum(type(thing) is dolfinx.fem.FunctionSpace for thing in gc.get_objects())


@pytest.mark.parametrize(("name", "overrides"), RUNS.values(), ids=list(RUNS))
def test_a_run_leaves_no_function_space_behind(name, overrides):
    """The last mesh stays on purpose, for a next run on it; what was solved on it does not."""
    case = load_case(CASES / f"{name}.toml", overrides)
    assert simulate(case).summary["n_dofs"] > 0
    before = spaces()
    simulate(case)
    assert spaces() == before
