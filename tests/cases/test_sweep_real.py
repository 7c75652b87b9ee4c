"""A small real study: the command, its files, the physics in them."""

import csv
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from thermosim.studies import report, sweep
from thermosim.studies.plan import plan_summary
from thermosim.studies.sweep import case_tree, plan_of

pytest.importorskip("dolfinx")
ROOT = Path(__file__).parents[2]
CASES = ROOT / "cases"
pytestmark = [pytest.mark.fem, pytest.mark.slow]
COARSE = {
    "assumptions": "favourable", "mesh.cells_per_contact": 20, "mesh.cells_per_radius": 4,
    "solver.error_estimate": False,
}  # fmt: skip


def test_the_command_computes_resumes_and_names_the_optimum(tmp_path):
    command = [
        sys.executable, "-m", "thermosim", "sweep", str(CASES / "microparticle_on_mica.toml"),
        "--vary", "particle.shape.radius=2um,4um", "--workers", "1", "--json",
        "-o", str(tmp_path / "s"),
    ]  # fmt: skip
    for name, value in COARSE.items():
        command += ["--set", f"{name}={str(value).lower()}"]
    first, again = (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    told = json.loads(first.stdout)
    assert (told["points"], told["computed"], told["failed"]) == (2, 2, {})
    assert told["optima"][0]["at"] == 4e-6
    assert json.loads(again.stdout)["computed"] == 0
    with (tmp_path / "s" / "study.csv").open() as stream:
        delta = [float(row["delta_T_mean_K [K]"]) for row in csv.DictReader(stream)]
    # n g V through contact ~ b ~ R^(2/3): ΔT ~ R^(7/3), but for radiation and the size of the slab
    assert np.log(delta[1] / delta[0]) / np.log(2) == pytest.approx(7 / 3, abs=0.05)


def test_a_command_in_which_no_point_works_has_a_status_of_its_own(tmp_path):
    command = [
        sys.executable, "-m", "thermosim", "sweep", str(CASES / "microparticle_on_mica.toml"),
        "--vary", "mesh.max_cells=10,20", "--workers", "1", "--quiet",
        "-o", str(tmp_path / "s"),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 6, done.stderr


def test_the_size_study_has_an_optimum_once_light_is_trapped(tmp_path):
    tree, source = case_tree(CASES / "size_study.toml")
    plan = plan_of(tree, source=source)
    assert [p.case is not None for p in plan.points] == [True] * len(plan.points)
    radii = sorted({p.case.particle.shape.radius for p in plan.points})
    assert (radii[0], radii[-1]) == (2e-7, 5e-5)
    with ThreadPoolExecutor(1) as pool:
        found = sweep(
            CASES / "size_study.toml", {"particle.shape.radius": "1um,3um,12um"},
            overrides=COARSE, executor=pool, store=tmp_path / "s",
        )  # fmt: skip
    assert not found.failed
    assert (tmp_path / "s" / "study.nc").read_bytes()[:4] == b"\x89HDF"
    data = found.dataset["delta_T_mean_K"]
    told = dict(report(found).optima)
    transparent = "black, transparent, floating in vacuum"
    assert told[transparent].at == 1.2e-5
    assert told["escape and red-shift of the light"].at == 3e-6
    # a black floating body: ΔT proportional to the radius while it is small
    small = data.sel(stage=transparent).values
    assert small[1] / small[0] == pytest.approx(3.0, rel=0.15)
    # the focused light drives the dots past their optimum
    assert (data.sel(stage="hot spots of the light (Mie)") > data.sel(stage="contact by JKR")).all()
    # contact takes most of the cold away from every size
    assert abs(data.sel(stage="contact by JKR").values[1]) < 0.05 * abs(small[1])


def test_the_plan_of_the_size_study_in_words():
    tree, source = case_tree(CASES / "size_study.toml")
    words = plan_summary(plan_of(tree, source=source))
    assert words.startswith("150 points: stage × radius = 6 × 25")
