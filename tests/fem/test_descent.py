"""The coldest point by runs: gradients of whole runs, descent to a known optimum, constraints."""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from mpi4py import MPI  # noqa: E402
from scipy.constants import e  # noqa: E402

from thermosim.case.read import load_case  # noqa: E402
from thermosim.errors import SolveError  # noqa: E402
from thermosim.infer.bench import Bench  # noqa: E402
from thermosim.infer.descent import descend, solver_of  # noqa: E402
from thermosim.infer.optimise import Best, Constraints, Search, Varied, optimise  # noqa: E402
from thermosim.run.again import mean_again  # noqa: E402

MICA = Path(__file__).parents[2] / "cases" / "microparticle_on_mica.toml"
COARSE = ("assumptions=favourable", "mesh.cells_per_radius=4", "mesh.cells_per_contact=4")
BEAM = ("laser.profile=gaussian", 'laser.waist="20 um"')
INTENSITY = Varied("laser.intensity", 1e6, 1e9, "W/m^2")
PHOTON = Varied("laser.photon_energy", 2.28 * e, 2.36 * e, "J")
RADIUS = Varied("particle.shape.radius", 3e-6, 8e-6, "m")


def search(*varied, limits=None, overrides=COARSE):
    return Search(Bench(load_case(MICA, overrides)), varied, limits or Constraints())


def weak(space):
    """Little light to start from, which is no optimum."""
    values = {"laser.intensity": 2e6}
    return Best(values, space.delta_T(values), {}, (), ())


def test_slopes_are_those_of_runs():
    space = search(INTENSITY, PHOTON, RADIUS)
    values = {"laser.intensity": 3e7, "laser.photon_energy": 2.33 * e, RADIUS.path: 5e-6}
    _, slopes = solver_of(space, MPI.COMM_WORLD)(values)
    for path, step, tolerance in (
        ("laser.intensity", 1e-3, 1e-4),
        ("laser.photon_energy", 1e-4, 1e-3),
        (RADIUS.path, 1e-2, 1e-6),
    ):
        ends = [
            mean_again(space.bench.changed({**values, path: v}), MPI.COMM_WORLD)
            for v in (values[path] * (1 + step), values[path] * (1 - step))
        ]
        expected = (ends[0] - ends[1]) / (2 * step * values[path])
        assert slopes[path] == pytest.approx(expected, rel=tolerance, abs=0), path


def test_runs_find_the_optimum_of_the_balance_in_even_light():
    space = search(INTENSITY)
    known = optimise(space)
    found = descend(space, weak(space), solver_of(space, MPI.COMM_WORLD))
    assert 2 < found.runs < 25
    assert found.delta_T_K < found.first_K
    there = mean_again(space.bench.changed(known.values), MPI.COMM_WORLD)  # of this coarse mesh
    assert found.delta_T_K == pytest.approx(there, rel=1e-4, abs=0)
    assert found.values["laser.intensity"] == pytest.approx(
        known.values["laser.intensity"], rel=0.03
    )
    assert abs(found.slopes_K["laser.intensity"]) < 0.02 * abs(found.delta_T_K)


def test_constraints_hold_runs_back():
    most = 0.5 * 1e7  # W/m², below the optimum of these dots
    limits = Constraints(beam_power=most * np.pi * 20e-6**2 / 2)
    space = search(INTENSITY, limits=limits, overrides=COARSE + BEAM)
    found = descend(space, weak(space), solver_of(space, MPI.COMM_WORLD))
    assert found.values["laser.intensity"] == pytest.approx(most, rel=1e-4)


def test_a_run_that_fails_ends_it_with_what_there_is():
    space, calls = search(INTENSITY), []

    def solve(values):
        calls.append(values)
        if len(calls) > 1:
            raise SolveError("no solution there")
        return -0.01, {"laser.intensity": -1e-9}

    found = descend(space, weak(space), solve)
    assert found.failure == "no solution there"
    assert (found.runs, found.delta_T_K, found.values) == (1, -0.01, calls[0])
    with pytest.raises(SolveError):
        descend(space, weak(space), solve)
