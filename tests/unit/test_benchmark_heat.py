"""The benchmarks of heat run, and give the plain script the mesh that thermosim solves on."""

import pytest

from benchmarks import bench_heat
from thermosim.case.read import load_case
from thermosim.mesh.build import build_mesh


def test_the_plain_script_finds_what_thermosim_finds(tmp_path):
    pytest.importorskip("dolfinx")
    options = [*bench_heat.STRAIGHT, "--set", "mesh.refinement=0.3"]
    options += ["--set", "output.fields=false"]
    case = load_case(bench_heat.CASE, [option for option in options if option != "--set"])
    mesh = bench_heat.write_plain(tmp_path / "mesh.npz", build_mesh(case)[0])
    ours, _ = bench_heat.thermosim(options, 1, tmp_path / "out")
    plain, _ = bench_heat.launch([str(bench_heat.HERE / "plain_dolfinx.py"), str(mesh), "1"], 1)
    assert plain["delta_T_min_K"] == pytest.approx(ours["delta_T_min_K"], rel=1e-9)


def test_the_transient_takes_its_steps():
    pytest.importorskip("dolfinx")
    command = ["-m", "benchmarks.bench_transient", "--refinement", "0.2", "--steps", "4"]
    found, _ = bench_heat.launch(command, 1)
    assert found["steps"] == 4
    assert found["delta_T_mean_K"] < 0.0
