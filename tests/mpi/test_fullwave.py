"""Full wave optics: one, two and three ranks give the same light and the same heat."""

import json

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.fem]

CASE = """
title = "Light at a coated grain above mica"
symmetry = "axisymmetric"
particle = {material = "Cs4PbBr6", shape = {kind = "sphere", radius = "0.25 um"}}
contact = {CONTACT}
uncertainty = {method = "none"}
mesh = {cells_per_radius = 4}
gain = {density = {kind = "given", n_dots = "1.66e16 1/cm^3"}}
output = {pictures = false, fields = false}
[optics]
model = "full_wave"
cells_per_wavelength = 2.0
degree = 3
gap = "20 nm"
coatings = [{thickness = "30 nm", refractive_index = 1.46}]
[laser]
wavelength = "532 nm"
intensity = "3 kW/cm^2"
profile = "gaussian"
waist = "0.4 um"
aim = ["0 um", "0 um", "0.25 um"]
[substrate]
kind = "slab"
material = "LAYER"
radius = "10 um"
thickness = "3 um"
rim = "held"
bottom = "radiating"
"""
NUMBERS = (
    "delta_T_mean_K", "optics_extinguished_W", "optics_absorbed_W", "optics_scattered_W",
    "hot_spot_factor",
    "intensity_mean_W_per_m2", "absorbed_power_W",
)  # fmt: skip


@pytest.mark.parametrize("touches", [False, True], ids=["apart", "touching"])
def test_ranks_agree(mpirun, tmp_path, touches):
    case = tmp_path / "case.toml"
    contact = 'kind = "disk", radius = "120 nm"' if touches else 'kind = "none"'
    case.write_text(
        CASE.replace("CONTACT", contact).replace("LAYER", "gold" if touches else "muscovite")
    )
    numbers = (*NUMBERS, "absorbed_by_substrate_W" if touches else "optics_force_N")
    found, errors = [], []
    for n in (1, 2, 3):
        folder = tmp_path / f"n{n}"
        done = mpirun(n, "-m", "thermosim", "run", case, "-o", folder, "--json", timeout=900.0)
        assert done.returncode == 0, done.stderr
        summary = json.loads((folder / "summary.json").read_text())
        assert summary["n_ranks"] == n
        assert abs(summary["light_on_mesh_error_rel"]) < 1e-4
        found.append([summary[name] for name in numbers])
        errors.append(summary["delta_T_error_light_K"])
    assert found[1] == pytest.approx(found[0], rel=1e-8, abs=0)
    assert found[2] == pytest.approx(found[0], rel=1e-8, abs=0)
    # Apart, the body loses 5e-14 W/K where its cells conduct 1e-7 W/K to each other
    assert errors[1:] == pytest.approx(errors[:1] * 2, rel=1e-8, abs=0)


SCRIPT = """
import sys
import thermosim.fem.domain
import numpy as np
from mpi4py import MPI
from thermosim.light.fullwave.dots import emission
from thermosim.light.fullwave.solution import Task, solve
from thermosim.optics.beam import Laser
from thermosim.optics.layered_field import Stack
from thermosim.optics.model import FullWaveOptics
from thermosim.shapes import Sphere

comm = MPI.COMM_WORLD
optics = FullWaveOptics(degree=2, cells_per_wavelength=2.0, error_estimate=False)
laser = Laser(wavelength=532e-9, intensity=1.0)
stack = Stack((1.0, 1.58), (), -0.1)
task = Task(Sphere(radius=0.15e-6).profile(0.0), 1.9 + 1e-3j, stack, laser, optics)
found = emission(task, np.array([[0.0, 0.1e-6], [0.1e-6, 0.15e-6]]), comm, leaving=True)
points = np.array([[x, 0.0, z] for x in (-0.2e-6, 0.05e-6) for z in (-0.1e-6, 0.0, 0.1e-6)])
mine = np.array_split(np.arange(len(points)), comm.size)[comm.rank]
around = comm.gather(solve(task, comm).around(points[mine], comm), root=0)
if comm.rank == 0:
    rates = [found.purcell.ravel(), found.up.ravel(), found.down.ravel(), found.path * 1e6]
    numbers = np.concatenate([*rates, found.points.ravel() * 1e6, *around])
    print("numbers", *numbers.tolist())
"""


def test_ranks_agree_on_dots_and_the_field_around(mpirun):
    found = []
    for n in (1, 2, 3):
        done = mpirun(n, "-c", SCRIPT, timeout=600.0)
        assert done.returncode == 0, done.stderr
        (line,) = (row for row in done.stdout.splitlines() if row.startswith("numbers"))
        found.append([float(number) for number in line.split()[1:]])
    assert len(found[0]) == 18 + 2 + 4 + 6
    assert found[1] == pytest.approx(found[0], rel=1e-8, abs=1e-12)
    assert found[2] == pytest.approx(found[0], rel=1e-8, abs=1e-12)


IN_SPACE = """
import thermosim.fem.domain
import numpy as np
from mpi4py import MPI
from tests.fullwave import MICA, in_space, of_disk
from thermosim.optics.model import FullWaveOptics
from thermosim.shapes import Box

comm = MPI.COMM_WORLD
light = {"tilt": 0.5}
box = Box(a=0.12e-6, b=0.08e-6, c=0.06e-6)
optics = FullWaveOptics(degree=2, cells_per_wavelength=1.5)
found = in_space(box, MICA, optics=optics, comm=comm, **light)
points = np.array([[x, y, z] for x in (-0.05e-6, 0.02e-6) for y in (0.03e-6, -0.045e-6)
                   for z in (0.0, 0.04e-6)])
mine = np.array_split(np.arange(len(points)), comm.size)[comm.rank]
inside = comm.gather(found.squared(points[mine], comm), root=0)
around = comm.gather(found.around(2.0 * points[mine], comm), root=0)
if comm.rank == 0:
    errors = [found.errors[name] for name in ("extinction", "absorbed", "scattered", "field")]
    numbers = np.concatenate([of_disk(found), errors, *inside, *around])
    print("numbers", *numbers.tolist())
"""


def test_ranks_agree_in_three_dimensions(mpirun):
    found = []
    for n in (1, 2, 3):
        done = mpirun(n, "-c", IN_SPACE)
        assert done.returncode == 0, done.stderr
        (line,) = (row for row in done.stdout.splitlines() if row.startswith("numbers"))
        found.append([float(number) for number in line.split()[1:]])
    assert len(found[0]) == 3 + 4 + 8 + 8
    assert found[1] == pytest.approx(found[0], rel=1e-8, abs=0)
    assert found[2] == pytest.approx(found[0], rel=1e-8, abs=0)
